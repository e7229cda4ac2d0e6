"""The numbers that stand in the pages' sentences, by name, all from published rows: readme.fill puts them between <!--=NAME--> and <!--/-->."""

import pandas as pd

from tsvision import claims, evaluation, mistakes, ranks, results, verdicts, words

TUNED = {"axes": claims.AXES, "plot": claims.VIEW}


def facts(folder, table, differences):
    """{name: text} from a folder of published tables and what verdicts.judge makes of it; see the functions below for the names."""
    rows = results.rows_of(folder)
    of_tables = _minutes(folder) | _oils(folder) | _foods(folder) | _precision(folder)
    return _verdicts(table, differences) | _methods(rows) | _runs(rows) | _sizes(rows) | of_tables


def _verdicts(table, differences):
    """C1, C1.word, ...: each claim's primary difference in points, and what it says; C1.verdict the verdict, C1.others how many others say what."""
    made = {}
    for line in table.itertuples():
        own = differences[differences["claim"] == line.claim]
        made |= {f"{line.claim}.verdict": line.verdict, f"{line.claim}.others": verdicts.counts(verdicts.explored(own)), line.claim: line.number}
        for _, first in own[own["role"] == verdicts.PRIMARY].iterrows():
            made |= {line.claim: verdicts.points(first), f"{line.claim}.word": verdicts.word(first)}
    return made


def _minutes(folder):
    """minutes.short, minutes.long: of all notebooks, in the short run and in the one that folder is of; hours.long."""
    short, long = (sum(time["seconds"] for time in results.times(each).values()) / 60 for each in (folder.parent / "cpu", folder))
    return {"minutes.short": f"{short:.0f}", "minutes.long": f"{long:.0f}", "hours.long": f"{long / 60:.0f}"}


def _methods(rows):
    """Means on the splits that all have: axes, plot, plain (the reference without pictures), never (untrained networks), best (of all pictures)."""
    of = {name: results.told_by(rows, name) for name in ("axes_and_noise", "seeds_and_epochs", "baselines_and_controls", "encodings")}
    controls, pictures = of["baselines_and_controls"], of["encodings"]
    epochs = of["seeds_and_epochs"].query("view == 'axes'")["epochs"].iloc[0]
    tuned = of["axes_and_noise"]
    tuned = tuned[(tuned["epochs"] == epochs) & (tuned["noise"] == 0)]
    parts = {name: tuned[tuned["view"] == view] for name, view in TUNED.items()}
    parts["plain"] = controls[(controls["method"] == claims.PLAIN) & ~controls["shuffled"]]
    parts["never"] = results.untrained(controls)
    heads = pictures[(pictures["layer"] != "") & ~pictures["encoding"].str.contains("|", regex=False)]
    common = set.intersection(*(set(part["split"]) for part in [*parts.values(), heads]))
    made = {"splits": str(len(common)), "series": str(len(parts["plain"]["right"].iloc[0]))}
    for name, part in parts.items():
        made[name] = _percent(part[part["split"].isin(common)]["accuracy"].mean())
    heads = heads[heads["split"].isin(common)]
    best = evaluation.summary(heads, ["backbone", "encoding", "size", "view"]).sort_values("mean", ascending=False)
    made |= {"best": _percent(best["mean"].iloc[0]), "pictures": str(len(best)), "best.encoding": words.plain(best["encoding"].iloc[0])}
    both = pd.concat([parts["plain"], parts["plot"]]).assign(arm=[claims.PLAIN] * len(parts["plain"]) + ["plot"] * len(parts["plot"]))
    line = evaluation.compared(both, ["arm"], claims.PLAIN).iloc[0]
    return made | {"plot.plain": verdicts.points(line), "plot.word": verdicts.word(line), "size": f"{tuned['size'].iloc[0]:g}"}


def _runs(rows):
    """hits.axes, hits.plot: how many runs on the default split reach 28 of 30, of how many; range.axes, range.plot: the worst and the best run."""
    rows, made = results.told_by(rows, "seeds_and_epochs"), {}
    epochs = rows.query("view == 'axes'")["epochs"].iloc[0]
    for name, view in TUNED.items():
        own = rows[(rows["view"] == view) & (rows["epochs"] == epochs)]
        made[f"hits.{name}"] = f"{evaluation.reaching(own['accuracy'])} of {len(own)}"
        made[f"range.{name}"] = f"{_percent(own['accuracy'].min())} to {_percent(own['accuracy'].max())}"
    return made


def _oils(folder):
    """easy: how many series nine of ten answers get right; hard: the hardest, hard.count, plain.easy: accuracy without them, and with them."""
    items = pd.read_csv(folder / "06_baselines_and_controls.items.csv")
    classes = pd.read_csv(folder / "06_baselines_and_controls.classes.csv").set_index("arm")
    hard, plain = mistakes.hardest(items), classes.loc[claims.PLAIN]
    names = ", ".join(map(str, hard[:-1])) + f" and {hard[-1]}"
    made = {"easy": f"{(items['right'] >= 0.9).sum()} of {len(items)}", "hard": names, "hard.count": str(len(hard))}
    return made | {"plain.all": _percent(plain["accuracy"]), "plain.easy": _percent(plain["without_hard"])}


def _foods(folder):
    """foods: how many data sets; foods.better, foods.worse: of foods.count comparisons of recipes with pictures, and the reference's name."""
    rows = results.rows_of(folder, several=True)
    rows = rows.assign(recipe=ranks.recipes(rows))
    seen, table = ranks.pictured(rows), ranks.against(rows, rows["recipe"].iloc[0])
    own = table[table["arm"].isin(seen)]
    made = {"foods": str(rows["dataset"].nunique()), "foods.count": str(len(own)), "foods.better": str((own["low"] > 0).sum())}
    lost = own.loc[own["high"] < 0, "what"]
    return made | {"foods.worse": str(len(lost)), "foods.where": " and ".join(dict.fromkeys(lost))}


def _precision(folder):
    """bf16, bf16.word: what bfloat16 costs the fine-tuned CNN; bf16.these on these series."""
    first = verdicts.primary(pd.read_csv(folder / "08_precision_and_size.lost.csv"))
    these = f"{100 * first['low_these']:+.1f} to {100 * first['high_these']:+.1f} points"
    return {"bf16": verdicts.points(first), "bf16.word": verdicts.word(first), "bf16.these": these}


def _sizes(rows):
    """sizes: mean accuracy by side, with axes, and on how many splits; largest, largest.splits."""
    rows = results.told_by(rows, "precision_and_size").query("method == 'fine-tune' and precision == 'fp32' and view == 'axes'")
    rows = rows[rows["backbone"] == rows["backbone"].iloc[0]].drop_duplicates(["size", "split"])
    own = rows.groupby("size")["accuracy"].agg(["mean", "size"])
    told = ", ".join(f"{_percent(line.mean_)} at {side:g} px ({line.n:g})" for side, line in own.set_axis(["mean_", "n"], axis=1).iterrows())
    return {"sizes": told, "largest": f"{own.index[-1]:g}", "largest.splits": str(own["size"].iloc[-1])}


def _percent(share):
    return f"{100 * share:.1f} %"
