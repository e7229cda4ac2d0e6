import numpy as np
import pytest
import torch
from calls import CNN, call, gathered, hard_waves, predicted, relabelled
from sklearn.linear_model import RidgeClassifier, RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tsvision.data import splits
from tsvision.methods import frozen, training
from tsvision.networks import backbones, devices
from tsvision.pictures import Picture

HEAD = CNN | {"layer": "all"}
PICTURE = Picture("gadf", "viridis", 32, "field")


@pytest.fixture(scope="module")
def problem():
    """24 points of 3 classes in 50 dimensions, one of them constant, and 5 resamples of 12."""
    generator = np.random.default_rng(1)
    labels = np.arange(24) % 3
    values = generator.normal(size=(24, 50)) + 0.8 * np.eye(3, 50)[labels] * 3
    values[:, 7] = 1.25
    train = np.zeros((5, 24), bool)
    for mask in train:
        for label in range(3):
            mask[generator.permutation(np.flatnonzero(labels == label))[:4]] = True
    return values, labels, train


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


def test_ridge_is_scikit_learns_for_every_resample_and_judges_by_the_other_training_series(problem):
    values, labels, train = problem
    heads = frozen.ridge(values, labels, train)
    for k, mask in enumerate(train):
        x, y, alpha = StandardScaler().fit_transform(values[mask]), labels[mask], heads.alpha[k].item()
        theirs = make_pipeline(StandardScaler(), RidgeClassifierCV(alphas=frozen.ALPHAS)).fit(values[mask], y)
        assert theirs[-1].alpha_ == pytest.approx(alpha)
        assert np.array_equal(theirs.predict(values), heads.predicted[k])
        assert -theirs[-1].best_score_ == pytest.approx(heads.error[k].item())
        left = [np.arange(12) != one for one in range(12)]
        right = [RidgeClassifier(alpha).fit(x[rest], y[rest]).predict(x[~rest])[0] == y[~rest][0] for rest in left]
        assert heads.right[k].item() == pytest.approx(np.mean(right))
    assert len(set(heads.alpha.tolist())) > 1 and len(set(heads.right.tolist())) > 3  # the resamples do choose


def test_ridge_of_four_points_by_hand():
    # x = -1, 1 in class 0, 1 and a test point on each side; one feature, so the side decides
    heads = frozen.ridge(np.array([[-1.0], [1.0], [-3.0], [0.5]]), [0, 1, 0, 1], np.array([[True, True, False, False]]))
    assert heads.predicted.tolist() == [[0, 1, 0, 1]]
    # each of the two is judged by the other alone, which knows one class: both wrong, missed by 2 in each target
    assert heads.right.tolist() == [0] and heads.error.tolist() == pytest.approx([4])


def test_span_keeps_every_inner_product_with_training_series(problem):
    values, labels, train = problem
    rotated = frozen.span(values, train)
    assert rotated.shape == (5, 24, 12)
    for mask, ours in zip(train, rotated.numpy()):
        scaled = StandardScaler().fit(values[mask]).transform(values)
        scaled[:, 7] = 0
        np.testing.assert_allclose(ours @ ours[mask].T, scaled @ scaled[mask].T, atol=1e-9)


def test_no_test_label_or_test_series_moves_a_head(problem):
    values, labels, train = problem
    mask = train[:1]
    moved, relabelled = values + 100 * ~mask.T, np.where(mask[0], labels, (labels + 1) % 3)
    honest, other = frozen.ridge(values, labels, mask), frozen.ridge(moved, relabelled, mask)
    assert torch.equal(honest.predicted[mask], other.predicted[mask])
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(honest[1:], other[1:]))


def test_heads_made_a_few_resamples_at_a_time_are_those_made_together(problem, monkeypatch):
    together = frozen.ridge(*problem)
    monkeypatch.setattr(frozen, "AT_A_TIME", 1)
    for ours, theirs in zip(frozen.ridge(*problem), together):
        assert torch.equal(ours, theirs) if ours.dtype == torch.int64 else torch.allclose(ours, theirs)


TWO = np.array([[True, True, False, False]])  # of four


@pytest.mark.parametrize(
    "values, train, message",
    [
        (np.eye(4), TWO[0], r"train: expected bool \(m, 4\).*got torch.bool \(4,\)"),
        (np.eye(4), np.vstack([TWO, ~TWO, TWO & False]), r"\[0, 2\] of them"),
        (np.eye(4), TWO.astype(int), "torch.int64"),
        (np.eye(4), TWO[:, :3], r"expected bool \(m, 4\)"),
        (np.eye(4), np.eye(4, dtype=bool), "2 or more"),
        (np.full((4, 2), np.nan), TWO, "values: expected finite features"),
    ],
)
def test_bad_arguments_of_a_head_are_named(values, train, message):
    with pytest.raises(ValueError, match=message):
        frozen.ridge(values, [0, 1, 0, 1], train)


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
    layers = frozen.features(series, trunk, training.painter(trunk, given["picture"], span))
    if layer == "all":
        layers[layer] = torch.cat([values for name, values in layers.items() if name != "output"], 1)
    return frozen.ridge(layers[layer], labels, train)


def test_a_probe_is_ridge_on_the_layers_it_is_told_on_each_split(waves):
    series, labels, train = waves
    for layer in ("all", "output"):
        answers, heads = probe(waves, layer=layer), heads_of(waves, layer)
        assert predicted(answers) == [ours[~mask].tolist() for ours, mask in zip(heads.predicted, train)]
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


def test_heads_on_shuffled_labels_learn_from_those_of_each_split(waves):
    series, labels, train = waves
    known = splits.shuffle(labels, train, 0)
    answers = probe((series, known, train))
    for (_, tables), own, mask in zip(answers, known, train):
        expected = heads_of((series, own, mask[None])).predicted[0][~mask]
        assert tables["predictions"]["predicted"] == expected.tolist()
        assert tables["predictions"]["label"] == labels[~mask].tolist()  # judged by the true ones


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
        best = max(zip(made, options), key=lambda pair: (pair[0].right[k].item(), -pair[0].error[k].item()))
        assert row["chosen"] == f"{best[1]['encoding']} {best[1]['layer']}"
        assert tables["predictions"]["predicted"] == best[0].predicted[k][~waves[2][k]].tolist()
    assert len({row["chosen"] for row, _ in answers}) > 1  # the splits do choose
    assert {row["encoding"] for row, _ in answers} == {menu.get("encoding", "gadf")}


def test_three_encodings_in_one_picture_are_drawn_without_colormap(waves):
    three = "gadf+recurrence+mtf"
    heads = heads_of(waves, encoding=three, colormap="field")
    expected = [ours[~mask].tolist() for ours, mask in zip(heads.predicted, waves[2])]
    assert predicted(probe(waves, encoding=three)) == expected


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
    unscaled = heads_of(waves, "1").predicted
    assert predicted(answers) != [unscaled[k][~mask].tolist() for k, mask in enumerate(train)]
    for k, mask in enumerate(train):
        span = series[mask].min(), series[mask].max()
        expected = heads_of(waves, "1", span=span, scaling="training").predicted[k][~mask]
        assert predicted(answers)[k] == expected.tolist()


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
    exact, *others = frozen.KEPT.values()
    assert len(others) == 3, "each precision has features of its own"
    for made in others:
        for layer, values in exact.items():
            assert made[layer].dtype == torch.float32 and not torch.equal(made[layer], values)
            torch.testing.assert_close(made[layer], values, atol=0.1 * values.abs().max().item(), rtol=0)
