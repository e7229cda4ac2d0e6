"""Ranks and tests over data sets, by hand and against scipy; what the chart and the notes say."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from toys import names, signed, title

from tsvision import evaluation, figures
from tsvision.figures import base

TABLE = pd.DataFrame({"a": [0.9, 0.8, 0.7], "b": [0.8, 0.8, 0.6], "c": [0.7, 0.9, 0.5]}, index=[*"XYZ"])
USUAL = dict.fromkeys(["backbone", "weights", "stands_in_for", "encoding", "layer"], "")
USUAL |= {"method": "LDA", "n_train": 20, "n_test": 20}
PICTURE = {"method": "frozen, ridge head", "backbone": "tf_efficientnet_lite0.in1k", "weights": "wheel:x"}
PICTURE |= {"encoding": "gadf", "layer": "all"}
LITERATURE = ["dataset", "method", "picture", "mean_of_30"]


def row(dataset, split, accuracy, **changed):
    right = np.full(40, np.nan)  # another half of the series is tested in each split
    right[np.random.default_rng(split).permutation(40)[:20]] = np.arange(20) < round(20 * accuracy)
    own = {"dataset": dataset, "split": split, "seed": split, "accuracy": accuracy, "correct": 20 * accuracy}
    return own | {"right": right} | USUAL | changed


@pytest.fixture
def rows():
    lines = [row(name, k, 0.8 + 0.05 * (k % 2)) for name in "XY" for k in range(6)]
    lines += [row(x, k, low + 0.05 * (k % 2), **PICTURE) for x, low in (("X", 0.3), ("Y", 0.85)) for k in range(6)]
    made = pd.DataFrame([*lines, *(row("Y", k, 0.9, method="only on Y") for k in range(6))])
    return made.assign(recipe=evaluation.recipes(made))


def test_recipes_are_named_by_network_picture_and_layer():
    vit = {"backbone": "vit_small_patch14_dinov2.lvd142m", "layer": "each"}
    menu = {"encoding": "gadf|mtf", "weights": "random"}
    tuned = {"method": "fine-tune", "layer": np.nan, "stands_in_for": "resnet18"}
    named = [
        ("LDA", {}),
        ("frozen tf_efficientnet_lite0, gadf, all layers", PICTURE | {"stands_in_for": np.nan}),
        ("frozen vit_small_patch14_dinov2, gadf, one layer, chosen inside", PICTURE | vit),
        ("frozen random tf_efficientnet_lite0, picture chosen inside, all layers", PICTURE | menu),
        ("fine-tune tf_efficientnet_lite0 (stand-in), gadf", PICTURE | tuned),
        ("frozen tf_efficientnet_lite0, gadf, with axes, all layers", PICTURE | {"view": "axes"}),
    ]
    lines = pd.DataFrame([row("X", 0, 1.0, **own) for _, own in named])
    assert evaluation.recipes(lines).tolist() == [name for name, _ in named]


def test_means_of_the_recipes_that_ran_on_all_data_sets_and_their_ranks(rows):
    table = evaluation.means(rows)
    assert list(table.index) == ["X", "Y"] and "only on Y" not in table
    assert table["LDA"].tolist() == pytest.approx([0.825, 0.825])
    fewer = rows[(rows["recipe"] == "LDA") | (rows["split"] < 5)]
    assert list(evaluation.means(fewer)) == ["LDA"], "means over other splits are not ranked beside it"
    assert evaluation.pictured(rows) == ["frozen tf_efficientnet_lite0, gadf, all layers"]
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
    thirtieths = np.arange(31) / 30  # however their differences are rounded
    for two in ((thirtieths[1:], thirtieths[:-1]), (thirtieths[:-1], thirtieths[1:])):
        assert evaluation.on_another(*two) == (0, 1, 0)


def test_on_the_default_split_recipes_are_compared_series_by_series():
    made = [
        signed(["++++++++  ", "  ++++++++"], recipe="a", dataset="X"),
        signed(["--------  ", "  ++++++++"], recipe="b", dataset="X"),  # .5 ** 8, twice for both sides, twice for Holm
        signed(["-----+++  ", "  --------"], recipe="c", dataset="X"),  # .5 ** 5, twice for both sides
        signed(["  ++++++++"], recipe="b", dataset="Y"),  # where the reference did not run
    ]
    rows = pd.concat(made, ignore_index=True)
    table = evaluation.on_default(rows, "a").set_index("arm")
    assert table["p"].to_dict() == pytest.approx({"b": 4 / 2**8, "c": 2 / 2**5}) and set(table["dataset"]) == {"X"}
    assert table[["only_reference", "only_arm"]].to_numpy().tolist() == [[8, 0], [5, 0]]
    literature = pd.DataFrame(columns=LITERATURE)
    first, *_ = evaluation.notes(rows[rows["dataset"] == "X"], evaluation.means(rows[:6]), ["c"], "a", literature)
    said = "On the default split alone 0 better, 1 worse (McNemar, Holm); right less often there than on random ones:"
    # b: none there and all on the random split, c: three of eight there and none
    assert first.endswith(f"{said} 1 of 3 recipes (-100.0 to +37.5 points, a +0.0).")
    even = enumerate((0.933333, 0.966667, 0.9))  # 28 of 30, and 28 in the mean of 29 and 27
    rows = pd.DataFrame([row("X", k, share, recipe=recipe) for k, share in even for recipe in "ab"])
    said = evaluation.notes(rows, evaluation.means(rows), ["b"], "a", literature)[0]
    assert said.endswith("0 of 2 recipes (+0.0 to +0.0 points, a +0.0).")


def test_published_means_beside_ours(rows):
    lines = [("X", "LDA", "no", "0.856"), ("Y", "LDA", "no", "0.793"), ("Y", "LDA", "yes", "0.1")]
    lines += [("Z", "LDA", "no", "0.2"), ("X", "LDA", "no", "")]
    table = evaluation.beside(rows, pd.DataFrame(lines, columns=LITERATURE))
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
    assert names(shown[0]) == ["linear probe, EfficientNet-Lite0, GADF, all layers", "only on Y"]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["linear probe", "no picture"], "only what is there"
    colours = [base.FAMILIES[name] for name in ("linear probe", "no picture")]
    assert legend.get_title().get_text() == "filled: the interval does not hold zero"
    # X has the probe; Y the probe, then the method that ran there alone
    marks = [[one for one in axis.get_lines() if one.get_marker() == "D" and len(one.get_xdata())] for axis in shown]
    assert [[line.get_color() for line in own] for own in marks] == [colours[:1], colours]
    # .5 worse on each of six splits is clear, .05 better, one series of twenty, is not
    assert (marks[0][0].get_markerfacecolor(), marks[1][0].get_markerfacecolor()) == (colours[0], "white")
