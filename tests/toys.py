"""Rows, predictions and series made by hand, for several files of tests; 30 test series and ten splits if not said."""

import numpy as np
import pandas as pd

from tsvision import evaluation
from tsvision.study import verdicts

ROW = {"dataset": "OliveOil", "split": 0, "seed": 0, "n_train": 30, "n_test": 30, "device": "cpu", "shuffled": False}
NETWORK = {"backbone": "net.tag", "weights": "hub:x", "stands_in_for": "", "encoding": "gadf", "colormap": "viridis"}
NETWORK |= {"size": 64, "view": "resize"}
TUNED = NETWORK | {"method": "fine-tune", "epochs": 20, "lr_mult": 100.0, "noise": 0.0}
HEAD = NETWORK | {"method": "frozen, ridge head", "layer": "all"}
PLAIN = {"method": "shrinkage LDA"}

LOW, HIGH, LEAST = [18] * 10, [27] * 10, [9] * 10
WILD = [12, 26] * 5  # one more than LOW in the mean, but half of the splits say the contrary
EQUAL, OPEN, HOLDS, FAILS = "no difference that matters", evaluation.OPEN, verdicts.HOLDS, verdicts.FAILS

# what is compared with LOW, the word for it, and the verdicts on 'as good' and on 'better'
WORDS = [(HIGH, "better"), (LEAST, "worse"), (LOW, EQUAL), (WILD, OPEN)]
AS_GOOD = {"better": HOLDS, "worse": FAILS, EQUAL: HOLDS, OPEN: OPEN}
BETTER = AS_GOOD | {EQUAL: FAILS}


def rows(kind, corrects, over="split", first=0, again=None, **other):
    """Rows of one kind with these numbers of right answers of 30: a split each from `first` on, or a seed each on the
    default split.

    As results.grid makes them: fine-tuned on several splits, a run's seed is the split's number. again: right once
    batch norm is recalibrated.
    """
    own = ("split", "seed") if over == "split" and kind["method"] == "fine-tune" else (over,)
    other |= {} if again is None else {"recalibrated": [one / 30 for one in again]}
    lines = [
        ROW | kind | {"correct": correct, "accuracy": round(correct / 30, 6)} | dict.fromkeys(own, k)
        for k, correct in enumerate(corrects, first)
    ]
    return pd.DataFrame(lines).assign(**other)


def predicted(table):
    """Predictions that agree with rows, of 60 series of class 0: split k tests those from 6k on, the first right.

    So a run with more right answers has all that one with fewer has. What the two differ in moves with the split, and
    on the default split with the seed, over all series: none has a share of its own in the difference, and equal
    numbers are equal answers.
    """
    each = table.loc[table.index.repeat(table["n_test"])]
    places = np.concatenate([np.arange(n_test) for n_test in table["n_test"]])
    turned = (places - 3 * each["seed"] * (each["split"] == 0)) % each["n_test"]
    made = {"run": each.index, "series": (places + 6 * each["split"]) % 60, "label": 0}
    made |= {"predicted": (turned >= each["correct"]).astype(int)}
    if "recalibrated" in table:
        again = (each["recalibrated"] * each["n_test"]).round()
        made["recalibrated"] = (turned >= again).astype(float).where(again.notna())
    return pd.DataFrame(made)


def signs(text):
    """Who is right about each series: + right, - wrong, a blank for what it trained on."""
    return np.array([{"+": 1.0, "-": 0.0, " ": np.nan}[sign] for sign in text])


def signed(texts, over="split", **own):
    """Rows with the column right, a run for each text of signs: a split each, or a seed."""
    lines = []
    for k, text in enumerate(texts):
        right, n_train = signs(text), text.count(" ")
        line = {"dataset": "OliveOil", "split": 0, "seed": 0, "n_train": n_train, "n_test": len(text) - n_train}
        lines.append(line | {over: k, "correct": np.nansum(right), "accuracy": np.nanmean(right), "right": right} | own)
    return pd.DataFrame(lines)


# --- what is judged


def judged(put, rules, claim):
    """The line on one claim of rules, as a dictionary, and its differences."""
    table, differences = verdicts.judge({claim: rules[claim]}, put.folder)
    (line,) = table.to_dict("records")
    return line, differences


def listed(differences, role="exploration"):
    """The differences of one role, a line each."""
    return "\n".join(
        f"{line.what}: {line.arm} - {line.reference}, {line.pairs} {line.over} {round(line.difference, 3) + 0.0:+.3f} "
        + evaluation.word(line._asdict())
        for line in differences[differences["role"] == role].itertuples()
    )


def minus(right, other=LOW):
    """The mean difference of accuracies."""
    return (sum(right) - sum(other)) / 300


def assert_decides_alone(put, make, rules, claim, right, others, expected, verdict):
    """The primary comparison (as listed) and the verdict, which neither what others do nor the order of rows moves;
    several others are tried where the primary comparison leaves it open.
    """
    for rest in (*others[::-1], "turned") if right not in (HIGH, LEAST, LOW) else others[:1]:
        turn(put.folder) if rest == "turned" else make(put, right, rest)
        line, differences = judged(put, rules, claim)
        assert listed(differences, "primary") == expected and line["verdict"] == verdict
        assert evaluation.told(verdicts.primary(differences)) in line["because"]


def turn(folder):
    """Put the lines of all tables into the opposite order."""
    places = {}
    for path in sorted(folder.glob("*.csv")):  # a notebook's rows come before its predictions
        table = pd.read_csv(path, keep_default_na=False, na_values=[""]).iloc[::-1]
        places[path.stem] = {line: place for place, line in enumerate(table.index)}
        if "run" in table:
            table["run"] = table["run"].map(places[path.stem.partition(".")[0]])
        table.to_csv(path, index=False)


# --- what a figure shows


def title(figure):
    """What stands above a figure, in one line."""
    return figure.get_suptitle().replace("\n", " ")


def footer(figure):
    return figure.get_supxlabel().replace("\n", " ")


def texts(axis):
    return [text.get_text() for text in axis.texts if text.get_text()]


def names(axis, of="y"):
    """The labels of an axis's ticks."""
    return [label.get_text().replace("\n", " ") for label in getattr(axis, f"get_{of}ticklabels")()]
