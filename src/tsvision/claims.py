"""The post's claims, each with a verdict by rule, an effect with its interval and n, from the tables of a run.

A rule says 'better' or 'worse' only where the interval of a paired difference leaves 0, 'no difference that matters' where
the mean difference lies within one test series with probability .95, and else that these series cannot tell.
"""

import pandas as pd

from tsvision import evaluation, results

ARM = ["weights", "lr_mult"]  # what fine-tuned runs of one picture differ in


class OneSided(ValueError):
    """A comparison of which one side has not run."""


def verdicts(folder):
    """A table with a line for each claim whose notebooks have run: claim, says, verdict, effect, evidence, figure.

    folder: with the tables of a run, build/<profile>/results or data/results/<profile>. Every word and number follows from them.
    """
    rows = results.rows_of(folder)
    lines = []
    for claim, (says, needs, function, figure) in CLAIMS.items():
        if not rows.empty and {*needs} <= set(rows["notebook"].str[:2]):
            part = rows[rows["notebook"].str[:2] == needs[0]].dropna(axis=1, how="all")
            try:
                verdict, effect, *evidence = function(part, folder)
            except OneSided as error:
                verdict, effect, evidence = "not judged", str(error), []
            lines.append(
                {
                    "claim": claim,
                    "says": says,
                    "verdict": verdict,
                    "effect": effect,
                    "evidence": ". ".join(evidence),
                    "figure": figure,
                }
            )
    return pd.DataFrame(lines)


def _data(rows, folder):
    """C1: what the files are like, and what each candidate cause would do."""
    condition = pd.read_csv(folder / "06_data_forensics.condition.csv")
    twins = pd.read_csv(folder / "06_data_forensics.twins.csv")
    first = condition.iloc[0]
    normal = first["largest_mean"] < 0.01 and first["sd_range"] < 0.01
    wide = condition.loc[condition["spread"] > 10 * first["spread"], "dataset"].str.split(", ").str[-1]
    tuned = evaluation.summary(rows[rows["method"] == "fine-tune"], ["dataset"])
    means = (f"{line.dataset.split(', ')[-1]} {line.mean:.3f}" for line in tuned.itertuples())
    return (
        f"{'holds' if normal else 'does not hold'} that the data comes normalised; the cause cannot be told",
        f"largest mean of a series {first['largest_mean']:.3f}, standard deviations within {first['sd_range']:.3f}; "
        f"{first['outliers']} series stand five times farther out than half of them do",
        f"{len(twins)} pairs are each other's nearest neighbour, {twins['across'].sum()} of them across the default split, "
        f"{twins['same_class'].sum()} of one class; the closest is {twins['ratio'].min():.2f} as far apart as from any third "
        f"series (a copy: 0)",
        f"a plot much wider than the downloaded one would come from: {', '.join(wide) or 'none of these'}",
        *(
            f"{method}, less as downloaded: {_effects(_compared(group, ['dataset'], first['dataset']), skip=1)}"
            for method, group in rows.groupby("method", sort=False)
            if method != "fine-tune"
        ),
        f"fine-tuned, {tuned['runs'].iloc[0]} seeds on the default split: {'; '.join(means)}",
    )


def _axes(rows, folder):
    """C2: whole figures with axes against the plot alone."""
    drawn = rows[rows["method"].isin(["fine-tune, resize", "fine-tune, axes"])]
    line = _compared(drawn, ["method"], "fine-tune, resize").iloc[0]
    heads = _compared(rows[rows["view"].isin(["resize", "axes"])], ["view"], "resize").iloc[0]
    return (
        f"570 steps do not fit the 439 pixels that axes leave; accuracy with axes, fine-tuned: {_word(line)}; frozen: {_word(heads)}",
        f"with axes less without, fine-tuned {_effect(line)}; frozen {_effect(heads)}",
        "means: "
        + "; ".join(f"{each.method} {each.mean:.3f}" for each in evaluation.summary(drawn, ["method"]).itertuples()),
    )


def _noise(rows, folder):
    """C3: noisy copies against the originals alone for as many steps."""
    plain = rows[rows["method"] == "fine-tune"]
    longest = plain[(plain["noise"] == 0) & (plain["epochs"] == plain["epochs"].max())]
    reference = evaluation.arm(longest, ["noise", "epochs"]).iloc[0]
    table = _compared(plain, ["noise", "epochs"], reference)
    copies = _some(table[~table["arm"].str.startswith("noise 0,")], "with noisy copies")
    most = copies.loc[copies["difference"].abs().idxmax()]
    return (
        f"whether 2018 used copies cannot be told; their effect: {_word(most)}",
        f"{most['arm']}, less {reference}: {_effect(most)}",
        f"all of them, less {reference}: {_effects(table)}",
    )


def _luck(rows, folder):
    """C4: several runs and longer training."""
    parts, shares = [], []
    for epochs, group in rows.groupby("epochs"):
        reached, runs = int((group["accuracy"] >= 28 / 30 - 1e-6).sum()), len(group)
        low, high = evaluation.wilson(reached, runs)
        shares.append(reached / runs)
        best = evaluation.best_of(group["accuracy"], runs)
        parts.append(
            f"{epochs:g} epochs: mean {group['accuracy'].mean():.3f}, {reached} of {runs} runs reach 28 of 30 [{low:.2f}, "
            f"{high:.2f}], best of {runs} {best:.3f}"
        )
    lengths = sorted(rows["epochs"].unique())
    steps = [
        _paired(rows[rows["epochs"].isin(pair)], "epochs", reference=pair[0]).iloc[0]
        for pair in zip(lengths, lengths[1:])
    ]
    told = [f"{step['epochs']:g} less {step['reference']:g} epochs {_by_seed(step)}" for step in steps]
    if not told:
        raise OneSided("nothing has run for another length")
    grows = "; ".join(
        f"{step['epochs']:g} {'better than' if step['low'] > 0 else 'against'} {step['reference']:g} epochs"
        + ("" if step["low"] > 0 else " cannot be told")
        for step in steps
    )
    luck = (
        "none of these runs reaches it" if not any(shares) else "a minority of runs" if max(shares) < 0.5 else "holds"
    )
    return f"{luck}; {grows}", "; ".join(told), *parts


def _good(rows, folder):
    """C5: against methods without pictures, networks without training, labels without meaning."""
    rows = rows.reset_index(drop=True)  # the numbers by which the predictions know them
    rows = rows.assign(
        shuffled=rows["shuffled"].isin([True, "True"]),
        weights=rows["weights"].str.replace("^(hub|wheel|file).*", "pretrained", regex=True),
    )
    real = rows[~rows["shuffled"]]
    plain = real["method"].iloc[0]
    transfer = _some(real[real["method"] == "fine-tune"], "fine-tuned")
    both = pd.concat([real[real["method"] == plain], transfer])
    table = _compared(both, ["method", *ARM], evaluation.arm(both, ["method", *ARM]).iloc[0])
    predictions = pd.read_csv(folder / "13_baselines_and_controls.predictions.csv")
    tests = evaluation.discordant(both, predictions, ["method", *ARM], plain)
    heads = real["method"] == "frozen, ridge head"
    never = _some(real[heads & (real["weights"] == "random")], "untrained under a ridge head")
    own = evaluation.summary(never, ["backbone"]).iloc[0]
    default = never[never["split"] == 0]
    control = evaluation.summary(rows[rows["shuffled"]], ["method"])
    return (
        f"on these pictures, against {plain} on the raw series: {'; '.join(f'{line.arm} {_word(line, name=False)}' for line in table.itertuples())}",
        f"less {plain}: {_effects(table)}",
        "on the default split, series that only the picture, only the raw series got right: "
        + "; ".join(
            f"{test.arm} {test.only_arm}, {test.only_reference} (McNemar p = {test.p:.3f}, after Holm)"
            for test in tests.itertuples()
        ),
        *(
            f"random less pretrained weights at one rate (lr_mult {rate:g}): {_effects(_compared(group, ['weights'], 'pretrained'))}"
            for rate, group in transfer.groupby("lr_mult", sort=False)
            if "pretrained" in set(group["weights"])
        ),
        f"{len(default)} untrained {own['backbone'].split('.')[0]} under a ridge head: {default['accuracy'].mean():.3f} on the "
        f"default split, {int((default['correct'] >= 28).sum())} of {len(default)} reach 28 of 30; {own['mean']:.3f} over "
        f"{own['splits']} splits",
        f"shuffled labels: {', '.join(f'{each.method} {each.mean:.3f}' for each in control.itertuples())}",
    )


def _crop(rows, folder):
    """C6: random crops against plain shrinking, and the transformer against the CNN."""
    default = rows[rows["split"] == 0]
    seeds = default[default["method"].isin(["fine-tune, crop", "fine-tune, resize"])]
    line = _paired(seeds, "method", reference="fine-tune, resize").iloc[0]
    networks = _networks(rows, folder).iloc[-1]
    word = (
        "crops harm at this length"
        if line["high"] < 0
        else "crops help"
        if line["low"] > 0
        else "cannot be told whether crops matter"
    )
    return (
        f"{word}; ViT and CNN on the same splits: {_word(networks)}",
        f"crop less resize {_by_seed(line)}; ViT less CNN, of other sizes and epochs, {_effect(networks)}",
        f"cropped, it knows {seeds.loc[seeds['method'] == line['method'], 'train_accuracy'].mean():.0%} of its own training series "
        f"when they are whole",
    )


def _networks(rows, folder):
    """The transformer of 04 and the CNN of 11, both on pictures drawn at full length, then shrunk, on the splits both have."""
    every = results.rows_of(folder)
    cnn = every[(every["notebook"].str[:2] == "11") & (every["method"] == "fine-tune, resize")]
    vit = rows[(rows["method"] == "fine-tune, resize") & (rows["seed"] == 0)]
    return _compared(pd.concat([cnn, vit]), ["backbone"], cnn["backbone"].iloc[0])


def _colormap(rows, folder):
    """C7: channels that a colormap uses, and accuracy by colormap."""
    channels = pd.read_csv(folder / "05_colormap_comparison.channels.csv").set_index("colormap")
    first = channels.index[0]
    used = [name for name in ("red", "green", "blue") if channels.loc[first, f"{name}_sd"] > 0.05]
    tuned = _compared(rows[(rows["method"] == "fine-tune") & (rows["seed"] == 0)], ["colormap"], first)
    heads = _compared(rows[rows["method"] != "fine-tune"], ["colormap"], first)
    seeds = _paired(rows[(rows["method"] == "fine-tune") & (rows["split"] == 0)], "colormap", first)
    return (
        f"{first} varies in {', '.join(used)}: {'does not hold' if len(used) == 3 else 'holds'}; accuracy, fine-tuned: "
        f"{_word(tuned.iloc[0])}; frozen: {_word(heads.iloc[0])}",
        f"{tuned['arm'].iloc[0]} less {first}: fine-tuned {_effect(tuned.iloc[0])}; frozen {_effect(heads.iloc[0])}; "
        f"fine-tuned, by seed {_by_seed(seeds.iloc[0])}",
        f"red of {first} has sd {channels.loc[first, 'red_sd']:.3f}, blue {channels.loc[first, 'blue_sd']:.3f}; at most "
        f"{channels.drop(index='field', errors='ignore')['colours'].max()} colours",
        f"fine-tuned, less {first}: {_effects(tuned)}",
        f"frozen, less {first}: {_effects(heads)}",
        "by seed on the default split: "
        + "; ".join(f"{line['colormap']} {_by_seed(line)}" for _, line in seeds.iterrows()),
    )


def _encoding(rows, folder):
    """C8: the other encodings against the first."""
    rows = rows[~rows["encoding"].str.contains("|", regex=False)]
    first, cnn = rows["encoding"].iloc[0], rows["backbone"].iloc[0]
    groups = {f"{cnn.split('.')[0]}, fine-tuned": rows[rows["epochs"].notna()]} | {
        f"{name.split('.')[0]} {size:g} px, frozen": group
        for (name, size), group in rows[rows["epochs"].isna()].groupby(["backbone", "size"], sort=False)
    }
    level = 1 - 0.05 / len(groups)  # the intervals of all groups hold together
    every = {name: _compared(group, ["encoding"], first, level) for name, group in groups.items()}
    better, worse = (
        [
            f"{line.arm} ({name})"
            for name, table in every.items()
            for line in table.itertuples()
            if sign * line.low > 0 < sign * line.high
        ]
        for sign in (1, -1)
    )
    name, most = max(
        ((name, table.loc[table["difference"].idxmax()]) for name, table in every.items()),
        key=lambda pair: pair[1]["difference"],
    )
    return (
        (f"does not hold: better are {', '.join(better)}" if better else "cannot be told whether another is better")
        + (f"; worse are {', '.join(worse)}" if worse else ""),
        f"the largest difference: {most['arm']} less {first}, {name}, {_effect(most)}",
        *(f"{name}, less {first}: {_effects(table)}" for name, table in every.items()),
    )


def _best(rows, folder):
    """Beyond the post: does the best frozen picture beat the raw series, and the best published mean?"""
    every = results.rows_of(folder)
    plain = every[every["notebook"].str[:2] == "13"]
    plain = plain[plain["method"] == plain["method"].iloc[0]]
    plain = plain[plain["shuffled"].astype(str) != "True"]
    kept = rows[rows["epochs"].isna()]
    is_menu = kept["encoding"].str.contains("|", regex=False)
    by = ["backbone", "encoding", "size"]
    tried = evaluation.summary(kept[~is_menu], by).sort_values("mean", ascending=False)
    top, menus = tried.iloc[0], evaluation.summary(kept[is_menu], by)
    arms = evaluation.arm(kept, by)
    parts, words = [], []
    for what, chosen in [
        (f"the best of {len(tried)}, {_named(top)}", top),
        *(
            (f"{line['backbone'].split('.')[0]}, {line['size']:g} px, encoding chosen inside each training set", line)
            for _, line in menus.iterrows()
        ),
    ]:
        own = kept[arms == evaluation.arm(pd.DataFrame([chosen]), by).iloc[0]]
        level = 1 - 0.05 / (len(tried) + len(menus))  # the best of so many is compared as one of so many
        line = _compared(pd.concat([plain, own]), ["method"], plain["method"].iloc[0], level).iloc[0]
        parts.append(f"{what}: {chosen['mean']:.3f} (sd {chosen['sd']:.3f}), less {line['reference']} {_effect(line)}")
        words.append(_word(line))
    inside = f"; with the encoding chosen inside: {words[1]}" if len(words) > 1 else ""
    return f"that it beats the raw series: {words[0]}{inside}", *parts


def _compared(rows, by, reference, level=0.95):
    return _some(evaluation.compared(rows, by, reference, level), f"other than {reference}")


def _paired(rows, by, reference):
    return _some(evaluation.paired(rows, by, reference), f"other than {reference}")


def _some(table, what):
    """The table, unless it is empty: nothing of that kind has run."""
    if table.empty:
        raise OneSided(f"nothing has run {what}")
    return table


def _named(line):
    return f"{line['backbone'].split('.')[0]} on {line['encoding']}, {line['size']:g} px"


def _effects(table, skip=0):
    return "; ".join(f"{line.arm.split(', ', skip)[-1]} {_effect(line)}" for line in table.itertuples())


def _effect(line):
    difference, low, high = (round(value, 3) + 0.0 for value in (line.difference, line.low, line.high))  # no -0.000
    return f"{difference:+.3f} [{low:+.3f}, {high:+.3f}], {line.splits} splits"


def _by_seed(line):
    return f"{line['difference']:+.3f} [{line['low']:+.3f}, {line['high']:+.3f}], {line['seeds']:g} seeds on one split"


def _word(line, name=True):
    """better, worse, no difference that matters, or cannot be told: of a line against its reference, with its name or without."""
    if line.low > 0 or line.high < 0:
        return f"{line.arm} " * name + ("better" if line.low > 0 else "worse")
    return "no difference that matters" if line.equal > 0.95 else "cannot be told"


# claim: what the post says, the notebooks it needs (the first one's rows are judged), the rule, the figure
CLAIMS = {
    "C1": ("the data is normalised, without the original's outliers", ["06"], _data, "06_data_forensics_causes"),
    "C2": ("the original pictures kept axes and ticks, yet 570 x 570 pixels", ["11"], _axes, "11_axes_and_noise_axes"),
    "C3": ("30 noisy copies were added to the 30 training series", ["11"], _noise, "11_axes_and_noise_noise"),
    "C4": ("93.3 % is reached over several runs and longer epochs", ["12"], _luck, "12_seeds_and_lengths_luck"),
    "C5": ("fine-tuning an image classifier is still very good", ["13"], _good, "13_baselines_and_controls_accuracy"),
    "C6": ("the ViT needed random crops, yet matched the ResNet", ["04", "11"], _crop, "04_vit_finetune_accuracy"),
    "C7": ("viridis uses two channels, rainbow three", ["05"], _colormap, "05_colormap_comparison_accuracy"),
    "C8": ("GADF is the best encoding", ["14"], _encoding, "14_encodings_frozen"),
    "new": ("a frozen network on the right picture beats the raw series", ["14", "13"], _best, "14_encodings_accuracy"),
}
