"""What the repository promises about itself: versions in step, nothing local or foreign in a tracked file."""

import re
import subprocess
import sys
import tomllib

import pytest
import yaml

from tsvision import datasets

ROOT = datasets.ROOT
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = (ROOT / "requirements.lock").read_text()


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def locked():
    """{name: list of versions} of the lock; a package may stand there once for each platform."""
    found = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", LOCK, re.MULTILINE):
        found.setdefault(normal(name), []).append(version)
    return found


def tracked():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def test_every_direct_dependency_is_locked():
    direct = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]
    assert {normal(re.split(r"[ <>=;\[]", name)[0]) for name in direct} <= set(locked())


def test_every_locked_version_has_a_hash_and_no_index_is_named():
    blocks = re.split(r"\n(?=\S)", LOCK.strip())
    assert len(blocks) > 100
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in LOCK and not re.search(r"^--", LOCK, re.MULTILINE)


def test_conda_installs_the_same_lock_on_a_python_that_the_project_allows():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python = next(line for line in environment["dependencies"] if isinstance(line, str) and line.startswith("python="))
    assert PROJECT["project"]["requires-python"] == ">=3.11"
    assert tuple(map(int, python.removeprefix("python=").split("."))) >= (3, 11)
    assert environment["dependencies"][-1]["pip"] == ["--require-hashes", "-r requirements.lock"]


def test_makefile_checks_the_same_python_range():
    assert "sys.version_info < (3, 11)" in (ROOT / "Makefile").read_text()


def test_no_absolute_path_index_or_output_in_a_tracked_file():
    local = re.compile(r"(^|[\s\"'=(])/(work|root|home|Users|farm)/|https?://[^ ]*/simple|--(extra-)?index.url")
    for path in tracked():
        if path.suffix not in (".png", ".lock") and path.name != "test_repository.py":
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                assert not local.search(line), f"{path.relative_to(ROOT)}, line {number}: {line.strip()[:120]}"


def test_no_data_weights_or_large_file_is_tracked():
    for path in tracked():
        assert path.suffix not in (".tsv", ".ts", ".onnx", ".pth", ".safetensors", ".whl", ".zip"), path
        assert path.stat().st_size < 2_000_000, path  # predictions of a hundred runs over thirty splits have 1.5 MB


def test_every_room_is_small_and_imports_only_rooms_above_it():
    order = [
        "fetch",
        "files",
        "datasets",
        "splits",
        "provenance",
        "forensics",
        "originals",
        "colours",
        "encoders",
        "devices",
        "backbones",
        "training",
        "frozen",
        "lastblock",
        "lengths",
        "baselines",
        "words",
        "intervals",
        "evaluation",
        "coverage",
        "journal",
        "results",
        "verdicts",
        "claims",
        "questions",
        "figures",
        "charts",
        "overview",
        "mistakes",
        "ranks",
        "portraits",
        "front",
        "notebooks",
        "markdown",
        "pages",
        "tables",
        "facts",
        "readme",
        "report",
        "__main__",
    ]
    found = sorted(path.stem for path in (ROOT / "src/tsvision").glob("*.py"))
    assert found == sorted([*order, "__init__"])
    for position, room in enumerate(order):
        text = (ROOT / f"src/tsvision/{room}.py").read_text()
        used = {
            name.strip()
            for names in re.findall(r"^ *from tsvision import (\([^)]*\)|[^#\n]+)", text, re.MULTILINE)
            for name in names.strip("()").split(",")
            if name.strip()
        } | set(re.findall(r"^ *from tsvision\.(\w+) import ", text, re.MULTILINE))
        assert used <= set(order[:position]), f"{room} imports {used - set(order[:position])}"
        assert len(text.splitlines()) <= 300, f"{room} has grown to {len(text.splitlines())} lines"


def test_ruff_finds_nothing():
    ruff = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "."], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ruff.returncode == 0, ruff.stdout
