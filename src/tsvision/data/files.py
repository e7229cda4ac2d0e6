"""The user's own files: where they are, which belong together, and what is said of their columns.

A data set is asked for by PATH?OPTIONS or FILE@SHARE?OPTIONS: a folder with NAME_TRAIN and NAME_TEST, or one file and
the share of each class that is for training, else half. An option names a column, OPTION=COLUMN, and & stands between
two; see columns.ROLES.
"""

import hashlib
import itertools
import re
from collections import namedtuple
from pathlib import Path
from urllib.parse import unquote

import numpy as np

from tsvision.data import columns, formats, lines, tables

ROOT = Path(__file__).resolve().parents[3]
SUFFIXES = (*lines.PARTED_BY, *formats.FORMATS)
BESIDE = (".txt", ".arff")  # which lie beside others of the same name in the archive

HALF = "0.5"  # of each class is for training where a file is given without a share
Asked = namedtuple("Asked", "path share options query")  # a path, a text or '', {role: column}, options as written
Own = namedtuple("Own", "name train test source axis channels told")


def read(path, options=(), like=None):
    """The tables.Content of a file, UTF-8 if it is text: lines of labelled series, a table with a head line, or one of
    formats. options: {role: column} of the user's. like: the Dataset for whose classes series are read that need no
    labels. Raises ValueError naming file and line or column.
    """
    options, suffix, labelled = dict(options), path.suffix.lower(), like is None
    if suffix in formats.FORMATS:
        return formats.read(path, options, labelled)
    if suffix == ".ts" and options:
        raise ValueError(f"{path}: expected no options, for it has no columns, got {', '.join(options)}")
    if suffix != ".ts" and (found := tables.head(path, bool(options), labelled)):
        return tables.read(path, found, options, labelled)
    try:
        return content(lines.read(path) if labelled else lines.read_new(path, like.classes, like.series.shape[-1]))
    except lines.HeadLineError:
        if not (found := tables.usual_head(path)):
            raise
    return tables.read(path, found, options, labelled)


def content(made):
    """The tables.Content of lines without a head line."""
    values = made[0].values
    return tables.Content(made, None, formats.numbered(len(values)) if values.ndim == 2 else (), "")


def is_path(name):
    """Whether a data set is asked for by the path of a file or folder that is there; a bare word is a name of the
    archive, ./word a path.
    """
    try:
        return isinstance(name, str) and bool(name) and not name.isidentifier() and _place(name)[0].exists()
    except OSError:  # too long for a path
        return False


def _place(given):
    """PATH, FILE@SHARE and ?OPTIONS behind either as a path and two texts, '' for what is not given; a path may hold an
    @ and a ? of its own.
    """
    named, _, query = (given, "", "") if _from_root(given).exists() else given.partition("?")
    path, _, share = named.rpartition("@")
    if path and not _from_root(named).exists():
        return _from_root(path), share, query
    return _from_root(named), "", query


def parted(given):
    """What is asked for by a path, Asked. Raises ValueError for an option that there is not."""
    path, share, query = _place(given)
    options = {}
    for part in filter(None, query.split("&")):
        role, _, column = part.partition("=")
        if role not in columns.ROLES or role in options or not column:
            raise ValueError(
                f"dataset: expected options like label=COLUMN behind the question mark, each of"
                f" {', '.join(columns.ROLES)} once at most, got {part!r}"
            )
        options[role] = [unquote(one) for one in column.split(",")] if role == "value" else unquote(column)
    return Asked(path, share, options, query)


def _from_root(given):
    """A path; one that leads nowhere from the working directory, which is notebooks/ in Jupyter, counts from ROOT."""
    path = Path(given)
    return path if path.exists() else ROOT / path


def tag(dataset):
    """What the folder of another data set's results is called by: its name, or that of its file or folder and where it
    lies.
    """
    if not is_path(dataset):
        return dataset
    path, share, query = _place(dataset)
    where = hashlib.sha256((f"{path.resolve()}@{share}" + f"?{query}" * bool(query)).encode()).hexdigest()[:6]
    return f"{re.sub(r'[^A-Za-z0-9]+', '_', path.resolve().stem)}-{where}"


def _shown(folder):
    """What lies in a folder, sorted, without what an operating system or office program leaves beside it."""
    return [path for path in sorted(folder.iterdir()) if path.name[0] not in ".~"]


def below(name):
    """The files of a data set that is asked for by path: a list, empty for one asked for by name."""
    if not is_path(name):
        return []
    path = _place(name)[0]
    if path.is_dir():
        return [file for file in _shown(path) if "_T" in file.name]
    return [path, *filter(None, [formats.beside(path)])]


def own(given):
    """The user's own series, from a folder with NAME_TRAIN and NAME_TEST or FILE@SHARE: Own, with train and test as
    lists of lines. Raises ValueError for other paths, for what looks like a head line of numbers or an index in both
    files, for two files that differ in their columns, and for labels that are measurements.
    """
    asked = parted(given)
    path, share = asked.path, asked.share
    if path.is_dir() and not share:
        pair = _pair(path)
        name, source = pair[0].stem.removesuffix("_TRAIN"), f"own files {pair[0].name}, {pair[1].name}"
    elif path.is_file() and path.suffix.lower() in SUFFIXES and _is_share(share or HALF):
        share = share or HALF
        pair, name = [path], path.stem
        source = f"own file {path.name}, {float(share):g} of each class drawn for training"
    else:
        raise ValueError(
            f"dataset: expected a folder, or a file ({', '.join(SUFFIXES)}), if not half of each class is for training"
            f" with the share that is, such as {path.stem}.csv@0.7, got {given!r}"
        )
    found = _checked([read(file, asked.options) for file in pair])
    if not found[0].told and _is_head_twice([part.lines for part in found]):
        heads = [tables.usual_head(file) for file in pair]
        if None in heads:
            raise lines.head_error(found[0].lines[0])
        found = _checked([tables.read(*file, asked.options) for file in zip(pair, heads)])
    check_alike(found[0].channels, found[0].axis, found[-1], pair[0].name)
    parts = [part.lines for part in found]
    train, test = parts if len(parts) == 2 else _divided(parts[0], float(share))
    told = [part.told for part in found if part.told]
    axes = [part.axis for part in found]  # of times it is only where all series have the same
    axis = axes[0] if None not in axes and np.array_equal(axes[0][1], axes[-1][1]) else None
    return Own(name.replace(",", " "), train, test, source, axis, found[0].channels, told)


def check_alike(channels, axis, found, name):
    """Raise ValueError unless a Content has the channels, and the axis of columns' names, of what name has."""
    where = found.lines[0].where
    if len(found.channels) != len(channels):
        raise ValueError(
            f"{where}: expected {len(channels) or 1} channels as {name} has, got {len(found.channels) or 1}"
        )
    ours, theirs = ([] if one is None or one[0] != "column names" else one[1].tolist() for one in (axis, found.axis))
    for what, one, two in (("channels", channels, found.channels), ("column names", ours, theirs)):
        pairs = itertools.zip_longest(one, two, fillvalue="none")
        if differ := next(((old, new) for old, new in pairs if old != new), None):
            raise ValueError(f"{where}: expected the {what} of {name}, in their order, got {differ[1]} for {differ[0]}")


def _checked(found):
    """Contents whose labels are no measurements and no index: ValueError."""
    parts = [part.lines for part in found]
    labels, where = [line.label for line in itertools.chain(*parts)], parts[0][0].where
    if len({*labels}) == len(labels) > 2 and all(map(lines.is_value, labels)) and any("." in one for one in labels):
        raise ValueError(
            f"{where}: expected classes, got labels that are measurements, {', '.join(labels[:3])} ...: regression is"
            " not done here; put them into classes, such as low and high"
        )
    if all(map(lines.is_index, parts)):
        way = "name the column of labels, ?label=COLUMN" if found[0].told else lines.WITHOUT
        raise ValueError(
            f"{where}: expected labels, got an index: they only number the lines, {', '.join(labels[:3])} ...; {way},"
            " or name the classes by words"
        )
    return found


def _is_head_twice(parts):
    """Whether the first line stands above both files, and nowhere else."""
    (first, *others), (twin, *rest) = parts[0], parts[-1]
    is_twin = len(parts) == 2 and first.label == twin.label and np.array_equal(first.values, twin.values)
    return is_twin and first.values.ndim == 1 and first.label not in {line.label for line in others + rest}


def _pair(folder):
    """NAME_TRAIN and NAME_TEST in a folder; the archive's .txt and .arff, which lie beside its .ts, where nothing else
    does.
    """
    shown = _shown(folder)
    pairs = [
        [one, *(other for other in shown if (other.stem, other.suffix.lower()) == (f"{one.stem[:-5]}TEST", suffix))]
        for suffix in SUFFIXES
        for one in shown
        if one.is_file() and one.suffix.lower() == suffix and one.stem.endswith("_TRAIN")
    ]
    for suffix in BESIDE[::-1]:
        pairs = [pair for pair in pairs if len(pairs) == 1 or pair[0].suffix.lower() != suffix]
    if [len(pair) for pair in pairs] != [2] or not pairs[0][1].is_file():
        found = ", ".join(path.name for path in itertools.chain(*(pairs or [shown[:6]]))) or "nothing"
        raise ValueError(
            f"dataset: expected one NAME_TRAIN and NAME_TEST ({', '.join(SUFFIXES)}, both the same) in {folder},"
            f" found {found}"
        )
    return pairs[0]


def _is_share(text):
    return lines.is_value(text) and text.strip().lower() not in lines.MISSING and 0 < float(text) < 1


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
