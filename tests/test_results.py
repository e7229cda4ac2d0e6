import dataclasses
import importlib.util
import os
import re
import shutil
import signal
import time

import calls
import dask
import numpy as np
import pandas as pd
import pytest
from calls import CNN
from dask.distributed import LocalCluster

from tsvision import evaluation, methods
from tsvision.data import datasets, provenance, splits
from tsvision.methods import rows, training
from tsvision.networks import device_name
from tsvision.pictures import encoders
from tsvision.study import results


def data(name="Toy", gain=1.0):
    """12 series of two classes in turn, the first six for training; the series' values are their numbers."""
    series = gain * np.arange(12.0)[:, None].repeat(3, 1)
    labels, train = np.arange(12) % 2, np.arange(12) < 6
    return datasets.Dataset(name, series, labels, ("a", "b"), train, "nowhere", ("time step", None))


class Fit:
    """Stands in for training.fine_tune: answers 0 for every series, counts its calls, fails at the seed it is told to.

    more: columns of its own. epochs: whether there is a history. again: what it says with batch norm recalibrated.
    """

    __module__ = "tsvision.methods.training"

    def __init__(self, fail_at=None, device="cpu", more=None, epochs=True, again=None):
        self.__qualname__, self.device, self.more, self.epochs, self.again = "fine_tune", device, more, epochs, again
        self.calls, self.trained_on, self.known, self.fail_at = [], [], [], fail_at

    def __call__(self, series, labels, train, *, seed, colormap, noise=0.0):
        if seed == self.fail_at:
            raise KeyboardInterrupt
        self.calls.append((colormap, seed))
        self.trained_on.append(train)
        self.known.append(labels)
        known = np.broadcast_to(labels, train.shape)
        pairs = zip(np.atleast_2d(known), np.atleast_2d(train))
        return [self.answer(*pair, seed, colormap) for pair in pairs], {"seconds": 1.5, "peak_memory_mib": 9}

    def answer(self, labels, mask, seed, colormap):
        label = labels[~mask].tolist()
        n, correct = len(label), label.count(0)
        row = {"seed": seed, "method": "m", "backbone": "b", "weights": "w", "encoding": "e", "colormap": colormap}
        row |= {"size": 8, "view": "v", "n_train": len(labels) - n, "n_test": n}
        row |= {"accuracy": correct / n, "correct": correct, "device": self.device}
        predictions = {"series": np.flatnonzero(~mask).tolist(), "label": label, "predicted": [0] * n}
        if self.again is not None:
            row["recalibrated"], predictions["recalibrated"] = label.count(self.again) / n, [self.again] * n
        history = {"epoch": [0, 1], "train_loss": [2.0, 1.0], "test_loss": [1.0, 1.0], "test_accuracy": [0.5, 0.5]}
        return row | (self.more or {}), {"predictions": predictions} | ({"history": history} if self.epochs else {})


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "ROOT", tmp_path)
    return tmp_path / "out"


def collect(runs, device="cpu"):
    return results.collect(runs, device=device, name="03_x", out="out")


def grid(fit, **settings):
    return results.grid(fit, data=data(), **{"colormap": ["viridis", "gray"], "seed": range(2)} | settings)


def letters(series, labels, train, *, a, b, c, curve=True):
    """A fit with settings of every kind."""


def test_grid_by_hand():
    made = [{"fit": letters, "a": a, "b": "xy", "c": c} for a, c in ((1, 0), (1, 1), (2, 0), (2, 1))]
    assert results.grid(letters, a=[1, 2], b="xy", c=range(2)) == made
    assert results.grid(letters, a=1, split=range(1, 1)) == []  # the splits after the first, of one split


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"a": []}, r"a: expected one or more, got \[\]"),
        ({"split": range(0)}, r"split: expected one or more, got range\(0, 0\)"),
        ({"splits": 0}, "splits: expected a whole number from 1 on, got 0"),
        ({"splits": "x"}, "splits: expected a whole number from 1 on, got 'x'"),
        ({"a": 1, "b": "x"}, "letters: missing a required argument: 'c'"),
        ({"a": 1, "b": "x", "c": 2, "curves": 3}, "letters: got an unexpected keyword argument 'curves'"),
    ],
)
def test_a_list_of_nothing_and_a_name_that_the_fit_lacks_are_refused(settings, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        results.grid(letters, **settings)


class Curved(Fit):
    """One that has a history of four epochs, tested as often as it is told to."""

    __module__ = Fit.__module__

    def __call__(self, series, labels, train, *, seed, colormap, curve=1):
        made, cost = super().__call__(series, labels, train, seed=seed, colormap=colormap)
        history = {"epoch": [0, 1, 2, 3], "train_loss": [4.0, 3.0, 2.0, 1.0]}
        if curve:
            history["test_accuracy"] = [n / 8 if n % curve == 0 or n == 3 else None for n in range(4)]
        return [(row, tables | {"history": history}) for row, tables in made], cost


def test_a_run_with_a_curve_serves_who_asks_for_less_of_it_and_not_the_other_way_round(place):
    runs = {curve: results.grid(Curved(), data=data(), colormap="gray", seed=0, curve=curve) for curve in (False, 1, 2)}
    points = {False: None, 1: [0, 0.125, 0.25, 0.375], 2: [0, None, 0.25, 0.375]}

    def told(tables, curve):
        columns = ["run", "epoch", "train_loss", *["test_accuracy"] * bool(curve)]
        assert list(tables.history) == columns and tables.history["train_loss"].tolist() == [4, 3, 2, 1]
        tests = tables.history.get("test_accuracy", pd.Series()).astype(object)
        assert not curve or tests.where(tests.notna(), None).tolist() == points[curve]
        return tables.cost["kept"].tolist()

    for curve, kept in ((False, False), (2, False), (False, True), (1, False), (2, True), (False, True), (1, True)):
        assert told(collect(runs[curve]), curve) == [kept]
    for curve in (-1, 2.5):
        with pytest.raises(ValueError, match=f"curve: expected a whole number from 0 on, got {curve}"):
            collect([runs[1][0] | {"curve": curve}])


def test_runs_that_share_what_a_network_said_are_one_process_s_and_the_longest_begin_first(monkeypatch):
    tiny = {name: CNN[name] for name in CNN if name != "size"} | {"data": data()}
    probes = results.grid(methods.linear_probe, **tiny, size=[32, 64], layer=["1", "all"], splits=2)
    tunes = results.grid(methods.fine_tune, **tiny, size=32, epochs=1, base_lr=1e-3, batch_size=4, split=range(2))
    todo = dict(enumerate(probes + tunes))
    # 12 series, 6 of them trained on, in pixels: 2 x 12 x 32^2, 2 x 12 x 64^2, (12 + 3 x 6) x 32^2
    assert [[key for key, _ in group] for group in results._groups(todo)] == [[2, 3], [4], [5], [0, 1]]
    others = {6: probes[0] | {"backbone": "vit_tiny"}, 7: {"fit": methods.classify, "data": data(), "method": "ridge"}}
    others[8] = {"fit": letters, "data": data(), "size": 30}  # a method of one's own, without a network
    assert [key for group in results._groups(todo | others) for key, _ in group] == [7, 2, 3, 6, 4, 5, 0, 1, 8]
    monkeypatch.setattr(results.processes, "at_once", lambda device: 3 if device == "cpu, 1 threads" else 2)
    assert [results._workers(part, "cpu, 1 threads") for part in (todo, {0: probes[0], 1: probes[1]}, {})] == [3, 1, 1]
    assert results._workers(todo, "some GPU") == 2
    shown = [
        run | {"fit": methods.classify_at, "view": view, "size": 2} for run in tunes for view in ("resize", "grid")
    ]
    longest = [[key for key, _ in group] for group in results._groups(dict(enumerate(shown)))]
    assert longest == [[1, 3], [0, 2]]  # pictures of 2 x 2 pixels, and of one a time step


def test_a_fit_that_another_process_could_not_find_stays_in_this_one(monkeypatch, capsys):
    monkeypatch.setattr(results.processes, "at_once", lambda device: 3)
    assert results._workers(dict(enumerate(grid(Fit()))), "cpu") == 1
    assert "runs: fine_tune stands in no module, so that its runs go on one after another" in capsys.readouterr().out


RUN = CNN | {"epochs": 2, "base_lr": 2e-3, "batch_size": 4}
NAN = float("nan")
REFUSED = [
    *(("encoding", *pair) for pair in (("gaf", ".*, got 'gaf'"), ("mtf+dots", ".* got 'dots'"), (None, ".* 'None'"))),
    ("colormap", "nosuchmap", "expected 'field' or a name that matplotlib knows, got 'nosuchmap'"),
    *(("size", size, f"expected a whole number of pixels from 1 on, got {size}") for size in (0, 32.0)),
    ("view", "zoom", "expected one of field, .*windows, got 'zoom'"),
    ("scaling", "none", "expected one of series, training, got 'none'"),
    ("precision", "fp8", "expected one of fp32, tf32, bf16, fp16, got 'fp8'"),
    *(("epochs", epochs, f"expected a whole number from 1 on, got {epochs}") for epochs in (1.5, True, 0)),
    ("batch_size", -4, "expected a whole number from 2 on, got -4"),
    *((name, bad, f"expected a number above 0, got {bad!r}") for name in ("base_lr", "lr_mult") for bad in ("1", NAN)),
]


@pytest.mark.parametrize("name, value, message", REFUSED)
def test_a_setting_that_cannot_be_is_named_before_anything_runs(name, value, message):
    results.grid(methods.fine_tune, data=data(), **RUN)
    with pytest.raises(ValueError, match=f"^{name}: {message}$"):
        results.grid(methods.fine_tune, data=data(), **RUN | {name: value})


@dataclasses.dataclass(frozen=True)
class Nearness:
    """The settings of a method that somebody adds."""

    power: int
    weight: float = 1.0


def nearest(series, labels, train, *, seed, nearness: Nearness):
    """The class of the training series whose sum is nearest."""
    away = np.abs(series.sum(1)[~train, None] - series.sum(1)[train]) ** nearness.power
    said = labels[train][away.argmin(1)]
    return [rows.answer([{"seed": seed, "method": "nearest"}, nearness], labels, train, said)], {"seconds": 0.1}


def test_a_method_that_is_added_in_one_file_runs_from_grid_to_rows(place):
    runs = results.grid(nearest, data=data(), power=[1, 2], seed=0)
    tables = collect(runs + results.grid(nearest, data=data(), power=2, weight=0.5, split=1), device_name())
    told = tables.rows[["method", "power", "weight", "split", "seed"]].to_numpy().tolist()
    assert told == [["nearest", 1, 1.0, 0, 0], ["nearest", 2, 1.0, 0, 0], ["nearest", 2, 0.5, 1, 1]]
    assert tables.predictions["predicted"][:6].tolist() == [1] * 6  # the last training series is of class 1
    again = collect(results.grid(nearest, data=data(), power=2, weight=1.0, seed=0, split=0), device_name())
    assert again.cost["kept"].tolist() == [True]  # a default that is named is the same run


def test_an_encoding_that_is_added_in_one_place_runs_from_render_to_a_row(place, monkeypatch):
    def steps(x, side, span=None):
        scaled = encoders.min_max(encoders.paa(x, side), span).float()
        return lambda part: scaled[part, :, None].expand(-1, -1, side).clone()

    monkeypatch.setitem(encoders.ENCODINGS, "steps", steps)
    assert encoders.render([[0.0, 1.0, 2.0]], "steps", "field")[0, 0].tolist() == [[0] * 3, [0.5] * 3, [1] * 3]
    wide = dataclasses.replace(data(), series=calls.waves(12)[0])
    runs = results.grid(methods.linear_probe, data=wide, **CNN | {"encoding": ["steps", "gadf"]}, layer="all")
    assert collect(runs, device_name()).rows["encoding"].tolist() == ["steps", "gadf"]


def test_tables_hold_every_run_in_order(place):
    tables = collect(grid(Fit()))
    told = [["Toy", 0, colormap, seed, False] for colormap in ("viridis", "gray") for seed in (0, 1)]
    assert tables.rows[["dataset", "split", "colormap", "seed", "shuffled"]].values.tolist() == told
    assert tables.predictions["run"].tolist() == [0] * 6 + [1] * 6 + [2] * 6 + [3] * 6
    assert tables.history["run"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    for suffix, table in zip(("", ".predictions", ".history", ".cost"), tables, strict=True):
        kept = pd.read_csv(place / "results" / f"03_x{suffix}.csv")
        pd.testing.assert_frame_equal(kept, table.drop(columns=["right", "balanced"], errors="ignore"))
    assert {"right", "balanced"} <= {*tables.rows}  # made anew of the predictions, never written


@pytest.mark.parametrize("n_train", [None, 5, 9])
def test_a_run_is_trained_on_the_splits_it_names_and_tells_a_row_for_each(place, n_train):
    fit, one, nested = Fit(), data(), {"n_train": n_train} if n_train else {}
    masks = splits.nested(one.labels, n_train, 3) if n_train else splits.resamples(one.labels, one.train, 3)
    runs = results.grid(fit, data=one, colormap="gray", **nested, split=range(3))
    runs += results.grid(fit, data=one, colormap=["viridis", "gray"], seed=0, **nested, splits=3)
    tables = collect(runs)
    assert len(fit.trained_on) == 5 and all(map(np.array_equal, fit.trained_on, [*masks, masks, masks]))
    assert tables.rows["split"].tolist() == [0, 1, 2] * 3
    assert tables.rows["colormap"].tolist() == ["gray"] * 3 + ["viridis"] * 3 + ["gray"] * 3
    tested = tables.predictions.groupby("run")["series"].agg(list).tolist()
    assert tested == [np.flatnonzero(~mask).tolist() for mask in masks] * 3
    cost = tables.cost[["run", "rows", "kept", "seconds", "peak_memory_mib"]].to_numpy().tolist()
    assert cost == [[run, count, False, 1.5, 9] for run, count in ((0, 1), (1, 1), (2, 1), (3, 3), (6, 3))]
    assert results.check(tables, runs).startswith("9 rows")
    assert ("drawn" in tables.rows) is bool(n_train)
    other = Fit()  # nothing but the number of training series differs
    collect(results.grid(other, data=one, colormap="gray", n_train=6, split=1))
    assert len(other.calls) == 1


def test_shuffled_runs_are_given_shuffled_training_labels_and_say_so(place):
    fit, one = Fit(), data()
    masks = splits.resamples(one.labels, one.train, 2)
    runs = results.grid(fit, data=one, colormap="gray", seed=3, splits=2, shuffled=[True, False])
    runs += results.grid(fit, data=one, colormap="gray", split=1, shuffled=True)
    tables = collect(runs)
    known = splits.shuffle(one.labels, masks, 3), one.labels, splits.shuffle(one.labels, masks[1], 1)
    assert all(map(np.array_equal, fit.known, known)) and len(fit.known) == 3
    assert tables.rows["shuffled"].tolist() == [True, True, False, False, True]
    labels = tables.predictions.groupby("run")["label"].agg(list).tolist()
    assert labels == [one.labels[~masks[k]].tolist() for k in (0, 1, 0, 1, 1)]


class Failing(Fit):
    """Cannot do seed 1."""

    __module__ = Fit.__module__

    def __call__(self, series, labels, train, *, seed, colormap):
        if seed == 1:
            raise ValueError("seed: not this one")
        return super().__call__(series, labels, train, seed=seed, colormap=colormap)


def test_a_run_that_fails_is_named_and_costs_no_other(place, capsys):
    runs = results.grid(Failing(), data=data(), colormap="gray", seed=range(3))
    says = "^1 of 3 runs failed, the others are kept. run 2 of 3: Toy, fine tune, gray, seed 1, split 0: seed: not this"
    with pytest.raises(results.RunFailed, match=says):
        collect(runs)
    assert (
        "run 2 of 3: Toy, fine tune, gray, seed 1, split 0: seed: not this one; the others go on"
        in capsys.readouterr().out
    )
    fit = Fit()
    collect(results.grid(fit, data=data(), colormap="gray", seed=range(3)))
    assert fit.calls == [("gray", 1)]


def test_the_line_of_a_run_names_picture_view_cut_and_length(place, capsys, monkeypatch):
    monkeypatch.setenv(results.QUIET, "1")
    monkeypatch.setattr(results.processes, "at_once", lambda device: 1)
    short, quick = Fit(more={"cut": "prefix", "length": 2}), Fit(more={"method": "quick"})
    collect(
        results.grid(short, data=data(), colormap="gray", split=1, n_train=9)
        + results.grid(quick, data=data(), colormap="gray", seed=3, splits=2)
    )
    told = r"run 1 of 2: m, b, e, gray, 8 px v, prefix 2 steps, seed 1, split 1: [12] of 3 correct \(1.5 s\)\n"
    told += r"run 2 of 2: quick, b, e, gray, 8 px v, seed 3, 2 splits: 3 of 6 correct \(1.5 s\)\n03_x: .*\n"
    assert re.fullmatch(told, capsys.readouterr().out)


def test_runs_without_epochs_write_no_history_and_stand_beside_runs_with_them(place):
    runs = grid(Fit(epochs=False), seed=0)
    tables = collect(runs)
    assert results.check(tables, runs).startswith("2 rows") and tables.history.empty
    names = sorted(path.name for path in (place / "results").iterdir())
    assert names == ["03_x.cost.csv", "03_x.csv", "03_x.predictions.csv"]
    runs += grid(Fit(), seed=1)
    tables = collect(runs)
    assert tables.history["run"].tolist() == [2, 2, 3, 3] and results.check(tables, runs).startswith("4 rows")


def test_a_second_call_computes_nothing_and_writes_the_same_bytes(place, capsys, monkeypatch):
    monkeypatch.setattr(provenance, "commit", lambda: "one")
    collect(grid(Fit()))
    kept = [path for path in (place / "results").iterdir() if ".cost." not in path.name]
    before = {path.name: path.read_bytes() for path in kept}
    capsys.readouterr()
    monkeypatch.setattr(provenance, "commit", lambda: "two-dirty")
    fit = Fit()
    tables = collect(grid(fit))
    assert fit.calls == [] and {path.name: path.read_bytes() for path in kept} == before
    assert capsys.readouterr().out == "03_x: 4 runs, 4 of them kept from before\n"
    assert tables.cost["kept"].all() and tables.cost["seconds"].tolist() == [1.5] * 4
    collect(grid(Fit(), seed=[7, 7]))  # asked for twice, done once
    assert capsys.readouterr().out.endswith(", 0 of them kept from before\n")
    tables = collect(grid(fit, seed=range(3)))
    assert fit.calls == [("viridis", 2), ("gray", 2)]
    old, new = [True, "one"], [False, "two-dirty"]  # which commit computed it
    assert tables.cost[["kept", "commit"]].to_numpy().tolist() == [old, old, new, old, old, new]


def test_a_run_asked_for_twice_is_computed_once(place):
    fit = Fit()
    tables = collect(grid(fit, seed=0) + grid(fit, seed=[0, 1]))
    assert fit.calls == [("viridis", 0), ("gray", 0), ("viridis", 1), ("gray", 1)]
    told = [["viridis", 0], ["gray", 0], ["viridis", 0], ["viridis", 1], ["gray", 0], ["gray", 1]]
    assert tables.rows[["colormap", "seed"]].values.tolist() == told
    assert len((place / "rows.jsonl").read_text().splitlines()) == 4


@pytest.mark.parametrize(
    "given, same",
    [
        *(({"noise": 0.0}, True), ({"noise": 0}, True), ({"split": 0, "noise": 0.0, "shuffled": False}, True)),
        *(({"noise": 0.1}, False), ({"split": 1}, False), ({"splits": 1}, False), ({"shuffled": True}, False)),
    ],
)
def test_a_setting_that_names_its_default_is_the_same_run_and_another_setting_another(place, given, same):
    collect(grid(Fit(), seed=0))
    fit = Fit()
    collect(grid(fit, seed=0, **given))
    assert fit.calls == ([] if same else [("viridis", 0), ("gray", 0)])


@pytest.mark.parametrize(
    "file, counts",
    [("data/lines.py", False), ("data/fetch.py", False), ("methods/rows.py", True), ("__init__.py", True)],
)
def test_what_readers_do_is_in_the_data_and_not_in_the_key_of_a_fit(tmp_path, monkeypatch, file, counts):
    shutil.copytree(provenance.PACKAGE, package := tmp_path / "tsvision")
    monkeypatch.setattr(provenance, "PACKAGE", package)
    before = results._code(training.fine_tune)
    text = (package / file).read_text(encoding="utf-8")
    (package / file).write_text(f"{text}\nprint('what every import does')\n", encoding="utf-8")
    assert (results._code(training.fine_tune) != before) is counts


@pytest.mark.parametrize("change", ["function", "code", "versions", "device", "data", "name"])
def test_another_function_other_code_versions_device_or_data_compute_anew(place, monkeypatch, change):
    collect(grid(Fit()))
    fit = Fit(device="another GPU" if change == "device" else "cpu")
    if change == "function":
        fit.__qualname__ = "linear_probe"
    elif change == "code":
        monkeypatch.setattr(provenance, "code_digest", lambda *asked, **without: "other code")
    elif change == "versions":
        monkeypatch.setattr(provenance, "versions", lambda: {"torch": "99"})
    one = data("Toy, doubled", 2.0) if change == "data" else data("Other" if change == "name" else "Toy")
    tables = collect(results.grid(fit, data=one, colormap=["viridis", "gray"], seed=range(2)), fit.device)
    assert len(fit.calls) == 4 * (change != "name")  # of the same series
    assert set(tables.rows["dataset"]) == {one.name}, "rows carry the name that was asked for"


def test_a_cut_off_run_goes_on_from_the_last_finished_row(place, capsys):
    with pytest.raises(KeyboardInterrupt):
        collect(grid(Fit(fail_at=1)))
    assert capsys.readouterr().out.splitlines()[-1].endswith(": stopped; 1 of 4 runs are kept, the same call goes on")
    assert not (place / "results").exists()
    fit = Fit()
    collect(grid(fit))
    assert fit.calls == [("viridis", 1), ("gray", 0), ("gray", 1)]


@pytest.mark.parametrize("quiet", [False, True])
def test_a_bar_tells_how_many_of_the_new_runs_are_done_but_not_in_the_log_of_make(place, capsys, monkeypatch, quiet):
    collect(grid(Fit())[:1])
    monkeypatch.setenv(results.QUIET, "1") if quiet else monkeypatch.delenv(results.QUIET, raising=False)
    capsys.readouterr()
    collect(grid(Fit()))
    told = capsys.readouterr().out
    assert ("3/3" in told) is not quiet and len(re.findall(r"run \d of 4: m, b", told)) == 3
    collect(grid(Fit()))
    assert capsys.readouterr().out.count("\n") == 1, "nothing is new: no bar"


@pytest.mark.parametrize(
    "damage",
    [lambda text: text[:-40], lambda text: text.replace('"correct": 3', '"correct": 4', 1), lambda text: "x" + text],
)
def test_a_damaged_line_is_reported_and_computed_again(place, capsys, damage):
    collect(grid(Fit())[:1])
    journal = place / "rows.jsonl"
    journal.write_text(damage(journal.read_text()))
    fit = Fit()
    tables = collect(grid(fit)[:2])
    assert fit.calls == [("viridis", 0), ("viridis", 1)]
    assert tables.rows["correct"].tolist() == [3, 3]
    assert "rows.jsonl, line 1: damaged or cut off" in capsys.readouterr().out
    fit = Fit()
    collect(grid(fit)[:2])  # the cut-off line did not swallow the one after it
    assert fit.calls == []


OWN = """
from tsvision.methods import fine_tune

def fit(series, labels, train, *, seed, weight):
    return [1]

def beside():
    return 0
"""


@pytest.mark.parametrize(
    "old, new, counts",
    [("[1]", "[2]", True), ("return [1]", "return fine_tune(series)", True), ("return 0", "return 1", False)],
)
def test_a_fit_of_ones_own_has_another_key_when_its_text_changes(tmp_path, old, new, counts):
    keys = []
    for name, text in (("before", OWN), ("after", OWN.replace(old, new))):
        (tmp_path / f"{name}.py").write_text(text)
        spec = importlib.util.spec_from_file_location("own", tmp_path / f"{name}.py")
        own = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(own)
        keys += results._keys(results.grid(own.fit, data=data(), weight=2, seed=0), "cpu")
    assert (keys[0] != keys[1]) is counts


def test_a_run_done_on_another_device_is_an_error_and_not_kept(place):
    with pytest.raises(RuntimeError, match="asked for on a GPU, a worker did one on cpu"):
        collect(grid(Fit()), device="a GPU")
    assert not (place / "rows.jsonl").exists() and not (place / "results").exists()


def test_check_finds_rows_that_disagree_with_their_predictions(place):
    runs = grid(Fit())
    tables = collect(runs)
    made, said, history = tables[:3]
    for given, asked, message in (
        ({}, runs[:3], "expected 3 rows, got 4"),
        ({}, [*runs[:3], runs[3] | {"splits": 2}], "expected 5 rows, got 4"),
        ({"rows": made.assign(correct=2)}, runs, "accuracy and correct"),
        ({"predictions": said.assign(predicted=0, label=1)}, runs, "rows and predictions"),
        # a single epoch
        ({"history": history.assign(train_loss=history["train_loss"].mask(history.index == 5))}, runs, "a loss is NaN"),
    ):
        with pytest.raises(AssertionError, match=message):
            results.check(tables._replace(**given), asked)
    for unseen in (history, history.drop(columns="test_loss"), history.assign(test_loss=float("nan"))):
        assert results.check(tables._replace(history=unseen), runs).startswith("4 rows")


def deadly(series, labels, train, *, seed, mark):
    """A fit whose run with seed 5 kills the process it runs in, once: the file `mark` tells which it was."""
    if seed == 5 and not os.path.exists(mark):
        with open(mark, "x") as file:
            file.write(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.1)
    return Fit()(series, labels, train, seed=seed, colormap="gray")


@pytest.mark.filterwarnings("default")  # distributed's own, of a worker that went away
def test_every_run_is_done_once_although_a_worker_of_the_cluster_is_killed(place, tmp_path, monkeypatch):
    mark, here = tmp_path / "killed", os.path.dirname(__file__)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([here, os.path.join(here, "..", "src")]))
    runs = results.grid(deadly, data=data(), seed=range(10), mark=str(mark))
    runs += results.grid(deadly, data=data(), seed=[10, 11], mark=str(mark), splits=2)
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, local_directory=str(tmp_path)
        ) as cluster,
        dask.config.set(scheduler_address=cluster.scheduler_address),
    ):
        monkeypatch.setenv("JOBLIB_BACKEND", "dask")
        workers = {worker.pid for worker in cluster.workers.values()}
        spread = collect(runs)
    assert len(workers) == 2 and int(mark.read_text()) in workers
    lines = (place / "rows.jsonl").read_text().splitlines()
    assert len(lines) == 12 and len(results.read_journal(place / "rows.jsonl")) == 12
    assert spread.rows["seed"].tolist() == [*range(10), 10, 10, 11, 11]
    assert results.check(spread, runs).startswith("14 rows")
    monkeypatch.delenv("JOBLIB_BACKEND")
    (place / "rows.jsonl").unlink()
    alone = collect(runs)
    for ours, theirs in zip(spread[:3], alone[:3]):
        pd.testing.assert_frame_equal(ours, theirs)


def test_an_arm_is_taken_from_the_notebook_that_has_it_on_most_splits_alone():
    held = [
        ("03", "axes", 0, 1),
        ("03", "plot", 0, 2),
        ("07", "axes", 0, 3),
        ("07", "axes", 1, 4),
        ("07", "plot", 0, 5),
    ]
    runs = pd.DataFrame(held, columns=["notebook", "arm", "split", "correct"]).assign(seed=0)
    seeds = runs[:1].assign(seed=[9]), runs[:1].assign(seed=[8])  # three of 03, on one split
    for table in (pd.concat([runs, *seeds]), pd.concat([runs, *seeds, runs])[::-1]):
        assert sorted(evaluation.once(table)["correct"]) == [2, 3, 4]


def test_other_rows_take_the_place_of_all_that_are_like_one_of_them():
    rows = pd.DataFrame({"arm": [*"abab"], "noise": [0.1, None] * 2, "layer": [*"wxyz"], "split": [0, 0, 1, 1]})
    others = pd.DataFrame({"arm": ["b", "b"], "noise": [None, None], "split": [5, 6]}).astype({"noise": float})
    made = evaluation.instead(rows, others, ["arm", "noise"])
    kept = [["b", "", 5], ["b", "", 6], ["a", "w", 0], ["a", "y", 1]]
    assert made[["arm", "layer", "split"]].to_numpy().tolist() == kept


def test_rows_of_joins_the_notebooks_and_fills_missing_text_only(tmp_path):
    size = {"n_train": [1], "n_test": [2]}
    first = pd.DataFrame({"method": ["m"], "accuracy": [0.5], "stands_in_for": [""], "noise": [0.1]} | size)
    second = pd.DataFrame({"method": ["q"], "accuracy": [0.7], "view": ["axes"]} | size)
    for name, table in (("13_b", second), ("11_a", first), ("11_a.cost", first), ("01_x", first[["method"]])):
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    told = evaluation.rows_of(tmp_path)
    assert told["notebook"].tolist() == ["11_a", "13_b"] and told["accuracy"].tolist() == [0.5, 0.7]
    assert told["view"].tolist() == ["", "axes"]
    assert told["noise"].fillna("NaN").tolist() == [0.1, "NaN"]
    assert told["right"].isna().all()  # none kept its predictions
    first.assign(stands_in_for="net").to_csv(tmp_path / "12_c.csv", index=False)
    assert evaluation.rows_of(tmp_path)["stands_in_for"].tolist() == ["", "net", ""]  # where some row has one
    assert evaluation.rows_of(tmp_path / "nothing").empty
    first.assign(channels="joined", dataset="Motions").to_csv(tmp_path / "18_d.csv", index=False)
    pd.concat([first.assign(dataset=name) for name in ("A", "A, cut", "B")]).to_csv(tmp_path / "16_e.csv", index=False)
    on = ("one set", "several sets", "channels", "all")
    kept = {which: [*dict.fromkeys(evaluation.rows_of(tmp_path, which)["notebook"])] for which in on}
    assert kept == {
        "one set": ["11_a", "12_c", "13_b"],
        "several sets": ["16_e"],
        "channels": ["18_d"],
        "all": ["11_a", "12_c", "13_b", "16_e", "18_d"],
    }


PREDICTIONS = pd.DataFrame({"run": [4, 4, 7, 7], "series": [3, 1, 0, 2], "label": [0, 1, 0, 1]})
PREDICTIONS = PREDICTIONS.assign(predicted=[0, 0, 0, 1], recalibrated=[1, 1, np.nan, np.nan])


def told(column):
    """Arrays of right answers as strings: + right, - wrong, blank not tested; None as it is."""
    signs = {1.0: "+", 0.0: "-"}
    return [right if right is None else "".join(signs.get(value, " ") for value in right) for right in column]


def test_with_right_and_recalibrated_by_hand():
    plain = pd.DataFrame({"n_train": 2, "n_test": 2}, index=[4, 9, 7])  # run 9 has no predictions
    made = evaluation.with_right(plain, PREDICTIONS)
    assert told(made["right"]) == [" - +", None, "+ + "] and told(made["right_again"]) == [" + -", None, None]
    assert made["balanced"].tolist() == pytest.approx([0.5, np.nan, 1], nan_ok=True)  # run 4 misses class 1
    most = pd.DataFrame({"run": 9, "series": range(4), "label": [0, 0, 0, 1], "predicted": 0})  # 3 of 4, and 1 of 2
    assert evaluation.with_right(plain.assign(n_test=4), most)["balanced"][9] == 0.5
    assert made["right"][4].dtype == np.float64 and list(plain.columns) == ["n_train", "n_test"]
    for predictions, expected in (
        (PREDICTIONS.drop(columns="recalibrated"), [" - +", None, "+ + "]),
        (PREDICTIONS[:0].drop(columns="recalibrated"), [None] * 3),
    ):
        without = evaluation.with_right(plain, predictions)
        assert told(without["right"]) == expected and "right_again" not in without
    assert evaluation.with_right(plain[:0], PREDICTIONS[:0])["right"].tolist() == []
    plain = plain.assign(accuracy=0.5, recalibrated=[0.25, 0.75, np.nan])
    made = evaluation.recalibrated(evaluation.with_right(plain, PREDICTIONS))
    assert made.index.tolist() == [4] and made["accuracy"].tolist() == [0.25] and told(made["right"]) == [" + -"]
    for predictions in (PREDICTIONS.drop(columns="recalibrated"), PREDICTIONS[2:]):
        assert evaluation.recalibrated(evaluation.with_right(plain, predictions)).empty


def test_rows_and_those_read_from_a_folder_say_who_is_right(place):
    one, again = data(), results.grid(Fit(again=1), data=data(), colormap="gray", split=range(2))
    made = collect(again + grid(Fit(epochs=False), seed=2)).rows
    masks = splits.resamples(one.labels, one.train, 2)
    for right, again, mask in zip(made["right"], made["right_again"], masks):
        assert np.array_equal(np.isnan(right), mask) and np.array_equal(right[~mask], one.labels[~mask] == 0)
        assert np.array_equal(np.isnan(again), mask) and np.array_equal(again[~mask], one.labels[~mask] == 1)
    assert made["right_again"][2:].tolist() == [None, None]  # those without epochs
    kept = evaluation.rows_of(place / "results")
    assert told(kept["right"]) == told(made["right"]) and told(kept["right_again"]) == told(made["right_again"])
    other = pd.DataFrame({"method": ["q"], "accuracy": [0.7], "n_train": 1, "n_test": 2})
    other.to_csv(place / "results" / "04_y.csv", index=False)
    beside = evaluation.rows_of(place / "results")
    assert [isinstance(right, np.ndarray) for right in beside["right"]] == [True] * 4 + [False]
    assert evaluation.recalibrated(beside)["accuracy"].tolist() == made["recalibrated"][:2].tolist()


def test_literature_is_what_others_published_on_a_data_set():
    table = results.literature("OliveOil")
    assert set(table["dataset"]) == {"OliveOil"} and len(table) > 3 and results.literature("NoSuch").empty
    assert (table["correct"].astype(int) / table["n_test"].astype(int) - table["accuracy"]).abs().max() < 1e-3
    means = table["mean_of_30"][table["mean_of_30"] != ""].astype(float)
    assert len(means) >= 2 and means.between(0, 1).all()


def test_an_answer_is_shown_and_kept_whole_or_not_at_all(place, monkeypatch):
    shown = results.answer("a minus b: +1.0 points: better", "03_x", "out")
    assert shown.data == "**Answer.** a minus b: +1.0 points: better."
    kept = place / "results" / "03_x.answer.txt"
    assert kept.read_text() == "a minus b: +1.0 points: better\n"
    results.answer("µ ± 2", "03_x", "out")  # a second run's
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError):
        results.answer("two", "03_x", "out")
    assert kept.read_bytes() == "µ ± 2\n".encode() and [path.name for path in kept.parent.iterdir()] == [kept.name]
    assert evaluation.rows_of(kept.parent).empty
