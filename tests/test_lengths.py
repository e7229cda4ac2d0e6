import functools

import numpy as np
import pytest
import safetensors.torch
import timm
import torch
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tsvision.methods import frozen, lengths, training
from tsvision.networks import backbones, devices
from tsvision.pictures import encoders

COLOURS = {"encoding": "gadf", "colormap": "viridis"}
CNN = {"seed": 0, "backbone": "test_resnet", "weights": "random", "origin": "random", "size": 32} | COLOURS


@pytest.fixture(scope="module")
def vit(tmp_path_factory):
    """A tiny transformer with the weights of a file, which are the same at every size: patches of 16."""
    path = tmp_path_factory.mktemp("weights") / "vit.safetensors"
    torch.manual_seed(1)
    safetensors.torch.save_file(timm.create_model("test_vit").state_dict(), path)
    origin = backbones.load("test_vit", 32, str(path)).weights
    return CNN | {"backbone": "test_vit", "weights": str(path), "origin": origin}


def waves(n, length, seed=0, noise=0.1):
    """n noisy sines of two frequencies by turns, and their labels."""
    labels, generator = np.arange(n) % 2, np.random.default_rng(seed)
    series = np.sin(np.linspace(0, 6, length) * (1 + labels[:, None])) + noise * generator.normal(size=(n, length))
    return series, labels


def said(series, settings, size, draw=None, **picture):
    """What a trunk at `size` pixels says of pictures, all layers side by side: (n, d)."""
    training.set_seed(settings["seed"], reproducible=True)
    trunk = backbones.load(settings["backbone"], size, settings["weights"])
    draw = functools.partial(draw, trunk) if draw else training.painter(trunk, size=size, **COLOURS, **picture)
    layers = frozen.features(series, trunk, draw)
    return torch.cat([values for name, values in layers.items() if name != "output"], 1).numpy()


# --- series cut and checked -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cut, length, expected",
    [
        ("prefix", 3, [0, 2, 4]),
        ("middle", 3, [2, 4, 6]),
        ("middle", 2, [2, 4]),  # one step before, two after
        ("prefix", 5, [0, 2, 4, 6, 8]),
        ("middle", 5, [0, 2, 4, 6, 8]),
        ("resampled", 3, [0, 4, 8]),
        ("resampled", 9, range(9)),
    ],
)
def test_a_cut_by_hand(cut, length, expected):
    made = lengths.cut_to(np.array([[0.0, 2, 4, 6, 8], [0, 20, 40, 60, 80]]), cut, length)
    np.testing.assert_allclose(made, [expected, np.multiply(expected, 10)], atol=1e-12)


@pytest.mark.parametrize(
    "cut, length, message",
    [
        ("suffix", 3, "cut: expected one of prefix, middle, resampled, got 'suffix'"),
        ("prefix", 6, "length: expected 2 to 5 steps for a prefix of series of 5, got 6"),
        ("middle", 6, "length: expected 2 to 5 steps for a middle of series of 5, got 6"),
        ("prefix", 1, "2 to 5 steps for a prefix of series of 5, got 1"),
        ("resampled", 1, "size: expected a whole number from 2 on, got 1"),
    ],
)
def test_a_cut_that_cannot_be_is_an_error(cut, length, message):
    with pytest.raises(ValueError, match=message):
        lengths.cut_to(np.zeros((2, 5)), cut, length)


def test_windows_by_hand():
    series = np.stack([np.arange(9.0), 100 - np.arange(9)])
    made = lengths.windows(series, 4)  # five steps to go in steps of two at most: 0, 5/3, 10/3, 5
    assert made.shape == (8, 4)
    assert made[:, 0].tolist() == [0, 2, 3, 5, 100, 98, 97, 95]
    assert (made[:4] == made[:4, :1] + np.arange(4)).all() and (made[4:] == made[4:, :1] - np.arange(4)).all()
    assert lengths.windows(series[:, :4], 4).tolist() == series[:, :4].tolist()
    assert lengths.windows(series[:, :3], 5).tolist() == [[0, 0.5, 1, 1.5, 2], [100, 99.5, 99, 98.5, 98]]


@pytest.mark.parametrize("size", [2, 8, 16])
def test_windows_overlap_by_half_and_leave_no_step_out(size):
    for length in range(size, 5 * size):
        made = lengths.windows(np.arange(float(length))[None], size)
        starts = made[:, 0]
        assert starts[0] == 0 and made[-1, -1] == length - 1 and made.shape[1] == size
        assert (np.diff(starts) > 0).all() and (np.diff(starts) <= size / 2).all()
        assert set(made.ravel()) == set(range(length))


@pytest.mark.parametrize(
    "series, least, message",
    [
        ([1.0], 2, r"series: expected 2 steps or more in one dimension, got shape \(1,\) at series 7"),
        (np.zeros(15), 16, r"expected 16 steps or more.*got shape \(15,\) at series 7"),
        (np.zeros((2, 3)), 2, r"in one dimension, got shape \(2, 3\) at series 7"),
        (5.0, 2, r"got shape \(\) at series 7"),
        ([0, 1, np.nan, np.inf], 2, "series: expected finite values, got nan at series 7, time step 2"),
        ([0, -np.inf], 2, "got -inf at series 7, time step 1"),
    ],
)
def test_what_is_wrong_with_a_series_is_named(series, least, message):
    with pytest.raises(ValueError, match=message):
        lengths.check_one(series, 7, least)


def test_a_good_series_is_float64_of_its_own_values():
    made = lengths.check_one([3, 1, 2], 0, 3)
    assert made.dtype == np.float64 and made.tolist() == [3, 1, 2]


# --- the head ---------------------------------------------------------------------------------------------------------


class Head:
    """A head whose scores are the features."""

    def __init__(self, *classes):
        self.classes_ = np.array(classes)

    def decision_function(self, features):
        return features[:, 0] if len(self.classes_) == 2 else features


def test_windows_vote_with_the_mean_of_their_scores_not_by_majority():
    two = np.array([[0.1, 0.2, -0.9], [-0.1, -0.1, 0.5], [0.3, 0.2, 0.1]])[:, :, None]
    assert lengths.vote(Head("a", "b"), two).tolist() == ["a", "b", "b"]
    three = np.array([[[0.4, 0.3, 0], [0.4, 0.3, 0], [-1, 0.3, 0]], [[0, 0, 0.9], [0.1, 0, 0], [0.1, 0, 0]]])
    assert lengths.vote(Head(3, 5, 8), three).tolist() == [5, 8]


def test_each_window_trains_as_an_example_of_its_own():
    features = np.random.default_rng(0).normal(size=(6, 2, 3)).astype(np.float32)
    labels = np.array(list("abcabc"))
    flat, known = zip(*((features[k, w], labels[k]) for k in range(6) for w in range(2)))
    theirs = make_pipeline(StandardScaler(), RidgeClassifierCV(frozen.ALPHAS)).fit(np.float64(flat), known)
    probe = np.random.default_rng(1).normal(size=(20, 3))
    ours = lengths.fit_head(features, labels)
    np.testing.assert_allclose(ours.decision_function(probe), theirs.decision_function(probe), atol=1e-9)


# --- the views --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", lengths.VIEWS)
def test_features_of_shorter_and_longer_series_have_one_width(view, vit):
    for settings, width in ((CNN, None), (vit, 6 * 64)):
        made = lengths.AnyLength(view, window=16, **settings)
        width = width or sum(layer["num_chs"] for layer in made.trunk.model.feature_info)
        for length, many in ((20, 2), (32, 3), (50, 6)):  # windows: 1 + 2 (length - 16) / 16, rounded up
            features = made.features(waves(3, length)[0])
            assert features.shape == (3, many if view == "windows" else 1, width)
            assert features.dtype == np.float32 and np.isfinite(features).all()


@pytest.mark.parametrize("view", ["resize", "stretch"])
def test_resize_and_stretch_bring_a_picture_to_the_trained_size(view, vit):
    for settings in (CNN, vit):
        for length in (20, 50):
            series = waves(3, length)[0]
            found = lengths.AnyLength(view, **settings).features(series)[:, 0]
            np.testing.assert_allclose(found, said(series, settings, 32, view=view), atol=1e-4, rtol=1e-3)


def test_windows_are_seen_as_series_of_their_own():
    series = waves(3, 40)[0]
    found = lengths.AnyLength("windows", window=16, **CNN).features(series)
    assert found.shape[1] == 4
    expected = said(np.concatenate([series[:, k : k + 16] for k in (0, 8, 16, 24)]), CNN, 32, view="resize")
    np.testing.assert_allclose(found, expected.reshape(4, 3, -1).transpose(1, 0, 2), atol=1e-4, rtol=1e-3)


def test_grid_sees_the_plain_picture_at_full_length(vit):
    for settings, length in ((CNN, 45), (vit, 48), (vit, 16)):
        series = waves(3, length)[0]
        found = lengths.AnyLength("grid", **settings).features(series)[:, 0]
        np.testing.assert_allclose(found, said(series, settings, length, view="field"), atol=1e-4, rtol=1e-3)


def test_grid_fills_an_edge_that_is_no_whole_patch_with_the_last_pixels(vit):
    series = waves(3, 40)[0]

    def padded(trunk, part):
        plain = encoders.render(part, **COLOURS, mean=trunk.mean, std=trunk.std)
        return torch.from_numpy(np.pad(plain.cpu().numpy(), ((0, 0), (0, 0), (0, 8), (0, 8)), "edge")).to(part.device)

    found = lengths.AnyLength("grid", **vit).features(series)[:, 0]
    np.testing.assert_allclose(found, said(series, vit, 48, padded), atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("view", ["resize", "grid"])
def test_a_few_pictures_at_a_time_are_the_same_as_all(view, monkeypatch):
    series = waves(5, 50)[0]
    made = lengths.AnyLength(view, **CNN)
    whole, drawn, pictures = made.features(series), [], training.pictures
    monkeypatch.setattr(frozen, "AT_ONCE", 2 * 50**2 + 1)
    monkeypatch.setattr(training, "pictures", lambda part, **rest: drawn.append(len(part)) or pictures(part, **rest))
    np.testing.assert_allclose(lengths.AnyLength(view, **CNN).features(series), whole, atol=1e-5)
    assert max(drawn) == 2


# --- predictions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", lengths.VIEWS)
def test_unequal_lengths_in_one_batch_are_predicted_as_one_by_one(view, vit):
    for settings in (CNN, vit) if view == "grid" else (CNN,):
        series, labels = waves(16, 32)
        made = lengths.AnyLength(view, window=16, **settings)
        assert made.fit(series, np.array(["slow", "fast"])[labels]) is made
        several = [waves(k + 1, length, seed=k)[0][k] for k, length in enumerate([24, 40, 32, 32, 40, 24, 32])]
        found = made.predict(several)
        assert found.shape == (7,) and found.dtype.kind == "U" and set(found) == {"slow", "fast"}
        assert found.tolist() == [made.predict([one])[0] for one in several]
        assert found[[2, 3, 6]].tolist() == ["slow", "fast", "slow"]  # at the trained length it is easy
        assert made.predict(series[:6]).tolist() == ["slow", "fast"] * 3  # an array is as good as a list


def test_bad_batches_are_named(vit):
    with pytest.raises(ValueError, match="predict: expected a model that fit has trained"):
        lengths.AnyLength("resize", **CNN).predict(np.zeros((2, 32)))
    with pytest.raises(ValueError, match="view: expected one of resize, stretch, grid, windows, got 'axes'"):
        lengths.AnyLength("axes", **CNN)
    made = lengths.AnyLength("grid", **vit).fit(*waves(6, 32))
    with pytest.raises(ValueError, match="series: expected one or more, got none"):
        made.predict([])
    with pytest.raises(ValueError, match="series: expected finite values, got nan at series 1, time step 5"):
        made.predict([np.zeros(20), np.where(np.arange(20) == 5, np.nan, 0)])
    with pytest.raises(ValueError, match=r"expected 16 steps or more in one dimension, got shape \(15,\) at series 1"):
        made.predict([np.zeros(16), np.zeros(15)])
    assert made.predict([np.arange(16.0)]).shape == (1,)


@pytest.mark.parametrize("view, each, needed, fit", [("resize", 60, "22.4", 16384), ("grid", 400, "149.0", 6345)])
def test_a_series_too_long_for_the_memory_is_an_error_before_anything_is_drawn(view, each, needed, fit, monkeypatch):
    made = lengths.AnyLength(view, **CNN).fit(*waves(6, 32))

    def fail(*_, **__):
        raise AssertionError("drawn")

    monkeypatch.setattr(encoders, "render", fail)
    monkeypatch.setattr(training, "pictures", fail)
    monkeypatch.setattr(lengths, "PIXEL", {view: each})
    monkeypatch.setattr(devices, "free_memory", lambda: 60 * 2**28)
    message = (
        f"one of 20000 steps needs about {needed} GiB as a picture .view {view}., 15.0 are free; up to {fit} steps"
    )
    with pytest.raises(ValueError, match=message):
        made.predict([np.zeros(40), np.zeros(20000), np.zeros(50)])
    with pytest.raises(ValueError, match=f"one of {fit + 1} steps"):
        made.check_length(fit + 1)
    made.check_length(fit)
    with pytest.raises(AssertionError, match="drawn"):
        made.predict([np.zeros(40)])


@pytest.mark.parametrize("view", ["stretch", "windows"])
def test_stretch_and_windows_take_any_length(view, monkeypatch):
    monkeypatch.setattr(devices, "free_memory", lambda: 1)
    made = lengths.AnyLength(view, window=16, **CNN).fit(*waves(6, 32))
    assert made.predict([np.arange(60.0)]).shape == (1,)
    made.check_length(10**9)


def test_prices_count_whole_patches_and_time_a_picture_whose_network_is_built(vit, monkeypatch):
    model, seen = lengths.AnyLength("grid", **vit), []
    features = model.features
    monkeypatch.setattr(model, "features", lambda one: seen.append(one.shape) or features(one))
    table = lengths.prices(model, waves(1, 100)[0][0], [32, 33])
    # patches of 16; one more for the class
    assert [(line["length"], line["tokens"]) for line in table] == [(32, 5), (33, 10)]
    assert seen == [(1, 32), (1, 32), (1, 33), (1, 33)] and all(line["seconds"] > 0 for line in table)
