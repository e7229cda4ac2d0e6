import functools

import calls
import numpy as np
import pytest
import timm
import torch
from calls import Waits, call, gathered, relabelled, waves

from tsvision.methods import lastblock, training
from tsvision.networks import backbones, devices
from tsvision.pictures import Picture

PICTURE = Picture("gadf", "viridis", 32, "field")
SHORT = {"epochs": 1}


@pytest.fixture(scope="module")
def data():
    """24 sines of two frequencies, easy to tell apart, the first 12 for training."""
    return *waves(24, apart=2.0), np.arange(24) < 12


@pytest.fixture(scope="module")
def tune(tmp_path_factory):
    """A run on the weights of a file, so that no seed changes the trunk: its row and tables."""
    settings = calls.vit(tmp_path_factory.mktemp("weights")) | {"epochs": 4, "base_lr": 3e-3, "batch_size": 4}
    settings |= {"lr_mult": 1000.0}

    def made(data, **changed):
        ((row, tables),), cost = call(lastblock.tune_last_block, *data, **settings | changed)
        assert cost["seconds"] > 0 and cost["peak_memory_mib"] > 100
        return row, tables

    made.settings = settings
    return made


@pytest.fixture(scope="module")
def plain(data, tune):
    return tune(data)


def test_last_block_gives_the_whole_models_output_and_gradients(data):
    torch.manual_seed(0)
    trunk = backbones.load("test_vit", 32, "random")
    with torch.no_grad():
        for parameter in trunk.model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))  # no norm, bias or scale as it was born
    draw, series = training.painter(trunk, PICTURE), data[0][:9]
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
def test_tokens_of_another_kind_of_network_or_too_many_are_refused(data, name, monkeypatch):
    smaller = {} if "test" in name else {"embed_dim": 48, "num_heads": 3, "depth": 2}
    trunk = backbones.Backbone(timm.create_model(name, **smaller), name, "random", (0.5,) * 3, (0.5,) * 3)
    with pytest.raises(ValueError, match=f"expected a plain vision transformer.*got {name}"):
        lastblock.tokens(data[0], trunk, training.painter(trunk, PICTURE))
    trunk = backbones.load("test_vit", 32, "random")
    monkeypatch.setattr(devices, "free_memory", lambda: 3 * 24 * (1 + 4) * 64 * 4 - 1)
    with pytest.raises(ValueError, match="series: the tokens of 24 pictures take 0 GB, more than is free; take a sm"):
        lastblock.tokens(data[0], trunk, training.painter(trunk, PICTURE))


def test_a_run_is_the_training_of_the_whole_network_with_all_but_its_end_frozen(data, tune):
    series, labels, train = data
    row, tables = tune(data, epochs=2, base_lr=1e-3, lr_mult=10, batch_size=5)  # 12 series in two batches of 6
    given = gathered(**tune.settings)
    trunk = given["network"].load(32)
    images = training.painter(trunk, given["picture"])(torch.as_tensor(series)).contiguous()
    training.set_seed(0, reproducible=True)
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


def test_the_row_says_what_was_run(data, tune, plain):
    row, tables = plain
    settings = {name: value for name, value in tune.settings.items() if name != "origin"}
    settings |= {"method": "last block", "weights": tune.settings["origin"], "stands_in_for": "", "precision": "fp32"}
    settings |= {"noise": 0.0}
    scored = {name: row[name] for name in ("train_accuracy", "correct")} | {"accuracy": round(row["correct"] / 12, 6)}
    assert row == settings | scored | {"length": 40, "n_train": 12, "n_test": 12, "device": devices.name()}
    predictions = tables["predictions"]
    assert predictions["series"] == list(range(12, 24)) and predictions["label"] == data[1][12:].tolist()
    assert row["correct"] == sum(a == b for a, b in zip(predictions["label"], predictions["predicted"]))


def test_tokens_are_kept_for_other_seeds_and_splits_and_a_run_leaves_them_as_they_were(data, tune):
    series, labels, train = data
    lastblock._tokens_once.cache_clear()
    other, after, split = (
        tune(data, **SHORT, seed=1), tune(data, **SHORT, seed=2), tune((series, labels, ~train), **SHORT)
    )  # fmt: skip
    assert lastblock._tokens_once.cache_info()[:2] == (2, 1)  # all took the first one's trunk
    assert split[1]["predictions"]["series"] == list(range(12)) and other[1]["history"] != after[1]["history"]
    lastblock._tokens_once.cache_clear()
    assert tune(data, **SHORT, seed=2) == after and tune(data, **SHORT, seed=1) == other
    for count, changed in enumerate(({"encoding": "gasf"}, {"view": "stretch"}, {"size": 16}, {"patch": 8}), 2):
        row, tables = tune(data, **SHORT, **changed, seed=1)
        assert tables["history"] != other[1]["history"] and changed.items() <= row.items()
        assert lastblock._tokens_once.cache_info().misses == count


def test_no_step_waits_for_the_device(data, tune, monkeypatch):
    counts = []
    # Adam counts its steps in tensors, which lie on the processor
    monkeypatch.setattr(torch.optim, "AdamW", functools.partial(torch.optim.SGD, lr=1e-3, momentum=0.9))
    for batch_size in (12, 3):  # a step, four steps
        tune(data, batch_size=batch_size)  # tokens are kept
        with Waits() as waits:
            tune(data, batch_size=batch_size)
        counts.append(waits.count)
    assert counts[0] == counts[1] > 0


def test_random_weights_are_drawn_from_the_seed(data, tune):
    first, other, again = (tune(data, **SHORT, weights="random", origin="random", seed=seed) for seed in (0, 1, 0))
    assert first == again and first[1]["history"] != other[1]["history"]


def test_a_class_that_only_test_series_have_counts_as_missed(data, tune):
    series, labels, train = data
    labels = np.where(np.arange(24) >= 20, 2, labels)
    row, tables = tune((series, labels, train), epochs=12, base_lr=3e-2)  # enough to unlearn the third class
    assert tables["predictions"]["label"][-4:] == [2] * 4
    assert 2 not in tables["predictions"]["predicted"] and row["correct"] <= 8


def test_no_test_series_or_label_reaches_the_training(data, tune, plain):
    series, labels, train = data
    row, tables = tune((np.where(train[:, None], series, series[::-1] * 3), relabelled(labels, train), train))
    assert tables["history"]["train_loss"] == pytest.approx(plain[1]["history"]["train_loss"], abs=1e-5)
    assert row["train_accuracy"] == plain[0]["train_accuracy"]


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"origin": "hub:x"}, "expected those of test_vit from hub:x, they now come from file:vit.safeten"),
        (
            {"precision": "bf16"},
            "precision, scaling, noise: the last block is trained in fp32, .*, got 'bf16', 'series'",
        ),
        ({"scaling": "training"}, "precision, scaling, noise: .* got 'fp32', 'training'"),
        ({"noise": 0.1}, "precision, scaling, noise: .* got 'fp32', 'series', 0.1"),
    ],
)
def test_what_cannot_be_is_named(data, tune, changed, message):
    with pytest.raises(ValueError, match=message):
        tune(data, **changed)
