"""From series to what a network is shown: an encoding, a colormap, and how the picture gets its side.

n series, t time steps, s side in pixels.
"""

from dataclasses import dataclass, replace

import torch

from tsvision.pictures import colours, encoders, originals

DRAWN = ("field", "stretch", "resize", "axes", "crop")
VIEWS = (*DRAWN, "grid", "windows")  # the last two are ways to feed a series, see methods.AnyLength
SCALINGS = ("series", "training")
AT_ONCE = 2**25  # pixels that are drawn at full length together, before they are shrunk


@dataclass(frozen=True)
class Picture:
    """How a series becomes a picture of size x size pixels.

    encoding: a key of encoders.ENCODINGS, or several joined by '+', a channel each, see encoders.render; joined by '|'
    they are a menu for methods that choose. colormap: matplotlib's, or 'field'. view: how a picture gets its side.
    'field': the encoding is computed at `size` (paa of the series). 'stretch': the series is interpolated to `size`
    steps, up or down, then drawn one pixel a step. 'resize': at full length, one pixel a time step, then shrunk to
    `size` with antialiasing. 'axes': at full length, in the frame of a figure of 570 pixels with axes and ticks as in
    2018, then shrunk likewise. 'crop': at full length; fine-tuning crops. 'grid' and 'windows': see methods.AnyLength.
    scaling: each series by its own range, 'series', or by that of all 'training' series. Raises ValueError naming the
    argument.
    """

    encoding: str
    colormap: str
    size: int
    view: str
    scaling: str = "series"

    def __post_init__(self):
        """Refuse what could not be drawn, before anything is."""
        for name in str(self.encoding).replace("|", "+").split("+"):
            encoders.check_encoding(name)
        if self.colormap != colours.FLOAT_FIELD:
            colours.colormap_table(self.colormap)
        if type(self.size) is not int or self.size < 1:
            raise ValueError(f"size: expected a whole number of pixels from 1 on, got {self.size!r}")
        for name, known in (("view", VIEWS), ("scaling", SCALINGS)):
            if (value := getattr(self, name)) not in known:
                raise ValueError(f"{name}: expected one of {', '.join(known)}, got {value!r}")

    def menu(self):
        """A Picture for each encoding of the menu; channels joined by '+' have no colormap."""
        names = self.encoding.split("|")
        return [
            replace(self, encoding=name, **({"colormap": colours.FLOAT_FIELD} if "+" in name else {})) for name in names
        ]

    def span(self, series):
        """What encoders.encode takes: None, or the range of `series`, the training series, where that scales all."""
        return None if self.scaling == "series" else (float(series.min()), float(series.max()))


def draw(series, picture, mean, std, span=None):
    """Series (n, t) to a Picture's images, normalised, on the device where the series are.

    mean, std: of the three channels, in [0, 1]. span: see Picture.span. Returns (n, 3, s, s) float32, channels last.
    """
    size, view, colormap = picture.size, picture.view, picture.colormap
    if view not in DRAWN:
        raise ValueError(f"view: expected one of {', '.join(DRAWN)}, got {view!r}")
    if view == "stretch":
        series = encoders.stretch(series, size)

    def part_of(part):
        if view == "axes":
            images = originals.framed(encoders.render(part, picture.encoding, colormap, span=span))
            images = (images - images.new_tensor(mean).view(3, 1, 1)) / images.new_tensor(std).view(3, 1, 1)
        else:
            side = size if view == "field" else None
            images = encoders.render(part, picture.encoding, colormap, side, mean, std, span)
        if view in ("resize", "axes"):
            images = torch.nn.functional.interpolate(images, (size, size), mode="bilinear", antialias=True)
        return images

    few = max(1, AT_ONCE // max(series.shape[1], originals.SIDE if view == "axes" else 1) ** 2)
    if view == "field" or len(series) <= few:
        images = part_of(series)
    else:
        images = torch.cat([part_of(part) for part in torch.as_tensor(series).split(few)])
    return images.contiguous(memory_format=torch.channels_last)
