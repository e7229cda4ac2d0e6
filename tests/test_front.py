"""What the README's figures of results draw and say, from rows made by hand."""

import numpy as np
import pandas as pd
import pytest
from conftest import title
from matplotlib.colors import to_hex

from tsvision import evaluation
from tsvision.figures import front

GREEN, ORANGE, BLUE = "#009e73", "#d55e00", "#0072b2"


def run(split, signs, method="shrinkage LDA", **settings):
    """A row of a run on a split of as many series as signs: + right, - wrong, a blank for what it trained on."""
    right = np.array([{"+": 1.0, "-": 0.0, " ": np.nan}[sign] for sign in signs])
    tested = int((~np.isnan(right)).sum())
    usual = dict.fromkeys(
        ["backbone", "weights", "stands_in_for", "encoding", "colormap", "view", "layer", "precision"], ""
    )
    usual |= {
        "dataset": "OliveOil",
        "seed": split,
        "size": np.nan,
        "epochs": np.nan,
        "lr_mult": np.nan,
        "noise": np.nan,
        "shuffled": False,
    }
    score = {
        "n_train": len(signs) - tested,
        "n_test": tested,
        "accuracy": np.nanmean(right),
        "correct": np.nansum(right),
        "right": right,
    }
    return usual | {"method": method, "split": split, "notebook": "06_some"} | score | settings


GADF = {"encoding": "gadf", "colormap": "viridis", "weights": "wheel:x", "precision": "fp32", "view": "resize"}
CNN = GADF | {"backbone": "tf_efficientnet_lite0.in1k", "stands_in_for": "resnet18.a1_in1k", "size": 160.0}
TUNED = CNN | {"method": "fine-tune", "lr_mult": 100.0, "epochs": 20.0, "noise": 0.0}
HEAD = CNN | {"method": "frozen, ridge head", "layer": "all"}
VIT = GADF | {"backbone": "vit_small_patch14_dinov2.lvd142m", "size": 112.0}


def several(texts, **settings):
    return [run(split, signs, **settings) for split, signs in enumerate(texts)]


def dots(axis, size):
    """Where markers of a size stand: {their colour: [(x, y), ...]}."""
    found = {}
    for line in axis.get_lines():
        if line.get_marker() == "o" and line.get_markersize() == size:
            places = zip(*(np.round(np.ravel(values), 4) for values in line.get_data()))
            found.setdefault(to_hex(line.get_color()), []).extend(places)
    return found


def texts(axis):
    return [text.get_text() for text in axis.texts if text.get_text()]


def footer(figure):
    return figure.get_supxlabel().replace("\n", " ")


# eight series, four tested in each of two splits, and a third split that not all have
LDA = several(["++++    ", "    ++++", "++--+   "])
PLOT = several(["+---    ", "    ---+"], **TUNED)
AXES = several(["+++-    ", "    ++++"], **(TUNED | {"view": "axes"}))
PROBE = several(["++++    ", "    +++-"], **HEAD)
RANDOM = HEAD | {"backbone": "resnet18.a1_in1k", "stands_in_for": "", "weights": "random", "size": 285.0}
NEVER = [line for seed in (0, 1) for line in several(["+++-    ", "    ++--"], **(RANDOM | {"seed": seed}))]
OTHERS = [
    *several(["++++    "] * 2, method="ridge"),  # no method of BLIND
    *several(["----    "] * 2, **(HEAD | {"size": 570.0})),  # another size than that of fine-tuning
    *several(["----    "] * 2, **(HEAD | {"view": "axes"})),
    *several(["----    "] * 2, **(HEAD | {"encoding": "mtf"})),
    *several(["----    "] * 2, **(HEAD | {"colormap": "rainbow"})),
    *several(["----    "] * 2, **(TUNED | {"lr_mult": 1.0})),
    *several(["----    "] * 2, **(TUNED | {"shuffled": True})),
    *several(["----    "] * 2, **(HEAD | {"weights": "random"})),  # of a network and size that were fine-tuned
]
MEANS = {"shrinkage LDA": 1, "fine-tuned CNN, with axes": 0.875, "fine-tuned CNN, plot only": 0.25}
MEANS |= {"linear probe, EfficientNet-Lite0": 0.875, "linear probe, untrained ResNet18": 0.625}
COLOURS = {"shrinkage LDA": GREEN, "fine-tuned CNN, with axes": ORANGE, "fine-tuned CNN, plot only": ORANGE}


def test_methods_compares_the_chosen_ones_on_the_splits_that_all_have():
    # the same runs, told by another notebook
    again = several(["+---    ", "    ---+"], **(TUNED | {"notebook": "10_more"}))
    figure = front.methods(pd.DataFrame([*OTHERS, *LDA, *PLOT, *AXES, *PROBE, *NEVER, *again]), "shrinkage LDA")
    (axis,) = figure.axes
    names = [label.get_text() for label in axis.get_yticklabels()]
    assert sorted(names) == sorted(MEANS) and [MEANS[name] for name in names] == sorted(MEANS.values(), reverse=True)
    drawn = {(y, colour): x for colour, places in dots(axis, 7).items() for x, y in places}
    assert drawn == {(place, COLOURS.get(name, BLUE)): MEANS[name] for place, name in enumerate(names)}
    assert [to_hex(label.get_color()) for label in axis.get_yticklabels()] == [
        COLOURS.get(name, BLUE) for name in names
    ]
    said = texts(axis)
    assert {"100.0%", "87.5%", "62.5%", "25.0%", "2018, one run, one split", "minus shrinkage LDA, in points"} <= set(
        said
    )
    assert (
        "-75.0, worse" in said
        and said.count("-12.5, too close to call") == 2
        and said.count("-37.5, too close to call") == 1
    )
    assert (
        title(figure)
        == "No picture clearly beats shrinkage LDA on the raw series: of 4 comparisons 0 better, 1 worse, 3 too close"
        " to call"
    )
    assert any(list(line.get_xdata()) == [28 / 30] * 2 for line in axis.get_lines())
    assert axis.get_xlim()[0] < min(MEANS.values()) and axis.get_xlim()[1] >= 1
    made = (
        "EfficientNet-Lite0 (stands in for ResNet18), ResNet18; 160, 285 px; float32; notebook 06; 2 splits, the same"
        " for all"
    )
    assert footer(figure).startswith(made)


def test_methods_says_when_pictures_are_better_and_draws_2018_only_for_the_oils():
    wrong, right = ["---+---+        ", "        +---+---"], ["++++++++        ", "        ++++++++"]
    rows = pd.DataFrame([*several(wrong), *several(right, **TUNED)])
    figure = front.methods(rows.assign(dataset="Beef"), "shrinkage LDA")
    assert (
        title(figure)
        == "Pictures beat shrinkage LDA on the raw series: of 1 comparisons 1 better, 0 worse, 0 too close to call"
    )
    assert not [text for text in texts(figure.axes[0]) if "2018" in text]
    good = front.methods(pd.DataFrame([*several(2 * right), *several(2 * right, **TUNED)]), "shrinkage LDA").axes[0]
    assert good.get_xlim()[0] == 0.6  # all lies above
    once = pd.DataFrame([*several(["+++++++-        ", "        ++++++++"]), *several(right, **TUNED)])
    # one more right is not clear
    assert title(front.methods(once, "shrinkage LDA")).startswith("No picture clearly beats")


@pytest.mark.parametrize(
    "rows, says",
    [
        ([*PLOT], "reference: expected one of fine-tuned CNN, plot only, got 'shrinkage LDA'"),
        ([*LDA, *PROBE], "rows: expected runs fine-tuned on GADF, got none"),
        ([*LDA[:1], *PLOT[1:]], "rows: expected a split that all methods have, got none"),
    ],
)
def test_methods_needs_a_reference_a_fine_tuned_network_and_a_common_split(rows, says):
    with pytest.raises(ValueError, match=f"^{says}$"):
        front.methods(pd.DataFrame(rows), "shrinkage LDA")


def again(signs, **settings):
    """A run of which `signs` are the answers once batch norm is recalibrated; as trained it gets all wrong."""
    made = run(signs=signs.replace("+", "-"), **settings)
    right = run(signs=signs, **settings)
    return made | {"right_again": right["right"], "recalibrated": right["accuracy"]}


WITHOUT = [
    *several(["+---    ", "    +---", "-+--    "], **TUNED),
    *several(["++++    ", "    ++++", "+++-    "], **(TUNED | {"view": "axes"})),
]
CROPPED = [
    *(again(signs, split=k, method="fine-tune", **VIT) for k, signs in enumerate(["++++    ", "    ++++", "++++    "])),
    *(
        again(signs, split=k, method="fine-tune", **(VIT | {"view": "crop"}))
        for k, signs in enumerate(["+---    ", "    +---", "----    "])
    ),
]


def test_strips_join_the_runs_of_a_split():
    noise = several(["----    "] * 2, **(TUNED | {"noise": 0.1}))
    longer = several(["----    "] * 2, **(TUNED | {"epochs": 40.0}))
    cnn = several(["++++    "] * 3, **(TUNED | {"view": "resize"}))  # beside the transformer, and not of it
    figure = front.strips(pd.DataFrame([*WITHOUT, *noise, *longer]), pd.DataFrame([*CROPPED, *cnn]))
    pairs = [
        sorted(tuple(line.get_ydata()) for line in axis.get_lines() if line.get_marker() == "o") for axis in figure.axes
    ]
    assert pairs == [[(0.25, 0.75), (0.25, 1), (0.25, 1)], [(1, 0), (1, 0.25), (1, 0.25)], [(0, 0)] * 3]
    shifts = sorted(line.get_xdata()[0] for line in figure.axes[0].get_lines() if line.get_marker() == "o")
    assert shifts == pytest.approx([-0.14, 0, 0.14])
    assert [texts(axis) for axis in figure.axes] == [["25%", "92%"], ["100%", "17%"], ["0%", "0%"]]
    means = [
        [(line.get_ydata()[0], line.get_xdata()[0]) for line in axis.get_lines() if line.get_marker() == "D"]
        for axis in figure.axes
    ]
    assert np.array(means)[1] == pytest.approx(np.array([[1, -0.3], [1 / 6, 1.3]]))
    heads = [axis.get_title().split("\n") for axis in figure.axes]
    assert [head[0] for head in heads] == ["CNN", "ViT, recalibrated", "ViT, as trained"]
    assert (
        heads[0][1].startswith("+66.7 points [")
        and heads[1][1].startswith("-83.3 points [")
        and heads[0][2] == heads[1][2] == "3 splits"
    )
    # the primary comparison is the one recalibrated: this has no interval of its own here
    assert heads[2][1:] == ["+0.0 points", "3 splits"]
    labels = [[label.get_text() for label in axis.get_xticklabels()] for axis in figure.axes]
    assert labels == [["plot only", "with axes"], *[["plot only", "random crop"]] * 2]
    assert title(figure) == "Points of accuracy: axes around the picture +67 (better); random crops -83 (worse)"
    assert figure.axes[0].get_ylim()[
        0
    ] < 0 and "CNN: EfficientNet-Lite0 (stands in for ResNet18); 160 px; float32" in footer(figure)
    assert "ViT: DINOv2 ViT-S; 112 px" in footer(figure)


def test_strips_without_recalibrated_answers_are_two():
    plain = pd.DataFrame(CROPPED).drop(columns=["right_again", "recalibrated"])
    figure = front.strips(pd.DataFrame(WITHOUT), plain)
    assert [axis.get_title().split("\n")[0] for axis in figure.axes] == ["CNN", "ViT, as trained"]
    assert figure.axes[1].get_title() == "ViT, as trained\n+0.0 points\n3 splits"
    assert (
        title(figure) == "Points of accuracy: axes around the picture +67 (better); random crops +0 (too close to call)"
    )


@pytest.mark.parametrize(
    "rows_axes, rows_crop, says",
    [
        (WITHOUT[:0], CROPPED, r"rows: expected runs to pair \(CNN\), got none"),
        (WITHOUT, CROPPED[:3], r"rows: expected runs to pair \(ViT, as trained\), got none"),
        (WITHOUT[3:], CROPPED, "reference: expected one of axes, got 'resize'"),
    ],
)
def test_strips_need_something_to_pair(rows_axes, rows_crop, says):
    columns = pd.DataFrame([*WITHOUT, *CROPPED]).columns
    with pytest.raises(ValueError, match=f"^{says}$"):
        front.strips(pd.DataFrame(rows_axes, columns=columns), pd.DataFrame(rows_crop, columns=columns))


ITEMS = pd.DataFrame(
    {
        "series": [5, 3, 1],
        "class": ["x", "y", "x"],
        "default": [True, False, True],
        "right": [0.05, 0.5, 0.9],
        "fine-tune, axes, resnet18.a1_in1k, size 160": [0.0, 0.25, 1.0],
        "fine-tune, resize, resnet18.a1_in1k, size 160": [np.nan, 0.5, 1.0],
        "shrinkage LDA": [0.126, 0.75, 0.8],
        "frozen, ridge head, resize, resnet18.a1_in1k, size 160": [0.0, 1.0, 0.9],
    }
)


def test_oils_shows_the_hardest_in_blocks_of_families():
    figure = front.oils(ITEMS, pd.DataFrame([*LDA, *PLOT]), most=2)
    (axis,) = figure.axes
    labels = [label.get_text().replace("\n", " ") for label in axis.get_xticklabels()]
    # what all of a family share is said once, above; a family of one says it all
    assert labels == ["shrinkage LDA", "linear probe, plot only, ResNet18", "with axes", "plot only"]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["oil 5, class x", "oil 3, class y"]
    cells = {tuple(map(int, text.get_position())): text.get_text() for text in axis.texts[:8]}
    assert cells == {
        (0, 0): "13",
        (1, 0): "0",
        (2, 0): "0",
        (3, 0): "",
        (0, 1): "75",
        (1, 1): "100",
        (2, 1): "25",
        (3, 1): "50",
    }
    shown = np.array([[0.126, 0, 0, np.nan], [0.75, 1, 0.25, 0.5]])
    assert np.ma.filled(axis.get_images()[0].get_array(), np.nan) == pytest.approx(shown, nan_ok=True)
    heads = {
        text.get_text(): (text.get_position()[0], to_hex(text.get_color()))
        for text in axis.texts[8:]
        if text.get_text()
    }
    assert heads == {"no picture": (0, GREEN), "linear probe": (1, BLUE), "fine-tuned": (2.5, ORANGE)}
    assert title(figure) == "1 of 3 oils are classified correctly nine times in ten or more, 1 hardly ever"
    assert "over 4 methods; EfficientNet-Lite0 (stands in for ResNet18); 160 px" in footer(figure)
    assert footer(front.oils(ITEMS)).endswith("over 4 methods") and len(front.oils(ITEMS).axes[0].get_yticks()) == 3


def test_oils_takes_what_items_makes():
    rows = pd.DataFrame([*LDA[:2], *PLOT])
    made = evaluation.items(rows, ["method", "view"], ("a", "b"), np.arange(8) % 2)
    (axis,) = front.oils(made, most=3).axes
    wrong = [text.get_text() for text in axis.texts[:6]]
    assert (
        wrong == ["100", "0"] * 3
        and title(axis.figure) == "2 of 8 oils are classified correctly nine times in ten or more, 0 hardly ever"
    )


@pytest.mark.parametrize(
    "items, says", [(ITEMS[:0], "a line a series"), (ITEMS[["series", "class", "right"]], "a column a method")]
)
def test_oils_needs_series_and_methods(items, says):
    with pytest.raises(ValueError, match=f"^items: expected {says}, got none$"):
        front.oils(items)


LAST = {"method": "frozen, ridge head", "layer": "all"}
FOOD = [
    *several(["+" * 8 + " " * 8] * 2, dataset="Beef", **(VIT | LAST | {"layer": "each"})),  # another recipe
    *several(["+" * 8 + " " * 8, " " * 8 + "+" * 8, "+" * 8 + " " * 8], dataset="Beef"),
    *several(
        ["+" + "-" * 7 + " " * 8, " " * 8 + "+" + "-" * 7, "+" + "-" * 7 + " " * 8], dataset="Beef", **(VIT | LAST)
    ),
    *several(["++++----" + " " * 8, " " * 8 + "++++----"], dataset="Beef", **TUNED),
    *several(["++++++--" + " " * 8, " " * 8 + "++++++--"], dataset="Beef", **(TUNED | {"view": "axes"})),
    *several(["++++++--" + " " * 8, " " * 8 + "++++++--"], dataset="Ham"),
    *several(["++++++--" + " " * 8, " " * 8 + "+++++++-"], dataset="Ham", **(VIT | LAST)),
]


def test_foods_sets_the_fixed_recipe_beside_the_reference_and_below_both_on_few_splits():
    figure = front.foods(pd.DataFrame(FOOD), "shrinkage LDA")
    (axis,) = figure.axes
    assert [label.get_text() for label in axis.get_yticklabels()] == ["Beef", "Ham"]  # the widest gap first
    assert dots(axis, 8) == {GREEN: [(1, 0), (0.75, 1)], BLUE: [(0.125, 0), (0.8125, 1)]}
    # Ham has none fine-tuned, and no small reference
    assert dots(axis, 4.5) == {GREEN: [(1, 0.34)], ORANGE: [(0.5, 0.34), (0.75, 0.34)]}
    hollow = [
        float(line.get_xdata()[0])
        for line in axis.get_lines()
        if line.get_marker() == "o" and line.get_markerfacecolor() == "white"
    ]
    assert hollow == [0.5]
    said = [text.strip() for text in texts(axis)]
    assert {
        "100%",
        "12%",
        "75%",
        "81%",
        "shrinkage LDA",
        "linear probe",
        "3 splits: -87.5, worse",
        "2 splits: fine-tuned",
    } <= set(said)
    assert "2 splits: +6.2, too close to call" in said and said.count("2 splits: fine-tuned") == 1
    sides = {text.get_text().strip(): text.get_ha() for text in axis.texts}
    assert (sides["100%"], sides["12%"]) == ("left", "right") and (sides["81%"], sides["75%"]) == ("left", "right")
    counts = "of 2 comparisons 0 better, 1 worse, 1 too close to call"
    assert (
        title(figure)
        == f"On 2 food data sets a linear probe on pictures is never clearly better than shrinkage LDA: {counts}"
    )
    assert axis.get_xlabel() == "accuracy, mean over splits; orange: fine-tuned, filled: with axes"
    assert axis.get_xlim()[0] < 0.125 and "3 splits at most" in footer(figure)


def test_foods_says_when_pictures_are_better():
    wrong, right = ["--------        ", "        --------"], ["++++++++        ", "        ++++++++"]
    same = [
        *several(right, dataset="Ham"),
        *several(["+++++++-        ", "        ++++++++"], dataset="Ham", **(VIT | LAST)),
    ]
    figure = front.foods(pd.DataFrame([*several(wrong), *several(right, **(VIT | LAST)), *same]), "shrinkage LDA")
    counts = "of 2 comparisons 1 better, 0 worse, 1 too close to call"
    assert (
        title(figure)
        == f"On 2 food data sets a linear probe on pictures is clearly better than shrinkage LDA: {counts}"
    )
    # where pictures lose most, first
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["Ham", "OliveOil"]


@pytest.mark.parametrize(
    "left_out, says",
    [
        ("frozen, ridge head", "rows: expected linear probes on GADF, got none"),
        ("shrinkage LDA", "reference: .*, got 'shrinkage LDA'"),
    ],
)
def test_foods_needs_both(left_out, says):
    rows = pd.DataFrame(FOOD)
    with pytest.raises(ValueError, match=f"^{says}$"):
        front.foods(rows[rows["method"] != left_out], "shrinkage LDA")


SIDES = [
    *several(["++++++--        ", "        +++++++-", "++++++++        "], **(TUNED | {"view": "axes"})),
    *several(["--------        ", "        +-------", "--------        "], **TUNED),
    *several(["++++----        "], **(TUNED | {"view": "axes", "size": 224.0})),
    *several(["++------        "], **(TUNED | {"size": 224.0})),
]
NOT_SHOWN = [
    *several(["--------        "], **(TUNED | {"view": "axes", "precision": "bf16"})),
    *several(["--------        "], method="fine-tune", **VIT),  # saw no axes
]


def test_sizes_draws_means_of_few_splits_hollow():
    twice = [SIDES[0], *SIDES]  # a run that two parts of the notebook ask for
    figure = front.sizes(pd.DataFrame([*NOT_SHOWN, *twice]), few=3)
    (axis,) = figure.axes
    large = [line for line in axis.get_lines() if line.get_markersize() == 8]
    means = {
        (round(line.get_xdata()[0], 2), round(line.get_ydata()[0], 4)): line.get_markerfacecolor() == "white"
        for line in large
    }
    assert means == {(-0.07, 0.875): False, (0.93, 0.5): True, (0.07, 0.0417): False, (1.07, 0.25): True}
    assert sorted(dots(axis, 3)[ORANGE]) == sorted(
        [(-0.07, 0.75), (-0.07, 0.875), (-0.07, 1), (0.07, 0), (0.07, 0.125), (0.07, 0), (0.93, 0.5), (1.07, 0.25)]
    )
    # one split each at the other side: no line goes there
    assert joined(axis) == [pytest.approx([0.875]), pytest.approx([1 / 24])]
    places = {text.get_text(): text.get_position()[1] for text in axis.texts}
    assert places == {
        "88%\n3 splits": pytest.approx(1.033),
        "50%\n1 splits": pytest.approx(0.533),
        "with axes": 0.5,
        "4%\n3 splits": pytest.approx(-0.033),
        "25%\n1 splits": pytest.approx(0.217),
        "plot only": 0.25,
    }
    assert [label.get_text() for label in axis.get_xticklabels()] == ["160 px", "224 px"] and axis.get_ylim()[0] < 0
    others = "of 2 comparisons 0 better, 0 worse, 2 too close to call"
    assert title(figure) == f"Smaller and larger pictures than 160 px: {others}"
    made = "EfficientNet-Lite0 (stands in for ResNet18); 160, 224 px; float32; notebook 06; 3 splits at most"
    assert footer(figure) == f"{made}; hollow: fewer than 3"


def joined(axis):
    """The means that lines join, with axes and of the plot alone."""
    return [
        list(line.get_ydata())
        for line in axis.get_lines()
        if line.get_linestyle() in ("-", "--") and line.get_marker() == "None"
    ]


@pytest.mark.parametrize(
    "few, means", [(1, ([0.875, 0.5, 1], [1 / 24, 0.25, 0])), (2, ([0.875, 1], [1 / 24, 0])), (4, ([], []))]
)
def test_sizes_joins_means_of_enough_splits_across_those_of_few(few, means):
    all_right, all_wrong = ([sign * 8 + " " * 8, " " * 8 + sign * 8] for sign in "+-")
    larger = [
        *several(all_right, **(TUNED | {"view": "axes", "size": 285.0})),
        *several(all_wrong, **(TUNED | {"size": 285.0})),
    ]
    (axis,) = front.sizes(pd.DataFrame([*SIDES, *larger]), few).axes
    assert joined(axis) == [pytest.approx(each) for each in means]
    hollow = [line for line in axis.get_lines() if line.get_markersize() == 8 and line.get_markerfacecolor() == "white"]
    assert len(hollow) == 6 - sum(map(len, means))


def test_sizes_writes_above_the_higher_mean_and_below_the_lower():
    right = {"axes": {160: 6, 224: 2, 285: 4, 320: 1}, "resize": {160: 2, 224: 3, 285: 4}}
    each = [(view, side, f"{'+' * one:-<8}{' ' * 8}") for view, own in right.items() for side, one in own.items()]
    runs = [run(0, signs, **(TUNED | {"view": view, "size": side})) for view, side, signs in each]
    (axis,) = front.sizes(pd.DataFrame(runs)).axes
    places = {
        (round(x + 0.07), x > round(x)): y
        for x, y in (text.get_position() for text in axis.texts if "split" in text.get_text())
    }
    # a place on the axis, and whether it is the plot alone, to the right: .75 and .25, .25 and .375, twice .5, and .125
    # beside nothing
    higher, lower = (
        {(0, False): 0.75, (1, True): 0.375, (2, False): 0.5, (3, False): 0.125},
        {(0, True): 0.25, (1, False): 0.25, (2, True): 0.5},
    )
    expected = {place: y + 0.033 for place, y in higher.items()} | {place: y - 0.033 for place, y in lower.items()}
    assert places == pytest.approx(expected)


@pytest.mark.parametrize(
    "rows, says",
    [
        (SIDES[3:6], "rows: expected float32 runs with axes, got none"),
        ([*SIDES[:3], SIDES[6]], "rows: expected float32 runs of the plot alone, got none"),
        # of another network
        ([*SIDES[:3], *NOT_SHOWN, SIDES[6]], "rows: expected float32 runs of the plot alone, got none"),
        ([*SIDES[:3], *SIDES[6:]], "reference: expected one of size 224, got 'size 160'"),
        (SIDES[:6], "rows: expected pictures of two sides or more, got none"),
    ],
)
def test_sizes_needs_both_pictures_and_two_sides(rows, says):
    with pytest.raises(ValueError, match=f"^{says}$"):
        front.sizes(pd.DataFrame(rows))


DRAWN = {
    "methods": lambda: front.methods(pd.DataFrame([*LDA, *PLOT]), "shrinkage LDA"),
    "strips": lambda: front.strips(pd.DataFrame(WITHOUT), pd.DataFrame(CROPPED)),
    "oils": lambda: front.oils(ITEMS),
    "foods": lambda: front.foods(pd.DataFrame(FOOD), "shrinkage LDA"),
    "sizes": lambda: front.sizes(pd.DataFrame(SIDES)),
}
