"""Series that are still to be classified: read as a data set's own, checked against it, stretched to its steps.

n series, c channels, t time steps.
"""

from collections import namedtuple

import numpy as np

from tsvision.data import datasets, files, formats, tables

New = namedtuple("New", "names series labels unlike")
# of a standard deviation: so far apart means and spreads may lie however alike those of the labelled series are
ALIKE = 0.1
FEW = 20  # labelled series up to which the range of their means and spreads is too short to judge others by


def new(path, like):
    """Series to be classified by what learnt from a data set: New(names, series, labels, unlike).

    path: FILE?OPTIONS, any format and options that load takes; labels need not be there; '' stands for like's own
    test series. like: the Dataset. names: n ids, or "line 3" where there are none. series: (n, t) or (n, c, t)
    float64 of like's channels and steps, without gaps, as test series are. labels: n texts, not all of like's
    classes perhaps, or None. unlike: (n,) bool, series such as like has none: constant in a channel where no series
    of like is, or with a value, a mean or a standard deviation farther beyond the range of like's than that is wide.
    How the file was read is printed, and what was made to fit. Raises ValueError naming file and line.
    """
    if not path:
        tested = np.flatnonzero(~like.train)
        labels = [like.classes[label] for label in like.labels[tested]]
        series = like.series[tested]
        print(f"data: no new series were given, so the test series of {like.name} stand for them")
        return New([f"series {number}" for number in tested], series, labels, np.zeros(len(tested), bool))
    file, share, query = files.parted(path)
    if share or not file.is_file() or file.suffix.lower() not in files.SUFFIXES:
        raise ValueError(
            f"new: expected a file ({', '.join(files.SUFFIXES)}) of series to be classified,"
            f" {'got' if file.exists() else 'there is no'} {path!r}"
        )
    found = _turned(_in_order(files.read(file, files.options(query), like), like.channels), like.axis[1])
    axis = like.axis if found.axis else None  # lines without a head line are taken to be alike
    files.check_alike(like.channels, axis, found, like.name)
    steps = like.series.shape[-1]
    datasets.check_memory(found.lines, steps)
    names = [line.id or line.where.rpartition(", ")[2] for line in found.lines]
    labels = [line.label for line in found.lines]
    series = np.array([datasets.whole(line.values, steps) for line in found.lines])
    print(f"data: {found.told or tables.told(file, found.lines, found.channels)}")
    far, shifted = _unlike(series, like.series)
    moved = ", which moves every column" * bool(like.axis[0].startswith("column names"))
    for is_so, what in (
        ([np.isnan(line.values).any() for line in found.lines], "with missing values filled in"),
        (
            [line.values.shape[-1] != steps for line in found.lines],
            f"of another length stretched to {steps} steps{moved}",
        ),
        (far, f"unlike any of {like.name}, constant or far off"),
        (shifted, f"of another mean or spread than any of {like.name}: is one file standardised, the other not?"),
        ([label not in (None, *like.classes) for label in labels], f"with a label that is no class of {like.name}"),
    ):
        if any(is_so):
            first = found.lines[list(is_so).index(True)].where.rpartition(", ")[2]
            print(f"data: {file.name}, {sum(is_so)} of {len(series)} series {what}, from {first} on")
    if axis is None and like.axis[0].startswith("column names"):
        print(f"data: {file.name}, no numbers above its columns, taken to be those of {like.name}")
    return New(names, series, None if None in labels else labels, far | shifted)


def _unlike(series, known):
    """Which of series (n, t) or (n, c, t) are constant in a channel where none of the known ones is, or farther beyond
    the range of these than it is wide; and which others have a mean or a standard deviation so far off, and than ALIKE
    allows, as raw spectra beside standardised ones: two of (n,) bool.
    """
    series, known = (values.reshape(len(values), -1, values.shape[-1]) for values in (series, known))
    is_flat = (np.ptp(series, 2) == 0) & ~(np.ptp(known, 2) == 0).any(0)
    far = (is_flat | _beyond(series, known, (0, 2), 0).any(2)).any(1)
    least, times = ALIKE * np.median(known.std(2), 0), max(1, FEW / len(known))
    each = ((values.mean(2), values.std(2)) for values in (series, known))
    return far, ~far & np.any([_beyond(ours, theirs, 0, least, times).any(1) for ours, theirs in zip(*each)], 0)


def _beyond(values, known, axis, least, times=1):
    """Which values lie farther beyond the range of the known ones, along axis, than it is wide, so many times, and than
    least.
    """
    low, high = (end(known, axis, keepdims=True) for end in (np.min, np.max))
    width = np.maximum(times * (high - low), least)
    return (values < low - width) | (values > high + width)


def _in_order(found, channels):
    """A Content with its channels in another order, if that makes them the same; with their names, if it has none."""
    if len(found.channels) == len(channels) and formats.numbered(len(channels)) in (channels, found.channels):
        return found._replace(channels=channels)
    if not channels or {*found.channels} != {*channels}:
        return found
    order = [found.channels.index(name) for name in channels]
    return found._replace(channels=channels, lines=[line._replace(values=line.values[order]) for line in found.lines])


def _turned(found, axis):
    """A Content turned round if its columns' numbers fall where axis climbs, or climb where it falls."""
    if found.axis is None or len(axis) < 2 or not np.array_equal(found.axis[1][::-1], axis):
        return found
    lines = [line._replace(values=line.values[..., ::-1]) for line in found.lines]
    return found._replace(axis=(found.axis[0], axis), lines=lines, told=f"{found.told}, columns turned round")
