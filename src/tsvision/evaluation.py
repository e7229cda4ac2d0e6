"""Intervals and paired differences that a few dozen series allow; statistics only, on scipy and statsmodels.

What is estimated: the accuracy, or a difference of two, on other series like these, trained on other splits of such sizes. Splits
share their series, so that more of them don't make more series: an interval has to cover the choice of the series, too. Which of
the two here covers what is simulated in the room coverage. Rows are pandas tables with a row a run; accuracies are fractions of
n_test; the column right says, series by series, what a run got right (see results.with_right).
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
# what counts as no difference: a test series of thirty, the smallest step in which accuracies on these oils, .933 and .967, have been told
MARGIN = 1 / 30


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
            mean, low, high = corrected(each, group["n_train"].iloc[0], n_test)
            sd, low, high = each.std(), max(0.0, low), min(1.0, high)
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
LINE += ["wins", "ties", "losses", "worse", "equal", "better", "low_these", "high_these", "detectable", "n_test"]


def family(parts, level=0.95):
    """Differences in accuracy, in pairs, of comparisons that are read together: a line for each arm but the references.

    parts: tuples (what, rows, by, reference, over). Within each, the runs of every other arm(rows, by) are compared with those
    of `reference`. over: 'split', paired by split with seeds averaged; or 'seed', paired by seed on one split.
    Columns: what, arm, reference, pairs (that both have), over, difference, low, high (crossed(), at the level that Holm's
    procedure leaves to the line, so that an interval leaves zero where Holm's p does not exceed 1 - level), p (Holm's over all
    lines), wins, ties, losses (pairs), worse, equal, better (the probabilities of a difference beyond, and within, MARGIN, widened
    as the interval is), low_these, high_these (these series alone), detectable (the difference that such an interval would tell
    from zero four times in five) and n_test. One pair has no interval (NaN). Empty where only references ran. Raises Missing, a
    ValueError, when there is no reference or an arm has no pair in common with it; ValueError when splits differ in size, runs to
    pair by seed come from several splits, or rows lack the column right.
    """
    pairs = [
        ({"what": what, "arm": other, "reference": reference}, over, *one)
        for what, rows, by, reference, over in parts
        for other, *one in _pairs(rows, by, reference, over)
    ]
    told = [crossed(right, share) if len(right) > 1 else None for *_, right, share, _ in pairs]
    known = [place for place, one in enumerate(told) if one]
    adjusted = dict(zip(known, holm([told[place]["p"] for place in known])))
    rank = {place: sum(told[other]["p"] < told[place]["p"] for other in known) for place in known}  # equal p, equal level
    # Holm stops at the first that does not pass, and what comes behind it is held against the same level
    stop = min((rank[place] for place in known if adjusted[place] > 1 - level), default=len(known))
    lines = []
    for place, (names, over, right, share, n_test) in enumerate(pairs):
        each = np.nanmean(right, 1)
        line = names | {"pairs": len(right), "over": f"{over}s", "difference": float(each.mean())}
        line |= dict.fromkeys(["low", "high", "p", "worse", "equal", "better", "low_these", "high_these", "detectable"], math.nan)
        if told[place]:
            own = crossed(right, share, 1 - (1 - level) / (len(known) - min(rank[place], stop)), level)
            line |= {name: own[name] for name in line.keys() & own.keys()} | {"p": adjusted[place]}
        counts = [int(part.sum()) for part in (each > 1e-9, abs(each) <= 1e-9, each < -1e-9)]
        lines.append(line | dict(zip(("wins", "ties", "losses"), counts)) | {"n_test": n_test})
    return pd.DataFrame(lines, columns=LINE)


def _pairs(rows, by, reference, over):
    """For each arm but the reference: its name, its differences (a line a split or seed), the share that trains, n_test."""
    rows = rows.assign(arm=arm(rows, by))
    if "right" not in rows or not all(isinstance(right, np.ndarray) for right in rows["right"]):
        raise ValueError("rows: expected the column right, what a run got right series by series, see results.with_right")
    if reference not in set(rows["arm"]):
        raise Missing(f"reference: expected one of {'; '.join(sorted(set(rows['arm'])))}, got {reference!r}")
    if len(rows[["n_train", "n_test"]].drop_duplicates()) > 1:
        raise ValueError(f"rows: expected one size of split, got n_train {sorted(set(rows['n_train']))}")
    if over == "seed" and rows["split"].nunique() > 1:
        raise ValueError(f"rows: expected one split, for pairs by seed, got {sorted(set(rows['split']))}")
    n_test, total = int(rows["n_test"].iloc[0]), len(rows["right"].iloc[0])
    share = 0 if over == "seed" else float(rows["n_train"].iloc[0]) / total
    table = {name: {key: np.mean(list(own), 0) for key, own in group.groupby(over)["right"]} for name, group in rows.groupby("arm")}
    for value in rows["arm"].unique():
        if value != reference:
            common = [key for key in table[value] if key in table[reference]]
            if not common:
                raise Missing(f"rows: {value!r} and {reference!r} have no {over} in common")
            yield value, np.array([table[value][key] - table[reference][key] for key in common]), share, n_test


def crossed(differences, share=0.0, level=0.95, usual=None):
    """The mean of differences over splits and series, and what it says of other splits and other series: a dictionary.

    differences: (J, n), a line a split (or seed) and a column a series, NaN where a split does not test it; J and n at least 2.
    share: of the n series that a split trains on; 0 where all lines share one training set.
    Splits and series are crossed random effects, estimated by moments as Gallas, Bandos, Samuelson and Wagner (2009,
    Communications in Statistics 38) do for readers and cases: pairs of answers that share a series, a split, both or neither.
    A series that is tested in one split trains another, so that its component counts 1 + share times; the factor is no theorem,
    coverage shows that it is enough. No difference at all still leaves half a series of the n, as Jeffreys' prior does. Student's
    t with Satterthwaite's degrees of freedom. Keys: mean, low, high (never beyond what differences can be), p (two-sided, no
    difference), worse, equal, better (probabilities of a difference beyond, and within, MARGIN either way, widened as an interval
    of this level is against the `usual` one), detectable (what such an interval would tell from zero with probability .8),
    low_these, high_these (these n series in other splits alone).
    Raises ValueError that names what there is too little of.
    """
    differences = np.asarray(differences, float)
    if differences.ndim == 2:
        differences = differences[:, ~np.isnan(differences).all(0)]  # what no split tests says nothing
    if differences.ndim != 2 or len(differences) < 2 or differences.shape[1] < 2:
        raise ValueError(f"differences: expected 2 splits or more of 2 series or more, got shape {differences.shape}")
    tested, values = ~np.isnan(differences), np.nan_to_num(differences)
    if not tested.any(1).all() or (abs(values) > 2).any():  # 2: between gains
        raise ValueError("differences: expected a tested series in each split, and differences of accuracies")
    (j, n), each = differences.shape, np.nanmean(differences, 1)
    mean, step = float(each.mean()), _weights(tested)
    of_series, of_split, rest = _components(values * step, step)
    of_series = max((1 + share) * of_series, 0.5 / n**2)
    se = math.sqrt(of_series + of_split + rest)
    df = se**4 / (of_series**2 / (n - 1) + (of_split + rest) ** 2 / (j - 1))
    quantile = float(stats.t.ppf((1 + level) / 2, df))
    wider = quantile / float(stats.t.ppf((1 + (usual or level)) / 2, df))
    below, within = (float(stats.t.cdf((end - mean) / (se * wider), df)) for end in (-MARGIN, MARGIN))
    most = max(1.0, math.ceil(abs(values).max() - 1e-9))  # no difference of accuracies is larger than 1, none of gains larger than 2
    these = float(stats.t.ppf((1 + (usual or level)) / 2, j - 1)) * float(each.std(ddof=1)) / math.sqrt(j)
    return {
        "mean": mean,
        "low": max(mean - quantile * se, -most),
        "high": min(mean + quantile * se, most),
        "p": float(2 * stats.t.sf(abs(mean) / se, df)),
        "worse": below,
        "equal": within - below,
        "better": 1 - within,
        "low_these": max(mean - these, -most),
        "high_these": min(mean + these, most),
        "detectable": (quantile + float(stats.t.ppf(0.8, df))) * se,
    }


def _weights(tested):
    """What each answer counts for in a mean over splits of means over the series they test: they sum to 1."""
    return tested / (len(tested) * tested.sum(1, keepdims=True))


def _components(weighted, weights):
    """What series, splits and the rest contribute to the variance of a mean: three floats, none below 0.

    weighted: (J, n), answers times weights; weights: (J, n), 0 where not tested. Moments of pairs of answers that share a series, a
    split, both or neither, each over the pairs' own weights; where no series is tested twice the rest counts as the series', where
    splits test one each as the rest.
    """

    def sums(of):
        both, series, split, all_ = (of**2).sum(), (of.sum(0) ** 2).sum(), (of.sum(1) ** 2).sum(), of.sum() ** 2
        return np.array([both, series - both, split - both, all_ - series - split + both])

    pairs, products = sums(weights), sums(weighted)
    moments = np.divide(products, pairs, out=np.full(4, np.nan), where=pairs > 1e-12)
    spread, by_series, by_split = moments[:3] - moments[3]
    by_split = 0.0 if np.isnan(by_split) else max(by_split, 0.0)
    by_series = max(spread - by_split if np.isnan(by_series) else by_series, 0.0)
    rest = max(spread - by_series - by_split, 0.0)
    return by_series * (pairs[0] + pairs[1]), by_split * (pairs[0] + pairs[2]), rest * pairs[0]


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


def corrected(values, n_train, n_test, level=0.95):
    """The mean of accuracies over resamples, with Nadeau and Bengio's (2003) correction: (mean, low, high).

    values: one a resample, J >= 2. Student's t with J - 1 degrees of freedom, variance times 1/J + n_test/n_train, for the
    resamples share their series; the variance is at least what rounding to whole series leaves. For the accuracy of one method: of a
    difference, in which most of what resamples share cancels, it says two to four times too much, see coverage and crossed().
    """
    values = np.asarray(values, float)
    if values.ndim != 1 or len(values) < 2 or not (abs(values) <= 1).all():
        raise ValueError(f"values: expected accuracies of two splits or more, got {values.tolist()}")
    if not n_train > 0 or not n_test > 0:
        raise ValueError(f"n_train: expected 1 or more series to train and to test on, got {n_train} and {n_test}")
    count, mean = len(values), float(values.mean())
    variance = max(np.var(values, ddof=1), 1 / 12 / n_test**2)
    half = float(stats.t.ppf((1 + level) / 2, count - 1)) * math.sqrt(variance * (1 / count + n_test / n_train))
    return mean, mean - half, mean + half


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
