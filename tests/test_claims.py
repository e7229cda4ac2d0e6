"""Every rule on tables made here, of 30 test series and ten splits: what is clear, what is equal, what too close to
call.
"""

import re

import numpy as np
import pandas as pd
import pytest

from tsvision import evaluation
from tsvision.study import claims, verdicts

ROW = {"dataset": "OliveOil", "split": 0, "seed": 0, "n_train": 30, "n_test": 30, "device": "cpu", "shuffled": False}
NETWORK = {"backbone": "net.tag", "weights": "hub:x", "stands_in_for": "", "encoding": "gadf", "colormap": "viridis"}
NETWORK |= {"size": 64, "view": "resize"}
TUNED = NETWORK | {"method": "fine-tune", "epochs": 20, "lr_mult": 100.0, "noise": 0.0}
HEAD = NETWORK | {"method": "frozen, ridge head", "layer": "all"}
PLAIN = {"method": "shrinkage LDA"}

LOW, HIGH, LEAST = [18] * 10, [27] * 10, [9] * 10
WILD = [12, 26] * 5  # one more than LOW in the mean, but half of the splits say the contrary
EQUAL = "no difference that matters"

# what is compared with LOW, the word for it, and the verdicts on 'as good' and on 'better'
WORDS = [(HIGH, "better"), (LEAST, "worse"), (LOW, EQUAL), (WILD, "too close to call")]
AS_GOOD = {
    "better": verdicts.HOLDS,
    "worse": verdicts.FAILS,
    EQUAL: verdicts.HOLDS,
    "too close to call": evaluation.OPEN,
}
BETTER = AS_GOOD | {EQUAL: verdicts.FAILS}


def told(word, over):
    """The word where pairs are `over`: the 30 series of one split, all alike by seed, leave more open than the
    margin.
    """
    return "too close to call" if (word, over) == (EQUAL, "seeds") else word


def rows(kind, corrects, over="split", first=0, again=None, **other):
    """Rows of one kind with these numbers of right answers of 30: a split each from `first` on, or a seed each on the
    default split.

    As results.grid makes them: fine-tuned on several splits, a run's seed is the split's number. again: right once
    batch norm is recalibrated.
    """
    own = ("split", "seed") if over == "split" and kind["method"] == "fine-tune" else (over,)
    other |= {} if again is None else {"recalibrated": [one / 30 for one in again]}
    made = [
        ROW | kind | {"correct": correct, "accuracy": round(correct / 30, 6)} | dict.fromkeys(own, k)
        for k, correct in enumerate(corrects, first)
    ]
    return pd.DataFrame(made).assign(**other)


def predicted(table):
    """Predictions that agree with rows, of 60 series of class 0: split k tests those from the 6k-th on, the first of
    them right.

    So a run with more right answers has all that one with fewer has. What the two differ in moves with the split, and
    on the default split with the seed, over all series: none has a share of its own in the difference, and equal
    numbers are equal answers.
    """
    each = table.loc[table.index.repeat(table["n_test"])]
    places = np.concatenate([np.arange(n_test) for n_test in table["n_test"]])
    turned = (places - 3 * each["seed"] * (each["split"] == 0)) % each["n_test"]
    made = {
        "run": each.index,
        "series": (places + 6 * each["split"]) % 60,
        "label": 0,
        "predicted": (turned >= each["correct"]).astype(int),
    }
    if "recalibrated" in table:
        again = (each["recalibrated"] * each["n_test"]).round()
        made["recalibrated"] = (turned >= again).astype(float).where(again.notna())
    return pd.DataFrame(made)


@pytest.fixture
def put(tmp_path):
    """put(name, *tables) writes them as one into a results folder, put.folder, and beside rows what their runs
    predicted.
    """

    def write(name, *tables):
        table = pd.concat(tables, ignore_index=True)
        table.to_csv(tmp_path / f"{name}.csv", index=False)
        if "accuracy" in table:
            predicted(table).to_csv(tmp_path / f"{name}.predictions.csv", index=False)

    write.folder = tmp_path
    return write


def judged(put, claim):
    """The line on one claim, as a dictionary, and its differences."""
    table, differences = verdicts.judge({claim: claims.CLAIMS[claim]}, put.folder)
    (line,) = table.to_dict("records")
    return line, differences


def said(line):
    """The sentence of a verdict without its intervals and probabilities."""
    return re.sub(r" \[[^]]*\]|, P [\d./ ]+(?=:)", "", line["because"])


def compared(differences, role="exploration"):
    """The lines of one role: what, arm, reference, pairs, over, difference, word."""
    return [
        (*line[["what", "arm", "reference", "pairs", "over"]], round(line["difference"], 3), evaluation.word(line))
        for _, line in differences[differences["role"] == role].iterrows()
    ]


def minus(right, other=LOW):
    """The mean difference of accuracies."""
    return round((sum(right) - sum(other)) / 300, 3)


def clear(right, other=LOW):
    """A difference between numbers that are the same on all splits, and its word; of three and more it is clear."""
    difference = minus(right, other)
    return difference, "better" if difference > 0.09 else "worse" if difference < -0.09 else EQUAL


# --- tables as the notebooks write them: right is what the primary comparison compares with LOW, rest what others do
# ------


def forensics(put, right=LEAST, mean=0.0, sd=0.0, spread=0.5):
    sets = {
        "dataset": ["OliveOil", "OliveOil, cut off", "OliveOil, noisy"],
        "largest_mean": [mean, 0.5, 0],
        "sd_range": [sd, 0.2, 0],
    }
    put("12_data_forensics.condition", pd.DataFrame(sets | {"spread": [0.04, spread, 0.1], "outliers": [2, 3, 0]}))
    pairs = {"same_class": [True, False, True], "across": [True, False, False], "ratio": [0.9, 0.464, 0.7]}
    put("12_data_forensics.twins", pd.DataFrame(pairs))
    cut_off = "OliveOil, cut off"
    tables = [rows(PLAIN, LOW), rows(PLAIN, right, dataset=cut_off), rows(HEAD, HIGH), rows(HEAD, LOW, dataset=cut_off)]
    put("12_data_forensics", *tables, rows(TUNED, LOW, "seed"), rows(TUNED, right, "seed", dataset=cut_off))


def axes_and_noise(put, right=HIGH, rest=LEAST, copies=LOW, steps=570):
    """Axes (`right`) against the plot alone, and `copies` of pictures with axes against the originals for as long."""
    box = {"steps": steps, "alone": steps, "one_to_one": True, "figure": 570, "plot": 439}
    put("02_gadf_render.pixels", pd.DataFrame([box]))
    parts = [rows(TUNED, LOW), rows(TUNED, right, view="axes"), rows(HEAD, LOW), rows(HEAD, rest, view="axes")]
    parts += [rows(TUNED, LOW, epochs=40, view=view) for view in ("resize", "axes")]
    parts += [
        rows(TUNED, rest, noise=0.1),
        rows(TUNED, rest, noise=0.01, view="axes"),
        rows(TUNED, copies, noise=0.1, view="axes"),
    ]
    put("07_axes_and_noise", *parts)


def noise(put, right=HIGH, rest=LEAST):
    axes_and_noise(put, right=rest, rest=rest, copies=right)


def lengths(put, right=HIGH, rest=LEAST, axes=[28, *LOW[1:]], **other):  # noqa: B006  read only
    """Ten seeds of each length; recalibrated they have LOW after 5 epochs, `right` after 20."""
    other |= {"train_accuracy": 0.75}
    each = {5: (LOW, LOW), 20: (rest, right), 60: (HIGH, right)}
    parts = [rows(TUNED, own, "seed", again=again, epochs=epochs, **other) for epochs, (own, again) in each.items()]
    put("09_seeds_and_epochs", *parts, rows(TUNED, axes, "seed", again=rest, view="axes", **other))


def baselines(put, right=HIGH, rest=LEAST, small=("small.tag", 32), networks=("hub:x", "random")):
    untrained = HEAD | {"backbone": small[0], "weights": "random", "size": small[1], "colormap": "field"}
    parts = [rows(PLAIN, LOW), rows(PLAIN, HIGH, method="other"), rows(PLAIN, LEAST, shuffled=True)]
    parts += [rows(HEAD, rest), rows(HEAD, [8] * 10, shuffled=True), rows(HEAD, [24] * 10, weights="random")]
    parts += [rows(untrained, [29] + [24] * 9), rows(untrained, HIGH, seed=1)]
    parts += [
        rows(TUNED, right, view="axes"),
        rows(TUNED, [0] * 10, view="axes", lr_mult=1.0),
        rows(TUNED, [0] * 10, view="axes", weights="random"),
    ]
    parts += [rows(TUNED, rest), rows(TUNED, [6] * 10, shuffled=True), rows(TUNED, [15] * 10, lr_mult=1.0)]
    parts += [rows(TUNED, LOW, weights="random"), rows(TUNED, [21] * 10, weights="random", lr_mult=1.0)]
    put(
        "06_baselines_and_controls",
        *(part for part in parts if part["method"][0] != "fine-tune" or part["weights"][0] in networks),
    )


def crops(put, right=HIGH, rest=LEAST):
    """A transformer on crops (recalibrated `right`, as trained `rest`) and whole, over splits and seeds; a CNN on whole
    pictures.
    """
    vit, cropped = (
        {"backbone": "vit.tag", "train_accuracy": 1.0},
        {"backbone": "vit.tag", "view": "crop", "train_accuracy": 0.5},
    )
    parts = [rows(TUNED, rest, again=right, **cropped), rows(TUNED, rest[1:], "seed", 1, again=rest[1:], **cropped)]
    parts += [rows(TUNED, LOW, again=LOW, **vit), rows(TUNED, LOW[1:], "seed", 1, again=LOW[1:], **vit)]
    put("04_vit_finetune", *parts, rows(TUNED, rest, again=[3] * 10, train_accuracy=0.1))


def colormaps(put, right=HIGH, rest=LEAST, blue=0.049):
    sds = {"viridis": (0.2, 0.3, blue), "rainbow": (0.3, 0.35, 0.25), "field": (0.3, 0.3, 0.3)}
    channels = [{"colormap": name} | dict(zip(("red_sd", "green_sd", "blue_sd"), sd)) for name, sd in sds.items()]
    put("05_colormap_comparison.channels", pd.DataFrame(channels).assign(colours=[200, 256, 9999]))
    parts = [
        rows(TUNED, own, view="axes", colormap=name)
        for name, own in (("viridis", LOW), ("rainbow", right), ("gray", [30] * 10))
    ]
    for name, own in (("viridis", LOW), ("rainbow", rest)):
        parts += [
            rows(TUNED, own, colormap=name),
            rows(TUNED, own[1:], "seed", 1, colormap=name),
            rows(HEAD, own, colormap=name),
        ]
    put("05_colormap_comparison", *parts)


FIELD = HEAD | {"view": "field"}
HEADS = [(HEAD, LOW), (FIELD | {"size": 32}, [21] * 10), (FIELD | {"backbone": "vit.tag"}, LOW)]


def encodings(put, right=HIGH, rest=LEAST, inside=LOW, chosen=("mtf all", "line all")):
    """GADF fine-tuned (`right`), and mtf and line, whose splits with LOW are those that a frozen network chose
    inside.
    """
    parts = [rows(TUNED, right), rows(TUNED, [18, 0] * 5, encoding="mtf"), rows(TUNED, [0, 18] * 5, encoding="line")]
    parts += [rows(TUNED, [30] * 10, encoding="gadf+mtf")]
    for head, gadf in HEADS:
        parts += [rows(head, gadf), rows(head, rest, encoding="mtf")]
    menus = [
        rows(HEAD, [6] * 10, encoding="mtf|line", chosen=[*chosen] * 5),
        rows(HEAD, inside, encoding="gadf|mtf|line", chosen="gadf all"),
    ]
    put("10_encodings", *parts, *menus, rows(FIELD, rest, encoding="gadf|mtf|line", chosen="line all"))


def inside(put, right=HIGH, rest=LEAST):
    encodings(put, rest, rest, inside=right)
    baselines(put, rest, rest)


MADE = {"C1": forensics, "C2": axes_and_noise, "C3": noise, "C4": lengths, "C5": baselines}
MADE |= {"C6": crops, "C7": colormaps, "C8": encodings, "new": inside}
# claim: its primary comparison
NAMED = {
    "C2": ("fine-tuned", "axes", "resize", 10, "splits"),
    "C3": ("fine-tuned, axes", "noise 0.1, epochs 20", "noise 0, epochs 40", 10, "splits"),
    "C4": ("resize, batch norm recalibrated", "epochs 20", "epochs 5", 10, "seeds"),
    "C5": ("axes, against the raw series", "fine-tune, pretrained, lr_mult 100", "shrinkage LDA", 10, "splits"),
    "C6": ("batch norm recalibrated", "crop", "resize", 10, "splits"),
    "C7": ("fine-tuned, axes", "rainbow", "viridis", 10, "splits"),
    "C8": ("net 64 px resize, fine-tune", "gadf", "the best other, chosen inside", 10, "splits"),
    "new": ("pictures", "frozen, ridge head, net.tag, chosen inside, size 64, resize", "shrinkage LDA", 10, "splits"),
}
# of these it is not the verdict
ALWAYS = {"C2": verdicts.HOLDS, "C3": verdicts.UNKNOWN, "C4": verdicts.HOLDS, "C7": verdicts.HOLDS}
RULES = {"C5": AS_GOOD, "C6": AS_GOOD, "C8": BETTER, "new": BETTER} | {
    claim: dict.fromkeys(AS_GOOD, verdict) for claim, verdict in ALWAYS.items()
}


# --- all claims -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("claim", claims.CLAIMS)
def test_what_runs_predicted_agrees_with_their_rows(put, claim):
    MADE[claim](put)
    made = evaluation.rows_of(put.folder)
    for accuracy, right in (("accuracy", "right"), ("recalibrated", "right_again")):
        own = made[made[accuracy].notna()] if accuracy in made else made[:0]
        assert [np.nansum(one) for one in own.get(right, [])] == pytest.approx(
            (own["n_test"] * own.get(accuracy, 0)).tolist(), abs=1e-4
        )
    assert [(~np.isnan(one)).sum() for one in made["right"]] == made["n_test"].tolist()


@pytest.mark.parametrize("over", ["split", "seed"])
def test_the_four_words_come_with_a_margin(put, over):
    arms = {"high": HIGH, "least": LEAST, "low": LOW, "wild": WILD, "reference": LOW}
    put("13_x", *(rows(TUNED, own, over, view=name) for name, own in arms.items()))
    own = evaluation.rows_of(put.folder)
    line = {
        name: verdicts.family(verdicts.only(("x", own, ["view"], "reference", over), name)).iloc[0]
        for name in [*arms][:-1]
    }
    # no series and no split has a share in HIGH's and LEAST's: what is left, .21 of 300 answers, is an error of less
    # than .03
    assert line["high"]["low"] > 0.22 and line["least"]["high"] < -0.22
    # one answer as the other: half a series of 60 is left, or of the 30 that seeds on one split have
    assert line["low"]["equal"] > 0.97 if over == "split" else 0.8 < line["low"]["equal"] < 0.9
    assert line["low"]["low"] <= 0 <= line["low"]["high"]
    # the ten of WILD have a standard deviation of .25, an error of .08, more than twice the difference
    assert line["wild"]["low"] < -0.1 and line["wild"]["high"] > 0.1 and line["wild"]["equal"] < 0.5


@pytest.mark.parametrize("right, word", WORDS)
@pytest.mark.parametrize("claim", NAMED)
def test_a_claim_has_one_primary_comparison_and_its_verdict(put, claim, right, word):
    MADE[claim](put, right)
    line, differences = judged(put, claim)
    assert compared(differences, "primary") == [(*NAMED[claim], minus(right), told(word, NAMED[claim][-1]))]
    assert line["verdict"] == RULES[claim][word]
    assert evaluation.told(verdicts.primary(differences)) in line["because"] and len(differences) > 1


NUMBERS = {
    "C1": "means within 0.000 of 0, sd within 0.000 of each other",
    "C2": "439 of 570 pixels left for 570 steps",
    "C3": "noisy copies minus none, for as many steps: +30.0 points, 10 splits",
    "C4": "1 of 10 runs reach 28 of 30 with axes, 0 of 10 without",
    "C5": "the recipe of 2018 minus shrinkage LDA: +30.0 points, 10 splits",
    "C6": "random crop minus plot only: +30.0 points, 10 splits",
    "C7": "viridis varies in red, green",
    "C8": "GADF minus the best other, chosen on training data: +30.0 points, 10 splits",
    "new": "picture chosen on training data minus shrinkage LDA: +30.0 points, 10 splits",
}


@pytest.mark.parametrize("claim", claims.CLAIMS)
def test_a_claim_has_a_number_in_a_few_words(put, claim):
    MADE[claim](put)
    line, differences = judged(put, claim)
    assert re.sub(r" \[[^]]*\]", "", line["number"]) == NUMBERS[claim]
    if "points" in line["number"]:
        assert line["number"].endswith(": " + evaluation.points(verdicts.primary(differences)))


@pytest.mark.parametrize("right", [HIGH, LEAST, WILD])
@pytest.mark.parametrize("claim", NAMED)
def test_exploration_decides_nothing(put, claim, right):
    found = []
    for rest in (HIGH, LEAST):
        MADE[claim](put, right, rest)
        line, differences = judged(put, claim)
        found.append((line["verdict"], verdicts.primary(differences)))
        assert any(word == ("better" if rest == HIGH else "worse") for *_, word in compared(differences))
    (verdict, first), (other, second) = found
    assert verdict == other
    pd.testing.assert_series_equal(first, second)


def test_c1_has_no_primary_comparison(put):
    forensics(put)
    assert set(judged(put, "C1")[1]["role"]) == {"exploration"}


@pytest.mark.parametrize("claim", claims.CLAIMS)
@pytest.mark.parametrize("order", [dict(frac=1, random_state=0), "reversed"], ids=["at random", "reversed"])
def test_the_order_of_rows_changes_no_verdict(put, claim, order):
    MADE[claim](put)
    before, first = judged(put, claim)
    shuffle(put.folder, order)
    after, second = judged(put, claim)
    assert after["verdict"] == before["verdict"]
    # what is listed may be listed in another order
    for texts in ((said(before), said(after)), (before["notes"], after["notes"])):
        assert len({tuple(sorted(re.findall(r"[^\s,;:]+", text))) for text in texts}) == 1
    assert_same(first, second)


def assert_same(*differences):
    """The same lines in any order; of those that tie, Holm's procedure gives the later the shorter interval."""
    tables = [table.sort_values(["what", "arm"], ignore_index=True) for table in differences]
    pd.testing.assert_frame_equal(*(table[table["role"] == "primary"] for table in tables))
    leveled = ["low", "high", "worse", "equal", "better", "detectable"]
    pd.testing.assert_frame_equal(*(table.drop(columns=leveled) for table in tables))
    assert compared(tables[0]) == compared(tables[1])


def shuffle(folder, order):
    """Put the lines of all tables in another order."""
    places = {}
    for path in sorted(folder.glob("*.csv")):  # a notebook's rows come before its predictions
        table = pd.read_csv(path, keep_default_na=False, na_values=[""])
        table = table.iloc[::-1] if order == "reversed" else table.sample(**order)
        places[path.stem] = {line: place for place, line in enumerate(table.index)}
        if "run" in table:
            table["run"] = table["run"].map(places[path.stem.partition(".")[0]])
        table.to_csv(path, index=False)


AS_LONG, WITH_AXES = {"epochs": 40}, {"view": "axes"}
MENU = rows(HEAD, HIGH, encoding="gadf|mtf|line", chosen="mtf all")


@pytest.mark.parametrize(
    "claim, tables, missing",
    [
        ("C1", [rows(PLAIN, LOW), rows(TUNED, LOW, "seed")], "nothing has run to compare with"),
        (
            "C2",
            [
                rows(TUNED, LOW),
                rows(TUNED, HIGH, **WITH_AXES, noise=0.1),
                rows(HEAD, LOW),
                rows(HEAD, HIGH, **WITH_AXES),
            ],
            "nothing has run as axes (fine-tuned)",
        ),
        (
            "C3",
            [rows(TUNED, LOW, **AS_LONG), rows(TUNED, HIGH, noise=0.1), rows(TUNED, LOW, **WITH_AXES)],
            "nothing has run with noisy copies of whole figures",
        ),
        (
            "C3",
            [rows(TUNED, LOW, **AS_LONG), rows(TUNED, LOW, **WITH_AXES), rows(TUNED, HIGH, noise=0.1, **WITH_AXES)],
            "reference: expected one of noise 0.1, epochs 20, got 'noise 0, epochs 40'",
        ),
        (
            "C4",
            [rows(TUNED, LOW, "seed"), rows(TUNED, HIGH, "seed", **AS_LONG)],
            "nothing has run on whole figures with axes",
        ),
        (
            "C5",
            [rows(PLAIN, LOW), rows(HEAD, LOW), rows(TUNED, HIGH, shuffled=True, **WITH_AXES)],
            "nothing has run fine-tuned",
        ),
        (
            "C5",
            [
                rows(PLAIN, LOW),
                rows(HEAD, LOW),
                rows(TUNED, HIGH),
                rows(TUNED, HIGH, lr_mult=1.0, **WITH_AXES),
                rows(TUNED, HIGH, weights="random", **WITH_AXES),
                rows(TUNED, HIGH, shuffled=True, **WITH_AXES),
            ],
            "nothing has run fine-tuned on whole figures with axes",
        ),
        (
            "C5",
            [rows(PLAIN, LOW, shuffled=True), rows(HEAD, LOW), rows(TUNED, HIGH, **WITH_AXES)],
            "reference: expected one of fine-tune, pretrained, lr_mult 100, got 'shrinkage LDA'",
        ),
        (
            "C5",
            [rows(PLAIN, LOW), rows(HEAD, LOW), rows(TUNED, HIGH, **WITH_AXES)],
            "nothing has run untrained under a linear probe",
        ),
        ("C6", [rows(TUNED, LOW), rows(TUNED, HIGH, backbone="vit.tag")], "nothing has run with crops"),
        ("C6", [rows(TUNED, HIGH, view="crop"), rows(TUNED, LOW)], "nothing has run as a CNN"),
        (
            "C6",
            [rows(TUNED, HIGH, view="crop", backbone="vit.tag"), rows(TUNED, LOW)],
            "reference: expected one of crop, got 'resize'",
        ),
        (
            "C7",
            [rows(TUNED, LOW), rows(TUNED, HIGH, colormap="rainbow"), rows(TUNED, LOW, **WITH_AXES), rows(HEAD, LOW)],
            "nothing has run as rainbow (fine-tuned, axes)",
        ),
        (
            "C7",
            [rows(TUNED, LOW), rows(TUNED, HIGH, colormap="rainbow", **WITH_AXES), rows(HEAD, LOW)],
            "reference: expected one of rainbow, got 'viridis'",
        ),
        (
            "C8",
            [
                rows(TUNED, LOW),
                rows(TUNED, LOW, encoding="mtf"),
                rows(TUNED, LOW, encoding="line"),
                rows(HEAD, LOW),
                MENU,
            ],
            "nothing has run that chooses among line, mtf",
        ),
        (
            "C8",
            [rows(TUNED, LOW), rows(HEAD, LOW), rows(HEAD, HIGH, encoding="mtf"), MENU],
            "nothing has run that chooses among others",
        ),
        ("C8", [rows(HEAD, LOW), rows(HEAD, HIGH, encoding="mtf"), MENU], "nothing has run fine-tuned"),
        (
            "new",
            [
                rows(HEAD, LOW),
                rows(HEAD, HIGH, encoding="mtf"),
                MENU.assign(encoding="mtf|line"),
                MENU.assign(view="field"),
            ],
            "nothing has run that chooses its encoding",
        ),
    ],
)
def test_without_its_primary_comparison_a_claim_is_not_judged(put, claim, tables, missing):
    MADE[claim](put)  # the other files
    (stem,) = [path.stem for path in put.folder.glob(f"*_{claims.CLAIMS[claim][1][0]}.csv")]
    put(stem, *(table.assign(recalibrated=0.5, train_accuracy=1.0) for table in tables))
    line, differences = judged(put, claim)
    assert (line["verdict"], line["because"], line["notes"]) == ("not judged", missing, "")
    assert differences.empty


@pytest.mark.parametrize("kept", ["no column", "blank"])
def test_c6_is_not_judged_where_no_predictions_were_kept_once_recalibrated(put, kept):
    crops(put)
    path = put.folder / "04_vit_finetune.predictions.csv"
    table = pd.read_csv(path).drop(columns="recalibrated")
    (table if kept == "no column" else table.assign(recalibrated="")).to_csv(path, index=False)
    line, differences = judged(put, "C6")
    assert line["verdict"] == "not judged" and differences.empty


def test_c4_is_judged_where_no_predictions_were_kept_once_recalibrated(put):
    lengths(put)
    before, _ = judged(put, "C4")
    path = put.folder / "09_seeds_and_epochs.predictions.csv"
    pd.read_csv(path).drop(columns="recalibrated").to_csv(path, index=False)
    line, differences = judged(put, "C4")
    assert line["verdict"] == before["verdict"] and before["because"].startswith(line["because"] + "; ")
    assert set(differences["role"]) == {"exploration"} and not differences["what"].str.contains("recalibrated").any()


@pytest.mark.parametrize(
    "claim, name",
    [
        ("C1", "12_data_forensics.condition"),
        ("C1", "12_data_forensics.twins"),
        ("C2", "02_gadf_render.pixels"),
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


@pytest.mark.parametrize("claim", ["C2", "C3", "C4"])
def test_what_was_said_of_the_oils_of_2018_is_not_judged_on_other_series(put, claim):
    MADE[claim](put)
    _, differences = judged(put, claim)
    for path in put.folder.glob(f"*_{claims.CLAIMS[claim][1][0]}*.csv"):
        path.write_text(path.read_text().replace("OliveOil", "Drinks"))
    line, others = judged(put, claim)
    assert (line["verdict"], line["because"], line["notes"]) == (
        "of olive oils alone",
        "this speaks of olive oils, not of Drinks",
        "",
    )
    assert line["number"] == evaluation.sentence(verdicts.primary(others)).rpartition(":")[0], (
        "not what was counted of the oils"
    )
    pd.testing.assert_frame_equal(others, differences)


def test_only_keeps_one_arm_and_the_reference():
    # line numbers come three times
    own = pd.concat([rows(TUNED, LOW), rows(TUNED, HIGH, view="axes"), rows(TUNED, HIGH, view="crop")])
    part = ("fine-tuned", own, ["view"], "resize", "split")
    what, left, *rest = verdicts.only(part, "axes")
    assert (what, rest, left["view"].tolist()) == (
        "fine-tuned",
        [["view"], "resize", "split"],
        ["resize"] * 10 + ["axes"] * 10,
    )
    with pytest.raises(evaluation.Missing, match=r"^nothing has run as grid \(fine-tuned\)$"):
        verdicts.only(part, "grid")


# --- one by one -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("right, word", WORDS)
def test_c1_compares_what_a_cause_would_do_with_the_data_as_downloaded(put, right, word):
    forensics(put, right)
    line, differences = judged(put, "C1")
    pair = ("cut off", "as downloaded", 10)
    assert compared(differences) == [
        ("shrinkage LDA", *pair, "splits", minus(right), word),
        ("frozen, ridge head", *pair, "splits", -0.3, "worse"),
        ("fine-tune", *pair, "seeds", minus(right), told(word, "seeds")),
    ]
    assert (
        line["notes"]
        == "a series is far out if it stands five times farther from the middle than half of them do; 3 pairs of series"
        " are each other's nearest neighbour, 1 of them across the default split, 2 of one class; the closest is"
        " 0.46 as far apart as from any third series (a copy: 0)"
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
    assert (
        line["because"]
        == f"series have means within {mean:.3f} of zero and standard deviations within {sd:.3f} of each other; what"
        f" drew the original's plot cannot be told: more than ten times as wide as downloaded would be drawn {wide};"
        " series far out: OliveOil 2, cut off 3, noisy 0"
    )


@pytest.mark.parametrize("steps, verdict", [(440, "holds"), (439, "does not hold")])
def test_c2_asks_whether_axes_leave_a_pixel_for_each_step(put, steps, verdict):
    axes_and_noise(put, steps=steps)
    line, differences = judged(put, "C2")
    assert line["verdict"] == verdict
    assert (
        said(line)
        == f"in a figure of 570 pixels axes leave 439 for {steps} time steps; with axes minus plot only (fine-tuned)"
        " +0.300, 10 splits: better"
    )
    assert compared(differences) == [("frozen", "axes", "resize", 10, "splits", -0.3, "worse")]


def test_c3_compares_copies_with_as_many_steps_of_the_originals(put):
    noise(put)
    line, differences = judged(put, "C3")
    rest = ("noise 0, epochs 40", 10, "splits", -0.3, "worse")
    assert compared(differences) == [
        ("fine-tuned, axes", "noise 0, epochs 20", *rest),
        ("fine-tuned, axes", "noise 0.01, epochs 20", *rest),
        ("fine-tuned, resize", "noise 0, epochs 20", *rest[:-2], 0, EQUAL),
        ("fine-tuned, resize", "noise 0.1, epochs 20", *rest),
    ]
    assert (
        said(line)
        == "what was trained on in 2018 is not in the data; such copies, for about as many steps as the originals"
        " alone: "
        "noise 0.1, epochs 20 minus noise 0, epochs 40 (fine-tuned, with axes) +0.300, 10 splits: better"
    )


@pytest.mark.parametrize(
    "hits, few, verdict",
    [
        (1, 0, "holds"),
        (1, 9, "holds"),  # the pictures of 2018 decide, where they are few
        (2, 0, "too close to call"),
        (8, 0, "too close to call"),
        (8, 1, "too close to call"),
        (9, 0, "depends on the picture"),
        (9, 1, "depends on the picture"),
        (9, 2, "does not hold"),  # without axes not clearly below one half
        (9, 9, "does not hold"),
    ],
)
@pytest.mark.parametrize("reach", [28, 30])
def test_c4_holds_the_share_of_runs_on_axes_that_reach_28_of_30_against_one_half(put, hits, few, verdict, reach):
    # Wilson of 10: 1 gives .018 to .404, 2 .057 to .510, mirrored for 9 and 8
    lengths(put, axes=[reach] * hits + [27] * (10 - hits), rest=[reach] * few + [27] * (10 - few))
    line, _ = judged(put, "C4")
    low, high = {1: (0.02, 0.40), 2: (0.06, 0.51), 8: (0.49, 0.94), 9: (0.60, 0.98)}[hits]
    assert line["verdict"] == verdict
    assert line["number"] == f"{hits} of 10 runs reach 28 of 30 with axes, {few} of 10 without"
    assert line["because"].startswith(
        f"{hits} of 10 runs on the pictures of 2018 reach 28 of 30, {hits / 10:.2f} [{low:.2f}, {high:.2f}], against"
        f" one half; all runs: with axes {hits} of 10 after 20 epochs; plot only 0 of 10 after 5 epochs, {few} of 10"
        " after 20 epochs, 0 of 10 after 60 epochs; epochs 20 minus "
    )


@pytest.mark.parametrize("reached", [9, 0])
@pytest.mark.parametrize("lengths_alone", [(5, 60), ()])
def test_c4_without_a_run_on_the_plot_alone_for_as_long_does_not_depend_on_the_picture(put, reached, lengths_alone):
    kept = {"recalibrated": 0.6, "train_accuracy": 0.75}
    parts = [rows(TUNED, [28] * reached + LOW[reached:], "seed", epochs=epochs, **kept) for epochs in lengths_alone]
    parts += [rows(TUNED, [28] * 9 + [27], "seed", view="axes", epochs=epochs, **kept) for epochs in (20, 40)]
    put("09_seeds_and_epochs", *parts)
    line, _ = judged(put, "C4")
    assert (line["verdict"], line["number"]) == (
        "does not hold",
        "18 of 20 runs reach 28 of 30 with axes, 0 of 0 without",
    )


@pytest.mark.parametrize("longer", [30, 9])
def test_c4_counts_runs_on_the_plot_alone_that_trained_for_as_long(put, longer):
    kept = {"recalibrated": 0.6, "train_accuracy": 0.75}
    parts = [rows(TUNED, LOW, "seed", **kept), rows(TUNED, [longer] * 10, "seed", epochs=60, **kept)]
    put("09_seeds_and_epochs", *parts, rows(TUNED, [28] * 9 + [27], "seed", view="axes", **kept))
    line, _ = judged(put, "C4")
    assert (line["verdict"], line["number"]) == (
        "depends on the picture",
        "9 of 10 runs reach 28 of 30 with axes, 0 of 10 without",
    )


def test_c4_compares_each_length_with_the_next_and_the_views(put):
    lengths(put, axes=LOW)
    seeds = (10, "seeds")
    assert compared(judged(put, "C4")[1]) == [
        ("resize, as trained", "epochs 20", "epochs 5", *seeds, -0.3, "worse"),
        ("resize, as trained", "epochs 60", "epochs 20", *seeds, 0.6, "better"),
        ("20 epochs, as trained", "axes", "resize", *seeds, 0.3, "better"),
        ("resize, batch norm recalibrated", "epochs 60", "epochs 20", *seeds, 0, "too close to call"),
        ("20 epochs, batch norm recalibrated", "axes", "resize", *seeds, -0.6, "worse"),
    ]


def test_c4_notes_each_length(put):
    lengths(put, rest=[28, 27, 20, 25] * 2 + [25, 25])
    assert judged(put, "C4")[0]["notes"].split("; ") == [  # Wilson by hand: 1, 0 and 2 of 10
        (
            "with axes, 20 epochs: mean 0.633, 1 of 10 runs reach 28 of 30 [0.02, 0.40], best of 10 0.933, recalibrated"
            " mean 0.833, accuracy on their own training series 0.750"
        ),
        (
            "plot only, 5 epochs: mean 0.600, 0 of 10 runs reach 28 of 30 [0.00, 0.28], best of 10 0.600, recalibrated"
            " mean 0.600, accuracy on their own training series 0.750"
        ),
        (
            "plot only, 20 epochs: mean 0.833, 2 of 10 runs reach 28 of 30 [0.06, 0.51], best of 10 0.933, recalibrated"
            " mean 0.900, accuracy on their own training series 0.750"
        ),
        (
            "plot only, 60 epochs: mean 0.900, 0 of 10 runs reach 28 of 30 [0.00, 0.28], best of 10 0.900, recalibrated"
            " mean 0.900, accuracy on their own training series 0.750"
        ),
    ]


def test_c5_explores_the_plot_alone_and_random_weights(put):
    baselines(put)
    plain, splits = "plot only, against the raw series", ("shrinkage LDA", 10, "splits")
    transfer = ("random", "pretrained", 10, "splits")
    assert compared(judged(put, "C5")[1]) == [
        (plain, "fine-tune, pretrained, lr_mult 100", *splits, -0.3, "worse"),
        (plain, "fine-tune, pretrained, lr_mult 1", *splits, -0.1, "worse"),
        (plain, "fine-tune, random, lr_mult 100", *splits, 0, EQUAL),
        (plain, "fine-tune, random, lr_mult 1", *splits, 0.1, "better"),
        (plain, "frozen, ridge head, pretrained", *splits, -0.3, "worse"),
        (plain, "frozen, ridge head, random", *splits, 0.2, "better"),
        ("transfer, lr_mult 1", *transfer, 0.2, "better"),
        ("transfer, lr_mult 100", *transfer, 0.3, "better"),
        ("transfer, frozen", *transfer, 0.5, "better"),
    ]


def test_c5_says_both_means_of_the_splits_that_both_have(put):
    baselines(put)
    path = put.folder / "06_baselines_and_controls.csv"
    put(path.stem, pd.read_csv(path), rows(PLAIN, [0] * 5, first=10))
    assert (
        said(judged(put, "C5")[0])
        == "on whole figures with axes fastai's recipe scores 0.900, shrinkage LDA on the raw series of the same splits"
        " 0.600: fine-tuned, pretrained, slow body minus shrinkage LDA (with axes, against the raw series) +0.300,"
        " 10 splits: better"
    )


def test_c5_takes_the_recipe_on_random_weights_where_no_others_were_to_be_had(put):
    baselines(put, networks=["random"])
    line, differences = judged(put, "C5")
    assert [arm for _, arm, *_ in compared(differences, "primary")] == ["fine-tune, random, lr_mult 100"]
    assert "fastai's recipe scores 0.000, " in line["because"] and line["verdict"] == verdicts.FAILS
    assert [what for what in differences["what"] if what.startswith("transfer")] == ["transfer, frozen"]


@pytest.mark.parametrize("backbone, size", [("small.tag", 64), ("net.tag", 32)])
def test_c5_keeps_other_untrained_networks_out_of_the_comparison(put, backbone, size):
    baselines(put, small=(backbone, size))
    line, differences = judged(put, "C5")
    frozen = differences.set_index(["what", "arm"])["difference"]
    assert frozen["plot only, against the raw series", "frozen, ridge head, random"] == pytest.approx(0.2)
    assert f"; 2 untrained {backbone.partition('.')[0]}, linear probe: 0.933 on the default split" in line["notes"]


def test_c5_notes_which_series_differ_and_what_untrained_networks_and_shuffled_labels_score(put):
    baselines(put)
    # 18 series of one sign: 7 tests x 2 / 2^18, .000; 9: 5 x 2 / 2^9 and 4 x 2 / 2^9, the larger before it; 3: 3 x 2 /
    # 2^3
    # untrained, by split: (29 + 27) / 2, then nine times (24 + 27) / 2
    assert (
        judged(put, "C5")[0]["notes"] == "without pictures: shrinkage LDA 0.600, other 0.900; "
        "series of the default split that only the picture, only the raw series got right: "
        "fine-tuned, pretrained, slow body, with axes 9, 0 (McNemar p = 0.020 after Holm), "
        "fine-tuned, pretrained, one learning rate, with axes 0, 18 (McNemar p = 0.000 after Holm), "
        "fine-tuned, random, slow body, with axes 0, 18 (McNemar p = 0.000 after Holm), "
        "fine-tuned, pretrained, slow body, plot only 0, 9 (McNemar p = 0.020 after Holm), "
        "fine-tuned, pretrained, one learning rate, plot only 0, 3 (McNemar p = 0.750 after Holm), "
        "fine-tuned, random, slow body, plot only 0, 0 (McNemar p = 1.000 after Holm), "
        "fine-tuned, random, one learning rate, plot only 3, 0 (McNemar p = 0.750 after Holm); "
        "2 untrained small, linear probe: 0.933 on the default split, 1 of 2 reach 28 of 30; 0.858 over 10 splits; "
        "shuffled labels: shrinkage LDA 0.300, linear probe 0.267, fine-tuned 0.200"
    )


def test_c6_explores_as_trained_seeds_and_the_cnn(put):
    crops(put)
    line, differences = judged(put, "C6")
    assert compared(differences) == [
        ("as trained", "crop", "resize", 10, "splits", -0.3, "worse"),
        ("as trained, default split", "crop", "resize", 10, "seeds", -0.3, "worse"),
        ("batch norm recalibrated, default split", "crop", "resize", 10, "seeds", minus([27] + [9] * 9), "worse"),
        # without the default split's other seeds
        ("whole pictures", "vit.tag", "net.tag", 10, "splits", 0.3, "better"),
    ]
    assert (
        said(line)
        == "random crop minus plot only (batch norm recalibrated) +0.300, 10 splits: better; random crop minus plot"
        " only (as trained) -0.300, 10 splits: worse; vit minus net (whole pictures) +0.300, 10 splits: better"
    )
    assert (
        line["notes"]
        == "a network trained on crops knows 50% of its own training series when they are whole; on the test series it"
        " scores 0.300, and 0.900 when the running statistics of its batch norms are taken anew from whole training"
        " pictures"
    )


@pytest.mark.parametrize(
    "blue, verdict, used", [(0.051, "does not hold", "red, green, blue"), (0.049, "holds", "red, green")]
)
@pytest.mark.parametrize("rest", [LOW, LEAST])
def test_c7_names_the_channels_and_the_others_that_are_clear(put, blue, verdict, used, rest):
    colormaps(put, right=WILD, rest=rest, blue=blue)
    line, differences = judged(put, "C7")
    pair, wholes = ("rainbow", "viridis", 10), ("fine-tuned", "fine-tuned, default split", "frozen")
    assert compared(differences) == [
        (what, *pair, over, clear(rest)[0], told(clear(rest)[1], over))
        for what, over in zip(wholes, ("splits", "seeds", "splits"))
    ]
    others = "none of 3 others is clear"
    if rest == LEAST:
        in_words = ("fine-tuned", "fine-tuned, default split", "linear probe")
        overs = [over for *_, over, _, _ in compared(differences)]
        others = "; ".join(
            f"rainbow minus viridis ({what}) -0.300, 10 {over}: worse" for what, over in zip(in_words, overs)
        )
    assert line["verdict"] == verdict
    assert (
        said(line)
        == f"viridis varies in {used}, and no map has more than 256 colours; rainbow minus viridis (fine-tuned, with"
        f" axes) +0.033, 10 splits: too close to call; {others}"
    )
    assert (
        line["notes"] == f"viridis: standard deviations red 0.200, green 0.300, blue {blue:.3f}; "
        "rainbow: standard deviations red 0.300, green 0.350, blue 0.250"
    )


@pytest.mark.parametrize("rest, better, worse", [(HIGH, [0, 1, 2], []), (LEAST, [], [0, 1, 2]), (LOW, [], [1])])
def test_c8_explores_each_network_s_encodings(put, rest, better, worse):
    encodings(put, rest=rest)
    line, differences = judged(put, "C8")
    tuned, frozen = (
        "net 64 px resize, fine-tune",
        ["net 64 px resize, frozen", "net 32 px field, frozen", "vit 64 px field, frozen"],
    )
    pair = ("gadf", 10, "splits")
    assert compared(differences) == [
        (tuned, "mtf", *pair, -0.6, "worse"),
        (tuned, "line", *pair, -0.6, "worse"),
        (tuned, "gadf+mtf", *pair, 0.1, "better"),
        *((what, "mtf", *pair, *clear(rest, gadf)) for what, (_, gadf) in zip(frozen, HEADS)),
    ]
    network = "net 64 px plot only, fine-tuned"
    probes = [
        "net 64 px plot only, linear probe",
        "net 32 px shortened series, linear probe",
        "vit 64 px shortened series, linear probe",
    ]
    behind = [f"MTF ({network})", f"line ({network})", *(f"MTF ({probes[k]})" for k in worse)]
    assert (
        said(line)
        == f"GADF minus the best other, chosen on training data ({network}) +0.300, 10 splits: better; of 5 other"
        " comparisons of single encodings, better than GADF:"
        f" {', '.join(f'MTF ({probes[k]})' for k in better) or 'none'}; worse: {', '.join(behind)}"
    )


def test_c8_takes_the_rival_that_each_split_chose(put):
    encodings(put, right=LOW, chosen=("mtf all", "mtf output"))  # 18, 0, 18, 0: not line's 18
    line, differences = judged(put, "C8")
    ((*_, difference, word),) = compared(differences, "primary")
    assert difference == 0.3 and line["verdict"] == BETTER[word]
    encodings(put, right=LOW, chosen=("mtf all", "gasf all"))  # which did not run fine-tuned
    ((*_, pairs, over, difference, _),) = compared(judged(put, "C8")[1], "primary")
    assert (pairs, difference) == (5, 0)


def test_c8_of_a_single_other_encoding_leaves_nothing_to_choose(put):
    put("10_encodings", rows(TUNED, HIGH), rows(TUNED, LOW, encoding="mtf"), rows(HEAD, LOW))
    line, differences = judged(put, "C8")
    assert compared(differences, "primary") == [(*NAMED["C8"], 0.3, "better")] and line["verdict"] == verdicts.HOLDS


def test_the_encoding_chosen_inside_is_compared_with_the_raw_series(put):
    inside(put)
    line, differences = judged(put, "new")
    net, vit, lda = "frozen, ridge head, net.tag", "frozen, ridge head, vit.tag", ("shrinkage LDA", 10, "splits")
    found = compared(differences)
    assert [difference for *_, difference, _ in found] == sorted([each[-2] for each in found], reverse=True)
    assert sorted(found) == sorted(
        ("pictures", arm, *lda, difference, word)
        for arm, difference, word in [
            (f"{net}, chosen inside, size 64, field", -0.3, "worse"),
            (f"{net}, gadf, size 64, resize", 0, EQUAL),
            (f"{net}, mtf, size 64, resize", -0.3, "worse"),
            (f"{net}, gadf, size 32, field", 0.1, "better"),
            (f"{net}, mtf, size 32, field", -0.3, "worse"),
            (f"{vit}, gadf, size 64, field", 0, EQUAL),
            (f"{vit}, mtf, size 64, field", -0.3, "worse"),
        ]
    )
    assert (
        said(line)
        == "with the encoding chosen inside each training set: linear probe, net, chosen on training data, 64 px, plot"
        " only minus shrinkage LDA (pictures) +0.300, 10 splits: better; the best of 6 pictures tried, so chosen by"
        " its own test series: linear probe, net, GADF, 32 px, shortened series minus shrinkage LDA (pictures)"
        " +0.100, 10 splits: better"
    )
    assert line["notes"] == "net 32 px shortened series, linear probe on GADF: 0.700 (sd 0.000)"
