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
    means = evaluation.summary(rows.assign(arm=evaluation.arm(rows, ["method", "layer", *PICTURE])), ["arm"])
    return verdicts.Verdict(
        _any_better(exact),
        f"of {len(exact)} comparisons with {reference} at one pixel a step {len(better)} are better, {len(worse)} worse; the most "
        f"favourable: {verdicts.told(most)}",
        table,
        (", ".join(f"{line.arm} {line.mean:.3f}" for line in means.itertuples()),),
    )


def _any_length(rows, folder):
    """Q2: series of other lengths than those trained on, against the whole ones."""
    trained = int(rows["trained_length"].iloc[0])
    rows = rows.assign(network=rows["backbone"].map(evaluation.short))
    whole = verdicts.some(rows[rows["length"] == trained], "on whole series")
    usual = rows[(rows["view"] == claims.VIEW) & (rows["length"] != trained)]
    parts = []
    for (network, cut), group in usual.groupby(["network", "cut"], sort=False):
        same = whole[(whole["network"] == network) & (whole["view"] == claims.VIEW)]
        parts.append((f"{network}, {cut}", pd.concat([same, group]), ["length"], f"length {trained}", "split"))
    table = verdicts.family(parts)
    is_whole = table["what"].str.endswith("resampled")
    resampled, parted = verdicts.some(table[is_whole], "on resampled series"), table[~is_whole]
    lengths = resampled["arm"].str.split().str[-1].astype(int)
    ordered = (part.sort_values(["difference", "what", "arm"]) for part in (resampled, parted))
    worst = [part.iloc[0] for part in ordered if len(part)]
    clear = resampled[resampled["high"] < 0]
    means = evaluation.summary(rows, ["network", "view", "cut", "length"])
    notes = [
        f"{network}, {view}, {cut}: " + ", ".join(f"{line.length} steps {line.mean:.3f}" for line in group.itertuples())
        for (network, view, cut), group in means.sort_values("length", kind="stable").groupby(
            ["network", "view", "cut"], sort=False
        )
    ]
    kept = all(verdicts.is_equal(line) or line["low"] > 0 for _, line in resampled.iterrows())
    return verdicts.Verdict(
        verdicts.FAILS if len(clear) else verdicts.HOLDS if kept else verdicts.OPEN,
        f"pictures shrunk, trained at {trained} steps; resampled to {lengths.min()} to {lengths.max()} steps, "
        f"{len(clear)} of {len(resampled)} are worse; the worst resampled, the worst part: "
        + "; ".join(verdicts.told(line) for line in worst),
        table,
        tuple(notes),
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
