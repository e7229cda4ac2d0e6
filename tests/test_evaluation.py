import math

import numpy as np
import pandas as pd
import pytest
from conftest import answers
from scipy import stats

from tsvision import evaluation


@pytest.mark.parametrize(
    "correct, low, high", [(27, 0.744, 0.965), (28, 0.787, 0.982), (29, 0.833, 0.994), (30, 0.886, 1.0)]
)
def test_wilson_against_the_printed_values_for_30_series(correct, low, high):
    assert evaluation.wilson(correct, 30) == pytest.approx((low, high), abs=6e-4)


def test_wilson_by_its_formula_and_against_scipy():
    p, n, z = 0.8, 10, stats.norm.ppf(0.975)
    middle, half = (
        (p + z * z / 2 / n) / (1 + z * z / n),
        z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / 4 / n / n),
    )
    assert evaluation.wilson(8, 10) == pytest.approx((middle - half, middle + half))
    scipy = stats.binomtest(8, 10).proportion_ci(method="wilson")
    assert evaluation.wilson(8, 10) == pytest.approx((scipy.low, scipy.high))
    assert (
        evaluation.wilson(28, 30)[0] < evaluation.wilson(28.5, 30)[0] < evaluation.wilson(29, 30)[0]
    )  # a mean over seeds


def test_wilson_holds_the_accuracy_itself():
    ends = [(evaluation.wilson(0, n)[0], evaluation.wilson(n, n)[1]) for n in range(1, 200)]
    assert all(low <= 0 and high >= 1 for low, high in ends)
    for k in range(0, 301):
        low, high = evaluation.wilson(k / 10, 30)
        assert low <= k / 10 / 30 <= high


@pytest.mark.parametrize("correct, n", [(-1, 30), (31, 30), (0, 0)])
def test_wilson_refuses_impossible_counts(correct, n):
    with pytest.raises(ValueError, match="correct: expected 0 to n"):
        evaluation.wilson(correct, n)


def rows(over="seed", **methods):
    """A row for each number of right answers of 10, on the default split, or each on a split of its own."""
    each = {"seed": 0, "split": 0, "n_train": 10, "n_test": 10}
    return pd.DataFrame(
        [
            each | {"method": method, over: k, "correct": correct, "accuracy": correct / 10}
            for method, corrects in methods.items()
            for k, correct in enumerate(corrects)
        ]
    )


def test_summary_by_hand():
    line = evaluation.summary(rows(a=[6, 8, 10]), ["method"]).iloc[0]
    assert (line["runs"], line["splits"], line["worst"], line["best"], line["n_test"]) == (3, 1, 0.6, 1.0, 10)
    assert (line["mean"], line["sd"]) == pytest.approx((0.8, 0.2))
    assert (line["low"], line["high"]) == evaluation.wilson(8, 10)  # n is the test series, not seeds times series
    with_fit = rows(a=[6, 8]).assign(train_accuracy=[0.5, 1.0])
    assert evaluation.summary(with_fit, ["method"]).iloc[0]["train_accuracy"] == 0.75


def test_summary_over_splits_by_hand():
    # splits .6, .7, .8, the last a mean of two seeds: mean .7, sd .1; half t(.975, 2) .1 sqrt(1/3 + 1/2) = .39278
    several = pd.concat([rows("split", a=[6, 7, 7]), rows(a=[9]).assign(split=2, seed=1)]).assign(n_train=20)
    line = evaluation.summary(several, ["method"]).iloc[0]
    assert (line["runs"], line["splits"], line["worst"], line["best"]) == (4, 3, 0.6, 0.9)
    assert (line["mean"], line["sd"]) == pytest.approx((0.7, 0.1))
    assert (line["low"], line["high"]) == (pytest.approx(0.7 - 0.39278, abs=1e-5), 1.0)  # cut off at 1


def test_summary_keeps_apart_what_differs_and_lines_that_lack_a_column():
    table = evaluation.summary(pd.concat([rows(a=[6]).assign(noise=0.1), rows(a=[8])]), ["method", "noise"])
    assert table[["noise", "mean"]].fillna("none").values.tolist() == [[0.1, 0.6], ["none", 0.8]]


def test_arm_names_numbers_and_leaves_blanks_out():
    several = pd.DataFrame(
        {"method": ["fine-tune", "1-NN", "fine-tune"], "noise": [0.1, math.nan, 0.0], "view": ["", "", "axes"]},
        index=[7, 8, 9],
    )
    arms = evaluation.arm(several, ["method", "noise", "view"])
    assert arms.to_dict() == {7: "fine-tune, noise 0.1", 8: "1-NN", 9: "fine-tune, noise 0, axes"}


def test_compared_by_hand():
    # differences 0, .1, .2, the first from two seeds: as corrected below; t of the p-value is .8660
    b = pd.concat([rows("split", b=[4, 6, 7]), rows(b=[6]).assign(seed=1)])
    line = evaluation.compared(pd.concat([rows("split", a=[5, 5, 5]), b]), ["method"], "a").iloc[0]
    half = 4.302653 * math.sqrt(0.01 * 4 / 3)
    assert (line["arm"], line["reference"], line["pairs"], line["over"], line["n_test"]) == ("b", "a", 3, "splits", 10)
    assert (line["wins"], line["ties"], line["losses"]) == (2, 1, 0)
    assert line["difference"] == pytest.approx(0.1)
    assert (line["low"], line["high"]) == pytest.approx((0.1 - half, 0.1 + half), abs=1e-6)
    assert line["p"] == pytest.approx(0.47777, abs=1e-5)
    expected = evaluation.practically_equal([0.0, 0.1, 0.2], 10, 10)
    assert (line["worse"], line["equal"], line["better"]) == pytest.approx(expected)


def test_compared_by_seed_is_students_t_on_one_split():
    line = evaluation.compared(rows(a=[5, 6, 7], b=[6, 6, 9]), ["method"], "a", over="seed").iloc[0]
    # differences .1, 0, .2: mean .1, sd .1, t(.975, 2) = 4.303
    assert (line["pairs"], line["over"], line["wins"], line["ties"], line["losses"]) == (3, "seeds", 2, 1, 0)
    assert (line["low"], line["high"]) == pytest.approx((0.1 - 0.2484, 0.1 + 0.2484), abs=1e-4)
    plain = stats.ttest_rel([0.6, 0.6, 0.9], [0.5, 0.6, 0.7])
    assert (line["low"], line["high"]) == pytest.approx(tuple(plain.confidence_interval()))
    assert line["p"] == pytest.approx(plain.pvalue)
    several = pd.concat([rows(a=[5, 6], b=[5, 6]), rows("split", a=[5, 6], b=[5, 6])])
    with pytest.raises(ValueError, match=r"one split, for pairs by seed, got \[0, 1\]"):
        evaluation.compared(several, ["method"], "a", over="seed")


def test_compared_intervals_hold_together_over_the_splits_that_both_have():
    several = pd.concat([rows("split", a=[5, 5, 5], c=[9, 7]), rows("split", b=[5, 6, 7]).assign(noise=0.5)])
    table = evaluation.compared(several, ["method", "noise"], "a")
    assert table["arm"].tolist() == ["c", "b, noise 0.5"] and table["pairs"].tolist() == [2, 3]
    # c: .4, .2: mean .3, variance .02 (1/2 + 1); b as above; 97.5 % each, p-values by Holm
    half = stats.t.ppf(1 - 0.025 / 2, [1, 2]) * np.sqrt([0.02 * 1.5, 0.01 * 4 / 3])
    assert table["difference"].tolist() == pytest.approx([0.3, 0.1])
    assert (table["high"] - table["difference"]).tolist() == pytest.approx(half.tolist())
    assert table["p"].tolist() == pytest.approx(
        evaluation.holm([1 - 2 / math.pi * math.atan(math.sqrt(3)), 0.47777]), 1e-4
    )


def test_a_family_holds_together_over_its_comparisons():
    several, seeds = rows("split", a=[5, 5, 5], b=[5, 6, 7], c=[4, 4, 7]), rows(x=[5, 5, 5], y=[6, 6, 9])
    parts = [("first", several, ["method"], "a", "split"), ("second", seeds, ["method"], "x", "seed")]
    table = evaluation.family(parts)
    assert table["what"].tolist() == ["first", "first", "second"] and table["arm"].tolist() == ["b", "c", "y"]
    level = 1 - 0.05 / 3  # three lines
    alone = [evaluation.compared(several[several["method"] != other], ["method"], "a", level=level) for other in "cb"]
    alone += [evaluation.compared(seeds, ["method"], "x", over="seed", level=level)]
    for line, own in zip(table.itertuples(), alone):
        assert (line.low, line.high, line.detectable) == pytest.approx(
            (own["low"][0], own["high"][0], own["detectable"][0])
        )
    assert table["p"].tolist() == pytest.approx(evaluation.holm([own["p"][0] for own in alone]))
    assert list(table) == evaluation.LINE


def test_one_pair_has_no_interval_and_counts_for_no_test():
    table = evaluation.compared(rows("split", a=[5, 5, 5], b=[6], c=[7, 7, 8]), ["method"], "a")
    assert table.loc[0, ["pairs", "difference", "wins"]].tolist() == [1, pytest.approx(0.1), 1]
    assert table.loc[0, ["low", "high", "p", "equal", "detectable"]].isna().all()
    assert table.loc[1, "p"] == pytest.approx(evaluation.corrected([0.2, 0.2, 0.3], 10, 10)["p"])  # Holm's of one


def test_compared_needs_the_reference_and_something_in_common():
    with pytest.raises(ValueError, match="reference: expected one of a; b, got 'c'"):
        evaluation.compared(rows("split", a=[5, 5], b=[5, 5]), ["method"], "c")
    apart = pd.concat([rows("split", a=[5, 5]), rows("split", b=[5]).assign(split=7)])
    with pytest.raises(ValueError, match="'b' and 'a' have no split in common"):
        evaluation.compared(apart, ["method"], "a")
    sizes = pd.concat([rows("split", a=[5, 5]), rows("split", b=[5, 5]).assign(n_train=20)])
    with pytest.raises(ValueError, match=r"one size of split, got n_train \[10, 20\]"):
        evaluation.compared(sizes, ["method"], "a")


def test_across_takes_the_run_of_each_split_that_has_its_number_for_seed():
    several = pd.concat([rows(a=[5, 6]), rows("split", a=[5, 7, 8]).assign(seed=[0, 1, 2])[1:]])
    assert evaluation.across(several)["correct"].tolist() == [5, 7, 8]


def test_the_reference_alone_is_compared_with_nothing():
    alone = rows("split", a=[5, 5])
    table = evaluation.compared(alone, ["method"], "a")
    assert table.empty and {"arm", "difference", "low", "high", "p", "n_test"} <= set(table)
    predictions = pd.DataFrame({"run": 0, "series": range(10), "label": 0, "predicted": 0})
    table = evaluation.discordant(alone, predictions, ["method"], "a")
    assert table.empty and {"arm", "only_reference", "only_arm", "p"} <= set(table)


def test_prediction_interval_by_hand():
    # earlier .8 .8 .9 .9 1 1: mean .9, sd .0894; two new runs: t(.975, 5) .0894 sqrt(1/6 + 1/2) = .1877, cut at 1
    low, high = evaluation.prediction_interval([0.8, 0.8, 0.9, 0.9, 1.0, 1.0], 2, 30)
    assert (low, high) == pytest.approx((0.9 - 0.1877, 1.0), abs=1e-4)


def test_prediction_interval_is_never_narrower_than_one_series_and_wilson_for_one_run():
    assert evaluation.prediction_interval([0.9, 0.9, 0.9], 3, 30) == pytest.approx((0.9 - 1 / 30, 0.9 + 1 / 30))
    assert evaluation.prediction_interval([0.9], 3, 30) == evaluation.wilson(27, 30)


def test_prediction_interval_covers_new_runs_as_often_as_it_says():
    generator = np.random.default_rng(0)
    hits = 0
    for _ in range(2000):
        low, high = evaluation.prediction_interval(generator.normal(0.6, 0.08, 8), 3, 10**6)
        hits += low <= generator.normal(0.6, 0.08, 3).mean() <= high
    assert 0.935 < hits / 2000 < 0.965


def test_discordant_by_hand():
    # b loses 6 and wins none: 2 / 2^6; c loses 1 and wins 3: 2 (1 + 4) / 16; Holm: twice the first
    runs = pd.DataFrame({"method": ["a", "c", "b", "b", "a"], "split": [0, 0, 0, 0, 1]})
    predictions = answers("++++++---", "-++++++++", "---------", "+++++++++", "---------")
    table = evaluation.discordant(runs, predictions, ["method"], "a")
    assert table[["arm", "reference", "only_reference", "only_arm"]].values.tolist() == [
        ["c", "a", 1, 3],
        ["b", "a", 6, 0],
    ]
    assert table["p"].tolist() == pytest.approx([10 / 16, 4 / 64])
    with pytest.raises(ValueError, match="reference: expected one of a; c; b, got 'd'"):
        evaluation.discordant(runs, predictions, ["method"], "d")
    with pytest.raises(ValueError, match="reference: expected one of c; b, got 'a'"):  # only on another split
        evaluation.discordant(runs[1:], predictions, ["method"], "a")


def test_corrected_by_hand():
    # differences 0, .1, .2: mean .1, variance .01; equal halves: .01 (1/3 + 1) = .0133; t(2) at .975 is 4.3027
    made = evaluation.corrected([0.0, 0.1, 0.2], 30, 30)
    half = 4.302653 * math.sqrt(0.01 * 4 / 3)
    assert made["mean"] == pytest.approx(0.1)
    assert (made["low"], made["high"]) == pytest.approx((0.1 - half, 0.1 + half), abs=1e-6)
    # t = .1 / .11547 = .8660; p of t(2): 1 - .866 / sqrt(2 + .75) = .4778
    assert made["p"] == pytest.approx(0.47777, abs=1e-5)
    assert made["detectable"] == pytest.approx(
        half + 1.06066 * math.sqrt(0.01 * 4 / 3), abs=1e-5
    )  # t(2) at .8 is 1.0607
    naive = stats.ttest_1samp([0.0, 0.1, 0.2], 0).pvalue
    assert evaluation.corrected([0.0, 0.1, 0.2], 10**12, 10**4)["p"] == pytest.approx(
        naive
    )  # no overlap: the plain t-test
    with pytest.raises(ValueError, match=r"two or more, between accuracies, got \[0.1\]"):
        evaluation.corrected([0.1], 30, 30)


def test_equal_differences_are_not_certain():
    # the variance of two whole series, 2 / 12 / 30^2, times 1/2 + 1: a scale of 1/60; t(1) is Cauchy's
    made = evaluation.corrected([0.1, 0.1], 30, 30)
    assert made["p"] == pytest.approx(1 - 2 / math.pi * math.atan(6))
    assert made["high"] - 0.1 == pytest.approx(math.tan(math.pi * 0.475) / 60)
    assert evaluation.corrected([0.0, 0.0], 30, 30)["p"] == 1
    worse, equal, better = evaluation.practically_equal([0.0, 0.0], 30, 30)
    assert equal == pytest.approx(2 / math.pi * math.atan(2)) and worse == pytest.approx(better)
    assert evaluation.practically_equal([0.2, 0.2], 30, 30)[2] == pytest.approx(0.5 + math.atan(10) / math.pi)


def test_practically_equal_by_hand():
    # the same posterior: t(2) around .1 with scale .11547; one of 30 is .0333
    worse, equal, better = evaluation.practically_equal([0.0, 0.1, 0.2], 30, 30)
    scale = math.sqrt(0.01 * 4 / 3)

    def cdf(value):  # of t(2)
        return 0.5 + value / (2 * math.sqrt(2 + value**2))

    assert worse == pytest.approx(cdf((-1 / 30 - 0.1) / scale))
    assert better == pytest.approx(1 - cdf((1 / 30 - 0.1) / scale))
    assert worse + equal + better == pytest.approx(1)


def test_mcnemar_by_hand():
    # 6 to 0: 2 / 2^6; 5 to 0 cannot reach .05; 3 to 1: 2 (1 + 4) / 16
    right = np.arange(10) < 6
    assert evaluation.mcnemar(right, np.zeros(10, bool)) == (6, 0, pytest.approx(2 / 64))
    assert evaluation.mcnemar(np.zeros(10, bool), np.arange(10) < 5) == (0, 5, pytest.approx(2 / 32))
    assert evaluation.mcnemar([1, 1, 1, 0, 1], [0, 0, 0, 1, 1]) == (3, 1, pytest.approx(10 / 16))
    assert evaluation.mcnemar([1, 0], [1, 0])[2] == 1
    with pytest.raises(ValueError, match="as many series"):
        evaluation.mcnemar([1], [1, 0])


def test_holm_by_hand():
    # .01, .04, .03: times 3, then .03 times 2, then .04 (not below the one before)
    assert evaluation.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_best_of_by_hand():
    # of .1, .2, .4 the largest of two is .2 once and .4 twice
    assert evaluation.best_of([0.4, 0.1, 0.2], 2) == pytest.approx(1 / 3)
    assert evaluation.best_of([0.4, 0.1, 0.2], 1) == pytest.approx(0.7 / 3)
    assert evaluation.best_of([0.4, 0.1, 0.2], 3) == 0.4
    with pytest.raises(ValueError, match="k: expected 1 to the number of runs, 3, got 4"):
        evaluation.best_of([0.4, 0.1, 0.2], 4)
