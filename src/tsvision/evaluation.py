"""Intervals and paired differences that a few dozen test series allow; statistics only, on scipy and statsmodels.

Rows are pandas tables with a row a run; accuracies are fractions of n_test.
"""

import math

import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import proportion_confint


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
