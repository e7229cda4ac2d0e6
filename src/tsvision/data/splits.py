"""Which series train and which test: the default split, random ones of its size as aeon draws them, and nested ones of
any size.

n series, c channels, m splits. A split is a line of booleans, True for training.
"""

import numpy as np


def check(series, labels, train, several=False):
    """Raise ValueError unless a model can be trained and tested on each split.

    series (n, t), finite, or with `several` channels (n, c, t); labels (n,), whole numbers from 0, or a line a split;
    train (n,) or (m, n) bool, each line with training series of two classes or more, two of some class, and a test
    series: with one of each there is no spread within a class to learn.
    """
    series, labels, train = np.asarray(series), np.asarray(labels), np.asarray(train)
    dimensions = (2, 3) if several else (2,)
    if series.ndim not in dimensions or not np.issubdtype(series.dtype, np.number) or not np.isfinite(series).all():
        shape = "(n, t) or (n, c, t)" if several else "(n, t), of one channel"
        raise ValueError(
            f"series: expected finite numbers of shape {shape}, got {series.dtype} of shape {series.shape}"
        )
    n = len(series)
    if (
        labels.shape not in ((n,), train.shape)
        or not np.issubdtype(labels.dtype, np.integer)
        or (n and labels.min() < 0)
    ):
        raise ValueError(f"labels: expected {n} whole numbers from 0 on, got {labels.dtype} of shape {labels.shape}")
    if train.dtype != bool or train.ndim not in (1, 2) or train.shape[-1] != n or not train.size:
        raise ValueError(f"train: expected booleans of shape ({n},) or (m, {n}), got {train.dtype} {train.shape}")
    for k, (mask, known) in enumerate(zip(np.atleast_2d(train), np.atleast_2d(np.broadcast_to(labels, train.shape)))):
        classes = len(np.unique(known[mask]))
        if mask.all() or classes < 2 or mask.sum() == classes:
            raise ValueError(
                "train: expected a test series, and training series of two classes, two of some class, got"
                f" {mask.sum()} of {n} for training, of {classes} classes, in split {k}"
            )


def resamples(labels, train, count):
    """The default split and count - 1 random ones with the same class counts, aeon's: (count, n) bool, True for
    training.

    labels: (n,). train: (n,) bool, the default split, row 0. Row k is aeon's stratified_resample_data with random_state
    k. Published means over 30 resamples come from splits drawn likewise, but not from these: 1-NN DTW, which leaves
    nothing to chance, gives what is published on the default split and not over 30. Raises ValueError for a count below
    1, a split of another length or without one side, and, as aeon needs both, a class without training or test series.
    """
    if count < 1:
        raise ValueError(f"count: expected 1 or more splits, got {count}")
    labels, train = np.asarray(labels), np.asarray(train, bool)
    if labels.ndim != 1 or train.shape != labels.shape or train.all() or not train.any():
        raise ValueError(
            f"train: expected some but not all of {labels.size} series, got shape {train.shape}, {train.sum()} True"
        )
    trained, tested = set(labels[train]), set(labels[~train])
    if count > 1 and (trained != tested or len(trained) < 2):
        raise ValueError(
            f"labels: expected two classes or more, each with training and test series, for {count} splits, got"
            f" {len(trained)} classes in training and {len(tested)} in test series"
        )
    if count > 1:
        from aeon.benchmarking.resampling import stratified_resample_data_indices  # imports numba: a second few need
    order = np.concatenate([np.flatnonzero(train), np.flatnonzero(~train)])
    masks = np.zeros((count, len(labels)), bool)
    masks[0] = train
    for k in range(1, count):
        chosen, _ = stratified_resample_data_indices(labels[train], labels[~train], random_state=k)
        masks[k, order[chosen]] = True
    return masks


def nested(labels, n_train, count):
    """Random splits with n_train training series, the classes spread evenly over each order of drawing: (count, n)
    bool.

    labels: (n,). Split k of a larger n_train trains on all that split k of a smaller one does, and some more; so what
    more series add is seen on the same series. Raises ValueError for a count below 1, or an n_train that leaves no test
    series or a class without a training series.
    """
    labels = np.asarray(labels)
    sizes = dict(zip(*np.unique(labels, return_counts=True)))
    if count < 1 or not len(sizes) <= n_train < len(labels):
        raise ValueError(
            f"n_train: expected {len(sizes)} (as many as classes) to {len(labels) - 1}, in 1 split or more, got"
            f" {n_train} in {count}"
        )
    masks = np.zeros((count, len(labels)), bool)
    for k in range(count):
        order = np.random.default_rng(k).permutation(len(labels))
        place, seen = np.empty(len(labels)), dict.fromkeys(sizes, 0)
        for series in order:  # the first of each class come first, then the second, spread evenly over the whole order
            label = labels[series]
            place[series], seen[label] = (seen[label] + 0.5) / sizes[label], seen[label] + 1
        masks[k, order[np.argsort(place[order], kind="stable")][:n_train]] = True
        if set(labels[masks[k]]) != set(sizes):
            raise ValueError(f"n_train: expected enough for a series of each of {len(sizes)} classes, got {n_train}")
    return masks


def shuffle(labels, train, seed):
    """Labels with those of the training series in random order, the negative control: nothing is left to learn.

    labels (n,); train (n,) bool, or (m, n) for m splits, each of which gets an order of its own. Returns train's shape.
    """
    rng, known = np.random.default_rng(seed), np.broadcast_to(labels, train.shape).copy()
    for own, mask in zip(np.atleast_2d(known), np.atleast_2d(train)):
        own[mask] = rng.permutation(own[mask])
    return known
