"""How a claim is judged: the parts of a rule, and the tables of all verdicts; claims and questions have the rules.

A rule selects rows, compares them, and says what follows, in the words that evaluation has for a paired difference. One
comparison a claim is primary: it was named beforehand, its interval stands for itself, and the verdict rests on it. All
others of the claim are exploration, and corrected together.
"""

from collections import namedtuple

import pandas as pd

from tsvision import evaluation

HOLDS, FAILS, OPEN = "holds", "does not hold", evaluation.OPEN
UNKNOWN, ELSEWHERE, MIXED = "not on record", "of olive oils alone", "depends on the picture"
PRIMARY, EXPLORED = "primary", "exploration"
# verdict: one of these. because: a sentence. differences: a table of family(). notes: what else stands behind it.
# number: what the verdict rests on, in a few words; the primary comparison's if it says nothing
Verdict = namedtuple("Verdict", "verdict because differences notes number", defaults=[(), ""])


def judge(claims, folder, rows=None):
    """Judge those of claims whose notebooks have run: (a table with a line a claim, the table of all differences).

    claims: {claim: (what is said, names of notebooks without their numbers, rule)}; a rule takes the rows of each
    notebook, and folder, and returns a Verdict, or raises evaluation.Missing: then the claim is not judged. folder:
    with the tables of a run, build/<profile>/results or data/results/<profile>; every word and number follows from
    them. rows: in place of those of evaluation.rows_of(folder). Columns: claim, says, verdict, number, because, notes;
    and claim, with those of family().
    """
    rows = evaluation.rows_of(folder) if rows is None else rows
    lines, differences = [], []
    for claim, (says, needs, rule) in claims.items():
        if not rows.empty and {*needs} <= set(rows["notebook"].str[3:]):
            own = [evaluation.of_notebook(rows, name).reset_index(drop=True) for name in needs]
            try:
                found = rule(*own, folder=folder)
                differences.append(found.differences.assign(claim=claim))
            except (evaluation.Missing, FileNotFoundError) as error:
                found = Verdict("not judged", str(error), pd.DataFrame({"role": []}))
            first = found.differences[found.differences["role"] == PRIMARY]
            number = found.number or "".join(evaluation.minus(line) for _, line in first.iterrows())
            lines.append([claim, says, found.verdict, number, found.because, "\n".join(found.notes)])
    columns = ["claim", "role", *evaluation.LINE]
    table = pd.concat(differences, ignore_index=True)[columns] if differences else pd.DataFrame(columns=columns)
    return pd.DataFrame(lines, columns=["claim", "says", "verdict", "number", "because", "notes"]), table


# --- to select: a part is what evaluation.family compares, a tuple (what, rows, by, reference, over)


def some(table, what):
    """The table, unless it is empty: evaluation.Missing, nothing of that kind has run."""
    if table.empty:
        raise evaluation.Missing(f"nothing has run {what}")
    return table


def only(part, arm):
    """A part with the runs of one arm and of the reference alone; evaluation.Missing if that arm did not run."""
    what, rows, by, reference, over = part
    arms = evaluation.arm(rows, by).to_numpy()
    some(rows[arms == arm], f"as {arm} ({what})")
    return what, rows[(arms == arm) | (arms == reference)], by, reference, over


def each(what, rows, columns, by, reference, over="split", sort=True):
    """A part for each value of columns (a list), which stands for the {}s of what; in order of appearance without
    sort.
    """
    return [(what.format(*key), own, by, reference, over) for key, own in rows.groupby(columns, sort=sort)]


# --- to compare


def compare(part, arm, parts):
    """A claim's differences, the primary line, and the lines of exploration.

    The table is family()'s, of the comparison of one arm of a part, which was named beforehand, and of all of parts.
    """
    table = family(only(part, arm), parts)
    return table, primary(table), explored(table)


def family(primary, parts=()):
    """A claim's differences: those of evaluation.family of the part `primary`, of one line, then those of parts,
    corrected together.

    Column role says which. primary: a part whose rows hold two arms; None if no comparison of the claim was named
    beforehand. What it compares is left out of the rest, and so are parts whose reference did not run. Raises
    evaluation.Missing if nothing but references ran.
    """
    first = evaluation.family([primary] if primary else []).assign(role=PRIMARY)
    if primary and len(first) != 1:
        raise evaluation.Missing(f"nothing has run to compare with {primary[3]} ({primary[0]})")
    named, left = set(first[["what", "arm", "reference"]].itertuples(index=False, name=None)), []
    for what, rows, by, reference, over in parts:
        arms = evaluation.arm(rows, by)
        if reference in set(arms):
            left.append((what, rows[[(what, arm, reference) not in named for arm in arms]], by, reference, over))
    rest = evaluation.family(left).assign(role=EXPLORED)
    tables = [table for table in (first, rest) if len(table)] or [rest]
    return some(pd.concat(tables, ignore_index=True), "to compare with")


def primary(table):
    """The one line of a claim's differences that the verdict rests on."""
    return some(table[table["role"] == PRIMARY], "that was named beforehand").iloc[0]


def explored(table):
    """The lines of a claim's differences that nobody named beforehand."""
    return table[table["role"] == EXPLORED]


# --- to say what follows, of lines of family()


def good(line):
    """The verdict on 'it is as good as the reference'."""
    return FAILS if line["high"] < 0 else HOLDS if line["low"] > 0 or evaluation.is_equal(line) else OPEN


def better(line):
    """The verdict on 'it is better than the reference'."""
    return HOLDS if line["low"] > 0 else FAILS if line["high"] < 0 or evaluation.is_equal(line) else OPEN


def means(rows, label):
    """Mean accuracies in words, by the column label."""
    lines = evaluation.summary(rows, [label])
    return ", ".join(f"{evaluation.plain(name)} {mean:.3f}" for name, mean in zip(lines[label], lines["mean"]))


def means_of_each(rows, columns, label):
    """The same for each value of columns (a list), a text each, in order of appearance."""
    names = evaluation.arm(rows, columns).map(evaluation.plain)
    return tuple(f"{name}: {means(own, label)}" for name, own in rows.groupby(names, sort=False))
