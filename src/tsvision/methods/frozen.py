"""Frozen trunks, run once: their outputs for every series, and the heads of all resamples in one solve.

n series, c channels, d features, k classes, m resamples. In float32 unless another precision is asked for: a trunk runs
once, so that speed matters less than features which are the same on every processor.
"""

import hashlib
from collections import namedtuple

import numpy as np
import torch
from fastai.basics import set_seed
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tsvision.data import splits
from tsvision.methods import rows, training
from tsvision.networks import backbones, devices
from tsvision.pictures import views

Heads = namedtuple("Heads", "predicted alpha error right")

ALPHAS = tuple(np.logspace(-3, 3, 13))  # the ridge penalties to choose from
# bytes of features, and the features, by all that they depend on: several heads look at one picture
KEEP, KEPT = 2**28, {}
AT_ONCE = 2**21  # pixels that pass a trunk together
AT_A_TIME = 2**23  # numbers that the heads of some resamples together work on


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
    """function(images) of a few series at a time, the trunk on the device with dropout and batch statistics at rest: a
    list.
    """
    trunk.model.to(devices.current()).eval()
    series = torch.as_tensor(series, device=devices.current())
    pixels = draw(series[:1]).numel() // 3
    with torch.inference_mode(), devices.computing(precision):
        images = (draw(part) for part in series.split(max(1, AT_ONCE // pixels)))
        return [function(part.contiguous(memory_format=devices.layout())) for part in images]


def span(values, train):
    """Standardise features by each resample's training series and rotate them into the training series' span.

    values: (n, d), finite. train: (m, n) bool, each row with the same number r of training series, 2 at least. Returns
    (m, n, r) float64, or where d is no larger than r, where nothing is gained by it, all d unrotated. Inner
    products with training series are kept, so a linear head with an L2 penalty gives the same
    predictions as from all d standardised features. A feature that is constant over the training series counts for
    nothing. Raises ValueError naming the argument.
    """
    values, train = _check(values, train)
    parts = []
    for mask in train:
        sd, mean = torch.std_mean(values[mask], 0, correction=0)
        scaled = (values - mean) / torch.where(sd > 1e-12 * mean.abs(), sd, torch.inf)
        if values.shape[1] <= mask.sum():
            parts.append(scaled)
            continue
        size, basis = torch.linalg.eigh(scaled[mask] @ scaled[mask].T)
        size = size.clamp_min(0).sqrt()
        inverse = torch.where(size > 1e-7 * size[-1:], 1 / size, 0)
        parts.append(scaled @ (scaled[mask].T @ basis) * inverse)
    return torch.stack(parts)


def _check(values, train):
    """Both as tensors, values as float64, or ValueError."""
    values, train = torch.as_tensor(values).double(), torch.as_tensor(train)
    if values.ndim != 2 or not values.isfinite().all():
        raise ValueError(f"values: expected finite features (n, d), got shape {tuple(values.shape)}")
    counts = train.sum(-1).unique().tolist() if train.dtype == torch.bool else []
    if train.ndim != 2 or train.shape[1] != len(values) or len(counts) != 1 or counts[0] < 2:
        raise ValueError(
            f"train: expected bool (m, {len(values)}) with equally many training series in each row, 2 or more, got "
            f"{train.dtype} {tuple(train.shape)}" + (f", {counts} of them" if counts else "")
        )
    return values, train


def ridge(values, labels, train):
    """Ridge classifiers of all resamples in one batched solve; the penalty of each by leave-one-out on its training
    series.

    values, train: as in span. labels: (n,) or a line a resample (m, n), 0 to k - 1. Returns Heads: predicted (m, n)
    int64; alpha (m,), the chosen of ALPHAS; error (m,) and right (m,), the squared error and the share of training
    series classified right when each is left out. Equal to head(), one resample after another. Raises as span does.
    """
    values, train = _check(values, train)
    labels = torch.as_tensor(labels).long().expand(train.shape)
    few = max(1, AT_A_TIME // (len(values) * min(values.shape[1], int(train[0].sum()))))
    parts = [_ridge(values, *part) for part in zip(labels.split(few), train.split(few))]
    return Heads(*(torch.cat(part) for part in zip(*parts)))


def _ridge(values, labels, train):
    """ridge() of a few resamples: values (n, d), labels and train (m, n)."""
    rotated = span(values, train)
    m, n = train.shape
    x = rotated[train].view(m, -1, rotated.shape[2])
    targets = 2 * torch.nn.functional.one_hot(labels).double() - 1
    y = targets[train].view(m, -1, targets.shape[2])
    mean = y.mean(1, keepdim=True)
    left, size, right = torch.linalg.svd(x, full_matrices=False)
    alphas = torch.tensor(ALPHAS, dtype=torch.float64)
    kept = size.square() / (size.square() + alphas.view(-1, 1, 1))  # (alphas, m, r): the share of each direction kept
    shown = kept.unsqueeze(3) * (left.transpose(1, 2) @ (y - mean))
    fitted = mean + torch.einsum("mir,amrk->amik", left, shown)
    leverage = torch.einsum("mir,amr->ami", left.square(), kept) + 1 / x.shape[1]
    missed = (y - fitted) / (1 - leverage).unsqueeze(3)  # each series predicted by the others
    errors = missed.square().mean((2, 3))
    best, each = errors.argmin(0), torch.arange(m)
    shrunk = size / (size.square() + alphas[best].unsqueeze(1))
    weights = right.transpose(1, 2) @ (shrunk.unsqueeze(2) * (left.transpose(1, 2) @ (y - mean)))
    right_ones = (y - missed[best, each]).argmax(2) == labels[train].view(m, -1)
    predicted = (rotated @ weights + mean).argmax(2)
    return Heads(predicted, alphas[best], errors[best, each], right_ones.double().mean(1))


def head():
    """scikit-learn's ridge classifier on standardised features, to which ridge() is equal."""
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
    chosen = [None] * len(train)  # of each split: the name of the best picture and layer, and what its head says
    for span in dict.fromkeys(spans):
        own, made = np.flatnonzero([one == span for one in spans]), {}
        for one in picture.menu():
            parts = _features_once(series, seed, network, one, span)
            what = [one.encoding, one.channels] if "|" in picture.channels else [one.encoding]
            made |= {(*what, key): ridge(said, known[own], train[own]) for key, said in layers(parts, layer)}
        names, heads = list(made), list(made.values())
        rank = torch.stack([head.right - 1e-6 * head.error for head in heads])
        for j, best in enumerate(rank.argmax(0).tolist()):
            chosen[own[j]] = names[best], heads[best].predicted[j].numpy()
    answers = []
    for (name, predicted), answer, mask in zip(chosen, known, train):
        settings = [{"seed": seed, "method": "frozen, ridge head"}, network, picture]
        settings.append({"length": series.shape[-1], "layer": layer, "chosen": " ".join(name)})
        answers.append(rows.answer(settings, answer, mask, predicted[~mask]))
    return answers, devices.cost(began)


linear_probe.keeps_what_the_network_said = True  # one process does the runs of a picture, see study.results


def _features_once(series, seed, network, picture, span):
    """features() under a trunk whose random weights, if it has such, come from seed; the last ones made are kept, KEEP
    bytes of them.
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
    """The features that `layer` names, as (name, values) pairs."""
    if layer == "each":
        return list(parts.items())
    if layer == "all":
        return [("all", torch.cat([values for name, values in parts.items() if name != "output"], 1))]
    if layer not in parts:
        raise ValueError(f"layer: expected all, each or one of {', '.join(parts)}, got {layer!r}")
    return [(layer, parts[layer])]
