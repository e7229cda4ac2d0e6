import numpy as np
import pytest
import safetensors.torch
import timm
import torch

from tsvision.methods import lastblock, training
from tsvision.networks import backbones, devices

PICTURE = {"encoding": "gadf", "colormap": "viridis", "view": "field"}


@pytest.fixture(scope="module")
def series():
    return np.random.default_rng(0).normal(size=(9, 40)).cumsum(1)


@pytest.fixture(scope="module")
def waves():
    """24 sines of two frequencies, easy to tell apart, the first 12 for training."""
    generator = np.random.default_rng(0)
    labels = np.arange(24) % 2
    series = np.sin(np.linspace(0, 6, 40) * (1 + 2 * labels[:, None])) + 0.1 * generator.normal(size=(24, 40))
    return series, labels, np.arange(24) < 12


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    """A run on the weights of a file, so that no seed changes the trunk."""
    path = tmp_path_factory.mktemp("weights") / "vit.safetensors"
    torch.manual_seed(1)
    safetensors.torch.save_file(timm.create_model("test_vit").state_dict(), path)
    origin = backbones.load("test_vit", 32, str(path)).weights
    made = {"backbone": "test_vit", "weights": str(path), "origin": origin, "stands_in_for": "", "size": 32, "seed": 0}
    return made | PICTURE | {"epochs": 4, "base_lr": 3e-3, "batch_size": 4}


def tune(waves, settings, **changed):
    """The only row of a run and its tables."""
    ((row, tables),), cost = lastblock.tune_last_block(*waves, **settings | changed)
    assert cost["seconds"] > 0 and cost["peak_memory_mib"] > 100
    return row, tables


def test_last_block_gives_the_whole_models_output_and_gradients(series):
    torch.manual_seed(0)
    trunk = backbones.load("test_vit", 32, "random")
    with torch.no_grad():
        for parameter in trunk.model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))  # no norm, bias or scale as it was born
    draw = training.painter(trunk, size=32, **PICTURE)
    tokens = lastblock.tokens(series, trunk, draw).clone()
    assert tokens.shape == (9, 1 + 4, 64)
    last = lastblock.LastBlock(trunk.model, 3).to(tokens.device)
    weights = [trunk.model.blocks[-1].attn.qkv.weight, trunk.model.blocks[-1].mlp.fc1.bias, trunk.model.norm.weight]
    whole = last.head(trunk.model(draw(torch.as_tensor(series, device=devices.current()))))
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
        lastblock.tokens(series, trunk, training.painter(trunk, size=32, **PICTURE))


def test_tokens_that_would_not_fit_into_memory_are_refused(series, monkeypatch):
    trunk = backbones.load("test_vit", 32, "random")
    monkeypatch.setattr(devices, "free_memory", lambda: 3 * 9 * (1 + 4) * 64 * 4 - 1)
    with pytest.raises(
        ValueError, match="series: the tokens of 9 pictures take 0 GB, more than is free; take a smaller size"
    ):
        lastblock.tokens(series, trunk, training.painter(trunk, size=32, **PICTURE))


def test_a_run_is_the_training_of_the_whole_network_with_all_but_its_end_frozen(waves, settings):
    series, labels, train = waves
    row, tables = tune(
        waves, settings, epochs=2, base_lr=1e-3, lr_mult=10, batch_size=5
    )  # 12 series in two batches of 6
    trunk = backbones.load("test_vit", 32, settings["weights"])
    images = training.painter(trunk, size=32, **PICTURE)(torch.as_tensor(series)).contiguous()
    training.set_seed(settings["seed"], reproducible=True)
    head = torch.nn.Linear(64, 2)
    with torch.no_grad():
        sd, mean = torch.std_mean(trunk.model(images[:12]), 0)
    trunk.model.requires_grad_(False)
    end = [part.requires_grad_(True) for part in (trunk.model.blocks[-1], trunk.model.norm)]
    groups = [[*head.parameters()], [weight for part in end for weight in part.parameters()]]
    optimiser = torch.optim.AdamW([{"params": group} for group in groups])
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, [1e-3, 1e-4], total_steps=4)

    def whole(part):
        return head((trunk.model(part) - mean) / sd)

    losses, targets = [], torch.as_tensor(labels)
    for _ in range(2):
        for part in torch.randperm(12).chunk(2):
            loss = torch.nn.functional.cross_entropy(whole(images[part]), targets[part])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
    assert tables["history"]["train_loss"] == pytest.approx(np.reshape(losses, (2, 2)).mean(1).tolist(), abs=1e-3)
    with torch.no_grad():
        expected = whole(images).argmax(1).numpy()
    assert tables["predictions"]["predicted"] == expected[~train].tolist()
    assert row["train_accuracy"] == round((expected == labels)[train].mean(), 6)


def test_what_is_easy_is_learnt_and_the_loss_falls(waves, settings):
    row, tables = tune(waves, settings, epochs=12)
    history = tables["history"]
    assert row["correct"] >= 10 and row["train_accuracy"] == 1
    assert history["epoch"] == list(range(1, 13)) and len(history["train_loss"]) == 12
    assert history["train_loss"][-1] < 0.2 < 0.3 < history["train_loss"][0]  # of two classes, guessing costs 0.69


def test_the_row_says_what_was_run(waves, settings):
    series, labels, train = waves
    row, tables = tune(waves, settings)
    assert row == {
        "seed": 0,
        "method": "last block",
        "view": "field",
        "backbone": "test_vit",
        "weights": settings["origin"],
        "stands_in_for": "",
        "encoding": "gadf",
        "colormap": "viridis",
        "size": 32,
        "length": 40,
        "epochs": 4,
        "base_lr": 3e-3,
        "lr_mult": 1000.0,
        "batch_size": 4,
        "train_accuracy": row["train_accuracy"],
        "precision": "fp32",
        "n_train": 12,
        "n_test": 12,
        "accuracy": round(row["correct"] / 12, 6),
        "correct": row["correct"],
        "device": devices.name(),
    }
    predictions = tables["predictions"]
    assert predictions["series"] == list(range(12, 24)) and predictions["label"] == labels[12:].tolist()
    assert row["correct"] == sum(a == b for a, b in zip(predictions["label"], predictions["predicted"]))


def test_smaller_patches_are_said_in_the_row_and_make_more_tokens(waves, settings):
    plain, (row, tables) = tune(waves, settings, epochs=1), tune(waves, settings, epochs=1, patch=8)
    assert "patch" not in plain[0] and row["patch"] == 8
    assert tables["history"] != plain[1]["history"]
    picture = {name: settings[name] for name in PICTURE}
    fixed = [settings[name] for name in ("origin", "backbone", "size", "weights")]
    kept, _ = lastblock._tokens_once(np.ascontiguousarray(waves[0]).tobytes(), 24, 0, *fixed, 8, **picture)
    assert kept.shape == (24, 1 + 4 * 4, 64)


def test_a_run_leaves_the_kept_trunk_as_it_was(waves, settings):
    lastblock._tokens_once.cache_clear()
    short = settings | {"epochs": 2}
    other, after = tune(waves, short, seed=1), tune(waves, short, seed=2)
    assert lastblock._tokens_once.cache_info()[:2] == (1, 1)  # the second run took the first one's trunk
    lastblock._tokens_once.cache_clear()
    assert tune(waves, short, seed=2) == after
    assert tune(waves, short, seed=1) == other
    assert other[1]["history"] != after[1]["history"]


def test_other_splits_take_the_same_tokens_and_another_picture_does_not(waves, settings):
    series, labels, train = waves
    lastblock._tokens_once.cache_clear()
    short = settings | {"epochs": 1}
    first, second = tune(waves, short), tune((series, labels, ~train), short)
    assert lastblock._tokens_once.cache_info()[:2] == (1, 1)
    assert second[1]["predictions"]["series"] == list(range(12)) and second[1]["history"] != first[1]["history"]
    for count, changed in enumerate(({"encoding": "gasf"}, {"view": "stretch"}, {"size": 16}), 2):
        assert tune(waves, short, **changed)[1]["history"] != first[1]["history"]
        assert lastblock._tokens_once.cache_info().misses == count


def test_random_weights_are_drawn_from_the_seed(waves, settings):
    random = settings | {"weights": "random", "origin": "random", "epochs": 1}
    lastblock._tokens_once.cache_clear()
    first, other, again = (tune(waves, random, seed=seed) for seed in (0, 1, 0))
    assert lastblock._tokens_once.cache_info().misses == 3
    assert first == again and first[1]["history"] != other[1]["history"]


def test_a_class_that_only_test_series_have_counts_as_missed(waves, settings):
    series, labels, train = waves
    labels = np.where(np.arange(24) >= 20, 2, labels)
    row, tables = tune((series, labels, train), settings, epochs=12, base_lr=3e-2)  # enough to unlearn the third class
    assert tables["predictions"]["label"][-4:] == [2] * 4
    assert 2 not in tables["predictions"]["predicted"] and row["correct"] <= 8


def test_no_test_series_or_label_reaches_the_training(waves, settings):
    series, labels, train = waves
    moved = np.where(train[:, None], series, series[::-1] * 3)
    first, other = tune(waves, settings), tune((moved, np.where(train, labels, 1 - labels), train), settings)
    assert other[1]["history"]["train_loss"] == pytest.approx(first[1]["history"]["train_loss"], abs=1e-5)
    assert other[0]["train_accuracy"] == first[0]["train_accuracy"]


def test_weights_from_elsewhere_and_networks_without_a_last_block_are_errors(waves, settings):
    with pytest.raises(ValueError, match="expected those of test_vit from hub:x, they now come from file:vit.safeten"):
        tune(waves, settings, origin="hub:x")
    with pytest.raises(ValueError, match="backbone: expected a plain vision transformer.*got test_resnet"):
        tune(waves, settings, backbone="test_resnet", weights="random", origin="random")
