import importlib.util
import os
import re
import signal
import subprocess
import time

import dask
import numpy as np
import pandas as pd
import pytest
from dask.distributed import LocalCluster

from tsvision import evaluation
from tsvision.data import datasets, provenance, splits
from tsvision.study import results


def data(name="Toy", gain=1.0):
    """12 series of two classes in turn, the first six for training; the series' values are their numbers."""
    series = gain * np.arange(12.0)[:, None].repeat(3, 1)
    labels, train = np.arange(12) % 2, np.arange(12) < 6
    return datasets.Dataset(name, series, labels, ("a", "b"), train, "nowhere", ("time step", None))


class Fit:
    """Stands in for training.fine_tune: answers 0 for every series, counts its calls, fails at the seed it is told
    to.
    """

    __module__ = "tsvision.methods.training"

    def __init__(self, fail_at=None, device="cpu"):
        self.__qualname__, self.device = "fine_tune", device
        self.calls, self.trained_on, self.fail_at = [], [], fail_at

    def __call__(self, series, labels, train, *, seed, colormap, noise=0.0):
        if seed == self.fail_at:
            raise KeyboardInterrupt
        self.calls.append((colormap, seed))
        self.trained_on.append(train)
        made = [self.answer(labels, mask, seed, colormap) for mask in np.atleast_2d(train)]
        return made, {"seconds": 1.5, "peak_memory_mib": 9}

    def answer(self, labels, mask, seed, colormap):
        tested = np.flatnonzero(~mask)
        n, correct = len(tested), int((labels[tested] == 0).sum())
        row = {"seed": seed, "method": "m", "backbone": "b", "weights": "w", "encoding": "e", "colormap": colormap}
        row |= {
            "size": 8,
            "view": "v",
            "n_train": len(labels) - n,
            "n_test": n,
            "accuracy": correct / n,
            "correct": correct,
            "device": self.device,
        }
        predictions = {"series": tested.tolist(), "label": labels[tested].tolist(), "predicted": [0] * n}
        history = {"epoch": [0, 1], "train_loss": [2.0, 1.0], "test_loss": [1.0, 1.0], "test_accuracy": [0.5, 0.5]}
        return row, {"predictions": predictions, "history": history}


class Again(Fit):
    """A method that says what it would answer with batch norm recalibrated, too: 1 for every series."""

    def answer(self, labels, mask, seed, colormap):
        row, tables = super().answer(labels, mask, seed, colormap)
        again = [1] * len(tables["predictions"]["series"])
        right = float((labels[~mask] == 1).mean())
        return row | {"recalibrated": right}, tables | {"predictions": tables["predictions"] | {"recalibrated": again}}


class Quick(Fit):
    """A method without epochs: no history."""

    def answer(self, labels, mask, seed, colormap):
        row, tables = super().answer(labels, mask, seed, colormap)
        return row | {"method": "quick"}, {"predictions": tables["predictions"]}


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "ROOT", tmp_path)
    return tmp_path / "out"


def collect(runs, device="cpu"):
    return results.collect(runs, device=device, name="03_x", out="out")


def grid(fit, **settings):
    return results.grid(fit, data=data(), **{"colormap": ["viridis", "gray"], "seed": range(2)} | settings)


def test_grid_by_hand():
    assert results.grid(print, a=[1, 2], b="xy", c=range(2)) == [
        {"fit": print, "a": 1, "b": "xy", "c": 0},
        {"fit": print, "a": 1, "b": "xy", "c": 1},
        {"fit": print, "a": 2, "b": "xy", "c": 0},
        {"fit": print, "a": 2, "b": "xy", "c": 1},
    ]


def test_tables_hold_every_run_in_order(place):
    tables = collect(grid(Fit()))
    assert tables.rows[["dataset", "split", "colormap", "seed"]].values.tolist() == [
        ["Toy", 0, "viridis", 0],
        ["Toy", 0, "viridis", 1],
        ["Toy", 0, "gray", 0],
        ["Toy", 0, "gray", 1],
    ]
    assert tables.predictions["run"].tolist() == [0] * 6 + [1] * 6 + [2] * 6 + [3] * 6
    assert tables.history["run"].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    for suffix, table in (
        ("", tables.rows),
        (".predictions", tables.predictions),
        (".history", tables.history),
        (".cost", tables.cost),
    ):
        kept = pd.read_csv(place / "results" / f"03_x{suffix}.csv")
        pd.testing.assert_frame_equal(kept, table.drop(columns="right", errors="ignore"))
    assert "right" in tables.rows  # made anew of the predictions, never written


def test_a_run_is_trained_on_the_split_it_names(place):
    fit, one = Fit(), data()
    tables = collect(results.grid(fit, data=one, colormap="gray", seed=0, split=range(3)))
    assert np.array_equal(fit.trained_on, splits.resamples(one.labels, one.train, 3))
    assert tables.rows["split"].tolist() == [0, 1, 2]
    tested = tables.predictions.groupby("run")["series"].agg(list).tolist()
    assert tested == [np.flatnonzero(~mask).tolist() for mask in fit.trained_on]


def test_one_run_over_several_splits_gives_a_row_for_each(place, capsys, monkeypatch):
    monkeypatch.setattr(provenance, "commit", lambda: "abc1234")
    fit, one = Fit(), data()
    runs = results.grid(fit, data=one, colormap=["viridis", "gray"], seed=0, splits=3) + grid(fit, seed=1)
    tables = collect(runs)
    first, second, *_ = fit.trained_on
    assert np.array_equal(first, splits.resamples(one.labels, one.train, 3)) and np.array_equal(first, second)
    assert tables.rows["split"].tolist() == [0, 1, 2, 0, 1, 2, 0, 0]
    assert tables.rows["colormap"].tolist() == ["viridis"] * 3 + ["gray"] * 3 + ["viridis", "gray"]
    tested = tables.predictions.groupby("run")["series"].agg(list).tolist()
    assert tested[3:7] == [np.flatnonzero(~mask).tolist() for mask in [*second, one.train]]
    assert tables.cost.to_dict("list") == {
        "run": [0, 3, 6, 7],  # the first of its rows
        "rows": [3, 3, 1, 1],
        "kept": [False] * 4,
        "seconds": [1.5] * 4,
        "peak_memory_mib": [9] * 4,
        "commit": ["abc1234"] * 4,
    }
    assert "run 2 of 4: m, b, e, gray, 8 px v, seed 0, 3 splits: 3 of 6 correct (1.5 s)" in capsys.readouterr().out
    assert results.check(tables, runs).startswith("8 rows")


def test_a_run_with_a_number_of_training_series_is_trained_on_nested_splits(place):
    fit, one = Fit(), data()
    settings = dict(data=one, colormap="gray", n_train=[5, 9])
    tables = collect(results.grid(fit, **settings, split=range(2)) + results.grid(fit, **settings, seed=0, splits=2))
    five, nine = (splits.nested(one.labels, n_train, 2) for n_train in (5, 9))
    assert [mask.sum(-1).tolist() for mask in fit.trained_on] == [5, 5, 9, 9, [5, 5], [9, 9]]
    for mask, expected in zip(fit.trained_on, [*five, *nine, five, nine]):
        assert np.array_equal(mask, expected)
    assert tables.rows[["split", "n_test"]].to_numpy().tolist() == [[k, n] for n in (7, 3) for k in (0, 1)] * 2
    tested = tables.predictions.groupby("run")["series"].agg(list).tolist()
    assert tested == [np.flatnonzero(~mask).tolist() for mask in [*five, *nine] * 2]


@pytest.mark.parametrize("drawn", [{"split": 1}, {"splits": 2}])
def test_runs_that_differ_in_the_number_of_training_series_alone_are_different_runs(place, drawn):
    for n_train in (None, 6, 8):
        for calls in (1, 0):  # the second is the first's, kept
            fit = Fit()
            collect(
                results.grid(
                    fit, data=data(), colormap="gray", seed=0, **drawn, **({"n_train": n_train} if n_train else {})
                )
            )
            assert len(fit.calls) == calls


class AtLength(Fit):
    """A method that classifies series of another length than it was trained on."""

    def answer(self, labels, mask, seed, colormap):
        row, tables = super().answer(labels, mask, seed, colormap)
        return row | {"cut": "prefix", "length": 2}, tables


def test_the_line_of_a_run_names_picture_view_cut_and_length(place, capsys):
    collect(
        results.grid(AtLength(), data=data(), colormap="gray", split=1, n_train=9)
        + results.grid(Quick(), data=data(), colormap="gray", seed=3)
    )
    first, second, _ = capsys.readouterr().out.splitlines()
    assert re.fullmatch(
        r"run 1 of 2: m, b, e, gray, 8 px v, prefix 2 steps, seed 1, split 1: [12] of 3 correct \(1.5 s\)", first
    )
    assert second == "run 2 of 2: quick, b, e, gray, 8 px v, seed 3, split 0: 3 of 6 correct (1.5 s)"


def test_runs_without_epochs_stand_beside_runs_with_them(place):
    runs = grid(Quick(), seed=0) + grid(Fit(), seed=0)
    tables = collect(runs)
    assert tables.rows["method"].tolist() == ["quick", "quick", "m", "m"]
    assert tables.history["run"].tolist() == [2, 2, 3, 3]
    assert results.check(tables, runs).startswith("4 rows")


def test_runs_without_epochs_alone_write_no_history(place):
    runs = grid(Quick())
    tables = collect(runs)
    assert results.check(tables, runs).startswith("4 rows") and tables.history.empty
    names = sorted(path.name for path in (place / "results").iterdir())
    assert names == ["03_x.cost.csv", "03_x.csv", "03_x.predictions.csv"]


def test_the_same_method_on_two_data_sets_is_two_runs(place):
    fit = Fit()
    tables = collect(results.grid(fit, data=[data(), data("Toy, doubled", 2.0)], colormap="gray", seed=0))
    assert tables.rows["dataset"].tolist() == ["Toy", "Toy, doubled"]


def test_a_second_call_computes_nothing_and_writes_the_same_bytes(place, capsys):
    collect(grid(Fit()))
    kept = [path for path in (place / "results").iterdir() if ".cost." not in path.name]
    before = {path.name: path.read_bytes() for path in kept}
    capsys.readouterr()
    fit = Fit()
    tables = collect(grid(fit))
    assert fit.calls == []
    assert {path.name: path.read_bytes() for path in kept} == before
    assert tables.cost["kept"].all() and tables.cost["seconds"].tolist() == [1.5] * 4
    assert capsys.readouterr().out == "03_x: 4 runs, 4 of them kept from before\n"


def test_a_kept_run_says_which_commit_computed_it(place, monkeypatch):
    for now in ("one", "two-dirty"):
        monkeypatch.setattr(provenance, "commit", lambda now=now: now)
        tables = collect(grid(Fit(), seed=range(1 if now == "one" else 2)))
    assert tables.cost[["kept", "commit"]].to_numpy().tolist() == [[True, "one"], [False, "two-dirty"]] * 2


def test_the_commit_of_a_checkout_and_whether_something_changed_since(place):
    assert provenance.commit() == provenance.record()["commit"] == "not a git checkout"

    def git(*words):
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        return subprocess.run(
            ["git", *who, *words], cwd=place.parent, check=True, capture_output=True, text=True
        ).stdout.strip()

    (place.parent / "file").write_text("one")
    git("init", "-q")
    git("add", "file")
    git("commit", "-q", "-m", "first")
    short = git("rev-parse", "--short=7", "HEAD")
    assert provenance.commit() == short
    (place.parent / "file").write_text("two")
    assert provenance.commit() == provenance.record()["commit"] == f"{short}-dirty"


def test_a_run_asked_for_twice_is_computed_once(place):
    fit = Fit()
    tables = collect(grid(fit, seed=0) + grid(fit, seed=[0, 1]))
    assert fit.calls == [("viridis", 0), ("gray", 0), ("viridis", 1), ("gray", 1)]
    assert tables.rows[["colormap", "seed"]].values.tolist() == [
        *(["viridis", 0], ["gray", 0]),
        *(["viridis", 0], ["viridis", 1], ["gray", 0], ["gray", 1]),
    ]
    assert len((place / "rows.jsonl").read_text().splitlines()) == 4


@pytest.mark.parametrize("usual", [{"noise": 0.0}, {"noise": 0}, {"split": 0}, {"split": 0, "noise": 0.0}])
def test_a_setting_that_names_its_default_is_the_same_run(place, usual):
    collect(grid(Fit(), seed=0))
    fit = Fit()
    collect(grid(fit, seed=0, **usual))
    assert fit.calls == []


@pytest.mark.parametrize("other", [{"noise": 0.1}, {"split": 1}, {"splits": 1}])
def test_another_setting_is_another_run(place, other):
    collect(grid(Fit(), seed=0))
    fit = Fit()
    collect(grid(fit, seed=0, **other))
    assert fit.calls == [("viridis", 0), ("gray", 0)]


def test_another_function_is_another_run(place):
    collect(grid(Fit(), seed=0))
    fit = Fit()
    fit.__qualname__ = "linear_probe"
    collect(grid(fit, seed=0))
    assert len(fit.calls) == 2


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


def test_more_seeds_keep_the_rows_that_are_there(place):
    collect(grid(Fit()))
    fit = Fit()
    assert len(collect(grid(fit, seed=range(3))).rows) == 6
    assert fit.calls == [("viridis", 2), ("gray", 2)]


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


@pytest.mark.parametrize("change", ["code", "versions", "device", "data"])
def test_other_code_versions_device_or_data_compute_anew(place, monkeypatch, change):
    collect(grid(Fit()))
    if change == "code":
        monkeypatch.setattr(provenance, "code_digest", lambda modules, function: "other code")
    elif change == "versions":
        monkeypatch.setattr(provenance, "versions", lambda: {"torch": "99"})
    elif change == "data":
        monkeypatch.setattr(datasets.Dataset, "digest", "other data")
    fit = Fit(device="another GPU" if change == "device" else "cpu")
    collect(grid(fit), device=fit.device)
    assert len(fit.calls) == 4


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


def test_rows_carry_the_name_that_was_asked_for(place):
    fit, one = Fit(), data("Toy, as downloaded")
    runs = [results.grid(fit, data=each, colormap="gray", seed=0) for each in (data(), one)]
    assert one.digest == data().digest
    assert collect(runs[0]).rows["dataset"].tolist() == ["Toy"]
    assert collect(runs[1]).rows["dataset"].tolist() == ["Toy, as downloaded"]
    assert fit.calls == [("gray", 0)]  # the same series: the second is the first's, kept


def test_check_finds_rows_that_disagree_with_their_predictions(place):
    runs = grid(Fit())
    tables = collect(runs)
    assert results.check(tables, runs).startswith("4 rows")
    with pytest.raises(AssertionError, match="expected 3 rows, got 4"):
        results.check(tables, runs[:3])
    with pytest.raises(AssertionError, match="expected 5 rows, got 4"):
        results.check(tables, [*runs[:3], runs[3] | {"splits": 2}])
    with pytest.raises(AssertionError, match="accuracy and correct"):
        results.check(tables._replace(rows=tables.rows.assign(correct=2)), runs)
    with pytest.raises(AssertionError, match="rows and predictions"):
        results.check(tables._replace(predictions=tables.predictions.assign(predicted=0, label=1)), runs)
    with pytest.raises(AssertionError, match="NaN"):
        results.check(tables._replace(history=tables.history.assign(train_loss=float("nan"))), runs)
    one = tables.history["train_loss"].mask(tables.history.index == 5)  # a single epoch
    with pytest.raises(AssertionError, match="a loss is NaN"):
        results.check(tables._replace(history=tables.history.assign(train_loss=one)), runs)


def test_check_asks_for_the_training_loss_alone(place):
    runs = grid(Fit())
    tables = collect(runs)
    for history in (tables.history.drop(columns="test_loss"), tables.history.assign(test_loss=float("nan"))):
        assert results.check(tables._replace(history=history), runs).startswith("4 rows")


# --- a cluster --------------------------------------------------------------------------------------------------------


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


def test_rows_of_joins_the_notebooks_and_fills_missing_text_only(tmp_path):
    size = {"n_train": [1], "n_test": [2]}
    first = pd.DataFrame({"method": ["m"], "accuracy": [0.5], "stands_in_for": [""], "noise": [0.1]} | size)
    second = pd.DataFrame({"method": ["q"], "accuracy": [0.7], "view": ["axes"]} | size)
    for name, table in (("13_b", second), ("11_a", first), ("11_a.cost", first), ("01_x", first[["method"]])):
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    rows = evaluation.rows_of(tmp_path)
    assert rows["notebook"].tolist() == ["11_a", "13_b"] and rows["accuracy"].tolist() == [0.5, 0.7]
    assert rows["view"].tolist() == ["", "axes"]
    assert rows["noise"].fillna("NaN").tolist() == [0.1, "NaN"]
    assert rows["right"].isna().all()  # none kept its predictions
    assert evaluation.rows_of(tmp_path / "nothing").empty


def test_rows_of_gives_no_text_where_no_row_has_one(tmp_path):
    for name, text in (("11_a", ""), ("13_b", "net")):
        table = pd.DataFrame({"accuracy": [0.5, 0.5], "stands_in_for": [text, text], "n_train": 1, "n_test": 2})
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    assert evaluation.rows_of(tmp_path)["stands_in_for"].tolist() == ["", "", "net", "net"]


PREDICTIONS = pd.DataFrame(
    {
        "run": [4, 4, 7, 7],
        "series": [3, 1, 0, 2],
        "label": [0, 1, 0, 1],
        "predicted": [0, 0, 0, 1],
        "recalibrated": [1, 1, np.nan, np.nan],
    }
)


def told(column):
    """Arrays of right answers as strings: + right, - wrong, blank not tested; None as it is."""
    signs = {1.0: "+", 0.0: "-"}
    return [right if right is None else "".join(signs.get(value, " ") for value in right) for right in column]


def test_with_right_by_hand():
    rows = pd.DataFrame({"n_train": 2, "n_test": 2}, index=[4, 9, 7])  # run 9 has no predictions
    made = evaluation.with_right(rows, PREDICTIONS)
    assert told(made["right"]) == [" - +", None, "+ + "] and told(made["right_again"]) == [" + -", None, None]
    assert made["right"][4].dtype == np.float64 and list(rows.columns) == ["n_train", "n_test"]
    without = evaluation.with_right(rows, PREDICTIONS.drop(columns="recalibrated"))
    assert told(without["right"]) == [" - +", None, "+ + "] and "right_again" not in without
    nothing = evaluation.with_right(rows, pd.DataFrame({"run": []}))
    assert told(nothing["right"]) == [None] * 3 and "right_again" not in nothing
    assert evaluation.with_right(rows[:0], PREDICTIONS[:0])["right"].tolist() == []


def test_recalibrated_rows_are_those_that_kept_what_they_answer_then():
    rows = pd.DataFrame(
        {"n_train": 2, "n_test": 2, "accuracy": 0.5, "recalibrated": [0.25, 0.75, np.nan]}, index=[4, 9, 7]
    )
    made = evaluation.recalibrated(evaluation.with_right(rows, PREDICTIONS))
    assert made.index.tolist() == [4] and made["accuracy"].tolist() == [0.25] and told(made["right"]) == [" + -"]
    for predictions in (PREDICTIONS.drop(columns="recalibrated"), PREDICTIONS[2:]):
        assert evaluation.recalibrated(evaluation.with_right(rows, predictions)).empty


def test_rows_and_those_read_from_a_folder_say_who_is_right(place):
    one, runs = data(), results.grid(Again(), data=data(), colormap="gray", split=range(2)) + grid(Quick(), seed=2)
    rows = collect(runs).rows
    masks = splits.resamples(one.labels, one.train, 2)
    for right, again, mask in zip(rows["right"], rows["right_again"], masks):
        assert np.array_equal(np.isnan(right), mask) and np.array_equal(right[~mask], one.labels[~mask] == 0)
        assert np.array_equal(np.isnan(again), mask) and np.array_equal(again[~mask], one.labels[~mask] == 1)
    assert rows["right_again"][2:].tolist() == [None, None]  # those without epochs
    kept = evaluation.rows_of(place / "results")
    assert [told(kept[name]) for name in ("right", "right_again")] == [
        told(rows[name]) for name in ("right", "right_again")
    ]
    pd.DataFrame({"method": ["q"], "accuracy": [0.7], "n_train": 1, "n_test": 2}).to_csv(
        place / "results" / "04_y.csv", index=False
    )
    beside = evaluation.rows_of(place / "results")
    assert [isinstance(right, np.ndarray) for right in beside["right"]] == [True] * 4 + [False]
    assert evaluation.recalibrated(beside)["accuracy"].tolist() == rows["recalibrated"][:2].tolist()


def test_literature_is_what_others_published_on_a_data_set():
    table = results.literature("OliveOil")
    assert set(table["dataset"]) == {"OliveOil"} and len(table) > 3 and results.literature("NoSuch").empty
    assert (table["correct"].astype(int) / table["n_test"].astype(int) - table["accuracy"]).abs().max() < 1e-3
    means = table["mean_of_30"][table["mean_of_30"] != ""].astype(float)
    assert len(means) >= 2 and means.between(0, 1).all()


def test_an_answer_is_kept_and_shown(place):
    shown = results.answer("a minus b: +1.0 points: better", "03_x", "out")
    assert shown.data == "**Answer.** a minus b: +1.0 points: better."
    kept = place / "results" / "03_x.answer.txt"
    assert kept.read_text() == "a minus b: +1.0 points: better\n"
    results.answer("µ ± 2", "03_x", "out")  # a second run's
    assert kept.read_bytes() == "µ ± 2\n".encode() and [path.name for path in kept.parent.iterdir()] == [kept.name]
    assert evaluation.rows_of(kept.parent).empty


def test_write_is_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "new" / "file.txt"
    results.write(path, "one")
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError):
        results.write(path, "two")
    assert path.read_text() == "one"
