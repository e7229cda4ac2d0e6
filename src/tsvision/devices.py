"""The processor that computes: which it is, in what precision it multiplies, and what a run on it costs."""

import gc
import os
import resource
import sys
import time

import psutil
import torch

from tsvision import provenance


def current():
    """The first CUDA GPU if torch sees one, else the CPU: found, never configured."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def name():
    """The device as a row records it: the GPU's name, or cpu with what else changes the last digits of a result."""
    if current().type == "cuda":
        return torch.cuda.get_device_name()
    return f"cpu{' with bfloat16' if native_bf16() else ''}, {torch.get_num_threads()} threads"


def native_bf16():
    """Whether the device computes in bfloat16 by itself; where it is emulated it costs time."""
    if current().type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    features = torch.cpu.get_capabilities()
    return bool(features.get("avx512_bf16") or features.get("amx_bf16"))


def precision(model):
    """'bf16' where the device computes bfloat16 natively and the model gains from it, else 'fp32'.

    On CPUs depthwise convolutions lose by it: see EfficientNet-Lite0 in make bench.
    """
    is_depthwise = any(isinstance(part, torch.nn.Conv2d) and part.groups > 1 for part in model.modules())
    return "bf16" if native_bf16() and (current().type == "cuda" or not is_depthwise) else "fp32"


def halve(model):
    """Let a model compute under autocast to bfloat16 and answer in float32; fastai's own callback knows CUDA only."""
    forward, where = model.forward, current().type

    def run(*inputs):
        with torch.autocast(where, torch.bfloat16):
            return forward(*inputs).float()

    model.forward = run


def free_memory():
    """Bytes that the device could still hold: of the GPU's memory, else of the machine's; a container's limit is not seen."""
    if current().type == "cuda":
        return torch.cuda.mem_get_info()[0] + torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
    return psutil.virtual_memory().available


def start():
    """Begin a run and measure it, for cost; what the last one left is freed first.

    On a GPU operations take deterministic algorithms where torch has them; the others warn, by name, and run.
    """
    gc.collect()  # a learner is full of cycles; its tensors would stay until Python thinks of it
    if current().type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS reads it when it starts
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.utils.deterministic.fill_uninitialized_memory = False  # costs time, and nothing here reads such memory
        torch.cuda.reset_peak_memory_stats()
    return time.perf_counter()


def cost(began):
    """Seconds since start() gave `began`, the peak memory in MiB, of the GPU during the run, else of this process so far, and the processor."""
    if current().type == "cuda":
        peak = torch.cuda.max_memory_allocated() / 2**20
    else:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return {"seconds": round(time.perf_counter() - began, 2), "peak_memory_mib": round(peak), "processor": provenance.processor()}
