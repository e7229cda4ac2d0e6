"""The numbers that stand in the pages' sentences, by name, all from published rows: readme.fill puts them between
<!--=NAME--> and <!--/-->.
"""

import math

import pandas as pd

from tsvision import evaluation
from tsvision.study import claims, results, verdicts

TUNED = {"axes": claims.AXES, "plot": claims.VIEW}
# differences of a claim's exploration that sentences name: as what, which comparison, which arm
NAMED = {
    "C5": [
        ("plot", "plot only, against the raw series", "fine-tune, pretrained, lr_mult 100"),
        ("random", "transfer, lr_mult 100", "random"),
    ],
    "C6": [("trained", "as trained", "crop")],
}


def facts(folder, table, differences):
    """{name: text} from a folder of published tables and what verdicts.judge makes of it; see the functions below for
    the names.

    Raises evaluation.Missing, a ValueError, that names the notebook whose rows are missing, FileNotFoundError that
    names a missing file.
    """
    rows = evaluation.rows_of(folder)
    made = _verdicts(table, differences) | _methods(rows) | _hits(rows) | _precision(folder, rows)
    return made | _hours(folder) | _oils(folder) | _foods(folder) | _gpu(folder.parent / "h100", rows)


def _verdicts(table, differences):
    """C2, C2.word, ...: each claim's primary difference in points, and what it says; NAME.points, NAME.word of NAMED;
    C8.others: what others say.

    clear: claims whose primary difference over splits is clear; clear.wide: of these, under Nadeau and Bengio's
    interval, too.
    """
    first = differences[differences["role"].eq(verdicts.PRIMARY) & differences["over"].eq("splits")]
    # loc: of no line none
    clear = first.loc[[evaluation.word(line) in ("better", "worse") for _, line in first.iterrows()]]
    wide = clear.loc[[_stands(line) for _, line in clear.iterrows()]]
    made = {name: ", ".join(own["claim"]) or "none" for name, own in (("clear", clear), ("clear.wide", wide))}
    for claim in table["claim"]:
        own = differences[differences["claim"] == claim]
        named = [(claim, own[own["role"] == verdicts.PRIMARY])]
        named += [
            (f"{name}.points", own[own["what"].eq(what) & own["arm"].str.startswith(arm)])
            for name, what, arm in NAMED.get(claim, ())
        ]
        for name, lines in named:
            for _, line in lines.head(1).iterrows():
                made |= {name: evaluation.points(line), f"{name.removesuffix('.points')}.word": evaluation.word(line)}
        made |= {f"{claim}.others": evaluation.counts(verdicts.explored(own))}
    return made


def _stands(line):
    """Whether a difference over splits in halves leaves zero under Nadeau and Bengio's interval, too.

    Theirs is as wide as that of independent splits, which low_these and high_these give, times sqrt(1 + n_test /
    n_train * n).
    """
    return abs(line["difference"]) > (line["high_these"] - line["low_these"]) / 2 * math.sqrt(1 + line["pairs"])


def _hours(folder):
    """minutes.short: what the short run takes; minutes.post: until the post's own notebooks, 01 to 05, are done;
    hours.long: what all notebooks take in the run that folder is of, runs that they share counted in each.
    """
    short, long = (_times(each) for each in (folder.parent / "cpu", folder))
    parts = {"minutes.short": short, "minutes.post": {stem: short[stem] for stem in short if stem < "06"}}
    minutes = {}
    for name, part in parts.items():  # in one go, or, where nobody ran them so, one by one
        took = part[max(part)].get("elapsed") or sum(time["seconds"] for time in part.values())
        minutes[name] = f"{took / 60:.0f}"
    return minutes | {"hours.long": f"{sum(time['seconds'] for time in long.values()) / 3600:.0f}"}


def _times(folder):
    if not (times := results.times(folder)):
        raise FileNotFoundError(f"{folder / results.TIMES}: expected the seconds of each notebook, which facts need")
    return times


def _methods(rows):
    """Means on the splits that all have: axes, plot, plain (the reference without pictures), never (untrained
    networks), best (of all pictures).

    splits: how many, pictures: of how many the best, size: the side of the fine-tuned ones in pixels.
    """
    tuned, controls, pictures = (_of(rows, name) for name in ("axes_and_noise", "baselines_and_controls", "encodings"))
    tuned = tuned[(tuned["epochs"] == _usual(rows)) & (tuned["noise"] == 0)]
    parts = {name: tuned[tuned["view"] == view] for name, view in TUNED.items()}
    parts |= {
        "plain": controls[(controls["method"] == claims.PLAIN) & ~controls["shuffled"]],
        "never": evaluation.untrained(controls),
    }
    parts["best"] = pictures[(pictures["layer"] != "") & ~pictures["encoding"].str.contains("|", regex=False)]
    common = set.intersection(
        *(set(verdicts.some(part, f"for the fact {name}")["split"]) for name, part in parts.items())
    )
    parts = {
        name: verdicts.some(part[part["split"].isin(common)], "on a split that all methods have")
        for name, part in parts.items()
    }
    best = evaluation.summary(parts.pop("best"), ["backbone", "encoding", "size", "view"])
    made = {name: _percent(part["accuracy"].mean()) for name, part in parts.items()} | {
        "best": _percent(best["mean"].max())
    }
    return made | {"splits": str(len(common)), "pictures": str(len(best)), "size": f"{tuned['size'].iloc[0]:g}"}


def _hits(rows):
    """hits.axes, hits.plot: how many runs on the default split reach 28 of 30, of how many."""
    rows, epochs = _of(rows, "seeds_and_epochs"), _usual(rows)
    own = {
        name: rows.loc[(rows["view"] == view) & (rows["epochs"] == epochs), "accuracy"] for name, view in TUNED.items()
    }
    return {f"hits.{name}": f"{evaluation.reaching(accuracy)} of {len(accuracy)}" for name, accuracy in own.items()}


def _oils(folder):
    """easy: how many series nine of ten answers get right; hard: the hardest, hard.away: those nearer to another
    class's mean.

    plain.all, plain.easy: accuracy with and without the hardest, oils.splits: on how many splits; worst: the class that
    methods get right least; worst.plain, worst.least, worst.most: its recall.
    """
    items, classes = (pd.read_csv(folder / f"06_baselines_and_controls.{name}.csv") for name in ("items", "classes"))
    plain = verdicts.some(classes[classes["arm"] == claims.PLAIN], f"as {claims.PLAIN}").iloc[0]
    made = {"easy": f"{(items['right'] >= 0.9).sum()} of {len(items)}", "hard": _and(evaluation.hardest(items))}
    near = pd.read_csv(folder / "06_baselines_and_controls.near.csv").query("at == 'whole'")
    made["hard.away"] = _and(near.loc[near["to_other"] < near["to_own"], "series"])
    made |= {
        "plain.all": _percent(plain["accuracy"]),
        "plain.easy": _percent(plain["without_hard"]),
        "oils.splits": str(plain["splits"]),
    }
    recalls = classes.filter(regex="^class ")
    worst = recalls.mean().idxmin()
    of_worst = {"plain": plain[worst], "least": recalls[worst].min(), "most": recalls[worst].max()}
    return made | {"worst": worst} | {f"worst.{name}": _percent(recall) for name, recall in of_worst.items()}


def _foods(folder):
    """foods: how many data sets; foods.better, foods.worse (foods.where): of foods.count comparisons of recipes with
    pictures with the first recipe, which is right in more than 99.5 % in foods.full of them.
    """
    rows = verdicts.some(evaluation.rows_of(folder, several=True), "in food_spectra")
    rows = rows.assign(recipe=evaluation.recipes(rows))
    table, first = evaluation.against(rows, rows["recipe"].iloc[0]), rows[rows["recipe"] == rows["recipe"].iloc[0]]
    own = table[table["arm"].isin(evaluation.pictured(rows))]
    lost, full = (
        own.loc[own["high"] < 0, "what"],
        first.groupby("dataset")["accuracy"].mean().loc[lambda mean: mean > 0.995].index,
    )
    counts = {
        "count": len(own),
        "better": (own["low"] > 0).sum(),
        "worse": len(lost),
        "full": own["what"].isin(full).sum(),
    }
    made = {f"foods.{name}": str(count) for name, count in counts.items()}
    return made | {"foods": str(rows["dataset"].nunique()), "foods.where": _and(dict.fromkeys(lost))}


def _precision(folder, rows):
    """bf16, bf16.word: what bfloat16 costs the fine-tuned CNN; tf32.again: what TensorFloat-32 does to the fine-tuned
    transformer once batch norm is recalibrated.
    """
    first = verdicts.primary(pd.read_csv(folder / "08_precision_and_size.lost.csv"))
    rows = _of(rows, "precision_and_size").query("method == 'fine-tune' and view == 'resize'")
    own = rows[rows["backbone"].isin(rows.loc[rows["precision"] == "tf32", "backbone"])]
    again = _minus(evaluation.recalibrated(own[own["precision"].isin(("fp32", "tf32"))]), "precision", "fp32")
    return {"bf16": evaluation.points(first), "bf16.word": evaluation.word(first), "tf32.again": again}


def _gpu(folder, cpu):
    """gpu: whose rows lie in folder; gpu.NAME: NAME of _precision and _largest there; gpu.size: what the largest side
    does with axes against the one on most splits, gpu.size.these on these series; gpu.better: sizes that gain; gpu.cpu:
    float32 there minus that on a CPU, whose rows lie in cpu; gpu.minutes: of the profile gpu, predicted.
    """
    rows = evaluation.rows_of(folder)
    made = {f"gpu.{name}": text for name, text in (_precision(folder, rows) | _largest(rows)).items()}
    sizes = pd.read_csv(folder / "08_precision_and_size.sizes.csv")
    size = sizes[(sizes["arm"] == f"size {made['gpu.largest']}") & (sizes["what"] == claims.AXES)].iloc[0]
    made |= {"gpu": rows["device"].iloc[0], "gpu.size": evaluation.points(size), "gpu.size.word": evaluation.word(size)}
    made["gpu.size.these"] = f"{100 * size['low_these']:+.1f} to {100 * size['high_these']:+.1f} points"
    made["gpu.better"] = str((sizes.loc[sizes["arm"].str.startswith("size "), "low"] > 0).sum())
    both = pd.concat([_in_float32(each).assign(where=where) for where, each in (("cpu", cpu), ("gpu", rows))])
    most = size["reference"].removeprefix("size ")
    made["gpu.cpu"] = _minus(both[both["size"] == float(most)], "where", "cpu")
    seconds = sum(time["seconds"] for time in _times(folder.with_name("gpu")).values())
    return made | {"gpu.minutes": f"{seconds / 60:.0f}"}


def _minus(rows, by, reference):
    """A difference over splits, in points: what is not the reference minus it."""
    return evaluation.points(evaluation.family([("", rows, [by], reference, "split")]).iloc[0])


def _in_float32(rows):
    """The fine-tunings with axes of precision_and_size, each split once."""
    rows = _of(rows, "precision_and_size").query("method == 'fine-tune' and precision == 'fp32' and view == 'axes'")
    return rows.drop_duplicates(["size", "split"])


def _largest(rows):
    """largest: the largest side of pictures fine-tuned on in float32, with axes; largest.splits, largest.mean: on how
    many splits, their mean.
    """
    rows = _in_float32(rows)
    own = verdicts.some(rows[rows["size"] == rows["size"].max()], "in precision_and_size in float32, with axes")
    return {
        "largest": f"{own['size'].iloc[0]:g}",
        "largest.splits": str(len(own)),
        "largest.mean": _percent(own["accuracy"].mean()),
    }


def _usual(rows):
    """For how many epochs training usually is: those of seeds_and_epochs' first run with axes."""
    rows = _of(rows, "seeds_and_epochs")
    return verdicts.some(rows[rows["view"] == claims.AXES], "in seeds_and_epochs with axes")["epochs"].iloc[0]


def _of(rows, name):
    return verdicts.some(evaluation.of_notebook(rows, name) if len(rows) else rows, f"in {name}")


def _and(names):
    """Names as a sentence lists them: 17, 29 and 59."""
    *most, last = map(str, names) if len(names) else ["none"]
    return f"{', '.join(most)} and {last}" if most else last


def _percent(share):
    return f"{100 * share:.1f} %"
