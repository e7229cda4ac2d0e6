"""Ranks and tests over data sets, by hand and against scipy; what the two charts show."""

import math

import numpy as np
import pandas as pd
import pytest
from conftest import title
from scipy import stats

from tsvision import evaluation, figures
from tsvision.figures import base

TABLE = pd.DataFrame(
    {"a": [0.9, 0.8, 0.7], "b": [0.8, 0.8, 0.6], "c": [0.7, 0.9, 0.5]}, index=pd.Index(["X", "Y", "Z"], name="dataset")
)


def row(dataset, split, accuracy, **changed):
    usual = {
        "method": "LDA",
        "backbone": "",
        "weights": "",
        "stands_in_for": "",
        "encoding": "",
        "layer": "",
        "n_train": 20,
        "n_test": 20,
    }
    right = np.full(40, np.nan)  # another half of the series is tested in each split
    right[np.random.default_rng(split).permutation(40)[:20]] = np.arange(20) < round(20 * accuracy)
    return (
        {
            "dataset": dataset,
            "split": split,
            "seed": split,
            "accuracy": accuracy,
            "correct": 20 * accuracy,
            "right": right,
        }
        | usual
        | changed
    )


PICTURE = {
    "method": "frozen, ridge head",
    "backbone": "tf_efficientnet_lite0.in1k",
    "weights": "wheel:x",
    "encoding": "gadf",
    "layer": "all",
}


@pytest.fixture
def rows():
    lines = [row(name, k, 0.8 + 0.05 * (k % 2)) for name in "XY" for k in range(6)]
    lines += [row("X", k, 0.3 + 0.05 * (k % 2), **PICTURE) for k in range(6)]
    lines += [row("Y", k, 0.85 + 0.05 * (k % 2), **PICTURE) for k in range(6)]
    lines += [row("Y", k, 0.9, method="only on Y") for k in range(6)]
    made = pd.DataFrame(lines)
    return made.assign(recipe=evaluation.recipes(made))


def test_recipes_are_named_by_network_picture_and_layer():
    vit = {"backbone": "vit_small_patch14_dinov2.lvd142m", "layer": "each"}
    lines = [row("X", 0, 1.0), row("X", 0, 1.0, **PICTURE), row("X", 0, 1.0, **PICTURE | vit)]
    lines += [row("X", 0, 1.0, **PICTURE | {"encoding": "gadf|mtf", "weights": "random"})]
    lines += [row("X", 0, 1.0, **PICTURE | {"method": "fine-tune", "layer": np.nan, "stands_in_for": "resnet18"})]
    lines += [row("X", 0, 1.0, **PICTURE | {"stands_in_for": np.nan, "view": "pure"})]
    lines += [row("X", 0, 1.0, **PICTURE | {"view": "axes"})]
    assert evaluation.recipes(pd.DataFrame(lines)).tolist() == [
        "LDA",
        "frozen tf_efficientnet_lite0, gadf, all layers",
        "frozen vit_small_patch14_dinov2, gadf, one layer, chosen inside",
        "frozen random tf_efficientnet_lite0, picture chosen inside, all layers",
        "fine-tune tf_efficientnet_lite0 (stand-in), gadf",
        "frozen tf_efficientnet_lite0, gadf, all layers",
        "frozen tf_efficientnet_lite0, gadf, with axes, all layers",
    ]


def test_means_of_the_recipes_that_ran_on_all_data_sets(rows):
    table = evaluation.means(rows)
    assert list(table.index) == ["X", "Y"] and "only on Y" not in table
    fewer = rows[(rows["recipe"] == "LDA") | (rows["split"] < 5)]
    assert list(evaluation.means(fewer)) == ["LDA"], "means over other splits are not ranked beside it"
    assert table["LDA"].tolist() == pytest.approx([0.825, 0.825])
    assert evaluation.pictured(rows) == ["frozen tf_efficientnet_lite0, gadf, all layers"]


def test_average_ranks_by_hand_ties_shared():
    # X: a b c are 1 2 3; Y: c first, a and b share 2 and 3; Z: 1 2 3
    assert evaluation.average(TABLE).to_dict() == pytest.approx({"a": 4.5 / 3, "b": 6.5 / 3, "c": 7 / 3})


def test_wilcoxon_of_every_pair_after_holm():
    generator = np.random.default_rng(0)
    table = pd.DataFrame(generator.uniform(0.5, 1, (8, 3)) + [0, 0.02, 0.4], columns=list("abc"))
    made = evaluation.wilcoxon_holm(table).set_index(["first", "second"])
    raw = [stats.wilcoxon(table[a], table[b]).pvalue for a, b in made.index]
    order = np.argsort(raw)
    expected = np.maximum.accumulate(np.array(raw)[order] * [3, 2, 1]).clip(max=1)
    assert made["p"].to_numpy()[order] == pytest.approx(expected)
    assert (made["least_p"] == 2 / 2**8).all() and (made["wins"] + made["losses"] == 8).all()
    tied = evaluation.wilcoxon_holm(TABLE[["a", "b"]]).iloc[0]
    assert (tied["wins"], tied["ties"], tied["losses"], tied["p"]) == (2, 1, 0, 0.5)
    same = evaluation.wilcoxon_holm(TABLE[["a", "a"]].set_axis(["a", "b"], axis=1)).iloc[0]
    assert (same["ties"], same["p"]) == (3, 1)


def test_on_another_data_set_by_hand():
    # four data sets count one each, one of no difference a half: 2 / 4.5 better, 1 / 4.5 worse; .03 and MARGIN itself
    # are equal
    first, second = [0.9, 0.9, 0.5, 0.53], [0.5, 0.8, 0.9, 0.5]
    assert evaluation.on_another(first, second) == pytest.approx((1 / 4.5, 1.5 / 4.5, 2 / 4.5))
    assert evaluation.on_another(second, first) == pytest.approx((2 / 4.5, 1.5 / 4.5, 1 / 4.5))
    thirtieths = np.arange(31) / 30  # however their differences are rounded
    for two in ((thirtieths[1:], thirtieths[:-1]), (thirtieths[:-1], thirtieths[1:])):
        assert evaluation.on_another(*two) == (0, 1, 0)
    assert evaluation.on_another([0.53], [0.5], margin=0.02) == pytest.approx((0, 1 / 3, 2 / 3))


@pytest.mark.parametrize("first, second", [([0.5], [0.5, 0.6]), ([], []), ([[0.5]], [[0.6]])])
def test_on_another_wants_two_lists_of_one_length(first, second):
    with pytest.raises(ValueError, match="second: expected as many accuracies as first"):
        evaluation.on_another(first, second)


def test_published_means_beside_ours(rows):
    columns = ["dataset", "method", "picture", "mean_of_30"]
    lines = [
        ("X", "LDA", "no", "0.856"),
        ("Y", "LDA", "no", "0.793"),
        ("Y", "LDA", "yes", "0.1"),
        ("Z", "LDA", "no", "0.2"),
        ("X", "LDA", "no", ""),
    ]
    table = evaluation.beside(rows, pd.DataFrame(lines, columns=columns))
    assert list(table) == ["dataset", "recipe", "ours", "published", "splits", "expected", "differs"]
    assert table["dataset"].tolist() == ["X", "Y"] and table["published"].tolist() == [0.856, 0.793]
    assert table["ours"].tolist() == pytest.approx([0.825, 0.825]) and table["splits"].tolist() == [6, 6]
    # three splits of .8 and three of .85: sd .025 sqrt(6/5); t(.975, 5) = 2.570582; 1/6 + 1/30 = 1/5; three digits may
    # hide .0005
    assert table["expected"].tolist() == pytest.approx([2.570582 * 0.025 * math.sqrt(6 / 5 / 5) + 0.0005] * 2, abs=1e-7)
    assert table["differs"].tolist() == [False, True]  # .031 and .032 from ours, .03198 is to be expected


def test_differences_to_the_reference_and_their_figure(rows):
    table = evaluation.against(rows, "LDA")
    assert table["what"].tolist() == ["X", "Y", "Y"] and table["difference"].tolist()[:2] == pytest.approx([-0.5, 0.05])
    figure = figures.by_dataset(table, evaluation.pictured(rows))
    assert "pictures are better in 0 of 2 comparisons and worse in 1" in title(figure)
    shown = [axis for axis in figure.axes if axis.get_visible()]
    assert [axis.get_title() for axis in shown] == ["X (6 splits, 20 test series)", "Y (6 splits, 20 test series)"]
    assert all(axis.get_xlabel() for axis in shown)
    names = ["linear probe, EfficientNet-Lite0, GADF, all layers", "only on Y"]
    assert [text.get_text() for text in shown[0].get_yticklabels()] == names
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["linear probe", "no picture"], "only what is there"
    colours = [base.FAMILIES[name] for name in ("linear probe", "no picture")]
    assert [handle.get_color() for handle in legend.legend_handles] == colours
    assert legend.get_title().get_text() == "filled: the interval does not hold zero"
    # X has the probe; Y the probe, then the method that ran there alone
    marks = [
        [line for line in axis.get_lines() if line.get_marker() == "D" and len(line.get_xdata())] for axis in shown
    ]
    assert [[line.get_color() for line in own] for own in marks] == [colours[:1], colours]
    # .5 worse on each of six splits is clear, .05 better, one series of twenty, is not
    assert (marks[0][0].get_markerfacecolor(), marks[1][0].get_markerfacecolor()) == (colours[0], "white")


def test_notes_say_what_is_clear_what_is_highest_and_where_others_differ(rows):
    columns = ["dataset", "method", "picture", "mean_of_30"]
    others = pd.DataFrame([("X", "LDA", "no", "0.83"), ("Y", "LDA", "no", "0.2")], columns=columns)
    on_x, on_y, over, published = evaluation.notes(
        rows, evaluation.means(rows), evaluation.pictured(rows), "LDA", others
    )
    assert (
        on_x == "X. Better than LDA: no recipe. Worse: linear probe, EfficientNet-Lite0, GADF, all layers. Highest mean"
        " without pictures, 0.825: LDA. Highest mean with pictures, 0.325: linear probe, EfficientNet-Lite0, GADF,"
        " all layers."
    )
    assert on_y.startswith(
        "Y. Better than LDA: no recipe. Worse: no recipe. Highest mean without pictures, 0.825: LDA. "
    )
    assert (
        over == "Over 2 data sets 0 of 1 pairs of recipes differ (Wilcoxon, Holm); 2 data sets allow no p below 0.500,"
        " before Holm's correction."
    )
    assert (
        published
        == "Published means over 30 other resamples of the same series lie where that leads to be expected in 1 of 2"
        " cases; not so: Y, LDA: 0.825 here, 0.200 published. Ours minus theirs: +0.310 in the mean, -0.005 to"
        " +0.625."
    )
