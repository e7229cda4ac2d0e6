"""Files of labelled series: the archive's .tsv, .txt and .ts, and plain .csv; a series a line, checked line by line.

t time steps. What is missing (nothing, or a word of MISSING) is read as NaN; series of one file may differ in length.
"""

import csv
import hashlib
import itertools
import re
from collections import namedtuple
from fractions import Fraction
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
PARTED_BY = {".tsv": "tabs", ".csv": "commas", ".ts": "a colon", ".txt": "white space"}
SUFFIXES = tuple(PARTED_BY)
LONGEST = 2**24  # characters of a line; a million values
UNLABELLED = {"", "?", "nan", "na", "n/a", "#n/a", "<na>", "null"}  # no class is called so
MISSING = UNLABELLED | {"-", ".", "none", "nat"}  # of a value: what pandas, R, SAS and spreadsheets write
LARGEST = 1e100  # as pictures.encoders.LARGEST: what is larger either way is no measured value
# 1, 1.0 and 1.00e+00, as numpy.savetxt writes it; not 01, nor 1e3, which may be a place on a plate
NUMBER = re.compile(r"[+-]?(0|[1-9][0-9]{0,98})(\.[0-9]*(e[+-][0-9]{2})?)?", re.IGNORECASE)
WITHOUT = "write the file without, in pandas to_csv(path, header=False, index=False)"

Line = namedtuple("Line", "values label where")


def read(path):
    """The series of a file, UTF-8, in its order: a list of Line(values (t,) float64, label, where: path and number).

    The label stands first, then the values, parted by tabs (.tsv), commas (.csv) or white space (.txt), no head line.
    .ts: after @data the values, parted by commas, a colon, the label. Empty lines, and in .ts those that begin with #,
    count for nothing. A label is its text, but a whole number is the same label however it is written: 1.0 is 1. A
    value is what float() takes, without underscores. Raises ValueError naming file and line.
    """
    suffix, found = path.suffix.lower(), []
    is_data = suffix != ".ts"
    for number, line in _lines(path):
        where = f"{path}, line {number}"
        if not line.strip():
            continue
        if not is_data:
            is_data = _header(line.strip().lower(), where)
            continue
        if suffix == ".ts" and line.startswith("#"):
            continue
        label, cells = _parts(line, suffix, where)
        if not found and suffix != ".ts" and not (label and any(_is_value(cell.replace(",", ".")) for cell in cells)):
            what = "a head line" if label else "a head line above an index"
            raise ValueError(
                f"{where}: expected a series, got what looks like {what}, {line[:40].strip()!r}; {WITHOUT}"
            )
        found.append(Line(_numbers(cells, where), _label(label, where), where))
    if not found:
        raise ValueError(f"{path}: expected a series a line, got an empty file")
    if suffix != ".ts" and _is_head(*found):
        raise _head(found[0])
    return found


def _head(line):
    return ValueError(
        f"{line.where}: expected a series, got what looks like a head line, {line.label!r} and numbers of columns up to"
        f" {line.values[-1]:g}; {WITHOUT}, or, if it is a series, put it below another"
    )


def _is_head(first, *others):
    """Whether a first line numbers columns: its values rise or fall all the way, as no other line's do, and its label
    is the first of these numbers, or a word that no other line has.
    """
    steps, is_word = np.diff(first.values), not NUMBER.fullmatch(first.label)
    is_even, is_whole = np.ptp(steps) == 0, (first.values % 1 == 0).all()

    def is_like(line):  # short series rise, too, by chance, but not evenly, nor from integer to integer
        if not is_even:
            return _climbs(line.values) and (not is_whole or (line.values % 1 == 0).all())
        others = np.diff(line.values)
        return np.array_equal(others, steps) or (is_word and _climbs(line.values) and np.ptp(others) == 0)

    others = [line for line in others if line.label != first.label or not np.array_equal(line.values, first.values)]
    if not others or not _climbs(first.values) or any(map(is_like, others)):
        return False
    if is_word:
        return first.label not in {line.label for line in others}
    is_count = is_whole or np.ptp(steps) < 0.1 * abs(steps.mean())  # columns may be called by rounded numbers
    return is_count and (first.label == "0" or _climbs([float(first.label), *first.values]))


def _climbs(values):
    steps = np.diff(values)
    return len(steps) > 1 and bool((steps > 0).all() or (steps < 0).all())


def _is_index(lines):
    """Whether labels only number the lines: whole numbers, each once, in any order; or counted through twice, as in two
    tables made one.
    """
    labels = [line.label for line in lines]
    if len(labels) < 3 or not all(label.isdecimal() and len(label) < 16 for label in labels):
        return False
    breaks = sum(int(label) + 1 != int(after) for label, after in itertools.pairwise(labels))
    return len({*labels}) == len(labels) or (breaks == 1 and len(labels) >= 20)


def _label(text, where):
    """A label as a class is called: a whole number without its point, exactly."""
    if text.lower() in UNLABELLED:
        raise ValueError(f"{where}: expected a label, got {text!r}")
    whole = Fraction(text) if NUMBER.fullmatch(text) else None
    return str(whole.numerator) if whole is not None and whole.denominator == 1 else text


def _value(text):
    if "_" in text:
        raise ValueError(f"underscore in {text!r}")
    return np.nan if text.strip().lower() in MISSING else float(text)


def _is_value(text):
    try:
        return _value(text) is not None
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
        return rest[0].strip(), values.split(",")
    mark = {".csv": ",", ".tsv": "\t"}.get(suffix) or ("\t" if "\t" in line else None)
    expected = f"{where}: expected a label and values parted by {PARTED_BY[suffix]}"
    try:
        quoted = csv.reader([line], delimiter=mark or " ", skipinitialspace=True, strict=True)
        label, *cells = next(quoted) if '"' in line else line.split(mark)
    except csv.Error as error:
        raise ValueError(f"{expected} ({error})") from None
    if not cells or (suffix == ".csv" and re.search("[;\t]", label)):
        raise ValueError(f"{expected}, got {line[:40].rstrip()!r}")
    return label.strip(), cells


def _numbers(cells, where):
    """Values of a series from their texts, NaN where one is missing inside; missing ones at the end are its end."""
    try:
        if "_" in "".join(cells):
            raise ValueError
        values = np.array(cells, dtype=np.float64)
    except ValueError:
        wrong = [place for place, cell in enumerate(cells) if not _is_value(cell)]
        if wrong:
            raise ValueError(
                f"{where}: expected numbers beside the label, with decimal points, got {cells[wrong[0]].strip()[:40]!r}"
                f" as value {wrong[0] + 1}" + (f"; is it the label, behind an index? {WITHOUT}" if wrong == [0] else "")
            ) from None
        values = np.array([_value(cell) for cell in cells])
    if (beyond := abs(values) > LARGEST).any():
        place = beyond.argmax()
        raise ValueError(
            f"{where}: expected values up to {LARGEST:g} either way, got {cells[place].strip()} as value {place + 1}"
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
    return (_from_root(path), share) if path and not _from_root(given).exists() else (_from_root(given), "")


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
    path, share = _parted(dataset)
    where = hashlib.sha256(f"{path.resolve()}@{share}".encode()).hexdigest()[:6]
    return f"{re.sub(r'[^A-Za-z0-9]+', '_', path.resolve().stem)}-{where}"


def _shown(folder):
    """What lies in a folder, sorted, without what an operating system or office program leaves beside it."""
    return [path for path in sorted(folder.iterdir()) if path.name[0] not in ".~"]


def below(name):
    """The files of a data set that is asked for by path: a list, empty for one asked for by name."""
    if not is_path(name):
        return []
    path, _ = _parted(name)
    return [file for file in _shown(path) if "_T" in file.name] if path.is_dir() else [path]


def own(given):
    """The user's own series, from a folder with NAME_TRAIN and NAME_TEST or FILE@SHARE: (name, training lines, test
    lines, source). Raises ValueError for other paths, and for what looks like a head line or an index in both files.
    """
    path, share = _parted(given)
    if path.is_dir() and not share:
        pair = _pair(path)
        parts, name = [read(file) for file in pair], pair[0].stem.removesuffix("_TRAIN")
        source = f"own files {pair[0].name}, {pair[1].name}"
    elif path.is_file() and path.suffix.lower() in SUFFIXES and _is_share(share):
        parts, name = [read(path)], path.stem
        source = f"own file {path.name}, {float(share):g} of each class drawn for training"
    else:
        raise ValueError(
            f"dataset: expected a folder, or a file ({', '.join(SUFFIXES)}) and the share of each class that is for"
            f" training, such as {path.stem}.csv@0.5, got {given!r}"
        )
    if all(_is_index(part) for part in parts):
        raise ValueError(
            f"{parts[0][0].where}: expected labels, got an index: they only number the lines, {parts[0][0].label},"
            f" {parts[0][1].label}, {parts[0][2].label} ...; {WITHOUT}, or name the classes by words"
        )
    (first, *others), (twin, *rest) = parts[0], parts[-1]
    is_twin = len(parts) == 2 and first.label == twin.label and np.array_equal(first.values, twin.values)
    if is_twin and first.label not in {line.label for line in others + rest}:  # above both files, and nowhere else
        raise _head(first)
    return name.replace(",", " "), *(parts if len(parts) == 2 else _divided(parts[0], float(share))), source


def _pair(folder):
    """NAME_TRAIN and NAME_TEST in a folder; the archive's .txt, which lie beside its .ts, where nothing else does."""
    shown = _shown(folder)
    pairs = [
        [one, *(other for other in shown if (other.stem, other.suffix.lower()) == (f"{one.stem[:-5]}TEST", suffix))]
        for suffix in SUFFIXES
        for one in shown
        if one.is_file() and one.suffix.lower() == suffix and one.stem.endswith("_TRAIN")
    ]
    if len(pairs) > 1:
        pairs = [pair for pair in pairs if pair[0].suffix.lower() != ".txt"]
    if [len(pair) for pair in pairs] != [2] or not pairs[0][1].is_file():
        found = ", ".join(path.name for path in itertools.chain(*(pairs or [shown[:6]]))) or "nothing"
        raise ValueError(
            f"dataset: expected one NAME_TRAIN and NAME_TEST ({', '.join(SUFFIXES)}, both the same) in {folder},"
            f" found {found}"
        )
    return pairs[0]


def _is_share(text):
    return _is_value(text) and 0 < _value(text) < 1


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
