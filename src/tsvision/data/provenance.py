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

from tsvision.data import datasets

VERSIONS = ("torch", "torchvision", "timm", "fastai", "pyts", "matplotlib", "numpy", "pandas", "scipy", "scikit-learn")
VERSIONS += ("aeon", "dtaidistance")

PACKAGE = Path(__file__).parents[1]
PARSED = {}  # texts of modules, with what _parsed says of each: asked for often, and parsing takes .25 s


def code_digest(modules, names=None, without=None):
    """Sixteen hex digits over what modules and all tsvision modules they import do: comments and docstrings don't
    count.

    modules: names such as 'tsvision.methods.training', or of rooms. names: a list of names in them, if only what these
    reach counts, see reached: another function beside them changes nothing then. without: a room that doesn't count.
    """
    if names is not None:
        parts = [text for found in reached(modules, names, without).values() for text, _ in found]
    else:
        parts = [f"{module}: {ast.dump(tree)}" for module, (tree, _, _) in _modules(modules, without).items()]
    return digest(json.dumps(sorted(parts)))


def reached(modules, names, without=None):
    """What names reach: {name: its definitions}, of each of them and of every name that occurs in what they reach. A
    definition is (its syntax tree as text, the names in it).

    Looked for in modules and all tsvision modules that they import, but for those of a room `without`; a name stands
    for every definition of it in any of them, so that rather too much is found than too little. Under None, every
    statement that defines nothing.
    """
    defined = {}
    for _, _, definitions in _modules(modules, without).values():
        for name, text, words in definitions:
            defined.setdefault(name, []).append((text, words))
    todo, found = [None, *names], {}
    while todo:
        name = todo.pop()
        if name not in found and name in defined:
            found[name] = defined[name]
            todo += [word for _, words in defined[name] for word in words]
    return found


def _modules(modules, without=None):
    """Modules and all tsvision modules that they import, but for those of a room `without`, as _parsed gives them:
    {name: (tree, imports, definitions)}.

    Raises ModuleNotFoundError for one that is not there: a digest must not overlook code that it can't find.
    """
    todo, found = [module.removeprefix("tsvision.") for module in modules], {}
    while todo:
        module = todo.pop()
        if module in found or module.partition(".")[0] == without:
            continue
        if (path := _source(module)) is None:
            raise ModuleNotFoundError(f"tsvision.{module}: expected a module of this package, there is none")
        text = path.read_text(encoding="utf-8")
        found[module] = PARSED[text] = PARSED.get(text) or _parsed(text)
        # modules of a room, or names of a module
        todo += [name if _source(name) else room for room, name in found[module][1]]
    return found


def _parsed(text):
    """A module's syntax tree without docstrings; what it imports from this package, as (module, name in it); the names
    that it defines, each with what reached says of a definition.
    """
    tree, imports = ast.parse(text), []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "tsvision":
            room = node.module.removeprefix("tsvision").removeprefix(".")
            imports += [(room, ".".join(filter(None, (room, alias.name)))) for alias in node.names]
        body = getattr(node, "body", None)
        first = body[0] if isinstance(body, list) and body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            body[:1] = []
    defined = [pair for statement in tree.body for pair in _definitions(statement)]
    return tree, imports, [(name, ast.dump(part), names_in(part)) for name, part in defined]


def _source(module):
    """The file of a module or of a room, given its name below tsvision, '' for the package; None if there is none."""
    path = PACKAGE.joinpath(*module.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)


def _definitions(statement):
    """The names that a top-level statement defines, each with the part of it that does; None for one that defines
    none.
    """
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return [(statement.name, statement)]
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        package = (getattr(statement, "module", None) or "").partition(".")[0]
        # what is imported from this package is followed by name, wherever it lies
        names = [alias for alias in statement.names if alias.asname or package != "tsvision"]
        one = [(alias.asname or alias.name.split(".")[0], alias) for alias in names]
        source = {"module": statement.module, "level": 0} if isinstance(statement, ast.ImportFrom) else {}
        return [(name, type(statement)(names=[alias], **source)) for name, alias in one]
    is_assignment = isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign))
    targets = getattr(statement, "targets", None) or [statement.target] if is_assignment else []
    names = [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
    return [(name, statement) for name in names] or [(None, statement)]


def names_in(tree):
    """The names that occur in a syntax tree: variables, attributes, what is imported."""
    found = [
        getattr(node, "id", None) or getattr(node, "attr", None) or getattr(node, "name", None)
        for node in ast.walk(tree)
    ]
    return [name for name in found if name]


def versions():
    """The installed versions of the libraries that a result depends on."""
    return {name: importlib.metadata.version(name) for name in VERSIONS}


def commit():
    """The commit that is checked out, with -dirty behind it if something has changed since, whoever owns the files;
    'not a git checkout' where there is none, or no git.
    """
    # a GIT_DIR of the shell's may lead elsewhere, as may a checkout that this folder lies in
    usual = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    here = usual | {"GIT_CEILING_DIRECTORIES": str(datasets.ROOT.parent)}
    words = ["git", "-c", "safe.directory=*", "describe", "--always", "--dirty", "--abbrev=7"]
    try:
        said = subprocess.run(words, cwd=datasets.ROOT, env=here, capture_output=True, text=True, check=False).stdout
    except OSError:
        said = ""
    return said.strip() or "not a git checkout"


def record():
    """What varies from machine to machine: commit, Python and library versions, system, processor, cores."""
    return {
        "commit": commit(),
        "python": platform.python_version(),
        "versions": versions(),
        "system": f"{sys.platform} {platform.machine()}",
        "processor": processor(),
        "cores": os.cpu_count(),
    }


def processor():
    """The processor's name as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"


def digest(text):
    """Sixteen hex digits of a text's sha256."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
