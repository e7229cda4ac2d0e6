"""make same: the same runs with the same seeds, again, with another number of threads and on another processor's
instructions; on a GPU, where these change little, in another process alone, and networks alone.

Each is a process of its own; what differs goes to data/results/same/<cpu or gpu>.csv, a row a kind of run and change.
Old processors are simulated: torch's libraries are told to leave AVX-512 alone.
"""

import os
import shutil
import subprocess
import sys

import pandas as pd

from tsvision.data import datasets
from tsvision.methods import baselines, frozen, lastblock, training
from tsvision.networks import backbones, devices
from tsvision.study import journal, results

OUT = "build/same"
OLD = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
}
CHANGES = {
    "first": {},
    "another process": {},
    "two threads": {
        "OMP_NUM_THREADS": "2",
        "MKL_NUM_THREADS": "2",
        "OPENBLAS_NUM_THREADS": "2",
        "NUMBA_NUM_THREADS": "2",
    },
    "no AVX-512": OLD,
}


def device():
    """cpu or gpu."""
    return "cpu" if devices.current().type == "cpu" else "gpu"


def collect(change):
    """Every kind of run on five splits."""
    data, splits = datasets.load("OliveOil"), range(5)
    picture = {"encoding": "gadf", "colormap": "viridis", "view": "resize"}
    cnn = backbones.first_available(["resnet18.a1_in1k", "tf_efficientnet_lite0.in1k"], 160) | picture | {"size": 160}
    vit = backbones.first_available(["vit_small_patch14_dinov2.lvd142m"], 280) | picture | {"size": 280}
    rate = {"base_lr": 2e-3, "batch_size": 8, "epochs": 20}
    runs = results.grid(training.fine_tune, data=data, split=splits, **cnn, **rate)
    runs += results.grid(
        lastblock.tune_last_block, data=data, split=splits, **vit, **rate | {"base_lr": 1e-3, "lr_mult": 1000.0}
    )
    runs += [
        run
        for model in (cnn, vit)
        for run in results.grid(frozen.linear_probe, data=data, splits=5, seed=0, layer="all", **model)
    ]
    if device() == "cpu":
        runs += results.grid(baselines.classify, data=data, splits=5, seed=0, method=list(baselines.METHODS))
    results.collect(runs, device=devices.name(), name="same", out=f"{OUT}/{change.replace(' ', '_')}")


def compared(change):
    """A row for each kind of run: how many rows and predictions differ from the first process's, and by how much at
    most.
    """
    tables = [
        [
            pd.read_csv(datasets.ROOT / OUT / name.replace(" ", "_") / "results" / f"same{suffix}.csv")
            for suffix in ("", ".predictions", ".history")
        ]
        for name in ("first", change)
    ]
    (rows, said, losses), (others, say, lost) = tables
    lines = []
    for (method, backbone), group in rows.groupby(["method", "backbone"], sort=False, dropna=False):
        mine = said["run"].isin(group.index)
        loss = (losses["train_loss"] - lost["train_loss"]).abs()[losses["run"].isin(group.index)].max()
        lines.append(
            {"method": method, "backbone": backbone, "change": change, "rows": len(group)}
            | {"predictions": int(mine.sum()), "differ": int((said["predicted"] != say["predicted"])[mine].sum())}
            | {"largest_accuracy": (group["accuracy"] - others["accuracy"]).abs().max().round(6), "largest_loss": loss}
        )
    return lines


def main():
    changes = [*CHANGES][: None if device() == "cpu" else 2]
    for change in changes:
        shutil.rmtree(datasets.ROOT / OUT / change.replace(" ", "_"), ignore_errors=True)
        print(f"{change}:", flush=True)
        subprocess.run([sys.executable, "-W", "ignore", __file__, change], env=os.environ | CHANGES[change], check=True)
    table = pd.DataFrame([line for change in changes[1:] for line in compared(change)])
    table = table.assign(device=devices.name())
    path = datasets.ROOT / "data" / "results" / "same" / f"{device()}.csv"
    journal.write(path, table.to_csv(index=False, lineterminator="\n"))
    print(table.to_string(index=False))


if __name__ == "__main__":
    collect(sys.argv[1]) if len(sys.argv) > 1 else main()
