"""From series to what a network is shown: an encoding, a colormap, and how the picture gets its side.

n series, c channels, t time steps, s side in pixels.
"""

import itertools
import math
from dataclasses import dataclass, replace

import torch

from tsvision.pictures import colours, encoders, originals

FIGURES = ("axes", "margins", "padded")
DRAWN = ("field", "stretch", "resize", *FIGURES, "crop")
VIEWS = (*DRAWN, "grid", "windows")  # the last two are ways to feed a series, see methods.AnyLength
SCALINGS = ("series", "training")
CHANNELS = ("one", "joined", "mosaic", "stacked")
AT_ONCE = 2**25  # pixels that are drawn at full length together, before they are shrunk


@dataclass(frozen=True)
class Picture:
    """How a series becomes a picture of size x size pixels.

    encoding: a key of encoders.ENCODINGS, or several joined by '+', a channel each, see encoders.render; joined by '|'
    they are a menu for methods that choose. colormap: matplotlib's, or 'field'. view: how a picture gets its side.
    'field': the encoding is computed at `size` (paa of the series). 'stretch': the series is interpolated to `size`
    steps, up or down, then drawn one pixel a step. 'resize': at full length, one pixel a time step, then shrunk to
    `size` with antialiasing. 'axes': at full length, in the frame of a figure of 570 pixels with axes and ticks as in
    2018, then shrunk likewise. 'margins', 'padded': the same figure with nothing around the plot but white, but the
    network's mean colour. 'crop': at full length; fine-tuning crops. 'grid' and 'windows': see methods.AnyLength.
    scaling: each series by its own range, 'series', or by that of all 'training' series; each channel by itself. Raises
    ValueError naming the argument.

    channels: how series of several become a picture; a single one is drawn as 'one', whatever is said here. 'one':
    refuses several. 'joined': a picture of each channel passes the network by itself, what a frozen one says of them is
    put side by side. 'mosaic': tiles of one picture, row by row, ceil(sqrt(c)) a side, in the network's mean colour
    where no tile is left. 'stacked': each channel's field is an input channel of the network, see backbones.load.
    Joined by '|' they are a menu, too.
    """

    encoding: str
    colormap: str
    size: int
    view: str
    scaling: str = "series"
    channels: str = "one"

    def __post_init__(self):
        """Refuse what could not be drawn, before anything is."""
        for name in str(self.encoding).replace("|", "+").split("+"):
            encoders.check_encoding(name)
        if self.colormap != colours.FLOAT_FIELD:
            colours.colormap_table(self.colormap)
        if type(self.size) is not int or self.size < 1:
            raise ValueError(f"size: expected a whole number of pixels from 1 on, got {self.size!r}")
        ways = [("channels", way, CHANNELS) for way in str(self.channels).split("|")]
        for name, value, known in (("view", self.view, VIEWS), ("scaling", self.scaling, SCALINGS), *ways):
            if value not in known:
                raise ValueError(f"{name}: expected one of {', '.join(known)}, got {value!r}")
        if "stacked" in self.channels and ("+" in self.encoding or self.colormap != colours.FLOAT_FIELD):
            raise ValueError(
                f"channels: stacked, each is one field, expected an encoding without '+' and colormap"
                f" {colours.FLOAT_FIELD!r}, got {self.encoding!r}, {self.colormap!r}"
            )

    def menu(self):
        """A Picture for each encoding and way of channels on the menu; encodings joined by '+' have no colormap."""
        return [
            replace(self, encoding=name, channels=way, **({"colormap": colours.FLOAT_FIELD} if "+" in name else {}))
            for name, way in itertools.product(self.encoding.split("|"), self.channels.split("|"))
        ]

    def span(self, series):
        """What draw takes: None, or where they scale all the training series' range, of several channels each."""
        if self.scaling == "series":
            return None
        if several(series):
            return tuple(self.span(series[:, k]) for k in range(series.shape[1]))
        return float(series.min()), float(series.max())

    def inputs(self, series):
        """How many input channels a network has for series (n, t) or (n, c, t); ValueError for several drawn as one."""
        if not several(series):
            return 3
        if self.channels == "one" or "|" in self.channels:
            raise ValueError(
                f"channels: expected joined, mosaic or stacked for series of {series.shape[1]} channels, got"
                f" {self.channels!r}"
            )
        return series.shape[1] if self.channels == "stacked" else 3


def several(series):
    """Whether series have several channels: (n, c, t) with c > 1."""
    return series.ndim == 3 and series.shape[1] > 1


def draw(series, picture, mean, std, span=None):
    """Series (n, t) or (n, c, t) to a Picture's images, normalised, on the device where the series are.

    mean, std: of the three channels, in [0, 1]; stacked ones take the mean of each. span: see Picture.span. Returns (n,
    3, s, s) float32, channels last; of several channels joined (n c, 3, s, s), a series' side by side, and stacked (n,
    c, s, s).
    """
    picture.inputs(series)
    if not several(series):
        return _drawn(series[:, 0] if series.ndim == 3 else series, picture, mean, std, span)
    c = series.shape[1]
    side = math.ceil(math.sqrt(c))
    if picture.channels == "stacked":
        mean, std = ((sum(value) / 3,) * 3 for value in (mean, std))
    own = replace(picture, size=picture.size // side) if picture.channels == "mosaic" else picture
    parts = [_drawn(series[:, k], own, mean, std, one) for k, one in enumerate(span or [None] * c)]
    if picture.channels == "joined":
        images = torch.stack(parts, 1).flatten(0, 1)
    elif picture.channels == "stacked":
        images = torch.cat([part[:, :1] for part in parts], 1)
    else:
        tile = parts[0].shape[2]
        whole = side * tile if picture.view == "crop" else picture.size
        images = parts[0].new_zeros(len(series), 3, whole, whole)
        for k, part in enumerate(parts):
            top, left = k // side * tile, k % side * tile
            images[:, :, top : top + tile, left : left + tile] = part
    return images.contiguous(memory_format=torch.channels_last)


def _drawn(series, picture, mean, std, span):
    """draw() of series of one channel, (n, t)."""
    size, view, colormap = picture.size, picture.view, picture.colormap
    if view not in DRAWN:
        raise ValueError(f"view: expected one of {', '.join(DRAWN)}, got {view!r}")
    if view == "stretch":
        series = encoders.stretch(series, size)

    def part_of(part):
        if view in FIGURES:
            images = encoders.render(part, picture.encoding, colormap, span=span)
            images = originals.framed(images, margin={"margins": (1, 1, 1), "padded": mean}.get(view))
            images = (images - images.new_tensor(mean).view(3, 1, 1)) / images.new_tensor(std).view(3, 1, 1)
        else:
            side = size if view == "field" else None
            images = encoders.render(part, picture.encoding, colormap, side, mean, std, span)
        if view in ("resize", *FIGURES):
            images = torch.nn.functional.interpolate(images, (size, size), mode="bilinear", antialias=True)
        return images

    few = max(1, AT_ONCE // max(series.shape[1], originals.SIDE if view in FIGURES else 1) ** 2)
    images = torch.cat([part_of(part) for part in torch.as_tensor(series).split(few)])
    return images.contiguous(memory_format=torch.channels_last)
