"""The processor that computes: which it is, in what precision it multiplies, and what a run on it costs."""

import contextlib
import functools
import gc
import os
import resource
import sys
import time
import warnings

import psutil
import torch
from torch.overrides import TorchFunctionMode

from tsvision import THREADS
from tsvision.data import provenance

torch.set_num_threads(THREADS)  # as the package wants it, whoever imported torch before
HALF = {"bf16": torch.bfloat16, "fp16": torch.float16}
PRECISIONS = ("fp32", "tf32", *HALF)  # the first is the rule: what the others cost is measured in notebook 08


def current():
    """The first CUDA GPU if torch sees one, else the CPU: found, never configured."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def name():
    """The device as a row records it: the GPU's name, or cpu and threads, which change the last digits of a result."""
    if current().type == "cuda":
        return torch.cuda.get_device_name()
    return f"cpu{'' if has_bfloat16() else ' without bfloat16'}, {torch.get_num_threads()} threads"


def has_bfloat16():
    """Whether a CPU multiplies bfloat16 in its own way (AVX-512); another takes torch's general one, which is slow: on
    an AMD EPYC with AVX2 a run of EfficientNet-Lite0 at 160 px took 579 s, emulated 46, in float32 39 (n = 1).
    """
    return torch.ops.mkldnn._is_mkldnn_bf16_supported()


@functools.cache  # once in a process
def tell_of(precision):
    """Print what stands for a precision here, where that is not the usual."""
    if precision == "bf16" and current().type == "cpu" and not has_bfloat16():
        print("precision: bf16 is emulated in float32, for this processor has no bfloat16 (rows: cpu without bfloat16)")


def layout():
    """How pictures and weights lie in memory: channels last on a CPU, which is faster; channels first on a GPU, where
    a first run of an EfficientNet-Lite0 at 570 px took 7.8 s on an H100, 15.5 with channels last.
    """
    return torch.contiguous_format if current().type == "cuda" else torch.channels_last


def compute_in(model, precision):
    """Let a model compute under computing(precision) wherever it is called, and answer in float32."""
    torch.backends.cudnn.allow_tf32 = precision == "tf32"  # for backward passes, which the context does not reach
    if precision == "fp32" and current().type == "cuda":
        for part in model.modules():
            if type(part) is torch.nn.Conv2d and {name: getattr(part, name) for name in POINTWISE} == POINTWISE:
                part.forward = functools.partial(_product, part)
    forward = model.forward

    def run(*inputs):
        with computing(precision):
            return forward(*inputs).float()

    model.forward = run


POINTWISE = {"kernel_size": (1, 1), "stride": (1, 1), "padding": (0, 0), "groups": 1}


def _product(layer, images):
    """What a convolution of single pixels gives, as matrix products, one a picture: of 41 ms a step of
    EfficientNet-Lite0 at 570 px on an H100 cuDNN's deterministic gradients of their weights took 9. One product of all
    pictures, as torch makes of @, copies them into other layouts, 6 of 32 ms there; what these take was not measured.
    """
    weight = layer.weight.flatten(1).expand(len(images), -1, -1)
    made = torch.bmm(weight, images.flatten(2))
    made = made if layer.bias is None else made + layer.bias[:, None]
    return made.unflatten(2, images.shape[2:])


@contextlib.contextmanager
def computing(precision):
    """A context in which networks compute in one of PRECISIONS.

    fp32: all 24 bits, on a GPU too. bf16, fp16: torch's autocast, as in fastai's to_bf16 and to_fp16, which know CUDA
    alone. tf32: operands and incoming gradients of convolutions rounded to ten bits of mantissa, as CUDA does with
    float32 unless it is told not to. On a CPU Rounding does what stands for fp16 and tf32, and for bf16 without
    has_bfloat16.
    """
    is_gpu = current().type == "cuda"
    with contextlib.ExitStack() as stack:
        if is_gpu:
            stack.enter_context(
                torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=precision == "tf32")
            )
        if precision in HALF and (is_gpu or precision == "bf16" and has_bfloat16()):
            stack.enter_context(torch.autocast(current().type, HALF[precision]))
        elif not is_gpu and precision != "fp32":
            stack.enter_context(Rounding(precision))
        yield


class Rounding(TorchFunctionMode):
    """What a GPU's tensor cores do to float32 or 16 bits, on a CPU that has no such thing: operands are rounded, sums
    are not.

    tf32: operands and incoming gradients of convolutions. fp16, bf16: operands, results and gradients of every layer
    that autocast does in 16 bits; a CPU's own float16 gives the same to a tenth of the speed.
    """

    def __init__(self, precision):
        super().__init__()
        self.precision, self.half = precision, HALF.get(precision)

    def __torch_function__(self, function, types, args=(), kwargs=None):
        """Round what goes into a layer, and what comes back."""
        kwargs = kwargs or {}
        if self.precision == "tf32" and function is torch.conv2d:
            images, weight, *others = args
            return _RoundGradient.apply(function(_Round.apply(images), _Round.apply(weight), *others, **kwargs))
        if self.half and function in MULTIPLYING:
            return self.rounded(function(*map(self.rounded, args), **kwargs))
        made = function(*args, **kwargs)
        return self.rounded(made) if self.half and function in NORMING else made

    def rounded(self, value):
        """A float32 tensor rounded to 16 bits, and its gradient on the way back, too; anything else as it is."""
        is_float = isinstance(value, torch.Tensor) and value.dtype == torch.float32
        return value.to(self.half).float() if is_float else value


MULTIPLYING = {torch.conv2d, torch.nn.functional.linear, torch.nn.functional.scaled_dot_product_attention}
NORMING = {torch.batch_norm, torch.nn.functional.batch_norm}  # layer norms autocast does in float32


def ten_bits(values):
    """float32 values to the nearest with ten bits of mantissa, as TensorFloat-32 has; ties go away from zero."""
    return ((values.view(torch.int32) + 0x1000) & ~0x1FFF).view(torch.float32)


class _Round(torch.autograd.Function):
    @staticmethod
    def forward(context, values):
        return ten_bits(values)

    @staticmethod
    def backward(context, gradient):
        return gradient


class _RoundGradient(torch.autograd.Function):
    @staticmethod
    def forward(context, values):
        return values.clone()  # a view could not be worked on in place, as activations do

    @staticmethod
    def backward(context, gradient):
        return ten_bits(gradient)


def free_memory():
    """Bytes that the GPU, else the machine could still hold; a container's limit is not seen."""
    if current().type == "cuda":
        return torch.cuda.mem_get_info()[0] + torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
    return psutil.virtual_memory().available


def start():
    """Begin a run and measure it, for cost; what the last one left is freed first.

    On a GPU operations take deterministic algorithms where torch has them; the others warn, by name, and run. Not so
    fastai's pooling of a whole picture: where windows do not overlap nothing is added up in changing order.
    """
    gc.collect()  # a learner is full of cycles; its tensors would stay until Python thinks of it
    if current().type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS reads it when it starts
        torch.use_deterministic_algorithms(True, warn_only=True)
        warnings.filterwarnings("ignore", "adaptive_max_pool2d_backward_cuda does not have a deterministic")
        torch.utils.deterministic.fill_uninitialized_memory = False  # costs time, and nothing here reads such memory
        torch.cuda.empty_cache()  # other processes may need it, and a run of another size other pieces
        torch.cuda.reset_peak_memory_stats()
    return time.perf_counter()


def cost(began):
    """Seconds since start() gave `began`, the peak memory in MiB, of the GPU during the run, else of this process so
    far, and the processor.
    """
    if current().type == "cuda":
        peak = torch.cuda.max_memory_allocated() / 2**20
    else:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return {
        "seconds": round(time.perf_counter() - began, 2),
        "peak_memory_mib": round(peak),
        "processor": provenance.processor(),
    }
