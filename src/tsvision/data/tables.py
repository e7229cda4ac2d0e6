"""Tables of series, as pandas, R and spreadsheets write them: a line a series, with a head line or without, or a line a
measurement.

t time steps, c channels. What a column is for is told by its name, by what stands in it, or by the user. Beside label,
id, time, channel and values there may be columns that only count lines, and others; they are left out, and it is said.
"""

import re
from collections import Counter, namedtuple

import numpy as np
import pandas as pd

from tsvision.data import columns, lines
from tsvision.data.columns import KNOWN, number
from tsvision.data.lines import Line

WITHOUT = "write the file without, in pandas to_csv(path, header=False, index=False)"
NUMBERED = re.compile(r"(.*\w)[ _.-]\d{1,3}|(.*\d)[a-zA-Z]")  # an id with the number or letter of a replicate
DAY = re.compile(r"(0[1-9]|[12]\d|3[01])\.(0[1-9]|1[0-2])")  # and a month, as in 29.01, or a number
SAID = ("label", "id", "time", "channel")  # of the roles, in this order

# told: how it was read; label: what the column of labels is called
Content = namedtuple("Content", "lines axis channels told label", defaults=[None, (), "", ""])


def read(path, options, like=None):
    """The Content of a text file: the label, then the values, line by line, or below a line that names columns.

    A label is its text, but a whole number is the same label however it is written: 1.0 is 1. A value is what float()
    takes, without underscores. options: {role: [names of columns]}. like: the Dataset for whose classes series are read
    that need no labels, with its options, too. Raises ValueError naming file and line or column.
    """
    numbers, rows = lines.cells(path)
    where = [f"{path}, line {number}" for number in numbers]
    is_bare = like is not None and not _labelled(rows, like)
    is_head = bool(options)
    if like is not None:
        options = _as_like(path, rows[0], options, like)
        is_words = any(lines.value(cell) is None for cell in rows[0]) and rows[0][0] not in like.classes
        is_head |= any(options.values()) and is_words
        is_head |= _is_axis(rows[0], like.axis)
    if is_head or _names_columns(rows, where[0], is_bare):
        names, *rows = rows
        if not rows:
            raise ValueError(f"{path}: expected series below the head line, got none")
        # R writes no name above the names of lines; others end lines with a comma
        if len(rows[0]) == len(names) + 1 and not columns.is_moved(names[0], rows[0][1]):
            names = ["", *names] if rows[0][-1] else [*names, ""]
        for row, at in zip(rows, where[1:]):
            if len(row) > len(names) or any(names[len(row) :]):  # a cell forgotten would move all that follow
                way = "; write NA where a value is missing, at the end of a shorter series, too"
                if len(row) > len(names):
                    way = "; a comma in a cell, as in 0,5, needs semicolons or tabs between cells"
                raise ValueError(f"{at}: expected {len(names)} cells as in the head line, got {len(row)}{way}")
        asked = {name for own in options.values() for name in own}
        return content(columns.table(path, names, rows, where[1:], asked), options, like is None)
    lines.warn_of_thousands(path, [cell for row in rows for cell in row[not is_bare :]])
    found = []
    for row, at in zip(rows, where):
        if len(row) < 2:
            raise ValueError(f"{at}: expected a label and values, got {row[0][:40]!r}")
        label = None if is_bare else lines.label_of(row[0], at)
        found.append(Line(lines.series([row if is_bare else row[1:]], at), label, at))
    return Content(found)


def _as_like(path, names, options, like):
    """These options and those that a Dataset was read with, of columns that names hold, too, and that have no other
    role: without that of its labels there are none, whatever words there are. Prints where nothing is averaged.
    """
    taken, is_said = {name for own in options.values() for name in own}, {"id", "average"} & {*options}
    kept = {role: own for role, own in like.options.items() if {*own} <= {*names} - taken}
    kept = {role: own for role, own in kept.items() if not (is_said and role in ("id", "average"))}
    if "label" in like.options and "label" not in kept | options:
        kept["label"] = []
        if other := [name for name in names if name.casefold() in columns.ROLES["label"] and name not in taken]:
            print(
                f"data: {path.name}, no labels: no column {like.options['label'][0]!r}, as {like.name} has; if they are"
                f" in {other[0]!r}, say {path.name}?label={other[0]}"
            )
    if "average" in like.options and not is_said and "average" not in kept:
        print(f"data: {path.name}, not averaged: no column {like.options['average'][0]!r}, as {like.name} has")
    return kept | options


def _is_axis(first, axis):
    """Whether the numbers in a first line are those above the columns of labelled series, in any order; fewer may be a
    series by chance.
    """
    numbers, known = [found for cell in first if (found := number(cell)) is not None], axis[1].tolist()
    return axis[0].startswith("column names") and len(known) >= columns.BLOCK and sorted(numbers) == sorted(known)


def _labelled(rows, like):
    """Whether lines without a head line begin with labels: their first cells are words; or they have a cell more than
    there are steps; or another number than steps, and the first cells are classes.
    """
    steps, firsts = {len(row) for row in rows}, [row[0] for row in rows]
    if any(lines.value(first) is None for first in firsts) or steps == {like.series.shape[-1] + 1}:
        return True
    return steps != {like.series.shape[-1]} and all(first in like.classes for first in firsts)


def _names_columns(rows, where, is_bare):
    """Whether a first line names columns: by words alone, by words of which one is known beside numbers that climb or
    fall, or by two words beside eight such numbers. Raises ValueError for a line that may be one, or a series: its
    numbers climb as no other line's do, and nothing before them tells; and for known words beside numbers in disorder.
    """
    first, *others = rows
    numbers = [found for cell in first if (found := number(cell)) is not None]
    words = [cell for cell in first[1:] if lines.value(cell) is None]
    if not numbers:
        return bool(words)
    climb = _climb(numbers) or (len(numbers) == 2 and numbers[0] != numbers[1])
    has_name = bool(not first[0] or KNOWN & {cell.casefold() for cell in first})
    places = [k for k, cell in enumerate(first) if number(cell) is not None]
    # fewer climb by chance; a word among them may be a slip where another stands outside
    is_block = len(places) > 7 and places[-1] - places[0] - len(places) + 1 < max(1, len(words))
    is_known = climb and has_name
    if words and is_block and has_name and not climb:
        ways = np.sign(np.diff(numbers))
        at = places[int((ways != np.sign(ways.sum())).argmax())]  # where not as most of them
        raise ValueError(
            f"{where}: expected numbers of columns that climb or fall, got {first[at + 1]} behind {first[at]}"
        )
    if words:  # a line of a series has one, its label
        return bool(is_known or (is_block and climb))
    if is_known and first[0] not in {row[0] for row in others}:
        return is_known
    values, label = (first, None) if is_bare else (first[1:], first[0])
    values = lines.values(values)[0]
    if not _climb(values) or (is_bare and len(first) < 8):  # short series climb by chance
        return False
    if label is None or number(label) is None:
        is_head = label not in {row[0] for row in others}
    else:
        is_head = (label == "0" or _climb(numbers)) and _climb(values) > 1
    if is_head and others and _climb(values) > max(_climb(lines.values(row[not is_bare :])[0]) for row in others):
        raise ValueError(
            f"{where}: expected a series, got what looks like a head line, {first[0]!r} and numbers of columns up to"
            f" {values[-1]:g}; {WITHOUT}, or say what a column is, ?label={first[0]} or ?id={first[0]}; if it is a"
            " series, put it below another"
        )
    return False


def _climb(values):
    """How much values look like the numbers of columns: 0 unless they climb or fall all the way, more if evenly, and if
    they are whole.
    """
    values = np.array([value for value in values if abs(value) <= lines.LARGEST])
    steps = np.diff(values)
    if len(steps) < 2 or not ((steps > 0).all() or (steps < 0).all()):
        return 0
    return 1 + 2 * (np.ptp(steps) < 0.1 * abs(steps.mean())) + (values % 1 == 0).all()


def content(table, options, labelled=True):
    """The Content of a Table: its columns given roles, series gathered from lines. labelled: whether there must be
    labels; where there are none label is None. Raises ValueError naming file and line or column.
    """
    use, where = columns.roles(table, options, labelled), table.where
    role = {what: table.columns[k] for k, what in use.items() if what in columns.ROLES}
    own = [table.columns[k] for k, what in use.items() if what == "value"]
    ids = role["id"].texts if "id" in role else [""] * len(where)
    is_long = _is_long(table, options, role, own, ids)
    if not is_long:
        columns.check_wide(table, use, options)
        use |= {k: role.pop(what).called for k, what in use.items() if what == "time"}
    values, axis = _values(table, own, is_long)
    lines.warn_of_thousands(table.path, [text for column in own for text in column.texts])
    labels = [None] * len(where)
    if not labelled and "label" in role and role["label"].kind == "empty":
        del role["label"]  # nobody has filled it in
    if "label" in role:
        labels = [lines.label_of(*one) for one in zip(role["label"].texts, where)]
    made, channels, other = zip(values, labels, where, ids), (), []
    if is_long:
        made, axis, channels, other = _gathered(table, role, own, (values, ids, labels), axis)
    if "average" in options:
        made = _averaged(table, values, ids, labels)
    elif not is_long:
        _tell_of_samples(table, [table.columns[k] for k, what in use.items() if what not in columns.ROLES], labels)
        _tell_of_replicates(table, ids, labels)
    is_whole = axis is not None and not is_long  # what is missing at the end of a spectrum has its place, too
    made = [Line(lines.checked(values, at, is_whole), label, at, name) for values, label, at, name in made]
    sizes = Counter(Counter(ids).values())
    each = ", ".join(f"{count} of {size}" for size, count in sizes.most_common()) if len(sizes) > 1 else ""
    averaged = f"{len(where)} lines averaged to {len(made)} series{f' ({each})' * bool(each)} by"
    mean = {"id": averaged} if "average" in options else {}
    parts = [f"{mean.get(what, f'{what} in')} {role[what].called}" for what in SAID if what in role]
    if other:
        parts.append(f"times of series differ from {other[0].rpartition(', ')[2]} on: figures count steps")
    left = [what for _, what in sorted(use.items()) if what and what not in columns.ROLES]
    left = left if len(left) < 5 else [*left[:3], f"{len(left) - 3} others"]
    parts += [f"{what} left out" for what in left]
    called = role["label"].name if "label" in role else ""
    return Content(made, axis, channels, told(table.path, made, channels, parts), called)


def _is_long(table, options, role, own, ids):
    """Whether a line is a measurement or a channel: ids stand in several, beside times, channels or a single column of
    values. Raises ValueError for missing ids, for several lines of one series, and where such are asked to be averaged.
    """
    where, first = table.where, {}
    if "id" in role and "" in ids:
        raise ValueError(f"{where[ids.index('')]}: expected an id in {role['id'].called}, got ''")
    if "channel" in role and "id" not in role:
        raise ValueError(
            f"{table.path}: expected a column of ids, for series have a line for each channel of"
            f" {role['channel'].called}; name it, {table.path.name}?id=COLUMN; {columns.listed(table)}"
        )
    again = next((k for k, own in enumerate(ids) if own and first.setdefault(own, k) != k), None)
    has_axis = all(column.number is not None for column in own)
    # a date beside spectra does not make channels of them, unless the user says so
    is_date = "time" in role and role["time"].kind == "date"
    is_timed = "time" in options or ("time" in role and not (is_date and has_axis and len(own) > 7))
    is_long = again is not None and (is_timed or "channel" in role or len(own) == 1)
    if "average" in options and (is_long or "time" in options or "channel" in role):
        found = [
            f"{role[what].called} (leave it out if a line is a series)" for what in ("channel", "time") if what in role
        ]
        raise ValueError(
            f"{table.path}: expected a line a series to average, got what looks like a line a measurement, for there is"
            f" {[*found, 'one column of values'][0]}; average before the file is written"
        )
    if again is not None and not is_long and "average" not in options:
        way = f"{table.path.name}?average={role['id'].name or 'COLUMN'}"
        raise ValueError(
            f"{where[again]}: expected each id once, got {ids[again]!r} of {where[first[ids[again]]]} again;"
            + f" if lines are replicates of a sample, average them, {way};" * (has_axis or len(own) > 2)
            + f" if a line is a measurement, name the column of times, {table.path.name}?time=COLUMN"
        )
    dates = [column.called for column in table.columns if column.kind == "date" and column not in role.values()]
    if is_long and dates and "time" not in options:
        beside = f" beside {role['time'].called}" if "time" in role else ""
        raise ValueError(
            f"{table.path}: expected one column that orders the measurements of a series, got dates in"
            f" {' and '.join(dates)}{beside}: join them in one, or name it, {table.path.name}?time=COLUMN"
        )
    return is_long


def told(path, made, channels, others=()):
    """How a file was read, in a line."""
    classes = len({one.label for one in made} - {None})
    parts = [path.name, f"{len(made)} series", f"{len(channels)} channels" * bool(channels)]
    parts += [f"{max(one.values.shape[-1] for one in made)} steps", f"{classes} classes" if classes else "no labels"]
    return ", ".join([*filter(None, parts), *others])


def _values(table, own, is_long):
    """The values as written, (lines, columns), and the axis that the columns' names make, or None."""
    if len(own) < 2 - is_long:
        what = "a column of values" if is_long else "two columns of values or more"
        raise ValueError(f"{table.path}: expected {what} (numbers, no dates), got {len(own)}; {columns.listed(table)}")
    for column in own:
        if column.kind not in ("number", "empty"):
            wrong = next(k for k, text in enumerate(column.texts) if lines.value(text) is None)
            raise ValueError(
                f"{table.where[wrong]}: expected numbers in {column.called}, got {column.texts[wrong][:40]!r}"
                + f"; dates may be times, {table.path.name}?time=COLUMN" * (column.kind == "date")
                + "; decimal commas need semicolons or tabs between cells, and no points" * ("," in column.texts[wrong])
                + "; leave a missing value empty, or write NA" * (column.kind == "broken")
            )
    names = [column.number for column in own]
    is_count = None in names or (names == list(range(len(names))) and not table.unit)  # pandas', of none
    steps = np.diff([0, 0] if is_count else names)
    is_axis = len(steps) > 0 and ((steps > 0).all() or (steps < 0).all())
    if not (is_long or is_count or is_axis) and len(names) >= columns.BLOCK:
        at = int((np.sign(steps) != np.sign(np.sign(steps).sum())).argmax())  # where not as most of them
        raise ValueError(
            f"{table.path}: expected numbers of columns that climb or fall, got {own[at + 1].name} behind"
            f" {own[at].name}"
        )
    name = "column names" + f" in {table.unit}" * bool(table.unit)
    return np.stack([column.values for column in own], 1), (name, np.array(names)) if is_axis else None


def _averaged(table, values, ids, labels):
    """The means of the lines of each id, as (values, label, where the first is, id); what is missing inside a line is
    interpolated before, or the mean would jump there; at its ends the others count alone.
    """
    for own, at in zip(values, table.where):
        lines.checked(own, at)  # while its line can be told
    whole = pd.DataFrame(values).interpolate(axis=1, limit_area="inside")
    if (gaps := (np.isnan(values) & whole.notna().to_numpy()).any(1)).any():
        at = table.where[int(gaps.argmax())].rpartition(", ")[2]
        print(f"data: {table.path.name}, {gaps.sum()} lines with missing values inside, from {at} on, interpolated")
    means = whole.groupby(np.array(ids, object), sort=False).mean().to_numpy()
    groups = _groups(table, ids, labels)
    return [(mean, labels[at[0]], table.where[at[0]], name) for mean, (name, at) in zip(means, groups.items())]


def _tell_of_samples(table, left, labels):
    """Say which column that is left out may tell samples: all that it holds is of one label, in two lines on average or
    more.
    """
    for column in left:
        if sizes := _sizes(column.texts, labels):
            print(
                f"data: {table.path.name}, {column.called} may tell samples, of {sizes} lines each: if so, average"
                f" them, {table.path.name}?average={column.name or 'COLUMN'}"
            )


def _tell_of_replicates(table, ids, labels):
    """Say where ids seem to number or letter the replicates of samples, as A1_1, A1_2 and A1a, A1b do, by the same
    rule.
    """
    found = [None if columns.DATE.fullmatch(name) else NUMBERED.fullmatch(name) for name in ids]
    samples = [match[1] or match[2] if match else name for name, match in zip(ids, found)]
    if any(found) and (sizes := _sizes(samples, labels)):
        first = next(k for k, match in enumerate(found) if match)
        print(
            f"data: {table.path.name}, ids like {ids[first]!r} may tell replicates, {sizes} of a sample: if so, put"
            f" {samples[first]!r} and the like into a column of their own, and average by it,"
            f" {table.path.name}?average=COLUMN"
        )


def _sizes(texts, labels):
    """How many lines have a text, from the least to the most, in words, if texts may tell samples; else ''."""
    counts, pairs = Counter(texts), {*zip(texts, labels)}
    is_told = len(pairs) == len(counts) > len({*labels}) > 1 and 2 * len(counts) <= len(labels)
    return " to ".join(map(str, sorted({min(counts.values()), max(counts.values())}))) if is_told else ""


def _groups(table, ids, labels):
    """The lines of each id, {id: [their places]}. Raises ValueError for two labels of one."""
    groups = {}
    for k, name in enumerate(ids):
        groups.setdefault(name, []).append(k)
        if labels[k] != (before := labels[groups[name][0]]):
            raise ValueError(
                f"{table.where[k]}: expected label {before!r} as before for series {name!r}, got {labels[k]!r}"
            )
    return groups


def _gathered(table, role, own, found, axis):
    """The series of a table with a line a measurement, or a line a channel, as (values, label, where, id); the axis,
    where all have the same times; the names of the channels; where series have other times than the first.
    """
    values, ids, labels = found
    times = _times(table, role["time"]) if "time" in role else np.zeros(len(ids))
    channel, channels = np.zeros(len(ids), int), [column.name for column in own]
    if "channel" in role:
        channel, channels = pd.factorize(np.array(role["channel"].texts, object))
    is_wide = "channel" in role and len(own) > 1
    if is_wide and "time" in role:
        raise ValueError(f"{table.path}: expected one column of values beside {role['channel'].called}")
    count, made, axes = channel.max() + 1, [], []
    for name, at in _groups(table, ids, labels).items():
        first, at = at[0], np.array(at)
        counts = np.bincount(channel[at], minlength=count)
        if len({*counts}) > 1 or (is_wide and counts[0] > 1):
            raise ValueError(
                f"{table.where[first]}: expected channels of equal length, got {', '.join(map(str, counts))}"
                f" {'lines' if is_wide else 'measurements'} of series {name!r}; leave the value empty where one is"
                " missing"
            )
        at = at[np.lexsort((times[at], channel[at]))]
        axes.append(times[at].reshape(count, -1))
        if "time" in role and ((np.diff(axes[-1]) == 0).any() or (axes[-1] != axes[-1][0]).any()):
            raise ValueError(
                f"{table.where[first]}: expected each time of series {name!r} once, the same for all channels"
            )
        block = values[at].reshape(count, -1) if "channel" in role else values[at].T
        made.append((block if len(block) > 1 else block[0], labels[first], table.where[first], name))
    other = []
    if not is_wide:
        is_axis = "time" in role and role["time"].kind == "number"
        other = [one[2] for one, at in zip(made, axes) if is_axis and not np.array_equal(at[0], axes[0][0])]
        axis = (role["time"].name, axes[0][0]) if is_axis and not other else None
    return made, axis, tuple(map(str, channels)) if len(channels) > 1 else (), other


def _times(table, column):
    """A column of times as numbers: dates count seconds. Raises ValueError for what may be a day and a month."""
    times = column.values
    if column.kind == "number" and all(map(DAY.fullmatch, column.texts)) and any(one[0] == "0" for one in column.texts):
        raise ValueError(
            f"{table.where[0]}: expected numbers, or dates with their year, in {column.called}, got {column.texts[0]!r}"
        )
    if column.kind == "date":
        dates = pd.to_datetime(pd.Series(columns.year_first(table, column)), errors="coerce", format="mixed", utc=True)
        times = (dates - dates.min()).dt.total_seconds().to_numpy()
    if np.isnan(times).any():
        k = int(np.isnan(times).argmax())
        raise ValueError(f"{table.where[k]}: expected a number or a date in {column.called}, got {column.texts[k]!r}")
    return times
