"""Labelled series, a line each: the archive's .tsv, .txt and .ts, and plain .csv, without a head line; checked line by
line.

t time steps, c channels. What is missing (nothing, or a word of MISSING) is read as NaN; series of one file may differ
in length, channels of one series may not.
"""

import csv
import itertools
import re
from collections import namedtuple
from fractions import Fraction

import numpy as np

PARTED_BY = {".tsv": "tabs", ".csv": "commas", ".ts": "a colon", ".txt": "white space"}
LONGEST = 2**24  # characters of a line; a million values
UNLABELLED = {"", "?", "nan", "na", "n/a", "#n/a", "<na>", "null"}  # no class is called so
MISSING = UNLABELLED | {"-", ".", "none", "nat"}  # of a value: what pandas, R, SAS and spreadsheets write
LARGEST = 1e100  # as pictures.encoders.LARGEST: what is larger either way is no measured value
# 1, 1.0 and 1.00e+00, as numpy.savetxt writes it; not 01, nor 1e3, which may be a place on a plate
NUMBER = re.compile(r"[+-]?(0|[1-9][0-9]{0,98})(\.[0-9]*(e[+-][0-9]{2})?)?", re.IGNORECASE)
WITHOUT = "write the file without, in pandas to_csv(path, header=False, index=False)"

Line = namedtuple("Line", "values label where id", defaults=[""])


class HeadLineError(ValueError):
    """A file's first line is no series, but names or numbers columns."""


def read(path, labelled=True):
    """The series of a file, UTF-8, in its order: a list of Line(values (t,) or (c, t) float64, label, where: path and
    number, id: '').

    The label stands first, then the values, parted by tabs (.tsv), commas (.csv) or white space (.txt), no head line.
    .ts: after @data the values of each channel, parted by commas, a colon behind each, the label. Empty lines, and in
    .ts those that begin with #, count for nothing. A label is its text, but a whole number is the same label however it
    is written: 1.0 is 1. A value is what float() takes, without underscores. labelled: False for values alone, whose
    label is None. Raises ValueError naming file and line, HeadLineError for a first line that is none.
    """
    suffix, found = path.suffix.lower(), []
    is_data = suffix != ".ts"
    for number, line in lines(path):
        where = f"{path}, line {number}"
        if not line.strip():
            continue
        if not is_data:
            is_data = _header(line.strip().lower(), where, labelled)
            continue
        if suffix == ".ts" and line.startswith("#"):
            continue
        label, *channels = _parts(line, suffix, where, labelled)
        if not found and suffix != ".ts" and looks_like_head("x" if label is None else label, channels[0]):
            what = "a head line above an index" if label == "" else "a head line"
            raise HeadLineError(
                f"{where}: expected a series, got what looks like {what}, {line[:40].strip()!r}; {WITHOUT}"
            )
        found.append(Line(_series(channels, where), label if label is None else label_of(label, where), where))
        if found[-1].values.shape[:-1] != found[0].values.shape[:-1]:
            raise ValueError(
                f"{where}: expected as many channels as in the first line, {len(np.atleast_2d(found[0].values))}, got"
                f" {len(channels)}"
            )
    if not found:
        raise ValueError(f"{path}: expected a series a line, got an empty file")
    if suffix != ".ts" and (_is_head(*found) if labelled else _is_bare_head(*found)):
        raise head_error(found[0])
    return found


def looks_like_head(label, cells):
    """Whether no cell of a first line can be a value, or its label is missing."""
    return not (label and any(is_value(cell.replace(",", ".")) for cell in cells))


def read_new(path, classes, steps):
    """read() of series that are to be classified, with labels or without: with, where first cells are words; where
    lines have steps + 1 cells; or where they have other than steps, and the first of each is called like a class.
    """
    if path.suffix.lower() == ".ts":
        head = itertools.takewhile(lambda line: line != ["@data"], (line.lower().split() for _, line in lines(path)))
        return read(path, labelled=["@classlabel", "false"] not in head)
    try:
        bare = read(path, labelled=False)
    except ValueError:
        return read(path)
    cells = {len(line.values) for line in bare}
    try:
        labelled = read(path)
    except ValueError:
        return bare
    named = cells != {steps} and all(line.label in classes for line in labelled)
    return labelled if named or cells == {steps + 1} else bare


def head_error(line):
    """What is raised for a first line that numbers columns."""
    return HeadLineError(
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


def _is_bare_head(first, *others):  # without labels short series are like it by chance
    return len(first.values) >= 8 and _is_head(first._replace(label=""), *others)


def _climbs(values):
    steps = np.diff(values)
    return len(steps) > 1 and bool((steps > 0).all() or (steps < 0).all())


def is_index(lines):
    """Whether labels only number the lines: whole numbers, each once, in any order; or counted through twice, as in two
    tables made one.
    """
    labels = [line.label for line in lines]
    if len(labels) < 3 or not all(label.isdecimal() and len(label) < 16 for label in labels):
        return False
    breaks = sum(int(label) + 1 != int(after) for label, after in itertools.pairwise(labels))
    return len({*labels}) == len(labels) or (breaks == 1 and len(labels) >= 20)


def label_of(text, where):
    """A label as a class is called: a whole number without its point, exactly."""
    if text.lower() in UNLABELLED:
        raise ValueError(f"{where}: expected a label, got {text!r}")
    whole = Fraction(text) if NUMBER.fullmatch(text) else None
    return str(whole.numerator) if whole is not None and whole.denominator == 1 else text


def _value(text):
    if "_" in text:
        raise ValueError(f"underscore in {text!r}")
    return np.nan if text.strip().lower() in MISSING else float(text)


def is_value(text):
    """Whether a text is a value, or stands for a missing one."""
    try:
        return _value(text) is not None
    except ValueError:
        return False


def lines(path):
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


def _header(text, where, labelled):
    """Whether a line of a .ts file's head ends it; ValueError for what is none, and for what is not read here."""
    if text[0] not in "@#":
        raise ValueError(f"{where}: expected @data before the first series, got {text[:40]!r}")
    for words, what in (
        ("@timestamps true", "time stamps"),
        ("@targetlabel true", "numbers to predict (regression is not done here)"),
    ):
        if text.split() == words.split():
            raise ValueError(f"{where}: expected series without {what}, with a class each")
    if labelled and text.split() == ["@classlabel", "false"]:
        raise ValueError(f"{where}: expected series with a class each, got {text!r}")
    return text == "@data"


def _parts(line, suffix, where, labelled):
    """A line's label and the texts of its values, a list for each channel."""
    if suffix == ".ts":
        *channels, label = line.split(":") if labelled else [*line.split(":"), None]
        if not channels:
            raise ValueError(f"{where}: expected values, a colon and a label, got 0 colons")
        return label and label.strip(), *(channel.split(",") for channel in channels)
    mark = {".csv": ",", ".tsv": "\t"}.get(suffix) or ("\t" if "\t" in line else None)
    expected = f"{where}: expected a label and values parted by {PARTED_BY[suffix]}"
    try:
        quoted = csv.reader([line], delimiter=mark or " ", skipinitialspace=True, strict=True)
        label, *cells = next(quoted) if '"' in line else line.split(mark)
    except csv.Error as error:
        raise ValueError(f"{expected} ({error})") from None
    if not labelled:
        return None, [label, *cells]
    if not cells or (suffix == ".csv" and re.search("[;\t]", label)):
        raise ValueError(f"{expected}, got {line[:40].rstrip()!r}")
    return label.strip(), cells


def _series(channels, where):
    """The values of a series, (t,) of one channel or (c, t), of a list of texts for each."""
    values = [_numbers(cells, where) for cells in channels]
    if len({len(own) for own in values}) > 1:
        lengths = ", ".join(str(len(own)) for own in values)
        raise ValueError(
            f"{where}: expected channels of equal length, got {lengths} values; write ? where one is missing"
        )
    return checked(values[0] if len(values) == 1 else np.array(values), where, channels)


def _numbers(cells, where):
    """Values from their texts, NaN where one is missing."""
    try:
        if "_" in "".join(cells):
            raise ValueError
        return np.array(cells, dtype=np.float64)
    except ValueError:
        wrong = [place for place, cell in enumerate(cells) if not is_value(cell)]
    if wrong:
        raise ValueError(
            f"{where}: expected numbers beside the label, with decimal points, got {cells[wrong[0]].strip()[:40]!r}"
            f" as value {wrong[0] + 1}" + (f"; is it the label, behind an index? {WITHOUT}" if wrong == [0] else "")
        )
    return np.array([_value(cell) for cell in cells])


def checked(values, where, texts=None):
    """A series (t,) or (c, t) without what is missing at its end, in all channels. texts: what the values were read
    from, a list for each channel. Raises ValueError for values beyond LARGEST and a channel with fewer than two.
    """
    if (beyond := abs(values) > LARGEST).any():
        channel, place = np.unravel_index(beyond.argmax(), np.atleast_2d(values).shape)
        told = texts[channel][place].strip() if texts else f"{np.atleast_2d(values)[channel, place]:g}"
        raise ValueError(f"{where}: expected values up to {LARGEST:g} either way, got {told} as value {place + 1}")
    known = ~np.isnan(np.atleast_2d(values))
    if (few := known.sum(1).min()) < 2:
        raise ValueError(f"{where}: expected two values or more{' of each channel' * (values.ndim - 1)}, got {few}")
    return values[..., : np.flatnonzero(known.any(0))[-1] + 1]
