"""Files that hold no lines of text: arrays of numpy, frames of parquet; and the archive's .arff.

n series, c channels, t time steps.
"""

import io
import zipfile

import numpy as np
import pandas as pd

from tsvision.data import lines, tables
from tsvision.data.tables import Content

LABELS = ("_labels.npy", "_labels.csv")  # what the labels of NAME.npy are called


def read(path, options, labelled=True):
    """The Content of a file in one of FORMATS; options are for parquet and .arff, whose columns have names. labelled:
    whether there must be labels. Raises ValueError naming the file.
    """
    suffix = path.suffix.lower()
    if options and suffix in (".npz", ".npy"):
        raise ValueError(f"{path}: expected no options, for it has no columns, got {', '.join(options)}")
    return FORMATS[suffix](path, options, labelled)


def beside(path):
    """The file of labels of NAME.npy, or None."""
    found = (path.with_name(path.stem + ending) for ending in LABELS if path.suffix.lower() == ".npy")
    return next((file for file in found if file.is_file()), None)


def _npz(path, options, labelled):
    with _opened(path) as arrays:
        series = next((_array(path, arrays, name) for name in ("X", "series") if name in arrays), None)
        labels = next((_array(path, arrays, name) for name in ("y", "labels") if name in arrays), None)
        if series is None or (labels is None and labelled):
            raise ValueError(
                f"{path}: expected arrays X or series, and y or labels, found {', '.join(arrays) or 'none'}"
            )
    return _content(path, series, labels)


def _npy(path, options, labelled):
    labels = beside(path)
    if labels is None and labelled:
        raise ValueError(f"{path}: expected its labels beside it, in {path.stem}{LABELS[0]} or {path.stem}{LABELS[1]}")
    series = _opened(path)
    if labels is None or labels.suffix == ".npy":
        return _content(path, series, labels if labels is None else _opened(labels))
    texts = [text.strip().strip('"') for _, text in lines.lines(labels) if text.strip()]
    return _content(path, series, np.array(texts[len(texts) == len(series) + 1 :]))  # a head line or none


def _opened(path):
    try:
        return np.load(path, allow_pickle=False)
    except (ValueError, EOFError, zipfile.BadZipFile, OSError) as error:
        raise ValueError(f"{path}: expected arrays as numpy saves them, without objects ({_brief(error)})") from None


def _array(path, arrays, name):
    try:
        return arrays[name]
    except (ValueError, EOFError, zipfile.BadZipFile, OSError) as error:
        raise ValueError(f"{path}: expected an array {name} without objects ({_brief(error)})") from None


def _content(path, series, labels):
    """The Content of arrays: series (n, t) or (n, c, t), labels (n,) or None."""
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
        made.append(
            tables.line(values, labels if labels is None else lines.label_of(str(labels[k]).strip(), where), where)
        )
    channels = numbered(series.shape[1]) if series.ndim == 3 else ()
    return Content(made, None, channels, tables.told(path, made, channels))


def numbered(count):
    """Names of channels that have none."""
    return tuple(f"channel {k + 1}" for k in range(count))


def _parquet(path, options, labelled):
    try:
        frame = pd.read_parquet(path)
    except ImportError:
        raise ValueError(
            f"{path}: expected pyarrow to read it with, it is not installed; save a .csv instead"
        ) from None
    except (ValueError, OSError) as error:
        raise ValueError(f"{path}: expected a parquet file ({_brief(error)})") from None
    has_index = not isinstance(frame.index, pd.RangeIndex)
    return tables.from_frame(path, frame.reset_index() if has_index else frame, options, labelled)


def _arff(path, options, labelled):
    """As the archive has it: attributes in columns, or the channels of a series in a relational one."""
    text = "\n".join(line for _, line in lines.lines(path))
    try:
        if "relational" in text[: text.lower().find("@data")].lower():
            from aeon.datasets import load_from_arff_file  # imports numba: seconds

            return _content(path, *load_from_arff_file(str(path)))
        from scipy.io import arff

        rows, about = arff.loadarff(io.StringIO(text))
    except (ValueError, TypeError, IndexError, NotImplementedError, StopIteration) as error:
        if str(error).startswith(f"{path}"):
            raise
        raise ValueError(f"{path}: expected an .arff file as the archive has it ({_brief(error)})") from None
    if not about.names() or not rows.size:
        raise ValueError(f"{path}: expected attributes and series, got none")
    frame = pd.DataFrame(rows)
    for name, kind in zip(about.names(), about.types()):
        if kind == "nominal":
            frame[name] = frame[name].str.decode("utf-8")
    return tables.from_frame(path, frame, options, labelled)


def _brief(error):
    return " ".join(str(error).split())[:99] or type(error).__name__


FORMATS = {".parquet": _parquet, ".arff": _arff, ".npz": _npz, ".npy": _npy}
