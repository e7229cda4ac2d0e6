"""Which recipe to take for one's own series, what may be promised of it, and its answers: tables and sentences."""

import numpy as np
import pandas as pd

from tsvision.evaluation import paired, words

ENOUGH = 10  # series of a class; with fewer how many of them are recognised lies anywhere within 30 points or more


def choose(rows, by, order):
    """Which of the arms(rows, by) to take: the first of order, until another is better.

    order: names of arms, the simplest first: each is held against the one taken so far, on the same splits, and takes
    its place where the 95 % interval of the difference, one comparison at a time, lies above zero. Returns (name,
    lines): the comparisons made, as paired.compared gives them. What was chosen as the best on some splits is
    flattered a little by its mean on them.
    """
    arms, taken, lines = paired.arm(rows, by), order[0], []
    for other in order[1:]:
        line = paired.compared(rows[arms.isin([taken, other])], by, taken)
        taken = other if line["low"].iloc[0] > 0 else taken
        lines.append(line)
    return taken, pd.concat(lines, ignore_index=True) if lines else pd.DataFrame(columns=paired.LINE[1:])


def promise(told, taken, labels, classes):
    """What a summary's line says of the recipe taken, and of which classes nothing can be said, as a sentence.

    told: paired.summary(rows, ["recipe"]). labels (n,), 0 to k - 1, of the labelled series; classes: the k names.
    """
    line, counts = told.set_index("recipe").loc[taken], np.bincount(labels, minlength=len(classes))
    n, n_test = len(labels), int(line["n_test"])
    text = (
        f"{words.plain(taken)}, of {len(told)} recipes tried, gets {line['mean']:.0%} of such series right"
        f" [{line['low']:.0%} to {line['high']:.0%}], {line['balanced']:.0%} in the mean of the classes;"
        f" {line['splits']:.0f} splits, trained on {n - n_test} series, tested on {n_test}"
    )
    few = [f"{classes[k]} ({count} series)" for k, count in enumerate(counts) if count < ENOUGH]
    return text + (f"; too few series to promise anything of class {', '.join(few)}" if few else "")


def answers(names, classes, probabilities, learnt, labels=None):
    """What new series are taken for: a table, a line a series.

    probabilities (n, k), of a recipe that learnt from so many series: 40 series without a mistake do not make the
    next one certain, so that one more counts of which nothing is known; a cap, no calibration. labels: the true
    classes where they are known. Columns: name, predicted (the class), probability (of that class), P of each class,
    label.
    """
    told = (learnt * np.asarray(probabilities, float) + 1 / len(classes)) / (learnt + 1)
    table = pd.DataFrame({"name": list(names), "predicted": np.asarray(classes, object)[told.argmax(1)]})
    table["probability"] = told.max(1).round(4)
    table = table.join(pd.DataFrame(told.round(4), columns=[f"P {one}" for one in classes]))
    return table if labels is None else table.assign(label=list(labels))
