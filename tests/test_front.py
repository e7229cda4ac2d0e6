"""What the README's figures of results draw and say, from rows made by hand."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from toys import footer, names, signed, signs, texts, title

from tsvision import evaluation
from tsvision.figures import front

GREEN, ORANGE, BLUE = "#009e73", "#d55e00", "#0072b2"
USUAL = dict.fromkeys(
    ["backbone", "weights", "stands_in_for", "encoding", "colormap", "view", "layer", "precision"], ""
)
USUAL |= dict.fromkeys(["size", "epochs", "lr_mult", "noise"], np.nan)
USUAL |= {"shuffled": False, "notebook": "06_some", "method": "shrinkage LDA"}
GADF = USUAL | {"encoding": "gadf", "colormap": "viridis", "weights": "wheel:x", "precision": "fp32", "view": "resize"}
CNN = GADF | {"backbone": "tf_efficientnet_lite0.in1k", "stands_in_for": "resnet18.a1_in1k", "size": 160.0}
TUNED = CNN | {"method": "fine-tune", "lr_mult": 100.0, "epochs": 20.0, "noise": 0.0}
HEAD = CNN | {"method": "frozen, ridge head", "layer": "all"}
VIT = GADF | {"backbone": "vit_small_patch14_dinov2.lvd142m", "size": 112.0}
AXES, CROP, NOTHING = {"view": "axes"}, {"view": "crop", "method": "fine-tune"}, ["----    "] * 2


def runs(told, kind=USUAL, again=None, **own):  # noqa: B006  read only
    """Runs of a kind, a split each; again: their answers once batch norm is recalibrated."""
    made = signed(told, **(kind | own)).assign(seed=lambda table: own.get("seed", table["split"]))
    return made.assign(right_again=[*map(signs, again)], recalibrated=made["accuracy"]) if again else made


def together(*tables):
    return pd.concat(tables, ignore_index=True)


def dots(axis, size, marker="o"):
    """Where markers of a size stand: {their colour: [(x, y), ...]}."""
    found = {}
    for line in axis.get_lines():
        if line.get_marker() == marker and line.get_markersize() == size and len(line.get_xdata()):
            places = zip(*(np.round(np.ravel(values), 4) for values in line.get_data()))
            found.setdefault(to_hex(line.get_color()), []).extend(places)
    return found


# eight series, four tested in each of two splits, and a third split that not all have
LDA, PLOT = runs(["++++    ", "    ++++", "++--+   "]), runs(["+---    ", "    ---+"], TUNED)
PROBE, WITH_AXES = runs(["++++    ", "    +++-"], HEAD), runs(["+++-    ", "    ++++"], TUNED | AXES)
RANDOM = HEAD | {"backbone": "resnet18.a1_in1k", "stands_in_for": "", "weights": "random", "size": 285.0}
NEVER = [runs(["+++-    ", "    ++--"], RANDOM, seed=seed) for seed in (0, 1)]
OTHERS = [
    runs(["++++    "] * 2, method="ridge"),  # no method of BLIND
    *(runs(NOTHING, HEAD | own) for own in ({"size": 570.0}, AXES, {"encoding": "mtf"}, {"colormap": "rainbow"})),
    *(runs(NOTHING, TUNED | own) for own in ({"lr_mult": 1.0}, {"shuffled": True})),
    runs(NOTHING, HEAD, weights="random"),  # of a network and size that were fine-tuned
    runs(["+---    ", "    ---+"], TUNED, notebook="10_more"),  # PLOT, told by another notebook
]
MEANS = {"shrinkage LDA": 1, "fine-tuned CNN, with axes": 0.875, "fine-tuned CNN, plot only": 0.25}
MEANS |= {"linear probe, EfficientNet-Lite0": 0.875, "linear probe, untrained ResNet18": 0.625}
COLOURS = {"shrinkage LDA": GREEN, "fine-tuned CNN, with axes": ORANGE, "fine-tuned CNN, plot only": ORANGE}


def test_methods_compares_the_chosen_ones_on_the_splits_that_all_have():
    figure = front.methods(together(LDA, PLOT, WITH_AXES, PROBE, *NEVER, *OTHERS), "shrinkage LDA")
    (axis,) = figure.axes
    arms = names(axis)
    assert sorted(arms) == sorted(MEANS) and [MEANS[arm] for arm in arms] == sorted(MEANS.values(), reverse=True)
    drawn = {(y, colour): x for colour, places in dots(axis, 7).items() for x, y in places}
    assert drawn == {(place, COLOURS.get(arm, BLUE)): MEANS[arm] for place, arm in enumerate(arms)}
    said = texts(axis)
    means = {"100.0%", "87.5%", "62.5%", "25.0%"}
    assert means | {"2018: one run, the archive's split", "minus shrinkage LDA, in points"} < {*said}
    counts = [said.count(text) for text in ("-75.0, worse", "-12.5, too close to call", "-37.5, too close to call")]
    assert counts == [1, 2, 1] and axis.get_xlabel()
    assert title(figure) == (
        "No picture clearly beats shrinkage LDA on the raw series: of 4 with pictures 0 better, 1 worse, 3 too close to"
        " call"
    )
    assert any(list(line.get_xdata()) == [28 / 30] * 2 for line in axis.get_lines())
    assert axis.get_xlim()[0] < min(MEANS.values()) and axis.get_xlim()[1] >= 1
    made = "EfficientNet-Lite0 (stands in for ResNet18), ResNet18; 160, 285 px; float32; notebook 06; 2 splits, the"
    assert footer(figure).startswith(f"{made} same for all")


ALONE = pd.DataFrame()  # nothing explored that a difference was corrected with
WRONG, RIGHT = ["---+---+        ", "        +---+---"], ["++++++++        ", "        ++++++++"]


def test_methods_says_when_pictures_are_better_and_draws_2018_only_for_the_oils():
    figure = front.methods(together(runs(WRONG), runs(RIGHT, TUNED)).assign(dataset="Beef"), "shrinkage LDA")
    counts = "of 1 with pictures 1 better, 0 worse, 0 too close to call"
    assert title(figure) == f"Pictures beat shrinkage LDA on the raw series: {counts}"
    assert not [text for text in texts(figure.axes[0]) if "2018" in text]
    once = together(runs(["+++++++-        ", RIGHT[1]]), runs(RIGHT, TUNED))  # one more right is not clear
    assert title(front.methods(once, "shrinkage LDA")).startswith("No picture clearly beats")


WITHOUT = [runs(["+---    ", "    +---", "-+--    "], TUNED), runs(["++++    ", "    ++++", "+++-    "], TUNED | AXES)]
WHOLE, PARTS = ["++++    ", "    ++++", "++++    "], ["+---    ", "    +---", "----    "]
TRAINED = ["----    ", "    ----", "----    "]
CROPPED = [
    runs(TRAINED, VIT, WHOLE, method="fine-tune").assign(recalibrated=1.0),
    runs(TRAINED, VIT | CROP, PARTS).assign(recalibrated=[0.25, 0.25, 0]),
]


def test_strips_show_white_margins_between_where_all_splits_have_them():
    white = runs(["++--    ", "    ++--", "++--    "], TUNED | {"view": "margins"})
    line = {"arm": "margins, size 160", "difference": 0.25, "low": -0.1, "high": 0.6, "pairs": 3, "over": "splits"}
    explored = pd.DataFrame([line | {"equal": 0.5}])
    figure = front.strips(together(*WITHOUT, white), together(*CROPPED), 0.4, explored)
    first = figure.axes[0]
    lines = sorted(tuple(line.get_ydata()) for line in first.get_lines() if line.get_marker() == "o")
    assert lines == [(0.25, 0.5, 0.75), (0.25, 0.5, 1), (0.25, 0.5, 1)]
    assert texts(first) == ["25.0%", "50.0%", "91.7%"]
    assert names(first, "x") == ["plot only", "in white margins", "with axes"]
    said = "CNN in white margins +25.0 points (too close to call), with axes +66.7 points (better); "
    assert title(figure).startswith(said) and first.get_title().startswith(
        "CNN, 3 splits\nwhite margins +25.0 [-10.0, +60.0]\nwith axes +66.7 ["
    )
    assert "in margins and as trained: corrected by Holm" in footer(figure)
    few = front.strips(together(*WITHOUT, white[:2]), together(*CROPPED), 0.4, ALONE)
    assert names(few.axes[0], "x") == ["plot only", "with axes"] and "corrected" not in footer(few)


def test_strips_join_the_runs_of_a_split():
    noise, longer = runs(NOTHING, TUNED, noise=0.1), runs(NOTHING, TUNED, epochs=40.0)
    cnn = runs(["++++    "] * 3, TUNED)  # beside the transformer, and not of it
    small = WITHOUT[0].assign(size=49.0)
    figure = front.strips(together(*WITHOUT, noise, longer, small), together(*CROPPED, cnn), 0.4, ALONE)
    lines = [[line for line in axis.get_lines() if line.get_marker() == "o"] for axis in figure.axes]
    pairs = [sorted(tuple(line.get_ydata()) for line in own) for own in lines]
    assert pairs == [[(0.25, 0.75), (0.25, 1), (0.25, 1)], [(1, 0), (1, 0.25), (1, 0.25)], [(0, 0)] * 3]
    assert len({line.get_xdata()[0] for line in lines[0]}) == 3  # equal accuracies stand beside each other
    assert [texts(axis) for axis in figure.axes] == [["25.0%", "91.7%"], ["100.0%", "16.7%"], ["0.0%", "0.0%"]]
    heads = [axis.get_title().split("\n") for axis in figure.axes]
    names_of = [head[0].rpartition(", ")[0] for head in heads]
    assert names_of == ["CNN", "ViT, recalibrated", "ViT, as trained"]
    assert heads[0][1].startswith("+66.7 points [") and heads[1][1].startswith("-83.3 points [")
    assert all(head[0].endswith(", 3 splits") and len(head) == 2 for head in heads)
    assert heads[2][1].startswith("+0.0 points [")
    levels = [line.get_ydata()[0] for axis in figure.axes for line in axis.get_lines() if line.get_linestyle() == ":"]
    assert levels == [0.4] * 3 and "always the largest class, 40%" in figure.texts[-1].get_text().replace("\n", " ")
    line = {"arm": "crop", "difference": 0.0, "low": -0.4, "high": 0.4, "pairs": 3, "over": "splits", "equal": 0.5}
    trained = front.strips(together(*WITHOUT), together(*CROPPED), 0.4, pd.DataFrame([line])).axes[2].get_title()
    assert trained == "ViT, as trained, 3 splits\n+0.0 points [-40.0, +40.0]"  # as the claim tells it
    views = [["plot only", "with axes"], *[["plot only", "random crop"]] * 2]
    assert [names(axis, "x") for axis in figure.axes] == views and figure.axes[0].get_ylabel()
    assert title(figure) == "CNN with axes +66.7 points (better); ViT with random crops -83.3 points (worse)"
    assert "CNN: EfficientNet-Lite0 (stands in for ResNet18); 160 px; float32" in footer(figure)
    assert figure.axes[0].get_ylim()[0] < 0 and "ViT: DINOv2 ViT-S; 112 px" in footer(figure)


METHODS = "fine-tune, axes, resnet18.a1_in1k, size 160|fine-tune, resize, resnet18.a1_in1k, size 160"
METHODS += "|shrinkage LDA|frozen, ridge head, resize, resnet18.a1_in1k, size 160"
KINDS, RESNET = ["method", "view", "backbone", "size"], {"backbone": "resnet18.a1_in1k", "stands_in_for": ""}
ASKED = [LDA, runs(NOTHING[:1], TUNED | AXES | RESNET), runs(NOTHING, TUNED | RESNET), runs(NOTHING, HEAD | RESNET)]
ITEMS = pd.DataFrame(
    [
        [5, "x", True, 0.05, 0.0, np.nan, 0.126, 0.0],
        [3, "y", False, 0.5, 0.25, 0.5, 0.75, 1.0],
        [1, "x", True, 0.9, 1.0, 1.0, 0.8, 0.9],
    ],
    columns=["series", "class", "default", "right", *METHODS.split("|")],
)


def test_oils_shows_the_hardest_in_blocks_of_families():
    figure = front.oils(ITEMS, together(*ASKED), KINDS)
    (axis,) = figure.axes
    # what all of a family share is said once, above; a family of one says it all
    assert names(axis, "x") == ["shrinkage LDA", "linear probe, plot only, ResNet18", "with axes", "plot only"]
    assert names(axis) == ["oil 5, class x", "oil 3, class y", "oil 1, class x"]
    cells = [text.get_text() for text in axis.texts[:12]]
    assert cells == ["13", "0", "0", "", "75", "100", "25", "50", "80", "90", "100", "100"]
    assert np.asarray(axis.get_images()[0].get_array())[0, :3].tolist() == [0.126, 0, 0]
    # of how many splits, in the order of the columns
    assert [text.get_text() for text in axis.texts[-5:]] == ["splits", "3", "2", "1", "2"]
    heads = {text.get_text(): (text.get_position()[0], to_hex(text.get_color())) for text in axis.texts[12:-5]}
    assert heads == {"no picture": (0, GREEN), "linear probe": (1, BLUE), "fine-tuned": (2.5, ORANGE)}
    assert title(figure) == "1 of 3 oils are classified correctly nine times in ten or more, 1 less than once in ten"
    assert footer(figure).endswith("over all 4 methods; ResNet18; 160 px; float32; notebook 06; 3 splits at most")
    rows, by = together(LDA[:2], PLOT).drop(columns="notebook"), ["method", "view"]
    figure = front.oils(evaluation.items(rows, by, ("a", "b"), np.arange(8) % 2), rows, by)
    assert "; EfficientNet-Lite0 (stands in for ResNet18); 160 px; float32; 2 splits at most" in footer(figure)
    many = pd.concat([rows, rows.assign(seed=1), rows.query("method == 'fine-tune'").assign(seed=2)], ignore_index=True)
    figure = front.oils(evaluation.items(many, by, ("a", "b"), np.arange(8) % 2), many, by)
    assert [name.rpartition(", ")[2] for name in names(figure.axes[0], "x")] == ["2 seeds", "3 seeds"]


LAST = {"method": "frozen, ridge head", "layer": "all"}
HALF, MOST = ["++++----        ", "        ++++----"], ["++++++--        ", "        ++++++--"]
FEW = ["+-------        ", "        +-------", "+-------        "]
FOOD = [
    runs([RIGHT[0]] * 2, VIT | LAST, layer="each", dataset="Beef"),  # another recipe
    runs([*RIGHT, RIGHT[0]], dataset="Beef"),
    runs(FEW, VIT | LAST, dataset="Beef"),
    runs(HALF, TUNED, dataset="Beef"),
    runs(MOST, TUNED | AXES, dataset="Beef"),
    runs(MOST, dataset="Ham"),
    runs([MOST[0], "        +++++++-"], VIT | LAST, dataset="Ham"),
]


def test_foods_sets_the_fixed_recipe_beside_the_reference_and_below_both_on_few_splits():
    figure = front.foods(together(*FOOD), "shrinkage LDA")
    (axis,) = figure.axes
    assert names(axis) == ["Beef", "Ham"]  # the widest gap first
    assert dots(axis, 8) == {GREEN: [(1, 0), (0.75, 1)], BLUE: [(0.125, 0), (0.8125, 1)]}
    # Ham has none fine-tuned, and no small reference
    assert dots(axis, 4.5) == {GREEN: [(1, 0.34)], ORANGE: [(0.5, 0.34), (0.75, 0.34)]}
    lines = [line for line in axis.get_lines() if line.get_marker() == "o" and len(line.get_xdata())]
    assert [float(line.get_xdata()[0]) for line in lines if line.get_markerfacecolor() == "white"] == [0.5]
    said = [text.strip() for text in texts(axis)]
    assert {"100%", "12%", "75%", "81%", "minus shrinkage LDA, in points", "-87.5, worse (3 splits)"} < {*said}
    assert "+6.2, too close to call (2 splits)" in said
    assert [text for text in said if "fine-tuned" in text] == ["fine-tuned: plot only 50%, with axes 75% (2 splits)"]
    legend = zip(axis.get_legend().legend_handles, axis.get_legend().get_texts())
    legend = {text.get_text(): (to_hex(dot.get_color()), to_hex(dot.get_markerfacecolor())) for dot, text in legend}
    expected = {"shrinkage LDA": (GREEN, GREEN), "linear probe, DINOv2 ViT-S": (BLUE, BLUE)}
    expected |= {"fine-tuned, plot only": (ORANGE, "#ffffff"), "fine-tuned, with axes": (ORANGE, ORANGE)}
    assert legend == expected
    counts = "of 2 comparisons 0 better, 1 worse, 1 too close to call"
    heading = f"On 2 data sets a linear probe on pictures is never clearly better than shrinkage LDA: {counts}"
    assert title(figure) == heading and "3 splits at most" in footer(figure) and axis.get_xlim()[0] < 0.125
    assert footer(figure).endswith("small: fine-tuned, and shrinkage LDA on the same splits")
    same = [runs(RIGHT, dataset="Ham"), runs(["+++++++-        ", RIGHT[1]], VIT | LAST, dataset="Ham")]
    none = ["--------        ", "        --------"]
    figure = front.foods(together(runs(none), runs(RIGHT, VIT | LAST), *same), "shrinkage LDA")
    assert " is clearly better than shrinkage LDA: of 2 comparisons 1 better, 0 worse, 1 too " in title(figure)
    assert names(figure.axes[0]) == ["Ham", "OliveOil"]  # where pictures lose most, first


SIDES = [
    runs(["++++++--        ", "        +++++++-", "++++++++        "], TUNED | AXES),
    runs(["--------        ", "        +-------", "--------        "], TUNED),
    runs([HALF[0]], TUNED | AXES, size=224.0),
    runs(["++------        "], TUNED, size=224.0),
]
BF16, OTHER = (
    runs(["-" * 8 + " " * 8], TUNED | AXES, precision="bf16"),
    runs(["-" * 8 + " " * 8], VIT, method="fine-tune"),
)
BY_SIZE = pd.DataFrame({"reference": ["size 160", "size 160", "resize"], "low": [-1, -1, 1], "high": 2.0, "equal": 0.5})


def test_sizes_draws_means_of_few_splits_hollow(monkeypatch):
    monkeypatch.setattr(front, "FEW", 3)
    # OTHER saw no axes; and a run that two parts of the notebook ask for
    figure = front.sizes(together(BF16, OTHER, SIDES[0][:1], *SIDES).assign(device="A GPU"), BY_SIZE)
    (axis,) = figure.axes
    shown = [line for line in axis.get_lines() if line.get_markersize() == 8 and len(line.get_xdata())]
    places = [tuple(np.round(np.ravel(line.get_data()), 4)) for line in shown]
    means = {place: line.get_marker() + line.get_markerfacecolor() for place, line in zip(places, shown)}
    alone, white = {(0.08, 0.0417): "sblack", (1.08, 0.25): "swhite"}, {(0.92, 0.5): "owhite"}
    assert means == {(-0.08, 0.875): "o#D55E00"} | white | alone
    lines = [line for line in axis.get_lines() if line.get_linestyle() in ("-", "--") and line.get_marker() == "None"]
    means, bars = (
        [line for line in lines if line.get_linewidth() != 2.5],
        [line.get_ydata() for line in lines if line.get_linewidth() == 2.5],
    )
    # one split each at the other side: no line leads there
    assert [list(line.get_ydata()) for line in means] == [pytest.approx([0.875]), pytest.approx([1 / 24])]
    assert bars[1] == pytest.approx(evaluation.wilson(4, 8)) and len(bars) == 4
    places = {text.get_text(): round(text.get_position()[0], 3) for text in axis.texts}
    expected = {"88%": -0.13, "50%": 0.87, "4%": 0.13, "25%": 1.13, "3 splits": 0, "1 split": 1}
    assert places == expected  # with axes on the left, the plot alone on the right
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["with axes", "plot only"]
    assert names(axis, "x") == ["160 px", "224 px"] and axis.get_ylim()[0] < 0 and axis.get_ylabel()
    counts = "of 2 comparisons 0 better, 0 worse, 2 too close to call"
    assert title(figure) == f"Smaller and larger pictures than 160 px: {counts}"
    made = "EfficientNet-Lite0 (stands in for ResNet18); 160, 224 px; float32; A GPU; notebook 06; 3 splits at most"
    assert footer(figure) == f"{made}; bars: 95% intervals of means; hollow: of fewer than 3"


@pytest.mark.parametrize(
    "draw, tables, says",
    [
        ("methods", [PLOT], "reference: expected one of fine-tuned CNN, plot only, got 'shrinkage LDA'"),
        ("methods", [LDA[:1], PLOT[1:]], "rows: expected a split that all methods have, got none"),
        ("strips", [WITHOUT[0][:0]], r"rows: expected runs to join \(CNN\), got none"),
        ("foods", FOOD[3:5], "rows: expected linear probes on all layers, got none"),
        ("sizes", SIDES[1:2], "rows: expected float32 runs with axes, got none"),
        ("sizes", [SIDES[0], OTHER, SIDES[2]], "rows: expected float32 runs of the plot alone, got none"),
        ("sizes", SIDES[:2], "rows: expected pictures of two sides or more, got none"),
    ],
)
def test_a_figure_that_lacks_rows_says_which(draw, tables, says):
    more = [together(*CROPPED), 0.4, ALONE] if draw == "strips" else [None] if draw == "sizes" else ["shrinkage LDA"]
    with pytest.raises(ValueError, match=f"^{says}$"):
        getattr(front, draw)(together(*tables), *more)


DRAWN = {
    "methods": lambda: front.methods(together(LDA, PLOT), "shrinkage LDA"),
    "strips": lambda: front.strips(together(*WITHOUT), together(*CROPPED), 0.4, ALONE),
    "oils": lambda: front.oils(ITEMS, together(*ASKED), KINDS),
    "foods": lambda: front.foods(together(*FOOD), "shrinkage LDA"),
    "sizes": lambda: front.sizes(together(*SIDES), BY_SIZE),
}
