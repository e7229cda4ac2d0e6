"""Pictures as the 2018 notebook saved them: a whole figure of matplotlib's, with axes, ticks and a white frame.

n pictures, s side of the plot that is put into the frame, in pixels.
"""

from functools import lru_cache

import numpy as np
import torch
from matplotlib import style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

SIDE = 570  # of the figure of 2018, in pixels


def picture(field, colormap="viridis", pixels=SIDE):
    """One field (s, s) as the 2018 notebook saved it: a whole figure with background, axes and ticks, drawn by imshow.

    Returns (pixels, pixels, 3) uint8: what a saved and reloaded PNG holds.
    """
    return _figure(np.asarray(field), colormap, pixels)[0]


def framed(images, pixels=SIDE, margin=None):
    """Images (n, 3, s, s) in [0, 1] in the frame that matplotlib draws around them: white, with axes and ticks; or in
    its place a margin of one colour, (3,) in [0, 1].

    The picture is shrunk or stretched into the frame's box, which is smaller than the figure; as picture(), but for
    the smoothing. Returns (n, 3, pixels, pixels) float32.
    """
    empty, box = frame(images.shape[-1], pixels)
    top, bottom, left, right = box
    inner = torch.nn.functional.interpolate(images, (bottom - top, right - left), mode="bilinear", antialias=True)
    frame_of = torch.from_numpy(empty).to(images.device).permute(2, 0, 1).float().div(255)
    if margin is not None:
        frame_of[:] = frame_of.new_tensor(margin).view(3, 1, 1)
    out = frame_of.repeat(len(images), 1, 1, 1)
    out[:, :, top:bottom, left:right] = inner
    return out


def plot_side(size):
    """The side in pixels of the plot in a figure with axes of 2018's proportions that is shrunk to size pixels."""
    top, bottom, _, _ = frame(SIDE, SIDE)[1]
    return round(size * (bottom - top) / SIDE)


@lru_cache
def frame(side, pixels):
    """The figure of an empty field and the box of its plot, in pixels: top, bottom, left, right."""
    drawn, extent = _figure(np.zeros((side, side)), "gray", pixels)
    return drawn, tuple(round(edge) for edge in (pixels - extent.y1, pixels - extent.y0, extent.x0, extent.x1))


@style.context("default")  # whatever style is set on this machine: these pictures are trained on
def _figure(field, colormap, pixels):
    figure = Figure(figsize=(pixels / 100, pixels / 100), dpi=100)
    canvas, axes = FigureCanvasAgg(figure), figure.subplots()
    axes.imshow(field, cmap=colormap)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy(), axes.get_window_extent()
