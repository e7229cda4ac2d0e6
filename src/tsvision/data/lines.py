"""Series as text has them: what a value and a label are, the cells of a line, and the archive's .ts and .arff.

t time steps, c channels. What is missing (nothing, or a word of MISSING) is read as NaN; series of one file may differ
in length, channels of one series may not.
"""

import csv
import re
from collections import namedtuple
from fractions import Fraction

import numpy as np

UNLABELLED = {"", "?", "nan", "na", "n/a", "#n/a", "<na>", "null"}  # no class is called so
MISSING = UNLABELLED | {"-", ".", "none", "nat"}  # of a value: what pandas, R, SAS and spreadsheets write
LARGEST = 1e100  # as pictures.encoders.LARGEST: what is larger either way is no measured value
# 1, 1.0 and 1.00e+00, as numpy.savetxt writes it; not 01, nor 1e3, which may be a place on a plate
NUMBER = re.compile(r"[+-]?(0|[1-9][0-9]{0,98})(\.[0-9]*(e[+-][0-9]{2})?)?", re.IGNORECASE)
COMMA, POINT = (re.compile(rf"[-+]?\d*{sign}\d+(e[-+]?\d+)?", re.IGNORECASE) for sign in (",", r"\."))
BOTH = re.compile(r"[-+]?\d{1,3}((\.\d{3})+,|(,\d{3})+\.)\d+")  # thousands parted, and decimals
THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}\.\d{3}")
REGRESSION = ["@targetlabel", "true"]

# values: (t,) or (c, t) float64; label: a text or None; where: path and line; id: a text
Line = namedtuple("Line", "values label where id", defaults=[""])


def lines(path):
    """[(number, line)] of a UTF-8 file, without those that are empty."""
    try:
        # minus signs as some programs write them
        text = re.sub(r"\u2212(?=[.,]?\d)", "-", path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: expected UTF-8 text, as spreadsheets save 'CSV UTF-8' ({error})") from None
    found = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not found:
        raise ValueError(f"{path}: expected a series a line, got an empty file")
    return found


def _parts(mark, line):
    """Whether a mark parts the cells of a line, and its commas are decimal, or fewer."""
    with_commas = (cell.strip() for cell in line.split(mark) if "," in cell)
    return line.count(mark) >= line.count(",") or all(COMMA.fullmatch(cell) for cell in with_commas)


def cells(path):
    """([numbers of lines], [their cells]) of a file whose cells are parted by tabs, semicolons, commas or white space,
    as in its first line. Decimal commas get points unless commas part cells, or there are more decimal points. Raises
    ValueError naming file and line, also of a point among decimal commas: it may part thousands.
    """
    found = lines(path)
    if found[0][1].lower().startswith("sep=") and len(found) > 1:  # spreadsheets' own
        found = found[1:]
    bare = re.sub('"[^"]*"', "", found[0][1])
    mark = next((mark for mark in "\t;," if mark in bare and _parts(mark, bare)), " ")
    numbers, rows = [], []
    for number, line in found:
        try:
            row = next(csv.reader([line.strip(" ")], delimiter=mark, skipinitialspace=True, strict=True))
        except csv.Error as error:
            raise ValueError(f"{path}, line {number}: expected cells parted by {mark!r} ({error})") from None
        if any(row := [cell.strip() for cell in row]):
            numbers.append(number)
            rows.append(row)
    flat = [cell for row in rows[1:] if mark != "," for cell in row]  # pandas writes names of columns with points
    commas = [cell for cell in flat if "," in cell and COMMA.fullmatch(cell)]
    points = [cell for cell in flat if "." in cell and POINT.fullmatch(cell)] if commas else []
    mixed = [cell for cell in flat if "," in cell and "." in cell and BOTH.fullmatch(cell)]
    if mixed := mixed + (points if len(points) <= len(commas) else []):
        at, row = next(one for one in zip(numbers[1:], rows[1:]) if mixed[0] in one[1])
        raise ValueError(
            f"{path}, line {at}: expected decimal commas or decimal points, not both, got {mixed[0]!r} in column"
            f" {row.index(mixed[0]) + 1}"
        )
    if commas and not points:
        rows = [[cell.replace(",", ".") if COMMA.fullmatch(cell) else cell for cell in row] for row in rows]
    return numbers, rows


def value(text):
    """The number that a text is, NaN if it stands for a missing one, None for what is no value: as float() has it,
    without underscores.
    """
    try:
        return np.nan if text.strip().lower() in MISSING else None if "_" in text else float(text)
    except ValueError:
        return None


def values(texts):
    """The values of texts, float64, NaN where one is missing, and the place of the first that is none, or None."""
    try:
        if "_" not in "".join(texts):
            return np.array(texts, dtype=np.float64), None
    except ValueError:
        pass  # one is missing, or is none
    found = [value(text) for text in texts]
    return np.array(found, dtype=np.float64), found.index(None) if None in found else None


def warn_of_thousands(path, texts):
    """Print that points among texts of values may part thousands: each stands behind one to three digits, no 0 first,
    and before three; and a whole number below 1000 is over ten times the smallest of them, as 973 is beside 1.061.
    """
    points, whole = (
        [text for text in texts if "." in text and text not in MISSING],
        [text for text in texts if text.isdecimal()],
    )
    if points and whole and all(map(THOUSANDS.fullmatch, points)):
        least, largest = min(points, key=lambda text: abs(float(text))), max(whole, key=float)
        if 10 * abs(float(least)) < float(largest) < 1000:
            print(
                f"data: {path.name}, values such as {least} beside {largest} are read as decimals: if thousands are"
                f" meant, write {least.replace('.', '')}"
            )


def label_of(text, where):
    """A label as a class is called: its text, a whole number without its point, exactly. ValueError for none."""
    if text.lower() in UNLABELLED:
        raise ValueError(f"{where}: expected a label, got {text!r}")
    whole = Fraction(text) if NUMBER.fullmatch(text) else None
    return str(whole.numerator) if whole is not None and whole.denominator == 1 else text


def series(channels, where):
    """A series (t,) of the texts of one channel, (c, t) of a list of texts for each of several. Raises ValueError."""
    found = []
    for texts in channels:
        own, wrong = values(texts)
        if wrong is not None:
            raise ValueError(
                f"{where}: expected numbers beside the label, with decimal points, got {texts[wrong].strip()[:40]!r} as"
                f" value {wrong + 1}"
            )
        found.append(own)
    if len({*map(len, found)}) > 1:
        lengths = ", ".join(str(len(own)) for own in found)
        raise ValueError(
            f"{where}: expected channels of equal length, got {lengths} values; write ? where one is missing"
        )
    return checked(found[0] if len(found) == 1 else np.array(found), where)


def checked(values, where, is_whole=False):
    """A series (t,) or (c, t) without what is missing at its end, in all channels, unless it is to stay whole. Raises
    ValueError for values beyond LARGEST and a channel with fewer than two.
    """
    each = np.atleast_2d(values)
    if (beyond := abs(each) > LARGEST).any():
        place = np.unravel_index(beyond.argmax(), each.shape)
        raise ValueError(
            f"{where}: expected values up to {LARGEST:g} either way, got {each[place]:g} as value {place[1] + 1}"
        )
    known = ~np.isnan(each)
    if (few := known.sum(1).min()) < 2:
        raise ValueError(f"{where}: expected two values or more{' of each channel' * (values.ndim - 1)}, got {few}")
    return values if is_whole else values[..., : np.flatnonzero(known.any(0))[-1] + 1]


def archived(path, labelled=True):
    """The Lines of a .ts or .arff file: after @data the values of each channel and the label. labelled: whether there
    must be labels; a .ts file may say that it has none. Raises ValueError naming file and line.
    """
    is_ts, is_data, has_labels, leads, found = path.suffix.lower() == ".ts", False, True, None, []
    for number, line in lines(path):
        where, line, words = f"{path}, line {number}", line.strip(), line.lower().split()
        if line[0] in "#%":
            continue
        if not is_data:
            is_data = words[0] == "@data"
            if words[0] in ("@classlabel", "@attribute"):  # the class is the last of an .arff file, or the first
                leads = not is_ts and "{" in line if leads is None else leads
                has_labels, told = words[1:2] != ["false"] if is_ts else "{" in line, line
            without = labelled and not has_labels and not leads and (is_ts or is_data)
            if line[0] != "@" or without or words in (["@timestamps", "true"], REGRESSION):
                raise ValueError(
                    f"{where}: expected @data before the first series, and series without time stamps, with a class"
                    f" each (regression is not done here), got {(told if without else line)[:40]!r}"
                )
            continue
        if is_ts:
            *channels, label = line.split(":") if has_labels else [*line.split(":"), None]
        else:
            channels, _, label = line.rpartition(",") if has_labels else (line, "", None)
            if leads and not has_labels:
                label, _, channels = line.partition(",")
            channels, label = channels.strip("' ").split("\\n") if channels else [], label and label.strip("'\" ")
        if not channels:
            raise ValueError(f"{where}: expected values and a label, got {line[:40]!r}")
        made = series([channel.split(",") for channel in channels], where)
        found.append(Line(made, label if label is None else label_of(label.strip(), where), where))
        if made.shape[:-1] != found[0].values.shape[:-1]:
            raise ValueError(
                f"{where}: expected as many channels as in the first line, {len(np.atleast_2d(found[0].values))}, got"
                f" {len(channels)}"
            )
    if not found:
        raise ValueError(f"{path}: expected series behind a line @data, got none")
    return found
