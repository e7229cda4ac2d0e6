"""How a claim is judged: the words for a paired difference, and the tables of all verdicts; claims has the rules.

Better and worse are said only where the interval of a paired difference leaves 0, 'no difference that matters' where the mean
difference lies within one test series with probability .95, and else that it cannot be told. The intervals of all differences of
one claim hold together.
"""

from collections import namedtuple

import pandas as pd

from tsvision import evaluation, results

HOLDS, FAILS, OPEN = "holds", "does not hold", "cannot be told"
# verdict: one of these three. because: a sentence. differences: a table of evaluation.family. notes: what else stands behind it
Verdict = namedtuple("Verdict", "verdict because differences notes", defaults=[()])


def judge(claims, folder):
    """Judge those of claims whose notebooks have run: (a table with a line a claim, the table of all differences).

    claims: {claim: (what is said, numbers of notebooks, rule)}; a rule takes the rows of each notebook, and folder, and returns a
    Verdict, or raises evaluation.Missing: then the claim is not judged. folder: with the tables of a run, build/<profile>/results
    or data/results/<profile>; every word and number follows from them. Columns: claim, says, verdict, because, notes; and claim,
    with those of evaluation.family.
    """
    rows = results.rows_of(folder)
    lines, differences = [], []
    for claim, (says, needs, rule) in claims.items():
        if not rows.empty and {*needs} <= set(rows["notebook"].str[:2]):
            own = [rows[rows["notebook"].str[:2] == number].reset_index(drop=True) for number in needs]
            try:
                found = rule(*own, folder=folder)
                differences.append(found.differences.assign(claim=claim))
            except (evaluation.Missing, FileNotFoundError) as error:
                found = Verdict("not judged", str(error), None)
            line = {"claim": claim, "says": says, "verdict": found.verdict, "because": found.because}
            lines.append(line | {"notes": "; ".join(found.notes)})
    columns = ["claim", *evaluation.LINE]
    table = pd.concat(differences, ignore_index=True)[columns] if differences else pd.DataFrame(columns=columns)
    return pd.DataFrame(lines), table


def family(parts, rope=None):
    """evaluation.family of parts; evaluation.Missing if nothing but references ran."""
    return some(evaluation.family(list(parts), rope=rope), "to compare with")


def some(table, what):
    """The table, unless it is empty: evaluation.Missing, nothing of that kind has run."""
    if table.empty:
        raise evaluation.Missing(f"nothing has run {what}")
    return table


def good(line):
    """The verdict on 'it is as good as the reference': of a line of family()."""
    return FAILS if line["high"] < 0 else HOLDS if line["low"] > 0 or is_equal(line) else OPEN


def better(line):
    """The verdict on 'it is better than the reference': of a line of family()."""
    return HOLDS if line["low"] > 0 else FAILS if line["high"] < 0 or is_equal(line) else OPEN


def is_equal(line):
    """Whether the mean difference of a line lies within one test series with probability .95."""
    return line["equal"] > 0.95


def told(line):
    """A line of family() in words: what less what and where, the difference, its interval, n, and the word for it."""
    word = "better" if line["low"] > 0 else "worse" if line["high"] < 0 else OPEN
    word = "no difference that matters" if word == OPEN and is_equal(line) else word
    names = f"{line['arm']} less {line['reference']} ({line['what']})"
    return f"{names} {effect(line)}, {line['pairs']} {line['over']}: {word}"


def effect(line):
    """A line's difference with its interval, if it has one."""
    difference, low, high = (round(value, 3) + 0.0 for value in (line.difference, line.low, line.high))  # no -0.000
    return f"{difference:+.3f}" + (f" [{low:+.3f}, {high:+.3f}]" if line.pairs > 1 else "")


def named(table):
    """The arms of lines of family(), and what was compared."""
    return ", ".join(f"{line.arm} ({line.what})" for line in table.itertuples()) or "none"
