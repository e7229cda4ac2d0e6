"""All methods of all notebooks in one chart, from rows."""

import matplotlib.pyplot as plt
import numpy as np

from tsvision import evaluation
from tsvision.evaluation import words
from tsvision.figures.base import FAMILIES, in_plain_style, title
from tsvision.figures.charts import levels
from tsvision.figures.limits import SIDE, cut, left_out


@in_plain_style
def forest(rows, majority, literature, reference):
    """The methods of all notebooks, in their usual settings, that ran on several splits: ordered means with intervals.

    rows: as evaluation.rows_of gives them. literature: as study.literature does; means over 30 resamples are drawn as
    lines. reference: a method, for the title.
    """
    rows = _usual(rows)
    table = evaluation.summary(rows, ["arm"])
    every = table[table["splits"] > 1].sort_values("mean", ascending=False, ignore_index=True)
    table = every.head(int((SIDE - 2.2) / 0.26))
    figure, axis = plt.subplots(figsize=(10, 2.2 + 0.26 * len(table)), layout="constrained")
    for place, line in table.iterrows():
        colour = FAMILIES[words.family(line["arm"])]
        dots = rows[rows["arm"] == line["arm"]].groupby("split")["accuracy"].mean()
        axis.plot(dots, np.full(len(dots), place), ".", color=colour, markersize=3, alpha=0.35)
        axis.plot([line["low"], line["high"]], [place, place], color=colour, linewidth=1.3)
        axis.plot(line["mean"], place, "D", color=colour, markersize=4)
    for name in dict.fromkeys(map(words.family, table["arm"])):
        axis.plot([], [], "D-", color=FAMILIES[name], label=name)
    published = literature[literature["mean_of_30"] != ""]
    for (_, line), style in zip(published.iterrows(), ("-.", ":", (0, (1, 3)))):
        name = f"published: {line['method']} {line['mean_of_30']}"
        axis.axvline(float(line["mean_of_30"]), color="black", linewidth=0.9, linestyle=style, label=name)
    levels(axis, rows, majority)
    axis.set(yticks=range(len(table)), xlim=(-0.02, 1.02), ylim=(len(table) - 0.4, -0.6))
    names = [f"{cut(words.plain(line.arm), 120)} ({line.splits})" for line in table.itertuples()]
    axis.set_yticklabels(names, fontsize=8)
    axis.set_xlabel(
        f"accuracy on {table['n_test'].iloc[0]} test series\n(dots: splits, their number in brackets;\n"
        "diamond: mean, 95 % interval after Nadeau and Bengio)"
    )
    figure.legend(fontsize=8, frameon=False, loc="outside lower center", ncols=2)
    heading = f"{len(every)} methods, ordered by their means"
    if reference in set(every["arm"]):
        against = evaluation.compared(rows[rows["arm"].isin(every["arm"])], ["arm"], reference)
        better, worse = int((against["low"] > 0).sum()), int((against["high"] < 0).sum())
        heading = (
            f"Against {reference} on the raw series {better} of {len(against)} methods are better and {worse} worse; "
            f"{len(against) - better - worse} are too close to call (differences on the same splits, corrected by Holm)"
        )
    title(figure, heading + left_out(len(table), len(every), "methods", "highest means"))
    return figure


def _usual(rows):
    """Rows without those of simulated data, shuffled labels, other colormaps, copies, rates, sizes of split, lengths
    and encodings than GADF, named in arm.
    """
    # the grid and the comparison of precisions and sizes have figures of their own
    rows = rows[~rows["notebook"].str[3:].isin(["encoding_grid", "precision_and_size"])] if "notebook" in rows else rows
    rows = rows.assign(lr_mult=rows["lr_mult"].where(rows["method"] == "fine-tune"))
    usual = {"lr_mult": 100, "noise": 0, "shuffled": False}
    for column, value in usual.items():
        rows = rows[rows[column].isna() | (rows[column] == value)]
    usual = {"cut": "", "drawn": "", "layer": "", "patch": np.nan}
    rows = rows.assign(**{name: value for name, value in usual.items() if name not in rows})
    rows = rows[(rows["cut"] == "") & (rows["drawn"] == "")]
    plain = ~rows["dataset"].str.contains(", ") & rows["encoding"].str.contains(r"^$|^gadf$|\|")
    rows = rows[plain].reset_index(drop=True)
    menu = rows["encoding"].str.contains("|", regex=False)
    rows = rows.assign(
        backbone=rows["backbone"].map(words.short),
        weights=rows["weights"].where(rows["weights"] == "random", ""),
        encoding=rows["encoding"].mask(menu, "encoding chosen inside"),
        colormap=rows["colormap"].mask(rows["colormap"] == "viridis", ""),
        epochs=rows["epochs"].mask(rows["epochs"] == 20),
        layer=rows["layer"].mask(rows["layer"] == "all", ""),
    )
    rows = rows[rows["colormap"].isin(["", "field"])]
    by = ["method", "layer", "backbone", "weights", "encoding", "colormap", "view", "size", "patch", "epochs"]
    return rows.assign(arm=evaluation.arm(rows, by)).drop_duplicates(["arm", "split", "seed"])
