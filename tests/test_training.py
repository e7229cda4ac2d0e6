import numpy as np
import pytest
import torch
from fastai.optimizer import SGD

from tsvision.methods import training
from tsvision.networks import devices
from tsvision.pictures import encoders, originals

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
LEARNER = {name: value for name, value in SETTINGS.items() if name not in ("epochs", "base_lr", "stands_in_for")}


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
    assert shapes.pop("crop") == (40, 40)  # the loader crops
    assert shapes == {view: (16, 16) for view in ("field", "stretch", "resize", "axes")}
    resized = training.pictures(
        series, encoding="gadf", colormap="gray", size=20, view="resize", mean=(0, 0, 0), std=(1, 1, 1)
    )
    torch.testing.assert_close(
        resized.mean((2, 3)), plain.mean((2, 3)), atol=0.01, rtol=0
    )  # shrinking keeps the mean grey
    with pytest.raises(ValueError, match="view: expected one of field, stretch, resize, crop, axes, got 'zoom'"):
        training.pictures(series, encoding="gadf", colormap="gray", size=16, view="zoom", mean=(0, 0, 0), std=(1, 1, 1))


def test_a_stretched_series_is_interpolated_before_it_is_drawn(data):
    series = torch.as_tensor(data[0])
    settings = {"encoding": "gadf", "colormap": "viridis", "size": 64, "mean": (0, 0, 0), "std": (1, 1, 1)}
    expected = training.pictures(encoders.stretch(series, 64), view="field", **settings)
    assert torch.equal(training.pictures(series, view="stretch", **settings), expected)


def test_axes_frame_the_picture_before_it_is_normalised_and_shrunk(data):
    series = torch.as_tensor(data[0][:2])
    settings = {"encoding": "gadf", "colormap": "viridis", "view": "axes"}
    framed = originals.framed(encoders.render(series, "gadf", "viridis"))
    plain = training.pictures(series, size=570, mean=(0, 0, 0), std=(1, 1, 1), **settings)
    torch.testing.assert_close(plain, framed, atol=1e-6, rtol=0)
    small = training.pictures(series, size=95, mean=(0.5, 0.4, 0.3), std=(0.5, 0.2, 0.1), **settings)
    assert small[:, :, 0, 0].tolist() == [pytest.approx([1.0, 3.0, 7.0])] * 2  # a white corner: (1 - mean) / std
    assert small.is_contiguous(memory_format=torch.channels_last)


@pytest.fixture
def cpu(monkeypatch):
    """No GPU, and the switches of the process as they were afterwards."""
    monkeypatch.setattr(devices, "current", lambda: torch.device("cpu"))
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", torch.backends.cudnn.allow_tf32)


def has_half(values, dtype):
    return torch.equal(values.float(), values.to(dtype).float())


@pytest.mark.parametrize("name", ["test_resnet", "test_vit"])
def test_networks_compute_in_float32_unless_told_whatever_the_processor_can(name, data, cpu, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True, "amx_bf16": True})
    outputs = {}
    for settings in ({}, {"precision": "fp32"}, {"precision": "tf32"}, {"precision": "bf16"}, {"precision": "fp16"}):
        made, _ = training.learner(*data, **LEARNER | {"backbone": name} | settings)
        seen = outputs[settings.get("precision", "nothing")] = []
        first = next(part for part in made.model.modules() if isinstance(part, torch.nn.Conv2d))
        first.register_forward_hook(lambda module, images, output, seen=seen: seen.append(output.detach()))
        with made.no_bar(), made.no_logging():
            made.fit(1)
        assert {output.dtype for output in seen} == {
            torch.bfloat16 if settings.get("precision") == "bf16" else torch.float32
        }
    plain = outputs.pop("nothing")
    same = {precision: all(map(torch.equal, seen, plain)) for precision, seen in outputs.items()}
    assert same == {"fp32": True, "tf32": False, "bf16": False, "fp16": False}
    halves = {precision: all(has_half(output, torch.float16) for output in seen) for precision, seen in outputs.items()}
    assert halves["fp16"] and not halves["fp32"] and not halves["tf32"]


def test_a_row_says_its_precision_which_changes_the_result(data, cpu):
    losses = {}
    for precision in devices.PRECISIONS:
        ((row, tables),), _ = training.fine_tune(*data, **SETTINGS, precision=precision)
        assert row["precision"] == precision
        losses[precision] = tuple(tables["history"]["train_loss"])
    ((row, tables),), _ = training.fine_tune(*data, **SETTINGS)
    assert row["precision"] == "fp32" and tuple(tables["history"]["train_loss"]) == losses["fp32"]
    away = {precision: np.abs(np.subtract(loss, losses["fp32"])).max() for precision, loss in losses.items()}
    assert 0 < away["tf32"] < away["bf16"] < 0.5 and away["fp16"] > 0  # ten bits, and seven
    with pytest.raises(ValueError, match="precision: expected one of fp32, tf32, bf16, fp16, got 'fp8'"):
        training.fine_tune(*data, **SETTINGS, precision="fp8")


@pytest.mark.parametrize("scaled", [True, False])
def test_scaling_the_loss_keeps_gradients_that_float16_loses(scaled, cpu):
    model = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.ones_(model.weight)
    devices.compute_in(model, "fp16")
    ones = training.Batches(
        lambda series: series.view(-1, 1, 1, 1), torch.ones(2, 1), torch.zeros(2, dtype=torch.long), 2
    )
    made = training.Learner(
        training.DataLoaders(ones, ones, device=torch.device("cpu")),
        model,
        loss_func=lambda said, _: 1e-8 * said.sum(),  # the smallest float16 is 6e-8
        opt_func=SGD,
        cbs=[training.LossScaling()] if scaled else [],
    )
    with made.no_bar(), made.no_logging():
        made.fit(1, lr=1e6, wd=0)
    assert model.weight.item() == pytest.approx(1 - 0.02 * scaled, abs=1e-5)  # two series, 1e6 times 1e-8 each


def test_float16_alone_scales_the_loss(data, cpu):
    for precision in devices.PRECISIONS:
        made, _ = training.learner(*data, **LEARNER, precision=precision)
        assert any(isinstance(each, training.LossScaling) for each in made.cbs) is (precision == "fp16")


def test_crop_moves_training_pictures_and_only_shrinks_test_pictures(data):
    made, _ = training.learner(*data, **LEARNER | {"view": "crop"})
    first, again = (made.dls.valid.one_batch()[0] for _ in range(2))
    assert first.shape[2:] == (32, 32) and torch.equal(first, again)
    first, again = (made.dls.train.one_batch()[0] for _ in range(2))
    assert first.shape[2:] == (32, 32) and not torch.equal(first, again)


def test_row_tables_and_cost(data):
    ((row, tables),), cost = training.fine_tune(*data, **SETTINGS)
    assert row == {
        "seed": 0,
        "method": "fine-tune",
        "view": "field",
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
        "lr_mult": 100.0,
        "batch_size": 4,
        "noise": 0.0,
        "shuffled": False,
        "train_accuracy": row["train_accuracy"],
        "recalibrated": row["recalibrated"],
        "accuracy": row["accuracy"],
        "correct": row["correct"],
        "device": devices.name(),
        "precision": "fp32",
    }
    predictions, history = tables["predictions"], tables["history"]
    assert set(predictions) == {"series", "label", "predicted", "recalibrated"}
    assert predictions["series"] == list(range(11, 22))
    assert predictions["label"] == data[1][11:].tolist()
    assert row["correct"] == sum(a == b for a, b in zip(predictions["label"], predictions["predicted"]))
    assert row["accuracy"] == pytest.approx(row["correct"] / 11, abs=1e-6)
    assert list(history["epoch"]) == [0, 1, 2]  # one of the head alone, then two
    assert history["test_accuracy"][-1] == pytest.approx(row["accuracy"], abs=1e-6)  # the last epoch counts
    assert cost["seconds"] > 0 and cost["peak_memory_mib"] > 100


def test_answer_by_hand():
    labels, train = np.array([0, 1, 1, 0, 1]), np.array([False, True, False, True, False])
    row, tables = training.answer({"seed": 3}, labels, train, np.array([0, 0, 1]))
    assert tables == {"predictions": {"series": [0, 2, 4], "label": [0, 1, 1], "predicted": [0, 0, 1]}}
    device = devices.name()
    assert row == {"seed": 3, "n_train": 2, "n_test": 3, "accuracy": 0.666667, "correct": 2, "device": device}


def test_same_seed_same_result_another_seed_another(data):
    first, again, other = (training.fine_tune(*data, **SETTINGS | {"seed": seed})[0] for seed in (0, 0, 1))
    assert first == again
    assert history(first) != history(other)


def history(answers):
    ((_, tables),) = answers
    return tables["history"]


def test_crops_are_seeded_too(data):
    first, again = (training.fine_tune(*data, **SETTINGS | {"view": "crop"})[0] for _ in range(2))
    assert first == again


def test_training_learns_what_is_easy(data):
    ((row, tables),), _ = training.fine_tune(*data, **SETTINGS | {"epochs": 12, "base_lr": 1e-2})
    assert tables["history"]["train_loss"][-1] < 0.5 * tables["history"]["train_loss"][0]
    assert row["correct"] >= 9
    assert row["train_accuracy"] >= 0.8


def test_pictures_that_are_kept_are_those_drawn_anew(data, monkeypatch):
    for view in ("field", "resize", "crop"):
        kept, _ = training.fine_tune(*data, **SETTINGS | {"view": view})
        with monkeypatch.context() as patch:
            patch.setattr(training, "KEPT", 0)
            anew, _ = training.fine_tune(*data, **SETTINGS | {"view": view})
        assert kept == anew


def test_pictures_are_kept_up_to_a_number_of_bytes(monkeypatch):
    calls, series = [], torch.zeros(5, 8, dtype=torch.float64)

    def draw(part):
        calls.append(len(part))
        return torch.zeros(len(part), 3, 4, 4)  # 192 bytes each

    for limit, expected in ((5 * 192, [1, 5]), (5 * 192 - 1, [1, 2, 2, 1])):
        monkeypatch.setattr(training, "KEPT", limit)
        calls.clear()
        batches = list(training.Batches(draw, series, torch.arange(5), 2))
        assert sorted(calls) == sorted(expected) and [len(labels) for _, labels in batches] == [2, 2, 1]
        assert all(images.is_contiguous(memory_format=torch.channels_last) for images, _ in batches)


def test_recalibrated_batch_norms_hold_the_plain_mean_over_batches():
    norm = torch.nn.BatchNorm1d(1)
    model = torch.nn.Sequential(norm, torch.nn.Dropout(0.5))
    norm.running_mean.fill_(100)
    weights = [part.clone() for part in norm.parameters()]
    batches = [(torch.tensor([[0.0], [2.0]]), None), (torch.tensor([[5.0], [9.0]]), None)]
    training.recalibrate(model, batches)
    assert norm.running_mean.tolist() == [4.0]  # of 1 and 7
    assert norm.running_var.tolist() == [5.0]  # of 2 and 8, with ddof 1
    assert not any(part.training for part in model.modules())
    assert all(torch.equal(now, before) for now, before in zip(norm.parameters(), weights))


def test_the_row_says_what_recalibration_would_give(data):
    ((row, tables),), _ = training.fine_tune(*data, **SETTINGS | {"view": "crop", "epochs": 6})
    made, _ = training.learner(*data, **LEARNER | {"view": "crop"})
    with made.no_bar(), made.no_logging():
        made.fine_tune(6, base_lr=SETTINGS["base_lr"], lr_mult=100.0)
    training.recalibrate(made.model, made.dls[2])
    scores = torch.cat([made.model(images).argmax(1) for images, _ in made.dls.valid])
    right = (scores == torch.cat([labels for _, labels in made.dls.valid])).double().mean().item()
    assert row["recalibrated"] == pytest.approx(right, abs=1e-6)
    assert tables["predictions"]["recalibrated"] == scores.tolist() != tables["predictions"]["predicted"]


def test_training_pictures_are_judged_as_test_pictures_are(data):
    made, _ = training.learner(*data, **LEARNER | {"view": "crop"})
    batches, again = list(made.dls[2]), list(made.dls[2])
    assert sum((labels.tolist() for _, labels in batches), []) == data[1][data[2]].tolist()  # every one, in order
    assert all(torch.equal(first[0], second[0]) for first, second in zip(batches, again))  # and uncut
    assert [len(labels) for _, labels in batches] == [len(labels) for _, labels in made.dls.valid] == [4, 4, 3]


# --- what a run trains on ---------------------------------------------------------------------------------------------

MANY, CLASSES = torch.linspace(-1, 1, 20_000, dtype=torch.float64).view(200, 100), torch.arange(200) % 4


def test_without_noise_there_are_no_copies():
    series, labels = training.with_copies(MANY, CLASSES, 0, 0)
    assert torch.equal(series, MANY) and torch.equal(labels, CLASSES)


def test_noisy_copies_follow_the_untouched_originals():
    series, labels = training.with_copies(MANY, CLASSES, 0, 0.1)
    assert torch.equal(series[:200], MANY) and torch.equal(labels, torch.cat([CLASSES, CLASSES]))
    noise = series[200:] - MANY
    assert noise.std().item() == pytest.approx(0.1, rel=0.03) and abs(noise.mean().item()) < 0.003
    assert abs(torch.corrcoef(torch.stack([noise[:-1].flatten(), noise[1:].flatten()]))[0, 1].item()) < 0.03


def test_noise_is_seeded_and_scales():
    first, again, other, wide = (
        training.with_copies(MANY, CLASSES, seed, noise)[0][200:] - MANY
        for seed, noise in ((0, 0.1), (0, 0.1), (1, 0.1), (0, 0.4))
    )
    assert torch.equal(first, again) and not torch.equal(first, other)
    torch.testing.assert_close(wide, 4 * first)


def test_shuffled_labels_are_a_seeded_permutation_of_each_splits_training_labels():
    labels, train = CLASSES.numpy(), np.arange(200) < [[100], [150]]
    known = training.shuffle(labels, train, 0)
    for own, mask in zip(known, train):
        assert np.array_equal(own[~mask], labels[~mask]) and np.array_equal(np.sort(own[mask]), np.sort(labels[mask]))
        assert 0.1 < (own == labels)[mask].mean() < 0.4  # a quarter stays by chance
    assert not np.array_equal(known[0][:100], known[1][:100])  # an order of its own for each split
    assert np.array_equal(training.shuffle(labels, train, 0), known)
    assert not np.array_equal(training.shuffle(labels, train, 1), known)
    assert np.array_equal(training.shuffle(labels, train[0], 0), known[0])  # one split: the same as the first of many
    other = np.where(train[0], labels, labels[::-1])  # what stands in the test series moves nothing
    assert np.array_equal(training.shuffle(other, train[0], 0)[train[0]], known[0][train[0]])
    assert np.array_equal(labels, CLASSES)


def test_noise_stays_inside_the_training_series(data):
    series, labels, train = data
    made, _ = training.learner(*data, **LEARNER, noise=0.5)
    plain, _ = training.learner(*data, **LEARNER)
    shown, tested, judged = made.dls.loaders
    assert len(shown.series) == 22 and torch.equal(shown.series[:11], torch.as_tensor(series[train]).to(shown.series))
    assert np.array_equal(tested.series.cpu(), series[~train]) and np.array_equal(tested.labels.cpu(), labels[~train])
    assert np.array_equal(judged.series.cpu(), series[train]) and torch.equal(judged.labels, shown.labels[:11])
    pairs = list(zip(made.dls.valid, plain.dls.valid))
    assert len(pairs) == 3 and all(torch.equal(ours[0], theirs[0]) for ours, theirs in pairs)


def test_what_changes_training_changes_the_result_and_stands_in_the_row(data):
    plain, _ = training.fine_tune(*data, **SETTINGS)
    for changed in ({"noise": 0.5}, {"shuffled": True}, {"lr_mult": 1.0}):
        ((row, _),), _ = other = training.fine_tune(*data, **SETTINGS | changed)
        assert history(other[0])["train_loss"] != history(plain)["train_loss"], changed
        assert {name: row[name] for name in changed} == changed and row["n_train"] == 11


def test_labels_that_are_shuffled_teach_nothing(data):
    easy = SETTINGS | {"epochs": 12, "base_lr": 1e-2, "shuffled": True}
    correct = [training.fine_tune(*data, **easy | {"seed": seed})[0][0][0]["correct"] for seed in range(3)]
    assert np.mean(correct) <= 8  # of 11; with its own labels 9 at least, see above


# --- no test label reaches training -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def relabelled(data):
    """The labels, and the same with those of the test series in another order: the same classes, no training label
    moved.
    """
    series, labels, train = data
    other = labels.copy()
    other[~train] = np.roll(labels[~train], 1)
    assert (other != labels).sum() > 5 and np.array_equal(other[train], labels[train])
    assert set(other[~train]) == set(labels[~train])
    return labels, other


@pytest.mark.parametrize("changed", [{}, {"noise": 0.1}, {"view": "crop"}])
def test_no_test_label_moves_a_parameter_or_a_prediction(data, relabelled, changed):
    series, _, train = data
    states, scores = [], []
    for labels in relabelled:
        made, _ = training.learner(series, labels, train, **LEARNER | changed)
        with made.no_bar(), made.no_logging():
            made.fine_tune(1, base_lr=2e-3)
            scores.append(made.get_preds(dl=made.dls.valid, reorder=False)[0])
        states.append(made.model.state_dict())
    honest, other = states
    assert any("running_mean" in name for name in honest)  # buffers are among them
    assert honest.keys() == other.keys() and all(torch.equal(honest[name], other[name]) for name in honest)
    assert torch.equal(*scores)


def test_no_test_label_moves_what_fine_tune_returns(data, relabelled):
    series, _, train = data
    (((honest, tables),), _), (((row, other),), _) = (
        training.fine_tune(series, labels, train, **SETTINGS) for labels in relabelled
    )
    assert tables["predictions"]["predicted"] == other["predictions"]["predicted"]
    assert tables["predictions"]["label"] != other["predictions"]["label"]
    assert tables["history"]["train_loss"] == other["history"]["train_loss"]
    assert honest["train_accuracy"] == row["train_accuracy"]


# --- refusals and rates -----------------------------------------------------------------------------------------------


def test_weights_from_elsewhere_than_the_row_would_say_stop_the_run(data):
    with pytest.raises(ValueError, match="expected those of test_resnet from hub:x, they now come from random"):
        training.fine_tune(*data, **SETTINGS | {"origin": "hub:x"})


def test_head_and_body_learn_at_different_rates_and_everything_is_trained(data):
    before, _ = training.learner(*data, **LEARNER)
    groups = before.splitter(before.model)
    assert len(groups) == 2
    assert sum(len(group) for group in groups) == len(list(before.model.parameters()))


def test_pictures_drawn_a_few_at_a_time_are_those_drawn_together(data, monkeypatch):
    settings = {"encoding": "gadf", "colormap": "viridis", "mean": (0.5, 0.4, 0.3), "std": (0.2, 0.3, 0.4), "size": 16}
    for view in ("resize", "axes", "stretch"):
        together = training.pictures(data[0], view=view, **settings)
        with monkeypatch.context() as patch:
            patch.setattr(training, "AT_ONCE", 1)
            assert torch.equal(training.pictures(data[0], view=view, **settings), together)


def test_span_of_the_training_series():
    series = np.array([[1.0, 5.0], [-2.0, 3.0]])
    assert training.span_of(series, "series") is None
    assert training.span_of(series, "training") == (-2, 5)
    with pytest.raises(ValueError, match="scaling: expected one of series, training, got 'none'"):
        training.span_of(series, "none")
