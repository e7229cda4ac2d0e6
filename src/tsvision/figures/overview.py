"""Accuracies of methods with their intervals, an arm a line, from rows; of one notebook, or of all."""

import itertools

import matplotlib.pyplot as plt
import numpy as np

from tsvision import evaluation
from tsvision.evaluation import words
from tsvision.figures.base import BELOW, COLOURS, FAMILIES, GREY, PERCENT, in_plain_style, title
from tsvision.figures.charts import level, model
from tsvision.figures.limits import MOST


@in_plain_style
def accuracy_by(rows, by, majority, reference=None, finding=""):
    """Accuracy by the columns `by` (a list): a dot a run, or a split where there are several, and the mean with its
    interval.

    majority: the largest class's share, a line. reference: the arm that the title compares the others with, in pairs,
    or the first, unless finding says something else. More than six lines are ordered by their means.
    """
    rows = rows.assign(arm=evaluation.arm(rows, by))
    table = evaluation.summary(rows, ["arm"])
    few = len(table) < 7
    table = table if few else table.sort_values("mean", ascending=False, ignore_index=True)
    figure, axis = _means(rows, table, COLOURS if few else itertools.repeat(COLOURS[0]), 0.75 if few else 0.42)
    _levels(axis, rows, majority)
    figure.legend(**BELOW, ncols=2)
    if len(table) > 1 and not finding:
        kind = "split" if table["splits"].max() > 1 else "seed"
        finding = _finding(evaluation.compared(rows, ["arm"], reference or rows["arm"].iloc[0], kind))
    elif not finding:
        only = table.iloc[0]
        finding = f"{only['mean']:.1%} over {only['runs']} runs, {only['worst']:.1%} to {only['best']:.1%}"
        finding = finding if only["runs"] > 1 else f"{only['mean']:.1%} in one run"
    return title(figure, f"{model(rows)}{finding}")


@in_plain_style
def forest(rows, majority, literature, reference):
    """The methods of all notebooks, in their usual settings, that ran on several splits: ordered means with intervals.

    rows: as evaluation.rows_of gives them. literature: as study.literature does; means over 30 resamples are drawn as
    lines. reference: a method that ran on several splits, for the title.
    """
    rows = _usual(rows)
    table = evaluation.summary(rows, ["arm"])
    table = table[table["splits"] > 1].sort_values("mean", ascending=False, ignore_index=True)
    kinds = table["arm"].map(words.family)
    figure, axis = _means(rows, table, kinds.map(FAMILIES), 0.26)
    axis.tick_params("y", labelsize=8)
    for name in kinds.unique():
        axis.plot([], [], "D-", color=FAMILIES[name], label=name)
    published = literature[literature["mean_of_30"] != ""]
    for (_, line), style in zip(published.iterrows(), ("-.", ":", (0, (1, 3)))):
        name = f"published: {line['method']} {line['mean_of_30']}"
        axis.axvline(float(line["mean_of_30"]), color="black", linewidth=0.9, linestyle=style, label=name)
    _levels(axis, rows, majority)
    figure.legend(**BELOW, ncols=2)
    against = evaluation.compared(rows[rows["arm"].isin(table["arm"])], ["arm"], reference)
    told = f"Against {reference} on the raw series: {evaluation.counts(against)}"
    return title(figure, f"{told} (differences on the same splits, corrected by Holm)")


def _usual(rows):
    """Rows without those of simulated data, shuffled labels, other colormaps, copies, rates, sizes of split, lengths
    and encodings than GADF, named in arm.
    """
    blank = {"notebook": "", "cut": "", "drawn": "", "layer": "", "patch": np.nan}
    rows = rows.assign(**{name: value for name, value in blank.items() if name not in rows}).reset_index(drop=True)
    menu = rows["encoding"].str.contains("|", regex=False)
    # the grid and the comparison of precisions and sizes have figures of their own
    rows = rows[
        ~rows["notebook"].str[3:].isin(["encoding_grid", "precision_and_size"])
        & ((rows["method"] != "fine-tune") | rows["lr_mult"].isin([100, np.nan]))
        & (rows["noise"].isin([0, np.nan]) & ~rows["shuffled"].isin([True]))
        & (rows["cut"] + rows["drawn"] == "")
        & ~rows["dataset"].str.contains(", ")
        & (rows["encoding"].isin(["", "gadf"]) | menu)
        & rows["colormap"].isin(["", "viridis", "field"])
    ].reset_index(drop=True)
    rows = rows.assign(
        backbone=rows["backbone"].map(words.short),
        weights=rows["weights"].where(rows["weights"] == "random", ""),
        encoding=rows["encoding"].mask(rows["encoding"].str.contains("|", regex=False), "encoding chosen inside"),
        colormap=rows["colormap"].replace("viridis", ""),
        epochs=rows["epochs"].replace(20, np.nan),
        layer=rows["layer"].replace("all", ""),
    )
    by = ["method", "layer", "backbone", "weights", "encoding", "colormap", "view", "size", "patch", "epochs"]
    return evaluation.once(rows.assign(arm=evaluation.arm(rows, by)))


def _means(rows, table, colours, step):
    """A line an arm of table, so many inches apart: its mean with interval, and a dot a split, or a seed where there is
    one split; (figure, axis).
    """
    several = table["splits"].max() > 1
    figure, axis = plt.subplots(figsize=(9.5, 1.9 + step * len(table)))
    for line, colour in zip(table.itertuples(), colours):
        own = rows[rows["arm"] == line.arm]
        dots = np.sort(own.groupby("split")["accuracy"].mean() if several else own["accuracy"])
        rank = np.arange(len(dots)) - np.searchsorted(dots, dots)  # equal accuracies stand on top of each other
        at = line.Index - 0.16 - 0.5 * rank / max(rank.max(), 10)
        axis.plot(dots, at, "o", color=colour, markersize=3.5, alpha=0.6)
        reach = [[line.mean - line.low], [line.high - line.mean]]
        axis.errorbar(line.mean, line.Index, xerr=reach, fmt="D", color=colour, capsize=4, markersize=5)
    kind, numbers = ("split", table["splits"]) if several else ("seed", table["runs"])
    names = [f"{words.plain(name)} ({n})" for name, n in zip(table["arm"], numbers)]
    axis.set(yticks=range(len(table)), yticklabels=names, xlim=(-0.02, 1.02), ylim=(len(table) - 0.3, -1))
    axis.set_xlabel(
        f"accuracy on {table['n_test'].iloc[0]} test series, {'several splits' if several else 'one split'}\n"
        f"(dot: a {kind}, their number in brackets;\ndiamond: mean, 95 % interval)"
    )
    return figure, axis


def _levels(axis, rows, majority):
    """The lines that an accuracy is read against, and an axis in percent."""
    axis.axvline(majority, color=GREY, linestyle=":", label=f"majority class {majority:.3f}")
    level(axis.axvline, rows)
    axis.xaxis.set_major_formatter(PERCENT)


def _finding(table):
    """What paired differences say, in words, with differences in percentage points."""
    said = table.apply(evaluation.word, axis=1)
    is_clear = said.isin(["better", "worse"])
    told = [f"{words.plain(line.arm)} {100 * line.difference:+.1f} points" for line in table[is_clear].itertuples()]
    told[MOST:] = [f"{len(told[MOST:])} others clearly differ, too"] if told[MOST:] else []
    told += [f"{count} of {len(table)} {word}" for word, count in said[~is_clear].value_counts().sort_index().items()]
    return f"compared with {words.plain(table['reference'].iloc[0])}, {'; '.join(told)}"
