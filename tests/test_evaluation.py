import itertools
import math

import numpy as np
import pandas as pd
import pytest
from conftest import answers
from scipy import stats

from tsvision import evaluation
from tsvision.evaluation import intervals, paired


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
    """A row a run, on the default split or each on a split of its own: + a right answer, - a wrong one, blank where it
    trained.

    A number: so many right of 10, and 10 that train.
    """
    lines = []
    for method, runs in methods.items():
        for k, signs in enumerate(runs):
            signs = signs if isinstance(signs, str) else "+" * signs + "-" * (10 - signs) + " " * 10
            right = np.array([{"+": 1.0, "-": 0.0, " ": np.nan}[sign] for sign in signs])
            n_train = signs.count(" ")
            line = {"method": method, "seed": 0, "split": 0, "n_train": n_train, "n_test": len(signs) - n_train}
            lines.append(line | {over: k, "correct": np.nansum(right), "accuracy": np.nanmean(right), "right": right})
    return pd.DataFrame(lines)


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


def brute(differences, share):
    """The three components that crossed adds up, by a loop over pairs of answers, and the mean."""
    told = [
        (j, k, value) for j, line in enumerate(differences) for k, value in enumerate(line) if not math.isnan(value)
    ]
    weight = {j: 1 / len(differences) / sum(other == j for other, *_ in told) for j, *_ in told}
    pairs, products = np.zeros((2, 2)), np.zeros((2, 2))  # whether they share the split, and the series
    for (j, k, first), (i, m, second) in itertools.product(told, told):
        place = (int(j == i), int(k == m))
        pairs[place] += weight[j] * weight[i]
        products[place] += weight[j] * weight[i] * first * second
    moment = products / pairs
    split, series = (max(moment[place] - moment[0, 0], 0) for place in ((1, 0), (0, 1)))
    rest = max(moment[1, 1] - moment[0, 0] - split - series, 0)
    parts = np.array(
        [(1 + share) * series * (pairs[1, 1] + pairs[0, 1]), split * (pairs[1, 1] + pairs[1, 0]), rest * pairs[1, 1]]
    )
    return parts, sum(weight[j] * value for j, _, value in told)


def told_by(mean, of_series, others, n, j, level=0.95, most=1):
    """What follows from what series and the others contribute to a variance, at least half a series' worth."""
    of_series = max(of_series, 0.5 / n**2)
    se, df = math.sqrt(of_series + others), (of_series + others) ** 2 / (of_series**2 / (n - 1) + others**2 / (j - 1))
    t = stats.t(df)
    half = t.ppf((1 + level) / 2) * se
    made = {"low": max(mean - half, -most), "high": min(mean + half, most), "detectable": half + t.ppf(0.8) * se}
    return made | {"mean": mean, "p": 2 * t.sf(abs(mean) / se)}


def same(made, expected):
    return {name: made[name] for name in expected} == pytest.approx(expected)


def test_crossed_by_hand():
    # 2 splits of the same 3 series, each answer weighs 1/6. Mean products of pairs that share both 3/6, the series 2/6,
    # the split
    # 2/12, neither 2/12: series 2/6 - 1/6 = 1/6, splits 0, all three 3/6 - 1/6 = 1/3, so that the rest is 1/6. To the
    # variance of
    # the mean: series 1/6 (1/6 + 1/6) = 1/18, rest 1/6 1/6 = 1/36. Half of the series train: 1/18 becomes 1/12, the sum
    # 1/9, and
    # df (1/9)^2 / ((1/12)^2 / 2 + (1/36)^2 / 1) = 32/11
    made = intervals.crossed([[1, 1, 0], [1, 0, 0]], 0.5)
    t = stats.t(32 / 11)
    half = t.ppf(0.975) / 3
    # the upper end is cut off at 1
    assert same(
        made, {"mean": 0.5, "low": 0.5 - half, "high": 1, "p": 2 * t.sf(1.5), "detectable": half + t.ppf(0.8) / 3}
    )
    # 3 MARGIN = .1
    assert made["worse"] == pytest.approx(t.cdf(-1.5 - 0.1)) and made["better"] == pytest.approx(t.sf(-1.5 + 0.1))
    assert made["worse"] + made["equal"] + made["better"] == pytest.approx(1)
    # these series: the splits' means 2/3 and 1/3 have a standard error of 1/6; 1/2 and t(.5, 1) / 6 = 1/6, t(.975, 1) /
    # 6 = 2.1
    assert (made["low_these"], made["high_these"]) == (-1, 1)
    usual = intervals.crossed([[1, 1, 0], [1, 0, 0]], 0.5, level=0.5)
    assert (usual["low_these"], usual["high_these"]) == pytest.approx((0.5 - 1 / 6, 0.5 + 1 / 6))
    # at 99 %: only what is widened moves; a probability is that of a standard error so much wider
    wider = intervals.crossed([[1, 1, 0], [1, 0, 0]], 0.5, level=0.99, usual=0.5)
    assert same(wider, {"p": made["p"], "detectable": t.ppf(0.995) / 3 + t.ppf(0.8) / 3})
    assert wider["worse"] == pytest.approx(t.cdf(-1.6 * t.ppf(0.75) / t.ppf(0.995)))
    assert (wider["low_these"], wider["high_these"]) == (usual["low_these"], usual["high_these"])
    assert intervals.crossed([[1, 1, 0], [1, 0, 0]], 0.5, level=0.99)["worse"] == pytest.approx(made["worse"])
    # differences of gains, twice as large: twice the standard error, and the end is cut off at 2
    gains = intervals.crossed([[2, 2, 0], [2, 0, 0]], 0.5)
    assert same(
        gains, {"mean": 1, "low": 1 - 2 * half, "high": 2, "p": made["p"], "detectable": 2 * made["detectable"]}
    )
    assert gains["low"] < -1 and (gains["low_these"], gains["high_these"]) == (-2, 2)


# as above: mean products of pairs that share both, the series, the split, neither; then what series, splits, the rest
# contribute
@pytest.mark.parametrize(
    "differences, mean, of_series, of_split, rest",
    [
        # 2/6, 0, 2/12, 0: splits 1/6, rest 1/6; 1/6 (1/6 + 1/3) and 1/6 1/6
        ([[1, 1, 0], [0, 0, 0]], 1 / 3, 0, 1 / 12, 1 / 36),
        # each answer weighs 1/4, one series is in both; 2/4, 0/2, 0/4, -2/6: series 1/3, splits 1/3, rest 5/6 - 2/3;
        # 1/3 (4/16 + 2/16), 1/3 (4/16 + 4/16), 1/6 4/16
        ([[1, 0, None], [None, 0, -1]], 0, 1 / 8, 1 / 6, 1 / 24),
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


@pytest.mark.parametrize("seed", range(8))
def test_crossed_is_what_a_loop_over_pairs_of_answers_finds(seed):
    generator = np.random.default_rng(seed)
    j, n, share, level = (
        int(generator.integers(2, 6)),
        int(generator.integers(5, 9)),
        generator.uniform(),
        generator.uniform(0.8, 0.99),
    )
    differences = generator.integers(-1, 2, (j, n)) + generator.integers(0, 2, n) + 0.0
    for line in differences[1:]:
        line[generator.permutation(n)[: generator.integers(0, 3)]] = np.nan
    (of_series, *others), mean = brute(differences.tolist(), share)
    made = intervals.crossed(differences, share, level)
    assert same(made, told_by(mean, of_series, sum(others), n, j, level, most=np.nanmax(abs(differences))))


def test_crossed_is_two_way_analysis_of_variance_where_each_split_tests_all():
    generator = np.random.default_rng(1)
    j, n = 7, 12
    values = np.clip(
        generator.normal(0, 0.4, n) + generator.normal(0, 0.3, (j, 1)) + generator.normal(0, 0.2, (j, n)), -2, 2
    )
    grand, by_series, by_split = values.mean(), values.mean(0), values.mean(1)
    rest = ((values - by_series - by_split[:, None] + grand) ** 2).sum() / (j - 1) / (n - 1)
    series, split = j * by_series.var(ddof=1), n * by_split.var(ddof=1)
    assert series > rest and split > rest  # no component is cut off at 0
    made = intervals.crossed(values)
    # variance of the mean: (series - rest) / j / n + (split - rest) / n / j + rest / j / n, from the mean squares
    assert same(made, told_by(grand, (series - rest) / j / n, split / n / j, n, j))
    these = stats.ttest_1samp(by_split, 0).confidence_interval()
    assert (made["low_these"], made["high_these"]) == pytest.approx(tuple(these))


def test_crossed_sees_neither_the_order_of_series_and_splits_nor_the_side():
    generator = np.random.default_rng(2)
    differences = generator.integers(-1, 2, (4, 9)) + 0.3
    differences[0, :3] = differences[2, 5:] = np.nan
    made = intervals.crossed(differences, 0.5)
    assert intervals.crossed(differences[::-1, generator.permutation(9)], 0.5) == pytest.approx(made)
    turned = intervals.crossed(-differences, 0.5)
    assert (turned["low"], turned["high"], turned["worse"]) == pytest.approx(
        (-made["high"], -made["low"], made["better"])
    )
    assert turned["p"] == pytest.approx(made["p"])


def test_no_difference_at_all_still_leaves_half_a_series():
    # splits that train the half of 60 series: 60 t is then Student's with 59 degrees of freedom, times sqrt(1/2)
    differences = np.zeros((20, 60))
    differences[::2, :30] = differences[1::2, 30:] = np.nan
    made = intervals.crossed(differences, 0.5)
    assert made["equal"] == pytest.approx(1 - 2 * stats.t.sf(2 / math.sqrt(0.5), 59)) and made["equal"] > 0.95
    assert made["high"] == pytest.approx(stats.t.ppf(0.975, 59) * math.sqrt(0.5) / 60) and made["p"] == 1
    assert (made["low_these"], made["high_these"]) == (0, 0)
    # nor does the same one everywhere
    assert intervals.crossed(differences + 0.1)["high"] == pytest.approx(made["high"] + 0.1)


@pytest.mark.parametrize(
    "differences, message",
    [
        ([[0, 1, 0]], r"expected 2 splits or more of 2 series or more, got shape \(1, 3\)"),
        ([[0], [1]], r"expected 2 splits or more of 2 series or more, got shape \(2, 1\)"),
        ([0, 1, 0], r"2 series or more, got shape \(3,\)"),
        ([[0, 1], [None, None]], "expected a tested series in each split"),
        ([[0, 1], [2.1, 0]], "and differences of accuracies"),
        ([[0, -2.1], [1, 0]], "and differences of accuracies"),
        ([[1, None], [0, None]], r"2 series or more, got shape \(2, 1\)"),  # the other is never tested
    ],
)
def test_crossed_names_what_there_is_too_little_of(differences, message):
    with pytest.raises(ValueError, match=f"differences: .*{message}"):
        intervals.crossed(np.array(differences, float))


def test_crossed_takes_differences_of_gains():
    assert (
        intervals.crossed(np.full((2, 3), 2.0))["mean"] == 2 and intervals.crossed(np.full((2, 3), -2.0))["mean"] == -2
    )


def test_compared_by_hand():
    # b minus a: 1, 1 in the first split, 1, -1 in the second, one series in both: the third of the components above.
    # One of three
    # series trains: 4/3 1/2 + 1/6 = 5/6, df (5/6)^2 / ((2/3)^2 / 2 + (1/6)^2) = 25/9
    table = evaluation.compared(rows("split", a=["-- ", " -+"], b=["++ ", " +-"]), ["method"], "a")
    line, t, se = table.iloc[0], stats.t(25 / 9), math.sqrt(5 / 6)
    assert list(table) == evaluation.LINE[1:]
    assert line[["arm", "reference", "pairs", "over", "n_test"]].tolist() == ["b", "a", 2, "splits", 2]
    assert line[["wins", "ties", "losses", "difference"]].tolist() == [1, 1, 0, 0.5]
    assert same(line, {"low": -1, "high": 1, "p": 2 * t.sf(0.5 / se), "detectable": (t.ppf(0.975) + t.ppf(0.8)) * se})
    crossed = intervals.crossed([[1, 1, np.nan], [np.nan, 1, -1]], 1 / 3)
    names = ["low", "high", "p", "worse", "equal", "better", "low_these", "high_these", "detectable"]
    assert line[names].to_dict() == pytest.approx({name: crossed[name] for name in names})


def test_compared_averages_seeds_of_a_split_and_counts_losses():
    # b right half of the time on the first split's only difference: -.5; on the second -1
    several = pd.concat([rows("split", a=["++ ", " ++"], b=["-+ ", " -+"]), rows("split", b=["++ "]).assign(seed=1)])
    line = evaluation.compared(several, ["method"], "a").iloc[0]
    crossed = intervals.crossed([[-0.5, 0, np.nan], [np.nan, -1, 0]], 1 / 3)
    assert line[["pairs", "wins", "ties", "losses", "difference"]].tolist() == [2, 0, 0, 2, -0.375]
    assert (line["low"], line["high"]) == pytest.approx((crossed["low"], crossed["high"]))


def test_compared_by_seed_shares_one_training_set():
    line = evaluation.compared(rows(a=["--+-", "-++-"], b=["+++-", "+++-"]), ["method"], "a", over="seed").iloc[0]
    crossed, other = (intervals.crossed([[1, 1, 0, 0], [1, 0, 0, 0]], share) for share in (0, 0.5))
    assert crossed["low"] > other["low"] + 0.01
    assert line[["pairs", "over", "wins", "ties", "losses"]].tolist() == [2, "seeds", 2, 0, 0]
    assert (line["low"], line["high"]) == pytest.approx((crossed["low"], crossed["high"]))
    # series that train count for nothing, their share neither
    trained = evaluation.compared(
        rows(a=["--+-  ", "-++-  "], b=["+++-  ", "+++-  "]), ["method"], "a", over="seed"
    ).iloc[0]
    assert (
        trained.drop("n_test").to_dict() == line.drop("n_test").to_dict() and trained["n_test"] == line["n_test"] == 4
    )
    several = pd.concat([rows(a=[5, 6], b=[5, 6]), rows("split", a=[5, 6], b=[5, 6])])
    with pytest.raises(ValueError, match=r"one split, for pairs by seed, got \[0, 1\]"):
        evaluation.compared(several, ["method"], "a", over="seed")


def test_compared_pairs_the_splits_that_both_have():
    several = pd.concat([rows("split", a=[5, 5, 5], c=[9, 7]), rows("split", b=[5, 6, 7]).assign(noise=0.5)])
    table = evaluation.compared(several, ["method", "noise"], "a")
    assert table["arm"].tolist() == ["c", "b, noise 0.5"] and table["pairs"].tolist() == [2, 3]
    assert table["difference"].tolist() == pytest.approx([0.3, 0.1]) and table["ties"].tolist() == [0, 1]


NAN = float("nan")


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
    """Each line's p is stubbed, told apart by its difference: .1, .2, .3; its interval is the level it is asked for,
    and the usual one.
    """
    asked = intervals.crossed
    told = dict(zip((0.1, 0.2, 0.3), p_values))

    def stub(differences, share, level=0.95, usual=None):
        line = asked(differences, share)
        return line | {"p": told[round(line["mean"], 1)], "low": 1 - level, "high": usual}

    monkeypatch.setattr(paired, "crossed", stub)
    arms = {name: [5 + k] * (1 if math.isnan(p) else 2) for k, (name, p) in enumerate(zip("bcd", p_values), 1)}
    table = evaluation.compared(rows("split", a=[5, 5], **arms), ["method"], "a")
    assert table["p"].tolist() == pytest.approx(adjusted, nan_ok=True)
    assert table["low"].tolist() == pytest.approx([0.05 / m if m else NAN for m in tests], nan_ok=True)
    assert table["high"].tolist() == pytest.approx([0.95 if m else NAN for m in tests], nan_ok=True)


def test_an_interval_leaves_zero_where_holms_p_passes():
    generator = np.random.default_rng(0)
    signs, stopped, passed = np.array(["-", "+"]), 0, 0
    for _ in range(6):
        right = generator.random((4, 4, 30)) < np.array([0.5, 0.68, 0.7, 0.72])[:, None, None]
        runs = {name: ["".join(line) for line in signs[own.astype(int)]] for name, own in zip("abcd", right)}
        table = evaluation.compared(rows("split", **runs), ["method"], "a")
        alone = np.array([intervals.crossed(np.subtract(own, right[0], dtype=float))["p"] for own in right[1:]])
        expected = np.maximum.accumulate(np.sort(alone) * [3, 2, 1]).clip(max=1)
        assert table["p"][alone.argsort()].tolist() == pytest.approx(expected.tolist())
        assert ((table["low"] > 0) == (table["p"] <= 0.05)).all()
        stopped += int(((table["p"] > 0.05) & (alone < 0.05)).sum())
        passed += int((table["p"] <= 0.05).sum())
    assert stopped > 2 and passed > 2  # lines that only the family keeps back, and lines that pass


def test_a_family_holds_together_over_its_comparisons():
    several, seeds = rows("split", a=[5, 5, 5], b=[5, 6, 7], c=[4, 4, 7]), rows(x=[5, 5, 5], y=[6, 6, 9])
    parts = [("first", several, ["method"], "a", "split"), ("second", seeds, ["method"], "x", "seed")]
    table = evaluation.family(parts)
    assert table["what"].tolist() == ["first", "first", "second"] and table["arm"].tolist() == ["b", "c", "y"]
    assert table["over"].tolist() == ["splits", "splits", "seeds"] and list(table) == evaluation.LINE
    alone = [evaluation.compared(several[several["method"] != other], ["method"], "a") for other in "cb"]
    alone += [evaluation.compared(seeds, ["method"], "x", over="seed")]
    p_values = [own["p"][0] for own in alone]
    assert table["p"].tolist() == pytest.approx(paired.holm(p_values)) and min(p_values) > 0.05 / 3
    wider = evaluation.compared(several[several["method"] != "c"], ["method"], "a", level=1 - 0.05 / 3)
    assert (table["low"][0], table["detectable"][0]) == pytest.approx((wider["low"][0], wider["detectable"][0]))
    # what these series alone say is not corrected
    assert table["low_these"].tolist() == pytest.approx([own["low_these"][0] for own in alone])


def test_one_pair_has_no_interval():
    table = evaluation.compared(rows("split", a=[5, 5, 5], b=[6], c=[7, 7, 8]), ["method"], "a")
    assert table.loc[0, ["pairs", "difference", "wins"]].tolist() == [1, pytest.approx(0.1), 1]
    assert (
        table.loc[0, ["low", "high", "p", "worse", "equal", "better", "low_these", "high_these", "detectable"]]
        .isna()
        .all()
    )
    assert table.loc[1, ["low", "p"]].notna().all()


def test_compared_needs_the_reference_and_something_in_common():
    with pytest.raises(evaluation.Missing, match="reference: expected one of a; b, got 'c'"):
        evaluation.compared(rows("split", a=[5, 5], b=[5, 5]), ["method"], "c")
    apart = pd.concat([rows("split", a=[5, 5]), rows("split", b=[5]).assign(split=7)])
    with pytest.raises(evaluation.Missing, match="'b' and 'a' have no split in common"):
        evaluation.compared(apart, ["method"], "a")
    sizes = pd.concat([rows("split", a=[5, 5]), rows("split", b=[5, 5]).assign(n_train=20)])
    with pytest.raises(ValueError, match=r"one size of split, got n_train \[10, 20\]"):
        evaluation.compared(sizes, ["method"], "a")


def test_compared_needs_what_each_run_got_right():
    several = rows("split", a=[5, 5], b=[5, 5])
    one_lacks_it = several.assign(right=[*several["right"][:3], None])
    for lacking in (several.drop(columns="right"), one_lacks_it):
        with pytest.raises(ValueError, match="rows: expected the column right, .* see evaluation.with_right"):
            evaluation.compared(lacking, ["method"], "a")


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
    # .8, .9, 1: mean .9, variance .01; equal halves: .01 (1/3 + 1); t(.975, 2) = 4.302653, t(.95, 2) = 2.919986
    for level, quantile in ((0.95, 4.302653), (0.9, 2.919986)):
        half = quantile * math.sqrt(0.01 * 4 / 3)
        assert intervals.corrected([0.8, 0.9, 1.0], 30, 30, level) == pytest.approx(
            (0.9, 0.9 - half, 0.9 + half), abs=1e-6
        )
    # many train, few test: Student's t of independent values
    plain = stats.ttest_1samp([0.8, 0.9, 1.0], 0).confidence_interval()
    assert intervals.corrected([0.8, 0.9, 1.0], 10**12, 10**4)[1:] == pytest.approx(tuple(plain))
    # equal values are not certain: the variance of rounding to 30ths, 1/12/30^2, times 1/2 + 1; t(1) is Cauchy's
    half = math.tan(math.pi * 0.475) * math.sqrt(1.5 / 12) / 30
    assert intervals.corrected([0.9, 0.9], 30, 30) == pytest.approx((0.9, 0.9 - half, 0.9 + half))


@pytest.mark.parametrize("values", [[0.9], [], [0.9, 1.1], [0.9, math.nan], [[0.9, 0.9], [0.9, 0.9]]])
def test_corrected_wants_accuracies_of_two_splits(values):
    with pytest.raises(ValueError, match=r"values: expected accuracies of two splits or more, got \["):
        intervals.corrected(values, 30, 30)


@pytest.mark.parametrize("n_train, n_test", [(0, 30), (30, 0), (math.nan, 30)])
def test_corrected_wants_series_to_train_and_to_test_on(n_train, n_test):
    with pytest.raises(ValueError, match=f"n_train: expected 1 or more .* got {n_train} and {n_test}"):
        intervals.corrected([0.9, 0.8], n_train, n_test)


def test_mcnemar_by_hand():
    # 6 to 0: 2 / 2^6; 5 to 0 cannot reach .05; 3 to 1: 2 (1 + 4) / 16
    right = np.arange(10) < 6
    assert paired.mcnemar(right, np.zeros(10, bool)) == (6, 0, pytest.approx(2 / 64))
    assert paired.mcnemar(np.zeros(10, bool), np.arange(10) < 5) == (0, 5, pytest.approx(2 / 32))
    assert paired.mcnemar([1, 1, 1, 0, 1], [0, 0, 0, 1, 1]) == (3, 1, pytest.approx(10 / 16))
    assert paired.mcnemar([1, 0], [1, 0])[2] == 1
    with pytest.raises(ValueError, match="as many series"):
        paired.mcnemar([1], [1, 0])


def test_holm_by_hand():
    # .01, .04, .03: times 3, then .03 times 2, then .04 (not below the one before)
    assert paired.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_best_of_by_hand():
    # of .1, .2, .4 the largest of two is .2 once and .4 twice
    assert evaluation.best_of([0.4, 0.1, 0.2], 2) == pytest.approx(1 / 3)
    assert evaluation.best_of([0.4, 0.1, 0.2], 1) == pytest.approx(0.7 / 3)
    assert evaluation.best_of([0.4, 0.1, 0.2], 3) == 0.4
    with pytest.raises(ValueError, match="k: expected 1 to the number of runs, 3, got 4"):
        evaluation.best_of([0.4, 0.1, 0.2], 4)
