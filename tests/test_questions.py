"""Every question's rule on tables made here, of 30 test series and ten splits, as claims in test_claims; and what a
larger training set adds, on the series that no size of training set holds.
"""

import numpy as np
import pandas as pd
import pytest
import toys
from toys import EQUAL, HIGH, LEAST, LOW, OPEN, PLAIN, TUNED, minus, rows, signs

from tsvision import evaluation
from tsvision.study import questions

HEAD = toys.HEAD | {"length": 570}
BLOCK = TUNED | {"method": "last block", "length": 570}
ANY = HEAD | {"cut": "resampled", "trained_length": 570, "copies": ""}
COPIED, VIT = ANY | {"copies": "60 900"}, ANY | {"backbone": "vit.tag"}
HALF, PATCH, WHOLE, STRETCH = {"length": 285}, {"size": 570, "patch": 19}, {"length": 570}, {"view": "stretch"}


def judged(put, question):
    return toys.judged(put, questions.QUESTIONS, question)


# --- tables as the notebooks write them: right is what the primary comparison compares with LOW, rest what others do


def one_to_one(put, right=HIGH, rest=LEAST):
    """Heads: shrunk to 224 and 384, patches of 38 and 19 pixels (`right`), stretched; the last block: shrunk, and 19
    pixels a patch.
    """
    heads = [rows(HEAD, HIGH, size=224), rows(HEAD, LOW, size=384), rows(HEAD, rest, size=570, patch=38)]
    heads += [rows(HEAD, right, **PATCH), rows(HEAD, rest, size=574, **STRETCH)]
    heads += [rows(HEAD, rest, size=512, **STRETCH)]  # no whole one
    put("13_vit_one_to_one", *heads, rows(BLOCK, LOW, size=384), rows(BLOCK, rest, **PATCH))


def any_length(put, right=HIGH, rest=LEAST):
    """A CNN with copies on series of 128 steps (`right`), of 256 and 2000, and whole; without them, a transformer,
    parts, windows.
    """
    parts = [rows(ANY, rest, length=128), rows(ANY, LOW, length=570), rows(ANY, rest, length=2000)]
    parts += [rows(COPIED, rest, length=256), rows(COPIED, right, length=128), rows(COPIED, LOW, length=570)]
    parts += [rows(COPIED, rest, length=2000), rows(COPIED, rest, length=64, cut="prefix")]
    parts += [rows(COPIED, rest, length=64, view="windows"), rows(VIT, rest, length=64), rows(VIT, LOW, length=570)]
    put("14_any_length", *parts)


def nested(kind, few, many, sizes=(30, 50), **other):
    """Rows of ten nested splits of 60 series, ten of each in common: right answers of these ten with few and many.

    Of the others, on which the largest training set trains, every one is right.
    """
    each = [
        rows(kind, [50 - n + one for one in right], n_train=n, n_test=60 - n).assign(common=right)
        for n, right in zip(sizes, (few, many))
    ]
    made = pd.concat(each, ignore_index=True).assign(**other)
    return made.assign(accuracy=(made["correct"] / made["n_test"]).round(6))


def splits(put, *tables):
    """Write the rows, and predictions that agree with them: split k tests the series from the 6k-th on, the common ones
    first.
    """
    table = pd.concat(tables, ignore_index=True)
    told = [
        (run, (place + 6 * line["split"]) % 60, 0, int(line["common"] <= place < 10))
        for run, line in table.iterrows()
        for place in range(line["n_test"])
    ]
    put("15_training_size", table.drop(columns="common"))
    put("15_training_size.predictions", pd.DataFrame(told, columns=["run", "series", "label", "predicted"]))


def more_data(put, right=[9] * 10, rest=[2] * 10):  # noqa: B006  read only
    """Of ten common series with 30 training series 5, and with 50: LDA 6, another 9, a network `right`, and frozen
    `rest`.
    """
    tables = [nested(PLAIN, [5] * 10, [6] * 10), nested(PLAIN, [5] * 10, [9] * 10, method="other")]
    middle = nested(PLAIN, [0] * 10, [0] * 10, sizes=(45, 40))
    splits(put, *tables, middle, nested(HEAD, [5] * 10, rest), nested(TUNED, [5] * 10, right))


MADE = {"Q1": one_to_one, "Q2": any_length, "Q3": more_data}
PATCHED, SHRUNK = "resize, size 570, patch 19", "resize, size 384"
NET, FROZEN = "fine-tune, net.tag, gadf", "frozen, ridge head, net.tag, gadf"
# question: its primary comparison, its verdict by word, its number
NAMED = {
    "Q1": (f"frozen, ridge head, all: {PATCHED} - {SHRUNK}, 10 splits", toys.BETTER),
    "Q2": ("net, with copies: length 128 - length 570, 10 splits", toys.AS_GOOD),
    "Q3": (f"gain from 30 to 50: {NET} - shrinkage LDA, 10 splits", toys.BETTER),
}
# of ten common series: right with 50 training series, 6 is as much as LDA
GAINS = [([9] * 10, "better"), ([3] * 10, "worse"), ([6] * 10, EQUAL), ([10, 4] * 5, OPEN)]
CASES = [(question, *case) for question in MADE for case in (GAINS if question == "Q3" else toys.WORDS)]


@pytest.mark.parametrize("question, right, word", CASES)
def test_the_primary_comparison_alone_decides(put, question, right, word):
    names, verdict = NAMED[question]
    others, gain = (LEAST, HIGH), minus(right)
    if question == "Q3":
        others, gain = ([10] * 10, [0] * 10), sum(right) / 100 - 0.6
    expected = f"{names} {round(gain, 3) + 0.0:+.3f} {word}"
    rules = questions.QUESTIONS
    toys.assert_decides_alone(put, MADE[question], rules, question, right, others, expected, verdict[word])


FULL, CUT = rows(COPIED, LOW, **WHOLE), rows(COPIED, LOW, **HALF)
BLOCKS, GIVEN = [rows(BLOCK, LOW, size=384), rows(BLOCK, LOW, **PATCH)], "reference: expected one of"
LACKING = [
    ("Q1", [rows(HEAD, LOW, **PATCH)], "nothing has run with shrunk pictures"),
    (
        "Q1",
        [rows(HEAD, LOW, size=384), rows(HEAD, HIGH, size=576, **STRETCH)],
        "nothing has run at one pixel a step with another patch",
    ),
    ("Q1", [rows(HEAD, LOW, **PATCH), *BLOCKS], f"{GIVEN} {PATCHED}, got '{SHRUNK}'"),
    ("Q2", [CUT], "nothing has run on whole series"),
    ("Q2", [FULL, CUT.assign(view="grid")], "nothing has run on shorter series"),
    ("Q2", [FULL, CUT.assign(cut="middle")], "nothing has run on shorter series"),
]


@pytest.mark.parametrize("question, tables, missing", LACKING)
def test_without_its_primary_comparison_a_question_is_not_judged(put, question, tables, missing):
    put("13_vit_one_to_one" if question == "Q1" else "14_any_length", *tables)
    line, differences = judged(put, question)
    assert (line["verdict"], line["because"], line["notes"]) == ("not judged", missing, "") and differences.empty


@pytest.mark.parametrize("right, worse", [(LOW, "256, 2000"), (LEAST, "128, 256, 2000")])
def test_q2_says_which_of_the_lengths_tried_with_copies_lose(put, right, worse):
    any_length(put, right)
    number = f"CNN's probes, resampled copies in training: of 128, 256, 2000 steps worse at {worse}; 128 minus 570: "
    assert judged(put, "Q2")[0]["number"].startswith(number)


LDA, NETWORK = nested(PLAIN, [5] * 10, [6] * 10), nested(TUNED, [5] * 10, [9] * 10)
ONLY = "nothing has run on two sizes of training set, only on 50"


@pytest.mark.parametrize(
    "tables, missing",
    [
        ([NETWORK], f"{GIVEN} {NET}, got 'shrinkage LDA'"),
        ([LDA, LDA.assign(method="other")], "nothing has run fine-tuned"),
        ([table[table["n_train"] == 50] for table in (LDA, NETWORK)], ONLY),
    ],
)
def test_q3_without_a_gain_of_both_is_not_judged(put, tables, missing):
    put("06_baselines_and_controls", rows(TUNED, LOW))  # has the columns of pictures
    splits(put, *tables)
    line, differences = judged(put, "Q3")
    assert (line["verdict"], line["because"]) == ("not judged", missing) and differences.empty


# --- gains on the series that no size of training set holds


def test_common_scores_the_series_that_no_size_trains_on_and_knows_a_run_by_its_number():
    runs = [  # arm, split, n_train, the first of those tested, right or wrong about each
        ("A", 0, 3, "   -++"),
        ("A", 0, 4, "    +-"),
        ("A", 1, 3, "-++   "),
        ("A", 1, 4, "+ +   "),
        ("A", 2, 3, " + + +"),  # nobody was trained on four in this split
        ("B", 0, 3, "   +--"),
        ("B", 0, 4, "    -+"),
        ("B", 1, 3, "-+-   "),  # but A was
    ]
    keys = {"seed": 0, "accuracy": 0.0, "correct": 0}
    made = [{"arm": arm, "split": k, "n_train": n, "n_test": 6 - n, "right": signs(text)} for arm, k, n, text in runs]
    table = pd.DataFrame([keys | line for line in made])
    again = questions.common(table)
    # those that the larger size tests: 4 and 5 in split 0, 0 and 2 in split 1, none in split 2
    assert again.index.tolist() == [0, 1, 2, 3, 5, 6, 7] and again["arm"].tolist() == ["A"] * 4 + ["B"] * 3
    assert again["accuracy"].tolist() == [1, 0.5, 0.5, 1, 0, 0.5, 0] and again["trained"].tolist() == [
        3,
        4,
        3,
        4,
        3,
        4,
        3,
    ]
    assert again["correct"].tolist() == [2, 1, 1, 2, 0, 1, 0]
    assert set(again["n_test"]) == {2} and set(again["n_train"]) == {4}
    right = ["    ++", "    +-", "- +   ", "+ +   ", "    --", "    -+", "- -   "]
    np.testing.assert_array_equal(np.stack(list(again["right"])), np.stack([signs(text) for text in right]))
    turned = questions.common(table[::-1])
    pd.testing.assert_frame_equal(turned.sort_index(), again)


def answered(*runs):
    keys = {"seed": 0, "n_train": 2, "n_test": 2}
    return pd.DataFrame([keys | {"arm": a, "split": k, "trained": n, "right": signs(text)} for a, k, n, text in runs])


def test_gains_are_those_from_the_smallest_to_the_largest_size_of_each_arm_and_minus_the_reference_s():
    runs = [
        ("A", 0, 30, "--  "),
        ("A", 0, 40, "--  "),
        ("A", 0, 50, "-+  "),
        ("A", 1, 30, " -+ "),
        ("A", 1, 50, " ++ "),
    ]
    runs += [("B", 0, 30, "-+  "), ("B", 0, 50, "--  "), ("B", 1, 30, " -- "), ("B", 1, 50, " -+ ")]
    runs += [("B", 2, 50, "  ++")]  # a split that lacks the smallest
    *own, (what, gained, by, reference, over) = questions.gains(answered(*runs), "A")
    assert [(arm, *part[1:]) for arm, *part in own] == [(arm, ["trained"], "trained 30", "split") for arm in "AB"]
    assert [part["trained"].tolist() for _, part, *_ in own] == [[30, 50, 30, 50], [30, 50, 30, 50, 50]]
    assert (what, by, reference, over) == ("gain from 30 to 50", ["arm"], "A", "split")
    each = gained.set_index(["arm", "split"])["right"]
    found = {key: np.nan_to_num(right, nan=9).tolist() for key, right in each.items()}
    assert found == {("A", 0): [0, 1, 9, 9], ("A", 1): [9, 1, 0, 9], ("B", 0): [0, -1, 9, 9], ("B", 1): [9, 0, 1, 9]}
    family = evaluation.family([*own, (what, gained, by, reference, over)])
    assert family["arm"].tolist() == ["trained 50", "trained 50", "B"] and set(family["pairs"]) == {2}
    assert family["difference"].tolist() == pytest.approx([0.5, 0, -0.5])  # the last: (0 - 2) / 2, (-1 + 1) / 2
