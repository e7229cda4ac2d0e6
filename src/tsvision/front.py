"""The figures of the README: one finding each, which is its title; drawn for 860 pixels of width, legible at half of that.

A colour means a family of methods, see FAMILIES. Rows are pandas tables with a row a run, as results.rows_of gives them.
"""

import itertools
import math
import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import PercentFormatter

from tsvision import colours, encoders, evaluation, ranks, results, verdicts, words
from tsvision.figures import COLOURS, DPI, GREY, ends

WIDTH = 1720 / DPI  # inches: twice 860 pixels, for screens that draw two where a page says one
SMALL = 16.5
STYLE = {"font.size": 20, "lines.linewidth": 2.5, "axes.linewidth": 1.3, "axes.spines.top": False, "axes.spines.right": False}
STYLE |= {"figure.constrained_layout.use": True, "figure.constrained_layout.h_pad": 0.16, "figure.constrained_layout.w_pad": 0.14}
FAMILIES = {"no picture": COLOURS[2], "linear probe": COLOURS[0], "last block fine-tuned": COLOURS[3], "fine-tuned": COLOURS[1]}
BLIND = ("shrinkage LDA", "logistic regression", "MiniROCKET", "1-NN DTW")  # of the methods without pictures: linear, by kernels, by distance
CHANNELS = {"red": "#C00000", "green": "#007A00", "blue": "#0000C0"}  # what they are; no family of methods
PRECISIONS = {"fp32": "float32", "tf32": "TensorFloat-32", "bf16": "bfloat16", "fp16": "float16"}


@plt.rc_context(STYLE)
def hero(data, bands, most=6):
    """A spectrum with its bands named, what tells two classes apart, on a scale of its own, and the picture that a network sees.

    The classes are the two whose means lie farthest apart (root mean square over the time steps); the spectrum is the first training
    series of the first of them. bands: as datasets.bands gives them; the `most` at which the spectrum is highest are named, none where
    the axis is no wavenumber. Raises ValueError for fewer than two classes.
    """
    means = [data.series[data.labels == k].mean(0) for k in range(len(data.classes))]
    pairs = _some([*itertools.combinations(range(len(means)), 2)], "data", "two classes or more")
    first, second = max(pairs, key=lambda pair: np.mean((means[pair[0]] - means[pair[1]]) ** 2))
    apart, one = means[first] - means[second], int(np.flatnonzero((data.labels == first) & data.train)[0])
    series, steps, shown = data.series[one], data.axis[1], ends(data)
    is_spectrum, unit = data.axis[0].startswith("wavenumber"), np.ptp(series)
    figure, axes = plt.subplot_mosaic("AC;BC", figsize=(WIDTH, 8.4), width_ratios=(1.2, 1), height_ratios=(3, 2))
    top, bottom, right = (axes[name] for name in "ABC")
    top.plot(steps, series, color="black")
    top.set(ylim=(series.min() - 0.05 * unit, series.max() + 0.9 * unit), ylabel="one spectrum" if is_spectrum else "one series")
    for at, height, what in _main(series, steps, bands, most) if is_spectrum else []:
        top.annotate(f"{at} {what}", (at, height + 0.05 * unit), rotation=90, fontsize=SMALL, ha="center", va="bottom")
    bottom.axhline(0, color=GREY, linewidth=1)
    bottom.plot(steps, apart, color="black")
    peak = abs(apart).argmax()
    bottom.annotate(f"{steps[peak]:.0f}", (steps[peak], apart[peak]), (12, 0), textcoords="offset points", fontsize=SMALL, va="center")
    larger = np.ptp(top.get_ylim()) * 2 / 3 / np.ptp(bottom.get_ylim())
    bottom.set_title(f"mean of class {data.classes[first]} minus class {data.classes[second]}, enlarged {larger:.0f} times", fontsize=20)
    bottom.set(xlabel=data.axis[0], ylabel="difference")
    picture = colours.image(encoders.encode(series[None], size=min(len(steps), 285)))[0].permute(1, 2, 0).numpy()
    right.imshow(picture, extent=(steps[0], steps[-1], steps[-1], steps[0]), aspect="auto", interpolation="nearest")
    right.set_title("the same one as a picture (GADF)", fontsize=20)
    right.set(ylim=shown[::-1], xlabel=data.axis[0], box_aspect=1)
    for axis in (top, bottom, right):
        axis.set_xlim(shown)
    what = "two countries' olive oils" if data.name == "OliveOil" else f"two classes of {data.name}"
    share = 100 * abs(apart).max() / np.ptp(data.series.mean(0))
    heading = f"What tells {what} apart is at most {share:.2g} % of the range of a {'spectrum' if is_spectrum else 'series'}"
    pair = "the pair of classes whose means lie farthest apart" if len(pairs) > 1 else "the two classes"
    return _finish(figure, heading, f"{data.name}, series {one}, of class {data.classes[first]}; below {pair}; GADF in viridis, -1 to 1; notebooks 01, 02")


def _main(series, steps, bands, most):
    """The bands at which a spectrum is highest, (at, height, what) each; of two nearer than a thirtieth of the axis the higher."""
    near = {line: series[abs(steps - line[0]) <= 4] for line in zip(bands["at"], bands["what"])}
    lines, chosen = sorted(((part.max(), *line) for line, part in near.items() if len(part)), reverse=True), []
    for height, at, what in lines:
        if all(abs(at - other) > np.ptp(steps) / 30 for other, *_ in chosen):
            chosen.append((at, height, what))
    return chosen[:most]


@plt.rc_context(STYLE)
def methods(rows, reference):
    """Mean accuracies of about nine methods with intervals, over the splits that all of them have, and what each is minus reference.

    rows: of baselines_and_controls and encodings. reference: a method without pictures. Shown are that and those of BLIND; the network
    fine-tuned on GADF; linear probes on GADF: of each pretrained network, on the plot alone, as large as for fine-tuning or else its
    largest, and of the network that was never trained. Raises ValueError when there is no reference, none fine-tuned or no common split.
    """
    rows = _shown(rows, reference)
    common = set.intersection(*(set(own) for _, own in rows.groupby("arm")["split"]))
    rows = rows[rows["split"].isin(_some(common, "rows", "a split that all methods have"))]
    table = evaluation.summary(rows, ["arm", "family"]).sort_values("mean", ascending=False, ignore_index=True)
    told = evaluation.compared(rows, ["arm"], reference).set_index("arm")
    figure, axis = plt.subplots(figsize=(WIDTH, 2.6 + 0.72 * len(table)))
    beside = dict(transform=axis.get_yaxis_transform(), fontsize=SMALL)
    for place, line in table.iterrows():
        colour = FAMILIES[line["family"]]
        axis.plot([line["low"], line["high"]], [place, place], color=colour, linewidth=5, alpha=0.4, solid_capstyle="butt")
        axis.plot(line["mean"], place, "o", color=colour, markersize=14)
        axis.text(line["mean"], place - 0.25, _percent(line["mean"], 1), ha="center", va="bottom", color=colour, fontsize=SMALL)
        each = None if line["arm"] == reference else told.loc[line["arm"]]
        said = "" if each is None else f"{_signed(each['difference'])}, {verdicts.word(each)}"
        axis.text(1.02, place, said, va="center", fontweight="normal" if said.endswith(verdicts.OPEN) else "bold", **beside)
    if rows["dataset"].str.startswith("OliveOil").all():
        axis.axvline(evaluation.ORIGINAL, color=GREY, linestyle="--", zorder=0)
        axis.text(evaluation.ORIGINAL, -0.95, "2018: 28 of 30", ha="center", va="bottom", fontsize=SMALL, color=GREY)
    axis.text(1.02, -0.95, f"minus {reference}, in points", va="bottom", color=GREY, **beside)
    lowest = _floor(table["low"].min())
    axis.set(yticks=range(len(table)), yticklabels=table["arm"], xlim=(lowest, 1.004), ylim=(len(table) - 0.5, -0.95))
    axis.set_xlabel("accuracy: mean and 95 % interval")
    axis.xaxis.set_major_formatter(PercentFormatter(1, 0, " %"))
    family = table.set_index("arm")["family"]
    for label in axis.get_yticklabels():
        label.set_color(FAMILIES[family[label.get_text()]])
    seen = told[family[told.index].to_numpy() != "no picture"].apply(verdicts.word, axis=1)
    better = int((seen == "better").sum())
    heading = f"{better or 'No'} of {len(seen)} methods with pictures {'beat' if better > 1 else 'beats'} {reference} on the raw series: {_counted(seen)}"
    return _finish(figure, heading, f"{_made(rows)}. Same splits for all; differences corrected by Holm")


def _shown(rows, reference):
    """The rows of methods(), with columns arm and family, each run once."""
    rows = results.plain_weights(rows[~rows["shuffled"]])
    on_gadf = rows[(rows["encoding"] == "gadf") & (rows["colormap"] == "viridis") & (rows["weights"] == "pretrained")]
    tuned = _some(on_gadf[(on_gadf["method"] == "fine-tune") & (on_gadf["lr_mult"] == 100)], "rows", "runs fine-tuned on GADF")
    heads = on_gadf[(on_gadf["layer"] == "all") & (on_gadf["view"] == "resize")]
    size = {name: min(set(own) & set(tuned["size"]), default=own.max()) for name, own in heads.groupby("backbone")["size"]}
    heads, never = heads[heads["size"] == heads["backbone"].map(size)], results.untrained(rows)
    blind = rows[rows["method"].isin({*BLIND, reference})]
    _some(blind[blind["method"] == reference], "rows", f"runs of {reference}")
    parts = [
        ("no picture", blind, blind["method"]),
        ("fine-tuned", tuned, "fine-tuned, " + tuned["view"].map(words.plain)),
        ("linear probe", heads, "linear probe, " + heads["backbone"].map(words.plain)),
        ("linear probe", never, "linear probe, untrained " + never["backbone"].map(words.plain)),
    ]
    made = pd.concat([own.assign(family=family, arm=arm) for family, own, arm in parts if len(own)], ignore_index=True)
    return made.drop_duplicates(["arm", "split", "seed"])


@plt.rc_context(STYLE)
def strips(rows_axes, rows_crop):
    """Runs in pairs, a line a split: the CNN fine-tuned without and with axes, the transformer without and with random crops.

    rows_axes: of axes_and_noise; its fine-tuned runs without noise and of the fewest epochs. rows_crop: of vit_finetune; the
    transformer's as trained and, if they keep that, with batch norm recalibrated. Each difference stands for itself, uncorrected.
    Raises ValueError when there is nothing to pair.
    """
    tuned = rows_axes[(rows_axes["method"] == "fine-tune") & (rows_axes["noise"] == 0)]
    tuned = tuned[tuned["epochs"] == tuned["epochs"].min()]
    crop = evaluation.across(rows_crop[rows_crop["backbone"].isin(rows_crop.loc[rows_crop["view"] == "crop", "backbone"])])
    again = results.recalibrated(crop)
    parts = [("CNN, as trained", tuned, "axes"), ("ViT, as trained", crop, "crop"), ("ViT, batch norm recalibrated", again, "crop")]
    parts = [part for part in parts if part[1] is not again or len(again)]
    figure, axes = plt.subplots(1, len(parts), figsize=(WIDTH, 8.4), sharey=True)
    told = []
    for axis, (name, own, view) in zip(axes, parts):
        _some(own, "rows", f"runs to pair ({name})")
        line = evaluation.compared(own[own["view"].isin(["resize", view])], ["view"], "resize").iloc[0]
        pairs = own.pivot_table(index="split", columns="view", values="accuracy")[["resize", view]].dropna().sort_values("resize").to_numpy()
        at = np.linspace(-0.14, 0.14, len(pairs)) + np.array([[0], [1]])  # equal accuracies stand beside each other
        axis.plot(at, pairs.T, "o-", color=FAMILIES["fine-tuned"], linewidth=1.3, markersize=8, alpha=0.6, markeredgewidth=0)
        for end, mean in enumerate(pairs.mean(0)):
            axis.plot(1.6 * end - 0.3, mean, "D", color="black", markersize=11)
            axis.text(2 * end - 0.5, mean, _percent(mean), ha="center", va="center", fontweight="bold")
        axis.set_title(f"{name}, {len(pairs)} splits\n{_between(line)}", fontsize=20)
        axis.set(xticks=[0, 1], xticklabels=[words.plain("resize"), words.plain(view)], xlim=(-0.8, 1.8))
        told.append((verdicts.word(line), round(100 * abs(line["difference"]))))
    axes[0].set(ylim=(_floor(min(own["accuracy"].min() for _, own, _ in parts)) - 0.03, 1.03), ylabel="accuracy on the test series")
    axes[0].yaxis.set_major_formatter(PercentFormatter(1, 0, " %"))
    said = [{"better": f"add {size} points", "worse": f"cost {size}"}.get(word, f"{word}") for word, size in told]
    rest = f"; {said[2]} with batch norm recalibrated" if len(said) > 2 else ""
    heading = f"Axes around a picture: {said[0]}. Random crops: {said[1]}{rest}"
    return _finish(figure, heading, f"CNN: {_made(tuned)}. ViT: {_made(crop)}. Diamonds: means; [95 % interval], each for itself")


@plt.rc_context(STYLE)
def oils(items, most=8):
    """The hardest series, a row each, and how often each method gets them right, a column each in blocks of families.

    items: as mistakes.items gives it, the hardest first. Raises ValueError for no series or no method.
    """
    names = _some([name for name in items.columns if name not in ("series", "class", "default", "right")], "items", "a column a method")
    parts = {name: [part for part in words.plain(name).split(", ") if not part.endswith(" px")] for name in names}
    blocks = {kind: [name for name in names if _family(name) == kind] for kind in FAMILIES}
    order, shown = sum(blocks.values(), []), _some(items, "items", "a line a series").head(most)
    figure, axis = plt.subplots(figsize=(WIDTH, 5.6 + 0.5 * len(shown)))
    axis.imshow(shown[order], cmap="cividis", vmin=0, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(shown[order].to_numpy(float)):
        said, colour = "" if np.isnan(value) else f"{100 * value:.0f}", "black" if value > 0.5 else "white"
        axis.text(column, row, said, ha="center", va="center", fontsize=18, color=colour)
    for kind, own in blocks.items():
        if own:
            first, last = order.index(own[0]), order.index(own[-1])
            axis.text((first + last) / 2, -0.65, kind, ha="center", va="bottom", color=FAMILIES[kind], fontweight="bold")
            axis.axvline(first - 0.5, color="white", linewidth=9)
    shared = {kind: set.intersection(*(set(parts[name]) for name in own)) if len(own) > 1 else set() for kind, own in blocks.items()}
    labels = [", ".join(part for part in parts[name] if part not in shared[_family(name)]) for name in order]
    axis.set_xticks(range(len(order)), [textwrap.fill(label, 19) for label in labels], rotation=90)
    axis.set_yticks(range(len(shown)), [f"oil {series}, class {name}" for series, name in zip(shown["series"], shown["class"])])
    axis.spines[:].set_visible(False)
    easy, hard = int((items["right"] >= 0.9).sum()), int((items["right"] < 0.1).sum())
    heading = f"{easy} of {len(items)} oils are right nine times in ten, whatever the method; {hard} hardly ever are"
    return _finish(figure, heading, f"The {len(shown)} hardest oils: % of splits that test them in which they are right; {_network(names)}; notebook 06")


@plt.rc_context(STYLE)
def channels(colormaps, statistics=None):
    """Red, green and blue along each colormap, a panel each.

    colormaps: names that matplotlib knows; what the first does is the finding. statistics: of colours.channel_statistics, as a pandas
    table; the standard deviations on these pictures are written above. Raises ValueError for no colormap or one unknown.
    """
    tables = {name: colours.colormap_table(name).numpy() for name in _some([*colormaps], "colormaps", "one or more")}
    spread = {name: table.std(0) for name, table in tables.items()}
    if statistics is not None:
        lines = statistics.set_index("colormap").reindex(tables)[[f"{name}_sd" for name in CHANNELS]]
        spread = dict(zip(tables, lines.to_numpy()))
    figure, axes = plt.subplots(1, len(tables), figsize=(WIDTH, 6.6), sharey=True, squeeze=False)
    values = np.linspace(-1, 1, 256)
    for axis, (name, table) in zip(axes[0], tables.items()):
        axis.imshow(table[None], extent=(-1, 1, -0.22, -0.07), aspect="auto")
        away = np.array([abs(table[:, [k]] - np.delete(table, k, 1)).min(1) for k in range(3)])
        for k, (channel, colour) in enumerate(CHANNELS.items()):
            axis.plot(values, table[:, k], color=colour, linestyle=("-", "--", "-.")[k])
            at = 16 + int(away[k, 16:-16].argmax())  # where it stands apart from the others
            if away[k, at] > 0.05:
                axis.text(values[at], table[at, k], channel[0].upper(), color=colour, va="center", ha="center", fontweight="bold", bbox={"facecolor": "white", "edgecolor": "none", "pad": 3})
        if away.max() <= 0.05:
            axis.text(0, 0.5, "R, G and B alike", ha="center", va="center", bbox={"facecolor": "white", "edgecolor": "none", "pad": 3})
        told = ", ".join(f"{channel[0].upper()} {value:.2f}" for channel, value in zip(CHANNELS, spread[name]))
        axis.set_title(f"{name}\n{told}" if statistics is not None else name, fontsize=20)
        axis.set(xlim=(-1, 1), ylim=(-0.22, 1.05), xlabel="value of the field", xticks=[-1, 0, 1], yticks=[0, 0.5, 1])
    axes[0, 0].set_ylabel("value of the channel")
    first = next(iter(tables))
    used = [channel for channel, value in zip(CHANNELS, spread[first]) if value > 0.05]
    heading = f"{first} uses {'all three' if len(used) == 3 else f'{len(used)} of three'} channels: {', '.join(used)}"
    note = "Numbers: standard deviation of each channel over all pixels of these pictures; notebook 05" if statistics is not None else ""
    return _finish(figure, heading, note or "Colormaps of matplotlib, 256 colours each")


@plt.rc_context(STYLE)
def encodings(data, names, three, colormap):
    """One training series of the first and of the last class under each encoding, and three in one picture; below, what they differ by.

    A difference is that of the values before they are painted, in percent of their range, on a scale of its own; of three in one, that
    of the channel where it is largest. Raises ValueError for an encoding or colormap that is not known.
    """
    chosen = [int(np.flatnonzero((data.labels == k) & data.train)[0]) for k in (0, len(data.classes) - 1)]
    series, side, (low, high), shown = data.series[chosen], min(data.series.shape[1], 190), data.axis[1][[0, -1]], ends(data)
    kinds, sizes = [*((name, colormap) for name in names), (three, colours.FLOAT_FIELD)], {}
    figure, axes = plt.subplots(3, len(kinds), figsize=(WIDTH, 9.6), squeeze=False)
    for column, (name, colour) in enumerate(kinds):
        pictures = encoders.render(series, name, colour, side).permute(0, 2, 3, 1).numpy()
        one, other = encoders.render(series, name, colours.FLOAT_FIELD, side).numpy()
        apart = np.take_along_axis(one - other, abs(one - other).argmax(0)[None], 0)[0]
        most = abs(apart).max() or 1
        title = name.replace("+", "\n+ ") if "+" in name else words.plain(name)
        sizes[words.plain(name)] = 100 * math.sqrt(np.mean(apart**2))
        is_line = name == "line"
        for axis, picture in zip(axes[:, column], [*pictures, apart]):
            extent = (low, high, 0, 1) if is_line else (low, high, high, low)
            axis.imshow(picture, cmap="RdBu", vmin=-most, vmax=most, extent=extent, aspect="auto")
            axis.set(xlim=shown, ylim=(0, 1) if is_line else shown[::-1], xticks=[], yticks=[], box_aspect=1)
        axes[0, column].set_title(title, fontsize=20)
        axes[2, column].set_xlabel(f"\u00b1 {100 * most:.2g} %")
    for axis, text in zip(axes[:, 0], [*(f"class {data.classes[data.labels[one]]}" for one in chosen), "difference"]):
        axis.set_ylabel(text)
    least, largest = min(sizes, key=sizes.get), max(sizes, key=sizes.get)
    what = f"{len(sizes)} pictures of the same two series differ by {sizes[least]:.1g} % ({least}) to {sizes[largest]:.1g} % ({largest})"
    note = f"{data.name}, series {' and '.join(map(str, chosen))}; root mean square over pixels, in % of what a picture can show; below: at most"
    return _finish(figure, what, f"{note}; {colormap}; notebook 10")


@plt.rc_context(STYLE)
def foods(rows, reference):
    """Mean accuracies on several data sets without and with pictures, two dots a data set, and small ones for the fine-tuned network.

    rows: of food_spectra. reference: a method without pictures. The recipe with pictures is fixed, so that no test series chooses it: the
    linear probe on all layers of the transformer, GADF. The fine-tuned network ran on fewer splits: it stands below, beside the reference
    on the same, filled with axes, hollow without. Means of a line are over the same splits. Raises ValueError when one of the two is missing.
    """
    rows = rows.assign(recipe=ranks.recipes(rows))
    _some(rows[rows["recipe"] == reference], "rows", f"runs of {reference}")
    is_gadf = rows["encoding"] == "gadf"
    probe = _some(rows[is_gadf & rows["backbone"].str.startswith("vit") & (rows["layer"] == "all")], "rows", "linear probes of a transformer")
    told = ranks.against(rows[rows["recipe"].isin([reference, probe["recipe"].iloc[0]])], reference).sort_values("difference", ignore_index=True)
    figure, axis = plt.subplots(figsize=(WIDTH, 2.8 + 1.2 * len(told)))
    beside, lowest = dict(transform=axis.get_yaxis_transform(), va="center", fontsize=SMALL), 1
    green, blue, orange = (FAMILIES[name] for name in ("no picture", "linear probe", "fine-tuned"))
    for place, line in told.iterrows():
        own = rows[rows["dataset"] == line["what"]]
        table = own.pivot_table(index="split", columns="recipe", values="accuracy")
        tuned = own[(own["method"] == "fine-tune") & is_gadf].drop_duplicates("recipe").set_index("recipe")["view"]
        for recipes, y, size in ((told["arm"].unique(), place, 16), (tuned.index, place + 0.34, 9)):
            means = table[[reference, *recipes]].dropna().mean() if len(recipes) else table[[]].mean()
            axis.plot(means, [y] * len(means), color=GREY, linewidth=size / 5, zorder=0)
            for recipe, mean in means.items():
                colour = green if recipe == reference else orange if recipe in tuned else blue
                is_hollow = tuned.get(recipe) == "resize"
                axis.plot(mean, y, "o", color=colour, markersize=size, markerfacecolor="white" if is_hollow else colour, markeredgewidth=2)
                if size == 16:
                    is_high = mean == means.max()
                    axis.annotate(_percent(mean), (mean, y), (15 if is_high else -15, 0), textcoords="offset points", va="center", ha="left" if is_high else "right", color=colour)
            lowest = min(lowest, *means)
            count = len(table[[reference, *recipes]].dropna())
            axis.text(1.02, y, f"{count} splits" + f": {_signed(line['difference'])}, {verdicts.word(line)}" * (size == 16), **beside)
    axis.set(yticks=range(len(told)), yticklabels=told["what"], ylim=(len(told) - 0.4, -0.8), xlim=(_floor(lowest, 0.4), 1.03))
    axis.xaxis.set_major_formatter(PercentFormatter(1, 0, " %"))
    axis.set_xlabel("accuracy, mean over splits")
    heading = f"On {len(told)} food data sets pictures under a linear probe are {_counted(told.apply(verdicts.word, axis=1))}, against {reference}"
    return _finish(figure, heading, _made(rows))


@plt.rc_context(STYLE)
def sizes(rows):
    """Accuracy of the fine-tuned CNN over the side of its pictures, with axes and of the plot alone: dots are splits, lines join means.

    rows: of precision_and_size; its float32 runs. Means of fewer than five splits are hollow. Raises ValueError for a single kind of picture.
    """
    tuned = rows[(rows["method"] == "fine-tune") & (rows["precision"] == "fp32")]
    tuned = tuned[tuned["backbone"].isin(tuned.loc[tuned["view"] == "axes", "backbone"])].drop_duplicates(["view", "size", "split"])
    if tuned["view"].nunique() != 2:
        raise ValueError(f"rows: expected runs with axes and of the plot alone, got {sorted(set(tuned['view']))}")
    table = evaluation.summary(tuned, ["view", "size"]).sort_values("size")
    figure, axis = plt.subplots(figsize=(WIDTH, 7.6))
    sides = sorted(tuned["size"].unique())
    for view, style, shift in (("axes", "-", -0.06), ("resize", "--", 0.06)):
        own, colour = table[table["view"] == view], FAMILIES["fine-tuned"]
        at = own["size"].map(sides.index) + shift
        axis.plot(at, own["mean"], style, color=colour)
        for x, line in zip(at, own.itertuples()):
            dots = tuned.loc[(tuned["view"] == view) & (tuned["size"] == line.size), "accuracy"]
            axis.plot(np.full(len(dots), x), dots, "o", color=colour, markersize=7, alpha=0.4)
    return figure


def _family(label):
    """The family of an arm's label, short or in words."""
    kind = words.plain(label).split(", ")[0]
    return kind if kind in FAMILIES else "no picture"


def _some(found, name, expected):
    """What was found, unless that is nothing: ValueError."""
    if not len(found):
        raise ValueError(f"{name}: expected {expected}, got none")
    return found


def _percent(share, digits=0):
    return f"{100 * share:.{digits}f} %"


def _signed(share):
    """A difference in percentage points, with its sign."""
    return f"{round(100 * share, 1) + 0.0:+.1f}".replace("-", "\u2212")


def _between(line):
    """A line of evaluation.family: the difference in points with its interval."""
    between = f" [{_signed(line['low'])}, {_signed(line['high'])}]" if line["pairs"] > 1 else ""
    return f"{_signed(line['difference'])} points{between}"


def _counted(told):
    """How often each word is said, in words."""
    return ", ".join(f"{count} {word}" for word, count in told.value_counts(sort=False).items())


def _floor(lowest, usual=0.6):
    """Where an axis of accuracy begins: at the usual place, or at the tenth below what lies lower."""
    return math.floor(10 * min(usual, lowest) + 1e-9) / 10


def _network(labels):
    return ""


def _made(rows):
    """What made rows: networks, what they stand in for, sides, precision, splits, notebooks."""
    seen = rows[rows["backbone"] != ""]
    networks = []
    for line in seen.drop_duplicates("backbone").itertuples():
        stands = f" (stands in for {words.plain(line.stands_in_for)})" if line.stands_in_for else ""
        networks.append(words.plain(line.backbone) + stands)
    parts = [", ".join(networks), f"{', '.join(f'{size:g}' for size in sorted(seen['size'].unique()))} px"]
    parts += [", ".join(PRECISIONS.get(name, name) for name in seen["precision"].unique() if name)] if "precision" in seen else []
    parts += [f"{rows['split'].nunique()} splits"]
    parts += ["notebook " + ", ".join(sorted({name[:2] for name in rows["notebook"]}))] if "notebook" in rows else []
    return "; ".join(filter(None, parts))


def _finish(figure, heading, footer):
    """The finding above a figure, and what made it below."""
    figure.suptitle(textwrap.fill(heading, 72), x=0.012, ha="left", fontsize=27, fontweight="bold")
    figure.supxlabel(textwrap.fill(footer, 128), x=0.012, ha="left", fontsize=SMALL, color=GREY)
    for axis in figure.axes:
        axis.tick_params(labelsize=SMALL if axis.images else 20, length=7, width=1.3)
    return figure
