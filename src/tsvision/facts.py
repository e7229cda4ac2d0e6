"""The numbers that stand in the pages' sentences, by name, all from published rows: readme.fill puts them between <!--=NAME--> and <!--/-->."""

import pandas as pd

from tsvision import claims, evaluation, mistakes, ranks, results, verdicts, words

# differences of a claim's exploration that sentences name: as what, which comparison, which arm
NAMED = {
    "C5": [("plot", "plot only, against the raw series", "fine-tune, pretrained, lr_mult 100"), ("random", "transfer, lr_mult 100", "random")],
    "C6": [("trained", "as trained", "crop")],
}
TUNED = {"axes": claims.AXES, "plot": claims.VIEW}
# what facts ask rows for, blank where nothing that has it ran
BLANK = dict.fromkeys(["notebook", "dataset", "method", "backbone", "weights", "encoding", "view", "layer", "precision"], "")
BLANK |= dict.fromkeys(["split", "size", "epochs", "noise", "right"], float("nan")) | {"shuffled": False}


def facts(folder, table, differences):
    """{name: text} from a folder of published tables and what verdicts.judge makes of it; see the functions below for the names.

    Raises evaluation.Missing, a ValueError, that names the notebook whose rows are missing, FileNotFoundError that names a missing file.
    """
    rows = results.rows_of(folder)
    of_tables = _minutes(folder) | _oils(folder) | _foods(folder) | _precision(folder)
    return _verdicts(table, differences) | _methods(rows) | _runs(rows) | _sizes(rows) | of_tables


def _stands(line):
    """Whether a difference over splits of half and half leaves zero under Nadeau and Bengio's interval, too."""
    own = (line["high_these"] - line["low_these"]) / 2  # over splits, as if they were independent: times sqrt(1 + n_test / n_train * n)
    return line["over"] == "splits" and abs(line["difference"]) > own * (1 + line["pairs"]) ** 0.5


def _verdicts(table, differences):
    """C1, C1.told, C1.word: each claim's primary difference, short and spelled out, and what it says; C1.verdict; C1.others: what others say."""
    first = differences[differences["role"] == verdicts.PRIMARY]
    clear = first.loc[[verdicts.word(line) in ("better", "worse") for _, line in first.iterrows()]]  # loc: of no line none
    wide = clear.loc[[_stands(line) for _, line in clear.iterrows()]]
    made = {name: ", ".join(own["claim"]) or "none" for name, own in (("clear", clear), ("clear.wide", wide))}
    for line in table.itertuples():
        own = differences[differences["claim"] == line.claim]
        made |= {f"{line.claim}.verdict": line.verdict, f"{line.claim}.others": verdicts.counts(verdicts.explored(own)), line.claim: line.number}
        for name, what, arm in NAMED.get(line.claim, ()):
            for _, one in own[own["what"].eq(what) & own["arm"].str.startswith(arm)].head(1).iterrows():
                made |= {f"{name}.told": _told(one), f"{name}.word": verdicts.word(one), f"{name}.points": f"{100 * one['difference']:+.1f}"}
        for _, first in own[own["role"] == verdicts.PRIMARY].iterrows():
            made |= {line.claim: verdicts.points(first), f"{line.claim}.told": _told(first), f"{line.claim}.word": verdicts.word(first)}
    return made


def _minutes(folder):
    """minutes.short, minutes.long: of all notebooks, in the short run and in the one that folder is of; hours.long."""
    short, long = (sum(time["seconds"] for time in _times(each).values()) / 60 for each in (folder.parent / "cpu", folder))
    return {"minutes.short": f"{short:.0f}", "minutes.long": f"{long:.0f}", "hours.long": f"{long / 60:.0f}"}


def _methods(rows):
    """Means on the splits that all have: axes, plot, plain (the reference without pictures), never (untrained networks), best (of all pictures)."""
    tuned, controls, pictures = (_told_by(rows, name) for name in ("axes_and_noise", "baselines_and_controls", "encodings"))
    _, epochs = _usual(rows)
    tuned = tuned[(tuned["epochs"] == epochs) & (tuned["noise"] == 0)].dropna(subset="size")
    parts = {name: _some(tuned[tuned["view"] == view], "axes_and_noise", f"{words.plain(view)}, {epochs:g} epochs") for name, view in TUNED.items()}
    parts["plain"] = _some(controls[(controls["method"] == claims.PLAIN) & ~controls["shuffled"]], "baselines_and_controls", claims.PLAIN)
    parts["never"] = _some(results.untrained(controls), "baselines_and_controls", "untrained networks")
    heads = pictures[(pictures["layer"] != "") & (pictures["encoding"] != "") & ~pictures["encoding"].str.contains("|", regex=False)]
    parts["heads"] = _some(heads, "encodings", "linear probes")
    common = set.intersection(*(set(part["split"]) for part in parts.values()))
    said = "axes_and_noise, baselines_and_controls and encodings"
    parts = {name: _some(part[part["split"].isin(common)], said, "a split that all methods have") for name, part in parts.items()}
    plain = _predicted(parts["plain"], "baselines_and_controls")
    heads, made = parts.pop("heads"), {"splits": str(len(common)), "series": str(len(plain["right"].iloc[0]))}
    made |= {name: _percent(part["accuracy"].mean()) for name, part in parts.items()}
    best = evaluation.summary(heads, ["backbone", "encoding", "size", "view"]).sort_values("mean", ascending=False)
    made |= {"best": _percent(best["mean"].iloc[0]), "pictures": str(len(best)), "best.encoding": words.plain(best["encoding"].iloc[0])}
    return made | {"size": f"{tuned['size'].iloc[0]:g}"}


def _runs(rows):
    """hits.axes, hits.plot: how many runs on the default split reach 28 of 30, of how many; range.axes, range.plot: the worst and the best run."""
    (rows, epochs), made = _usual(rows), {}
    for name, view in TUNED.items():
        own = rows[(rows["view"] == view) & (rows["epochs"] == epochs)]
        own = _some(own, "seeds_and_epochs", f"{words.plain(view)}, {epochs:g} epochs")
        made[f"hits.{name}"] = f"{evaluation.reaching(own['accuracy'])} of {len(own)}"
        made[f"default.{name}"] = _percent(own["accuracy"].mean())
        made[f"range.{name}"] = f"{_percent(own['accuracy'].min())} to {_percent(own['accuracy'].max())}"
    return made


def _oils(folder):
    """easy: how many series nine of ten answers get right; hard: the hardest, hard.count, plain.easy: accuracy without them, and with them."""
    items = _table(folder, "06_baselines_and_controls.items", "series", "right")
    classes = _table(folder, "06_baselines_and_controls.classes", "arm", "accuracy", "without_hard")
    hard, plain = mistakes.hardest(items), _some(classes[classes["arm"] == claims.PLAIN], "baselines_and_controls", claims.PLAIN).iloc[0]
    names = " and ".join(filter(None, [", ".join(map(str, hard[:-1])), *map(str, hard[-1:])])) or "none"
    made = {"easy": f"{(items['right'] >= 0.9).sum()} of {len(items)}", "hard": names, "hard.count": str(len(hard))}
    made |= {"plain.all": _percent(plain["accuracy"]), "plain.easy": _percent(plain["without_hard"])}
    recalls = _some(classes.filter(regex="^class "), "baselines_and_controls", "class N in 06_baselines_and_controls.classes.csv")
    worst = recalls.mean().idxmin()  # the class that methods get right least
    least, most = (f"{recalls[worst].agg(end):.0%}" for end in ("min", "max"))
    return made | {"worst": worst, "worst.plain": f"{plain[worst]:.0%}", "worst.least": least, "worst.most": most}


def _foods(folder):
    """foods: how many data sets; foods.better, foods.worse: of foods.count comparisons of recipes with pictures, and the reference's name."""
    rows = _predicted(_some(_filled(results.rows_of(folder, several=True)), "food_spectra"), "food_spectra")
    rows = rows.assign(recipe=ranks.recipes(rows))
    try:
        table = ranks.against(rows, rows["recipe"].iloc[0])
    except evaluation.Missing as error:
        raise _missing("food_spectra", str(error)) from None
    own = _some(table[table["arm"].isin(ranks.pictured(rows))], "food_spectra", "recipes with pictures")
    made = {"foods": str(rows["dataset"].nunique()), "foods.count": str(len(own)), "foods.better": str((own["low"] > 0).sum())}
    lost = own.loc[own["high"] < 0, "what"]
    full = rows[rows["recipe"] == rows["recipe"].iloc[0]].groupby("dataset")["accuracy"].mean()
    made |= {"foods.full": str(own["what"].isin(full.index[full > 0.995]).sum())}  # nothing can be better there
    return made | {"foods.worse": str(len(lost)), "foods.where": " and ".join(dict.fromkeys(lost))}


def _precision(folder):
    """bf16, bf16.told, bf16.word: what bfloat16 costs the fine-tuned CNN; bf16.these on these series; larger: comparisons of sizes, larger.better."""
    lost = _table(folder, "08_precision_and_size.lost", "role", "difference", "low", "high", "equal", "pairs", "over", "low_these", "high_these")
    first = _some(lost[lost["role"] == verdicts.PRIMARY], "precision_and_size", "a comparison that was named beforehand").iloc[0]
    these = f"{100 * first['low_these']:+.1f} to {100 * first['high_these']:+.1f} points"
    sizes = _table(folder, "08_precision_and_size.sizes", "arm", "low")
    larger = sizes[sizes["arm"].str.startswith("size ")]
    made = {"bf16": verdicts.points(first), "bf16.told": _told(first), "bf16.word": verdicts.word(first), "bf16.these": these}
    return made | {"larger": str(len(larger)), "larger.better": str((larger["low"] > 0).sum())}


def _sizes(rows):
    """sizes: mean accuracy by side, with axes, and on how many splits; largest, largest.splits."""
    rows = _told_by(rows, "precision_and_size").query("method == 'fine-tune' and precision == 'fp32' and view == 'axes'")
    rows = _some(rows.dropna(subset="size"), "precision_and_size", "fine-tuned in float32, with axes")
    rows = rows[rows["backbone"] == rows["backbone"].iloc[0]].drop_duplicates(["size", "split"])
    own = rows.groupby("size")["accuracy"].agg(["mean", "size"])
    told = ", ".join(f"{_percent(line.mean_)} at {side:g} px ({line.n:g})" for side, line in own.set_axis(["mean_", "n"], axis=1).iterrows())
    largest = {"largest": f"{own.index[-1]:g}", "largest.splits": str(own["size"].iloc[-1]), "largest.mean": _percent(own["mean"].iloc[-1])}
    return {"sizes": told} | largest


def _told(line):
    """A difference spelled out."""
    low, high = (f"{100 * line[end]:+.1f}" for end in ("low", "high"))
    return f"{100 * line['difference']:+.1f} points (95 % interval {low} to {high}, {line['pairs']} {line['over']})"


def _usual(rows):
    """The rows of seeds_and_epochs, and for how many epochs training usually is: those of its first run with axes."""
    rows = _told_by(rows, "seeds_and_epochs")
    return rows, _some(rows[rows["view"] == claims.AXES].dropna(subset="epochs"), "seeds_and_epochs", words.plain(claims.AXES))["epochs"].iloc[0]


def _told_by(rows, name):
    return _some(results.told_by(_filled(rows), name), name)


def _filled(rows):
    """Rows with every column of BLANK."""
    return rows.assign(**{column: blank for column, blank in BLANK.items() if column not in rows})


def _predicted(rows, name):
    """The rows of a notebook whose answers were kept, series by series."""
    return _some(rows[rows["right"].notna()], name, "what its runs predicted")


def _table(folder, stem, *columns):
    """A published table that has these columns and a line."""
    table, name = pd.read_csv(folder / f"{stem}.csv"), stem[3:].partition(".")[0]
    if lacking := [column for column in columns if column not in table]:
        raise _missing(name, f"{', '.join(lacking)} in {stem}.csv")
    return _some(table, name, f"{stem}.csv")


def _times(folder):
    """The seconds of a folder's notebooks, as results.times gives them; FileNotFoundError if none are kept."""
    if not (times := results.times(folder)):
        raise FileNotFoundError(f"{folder / results.TIMES}: expected the seconds of each notebook, which facts need")
    return times


def _some(table, name, what=""):
    """The table, unless it is empty: evaluation.Missing, which names the notebook and what it lacks."""
    if table.empty:
        raise _missing(name, what)
    return table


def _missing(name, what):
    return evaluation.Missing(f"nothing has run in {name}, which facts need" + f" ({what})" * bool(what))


def _percent(share):
    return f"{100 * share:.1f} %"
