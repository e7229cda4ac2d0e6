"""Classifiers without pictures, from scikit-learn and aeon, on the same splits as every picture: what a picture has to
beat.

n series, c channels, t time steps, m splits, k classes. Whatever a method chooses, it chooses inside the training
series.
"""

import importlib
import warnings

import numpy as np
import torch
from scipy.spatial.distance import cdist
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.cross_decomposition import PLSRegression
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tsvision.data import splits
from tsvision.methods import frozen, rows
from tsvision.networks import devices


class PLSLDA(ClassifierMixin, BaseEstimator):
    """Partial least squares on the classes' indicators, then linear discriminant analysis of the scores: a chemist's
    tool.

    components: how many scores. Source: Barker and Rayens 2003; on these oils Tapp, Defernez and Kemsley 2003.
    """

    def __init__(self, components=8):
        self.components = components

    def fit(self, x, y):
        """Fit to series x (n, t) with classes y (n,)."""
        self.classes_ = np.unique(y)
        self.pls_ = PLSRegression(self.components).fit(x, np.asarray(y)[:, None] == self.classes_)
        self.lda_ = LinearDiscriminantAnalysis().fit(self.pls_.transform(x), y)
        return self

    def predict(self, x):
        """The classes of series x."""
        return self.lda_.predict(self.pls_.transform(x))


def classify(series, labels, train, *, method, seed):
    """Fit and test one of METHODS on each split; returns ([(row, tables)] in the order of the splits, cost).

    series (n, t) or (n, c, t), labels (n,) or a line a split, train (m, n) or (n,) bool. Channels stand side by side
    for scikit-learn's methods, aeon's take them as they are. seed: for the methods with random kernels or folds. Raises
    ValueError for an unknown method, series that it does not take, what splits.check refuses, or a method's own
    failure, which names the method and the split.
    """
    splits.check(series, labels, train, several=True)
    check(method, series)
    threads, train, is_dtw = torch.get_num_threads(), np.atleast_2d(train), method == "1-NN DTW"
    began, made = devices.start(), []
    settings = [{"seed": seed, "method": method, "length": series.shape[-1]}]
    with warnings.catch_warnings():
        # numba's own, when it compiles, and scikit-learn's about classes of four series
        warnings.simplefilter("ignore")
        values = _dtw(series) if is_dtw else shown(method, series)  # distances once for all splits
        for k, (mask, answers) in enumerate(zip(train, np.broadcast_to(labels, train.shape))):
            learnt, new = ((values[side][:, mask] if is_dtw else values[side]) for side in (mask, ~mask))
            try:
                predicted = METHODS[method](seed).fit(learnt, answers[mask]).predict(new)
            except Exception as error:  # of any library: too few series for it, as a rule, or all alike
                raise ValueError(
                    f"method: {method} cannot be trained on split {k}: {' '.join(str(error).split())}"
                ) from error
            torch.set_num_threads(threads)  # aeon's MultiROCKET-Hydra leaves one, for every run after it
            made.append(rows.answer(settings, answers, mask, np.asarray(predicted)))
    return made, devices.cost(began)


def fitting(names, *sets):
    """Those of the methods `names` that take the series of every data set; printed is which are left out, and why.

    The first of a list is a notebook's reference: if it is left out the next takes its place, and shrinkage LDA, which
    takes any series, where none is left. Raises ValueError for a name that METHODS lacks.
    """
    why = {(data.name, name): _unfit(name, data.series) for data in sets for name in names}
    for (dataset, name), told in why.items():
        if told:
            print(f"methods: on {dataset} {name} {told}; left out")
    left = [name for name in names if not any(why[data.name, name] for data in sets)] or [next(iter(METHODS))]
    if left[0] != names[0]:
        print(f"methods: {left[0]} takes the place of {names[0]}")
    return left


def check(method, series):
    """Raise ValueError for a name that METHODS lacks, or series (n, t) or (n, c, t) that this method does not take."""
    if why := _unfit(method, series):
        raise ValueError(f"method: {method} {why}; leave it out")


def shown(method, series):
    """Series as a method takes them: aeon's as they are, scikit-learn's with channels side by side."""
    return series if method in LEAST else series.reshape(len(series), -1)


def _unfit(method, series):
    """Why a method does not take series (n, t) or (n, c, t), in words, or nothing; ValueError for an unknown one."""
    if method not in METHODS:
        raise ValueError(f"method: expected one of {', '.join(METHODS)}, got {method!r}")
    count, *channels, steps = series.shape
    if steps < LEAST.get(method, 1):
        return f"needs {LEAST[method]} steps, the series have {steps}"
    if method == "1-NN DTW" and (size := 2 * 8 * count**2) > devices.free_memory():
        return f"keeps the distances of all {count} series, {size / 1e9:.0f} GB, more than is free"
    if method == "WEASEL 2.0" and channels not in ([], [1]):
        return f"takes one channel, the series have {channels[0]}"
    return ""


class ChosenPLSLDA:
    """PLSLDA with 2 to 16 components, chosen by four folds of the training series; with 8 where these are too few."""

    def __init__(self, seed):
        self.seed = seed

    def fit(self, x, y):
        """Fit to series x (n, t) with classes y (n,)."""
        few = np.unique(y, return_counts=True)[1].max() < 4
        folds = StratifiedKFold(4, shuffle=True, random_state=self.seed)
        usual = PLSLDA(min(8, len(x) - 1, x.shape[1]))
        return (usual if few else GridSearchCV(PLSLDA(), {"components": list(range(2, 17))}, cv=folds)).fit(x, y)


def _dtw(series):
    """The dynamic time warping distance, full window, of every pair of series: (n, n). Equal to aeon's square root.

    Channels are warped together, by aeon: one path for all, on which squared differences add up.
    Paths that are already longer than the straight one are dropped, which is three to fourteen times faster on spectra;
    where none is shorter, rounding makes the library drop the straight one too, and its length, the Euclidean distance,
    takes the place.
    """
    if series.ndim == 3:
        from aeon.distances import dtw_pairwise_distance  # imports numba: seconds

        return np.sqrt(dtw_pairwise_distance(series))
    from dtaidistance import dtw

    between = dtw.distance_matrix_fast(np.ascontiguousarray(series, np.float64), use_pruning=True)
    return np.minimum(between, cdist(series, series), out=between)


def _aeon(room, name):
    """A classifier of aeon.classification, in its published settings."""

    def made(seed):
        module = importlib.import_module(f"aeon.classification.{room}")  # imports numba: seconds
        return getattr(module, name)(random_state=seed)

    return made


LEAST = {"QUANT": 3, "WEASEL 2.0": 4, "MiniROCKET": 9, "MultiROCKET-Hydra": 10}  # time steps that aeon's methods need
METHODS = {
    "shrinkage LDA": lambda seed: LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
    "logistic regression": lambda seed: make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000)),
    "ridge": lambda seed: frozen.head(),
    "PLS-LDA": ChosenPLSLDA,
    "1-NN Euclidean": lambda seed: KNeighborsClassifier(1),
    "1-NN DTW": lambda seed: KNeighborsClassifier(1, metric="precomputed"),
    "MiniROCKET": _aeon("convolution_based", "MiniRocketClassifier"),
    "MultiROCKET-Hydra": _aeon("convolution_based", "MultiRocketHydraClassifier"),
    "QUANT": _aeon("interval_based", "QUANTClassifier"),
    "WEASEL 2.0": _aeon("dictionary_based", "WEASEL_V2"),
}
