import contextlib
import os
import warnings
from types import SimpleNamespace

import psutil
import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from tsvision.networks import Network, devices


@pytest.fixture
def cpu(monkeypatch):
    """No GPU, and the switches of the process as they were afterwards."""
    monkeypatch.setattr(devices, "current", lambda: torch.device("cpu"))
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", torch.backends.cudnn.allow_tf32)


@pytest.fixture
def cuda(monkeypatch):
    """A GPU as far as its name goes; autocast only says that it was asked for."""
    asked = []
    monkeypatch.setattr(devices, "current", lambda: torch.device("cuda"))
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", torch.backends.cudnn.allow_tf32)
    monkeypatch.setattr(torch, "autocast", lambda *how: asked.append(how) or contextlib.nullcontext())
    return asked


def test_name_free_memory_and_layout_of_a_cpu(cpu, monkeypatch):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=9000, available=5000, free=400, used=3))
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    assert devices.free_memory() == 5000  # caches would be given back
    for has, name in ((True, "cpu, 3 threads"), (False, "cpu without bfloat16, 3 threads")):
        monkeypatch.setattr(devices, "has_bfloat16", lambda has=has: has)
        assert devices.name() == name
    assert devices.layout() == torch.channels_last


def test_name_free_memory_and_layout_of_a_gpu_are_its_own(cuda, monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (700, 900))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda: 50)  # by torch's allocator, of which a part is in use
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda: 20)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "A GPU")
    assert (devices.free_memory(), devices.name()) == (730, "A GPU")
    assert devices.layout() == torch.contiguous_format


def test_a_run_on_a_gpu_asks_for_deterministic_algorithms_and_on_a_cpu_changes_nothing(monkeypatch):
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda: None)
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    monkeypatch.setattr(torch.utils.deterministic, "fill_uninitialized_memory", True)
    monkeypatch.setattr(devices, "current", lambda: torch.device("cpu"))
    devices.start()
    assert not torch.are_deterministic_algorithms_enabled()
    monkeypatch.setattr(devices, "current", lambda: torch.device("cuda"))
    try:
        devices.start()
        assert torch.are_deterministic_algorithms_enabled() and torch.is_deterministic_algorithms_warn_only_enabled()
        assert os.environ["CUBLAS_WORKSPACE_CONFIG"] == ":4096:8"
        with pytest.warns(UserWarning) as said:
            devices.start()
            for name in ("adaptive_max_pool2d_backward_cuda", "another"):
                warnings.warn(f"{name} does not have a deterministic implementation, but you set", stacklevel=1)
        assert [str(one.message).split()[0] for one in said] == ["another"]
    finally:
        torch.use_deterministic_algorithms(False)


def test_on_a_gpu_convolutions_of_single_pixels_are_products_in_float32_alone(cuda):
    torch.manual_seed(0)
    single, other = [nn.Conv2d(3, 4, 1), nn.Conv2d(4, 5, 1, bias=False)], [nn.Conv2d(5, 6, 3)]
    model, images = nn.Sequential(*single, *other, nn.Conv2d(6, 6, 1, groups=2)), torch.rand(2, 3, 7, 5)

    def gradients():
        made, inputs = model(images.requires_grad_()), [images, *model.parameters()]
        return [made, *torch.autograd.grad(made.square().sum(), inputs)]

    expected = gradients()
    devices.compute_in(model, "tf32")
    assert not any("forward" in vars(part) for part in model)
    devices.compute_in(model, "fp32")
    assert ["forward" in vars(part) for part in model] == [True, True, False, False]
    with Operations() as used:
        found = gradients()
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs)
    assert used.names.count("bmm") == 6 and not {"clone", "copy_"} & {*used.names}  # nothing is laid out anew


class Operations(TorchDispatchMode):
    """Keeps the names of torch's operations."""

    def __init__(self):
        super().__init__()
        self.names = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.names.append(function.overloadpacket.__name__)
        return function(*args, **(kwargs or {}))


TEN, TWELVE = 1 + 2**-10, 1 + 2**-12  # TWELVE has more bits than ten; bfloat16 keeps neither
ROUNDED = [(1.0, 1.0), (TEN, TEN), (TWELVE, 1.0), (1 + 3 * 2**-12, TEN), (0.0, 0.0), (float("inf"), float("inf"))]
ROUNDED += [(1 + 2**-11, TEN), (1 + 2**-11 - 2**-23, 1.0)]  # a tie goes up
ROUNDED += [(2 - 2**-12, 2.0)]  # into the next power of two
ROUNDED += [(3 + 2**-10, 3 + 2**-9), (2.0**-20 * (1 + 2**-11), 2.0**-20 * TEN)]  # ten bits after the first of any size


def test_ten_bits_by_hand():
    given, kept = (torch.tensor(part, dtype=torch.float32) for part in zip(*ROUNDED))
    assert devices.ten_bits(given).equal(kept) and devices.ten_bits(-given).equal(-kept)  # ties away from zero
    assert devices.ten_bits(torch.tensor([float("nan")])).isnan().all()


def layer_of(function, sides):
    """A layer of one weight: what it gives, and the gradients of its value and weight when `gradient` comes in."""

    def layer(value, weight, precision, gradient=1.0):
        value, weight = (torch.full((1,) * sides, float(number), requires_grad=True) for number in (value, weight))
        with devices.computing(precision):
            made = function(value, weight)
        made.backward(torch.full_like(made, gradient))
        return made.item(), value.grad.item(), weight.grad.item()

    return layer


convolution, linear = layer_of(torch.nn.functional.conv2d, 4), layer_of(torch.nn.functional.linear, 2)


def test_tf32_rounds_what_goes_into_a_convolution_either_way_and_no_linear_layer(cpu):
    assert convolution(TWELVE, 1, "tf32") == (1, 1, 1) and convolution(1, TWELVE, "tf32") == (1, 1, 1)
    # the sum is not rounded, the incoming gradient is
    assert convolution(TEN, TEN, "tf32", TWELVE) == (TEN**2, TEN, TEN)
    assert convolution(TWELVE, 1, "fp32", TWELVE) == (TWELVE, TWELVE, 1 + 2**-11)  # squared, to the nearest float32
    for layer in (linear, convolution):
        exact = layer(TWELVE, TWELVE, "fp32", TWELVE)
        assert exact[0] == 1 + 2**-11 and (layer(TWELVE, TWELVE, "tf32", TWELVE) == exact) is (layer is linear)


def test_fp16_rounds_what_goes_into_a_layer_and_what_comes_out_of_it(cpu):
    for layer in (linear, convolution):
        assert layer(TWELVE, 1, "fp16") == (1, 1, 1)
        assert layer(TEN, TEN, "fp16") == (1 + 2**-9, TEN, TEN)  # TEN squared is not a float16
        assert layer(1, 1, "fp16", TWELVE) == (1, 1, 1)  # nor is the gradient
        assert layer(1e5, 1, "fp16")[0] == float("inf")  # beyond the largest float16
        assert layer(1, 1, "fp16", 1e-8)[1:] == (0, 0)  # and under the smallest
    value = torch.rand(4, 3, 5, 5, generator=torch.manual_seed(0))
    with devices.computing("fp16"):
        rounded = [nn.BatchNorm2d(3)(value), torch.nn.functional.scaled_dot_product_attention(value, value, value)]
        plain = [nn.LayerNorm(5)(value), value + TWELVE]
    assert all(torch.equal(made, made.half().float()) and made.dtype == torch.float32 for made in rounded)
    assert not any(torch.equal(made, made.half().float()) for made in plain)


def test_bf16_is_emulated_where_a_processor_has_none_and_is_much_like_torchs_own(cpu, monkeypatch, capsys):
    monkeypatch.setattr(devices, "has_bfloat16", lambda: False)
    eight = 1 + 2**-7  # TEN has more bits than bfloat16 keeps
    for layer in (linear, convolution):
        assert layer(TEN, 1, "bf16") == (1, 1, 1) and layer(1, 1, "bf16", TEN) == (1, 1, 1)
        assert layer(eight, eight, "bf16") == (1 + 2**-6, eight, eight)  # squared it is no bfloat16
        assert layer(1e5, 1, "bf16")[0] == 99840  # no infinity
    emulated, own, images = Layers(), Layers(), torch.rand(4, 3, 5, 5, generator=torch.manual_seed(1))
    with devices.computing("bf16"):
        made = emulated(images)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(made, own(images).float(), atol=2**-8, rtol=2**-7)
    devices.tell_of.cache_clear()
    devices.tell_of("bf16")
    devices.tell_of("bf16")
    assert capsys.readouterr().out.count("precision: bf16 is emulated in float32") == 1
    devices.tell_of.cache_clear()


class Layers(nn.Sequential):
    """A small network that keeps what its layers answer."""

    def __init__(self):
        torch.manual_seed(0)
        # in place, as EfficientNet's squeeze is
        super().__init__(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(36, 2))
        self.seen = []
        for part in (self[0], self[4]):
            part.register_forward_hook(lambda module, _, made: self.seen.append(made))


@pytest.mark.parametrize("has", [True, False])
@pytest.mark.parametrize("precision", devices.PRECISIONS)
def test_a_model_computes_in_a_precision_and_answers_in_float32(cpu, monkeypatch, precision, has):
    monkeypatch.setattr(devices, "has_bfloat16", lambda: has)
    plain, model, images = Layers(), Layers(), torch.rand(4, 3, 5, 5, generator=torch.manual_seed(1))
    devices.compute_in(model, precision)
    expected, made = plain(images), model(images)
    inside = torch.bfloat16 if precision == "bf16" and has else torch.float32
    assert made.dtype == torch.float32 and [part.dtype for part in model.seen] == [inside] * 2
    assert torch.equal(expected, made) is (precision == "fp32")
    torch.testing.assert_close(made, expected, atol=0.05, rtol=0)
    assert torch.equal(Layers()(images), expected), "what is computed outside the model is in float32 as before"


def test_an_unknown_precision_names_those_that_are_known():
    with pytest.raises(ValueError, match="precision: expected one of fp32, tf32, bf16, fp16, got 'half'"):
        Network("net", "random", "random", precision="half")


@pytest.mark.parametrize("precision", devices.PRECISIONS)
def test_a_gpu_takes_tf32_only_where_it_is_asked_for_and_passes_backwards_too(cuda, precision):
    for before in (True, False):
        torch.backends.cudnn.allow_tf32 = before
        with devices.computing(precision):
            assert torch.backends.cudnn.allow_tf32 is (precision == "tf32") and torch.backends.cudnn.deterministic
            rounded = torch.nn.functional.conv2d(torch.full((1, 1, 1, 1), TWELVE), torch.ones(1, 1, 1, 1)).item()
        assert torch.backends.cudnn.allow_tf32 is before
        assert rounded == TWELVE  # by itself, nothing stands for the GPU here
    assert cuda == [("cuda", devices.HALF[precision])] * 2 if precision in devices.HALF else cuda == []
    devices.compute_in(Layers(), precision)
    assert torch.backends.cudnn.allow_tf32 is (precision == "tf32")
