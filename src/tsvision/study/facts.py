"""The numbers that stand in the pages' sentences, by name, all from published rows: readme.fill puts them between
<!--=NAME--> and <!--/-->.
"""

import json
import math

import pandas as pd
from scipy import stats

from tsvision import evaluation
from tsvision.study import claims, questions, results, tables, verdicts

TUNED = {"axes": claims.AXES, "plot": claims.VIEW}
# differences of a claim's exploration that sentences name: the claim, which comparison, which arm
NAMED = {
    "plot.points": ("C5", "plot only, against the raw series", "fine-tune, pretrained, lr_mult 100"),
    "random.points": ("C5", "transfer, lr_mult 100", "random"),
    "smaller.points": ("C2", "fine-tuned, in parts", claims.VIEW),
    "padded.points": ("C2", "fine-tuned, in parts", "padded"),
    "white.points": ("C2", "fine-tuned, in parts", "margins"),
    "beside.points": ("C2", "fine-tuned, as small", "padded"),
    "ticks.points": ("C2", "fine-tuned, in parts", claims.AXES),
    "probe.points": ("C2", "frozen", claims.AXES),
    "short.points": (
        "new",
        "pictures",
        f"frozen, ridge head, tf_efficientnet_lite0.in1k, {claims.INSIDE}, size 285, field",
    ),
    "trained.points": ("C6", "as trained", "crop"),
}

MOVED = ("difference", "low_these", "high_these")  # of a difference, what no correction moves
EARLIER = ("C2", "C3", "C5", "C6", "C8", "Q3", "random.points")  # differences that pages also show as they were before


def facts(folder, differences):
    """{name: text} from a folder of published tables and the differences that verdicts.judge makes of it; see the
    functions below for the names; and hits.axes.mean, what the runs that hits.axes counts have in the mean.

    Raises evaluation.Missing, a ValueError, that names the notebook whose rows are missing, FileNotFoundError that
    names a missing file.
    """
    rows = evaluation.rows_of(folder)
    made = _verdicts(differences) | _methods(rows) | _hits(rows) | _precision(folder, rows)
    made["hits.axes.mean"] = _percent(_seeds(rows, claims.AXES).mean())
    made |= _controls(rows)
    made |= _hours(folder) | _oils(folder) | _foods(folder) | _covered(folder)
    before = evaluation.rows_of(folder.with_name("avx512"))
    made |= _chosen(rows) | _before(folder, rows, before, differences) | _moved(rows, before)
    made |= {f"{name}.before": text for name, text in _hits(before).items()}
    return made | _gpu(folder.with_name("h100"), rows)


def _verdicts(differences):
    """C2, C2.word, ...: each claim's primary difference in points, and what it says; NAME.points, NAME.word of NAMED;
    C8.others: what others say; new.chosen: the least and most of the other choices on training data; C5.these,
    new.these: the primary difference on these series alone, C5.detectable: what would be told from zero four times in
    five.

    clear: claims whose primary difference over splits is clear; clear.wide: of these, those that _stay; named.wide: of
    NAMED, those that do.
    """
    primary = differences[differences["role"] == verdicts.PRIMARY]
    clear = primary[(primary["over"] == "splits") & ((primary["low"] > 0) | (primary["high"] < 0))]
    wide = clear[_stay(clear)]
    made = {name: ", ".join(own["claim"]) or "none" for name, own in (("clear", clear), ("clear.wide", wide))}
    lines = {line["claim"]: line for _, line in primary.iterrows()}
    for name, (claim, what, arm) in NAMED.items():
        own = differences[(differences["claim"] == claim) & (differences["what"] == what)]
        if (is_named := own["arm"].str.startswith(arm)).any():
            lines[name] = own[is_named].iloc[0]
    wide = [name.removesuffix(".points") for name in NAMED if name in lines and _stay(lines[name])]
    made["named.wide"] = ", ".join(wide) or "none"
    choices = verdicts.explored(differences).query("claim == 'new' and arm.str.contains(@claims.INSIDE)")
    if len(choices := choices.loc[choices["arm"] != NAMED["short.points"][2], "difference"]):
        made["new.chosen"] = f"{100 * choices.min():+.1f} to {100 * choices.max():+.1f} points"
    made |= {f"{name}.these": _these(lines[name]) for name in ("C5", "new") if name in lines}
    if "C5" in lines:
        made["C5.detectable"] = f"{100 * lines['C5']['detectable']:.0f} points"
    for name, line in lines.items():
        made |= {name: evaluation.points(line), f"{name.removesuffix('.points')}.word": evaluation.word(line)}
    others = verdicts.explored(differences).groupby("claim")
    return made | {f"{claim}.others": evaluation.counts(own) for claim, own in others}


def _stay(lines):
    """Whether differences over splits are clear under Nadeau and Bengio's interval, too, which is as wide as that of
    independent splits in halves, low_these to high_these, times sqrt(1 + n).
    """
    half = (lines["high_these"] - lines["low_these"]) / 2 * (1 + lines["pairs"]) ** 0.5
    return abs(lines["difference"]) > half


def _these(line):
    """A difference's interval for these series alone, in points."""
    return f"{100 * line['low_these']:+.1f} to {100 * line['high_these']:+.1f} points"


def _hours(folder):
    """minutes.short: what the short run takes; minutes.post: until notebooks 01 to 05 are done;
    hours.long: what all notebooks take in the run that folder is of, runs that they share counted in each.
    """
    short, minutes = _times(folder.with_name("cpu")), {}
    for name, part in (("short", short), ("post", {stem: short[stem] for stem in short if stem < "06"})):
        # in one go, or, where nobody ran them so, one by one
        took = part[max(part)].get("elapsed") or _seconds(part)
        minutes[f"minutes.{name}"] = f"{took / 60:.0f}"
    return minutes | {"hours.long": f"{_seconds(_times(folder)) / 3600:.0f}"}


def _times(folder):
    return json.loads((folder / results.TIMES).read_bytes())


def _seconds(times):
    return sum(time["seconds"] for time in times.values())


def _methods(rows):
    """Means on the splits that all have: axes, plot, plain (the reference without pictures), never (untrained
    networks), best (of all pictures).

    splits: how many, pictures: of how many the best, size: the side of the fine-tuned ones in pixels.
    """
    tuned, controls, pictures = _drawn(rows), _of(rows, "baselines_and_controls"), _of(rows, "encodings")
    parts = {name: tuned[tuned["view"] == view] for name, view in TUNED.items()}
    parts["plain"] = _plain(rows)
    parts["never"] = evaluation.untrained(controls)
    parts["best"] = pictures[(pictures["layer"] != "") & ~pictures["encoding"].str.contains("|", regex=False)]
    common = set.intersection(*(set(part["split"]) for part in parts.values()))
    if not common:
        raise evaluation.Missing(f"nothing has run on a split that all of {', '.join(parts)} have")
    parts = {name: part[part["split"].isin(common)] for name, part in parts.items()}
    best = evaluation.summary(parts.pop("best"), ["backbone", "encoding", "size", "view"])
    made = {name: _percent(part["accuracy"].mean()) for name, part in parts.items()}
    made |= {"best": _percent(best["mean"].max()), "pictures": str(len(best))}
    return made | {"splits": str(len(common)), "size": f"{tuned['size'].iloc[0]:g}"}


def _chosen(rows):
    """C8.chosen: what C8 compares GADF with, on how many splits."""
    rows = _of(rows, "encodings")
    menus = rows.query("layer != '' and encoding.str.contains('|', regex=False)")
    chosen = claims.rival(rows.query("method == 'fine-tune'"), menus)["chosen"].value_counts().sort_index()
    return {"C8.chosen": ", ".join(f"{evaluation.plain(name)} in {count}" for name, count in chosen.items())}


def _before(folder, rows, before, differences):
    """NAME.before of EARLIER: that difference with before, the fine-tunings of an earlier processor, in place of all
    rows of the same arms; moved.words: how many words that changes, of how many differences that it moves, or whose
    uncorrected intervals.
    """
    earlier = evaluation.instead(rows, before, ["notebook", *_settings(before)])
    ran = {*before["notebook"].str[3:]}
    judged = claims.CLAIMS | questions.QUESTIONS
    touched = {claim: rule for claim, rule in judged.items() if ran & {*rule[1]}}
    _, there = verdicts.judge(touched, folder, earlier)
    both = differences.merge(there, on=["claim", "what", "arm", "reference"], suffixes=(None, "_before"))
    names = ("low", "high", "equal", *MOVED)
    lines = [(line, {name: line[f"{name}_before"] for name in names}) for line in both.to_dict("records")]
    moved = [(now, then) for now, then in lines if any(abs(now[name] - then[name]) > 1e-9 for name in MOVED)]
    changed = sum(evaluation.word(now) != evaluation.word(then) for now, then in moved)
    made = {f"{name}.before": text for name, text in _verdicts(there).items() if name in EARLIER}
    return made | {"moved.words": f"{changed} of {len(moved)}"}


def _moved(rows, before):
    """moved: what the later processor does to means of the runs of before over splits, and over seeds of the default
    split, at least and at most, moved.means: of how many; moved.runs: in how many of the runs another number is right.
    """
    settings = _settings(before)
    both = rows.merge(before, on=["notebook", "split", "seed", *settings], suffixes=("", "_before"))
    both = both.query("device != device_before").drop_duplicates(["split", "seed", *settings])
    both = both.assign(by=100 * (both["accuracy"] - both["accuracy_before"]))
    parts = [both[both["seed"] == both["split"]], both[both["split"] == 0]]
    means = pd.concat([own.groupby(settings, dropna=False)["by"].agg(["mean", "size"]) for own in parts])
    means = means.loc[means["size"] > 1, "mean"]
    made = {"moved": f"{means.min():+.1f} to {means.max():+.1f} points", "moved.means": str(len(means))}
    return made | {"moved.runs": f"{(both['by'] != 0).sum()} of {len(both)}"}


def _settings(rows):
    """Which of tables.SETTINGS rows have."""
    return [name for name in tables.SETTINGS if name in rows.dropna(axis=1, how="all")]


def _hits(rows):
    """hits.axes, hits.plot: how many runs on the default split reach 28 of 30, of how many."""
    own = {name: _seeds(rows, view) for name, view in TUNED.items()}
    return {f"hits.{name}": f"{evaluation.reaching(runs)} of {len(runs)}" for name, runs in own.items()}


def _controls(rows):
    """hits.plain: how many the reference without pictures gets right on the default split, of how many; hits.never: how
    many untrained networks reach 28 of 30 there, of how many.
    """
    plain, never = _plain(rows), evaluation.untrained(_of(rows, "baselines_and_controls"))
    plain, never = (own[own["split"] == 0] for own in (plain, never))
    made = {"hits.plain": f"{plain['correct'].iloc[0]:g} of {plain['n_test'].iloc[0]:g}"}
    return made | {"hits.never": f"{evaluation.reaching(never['accuracy'])} of {len(never)}"}


def _seeds(rows, view):
    """The accuracies of seeds_and_epochs after as many epochs as usual."""
    own = _of(rows, "seeds_and_epochs")
    return own.loc[(own["view"] == view) & (own["epochs"] == _usual(rows)), "accuracy"]


def _oils(folder):
    """easy: how many series nine of ten answers get right; hard: the hardest, hard.away: those nearer to another
    class's mean.

    plain.all, plain.easy: accuracy with and without the hardest, oils.splits: on how many splits; worst: the class that
    methods get right least; worst.plain, worst.least, worst.most: its recall; guess: the largest class's share of the
    test series.
    """
    names = ("items", "classes", "near")
    items, classes, near = (pd.read_csv(folder / f"06_baselines_and_controls.{name}.csv") for name in names)
    near, plain = near.query("at == 'whole'"), classes.set_index("arm").loc[claims.PLAIN]
    recalls = classes.filter(regex="^class ")
    worst = recalls.mean().idxmin()
    shares = {"plain.all": plain["accuracy"], "plain.easy": plain["without_hard"], "worst.plain": plain[worst]}
    shares |= {"worst.least": recalls[worst].min(), "worst.most": recalls[worst].max()}
    tested = pd.read_csv(folder / "06_baselines_and_controls.predictions.csv", usecols=["label"])["label"]
    shares["guess"] = tested.value_counts(normalize=True).max()
    made = {"easy": f"{(items['right'] >= 0.9).sum()} of {len(items)}", "hard": _and(evaluation.hardest(items))}
    made |= {"hard.away": _and(near.loc[near["to_other"] < near["to_own"], "series"]), "worst": worst}
    return made | {"oils.splits": f"{plain['splits']:g}"} | {name: _percent(share) for name, share in shares.items()}


def _foods(folder):
    """foods: how many data sets; foods.better, foods.worse (foods.where, foods.lost: by how much): of foods.count
    comparisons of recipes with pictures with the first recipe, which is right in more than 99.5 % in foods.full of
    them; foods.default: how many are better on a default split alone, foods.wide: how many that are worse _stay so,
    uncorrected.
    """
    rows = verdicts.some(evaluation.rows_of(folder, "several sets"), "in food_spectra")
    rows = rows.assign(recipe=evaluation.recipes(rows))
    reference = rows["recipe"].iloc[0]
    table, means = evaluation.against(rows, reference), rows.groupby(["recipe", "dataset"])["accuracy"].mean()
    pictured = evaluation.pictured(rows)
    own = table[table["arm"].isin(pictured)]
    lost, full = own[own["high"] < 0], own["what"].map(means[reference]) > 0.995
    alone = evaluation.on_default(rows[rows["recipe"].isin([reference, *pictured])], reference)
    counts = {"foods": rows["dataset"].nunique(), "foods.count": len(own), "foods.better": (own["low"] > 0).sum()}
    counts |= {"foods.worse": len(lost), "foods.full": full.sum(), "foods.wide": _stay(lost).sum()}
    counts["foods.default"] = ((alone["p"] < 0.05) & (alone["only_arm"] > alone["only_reference"])).sum()
    return (
        {name: str(count) for name, count in counts.items()}
        | {"foods.where": _and(lost["what"].unique())}
        | {"foods.lost": f"{-100 * lost['difference'].max():.0f} to {-100 * lost['difference'].min():.0f} points"}
    )


def _covered(folder):
    """covered, covered.wide: the least and the most that our intervals of differences, and Nadeau and Bengio's, cover
    in made-up studies, covered.real, covered.real.wide: in studies of real series; covered.corrected.N: the least that
    ours cover there and there at the level that Holm leaves to the first of N; see _tuned.
    """
    made, least = {}, {name: [] for name in evaluation.CORRECTED}
    for name, stem in (("covered", "17_coverage"), ("covered.real", "17_coverage.real")):
        table = pd.read_csv(folder / f"{stem}.csv").query("quantity == 'difference'")
        own = table.groupby("estimator")["coverage"].agg(["min", "max"])
        for what, estimator in ((name, "crossed"), (f"{name}.wide", "Nadeau-Bengio")):
            made[what] = " to ".join(map(_percent, own.loc[estimator]))
        for estimator, shares in least.items():
            shares.append(own.loc[estimator, "min"])
    made |= {f"covered.corrected.{evaluation.CORRECTED[name]}": _percent(min(own)) for name, own in least.items()}
    return made | _tuned(folder)


def _tuned(folder):
    """Of the studies with a fine-tuned CNN, tuned.studies, on most splits: covered.tuned: how many our intervals of
    differences cover, from the least to the most, covered.tuned.least: Wilson's interval of the least;
    covered.tuned.width: how many times as wide they are as 3.92 standard deviations over studies; tuned.plain,
    tuned.axes, tuned.plot: accuracies. Of with axes minus plot only: made.axes: the mean over studies, with Student's t
    interval; covered.tuned.clear, .wrong: how many of ours leave zero out on its side, and on the wrong one, .theirs:
    how many of Nadeau and Bengio's do.
    """
    table = pd.read_csv(folder / "17_coverage.tuned.csv")
    table = table[table["splits"] == table["splits"].max()]
    means = table[table["quantity"] == "accuracy"].groupby("study")["truth"].first()
    table = table[table["quantity"] == "difference"].set_index("study")
    ours, theirs = (table[table["estimator"] == name] for name in ("crossed", "Nadeau-Bengio"))
    pair = f"fine-tune, {claims.AXES} minus fine-tune, {claims.VIEW}"
    one, n = ours.loc[pair], int(ours["repeats"].iloc[0])
    half = stats.t.ppf(0.975, n - 1) * one["sd"] / math.sqrt(n)
    mean, low, high = (f"{100 * end:+.1f}" for end in (one["truth"], one["truth"] - half, one["truth"] + half))
    least, times = ours.loc[ours["coverage"].idxmin()], ours["width"] / (2 * 1.96 * ours["sd"])
    shares = (one["clear"] - one["wrong"], one["wrong"], theirs.loc[pair, "clear"])
    clear, wrong, by_theirs = (f"{round(n * share)} of {n}" for share in shares)
    return {
        "tuned.studies": str(n),
        "tuned.plain": _percent(means["shrinkage LDA"]),
        "tuned.axes": _percent(means[f"fine-tune, {claims.AXES}"]),
        "tuned.plot": _percent(means[f"fine-tune, {claims.VIEW}"]),
        "covered.tuned": f"{round(n * least['coverage'])} to {round(n * ours['coverage'].max())} of {n}",
        "covered.tuned.least": f"{_percent(least['low'])} to {_percent(least['high'])}",
        "covered.tuned.width": f"{times.min():.2f} to {times.max():.2f} times",
        "covered.tuned.clear": clear,
        "covered.tuned.wrong": wrong,
        "covered.tuned.theirs": by_theirs,
        "made.axes": f"{mean} points [{low}, {high}], {n} studies",
    }


def _precision(folder, rows):
    """bf16, bf16.word: what bfloat16 costs the fine-tuned CNN, bf16.wide: whether that would _stay; tf32.again: what
    TensorFloat-32 does to the fine-tuned transformer once batch norm is recalibrated.
    """
    first = verdicts.primary(pd.read_csv(folder / "08_precision_and_size.lost.csv"))
    rows = _of(rows, "precision_and_size").query("method == 'fine-tune' and view == 'resize'")
    own = rows[rows["backbone"].isin(rows.loc[rows["precision"] == "tf32", "backbone"])]
    again = _minus(evaluation.recalibrated(own[own["precision"].isin(("fp32", "tf32"))]), "precision", "fp32")
    made = {"bf16": evaluation.points(first), "bf16.word": evaluation.word(first), "tf32.again": again}
    return made | {"bf16.wide": "stays" if _stay(first) else "falls"}


def _gpu(folder, cpu):
    """gpu: whose rows lie in folder; gpu.NAME: NAME of _precision and _hits there; gpu.largest: the largest side of
    pictures fine-tuned on in float32, with axes, gpu.largest.mean: their mean over splits;
    gpu.size: what that side does with axes against the one on most splits, gpu.size.these on these series; gpu.plain:
    it minus the reference without pictures, on a CPU, gpu.plain.wide: whether that would _stay; gpu.better: sizes that
    gain; gpu.cpu: float32 there minus the
    same on a CPU, whose rows lie in cpu; gpu.later: minus axes_and_noise's, of a later CPU, fp32.later: that CPU minus
    the first; gpu.minutes: of the profile gpu, predicted.
    """
    rows = evaluation.rows_of(folder)
    made = {"gpu": _of(rows, "precision_and_size")["device"].iloc[0]}
    made |= {f"gpu.{name}": text for name, text in (_precision(folder, rows) | _hits(rows)).items()}
    here, there = _in_float32(rows), _in_float32(cpu)
    largest = here[here["size"] == here["size"].max()]
    made["gpu.largest"] = f"{largest['size'].iloc[0]:g}"
    made["gpu.largest.mean"] = _percent(largest["accuracy"].mean())
    sizes = pd.read_csv(folder / "08_precision_and_size.sizes.csv")
    size = sizes[(sizes["arm"] == f"size {made['gpu.largest']}") & (sizes["what"] == claims.AXES)].iloc[0]
    made |= {"gpu.size": evaluation.points(size), "gpu.size.word": evaluation.word(size)}
    made["gpu.size.these"] = _these(size)
    made["gpu.better"] = str((sizes.loc[sizes["arm"].str.startswith("size "), "low"] > 0).sum())
    both = pd.concat([_plain(cpu).assign(where="cpu"), largest.assign(where="gpu")])
    plain = evaluation.compared(both, ["where"], "cpu").iloc[0]
    made |= {"gpu.plain": evaluation.points(plain), "gpu.plain.wide": "stays" if _stay(plain) else "falls"}
    both = pd.concat([there.assign(where="cpu"), here.assign(where="gpu")])
    both = both[both["size"] == float(size["reference"].removeprefix("size "))]
    later = _drawn(cpu).query("view == @claims.AXES").assign(where="later")
    made["gpu.cpu"], here = _minus(both, "where", "cpu"), both["where"] == "gpu"
    made["gpu.later"] = _minus(pd.concat([later, both[here]]), "where", "later")
    made["fp32.later"] = _minus(pd.concat([both[~here], later]), "where", "cpu")
    return made | {"gpu.minutes": f"{_seconds(_times(folder.with_name('gpu'))) / 60:.0f}"}


def _minus(rows, by, reference):
    """A difference over splits, in points: what is not the reference minus it."""
    return evaluation.points(evaluation.compared(rows, [by], reference).iloc[0])


def _in_float32(rows):
    """The fine-tunings with axes of precision_and_size, each split once."""
    rows = _of(rows, "precision_and_size").query("method == 'fine-tune' and precision == 'fp32' and view == 'axes'")
    return verdicts.some(rows, "in precision_and_size in float32, with axes").drop_duplicates(["size", "split"])


def _drawn(rows):
    """Those of axes_and_noise fine-tuned on the originals alone for as long as usual, without the smaller pictures."""
    return evaluation.largest(_of(rows, "axes_and_noise").query(f"epochs == {_usual(rows)} and noise == 0"))


def _plain(rows):
    """The reference without pictures."""
    return _of(rows, "baselines_and_controls").query("method == @claims.PLAIN and not shuffled")


def _usual(rows):
    """For how many epochs training usually is: those of seeds_and_epochs' first run with axes."""
    rows = _of(rows, "seeds_and_epochs")
    return verdicts.some(rows[rows["view"] == claims.AXES], "in seeds_and_epochs with axes")["epochs"].iloc[0]


def _of(rows, name):
    return verdicts.some(evaluation.of_notebook(rows, name), f"in {name}")


def _and(names):
    """Names as a sentence lists them: 17, 29 and 59."""
    *most, last = map(str, names) if len(names) else ["none"]
    return f"{', '.join(most)} and {last}" if most else last


def _percent(share):
    return f"{100 * share:.1f} %"
