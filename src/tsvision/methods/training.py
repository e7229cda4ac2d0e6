"""Fine-tuning with fastai, from arrays to predictions; knows no data set by name and writes no file.

n series, c channels, s side in pixels, k classes. Series lie on the device; a batch's pictures are drawn there when it
is asked for.
"""

import contextlib
import functools
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from fastai.basics import Callback, CancelValidException, CrossEntropyLossFlat, DataLoaders, Learner, accuracy, set_seed
from fastai.callback import progress, schedule  # noqa: F401  they give Learner its no_bar and its fine_tune
from fastai.callback.fp16 import MixedPrecision
from fastai.data.load import DataLoader
from fastai.learner import AvgSmoothLoss
from fastai.optimizer import Optimizer, debias
from fastai.torch_core import TensorImage
from fastai.vision.augment import RandomResizedCropGPU
from fastai.vision.learner import TimmBody, add_head, default_split

from tsvision.data import splits
from tsvision.methods import rows
from tsvision.networks import backbones, devices
from tsvision.pictures import views

KEPT = {"cpu": 2**27, "cuda": 2**30}  # bytes of pictures that are kept instead of being drawn anew every epoch


class Curve(Callback):
    """Keeps the recorder's losses and accuracy of every epoch; the recorder itself forgets the frozen epoch."""

    order = 60  # after the recorder, 50

    def __init__(self):
        super().__init__()
        self.epochs = []

    def after_epoch(self):
        """Keep train loss, test loss and test accuracy of the epoch that ends."""
        self.epochs.append([round(float(value), 6) for value in self.recorder.log[1:-1]])


class SmoothLoss(AvgSmoothLoss):
    """fastai's smooth training loss, which it reads from the device at every step: a GPU stands still meanwhile."""

    def accumulate(self, learn):
        """Take in a batch's loss."""
        loss = learn.loss.detach().mean()
        self.count, self.val = self.count + 1, torch.lerp(loss, self.val.to(loss), self.beta)


class LossScaling(MixedPrecision):
    """The half of fastai's to_fp16 that keeps small gradients above zero; devices.compute_in is the other."""

    def before_fit(self):
        """Start a scaler on the device of the batches."""
        self.autocast, self.scales = contextlib.nullcontext(), []
        self.learn.scaler = torch.amp.GradScaler(self.learn.dls.device.type)


class Untested(Callback):
    """Leaves out the test but after every so many epochs and the last; 0: after all. It draws the random number that
    the loader would, so that all else is as with it.
    """

    def __init__(self, every):
        super().__init__()
        self.every, self.number = every, 0

    def before_validate(self):
        """Skip it, unless it is its turn: after the frozen epoch, 0, and so on."""
        number, self.number = self.number, self.number + 1
        is_last = self.epoch == self.n_epoch - 1  # of the head alone, 0, too
        if not self.every or number % self.every and not is_last:
            torch.empty((), dtype=torch.int64).random_()
            raise CancelValidException


class Pictures:
    """Pictures of series by their numbers: all kept if they take up no more bytes than the device's KEPT, else drawn
    when asked for; the same values either way.
    """

    def __init__(self, trunk, picture, span, series):
        self.draw, self.series, self.kept = painter(trunk, picture, span), series, None
        if self.draw(series[:1]).nbytes * len(series) <= KEPT[series.device.type]:
            self.kept = _all_drawn(series.cpu().numpy().tobytes(), series.shape, picture, trunk.mean, trunk.std, span)

    def __getitem__(self, index):
        """The images (b, 3, s, s) of the numbers in a tensor (b,)."""
        return self.draw(self.series[index]) if self.kept is None else self.kept[index]


@functools.lru_cache(maxsize=1)  # the next run often has another seed or split alone
def _all_drawn(series, shape, picture, mean, std, span):
    """views.draw of float64 series given as bytes, on the device."""
    values = torch.frombuffer(bytearray(series), dtype=torch.float64).view(shape)
    return views.draw(values.to(devices.current()), picture, mean, std, span)


class Batches(DataLoader):
    """A fastai loader over pictures that are on the device or drawn there: a batch is one indexing.

    numbers: of the pictures, (n,); labels (n,). Batches differ in size by one at most, so that no series is left out of
    an epoch, and from batch_size 3 on none stands in a batch alone, which batch normalisation could not take.
    """

    def __init__(self, pictures, numbers, labels, batch_size, shuffle=False, after_batch=None):
        self.pictures, self.numbers, self.labels = pictures, numbers, labels
        more = {"after_batch": after_batch} if after_batch else {}
        bs = max(1, min(batch_size, len(labels)))
        super().__init__(range(len(labels)), bs=bs, shuffle=shuffle, device=labels.device, **more)

    def create_batches(self, samps):
        """Yield (images, labels) of the sampled series, batch by batch."""
        order = torch.from_numpy(np.fromiter(samps, int)).to(self.labels.device)  # at once: a GPU waits for each copy
        for index in order.tensor_split(len(self)):
            images = self.pictures[self.numbers[index]]
            yield TensorImage(images.contiguous(memory_format=devices.layout())), self.labels[index]


class Adam(Optimizer):
    """fastai's Adam with its own defaults, but all parameters with the same rate in one call: the same numbers from 9
    calls a step in place of 9 a parameter, 1,400 for an EfficientNet-Lite0.
    """

    def __init__(self, params, lr):
        super().__init__(params, [], lr=lr, mom=0.9, sqr_mom=0.99, eps=1e-5, wd=0.01)

    @torch.no_grad()
    def step(self, closure=None):
        """Update every parameter that has a gradient."""
        alike = {}
        for parameter, _, state, hyper in self.all_params(with_grad=True):
            if "step" not in state:
                state |= {"step": 0} | {name: torch.zeros_like(parameter.grad) for name in ("mean", "square")}
            state["step"] += 1
            key = id(hyper), state.get("do_wd", True), state["step"]  # batch norms' and biases do not decay
            alike.setdefault(key, (hyper, []))[1].append((parameter, parameter.grad, state["mean"], state["square"]))
        for (_, decays, step), (hyper, members) in alike.items():
            lr, mom, sqr_mom = hyper["lr"], hyper["mom"], hyper["sqr_mom"]
            parameters, gradients, means, squares = (list(part) for part in zip(*members))
            if decays:
                torch._foreach_mul_(parameters, 1 - lr * hyper["wd"])
            torch._foreach_mul_(means, mom)
            torch._foreach_add_(means, gradients, alpha=1 - mom)
            torch._foreach_mul_(squares, sqr_mom)
            torch._foreach_addcmul_(squares, gradients, gradients, value=1 - sqr_mom)
            scale = torch._foreach_div(squares, debias(sqr_mom, 1 - sqr_mom, step))
            torch._foreach_sqrt_(scale)
            torch._foreach_add_(scale, hyper["eps"])
            torch._foreach_addcdiv_(parameters, means, scale, value=-lr / debias(mom, 1 - mom, step))

    def zero_grad(self):
        """Forget the gradients."""
        for parameter, *_ in self.all_params(with_grad=True):
            parameter.grad = None


@dataclass(frozen=True)
class Recipe:
    """How a network is trained: `epochs` in batches of batch_size; base_lr is the head's rate, the body's lowest is
    base_lr / lr_mult. noise: with a copy of each training series in Gaussian noise of that standard deviation; 0:
    without copies.
    """

    epochs: int
    base_lr: float
    batch_size: int
    lr_mult: float = 100.0
    noise: float = 0.0

    def __post_init__(self):
        """Refuse what can't be trained with, before anything is."""
        if type(self.batch_size) is not int or self.batch_size < 2:  # batch normalisation can't take one alone
            raise ValueError(f"batch_size: expected a whole number from 2 on, got {self.batch_size!r}")
        if type(self.epochs) is not int or self.epochs < 1:
            raise ValueError(f"epochs: expected a whole number from 1 on, got {self.epochs!r}")
        for name in ("base_lr", "lr_mult"):
            if type(value := getattr(self, name)) not in (int, float) or not 0 < value < float("inf"):
                raise ValueError(f"{name}: expected a number above 0, got {value!r}")
        if type(self.noise) not in (int, float) or not 0 <= self.noise < float("inf"):
            raise ValueError(f"noise: expected a number from 0 on, got {self.noise!r}")


def painter(trunk, picture, span=None):
    """views.draw with a Backbone's mean and std: from series (m, t) to what the trunk wants to see."""
    return partial(views.draw, picture=picture, mean=trunk.mean, std=trunk.std, span=span)


def learner(series, labels, train, *, seed, network, picture, batch_size, noise=0.0):
    """A fastai Learner as vision_learner builds it (timm body, fastai's head), on in-memory batches, and its Backbone.

    Its loaders: training series, test series, and the training series again as the test series are seen (in order,
    uncut, without noisy copies).

    series (n, t) or (n, c, t), labels (n,) from 0 to k - 1, train (n,) bool: the rest, if any, is for testing, seen
    after each epoch for the curve and never chosen by. seed: of the head's weights, the batches' order, dropout, crops
    and noise. network: backbones.Network. picture: views.Picture. noise: see Recipe.
    """
    if picture.channels == "joined" and views.several(series):
        raise ValueError("channels: fine-tuning shows one picture a series, expected mosaic or stacked, got 'joined'")
    set_seed(seed, reproducible=True)
    trunk = network.load(picture.size, picture.inputs(series))
    set_seed(seed, reproducible=True)  # again: a first load draws random numbers that a cached one doesn't
    span = picture.span(np.asarray(series)[np.asarray(train)])
    series, targets = (torch.as_tensor(value, device=devices.current()) for value in (series, labels))
    pictures, trained, tested = (
        Pictures(trunk, picture, span, series),
        *(torch.from_numpy(np.flatnonzero(side)).to(series.device) for side in (train, ~train)),
    )
    shown, numbers = pictures, trained
    if noise:
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.randn(series[trained].shape, generator=generator, dtype=torch.float64).to(series)
        shown = Pictures(trunk, picture, span, torch.cat([series[trained], series[trained] + noise * drawn]))
        numbers = torch.arange(2 * len(trained), device=series.device)
    answers = targets[trained].repeat(len(numbers) // len(trained))
    loaders = DataLoaders(
        Batches(shown, numbers, answers, batch_size, shuffle=True, after_batch=_cropping(picture, 0)),
        Batches(pictures, tested, targets[tested], batch_size, after_batch=_cropping(picture, 1)),
        Batches(pictures, trained, targets[trained], batch_size, after_batch=_cropping(picture, 1)),
        device=series.device,
    )
    body = TimmBody(trunk.model)
    model = add_head(body, trunk.model.num_features, int(targets.max()) + 1, pool=body.needs_pool)
    made = Learner(
        loaders,
        model.to(memory_format=devices.layout()),
        CrossEntropyLossFlat(),
        opt_func=Adam,
        splitter=default_split,
        metrics=accuracy,
        cbs=[Curve(), *([LossScaling()] if network.precision == "fp16" else [])],
    )
    made.recorder.smooth_loss = SmoothLoss()
    devices.compute_in(model, network.precision)
    return made, trunk


def _cropping(picture, split):
    """fastai's crops, if any: random ones, alike in a batch, on side 0 of the split; on side 1 it only resizes."""
    return partial(RandomResizedCropGPU(picture.size), split_idx=split) if picture.view == "crop" else None


def seen(series, trunk, picture, span, batch_size):
    """Batches of series on the device as a finished model sees test series; no label is known, all are 0."""
    numbers = torch.arange(len(series), device=series.device)
    pictures = Pictures(trunk, picture, span, series)
    return Batches(pictures, numbers, torch.zeros_like(numbers), batch_size, after_batch=_cropping(picture, 1))


def train_all(made, recipe):
    """Train a learner as fastai's fine_tune does: one epoch of the head alone, then recipe.epochs of everything."""
    with made.no_bar(), made.no_logging():
        made.fine_tune(recipe.epochs, base_lr=recipe.base_lr, lr_mult=recipe.lr_mult)


def probabilities(model, batches):
    """What a model at rest gives each class of each picture of a loader: (n, k)."""
    model.eval()
    with torch.no_grad():
        return torch.cat([model(images).softmax(1).as_subclass(torch.Tensor) for images, _ in batches])


def fine_tune(
    series, labels, train, *, seed, network: backbones.Network, picture: views.Picture, recipe: Recipe, curve=1
):
    """Fine-tune once as train_all does; the last epoch counts.

    curve: test after every so many epochs and the last, for the history alone; without, 0, a run takes a fifth less and
    gives the same row. The other arguments are learner's. Returns ([(row, tables)], cost): one row. Beside what every
    row has: train_accuracy, of the finished model on its training series seen as test series are; recalibrated, what
    accuracy would be with batch norms' statistics taken anew: where the two differ, the running ones do not fit, which
    a low training loss hides, for training normalises by the batch. tables: 'predictions' (a row a test series) and
    'history' (a row an epoch, the frozen one first, None where nothing was tested), as column dictionaries.
    """
    splits.check(series, labels, train, several=True)
    began = devices.start()
    given = {"seed": seed, "network": network, "picture": picture}
    made, _ = learner(series, labels, train, **given, batch_size=recipe.batch_size, noise=recipe.noise)
    if curve != 1:
        made.add_cb(Untested(curve))
    train_all(made, recipe)
    _, tested, trained = made.dls.loaders
    said, fitted = (probabilities(made.model, batches) for batches in (tested, trained))
    recalibrate(made.model, trained)
    again = probabilities(made.model, tested)
    more = {"train_accuracy": _accuracy(fitted, trained.labels), "recalibrated": _accuracy(again, tested.labels)}
    settings = [{"seed": seed, "method": "fine-tune"}, network, picture, {"length": series.shape[-1]}, recipe, more]
    row, tables = rows.answer(settings, labels, train, said.argmax(1).cpu().numpy())
    tables["predictions"]["recalibrated"] = again.argmax(1).tolist()
    names = ("epoch", "train_loss", "test_loss", "test_accuracy")
    told = ([epoch, *values, None, None][: 4 if curve else 2] for epoch, values in enumerate(made.curve.epochs))
    history = dict(zip(names, zip(*told)))
    return [(row, tables | {"history": history})], devices.cost(began)


def recalibrate(model, batches):
    """Take the running statistics of a model's batch norms anew, as plain means over batches (a loader).

    As torch.optim.swa_utils.update_bn, but with dropout at rest, as the finished model has it.
    """
    norms = [part for part in model.eval().modules() if isinstance(part, torch.nn.modules.batchnorm._BatchNorm)]
    for norm in norms:
        norm.reset_running_stats()
        norm.train()
    with torch.no_grad():
        for number, (images, _) in enumerate(batches, 1):
            for norm in norms:
                norm.momentum = 1 / number  # a plain mean; None asks for one, too, but reads a count from the GPU
            model(images)
    model.eval()


def _accuracy(scores, targets):
    return round(float((scores.argmax(1) == targets).double().mean()), 6)
