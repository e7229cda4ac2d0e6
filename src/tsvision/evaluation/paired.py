"""Accuracies and paired differences of runs, with their intervals; statistics only, on scipy and statsmodels.

Rows are pandas tables with a row a run; accuracies are fractions of n_test; the column right says, series by series,
what a run got right (see evaluation.with_right). Differences are paired by split and by series, and corrected together
where they are read together.
"""

import math

import numpy as np
import pandas as pd
from statsmodels.stats.contingency_tables import mcnemar

from tsvision.evaluation.intervals import LEVEL, corrected, crossed, wilson

ORIGINAL = 28 / 30  # the accuracy of the 2018 notebook, on the default split


class Missing(ValueError):
    """A comparison lacks one of its sides."""


def reaching(accuracies):
    """How many accuracies (rounded as in rows) reach the 2018 notebook's 28 of 30."""
    return int((pd.Series(accuracies) >= ORIGINAL - 1e-6).sum())


def arm(rows, by):
    """Each row's values of the columns `by`, in one string: 'fine-tune, noise 0.1'; a number stands behind its column's
    name.

    Blank values are left out, so that rows of different kinds, which lack each other's columns, can stand in one table.
    """

    def text(column, value):
        if pd.isna(value) or value == "":
            return ""
        return str(value) if isinstance(value, str) else f"{column} {value:g}"

    return pd.Series(
        [", ".join(filter(None, map(text, by, values))) for values in rows[by].itertuples(index=False)], rows.index
    )


def summary(rows, by):
    """One line for each value of the columns `by` (a list), in order of appearance.

    Columns: runs, splits, mean, sd (over splits, of their means over seeds; over runs where there is one split; ddof
    1), worst and best accuracy of a run, n_test, and low, high: over several splits corrected()'s interval, cut off at
    0 and 1, but no narrower than Wilson's of the mean at all series that splits share, for where hardly a series goes
    wrong splits don't differ; on one split Wilson's at n_test, for all runs see the same test series and more seeds
    don't narrow it. With train_accuracy, recalibrated and balanced in rows, also their means.
    """
    lines = []
    for key, group in rows.groupby(by, sort=False, dropna=False):
        accuracy, n_test = group["accuracy"], int(group["n_test"].iloc[0])
        each = group.groupby("split")["accuracy"].mean()
        if len(each) > 1:
            n_train = int(group["n_train"].iloc[0])
            mean, low, high = corrected(each, n_train, n_test)
            least, most = wilson(mean * (n_train + n_test), n_train + n_test)
            sd, low, high = each.std(), max(0.0, min(low, least)), min(1.0, max(high, most))
        else:
            mean, sd, (low, high) = accuracy.mean(), accuracy.std(), wilson(group["correct"].mean(), n_test)
        lines.append(
            dict(zip(by, key))
            | {name: group[name].mean() for name in ("train_accuracy", "recalibrated", "balanced") if name in group}
            | {"runs": len(group), "splits": len(each), "mean": mean, "sd": sd}
            | {"worst": accuracy.min(), "best": accuracy.max(), "n_test": n_test, "low": low, "high": high}
        )
    return pd.DataFrame(lines)


def across(rows):
    """The runs to compare over splits: on each split the one with the split's number for seed, as study.grid makes
    them.
    """
    return rows[rows["seed"] == rows["split"]]


def compared(rows, by, reference, over="split"):
    """Differences in accuracy to the runs whose arm(rows, by) is `reference`: family() of one comparison."""
    return family([("", rows, by, reference, over)]).drop(columns="what")


LINE = ["what", "arm", "reference", "pairs", "over", "difference", "low", "high", "p"]
LINE += ["wins", "ties", "losses", "worse", "equal", "better", "low_these", "high_these", "detectable", "n_test"]


def family(parts):
    """Differences in accuracy, in pairs, of comparisons that are read together: a line for each arm but the references.

    parts: tuples (what, rows, by, reference, over). Within each, the runs of every other arm(rows, by) are compared
    with those of `reference`. over: 'split', paired by split with seeds averaged; or 'seed', paired by seed on one
    split. Columns: what, arm, reference, pairs (that both have), over, difference, low, high (crossed(), at the level
    that Holm's procedure leaves to the line, so that an interval leaves zero where Holm's p does not exceed .05),
    p (Holm's over all lines), wins, ties, losses (pairs), worse, equal, better (the probabilities of a difference
    beyond, and within, MARGIN, widened as the interval is), low_these, high_these (these series alone), detectable (the
    difference that such an interval would tell from zero four times in five) and n_test. One pair has no interval
    (NaN). Empty where only references ran. Raises Missing, a ValueError, when there is no reference or an arm has no
    pair in common with it; ValueError when splits differ in size, runs to pair by seed come from several splits, or
    rows lack the column right.
    """
    pairs = [
        ({"what": what, "arm": other, "reference": reference}, over, *one)
        for what, rows, by, reference, over in parts
        for other, *one in _pairs(rows, by, reference, over)
    ]
    told = [crossed(right, share) if len(right) > 1 else None for *_, right, share, _ in pairs]
    known = [place for place, one in enumerate(told) if one]
    adjusted = dict(zip(known, holm([told[place]["p"] for place in known])))
    # equal p, equal level
    rank = {place: sum(told[other]["p"] < told[place]["p"] for other in known) for place in known}
    # Holm stops at the first that does not pass, and what comes behind it is held against the same level
    stop = min((rank[place] for place in known if adjusted[place] > 1 - LEVEL), default=len(known))
    lines = []
    for place, (names, over, right, share, n_test) in enumerate(pairs):
        each = np.nanmean(right, 1)
        line = names | {"pairs": len(right), "over": f"{over}s", "difference": float(each.mean())}
        line |= dict.fromkeys(
            ["low", "high", "p", "worse", "equal", "better", "low_these", "high_these", "detectable"], math.nan
        )
        if told[place]:
            own = crossed(right, share, 1 - (1 - LEVEL) / (len(known) - min(rank[place], stop)))
            line |= {name: own[name] for name in line.keys() & own.keys()} | {"p": adjusted[place]}
        counts = [int(part.sum()) for part in (each > 1e-9, abs(each) <= 1e-9, each < -1e-9)]
        lines.append(line | dict(zip(("wins", "ties", "losses"), counts)) | {"n_test": n_test})
    return pd.DataFrame(lines, columns=LINE)


def _pairs(rows, by, reference, over):
    """For each arm but the reference: its name, its differences (a line a split or seed), the share that trains,
    n_test.
    """
    rows = rows.assign(arm=arm(rows, by))
    if "right" not in rows or not all(isinstance(right, np.ndarray) for right in rows["right"]):
        raise ValueError(
            "rows: expected the column right, what a run got right series by series, see evaluation.with_right"
        )
    if reference not in set(rows["arm"]):
        raise Missing(f"reference: expected one of {'; '.join(sorted(set(rows['arm'])))}, got {reference!r}")
    if len(rows[["n_train", "n_test"]].drop_duplicates()) > 1:
        raise ValueError(f"rows: expected one size of split, got n_train {sorted(set(rows['n_train']))}")
    if over == "seed" and rows["split"].nunique() > 1:
        raise ValueError(f"rows: expected one split, for pairs by seed, got {sorted(set(rows['split']))}")
    n_test, total = int(rows["n_test"].iloc[0]), len(rows["right"].iloc[0])
    share = 0 if over == "seed" else float(rows["n_train"].iloc[0]) / total
    table = {
        name: {key: np.mean(list(own), 0) for key, own in group.groupby(over)["right"]}
        for name, group in rows.groupby("arm")
    }
    for value in rows["arm"].unique():
        if value != reference:
            common = [key for key in table[value] if key in table[reference]]
            if not common:
                raise Missing(f"rows: {value!r} and {reference!r} have no {over} in common")
            yield value, np.array([table[value][key] - table[reference][key] for key in common]), share, n_test


def discordant(rows, by, reference):
    """Exact McNemar tests on the default split: each arm(rows, by) against `reference`, one run (the first) an arm.

    rows: with the column right (with_right). Returns a line for each other arm: only_reference and only_arm (test
    series that one of the two got right), p (Holm's over all lines). Raises ValueError when the reference did not run
    on the default split.
    """
    first = rows[rows["split"] == 0].assign(arm=arm(rows, by)).drop_duplicates("arm")
    right = dict(zip(first["arm"], first["right"]))
    if reference not in right:
        raise ValueError(f"reference: expected one of {'; '.join(right)}, got {reference!r}")
    lines, theirs = [], right[reference]
    for name, ours in right.items():
        if name != reference:  # where they trained, neither is larger
            counts = {"only_reference": int((theirs > ours).sum()), "only_arm": int((ours > theirs).sum())}
            p = mcnemar([[0, counts["only_arm"]], [counts["only_reference"], 0]], exact=True).pvalue
            lines.append({"arm": name, "reference": reference} | counts | {"p": float(p)})
    table = pd.DataFrame(lines, columns=["arm", "reference", "only_reference", "only_arm", "p"])
    return table.assign(p=holm(table["p"]))


def holm(p_values):
    """Holm's adjusted p-values of a family of tests, in the order given.

    As statsmodels' multipletests, which collects garbage at each call: most of the time that verdicts took.
    """
    p_values = np.array(p_values, float)
    order, made = p_values.argsort(), np.empty(len(p_values))
    made[order] = np.maximum.accumulate(p_values[order] * np.arange(len(order), 0, -1)).clip(max=1)
    return made.tolist()


def best_of(accuracies, k):
    """What the best of k runs would show, run by chance from these: the mean of the largest of k drawn without
    replacement. For k = 1 it is the mean: the honest number.
    """
    ordered, runs = sorted(accuracies), len(accuracies)
    # the i-th smallest is the largest of k in C(i, k - 1) of C(runs, k) draws, i counted from 0
    return sum(math.comb(i, k - 1) * value for i, value in enumerate(ordered)) / math.comb(runs, k)
