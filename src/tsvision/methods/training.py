"""Fine-tuning with fastai, from arrays to predictions; knows no data set by name and writes no file.

n series, s side in pixels, k classes. Series lie on the device; a batch's pictures are drawn there when it is asked
for.
"""

import contextlib
from functools import partial

import numpy as np
import torch
from fastai.basics import Callback, CrossEntropyLossFlat, DataLoaders, Learner, accuracy, set_seed
from fastai.callback import progress, schedule  # noqa: F401  they give Learner its no_bar and its fine_tune
from fastai.callback.fp16 import MixedPrecision
from fastai.data.load import DataLoader
from fastai.torch_core import TensorImage
from fastai.vision.augment import RandomResizedCropGPU
from fastai.vision.learner import TimmBody, add_head, default_split

from tsvision.data import splits
from tsvision.networks import backbones, devices
from tsvision.pictures import encoders, originals

VIEWS = ("field", "stretch", "resize", "crop", "axes")
# bytes of pictures that a loader keeps instead of drawing them anew every epoch; the same values either way
KEPT = 2**27
AT_ONCE = 2**25  # pixels that are drawn at full length together, before they are shrunk
SCALINGS = ("series", "training")


class Curve(Callback):
    """Keeps the recorder's losses and accuracy of every epoch; the recorder itself forgets the frozen epoch."""

    order = 60  # after the recorder, 50

    def __init__(self):
        super().__init__()
        self.epochs = []

    def after_epoch(self):
        """Keep train loss, test loss and test accuracy of the epoch that ends; get_preds too ends in an epoch."""
        if not hasattr(self.learn, "gather_preds"):
            self.epochs.append([round(float(value), 6) for value in self.recorder.log[1:4]])


class LossScaling(MixedPrecision):
    """The half of fastai's to_fp16 that keeps small gradients above nought, on any device; devices.compute_in is the
    other.
    """

    def before_fit(self):
        """Start a scaler on the device of the batches."""
        self.autocast, self.scales = contextlib.nullcontext(), []
        self.learn.scaler = torch.amp.GradScaler(self.learn.dls.device.type)


class Batches(DataLoader):
    """A fastai loader over tensors that are already on the device: a batch is one indexing, no item is ever collated.

    draw makes the pictures of series (m, t): of all at once if they take up no more than KEPT and keep is true, else of
    each batch. Batches differ in size by one at most, so that no series is left out of an epoch, and from batch_size 3
    on none stands in a batch alone, which batch normalisation could not take.
    """

    def __init__(self, draw, series, labels, batch_size, shuffle=False, after_batch=None, keep=True):
        self.draw, self.series, self.labels = draw, series, labels
        self.kept = draw(series) if keep and draw(series[:1]).nbytes * len(series) <= KEPT else None
        super().__init__(
            range(len(labels)),
            bs=min(batch_size, len(labels)),
            shuffle=shuffle,
            device=series.device,
            **({"after_batch": after_batch} if after_batch else {}),
        )

    def create_batches(self, samps):
        """Yield (images, labels) of the sampled series, batch by batch."""
        for part in np.array_split(np.fromiter(samps, int), len(self)):
            index = torch.from_numpy(part).to(self.series.device)
            images = self.draw(self.series[index]) if self.kept is None else self.kept[index]
            yield TensorImage(images.contiguous(memory_format=torch.channels_last)), self.labels[index]


def span_of(series, scaling):
    """The span that encoders.encode takes: None, each series by its own range, or the range of all of `series`, the
    training series.

    scaling: 'series' or 'training'; else ValueError.
    """
    if scaling not in SCALINGS:
        raise ValueError(f"scaling: expected one of {', '.join(SCALINGS)}, got {scaling!r}")
    return None if scaling == "series" else (float(series.min()), float(series.max()))


def pictures(series, *, encoding, colormap, size, view, mean, std, span=None):
    """Series (n, t) to normalised images, on the device where the series are.

    view: how a picture gets its side. 'field': the encoding is computed at `size` (paa of the series). 'stretch': the
    series is interpolated to `size` steps, up or down, then drawn one pixel a step. 'resize': at full length, one pixel
    a time step, then shrunk to `size` with antialiasing. 'axes': at full length, in the frame of a figure of 570 pixels
    with axes and ticks as in 2018, then shrunk likewise. 'crop': at full length; the loader crops. span: as in
    encoders.encode. Returns (n, 3, s, s) float32, channels last.
    """
    if view not in VIEWS:
        raise ValueError(f"view: expected one of {', '.join(VIEWS)}, got {view!r}")
    if view == "stretch":
        series = encoders.stretch(series, size)

    def draw(part):
        if view == "axes":
            images = originals.framed(encoders.render(part, encoding, colormap, span=span))
            images = (images - images.new_tensor(mean).view(3, 1, 1)) / images.new_tensor(std).view(3, 1, 1)
        else:
            images = encoders.render(part, encoding, colormap, size if view == "field" else None, mean, std, span)
        if view in ("resize", "axes"):
            images = torch.nn.functional.interpolate(images, (size, size), mode="bilinear", antialias=True)
        return images

    few = max(1, AT_ONCE // max(series.shape[1], originals.SIDE if view == "axes" else 1) ** 2)
    if view == "field" or len(series) <= few:
        images = draw(series)
    else:
        images = torch.cat([draw(part) for part in torch.as_tensor(series).split(few)])
    return images.contiguous(memory_format=torch.channels_last)


def painter(trunk, **settings):
    """pictures() with a Backbone's mean and std and these settings: from series (m, t) to what the trunk wants to
    see.
    """
    return partial(pictures, mean=trunk.mean, std=trunk.std, **settings)


def trunk_from(origin, backbone, size, weights, patch=None):
    """backbones.load, or ValueError if its weights come from elsewhere: no row may hold others than its neighbours."""
    trunk = backbones.load(backbone, size, weights, patch)
    if trunk.weights != origin:
        raise ValueError(f"weights: expected those of {backbone} from {origin}, they now come from {trunk.weights}")
    return trunk


def shuffle(labels, train, seed):
    """Labels with those of the training series in random order, the negative control: nothing is left to learn.

    labels (n,); train (n,) bool, or (m, n) for m splits, each of which gets an order of its own. Returns train's shape.
    """
    rng, known = np.random.default_rng(seed), np.broadcast_to(labels, train.shape).copy()
    for own, mask in zip(np.atleast_2d(known), np.atleast_2d(train)):
        own[mask] = rng.permutation(own[mask])
    return known


def with_copies(series, labels, seed, noise):
    """Series (m, t) and labels (m,) with one more copy of each, in Gaussian noise of standard deviation `noise`; 0:
    without copies.
    """
    if not noise:
        return series, labels
    drawn = torch.randn(series.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(series)
    return torch.cat([series, series + noise * drawn]), labels.repeat(2)


def learner(
    series,
    labels,
    train,
    *,
    seed,
    backbone,
    weights,
    origin,
    encoding,
    colormap,
    size,
    view,
    batch_size,
    noise=0.0,
    patch=None,
    scaling="series",
    precision="fp32",
):
    """A fastai Learner as vision_learner builds it (timm body, fastai's head), on in-memory batches, and its Backbone.

    Its loaders: training series, test series, and the training series again as the test series are seen (in order,
    uncut).

    series (n, t), labels (n,) from 0 to k - 1, train (n,) bool: the rest is for testing, seen after each epoch for the
    curve and never chosen by. seed: of the head's weights, the batches' order, dropout and crops. origin: where the
    weights must come from, see trunk_from. noise: see with_copies. patch: see backbones.load. scaling: see span_of.
    precision: see devices.compute_in.
    """
    set_seed(seed, reproducible=True)
    trunk = trunk_from(origin, backbone, size, weights, patch)
    set_seed(seed, reproducible=True)  # again: a first load draws random numbers that a cached one doesn't
    span = span_of(np.asarray(series)[np.asarray(train)], scaling)
    draw = painter(trunk, encoding=encoding, colormap=colormap, size=size, view=view, span=span)
    series, targets, train = (torch.as_tensor(value, device=devices.current()) for value in (series, labels, train))
    crop = partial(_crop, RandomResizedCropGPU(size)) if view == "crop" else lambda split: None
    shown, answers = with_copies(series[train], targets[train], seed, noise)
    own = slice(int(train.sum()))  # without copies
    loaders = DataLoaders(
        Batches(draw, shown, answers, batch_size, shuffle=True, after_batch=crop(0)),
        Batches(draw, series[~train], targets[~train], batch_size, after_batch=crop(1)),
        Batches(draw, shown[own], answers[own], batch_size, after_batch=crop(1), keep=False),
        device=series.device,
    )
    body = TimmBody(trunk.model)
    model = add_head(body, trunk.model.num_features, int(targets.max()) + 1, pool=body.needs_pool)
    made = Learner(
        loaders,
        model.to(memory_format=torch.channels_last),
        CrossEntropyLossFlat(),
        splitter=default_split,
        metrics=accuracy,
        cbs=[Curve(), *([LossScaling()] if precision == "fp16" else [])],
    )
    devices.compute_in(model, precision)
    return made, trunk


def _crop(transform, split):
    """fastai's transform for one side of the split: 0 crops at random, one crop for the whole batch, 1 only resizes."""
    return lambda batch: transform(batch, split_idx=split)


def fine_tune(
    series,
    labels,
    train,
    *,
    epochs,
    base_lr,
    batch_size,
    stands_in_for,
    lr_mult=100.0,
    noise=0.0,
    shuffled=False,
    precision="fp32",
    **settings,
):
    """Fine-tune once as fastai's fine_tune does: one epoch of the head alone, then `epochs` of everything; last epoch
    counts.

    base_lr: of the head; the body's lowest is base_lr / lr_mult. stands_in_for: the backbone that was wanted, for the
    row. precision: see devices.computing. settings: those of learner. shuffled: train on shuffle()'s labels. Returns
    ([(row, tables)], cost): one row. row: the settings, accuracy (a fraction), correct (of n_test), device;
    train_accuracy, of the finished model on its own training series seen as test series are; recalibrated, what
    accuracy would be with batch norms' statistics taken anew, see recalibrate: where the two differ, the running ones
    do not fit, which a low training loss hides, for training normalises by the batch. tables: 'predictions' (a row a
    test series; recalibrated, what is predicted then) and 'history' (a row an epoch, the frozen one first), as column
    dictionaries. cost: seconds and peak memory in MiB.
    """
    splits.check(series, labels, train)
    began = devices.start()
    known = shuffle(labels, train, settings["seed"]) if shuffled else labels
    made, trunk = learner(series, known, train, batch_size=batch_size, noise=noise, precision=precision, **settings)
    with made.no_bar(), made.no_logging():
        made.fine_tune(epochs, base_lr=base_lr, lr_mult=lr_mult)
        probabilities, targets = made.get_preds(dl=made.dls.valid, reorder=False)
        fitted, fitted_targets = made.get_preds(dl=made.dls[2], reorder=False)
        recalibrate(made.model, made.dls[2])
        again, _ = made.get_preds(dl=made.dls.valid, reorder=False)
    row = {
        "seed": settings["seed"],
        "method": "fine-tune",
        "view": settings["view"],
        "backbone": trunk.name,
        "weights": trunk.weights,
        "stands_in_for": stands_in_for,
        "encoding": settings["encoding"],
        "colormap": settings["colormap"],
        "size": settings["size"],
        "length": series.shape[1],
        "epochs": epochs,
        "base_lr": base_lr,
        "lr_mult": lr_mult,
        "batch_size": batch_size,
        "noise": noise,
        "shuffled": shuffled,
        "train_accuracy": _accuracy(fitted, fitted_targets),
        "recalibrated": _accuracy(again, targets),
        "precision": precision,
    } | {name: settings[name] for name in ("patch", "scaling") if settings.get(name) not in (None, "series")}
    row, tables = answer(row, labels, train, probabilities.argmax(1).cpu().numpy())
    tables["predictions"]["recalibrated"] = again.argmax(1).tolist()
    names = ("epoch", "train_loss", "test_loss", "test_accuracy")
    history = dict(zip(names, zip(*([epoch, *values] for epoch, values in enumerate(made.curve.epochs)))))
    return [(row, tables | {"history": history})], devices.cost(began)


def recalibrate(model, batches):
    """Take the running statistics of a model's batch norms anew, as plain means over batches (a loader); no weight
    changes.

    As torch.optim.swa_utils.update_bn, but with dropout at rest, for what it changes is not what the finished model
    sees.
    """
    norms = [part for part in model.eval().modules() if isinstance(part, torch.nn.modules.batchnorm._BatchNorm)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # torch's way to ask for a plain mean
        norm.train()
    with torch.no_grad():
        for images, _ in batches:
            model(images)
    model.eval()


def _accuracy(scores, targets):
    return round(float((scores.argmax(1) == targets).double().mean()), 6)


def answer(row, labels, train, predicted):
    """A row with its score, and the predictions table: predicted has the class of each series not in train, in
    order.
    """
    tested = np.flatnonzero(~train)
    correct = int((labels[tested] == predicted).sum())
    score = {
        "n_train": len(labels) - len(tested),
        "n_test": len(tested),
        "accuracy": round(correct / len(tested), 6),
        "correct": correct,
        "device": devices.name(),
    }
    table = {"series": tested.tolist(), "label": labels[tested].tolist(), "predicted": predicted.tolist()}
    return row | score, {"predictions": table}
