"""Which series go wrong: tables and charts of errors, confusion matrices, the series that are hard."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from tsvision import evaluation, words
from tsvision.charts import model
from tsvision.figures import COLOURS, GREY, ends, mark_bands, panels, title


def errors_by_series(predictions):
    """How often each test series is misclassified, the most often first.

    predictions: a row a run and series, with columns series, label, predicted. Returns columns series, label, runs,
    wrong (runs) and mostly (the class most often predicted when wrong, -1 if never wrong).
    """
    lines = []
    for (series, label), group in predictions.groupby(["series", "label"]):
        wrong = group.loc[group["predicted"] != label, "predicted"]
        lines.append(
            {
                "series": series,
                "label": label,
                "runs": len(group),
                "wrong": len(wrong),
                "mostly": int(wrong.mode().iloc[0]) if len(wrong) else -1,
            }
        )
    return pd.DataFrame(lines).sort_values(["wrong", "series"], ascending=[False, True], ignore_index=True)


def items(rows, by, classes, labels):
    """Who gets each series right: a table, a line a series, the hardest first.

    rows: with the column right, see results.with_right. Columns: series, class, default (whether the default split tests it; only if
    rows have that split), right (the share of all answers about it that are right, each arm(rows, by) counting once), and one for each arm.
    """
    arms = evaluation.arm(rows, by)
    shares = pd.DataFrame({name: pd.DataFrame(np.stack(list(own))).mean() for name, own in rows["right"].groupby(arms, sort=False)})
    table = pd.DataFrame({"series": np.arange(len(shares)), "class": [classes[label] for label in labels]})
    first = rows.loc[rows["split"] == 0, "right"]
    table = table.assign(**({"default": ~np.isnan(first.iloc[0])} if len(first) else {}), right=shares.mean(axis=1))
    return pd.concat([table, shares], axis=1).sort_values(["right", "series"], ignore_index=True)


def hardest(table, share=0.1):
    """The series of items() that fewer than `share` of all answers get right, sorted."""
    return sorted(table.loc[table["right"] < share, "series"])


def by_class(rows, by, classes, labels, hard):
    """What accuracy hides: a table, a line an arm(rows, by), means over the splits that all arms have.

    rows: with the column right. hard: series. Columns: splits, accuracy, balanced (the mean of the recalls), without_hard (accuracy on
    all series but the hard), and a class's recall in each of the others, named after it.
    """
    arms = evaluation.arm(rows, by)
    splits = set.intersection(*(set(own) for _, own in rows["split"].groupby(arms)))
    rows, arms = rows[rows["split"].isin(splits)], arms[rows["split"].isin(splits)]
    easy = ~np.isin(np.arange(len(labels)), hard)
    lines = []
    for name, own in rows["right"].groupby(arms, sort=False):
        right = np.stack(list(own))
        recall = [np.nanmean(np.nanmean(right[:, labels == k], 1)) for k in range(len(classes))]
        line = {"arm": name, "splits": len(splits), "accuracy": np.nanmean(np.nanmean(right, 1)), "balanced": np.mean(recall)}
        line |= {"without_hard": np.nanmean(np.nanmean(right[:, easy], 1))}
        lines.append(line | {f"class {each}": value for each, value in zip(classes, recall)})
    return pd.DataFrame(lines)


def hard_at_bands(data, series, bands):
    """Hard series against all others of their class, and of the class whose mean is nearest: the distances at named bands, a line a series and band.

    bands: as datasets.bands gives them. Distances are root mean squares over the time steps within 4 of the band; the series itself is left
    out of its class's mean. Columns: series, class, other (the class nearest to it over the whole series, its own apart), at, what, to_own, to_other.
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
            line = {"series": int(one), "class": data.classes[own], "other": data.classes[rival], "at": at, "what": what}
            lines.append(line | {"to_own": round(to_own, 5), "to_other": round(to_other, 5)})
    return pd.DataFrame(lines)


def hard_spectra(data, table, bands):
    """The hard series of hard_at_bands() as differences from the mean of their own class, with the bands named, a panel a series."""
    series = list(dict.fromkeys(table["series"]))
    figure, axes = plt.subplots(len(series), 1, figsize=(9.5, 1.6 + 2.3 * len(series)), layout="constrained", sharex=True, sharey=True, squeeze=False)
    told = []
    for axis, one in zip(axes[:, 0], series):
        own, rival = data.labels[one], list(data.classes).index(table.loc[table["series"] == one, "other"].iloc[0])
        others = np.arange(len(data.labels)) != one
        mean = data.series[others & (data.labels == own)].mean(0)
        for line in data.series[others & (data.labels == own)]:
            axis.plot(data.axis[1], line - mean, color=GREY, linewidth=0.3, alpha=0.6)
        rival_mean = data.series[data.labels == rival].mean(0) - mean
        axis.plot(data.axis[1], rival_mean, color=COLOURS[1], linewidth=1.2, label=f"mean of class {data.classes[rival]}")
        axis.plot(data.axis[1], data.series[one] - mean, color="black", linewidth=1, label=f"series {one}, of class {data.classes[own]}")
        axis.plot([], [], color=GREY, linewidth=0.6, label=f"the others of class {data.classes[own]}")
        mark_bands(axis, bands if one == series[0] else bands.assign(what=""))
        axis.legend(fontsize=7, frameon=False, loc="lower left", ncols=3)
        axis.set_ylabel(f"minus the mean\nof class {data.classes[own]}", fontsize=8)
        whole = table[(table["series"] == one) & (table["at"] == "whole")].iloc[0]
        nearer = whole["other"] if whole["to_other"] < whole["to_own"] else whole["class"]
        told.append(f"{one} lies nearer to class {nearer}")
    axes[-1, 0].set(xlabel=data.axis[0], xlim=ends(data))
    title(figure, f"The series that nearly every method gets wrong: {'; '.join(told)}")
    return figure


def confusion(rows, predictions, classes):
    """Confusion matrix over all runs, in percent of each true class, a panel for each method and view."""
    arms = evaluation.arm(rows, ["method", "view"])
    methods = list(arms.unique())
    figure, axes = panels(len(methods), width=4, height=4.2)
    worst = []
    for axis, method in zip(axes, methods):
        part = predictions[predictions["run"].isin(rows.index[arms == method])]
        counts = np.zeros((len(classes), len(classes)))
        np.add.at(counts, (part["label"], part["predicted"]), 1)
        share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
        axis.imshow(share, cmap="Blues", vmin=0, vmax=1)
        for i, j in np.ndindex(share.shape):
            axis.text(
                j, i, f"{share[i, j]:.0%}", ha="center", va="center", color="white" if share[i, j] > 0.5 else "black"
            )
        axis.set(
            title=words.plain(method),
            xlabel="predicted class",
            ylabel="true class",
            xticks=range(len(classes)),
            xticklabels=classes,
            yticks=range(len(classes)),
            yticklabels=classes,
        )
        name = f"{words.plain(method)}, " if len(methods) > 1 else ""
        worst.append(f"{name}class {classes[int(share.diagonal().argmin())]} ({share.diagonal().min():.0%} right)")
    title(figure, f"{model(rows)}all seeds; hardest to recognise: {'; '.join(worst)}")
    return figure


def most_confused(data, errors):
    """The four test series most often wrong, as difference from the mean of all training series, beside two class means."""
    worst = errors.head(4)
    figure, axes = panels(len(worst), width=2.9, height=3.6, sharex=True, sharey=True)
    overall = data.series[data.train].mean(0)
    for axis, line in zip(axes, worst.itertuples()):
        for k, what, colour in ((line.label, "its own", COLOURS[0]), (line.mostly, "mostly predicted:", COLOURS[1])):
            if k >= 0:
                mean = data.series[data.train & (data.labels == k)].mean(0)
                axis.plot(
                    data.axis[1], mean - overall, color=colour, linewidth=1, label=f"{what} class {data.classes[k]}"
                )
        axis.plot(data.axis[1], data.series[line.series] - overall, color="black", linewidth=0.8, label="this series")
        axis.set(
            title=f"series {line.series}: wrong in {line.wrong} of {line.runs}",
            xlabel=data.axis[0],
            xlim=ends(data),
        )
        axis.legend(fontsize=7, frameon=False)
    axes[0].set_ylabel("difference from the training mean")
    always = int((errors["wrong"] == errors["runs"]).sum())
    title(
        figure,
        f"{always} of {len(errors)} test series are wrong in every run, {int((errors['wrong'] == 0).sum())} in none; the worst {len(worst)}",
    )
    return figure
