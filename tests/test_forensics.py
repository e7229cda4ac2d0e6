"""What might have happened to the data: each cause does what it says, by hand; twins and outliers."""

import numpy as np
import pytest

from tsvision.data import datasets, forensics


def made(series, labels=None, train=None, name="Toy"):
    series = np.asarray(series, float)
    labels = np.arange(len(series)) % 2 if labels is None else np.asarray(labels)
    train = np.arange(len(series)) < len(series) // 2 if train is None else np.asarray(train)
    axis = ("time step", np.arange(series.shape[1]))
    return datasets.Dataset(name, series, labels, ("a", "b"), train, "nowhere", axis)


@pytest.fixture(scope="module")
def data():
    """40 z-normalised series of 50 steps."""
    series = np.random.default_rng(0).normal(size=(40, 50))
    return made((series - series.mean(1, keepdims=True)) / series.std(1, keepdims=True))


def simulated(data, cause, seed=0):
    return forensics.simulate(data, cause, seed).series


@pytest.mark.parametrize("cause", forensics.CAUSES)
def test_a_cause_changes_the_series_and_nothing_else(data, cause):
    before = data.series.copy()
    other = forensics.simulate(data, cause, 0)
    assert other.name == ("Toy" if cause == "as downloaded" else f"Toy, {cause}")
    assert other.series.shape == data.series.shape and other.series.dtype == np.float64
    assert np.isfinite(other.series).all()
    assert np.array_equal(other.series, data.series) == (cause == "as downloaded")
    assert np.array_equal(data.series, before)
    for part in ("labels", "classes", "train", "source", "axis"):
        assert getattr(other, part) is getattr(data, part)
    assert np.array_equal(other.series, simulated(data, cause))
    if cause in ("bit flips", "cut off", "not normalised", "noise on every second series"):
        assert not np.array_equal(other.series, simulated(data, cause, 4))


def test_an_unknown_cause_is_named(data):
    with pytest.raises(ValueError, match="cause: expected one of as downloaded, bit flips, .*, got 'aliens'"):
        forensics.simulate(data, "aliens", 0)


def test_bit_flips_change_one_bit_of_one_value_of_every_second_series(data):
    before, after = data.series.astype(np.float32), simulated(data, "bit flips").astype(np.float32)
    flipped = before.view(np.uint32) ^ after.view(np.uint32)
    bits = np.array([[int(value).bit_count() for value in row] for row in flipped])
    hit = (bits > 0).sum(1)
    assert hit.max() == 1 and 18 <= hit.sum() <= 20  # a flip to infinity or to no number becomes 0, rarely the same
    lost = after[bits > 0] == 0
    assert (bits[bits > 0][~lost] == 1).all()
    assert len(set(flipped[bits > 0])) > 10  # not always the same bit


def test_cut_off_leaves_a_tenth_with_zeros_from_a_step_on(data):
    after = simulated(data, "cut off")
    changed = np.flatnonzero((after != data.series).any(1))
    assert len(changed) == 4
    begins = []
    for k in changed:
        begin = int((after[k] != 0).sum())
        assert begin >= 1 and (after[k, begin:] == 0).all()
        assert np.array_equal(after[k, :begin], data.series[k, :begin])
        begins.append(begin)
    assert len(set(begins)) > 1
    assert (simulated(made(data.series[:6]), "cut off") != data.series[:6]).any(1).sum() == 1  # one at least


def test_scaled_by_step_by_hand():
    # training values 0, 2, 4 at the first step: mean 2, sd sqrt(8 / 3); 5, 5, 5 at the second, which only moves
    data = made([[0, 5], [2, 5], [4, 5], [6, 8]], train=[True, True, True, False])
    sd = np.sqrt(8 / 3)
    expected = [[-2 / sd, 0], [0, 0], [2 / sd, 0], [4 / sd, 3]]
    np.testing.assert_allclose(simulated(data, "scaled by time step"), expected)


def test_noisy_copies_add_noise_to_every_second_series(data):
    difference = simulated(data, "noise on every second series") - data.series
    assert (difference[::2] == 0).all() and (difference[1::2] != 0).all()
    assert (difference[1::2].mean(), difference[1::2].std()) == pytest.approx((0, 0.1), abs=0.01)


def test_label_as_first_value_by_hand():
    after = simulated(made([[5, 6], [7, 8]], labels=[1, 0]), "label as first value")
    assert after.tolist() == [[2, 6], [1, 8]]


def test_condition_by_hand():
    # means 2, 2, 4, sd 1 with ddof 1; at a step values 1, 1, 3: sd sqrt(8 / 9); two are the median
    # series themselves, so that the third lies infinitely many times farther away
    first = made([[1, 2, 3], [1, 2, 3], [3, 4, 5]], train=[True, True, False])
    # about the median series 0, 0, 0 the largest distances are 1, 1, 1, 1 and 6: over 5 times their median
    second = made([[1, -1, 0], [-1, 1, 0], [0, 1, -1], [0, -1, 1], [6, 0, -6]], name="Far")
    table = forensics.condition([first, second])
    assert table.columns.tolist() == ["dataset", "largest_mean", "sd_off", "spread", "wide", "outliers"]
    assert table.iloc[0].tolist() == ["Toy", 4, 0, pytest.approx(np.sqrt(8 / 9), abs=1e-6), False, 1]
    spread = np.median([np.std([1, -1, 0, 0, 6]), np.std([-1, 1, 1, -1, 0]), np.std([0, 0, -1, 1, -6])])
    assert table.iloc[1].tolist() == ["Far", 0, 5, pytest.approx(spread, abs=1e-6), False, 1]
    wider = made(10.1 * np.array([[1, 2, 3], [1, 2, 3], [3, 4, 5]]), train=[True, True, False])
    assert forensics.condition([first, wider])["wide"].tolist() == [False, True]
    # alike, but not normalised: three of sd .002
    assert forensics.condition([made(0.002 * np.array([[-1, 0, 1]] * 3))])["sd_off"].tolist() == [0.998]


def test_twins_by_hand():
    # on a line 0, 1 | 10, 10 | 14 | 30, 33: the copy has ratio 0; 0 and 1 are 1 apart, 9 from the next; 30 and 33
    # 3 apart, 16 from the next; 14 has no twin, for its neighbours have each other
    x = np.array([0.0, 10.0, 33.0, 1.0, 14.0, 10.0, 30.0])
    trains = [True, True, True, False, False, False, True]
    table = forensics.twins(made(np.stack([x, 0 * x], 1), labels=[0, 1, 0, 0, 1, 1, 1], train=trains))
    assert list(table) == ["first", "second", "same_class", "across", "distance", "ratio"]
    each = [(1, 5, True, True, 0, 0), (0, 3, True, True, 1, round(1 / 9, 6)), (2, 6, False, False, 3, 3 / 16)]
    assert list(table.itertuples(index=False, name=None)) == each
