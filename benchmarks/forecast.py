"""How long a profile takes on a GPU: its runs, counted, times the seconds of a training step, from make gpu-check.

Notebooks are executed with random weights up to the call that would do their runs. Methods without pictures go on
beside on the CPU, and count with what they took a core of the published runs' machine. All else is the seconds that a
notebook takes by itself.
"""

import contextlib
import io
from unittest import mock

import pandas as pd

from tsvision import figures, methods, study
from tsvision.data import datasets, fetch
from tsvision.study import notebooks, readme, results

# parameters that list networks, for each those that may hold the side of its pictures
CHOICES = {
    "backbone_choices": ("size", "stretched"),
    "frozen_choices": ("sizes",),
    "cnn_choices": ("cnn_size", "size"),
    "vit_choices": ("vit_size", "size"),
}
NOTEBOOK = 15  # seconds of a kernel's start, and of figures
# What part of a step's time by itself remains at least where as many runs and more go on beside each other. Nine
# EfficientNet-Lite0 on an H100 took 36 ms a step at 570 px, where one takes 54, and 9 at 160.
OVERLAP = 3


class Asked(Exception):
    """Raised where a notebook would do its runs; holds them."""


def runs_of(stem, section):
    """The runs that a notebook asks for under a section of a profile; none if it makes none."""

    def ask(runs, **_):
        raise Asked(runs)

    cells = ["".join(cell["source"]) for cell in notebooks._cells(stem) if cell["cell_type"] == "code"]
    if not any("study.collect(" in cell for cell in cells):
        return []
    space = {"display": lambda *_: None}
    with (
        mock.patch.object(study, "collect", ask),
        mock.patch.object(figures, "save"),
        mock.patch.object(study, "save"),
        contextlib.redirect_stdout(io.StringIO()),
    ):
        for cell in cells:
            try:
                exec(cell, space)
            except Asked as asked:
                return asked.args[0]
            if "out: str" in cell:
                space |= section | {"weights": "random"}
    return []


def forecast(profile, steps, at_once):
    """Seconds that each notebook of a profile takes about: {stem: seconds}; runs that another has done count there.

    steps: a table with network, size and seconds of a training step of eight pictures; of networks to choose from,
    those that it has are taken. at_once: runs beside each other.
    """
    took, done, alone = {}, set(), without_pictures()
    for stem, section in notebooks.values(profile).items():
        for name in section.keys() & CHOICES:
            section[name] = [one for one in section[name] if one in set(steps["network"])] or section[name]
        pictures, others = 0, [0]
        try:
            runs = runs_of(stem, section)
        except fetch.FetchError as error:
            print(f"not forecast: {stem}: {error}")
            runs = []
        for run in runs:
            settings = {name: str(value) for name, value in run.items() if name not in ("fit", "data", "curve")}
            key = run["fit"].__name__, run["data"].digest, *sorted(settings.items())
            if key in done:
                continue
            done.add(key)
            if run["fit"] is methods.classify:
                others.append(run["splits"] * alone.get((run["data"].name, run["method"]), 0))
            else:
                pictures += seconds_of(run, steps, min(OVERLAP, at_once))
        took[stem] = round(NOTEBOOK + max(*others, pictures + sum(others) / at_once))
    return took


def without_pictures():
    """Seconds of a core that methods without pictures took a split, as published: {(data set, method): seconds}."""
    took = {}
    for path in (datasets.ROOT / "data" / "results" / readme.LONG).glob("*.cost.csv"):
        cost = pd.read_csv(path)
        rows = pd.read_csv(path.with_name(path.name.replace(".cost", ""))).loc[cost["run"]]
        for dataset, method, seconds in zip(rows["dataset"], rows["method"], cost["seconds"] / cost["rows"]):
            took[dataset, method] = max(seconds, took.get((dataset, method), 0))
    return took


def seconds_of(run, steps, overlap):
    """Seconds of a run of a network; of a picture smaller than its largest the step's by itself / overlap at least."""
    own = steps[steps["network"] == run["backbone"]]
    own = steps if own.empty else own
    largest, nearest = own.loc[own["size"].idxmax()], own.loc[(own["size"] - run["size"]).abs().idxmin()]
    step = max(largest["seconds"] * (run["size"] / largest["size"]) ** 2, nearest["seconds"] / overlap)
    data, forward = run["data"], step / 3 / 8  # of one picture
    once = len(data.labels) * forward
    if run["fit"] is not methods.fine_tune:
        return once + 1
    train = run.get("n_train", int(data.train.sum())) * (2 if run.get("noise") else 1)
    every = run.get("curve", 1)
    tests = len({*range(0, run["epochs"] + 1, every), run["epochs"]}) if every else 0
    return (run["epochs"] + 1) * -(-train // run["batch_size"]) * step + once * (2 + tests / 2)


def main():
    """Write the times of data/results/gpu, predicted from data/results/steps.csv, which make gpu-check measured."""
    folder = datasets.ROOT / "data" / "results" / "gpu"
    steps = pd.read_csv(folder.with_name("steps.csv"))
    machine = f"{steps['device'].iloc[0]}, predicted"
    took = forecast("gpu", steps, 9)  # as many went on there
    results.save_times(folder, {stem: {"seconds": seconds, "machine": machine} for stem, seconds in took.items()})


if __name__ == "__main__":
    main()
