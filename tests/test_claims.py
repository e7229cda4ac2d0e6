"""Every rule on tables made here, of 30 test series and ten splits: what is clear, what is equal, what cannot be told."""

import re

import pandas as pd
import pytest
from scipy import stats

from tsvision import claims, verdicts

ROW = {"dataset": "OliveOil", "split": 0, "seed": 0, "n_train": 30, "n_test": 30, "device": "cpu", "shuffled": False}
NETWORK = {"backbone": "net.tag", "weights": "hub:x", "stands_in_for": "", "encoding": "gadf", "colormap": "viridis"}
NETWORK |= {"size": 64, "view": "resize"}
TUNED = NETWORK | {"method": "fine-tune", "epochs": 20, "lr_mult": 100.0, "noise": 0.0}
HEAD = NETWORK | {"method": "frozen, ridge head", "layer": "all"}
PLAIN = {"method": "shrinkage LDA"}

LOW, HIGH, LEAST = [18] * 10, [27] * 10, [9] * 10
WILD = [12, 26] * 5  # one more than LOW in the mean, but all over the place
EQUAL = "no difference that matters"

# what is compared with LOW, and the word for it
WORDS = [(HIGH, "better"), (LEAST, "worse"), (LOW, EQUAL), (WILD, "cannot be told")]
TURNED = {"better": "worse", "worse": "better", EQUAL: EQUAL, "cannot be told": "cannot be told"}
AS_GOOD = dict(zip(TURNED, [verdicts.HOLDS, verdicts.FAILS, verdicts.HOLDS, verdicts.OPEN]))
BETTER = dict(zip(TURNED, [verdicts.HOLDS, verdicts.FAILS, verdicts.FAILS, verdicts.OPEN]))


def rows(kind, corrects, over="split", first=0, **other):
    """Rows of one kind with these numbers of right answers of 30: a split each from `first` on, or a seed each on the default split.

    As results.grid makes them: fine-tuned on several splits, a run's seed is the split's number.
    """
    own = ("split", "seed") if over == "split" and kind["method"] == "fine-tune" else (over,)
    return pd.DataFrame(
        [
            ROW | kind | {"correct": correct, "accuracy": round(correct / 30, 6)} | dict.fromkeys(own, k) | other
            for k, correct in enumerate(corrects, first)
        ]
    )


@pytest.fixture
def put(tmp_path):
    """put(name, *tables) writes them as one into a results folder, put.folder."""

    def write(name, *tables):
        pd.concat(tables, ignore_index=True).to_csv(tmp_path / f"{name}.csv", index=False)

    write.folder = tmp_path
    return write


def judged(put, claim):
    """The line on one claim, as a dictionary, and its differences."""
    table, differences = verdicts.judge({claim: claims.CLAIMS[claim]}, put.folder)
    (line,) = table.to_dict("records")
    return line, differences


def said(line):
    """The sentence of a verdict without its intervals."""
    return re.sub(r" \[[^]]*\]", "", line["because"])


def compared(differences):
    """The table of differences: what, arm, reference, pairs, over, difference, word."""
    return [
        (*line[["what", "arm", "reference", "pairs", "over"]], round(line["difference"], 3), word(line))
        for _, line in differences.iterrows()
    ]


def word(line):
    return verdicts.told(line).rpartition(": ")[2]


def less(right, other=LOW):
    """The mean difference of accuracies."""
    return round((sum(right) - sum(other)) / 300, 3)


# --- tables as the notebooks write them ----------------------------------------------------------------------------------


def forensics(put, right=LEAST, mean=0.0, sd=0.0, spread=0.5):
    sets = {"dataset": ["OliveOil", "OliveOil, cut off", "OliveOil, noisy"], "largest_mean": [mean, 0.5, 0], "sd_range": [sd, 0.2, 0]}
    put("06_data_forensics.condition", pd.DataFrame(sets | {"spread": [0.04, spread, 0.1], "outliers": [2, 3, 0]}))
    pairs = {"same_class": [True, False, True], "across": [True, False, False], "ratio": [0.9, 0.464, 0.7]}
    put("06_data_forensics.twins", pd.DataFrame(pairs))
    cut_off = "OliveOil, cut off"
    tables = [rows(PLAIN, LOW), rows(PLAIN, right, dataset=cut_off), rows(HEAD, HIGH), rows(HEAD, LOW, dataset=cut_off)]
    put("06_data_forensics", *tables, rows(TUNED, LOW, "seed"), rows(TUNED, right, "seed", dataset=cut_off))


def axes_and_noise(put, plain=LOW, axes=HIGH, copies=((0.01, LEAST), (0.1, [20] * 10)), longer=HIGH, steps=570):
    box = {"steps": steps, "alone": steps, "one_to_one": True, "figure": 570, "plot": 439}
    put("02_gadf_render.pixels", pd.DataFrame([box]))
    views = [rows(TUNED, plain), rows(TUNED, axes, view="axes"), rows(HEAD, HIGH), rows(HEAD, LOW, view="axes")]
    noisy = [rows(TUNED, right, noise=noise) for noise, right in copies]
    put("11_axes_and_noise", *views, *noisy, rows(TUNED, longer, epochs=40))


def lengths(put, resize=([15] * 10, LOW, HIGH), axes=[28, 18] * 5, **other):  # noqa: B006  read only
    tables = [rows(TUNED, right, "seed", epochs=epochs, **other) for epochs, right in zip((5, 20, 60), resize)]
    tables.append(rows(TUNED, axes, "seed", view="axes", **other))
    put("12_seeds_and_lengths", *(table.assign(recalibrated=0.8 + 0.1 * (table["epochs"] == 5)) for table in tables))


def baselines(put, right=HIGH, networks=("hub:x", "random"), small=("small.tag", 32)):
    untrained = HEAD | {"backbone": small[0], "weights": "random", "size": small[1], "colormap": "field"}
    parts = [rows(PLAIN, LOW), rows(PLAIN, HIGH, method="other"), rows(PLAIN, LEAST, shuffled=True)]
    parts += [rows(HEAD, HIGH), rows(HEAD, [8] * 10, shuffled=True), rows(HEAD, [24] * 10, weights="random")]
    parts += [rows(untrained, [29] + [24] * 9), rows(untrained, HIGH, seed=1)]
    parts += [rows(TUNED, right), rows(TUNED, [6] * 10, shuffled=True), rows(TUNED, [15] * 10, lr_mult=1.0)]
    parts += [rows(TUNED, LOW, weights="random"), rows(TUNED, [21] * 10, weights="random", lr_mult=1.0)]
    parts = [part for part in parts if part["method"].iloc[0] != "fine-tune" or part["weights"].iloc[0] in networks]
    put("13_baselines_and_controls", *parts)
    predictions = [  # of 30 series of class 0 the first ones right
        {"run": run, "series": series, "label": 0, "predicted": int(series >= correct)}
        for run, correct in enumerate(pd.concat(parts)["correct"])
        for series in range(30)
    ]
    put("13_baselines_and_controls.predictions", pd.DataFrame(predictions))


def crops(put, crop=HIGH, cnn=LEAST, other_seeds=18):
    vit = {"backbone": "vit.tag", "recalibrated": 0.7, "train_accuracy": 1.0}
    cropped = vit | {"view": "crop", "recalibrated": 0.8, "train_accuracy": 0.5}
    parts = [rows(TUNED, crop, "seed", **cropped), rows(TUNED, [18] + [other_seeds] * 9, "seed", **vit)]
    parts += [rows(TUNED, LOW[1:], first=1, **vit), rows(TUNED, cnn, recalibrated=0.1, train_accuracy=0.1)]
    put("04_vit_finetune", *parts)


def colormaps(put, right=HIGH, seeds=LEAST, kept=[24] * 10, blue=0.051):  # noqa: B006  read only
    sds = {"viridis": (0.2, 0.3, blue), "rainbow": (0.3, 0.35, 0.25), "field": (0.3, 0.3, 0.3)}
    channels = [{"colormap": name} | dict(zip(("red_sd", "green_sd", "blue_sd"), sd)) for name, sd in sds.items()]
    put("05_colormap_comparison.channels", pd.DataFrame(channels).assign(colours=[200, 256, 9999]))
    parts = [rows(HEAD, HIGH), rows(HEAD, kept, colormap="rainbow")]
    for colormap, default, split in (("viridis", LOW, LOW), ("rainbow", [right[0], *seeds[1:]], right)):
        parts.append(rows(TUNED, default, "seed", colormap=colormap))
        parts.append(rows(TUNED, split[1:], first=1, colormap=colormap))
    put("05_colormap_comparison", *parts)


def encodings(put, tuned=LEAST, kept=[12] * 10, vit=[15] * 10, inside=HIGH):  # noqa: B006  read only
    parts = [rows(TUNED, LOW), rows(TUNED, tuned, encoding="mtf")]
    field = HEAD | {"view": "field"}
    for head, gadf, mtf in (
        (field, LOW, kept),
        (HEAD, [25] * 10, [20, 22] * 5),
        (field | {"size": 32}, HIGH, LOW),
        (field | {"backbone": "vit.tag"}, LOW, vit),
    ):
        parts += [rows(head, gadf), rows(head, mtf, encoding="mtf")]
    parts += [rows(field, inside, encoding="gadf|mtf"), rows(HEAD, [6] * 10, encoding="gadf|mtf")]
    put("14_encodings", *parts)


def encodings_and_baselines(put):
    encodings(put)
    baselines(put)


MADE = {"C1": forensics, "C2": axes_and_noise, "C3": axes_and_noise, "C4": lengths, "C5": baselines}
MADE |= {"C6": crops, "C7": colormaps, "C8": encodings, "new": encodings_and_baselines}


# --- all claims ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("claim", claims.CLAIMS)
def test_the_intervals_of_a_claim_hold_together(put, claim):
    MADE[claim](put)
    _, differences = judged(put, claim)
    half = (differences["high"] - differences["low"]) / 2
    error = (differences["detectable"] - half) / stats.t.ppf(0.8, 9)  # detectable: half and as much as has power .8
    assert len(differences) > 1 and set(differences["pairs"]) == {10}
    assert (half / error).tolist() == pytest.approx([stats.t.ppf(1 - 0.025 / len(half), 9)] * len(half))


@pytest.mark.parametrize("claim", claims.CLAIMS)
@pytest.mark.parametrize("order", [dict(frac=1, random_state=0), "reversed"], ids=["at random", "reversed"])
def test_the_order_of_rows_changes_no_verdict(put, claim, order):
    MADE[claim](put)
    before, first = judged(put, claim)
    places = {}
    for path in sorted(put.folder.glob("*.csv")):  # a notebook's rows come before its predictions
        table = pd.read_csv(path, keep_default_na=False, na_values=[""])
        table = table.iloc[::-1] if order == "reversed" else table.sample(**order)
        places[path.stem] = {line: place for place, line in enumerate(table.index)}
        if "run" in table:
            table["run"] = table["run"].map(places[path.stem.partition(".")[0]])
        table.to_csv(path, index=False)
    after, second = judged(put, claim)
    assert after["verdict"] == before["verdict"]
    for text in ("because", "notes"):  # what is listed may be listed in another order
        assert sorted(re.findall(r"[^\s,;:]+", after[text])) == sorted(re.findall(r"[^\s,;:]+", before[text]))
    pd.testing.assert_frame_equal(*(table.sort_values(["what", "arm"], ignore_index=True) for table in (first, second)))


@pytest.mark.parametrize(
    "claim, tables, missing",
    [
        ("C1", [rows(PLAIN, LOW), rows(TUNED, LOW, "seed")], "to compare with"),
        ("C2", [rows(TUNED, LOW), rows(TUNED, HIGH, noise=0.1), rows(HEAD, LOW)], "to compare with"),
        ("C3", [rows(TUNED, LOW, epochs=40), rows(TUNED, HIGH, view="axes")], "to compare with"),
        ("C3", [rows(TUNED, LOW), rows(TUNED, HIGH, epochs=40)], "with noisy copies"),
        ("C4", [rows(TUNED, LOW, "seed")], "to compare with"),
        ("C5", [rows(PLAIN, LOW), rows(HEAD, LOW), rows(TUNED, HIGH, shuffled=True)], "fine-tuned"),
        ("C5", [rows(PLAIN, LOW), rows(HEAD, LOW), rows(TUNED, HIGH)], "untrained under a ridge head"),
        ("C6", [rows(TUNED, HIGH, "seed", view="crop"), rows(TUNED, LOW, "seed")], "as a CNN"),
        ("C7", [rows(TUNED, LOW), rows(HEAD, LOW)], "to compare with"),
        ("C8", [rows(TUNED, LOW), rows(HEAD, LOW), rows(HEAD, HIGH, encoding="gadf|mtf")], "to compare with"),
        ("new", [rows(HEAD, LOW), rows(HEAD, HIGH, encoding="mtf")], "that chooses its encoding"),
    ],
)
def test_what_has_run_on_one_side_only_is_not_judged(put, claim, tables, missing):
    MADE[claim](put)  # the other files
    (stem,) = [
        path.stem for path in put.folder.glob(f"{claims.CLAIMS[claim][1][0]}_*.csv") if path.stem.count(".") == 0
    ]
    put(stem, *(table.assign(recalibrated=0.5, train_accuracy=1.0) for table in tables))
    if claim == "C5":
        put(f"{stem}.predictions", pd.DataFrame({"run": range(30), "series": 0, "label": 0, "predicted": 0}))
    line, differences = judged(put, claim)
    assert (line["verdict"], line["because"], line["notes"]) == ("not judged", f"nothing has run {missing}", "")
    assert differences.empty


def test_c6_without_crops_is_not_judged(put):
    put("04_vit_finetune", rows(TUNED, LOW, recalibrated=0.5), rows(TUNED, HIGH, backbone="vit.tag", recalibrated=0.5))
    line, _ = judged(put, "C6")
    assert line["verdict"] == "not judged" and line["because"].startswith("nothing has run")


@pytest.mark.parametrize(
    "claim, name",
    [
        ("C1", "06_data_forensics.condition"),
        ("C1", "06_data_forensics.twins"),
        ("C2", "02_gadf_render.pixels"),
        ("C5", "13_baselines_and_controls.predictions"),
        ("C7", "05_colormap_comparison.channels"),
    ],
)
def test_a_missing_table_is_named(put, claim, name):
    MADE[claim](put)
    assert judged(put, claim)[0]["verdict"] != "not judged"
    (put.folder / f"{name}.csv").unlink()
    line, differences = judged(put, claim)
    assert line["verdict"] == "not judged" and name in line["because"]
    assert differences.empty


# --- one by one ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("right, word", WORDS)
def test_c1_compares_what_a_cause_would_do_with_the_data_as_downloaded(put, right, word):
    forensics(put, right)
    line, differences = judged(put, "C1")
    pair = ("cut off", "as downloaded", 10)
    assert compared(differences) == [
        ("shrinkage LDA", *pair, "splits", less(right), word),
        ("frozen, ridge head", *pair, "splits", -0.3, "worse"),
        ("fine-tune", *pair, "seeds", less(right), word),
    ]
    assert line["notes"] == (
        "a series is far out if it stands five times farther from the middle than half of them do; 3 pairs of series are each other's nearest "
        "neighbour, 1 of them across the default split, 2 of one class; the closest is 0.46 as far apart as from any third "
        "series (a copy: 0)"
    )


@pytest.mark.parametrize(
    "mean, sd, spread, verdict, wide",
    [
        (0.009, 0.008, 0.41, "holds", "cut off"),
        (0.011, 0.008, 0.41, "does not hold", "cut off"),
        (0.009, 0.011, 0.39, "does not hold", "none of those simulated"),
    ],
)
def test_c1_says_whether_the_data_is_normalised_and_what_would_look_ten_times_as_wide(
    put, mean, sd, spread, verdict, wide
):
    forensics(put, mean=mean, sd=sd, spread=spread)
    line, _ = judged(put, "C1")
    assert line["verdict"] == verdict
    assert line["because"] == (
        f"series have means within {mean:.3f} of nought and standard deviations within {sd:.3f} of each other; what drew the "
        f"original's plot cannot be told: more than ten times as wide as downloaded would be drawn {wide}; series far out: OliveOil 2, "
        "cut off 3, noisy 0"
    )


@pytest.mark.parametrize("right, word", WORDS)
def test_c2_compares_axes_with_the_plot_alone(put, right, word):
    axes_and_noise(put, axes=right)
    line, differences = judged(put, "C2")
    assert compared(differences) == [
        ("fine-tuned", "axes", "resize", 10, "splits", less(right), word),
        ("frozen", "axes", "resize", 10, "splits", -0.3, "worse"),
    ]
    assert said(line) == (
        f"in a figure of 570 pixels axes leave 439 for 570 time steps; axes less resize (fine-tuned) "
        f"{less(right):+.3f}, 10 splits: {word}"
    )


@pytest.mark.parametrize("steps, verdict", [(440, "holds"), (439, "does not hold")])
def test_c2_asks_whether_axes_leave_a_pixel_for_each_step(put, steps, verdict):
    axes_and_noise(put, steps=steps)
    line, _ = judged(put, "C2")
    assert line["verdict"] == verdict and f"axes leave 439 for {steps} time steps" in line["because"]


@pytest.mark.parametrize("right, word", WORDS)
def test_c3_compares_copies_with_as_many_steps_of_the_originals(put, right, word):
    axes_and_noise(put, plain=[24] * 10, copies=[(0.1, right)], longer=LOW)
    line, differences = judged(put, "C3")
    assert compared(differences) == [
        ("fine-tuned", "noise 0, epochs 20", "noise 0, epochs 40", 10, "splits", 0.2, "better"),
        ("fine-tuned", "noise 0.1, epochs 20", "noise 0, epochs 40", 10, "splits", less(right), word),
    ]
    assert line["verdict"] == "cannot be told"
    assert said(line) == (
        "what was trained on in 2018 is not in the data; such copies, for about as many steps as the originals alone: "
        f"noise 0.1, epochs 20 less noise 0, epochs 40 (fine-tuned) {less(right):+.3f}, 10 splits: {word}"
    )


def test_c3_tells_of_the_copies_that_matter_most(put):
    axes_and_noise(put, copies=[(0.01, [20] * 10), (0.1, LEAST), (0.2, [21] * 10)], longer=LOW)
    assert said(judged(put, "C3")[0]).endswith(
        ": noise 0.1, epochs 20 less noise 0, epochs 40 (fine-tuned) -0.300, 10 splits: worse"
    )


@pytest.mark.parametrize("right, word", WORDS)
def test_c4_compares_each_length_with_the_next_and_the_views(put, right, word):
    lengths(put, resize=([15] * 10, LOW, right), axes=right)
    line, differences = judged(put, "C4")
    seeds = (10, "seeds")
    assert compared(differences) == [
        ("resize", "epochs 20", "epochs 5", *seeds, 0.1, "better"),
        ("resize", "epochs 60", "epochs 20", *seeds, less(right), word),
        ("resize, batch norm recalibrated", "epochs 20", "epochs 5", *seeds, -0.1, "worse"),
        ("resize, batch norm recalibrated", "epochs 60", "epochs 20", *seeds, 0, EQUAL),
        ("20 epochs", "axes", "resize", *seeds, less(right), word),
    ]
    assert line["verdict"] == "does not hold"  # 27 at best
    difference = f"{less(right):+.3f}, 10 seeds: {word}"
    assert said(line) == (
        "runs that reach 28 of 30: axes 0 of 10 after 20 epochs; resize 0 of 10 after 5 epochs, 0 of 10 after 20 epochs, "
        "0 of 10 after 60 epochs; epochs 20 less epochs 5 (resize) +0.100, 10 seeds: better; "
        f"epochs 60 less epochs 20 (resize) {difference}; axes less resize (20 epochs) {difference}"
    )


def test_what_was_said_of_the_oils_of_2018_is_not_judged_on_other_series(put):
    lengths(put, resize=([28] * 4, [25] * 4), axes=[25] * 4)
    _, differences = judged(put, "C4")
    lengths(put, dataset="Drinks", resize=([28] * 4, [25] * 4), axes=[25] * 4)
    line, others = judged(put, "C4")
    assert (line["verdict"], line["because"], line["notes"]) == ("cannot be told", "this speaks of olive oils, not of Drinks", "")
    assert others.equals(differences)


def test_c4_tells_luck_from_training(put):
    lengths(put, resize=([28, 27, 20, 25], [25] * 4, [20, 27, 29, 28]), axes=[25] * 4)
    line, _ = judged(put, "C4")
    assert line["verdict"] == "holds"
    assert "; resize 1 of 4 after 5 epochs, 0 of 4 after 20 epochs, 2 of 4 after 60 epochs; " in line["because"]
    notes = line["notes"].split("; ")  # Wilson of 1 of 4 and of 2 of 4, by hand
    assert (
        notes[1]
        == "resize, 5 epochs: mean 0.833, 1 of 4 runs reach 28 of 30 [0.05, 0.70], best of 4 0.933, recalibrated mean 0.900"
    )
    assert (
        notes[3]
        == "resize, 60 epochs: mean 0.867, 2 of 4 runs reach 28 of 30 [0.15, 0.85], best of 4 0.967, recalibrated mean 0.800"
    )
    assert notes[0].startswith("axes, 20 epochs: mean 0.833, 0 of 4 ")


@pytest.mark.parametrize("right, word", WORDS)
def test_c5_compares_with_the_raw_series_and_with_random_weights(put, right, word):
    baselines(put, right)
    line, differences = judged(put, "C5")
    plain, splits = "against the raw series", ("shrinkage LDA", 10, "splits")
    transfer = ("random", "pretrained", 10, "splits")
    assert compared(differences) == [
        (plain, "fine-tune, pretrained, lr_mult 100", *splits, less(right), word),
        (plain, "fine-tune, pretrained, lr_mult 1", *splits, -0.1, "worse"),
        (plain, "fine-tune, random, lr_mult 100", *splits, 0, EQUAL),
        (plain, "fine-tune, random, lr_mult 1", *splits, 0.1, "better"),
        (plain, "frozen, ridge head, pretrained", *splits, 0.3, "better"),
        (plain, "frozen, ridge head, random", *splits, 0.2, "better"),
        ("transfer, lr_mult 1", *transfer, 0.2, "better"),
        ("transfer, lr_mult 100", *transfer, -less(right), TURNED[word]),
        ("transfer, frozen", *transfer, -0.1, "worse"),
    ]
    assert line["verdict"] == AS_GOOD[word]
    assert said(line) == (
        f"on these pictures fastai's recipe scores {sum(right) / 300:.3f}, shrinkage LDA on the raw series 0.600: fine-tune, "
        f"pretrained, lr_mult 100 less shrinkage LDA (against the raw series) {less(right):+.3f}, 10 splits: {word}"
    )


@pytest.mark.parametrize("backbone, size", [("small.tag", 64), ("net.tag", 32)])
def test_c5_keeps_other_untrained_networks_out_of_the_comparison(put, backbone, size):
    baselines(put, small=(backbone, size))
    line, differences = judged(put, "C5")
    frozen = differences.set_index(["what", "arm"])["difference"]
    assert frozen["against the raw series", "frozen, ridge head, random"] == pytest.approx(0.2)
    assert f"; 2 untrained {backbone.partition('.')[0]} under a ridge head: 0.933 on the default split" in line["notes"]


def test_c5_notes_which_series_differ_and_what_untrained_networks_and_shuffled_labels_score(put):
    baselines(put, HIGH)
    # 9 series of one sign: 4 tests x 2 / 2^9; 3 of one sign: 3 tests x 2 / 2^3
    # untrained, by split: (29 + 27) / 2, then nine times (24 + 27) / 2
    assert judged(put, "C5")[0]["notes"] == (
        "without pictures: shrinkage LDA 0.600, other 0.900; "
        "series of the default split that only the picture, only the raw series got right: "
        "fine-tune, pretrained, lr_mult 100 9, 0 (McNemar p = 0.016 after Holm), "
        "fine-tune, pretrained, lr_mult 1 0, 3 (McNemar p = 0.750 after Holm), "
        "fine-tune, random, lr_mult 100 0, 0 (McNemar p = 1.000 after Holm), "
        "fine-tune, random, lr_mult 1 3, 0 (McNemar p = 0.750 after Holm); "
        "2 untrained small under a ridge head: 0.933 on the default split, 1 of 2 reach 28 of 30; 0.858 over 10 splits; "
        "shuffled labels: shrinkage LDA 0.300, frozen, ridge head 0.267, fine-tune 0.200"
    )


def test_c5_takes_the_recipe_on_random_weights_where_no_others_were_to_be_had(put):
    baselines(put, networks=["random"])
    line, differences = judged(put, "C5")
    assert said(line).endswith(
        "fine-tune, random, lr_mult 100 less shrinkage LDA (against the raw series) +0.000, 10 splits: " + EQUAL
    )
    assert [what for what in differences["what"] if what.startswith("transfer")] == ["transfer, frozen"]


@pytest.mark.parametrize("right, word", WORDS)
def test_c6_compares_crops_by_seed(put, right, word):
    crops(put, right)
    line, differences = judged(put, "C6")
    assert compared(differences) == [
        ("as trained", "crop", "resize", 10, "seeds", less(right), word),
        ("batch norm recalibrated", "crop", "resize", 10, "seeds", 0.1, "better"),
        ("whole pictures", "vit.tag", "net.tag", 10, "splits", 0.3, "better"),
    ]
    assert line["verdict"] == AS_GOOD[word]
    assert said(line) == (
        f"crop less resize (as trained) {less(right):+.3f}, 10 seeds: {word}; crop less resize (batch norm recalibrated) +0.100, "
        "10 seeds: better; vit.tag less net.tag (whole pictures) +0.300, 10 splits: better"
    )
    assert line["notes"] == (
        "a network trained on crops knows 50% of its own training series when they are whole; on the test series it scores "
        f"{sum(right) / 300:.3f}, and 0.800 when the running statistics of its batch norms are taken anew from whole training "
        "pictures"
    )


@pytest.mark.parametrize("right, word", WORDS)
def test_c6_compares_networks_by_split_without_the_default_split_s_other_seeds(put, right, word):
    crops(put, cnn=right, other_seeds=30)
    *_, last = compared(judged(put, "C6")[1])
    assert last == ("whole pictures", "vit.tag", "net.tag", 10, "splits", -less(right), TURNED[word])


@pytest.mark.parametrize("right, word", WORDS)
def test_c7_compares_colormaps_over_splits_over_seeds_and_frozen(put, right, word):
    colormaps(put, right)
    line, differences = judged(put, "C7")
    found = compared(differences)
    pair = ("rainbow", "viridis", 10)
    assert found == [
        ("fine-tuned", *pair, "splits", less(right), word),
        ("fine-tuned, default split", *pair, "seeds", less([right[0], *LEAST[1:]]), "worse"),
        ("frozen", *pair, "splits", -0.1, "worse"),
    ]
    clear = [each for each in found if each[-1] in ("better", "worse")]
    assert said(line).endswith(
        "accuracy against viridis: "
        + "; ".join(
            f"rainbow less viridis ({what}) {difference:+.3f}, 10 {over}: {word}"
            for what, *_, over, difference, word in clear
        )
    )


@pytest.mark.parametrize(
    "blue, verdict, used", [(0.051, "does not hold", "red, green, blue"), (0.049, "holds", "red, green")]
)
def test_c7_names_the_channels_and_says_when_no_difference_is_clear(put, blue, verdict, used):
    colormaps(put, right=LOW, seeds=LOW, kept=HIGH, blue=blue)
    line, _ = judged(put, "C7")
    assert line["verdict"] == verdict
    assert line["because"] == (
        f"viridis varies in {used}, and no map has more than 256 colours; accuracy against viridis: no difference leaves its "
        "interval around nought"
    )
    assert line["notes"] == (
        f"viridis: standard deviations red 0.200, green 0.300, blue {blue:.3f}; "
        "rainbow: standard deviations red 0.300, green 0.350, blue 0.250"
    )


VIT = "vit 64 px field, frozen"
BEHIND = ["mtf (net 64 px resize, fine-tune)", "mtf (net 64 px field, frozen)"]
BEHIND += ["mtf (net 64 px resize, frozen)", "mtf (net 32 px field, frozen)"]


@pytest.mark.parametrize(
    "right, word, verdict, better, behind",
    [
        (HIGH, "better", "does not hold", f"mtf ({VIT})", BEHIND),
        ([15] * 10, "worse", "holds", "none", [*BEHIND, f"mtf ({VIT})"]),
        (LOW, EQUAL, "cannot be told", "none", BEHIND),
        (WILD, "cannot be told", "cannot be told", "none", BEHIND),
    ],
)
def test_c8_compares_each_network_s_encodings_with_gadf(put, right, word, verdict, better, behind):
    encodings(put, vit=right)
    line, differences = judged(put, "C8")
    pair = ("mtf", "gadf", 10, "splits")
    assert compared(differences) == [
        ("net 64 px resize, fine-tune", *pair, -0.3, "worse"),
        ("net 64 px field, frozen", *pair, -0.2, "worse"),
        ("net 64 px resize, frozen", *pair, -0.133, "worse"),
        ("net 32 px field, frozen", *pair, -0.3, "worse"),
        (VIT, *pair, less(right), word),
    ]
    assert line["verdict"] == verdict
    assert said(line) == (
        f"better: {better}; worse: {', '.join(behind)}; the largest difference: mtf less gadf ({VIT}) "
        f"{less(right):+.3f}, 10 splits: {word}"
    )


@pytest.mark.parametrize("right, word", WORDS)
def test_the_encoding_chosen_inside_is_compared_with_the_raw_series(put, right, word):
    baselines(put)
    encodings(put, inside=right)
    line, differences = judged(put, "new")
    net, vit, lda = "frozen, ridge head, net.tag", "frozen, ridge head, vit.tag", ("shrinkage LDA", 10, "splits")
    found = compared(differences)
    assert [difference for *_, difference, _ in found] == sorted([each[-2] for each in found], reverse=True)
    assert sorted(found) == sorted(
        ("pictures", arm, *lda, difference, word)
        for arm, difference, word in [
            (f"{net}, chosen inside, size 64, field", less(right), word),
            (f"{net}, chosen inside, size 64, resize", -0.4, "worse"),
            (f"{net}, gadf, size 32, field", 0.3, "better"),
            (f"{net}, gadf, size 64, field", 0, EQUAL),
            (f"{net}, gadf, size 64, resize", 0.233, "better"),
            (f"{net}, mtf, size 32, field", 0, EQUAL),
            (f"{net}, mtf, size 64, field", -0.2, "worse"),
            (f"{net}, mtf, size 64, resize", 0.1, "cannot be told"),
            (f"{vit}, gadf, size 64, field", 0, EQUAL),
            (f"{vit}, mtf, size 64, field", -0.1, "worse"),
        ]
    )
    assert line["verdict"] == BETTER[word]
    assert said(line) == (
        f"with the encoding chosen inside each training set, the best of 2 such: {net}, chosen inside, size 64, field less "
        f"shrinkage LDA (pictures) {less(right):+.3f}, 10 splits: {word}; the best of 8 pictures tried, so chosen by its own test series: "
        f"{net}, gadf, size 32, field less shrinkage LDA (pictures) +0.300, 10 splits: better"
    )
    assert line["notes"] == "net 32 px field, frozen on gadf: 0.900 (sd 0.000)"
