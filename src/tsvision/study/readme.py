"""The README's generated parts, all from published rows; the README shows the best profile published: gpu, else the
long run on a CPU.
"""

import functools
import json
import re

import numpy as np
import pandas as pd

from tsvision import evaluation
from tsvision.data import datasets
from tsvision.study import claims, facts, markdown, notebooks, questions, results, tables, verdicts

PUBLISHED = datasets.ROOT / "data" / "results"
BEST_FIRST = ("gpu", "published")
# a profile that is a short run of another's: held against its rows, and never published over them
SHORT = {"cpu": "published"}
SETTINGS = [
    "dataset",
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
    "lr_mult",
    "noise",
    "shuffled",
    "view",
    "layer",
    "patch",
    "window",
    "copies",
    "cut",
    "length",
    "drawn",
    "scaling",
    "channels",
    "precision",
]


def best_profile():
    """The profile that the README shows: the first of BEST_FIRST that is published."""
    return next((profile for profile in BEST_FIRST if any((PUBLISHED / profile).glob("*.csv"))), BEST_FIRST[-1])


def _folder():
    return PUBLISHED / best_profile()


def fill(text):
    """A page's text with every block between <!-- generated: NAME --> and <!-- end -->, and every number between
    <!--=NAME--> and <!--/-->, made from published rows. A name that there is not raises KeyError.
    """

    def block(match):
        return f"<!-- generated: {match[1]} -->\n{BLOCKS[match[1]]()}\n<!-- end -->"

    known = facts.facts(_folder(), *_judged()) if "<!--=" in text else {}
    text = re.sub(
        r"<!--=([\w.]+)-->.*?<!--/-->",
        lambda match: f"<!--={match[1]}-->{known[match[1]]}<!--/-->",
        text,
        flags=re.DOTALL,
    )
    return re.sub(r"<!-- generated: (\w+) -->\n.*?<!-- end -->", block, text, flags=re.DOTALL)


def settings_of(folder, several=False):
    """The rows of evaluation.rows_of with every column of SETTINGS, '' where a row has none, so that equal settings are
    equal.
    """
    rows = evaluation.rows_of(folder, several)
    if rows.empty:
        return rows
    rows = rows.reindex(columns=list(dict.fromkeys([*rows, *SETTINGS])))
    return rows.assign(**rows[SETTINGS].astype(object).where(rows[SETTINGS].notna(), ""))


def what(line):
    """A summary's line in words: method, network and picture; settings only where they are not the usual ones."""
    parts = [evaluation.plain(line["method"]), *([evaluation.plain(line["backbone"])] if line["backbone"] else [])]
    parts += ["random weights"] if line["weights"] == "random" else []
    picture = [evaluation.plain(line[key].replace("|", " or ")) for key in ("encoding", "colormap") if line[key]]
    parts += [" ".join(picture) + evaluation.plain(f", {line['size']:g} px {line['view']}")] if picture else []
    parts += [f"{line['epochs']:g} epochs"] if line["epochs"] != "" else []
    parts += [evaluation.plain(f"lr_mult {line['lr_mult']:g}")] if line["lr_mult"] not in ("", 100) else []
    parts += [f"copies with noise {line['noise']:g}"] if line["noise"] not in ("", 0) else []
    parts += ["shuffled labels"] if line["shuffled"] is True else []
    parts += [f"layer {line['layer']}"] if line["layer"] not in ("", "all") else []
    parts += [f"patches of {line['patch']:g} px"] if line["patch"] else []
    parts += [f"windows of {line['window']:g} steps"] if line["window"] else []
    parts += ["trained with resampled copies"] if line["copies"] else []
    parts += [f"tested {line['cut']} at {line['length']:g} steps"] if line["cut"] else []
    parts += [f"{line['n_train']:g} training series"] if line["drawn"] else []
    parts += ["scaled by the training range"] if line["scaling"] == "training" else []
    parts += [f"channels {line['channels'].replace('|', ' or ')}"] if line["channels"] else []
    parts += [line["precision"]] if line["precision"] not in ("", "fp32") else []
    name = line["dataset"].partition(", ")[2]
    return ", ".join(parts) + (f" (data: {name})" if name else "")


def _judged():
    """All verdicts and differences on what is published, judged anew when it changes."""
    folder = _folder()
    return _judge(folder, tuple(path.stat().st_mtime_ns for path in sorted(folder.glob("*.csv"))))


@functools.lru_cache(2)
def _judge(folder, stamps):
    return verdicts.judge(claims.CLAIMS | questions.QUESTIONS, folder)


def _claims():
    """A narrow table of verdicts: what is judged, the verdict, the number that it rests on, a link to the evidence."""
    table, _ = _judged()
    heads, lines = ["", "what is said", "verdict", "because"], []
    for line in table.itertuples():
        lines.append(
            [f"[{line.claim}](docs/results.md#{line.claim.lower()})", line.says, f"**{line.verdict}**", line.number]
        )
    return markdown.table(heads, lines)


def _evidence(claim):
    """What stands behind a verdict: its reason, notes, and every difference, the primary one in bold."""
    table, differences = (part[part["claim"] == claim] if len(part) else part for part in _judged())
    if table.empty:
        return "Its notebooks are not published."
    line = table.iloc[0]
    parts = [
        (
            f"*{line['says'][0].upper()}{line['says'][1:]}*: **{line['verdict']}**."
            f" {line['because'][0].upper()}{line['because'][1:]}."
        ),
        "",
    ]
    parts += [f"- {note}" for note in line["notes"].split("; ") if note]
    heads = [
        "difference",
        "others [95 %]",
        "these [95 %]",
        "n",
        "wins, ties, losses",
        "p",
        "P worse / within / better",
        "detectable",
    ]
    lines = []
    for each in differences.itertuples():
        bold, several = "**" * (each.role == verdicts.PRIMARY), each.pairs > 1
        names = evaluation.plain(f"{each.what}: {each.arm} minus {each.reference}")
        these = f"[{each.low_these:+.3f}, {each.high_these:+.3f}]" if several else ""
        odds = f"{each.worse:.2f} / {each.equal:.2f} / {each.better:.2f}" if several else ""
        told = [f"{each.p:.3f}", odds, f"{each.detectable:.3f}"] if several else ["", "", ""]
        counts = f"{each.wins}, {each.ties}, {each.losses}"
        lines.append(
            [
                f"{bold}{names}{bold}",
                evaluation.effect(each),
                these,
                evaluation.pairs(each.pairs, each.over),
                counts,
                *told,
            ]
        )
    counted = f"<details><summary>{len(differences)} differences</summary>"
    return "\n".join([*parts, "", counted, "", markdown.table(heads, lines), "", "</details>"])


def _results():
    """The results table: this repository's rows but the grid's, of which there is a figure, then what others
    published.
    """
    rows = settings_of(_folder())
    rows = rows[rows["notebook"].str[3:] != "encoding_grid"]
    heads, lines = ["notebook", "what", "weights", "runs; splits", "mean accuracy (range)", "sd", "95 %"], []
    for line in evaluation.summary(rows, ["notebook", *SETTINGS]).to_dict("records"):
        stands = f" (**stand-in** for `{line['stands_in_for']}`)" if line["stands_in_for"] else ""
        accuracy = f"{line['mean']:.3f} ({_range(line)})"
        numbers = [
            f"{line['runs']}; {line['splits']}",
            accuracy,
            "" if np.isnan(line["sd"]) else f"{line['sd']:.3f}",
            interval(line),
        ]
        lines.append([line["notebook"][:2], what(line), line["weights"] + stands, *numbers])
    for line in results.literature(rows["dataset"].iloc[0]).to_dict("records"):
        low, high = evaluation.wilson(line["correct"], line["n_test"])
        source = "; ".join(filter(None, [line["source"], line["note"]]))
        mean = f"{line['accuracy']:.3f}" + (
            f"; mean of 30 resamples {line['mean_of_30']}" if line["mean_of_30"] else ""
        )
        numbers = ["1; 1", mean, "", interval({"low": low, "high": high})]
        lines.append(["published", line["method"], source, *numbers])
    return markdown.table(heads, lines)


def _recipes(notebook="food_spectra", several=True):
    """Data sets by recipes: means with intervals, average ranks, the odds on another data set; what pictures win, and
    what differs from others.
    """
    rows = evaluation.rows_of(_folder(), several)
    rows = rows if rows.empty else evaluation.of_notebook(rows, notebook)
    if rows.empty:
        return "Nothing is published."
    rows = rows.assign(recipe=evaluation.recipes(rows))
    table, means = evaluation.summary(rows, ["dataset", "recipe"]), evaluation.means(rows)
    order, seen, reference = evaluation.average(means), evaluation.pictured(rows), rows["recipe"].iloc[0]
    sizes = table.groupby("dataset", sort=False)[["splits", "n_test"]].max()
    heads = [f"{line.Index} ({line.splits} splits of {line.n_test})" for line in sizes.itertuples()]
    heads, lines = ["recipe", *heads, "average rank", f"worse / as good / better than {reference}"], []
    for name in dict.fromkeys([*order.index, *table["recipe"]]):
        own = table[table["recipe"] == name].set_index("dataset")
        few = {
            one: _few(rows, one, name, reference)
            for one in own.index
            if own.at[one, "splits"] < sizes.at[one, "splits"]
        }
        each = {one: f"{line['mean']:.3f} ({interval(line)}{few.get(one, '')})" for one, line in own.iterrows()}
        rank = f"{order[name]:.1f}" if name in order else ""
        odds = evaluation.on_another(means[name], means[reference]) if name in order and name != reference else ()
        told = " / ".join(f"{chance:.2f}" for chance in odds)
        lines.append(
            [
                f"**{evaluation.plain(name)}**" if name in seen else name,
                *(each.get(one, "") for one in sizes.index),
                rank,
                told,
            ]
        )
    notes = evaluation.notes(rows, means, seen, reference, results.literature(*sizes.index))
    return markdown.table(heads, lines) + "\n\n" + "\n".join(f"- {note}" for note in notes)


def _few(rows, dataset, recipe, reference):
    """That a recipe ran on few splits, and what the reference scores on those."""
    own = rows[(rows["dataset"] == dataset) & rows["recipe"].isin([recipe, reference])]
    own = own[own["split"].isin(own.loc[own["recipe"] == recipe, "split"])]
    means = own.groupby("recipe")["accuracy"].mean()
    return f", {own['split'].nunique()} splits, on which {reference} {means[reference]:.3f}"


def _beside():
    """Our means over several data sets beside those that others published over 30 resamples."""
    rows = evaluation.rows_of(_folder(), several=True)
    if rows.empty:
        return "Nothing is published."
    rows = rows.assign(recipe=evaluation.recipes(rows))
    heads, lines = ["data set", "recipe", "here (splits)", "published", "apart", "expected at most", ""], []
    for line in evaluation.beside(rows, results.literature(*rows["dataset"].unique())).to_dict("records"):
        numbers = [
            f"{line['ours']:.3f} ({line['splits']})",
            f"{line['published']:.3f}",
            f"{line['ours'] - line['published']:+.3f}",
        ]
        numbers += [f"{line['expected']:.3f}", "more than other splits explain" if line["differs"] else ""]
        lines.append([line["dataset"], line["recipe"], *numbers])
    return markdown.table(heads, lines)


def _range(line):
    return f"{line['worst']:.3f} to {line['best']:.3f}"


def interval(line):
    """A line's interval as text."""
    return f"{line['low']:.3f} to {line['high']:.3f}"


def _notebooks():
    """The notebooks: what each asks, with a link to its page with outputs, what it answered, and minutes of the short
    and the long run.
    """
    folder, lines = _folder(), []
    runs = [results.times(PUBLISHED / profile) for profile in (*SHORT, best_profile())]
    on = [" and ".join(dict.fromkeys(time["machine"] for time in run.values())) for run in runs]
    heads = [
        "notebook",
        "answer",
        *(f"minutes, {name} run" + f" ({machine})" * bool(machine) for name, machine in zip(("short", "long"), on)),
    ]
    for stem in notebooks.stems():
        path = folder / f"{stem}.answer.txt"
        told = path.read_text(encoding="utf-8").strip() if path.exists() else ""
        minutes = [f"{run[stem]['seconds'] / 60:.1f}" if stem in run else "–" for run in runs]
        lines.append([f"[{stem[:2]}](docs/notebooks/{stem}.md) {notebooks.heading(stem)}", told, *minutes])
    return markdown.table(heads, lines)


def _speed():
    """What make bench measured, a table a machine: each step's ways beside its first; steps by size as a power of
    it.
    """
    parts = []
    for path in sorted((PUBLISHED / "bench").glob("*.csv")):
        record, rows = json.loads(path.with_suffix(".run.json").read_text()), pd.read_csv(path, keep_default_na=False)
        heads, lines = ["step", "way", "seconds: median (range; runs)", "times the first way", "peak MiB", ""], []
        for step, ways in rows.groupby("step", sort=False):
            if ", by " in step:
                power = _power(ways["way"].astype(float), ways["median_s"])
                sizes = f"{ways['way'].iloc[-1]}, the largest; {ways['way'].iloc[0]} the smallest"
                lines.append([step, sizes, _seconds(ways.iloc[-1]), "", ways["peak_memory_mib"].iloc[-1], power])
                continue
            for line in ways.to_dict("records"):
                ratio = f"{line['median_s'] / ways['median_s'].iloc[0]:.3g}" if len(ways) > 1 else ""
                lines.append([step, line["way"], _seconds(line), ratio, line["peak_memory_mib"], line["note"]])
        machine = (
            f"{record['processor']}, {record['cores']} cores, {rows['device'].iloc[0]}; measured at commit"
            f" {record['commit']}:"
        )
        parts.append(f"{machine}\n\n{markdown.table(heads, lines)}")
    return "\n\n".join(parts)


def _power(sizes, seconds):
    """The exponent b of seconds ~ size^b by least squares on logarithms, over the upper half of the sizes, in words."""
    upper = len(sizes) // 2
    exponent = np.polyfit(np.log(sizes[upper:]), np.log(seconds[upper:]), 1)[0]
    return f"grows with the power {exponent:.2f} from {sizes.iloc[upper]:.0f} on"


def _seconds(line):
    return f"{line['median_s']:.3g} ({line['least_s']:.3g} to {line['most_s']:.3g}; {line['runs']})"


BLOCKS = {
    "claims": _claims,
    "notebooks": _notebooks,
    **{claim: functools.partial(_evidence, claim) for claim in claims.CLAIMS | questions.QUESTIONS},
    "items": lambda: tables.items(_folder()),
    "classes": lambda: tables.classes(_folder()),
    "near": lambda: tables.near(_folder()),
    "coverage": lambda: tables.coverage(_folder()),
    "lost": lambda: tables.lost(_folder()),
    "sizes": lambda: tables.sizes(_folder()),
    "gpu_lost": lambda: tables.lost(PUBLISHED / "h100"),
    "gpu_sizes": lambda: tables.sizes(PUBLISHED / "h100"),
    "gpu_cost": lambda: tables.gpu_cost(PUBLISHED / "h100"),
    "gpu_steps": lambda: tables.gpu_steps(PUBLISHED / "steps.csv"),
    "gpu_full": lambda: tables.full_size(PUBLISHED / "h100", PUBLISHED / "h100-bf16"),
    "made": lambda: tables.made(_folder()),
    "results": _results,
    "spectra": _recipes,
    "channels": lambda: _recipes("several_channels", "channels"),
    "beside": _beside,
    "speed": _speed,
    "same": lambda: tables.same(PUBLISHED / "same"),
}
