"""What tests of fits share: series, settings with networks that take a second, calls with flat settings as runs have
them.
"""

import numpy as np
import safetensors.torch
import timm
import torch
from torch.overrides import TorchFunctionMode

from tsvision import methods
from tsvision.networks import backbones
from tsvision.study import results

CNN = {"seed": 0, "backbone": "test_resnet", "weights": "random", "origin": "random"}
CNN |= {"encoding": "gadf", "colormap": "viridis", "size": 32, "view": "field"}


def vit(folder):
    """CNN with a tiny transformer instead, whose weights stand in a file: no seed or size changes them."""
    torch.manual_seed(1)
    path = str(folder / "vit.safetensors")
    safetensors.torch.save_file(timm.create_model("test_vit").state_dict(), path)
    return CNN | {"backbone": "test_vit", "weights": path, "origin": backbones.load("test_vit", 32, path).weights}


class Waits(TorchFunctionMode):
    """Counts what a GPU would have to finish its work for: reading, moving, an index that is no tensor."""

    COUNTED = ("cpu", "item", "tolist", "numpy", "__float__", "__bool__", "__int__", "nonzero", "to")

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_function__(self, function, types, args=(), kwargs=None):
        made, name = function(*args, **(kwargs or {})), getattr(function, "__name__", "")
        self.count += name in self.COUNTED and not (name == "to" and made is args[0])
        self.count += name == "__getitem__" and isinstance(args[1], np.ndarray)
        return made

    def __enter__(self):
        """Count arrays that become tensors, too: on a processor they need not move, so that `to` does not tell."""
        self.plain = torch.from_numpy
        torch.from_numpy = self.taken
        return super().__enter__()

    def taken(self, array):
        """As torch.from_numpy."""
        self.count += 1
        return self.plain(array)

    def __exit__(self, *error):
        torch.from_numpy = self.plain
        return super().__exit__(*error)


def waves(n, length=40, classes=2, apart=1.0, noise=0.1, seed=0):
    """n noisy sines of so many frequencies by turns, (n, length), and their labels."""
    labels = np.arange(n) % classes
    pure = np.sin(np.linspace(0, 6, length) * (1 + apart * labels[:, None]))
    return pure + noise * np.random.default_rng(seed).normal(size=(n, length)), labels


def hard_waves():
    """24 sines of three frequencies in noise, on which heads err, their labels, and 4 splits with 4 of each class.

    On some the best picture or layer is not the one of the least error, or the first of the best.
    """
    series, labels = waves(24, classes=3, apart=0.3, noise=0.3, seed=2)
    train, generator = np.zeros((4, 24), bool), np.random.default_rng(7)
    for mask in train:
        for label in range(3):
            mask[generator.permutation(np.flatnonzero(labels == label))[:4]] = True
    return series, labels, train


def gathered(**flat):
    """Flat settings with those of a network and a picture gathered, for what is no fit."""
    return results.gathered(methods.linear_probe, flat)


def call(fit, series, labels, train, **flat):
    """([(row, tables)], cost) of a fit that is given flat settings."""
    return fit(series, labels, train, **results.gathered(fit, flat))


def predicted(answers):
    return [tables["predictions"]["predicted"] for _, tables in answers]


def relabelled(labels, train):
    """Labels with those of the test series in another order: the same classes, no training label moved."""
    other = labels.copy()
    other[~train] = np.roll(labels[~train], 1)
    assert (other != labels).sum() > 5
    return other
