"""What the README's figures draw and say, from rows and series made by hand."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from conftest import title
from matplotlib import colormaps
from matplotlib.colors import to_hex

from tsvision import colours, datasets, encoders, figures, front, mistakes

GREEN, ORANGE, BLUE = "#009e73", "#d55e00", "#0072b2"
BANDS = pd.DataFrame({"at": [12, 29, 30, 50], "what": ["fat", "shoulder", "ester", "beyond"]})
# class means: a (0, 0, 4, 0, 1), b (0, 0, 4, 0, 3), c (1, 0, 4, 0, 0); a and b differ by 2 at one step, c and b by 1 and 3: the farthest apart
SERIES = np.array([[0, 0, 4, 0, 1], [0, 0, 4, 0, 2.0], [1, 0, 4, 0, 0], [0, 0, 4, 0, 1], [0, 0, 4, 0, 4], [1, 0, 4, 0, 0]])


def along(first, last, name="wavenumber in 1/cm", classes="abc"):
    labels = np.arange(6) % len(classes)
    return datasets.Dataset("Toy", SERIES, labels, tuple(classes), np.arange(6) < 3, "here", (name, np.linspace(first, last, 5)))


def run(split, signs, method="shrinkage LDA", **settings):
    """A row of a run on a split of as many series as signs: + right, - wrong, a blank for what it trained on."""
    right = np.array([{"+": 1.0, "-": 0.0, " ": np.nan}[sign] for sign in signs])
    tested = int((~np.isnan(right)).sum())
    usual = dict.fromkeys(["backbone", "weights", "stands_in_for", "encoding", "colormap", "view", "layer", "precision"], "")
    usual |= {"dataset": "OliveOil", "seed": split, "size": np.nan, "epochs": np.nan, "lr_mult": np.nan, "noise": np.nan, "shuffled": False}
    score = {"n_train": len(signs) - tested, "n_test": tested, "accuracy": np.nanmean(right), "correct": np.nansum(right), "right": right}
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


def test_figures_are_as_wide_as_the_page_and_leave_the_style_of_others_alone():
    before = dict(plt.rcParams)
    figure = front.channels(["gray"])
    assert figure.get_size_inches()[0] * figures.DPI == pytest.approx(860)
    assert dict(plt.rcParams) == before
    assert figure.axes[0].title.get_fontsize() == 10.5 and not figure.axes[0].spines["top"].get_visible()
    assert len(set(front.FAMILIES.values())) == len(front.FAMILIES) == 4


@pytest.mark.parametrize("first, last", [(10, 30), (30, 10)])
def test_hero_draws_the_two_classes_farthest_apart_and_names_the_highest_bands(first, last):
    data = along(first, last)
    figure = front.hero(data, BANDS)
    top, right, bottom = figure.axes
    spectrum, *_ = top.get_lines()
    assert list(spectrum.get_ydata()) == list(SERIES[1]) and list(spectrum.get_xdata()) == list(data.axis[1])  # the training series of b
    apart = next(line for line in bottom.get_lines() if len(line.get_xdata()) == 5)
    assert list(apart.get_ydata()) == [-1, 0, 0, 0, 3] and bottom.get_title() == "class b minus class c (means), enlarged"
    # 3 of a mean spectrum from 0 to 4
    assert title(figure) == "The two class means farthest apart differ by at most 75.0% of the range of a spectrum"
    assert top.get_ylabel() == "absorbance, standardised"
    assert texts(bottom) == [f"   {last}"]
    # steps lie 5 apart, so that one is within 4 of each band; 29 and 30 are farther apart than 20 / 30; 50 lies beyond the axis
    at_30, at_12 = (2, 0) if last == 30 else (0, 2)
    named = {text.get_text(): text.get_position() for text in top.texts}
    assert named == {"30 ester": (30, at_30 + 0.24), "29 shoulder": (29, at_30 + 0.24), "12 fat": (12, at_12 + 0.24)}
    assert [axis.get_xlim() for axis in figure.axes] == [(30, 10)] * 3 and right.get_ylim() == (10, 30)
    (image,) = right.get_images()
    assert image.get_extent() == [first, last, last, first]
    assert np.array_equal(image.get_array(), encoders.render(SERIES[[1]], "gadf", "viridis")[0].permute(1, 2, 0))
    assert "series 1, of class b; of 3 pairs" in footer(figure)


def test_hero_names_the_higher_of_two_close_bands_and_no_more_than_asked():
    close = pd.DataFrame({"at": [100.0, 140.0, 700.0], "what": ["low", "high", "far"]})
    values = np.where(np.arange(1001) < 120, 1.0, np.where(np.arange(1001) < 500, 2.0, 1.5))
    series = np.stack([values, values[::-1]])[[0, 1, 0, 1]]
    axis = ("wavenumber in 1/cm", np.linspace(0, 1000, 1001))
    data = datasets.Dataset("OliveOil", series, np.array([0, 1, 0, 1]), ("1", "2"), np.array([True, True, False, False]), "here", axis)
    top = front.hero(data, close).axes[0]
    assert texts(top) == ["140.0 high", "700.0 far", "100.0 low"]  # 40 apart: more than 1000 / 30
    nearer = close.assign(at=[110.0, 140.0, 700.0])
    assert texts(front.hero(data, nearer).axes[0]) == ["140.0 high", "700.0 far"]
    assert texts(front.hero(data, nearer, most=1).axes[0]) == ["140.0 high"]
    # 1, 2, 1.5 and, in the other class, 1.5, 2, 1: half a unit apart, and their mean goes from 1.25 to 1.75
    assert title(front.hero(data, close)) == "The two class means farthest apart differ by at most 100.0% of the range of a spectrum"


def test_hero_without_wavenumbers_names_no_bands():
    figure = front.hero(along(0, 4, "time step"), BANDS.assign(at=[0, 1, 2, 3]))
    assert texts(figure.axes[0]) == [] and figure.axes[0].get_ylabel() == "value" and title(figure).endswith("of a series")
    assert [axis.get_xlim() for axis in figure.axes] == [(0, 4)] * 3 and figure.axes[2].get_xlabel() == "time step"
    assert texts(front.hero(along(10, 30), BANDS[:0]).axes[0]) == []


def test_hero_and_encodings_show_the_training_series_nearest_to_its_class_s_mean():
    # class a: mean 5 of 9, 2 and 4, the last a test series, which lies nearest, as would 9 to the mean of the others; class b: mean 4 of 0, 5 and 7
    series = np.array([[9, 0, 1], [2, 0, 1], [4, 0, 1], [20, 0, 1], [20, 7, 1], [20, 5, 1.0]])
    labels, train, axis = np.array([0, 0, 0, 1, 1, 1]), np.array([True, True, False, True, False, True]), ("time step", np.arange(3.0))
    data = datasets.Dataset("Toy", series, labels, ("a", "b"), train, "here", axis)
    assert [front._typical(data, k) for k in (0, 1)] == [1, 5]
    hero = front.hero(data, BANDS)
    assert list(hero.axes[0].get_lines()[0].get_ydata()) == list(series[1]) and footer(hero).startswith("Toy, series 1, of class a; ")
    pictures = front.encodings(data, ["gadf"], "gadf+mtf", "viridis")
    drawn = encoders.render(series[[1, 5]], "gadf", "viridis").permute(0, 2, 3, 1)
    assert [np.array_equal(pictures.axes[place].get_images()[0].get_array(), one) for place, one in zip((0, 2), drawn)] == [True, True]
    assert footer(pictures).startswith("Toy, series 1 and 5, ")


def test_hero_needs_two_classes():
    with pytest.raises(ValueError, match="^data: expected two classes or more, got none$"):
        front.hero(along(10, 30, classes="a"), BANDS)


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
    again = several(["+---    ", "    ---+"], **(TUNED | {"notebook": "10_more"}))  # the same runs, told by another notebook
    figure = front.methods(pd.DataFrame([*OTHERS, *LDA, *PLOT, *AXES, *PROBE, *NEVER, *again]), "shrinkage LDA")
    (axis,) = figure.axes
    names = [label.get_text() for label in axis.get_yticklabels()]
    assert sorted(names) == sorted(MEANS) and [MEANS[name] for name in names] == sorted(MEANS.values(), reverse=True)
    drawn = {(y, colour): x for colour, places in dots(axis, 7).items() for x, y in places}
    assert drawn == {(place, COLOURS.get(name, BLUE)): MEANS[name] for place, name in enumerate(names)}
    assert [to_hex(label.get_color()) for label in axis.get_yticklabels()] == [COLOURS.get(name, BLUE) for name in names]
    said = texts(axis)
    assert {"100.0%", "87.5%", "62.5%", "25.0%", "2018, one run, one split", "minus shrinkage LDA, in points"} <= set(said)
    assert "-75.0, worse" in said and said.count("-12.5, too close to call") == 2 and said.count("-37.5, too close to call") == 1
    assert title(figure) == "No picture clearly beats shrinkage LDA on the raw series: of 4 comparisons 0 better, 1 worse, 3 too close to call"
    assert any(list(line.get_xdata()) == [28 / 30] * 2 for line in axis.get_lines())
    assert axis.get_xlim()[0] < min(MEANS.values()) and axis.get_xlim()[1] >= 1
    made = "EfficientNet-Lite0 (stands in for ResNet18), ResNet18; 160, 285 px; float32; notebook 06; 2 splits, the same for all"
    assert footer(figure).startswith(made)


def test_methods_says_when_pictures_are_better_and_draws_2018_only_for_the_oils():
    wrong, right = ["---+---+        ", "        +---+---"], ["++++++++        ", "        ++++++++"]
    rows = pd.DataFrame([*several(wrong), *several(right, **TUNED)])
    figure = front.methods(rows.assign(dataset="Beef"), "shrinkage LDA")
    assert title(figure) == "Pictures beat shrinkage LDA on the raw series: of 1 comparisons 1 better, 0 worse, 0 too close to call"
    assert not [text for text in texts(figure.axes[0]) if "2018" in text]
    good = front.methods(pd.DataFrame([*several(2 * right), *several(2 * right, **TUNED)]), "shrinkage LDA").axes[0]
    assert good.get_xlim()[0] == 0.6  # all lies above
    once = pd.DataFrame([*several(["+++++++-        ", "        ++++++++"]), *several(right, **TUNED)])
    assert title(front.methods(once, "shrinkage LDA")).startswith("No picture clearly beats")  # one more right is not clear


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


WITHOUT = [*several(["+---    ", "    +---", "-+--    "], **TUNED), *several(["++++    ", "    ++++", "+++-    "], **(TUNED | {"view": "axes"}))]
CROPPED = [
    *(again(signs, split=k, method="fine-tune", **VIT) for k, signs in enumerate(["++++    ", "    ++++", "++++    "])),
    *(again(signs, split=k, method="fine-tune", **(VIT | {"view": "crop"})) for k, signs in enumerate(["+---    ", "    +---", "----    "])),
]


def test_strips_join_the_runs_of_a_split():
    noise = several(["----    "] * 2, **(TUNED | {"noise": 0.1}))
    longer = several(["----    "] * 2, **(TUNED | {"epochs": 40.0}))
    cnn = several(["++++    "] * 3, **(TUNED | {"view": "resize"}))  # beside the transformer, and not of it
    figure = front.strips(pd.DataFrame([*WITHOUT, *noise, *longer]), pd.DataFrame([*CROPPED, *cnn]))
    pairs = [sorted(tuple(line.get_ydata()) for line in axis.get_lines() if line.get_marker() == "o") for axis in figure.axes]
    assert pairs == [[(0.25, 0.75), (0.25, 1), (0.25, 1)], [(1, 0), (1, 0.25), (1, 0.25)], [(0, 0)] * 3]
    shifts = sorted(line.get_xdata()[0] for line in figure.axes[0].get_lines() if line.get_marker() == "o")
    assert shifts == pytest.approx([-0.14, 0, 0.14])
    assert [texts(axis) for axis in figure.axes] == [["25%", "92%"], ["100%", "17%"], ["0%", "0%"]]
    means = [[(line.get_ydata()[0], line.get_xdata()[0]) for line in axis.get_lines() if line.get_marker() == "D"] for axis in figure.axes]
    assert np.array(means)[1] == pytest.approx(np.array([[1, -0.3], [1 / 6, 1.3]]))
    heads = [axis.get_title().split("\n") for axis in figure.axes]
    assert [head[0] for head in heads] == ["CNN", "ViT, recalibrated", "ViT, as trained"]
    assert heads[0][1].startswith("+66.7 points [") and heads[1][1].startswith("-83.3 points [") and heads[0][2] == heads[1][2] == "3 splits"
    assert heads[2][1:] == ["+0.0 points", "3 splits"]  # the primary comparison is the one recalibrated: this has no interval of its own here
    labels = [[label.get_text() for label in axis.get_xticklabels()] for axis in figure.axes]
    assert labels == [["plot only", "with axes"], *[["plot only", "random crop"]] * 2]
    assert title(figure) == "Points of accuracy: axes around the picture +67 (better); random crops -83 (worse)"
    assert figure.axes[0].get_ylim()[0] < 0 and "CNN: EfficientNet-Lite0 (stands in for ResNet18); 160 px; float32" in footer(figure)
    assert "ViT: DINOv2 ViT-S; 112 px" in footer(figure)


def test_strips_without_recalibrated_answers_are_two():
    plain = pd.DataFrame(CROPPED).drop(columns=["right_again", "recalibrated"])
    figure = front.strips(pd.DataFrame(WITHOUT), plain)
    assert [axis.get_title().split("\n")[0] for axis in figure.axes] == ["CNN", "ViT, as trained"]
    assert figure.axes[1].get_title() == "ViT, as trained\n+0.0 points\n3 splits"
    assert title(figure) == "Points of accuracy: axes around the picture +67 (better); random crops +0 (too close to call)"


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
    assert cells == {(0, 0): "13", (1, 0): "0", (2, 0): "0", (3, 0): "", (0, 1): "75", (1, 1): "100", (2, 1): "25", (3, 1): "50"}
    shown = np.array([[0.126, 0, 0, np.nan], [0.75, 1, 0.25, 0.5]])
    assert np.ma.filled(axis.get_images()[0].get_array(), np.nan) == pytest.approx(shown, nan_ok=True)
    heads = {text.get_text(): (text.get_position()[0], to_hex(text.get_color())) for text in axis.texts[8:] if text.get_text()}
    assert heads == {"no picture": (0, GREEN), "linear probe": (1, BLUE), "fine-tuned": (2.5, ORANGE)}
    assert title(figure) == "1 of 3 oils are classified correctly nine times in ten or more, 1 hardly ever"
    assert "over 4 methods; EfficientNet-Lite0 (stands in for ResNet18); 160 px" in footer(figure)
    assert footer(front.oils(ITEMS)).endswith("over 4 methods") and len(front.oils(ITEMS).axes[0].get_yticks()) == 3


def test_oils_takes_what_items_makes():
    rows = pd.DataFrame([*LDA[:2], *PLOT])
    made = mistakes.items(rows, ["method", "view"], ("a", "b"), np.arange(8) % 2)
    (axis,) = front.oils(made, most=3).axes
    wrong = [text.get_text() for text in axis.texts[:6]]
    assert wrong == ["100", "0"] * 3 and title(axis.figure) == "2 of 8 oils are classified correctly nine times in ten or more, 0 hardly ever"


@pytest.mark.parametrize("items, says", [(ITEMS[:0], "a line a series"), (ITEMS[["series", "class", "right"]], "a column a method")])
def test_oils_needs_series_and_methods(items, says):
    with pytest.raises(ValueError, match=f"^items: expected {says}, got none$"):
        front.oils(items)


def test_channels_draws_the_colormaps_own_curves():
    figure = front.channels(["viridis", "gray"])
    for axis, name in zip(figure.axes, ("viridis", "gray")):
        table = colormaps[name](np.arange(256), bytes=True)[:, :3] / 255
        drawn = np.array([line.get_ydata() for line in axis.get_lines()])
        assert drawn == pytest.approx(table.T, abs=1e-6) and axis.get_lines()[0].get_xdata()[[0, -1]].tolist() == [-1, 1]
        assert np.allclose(axis.get_images()[0].get_array()[0], table, atol=1e-6)
        assert axis.get_title() == f"{name}\nsd: " + ", ".join(f"{letter} {value:.2f}" for letter, value in zip("RGB", table.std(0)))
        for text in axis.texts:  # a letter stands on its curve
            if text.get_text() in {"R", "G", "B"}:
                x, y = text.get_position()
                assert y == pytest.approx(table[round((x + 1) * 127.5), "RGB".index(text.get_text())], abs=1e-6)
    assert texts(figure.axes[0]) == ["R", "G", "B"] and texts(figure.axes[1]) == ["R, G, B alike"]
    assert title(figure) == "viridis uses all three channels: red, green, blue" and footer(figure).endswith("over the colormap")


def test_channels_says_what_the_pictures_at_hand_vary_by():
    made = pd.DataFrame({"colormap": ["field", "viridis"], "red_sd": [0.1, 0.2], "green_sd": [0.1, 0.3], "blue_sd": [0.1, 0.01]})
    figure = front.channels(["viridis"], made)
    assert figure.axes[0].get_title() == "viridis\nsd: R 0.20, G 0.30, B 0.01"
    assert title(figure) == "viridis uses 2 of three channels: red, green" and footer(figure).endswith("all pictures; notebook 05")
    table = pd.DataFrame(colours.channel_statistics(encoders.encode(SERIES), ["viridis"]))
    assert f"G {table['green_sd'][0]:.2f}" in front.channels(["viridis"], table).axes[0].get_title()


@pytest.mark.parametrize("names, says", [([], "^colormaps: expected one or more, got none$"), (["mauve"], "^colormap: .* got 'mauve'$")])
def test_channels_needs_colormaps_that_matplotlib_knows(names, says):
    with pytest.raises(ValueError, match=says):
        front.channels(names)


def digits(share, count):
    """In percent, rounded to so many digits, and never as a power of ten."""
    return np.format_float_positional(100 * share, count, unique=False, fractional=False, trim="-")


@pytest.mark.parametrize("first, last", [(10, 30), (30, 10)])
def test_encodings_draws_two_series_and_their_difference(first, last):
    figure = front.encodings(along(first, last), ["gadf", "line"], "gadf+mtf+line", "viridis")
    axes = np.reshape(figure.axes, (3, 3))
    images = [[axis.get_images()[0] for axis in line] for line in axes]
    drawn = encoders.render(SERIES[[0, 2]], "gadf", "viridis").permute(0, 2, 3, 1)
    values = {name: encoders.render(SERIES[[0, 2]], name, "field").numpy() for name in ("gadf", "line", "gadf+mtf+line")}
    assert [axis.get_title() for axis in axes[0]] == ["GADF", "line", "three in one"]
    for column, (name, each) in enumerate(values.items()):
        apart = (each[0] - each[1]).mean(0)
        assert np.allclose(images[2][column].get_array(), apart, atol=1e-6), name
        most = abs(apart).max()
        assert axes[2][column].get_xlabel() == f"up to {digits(most, 2)}%" and most > 0.01
        assert images[2][column].get_clim() == pytest.approx((-most, most))
    assert [np.array_equal(images[row][0].get_array(), drawn[row]) for row in (0, 1)] == [True, True]
    assert np.array_equal(images[1][2].get_array(), values["gadf+mtf+line"][1].transpose(1, 2, 0))
    assert [axis.get_ylabel() for axis in axes[:, 0]] == ["class a", "class c", "difference"]
    assert {axis.get_xlim() for axis in figure.axes} == {(30, 10)}
    assert [axis.get_ylim() for axis in axes[2]] == [(10, 30), (0, 1), (10, 30)]
    assert images[2][0].get_extent() == [first, last, last, first]
    sizes = {name: np.sqrt(np.mean((each[0] - each[1]).mean(0) ** 2)) for name, each in values.items()}
    least, most = min(sizes, key=sizes.get), max(sizes, key=sizes.get)
    words = {"gadf": "GADF", "line": "line", "gadf+mtf+line": "three in one"}
    said = [f"{digits(sizes[name], 1)}% ({words[name]})" for name in (least, most)]
    assert title(figure) == f"Two typical series of different classes: their pictures differ by {said[0]} to {said[1]}, root mean square"
    assert re.findall(r"\d+%", title(figure)) == ["10%", "40%"]
    assert "series 0 and 2" in footer(figure) and "GADF+MTF+line" in footer(figure)


def test_encodings_are_drawn_small_and_judged_whole():
    data, long = along(10, 30), np.random.default_rng(0).normal(size=(6, 300))
    data = datasets.Dataset(**(vars(data) | {"series": long, "axis": (data.axis[0], np.linspace(10, 30, 300))}))
    figure = front.encodings(data, ["mtf"], "gadf+mtf", "viridis")
    assert {axis.get_images()[0].get_array().shape[:2] for axis in figure.axes} == {(72, 72)}
    small, whole = (np.subtract(*encoders.encode(long[[0, 2]], "mtf", size).numpy()) / 2 for size in (72, 300))  # of a range of 2
    assert figure.axes[4].get_xlabel() == f"up to {digits(abs(small).max(), 2)}%"
    sizes = [f"{digits(np.sqrt(np.mean(apart**2)), 1)}% (MTF)" for apart in (small, whole)]
    assert sizes[0] not in title(figure) and sizes[1] in title(figure)


@pytest.mark.parametrize(
    "change, says", [({"names": ["fractal"]}, "^encoding: .* got 'fractal'$"), ({"colormap": "mauve"}, "^colormap: .* got 'mauve'$")]
)
def test_encodings_need_to_be_known(change, says):
    with pytest.raises(ValueError, match=says):
        front.encodings(**({"data": along(10, 30), "names": ["gadf"], "three": "gadf+mtf", "colormap": "viridis"} | change))


LAST = {"method": "frozen, ridge head", "layer": "all"}
FOOD = [
    *several(["+" * 8 + " " * 8] * 2, dataset="Beef", **(VIT | LAST | {"layer": "each"})),  # another recipe
    *several(["+" * 8 + " " * 8, " " * 8 + "+" * 8, "+" * 8 + " " * 8], dataset="Beef"),
    *several(["+" + "-" * 7 + " " * 8, " " * 8 + "+" + "-" * 7, "+" + "-" * 7 + " " * 8], dataset="Beef", **(VIT | LAST)),
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
    assert dots(axis, 4.5) == {GREEN: [(1, 0.34)], ORANGE: [(0.5, 0.34), (0.75, 0.34)]}  # Ham has none fine-tuned, and no small reference
    hollow = [float(line.get_xdata()[0]) for line in axis.get_lines() if line.get_marker() == "o" and line.get_markerfacecolor() == "white"]
    assert hollow == [0.5]
    said = [text.strip() for text in texts(axis)]
    assert {"100%", "12%", "75%", "81%", "shrinkage LDA", "linear probe", "3 splits: -87.5, worse", "2 splits: fine-tuned"} <= set(said)
    assert "2 splits: +6.2, too close to call" in said and said.count("2 splits: fine-tuned") == 1
    sides = {text.get_text().strip(): text.get_ha() for text in axis.texts}
    assert (sides["100%"], sides["12%"]) == ("left", "right") and (sides["81%"], sides["75%"]) == ("left", "right")
    assert title(figure) == "On 2 food data sets a linear probe on pictures is never clearly better than shrinkage LDA: 1 worse, 1 too close to call"
    assert axis.get_xlabel() == "accuracy, mean over splits; orange: fine-tuned, filled: with axes"
    assert axis.get_xlim()[0] < 0.125 and "3 splits at most" in footer(figure)


def test_foods_says_when_pictures_are_better():
    wrong, right = ["--------        ", "        --------"], ["++++++++        ", "        ++++++++"]
    same = [*several(right, dataset="Ham"), *several(["+++++++-        ", "        ++++++++"], dataset="Ham", **(VIT | LAST))]
    figure = front.foods(pd.DataFrame([*several(wrong), *several(right, **(VIT | LAST)), *same]), "shrinkage LDA")
    counts = "1 better, 0 worse, 1 too close to call"
    assert title(figure) == f"On 2 food data sets a linear probe on pictures is clearly better than shrinkage LDA: {counts}"
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["Ham", "OliveOil"]  # where pictures lose most, first


@pytest.mark.parametrize(
    "left_out, says",
    [("frozen, ridge head", "rows: expected linear probes on GADF, got none"), ("shrinkage LDA", "reference: .*, got 'shrinkage LDA'")],
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
    means = {(round(line.get_xdata()[0], 2), round(line.get_ydata()[0], 4)): line.get_markerfacecolor() == "white" for line in large}
    assert means == {(-0.07, 0.875): False, (0.93, 0.5): True, (0.07, 0.0417): False, (1.07, 0.25): True}
    assert sorted(dots(axis, 3)[ORANGE]) == sorted(
        [(-0.07, 0.75), (-0.07, 0.875), (-0.07, 1), (0.07, 0), (0.07, 0.125), (0.07, 0), (0.93, 0.5), (1.07, 0.25)]
    )
    assert joined(axis) == [pytest.approx([0.875]), pytest.approx([1 / 24])]  # one split each at the other side: no line goes there
    places = {text.get_text(): text.get_position()[1] for text in axis.texts}
    assert places == {
        "88%\n3 splits": pytest.approx(1.033), "50%\n1 splits": pytest.approx(0.533), "with axes": 0.5,
        "4%\n3 splits": pytest.approx(-0.033), "25%\n1 splits": pytest.approx(0.217), "plot only": 0.25,
    }
    assert [label.get_text() for label in axis.get_xticklabels()] == ["160 px", "224 px"] and axis.get_ylim()[0] < 0
    others = "of 2 comparisons 0 better, 0 worse, 2 too close to call"
    assert title(figure) == f"Smaller and larger pictures than 160 px: {others}"
    made = "EfficientNet-Lite0 (stands in for ResNet18); 160, 224 px; float32; notebook 06; 3 splits at most"
    assert footer(figure) == f"{made}; hollow: fewer than 3"


def joined(axis):
    """The means that lines join, with axes and of the plot alone."""
    return [list(line.get_ydata()) for line in axis.get_lines() if line.get_linestyle() in ("-", "--") and line.get_marker() == "None"]


@pytest.mark.parametrize("few, means", [(1, ([0.875, 0.5, 1], [1 / 24, 0.25, 0])), (2, ([0.875, 1], [1 / 24, 0])), (4, ([], []))])
def test_sizes_joins_means_of_enough_splits_across_those_of_few(few, means):
    all_right, all_wrong = ([sign * 8 + " " * 8, " " * 8 + sign * 8] for sign in "+-")
    larger = [*several(all_right, **(TUNED | {"view": "axes", "size": 285.0})), *several(all_wrong, **(TUNED | {"size": 285.0}))]
    (axis,) = front.sizes(pd.DataFrame([*SIDES, *larger]), few).axes
    assert joined(axis) == [pytest.approx(each) for each in means]
    hollow = [line for line in axis.get_lines() if line.get_markersize() == 8 and line.get_markerfacecolor() == "white"]
    assert len(hollow) == 6 - sum(map(len, means))


def test_sizes_writes_above_the_higher_mean_and_below_the_lower():
    right = {"axes": {160: 6, 224: 2, 285: 4, 320: 1}, "resize": {160: 2, 224: 3, 285: 4}}
    each = [(view, side, f"{'+' * one:-<8}{' ' * 8}") for view, own in right.items() for side, one in own.items()]
    runs = [run(0, signs, **(TUNED | {"view": view, "size": side})) for view, side, signs in each]
    (axis,) = front.sizes(pd.DataFrame(runs)).axes
    places = {(round(x + 0.07), x > round(x)): y for x, y in (text.get_position() for text in axis.texts if "split" in text.get_text())}
    # a place on the axis, and whether it is the plot alone, to the right: .75 and .25, .25 and .375, twice .5, and .125 beside nothing
    higher, lower = {(0, False): 0.75, (1, True): 0.375, (2, False): 0.5, (3, False): 0.125}, {(0, True): 0.25, (1, False): 0.25, (2, True): 0.5}
    expected = {place: y + 0.033 for place, y in higher.items()} | {place: y - 0.033 for place, y in lower.items()}
    assert places == pytest.approx(expected)


@pytest.mark.parametrize(
    "rows, says",
    [
        (SIDES[3:6], "rows: expected float32 runs with axes, got none"),
        ([*SIDES[:3], SIDES[6]], "rows: expected float32 runs of the plot alone, got none"),
        ([*SIDES[:3], *NOT_SHOWN, SIDES[6]], "rows: expected float32 runs of the plot alone, got none"),  # of another network
        ([*SIDES[:3], *SIDES[6:]], "reference: expected one of size 224, got 'size 160'"),
        (SIDES[:6], "rows: expected pictures of two sides or more, got none"),
    ],
)
def test_sizes_needs_both_pictures_and_two_sides(rows, says):
    with pytest.raises(ValueError, match=f"^{says}$"):
        front.sizes(pd.DataFrame(rows))
