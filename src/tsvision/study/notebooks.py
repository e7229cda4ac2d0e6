"""Executes the numbered notebooks through papermill: in order, only what is not up to date, under one profile.

The notebooks' own parameters are the short run on any CPU (profile cpu), so that one opened by hand ends in minutes;
profiles/NAME.yaml holds, for each notebook, only what differs. A finished notebook carries the fingerprint of all it
depends on and the hashes of the files it made; it is up to date while those still hold.
"""

import ast
import contextlib
import difflib
import hashlib
import io
import itertools
import json
import os
import sys
import tempfile
import time

import pandas as pd
import yaml

from tsvision.data import arrivals, datasets, fetch, files, provenance
from tsvision.study import journal, results

FOLDER = datasets.ROOT / "notebooks"
PROFILES = datasets.ROOT / "profiles"
SET_BY_RUNNER = "out"
# the parameter of a notebook that compares data sets: a data set given for all notebooks takes their place
SETS = "datasets"


class UsageError(ValueError):
    """A profile, notebook or parameter that does not exist, or a value of the wrong kind."""


class NotebookFailed(RuntimeError):
    """A notebook's cell raised; the message names both, the error, and where the partial output lies."""


def stems():
    """The names of the numbered notebooks, in order."""
    return sorted(path.stem for path in FOLDER.glob("[0-9][0-9]_*.ipynb"))


def heading(stem):
    """A notebook's heading without its number."""
    return _source(_cells(stem)[0]).splitlines()[0].removeprefix(f"# {stem[:2]} ")


def parameters(stem):
    """The parameters of a notebook and their defaults, read from its cell tagged `parameters` (literals only)."""
    source = next(_source(cell) for cell in _cells(stem) if "parameters" in cell["metadata"].get("tags", []))
    statements = [node for node in ast.parse(source).body if isinstance(node, ast.AnnAssign)]
    return {node.target.id: ast.literal_eval(node.value) for node in statements}


def profiles():
    """The names of the profiles: cpu, the notebooks as they are, and those in profiles/."""
    return ["cpu", *sorted(path.stem for path in PROFILES.glob("*.yaml"))]


def values(profile, given=None, only=()):
    """Each notebook's parameters under a profile, then under what the command line gives: {stem: {name: value}}.

    given: {name: text}, each applied to every notebook that has the parameter; only: stems, to look at it alone.
    Where a data set is given that is not the profile's own, the results go into a folder beside the usual ones.
    Raises UsageError for an unknown profile, notebook or parameter, or a value of another type than the default's.
    """
    if profile not in profiles():
        raise UsageError(f"PROFILE: expected one of {', '.join(profiles())}, got {profile!r}")
    if unknown := set(only) - set(stems()):
        raise UsageError(f"notebook: expected one of {', '.join(stems())}, got {min(unknown)!r}")
    path = PROFILES / f"{profile}.yaml"
    differs = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}) if path.exists() else {}
    if unknown := set(differs) - set(stems()):
        raise UsageError(f"{path.name}: there is no notebook {', '.join(sorted(unknown))}")
    chosen = {stem: parameters(stem) for stem in stems()}
    for stem, section in differs.items():
        if not isinstance(section, dict):
            raise UsageError(f"{path.name}, {stem}: expected NAME: VALUE below it, got {section!r}")
        for name, value in section.items():
            _set(chosen[stem], name, value, f"{path.name}, {stem}")
    chosen = {stem: chosen[stem] for stem in (only or chosen)}
    usual = _data_sets(chosen)
    for name, text in (given or {}).items():
        takers = [stem for stem in chosen if name in chosen[stem] and name != SET_BY_RUNNER]
        if not takers and not (name == "dataset" and any(SETS in chosen[stem] for stem in only)):
            known = sorted({name for defaults in chosen.values() for name in defaults} - {SET_BY_RUNNER})
            close = difflib.get_close_matches(name.lower(), known, 1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
            raise UsageError(f"{name}: no notebook has this parameter; {hint}")
        for stem in takers:
            _set(chosen[stem], name, _parse(name, text, chosen[stem][name]), "command line")
    if (new := (given or {}).get("new")) and not files.is_path(new):
        raise UsageError(f"new: expected a file of new series, there is no {new[:99]!r}")
    if dataset := (given or {}).get("dataset"):
        if not dataset.isidentifier() and not files.is_path(dataset):
            raise UsageError(
                f"dataset: there is no {dataset[:99]!r}; expected a file or folder from here or from the project's"
                " folder, or a name of the UCR archive"
            )
        for section in chosen.values():
            section.update({SETS: [dataset]} if SETS in section else {})
    beside = f"-{files.tag(dataset)}" if dataset and _data_sets(chosen) != usual else ""
    for section in chosen.values():
        section[SET_BY_RUNNER] = f"build/{profile}{beside}"
    return chosen


def _data_sets(chosen):
    return [(section.get("dataset"), section.get(SETS)) for section in chosen.values()]


def fingerprint(stem, section):
    """Sixteen hex digits over all an executed notebook depends on.

    That is its text, parameters, the code that it reaches, library versions, the tables of data/ (sources, bands, what
    others published), the user's own files, a weights file, and, if it reads what other notebooks wrote, their tables.
    """
    cells = [(cell["cell_type"], _source(cell)) for cell in _cells(stem)]
    code = ast.parse("\n".join(source for kind, source in cells if kind == "code"))
    imports = [node for node in code.body if isinstance(node, ast.ImportFrom) and node.module == "tsvision"]
    rooms = sorted(alias.name for node in imports for alias in node.names)
    paths = [*sorted((datasets.ROOT / "data").glob("*.csv")), files.from_root(section.get("weights", ""))]
    named = [section.get("dataset", ""), section.get("new", ""), *section.get(SETS, [])]
    paths += [path for name in named for path in files.below(name)]
    if reads_rows(stem):
        tables = (datasets.ROOT / section[SET_BY_RUNNER] / "results").glob("*.csv")
        paths += sorted(path for path in tables if ".cost." not in path.name and not path.name.startswith(stem))
    hashes = [fetch.sha256(path) for path in paths if path.is_file()]
    code = provenance.code_digest(rooms, provenance.names_in(code))
    everything = [cells, section, code, provenance.versions(), hashes]
    return provenance.digest(json.dumps(everything, sort_keys=True))


def reads_rows(stem):
    """Whether a notebook reads the rows that other notebooks wrote."""
    return any("evaluation.rows_of" in _source(cell) for cell in _cells(stem) if cell["cell_type"] == "code")


def is_done(stem, section):
    """Whether a notebook has run to its end as it is today, and all files it made are as it left them."""
    folder = datasets.ROOT / section[SET_BY_RUNNER]
    try:
        notebook = json.loads((folder / f"{stem}.ipynb").read_text(encoding="utf-8"))
        return notebook["metadata"]["tsvision"] == _mark(notebook, folder, stem, fingerprint(stem, section))
    except (OSError, ValueError, KeyError, TypeError):
        return False  # not there, or damaged


def execute(stem, section):
    """Execute one notebook to <out>/<stem>.ipynb: under a temporary name, renamed when every cell has run.

    Returns the seconds that a run from nothing would have taken. A notebook that fails stays readable as
    <stem>.failed.ipynb. Raises NotebookFailed then.
    """
    # imported here: seconds that a run with nothing to do need not spend
    import papermill
    from nbclient.exceptions import DeadKernelError
    from traitlets.config import Config

    from tsvision.study import processes

    folder, begun = datasets.ROOT / section[SET_BY_RUNNER], time.monotonic()
    begun_as = fingerprint(stem, section)  # before the run: a module edited meanwhile must count as changed
    folder.mkdir(parents=True, exist_ok=True)
    os.environ[results.QUIET] = "1"  # for the kernel
    partial, failed = folder / f".{stem}.partial.ipynb", folder / f"{stem}.failed.ipynb"
    shown = failed.relative_to(datasets.ROOT)
    litter = folder.rglob(f".{stem}*")  # temporary files of a run that was killed
    for path in (failed, folder / f"{stem}.ipynb", *(folder / file for file in _files(folder, stem)), *litter):
        path.unlink(missing_ok=True)
    try:
        # sockets as files, in a folder of this run's own: no port, no loopback network, no mix-up with a second run
        with tempfile.TemporaryDirectory(prefix="tsvision", dir=processes.short_folder()) as sockets:
            papermill.execute_notebook(
                FOLDER / f"{stem}.ipynb",
                partial,
                section,
                kernel_name="python3",
                cwd=datasets.ROOT,
                progress_bar=False,
                stdout_file=sys.stdout,
                config=Config(
                    KernelManager={"transport": "ipc", "ip": f"{sockets}/kernel"},
                    NotebookClient={"kernel_manager_class": processes.Manager},
                ),
            )
    except DeadKernelError:
        os.replace(partial, failed)
        raise NotebookFailed(f"{stem}: its kernel was killed, as happens when memory runs out; see {shown}") from None
    except papermill.PapermillExecutionError as error:
        os.replace(partial, failed)
        raise NotebookFailed(
            f"{stem} failed at In [{error.exec_count}]: {error.ename}: {error.evalue}\nwhat had run before is in"
            f" {shown}; the same command goes on from the last finished row"
        ) from None
    notebook = json.loads(partial.read_text(encoding="utf-8"))
    if any(cell["execution_count"] is None for cell in notebook["cells"] if cell["cell_type"] == "code"):
        os.replace(partial, failed)  # papermill takes sys.exit(0) for success
        raise NotebookFailed(f"{stem} ended before its last cell; see {shown}")
    seconds = _record(folder / "results" / stem, section, time.monotonic() - begun)
    notebook["metadata"]["tsvision"] = _mark(notebook, folder, stem, begun_as)
    journal.write(folder / f"{stem}.ipynb", json.dumps(notebook, indent=1) + "\n")
    partial.unlink()
    return seconds


def run(profile, given=None, only=()):
    """Execute every notebook that is not up to date, in order, saying which of how many and how long. True if one was.

    Raises journal.Busy when another run of the profile is at work.
    """
    chosen, own = values(profile, given, only), values(profile)
    todo = _todo(chosen)  # before there is a folder
    with journal.alone(datasets.ROOT / folder_of(chosen)):
        return _run(profile, todo, chosen, own)


def folder_of(chosen):
    """Where the results of what values() gives go."""
    return next(iter(chosen.values()))[SET_BY_RUNNER]


def _todo(chosen):
    """The notebooks that are not up to date, whose users' files can be read."""
    todo = [stem for stem in chosen if not is_done(stem, chosen[stem])]
    files_of = {str([chosen[stem].get(name) for name in ("dataset", SETS, "new")]): chosen[stem] for stem in todo}
    for section in files_of.values():
        _check_files(section)
    return todo


def _check_files(section):
    """Read the user's own files once before a notebook does: one that cannot be read costs no earlier answer then.

    Raises UsageError with what is wrong with them.
    """
    new = section.get("new", "")
    for given in filter(None, [section.get("dataset"), *section.get(SETS, [])]):
        if not (new or files.is_path(given)):
            continue
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # the notebook says it
                like = datasets.load(given, several=True)
                if new:
                    arrivals.new(new, like)
        except fetch.FetchError:
            pass  # the notebook says what is missing
        except ValueError as error:
            raise UsageError(str(error)) from None


def _run(profile, todo, chosen, own):
    if todo and (words := about(profile)):
        print(f"{profile}: {words}")
    folder = datasets.ROOT / folder_of(chosen)
    is_whole = todo == stems()[: len(todo)] and chosen == own and not (folder / "rows.jsonl").exists()
    usual, started = usual_times(profile, is_whole), time.monotonic()
    expected = {stem: usual[stem] for stem in todo if stem in usual and chosen[stem] == own[stem]}
    took, pace = {}, 1.0  # measured over expected, of what has run so far
    for number, stem in enumerate(chosen, 1):
        head = f"[{number}/{len(chosen)}] {stem}"
        if stem not in todo:
            print(f"{head}: up to date")
            continue
        begun = time.monotonic()
        left = pace * sum(seconds for other, seconds in expected.items() if other not in took)
        words = (
            f", about {_clock(left)} left; this one usually takes {_clock(expected[stem])}" if stem in expected else ""
        )
        print(f"{head}: elapsed {_clock(begun - started)}{words}", flush=True)
        seconds = execute(stem, chosen[stem])
        if chosen[stem] == own[stem]:
            time_of = {"seconds": seconds, "machine": f"{provenance.processor()}, {os.cpu_count()} cores"}
            time_of |= {"elapsed": round(time.monotonic() - started, 1)} if is_whole else {}
            results.save_times(folder / "results", results.times(folder / "results") | {stem: time_of})
        took[stem] = time.monotonic() - begun
        if known := sum(expected[other] for other in took if other in expected):
            pace = sum(took[other] for other in took if other in expected) / known
        print(f"{head}: done in {_clock(took[stem])}", flush=True)
    return bool(todo)


def about(profile):
    """What a profile says of itself: the comment at the head of its file; empty for cpu, which has none."""
    path = PROFILES / f"{profile}.yaml"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return " ".join(line.removeprefix("# ") for line in itertools.takewhile(lambda line: line.startswith("#"), lines))


def usual_times(profile, in_one_go=False):
    """{stem: seconds} that the notebooks took under a profile's own values, from nothing, as published; empty if none
    is. in_one_go: where one run did all, each after those before it, whose runs it shares.
    """
    times = results.times(datasets.ROOT / "data" / "results" / profile)
    ends = [0, *(times[stem].get("elapsed", 0) for stem in sorted(times))]
    if in_one_go and all(end > begun for begun, end in itertools.pairwise(ends)):
        return {stem: end - begun for stem, (begun, end) in zip(sorted(times), itertools.pairwise(ends))}
    return {stem: time["seconds"] for stem, time in times.items()}


def _set(section, name, value, where):  # a list takes items of the default's kind, a number is above 0 where that is
    if name not in section or name == SET_BY_RUNNER:
        raise UsageError(f"{where}: the notebook has no parameter {name!r}")
    default = section[name]
    if isinstance(default, list):
        value = [_like(item, default[0]) for item in (value if isinstance(value, list) else [value])]
        fits = bool(value) and all(type(item) is type(default[0]) for item in value)
    else:
        value = _like(value, default)
        fits = type(value) is type(default)
    if not fits:
        raise UsageError(f"{where}: {name} expects a {type(default).__name__} like {default!r}, got {value!r}")
    if isinstance(value, int | float) and value <= 0 < default:
        raise UsageError(f"{where}: {name} expects a number above 0, got {value!r}")
    section[name] = value


def _like(value, default):
    """A whole number as a float where the default is one; so, too, 1e-3, which YAML takes for a word."""
    if isinstance(default, float) and type(value) in (int, str):
        with contextlib.suppress(ValueError):
            return float(value)
    return value


def _parse(name, text, default):
    if isinstance(default, str):
        return text  # YAML would read no, 1e3 or [ as something else
    try:
        return float(text) if isinstance(default, float) else yaml.safe_load(text)
    except ValueError:
        raise UsageError(f"{name}: expected a number like {default!r}, got {text!r}") from None
    except yaml.YAMLError:
        raise UsageError(f"{name}: {text!r} is not a value such as 3, 0.1, word or [one, two]") from None


def _cells(stem):  # as its JSON holds them; nbformat takes two seconds to import
    return json.loads((FOLDER / f"{stem}.ipynb").read_text(encoding="utf-8"))["cells"]


def _source(cell):
    return "".join(cell["source"])


def _record(start, section, seconds):
    """Write <start>.run.json: parameters, provenance, and the seconds that a run from nothing would have taken; return
    those.
    """
    for cost in start.parent.glob(f"{start.name}*.cost.csv"):
        kept = pd.read_csv(cost).query("kept")
        seconds += (kept["seconds"] / kept.get("at_once", pd.Series(1, kept.index)).fillna(1)).sum()
    record = {"parameters": section, "seconds": round(seconds, 1)} | provenance.record()
    journal.write(start.with_name(f"{start.name}.run.json"), json.dumps(record, indent=1) + "\n")
    return record["seconds"]


def _files(folder, stem):
    """The files below folder that belong to a notebook, with their hashes."""
    found = [path for part in ("results", "figures") for path in sorted((folder / part).glob(f"{stem}*"))]
    return {str(path.relative_to(folder)): fetch.sha256(path) for path in found}


def _mark(notebook, folder, stem, begun_as):
    """What an executed notebook says of itself: the fingerprint it began with, hashes of its cells and its files."""
    cells = hashlib.sha256(json.dumps(notebook["cells"]).encode()).hexdigest()
    return {"fingerprint": begun_as, "files": _files(folder, stem) | {f"{stem}.ipynb": cells}}


def _clock(seconds):
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
