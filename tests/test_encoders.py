import io
import math

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from pyts.image import GramianAngularField, MarkovTransitionField, RecurrencePlot

from tsvision.pictures import Picture, colours, encoders, originals, views

MEAN, STD = (0.5, 0.4, 0.3), (0.5, 0.2, 0.1)


@pytest.fixture
def series():
    return np.random.default_rng(0).normal(size=(4, 57)).cumsum(1)


def normal(images):
    """Images less MEAN, over STD."""
    return (images - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)


SINE = math.sin(math.pi / 3)
THREE = [2.0, 3.0, 4.0]  # scaled to -1, 0, 1: angles pi, pi/2, 0


@pytest.mark.parametrize(
    "encoding, series, expected, size",
    [
        ("gadf", THREE, [[0, 1, 0], [-1, 0, 1], [0, -1, 0]], None),  # sin(phi_i - phi_j)
        # 0, 1, 4 scale to -1, -1/2, 1: angles pi, 2 pi / 3, 0
        ("gadf", [0.0, 1.0, 4.0], [[0, SINE, 0], [-SINE, 0, SINE], [0, -SINE, 0]], None),
        ("gasf", THREE, [[1, 0, -1], [0, -1, 0], [-1, 0, 1]], None),  # cos(phi_i + phi_j)
        ("recurrence", THREE, [[-1, 0, 1], [0, -1, 0], [1, 0, -1]], None),  # distances 0, 1, 2, less 1
        # the bins of 1, 2 and 9 are a, b and c; a goes to b once and to c once, b to a always
        ("mtf", [1.0, 2.0, 1.0, 9.0], [[-1, 0, -1, 0], [1, -1, 1, -1], [-1, 0, -1, 0], [-1] * 4], None),
        ("mtf", [1.0, 2.0, 1.0, 9.0], [[-0.25, -0.25], [-0.75, -0.75]], 2),  # the mean of each 2 x 2 block
        # a line two wide: 0, 4, 4, 3, 0 lie 3, 1, 1, 1.5 and 3 pixels below the top, one pixel more is inked
        ("line", [0.0, 4.0, 4.0, 3.0, 0.0], [[1, 1, 1, 0], [1, 1, 1, 1], [1, -1, 0, 1], [1, -1, -1, 1]], 4),
        ("line", [7.0, 7.5, 7.0], [[1, 1], [1, 1]], 2),
    ],
)
def test_fields_by_hand(encoding, series, expected, size):
    np.testing.assert_allclose(encoders.encode([series], encoding, size)[0], expected, atol=1e-6)


@pytest.mark.filterwarnings("ignore:Some quantiles are equal")
@pytest.mark.parametrize("size", [57, 30, 7, 1])
def test_fields_equal_those_of_pyts(series, size):
    series = np.vstack([series, series.round(), np.repeat(series[:1, :19], 3, 1), np.ones((1, 57))])  # ties among them
    distance = RecurrencePlot().transform(encoders.paa(torch.as_tensor(series), size).numpy())
    largest = distance.max((1, 2), keepdims=True)
    expected = {
        "gadf": GramianAngularField(image_size=size, method="difference").transform(series),
        "gasf": GramianAngularField(image_size=size, method="summation").transform(series),
        "mtf": 2 * MarkovTransitionField(image_size=size).transform(series) - 1,
        "recurrence": 2 * distance / np.where(largest > 0, largest, 1) - 1,
    }
    for name, field in expected.items():
        np.testing.assert_allclose(encoders.encode(series, name, size), field, atol=1e-6, err_msg=name)


def test_constant_series_of_every_encoding():
    constant = np.full((2, 9), 3.7)
    values = {name: encoders.encode(constant, name).unique().tolist() for name in encoders.ENCODINGS}
    known = {"gadf": [0], "gasf": [1], "recurrence": [-1], "mtf": [1], "line": [-1, 1], "spectrogram": [-1]}
    assert values | known == values and all(-1 <= min(own) <= max(own) <= 1 for own in values.values())
    flat = encoders.encode(constant, "line")[0]
    assert (flat[-2:] == 1).all() and (flat[:-2] == -1).all()  # a line of two pixels at the bottom


def test_line_is_the_plot_of_the_series():
    steps, side = 570, 160
    x = np.linspace(0, 1, steps)
    wave = np.sin(9 * x) + x * np.sin(40 * x)
    drawn = encoders.encode(wave[None], "line", side)[0].numpy()
    # many points of each column, on the straight lines between the steps, and one pixel more each way
    dense = np.interp((np.arange(side)[:, None] + np.linspace(0, 1, 60)) / side, x, wave)
    height = (dense.max() - dense) / np.ptp(dense) * (side - 2) + 1
    above, below = height.min(1) - 1, height.max(1) + 1
    rows = np.arange(side)[:, None]
    ink = np.clip(np.minimum(below, rows + 1) - np.maximum(above, rows), 0, 1)
    assert np.abs(drawn - (2 * ink - 1)).max() < 0.1
    assert 0.01 < ink.mean() < 0.2


def test_line_reaches_a_peak_of_one_time_step():
    for size in (8, 5, 3):
        spike = encoders.encode([[0.0, 0.0, 6.0, 0.0, 0.0, 0.0, 0.0, 0.0]], "line", size)[0]
        assert spike[0].max() == spike[-1].max() == 1  # its range fills the picture


def test_two_or_three_encodings_share_a_picture_and_the_third_channel_of_two_is_their_mean(series):
    for names in (("gadf", "line", "mtf"), ("gadf", "mtf")):
        fields = [encoders.encode(series, name, 30) for name in names]
        fields += [(fields[0] + fields[1]) / 2] * (len(names) == 2)
        joined = encoders.render(series, "+".join(names), "field", 30, MEAN, STD)
        torch.testing.assert_close(joined, normal((torch.stack(fields, 1) + 1) / 2), atol=1e-5, rtol=0)


@pytest.mark.parametrize("colormap", ["viridis", "field"])
@pytest.mark.parametrize("encoding", list(encoders.ENCODINGS))
def test_render_is_image_of_encode_however_it_is_cut(series, encoding, colormap, monkeypatch):
    whole = colours.image(encoders.encode(series, encoding), colormap)
    for pixels in (1, 3 * 57 * 57):  # one picture at a time; three, then the one left over
        monkeypatch.setitem(colours.CHUNK, "cpu", pixels)
        images = encoders.render(series, encoding, colormap)
        assert torch.equal(images, whole)
        assert images.is_contiguous(memory_format=torch.channels_last)
        # mean and std in the table are those taken off the pixels
        assert torch.equal(encoders.render(series, encoding, colormap, mean=MEAN, std=STD), normal(whole))


def test_rounding_does_not_leave_the_range():
    ramp = np.linspace(-1, 1, 200)[None]  # its gasf meets cos^2 + sin^2 a hundred times
    assert encoders.ENCODINGS["gasf"](encoders.check_series(ramp), 200)(slice(None)).abs().max() > 1
    assert encoders.encode(ramp, "gasf").abs().max() == 1
    drawn = encoders.render(ramp, "gasf", "field")
    assert drawn.min() == 0 and drawn.max() == 1
    assert torch.equal(drawn, colours.image(encoders.encode(ramp, "gasf"), "field"))


def test_autocast_does_not_reach_the_drawing(series):
    plain = encoders.render(series, "mtf"), encoders.encode(series)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(encoders.render(series, "mtf"), plain[0]) and torch.equal(encoders.encode(series), plain[1])


def test_stretch_and_paa_by_hand():
    assert encoders.stretch([[0.0, 1.0, 3.0]], 5).tolist() == [[0.0, 0.5, 1.0, 2.0, 3.0]]
    assert encoders.stretch([[0.0, 0.5, 1.0, 2.0, 3.0]], 3).tolist() == [[0.0, 1.0, 3.0]]
    # five steps in two segments: steps 0 to 1 and 2 to 4
    assert encoders.paa(torch.tensor([[1.0, 3.0, 4.0, 5.0, 9.0]]), 2).tolist() == [[2.0, 6.0]]


@pytest.mark.parametrize("colormap", ["viridis", "rainbow", "gray"])
def test_image_is_what_imsave_writes_pixel_for_pixel(series, colormap):
    field = encoders.encode(series)
    for k, picture in enumerate(colours.image(field, colormap)):
        file = io.BytesIO()
        plt.imsave(file, field[k].numpy(), cmap=colormap, vmin=-1, vmax=1, format="png")
        file.seek(0)
        assert np.array_equal(picture.permute(1, 2, 0).numpy(), plt.imread(file)[..., :3])


def test_image_of_the_ends_and_the_middle_leaves_the_field_alone():
    field = torch.tensor([[[-1.0, 0.0], [0.999, 1.0]]])
    picture, exact = colours.image(field, "gray"), colours.image(field, "field")
    assert (picture[0, 0] * 255).round().int().tolist() == [[0, 128], [255, 255]]
    torch.testing.assert_close(exact[0, 2], torch.tensor([[0.0, 0.5], [0.9995, 1.0]]))  # not rounded
    assert field.tolist() == torch.tensor([[[-1.0, 0.0], [0.999, 1.0]]]).tolist()


def test_channel_statistics(series):
    gray, raw = colours.channel_statistics(torch.tensor([[[-1.0, 1.0], [1.0, -1.0]]]), ["gray", "field"])
    assert gray["colours"] == raw["colours"] == 2
    assert gray["red_mean"] == raw["blue_mean"] == 0.5
    assert gray["green_sd"] == pytest.approx(math.sqrt(1 / 3), abs=1e-6)  # 0, 1, 1, 0 with ddof 1
    lines = colours.channel_statistics(encoders.encode(series), ["viridis", "rainbow", "gray", "field"])
    assert max(line["colours"] for line in lines[:3]) <= 256 < lines[3]["colours"]
    assert lines[0]["red_sd"] > lines[0]["blue_sd"] > 0.1  # against the post: viridis does use its red channel


def images_of(*shape, value=0.0):
    return lambda: colours.image(torch.full(shape, value))


ENDS, encode, render = [[1.0, 2.0]], encoders.encode, encoders.render
BAD = {
    "finite values, got nan at series 0, time step 1": lambda: encode([[1.0, math.nan, 2.0]]),
    "got inf at series 1, time step 1": lambda: encoders.stretch([[1.0, 2.0], [3.0, math.inf]], 3),
    r"shape \(n, t\)": lambda: encode([1.0, 2.0]),
    "t >= 2": lambda: encode([[1.0]]),
    "n >= 1": lambda: encode(np.empty((0, 5))),
    "size: expected a whole number from 1 to the series' length 2, got 3": lambda: encode(ENDS, size=3),
    "size: .*, got 0": lambda: encode(ENDS, size=0),
    "size: .*, got True": lambda: encode(ENDS, size=True),
    "size: expected a whole number from 2 on, got 1": lambda: encoders.stretch(ENDS, 1),
    "colormap: expected 'field' or a name": lambda: colours.image(torch.zeros(1, 2, 2), "nosuchmap"),
    "field: expected.* 1.5 to 1.5": images_of(1, 2, 2, value=1.5),
    "field: expected.* nan": images_of(1, 2, 2, value=math.nan),
    r"field: expected.*got \(1, 2, 3\)": images_of(1, 2, 3),
    r"field: expected.*got \(0, 2, 2\)": images_of(0, 2, 2),
    "field: expected.* 1.5": lambda: colours.channel_statistics(torch.full((1, 2, 2), 1.5), ["gray"]),
    "encoding: expected one of gadf, gasf, recurrence, mtf, line, spectrogram.*, got 'gaf'": lambda: render(
        ENDS, "gaf"
    ),
    r"encoding: expected two or three joined by '\+' .*'field'": lambda: render(ENDS, "gadf+mtf+gasf+line", "field"),
    "colormap 'field', got .* 'gray'": lambda: render(ENDS, "gadf+mtf+line", "gray"),
    "encoding: .* got 'lines'": lambda: render(ENDS, "gadf+mtf+lines", "field"),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_arguments_are_named(message):
    with pytest.raises(ValueError, match=message):
        BAD[message]()


def test_spectrogram_is_the_power_of_windowed_fourier_transforms():
    t, side, width = 64, 5, 8  # five frequencies of eight steps: those of an FFT
    x = np.random.default_rng(0).normal(size=t)
    scaled = 2 * (x - x.min()) / (x.max() - x.min()) - 1
    padded = np.pad(scaled - scaled.mean(), (4, 3), mode="reflect")
    window = np.hanning(width)
    power = np.array([np.abs(np.fft.rfft(padded[k : k + width] * window)) ** 2 for k in range(t)]).T[::-1]
    edges = [0, 12, 25, 38, 51, 64]
    columns = np.stack([power[:, a:b].mean(1) for a, b in zip(edges, edges[1:])], 1)
    expected = np.maximum(10 * np.log10(columns / columns.max()), -60) / 30 + 1
    assert np.allclose(encoders.encode(x[None], "spectrogram", side)[0], expected, atol=1e-4)
    wave = np.sin(2 * np.pi * 0.125 * np.arange(160))[None]  # an eighth of a cycle a step: a quarter of the height
    field = encoders.encode(wave, "spectrogram", 41)[0]
    assert (field.argmax(0) == 30).double().mean() > 0.8 and field[:10, 8:-8].max() < -0.3


def test_span_scales_all_series_by_one_range_and_cuts_off_what_lies_beyond():
    x = torch.tensor([[0.0, 1.0, 2.0], [1.0, 1.0, 4.0]], dtype=torch.float64)
    assert encoders.min_max(x, (0, 2)).tolist() == [[-1, 0, 1], [0, 0, 1]]
    assert encoders.encode(x, "recurrence", span=(0, 2))[1].tolist() == [[-1, -1, 0], [-1, -1, 0], [0, 0, -1]]
    own = encoders.encode(x[:1], "gadf")
    assert torch.equal(encoders.encode(x[:1], "gadf", span=(0, 2)), own)
    assert torch.equal(encoders.render(x[:1], "gadf", span=(0, 2)), encoders.render(x[:1], "gadf"))


def test_few_of_the_series_evenly_spread():
    series = np.arange(10)[:, None] * np.ones(4)
    assert encoders.few(series, 3 * 16 + 15)[:, 0].tolist() == [0, 4, 9]
    assert encoders.few(series, 15).tolist() == series[:1].tolist(), "one at least"
    assert encoders.few(series).tolist() == series.tolist()


def drawn(series, size, view, mean=MEAN, std=STD, span=None):
    return views.draw(torch.as_tensor(series), Picture("gadf", "gray", size, view), mean, std, span)


@pytest.mark.parametrize("view", sorted({*views.DRAWN} - {"padded"}))  # whose margin depends on the mean
def test_pictures_have_the_side_asked_for_and_are_normalised_a_few_at_a_time(series, view, monkeypatch):
    images = drawn(series, 40, view)
    assert images.shape[2:] == ((57, 57) if view == "crop" else (40, 40))  # the loader crops
    assert images.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(images, normal(drawn(series, 40, view, *colours.UNIT)), atol=1e-5, rtol=1e-5)
    assert not torch.equal(drawn(series, 40, view, span=(-99, 99)), images)
    monkeypatch.setattr(views, "AT_ONCE", 1)
    assert torch.equal(drawn(series, 40, view), images)


def test_what_a_view_shows(series):
    plain = encoders.render(series, "gadf", "gray")
    stretched = encoders.render(encoders.stretch(series, 64), "gadf", "gray", mean=MEAN, std=STD)
    assert torch.equal(drawn(series, 64, "stretch"), stretched)  # interpolated before it is drawn
    resized = drawn(series, 20, "resize", *colours.UNIT)
    torch.testing.assert_close(resized.mean((2, 3)), plain.mean((2, 3)), atol=0.01, rtol=0)  # keeps the mean grey
    assert not torch.equal(resized, drawn(series, 20, "field", *colours.UNIT))
    framed = originals.framed(plain)
    torch.testing.assert_close(drawn(series, 570, "axes", *colours.UNIT), framed, atol=1e-6, rtol=0)
    # a white corner: (1 - mean) / std
    assert drawn(series[:1], 95, "axes")[0, :, 0, 0].tolist() == pytest.approx([1.0, 3.0, 7.0])
    top, bottom, left, right = originals.frame(570, 570)[1]
    bare = drawn(series, 570, "margins", *colours.UNIT)
    inside = framed[:, :, top:bottom, left:right]
    torch.testing.assert_close(bare[:, :, top:bottom, left:right], inside, atol=1e-6, rtol=0)
    padded = drawn(series, 570, "padded")  # the mean colour is 0 to the network
    torch.testing.assert_close(padded[:, :, top:bottom, left:right], normal(inside), atol=1e-5, rtol=1e-5)
    bare[:, :, top:bottom, left:right], padded[:, :, top:bottom, left:right] = 1, 0
    assert (bare == 1).all() and (padded.abs() < 1e-6).all() and bottom - top == 439
    assert originals.plot_side(160) == 123 and originals.plot_side(570) == 439  # 160 x 439 / 570 is 123.2
    with pytest.raises(ValueError, match="one of field, stretch, resize, axes, margins, padded, crop, got 'grid'"):
        drawn(series, 16, "grid")


def test_a_picture_of_a_menu_and_the_span_of_the_training_series():
    menu = Picture("line|gadf+mtf", "gray", 8, "field", "training")
    one, joined = menu.menu()
    assert one == Picture("line", "gray", 8, "field", "training")
    assert joined == Picture("gadf+mtf", "field", 8, "field", "training")
    series = np.array([[1.0, 5.0], [-2.0, 3.0]])
    assert menu.span(series) == (-2, 5) and Picture("line", "gray", 8, "field").span(series) is None
