"""The words and verdicts on a difference, and the tables that judge makes of rules written here."""

import math

import pandas as pd
import pytest

from tsvision import evaluation, verdicts

LINE = {"what": "views", "arm": "crop", "reference": "resize", "pairs": 10, "over": "splits", "difference": 0.0}


def line(low, high, equal, **other):
    return pd.Series(LINE | {"low": low, "high": high, "equal": equal} | other)


# low, high, equal: the word, 'it is as good', 'it is better'
HOLDS, FAILS, OPEN = "holds", "does not hold", "cannot be told"
DIFFERENCES = [
    (0.01, 0.2, 0.0, "better", HOLDS, HOLDS),
    (-0.2, -0.01, 0.0, "worse", FAILS, FAILS),
    (-0.01, 0.02, 0.951, "no difference that matters", HOLDS, FAILS),
    (-0.01, 0.02, 0.95, OPEN, OPEN, OPEN),
    (0.0, 0.2, 0.5, OPEN, OPEN, OPEN),
    (-0.2, 0.0, 0.5, OPEN, OPEN, OPEN),
    (0.001, 0.002, 0.99, "better", HOLDS, HOLDS),  # small, but it is there
    (-0.002, -0.001, 0.99, "worse", FAILS, FAILS),
    (math.nan, math.nan, math.nan, OPEN, OPEN, OPEN),  # one pair has no interval
]


@pytest.mark.parametrize("low, high, equal, word, good, better", DIFFERENCES)
def test_a_difference_has_one_word_and_a_verdict_on_either_claim(low, high, equal, word, good, better):
    one = line(low, high, equal)
    assert verdicts.told(one).endswith(f", 10 splits: {word}")
    assert (verdicts.good(one), verdicts.better(one)) == (good, better)


def test_equal_is_within_one_series_with_more_than_19_of_20():
    assert [bool(verdicts.is_equal(line(-1, 1, equal))) for equal in (0.94, 0.95, 0.951)] == [False, False, True]


def test_a_difference_in_words():
    said = "epochs 40 less epochs 20 (views) -0.123 [-0.457, +0.211], 20 seeds: cannot be told"
    names = {"arm": "epochs 40", "reference": "epochs 20", "pairs": 20, "over": "seeds"}
    assert verdicts.told(line(-0.4567, 0.2111, 0.1, difference=-0.1234, **names)) == said
    none = line(-0.0004, 0.0004, 0.99, difference=-0.0001)
    assert (
        verdicts.told(none) == "crop less resize (views) +0.000 [+0.000, +0.000], 10 splits: no difference that matters"
    )


def test_named_gives_arms_and_what_was_compared():
    table = pd.DataFrame([LINE, LINE | {"arm": "axes", "what": "frozen"}])
    assert verdicts.named(table) == "crop (views), axes (frozen)"
    assert verdicts.named(table[:0]) == "none"


# --- comparisons ---------------------------------------------------------------------------------------------------------


def rows(**accuracies):
    """Rows of each method with these accuracies, a split each."""
    return pd.DataFrame(
        {"method": method, "split": split, "accuracy": accuracy, "n_train": 30, "n_test": 30}
        for method, each in accuracies.items()
        for split, accuracy in enumerate(each)
    )


def test_a_family_is_evaluation_s_unless_only_references_ran():
    both, one = rows(a=[0.5, 0.6], b=[0.8, 0.7]), rows(a=[0.5, 0.6])
    parts = [("x", both, ["method"], "a", "split"), ("y", one, ["method"], "a", "split")]
    pd.testing.assert_frame_equal(verdicts.family(iter(parts)), evaluation.family(parts))
    for alone in (parts[1:], []):
        with pytest.raises(evaluation.Missing, match="^nothing has run to compare with$"):
            verdicts.family(iter(alone))
    with pytest.raises(evaluation.Missing, match="^reference: expected one of a; b, got 'c'$"):
        verdicts.family(iter([("x", both, ["method"], "c", "split")]))


def test_some_is_the_table_itself_or_says_what_has_not_run():
    table = rows(a=[0.5])
    assert verdicts.some(table, "fine-tuned") is table
    with pytest.raises(evaluation.Missing, match="^nothing has run fine-tuned$"):
        verdicts.some(table[:0], "fine-tuned")


# --- judge ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """Rows of two notebooks, and tables that are no rows."""
    rows(a=[0.5, 0.6], b=[0.8, 0.7]).to_csv(tmp_path / "11_axes.csv", index=False)
    rows(c=[0.1, 0.2, 0.3]).to_csv(tmp_path / "13_baselines.csv", index=False)
    pd.DataFrame({"notes": ["x"]}).to_csv(tmp_path / "01_download.csv", index=False)
    rows(d=[0.9]).to_csv(tmp_path / "12_seeds.predictions.csv", index=False)
    return tmp_path


def plain(own, folder):
    table = verdicts.family([("methods", own, ["method"], "a", "split")])
    return verdicts.Verdict(HOLDS, "because of it", table, ("one", "two"))


def refuse(error):
    def rule(*_, folder):
        raise error

    return rule


def test_judge_gives_a_line_a_claim_and_all_differences(folder):
    claims = {
        "B": ("says b", ["11"], plain),
        "A": ("says a", ["13"], lambda own, folder: plain(own.replace("c", "a"), 0)),
    }
    claims["C"] = ("says c", ["11"], lambda own, folder: plain(own, folder)._replace(verdict=OPEN, notes=()))
    table, differences = verdicts.judge(claims, folder)
    assert table.to_dict("records") == [
        {"claim": "B", "says": "says b", "verdict": HOLDS, "because": "because of it", "notes": "one; two"},
        {
            "claim": "A",
            "says": "says a",
            "verdict": "not judged",
            "because": "nothing has run to compare with",
            "notes": "",
        },
        {"claim": "C", "says": "says c", "verdict": OPEN, "because": "because of it", "notes": ""},
    ]
    assert list(differences) == ["claim", *evaluation.LINE]
    assert differences[["claim", "what", "arm", "reference", "pairs"]].to_numpy().tolist() == [
        ["B", "methods", "b", "a", 2],
        ["C", "methods", "b", "a", 2],
    ]
    assert differences["difference"].tolist() == pytest.approx([0.2, 0.2]) and list(differences.index) == [0, 1]


def test_a_rule_gets_the_rows_of_each_of_its_notebooks_in_its_order_and_the_folder(folder):
    seen = []

    def rule(*tables, folder):
        seen.extend([*tables, folder])
        return plain(tables[1], folder)

    verdicts.judge({"A": ("says", ["13", "11"], rule)}, folder)
    first, second, where = seen
    assert first["method"].tolist() == ["c"] * 3 and second["method"].tolist() == ["a", "a", "b", "b"]
    assert [list(first.index), list(second.index)] == [[0, 1, 2], [0, 1, 2, 3]]  # predictions count runs so
    assert where == folder


def test_a_claim_of_which_a_notebook_has_not_run_is_left_out(folder):
    never = refuse(AssertionError("called"))
    claims = {"A": ("", ["11", "12"], never), "B": ("", ["11"], plain), "C": ("", ["01"], never)}
    assert verdicts.judge(claims, folder)[0]["claim"].tolist() == ["B"]


def test_a_table_that_is_missing_is_named_and_the_other_claims_are_judged(folder):
    def rule(own, folder):
        pd.read_csv(folder / "02_render.pixels.csv")

    table, differences = verdicts.judge({"A": ("", ["11"], rule), "B": ("", ["11"], plain)}, folder)
    assert table["verdict"].tolist() == ["not judged", HOLDS]
    assert "02_render.pixels.csv" in table["because"][0] and table["notes"][0] == ""
    assert differences["claim"].tolist() == ["B"]


@pytest.mark.parametrize("error", [ValueError("reference"), KeyError("column")])
def test_a_rule_s_defect_is_no_verdict(folder, error):
    with pytest.raises(type(error), match=str(error)):
        verdicts.judge({"A": ("", ["11"], refuse(error))}, folder)


def test_without_rows_there_is_nothing_to_judge(tmp_path, folder):
    claims = {"A": ("says", ["11"], plain)}
    (tmp_path / "empty").mkdir()
    table, differences = verdicts.judge(claims, tmp_path / "empty")
    assert table.empty and differences.empty and list(differences) == ["claim", *evaluation.LINE]
    table, differences = verdicts.judge({"A": ("says", ["11"], refuse(evaluation.Missing("why")))}, folder)
    assert table["because"].tolist() == ["why"] and list(differences) == ["claim", *evaluation.LINE]
