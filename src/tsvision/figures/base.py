"""Figures of series, fields and networks, in colours that the colour-blind can tell apart; charts has those of
results.
"""

import io
import itertools
import os
import textwrap

import matplotlib.pyplot as plt
import numpy as np
from IPython import display
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator
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
PERCENT = "{x:.0%}"
# figures look alike whatever style is set on the reader's machine
STYLE = {"figure.constrained_layout.use": True, "legend.frameon": False, "legend.fontsize": 8}
FRONT = {"font.size": 10.5, "axes.titlesize": "medium", "axes.spines.top": False, "axes.spines.right": False}
in_plain_style, in_front_style = plt.style.context(["default", STYLE]), plt.style.context(["default", STYLE | FRONT])
ABOVE, MIDDLE = {"ha": "center", "va": "bottom", "fontsize": SMALL}, {"ha": "center", "va": "center"}
WHITE = {"bbox": {"facecolor": "white", "edgecolor": "none", "pad": 1}}
BELOW = {"loc": "outside lower center"}  # of a legend


@in_plain_style
def save(figure, name, out, exact=False):
    """Write a figure to <out>/figures/<name>.png, under a temporary name first; returns it Shown, for the notebook.

    exact: with all its colours, where these are what it is about, and not packed.
    """
    path = datasets.ROOT / out / "figures" / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    width = figure.get_size_inches()[0]
    try:
        figure.savefig(drawn := io.BytesIO(), dpi=2 * DPI if width > 7 else DPI, format="png")
        image = Image.open(drawn).convert("RGB")
        if not exact:  # 256 colours, rare ones among them, then all moved towards those there are: a third of the bytes
            image = image.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=1)
        image.save(temporary, "png", optimize=True)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    plt.close(figure)
    return Shown(path, figure.get_label(), int(width * DPI))


class Shown(display.Image):
    """A saved figure as a notebook shows it: the file's own pixels; by the words beside them pages finds the file."""

    def __init__(self, path, title, width):
        super().__init__(filename=path, width=width)
        self.words = f"{path.name}: {title}"

    def __repr__(self):
        """The file's name and the title."""
        return self.words


def ends(data):
    """Where a figure's axis of time steps begins and ends: wavenumbers, as spectroscopists draw them, with the highest
    on the left.
    """
    first, last = data.axis[1][[0, -1]]
    return (max(first, last), min(first, last)) if data.axis[0].startswith("wavenumber") else (first, last)


def class_means(data, among=True):
    """The mean series of each class, (k, t); among: (n,) bool, of which series alone."""
    return np.array([data.series[among & (data.labels == k)].mean(0) for k in range(len(data.classes))])


def mark_bands(axis, bands, named=True):
    """Name bands (as data.bands gives them) on an axis of wavenumbers: a dotted line each, what absorbs there, or the
    number alone, beside it.
    """
    beside = {"rotation": 90, "fontsize": 6.5, "ha": "right", "va": "top", "color": GREY}
    for line in bands.itertuples():
        axis.axvline(line.at, color=GREY, linewidth=0.6, linestyle=":", zorder=0)
        told = f"{line.at} {line.what}" if named else str(line.at)
        axis.annotate(told, (line.at, 0.97), xycoords=("data", "axes fraction"), **beside)


@in_plain_style
def named_bands(data, bands):
    """The mean training spectrum with its bands named, and below how far classes differ: the range of class means at
    each time step.
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(9.5, 6.4), sharex=True, height_ratios=(3, 2))
    data, shown = brief(data), largest(data)
    steps, mean, means = data.axis[1], data.series[data.train].mean(0), class_means(data)
    top.plot(steps, mean, color=COLOURS[0], linewidth=1)
    top.set_ylim(mean.min() - 0.05 * np.ptp(mean), mean.max() + 0.6 * np.ptp(mean))
    mark_bands(top, bands)
    for k in shown:
        own, colour = means[k] - data.series.mean(0), COLOURS[k % len(COLOURS)]
        bottom.plot(steps, own, color=colour, linewidth=1, label=f"class {data.classes[k]}")
    mark_bands(bottom, bands, named=False)
    bottom.legend(ncols=4)
    top.set(ylabel="mean training series", xlim=ends(data))
    bottom.set(ylabel="class mean minus\nthe mean of all", xlabel=data.axis[0])
    peak, apart = steps[mean.argmax()], steps[np.ptp(means, axis=0).argmax()]
    return title(
        figure,
        f"{data.name}: the strongest peak stands at {peak:.0f}, the class means differ most at {apart:.0f}"
        f" ({data.axis[0]}){left_out(len(shown), len(data.classes), 'classes', 'largest')}",
    )


@in_plain_style
def spectra(data):
    """Every series, a column a class: as downloaded, and below as difference from the mean of all training series.

    Of many classes the largest, of many series of a class some, spread evenly.
    """
    data, shown = brief(data), largest(data)
    size = (min(2.6 * len(shown), SIDE), 5.6)
    figure, axes = plt.subplots(2, len(shown), figsize=size, sharex=True, sharey="row", squeeze=False)
    overall = data.series[data.train].mean(0)
    for k, (top, bottom) in zip(shown, axes.T):
        for train, colour, label in ((True, COLOURS[0], "training"), (False, COLOURS[1], "test")):
            own = data.series[(data.labels == k) & (data.train == train)]
            lines, thin = spread(own, len(shown)), {"color": colour, "linewidth": 0.6, "alpha": 0.7}
            top.plot(data.axis[1], lines.T, **thin)
            bottom.plot(data.axis[1], (lines - overall).T, **thin)
            some_of = f"{len(lines)} of " * (len(lines) < len(own))
            bottom.plot([], [], color=colour, label=f"{some_of}{len(own)} {label}")
        top.set(title=f"class {data.classes[k]}", xlim=ends(data))
        bottom.set(xlabel=data.axis[0])
        bottom.legend()
    axes[0, 0].set_ylabel("value as downloaded")
    axes[1, 0].set_ylabel("minus the mean of\nall training series")
    apart = np.mean([np.sqrt(np.mean((a - b) ** 2)) for a, b in itertools.combinations(class_means(data), 2)])
    return title(
        figure,
        f"{data.name}: {len(data.series)} series whose standard deviation is {data.series.std():.2f}; two class "
        f"means differ by {apart:.2g} (root mean square over time steps, mean over pairs)"
        + left_out(len(shown), len(data.classes), "classes", "largest"),
    )


@in_plain_style
def causes(simulated):
    """All series of each simulated data set, coloured by class, as one would plot them to look at the data.

    Of many classes the largest, of many series of a class some, spread evenly.
    """
    simulated = [brief(data) for data in simulated]
    figure, axes = plt.subplots(2, -(-len(simulated) // 2), figsize=(13, 5.8), sharex=True, squeeze=False)
    for axis in axes.flat[len(simulated) :]:
        axis.axis("off")
    names = [data.name.partition(", ")[2] or "as downloaded" for data in simulated]
    for axis, data, name in zip(axes.flat, simulated, names):
        for k in largest(data):
            lines, colour = spread(data.series[data.labels == k], len(largest(data))).T, COLOURS[k % len(COLOURS)]
            axis.plot(data.axis[1], lines, color=colour, linewidth=0.5, alpha=0.7)
            axis.plot([], [], color=colour, label=f"class {data.classes[k]}")
        low, high = np.quantile(data.series, [0.001, 0.999])
        pad = 0.25 * (high - low)
        axis.set_ylim(max(data.series.min(), low - pad), min(data.series.max(), high + pad))
        first, last = ends(data)
        pad = 0.02 * (last - first)  # what is odd may stand at the very edge
        axis.set(title=name, xlim=(first - pad, last + pad), xlabel=data.axis[0])
    axes[0, 0].legend()
    for axis in axes[:, 0]:
        axis.set_ylabel("value")
    apart = [np.median(data.series.std(0)) for data in simulated]
    wide = [name for name, value in zip(names, apart) if value > 10 * apart[0]]
    return title(
        figure,
        f"Drawn as downloaded, {len(simulated[0].series)} series look like one (they differ by {apart[0]:.3f} at a"
        f" time step); a plot with many times that spread would come from: {', '.join(wide) or 'none of these'}"
        + left_out(len(largest(data)), len(data.classes), "classes", "largest"),
    )


@in_plain_style
def fields(data, colormap):
    """One training series of each of four classes: the series, its picture as the 2018 notebook saved it, and the plot
    alone.
    """
    data = brief(data)
    chosen = [int(np.flatnonzero((data.labels == k) & data.train)[0]) for k in range(len(data.classes[:4]))]
    field = encoders.encode(data.series[chosen])
    images = colours.image(field, colormap).permute(0, 2, 3, 1).numpy()
    figure, axes = plt.subplots(3, len(chosen), figsize=(2.7 * len(chosen), 8.2), squeeze=False)
    shown, side = ends(data), field.shape[-1]
    for k, (series, (top, middle, bottom)) in enumerate(zip(chosen, axes.T)):
        top.plot(data.axis[1], data.series[series], color=COLOURS[0], linewidth=0.9)
        heading = textwrap.fill(f"class {data.classes[k]}, series {series}", 28)
        top.set(title=heading, xlabel=data.axis[0], xlim=shown)
        middle.imshow(originals.picture(field[k], colormap))
        middle.axis("off")
        place(bottom, images[k], data)
        bottom.set(xlabel=data.axis[0])
    axes[0, 0].set_ylabel("value")
    axes[2, 0].set_ylabel(data.axis[0])
    axes[1, 0].set_title("as saved in 2018: 570 x 570 pixels, much of it frame", fontsize=9, loc="left")
    axes[2, 0].set_title(f"the plot alone: {side} x {side}, one pixel a time step", fontsize=9, loc="left")
    count = ("two", "three", "four")[len(chosen) - 2]
    return title(
        figure,
        f"A GADF shows every pair of time steps: {count} classes, {count} almost equal pictures ({colormap}, -1 to 1)"
        + left_out(len(chosen), len(data.classes), "classes", "first"),
    )


def place(axis, picture, data, heights=None, **own):
    """A picture (s, s[, 3]) whose columns are a data set's time steps, turned as its axis is; so are its rows, unless
    they are something else: heights, (lowest, highest).
    """
    (first, last), (low, high) = data.axis[1][[0, -1]], heights or ends(data)[::-1]
    extent = (first, last, *(heights or (last, first)))
    axis.imshow(picture, extent=extent, aspect="auto", interpolation="nearest", **own)
    axis.set(xlim=ends(data), ylim=(low, high))


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
    rows = -(-len(shown) // columns)
    figure, axes = plt.subplots(rows, columns, squeeze=False, figsize=(8, 0.6 + 2.1 * rows))
    for axis in axes.flat:
        axis.axis("off")
    for axis, picture, label in zip(axes.flat, shown, labels.tolist()):
        axis.imshow(picture, interpolation="nearest")
        axis.set_title(f"class {classes[label]}", fontsize=8)
    apart = np.mean([abs(one - other).mean() for one, other in itertools.combinations(shown, 2)])
    return title(
        figure,
        f"A batch as {words.plain(network.name)} sees it: two pictures of {images.shape[-1]} px differ by {apart:.1%}"
        " of the range of a colour in the mean" + left_out(len(shown), len(images), "pictures", "first"),
    )


@in_plain_style
def cost_law(table):
    """Seconds and tokens of one picture over the length of its series, on logarithmic axes; table: length, tokens,
    seconds, a line for each of two lengths or more.

    The dashed line grows with the fourth power of the length, as the products of tokens with tokens do, the dotted one
    with the second, as the tokens do.
    """
    figure, axis = plt.subplots(figsize=(7.5, 4.6))
    steps, seconds = table["length"].to_numpy(float), table["seconds"].to_numpy(float)
    axis.plot(steps, seconds, "o-", color=COLOURS[0], label="measured")
    for power, style in ((4, "--"), (2, ":")):
        law = seconds[0] * (steps / steps[0]) ** power
        axis.plot(steps, law, style, color="black", linewidth=0.9, label=f"power {power} of the length, from the first")
    for line in table.itertuples():
        told, at = f"{line.tokens:,} tokens", (line.length, line.seconds)
        axis.annotate(told, at, (6, -12), textcoords="offset points", fontsize=8)
    axis.set(xscale="log", yscale="log", xlabel="length of the series (time steps, one pixel each)")
    axis.set_ylabel("seconds a picture")
    axis.set_xticks(steps, [f"{step:g}" for step in steps])
    axis.minorticks_off()
    axis.legend()
    powers = np.diff(np.log(seconds)) / np.diff(np.log(steps))
    return title(
        figure,
        f"A transformer's cost grows with the power {powers[0]:.1f} of the length at first and {powers[-1]:.1f} at"
        f" last: {seconds[-1]:.3g} s a picture at {steps[-1]:.0f} steps",
    )


@in_plain_style
def positions(grids):
    """How alike the position embedding of the middle is to every other one, a panel a grid; grids: {name: (g, g,
    d)}.
    """
    columns = min(4, len(grids))
    rows, told = -(-len(grids) // columns), []
    size = (2.6 * columns + 1, 3.2 * rows + 0.9)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    for axis in axes.flat[len(grids) :]:
        axis.axis("off")
    for axis, (name, grid) in zip(axes.flat, grids.items()):
        unit = grid / np.linalg.norm(grid, axis=2, keepdims=True)
        side = len(unit)
        shown = axis.imshow(unit @ unit[side // 2, side // 2], vmin=-1, vmax=1, cmap="cividis")
        axis.set(title=f"{name}\n{side} x {side} patches", xlabel="patch, from the left")
        for along in (axis.xaxis, axis.yaxis):
            along.set_major_locator(MaxNLocator(5, integer=True))
        beside, below = (unit[:, 1:] * unit[:, :-1]).sum(2), (unit[1:] * unit[:-1]).sum(2)
        told.append(f"{(beside.mean() + below.mean()) / 2:.3f}")
    for axis in axes[:, 0]:
        axis.set_ylabel("patch, from the top")
    figure.colorbar(shown, ax=axes, label="cosine similarity to the middle", shrink=0.7)
    return title(
        figure,
        f"Neighbours' positions have a cosine similarity of {told[0]} as trained and, resampled, of "
        + ", ".join(told[1:]),
    )


@in_plain_style
def grid(tables, label, heading):
    """Mean accuracies as shades and numbers: a panel for each of {title: pandas table}, label: what its columns are;
    heading: the finding.
    """
    figure, axes = panels(len(tables), width=1.4 + 0.55 * next(iter(tables.values())).shape[1], height=4.2, sharey=True)
    low, high = (end([end(table.to_numpy()) for table in tables.values()]) for end in (np.min, np.max))
    for axis, (name, table) in zip(axes, tables.items()):
        shades = cells(axis, table, low, high, fontsize=8)
        axis.set(title=name, xlabel=label, xticks=range(table.shape[1]), xticklabels=table.columns)
        axis.set(yticks=range(len(table)), yticklabels=table.index)
    figure.colorbar(shades, ax=axes, label="mean accuracy on the test series", format=PERCENT)
    return title(figure, heading)


def cells(axis, shares, low=0, high=1, colormap="cividis", unit="", **own):
    """A table of shares as shades, and as numbers in percent in a colour that can be read; NaN stays empty. Returns
    the picture.
    """
    shades = axis.imshow(shares, cmap=colormap, vmin=low, vmax=high, aspect="auto")
    for (row, column), value in np.ndenumerate(np.asarray(shares, float)):
        told = "" if np.isnan(value) else f"{100 * value:.0f}{unit}"
        is_light = (value > (low + high) / 2) == (colormap == "cividis")
        axis.text(column, row, told, color="black" if is_light else "white", **MIDDLE, **own)
    return shades


def panels(count, *, width, height, **shared):
    """A figure of `count` panels side by side: (figure, axes)."""
    size = (min(max(width * count, 5), SIDE), height)
    figure, axes = plt.subplots(1, count, figsize=size, squeeze=False, **shared)
    return figure, axes[0]


def title(figure, text):
    """Put the finding above a figure that is complete, wrapped to its width; as it is, it becomes the figure's label.
    Returns the figure.
    """
    figure.set_label(text)
    inches = figure.get_size_inches()[0]
    figure.suptitle(textwrap.fill(text, int(inches * 10.5)), fontsize=11, fontweight="bold")
    return _as_written(figure)


def finish(figure, heading, footer):
    """The finding above a figure of the README, and what made it below."""
    figure.set_label(heading)  # what a page says instead of the picture
    figure.suptitle(textwrap.fill(heading, 66), x=0.012, ha="left", fontsize=13.5, fontweight="bold")
    figure.supxlabel(textwrap.fill(footer, 126), x=0.012, ha="left", fontsize=SMALL, color=GREY)
    for axis in figure.axes:
        axis.tick_params(labelsize=SMALL)
    return _as_written(figure)


def _as_written(figure):  # a class may be called $5_$; powers on an axis get their dollars when they are drawn
    fonts.add_families(figure)
    for text in figure.findobj(Text):
        if "$" in text.get_text():
            text.set_parse_math(False)
    return figure


def some(found, name, expected):
    """What was found, unless that is nothing: ValueError."""
    if not len(found):
        raise ValueError(f"{name}: expected {expected}, got none")
    return found
