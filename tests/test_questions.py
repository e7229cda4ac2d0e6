"""Every question's rule on tables made here, of 30 test series and ten splits, as claims in test_claims."""

import re

import pandas as pd
import pytest
import test_claims
from test_claims import (
    AS_GOOD,
    BETTER,
    EQUAL,
    HIGH,
    LEAST,
    LOW,
    PLAIN,
    TUNED,
    WILD,
    WORDS,
    assert_same,
    compared,
    minus,
    rows,
    said,
    shuffle,
)

from tsvision import evaluation
from tsvision.study import questions, verdicts

put = test_claims.put
HEAD = test_claims.HEAD | {"length": 570}
BLOCK = TUNED | {"method": "last block", "length": 570}
ANY = HEAD | {"cut": "resampled", "trained_length": 570, "copies": ""}
COPIED, VIT = ANY | {"copies": "60 900"}, ANY | {"backbone": "vit.tag"}


def judged(put, question):
    """The line on one question, as a dictionary, and its differences."""
    table, differences = verdicts.judge({question: questions.QUESTIONS[question]}, put.folder)
    (line,) = table.to_dict("records")
    return line, differences


def listed(line):
    """The notes of a verdict, in no order."""
    return set(line["notes"].split("; "))


# --- tables as the notebooks write them: right is what the primary comparison compares with LOW, rest what others do
# ------


def one_to_one(put, right=HIGH, rest=LEAST):
    """Heads: shrunk to 224 and 384, patches of 38 and 19 pixels (`right`), stretched; the last block: shrunk, and 19
    pixels a patch.
    """
    heads = [
        rows(HEAD, HIGH, size=224),
        rows(HEAD, LOW, size=384),
        rows(HEAD, rest, size=570, patch=38),
        rows(HEAD, right, size=570, patch=19),
    ]
    # the second is no whole one
    heads += [rows(HEAD, rest, size=574, view="stretch"), rows(HEAD, rest, size=512, view="stretch")]
    put("13_vit_one_to_one", *heads, rows(BLOCK, LOW, size=384), rows(BLOCK, rest, size=570, patch=19))


def any_length(put, right=HIGH, rest=LEAST):
    """A CNN with copies on series of 128 steps (`right`), of 256 and 2000, and whole; without them, a transformer,
    parts, windows.
    """
    parts = [rows(ANY, rest, length=128), rows(ANY, LOW, length=570), rows(ANY, rest, length=2000)]
    parts += [
        rows(COPIED, rest, length=256),
        rows(COPIED, right, length=128),
        rows(COPIED, LOW, length=570),
        rows(COPIED, rest, length=2000),
    ]
    parts += [rows(COPIED, rest, length=64, cut="prefix"), rows(COPIED, rest, length=64, view="windows")]
    parts += [rows(VIT, rest, length=64), rows(VIT, LOW, length=570)]
    put("14_any_length", *parts)


def nested(kind, few, many, sizes=(30, 50), **other):
    """Rows of ten nested splits of 60 series, ten of each in common: right answers of these ten with few and many.

    Of the others, on which the largest training set trains, every one is right.
    """
    each = [
        rows(kind, [60 - n_train - 10 + one for one in right], n_train=n_train, n_test=60 - n_train).assign(
            common=right
        )
        for n_train, right in zip(sizes, (few, many))
    ]
    made = pd.concat(each, ignore_index=True).assign(**other)
    return made.assign(accuracy=(made["correct"] / made["n_test"]).round(6))


def splits(put, *tables):
    """Write the rows, and predictions that agree with them: split k tests the series from the 6k-th on, the common ones
    first.
    """
    table = pd.concat(tables, ignore_index=True)
    predictions = [
        {
            "run": run,
            "series": (place + 6 * line["split"]) % 60,
            "label": 0,
            "predicted": int(line["common"] <= place < 10),
        }
        for run, line in table.iterrows()
        for place in range(line["n_test"])
    ]
    put("15_training_size", table.drop(columns="common"))
    put("15_training_size.predictions", pd.DataFrame(predictions))


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
# question: its primary comparison, and its verdict by word
NAMED = {
    "Q1": (("frozen, ridge head, all", PATCHED, SHRUNK, 10, "splits"), BETTER),
    "Q2": (("net, with copies", "length 128", "length 570", 10, "splits"), AS_GOOD),
    "Q3": (("gain from 30 to 50", NET, "shrinkage LDA", 10, "splits"), BETTER),
}
# of ten common series: right with 50 training series, 6 is as much as LDA
GAINS = [([9] * 10, "better"), ([3] * 10, "worse"), ([6] * 10, EQUAL), ([10, 4] * 5, "too close to call")]
CASES = [(question, *case) for question in MADE for case in (GAINS if question == "Q3" else WORDS)]


# --- all questions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question, right, word", CASES)
def test_a_question_has_one_primary_comparison_and_its_verdict(put, question, right, word):
    MADE[question](put, right)
    line, differences = judged(put, question)
    names, verdict = NAMED[question]
    difference = round(sum(right) / 100 - 0.6, 3) if question == "Q3" else minus(right)
    assert compared(differences, "primary") == [(*names, difference, word)]
    assert line["verdict"] == verdict[word]
    assert line["because"].startswith(f"{evaluation.told(verdicts.primary(differences))}; ")


@pytest.mark.parametrize(
    "question, number",
    [
        ("Q1", "plot only, 570 px, patch 19 minus plot only, 384 px: +30.0 points, 10 splits"),
        ("Q2", "trained on copies, too; tested at 128 steps minus 570: +30.0 points, 10 splits"),
        ("Q3", "gain of the fine-tuned CNN minus that of shrinkage LDA: +30.0 points, 10 splits"),
    ],
)
def test_a_question_has_a_number_in_a_few_words(put, question, number):
    MADE[question](put)
    line, differences = judged(put, question)
    assert re.sub(r" \[[^]]*\]", "", line["number"]) == number
    assert line["number"].endswith(": " + evaluation.points(verdicts.primary(differences)))


@pytest.mark.parametrize(
    "question, right",
    [
        ("Q1", HIGH),
        ("Q1", LEAST),
        ("Q1", WILD),
        ("Q2", HIGH),
        ("Q2", LEAST),
        ("Q2", WILD),
        *(("Q3", right) for right, _ in GAINS),
    ],
)
def test_exploration_decides_nothing(put, question, right):
    found = []
    for rest in ([10] * 10, [0] * 10) if question == "Q3" else (HIGH, LEAST):
        MADE[question](put, right, rest)
        line, differences = judged(put, question)
        found.append((line["verdict"], verdicts.primary(differences)))
        assert any(word == ("better" if rest[0] > 9 else "worse") for *_, word in compared(differences))
    (verdict, first), (other, second) = found
    assert verdict == other
    pd.testing.assert_series_equal(first, second)


@pytest.mark.parametrize("question", questions.QUESTIONS)
@pytest.mark.parametrize("order", [dict(frac=1, random_state=0), "reversed"], ids=["at random", "reversed"])
def test_the_order_of_rows_changes_no_verdict(put, question, order):
    MADE[question](put)
    before, first = judged(put, question)
    shuffle(put.folder, order)
    after, second = judged(put, question)
    assert after["verdict"] == before["verdict"]
    # what is listed may be listed in another order
    for texts in ((said(before), said(after)), (before["notes"], after["notes"])):
        assert len({tuple(sorted(re.findall(r"[^\s,;:]+", text))) for text in texts}) == 1
    assert_same(first, second)


HALF, PATCH, WHOLE = {"length": 285}, {"size": 570, "patch": 19}, {"length": 570}
STRETCH, GIVEN = {"size": 576, "view": "stretch"}, "reference: expected one of"


@pytest.mark.parametrize(
    "question, tables, missing",
    [
        ("Q1", [rows(HEAD, LOW, **PATCH)], "nothing has run with shrunk pictures"),
        (
            "Q1",
            [rows(HEAD, LOW, size=384), rows(HEAD, HIGH, size=224, patch=float("nan"))],
            "nothing has run at one pixel a step with another patch",
        ),
        (
            "Q1",
            [rows(HEAD, LOW, size=384), rows(HEAD, HIGH, **STRETCH)],
            "nothing has run at one pixel a step with another patch",
        ),
        (
            "Q1",
            [
                rows(HEAD, LOW, size=384),
                rows(HEAD, HIGH, **STRETCH),
                rows(BLOCK, LOW, size=384),
                rows(BLOCK, LOW, **PATCH),
            ],
            f"nothing has run as {PATCHED} (frozen, ridge head, all)",
        ),
        (
            "Q1",
            [rows(HEAD, LOW, **PATCH), rows(BLOCK, LOW, size=384), rows(BLOCK, LOW, **PATCH)],
            f"{GIVEN} {PATCHED}, got '{SHRUNK}'",
        ),
        ("Q2", [rows(COPIED, LOW, **HALF)], "nothing has run on whole series"),
        (
            "Q2",
            [
                rows(COPIED, LOW, **WHOLE),
                rows(COPIED, LOW, length=2000),
                rows(ANY, LOW, **WHOLE),
                rows(ANY, LOW, **HALF),
            ],
            "nothing has run on shorter series",
        ),
        (
            "Q2",
            [rows(COPIED, LOW, **WHOLE), rows(COPIED, LOW, **HALF, view="grid")],
            "nothing has run on shorter series",
        ),
        (
            "Q2",
            [rows(COPIED, LOW, **WHOLE), rows(COPIED, LOW, **HALF, cut="middle")],
            "nothing has run on shorter series",
        ),
        (
            "Q2",
            [rows(COPIED, LOW, **HALF), rows(ANY, LOW, **WHOLE), rows(ANY, LOW, **HALF)],
            f"{GIVEN} length 285, got 'length 570'",
        ),
    ],
)
def test_without_its_primary_comparison_a_question_is_not_judged(put, question, tables, missing):
    put("13_vit_one_to_one" if question == "Q1" else "14_any_length", *tables)
    line, differences = judged(put, question)
    assert (line["verdict"], line["because"], line["notes"]) == ("not judged", missing, "")
    assert differences.empty


LDA, NETWORK = nested(PLAIN, [5] * 10, [6] * 10), nested(TUNED, [5] * 10, [9] * 10)
OTHER, FROZE = LDA.assign(method="other"), nested(HEAD, [5] * 10, [9] * 10)


@pytest.mark.parametrize(
    "tables, missing",
    [
        ([NETWORK], f"{GIVEN} {NET}, got 'shrinkage LDA'"),
        ([LDA, OTHER, FROZE], "nothing has run fine-tuned"),
        ([LDA, FROZE, NETWORK[NETWORK["n_train"] == 50]], f"nothing has run as {NET} (gain from 30 to 50)"),
        (
            [table[table["n_train"] == 50] for table in (LDA, NETWORK)],
            "nothing has run on two sizes of training set, only on 50",
        ),
    ],
)
def test_q3_without_a_gain_of_both_is_not_judged(put, tables, missing):
    put("06_baselines_and_controls", rows(TUNED, LOW))  # has the columns of pictures
    splits(put, *tables)
    line, differences = judged(put, "Q3")
    assert (line["verdict"], line["because"]) == ("not judged", missing) and differences.empty


def test_q3_without_predictions_names_them(put):
    more_data(put)
    (put.folder / "15_training_size.predictions.csv").unlink()
    line, differences = judged(put, "Q3")
    assert (
        line["verdict"] == "not judged" and "15_training_size.predictions.csv" in line["because"] and differences.empty
    )


# --- one by one -------------------------------------------------------------------------------------------------------


def test_q1_explores_other_pictures_and_ways_of_training(put):
    one_to_one(put)
    line, differences = judged(put, "Q1")
    head, pair = "frozen, ridge head, all", (SHRUNK, 10, "splits")
    assert compared(differences) == [
        (head, "resize, size 224", *pair, 0.3, "better"),
        (head, "resize, size 570, patch 38", *pair, -0.3, "worse"),
        (head, "stretch, size 574", *pair, -0.3, "worse"),
        (head, "stretch, size 512", *pair, -0.3, "worse"),
        ("last block", PATCHED, *pair, -0.3, "worse"),
    ]
    # neither the smaller picture, which is better, nor the series shortened to 512 steps is at one pixel a step
    assert (
        said(line)
        == "plot only, 570 px, patch 19 minus plot only, 384 px (linear probe, all) +0.300, 10 splits: better; of 3"
        " other comparisons at one pixel a step 0 are better, 3 worse"
    )
    assert (
        line["notes"]
        == "linear probe, all: plot only, 224 px 0.900, plot only, 384 px 0.600, plot only, 570 px, patch 38 0.300,"
        " plot only, 570 px, patch 19 0.900, interpolated series, 574 px 0.300, interpolated series, 512 px 0.300;"
        " last block fine-tuned: plot only, 384 px 0.600, plot only, 570 px, patch 19 0.300"
    )


def test_q1_keeps_a_head_on_the_output_apart_from_one_on_all_blocks(put):
    tables = [rows(HEAD, LOW, size=384), rows(HEAD, LEAST, **PATCH)]
    output = [rows(HEAD, LEAST, size=384, layer="output"), rows(HEAD, LOW, **PATCH, layer="output")]
    put("13_vit_one_to_one", *tables, *output)
    line, differences = judged(put, "Q1")
    assert [each[0] for each in compared(differences, "primary")] == ["frozen, ridge head, all"] and line[
        "verdict"
    ] == verdicts.FAILS
    assert [(what, difference) for what, *_, difference, _ in compared(differences)] == [
        ("frozen, ridge head, output", 0.3)
    ]


def test_q2_explores_other_lengths_networks_and_training(put):
    any_length(put)
    line, differences = judged(put, "Q2")
    whole = ("length 570", 10, "splits", -0.3, "worse")
    assert compared(differences) == [
        ("net, alone", "length 128", *whole),
        ("net, alone", "length 2000", *whole),
        ("net, with copies", "length 256", *whole),
        ("net, with copies", "length 2000", *whole),
        ("vit, alone", "length 64", *whole),
        ("net, 570 steps", "with copies", "alone", 10, "splits", 0, EQUAL),
    ]
    assert (
        said(line)
        == "128 steps minus 570 steps (net, with copies) +0.300, 10 splits: better; shrunk pictures, trained at 570"
        " steps, tested on series resampled to 64 to 2000: net, alone, worse at 128, 2000; net, with copies, worse"
        " at 256, 2000; vit, alone, worse at 64; with copies minus alone (net, 570 steps) +0.000, 10 splits: no"
        " difference that matters"
    )
    assert listed(line) == {
        "net, alone, plot only, resampled: 128 steps 0.300, 570 steps 0.600, 2000 steps 0.300",
        "net, with copies, plot only, resampled: 128 steps 0.900, 256 steps 0.300, 570 steps 0.600, 2000 steps 0.300",
        "net, with copies, plot only, prefix: 64 steps 0.300",
        "net, with copies, windows, resampled: 64 steps 0.300",
        "vit, alone, plot only, resampled: 64 steps 0.300, 570 steps 0.600",
    }


def test_q2_without_copies_is_decided_by_the_first_network(put):
    put(
        "14_any_length",
        rows(ANY, LEAST, **HALF),
        rows(ANY, LOW, **WHOLE),
        rows(VIT, HIGH, **HALF),
        rows(VIT, LOW, **WHOLE),
    )
    line, differences = judged(put, "Q2")
    assert compared(differences, "primary") == [("net, alone", "length 285", "length 570", 10, "splits", -0.3, "worse")]
    assert line["verdict"] == verdicts.FAILS


def test_q3_explores_own_gains_and_those_of_others(put):
    more_data(put)
    line, differences = judged(put, "Q3")
    own, gained = ("trained 50", "trained 30", 10, "splits"), ("shrinkage LDA", 10, "splits")
    assert compared(differences) == [
        ("shrinkage LDA", *own, 0.1, "better"),
        ("other", *own, 0.4, "better"),
        (FROZEN, *own, -0.3, "worse"),
        (NET, *own, 0.4, "better"),
        ("gain from 30 to 50", "other", *gained, 0.3, "better"),
        ("gain from 30 to 50", FROZEN, *gained, -0.4, "worse"),
    ]
    assert set(differences["n_test"]) == {10}
    assert (
        said(line)
        == "fine-tuned, net, GADF minus shrinkage LDA (gain from 30 to 50) +0.300, 10 splits: better; trained on 50"
        " minus trained on 30 (shrinkage LDA) +0.100, 10 splits: better; trained on 50 minus trained on 30"
        " (fine-tuned, net, GADF) +0.400, 10 splits: better; of 1 other pictures 0 gain clearly more, 1 less"
    )
    # over all test series: 20 and 5 of 30, none and 6 of 10
    assert listed(line) == {
        (
            "shrinkage LDA: 30 training series 0.833, 40 training series 0.500, 45 training series 0.333, 50 training"
            " series 0.600"
        ),
        "other: 30 training series 0.833, 50 training series 0.900",
        "fine-tuned, net, GADF: 30 training series 0.833, 50 training series 0.900",
        "linear probe, net, GADF: 30 training series 0.833, 50 training series 0.200",
    }


def test_q3_takes_its_scores_from_the_predictions(put):
    splits(put, LDA, NETWORK)
    path = put.folder / "15_training_size.predictions.csv"
    before = judged(put, "Q3")[0]["verdict"]
    pd.read_csv(path).assign(predicted=1).to_csv(path, index=False)
    after, differences = judged(put, "Q3")
    # nobody is right about any series: nothing is gained
    assert (before, after["verdict"]) == (verdicts.HOLDS, verdicts.FAILS)
    assert set(differences["difference"]) == {0}
