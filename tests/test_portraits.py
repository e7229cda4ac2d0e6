"""What the README's figures of data draw and say, from series made by hand."""

import re
import sys
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib import colormaps
from toys import footer, texts, title

from tsvision.data import datasets
from tsvision.figures import portraits
from tsvision.pictures import colours, encoders

BANDS = pd.DataFrame({"at": [12, 29, 30, 50], "what": ["fat", "shoulder", "ester", "beyond"]})
# class means: a (0, 0, 4, 0, 1), b (0, 0, 4, 0, 3), c (1, 0, 4, 0, 0); a and b differ by 2 at one step, c and b by 1
# and 3: the farthest apart
SERIES = np.array(
    [[0, 0, 4, 0, 1], [0, 0, 4, 0, 2.0], [1, 0, 4, 0, 0], [0, 0, 4, 0, 1], [0, 0, 4, 0, 4], [1, 0, 4, 0, 0]]
)


def along(first, last, name="wavenumber in 1/cm", classes="abc"):
    labels = np.arange(6) % len(classes)
    return datasets.Dataset(
        "Toy", SERIES, labels, tuple(classes), np.arange(6) < 3, "here", (name, np.linspace(first, last, 5))
    )


DRAWN = {
    "hero": lambda: portraits.hero(along(10, 30), BANDS),
    "channels": lambda: portraits.channels(["gray"]),
    "encodings": lambda: portraits.encodings(along(10, 30), ["gadf"], "gadf+mtf", "viridis"),
}


@pytest.mark.parametrize("first, last", [(10, 30), (30, 10)])
def test_hero_draws_the_two_classes_farthest_apart_and_names_the_highest_bands(first, last):
    data = along(first, last)
    figure = portraits.hero(data, BANDS)
    top, right, bottom = figure.axes
    spectrum, *_ = top.get_lines()
    # the training series of b
    assert list(spectrum.get_ydata()) == list(SERIES[1]) and list(spectrum.get_xdata()) == list(data.axis[1])
    apart = next(line for line in bottom.get_lines() if len(line.get_xdata()) == 5)
    assert (
        list(apart.get_ydata()) == [-1, 0, 0, 0, 3] and bottom.get_title() == "class b minus class c (means), enlarged"
    )
    # 3 of a mean spectrum from 0 to 4
    assert title(figure) == "The two class means farthest apart differ by at most 75.0% of the range of a spectrum"
    assert top.get_ylabel() == "absorbance, standardised"
    assert texts(bottom) == [f"   {last}"]
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
    assert (
        texts(figure.axes[0]) == [] and figure.axes[0].get_ylabel() == "value" and title(figure).endswith("of a series")
    )
    assert [axis.get_xlim() for axis in figure.axes] == [(0, 4)] * 3 and figure.axes[2].get_xlabel() == "time step"
    assert texts(portraits.hero(along(10, 30), BANDS[:0]).axes[0]) == []


def test_hero_and_encodings_show_the_training_series_nearest_to_its_class_s_mean():
    # class a: mean 5 of 9, 2 and 4, the last a test series, which lies nearest, as would 9 to the mean of the others;
    # class b: mean 4 of 0, 5 and 7
    series = np.array([[9, 0, 1], [2, 0, 1], [4, 0, 1], [20, 0, 1], [20, 7, 1], [20, 5, 1.0]])
    labels, train, axis = (
        np.array([0, 0, 0, 1, 1, 1]),
        np.array([True, True, False, True, False, True]),
        ("time step", np.arange(3.0)),
    )
    data = datasets.Dataset("Toy", series, labels, ("a", "b"), train, "here", axis)
    assert [portraits._typical(data, k) for k in (0, 1)] == [1, 5]
    hero = portraits.hero(data, BANDS)
    assert list(hero.axes[0].get_lines()[0].get_ydata()) == list(series[1]) and footer(hero).startswith(
        "Toy, series 1, of class a; "
    )
    pictures = portraits.encodings(data, ["gadf"], "gadf+mtf", "viridis")
    drawn = encoders.render(series[[1, 5]], "gadf", "viridis").permute(0, 2, 3, 1)
    assert [
        np.array_equal(pictures.axes[place].get_images()[0].get_array(), one) for place, one in zip((0, 2), drawn)
    ] == [True, True]
    assert footer(pictures).startswith("Toy, series 1 and 5, ")


def test_hero_lifts_a_name_above_the_flank_of_a_higher_band_beside_it():
    series = np.zeros((2, 401))
    series[:, [200, 209, 216]] = 8, 5, 1
    series[1, 0] = 1
    at = ("wavenumber in 1/cm", np.arange(401.0))
    data = datasets.Dataset("Toy", series, np.array([0, 1]), ("a", "b"), np.ones(2, bool), "here", at)
    bands = pd.DataFrame({"at": [200, 216], "what": ["ester", "other"]})
    top = portraits.hero(data, bands).axes[0]
    # a name is as wide as a fortieth of the axis to either side: 10
    named = {text.get_text(): text.get_position() for text in top.texts}
    assert named == {"200 ester": (200, 8.48), "216 other": (216, 5.48)}
    leaders = [line.get_segments()[0][:, 1].tolist() for line in top.collections]
    assert leaders == [[8, 8.48], [1, 5.48]]


def test_hero_needs_two_classes():
    with pytest.raises(ValueError, match="^data: expected two classes or more, got none$"):
        portraits.hero(along(10, 30, classes="a"), BANDS)


def test_channels_draws_the_colormaps_own_curves():
    figure = portraits.channels(["viridis", "gray"])
    for axis, name in zip(figure.axes, ("viridis", "gray")):
        table = colormaps[name](np.arange(256), bytes=True)[:, :3] / 255
        drawn = np.array([line.get_ydata() for line in axis.get_lines()])
        assert drawn == pytest.approx(table.T, abs=1e-6) and axis.get_lines()[0].get_xdata()[[0, -1]].tolist() == [
            -1,
            1,
        ]
        assert np.allclose(axis.get_images()[0].get_array()[0], table, atol=1e-6)
        assert axis.get_title() == f"{name}\nsd: " + ", ".join(
            f"{letter} {value:.2f}" for letter, value in zip("RGB", table.std(0))
        )
        for text in axis.texts:  # a letter stands on its curve
            if text.get_text() in {"R", "G", "B"}:
                x, y = text.get_position()
                assert y == pytest.approx(table[round((x + 1) * 127.5), "RGB".index(text.get_text())], abs=1e-6)
    assert texts(figure.axes[0]) == ["R", "G", "B"] and texts(figure.axes[1]) == ["R, G, B alike"]
    assert title(figure) == "viridis uses all three channels: red, green, blue" and footer(figure).endswith(
        "over the colormap"
    )


def test_channels_says_what_the_pictures_at_hand_vary_by():
    made = pd.DataFrame(
        {"colormap": ["field", "viridis"], "red_sd": [0.1, 0.2], "green_sd": [0.1, 0.3], "blue_sd": [0.1, 0.01]}
    )
    figure = portraits.channels(["viridis"], made)
    assert figure.axes[0].get_title() == "viridis\nsd: R 0.20, G 0.30, B 0.01"
    assert title(figure) == "viridis uses 2 of three channels: red, green" and footer(figure).endswith(
        "all pictures; notebook 05"
    )
    table = pd.DataFrame(colours.channel_statistics(encoders.encode(SERIES), ["viridis"]))
    assert f"G {table['green_sd'][0]:.2f}" in portraits.channels(["viridis"], table).axes[0].get_title()


def test_portraits_need_colormaps_and_encodings_that_there_are():
    with pytest.raises(ValueError, match="^colormaps: expected one or more, got none$"):
        portraits.channels([])
    with pytest.raises(ValueError, match="^encoding: .* got 'fractal'$"):
        portraits.encodings(along(10, 30), ["fractal"], "gadf+mtf", "viridis")


def digits(share, count):
    """In percent, rounded to so many digits, and never as a power of ten."""
    return np.format_float_positional(100 * share, count, unique=False, fractional=False, trim="-")


@pytest.mark.parametrize("first, last", [(10, 30), (30, 10)])
def test_encodings_draws_two_series_and_their_difference(first, last):
    figure = portraits.encodings(along(first, last), ["gadf", "line"], "gadf+mtf+line", "viridis")
    axes = np.reshape(figure.axes, (3, 3))
    images = [[axis.get_images()[0] for axis in line] for line in axes]
    drawn = encoders.render(SERIES[[0, 2]], "gadf", "viridis").permute(0, 2, 3, 1)
    values = {
        name: encoders.render(SERIES[[0, 2]], name, "field").numpy() for name in ("gadf", "line", "gadf+mtf+line")
    }
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
    assert (
        title(figure)
        == f"Two typical series of different classes: their pictures differ by {said[0]} to {said[1]}, root mean square"
    )
    assert re.findall(r"\d+%", title(figure)) == ["10%", "40%"]
    assert "series 0 and 2" in footer(figure) and "GADF+MTF+line" in footer(figure)


@pytest.mark.parametrize("encoding, low, high", [("recurrence", 10, 30), ("line", 0, 1), ("spectrogram", 0, 0.5)])
@pytest.mark.parametrize("first, last", [(10, 30), (30, 10)])
def test_a_look_draws_a_series_and_its_picture_the_right_way_up(first, last, encoding, low, high):
    data = along(first, last, classes="ab")
    left, right = portraits.look(data, 3, encoding, "gray").axes
    (line,), (image,) = left.get_lines(), right.get_images()
    assert list(line.get_ydata()) == list(SERIES[3]) and list(line.get_xdata()) == list(data.axis[1])
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
    figure = portraits.look(along(10, 30), 0, "gadf+mtf", "field")
    assert title(figure).endswith("like that of class a's mean") and "a training series; " in footer(figure)
    assert "difference 0% of the range, to its own class's mean 0%" in footer(figure)


@pytest.mark.parametrize(
    "change, says",
    [
        *(({"series": wrong}, f"^series: .* from 0 to 5, got {wrong!r}$") for wrong in (6, -1, 1.0, True, "1")),
        ({"encoding": "fractal"}, "^encoding: .* got 'fractal'$"),
        ({"colormap": "mauve"}, "^colormap: .* got 'mauve'$"),
        ({"colormap": ["gray"]}, r"^colormap: .* got \['gray'\]$"),
    ],
)
def test_a_look_needs_a_series_an_encoding_and_a_colormap_that_are_there(change, says):
    with pytest.raises(ValueError, match=says):
        portraits.look(along(10, 30), **({"series": 0, "encoding": "gadf", "colormap": "viridis"} | change))


WIDGETS = SimpleNamespace(
    IntSlider=lambda value, low, high, **_: (value, low, high),
    Dropdown=lambda options, value: options[options.index(value)],
    interactive=lambda draw, **shown: (draw, shown),
)


def before(monkeypatch, can_be_asked, package):
    """A kernel before somebody who can be asked something, or not; package: what ipywidgets is, None for nothing."""
    kernel = SimpleNamespace(get_parent=lambda: {"content": {"allow_stdin": can_be_asked}})
    monkeypatch.setattr(portraits, "get_ipython", lambda: SimpleNamespace(kernel=kernel))
    monkeypatch.setitem(sys.modules, "ipywidgets", package)


@pytest.mark.parametrize("asked, package, says", [(True, None, "sliders: there is no package"), (False, WIDGETS, "")])
def test_no_sliders_without_their_package_or_somebody_to_move_them(monkeypatch, capsys, asked, package, says):
    before(monkeypatch, asked, package)
    assert portraits.sliders(along(10, 30), 1, "gadf", "gray") is None
    assert capsys.readouterr().out.startswith(says)


def test_sliders_begin_with_what_is_given_and_draw_what_is_chosen(monkeypatch):
    before(monkeypatch, True, WIDGETS)
    shown = []
    monkeypatch.setattr(portraits.display, "display", shown.append)
    draw, first = portraits.sliders(along(10, 30), 1, "gadf", "gray")
    assert first == {"series": (1, 0, 5), "encoding": "gadf", "colormap": "gray"}
    draw(series=3, encoding="line", colormap="field")
    assert title(shown[0]).startswith("Series 3, ") and not plt.get_fignums()
