"""The post's claims, and the rule by which each is judged; runs are found by what they were told to do, never by their place.

A rule takes the rows of its notebooks and the folder of all tables, and returns a verdicts.Verdict.
"""

import pandas as pd

from tsvision import evaluation, results, verdicts

# what the post and the study take for given: every comparison is with these
ENCODING, COLORMAP, VIEW, PLAIN, UNCHANGED = "gadf", "viridis", "resize", "shrinkage LDA", "as downloaded"


def _data(rows, folder):
    """C1: what the files are like, and what each candidate cause would do."""
    condition = pd.read_csv(folder / "06_data_forensics.condition.csv", keep_default_na=False)
    twins = pd.read_csv(folder / "06_data_forensics.twins.csv")
    rows = rows.assign(cause=rows["dataset"].str.partition(", ")[2].replace("", UNCHANGED))
    first = condition[~condition["dataset"].str.contains(", ")].iloc[0]
    is_normal = first["largest_mean"] < 0.01 and first["sd_range"] < 0.01
    wide = condition.loc[condition["spread"] > 10 * first["spread"], "dataset"].str.split(", ", n=1).str[-1]
    table = verdicts.family(
        (method, group, ["cause"], UNCHANGED, "seed" if method == "fine-tune" else "split")
        for method, group in rows.groupby("method", sort=False)
    )
    return verdicts.Verdict(
        verdicts.HOLDS if is_normal else verdicts.FAILS,
        f"series have means within {first['largest_mean']:.3f} of nought and standard deviations within {first['sd_range']:.3f} of "
        f"each other; what drew the original's plot cannot be told: more than ten times as wide as downloaded would be drawn "
        f"{', '.join(wide) or 'none of those simulated'}; series far out: "
        + ", ".join(f"{each['dataset'].split(', ')[-1]} {each['outliers']}" for _, each in condition.iterrows()),
        table,
        (
            "a series is far out if it stands five times farther from the middle than half of them do",
            f"{len(twins)} pairs of series are each other's nearest neighbour, {twins['across'].sum()} of them across the default "
            f"split, {twins['same_class'].sum()} of one class; the closest is {twins['ratio'].min():.2f} as far apart as from any "
            f"third series (a copy: 0)",
        ),
    )


def _axes(rows, folder):
    """C2: whole figures with axes against the plot alone."""
    box = pd.read_csv(folder / "02_gadf_render.pixels.csv").iloc[0]
    tuned, heads = rows[(rows["method"] == "fine-tune") & (rows["noise"] == 0)], rows[rows["layer"] != ""]
    usual = tuned[tuned["epochs"] == tuned["epochs"].min()]
    table = verdicts.family(
        [("fine-tuned", usual, ["view"], VIEW, "split"), ("frozen", heads, ["view"], VIEW, "split")]
    )
    tuned = table[(table["what"] == "fine-tuned") & (table["arm"] == "axes")]
    tuned = verdicts.some(tuned, "fine-tuned with axes").iloc[0]
    return verdicts.Verdict(
        verdicts.HOLDS if box["plot"] < box["steps"] else verdicts.FAILS,
        f"in a figure of {box['figure']} pixels axes leave {box['plot']} for {box['steps']} time steps; {verdicts.told(tuned)}",
        table,
    )


def _noise(rows, folder):
    """C3: noisy copies against the originals alone for as many steps."""
    tuned = rows[(rows["method"] == "fine-tune") & (rows["view"] == VIEW)]
    reference = f"noise 0, epochs {tuned['epochs'].max():g}"
    table = verdicts.family([("fine-tuned", tuned, ["noise", "epochs"], reference, "split")])
    copies = verdicts.some(table[~table["arm"].str.startswith("noise 0,")], "with noisy copies")
    most = copies.loc[copies["difference"].abs().idxmax()]
    return verdicts.Verdict(
        verdicts.OPEN,
        f"what was trained on in 2018 is not in the data; such copies, for about as many steps as the originals alone: "
        f"{verdicts.told(most)}",
        table,
    )


def _luck(rows, folder):
    """C4: several runs and longer training."""
    notes, reached = [], {}
    for (view, epochs), group in rows.groupby(["view", "epochs"]):
        hits, runs = evaluation.reaching(group["accuracy"]), len(group)
        low, high = evaluation.wilson(hits, runs)
        reached.setdefault(view, []).append(f"{hits} of {runs} after {epochs:g} epochs")
        notes.append(
            f"{view}, {epochs:g} epochs: mean {group['accuracy'].mean():.3f}, {hits} of {runs} runs reach 28 of 30 [{low:.2f}, "
            f"{high:.2f}], best of {runs} {evaluation.best_of(group['accuracy'], runs):.3f}, recalibrated mean "
            f"{group['recalibrated'].mean():.3f}"
        )
    parts, anew = [], rows.assign(accuracy=rows["recalibrated"], view=rows["view"] + ", batch norm recalibrated")
    for view, group in pd.concat([rows, anew]).groupby("view"):
        lengths = sorted(group["epochs"].unique())
        for pair in zip(lengths, lengths[1:]):
            parts.append((view, group[group["epochs"].isin(pair)], ["epochs"], f"epochs {pair[0]:g}", "seed"))
    parts += [
        (f"{epochs:g} epochs", group, ["view"], VIEW, "seed")
        for epochs, group in rows.groupby("epochs")
        if group["view"].nunique() > 1
    ]
    table = verdicts.family(parts)
    main = table[(table["what"] == VIEW) | (table["reference"] == VIEW)]
    return verdicts.Verdict(
        verdicts.HOLDS if evaluation.reaching(rows["accuracy"]) else verdicts.FAILS,
        "runs that reach 28 of 30: "
        + "; ".join(f"{view} {', '.join(each)}" for view, each in reached.items())
        + "".join(f"; {verdicts.told(line)}" for _, line in main.iterrows()),
        table,
        tuple(notes),
    )


def _good(rows, folder):
    """C5: against methods without pictures, networks without training, labels without meaning."""
    rows = results.plain_weights(rows)
    real, control = rows[~rows["shuffled"]], rows[rows["shuffled"]]
    tuned, plain = verdicts.some(real[real["method"] == "fine-tune"], "fine-tuned"), real[real["method"] == PLAIN]
    heads, blind = real[real["layer"] != ""], real[real["backbone"] == ""]
    by = ["method", "weights", "lr_mult"]
    same = heads[heads["backbone"].isin(tuned["backbone"]) & heads["size"].isin(tuned["size"])]
    pairs = [(f"lr_mult {rate:g}", group) for rate, group in tuned.groupby("lr_mult")] + [("frozen", same)]
    table = verdicts.family(
        [
            ("against the raw series", pd.concat([plain, tuned, same]), by, PLAIN, "split"),
            *(
                (f"transfer, {what}", group, ["weights"], "pretrained", "split")
                for what, group in pairs
                if {"random", "pretrained"} == set(group["weights"])
            ),
        ]
    )
    predictions = pd.read_csv(folder / "13_baselines_and_controls.predictions.csv")
    tests = evaluation.discordant(pd.concat([plain, tuned]), predictions, by, PLAIN)
    name = f"fine-tune, {min(tuned['weights'])}, lr_mult 100"  # pretrained comes before random
    first = table.set_index("arm", drop=False).loc[name]
    own_mean = evaluation.summary(tuned.assign(arm=evaluation.arm(tuned, by)), ["arm"]).set_index("arm")["mean"][name]
    never = verdicts.some(results.untrained(real), "untrained under a ridge head")
    own, default = evaluation.summary(never, ["backbone"]).iloc[0], never[never["split"] == 0]
    return verdicts.Verdict(
        verdicts.good(first),
        f"on these pictures fastai's recipe scores {own_mean:.3f}, {PLAIN} on the raw series "
        f"{plain['accuracy'].mean():.3f}: {verdicts.told(first)}",
        table,
        (
            "without pictures: "
            + ", ".join(
                f"{each.method} {each.mean:.3f}" for each in evaluation.summary(blind, ["method"]).itertuples()
            ),
            "series of the default split that only the picture, only the raw series got right: "
            + ", ".join(
                f"{test.arm} {test.only_arm}, {test.only_reference} (McNemar p = {test.p:.3f} after Holm)"
                for test in tests.itertuples()
            ),
            f"{len(default)} untrained {evaluation.short(own['backbone'])} under a ridge head: {default['accuracy'].mean():.3f} on the default "
            f"split, {evaluation.reaching(default['accuracy'])} of {len(default)} reach 28 of 30; {own['mean']:.3f} over "
            f"{own['splits']} splits",
            "shuffled labels: "
            + ", ".join(
                f"{each.method} {each.mean:.3f}" for each in evaluation.summary(control, ["method"]).itertuples()
            ),
        ),
    )


def _crop(rows, folder):
    """C6: random crops against plain shrinking, and the transformer against the CNN."""
    tuned = rows[rows["backbone"].isin(verdicts.some(rows[rows["view"] == "crop"], "with crops")["backbone"])]
    default = tuned[tuned["split"] == 0]
    anew = default.assign(accuracy=default["recalibrated"])
    whole = evaluation.across(rows[rows["view"] == VIEW])
    others = verdicts.some(whole[~whole["backbone"].isin(tuned["backbone"])], "as a CNN")
    table = verdicts.family(
        [
            ("as trained", default, ["view"], VIEW, "seed"),
            ("batch norm recalibrated", anew, ["view"], VIEW, "seed"),
            ("whole pictures", whole, ["backbone"], others["backbone"].iloc[0], "split"),
        ]
    )
    crop, again, vit = (table.set_index("what", drop=False).loc[what] for what in table["what"])
    cropped = default[default["view"] == "crop"]
    return verdicts.Verdict(
        verdicts.good(crop),
        "; ".join(verdicts.told(line) for line in (crop, again, vit)),
        table,
        (
            f"a network trained on crops knows {cropped['train_accuracy'].mean():.0%} of its own training series when they are whole; "
            f"on the test series it scores {cropped['accuracy'].mean():.3f}, and {cropped['recalibrated'].mean():.3f} when the "
            f"running statistics of its batch norms are taken anew from whole training pictures",
        ),
    )


def _colormap(rows, folder):
    """C7: channels that a colormap uses, and accuracy by colormap."""
    channels = pd.read_csv(folder / "05_colormap_comparison.channels.csv").set_index("colormap")
    channels = channels.drop("field", errors="ignore")
    verdicts.some(channels[channels.index == COLORMAP], f"with {COLORMAP}")
    used = [name for name in ("red", "green", "blue") if channels.loc[COLORMAP, f"{name}_sd"] > 0.05]
    tuned, heads = rows[rows["method"] == "fine-tune"], rows[rows["layer"] != ""]
    table = verdicts.family(
        [
            ("fine-tuned", evaluation.across(tuned), ["colormap"], COLORMAP, "split"),
            ("fine-tuned, default split", tuned[tuned["split"] == 0], ["colormap"], COLORMAP, "seed"),
            ("frozen", heads, ["colormap"], COLORMAP, "split"),
        ]
    )
    clear = table[(table["low"] > 0) | (table["high"] < 0)]
    found = (
        "; ".join(verdicts.told(line) for _, line in clear.iterrows())
        or "no difference leaves its interval around nought"
    )
    return verdicts.Verdict(
        verdicts.HOLDS if len(used) < 3 else verdicts.FAILS,
        f"{COLORMAP} varies in {', '.join(used)}, and no map has more than {channels['colours'].max()} colours; accuracy against "
        f"{COLORMAP}: {found}",
        table,
        tuple(
            f"{name}: standard deviations red {line['red_sd']:.3f}, green {line['green_sd']:.3f}, blue {line['blue_sd']:.3f}"
            for name, line in channels.iterrows()
        ),
    )


def _encoding(rows, folder):
    """C8: the other encodings against GADF."""
    rows = rows[~rows["encoding"].str.contains("|", regex=False)]
    table = verdicts.family(
        (_network(group.iloc[0]), group, ["encoding"], ENCODING, "split")
        for _, group in rows.groupby(["method", "backbone", "size", "view"], sort=False)
    )
    single = table[~table["arm"].str.contains("+", regex=False)]  # three in one hold GADF, too
    better, worse = single[single["low"] > 0], single[single["high"] < 0]
    most = table.loc[table["difference"].idxmax()]
    return verdicts.Verdict(
        verdicts.FAILS if len(better) else verdicts.HOLDS if len(worse) == len(single) else verdicts.OPEN,
        f"better: {verdicts.named(better)}; worse: {verdicts.named(worse)}; the largest difference: {verdicts.told(most)}",
        table,
    )


def _best(rows, baselines, folder):
    """Beyond the post: does a frozen network on the best picture beat the raw series?"""
    plain = baselines[(baselines["method"] == PLAIN) & ~baselines["shuffled"]]
    heads = rows[rows["layer"] != ""]
    is_menu = heads["encoding"].str.contains("|", regex=False)
    heads = heads.assign(encoding=heads["encoding"].mask(is_menu, "chosen inside"))
    by = ["method", "backbone", "encoding", "size", "view"]
    tried = evaluation.summary(heads[~is_menu], by).sort_values("mean", ascending=False)
    table = verdicts.family([("pictures", pd.concat([plain, heads]), by, PLAIN, "split")])
    table = table.sort_values("difference", ascending=False, ignore_index=True)
    chosen = table["arm"].str.contains("chosen inside")
    inside, best = verdicts.some(table[chosen], "that chooses its encoding").iloc[0], table[~chosen].iloc[0]
    return verdicts.Verdict(
        verdicts.better(inside),
        f"with the encoding chosen inside each training set, the best of {chosen.sum()} such: {verdicts.told(inside)}; the best of "
        f"{len(tried)} pictures tried, so chosen by its own test series: {verdicts.told(best)}",
        table,
        (
            f"{_network(tried.iloc[0])} on {tried['encoding'].iloc[0]}: {tried['mean'].iloc[0]:.3f} (sd {tried['sd'].iloc[0]:.3f})",
        ),
    )


def _network(row):
    """A network in words, of a row or a summary's line."""
    return f"{evaluation.short(row['backbone'])} {row['size']:g} px {row['view']}, {row['method'].split(',')[0]}"


def _of_2018(rule):
    """A rule for what was said of the olive oils of 2018: other series leave it open; their differences stand all the same."""

    def judged(rows, folder):
        found, name = rule(rows, folder=folder), rows["dataset"].iloc[0].partition(", ")[0]
        because = f"this speaks of olive oils, not of {name}"
        return found if name == "OliveOil" else found._replace(verdict=verdicts.OPEN, because=because, notes=())

    return judged


# claim: what the post says, the notebooks whose rows its rule takes, the rule
CLAIMS = {
    "C1": ("the data comes normalised", ["06"], _data),
    "C2": ("with axes and ticks 570 x 570 pixels are not one to one", ["11"], _of_2018(_axes)),
    "C3": ("30 noisy copies were added to the 30 training series", ["11"], _of_2018(_noise)),
    "C4": ("93.3 % is reached by some of several runs", ["12"], _of_2018(_luck)),
    "C5": ("fine-tuning an image classifier is still very good", ["13"], _good),
    "C6": ("random crops did not cost the ViT its accuracy (default split)", ["04"], _crop),
    "C7": ("viridis uses two channels, rainbow three", ["05"], _colormap),
    "C8": ("GADF is the best encoding", ["14"], _encoding),
    "new": ("a frozen network on the right picture beats the raw series", ["14", "13"], _best),
}
