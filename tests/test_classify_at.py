"""Heads trained on whole series and tested on the same series at another length."""

import numpy as np
import pytest

from tsvision.methods import lengths, training
from tsvision.networks import devices
from tsvision.pictures import encoders

MODEL = {
    "seed": 0,
    "backbone": "test_resnet",
    "weights": "random",
    "origin": "random",
    "size": 32,
    "encoding": "gadf",
    "colormap": "viridis",
    "view": "resize",
}
RUN = MODEL | {"cut": "prefix", "length": 28, "stands_in_for": ""}


@pytest.fixture(scope="module")
def problem():
    """24 sines of three frequencies in noise, not easy, and three splits of 12."""
    generator = np.random.default_rng(2)
    labels = np.arange(24) % 3
    series = np.sin(np.linspace(0, 6, 40) * (1 + 0.3 * labels[:, None])) + 0.3 * generator.normal(size=(24, 40))
    train = np.zeros((3, 24), bool)
    for mask in train:
        mask[generator.permutation(24)[:12]] = True
    return series, labels, train


def predicted(answers):
    return [tables["predictions"]["predicted"] for _, tables in answers]


@pytest.mark.parametrize(
    "view, cut, length",
    [("resize", "prefix", 28), ("stretch", "middle", 27), ("grid", "resampled", 56), ("windows", "prefix", 30)],
)
def test_it_is_fit_on_each_splits_training_series_and_predict_on_its_cut_test_series(problem, view, cut, length):
    series, labels, train = problem
    model = MODEL | {"view": view} | ({"window": 16} if view == "windows" else {})
    answers, cost = lengths.classify_at(*problem, cut=cut, length=length, stands_in_for="", **model)
    shown = lengths.cut_to(series, cut, length)
    for mask, ours in zip(train, predicted(answers), strict=True):
        made = lengths.AnyLength(**model).fit(series[mask], labels[mask])
        assert made.predict(shown[~mask]).tolist() == ours
    assert len({tuple(ours) for ours in predicted(answers)}) == 3
    assert cost["seconds"] > 0 and cost["peak_memory_mib"] > 100


def test_a_row_says_both_lengths_and_the_cut(problem):
    series, labels, train = problem
    answers, _ = lengths.classify_at(*problem, **RUN)
    row, tables = answers[1]
    assert row == {
        "seed": 0,
        "method": "frozen, ridge head",
        "view": "resize",
        "backbone": "test_resnet",
        "weights": "random",
        "stands_in_for": "",
        "encoding": "gadf",
        "colormap": "viridis",
        "size": 32,
        "layer": "all",
        "precision": "fp32",
        "trained_length": 40,
        "cut": "prefix",
        "length": 28,
        "n_train": 12,
        "n_test": 12,
        "accuracy": round(row["correct"] / 12, 6),
        "correct": row["correct"],
        "device": devices.name(),
    }
    predictions = tables["predictions"]
    assert predictions["series"] == np.flatnonzero(~train[1]).tolist()
    assert predictions["label"] == labels[~train[1]].tolist()
    assert row["correct"] == sum(a == b for a, b in zip(predictions["label"], predictions["predicted"]))
    ((windowed, _), *_), _ = lengths.classify_at(*problem, **RUN | {"view": "windows", "window": 16})
    assert windowed["window"] == 16 and windowed["view"] == "windows"


def test_one_split_gives_that_row_of_several(problem):
    series, labels, train = problem
    several, _ = lengths.classify_at(*problem, **RUN)
    for k, mask in enumerate(train):
        assert lengths.classify_at(series, labels, mask, **RUN)[0] == [several[k]]


def test_other_lengths_take_the_kept_model_and_another_model_does_not(problem):
    series, labels, train = problem
    lengths._trained.cache_clear()
    first, _ = lengths.classify_at(*problem, **RUN)
    longer, _ = lengths.classify_at(*problem, **RUN | {"cut": "resampled", "length": 64})
    assert lengths._trained.cache_info()[:2] == (1, 1) and predicted(longer) != predicted(first)
    for changed in ({"seed": 1}, {"encoding": "gasf"}, {"view": "grid"}):
        lengths._trained.cache_clear()
        alone, _ = lengths.classify_at(*problem, **RUN | changed)
        again, _ = lengths.classify_at(*problem, **RUN)
        after, _ = lengths.classify_at(*problem, **RUN | changed)
        assert again == first and after == alone and predicted(alone) != predicted(first), changed
    moved, _ = lengths.classify_at(series[:, ::-1].copy(), labels, train, **RUN)
    assert predicted(moved) != predicted(first)


def test_no_label_of_a_test_series_reaches_its_head(problem):
    series, labels, train = problem
    mask = train[0]
    other = np.where(mask, labels, (labels + 1) % 3)
    (honest,), _ = lengths.classify_at(series, labels, mask, **RUN)
    (moved,), _ = lengths.classify_at(series, other, mask, **RUN)
    assert predicted([honest]) == predicted([moved]) and honest[0]["correct"] != moved[0]["correct"]


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"cut": "suffix"}, "cut: expected one of prefix, middle, resampled, got 'suffix'"),
        ({"length": 41}, "length: expected 2 to 40 steps for a prefix of series of 40, got 41"),
        ({"view": "axes"}, "view: expected one of resize, stretch, grid, windows, got 'axes'"),
        ({"encoding": "dots"}, "encoding: expected one of gadf, .* got 'dots'"),
        ({"origin": "hub:x"}, "expected those of test_resnet from hub:x, they now come from random"),
    ],
)
def test_what_cannot_be_is_named(problem, changed, message):
    with pytest.raises(ValueError, match=message):
        lengths.classify_at(*problem, **RUN | changed)


def test_a_length_beyond_the_memory_is_an_error_before_it_is_drawn(problem, monkeypatch):
    lengths.classify_at(*problem, **RUN)  # the training series are drawn and kept

    def fail(*_, **__):
        raise AssertionError("drawn")

    monkeypatch.setattr(encoders, "render", fail)
    monkeypatch.setattr(training, "pictures", fail)
    monkeypatch.setattr(lengths, "PIXEL", {"resize": 60})
    monkeypatch.setattr(devices, "free_memory", lambda: 60 * 28**2)
    with pytest.raises(ValueError, match="series: one of 29 steps needs .* up to 28 steps fit"):
        lengths.classify_at(*problem, **RUN | {"length": 29})
    with pytest.raises(AssertionError, match="drawn"):
        lengths.classify_at(*problem, **RUN)
