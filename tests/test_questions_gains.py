"""Nested splits: what a larger training set adds, on the series that no size of training set holds."""

import numpy as np
import pandas as pd
import pytest

from tsvision import evaluation
from tsvision.study import questions

ROW = {"seed": 0, "n_train": 30}


def scored():
    """Runs of three and of four training series of six, and what they said: + where a series was told right."""
    runs = [  # arm, split, n_train, {series: was it right}
        ("A", 0, 3, {3: "-", 4: "+", 5: "+"}),
        ("A", 0, 4, {4: "+", 5: "-"}),
        ("A", 1, 3, {0: "-", 1: "+", 2: "+"}),
        ("A", 1, 4, {0: "+", 2: "+"}),
        ("A", 2, 3, {1: "+", 3: "+", 5: "+"}),  # nobody was trained on four in this split
        ("B", 0, 3, {3: "+", 4: "-", 5: "-"}),
        ("B", 0, 4, {4: "-", 5: "+"}),
        ("B", 1, 3, {0: "-", 1: "+", 2: "-"}),  # but A was
    ]
    table = pd.DataFrame(
        [ROW | {"arm": arm, "split": k, "n_train": n, "n_test": len(said)} for arm, k, n, said in runs]
    )
    predictions = [
        {"run": run, "series": series, "label": 2, "predicted": 2 if sign == "+" else 1}
        for run, (*_, said) in enumerate(runs)
        for series, sign in said.items()
    ]
    return table.assign(accuracy=0.0, correct=0), pd.DataFrame(predictions)


def test_common_scores_the_series_that_no_size_trains_on():
    table, predictions = scored()
    again = questions.common(table, predictions)
    # those that the larger size tests: 4 and 5 in split 0, 0 and 2 in split 1, none in split 2
    assert again.index.tolist() == [0, 1, 2, 3, 5, 6, 7]
    assert again["accuracy"].tolist() == [1, 0.5, 0.5, 1, 0, 0.5, 0]
    assert again["correct"].tolist() == [2, 1, 1, 2, 0, 1, 0]
    assert again["trained"].tolist() == [3, 4, 3, 4, 3, 4, 3]
    assert set(again["n_test"]) == {2} and set(again["n_train"]) == {4}
    assert again["arm"].tolist() == ["A"] * 4 + ["B"] * 3
    right = ["    11", "    10", "0 1   ", "1 1   ", "    00", "    01", "0 0   "]
    assert ["".join(" " if np.isnan(one) else f"{one:g}" for one in each) for each in again["right"]] == right


def test_common_knows_a_run_by_its_number_and_not_by_its_place():
    table, predictions = scored()
    again = questions.common(table[::-1], predictions.sample(frac=1, random_state=0))
    pd.testing.assert_frame_equal(again.sort_index(), questions.common(table, predictions), check_dtype=False)


def answered(arm, split, trained, signs):
    """A run on two of four series: 1 right, 0 wrong, blank where it did not test."""
    right = np.array([np.nan if sign == " " else float(sign) for sign in signs])
    return {"seed": 0, "n_train": 2, "n_test": 2, "arm": arm, "split": split, "trained": trained, "right": right}


def test_gains_are_those_from_the_smallest_to_the_largest_size_of_each_arm_and_minus_the_reference_s():
    runs = [
        ("A", 0, 30, "00  "),
        ("A", 0, 40, "00  "),
        ("A", 0, 50, "01  "),
        ("A", 1, 30, " 01 "),
        ("A", 1, 50, " 11 "),
    ]
    runs += [("B", 0, 30, "01  "), ("B", 0, 50, "00  "), ("B", 1, 30, " 00 "), ("B", 1, 50, " 01 ")]
    runs += [("B", 2, 50, "  11")]  # a split that lacks the smallest
    table = pd.DataFrame([answered(*run) for run in runs])
    *own, (what, gained, by, reference, over) = questions.gains(table, "A")
    assert [(arm, *part[1:]) for arm, *part in own] == [
        ("A", ["trained"], "trained 30", "split"),
        ("B", ["trained"], "trained 30", "split"),
    ]
    assert [part["trained"].tolist() for _, part, *_ in own] == [[30, 50, 30, 50], [30, 50, 30, 50, 50]]
    assert (what, by, reference, over) == ("gain from 30 to 50", ["arm"], "A", "split")
    found = {
        key: np.nan_to_num(right, nan=9).tolist() for key, right in gained.set_index(["arm", "split"])["right"].items()
    }
    assert found == {("A", 0): [0, 1, 9, 9], ("A", 1): [9, 1, 0, 9], ("B", 0): [0, -1, 9, 9], ("B", 1): [9, 0, 1, 9]}
    family = evaluation.family([*own, (what, gained, by, reference, over)])
    assert family[["what", "arm", "pairs"]].to_numpy().tolist() == [
        ["A", "trained 50", 2],
        ["B", "trained 50", 2],
        ["gain from 30 to 50", "B", 2],
    ]
    assert family["difference"].tolist() == pytest.approx([0.5, 0, -0.5])  # the last: (0 - 2) / 2, (-1 + 1) / 2


def test_gains_need_two_sizes():
    table = pd.DataFrame([answered("A", 0, 30, "00  "), answered("B", 0, 30, "01  ")])
    with pytest.raises(evaluation.Missing, match="^nothing has run on two sizes of training set, only on 30$"):
        questions.gains(table, "A")
