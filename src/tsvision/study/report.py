"""The tables at the end of a run, and publishing: a finished run's rows and figures become those of the repository.

Published runs lie in data/results/<profile>, their figures in figures/.
"""

import json
import shutil

import pandas as pd

from tsvision import evaluation
from tsvision.data import datasets, provenance
from tsvision.study import journal, notebooks, pages, readme, results, tables

FIGURES = datasets.ROOT / "figures"
# made from rows in parts
PAGES = (datasets.ROOT / "README.md", *sorted((datasets.ROOT / "docs").glob("*.md")), readme.PUBLISHED / "README.md")
RENDERED = datasets.ROOT / "docs" / "notebooks"  # the published run's notebooks with their outputs
# with all they import: the code that make bench measures
MEASURED = ["tsvision.methods.training", "tsvision.methods.frozen", "tsvision.methods.lastblock"]
LARGEST = 2_000_000  # bytes of a published file
NOTHING = "nothing published"
ENOUGH = 5  # published runs; with fewer the range expected of new ones is too wide to contradict anything


class NotFinished(RuntimeError):
    """There is no finished run to publish."""


def comparison(profile, out):
    """The results in a run's folder `out` beside this repository's published ones and those of others, as text."""
    published = readme.PUBLISHED / (readme.LONG if profile == readme.SHORT else profile)
    mine, theirs = (tables.settings_of(folder, "all") for folder in (datasets.ROOT / out / "results", published))
    if mine.empty:
        return "no results yet"
    lines, keys, first = [], ["notebook", *tables.SETTINGS], mine["dataset"].iloc[0]
    ours = {} if theirs.empty else dict(iter(theirs.groupby(keys, sort=False)))
    each = zip(evaluation.summary(mine, keys).to_dict("records"), mine.groupby(keys, sort=False))
    for line, (key, own) in each:
        told, verdict = _verdict(line, own, ours.get(key), theirs)
        on = "" if line["dataset"].partition(", ")[0] == first else f"{line['dataset']}: "
        head = {"notebook": line["notebook"][:2], "what": on + tables.what(line), "runs": line["runs"]}
        head |= {"yours": f"{line['mean']:.3f}", "95 %": tables.interval(line), "balanced": f"{line['balanced']:.3f}"}
        lines.append(head | {"published here (range expected)": told, "verdict": verdict})
    table, heading = pd.DataFrame(lines), "your results beside the published ones"
    if (table["verdict"] == NOTHING).all():
        table, heading = table.iloc[:, :6], f"your results; nothing of profile {profile} is published on {first}"
    text = f"\n{heading}\n{table.to_string(index=False)}"
    others = results.literature(first)[["method", "accuracy", "mean_of_30", "protocol", "note"]]
    return text + ("\n\nwhat others published\n" + others.to_string(index=False) if len(others) else "")


def _verdict(line, own, same, theirs):
    """What was published for a summary's line, and whether its rows, own, are among those of the same settings, or its
    mean lies where those say; or, of theirs, why that can't be said. same: None if there are none.
    """
    if same is None:
        near = theirs
        for key in ("notebook", "dataset", "method", "encoding", "colormap"):
            near = near[near[key] == line[key]] if len(near) else near
        if near.empty:
            return "", NOTHING
        differs = [f"{key} {near[key].iloc[0]}" for key in tables.SETTINGS if line[key] not in set(near[key])]
        told = f"not comparable, published: {', '.join(differs) or 'another mixture of settings'}"
        return f"{near['accuracy'].mean():.3f}", told
    told, drawn = f"{same['accuracy'].mean():.3f} ({len(same)} runs", ["split", "seed", "correct"]
    if len(own.merge(same[drawn].drop_duplicates(), on=drawn)) == len(own):  # rows of the same runs need no range
        return f"{told})", "reproduced, row by row"
    if len(same) < ENOUGH:
        return f"{told})", f"cannot tell: fewer than {ENOUGH} published runs"
    low, high = evaluation.prediction_interval(same["accuracy"], line["runs"], line["n_test"])
    verdict = "reproduced" if low - 1e-9 <= line["mean"] <= high + 1e-9 else "NOT reproduced"
    return f"{told}: {low:.3f} to {high:.3f})", verdict


def publish(profile):
    """Move finished notebooks' rows and figures into data/results/<profile> and figures/, render their pages, then
    rewrite the generated parts of PAGES.

    A notebook that is not finished by today's code and under the profile's own values keeps what it published before,
    whose commit stands in its .run.json; so do those that read all others' rows, as long as one of these is not
    finished. Of the short run nothing but the seconds that its notebooks took; of a profile that no page shows as a
    whole, as h100, what is finished, with its figures in figures/<profile>. Rows of make bench go along if they are all
    there and of today's code. Raises NotFinished when no notebook is finished, or one of those that pages show never
    was published.
    """
    build, published, own = datasets.ROOT / "build" / profile, readme.PUBLISHED / profile, notebooks.values(profile)
    finished = [stem for stem in notebooks.stems() if notebooks.is_done(stem, own[stem])]
    missing = [stem for stem in notebooks.stems() if stem not in finished]
    if missing:
        finished = [stem for stem in finished if not notebooks.reads_rows(stem)]
    kept = [stem for stem in notebooks.stems() if stem not in finished]
    is_short, is_long = profile == readme.SHORT, profile == readme.LONG
    never = [stem for stem in kept if is_long and not (published / f"{stem}.run.json").exists()]
    if never or not finished:
        stem, where = (never or missing)[0], build.relative_to(datasets.ROOT)
        raise NotFinished(
            f"{stem} has no finished run of today's code in {where} under the profile's own values;"
            f" run make {stem} PROFILE={profile} first"
        )
    figures = build / "figures"
    shown = (figures, "../../figures", pages.descriptions(page.read_text(encoding="utf-8") for page in PAGES))
    # before anything is moved, for a page may fail
    made = {stem: pages.page(stem, build / f"{stem}.ipynb", *shown) for stem in finished if is_long}
    times = results.times(build / "results")
    times = results.times(published) | {stem: times[stem] for stem in finished if stem in times}
    if not is_short:
        _replace(build / "results", published, finished, kept)
        _replace(figures, FIGURES if is_long else FIGURES / profile, finished, kept)
    results.save_times(published, times)
    for page in RENDERED.glob("*.md") if is_long else ():
        if page.stem not in notebooks.stems():
            page.unlink()
    for stem, text in made.items():
        journal.write(RENDERED / f"{stem}.md", text)
    _publish_bench()
    for page in PAGES:
        journal.write(page, readme.fill(page.read_text(encoding="utf-8")))
    told = "seconds of " * is_short + f"{', '.join(stem[:2] for stem in finished)} in data/results/{profile}"
    told += ", figures, docs/notebooks" * is_long + ", README.md"
    told += f"; kept as published before: {', '.join(stem[:2] for stem in kept)}" if kept else ""
    print(f"published: {told}")


def _publish_bench():
    """Copy what make bench measured with today's code; what another kind of machine measured before stays."""
    for record in sorted((datasets.ROOT / "build" / "bench").glob("*.run.json")):
        facts, machine = json.loads(record.read_text(encoding="utf-8")), record.name.removesuffix(".run.json")
        if facts["code"] != provenance.code_digest(MEASURED) or not facts["complete"]:
            print(f"not published: {machine} rows of make bench: some are missing, or of other code than today's")
            continue
        for name in (record.name, f"{machine}.csv"):
            journal.write(readme.PUBLISHED / "bench" / name, record.with_name(name).read_text(encoding="utf-8"))
        print(f"published: data/results/bench, {machine}")


def _replace(source, target, finished, kept):
    """Make target hold source's files of the notebooks finished, its own of those kept, its folders, and nothing else;
    it is the old or the new folder at any moment but one.
    """
    fresh, old = target.with_name(f".{target.name}.new"), target.with_name(f".{target.name}.old")
    if old.exists() and not target.exists():  # killed at that one
        old.rename(target)
    for folder in (fresh, old):
        shutil.rmtree(folder, ignore_errors=True)
    target.mkdir(parents=True, exist_ok=True)
    shutil.copytree(target, fresh)
    for path in fresh.glob("*"):
        if path.is_file() and not path.name.startswith((*kept, results.TIMES)):
            path.unlink()
    for path in sorted(source.glob("[!.]*")):
        if path.name.startswith(tuple(finished)) and path.stat().st_size <= LARGEST:
            shutil.copyfile(path, fresh / path.name)
        elif path.name.startswith(tuple(finished)):
            print(f"not published: {path.name}, it is larger than {LARGEST:,} bytes; what its rows count of it is")
    target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old)
