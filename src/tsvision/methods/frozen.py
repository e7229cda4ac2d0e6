"""Frozen trunks, run once: their outputs for every series, and ridge heads on them.

n series, c channels, d features, k classes, m splits. In float32 unless another precision is asked for: a trunk runs
once, so that speed matters less than features which are the same on every processor.
"""

import hashlib
from collections import namedtuple

import numpy as np
import torch
from fastai.basics import set_seed
from sklearn.linear_model import RidgeClassifierCV, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tsvision.data import splits
from tsvision.methods import rows, training
from tsvision.networks import backbones, devices
from tsvision.pictures import views

Head = namedtuple("Head", "predicted alpha error right")

ALPHAS = tuple(np.logspace(-3, 3, 13).tolist())  # the ridge penalties to choose from
AT_ONCE = 2**21  # pixels that pass a trunk together
KEEP, KEPT = 2**28, {}  # bytes of features, and the features, by all that they depend on: several heads look at one


def features(series, trunk, draw, precision="fp32"):
    """What a frozen trunk says of each series, by layer: {'1': (n, d1), ..., 'output': (n, d)}, float32 on the CPU.

    trunk: a backbones.Backbone. draw: from series (m, t) on the device to its images, as training.painter gives. A
    layer is a stage of a CNN or a block of a transformer, averaged over the picture; 'output' is what a classifier
    would get. Where the channels of series (n, c, t) are joined, d counts all of them, a series' side by side.
    precision: see devices.compute_in.
    """

    def layers_of(images):
        final, layers = trunk.model.forward_intermediates(images)
        named = {str(number): layer.float().mean((2, 3)) for number, layer in enumerate(layers, 1)}
        return named | {"output": trunk.model.forward_head(final).float()}

    parts = forward(series, trunk, draw, layers_of, precision)
    return {name: torch.cat([part[name] for part in parts]).cpu().reshape(len(series), -1) for name in parts[0]}


def forward(series, trunk, draw, function, precision="fp32"):
    """function(images) of a few series at a time, the trunk on the device and at rest: a list."""
    trunk.model.to(devices.current()).eval()
    series = torch.as_tensor(series, device=devices.current())
    pixels = draw(series[:1]).numel() // 3
    with torch.inference_mode(), devices.computing(precision):
        images = (draw(part) for part in series.split(max(1, AT_ONCE // pixels)))
        return [function(part.contiguous(memory_format=devices.layout())) for part in images]


def ridge(values, labels, train):
    """head() of one split, which also says how well it does on its own training series.

    values: (n, d), finite. labels: (n,), 0 to k - 1. train: (n,) bool. Returns Head: predicted (n,); alpha, the chosen
    of ALPHAS; error and right, the squared error and the share of training series classified right when each is left
    out.
    """
    scaled = StandardScaler().fit(values[train]).transform(values)
    targets = np.where(labels[:, None] == np.arange(labels.max() + 1), 1.0, -1.0)
    made = RidgeCV(ALPHAS, scoring="neg_mean_squared_error", store_cv_results=True).fit(scaled[train], targets[train])
    by_others = made.cv_results_[:, :, ALPHAS.index(made.alpha_)]  # what each training series is called without itself
    right = (by_others.argmax(1) == labels[train]).mean()
    return Head(made.predict(scaled).argmax(1), made.alpha_, -made.best_score_, right)


def head():
    """scikit-learn's ridge classifier on standardised features, its penalty chosen by leave-one-out."""
    return make_pipeline(StandardScaler(), RidgeClassifierCV(ALPHAS))


def linear_probe(series, labels, train, *, seed, network: backbones.Network, picture: views.Picture, layer):
    """A ridge head on what a frozen trunk says of each picture, for each split; ([(row, tables)] in their order, cost).

    series (n, t) or (n, c, t), labels (n,) or a line a split, train (m, n) or (n,) bool. seed: of random weights.
    picture: its encoding and channels may be menus; layer: a key of features, 'all' of them side by side, or 'each'. Of
    several every split takes the one that leaves its own training series best classified when each is left out, ties by
    squared error; the row's column chosen says which. The range of picture.scaling is each split's own.
    """
    splits.check(series, labels, train, several=True)
    began, train, series = devices.start(), np.atleast_2d(train), np.ascontiguousarray(series, np.float64)
    known = np.broadcast_to(labels, train.shape)
    spans = [picture.span(series[mask]) for mask in train]
    tried = [[] for _ in train]  # of each split: the names of picture and layer, and what their head says
    for span in dict.fromkeys(spans):
        for one in picture.menu():
            what = [one.encoding, one.channels] if "|" in picture.channels else [one.encoding]
            parts = _features_once(series, seed, network, one, span)
            for key, said in layers(parts, layer).items():
                for k, own in enumerate(spans):
                    if own == span:
                        tried[k].append((" ".join([*what, key]), ridge(said, known[k], train[k])))
    answers = []
    for heads, answer, mask in zip(tried, known, train):
        name, best = max(heads, key=lambda pair: pair[1].right - 1e-6 * pair[1].error)
        settings = [{"seed": seed, "method": "frozen, ridge head"}, network, picture]
        settings.append({"length": series.shape[-1], "layer": layer, "chosen": name})
        answers.append(rows.answer(settings, answer, mask, best.predicted[~mask]))
    return answers, devices.cost(began)


linear_probe.keeps_what_the_network_said = True  # one process does the runs of a picture, see study.results


def _features_once(series, seed, network, picture, span):
    """features() under random weights, if such are asked for, of a seed; the last ones made are kept, KEEP bytes of
    them.
    """
    key = hashlib.sha256(series.tobytes()).digest(), series.shape, seed, network, picture, span
    if key not in KEPT:
        set_seed(seed, reproducible=True)
        trunk = network.load(picture.size, picture.inputs(series))
        KEPT[key] = features(series, trunk, training.painter(trunk, picture, span), network.precision)
        while len(KEPT) > 1 and sum(part.nbytes for parts in KEPT.values() for part in parts.values()) > KEEP:
            del KEPT[next(iter(KEPT))]
    return KEPT[key]


def layers(parts, layer):
    """Those of features() that `layer` names, 'all' of them but the output side by side: {name: (n, d) float64}."""
    if layer == "all":
        parts = {"all": torch.cat([values for name, values in parts.items() if name != "output"], 1)}
    elif layer != "each" and layer not in parts:
        raise ValueError(f"layer: expected all, each or one of {', '.join(parts)}, got {layer!r}")
    return {name: values.double().numpy() for name, values in parts.items() if layer in ("each", name)}
