"""Every question's rule on tables made here, of 30 test series and ten splits, as claims in test_claims."""

import re

import pandas as pd
import pytest
import test_claims
from scipy import stats
from test_claims import (
    AS_GOOD,
    BETTER,
    EQUAL,
    HIGH,
    LEAST,
    LOW,
    PLAIN,
    TUNED,
    WORDS,
    compared,
    less,
    rows,
    said,
)

from tsvision import questions, verdicts

put = test_claims.put
HEAD = test_claims.HEAD | {"length": 570}
BLOCK = TUNED | {"method": "last block", "length": 570}
ANY = HEAD | {"cut": "resampled", "trained_length": 570, "copies": ""}


def judged(put, question):
    """The line on one question, as a dictionary, and its differences."""
    table, differences = verdicts.judge({question: questions.QUESTIONS[question]}, put.folder)
    (line,) = table.to_dict("records")
    return line, differences


def listed(line):
    """The notes of a verdict, in no order."""
    return set(line["notes"].split("; "))


# --- tables as the notebooks write them ----------------------------------------------------------------------------------


def one_to_one(put, right=HIGH):
    """Heads: shrunk to 224 and 384, 19 pixels a patch (`right`), stretched; the last block: shrunk and 19 pixels a patch."""
    heads = [rows(HEAD, HIGH, size=224), rows(HEAD, LOW, size=384), rows(HEAD, right, size=570, patch=19)]
    heads += [
        rows(HEAD, LEAST, size=574, view="stretch"),
        rows(HEAD, HIGH, size=512, view="stretch"),
    ]  # the second is no whole one
    put("07_vit_one_to_one", *heads, rows(BLOCK, LOW, size=384), rows(BLOCK, [15] * 10, size=570, patch=19))


def any_length(put, right=HIGH, part=LEAST, window=LEAST):
    """A CNN on whole series (18 right) and shorter ones (`right`), the same with copies, a transformer; parts and windows beside."""
    copied, vit = ANY | {"copies": "60 900"}, ANY | {"backbone": "vit.tag"}
    parts = [rows(ANY, right, length=128), rows(ANY, LOW, length=570), rows(ANY, HIGH, length=2000)]
    parts += [rows(copied, LEAST, length=128), rows(copied, HIGH, length=570), rows(copied, HIGH, length=2000)]
    parts += [rows(ANY, part, length=128, cut="prefix"), rows(ANY, window, length=128, view="windows")]
    parts += [rows(vit, LEAST, length=128), rows(vit, [24] * 10, length=570), rows(vit, [24] * 10, length=2000)]
    put("08_any_length", *parts)


def nested(kind, few, many, sizes=(30, 50), **other):
    """Rows of ten nested splits of 60 series, the last ten of each in common: right answers of these ten with few and many.

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
    """Write the rows, and predictions that agree with them: split k tests the series from k on, the common ones first."""
    table = pd.concat(tables, ignore_index=True)
    predictions = [
        {"run": run, "series": (place + line["split"]) % 60, "label": 0, "predicted": int(line["common"] <= place < 10)}
        for run, line in table.iterrows()
        for place in range(line["n_test"])
    ]
    put("09_splits", table.drop(columns="common"))
    put("09_splits.predictions", pd.DataFrame(predictions))


def more_data(put, right=[9] * 10):  # noqa: B006  read only
    """Of ten common series with 50 training series and with 30: LDA 6 and 5, another 9 and 5, a network `right` and 5."""
    tables = [nested(PLAIN, [5] * 10, [6] * 10), nested(PLAIN, [5] * 10, [9] * 10, method="other")]
    middle = nested(PLAIN, [0] * 10, [0] * 10, sizes=(45, 40))
    splits(put, *tables, middle, nested(TUNED, [5] * 10, right), nested(HEAD, [5] * 10, [2] * 10))


MADE = {"Q1": one_to_one, "Q2": any_length, "Q3": more_data}


# --- all questions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", questions.QUESTIONS)
def test_the_intervals_of_a_question_hold_together(put, question):
    MADE[question](put)
    _, differences = judged(put, question)
    half = (differences["high"] - differences["low"]) / 2
    error = (differences["detectable"] - half) / stats.t.ppf(0.8, 9)  # detectable: half and as much as has power .8
    assert len(differences) > 1 and set(differences["pairs"]) == {10}
    assert (half / error).tolist() == pytest.approx([stats.t.ppf(1 - 0.025 / len(half), 9)] * len(half))


@pytest.mark.parametrize("question", questions.QUESTIONS)
@pytest.mark.parametrize("order", [dict(frac=1, random_state=0), "reversed"], ids=["at random", "reversed"])
def test_the_order_of_rows_changes_no_verdict(put, question, order):
    MADE[question](put)
    before, first = judged(put, question)
    places = {}
    for path in sorted(put.folder.glob("*.csv")):  # a notebook's rows come before its predictions
        table = pd.read_csv(path)
        table = table.iloc[::-1] if order == "reversed" else table.sample(**order)
        places[path.stem] = {line: place for place, line in enumerate(table.index)}
        if "run" in table:
            table["run"] = table["run"].map(places[path.stem.partition(".")[0]])
        table.to_csv(path, index=False)
    after, second = judged(put, question)
    assert after["verdict"] == before["verdict"]
    assert sorted(re.findall(r"[^\s,;:]+", after["notes"])) == sorted(re.findall(r"[^\s,;:]+", before["notes"]))
    assert sorted(after["because"].split("; ")) == sorted(before["because"].split("; "))
    pd.testing.assert_frame_equal(*(table.sort_values(["what", "arm"], ignore_index=True) for table in (first, second)))


HALF, PATCH = {"length": 285}, {"size": 570, "patch": 19}
WHOLE = {"length": 570}
PATCHED, SHRUNK, GIVEN = "resize, size 570, patch 19", "resize, size 384", "reference: expected one of"


@pytest.mark.parametrize(
    "question, tables, missing",
    [
        ("Q1", [rows(HEAD, LOW, **PATCH)], "nothing has run with shrunk pictures"),
        ("Q1", [rows(HEAD, LOW, size=384)], "nothing has run to compare with"),
        ("Q1", [rows(HEAD, LOW, size=384), rows(HEAD, LOW, size=224)], "nothing has run at one pixel a step"),
        ("Q1", [rows(HEAD, LOW, size=384), rows(BLOCK, LOW, **PATCH)], f"{GIVEN} {PATCHED}, got '{SHRUNK}'"),
        ("Q2", [rows(ANY, LOW, **HALF)], "nothing has run on whole series"),
        ("Q2", [rows(ANY, LOW, **WHOLE)], "nothing has run to compare with"),
        ("Q2", [rows(ANY, LOW, **WHOLE), rows(ANY, LOW, **HALF, view="grid")], "nothing has run to compare with"),
        ("Q2", [rows(ANY, LOW, **WHOLE), rows(ANY, LOW, **HALF, cut="middle")], "nothing has run to compare with"),
        (
            "Q2",
            [rows(ANY, LOW, **WHOLE), rows(ANY, LOW, **HALF, backbone="vit.tag")],
            f"{GIVEN} length 285, got 'length 570'",
        ),
    ],
)
def test_what_has_run_on_one_side_only_is_not_judged(put, question, tables, missing):
    put("07_vit_one_to_one" if question == "Q1" else "08_any_length", *tables)
    line, differences = judged(put, question)
    assert (line["verdict"], line["because"], line["notes"]) == ("not judged", missing, "")
    assert differences.empty


LDA, NETWORK = nested(PLAIN, [5] * 10, [6] * 10), nested(TUNED, [5] * 10, [9] * 10)


@pytest.mark.parametrize(
    "tables, missing",
    [
        ([NETWORK], f"{GIVEN} fine-tune, net.tag, gadf, got 'shrinkage LDA'"),
        ([LDA], "nothing has run but shrinkage LDA"),
        ([LDA, LDA.assign(method="other")], "nothing has run on pictures"),
    ],
)
def test_q3_without_pictures_or_without_the_raw_series_is_not_judged(put, tables, missing):
    put("13_baselines_and_controls", rows(TUNED, LOW))  # has the columns of pictures
    splits(put, *tables)
    line, differences = judged(put, "Q3")
    assert (line["verdict"], line["because"]) == ("not judged", missing) and differences.empty


def test_q3_of_a_single_size_is_not_judged(put):
    splits(put, *(table[table["n_train"] == 50] for table in (LDA, NETWORK)))
    line, differences = judged(put, "Q3")
    assert line["verdict"] == "not judged" and differences.empty


def test_q3_without_predictions_names_them(put):
    more_data(put)
    (put.folder / "09_splits.predictions.csv").unlink()
    line, differences = judged(put, "Q3")
    assert line["verdict"] == "not judged" and "09_splits.predictions.csv" in line["because"] and differences.empty


# --- one by one ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("right, word", WORDS)
def test_q1_compares_with_the_largest_shrunk_picture_by_way_of_training(put, right, word):
    one_to_one(put, right)
    line, differences = judged(put, "Q1")
    assert compared(differences) == [
        ("frozen, ridge head, all", "resize, size 224", SHRUNK, 10, "splits", 0.3, "better"),
        ("frozen, ridge head, all", PATCHED, SHRUNK, 10, "splits", less(right), word),
        ("frozen, ridge head, all", "stretch, size 574", SHRUNK, 10, "splits", -0.3, "worse"),
        ("frozen, ridge head, all", "stretch, size 512", SHRUNK, 10, "splits", 0.3, "better"),
        ("last block", PATCHED, SHRUNK, 10, "splits", -0.1, "worse"),
    ]
    # neither the smaller picture nor the series shortened to 512 steps, which are better, is at one pixel a step
    assert line["verdict"] == (verdicts.OPEN if word == "better" else BETTER[word])  # others are worse
    better, worse = int(word == "better"), 2 + (word == "worse")
    most = f"{PATCHED} less {SHRUNK} (frozen, ridge head, all) {less(right):+.3f}, 10 splits: {word}"
    if word == "worse":
        most = f"{PATCHED} less {SHRUNK} (last block) -0.100, 10 splits: worse"
    assert said(line) == (
        f"of 3 comparisons with {SHRUNK} at one pixel a step {better} are better, {worse} worse; the most favourable: {most}"
    )


def test_q1_notes_every_mean(put):
    one_to_one(put)
    assert judged(put, "Q1")[0]["notes"] == (
        "frozen, ridge head, all: resize, size 224 0.900, resize, size 384 0.600, resize, size 570, patch 19 0.900, "
        "stretch, size 574 0.300, stretch, size 512 0.900; last block: resize, size 384 0.600, resize, size 570, patch 19 0.500"
    )


def test_q1_keeps_a_head_on_the_output_apart_from_one_on_all_blocks(put):
    tables = [rows(HEAD, LOW, size=384), rows(HEAD, LEAST, **PATCH)]
    output = [rows(HEAD, LEAST, size=384, layer="output"), rows(HEAD, LOW, **PATCH, layer="output")]
    put("07_vit_one_to_one", *tables, *output)
    line, differences = judged(put, "Q1")
    assert [(what, difference) for what, *_, difference, _ in compared(differences)] == [
        ("frozen, ridge head, all", -0.3),
        ("frozen, ridge head, output", 0.3),
    ]
    assert line["verdict"] == verdicts.OPEN  # one is better, one is worse
    put("07_vit_one_to_one", rows(HEAD, LOW, size=384), rows(HEAD, HIGH, **PATCH))
    assert judged(put, "Q1")[0]["verdict"] == verdicts.HOLDS


def test_q1_needs_no_column_of_patches(put):
    put("07_vit_one_to_one", rows(HEAD, LOW, size=384), rows(HEAD, LOW, size=576, view="stretch"))
    line, differences = judged(put, "Q1")
    assert line["verdict"] == verdicts.FAILS
    assert compared(differences) == [
        ("frozen, ridge head, all", "stretch, size 576", SHRUNK, 10, "splits", 0, EQUAL),
    ]


@pytest.mark.parametrize("part", [LEAST, HIGH])
@pytest.mark.parametrize("right, word", WORDS)
def test_q2_is_decided_by_resampled_series_alone(put, right, word, part):
    any_length(put, right, part, part)
    line, differences = judged(put, "Q2")
    assert compared(differences) == [
        ("net, alone", "length 128", "length 570", 10, "splits", less(right), word),
        ("net, alone", "length 2000", "length 570", 10, "splits", 0.3, "better"),
        ("net, with copies", "length 128", "length 570", 10, "splits", -0.6, "worse"),
        ("net, with copies", "length 2000", "length 570", 10, "splits", 0, EQUAL),
        ("vit, alone", "length 128", "length 570", 10, "splits", -0.5, "worse"),  # less its own 24, not the other's 18
        ("vit, alone", "length 2000", "length 570", 10, "splits", 0, EQUAL),
        ("net, 570 steps", "with copies", "alone", 10, "splits", 0.3, "better"),
    ]
    assert line["verdict"] == AS_GOOD[word]  # one that keeps its accuracy will do
    assert said(line) == (
        "shrunk pictures, trained at 570 steps, tested on series resampled to 128 to 2000: net, alone, worse at "
        f"{'128' if word == 'worse' else 'none'}; net, with copies, worse at 128; vit, alone, worse at 128; "
        "with copies less alone (net, 570 steps) +0.300, 10 splits: better"
    )


def test_q2_notes_all_views_and_cuts(put):
    any_length(put)
    assert listed(judged(put, "Q2")[0]) == {
        "net, alone, resize, resampled: 128 steps 0.900, 570 steps 0.600, 2000 steps 0.900",
        "net, with copies, resize, resampled: 128 steps 0.300, 570 steps 0.900, 2000 steps 0.900",
        "net, alone, resize, prefix: 128 steps 0.300",
        "net, alone, windows, resampled: 128 steps 0.300",
        "vit, alone, resize, resampled: 128 steps 0.300, 570 steps 0.800, 2000 steps 0.800",
    }


@pytest.mark.parametrize(
    "right, gain, word",
    [
        ([9] * 10, 0.3, "better"),
        ([3] * 10, -0.3, "worse"),
        ([6] * 10, 0, "cannot be told"),  # equal on ten series each: not within one of thirty for sure
        ([10, 4] * 5, 0.1, "cannot be told"),
    ],
)
def test_q3_compares_what_a_network_gains_with_what_the_raw_series_gain(put, right, gain, word):
    more_data(put, right)
    line, differences = judged(put, "Q3")
    net, head, less_lda = "fine-tune, net.tag, gadf", "frozen, ridge head, net.tag, gadf", "gain from 30 to 50"
    own = {arm: part for arm, *part in compared(differences) if arm != less_lda}
    assert list(own) == ["shrinkage LDA", "other", net, head]
    assert {arm: part[-2] for arm, part in own.items()} == {
        "shrinkage LDA": 0.1,
        "other": 0.4,
        net: round(gain + 0.1, 3),
        head: -0.3,
    }
    assert all(part[:2] == ["trained 50", "trained 30"] for part in own.values())
    gained = [each for each in compared(differences) if each[0] == less_lda]
    assert sorted(gained) == [
        (less_lda, net, "shrinkage LDA", 10, "splits", gain, word),
        (less_lda, head, "shrinkage LDA", 10, "splits", -0.4, "worse"),
        (less_lda, "other", "shrinkage LDA", 10, "splits", 0.3, "better"),  # no picture: it decides nothing
    ]
    assert set(differences["n_test"]) == {10}
    assert line["verdict"] == (verdicts.FAILS if word == "worse" else verdicts.OPEN)  # another network gains less
    # of ten series on 30 of training: t(1 - .025/7, 9) sqrt(2/12/100 (1/10 + 10/30)) = 3.44 x .0269 = .092
    assert said(line) == (
        "trained 50 less trained 30 (shrinkage LDA) +0.100, 10 splits: better; trained 50 less trained 30 "
        f"({net}) {gain + 0.1:+.3f}, 10 splits: {own[net][-1]}; the most favourable difference in gain: {net} less shrinkage LDA "
        f"({less_lda}) {gain:+.3f}, 10 splits: {word}"
    )


def test_q3_notes_the_means_over_all_test_series(put):
    more_data(put)
    # 20 and 5 of 30, none and 6 of 10
    assert listed(judged(put, "Q3")[0]) == {
        "shrinkage LDA: 30 training series 0.833, 40 training series 0.500, 45 training series 0.333, "
        "50 training series 0.600",
        "other: 30 training series 0.833, 50 training series 0.900",
        "fine-tune, net.tag, gadf: 30 training series 0.833, 50 training series 0.900",
        "frozen, ridge head, net.tag, gadf: 30 training series 0.833, 50 training series 0.200",
    }


def test_q3_takes_its_scores_from_the_predictions(put):
    splits(put, LDA, NETWORK)
    path = put.folder / "09_splits.predictions.csv"
    before = judged(put, "Q3")[0]["verdict"]
    pd.read_csv(path).assign(predicted=1).to_csv(path, index=False)
    after, differences = judged(put, "Q3")
    assert (before, after["verdict"]) == (verdicts.HOLDS, verdicts.OPEN)
    assert set(differences["difference"]) == {0}
