import warnings

import numpy as np
import pytest
from aeon.distances import dtw_pairwise_distance
from calls import predicted, relabelled
from sklearn.cross_decomposition import PLSRegression
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from tsvision.data import datasets, provenance, splits
from tsvision.methods import baselines, frozen
from tsvision.networks import devices

QUICK = ["shrinkage LDA", "logistic regression", "ridge", "PLS-LDA", "1-NN Euclidean"]


def split(labels, each, generator):
    """A split with `each` training series of each class."""
    mask = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        mask[generator.permutation(np.flatnonzero(labels == label))[:each]] = True
    return mask


@pytest.fixture(scope="module")
def problem():
    """60 noisy bumps in 3 places, on which methods err now and then, and two splits with 10 training series a class."""
    generator = np.random.default_rng(0)
    labels = np.arange(60) % 3
    place = np.array([14, 20, 26])[labels, None]
    series = np.exp(-(((np.arange(40) - place) / 6) ** 2)) + 0.6 * generator.normal(size=(60, 40))
    return series, labels, np.array([split(labels, 10, generator) for _ in range(2)])


def by_hand(method, x, y, new):
    """What scikit-learn's own pieces, fitted to x, y, say of new."""
    scaler = StandardScaler().fit(x)
    scaled, other = scaler.transform(x), scaler.transform(new)
    if method == "shrinkage LDA":
        return LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(x, y).predict(new)
    if method == "logistic regression":
        return LogisticRegression(max_iter=5000).fit(scaled, y).predict(other)
    if method == "ridge":
        return RidgeClassifierCV(frozen.ALPHAS).fit(scaled, y).predict(other)
    if method == "1-NN Euclidean":
        return KNeighborsClassifier(1).fit(x, y).predict(new)
    folds = StratifiedKFold(4, shuffle=True, random_state=0)
    scores = [cross_val_score(baselines.PLSLDA(count), x, y, cv=folds).mean() for count in range(2, 17)]
    return baselines.PLSLDA(2 + int(np.argmax(scores))).fit(x, y).predict(new)


@pytest.mark.parametrize("method", QUICK)
def test_a_method_is_scikit_learns_on_each_split_and_no_test_label_moves_it(problem, method):
    series, labels, train = problem
    answers, cost = baselines.classify(*problem, method=method, seed=0)
    assert predicted(answers) == [by_hand(method, series[mask], labels[mask], series[~mask]).tolist() for mask in train]
    assert all(15 < row["correct"] <= 30 for row, _ in answers)
    assert 0 <= cost["seconds"] < 60 and cost["peak_memory_mib"] > 50 and cost["processor"] == provenance.processor()
    assert baselines.classify(series, labels, train[0], method=method, seed=0)[0] == answers[:1]  # one split alone
    moved, _ = baselines.classify(series, relabelled(labels, train[0]), train[0], method=method, seed=0)
    assert predicted(moved) == predicted(answers[:1]) and moved != answers[:1]


def test_pls_lda_is_the_discriminant_analysis_of_the_scores(problem):
    series, labels, (mask, _) = problem
    made = baselines.PLSLDA(3).fit(series[mask], labels[mask])
    pls = PLSRegression(3).fit(series[mask], np.eye(3)[labels[mask]])
    scores = pls.transform(series)
    assert scores.shape == (60, 3)
    lda = LinearDiscriminantAnalysis().fit(scores[mask], labels[mask])
    assert np.array_equal(made.predict(series), lda.predict(scores))
    assert made.classes_.tolist() == [0, 1, 2]


def test_pls_lda_of_a_small_separable_problem_by_hand():
    # the first feature alone tells the classes; the second is the same in both
    x = np.array([[0.0, 1.0], [0.2, 2.0], [0.1, 1.5], [3.0, 1.0], [3.2, 2.0], [3.1, 1.5]])
    made = baselines.PLSLDA(1).fit(x, ["a", "a", "a", "b", "b", "b"])
    assert made.predict(np.array([[0.5, 9.0], [2.7, -9.0], [1.5, 1.5], [1.7, 1.5]])).tolist() == ["a", "b", "a", "b"]


def test_rows_and_predictions_of_a_split(problem):
    series, labels, train = problem
    answers, _ = baselines.classify(*problem, method="ridge", seed=3)
    row, tables = answers[1]
    right = np.array(tables["predictions"]["predicted"]) == labels[~train[1]]
    assert tables["predictions"]["series"] == np.flatnonzero(~train[1]).tolist()
    assert tables["predictions"]["label"] == labels[~train[1]].tolist()
    told = {"seed": 3, "method": "ridge", "length": 40, "n_train": 30, "n_test": 30, "device": devices.name()}
    assert row == told | {"accuracy": round(right.mean(), 6), "correct": right.sum()}


def test_shuffled_labels_land_near_chance():
    generator = np.random.default_rng(1)
    labels = np.arange(80) % 4
    series = 3 * np.eye(4, 12)[labels] + 0.1 * generator.normal(size=(80, 12))
    train = np.array([split(labels, 10, generator) for _ in range(20)])

    for known, expected, within in ((labels, 1, 0), (splits.shuffle(labels, train, 0), 0.25, 0.08)):
        answers, _ = baselines.classify(series, known, train, method="1-NN Euclidean", seed=0)
        assert np.mean([row["accuracy"] for row, _ in answers]) == pytest.approx(expected, abs=within)


def test_methods_from_aeon_are_built_with_their_seed():
    assert set(baselines.METHODS) == {*QUICK, "1-NN DTW", "MiniROCKET", "MultiROCKET-Hydra", "QUANT", "WEASEL 2.0"}
    names = {"MiniROCKET": "MiniRocketClassifier", "MultiROCKET-Hydra": "MultiRocketHydraClassifier"}
    names |= {"QUANT": "QUANTClassifier", "WEASEL 2.0": "WEASEL_V2"}
    for method, name in names.items():
        made = baselines.METHODS[method](7)
        assert type(made).__name__ == name and made.random_state == 7


def test_the_nearest_under_dynamic_time_warping_by_hand(problem):
    series, labels, train = problem

    def warped(a, b):
        cost = np.full((len(a) + 1, len(b) + 1), np.inf)
        cost[0, 0] = 0
        for i, left in enumerate(a, 1):
            for j, right in enumerate(b, 1):
                cost[i, j] = (left - right) ** 2 + min(cost[i - 1, j], cost[i, j - 1], cost[i - 1, j - 1])
        return cost[-1, -1]

    short = series[:, ::4]
    answers, _ = baselines.classify(short, labels, train, method="1-NN DTW", seed=0)
    for mask, said in zip(train, predicted(answers)):
        near = [np.argmin([warped(one, other) for other in short[mask]]) for one in short[~mask][:8]]
        assert said[:8] == labels[mask][near].tolist()


def test_dynamic_time_warping_never_exceeds_the_straight_path():
    generator = np.random.default_rng(0)
    # so short that the straight path is often the best
    series = np.vstack([generator.normal(size=(20, 3)), np.ones((2, 3))])
    between = baselines._dtw(series)
    straight = np.linalg.norm(series[:, None] - series, axis=2)
    assert np.isclose(between, straight).mean() > 0.2 and (between <= straight + 1e-12).all()
    assert np.isfinite(between).all() and np.allclose(between, between.T)
    assert between[20, 21] == 0 and (np.diag(between) == 0).all()
    longer = generator.normal(size=(6, 40)).cumsum(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numba's own
        assert np.allclose(baselines._dtw(longer) ** 2, dtw_pairwise_distance(longer))


def of(steps, name="Toy"):
    """A data set of twelve series of so many steps, eight of which train."""
    series, labels = np.random.default_rng(0).normal(size=(12, steps)), np.arange(12) % 2
    axis = ("time step", np.arange(steps))
    return datasets.Dataset(name, series, labels, ("a", "b"), np.arange(12) < 8, "here", axis)


def run(method, data):
    return baselines.classify(data.series, data.labels, data.train, method=method, seed=0)


def test_distances_that_would_not_fit_into_memory_are_refused(monkeypatch, capsys):
    monkeypatch.setattr(devices, "free_memory", lambda: 2 * 8 * 12**2 - 1)
    says = "1-NN DTW keeps the distances of all 12 series, 0 GB, more than is free"
    with pytest.raises(ValueError, match=f"method: {says}; leave it out"):
        run("1-NN DTW", of(5))
    assert baselines.fitting(["ridge", "1-NN DTW"], of(5)) == ["ridge"]
    assert capsys.readouterr().out == f"methods: on Toy {says}; left out\n"


@pytest.mark.parametrize("method", ["QUANT", "MiniROCKET"])
def test_a_method_takes_the_least_steps_that_it_says_and_no_fewer(monkeypatch, method):
    least = baselines.LEAST[method]
    assert run(method, of(least))[0][0][0]["n_test"] == 4
    with pytest.raises(ValueError, match=f"method: {method} needs {least} steps, the series have {least - 1}; leave"):
        run(method, of(least - 1))
    monkeypatch.setattr(baselines, "LEAST", {})
    with pytest.raises(ValueError, match=f"method: {method} cannot be trained on split 0: "):  # its library's own
        run(method, of(least - 1))


def test_methods_that_need_more_steps_are_left_out_by_name(capsys):
    names = ["MultiROCKET-Hydra", "MiniROCKET", "ridge", "WEASEL 2.0", "QUANT"]
    for steps, kept in ((10, names), (9, names[1:]), (8, names[2:]), (3, ["ridge", "QUANT"]), (2, ["ridge"])):
        assert sorted(baselines.fitting(names, of(12), of(steps, "Short"))) == sorted(kept)
    assert "methods: on Short QUANT needs 3 steps, the series have 2; left out\n" in capsys.readouterr().out
    assert baselines.fitting(["MiniROCKET"], of(9), of(8, "Short")) == ["shrinkage LDA"]  # which takes any series
    assert capsys.readouterr().out == (
        "methods: on Short MiniROCKET needs 9 steps, the series have 8; left out\n"
        "methods: shrinkage LDA takes the place of MiniROCKET\n"
    )
    for call in (lambda: baselines.fitting(["ridge", "magic"], of(9)), lambda: run("magic", of(9))):
        with pytest.raises(ValueError, match="method: expected one of shrinkage LDA, .*, got 'magic'"):
            call()


@pytest.mark.parametrize("classes, count", [(6, 12), (2, 3)])
def test_next_to_no_training_series_are_enough_for_every_method_of_scikit_learn(classes, count):
    generator = np.random.default_rng(0)
    labels = np.arange(36) % classes
    series = 3 * np.eye(classes, 20)[labels] + 0.1 * generator.normal(size=(36, 20))
    for method in QUICK:
        (answer,), _ = baselines.classify(series, labels, np.arange(36) < count, method=method, seed=0)
        assert answer[0]["n_train"] == count and answer[0]["accuracy"] > 0.3, method  # a sixth is chance


class Broken:
    def fit(self, x, y):
        raise RuntimeError("kernel\ntoo large")


def test_whatever_fails_is_told_with_the_method_and_the_split(problem, monkeypatch):
    monkeypatch.setitem(baselines.METHODS, "broken", lambda seed: Broken())
    with pytest.raises(ValueError, match="^method: broken cannot be trained on split 0: kernel too large$"):
        baselines.classify(*problem, method="broken", seed=0)
    with pytest.raises(ValueError, match="method: PLS-LDA cannot be trained on split 0: "):  # all series alike
        baselines.classify(np.ones((12, 5)), np.arange(12) % 2, np.arange(12) < 8, method="PLS-LDA", seed=0)
