"""Do the intervals cover what they say? Studies like this one, whose truth is known: made up from a model of the
series, or drawn from many real ones; classified by quick rules here, or by what runs elsewhere on series made up alike.

n series, d principal components, J splits, k classes. A study draws n new series from Gaussians, one a class, with the
means and the pooled within-class covariance (Ledoit and Wolf) of the real series in their first components, or draws n
of a larger set; divides them J times; and tests two real classifiers on each split. What an interval must cover is the
mean over all studies: the difference on other series, in other splits of that size.
"""

import itertools
from collections import namedtuple
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.covariance import LedoitWolf

from tsvision.evaluation import intervals, paired

COMPONENTS = 20
SHRINKAGE = 0.3  # of the discriminant's covariance towards a multiple of the identity

# means (k, d); root (d, d), the within-class covariance's; labels (n,); counts (k,), how many of each class train;
# real: each class's real series (m, d) to draw from, or none
Model = namedtuple("Model", "means root labels counts real", defaults=[()])
# two classifiers, see predict; hard: the share of the largest class whose series look like those of the class nearest
# to it
Study = namedtuple("Study", "first second hard")
HARD = 0.12  # three of 25; of class 4 two oils are such, and a third is hardly ever right
STUDIES = {
    "the same rule twice": Study("discriminant", "discriminant", 0),
    "two measurements of each oil": Study("discriminant, noise 0.5", "discriminant, noise 0.5", 0),
    "two measurements, hard oils": Study("discriminant, noise 0.5", "discriminant, noise 0.5", HARD),
    "two seeds": Study("discriminant, seeds 1", "discriminant, seeds 1", HARD),
    "two wild seeds": Study("discriminant, parts 12", "discriminant, parts 12", HARD),
    "discriminant, 1-NN": Study("discriminant", "1-NN", 0),
    "discriminant, 1-NN, hard oils": Study("discriminant", "1-NN", HARD),
    "a noisier measurement": Study("discriminant", "discriminant, noise 0.35", HARD),
    "a much noisier one": Study("discriminant", "discriminant, noise 0.8", HARD),
    "one that has seeds": Study("discriminant", "discriminant, seeds 0.5", HARD),
    "one with wild seeds": Study("discriminant", "discriminant, parts 14", HARD),
    "one with wilder seeds": Study("discriminant", "discriminant, parts 10", 0),
    "wild seeds, seeds": Study("discriminant, parts 14", "discriminant, seeds 0.5", HARD),
}


def population(series, labels, train):
    """The Model that studies draw from. series (n, t), labels (n,) from 0, train (n,) bool, the default split."""
    series, labels, train = np.asarray(series, float), np.asarray(labels), np.asarray(train, bool)
    _, means, root = _fitted(series, labels)
    return Model(means, root, np.sort(labels), np.bincount(labels[train]))


def larger(series, labels, each):
    """The Model of studies that draw `each` real series of every class, without replacement, half of which train.

    series (m, t), labels (m,) from 0. Raises ValueError for a class that has not twice as many.
    """
    series, labels = np.asarray(series, float), np.asarray(labels)
    sizes = np.bincount(labels)
    if each < 4 or sizes.min() < 2 * each:  # else studies would be of the same series
        raise ValueError(f"each: expected 4 or more, and at most half of a class, of {sizes.tolist()}, got {each}")
    values, means, root = _fitted(series, labels)
    own = [values[labels == k] for k in range(len(sizes))]
    return Model(means, root, np.repeat(np.arange(len(sizes)), each), np.full(len(sizes), each // 2), own)


def alike(data, number):
    """The Dataset of made-up study `number`: series like those of `data`, with their labels and default split.

    Drawn from Gaussians, one a class, with the means of the classes and the pooled covariance within them, as it is: a
    shrunk one has so much in the directions that hardly vary that LDA, which lives on these, errs more than thrice as
    often. A share HARD of the largest class looks like the class nearest to it. Rounded to eight digits behind the
    point, so that a library's last bits make no other data.
    """
    rng, labels = np.random.default_rng([number, 1]), data.labels
    _, means, root = _fitted(data.series, labels)
    looks = _looks(Model(means, root, labels, ()), HARD, rng)
    means = np.array([data.series[labels == k].mean(0) for k in range(labels.max() + 1)])
    apart = (data.series - means[labels]) / np.sqrt(len(labels) - len(means))
    series = means[looks] + rng.standard_normal((len(labels), len(labels))) @ apart
    return replace(data, name=f"{data.name} {number}", series=series.round(8), source="made up")


def _fitted(series, labels):
    """Series in their first components, (n, d), the means of the classes, the root of the covariance within them."""
    centred = series - series.mean(0)
    values = centred @ np.linalg.svd(centred, full_matrices=False)[2][:COMPONENTS].T
    means = np.array([values[labels == k].mean(0) for k in range(labels.max() + 1)])
    return values, means, np.linalg.cholesky(LedoitWolf().fit(values - means[labels]).covariance_)


def simulate(drawn_from, study, splits, seed):
    """One study: what the first of two classifiers gets right, and its difference to the second: two (J, n), NaN where
    a split trains.

    drawn_from: a Model, of real series with no share that looks otherwise; splits: 2 or more.
    """
    rng, labels = np.random.default_rng(seed), drawn_from.labels
    values = _drawn(drawn_from, 0 if drawn_from.real else study.hard, rng)
    train = np.zeros((splits, len(labels)), bool)
    for k, count in enumerate(drawn_from.counts):
        own = np.flatnonzero(labels == k)
        train[np.arange(splits)[:, None], own[rng.random((splits, len(own))).argsort(1)[:, :count]]] = True
    right = [(predict(name, values, drawn_from, train, rng) == labels).astype(float) for name in study[:2]]
    return tuple(np.where(train, np.nan, part) for part in (right[0], right[0] - right[1]))


def _drawn(drawn_from, hard, rng):
    """The series of a study, (n, d)."""
    labels = drawn_from.labels
    if drawn_from.real:
        return np.concatenate([rng.permutation(own)[: (labels == k).sum()] for k, own in enumerate(drawn_from.real)])
    looks = _looks(drawn_from, hard, rng)
    return drawn_from.means[looks] + rng.standard_normal((len(labels), len(drawn_from.root))) @ drawn_from.root.T


def _looks(drawn_from, hard, rng):
    """Which class each series looks like, (n,): its own, but a share `hard` of the largest the class nearest to it."""
    labels = drawn_from.labels
    largest = np.bincount(labels).argmax()
    apart = np.linalg.norm(np.linalg.solve(drawn_from.root, (drawn_from.means - drawn_from.means[largest]).T), axis=0)
    nearest = apart.argsort()[1]
    return np.where((labels == largest) & (rng.random(len(labels)) < hard), nearest, labels)


def predict(name, values, drawn_from, train, rng):
    """The classes that a classifier gives all series under each split: (J, n).

    name: '1-NN', or 'discriminant' (linear, shrunk), alone or with what varies between two runs of a method: 'noise s',
    a measurement error of s within-class standard deviations, the same in all splits; 'seeds s', each training series
    weighs a random amount of variance 1 / s, anew in each split; 'parts m', m of the components, anew in each split.
    """
    if name == "1-NN":
        distance = ((values[:, None] - values) ** 2).sum(2)
        return drawn_from.labels[np.where(train[:, None], distance, np.inf).argmin(2)]
    what, _, amount = name.partition(", ")[2].partition(" ")
    weights, parts = train.astype(float), np.ones((len(train), 1, values.shape[1]))
    if what == "noise":
        values = values + float(amount) * rng.standard_normal(values.shape) @ drawn_from.root.T
    elif what == "seeds":
        weights = train * rng.gamma(float(amount), 1 / float(amount), train.shape)
    elif what == "parts":
        parts = (rng.random(parts[:, 0].shape).argsort(1) < int(amount))[:, None].astype(float)
    return _discriminant(np.linalg.solve(drawn_from.root, values.T).T * parts, drawn_from.labels, weights)


def _discriminant(values, labels, weights):
    """Linear discriminant analysis of all splits at once: values (J, n, d), labels (n,), weights (J, n) of training
    series; (J, n).
    """
    member = np.eye(labels.max() + 1)[labels]
    total = weights @ member
    means = np.einsum("jn,nk,jnd->jkd", weights, member, values, optimize=True) / total[..., None]
    apart = values - means[:, labels]
    spread = np.einsum("jn,jnd,jne->jde", weights, apart, apart, optimize=True) / weights.sum(1)[:, None, None]
    size = np.trace(spread, axis1=1, axis2=2) / values.shape[2]
    spread = (1 - SHRINKAGE) * spread + SHRINKAGE * size[:, None, None] * np.eye(values.shape[2])
    towards = np.linalg.solve(spread, np.swapaxes(means, 1, 2))
    scores = values @ towards - np.einsum("jkd,jdk->jk", means, towards)[:, None] / 2 + np.log(total)[:, None]
    return scores.argmax(2)


def covered(drawn_from, studies, splits, repeats, seed=0):
    """How often nominal intervals cover the truth, a line a study, number of splits, quantity and estimator: a pandas
    table.

    studies: names of STUDIES. splits: numbers of splits, each the first of the same. repeats: studies of each kind, 2
    or more. quantity: 'difference' of the two, or 'accuracy' of the first. The other columns are those of held. Raises
    ValueError for what is too little.
    """
    if repeats < 2 or not splits or min(splits) < 2:
        raise ValueError(f"repeats: expected 2 or more, of 2 splits or more each, got {repeats} of {list(splits)}")
    share = drawn_from.counts.sum() / len(drawn_from.labels)
    lines = []
    for number, name in enumerate(studies):
        made = [simulate(drawn_from, STUDIES[name], max(splits), [seed, number, k]) for k in range(repeats)]
        for quantity, place in (("difference", 1), ("accuracy", 0)):
            found = held(np.array([one[place] for one in made]), share, splits)
            lines += [{"study": name, "quantity": quantity} | line for line in found]
    return pd.DataFrame(lines)


def covered_by_runs(rows, by, splits):
    """The table of covered, of studies whose classifiers are runs: a study a dataset, see alike.

    rows: a run a row, with the column right; every dataset has every arm(rows, by) once on the same splits. A
    difference is a later arm's minus an earlier one's. splits: see held. Raises ValueError for what is too little.
    """
    if (repeats := rows["dataset"].nunique()) < 2 or not splits or min(splits) < 2:
        raise ValueError(
            f"tuned: expected 2 studies or more, of 2 splits or more each, got {repeats} of {list(splits)}"
        )
    rows = rows.assign(arm=paired.arm(rows, by)).sort_values(["dataset", "split"], kind="stable")
    right = {
        arm: np.stack([np.stack(study["right"]) for _, study in own.groupby("dataset", sort=False)])
        for arm, own in rows.groupby("arm", sort=False)
    }
    of_each = {("accuracy", arm): own for arm, own in right.items()}
    pairs = itertools.combinations(right, 2)
    of_pairs = {("difference", f"{late} minus {early}"): right[late] - right[early] for early, late in pairs}
    share = rows["n_train"].iloc[0] / (rows["n_train"] + rows["n_test"]).iloc[0]
    return pd.DataFrame(
        {"study": name, "quantity": quantity} | line
        for (quantity, name), values in (of_pairs | of_each).items()
        for line in held(values, share, splits)
    )


def held(values, share, splits):
    """How often nominal intervals hold the mean of many studies: a dictionary a number of splits and estimator.

    values: (studies, J, n), NaN where a split trains; share: see crossed; splits: numbers of splits, each the first of
    the J. estimator: 'over splits' (their variance over J), 'Nadeau-Bengio' (intervals.corrected), 'crossed'
    (intervals.crossed), all at 95 %, and those of CORRECTED. Keys besides: truth (the mean over all studies and
    splits), sd (of the estimates over studies), coverage, low, high (Wilson's interval of coverage), width (mean),
    clear, wrong (the shares that leave zero out, and that lie beyond it where the truth does not), repeats.
    """
    truth, lines = float(np.nanmean(values, 2).mean()), []
    for count in splits:
        means = np.nanmean(values[:, :count], 2).mean(1)
        for estimator, interval in ESTIMATORS.items():
            low, high = np.array([interval(one[:count], share) for one in values]).T
            hits = int(((low <= truth + 1e-12) & (truth <= high + 1e-12)).sum())
            line = {"splits": count, "estimator": estimator, "truth": truth, "sd": means.std(ddof=1)}
            line |= {"coverage": hits / len(values), "width": float((high - low).mean())}
            line |= dict(zip(("low", "high"), intervals.wilson(hits, len(values))))
            above, below = float((low > 0).mean()), float((high < 0).mean())
            line |= {"clear": above + below, "wrong": below if truth > 0 else above}
            lines.append(line | {"repeats": len(values)})
    return lines


def _over_splits(values, share):
    each = np.nanmean(values, 1)
    half = stats.t.ppf(0.975, len(each) - 1) * each.std(ddof=1) / np.sqrt(len(each))
    return each.mean() - half, each.mean() + half


def _nadeau_bengio(values, share):
    n_train = round(share * values.shape[1])
    return intervals.corrected(np.nanmean(values, 1), n_train, values.shape[1] - n_train)[1:]


def _crossed(values, share, level=intervals.LEVEL):
    found = intervals.crossed(values, share, level)
    return found["low"], found["high"]


# crossed at the level that Holm's procedure leaves to the first of so many comparisons
CORRECTED = {"crossed at 99.4 %": 9, "crossed at 99.9 %": 50}
ESTIMATORS = {
    "over splits": _over_splits,
    "Nadeau-Bengio": _nadeau_bengio,
    "crossed": _crossed,
    **{name: partial(_crossed, level=1 - (1 - intervals.LEVEL) / number) for name, number in CORRECTED.items()},
}
