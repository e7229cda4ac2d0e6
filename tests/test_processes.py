"""Processes of their own: what they give back, in which order, and what becomes of them."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest
import torch

from tsvision.data import datasets
from tsvision.study import processes, results


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    """Workers that import nothing beforehand."""
    monkeypatch.setattr(processes, "PRELOADED", [])


def place(number):
    """A task that says who did it."""
    return number, os.getpid()


def sees(name):
    """A task that says what of the environment it sees."""
    return os.environ.get(name)


def broken(number):
    """A task that some numbers end badly."""
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    raise ValueError(f"not {number}")


def test_a_group_is_done_by_one_process_in_order_and_groups_by_several():
    made = list(processes.spread([[(1,), (2,), (3,)], [(4,)], [(5,), (6,)]], place, 2))
    by_process = {pid: [number for number, own in made if own == pid] for _, pid in made}
    assert sorted(number for number, _ in made) == [1, 2, 3, 4, 5, 6]
    assert len(by_process) == 2 and os.getpid() not in by_process
    for group in ([1, 2, 3], [5, 6]):
        (own,) = [numbers for numbers in by_process.values() if group[0] in numbers]
        assert [number for number in own if number in group] == group


def test_a_task_s_error_and_a_killed_worker_are_told():
    with pytest.raises(ValueError, match="not 2"):
        list(processes.spread([[(2,)]], broken, 1))
    with pytest.raises(RuntimeError, match="was killed, as happens when memory runs out; with OMP_NUM_THREADS=2 half"):
        list(processes.spread([[(1,)]], broken, 1))


def test_a_spoilt_worker_gets_no_further_group_and_without_one_what_is_left_is_counted():
    groups = [[(number,)] for number in range(8)]
    made = list(processes.spread(groups, place, 2, spoils=lambda answer: answer[0] == 0))
    (spoilt,) = [pid for number, pid in made if number == 0]
    assert sorted(number for number, _ in made) == [*range(8)] and [pid for _, pid in made].count(spoilt) == 1
    running = processes.spread([[(1,), (2,)], [(3,)], [(4,), (5,)]], place, 1, spoils=lambda answer: answer[0] < 3)
    assert [next(running)[0], next(running)[0]] == [1, 2]  # its own group is with it already
    with pytest.raises(RuntimeError, match="no process is left that can go on; 3 runs were not begun"):
        next(running)


def test_who_stops_listening_leaves_no_process_behind():
    running = processes.spread([[(1,)], [(2,)], [(3,)]], place, 2)
    _, pid = next(running)
    running.close()
    for _ in range(100):
        if subprocess.run(["ps", "-p", str(pid)], capture_output=True).returncode:
            return
        time.sleep(0.1)
    pytest.fail("a worker is still there")


def test_a_script_without_a_guard_is_not_run_again_by_its_workers(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "print('once', flush=True)\nfrom tsvision.study import processes\nprocesses.PRELOADED = []\n"
        "print(list(processes.spread([[(1,)], [(-2,)]], abs, 2)) in ([1, 2], [2, 1]))\n"
    )
    path = {"PYTHONPATH": str(datasets.ROOT / "src")}
    ended = subprocess.run([sys.executable, script], env=os.environ | path, capture_output=True, text=True)
    assert ended.stdout.split() == ["once", "True"], ended.stderr


@pytest.mark.parametrize("threads, free, expected", [(1, 100, 8), (3, 100, 2), (16, 100, 1), (1, 5, 2), (1, 0.1, 1)])
def test_as_many_runs_at_once_as_cores_and_memory_allow_which_is_said(monkeypatch, capsys, threads, free, expected):
    monkeypatch.setattr(processes, "THREADS", threads)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(processes.psutil, "virtual_memory", lambda: type("Free", (), {"available": free * 2**30}))
    assert processes.at_once() == expected
    said = f"memory: {free:.1f} GiB are free, so {expected} of 8 runs that could go on at once do\n"
    assert capsys.readouterr().out == said * (free < 100)


@pytest.mark.parametrize(
    "free, forks, expected, says",
    [(79, True, 8, ""), (30, True, 3, "so 3 of 8 runs"), (5, True, 1, "so 1 of 8 runs"), (79, False, 1, "")],
)
def test_on_a_gpu_as_many_as_its_memory_allows_too(monkeypatch, capsys, free, forks, expected, says):
    monkeypatch.setattr(processes, "THREADS", 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(processes.psutil, "virtual_memory", lambda: type("Free", (), {"available": 100 * 2**30}))
    monkeypatch.setattr(processes, "_free_on_gpus", lambda: free * 2**30)
    monkeypatch.setattr(processes, "can_fork", lambda: forks)
    assert processes.at_once("NVIDIA H100 80GB HBM3") == expected
    out = capsys.readouterr().out
    assert says in out and bool(out) == bool(says) and (not out or out.startswith(f"GPU memory: {free}.0 GiB are free"))


def test_what_is_forked_sees_the_gpus_that_its_server_does_not(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")
    monkeypatch.delenv("PYTORCH_NVML_BASED_CUDA_CHECK", raising=False)
    with processes._as_in(dict(os.environ)):
        assert sees("CUDA_VISIBLE_DEVICES") == "" and sees("PYTORCH_NVML_BASED_CUDA_CHECK") == "1"
    assert sees("CUDA_VISIBLE_DEVICES") == "7"
    names = [("CUDA_VISIBLE_DEVICES",), ("PYTORCH_NVML_BASED_CUDA_CHECK",)]
    assert list(processes.spread([names], sees, 1)) == ["7", None]


def test_workers_take_the_gpus_in_turn(monkeypatch):
    taken = []
    monkeypatch.setattr(processes.signal, "signal", lambda *_: None)
    monkeypatch.setattr(processes, "_end_with_parent", lambda: None)
    monkeypatch.setattr(processes, "has_driver", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", taken.append)
    for number in range(3):
        processes._prepare(dict(os.environ), number)
    assert taken == [0, 1, 0]
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    processes._prepare(dict(os.environ), 0)
    assert len(taken) == 3


@pytest.mark.parametrize(
    "error, says, spoils",
    [
        (
            torch.OutOfMemoryError("CUDA error: out of memory"),
            "the GPU's memory is full .CUDA err.*fewer at once",
            False,
        ),
        (
            RuntimeError("CUDA error: an illegal\nmemory access"),
            "the GPU failed .CUDA error: an illegal memory.*again$",
            True,
        ),
        (ValueError("size: too\nsmall"), "^size: too small$", False),
        (KeyError(), "^KeyError$", False),
    ],
)
def test_an_error_of_a_gpu_says_what_to_do_and_may_spoil_its_process(error, says, spoils):
    assert re.search(says, processes.explained(error))
    assert processes.spoils_process(error) == spoils == results._spoils(("key", error))
    assert not results._spoils(("key", [("row", "tables")]))


@pytest.mark.parametrize(
    "driver, management, forks", [((), (), True), (("cuda",), ("ml",), True), (("cuda",), (), False)]
)
def test_a_gpu_s_processes_are_forked_where_torch_can_count_gpus_without_cuda(monkeypatch, driver, management, forks):
    there = {"cuda": "libcuda.so.1", "ml": "libnvidia-ml.so.1"}
    found = {there[name] for name in (*driver, *management)}
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(processes, "_loads", found.__contains__)
    assert processes.can_fork() == forks and processes.has_driver() == bool(driver)
