"""What each step costs beside the way it is usually done, on one machine in one run: make bench.

Every measurement is a process of its own, so that its peak memory is its own. A way prepares its input, returns what is to
be timed, and how often; the first, cold call is left out where there is more than one. Rows go to build/bench/<device>.csv,
make publish moves them to data/results/bench. make bench ONLY=heads measures one step.
"""

import argparse
import io
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from tsvision import datasets, results

OUT = datasets.ROOT / "build" / "bench"
STEPS = {}  # step -> {way: function}; the first way of a step is the one that the others are compared with
LENGTHS = (64, 128, 256, 512, 1024, 2048)
BATCHES = (1, 4, 16, 64, 256)
CNN = ["tf_efficientnet_lite0.in1k"]
VIT = ["vit_small_patch14_dinov2.lvd142m"]


def way(step, name):
    """Register a function() -> (timed function, repeats) as a way to do a step; the timed function may return a note."""

    def register(function):
        STEPS.setdefault(step, {})[name] = function
        return function

    return register


def oils():
    """OliveOil, and its 60 series as a tensor on the device."""
    import torch

    from tsvision import training

    data = datasets.load("OliveOil")
    return data, torch.as_tensor(data.series, device=training.device())


def decoded(files):
    """PNG files to one float tensor (n, 3, h, w), as a loader would."""
    import torch
    from PIL import Image

    pictures = np.stack([np.asarray(Image.open(file).convert("RGB")) for file in files])
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float().div_(255)


def ours(encoding):
    def prepare():
        from tsvision import encoders

        series = oils()[1]
        return lambda: encoders.render(series, encoding), 15

    return prepare


def pyts_field(encoding):
    """pyts' transformer of our encoding."""
    from pyts import image

    kinds = {"gasf": "summation", "gadf": "difference"}
    if encoding in kinds:
        return image.GramianAngularField(method=kinds[encoding])
    return {"recurrence": image.RecurrencePlot, "mtf": image.MarkovTransitionField}[encoding]()


def imsave(encoding):
    def prepare():
        import matplotlib.pyplot as plt

        series, transformer = oils()[0].series, pyts_field(encoding)

        def run():
            files = [io.BytesIO() for _ in series]
            for file, field in zip(files, transformer.transform(series)):
                plt.imsave(file, field, cmap="viridis", format="png")
            decoded(files)

        return run, 3

    return prepare


for encoding in ("gadf", "gasf", "recurrence", "mtf"):
    step = f"draw 60 pictures of 570 x 570, {encoding}"
    way(step, "encoders.render")(ours(encoding))
    way(step, "pyts, imsave, decode")(imsave(encoding))


@way("draw 60 pictures of 570 x 570, gadf", "copy the finished images")
def copy():
    import torch

    from tsvision import encoders

    images = encoders.render(oils()[1]).permute(0, 2, 3, 1)
    ready = torch.empty_like(images)
    return lambda: ready.copy_(images), 15


@way("draw 60 pictures of 570 x 570, gadf", "as in 2018: pyts, figure, imshow, savefig, decode")
def figure():
    import matplotlib.pyplot as plt

    series, transformer = oils()[0].series, pyts_field("gadf")

    def run():
        files = [io.BytesIO() for _ in series]
        for file, field in zip(files, transformer.transform(series)):
            plt.figure(figsize=(5.7, 5.7), dpi=100)
            plt.imshow(field, cmap="viridis")
            plt.savefig(file, format="png")
            plt.close()
        decoded(files)

    return run, 3


def scaling(n, length):
    def prepare():
        import torch

        from tsvision import encoders, training

        series = torch.randn(n, length, generator=torch.Generator().manual_seed(0)).to(training.device())
        return lambda: encoders.render(series), 15

    return prepare


for length in LENGTHS:
    way("draw 16 pictures, by length", str(length))(scaling(16, length))
for n in BATCHES:
    way("draw pictures of 285 x 285, by number", str(n))(scaling(n, 285))


def settings(names, size):
    """The recipe of notebook 03 for the first backbone to be had."""
    from tsvision import backbones

    chosen = backbones.first_available(names, size)
    return chosen | {"encoding": "gadf", "colormap": "viridis", "size": size, "view": "field", "batch_size": 8}


def fine_tune(names, size, epochs, seeds):
    def prepare():
        from tsvision import training

        data, chosen, seed = oils()[0], settings(names, size), iter(range(-1, seeds))

        def run():
            run = chosen | {"epochs": epochs, "base_lr": 2e-3, "seed": max(0, next(seed))}
            return str(training.fine_tune(data.series, data.labels, data.train, **run)[0]["correct"])

        return run, seeds

    return prepare


def plain_fastai(names, size, epochs, seeds, frozen=False):
    """PNG files of the same pixels, ImageDataLoaders, vision_learner: fastai's own way, same weights and epochs."""

    def prepare():
        import matplotlib.pyplot as plt
        import timm
        import torch
        from fastai.basics import DataLoaders, Learner, accuracy, set_seed  # noqa: F401
        from fastai.callback import progress, schedule  # noqa: F401
        from fastai.vision.data import ImageDataLoaders
        from fastai.vision.learner import vision_learner

        from tsvision import backbones, encoders

        data, chosen, seed = oils()[0], settings(names, size), iter(range(-1, seeds))
        folder = Path(tempfile.mkdtemp())
        for k, field in enumerate(encoders.encode(data.series, "gadf", size)):
            plt.imsave(folder / f"{k}.png", field.numpy(), cmap="viridis", vmin=-1, vmax=1)
        table = pd.DataFrame({"name": [f"{k}.png" for k in range(60)], "label": data.labels, "valid": ~data.train})
        trunk = backbones.load(names[0], size, chosen["weights"]).model.state_dict()
        torch.save(trunk, folder / "weights.pth")
        create = timm.create_model

        def run():
            set_seed(max(0, next(seed)), reproducible=True)
            loaders = ImageDataLoaders.from_df(table, folder, valid_col="valid", bs=8, item_tfms=None)
            # the hub's place is taken by a file with the weights that our own way loads
            timm.create_model = partial(create, pretrained_cfg_overlay={"file": str(folder / "weights.pth")})
            learner = vision_learner(loaders, names[0], metrics=accuracy)
            timm.create_model = create
            with learner.no_bar(), learner.no_logging():
                if frozen:
                    learner.freeze()
                    learner.fit_one_cycle(epochs, 2e-3)
                else:
                    learner.fine_tune(epochs, 2e-3)
            return str(round(30 * float(learner.recorder.values[-1][-1])))

        return run, seeds

    return prepare


way("fine-tune EfficientNet-Lite0, 160 px, 20 epochs", "training.fine_tune")(fine_tune(CNN, 160, 20, 5))
way("fine-tune EfficientNet-Lite0, 160 px, 20 epochs", "fastai: PNG files, vision_learner")(
    plain_fastai(CNN, 160, 20, 5)
)
way("fine-tune EfficientNet-Lite0, 570 px, 1 epoch", "training.fine_tune")(fine_tune(CNN, 570, 1, 2))
way("fine-tune EfficientNet-Lite0, 570 px, 1 epoch", "fastai: PNG files, vision_learner")(plain_fastai(CNN, 570, 1, 2))


def resamples(data):
    """The default split and 29 random ones with its class counts: (30, 60) bool."""
    masks = [data.train]
    for seed in range(1, 30):
        generator, mask = np.random.default_rng(seed), np.zeros(len(data.labels), bool)
        for label in np.unique(data.labels):
            members = np.flatnonzero(data.labels == label)
            mask[generator.permutation(members)[: (data.labels[data.train] == label).sum()]] = True
        masks.append(mask)
    return np.array(masks)


@way("heads on a frozen EfficientNet-Lite0, 160 px", "frozen: trunk once, ridge heads of 30 resamples")
def heads():
    from tsvision import backbones, frozen, training

    data, series = oils()
    trunk = backbones.load(CNN[0], 160)
    draw = training.painter(trunk, encoding="gadf", colormap="viridis", size=160, view="field")
    masks = resamples(data)

    def run():
        predicted, _ = frozen.ridge(frozen.features(series, trunk, draw)["output"], data.labels, masks)
        return str(int((predicted[0].numpy() == data.labels)[~data.train].sum()))

    return run, 5


way("heads on a frozen EfficientNet-Lite0, 160 px", "fastai: PNG files, frozen body, 20 epochs of one head")(
    plain_fastai(CNN, 160, 20, 2, frozen=True)
)


@way("ridge heads of 30 resamples, 1,280 features", "frozen.ridge, one batched solve")
def batched():
    from tsvision import frozen

    data = oils()[0]
    values = np.random.default_rng(0).normal(size=(60, 1280))
    masks = resamples(data)
    return lambda: frozen.ridge(values, data.labels, masks), 9


@way("ridge heads of 30 resamples, 1,280 features", "scikit-learn, RidgeClassifierCV one after another")
def one_by_one():
    from sklearn.linear_model import RidgeClassifierCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from tsvision import frozen

    data = oils()[0]
    values = np.random.default_rng(0).normal(size=(60, 1280))

    def run():
        for mask in resamples(data):
            model = make_pipeline(StandardScaler(), RidgeClassifierCV(alphas=frozen.ALPHAS))
            model.fit(values[mask], data.labels[mask]).predict(values)

    return run, 9


@way("last block of a ViT-S/14, 574 px, one pixel a step", "frozen.tune_last_block, 20 epochs")
def last_block():
    from tsvision import frozen

    data = oils()[0]
    chosen = settings(VIT, 574)

    def run():
        picture = {key: chosen[key] for key in ("encoding", "colormap", "size", "backbone", "weights", "batch_size")}
        fitted = frozen.tune_last_block(
            data.series, data.labels, data.train, seed=0, epochs=20, lr=1e-3, view="stretch", **picture
        )
        return ", ".join(f"{stage} {seconds:.0f} s" for stage, seconds in fitted[1].items())

    return run, 1


@way("last block of a ViT-S/14, 574 px, one pixel a step", "the whole network forward in each epoch, 1 epoch of 20")
def uncached():
    import torch

    from tsvision import backbones, training

    data, series = oils()
    trunk = backbones.load(VIT[0], 574)
    model = trunk.model.to(training.device()).eval().requires_grad_(False)
    model.blocks[-1].requires_grad_(True)
    draw = training.painter(trunk, encoding="gadf", colormap="viridis", size=574, view="stretch")

    def run():
        for part in series[torch.as_tensor(data.train)].split(8):
            model(draw(part)).square().sum().backward()
        with torch.inference_mode():
            for part in series[torch.as_tensor(~data.train)].split(8):
                model(draw(part))

    return run, 1


def training_step(name, size, weights="pretrained", flip=False, layout="channels_last"):
    """Forward and backward of 8 pictures in the precision that training.precision chooses, or (flip) in the other one."""
    import torch

    from tsvision import backbones, training

    memory_format = getattr(torch, layout)
    model = backbones.load(name, size, weights).model.to(training.device(), memory_format=memory_format)
    images = torch.randn(8, 3, size, size, device=training.device()).to(memory_format=memory_format)
    half = (training.precision(model) == "bf16") != flip

    def step():
        with torch.autocast(images.device.type, torch.bfloat16, enabled=half):
            score = model(images)
        score.float().sum().backward()

    return step, half


def share(step, half):
    """Operations of a training step, counted by torch, a second, over those of a large matrix product: a sentence."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from tsvision import training

    with FlopCounterMode(display=False) as counter:
        step()
    square = torch.randn(2048, 2048, device=training.device()).to(torch.bfloat16 if half else torch.float32)
    peak = 2 * 2048**3 / median_seconds(lambda: torch.mm(square, square), 9)[0]
    reached = counter.get_total_flops() / median_seconds(step, 9)[0]
    return f"{reached / 1e9:.0f} of {peak / 1e9:.0f} GFLOP/s ({'bf16' if half else 'fp32'}), {reached / peak:.0%}"


for name, size, weights in ((*CNN, 160, "pretrained"), ("resnet18", 160, "random"), (*VIT, 112, "pretrained")):
    step = f"a training step of {name.split('.')[0]}, 8 pictures, {size} px"

    def chosen(arguments=(name, size, weights)):
        made, half = training_step(*arguments)
        note = share(made, half)
        return lambda: (made(), note)[1], 9

    way(step, "precision and layout as chosen here")(chosen)
    way(step, "the other precision")(
        lambda arguments=(name, size, weights): (training_step(*arguments, flip=True)[0], 9)
    )
    way(step, "channels first")(
        lambda arguments=(name, size, weights): (training_step(*arguments, layout="contiguous_format")[0], 9)
    )


def median_seconds(timed, repeats):
    """(median, least, most) seconds of a function; the first call is left out where there is more than one."""
    import torch

    taken = []
    for _ in range(repeats + (repeats > 1)):
        begun = time.perf_counter()
        timed()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - begun)
    taken = taken[repeats > 1 :]
    return statistics.median(taken), min(taken), max(taken)


def measure(step, name):
    """Measure one way in this process; returns its row."""
    import torch

    timed, repeats = STEPS[step][name]()
    notes = []

    def once():
        made = timed()
        if isinstance(made, str):
            notes.append(made)

    before = memory()
    median, least, most = median_seconds(once, repeats)
    notes = notes[repeats > 1 :]
    return {
        "step": step,
        "way": name,
        "runs": repeats,
        "median_s": float(f"{median:.4g}"),
        "least_s": float(f"{least:.4g}"),
        "most_s": float(f"{most:.4g}"),
        "peak_memory_mib": round(memory() - before),
        "note": f"correct of 30: {' '.join(notes)}" if notes and notes[0].isdigit() else "".join(notes[:1]),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
    }


def memory():
    """Peak MiB so far: of the GPU, else of this process."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def stages(profile):
    """Seconds by notebook and cell of a profile's executed notebooks, runs kept from before counted with what they took."""
    lines = []
    for path in sorted((datasets.ROOT / "build" / profile).glob("[0-9][0-9]_*.ipynb")):
        kept, cost = 0.0, path.parent / "results" / f"{path.stem}.cost.csv"
        if cost.exists():
            rows = pd.read_csv(cost)
            kept = rows.loc[rows["kept"], "seconds"].sum()
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            seconds = cell["metadata"].get("papermill", {}).get("duration") or 0
            seconds += kept if cell["id"] == "fit" else 0
            if seconds >= 1:
                lines.append({"notebook": path.stem, "stage": cell["id"], "seconds": round(seconds, 1)})
    return pd.DataFrame(lines)


def main():
    """Measure every step, or those whose name holds a word, and write the rows as they come."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="measure only steps with this in their name")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(*options.one)))
        return 0
    todo = [(step, name) for step, ways in STEPS.items() if options.only in step for name in ways]
    if not todo:
        print(
            f"error: ONLY: expected part of a step's name ({'; '.join(STEPS)}), got {options.only!r}", file=sys.stderr
        )
        return 2
    rows = []
    for step, name in todo:
        child = subprocess.run(
            [sys.executable, "-W", "ignore", __file__, "--one", step, name],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if child.returncode:
            print(f"error: {step}, {name}: its process ended with {child.returncode}", file=sys.stderr)
            return 1
        rows.append(json.loads(child.stdout.splitlines()[-1]))
        row = rows[-1]
        print(
            f"{step} | {name}: {row['median_s']:.4g} s ({row['least_s']:.4g} to {row['most_s']:.4g}) {row['note']}",
            flush=True,
        )
    if not options.only:
        device = "cpu" if rows[0]["device"] == "cpu" else "gpu"
        results.write(OUT / f"{device}.csv", pd.DataFrame(rows).to_csv(index=False, lineterminator="\n"))
        results.write(OUT / f"{device}.run.json", json.dumps(results.provenance(), indent=1) + "\n")
    print(pd.DataFrame(rows).drop(columns=["note", "device"]).to_string(index=False))
    for profile in ("gpu", "cpu"):
        if len(table := stages(profile)):
            print(
                f"\nwhere the time of profile {profile} went, stages of a second and more\n{table.to_string(index=False)}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
