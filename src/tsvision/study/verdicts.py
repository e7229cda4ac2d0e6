"""How a claim is judged: the words for a paired difference, and the tables of all verdicts; claims has the rules.

Better and worse are said only where the interval of a paired difference leaves 0, 'no difference that matters' where
the mean difference lies within evaluation.MARGIN with probability .95, and else that it is too close to call. One
comparison a claim is primary: it was named beforehand, its interval stands for itself, and the verdict rests on it. All
others of the claim are exploration, and corrected together.
"""

from collections import namedtuple

import pandas as pd

from tsvision import evaluation

HOLDS, FAILS, OPEN = "holds", "does not hold", evaluation.OPEN
UNKNOWN, ELSEWHERE, MIXED = "not on record", "of olive oils alone", "depends on the picture"
# verdict: one of these. because: a sentence. differences: a table of evaluation.family. notes: what else stands behind
# it.
# number: what the verdict rests on, in a few words; the primary comparison's if it says nothing
Verdict = namedtuple("Verdict", "verdict because differences notes number", defaults=[(), ""])


def judge(claims, folder):
    """Judge those of claims whose notebooks have run: (a table with a line a claim, the table of all differences).

    claims: {claim: (what is said, names of notebooks without their numbers, rule)}; a rule takes the rows of each
    notebook, and folder, and returns a Verdict, or raises evaluation.Missing: then the claim is not judged. folder:
    with the tables of a run, build/<profile>/results or data/results/<profile>; every word and number follows from
    them. Columns: claim, says, verdict, number, because, notes; and claim, with those of evaluation.family.
    """
    rows = evaluation.rows_of(folder)
    lines, differences = [], []
    for claim, (says, needs, rule) in claims.items():
        if not rows.empty and {*needs} <= set(rows["notebook"].str[3:]):
            own = [evaluation.of_notebook(rows, name).reset_index(drop=True) for name in needs]
            try:
                found = rule(*own, folder=folder)
                differences.append(found.differences.assign(claim=claim))
            except (evaluation.Missing, FileNotFoundError) as error:
                found = Verdict("not judged", str(error), None)
            line = {
                "claim": claim,
                "says": says,
                "verdict": found.verdict,
                "number": _number(found),
                "because": found.because,
            }
            lines.append(line | {"notes": "; ".join(found.notes)})
    columns = ["claim", "role", *evaluation.LINE]
    table = pd.concat(differences, ignore_index=True)[columns] if differences else pd.DataFrame(columns=columns)
    return pd.DataFrame(lines), table


def _number(found):
    """What a verdict rests on: what its rule says, or the primary comparison."""
    named = found.differences is not None and (found.differences["role"] == PRIMARY).any()
    return found.number or (evaluation.minus(primary(found.differences)) if named else "")


PRIMARY, EXPLORED = "primary", "exploration"


def family(primary, parts=()):
    """A claim's differences: those of evaluation.family of the part `primary`, of one line, then those of parts,
    corrected together.

    Column role says which. primary: a tuple as in evaluation.family whose rows hold two arms; None if no comparison of
    the claim was named beforehand. What it compares is left out of the rest. Raises evaluation.Missing if nothing but
    references ran.
    """
    first = evaluation.family([primary] if primary else []).assign(role=PRIMARY)
    if primary and len(first) != 1:
        raise evaluation.Missing(f"nothing has run to compare with {primary[3]} ({primary[0]})")
    names = ["what", "arm", "reference"]
    named = set(first[names].itertuples(index=False, name=None))
    parts = [part for one in parts for part in _without(*one, named)]
    rest = evaluation.family(parts).assign(role=EXPLORED)
    return some(
        pd.concat([table for table in (first, rest) if len(table)] or [rest], ignore_index=True), "to compare with"
    )


def _without(what, rows, by, reference, over, named):
    """A part without the runs whose comparison is named, in a list; none if it has nothing left to compare, or its
    reference did not run.
    """
    arms = evaluation.arm(rows, by)
    left = rows[[(what, one, reference) not in named for one in arms]]
    return [(what, left, by, reference, over)] if reference in set(arms) and len(left) else []


def primary(table):
    """The one line of a claim's differences that the verdict rests on."""
    return some(table[table["role"] == PRIMARY], "that was named beforehand").iloc[0]


def explored(table):
    """The lines of a claim's differences that nobody named beforehand."""
    return table[table["role"] == EXPLORED]


def only(part, arm):
    """A part of verdicts.family with the runs of one arm and of the reference alone; evaluation.Missing if that arm did
    not run.
    """
    what, rows, by, reference, over = part
    arms = evaluation.arm(rows, by).to_numpy()
    some(rows[arms == arm], f"as {arm} ({what})")
    return what, rows[(arms == arm) | (arms == reference)], by, reference, over


def some(table, what):
    """The table, unless it is empty: evaluation.Missing, nothing of that kind has run."""
    if table.empty:
        raise evaluation.Missing(f"nothing has run {what}")
    return table


def good(line):
    """The verdict on 'it is as good as the reference': of a line of family()."""
    return FAILS if line["high"] < 0 else HOLDS if line["low"] > 0 or evaluation.is_equal(line) else OPEN


def better(line):
    """The verdict on 'it is better than the reference': of a line of family()."""
    return HOLDS if line["low"] > 0 else FAILS if line["high"] < 0 or evaluation.is_equal(line) else OPEN
