"""The figures of the README that show results: one finding each, as title. Rows are as evaluation.rows_of gives
them.
"""

import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from tsvision import evaluation
from tsvision.evaluation import words
from tsvision.figures.base import ABOVE, FAMILIES, GREY, MIDDLE, SMALL, WHITE, WIDTH, finish, in_front_style, some
from tsvision.figures.limits import SIDE, cut, left_out

PLAIN, PROBE, _, TUNED = FAMILIES
# of the methods without pictures: linear, by kernels, by distance
BLIND = ("shrinkage LDA", "logistic regression", "MiniROCKET", "1-NN DTW")
PERCENT = "{x:.0%}"


@in_front_style
def methods(rows, reference):
    """Mean accuracies of about nine methods with intervals, over the splits that all of them have, and what each is
    minus reference.

    rows: of baselines_and_controls and encodings. Shown are reference and BLIND; the network fine-tuned on GADF; linear
    probes on GADF, plot only, of each pretrained network, as large as for tuning or else its largest, and of one never
    trained. ValueError without reference, tuning, common split.
    """
    rows = _shown(rows, reference)
    common = set.intersection(*(set(own) for _, own in rows.groupby("arm")["split"]))
    rows = rows[rows["split"].isin(some(common, "rows", "a split that all methods have"))]
    table = evaluation.summary(rows, ["arm", "family"]).sort_values("mean", ascending=False, ignore_index=True)
    told = evaluation.compared(rows, ["arm"], reference).set_index("arm")
    figure, axis = plt.subplots(figsize=(WIDTH, 1.4 + 0.37 * len(table)))
    axis.set(
        yticks=range(len(table)),
        yticklabels=table["arm"],
        xlim=(min(0.6, table["low"].min() - 0.02), 1.004),
        ylim=(len(table) - 0.5, -0.95),
    )
    beside = {"transform": axis.get_yaxis_transform(), "fontsize": SMALL}
    for line, label in zip(table.itertuples(), axis.get_yticklabels()):
        own = {"color": FAMILIES[line.family]}
        axis.plot(
            [line.low, line.high], [line.Index, line.Index], linewidth=2.5, alpha=0.4, solid_capstyle="butt", **own
        )
        axis.plot(line.mean, line.Index, "o", markersize=7, **own)
        axis.text(line.mean, line.Index - 0.27, f"{line.mean:.1%}", **ABOVE, **WHITE, **own)
        said = (
            ""
            if line.arm == reference
            else f"{100 * told.at[line.arm, 'difference']:+.1f}, {evaluation.word(told.loc[line.arm])}"
        )
        axis.text(1.02, line.Index, said, va="center", **beside)
        label.set(**own)
    if rows["dataset"].str.startswith("OliveOil").all():
        axis.axvline(evaluation.ORIGINAL, color=GREY, linestyle="--", zorder=0)
        axis.text(evaluation.ORIGINAL, -0.95, "2018, one run, one split", color=GREY, **ABOVE | {"ha": "right"})
    axis.text(1.02, -0.95, f"minus {reference}, in points", va="bottom", color=GREY, **beside)
    axis.set_xlabel("accuracy: mean and 95 % interval")
    axis.xaxis.set_major_formatter(PERCENT)
    seen = told[~told.index.isin(table.loc[table["family"] == PLAIN, "arm"])]
    heading = (
        f"{'Pictures beat' if (seen['low'] > 0).any() else 'No picture clearly beats'} {reference} on the raw series:"
        f" {evaluation.counts(seen)}"
    )
    return finish(figure, heading, f"{_made(rows)}, the same for all; differences corrected by Holm")


def _shown(rows, reference):
    """The rows of methods(), with columns arm and family, each run once."""
    rows = evaluation.plain_weights(rows[~rows["shuffled"]])
    on_gadf = rows[(rows["encoding"] == "gadf") & (rows["colormap"] == "viridis")]
    on_gadf = on_gadf[on_gadf["weights"] == min(on_gadf["weights"], default="")]  # pretrained comes before random
    tuned = some(
        on_gadf[(on_gadf["method"] == "fine-tune") & (on_gadf["lr_mult"] == 100)], "rows", "runs fine-tuned on GADF"
    )
    heads = on_gadf[(on_gadf["layer"] == "all") & (on_gadf["view"] == "resize")]
    size = {
        name: min(set(own) & set(tuned["size"]), default=own.max()) for name, own in heads.groupby("backbone")["size"]
    }
    heads, never = heads[heads["size"] == heads["backbone"].map(size)], evaluation.untrained(rows)
    blind = rows[rows["method"].isin({*BLIND, reference})]
    parts = [(PLAIN, blind, blind["method"]), (TUNED, tuned, "fine-tuned CNN, " + tuned["view"].map(words.plain))]
    parts += [
        (PROBE, own, f"{PROBE}, {kind}" + own["backbone"].map(words.plain))
        for kind, own in (("", heads), ("untrained ", never))
        if len(own)
    ]
    return pd.concat([own.assign(family=family, arm=arm) for family, own, arm in parts if len(own)]).drop_duplicates(
        ["arm", "split", "seed"]
    )


@in_front_style
def strips(rows_axes, rows_crop, trained=()):
    """Runs in pairs, a line a split: the CNN fine-tuned without and with axes, the transformer without and with random
    crops.

    rows_axes: of axes_and_noise; its fine-tuned runs without noise and of the fewest epochs. rows_crop: of
    vit_finetune; the transformer's as trained and, if they keep that, with batch norm recalibrated. Differences stand
    each for itself but that as trained, if a line of family() in `trained` says it. Raises ValueError for nothing to
    pair.
    """
    tuned = rows_axes[(rows_axes["method"] == "fine-tune") & (rows_axes["noise"] == 0)].pipe(
        lambda own: own[own["epochs"] == own["epochs"].min()]
    )
    crop = evaluation.across(
        rows_crop[rows_crop["backbone"].isin(rows_crop.loc[rows_crop["view"] == "crop", "backbone"])]
    )
    again = evaluation.recalibrated(crop)
    parts = [("CNN", tuned, "axes"), ("ViT, recalibrated", again, "crop")][: 2 if len(again) else 1] + [
        ("ViT, as trained", crop, "crop")
    ]
    figure, axes = plt.subplots(1, len(parts), figsize=(WIDTH, 4.4), sharey=True)
    said = []
    for axis, (name, own, view) in zip(axes, parts):
        lines = evaluation.compared(
            some(own[own["view"].isin(["resize", view])], "rows", f"runs to pair ({name})"), ["view"], "resize"
        )
        line = (trained if name == "ViT, as trained" and len(trained) else lines).iloc[0]
        pairs = (
            own.pivot_table(index="split", columns="view", values="accuracy")[["resize", view]]
            .dropna()
            .sort_values("resize")
            .to_numpy()
        )
        at = np.linspace(-0.14, 0.14, len(pairs)) + np.array([[0], [1]])  # equal accuracies stand beside each other
        axis.plot(at, pairs.T, "o-", color=FAMILIES[TUNED], linewidth=0.7, markersize=4, alpha=0.6, markeredgewidth=0)
        for end, mean in enumerate(pairs.mean(0)):
            axis.plot(1.6 * end - 0.3, mean, "D", color="black", markersize=5)
            axis.text(2.3 * end - 0.65, mean, f"{mean:.0%}", fontweight="bold", **MIDDLE)
        axis.set(xticks=[0, 1], xticklabels=[words.plain("resize"), words.plain(view)], xlim=(-1, 2))
        axis.set_title(f"{name}\n" + "\n".join(evaluation.points(line).rsplit(", ", 1)))
        said.append(f"{100 * line['difference']:+.0f} ({evaluation.word(line)})")
    axes[0].set(ylim=(min(0.6, *(axis.dataLim.y0 for axis in axes)) - 0.05, 1.03), ylabel="accuracy on the test series")
    axes[0].yaxis.set_major_formatter(PERCENT)
    heading = f"Points of accuracy: axes around the picture {said[0]}; random crops {said[1]}"
    note = "Diamond: mean; [95 % interval]; recalibrated: the batch norm of fastai's head, after training"
    note += "; as trained: corrected by Holm with the claim's others" * bool(len(trained))
    return finish(figure, heading, f"CNN: {_made(tuned)}. ViT: {_made(crop)}. {note}")


@in_front_style
def oils(items, rows, by, most=8):
    """The hardest series, a row each, and how often each method gets them right, in percent, the methods in blocks of
    families, each below the number of its splits.

    items: what evaluation.items makes of rows and by, the hardest first. Raises ValueError if it is empty.
    """
    names = some(
        [name for name in items.columns if name not in ("series", "class", "default", "right")],
        "items",
        "a column a method",
    )
    parts = {name: [part for part in words.plain(name).split(", ") if not part.endswith(" px")] for name in names}
    blocks = {kind: [name for name in names if words.family(name) == kind] for kind in FAMILIES}
    order, shown, labels = sum(blocks.values(), []), some(items, "items", "a line a series").head(most), []
    splits = rows["split"].groupby(evaluation.arm(rows, by)).nunique()
    figure, axis = plt.subplots(figsize=(WIDTH, 3 + 0.25 * len(shown)))
    axis.imshow(shown[order], cmap="cividis", vmin=0, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(shown[order].to_numpy(float)):
        axis.text(
            column,
            row,
            "" if np.isnan(value) else f"{100 * value:.0f}",
            color="black" if value > 0.5 else "white",
            **MIDDLE,
        )
    for kind, own in blocks.items():
        shared = set.intersection(*(set(parts[name]) for name in own)) if len(own) > 1 else set()
        middle = len(labels) + len(own) / 2 - 0.5
        axis.text(
            middle, -1.15, kind * bool(own), color=FAMILIES[kind], fontweight="bold", **ABOVE | {"fontsize": None}
        )
        axis.axvline(len(labels) - 0.5, color="white", linewidth=4.5)
        labels += [textwrap.fill(", ".join(part for part in parts[name] if part not in shared), 22) for name in own]
    for place, text in ((-1, "splits"), *enumerate(splits[order])):
        axis.text(place, -0.65, text, color=GREY, **ABOVE | {"ha": "right" if place < 0 else "center"})
    axis.set_xticks(range(len(order)), labels, rotation=90)
    axis.set_yticks(
        range(len(shown)), [f"oil {series}, class {cut(name)}" for series, name in zip(shown["series"], shown["class"])]
    )
    axis.spines[:].set_visible(False)
    easy, hard = (items["right"] >= 0.9).sum(), (items["right"] < 0.1).sum()
    heading = f"{easy} of {len(items)} oils are classified correctly nine times in ten or more, {hard} hardly ever"
    note = f"% of right answers in those of the splits above that test the oil; title: over all {len(names)} methods"
    return finish(figure, heading, f"{note}; {_made(rows)} at most")


@in_front_style
def foods(rows, reference):
    """Mean accuracies on several data sets without and with pictures, two dots a data set, and small ones for the
    fine-tuned network and what it is to be held against.

    rows: of food_spectra. reference: a method without pictures. The one with, fixed, so that no test series chooses it:
    the linear probe on all layers of the other network, GADF. Below, the fine-tuned network on its fewer splits, hollow
    without axes. Raises ValueError when one is missing.
    """
    rows = rows.assign(recipe=evaluation.recipes(rows))
    gadf = rows[rows["encoding"] == "gadf"]
    heads = some(gadf[gadf["layer"] == "all"], "rows", "linear probes on GADF")
    tuned = gadf[gadf["method"] == "fine-tune"].drop_duplicates("recipe").set_index("recipe")
    probe = heads[~heads["backbone"].isin(tuned["backbone"])]  # the transformer's
    probe, views = (probe if len(probe) else heads)["recipe"].iloc[0], tuned["view"]
    told = evaluation.against(rows[rows["recipe"].isin([reference, probe])], reference).sort_values(
        "difference", ignore_index=True
    )
    shown = told.head(int((SIDE - 1.7) / 0.58))
    figure, axis = plt.subplots(figsize=(WIDTH, 1.9 + 0.58 * len(shown)))
    beside = {"transform": axis.get_yaxis_transform(), "fontsize": SMALL}
    for line in shown.itertuples():
        table = rows[rows["dataset"] == line.what].pivot_table(index="split", columns="recipe", values="accuracy")
        for recipes, y, size in (
            ([probe], line.Index, 8),
            ([*table.columns.intersection(views.index)], line.Index + 0.34, 4.5),
        ):
            own = table[[reference, *recipes]].dropna() if recipes else table.iloc[:, :0]
            axis.plot(own.mean(), [y] * own.shape[1], color=GREY, linewidth=size / 5, zorder=0)
            for recipe, mean in own.mean().items():
                colour = FAMILIES[PLAIN if recipe == reference else PROBE if recipe == probe else TUNED]
                axis.plot(
                    mean,
                    y,
                    "o",
                    color=colour,
                    markersize=size,
                    markerfacecolor="white" if views.get(recipe) == "resize" else colour,
                )
                if size == 8:
                    side = "left" if (recipe == reference) == (line.difference <= 0) else "right"
                    axis.text(mean, y, f"   {mean:.0%}   ", color=colour, ha=side, va="center")
            said = f"{100 * line.difference:+.1f}, {evaluation.word(told.loc[line.Index])}" if size == 8 else TUNED
            axis.text(1.05, y, f"{said} ({_splits(len(own))})" * (own.shape[1] > 1), va="center", **beside)
    axis.set(
        yticks=range(len(shown)),
        yticklabels=shown["what"].map(cut),
        ylim=(len(shown) - 0.4, -0.9),
        xlim=(min(0.4, axis.dataLim.x0 - 0.02), 1.09),
    )
    network = words.plain(rows.loc[rows["recipe"] == probe, "backbone"].iloc[0])
    legend = [(reference, PLAIN, 8, True), (f"{PROBE}, {network}", PROBE, 8, True)]
    legend += [(f"{TUNED}, {words.plain(view)}", TUNED, 4.5, view != "resize") for view in dict.fromkeys(views)]
    dots = [
        plt.Line2D(
            [],
            [],
            marker="o",
            linestyle="",
            color=FAMILIES[kind],
            markersize=size,
            markerfacecolor=FAMILIES[kind] if full else "white",
            label=label,
        )
        for label, kind, size, full in legend
    ]
    place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 2}
    axis.legend(handles=dots, fontsize=SMALL, frameon=False, handletextpad=0, **place)
    axis.text(1.05, -0.6, f"minus {reference}, in points", color=GREY, va="center", **beside)
    axis.set_xlabel("accuracy, mean over splits")
    axis.xaxis.set_major_formatter(PERCENT)
    found = "clearly better" if (told["low"] > 0).any() else "never clearly better"
    heading = (
        f"On {len(told)} food data sets a linear probe on pictures is {found} than {reference}:"
        f" {evaluation.counts(told)}{left_out(len(shown), len(told), 'data sets', 'lowest differences')}"
    )
    note = f"differences corrected by Holm; small: {TUNED}, and {reference} on the same splits"
    return finish(figure, heading, f"{_made(rows)} at most; {note}")


@in_front_style
def sizes(rows, few=5):
    """Accuracy of the fine-tuned CNN over the side of its pictures, with axes (discs) and of the plot alone (squares):
    small ones are splits, large ones means.

    rows: of precision_and_size; its float32 runs of the network that saw axes. Means over fewer than `few` splits are
    hollow. Raises ValueError when one kind of picture or a second side is missing.
    """
    tuned = rows[(rows["method"] == "fine-tune") & (rows["precision"] == "fp32")].drop_duplicates(
        ["backbone", "view", "size", "split"]
    )
    tuned = tuned[
        tuned["backbone"].isin(some(tuned[tuned["view"] == "axes"], "rows", "float32 runs with axes")["backbone"])
    ]
    some(tuned[tuned["view"] == "resize"], "rows", "float32 runs of the plot alone")
    table, sides = evaluation.summary(tuned, ["view", "size"]).sort_values("size"), sorted(tuned["size"].unique())
    some(sides[1:], "rows", "pictures of two sides or more")
    (figure, axis), own = plt.subplots(figsize=(WIDTH, 4.4)), {"color": FAMILIES[TUNED]}
    for view, style, marker, side in (("axes", "-", "o", 1), ("resize", "--", "s", -1)):
        lines = table[table["view"] == view]
        enough = lines[lines["splits"] >= few]  # no line leads to what few splits say
        axis.plot(enough["size"].map(sides.index) - 0.07 * side, enough["mean"], style, **own)
        for line in lines.itertuples():
            x, dots = (
                sides.index(line.size) - 0.07 * side,
                tuned.loc[(tuned["view"] == view) & (tuned["size"] == line.size), "accuracy"],
            )
            axis.plot([x] * len(dots), dots, marker, markersize=3, alpha=0.5, **own)
            axis.plot(
                x,
                line.mean,
                marker,
                markersize=8,
                markerfacecolor="white" if line.splits < few else FAMILIES[TUNED],
                **own,
            )
            up = np.sign(
                np.nan_to_num(
                    line.mean - table.loc[(table["view"] != view) & (table["size"] == line.size), "mean"].max()
                )
                or side
            )
            told = f"{line.mean:.0%}\n{_splits(line.splits)}"
            all_dots = tuned.loc[tuned["size"] == line.size, "accuracy"]
            axis.text(x, up * max(up * all_dots) + 0.033 * up, told, fontsize=SMALL, **MIDDLE)
        end = (enough if len(enough) else lines).iloc[-1]  # where the line ends
        other = table.loc[(table["view"] != view) & (table["size"] == end["size"]), "mean"].iloc[:1]
        apart = max(0, 0.04 - (end["mean"] - other).abs().sum()) / 2 if len(other) else 0  # names must not overlap
        at = (sides.index(end["size"]) + (0.17 if apart else 0.1 - 0.07 * side), end["mean"] + side * apart)
        axis.text(*at, words.plain(view), va="center", fontweight="bold", **own)
    axis.set(
        xticks=range(len(sides)),
        xticklabels=[f"{side:g} px" for side in sides],
        ylim=(min(0.6, tuned["accuracy"].min()) - 0.06, 1.02),
    )
    axis.set(xlabel="side of the picture", ylabel="accuracy on the test series", xlim=(-0.5, len(sides) - 0.5))
    axis.yaxis.set_major_formatter(PERCENT)
    most = table.loc[table["splits"].idxmax(), "size"]
    told = evaluation.family(
        [
            *((view, own, ["size"], f"size {most:g}", "split") for view, own in tuned.groupby("view")),
            *((f"size {side:g}", own, ["view"], "resize", "split") for side, own in tuned.groupby("size")),
        ]
    )
    told = told[told["reference"] == f"size {most:g}"]  # corrected beside those of views, as in notebook 08
    heading = f"Smaller and larger pictures than {most:g} px: {evaluation.counts(told)}"
    return finish(figure, heading, f"{_made(tuned)} at most; large: means; hollow: of fewer than {few}")


def _splits(count):
    return f"{count} split{'s' * (count != 1)}"


def _made(rows):  # networks, the sides of their pictures, precision, notebooks if rows say theirs, splits
    seen = rows[rows["backbone"].fillna("") != ""].fillna({"stands_in_for": ""})
    stands = {
        line.backbone: f" (stands in for {words.plain(line.stands_in_for)})" if line.stands_in_for else ""
        for line in seen.itertuples()
    }
    stems = sorted({name[:2] for name in rows.get("notebook", [])})
    parts = [words.plain(name) + text for name, text in stands.items()]
    parts = [", ".join(parts), ", ".join(f"{size:g}" for size in sorted(set(seen["size"]))) + " px"]
    parts += [", ".join({"fp32": "float32"}.get(name, name) for name in seen["precision"].unique() if name)]
    parts += [name for name in rows.get("device", pd.Series()).dropna().unique() if not name.startswith("cpu")]
    parts += [f"notebook{'s' * (len(stems) > 1)} {', '.join(stems)}"] * bool(stems)
    return "; ".join([*parts, _splits(rows["split"].nunique())])
