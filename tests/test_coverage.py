"""The studies made up to see what intervals cover: what they are drawn from, how they are divided and classified, what
is counted.
"""

import itertools
import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.neighbors import KNeighborsClassifier

from tsvision import evaluation
from tsvision.evaluation import coverage
from tsvision.evaluation.intervals import corrected, crossed

LABELS = np.repeat([0, 1, 2], [7, 5, 4])
COUNTS = np.array([4, 2, 2])
REPEATS = 8


@pytest.fixture
def drawn_from():
    """Three overlapping classes of 7, 5 and 4 series in three dimensions, of which 4, 2 and 2 train."""
    generator = np.random.default_rng(0)
    root = np.linalg.cholesky(np.cov(generator.normal(size=(3, 20))))
    return coverage.Model(generator.normal(size=(3, 3)), root, LABELS, COUNTS)


@pytest.fixture
def values(drawn_from):
    return drawn_from.means[LABELS] + np.random.default_rng(1).normal(size=(16, 3)) @ drawn_from.root.T


@pytest.fixture
def train():
    """Five splits, the last two the same."""
    generator, masks = np.random.default_rng(2), np.zeros((5, 16), bool)
    for mask in masks:
        for k, count in enumerate(COUNTS):
            mask[generator.permutation(np.flatnonzero(k == LABELS))[:count]] = True
    masks[4] = masks[3]
    return masks


def test_the_model_has_the_means_and_the_spread_of_the_series(data):
    made = coverage.population(data.series, data.labels, data.train)
    assert made.means.shape == (3, 9) and made.root.shape == (9, 9)  # nine series span no more
    assert made.labels.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2] and made.counts.tolist() == [2, 2, 2]
    means = np.array([data.series[data.labels == k].mean(0) for k in range(3)])
    for k, m in itertools.combinations(range(3), 2):
        assert np.linalg.norm(made.means[k] - made.means[m]) == pytest.approx(np.linalg.norm(means[k] - means[m]))
    assert (np.triu(made.root, 1) == 0).all()
    # what is shrunk towards its own mean keeps its sum: the mean square distance to the class's mean
    apart = data.series - means[data.labels]
    assert np.trace(made.root @ made.root.T) == pytest.approx((apart**2).sum() / 9)


def test_studies_want_several_repeats_of_several_splits(drawn_from):
    for splits, repeats in (([2], 1), ([], 3), ([4, 1], 3)):
        with pytest.raises(ValueError, match="repeats: expected 2 or more, of 2 splits or more each, got "):
            coverage.covered(drawn_from, ["two seeds"], splits, repeats)


def test_studies_of_real_series_draw_some_of_every_class_and_train_on_half():
    labels = np.repeat([0, 1, 2], 12)
    series = np.stack([labels, np.arange(36) % 12, np.arange(36) // 12 * np.arange(36) % 5], 1).astype(float)
    order = np.random.default_rng(0).permutation(36)
    made = coverage.larger(series[order], labels[order], 6)
    assert made.labels.tolist() == np.repeat([0, 1, 2], 6).tolist() and made.counts.tolist() == [3, 3, 3]
    assert [len(own) for own in made.real] == [12] * 3
    drawn = coverage._drawn(made, 0, np.random.default_rng(1))
    for k, own in enumerate(made.real):
        rows = {tuple(row) for row in own}
        assert len({tuple(row) for row in drawn[made.labels == k]} & rows) == 6
    # components only turn series: distances stay
    whole = np.concatenate([series[labels == k] for k in range(3)])
    real = np.concatenate(made.real)
    apart = [np.sort(np.linalg.norm(one[:, None] - one, axis=2).ravel()) for one in (whole, real)]
    assert apart[0] == pytest.approx(apart[1])
    first, _ = coverage.simulate(made, coverage.Study("discriminant", "1-NN", 1), 4, 0)  # no class looks like another
    assert np.nanmean(first) > 0.9 and (~np.isnan(first)).sum(1).tolist() == [9] * 4
    assert not np.array_equal(coverage._drawn(made, 0, np.random.default_rng(2)), drawn)
    for each, got in ((7, 7), (3, 3)):
        with pytest.raises(ValueError, match=rf"each: expected 4 .* half of a class, of \[12, 12, 12\], got {got}"):
            coverage.larger(series, labels, each)


@pytest.mark.parametrize("name", coverage.STUDIES)
def test_every_study_divides_each_class_as_it_says(drawn_from, name):
    rules, hard = coverage.STUDIES[name][:2], coverage.STUDIES[name].hard
    of_three = coverage.Study(*(re.sub(r"parts \d+", "parts 2", rule) for rule in rules), hard)
    first, difference = coverage.simulate(drawn_from, of_three, 6, 3)
    trains = np.isnan(first)
    assert first.shape == difference.shape == (6, 16) and (np.isnan(difference) == trains).all()
    assert [trains[:, k == LABELS].sum(1).tolist() for k in range(3)] == [[count] * 6 for count in COUNTS]
    assert len(np.unique(trains, axis=0)) > 3, "each split draws anew"
    second = (first - difference)[~trains]
    assert set(np.unique(first[~trains])) <= {0, 1} and set(np.unique(second)) <= {0, 1}
    if name == "the same rule twice":
        assert (difference[~trains] == 0).all()
    else:
        assert (difference[~trains] != 0).any()


def test_hard_series_look_like_those_of_the_nearest_class():
    # one dimension: class 1, the largest, at 0; class 2 near it, class 0 far off, all hardly spread
    labels = np.repeat([0, 1, 2], [4, 8, 4])
    apart = coverage.Model(np.array([[-0.9], [0.0], [0.3]]), np.array([[0.001]]), labels, np.array([2, 4, 2]))
    first, _ = coverage.simulate(apart, coverage.Study("discriminant", "1-NN", 0), 20, 0)
    assert np.nanmin(first) == 1
    first, difference = coverage.simulate(apart, coverage.Study("1-NN", "discriminant", 1), 20, 0)
    assert np.nanmin(first[:, labels == 0]) == 1 and np.nanmin((first - difference)[:, labels == 0]) == 1
    mixed = first[:, labels != 0]
    assert 0.2 < np.nanmean(mixed) < 0.8, "classes 1 and 2 look alike, to 1-NN"
    # a share: the others of class 1 outnumber what looks like class 2, so that only hard series are wrong
    study = coverage.Study("discriminant", "1-NN", 0.25)
    right = [np.nanmean(coverage.simulate(apart, study, 6, k)[0][:, labels == 1]) for k in range(60)]
    assert np.mean(right) == pytest.approx(0.75, abs=0.06)


def test_the_classifiers_are_scikit_learns_split_by_split(drawn_from, values, train):
    made = coverage.predict("discriminant", values, drawn_from, train, None)
    assert (made != LABELS).any() and len(np.unique(made, axis=0)) > 2  # it errs, and depends on the split
    whitened = np.linalg.solve(drawn_from.root, values.T).T
    near = coverage.predict("1-NN", values, drawn_from, train, None)
    for mask, own, nearest in zip(train, made, near):
        sklearns = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.3).fit(whitened[mask], LABELS[mask])
        assert own.tolist() == sklearns.predict(whitened).tolist()
        sklearns = KNeighborsClassifier(1, algorithm="brute").fit(values[mask], LABELS[mask])
        assert nearest.tolist() == sklearns.predict(values).tolist()


def test_what_varies_between_runs_varies_by_as_much_as_it_says(drawn_from, values, train):
    def made(name):
        return coverage.predict(name, values, drawn_from, train, np.random.default_rng(5))

    plain = made("discriminant").tolist()
    for nothing in ("noise 0", "seeds 1e12", "parts 3"):
        assert made(f"discriminant, {nothing}").tolist() == plain
    noisy, weighed, parts = (made(f"discriminant, {what}") for what in ("noise 2", "seeds 0.3", "parts 1"))
    assert all(one.tolist() != plain for one in (noisy, weighed, parts))
    # the last two splits are the same: the measurement is, too, a seed is another
    assert (noisy[3] == noisy[4]).all() and (weighed[3] != weighed[4]).any() and (parts[3] != parts[4]).any()


def test_covered_counts_what_the_intervals_hold(drawn_from):
    names = ["the same rule twice", "discriminant, 1-NN"]
    table = coverage.covered(drawn_from, names, [4, 2], REPEATS, seed=9)
    columns = "study quantity splits estimator truth sd coverage width low high clear wrong repeats"
    assert list(table) == columns.split()
    assert len(table.drop_duplicates(["study", "splits", "quantity", "estimator"])) == len(table) == 2 * 2 * 2 * 5
    assert table["coverage"].isin(np.arange(REPEATS + 1) / REPEATS).all() and (table["repeats"] == REPEATS).all()
    wilson = [evaluation.wilson(round(REPEATS * share), REPEATS) for share in table["coverage"]]
    assert list(zip(table["low"], table["high"])) == wilson
    pd.testing.assert_frame_equal(table, coverage.covered(drawn_from, names, [4, 2], REPEATS, seed=9))
    assert not table.equals(coverage.covered(drawn_from, names, [4, 2], REPEATS, seed=10))
    # the second study again, by hand: 16 series, of which 8 train
    studies = [coverage.simulate(drawn_from, coverage.STUDIES[names[1]], 4, [9, 1, k]) for k in range(REPEATS)]
    sides = set()
    for (quantity, place), splits in itertools.product((("accuracy", 0), ("difference", 1)), (4, 2)):
        each = np.array([np.nanmean(study[place], 1) for study in studies])
        own = table[(table["study"] == names[1]) & (table["quantity"] == quantity) & (table["splits"] == splits)]
        own = own.set_index("estimator")
        # over all splits, however many an interval sees
        assert own["truth"].tolist() == pytest.approx([each.mean()] * 5)
        assert own["sd"].tolist() == pytest.approx([each[:, :splits].mean(1).std(ddof=1)] * 5)
        t, some = stats.t.ppf([0.025, 0.975], splits - 1), each[:, :splits]
        by_crossed = [crossed(study[place][:splits], 0.5) for study in studies]
        made = {"over splits": [one.mean() + t * stats.sem(one) for one in some]}
        made |= {"Nadeau-Bengio": [corrected(one, 8, 8)[1:] for one in some]}
        made |= {"crossed": [(one["low"], one["high"]) for one in by_crossed]}
        for name, number in (("crossed at 99.4 %", 9), ("crossed at 99.9 %", 50)):
            by_crossed = [crossed(study[place][:splits], 0.5, 1 - 0.05 / number) for study in studies]
            made[name] = [(one["low"], one["high"]) for one in by_crossed]
        for estimator, intervals in made.items():
            low, high = np.transpose(intervals)
            sides |= set(np.sign(low - each.mean()) + np.sign(high - each.mean()))
            assert own.loc[estimator, "width"] == pytest.approx((high - low).mean())
            assert own.loc[estimator, "coverage"] == ((low <= each.mean()) & (each.mean() <= high)).mean()
            assert own.loc[estimator, "clear"] == ((low > 0) | (high < 0)).mean()
            assert own.loc[estimator, "wrong"] == ((high < 0) if each.mean() > 0 else (low > 0)).mean()
    assert sides == {-2, 0, 2}, "a case that misses the truth on either side"


def test_a_made_up_data_set_is_alike_in_all_but_its_series(data):
    made = coverage.alike(data, 3)
    assert made.name == "Toy 3" and made.source == "made up" and made.series.shape == (9, 20)
    for name in ("labels", "train", "classes", "axis"):
        assert getattr(made, name) is getattr(data, name)
    assert np.array_equal(made.series, coverage.alike(data, 3).series)
    assert not np.array_equal(made.series, coverage.alike(data, 4).series)
    # those made of nine series lie in eight directions around their mean
    span = np.linalg.svd(data.series - data.series.mean(0))[2][:8]
    apart = made.series - data.series.mean(0)
    assert apart @ span.T @ span == pytest.approx(apart, abs=1e-7)
    assert np.array_equal(made.series, made.series.round(8))
    # the classes' means, but of the largest, of which some look like another: here all are as large, the first counts
    many = np.array([coverage.alike(data, number).series for number in range(2000)])
    for k in (1, 2):
        mean = data.series[data.labels == k].mean(0)
        assert many[:, data.labels == k].mean((0, 1)) == pytest.approx(mean, abs=0.06)
    # the pooled covariance, of nine series and three means
    means = np.array([data.series[data.labels == k].mean(0) for k in range(3)])
    own = data.series - means[data.labels]
    spread = (many[:, data.labels == 1] - means[1]).reshape(-1, 20)
    assert spread.T @ spread / len(spread) == pytest.approx(own.T @ own / 6, abs=0.1)


@pytest.fixture
def runs():
    """Three data sets of four series, on two splits of which two methods run: rows with what each gets right."""
    train = np.array([[True, True, False, False], [False, False, True, True]])
    rng, rows = np.random.default_rng(0), []
    for name, split, method in itertools.product(("a", "b", "c"), (0, 1), ("LDA", "net")):
        right = np.where(train[split], np.nan, rng.integers(0, 2, 4))
        rows.append({"dataset": name, "split": split, "method": method, "n_train": 2, "n_test": 2, "right": right})
    return pd.DataFrame(rows)


def test_runs_of_one_data_set_or_on_one_split_are_no_studies(runs):
    for rows, splits, got in (
        (runs[runs["dataset"] == "a"], [2], r"1 of \[2\]"),
        (runs, [], r"3 of \[\]"),
        (runs, [1], "3 of"),
    ):
        with pytest.raises(ValueError, match=f"tuned: expected 2 studies or more, of 2 splits or more each, got {got}"):
            coverage.covered_by_runs(rows, ["method"], splits)


def test_runs_on_made_up_data_sets_are_studies_too(runs):
    table = coverage.covered_by_runs(runs.sample(frac=1, random_state=1), ["method"], [2])
    first = runs.sample(frac=1, random_state=1).sort_values(["dataset", "split"], kind="stable")["method"].iloc[0]
    early, late = (first, {"LDA": "net", "net": "LDA"}[first])
    assert table["study"].unique().tolist() == [f"{late} minus {early}", early, late]
    right = {method: np.stack(own["right"]).reshape(3, 2, 4) for method, own in runs.groupby("method")}
    for (quantity, name), values in {
        ("difference", f"{late} minus {early}"): right[late] - right[early],
        ("accuracy", "LDA"): right["LDA"],
        ("accuracy", "net"): right["net"],
    }.items():
        own = table[(table["study"] == name) & (table["quantity"] == quantity)]
        means = np.nanmean(values, (1, 2))  # as many of each split are tested
        assert own["truth"].tolist() == pytest.approx([means.mean()] * 5)
        assert own["sd"].tolist() == pytest.approx([means.std(ddof=1)] * 5)
        held = [one["low"] <= means.mean() <= one["high"] for one in (crossed(study, 0.5) for study in values)]
        assert own.set_index("estimator").loc["crossed", "coverage"] == pytest.approx(np.mean(held))
        assert own["repeats"].tolist() == [3] * 5
