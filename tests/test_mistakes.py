import numpy as np
import pandas as pd
import pytest
from conftest import answers, assert_labelled, title

from tsvision import mistakes


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


def test_hard_series_shows_those_that_are_often_wrong():
    values = {"crop, net.tag": [0.0, 0.6, 1.0, 0.3], "resize": [0.1, 0.5, 0.9, 0.2]}
    shares = pd.DataFrame(values, index=[4, 6, 7, 9])
    figure = mistakes.hard_series(shares)
    axis = figure.axes[0]
    (picture,) = axis.get_images()
    np.testing.assert_allclose(picture.get_array(), shares.loc[[6, 7, 9]].T)
    assert [text.get_text() for text in axis.get_xticklabels()] == ["6", "7", "9"]
    assert [text.get_text() for text in axis.get_yticklabels()] == ["crop, net", "resize"]
    assert title(figure) == (
        "1 of 4 series (7) are wrong more often than not under three quarters of 2 methods: who gets all others right "
        "scores 75.0%"
    )
    assert "(none)" in title(mistakes.hard_series(shares.drop(index=7)))


def test_hard_series_shows_the_worst_where_none_is_often_wrong():
    shares = pd.DataFrame({"crop": [0.0, 0.1, 0.05]}, index=[4, 6, 7])
    (axis, _) = mistakes.hard_series(shares).axes
    assert [text.get_text() for text in axis.get_xticklabels()] == ["6"]


def test_confusion_counts_over_all_runs_of_a_method_and_view(rows, predictions):
    stray = predictions.tail(3).assign(run=4, predicted=2)  # of none of these rows
    figure = mistakes.confusion(rows, pd.concat([predictions, stray]), ("a", "b", "c"))
    panels = {axis.get_title(): [text.get_text() for text in axis.texts] for axis in figure.axes}
    assert panels == {
        "fine-tune, crop": ["100%", "0%", "0%", "100%", "0%", "0%", "50%", "50%", "0%"],
        "fine-tune, resize": ["100%", "0%", "0%", "0%", "100%", "0%", "100%", "0%", "0%"],
        "frozen, resize": ["100%", "0%", "0%", "0%", "100%", "0%", "100%", "0%", "0%"],
    }
    assert title(figure) == (
        "net: all seeds; hardest to recognise: fine-tune, crop, class b (0% right); fine-tune, resize, class c (0% right); "
        "frozen, resize, class c (0% right)"
    )
    assert_labelled(figure.axes)


def test_confusion_of_one_method_does_not_name_it_in_the_title(rows, predictions):
    right = predictions.assign(predicted=predictions["predicted"].mask(predictions["run"] == 0, predictions["label"]))
    figure = mistakes.confusion(rows[:2], right, ("a", "b", "c"))
    assert title(figure) == "net: all seeds; hardest to recognise: class b (50% right)"


def test_most_confused_draws_the_worst_beside_its_class_and_the_one_it_is_taken_for(data, predictions):
    figure = mistakes.most_confused(data, mistakes.errors_by_series(predictions))
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
    figure = mistakes.most_confused(data, mistakes.errors_by_series(more))
    assert [axis.get_title()[:8] for axis in figure.axes] == ["series 5", "series 8", "series 4", "series 7"]
    assert title(figure).startswith("2 of 6 test series are wrong in every run, 2 in none")


# --- tables -------------------------------------------------------------------------------------------------------------


def test_errors_by_series_by_hand():
    predictions = pd.DataFrame(
        {"series": [7, 8, 7, 8, 7, 8], "label": [0, 1, 0, 1, 0, 1], "predicted": [2, 1, 2, 0, 1, 1]}
    )
    errors = mistakes.errors_by_series(predictions)
    assert errors.to_dict("list") == {
        "series": [7, 8],
        "label": [0, 1],
        "runs": [3, 3],
        "wrong": [3, 1],
        "mostly": [2, 0],
    }
    right = mistakes.errors_by_series(predictions.assign(predicted=predictions["label"]))
    assert right["mostly"].tolist() == [-1, -1]


def test_wrong_shares_by_hand():
    three = pd.DataFrame({"method": ["b", "a", "b"], "split": [0, 0, 1]})
    shares = mistakes.wrong_shares(three, answers("+-- ", "+++ ", " +--"), ["method"])
    assert shares.columns.tolist() == ["b", "a"] and shares.index.tolist() == [7, 8, 9, 10]
    assert shares["b"].tolist() == [0, 0.5, 1, 1]
    assert shares["a"].fillna(9).tolist() == [0, 0, 0, 9]  # a never saw the last one
    only_b = mistakes.wrong_shares(three[three["method"] == "b"], answers("+-- ", "+++ ", " +--"), ["method"])
    assert only_b["b"].tolist() == [0, 0.5, 1, 1] and only_b.shape == (4, 1)
