"""One row a run: written at once, skipped when it is there, and its provenance beside it.

A journal, <out>/rows.jsonl, keeps every finished run under a key of everything that may change its result: settings,
data, code, versions, device. Notebooks share it: a run that two of them ask for is computed once (one with a curve
serves who asks for none, or for fewer of its points). The tables in <out>/results hold the runs that were asked for, in
that order.
"""

import contextlib
import dataclasses
import hashlib
import inspect
import itertools
import json
import os
import re
import sys
from collections import namedtuple

import joblib
import pandas as pd
import threadpoolctl
from tqdm import tqdm

from tsvision import THREADS, evaluation
from tsvision.data import datasets, provenance, splits
from tsvision.study import processes
from tsvision.study.journal import append_journal, read_journal, write

QUIET = "TSVISION_QUIET"  # in the environment of notebooks that make runs
BACKEND = "JOBLIB_BACKEND"  # in the environment: who spreads the runs instead of us
# what a run says of its data, the fit knows nothing of
OF_RUNS = ("fit", "data", "split", "splits", "n_train", "shuffled")
TIMES = "times.json"  # in a folder of results: {stem: {seconds, machine}} of notebooks under the profile's own values
Tables = namedtuple("Tables", "rows predictions history cost")


class RunFailed(RuntimeError):
    """Some runs could not be done; the message names the first and says why."""


def grid(fit, **settings):
    """Every combination of the settings given as list, tuple or range, the others fixed: a list of runs for collect.

    fit: the function that does a run; it stands in each run under that name. The last setting varies fastest: grid(f,
    a=[1, 2], b=3) is [{'fit': f, 'a': 1, 'b': 3}, {'fit': f, 'a': 2, 'b': 3}]. Runs on several splits that name no seed
    take the split's number for seed, so that what varies from split to split includes what a seed does. Raises
    ValueError for a list without an item, a setting that the fit does not know, and what its dataclasses refuse.
    """
    for name, value in settings.items():  # an empty range that begins later, as of the splits after the first, is none
        if value in ([], ()) or type(value) is range and not value and value.start == 0:
            raise ValueError(f"{name}: expected one or more, got {value!r}")
    if type(settings.get("splits", 1)) is not int or settings.get("splits", 1) < 1:
        raise ValueError(f"splits: expected a whole number from 1 on, got {settings['splits']!r}")
    choices = [value if type(value) in (list, tuple, range) else [value] for value in settings.values()]
    runs = [{"fit": fit} | dict(zip(settings, choice)) for choice in itertools.product(*choices)]
    runs = [{"seed": run["split"]} | run if "split" in run else run for run in runs]
    for run in runs:
        try:
            own = {name: value for name, value in run.items() if name not in OF_RUNS}
            inspect.signature(fit).bind(None, None, None, **gathered(fit, own))  # series, labels, train
        except TypeError as error:
            raise ValueError(f"{fit.__qualname__}: {error}") from None
    return runs


def gathered(fit, settings):
    """The settings as a fit takes them: the fields of each dataclass that its signature names are gathered into one."""
    made, left = {}, dict(settings)
    for name, kind in _dataclasses(fit).items():
        own = {field.name: left.pop(field.name) for field in dataclasses.fields(kind) if field.name in left}
        made[name] = kind(**own)
    return made | left


def _dataclasses(fit):
    """The settings of a fit that are dataclasses: {parameter: class}."""
    kinds = {name: parameter.annotation for name, parameter in inspect.signature(fit).parameters.items()}
    return {name: kind for name, kind in kinds.items() if dataclasses.is_dataclass(kind)}


def collect(runs, *, device, name, out):
    """Do every run that the journal lacks, and write the tables of all of them.

    A run holds fit, data (a Dataset) and what fit(series, labels, train, **settings) needs besides. It says what it is
    trained on: split=k, the k-th of splits.resamples (0, the default split, if it says nothing), train is (n,) then; or
    splits=m, the first m of them in one go, train is (m, n). With n_train=r they are those of splits.nested, and so the
    row's column drawn says. With shuffled=True it is trained on shuffled labels, the negative control. fit returns what
    methods.fine_tune does, a (row, tables) for each split, and the cost of all. device: the name of what it runs on.
    name: the notebook's stem, the tables' first word; out: a folder below the project. JOBLIB_BACKEND=loky or dask
    spreads the runs over processes or a cluster, see _compute. Prints a line a run, below which a bar says how many are
    done and how long the others will take. Interrupted, it keeps what is done; a run that fails costs no other, and
    RunFailed names it when those are kept.
    Returns Tables: rows, predictions, history, cost, as pandas tables; the last three have a column run, the number of
    the line in rows.
    """
    folder = datasets.ROOT / out
    journal = folder / "rows.jsonl"
    keys = _keys(runs, device)
    kept, todo = read_journal(journal), {}
    for key, run in zip(keys, runs):
        if key not in kept or not _has_curve(kept[key], run):
            todo.setdefault(key, run)
    workers = _workers(todo, device)
    # rows are kept for longer than one state of the code
    made_by = {"commit": provenance.commit(), "at_once": workers}
    is_quiet = not todo or QUIET in os.environ  # make says how long a notebook takes; a bar would fill its log
    failed = []
    try:
        with tqdm(total=len(todo), desc=name, unit="run", file=sys.stdout, disable=is_quiet) as bar:
            for key, made in _compute(todo, workers):
                number = f"run {keys.index(key) + 1} of {len(runs)}"
                if isinstance(made, Exception):
                    asked = _told(todo[key], {"method": todo[key]["fit"].__qualname__.replace("_", " ")} | todo[key])
                    failed.append(f"{number}: {todo[key]['data'].name}, {asked}: {processes.explained(made)}")
                    bar.write(f"{failed[-1]}; the others go on", file=sys.stdout)
                    bar.update()
                    continue
                made, cost = made
                lines = [{"row": row} | parts for row, parts in made]
                if others := ", ".join({line["row"].get("device", device) for line in lines} - {device}):
                    raise RuntimeError(f"device: the runs were asked for on {device}, a worker did one on {others}")
                kept[key] = {"key": key, "lines": lines, "cost": cost | made_by}
                append_journal(journal, kept[key])
                row = lines[0]["row"]
                correct = f"{sum(line['row']['correct'] for line in lines) / len(lines):.4g} of {row['n_test']} correct"
                told = f"{number}: {_told(todo[key], row)}: {correct} ({cost['seconds']:.1f} s)"
                bar.write(told, file=sys.stdout)
                bar.update()
    except KeyboardInterrupt:
        print(f"{name}: stopped; {len(kept.keys() & set(keys))} of {len(runs)} runs are kept, the same call goes on")
        raise
    if failed:
        raise RunFailed(f"{len(failed)} of {len(runs)} runs failed, the others are kept. {failed[0]}")
    before = sum(key not in todo for key in keys)
    print(f"{name}: {len(runs)} runs, {before} of them kept from before")
    return _tables(runs, [kept[key] | {"kept": key not in todo} for key in keys], name, out)


def _keys(runs, device):
    """For each run a hash of what may change its row: settings but curve, data, code, versions, device."""
    context = [provenance.versions(), device]
    drawn = {
        name: provenance.code_digest(["tsvision.data.splits"], [name]) for name in ("resamples", "nested", "shuffle")
    }
    code = {fit: _code(fit) for fit in {run["fit"] for run in runs}}
    keys = []
    for run in runs:
        usual = {"split": 0, "shuffled": False} | _defaults(run["fit"])
        settings = {name: run[name] for name in run.keys() - {"fit", "data", "curve"} if run[name] != usual.get(name)}
        draw = [drawn["nested" if "n_train" in run else "resamples"]] + [drawn["shuffle"]] * run.get("shuffled", False)
        everything = [settings, run["data"].digest, run["fit"].__qualname__, code[run["fit"]], draw, context]
        keys.append(hashlib.sha256(json.dumps(everything, sort_keys=True).encode()).hexdigest())
    return keys


def _defaults(fit):
    """The settings that a run need not name."""
    given = [*inspect.signature(fit).parameters.values()]
    given += [field for kind in _dataclasses(fit).values() for field in dataclasses.fields(kind)]
    return {one.name: one.default for one in given}


def _every(run):
    """After every how many epochs a run's history tells a test; 0: never."""
    every = run.get("curve", _defaults(run["fit"]).get("curve", 1))
    if not isinstance(every, int) or every < 0:
        raise ValueError(f"curve: expected a whole number from 0 on, got {every!r}")
    return every


def _has_curve(entry, run):
    """Whether a journal's entry has all the tests that a run asks for, if its fit can be asked."""
    if "curve" not in _defaults(run["fit"]) or not _every(run):
        return True
    told, every = [line.get("history", {}).get("test_accuracy", [None]) for line in entry["lines"]], _every(run)
    return all(tests[number] is not None for tests in told for number in _tested(len(tests), every))


def _tested(epochs, every):
    """The epochs, the frozen one is 0, after which a run is tested, as training.Untested lets it."""
    return sorted({*range(0, epochs, every), epochs - 1})


def _code(fit):
    """A digest of what a fit does: of what it reaches in this package outside the room of data, or of its own text and
    all that it reaches if it stands elsewhere, as in a notebook.
    """
    if fit.__module__.startswith("tsvision."):
        # not the readers: a fit is given series and a split, and a run's key holds what these are made of
        return provenance.code_digest([fit.__module__], [fit.__qualname__], without="data")
    text = inspect.getsource(fit)
    return provenance.digest(text) + provenance.code_digest(["tsvision.methods"], re.findall(r"[^\W\d]\w*", text))


def _workers(todo, device):
    """How many runs go on beside each other in processes of ours."""
    if not todo or os.environ.get(BACKEND):
        return 1
    workers = min(len(_groups(todo)), processes.at_once(device))
    for fit in {run["fit"] for run in todo.values()} if workers > 1 else ():
        found = getattr(sys.modules.get(fit.__module__), fit.__qualname__, None)
        if fit is not found or fit.__module__ == "__main__":  # what stands in a notebook, another process can't find
            print(f"runs: {fit.__qualname__} stands in no module, so that its runs go on one after another")
            return 1
    return workers


def _groups(todo):
    """The runs of todo, {key: run}, as lists of (key, run), the longest first: together what one process should do, for
    it keeps what the network said of the pictures.
    """
    groups = {}
    for key, run in todo.items():
        if getattr(run["fit"], "keeps_what_the_network_said", False):
            picture = [
                run.get(name) for name in ("backbone", "weights", "patch", "precision", "size", "view", "scaling")
            ]
            groups.setdefault((run["fit"], run["data"].digest, *picture), []).append((key, run))
        else:
            groups[key] = [(key, run)]
    return sorted(groups.values(), key=lambda group: -sum(_work(run) for _, run in group))


def _work(run):
    """About what a run computes, in pixels that a CNN sees; what sees none comes first, for it may have to compile or
    to compare all pairs of series.
    """
    if "size" not in run:
        return float("inf")
    trained = 3 * run.get("epochs", 0) * run.get("n_train", int(run["data"].train.sum()))  # there and back
    a_pixel = 7 if "vit" in run.get("backbone", "") else 1  # ViT-S/14, EfficientNet-Lite0: steps of make bench
    steps = max(run.get("length", 0), run["data"].series.shape[-1])
    side = steps if run.get("view") == "grid" else run["size"]  # there a picture is as large as its series is long
    return a_pixel * side**2 * (len(run["data"].series) * (1 + len(run.get("copies", ()))) + trained)


def _compute(todo, workers):
    """Yield (key, fit's answer), or (key, the error in its place), for the runs of todo, {key: run}, as they are done.

    A run takes one thread on a CPU, and `workers` runs are done beside each other by processes of their own: quicker
    than all cores on one run, the same rows whatever the number of cores, and less in the way of others. Where
    JOBLIB_BACKEND is set, by that backend of joblib: loky (processes of a core each) or dask (the cluster that
    DASK_SCHEDULER_ADDRESS names). Only this process writes rows.
    """
    tasks, backend = list(todo.items()), os.environ.get(BACKEND)
    if backend and tasks:
        with contextlib.ExitStack() as stack:
            if backend == "dask":
                from dask.distributed import Client  # the extra [cluster]

                stack.enter_context(Client())
            stack.enter_context(joblib.parallel_config(backend, n_jobs=-1))
            yield from joblib.Parallel(return_as="generator_unordered", batch_size=1)(
                joblib.delayed(_one)(*task) for task in tasks
            )
        return
    if workers > 1:
        yield from processes.spread(_groups(todo), _one, workers, _spoils)
    else:
        yield from itertools.starmap(_one, tasks)


def _spoils(answer):
    return isinstance(answer[1], Exception) and processes.spoils_process(answer[1])


def _one(key, run):
    """(key, what the fit gave), or (key, the error that it raised)."""
    settings = dict(run)
    fit, data = settings.pop("fit"), settings.pop("data")
    try:
        wanted = _splits(run)
        if "n_train" in run:
            masks = splits.nested(data.labels, settings.pop("n_train"), wanted[-1] + 1)
        else:
            masks = splits.resamples(data.labels, data.train, wanted[-1] + 1)
        train = masks if settings.pop("splits", None) else masks[settings.pop("split", 0)]
        is_shuffled = settings.pop("shuffled", False)
        labels = splits.shuffle(data.labels, train, settings["seed"]) if is_shuffled else data.labels
        with threadpoolctl.threadpool_limits(THREADS):  # whatever was imported before us
            made, cost = fit(data.series, labels, train, **gathered(fit, settings))
    except Exception as error:  # a method has its reasons; the other runs go on
        return key, error
    return key, ([(row | {"shuffled": is_shuffled}, tables) for row, tables in made], cost)


def _tables(runs, entries, name, out):
    """The tables of all runs, written and returned."""
    tables = {table: [] for table in Tables._fields}
    for run, entry in zip(runs, entries):
        tables["cost"].append(
            {"run": len(tables["rows"]), "rows": len(entry["lines"]), "kept": entry["kept"]} | entry["cost"]
        )
        for split, line in zip(_splits(run), entry["lines"]):
            parts = {"predictions": pd.DataFrame(line.get("predictions", {})), "history": _history(line, _every(run))}
            for table, part in parts.items():
                tables[table].append(part.assign(run=len(tables["rows"]))[["run", *part]])
            where = {"dataset": run["data"].name, "split": split} | ({"drawn": "nested"} if "n_train" in run else {})
            tables["rows"].append(where | line["row"] | where)
    made = Tables(
        pd.DataFrame(tables["rows"]),
        *(pd.concat(tables[table], ignore_index=True) for table in ("predictions", "history")),
        pd.DataFrame(tables["cost"]),
    )
    for table, suffix in zip(made, ("", ".predictions", ".history", ".cost")):
        if len(table):
            save(table, f"{name}{suffix}", out)
    return made._replace(rows=evaluation.with_right(made.rows, made.predictions))


def _history(line, every):
    """A run's history with no more tests than were asked for: a table does not depend on what ran before."""
    told = pd.DataFrame(line.get("history", {}))
    tests = [column for column in told if column.startswith("test_")]
    asked = told.index.isin(_tested(len(told), every)) if every else []
    return told.assign(**{name: told[name].where(asked) for name in tests}) if every else told.drop(columns=tests)


def save(table, name, out):
    """Write a pandas table to <out>/results/<name>.csv, whole or not at all."""
    write(datasets.ROOT / out / "results" / f"{name}.csv", table.to_csv(index=False, lineterminator="\n"))


def literature(*names):
    """The accuracies that others published on data sets: their lines of data/PUBLISHED.csv."""
    table = pd.read_csv(datasets.ROOT / "data" / "PUBLISHED.csv", keep_default_na=False)
    return table[table["dataset"].isin(names)]


def times(folder):
    """{stem: {seconds, machine}} as kept in a folder of results; empty if none are, or what is there is damaged, which
    is said.
    """
    path = folder / TIMES
    try:
        return json.loads(path.read_bytes()) if path.exists() else {}
    except ValueError:
        print(f"times: {path} is damaged, left out")
        return {}


def save_times(folder, times):
    """Keep what times() gives again."""
    write(folder / TIMES, json.dumps(times, indent=1, sort_keys=True) + "\n")


def answer(text, name, out):
    """Keep a notebook's answer, one sentence, in <out>/results/<name>.answer.txt, from where README takes it, and show
    it.
    """
    from IPython.display import Markdown  # of the notebook that calls this

    write(datasets.ROOT / out / "results" / f"{name}.answer.txt", text + "\n")
    return Markdown(f"**Answer.** {text}.")


def check(tables, runs):
    """Raise AssertionError unless there is one sound row for each run and split; returns a sentence. The last cell of a
    notebook.
    """
    rows, expected = tables.rows, sum(run.get("splits", 1) for run in runs)
    assert len(rows) == expected, f"expected {expected} rows, got {len(rows)}"
    assert ((rows["accuracy"] * rows["n_test"] - rows["correct"]).abs() < 1e-3).all(), "accuracy and correct disagree"
    wrong = tables.predictions["label"] != tables.predictions["predicted"]
    counted = (~wrong).groupby(tables.predictions["run"]).sum().tolist()
    assert counted == rows["correct"].tolist(), "rows and predictions disagree"
    assert tables.history.filter(["train_loss"]).notna().all(axis=None), "a loss is NaN: some epoch saw no batch"
    return f"{len(rows)} rows, each agrees with its predictions; every epoch trained"


def _splits(run):
    """The numbers of the splits that a run is trained on."""
    return range(run["splits"]) if "splits" in run else [run.get("split", 0)]


def _told(run, row):
    """A run in words, by its row or, if it failed, by its settings: what was done, on which splits."""
    what = [str(row[key]) for key in ("method", "backbone", "encoding", "colormap") if key in row]
    what += [f"{row['size']} px {row['view']}"] if "size" in row else []
    what += [f"{row['cut']} {row['length']} steps"] if "cut" in row else []
    what += [row[key] for key in ("scaling", "channels") if key in row]
    where = f"{run['splits']} splits" if "splits" in run else f"split {_splits(run)[0]}"
    return f"{', '.join(what)}, seed {row['seed']}, {where}"
