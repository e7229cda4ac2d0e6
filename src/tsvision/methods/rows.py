"""The row of a run: settings, score, device; and beside it what was predicted for each test series."""

import dataclasses

import numpy as np

from tsvision.networks import devices


def answer(settings, labels, train, predicted):
    """A row with its score, and the predictions table.

    settings: dictionaries and the dataclasses Network, Picture and Recipe, whose fields become columns in that order.
    labels (n,), train (n,) bool; predicted has the class of each series not in train, in order.
    """
    tested = np.flatnonzero(~train)
    correct = int((labels[tested] == predicted).sum())
    row = {}
    for part in settings:
        row |= part if isinstance(part, dict) else columns(part)
    row |= {"n_train": len(labels) - len(tested), "n_test": len(tested), "accuracy": round(correct / len(tested), 6)}
    row |= {"correct": correct, "device": devices.name()}
    table = {"series": tested.tolist(), "label": labels[tested].tolist(), "predicted": np.asarray(predicted).tolist()}
    return row, {"predictions": table}


def columns(settings):
    """A dataclass as columns: a row's weights are where they came from; of RARE only what is set."""
    own = dataclasses.asdict(settings)
    if "origin" in own:
        own["weights"] = own.pop("origin")
    usual = {field.name: field.default for field in dataclasses.fields(settings)}
    return {name: value for name, value in own.items() if name not in RARE or value != usual[name]}


RARE = ("patch", "scaling", "channels")
