"""What the README's figures of data draw and say, from series made by hand."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import colormaps
from toys import footer, texts, title

from tsvision.data import datasets
from tsvision.figures import portraits
from tsvision.pictures import encoders

BANDS = pd.DataFrame({"at": [12, 29, 30, 50], "what": ["fat", "shoulder", "ester", "beyond"]})
# class means: a (0, 0, 4, 0, 1), b (0, 0, 4, 0, 3), c (1, 0, 4, 0, 0); a and b differ by 2 at one step, c and b by 1
# and 3: the farthest apart
SERIES = np.array(
    [[0, 0, 4, 0, 1], [0, 0, 4, 0, 2.0], [1, 0, 4, 0, 0], [0, 0, 4, 0, 1], [0, 0, 4, 0, 4], [1, 0, 4, 0, 0]]
)


def made(series, labels, train, axis, classes="abc"):
    return datasets.Dataset("Toy", np.array(series, float), np.array(labels), tuple(classes), train, "here", axis)


def along(first, last, name="wavenumber in 1/cm", classes="abc"):
    labels, axis = np.arange(6) % len(classes), (name, np.linspace(first, last, 5))
    return made(SERIES, labels, np.arange(6) < 3, axis, classes)


def tuned(**accuracies):
    """Fine-tuned runs, a split each, by encoding, _ for +."""
    lines = [
        {"method": "fine-tune", "backbone": "resnet_toy", "size": 32.0, "split": split, "accuracy": one}
        | {"encoding": name.replace("_", "+")}
        for name, own in accuracies.items()
        for split, one in enumerate(own)
    ]
    return pd.DataFrame(lines)


TOLD = {"what": ["fine-tune x", "frozen x"], "low": [0.1, -0.1], "high": [0.2, 0.1], "equal": [0, 0.5], "pairs": [9, 9]}
TOLD = pd.DataFrame(TOLD)
RUNS = tuned(gadf=[0.5, 0.8], line=[0.3, 0.4], gadf_mtf_line=[0.9, 0.9]), TOLD
VARY = {"colormap": ["gray", "viridis"], "red_sd": [0.1, 0.2], "green_sd": [0.1, 0.3], "blue_sd": [0.1, 0.01]}
VARY = pd.DataFrame(VARY)
DRAWN = {
    "hero": lambda: portraits.hero(along(10, 30), BANDS),
    "channels": lambda: portraits.channels(["gray"], VARY),
    "encodings": lambda: portraits.encodings(along(10, 30), ["gadf", "line"], "gadf+mtf+line", "viridis", *RUNS),
}


@pytest.mark.parametrize("first, last", [(10, 30), (30, 10)])
def test_hero_draws_the_two_classes_farthest_apart_and_names_the_highest_bands(first, last):
    figure = portraits.hero(along(first, last), BANDS)
    top, right, bottom = figure.axes
    assert list(top.get_lines()[0].get_ydata()) == list(SERIES[1])  # the training series of b
    apart = next(line for line in bottom.get_lines() if len(line.get_xdata()) == 5)
    assert list(apart.get_ydata()) == [-1, 0, 0, 0, 3] and texts(bottom) == [f"   {last}"]
    assert bottom.get_title() == "class b minus class c (means), enlarged"
    # 3 of a mean spectrum from 0 to 4
    assert title(figure) == "The two class means farthest apart differ by at most 75.0% of the range of a spectrum"
    # steps lie 5 apart, so that one is within 4 of each band; 29 and 30 are farther apart than 20 / 30; 50 lies beyond
    # the axis
    at_30, at_12 = (2, 0) if last == 30 else (0, 2)
    named = {text.get_text(): text.get_position() for text in top.texts}
    assert named == {"30 ester": (30, at_30 + 0.24), "29 shoulder": (29, at_30 + 0.24), "12 fat": (12, at_12 + 0.24)}
    assert [axis.get_xlim() for axis in figure.axes] == [(30, 10)] * 3 and right.get_ylim() == (10, 30)
    (image,) = right.get_images()
    assert image.get_extent() == [first, last, last, first]
    assert np.array_equal(image.get_array(), encoders.render(SERIES[[1]], "gadf", "viridis")[0].permute(1, 2, 0))
    assert "series 1, of class b; of 3 pairs" in footer(figure)


def test_hero_without_wavenumbers_names_no_bands():
    figure = portraits.hero(along(0, 4, "time step"), BANDS.assign(at=[0, 1, 2, 3]))
    assert texts(figure.axes[0]) == [] and title(figure).endswith("of a series")
    assert [axis.get_xlim() for axis in figure.axes] == [(0, 4)] * 3
    assert texts(portraits.hero(along(10, 30), BANDS[:0]).axes[0]) == []


def test_a_typical_series_is_the_training_series_nearest_to_its_class_s_mean():
    # class a: mean 5 of 9, 2 and 4, the last a test series, which lies nearest, as would 9 to the mean of the others;
    # class b: mean 4 of 0, 5 and 7
    series = [[9, 0, 1], [2, 0, 1], [4, 0, 1], [20, 0, 1], [20, 7, 1], [20, 5, 1]]
    train = np.array([True, True, False, True, False, True])
    data = made(series, [0, 0, 0, 1, 1, 1], train, ("time step", np.arange(3.0)), "ab")
    assert footer(portraits.hero(data, BANDS)).startswith("Toy, series 1, of class a; ")
    rows = tuned(gadf=[0.5, 0.7], gadf_mtf=[0.9])
    assert "Toy, series 1 and 5, " in footer(portraits.encodings(data, ["gadf"], "gadf+mtf", "viridis", rows, TOLD))


def test_hero_lifts_a_name_above_the_flank_of_a_higher_band_beside_it():
    series = np.zeros((2, 401))
    series[:, [200, 209, 216]] = 8, 5, 1
    series[1, 0] = 1
    data = made(series, [0, 1], np.ones(2, bool), ("wavenumber in 1/cm", np.arange(401.0)), "ab")
    top = portraits.hero(data, pd.DataFrame({"at": [200, 216], "what": ["ester", "other"]})).axes[0]
    # a name is as wide as a fortieth of the axis to either side: 10
    named = {text.get_text(): text.get_position() for text in top.texts}
    assert named == {"200 ester": (200, 8.48), "216 other": (216, 5.48)}
    assert [line.get_segments()[0][:, 1].tolist() for line in top.collections] == [[8, 8.48], [1, 5.48]]


def test_channels_draws_the_colormaps_own_curves_and_says_what_the_pictures_vary_by():
    figure = portraits.channels(["viridis", "gray"], VARY)
    for axis, name in zip(figure.axes, ("viridis", "gray")):
        table = colormaps[name](np.arange(256), bytes=True)[:, :3] / 255
        assert np.array([line.get_ydata() for line in axis.get_lines()]) == pytest.approx(table.T, abs=1e-6)
        for text in axis.texts[: 3 * (name == "viridis")]:  # a letter stands on its curve
            x, y = text.get_position()
            assert y == pytest.approx(table[round((x + 1) * 127.5), "RGB".index(text.get_text())], abs=1e-6)
    assert texts(figure.axes[0]) == ["R", "G", "B"] and texts(figure.axes[1]) == ["R, G, B alike"]
    assert figure.axes[0].get_title() == "viridis\nsd: R 0.20, G 0.30, B 0.01"
    assert title(figure) == "viridis uses 2 of three channels: red, green"
    assert footer(figure).endswith("all pictures; notebook 05")


@pytest.mark.parametrize("first, last", [(10, 30), (30, 10)])
def test_encodings_draws_two_series_and_their_difference(first, last):
    rows = RUNS[0]
    other = rows.assign(method="frozen, ridge head", accuracy=0.0)
    given = ["gadf", "line"], "gadf+mtf+line", "viridis", pd.concat([other, rows]), TOLD
    figure = portraits.encodings(along(first, last), *given)
    axes = np.reshape(figure.axes, (3, 3))
    images = [[axis.get_images()[0].get_array() for axis in line] for line in axes]
    assert [axis.get_title() for axis in axes[0]] == ["GADF\n65.0%", "line\n35.0%", "three in one\n90.0%"]
    for column, name in enumerate(("gadf", "line", "gadf+mtf+line")):
        each = encoders.render(SERIES[[0, 2]], name, "field").numpy()
        apart = (each[0] - each[1]).mean(0)
        assert np.allclose(images[2][column], apart, atol=1e-6), name
        percent = np.format_float_positional(100 * abs(apart).max(), 2, unique=False, fractional=False, trim="-")
        assert axes[2][column].get_xlabel() == f"up to {percent}%"
    drawn = encoders.render(SERIES[[0, 2]], "gadf", "viridis").permute(0, 2, 3, 1)
    assert [np.array_equal(images[row][0], drawn[row]) for row in (0, 1)] == [True, True]
    assert np.array_equal(images[1][2], each[1].transpose(1, 2, 0))
    assert [axis.get_ylabel() for axis in axes[:, 0]] == ["class a", "class c", "difference"]
    assert title(figure) == (
        "A CNN fine-tuned on such pictures gets 35% (line) to 90% (three in one) right; against GADF, of 1 comparisons"
        " 1 better, 0 worse, 0 too close to call"  # of the fine-tuned
    )
    assert footer(figure).startswith("Above: accuracy, mean of 2 splits; resnet_toy, 32 px, plots alone; differences")
    assert "series 0 and 2" in footer(figure) and "GADF+MTF+line" in footer(figure)


@pytest.mark.parametrize("encoding, low, high", [("recurrence", 10, 30), ("line", 0, 1), ("spectrogram", 0, 0.5)])
@pytest.mark.parametrize("first, last", [(10, 30), (30, 10)])
def test_a_look_draws_a_series_and_its_picture_the_right_way_up(first, last, encoding, low, high):
    left, right = portraits.look(along(first, last, classes="ab"), 3, encoding, "gray").axes
    (line,), (image,) = left.get_lines(), right.get_images()
    assert list(line.get_ydata()) == list(SERIES[3])
    assert np.array_equal(image.get_array(), encoders.render(SERIES[[3]], encoding, "gray")[0].permute(1, 2, 0))
    # the first row of a picture stands at the first time step, or, where rows are no steps, on top
    top = first if encoding == "recurrence" else high
    assert image.get_extent() == [first, last, low + high - top, top]
    assert [axis.get_xlim() for axis in (left, right)] == [(30, 10)] * 2 and right.get_ylim() == (low, high)


def test_a_look_names_the_class_whose_mean_has_the_picture_most_like_it():
    # of their ranges, class means of the training series are (1/8, 0, 1, 0, 1/8) and (0, 0, 1, 0, 1/2), series 3 of
    # class b is (0, 0, 1, 0, 1/4): 2 (6 / 64 + 1 / 16) and 8 / 16 of 25 squares of differences
    figure = portraits.look(along(10, 30, classes="ab"), 3, "recurrence", "viridis")
    assert title(figure) == "Series 3, of class b: its picture is most like that of class a's mean"
    assert "a test series; root mean square difference 11% of the range, to its own class's mean 14%" in footer(figure)


@pytest.mark.parametrize(
    "draw, says",
    [
        (lambda: portraits.hero(along(10, 30, classes="a"), BANDS), "data: expected two classes or more, got none$"),
        (lambda: portraits.channels([], VARY), "colormaps: expected one or more, got none$"),
        (
            lambda: portraits.encodings(along(10, 30), ["x"], "gadf+mtf", "viridis", tuned(x=[1]), TOLD),
            "encoding: .* got 'x'$",
        ),
        (
            lambda: portraits.encodings(along(10, 30), ["gadf"], "gadf+mtf", "viridis", tuned(gadf=[1]), TOLD),
            "rows: expected runs fine-tuned on gadf.mtf, got none",
        ),
        *(
            (lambda wrong=wrong: portraits.look(along(10, 30), wrong, "gadf", "gray"), f"series: .* 5, got {wrong!r}$")
            for wrong in (6, -1, 1.0, True, "1")
        ),
        (lambda: portraits.look(along(10, 30), 0, "fractal", "gray"), "encoding: .* got 'fractal'$"),
        (lambda: portraits.look(along(10, 30), 0, "gadf", ["gray"]), r"colormap: .* got \['gray'\]$"),
    ],
)
def test_portraits_need_what_is_there(draw, says):
    with pytest.raises(ValueError, match=f"^{says}"):
        draw()
