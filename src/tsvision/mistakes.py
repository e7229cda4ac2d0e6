"""Which series go wrong: tables and charts of errors, confusion matrices, the series that are hard."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import PercentFormatter

from tsvision import evaluation
from tsvision.charts import model
from tsvision.figures import COLOURS, panels, title


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


def wrong_shares(rows, predictions, by):
    """How often each series is misclassified when it is tested: a table, a line a series, a column an evaluation.arm(rows, by).

    predictions: a row a run and series, with columns run (a line of rows), series, label, predicted. Shares over the runs
    and splits that test a series; NaN where none does.
    """
    wrong = predictions.assign(
        arm=predictions["run"].map(evaluation.arm(rows, by)), wrong=predictions["label"] != predictions["predicted"]
    )
    order = list(dict.fromkeys(evaluation.arm(rows, by)))
    return wrong.pivot_table(index="series", columns="arm", values="wrong", aggfunc="mean")[order]


def hard_series(shares):
    """How often each series is wrong when it is tested, a column a method: shares from wrong_shares."""
    share = shares.mean(axis=1)
    shown = shares[share >= min(0.2, share.max())]
    figure, axis = plt.subplots(figsize=(7.5 + 0.4 * len(shown), 1.9 + 0.34 * shares.shape[1]), layout="constrained")
    picture = axis.imshow(shown.T, cmap="cividis", vmin=0, vmax=1, aspect="auto")
    axis.set(
        xticks=range(len(shown)),
        xticklabels=shown.index,
        yticks=range(shares.shape[1]),
        yticklabels=shares.columns.map(evaluation.short),
    )
    axis.set_xlabel("series (0-based, training first)")
    figure.colorbar(picture, label="share of splits in which it is wrong", format=PercentFormatter(1, 0))
    most = shares.index[(shares > 0.5).mean(axis=1) >= 0.75]
    title(
        figure,
        f"{len(most)} of {len(shares)} series ({', '.join(map(str, most)) or 'none'}) are wrong more often than not under three "
        f"quarters of {shares.shape[1]} methods: who gets all others right scores {1 - len(most) / len(shares):.1%}",
    )
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
            title=method,
            xlabel="predicted class",
            ylabel="true class",
            xticks=range(len(classes)),
            xticklabels=classes,
            yticks=range(len(classes)),
            yticklabels=classes,
        )
        name = f"{method}, " if len(methods) > 1 else ""
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
            xlim=data.axis[1][[0, -1]],
        )
        axis.legend(fontsize=7, frameon=False)
    axes[0].set_ylabel("difference from the training mean")
    always = int((errors["wrong"] == errors["runs"]).sum())
    title(
        figure,
        f"{always} of {len(errors)} test series are wrong in every run, {int((errors['wrong'] == 0).sum())} in none; the worst {len(worst)}",
    )
    return figure
