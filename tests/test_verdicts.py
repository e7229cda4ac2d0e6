"""The words and verdicts on a difference, and the tables that judge makes of rules written here."""

import pandas as pd
import pytest
import toys
from toys import EQUAL, FAILS, HIGH, HOLDS, LEAST, LOW, OPEN, PLAIN

from tsvision import evaluation
from tsvision.evaluation import paired
from tsvision.study import verdicts

NAN = float("nan")
LINE = {"what": "views", "arm": "crop", "reference": "resize", "pairs": 10, "over": "splits", "difference": 0.0}
LINE |= {"worse": 0.25, "better": 0.125}


def line(low, high, equal, **other):
    return pd.Series(LINE | {"low": low, "high": high, "equal": equal} | other)


ONE = line(NAN, NAN, NAN, pairs=1, worse=NAN, better=NAN, difference=0.0336)  # one pair has no interval
DIFFERENCES = [  # low, high, equal: the word, 'it is as good', 'it is better'
    (0.01, 0.2, 0.0, "better", HOLDS, HOLDS),
    (-0.2, -0.01, 0.0, "worse", FAILS, FAILS),
    (-0.01, 0.02, 0.951, EQUAL, HOLDS, FAILS),
    (-0.01, 0.02, 0.95, OPEN, OPEN, OPEN),
    (0.0, 0.2, 0.5, OPEN, OPEN, OPEN),
    (-0.2, 0.0, 0.5, OPEN, OPEN, OPEN),
    (0.001, 0.002, 0.99, "better", HOLDS, HOLDS),  # small, but it is there
    (-0.002, -0.001, 0.99, "worse", FAILS, FAILS),
    (NAN, NAN, NAN, OPEN, OPEN, OPEN),
]
TABLE = pd.DataFrame([line(*values) for *values, _, _, _ in DIFFERENCES], columns=[*LINE, "low", "high", "equal"])


def test_a_difference_has_one_word_and_a_verdict_on_either_claim():
    for *values, word, good, better in DIFFERENCES:
        one = line(*values)
        assert evaluation.word(one) == word and evaluation.told(one).endswith(f": {word}")
        assert (verdicts.good(one), verdicts.better(one)) == (good, better)
    assert [list(own.index) for own in evaluation.clear(TABLE)] == [[0, 6], [1, 7]]


WIDE = line(-0.4567, 0.2111, 0.6251, difference=-0.1234, arm="epochs 40", pairs=20, over="seeds")
NONE = line(-0.0004, 0.0004, 0.99, difference=-0.0001, worse=0.0, better=0.01)
SAYS = [
    (
        "told",
        WIDE,
        f"epochs 40 minus plot only (views) -0.123 [-0.457, +0.211], 20 seeds, P 0.25 / 0.63 / 0.12: {OPEN}",
    ),
    ("told", ONE, f"random crop minus plot only (views) +0.034, 1 split, no P: {OPEN}"),
    ("points", WIDE, "-12.3 points [-45.7, +21.1], 20 seeds"),
    ("points", NONE, "+0.0 points [+0.0, +0.0], 10 splits"),  # no -0.0
    ("points", ONE, "+3.4 points, 1 split"),
    ("sentence", NONE, f"random crop minus plot only: +0.0 points [+0.0, +0.0], 10 splits: {EQUAL}"),
    ("counts", TABLE, f"of 9 comparisons 2 better, 2 worse, 1 {EQUAL}, 4 too close to call"),
    ("counts", TABLE[:0], "of 0 comparisons 0 better, 0 worse, 0 too close to call"),
    ("named", TABLE[:2], "random crop (views), random crop (views)"),
    ("named", TABLE[:0], "none"),
]


@pytest.mark.parametrize("say, one, said", SAYS)
def test_differences_in_words(say, one, said):
    assert getattr(evaluation, say)(one) == said


# --- comparisons


def rows(**corrects):
    """Rows of each method with these numbers of right answers of 30, a split each; with what they were right about."""
    made = pd.concat([toys.rows(PLAIN, each, method=name) for name, each in corrects.items()], ignore_index=True)
    return evaluation.with_right(made, toys.predicted(made))


def part(what="x", reference="a", **corrects):
    return what, rows(**corrects), ["method"], reference, "split"


def test_a_family_is_the_primary_comparison_alone_and_the_others_corrected_together():
    primary, others = (
        part("named", a=LOW, b=HIGH),
        [part(a=LOW, b=[20] * 10, c=LEAST), part("y", a=LOW, d=[19, 18] * 5)],
    )
    table = verdicts.family(primary, others)
    pd.testing.assert_frame_equal(table[:1][evaluation.LINE], evaluation.family([primary]))
    pd.testing.assert_frame_equal(table[1:][evaluation.LINE].reset_index(drop=True), evaluation.family(others))
    assert table["role"].tolist() == ["primary"] + ["exploration"] * 3
    assert verdicts.primary(table)["arm"] == "b" and verdicts.explored(table)["arm"].tolist() == ["b", "c", "d"]
    # Holm's p of the others, and none for the first
    each = (primary, part(a=LOW, b=[20] * 10), part(a=LOW, c=LEAST), others[1])
    alone = [evaluation.family([one])["p"][0] for one in each]
    assert table["p"].tolist() == pytest.approx([alone[0], *paired.holm(alone[1:])]) and table["p"][1] > alone[1]


def test_what_is_named_is_left_out_of_the_others_and_nothing_else():
    every = part(a=LOW, b=HIGH, c=LEAST)
    table, first, rest = verdicts.compare(every, "b", [every, part("y", a=LOW, b=HIGH)])
    expected = [["primary", "x", "b"], ["exploration", "x", "c"], ["exploration", "y", "b"]]
    assert table[["role", "what", "arm"]].to_numpy().tolist() == expected
    assert (first["arm"], rest["arm"].tolist()) == ("b", ["c", "b"])
    named = verdicts.only(every, "b")
    pd.testing.assert_frame_equal(verdicts.family(named, [named]), verdicts.family(named))  # of which nothing is left


def test_a_family_may_lack_a_primary_comparison_but_not_its_runs():
    both, one = part(a=LOW, b=HIGH), part("y", a=LOW)
    table = verdicts.family(None, [both, one])
    pd.testing.assert_frame_equal(table[evaluation.LINE], evaluation.family([both]))
    for call, message in (
        (lambda: verdicts.primary(table), "nothing has run that was named beforehand"),
        (lambda: verdicts.family(None, [one]), "nothing has run to compare with"),
        (lambda: verdicts.family(one, [both]), r"nothing has run to compare with a \(y\)"),
        (lambda: verdicts.family(part(reference="c", a=LOW), [both]), "reference: expected one of a, got 'c'"),
    ):
        with pytest.raises(evaluation.Missing, match=f"^{message}$"):
            call()


# --- judge


@pytest.fixture
def folder(put):
    """Rows of three notebooks, the first two of one name, and tables that are no rows."""
    for stem, own in (("11_x", rows(a=[15, 18], b=[24, 21])), ("13_y", rows(c=[3, 6, 9])), ("07_yx", rows(a=[1]))):
        put(stem, own.drop(columns="right"))
    put("01_download", pd.DataFrame({"notes": ["x"]}))
    return put.folder


def plain(own, folder, primary=True, **changed):
    part = ("methods", own, ["method"], "a", "split")
    differences = verdicts.family(part) if primary else verdicts.family(None, [part])
    return verdicts.Verdict(HOLDS, "because of it", differences, ("one", "two"))._replace(**changed)


def refuse(error):
    def rule(*_, folder):
        raise error

    return rule


def test_judge_gives_a_line_a_claim_and_all_differences(folder):
    rules = {
        "B": ("says b", ["x"], plain),
        "A": ("says a", ["y"], lambda own, folder: plain(own.assign(method="a"), folder)),
        "never": ("", ["x", "z"], refuse(AssertionError("one of its notebooks has not run"))),
        "C": ("says c", ["x"], lambda own, folder: plain(own, folder, False, verdict=OPEN, notes=(), number="2 of 3")),
        "D": ("says d", ["x"], lambda own, folder: plain(pd.read_csv(folder / "02_render.pixels.csv"), folder)),
    }
    table, differences = verdicts.judge(rules, folder)
    low, high = (100 * differences[end][0] for end in ("low", "high"))
    number = f"b minus a: +20.0 points [{low:+.1f}, {high:+.1f}], 2 splits"  # 24 - 15 and 21 - 18 of 30
    why, file = "nothing has run to compare with a (methods)", table["because"].iloc[-1]
    assert table.to_numpy().tolist() == [
        ["B", "says b", HOLDS, number, "because of it", "one\ntwo"],
        ["A", "says a", "not judged", "", why, ""],
        ["C", "says c", OPEN, "2 of 3", "because of it", ""],
        ["D", "says d", "not judged", "", file, ""],
    ]
    assert list(table) == ["claim", "says", "verdict", "number", "because", "notes"] and "02_render.pixels.csv" in file
    assert list(differences) == ["claim", "role", *evaluation.LINE] and list(differences.index) == [0, 1]
    found = differences[["claim", "role", "what", "arm", "reference", "pairs"]].to_numpy().tolist()
    assert found == [["B", "primary", "methods", "b", "a", 2], ["C", "exploration", "methods", "b", "a", 2]]
    assert differences["difference"].tolist() == pytest.approx([0.2] * 2)


def test_a_rule_gets_the_rows_of_each_of_its_notebooks_whatever_their_numbers_and_the_folder(folder):
    seen = []

    def rule(*tables, folder):
        seen.extend([*tables, folder])
        return plain(tables[1], folder)

    verdicts.judge({"A": ("says", ["y", "x"], rule)}, folder)
    first, second, where = seen
    assert first["method"].tolist() == ["c"] * 3 and second["method"].tolist() == ["a", "a", "b", "b"]
    assert [list(first.index), list(second.index)] == [[0, 1, 2], [0, 1, 2, 3]]  # predictions count runs so
    assert where == folder


def test_a_rule_s_defect_is_no_verdict_and_without_rows_there_is_nothing_to_judge(tmp_path, folder):
    for error in (ValueError("reference"), KeyError("column")):
        with pytest.raises(type(error), match=str(error)):
            verdicts.judge({"A": ("", ["x"], refuse(error))}, folder)
    table, differences = verdicts.judge({"A": ("says", ["x"], plain)}, tmp_path / "empty")
    assert table.empty and differences.empty and list(differences) == ["claim", "role", *evaluation.LINE]
