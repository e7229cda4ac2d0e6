"""What counts as a change of code, and what a record of a machine holds."""

import ast
import json
import os
import platform
import subprocess

import pytest

from tsvision.data import datasets, provenance


@pytest.fixture
def write(tmp_path, monkeypatch):
    """write(name=text, ...) puts modules where code_digest looks for tsvision's."""
    monkeypatch.setattr(provenance, "PACKAGE", tmp_path)

    def put(**modules):
        for name, text in modules.items():
            (tmp_path / f"{name}.py").write_text(text)

    return put


def test_code_digest_sees_code_of_imported_modules_but_not_comments(write):
    write(a="from tsvision import b\nx = 1\n", b="y = 2\n", c="z = 3\n")
    first = provenance.code_digest(["tsvision.a"])
    write(a='"""A docstring."""\nfrom tsvision import b  # a comment\n\nx = 1\n', c="z = 4\n")
    assert provenance.code_digest(["a"]) == first
    write(b="y = 3\n")
    assert provenance.code_digest(["a"]) != first


def test_code_digest_sees_code_of_a_module_that_names_are_imported_from(write):
    write(a="from tsvision.b import y\n", b="y = 2\n")
    before = provenance.code_digest(["a"])
    write(b="y = 3\n")
    assert provenance.code_digest(["a"]) != before


FIT = """
import logging
from tsvision import b
LIMIT, OTHER = 3, 4
logging.disable(10)

def fit(x):
    '''Say it.'''
    return helper(x) + b.draw(x)

def helper(x):
    return min(x, LIMIT)

def beside(x):
    return b.spare(x)
"""
DRAW = """
TABLE = {"one": one}

def draw(x):
    return TABLE[x]

def one(x):
    return Shape().area

def spare(x):
    return 0

class Shape:
    area = property(lambda self: sides())

def sides():
    return 4
"""


@pytest.mark.parametrize(
    "old, new, counts",
    [
        ("min(x, LIMIT)", "max(x, LIMIT)", True),  # a helper
        ("LIMIT, OTHER = 3", "LIMIT, OTHER = 5", True),  # a constant, defined beside another
        ("logging.disable(10)", "logging.disable(20)", True),  # a statement that defines nothing
        ('{"one": one}', '{"two": one}', True),  # a table in another module
        ("Shape().area", "Shape().area + 1", True),  # what only the table names
        ("return 4", "return 5", True),  # what only a class in another module calls
        ("import logging", "import logging.handlers as logging", True),
        ("return b.spare(x)", "return b.spare(x) + 1", False),  # a function beside
        ("return 0", "return 1", False),  # and what only that one calls
        ("Say it.", "Say something else.", False),
        ("def beside", "def another():\n    return fit(1)\n\ndef beside", False),
        ("import logging\n", "import logging\nimport json\n", False),  # nothing that fit uses
    ],
)
def test_code_digest_of_a_function_counts_what_it_reaches(write, old, new, counts):
    write(a=FIT, b=DRAW)
    before, whole = provenance.code_digest(["a"], ["fit"]), provenance.code_digest(["a"])
    assert FIT.count(old) + DRAW.count(old) == 1
    write(a=FIT.replace(old, new), b=DRAW.replace(old, new))
    assert (provenance.code_digest(["a"], ["fit"]) != before) is counts
    assert (provenance.code_digest(["a"]) != whole) is (old != "Say it.")


def test_a_function_that_moves_to_another_module_changes_nothing(write):
    write(a="from tsvision.b import one\ndef fit():\n    return one()\n", b="def one():\n    return 1\n", c="")
    before = provenance.code_digest(["a"], ["fit"])
    write(a="from tsvision.c import one\ndef fit():\n    return one()\n", b="", c="def one():\n    return 1\n")
    assert provenance.code_digest(["a"], ["fit"]) == before
    write(a="from tsvision.c import two as one\ndef fit():\n    return one()\n", c="def two():\n    return 1\n")
    moved = provenance.code_digest(["a"], ["fit"])
    write(c="def two():\n    return 2\n")
    assert before != moved != provenance.code_digest(["a"], ["fit"])


def test_a_room_that_does_not_count_changes_nothing_and_what_it_imports_neither(write):
    write(a="from tsvision.data import read\ndef fit():\n    return read()\n")
    write(data="from tsvision.b import c\nread = c\n")
    asked = [(names, room) for names in (["fit"], None) for room in (None, "data")]
    digests = []
    for text in ({"b": "c = 1"}, {"b": "c = 2"}, {"data": "read = 2"}):
        write(**text)
        digests.append([provenance.code_digest(["a"], *each) for each in asked])
    assert [len(set(said)) for said in zip(*digests)] == [3, 1, 3, 1]


def test_no_fit_takes_series_from_the_room_that_does_not_count_for_kept_rows():
    used, modules = set(), {"datasets", "fetch", "files", "provenance", "splits"}
    for path in (provenance.PACKAGE / room for room in ("methods", "networks", "pictures")):
        for tree in (ast.parse(file.read_text()) for file in path.glob("*.py")):
            for node in ast.walk(tree):
                if isinstance(node, ast.Import):
                    assert not [alias.name for alias in node.names if alias.name.startswith("tsvision")]
                elif isinstance(node, ast.ImportFrom):
                    names = {alias.asname or alias.name for alias in node.names}
                    assert node.module != "tsvision" or "data" not in names
                    assert not node.module.startswith("tsvision.data") or names <= modules, ast.unparse(node)
                elif isinstance(node, ast.Attribute) and getattr(node.value, "id", None) in modules:
                    used.add(f"{node.value.id}.{node.attr}")
    weights = {f"fetch.{name}" for name in ("FetchError", "check_hash", "from_wheel", "once", "sha256")}
    # a run's key holds where they came from
    weights |= {"datasets.RAW", "datasets.ROOT", "datasets.sources", "files.from_root"}
    assert used <= weights | {"splits.check", "provenance.processor"}, "refuses bad input; what a run cost"


def test_the_fits_of_this_package_reach_what_they_are_made_of():
    for module, function, words, beside in (
        ("training", "fine_tune", ("gadf", "line", "framed", "Curve", "rename_in_order", "ENCODINGS", "KEPT"), ()),
        ("frozen", "linear_probe", ("ridge", "layers", "ALPHAS", "mtf", "forward"), ("learner",)),
        ("lastblock", "tune_last_block", ("LastBlock", "tokens", "Network", "Picture"), ("ridge", "learner")),
        (
            "lengths",
            "classify_at",
            ("AnyLength", "PIXEL", "windows", "cut_to", "features"),
            ("linear_probe", "learner"),
        ),
        ("baselines", "classify", ("PLSLDA", "_aeon", "answer", "ALPHAS"), ("linear_probe", "learner", "ENCODINGS")),
    ):
        reached = provenance.reached([f"methods.{module}"], [function], without="data")
        assert {*words} <= set(reached), {*words} - set(reached)
        assert not set(reached) & {"channel_statistics", *beside}


def test_provenance_names_no_host_and_no_user():
    text = json.dumps(provenance.record())
    assert set(json.loads(text)) == {"commit", "python", "versions", "system", "processor", "cores"}
    assert str(datasets.ROOT) not in text and platform.node() not in text


def alone(place, monkeypatch):
    monkeypatch.setenv("PATH", str(place))  # without git


def elsewhere(place, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(place.parent))


def coloured(place, monkeypatch):
    (place.parent / ".gitconfig").write_text("[color]\nui = always\n[core]\nabbrev = 40\n")
    monkeypatch.setenv("HOME", str(place.parent))


def of_another_user(place, monkeypatch):
    if os.geteuid():
        pytest.skip("only root can give files away")
    os.chown(place, 12345, 12345)


def inside(place, monkeypatch):
    (place / "below").mkdir()
    monkeypatch.setattr(datasets, "ROOT", place / "below")  # unpacked in somebody's checkout of something else


@pytest.mark.parametrize(
    "machine, is_told",
    [(alone, False), (elsewhere, True), (coloured, True), (of_another_user, True), (inside, False)],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_commit_is_that_of_this_folder_whatever_git_is_told(tmp_path, monkeypatch, machine, is_told):
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.setattr(datasets, "ROOT", place)
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    for words in (["init", "-q"], [*who, "commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", *words], cwd=place, check=True)
    words = ["git", "rev-parse", "--short=7", "HEAD"]
    short = subprocess.run(words, cwd=place, check=True, capture_output=True, text=True).stdout.strip()
    machine(place, monkeypatch)
    assert provenance.commit() == (short if is_told else "not a git checkout")
    (place / "file").write_text("one")
    if is_told and machine is not of_another_user:
        subprocess.run(["git", "add", "file"], cwd=place, env={"PATH": os.defpath, "HOME": "/"}, check=True)
        assert provenance.commit() == provenance.record()["commit"] == f"{short}-dirty"
