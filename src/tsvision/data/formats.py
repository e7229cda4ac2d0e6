"""Arrays in numpy's own files.

n series, c channels, t time steps.
"""

import zipfile

import numpy as np

from tsvision.data import lines, tables
from tsvision.data.lines import Line
from tsvision.data.tables import Content

LABELS = ("_labels.npy", "_labels.csv")  # what the labels of NAME.npy are called


def beside(path):
    """The file of labels of NAME.npy, or None."""
    found = (path.with_name(path.stem + ending) for ending in LABELS if path.suffix.lower() == ".npy")
    return next((file for file in found if file.is_file()), None)


def arrays(path, labelled):
    """The Content of an .npz, or of an .npy and its labels beside it. labelled: whether there must be labels."""
    try:
        if path.suffix.lower() == ".npz":
            with np.load(path, allow_pickle=False) as found:
                series, labels = (
                    next((found[name] for name in names if name in found), None)
                    for names in (("X", "series"), ("y", "labels"))
                )
                ways = f"arrays X or series, and y or labels, found {', '.join(found) or 'none'}"
        else:
            ways = f"its labels beside it, in {path.stem}{LABELS[0]} or {path.stem}{LABELS[1]}"
            series, labels = np.load(path, allow_pickle=False), beside(path)
            if labels is not None:
                labels = _texts(labels, len(series)) if labels.suffix == ".csv" else np.load(labels, allow_pickle=False)
    except (ValueError, EOFError, zipfile.BadZipFile, OSError) as error:
        raise ValueError(
            f"{path}: expected arrays as numpy saves them, without objects ({' '.join(str(error).split())[:99]})"
        ) from None
    if series is None or (labels is None and labelled):
        raise ValueError(f"{path}: expected {ways}")
    if series.ndim not in (2, 3) or not series.size or series.dtype.kind not in "iufb":
        raise ValueError(
            f"{path}: expected numbers of shape (series, steps) or (series, channels, steps), got {series.dtype} of"
            f" shape {series.shape}"
        )
    if labels is not None and labels.shape != series.shape[:1]:
        raise ValueError(f"{path}: expected {len(series)} labels, one a series, got shape {labels.shape}")
    series = series[:, 0] if series.ndim == 3 and series.shape[1] == 1 else series
    made = []
    for k, values in enumerate(series.astype(np.float64)):
        where = f"{path}, series {k + 1}"
        label = labels if labels is None else lines.label_of(str(labels[k]).strip(), where)
        made.append(Line(lines.checked(values, where), label, where))
    channels = numbered(series.shape[1]) if series.ndim == 3 else ()
    return Content(made, None, channels, tables.told(path, made, channels))


def _texts(path, count):
    """So many labels of a text file, a line each, a head line or none above them."""
    texts = [row[0] for row in lines.cells(path)[1]]
    return np.array(texts[len(texts) == count + 1 :])


def numbered(count):
    """Names of channels that have none."""
    return tuple(f"channel {k + 1}" for k in range(count))
