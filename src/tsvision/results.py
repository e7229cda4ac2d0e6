"""One row a run: written at once, skipped when it is there, and its provenance beside it.

A journal, <out>/rows.jsonl, keeps every finished run under a key of everything that may change its result: settings,
data, code, versions, device. Notebooks share it: a run that two of them ask for is computed once. The tables in
<out>/results hold the runs that were asked for, in that order.
"""

import ast
import hashlib
import importlib.metadata
import itertools
import json
import os
import platform
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pandas as pd

from tsvision import datasets

VERSIONS = ("torch", "torchvision", "timm", "fastai", "pyts", "matplotlib", "numpy", "pandas", "scipy")
Tables = namedtuple("Tables", "rows predictions history cost")


def grid(**settings):
    """Every combination of the settings given as list, tuple or range, the others fixed: a list of dictionaries.

    The last setting varies fastest: grid(a=[1, 2], b=3) is [{'a': 1, 'b': 3}, {'a': 2, 'b': 3}].
    """
    choices = [value if isinstance(value, (list, tuple, range)) else [value] for value in settings.values()]
    return [dict(zip(settings, choice)) for choice in itertools.product(*choices)]


def collect(fit, data, runs, *, device, name, out):
    """Run fit(series, labels, train, **run) for every run that the journal lacks, and write the tables of all of them.

    fit returns (row, tables, cost) as training.fine_tune does. device: the name of what it runs on. name: the notebook's
    stem, the tables' first word; out: a folder below the project. Prints a line a run. Returns Tables: rows, predictions,
    history, cost, as pandas tables; the last three have a column run, the number of the line in rows.
    """
    folder = datasets.ROOT / out
    journal = folder / "rows.jsonl"
    kept = read_journal(journal)
    context = [data.digest, code_digest([fit.__module__]), versions(), device]
    tables = {table: [] for table in Tables._fields}
    for number, run in enumerate(runs):
        key = hashlib.sha256(json.dumps([run, context], sort_keys=True).encode()).hexdigest()
        is_new = key not in kept
        if is_new:
            row, parts, cost = fit(data.series, data.labels, data.train, **run)
            kept[key] = {"key": key, "row": {"dataset": data.name, "split": "default"} | row, "cost": cost} | parts
            append_journal(journal, kept[key])
        entry = kept[key]
        tables["rows"].append(entry["row"])
        tables["cost"].append({"run": number, "kept": not is_new} | entry["cost"])
        for table in ("predictions", "history"):
            tables[table].append(pd.DataFrame(entry[table]).assign(run=number))
        print(
            f"run {number + 1} of {len(runs)}: {_line(entry['row'])} "
            f"({entry['cost']['seconds']:.1f} s{'' if is_new else ', kept from before'})",
            flush=True,
        )
    made = Tables(
        pd.DataFrame(tables["rows"]),
        *(_run_first(pd.concat(tables[table], ignore_index=True)) for table in ("predictions", "history")),
        pd.DataFrame(tables["cost"]),
    )
    for suffix, table in (
        ("", made.rows),
        (".predictions", made.predictions),
        (".history", made.history),
        (".cost", made.cost),
    ):
        save(table, f"{name}{suffix}", out)
    return made


def save(table, name, out):
    """Write a pandas table to <out>/results/<name>.csv, whole or not at all."""
    write(datasets.ROOT / out / "results" / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))


def check(tables, runs):
    """Raise AssertionError unless there is one sound row a run; returns a sentence. The last cell of a notebook."""
    rows = tables.rows
    assert len(rows) == len(runs), f"expected {len(runs)} rows, got {len(rows)}"
    assert ((rows["accuracy"] * rows["n_test"] - rows["correct"]).abs() < 1e-3).all(), "accuracy and correct disagree"
    wrong = tables.predictions["label"] != tables.predictions["predicted"]
    counted = (~wrong).groupby(tables.predictions["run"]).sum().tolist()
    assert counted == rows["correct"].tolist(), "rows and predictions disagree"
    assert tables.history.notna().all(axis=None), "a loss is NaN: some epoch saw no batch"
    return f"{len(rows)} rows, each agrees with its predictions; every epoch trained"


def write(path, text):
    """Write a text file under a temporary name, then rename: it is whole or not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def append_journal(path, entry):
    """Append one entry with its own hash, in one write; a cut-off earlier line is closed first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(entry)
    with open(path, "ab+") as file:
        file.seek(0, os.SEEK_END)
        if file.tell():
            file.seek(-1, os.SEEK_END)
        cut_off = file.tell() and file.read(1) != b"\n"
        file.write(b"\n" * bool(cut_off) + f"{_hash(text)} {text}\n".encode())
        file.flush()
        os.fsync(file.fileno())


def read_journal(path):
    """The entries of a journal by key; a line that does not match its hash is reported and left out."""
    entries = {}
    for number, line in enumerate(
        path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else [], 1
    ):
        digest, _, text = line.partition(" ")
        if digest == _hash(text):
            entry = json.loads(text)
            entries[entry["key"]] = entry
        elif line:
            print(f"rows: {path}, line {number}: damaged or cut off, left out; its run is computed again")
    return entries


def code_digest(modules):
    """Twelve hex digits over what the modules and all tsvision modules they import do: comments and docstrings don't count.

    modules: names such as 'tsvision.training'.
    """
    source = Path(__file__).parent
    todo, seen = [module.removeprefix("tsvision.") for module in modules], {}
    while todo:
        module = todo.pop()
        if module in seen or not (source / f"{module}.py").exists():
            continue
        tree = ast.parse((source / f"{module}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "tsvision":
                todo += [alias.name for alias in node.names]
            body = getattr(node, "body", None)
            if (
                isinstance(body, list)
                and body
                and isinstance(body[0], ast.Expr)
                and isinstance(body[0].value, ast.Constant)
            ):
                del body[0]  # a docstring
        seen[module] = ast.dump(tree)
    return _hash(json.dumps(sorted(seen.items())))[:12]


def versions():
    """The installed versions of the libraries that a result depends on."""
    return {name: importlib.metadata.version(name) for name in VERSIONS}


def provenance():
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


def _hash(text):
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _line(row):
    what = ", ".join(str(row[key]) for key in ("method", "backbone", "encoding", "colormap"))
    return f"{what}, {row['size']} px, seed {row['seed']}: {row['correct']} of {row['n_test']} correct"


def _run_first(table):
    return table[["run", *(column for column in table if column != "run")]]
