import json
import subprocess
import sys

from tsvision import datasets

BENCH = [sys.executable, "-W", "ignore", str(datasets.ROOT / "benchmarks" / "bench.py")]


def test_one_way_is_measured_in_a_process_of_its_own():
    done = subprocess.run(
        [*BENCH, "--one", "draw pictures of 285 x 285, by number", "4"], capture_output=True, text=True, check=True
    )
    row = json.loads(done.stdout.splitlines()[-1])
    assert row["runs"] == 15 and 0 < row["least_s"] <= row["median_s"] <= row["most_s"] < 10
    assert 0 <= row["peak_memory_mib"] < 2000


def test_an_unknown_step_is_a_sentence():
    done = subprocess.run([*BENCH, "--only", "nosuchstep"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "error: ONLY: expected part of a step's name" in done.stderr
