"""The words and verdicts on a difference, and the tables that judge makes of rules written here."""

import math

import pandas as pd
import pytest
import test_claims
from test_claims import HIGH, LEAST, LOW, PLAIN

from tsvision import evaluation
from tsvision.evaluation import paired
from tsvision.study import verdicts

put = test_claims.put

LINE = {"what": "views", "arm": "crop", "reference": "resize", "pairs": 10, "over": "splits", "difference": 0.0}
LINE |= {"worse": 0.25, "better": 0.125}


def line(low, high, equal, **other):
    return pd.Series(LINE | {"low": low, "high": high, "equal": equal} | other)


# low, high, equal: the word, 'it is as good', 'it is better'
HOLDS, FAILS, OPEN = "holds", "does not hold", "too close to call"
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
    assert evaluation.word(one) == word and evaluation.told(one).endswith(f": {word}")
    assert (verdicts.good(one), verdicts.better(one)) == (good, better)


def test_equal_is_within_the_margin_with_more_than_19_of_20():
    assert [bool(evaluation.is_equal(line(-1, 1, equal))) for equal in (0.94, 0.95, 0.951)] == [False, False, True]


def test_a_difference_in_words():
    said = (
        "epochs 40 minus epochs 20 (views) -0.123 [-0.457, +0.211], 20 seeds, P 0.25 / 0.63 / 0.12: too close to call"
    )
    names = {"arm": "epochs 40", "reference": "epochs 20", "pairs": 20, "over": "seeds"}
    assert evaluation.told(line(-0.4567, 0.2111, 0.6251, difference=-0.1234, **names)) == said
    none = line(-0.0004, 0.0004, 0.99, difference=-0.0001, worse=0.0, better=0.01)
    assert (
        evaluation.told(none)
        == "random crop minus plot only (views) +0.000 [+0.000, +0.000], 10 splits, P 0.00 / 0.99 / 0.01: no difference"
        " that matters"
    )
    one = line(math.nan, math.nan, math.nan, pairs=1, worse=math.nan, better=math.nan, difference=0.1)
    assert evaluation.told(one) == "random crop minus plot only (views) +0.100, 1 splits, no P: too close to call"


def test_named_gives_arms_and_what_was_compared():
    table = pd.DataFrame([LINE, LINE | {"arm": "axes", "what": "frozen"}])
    assert evaluation.named(table) == "random crop (views), with axes (linear probe)"
    assert evaluation.named(table[:0]) == "none"


def test_a_difference_in_points():
    assert (
        evaluation.points(line(-0.4567, 0.2111, 0.6, difference=-0.1234, over="seeds"))
        == "-12.3 points [-45.7, +21.1], 10 seeds"
    )
    # no -0.0
    assert evaluation.points(line(-0.0004, 0.0004, 0.99, difference=-0.0001)) == "+0.0 points [+0.0, +0.0], 10 splits"
    assert (
        evaluation.points(line(-1.0, 1.0, 0.1, difference=1.0, pairs=2)) == "+100.0 points [-100.0, +100.0], 2 splits"
    )
    assert evaluation.points(line(math.nan, math.nan, math.nan, pairs=1, difference=0.0336)) == "+3.4 points, 1 splits"


def test_a_difference_in_a_sentence_has_plain_words_its_points_and_the_word_for_it():
    assert (
        evaluation.sentence(line(0.01, 0.3, 0.0, difference=0.155))
        == "random crop minus plot only: +15.5 points [+1.0, +30.0], 10 splits: better"
    )
    names = {"arm": "frozen, ridge head, net.tag, gadf, size 32, field", "reference": "shrinkage LDA"}
    assert (
        evaluation.sentence(line(-0.01, 0.02, 0.951, **names))
        == "linear probe, net, GADF, 32 px, shortened series minus shrinkage LDA: +0.0 points [-1.0, +2.0], 10 splits:"
        " no difference that matters"
    )
    one = line(math.nan, math.nan, math.nan, pairs=1, difference=-0.1)
    assert evaluation.sentence(one) == "random crop minus plot only: -10.0 points, 1 splits: too close to call"


@pytest.mark.parametrize(
    "lines, said",
    [
        (range(9), "of 9 comparisons 2 better, 2 worse, 1 no difference that matters, 4 too close to call"),
        # that nothing was equal goes without saying
        ([0, 1, 1], "of 3 comparisons 1 better, 2 worse, 0 too close to call"),
        ([2], "of 1 comparisons 0 better, 0 worse, 1 no difference that matters, 0 too close to call"),
        ([3, 8], "of 2 comparisons 0 better, 0 worse, 2 too close to call"),
        ([], "of 0 comparisons 0 better, 0 worse, 0 too close to call"),
    ],
)
def test_counts_says_how_many_differences_have_each_word(lines, said):
    table = pd.DataFrame([line(*values) for *values, _, _, _ in DIFFERENCES], columns=[*LINE, "low", "high", "equal"])
    assert evaluation.counts(table.iloc[list(lines)]) == said


# --- comparisons ------------------------------------------------------------------------------------------------------


def rows(**corrects):
    """Rows of each method with these numbers of right answers of 30, a split each; with what they were right about."""
    tables = [test_claims.rows(PLAIN, each, method=method) for method, each in corrects.items()]
    made = pd.concat(tables, ignore_index=True)
    return evaluation.with_right(made, test_claims.predicted(made))


def part(what="x", reference="a", **corrects):
    return what, rows(**corrects), ["method"], reference, "split"


def test_a_family_is_the_primary_comparison_alone_and_the_others_corrected_together():
    primary, others = (
        part("named", a=LOW, b=HIGH),
        [part(a=LOW, b=[20] * 10, c=LEAST), part("y", a=LOW, d=[19, 18] * 5)],
    )
    table = verdicts.family(primary, others)
    columns = evaluation.LINE
    pd.testing.assert_frame_equal(table[:1][columns], evaluation.family([primary]))
    pd.testing.assert_frame_equal(table[1:][columns].reset_index(drop=True), evaluation.family(others))
    assert table["role"].tolist() == ["primary"] + ["exploration"] * 3
    assert verdicts.primary(table)["arm"] == "b" and verdicts.explored(table)["arm"].tolist() == ["b", "c", "d"]
    # Holm's p of the others, and none for the first
    alone = [
        evaluation.family([one])["p"][0] for one in (primary, part(a=LOW, b=[20] * 10), part(a=LOW, c=LEAST), others[1])
    ]
    assert table["p"].tolist() == pytest.approx([alone[0], *paired.holm(alone[1:])])
    assert table["p"][1] > alone[1]


def test_what_is_named_is_left_out_of_the_others_and_nothing_else():
    every = part(a=LOW, b=HIGH, c=LEAST)
    named = ("x", every[1][every[1]["method"] != "c"], *every[2:])
    table = verdicts.family(named, [every, part("y", a=LOW, b=HIGH)])
    assert table[["role", "what", "arm"]].to_numpy().tolist() == [
        ["primary", "x", "b"],
        ["exploration", "x", "c"],
        ["exploration", "y", "b"],
    ]
    pd.testing.assert_frame_equal(verdicts.family(named, [named]), verdicts.family(named))  # of which nothing is left


def test_a_family_may_lack_a_primary_comparison_but_not_its_runs():
    both, one = part(a=LOW, b=HIGH), part("y", a=LOW)
    table = verdicts.family(None, [both, one])
    pd.testing.assert_frame_equal(table[evaluation.LINE], evaluation.family([both]))
    with pytest.raises(evaluation.Missing, match="^nothing has run that was named beforehand$"):
        verdicts.primary(table)
    for alone in ([one], []):
        with pytest.raises(evaluation.Missing, match="^nothing has run to compare with$"):
            verdicts.family(None, alone)
    with pytest.raises(evaluation.Missing, match=r"^nothing has run to compare with a \(y\)$"):
        verdicts.family(one, [both])
    with pytest.raises(evaluation.Missing, match="^reference: expected one of a; b, got 'c'$"):
        verdicts.family(part(reference="c", a=LOW, b=HIGH), [both])


def test_some_is_the_table_itself_or_says_what_has_not_run():
    table = rows(a=[15])
    assert verdicts.some(table, "fine-tuned") is table
    with pytest.raises(evaluation.Missing, match="^nothing has run fine-tuned$"):
        verdicts.some(table[:0], "fine-tuned")


def test_each_value_of_columns_is_a_part():
    made = pd.concat([rows(a=[15], b=[18]), rows(b=[21]).assign(n_train=9)], ignore_index=True).iloc[::-1]
    parts = verdicts.each("{}, {:g} series", made, ["method", "n_train"], ["seed"], "seed 0", "seed")
    names = ["a, 30 series", "b, 9 series", "b, 30 series"]
    assert [what for what, *_ in parts] == names
    assert [(own["correct"].tolist(), *rest) for _, own, *rest in parts] == [
        ([right], ["seed"], "seed 0", "seed") for right in (15, 21, 18)
    ]
    unsorted = verdicts.each("{}, {:g} series", made, ["method", "n_train"], ["seed"], "seed 0", sort=False)
    assert [(what, over) for what, *_, over in unsorted] == [(names[k], "split") for k in (1, 2, 0)]


def test_to_compare_is_to_tell_one_arm_of_a_part_from_all_that_is_explored():
    every = part(a=LOW, b=HIGH, c=LEAST)
    table, first, rest = verdicts.compare(every, "c", [every, part("y", a=LOW, b=HIGH)])
    pd.testing.assert_frame_equal(table, verdicts.family(verdicts.only(every, "c"), [every, part("y", a=LOW, b=HIGH)]))
    assert (first["what"], first["arm"]) == ("x", "c")
    assert rest[["what", "arm"]].to_numpy().tolist() == [["x", "b"], ["y", "b"]]


def test_clear_lines_are_better_or_worse():
    table = pd.DataFrame([line(*values) for *values, _, _, _ in DIFFERENCES], columns=[*LINE, "low", "high", "equal"])
    assert [list(own.index) for own in verdicts.clear(table)] == [[0, 6], [1, 7]]


def test_means_stand_behind_their_labels_in_plain_words():
    made = (
        rows(resize=[15, 18], axes=[30, 27]).rename(columns={"method": "view"}).assign(network="resnet18.a1", size=64)
    )
    assert verdicts.means(made, "view") == "plot only 0.550, with axes 0.950"
    both = pd.concat([made, made.assign(size=32, accuracy=0.5)], ignore_index=True)
    assert verdicts.means_of_each(both, ["network", "size"], "view") == (
        "ResNet18, 64 px: plot only 0.550, with axes 0.950",
        "ResNet18, 32 px: plot only 0.500, with axes 0.500",
    )


# --- judge ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(put):
    """Rows of two notebooks, and tables that are no rows."""
    put("11_x", rows(a=[15, 18], b=[24, 21]).drop(columns="right"))
    put("13_y", rows(c=[3, 6, 9]).drop(columns="right"))
    put("01_download", pd.DataFrame({"notes": ["x"]}))
    put("12_seeds.predictions", rows(d=[27]).drop(columns="right"))
    return put.folder


def plain(own, folder):
    return verdicts.Verdict(
        HOLDS, "because of it", verdicts.family(("methods", own, ["method"], "a", "split")), ("one", "two")
    )


def refuse(error):
    def rule(*_, folder):
        raise error

    return rule


def test_judge_gives_a_line_a_claim_and_all_differences(folder):
    claims = {
        "B": ("says b", ["x"], plain),
        "A": ("says a", ["y"], lambda own, folder: plain(own.assign(method="a"), folder)),
    }
    claims["C"] = ("says c", ["x"], lambda own, folder: plain(own, folder)._replace(verdict=OPEN, notes=()))
    table, differences = verdicts.judge(claims, folder)
    low, high = (100 * differences[end][0] for end in ("low", "high"))
    number = f"b minus a: +20.0 points [{low:+.1f}, {high:+.1f}], 2 splits"  # 24 - 15 and 21 - 18 of 30
    assert list(table) == ["claim", "says", "verdict", "number", "because", "notes"]
    assert table.to_dict("records") == [
        {
            "claim": "B",
            "says": "says b",
            "verdict": HOLDS,
            "number": number,
            "because": "because of it",
            "notes": "one; two",
        },
        {
            "claim": "A",
            "says": "says a",
            "verdict": "not judged",
            "number": "",
            "because": "nothing has run to compare with a (methods)",
            "notes": "",
        },
        {"claim": "C", "says": "says c", "verdict": OPEN, "number": number, "because": "because of it", "notes": ""},
    ]
    assert list(differences) == ["claim", "role", *evaluation.LINE]
    assert differences[["claim", "role", "what", "arm", "reference", "pairs"]].to_numpy().tolist() == [
        ["B", "primary", "methods", "b", "a", 2],
        ["C", "primary", "methods", "b", "a", 2],
    ]
    assert differences["difference"].tolist() == pytest.approx([0.2, 0.2]) and list(differences.index) == [0, 1]


def explored(own, folder):
    return plain(own, folder)._replace(differences=verdicts.family(None, [("methods", own, ["method"], "a", "split")]))


def test_the_number_is_the_rule_s_or_that_of_the_primary_comparison_in_words(folder):
    rules = {"own": lambda own, folder: plain(own, folder)._replace(number="2 of 3"), "none": explored}
    rules |= {
        "both": lambda own, folder: explored(own, folder)._replace(number="3 of 3"),
        "failed": refuse(evaluation.Missing("why")),
    }
    rules["words"] = lambda own, folder: plain(own.assign(method=own["method"].replace("b", "a, axes")), folder)
    table, _ = verdicts.judge({name: ("says", ["x"], rule) for name, rule in rules.items()}, folder)
    found = dict(zip(table["claim"], table["number"]))
    assert found.pop("words").startswith("a, with axes minus a: +20.0 points [")
    assert found == {"own": "2 of 3", "none": "", "both": "3 of 3", "failed": ""}


def test_notebooks_are_found_by_their_names_whatever_their_numbers(put):
    for stem in ("99_x", "07_yx", "08_x_y"):
        put(stem, rows(a=[15, 18], b=[24, 21]).drop(columns="right"))
    seen = []

    def rule(own, folder):
        seen.append(own)
        return plain(own, folder)

    verdicts.judge({"A": ("", ["x"], rule), "B": ("", ["99_x"], refuse(KeyError()))}, put.folder)
    assert [own["notebook"].unique().tolist() for own in seen] == [["99_x"]]


def test_a_rule_gets_the_rows_of_each_of_its_notebooks_in_its_order_and_the_folder(folder):
    seen = []

    def rule(*tables, folder):
        seen.extend([*tables, folder])
        return plain(tables[1], folder)

    verdicts.judge({"A": ("says", ["y", "x"], rule)}, folder)
    first, second, where = seen
    assert first["method"].tolist() == ["c"] * 3 and second["method"].tolist() == ["a", "a", "b", "b"]
    assert [list(first.index), list(second.index)] == [[0, 1, 2], [0, 1, 2, 3]]  # predictions count runs so
    assert where == folder


def test_a_claim_of_which_a_notebook_has_not_run_is_left_out(folder):
    never = refuse(AssertionError("called"))
    claims = {"A": ("", ["x", "z"], never), "B": ("", ["x"], plain), "C": ("", ["w"], never)}
    assert verdicts.judge(claims, folder)[0]["claim"].tolist() == ["B"]


def test_a_table_that_is_missing_is_named_and_the_other_claims_are_judged(folder):
    def rule(own, folder):
        pd.read_csv(folder / "02_render.pixels.csv")

    table, differences = verdicts.judge({"A": ("", ["x"], rule), "B": ("", ["x"], plain)}, folder)
    assert table["verdict"].tolist() == ["not judged", HOLDS]
    assert "02_render.pixels.csv" in table["because"][0] and table["notes"][0] == ""
    assert differences["claim"].tolist() == ["B"]


@pytest.mark.parametrize("error", [ValueError("reference"), KeyError("column")])
def test_a_rule_s_defect_is_no_verdict(folder, error):
    with pytest.raises(type(error), match=str(error)):
        verdicts.judge({"A": ("", ["x"], refuse(error))}, folder)


def test_without_rows_there_is_nothing_to_judge(tmp_path, folder):
    claims = {"A": ("says", ["x"], plain)}
    (tmp_path / "empty").mkdir()
    table, differences = verdicts.judge(claims, tmp_path / "empty")
    assert table.empty and differences.empty and list(differences) == ["claim", "role", *evaluation.LINE]
    table, differences = verdicts.judge({"A": ("says", ["x"], refuse(evaluation.Missing("why")))}, folder)
    assert table["because"].tolist() == ["why"] and list(differences) == ["claim", "role", *evaluation.LINE]
