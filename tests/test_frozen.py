import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression, RidgeClassifier, RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tsvision.methods import frozen, training
from tsvision.networks import backbones, devices
from tsvision.pictures import colours

PICTURE = {"encoding": "gadf", "colormap": "viridis", "view": "field"}


@pytest.fixture(scope="module")
def series():
    return np.random.default_rng(0).normal(size=(9, 40)).cumsum(1)


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


def trunk_of(name, size=32):
    torch.manual_seed(0)
    return backbones.load(name, size, "random")


@pytest.mark.parametrize("name", ["test_resnet", "test_efficientnet", "test_vit"])
def test_features_are_what_the_model_gives_a_classifier(series, name, monkeypatch):
    monkeypatch.setattr(frozen, "AT_ONCE", 4 * 32 * 32)  # three batches
    trunk = trunk_of(name)
    draw = training.painter(trunk, size=32, **PICTURE)
    kept = frozen.features(series, trunk, draw)
    with torch.no_grad():
        images = draw(torch.as_tensor(series, device=devices.current()))
        torch.testing.assert_close(kept["output"], trunk.model(images).cpu(), atol=1e-5, rtol=1e-4)
        layers = trunk.model.forward_intermediates(images, intermediates_only=True)
    assert list(kept) == [*(str(k) for k in range(1, len(layers) + 1)), "output"]
    torch.testing.assert_close(kept["2"], layers[1].mean((2, 3)).cpu(), atol=1e-5, rtol=1e-4)


def test_ridge_is_scikit_learns_for_every_resample(problem):
    values, labels, train = problem
    heads = frozen.ridge(values, labels, train)
    for mask, ours, alpha, error in zip(train, heads.predicted, heads.alpha, heads.error):
        theirs = make_pipeline(StandardScaler(), RidgeClassifierCV(alphas=frozen.ALPHAS)).fit(
            values[mask], labels[mask]
        )
        assert theirs[-1].alpha_ == pytest.approx(alpha.item())
        assert np.array_equal(theirs.predict(values), ours)
        assert -theirs[-1].best_score_ == pytest.approx(error.item())
    assert len(set(heads.alpha.tolist())) > 1  # the resamples do choose


def test_right_is_the_share_that_the_other_training_series_classify(problem):
    values, labels, train = problem
    heads = frozen.ridge(values, labels, train)
    for mask, alpha, share in zip(train, heads.alpha, heads.right):
        x, y = StandardScaler().fit_transform(values[mask]), labels[mask]
        others = [np.arange(12) != k for k in range(12)]
        right = [
            RidgeClassifier(alpha.item()).fit(x[rest], y[rest]).predict(x[~rest])[0] == y[~rest][0] for rest in others
        ]
        assert share.item() == pytest.approx(np.mean(right))
    assert len(set(heads.right.tolist())) > 3


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
        theirs = LogisticRegression(C=0.5, tol=1e-8, max_iter=1000).fit(scaled[mask], labels[mask])
        mine = LogisticRegression(C=0.5, tol=1e-8, max_iter=1000).fit(ours[mask], labels[mask])
        np.testing.assert_allclose(mine.predict_proba(ours), theirs.predict_proba(scaled), atol=1e-4)


def test_no_test_label_or_test_series_moves_a_head(problem):
    values, labels, train = problem
    mask = train[:1]
    moved = values.copy()
    moved[~mask[0]] += 100
    relabelled = np.where(mask[0], labels, (labels + 1) % 3)
    honest, other = frozen.ridge(values, labels, mask), frozen.ridge(moved, relabelled, mask)
    assert torch.equal(honest.predicted[mask], other.predicted[mask])
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(honest[1:], other[1:]))


TWO_OF_FOUR = np.array([[True, True, False, False]])


@pytest.mark.parametrize(
    "values, train, message",
    [
        (np.eye(4), TWO_OF_FOUR[0], r"train: expected bool \(m, 4\).*got torch.bool \(4,\)"),
        (np.eye(4), np.vstack([TWO_OF_FOUR, ~TWO_OF_FOUR, TWO_OF_FOUR & False]), r"\[0, 2\] of them"),
        (np.eye(4), TWO_OF_FOUR.astype(int), "torch.int64"),
        (np.eye(4), TWO_OF_FOUR[:, :3], r"expected bool \(m, 4\)"),
        (np.eye(4), np.eye(4, dtype=bool), "2 or more"),
        (np.full((4, 2), np.nan), TWO_OF_FOUR, "values: expected finite features"),
    ],
)
def test_bad_arguments_of_a_head_are_named(values, train, message):
    with pytest.raises(ValueError, match=message):
        frozen.ridge(values, [0, 1, 0, 1], train)


# --- heads over splits ------------------------------------------------------------------------------------------------

HEAD = {
    "seed": 0,
    "backbone": "test_resnet.r160_in1k",
    "weights": "random",
    "origin": "random",
    "stands_in_for": "",
    "size": 32,
    "layer": "all",
} | PICTURE


@pytest.fixture(scope="module")
def waves():
    """24 noisy sines of three frequencies and 4 splits of 12, four of each class."""
    generator = np.random.default_rng(2)
    labels = np.arange(24) % 3
    series = np.sin(np.linspace(0, 6, 40) * (1 + 0.3 * labels[:, None])) + 0.3 * generator.normal(size=(24, 40))
    train = np.zeros((4, 24), bool)
    for mask in train:
        for label in range(3):
            mask[generator.permutation(np.flatnonzero(labels == label))[:4]] = True
    return series, labels, train


def heads_of(waves, **changed):
    """The ridge heads of one encoding and layer, made one step after another."""
    series, labels, train = waves
    settings = HEAD | changed
    training.set_seed(settings["seed"], reproducible=True)
    trunk = backbones.load(settings["backbone"], 32, "random")
    picture = {name: settings[name] for name in PICTURE}
    layers = frozen.features(series, trunk, training.painter(trunk, size=32, **picture))
    if settings["layer"] != "all":
        return frozen.ridge(layers[settings["layer"]], labels, train)
    beside = torch.cat([values for name, values in layers.items() if name != "output"], 1)
    return frozen.ridge(beside, labels, train)


def predicted(answers):
    return [tables["predictions"]["predicted"] for _, tables in answers]


def test_fit_heads_is_ridge_on_the_layers_side_by_side(waves):
    series, labels, train = waves
    answers, cost = frozen.linear_probe(*waves, **HEAD)
    heads = heads_of(waves)
    assert predicted(answers) == [ours[~mask].tolist() for ours, mask in zip(heads.predicted, train)]
    row, tables = answers[2]
    assert tables["predictions"]["series"] == np.flatnonzero(~train[2]).tolist()
    assert row == {
        "seed": 0,
        "method": "frozen, ridge head",
        "backbone": "test_resnet.r160_in1k",
        "weights": "random",
        "stands_in_for": "",
        "encoding": "gadf",
        "colormap": "viridis",
        "size": 32,
        "view": "field",
        "length": 40,
        "layer": "all",
        "chosen": "gadf all",
        "shuffled": False,
        "precision": "fp32",
        "n_train": 12,
        "n_test": 12,
        "accuracy": round(row["correct"] / 12, 6),
        "correct": int((heads.predicted[2].numpy() == labels)[~train[2]].sum()),
        "device": devices.name(),
    }
    assert cost["seconds"] > 0 and cost["peak_memory_mib"] > 100


def test_heads_on_shuffled_labels_learn_from_those_of_each_split(waves):
    series, labels, train = waves
    answers, _ = frozen.linear_probe(*waves, **HEAD | {"shuffled": True})
    known = training.shuffle(labels, train, HEAD["seed"])
    for (row, tables), own, mask in zip(answers, known, train):
        expected = heads_of((series, own, mask[None])).predicted[0][~mask]
        assert tables["predictions"]["predicted"] == expected.tolist() and row["shuffled"]
        assert tables["predictions"]["label"] == labels[~mask].tolist()  # judged by the true ones


def test_fit_heads_on_one_split_is_that_row_of_several(waves):
    series, labels, train = waves
    several, _ = frozen.linear_probe(*waves, **HEAD)
    for k, mask in enumerate(train):
        assert frozen.linear_probe(series, labels, mask, **HEAD)[0] == [several[k]]


def test_fit_heads_looks_at_the_layer_it_is_told(waves):
    answers, _ = frozen.linear_probe(*waves, **HEAD | {"layer": "output"})
    heads = heads_of(waves, layer="output")
    assert predicted(answers) == [ours[~mask].tolist() for ours, mask in zip(heads.predicted, waves[2])]
    assert {row["chosen"] for row, _ in answers} == {"gadf output"}
    with pytest.raises(ValueError, match="layer: expected all, each or one of 1, 2, .*output, got 'none'"):
        frozen.linear_probe(*waves, **HEAD | {"layer": "none"})


@pytest.mark.parametrize(
    "menu, options",
    [
        ({"encoding": "mtf|gadf|line"}, [{"encoding": name, "layer": "all"} for name in ("mtf", "gadf", "line")]),
        ({"layer": "each"}, [{"encoding": "gadf", "layer": name} for name in ("1", "2", "3", "4", "5", "output")]),
    ],
)
def test_each_split_takes_what_leaves_its_training_series_best_classified(waves, menu, options):
    answers, _ = frozen.linear_probe(*waves, **HEAD | menu)
    made = [heads_of(waves, **option) for option in options]
    for k, (row, tables) in enumerate(answers):
        best = max(zip(made, options), key=lambda pair: (pair[0].right[k].item(), -pair[0].error[k].item()))
        assert row["chosen"] == f"{best[1]['encoding']} {best[1]['layer']}"
        assert tables["predictions"]["predicted"] == best[0].predicted[k][~waves[2][k]].tolist()
    assert len({row["chosen"] for row, _ in answers}) > 1  # the splits do choose
    assert {row["encoding"] for row, _ in answers} == {menu.get("encoding", "gadf")}


def test_three_encodings_in_one_picture_are_drawn_without_colormap(waves):
    three = {"encoding": "gadf+recurrence+mtf"}
    answers, _ = frozen.linear_probe(*waves, **HEAD | three)
    heads = heads_of(waves, **three, colormap=colours.FLOAT_FIELD)
    assert predicted(answers) == [ours[~mask].tolist() for ours, mask in zip(heads.predicted, waves[2])]


def test_seed_and_weights_of_a_frozen_trunk(waves):
    first, again, other = (frozen.linear_probe(*waves, **HEAD | {"seed": seed})[0] for seed in (0, 0, 1))
    assert first == again
    assert predicted(first) != predicted(other)
    with pytest.raises(ValueError, match="expected those of test_resnet.r160_in1k from hub:x"):
        frozen.linear_probe(*waves, **HEAD | {"origin": "hub:x"})


def test_no_test_label_reaches_a_head_or_its_choice(waves):
    series, labels, train = waves
    menu = HEAD | {"encoding": "mtf|gadf|line", "layer": "each"}
    for mask in train[:2]:
        other = labels.copy()
        other[~mask] = np.roll(labels[~mask], 1)
        assert (other != labels).sum() > 5 and set(other[~mask]) == set(labels[~mask])
        ((row, tables),), _ = frozen.linear_probe(series, labels, mask, **menu)
        ((moved, theirs),), _ = frozen.linear_probe(series, other, mask, **menu)
        assert row["chosen"] == moved["chosen"]
        assert tables["predictions"]["predicted"] == theirs["predictions"]["predicted"]
        assert tables["predictions"]["label"] != theirs["predictions"]["label"]


def test_heads_made_a_few_resamples_at_a_time_are_those_made_together(problem, monkeypatch):
    together = frozen.ridge(*problem)
    monkeypatch.setattr(frozen, "AT_A_TIME", 1)
    for ours, theirs in zip(frozen.ridge(*problem), together):
        assert torch.equal(ours, theirs) if ours.dtype == torch.int64 else torch.allclose(ours, theirs)


def test_pictures_scaled_by_the_training_range_are_each_splits_own(waves):
    series, labels, train = waves
    heads = heads_of(waves, layer="1")
    answers, _ = frozen.linear_probe(series, labels, train, **HEAD | {"layer": "1"}, scaling="training")
    assert [row["scaling"] for row, _ in answers] == ["training"] * 4
    said = [tables["predictions"]["predicted"] for _, tables in answers]
    assert said != [heads.predicted[k][~train[k]].tolist() for k in range(4)]
    training.set_seed(HEAD["seed"], reproducible=True)
    trunk = backbones.load(HEAD["backbone"], 32, "random")
    span = (series[train[2]].min(), series[train[2]].max())
    picture = {name: HEAD[name] for name in PICTURE}
    layers = frozen.features(series, trunk, training.painter(trunk, size=32, **picture, span=span))
    assert said[2] == frozen.ridge(layers["1"], labels, train[2:3]).predicted[0][~train[2]].tolist()


def test_features_are_kept_for_the_next_head_and_no_more_of_them_than_keep_bytes(waves, monkeypatch):
    drawn, painter = [], training.painter
    monkeypatch.setattr(
        training, "painter", lambda trunk, **settings: drawn.append(settings["encoding"]) or painter(trunk, **settings)
    )
    monkeypatch.setattr(frozen, "KEPT", {})

    def look(*encodings):
        drawn.clear()
        for name in encodings:
            frozen.linear_probe(*waves, **HEAD | {"encoding": name})
        return drawn

    assert look("gadf", "mtf", "gadf", "mtf") == ["gadf", "mtf"]
    one, _ = (sum(part.nbytes for part in parts.values()) for parts in frozen.KEPT.values())
    monkeypatch.setattr(frozen, "KEEP", 2 * one)
    assert look("line", "mtf", "line", "gadf") == ["line", "gadf"] and len(frozen.KEPT) == 2
    monkeypatch.setattr(frozen, "KEEP", 0)
    assert look("gasf", "gasf", "mtf") == ["gasf", "mtf"], "the last stays, however large"


def test_a_frozen_network_computes_in_the_precision_asked_for_and_the_row_says_it(waves, monkeypatch):
    monkeypatch.setattr(devices, "current", lambda: torch.device("cpu"))
    made, kept = {}, {}
    for precision in ("nothing", *devices.PRECISIONS):
        monkeypatch.setattr(frozen, "KEPT", kept)
        settings = {} if precision == "nothing" else {"precision": precision}
        answers, _ = frozen.linear_probe(*waves, **HEAD, **settings)
        assert {row["precision"] for row, _ in answers} == {"fp32" if precision == "nothing" else precision}
        made[precision] = list(kept.values())[-1]
    assert len(kept) == 4, "each precision has features of its own, the default those of fp32"
    assert made["nothing"] is made["fp32"]
    for precision in ("tf32", "bf16", "fp16"):
        for layer, exact in made["fp32"].items():
            assert made[precision][layer].dtype == torch.float32 and not torch.equal(made[precision][layer], exact)
            torch.testing.assert_close(made[precision][layer], exact, atol=0.1 * exact.abs().max().item(), rtol=0)
    with pytest.raises(ValueError, match="precision: expected one of fp32, tf32, bf16, fp16, got 'fp8'"):
        frozen.linear_probe(*waves, **HEAD, precision="fp8")
