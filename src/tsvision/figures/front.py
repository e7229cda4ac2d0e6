"""The figures of the README that show results: one finding each, as title. Rows are as evaluation.rows_of gives
them.
"""

import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from tsvision import evaluation
from tsvision.evaluation import words
from tsvision.figures.base import (
    ABOVE,
    FAMILIES,
    GREY,
    MIDDLE,
    PERCENT,
    SMALL,
    WHITE,
    WIDTH,
    cells,
    finish,
    in_front_style,
    some,
)
from tsvision.figures.limits import cut

PLAIN, PROBE, _, TUNED = FAMILIES
FEW = 5  # splits, of which a mean says little
# of the methods without pictures: linear, by kernels, by distance
BLIND = ("shrinkage LDA", "logistic regression", "PLS-LDA", "MiniROCKET", "1-NN DTW")


@in_front_style
def methods(rows, reference):
    """Mean accuracies of about ten methods with intervals, over the splits that all of them have, and what each is
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
    axis.set(xlim=(min(0.6, table["low"].min() - 0.02), 1.004), ylim=(len(table) - 0.5, -0.95))
    axis.set_yticks(range(len(table)), table["arm"])
    for line, label in zip(table.itertuples(), axis.get_yticklabels()):
        own, place = {"color": FAMILIES[line.family]}, line.Index
        axis.plot([line.low, line.high], [place, place], linewidth=2.5, alpha=0.4, solid_capstyle="butt", **own)
        axis.plot(line.mean, place, "o", markersize=7, **own)
        axis.text(line.mean, place - 0.27, f"{line.mean:.1%}", **ABOVE, **WHITE, **own)
        if line.arm != reference:
            _beside(axis, place, _said(told.loc[line.arm]))
        label.set(**own)
    if rows["dataset"].str.startswith("OliveOil").all():
        axis.axvline(evaluation.ORIGINAL, color=GREY, linestyle="--", zorder=0)
        axis.text(
            evaluation.ORIGINAL, -0.95, "2018: one run, the archive's split", color=GREY, **ABOVE | {"ha": "right"}
        )
    _beside(axis, -0.8, f"minus {reference}, in points", color=GREY)
    axis.set_xlabel("accuracy: mean and 95 % interval")
    axis.xaxis.set_major_formatter(PERCENT)
    seen = told[~told.index.isin(table.loc[table["family"] == PLAIN, "arm"])]
    found = "Pictures beat" if (seen["low"] > 0).any() else "No picture clearly beats"
    counts = evaluation.counts(seen).replace("comparisons", "with pictures")  # beside, the others have theirs
    heading = f"{found} {reference} on the raw series: {counts}"
    return finish(figure, heading, f"{_made(rows)}, the same for all; differences corrected by Holm")


def _beside(axis, place, text, **own):
    """A text on the right of an axis."""
    axis.text(1.02, place, text, transform=axis.get_yaxis_transform(), fontsize=SMALL, va="center", **own)


def _said(line):
    return f"{100 * line['difference']:+.1f}, {evaluation.word(line)}"


def _shown(rows, reference):
    """The rows of methods(), with columns arm and family, each run once."""
    rows = evaluation.plain_weights(rows[~rows["shuffled"]])
    on_gadf = rows[(rows["encoding"] == "gadf") & (rows["colormap"] == "viridis")]
    on_gadf = on_gadf[on_gadf["weights"] == min(on_gadf["weights"], default="")]  # pretrained comes before random
    tuned = on_gadf[(on_gadf["method"] == "fine-tune") & (on_gadf["lr_mult"] == 100)]
    some(tuned, "rows", "runs fine-tuned on GADF")
    heads = on_gadf[(on_gadf["layer"] == "all") & (on_gadf["view"] == "resize")]
    size = {
        name: min(set(own) & set(tuned["size"]), default=own.max()) for name, own in heads.groupby("backbone")["size"]
    }
    heads, never = heads[heads["size"] == heads["backbone"].map(size)], evaluation.untrained(rows)
    blind = rows[rows["method"].isin({*BLIND, reference})]
    parts = [
        blind.assign(family=PLAIN, arm=blind["method"]),
        tuned.assign(family=TUNED, arm="fine-tuned CNN, " + tuned["view"].map(words.plain)),
        heads.assign(family=PROBE, arm=f"{PROBE}, " + heads["backbone"].map(words.plain)),
        never.assign(family=PROBE, arm=f"{PROBE}, untrained " + never["backbone"].map(words.plain)),
    ]
    return evaluation.once(pd.concat([own for own in parts if len(own)]))


@in_front_style
def strips(rows_axes, rows_crop, majority, explored):
    """Runs on the same splits, joined by lines: the CNN fine-tuned on the plot alone, in white margins, and with axes;
    the transformer without and with random crops.

    rows_axes: of axes_and_noise; its fine-tuned runs without noise and of the fewest epochs, in margins only if those
    ran on as many splits. rows_crop: of vit_finetune; the transformer's as trained and with batch norm recalibrated.
    majority: the largest class's share, a line. explored: lines of family() that say, corrected with others, what
    margins do, and crops as trained; else each difference stands for itself. Raises ValueError for nothing to join.
    """
    tuned = rows_axes[(rows_axes["method"] == "fine-tune") & (rows_axes["noise"] == 0)]
    tuned = evaluation.largest(tuned[tuned["epochs"] == tuned["epochs"].min()])
    is_vit = rows_crop["backbone"].isin(rows_crop.loc[rows_crop["view"] == "crop", "backbone"])
    crop, ran = evaluation.across(rows_crop[is_vit]), tuned.groupby("view")["split"].nunique()
    white = ["margins"] if ran.get("margins") == ran.max() else []
    parts = [
        ("CNN", tuned, [*white, "axes"]),
        ("ViT, recalibrated", evaluation.recalibrated(crop), ["crop"]),
    ]
    parts += [("ViT, as trained", crop, ["crop"])]
    widths = [len(views) + 2.2 for *_, views in parts]
    figure, axes = plt.subplots(1, 3, figsize=(WIDTH, 4.4), sharey=True, width_ratios=widths)
    told = {line["arm"].partition(",")[0]: line for _, line in explored.iterrows()}
    lines = []
    for axis, (name, own, views) in zip(axes, parts):
        own = some(own[own["view"].isin(["resize", *views])], "rows", f"runs to join ({name})")
        for view in views:
            alone = evaluation.compared(own[own["view"].isin(["resize", view])], ["view"], "resize").iloc[0]
            is_explored = view == "margins" or name == "ViT, as trained"
            lines.append(told.get(view, alone) if is_explored else alone)
        table = own.pivot_table(index="split", columns="view", values="accuracy")[["resize", *views]].dropna()
        table = table.sort_values("resize").to_numpy()
        at = np.linspace(-0.14, 0.14, len(table)) + np.arange(len(views) + 1)[:, None]  # equal ones stand side by side
        axis.plot(at, table.T, "o-", color=FAMILIES[TUNED], linewidth=0.7, markersize=4, alpha=0.6, markeredgewidth=0)
        axis.axhline(majority, color=GREY, linestyle=":", linewidth=1, zorder=0)
        for place, column in enumerate(table.T):
            side, mean = (place == len(views)) - (place == 0), column.mean()
            axis.plot(place + 0.3 * side, mean, "D", color="black", markersize=5)
            height = mean if side else column.min() - 0.05
            axis.text(place + 0.9 * side, height, f"{mean:.1%}", fontweight="bold", **MIDDLE)
        names = [words.plain(view).replace(" ", "\n") for view in ("resize", *views)]
        axis.set(xticks=range(len(names)), xticklabels=names, xlim=(-1.4, len(views) + 1.4))
        told_here = [evaluation.points(line).rpartition(", ")[0] for line in lines[-len(views) :]]
        if len(views) > 1:
            told_here = [
                f"{words.plain(view).removeprefix('in ')} {said.replace(' points', '')}"
                for view, said in zip(views, told_here)
            ]
        axis.set_title("\n".join([f"{name}, {evaluation.pairs(len(table), 'splits')}", *told_here]))
    axes[0].set(ylim=(min(0.6, *(axis.dataLim.y0 for axis in axes)) - 0.05, 1.03), ylabel="accuracy on the test series")
    axes[0].yaxis.set_major_formatter(PERCENT)
    *margins, axed, cropped, _ = (f"{100 * line['difference']:+.1f} points ({evaluation.word(line)})" for line in lines)
    heading = "".join(f"CNN in white margins {said}, " for said in margins) or "CNN "
    heading += f"with axes {axed}; ViT with random crops {cropped}"
    note = f"Diamond: mean; [95 % interval]; dotted: always the largest class, {majority:.0%}"
    note += "; differences: from plot only; tested on whole pictures; recalibrated: the batch norm of fastai's head,"
    note += " after training (the CNN's is not)"
    if told:
        note += f"; {'in margins and ' * bool(white)}as trained: corrected by Holm with the claim's others"
    return finish(figure, heading, f"CNN: {_made(tuned)}. ViT: {_made(crop)}. {note}")


@in_front_style
def oils(items, rows, by):
    """The hardest series, a row each, and how often each method gets them right, in percent, the methods in blocks of
    families, each below the number of its splits.

    items: what evaluation.items makes of rows and by, the hardest first.
    """
    names, shown = items.columns.drop(["series", "class", "default", "right"], errors="ignore"), items.head(8)
    parts = {name: [part for part in words.plain(name).split(", ") if not part.endswith(" px")] for name in names}
    blocks = {kind: [name for name in names if words.family(name) == kind] for kind in FAMILIES}
    order, labels = sum(blocks.values(), []), []
    runs = rows.groupby(evaluation.arm(rows, by))
    splits, seeds = runs["split"].nunique(), runs.size() // runs["split"].nunique()
    parts = {name: own + [f"{seeds[name]} seeds"] * int(seeds[name] > 1) for name, own in parts.items()}
    figure, axis = plt.subplots(figsize=(WIDTH, 3 + 0.25 * len(shown)))
    cells(axis, shown[order])
    for kind, own in blocks.items():
        if own:
            middle, bold = len(labels) + len(own) / 2 - 0.5, {"color": FAMILIES[kind], "fontweight": "bold"}
            axis.text(middle, -1.15, kind, **bold, **ABOVE | {"fontsize": None})
        axis.axvline(len(labels) - 0.5, color="white", linewidth=4.5)
        shared = set.intersection(*(set(parts[name]) for name in own)) if len(own) > 1 else set()
        labels += [textwrap.fill(", ".join(part for part in parts[name] if part not in shared), 22) for name in own]
    axis.text(-1, -0.65, "splits", color=GREY, **ABOVE | {"ha": "right"})
    for place, count in enumerate(splits[order]):
        axis.text(place, -0.65, count, color=GREY, **ABOVE)
    axis.set_xticks(range(len(order)), labels, rotation=90)
    one, several = ("oil", "oils") if rows["dataset"].iloc[0] == "OliveOil" else ("series", "series")
    series = [f"{one} {number}, class {cut(name)}" for number, name in zip(shown["series"], shown["class"])]
    axis.set_yticks(range(len(shown)), series)
    axis.spines[:].set_visible(False)
    easy, hard = (items["right"] >= 0.9).sum(), len(evaluation.hardest(items))
    heading = f"{easy} of {len(items)} {several} are classified correctly nine times in ten or more"
    heading += f", {hard} less than once in ten"
    note = f"% of right answers in those of the splits above that test the {one}; title: over all {len(names)} methods"
    return finish(figure, heading, f"{note}; {_made(rows)} at most")


@in_front_style
def foods(rows, reference):
    """Mean accuracies on several data sets without and with pictures, two dots a data set, and small ones for the
    fine-tuned network and what it is to be held against.

    rows: of food_spectra. reference: a method without pictures. The one with, fixed, so that no test series chooses it:
    the linear probe on all layers of the other network, in the rows' first encoding. Below, the fine-tuned network on
    its fewer splits, hollow without axes. Raises ValueError when one is missing.
    """
    rows = rows.assign(recipe=evaluation.recipes(rows))
    heads = some(rows[rows["layer"] == "all"], "rows", "linear probes on all layers")
    is_first = rows["encoding"] == heads["encoding"].iloc[0]
    heads = heads[is_first[heads.index]]
    tuned = rows[is_first & (rows["method"] == "fine-tune")].drop_duplicates("recipe").set_index("recipe")
    others = heads[~heads["backbone"].isin(tuned["backbone"])]  # the transformer's
    head, views = (others if len(others) else heads).iloc[0], tuned["view"]
    probe = head["recipe"]
    told = evaluation.against(rows[rows["recipe"].isin([reference, probe])], reference)
    told = told.sort_values("difference", ignore_index=True)
    figure, axis = plt.subplots(figsize=(WIDTH, 1.9 + 0.58 * len(told)))

    def look(recipe):
        colour = FAMILIES[PLAIN if recipe == reference else PROBE if recipe == probe else TUNED]
        return {"color": colour, "markerfacecolor": "white" if views.get(recipe) == "resize" else colour}

    for line in told.itertuples():
        table = rows[rows["dataset"] == line.what].pivot_table(index="split", columns="recipe", values="accuracy")
        few = [reference, *table.columns.intersection(views.index)]
        for recipes, place, size in (([reference, probe], line.Index, 8), (few, line.Index + 0.34, 4.5)):
            if len(recipes) == 1:  # none was fine-tuned
                continue
            own = table[recipes].dropna()
            axis.plot(own.mean(), [place] * len(recipes), color=GREY, linewidth=size / 5, zorder=0)
            for recipe, mean in own.mean().items():
                axis.plot(mean, place, "o", markersize=size, **look(recipe))
            seen = own[recipes].mean().drop([reference, probe], errors="ignore")
            seen = ", ".join(f"{words.plain(views[recipe])} {mean:.0%}" for recipe, mean in seen.items())
            said = f"{TUNED}: {seen}" if seen else _said(told.loc[line.Index])
            _beside(axis, place, f"{said} ({evaluation.pairs(len(own), 'splits')})")
        for recipe, is_left in ((reference, line.difference <= 0), (probe, line.difference > 0)):
            mean, side = table[[reference, probe]].dropna()[recipe].mean(), "left" if is_left else "right"
            axis.text(mean, line.Index, f"   {mean:.0%}   ", color=look(recipe)["color"], ha=side, va="center")
    legend = [(reference, reference, 8), (probe, f"{PROBE}, {words.plain(head['backbone'])}", 8)]
    legend += [(recipe, f"{TUNED}, {words.plain(view)}", 4.5) for recipe, view in views.drop_duplicates().items()]
    for recipe, label, size in legend:
        axis.plot([], [], "o", markersize=size, label=label, **look(recipe))
    axis.legend(fontsize=SMALL, handletextpad=0, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    axis.set(ylim=(len(told) - 0.4, -0.9), xlim=(min(0.4, axis.dataLim.x0 - 0.02), 1.12))
    axis.set_xticks([tick for tick in axis.get_xticks() if axis.get_xlim()[0] <= tick < 1.01])
    axis.set_yticks(range(len(told)), told["what"].map(cut))
    _beside(axis, -0.6, f"minus {reference}, in points", color=GREY)
    axis.set_xlabel("accuracy, mean over splits")
    axis.xaxis.set_major_formatter(PERCENT)
    found = "clearly better" if (told["low"] > 0).any() else "never clearly better"
    heading = f"On {len(told)} data sets a linear probe on pictures is {found} than {reference}:"
    note = f"differences corrected by Holm; small: {TUNED}, and {reference} on the same splits"
    return finish(figure, f"{heading} {evaluation.counts(told)}", f"{_made(rows)} at most; {note}")


@in_front_style
def sizes(rows, by_size):
    """Accuracy of the fine-tuned CNN over the side of its pictures, with axes (discs) and of the plot alone (squares):
    means with their intervals.

    rows: of precision_and_size; its float32 runs of the network that saw axes. by_size: what evaluation.family says of
    them, for the title. Means over fewer than FEW splits are hollow. Raises ValueError when one kind of picture or a
    second side is missing.
    """
    tuned = rows[(rows["method"] == "fine-tune") & (rows["precision"] == "fp32")]
    tuned = tuned.drop_duplicates(["backbone", "view", "size", "split"])
    networks = some(tuned[tuned["view"] == "axes"], "rows", "float32 runs with axes")["backbone"]
    tuned = tuned[tuned["backbone"].isin(networks)]
    some(tuned[tuned["view"] == "resize"], "rows", "float32 runs of the plot alone")
    table, sides = evaluation.summary(tuned, ["view", "size"]).sort_values("size"), sorted(tuned["size"].unique())
    some(sides[1:], "rows", "pictures of two sides or more")
    figure, axis = plt.subplots(figsize=(WIDTH, 4.4))
    low = min(0.6, table["low"].min()) - 0.06
    for view, colour, style, marker, side in (
        ("axes", FAMILIES[TUNED], "-", "o", 1),
        ("resize", "black", "--", "s", -1),
    ):
        lines, own = table[table["view"] == view], {"color": colour}
        enough = lines[lines["splits"] >= FEW]  # no line leads to what few splits say
        axis.plot(enough["size"].map(sides.index) - 0.08 * side, enough["mean"], style, **own)
        axis.plot([], [], style + marker, markersize=8, label=words.plain(view), **own)
        for line in lines.itertuples():
            at, fill = sides.index(line.size) - 0.08 * side, "white" if line.splits < FEW else colour
            axis.plot([at, at], [line.low, line.high], linewidth=2.5, alpha=0.4, solid_capstyle="butt", **own)
            axis.plot(at, line.mean, marker, markersize=8, markerfacecolor=fill, **own)
            ends = {"ha": "right", "va": "bottom"} if side > 0 else {"ha": "left", "va": "top"}
            axis.text(at - 0.05 * side, line.mean + 0.017 * side, f"{line.mean:.0%}", fontsize=SMALL, **ends, **own)
    for k, size in enumerate(sides):
        *others, last = table.loc[table["size"] == size, "splits"].unique()
        told = "".join(f"{one} and " for one in others) + evaluation.pairs(int(last), "splits")
        axis.text(k, low + 0.01, told, color=GREY, **ABOVE)
    axis.set(ylim=(low, 1.02), xlim=(-0.5, len(sides) - 0.5))
    axis.set_xticks(range(len(sides)), [f"{side:g} px" for side in sides])
    axis.set(xlabel="side of the picture", ylabel="accuracy on the test series")
    axis.yaxis.set_major_formatter(PERCENT)
    axis.legend(fontsize=SMALL, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    told = by_size[by_size["reference"].str.startswith("size")]  # the others are of views
    heading = f"Smaller and larger pictures than {told['reference'].iloc[0][5:]} px: {evaluation.counts(told)}"
    hollow = f"; hollow: of fewer than {FEW}" * bool((table["splits"] < FEW).any())
    return finish(figure, heading, f"{_made(tuned)} at most; bars: 95% intervals of means{hollow}")


def _made(rows):  # networks, the sides of their pictures, precision, notebooks if rows say theirs, splits
    seen = rows[rows["backbone"].fillna("") != ""].fillna({"stands_in_for": ""})
    networks = [
        words.plain(name) + (f" (stands in for {words.plain(missed)})" if missed else "")
        for name, missed in dict(zip(seen["backbone"], seen["stands_in_for"])).items()
    ]
    parts = [", ".join(networks), ", ".join(f"{size:g}" for size in sorted(set(seen["size"]))) + " px"]
    parts += [", ".join({"fp32": "float32"}.get(name, name) for name in seen["precision"].unique() if name)]
    parts += [name for name in rows.get("device", pd.Series()).dropna().unique() if not name.startswith("cpu")]
    stems = sorted({name[:2] for name in rows.get("notebook", [])})
    parts += [f"notebook{'s' * (len(stems) > 1)} {', '.join(stems)}"] * bool(stems)
    return "; ".join([*parts, evaluation.pairs(rows["split"].nunique(), "splits")])
