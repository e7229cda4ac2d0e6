"""Series that are still to be classified: read as a data set's own, checked against it, stretched to its steps.

n series, c channels, t time steps.
"""

from collections import namedtuple

import numpy as np

from tsvision.data import datasets, files, formats, tables

New = namedtuple("New", "names series labels unlike")


def new(path, like):
    """Series to be classified by what learnt from a data set: New(names, series, labels, unlike).

    path: FILE?OPTIONS, any format and options that load takes; labels need not be there; '' stands for like's own
    test series. like: the Dataset. names: n ids, or "line 3" where there are none. series: (n, t) or (n, c, t)
    float64 of like's channels and steps, without gaps, as test series are. labels: n texts, not all of like's
    classes perhaps, or None. unlike: (n,) bool, series such as like has none: constant in a channel where no series
    of like is, or farther beyond its range than that is wide. How the file was read is printed, and what was made
    to fit. Raises ValueError naming file and line.
    """
    if not path:
        tested = np.flatnonzero(~like.train)
        labels = [like.classes[label] for label in like.labels[tested]]
        series = like.series[tested]
        return New([f"series {number}" for number in tested], series, labels, _unlike(series, like.series))
    file, share, query = files.parted(path)
    if share or not file.is_file() or file.suffix.lower() not in files.SUFFIXES:
        raise ValueError(
            f"new: expected a file ({', '.join(files.SUFFIXES)}) of series to be classified,"
            f" {'got' if file.exists() else 'there is no'} {path!r}"
        )
    found = _in_order(files.read(file, files.options(query), like), like.channels)
    axis = like.axis if found.axis else None  # lines without a head line are taken to be alike
    files.check_alike(like.channels, axis, found, like.name)
    steps = like.series.shape[-1]
    datasets.check_memory(found.lines, steps)
    names = [line.id or line.where.rpartition(", ")[2] for line in found.lines]
    labels = [line.label for line in found.lines]
    series = np.array([datasets.whole(line.values, steps) for line in found.lines])
    print(f"data: {found.told or tables.told(file, found.lines, found.channels)}")
    other = [line.where for line in found.lines if line.values.shape[-1] != steps]
    unlike = _unlike(series, like.series)
    for where, what in (
        (other, f"of another length stretched to {steps} steps"),
        ([found.lines[k].where for k in np.flatnonzero(unlike)], f"unlike any of {like.name}, constant or far off"),
    ):
        if where:
            print(f"data: {file.name}, {len(where)} series {what}, from {where[0].rpartition(', ')[2]} on")
    if axis is None and like.axis[0].startswith("column names"):
        print(f"data: {file.name}, no numbers above its columns, taken to be those of {like.name}")
    return New(names, series, None if None in labels else labels, unlike)


def _unlike(series, known):
    """Which of series (n, t) or (n, c, t) are constant in a channel where none of the known ones is, or farther beyond
    the range of these than it is wide: (n,) bool.
    """
    series, known = (values.reshape(len(values), -1, values.shape[-1]) for values in (series, known))
    low, high = (end(known, (0, 2), keepdims=True) for end in (np.min, np.max))
    is_flat = (np.ptp(series, 2) == 0) & ~(np.ptp(known, 2) == 0).any(0)
    is_far = (series < low - (high - low)) | (series > high + (high - low))
    return is_flat.any(1) | is_far.any((1, 2))


def _in_order(found, channels):
    """A Content with its channels in another order, if that makes them the same; with their names, if it has none."""
    if len(found.channels) == len(channels) and formats.numbered(len(channels)) in (channels, found.channels):
        return found._replace(channels=channels)
    if not channels or {*found.channels} != {*channels}:
        return found
    order = [found.channels.index(name) for name in channels]
    return found._replace(channels=channels, lines=[line._replace(values=line.values[order]) for line in found.lines])
