"""Columns of a table and what they are for: told by the user, by their names, or by what stands in them."""

import re
from collections import namedtuple

import numpy as np
import pandas as pd

from tsvision.data import lines
from tsvision.data.lines import is_value

ROLES = {  # what a column may be for, and the names by which it is known
    "label": ("label", "labels", "class", "target", "y", "species", "variety", "category", "cultivar", "origin"),
    "id": ("id", "sample", "sample_id", "series", "series_id", "case", "name"),
    "time": ("time", "t", "timestamp", "datetime", "date", "step"),
    "channel": ("channel",),
    "value": (),
}
KNOWN = {name for names in ROLES.values() for name in names}
COUNTS = 10  # lines from which no measurement counts 1, 2, 3 ... by chance
DATE = re.compile(r"\d{4}[-/.]\d\d?[-/.]\d\d?\b.*|\d\d?[-/.]\d\d?[-/.]\d{2,4}\b.*|\d\d?:\d\d(:\d\d.*)?")

# where(k): where line k stands; text(column): a column as it is written
Table = namedtuple("Table", "path names frame where text")


def number(text):
    """The number that a column is called by, or None."""
    text = text.replace(",", ".")
    return float(text) if is_value(text) and text.lower() not in lines.MISSING and np.isfinite(float(text)) else None


def called(table, k):
    """A column in words."""
    return f'column "{table.names[k]}"' if table.names[k] else f"column {k + 1} (no name)"


def listed(table):
    """What columns there are, in words."""
    shown = [name or "''" for name in table.names]
    return f"there are {', '.join(shown[:12])}" + f" and {len(shown) - 12} others" * (len(shown) > 12)


def roles(table, options, labelled):
    """What columns are for: {role: place, or None; of value a list}, and {place: why} of those left out.

    options: {role: name; of value a list of names}. labelled: whether there must be a column of labels. Raises
    ValueError naming file and column.
    """
    found, kinds = dict.fromkeys(ROLES), {k: kind(table.frame[k]) for k in range(len(table.names))}
    found |= {role: _place(table, role, options[role]) for role in ROLES if role != "value" and role in options}
    found["value"] = [_place(table, "value", name) for name in options.get("value", ())]
    taken = {found[role] for role in ROLES if role != "value"} | {*found["value"]}
    lower = [name.casefold() for name in table.names]
    if {"x", "z"} & {*lower}:
        lower = ["" if name == "y" else name for name in lower]  # x, y and z are channels
    for role in ("id", "time", "channel"):
        if found[role] is None:
            own = [lower.index(name) for name in ROLES[role] if name in lower]
            found[role] = next((k for k in own if k not in taken), None)
            taken.add(found[role])
    left = {k: "index" for k in kinds if k not in taken and _is_index(table, k, kinds[k])}
    blank = [k for k in kinds if not labelled and kinds[k] == "empty" and lower[k] in ROLES["label"]]
    left |= {k: "empty" for k in kinds if k not in taken and kinds[k] == "empty" and (not table.names[k] or k in blank)}
    if found["label"] is None:
        _find_label(table, found, [k for k in kinds if k not in taken and k not in left], kinds, lower, labelled)
        taken |= {found["label"], found["id"]}
    for k in (k for k in kinds if k not in taken and k not in left):
        if found["value"] or kinds[k] in ("text", "date") or lower[k] in KNOWN:
            left[k] = "other"
    if not found["value"]:
        found["value"] = _numbered(table, found, [k for k in kinds if k not in taken and k not in left], left, options)
        for k in (k for k in left if kinds[k] == "date" and not re.search("date|time", lower[k])):
            if any(number(table.names[value]) is None for value in found["value"]):
                raise ValueError(
                    f"{table.path}: expected numbers, got dates in {called(table, k)}: leave it out of the file; if"
                    f" they are times, name it, {table.path.name}?time={table.names[k]}"
                )
    return found, left


def check_wide(table, found, left):
    """Raise ValueError for what looks like a line a measurement, without names by which ids and times are known: few
    values beside a time, or a column that climbs within each block of another one.
    """
    few = len(found["value"]) < 8 and len(table.frame) > 8
    if found["time"] is not None and found["id"] is None and few:
        raise ValueError(
            f"{table.path}: expected a column of ids beside times in {called(table, found['time'])}, which tells what"
            f" lines are one series; name it, {table.path.name}?id=COLUMN; {listed(table)}"
        )
    for k in [*left, *found["value"]] if few and found["id"] is None else ():
        block = (table.frame[k] != table.frame[k].shift()).cumsum()
        if block.iloc[-1] != table.frame[k].nunique() or len(table.frame) - block.iloc[-1] < 8:
            continue
        for other in (other for other in found["value"] if other != k):
            if (table.frame[other].groupby(block).diff().dropna() > 0).all():
                raise ValueError(
                    f"{table.path}: expected a line a series, got what looks like a line a measurement:"
                    f" {called(table, other)} climbs within each of {called(table, k)}; name them,"
                    f" {table.path.name}?id={table.names[k]}&time={table.names[other]}, or what ids and values are"
                )


def _find_label(table, found, free, kinds, lower, labelled):
    """Enter the column of labels, known by its name or as the only one of words that repeat; a column of words that do
    not repeat beside it has ids.
    """
    words = [k for k in free if kinds[k] == "text"]
    single = [k for k in words if table.frame[k].nunique() == len(table.frame)]
    candidates = [k for k in free if lower[k] in ROLES["label"]] or [k for k in words if k not in single]
    if len(candidates) > 1:
        names = " and ".join(called(table, k) for k in candidates[:3])
        raise ValueError(f"{table.path}: expected one column of labels, got {names}; {_way(table, candidates[0])}")
    if not candidates and labelled:
        raise ValueError(
            f"{table.path}: expected a column of labels, called {', '.join(ROLES['label'][:4])} or the like, or the"
            f" only one of words that repeat; name it, {table.path.name}?label=COLUMN; {listed(table)}"
        )
    found["label"] = candidates[0] if candidates else None
    if found["id"] is None and len(single) == 1 and single != candidates:
        found["id"] = single[0]


def _numbered(table, found, free, left, options):
    """Of columns of numbers those with values; of wavelengths and a number or two beside them, the wavelengths."""
    named = [k for k in free if number(table.names[k]) is not None]
    rest = [k for k in free if k not in named]
    if not rest or len(named) <= max(1, len(rest)):
        return free
    label = found["label"]
    if label is not None and "label" not in options and table.names[label].casefold() not in KNOWN:
        raise ValueError(  # the first line may be a series, with something wrong
            f"{table.path}: expected columns of values called all by numbers or all by words, got"
            f" {called(table, rest[0])} beside {called(table, named[0])}; if so, {_way(table, label)}"
        )
    left |= dict.fromkeys(rest, "other")
    return named


def _way(table, k):
    return f"name it, {table.path.name}?label={table.names[k] or 'COLUMN'}"


def _place(table, role, name):
    """The place of a column that the user names."""
    found = [k for k, own in enumerate(table.names) if own == name]
    if len(found) != 1:
        raise ValueError(
            f"{table.path}: expected one column {name!r} for {role}, got {len(found) or 'none'}; {listed(table)}"
        )
    return found[0]


def kind(column):
    """What stands in a column: number, text, date, empty, or broken, which is numbers and a word or two."""
    known = column.dropna()
    if not len(known):
        return "empty"
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return "number"
    texts = known.astype(str)
    if all(DATE.fullmatch(text.strip()) for text in texts.head(99)):
        return "date"
    return "broken" if pd.to_numeric(texts.str.replace(",", "."), errors="coerce").notna().mean() > 0.5 else "text"


def _is_index(table, k, what):
    """Whether a column only counts the lines: whole numbers without a name, or called index, or counting on."""
    name, column = table.names[k].casefold(), table.frame[k]
    if what != "number" or column.isna().any() or (column % 1 != 0).any():
        return False
    if name in ("", "index") or name.startswith("unnamed: "):
        return True
    counts = column.iloc[0] in (0, 1) and (column.diff().iloc[1:] == 1).all()
    return counts and (name in ("row", "no", "nr", "number", "#") or (len(column) >= COUNTS and number(name) is None))
