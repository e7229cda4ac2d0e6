"""Data that a figure or method was not made for: hundreds of classes, formulas for names, next to no series."""

import dataclasses
import io
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import test_portraits
import torch
from test_charts import runs

from tsvision import evaluation, figures
from tsvision.data import datasets
from tsvision.figures import limits

MANY = [f"${k}_${'x' * 200}{k:04}" for k in range(300)]  # matplotlib would read a formula between the dollars
NETWORK = SimpleNamespace(mean=(0.5,) * 3, std=(0.5,) * 3, name="net")
BANDS = pd.DataFrame({"at": [3], "what": ["ester"], "source": "here"})


def made(classes, each, name="Toy"):
    """A data set of so many series of each class, and one more of the last; half of them train."""
    labels = np.append(np.tile(np.arange(len(classes)), each), len(classes) - 1)
    series = np.random.default_rng(0).normal(size=(len(labels), 12))
    train = np.arange(len(labels)) < len(classes) * (each // 2)
    return datasets.Dataset(name, series, labels, tuple(classes), train, "here", ("time step", np.arange(12.0)))


def drawn(figure):
    """The finding of a figure that can be drawn, and is no larger than figures may be."""
    figure.savefig(io.BytesIO(), dpi=60)
    assert max(figure.get_size_inches()) <= limits.SIDE
    return figure.get_label()


def of_data(data, predictions, rows):
    """Every figure of one data set, with what runs say of it."""
    right = rows.assign(n_train=int(data.train.sum()), n_test=int((~data.train).sum()))
    items = evaluation.items(evaluation.with_right(right, predictions), ["method"], data.classes, data.labels)
    near = evaluation.hard_at_bands(data, items["series"].head(20), BANDS)
    return {
        "spectra": figures.spectra(data),
        "named_bands": figures.named_bands(data, BANDS),
        "causes": figures.causes([data, dataclasses.replace(data, name=f"{data.name}, cut off")]),
        "fields": figures.fields(data, "viridis"),
        "hero": figures.hero(data, BANDS),
        "encodings": figures.encodings(data, ["gadf"], "gadf+mtf+line", "viridis", *test_portraits.RUNS),
        "batch": figures.batch(torch.rand(40, 3, 8, 8), torch.from_numpy(data.labels[-40:]), NETWORK, data.classes),
        "confusion": figures.confusion(rows, predictions, data.classes),
        "most_confused": figures.most_confused(data, evaluation.errors_by_series(predictions)),
        "hard_spectra": figures.hard_spectra(data, near, BANDS),
        "oils": figures.oils(items, rows.assign(stands_in_for="", precision="fp32"), ["method"]),
    }


def answered(data, count):
    """Predictions of so many runs for the test series, all of them right."""
    test = np.flatnonzero(~data.train)
    right = {"series": test, "label": data.labels[test], "predicted": data.labels[test]}
    return pd.concat([pd.DataFrame({"run": k} | right) for k in range(count)], ignore_index=True)


def test_many_classes_with_long_names_that_look_like_formulas_keep_every_figure_small():
    data = made(MANY, 3, "own " + "x" * 80)
    predictions = answered(data, 2)
    predictions["predicted"] = predictions["predicted"].mask(predictions["label"] == 299, 17)
    shown = of_data(data, predictions, runs("seed", crop=[1, 2]))
    told = {name: drawn(figure) for name, figure in shown.items()}
    for name in ("spectra", "named_bands", "causes"):
        assert told[name].endswith("; 12 of 300 classes shown, the largest"), name
    assert shown["spectra"].axes[11].get_title() == "class $299_$xx…xxx0299"  # which has a series more than the others
    assert told["spectra"].startswith("own xxxxxxxxxxxx…xxxxxxx: 901 series ")
    assert told["fields"].endswith("four almost equal pictures (viridis, -1 to 1); 4 of 300 classes shown, the first")
    assert told["batch"].endswith("; 12 of 40 pictures shown, the first")
    assert told["hard_spectra"].endswith("; 8 of 20 series shown, the first")
    hardest = "net: all runs; hardest to recognise: class $299_$xx…xxx0299 (0% right)"
    assert told["confusion"] == f"{hardest}; 12 of 300 classes shown, the most confused"
    names = [text.get_text()[:4] for text in shown["confusion"].axes[0].get_yticklabels()]
    assert names == [*(f"${k}_$"[:4] for k in range(10)), "$17_", "$299"]  # the two, and the first of the others


def test_many_series_are_drawn_as_some_that_are_spread_evenly():
    axes = figures.spectra(made(["a", "b"], 801)).axes
    assert [text.get_text() for text in axes[2].get_legend().get_texts()] == ["200 of 400 training", "200 of 401 test"]
    assert [len(axis.get_lines()) for axis in axes] == [400, 400, 402, 402]


def test_next_to_no_series_all_right_in_one_run_leave_every_figure_with_something_to_show():
    data, rows = made(["a", "b"], 2), runs("seed", crop=[3])
    told = {name: drawn(figure) for name, figure in of_data(data, answered(data, 1), rows).items()}
    assert ": two classes, two almost equal pictures" in told["fields"]
    assert told["confusion"] == "net: all runs; nothing is taken for anything else"
    assert told["most_confused"] == "No test series is wrong in any run; 3 of 3"
    assert drawn(figures.accuracy_by(rows, ["view"], 0.4)) == "net: 100.0% in one run"


def history(count):
    return pd.DataFrame({"run": range(count), "epoch": 0, "train_loss": 1.0, "test_accuracy": 0.5})


MAPS = ["viridis", "plasma", "magma", "gray", "jet", "cool", "hot"]
CROWDED = {
    "curves": (lambda: figures.curves(runs("seed", crop=[1] * 300), history(300)), "200 of 300 runs shown, the first"),
    "grid": (lambda: figures.grid({f"{k} px": pd.DataFrame(np.eye(4)) for k in range(20)}, "layer", "Found"), "Found"),
    "positions": (
        lambda: figures.positions({f"{k} px": np.random.default_rng(k).normal(size=(3, 3, 2)) for k in range(20)}),
        "",
    ),
    "channels": (
        lambda: figures.channels(MAPS, pd.DataFrame({"colormap": MAPS}).assign(red_sd=0, green_sd=0, blue_sd=1)),
        "; 6 of 7 colormaps shown, the first",
    ),
}


@pytest.mark.parametrize("draw, says", CROWDED.values(), ids=CROWDED)
def test_many_runs_or_panels_keep_every_figure_small(draw, says):
    assert drawn(draw()).endswith(says)
