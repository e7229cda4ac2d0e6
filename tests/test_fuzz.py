"""Whatever a public function is given, it gives a valid result or a ValueError that begins with the argument's name.

More than 1,000 generated cases, the same everywhere; --hypothesis-profile=hand makes more than 100,000 random ones. Not
here: functions that take only tables of our own.
"""

import math
import re

import calls
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tsvision import evaluation
from tsvision.data import datasets, files, splits
from tsvision.evaluation import intervals
from tsvision.methods import baselines, lengths
from tsvision.pictures import colours, encoders
from tsvision.study import notebooks


def call(function, *arguments, named, **options):
    """function's answer, or None where it raises a ValueError that begins with one of the names."""
    try:
        made = function(*arguments, **options)
    except ValueError as error:
        assert re.match(rf"({named})(?!\w)", str(error)), f"{error!r} does not begin with {named}"
        assert "\n" not in str(error)
        return None
    return made


NUMBERS = st.one_of(
    st.floats(),
    st.floats(-10, 10),
    st.sampled_from([0.0, 1.0, math.nan, math.inf, 1e308, -1e308, 5e-324, 1e100, 1e-300]),
)
ODD = st.one_of(st.none(), st.booleans(), st.integers(-2, 40), NUMBERS, st.text(max_size=4))
ANYTHING = st.one_of(
    arrays.arrays(
        st.sampled_from([np.float64, np.float32, np.int64, np.int8, np.uint16, np.bool_, np.complex128, "U3", "O"]),
        arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6),
    ),
    st.lists(st.lists(ODD, max_size=4), max_size=4),
    ODD,
)
# mostly usable: (n, t) of ordinary numbers, now and then one that is not
SERIES = arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24).flatmap(
    lambda shape: st.one_of(
        arrays.arrays(np.float64, shape, elements=st.floats(-1e6, 1e6)),
        arrays.arrays(np.float64, shape, elements=st.sampled_from([0.0, 1.0, -1.0])),
        arrays.arrays(np.float64, shape, elements=NUMBERS),
    )
)
SIZES = st.one_of(st.integers(1, 3), st.none(), st.integers(1, 30), ODD)
NAMES = st.sampled_from(
    [*encoders.ENCODINGS, *encoders.ENCODINGS, "gadf+mtf+line", "gadf+gadf", "", "GADF", "+", "++", None, 3]
)
COLOURS = st.sampled_from(["field", "field", "viridis", "gray", "tab10", "", "nope", None, 3])
COUNTS = st.one_of(st.just(8), st.just(8), st.integers(0, 12))
LABELS = arrays.arrays(np.int64, COUNTS, elements=st.integers(0, 2))
MASKS = arrays.arrays(np.bool_, COUNTS)


@given(st.one_of(ANYTHING, SERIES))
def test_check_series(series):
    made = call(encoders.check_series, series, named="series")
    assert made is None or (made.dtype == torch.float64 and made.isfinite().all() and min(made.shape) > 0)


@given(SERIES, SIZES)
def test_stretch(series, size):
    made = call(encoders.stretch, series, size, named="series|size")
    if made is not None:
        assert made.shape == (len(series), size) and made.isfinite().all()
        assert made.min() >= series.min() - 1e-6 * abs(series).max()
        assert made.max() <= series.max() + 1e-6 * abs(series).max()


@given(SERIES, NAMES, SIZES)
def test_encode(series, encoding, size):
    made = call(encoders.encode, series, encoding, size, named="series|encoding|size")
    if made is not None:
        side = series.shape[1] if size is None else size
        assert made.shape == (len(series), side, side) and made.dtype == torch.float32
        assert made.abs().max() <= 1, "NaN or beyond [-1, 1]"


@given(SERIES, NAMES, COLOURS, SIZES)
def test_render(series, encoding, colormap, size):
    made = call(encoders.render, series, encoding, colormap, size, named="series|encoding|colormap|size")
    if made is not None:
        side = series.shape[1] if size is None else size
        assert made.shape == (len(series), 3, side, side) and made.min() >= 0 and made.max() <= 1


SIDES = arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)


@given(arrays.arrays(np.float32, SIDES, elements=st.floats(-1.5, 1.5, width=32)), COLOURS)
def test_image_and_channel_statistics(field, colormap):
    made = call(colours.image, torch.from_numpy(field), colormap, named="field|colormap")
    assert made is None or (made.shape == (len(field), 3, *field.shape[1:]) and made.min() >= 0 and made.max() <= 1)
    lines = call(colours.channel_statistics, torch.from_numpy(field), [colormap], named="field|colormap")
    assert lines is None or 1 <= lines[0]["colours"] <= max(256, field.size)


@given(LABELS, MASKS, st.integers(-1, 4))
def test_resamples(labels, train, count):
    made = call(splits.resamples, labels, train, count, named="labels|train|count")
    if made is not None:
        assert made.shape == (count, len(labels)) and (made[0] == train).all()
        assert (made.sum(1) == train.sum()).all()


@given(LABELS, st.integers(-1, 13), st.integers(-1, 4))
def test_nested(labels, n_train, count):
    made = call(splits.nested, labels, n_train, count, named="labels|n_train|count")
    if made is not None:
        assert made.shape == (count, len(labels)) and (made.sum(1) == n_train).all()
        assert all(set(labels[mask]) == set(labels) for mask in made)


@given(st.floats(0, 1), st.integers(1, 40))
def test_wilson(share, n):
    low, high = evaluation.wilson(share * n, n)
    assert 0 <= low <= share * n / n <= high <= 1


# mostly usable: (J, n) of -1, 0, 1 and NaN where a split trains
GRID = arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=7)
CROSSED = st.one_of(
    arrays.arrays(np.float64, GRID, elements=st.sampled_from([-1.0, 0.0, 1.0, math.nan])),
    arrays.arrays(np.float64, GRID, elements=st.floats(-1, 1)),
    arrays.arrays(np.float64, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4), elements=NUMBERS),
)


@given(CROSSED, st.sampled_from([0.0, 0.25, 0.5]))
def test_crossed(differences, share):
    made = call(intervals.crossed, differences, share, named="differences")
    if made is not None:
        assert made["low"] <= made["mean"] <= made["high"] and made["low_these"] <= made["mean"] <= made["high_these"]
        assert 0 <= made["p"] <= 1 and made["detectable"] > 0
        chances = [made["worse"], made["equal"], made["better"]]
        assert min(chances) >= -1e-12 and sum(chances) == pytest.approx(1)
        assert (made["p"] < 0.05) == (made["low"] > 0 or made["high"] < 0), "the interval and the test agree"


@given(
    arrays.arrays(
        np.float64, st.tuples(st.just(6), st.integers(1, 6)), elements=st.one_of(st.integers(-3, 3), NUMBERS)
    ),
    arrays.arrays(np.bool_, st.sampled_from([5, 6, 6, 6, (2, 6)])),
    arrays.arrays(np.int64, 6, elements=st.integers(0, 1)) | arrays.arrays(np.int64, 6, elements=st.integers(-1, 2)),
    st.sampled_from(["shrinkage LDA", "ridge", "1-NN Euclidean", "nope"]),
)
@settings(max_examples=max(50, settings().max_examples // 20))
def test_classify(series, train, labels, method):
    made = call(baselines.classify, series, labels, train, method=method, seed=0, named="series|labels|train|method")
    if made is not None:
        assert all(0 <= row["accuracy"] <= 1 and row["n_test"] > 0 for row, _ in made[0])


@given(SERIES, st.sampled_from([*lengths.CUTS, "suffix"]), st.integers(-1, 40))
def test_cut_to(series, cut, length):
    made = call(lengths.cut_to, series, cut, length, named="series|cut|length|size")
    assert made is None or made.shape == (len(series), length)


@pytest.fixture(scope="module")
def anyone():
    """A trained model of tiny size that takes series of any length."""
    model = lengths.AnyLength(**calls.gathered(**calls.CNN | {"colormap": "field", "view": "resize"}))
    rng = np.random.default_rng(0)
    return model.fit(rng.normal(size=(8, 20)), np.array(list("aabbaabb")))


FINE = arrays.arrays(np.float64, st.integers(0, 30), elements=st.floats(-5, 5))


@given(st.lists(st.one_of(FINE, arrays.arrays(np.float64, st.integers(0, 9), elements=NUMBERS), ANYTHING), max_size=3))
@settings(max_examples=max(100, settings().max_examples // 10))
def test_predict(anyone, series):
    made = call(anyone.predict, series, named="series")
    assert made is None or (made.shape == (len(series),) and set(made) <= {"a", "b"})


ODDER = st.sampled_from(["1", "2", "NaN", "?", "1,5", "0x1", "1e999", "١"])
CELLS = st.one_of(st.floats(-9, 9).map(str), NUMBERS.map(str), st.text(max_size=3), ODDER)
SOUND = st.lists(st.lists(st.integers(1, 9).map(str), min_size=4, max_size=4), min_size=1, max_size=5)
LINES = st.one_of(SOUND, SOUND, st.lists(st.lists(CELLS, max_size=5), max_size=5))


def text(lines, parting, ending, mark):
    return (mark + ending.join(parting.join(cells) for cells in lines) + ending).encode("utf-8", "surrogatepass")


FILES = st.one_of(
    st.builds(
        text,
        LINES,
        st.sampled_from(["\t", "\t", "\t", ",", " ", "\t\t"]),
        st.sampled_from(["\n", "\n", "\r\n", "\r", "\n\n"]),
        st.sampled_from(["", "", "\ufeff", "\0"]),
    ),
    st.binary(max_size=60),
)


@given(FILES, FILES)
def test_load_of_any_files(tmp_path_factory, train, test):
    raw = tmp_path_factory.getbasetemp() / "fuzz"
    (raw / "Odd").mkdir(parents=True, exist_ok=True)
    (raw / "Odd" / "Odd_TRAIN.tsv").write_bytes(train)
    (raw / "Odd" / "Odd_TEST.tsv").write_bytes(test)
    made = call(datasets.load, "Odd", raw=raw, named=r".*Odd(_TRAIN\.tsv|_TEST\.tsv)?(, line \d+)?:")
    if made is not None:
        assert np.isfinite(made.series).all() and len(made.series) == len(made.labels) == len(made.train)
        assert set(made.labels) == set(range(len(made.classes))) == set(made.labels[made.train])


KEYS = st.one_of(
    st.sampled_from(["seeds", "size", "splits", "base_lr", "dataset", "lengths", "out", "weights"]),
    st.from_regex(r"[^\W\d]\w*", fullmatch=True),
)


TYPED = st.sampled_from(["[1, 2]", "[]", "{a: 1}", "!!python/name:os.system", "2026-11-24", "&a [*a]"])


@given(KEYS, st.one_of(st.text(max_size=12), ODD.map(str), TYPED))
@settings(max_examples=max(100, settings().max_examples // 10))
def test_values_of_the_command_line(name, value):
    made = call(notebooks.values, "smoke", {name: value}, named=re.escape(name) + "|command line|'")
    assert made is None or any(name in section for section in made.values())


@given(FILES, st.sampled_from(files.SUFFIXES), st.sampled_from(["0.5", "0.5", "0", "1", "half", ""]))
def test_load_of_any_file_of_ones_own(tmp_path_factory, content, suffix, share):
    path = tmp_path_factory.getbasetemp() / f"odd{suffix}"
    path.write_bytes(content)
    made = call(datasets.load, f"{path}@{share}", named=rf"dataset|.*odd\{suffix}(, line \d+)?:")
    if made is not None:
        assert np.isfinite(made.series).all() and len(made.series) == len(made.labels)
        assert set(made.labels[made.train]) == set(made.labels[~made.train]) == set(range(len(made.classes)))
