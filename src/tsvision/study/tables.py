"""The generated tables of the pages that come straight from one published table each; folder: with the tables of a
run.
"""

import json

import pandas as pd

from tsvision import evaluation
from tsvision.evaluation import words
from tsvision.study import markdown, notebooks, verdicts

VIEWS = {"axes": "whole figures with axes, as in 2018", "resize": "the plot alone, as in 2022"}


def items(folder):
    """The hardest series, and what accuracy hides, of 06: tables from published ones."""
    items = pd.read_csv(folder / "06_baselines_and_controls.items.csv")
    shown = items[items["right"] < 0.9]
    families = {}
    for name in items.columns[4:]:
        families.setdefault(words.family(name), []).append(name)
    heads, lines = (
        ["oil", "class", "default split", "all methods", *(f"{kind} ({len(own)})" for kind, own in families.items())],
        [],
    )
    for line in shown.to_dict("records"):
        shares = [line["right"], *(pd.Series(line)[own].mean() for own in families.values())]
        lines.append(
            [
                line["series"],
                line["class"],
                "tested" if line["default"] else "trains",
                *(f"{share:.0%}" for share in shares),
            ]
        )
    easy = f"{len(items) - len(shown)} of {len(items)} series are right in nine of ten answers or more; the others:"
    return f"{easy}\n\n{markdown.table(heads, lines)}"


def classes(folder):
    """Accuracy, balanced accuracy, accuracy without the hardest series and recall by class, of 06's methods on the same
    splits.
    """
    table = pd.read_csv(folder / "06_baselines_and_controls.classes.csv")
    hard = evaluation.hardest(pd.read_csv(folder / "06_baselines_and_controls.items.csv"))
    named = {
        "arm": f"method ({table['splits'].iloc[0]} splits)",
        "without_hard": f"without {', '.join(map(str, hard))}",
    }
    columns = [column for column in table if column != "splits"]
    heads, lines = [named.get(column, column) for column in columns], []
    for line in table.sort_values("accuracy", ascending=False)[columns].itertuples(index=False):
        lines.append([words.plain(line[0]), *(f"{value:.3f}" for value in line[1:])])
    return markdown.table(heads, lines)


def near(folder):
    """How far the hardest series lie from their own class and from the nearest other, of 06: a line a band."""
    table = pd.read_csv(folder / "06_baselines_and_controls.near.csv")
    hard = list(dict.fromkeys(table["series"]))
    own = {one: table[table["series"] == one].set_index("at") for one in hard}
    heads = [f"{one}: to class {own[one]['class'].iloc[0]}, to class {own[one]['other'].iloc[0]}" for one in hard]
    heads, lines = ["1/cm", "what absorbs there", *heads], []
    for at, what in own[hard[0]]["what"].items():
        pairs = [own[one].loc[at, ["to_own", "to_other"]] for one in hard]
        lines.append(
            [
                str(at),
                what,
                *(
                    "{:.4f}, {:.4f}".format(*pair) + " (the other)" * bool(pair["to_other"] < pair["to_own"])
                    for pair in pairs
                ),
            ]
        )
    return markdown.table(heads, lines)


def coverage(folder):
    """How often each interval covers, by number of splits, over all kinds of study: least and most, and mean width."""
    table = pd.read_csv(folder / "17_coverage.csv")
    heads, lines = ["of", "interval", *(f"{count} splits" for count in sorted(table["splits"].unique()))], []
    for (quantity, estimator), own in table.groupby(["quantity", "estimator"], sort=False):
        each = [
            f"{part['coverage'].min():.1%} to {part['coverage'].max():.1%}; {part['width'].mean():.3f} wide"
            for _, part in own.groupby("splits")
        ]
        lines.append([quantity, estimator, *each])
    return markdown.table(heads, lines)


def lost(folder):
    """What each precision costs, of 08."""
    return _differences(folder / "08_precision_and_size.lost.csv")


def sizes(folder):
    """Accuracy over the size of the picture, of 08, and what size and axes do, in pairs."""
    rows = evaluation.rows_of(folder)
    rows = evaluation.of_notebook(rows, "precision_and_size").query("method == 'fine-tune' and precision == 'fp32'")
    rows = rows[rows["backbone"] == rows["backbone"].iloc[0]].drop_duplicates(["view", "size", "split"])
    table = evaluation.summary(rows, ["view", "size"]).set_index(["view", "size"])
    sides = sorted(rows["size"].unique())
    heads, lines = ["float32, mean (splits)", *(f"{side:g} px" for side in sides)], []
    for view in dict.fromkeys(rows["view"]):
        lines.append(
            [
                VIEWS[view],
                *(f"{table.at[(view, side), 'mean']:.3f} ({table.at[(view, side), 'splits']})" for side in sides),
            ]
        )
    return markdown.table(heads, lines) + "\n\n" + _differences(folder / "08_precision_and_size.sizes.csv")


def _differences(path):
    """A published table of differences in words, the primary one in bold."""
    heads, lines = (
        ["what", "difference", "95 %, other oils", "95 %, these oils", "n", "P worse / within / better", ""],
        [],
    )
    for line in pd.read_csv(path).to_dict("records"):
        what, effect = (
            words.plain(f"{line['what']}: {line['arm']} minus {line['reference']}"),
            evaluation.effect(pd.Series(line)),
        )
        what = f"**{what}**" if line.get("role") == verdicts.PRIMARY else what
        odds = f"{line['worse']:.2f} / {line['equal']:.2f} / {line['better']:.2f}" if line["pairs"] > 1 else ""
        these = f"[{line['low_these']:+.3f}, {line['high_these']:+.3f}]" if line["pairs"] > 1 else ""
        cells = [
            effect.split(" ")[0],
            effect.partition(" ")[2],
            these,
            evaluation.pairs(line["pairs"], line["over"]),
            odds,
            evaluation.word(line),
        ]
        lines.append([what, *cells])
    return markdown.table(heads, lines)


def made(folder):
    """Which command makes which published tables, in what time, and the commits that computed the runs."""
    heads, lines = (
        [f"command, with `PROFILE={folder.name}`", "runs", "minutes, shared runs counted in each", "computed at"],
        [],
    )
    for stem in notebooks.stems():
        record = folder / f"{stem}.run.json"
        if record.exists():
            facts, path = json.loads(record.read_text()), record.with_name(f"{stem}.cost.csv")
            cost = (
                pd.read_csv(path)
                if path.exists()
                else pd.DataFrame({"seconds": [facts["seconds"]], "commit": [facts["commit"]]})
            )
            made = ", ".join(f"{commit} ({count})" for commit, count in cost["commit"].value_counts(sort=False).items())
            lines.append([f"`make {stem}`", str(len(cost)), f"{cost['seconds'].sum() / 60:.0f}", made])
    return markdown.table(heads, lines)


def full_size(*folders):
    """Fine-tuning at full size on the default split, a line a precision, picture and number of epochs, from the rows of
    09 in several folders.
    """
    rows = pd.concat(
        [evaluation.of_notebook(evaluation.rows_of(folder), "seeds_and_epochs") for folder in folders]
    ).query("method == 'fine-tune'")
    heads = ["precision", "picture", "epochs", "seeds", "accuracy", "range", "batch norm recalibrated", "28 of 30"]
    lines = []
    for (precision, view, epochs), own in rows.groupby(["precision", "view", "epochs"], sort=False):
        what = words.plain(f"{own['backbone'].iloc[0]}, {own['size'].iloc[0]:g} px {view}")
        accuracy = own["accuracy"]
        numbers = [f"{accuracy.mean():.3f}", f"{accuracy.min():.3f} to {accuracy.max():.3f}"]
        numbers += [f"{own['recalibrated'].mean():.3f}", str(evaluation.reaching(accuracy))]
        lines.append([words.plain(precision), what, f"{epochs:g}", str(len(own)), *numbers])
    return markdown.table(heads, lines)


def gpu_cost(folder):
    """What fine-tunings of 08 took on a GPU, a line a network, side and precision: by itself among others, and as its
    share of all that went on at once.
    """
    rows, cost = (pd.read_csv(folder / f"08_precision_and_size{name}.csv") for name in ("", ".cost"))
    runs = cost[~cost["kept"]].join(rows, on="run").query("method == 'fine-tune'")
    heads = ["network, picture, precision", "runs", "at once", "seconds of a run, median (range)", "share", "peak MiB"]
    lines = []
    for (network, size, precision), own in runs.groupby(["backbone", "size", "precision"], sort=False):
        seconds, share = own["seconds"], (own["seconds"] / own["at_once"]).mean()
        lines.append(
            [
                f"{words.plain(network)}, {size:g} px, {words.plain(precision)}",
                str(len(own)),
                str(own["at_once"].max()),
                f"{seconds.median():.1f} ({seconds.min():.1f} to {seconds.max():.1f})",
                f"{share:.2f}",
                str(own["peak_memory_mib"].max()),
            ]
        )
    return markdown.table(heads, lines)


def gpu_steps(path):
    """Training steps as make gpu-check measured them."""
    heads = ["network", "side", "seconds a step, first four", "next four", "peak GiB", "weights", "device"]
    return markdown.table(heads, [list(map(str, line)) for line in pd.read_csv(path).itertuples(index=False)])


def same(folder):
    """What make same found, a line a change and kind of run; those in which nothing differs share a line."""
    heads, lines = ["device", "change", "rows of", "predictions that differ", "largest difference of an accuracy"], []
    for path in sorted(folder.glob("*.csv")):
        rows = pd.read_csv(path, keep_default_na=False)
        rows["what"] = [", ".join(filter(None, pair)) for pair in zip(rows["method"], rows["backbone"])]
        differs = rows["what"].where(rows["differ"] > 0, "")
        for (device, change, _), part in rows.groupby(["device", "change", differs], sort=False):
            count = f"{part['differ'].sum()} of {part['predictions'].sum()}"
            lines.append([device, change, "; ".join(part["what"]), count, f"{part['largest_accuracy'].max():.3f}"])
    return markdown.table(heads, lines)
