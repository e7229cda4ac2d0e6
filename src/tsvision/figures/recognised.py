"""Series of several channels as tiles of a picture; new series, and the class that each is taken for."""

import math

import matplotlib.pyplot as plt
import numpy as np

from tsvision.evaluation import words
from tsvision.figures.base import COLOURS, in_plain_style, title
from tsvision.figures.limits import MOST, SIDE, brief, cut, left_out
from tsvision.pictures import Picture, views

SURE = 0.9  # a probability from which on a class counts as told


@in_plain_style
def recognised(series, told, encoding, colormap):
    """New series with their pictures, the least certain first: a panel each, with the class it is taken for.

    series (n, t) or (n, c, t). told: a line a series, with columns name, predicted, probability, and label where the
    true class is known, which is said where it is another; of those that are as certain to two digits, the classes take
    turns. Several channels are lines of one panel above and tiles of one picture below: for the eye, drawn by each
    channel's own range, whatever the recipe saw.
    """
    certain = told["probability"].round(2)
    order = np.lexsort((told.groupby([certain, "predicted"]).cumcount(), certain))
    shown = order[:MOST]
    columns = min(4, len(shown))
    rows = -(-len(shown) // columns)
    size = (2.6 * columns, 3.9 * rows + 0.5)
    figure, axes = plt.subplots(2 * rows, columns, figsize=size, squeeze=False, height_ratios=[1, 2] * rows)
    for axis in axes.flat:
        axis.set_axis_off()
    for number, above, below in zip(shown, axes[::2].flat, axes[1::2].flat):
        line = told.iloc[number]
        _lines_and_tiles(above, below, series[number], encoding, colormap)
        taken, true = f"class {cut(line['predicted'])}, {line['probability']:.2f}", line.get("label", line["predicted"])
        taken += f"\n(is {cut(true)})" * (true != line["predicted"])
        above.set_title(f"{cut(str(line['name']), 24)}\n{taken}")
    sure = int((told["probability"] >= SURE).sum())
    heading = f"{sure} of {len(told)} new series are told with a probability of {SURE} or more"
    left = certain.iloc[order[MOST:]]
    if certain.iloc[shown[-1]] in set(left):
        heading += f"; {len(shown)} of {len(told)} series shown, of the least certain each class in turn"
    else:
        heading += left_out(len(shown), len(told), "series", "least certain")
    return title(figure, f"{heading}; pictures for the eye, by each series' own range")


@in_plain_style
def tiles(sets, encoding):
    """The first test series of each data set: its channels as lines, and below as the tiles of one picture."""
    size = (min(3.4 * len(sets), SIDE), 5.2)
    figure, axes = plt.subplots(2, len(sets), figsize=size, squeeze=False, height_ratios=(1, 2))
    counts = []
    for data, (above, below) in zip(map(brief, sets), axes.T):
        first = np.flatnonzero(~data.train)[0]
        _lines_and_tiles(above, below, data.series[first], encoding, "viridis")
        above.set(title=f"{data.name}\nclass {data.classes[data.labels[first]]}", xlabel=data.axis[0])
        below.set_axis_off()
        counts.append(f"the {len(np.atleast_2d(data.series[0]))} channels of {data.name}")
    axes[0, 0].set_ylabel("value")
    return title(figure, f"Tiles of one picture, {words.plain(encoding)}: {', '.join(counts)}")


def _lines_and_tiles(above, below, series, encoding, colormap):
    """A series (t,) or (c, t) as lines, and as a mosaic, without its last rows where they hold no tile."""
    channels = np.atleast_2d(series)
    for k, channel in enumerate(channels):
        above.plot(channel, color=COLOURS[k % len(COLOURS)], linewidth=0.7)
    count, tile = len(channels), min(channels.shape[1], 128)
    side = math.ceil(math.sqrt(count))
    picture = Picture(encoding, colormap, side * tile, "resize", channels="mosaic")
    white = (1, 1, 1)  # as mean colour it stands where no tile is left
    image = (views.draw(series[None], picture, white, white)[0] + 1).permute(1, 2, 0).clamp(0, 1).numpy()
    below.imshow(image[: -(-count // side) * tile], interpolation="nearest")
