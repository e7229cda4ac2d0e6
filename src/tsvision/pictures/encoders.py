"""Series to fields, in whole batches on any device; mathematics only.

n series, t time steps, s side in pixels. A field is one number a pixel.
"""

import numpy as np
import torch

from tsvision.pictures import colours

LARGEST = 1e100  # no measured value; squares and sums of such fit a float64


def check_series(series):
    """Return series as a float64 tensor (n, t), t >= 2, on its own device; ValueError names what is wrong with it.

    Values beyond LARGEST either way are refused: their range would overflow.
    """
    try:
        x = torch.as_tensor(series)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise ValueError(f"series: expected an array of numbers ({' '.join(str(error).split())})") from None
    if x.is_complex():
        raise ValueError("series: expected real numbers, got complex ones")
    if x.ndim != 2 or x.shape[0] < 1 or x.shape[1] < 2:
        raise ValueError(f"series: expected shape (n, t) with n >= 1 and t >= 2, got {tuple(x.shape)}")
    x = x.to(torch.float64)
    bad = (~(x.abs() <= LARGEST)).nonzero()
    if len(bad):
        k, step = bad[0].tolist()
        what = "finite values" if not torch.isfinite(x[k, step]) else f"values up to {LARGEST:g} either way"
        raise ValueError(f"series: expected {what}, got {x[k, step].item()} at series {k}, time step {step}")
    return x


def few(series, pixels=2**26):
    """Evenly spread ones of series (n, t), one at least, whose pictures of t x t have no more than so many pixels."""
    m = min(len(series), max(1, pixels // series.shape[1] ** 2))
    return series[np.linspace(0, len(series) - 1, m).astype(int)]


def paa(x, side):
    """Piecewise aggregate approximation: the means of `side` consecutive segments of each of checked series (n, t).

    Segment j covers the steps from floor(j t / side) up to floor((j + 1) t / side). Returns (n, side). Source: Keogh et
    al. 2001; equal to pyts.
    """
    t = x.shape[1]
    if side == t:
        return x
    bounds = torch.from_numpy(np.linspace(0, t, side + 1).astype(np.int64)).to(x.device)
    total = torch.nn.functional.pad(x.cumsum(1), (1, 0))
    return (total[:, bounds[1:]] - total[:, bounds[:-1]]) / (bounds[1:] - bounds[:-1])


def min_max(series, span=None):
    """Scale each series (n, t) to [-1, 1] by its own range; a constant series becomes -1 everywhere, as in pyts.

    span: (low, high) to scale all of them by instead; what lies beyond is cut off.
    """
    if span is None:
        low, high = series.amin(1, keepdim=True), series.amax(1, keepdim=True)
    else:
        low, high = (torch.as_tensor(end, dtype=series.dtype, device=series.device) for end in span)
    unit = (series - low) / torch.where(high > low, high - low, 1)
    return (2 * unit - 1).clamp(-1, 1)


def stretch(series, size):
    """Interpolate each series (n, t) linearly to `size` steps, up or down; the ends stay. Returns (n, size) float64.

    Raises ValueError for bad series, or a size below 2.
    """
    x = check_series(series)
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or size < 2:
        raise ValueError(f"size: expected a whole number from 2 on, got {size!r}")
    return torch.nn.functional.interpolate(x.unsqueeze(1), int(size), mode="linear", align_corners=True).squeeze(1)


def encode(series, encoding="gadf", size=None, span=None):
    """Series (n, t) to fields (n, s, s) float32 in [-1, 1]: `encoding` is a key of ENCODINGS, see there.

    size: side s in pixels, 1 to t, default t: one pixel a time step. span: (low, high) to scale all series by, default
    each by its own range; a spectrogram and an MTF don't depend on a series' scale. Raises ValueError naming the
    argument and the value.
    """
    x = check_series(series)
    with torch.autocast(x.device.type, enabled=False):  # bfloat16 would round to a 256th, a whole step of a colormap
        return check_encoding(encoding)(x, _side(x, size), span)(slice(None)).clamp_(-1, 1)


def gadf(x, side, span=None):
    """Gramian angular difference field, sin(phi_i - phi_j), phi = arccos of the series scaled by min_max.

    out[k, i, j] is -out[k, j, i]; a constant series gives zeros. Source: Wang & Oates 2015; equal to pyts within 1e-6.
    """
    cos, sin = _angles(paa(x, side), span)
    return _product([sin, -cos], [cos, sin])


def gasf(x, side, span=None):
    """Gramian angular summation field, cos(phi_i + phi_j), symmetric. Source and agreement as gadf's."""
    cos, sin = _angles(paa(x, side), span)
    return _product([cos, -sin], [cos, sin])


def recurrence(x, side, span=None):
    """Recurrence plot without threshold: |x_i - x_j|, scaled so that 0 becomes -1 and the series' range becomes 1.

    Equal to pyts' RecurrencePlot() of the shortened series within 1e-6, divided by half its largest value, minus 1. A
    constant series gives -1 everywhere. Source: Eckmann et al. 1987.
    """
    scaled = min_max(paa(x, side), span).float()
    return lambda part: (scaled[part, :, None] - scaled[part, None, :]).abs_().sub_(1)


def mtf(x, side, span=None):
    """Markov transition field: how often step i's quantile bin is followed by step j's, scaled to [-1, 1].

    At fewer pixels than steps, means over blocks. As every block mean is a product of bin shares and transition rates,
    the t x t field is never made. Source: Wang & Oates 2015; equal to pyts (its default, eight bins) within 1e-6.
    """
    bins = 8
    inner = torch.linspace(0, 1, bins + 1, dtype=x.dtype, device=x.device)[1:-1]
    edges = torch.quantile(x, inner, dim=1).T.contiguous()
    member = torch.nn.functional.one_hot(torch.searchsorted(edges, x), bins).to(x.dtype)
    counts = member[:, :-1].transpose(1, 2) @ member[:, 1:]
    rates = counts / counts.sum(2, keepdim=True).clamp_min(1)
    share = paa(member.transpose(1, 2).flatten(0, 1), side).unflatten(0, (len(x), bins))
    left, right = (share.transpose(1, 2) @ (2 * rates)).float(), share.float()
    return lambda part: torch.bmm(left[part], right[part]).sub_(1)


def line(x, side, span=None):
    """The series as a line plot, 2 pixels wide, its range as high as the picture: 1 is ink, -1 none.

    Straight lines join the steps, the first at the left edge and the last at the right one. A pixel column is inked
    from the lowest to the highest point that they reach in it, so that a peak of one step keeps its tip at any size.
    """
    width, scaled, t = min(2.0, side / 2), min_max(x, span), x.shape[1]
    edges = stretch(scaled, side + 1)  # at the columns' left and right edges
    column = (torch.arange(t, device=x.device) * side // (t - 1)).clamp(max=side - 1).expand_as(scaled)  # of each step
    low = edges[:, :-1].minimum(edges[:, 1:]).scatter_reduce(1, column, scaled, "amin")
    high = edges[:, :-1].maximum(edges[:, 1:]).scatter_reduce(1, column, scaled, "amax")
    above, below = ((1 - y) / 2 * (side - width) for y in (high, low))  # in pixels, from the top
    above, below = above.float().unsqueeze(1), (below + width).float().unsqueeze(1)
    rows = torch.arange(side, device=x.device, dtype=torch.float32).view(1, -1, 1)

    def draw(part):
        return (below[part].minimum(rows + 1) - above[part].maximum(rows)).clamp_(0, 1).mul_(2).sub_(1)

    return draw


def spectrogram(x, side, span=None):
    """The power of each frequency around each step, below the picture's largest: 0 dB is 1, -60 dB and less -1.

    Columns are time, from the left; rows are frequencies, from 0 at the bottom to half a cycle a step at the top. Under
    a Hann window of an eighth of the series, 4 steps at least, around every step; its ends are mirrored; powers are
    averaged over the steps of a column. A constant series gives -1 everywhere.
    """
    t = x.shape[1]
    width = min(t, max(4, t // 8))
    steps = torch.arange(width, dtype=x.dtype, device=x.device)
    window = torch.hann_window(width, periodic=False, dtype=x.dtype, device=x.device)
    turns = torch.linspace(0.5, 0, side, dtype=x.dtype, device=x.device).unsqueeze(1) * steps * 2 * torch.pi
    waves = (torch.cat([turns.cos(), turns.sin()]) * window).float()
    scaled = min_max(x)
    centred = (scaled - scaled.mean(1, keepdim=True)).float()
    padded = torch.nn.functional.pad(centred.unsqueeze(1), (width // 2, (width - 1) // 2), "reflect").squeeze(1)

    def draw(part):
        power = (waves @ padded[part].unfold(1, width, 1).transpose(1, 2)).square().unflatten(1, (2, side)).sum(1)
        power = paa(power.flatten(0, 1), side).unflatten(0, (-1, side))
        largest = power.amax((1, 2), keepdim=True).clamp_min(1e-30)
        return ((power / largest).clamp_min(1e-6).log10() / 3 + 1).float()

    return draw


# An encoding takes checked series (n, t) float64, the side s and a span or None, prepares what is quick for all series,
# and returns a function that draws the fields of a slice of them: (m, s, s) float32 in [-1, 1] but for rounding, free
# to be overwritten.
ENCODINGS = {
    "gadf": gadf,
    "gasf": gasf,
    "recurrence": recurrence,
    "mtf": mtf,
    "line": line,
    "spectrogram": spectrogram,
}


def render(
    series, encoding="gadf", colormap="viridis", size=None, mean=colours.UNIT[0], std=colours.UNIT[1], span=None
):
    """Series (n, t) to images (n, 3, s, s) float32: colours.image of encode's fields, less mean, over std.

    encoding: a key of ENCODINGS, or two or three of them joined by '+', one a channel, the third of two their mean;
    colormap must be 'field' then. mean, std: of each of the three channels; they are taken off the table of colours,
    not off the pixels. A few pictures at a time go from series to colours, so that their fields never leave the
    processor's cache. Raises ValueError naming the argument.
    """
    if isinstance(encoding, str) and "+" in encoding:
        names = encoding.split("+")
        if len(names) > 3 or colormap != colours.FLOAT_FIELD:
            raise ValueError(
                f"encoding: expected two or three joined by '+' and colormap {colours.FLOAT_FIELD!r}, got {encoding!r},"
                f" {colormap!r}"
            )
        parts = [render(series, name, colours.FLOAT_FIELD, size, mean, std, span) for name in names]
        channels = [part[:, channel] for channel, part in enumerate(parts)]
        channels += [(parts[0][:, 2] + parts[1][:, 2]) / 2] if len(parts) == 2 else []
        return torch.stack(channels, 1)
    x = check_series(series)
    side = _side(x, size)
    with torch.autocast(x.device.type, enabled=False):  # as in encode
        return colours.paint(check_encoding(encoding)(x, side, span), len(x), side, x.device, colormap, mean, std)


def check_encoding(name):
    """The function of an encoding by its name; ValueError if there is none."""
    if not isinstance(name, str) or name not in ENCODINGS:
        raise ValueError(f"encoding: expected one of {', '.join(ENCODINGS)}, got {name!r}")
    return ENCODINGS[name]


def _side(x, size):
    """The side that a size asks for: 1 to t, None for t; or ValueError."""
    t = x.shape[1]
    if size is None:
        return t
    if isinstance(size, bool) or not isinstance(size, (int, np.integer)) or not 1 <= size <= t:
        raise ValueError(f"size: expected a whole number from 1 to the series' length {t}, got {size!r}")
    return int(size)


def _angles(x, span):
    """cos phi and sin phi of each step, float64."""
    cos = min_max(x, span)
    return cos, (1 - cos.square()).clamp_min(0).sqrt()


def _product(left, right):
    """Fields sum_r left_r[i] right_r[j]: one matrix product of low rank draws each picture."""
    left, right = torch.stack(left, 2).float(), torch.stack(right, 1).float()
    return lambda part: torch.bmm(left[part], right[part])
