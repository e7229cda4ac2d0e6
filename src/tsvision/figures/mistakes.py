"""Which series go wrong: confusion matrices, the series most confused, the hard ones; evaluation has their tables."""

import matplotlib.pyplot as plt
import numpy as np

from tsvision import evaluation
from tsvision.evaluation import words
from tsvision.figures.base import COLOURS, GREY, ends, in_plain_style, mark_bands, panels, title
from tsvision.figures.charts import model


@in_plain_style
def hard_spectra(data, table, bands):
    """The series of evaluation.hard_at_bands() as differences from the mean of their own class, with the bands named, a
    panel a series.
    """
    series = list(dict.fromkeys(table["series"]))
    figure, axes = plt.subplots(
        len(series),
        1,
        figsize=(9.5, 1.6 + 2.3 * len(series)),
        layout="constrained",
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    told = []
    for axis, one in zip(axes[:, 0], series):
        own, rival = data.labels[one], list(data.classes).index(table.loc[table["series"] == one, "other"].iloc[0])
        others = np.arange(len(data.labels)) != one
        mean = data.series[others & (data.labels == own)].mean(0)
        for line in data.series[others & (data.labels == own)]:
            axis.plot(data.axis[1], line - mean, color=GREY, linewidth=0.3, alpha=0.6)
        rival_mean = data.series[data.labels == rival].mean(0) - mean
        axis.plot(
            data.axis[1], rival_mean, color=COLOURS[1], linewidth=1.2, label=f"mean of class {data.classes[rival]}"
        )
        axis.plot(
            data.axis[1],
            data.series[one] - mean,
            color="black",
            linewidth=1,
            label=f"series {one}, of class {data.classes[own]}",
        )
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


@in_plain_style
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


@in_plain_style
def most_confused(data, errors):
    """The four test series most often wrong, as difference from the mean of all training series, beside two class
    means.
    """
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
        f"{always} of {len(errors)} test series are wrong in every run, {int((errors['wrong'] == 0).sum())} in none;"
        f" the worst {len(worst)}",
    )
    return figure
