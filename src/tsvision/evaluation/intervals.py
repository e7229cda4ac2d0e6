"""Where the truth plausibly lies: of an accuracy, of a mean over splits, of a difference of two methods; statistics
only.

What is estimated: the accuracy, or a difference of two, on other series like these, trained on other splits of such
sizes. Splits share their series, so that more of them don't make more series: an interval has to cover the choice of
the series, too. Which of the two here covers what is simulated in coverage.
"""

import math

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

# what counts as no difference: a test series of thirty, the smallest step in which accuracies on these oils, .933 and
# .967, have been told
MARGIN = 1 / 30
LEVEL = 0.95  # of intervals that stand alone


def wilson(correct, n):
    """Wilson's score interval of an accuracy: (low, high), fractions. correct: 0 to n, a mean over seeds may be
    fractional.

    Says where the accuracy over all such series, of which n were drawn for the test, plausibly lies.
    """
    low, high = proportion_confint(correct, n, alpha=1 - LEVEL, method="wilson")
    return min(float(low), correct / n), max(float(high), correct / n)  # rounding may put an end beyond 0 or n of n


def crossed(differences, share=0.0, level=LEVEL):
    """The mean of differences over splits and series, and what it says of other splits and other series: a dictionary.

    differences: (J, n), a line a split (or seed) and a column a series, NaN where a split does not test it; J and n at
    least 2. share: of the n series that a split trains on; 0 where all lines share one training set. Splits and series
    are crossed random effects, estimated by moments as Gallas, Bandos, Samuelson and Wagner (2009, Communications in
    Statistics 38) do for readers and cases: pairs of answers that share a series, a split, both or neither. A series
    that is tested in one split trains another, so that its component counts 1 + share times; the factor is no theorem,
    coverage shows that it is enough. No difference at all still leaves half a series of the n, as Jeffreys' prior does.
    Student's t with Satterthwaite's degrees of freedom. Keys: mean, low, high (never beyond what differences can be), p
    (two-sided, no difference), worse, equal, better (probabilities of a difference beyond, and within, MARGIN either
    way, widened as an interval of this level is against that of LEVEL), detectable (what such an interval would tell
    from zero with probability .8), low_these, high_these (these n series in other splits alone). Raises ValueError that
    names what there is too little of.
    """
    differences = np.asarray(differences, float)
    if differences.ndim == 2:
        differences = differences[:, ~np.isnan(differences).all(0)]  # what no split tests says nothing
    if differences.ndim != 2 or len(differences) < 2 or differences.shape[1] < 2:
        raise ValueError(f"differences: expected 2 splits or more of 2 series or more, got shape {differences.shape}")
    tested, values = ~np.isnan(differences), np.nan_to_num(differences)
    if not tested.any(1).all() or (abs(values) > 2).any():  # 2: between gains
        raise ValueError("differences: expected a tested series in each split, and differences of accuracies")
    (j, n), each = differences.shape, np.nanmean(differences, 1)
    step = tested / (j * tested.sum(1, keepdims=True))  # what each answer counts for in the mean; they sum to 1
    mean = float(each.mean())
    of_series, of_split, rest = _components(values * step, step)
    of_series = max((1 + share) * of_series, 0.5 / n**2)
    se = math.sqrt(of_series + of_split + rest)
    df = se**4 / (of_series**2 / (n - 1) + (of_split + rest) ** 2 / (j - 1))
    quantile = float(stats.t.ppf((1 + level) / 2, df))
    wider = quantile / float(stats.t.ppf((1 + LEVEL) / 2, df))
    below, within = (float(stats.t.cdf((end - mean) / (se * wider), df)) for end in (-MARGIN, MARGIN))
    # no difference of accuracies is larger than 1, none of gains larger than 2
    most = max(1.0, math.ceil(abs(values).max() - 1e-9))
    these = float(stats.t.ppf((1 + LEVEL) / 2, j - 1)) * float(each.std(ddof=1)) / math.sqrt(j)
    return {
        "mean": mean,
        "low": max(mean - quantile * se, -most),
        "high": min(mean + quantile * se, most),
        "p": float(2 * stats.t.sf(abs(mean) / se, df)),
        "worse": below,
        "equal": within - below,
        "better": 1 - within,
        "low_these": max(mean - these, -most),
        "high_these": min(mean + these, most),
        "detectable": (quantile + float(stats.t.ppf(0.8, df))) * se,
    }


def _components(weighted, weights):
    """What series, splits and the rest contribute to the variance of a mean: three floats, none below 0.

    weighted: (J, n), answers times weights; weights: (J, n), 0 where not tested. Moments of pairs of answers that share
    a series, a split, both or neither, each over the pairs' own weights; where no series is tested twice the rest
    counts as the series', where splits test one each as the rest.
    """

    def sums(of):
        both, series, split, all_ = (of**2).sum(), (of.sum(0) ** 2).sum(), (of.sum(1) ** 2).sum(), of.sum() ** 2
        return np.array([both, series - both, split - both, all_ - series - split + both])

    pairs, products = sums(weights), sums(weighted)
    moments = np.divide(products, pairs, out=np.full(4, np.nan), where=pairs > 1e-12)
    spread, by_series, by_split = moments[:3] - moments[3]
    by_split = 0.0 if np.isnan(by_split) else max(by_split, 0.0)
    by_series = max(spread - by_split if np.isnan(by_series) else by_series, 0.0)
    rest = max(spread - by_series - by_split, 0.0)
    return by_series * (pairs[0] + pairs[1]), by_split * (pairs[0] + pairs[2]), rest * pairs[0]


def prediction_interval(accuracies, runs, n_test):
    """Where the mean accuracy of `runs` new runs should fall, given the accuracies of earlier runs: (low, high).

    Student's t prediction interval over runs; never narrower than one test series either way, for accuracies move in
    steps of 1 / n_test. With a single earlier run it is Wilson's interval of that run.
    """
    accuracies = pd.Series(accuracies, dtype=float)
    n, mean = len(accuracies), accuracies.mean()
    if n == 1:
        return wilson(mean * n_test, n_test)
    half = stats.t.ppf((1 + LEVEL) / 2, n - 1) * accuracies.std() * math.sqrt(1 / n + 1 / runs)
    half = max(half, 1 / n_test)
    return max(0.0, mean - half), min(1.0, mean + half)


def corrected(values, n_train, n_test):
    """The mean of accuracies over resamples, with Nadeau and Bengio's (2003) correction: (mean, low, high).

    values: one a resample, J >= 2. Student's t with J - 1 degrees of freedom, variance times 1/J + n_test/n_train, for
    the resamples share their series; the variance is at least what rounding to whole series leaves. For the accuracy of
    one method: of a difference, in which most of what resamples share cancels, it says two to six times too much from
    five resamples on, see coverage and crossed().
    """
    values = np.asarray(values, float)
    count, mean = len(values), float(values.mean())
    variance = max(np.var(values, ddof=1), 1 / 12 / n_test**2)
    half = float(stats.t.ppf((1 + LEVEL) / 2, count - 1)) * math.sqrt(variance * (1 / count + n_test / n_train))
    return mean, mean - half, mean + half
