"""The three questions that the post left open, and the rule by which each answer is judged; as claims, but for what nobody claimed.

A rule takes the rows of its notebook and the folder of all tables, and returns a verdicts.Verdict.
"""

import pandas as pd

from tsvision import claims, evaluation, verdicts

PICTURE = ["view", "size", "patch"]  # what tells pictures for a transformer apart


def common(rows, predictions):
    """Rows scored anew on the series of each split that no size of training set holds, so that sizes compare on the same series.

    rows: of nested splits (splits.nested) of several n_train. predictions: a row a run and series, with columns run (a line of
    rows), series, label, predicted. Returns the rows with accuracy, correct and n_test on those series, their n_train in the
    column trained, and the smallest n_train, for which intervals are widest, in n_train.
    """
    tested = predictions.merge(rows[["split", "n_train"]], left_on="run", right_index=True)
    largest = tested[tested["n_train"] == rows["n_train"].max()]
    tested = tested.merge(largest[["split", "series"]].drop_duplicates(), on=["split", "series"])
    right = (tested["label"] == tested["predicted"]).groupby(tested["run"]).agg(["mean", "sum", "size"])
    score = {"accuracy": right["mean"], "correct": right["sum"], "n_test": right["size"]}
    rows = rows.assign(trained=rows["n_train"], n_train=rows["n_train"].min(), **score)
    return rows[rows["accuracy"].notna()]


def gains(rows, reference):
    """What a larger training set adds: parts for evaluation.family of rows that common() gives, the largest less the smallest size.

    First each arm's own gain, then those of all arms less that of `reference`. Raises evaluation.Missing for a single size.
    """
    few, many = rows["trained"].min(), rows["trained"].max()
    if few == many:
        raise evaluation.Missing(f"nothing has run on two sizes of training set, only on {few}")
    ends = rows[rows["trained"].isin([few, many])]
    parts = [(arm, own, ["trained"], f"trained {few}", "split") for arm, own in ends.groupby("arm", sort=False)]
    keys = ["arm", "split", "n_train", "n_test"]
    pairs = ends.pivot_table(index=keys, columns="trained", values="accuracy").dropna()
    gained = (pairs[many] - pairs[few]).rename("accuracy").reset_index()
    return [*parts, (f"gain from {few} to {many}", gained, ["arm"], reference, "split")]


def one_to_one(rows):
    """Parts for evaluation.family: pictures for a transformer, by way of training, less the largest that was shrunk without a patch."""
    rows = rows.reindex(columns=list(dict.fromkeys([*rows, "layer", *PICTURE]))).fillna({"layer": ""})
    shrunk = rows[(rows["view"] == claims.VIEW) & rows["patch"].isna()]
    reference = f"{claims.VIEW}, size {verdicts.some(shrunk, 'with shrunk pictures')['size'].max():g}"
    kinds = rows.groupby(["method", "layer"], sort=False)
    return [(", ".join(filter(None, kind)), group, PICTURE, reference, "split") for kind, group in kinds]


def _one_to_one(rows, folder):
    """Q1: one pixel a time step into a transformer, against the picture shrunk."""
    parts = one_to_one(rows)
    table, rows = verdicts.family(parts), pd.concat([group for _, group, *_ in parts])
    whole = rows[rows["patch"].notna() | ((rows["view"] == "stretch") & (rows["size"] >= rows["length"]))]
    exact = verdicts.some(table[table["arm"].isin(evaluation.arm(whole, PICTURE))], "at one pixel a step")
    reference = exact["reference"].iloc[0]
    most = exact.loc[exact["difference"].idxmax()]
    better, worse = exact[exact["low"] > 0], exact[exact["high"] < 0]
    means = evaluation.summary(rows.assign(picture=evaluation.arm(rows, PICTURE)), ["method", "layer", "picture"])
    return verdicts.Verdict(
        _any_better(exact),
        f"of {len(exact)} comparisons with {reference} at one pixel a step {len(better)} are better, {len(worse)} worse; the most "
        f"favourable: {verdicts.told(most)}",
        table,
        tuple(
            f"{', '.join(filter(None, kind))}: " + ", ".join(f"{line.picture} {line.mean:.3f}" for line in group.itertuples())
            for kind, group in means.groupby(["method", "layer"], sort=False)
        ),
    )


def _any_length(rows, folder):
    """Q2: resampled series against whole ones, for heads trained on whole series alone and with resampled copies of them."""
    trained = int(rows["trained_length"].iloc[0])
    training = (
        rows.get("copies", pd.Series("", rows.index)).fillna("").ne("").map({True: "with copies", False: "alone"})
    )
    rows = rows.assign(network=rows["backbone"].map(evaluation.short), training=training)
    usual = rows[(rows["view"] == claims.VIEW) & (rows["cut"] == "resampled")]
    parts = [
        (f"{network}, {training}", group, ["length"], f"length {trained}", "split")
        for (network, training), group in usual.groupby(["network", "training"], sort=False)
    ]
    whole = verdicts.some(usual[usual["length"] == trained], "on whole series")
    parts += [
        (f"{network}, {trained} steps", group, ["training"], "alone", "split")
        for network, group in whole.groupby("network", sort=False)
        if group["training"].nunique() > 1
    ]
    table = verdicts.family(parts)
    resampled = verdicts.some(table[table["reference"] != "alone"], "on resampled series")
    lengths = resampled["arm"].str.split().str[-1].astype(int)
    lost = {what: sorted(lengths[group.index[group["high"] < 0]]) for what, group in resampled.groupby("what")}
    kept = [
        all(verdicts.good(line) == verdicts.HOLDS for _, line in group.iterrows())
        for _, group in resampled.groupby("what")
    ]
    means = evaluation.summary(rows, ["network", "training", "view", "cut", "length"])
    by = ["network", "training", "view", "cut"]
    return verdicts.Verdict(
        verdicts.HOLDS if any(kept) else verdicts.FAILS if all(lost.values()) else verdicts.OPEN,
        f"shrunk pictures, trained at {trained} steps, tested on series resampled to {lengths.min()} to {lengths.max()}: "
        + "; ".join(f"{what}, worse at {', '.join(map(str, steps)) or 'none'}" for what, steps in lost.items())
        + "".join(f"; {verdicts.told(line)}" for _, line in table[table["reference"] == "alone"].iterrows()),
        table,
        tuple(
            f"{', '.join(names)}: " + ", ".join(f"{line.length} steps {line.mean:.3f}" for line in group.itertuples())
            for names, group in means.sort_values("length", kind="stable").groupby(by, sort=False)
        ),
    )


def _more_data(rows, folder):
    """Q3: what more training series add to pictures and to the raw series."""
    rows = rows.assign(arm=evaluation.arm(rows, ["method", "backbone", "encoding"]))
    predictions = pd.read_csv(folder / "09_splits.predictions.csv")
    again = common(rows, predictions)
    # what matters is one test series of the usual split, not one of the few that all sizes leave
    table = verdicts.family(gains(again, claims.PLAIN), 1 / rows["n_test"].max())
    more = verdicts.some(table[table["reference"] == claims.PLAIN], "but shrinkage LDA")
    pictures = verdicts.some(more[more["arm"].isin(rows.loc[rows["backbone"] != "", "arm"])], "on pictures")
    most = pictures.loc[pictures["difference"].idxmax()]
    own = table[table["what"].isin([claims.PLAIN, most["arm"]])]
    means = evaluation.summary(rows, ["arm", "n_train"])
    return verdicts.Verdict(
        _any_better(pictures),
        "; ".join(verdicts.told(line) for _, line in own.iterrows())
        + f"; the most favourable difference in gain: {verdicts.told(most)}",
        table,
        tuple(
            f"{arm}: " + ", ".join(f"{line.n_train} training series {line.mean:.3f}" for line in group.itertuples())
            for arm, group in means.sort_values("n_train", kind="stable").groupby("arm", sort=False)
        ),
    )


def _any_better(table):
    """The verdict on 'some of these are better and none is worse': of lines of verdicts.family()."""
    if (table["low"] > 0).any() and not (table["high"] < 0).any():
        return verdicts.HOLDS
    return (
        verdicts.FAILS
        if all(verdicts.better(line) == verdicts.FAILS for _, line in table.iterrows())
        else verdicts.OPEN
    )


# question: the answer that is judged, the notebook whose rows its rule takes, the rule
QUESTIONS = {
    "Q1": ("one pixel a time step serves a transformer better than a shrunk picture", ["07"], _one_to_one),
    "Q2": (
        "a model trained on shrunk pictures of one length keeps its accuracy on series resampled to any other",
        ["08"],
        _any_length,
    ),
    "Q3": ("more training series help pictures more than the raw series", ["09"], _more_data),
}
