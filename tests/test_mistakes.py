import numpy as np
import pandas as pd
import pytest
from conftest import assert_labelled, title

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
    return pd.DataFrame(
        {"run": np.repeat(range(4), 3), "series": [6, 7, 8] * 4, "label": [0, 1, 2] * 4, "predicted": predicted}
    )


def test_confusion_counts_over_all_runs_of_a_method_and_view(rows, predictions):
    stray = predictions.tail(3).assign(run=4, predicted=2)  # of none of these rows
    figure = mistakes.confusion(rows, pd.concat([predictions, stray]), ("a", "b", "c"))
    panels = {axis.get_title(): [text.get_text() for text in axis.texts] for axis in figure.axes}
    assert panels == {
        "fine-tuned, random crop": ["100%", "0%", "0%", "100%", "0%", "0%", "50%", "50%", "0%"],
        "fine-tuned, plot only": ["100%", "0%", "0%", "0%", "100%", "0%", "100%", "0%", "0%"],
        "linear probe, plot only": ["100%", "0%", "0%", "0%", "100%", "0%", "100%", "0%", "0%"],
    }
    assert (
        title(figure)
        == "net: all seeds; hardest to recognise: fine-tuned, random crop, class b (0% right); fine-tuned, plot only,"
        " class c (0% right); linear probe, plot only, class c (0% right)"
    )
    assert_labelled(figure.axes)


def test_confusion_of_one_method_does_not_name_it_in_the_title(rows, predictions):
    right = predictions.assign(predicted=predictions["predicted"].mask(predictions["run"] == 0, predictions["label"]))
    figure = mistakes.confusion(rows[:2], right, ("a", "b", "c"))
    assert title(figure) == "net: all seeds; hardest to recognise: class b (50% right)"


def test_most_confused_draws_the_worst_beside_its_class_and_the_one_it_is_taken_for(data, predictions):
    figure = mistakes.most_confused(data, evaluation.errors_by_series(predictions))
    assert [axis.get_title() for axis in figure.axes] == [
        "series 8: wrong in 4 of 4",
        "series 7: wrong in 2 of 4",
        "series 6: wrong in 0 of 4",
    ]
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


def test_most_confused_stops_at_four(data, predictions):
    more = pd.concat([predictions, predictions.assign(series=predictions["series"] - 3)])
    figure = mistakes.most_confused(data, evaluation.errors_by_series(more))
    assert [axis.get_title()[:8] for axis in figure.axes] == ["series 5", "series 8", "series 4", "series 7"]
    assert title(figure).startswith("2 of 6 test series are wrong in every run, 2 in none")


# --- tables -----------------------------------------------------------------------------------------------------------


def test_errors_by_series_by_hand():
    predictions = pd.DataFrame(
        {"series": [7, 8, 7, 8, 7, 8], "label": [0, 1, 0, 1, 0, 1], "predicted": [2, 1, 2, 0, 1, 1]}
    )
    errors = evaluation.errors_by_series(predictions)
    assert errors.to_dict("list") == {
        "series": [7, 8],
        "label": [0, 1],
        "runs": [3, 3],
        "wrong": [3, 1],
        "mostly": [2, 0],
    }
    right = evaluation.errors_by_series(predictions.assign(predicted=predictions["label"]))
    assert right["mostly"].tolist() == [-1, -1]


SIGNS = {"+": 1.0, "-": 0.0, " ": np.nan}


def judged(*runs):
    """Rows of (method, split, signs), a sign a series: + right, - wrong, blank where it trains."""
    return pd.DataFrame(
        [
            {"method": method, "split": split, "right": np.array([SIGNS[sign] for sign in signs])}
            for method, split, signs in runs
        ]
    )


# four series of classes x, x, y, y; a has two splits, b three, the last of its own
THEIR, LABELS = ("x", "y"), np.array([0, 0, 1, 1])
RUNS = judged(("a", 0, " +-+"), ("a", 1, "+ --"), ("b", 0, " +-+"), ("b", 1, "- -+"), ("b", 2, "-+ -"))


def test_items_order_series_by_how_often_arms_are_right_each_arm_counting_once():
    table = evaluation.items(RUNS, ["method"], THEIR, LABELS)
    assert table.to_dict("list") == {
        "series": [2, 0, 3, 1],
        "class": ["y", "x", "y", "x"],
        "default": [True, False, True, True],  # tested on split 0
        "right": [0.0, 0.5, pytest.approx((1 / 2 + 2 / 3) / 2), 1.0],  # series 0: once of once, and none of twice
        "a": [0.0, 1.0, 0.5, 1.0],
        "b": [0.0, 0.0, pytest.approx(2 / 3), 1.0],
    }
    elsewhere = evaluation.items(judged(("a", 1, "+--+"), ("a", 2, "--++")), ["method"], THEIR, LABELS)
    assert "default" not in elsewhere and elsewhere["series"].tolist() == [1, 0, 2, 3]  # equally hard: by number


def test_the_hardest_are_right_less_often_than_the_share():
    table = pd.DataFrame({"series": [5, 2, 9, 1], "right": [0.0, 0.099, 0.1, 0.4]})
    assert (
        evaluation.hardest(table) == [2, 5]
        and evaluation.hardest(table, 0.4) == [2, 5, 9]
        and evaluation.hardest(table, 0) == []
    )


def test_by_class_takes_the_splits_that_all_arms_have():
    table = evaluation.by_class(RUNS, ["method"], THEIR, LABELS, [2])
    # split 0: of x 1, of y 1/2; split 1: of x 1 (a) or 0 (b), of y 0 or 1/2; without series 2: 1, and 1/2
    assert table.to_dict("list") == {
        "arm": ["a", "b"],
        "splits": [2, 2],
        "accuracy": [pytest.approx((2 / 3 + 1 / 3) / 2), pytest.approx((2 / 3 + 1 / 3) / 2)],
        "balanced": [pytest.approx((1 + 1 / 4) / 2), pytest.approx((1 / 2 + 1 / 2) / 2)],
        "without_hard": [pytest.approx((1 + 1 / 2) / 2), pytest.approx((1 + 1 / 2) / 2)],
        "class x": [1.0, 0.5],
        "class y": [0.25, 0.5],
    }
    alone = evaluation.by_class(RUNS[RUNS["method"] == "b"], ["method"], THEIR, LABELS, [])
    assert alone["splits"].tolist() == [3] and alone["without_hard"].tolist() == alone["accuracy"].tolist()
    assert alone["accuracy"].tolist() == [pytest.approx((2 / 3 + 1 / 3 + 1 / 3) / 3)]


BANDS = pd.DataFrame({"at": [20, 10], "what": ["ester", "water"], "source": "here"})


def test_most_confused_draws_wavenumbers_with_the_highest_on_the_left(spectra):
    errors = pd.DataFrame({"series": [2], "label": [0], "runs": [1], "wrong": [1], "mostly": [1]})
    assert [axis.get_xlim() for axis in mistakes.most_confused(spectra, errors).axes] == [(20, 10)]


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
    assert table.to_dict("list") == {
        "series": [2, 2, 2],
        "class": ["x"] * 3,
        "other": ["y"] * 3,
        "at": ["whole", 20, 10],
        "what": ["all time steps", "ester", "water"],
        "to_own": [round(np.sqrt(25 / 3), 5), 4.0, 3.0],
        "to_other": [round(np.sqrt(4 / 3), 5), 2.0, 0.0],
    }
    # 4 away still counts: 15 and 20, and 20 alone
    near = evaluation.hard_at_bands(spectra, [0], BANDS.assign(at=[19, 24]))
    assert near["to_own"].tolist()[1:] == [round(np.sqrt((1.5**2 + 2**2) / 2), 5), 2.0]  # of (0, 0, 0) to (1.5, 1.5, 2)


def test_hard_spectra_draws_each_as_a_difference_from_the_others_of_its_class(spectra):
    figure = mistakes.hard_spectra(spectra, evaluation.hard_at_bands(spectra, [2, 0], BANDS), BANDS)
    assert (
        title(figure)
        == "The series that nearly every method gets wrong: 2 lies nearer to class y; 0 lies nearer to class x"
    )
    first, second = figure.axes
    lines = {line.get_label(): list(line.get_ydata()) for line in first.get_lines() if len(line.get_xdata()) == 3}
    assert lines["series 2, of class x"] == [3, 0, 4] and lines["mean of class y"] == [3, 0, 6]
    assert [y for name, y in lines.items() if name.startswith("_")] == [[0, -1, 0], [0, 1, 0]]
    assert first.get_xlim() == second.get_xlim() == (20, 10)  # the highest wavenumber on the left
    assert [text.get_text() for text in first.texts] == ["20 ester", "10 water"]
    assert [text.get_text() for text in second.texts] == ["20 ", "10 "]  # named once
    assert [axis.get_ylabel() for axis in figure.axes] == [
        "minus the mean\nof class x"
    ] * 2 and second.get_xlabel() == "wavenumber in 1/cm"
