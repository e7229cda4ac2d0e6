"""Intervals, paired differences and their corrections: by hand, by a loop, and against scipy."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from toys import signed, signs

from tsvision import evaluation
from tsvision.evaluation import intervals, paired

NAN = float("nan")


def rows(over="seed", **methods):
    """A row a run of each method, from signs, or a number: so many right of 10, and 10 that train."""
    told = {
        name: [one if isinstance(one, str) else "+" * one + "-" * (10 - one) + " " * 10 for one in own]
        for name, own in methods.items()
    }
    return pd.concat([signed(own, over, method=name) for name, own in told.items()], ignore_index=True)


def same(made, expected):
    return {name: made[name] for name in expected} == pytest.approx(expected)


# --- one method


def test_wilson_by_its_formula_in_print_and_where_it_ends():
    for correct, ends in {27: (0.744, 0.965), 28: (0.787, 0.982), 29: (0.833, 0.994), 30: (0.886, 1.0)}.items():
        assert evaluation.wilson(correct, 30) == pytest.approx(ends, abs=6e-4)
    p, n, z = 0.8, 10, stats.norm.ppf(0.975)
    middle = (p + z * z / 2 / n) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / 4 / n / n)
    assert evaluation.wilson(8, 10) == pytest.approx((middle - half, middle + half))
    assert evaluation.wilson(28, 30)[0] < evaluation.wilson(28.5, 30)[0] < evaluation.wilson(29, 30)[0]  # a mean


def test_summary_by_hand_on_one_split_and_over_several():
    line = evaluation.summary(rows(a=[6, 8, 10]).assign(train_accuracy=[0.5, 1, 0.75], balanced=0.7), ["method"]).iloc[
        0
    ]
    assert same(line, {"runs": 3, "splits": 1, "worst": 0.6, "best": 1, "n_test": 10, "mean": 0.8, "sd": 0.2})
    assert (line["low"], line["high"]) == evaluation.wilson(8, 10)  # n is the test series, not seeds times series
    assert same(line, {"train_accuracy": 0.75, "balanced": 0.7})
    # splits .6, .7, .8, the last a mean of two seeds: mean .7, sd .1; half t(.975, 2) .1 sqrt(1/3 + 1/2) = .39278
    several = pd.concat([rows("split", a=[6, 7, 7]), rows(a=[9]).assign(split=2, seed=1)]).assign(n_train=20)
    line = evaluation.summary(several, ["method"]).iloc[0]
    assert same(line, {"runs": 4, "splits": 3, "worst": 0.6, "best": 0.9, "mean": 0.7, "sd": 0.1, "high": 1})
    assert line["low"] == pytest.approx(0.7 - 0.39278, abs=1e-5)
    # all right: splits say nothing of other series; Wilson of 20 of 20: 20 / (20 + 1.96^2) = .83887
    line = evaluation.summary(rows("split", a=[10, 10, 10]), ["method"]).iloc[0]
    assert line["low"] == pytest.approx(0.83887, abs=1e-5) and line["high"] == 1
    lacks = evaluation.summary(pd.concat([rows(a=[6]).assign(noise=0.1), rows(a=[8])]), ["method", "noise"])
    assert lacks[["noise", "mean"]].fillna("none").values.tolist() == [[0.1, 0.6], ["none", 0.8]]


def test_corrected_by_hand():
    # .8, .9, 1: mean .9, variance .01; equal halves: .01 (1/3 + 1); t(.975, 2) = 4.302653
    half = 4.302653 * math.sqrt(0.01 * 4 / 3)
    assert intervals.corrected([0.8, 0.9, 1.0], 30, 30) == pytest.approx((0.9, 0.9 - half, 0.9 + half), abs=1e-6)
    # many train, few test: Student's t of independent values
    plain = stats.ttest_1samp([0.8, 0.9, 1.0], 0).confidence_interval()
    assert intervals.corrected([0.8, 0.9, 1.0], 10**12, 10**4)[1:] == pytest.approx(tuple(plain))
    # equal values are not certain: the variance of rounding to 30ths, 1/12/30^2, times 1/2 + 1; t(1) is Cauchy's
    half = math.tan(math.pi * 0.475) * math.sqrt(1.5 / 12) / 30
    assert intervals.corrected([0.9, 0.9], 30, 30) == pytest.approx((0.9, 0.9 - half, 0.9 + half))


def test_prediction_interval_by_hand():
    # earlier .8 .8 .9 .9 1 1: mean .9, sd .0894; two new runs: t(.975, 5) .0894 sqrt(1/6 + 1/2) = .1877, cut at 1
    made = evaluation.prediction_interval([0.8, 0.8, 0.9, 0.9, 1.0, 1.0], 2, 30)
    assert made == pytest.approx((0.9 - 0.1877, 1.0), abs=1e-4)
    # never narrower than one series
    assert evaluation.prediction_interval([0.9, 0.9, 0.9], 3, 30) == pytest.approx((0.9 - 1 / 30, 0.9 + 1 / 30))
    assert evaluation.prediction_interval([0.9], 3, 30) == evaluation.wilson(27, 30)


def test_best_of_by_hand():
    # of .1, .2, .4 the largest of two is .2 once and .4 twice
    for k, best in ((1, 0.7 / 3), (2, 1 / 3), (3, 0.4)):
        assert evaluation.best_of([0.4, 0.1, 0.2], k) == pytest.approx(best)


def test_arm_names_numbers_and_leaves_blanks_out():
    several = {"method": ["fine-tune", "1-NN", "fine-tune"], "noise": [0.1, NAN, 0.0], "view": ["", "", "axes"]}
    arms = evaluation.arm(pd.DataFrame(several, index=[7, 8, 9]), ["method", "noise", "view"])
    assert arms.to_dict() == {7: "fine-tune, noise 0.1", 8: "1-NN", 9: "fine-tune, noise 0, axes"}
    own = pd.concat([rows(a=[5, 6]), rows("split", a=[5, 7, 8]).assign(seed=[0, 1, 2])[1:]])
    assert evaluation.across(own)["correct"].tolist() == [5, 7, 8]  # the run of each split with its number for seed


# --- crossed


def brute(differences, share):
    """What series, splits and the rest contribute, by a loop over pairs of answers, and the mean."""
    told = [(j, k, one) for j, line in enumerate(differences) for k, one in enumerate(line) if not math.isnan(one)]
    weight = {j: 1 / len(differences) / sum(other == j for other, *_ in told) for j, *_ in told}
    pairs, products = np.zeros((2, 2)), np.zeros((2, 2))  # whether they share the split, and the series
    for (j, k, first), (i, m, second) in itertools.product(told, told):
        place = (int(j == i), int(k == m))
        pairs[place] += weight[j] * weight[i]
        products[place] += weight[j] * weight[i] * first * second
    moment = products / pairs
    split, series = (max(moment[place] - moment[0, 0], 0) for place in ((1, 0), (0, 1)))
    rest = max(moment[1, 1] - moment[0, 0] - split - series, 0)
    of_series = (1 + share) * series * (pairs[1, 1] + pairs[0, 1])
    others = split * (pairs[1, 1] + pairs[1, 0]) + rest * pairs[1, 1]
    return of_series, others, sum(weight[j] * value for j, _, value in told)


def told_by(mean, of_series, others, n, j, level=0.95, most=1):
    """What follows from what series and the others contribute to a variance, at least half a series' worth."""
    of_series = max(of_series, 0.5 / n**2)
    se, df = math.sqrt(of_series + others), (of_series + others) ** 2 / (of_series**2 / (n - 1) + others**2 / (j - 1))
    t = stats.t(df)
    half = t.ppf((1 + level) / 2) * se
    made = {"low": max(mean - half, -most), "high": min(mean + half, most), "detectable": half + t.ppf(0.8) * se}
    return made | {"mean": mean, "p": 2 * t.sf(abs(mean) / se)}


def test_crossed_by_hand():
    # 2 splits of the same 3 series, each answer weighs 1/6. Mean products of pairs that share both 3/6, the series 2/6,
    # the split 2/12, neither 2/12: series 2/6 - 1/6 = 1/6, splits 0, all three 3/6 - 1/6 = 1/3, so that the rest is
    # 1/6. To the variance of the mean: series 1/6 (1/6 + 1/6) = 1/18, rest 1/6 1/6 = 1/36. Half of the series train:
    # 1/18 becomes 1/12, the sum 1/9, and df (1/9)^2 / ((1/12)^2 / 2 + (1/36)^2 / 1) = 32/11
    given, t = [[1, 1, 0], [1, 0, 0]], stats.t(32 / 11)
    made, half, of_power = intervals.crossed(given, 0.5), t.ppf(0.975) / 3, t.ppf(0.8) / 3
    expected = {"mean": 0.5, "low": 0.5 - half, "high": 1, "p": 2 * t.sf(1.5), "detectable": half + of_power}
    assert same(made, expected)  # the upper end is cut off at 1; 3 MARGIN = .1
    assert same(made, {"worse": t.cdf(-1.5 - 0.1), "better": t.sf(-1.5 + 0.1), "low_these": -1, "high_these": 1})
    assert made["worse"] + made["equal"] + made["better"] == pytest.approx(1)
    # these series: the splits' means 2/3 and 1/3 have a standard error of 1/6, and t(.975, 1) = 12.7062; of a tenth
    these = intervals.crossed(np.divide(given, 10), 0.5)
    assert same(these, {"low_these": 0.05 - 12.7062 / 60, "high_these": 0.05 + 12.7062 / 60})
    # at 99 %: only what is widened moves; a probability is that of a standard error so much wider
    wider = intervals.crossed(given, 0.5, level=0.99)
    assert same(wider, {"p": made["p"], "detectable": t.ppf(0.995) / 3 + of_power, "low_these": -1})
    assert wider["worse"] == pytest.approx(t.cdf(-1.6 * t.ppf(0.975) / t.ppf(0.995)))
    # differences of gains, twice as large: twice the standard error, and the end is cut off at 2
    gains = intervals.crossed(np.multiply(given, 2), 0.5)
    expected = {"mean": 1, "low": 1 - 2 * half, "high": 2, "p": made["p"], "detectable": 2 * made["detectable"]}
    assert same(gains, expected | {"low_these": -2, "high_these": 2}) and gains["low"] < -1


# as above: mean products of pairs that share both, the series, the split, neither; then what series, splits, the rest
# contribute
@pytest.mark.parametrize(
    "differences, mean, of_series, of_split, rest",
    [
        # 2/6, 0, 2/12, 0: splits 1/6, rest 1/6; 1/6 (1/6 + 1/3) and 1/6 1/6
        ([[1, 1, 0], [0, 0, 0]], 1 / 3, 0, 1 / 12, 1 / 36),
        # 4/4, 2/2, 0/4, -2/6: series 4/3, splits 1/3, no rest, for they are more than all three, 4/3
        ([[1, 1, None], [None, 1, -1]], 0.5, 1 / 2, 1 / 6, 0),
        # no series twice: 3/4, none, 2/4, 4/8: all but splits, 1/4, is the series'; 1/4 4/16
        ([[1, 0, None, None], [None, None, 1, 1]], 0.75, 1 / 16, 0, 0),
    ],
)
def test_crossed_components_by_hand(differences, mean, of_series, of_split, rest):
    differences = np.array(differences, float)
    for share in (0, 0.5):
        made = intervals.crossed(differences, share)
        assert same(made, told_by(mean, (1 + share) * of_series, of_split + rest, differences.shape[1], 2))


@pytest.mark.parametrize("seed", range(5))
def test_crossed_is_what_a_loop_over_pairs_of_answers_finds_on_either_side(seed):
    generator = np.random.default_rng(seed)
    j, n = int(generator.integers(2, 6)), int(generator.integers(5, 9))
    share, level = generator.uniform(), generator.uniform(0.8, 0.99)
    differences = generator.integers(-1, 2, (j, n)) + generator.integers(0, 2, n) + 0.0
    for line in differences[1:]:
        line[generator.permutation(n)[: generator.integers(0, 3)]] = np.nan
    of_series, others, mean = brute(differences.tolist(), share)
    made, most = intervals.crossed(differences, share, level), np.nanmax(abs(differences))
    assert same(made, told_by(mean, of_series, others, n, j, level, most))
    turned = intervals.crossed(-differences[::-1, generator.permutation(n)], share, level)
    assert same(turned, {"low": -made["high"], "high": -made["low"], "worse": made["better"], "p": made["p"]})


def test_no_difference_at_all_still_leaves_half_a_series():
    # splits that train the half of 60 series: 60 t is then Student's with 59 degrees of freedom, times sqrt(1/2)
    differences = np.zeros((20, 60))
    differences[::2, :30] = differences[1::2, 30:] = np.nan
    made = intervals.crossed(differences, 0.5)
    assert made["equal"] == pytest.approx(1 - 2 * stats.t.sf(2 / math.sqrt(0.5), 59)) and made["equal"] > 0.95
    assert made["high"] == pytest.approx(stats.t.ppf(0.975, 59) * math.sqrt(0.5) / 60) and made["p"] == 1
    assert (made["low_these"], made["high_these"]) == (0, 0)
    assert intervals.crossed(differences + 0.1)["high"] == pytest.approx(made["high"] + 0.1)  # nor one everywhere


@pytest.mark.parametrize(
    "differences, message",
    [
        ([[0, 1, 0]], r"expected 2 splits or more of 2 series or more, got shape \(1, 3\)"),
        ([0, 1, 0], r"2 series or more, got shape \(3,\)"),
        ([[1, None], [0, None]], r"2 series or more, got shape \(2, 1\)"),  # the other is never tested
        ([[0, 1], [None, None]], "expected a tested series in each split"),
        ([[0, 1], [2.1, 0]], "and differences of accuracies"),
        ([[0, -2.1], [1, 0]], "and differences of accuracies"),
    ],
)
def test_crossed_names_what_there_is_too_little_of(differences, message):
    with pytest.raises(ValueError, match=f"differences: .*{message}"):
        intervals.crossed(np.array(differences, float))


# --- pairs


def test_compared_by_hand():
    # b minus a: 1, 1 in the first split, 1, -1 in the second, one series in both: the third of the components above.
    # One of three series trains: 4/3 1/2 + 1/6 = 5/6, df (5/6)^2 / ((2/3)^2 / 2 + (1/6)^2) = 25/9
    table = evaluation.compared(rows("split", a=["-- ", " -+"], b=["++ ", " +-"]), ["method"], "a")
    line, t, se = table.iloc[0], stats.t(25 / 9), math.sqrt(5 / 6)
    assert list(table) == evaluation.LINE[1:]
    assert line[["arm", "reference", "pairs", "over", "n_test"]].tolist() == ["b", "a", 2, "splits", 2]
    assert line[["wins", "ties", "losses", "difference"]].tolist() == [1, 1, 0, 0.5]
    assert same(line, {"low": -1, "high": 1, "p": 2 * t.sf(0.5 / se), "detectable": (t.ppf(0.975) + t.ppf(0.8)) * se})
    crossed = intervals.crossed([[1, 1, np.nan], [np.nan, 1, -1]], 1 / 3)
    assert same(line, {name: crossed[name] for name in ("worse", "equal", "better", "low_these", "high_these")})
    # seeds of a split are averaged: b right half of the time on the first split's only difference, -.5; then -1
    several = pd.concat([rows("split", a=["++ ", " ++"], b=["-+ ", " -+"]), rows("split", b=["++ "]).assign(seed=1)])
    line = evaluation.compared(several, ["method"], "a").iloc[0]
    crossed = intervals.crossed([[-0.5, 0, np.nan], [np.nan, -1, 0]], 1 / 3)
    assert line[["pairs", "wins", "ties", "losses", "difference"]].tolist() == [2, 0, 0, 2, -0.375]
    assert same(line, {"low": crossed["low"], "high": crossed["high"]})


def test_compared_by_seed_shares_one_training_set():
    line = evaluation.compared(rows(a=["--+-", "-++-"], b=["+++-", "+++-"]), ["method"], "a", over="seed").iloc[0]
    crossed, other = (intervals.crossed([[1, 1, 0, 0], [1, 0, 0, 0]], share) for share in (0, 0.5))
    assert crossed["low"] > other["low"] + 0.01 and same(line, {"low": crossed["low"], "high": crossed["high"]})
    assert line[["pairs", "over", "wins", "ties", "losses", "n_test"]].tolist() == [2, "seeds", 2, 0, 0, 4]
    # series that train count for nothing, their share neither
    trained = rows(a=["--+-  ", "-++-  "], b=["+++-  ", "+++-  "])
    assert evaluation.compared(trained, ["method"], "a", over="seed").iloc[0].to_dict() == line.to_dict()


def test_compared_pairs_the_splits_that_both_have_and_one_pair_has_no_interval():
    several = pd.concat([rows("split", a=[5, 5, 5], c=[9, 7], d=[6]), rows("split", b=[5, 6, 7]).assign(noise=0.5)])
    table = evaluation.compared(several, ["method", "noise"], "a")
    assert table["arm"].tolist() == ["c", "d", "b, noise 0.5"] and table["pairs"].tolist() == [2, 1, 3]
    assert table["difference"].tolist() == pytest.approx([0.3, 0.1, 0.1]) and table["ties"].tolist() == [0, 0, 1]
    blank = ["low", "high", "p", "worse", "equal", "better", "low_these", "high_these", "detectable"]
    assert table.loc[1, blank].isna().all() and table.loc[[0, 2], ["low", "p"]].notna().all().all()
    alone = rows("split", a=[5, 5])  # a reference alone is compared with nothing
    for table in (evaluation.compared(alone, ["method"], "a"), evaluation.discordant(alone, ["method"], "a")):
        assert table.empty and {"arm", "p"} <= set(table)


def test_compared_needs_both_sides_one_size_and_what_each_run_got_right():
    two = rows("split", a=[5, 5], b=[5, 5])
    apart = pd.concat([rows("split", a=[5, 5]), rows("split", b=[5]).assign(split=7)])
    sizes = pd.concat([rows("split", a=[5, 5]), rows("split", b=[5, 5]).assign(n_train=20)])
    for table, reference, over, message in (
        (two, "c", "split", "reference: expected one of a; b, got 'c'"),
        (apart, "a", "split", "'b' and 'a' have no split in common"),
        (sizes, "a", "split", r"one size of split, got n_train \[10, 20\]"),
        (two, "a", "seed", r"one split, for pairs by seed, got \[0, 1\]"),
        (two.drop(columns="right"), "a", "split", "rows: expected the column right, .* see evaluation.with_right"),
        (two.assign(right=[*two["right"][:3], None]), "a", "split", "rows: expected the column right, "),
    ):
        with pytest.raises(ValueError, match=message) as caught:
            evaluation.compared(table, ["method"], reference, over)
        assert isinstance(caught.value, evaluation.Missing) == ("'" in message)


@pytest.mark.parametrize(
    "p_values, adjusted, tests",
    [
        ([0.02, 0.001, 0.04], [0.04, 0.003, 0.04], [2, 3, 1]),  # all pass
        # .03 stops it, .04 is held against the level at which it stopped
        ([0.04, 0.001, 0.03], [0.06, 0.003, 0.06], [2, 3, 2]),
        ([0.01, 0.01, 0.04], [0.03, 0.03, 0.04], [3, 3, 1]),  # equal p, equal level
        ([0.5, 0.04, 0.9], [1, 0.12, 1], [3, 3, 3]),  # the first stops it
        ([0.04, 0.001, NAN], [0.04, 0.002, NAN], [1, 2, None]),  # one pair, which has no p and counts for no test
    ],
)
def test_a_family_leaves_each_line_holms_level(monkeypatch, p_values, adjusted, tests):
    """Each line's p is stubbed, told apart by its difference: .1, .2, .3; the end of its interval is the level it
    is asked for.
    """
    asked, told = intervals.crossed, dict(zip((0.1, 0.2, 0.3), p_values))

    def stub(differences, share, level=0.95):
        line = asked(differences, share)
        return line | {"p": told[round(line["mean"], 1)], "low": 1 - level}

    monkeypatch.setattr(paired, "crossed", stub)
    arms = {name: [5 + k] * (1 if math.isnan(p) else 2) for k, (name, p) in enumerate(zip("bcd", p_values), 1)}
    table = evaluation.compared(rows("split", a=[5, 5], **arms), ["method"], "a")
    assert table["p"].tolist() == pytest.approx(adjusted, nan_ok=True)
    assert table["low"].tolist() == pytest.approx([0.05 / m if m else NAN for m in tests], nan_ok=True)


def test_holm_and_discordant_by_hand():
    # .01, .04, .03: times 3, then .03 times 2, then .04 (not below the one before)
    assert paired.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    p_values = [0.04, 0.5, 0.001, 0.04, 1, 0.0, 0.02, 0.9]
    assert paired.holm(p_values) == multipletests(p_values, method="holm")[1].tolist()
    # b loses 6 and wins none: 2 / 2^6; c loses 1 and wins 3: 2 (1 + 4) / 16; Holm: twice the first
    runs = pd.DataFrame({"method": ["a", "c", "b", "b", "a"], "split": [0, 0, 0, 0, 1]})
    texts = ("  ++++++---", "  -++++++++", "  ---------", "  +++++++++", "---------  ")
    runs = runs.assign(right=[*map(signs, texts)])
    table = evaluation.discordant(runs, ["method"], "a")
    found = table[["arm", "reference", "only_reference", "only_arm"]].values.tolist()
    assert found == [["c", "a", 1, 3], ["b", "a", 6, 0]] and table["p"].tolist() == pytest.approx([10 / 16, 4 / 64])
    for own, reference in ((runs, "d"), (runs[1:], "a")):  # a only on another split
        with pytest.raises(ValueError, match=f"reference: expected one of .*c; b, got '{reference}'"):
            evaluation.discordant(own, ["method"], reference)
