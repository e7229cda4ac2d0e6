"""What a result came from: the code that made it, versions of libraries, the machine."""

import ast
import hashlib
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

from tsvision import datasets

VERSIONS = tuple(
    ["torch", "torchvision", "timm", "fastai", "pyts", "matplotlib", "numpy", "pandas", "scipy", "scikit-learn", "aeon"]
)


def code_digest(modules, function=None):
    """Sixteen hex digits over what modules and all tsvision modules they import do: comments and docstrings don't count.

    modules: names such as 'tsvision.training'. function: the name of one of theirs, if only what it reaches counts: every
    definition, in any of these modules, of a name that occurs in it or in what it reaches, and every statement that defines
    nothing. Another function beside it changes nothing then.
    """
    trees = _trees(modules)
    if function is None:
        return digest(json.dumps(sorted((module, ast.dump(tree)) for module, tree in trees.items())))
    defined = {}
    for tree in trees.values():
        for statement in tree.body:
            for name, part in _definitions(statement):
                defined.setdefault(name, []).append(part)
    todo, reached = [None, function], {}
    while todo:
        name = todo.pop()
        if name not in reached:
            reached[name] = [ast.dump(part) for part in defined.get(name, [])]
            todo += [word for part in defined.get(name, []) for node in ast.walk(part) for word in _words(node)]
    return digest(json.dumps(sorted(part for parts in reached.values() for part in parts)))


def _trees(modules):
    """The syntax trees, without docstrings, of modules and of all tsvision modules that they import: {name: tree}."""
    todo, trees = [module.removeprefix("tsvision.") for module in modules], {}
    while todo:
        path = Path(__file__).with_name(f"{todo[-1]}.py")
        module = todo.pop()
        if module in trees or not path.exists():
            continue
        trees[module] = tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "tsvision":
                todo += [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tsvision."):
                todo.append(node.module.removeprefix("tsvision."))
            body = getattr(node, "body", None)
            first = body[0] if isinstance(body, list) and body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                body[:1] = []
    return trees


def _definitions(statement):
    """The names that a top-level statement defines, each with the part of it that does; None for one that defines none."""
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return [(statement.name, statement)]
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        one = [(alias.asname or alias.name.split(".")[0], alias) for alias in statement.names]
        source = {"module": statement.module, "level": 0} if isinstance(statement, ast.ImportFrom) else {}
        return [(name, type(statement)(names=[alias], **source)) for name, alias in one]
    is_assignment = isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign))
    targets = getattr(statement, "targets", None) or [statement.target] if is_assignment else []
    names = [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
    return [(name, statement) for name in names] or [(None, statement)]


def _words(node):
    """The names that occur at a node: a variable, an attribute, something imported."""
    found = getattr(node, "id", None) or getattr(node, "attr", None)
    return [found] if found else [node.name] if isinstance(node, ast.alias) else []


def versions():
    """The installed versions of the libraries that a result depends on."""
    return {name: importlib.metadata.version(name) for name in VERSIONS}


def record():
    """What varies from machine to machine: commit, Python and library versions, system, processor, cores."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=datasets.ROOT, capture_output=True, text=True, check=False
    )
    return {
        "commit": commit.stdout.strip() or "not a git checkout",
        "python": platform.python_version(),
        "versions": versions(),
        "system": f"{sys.platform} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
    }


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"


def digest(text):
    """Sixteen hex digits of a text's sha256."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
