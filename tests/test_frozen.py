import numpy as np
import pytest
import timm
import torch
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tsvision import backbones, frozen, training

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
        images = draw(torch.as_tensor(series, device=training.device()))
        torch.testing.assert_close(kept["output"], trunk.model(images).cpu(), atol=1e-5, rtol=1e-4)
        layers = trunk.model.forward_intermediates(images, intermediates_only=True)
    assert list(kept) == [*(str(k) for k in range(1, len(layers) + 1)), "output"]
    torch.testing.assert_close(kept["2"], layers[1].mean((2, 3)).cpu(), atol=1e-5, rtol=1e-4)


def test_last_block_gives_the_whole_models_output_and_gradients(series):
    trunk = trunk_of("test_vit")
    with torch.no_grad():
        for parameter in trunk.model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))  # no norm, bias or scale as it was born
    draw = training.painter(trunk, size=32, **PICTURE)
    tokens = frozen.tokens(series, trunk, draw).clone()
    assert tokens.shape == (9, 1 + 4, 64)
    last = frozen.LastBlock(trunk.model, 3).to(tokens.device)
    weights = [trunk.model.blocks[-1].attn.qkv.weight, trunk.model.blocks[-1].mlp.fc1.bias, trunk.model.norm.weight]
    whole = last.head(trunk.model(draw(torch.as_tensor(series, device=training.device()))))
    expected = torch.autograd.grad(whole.square().sum(), weights)
    short = last(tokens)
    torch.testing.assert_close(short, whole, atol=1e-4, rtol=1e-4)
    for got, wanted in zip(torch.autograd.grad(short.square().sum(), weights), expected):
        torch.testing.assert_close(got, wanted, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize(
    "name", ["test_resnet", "test_vit2", "beit_base_patch16_224", "deit_tiny_distilled_patch16_224"]
)
def test_tokens_of_another_kind_of_network_are_refused(series, name):
    trunk = backbones.Backbone(timm.create_model(name), name, "random", (0.5,) * 3, (0.5,) * 3)
    with pytest.raises(ValueError, match=f"expected a plain vision transformer.*got {name}"):
        frozen.tokens(series, trunk, training.painter(trunk, size=32, **PICTURE))


def test_ridge_is_scikit_learns_for_every_resample(problem):
    values, labels, train = problem
    predicted, alphas = frozen.ridge(values, labels, train)
    for mask, ours, alpha in zip(train, predicted, alphas):
        theirs = make_pipeline(StandardScaler(), RidgeClassifierCV(alphas=frozen.ALPHAS)).fit(
            values[mask], labels[mask]
        )
        assert theirs[-1].alpha_ == pytest.approx(alpha.item())
        assert np.array_equal(theirs.predict(values), ours)
    assert len(set(alphas.tolist())) > 1  # the resamples do choose


def test_ridge_of_four_points_by_hand():
    # x = -1, 1 in class 0, 1 and a test point on each side; one feature, so the side decides
    predicted, _ = frozen.ridge(
        np.array([[-1.0], [1.0], [-3.0], [0.5]]), [0, 1, 0, 1], np.array([[True, True, False, False]])
    )
    assert predicted.tolist() == [[0, 1, 0, 1]]


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
    honest, alpha = frozen.ridge(values, labels, mask)
    other, same = frozen.ridge(moved, relabelled, mask)
    assert torch.equal(honest[mask], other[mask]) and torch.equal(alpha, same)


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


def test_last_block_learns_what_is_easy_and_the_same_for_the_same_seed():
    generator = np.random.default_rng(0)
    labels = np.arange(24) % 2
    series = np.sin(np.linspace(0, 6, 40) * (1 + 2 * labels[:, None])) + 0.1 * generator.normal(size=(24, 40))
    settings = dict(backbone="test_vit", weights="random", origin="random", size=32, base_lr=3e-3, batch_size=4)
    settings |= PICTURE | {"epochs": 12, "seed": 0}
    train = np.arange(24) < 12
    predicted, again = (frozen.tune_last_block(series, labels, train, **settings) for _ in range(2))
    assert (predicted == labels)[~train].sum() >= 10
    assert np.array_equal(predicted, again)
    with pytest.raises(ValueError, match="expected those of test_vit from hub:x"):
        frozen.tune_last_block(series, labels, train, **settings | {"origin": "hub:x"})
