"""make bench: what each step costs beside the way it is usually done, on one machine in one run.

Every way of benchmarks/ways.py is measured in a process of its own. A row holds the median, least and most seconds of
its runs (a first, cold run is left out where there is more than one) and the peak memory that the runs added to what
lay there when they began: of the GPU, else of the process, helper processes of a loader not counted. Rows go to
build/bench/<cpu or gpu>.csv as they come, among those that the same code has measured before; make publish takes them
to data/results/bench.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import torch
from ways import STEPS, WITHOUT_ALLOCATOR

from tsvision.data import datasets, provenance
from tsvision.networks import devices
from tsvision.study import journal, report

OUT = datasets.ROOT / "build" / "bench"


def seconds_of(function, runs):
    """(median, least, most) seconds of a function, the first call left out where there is more than one run."""
    taken = []
    for _ in range(runs + (runs > 1)):
        begun = time.perf_counter()
        function()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - begun)
    taken = taken[runs > 1 :]
    return statistics.median(taken), min(taken), max(taken)


def measure(step, name):
    """Measure one way in this process; returns its row."""
    function, runs = STEPS[step][name]()
    notes = []

    def once():
        made = function()
        if isinstance(made, str):
            notes.append(made)

    before = memory(reset=True)
    median, least, most = seconds_of(once, runs)
    after, notes = memory(), notes[runs > 1 :]
    return {
        "step": step,
        "way": name,
        "runs": runs,
        "median_s": float(f"{median:.4g}"),
        "least_s": float(f"{least:.4g}"),
        "most_s": float(f"{most:.4g}"),
        "peak_memory_mib": "" if after is None else max(0, round(after - before)),
        "note": notes[0] if len(set(notes)) == 1 else " ".join(notes),
        "device": devices.name(),
    }


def memory(reset=False):
    """MiB: with reset what is used now, from where a new peak is looked for; without, the peak since. None where not
    told.
    """
    if torch.cuda.is_available():
        if reset:
            torch.cuda.reset_peak_memory_stats()
        return (torch.cuda.memory_allocated() if reset else torch.cuda.max_memory_allocated()) / 2**20
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        status = Path("/proc/self/status").read_text()
    except OSError:
        return None
    return int(re.search(r"VmRSS:\s+(\d+)" if reset else r"VmHWM:\s+(\d+)", status)[1]) / 2**10


def in_a_process(step, name):
    """measure() in a fresh Python; its row, or None if it failed (it has said why)."""
    environment = os.environ | {"MPLBACKEND": "agg"}
    environment["PYTHONPATH"] = os.pathsep.join([str(datasets.ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    if name == WITHOUT_ALLOCATOR:
        environment = {key: value for key, value in environment.items() if not key.startswith("MALLOC_")}
    child = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, "--one", step, name],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return json.loads(child.stdout.splitlines()[-1]) if child.returncode == 0 else None


def keep(row):
    """Put a row into its device's file, among the rows that today's code has measured before, in the order of STEPS."""
    device = "cpu" if row["device"].startswith("cpu") else "gpu"
    table, record = OUT / f"{device}.csv", OUT / f"{device}.run.json"
    today = {"code": provenance.code_digest(report.MEASURED)}
    rows = {}
    if table.exists() and json.loads(record.read_text(encoding="utf-8"))["code"] == today["code"]:
        before = pd.read_csv(table, keep_default_na=False, dtype={"way": str}).to_dict("records")
        rows = {(old["step"], old["way"]): old for old in before}
    rows[row["step"], row["way"]] = row
    ordered = [rows[key] for key in ((step, name) for step, ways in STEPS.items() for name in ways) if key in rows]
    today["complete"] = len(ordered) == sum(map(len, STEPS.values()))
    journal.write(record, json.dumps(provenance.record() | today, indent=1) + "\n")
    journal.write(table, pd.DataFrame(ordered).to_csv(index=False, lineterminator="\n"))


def main():
    """Measure every step, or those with a word in their name; 1 when one failed, 2 for a word that no step has."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="measure the steps with this in their name")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(*options.one)))
        return 0
    todo = [(step, name) for step, ways in STEPS.items() if options.only in step for name in ways]
    if not todo:
        print(f"error: ONLY: expected a part of {'; '.join(STEPS)}, got {options.only!r}", file=sys.stderr)
        return 2
    rows, failed = {}, 0
    for step, name in todo:
        row = in_a_process(step, name)
        if row is None:
            failed += 1
            print(f"error: {step}, {name}: its process failed, see above", file=sys.stderr)
            continue
        rows[step, name] = row
        print(
            f"{step} | {name}: {row['median_s']:.4g} s ({row['least_s']:.4g} to {row['most_s']:.4g}) {row['note']}",
            flush=True,
        )
        keep(row)
    print(pd.DataFrame(rows.values()).drop(columns=["note", "device"]).to_string(index=False) if rows else "no rows")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
