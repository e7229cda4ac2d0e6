"""Rows of runs as tables hold them: read, with what each got right series by series, and parts of them.

Rows are pandas tables with a row a run.
"""

import numpy as np
import pandas as pd

NONE = ["run", "series", "label", "predicted"]  # columns of predictions where there are none


def with_right(rows, predictions):
    """Rows with the column right: (n,) float64 for each run, 1 where it is right about a series, 0 where wrong, NaN
    where it trained; and the column balanced, its balanced accuracy: the mean of the recalls of the classes it tests.

    predictions: a row a run and series, with columns run (a line of rows), series, label, predicted; where it has the
    column recalibrated, right_again says the same of that. A run without predictions gets None, and NaN.
    """
    sizes = (rows["n_train"] + rows["n_test"]).astype(int).to_dict() if len(rows) else {}
    made = {"right": "predicted"} | ({"right_again": "recalibrated"} if "recalibrated" in predictions else {})
    told, of_run = {name: {} for name in made}, predictions.groupby("run").indices  # a table a run takes seconds
    series, labels = (predictions[name].to_numpy() for name in ("series", "label"))
    for name, column in made.items():
        is_known, is_right = predictions[column].notna().to_numpy(), (predictions[column] == labels).to_numpy()
        for run, at in of_run.items():
            if is_known[at].all():
                told[name][run] = right = np.full(sizes[run], np.nan)
                right[series[at]] = is_right[at]
    columns = {name: pd.Series([*map(own.get, rows.index)], rows.index, dtype=object) for name, own in told.items()}
    recalls = (predictions["label"] == predictions["predicted"]).groupby([predictions["run"], predictions["label"]])
    return rows.assign(balanced=recalls.mean().groupby("run").mean(), **columns)


def recalibrated(rows):
    """Rows with what their networks answer once batch norm is recalibrated for accuracy and right; those that did not
    keep it are left out.
    """
    rows = rows[[isinstance(right, np.ndarray) for right in rows.get("right_again", [None] * len(rows))]]
    told = rows.drop(columns="balanced", errors="ignore")  # that is of the answers before
    return told.assign(accuracy=rows["recalibrated"], right=rows["right_again"]) if len(rows) else rows


def rows_of(folder, on="one set"):
    """The rows of every notebook in a results folder, as one pandas table with the notebook's stem in column notebook.

    With the columns that with_right adds. on: which notebooks: those on 'one set' of data (and what was done to it), on
    'several sets', on 'channels' (series of several), or on 'all'. What a notebook's rows don't have is '' in columns
    of text, NaN in columns of numbers; labels not said to be shuffled are not.
    """
    tables = []
    for path in sorted(folder.glob("*.csv")):
        if "." not in path.stem and "accuracy" in (table := pd.read_csv(path)) and on in ("all", _kind(table)):
            predicted = folder / f"{path.stem}.predictions.csv"
            told = pd.read_csv(predicted) if predicted.exists() else pd.DataFrame(columns=NONE)
            tables.append(with_right(table, told).assign(notebook=path.stem))
    rows = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    return _filled(rows)


def instead(rows, others, columns):
    """Rows of rows_of with the rows `others`, of another rows_of, in place of all that are like one of them in columns
    (a list of names).
    """
    like = rows.merge(others[columns].drop_duplicates(), how="left", indicator=True)["_merge"] == "both"
    return _filled(pd.concat([others, rows[~like.to_numpy()]], ignore_index=True))


def _filled(rows):
    """Rows with '' for what they lack in columns of text."""
    if "shuffled" in rows:
        rows = rows.assign(shuffled=rows["shuffled"].isin([True]))
    text = rows.select_dtypes(exclude="number").columns.drop(["right", "right_again"], errors="ignore")
    return rows.assign(**rows[text].fillna(""))


def of_notebook(rows, name):
    """The rows of one notebook, found by its name without the number, which a new notebook may change."""
    return rows[rows["notebook"].str[3:] == name]


def _kind(table):
    """What rows_of says that a table's rows are on."""
    if "channels" in table:
        return "channels"
    is_several = "dataset" in table and table["dataset"].str.partition(", ")[0].nunique() > 1
    return "several sets" if is_several else "one set"


def plain_weights(rows):
    """Rows whose weights say 'pretrained' wherever they came from, so that arms have short names; random ones stay
    random.
    """
    return rows.assign(weights=rows["weights"].str.replace("^(hub|wheel|file).*", "pretrained", regex=True))


def largest(rows):
    """Rows on the largest pictures: without those that are as small as the plot in a figure with axes."""
    return rows[rows["size"] == rows["size"].max()]


def once(rows):
    """Rows with columns arm and notebook, each arm as one notebook ran it: the first of those that have it on most
    splits. So no mean mixes what several processors made of the same runs; a run counts once.
    """
    held = rows.groupby(["arm", "notebook"])["split"].nunique().groupby("arm").idxmax()
    own = pd.MultiIndex.from_frame(rows[["arm", "notebook"]]).isin(held)
    return rows[own].drop_duplicates(["arm", "split", "seed"])


def untrained(rows):
    """Heads on networks that were never trained, of a backbone and size that no fine-tuned row has."""
    kinds = pd.MultiIndex.from_frame(rows[["backbone", "size"]])
    is_tuned = kinds.isin(kinds[rows["method"] == "fine-tune"])
    return rows[(rows["weights"] == "random") & (rows["layer"] != "") & ~is_tuned]
