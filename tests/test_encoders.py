import io
import math

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from pyts.approximation import PiecewiseAggregateApproximation
from pyts.image import GramianAngularField

from tsvision import encoders


@pytest.fixture
def series():
    return np.random.default_rng(0).normal(size=(4, 57)).cumsum(1)


def test_gadf_of_three_points_by_hand():
    # scaled to -1, 0, 1: angles pi, pi/2, 0; sin(phi_i - phi_j) of each pair
    expected = [[0, 1, 0], [-1, 0, 1], [0, -1, 0]]
    np.testing.assert_allclose(encoders.gadf([[2.0, 3.0, 4.0]])[0], expected, atol=1e-7)


def test_gadf_of_an_uneven_series_by_hand():
    # 0, 1, 4 scale to -1, -1/2, 1: angles pi, 2 pi / 3, 0
    a, b = math.sin(math.pi / 3), math.sin(2 * math.pi / 3)
    np.testing.assert_allclose(encoders.gadf([[0.0, 1.0, 4.0]])[0], [[0, a, 0], [-a, 0, b], [0, -b, 0]], atol=1e-7)


@pytest.mark.parametrize("size", [57, 30, 7, 1])
def test_gadf_equals_pyts(series, size):
    expected = GramianAngularField(image_size=size, method="difference").transform(series)
    np.testing.assert_allclose(encoders.gadf(series, size), expected, atol=1e-6)


def test_gadf_symmetries(series):
    field = encoders.gadf(series)
    torch.testing.assert_close(field, -field.transpose(1, 2), atol=1e-6, rtol=0)
    torch.testing.assert_close(
        encoders.gadf(series[:, ::-1].copy()), field.flip(1, 2), atol=1e-6, rtol=0
    )  # time reversed
    torch.testing.assert_close(encoders.gadf(-series), field.transpose(1, 2), atol=1e-6, rtol=0)  # upside down
    torch.testing.assert_close(
        encoders.gadf(3 * series + 5), field, atol=1e-6, rtol=0
    )  # amplitude and level are erased


def test_constant_series_gives_zeros_as_in_pyts():
    constant = np.full((2, 9), 3.7)
    assert (encoders.gadf(constant) == 0).all()
    assert (GramianAngularField(method="difference").transform(constant) == 0).all()


def test_paa_by_hand_and_against_pyts(series):
    # five steps in two segments: steps 0 to 1 and 2 to 4
    assert encoders.paa([[1.0, 3.0, 4.0, 5.0, 9.0]], 2).tolist() == [[2.0, 6.0]]
    expected = PiecewiseAggregateApproximation(window_size=None, output_size=13, overlapping=False).transform(series)
    np.testing.assert_allclose(encoders.paa(series, 13), expected, atol=1e-12)


@pytest.mark.parametrize("colormap", ["viridis", "rainbow", "gray"])
def test_image_is_what_imsave_writes_pixel_for_pixel(series, colormap):
    field = encoders.gadf(series)
    for k, picture in enumerate(encoders.image(field, colormap)):
        file = io.BytesIO()
        plt.imsave(file, field[k].numpy(), cmap=colormap, vmin=-1, vmax=1, format="png")
        file.seek(0)
        assert np.array_equal(picture.permute(1, 2, 0).numpy(), plt.imread(file)[..., :3])


def test_image_of_the_ends_and_the_middle():
    picture = encoders.image(torch.tensor([[[-1.0, 0.0], [0.999, 1.0]]]), "gray")
    assert (picture[0, 0] * 255).round().int().tolist() == [[0, 128], [255, 255]]
    assert picture.is_contiguous(memory_format=torch.channels_last)


def test_field_is_not_rounded():
    picture = encoders.image(torch.tensor([[[-1.0, 0.0], [0.001, 1.0]]]), "field")
    torch.testing.assert_close(picture[0, 2], torch.tensor([[0.0, 0.5], [0.5005, 1.0]]))


def test_channel_statistics_by_hand():
    field = torch.tensor([[[-1.0, 1.0], [1.0, -1.0]]])
    gray, raw = encoders.channel_statistics(field, ["gray", "field"])
    assert gray["colours"] == raw["colours"] == 2
    assert gray["red_mean"] == raw["blue_mean"] == 0.5
    assert gray["green_sd"] == pytest.approx(math.sqrt(1 / 3), abs=1e-6)  # 0, 1, 1, 0 with ddof 1


def test_no_colormap_shows_more_than_256_colours(series):
    lines = encoders.channel_statistics(encoders.gadf(series), ["viridis", "rainbow", "gray", "field"])
    assert max(line["colours"] for line in lines[:3]) <= 256 < lines[3]["colours"]
    assert lines[0]["red_sd"] > lines[0]["blue_sd"] > 0.1  # against the post: viridis does use its red channel


def test_original_picture_is_what_a_saved_figure_holds(series):
    field = encoders.gadf(series)[0].numpy()
    file = io.BytesIO()
    figure, axis = plt.subplots(figsize=(5.7, 5.7), dpi=100)
    axis.imshow(field, cmap="viridis")
    figure.savefig(file, format="png")
    plt.close(figure)
    file.seek(0)
    saved = (plt.imread(file)[..., :3] * 255).round().astype(np.uint8)
    assert saved.shape == (570, 570, 3)
    assert np.array_equal(encoders.original_picture(field), saved)
    assert (saved == 255).all(-1).mean() > 0.3  # a third of it and more is frame


@pytest.mark.parametrize(
    "bad, message",
    [
        ([[1.0, float("nan"), 2.0]], "finite values, got nan at series 0, time step 1"),
        ([[1.0, 2.0], [3.0, float("inf")]], "got inf at series 1, time step 1"),
        ([1.0, 2.0], r"shape \(n, t\)"),
        ([[1.0]], "t >= 2"),
        (np.empty((0, 5)), "n >= 1"),
    ],
)
def test_bad_series_are_named(bad, message):
    with pytest.raises(ValueError, match=message):
        encoders.gadf(bad)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: encoders.gadf([[1.0, 2.0]], 3), "size: expected a whole number from 1 to the series' length 2, got 3"),
        (lambda: encoders.gadf([[1.0, 2.0]], 0), "size"),
        (lambda: encoders.gadf([[1.0, 2.0]], True), "size"),
        (lambda: encoders.image(torch.zeros(1, 2, 2), "nosuchmap"), "colormap: expected 'field' or a name"),
        (lambda: encoders.image(torch.full((1, 2, 2), 1.5)), "field: expected"),
        (lambda: encoders.image(torch.full((1, 2, 2), math.nan)), "field: expected"),
        (lambda: encoders.render([[1.0, 2.0]], "gaf"), "encoding: expected one of gadf, got 'gaf'"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
