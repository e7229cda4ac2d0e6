"""Splits, intervals and paired differences that a few dozen series allow; statistics only, on scipy, statsmodels and aeon.

The protocol: the default split and random resamples of all series that keep its size and class counts; methods are compared
in pairs on the same splits. Resamples share training series, so that their accuracies hang together: intervals over them
are widened after Nadeau and Bengio (2003). Rows are pandas tables with a row a run; accuracies are fractions of n_test.
"""

import math

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as exact_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint


def resamples(labels, train, count):
    """The default split and count - 1 random ones with the same class counts, aeon's: (count, n) bool, True for training.

    labels: (n,). train: (n,) bool, the default split, row 0. Row k is aeon's stratified_resample_data with random_state k,
    the convention of the published 30-resample means. Raises ValueError for a count below 1.
    """
    from aeon.benchmarking.resampling import stratified_resample_data_indices  # imports numba: seconds few need

    if count < 1:
        raise ValueError(f"count: expected 1 or more splits, got {count}")
    labels, train = np.asarray(labels), np.asarray(train, bool)
    order = np.concatenate([np.flatnonzero(train), np.flatnonzero(~train)])
    masks = np.zeros((count, len(labels)), bool)
    masks[0] = train
    for k in range(1, count):
        chosen, _ = stratified_resample_data_indices(labels[train], labels[~train], random_state=k)
        masks[k, order[chosen]] = True
    return masks


def wilson(correct, n, level=0.95):
    """Wilson's score interval of an accuracy: (low, high), fractions. correct: 0 to n, a mean over seeds may be fractional.

    Says where the accuracy over all such series, of which n were drawn for the test, plausibly lies. Raises ValueError outside 0 <= correct <= n.
    """
    if not 0 <= correct <= n or n < 1:
        raise ValueError(f"correct: expected 0 to n = {n} with n at least 1, got {correct}")
    low, high = proportion_confint(correct, n, alpha=1 - level, method="wilson")
    return float(low), float(high)


def summary(rows, by):
    """One line for each value of the columns `by` (a list), in order of appearance.

    Columns: runs, mean, sd (over runs, ddof 1), worst and best accuracy, n_test, and low, high: Wilson's interval of the
    mean at n_test, for all runs see the same test series and more seeds don't narrow it. With train_accuracy in rows,
    also its mean.
    """
    lines = []
    for key, group in rows.groupby(by, sort=False, dropna=False):
        low, high = wilson(group["correct"].mean(), int(group["n_test"].iloc[0]))
        accuracy = group["accuracy"]
        lines.append(
            dict(zip(by, key))
            | ({"train_accuracy": group["train_accuracy"].mean()} if "train_accuracy" in group else {})
            | {
                "runs": len(group),
                "mean": accuracy.mean(),
                "sd": accuracy.std(),
                "worst": accuracy.min(),
                "best": accuracy.max(),
                "n_test": int(group["n_test"].iloc[0]),
                "low": low,
                "high": high,
            }
        )
    return pd.DataFrame(lines)


def paired(rows, by, reference, level=0.95):
    """Differences in accuracy to the runs where column `by` is `reference`, paired by seed.

    Returns a line for each other value: seeds (pairs), difference (mean), low, high, better, equal, worse (pairs). The
    intervals are Student's t over the pairs, hold together at the level (Bonferroni) and are never narrower than one
    test series either way, the step in which accuracies move. They cover other seeds on this one split, not other
    series. One pair has no interval (NaN). Raises ValueError when the reference is missing or the seeds differ.
    """
    table = rows.pivot(index="seed", columns=by, values="accuracy")
    if reference not in table or table.isna().any(axis=None):
        raise ValueError(
            f"rows: expected a run of {by}={reference!r} and of every other {by} for every seed, got "
            f"{rows.groupby(by).size().to_dict()}"
        )
    lines, others, step = [], [value for value in rows[by].unique() if value != reference], 1 / rows["n_test"].iloc[0]
    for value in others:
        difference = table[value] - table[reference]
        n, mean = len(difference), difference.mean()
        quantile = stats.t.ppf(1 - (1 - level) / 2 / len(others), n - 1)
        half = max(quantile * difference.std() / math.sqrt(n), step) if n > 1 else math.nan
        lines.append(
            {
                by: value,
                "reference": reference,
                "seeds": n,
                "difference": mean,
                "low": mean - half,
                "high": mean + half,
                "better": int((difference > 1e-9).sum()),
                "equal": int((difference.abs() <= 1e-9).sum()),
                "worse": int((difference < -1e-9).sum()),
            }
        )
    return pd.DataFrame(lines)


def prediction_interval(accuracies, runs, n_test, level=0.95):
    """Where the mean accuracy of `runs` new runs should fall, given the accuracies of earlier runs: (low, high).

    Student's t prediction interval over runs; never narrower than one test series either way, for accuracies move in
    steps of 1 / n_test. With a single earlier run it is Wilson's interval of that run.
    """
    accuracies = pd.Series(accuracies, dtype=float)
    n, mean = len(accuracies), accuracies.mean()
    if n == 1:
        return wilson(mean * n_test, n_test, level)
    half = stats.t.ppf((1 + level) / 2, n - 1) * accuracies.std() * math.sqrt(1 / n + 1 / runs)
    half = max(half, 1 / n_test)
    return max(0.0, mean - half), min(1.0, mean + half)


def errors_by_series(predictions):
    """How often each test series is misclassified, the most often first.

    predictions: a row a run and series, with columns series, label, predicted. Returns columns series, label, runs,
    wrong (runs) and mostly (the class most often predicted when wrong, -1 if never wrong).
    """
    lines = []
    for (series, label), group in predictions.groupby(["series", "label"]):
        wrong = group.loc[group["predicted"] != label, "predicted"]
        lines.append(
            {
                "series": series,
                "label": label,
                "runs": len(group),
                "wrong": len(wrong),
                "mostly": int(wrong.mode().iloc[0]) if len(wrong) else -1,
            }
        )
    return pd.DataFrame(lines).sort_values(["wrong", "series"], ascending=[False, True], ignore_index=True)


def corrected(differences, n_train, n_test, level=0.95):
    """The mean of differences in accuracy over resamples, with Nadeau and Bengio's correction: a dictionary.

    differences: one a resample, J >= 2. Keys: mean, low, high (Student's t with J - 1 degrees of freedom, variance times
    1/J + n_test/n_train, for training sets overlap), p (two-sided, no difference; 1 where all are 0), resamples.
    """
    differences = np.asarray(differences, float)
    count, mean = len(differences), differences.mean()
    scale = _spread(differences, n_train, n_test)
    half = stats.t.ppf((1 + level) / 2, count - 1) * scale
    p = float(2 * stats.t.sf(abs(mean) / scale, count - 1)) if scale > 0 else float(mean == 0)
    return {"mean": float(mean), "low": float(mean - half), "high": float(mean + half), "p": p, "resamples": count}


def practically_equal(differences, n_train, n_test):
    """Probabilities that the first method is worse, as good as, or better than the second by more than one test series.

    The Bayesian correlated t-test of Corani and Benavoli (2015): the posterior of the mean difference is Student's t with
    corrected()'s centre and scale; the region of practical equivalence is one test series either way. Returns three floats.
    """
    differences = np.asarray(differences, float)
    scale, rope = _spread(differences, n_train, n_test), 1 / n_test
    if scale == 0:
        mean = differences.mean()
        return float(mean < -rope), float(abs(mean) <= rope), float(mean > rope)
    posterior = stats.t(len(differences) - 1, differences.mean(), scale)
    low, high = posterior.cdf(-rope), posterior.cdf(rope)
    return float(low), float(high - low), float(1 - high)


def _spread(differences, n_train, n_test):
    """The standard error of a mean over overlapping resamples."""
    if len(differences) < 2:
        raise ValueError(f"differences: expected two resamples or more, got {len(differences)}")
    return math.sqrt(differences.var(ddof=1) * (1 / len(differences) + n_test / n_train))


def mcnemar(first, second):
    """Exact McNemar test of two methods on the same test series: (only first right, only second right, p).

    first, second: (n,) bool, which series each got right. With fewer than 6 series on which they differ p cannot fall
    below .05. Raises ValueError for unequal lengths.
    """
    first, second = np.asarray(first, bool), np.asarray(second, bool)
    if first.shape != second.shape:
        raise ValueError(f"second: expected as many series as first, {first.shape}, got {second.shape}")
    table = [[(first & second).sum(), (first & ~second).sum()], [(~first & second).sum(), (~first & ~second).sum()]]
    return int(table[0][1]), int(table[1][0]), float(exact_mcnemar(table, exact=True).pvalue)


def holm(p_values):
    """Holm's adjusted p-values of a family of tests, in the order given."""
    return multipletests(p_values, method="holm")[1].tolist()


def best_of(accuracies, k):
    """What the best of k runs would show, run by chance from these: the mean of the largest of k drawn without replacement.

    Raises ValueError unless k is 1 to the number of runs. For k = 1 it is the mean: the honest number.
    """
    ordered, runs = sorted(accuracies), len(accuracies)
    if not 1 <= k <= runs:
        raise ValueError(f"k: expected 1 to the number of runs, {runs}, got {k}")
    # the i-th smallest is the largest of k in C(i, k - 1) of C(runs, k) draws, i counted from 0
    return sum(math.comb(i, k - 1) * value for i, value in enumerate(ordered)) / math.comb(runs, k)
