"""One trained model, series of any length: the ways to feed them, and how long a series may be.

n series, L time steps, s side in pixels, w windows, d features. The model is a frozen trunk under a ridge head, trained
on series of one length.
"""

import functools
import timeit
from dataclasses import dataclass, replace

import numpy as np
import torch
from fastai.basics import set_seed

from tsvision.data import splits
from tsvision.methods import frozen, rows, training
from tsvision.networks import backbones, devices
from tsvision.pictures import encoders, views

VIEWS = ("resize", "stretch", "grid", "windows")
CUTS = ("prefix", "middle", "resampled")


class AnyLength:
    """A linear head on a frozen trunk, trained on series of one length, that classifies series of any length.

    seed: of random weights. network: backbones.Network. picture: views.Picture, whose view says what the trunk sees of
    a series of L steps. 'resize': its picture at full length, one pixel a step, brought to size x size. 'stretch': the
    series interpolated to size steps, then drawn. 'grid': the picture at full length as it is; a CNN averages over any
    area, a transformer's position embedding is resampled to the picture's grid, and an edge that is no whole patch is
    filled by repeating the last pixels. 'windows': windows of `window` steps that overlap by about half or more, each
    brought to size x size; they vote with the mean of their scores. A series shorter than a window is interpolated to
    one. copies: lengths to which the training series are also resampled; the head trains on all of them. Raises
    ValueError for another view or scaling, or a window below 2 steps.
    """

    def __init__(self, *, seed, network, picture, window=128, copies=()):
        if picture.view not in VIEWS or picture.scaling != "series":
            raise ValueError(
                f"view, scaling: expected one of {', '.join(VIEWS)}, each series by its own range, got"
                f" {picture.view!r}, {picture.scaling!r}"
            )
        if window < 2:
            raise ValueError(f"window: expected 2 steps or more, got {window}")
        self.seed, self.network, self.picture, self.window, self.copies = seed, network, picture, window, copies
        self.trunk, self.head, self.kept = self._trunk(network), None, {}
        embed = getattr(self.trunk.model, "patch_embed", None)
        self.patch = embed.patch_size[0] if embed else None
        self.least = max(2, self.patch or 2) if picture.view == "grid" else 2

    def fit(self, series, labels):
        """Train the head on series (n, L) with labels (n,); returns self. Raises ValueError, also as predict."""
        if len(np.unique(labels)) < 2:
            raise ValueError(f"labels: expected two classes or more, got {np.unique(labels).tolist()}")
        self.head = fit_head(self.examples(encoders.check_series(series).cpu().numpy()), labels)
        return self

    def predict(self, series):
        """The labels of series, of any lengths side by side: a list of one-dimensional ones, or (n, L). Returns (n,).

        Raises ValueError, naming the series, for none at all, for one that is not finite, too short, or too long for
        the memory that is free.
        """
        if self.head is None:
            raise ValueError("predict: expected a model that fit has trained")
        series = [check_one(one, number, self.least) for number, one in enumerate(series)]
        if not series:
            raise ValueError("series: expected one or more, got none")
        lengths = np.array([len(one) for one in series])
        self.check_length(lengths.max())
        found = np.empty(len(series), self.head.classes_.dtype)
        for length in np.unique(lengths):
            where = np.flatnonzero(lengths == length)
            found[where] = vote(self.head, self.features(np.stack([series[k] for k in where])))
        return found

    def examples(self, series):
        """What a head trains on: features of series (n, L) and, side by side, of their copies, (n, w, d)."""
        every = [series, *(cut_to(series, "resampled", length) for length in self.copies)]
        return np.concatenate([self.features(one) for one in every], 1)

    def features(self, series):
        """All layers of the frozen trunk side by side of series (n, L): (n, w, d) float64; w = 1 but for windows."""
        n, length = series.shape
        self.check_length(length)
        trunk, picture, side = self.trunk, self.picture, self.picture.size
        if picture.view == "windows":
            series, picture = windows(series, self.window), replace(picture, view="resize")
        if picture.view == "grid":
            side = self._side(length)
            if self.patch and side not in self.kept:  # random weights are the same at any side, too
                self.kept = {side: self._trunk(replace(self.network, patch=self.patch), side)}
            trunk = self.kept.get(side, trunk)
            draw = functools.partial(self._padded, trunk, side - length)
        else:
            draw = training.painter(trunk, picture)
        few = max(1, frozen.AT_ONCE // max(side, series.shape[1]) ** 2)  # pictures are drawn at full length first
        precision = self.network.precision
        parts = [frozen.features(series[k : k + few], trunk, draw, precision) for k in range(0, len(series), few)]
        said = np.concatenate([frozen.layers(part, "all")["all"] for part in parts])
        return said.reshape(n, -1, said.shape[1])

    def check_length(self, length):
        """Raise ValueError for fewer steps than a picture needs, or if the picture needs more memory than is free."""
        if length < self.least:
            raise ValueError(f"series: expected {self.least} steps or more, got {length}")
        if (view := self.picture.view) in ("stretch", "windows"):
            return
        each, free = PIXEL[view], devices.free_memory()
        needed = each * self._side(length) ** 2
        if needed > free:
            raise ValueError(
                f"series: one of {length} steps needs about {needed / 2**30:.1f} GiB as a picture (view {view}),"
                f" {free / 2**30:.1f} are free; up to {int((free / each) ** 0.5)} steps fit, views stretch and windows"
                " take any length"
            )

    def _side(self, length):
        """The side of a picture at full length: whole patches."""
        patch = self.patch if self.picture.view == "grid" and self.patch else 1
        return -(-length // patch) * patch

    def _trunk(self, network, size=None):
        set_seed(self.seed, reproducible=True)
        return network.load(size or self.picture.size)

    def _padded(self, trunk, more, series):
        """Pictures at full length, `more` pixels wider and higher: the last row and column repeated."""
        picture = replace(self.picture, size=series.shape[1], view="field")
        images = views.draw(series, picture, trunk.mean, trunk.std)
        return torch.nn.functional.pad(images, (0, more, 0, more), mode="replicate")


# Bytes that a pixel of a picture at full length takes, by view. Measured on a CPU with one picture, of 2,000 steps for
# CNNs and 1,140 for a ViT-S/14: 20, and 150 to 310 by network; rounded up.
PIXEL = {"resize": 40, "grid": 400}


def fit_head(features, labels):
    """frozen.head() on features (n, w, d): each window or copy trains as an example of its own.

    Its penalty is chosen by leaving out one example at a time; others of the same series stay in.
    """
    n, w, d = features.shape
    return frozen.head().fit(features.reshape(n * w, d), np.repeat(labels, w))


def vote(head, features):
    """The labels of series (n,) by a head's mean score over the windows of each: features (n, w, d)."""
    n, w, d = features.shape
    scores = head.decision_function(features.reshape(n * w, d)).reshape(n, w, -1).mean(1)
    best = scores.argmax(1) if scores.shape[1] > 1 else (scores[:, 0] > 0).astype(int)
    return head.classes_[best]


def windows(series, size):
    """Windows of `size` steps of series (n, L), evenly spread, neighbours share about half or more: (n w, size).

    Those of a series lie side by side. Shorter series are interpolated to one window.
    """
    length = series.shape[1]
    if length <= size:
        return encoders.stretch(series, size).numpy()
    starts = np.linspace(0, length - size, 1 + -(-2 * (length - size) // size)).round().astype(int)
    return series[:, starts[:, None] + np.arange(size)].reshape(-1, size)


def cut_to(series, cut, length):
    """Series (n, L) at another length: their 'prefix', their 'middle' window, or 'resampled', interpolated as a whole.

    Raises ValueError for an unknown cut, and for a prefix or middle longer than the series.
    """
    whole = series.shape[1]
    if cut not in CUTS:
        raise ValueError(f"cut: expected one of {', '.join(CUTS)}, got {cut!r}")
    if cut == "resampled":
        return encoders.stretch(series, length).numpy()
    if not 2 <= length <= whole:
        raise ValueError(f"length: expected 2 to {whole} steps for a {cut} of series of {whole}, got {length}")
    start = 0 if cut == "prefix" else (whole - length) // 2
    return series[:, start : start + length]


def prices(model, series, lengths):
    """What a picture of one series (L,) costs a `grid` model over a transformer, at each of lengths a dictionary.

    It is seen twice, the second time counts: the first builds the network for that length.
    """
    made = []
    for length in lengths:
        one = cut_to(series[None], "resampled", length)
        model.features(one)
        seconds = timeit.timeit(functools.partial(model.features, one), number=1)
        made.append({"length": length, "tokens": (-(-length // model.patch)) ** 2 + 1, "seconds": round(seconds, 4)})
    return made


def check_one(series, number, least):
    """A series as float64 (L,); ValueError names what is wrong with it, and its number in the batch."""
    try:
        if np.iscomplexobj(series):
            raise TypeError("complex ones")
        one = np.asarray(series, np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"series: expected numbers at series {number} ({error})") from None
    if one.ndim != 1 or len(one) < least:
        raise ValueError(
            f"series: expected {least} steps or more in one dimension, got shape {one.shape} at series {number}"
        )
    bad = np.flatnonzero(~np.isfinite(one))
    if len(bad):
        raise ValueError(f"series: expected finite values, got {one[bad[0]]} at series {number}, time step {bad[0]}")
    return one


@dataclass(frozen=True)
class Lengths:
    """The length at which series are tested, see cut_to; window and copies are AnyLength's."""

    cut: str
    length: int
    window: int = 128
    copies: tuple = ()


def classify_at(series, labels, train, *, seed, network: backbones.Network, picture: views.Picture, lengths: Lengths):
    """Train on whole series, test on the same series at another length; returns as frozen.linear_probe.

    series (n, t), labels (n,) or a line a split, train (m, n) or (n,) bool. The column length of a row is that of the
    tested series, trained_length that of the others.
    """
    splits.check(series, labels, train)
    began, train = devices.start(), np.atleast_2d(train)
    known = np.broadcast_to(labels, train.shape)
    series = np.ascontiguousarray(series, np.float64)
    own = lengths.window, tuple(lengths.copies)
    model, examples = _learnt_from(series.tobytes(), len(series), seed, network, picture, *own)
    shown = model.features(cut_to(series, lengths.cut, lengths.length))
    how = {"layer": "all"} | ({"window": lengths.window} if picture.view == "windows" else {})
    how |= {"copies": " ".join(map(str, lengths.copies))} if lengths.copies else {}
    how |= {"trained_length": series.shape[1], "cut": lengths.cut, "length": lengths.length}
    settings = [{"seed": seed, "method": "frozen, ridge head"}, network, picture, how]
    made = []
    for own, mask in zip(known, train):
        predicted = vote(fit_head(examples[mask], own[mask]), shown[~mask])
        made.append(rows.answer(settings, own, mask, predicted))
    return made, devices.cost(began)


classify_at.keeps_what_the_network_said = True  # one process does the runs of a picture, see study.results


@functools.lru_cache(maxsize=1)  # all lengths and cuts of one model follow each other
def _learnt_from(series, n, seed, network, picture, window, copies):
    """An AnyLength without a head, and the examples of n float64 series given as bytes."""
    made = AnyLength(seed=seed, network=network, picture=picture, window=window, copies=copies)
    return made, made.examples(np.frombuffer(series).reshape(n, -1).copy())
