"""Transformers with patches of another side than they were trained with, and their position embeddings."""

import calls
import numpy as np
import pytest
import timm
import torch

from tsvision.networks import backbones

TINY_VIT = "test_vit.r160_in1k"  # trained at 160 pixels in patches of 16: a grid of 10


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return calls.vit(tmp_path_factory.mktemp("weights"))["weights"]


@pytest.fixture(scope="module")
def state(file):
    return backbones._read(file)


@pytest.mark.parametrize("size, patch, grid", [(64, 8, 8), (96, 32, 3), (80, 8, 10), (64, 16, 4)])
def test_kernel_and_positions_are_resampled_as_timm_does_from_those_of_the_file(file, state, size, patch, grid):
    model = backbones.load(TINY_VIT, size, file, patch).model
    assert model.patch_embed.grid_size == (grid, grid)
    assert model.patch_embed.proj.kernel_size == model.patch_embed.proj.stride == (patch, patch)
    kernel = timm.layers.resample_patch_embed(state["patch_embed.proj.weight"], [patch, patch])
    embedding = timm.layers.resample_abs_pos_embed(state["pos_embed"], [grid, grid])
    torch.testing.assert_close(model.patch_embed.proj.weight.detach(), kernel)
    torch.testing.assert_close(model.pos_embed.detach(), embedding)
    found = model.state_dict()
    if patch == 16:  # the trained one: as if no patch had been asked for
        plain = backbones.load(TINY_VIT, size, file).model.state_dict()
        assert all(torch.equal(found[key], value) for key, value in plain.items())
    if grid == 10:  # the trained one, not resampled at all
        assert torch.equal(found["pos_embed"], state["pos_embed"])
    others = found.keys() - {"pos_embed", "patch_embed.proj.weight"}
    assert len(others) > 70 and all(torch.equal(found[key], state[key]) for key in others)
    features = model.eval()(torch.rand(2, 3, size, size))
    assert features.shape == (2, 64) and features.isfinite().all()


@pytest.mark.parametrize(
    "name, patch, message",
    [
        (TINY_VIT, None, "patches of 16 pixels, which must divide the size; 72 would lose 8 at the edge"),
        (TINY_VIT, 128, "patches of 128 pixels, which must divide the size; 72 would lose 72"),
        (TINY_VIT, 0, "patch: expected the side of a transformer's patches, 1 or more, got 0 for test_vit.r160_in1k"),
        (TINY_VIT, -8, "patch: expected .* 1 or more, got -8"),
        ("test_resnet", 8, "patch: expected the side of a transformer's patches.*got 8 for test_resnet.r160_in1k"),
    ],
)
def test_a_patch_that_cannot_be_is_an_error(name, patch, message):
    with pytest.raises(ValueError, match=message):
        backbones.load(name, 72, "random", patch)


@pytest.mark.parametrize(
    "settings, left_out",
    [({}, 1), ({"reg_tokens": 2}, 3), ({"no_embed_class": True}, 0), ({"class_token": False, "global_pool": "avg"}, 0)],
)
def test_positions_leave_out_what_is_no_patch(settings, left_out):
    model = timm.models.VisionTransformer(
        img_size=(4, 6), patch_size=2, embed_dim=2, depth=1, num_heads=1, num_classes=0, **settings
    )
    model.pos_embed = torch.nn.Parameter(torch.arange(2.0 * (left_out + 6)).view(1, -1, 2))
    found = backbones.positions(model)
    assert isinstance(found, np.ndarray) and found.dtype == np.float32
    first = 2 * left_out  # two numbers a token, two rows of three patches
    assert np.array_equal(found, first + np.arange(12).reshape(2, 3, 2))
