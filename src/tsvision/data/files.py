"""Files of labelled series: the archive's .tsv and .ts, and plain .csv; a series a line, checked line by line.

t time steps. What is missing (nothing, NaN or ?) is read as NaN; series of one file may differ in length.
"""

import csv
import hashlib
import itertools
import re
from collections import namedtuple
from pathlib import Path

import numpy as np

SUFFIXES = (".tsv", ".csv", ".ts")
LONGEST = 2**24  # characters of a line; a million values
MISSING = ("", "?", "nan")
LARGEST = 1e100  # as pictures.encoders.LARGEST: what is larger either way is no measured value

Line = namedtuple("Line", "values label where")


def read(path):
    """The series of a file, UTF-8, in its order: a list of Line(values (t,) float64, label, where: path and number).

    .tsv and .csv: the label first, then the values, parted by tabs or commas, no head line. .ts: after @data the
    values, parted by commas, a colon, the label. Empty lines, and in .ts those that begin with #, count for nothing.
    Labels that are whole numbers are written as such: 1.0 is 1. Raises ValueError naming file and line.
    """
    found, is_data = [], path.suffix != ".ts"
    for number, line in _lines(path):
        where = f"{path}, line {number}"
        if not line.strip():
            continue
        if not is_data:
            is_data = _header(line.strip().lower(), where)
            continue
        if path.suffix == ".ts" and line.startswith("#"):
            continue
        label, cells = _parts(line, path.suffix, where)
        found.append(Line(_numbers(cells, where), _label(label, where), where))
    if not found:
        raise ValueError(f"{path}: expected a series a line, got an empty file")
    first, count = found[0], found[0].values - found[0].values[0]
    is_head = (
        len(count) > 2
        and first.values[0] in (0, 1)
        and (count == np.arange(len(count))).all()
        and not _is_number(first.label)
    )
    if is_head and first.label not in {line.label for line in found[1:]}:
        raise ValueError(
            f"{first.where}: expected a series, got what looks like a head line, {first.label!r} and a count of columns"
        )
    return found


def _label(text, where):
    """A label as a class is called: a whole number without its point."""
    if text.lower() in MISSING:
        raise ValueError(f"{where}: expected a label, got {text!r}")
    return str(int(float(text))) if _is_number(text) and float(text).is_integer() else text


def _is_number(text):
    try:
        return np.isfinite(float(text))
    except ValueError:
        return False


def _lines(path):
    """(number, line) of a text file, one at a time."""
    with open(path, encoding="utf-8-sig") as file:
        for number in itertools.count(1):
            try:
                line = file.readline(LONGEST)
            except UnicodeDecodeError as error:
                raise ValueError(f"{path}, line {number} or after it: expected UTF-8 text ({error})") from None
            if not line:
                return
            if len(line) == LONGEST:
                raise ValueError(f"{path}, line {number}: expected at most {LONGEST - 1} characters, got more")
            yield number, line.rstrip("\n")


def _header(text, where):
    """Whether a line of a .ts file's head ends it; ValueError for what is none, and for what is not read here."""
    if text[0] not in "@#":
        raise ValueError(f"{where}: expected @data before the first series, got {text[:40]!r}")
    for word, what in (("@timestamps", "time stamps"), ("@targetlabel", "numbers to predict")):
        if text.split() == [word, "true"]:
            raise ValueError(f"{where}: expected series without {what}, with a class each")
    return text == "@data"


def _parts(line, suffix, where):
    """A line's label and the texts of its values."""
    if suffix == ".ts":
        values, *rest = line.split(":")
        if len(rest) != 1:
            raise ValueError(f"{where}: expected one channel of values, a colon and a label, got {len(rest)} colons")
        label, cells = rest[0], values.split(",")
    elif suffix == ".csv":
        try:
            label, *cells = next(csv.reader([line]))
        except csv.Error as error:
            raise ValueError(f"{where}: expected a label and values parted by commas ({error})") from None
    else:
        label, *cells = line.split("\t")
    if not label.strip() or not cells:
        by = {".ts": "a colon", ".csv": "commas"}.get(suffix, "tabs")
        raise ValueError(f"{where}: expected a label and values parted by {by}, got {line[:40].rstrip()!r}")
    return label.strip(), cells


def _numbers(cells, where):
    """Values of a series from their texts, NaN where one is missing inside; missing ones at the end are its end."""
    try:
        values = np.array(cells, dtype=np.float64)
    except ValueError:
        try:
            values = np.array(["nan" if cell.strip().lower() in MISSING else cell for cell in cells], dtype=np.float64)
        except ValueError as error:
            raise ValueError(f"{where}: expected numbers beside the label ({error})") from None
    if (beyond := abs(values) > LARGEST).any():
        raise ValueError(
            f"{where}: expected values up to {LARGEST:g} either way, got {values[beyond][0]} as value"
            f" {beyond.argmax() + 1}"
        )
    known = np.flatnonzero(~np.isnan(values))
    if len(known) < 2:
        raise ValueError(f"{where}: expected two values or more, got {len(known)}")
    return values[: known[-1] + 1]


def is_path(name):
    """Whether a data set is asked for by the path of a file or folder that is there; a bare word is a name of the
    archive, ./word a path.
    """
    try:
        return isinstance(name, str) and bool(name) and not name.isidentifier() and _parted(name)[0].exists()
    except OSError:  # too long for a path
        return False


def _parted(given):
    """FILE@SHARE as a path and a text, '' where no share is given; a path may hold an @ of its own."""
    path, _, share = given.rpartition("@")
    return (Path(path), share) if path and not Path(given).exists() else (Path(given), "")


def tag(dataset):
    """What the folder of another data set's results is called by: its name, or that of its file or folder and where it
    lies.
    """
    if not is_path(dataset):
        return dataset
    path, share = _parted(dataset)
    where = hashlib.sha256(f"{path.resolve()}@{share}".encode()).hexdigest()[:6]
    return f"{re.sub(r'[^A-Za-z0-9]+', '_', path.resolve().stem)}-{where}"


def below(name):
    """The files of a data set that is asked for by path: a list, empty for one asked for by name."""
    if not is_path(name):
        return []
    path, _ = _parted(name)
    return sorted(path.glob("*_T*")) if path.is_dir() else [path]


def own(given):
    """The user's own series, from a folder with NAME_TRAIN and NAME_TEST or FILE@SHARE: (name, training lines, test
    lines, source).
    """
    path, share = _parted(given)
    if path.is_dir() and not share:
        pairs = [
            (one, one.with_name(one.name.replace("_TRAIN.", "_TEST.")))
            for suffix in SUFFIXES
            for one in sorted(path.glob(f"*_TRAIN{suffix}"))
            if one.is_file()
        ]
        if len(pairs) != 1 or not pairs[0][1].is_file():
            found = [file.name for pair in pairs for file in pair if file.is_file()] or sorted(
                file.name for file in path.iterdir()
            )[:6]
            raise ValueError(
                f"dataset: expected one NAME_TRAIN and NAME_TEST ({', '.join(SUFFIXES)}, both the same) in {path},"
                " found " + (", ".join(found) or "nothing")
            )
        parts, name = [read(file) for file in pairs[0]], pairs[0][0].stem.removesuffix("_TRAIN")
        source = f"own files {pairs[0][0].name}, {pairs[0][1].name}"
    elif path.is_file() and path.suffix in SUFFIXES and _is_share(share):
        parts, name = _divided(read(path), float(share)), path.stem
        source = f"own file {path.name}, {float(share):g} of each class drawn for training"
    else:
        raise ValueError(
            f"dataset: expected a folder, or a file ({', '.join(SUFFIXES)}) and the share of each class that is for"
            f" training, such as {path.stem}.csv@0.5, got {given!r}"
        )
    return name.replace(",", " "), *parts, source


def _is_share(text):
    return _is_number(text) and 0 < float(text) < 1


def _divided(lines, share):
    """Two lists of lines: a share of each class, drawn at random but always the same, one line at least, and the
    others.
    """
    rng, train = np.random.default_rng(0), set()
    for label in sorted({line.label for line in lines}):
        own = rng.permutation([k for k, line in enumerate(lines) if line.label == label])
        if len(own) < 2:
            raise ValueError(
                f"{lines[own[0]].where}: expected two series or more of class {label}, to train and to test on, got one"
            )
        train |= set(own[: min(max(1, round(share * len(own))), len(own) - 1)].tolist())
    return [[line for k, line in enumerate(lines) if (k in train) == is_train] for is_train in (True, False)]
