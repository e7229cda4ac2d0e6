import numpy as np
import pytest
import torch

from tsvision import encoders, training

SETTINGS = {
    "seed": 0,
    "backbone": "test_resnet",
    "weights": "random",
    "origin": "random",
    "stands_in_for": "",
    "encoding": "gadf",
    "colormap": "viridis",
    "size": 32,
    "view": "field",
    "epochs": 2,
    "base_lr": 2e-3,
    "batch_size": 4,
}


@pytest.fixture(scope="module")
def data():
    """22 sines of two frequencies, 11 for training: a batch size of 4 leaves a rest."""
    generator = np.random.default_rng(0)
    labels = np.arange(22) % 2
    series = np.sin(np.linspace(0, 6, 40) * (1 + labels[:, None])) + 0.1 * generator.normal(size=(22, 40))
    return series, labels, np.arange(22) < 11


def draw(series):
    return series.view(-1, 1, 1, 1).expand(-1, 3, 2, 2)


def test_every_training_series_is_in_every_epoch_and_no_batch_is_of_one():
    batches = training.Batches(draw, torch.arange(9.0).view(9, 1), torch.arange(9), batch_size=4, shuffle=True)
    for _ in range(2):
        sizes, seen = zip(*((len(labels), labels.tolist()) for _, labels in batches))
        assert sizes == (3, 3, 3)
        assert sorted(sum(seen, [])) == list(range(9))
    orders = [sum((labels.tolist() for _, labels in batches), []) for _ in range(3)]
    assert len({tuple(order) for order in orders}) > 1  # shuffled anew in every epoch
    images, labels = next(iter(batches))
    assert images[:, 0, 0, 0].tolist() == labels.tolist()  # pictures stay with their labels


def test_a_batch_size_above_the_number_of_series_still_trains():
    batches = training.Batches(draw, torch.zeros(5, 1), torch.arange(5), batch_size=64)
    assert [len(labels) for _, labels in batches] == [5]


def test_pictures_are_normalised_and_of_the_size_asked_for(data):
    series = torch.as_tensor(data[0])
    plain = training.pictures(
        series, encoding="gadf", colormap="gray", size=40, view="field", mean=(0, 0, 0), std=(1, 1, 1)
    )
    moved = training.pictures(
        series, encoding="gadf", colormap="gray", size=40, view="field", mean=(0.5, 0.4, 0.3), std=(0.5, 0.2, 0.1)
    )
    torch.testing.assert_close(moved[:, 1], (plain[:, 1] - 0.4) / 0.2)
    shapes = {
        view: tuple(
            training.pictures(
                series, encoding="gadf", colormap="gray", size=16, view=view, mean=(0, 0, 0), std=(1, 1, 1)
            ).shape[2:]
        )
        for view in training.VIEWS
    }
    assert shapes == {"field": (16, 16), "stretch": (16, 16), "resize": (16, 16), "crop": (40, 40)}  # the loader crops
    resized = training.pictures(
        series, encoding="gadf", colormap="gray", size=20, view="resize", mean=(0, 0, 0), std=(1, 1, 1)
    )
    torch.testing.assert_close(
        resized.mean((2, 3)), plain.mean((2, 3)), atol=0.01, rtol=0
    )  # shrinking keeps the mean grey
    with pytest.raises(ValueError, match="view: expected one of field, stretch, resize, crop, got 'zoom'"):
        training.pictures(series, encoding="gadf", colormap="gray", size=16, view="zoom", mean=(0, 0, 0), std=(1, 1, 1))


def test_a_stretched_series_is_interpolated_before_it_is_drawn(data):
    series = torch.as_tensor(data[0])
    settings = {"encoding": "gadf", "colormap": "viridis", "size": 64, "mean": (0, 0, 0), "std": (1, 1, 1)}
    expected = training.pictures(encoders.stretch(series, 64), view="field", **settings)
    assert torch.equal(training.pictures(series, view="stretch", **settings), expected)


@pytest.mark.parametrize(
    "features, name, expected",
    [
        ({"avx512_bf16": True}, "test_vit", "bf16"),
        ({"amx_bf16": True}, "test_resnet", "bf16"),
        ({"avx512_bf16": True}, "test_efficientnet", "fp32"),  # depthwise convolutions lose by it
        ({"avx2": True}, "test_vit", "fp32"),
    ],
)
def test_bfloat16_where_the_processor_and_the_network_gain(features, name, expected, data, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: features)
    monkeypatch.setattr(training, "device", lambda: torch.device("cpu"))
    made, trunk = training.learner(
        *data,
        **{k: v for k, v in SETTINGS.items() if k not in ("epochs", "base_lr", "stands_in_for")} | {"backbone": name},
    )
    assert training.precision(trunk.model) == expected
    assert training.device_name() == ("cpu" if "avx2" in features else "cpu with bfloat16")
    seen = []
    first = next(part for part in made.model.modules() if isinstance(part, torch.nn.Conv2d))
    first.register_forward_hook(lambda module, images, output: seen.append((images[0].dtype, output.dtype)))
    with made.no_bar(), made.no_logging():
        made.fit(1)
    assert set(seen) == {(torch.float32, {"bf16": torch.bfloat16, "fp32": torch.float32}[expected])}


def test_crop_moves_training_pictures_and_only_shrinks_test_pictures(data):
    series, labels, train = data
    made, _ = training.learner(
        series,
        labels,
        train,
        **{k: v for k, v in SETTINGS.items() if k not in ("epochs", "base_lr", "stands_in_for")} | {"view": "crop"},
    )
    first, again = (made.dls.valid.one_batch()[0] for _ in range(2))
    assert first.shape[2:] == (32, 32) and torch.equal(first, again)
    first, again = (made.dls.train.one_batch()[0] for _ in range(2))
    assert first.shape[2:] == (32, 32) and not torch.equal(first, again)


def test_row_tables_and_cost(data):
    row, tables, cost = training.fine_tune(*data, **SETTINGS)
    assert row == {
        "seed": 0,
        "method": "fine-tune",
        "backbone": "test_resnet.r160_in1k",
        "weights": "random",
        "stands_in_for": "",
        "encoding": "gadf",
        "colormap": "viridis",
        "size": 32,
        "length": 40,
        "n_train": 11,
        "n_test": 11,
        "epochs": 2,
        "base_lr": 2e-3,
        "batch_size": 4,
        "train_accuracy": row["train_accuracy"],
        "accuracy": row["accuracy"],
        "correct": row["correct"],
        "device": training.device_name(),
        "precision": row["precision"],
    }
    predictions, history = tables["predictions"], tables["history"]
    assert predictions["series"] == list(range(11, 22))
    assert predictions["label"] == data[1][11:].tolist()
    assert row["correct"] == sum(a == b for a, b in zip(predictions["label"], predictions["predicted"]))
    assert row["accuracy"] == pytest.approx(row["correct"] / 11, abs=1e-6)
    assert list(history["epoch"]) == [0, 1, 2]  # one of the head alone, then two
    assert history["test_accuracy"][-1] == pytest.approx(row["accuracy"], abs=1e-6)  # the last epoch counts
    assert cost["seconds"] > 0 and cost["peak_memory_mib"] > 100


def test_same_seed_same_result_another_seed_another(data):
    first, again, other = (training.fine_tune(*data, **SETTINGS | {"seed": seed})[:2] for seed in (0, 0, 1))
    assert first == again
    assert first[1]["history"] != other[1]["history"]


def test_crops_are_seeded_too(data):
    first, again = (training.fine_tune(*data, **SETTINGS | {"view": "crop"})[:2] for _ in range(2))
    assert first == again


def test_training_learns_what_is_easy(data):
    row, tables, _ = training.fine_tune(*data, **SETTINGS | {"epochs": 12, "base_lr": 1e-2})
    assert tables["history"]["train_loss"][-1] < 0.5 * tables["history"]["train_loss"][0]
    assert row["correct"] >= 9
    assert row["train_accuracy"] >= 0.8


def test_training_pictures_are_judged_as_test_pictures_are(data):
    settings = {k: v for k, v in SETTINGS.items() if k not in ("epochs", "base_lr", "stands_in_for")}
    made, _ = training.learner(*data, **settings | {"view": "crop"})
    images, labels = made.dls[2].one_batch()
    assert labels.tolist() == data[1][data[2]].tolist()  # every training series, in order
    assert torch.equal(images, made.dls[2].one_batch()[0])  # and uncut


def test_no_test_label_reaches_training(data):
    series, labels, train = data
    permuted = labels.copy()
    permuted[~train] = np.roll(labels[~train], 1)
    honest, other = (training.fine_tune(series, y, train, **SETTINGS)[1] for y in (labels, permuted))
    assert honest["predictions"]["predicted"] == other["predictions"]["predicted"]
    assert honest["predictions"]["probability"] == other["predictions"]["probability"]
    assert honest["history"]["train_loss"] == other["history"]["train_loss"]
    assert honest["predictions"]["label"] != other["predictions"]["label"]


def test_weights_from_elsewhere_than_the_row_would_say_stop_the_run(data):
    with pytest.raises(ValueError, match="expected those of test_resnet from hub:x, they now come from random"):
        training.fine_tune(*data, **SETTINGS | {"origin": "hub:x"})


def test_head_and_body_learn_at_different_rates_and_everything_is_trained(data):
    before, _ = training.learner(
        *data, **{k: v for k, v in SETTINGS.items() if k not in ("epochs", "base_lr", "stands_in_for")}
    )
    groups = before.splitter(before.model)
    assert len(groups) == 2
    assert sum(len(group) for group in groups) == len(list(before.model.parameters()))
