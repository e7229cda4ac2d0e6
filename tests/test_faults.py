"""Runs that are killed, disks that are full, files that rot, two runs at once: nothing is lost, nothing wrong taken for
right.

KILLS=30 make test kills thirty times, over all notebooks, instead of five times over a few.
"""

import contextlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import psutil
import pytest
import yaml
from conftest import command, environment

from tsvision import __main__ as door
from tsvision import figures
from tsvision.data import datasets, fetch
from tsvision.study import notebooks, results
from tsvision.study.journal import alone

KILLS = int(os.environ.get("KILLS", 5))
KILLED = ["02_gadf_render", "03_resnet_finetune", "07_axes_and_noise"] if KILLS <= 5 else notebooks.stems()


# --- killed -----------------------------------------------------------------------------------------------------------


def tables(folder, kinds=("*.csv",)):
    """The bytes of all results but for what was measured with a clock."""
    paths = [path for kind in kinds for path in sorted(folder.glob(kind)) if ".cost" not in path.name]
    return {path.name: path.read_bytes() for path in paths if path.name.startswith(tuple(KILLED))}


def kill_after(seconds, arguments, root, everybody):
    """Start the command, SIGKILL it after so many seconds; its kernel too, or leave that to find itself alone."""
    words = [sys.executable, "-W", "ignore", "-m", "tsvision", *arguments]
    with subprocess.Popen(
        words, cwd=root, env=environment(root), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return False
        children = psutil.Process(process.pid).children(recursive=True) if everybody else []
        for one in (psutil.Process(process.pid), *children):
            with contextlib.suppress(psutil.NoSuchProcess):
                one.send_signal(signal.SIGKILL)
    return True


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the project, as a checkout without git has it, with the notebooks that are killed."""
    root, local = (
        tmp_path_factory.mktemp("copy") / "a project",
        (".git", ".venv", "build", "raw", "__pycache__", ".*_cache"),
    )
    shutil.copytree(datasets.ROOT, root, ignore=shutil.ignore_patterns(*local))
    for path in (root / "notebooks").glob("*.ipynb"):
        if path.stem not in KILLED:
            path.unlink()
    for path in (root / "profiles").glob("*.yaml"):
        sections = yaml.safe_load(path.read_text())
        path.write_text(json.dumps({stem: sections[stem] for stem in sections if stem in KILLED}))
    return root


def test_a_run_killed_at_random_moments_ends_with_the_tables_and_figures_of_the_smoke_run(smoke, copy, capsys):
    """Which a machine made that was set up for other work (conftest.hostile): that reaches neither."""
    rng, killed, kinds = np.random.default_rng(KILLS), 0, ("results/*.csv", "results/*.answer.txt", "figures/*.png")
    # the last two of five while it publishes
    while killed < KILLS - 2 * KILLS // 5:
        seconds = rng.uniform(1, 11)
        if not kill_after(seconds, ["run", "--profile", "smoke"], copy, rng.random() < 0.5):
            shutil.rmtree(copy / "build")  # all done before all kills: from the beginning
            continue
        killed += 1
    ended = command("run", "--profile", "smoke", root=copy)
    assert ended.returncode == 0, ended.stderr[-3000:]
    expected = tables(smoke[1], kinds)
    assert len(expected) > 12 and tables(copy / "build" / "smoke", kinds) == expected
    assert [path.name for path in (copy / "build").rglob(".*")] == [".lock"], "litter"
    while killed < KILLS:
        kill_after(rng.uniform(0.5, 6), ["publish", "--profile", "smoke"], copy, True)
        killed += 1
    ended = command("publish", "--profile", "smoke", root=copy)
    assert ended.returncode == 0, ended.stderr[-3000:]
    assert tables(copy / "data" / "results" / "smoke") == tables(smoke[1] / "results")
    assert not [path.name for path in (copy / "data" / "results").iterdir() if path.name.startswith(".")], "litter"
    with capsys.disabled():
        print(f"{killed} kills survived", end=" ")


# --- full, read-only, in each other's way -----------------------------------------------------------------------------


@contextlib.contextmanager
def room_for(size):
    """No file can grow beyond so many bytes."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def write_table(folder):
    results.write(folder / "a.csv", "x" * 10**5)


def draw(folder):
    figure = plt.figure()
    figure.text(0, 0, "x")
    figures.save(figure, "a", folder)


@pytest.mark.parametrize("writes", [write_table, draw])
def test_a_full_disk_leaves_the_old_file_and_no_part_of_the_new(tmp_path, writes):
    target = tmp_path / ("a.csv" if writes is write_table else "figures/a.png")
    target.parent.mkdir(exist_ok=True)
    target.write_text("old")
    with room_for(200), pytest.raises(OSError, match="File too large"):
        writes(tmp_path)
    assert target.read_text() == "old" and list(target.parent.iterdir()) == [target]


def test_a_full_disk_during_a_download(server, tmp_path):
    server.page("/x", bytes(10**6))
    with room_for(1000), pytest.raises(OSError, match="File too large"):
        fetch.download(f"{server.url}/x", tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_a_row_that_the_disk_had_no_room_for_is_computed_again(tmp_path, capsys):
    journal = tmp_path / "rows.jsonl"
    results.append_journal(journal, {"key": "first"})
    with room_for(journal.stat().st_size + 20), pytest.raises(OSError, match="File too large"):
        results.append_journal(journal, {"key": "second"})
    results.append_journal(journal, {"key": "third"})
    assert list(results.read_journal(journal)) == ["first", "third"]
    assert "line 2: damaged or cut off, left out" in capsys.readouterr().out


def test_no_space_is_said_in_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(datasets, "ROOT", tmp_path)
    (tmp_path / "build").write_text("a file where a folder is expected")
    assert door.main(["run", "--profile", "smoke"]) == 1
    assert re.fullmatch(
        r"error: \[Errno \d+\] .*build.*; once that is mended the same command goes on .*\n", capsys.readouterr().err
    )


def test_a_second_run_is_sent_away_and_a_killed_one_keeps_nobody_out(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(datasets, "ROOT", tmp_path)
    holds = (
        "import pathlib, sys, time\nfrom tsvision.study.journal import alone\n"
        "with alone(pathlib.Path(sys.argv[1], 'build/smoke')):\n    print('in', flush=True)\n    time.sleep(60)"
    )
    words = [sys.executable, "-W", "ignore", "-c", holds, str(tmp_path)]
    with subprocess.Popen(words, env=environment(notebooks.FOLDER.parent), stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"in\n"
        for verb in ("run", "publish"):
            assert door.main([verb, "--profile", "smoke"]) == 2
            assert (
                capsys.readouterr().err
                == f"error: another run is at work in {tmp_path}/build/smoke; wait for its end, or stop it\n"
            )
        with alone(tmp_path / "build" / "cpu"):
            other.kill()
    with alone(tmp_path / "build" / "smoke"):
        pass


def test_two_writers_of_one_journal_lose_no_row(tmp_path):
    writes = (
        "import pathlib, sys\nfrom tsvision.study import results\nfor k in range(200):"
        " results.append_journal(pathlib.Path(sys.argv[1]), {'key': sys.argv[2] + str(k), 'x': 'x' * 9999})"
    )
    words = [sys.executable, "-W", "ignore", "-c", writes, str(tmp_path / "rows.jsonl")]
    both = [subprocess.Popen([*words, name], env=environment(datasets.ROOT)) for name in "ab"]
    assert [one.wait(60) for one in both] == [0, 0]
    expected = {f"{name}{k}" for name in "ab" for k in range(200)}
    assert set(results.read_journal(tmp_path / "rows.jsonl")) == expected


# --- rotten -----------------------------------------------------------------------------------------------------------


def test_no_flipped_bit_of_a_journal_gives_another_row(tmp_path, capsys):
    journal = tmp_path / "rows.jsonl"
    for k in range(2):
        results.append_journal(journal, {"key": str(k), "lines": [0.5, "öl"]})
    good, kept = journal.read_bytes(), results.read_journal(journal)
    for bit in range(8 * len(good)):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        journal.write_bytes(bad)
        assert results.read_journal(journal).items() <= kept.items()


def test_no_journal_cut_off_anywhere_gives_another_row(tmp_path, capsys):
    journal = tmp_path / "rows.jsonl"
    for k in range(2):
        results.append_journal(journal, {"key": str(k), "lines": [0.5]})
    good, kept = journal.read_bytes(), results.read_journal(journal)
    for length in range(len(good)):
        journal.write_bytes(good[:length])
        results.append_journal(journal, {"key": "2"})
        found = results.read_journal(journal)
        assert found.pop("2") == {"key": "2"} and found.items() <= kept.items()


def test_what_is_installed_is_known_by_what_it_is_not_by_the_clock(tmp_path):
    for name in ("Makefile", "requirements.lock"):
        shutil.copyfile(datasets.ROOT / name, tmp_path / name)
    (tmp_path / ".venv").mkdir()
    shutil.copyfile(tmp_path / "requirements.lock", tmp_path / ".venv" / "installed")
    os.utime(tmp_path / ".venv" / "installed", (0, 0))  # as after the clock was set back
    words = ["make", "environment", "BOOTSTRAP=false"]
    assert subprocess.run(words, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "requirements.lock").write_text("another==1\n")
    os.utime(tmp_path / "requirements.lock", (0, 0))
    assert subprocess.run(words, cwd=tmp_path, capture_output=True, check=False).returncode != 0
