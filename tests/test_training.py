import fastai.optimizer
import numpy as np
import pytest
import torch
from calls import CNN, Waits, call, gathered, relabelled, waves
from fastai.learner import AvgSmoothLoss
from fastai.optimizer import SGD

from tsvision.methods import rows, training
from tsvision.networks import Network, backbones, devices
from tsvision.pictures import Picture

LEARNER = CNN | {"batch_size": 4}
SETTINGS = LEARNER | {"epochs": 2, "base_lr": 2e-3}


@pytest.fixture(scope="module")
def data():
    """22 sines of two frequencies, 11 for training: a batch size of 4 leaves a rest."""
    return *waves(22), np.arange(22) < 11


@pytest.fixture(scope="module")
def plain(data):
    """The row and tables under SETTINGS, on the processor."""
    return tune(data)


def tune(data, **changed):
    ((row, tables),), cost = call(training.fine_tune, *data, **SETTINGS | changed)
    assert cost["seconds"] > 0 and cost["peak_memory_mib"] > 100
    return row, tables


def learn(data, **changed):
    """A learner before it has learnt."""
    return training.learner(*data, **gathered(**LEARNER | changed))[0]


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_adam_gives_fastai_s_numbers_bit_for_bit(data, monkeypatch, precision):
    ours = tune(data, precision=precision)
    monkeypatch.setattr(training, "Adam", fastai.optimizer.Adam)
    assert tune(data, precision=precision) == ours


def test_adam_leaves_alone_what_has_no_gradient_and_does_not_decay_what_should_not():
    one, two, three = (torch.nn.Parameter(torch.ones(2)) for _ in range(3))
    made = training.Adam([[one], [two, three]], lr=0.1)
    made.set_hyper("lr", [0.1, 0.2])
    made.state[two]["do_wd"] = False
    one.grad, two.grad = torch.tensor([1.0, 0.0]), torch.zeros(2)
    made.step()
    # the first step's mean and square over their bias corrections are the gradient and its square: a step of lr
    torch.testing.assert_close(one.data, torch.tensor([0.999 - 0.1 / (1 + 1e-5), 0.999]))
    assert two.tolist() == three.tolist() == [1, 1]  # no decay of the one, no gradient of the other
    made.zero_grad()
    assert one.grad is None
    made.step()
    assert made.state[one]["step"] == 1


def test_no_step_waits_for_the_device_and_the_losses_are_fastai_s(data, monkeypatch):
    counts = []
    for batch_size in (11, 3):  # a step, four steps
        made = learn(data, batch_size=batch_size)
        made.add_cb(training.Untested(0))
        with made.no_bar(), made.no_logging(), Waits() as waits:
            made.fit(1, 1e-4)
        assert len(made.recorder.losses) == -(-11 // batch_size)
        counts.append(waits.count)
    assert counts[0] == counts[1] > 0
    ours = tune(data)
    monkeypatch.setattr(training, "SmoothLoss", AvgSmoothLoss)
    assert tune(data) == ours


def draw(series):
    return series.view(-1, 1, 1, 1).expand(-1, 3, 2, 2)


def test_every_training_series_is_in_every_epoch_and_no_batch_is_of_one():
    drawn = draw(torch.arange(9.0).view(9, 1))
    batches = training.Batches(drawn, torch.arange(9), torch.arange(9), batch_size=4, shuffle=True)
    orders = []
    for _ in range(3):
        sizes, seen = zip(*((len(labels), labels.tolist()) for _, labels in batches))
        assert sizes == (3, 3, 3) and sorted(sum(seen, [])) == list(range(9))
        orders.append(tuple(sum(seen, [])))
    assert len(set(orders)) > 1  # shuffled anew in every epoch
    images, labels = next(iter(batches))
    assert images[:, 0, 0, 0].tolist() == labels.tolist()  # pictures stay with their labels
    few = training.Batches(drawn, torch.arange(4, 9), torch.arange(5), batch_size=64)
    ((images, labels),) = few
    assert images[:, 0, 0, 0].tolist() == [4, 5, 6, 7, 8] and labels.tolist() == [0, 1, 2, 3, 4]


def test_pictures_are_kept_up_to_a_number_of_bytes_and_are_those_drawn_anew(data, plain, monkeypatch):
    calls, series, trunk = (
        [],
        torch.arange(40.0, dtype=torch.float64).view(5, 8),
        backbones.load("test_resnet", 4, "random"),
    )

    def drawn(part):
        calls.append(len(part))
        return part[:, :1].float().view(-1, 1, 1, 1).expand(-1, 3, 4, 4).clone()  # 192 bytes each

    monkeypatch.setattr(training.views, "draw", lambda part, *_, **__: drawn(part))
    training._all_drawn.cache_clear()
    for limit, expected, again in ((5 * 192, [1, 5], [1]), (5 * 192 - 1, [1, 2, 2, 1], [1, 2, 2, 1])):
        monkeypatch.setitem(training.KEPT, "cpu", limit)
        for count in (expected, again):  # again: another run on the same pictures
            calls.clear()
            pictures = training.Pictures(trunk, "picture", None, series)
            batches = list(training.Batches(pictures, torch.arange(5), torch.arange(5), 2))
            shown = torch.cat([images for images, _ in batches])[:, 0, 0, 0].tolist()
            assert calls == count and shown == [0, 8, 16, 24, 32]
            assert all(images.is_contiguous(memory_format=torch.channels_last) for images, _ in batches)
    monkeypatch.setitem(training.KEPT, "cpu", 5 * 192)
    for other in (("another", None, series), ("picture", (0, 1), series), ("picture", None, series + 1)):
        calls.clear()
        training.Pictures(trunk, *other)
        assert calls == [1, 5]  # never another's
    training._all_drawn.cache_clear()
    monkeypatch.undo()
    monkeypatch.setitem(training.KEPT, "cpu", 0)
    assert tune(data) == plain


@pytest.mark.parametrize("curve", [False, 2, 5])
def test_a_run_that_is_tested_less_gives_the_same_row_and_the_same_points_of_the_curve(data, plain, curve):
    row, tables = tune(data, curve=curve)
    assert row == plain[0] and tables["predictions"] == plain[1]["predictions"]
    told, tests = plain[1]["history"], ("test_loss", "test_accuracy")
    expected = {name: told[name] for name in ("epoch", "train_loss")}
    for name in tests if curve else ():
        # the frozen epoch, every so many, and the last
        expected[name] = tuple(
            value if epoch % curve == 0 or epoch == 2 else None for epoch, value in enumerate(told[name])
        )
    assert tables["history"] == expected and len(told["epoch"]) == SETTINGS["epochs"] + 1


def test_crop_moves_training_pictures_alone_and_all_are_judged_in_order(data):
    made = learn(data, view="crop")
    assert [loader.shuffle for loader in made.dls.loaders] == [True, False, False]
    for loader, moves in zip(made.dls.loaders, (True, False, False), strict=True):
        first, again = (loader.one_batch()[0] for _ in range(2))
        assert first.shape[2:] == (32, 32) and torch.equal(first, again) is not moves
    judged = [labels.tolist() for _, labels in made.dls[2]]
    assert sum(judged, []) == data[1][data[2]].tolist() and list(map(len, judged)) == [4, 4, 3]


@pytest.fixture
def cpu(monkeypatch):
    """No GPU, and the switches of the process as they were afterwards."""
    monkeypatch.setattr(devices, "current", lambda: torch.device("cpu"))
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", torch.backends.cudnn.allow_tf32)


@pytest.mark.parametrize("precision", devices.PRECISIONS)
def test_a_learner_computes_in_the_precision_asked_for_and_scales_the_loss_of_fp16(data, plain, cpu, precision):
    scaled = [isinstance(each, training.LossScaling) for each in learn(data, precision=precision).cbs]
    assert any(scaled) is (precision == "fp16")
    row, tables = tune(data, precision=precision)
    assert row["precision"] == precision and (tables == plain[1]) is (precision == "fp32")


@pytest.mark.parametrize("scaled", [True, False])
def test_scaling_the_loss_keeps_gradients_that_float16_loses(scaled, cpu):
    model = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.ones_(model.weight)
    devices.compute_in(model, "fp16")
    ones = training.Batches(torch.ones(2, 1, 1, 1), torch.arange(2), torch.zeros(2, dtype=torch.long), 2)
    loaders, cbs = training.DataLoaders(ones, ones, device=torch.device("cpu")), [training.LossScaling()] * scaled
    tiny = {"loss_func": lambda said, _: 1e-8 * said.sum()}  # the smallest float16 is 6e-8
    made = training.Learner(loaders, model, **tiny, opt_func=SGD, cbs=cbs)
    with made.no_bar(), made.no_logging():
        made.fit(1, lr=1e6, wd=0)
    assert model.weight.item() == pytest.approx(1 - 0.02 * scaled, abs=1e-5)  # two series, 1e6 times 1e-8 each


def test_row_and_tables(data, plain):
    row, tables = plain
    own = {name: row[name] for name in ("train_accuracy", "recalibrated", "accuracy", "correct")}
    settings = {name: value for name, value in SETTINGS.items() if name != "origin"}
    more = {"method": "fine-tune", "stands_in_for": "", "precision": "fp32", "length": 40, "n_train": 11, "n_test": 11}
    assert row == settings | own | more | {"lr_mult": 100.0, "noise": 0.0, "device": devices.name()}
    predictions, history = tables["predictions"], tables["history"]
    assert list(predictions) == ["series", "label", "predicted", "recalibrated"]
    assert predictions["series"] == list(range(11, 22)) and predictions["label"] == data[1][11:].tolist()
    assert row["correct"] == sum(a == b for a, b in zip(predictions["label"], predictions["predicted"]))
    assert row["accuracy"] == pytest.approx(row["correct"] / 11, abs=1e-6)
    assert list(history["epoch"]) == [0, 1, 2]  # one of the head alone, then two
    assert history["test_accuracy"][-1] == pytest.approx(row["accuracy"], abs=1e-6)  # the last epoch counts


def test_a_row_by_hand():
    labels, train = np.array([0, 1, 1, 0, 1]), np.array([False, True, False, True, False])
    usual = {"backbone": "net", "weights": "hub:net", "stands_in_for": "", "precision": "fp32"}
    picture = {"encoding": "line", "colormap": "gray", "size": 8, "view": "field"}
    scored = {"n_train": 2, "n_test": 3, "accuracy": 0.666667, "correct": 2, "device": devices.name()}
    for rare in ({}, {"patch": 4, "scaling": "training"}):  # columns of what few runs set
        network = Network("net", "pretrained", "hub:net", patch=rare.get("patch"))
        shown = Picture(**picture, scaling=rare.get("scaling", "series"))
        row, tables = rows.answer([{"seed": 3}, network, shown], labels, train, np.array([0, 0, 1]))
        assert row == {"seed": 3} | usual | picture | rare | scored
        assert tables == {"predictions": {"series": [0, 2, 4], "label": [0, 1, 1], "predicted": [0, 0, 1]}}


def test_training_learns_what_is_easy(data):
    row, tables = tune(data, epochs=12, base_lr=1e-2)
    assert tables["history"]["train_loss"][-1] < 0.5 * tables["history"]["train_loss"][0]
    assert row["correct"] >= 9 and row["train_accuracy"] >= 0.8


def test_recalibrated_batch_norms_hold_the_plain_mean_over_batches():
    norm = torch.nn.BatchNorm1d(1)
    model = torch.nn.Sequential(torch.nn.Dropout(0.5), norm)  # which rests meanwhile
    norm.running_mean.fill_(100)
    weights = [part.clone() for part in norm.parameters()]
    batches = [(torch.tensor([[0.0], [2.0]]), None), (torch.tensor([[5.0], [9.0]]), None)]
    training.recalibrate(model, batches)
    assert norm.running_mean.tolist() == [4.0]  # of 1 and 7
    assert norm.running_var.tolist() == [5.0]  # of 2 and 8, with ddof 1
    assert not any(part.training for part in model.modules())
    assert all(torch.equal(now, before) for now, before in zip(norm.parameters(), weights))
    batches = [(torch.randn(3, 1, generator=torch.Generator().manual_seed(seed)), None) for seed in range(7)]
    training.recalibrate(model, batches)
    torchs = torch.nn.BatchNorm1d(1, momentum=None)
    [torchs(images) for images, _ in batches]
    assert torch.equal(norm.running_mean, torchs.running_mean) and torch.equal(norm.running_var, torchs.running_var)


def test_the_row_says_what_recalibration_would_give(data):
    row, tables = tune(data, view="crop", epochs=6)
    made = learn(data, view="crop")
    with made.no_bar(), made.no_logging():
        made.fine_tune(6, base_lr=SETTINGS["base_lr"], lr_mult=100.0)
    training.recalibrate(made.model, made.dls[2])
    scores = torch.cat([made.model(images).argmax(1) for images, _ in made.dls.valid])
    right = (scores == torch.cat([labels for _, labels in made.dls.valid])).double().mean().item()
    assert row["recalibrated"] == pytest.approx(right, abs=1e-6)
    assert tables["predictions"]["recalibrated"] == scores.tolist() != tables["predictions"]["predicted"]


def test_noise_stays_inside_the_training_series_seeded_and_scaled(data):
    series, labels, train = data
    shown, tested, judged = learn(data, noise=0.5).dls.loaders
    own = torch.as_tensor(series[train]).to(shown.pictures.series)
    assert len(shown.numbers) == 22 and torch.equal(shown.pictures.series[:11], own)
    assert torch.equal(shown.labels, torch.as_tensor(labels[train]).to(shown.labels).repeat(2))
    for loader, numbers in ((tested, np.flatnonzero(~train)), (judged, np.flatnonzero(train))):
        assert loader.numbers.tolist() == numbers.tolist() and loader.labels.tolist() == labels[numbers].tolist()
        assert np.array_equal(loader.pictures.series.cpu(), series)
    noise, again, other, wide = (
        learn(data, **given).dls.loaders[0].pictures.series[11:] - own
        for given in ({"noise": 0.5}, {"noise": 0.5}, {"noise": 0.5, "seed": 1}, {"noise": 2.0})
    )
    assert noise.std().item() == pytest.approx(0.5, rel=0.12) and abs(noise.mean().item()) < 0.1  # of 440 numbers
    assert torch.equal(noise, again) and not torch.allclose(noise, other)
    torch.testing.assert_close(wide, 4 * noise)


def test_what_changes_training_changes_the_result_and_stands_in_the_row(data, plain):
    assert tune(data) == plain
    for changed in ({"noise": 0.5}, {"lr_mult": 1.0}, {"seed": 1}):
        row, tables = tune(data, **changed)
        assert tables["history"]["train_loss"] != plain[1]["history"]["train_loss"], changed
        assert {name: row[name] for name in changed} == changed and row["n_train"] == 11


def test_pictures_scaled_by_the_training_series_see_no_test_series(data):
    series, labels, train = data
    moved = np.where(train[:, None], series, 3 * series)
    ours, theirs = (learn((each, labels, train), scaling="training").dls for each in (series, moved))
    for loader, same in ((0, True), (1, False)):
        assert torch.equal(*(dls[loader].pictures[dls[loader].numbers] for dls in (ours, theirs))) is same


@pytest.mark.parametrize("changed", [{}, {"noise": 0.1, "view": "crop"}])
def test_no_test_label_moves_a_parameter_a_prediction_or_what_fine_tune_returns(data, changed, monkeypatch):
    series, labels, train = data
    states, answers, recalibrate = [], [], training.recalibrate

    def look(model, batches):
        states.append({name: value.clone() for name, value in model.state_dict().items()})
        recalibrate(model, batches)

    monkeypatch.setattr(training, "recalibrate", look)
    for known in (labels, relabelled(labels, train)):
        answers.append(tune((series, known, train), epochs=1, **changed))
    honest, other = states
    assert any("running_mean" in name for name in honest)  # buffers are among them
    assert honest.keys() == other.keys() and all(torch.equal(honest[name], other[name]) for name in honest)
    (row, tables), (moved, theirs) = answers
    assert tables["predictions"]["predicted"] == theirs["predictions"]["predicted"]
    assert tables["predictions"]["label"] != theirs["predictions"]["label"]
    assert tables["history"]["train_loss"] == theirs["history"]["train_loss"]
    assert row["train_accuracy"] == moved["train_accuracy"]


def test_everything_is_trained_the_head_at_a_rate_of_its_own_and_other_weights_stop_the_run(data):
    made = learn(data)
    groups = made.splitter(made.model)
    assert len(groups) == 2 and sum(map(len, groups)) == len(list(made.model.parameters()))
    with pytest.raises(ValueError, match="expected those of test_resnet from hub:x, they now come from random"):
        tune(data, origin="hub:x")
