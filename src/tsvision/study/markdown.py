"""Tables, words, printed text and the HTML of pandas as Markdown."""

import re

WIDE = 8  # columns; what is the same in every row of a wider table stands below it
STACKED = 10  # columns beside each other in a table of one row
NOTHING = 1e-15  # what sums of accuracies leave where they cancel: zero to a reader
NUMBER = re.compile(r"(-?\d+(\.\d+)?(e[-+]\d+)?)?")


def table(lines):
    """Lines as a Markdown table; each a dictionary {head: cell}, of the same heads."""
    heads, *rows = (lines := list(lines))[0], *(line.values() for line in lines)
    return _rows(heads, ["---"] * len(heads), *rows)


def _rows(*rows):
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)


def plain(text):
    """Text that Markdown shows as it is, in one line."""
    return re.sub(r"(?<!\w)_|_(?!\w)|[\\|*<`$~]", r"\\\g<0>", " ".join(text.split()))


def fenced(text):
    """Text as a block of its own, as it was printed; empty if there is none."""
    ticks = "`" * max([3, *(len(found) + 1 for found in re.findall("`+", text))])
    return f"{ticks}text\n{text.rstrip()}\n{ticks}" if text.strip() else ""


def from_html(html):
    """The table in a pandas object's HTML, with three decimals and without row numbers; empty if there is none."""
    from bs4 import BeautifulSoup  # of nbconvert

    soup = BeautifulSoup(html, "html.parser")
    if not (soup.thead and soup.tbody):
        return ""
    levels, index = _grid(soup.thead), len(soup.select("tbody tr:first-child th"))
    # of the index alone
    names = levels.pop() if len(levels) > 1 and not any(levels[-1][index:]) else [""] * len(levels[0])
    heads = [name or " ".join(filter(None, above)) for name, *above in zip(names, *levels)]
    if not (rows := _grid(soup.tbody)):
        return f"No rows of {', '.join(filter(None, heads))}."
    columns = [(head, *_short(column)) for head, column in zip(heads, zip(*rows))]
    if not heads[0] and sorted(columns[0][1:]) == sorted(map(str, range(len(rows)))):
        columns = columns[1:]
    wide = len(columns) > WIDE and len(rows) > 1
    alike = [
        column
        for column in columns[1:]
        if wide and len({*column[1:]}) == 1 and not re.match(r"-?\d+\.\d|\.\.\.", column[1])
    ]
    kept = [column for column in columns if column not in alike]
    beside = STACKED if len(rows) == 1 else len(kept)
    told = [_lines(kept[k : k + beside]) for k in range(0, len(kept), beside)]
    if alike:
        told.append(
            "The same in every row: " + "; ".join(f"{head} {value or 'none'}" for head, value, *_ in alike) + "."
        )
    return "\n\n".join([*told, *(f"Of {tag.text}." for tag in soup.select("table ~ p"))])


def _grid(part):
    """The cells of a table's head or body, row by row; what spans several stands in each of them."""
    cells, lines = {}, part.find_all("tr")
    for y, line in enumerate(lines):
        for cell in line.find_all(["th", "td"]):
            x = next(x for x in range(len(cells) + 1) if (y, x) not in cells)
            down, right = (int(cell.get(span, 1)) for span in ("rowspan", "colspan"))
            cells |= {(y + i, x + j): plain(cell.text) for i in range(down) for j in range(right)}
    return [[cells.get((y, x), "") for x in range(1 + max(x for _, x in cells))] for y in range(len(lines))]


def _short(column):
    """A column's cells: of more than four decimals three are left, or two digits below a hundredth, and none of what is
    rounding alone; NaN is empty.
    """
    column = ["" if cell in ("NaN", "nan", "None", plain("<NA>")) else cell for cell in column]
    if "" in column and all(re.fullmatch(r"(-?\d+\.0)?", cell) for cell in column):
        # whole numbers, which pandas writes so for the NaN among them
        return [cell.removesuffix(".0") for cell in column]
    long = [re.fullmatch(r"-?\d+\.\d{5,}(e[-+]\d+)?", cell) for cell in column]
    return [_rounded(float(cell)) if found else cell for cell, found in zip(column, long)]


def _rounded(value):
    value = 0 if abs(value) < NOTHING else value
    return f"{value:.3f}" if value == 0 or 0.01 <= abs(value) < 1e6 else f"{value:#.2g}"


def _lines(columns):
    rules = ["---:" if all(NUMBER.fullmatch(cell) for cell in column[1:]) else "---" for column in columns]
    heads, *rows = zip(*columns)
    return _rows(heads, rules, *rows)
