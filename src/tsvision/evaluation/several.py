"""Recipes over several data sets: their means, ranks, and what so few data sets can tell of them.

A recipe is a way from series to classes: a method, the network and the picture it sees. Rows are pandas tables with a
row a run.
"""

import itertools

import numpy as np
import pandas as pd
from scipy import stats

from tsvision.evaluation import intervals, paired, wording, words

INSIDE = {"each": "one layer, chosen inside", "all": "all layers"}


def recipes(rows):
    """What each row's recipe is called, a pandas Series: 'frozen tf_efficientnet_lite0, gadf, all layers'."""

    def name(row):
        if not row["encoding"] or pd.isna(row["encoding"]):
            return row["method"]
        network = words.short(row["backbone"])
        network = f"random {network}" if row["weights"] == "random" else network
        network += " (stand-in)" if pd.notna(row.get("stands_in_for")) and row["stands_in_for"] else ""
        picture = "picture chosen inside" if "|" in row["encoding"] else row["encoding"]
        picture += ", with axes" if row.get("view") == "axes" else ""
        several = pd.notna(channels := row.get("channels", np.nan))
        if several:
            picture += ", channels chosen inside" if "|" in channels else f", channels {channels}"
        picture += ", training range" if row.get("scaling") == "training" else ""
        told = row.get("layer")
        layer = [] if pd.isna(told) or not told or several and told == "all" else [INSIDE.get(told, f"layer {told}")]
        return ", ".join([f"{row['method'].split(',')[0]} {network}", picture, *layer])

    return pd.Series([name(row) for row in rows.to_dict("records")], rows.index)


def pictured(rows):
    """The recipes of rows (with a column recipe) that look at pictures."""
    return list(dict.fromkeys(rows.loc[rows["encoding"].fillna("") != "", "recipe"]))


def means(rows):
    """Mean accuracies over splits, a line a data set and a column a recipe, best average rank first.

    Recipes that ran on all splits of all data sets: means over other splits are no fair race.
    """
    table = rows.pivot_table(index=["dataset", "split"], columns="recipe", values="accuracy", sort=False).dropna(axis=1)
    table = table.groupby("dataset", sort=False).mean()
    return table[average(table).index]


def average(table):
    """Average ranks over the data sets of a table as means gives it, 1 the best, ties shared: a Series, the best
    first.
    """
    return table.round(9).rank(axis=1, ascending=False).mean().sort_values(kind="stable")


def wilcoxon_holm(table):
    """Every pair of recipes over the data sets: exact Wilcoxon signed-rank tests, Holm's p over all pairs: a line a
    pair.

    Columns: first, second, difference (mean), wins, ties, losses (data sets), least_p (the smallest p that so many data
    sets allow), p. Data sets on which two recipes are equal count for neither; with none left p is 1.
    """
    lines = []
    for first, second in itertools.combinations(table, 2):
        difference = (table[first] - table[second]).round(9)
        left = difference[difference != 0]
        p = float(stats.wilcoxon(left, method="exact").pvalue) if len(left) else 1.0
        counts = {"wins": int((left > 0).sum()), "ties": len(table) - len(left), "losses": int((left < 0).sum())}
        line = {"first": first, "second": second, "difference": difference.mean()} | counts
        lines.append(line | {"least_p": 2.0 ** (1 - len(table)), "p": p})
    made = pd.DataFrame(lines)
    return made.assign(p=paired.holm(made["p"].clip(upper=1)))


def on_another(first, second):
    """Probabilities that on another data set of this kind the first recipe is worse, as good as (within MARGIN), or
    better.

    first, second: (d,), accuracies on the same data sets. What a Dirichlet process expects of the next data set, with
    the prior of Benavoli et al. (2014): half a data set of no difference; each seen counts one. Returns three floats.
    """
    first, second = np.asarray(first, float), np.asarray(second, float)
    difference, total = first - second, len(first) + 0.5
    worse, better = (float((side > intervals.MARGIN + 1e-9).sum() / total) for side in (-difference, difference))
    return worse, 1 - worse - better, better


def beside(rows, literature):
    """Our means beside published ones, over 30 resamples drawn likewise: a line a data set and method that both have.

    literature: as study.literature gives it. Columns: dataset, recipe, ours, published, splits, expected (how far
    apart two means over so many and over 30 splits of the same series lie in 95 of 100 cases: only the splits differ)
    and differs: whether these do.
    """
    ours = paired.summary(rows, ["dataset", "recipe"])
    theirs = literature[(literature["mean_of_30"] != "") & (literature["picture"] == "no")]
    both = ours.merge(theirs, left_on=["dataset", "recipe"], right_on=["dataset", "method"])
    both = both.assign(published=both["mean_of_30"].astype(float)).rename(columns={"mean": "ours"})
    # published with three digits
    expected = stats.t.ppf(0.975, both["splits"] - 1) * both["sd"] * np.sqrt(1 / both["splits"] + 1 / 30) + 0.0005
    both = both.assign(expected=expected, differs=(both["ours"] - both["published"]).abs() > expected + 1e-9)
    return both[["dataset", "recipe", "ours", "published", "splits", "expected", "differs"]]


def against(rows, reference):
    """Each recipe minus `reference` on each data set, paired by split: paired.family's lines, what is the data set."""
    parts = [(name, own, ["recipe"], reference, "split") for name, own in rows.groupby("dataset", sort=False)]
    return paired.family(parts)


def on_default(rows, reference):
    """paired.discordant of each recipe with `reference` on the default splits of data sets, one of which tells what
    repeated measurements on both sides of random splits hide; corrected within a data set. A column dataset more.
    """
    tables = []
    for name, own in rows[rows["split"] == 0].groupby("dataset", sort=False):
        if reference in set(own["recipe"]):
            tables.append(paired.discordant(own, ["recipe"], reference).assign(dataset=name))
    return pd.concat(tables)


def _beside_random(rows, table, reference):
    """On the default split, which may part what random ones mix: what differs there, how many recipes are right less
    often than in the mean of their random splits, and by how many points.
    """
    first, other = (
        rows[is_first].groupby("recipe")["accuracy"].mean() for is_first in (rows["split"] == 0, rows["split"] > 0)
    )
    both, clear = (first - other).dropna(), table[table["p"] < 0.05]  # accuracies have six digits
    better, points = (clear["only_arm"] > clear["only_reference"]).sum(), (100 * both).round(1) + 0.0
    return (
        f" On the default split alone {better} better, {len(clear) - better} worse (McNemar, Holm); right less often"
        f" there than on random ones: {(both < -1e-6).sum()} of {len(both)} recipes ({points.min():+.1f} to"
        f" {points.max():+.1f} points, {words.plain(reference)} {points[reference]:+.1f})."
    )


def notes(rows, means, pictures, reference, literature):
    """Sentences on what the tables of these recipes say: data set by data set, over all of them, and beside what others
    published.
    """
    said, tests, first = [], wilcoxon_holm(means), on_default(rows, reference)
    for name, own in against(rows, reference).groupby("what", sort=False):
        better, worse = ("; ".join(ours["arm"].map(words.plain)) or "no recipe" for ours in wording.clear(own))
        said.append(f"{name}. Better than {reference}: {better}. Worse: {worse}.")
        for kind, mine in (
            ("without", means.columns.difference(pictures, sort=False)),
            ("with", means.columns.intersection(pictures, sort=False)),
        ):
            best = means.loc[name, mine].round(9)
            same = "; ".join(map(words.plain, best.index[best == best.max()]))
            said[-1] += f" Highest mean {kind} pictures, {best.max():.3f}: {same}." if len(mine) else ""
        said[-1] += _beside_random(rows[rows["dataset"] == name], first[first["dataset"] == name], reference)
    said.append(
        f"Over {len(means)} data sets {int((tests['p'] < 0.05).sum())} of {len(tests)} pairs of recipes differ"
        f" (Wilcoxon, Holm); {len(means)} data sets allow no p below {tests['least_p'].iloc[0]:.3f}, before Holm's"
        " correction."
    )
    both = beside(rows, literature)
    gap = both["ours"] - both["published"]
    far = both[both["differs"]].itertuples()
    apart = [
        f"{line.dataset}, {words.plain(line.recipe)}: {line.ours:.3f} here, {line.published:.3f} published"
        for line in far
    ]
    if len(both):
        said.append(
            "Published means over 30 other resamples of the same series lie where that leads to be expected in"
            f" {len(both) - len(apart)} of {len(both)} cases"
            + (f"; not so: {'; '.join(apart)}." if apart else ".")
            + f" Ours minus theirs: {gap.mean():+.3f} in the mean, {gap.min():+.3f} to {gap.max():+.3f}."
        )
    return said
