"""Series that are still to be classified: read as a data set's own, checked against it, stretched to its steps.

n series, c channels, t time steps.
"""

from collections import namedtuple

import numpy as np

from tsvision.data import datasets, files, formats, tables

New = namedtuple("New", "names series labels")


def new(path, like):
    """Series to be classified by what learnt from a data set: New(names, series, labels).

    path: FILE?OPTIONS, any format and options that load takes; labels need not be there; '' stands for like's own
    test series. like: the Dataset. names: n ids, or "line 3" where there are none. series: (n, t) or (n, c, t)
    float64 of like's channels and steps, without gaps, as test series are. labels: n texts, not all of like's
    classes perhaps, or None. How the file was read is printed. Raises ValueError naming file and line.
    """
    if not path:
        tested = np.flatnonzero(~like.train)
        labels = [like.classes[label] for label in like.labels[tested]]
        return New([f"series {number}" for number in tested], like.series[tested], labels)
    asked = files.parted(path)
    if asked.share or not asked.path.is_file() or asked.path.suffix.lower() not in files.SUFFIXES:
        raise ValueError(
            f"path: expected a file ({', '.join(files.SUFFIXES)}) of series to be classified, got {path!r}"
        )
    found = _in_order(files.read(asked.path, asked.options, like), like.channels)
    axis = like.axis if found.axis else None  # lines without a head line are taken to be alike
    files.check_alike(like.channels, axis, found, like.name)
    steps = like.series.shape[-1]
    datasets.check_memory(found.lines, steps)
    names = [line.id or line.where.rpartition(", ")[2] for line in found.lines]
    labels = [line.label for line in found.lines]
    series = np.array([datasets.whole(line.values, steps) for line in found.lines])
    print(f"data: {found.told or tables.told(asked.path, found.lines, found.channels)}")
    return New(names, series, None if None in labels else labels)


def _in_order(found, channels):
    """A Content with its channels in another order, if that makes them the same; with their names, if it has none."""
    if found.channels == formats.numbered(len(channels)) or channels == formats.numbered(len(found.channels)):
        return found._replace(channels=channels if len(channels) == len(found.channels) else found.channels)
    if sorted(found.channels) != sorted(channels) or not channels:
        return found
    order = [found.channels.index(name) for name in channels]
    return found._replace(channels=channels, lines=[line._replace(values=line.values[order]) for line in found.lines])
