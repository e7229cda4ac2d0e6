"""Processes of their own: what they give back, in which order, and what becomes of them."""

import os
import signal
import subprocess
import sys
import time

import pytest

from tsvision.data import datasets
from tsvision.study import processes


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    """Workers that import nothing beforehand."""
    monkeypatch.setattr(processes, "PRELOADED", [])


def place(number):
    """A task that says who did it."""
    return number, os.getpid()


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
