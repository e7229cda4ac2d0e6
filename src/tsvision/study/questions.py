"""The three questions that the post left open, and the rule by which each answer is judged; as claims, but for what
nobody claimed.

A rule takes the rows of its notebook and the folder of all tables, and returns a verdicts.Verdict. Their primary
comparisons were named after a first look at the numbers, by what the question asks and not by what came out.
"""

import numpy as np
import pandas as pd

from tsvision import evaluation
from tsvision.evaluation import plain, told
from tsvision.study import verdicts
from tsvision.study.claims import PLAIN, VIEW
from tsvision.study.verdicts import Verdict, compare, each, some

PICTURE = ["view", "size", "patch"]  # what tells pictures for a transformer apart


def common(rows):
    """Rows scored anew on the series of each split that no size of training set holds, so that sizes compare on the
    same series.

    rows: of nested splits (splits.nested) of several n_train, with the column right (evaluation.with_right). Returns
    those of splits that the largest size ran on, with accuracy, correct, right and n_test on those series, their
    n_train in the column trained, and the largest n_train, for which intervals are widest, in n_train.
    """
    some(rows, "on nested splits")
    largest = rows[rows["n_train"] == rows["n_train"].max()].drop_duplicates("split").set_index("split")["right"]
    rows = rows[rows["split"].isin(largest.index)]
    right = np.stack(rows["right"]) + 0 * np.stack(rows["split"].map(largest))  # NaN where either trained
    score = {"accuracy": np.nanmean(right, 1), "correct": np.nansum(right, 1).astype(int)}
    score |= {"n_test": np.isfinite(right).sum(1), "right": [*right]}
    return rows.assign(trained=rows["n_train"], n_train=rows["n_train"].max(), **score)


def gains(rows, reference):
    """What a larger training set adds: parts for evaluation.family of rows that common() gives, the largest minus the
    smallest size.

    First each arm's own gain, then those of all arms minus that of `reference`. Raises evaluation.Missing for a single
    size.
    """
    few, many = rows["trained"].min(), rows["trained"].max()
    if few == many:
        raise evaluation.Missing(f"nothing has run on two sizes of training set, only on {few}")
    ends = rows[rows["trained"].isin([few, many])]
    parts = [(arm, own, ["trained"], f"trained {few}", "split") for arm, own in ends.groupby("arm", sort=False)]
    keys = ["arm", "split", "n_train", "n_test"]
    both = [ends[ends["trained"] == size].set_index(keys)["right"] for size in (few, many)]
    pairs = pd.concat(both, axis=1, keys=["few", "many"], join="inner")
    gained = (pairs["many"] - pairs["few"]).rename("right").reset_index()
    return [*parts, (f"gain from {few} to {many}", gained, ["arm"], reference, "split")]


def one_to_one(rows):
    """Parts for evaluation.family: pictures for a transformer, by way of training, minus the largest that was shrunk
    without a patch.
    """
    rows = rows.reindex(columns=list(dict.fromkeys([*rows, "layer", *PICTURE]))).fillna({"layer": ""})
    shrunk = some(rows[(rows["view"] == VIEW) & rows["patch"].isna()], "with shrunk pictures")
    rows = rows.assign(training=evaluation.arm(rows, ["method", "layer"]))
    return each("{}", rows, ["training"], PICTURE, f"{VIEW}, size {shrunk['size'].max():g}", sort=False)


def _one_to_one(rows, folder):
    """Q1: one pixel a time step into a transformer, against the picture shrunk."""
    parts = one_to_one(rows)
    rows = pd.concat([own for _, own, *_ in parts])
    rows = rows.assign(picture=evaluation.arm(rows, PICTURE))
    whole = rows[rows["patch"].notna() | ((rows["view"] == "stretch") & (rows["size"] >= rows["length"]))]
    patched = some(whole[whole["patch"].notna()], "at one pixel a step with another patch")
    # the smallest patch: nearest to what a transformer was trained with
    named = patched["picture"][patched["patch"].idxmin()]
    heads = next((part for part in parts if part[0] == "frozen, ridge head, all"), parts[0])
    table, first, rest = compare(heads, named, parts)
    exact = rest[rest["arm"].isin(whole["picture"])]
    ahead, behind = evaluation.clear(exact)
    return Verdict(
        verdicts.better(first),
        f"{told(first)}; of {len(exact)} other comparisons at one pixel a step {len(ahead)} are better, {len(behind)}"
        " worse",
        table,
        verdicts.means_of_each(rows, ["training"], "picture"),
    )


def _any_length(rows, folder):
    """Q2: resampled series against whole ones, for heads trained on whole series alone and with resampled copies of
    them.
    """
    trained = int(rows["trained_length"].iloc[0])
    copies = rows.get("copies", pd.Series("", rows.index)).fillna("")
    training, steps = copies.ne("").map({True: "with copies", False: "alone"}), rows["length"].map("{} steps".format)
    rows = rows.assign(network=rows["backbone"].map(evaluation.short), training=training, steps=steps)
    usual = rows.query("view == @VIEW and cut == 'resampled'")
    whole = some(usual[usual["length"] == trained], "on whole series")
    parts = each("{}, {}", usual, ["network", "training"], ["length"], f"length {trained}")
    named = next((part for part in parts if part[0].endswith(", with copies")), parts[0])
    shortest = some(named[1][named[1]["length"] < trained], "on shorter series")["length"].min()
    parts += each(f"{{}}, {trained} steps", whole, ["network"], ["training"], "alone", sort=False)
    table, first, _ = compare(named, f"length {shortest:g}", parts)
    copied = [f"; {told(line)}" for _, line in table.query("reference == 'alone'").iterrows()]
    resampled = some(table.query("reference != 'alone'"), "on resampled series")
    resampled = resampled.assign(length=resampled["arm"].str.split().str[-1].astype(int)).sort_values("length")
    lost = {
        what: ", ".join(map(str, evaluation.clear(own)[1]["length"])) or "none"
        for what, own in resampled.groupby("what")
    }
    tried = ", ".join(map(str, resampled.loc[resampled["what"] == named[0], "length"]))
    worse = "; ".join(f"{plain(what)}, worse at {lengths}" for what, lengths in lost.items())
    rows = rows.sort_values("length", kind="stable")
    return Verdict(
        verdicts.good(first),
        f"{told(first)}; shrunk pictures, trained at {trained} steps, tested on series resampled to"
        f" {resampled['length'].min()} to {resampled['length'].max()}: {worse}{''.join(copied)}",
        table,
        verdicts.means_of_each(rows, ["network", "training", "view", "cut"], "steps"),
        f"CNN's probes{', resampled copies in training' * ('copies' in named[0])}: of {tried} steps worse at"
        f" {lost[named[0]]}; {shortest:g} minus {trained}: {evaluation.points(first)}",
    )


def _more_data(rows, folder):
    """Q3: what more training series add to pictures and to the raw series."""
    rows = rows.assign(arm=evaluation.arm(rows, ["method", "backbone", "encoding"]))
    parts = gains(common(rows), PLAIN)
    tuned = some(rows.query("method == 'fine-tune'"), "fine-tuned")["arm"].iloc[0]
    table, first, rest = compare(parts[-1], tuned, parts)
    own = [told(line) for _, line in table[table["what"].isin([PLAIN, tuned])].iterrows()]
    pictures = rest[(rest["reference"] == PLAIN) & rest["arm"].isin(rows.loc[rows["backbone"] != "", "arm"])]
    ahead, behind = evaluation.clear(pictures)
    rows = rows.assign(series=rows["n_train"].map("{} training series".format)).sort_values("n_train", kind="stable")
    return Verdict(
        verdicts.better(first),
        f"{'; '.join([told(first), *own])}; of {len(pictures)} other pictures {len(ahead)} gain clearly more,"
        f" {len(behind)} less",
        table,
        verdicts.means_of_each(rows, ["arm"], "series"),
        f"gain of the fine-tuned CNN minus that of {PLAIN}: {evaluation.points(first)}",
    )


# question: the answer that is judged, the notebook whose rows its rule takes, the rule
QUESTIONS = {
    "Q1": ("one pixel a time step serves a transformer better than a shrunk picture", ["vit_one_to_one"], _one_to_one),
    "Q2": (
        "a model trained on shrunk pictures keeps its accuracy on series resampled to any length",
        ["any_length"],
        _any_length,
    ),
    "Q3": ("more training series help pictures more than the raw series", ["training_size"], _more_data),
}
