"""Figures of series, fields and networks, in colours that the colour-blind can tell apart; charts has those of
results.
"""

import base64
import io
import itertools
import os
import textwrap

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.text import Text
from PIL import Image

from tsvision.data import datasets
from tsvision.evaluation import words
from tsvision.figures import fonts
from tsvision.figures.limits import MOST, SIDE, brief, brief_classes, largest, left_out, spread
from tsvision.pictures import colours, encoders, originals

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")  # Okabe and Ito 2008
GREY = "#777777"
# all that a method's colour means
FAMILIES = dict(zip(words.FAMILIES, (COLOURS[2], COLOURS[0], COLOURS[3], COLOURS[1])))
DPI = 110  # for which figures are laid out; wide ones are saved with twice as many, for screens that have them
# of the figures that README shows: 860 pixels wide, legible at half of that
WIDTH, SMALL = 860 / DPI, 8.5  # inches, points
STYLE = {
    "font.size": 10.5,
    "axes.titlesize": "medium",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.constrained_layout.use": True,
}
# figures look alike whatever style is set on the reader's machine
in_plain_style, in_front_style = plt.style.context("default"), plt.style.context(["default", STYLE])
ABOVE, MIDDLE = {"ha": "center", "va": "bottom", "fontsize": SMALL}, {"ha": "center", "va": "center"}
WHITE = {"bbox": {"facecolor": "white", "edgecolor": "none", "pad": 1}}


@in_plain_style
def save(figure, name, out):
    """Write a figure to <out>/figures/<name>.png, under a temporary name first; returns it Shown, for the notebook."""
    path = datasets.ROOT / out / "figures" / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        figure.savefig(drawn := io.BytesIO(), dpi=2 * DPI if figure.get_size_inches()[0] > 7 else DPI, format="png")
        # a third of the bytes, and no difference to see
        Image.open(drawn).convert("RGB").quantize(256).save(temporary, "png", optimize=True)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    plt.close(figure)
    return Shown(path, figure.get_label())


class Shown:
    """A saved figure as a notebook shows it: the file's own pixels; by the words beside them pages finds the file."""

    def __init__(self, path, title):
        self.path, self.title = path, title

    def __repr__(self):
        """The file's name and the title."""
        return f"{self.path.name}: {self.title}"

    def _repr_mimebundle_(self, **_):
        with Image.open(self.path) as image:
            size = {"width": image.width // (2 if image.width > 14 * DPI else 1)}  # wide ones have twice as many pixels
        pixels = base64.b64encode(self.path.read_bytes()).decode()
        return {"text/plain": repr(self), "image/png": pixels}, {"image/png": size}


def ends(data):
    """Where a figure's axis of time steps begins and ends: wavenumbers, as spectroscopists draw them, with the highest
    on the left.
    """
    first, last = data.axis[1][[0, -1]]
    return (max(first, last), min(first, last)) if data.axis[0].startswith("wavenumber") else (first, last)


def mark_bands(axis, bands, height=0.97):
    """Name bands (as data.bands gives them) on an axis of wavenumbers: a dotted line each, what absorbs there
    beside it.
    """
    for line in bands.itertuples():
        axis.axvline(line.at, color=GREY, linewidth=0.6, linestyle=":", zorder=0)
        axis.annotate(
            f"{line.at} {line.what}",
            (line.at, height),
            xycoords=("data", "axes fraction"),
            rotation=90,
            fontsize=6.5,
            ha="right",
            va="top",
            color=GREY,
        )


@in_plain_style
def named_bands(data, bands):
    """The mean training spectrum with its bands named, and below how far classes differ: the range of class means at
    each time step.
    """
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(9.5, 6.4), layout="constrained", sharex=True, height_ratios=(3, 2)
    )
    data, shown = brief(data), largest(data)
    mean = data.series[data.train].mean(0)
    top.plot(data.axis[1], mean, color=COLOURS[0], linewidth=1)
    top.set_ylim(mean.min() - 0.05 * np.ptp(mean), mean.max() + 0.6 * np.ptp(mean))
    mark_bands(top, bands)
    for k in shown:
        own, colour = data.series[data.labels == k].mean(0) - data.series.mean(0), COLOURS[k % len(COLOURS)]
        bottom.plot(data.axis[1], own, color=colour, linewidth=1, label=f"class {data.classes[k]}")
    mark_bands(bottom, bands.assign(what=""))
    bottom.legend(fontsize=8, frameon=False, ncols=4)
    top.set(ylabel="mean training series", xlim=ends(data))
    bottom.set(ylabel="class mean minus\nthe mean of all", xlabel=data.axis[0])
    peak = data.axis[1][mean.argmax()]
    means = np.array([data.series[data.labels == k].mean(0) for k in range(len(data.classes))])
    apart = data.axis[1][np.ptp(means, axis=0).argmax()]
    title(
        figure,
        f"{data.name}: the strongest peak stands at {peak:.0f}, the class means differ most at {apart:.0f}"
        f" ({data.axis[0]}){left_out(len(shown), len(data.classes), 'classes', 'largest')}",
    )
    return figure


@in_plain_style
def spectra(data):
    """Every series, a column a class: as downloaded, and below as difference from the mean of all training series.

    Of many classes the largest, of many series of a class some, spread evenly.
    """
    data, shown = brief(data), largest(data)
    size = (min(2.6 * len(shown), SIDE), 5.6)
    figure, axes = plt.subplots(
        2, len(shown), figsize=size, layout="constrained", sharex=True, sharey="row", squeeze=False
    )
    overall = data.series[data.train].mean(0)
    for k, (top, bottom) in zip(shown, axes.T):
        for train, colour, label in ((True, COLOURS[0], "training"), (False, COLOURS[1], "test")):
            own = data.series[(data.labels == k) & (data.train == train)]
            lines = spread(own, len(shown))
            top.plot(data.axis[1], lines.T, color=colour, linewidth=0.6, alpha=0.7)
            bottom.plot(data.axis[1], (lines - overall).T, color=colour, linewidth=0.6, alpha=0.7)
            some_of = f"{len(lines)} of " * (len(lines) < len(own))
            bottom.plot([], [], color=colour, label=f"{some_of}{len(own)} {label}")
        top.set(title=f"class {data.classes[k]}", xlim=ends(data))
        bottom.set(xlabel=data.axis[0])
        bottom.legend(fontsize=8, frameon=False)
    axes[0, 0].set_ylabel("value as downloaded")
    axes[1, 0].set_ylabel("minus the mean of\nall training series")
    means = np.array([data.series[data.labels == k].mean(0) for k in range(len(data.classes))])
    apart = np.mean([np.sqrt(np.mean((a - b) ** 2)) for a, b in itertools.combinations(means, 2)])
    title(
        figure,
        f"{data.name}: {len(data.series)} series whose standard deviation is {data.series.std():.2f}; two class "
        f"means differ by {apart:.2g} (root mean square over time steps, mean over pairs)"
        + left_out(len(shown), len(data.classes), "classes", "largest"),
    )
    return figure


@in_plain_style
def causes(simulated):
    """All series of each simulated data set, coloured by class, as one would plot them to look at the data.

    Of many classes the largest, of many series of a class some, spread evenly.
    """
    simulated = [brief(data) for data in simulated]
    figure, axes = plt.subplots(
        2, -(-len(simulated) // 2), figsize=(13, 5.8), layout="constrained", sharex=True, squeeze=False
    )
    for axis in axes.flat[len(simulated) :]:
        axis.axis("off")
    for axis, data in zip(axes.flat, simulated):
        for k in largest(data):
            lines = spread(data.series[data.labels == k], len(largest(data))).T
            axis.plot(data.axis[1], lines, color=COLOURS[k % len(COLOURS)], linewidth=0.5, alpha=0.7)
            axis.plot([], [], color=COLOURS[k % len(COLOURS)], label=f"class {data.classes[k]}")
        low, high = np.quantile(data.series, [0.001, 0.999])
        pad = 0.25 * (high - low)
        axis.set(
            title=data.name.split(", ")[-1] if ", " in data.name else "as downloaded",
            ylim=(max(data.series.min(), low - pad), min(data.series.max(), high + pad)),
        )
        first, last = ends(data)
        pad = 0.02 * (last - first)  # what is odd may stand at the very edge
        axis.set(xlim=(first - pad, last + pad), xlabel=data.axis[0])
    axes[0, 0].legend(fontsize=7, frameon=False)
    axes[0, 0].set_ylabel("value")
    axes[1, 0].set_ylabel("value")
    apart = [np.median(data.series.std(0)) for data in simulated]
    wide = [data.name.split(", ")[-1] for data, value in zip(simulated, apart) if value > 10 * apart[0]]
    title(
        figure,
        f"Drawn as downloaded, {len(simulated[0].series)} series look like one (they differ by {apart[0]:.3f} at a"
        f" time step); a plot with many times that spread would come from: {', '.join(wide) or 'none of these'}"
        + left_out(len(largest(data)), len(data.classes), "classes", "largest"),
    )
    return figure


@in_plain_style
def fields(data, colormap):
    """One training series of each of four classes: the series, its picture as the 2018 notebook saved it, and the plot
    alone.
    """
    data = brief(data)
    chosen = [int(np.flatnonzero((data.labels == k) & data.train)[0]) for k in range(len(data.classes[:4]))]
    field = encoders.encode(data.series[chosen])
    images = colours.image(field, colormap).permute(0, 2, 3, 1).numpy()
    figure, axes = plt.subplots(3, len(chosen), figsize=(2.7 * len(chosen), 8.2), layout="constrained", squeeze=False)
    (first, last), shown, side = data.axis[1][[0, -1]], ends(data), field.shape[-1]
    for column, series in enumerate(chosen):
        top, middle, bottom = axes[:, column]
        top.plot(data.axis[1], data.series[series], color=COLOURS[0], linewidth=0.9)
        top.set(
            title=textwrap.fill(f"class {data.classes[column]}, series {series}", 28), xlabel=data.axis[0], xlim=shown
        )
        middle.imshow(originals.picture(field[column], colormap))
        middle.axis("off")
        bottom.imshow(images[column], extent=(first, last, last, first), aspect="auto", interpolation="nearest")
        bottom.set(xlabel=data.axis[0], xlim=shown, ylim=shown[::-1])
    for axis, label in zip(axes[:, 0], ("value", "", data.axis[0])):
        axis.set_ylabel(label)
    axes[1, 0].set_title("as saved in 2018: 570 x 570 pixels, much of it frame", fontsize=9, loc="left")
    axes[2, 0].set_title(f"the plot alone: {side} x {side}, one pixel a time step", fontsize=9, loc="left")
    count = ("two", "three", "four")[len(chosen) - 2]
    title(
        figure,
        f"A GADF shows every pair of time steps: {count} classes, {count} almost equal pictures ({colormap}, -1 to 1)"
        + left_out(len(chosen), len(data.classes), "classes", "first"),
    )
    return figure


@in_plain_style
def batch(images, labels, network, classes):
    """A batch of pictures as a network sees them, its normalisation taken off again, each under its class's name, and
    how far two of them differ.

    images (n, 3, s, s), of which MOST at most are shown, labels (n,), on any device; network: what networks.load
    returns, for its mean, std and name.
    """
    mean, std = (images.new_tensor(value).view(3, 1, 1) for value in (network.mean, network.std))
    shown = (images[:MOST] * std + mean).clamp(0, 1).permute(0, 2, 3, 1).cpu().numpy()
    columns, classes = min(len(shown), 4), brief_classes(classes)
    figure, axes = plt.subplots(-(-len(shown) // columns), columns, squeeze=False, layout="constrained")
    figure.set_size_inches(8, 0.6 + 2.1 * len(axes))
    for axis in axes.flat:
        axis.axis("off")
    for axis, picture, label in zip(axes.flat, shown, labels.tolist()):
        axis.imshow(picture, interpolation="nearest")
        axis.set_title(f"class {classes[label]}", fontsize=8)
    apart = np.mean([abs(one - other).mean() for one, other in itertools.combinations(shown, 2)])
    title(
        figure,
        f"A batch as {words.plain(network.name)} sees it: two pictures of {images.shape[-1]} px differ by {apart:.1%}"
        " of the range of a colour in the mean" + left_out(len(shown), len(images), "pictures", "first"),
    )
    return figure


@in_plain_style
def cost_law(table):
    """Seconds and tokens of one picture over the length of its series, on logarithmic axes; table: length, tokens,
    seconds.

    The dashed line grows with the fourth power of the length, as the products of tokens with tokens do, the dotted one
    with the second, as the tokens do. Raises ValueError for fewer than two lengths.
    """
    if len(table) < 2:
        raise ValueError(f"table: expected two lengths or more, got {len(table)}")
    figure, axis = plt.subplots(figsize=(7.5, 4.6), layout="constrained")
    steps, seconds = table["length"].to_numpy(float), table["seconds"].to_numpy(float)
    axis.plot(steps, seconds, "o-", color=COLOURS[0], label="measured")
    for power, style in ((4, "--"), (2, ":")):
        law = seconds[0] * (steps / steps[0]) ** power
        axis.plot(steps, law, style, color="black", linewidth=0.9, label=f"power {power} of the length, from the first")
    for line in table.itertuples():
        axis.annotate(
            f"{line.tokens:,} tokens", (line.length, line.seconds), (6, -12), textcoords="offset points", fontsize=8
        )
    axis.set(xscale="log", yscale="log", xlabel="length of the series (time steps, one pixel each)")
    axis.set_ylabel("seconds a picture")
    axis.set_xticks(steps, [f"{step:g}" for step in steps])
    axis.minorticks_off()
    axis.legend(fontsize=8, frameon=False)
    powers = np.diff(np.log(seconds)) / np.diff(np.log(steps))
    title(
        figure,
        f"A transformer's cost grows with the power {powers[0]:.1f} of the length at first and {powers[-1]:.1f} at"
        f" last: {seconds[-1]:.3g} s a picture at {steps[-1]:.0f} steps",
    )
    return figure


@in_plain_style
def positions(grids):
    """How alike the position embedding of the middle is to every other one, a panel a grid; grids: {name: (g, g,
    d)}.
    """
    figure, axes = panels(len(grids), width=3.2, height=4.2)
    told = []
    for axis, (name, grid) in zip(axes, grids.items()):
        unit = grid / np.linalg.norm(grid, axis=2, keepdims=True)
        side = len(unit)
        alike = unit @ unit[side // 2, side // 2]
        shown = axis.imshow(alike, vmin=-1, vmax=1, cmap="cividis")
        axis.set(title=f"{name}\n{side} x {side} patches", xlabel="patch, from the left")
        beside, below = (unit[:, 1:] * unit[:, :-1]).sum(2), (unit[1:] * unit[:-1]).sum(2)
        told.append(float((beside.mean() + below.mean()) / 2))
    axes[0].set_ylabel("patch, from the top")
    figure.colorbar(shown, ax=axes, label="cosine similarity to the middle", shrink=0.7)
    title(
        figure,
        f"Neighbours' positions have a cosine similarity of {told[0]:.3f} as trained and, resampled, of "
        + ", ".join(f"{value:.3f}" for value in told[1:]),
    )
    return figure


@in_plain_style
def grid(tables, label, heading):
    """Mean accuracies as shades and numbers: a panel for each of {title: pandas table}, label: what its columns are;
    heading: the finding.
    """
    figure, axes = panels(len(tables), width=1.4 + 0.55 * next(iter(tables.values())).shape[1], height=4.2, sharey=True)
    low, high = (100 * end([end(table.to_numpy()) for table in tables.values()]) for end in (np.min, np.max))
    for axis, (name, table) in zip(axes, tables.items()):
        shades = axis.imshow(100 * table, cmap="cividis", vmin=low, vmax=high, aspect="auto")
        for (row, column), value in np.ndenumerate(100 * table.to_numpy()):
            axis.text(
                column,
                row,
                f"{value:.0f}",
                ha="center",
                va="center",
                fontsize=8,
                color="black" if value > (low + high) / 2 else "white",
            )
        axis.set(title=name, xlabel=label, xticks=range(table.shape[1]), xticklabels=table.columns)
        axis.set(yticks=range(len(table)), yticklabels=table.index)
    figure.colorbar(shades, ax=axes, label="mean accuracy on the test series (%)")
    title(figure, heading)
    return figure


def panels(count, *, width, height, **shared):
    """A figure of `count` panels side by side: (figure, axes)."""
    figure, axes = plt.subplots(
        1, count, figsize=(min(max(width * count, 5), SIDE), height), layout="constrained", squeeze=False, **shared
    )
    return figure, axes[0]


def title(figure, text):
    """Put the finding above a figure that is complete, wrapped to its width; as it is, it becomes the figure's
    label.
    """
    figure.set_label(text)
    inches = figure.get_size_inches()[0]
    figure.suptitle(textwrap.fill(text, int(inches * 10.5)), fontsize=11, fontweight="bold")
    _as_written(figure)


def finish(figure, heading, footer):
    """The finding above a figure of the README, and what made it below."""
    figure.set_label(heading)  # what a page says instead of the picture
    figure.suptitle(textwrap.fill(heading, 66), x=0.012, ha="left", fontsize=13.5, fontweight="bold")
    figure.supxlabel(textwrap.fill(footer, 126), x=0.012, ha="left", fontsize=SMALL, color=GREY)
    for axis in figure.axes:
        axis.tick_params(labelsize=SMALL)
    _as_written(figure)
    return figure


def _as_written(figure):  # a class may be called $5_$; powers on an axis get their dollars when they are drawn
    fonts.add_families(figure)
    for text in figure.findobj(Text):
        if "$" in text.get_text():
            text.set_parse_math(False)


def some(found, name, expected):
    """What was found, unless that is nothing: ValueError."""
    if not len(found):
        raise ValueError(f"{name}: expected {expected}, got none")
    return found
