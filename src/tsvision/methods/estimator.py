"""Classifiers of series behind scikit-learn's interface: the same pictures, networks, heads and methods as the runs'.

n series, c channels, t time steps, k classes.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import torch
from fastai.torch_core import no_random
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import StratifiedKFold
from sklearn.utils import check_array, check_random_state, check_X_y
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from tsvision.methods import baselines, frozen, lengths, training
from tsvision.networks import backbones, devices
from tsvision.pictures import encoders, views

HEADS = ("ridge", "fine-tune")


def _tells_probabilities(self):
    if self.head == "ridge" and getattr(self, "probabilities_", self) is None:
        raise AttributeError(
            "predict_proba: expected two series or more of each class in fit, for folds that calibrate"
        )
    return True


# a dataclass, whose __init__ does what scikit-learn asks of one: it stores the parameters
@dataclass(eq=False, repr=False)
class PictureClassifier(ClassifierMixin, BaseEstimator):
    """Series are drawn as pictures, and a head on a pretrained network tells their classes.

    encoding, colormap, size, view, channels, scaling: see pictures.Picture; each channel of a series is scaled by its
    own range, so that its level and amplitude are not seen, with scaling='training' by its range in all series of fit.
    network: timm's name, weights: see networks.load. head: 'ridge', scikit-learn's ridge classifier on what the frozen
    network says, with its penalty chosen by leave-one-out; layer: which layer of it, see methods.linear_probe. Or
    'fine-tune': the network is trained, for `epochs`, with batch_size and base_lr as methods.fine_tune is.
    random_state: of what is drawn at random, weights, order, dropout, crops and folds.

    fit, predict and score take series (n, t) or (n, c, t), without gaps, as many steps in predict as in fit; or a list
    of arrays (t_i,) or (c, t_i), whose series are stretched linearly to the longest that fit has seen. Raises
    ValueError, before anything is trained, for what can't be drawn or loaded and for less than two classes.

    After fit: classes_ (k,), n_features_in_, the time steps, n_channels_, trunk_, the networks.Backbone, and head_.
    """

    encoding: str = "gadf"
    colormap: str = "viridis"
    size: int = 112
    view: str = "resize"
    channels: str = "joined"
    network: str = "tf_efficientnet_lite0.in1k"
    weights: str = "pretrained"
    head: str = "ridge"
    layer: str = "all"
    epochs: int = 20
    base_lr: float = 2e-3
    batch_size: int = 8
    random_state: int | None = 0
    scaling: str = "series"

    def fit(self, X, y):
        """Train on series X (see the class) with labels y (n,), numbers or words; returns self."""
        series, y = self._checked(X, y, True)
        self.classes_, known = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y: expected two classes or more, got one class, {self.classes_[0]}")
        if self.head not in HEADS:
            raise ValueError(f"head: expected one of {', '.join(HEADS)}, got {self.head!r}")
        if self.layer == "each":
            raise ValueError(
                "layer: expected all or a layer's name, got 'each', which methods.linear_probe alone takes"
            )
        recipe = training.Recipe(*map(_plain, (self.epochs, self.base_lr, self.batch_size)))
        picture = views.Picture(self.encoding, self.colormap, _plain(self.size), self.view, self.scaling, self.channels)
        seed = self._seed()
        devices.start()
        with no_random(seed):
            trunk = backbones.load(self.network, picture.size, self.weights, channels=picture.inputs(series))
            self.picture_, self.span_, self.trunk_ = picture, picture.span(series), trunk
            if self.head == "ridge":
                self._layer_of(series[:1])
                said = self._layer_of(series)
                self.head_ = frozen.head().fit(said, y)
                self.probabilities_ = _calibrated(said, known, seed)
                return self
            network = backbones.Network(self.network, self.weights, trunk.weights)
            given = {"seed": seed, "network": network, "picture": picture, "batch_size": recipe.batch_size}
            made, self.trunk_ = training.learner(series, known, np.ones(len(known), bool), **given)
            made.add_cb(training.Untested(0))
            training.train_all(made, recipe)
            del made.model.forward  # devices.compute_in's own, which no file could hold
            self.head_ = made.model.cpu()
        return self

    def predict(self, X):
        """The class of each series, (n,)."""
        said = self._said(X)
        return self.head_.predict(said) if self.head == "ridge" else self.classes_[said.argmax(1)]

    @available_if(_tells_probabilities)
    def predict_proba(self, X):
        """What each class of each series is given, (n, k); of a ridge head by its calibrated scores."""
        said = self._said(X)
        return self.probabilities_.predict_proba(said) if self.head == "ridge" else said

    @available_if(lambda self: self.head == "ridge")
    def decision_function(self, X):
        """A ridge head's scores, (n, k), of two classes that of the second, (n,)."""
        said = self._said(X)
        return self.head_.decision_function(said)

    def __sklearn_tags__(self):
        """Series may have several channels; points in a plane, on which scikit-learn counts, are steps up or down."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.classifier_tags.poor_score = True
        return tags

    def _seed(self):
        state = _plain(self.random_state)
        return state if isinstance(state, int) else int(check_random_state(state).randint(2**31))

    def _said(self, X):
        """What the network says of series X: the head's features, or of a fine-tuned one the probabilities (n, k)."""
        check_is_fitted(self, "head_")
        series, _ = self._checked(X)
        with no_random():
            if self.head == "ridge":
                return self._layer_of(series)
            values, model = torch.as_tensor(series, device=devices.current()), self.head_.to(devices.current())
            batches = training.seen(values, self.trunk_, self.picture_, self.span_, _plain(self.batch_size))
            with devices.computing("fp32"):
                said = training.probabilities(model, batches).double().cpu().numpy()
            model.cpu()  # so that a file of it can be read on any machine
            return said

    def _layer_of(self, series):
        """Features (n, d) float64 of the frozen network."""
        said = frozen.features(series, self.trunk_, training.painter(self.trunk_, self.picture_, self.span_))
        self.trunk_.model.cpu()  # as above
        (values,) = frozen.layers(said, self.layer).values()
        return values

    def _checked(self, X, y=None, is_fit=False):
        """Series as float64 (n, t) or (n, c, t), and labels, or ValueError."""
        if _is_list(X):
            X = _side_by_side(X, max(one.shape[-1] for one in X) if is_fit else self.n_features_in_)
        how = {"dtype": np.float64, "allow_nd": True, "force_writeable": True, "estimator": self}
        if is_fit:
            series, y = check_X_y(X, y, ensure_min_samples=2, ensure_min_features=2, **how)
            check_classification_targets(y)
        else:
            series = check_array(X, input_name="X", **how)
        if series.ndim > 3:
            raise ValueError(f"X: expected series (n, t) or (n, c, t), got shape {series.shape}")
        if series.ndim == 3 and series.shape[1] == 1:
            series = series[:, 0]
        each = series.reshape(len(series), -1, series.shape[-1])  # (n, c, t)
        validate_data(self, X if hasattr(X, "columns") else each[:, 0], reset=is_fit, skip_check_array=True)
        if is_fit:
            self.n_channels_ = each.shape[1]
        elif each.shape[1] != self.n_channels_:
            raise ValueError(f"X: expected {self.n_channels_} channels, as in fit, got {each.shape[1]}")
        for channel in each.swapaxes(0, 1):
            encoders.check_series(channel)
        return series, y


class SeriesClassifier(ClassifierMixin, BaseEstimator):
    """A method without pictures, of TELLING, with probabilities under a temperature that folds of fit's series tell.

    random_state: of random kernels and folds. fit, predict and predict_proba take finite series (n, t) or (n, c, t).
    After fit: classes_ (k,) and model_. Raises ValueError for a method, series or classes that don't fit each other,
    and for what the method itself fails at.
    """

    def __init__(self, method="shrinkage LDA", random_state=0):
        self.method, self.random_state = method, random_state

    def fit(self, X, y):
        """Train on series X with labels y (n,), two of each class or more; returns self."""
        classifiers([self.method])
        baselines.check(self.method, X)
        self.classes_, known = np.unique(y, return_inverse=True)
        counts = np.bincount(known)
        if len(counts) < 2 or counts.min() < 2:
            raise ValueError(f"y: expected two classes or more of two series or more, got {counts.tolist()} series")
        head = baselines.METHODS[self.method](self.random_state)
        head = _Scores(head) if self.method == "MiniROCKET" else head
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # numba's own, when it compiles
                self.model_ = _calibrated(baselines.shown(self.method, X), known, self.random_state, head)
        except Exception as error:  # of any library: too few series for its folds, as a rule
            raise ValueError(
                f"method: {self.method} cannot be trained on classes of {counts.tolist()} series:"
                f" {' '.join(str(error).split())}"
            ) from error
        return self

    def predict(self, X):
        """The class of each series, (n,): that of the highest probability."""
        return self.classes_[self.predict_proba(X).argmax(1)]

    def predict_proba(self, X):
        """What each class of each series is given, (n, k)."""
        return self.model_.predict_proba(baselines.shown(self.method, X))


# methods whose scores tell one series from another; the rest say a class and nothing of how sure
TELLING = ("shrinkage LDA", "logistic regression", "ridge", "MiniROCKET", "QUANT")


def classifiers(names):
    """{name: SeriesClassifier} of methods; ValueError for one that says nothing of how sure it is."""
    if silent := [name for name in names if name not in TELLING]:
        raise ValueError(f"method: expected some that tell probabilities, of {', '.join(TELLING)}, got {silent[0]!r}")
    return {name: SeriesClassifier(name) for name in names}


class _Scores(ClassifierMixin, BaseEstimator):
    """aeon's MiniROCKET with the scores of the ridge classifier inside it, which its own probabilities hide."""

    def __init__(self, model):
        self.model = model

    def fit(self, X, y):
        self.model_ = clone(self.model).fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict(self, X):
        return self.model_.predict(X)

    def decision_function(self, X):
        return self.model_.pipeline_.decision_function(X[:, None] if X.ndim == 2 else X)  # a channel, as aeon has it


def _is_list(X):
    """Whether X is a list of arrays, a series each."""
    is_list = isinstance(X, (list, tuple)) or isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1
    return is_list and len(X) > 0 and all(isinstance(one, np.ndarray) and one.ndim > 0 for one in X)


def _side_by_side(X, steps):
    """Series of any length, (t_i,) or (c, t_i), stretched linearly to so many steps: (n, t) or (n, c, t)."""
    if len(shapes := {one.shape[:-1] for one in X}) > 1:
        raise ValueError(f"X: expected as many channels in each series, got arrays of {sorted(shapes)} x steps")
    each = [[lengths.check_one(channel, number, 2) for channel in np.atleast_2d(one)] for number, one in enumerate(X)]
    return np.stack([encoders.stretch(np.stack(one), steps).numpy() for one in each])


def _calibrated(said, known, seed, head=None):
    """A head, by itself ridge, with probabilities, or None where a class has one series.

    known: classes as 0 to k - 1. scikit-learn takes any number for a column of the scores, unchecked: labels 1 and 2
    would have it read the next series' score, and memory behind the last.
    """
    if (least := np.bincount(known).min()) < 2:
        return None
    folds = StratifiedKFold(min(5, least), shuffle=True, random_state=seed)
    made = CalibratedClassifierCV(head or frozen.head(), method="temperature", ensemble=False, cv=folds)
    return made.fit(said, known)


def _plain(value):
    """A number of numpy's, as a grid may hold, as Python's own."""
    return value.item() if isinstance(value, np.generic) else value
