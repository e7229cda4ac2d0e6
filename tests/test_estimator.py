"""PictureClassifier keeps scikit-learn's conventions, and is what the notebooks use."""

import io
import re
from contextlib import redirect_stdout

import joblib
import numpy as np
import pandas as pd
import pytest
from calls import CNN, call, hard_waves, predicted, waves
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks

from tsvision import methods
from tsvision.data import datasets
from tsvision.methods import baselines, estimator, frozen, training

WORDS = np.array(["banana", "apple", "cherry"])
TINY = {"network": "test_resnet", "weights": "random", "size": 32, "view": "field"}
TUNED = TINY | {"head": "fine-tune", "epochs": 2, "batch_size": 4}


def made(**changed):
    return methods.PictureClassifier(**TINY | changed)


FAILS = {"check_methods_subset_invariance": "a network in float32 differs in the sixth digit by the size of a batch"}
QUICK = {"size": 16, "view": "stretch"}


@parametrize_with_checks(
    [made(**QUICK, layer="output"), made(**QUICK, head="fine-tune", epochs=1, batch_size=64)],
    expected_failed_checks=lambda model: FAILS if model.head == "ridge" else {},
)
def test_scikit_learns_own_checks(estimator, check):  # noqa: F811  scikit-learn names the argument
    check(estimator)


@pytest.fixture(scope="module")
def words():
    """24 hard waves of three classes, named so that no order of theirs is that of the numbers."""
    series, labels, train = hard_waves()
    return series, WORDS[labels], labels, train[0]


@pytest.mark.parametrize("layer, seed, scaling", [("all", 0, "series"), ("output", 3, "training")])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_ridge_head_predicts_what_a_linear_probe_does(words, layer, seed, scaling, channels):
    series, labels, numbers, train = words
    series = np.stack([series, series[::-1]], 1)[:, :channels]
    model = made(layer=layer, random_state=seed, scaling=scaling).fit(series[train], labels[train])
    _, known = np.unique(labels, return_inverse=True)
    given = CNN | {"seed": seed, "layer": layer, "scaling": scaling, "channels": "joined"}
    answers, _ = call(frozen.linear_probe, series, known, train, **given)
    assert model.predict(series[~train]).tolist() == model.classes_[predicted(answers)[0]].tolist()
    assert np.array_equal(model.classes_[model.decision_function(series).argmax(1)], model.predict(series))
    assert model.n_features_in_ == 40 and model.n_channels_ == channels


@pytest.mark.parametrize("way", [{}, {"view": "crop", "scaling": "training"}], ids=["field", "crop"])
def test_a_fine_tuned_one_is_trained_and_judged_as_a_run_is(words, way, monkeypatch):
    # a run that learns all series but one, and what it says of that one
    series, labels, numbers, _ = words
    train = np.arange(24) < 23
    said, probabilities = [], training.probabilities
    monkeypatch.setattr(training, "probabilities", lambda *given: said.append(probabilities(*given)) or said[-1])
    given = CNN | {"epochs": 2, "base_lr": 2e-3, "batch_size": 4, "curve": False} | way
    call(training.fine_tune, series, numbers, train, **given)
    model = methods.PictureClassifier(**TUNED | way).fit(series[train], numbers[train])
    np.testing.assert_allclose(model.predict_proba(series[~train]), said[0].cpu(), atol=1e-6)
    np.testing.assert_allclose(model.predict_proba(series[train]), said[1].cpu(), atol=1e-6)
    assert not hasattr(model, "decision_function")


@pytest.mark.parametrize("settings", [TINY, TUNED], ids=["ridge", "fine-tune"])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_saved_one_says_the_same_and_a_clone_is_trained_to_the_same(settings, channels, tmp_path):
    series, labels = waves(12, classes=3)
    series = np.stack([series] * channels, 1)
    model = methods.PictureClassifier(**settings | {"channels": "mosaic"}).fit(series, WORDS[labels])
    joblib.dump(model, tmp_path / "model.joblib")
    told = model.predict_proba(series)
    for other in (joblib.load(tmp_path / "model.joblib"), clone(model).fit(series, WORDS[labels])):
        assert np.array_equal(other.predict_proba(series), told)
    assert told.shape == (12, 3) and np.allclose(told.sum(1), 1)
    assert model.classes_.tolist() == sorted(WORDS)
    assert model.predict(series).tolist() == model.classes_[told.argmax(1)].tolist()


@pytest.mark.parametrize("names", [[1, 2, 3], [-1, 0, 1], [10, 20, 30], sorted(WORDS)])
@pytest.mark.parametrize("model", [made(), estimator.SeriesClassifier("shrinkage LDA")], ids=["pictures", "series"])
def test_what_the_classes_are_called_changes_no_probability(words, model, names):
    # scikit-learn takes numbers for columns of scores, and reads past their end
    series, _, numbers, train = words
    wrong = np.where(np.arange(24) % 4 == 0, (numbers + 1) % 3, numbers)  # so that nobody can be sure
    expected = clone(model).fit(series[train], wrong[train])
    told = clone(model).fit(series[train], np.array(names)[wrong[train]])
    assert np.array_equal(told.predict_proba(series[~train]), expected.predict_proba(series[~train]))
    assert told.classes_.tolist() == names
    assert told.predict(series).tolist() == [names[k] for k in expected.predict(series)]


def test_it_stands_in_pipelines_grids_and_cross_validation():
    series, labels = waves(16)
    steps = make_pipeline(FunctionTransformer(np.cumsum, kw_args={"axis": 1}), made())
    assert cross_val_score(steps, series, WORDS[labels], cv=2).tolist() == [1, 1]
    grid = GridSearchCV(made(), {"size": np.array([16, 32]), "layer": ["1", "output"]}, cv=2, scoring="neg_log_loss")
    grid.fit(series, WORDS[labels])
    assert grid.best_score_ > -0.3
    frame = pd.DataFrame(series, columns=[f"{k} nm" for k in range(40)])
    model = made().fit(frame, labels)
    assert model.feature_names_in_.tolist() == list(frame)
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame.iloc[:, ::-1])


@pytest.mark.parametrize("kind", [list, lambda series: np.array([*series, None], object)[:-1]], ids=["list", "objects"])
def test_a_list_is_stretched_to_the_longest_of_fit(kind):
    series, labels = waves(12, 41)
    uneven = [one[::2] if k % 3 == 0 else one for k, one in enumerate(series)]  # 21 and 41 steps with the same ends
    stretched = np.array([np.interp(np.linspace(0, 1, 41), np.linspace(0, 1, len(one)), one) for one in uneven])
    for pair in (False, True):  # of one channel, and of two
        lists = kind([np.stack([one, -one]) for one in uneven] if pair else uneven)
        arrays = np.stack([stretched, -stretched], 1) if pair else stretched
        ours, theirs = made().fit(lists, labels), made().fit(arrays, labels)
        assert ours.n_features_in_ == 41 and ours.n_channels_ == 1 + pair
        np.testing.assert_allclose(ours.predict_proba(lists[:3]), theirs.predict_proba(arrays[:3]), atol=1e-4)
        longer = [np.repeat(one, 2, axis=-1) for one in lists]
        assert ours.predict(longer).shape == (12,)


def test_a_callers_random_numbers_go_on_as_if_nothing_had_been_drawn():
    series, labels = waves(8)
    for settings in (TINY, TUNED):
        model = methods.PictureClassifier(**settings)
        np.random.seed(5)
        expected = np.random.random(2).tolist()
        np.random.seed(5)
        first = np.random.random()
        model.fit(series, labels).predict(series)
        assert [first, np.random.random()] == expected
    seeds = [made(random_state=state)._seed() for state in (7, np.random.RandomState(1), np.random.RandomState(1))]
    assert seeds[0] == 7 and seeds[1] == seeds[2]


def test_with_one_series_of_a_class_there_are_no_probabilities():
    series, labels = waves(5)
    model = made()
    assert hasattr(model, "predict_proba")  # who asks before fit does not know yet
    model.fit(series, [0, 0, 0, 0, 1])
    assert model.predict(series).shape == model.decision_function(series).shape == (5,)
    with pytest.raises(AttributeError) as caught:
        model.predict_proba(series)
    assert "expected two series or more of each class in fit" in str(caught.value.__cause__)


SERIES, LABELS = waves(6)
GAP = np.where(np.arange(40) == 3, np.nan, SERIES)
BAD = {
    "X contains NaN": ({}, GAP),
    "expected finite values, got nan at series 0, time step 3": ({}, list(GAP)),
    "expected 2 steps or more .* at series 5": ({}, [*SERIES[:5], SERIES[5, :1]]),
    r"X: expected as many channels in each series, got arrays of \[\(\), \(2,\)\] x steps": (
        {},
        [*SERIES[:5], SERIES[:2]],
    ),
    r"X: expected series \(n, t\) or \(n, c, t\), got shape \(6, 1, 1, 40\)": ({}, SERIES[:, None, None]),
    "expected values up to 1e.100 either way": ({}, SERIES * 1e200),
    "minimum of 2 is required": ({}, SERIES[:, :1]),
    "y: expected two classes or more, got one class, 0": ({}, SERIES, LABELS * 0),
    "head: expected one of ridge, fine-tune, got 'forest'": ({"head": "forest"}, SERIES),
    "layer: expected all or a layer's name, got 'each'": ({"layer": "each"}, SERIES),
    "layer: expected all, each or one of 1, 2, .*output, got '9'": ({"layer": "9"}, SERIES),
    "encoding: expected one .*, got 'gadf|mtf'": ({"encoding": "gadf|mtf"}, SERIES),
    "size: expected a whole number .* length 40, got 64": ({"size": 64}, SERIES),
    "epochs: expected a whole number": ({"head": "fine-tune", "epochs": 0}, SERIES),
    "channels: fine-tuning shows one picture .*'joined'": ({"head": "fine-tune"}, np.stack([SERIES, SERIES], 1)),
}


@pytest.mark.parametrize("message", BAD)
def test_what_cannot_be_fitted_is_one_sentence_before_any_work(message, monkeypatch):
    settings, series, *labels = BAD[message]
    monkeypatch.setattr(frozen, "head", lambda: pytest.fail("a head was made"))
    monkeypatch.setattr(training, "train_all", lambda *_: pytest.fail("a network was trained"))
    with pytest.raises(ValueError, match=message):
        made(**settings).fit(series, *(labels or [LABELS]))


def test_series_of_another_shape_than_fits_are_refused():
    pair = np.stack([SERIES, SERIES], 1)
    for fitted, shown, message in (
        (SERIES, SERIES[:, :30], "X has 30 features, but PictureClassifier is expecting 40"),
        (pair, pair[:, :, :30], "X has 30 features, .* 40"),
        (pair, SERIES, "X: expected 2 channels, as in fit, got 1"),
        (SERIES, pair, "X: expected 1 channels, as in fit, got 2"),
    ):
        model = made().fit(fitted, LABELS)
        with pytest.raises(ValueError, match=message):
            model.predict(shown)


def test_the_examples_of_the_page_run(tmp_path, monkeypatch):
    page = (datasets.ROOT / "docs" / "own-data.md").read_text(encoding="utf-8")
    first, second = re.findall(r"```python\n(.*?)```", page.partition("\n## In Python\n")[2], re.DOTALL)
    assert 8 < len(first.splitlines()) < 13 and first.count("PictureClassifier()") == 2
    told = said_by(first.replace("PictureClassifier()", "PictureClassifier(network='test_resnet', weights='random')"))
    said, score = told.rsplit("\n", 2)[:2]
    assert re.match(r"\['(slow|fast)' ", said) and float(score) > 0.9
    table = pd.DataFrame(SERIES, columns=[f"{900 + step}.5" for step in range(SERIES.shape[1])])
    table.insert(0, "sample", [f"s{k % 5}" for k in range(len(table))])
    table.insert(1, "variety", ["good" if label else "bad" for label in LABELS])
    for name in ("train.csv", "new.csv"):
        table.to_csv(tmp_path / name, index=False)
    monkeypatch.chdir(tmp_path)
    told = said_by(second.replace("scaling=", "network='test_resnet', weights='random', size=32, scaling="))
    scores, said = told.split("]", 1)
    assert len(scores.split()) == 5 and set(re.findall("[a-z]+", said)) == {"good", "bad"}


def said_by(code):
    with redirect_stdout(io.StringIO()) as told:
        exec(code, {})
    return told.getvalue()


# --- without pictures


@pytest.mark.parametrize("method", ["shrinkage LDA", "QUANT", "MiniROCKET"])
def test_a_method_predicts_what_a_run_of_it_does_and_its_probabilities_agree(words, method):
    series, labels, numbers, train = words
    series = np.stack([series, series[::-1]], 1)
    model = estimator.SeriesClassifier(method).fit(series[train], labels[train])
    _, known = np.unique(labels, return_inverse=True)
    answers, _ = baselines.classify(series, known, train, method=method, seed=0)
    told = model.predict_proba(series[~train])
    assert model.predict(series[~train]).tolist() == model.classes_[predicted(answers)[0]].tolist()
    assert np.allclose(told.sum(1), 1) and told.shape[1] == 3


@pytest.mark.parametrize(
    "method, y, message",
    [
        ("shrinkage", [0, 0, 1, 1], "method: expected some that tell probabilities"),
        ("shrinkage LDA", [0, 0, 1, 1], r"method: shrinkage LDA cannot be trained on classes of \[2, 2\] series"),
        ("PLS-LDA", [0, 0, 1, 1], "method: expected some that tell probabilities, of shrinkage LDA.*, got 'PLS-LDA'"),
        ("MiniROCKET", [0, 0, 1, 1], "method: MiniROCKET needs 9 steps, the series have 5"),
        ("ridge", [0, 0, 0, 1], r"y: expected two classes or more of two series or more, got \[3, 1\] series"),
        ("ridge", [0, 0, 0, 0], r"y: expected two classes or more of two series or more, got \[4\] series"),
    ],
)
def test_a_method_that_cannot_learn_them_says_so(method, y, message):
    with pytest.raises(ValueError, match=message):
        estimator.SeriesClassifier(method).fit(np.eye(4, 5), y)


@pytest.mark.parametrize("method", estimator.TELLING)
def test_each_series_has_probabilities_of_its_own(method):
    series, labels = waves(80)
    wrong = np.where(np.arange(80) % 5 == 0, 1 - labels, labels)  # a fifth, so that nobody can be sure
    told = methods.classifiers([method])[method].fit(series[:40], wrong[:40]).predict_proba(series[40:])
    assert len(np.unique(told.max(1).round(6))) > 5
