"""What the repository promises about itself: versions in step, nothing local or foreign in a tracked file."""

import ast
import importlib
import pathlib
import re
import subprocess
import sys
import tomllib

import pytest
import yaml

from tsvision.data import datasets

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
    assert "sys.version_info < (3, 11)" in (ROOT / "Makefile").read_text()
    assert environment["dependencies"][-1]["pip"] == ["--require-hashes", "-r requirements.lock"]


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


ROOMS = {  # as a data set passes them, and what each takes from the others
    "data": set(),
    "pictures": set(),
    "networks": {"data"},
    "methods": {"data", "pictures", "networks"},
    "evaluation": set(),
    "figures": {"data", "pictures", "evaluation"},
    "study": {"data", "evaluation"},
}


def rooms_imported(path):
    """The rooms that a file's imports name, wherever they stand in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "tsvision":
            yield from [node.module.split(".")[1]] if "." in node.module else [alias.name for alias in node.names]


def test_seven_rooms_of_small_files_take_from_the_rooms_that_they_are_said_to_take_from():
    package = ROOT / "src" / "tsvision"
    assert sorted(path.name for path in package.iterdir() if path.is_dir() and path.name != "__pycache__") == sorted(
        ROOMS
    )
    assert sorted(path.name for path in package.glob("*.py")) == ["__init__.py", "__main__.py"]
    for place, (room, others) in enumerate(ROOMS.items()):
        assert others <= {*list(ROOMS)[:place]}, f"{room} imports a room below it"
        paths = list((package / room).glob("*.py"))
        assert not [path.name for path in paths if len(path.read_text().splitlines()) > 400], (
            f"{room}: files of more than 400 lines"
        )
        wrong = {path.name: found for path in paths if (found := {*rooms_imported(path)} - others - {room, "THREADS"})}
        assert not wrong, f"{room} takes from {', '.join(others) or 'no other room'}; {wrong}"
        assert {name for path in paths for name in rooms_imported(path)} >= others, (
            f"{room} no longer takes from all of {others}"
        )


def test_a_room_names_what_is_public_once_each_says_what_it_is_and_somebody_uses_it():
    places = [*(ROOT / "src").rglob("*.py"), *(ROOT / "notebooks").glob("*.ipynb"), *(ROOT / "benchmarks").glob("*.py")]
    places.append(ROOT / "docs" / "own-data.md")  # what readers run
    texts = {path: path.read_text(encoding="utf-8") for path in places if path.name != "__init__.py"}
    for room in ROOMS:
        told = "\n".join(text for path, text in texts.items() if path.parent.name != room)
        imported = ", ".join(re.findall(rf"^from tsvision\.{room} import (.+)", told, re.MULTILINE)).split(", ")
        door = importlib.import_module(f"tsvision.{room}")
        tree = ast.parse(pathlib.Path(door.__file__).read_text())
        assert door.__doc__ and all(isinstance(part, ast.ImportFrom) for part in tree.body[1:]), "imports alone"
        names = [alias.asname or alias.name for part in tree.body[1:] for alias in part.names]
        assert len(set(names)) == len(names)
        for name in names:
            assert not callable(getattr(door, name)) or getattr(door, name).__doc__, f"{room}.{name}: no docstring"
            assert name in imported or re.search(rf"\b{room}\.{name}\b", told), f"{room}.{name}: nobody uses it"


@pytest.mark.parametrize("words", [("check",), ("format", "--check")], ids=" ".join)
def test_ruff_finds_nothing(words):
    ruff = subprocess.run(
        [sys.executable, "-m", "ruff", *words, "."], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ruff.returncode == 0, ruff.stdout
