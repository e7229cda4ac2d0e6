"""The numbers in pages' sentences, from small tables made here; each is worked by hand."""

import re

import pandas as pd
import pytest
import test_claims
from test_claims import HEAD, HIGH, LEAST, LOW, PLAIN, TUNED, WILD, rows

from tsvision import evaluation
from tsvision.data import datasets
from tsvision.evaluation import intervals
from tsvision.study import facts, readme, report, results, verdicts

put = test_claims.put
SMALL = HEAD | {"backbone": "small.tag", "weights": "random", "size": 32}
LINE = {"what": "x", "arm": "a", "reference": "b", "pairs": 10, "over": "splits", "equal": 0.0}


@pytest.fixture
def tmp_path(tmp_path):
    """Where put writes: a profile's folder, for another lies beside it."""
    (tmp_path / "published").mkdir()
    return tmp_path / "published"


@pytest.fixture
def folder(put):
    """A results folder that has all that facts are made of; see the functions that write its tables."""
    return everything(put)


def everything(put):
    for write in (methods, hits, oils, foods, precision, sizes):
        write(put)
    minutes(put.folder)
    return put.folder


def line(claim, role, difference, low, high, **other):
    return LINE | {"claim": claim, "role": role, "difference": difference, "low": low, "high": high} | other


def judged():
    """What verdicts.judge gives of three claims: without a primary comparison, with one, and not judged."""
    table = [("C1", "holds", "0.000 of 0"), ("C2", "does not hold", "439 of 570"), ("new", "not judged", "")]
    lines = [
        line("C2", "primary", -0.05, -0.0901, -0.0099),
        line("C2", "exploration", 0.1, 0.05, 0.15),
        line("C2", "exploration", 0.1, -0.05, 0.25),
        line("C1", "exploration", 0.0, -0.01, 0.01, equal=0.96),
        line("C1", "exploration", -0.1, -0.2, -0.01),
        line("C1", "exploration", -0.1, -0.2, -0.02),
    ]
    return pd.DataFrame(table, columns=["claim", "verdict", "number"]), pd.DataFrame(
        lines, columns=["claim", "role", *evaluation.LINE]
    )


def test_a_claim_has_its_primary_difference_its_word_and_what_the_others_say():
    assert facts._verdicts(*judged()) == {
        "clear": "C2",
        "clear.wide": "none",  # of what has no interval over these series alone
        "C1.others": "of 3 comparisons 0 better, 2 worse, 1 no difference that matters, 0 too close to call",
        "C2": "-5.0 points [-9.0, -1.0], 10 splits",
        "C2.word": "worse",
        "C2.others": "of 2 comparisons 1 better, 0 worse, 1 too close to call",
        "new.others": "of 0 comparisons 0 better, 0 worse, 0 too close to call",
    }


# 2.262, .975 of Student's t with 9 degrees of freedom, times sqrt(10 / 9 * (1 / 10 + 1)): 2.501 times what splits
# differ by, up and down
CASES = [(6, 2, True), (5, 2, False), (-6, 2, True), (-5, 2, False), (3, 1, True), (3, 0, True), (0, 1, False)]


@pytest.mark.parametrize("gain, apart, stands", CASES)
def test_a_difference_stands_where_nadeau_and_bengio_s_interval_leaves_zero(put, gain, apart, stands):
    right = [18 + gain + apart, 18 + gain - apart] * 5
    put("13_x", rows(PLAIN, LOW), rows(PLAIN, right, method="other"))
    made = evaluation.rows_of(put.folder)
    found = verdicts.family(("x", made, ["method"], "shrinkage LDA", "split")).iloc[0]
    assert facts._stands(found) == stands
    mean, low, high = intervals.corrected([(one - 18) / 30 for one in right], 30, 30)
    assert mean == pytest.approx(gain / 30) and (low > 0 or high < 0) == stands


# t(.975, 2) = 4.302653, a standard deviation of .1: .1 * t / sqrt(3) either way as if splits were independent, and .1 *
# t * sqrt(1 / 3 + 1), .4968
@pytest.mark.parametrize("mean, stands", [(0.5, True), (0.49, False), (-0.5, True), (-0.49, False)])
def test_a_difference_of_three_splits_stands_by_hand(mean, stands):
    these = {"low_these": mean - 0.248414, "high_these": mean + 0.248414, "pairs": 3}
    assert facts._stands(line("C1", "primary", mean, mean - 0.1, mean + 0.1, **these)) == stands
    _, low, high = intervals.corrected([mean - 0.1, mean, mean + 0.1], 30, 30)
    assert (low > 0 or high < 0) == stands


def clear_of(*lines):
    """clear and clear.wide of these lines."""
    differences = pd.DataFrame(lines, columns=["claim", "role", *evaluation.LINE])
    made = facts._verdicts(pd.DataFrame(columns=["claim", "verdict", "number"]), differences)
    return made["clear"], made["clear.wide"]


def test_which_primary_differences_are_clear_and_which_of_them_still_are_by_the_wider_interval():
    # of ten splits: sqrt(11) = 3.317 times half of what lies between low_these and high_these
    # .083, .116 around .1
    near, far = {"low_these": 0.075, "high_these": 0.125}, {"low_these": 0.065, "high_these": 0.135}
    lines = [
        line("C1", "exploration", 0.1, 0.05, 0.15, **near),
        line("C2", "primary", 0.1, 0.05, 0.15, **near),
        line("C3", "primary", 0.1, -0.01, 0.21, **near),  # not clear to begin with
        # they share their series and their split: of no splits, nothing
        line("C4", "primary", 0.1, 0.05, 0.15, **near, over="seeds"),
        line("C5", "primary", 0.1, 0.05, 0.15, **far),
        line("C6", "primary", -0.1, -0.15, -0.05, low_these=-0.125, high_these=-0.075),
        line("C7", "primary", 0.0, -0.01, 0.01, equal=0.96),
    ]
    assert clear_of(*lines) == ("C2, C5, C6", "C2, C6")
    assert clear_of(lines[2], lines[4]) == ("C5", "none")
    assert clear_of(lines[2]) == clear_of(lines[0]) == clear_of() == ("none", "none")


def test_differences_that_sentences_name_come_from_a_claim_s_exploration(put):
    test_claims.crops(put)
    two = {claim: test_claims.claims.CLAIMS[claim] for claim in ("C5", "C6")}
    made = facts._verdicts(*verdicts.judge(two, put.folder))
    assert not [name for name in made if name.startswith(("plot", "random"))]  # C5's notebook has not run
    test_claims.baselines(put)
    table, differences = verdicts.judge(two, put.folder)
    made = facts._verdicts(table, differences)
    # found by name
    assert facts._verdicts(table, differences.iloc[::-1]).items() - made.items() == {
        ("clear", "C6, C5"),
        ("clear.wide", "C6, C5"),
    }
    # of C5 the recipe on the plot alone, 9 of 30 against 18, and random weights there, 18 against 9; of C6 what was not
    # recalibrated, 9 against 18
    named = {"plot": ("worse", "-30.0"), "random": ("better", "+30.0"), "trained": ("worse", "-30.0")}
    for name, (word, points) in named.items():
        assert made[f"{name}.word"] == word
        assert re.fullmatch(rf"\{points} points \[[+-]\d+\.\d, [+-]\d+\.\d\], 10 splits", made[f"{name}.points"])
    assert made["C5.word"] == made["C6.word"] == "better"  # the primary comparisons


# --- methods ----------------------------------------------------------------------------------------------------------


def methods(put):
    """Pictures, methods without, untrained networks: right answers of 30, on splits of which 2 to 6 are those that all
    have.
    """
    tuned = [rows(TUNED, [27] * 8 + [0] * 2, view="axes"), rows(TUNED, [15] * 6 + [18] * 2)]  # splits 0 to 9, 0 to 7
    other = [
        rows(TUNED, [0] * 8, view="axes", epochs=40),
        rows(TUNED, [0] * 8, noise=0.1),
        rows(HEAD, [30] * 8),
        rows(HEAD, [30] * 8, view="axes"),
    ]
    put("07_axes_and_noise", *other, *tuned)
    # whose first row with axes says how long training usually is
    hits(put)
    plain = [rows(PLAIN, [27] * 8 + [0] * 4), rows(PLAIN, [0] * 12, shuffled=True), rows(PLAIN, HIGH, method="other")]
    never = [
        rows(SMALL, [24] * 6 + [30] * 2, first=2, seed=0),
        rows(SMALL, [21] * 6, first=2, seed=1),
        rows(HEAD, [30] * 8, weights="random"),
    ]
    put("06_baselines_and_controls", *plain, *never, rows(TUNED, LOW))
    # recurrence is best on splits 2 to 6 alone: 26 of 30 against 25 of mtf's, and 24 of gadf's at its larger size
    heads = [rows(HEAD, [24] * 7), rows(HEAD, [18] * 7, size=32), rows(HEAD, [30] * 2 + [25] * 5, encoding="mtf")]
    heads += [rows(HEAD, [0] * 2 + [26] * 5, encoding="recurrence", backbone="vit.tag", view="field")]
    put(
        "10_encodings",
        *heads,
        rows(HEAD, [30] * 10, encoding="gadf|mtf", chosen="gadf all"),
        rows(TUNED, [30] * 10, encoding="mtf"),
    )


def test_means_of_methods_on_the_splits_that_all_have(put):
    methods(put)
    assert facts._methods(evaluation.rows_of(put.folder)) == {
        "splits": "5",
        "axes": "90.0 %",
        "plot": "52.0 %",  # four times 15 and once 18
        "plain": "90.0 %",
        "never": "75.0 %",  # five times 24, five times 21
        "best": "86.7 %",
        "pictures": "4",  # a network's encodings, sizes and views; no menu of them
        "size": "64",
    }


# --- hits, oils, foods ------------------------------------------------------------------------------------------------


def hits(put):
    """Seeds on the default split, of 30: with axes after 20 epochs, without after 20 and 60."""
    tables = [rows(TUNED, [30] * 3, "seed", epochs=60), rows(TUNED, [28, 21, 18, 27], "seed")]
    put("09_seeds_and_epochs", *tables, rows(TUNED, [28, 27, 30], "seed", view="axes"))


def test_how_many_runs_reach_28_of_30(put):
    hits(put)
    assert facts._hits(evaluation.rows_of(put.folder)) == {"hits.axes": "2 of 3", "hits.plot": "1 of 4"}


def oils(put, right=(0.05, 0.0, 0.1, 0.9, 0.899, 1.0, 0.099)):
    put(
        "06_baselines_and_controls.items",
        pd.DataFrame({"series": [59, 17, 3, 4, 5, 6, 29][: len(right)], "right": right}),
    )
    arms = {
        "arm": ["frozen", "shrinkage LDA", "other"],
        "accuracy": [0.1, 0.9333, 0.2],
        "without_hard": [0.2, 0.97251, 0.3],
        "splits": [8, 10, 10],
    }
    # frozen has its lowest recall in class 1, shrinkage LDA in class 3; the lowest mean is that of class 2
    arms |= {"class 1": [0.2, 1.0, 0.9], "class 2": [0.45, 0.6249, 0.7051], "class 3": [0.9, 0.5, 0.8]}
    pd.DataFrame(arms).to_csv(put.folder / "06_baselines_and_controls.classes.csv", index=False)
    # 17 is nearer to its own class on the whole, nearer to another at one band; 29 and 59 the other way round
    near = {"series": [17, 17, 29, 29, 59], "at": ["whole", "1745", "whole", "1745", "whole"]}
    near |= {"to_own": [0.1, 0.3, 0.3, 0.1, 0.2], "to_other": [0.2, 0.2, 0.2, 0.2, 0.1999]}
    pd.DataFrame(near).to_csv(put.folder / "06_baselines_and_controls.near.csv", index=False)


def test_easy_and_hard_series(put):
    oils(put)
    assert facts._oils(put.folder) == {
        "easy": "2 of 7",  # right in nine of ten answers or more
        "hard": "17, 29 and 59",  # in fewer than one of ten
        "hard.away": "29 and 59",
        "plain.all": "93.3 %",
        "plain.easy": "97.3 %",
        "oils.splits": "10",
        "worst": "class 2",
        "worst.plain": "62.5 %",
        "worst.least": "45.0 %",
        "worst.most": "70.5 %",
    }


@pytest.mark.parametrize(
    "right, hard, easy",
    [([0.05, 0.0], "17 and 59", "0 of 2"), ([0.05, 0.9], "59", "1 of 2"), ([0.1, 0.9, 1.0], "none", "2 of 3")],
)
def test_few_hard_series_or_none_are_named_too(put, right, hard, easy):
    oils(put, right)
    found = facts._oils(put.folder)
    assert (found["hard"], found["easy"]) == (hard, easy)


def foods(put, pictures=((HIGH, LEAST), (LOW, LEAST)), plain=(LOW, LOW)):
    """LDA on two data sets, another method without pictures, and recipes with pictures on both of them."""
    tables = []
    for name, right, reference in zip(("Beef", "Meat"), pictures, plain):
        tables += [rows(PLAIN, reference, dataset=name), rows(PLAIN, HIGH, dataset=name, method="other")]
        tables += [rows(HEAD, one, dataset=name, encoding=encoding) for one, encoding in zip(right, ("gadf", "mtf"))]
    put("16_food_spectra", *tables)


@pytest.mark.parametrize(
    "pictures, better, worse, where",
    [
        (((HIGH, LEAST), (LOW, LEAST)), "1", "2", "Beef and Meat"),
        (((LEAST, LEAST), (LOW, HIGH)), "1", "2", "Beef"),  # named once
        (((WILD, LOW), (LOW, LOW)), "0", "0", "none"),  # one more in the mean, and too close to call
    ],
)
def test_recipes_with_pictures_on_other_series_against_the_first(put, pictures, better, worse, where):
    foods(put, pictures)
    put("07_axes_and_noise", rows(TUNED, LEAST), rows(TUNED, LEAST, view="axes"))  # of one data set
    expected = {
        "foods": "2",
        "foods.count": "4",
        "foods.better": better,
        "foods.full": "0",
        "foods.worse": worse,
        "foods.where": where,
    }
    assert facts._foods(put.folder) == expected


@pytest.mark.parametrize(
    "right, full",
    [
        (([30] * 10, [30] * 10), "4"),
        (([30] * 9 + [29], [30] * 8 + [29, 28]), "2"),  # .997, as good as all, and .990
        ((LOW, [30] * 10), "2"),
        (([29] * 10, LOW), "0"),
    ],
)
def test_comparisons_where_the_reference_leaves_nothing_to_gain(put, right, full):
    foods(put, plain=right)  # the other method without pictures has 27 of 30 everywhere
    found = facts._foods(put.folder)
    assert (found["foods.full"], found["foods.count"]) == (full, "4")


# --- precision, sizes, hours ------------------------------------------------------------------------------------------


def precision(put):
    first = line("", "primary", -0.08, -0.162, 0.0022, low_these=-0.1416, high_these=0.0) | {
        "what": "fine-tuned CNN",
        "arm": "bf16",
    }
    tuned = [("fine-tuned CNN", 0.004, 0.063), ("fine-tuned transformer", -0.305, -0.008)]
    others = [
        line("", "exploration", 0.5, 0.4, 0.6, low_these=low, high_these=high) | {"what": what, "arm": "tf32"}
        for what, low, high in tuned
    ]
    put("08_precision_and_size.lost", pd.DataFrame([*others, first]).drop(columns="claim"))
    pairs = [("size 160", 0.01), ("size 224", -0.02), ("axes", 0.3), ("size 285", 0.0)]
    put("08_precision_and_size.sizes", pd.DataFrame(pairs, columns=["arm", "low"]))


def test_what_half_precision_moves(put):
    precision(put)
    assert facts._precision(put.folder) == {
        "bf16": "-8.0 points [-16.2, +0.2], 10 splits",
        "bf16.word": "too close to call",
        "bf16.these": "-14.2 to +0.0 points",
        "tf32.cnn": "+0.4 to +6.3 points",
        "tf32.vit": "-30.5 to -0.8 points",
        "larger": "3",
        "larger.better": "1",
    }


def sizes(put):
    tuned = TUNED | {"precision": "fp32", "view": "axes"}
    # those once more
    parts = [rows(tuned, [27, 24, 30], size=224), rows(tuned, [18, 21], size=64), rows(tuned, [0, 0, 0], size=224)]
    parts += [rows(tuned, [30, 30, 30, 30, 0], size=160), rows(tuned, [0] * 9, size=600, precision="bf16")]
    parts += [rows(tuned, [0] * 9, size=700, view="resize")]
    put("08_precision_and_size", rows(HEAD, [0] * 3, size=900, precision="fp32"), *parts)


def test_accuracy_with_axes_at_the_largest_size(put):
    sizes(put)
    assert facts._largest(evaluation.rows_of(put.folder)) == {
        "largest": "224",
        "largest.splits": "3",
        "largest.mean": "90.0 %",
    }


def minutes(folder):
    """Times of two notebooks in `folder` and of two in the short run beside it."""
    (folder.parent / "cpu").mkdir()
    results.save_times(folder, {"01_a": {"seconds": 5400.4, "machine": "m"}, "02_b": {"seconds": 5700, "machine": "n"}})
    short = {"01_a": 100, "05_b": 92.5, "06_c": 120}
    times = {stem: {"seconds": took, "machine": "m"} for stem, took in short.items()}
    times["06_c"]["elapsed"] = 250
    results.save_times(folder.parent / "cpu", times)


def test_minutes_of_the_short_and_hours_of_the_long_run(put):
    minutes(put.folder)
    assert facts._hours(put.folder) == {"minutes.short": "4", "minutes.post": "3", "hours.long": "3"}


# --- all of them ------------------------------------------------------------------------------------------------------


def test_facts_are_all_of_them_texts_by_name(folder):
    made = facts.facts(folder, *judged())
    table = evaluation.rows_of(folder)
    parts = [facts._verdicts(*judged()), facts._methods(table), facts._hits(table), facts._largest(table)]
    parts += [part(folder) for part in (facts._hours, facts._oils, facts._foods, facts._precision)]
    assert made == {name: text for part in parts for name, text in part.items()}
    assert len(made) == sum(map(len, parts)), "a name stands for two numbers"
    # as readme.fill finds them
    assert all(isinstance(text, str) for text in made.values()) and all(re.fullmatch(r"[\w.]+", name) for name in made)


def test_every_fact_stands_in_a_sentence_or_guards_a_heading():
    table, differences = readme._judged()
    told = "".join(
        path.read_text(encoding="utf-8") for path in (*report.PAGES, datasets.ROOT / "tests" / "test_report.py")
    )
    # made of every comparison
    each = {
        f"{name}{end}" for name in (*table["claim"], "plot", "random", "trained") for end in ("", ".word", ".others")
    }
    known = facts.facts(readme._folder(), table, differences)
    assert [
        name for name in known if f"<!--={name}-->" not in told and f'known["{name}"]' not in told and name not in each
    ] == []


# a notebook: what writes its rows and others that stand in the same sentence, the facts that are made of them
NEEDED = dict.fromkeys(["06_baselines_and_controls", "07_axes_and_noise", "10_encodings"], (methods, facts._methods))
NEEDED |= {
    "08_precision_and_size": (sizes, facts._largest),
    "09_seeds_and_epochs": (hits, facts._hits),
    "16_food_spectra": (foods, facts._foods),
}


def lacking(put, stem):
    """What the facts of a notebook say of what put.folder lacks."""
    part = NEEDED[stem][1]
    with pytest.raises(evaluation.Missing) as caught:
        part(put.folder if part is facts._foods else evaluation.rows_of(put.folder))
    return str(caught.value)


@pytest.mark.parametrize("stem", NEEDED)
def test_a_notebook_without_rows_is_named(put, stem):
    NEEDED[stem][0](put)
    (put.folder / f"{stem}.csv").unlink()
    assert lacking(put, stem) == f"nothing has run in {stem[3:]}"


@pytest.mark.parametrize("part", [facts._methods, facts._hits, facts._largest])
def test_without_any_rows_a_notebook_is_named(part):
    with pytest.raises(evaluation.Missing, match=r"^nothing has run in \w+$"):
        part(pd.DataFrame())


@pytest.mark.parametrize(
    "stem, column, value, lacks",
    [
        ("06_baselines_and_controls", "method", "shrinkage LDA", "for the fact plain"),
        ("06_baselines_and_controls", "weights", "random", "for the fact never"),
        ("07_axes_and_noise", "view", "axes", "for the fact axes"),
        ("07_axes_and_noise", "epochs", 20, "for the fact axes"),
        ("08_precision_and_size", "precision", "fp32", "in precision_and_size in float32, with axes"),
        ("09_seeds_and_epochs", "view", "axes", "in seeds_and_epochs with axes"),
        ("10_encodings", "layer", "all", "for the fact best"),
    ],
)
def test_a_notebook_that_lacks_rows_says_which(put, stem, column, value, lacks):
    NEEDED[stem][0](put)
    table = pd.read_csv(put.folder / f"{stem}.csv")
    put(stem, table[table[column] != value])
    assert lacking(put, stem) == f"nothing has run {lacks}"


def test_without_a_split_that_all_methods_have_there_is_no_mean(put):
    methods(put)
    put("10_encodings", rows(HEAD, HIGH, first=40))
    assert lacking(put, "10_encodings") == "nothing has run on a split that all methods have"


@pytest.mark.parametrize("profile", ["published", "cpu"])
@pytest.mark.parametrize("text", [None, "{}", "{damaged"])
def test_missing_times_are_named(put, profile, text):
    minutes(put.folder)
    path = put.folder.parent / profile / results.TIMES
    path.unlink()
    if text:
        path.write_text(text)
    with pytest.raises(
        FileNotFoundError, match=rf"{profile}/times\.json: expected the seconds of each notebook, which facts need$"
    ):
        facts._hours(put.folder)


@pytest.mark.parametrize(
    "name", ["06_baselines_and_controls.items", "06_baselines_and_controls.near", "08_precision_and_size.lost"]
)
def test_a_missing_table_is_named(folder, name):
    (folder / f"{name}.csv").unlink()
    with pytest.raises(FileNotFoundError, match=rf"{name}\.csv"):
        facts.facts(folder, *judged())


def test_facts_of_claims_judged_from_the_same_folder(put):
    everything(put)
    test_claims.crops(put)
    table, differences = verdicts.judge({"C6": test_claims.claims.CLAIMS["C6"]}, put.folder)
    made = facts.facts(put.folder, table, differences)
    assert table["number"][0].endswith(f": {made['C6']}") and made["C6.word"] == "better" and made["clear"] == "C6"
