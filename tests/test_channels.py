"""Series of several channels: how they are drawn, what networks and methods see of them, and who takes one alone."""

import numpy as np
import pytest
import timm
import torch
from calls import CNN, call, gathered, predicted, waves
from sklearn.dummy import DummyClassifier

from tsvision.data import datasets, splits
from tsvision.methods import baselines, frozen, lastblock, lengths, training
from tsvision.networks import backbones
from tsvision.pictures import Picture, colours, views

TUNED = CNN | {"epochs": 12, "base_lr": 1e-2, "batch_size": 4, "curve": False}
STACKED = {"channels": "stacked", "colormap": "field"}
MEAN, STD = (0.1, 0.2, 0.6), (0.5, 0.6, 0.7)


@pytest.fixture(scope="module")
def data():
    """20 series of two channels: noise, and sines of two frequencies, which alone tell the class."""
    series, labels = waves(20)
    noise = np.random.default_rng(3).normal(size=series.shape)
    return np.stack([noise, series], 1), labels, np.arange(20) < 10


def drawn(series, *unit, span=None, **settings):
    picture = Picture(**{"encoding": "recurrence", "colormap": "gray", "size": 2, "view": "stretch"} | settings)
    return views.draw(torch.as_tensor(series, dtype=torch.float64), picture, *(unit or colours.UNIT), span)


def test_three_channels_by_hand():
    # two steps apart are white, the diagonal is black; each channel by its own range; a constant one is black
    series = [[[0, 1], [0, 100], [5, 5]]]
    apart, same = [[0, 1], [1, 0]], [[0, 0], [0, 0]]
    joined = drawn(series, channels="joined")
    assert joined.shape == (3, 3, 2, 2) and joined[:, 1].tolist() == [apart, apart, same]
    ((stacked,), (normal,)) = (drawn(series, *unit, **STACKED) for unit in ((), (MEAN, STD)))
    assert stacked.tolist() == [apart, apart, same]
    torch.testing.assert_close(normal, (stacked - 0.3) / 0.6)  # the means of MEAN and STD
    mosaic = drawn(series, (0.5,) * 3, (0.5,) * 3, channels="mosaic", size=5)  # tiles of 5 // 2
    blank = [0, 0, 0, 0, 0]
    assert mosaic[0, 0].tolist() == [[-1, 1, -1, 1, 0], [1, -1, 1, -1, 0], [-1, -1, 0, 0, 0], [-1, -1, 0, 0, 0], blank]


@pytest.mark.parametrize("view", views.DRAWN)
def test_a_channels_picture_is_what_it_is_alone(data, view):
    settings = {"encoding": "gadf", "view": view, "size": 20}
    span = ((-2, 2), (-1, 1))
    alone = [drawn(data[0][:, k], MEAN, STD, span=span[k], **settings) for k in (0, 1)]
    joined, mosaic = (drawn(data[0], MEAN, STD, span=span, channels=way, **settings) for way in ("joined", "mosaic"))
    assert torch.equal(joined[::2], alone[0]) and torch.equal(joined[1::2], alone[1])
    tile = 40 if view == "crop" else 10  # at full length: the loader crops
    first = drawn(data[0][:, 0], MEAN, STD, span=span[0], **settings | {"size": 10})
    assert mosaic.shape[2:] == (2 * tile, 2 * tile) and torch.equal(mosaic[:, :, :tile, :tile], first)
    assert not mosaic[:, :, tile:].any()


@pytest.mark.parametrize("way", views.CHANNELS)
def test_a_single_channel_is_drawn_as_one_whatever_is_said(data, way):
    settings = {"colormap": "field", "scaling": "training"}
    plain, single = data[0][:, 1], data[0][:, 1:]
    spans = [Picture("gadf", size=2, view="stretch", channels=way, **settings).span(one) for one in (plain, single)]
    assert spans[0] == spans[1] == (plain.min(), plain.max())
    images = drawn(single, MEAN, STD, span=spans[1], channels=way, **settings)
    assert torch.equal(images, drawn(plain, MEAN, STD, span=spans[0], **settings))


def test_the_range_of_all_training_series_is_each_channels_own(data):
    picture = Picture("gadf", "gray", 8, "field", "training", "joined")
    assert picture.span(data[0]) == tuple((data[0][:, k].min(), data[0][:, k].max()) for k in (0, 1))


@pytest.mark.parametrize("name", ["test_resnet.r160_in1k", "test_vit.r160_in1k", "test_efficientnet.r160_in1k"])
def test_the_first_layer_is_repeated_in_turn_and_scaled_the_rest_is_the_files(name, tmp_path):
    state = timm.create_model(name).state_dict()
    torch.save(state, path := tmp_path / "net.pth")
    key = timm.get_pretrained_cfg(name).first_conv + ".weight"
    for channels, order in ((2, [0, 1]), (5, [0, 1, 2, 0, 1])):
        made = backbones.load(name, 32, str(path), channels=channels)
        found = made.model.state_dict()
        torch.testing.assert_close(found[key], state[key][:, order] * 3 / channels)
        assert all(torch.equal(found[other], state[other]) for other in found if other not in (key, "pos_embed"))
        assert made.model.eval()(torch.rand(2, channels, 32, 32)).shape == (2, made.model.num_features)
    torch.save(state | {key: state[key].flip(1)}, path := tmp_path / "other.pth")
    flipped = backbones.load(name, 32, str(path), channels=2).model.state_dict()[key]
    torch.testing.assert_close(flipped, state[key][:, [2, 1]] * 1.5)


def test_a_probe_of_joined_channels_is_ridge_on_what_each_says_side_by_side(data):
    series, labels, train = data
    (answer,), _ = call(frozen.linear_probe, *data, **CNN, channels="joined", layer="1")
    given = gathered(**CNN)
    training.set_seed(0, reproducible=True)
    trunk = given["network"].load(32)
    draw = training.painter(trunk, given["picture"])
    said = [frozen.features(series[:, k], trunk, draw)["1"] for k in (0, 1)]
    head = frozen.ridge(torch.cat(said, 1).double().numpy(), labels, train)
    assert answer[1]["predictions"]["predicted"] == head.predicted[10:].tolist()
    assert answer[0]["channels"] == "joined" and answer[0]["length"] == 40


def test_what_the_network_said_of_two_channels_is_not_taken_for_three(monkeypatch):
    monkeypatch.setattr(frozen, "KEPT", {})
    series, labels, train = waves(8, 60)[0], np.arange(8) % 2, np.arange(8) < 4
    settings = CNN | {"size": 16, "channels": "joined", "layer": "1"}
    for shape in ((8, 2, 30), (8, 3, 20)):
        call(frozen.linear_probe, series.reshape(shape), labels, train, **settings)
    assert len(frozen.KEPT) == 2


@pytest.mark.parametrize(
    "way", [{"channels": "joined"}, {"channels": "mosaic"}, STACKED], ids=lambda way: way["channels"]
)
def test_networks_learn_from_a_channel_that_alone_tells_the_class(data, way):
    (answer,), _ = call(frozen.linear_probe, *data, **CNN | way, layer="all")
    assert answer[0]["correct"] >= 9 and answer[0]["channels"] == way["channels"]
    if way["channels"] != "joined":
        ((row, _),), _ = call(training.fine_tune, *data, **TUNED | way)
        assert row["correct"] >= 9 and row["channels"] == way["channels"]


@pytest.mark.parametrize("method", ["shrinkage LDA", "logistic regression", "ridge", "PLS-LDA", "1-NN Euclidean"])
def test_methods_of_scikit_learn_see_channels_side_by_side(data, method):
    series, labels, train = data
    ours, flat = (
        baselines.classify(x, labels, train, method=method, seed=0)[0] for x in (series, series.reshape(20, -1))
    )
    assert predicted(ours) == predicted(flat) and [row["length"] for row, _ in (*ours, *flat)] == [40, 80]


def test_methods_of_aeon_take_channels_as_they_are(data, monkeypatch):
    for method in ("QUANT", "1-NN DTW"):
        ((row, _),), _ = baselines.classify(*data, method=method, seed=0)
        assert row["correct"] >= 8, method
    shapes = []

    class Seen(DummyClassifier):
        def fit(self, x, y):
            shapes.append(x.shape)
            return super().fit(x, y)

    for method in ("MiniROCKET", "MultiROCKET-Hydra"):
        monkeypatch.setitem(baselines.METHODS, method, lambda seed: Seen())
        baselines.classify(*data, method=method, seed=0)
    assert shapes == [(10, 2, 40)] * 2


def test_two_channels_are_warped_along_one_path_by_hand():
    # steps (0, 0), (1, 2) against (1, 2), (1, 2): the first costs 1 + 4, the others nothing
    series = np.array([[[0.0, 1], [0, 2]], [[1, 1], [2, 2]]])
    assert baselines._dtw(series)[0, 1] == pytest.approx(5**0.5)
    assert np.allclose(baselines._dtw(series[:, :1]), baselines._dtw(series[:, 0]))


def test_a_method_of_one_channel_is_left_out_with_the_reason(data, capsys):
    series, labels, train = data
    made = datasets.Dataset("Two", series, labels, ("a", "b"), train, "here", ("time step", np.arange(40.0)))
    assert baselines.fitting(["ridge", "WEASEL 2.0"], made) == ["ridge"]
    assert "on Two WEASEL 2.0 takes one channel, the series have 2; left out" in capsys.readouterr().out


ONE = r"series: .* of shape \(n, t\), of one channel"
REFUSED = [
    (frozen.linear_probe, {"layer": "1"}, "channels: expected joined, mosaic or stacked for series of 2 .*, got 'one'"),
    (training.fine_tune, TUNED, "channels: expected joined, mosaic .*, got 'one'"),
    (training.fine_tune, TUNED | {"channels": "joined"}, "channels: fine-tuning shows one picture .*, got 'joined'"),
    (lastblock.tune_last_block, TUNED, rf"{ONE}, got float64 of shape \(20, 2, 40\)"),
    (lengths.classify_at, {"cut": "prefix", "length": 20}, ONE),
    (frozen.linear_probe, {"channels": "stacked"}, "channels: stacked, .* and colormap 'field', got 'gadf', 'viridis'"),
    (frozen.linear_probe, STACKED | {"encoding": "gadf+mtf"}, r"channels: .* without '\+' .*, got 'gadf\+mtf'"),
    (frozen.linear_probe, {"channels": "all"}, "channels: expected one of one, joined, mosaic, stacked, got 'all'"),
]


@pytest.mark.parametrize("fit, settings, message", REFUSED)
def test_what_cannot_be_done_with_several_channels_is_named(data, fit, settings, message):
    settings = {name: value for name, value in (CNN | settings).items() if name != "curve" or fit is training.fine_tune}
    with pytest.raises(ValueError, match=message):
        call(fit, *data, **settings)


def test_a_check_of_splits_takes_channels_where_it_is_told_to(data):
    splits.check(*data, several=True)
    with pytest.raises(ValueError, match=r"shape \(n, t\) or \(n, c, t\), got float64 of shape \(20, 2, 40, 1\)"):
        splits.check(data[0][..., None], *data[1:], several=True)
