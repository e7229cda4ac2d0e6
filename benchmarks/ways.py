"""The steps that make bench measures, and for each the ways to do it; the first way is the one others are compared
with.

A way prepares its input and returns (function to be timed, runs); the function may return a note. What only other
people's ways need is imported inside, for every way runs in a process of its own.
"""

import io
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from tsvision.data import datasets, splits
from tsvision.methods import frozen, lastblock, training
from tsvision.networks import backbones, devices
from tsvision.pictures import encoders, views
from tsvision.study import results

STEPS = {}  # step -> {way: function() -> (function to be timed, runs)}
WITHOUT_ALLOCATOR = "training.fine_tune, glibc's allocator as it is"
CNN, VIT = "tf_efficientnet_lite0.in1k", "vit_small_patch14_dinov2.lvd142m"
# a layout, and the other's name
LAYOUTS = {torch.channels_last: "channels first", torch.contiguous_format: "channels last"}
LENGTHS, NUMBERS = (64, 128, 256, 512, 1024, 2048), (1, 4, 16, 64, 256)


def way(step, name, *arguments):
    """Register a function(*arguments) as a way to do a step."""

    def register(function):
        STEPS.setdefault(step, {})[name] = partial(function, *arguments)
        return function

    return register


def oils():
    """OliveOil, and its 60 series as a tensor on the device."""
    data = datasets.load("OliveOil")
    return data, torch.as_tensor(data.series, device=devices.current())


# ---- drawing


def render(encoding):
    series = oils()[1]
    return lambda: encoders.render(series, encoding), 15


def copy():
    """The floor: the finished images into memory that is there."""
    images = encoders.render(oils()[1]).permute(0, 2, 3, 1)
    ready = torch.empty_like(images)
    return lambda: ready.copy_(images), 15


def pyts_field(encoding):
    from pyts import image

    kinds = {"gasf": "summation", "gadf": "difference"}
    if encoding in kinds:
        return image.GramianAngularField(method=kinds[encoding])
    return {"recurrence": image.RecurrencePlot, "mtf": image.MarkovTransitionField}[encoding]()


def decoded(files):
    """PNG files to one float tensor (n, 3, h, w), as a loader would."""
    from PIL import Image

    pictures = np.stack([np.asarray(Image.open(file).convert("RGB")) for file in files])
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float().div_(255)


def with_files(encoding, save):
    """pyts' fields, each saved as PNG in memory by save(file, field), then decoded."""
    series, transformer = oils()[0].series, pyts_field(encoding)

    def run():
        files = [io.BytesIO() for _ in series]
        for file, field in zip(files, transformer.transform(series)):
            save(file, field)
        decoded(files)

    return run, 3


def imsave(file, field):
    import matplotlib.pyplot as plt

    plt.imsave(file, field, cmap="viridis", format="png")


def savefig(file, field):
    import matplotlib.pyplot as plt

    plt.figure(figsize=(5.7, 5.7), dpi=100)
    plt.imshow(field, cmap="viridis")
    plt.savefig(file, format="png")
    plt.close()


for encoding in ("gadf", "gasf", "recurrence", "mtf"):
    step = f"draw 60 pictures of 570 x 570, {encoding}"
    way(step, "encoders.render", encoding)(render)
    way(step, "pyts, imsave, decode", encoding, imsave)(with_files)
way("draw 60 pictures of 570 x 570, gadf", "pyts, figure, imshow, savefig, decode, as in 2018", "gadf", savefig)(
    with_files
)
way("draw 60 pictures of 570 x 570, gadf", "copy the finished images")(copy)


def random_series(n, length):
    series = torch.randn(n, length, generator=torch.Generator().manual_seed(0)).to(devices.current())
    return lambda: encoders.render(series), 15


for length in LENGTHS:
    way("draw 16 pictures, by length", str(length), 16, length)(random_series)
for n in NUMBERS:
    way("draw pictures of 285 x 285, by number", str(n), n, 285)(random_series)


# ---- fine-tuning


def chosen(name, size):
    """Notebook 03's network and rates, on shortened series with one backbone."""
    settings = backbones.first_available([name], size)
    return settings | {"encoding": "gadf", "colormap": "viridis", "size": size, "view": "field", "batch_size": 8}


def fine_tune(name, size, epochs, seeds):
    data, settings, seed = oils()[0], chosen(name, size), iter([0, *range(seeds)])

    def run():
        given = results.gathered(training.fine_tune, settings | {"epochs": epochs, "base_lr": 2e-3, "seed": next(seed)})
        ((row, _),), _ = training.fine_tune(data.series, data.labels, data.train, **given)
        return f"{row['correct']} of 30"

    return run, seeds


def plain_fastai(name, size, epochs, seeds, frozen=False, **loading):
    """fastai as its book shows it: PNG files of the same pixels, drawn beforehand, and vision_learner, with the same
    weights, seeds, epochs, batches and predictions; frozen: the head alone, the body's batch norms at rest too;
    loading: of the loaders.
    """
    import timm
    from fastai.basics import accuracy, set_seed
    from fastai.callback import progress, schedule  # noqa: F401  they give Learner its no_bar and its fine_tune
    from fastai.vision.data import ImageDataLoaders
    from fastai.vision.learner import vision_learner
    from matplotlib.pyplot import imsave

    torch.backends.cudnn.allow_tf32 = False  # as ours; on a GPU torch's own float32 is TF32
    data, settings, seed = oils()[0], chosen(name, size), iter([0, *range(seeds)])
    temporary = tempfile.TemporaryDirectory()
    folder = Path(temporary.name)
    for k, field in enumerate(encoders.encode(data.series, "gadf", size)):
        imsave(folder / f"{k}.png", field.numpy(), cmap="viridis", vmin=-1, vmax=1)
    table = pd.DataFrame({"name": [f"{k}.png" for k in range(60)], "label": data.labels, "valid": ~data.train})
    torch.save(backbones.load(name, size, settings["weights"]).model.state_dict(), folder / "weights.pth")
    # the hub's place is taken by a file with the weights that the other way loads
    timm.create_model = partial(timm.create_model, pretrained_cfg_overlay={"file": str(folder / "weights.pth")})

    def run(kept=temporary):
        set_seed(next(seed), reproducible=True)
        loaders = ImageDataLoaders.from_df(
            table, folder, valid_col="valid", bs=8, drop_last=False, device=devices.current(), **loading
        )
        learner = vision_learner(loaders, name, metrics=accuracy, train_bn=not frozen)
        with learner.no_bar(), learner.no_logging():
            if frozen:
                learner.freeze()
                learner.fit_one_cycle(epochs, 2e-3)
            else:
                learner.fine_tune(epochs, 2e-3)
            correct = round(30 * float(learner.recorder.values[-1][-1]))
            if not frozen:
                learner.get_preds(), learner.get_preds(ds_idx=0)  # what a row of fine_tune holds
        return f"{correct} of 30"

    return run, seeds


for name, size, epochs, seeds in ((CNN, 160, 20, 3), (CNN, 570, 1, 1)):
    step = f"fine-tune {name.split('.')[0]}, {size} px, 1 + {epochs} epochs"
    way(step, "training.fine_tune", name, size, epochs, seeds)(fine_tune)
    way(step, "fastai: PNG files, vision_learner, float32", name, size, epochs, 1)(plain_fastai)
    way(step, "the same, no loader processes", name, size, epochs, seeds)(partial(plain_fastai, num_workers=0))
    if size == 160:
        way(step, WITHOUT_ALLOCATOR, name, size, epochs, seeds)(fine_tune)


def training_step(name, size, weights, flip, turn):
    """Forward and backward of 8 pictures in float32, the rule, or (flip) in bfloat16; turn: in the other layout."""
    devices.start()
    memory_format = ({*LAYOUTS} - {devices.layout()}).pop() if turn else devices.layout()
    model = backbones.load(name, size, weights).model.to(devices.current(), memory_format=memory_format)
    if not flip:
        devices.compute_in(model, "fp32")
    images = torch.randn(8, 3, size, size, device=devices.current()).to(memory_format=memory_format)

    def step():
        with torch.autocast(images.device.type, torch.bfloat16, enabled=flip):
            score = model(images)
        score.float().sum().backward()

    notes = []

    def run():
        if not notes:  # in the first run, which is not timed
            is_chosen = not flip and not turn
            notes.append(share(lambda: model(images), step, flip) if is_chosen else "bf16" if flip else "fp32")
        step()
        return notes[0]

    return run, 9


def share(forward, step, half):
    """Operations of a training step a second, over those of a large matrix product: a sentence.

    torch counts those of the forward pass; the backward pass has twice as many. Its own count of a backward pass takes
    a depthwise convolution for a full one.
    """
    from bench import seconds_of
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        forward()
    square = torch.randn(2048, 2048, device=devices.current()).to(torch.bfloat16 if half else torch.float32)
    peak = 2 * 2048**3 / seconds_of(lambda: torch.mm(square, square), 9)[0]
    reached = 3 * counter.get_total_flops() / seconds_of(step, 9)[0]
    precision = "bf16" if half else "fp32"
    return f"{precision}, {reached / 1e9:.0f} of {peak / 1e9:.0f} GFLOP/s ({reached / peak:.0%} of a large product's)"


for name, size, weights in ((CNN, 160, "pretrained"), ("resnet18", 160, "random"), (VIT, 112, "pretrained")):
    step = f"a training step of {name.split('.')[0]}, 8 pictures, {size} px"
    way(step, "precision and layout as chosen here", name, size, weights, False, False)(training_step)
    way(step, "the other precision", name, size, weights, True, False)(training_step)
    way(step, LAYOUTS[devices.layout()], name, size, weights, False, True)(training_step)


# ---- convolutions of single pixels, as matrix products: on a GPU, where cuDNN's deterministic gradients are slow


class Product(torch.autograd.Function):
    """devices._product of a layer without bias; of_weight(gradient of the result, images, weight) gives that of the
    weight.
    """

    @staticmethod
    def forward(context, images, weight, layer, of_weight):
        context.save_for_backward(images, weight)
        context.of_weight = of_weight
        return devices._product(layer, images)

    @staticmethod
    def backward(context, gradient):
        images, weight = context.saved_tensors
        back = torch.bmm(weight.flatten(1).T.expand(len(images), -1, -1), gradient.flatten(2))
        return back.unflatten(2, images.shape[2:]), context.of_weight(gradient, images, weight), None, None


def by_cudnn(gradient, images, weight):
    """The weight's gradient as a convolution's."""
    given = gradient, images, weight, None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1, [False, True, False]
    return torch.ops.aten.convolution_backward(*given)[1]


def by_parts(gradient, images, weight, parts=64):
    """The weight's gradient as a sum of products of parts of each picture, which a GPU can take beside each other."""
    total = torch.zeros_like(weight.flatten(1))
    for left, right in zip(gradient.flatten(2), images.flatten(2)):
        each = left.shape[1] // parts
        whole = [side[:, : each * parts].unflatten(1, (parts, each)).transpose(0, 1) for side in (left, right)]
        total += torch.bmm(whole[0], whole[1].mT).sum(0) + left[:, each * parts :] @ right[:, each * parts :].T
    return total.view_as(weight)


PRODUCTS = {
    "bmm, as chosen here": lambda layer: partial(devices._product, layer),
    "cuDNN's convolution": lambda layer: layer,
    "bmm, but the weight's gradient by cuDNN": lambda layer: (
        lambda images: Product.apply(images, layer.weight, layer, by_cudnn)
    ),
    "bmm, but the weight's gradient by parts": lambda layer: (
        lambda images: Product.apply(images, layer.weight, layer, by_parts)
    ),
}


def product(name, inputs, outputs, side):
    """Forward and backward of a convolution of single pixels of 8 pictures."""
    devices.start()
    torch.backends.cudnn.allow_tf32 = False
    layer = torch.nn.Conv2d(inputs, outputs, 1, bias=False, device=devices.current())
    images = torch.randn(8, inputs, side, side, device=devices.current(), requires_grad=True)
    apply, above = PRODUCTS[name](layer), torch.randn(8, outputs, side, side, device=devices.current())
    return lambda: apply(images).backward(above), 30


if devices.current().type == "cuda":
    for shape in ((16, 96, 285), (32, 16, 285), (144, 24, 143), (192, 1152, 18), (64, 256, 143)):
        for name in PRODUCTS:
            way("a product of {} to {} channels, 8 pictures, {} px".format(*shape), name, name, *shape)(product)


# ---- frozen trunks


def heads(half):
    """Trunk loaded and run once, then ridge heads of 30 resamples; half: the trunk under autocast to bfloat16."""
    data, series = oils()
    masks = splits.resamples(data.labels, data.train, 30)

    def run():
        trunk = backbones.load(CNN, 160)
        draw = training.painter(trunk, views.Picture("gadf", "viridis", 160, view="field"))
        with torch.autocast(series.device.type, torch.bfloat16, enabled=half):
            values = frozen.features(series, trunk, draw)["output"].double().numpy()
        hits = [(frozen.ridge(values, data.labels, mask).predicted == data.labels)[~mask] for mask in masks]
        return f"mean accuracy of 30 resamples {np.mean([hit.mean() for hit in hits]):.3f}"

    return run, 5


step = "heads on a frozen tf_efficientnet_lite0, 160 px"
way(step, "frozen: trunk once, ridge heads of 30 resamples", False)(heads)
way(step, "fastai: PNG files, frozen body, 20 epochs of one head, no loader processes", CNN, 160, 20, 1, True)(
    partial(plain_fastai, num_workers=0)
)
way(step, "as the first, in bfloat16", True)(heads)


def last_block():
    data, settings = oils()[0], chosen(VIT, 574) | {"view": "stretch"}
    settings |= {"seed": 0, "epochs": 20, "base_lr": 1e-3, "lr_mult": 1000.0}
    given = results.gathered(lastblock.tune_last_block, settings)
    return lambda: lastblock.tune_last_block(data.series, data.labels, data.train, **given) is None, 1


def epoch(kept):
    """Forward and backward of the 30 training series, forward of the 30 others; no optimiser. kept: on the kept
    tokens.
    """
    data, series = oils()
    trunk = backbones.load(VIT, 574)
    draw = training.painter(trunk, views.Picture("gadf", "viridis", 574, view="stretch"))
    model, inputs = trunk.model.to(devices.current()).eval().requires_grad_(False), series
    if kept:
        inputs, last = (
            lastblock.tokens(series, trunk, draw).clone(),
            lastblock.LastBlock(model, 4).to(devices.current()),
        )
    model.blocks[-1].requires_grad_(True)
    apply = last if kept else lambda part: model(draw(part))

    def run():
        for part in inputs[torch.as_tensor(data.train)].split(8):
            apply(part).square().sum().backward()
        with torch.inference_mode():
            for part in inputs[torch.as_tensor(~data.train)].split(8):
                apply(part)

    return run, 3 if kept else 1


way("tune the last block of a ViT-S/14, 574 px, one pixel a step", "lastblock.tune_last_block, 20 epochs, all in")(
    last_block
)
step = "one epoch of the last block of a ViT-S/14, 574 px"
way(step, "on kept tokens, for the class token alone", True)(epoch)
way(step, "through the whole network", False)(epoch)
