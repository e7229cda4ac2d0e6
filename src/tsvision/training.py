"""Fine-tuning with fastai, from arrays to predictions; knows no data set by name and writes no file.

n series, s side in pixels, k classes. Series lie on the device; a batch's pictures are drawn there when it is asked for.
"""

import gc
import resource
import sys
import time
from functools import partial

import numpy as np
import torch
from fastai.basics import Callback, CrossEntropyLossFlat, DataLoaders, Learner, accuracy, set_seed
from fastai.callback import progress, schedule  # noqa: F401  they give Learner its no_bar and its fine_tune
from fastai.data.load import DataLoader
from fastai.torch_core import TensorImage
from fastai.vision.augment import RandomResizedCropGPU
from fastai.vision.learner import TimmBody, add_head, default_split

from tsvision import backbones, encoders

VIEWS = ("field", "stretch", "resize", "crop", "axes")


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


def device():
    """The first CUDA GPU if torch sees one, else the CPU: found, never configured."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def device_name():
    """The device as a row records it: the GPU's name, or cpu with what else changes the last digits of a result."""
    if device().type == "cuda":
        return torch.cuda.get_device_name()
    return f"cpu{' with bfloat16' if native_bf16() else ''}, {torch.get_num_threads()} threads"


def native_bf16():
    """Whether the device computes in bfloat16 by itself; where it is emulated it costs time."""
    if device().type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    features = torch.cpu.get_capabilities()
    return bool(features.get("avx512_bf16") or features.get("amx_bf16"))


def precision(model):
    """'bf16' where the device computes bfloat16 natively and the model gains from it, else 'fp32'.

    On CPUs depthwise convolutions lose by it: see EfficientNet-Lite0 in make bench.
    """
    is_depthwise = any(isinstance(part, torch.nn.Conv2d) and part.groups > 1 for part in model.modules())
    return "bf16" if native_bf16() and (device().type == "cuda" or not is_depthwise) else "fp32"


def halve(model):
    """Let a model compute under autocast to bfloat16 and answer in float32; fastai's own callback knows CUDA only."""
    forward, where = model.forward, device().type

    def run(*inputs):
        with torch.autocast(where, torch.bfloat16):
            return forward(*inputs).float()

    model.forward = run


class Batches(DataLoader):
    """A fastai loader over tensors that are already on the device: a batch is one indexing, no item is ever collated.

    draw makes the pictures of a batch of series (m, t). Batches differ in size by one at most, so that no series is left
    out of an epoch and none stands in a batch alone.
    """

    def __init__(self, draw, series, labels, batch_size, shuffle=False, after_batch=None):
        self.draw, self.series, self.labels = draw, series, labels
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
            yield TensorImage(self.draw(self.series[index])), self.labels[index]


def pictures(series, *, encoding, colormap, size, view, mean, std):
    """Series (n, t) to normalised images, on the device where the series are.

    view: how a picture gets its side. 'field': the encoding is computed at `size` (paa of the series). 'stretch': the
    series is interpolated to `size` steps, up or down, then drawn one pixel a step. 'resize': at full length, one pixel a
    time step, then shrunk to `size` with antialiasing. 'axes': at full length, in the frame of a figure of 570 pixels with
    axes and ticks as in 2018, then shrunk likewise. 'crop': at full length; the loader crops.
    Returns (n, 3, s, s) float32, channels last.
    """
    if view not in VIEWS:
        raise ValueError(f"view: expected one of {', '.join(VIEWS)}, got {view!r}")
    if view == "stretch":
        series = encoders.stretch(series, size)
    if view == "axes":
        images = encoders.framed(encoders.render(series, encoding, colormap))
        images = (images - images.new_tensor(mean).view(3, 1, 1)) / images.new_tensor(std).view(3, 1, 1)
    else:
        images = encoders.render(series, encoding, colormap, size if view == "field" else None, mean, std)
    if view in ("resize", "axes"):
        images = torch.nn.functional.interpolate(images, (size, size), mode="bilinear", antialias=True)
    return images.contiguous(memory_format=torch.channels_last)


def painter(trunk, **settings):
    """pictures() with a Backbone's mean and std and these settings: from series (m, t) to what the trunk wants to see."""
    return partial(pictures, mean=trunk.mean, std=trunk.std, **settings)


def trunk_from(origin, backbone, size, weights):
    """backbones.load, or ValueError if its weights come from elsewhere: no row may hold others than its neighbours."""
    trunk = backbones.load(backbone, size, weights)
    if trunk.weights != origin:
        raise ValueError(f"weights: expected those of {backbone} from {origin}, they now come from {trunk.weights}")
    return trunk


def training_set(series, labels, seed, noise=0.0, shuffled=False):
    """What a run trains on: series (m, t) and labels (m,), perhaps with noisy copies, perhaps with labels shuffled.

    noise: standard deviation of the Gaussian noise, in the series' own units, in one more copy of each; 0: no copies.
    shuffled: the labels in random order, the negative control: nothing is left to learn. Returns (series, labels).
    """
    generator = torch.Generator().manual_seed(seed)
    if shuffled:
        labels = labels[torch.randperm(len(labels), generator=generator).to(labels.device)]
    if noise:
        drawn = torch.randn(series.shape, generator=generator, dtype=torch.float64).to(series)
        series, labels = torch.cat([series, series + noise * drawn]), labels.repeat(2)
    return series, labels


def learner(
    series, labels, train, *, seed, backbone, weights, origin, encoding, colormap, size, view, batch_size, **changed
):
    """A fastai Learner as vision_learner builds it (timm body, fastai's head), on in-memory batches, and its Backbone.

    Its loaders: training series, test series, and the training series again as the test series are seen (in order, uncut).

    series (n, t), labels (n,) from 0 to k - 1, train (n,) bool: the rest is for testing, seen after each epoch for the
    curve and never chosen by. seed: of the head's weights, the batches' order, dropout and crops. origin: where the
    weights must come from, see trunk_from. changed: what training_set changes, noise or shuffled.
    """
    set_seed(seed, reproducible=True)
    trunk = trunk_from(origin, backbone, size, weights)
    set_seed(seed, reproducible=True)  # again: a first load draws random numbers that a cached one doesn't
    draw = painter(trunk, encoding=encoding, colormap=colormap, size=size, view=view)
    series, targets, train = (torch.as_tensor(value, device=device()) for value in (series, labels, train))
    crop = partial(_crop, RandomResizedCropGPU(size)) if view == "crop" else lambda split: None
    shown, answers = training_set(series[train], targets[train], seed, **changed)
    own = slice(int(train.sum()))  # without copies
    loaders = DataLoaders(
        Batches(draw, shown, answers, batch_size, shuffle=True, after_batch=crop(0)),
        Batches(draw, series[~train], targets[~train], batch_size, after_batch=crop(1)),
        Batches(draw, shown[own], answers[own], batch_size, after_batch=crop(1)),
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
        cbs=Curve(),
    )
    if precision(trunk.model) == "bf16":
        halve(model)
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
    **settings,
):
    """Fine-tune once as fastai's fine_tune does: one epoch of the head alone, then `epochs` of everything; last epoch counts.

    base_lr: of the head; the body's lowest is base_lr / lr_mult. stands_in_for: the backbone that was wanted, for the row. settings:
    those of learner. Returns ([(row, tables)], cost): one row. row: the settings, accuracy (a fraction), correct (of n_test), device,
    and train_accuracy, of the finished model on its own training series: low where training accuracy hides that batch
    normalisation's running statistics lag behind, for training itself normalises by the batch.
    tables: 'predictions' (a row a test series) and 'history' (a row an epoch, the frozen one first), as column
    dictionaries. cost: seconds and peak memory in MiB.
    """
    started = time.perf_counter()
    gc.collect()  # a learner is full of cycles; the last one's tensors would stay until Python thinks of it
    if device().type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    made, trunk = learner(series, labels, train, batch_size=batch_size, noise=noise, shuffled=shuffled, **settings)
    with made.no_bar(), made.no_logging():
        made.fine_tune(epochs, base_lr=base_lr, lr_mult=lr_mult)
        probabilities, _ = made.get_preds(dl=made.dls.valid, reorder=False)
        fitted, fitted_targets = made.get_preds(dl=made.dls[2], reorder=False)
    row = {
        "seed": settings["seed"],
        "method": "fine-tune" if settings["view"] == "field" else f"fine-tune, {settings['view']}",
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
        "train_accuracy": round(float((fitted.argmax(1) == fitted_targets).double().mean()), 6),
        "precision": precision(trunk.model),
    }
    row, tables = answer(row, labels, train, probabilities.argmax(1).cpu().numpy())
    names = ("epoch", "train_loss", "test_loss", "test_accuracy")
    history = dict(zip(names, zip(*([epoch, *values] for epoch, values in enumerate(made.curve.epochs)))))
    return [(row, tables | {"history": history})], cost(started)


def answer(row, labels, train, predicted):
    """A row with its score, and the predictions table: predicted has the class of each series not in train, in order."""
    tested = np.flatnonzero(~train)
    correct = int((labels[tested] == predicted).sum())
    score = {
        "n_train": len(labels) - len(tested),
        "n_test": len(tested),
        "accuracy": round(correct / len(tested), 6),
        "correct": correct,
        "device": device_name(),
    }
    table = {"series": tested.tolist(), "label": labels[tested].tolist(), "predicted": predicted.tolist()}
    return row | score, {"predictions": table}


def cost(started):
    """Seconds since time.perf_counter() gave `started`, and the peak memory in MiB: of the GPU during the run, else of this process so far."""
    if device().type == "cuda":
        peak = torch.cuda.max_memory_allocated() / 2**20
    else:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return {"seconds": round(time.perf_counter() - started, 2), "peak_memory_mib": round(peak)}
