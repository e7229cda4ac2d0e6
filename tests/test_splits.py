"""Which series train: resamples as the archive draws them, and nested splits of any size."""

import numpy as np
import pytest

from tsvision.data import splits

OILS = np.random.default_rng(0).permutation(np.repeat([0, 1, 2, 3], [10, 17, 8, 25]))  # as many of each as in OliveOil


def test_resamples_keep_class_counts_start_with_the_default_and_are_aeons():
    from aeon.benchmarking.resampling import stratified_resample_data

    labels = np.array([0, 1, 1, 0, 2, 2, 1, 0, 0, 2, 1])
    train = np.array([True, False, True, False, True, True, False, False, True, False, False])
    masks = splits.resamples(labels, train, 5)
    assert np.array_equal(masks[0], train) and splits.resamples(labels, train, 1).tolist() == [train.tolist()]
    assert all(np.array_equal(np.bincount(labels[mask]), np.bincount(labels[train])) for mask in masks)
    assert len({tuple(mask) for mask in masks}) == 5
    assert np.array_equal(masks, splits.resamples(labels, train, 5))
    series = np.arange(11)
    theirs = stratified_resample_data(series[train], labels[train], series[~train], labels[~train], random_state=3)[0]
    assert sorted(theirs) == np.flatnonzero(masks[3]).tolist()
    with pytest.raises(ValueError, match="count: expected 1 or more splits, got 0"):
        splits.resamples(labels, train, 0)


def test_nested_splits_of_two_and_four_series_by_hand():
    # the two of a lie at 1/4 and 3/4 of the order, the four of b at 1/8, 3/8, 5/8 and 7/8: b a b b a b
    labels = np.array(["b", "a", "b", "b", "a", "b"])
    for n_train, counts in ((2, (1, 1)), (3, (1, 2)), (4, (1, 3)), (5, (2, 3))):
        masks = splits.nested(labels, n_train, 4)
        assert masks.shape == (4, 6) and masks.dtype == bool
        assert [((labels[mask] == "a").sum(), (labels[mask] == "b").sum()) for mask in masks] == [counts] * 4


@pytest.mark.parametrize("labels", [OILS, np.arange(21) % 3, np.repeat([5, 7], [4, 27])])
def test_every_class_is_in_proportion_to_within_one_at_every_size(labels):
    names, sizes = np.unique(labels, return_counts=True)
    for n_train in range(2 * len(names), len(labels)):
        for mask in splits.nested(labels, n_train, 3):
            drawn = np.array([(labels[mask] == name).sum() for name in names])
            assert mask.sum() == n_train
            assert np.abs(drawn - sizes * n_train / len(labels)).max() <= 1


def test_a_larger_nested_split_holds_the_smaller_one_of_its_number_and_splits_differ():
    sizes = [splits.nested(OILS, n_train, 4) for n_train in range(8, 60)]
    for smaller, larger in zip(sizes, sizes[1:]):
        assert (smaller <= larger).all() and (larger.sum(1) == smaller.sum(1) + 1).all()
    masks = splits.nested(np.array([0, 1] * 4), 3, 400)
    assert np.abs(masks.mean(0) - 3 / 8).max() < 0.1  # four standard errors: none is preferred
    assert not (sizes[0][0] <= sizes[20][1]).all()  # which another split's does not
    assert len({tuple(mask) for mask in sizes[22]}) == 4
    assert np.array_equal(sizes[22][:2], splits.nested(OILS, 30, 2))  # the same however many are asked for


@pytest.mark.parametrize("n_train, count", [(2, 1), (6, 1), (7, 1), (4, 0), (-1, 1)])
def test_a_nested_split_that_cannot_be_is_an_error(n_train, count):
    wanted = r"n_train: expected 3 \(as many as classes\) to 5, in 1 split or more, "
    with pytest.raises(ValueError, match=f"{wanted}got {n_train} in {count}"):
        splits.nested([0, 1, 2, 0, 1, 2], n_train, count)
    assert [splits.nested([0, 1, 2, 0, 1, 2], least, 1).sum() for least in (3, 5)] == [3, 5]


def test_a_nested_split_without_a_training_series_of_some_class_is_an_error():
    labels = [0] * 20 + [1] * 2  # the first of class 1 comes after five of class 0
    with pytest.raises(ValueError, match="n_train: expected enough for a series of each of 2 classes, got 5"):
        splits.nested(labels, 5, 1)
    assert splits.nested(labels, 6, 1)[0, 20:].sum() == 1


def test_shuffled_labels_are_a_seeded_permutation_of_each_splits_training_labels():
    labels, train = np.arange(200) % 4, np.arange(200) < [[100], [150]]
    known = splits.shuffle(labels, train, 0)
    for own, mask in zip(known, train):
        assert np.array_equal(own[~mask], labels[~mask]) and np.array_equal(np.sort(own[mask]), np.sort(labels[mask]))
        assert 0.1 < (own == labels)[mask].mean() < 0.4  # a quarter stays by chance
    assert not np.array_equal(known[0][:100], known[1][:100])  # an order of its own for each split
    assert np.array_equal(splits.shuffle(labels, train, 0), known)
    assert not np.array_equal(splits.shuffle(labels, train, 1), known)
    assert np.array_equal(splits.shuffle(labels, train[0], 0), known[0])  # one split: the same as the first of many
    other = np.where(train[0], labels, labels[::-1])  # what stands in the test series moves nothing
    assert np.array_equal(splits.shuffle(other, train[0], 0)[train[0]], known[0][train[0]])
    assert np.array_equal(labels, np.arange(200) % 4)


SIX, FOUR, CLASSES = np.ones((6, 4)), np.arange(6) < 4, np.arange(6) % 2
WRONG = [
    (SIX, np.arange(6) % 3, [FOUR, np.arange(6) < 3], "train: .*, two of some class, got 3 of 6 .* in split 1"),
    (SIX, CLASSES, [FOUR, FOUR | True], "train: expected a test series, .*, got 6 of 6 for training, .* split 1"),
    (SIX, [[0, 1, 0, 1, 0, 1], [1, 1, 1, 1, 0, 0]], [FOUR, FOUR], "train: .*, of 1 classes, in split 1"),
    (SIX, [CLASSES], [FOUR, FOUR], r"labels: expected 6 whole numbers from 0 on, got .* of shape \(1, 6"),
    (SIX, np.arange(6) - 1, FOUR, "labels: expected 6 whole numbers from 0 on"),
    (SIX, CLASSES, FOUR.astype(int), r"train: expected booleans of shape \(6,\) or \(m, 6\), got int64"),
    (SIX * np.nan, CLASSES, FOUR, r"series: expected finite numbers of shape \(n, t\)"),
]


@pytest.mark.parametrize("series, labels, train, message", WRONG)
def test_what_no_model_can_be_trained_and_tested_on_is_named(series, labels, train, message):
    with pytest.raises(ValueError, match=message):
        splits.check(series, np.array(labels), np.array(train))
    splits.check(SIX, CLASSES, FOUR)
