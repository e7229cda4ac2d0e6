"""Which series go wrong: confusion matrices, the series most confused, the hard ones; evaluation has their tables."""

import matplotlib.pyplot as plt
import numpy as np

from tsvision import evaluation
from tsvision.evaluation import words
from tsvision.figures.base import COLOURS, GREY, cells, class_means, ends, in_plain_style, mark_bands, panels, title
from tsvision.figures.charts import model
from tsvision.figures.limits import MOST, brief, brief_classes, left_out, spread


@in_plain_style
def hard_spectra(data, table, bands):
    """The series of evaluation.hard_at_bands() as differences from the mean of their own class, with the bands named, a
    panel each of the first eight.
    """
    whole = table[table["at"] == "whole"]
    shown, names, data = whole.head(8), data.classes, brief(data)
    steps, size = data.axis[1], (9.5, 1.6 + 2.3 * len(shown))
    figure, axes = plt.subplots(len(shown), 1, figsize=size, sharex=True, sharey=True, squeeze=False)
    told = []
    for axis, line in zip(axes[:, 0], shown.to_dict("records")):
        one, own, rival = line["series"], names.index(line["class"]), names.index(line["other"])
        others = np.arange(len(data.labels)) != one
        means, name = class_means(data, others), data.classes[own]
        for other in spread(data.series[others & (data.labels == own)], len(shown)):
            axis.plot(steps, other - means[own], color=GREY, linewidth=0.3, alpha=0.6)
        label = f"mean of class {data.classes[rival]}"
        axis.plot(steps, means[rival] - means[own], color=COLOURS[1], linewidth=1.2, label=label)
        label = f"series {one}, of class {name}"
        axis.plot(steps, data.series[one] - means[own], color="black", linewidth=1, label=label)
        axis.plot([], [], color=GREY, linewidth=0.6, label=f"the others of class {name}")
        mark_bands(axis, bands, named=axis is axes[0, 0])
        axis.legend(loc="lower left", ncols=3)
        axis.set_ylabel(f"minus the mean\nof class {name}", fontsize=8)
        told.append(f"{one} lies nearer to class {data.classes[rival if line['to_other'] < line['to_own'] else own]}")
    axes[-1, 0].set(xlabel=data.axis[0], xlim=ends(data))
    others = left_out(len(shown), len(whole), "series", "first")
    return title(figure, f"The series least often right: {'; '.join(told)}{others}")


@in_plain_style
def confusion(rows, predictions, classes):
    """Confusion matrix over all runs, in percent of each true class, a panel for each method and view; of many classes
    those of the pairs most often taken for each other.
    """
    arms = evaluation.arm(rows, ["method", "view"])
    counts = {method: np.zeros((len(classes), len(classes))) for method in arms.unique()}
    for method, own in counts.items():
        part = predictions[predictions["run"].isin(rows.index[arms == method])]
        np.add.at(own, (part["label"], part["predicted"]), 1)
    shown, worst = _confused(sum(counts.values())), []
    classes = brief_classes(classes)
    names, side = [classes[k] for k in shown], 0.6 * len(shown)
    figure, axes = panels(len(counts), width=max(4, side), height=max(4.2, side))
    for axis, (method, own) in zip(axes, counts.items()):
        whole = own / np.maximum(own.sum(1, keepdims=True), 1)
        cells(axis, whole[np.ix_(shown, shown)], colormap="Blues", unit="%")
        axis.set(title=words.plain(method), xlabel="predicted class", ylabel="true class", aspect="equal")
        axis.set_xticks(range(len(names)), names, rotation=90 if len("".join(names)) > 24 else 0)
        axis.set_yticks(range(len(names)), names)
        name = f"{words.plain(method)}, " if len(counts) > 1 else ""
        right = np.where(own.any(1), whole.diagonal(), 1)
        if right.min() < 1:
            worst.append(f"{name}class {classes[int(right.argmin())]} ({right.min():.0%} right)")
    others = left_out(len(shown), len(classes), "classes", "most confused")
    hardest = f"hardest to recognise: {'; '.join(worst)}" if worst else "nothing is taken for anything else"
    return title(figure, f"{model(rows)}all runs; {hardest}{others}")


def _confused(counts):
    """The numbers of the MOST classes most often taken for each other, in order, of counts (k, k)."""
    pairs = np.argsort(-np.triu(counts + counts.T, 1), axis=None, kind="stable")
    return sorted(list(dict.fromkeys(np.stack(np.unravel_index(pairs, counts.shape), 1).ravel().tolist()))[:MOST])


@in_plain_style
def most_confused(data, errors):
    """The four test series most often wrong, as difference from the mean of all training series, beside two class
    means.
    """
    worst, data = errors.head(4), brief(data)
    figure, axes = panels(len(worst), width=2.9, height=3.6, sharex=True, sharey=True)
    overall = data.series[data.train].mean(0)
    for axis, line in zip(axes, worst.itertuples()):
        for k, what, colour in ((line.label, "its own", COLOURS[0]), (line.mostly, "mostly predicted:", COLOURS[1])):
            if k >= 0:
                mean, label = data.series[data.train & (data.labels == k)].mean(0), f"{what} class {data.classes[k]}"
                axis.plot(data.axis[1], mean - overall, color=colour, linewidth=1, label=label)
        axis.plot(data.axis[1], data.series[line.series] - overall, color="black", linewidth=0.8, label="this series")
        axis.set(title=f"series {line.series}: wrong in {line.wrong} of {line.runs}")
        axis.set(xlabel=data.axis[0], xlim=ends(data))
        axis.legend()
    axes[0].set_ylabel("difference from the training mean")
    always, never = int((errors["wrong"] == errors["runs"]).sum()), int((errors["wrong"] == 0).sum())
    heading = f"{always} of {len(errors)} test series are wrong in every run, {never} in none; the worst {len(worst)}"
    if never == len(errors):
        heading = f"No test series is wrong in any run; {len(worst)} of {len(errors)}"
    return title(figure, heading)
