import calls
import numpy as np
import pytest
import torch
from calls import CNN, gathered, waves
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tsvision.methods import frozen, lengths, training
from tsvision.networks import devices
from tsvision.pictures import encoders, views


@pytest.fixture(scope="module")
def vit(tmp_path_factory):
    return calls.vit(tmp_path_factory.mktemp("weights"))


def model(view, settings=CNN, **changed):
    return lengths.AnyLength(**gathered(**settings | {"view": view} | changed))


def said(series, settings, size, view, padding=0):
    """What a trunk at `size` pixels says of pictures, all layers side by side: (n, d)."""
    given = gathered(**settings | {"size": size, "view": view})
    training.set_seed(given["seed"], reproducible=True)
    trunk = given["network"].load(size)
    draw = training.painter(trunk, given["picture"])
    if padding:

        def draw(part):
            plain = encoders.render(part, mean=trunk.mean, std=trunk.std).cpu().numpy()
            edge = (0, padding)
            return torch.from_numpy(np.pad(plain, ((0, 0), (0, 0), edge, edge), "edge")).to(part.device)

    layers = frozen.features(series, trunk, draw)
    return torch.cat([values for name, values in layers.items() if name != "output"], 1).numpy()


@pytest.mark.parametrize(
    "cut, length, expected",
    [
        ("prefix", 3, [0, 2, 4]),
        ("prefix", 5, [0, 2, 4, 6, 8]),
        ("middle", 3, [2, 4, 6]),
        ("middle", 2, [2, 4]),  # one step before, two after
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
        ("middle", 1, "2 to 5 steps for a middle of series of 5, got 1"),
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


def test_windows_overlap_by_half_and_leave_no_step_out():
    for size in (2, 8, 16):
        for length in range(size, 5 * size):
            made = lengths.windows(np.arange(float(length))[None], size)
            assert made.shape[1] == size and set(made.ravel()) == set(range(length))
            assert (np.diff(made[:, 0]) > 0).all() and (np.diff(made[:, 0]) <= size / 2).all()


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
    shown = np.random.default_rng(1).normal(size=(20, 3))
    ours = lengths.fit_head(features, labels)
    np.testing.assert_allclose(ours.decision_function(shown), theirs.decision_function(shown), atol=1e-9)


@pytest.mark.parametrize("view", lengths.VIEWS)
def test_features_are_what_the_trunk_says_of_the_views_picture_at_one_width_for_any_length(view, vit):
    for settings in (CNN, vit):
        made, width = model(view, settings, window=16), None
        for length, many in ((20, 2), (32, 3), (50, 6)):  # windows: 1 + 2 (length - 16) / 16, rounded up
            series = waves(3, length)[0]
            found = made.features(series)
            assert found.shape == (3, many if view == "windows" else 1, width or found.shape[2])
            width = found.shape[2]
            if view == "windows":
                expected = said(lengths.windows(series, 16), settings, 32, "resize").reshape(found.shape)
            elif view == "grid":  # a transformer's edge that is no whole patch repeats the last pixels
                padding = -length % 16 if settings is vit else 0
                expected = said(series, settings, length + padding, "field", padding)[:, None]
            else:
                expected = said(series, settings, 32, view)[:, None]
            np.testing.assert_allclose(found, expected, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("view", ["resize", "grid"])
def test_a_few_pictures_at_a_time_are_the_same_as_all(view, monkeypatch):
    series, made, drawn, draw = waves(5, 50)[0], model(view), [], views.draw
    whole = made.features(series)
    monkeypatch.setattr(frozen, "AT_ONCE", 2 * 50**2 + 1)
    monkeypatch.setattr(views, "draw", lambda part, *more, **rest: drawn.append(len(part)) or draw(part, *more, **rest))
    np.testing.assert_allclose(made.features(series), whole, atol=1e-5)
    assert max(drawn) == 2


def test_copies_are_examples_beside_the_series_and_the_precision_reaches_the_trunk():
    series, plain = waves(3, 40)[0], model("resize")
    each = [plain.features(one) for one in (series, lengths.cut_to(series, "resampled", 20))]
    assert np.array_equal(model("resize", copies=(20,)).examples(series), np.concatenate(each, 1))
    assert not np.array_equal(model("resize", precision="bf16").features(series), each[0])


@pytest.mark.parametrize("view", lengths.VIEWS)
def test_unequal_lengths_in_one_batch_are_predicted_as_one_by_one(view, vit):
    for settings in (CNN, vit) if view == "grid" else (CNN,):
        series, labels = waves(16, 32)
        made = model(view, settings, window=16)
        assert made.fit(series, np.array(["slow", "fast"])[labels]) is made
        several = [waves(k + 1, length, seed=k)[0][k] for k, length in enumerate([24, 40, 32, 32, 40, 24, 32])]
        found = made.predict(several)
        assert found.shape == (7,) and found.dtype.kind == "U" and set(found) == {"slow", "fast"}
        assert found.tolist() == [made.predict([one])[0] for one in several]
        assert found[[2, 3, 6]].tolist() == ["slow", "fast", "slow"]  # at the trained length it is easy
        assert made.predict(series[:6]).tolist() == ["slow", "fast"] * 3  # an array is as good as a list


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"view": "axes"}, "view, scaling: expected one of resize, stretch, grid, windows, .* got 'axes', 'series'"),
        ({"view": "grid", "scaling": "training"}, "view, scaling: .* each series by its own range, got .* 'training'"),
        ({"view": "windows", "window": 1}, "window: expected 2 steps or more, got 1"),
    ],
)
def test_bad_models_are_named(changed, message):
    with pytest.raises(ValueError, match=message):
        model(**changed)


def test_bad_batches_are_named(vit):
    with pytest.raises(ValueError, match="predict: expected a model that fit has trained"):
        model("resize").predict(np.zeros((2, 32)))
    with pytest.raises(ValueError, match=r"labels: expected two classes or more, got \[1\]"):
        model("resize").fit(np.zeros((2, 32)), [1, 1])
    made, fine = model("grid", vit).fit(*waves(6, 32)), np.arange(20.0)
    for batch, message in (
        ([], "series: expected one or more, got none"),
        ([fine, np.where(fine == 5, np.nan, 0)], "finite values, got nan at series 1, time step 5"),
        ([fine, np.zeros(15)], r"expected 16 steps or more in one dimension, got shape \(15,\) at series 1"),
        ([fine, np.zeros((2, 30))], r"in one dimension, got shape \(2, 30\) at series 1"),
        ([fine, 5.0], r"got shape \(\) at series 1"),
    ):
        with pytest.raises(ValueError, match=message):
            made.predict(batch)
    assert made.predict([fine[:16]]).shape == (1,)


@pytest.mark.parametrize("view, each, needed, fit", [("resize", 60, "22.4", 16384), ("grid", 400, "149.0", 6345)])
def test_a_series_too_long_for_the_memory_is_an_error_before_anything_is_drawn(view, each, needed, fit, monkeypatch):
    made = model(view).fit(*waves(6, 32))
    monkeypatch.setattr(encoders, "render", lambda *_, **__: pytest.fail("drawn"))
    monkeypatch.setattr(lengths, "PIXEL", {view: each})
    monkeypatch.setattr(devices, "free_memory", lambda: 60 * 2**28)
    message = f"one of 20000 steps needs about {needed} GiB as a picture .view {view}., 15.0 are free; up to {fit} step"
    with pytest.raises(ValueError, match=message):
        made.predict([np.zeros(40), np.zeros(20000), np.zeros(50)])
    with pytest.raises(ValueError, match=f"one of {fit + 1} steps"):
        made.check_length(fit + 1)
    made.check_length(fit)
    for other in ("stretch", "windows"):  # take any length
        model(other).check_length(10**9)


def test_prices_count_whole_patches_and_time_a_picture_whose_network_is_built(vit, monkeypatch):
    made, seen = model("grid", vit), []
    features = made.features
    monkeypatch.setattr(made, "features", lambda one: seen.append(one.shape) or features(one))
    table = lengths.prices(made, waves(1, 100)[0][0], [32, 33])
    # patches of 16; one more for the class
    assert [(line["length"], line["tokens"]) for line in table] == [(32, 5), (33, 10)]
    assert seen == [(1, 32), (1, 32), (1, 33), (1, 33)] and all(line["seconds"] > 0 for line in table)
