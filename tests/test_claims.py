"""Every rule on tables made here, of 30 test series and ten splits: what is clear, what is equal, what cannot be told."""

from collections import namedtuple

import pandas as pd
import pytest

from tsvision import claims

ROW = {"dataset": "Toy", "split": 0, "seed": 0, "n_train": 30, "n_test": 30, "length": 9, "device": "cpu"}
NETWORK = {"backbone": "net.tag", "weights": "hub:x", "stands_in_for": "", "encoding": "gadf", "colormap": "viridis"}
TUNED = NETWORK | {"method": "fine-tune", "size": 64, "epochs": 20, "lr_mult": 100.0, "noise": 0.0, "shuffled": False}
HEAD = NETWORK | {"method": "frozen, ridge head", "size": 64, "view": "field", "layer": "all"}
PLAIN = {"method": "LDA", "shuffled": False}

LOW, HIGH = [18] * 10, [27] * 10
WILD = [12, 26] * 5  # one more than LOW in the mean, but all over the place


def rows(kind, corrects, over="split", **other):
    """Rows of one kind with these numbers of right answers of 30: a split each, or a seed each on the default split."""
    return pd.DataFrame(
        [
            ROW | kind | {over: k, "correct": correct, "accuracy": correct / 30} | other
            for k, correct in enumerate(corrects)
        ]
    )


@pytest.fixture
def put(tmp_path):
    """put(name, *tables) writes them as one into a results folder."""

    def write(name, *tables):
        pd.concat(tables, ignore_index=True).to_csv(tmp_path / f"{name}.csv", index=False)

    write.folder = tmp_path
    return write


def verdict(put, claim):
    """The verdict and the evidence on one claim."""
    table = claims.verdicts(put.folder).set_index("claim")
    return table.loc[claim, "verdict"], f"{table.loc[claim, 'effect']}. {table.loc[claim, 'evidence']}"


# what is compared with LOW, and the word for it; {} is its name
WORDS = [(HIGH, "{} better"), ([9] * 10, "{} worse"), (LOW, "no difference that matters"), (WILD, "cannot be told")]


# --- words ---------------------------------------------------------------------------------------------------------------

Line = namedtuple("Line", "arm low high equal")


@pytest.mark.parametrize(
    "low, high, equal, word",
    [
        (0.01, 0.2, 0.0, "crop better"),
        (-0.2, -0.01, 0.0, "crop worse"),
        (-0.01, 0.02, 0.96, "no difference that matters"),
        (-0.01, 0.02, 0.94, "cannot be told"),
        (0.0, 0.2, 0.5, "cannot be told"),
        (0.001, 0.002, 0.99, "crop better"),  # small, but it is there
    ],
)
def test_words(low, high, equal, word):
    assert claims._word(Line("crop", low, high, equal)) == word


# --- which claims are judged ---------------------------------------------------------------------------------------------


def test_an_empty_folder_has_no_verdicts(tmp_path):
    assert claims.verdicts(tmp_path).empty


def test_a_claim_whose_notebook_is_missing_is_left_out(put):
    put("12_seeds", rows(TUNED, [25, 26], "seed", epochs=5), rows(TUNED, [25, 26], "seed"))
    assert claims.verdicts(put.folder)["claim"].tolist() == ["C4"]
    put("04_vit", rows(TUNED, [25, 26], "seed"))  # C6 needs the CNN's runs beside these
    assert claims.verdicts(put.folder)["claim"].tolist() == ["C4"]


def test_a_line_holds_the_main_number_and_the_rest_apart(put):
    put("12_seeds", rows(TUNED, [25, 26], "seed", epochs=5), rows(TUNED, [25, 26], "seed"))
    (line,) = claims.verdicts(put.folder).to_dict("records")
    assert list(line) == ["claim", "says", "verdict", "effect", "evidence", "figure"]
    assert line["effect"] == "20 less 5 epochs +0.000 [-0.033, +0.033], 2 seeds on one split"
    assert [part.split(":")[0] for part in line["evidence"].split(". ")] == ["5 epochs", "20 epochs"]


@pytest.mark.parametrize(
    "claim, tables, reference",
    [
        ("C2", [rows(TUNED, LOW, method="fine-tune, resize")], "fine-tune, resize"),
        ("C3", [rows(TUNED, LOW)], "noise 0, epochs 20"),
        ("C5", [rows(PLAIN, LOW), rows(PLAIN, HIGH, shuffled=True)], None),
        ("C8", [rows(TUNED, LOW), rows(HEAD, LOW)], "gadf"),
    ],
)
def test_the_reference_alone_is_not_judged(put, claim, tables, reference):
    every = pd.concat(tables, ignore_index=True)
    rule = claims.CLAIMS[claim][2]
    with pytest.raises(
        claims.OneSided, match=f"nothing has run other than {reference}" if reference else "run fine-tuned"
    ):
        rule(every.dropna(axis=1, how="all"), put.folder)


def test_a_claim_that_cannot_be_judged_says_why(put):
    put("05_colormap_comparison", rows(TUNED, LOW), rows(HEAD, LOW))
    lines = [{"colormap": "viridis", "red_sd": 0.2, "green_sd": 0.2, "blue_sd": 0.2, "colours": 256}]
    put("05_colormap_comparison.channels", pd.DataFrame(lines))
    (line,) = claims.verdicts(put.folder).to_dict("records")
    assert (line["verdict"], line["evidence"]) == ("not judged", "")
    assert line["effect"] == "nothing has run other than viridis"


def test_every_claim_names_its_notebook_in_its_figure():
    for says, needs, rule, figure in claims.CLAIMS.values():
        assert callable(rule) and len(says) > 10 and figure[:2] in needs


# --- the rules -----------------------------------------------------------------------------------------------------------


def forensics(put, mean=0.0, spread=0.5):
    put(
        "06_data_forensics.condition",
        pd.DataFrame(
            {
                "dataset": ["Toy", "Toy, cut off", "Toy, noisy"],
                "largest_mean": [mean, 0.5, 0.0],
                "sd_range": [0.0, 0.2, 0.1],
                "spread": [0.04, spread, 0.1],
                "outliers": [2, 3, 0],
            }
        ),
    )
    pairs = {"same_class": [True, True], "across": [True, False], "ratio": [0.464, 0.9]}
    put("06_data_forensics.twins", pd.DataFrame(pairs))
    put(
        "06_data_forensics",
        *(rows(PLAIN, right, dataset=name) for name, right in (("Toy", LOW), ("Toy, cut off", [9] * 10))),
        *(rows(TUNED, right, "seed", dataset=name) for name, right in (("Toy", [24, 27]), ("Toy, cut off", [12, 15]))),
    )


def test_c1_says_whether_the_data_is_normalised_and_what_would_look_wide(put):
    forensics(put)
    says, evidence = verdict(put, "C1")
    assert says.startswith("holds that the data comes normalised")
    assert evidence.startswith(
        "largest mean of a series 0.000, standard deviations within 0.000; 2 series stand five times "
    )
    assert (
        "2 pairs are each other's nearest neighbour, 1 of them across the default split, 2 of one class; " in evidence
    )
    assert "the closest is 0.46 as far apart as from any third series" in evidence
    assert "a plot much wider than the downloaded one would come from: cut off. " in evidence
    assert "LDA, less as downloaded: cut off -0.300 [" in evidence
    assert evidence.endswith("fine-tuned, 2 seeds on the default split: Toy 0.850; cut off 0.450")
    forensics(put, mean=0.3, spread=0.3)
    says, evidence = verdict(put, "C1")
    assert says.startswith("does not hold that the data comes normalised") and "from: none of these" in evidence


def axes_and_noise(put, axes=HIGH, copies=HIGH):
    views = [rows(TUNED, LOW, method="fine-tune, resize"), rows(TUNED, axes, method="fine-tune, axes")]
    heads = [rows(HEAD, HIGH, view="resize"), rows(HEAD, LOW, view="axes")]
    plain = [rows(TUNED, HIGH), rows(TUNED, copies, noise=0.1), rows(TUNED, LOW, epochs=40)]
    put("11_axes_and_noise", *views, *heads, *plain)


@pytest.mark.parametrize("right, word", WORDS)
def test_c2_compares_axes_with_the_plot_alone(put, right, word):
    axes_and_noise(put, axes=right)
    says, evidence = verdict(put, "C2")
    assert says.endswith(f"accuracy with axes, fine-tuned: {word.format('fine-tune, axes')}; frozen: axes worse")
    assert evidence.startswith(f"with axes less without, fine-tuned {sum(right) / 300 - 0.6:+.3f} [")
    assert "10 splits; frozen -0.300 [" in evidence


@pytest.mark.parametrize("right, word", WORDS)
def test_c3_compares_copies_with_as_many_steps_of_the_originals(put, right, word):
    axes_and_noise(put, copies=right)
    says, evidence = verdict(put, "C3")
    assert says.endswith(f"their effect: {word.format('noise 0.1, epochs 20')}")
    effect = f"{sum(right) / 300 - 0.6:+.3f} ["
    assert evidence.startswith(f"noise 0.1, epochs 20, less noise 0, epochs 40: {effect}")
    assert "all of them, less noise 0, epochs 40: noise 0, epochs 20 +0.300 [" in evidence
    assert f"; noise 0.1, epochs 20 {effect}" in evidence


@pytest.mark.parametrize(
    "short, long, says",
    [
        ([20, 21, 22], [22, 21, 20], "none of these runs reaches it; 60 against 5 epochs cannot be told"),
        ([20, 21, 22], [25, 26, 28], "a minority of runs; 60 better than 5 epochs"),
        ([28, 29, 20], [20, 29, 20], "holds; 60 against 5 epochs cannot be told"),
    ],
)
def test_c4_tells_luck_from_training(put, short, long, says):
    put("12_seeds_and_lengths", rows(TUNED, short, "seed", epochs=5), rows(TUNED, long, "seed", epochs=60))
    found, evidence = verdict(put, "C4")
    assert found == says
    reached = sum(correct >= 28 for correct in short)
    assert f"5 epochs: mean {sum(short) / 90:.3f}, {reached} of 3 runs reach 28 of 30" in evidence
    assert f"best of 3 {max(short) / 30:.3f}" in evidence and "60 less 5 epochs" in evidence


def right_ones(tables):
    """Predictions for the rows of these tables: of 30 series of class 0 the first ones right."""
    every = pd.concat(tables, ignore_index=True)
    return pd.DataFrame(
        [
            {"run": run, "series": series, "label": 0, "predicted": int(series >= correct)}
            for run, correct in every["correct"].items()
            for series in range(30)
        ]
    )


def baselines(put, right):
    parts = [rows(PLAIN, LOW), rows(PLAIN, HIGH, method="other"), rows(PLAIN, [9] * 10, shuffled=True)]
    parts += [rows(HEAD, HIGH), rows(HEAD, HIGH, weights="random", colormap="field")]
    parts += [rows(HEAD, [29, 24], "seed", weights="random", colormap="field")]
    parts += [rows(TUNED, right), rows(TUNED, [6] * 10, shuffled=True)]
    parts += [rows(TUNED, LOW, weights="random"), rows(TUNED, HIGH, weights="random", lr_mult=1.0)]
    put("13_baselines_and_controls", *parts)
    put("13_baselines_and_controls.predictions", right_ones(parts))


@pytest.mark.parametrize("right, word", WORDS)
def test_c5_compares_with_the_raw_series(put, right, word):
    baselines(put, right)
    says, evidence = verdict(put, "C5")
    ways = says.removeprefix("on these pictures, against LDA on the raw series: ").split("; ")
    assert ways[0] == f"fine-tune, pretrained, lr_mult 100 {word.format('').strip()}" and len(ways) == 3
    assert f"less LDA: fine-tune, pretrained, lr_mult 100 {sum(right) / 300 - 0.6:+.3f} [" in evidence
    only_picture, only_plain = max(0, right[0] - 18), max(0, 18 - right[0])
    assert f"got right: fine-tune, pretrained, lr_mult 100 {only_picture}, {only_plain} (McNemar p = " in evidence
    assert f"at one rate (lr_mult 100): random {0.6 - sum(right) / 300:+.3f} [" in evidence
    # one of 27 over the splits, and of 29 and 24 besides: on the default split
    assert "3 untrained net under a ridge head: 0.889 on the default split, 1 of 3 reach 28 of 30" in evidence
    assert evidence.endswith("shuffled labels: LDA 0.300, fine-tune 0.200")


@pytest.mark.parametrize("right, word", WORDS)
def test_c6_compares_crops_by_seed_and_networks_by_split(put, right, word):
    put("11_axes_and_noise", rows(TUNED, LOW, method="fine-tune, resize"), rows(TUNED, HIGH))
    vit = {"backbone": "vit.tag", "train_accuracy": 0.5}
    parts = [rows(TUNED, [8, 10, 12], "seed", method="fine-tune, crop", **vit)]
    parts += [rows(TUNED, right, method="fine-tune, resize", **vit)]
    parts += [rows(TUNED, [right[0]] * 2, "seed", method="fine-tune, resize", **vit).assign(seed=[1, 2])]
    put("04_vit_finetune", *parts)
    says, evidence = verdict(put, "C6")
    crop = "crops harm at this length" if right[0] > 12 else "cannot be told whether crops matter"
    assert says == f"{crop}; ViT and CNN on the same splits: {word.format('vit.tag')}"
    assert f"crop less resize {(10 - right[0]) / 30:+.3f} [" in evidence and "3 seeds on one split" in evidence
    assert "it knows 50% of its own training series" in evidence
    assert f"ViT less CNN, of other sizes and epochs, {sum(right) / 300 - 0.6:+.3f} [" in evidence


@pytest.mark.parametrize("right, word", WORDS)
def test_c7_compares_colormaps_and_names_the_channels(put, right, word):
    colours = {"viridis": (0.2, 0.3, 0.2), "rainbow": (0.3, 0.3, 0.3), "field": (0.3, 0.3, 0.3)}
    lines = [{"colormap": name} | dict(zip(("red_sd", "green_sd", "blue_sd"), sd)) for name, sd in colours.items()]
    put("05_colormap_comparison.channels", pd.DataFrame(lines).assign(colours=[200, 256, 9999]))
    parts = [
        rows(TUNED, LOW),
        rows(TUNED, right, colormap="rainbow"),
        rows(HEAD, HIGH),
        rows(HEAD, LOW, colormap="rainbow"),
    ]
    put("05_colormap_comparison", *parts)
    says, evidence = verdict(put, "C7")
    assert says == (
        f"viridis varies in red, green, blue: does not hold; accuracy, fine-tuned: {word.format('rainbow')}; frozen: rainbow worse"
    )
    assert evidence.startswith(f"rainbow less viridis: fine-tuned {sum(right) / 300 - 0.6:+.3f} [")
    assert "10 splits; frozen -0.300 [" in evidence and "frozen, less viridis: rainbow -0.300 [" in evidence
    assert "red of viridis has sd 0.200, blue 0.200; at most 256 colours" in evidence
    put("05_colormap_comparison.channels", pd.DataFrame(lines).assign(colours=256, blue_sd=0.01))
    assert verdict(put, "C7")[0].startswith("viridis varies in red, green: holds; ")


@pytest.mark.parametrize(
    "tuned, kept, says",
    [
        (LOW, LOW, "cannot be told whether another is better"),
        (WILD, HIGH, "does not hold: better are mtf (net 64 px, frozen), mtf (vit 64 px, frozen)"),
        (
            HIGH,
            HIGH,
            "does not hold: better are mtf (net, fine-tuned), mtf (net 64 px, frozen), mtf (vit 64 px, frozen)",
        ),
        ([9] * 10, WILD, "cannot be told whether another is better; worse are mtf (net, fine-tuned)"),
    ],
)
def test_c8_compares_encodings_with_the_first(put, tuned, kept, says):
    parts = [rows(TUNED, LOW), rows(TUNED, tuned, encoding="mtf")]
    for backbone in ("net.tag", "vit.tag"):
        for encoding, right in (("gadf", LOW), ("mtf", kept), ("gadf|mtf", HIGH)):
            parts.append(rows(HEAD, right, encoding=encoding, backbone=backbone))
    put("14_encodings", *parts)
    found, evidence = verdict(put, "C8")
    assert found == says
    most = max(sum(tuned), sum(kept)) / 300 - 0.6
    name = "net, fine-tuned" if sum(tuned) >= sum(kept) else "net 64 px, frozen"
    assert evidence.startswith(f"the largest difference: mtf less gadf, {name}, {most:+.3f} [")
    assert f"net, fine-tuned, less gadf: mtf {sum(tuned) / 300 - 0.6:+.3f} [" in evidence
    for backbone in ("net", "vit"):
        assert evidence.count(f"{backbone} 64 px, frozen, less gadf: mtf {sum(kept) / 300 - 0.6:+.3f} [") == 1
    assert "|" not in evidence


@pytest.mark.parametrize("right, word", WORDS)
def test_the_best_picture_is_compared_with_the_raw_series(put, right, word):
    baselines(put, LOW)
    least = [sum(right) // 10 - 6] * 10
    parts = [rows(TUNED, HIGH), rows(HEAD, least), rows(HEAD, right, encoding="mtf")]
    put("14_encodings", *parts, rows(HEAD, HIGH, encoding="gadf|mtf"))
    says, evidence = verdict(put, "new")
    inside = "; with the encoding chosen inside: frozen, ridge head better"
    assert says == f"that it beats the raw series: {word.format('frozen, ridge head')}{inside}"
    best, menu = evidence.split(". ")
    assert best.startswith("the best of 2, net on mtf, 64 px: ") and f"less LDA {sum(right) / 300 - 0.6:+.3f} [" in best
    assert (
        menu.startswith("net, 64 px, encoding chosen inside each training set: 0.900") and "less LDA +0.300 [" in menu
    )
