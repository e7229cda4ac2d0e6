"""The three questions that the post left open, and the rule by which each answer is judged; as claims, but for what
nobody claimed.

A rule takes the rows of its notebook and the folder of all tables, and returns a verdicts.Verdict. Their primary
comparisons were named after a first look at the numbers, by what the question asks and not by what came out.
"""

import pandas as pd

from tsvision import evaluation
from tsvision.study import claims, verdicts

PICTURE = ["view", "size", "patch"]  # what tells pictures for a transformer apart


def common(rows, predictions):
    """Rows scored anew on the series of each split that no size of training set holds, so that sizes compare on the
    same series.

    rows: of nested splits (splits.nested) of several n_train. predictions: a row a run and series, with columns run (a
    line of rows), series, label, predicted. Returns the rows with accuracy, correct, right and n_test on those series,
    their n_train in the column trained, and the largest n_train, for which intervals are widest, in n_train.
    """
    tested = predictions.merge(rows[["split", "n_train"]], left_on="run", right_index=True)
    largest = tested[tested["n_train"] == rows["n_train"].max()]
    tested = tested.merge(largest[["split", "series"]].drop_duplicates(), on=["split", "series"])
    right = (tested["label"] == tested["predicted"]).groupby(tested["run"]).agg(["mean", "sum", "size"])
    score = {"accuracy": right["mean"], "correct": right["sum"], "n_test": right["size"]}
    total = rows["n_train"] + rows["n_test"]
    rows = rows.assign(trained=rows["n_train"], n_train=rows["n_train"].max(), **score)
    rows = evaluation.with_right(rows.assign(n_test=total - rows["n_train"]), tested).assign(n_test=rows["n_test"])
    return rows[rows["accuracy"].notna()]


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
    shrunk = rows[(rows["view"] == claims.VIEW) & rows["patch"].isna()]
    reference = f"{claims.VIEW}, size {verdicts.some(shrunk, 'with shrunk pictures')['size'].max():g}"
    kinds = rows.groupby(["method", "layer"], sort=False)
    return [(", ".join(filter(None, kind)), group, PICTURE, reference, "split") for kind, group in kinds]


def _one_to_one(rows, folder):
    """Q1: one pixel a time step into a transformer, against the picture shrunk."""
    parts = one_to_one(rows)
    rows = pd.concat([group for _, group, *_ in parts])
    whole = rows[rows["patch"].notna() | ((rows["view"] == "stretch") & (rows["size"] >= rows["length"]))]
    patched = verdicts.some(whole[whole["patch"].notna()], "at one pixel a step with another patch")
    # the smallest: nearest to what a transformer was trained with
    named = evaluation.arm(patched, PICTURE)[patched["patch"].idxmin()]
    heads = next((part for part in parts if part[0] == "frozen, ridge head, all"), parts[0])
    table = verdicts.family(verdicts.only(heads, named), parts)
    rest = verdicts.explored(table)
    exact = rest[rest["arm"].isin(evaluation.arm(whole, PICTURE))]
    better, worse = exact[exact["low"] > 0], exact[exact["high"] < 0]
    means = evaluation.summary(rows.assign(picture=evaluation.arm(rows, PICTURE)), ["method", "layer", "picture"])
    return verdicts.Verdict(
        verdicts.better(verdicts.primary(table)),
        f"{evaluation.told(verdicts.primary(table))}; of {len(exact)} other comparisons at one pixel a step"
        f" {len(better)} are better, {len(worse)} worse",
        table,
        tuple(
            f"{evaluation.plain(', '.join(filter(None, kind)))}: "
            + ", ".join(f"{evaluation.plain(line.picture)} {line.mean:.3f}" for line in group.itertuples())
            for kind, group in means.groupby(["method", "layer"], sort=False)
        ),
    )


def _any_length(rows, folder):
    """Q2: resampled series against whole ones, for heads trained on whole series alone and with resampled copies of
    them.
    """
    trained = int(rows["trained_length"].iloc[0])
    training = (
        rows.get("copies", pd.Series("", rows.index)).fillna("").ne("").map({True: "with copies", False: "alone"})
    )
    rows = rows.assign(network=rows["backbone"].map(evaluation.short), training=training)
    usual = rows[(rows["view"] == claims.VIEW) & (rows["cut"] == "resampled")]
    parts = [
        (f"{network}, {training}", group, ["length"], f"length {trained}", "split")
        for (network, training), group in usual.groupby(["network", "training"])
    ]
    whole = verdicts.some(usual[usual["length"] == trained], "on whole series")
    parts += [
        (f"{network}, {trained} steps", group, ["training"], "alone", "split")
        for network, group in whole.groupby("network", sort=False)
        if group["training"].nunique() > 1
    ]
    named = next((part for part in parts if part[0].endswith(", with copies")), parts[0])
    shorter = verdicts.some(named[1][named[1]["length"] < trained], "on shorter series")
    table = verdicts.family(verdicts.only(named, f"length {shorter['length'].min():g}"), parts)
    resampled = verdicts.some(table[table["reference"] != "alone"], "on resampled series")
    lengths = resampled["arm"].str.split().str[-1].astype(int)
    lost = {what: sorted(lengths[group.index[group["high"] < 0]]) for what, group in resampled.groupby("what")}
    means = evaluation.summary(rows, ["network", "training", "view", "cut", "length"])
    by = ["network", "training", "view", "cut"]
    return verdicts.Verdict(
        verdicts.good(verdicts.primary(table)),
        f"{evaluation.told(verdicts.primary(table))}; shrunk pictures, trained at {trained} steps, tested on series"
        f" resampled to {lengths.min()} to {lengths.max()}: "
        + "; ".join(
            f"{evaluation.plain(what)}, worse at {', '.join(map(str, steps)) or 'none'}" for what, steps in lost.items()
        )
        + "".join(f"; {evaluation.told(line)}" for _, line in table[table["reference"] == "alone"].iterrows()),
        table,
        tuple(
            evaluation.plain(", ".join(names))
            + ": "
            + ", ".join(f"{line.length} steps {line.mean:.3f}" for line in group.itertuples())
            for names, group in means.sort_values("length", kind="stable").groupby(by, sort=False)
        ),
        "trained on copies, too; " * ("copies" in named[0])
        + f"tested at {shorter['length'].min():g} steps minus {trained}: {evaluation.points(verdicts.primary(table))}",
    )


def _more_data(rows, folder):
    """Q3: what more training series add to pictures and to the raw series."""
    rows = rows.assign(arm=evaluation.arm(rows, ["method", "backbone", "encoding"]))
    predictions = pd.read_csv(folder / "15_training_size.predictions.csv")
    again = common(rows, predictions)
    parts = gains(again, claims.PLAIN)
    tuned = verdicts.some(rows[rows["method"] == "fine-tune"], "fine-tuned")["arm"].iloc[0]
    table = verdicts.family(verdicts.only(parts[-1], tuned), parts)
    first, own = verdicts.primary(table), table[table["what"].isin([claims.PLAIN, tuned])]
    rest = verdicts.explored(table)
    pictures = rest[(rest["reference"] == claims.PLAIN) & rest["arm"].isin(rows.loc[rows["backbone"] != "", "arm"])]
    better, worse = pictures[pictures["low"] > 0], pictures[pictures["high"] < 0]
    means = evaluation.summary(rows, ["arm", "n_train"])
    return verdicts.Verdict(
        verdicts.better(first),
        "; ".join(evaluation.told(line) for line in (first, *(line for _, line in own.iterrows())))
        + f"; of {len(pictures)} other pictures {len(better)} gain clearly more, {len(worse)} less",
        table,
        tuple(
            f"{evaluation.plain(arm)}: "
            + ", ".join(f"{line.n_train} training series {line.mean:.3f}" for line in group.itertuples())
            for arm, group in means.sort_values("n_train", kind="stable").groupby("arm", sort=False)
        ),
        f"gain of the fine-tuned CNN minus that of {claims.PLAIN}: {evaluation.points(first)}",
    )


# question: the answer that is judged, the notebook whose rows its rule takes, the rule
QUESTIONS = {
    "Q1": ("one pixel a time step serves a transformer better than a shrunk picture", ["vit_one_to_one"], _one_to_one),
    "Q2": (
        "a model trained on shrunk pictures of one length keeps its accuracy on series resampled to any other",
        ["any_length"],
        _any_length,
    ),
    "Q3": ("more training series help pictures more than the raw series", ["training_size"], _more_data),
}
