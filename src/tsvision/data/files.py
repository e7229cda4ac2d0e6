"""The user's own files: where they are, which belong together, and what is said of their columns.

A data set is asked for by PATH?OPTIONS or FILE@SHARE?OPTIONS: a folder with NAME_TRAIN and NAME_TEST, or one file and
the share of each class that is for training, else half. An option names a column, OPTION=COLUMN, and & stands between
two; see columns.ROLES.
"""

import hashlib
import itertools
import os
import re
from collections import namedtuple
from pathlib import Path
from urllib.parse import unquote

import numpy as np

from tsvision.data import columns, formats, lines, tables

ROOT = Path(__file__).resolve().parents[3]
TABLES = (".csv", ".tsv", ".txt")  # which may have names of columns
SUFFIXES = (*TABLES, ".ts", ".arff", ".npz", ".npy")
BESIDE = (".arff", ".txt")  # which lie beside others of the same name in the archive

HALF = "0.5"  # of each class is for training where a file is given without a share
Own = namedtuple("Own", "name train test source axis channels told options")


def read(path, options=(), like=None):
    """The tables.Content of a file. options: {role: [names of columns]}. like: the Dataset for whose classes series are
    read that need no labels, with its options, too. Raises ValueError naming file and line or column.
    """
    suffix, labelled, options = path.suffix.lower(), like is None, dict(options)
    if options and suffix not in TABLES:
        raise ValueError(f"{path}: expected no options, for it has no columns, got {', '.join(options)}")
    if suffix in (".npz", ".npy"):
        return formats.arrays(path, labelled)
    if suffix in TABLES:
        return tables.read(path, options, like)
    found = lines.archived(path, labelled)
    several = found[0].values.ndim > 1
    return tables.Content(found, channels=formats.numbered(len(found[0].values)) if several else ())


def is_path(name):
    """Whether a data set is asked for by the path of a file or folder that is there; a bare word is a name of the
    archive, ./word a path.
    """
    try:
        return isinstance(name, str) and bool(name) and not name.isidentifier() and parted(name)[0].exists()
    except OSError:  # too long for a path
        return False


def parted(given):
    """PATH, FILE@SHARE and ?OPTIONS behind either as a path and two texts, '' for what is not given; a path may hold an
    @ and a ? of its own.
    """
    named, _, query = (given, "", "") if from_root(given).exists() else given.partition("?")
    path, _, share = named.rpartition("@")
    if path and not from_root(named).exists():
        return from_root(path), share, query
    return from_root(named), "", query


def options(query):
    """What is said of columns, {role: [names]}. Raises ValueError for an option that there is not."""
    found = {}
    for part in filter(None, query.split("&")):
        role, _, column = part.partition("=")
        if role not in columns.ROLES or role in found or not column or {"id", "average"} <= {role, *found}:
            raise ValueError(
                f"dataset: expected options like label=COLUMN behind the question mark, each of"
                f" {', '.join(columns.ROLES)} once at most, and not both id and average, got {part!r}"
            )
        found[role] = [unquote(one) for one in (column.split(",") if role == "value" else [column])]
    return found


def from_root(given):
    """A path; one that leads nowhere from the working directory, which is notebooks/ in Jupyter, counts from ROOT. A
    quoted ~, which no shell opens, is the home.
    """
    path = Path(os.path.expanduser(given))
    return path if path.exists() else ROOT / path


def tag(dataset):
    """What the folder of another data set's results is called by: its name, or that of its file or folder and where it
    lies.
    """
    if not is_path(dataset):
        return dataset
    path, share, query = parted(dataset)
    where = hashlib.sha256((f"{path.resolve()}@{share}" + f"?{query}" * bool(query)).encode()).hexdigest()[:6]
    return f"{re.sub(r'[^A-Za-z0-9]+', '_', path.resolve().stem)}-{where}"


def _shown(folder):
    """What lies in a folder, sorted, without what an operating system or office program leaves beside it."""
    return [path for path in sorted(folder.iterdir()) if path.name[0] not in ".~"]


def below(name):
    """The files of a data set that is asked for by path: a list, empty for one asked for by name."""
    if not is_path(name):
        return []
    path = parted(name)[0]
    if path.is_dir():
        return [file for file in _shown(path) if "_T" in file.name]
    return [path, *filter(None, [formats.beside(path)])]


def own(given):
    """The user's own series, from a folder with NAME_TRAIN and NAME_TEST or FILE@SHARE: Own, with train and test as
    lists of lines. Raises ValueError for other paths, for two files that differ in their columns, and for labels that
    are measurements or only number the lines.
    """
    path, share, query = parted(given)
    asked, share_of = options(query), lines.value(share or HALF) or 0
    if path.is_dir() and not share:
        pair = _pair(path)
        name, source = pair[0].stem.removesuffix("_TRAIN"), f"own files {pair[0].name}, {pair[1].name}"
    elif path.is_file() and path.suffix.lower() in SUFFIXES and 0 < share_of < 1:
        pair, name = [path], path.stem
        source = f"own file {path.name}, {share_of:g} of each class drawn for training"
    else:
        raise ValueError(
            f"dataset: expected a folder or a file ({', '.join(SUFFIXES)}; save a workbook as CSV UTF-8), behind which"
            f" an @ may give the share of each class that is for training, {path.stem}.csv@0.7, got {given!r}"
        )
    found = [read(file, asked) for file in pair]
    parts = [part.lines for part in found]
    labels, where = [line.label for line in itertools.chain(*parts)], parts[0][0].where
    if len({*labels}) == len(labels) > 2 and None not in map(lines.value, labels) and any("." in one for one in labels):
        raise ValueError(
            f"{where}: expected classes, got labels that are measurements, {', '.join(labels[:3])} ...: regression is"
            " not done here; put them into classes, such as low and high"
        )
    if all(_only_number(part) for part in parts):
        way = "name the column of labels, ?label=COLUMN" if found[0].told else tables.WITHOUT
        raise ValueError(
            f"{where}: expected labels, got an index: they only number the lines, {', '.join(labels[:3])} ...; {way},"
            " or name the classes by words"
        )
    check_alike(found[0].channels, found[0].axis, found[-1], pair[0].name)
    train, test = parts if len(parts) == 2 else _divided(parts[0], share_of)
    axes = [part.axis for part in found]  # of times it is only where all series have the same
    axis = axes[0] if None not in axes and np.array_equal(axes[0][1], axes[-1][1]) else None
    told = [part.told for part in found if part.told]
    known = {line.id for line in train}
    if "average" in asked and (both := [line for line in test if line.id in known]):
        told.append(
            f"{len(both)} of {len(test)} series of {pair[-1].name} have the id of one in {pair[0].name}, from"
            f" {both[0].id} on: samples on both sides make results too good"
        )
    label = found[0].label
    # one with a number, such as V1 or 0, may name a column of values in a file without labels
    called = {"label": [label]} if label and not label[-1].isdecimal() else {}
    return Own(name.replace(",", " "), train, test, source, axis, found[0].channels, told, called | asked)


def _only_number(found):
    """Whether labels number the lines: whole numbers, each once, in any order; or counted through twice, as in two
    tables made one.
    """
    labels = [line.label for line in found]
    if len(labels) < 3 or not all(label.isdecimal() and len(label) < 16 for label in labels):
        return False
    breaks = (np.diff([int(label) for label in labels]) != 1).sum()
    return len({*labels}) == len(labels) or (breaks == 1 and len(labels) >= 20)


def check_alike(channels, axis, found, name):
    """Raise ValueError unless a Content has the channels, and the axis of columns' names, of what name has."""
    where = found.lines[0].where
    if len(found.channels) != len(channels):
        raise ValueError(
            f"{where}: expected {len(channels) or 1} channels as {name} has, got {len(found.channels) or 1}"
        )
    ours, theirs = (one[1].tolist() if one and one[0].startswith("column names") else [] for one in (axis, found.axis))
    for what, one, two in (("channels", channels, found.channels), ("column names", ours, theirs)):
        pairs = itertools.zip_longest(one, two, fillvalue="none")
        if differ := next(((old, new) for old, new in pairs if old != new), None):
            way = "; interpolate the series to them before" * (what == "column names")
            raise ValueError(
                f"{where}: expected the {what} of {name}, in their order, got {differ[1]} for {differ[0]}{way}"
            )
    units = [one[0] for one in (axis, found.axis) if one and one[0].startswith("column names in")]
    if len({*units}) > 1:
        raise ValueError(f"{where}: expected {units[0]} as {name} has, got {units[1]}")


def _pair(folder):
    """NAME_TRAIN and NAME_TEST in a folder; the archive's .txt and .arff, which lie beside its .ts, where nothing else
    does.
    """
    shown, pairs = {(path.stem, path.suffix.lower()): path for path in _shown(folder)}, {}
    for (stem, suffix), path in shown.items():
        other = shown.get((f"{stem[:-5]}TEST", suffix))
        if stem.endswith("_TRAIN") and suffix in SUFFIXES and other and path.is_file() and other.is_file():
            pairs.setdefault(BESIDE.index(suffix) if suffix in BESIDE else len(BESIDE), []).append([path, other])
    found = pairs[max(pairs)] if pairs else []
    if len(found) != 1:
        names = ", ".join(path.name for path in itertools.chain(*found or [[*shown.values()][:6]])) or "nothing"
        raise ValueError(
            f"dataset: expected one NAME_TRAIN and NAME_TEST ({', '.join(SUFFIXES)}, both the same) in {folder},"
            f" found {names}"
        )
    return found[0]


def _divided(found, share):
    """Two lists of lines: a share of each class, drawn at random but always the same, one line at least, and the
    others.
    """
    rng, train = np.random.default_rng(0), set()
    for label in sorted({line.label for line in found}):
        own = rng.permutation([k for k, line in enumerate(found) if line.label == label])
        if len(own) < 2:
            raise ValueError(
                f"{found[own[0]].where}: expected two series or more of class {label}, to train and to test on, got one"
            )
        train |= set(own[: min(max(1, round(share * len(own))), len(own) - 1)].tolist())
    return [[line for k, line in enumerate(found) if (k in train) == is_train] for is_train in (True, False)]
