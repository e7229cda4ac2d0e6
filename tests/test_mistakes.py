"""Who goes wrong, where: tables by hand, and figures of confused and of hard series."""

import numpy as np
import pandas as pd
import pytest
from conftest import assert_labelled
from toys import signs, texts, title

from tsvision import evaluation
from tsvision.data import datasets
from tsvision.figures import mistakes


@pytest.fixture
def rows():
    """Four runs of one network: two on crops, one on whole pictures, one frozen."""
    methods = {"method": ["fine-tune"] * 3 + ["frozen"], "view": ["crop", "crop", "resize", "resize"]}
    return pd.DataFrame(methods).assign(backbone="net.tag", weights="hub:x", stands_in_for="")


@pytest.fixture
def predictions():
    """What the four runs say of three test series of a class each: the last is wrong in all, the first in none."""
    predicted = [0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0]
    made = {"run": np.repeat(range(4), 3), "series": [6, 7, 8] * 4, "label": [0, 1, 2] * 4, "predicted": predicted}
    return pd.DataFrame(made)


def test_confusion_counts_over_all_runs_of_a_method_and_view(rows, predictions):
    stray = predictions.tail(3).assign(run=4, predicted=2)  # of none of these rows
    figure = mistakes.confusion(rows, pd.concat([predictions, stray]), ("a", "b", "c"))
    whole = "100% 0% 0% 0% 100% 0% 100% 0% 0%"
    panels = {"fine-tuned, random crop": "100% 0% 0% 100% 0% 0% 50% 50% 0%", "fine-tuned, plot only": whole}
    panels |= {"linear probe, plot only": whole}
    assert {axis.get_title(): " ".join(texts(axis)) for axis in figure.axes} == panels
    assert title(figure) == (
        "net: all runs; hardest to recognise: fine-tuned, random crop, class b (0% right); fine-tuned, plot only,"
        " class c (0% right); linear probe, plot only, class c (0% right)"
    )
    assert_labelled(figure.axes)
    right = predictions.assign(predicted=predictions["predicted"].mask(predictions["run"] == 0, predictions["label"]))
    alone = mistakes.confusion(rows[:2], right, ("a", "b", "c"))
    assert title(alone) == "net: all runs; hardest to recognise: class b (50% right)"
    plain = rows[:2].assign(method="LDA", **dict.fromkeys(["view", "backbone", "stands_in_for", "weights"], np.nan))
    bare = mistakes.confusion(plain, right, ("a", "b", "c"))  # of a table that has pictures in other rows
    assert title(bare) == "all runs; hardest to recognise: class b (50% right)" and bare.axes[0].get_title() == "LDA"


def test_most_confused_draws_the_worst_beside_its_class_and_the_one_it_is_taken_for(data, predictions):
    figure = mistakes.most_confused(data, evaluation.errors_by_series(predictions))
    wrong = {8: 4, 7: 2, 6: 0}
    assert [axis.get_title() for axis in figure.axes] == [f"series {k}: wrong in {n} of 4" for k, n in wrong.items()]
    assert title(figure).startswith("1 of 3 test series are wrong in every run, 1 in none")
    overall = data.series[data.train].mean(0)
    own, other = (data.series[[k, k + 3]].mean(0) for k in (2, 0))  # the training series of class c, of class a
    expected = {"its own class c": own, "mostly predicted: class a": other, "this series": data.series[8]}
    lines = {line.get_label(): line.get_ydata() for line in figure.axes[0].get_lines()}
    assert list(lines) == list(expected)
    for name, series in expected.items():
        np.testing.assert_allclose(lines[name], series - overall)
    assert [line.get_label() for line in figure.axes[2].get_lines()] == ["its own class a", "this series"]
    assert_labelled(figure.axes)


# --- tables


def test_errors_by_series_by_hand():
    told = {"series": [7, 8] * 3, "label": [0, 1] * 3, "predicted": [2, 1, 2, 0, 1, 1]}
    predictions = pd.DataFrame(told)
    expected = {"series": [7, 8], "label": [0, 1], "runs": [3, 3], "wrong": [3, 1], "mostly": [2, 0]}
    assert evaluation.errors_by_series(predictions).to_dict("list") == expected
    right = evaluation.errors_by_series(predictions.assign(predicted=predictions["label"]))
    assert right["mostly"].tolist() == [-1, -1]


def judged(*runs):
    return pd.DataFrame([{"method": method, "split": split, "right": signs(text)} for method, split, text in runs])


# four series of classes x, x, y, y; a has two splits, b three, the last of its own
THEIR, LABELS = ("x", "y"), np.array([0, 0, 1, 1])
RUNS = judged(("a", 0, " +-+"), ("a", 1, "+ --"), ("b", 0, " +-+"), ("b", 1, "- -+"), ("b", 2, "-+ -"))


def test_items_order_series_by_how_often_arms_are_right_each_arm_counting_once():
    table = evaluation.items(RUNS, ["method"], THEIR, LABELS)
    # series 0: once of once, and none of twice; default: tested on split 0
    assert list(table) == ["series", "class", "default", "right", "a", "b"]
    each = [
        [2, "y", True, 0, 0, 0],
        [0, "x", False, 0.5, 1, 0],
        [3, "y", True, 7 / 12, 0.5, 2 / 3],
        [1, "x", True, 1, 1, 1],
    ]
    pd.testing.assert_frame_equal(table, pd.DataFrame(each, columns=list(table)), check_dtype=False)
    elsewhere = evaluation.items(judged(("a", 1, "+--+"), ("a", 2, "--++")), ["method"], THEIR, LABELS)
    assert "default" not in elsewhere and elsewhere["series"].tolist() == [1, 0, 2, 3]  # equally hard: by number


def test_the_hardest_are_right_less_than_once_in_ten():
    table = pd.DataFrame({"series": [5, 2, 9, 1], "right": [0.0, 0.099, 0.1, 0.4]})
    assert evaluation.hardest(table) == [2, 5]
    assert evaluation.hardest(table[table["series"] == 9]) == []


def test_by_class_takes_the_splits_that_all_arms_have():
    table = evaluation.by_class(RUNS, ["method"], THEIR, LABELS, [2])
    # split 0: of x 1, of y 1/2; split 1: of x 1 (a) or 0 (b), of y 0 or 1/2; without series 2: 1, and 1/2
    assert list(table) == ["arm", "splits", "accuracy", "balanced", "without_hard", "class x", "class y"]
    each = [["a", 2, 0.5, (1 + 1 / 4) / 2, 0.75, 1, 0.25], ["b", 2, 0.5, 0.5, 0.75, 0.5, 0.5]]
    pd.testing.assert_frame_equal(table, pd.DataFrame(each, columns=list(table)), check_dtype=False)
    alone = evaluation.by_class(RUNS[RUNS["method"] == "b"], ["method"], THEIR, LABELS, [])
    assert alone["splits"].tolist() == [3] and alone["without_hard"].tolist() == alone["accuracy"].tolist()
    assert alone["accuracy"].tolist() == [pytest.approx((2 / 3 + 1 / 3 + 1 / 3) / 3)]


# --- hard series

BANDS = pd.DataFrame({"at": [20, 10], "what": ["ester", "water"], "source": "here"})


@pytest.fixture
def spectra():
    """Five series of three steps, at 10, 15 and 20 1/cm: series 2, of class x, looks like class y."""
    series = np.array([[0.0, 0, 0], [0, 2, 0], [3, 1, 4], [3, 1, 6], [9, 9, 9]])
    labels, train = np.array([0, 0, 0, 1, 2]), np.arange(5) < 4
    axis = ("wavenumber in 1/cm", np.array([10.0, 15, 20]))
    return datasets.Dataset("Toy", series, labels, ("x", "y", "z"), train, "here", axis)


def test_hard_series_are_held_against_the_others_of_their_class_and_the_nearest_other_class(spectra):
    table = evaluation.hard_at_bands(spectra, [2], BANDS)
    # the others of x: (0, 1, 0), away by (3, 0, 4); y by (0, 0, -2); z by (6, 8, 5)
    each = [("whole", "all time steps", np.sqrt(25 / 3), np.sqrt(4 / 3)), (20, "ester", 4, 2), (10, "water", 3, 0)]
    assert table[["at", "what", "to_own", "to_other"]].to_numpy().tolist() == [
        [at, what, round(own, 5), round(other, 5)] for at, what, own, other in each
    ]
    assert (table["series"] == 2).all() and (table["class"] == "x").all() and (table["other"] == "y").all()
    # 4 away still counts: 15 and 20, and 20 alone
    near = evaluation.hard_at_bands(spectra, [0], BANDS.assign(at=[19, 24]))
    assert near["to_own"].tolist()[1:] == [round(np.sqrt((1.5**2 + 2**2) / 2), 5), 2.0]  # of (0, 0, 0) to (1.5, 1.5, 2)


def test_hard_spectra_draws_each_as_a_difference_from_the_others_of_its_class(spectra):
    figure = mistakes.hard_spectra(spectra, evaluation.hard_at_bands(spectra, [2, 0], BANDS), BANDS)
    nearer = "2 lies nearer to class y; 0 lies nearer to class x"
    assert title(figure) == f"The series least often right: {nearer}"
    first, second = figure.axes
    lines = {line.get_label(): list(line.get_ydata()) for line in first.get_lines()}
    assert lines["series 2, of class x"] == [3, 0, 4] and lines["mean of class y"] == [3, 0, 6]
    assert first.get_xlim() == second.get_xlim() == (20, 10)  # the highest wavenumber on the left
    assert texts(first) == ["20 ester", "10 water"] and texts(second) == ["20", "10"]  # named once
    assert [axis.get_ylabel() for axis in figure.axes] == ["minus the mean\nof class x"] * 2
    assert second.get_xlabel() == "wavenumber in 1/cm"
    errors = pd.DataFrame({"series": [2], "label": [0], "runs": [1], "wrong": [1], "mostly": [1]})
    assert mistakes.most_confused(spectra, errors).axes[0].get_xlim() == (20, 10)
