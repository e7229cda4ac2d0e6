"""What may have happened to a data set on its way: candidate causes of odd plots, simulated; a search for twins; and
what to say of it before it is used.

n series, t time steps. A cause takes a Dataset and a seed and returns another Dataset, named after it.
"""

import re
import unicodedata
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

ONE_SIDED = 0.75  # share of one class in the test series from which any accuracy looks good


def bit_flips(data, rng):
    """One bit of one float32 value flipped in half of the series, drawn at random, as bad memory or a bad line does; no
    NaN or inf is kept.
    """
    series = data.series.astype(np.float32)
    bits = series.view(np.uint32)
    chosen = rng.choice(len(series), len(series) // 2, replace=False)
    step, bit = rng.integers(series.shape[1], size=len(chosen)), rng.integers(32, size=len(chosen))
    bits[chosen, step] ^= np.uint32(1) << bit.astype(np.uint32)
    return np.where(np.isfinite(series), series, 0).astype(np.float64)


def cut_off(data, rng):
    """A tenth of the series end early, as after a broken decompression: zeros from a random step on."""
    series = data.series.copy()
    for k in rng.choice(len(series), max(1, len(series) // 10), replace=False):
        series[k, rng.integers(1, series.shape[1]) :] = 0
    return series


def scaled_by_step(data, rng):
    """Every time step scaled by its own mean and standard deviation over the training series, instead of every
    series.
    """
    mean, sd = data.series[data.train].mean(0), data.series[data.train].std(0)
    return (data.series - mean) / np.where(sd > 0, sd, 1)


def not_normalised(data, rng):
    """Series with an amplitude and an offset of their own (sd .2 and .2), as spectra have before they are
    z-normalised.
    """
    gain, offset = rng.normal(1, 0.2, (len(data.series), 1)), rng.normal(0, 0.2, (len(data.series), 1))
    return gain * data.series + offset


def noisy(data, rng):
    """Gaussian noise of standard deviation .1 on every second series, as if noisy copies had been drawn with the
    originals.
    """
    series = data.series.copy()
    series[1::2] += 0.1 * rng.normal(size=series[1::2].shape)
    return series


def label_first(data, rng):
    """The file's first column, the label (1, 2, ...), taken for the first time step."""
    series = data.series.copy()
    series[:, 0] = data.labels + 1
    return series


CAUSES = {
    "as downloaded": lambda data, rng: data.series,
    "bit flips": bit_flips,
    "cut off": cut_off,
    "scaled by time step": scaled_by_step,
    "not normalised": not_normalised,
    "noise on every second series": noisy,
    "label as first value": label_first,
}


def simulate(data, cause, seed):
    """The data set as one of CAUSES would have left it, named 'NAME, CAUSE'. Raises ValueError for an unknown cause."""
    if cause not in CAUSES:
        raise ValueError(f"cause: expected one of {', '.join(CAUSES)}, got {cause!r}")
    name = data.name if cause == "as downloaded" else f"{data.name}, {cause}"
    return replace(data, name=name, series=CAUSES[cause](data, np.random.default_rng(seed)))


def condition(datasets):
    """How each data set looks: a table with a line each.

    Columns: dataset; largest_mean and sd_off, how far a series' mean is from 0 and its standard deviation (ddof 1) from
    1 at most: 0 and 0 where each is z-normalised; spread, the standard deviation over series at a time step, median
    over steps, as the eye sees in a plot; wide, whether that is more than ten times the first data set's; outliers, the
    series whose largest distance to the median series is over 5 times that of half of them.
    """
    lines = []
    for data in datasets:
        far = np.abs(data.series - np.median(data.series, 0)).max(1)
        lines.append(
            {
                "dataset": data.name,
                "largest_mean": np.abs(data.series.mean(1)).max(),
                "sd_off": np.abs(data.series.std(1, ddof=1) - 1).max(),
                "spread": np.median(data.series.std(0)),
                "outliers": int((far > 5 * np.median(far)).sum()),
            }
        )
    table = pd.DataFrame(lines).round(6)
    table.insert(4, "wide", table["spread"] > 10 * table["spread"].iloc[0])
    return table


def twins(data):
    """Pairs of series that are each other's nearest neighbour, the closest first: what two measurements of one thing
    would be.

    Columns: first, second (0-based, training first), same_class, across (one in training, one in the test set),
    distance (Euclidean), and ratio: that distance over the smaller distance of the two to any third series; a copy
    would have 0.
    """
    distance = cdist(data.series, data.series)
    np.fill_diagonal(distance, np.inf)
    nearest, second = distance.argmin(1), np.sort(distance, 1)[:, 1]
    lines = [
        {
            "first": i,
            "second": int(j),
            "same_class": bool(data.labels[i] == data.labels[j]),
            "across": bool(data.train[i] != data.train[j]),
            "distance": round(float(distance[i, j]), 6),
            "ratio": round(float(distance[i, j] / (min(second[i], second[j]) or 1)), 6),
        }
        for i, j in enumerate(nearest)
        if nearest[j] == i and i < j
    ]
    return pd.DataFrame(lines).sort_values("ratio", ignore_index=True)


def remarks(data):
    """What an accuracy must be read with, a list of sentences, empty where there is nothing to say: how many series are
    copies, which resampled splits may part, too; the share of the largest class in the test set from ONE_SIDED on.
    """
    said, train = [], pd.Series(data.train)
    copies = [values.tobytes() for values in data.series + 0.0]  # -0 is 0
    if repeats := len(copies) - len({*copies}):
        across = (train.groupby(copies).transform("any") & ~train).sum()
        differ = int((pd.Series(data.labels).groupby(copies).nunique() > 1).sum())
        said.append(
            f"{repeats} of {len(data.labels)} series repeat another one: {across} of {(~train).sum()} test series"
            " stand among the training series, too" + f"; {differ} stand under more than one label" * (differ > 0)
        )
    if data.majority >= ONE_SIDED:
        name = data.classes[np.bincount(data.labels[~data.train]).argmax()]
        said.append(f"{data.majority:.1%} of the test series are of class {name}: so many are right without a look")
    return said


def oddities(data):
    """What may be a misreading of one's own files, a list of sentences: classes whose names differ only in how they are
    written; a time step that looks like a label or a line's number; a value that looks like a sign for a missing one.
    """
    said, alike, steps = [], {}, data.series.shape[-1]
    series = data.series.reshape(len(data.series), -1)
    for name in data.classes:
        letters = [letter for letter in unicodedata.normalize("NFKC", name).casefold() if letter.isprintable()]
        alike.setdefault(re.sub(r"^0+(?=\d)|\s", "", "".join(letters)), []).append(repr(name))
    said += [f"classes {' and '.join(names)} count as different ones" for names in alike.values() if len(names) > 1]
    whole = (series % 1 == 0).all(0) & (np.ptp(series, 0) > 0)
    if whole.sum() == 1 < series.shape[1]:
        where = f" in {data.channels[whole.argmax() // steps]}" if data.channels else ""
        said.append(
            f"value {whole.argmax() % steps + 1}{where} of every series is a whole number, no other is: is it a label,"
            " or the number of the line?"
        )
    for extreme in (series.min(), series.max()):
        others = series[series != extreme]
        if len(others) and 0 < 10 * np.ptp(others) < abs(others - extreme).min():
            said.append(
                f"the value {extreme:g} lies far from all others, {(series == extreme).sum()} times: if it stands for a"
                " missing one, leave that empty"
            )
    return said
