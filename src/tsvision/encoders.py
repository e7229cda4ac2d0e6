"""Series to fields, and fields to images, in whole batches on any device; no files, no models.

n series, t time steps, s side in pixels. A field is one number a pixel, an image has three channels.
"""

import numpy as np
import torch
from matplotlib import colormaps as mpl_colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

FLOAT_FIELD = "field"  # the name that asks for the field itself instead of a colormap


def check_series(series):
    """Return series as a float64 tensor (n, t), t >= 2, on its own device; ValueError names what is wrong with it."""
    x = torch.as_tensor(series)
    if x.ndim != 2 or x.shape[0] < 1 or x.shape[1] < 2:
        raise ValueError(f"series: expected shape (n, t) with n >= 1 and t >= 2, got {tuple(x.shape)}")
    x = x.to(torch.float64)
    bad = (~torch.isfinite(x)).nonzero()
    if len(bad):
        k, step = bad[0].tolist()
        raise ValueError(f"series: expected finite values, got {x[k, step].item()} at series {k}, time step {step}")
    return x


def paa(series, size):
    """Piecewise aggregate approximation: the means of `size` consecutive segments of each series.

    series: (n, t), finite; size: 1 to t. Segment j covers the steps from floor(j t / size) up to floor((j + 1) t / size).
    Returns (n, size) float64. Raises ValueError for another size. Source: Keogh et al. 2001; equal to pyts.
    """
    x = check_series(series)
    t = x.shape[1]
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or not 1 <= size <= t:
        raise ValueError(f"size: expected a whole number from 1 to the series' length {t}, got {size!r}")
    if size == t:
        return x
    bounds = torch.from_numpy(np.linspace(0, t, size + 1).astype(np.int64)).to(x.device)
    total = torch.nn.functional.pad(x.cumsum(1), (1, 0))
    return (total[:, bounds[1:]] - total[:, bounds[:-1]]) / (bounds[1:] - bounds[:-1])


def min_max(series):
    """Scale each series (n, t) to [-1, 1] by its own range; a constant series becomes -1 everywhere, as in pyts."""
    low, high = series.amin(1, keepdim=True), series.amax(1, keepdim=True)
    unit = (series - low) / torch.where(high > low, high - low, 1)
    return (2 * unit - 1).clamp(-1, 1)


def gadf(series, size=None):
    """Gramian angular difference field, sin(phi_i - phi_j) with phi = arccos(x), of each series.

    series: (n, t), finite; each is shortened to `size` steps by paa, then scaled to [-1, 1] by its own range.
    size: side s in pixels, 1 to t, default t: one pixel a time step.
    Returns (n, s, s) float32 in [-1, 1]; out[k, i, j] is -out[k, j, i] within 1e-7; a constant series gives zeros.
    Raises ValueError naming the argument and the value got. Source: Wang & Oates 2015; equal to pyts within 1e-6.
    """
    x = check_series(series)
    cos = min_max(paa(x, x.shape[1] if size is None else size))
    sin = (1 - cos.square()).clamp_min(0).sqrt()
    # sin_i cos_j - cos_i sin_j is a product of two rank-2 factors: one batched matrix product draws every picture
    left, right = torch.stack([sin, -cos], 2).float(), torch.stack([cos, sin], 1).float()
    return torch.bmm(left, right).clamp_(-1, 1)


ENCODINGS = {"gadf": gadf}


def colormap_table(colormap):
    """The colormap's 256 colours as a float32 tensor (256, 3) in [0, 1]; ValueError for a name matplotlib lacks."""
    if colormap not in mpl_colormaps:
        raise ValueError(f"colormap: expected {FLOAT_FIELD!r} or a name that matplotlib knows, got {colormap!r}")
    return torch.from_numpy(mpl_colormaps[colormap](np.arange(256), bytes=True)[:, :3].astype(np.float32) / 255)


def image(field, colormap="viridis"):
    """Colour fields as matplotlib.pyplot.imsave(..., cmap=colormap, vmin=-1, vmax=1) would, without a file.

    field: (n, s, s) float32 in [-1, 1]. colormap: a matplotlib name; at most 256 colours come out. Or 'field': the
    value itself, scaled to [0, 1] and repeated in three channels, which is 'gray' without its 256 steps.
    Returns (n, 3, s, s) float32 in [0, 1], channels last in memory. Raises ValueError naming the argument.
    """
    if field.ndim != 3 or not (field.abs() <= 1).all():
        raise ValueError(
            f"field: expected (n, s, s) with values in [-1, 1], got {tuple(field.shape)}, "
            f"{field.min().item():.3g} to {field.max().item():.3g}"
        )
    if colormap == FLOAT_FIELD:
        return ((field + 1) / 2).unsqueeze(1).expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)
    return colormap_table(colormap).to(field.device)[index_of(field)].permute(0, 3, 1, 2)


def index_of(field):
    """The step of the colormap, 0 to 255, of each value of a field in [-1, 1]; 1 itself belongs to the last step."""
    return ((field + 1) * 128).to(torch.int32).clamp_(max=255)


def render(series, encoding="gadf", colormap="viridis", size=None):
    """Series (n, t) to images (n, 3, s, s) float32 in [0, 1]: the encoding's field, then its colours."""
    if encoding not in ENCODINGS:
        raise ValueError(f"encoding: expected one of {', '.join(ENCODINGS)}, got {encoding!r}")
    return image(ENCODINGS[encoding](series, size), colormap)


def channel_statistics(field, colormaps):
    """How each colormap spreads fields (n, s, s) over the channels: a dictionary a colormap.

    Keys: colormap, red_mean, red_sd, ... blue_sd (of values in [0, 1], over all pixels), colours (distinct ones).
    """
    lines = []
    for colormap in colormaps:
        images = image(field, colormap)
        line = {"colormap": colormap}
        for channel, name in enumerate(("red", "green", "blue")):
            values = images[:, channel].double()
            line |= {f"{name}_mean": round(values.mean().item(), 6), f"{name}_sd": round(values.std().item(), 6)}
        keys = (
            field.unique()
            if colormap == FLOAT_FIELD
            else colormap_table(colormap)[index_of(field).unique()].unique(dim=0)
        )
        lines.append(line | {"colours": len(keys)})
    return lines


def original_picture(field, colormap="viridis", pixels=570):
    """One field (s, s) as the 2018 notebook saved it: a whole figure with background, axes and ticks, drawn by imshow.

    Returns (pixels, pixels, 3) uint8: what a saved and reloaded PNG holds.
    """
    figure = Figure(figsize=(pixels / 100, pixels / 100), dpi=100)
    canvas = FigureCanvasAgg(figure)
    figure.subplots().imshow(np.asarray(field), cmap=colormap)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
