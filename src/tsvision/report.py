"""The tables at the end of a run, publishing, and the README's generated parts: all from rows.

Published runs lie in data/results/<profile>, their figures in figures/. The README shows the best profile published.
"""

import json
import re
import shutil

import numpy as np
import pandas as pd

from tsvision import datasets, evaluation, notebooks, results

PUBLISHED = datasets.ROOT / "data" / "results"
FIGURES = datasets.ROOT / "figures"
README = datasets.ROOT / "README.md"
BEST_FIRST = ("gpu", "cpu")
MEASURED = ["tsvision.training", "tsvision.frozen"]  # with all they import: the code that make bench measures
ENOUGH = 5  # published seeds; with fewer the range expected of new ones is too wide to contradict anything
SETTINGS = [
    "dataset",
    "split",
    "method",
    "backbone",
    "weights",
    "stands_in_for",
    "encoding",
    "colormap",
    "size",
    "n_train",
    "epochs",
    "base_lr",
    "batch_size",
]


class NotFinished(RuntimeError):
    """There is no finished run to publish."""


def rows_of(folder):
    """The rows of every notebook in a results folder, as one pandas table with the notebook's stem in column notebook."""
    found = [path for path in sorted(folder.glob("*.csv")) if path.name.count(".") == 1]
    tables = {path.stem: pd.read_csv(path, keep_default_na=False) for path in found}
    tables = [table.assign(notebook=stem) for stem, table in tables.items() if "accuracy" in table]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def literature(dataset):
    """The accuracies that others published on a data set: the lines of data/PUBLISHED.csv."""
    table = pd.read_csv(datasets.ROOT / "data" / "PUBLISHED.csv", keep_default_na=False)
    return table[table["dataset"] == dataset]


def comparison(profile):
    """A run's results beside this repository's published ones and those of others, as text."""
    mine, theirs = rows_of(datasets.ROOT / "build" / profile / "results"), rows_of(PUBLISHED / profile)
    if mine.empty:
        return "no results yet"
    lines = []
    for line in evaluation.summary(mine, ["notebook", *SETTINGS]).to_dict("records"):
        published, verdict = _verdict(line, theirs)
        what = f"{line['method']}, {line['backbone'].split('.')[0]}, {line['encoding']} {line['colormap']}, {line['size']} px"
        numbers = {"seeds": line["runs"], "yours": f"{line['mean']:.3f}", "95 % Wilson": _wilson(line)}
        head = {"notebook": line["notebook"][:2], "what": what}
        lines.append(head | numbers | {"published here (range expected)": published, "verdict": verdict})
    text = "\nyour results beside the published ones\n" + pd.DataFrame(lines).to_string(index=False)
    others = literature(mine["dataset"].iloc[0])[["method", "accuracy", "protocol", "note"]]
    if len(others):
        text += "\n\nwhat others published\n" + others.to_string(index=False)
    return text


def _verdict(line, theirs):
    """What was published for a summary's line, and whether its mean lies where those seeds say; or why that can't be said."""
    near = theirs
    for key in ("notebook", "dataset", "method", "colormap"):
        near = near[near[key] == line[key]] if len(near) else near
    if near.empty:
        return "", "nothing published"
    same = near[(near[SETTINGS] == pd.Series({key: line[key] for key in SETTINGS})).all(axis=1)]
    if same.empty:
        differs = [f"{key} {near[key].iloc[0]}" for key in SETTINGS if line[key] not in set(near[key])]
        return (
            f"{near['accuracy'].mean():.3f}",
            f"not comparable, published: {', '.join(differs) or 'another mixture of settings'}",
        )
    if len(same) < ENOUGH:
        return f"{same['accuracy'].mean():.3f} ({len(same)} seeds)", f"cannot tell: fewer than {ENOUGH} published seeds"
    low, high = evaluation.prediction_interval(same["accuracy"], line["runs"], line["n_test"])
    verdict = "reproduced" if low - 1e-9 <= line["mean"] <= high + 1e-9 else "NOT reproduced"
    return f"{same['accuracy'].mean():.3f} ({len(same)} seeds: {low:.3f} to {high:.3f})", verdict


def publish(profile):
    """Move a finished run's rows and figures into data/results/<profile> and figures/, then rewrite the README.

    Rows of make bench go along if they are all there and of today's code. Raises NotFinished unless every notebook has run to its end
    with today's code and its files are as it left them.
    """
    build = datasets.ROOT / "build" / profile
    for stem in notebooks.stems():
        record = build / "results" / f"{stem}.run.json"
        section = json.loads(record.read_text(encoding="utf-8"))["parameters"] if record.exists() else None
        if section is None or not notebooks.is_done(stem, section):
            shown = build.relative_to(datasets.ROOT)
            raise NotFinished(
                f"{stem} has no finished run of today's code in {shown}; run make {stem} PROFILE={profile} first"
            )
    _replace(build / "results", PUBLISHED / profile)
    if profile == best_profile():
        _replace(build / "figures", FIGURES)
    _publish_bench()
    results.write(README, fill(README.read_text(encoding="utf-8")))
    print(f"published: data/results/{profile}" + (", figures" if profile == best_profile() else "") + ", README.md")


def _publish_bench():
    """Copy what make bench measured with today's code; what another kind of machine measured before stays."""
    for record in sorted((datasets.ROOT / "build" / "bench").glob("*.run.json")):
        facts = json.loads(record.read_text(encoding="utf-8"))
        if facts["code"] != results.code_digest(MEASURED) or not facts["complete"]:
            print(
                f"not published: {record.name[:3]} rows of make bench: some are missing, or of other code than today's"
            )
            continue
        for path in (record, record.with_name(record.name.replace("run.json", "csv"))):
            results.write(PUBLISHED / "bench" / path.name, path.read_text(encoding="utf-8"))
        print(f"published: data/results/bench, {record.name[:3]}")


def best_profile():
    """The profile that the README shows: the first of gpu and cpu that is published."""
    return next((profile for profile in BEST_FIRST if any((PUBLISHED / profile).glob("*.csv"))), BEST_FIRST[-1])


def fill(text):
    """The README's text with every block between <!-- generated: NAME --> and <!-- end --> made from published rows."""

    def block(match):
        return f"<!-- generated: {match[1]} -->\n{BLOCKS[match[1]]()}\n<!-- end -->"

    return re.sub(r"<!-- generated: (\w+) -->\n.*?<!-- end -->", block, text, flags=re.DOTALL)


def _replace(source, target):
    """Make target hold copies of source's files and nothing else; it is the old or the new folder at any moment but one."""
    fresh, old = target.with_name(f".{target.name}.new"), target.with_name(f".{target.name}.old")
    for folder in (fresh, old):
        shutil.rmtree(folder, ignore_errors=True)
    fresh.mkdir(parents=True)
    for path in sorted(source.glob("[!.]*")):
        shutil.copyfile(path, fresh / path.name)
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _answer():
    """The first sentences of the README."""
    rows = rows_of(PUBLISHED / best_profile())
    parts = []
    for (notebook, method, _), group in rows.groupby(["notebook", "method", "colormap"], sort=False):
        if notebook[:2] in ("03", "04"):
            line = evaluation.summary(group, ["backbone"]).iloc[0]
            parts.append(
                f"- {_name(group.iloc[0])}, {method}: mean accuracy **{line['mean']:.3f}** over {line['runs']} seeds "
                f"({_range(line)}; 95 % Wilson interval of the mean at {line['n_test']} test series {_wilson(line)}); "
                f"{int((group['correct'] >= 28).sum())} of {line['runs']} seeds reach the 28 of 30 of 2018."
            )
    parts.append(_paired(rows[rows["notebook"].str.startswith("04")], "method"))
    parts.append(_paired(rows[rows["notebook"].str.startswith("05")], "colormap"))
    return "\n".join([*parts, _scale(rows["dataset"].iloc[0])])


def _scale(dataset):
    """What an accuracy has to be measured against: methods without pictures, and the largest class."""
    others = literature(dataset)
    plain = others[(others["picture"] == "no") & others["method"].str.startswith("1-NN")]
    named = ", ".join(f"{line['method']} {line['accuracy']:.3f}" for line in plain.to_dict("records"))
    labels = pd.read_csv(next((PUBLISHED / best_profile()).glob("*.predictions.csv"))).query("run == 0")["label"]
    return (
        f"- For scale, without any picture, on the same split: {named} (published); always answering the largest class "
        f"{labels.value_counts(normalize=True).max():.3f}."
    )


def _paired(rows, by):
    """Differences to the first value of a column, paired by seed, as one item of a list."""
    reference = rows[by].iloc[0]
    parts = [
        f"{line[by]} {line['difference']:+.3f} [{line['low']:+.3f}, {line['high']:+.3f}]"
        for line in evaluation.paired(rows, by, reference).to_dict("records")
    ]
    return (
        f"- Difference in accuracy to *{reference}*, paired over {rows['seed'].nunique()} seeds on this one split (95 % "
        f"intervals that hold together): {', '.join(parts)}."
    )


def _results():
    """The results table: this repository's rows, then what others published."""
    rows = rows_of(PUBLISHED / best_profile())
    head = ["notebook", "method", "backbone, weights", "picture"]
    head += ["seeds", "mean accuracy (range)", "95 % Wilson", "n", "on training oils"]
    lines = [head, ["---"] * len(head)]
    for line in evaluation.summary(rows, ["notebook", *SETTINGS]).to_dict("records"):
        picture = f"{line['encoding']} {line['colormap']}, {line['size']} px"
        method, backbone = f"{line['method']}, {line['epochs']} epochs", f"{_name(line)}, {line['weights']}"
        accuracy = f"{line['mean']:.3f} ({_range(line)})"
        numbers = [line["runs"], accuracy, _wilson(line), line["n_test"], f"{line['train_accuracy']:.3f}"]
        lines.append([line["notebook"][:2], method, backbone, picture, *numbers])
    for line in literature(rows["dataset"].iloc[0]).to_dict("records"):
        low, high = evaluation.wilson(line["correct"], line["n_test"])
        source = f"{line['source']}; {line['note']}" if line["note"] else line["source"]
        picture = "yes" if line["picture"] == "yes" else "none"
        interval = _wilson({"low": low, "high": high})
        numbers = [1, f"{line['accuracy']:.3f}", interval, line["n_test"], ""]
        lines.append(["published", line["method"], source, picture, *numbers])
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def _range(line):
    return f"{line['worst']:.3f} to {line['best']:.3f}"


def _wilson(line):
    return f"{line['low']:.3f} to {line['high']:.3f}"


def _name(row):
    """A backbone's name and whether it stands in for another."""
    return f"`{row['backbone']}`" + (f" (**stand-in** for `{row['stands_in_for']}`)" if row["stands_in_for"] else "")


def _times():
    """Seconds a notebook and on what machine, for every profile published; the install is not in them."""
    head = "profile", "machine", *(stem[:2] for stem in notebooks.stems()), "all, seconds"
    lines = [head, ["---"] * len(head)]
    for profile in BEST_FIRST:
        paths = sorted((PUBLISHED / profile).glob("*.run.json"))
        records = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
        if records:
            device = rows_of(PUBLISHED / profile)["device"].iloc[-1]
            machine = f"{records[-1]['processor']}, {records[-1]['cores']} cores, {device}"
            seconds = notebooks.usual_times(profile, notebooks.values(profile))
            each = [f"{seconds[stem]:.0f}" for stem in notebooks.stems()]
            lines.append([profile, machine, *each, f"{sum(seconds.values()):.0f}"])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _speed():
    """What make bench measured, a table a machine: each step's ways beside its first; steps by size as a power of it."""
    tables = []
    for path in sorted((PUBLISHED / "bench").glob("*.csv")):
        record, rows = json.loads(path.with_suffix(".run.json").read_text()), pd.read_csv(path, keep_default_na=False)
        lines = [["step", "way", "seconds: median (range; runs)", "times the first way", "peak MiB", ""], ["---"] * 6]
        for step, ways in rows.groupby("step", sort=False):
            if ", by " in step:
                power = _power(ways["way"].astype(float), ways["median_s"])
                sizes = f"{ways['way'].iloc[-1]}, the largest; {ways['way'].iloc[0]} the smallest"
                lines.append([step, sizes, _seconds(ways.iloc[-1]), "", ways["peak_memory_mib"].iloc[-1], power])
                continue
            for line in ways.to_dict("records"):
                ratio = f"{line['median_s'] / ways['median_s'].iloc[0]:.3g}" if len(ways) > 1 else ""
                lines.append([step, line["way"], _seconds(line), ratio, line["peak_memory_mib"], line["note"]])
        machine = f"{record['processor']}, {record['cores']} cores, {rows['device'].iloc[0]}:"
        tables.append("\n".join([machine, "", *("| " + " | ".join(map(str, line)) + " |" for line in lines)]))
    return "\n\n".join(tables)


def _power(sizes, seconds):
    """The exponent b of seconds ~ size^b by least squares on logarithms, over the upper half of the sizes, in words."""
    upper = len(sizes) // 2
    exponent = np.polyfit(np.log(sizes[upper:]), np.log(seconds[upper:]), 1)[0]
    return f"grows with the power {exponent:.2f} from {sizes.iloc[upper]:.0f} on"


def _seconds(line):
    return f"{line['median_s']:.3g} ({line['least_s']:.3g} to {line['most_s']:.3g}; {line['runs']})"


BLOCKS = {"answer": _answer, "results": _results, "times": _times, "speed": _speed}
