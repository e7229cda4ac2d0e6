"""The post's claims, and the rule by which each is judged; runs are found by what they were told to do, never by their
place.

A rule takes its notebooks' rows and the folder of all tables, and returns a verdicts.Verdict. Each has one primary
comparison, named before the rows computed anew for it, though after a look at earlier ones; the others are exploration.
"""

import pandas as pd

from tsvision import evaluation
from tsvision.study import verdicts

# what the post and the study take for given: every comparison is with these
ENCODING, COLORMAP, VIEW, PLAIN, UNCHANGED = "gadf", "viridis", "resize", "shrinkage LDA", "as downloaded"
AXES, AGAIN = "axes", "batch norm recalibrated"  # the pictures of 2018; and see training.recalibrate
INSIDE, RIVAL = "chosen inside", "the best other, chosen inside"


def _data(rows, folder):
    """C1: what the files are like, and what each candidate cause would do."""
    condition = pd.read_csv(folder / "12_data_forensics.condition.csv", keep_default_na=False)
    twins = pd.read_csv(folder / "12_data_forensics.twins.csv")
    rows = rows.assign(cause=rows["dataset"].str.partition(", ")[2].replace("", UNCHANGED))
    first = condition[~condition["dataset"].str.contains(", ")].iloc[0]
    is_normal = first["largest_mean"] < 0.01 and first["sd_range"] < 0.01
    wide = condition.loc[condition["spread"] > 10 * first["spread"], "dataset"].str.split(", ", n=1).str[-1]
    table = verdicts.family(
        None,
        [
            (method, group, ["cause"], UNCHANGED, "seed" if method == "fine-tune" else "split")
            for method, group in rows.groupby("method", sort=False)
        ],
    )
    return verdicts.Verdict(
        verdicts.HOLDS if is_normal else verdicts.FAILS,
        f"series have means within {first['largest_mean']:.3f} of zero and standard deviations within"
        f" {first['sd_range']:.3f} of each other; what drew the original's plot cannot be told: more than ten times as"
        f" wide as downloaded would be drawn {', '.join(wide) or 'none of those simulated'}; series far out: "
        + ", ".join(f"{each['dataset'].split(', ')[-1]} {each['outliers']}" for _, each in condition.iterrows()),
        table,
        (
            "a series is far out if it stands five times farther from the middle than half of them do",
            (
                f"{len(twins)} pairs of series are each other's nearest neighbour, {twins['across'].sum()} of them"
                f" across the default split, {twins['same_class'].sum()} of one class; the closest is"
                f" {twins['ratio'].min():.2f} as far apart as from any third series (a copy: 0)"
            ),
        ),
        f"means within {first['largest_mean']:.3f} of 0, sd within {first['sd_range']:.3f} of each other",
    )


def _axes(rows, folder):
    """C2: whole figures with axes against the plot alone."""
    box = pd.read_csv(folder / "02_gadf_render.pixels.csv").iloc[0]
    tuned, heads = rows[(rows["method"] == "fine-tune") & (rows["noise"] == 0)], rows[rows["layer"] != ""]
    usual = tuned[tuned["epochs"] == tuned["epochs"].min()]
    named = ("fine-tuned", usual, ["view"], VIEW, "split")
    table = verdicts.family(verdicts.only(named, "axes"), [("frozen", heads, ["view"], VIEW, "split")])
    verdict, told = (
        verdicts.HOLDS if box["plot"] < box["steps"] else verdicts.FAILS,
        evaluation.told(verdicts.primary(table)),
    )
    return verdicts.Verdict(
        verdict,
        f"in a figure of {box['figure']} pixels axes leave {box['plot']} for {box['steps']} time steps; {told}",
        table,
        number=f"{box['plot']} of {box['figure']} pixels left for {box['steps']} steps",
    )


def _noise(rows, folder):
    """C3: noisy copies against the originals alone for as many steps, on whole figures with axes as in 2018."""
    tuned = rows[(rows["method"] == "fine-tune")]
    reference, by = f"noise 0, epochs {tuned['epochs'].max():g}", ["noise", "epochs"]
    parts = [
        (f"fine-tuned, {view}", own, by, reference, "split")
        for view, own in tuned.groupby("view")
        if (own["noise"] > 0).any()
    ]
    axes = verdicts.some(tuned[(tuned["view"] == AXES) & (tuned["noise"] > 0)], "with noisy copies of whole figures")
    most = f"noise {axes['noise'].max():g}, epochs {axes['epochs'].max():g}"
    named = next(part for part in parts if part[0].endswith(AXES))
    table = verdicts.family(verdicts.only(named, most), parts)
    first, as_long = verdicts.primary(table), "such copies, for about as many steps as the originals alone"
    because = f"what was trained on in 2018 is not in the data; {as_long}: {evaluation.told(first)}"
    return verdicts.Verdict(
        verdicts.UNKNOWN,
        because,
        table,
        number=f"noisy copies minus none, for as many steps: {evaluation.points(first)}",
    )


def _luck(rows, folder):
    """C4: several runs and longer training."""
    notes, reached = [], {}
    for (view, epochs), group in rows.groupby(["view", "epochs"]):
        hits, runs = evaluation.reaching(group["accuracy"]), len(group)
        low, high = evaluation.wilson(hits, runs)
        reached.setdefault(view, []).append(f"{hits} of {runs} after {epochs:g} epochs")
        notes.append(
            f"{evaluation.plain(view)}, {epochs:g} epochs: mean {group['accuracy'].mean():.3f}, {hits} of {runs} runs"
            f" reach 28 of 30 [{low:.2f}, {high:.2f}], best of {runs}"
            f" {evaluation.best_of(group['accuracy'], runs):.3f}, recalibrated mean {group['recalibrated'].mean():.3f},"
            f" accuracy on their own training series {group['train_accuracy'].mean():.3f}"
        )
    parts = []
    for what, own in (("as trained", rows), (AGAIN, evaluation.recalibrated(rows))):
        for view, group in own.groupby("view"):
            lengths = sorted(group["epochs"].unique())
            for pair in zip(lengths, lengths[1:]):
                parts.append(
                    (f"{view}, {what}", group[group["epochs"].isin(pair)], ["epochs"], f"epochs {pair[0]:g}", "seed")
                )
        parts += [
            (f"{epochs:g} epochs, {what}", group, ["view"], VIEW, "seed")
            for epochs, group in own.groupby("epochs")
            if group["view"].nunique() > 1
        ]
    named = next((part for part in parts if part[0] == f"{VIEW}, {AGAIN}"), None)
    table = verdicts.family(named, parts)
    first = verdicts.some(rows[rows["view"] == AXES], "on whole figures with axes")
    alone = rows[(rows["view"] == VIEW) & rows["epochs"].isin(first["epochs"])]  # the pictures of the post
    (hits, runs), (few, others) = ((evaluation.reaching(own["accuracy"]), len(own)) for own in (first, alone))
    (low, high), is_few = evaluation.wilson(hits, runs), others > 0 and evaluation.wilson(few, others)[1] < 0.5
    return verdicts.Verdict(
        (
            (verdicts.MIXED if is_few else verdicts.FAILS)
            if low > 0.5
            else verdicts.HOLDS
            if high < 0.5
            else evaluation.OPEN
        ),
        f"{hits} of {runs} runs on the pictures of 2018 reach 28 of 30, {hits / runs:.2f} [{low:.2f}, {high:.2f}],"
        " against one half; all runs: "
        + "; ".join(f"{evaluation.plain(view)} {', '.join(each)}" for view, each in reached.items())
        + (f"; {evaluation.told(verdicts.primary(table))}" if named else ""),
        table,
        tuple(notes),
        f"{hits} of {runs} runs reach 28 of 30 with axes, {few} of {others} without",
    )


def _good(rows, folder):
    """C5: against methods without pictures, networks without training, labels without meaning."""
    rows = evaluation.plain_weights(rows)
    real, control = rows[~rows["shuffled"]], rows[rows["shuffled"]]
    tuned, plain = verdicts.some(real[real["method"] == "fine-tune"], "fine-tuned"), real[real["method"] == PLAIN]
    heads, blind = real[real["layer"] != ""], real[real["backbone"] == ""]
    by = ["method", "weights", "lr_mult"]
    same = heads[heads["backbone"].isin(tuned["backbone"]) & heads["size"].isin(tuned["size"])]
    alone = tuned[tuned["view"] == VIEW]
    pairs = [(f"lr_mult {rate:g}", group) for rate, group in alone.groupby("lr_mult")] + [("frozen", same)]
    # pretrained comes before random
    slow = tuned[(tuned["weights"] == min(tuned["weights"])) & (tuned["lr_mult"] == 100)]
    axes = pd.concat([plain, verdicts.some(slow[slow["view"] == AXES], "fine-tuned on whole figures with axes")])
    table = verdicts.family(
        (f"{AXES}, against the raw series", axes, by, PLAIN, "split"),
        [
            (
                "plot only, against the raw series",
                pd.concat([plain, tuned[tuned["view"] == VIEW], same]),
                by,
                PLAIN,
                "split",
            ),
            *(
                (f"transfer, {what}", group, ["weights"], "pretrained", "split")
                for what, group in pairs
                if {"random", "pretrained"} == set(group["weights"])
            ),
        ],
    )
    predictions = pd.read_csv(folder / "06_baselines_and_controls.predictions.csv")
    tests = evaluation.discordant(pd.concat([plain, tuned]), predictions, [*by, "view"], PLAIN)
    first, common = verdicts.primary(table), axes.groupby("split").filter(lambda each: each["method"].nunique() == 2)
    means = common.groupby(common["method"] == PLAIN)["accuracy"].mean()
    never = verdicts.some(evaluation.untrained(real), "untrained under a linear probe")
    own, default = evaluation.summary(never, ["backbone"]).iloc[0], never[never["split"] == 0]
    apart = [
        f"{evaluation.plain(one.arm)} {one.only_arm}, {one.only_reference} (McNemar p = {one.p:.3f} after Holm)"
        for one in tests.itertuples()
    ]
    return verdicts.Verdict(
        verdicts.good(first),
        f"on whole figures with axes fastai's recipe scores {means[False]:.3f}, {PLAIN} on the raw series of the same"
        f" splits {means[True]:.3f}: {evaluation.told(first)}",
        table,
        (
            f"without pictures: {_means(blind)}",
            f"series of the default split that only the picture, only the raw series got right: {', '.join(apart)}",
            (
                f"{len(default)} untrained {evaluation.plain(own['backbone'])}, linear probe:"
                f" {default['accuracy'].mean():.3f} on the default split, {evaluation.reaching(default['accuracy'])} of"
                f" {len(default)} reach 28 of 30; {own['mean']:.3f} over {own['splits']} splits"
            ),
            f"shuffled labels: {_means(control)}",
        ),
        f"the recipe of 2018 minus {PLAIN}: {evaluation.points(first)}",
    )


def _crop(rows, folder):
    """C6: random crops against plain shrinking, and the transformer against the CNN."""
    tuned = rows[rows["backbone"].isin(verdicts.some(rows[rows["view"] == "crop"], "with crops")["backbone"])]
    default, several = tuned[tuned["split"] == 0], evaluation.across(tuned)
    whole = evaluation.across(rows[rows["view"] == VIEW])
    others = verdicts.some(whole[~whole["backbone"].isin(tuned["backbone"])], "as a CNN")
    table = verdicts.family(
        (
            AGAIN,
            verdicts.some(evaluation.recalibrated(several), "that kept what it predicts recalibrated"),
            ["view"],
            VIEW,
            "split",
        ),
        [
            ("as trained", several, ["view"], VIEW, "split"),
            ("as trained, default split", default, ["view"], VIEW, "seed"),
            (f"{AGAIN}, default split", evaluation.recalibrated(default), ["view"], VIEW, "seed"),
            ("whole pictures", whole, ["backbone"], others["backbone"].iloc[0], "split"),
        ],
    )
    cropped = several[several["view"] == "crop"]
    return verdicts.Verdict(
        verdicts.good(verdicts.primary(table)),
        "; ".join(
            evaluation.told(table.set_index("what", drop=False).loc[what])
            for what in (AGAIN, "as trained", "whole pictures")
        ),
        table,
        (
            (
                f"a network trained on crops knows {cropped['train_accuracy'].mean():.0%} of its own training series"
                f" when they are whole; on the test series it scores {cropped['accuracy'].mean():.3f}, and"
                f" {cropped['recalibrated'].mean():.3f} when the running statistics of its batch norms are taken anew"
                " from whole training pictures"
            ),
        ),
    )


def _colormap(rows, folder):
    """C7: channels that a colormap uses, and accuracy by colormap."""
    channels = (
        pd.read_csv(folder / "05_colormap_comparison.channels.csv").set_index("colormap").drop("field", errors="ignore")
    )
    verdicts.some(channels[channels.index == COLORMAP], f"with {COLORMAP}")
    used = [name for name in ("red", "green", "blue") if channels.loc[COLORMAP, f"{name}_sd"] > 0.05]
    tuned, heads = rows[rows["method"] == "fine-tune"], rows[rows["layer"] != ""]
    several = evaluation.across(tuned)
    axes = (f"fine-tuned, {AXES}", several[several["view"] == AXES], ["colormap"], COLORMAP, "split")
    alone = tuned[tuned["view"] == VIEW]
    table = verdicts.family(
        verdicts.only(axes, "rainbow"),
        [
            ("fine-tuned", evaluation.across(alone), ["colormap"], COLORMAP, "split"),
            ("fine-tuned, default split", alone[alone["split"] == 0], ["colormap"], COLORMAP, "seed"),
            ("frozen", heads, ["colormap"], COLORMAP, "split"),
        ],
    )
    rest = verdicts.explored(table)
    clear = rest[(rest["low"] > 0) | (rest["high"] < 0)]
    found = (
        "".join(f"; {evaluation.told(line)}" for _, line in clear.iterrows())
        or f"; none of {len(rest)} others is clear"
    )
    return verdicts.Verdict(
        verdicts.HOLDS if len(used) < 3 else verdicts.FAILS,
        f"{COLORMAP} varies in {', '.join(used)}, and no map has more than {channels['colours'].max()} colours; "
        f"{evaluation.told(verdicts.primary(table))}{found}",
        table,
        tuple(
            f"{name}: standard deviations red {line['red_sd']:.3f}, green {line['green_sd']:.3f}, blue"
            f" {line['blue_sd']:.3f}"
            for name, line in channels.iterrows()
        ),
        f"{COLORMAP} varies in {', '.join(used)}",
    )


def _encoding(rows, folder):
    """C8: the other encodings against GADF."""
    menus, rows = (rows[rows["encoding"].str.contains("|", regex=False) == is_menu] for is_menu in (True, False))
    parts = [
        (_network(group.iloc[0]), group, ["encoding"], ENCODING, "split")
        for _, group in rows.groupby(["method", "backbone", "size", "view"], sort=False)
    ]
    tuned = verdicts.some(rows[rows["method"] == "fine-tune"], "fine-tuned")
    named = _rival(tuned, menus)
    table = verdicts.family(named, parts)
    first, rest = verdicts.primary(table), verdicts.explored(table)
    single = rest[~rest["arm"].str.contains("+", regex=False)]  # three in one hold GADF, too
    better, worse = single[single["low"] > 0], single[single["high"] < 0]
    return verdicts.Verdict(
        verdicts.better(first),
        f"{evaluation.told(first)}; of {len(single)} other comparisons of single encodings, better than"
        f" {evaluation.plain(ENCODING)}: {evaluation.named(better)}; worse: {evaluation.named(worse)}",
        table,
    )


def _rival(tuned, menus):
    """The part that compares GADF with the best other single encoding, which each split chooses inside its training
    series.

    tuned: fine-tuned rows, one an encoding and split. menus: frozen rows that chose among all encodings but GADF, by
    leave-one-out.
    """
    others = sorted(name for name in set(tuned["encoding"]) if name != ENCODING and "+" not in name)
    if len(others) != 1:
        fits = [sorted(menu.split("|")) == others for menu in menus["encoding"]]
        choices = verdicts.some(menus[fits], f"that chooses among {', '.join(others) or 'others'}")
        choices = choices.drop_duplicates("split").set_index("split")["chosen"].str.split().str[0]
    else:  # a single other leaves nothing to choose
        choices = dict.fromkeys(tuned["split"], others[0])
    rival = tuned[[row["encoding"] == choices.get(row["split"]) for _, row in tuned.iterrows()]].assign(encoding=RIVAL)
    return (
        f"{_network(tuned.iloc[0])}",
        pd.concat([rival, tuned[tuned["encoding"] == ENCODING]]),
        ["encoding"],
        RIVAL,
        "split",
    )


def _best(rows, baselines, folder):
    """Beyond the post: does a frozen network on the best picture beat the raw series?"""
    plain = baselines[(baselines["method"] == PLAIN) & ~baselines["shuffled"]]
    heads = rows[rows["layer"] != ""]
    heads = heads[heads["encoding"].str.match(rf"[^|]*$|{ENCODING}\|")]  # the menu without it is another claim's
    is_menu = heads["encoding"].str.contains("|", regex=False)
    heads = heads.assign(encoding=heads["encoding"].mask(is_menu, INSIDE))
    by = ["method", "backbone", "encoding", "size", "view"]
    tried = evaluation.summary(heads[~is_menu], by).sort_values("mean", ascending=False)
    # of the networks that chose the CNN, r before v, at its largest size
    cnn = heads[(heads["encoding"] == INSIDE) & (heads["view"] == VIEW)]
    cnn = verdicts.some(cnn, "that chooses its encoding").sort_values(["backbone", "size"], ascending=[True, False])
    named = evaluation.arm(cnn, by).iloc[0]
    every = ("pictures", pd.concat([plain, heads]), by, PLAIN, "split")
    table = verdicts.family(verdicts.only(every, named), [every])
    table = table.sort_values(["role", "difference"], ascending=False, ignore_index=True)
    inside, rest, most = verdicts.primary(table), verdicts.explored(table), tried.iloc[0]
    best = verdicts.some(rest[~rest["arm"].str.contains(INSIDE)], "but what chooses its encoding").iloc[0]
    return verdicts.Verdict(
        verdicts.better(inside),
        f"with the encoding chosen inside each training set: {evaluation.told(inside)}; the best of "
        f"{len(tried)} pictures tried, so chosen by its own test series: {evaluation.told(best)}",
        table,
        (f"{evaluation.plain(_network(most) + ' on ' + most['encoding'])}: {most['mean']:.3f} (sd {most['sd']:.3f})",),
        f"picture chosen on training data minus {PLAIN}: {evaluation.points(inside)}",
    )


def _means(rows):
    return ", ".join(
        f"{evaluation.plain(each.method)} {each.mean:.3f}" for each in evaluation.summary(rows, ["method"]).itertuples()
    )


def _network(row):
    """A network in words, of a row or a summary's line."""
    return f"{evaluation.short(row['backbone'])} {row['size']:g} px {row['view']}, {row['method'].split(',')[0]}"


def _of_2018(rule):
    """A rule for what was said of the olive oils of 2018: other series leave it open; their differences stand all the
    same.
    """

    def judged(rows, folder):
        found, name = rule(rows, folder=folder), rows["dataset"].iloc[0].partition(", ")[0]
        elsewhere = {
            "verdict": verdicts.ELSEWHERE,
            "because": f"this speaks of olive oils, not of {name}",
            "notes": (),
            "number": "",
        }
        return found if name == "OliveOil" else found._replace(**elsewhere)

    return judged


# claim: what the post says, the notebooks whose rows its rule takes, the rule
CLAIMS = {
    "C1": ("the data comes normalised", ["data_forensics"], _data),
    "C2": ("with axes and ticks 570 x 570 pixels are not one to one", ["axes_and_noise"], _of_2018(_axes)),
    "C3": ("30 noisy copies were added to the 30 training series", ["axes_and_noise"], _of_2018(_noise)),
    "C4": ("28 of 30 takes several runs", ["seeds_and_epochs"], _of_2018(_luck)),
    "C5": ("fine-tuning an image classifier is still very good", ["baselines_and_controls"], _good),
    "C6": ("random crops did not cost the ViT its accuracy", ["vit_finetune"], _crop),
    "C7": ("viridis uses two channels, rainbow three", ["colormap_comparison"], _colormap),
    "C8": ("GADF is the best encoding", ["encodings"], _encoding),
    "new": (
        "a frozen network on the right picture beats the raw series",
        ["encodings", "baselines_and_controls"],
        _best,
    ),
}
