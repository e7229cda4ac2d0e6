"""Figures that show data: those of the README, an oil and its picture, colormaps, encodings; and any series to look at.
front has the README's figures of results.
"""

import textwrap

import matplotlib.pyplot as plt
import numpy as np

from tsvision import evaluation
from tsvision.evaluation import words
from tsvision.figures.base import (
    ABOVE,
    GREY,
    MIDDLE,
    SMALL,
    WHITE,
    WIDTH,
    class_means,
    ends,
    finish,
    in_front_style,
    place,
    some,
)
from tsvision.figures.limits import brief, left_out
from tsvision.pictures import colours, encoders

# what they are; no family of methods
CHANNELS = {"red": ("#C00000", "-"), "green": ("#007A00", "--"), "blue": ("#0000C0", "-.")}
# what the rows of a picture are, from the lowest to the highest, where they are not time steps
HEIGHTS = {"line": ("share of the range", (0, 1)), "spectrogram": ("cycles a step", (0, 0.5))}


@in_front_style
def hero(data, bands):
    """A spectrum with its main bands named, what tells two classes apart, on a larger scale, and the picture that a
    network sees.

    The two classes' means lie farthest apart (root mean square over time steps); the spectrum is typical of the first.
    bands: as data.bands gives them; the five where the spectrum is highest are named, none if the axis is no
    wavenumber. ValueError for one class.
    """
    data = brief(data)
    means, steps = class_means(data), data.axis[1]
    pairs = some([(j, k) for k in range(len(means)) for j in range(k)], "data", "two classes or more")
    first, second = max(pairs, key=lambda pair: np.mean((means[pair[0]] - means[pair[1]]) ** 2))
    apart, one = means[first] - means[second], _typical(data, first)
    series, peak = data.series[one], int(abs(apart).argmax())
    is_spectrum = data.axis[0].startswith("wavenumber")
    kind, label = ("spectrum", "absorbance, standardised") if is_spectrum else ("series", "value")
    looks = {"width_ratios": (1.15, 1), "height_ratios": (2, 1), "sharex": True}
    figure, axes = plt.subplot_mosaic("AC;BC", figsize=(WIDTH, 5), **looks)
    top, bottom, right = axes["A"], axes["B"], axes["C"]
    top.plot(steps, series, color="black")
    low, high, width = series.min(), series.max(), np.ptp(steps)
    unit = high - low
    top.set(ylim=(low - 0.05 * unit, high + 1.15 * unit), ylabel=label)
    heights = {at: part.max() for at in bands["at"] if len(part := series[abs(steps - at) <= 4])}
    # the highest around
    main = {
        at: height
        for at, height in heights.items()
        if all(height >= other for near, other in heights.items() if abs(at - near) <= width / 30)
    }
    what = dict(zip(bands["at"], bands["what"]))
    for at in sorted(main, key=main.get, reverse=True)[: 5 * is_spectrum]:
        around = series[abs(steps - at) <= width / 40]  # what the width of a label covers
        foot = max([main[at], *around]) + 0.06 * unit
        top.vlines(at, main[at], foot, color=GREY, linewidth=0.7)
        top.text(at, foot, f"{at} {what[at]}", rotation=90, **ABOVE).set_in_layout(False)
    bottom.axhline(0, color=GREY, linewidth=0.7)
    bottom.plot(steps, apart, color="black")
    bottom.text(steps[peak], apart[peak], f"   {steps[peak]:.0f}", fontsize=SMALL, va="top")
    heading = f"class {data.classes[first]} minus class {data.classes[second]} (means), enlarged"
    bottom.set(xlabel=data.axis[0], ylabel="difference", title=textwrap.fill(heading, 46))
    picture = colours.image(encoders.encode(series[None], size=min(len(steps), 190)))[0].permute(1, 2, 0).numpy()
    place(right, picture, data)
    right.set(xlabel=data.axis[0], box_aspect=1, title=f"the {kind} as a picture (GADF)")
    heading = (
        f"The two class means farthest apart differ by at most {abs(apart[peak]) / np.ptp(data.series.mean(0)):.1%} of"
        f" the range of a {kind}"
    )
    note = (
        f"{data.name}, series {one}, of class {data.classes[first]}; of {len(pairs)} pairs of classes the one whose"
        " means lie farthest apart"
    )
    return finish(figure, heading, f"{note}; viridis from -1 to 1; notebooks 01 and 02")


@in_front_style
def channels(colormaps, statistics):
    """Red, green and blue along each colormap, a panel each of the first six; what the first does is the finding.

    colormaps: names that matplotlib knows. statistics: of pictures.channel_statistics, as a pandas table; its standard
    deviations on these pictures are written above. Raises ValueError for no colormap or one unknown.
    """
    tables = {name: colours.colormap_table(name).numpy() for name in some([*colormaps], "colormaps", "one or more")[:6]}
    spread = statistics.set_index("colormap")[[f"{name}_sd" for name in CHANNELS]]
    figure, axes = plt.subplots(1, len(tables), figsize=(WIDTH, 3.3), sharey=True, squeeze=False)
    for axis, (name, table) in zip(axes[0], tables.items()):
        axis.imshow(table[None], extent=(-1, 1, -0.22, -0.07), aspect="auto")
        alike = np.ptp(table, axis=1).max() < 0.05
        for curve, (channel, (colour, style)) in zip(table.T, CHANNELS.items()):
            axis.plot(np.linspace(-1, 1, 256), curve, style, color=colour)
            away = np.sort(abs(table.T - curve), 0)[1, 16:-16]  # from the nearer of the others
            at = 16 + int(away.argmax())
            letter = {"color": colour, "fontweight": "bold"} | WHITE | MIDDLE
            if not alike:
                axis.text(at / 127.5 - 1, curve[at], channel[0].upper(), **letter)
        if alike:
            axis.text(0, 0.5, "R, G, B alike", **WHITE, **MIDDLE)
        told = [f"{channel[0].upper()} {value:.2f}" for channel, value in zip(CHANNELS, spread.loc[name])]
        axis.set_title(f"{name}\nsd: {', '.join(told)}")
        axis.set(xlim=(-1, 1), ylim=(-0.22, 1.05), xlabel="value of the field", xticks=[-1, 0, 1], yticks=[0, 0.5, 1])
    axes[0, 0].set_ylabel("value of the channel")
    used = [channel for channel, value in zip(CHANNELS, spread.loc[colormaps[0]]) if value > 0.05]
    heading = f"{colormaps[0]} uses {'all three' if len(used) == 3 else f'{len(used)} of three'} channels:"
    heading += f" {', '.join(used)}{left_out(len(tables), len(set(colormaps)), 'colormaps', 'first')}"
    return finish(figure, heading, "sd: standard deviation over all pictures; notebook 05")


@in_front_style
def encodings(data, names, three, colormap, rows, differences):
    """A typical series of the first and of the last class under each encoding, and three in one picture; above, how
    often a network is right that was fine-tuned on such pictures; below, what the two differ by.

    rows: of the notebook; fine-tuned runs of every encoding. differences: family() of what encodings do against the
    first, its lines of fine-tuned networks. What two pictures differ by is that of the values before they are painted,
    the first minus the last, in percent of their range, on a scale of its own; of three in one the mean of its
    channels'. Raises ValueError for an encoding or colormap that is not known, or without runs.
    """
    data, chosen = brief(data), [_typical(data, k) for k in (0, len(data.classes) - 1)]
    series, side, told = data.series[chosen], min(data.series.shape[1], 72), {}
    tuned = rows[rows["method"] == "fine-tune"]
    figure, axes = plt.subplots(3, len(names) + 1, figsize=(WIDTH, 5.1), squeeze=False)
    for column, name in zip(axes.T, [*names, three]):
        many = "+" in name
        label, colour = ("three in one", colours.FLOAT_FIELD) if many else (words.plain(name), colormap)
        told[label] = some(tuned[tuned["encoding"] == name], "rows", f"runs fine-tuned on {name}")["accuracy"].mean()
        apart = -encoders.render(series, name, colours.FLOAT_FIELD, side).mean(1).diff(dim=0)[0].numpy()
        most, pictures = abs(apart).max() or 1, encoders.render(series, name, colour, side).permute(0, 2, 3, 1).numpy()
        for axis, picture in zip(column, [*pictures, apart]):
            place(axis, picture, data, HEIGHTS.get(name, (None, None))[1], cmap="RdBu", vmin=-most, vmax=most)
            axis.set(xticks=[], yticks=[], box_aspect=1)
        column[0].set_title(f"{label}\n{told[label]:.1%}")
        column[2].set_xlabel(f"up to {_percent(most)}")
    for axis, text in zip(axes[:, 0], [*(f"class {data.classes[data.labels[one]]}" for one in chosen), "difference"]):
        axis.set_ylabel(text)
    worst, best = (f"{told[label]:.0%} ({label})" for label in (min(told, key=told.get), max(told, key=told.get)))
    first, last = (data.classes[data.labels[one]] for one in chosen)
    how = f"{words.plain(tuned['backbone'].iloc[0])}, {tuned['size'].iloc[0]:g} px"
    splits = evaluation.pairs(tuned["split"].nunique(), "splits")
    counts = evaluation.counts(differences[differences["what"].str.startswith("fine-tune")])
    note = (
        f"Above: accuracy, mean of {splits}; {how}, plots alone; differences corrected with those of linear probes."
        f" {data.name}, series {chosen[0]} and {chosen[1]}, here at {side} px, {colormap}; three in one:"
        f" {words.plain(three)}, a channel each, below the channels' mean; bottom: in % of the range, blue where class"
        f" {first} is higher, red where class {last} is; each has a scale of its own, up to its largest; notebook 10"
    )
    heading = f"A CNN fine-tuned on such pictures gets {worst} to {best} right; against {words.plain(names[0])},"
    return finish(figure, f"{heading} {counts}", note)


@in_front_style
def look(data, series, encoding, colormap):
    """One series and its picture; the title names the class whose mean has a picture most like that.

    series: its number. encoding, colormap: as in encoders.render. Compared are values before they are painted, with
    those of the classes' mean training series. Raises ValueError for a series, encoding or colormap that is not there.
    """
    data, (count, steps) = brief(data), data.series.shape
    if isinstance(series, bool) or not isinstance(series, (int, np.integer)) or not 0 <= series < count:
        raise ValueError(f"series: expected a whole number from 0 to {count - 1}, got {series!r}")
    one, side, own = data.series[series], min(steps, 190), data.labels[series]
    picture = encoders.render(one[None], encoding, colormap, side)[0].permute(1, 2, 0).numpy()
    compared = np.stack([one, *class_means(data, data.train)])
    values, *others = (encoders.render(line[None], encoding, colours.FLOAT_FIELD, side) for line in compared)
    apart = [float((other - values).square().mean().sqrt()) for other in others]
    nearest = int(np.argmin(apart))
    figure, (left, right) = plt.subplots(1, 2, figsize=(WIDTH, 4), width_ratios=(1.15, 1))
    left.plot(data.axis[1], one, color="black")
    left.set(xlabel=data.axis[0], ylabel="value", xlim=ends(data))
    label, heights = HEIGHTS.get(encoding, (data.axis[0], None))
    place(right, picture, data, heights)
    right.set(xlabel=data.axis[0], ylabel=label, box_aspect=1, title=f"{words.plain(encoding)}, {colormap}")
    part, (near, home) = "training" if data.train[series] else "test", (data.classes[k] for k in (nearest, own))
    heading = f"Series {series}, of class {home}: its picture is most like that of class {near}'s mean"
    note = (
        f"{data.name}, a {part} series; root mean square difference {_percent(apart[nearest])} of the range, to its"
        f" own class's mean {_percent(apart[own])}; notebook 02"
    )
    return finish(figure, heading, note)


def _typical(data, k):  # the training series of class k that lies nearest to the mean of the class
    own = np.flatnonzero((data.labels == k) & data.train)
    return int(own[((data.series[own] - data.series[data.labels == k].mean(0)) ** 2).mean(1).argmin()])


def _percent(share):  # two digits, but 100%, not 1e+02%
    return f"{float(f'{100 * share:.2g}'):g}%"
