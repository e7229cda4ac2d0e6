import json
import os
import subprocess
import sys

import bench
import pandas as pd
import pytest

from tsvision.data import datasets

SCRIPT = [sys.executable, "-W", "ignore", str(datasets.ROOT / "benchmarks" / "bench.py")]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(datasets.ROOT / "src")}


def test_one_way_is_measured_in_a_process_of_its_own():
    step = "draw pictures of 285 x 285, by number"
    done = subprocess.run([*SCRIPT, "--one", step, "16"], capture_output=True, text=True, check=True, env=ENVIRONMENT)
    row = json.loads(done.stdout.splitlines()[-1])
    assert (row["step"], row["way"], row["runs"]) == (step, "16", 15)
    assert 0 < row["least_s"] <= row["median_s"] <= row["most_s"] < 10
    if sys.platform == "linux":
        assert (
            16 * 3 * 285**2 * 4 / 2**20 < row["peak_memory_mib"] < 200
        )  # the images themselves, and not the libraries


def test_an_unknown_step_is_a_sentence():
    done = subprocess.run(
        [*SCRIPT, "--only", "nosuchstep"], capture_output=True, text=True, check=False, env=ENVIRONMENT
    )
    assert done.returncode == 2
    assert "error: ONLY: expected a part of draw 60 pictures" in done.stderr


def test_rows_are_written_as_they_come_and_a_failure_stops_nothing(tmp_path, monkeypatch, capsys):
    row = dict(
        step="s", way="", runs=3, median_s=1.0, least_s=0.5, most_s=2.0, peak_memory_mib=7, note="", device="cpu"
    )
    seen = []

    def in_a_process(step, name):
        seen.append(len(pd.read_csv(tmp_path / "cpu.csv")) if (tmp_path / "cpu.csv").exists() else 0)
        return None if name == "b" else row | {"way": name}

    monkeypatch.setattr(bench, "STEPS", {"s": dict.fromkeys("abc")})
    monkeypatch.setattr(bench, "OUT", tmp_path)
    monkeypatch.setattr(bench, "in_a_process", in_a_process)
    monkeypatch.setattr(sys, "argv", ["bench.py"])
    assert bench.main() == 1
    assert seen == [0, 1, 1]
    assert pd.read_csv(tmp_path / "cpu.csv")["way"].tolist() == ["a", "c"]
    record = json.loads((tmp_path / "cpu.run.json").read_text())
    assert record["code"] and not record["complete"]
    assert "error: s, b: its process failed" in capsys.readouterr().err


def test_a_row_joins_those_of_the_same_code_in_the_order_of_steps(tmp_path, monkeypatch):
    row = dict(
        step="s", way="2", runs=3, median_s=1.0, least_s=0.5, most_s=2.0, peak_memory_mib="", note="", device="cpu"
    )
    monkeypatch.setattr(bench, "STEPS", {"s": dict.fromkeys("12")})
    monkeypatch.setattr(bench, "OUT", tmp_path)
    for new in (row, row | {"way": "1"}, row | {"median_s": 4.0}):
        bench.keep(new)
    assert pd.read_csv(tmp_path / "cpu.csv")[["way", "median_s"]].to_numpy().tolist() == [[1, 1.0], [2, 4.0]]
    (tmp_path / "cpu.run.json").write_text('{"code": "of yesterday"}')
    bench.keep(row | {"way": "1", "device": "cpu, 2 threads"})
    assert pd.read_csv(tmp_path / "cpu.csv")["way"].tolist() == [1]


def test_seconds_leave_the_cold_run_out(monkeypatch):
    clock = iter([0, 100, 100, 101, 101, 104, 104, 106])  # 100 s cold, then 1, 3 and 2
    monkeypatch.setattr(bench.time, "perf_counter", lambda: next(clock))
    assert bench.seconds_of(lambda: None, 3) == (2, 1, 3)
    clock = iter([0, 100])
    assert bench.seconds_of(lambda: None, 1) == (100, 100, 100)


def test_stages_count_kept_runs_with_what_they_took(tmp_path):
    cells = [("imports", 9.04), ("fit", 0.5), ("figure", 0.2), ("why", None)]
    cells = [
        {"id": name, "metadata": {"papermill": {"duration": seconds}} if seconds else {}} for name, seconds in cells
    ]
    (tmp_path / "03_x.ipynb").write_text(json.dumps({"cells": cells}))
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "03_x.cost.csv").write_text("run,kept,seconds\n0,True,40\n1,False,2\n")
    assert bench.stages(tmp_path)[["stage", "seconds"]].to_numpy().tolist() == [["imports", 9.0], ["fit", 40.5]]


@pytest.mark.parametrize("step", bench.STEPS)
def test_every_step_has_ways_to_compare_or_sizes(step):
    ways = list(bench.STEPS[step])
    assert len(ways) > 1 or step.startswith("tune the last block")
    assert ", by " not in step or all(float(name) > 0 for name in ways)
