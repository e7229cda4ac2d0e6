import numpy as np
import pytest
import torch
from calls import CNN, call, gathered, hard_waves, predicted, relabelled
from sklearn.linear_model import RidgeClassifier
from sklearn.preprocessing import StandardScaler

from tsvision.data import splits
from tsvision.methods import frozen, training
from tsvision.networks import backbones, devices
from tsvision.pictures import Picture

HEAD = CNN | {"layer": "all"}
PICTURE = Picture("gadf", "viridis", 32, "field")


@pytest.mark.parametrize("name", ["test_resnet", "test_efficientnet", "test_vit"])
def test_features_are_what_the_model_gives_a_classifier(name, monkeypatch):
    series = np.random.default_rng(0).normal(size=(9, 40)).cumsum(1)
    monkeypatch.setattr(frozen, "AT_ONCE", 4 * 32 * 32)  # three batches
    trunk = backbones.load(name, 32, "random")
    draw = training.painter(trunk, PICTURE)
    kept = frozen.features(series, trunk, draw)
    with torch.no_grad():
        images = draw(torch.as_tensor(series, device=devices.current()))
        torch.testing.assert_close(kept["output"], trunk.model(images).cpu(), atol=1e-5, rtol=1e-4)
        layers = trunk.model.forward_intermediates(images, intermediates_only=True)
    assert list(kept) == [*(str(k) for k in range(1, len(layers) + 1)), "output"]
    torch.testing.assert_close(kept["2"], layers[1].mean((2, 3)).cpu(), atol=1e-5, rtol=1e-4)


def test_ridge_is_scikit_learns_and_judges_by_the_other_training_series():
    generator = np.random.default_rng(1)
    labels, chosen = np.arange(24) % 3, set()
    values = generator.normal(size=(24, 50)) + 2.4 * np.eye(3, 50)[labels]
    values[:, 7] = 1.25  # a constant feature
    for _ in range(5):
        mask = generator.permuted(np.resize([True, False], (3, 8)), axis=1).T.ravel()  # 4 of each class
        made, x, y = frozen.ridge(values, labels, mask), StandardScaler().fit_transform(values[mask]), labels[mask]
        theirs = frozen.head().fit(values[mask], y)
        assert theirs[-1].alpha_ == made.alpha and -theirs[-1].best_score_ == pytest.approx(made.error)
        assert np.array_equal(theirs.predict(values), made.predicted)
        left = [np.arange(12) != one for one in range(12)]
        right = [RidgeClassifier(made.alpha).fit(x[rest], y[rest]).predict(x[~rest])[0] == y[~rest][0] for rest in left]
        assert made.right == pytest.approx(np.mean(right))
        moved = frozen.ridge(values + 100 * ~mask[:, None], np.where(mask, labels, (labels + 1) % 3), mask)
        assert np.array_equal(moved.predicted[mask], made.predicted[mask]) and moved[1:] == made[1:]
        chosen.add((made.alpha, made.right))
    assert len(chosen) > 3


def test_ridge_of_four_points_by_hand():
    # x = -1, 1 in class 0, 1 and a test point on each side; one feature, so the side decides
    made = frozen.ridge(np.array([[-1.0], [1.0], [-3.0], [0.5]]), np.array([0, 1, 0, 1]), np.arange(4) < 2)
    assert made.predicted.tolist() == [0, 1, 0, 1]
    # each of the two is judged by the other alone, which knows one class: both wrong, missed by 2 in each target
    assert made.right == 0 and made.error == pytest.approx(4)


@pytest.fixture(scope="module")
def waves():
    return hard_waves()


def probe(waves, **changed):
    """The answers of a run."""
    return call(frozen.linear_probe, *waves, **HEAD | changed)[0]


def heads_of(waves, layer="all", span=None, **changed):
    """The ridge heads of one encoding and layer, made one step after another."""
    series, labels, train = waves
    given = gathered(**CNN | changed)
    training.set_seed(given["seed"], reproducible=True)
    trunk = given["network"].load(32)
    said = frozen.features(series, trunk, training.painter(trunk, given["picture"], span))
    said["all"] = torch.cat([values for name, values in said.items() if name != "output"], 1)
    known = np.broadcast_to(labels, train.shape)
    return [frozen.ridge(said[layer].double().numpy(), own, mask) for own, mask in zip(known, train)]


def says(heads, train):
    """What heads, one a split, say of its test series."""
    return [one.predicted[~mask].tolist() for one, mask in zip(heads, train)]


def test_a_probe_is_ridge_on_the_layers_it_is_told_on_each_split(waves):
    series, labels, train = waves
    for layer in ("all", "output"):
        answers = probe(waves, layer=layer)
        assert predicted(answers) == says(heads_of(waves, layer), train)
        assert probe((series, labels, train[2]), layer=layer) == [answers[2]]
        for (row, tables), mask in zip(answers, train):
            shown = {name: value for name, value in CNN.items() if name != "origin"}
            shown |= {"method": "frozen, ridge head", "stands_in_for": "", "precision": "fp32", "length": 40}
            shown |= {"layer": layer, "chosen": f"gadf {layer}", "n_train": 12, "n_test": 12, "device": devices.name()}
            right = (np.array(tables["predictions"]["predicted"]) == labels[~mask]).sum()
            assert row == shown | {"accuracy": round(right / 12, 6), "correct": right}
            assert tables["predictions"]["series"] == np.flatnonzero(~mask).tolist()
    with pytest.raises(ValueError, match="layer: expected all, each or one of 1, 2, .*output, got 'none'"):
        probe(waves, layer="none")
    three = {"encoding": "gadf+recurrence+mtf"}  # in one picture, which has no colormap
    assert predicted(probe(waves, **three)) == says(heads_of(waves, **three, colormap="field"), train)


def test_heads_on_shuffled_labels_learn_from_those_of_each_split(waves):
    series, labels, train = waves
    known = splits.shuffle(labels, train, 0)
    answers = probe((series, known, train))
    assert predicted(answers) == says(heads_of((series, known, train)), train)
    judged = [tables["predictions"]["label"] for _, tables in answers]
    assert judged == [labels[~mask].tolist() for mask in train]  # by the true ones


@pytest.mark.parametrize(
    "menu, options",
    [
        ({"encoding": "mtf|gadf|line"}, [{"encoding": name, "layer": "all"} for name in ("mtf", "gadf", "line")]),
        ({"layer": "each"}, [{"encoding": "gadf", "layer": name} for name in ("1", "2", "3", "4", "5", "output")]),
    ],
)
def test_each_split_takes_what_leaves_its_training_series_best_classified(waves, menu, options):
    answers = probe(waves, **menu)
    made = [heads_of(waves, **option) for option in options]
    for k, (row, tables) in enumerate(answers):
        best = max(zip(made, options), key=lambda pair: (pair[0][k].right, -pair[0][k].error))
        assert row["chosen"] == f"{best[1]['encoding']} {best[1]['layer']}"
        assert tables["predictions"]["predicted"] == best[0][k].predicted[~waves[2][k]].tolist()
    assert len({row["chosen"] for row, _ in answers}) > 1  # the splits do choose
    assert {row["encoding"] for row, _ in answers} == {menu.get("encoding", "gadf")}


def test_seed_and_weights_of_a_frozen_trunk(waves):
    first, again, other = (probe(waves, seed=seed) for seed in (0, 0, 1))
    assert first == again and predicted(first) != predicted(other)
    with pytest.raises(ValueError, match="expected those of test_resnet from hub:x"):
        probe(waves, origin="hub:x")


def test_no_test_label_reaches_a_head_or_its_choice(waves):
    series, labels, train = waves
    for mask in train[:2]:
        known = labels, relabelled(labels, mask)
        (row, ours), (moved, theirs) = (
            probe((series, each, mask), encoding="mtf|gadf|line", layer="each")[0] for each in known
        )
        assert row["chosen"] == moved["chosen"]
        assert ours["predictions"]["predicted"] == theirs["predictions"]["predicted"]
        assert ours["predictions"]["label"] != theirs["predictions"]["label"]


def test_pictures_scaled_by_the_training_range_are_each_splits_own(waves):
    series, labels, train = waves
    series = np.where(train[:1].T, series, 3 * series)  # the test series of one split reach far beyond the others
    waves = series, labels, train
    answers = probe(waves, layer="1", scaling="training")
    assert [row["scaling"] for row, _ in answers] == ["training"] * 4
    assert predicted(answers) != says(heads_of(waves, "1"), train)
    for k, mask in enumerate(train):
        span = series[mask].min(), series[mask].max()
        expected = heads_of(waves, "1", span=span, scaling="training")
        assert predicted(answers)[k] == says(expected, train)[k]


def test_features_are_kept_for_the_next_head_and_no_more_of_them_than_keep_bytes(waves, monkeypatch):
    drawn, painter = [], training.painter
    monkeypatch.setattr(
        training,
        "painter",
        lambda trunk, picture, span: drawn.append(picture.encoding) or painter(trunk, picture, span),
    )
    monkeypatch.setattr(frozen, "KEPT", {})

    def look(*encodings):
        drawn.clear()
        for name in encodings:
            probe(waves, encoding=name)
        return drawn

    assert look("gadf", "mtf", "gadf", "mtf") == ["gadf", "mtf"]
    one, _ = (sum(part.nbytes for part in parts.values()) for parts in frozen.KEPT.values())
    monkeypatch.setattr(frozen, "KEEP", 2 * one)
    assert look("line", "mtf", "line", "gadf") == ["line", "gadf"] and len(frozen.KEPT) == 2
    monkeypatch.setattr(frozen, "KEEP", 0)
    assert look("gasf", "gasf", "mtf") == ["gasf", "mtf"], "the last stays, however large"


def test_a_frozen_network_computes_in_the_precision_asked_for_and_the_row_says_it(waves, monkeypatch):
    monkeypatch.setattr(devices, "current", lambda: torch.device("cpu"))
    monkeypatch.setattr(frozen, "KEPT", {})
    for precision in devices.PRECISIONS:
        assert {row["precision"] for row, _ in probe(waves, precision=precision)} == {precision}
    assert len(frozen.KEPT) == 4, "each precision has features of its own"
    trunk = backbones.load("test_resnet", 32, "random")
    draw = training.painter(trunk, PICTURE)
    exact, *others = (frozen.features(waves[0], trunk, draw, precision) for precision in devices.PRECISIONS)
    for made in others:
        for layer, values in exact.items():
            assert made[layer].dtype == torch.float32 and not torch.equal(made[layer], values)
            torch.testing.assert_close(made[layer], values, atol=0.1 * values.abs().max().item(), rtol=0)
