"""The page of new series."""

import numpy as np
import pandas as pd
import pytest
from toys import title

from tsvision import figures


@pytest.mark.parametrize("channels, lines", [((), 1), ((3,), 3)])
def test_the_least_certain_series_come_first_with_their_class_and_every_channel(channels, lines):
    probability = np.linspace(0.5, 0.98, 13)[::-1]
    told = pd.DataFrame({"name": [f"line {k}" for k in range(13)], "predicted": "$x_1$", "probability": probability})
    series = np.random.default_rng(0).normal(size=(13, *channels, 30))
    figure = figures.recognised(series, told, "gadf", "viridis")
    panels = [axis for axis in figure.axes if axis.lines]
    assert len(panels) == 12 and all(len(axis.lines) == lines for axis in panels)
    assert panels[0].get_title().replace("\\$", "$") == "line 12\nclass $x_1$, 0.50"
    assert panels[0].lines[0].get_ydata() == pytest.approx(series[12].reshape(-1, 30)[0])
    assert sum(bool(axis.images) for axis in figure.axes) == 12
    heading = "3 of 13 new series are told with a probability of 0.9 or more; 12 of 13 series shown, the least certain"
    assert title(figure) == heading + "; pictures for the eye, by each series' own range"


def test_of_equally_certain_series_each_class_has_its_turn():
    told = pd.DataFrame({"name": range(14), "predicted": [*"aaaaaaaaaaaabc"], "probability": [0.97] * 13 + [0.5]})
    told.loc[3, "probability"] = 0.974  # as certain, to two digits
    figure = figures.recognised(np.eye(14), told, "gadf", "gray")
    shown = [int(axis.get_title().split()[0]) for axis in figure.axes if axis.lines]
    assert shown == [13, 0, 12, *range(1, 10)]
    assert "; 12 of 14 series shown, of the least certain each class in turn; pictures" in title(figure)


def test_the_true_class_is_said_where_it_is_another():
    told = pd.DataFrame({"name": ["a", "b"], "predicted": "x", "probability": [0.95, 1], "label": ["y", "x"]})
    panels = [axis.get_title() for axis in figures.recognised(np.eye(2, 9), told, "gadf", "gray").axes if axis.lines]
    assert panels == ["a\nclass x, 0.95\n(is y)", "b\nclass x, 1.00"]


def test_few_series_leave_no_empty_panel():
    told = pd.DataFrame({"name": ["a", "b"], "predicted": "x", "probability": [0.95, 1]})
    figure = figures.recognised(np.eye(2, 9), told, "gadf", "gray")
    assert len(figure.axes) == 4 and title(figure).startswith("2 of 2 new series are told with a probability of 0.9")
