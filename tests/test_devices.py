import os
from types import SimpleNamespace

import psutil
import torch

from tsvision import devices


def test_free_memory_of_a_cpu_is_what_the_machine_has_available(monkeypatch):
    monkeypatch.setattr(devices, "current", lambda: torch.device("cpu"))
    assert 0 < devices.free_memory() < psutil.virtual_memory().total
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(total=9000, available=5000, free=400, used=3))
    assert devices.free_memory() == 5000  # what caches would give back counts as free


def test_free_memory_of_a_gpu_is_its_own(monkeypatch):
    monkeypatch.setattr(devices, "current", lambda: torch.device("cuda"))
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (700, 900))
    assert devices.free_memory() == 700


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
    finally:
        torch.use_deterministic_algorithms(False)
