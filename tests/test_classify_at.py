"""Heads trained on whole series and tested on the same series at another length."""

import numpy as np
import pytest
from calls import CNN, call, gathered, hard_waves, predicted

from tsvision.data import splits
from tsvision.methods import lengths
from tsvision.networks import devices

RUN = CNN | {"view": "resize", "cut": "prefix", "length": 28}


@pytest.fixture(scope="module")
def problem():
    series, labels, train = hard_waves()
    return series, labels, train[:2]


def answers(problem, **changed):
    made, cost = call(lengths.classify_at, *problem, **RUN | changed)
    assert cost["seconds"] > 0 and cost["peak_memory_mib"] > 100
    return made


@pytest.mark.parametrize(
    "changed",
    [
        {"view": "resize", "cut": "prefix", "length": 28},
        {"view": "stretch", "cut": "middle", "length": 27},
        {"view": "grid", "cut": "resampled", "length": 56, "copies": (30, 48)},
        {"view": "windows", "cut": "prefix", "length": 30, "window": 16, "precision": "bf16"},
    ],
)
def test_it_is_fit_on_each_splits_training_series_and_predict_on_its_cut_test_series(problem, changed):
    series, labels, train = problem
    made = answers(problem, **changed)
    shown = lengths.cut_to(series, changed["cut"], changed["length"])
    model = gathered(**RUN | changed)
    del model["cut"], model["length"]
    for mask, (row, tables) in zip(train, made, strict=True):
        alone = lengths.AnyLength(**model).fit(series[mask], labels[mask])
        assert alone.predict(shown[~mask]).tolist() == tables["predictions"]["predicted"]
        told = {name: value for name, value in (RUN | changed).items() if name != "origin"}
        told |= {"method": "frozen, ridge head", "stands_in_for": "", "layer": "all", "trained_length": 40}
        told |= {"precision": changed.get("precision", "fp32"), "n_train": 12, "n_test": 12, "device": devices.name()}
        told |= {"copies": "30 48"} if "copies" in changed else {}
        right = (np.array(tables["predictions"]["predicted"]) == labels[~mask]).sum()
        assert row == told | {"accuracy": round(right / 12, 6), "correct": right}
        assert tables["predictions"]["series"] == np.flatnonzero(~mask).tolist()
        assert tables["predictions"]["label"] == labels[~mask].tolist()
    assert len({tuple(ours) for ours in predicted(made)}) == 2
    assert answers((series, labels, train[1]), **changed) == [made[1]]
    shuffled = splits.shuffle(labels, train, 0)  # a line a split
    made = answers((series, shuffled, train), **changed)
    assert made == [answers((series, *split), **changed)[0] for split in zip(shuffled, train)]


def test_other_lengths_take_the_kept_model_and_another_model_does_not(problem):
    series, labels, train = problem
    lengths._learnt_from.cache_clear()
    first, longer = answers(problem), answers(problem, cut="resampled", length=64)
    assert lengths._learnt_from.cache_info()[:2] == (1, 1) and predicted(longer) != predicted(first)
    for changed in ({"seed": 1}, {"encoding": "gasf"}, {"copies": (20,)}):
        alone = answers(problem, **changed)
        assert answers(problem) == first and answers(problem, **changed) == alone, changed
        assert predicted(alone) != predicted(first)


def test_no_label_of_a_test_series_reaches_its_head(problem):
    series, labels, train = problem
    other = np.where(train[0], labels, (labels + 1) % 3)
    honest, moved = (answers((series, known, train[0])) for known in (labels, other))
    assert predicted(honest) == predicted(moved) and honest[0][0]["correct"] != moved[0][0]["correct"]


def test_what_cannot_be_is_named(problem):
    with pytest.raises(ValueError, match="length: expected 2 to 40 steps for a prefix of series of 40, got 41"):
        answers(problem, length=41)
    with pytest.raises(ValueError, match="expected those of test_resnet from hub:x, they now come from random"):
        answers(problem, origin="hub:x")
