"""Tables with a head line, as pandas, R and spreadsheets write them: a line a series, or a line a measurement.

t time steps, c channels. What a column is for is told by its name, by what stands in it, or by the user. Beside label,
id, time, channel and values there may be columns that only count lines, and others; they are left out, and it is said.
"""

import csv
import io
import itertools
import re
from collections import namedtuple

import numpy as np
import pandas as pd

from tsvision.data import columns, lines
from tsvision.data.columns import COUNTS, KNOWN, Table, called, kind, listed, number
from tsvision.data.lines import Line, is_value

STEPS = lines.LONGEST // 16  # of a series, about as many as a line may hold
MISSING = sorted({form for word in lines.MISSING for form in (word, word.upper(), word.capitalize())} | {"NaN", "NaT"})

Head = namedtuple("Head", "number cells mark")  # a line's number, its texts, what parts them (None: white space)
Content = namedtuple("Content", "lines axis channels told", defaults=[None, (), ""])


def head(path, is_asked, labelled=True):
    """The Head of a file whose first line names columns by words, or None: then lines reads it, or refuses it.

    What lines would read is never taken for a head line of labelled series, unless is_asked, when the user names
    columns.
    """
    first = list(itertools.islice(((number, line) for number, line in lines.lines(path) if line.strip()), 2))
    usual = _usual(path, first[0][1]) if first else None
    for mark in dict.fromkeys([usual, ";", "\t", ","]) if first else ():
        rows, is_usual = [[cell.strip() for cell in _cells(line, mark)] for _, line in first], mark is usual
        if min(map(len, rows)) < 2:
            continue
        label, *cells = rows[0]
        is_foreign = (
            bool(re.search("[;\t]", label)) if mark == "," else all(cell[-1:] in (",", ";") for cell in rows[0][:-1])
        )
        is_refused = label.lower() in lines.UNLABELLED or not all(map(is_value, cells)) or (mark == "," and is_foreign)
        if is_usual and labelled and not (is_refused or is_asked):
            return None
        if not (is_usual and is_foreign):
            return Head(first[0][0], rows[0], mark) if is_asked or _names_columns(rows[0]) else None
    return None


def _usual(path, line):
    """What parts a line in a file of this suffix, None for white space."""
    return {".csv": ",", ".tsv": "\t"}.get(path.suffix.lower()) or ("\t" if "\t" in line else None)


def usual_head(path):
    """The Head of a file of which lines found out that its first line is one, or None: if one word stands before a few
    numbers, it must be known, for a series may look like that.
    """
    place, text = next((place, text) for place, text in lines.lines(path) if text.strip())
    mark = _usual(path, text)
    cells = [cell.strip() for cell in _cells(text, mark)]
    is_known = cells[0].casefold() in KNOWN or (len(cells) > COUNTS and number(cells[0]) is None)
    return Head(place, cells, mark) if is_known else None


def _cells(line, mark):
    try:
        quoted = csv.reader([line.strip(" ")], delimiter=mark or " ", skipinitialspace=True, strict=True)
        return next(quoted) if '"' in line else line.split(mark)
    except csv.Error:
        return []


def _names_columns(cells):
    """Whether the cells of a first line are words, or words, one of them known or missing, beside numbers that
    climb.
    """
    places = [k for k, cell in enumerate(cells) if number(cell) is not None]
    climb = np.diff([number(cells[k]) for k in places])
    is_block = not places or (places[-1] - places[0] == len(climb) > 0 and ((climb > 0).all() or (climb < 0).all()))
    is_known = bool((KNOWN | {""}) & {cell.casefold() for cell in cells})
    return is_block and (is_known or lines.looks_like_head(cells[0], cells[1:]))


def read(path, found, options, labelled=True):
    """The Content of a text file below its Head. options: {role: name of a column, or names parted by commas}.

    Raises ValueError naming file and line or column.
    """
    blank = f' \t"{found.mark or ""}'
    numbers, kept = zip(*((k, line) for k, line in lines.lines(path) if k >= found.number and line.strip(blank)))
    if len(kept) < 2:
        raise ValueError(f"{path}: expected series below the head line, got none")
    if odd := next((k for k, line in zip(numbers, kept) if "\0" in line), None):  # pandas would read no further
        raise ValueError(f"{path}, line {odd}: expected text, got a zero byte")
    names, first = list(found.cells), _cells(kept[1], found.mark)
    if len(first) == len(names) + 1:  # R writes no name above the names of lines; others end each line with a comma
        names = ["", *names] if first[-1].strip() else [*names, ""]
    text, part = "\n".join(kept[1:]), "({}|^){}(?=\\s*({}|$))"
    mark = found.mark or r"\s+"
    with_comma, with_point = (
        re.search(part.format(mark, rf'\s*"?[-+]?\d*{sign}\d+(e[-+]?\d+)?"?', mark), text, re.IGNORECASE | re.MULTILINE)
        for sign in (",", r"\.")
    )
    how = {"sep": mark, "header": None, "names": range(len(names)), "index_col": False, "skipinitialspace": True}
    how |= {"decimal": "," if mark in ";\t" and with_comma and not with_point else ".", "keep_default_na": False}

    def where(k):
        return f"{path}, line {numbers[k + 1]}"

    if len(first) > len(names):
        raise ValueError(f"{where(0)}: expected {len(names)} cells as in the head line, got {len(first)}")
    try:
        frame = pd.read_csv(io.StringIO(text), na_values=MISSING, float_precision="round_trip", low_memory=False, **how)
    except pd.errors.ParserError as error:
        count, line, seen = re.findall(r"\d+", str(error))[:3] if "Expected" in str(error) else (len(names), 1, "more")
        raise ValueError(f"{where(int(line) - 1)}: expected {count} cells as in the head line, got {seen}") from None
    if len(frame) != len(kept) - 1:
        raise ValueError(f"{path}: expected lines that end where their series ends, got line breaks inside quotes")

    def as_written(column):
        table = pd.read_csv(io.StringIO(text), usecols=[column], dtype=str, **how)
        return table[column].fillna("").str.strip().tolist()

    return arrange(Table(path, names, frame, where, as_written), options, labelled)


def from_frame(path, frame, options, labelled=True):
    """The Content of a frame that another reader made; rows are counted from 1, below the names of the columns."""
    names, frame = [str(name) for name in frame.columns], frame.set_axis(range(frame.shape[1]), axis=1)
    if not len(frame):
        raise ValueError(f"{path}: expected series, got none")

    def text(column):
        return frame[column].astype("string").fillna("").str.strip().tolist()

    return arrange(Table(path, names, frame, lambda k: f"{path}, row {k + 1}", text), options, labelled)


def arrange(table, options, labelled=True):
    """The Content of a Table: its columns given roles, series gathered from lines. labelled: whether there must be
    labels; where there are none label is None. Raises ValueError naming file and line or column.
    """
    roles, left = columns.roles(table, options, labelled)
    ids, repeated = _ids(table, roles)
    is_long = bool(repeated) and (roles["time"] is not None or roles["channel"] is not None or len(roles["value"]) == 1)
    if repeated and not is_long:
        raise ValueError(
            f"{table.where(repeated[1])}: expected each id once, got {ids[repeated[1]]!r} of"
            f" {table.where(repeated[0])} again; if a line is a measurement, name the column of times,"
            f" {table.path.name}?time=COLUMN"
        )
    if not is_long:
        columns.check_wide(table, roles, left)
        left |= {} if roles["time"] is None else {roles["time"]: "other"}
    values, axis = _values(table, roles, is_long)
    labels = _labels(table, roles, values, axis)
    if is_long:
        made, axis, channels = _gathered(table, roles, (values, ids, labels), axis)
    else:
        made, channels = [line(own, labels[k], table.where(k), ids[k]) for k, own in enumerate(values)], ()
    parts = [
        f"{role} in {called(table, roles[role])}"
        for role in ("label", "id", "time", "channel")
        if roles[role] is not None and roles[role] not in left
    ]
    names = [
        "index column" if what == "index" else called(table, k) for k, what in sorted(left.items()) if what != "empty"
    ]
    names = names if len(names) < 5 else [*names[:3], f"{len(names) - 3} others"]
    return Content(made, axis, channels, told(table.path, made, channels, [*parts, *(f"{n} left out" for n in names)]))


def line(values, label, where, name=""):
    """A Line, its values checked. Raises ValueError for more than STEPS time steps, too."""
    if values.shape[-1] > STEPS:
        raise ValueError(f"{where}: expected at most {STEPS} time steps of a series, got {values.shape[-1]}")
    return Line(lines.checked(values, where), label, where, name)


def told(path, made, channels, others=()):
    """How a file was read, in a line."""
    classes = len({one.label for one in made} - {None})
    parts = [path.name, f"{len(made)} series", f"{len(channels)} channels" * bool(channels)]
    parts += [f"{max(one.values.shape[-1] for one in made)} steps", f"{classes} classes" if classes else "no labels"]
    return ", ".join([*filter(None, parts), *others])


def _ids(table, roles):
    """The ids, '' for each line where there is no column of them, and the first two lines that have one in common."""
    if roles["id"] is None and roles["channel"] is None:
        return [""] * len(table.frame), ()
    if roles["id"] is None:
        raise ValueError(
            f"{table.path}: expected a column of ids, for series have a line for each channel of"
            f" {called(table, roles['channel'])}; name it, {table.path.name}?id=COLUMN; {listed(table)}"
        )
    ids, first = table.text(roles["id"]), {}
    if "" in ids:
        raise ValueError(f"{table.where(ids.index(''))}: expected an id in {called(table, roles['id'])}, got ''")
    return ids, next(((first[own], k) for k, own in enumerate(ids) if first.setdefault(own, k) != k), ())


def _labels(table, roles, values, axis):
    """The labels, None for each line where there is no column of them."""
    if roles["label"] is None:
        return [None] * len(table.frame)
    labels, name = table.text(roles["label"]), table.names[roles["label"]]
    again = labels.index(name) if axis and name in labels else None  # two files made one
    if again is not None and np.array_equal(values[again], axis[1]):
        raise ValueError(f"{table.where(again)}: expected a series, got the head line again")
    return [lines.label_of(label, table.where(k)) for k, label in enumerate(labels)]


def _values(table, roles, is_long):
    """The values as written, (lines, columns), and the axis that the columns' names make, or None."""
    places, names = roles["value"], [number(table.names[k]) for k in roles["value"]]
    if len(places) < 2 - is_long:
        what = "a column of values" if is_long else "two columns of values or more"
        raise ValueError(f"{table.path}: expected {what} (numbers, no dates), got {len(places)}; {listed(table)}")
    for k in places:
        if (what := kind(table.frame[k])) not in ("number", "empty"):
            texts = table.text(k)
            wrong = next((j for j, text in enumerate(texts) if what == "date" or not is_value(text)), 0)
            raise ValueError(
                f"{table.where(wrong)}: expected numbers in {called(table, k)}, got {texts[wrong][:40]!r}"
                + f"; dates may be times, {table.path.name}?time=COLUMN" * (what == "date")
                + "; decimal commas need semicolons or tabs between cells, and no points" * ("," in texts[wrong])
            )
    values = table.frame[places].to_numpy(np.float64, na_value=np.nan)
    steps = np.zeros(1) if None in names else np.diff(names)
    is_count = None in names or names == list(range(len(names)))  # as pandas calls columns that have no names
    is_axis = not is_count and len(steps) > 0 and ((steps > 0).all() or (steps < 0).all())
    return values, (("column names", np.array(names)) if is_axis else None)


def _gathered(table, roles, found, axis):
    """The lines of a table with a line a measurement, or a line a channel; the axis, where all have the same times; the
    names of the channels.
    """
    (values, ids, labels), (series, names) = found, pd.factorize(np.array(found[1], object))
    is_timed, in_lines = roles["time"] is not None, roles["channel"] is not None
    times = _times(table, roles["time"]) if is_timed else np.zeros(len(ids))
    channel, channels = np.zeros(len(ids), int), [table.names[k] for k in roles["value"]]
    if in_lines:
        channel, channels = pd.factorize(np.array(table.text(roles["channel"]), object))
    is_wide = in_lines and values.shape[1] > 1
    if is_wide and is_timed:
        raise ValueError(f"{table.path}: expected one column of values beside {called(table, roles['channel'])}")
    order, count, made, axes = np.lexsort((times, channel, series)), channel.max() + 1, [], []
    for own in np.split(order, np.flatnonzero(np.diff(series[order])) + 1):
        first, name = own.min(), names[series[own[0]]]
        if other := [k for k in sorted(own) if labels[k] != labels[first]]:
            raise ValueError(
                f"{table.where(other[0])}: expected label {labels[first]!r} as before for series {name!r}, got"
                f" {labels[other[0]]!r}"
            )
        counts = np.bincount(channel[own], minlength=count)
        if len({*counts}) > 1 or (is_wide and counts[0] > 1):
            raise ValueError(
                f"{table.where(first)}: expected channels of equal length, got {', '.join(map(str, counts))}"
                f" {'lines' if is_wide else 'measurements'} of series {name!r}; leave the value empty where one is"
                " missing"
            )
        axes.append(times[own].reshape(count, -1))
        if is_timed and ((np.diff(axes[-1]) == 0).any() or (axes[-1] != axes[-1][0]).any()):
            raise ValueError(
                f"{table.where(first)}: expected each time of series {name!r} once, the same for all channels"
            )
        block = values[own].reshape(count, -1) if in_lines else values[own].T
        made.append(line(block if len(block) > 1 else block[0], labels[first], table.where(first), name))
    is_axis = is_timed and kind(table.frame[roles["time"]]) == "number"
    if not is_wide:
        alike = is_axis and all(np.array_equal(at[0], axes[0][0]) for at in axes)
        axis = (table.names[roles["time"]], axes[0][0]) if alike else None
    return made, axis, tuple(map(str, channels)) if len(channels) > 1 else ()


def _times(table, k):
    """A column of times as numbers: dates count seconds."""
    column, what = table.frame[k], kind(table.frame[k])
    if what == "date":
        column = pd.to_datetime(column, errors="coerce", format="mixed", utc=True)
        column = column.where(column.isna(), (column - column.min()).dt.total_seconds()).astype(float)
    elif what != "number":
        column = pd.to_numeric(column, errors="coerce")
    if column.isna().any():
        row = int(np.flatnonzero(column.isna())[0])
        raise ValueError(
            f"{table.where(row)}: expected a number or a date in {called(table, k)}, got {table.text(k)[row]!r}"
        )
    return column.to_numpy(np.float64)
