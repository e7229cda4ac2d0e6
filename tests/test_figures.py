import ast
import dataclasses
import io
from pathlib import Path
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import test_front
import test_portraits
import torch
from conftest import assert_labelled
from PIL import Image
from toys import names, texts, title

from tsvision import figures
from tsvision.data import datasets
from tsvision.figures import base, portraits
from tsvision.pictures import encoders


def test_spectra_draws_every_series_once_over_its_axis(data):
    figure = figures.spectra(data)
    lines = [line.get_ydata() for axis in figure.axes for line in axis.get_lines() if len(line.get_xdata()) == 20]
    mean = data.series[data.train].mean(0)
    assert sorted(map(sum, lines)) == pytest.approx(sorted([*data.series.sum(1), *(data.series - mean).sum(1)]))
    assert figure.axes[0].get_ylabel()
    assert_labelled(figure.axes[3:])


def along(first, last, name="wavenumber in 1/cm"):
    """Three series of two classes, of as many steps as an axis from 10 to 30 or back has fives; the last step of each
    stands out.
    """
    series = np.array([[1.0, 2, 3, 2, 9], [2, 1, 3, 1, 8], [1, 2, 3, 1, 7]])
    axis = (name, np.linspace(first, last, 5))
    return datasets.Dataset("Toy", series, np.array([0, 1, 0]), ("a", "b"), np.array([True, True, False]), "here", axis)


UP, DOWN, STEPS = along(10, 30), along(30, 10), along(0, 4, "time step")


@pytest.mark.parametrize(
    "data, left, right", [(UP, 30, 10), (DOWN, 30, 10), (STEPS, 0, 4), (along(0, 4, "minutes"), 0, 4)]
)
def test_wavenumbers_are_drawn_from_the_highest_on_and_time_from_the_first_step_on(data, left, right):
    assert base.ends(data) == (left, right)
    assert [axis.get_xlim() for axis in figures.spectra(data).axes] == [(left, right)] * 4
    pad = 0.02 * (right - left)
    assert figures.causes([data]).axes[0].get_xlim() == pytest.approx((left - pad, right + pad))
    shown = figures.fields(data, "viridis").axes
    assert [axis.get_xlim() for axis in (*shown[:2], *shown[4:])] == [(left, right)] * 4
    assert [axis.get_ylim() for axis in shown[4:]] == [(right, left)] * 2  # from the top on, as a picture is read
    pictures = portraits.encodings(data, ["gadf", "line"], "gadf+mtf+line", "viridis", *test_portraits.RUNS).axes
    assert [axis.get_xlim() for axis in pictures] == [(left, right)] * 9
    assert [axis.get_ylim() for axis in pictures] == [(right, left), (0, 1), (right, left)] * 3
    assert {axis.get_xlabel() for axis in shown} - {""} == {"time step" if data is STEPS else data.axis[0]}


@pytest.mark.parametrize("data", [UP, DOWN, STEPS])
def test_a_picture_is_turned_with_its_axis(data):
    # the pixel of steps i and j stands where the axis says so, whichever way the axis runs
    picture = encoders.render(data.series[[0]], "gadf", "viridis")[0].permute(1, 2, 0).numpy()
    assert not np.allclose(picture[2, 4], picture[4, 2], atol=0.1)
    first, last = data.axis[1][[0, -1]]
    looks = portraits.encodings(data, ["gadf"], "gadf+mtf+line", "viridis", *test_portraits.RUNS).axes[0]
    for axis in (figures.fields(data, "viridis").axes[4], looks):
        (image,) = axis.get_images()
        assert image.get_extent() == [first, last, last, first]
        assert np.allclose(np.asarray(image.get_array()), picture, atol=0.01)


BANDS = pd.DataFrame({"at": [30, 15], "what": ["ester", "water"], "source": "here"})


@pytest.mark.parametrize("data, peak", [(UP, 30), (DOWN, 10)])
def test_named_bands_say_where_the_strongest_peak_stands_and_where_classes_differ(data, peak):
    data = dataclasses.replace(data, series=data.series + np.array([[0.0], [1], [0]]) * np.array([5.0, 0, 0, 0, 0]))
    figure = figures.named_bands(data, BANDS)
    top, bottom = figure.axes
    # class means (1, 2, 3, 1.5, 8) and (7, 1, 3, 1, 8): furthest apart at the first step, the training mean highest at
    # the last
    says = f"Toy: the strongest peak stands at {peak}, the class means differ most at {40 - peak} (wavenumber in 1/cm)"
    assert title(figure) == says
    spectrum = next(line for line in top.get_lines() if len(line.get_xdata()) == 5)
    assert list(spectrum.get_ydata()) == [4, 1.5, 3, 1.5, 8.5] and list(spectrum.get_xdata()) == list(data.axis[1])
    apart = {line.get_label(): line.get_ydata() for line in bottom.get_lines() if len(line.get_xdata()) == 5}
    assert apart["class a"] == pytest.approx([-2, 1 / 3, 0, 1 / 6, 0])
    assert apart["class b"] == pytest.approx([4, -2 / 3, 0, -1 / 3, 0])
    for axis, what in ((top, ["30 ester", "15 water"]), (bottom, ["30", "15"])):
        assert axis.get_xlim() == (30, 10) and texts(axis) == what
        assert [line.get_xdata()[0] for line in axis.get_lines() if line.get_linestyle() == ":"] == [30, 15]


def test_fields_shows_both_pictures_of_each_class(data):
    figure = figures.fields(data, "viridis")
    pictures = [image.get_array().shape for axis in figure.axes for image in axis.get_images()]
    assert pictures.count((570, 570, 3)) == 3 and pictures.count((20, 20, 3)) == 3


def test_causes_shows_every_series_and_names_the_wide_ones(data):
    wide = dataclasses.replace(data, name="Toy, scaled", series=20 * data.series)
    other = dataclasses.replace(data, name="Toy, moved", series=data.series + 5)
    figure = figures.causes([data, wide, other])
    titles = [axis.get_title() for axis in figure.axes]
    assert titles == ["as downloaded", "scaled", "moved", ""]
    for axis, series in zip(figure.axes, (data.series, wide.series, other.series)):
        lines = [line.get_ydata() for line in axis.get_lines() if len(line.get_xdata()) == 20]
        assert sorted(map(sum, lines)) == pytest.approx(sorted(series.sum(1)))
        assert axis.get_xlim() == pytest.approx((30.4, 9.6))  # what stands at the edge is seen
    assert "9 series look like one" in title(figure) and title(figure).endswith("would come from: scaled")
    assert title(figures.causes([data, other])).endswith("would come from: none of these")


def test_cost_law_draws_what_was_measured_beside_powers_of_the_length():
    table = pd.DataFrame({"length": [280, 560, 1120], "tokens": [401, 1601, 6401], "seconds": [0.5, 2.0, 32.0]})
    figure = figures.cost_law(table)
    axis = figure.axes[0]
    # twice the length: four times the seconds, then sixteen times
    says = "A transformer's cost grows with the power 2.0 of the length at first and 4.0 at last: 32 s a picture at"
    assert title(figure) == f"{says} 1120 steps"
    measured, fourth, second = (list(line.get_ydata()) for line in axis.get_lines())
    assert measured == [0.5, 2, 32] and fourth == pytest.approx([0.5, 8, 128]) and second == pytest.approx([0.5, 2, 8])
    notes = {text.get_text(): text.xy for text in axis.texts}
    assert notes == {"401 tokens": (280, 0.5), "1,601 tokens": (560, 2.0), "6,401 tokens": (1120, 32.0)}
    assert (axis.get_xscale(), axis.get_yscale()) == ("log", "log") and names(axis, "x") == ["280", "560", "1120"]
    assert_labelled(figure.axes)


def turned(side, degrees, length=1.0):
    """A grid of embeddings that turn by so many degrees from each column to the next."""
    angles = np.radians(degrees * np.arange(side))
    return length * np.stack([np.cos(angles), np.sin(angles)], 1)[None].repeat(side, 0)


def test_positions_shows_how_alike_each_place_is_to_the_middle():
    grids = {"as trained, 48 px": turned(3, 60), "stretch, 64 px": turned(4, 90, 7.0), "patch": turned(2, 36.8699)}
    figure = figures.positions(grids)
    *shown, bar = figure.axes
    pictures = [axis.get_images()[0] for axis in shown]
    expected = [[0.5, 1, 0.5], [-1, 0, 1, 0], [0.8, 1]]  # of the middle column, or that after the middle
    for picture, line in zip(pictures, expected):
        assert np.allclose(picture.get_array(), [line] * len(line), atol=1e-6)
        assert picture.get_clim() == (-1, 1)
    assert shown[0].get_title() == "as trained, 48 px\n3 x 3 patches"
    # below: 1
    says = "Neighbours' positions have a cosine similarity of 0.750 as trained and, resampled, of 0.500, 0.900"
    assert title(figure) == says
    assert bar.get_ylabel() == "cosine similarity to the middle"
    assert_labelled(shown)


def test_finish_puts_the_finding_above_the_panels_and_what_made_it_below():
    figure, axes = plt.subplots(1, 2)
    heading, footer = " ".join(["picture90"] * 8), " ".join(["notebooks"] * 13)
    assert base.finish(figure, heading, footer) is figure
    # nine letters and a space: 6 words fill 59 of 66 characters, 12 fill 119 of 126
    assert figure.get_suptitle() == f"{heading[:59]}\n{heading[60:]}" and figure.get_label() == heading
    assert figure.get_supxlabel() == f"{footer[:119]}\n{footer[120:]}"
    figure.draw_without_rendering()
    labels = [label for axis in axes for label in (*axis.get_xticklabels(), *axis.get_yticklabels())]
    assert {label.get_fontsize() for label in labels} == {base.SMALL}


def test_a_batch_is_drawn_as_it_was_before_the_network_s_normalisation():
    network = SimpleNamespace(name="net.tag", mean=(0.5, 0.5, 0.5), std=(0.25, 0.5, 1))
    images = torch.zeros(5, 3, 2, 2)
    images[1, :, 0, 1] = 1.0  # red .75, green 1, blue 1.5, which is cut off at 1
    figure = figures.batch(images, torch.tensor([0, 1, 1, 0, 1]), network, ("a", "b"))
    # the second differs from each of the others by .25, .5 and .5 in one of four pixels, and those not at all
    assert "A batch as net sees it: two pictures of 2 px differ by 4.2% of the range of a colour" in title(figure)
    shown = [axis for axis in figure.axes if axis.images]
    assert len(figure.axes) == 8 and [axis.get_title() for axis in shown] == [f"class {name}" for name in "abbab"]
    drawn = [np.asarray(axis.images[0].get_array()) for axis in shown]
    assert (drawn[0] == 0.5).all() and drawn[1][0, 1].tolist() == [0.75, 1, 1] and drawn[1][1, 1].tolist() == [0.5] * 3


DRAWN = test_front.DRAWN | test_portraits.DRAWN  # every figure of the README
DARK = plt.style.library["dark_background"] | {"font.size": 20.0, "savefig.facecolor": "black", "savefig.bbox": "tight"}


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_figures_are_as_wide_as_the_page_and_leave_the_style_of_others_alone(draw):
    before = dict(plt.rcParams)
    figure = draw()
    assert figure.get_size_inches()[0] * base.DPI == pytest.approx(860)
    assert dict(plt.rcParams) == before
    assert figure.axes[0].title.get_fontsize() == 10.5 and not figure.axes[0].spines["top"].get_visible()


@pytest.mark.parametrize("maps, most", [(["viridis"], 8), (["viridis", "hsv", "RdBu"], 16)])
def test_colours_of_a_saved_figure_stay_what_they_are_rare_ones_too(tmp_path, monkeypatch, maps, most):
    monkeypatch.setattr(datasets, "ROOT", tmp_path)
    figure, axes = plt.subplots(1, 1 + len(maps), figsize=(8, 4))
    for axis, colormap in zip(axes, maps):  # many colours, and large
        axis.imshow(np.random.default_rng(0).random((60, 60)), cmap=colormap)
    few = np.zeros((60, 60))
    few[5, :30] = np.linspace(-1, 1, 30)
    axes[-1].imshow(few, cmap="RdBu")
    figure.savefig(drawn := io.BytesIO(), dpi=2 * base.DPI)
    figures.save(figure, "rare", "")
    saved = Image.open(tmp_path / "figures/rare.png")
    apart = np.abs(np.subtract(*(np.asarray(image.convert("RGB"), int) for image in (Image.open(drawn), saved))))
    assert saved.mode == "P" and apart.mean() <= 1 and apart.max() <= most, "a cut at the median: orange for red"
    figures.save(figure, "exact", "", exact=True)
    with Image.open(tmp_path / "figures/exact.png") as kept:
        assert kept.mode == "RGB"


def test_a_figure_has_the_same_bytes_under_another_style(data, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "ROOT", tmp_path)
    for style in ({}, DARK):
        with plt.style.context(style):
            figures.save(figures.spectra(data), f"plain{len(style)}", "")
            figures.save(test_portraits.DRAWN["hero"](), f"front{len(style)}", "")
    drawn = {path.name: path.read_bytes() for path in (tmp_path / "figures").iterdir()}
    assert len(drawn) == 4 and len(set(drawn.values())) == 2  # and no temporary file is left
    assert all(content[:4] == b"\x89PNG" for content in drawn.values())


def test_every_function_that_opens_a_figure_draws_in_a_style_of_ours():
    opens, styles = {"subplots", "subplot_mosaic", "panels", "figure"}, {"in_plain_style", "in_front_style"}
    found = []
    for path in Path(base.__file__).parent.glob("*.py"):
        for function in ast.parse(path.read_text(encoding="utf-8")).body:
            called = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
            calls = {getattr(one, "attr", getattr(one, "id", "")) for one in called}
            if isinstance(function, ast.FunctionDef) and function.name not in ("panels", "_means") and calls & opens:
                found.append(function.name)
                assert {ast.unparse(part) for part in function.decorator_list} & styles, function.name
    assert len(found) > 20
