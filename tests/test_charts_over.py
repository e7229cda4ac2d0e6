"""Mean accuracies over a setting: charts.over."""

import numpy as np
import pandas as pd
import pytest
from conftest import assert_labelled, title

from tsvision import evaluation
from tsvision.evaluation import intervals
from tsvision.figures import charts


def runs(corrects, **arm):
    """Runs on ten test series: {x: right answers, a split each}."""
    each = {"seed": 0, "n_train": 30, "n_test": 10} | arm
    return pd.DataFrame(
        [
            each | {"length": x, "split": k, "correct": correct, "accuracy": correct / 10}
            for x, right in corrects.items()
            for k, correct in enumerate(right)
        ]
    )


def over(*tables, by=("backbone", "view"), **more):
    return charts.over(pd.concat(tables), "length", list(by), 0.4, "steps", "The heading: given", **more)


CNN, VIT = {"backbone": "net.tag"}, {"backbone": "vit.tag"}
RESIZE, WINDOWS = {"view": "resize"}, {"view": "windows"}


def lines(axis):
    """Each arm as drawn: its marker and style, colour, x and y values, and the ends of its intervals."""
    made = []
    for container in axis.containers:
        line, _, (bars,) = container.lines
        ends = np.array([segment[:, 1] for segment in bars.get_segments()])
        made.append((line.get_marker() + line.get_linestyle(), line.get_color(), *line.get_data(), ends))
    return made


def names(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_an_arm_is_a_line_of_means_with_the_intervals_of_its_summary():
    first, second = runs({200: [5, 6, 7], 100: [9, 9, 9]}, **CNN, **RESIZE), runs({100: [4], 300: [0]}, **VIT, **RESIZE)
    figure = over(first, second)
    (axis,) = figure.axes
    (*_, y, ends), (*_, other, others) = lines(axis)
    assert y == pytest.approx([0.9, 0.6]) and other == pytest.approx([0.4, 0])  # by length
    expected = [intervals.corrected(values, 30, 10) for values in ([0.9] * 3, [0.5, 0.6, 0.7])]
    assert ends == pytest.approx(np.array([[low, min(1, high)] for _, low, high in expected]))
    assert expected[0][2] > 1 > ends[1, 1] > 0.6  # the first is cut off, the second is not
    assert others == pytest.approx(np.array([evaluation.wilson(4, 10), evaluation.wilson(0, 10)]))
    (level,) = [line for line in axis.get_lines() if list(line.get_xdata()) == [0, 1]]
    assert list(level.get_ydata()) == [0.4, 0.4]
    assert names(figure) == ["majority class 0.400", "net, plot only", "vit, plot only"]
    assert title(figure) == "The heading: given" and axis.get_title() == "" and axis.get_xlabel() == "steps"
    assert_labelled(figure.axes)


def test_the_last_column_gives_the_colour_and_the_others_the_style():
    tables = [runs({1: [3], 2: [4]}, **network, **view) for network in (CNN, VIT) for view in (RESIZE, WINDOWS)]
    figure = over(*tables)
    styles, colours = zip(*(line[:2] for line in lines(figure.axes[0])))
    assert styles == ("o-", "o-", "s--", "s--")
    assert colours[:2] == colours[2:] and colours[0] != colours[1]
    assert names(figure)[1:] == ["net, plot only", "net, windows", "vit, plot only", "vit, windows"]
    kinds = [runs({1: [3], 2: [4]}, backbone=name) for name in "abcd"]
    drawn = lines(over(*kinds, by=["backbone"]).axes[0])
    assert {style for style, *_ in drawn} == {"o-"} and len({colour for _, colour, *_ in drawn}) == 4


def test_a_value_of_the_panel_s_column_is_a_panel():
    tables = [
        runs({100: [5], 200: [6]}, **CNN, **RESIZE, cut="prefix"),
        runs({100: [1], 800: [2]}, **CNN, **RESIZE, cut="middle"),
        runs({100: [7], 800: [8]}, **VIT, **RESIZE, cut="middle"),
    ]
    figure = over(*tables, panel="cut")
    first, second = figure.axes
    assert [axis.get_title() for axis in figure.axes] == ["prefix", "middle"]
    assert [list(y) for *_, y, _ in lines(first)] == [[0.5, 0.6], []]  # the transformer has no prefixes
    assert [list(y) for *_, y, _ in lines(second)] == [[0.1, 0.2], [0.7, 0.8]]
    assert names(figure) == ["majority class 0.400", "net, plot only", "vit, plot only"]
    assert [style for style, *_ in lines(first)] == [style for style, *_ in lines(second)]
    assert first.get_ylim() == second.get_ylim() and list(first.get_xticks()) == [100, 200]
    assert_labelled(figure.axes)


@pytest.mark.parametrize("last, scale", [(399, "linear"), (400, "log")])
def test_the_axis_is_logarithmic_from_a_factor_of_four_on_and_has_a_tick_at_each_value(last, scale):
    values = {100: [3], 150: [4], last: [5]}
    figure = over(runs(values, **CNN, **RESIZE), runs(values, **VIT, **RESIZE), runs(values, **VIT, **WINDOWS))
    (axis,) = figure.axes
    assert axis.get_xscale() == scale
    assert list(axis.get_xticks()) == [100, 150, last]
    assert [label.get_text() for label in axis.get_xticklabels()] == ["100", "150", str(last)]
    left, middle, right = (
        np.array(x, float) for _, _, x, *_ in lines(axis)
    )  # the arms stand beside each other, as far on either axis
    assert list(middle) == [100, 150, last] and (left < middle).all() and (middle < right).all()
    steps = np.diff(np.log([left, middle, right]) if scale == "log" else [left, middle, right], axis=0)
    assert steps == pytest.approx(np.full((2, 3), 0.009 * (np.log(4) if scale == "log" else 299)))


def test_by_length_shows_whole_series_in_every_cut_and_tells_the_ends_of_shrunk_pictures():
    arm = CNN | {"stands_in_for": "", "weights": "random", "training": "alone"}
    tables = [
        runs({64: [2, 2], 100: [9, 7], 200: [3, 5]}, **arm, **RESIZE, cut="resampled"),
        runs({64: [1]}, **arm, **RESIZE, cut="prefix"),
    ]
    figure = charts.by_length(pd.concat([*tables, runs({64: [6]}, **arm, **WINDOWS, cut="resampled")]), 100, 0.4)
    assert [axis.get_title() for axis in figure.axes] == ["resampled", "prefix", "middle"]
    drawn = [[pytest.approx(list(y)) for *_, y, _ in lines(axis) if len(y)] for axis in figure.axes]
    assert drawn == [[[0.2, 0.8, 0.4], [0.6]], [[0.1, 0.8]], [[0.8]]]
    told = "shrunk pictures of resampled series: trained alone 20% at 64 steps, 80% at 100 steps, 40% at 200 steps"
    assert title(figure) == f"net with RANDOM weights: {told}"


def test_of_resampled_tells_the_fewest_all_and_the_most_steps_of_either_training():
    arm = CNN | {"stands_in_for": "", "weights": "hub:x", "cut": "resampled"}
    tables = [runs({64: [2, 4], 80: [0], 100: [9], 150: [0], 200: [3]}, **arm, **RESIZE, training="alone")]
    tables += [runs({64: [5], 100: [7], 200: [10]}, **arm, **RESIZE, training="with copies")]
    tables += [
        runs({32: [0], 400: [0]}, **arm, **WINDOWS, training="alone"),
        runs({32: [0]}, **arm | {"cut": "prefix"}, **RESIZE, training="alone"),
    ]
    assert (
        charts.of_resampled(pd.concat(tables), 100)
        == "shrunk pictures of resampled series: trained alone 30% at 64 steps, 90% at 100 steps, 30% at 200 steps; "
        "trained with copies 50% at 64 steps, 70% at 100 steps, 100% at 200 steps"
    )
