"""Fields to images: a colormap is one table of colours, from which a network's mean and sd are already taken; no files.

n fields, s side in pixels. A field is one number a pixel in [-1, 1], an image has three channels.
"""

import numpy as np
import torch
from matplotlib import colormaps as mpl_colormaps

FLOAT_FIELD = "field"  # the name that asks for the field itself instead of a colormap
# Pixels drawn at a time: what a core's cache holds; on a GPU, what keeps it busy. Memory beyond the images stays flat.
CHUNK = {"cpu": 2**19, "cuda": 2**27}
UNIT = ((0, 0, 0), (1, 1, 1))  # the mean and std that leave an image as it is


def image(field, colormap="viridis"):
    """Colour fields as matplotlib.pyplot.imsave(..., cmap=colormap, vmin=-1, vmax=1) would, without a file.

    field: (n, s, s) float32 in [-1, 1]. colormap: a matplotlib name; at most 256 colours come out. Or 'field': the
    value itself, scaled to [0, 1] and repeated in three channels, which is 'gray' without its 256 steps.
    Returns (n, 3, s, s) float32 in [0, 1], channels last in memory. Raises ValueError naming the argument.
    """
    _check_field(field)
    return paint(lambda part: field[part].clone(), len(field), field.shape[1], field.device, colormap, *UNIT)


def colormap_table(colormap):
    """The colormap's 256 colours as a float32 tensor (256, 3) in [0, 1]; ValueError for a name matplotlib lacks."""
    if not isinstance(colormap, str) or colormap not in mpl_colormaps:
        raise ValueError(f"colormap: expected {FLOAT_FIELD!r} or a name that matplotlib knows, got {colormap!r}")
    table = mpl_colormaps[colormap].resampled(256)  # a user's image.lut may have made it with fewer colours
    return torch.from_numpy(table(np.arange(256), bytes=True)[:, :3].astype(np.float32) / 255)


def paint(draw, n, side, device, colormap, mean, std):
    """Images of n fields, drawn and coloured a chunk at a time; draw(slice) gives fields that may be overwritten."""
    mean, std = (torch.tensor(value, dtype=torch.float32, device=device) for value in (mean, std))
    table = None
    if colormap != FLOAT_FIELD:
        table = (colormap_table(colormap).to(device) - mean) / std
        table = torch.cat([table, table[-1:]])  # for index 256, the value 1
    shape = (n, side, side, 3)
    # numpy asks the system for huge pages, torch doesn't: the first touch of fresh memory costs more than the drawing
    out = torch.from_numpy(np.empty(shape, np.float32)) if device.type == "cpu" else torch.empty(shape, device=device)
    step = max(1, CHUNK.get(device.type, CHUNK["cuda"]) // side**2)
    for begin in range(0, n, step):
        part = slice(begin, min(begin + step, n))
        field = draw(part).add_(1)
        if table is None:
            torch.div(field.div_(2).clamp_(0, 1).unsqueeze(-1) - mean, std, out=out[part])
        else:
            torch.index_select(table, 0, field.mul_(128).to(torch.int32).flatten(), out=out[part].view(-1, 3))
    return out.permute(0, 3, 1, 2)


def _check_field(field):
    low, high = field.aminmax() if field.numel() else (np.nan, np.nan)
    if not (field.ndim == 3 and field.shape[1] == field.shape[2] and low >= -1 and high <= 1):
        raise ValueError(
            f"field: expected (n, s, s) with values in [-1, 1], got {tuple(field.shape)}, {low:.3g} to {high:.3g}"
        )


def channel_statistics(field, colormaps):
    """How each colormap spreads fields (n, s, s) over the channels: a dictionary a colormap.

    Keys: colormap, red_mean, red_sd, ... blue_sd (of values in [0, 1], over all pixels, ddof 1), colours (distinct
    ones). Raises ValueError as image does. A colormap's numbers come from how often each of its 256 steps occurs; no
    picture is made.
    """
    _check_field(field)
    lines = []
    for colormap in colormaps:
        if colormap == FLOAT_FIELD:
            mean, sd = field.double().mean().repeat(3) / 2 + 0.5, field.double().std().repeat(3) / 2
            colours = len(field.unique())
        else:
            steps = ((field + 1) * 128).to(torch.int32).clamp_(max=255)
            table, counts = colormap_table(colormap).to(field.device), torch.bincount(steps.flatten(), minlength=256)
            mean = counts.double() @ table.double() / field.numel()
            sd = (counts.double() @ (table - mean).square() / (field.numel() - 1)).sqrt()
            colours = len(table[counts > 0].unique(dim=0))
        line = {"colormap": colormap}
        for channel, name in enumerate(("red", "green", "blue")):
            line |= {f"{name}_mean": round(mean[channel].item(), 6), f"{name}_sd": round(sd[channel].item(), 6)}
        lines.append(line | {"colours": colours})
    return lines
