"""Which recipe is taken, what is promised of it, and the table of answers, by hand."""

import numpy as np
import pandas as pd
import pytest
from toys import signed

from tsvision import evaluation

LOW, HIGH = ["+" * 14 + "-" * 6 + " " * 20] * 6, ["+" * 20 + " " * 20] * 6


def rows(**recipes):
    parts = [signed(texts, recipe=name, balanced=0.5).assign(seed=range(6)) for name, texts in recipes.items()]
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize(
    "made, expected, held",
    [
        ({"a": LOW, "b": HIGH, "c": HIGH}, "b", [("b", "a"), ("c", "b")]),  # c is no better than b
        ({"a": HIGH, "b": LOW, "c": HIGH}, "a", [("b", "a"), ("c", "a")]),
        ({"a": LOW, "b": LOW, "c": HIGH}, "c", [("b", "a"), ("c", "a")]),
        ({"a": LOW}, "a", []),
    ],
)
def test_the_simplest_recipe_is_taken_until_another_is_better_beyond_doubt(made, expected, held):
    taken, lines = evaluation.choose(rows(**made), ["recipe"], list(made))
    assert taken == expected and list(zip(lines["arm"], lines["reference"])) == held


def test_one_split_cannot_tell_and_leaves_the_simplest():
    one = rows(a=LOW, b=HIGH).query("split == 0")
    assert evaluation.choose(one, ["recipe"], ["a", "b"])[0] == "a"


def test_a_promise_names_classes_of_which_there_are_too_few():
    told = evaluation.summary(rows(a=LOW, b=HIGH), ["recipe"])
    labels, line = np.repeat([0, 1, 2], [30, 9, 1]), told.iloc[0]
    assert evaluation.promise(told, "a", labels, ("x", "y", "z")) == (
        f"a, of 2 recipes tried, gets 70% of such series right [{line['low']:.0%} to {line['high']:.0%}], 50% in the"
        " mean of the classes; 6 splits, trained on 20 series, tested on 20; too few series to promise anything of"
        " class y (9 series), z (1 series)"
    )
    assert evaluation.promise(told, "a", np.repeat(0, 40), ("x",)).endswith("tested on 20")


def test_answers_hold_the_class_and_every_probability_and_none_is_certain():
    # of 9 series, and one of which nothing is known: (9 .75 + .5) / 10, (9 + .5) / 10
    table = evaluation.answers(["s1", "line 2"], np.array(["no", "yes"]), [[0.25, 0.75], [1, 0]], 9)
    assert table.to_dict("records") == [
        {"name": "s1", "predicted": "yes", "probability": 0.725, "P no": 0.275, "P yes": 0.725},
        {"name": "line 2", "predicted": "no", "probability": 0.95, "P no": 0.95, "P yes": 0.05},
    ]
    known = evaluation.answers(["s1"], ["no", "yes"], [[0.25, 0.75]], 9, ["no"])
    assert known["label"].tolist() == ["no"]
