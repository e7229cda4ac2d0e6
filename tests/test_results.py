import json
import platform

import numpy as np
import pandas as pd
import pytest

from tsvision import datasets, results


def data():
    return datasets.Dataset(
        "Toy", np.zeros((2, 3)), np.array([0, 1]), ("a", "b"), np.array([True, False]), "nowhere", ("time step", None)
    )


class Fit:
    """Stands in for training.fine_tune: counts its calls, fails at the seed it is told to."""

    __module__ = "tsvision.training"

    def __init__(self, fail_at=None):
        self.calls, self.fail_at = [], fail_at

    def __call__(self, series, labels, train, *, seed, colormap):
        if seed == self.fail_at:
            raise KeyboardInterrupt
        self.calls.append((colormap, seed))
        row = {
            "seed": seed,
            "method": "m",
            "backbone": "b",
            "weights": "w",
            "encoding": "e",
            "colormap": colormap,
            "size": 8,
            "n_test": 4,
            "accuracy": 0.5,
            "correct": 2,
            "device": "cpu",
        }
        predictions = {"series": [1, 2, 3, 4], "label": [0, 0, 1, 1], "predicted": [0, 1, 1, 0]}
        return (
            row,
            {
                "predictions": predictions,
                "history": {
                    "epoch": [0, 1],
                    "train_loss": [2.0, 1.0],
                    "test_loss": [1.0, 1.0],
                    "test_accuracy": [0.5, 0.5],
                },
            },
            {"seconds": 1.5, "peak_memory_mib": 9},
        )


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "ROOT", tmp_path)
    return tmp_path / "out"


def collect(fit, runs, device="cpu"):
    return results.collect(fit, data(), runs, device=device, name="03_x", out="out")


RUNS = results.grid(colormap=["viridis", "gray"], seed=range(2))


def test_grid_by_hand():
    assert results.grid(a=[1, 2], b="xy", c=range(2)) == [
        {"a": 1, "b": "xy", "c": 0},
        {"a": 1, "b": "xy", "c": 1},
        {"a": 2, "b": "xy", "c": 0},
        {"a": 2, "b": "xy", "c": 1},
    ]


def test_tables_hold_every_run_in_order(place):
    tables = collect(Fit(), RUNS)
    assert tables.rows[["dataset", "split", "colormap", "seed"]].values.tolist() == [
        ["Toy", "default", "viridis", 0],
        ["Toy", "default", "viridis", 1],
        ["Toy", "default", "gray", 0],
        ["Toy", "default", "gray", 1],
    ]
    assert tables.predictions["run"].tolist() == [0] * 4 + [1] * 4 + [2] * 4 + [3] * 4
    for suffix, table in (
        ("", tables.rows),
        (".predictions", tables.predictions),
        (".history", tables.history),
        (".cost", tables.cost),
    ):
        pd.testing.assert_frame_equal(pd.read_csv(place / "results" / f"03_x{suffix}.csv"), table)


def test_a_second_call_computes_nothing_and_writes_the_same_bytes(place, capsys):
    collect(Fit(), RUNS)
    kept = [path for path in (place / "results").iterdir() if ".cost." not in path.name]
    before = {path.name: path.read_bytes() for path in kept}
    fit = Fit()
    collect(fit, RUNS)
    assert fit.calls == []
    assert {path.name: path.read_bytes() for path in kept} == before
    assert (
        "run 4 of 4: m, b, e, gray, 8 px, seed 1: 2 of 4 correct (1.5 s, kept from before)" in capsys.readouterr().out
    )


def test_a_cut_off_run_goes_on_from_the_last_finished_row(place):
    with pytest.raises(KeyboardInterrupt):
        collect(Fit(fail_at=1), RUNS)
    assert not (place / "results").exists()
    fit = Fit()
    collect(fit, RUNS)
    assert fit.calls == [("viridis", 1), ("gray", 0), ("gray", 1)]


def test_more_seeds_keep_the_rows_that_are_there(place):
    collect(Fit(), RUNS)
    fit = Fit()
    assert len(collect(fit, results.grid(colormap=["viridis", "gray"], seed=range(3))).rows) == 6
    assert fit.calls == [("viridis", 2), ("gray", 2)]


@pytest.mark.parametrize(
    "damage",
    [lambda text: text[:-40], lambda text: text.replace('"correct": 2', '"correct": 3', 1), lambda text: "x" + text],
)
def test_a_damaged_line_is_reported_and_computed_again(place, capsys, damage):
    collect(Fit(), RUNS[:1])
    journal = place / "rows.jsonl"
    journal.write_text(damage(journal.read_text()))
    fit = Fit()
    tables = collect(fit, RUNS[:2])
    assert fit.calls == [("viridis", 0), ("viridis", 1)]
    assert tables.rows["correct"].tolist() == [2, 2]
    assert "rows.jsonl, line 1: damaged or cut off" in capsys.readouterr().out
    fit = Fit()
    collect(fit, RUNS[:2])  # the cut-off line did not swallow the one after it
    assert fit.calls == []


@pytest.mark.parametrize("change", ["code", "versions", "device", "data"])
def test_other_code_versions_device_or_data_compute_anew(place, monkeypatch, change):
    collect(Fit(), RUNS)
    if change == "code":
        monkeypatch.setattr(results, "code_digest", lambda modules: "other code")
    elif change == "versions":
        monkeypatch.setattr(results, "versions", lambda: {"torch": "99"})
    elif change == "data":
        monkeypatch.setattr(datasets.Dataset, "digest", "other data")
    fit = Fit()
    collect(fit, RUNS, device="another GPU" if change == "device" else "cpu")
    assert len(fit.calls) == 4


def test_check_finds_rows_that_disagree_with_their_predictions(place):
    tables = collect(Fit(), RUNS)
    assert results.check(tables, RUNS).startswith("4 rows")
    with pytest.raises(AssertionError, match="expected 3 rows, got 4"):
        results.check(tables, RUNS[:3])
    with pytest.raises(AssertionError, match="accuracy and correct"):
        results.check(tables._replace(rows=tables.rows.assign(correct=3)), RUNS)
    with pytest.raises(AssertionError, match="rows and predictions"):
        results.check(tables._replace(predictions=tables.predictions.assign(predicted=0, label=1)), RUNS)
    with pytest.raises(AssertionError, match="NaN"):
        results.check(tables._replace(history=tables.history.assign(train_loss=float("nan"))), RUNS)


def test_code_digest_sees_code_of_imported_modules_but_not_comments(tmp_path, monkeypatch):
    for name, text in (("a", "from tsvision import b\nx = 1\n"), ("b", "y = 2\n"), ("c", "z = 3\n")):
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.setattr(results, "__file__", str(tmp_path / "results.py"))
    first = results.code_digest(["tsvision.a"])
    (tmp_path / "a.py").write_text('"""A docstring."""\nfrom tsvision import b  # a comment\n\nx = 1\n')
    (tmp_path / "c.py").write_text("z = 4\n")
    with_docstring = results.code_digest(["a"])
    (tmp_path / "a.py").write_text('"""Another docstring."""\nfrom tsvision import b\nx = 1\n')
    assert results.code_digest(["a"]) == with_docstring == first
    (tmp_path / "b.py").write_text("y = 3\n")
    assert results.code_digest(["a"]) != with_docstring


def test_write_is_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "new" / "file.txt"
    results.write(path, "one")
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError):
        results.write(path, "two")
    assert path.read_text() == "one"


def test_provenance_names_no_host_and_no_user():
    text = json.dumps(results.provenance())
    assert set(json.loads(text)) == {"commit", "python", "versions", "system", "processor", "cores"}
    assert str(datasets.ROOT) not in text and platform.node() not in text
