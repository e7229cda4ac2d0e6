"""make gpu-check: does all that the profile gpu trains work on this GPU? One epoch of each of its networks at its size.

For each network the seconds of a first step, which plans its kernels, and of a later one, and the peak memory of the
GPU; weights that can't be had are random here, which is said. Exit status 2 without a GPU, 1 where a network failed.
"""

import re
import sys
import time
import warnings

import torch

from tsvision.data import datasets, fetch
from tsvision.methods import training
from tsvision.networks import backbones, devices
from tsvision.pictures import views
from tsvision.study import notebooks, processes

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
    """Train on the 30 oils for two epochs of four steps: (settings, what is printed of it)."""
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
    made.add_cb(training.Untested())
    seconds = []
    for _ in range(2):
        begun = time.perf_counter()
        with made.no_bar(), made.no_logging():
            made.fit(1, 1e-4)
        torch.cuda.synchronize()
        seconds.append((time.perf_counter() - begun) / 4)
    if not torch.stack([value.cpu() for value in made.recorder.losses]).isfinite().all():
        raise RuntimeError("the loss is not finite")
    peak = torch.cuda.max_memory_allocated() / 2**30
    return settings["origin"], f"a step {seconds[0]:.2f} s at first, then {seconds[1]:.3f} s; {peak:.1f} GiB"


def main():
    """The exit status."""
    if not torch.cuda.is_available():
        built = f"torch {torch.__version__}, built for CUDA {torch.version.cuda}"
        print(f"error: {built}, sees no GPU: {why()}", file=sys.stderr)
        return 2
    free, whole = (value / 2**30 for value in torch.cuda.mem_get_info())
    print(f"{torch.cuda.device_count()} x {devices.name()}, {free:.0f} of {whole:.0f} GiB free")
    print(f"{processes.at_once(devices.name())} runs go on at once")
    data, failed, missing = datasets.load("OliveOil"), 0, set()
    for (name, size), stems in trained("gpu").items():
        head = f"{name}, {size} px, notebooks {', '.join(stems)}"
        try:
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")  # before devices.start, whose filter stays
                weights, line = measure(name, size, data)
            missing |= {
                re.split(" does not| defaults", text)[0] for one in said if "determinis" in (text := str(one.message))
            }
            print(f"{head}: {line}; weights {weights}", flush=True)
        except Exception as error:  # the next network may work
            failed += 1
            print(f"error: {head}: {' '.join(str(error).split())[:300]}", file=sys.stderr)
        torch.cuda.empty_cache()
    print(f"without a deterministic algorithm in torch: {', '.join(sorted(missing)) or 'nothing that ran'}")
    return int(failed > 0)


def why():
    """What torch says when it is asked for a GPU."""
    try:
        torch.cuda.init()
    except Exception as error:
        return " ".join(str(error).split())[:300]
    return "it finds no device"


if __name__ == "__main__":
    sys.exit(main())
