"""The post's claims, and the rule by which each is judged; runs are found by what they were told to do, never by their
place.

A rule takes its notebooks' rows and the folder of all tables, and returns a verdicts.Verdict. All are built alike: they
select rows, compare one pair of arms, named before the rows computed anew for it, though after a look at earlier ones,
and explore others; then they say what follows. A new claim is one such function, and its line in CLAIMS.
"""

from itertools import pairwise

import pandas as pd

from tsvision import evaluation
from tsvision.evaluation import plain, told
from tsvision.study import verdicts
from tsvision.study.verdicts import FAILS, HOLDS, MIXED, OPEN, Verdict, compare, each, family, means, some

# what the post and the study take for given: every comparison is with these
ENCODING, COLORMAP, VIEW, PLAIN, UNCHANGED = "gadf", "viridis", "resize", "shrinkage LDA", "as downloaded"
AXES, AGAIN = "axes", "batch norm recalibrated"  # the pictures of 2018; and see methods.training.recalibrate
INSIDE, RIVAL = "chosen inside", "the best other, chosen inside"


def _data(rows, folder):
    """C1: what the files are like, and what each candidate cause would do; nothing was named beforehand."""
    condition = pd.read_csv(folder / "12_data_forensics.condition.csv", keep_default_na=False)
    twins = pd.read_csv(folder / "12_data_forensics.twins.csv")
    first = condition[~condition["dataset"].str.contains(", ")].iloc[0]
    mean, sd = max(first["largest_mean"], 0.001), max(first["sd_off"], 0.001)  # within a thousandth says enough
    causes = condition["dataset"].str.split(", ", n=1).str[-1]
    wide = ", ".join(causes[condition["wide"]]) or "none of those simulated"
    far = ", ".join(f"{cause} {count}" for cause, count in zip(causes, condition["outliers"]))
    rows = rows.assign(cause=rows["dataset"].str.partition(", ")[2].replace("", UNCHANGED))
    by_seed = rows["method"] == "fine-tune"
    parts = each("{}", rows[~by_seed], ["method"], ["cause"], UNCHANGED, sort=False)
    parts += each("{}", rows[by_seed], ["method"], ["cause"], UNCHANGED, "seed")
    return Verdict(
        HOLDS if mean < 0.01 and sd < 0.01 else FAILS,
        f"series have means within {mean:.3f} of zero and standard deviations within {sd:.3f} of one; what drew"
        " the original's plot cannot be told: more than ten times as wide as downloaded would be drawn"
        f" {wide}; series far out: {far}",
        family(None, parts),
        (
            "a series is far out if it stands five times farther from the middle than half of them do",
            f"{len(twins)} pairs of series are each other's nearest neighbour, {twins['across'].sum()} of them across"
            f" the default split, {twins['same_class'].sum()} of one class; the closest is {twins['ratio'].min():.2f}"
            " as far apart as from any third series (a copy: 0)",
        ),
        f"means within {mean:.3f} of 0, sd within {sd:.3f} of 1",
    )


def _axes(rows, folder):
    """C2: whole figures with axes against the plot alone."""
    box = pd.read_csv(folder / "02_gadf_render.pixels.csv").iloc[0]
    tuned, heads = rows.query("method == 'fine-tune' and noise == 0"), rows.query("layer != ''")
    tuned, heads = tuned.query("epochs == epochs.min()"), ("frozen", heads, ["view"], VIEW, "split")
    usual = ("fine-tuned", evaluation.largest(tuned), ["view"], VIEW, "split")
    table, first, _ = compare(usual, AXES, [heads, *apart(tuned)])
    return Verdict(
        HOLDS if box["plot"] < box["steps"] else FAILS,
        f"in a figure of {box['figure']} pixels axes leave {box['plot']} for {box['steps']} time steps; {told(first)}",
        table,
        number=f"{box['plot']} of {box['figure']} pixels left for {box['steps']} steps",
    )


def apart(rows):
    """Parts for evaluation.family of rows alike but in view and size, on what of a whole figure does what: the plot as
    small as in it, and that in margins, beside the plot alone; in margins beside as small; ticks beside none.
    """
    small, plot, margins = rows["size"] < rows["size"].max(), rows["view"] == VIEW, rows["view"] == "margins"
    padded, by, sides = rows["view"] == "padded", ["view", "size"], (rows["size"].min(), rows["size"].max())
    low, high = (f"size {side:g}" for side in sides)
    return [
        ("fine-tuned, in parts", rows[plot | padded | margins], by, f"{VIEW}, {high}", "split"),
        ("fine-tuned, as small", rows[small | padded], by, f"{VIEW}, {low}", "split"),
        ("fine-tuned, in parts", rows[margins | (rows["view"] == AXES)], by, f"margins, {high}", "split"),
    ]


def _noise(rows, folder):
    """C3: noisy copies against the originals alone for as many steps, on whole figures with axes as in 2018."""
    tuned = evaluation.largest(rows.query("method == 'fine-tune'"))
    noisy = some(tuned.query("view == @AXES and noise > 0"), "with noisy copies of whole figures")
    most, longest = f"noise {noisy['noise'].max():g}, epochs {noisy['epochs'].max():g}", tuned["epochs"].max()
    tried = tuned.query("view in view[noise > 0]")
    parts, steps = [], tried[(tried["noise"] > 0) | (tried["epochs"] == longest)]  # as many as each other
    for what, own in (("", tried), (f", {AGAIN}", evaluation.recalibrated(steps))):
        parts += each(f"fine-tuned, {{}}{what}", own, ["view"], ["noise", "epochs"], f"noise 0, epochs {longest:g}")
    table, first, _ = compare(next(part for part in parts if part[0].endswith(AXES)), most, parts)
    return Verdict(
        verdicts.UNKNOWN,
        "what was trained on in 2018 is not in the data; such copies, for about as many steps as the originals alone:"
        f" {told(first)}",
        table,
        number=f"no source says so; such copies minus none, for as many steps: {evaluation.points(first)}",
    )


def _luck(rows, folder):
    """C4: several runs and longer training; of runs that kept no recalibrated answers nothing was named beforehand."""
    parts, notes, reached = [], [], {}
    for what, own in (("as trained", rows), (AGAIN, evaluation.recalibrated(rows))):
        for view, group in own.groupby("view"):
            for pair in pairwise(sorted(group["epochs"].unique())):
                both = group[group["epochs"].isin(pair)]
                parts.append((f"{view}, {what}", both, ["epochs"], f"epochs {pair[0]:g}", "seed"))
        parts += each(f"{{:g}} epochs, {what}", own, ["epochs"], ["view"], VIEW, "seed")
    named = next((part for part in parts if part[0] == f"{VIEW}, {AGAIN}"), None)
    table = family(named, parts)
    for (view, epochs), own in rows.groupby(["view", "epochs"]):
        mean, (hits, count, low, high) = own.mean(numeric_only=True), _hits(own)
        reached.setdefault(plain(view), []).append(f"{hits} of {count} after {epochs:g} epochs")
        notes.append(
            f"{plain(view)}, {epochs:g} epochs: mean {mean['accuracy']:.3f}, {hits} of {count} runs reach 28 of 30"
            f" [{low:.2f}, {high:.2f}], best of {count} {evaluation.best_of(own['accuracy'], count):.3f}, recalibrated"
            f" mean {mean['recalibrated']:.3f}, accuracy on their own training series {mean['train_accuracy']:.3f}"
        )
    axes = some(rows.query("view == @AXES"), "on whole figures with axes")
    alone = rows[(rows["view"] == VIEW) & rows["epochs"].isin(axes["epochs"])]  # the pictures of the post
    (hits, count, low, high), (few, others, _, most) = _hits(axes), _hits(alone)
    if_often = MIXED if most < 0.5 else FAILS
    return Verdict(
        if_often if low > 0.5 else HOLDS if high < 0.5 else OPEN,
        f"{hits} of {count} runs on whole figures with axes reach 28 of 30, a share of {hits / count:.2f} [{low:.2f},"
        f" {high:.2f}], against one half; all runs: "
        + "; ".join(f"{view} {', '.join(lengths)}" for view, lengths in reached.items())
        + (f"; {told(verdicts.primary(table))}" if named else ""),
        table,
        tuple(notes),
        f"at {axes['size'].iloc[0]:g} px {hits} of {count} runs reach 28 of 30 with axes, {few} of {others} without",
    )


def _hits(rows):
    """How many runs reach 28 of 30, of how many, and the interval of their share; of none it says nothing."""
    hits = evaluation.reaching(rows["accuracy"])
    return hits, len(rows), *(evaluation.wilson(hits, len(rows)) if len(rows) else (0, 1))


def _good(rows, folder):
    """C5: against methods without pictures, networks without training, labels without meaning."""
    rows = evaluation.plain_weights(rows)
    real, control = rows.query("not shuffled"), rows.query("shuffled")
    raw, tuned = real.query("method == @PLAIN"), some(real.query("method == 'fine-tune'"), "fine-tuned")
    same = real[real["backbone"].isin(tuned["backbone"]) & real["size"].isin(tuned["size"])].query("layer != ''")
    alone, axes = tuned.query("view == @VIEW"), tuned.query("view == @AXES")
    slow = tuned.query("lr_mult == 100 and weights == weights.min()")  # pretrained comes before random
    slow = some(slow.query("view == @AXES"), "fine-tuned on whole figures with axes")
    by, what = ["method", "weights", "lr_mult"], "against the raw series"
    table, first, rest = compare(
        (f"{AXES}, {what}", pd.concat([raw, axes]), by, PLAIN, "split"),
        evaluation.arm(slow, by).iloc[0],
        [
            (f"plot only, {what}", pd.concat([raw, alone, same]), by, PLAIN, "split"),
            *each("transfer, lr_mult {:g}", alone, ["lr_mult"], ["weights"], "pretrained"),
            ("transfer, frozen", same, ["weights"], "pretrained", "split"),
        ],
    )
    beside = rest[(rest["what"] == f"plot only, {what}") & (rest["arm"] == first["arm"])]
    common = [own[own["split"].isin(other["split"])]["accuracy"].mean() for own, other in ((slow, raw), (raw, slow))]
    tests = evaluation.discordant(pd.concat([raw, tuned]), [*by, "view"], PLAIN)
    apart = [
        f"{plain(one.arm)} {one.only_arm}, {one.only_reference} (McNemar p = {one.p:.3f} after Holm)"
        for one in tests.itertuples()
    ]
    never = some(evaluation.untrained(real), "untrained under a linear probe")
    default, several = never.query("split == 0"), evaluation.summary(never, ["backbone"]).iloc[0]
    return Verdict(
        verdicts.good(first),
        f"on whole figures with axes fastai's recipe scores {common[0]:.3f}, {PLAIN} on the raw series of the same"
        f" splits {common[1]:.3f}: {told(first)}",
        table,
        (
            f"without pictures: {means(real[real['backbone'] == ''], 'method')}",
            f"series of the default split that only the picture, only the raw series got right: {', '.join(apart)}",
            f"{len(default)} untrained {plain(several['backbone'])}, linear probe: {default['accuracy'].mean():.3f} on"
            f" the default split, {evaluation.reaching(default['accuracy'])} of {len(default)} reach 28 of 30,"
            f" and {several['mean']:.3f} over {several['splits']} splits",
            f"shuffled labels: {means(control, 'method')}",
        ),
        f"fine-tuned with axes at {slow['size'].iloc[0]:g} px minus {PLAIN}: {evaluation.points(first)}"
        + "".join(f"; on the plot alone {evaluation.word(line)}" for _, line in beside.iterrows()),
    )


def _crop(rows, folder):
    """C6: random crops against plain shrinking, and the transformer against the CNN."""
    tuned = rows[rows["backbone"].isin(some(rows.query("view == 'crop'"), "with crops")["backbone"])]
    default, several = tuned.query("split == 0"), evaluation.across(tuned)
    again = some(evaluation.recalibrated(several), "that kept what it predicts recalibrated")
    whole = evaluation.across(rows.query("view == @VIEW"))
    cnn = some(whole[~whole["backbone"].isin(tuned["backbone"])], "as a CNN")["backbone"].iloc[0]
    parts = [
        ("as trained", several, ["view"], VIEW, "split"),
        ("as trained, default split", default, ["view"], VIEW, "seed"),
        (f"{AGAIN}, default split", evaluation.recalibrated(default), ["view"], VIEW, "seed"),
        ("whole pictures", whole, ["backbone"], cnn, "split"),
    ]
    table, first, rest = compare((AGAIN, again, ["view"], VIEW, "split"), "crop", parts)
    others = [told(line) for _, line in rest.iterrows() if line["what"] in ("as trained", "whole pictures")]
    crops = several.query("view == 'crop'").mean(numeric_only=True)
    return Verdict(
        verdicts.good(first),
        "; ".join([told(first), *others]),
        table,
        (
            f"a network trained on crops knows {crops['train_accuracy']:.0%} of its own training series when they are"
            f" whole; on the test series it scores {crops['accuracy']:.3f}, and {crops['recalibrated']:.3f} when the"
            " running statistics of its batch norms are taken anew from whole training pictures",
        ),
        f"{evaluation.minus(first)}, {AGAIN}",
    )


def _colormap(rows, folder):
    """C7: channels that a colormap uses, and accuracy by colormap."""
    channels = pd.read_csv(folder / "05_colormap_comparison.channels.csv").query("colormap != 'field'")
    own = some(channels.query("colormap == @COLORMAP"), f"with {COLORMAP}").iloc[0]
    used = [name for name in ("red", "green", "blue") if own[f"{name}_sd"] > 0.05]
    tuned, heads = rows.query("method == 'fine-tune'"), rows.query("layer != ''")
    axes, alone, by = evaluation.across(tuned).query("view == @AXES"), tuned.query("view == @VIEW"), ["colormap"]
    parts = [("frozen", heads, by, COLORMAP, "split")]
    for what, own in (("fine-tuned", alone), (f"fine-tuned, {AGAIN}", evaluation.recalibrated(alone))):
        parts.append((what, evaluation.across(own), by, COLORMAP, "split"))
        parts.append((f"{what}, default split", own.query("split == 0"), by, COLORMAP, "seed"))
    table, first, rest = compare((f"fine-tuned, {AXES}", axes, by, COLORMAP, "split"), "rainbow", parts)
    found = "; ".join(told(line) for _, line in rest.query("low > 0 or high < 0").iterrows())
    notes = tuple(
        f"{one.colormap}: standard deviations red {one.red_sd:.3f}, green {one.green_sd:.3f}, blue {one.blue_sd:.3f}"
        for one in channels.itertuples()
    )
    return Verdict(
        HOLDS if len(used) < 3 else FAILS,
        f"{COLORMAP} varies in {', '.join(used)}, and no map has more than {channels['colours'].max()} colours;"
        f" {told(first)}; {found or f'none of {len(rest)} others is clear'}",
        table,
        notes,
        f"{COLORMAP} varies in {', '.join(used)}",
    )


def _encoding(rows, folder):
    """C8: the other encodings against GADF."""
    is_menu, by = rows["encoding"].str.contains("|", regex=False), ["encoding"]
    rows = rows.assign(network=rows.apply(_network, axis=1))
    menus, rows = rows[is_menu], rows[~is_menu]
    tuned = some(rows.query("method == 'fine-tune'"), "fine-tuned")
    own = pd.concat([rival(tuned, menus), tuned.query("encoding == @ENCODING")])
    parts = each("{}", rows, ["network"], by, ENCODING, sort=False)
    table, first, rest = compare((tuned["network"].iloc[0], own, by, RIVAL, "split"), ENCODING, parts)
    single = rest[~rest["arm"].str.contains("+", regex=False)]  # three in one hold GADF, too
    ahead, behind = map(evaluation.named, evaluation.clear(single))
    return Verdict(
        verdicts.better(first),
        f"{told(first)}; of {len(single)} other comparisons of single encodings, better than {plain(ENCODING)}:"
        f" {ahead}; worse: {behind}",
        table,
        number=f"fine-tuned, {evaluation.minus(first)}",
    )


def rival(tuned, menus):
    """Of fine-tuned rows, one an encoding and split, those of the best other single encoding than GADF, which each
    split chooses inside its training series, and which that is in the column chosen.

    menus: frozen rows that chose among all encodings but GADF, by leave-one-out.
    """
    others = sorted(name for name in set(tuned["encoding"]) if name != ENCODING and "+" not in name)
    if len(others) != 1:
        fits = [sorted(menu.split("|")) == others for menu in menus["encoding"]]
        choices = some(menus[fits], f"that chooses among {', '.join(others) or 'others'}")
        choices = choices.drop_duplicates("split").set_index("split")["chosen"].str.split().str[0]
    else:  # a single other leaves nothing to choose
        choices = dict.fromkeys(tuned["split"], others[0])
    taken = tuned[tuned["encoding"] == tuned["split"].map(choices)]
    return taken.assign(chosen=taken["encoding"], encoding=RIVAL)


def _best(rows, baselines, folder):
    """Beyond the post: does a frozen network on the best picture beat the raw series?"""
    raw, heads = baselines.query("method == @PLAIN and not shuffled"), rows.query("layer != ''")
    heads = heads[heads["encoding"].str.match(rf"[^|]*$|{ENCODING}\|")]  # the menu without it is another claim's
    is_menu = heads["encoding"].str.contains("|", regex=False)
    heads = heads.assign(encoding=heads["encoding"].mask(is_menu, INSIDE))
    by = ["method", "backbone", "encoding", "size", "view"]
    tried = evaluation.summary(heads[~is_menu], by).sort_values("mean", ascending=False)
    most = tried.iloc[0]
    # of the networks that chose the CNN, r before v, at its largest size
    cnn = some(heads.query("encoding == @INSIDE and view == @VIEW"), "that chooses its encoding")
    cnn = evaluation.arm(cnn.sort_values(["backbone", "size"], ascending=[True, False]), by).iloc[0]
    pictures = ("pictures", pd.concat([raw, heads]), by, PLAIN, "split")
    table, first, _ = compare(pictures, cnn, [pictures])
    table = table.sort_values(["role", "difference"], ascending=False, ignore_index=True)
    rest = some(verdicts.explored(table).query("not arm.str.contains(@INSIDE)"), "but what chooses its encoding")
    return Verdict(
        verdicts.better(first),
        f"with the encoding chosen inside each training set: {told(first)}; the best of {len(tried)} pictures tried, so"
        f" chosen by its own test series: {told(rest.iloc[0])}",
        table,
        (f"{plain(_network(most) + ' on ' + most['encoding'])}: {most['mean']:.3f} (sd {most['sd']:.3f})",),
        f"picture chosen on training data minus {PLAIN}: {evaluation.points(first)}",
    )


def _network(row):
    """A network in words, of a row or a summary's line."""
    return f"{evaluation.short(row['backbone'])} {row['size']:g} px {row['view']}, {row['method'].split(',')[0]}"


def _of_2018(rule):
    """A rule for what was said of the olive oils of 2018: other series leave it open; their differences stand."""

    def judged(rows, folder):
        found, name = rule(rows, folder=folder), rows["dataset"].iloc[0].partition(", ")[0]
        elsewhere = Verdict(verdicts.ELSEWHERE, f"this speaks of olive oils, not of {name}", found.differences)
        return found if name == "OliveOil" else elsewhere

    return judged


# claim: what the post says, the notebooks whose rows its rule takes, the rule
CLAIMS = {
    "C1": ("the data comes normalised", ["data_forensics"], _data),
    "C2": ("with axes and ticks, 570 x 570 pixels are not one a time step", ["axes_and_noise"], _of_2018(_axes)),
    "C3": ("30 noisy copies were added to the 30 training series", ["axes_and_noise"], _of_2018(_noise)),
    "C4": ("28 of 30 takes several runs", ["seeds_and_epochs"], _of_2018(_luck)),
    "C5": (
        "fine-tuning an image classifier is still very good (against LDA)",
        ["baselines_and_controls"],
        _good,
    ),
    "C6": ("random crops did not cost the ViT its accuracy", ["vit_finetune"], _crop),
    "C7": ("viridis uses two channels, rainbow three", ["colormap_comparison"], _colormap),
    "C8": ("GADF is the best encoding", ["encodings"], _encoding),
    "new": (
        "a frozen network on the right picture beats the raw series",
        ["encodings", "baselines_and_controls"],
        _best,
    ),
}
