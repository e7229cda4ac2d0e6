"""Columns of a table and what they are for: told by the user, by their names, or by what stands in them."""

import re
from collections import Counter, namedtuple

import numpy as np

from tsvision.data.lines import MISSING, value, values

ROLES = {  # what a column may be for, and the names by which it is known
    "label": ("label", "labels", "class", "target", "y", "species", "variety", "category", "cultivar", "origin"),
    "id": ("id", "sample", "sample_id", "series", "series_id", "case", "name"),
    "time": ("time", "t", "timestamp", "datetime", "date", "step"),
    "channel": ("channel",),
    "value": (),
    "average": (),  # ids of series whose lines are averaged
}
REPLICATES = {"replicate", "replica", "repetition", "rep"}  # which are counted or lettered, no values
KNOWN = REPLICATES.union(*ROLES.values())
COUNTS = 10  # lines from which no measurement counts 1, 2, 3 ... by chance
# a date that does not begin with a year of four digits
BACKWARDS = re.compile(r"(\d\d?)([-/.])(\d\d?)\2(\d{4}|\d\d)(?!\d)")
DATE = re.compile(r"\d{4}[-/.]\d\d?[-/.]\d\d?\b.*|\d\d?[-/.]\d\d?[-/.]\d{2,4}\b.*|\d\d?:\d\d(:\d\d.*)?")

UNIT = re.compile(r"([-+]?\d+(?:[.,]\d+)?)[\s_]*[(\[]?([^\W\d]\S*?|1/\S+?)[)\]]?")  # a number with it, as in 900,5 nm
PREFIX = re.compile(r"([^\W\d]+)[\s_.]*([-+]?\d+(?:[.,]\d+)?)")  # a word before the number, as R's X900.5
BLOCK = 8  # columns from which such names are no chance

Table = namedtuple("Table", "path columns where unit")  # where: file and place of each line
# called: its name in words; kind: number, text, date, empty, or broken, which is numbers and a word or two; values:
# (lines,) float64; number: the one that its name is, or None
Column = namedtuple("Column", "name called texts kind values number")


def table(path, names, rows, where, asked=()):
    """A Table of the texts that stand below its names; rows may lack cells below the last ones that are empty. asked:
    names of columns of which the user says what they are for.
    """
    texts = ([row[k] if k < len(row) else "" for row in rows] for k in range(len(names)))
    numbers, unit = _numbers(path, names, asked)
    return Table(path, [_column(*one) for one in zip(range(len(names)), names, texts, numbers)], where, unit)


def _numbers(path, names, asked):
    """The numbers that columns are called by, None for others, and the unit that these have, '' for none. Behind a word
    they must climb or fall, and not only count, as channels do. Raises ValueError for a column without the unit of the
    others.
    """
    found, is_free = [number(name) for name in names], [name not in asked for name in names]
    measured = [UNIT.fullmatch(name) if one is None else None for name, one in zip(names, found)]
    ((unit, count),) = Counter(match[2] for match in measured if match).most_common(1) or [("", 0)]
    bare = [name for name, one, free in zip(names, found, is_free) if one is not None and free]
    other = [match[0] for match, free in zip(measured, is_free) if match and match[2] != unit and free]
    if count >= BLOCK and bare + other:
        raise ValueError(
            f"{path}: expected {unit!r} behind the numbers above all columns or none, got {(bare + other)[0]!r}"
        )
    if bare:
        return found, ""
    if count > 1:
        return [number(match[1]) if match and match[2] == unit else None for match in measured], unit
    led = [PREFIX.fullmatch(name) for name in names]
    words = Counter(match[1] for match in led if match).most_common(2)
    if not words or words[0][1] < BLOCK or words[-1][1] > 1 == len(words) - 1:  # two blocks are no axis
        return found, ""
    known = [number(match[2]) if match and match[1] == words[0][0] else None for match in led]
    steps = np.diff(own := [one for one in known if one is not None])
    is_count = own[0] in (0, 1) and (steps == 1).all()
    return known if not is_count and ((steps > 0).all() or (steps < 0).all()) else found, ""


def _column(k, name, texts, called_by):
    found, wrong = values(texts)
    known = [text for text in texts if text.lower() not in MISSING]
    if wrong is None or not known:
        kind = "number" if known else "empty"
    elif all(DATE.fullmatch(text) for text in known[:99]):
        kind = "date"
    else:
        kind = "broken" if sum(value(text) is not None for text in known) > len(known) / 2 else "text"
    return Column(name, f'column "{name}"' if name else f"column {k + 1} (no name)", texts, kind, found, called_by)


def number(text):
    """The number that a column is called by, or None."""
    found = value(text.replace(",", "."))
    return found if found is not None and np.isfinite(found) else None


def is_moved(name, below):
    """Whether a number with decimals would stand below the name of ids or labels: a cell too many moved it there."""
    found = value(below)
    is_number = found is not None and np.isfinite(found) and found % 1 != 0
    return is_number and name.casefold() in (*ROLES["id"], *ROLES["label"])


def listed(table):
    """What columns there are, in words."""
    shown = [column.name or "''" for column in table.columns]
    return f"there are {', '.join(shown[:12])}" + f" and {len(shown) - 12} others" * (len(shown) > 12)


def roles(table, options, labelled):
    """What columns are for: {place: role, or how it is called because it is left out, '' if that is not worth a word}.

    options: {role: [names]}. labelled: whether there must be a column of labels. Raises ValueError naming file and
    column.
    """
    columns, use = table.columns, {}
    for role, names in options.items():
        for name in names:
            own = [k for k, column in enumerate(columns) if column.name == name and k not in use]
            if len(own) != 1:
                raise ValueError(
                    f"{table.path}: expected one column {name!r} for {role}, got {len(own) or 'none'}; {listed(table)}"
                )
            use[own[0]] = "id" if role == "average" else role

    def free():
        return [k for k in range(len(columns)) if k not in use]

    names = [column.name.casefold() for column in columns]
    if {"x", "z"} & {*names}:
        names = ["" if name == "y" else name for name in names]  # x, y and z are channels
    for role in ("id", "time", "channel"):
        own = [k for name in ROLES[role] for k in free() if names[k] == name]
        if own and role not in use.values():
            use[own[0]] = role
    is_label = [name in ROLES["label"] for name in names]
    for k in free():
        if _is_index(columns[k]):
            use[k] = "index column"
        elif columns[k].kind == "empty" and (not names[k] or (is_label[k] and not labelled)):
            use[k] = ""
    if "label" not in options:
        use |= _label(table, [k for k in free() if is_label[k]], free(), labelled)
    use |= dict.fromkeys(_ids(table, free(), use), "id")
    for k in free():
        if "value" in options or columns[k].kind in ("text", "date") or names[k] in KNOWN:
            use[k] = columns[k].called
    named = [k for k in free() if columns[k].number is not None]
    if len(named) > max(1, len(free()) - len(named)):  # wavelengths, and a number or two beside them
        asked = [name for own in options.values() for name in own]
        of_axis = {*named}
        among = [k for k in range(named[0], named[-1]) if k not in of_axis and columns[k].name not in asked]
        if lost := [k for k in among if k in free() or columns[k].number is not None]:
            first, last = (columns[named[k]].name for k in (0, -1))
            raise ValueError(
                f"{table.path}: expected numbers above and in all columns from {first!r} to {last!r}, got"
                f" {columns[lost[0]].called} among them; put it behind them if it is no value of the series"
            )
        beside = [k for k in free() if k not in of_axis]
        if rivals := [columns[k] for k in beside if labelled and _may_be_classes(columns[k])]:
            _check_label(table, rivals, options, [columns[k] for k, what in use.items() if what == "label"])
        use |= {k: columns[k].called for k in beside}
    dates = [k for k, what in use.items() if columns[k].kind == "date" and what not in ROLES]
    if "value" not in options and len(named) < len(free()):
        for k in dates:
            if not re.search("date|time", names[k]):
                raise ValueError(
                    f"{table.path}: expected numbers, got dates in {columns[k].called}: leave it out of the file; if"
                    f" they are times, name it, {table.path.name}?time={columns[k].name}"
                )
    return use | dict.fromkeys(free(), "value")


def _ids(table, free, use):
    """The only column of words that do not repeat, which has ids unless another does: a list of its place."""
    single = [k for k in _words(table, free) if len({*table.columns[k].texts}) == len(table.columns[k].texts)]
    return single if len(single) == 1 and "id" not in use.values() else []


def _words(table, free):
    return [k for k in free if table.columns[k].kind == "text" and table.columns[k].name.casefold() not in REPLICATES]


def _label(table, known, free, labelled):
    """The column of labels, known by its name or as the only one of words that repeat: {place: role}."""
    texts = {k: table.columns[k].texts for k in _words(table, free)}
    candidates = known or [k for k, own in texts.items() if len({*own}) < len(own)]
    if len(candidates) > 1:
        names = " and ".join(table.columns[k].called for k in candidates[:3])
        ranked = sorted((table.columns[k] for k in candidates), key=lambda column: len({*column.texts}))
        few, many = (f"{table.path.name}?{{}}={ranked[k].name or 'COLUMN'}".format for k in (0, -1))
        raise ValueError(
            f"{table.path}: expected one column of labels, got {names}; name it, {few('label')}"
            + f", or what replicates have in common, to average them, {many('average')}; {listed(table)}" * (not known)
        )
    if not candidates and labelled:
        raise ValueError(
            f"{table.path}: expected a column of labels, called {', '.join(ROLES['label'][:4])} or the like, or the"
            f" only one of words that repeat; name it, {table.path.name}?label=COLUMN; {listed(table)}"
        )
    return dict.fromkeys(candidates, "label")


def _may_be_classes(column):
    """Whether a column's numbers may be classes: two whole numbers or more, each in two lines on average or more."""
    counts = Counter(column.values[~np.isnan(column.values)].tolist())
    few = 2 * len(counts) <= sum(counts.values())
    return column.kind == "number" and len(counts) > 1 and few and all(one % 1 == 0 for one in counts)


def _check_label(table, rivals, options, found):
    """Raise ValueError for a label that is known by its words alone, such as an operator's name, where rivals beside
    the wavelengths may be the classes.
    """
    if "label" not in options and not any(column.name.casefold() in ROLES["label"] for column in found):
        both, way = (found + rivals)[:3], f"{table.path.name}?{{}}={{}}".format
        raise ValueError(
            f"{table.path}: expected one column of labels, got {' and '.join(column.called for column in both)}; name"
            f" it, {' or '.join(way('label', column.name or 'COLUMN') for column in both)}, or what replicates have in"
            f" common, to average them, {way('average', rivals[0].name or 'COLUMN')}"
        )


def _is_index(column):
    """Whether a column only counts the lines: whole numbers without a name, or called index, or counting on."""
    name, counts = column.name.casefold(), column.values
    if column.kind != "number" or not np.isfinite(counts).all() or (counts % 1).any():
        return False
    if name in ("", "index") or name.startswith("unnamed: "):
        return True
    counts_on = counts[0] in (0, 1) and (np.diff(counts) == 1).all()
    return counts_on and (
        name in ("row", "no", "nr", "number", "#") or (len(counts) >= COUNTS and column.number is None)
    )


def check_wide(table, use, options):
    """Raise ValueError for what looks like a line a measurement, without ids that are known by name, or to be averaged:
    few values beside a time, or hardly any.
    """
    names, taken = [table.columns[k].name for k, what in use.items() if what == "value"], {*use.values()}
    is_said = ("id" in taken and "average" not in options) or "value" in options or None not in map(number, names)
    if not is_said and len(names) < (8 if "time" in taken else 4) and len(table.where) > 8:
        raise ValueError(
            f"{table.path}: expected a line a series, got what looks like a line a measurement, for there are"
            f" {len(names)} columns of values: name those of ids and times, {table.path.name}?id=COLUMN&time=COLUMN, or"
            f" of values; {listed(table)}"
        )


def year_first(table, column):
    """The texts of a column of dates; those that begin with the day or the month, as 31.01.2020 or 1/31/2020, turned
    into 2020-01-31.

    Before a point stands the day, else some date of the column must tell. Raises ValueError if none does, or a year has
    two digits.
    """
    found = [BACKWARDS.match(text) for text in column.texts]
    parts = [(one[2], int(one[1]), int(one[3])) for one in found if one]
    is_day_first = any(point == "." or first > 12 for point, first, _ in parts)
    is_told = is_day_first or any(second > 12 for *_, second in parts)
    for k, one in enumerate(found):
        if one and not (is_told and len(one[4]) == 4):
            why = "day and month can't be told apart" if len(one[4]) == 4 else "year has two digits"
            got = f"got {column.texts[k]!r}, whose {why}"
            raise ValueError(f"{table.where[k]}: expected dates like 2020-01-31 in {column.called}, {got}")
    order = (4, 3, 1) if is_day_first else (4, 1, 3)
    return [
        "-".join(one[part].zfill(2) for part in order) + text[one.end() :] if one else text
        for one, text in zip(found, column.texts)
    ]
