"""Which series go wrong, and who gets them right: tables."""

import numpy as np
import pandas as pd

from tsvision.evaluation import paired


def errors_by_series(predictions):
    """How often each test series is misclassified, the most often first.

    predictions: a row a run and series, with columns series, label, predicted. Returns columns series, label, runs,
    wrong (runs) and mostly (the class most often predicted when wrong, -1 if never wrong).
    """
    lines = []
    for (series, label), group in predictions.groupby(["series", "label"]):
        wrong = group.loc[group["predicted"] != label, "predicted"]
        line = {"series": series, "label": label, "runs": len(group), "wrong": len(wrong)}
        lines.append(line | {"mostly": int(wrong.mode().iloc[0]) if len(wrong) else -1})
    return pd.DataFrame(lines).sort_values(["wrong", "series"], ascending=[False, True], ignore_index=True)


def items(rows, by, classes, labels):
    """Who gets each series right: a table, a line a series, the hardest first.

    rows: with the column right, see rows.with_right. Columns: series, class, default (whether the default split tests
    it; only if rows have that split), right (the share of all answers about it that are right, each arm(rows, by)
    counting once), and one for each arm.
    """
    arms = paired.arm(rows, by)
    shares = pd.DataFrame(
        {name: pd.DataFrame(np.stack(list(own))).mean() for name, own in rows["right"].groupby(arms, sort=False)}
    )
    table = pd.DataFrame({"series": np.arange(len(shares)), "class": [classes[label] for label in labels]})
    first = rows.loc[rows["split"] == 0, "right"]
    table = table.assign(**({"default": ~np.isnan(first.iloc[0])} if len(first) else {}), right=shares.mean(axis=1))
    return pd.concat([table, shares], axis=1).sort_values(["right", "series"], ignore_index=True)


def hardest(table):
    """The series of items() that fewer than one in ten of all answers get right, sorted."""
    return sorted(table.loc[table["right"] < 0.1, "series"])


def by_class(rows, by, classes, labels, hard):
    """What accuracy hides: a table, a line an arm(rows, by), means over the splits that all arms have.

    rows: with the column right. hard: series. Columns: splits, accuracy, balanced (the mean of the recalls),
    without_hard (accuracy on all series but the hard), and a class's recall in each of the others, named after it.
    """
    arms = paired.arm(rows, by)
    splits = set.intersection(*(set(own) for _, own in rows["split"].groupby(arms)))
    rows, arms = rows[rows["split"].isin(splits)], arms[rows["split"].isin(splits)]
    easy = ~np.isin(np.arange(len(labels)), hard)
    lines = []
    for name, own in rows["right"].groupby(arms, sort=False):
        right = np.stack(list(own))
        recall = [np.nanmean(np.nanmean(right[:, labels == k], 1)) for k in range(len(classes))]
        accuracy, without = (np.nanmean(np.nanmean(part, 1)) for part in (right, right[:, easy]))
        line = {"arm": name, "splits": len(splits), "accuracy": accuracy}
        line |= {"balanced": np.mean(recall), "without_hard": without}
        lines.append(line | {f"class {each}": value for each, value in zip(classes, recall)})
    return pd.DataFrame(lines)


def hard_at_bands(data, series, bands):
    """Hard series against all others of their class, and of the class whose mean is nearest: the distances at named
    bands, a line a series and band.

    bands: as data.bands gives them. Distances are root mean squares over the time steps within 4 of the band; the
    series itself is left out of its class's mean. Columns: series, class, other (the class nearest to it over the whole
    series, its own apart), at, what, to_own, to_other.
    """
    lines = []
    for one in series:
        others = np.arange(len(data.labels)) != one
        means = np.array([data.series[others & (data.labels == k)].mean(0) for k in range(len(data.classes))])
        away = np.sqrt(((data.series[one] - means) ** 2).mean(1))
        own = data.labels[one]
        rival = int(np.where(np.arange(len(away)) == own, np.inf, away).argmin())
        parts = [("whole", "all time steps", np.ones(data.series.shape[1], bool))]
        parts += [(line.at, line.what, abs(data.axis[1] - line.at) <= 4) for line in bands.itertuples()]
        for at, what, near in parts:
            to_own, to_other = (float(np.sqrt(((data.series[one] - means[k])[near] ** 2).mean())) for k in (own, rival))
            line = {"series": int(one), "class": data.classes[own], "other": data.classes[rival]}
            line |= {"at": at, "what": what, "to_own": round(to_own, 5), "to_other": round(to_other, 5)}
            lines.append(line)
    return pd.DataFrame(lines)
