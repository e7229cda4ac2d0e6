"""The generated tables of the pages, all from published rows; folder: with the tables of a run."""

import json

import numpy as np
import pandas as pd

from tsvision import evaluation
from tsvision.evaluation import plain, words
from tsvision.study import markdown, notebooks, results, verdicts

VIEWS = {"axes": "whole figures with axes, as in 2018", "resize": "the plot alone, as in 2022"}
ODDS = "P worse / within / better"
SETTINGS = ["dataset", "method", "backbone", "weights", "stands_in_for", "encoding", "colormap", "size", "n_train"]
SETTINGS += ["epochs", "base_lr", "batch_size", "lr_mult", "noise", "shuffled", "view", "layer", "patch", "window"]
SETTINGS += ["copies", "cut", "length", "drawn", "scaling", "channels", "precision"]
SAID = [  # a setting, its usual value, and the words for any other
    ("epochs", "", "{:g} epochs"),
    ("lr_mult", 100, "lr_mult {:g}"),
    ("noise", 0, "copies with noise {:g}"),
    ("shuffled", False, "shuffled labels"),
    ("layer", "all", "layer {}"),
    ("patch", "", "patches of {:g} px"),
    ("window", "", "windows of {:g} steps"),
    ("copies", "", "trained with resampled copies"),
    ("cut", "", "tested {} at {length:g} steps"),
    ("drawn", "", "{n_train:g} training series"),
    ("scaling", "series", "scaled by the training range"),
    ("channels", "", "channels {}"),
    ("precision", "fp32", "{}"),
]


def settings_of(folder, on="one set"):
    """The rows of evaluation.rows_of with every column of SETTINGS, '' where a row has none, so that equal settings are
    equal.
    """
    rows = evaluation.rows_of(folder, on)
    if rows.empty:
        return rows
    rows = rows.reindex(columns=list(dict.fromkeys([*rows, *SETTINGS])))
    return rows.assign(**rows[SETTINGS].astype(object).where(rows[SETTINGS].notna(), ""))


def what(line):
    """A summary's line in words: method, network and picture; settings only where they are not the usual ones."""
    parts = [line["method"], line["backbone"], "random weights" if line["weights"] == "random" else ""]
    picture = " ".join(filter(None, (line["encoding"], line["colormap"])))
    side = "" if line["view"] == "grid" else "{size:g} px "  # there it is the series' length
    parts += [f"{picture}, {side}{{view}}".format(**line)] if picture else []
    parts += [text.format(line[name], **line) for name, usual, text in SAID if line[name] not in ("", usual)]
    told = ", ".join(plain(part.replace("|", " or ")) for part in parts if part)
    name = line["dataset"].partition(", ")[2]
    return told + (f" (data: {name})" if name else "")


def interval(line):
    """A line's interval as text."""
    return f"{line['low']:.3f} to {line['high']:.3f}"


# --- verdicts and the comparisons behind them


def claims(table):
    """A narrow table of verdicts: what is judged, the verdict, the number that it rests on, a link to the evidence."""
    return markdown.table(
        {
            "": f"[{line['claim']}](docs/results.md#{line['claim'].lower()})",
            "what is said": line["says"],
            "verdict": f"**{line['verdict']}**",
            "because": line["number"],
        }
        for line in table.to_dict("records")
    )


def evidence(claim, table, differences):
    """What stands behind a verdict: its reason, notes, and every difference, the primary one in bold."""
    line, differences = table.set_index("claim").loc[claim], differences[differences["claim"] == claim]
    says, because = (text[0].upper() + text[1:] for text in line[["says", "because"]])
    parts = [f"*{says}*: **{line['verdict']}**. {because}.", ""]
    parts += [f"- {note}" for note in line["notes"].splitlines()]
    parts += ["", f"<details><summary>{len(differences)} differences</summary>", ""]
    heads = {"difference": "what", "others [95 %]": "effect", "these [95 %]": "these", "n": "n"}
    heads |= {"wins, ties, losses": "counts", "p": "p", ODDS: "odds", "detectable": "detectable"}
    return "\n".join([*parts, _differences(differences, heads), "", "</details>"])


def _differences(table, heads):
    """Lines of evaluation.family in words, the primary one in bold; heads: {head: which cell of a line}."""
    lines = []
    for _, line in table.iterrows():
        effect, names = evaluation.effect(line), plain(f"{line['what']}: {line['arm']} minus {line['reference']}")
        cells = {"what": f"**{names}**" if line.get("role") == verdicts.PRIMARY else names, "effect": effect}
        cells |= {"n": evaluation.pairs(line["pairs"], line["over"]), "word": evaluation.word(line)}
        cells |= dict(zip(("difference", "interval"), (*effect.split(" ", 1), "")))
        cells |= {"counts": f"{line['wins']}, {line['ties']}, {line['losses']}"}
        if line["pairs"] > 1:
            cells |= {"p": f"{line['p']:.3f}", "detectable": f"{line['detectable']:.3f}"}
            cells |= {"detectable": "none"} if line["detectable"] > 1 else {}  # no difference of shares is larger
            cells |= {"these": f"[{line['low_these']:+.3f}, {line['high_these']:+.3f}]"}
            cells |= {"odds": " / ".join(f"{line[name]:.2f}" for name in ("worse", "equal", "better"))}
        lines.append({head: cells.get(name, "") for head, name in heads.items()})
    return markdown.table(lines)


def lost(folder, name="lost"):
    """A table of differences of 08 in words: what each precision costs, if `name` says no other."""
    heads = {"what": "what", "difference": "difference", "95 %, other oils": "interval", "95 %, these oils": "these"}
    heads |= {"n": "n", ODDS: "odds", "": "word"}
    return _differences(pd.read_csv(folder / f"08_precision_and_size.{name}.csv"), heads)


def sizes(folder):
    """Accuracy over the size of the picture, of 08, and what size and axes do, in pairs."""
    rows = evaluation.of_notebook(evaluation.rows_of(folder), "precision_and_size")
    rows = rows.query("method == 'fine-tune' and precision == 'fp32'")
    rows = rows[rows["backbone"] == rows["backbone"].iloc[0]].drop_duplicates(["view", "size", "split"])
    means = evaluation.summary(rows, ["view", "size"]).sort_values("size", kind="stable")
    told = means["mean"].map("{:.3f}".format) + means["splits"].map(" ({})".format)
    lines = [
        {"float32, mean (splits)": VIEWS[view]} | dict(zip(own["size"].map("{:g} px".format), told[own.index]))
        for view, own in means.groupby(pd.Categorical(means["view"], rows["view"].unique()), observed=True)
    ]
    return f"{markdown.table(lines)}\n\n{lost(folder, 'sizes')}"


# --- series and methods


def items(folder):
    """The hardest series, and what accuracy hides, of 06: tables from published ones."""
    items = pd.read_csv(folder / "06_baselines_and_controls.items.csv")
    shown, shares = items[items["right"] < 0.9], {"all methods": ["right"]}
    for kind, own in items.columns[4:].to_series().groupby(words.family, sort=False):
        shares[f"{kind} ({len(own)})"] = list(own)
    lines = [
        {"oil": line["series"], "class": line["class"], "default split": "tested" if line["default"] else "trains"}
        | {head: f"{line[own].mean():.0%}" for head, own in shares.items()}
        for _, line in shown.iterrows()
    ]
    easy = f"{len(items) - len(shown)} of {len(items)} series are right in nine of ten answers or more; the others:"
    return f"{easy}\n\n{markdown.table(lines)}"


def classes(folder):
    """Accuracy, balanced accuracy, accuracy without the hardest series and recall by class, of 06's methods on the same
    splits.
    """
    table = pd.read_csv(folder / "06_baselines_and_controls.classes.csv").sort_values("accuracy", ascending=False)
    hard = evaluation.hardest(pd.read_csv(folder / "06_baselines_and_controls.items.csv"))
    method, without = f"method ({table['splits'].iloc[0]} splits)", f"without {', '.join(map(str, hard))}"
    table = table.drop(columns="splits").rename(columns={"arm": method, "without_hard": without})
    lines = table.set_index(method).map("{:.3f}".format).reset_index()
    return markdown.table(lines.assign(**{method: lines[method].map(plain)}).to_dict("records"))


def near(folder):
    """How far the hardest series lie from their own class and from the nearest other, of 06: a line a band."""
    lines = {}
    for line in pd.read_csv(folder / "06_baselines_and_controls.near.csv").to_dict("records"):
        own = lines.setdefault(line["at"], {"1/cm": line["at"], "what absorbs there": line["what"]})
        away = f"{line['to_own']:.4f}, {line['to_other']:.4f}" + " (the other)" * (line["to_other"] < line["to_own"])
        own[f"{line['series']}: to class {line['class']}, to class {line['other']}"] = away
    return markdown.table(lines.values())


def coverage(folder, name="17_coverage"):
    """How often each interval covers, by number of splits, over all kinds of study: least and most, and mean width."""
    lines = {}
    table = pd.read_csv(folder / f"{name}.csv")
    is_corrected = table["estimator"].isin(evaluation.CORRECTED)  # as only differences are
    table = table[~is_corrected | (table["quantity"] == "difference")]
    for (quantity, estimator, splits), own in table.groupby(["quantity", "estimator", "splits"], sort=False):
        line = lines.setdefault((quantity, estimator), {"of": quantity, "interval": estimator})
        covers = f"{own['coverage'].min():.1%} to {own['coverage'].max():.1%}"
        line[f"{splits} splits"] = f"{covers}; {own['width'].mean():.3f} wide"
    return markdown.table(lines.values())


def coverage_tuned(folder):
    """How often intervals cover where a network is fine-tuned, a line a difference or accuracy and interval: their
    share with Wilson's interval, their mean width, and that which the spread over studies asks for.
    """
    lines, table = {}, pd.read_csv(folder / "17_coverage.tuned.csv")
    is_ours = (table["estimator"] == "crossed") & (table["quantity"] == "difference")
    for one in table[is_ours | (table["estimator"] == "Nadeau-Bengio")].to_dict("records"):
        name = {"of": f"{one['quantity']}: {plain(one['study'])}", "interval": one["estimator"]}
        share = f"{one['coverage']:.1%} [{one['low']:.1%}, {one['high']:.1%}]"
        line = lines.setdefault(tuple(name.values()), name)
        line[f"{one['splits']} splits"] = f"{share}; {one['width']:.3f} wide, {2 * 1.96 * one['sd']:.3f} needed"
    return markdown.table(lines.values())


def results_table(folder):
    """This repository's rows but the grid's, of which there is a figure, then what others published."""
    rows, lines = settings_of(folder), []
    rows = rows[rows["notebook"].str[3:] != "encoding_grid"]
    heads = ["notebook", "what", "weights", "runs; splits", "mean accuracy (range)", "sd", "95 %"]
    for line in evaluation.summary(rows, ["notebook", *SETTINGS]).to_dict("records"):
        stands = f" (**stand-in** for `{line['stands_in_for']}`)" if line["stands_in_for"] else ""
        accuracy = f"{line['mean']:.3f} ({line['worst']:.3f} to {line['best']:.3f})"
        sd = "" if np.isnan(line["sd"]) else f"{line['sd']:.3f}"
        cells = [line["notebook"][:2], what(line), line["weights"] + stands, f"{line['runs']}; {line['splits']}"]
        lines.append([*cells, accuracy, sd, interval(line)])
    for line in results.literature(rows["dataset"].iloc[0]).to_dict("records"):
        low, high = evaluation.wilson(line["correct"], line["n_test"])
        source = "; ".join(filter(None, [line["source"], line["note"]]))
        mean = f"{line['accuracy']:.3f}"
        mean += f"; mean of 30 resamples {line['mean_of_30']}" if line["mean_of_30"] else ""
        lines.append(["published", line["method"], source, "1; 1", mean, "", interval({"low": low, "high": high})])
    return markdown.table(dict(zip(heads, line)) for line in lines)


def recipes(folder, notebook="food_spectra", on="several sets"):
    """Data sets by recipes: means with intervals, average ranks, the odds on another data set; what pictures win, and
    what differs from others.
    """
    rows = evaluation.of_notebook(evaluation.rows_of(folder, on), notebook)
    rows = rows.assign(recipe=evaluation.recipes(rows))
    table, means = evaluation.summary(rows, ["dataset", "recipe"]), evaluation.means(rows)
    order, seen, reference = evaluation.average(means), evaluation.pictured(rows), rows["recipe"].iloc[0]
    sizes, lines = table.groupby("dataset", sort=False)[["splits", "n_test"]].max(), []
    for name in dict.fromkeys([*order.index, *table["recipe"]]):
        own, line = table[table["recipe"] == name].set_index("dataset"), {"recipe": name}
        line["recipe"] = f"**{plain(name)}**" if name in seen else name
        for one, splits, n_test in sizes.itertuples():
            few = _few(rows, one, name, reference) if one in own.index and own.at[one, "splits"] < splits else ""
            told = f"{own.at[one, 'mean']:.3f} ({interval(own.loc[one])}{few})" if one in own.index else ""
            line[f"{one} ({splits} splits of {n_test})"] = told
        line["average rank"] = f"{order[name]:.1f}" if name in order else ""
        odds = evaluation.on_another(means[name], means[reference]) if name in order and name != reference else ()
        line[f"worse / as good / better than {reference}"] = " / ".join(f"{chance:.2f}" for chance in odds)
        lines.append(line)
    notes = evaluation.notes(rows, means, seen, reference, results.literature(*sizes.index))
    return markdown.table(lines) + "\n\n" + "\n".join(f"- {note}" for note in notes)


def _few(rows, dataset, recipe, reference):
    """That a recipe ran on few splits, and what the reference scores on those."""
    own = rows[(rows["dataset"] == dataset) & rows["recipe"].isin([recipe, reference])]
    own = own[own["split"].isin(own.loc[own["recipe"] == recipe, "split"])]
    means = own.groupby("recipe")["accuracy"].mean()
    return f", {own['split'].nunique()} splits, on which {reference} {means[reference]:.3f}"


def beside(folder):
    """Our means over several data sets beside those that others published over 30 resamples."""
    rows = evaluation.rows_of(folder, "several sets")
    rows = rows.assign(recipe=evaluation.recipes(rows))
    both = evaluation.beside(rows, results.literature(*rows["dataset"].unique()))
    return markdown.table(
        {
            "data set": line.dataset,
            "recipe": line.recipe,
            "here (splits)": f"{line.ours:.3f} ({line.splits})",
            "published": f"{line.published:.3f}",
            "apart": f"{line.ours - line.published:+.3f}",
            "expected at most": f"{line.expected:.3f}",
            "": "more than other splits explain" if line.differs else "",
        }
        for line in both.itertuples()
    )


# --- what it takes


def asked(long, short):
    """The notebooks: what each asks, with a link to its page with outputs, and minutes of the run in the folder long,
    and in short.
    """
    heads, lines, before = {}, [], ""
    for name, folder in (("minutes, short run", short), ("long run", long)):
        times = results.times(folder)
        machines = " and ".join(dict.fromkeys(time["machine"] for time in times.values()))
        heads[name + f" ({machines})" * (machines != before)] = times  # one machine is named once
        before = machines
    for stem in notebooks.stems():
        line = {"notebook": f"[{stem[:2]}](docs/notebooks/{stem}.md) {notebooks.heading(stem)}"}
        took = {head: f"{run[stem]['seconds'] / 60:.1f}" if stem in run else "–" for head, run in heads.items()}
        lines.append(line | took)
    return markdown.table(lines)


def answers(folder):
    """What each notebook answered, with a link to its page with outputs."""
    return markdown.table(
        {
            "notebook": f"[{stem[:2]}](notebooks/{stem}.md) {notebooks.heading(stem)}",
            "answer": (folder / f"{stem}.answer.txt").read_text(encoding="utf-8").strip(),
        }
        for stem in notebooks.stems()
    )


def made(folder):
    """Which command makes which published tables, in what time, and the commits that computed the runs."""
    lines = []
    for record in sorted(folder.glob("*.run.json")):
        stem = record.name.removesuffix(".run.json")
        costs = [pd.read_csv(path) for path in folder.glob(f"{stem}*.cost.csv")]
        cost = pd.concat(costs) if costs else pd.json_normalize(json.loads(record.read_text()))
        made = ", ".join(f"{commit} ({count})" for commit, count in cost["commit"].value_counts(sort=False).items())
        line = {f"command, with `PROFILE={folder.name}`": f"`make {stem}`", "runs": len(cost)}
        line |= {"minutes, shared runs counted in each": f"{cost['seconds'].sum() / 60:.0f}", "computed at": made}
        lines.append(line)
    return markdown.table(lines)


def full_size(*folders):
    """Fine-tuning at full size on the default split, a line a precision, picture and number of epochs, from the rows of
    09 in several folders.
    """
    rows = pd.concat(evaluation.of_notebook(evaluation.rows_of(folder), "seeds_and_epochs") for folder in folders)
    rows, lines = rows.query("method == 'fine-tune'"), []
    for (precision, view, epochs), own in rows.groupby(["precision", "view", "epochs"], sort=False):
        accuracy, line = own["accuracy"], {"precision": plain(precision)}
        line |= {"picture": plain(f"{own['backbone'].iloc[0]}, {own['size'].iloc[0]:g} px {view}")}
        line |= {"epochs": f"{epochs:g}", "seeds": len(own), "accuracy": f"{accuracy.mean():.3f}"}
        line |= {"range": f"{accuracy.min():.3f} to {accuracy.max():.3f}"}
        line |= {"batch norm recalibrated": f"{own['recalibrated'].mean():.3f}"}
        lines.append(line | {"28 of 30": evaluation.reaching(accuracy)})
    return markdown.table(lines)


def gpu_cost(folder):
    """What fine-tunings of 08 took on a GPU, a line a network, side and precision: by itself among others, and as its
    share of all that went on at once.
    """
    rows, cost = (pd.read_csv(folder / f"08_precision_and_size{name}.csv") for name in ("", ".cost"))
    runs, lines = cost[~cost["kept"]].join(rows, on="run").query("method == 'fine-tune'"), []
    for (network, size, precision), own in runs.groupby(["backbone", "size", "precision"], sort=False):
        took, at_once = own["seconds"], own["at_once"]
        line = {"network, picture, precision": f"{plain(network)}, {size:g} px, {plain(precision)}", "runs": len(own)}
        seconds = f"{took.median():.1f} ({took.min():.1f} to {took.max():.1f})"
        line |= {"at once": at_once.max(), "seconds of a run, median (range)": seconds}
        lines.append(line | {"share": f"{(took / at_once).mean():.2f}", "peak MiB": own["peak_memory_mib"].max()})
    return markdown.table(lines)


def gpu_steps(path):
    """Training steps as make gpu-check measured them."""
    heads = ["network", "side", "seconds a step, first four", "next four", "peak GiB", "weights", "device"]
    return markdown.table(pd.read_csv(path).set_axis(heads, axis=1).to_dict("records"))


def same(folder):
    """What make same found, a line a change and kind of run; those in which nothing differs share a line."""
    lines = []
    for path in sorted(folder.glob("*.csv")):
        rows = pd.read_csv(path, keep_default_na=False)
        rows["what"] = [", ".join(filter(None, pair)) for pair in zip(rows["method"], rows["backbone"])]
        differs = rows["what"].where(rows["differ"] > 0, "")
        for (device, change, _), part in rows.groupby(["device", "change", differs], sort=False):
            line = {"device": device, "change": change, "rows of": "; ".join(part["what"])}
            line |= {"predictions that differ": f"{part['differ'].sum()} of {part['predictions'].sum()}"}
            lines.append(line | {"largest difference of an accuracy": f"{part['largest_accuracy'].max():.3f}"})
    return markdown.table(lines)


def speed(folder):
    """What make bench measured, a table a machine: each step's ways beside its first; steps by size as a power of
    it.
    """
    parts, heads = [], ["step", "way", "seconds: median (range; runs)", "times the first way", "peak MiB", ""]
    for path in sorted(folder.glob("*.csv")):
        record, rows = json.loads(path.with_suffix(".run.json").read_text()), pd.read_csv(path, keep_default_na=False)
        lines = []
        for step, ways in rows.groupby("step", sort=False):
            if ", by " in step:
                least, last = ways["way"].iloc[0], ways.iloc[-1]
                lines.append([step, f"{last['way']}, the largest; {least} the smallest", _seconds(last), ""])
                lines[-1] += [last["peak_memory_mib"], _power(ways["way"].astype(float), ways["median_s"])]
                continue
            for line in ways.to_dict("records"):
                ratio = f"{line['median_s'] / ways['median_s'].iloc[0]:.3g}" if len(ways) > 1 else ""
                lines.append([step, line["way"], _seconds(line), ratio, line["peak_memory_mib"], line["note"]])
        machine = f"{record['processor']}, {record['cores']} cores, {rows['device'].iloc[0]}"
        table = markdown.table(dict(zip(heads, line)) for line in lines)
        parts.append(f"{machine}; measured at commit {record['commit']}:\n\n{table}")
    return "\n\n".join(parts)


def _power(sizes, seconds):
    """The exponent b of seconds ~ size^b by least squares on logarithms, over the upper half of the sizes, in words."""
    upper = len(sizes) // 2
    exponent = np.polyfit(np.log(sizes[upper:]), np.log(seconds[upper:]), 1)[0]
    return f"grows with the power {exponent:.2f} from {sizes.iloc[upper]:.0f} on"


def _seconds(line):
    return f"{line['median_s']:.3g} ({line['least_s']:.3g} to {line['most_s']:.3g}; {line['runs']})"
