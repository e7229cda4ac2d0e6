"""Intervals and paired differences that a few dozen series allow; statistics only, on scipy and statsmodels.

The protocol: methods are compared in pairs on the same splits, those of the room splits. Resamples share training series, so
that their accuracies hang together: intervals over them are widened after Nadeau and Bengio (2003). Rows are pandas tables with
a row a run; accuracies are fractions of n_test.
"""

import math
import re

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as exact_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

ORIGINAL = 28 / 30  # the accuracy of the 2018 notebook, on the default split


class Missing(ValueError):
    """A comparison lacks one of its sides."""


def reaching(accuracies):
    """How many accuracies (rounded as in rows) reach the 2018 notebook's 28 of 30."""
    return int((pd.Series(accuracies) >= ORIGINAL - 1e-6).sum())


def _shares(values, name):
    if not all(0 <= value <= 1 for value in values):
        raise ValueError(f"{name}: expected values from 0 to 1, got {list(values)}")
    return values


def wilson(correct, n, level=0.95):
    """Wilson's score interval of an accuracy: (low, high), fractions. correct: 0 to n, a mean over seeds may be fractional.

    Says where the accuracy over all such series, of which n were drawn for the test, plausibly lies. Raises ValueError outside 0 <= correct <= n.
    """
    if not 0 <= correct <= n or n < 1:
        raise ValueError(f"correct: expected 0 to n = {n} with n at least 1, got {correct}")
    low, high = proportion_confint(correct, n, alpha=1 - level, method="wilson")
    return min(float(low), correct / n), max(float(high), correct / n)  # rounding may put an end beyond 0 or n of n


def arm(rows, by):
    """Each row's values of the columns `by`, in one string: 'fine-tune, noise 0.1'; a number stands behind its column's name.

    Blank values are left out, so that rows of different kinds, which lack each other's columns, can stand in one table.
    """

    def text(column, value):
        if pd.isna(value) or value == "":
            return ""
        return str(value) if isinstance(value, str) else f"{column} {value:g}"

    return pd.Series(
        [", ".join(filter(None, map(text, by, values))) for values in rows[by].itertuples(index=False)], rows.index
    )


def short(name):
    """A name without the tags of networks: resnet18.a1_in1k is resnet18."""
    return re.sub(r"(?<=\w)\.[a-z]\w+", "", name)


def summary(rows, by):
    """One line for each value of the columns `by` (a list), in order of appearance.

    Columns: runs, splits, mean, sd (over splits, of their means over seeds; over runs where there is one split; ddof 1),
    worst and best accuracy of a run, n_test, and low, high: over several splits corrected()'s interval, cut off at 0 and 1;
    on one split Wilson's interval of the mean at n_test, for all runs see the same test series and more seeds don't narrow
    it. With train_accuracy and recalibrated in rows, also their means.
    """
    lines = []
    for key, group in rows.groupby(by, sort=False, dropna=False):
        accuracy, n_test = group["accuracy"], int(group["n_test"].iloc[0])
        each = group.groupby("split")["accuracy"].mean()
        if len(each) > 1:
            spread = corrected(each, group["n_train"].iloc[0], n_test)
            mean, sd, low, high = spread["mean"], each.std(), max(0.0, spread["low"]), min(1.0, spread["high"])
        else:
            mean, sd, (low, high) = accuracy.mean(), accuracy.std(), wilson(group["correct"].mean(), n_test)
        lines.append(
            dict(zip(by, key))
            | {name: group[name].mean() for name in ("train_accuracy", "recalibrated") if name in group}
            | {"runs": len(group), "splits": len(each), "mean": mean, "sd": sd}
            | {"worst": accuracy.min(), "best": accuracy.max(), "n_test": n_test, "low": low, "high": high}
        )
    return pd.DataFrame(lines)


def across(rows):
    """The runs to compare over splits: on each split the one with the split's number for seed, as results.grid makes them."""
    return rows[rows["seed"] == rows["split"]]


def compared(rows, by, reference, over="split", level=0.95):
    """Differences in accuracy to the runs whose arm(rows, by) is `reference`: family() of one comparison."""
    return family([("", rows, by, reference, over)], level).drop(columns="what")


LINE = ["what", "arm", "reference", "pairs", "over", "difference", "low", "high", "p"]
LINE += ["wins", "ties", "losses", "worse", "equal", "better", "detectable", "n_test"]


def family(parts, level=0.95, rope=None):
    """Differences in accuracy, in pairs, of comparisons that are read together: a line for each arm but the references.

    parts: tuples (what, rows, by, reference, over). Within each, the runs of every other arm(rows, by) are compared with those
    of `reference`. over: 'split', paired by split with seeds averaged: speaks of other splits of these series; or 'seed',
    paired by seed on one split: speaks of other seeds on that split.
    Columns: what, arm, reference, pairs (that both have), over, difference, low, high (corrected(); all lines hold together at
    the level, Bonferroni), p (Holm's over all lines), wins, ties, losses (pairs), worse, equal, better (practically_equal()'s
    probabilities, with `rope`), detectable (the difference that such an interval would tell from nought four times in five) and n_test.
    One pair has no interval (NaN). Empty where only references ran. Raises Missing, a ValueError, when there is no reference or an
    arm has no pair in common with it; ValueError when splits differ in size or runs to pair by seed come from several splits.
    """
    pairs = [
        ({"what": what, "arm": other, "reference": reference}, over, *one)
        for what, rows, by, reference, over in parts
        for other, *one in _pairs(rows, by, reference, over)
    ]
    lines = []
    for names, over, difference, n_train, n_test in pairs:
        line = names | {"pairs": len(difference), "over": f"{over}s", "difference": difference.mean()}
        told = dict.fromkeys(["low", "high", "p", "detectable", "worse", "equal", "better"], math.nan)
        if len(difference) > 1:
            told |= corrected(difference, n_train, n_test, 1 - (1 - level) / len(pairs))
            told |= dict(zip(("worse", "equal", "better"), practically_equal(difference, n_train, n_test, rope)))
        counts = [int(part.sum()) for part in (difference > 1e-9, difference.abs() <= 1e-9, difference < -1e-9)]
        lines.append(line | told | dict(zip(("wins", "ties", "losses"), counts)) | {"n_test": n_test})
    table = pd.DataFrame(lines, columns=LINE)
    known = table["p"].notna()
    return table.assign(p=table["p"].mask(known, pd.Series(holm(table["p"][known]), table.index[known], dtype=float)))


def _pairs(rows, by, reference, over):
    """For each arm but the reference: its name, its differences by split or seed, and the sizes n_train and n_test."""
    rows = rows.assign(arm=arm(rows, by))
    table = rows.pivot_table(index=over, columns="arm", values="accuracy", aggfunc="mean")
    if reference not in table:
        raise Missing(f"reference: expected one of {'; '.join(table)}, got {reference!r}")
    if len(rows[["n_train", "n_test"]].drop_duplicates()) > 1:
        raise ValueError(f"rows: expected one size of split, got n_train {sorted(set(rows['n_train']))}")
    if over == "seed" and rows["split"].nunique() > 1:
        raise ValueError(f"rows: expected one split, for pairs by seed, got {sorted(set(rows['split']))}")
    n_train, n_test = int(rows["n_train"].iloc[0]), int(rows["n_test"].iloc[0])
    for value in rows["arm"].unique():
        if value != reference:
            difference = (table[value] - table[reference]).dropna()
            if difference.empty:
                raise Missing(f"rows: {value!r} and {reference!r} have no {over} in common")
            yield value, difference, math.inf if over == "seed" else n_train, n_test


def prediction_interval(accuracies, runs, n_test, level=0.95):
    """Where the mean accuracy of `runs` new runs should fall, given the accuracies of earlier runs: (low, high).

    Student's t prediction interval over runs; never narrower than one test series either way, for accuracies move in
    steps of 1 / n_test. With a single earlier run it is Wilson's interval of that run.
    """
    accuracies = pd.Series(_shares(accuracies, "accuracies"), dtype=float)
    if not len(accuracies) or runs < 1 or n_test < 1:
        raise ValueError(f"accuracies: expected one or more, of 1 or more runs and test series, got {len(accuracies)}, {runs}, {n_test}")
    n, mean = len(accuracies), accuracies.mean()
    if n == 1:
        return wilson(mean * n_test, n_test, level)
    half = stats.t.ppf((1 + level) / 2, n - 1) * accuracies.std() * math.sqrt(1 / n + 1 / runs)
    half = max(half, 1 / n_test)
    return max(0.0, mean - half), min(1.0, mean + half)


def corrected(differences, n_train, n_test, level=0.95):
    """The mean of differences in accuracy over resamples, with Nadeau and Bengio's correction: a dictionary.

    differences: one a resample, J >= 2. n_train: infinite for seeds on one split, which overlap in nothing. Keys: mean, low, high
    (Student's t with J - 1 degrees of freedom, variance times 1/J + n_test/n_train, for training sets overlap), p (two-sided, no
    difference) and detectable (the difference whose interval leaves nought with probability .8).
    """
    differences = np.asarray(differences, float)
    scale = _spread(differences, n_train, n_test)
    count, mean = len(differences), float(differences.mean())
    quantile = stats.t.ppf((1 + level) / 2, count - 1)
    half, power = float(quantile * scale), float(stats.t.ppf(0.8, count - 1) * scale)
    p = float(2 * stats.t.sf(abs(mean) / scale, count - 1))
    return {"mean": mean, "low": mean - half, "high": mean + half, "p": p, "detectable": half + power}


def practically_equal(differences, n_train, n_test, rope=None):
    """Probabilities that the first method is worse, as good as, or better than the second by more than `rope`, or one test series.

    The Bayesian correlated t-test of Corani and Benavoli (2015): the posterior of the mean difference is Student's t with
    corrected()'s centre and scale; the region of practical equivalence is `rope` either way. Returns three floats.
    """
    differences = np.asarray(differences, float)
    scale, rope = _spread(differences, n_train, n_test), rope or 1 / n_test
    posterior = stats.t(len(differences) - 1, differences.mean(), scale)
    low, high = posterior.cdf(-rope), posterior.cdf(rope)
    return float(low), float(high - low), float(1 - high)


def _spread(differences, n_train, n_test):
    """The standard error of a mean over overlapping resamples; the variance is at least what counting whole series leaves.

    Each of the two accuracies of a difference is a multiple of 1 / n_test, whose rounding has a twelfth of that step squared
    for variance: a few equal differences don't pass for certainty.
    """
    if len(differences) < 2 or not (abs(differences) <= 2).all():  # 2: between gains
        raise ValueError(f"differences: expected two or more, between accuracies, got {differences.tolist()}")
    if not n_train > 0 or not n_test > 0:
        raise ValueError(f"n_train: expected 1 or more series to train and to test on, got {n_train} and {n_test}")
    variance = max(np.var(differences, ddof=1), 2 / 12 / n_test**2)
    return math.sqrt(variance * (1 / len(differences) + n_test / n_train))


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


def discordant(rows, predictions, by, reference):
    """Exact McNemar tests on the default split: each arm(rows, by) against `reference`, one run (the first) an arm.

    predictions: a row a run and series, with columns run (a line of rows), series, label, predicted. Returns a line for each
    other arm: only_reference and only_arm (test series that one of the two got right), p (Holm's over all lines). Raises
    ValueError when the reference did not run on the default split.
    """
    first = rows[rows["split"] == 0].assign(arm=arm(rows, by)).drop_duplicates("arm")
    right = {
        line.arm: predictions[predictions["run"] == line.Index].set_index("series").eval("label == predicted")
        for line in first.itertuples()
    }
    if reference not in right:
        raise ValueError(f"reference: expected one of {'; '.join(right)}, got {reference!r}")
    lines = []
    for name in right:
        if name != reference:
            ours, theirs, p = mcnemar(right[name], right[reference].loc[right[name].index])
            lines.append({"arm": name, "reference": reference, "only_reference": theirs, "only_arm": ours, "p": p})
    table = pd.DataFrame(lines, columns=["arm", "reference", "only_reference", "only_arm", "p"])
    return table.assign(p=holm(table["p"]))


def holm(p_values):
    """Holm's adjusted p-values of a family of tests, in the order given; ValueError for one beyond 0 to 1."""
    p_values = _shares(p_values, "p_values")
    return multipletests(p_values, method="holm")[1].tolist() if len(p_values) else []


def best_of(accuracies, k):
    """What the best of k runs would show, run by chance from these: the mean of the largest of k drawn without replacement.

    Raises ValueError unless k is 1 to the number of runs. For k = 1 it is the mean: the honest number.
    """
    ordered, runs = sorted(_shares(accuracies, "accuracies")), len(accuracies)
    if not 1 <= k <= runs:
        raise ValueError(f"k: expected 1 to the number of runs, {runs}, got {k}")
    # the i-th smallest is the largest of k in C(i, k - 1) of C(runs, k) draws, i counted from 0
    return sum(math.comb(i, k - 1) * value for i, value in enumerate(ordered)) / math.comb(runs, k)
