"""The numbers in pages' sentences, from small tables made here; each is worked by hand."""

import re

import pandas as pd
import pytest
import toys
from toys import HEAD, HIGH, LEAST, LOW, PLAIN, TUNED, WILD, rows

from tsvision import evaluation
from tsvision.data import datasets
from tsvision.evaluation import intervals
from tsvision.study import claims, facts, readme, report, results, tables, verdicts

SMALL = HEAD | {"backbone": "small.tag", "weights": "random", "size": 32}
LINE = {"what": "x", "arm": "a", "reference": "b", "pairs": 10, "over": "splits", "equal": 0.0}
COLUMNS = ["claim", "role", *evaluation.LINE]
CONTROLS = "06_baselines_and_controls"


@pytest.fixture
def tmp_path(tmp_path):
    """Where put writes: a profile's folder, for another lies beside it."""
    (tmp_path / "published").mkdir()
    return tmp_path / "published"


def line(claim, role, difference, low, high, **other):
    return LINE | {"claim": claim, "role": role, "difference": difference, "low": low, "high": high} | other


def verdicts_of(*lines):
    return facts._verdicts(pd.DataFrame(lines, columns=COLUMNS))


def test_a_claim_has_its_primary_difference_its_word_and_what_the_others_say():
    lines = [line("C2", "primary", -0.05, -0.0901, -0.0099), line("C1", "exploration", 0.0, -0.01, 0.01, equal=0.96)]
    lines += [line("C2", "exploration", 0.1, 0.05, 0.15), line("C2", "exploration", 0.1, -0.05, 0.25)]
    lines += [line("C1", "exploration", -0.1, -0.2, -0.01), line("C1", "exploration", -0.1, -0.2, -0.02)]
    assert verdicts_of(*lines) == {
        "clear": "C2",
        "clear.wide": "none",  # of what has no interval over these series alone
        "named.wide": "none",
        "C1.others": "of 3 comparisons 0 better, 2 worse, 1 no difference that matters, 0 too close to call",
        "C2": "-5.0 points [-9.0, -1.0], 10 splits",
        "C2.word": "worse",
        "C2.others": "of 2 comparisons 1 better, 0 worse, 1 too close to call",
    }


def test_the_fifth_claim_has_its_difference_on_these_series_and_the_least_that_would_be_told():
    alone = {"low_these": -0.0624, "high_these": 0.011, "detectable": 0.0689}
    found = verdicts_of(line("C5", "primary", -0.037, -0.085, 0.012, **alone), line("C5", "exploration", 0.5, 0.4, 0.6))
    assert (found["C5.these"], found["C5.detectable"]) == ("-6.2 to +1.1 points", "7 points")


# 2.262, .975 of Student's t with 9 degrees of freedom, times sqrt(10 / 9 * (1 / 10 + 1)): 2.501 times what splits
# differ by, up and down
def test_other_choices_on_training_data_stand_beside_the_one_that_is_named():
    named, tried = f"frozen, {claims.INSIDE}, size 285", facts.NAMED["short.points"][2]
    arms = {named: -0.03, tried: -0.01, f"{named}0": -0.0444, f"{named}1": -0.064, "gadf": 0.1}
    lines = [line("new", "exploration", d, d - 0.1, d + 0.1, arm=arm, what="pictures") for arm, d in arms.items()]
    assert verdicts_of(lines[0] | {"role": "primary"}, *lines[1:])["new.chosen"] == "-6.4 to -4.4 points"


@pytest.mark.parametrize("gain, apart, stands", [(6, 2, True), (5, 2, False), (-6, 2, True), (-5, 2, False)])
def test_a_difference_stands_where_nadeau_and_bengio_s_interval_leaves_zero(put, gain, apart, stands):
    right = [18 + gain + apart, 18 + gain - apart] * 5
    put("13_x", rows(PLAIN, LOW), rows(PLAIN, right, method="other"))
    table = verdicts.family(("x", evaluation.rows_of(put.folder), ["method"], "shrinkage LDA", "split"))
    assert facts._verdicts(table.assign(claim="C1"))["clear.wide"] == ("C1" if stands else "none")
    claim, what, arm = facts.NAMED["plot.points"]
    named = facts._verdicts(table.assign(claim=claim, what=what, arm=arm))["named.wide"]
    assert named == ("plot" if stands else "none")
    _, low, high = intervals.corrected([(one - 18) / 30 for one in right], 30, 30)
    assert (low > 0 or high < 0) == stands


# --- tables of a results folder, and the facts that are made of them


def methods(put):
    """Pictures, methods without, untrained networks: right answers of 30, on splits of which 2 to 6 are those that all
    have.
    """
    tuned = [rows(TUNED, [27] * 8 + [0] * 2, view="axes"), rows(TUNED, [15] * 6 + [18] * 2)]  # splits 0 to 9, 0 to 7
    other = [rows(TUNED, [0] * 8, view="axes", epochs=40), rows(TUNED, [0] * 8, noise=0.1), rows(HEAD, [30] * 8)]
    other += [rows(TUNED, [0] * 8, size=49), rows(TUNED, [9] * 8, view="axes", noise=0.1)]
    put("07_axes_and_noise", *other, rows(HEAD, [30] * 8, view="axes"), *tuned)
    hits(put)  # whose first row with axes says how long training usually is
    plain = [rows(PLAIN, [27] * 8 + [0] * 4), rows(PLAIN, [0] * 12, shuffled=True), rows(PLAIN, HIGH, method="other")]
    never = [rows(SMALL, [24] * 6 + [30] * 2, first=2, seed=0), rows(SMALL, [21] * 6, first=2, seed=1)]
    put(CONTROLS, *plain, *never, rows(HEAD, [30] * 8, weights="random"), rows(TUNED, LOW))
    # recurrence is best on splits 2 to 6 alone: 26 of 30 against 25 of mtf's, and 24 of gadf's at its larger size
    heads = [rows(HEAD, [24] * 7), rows(HEAD, [18] * 7, size=32), rows(HEAD, [30] * 2 + [25] * 5, encoding="mtf")]
    heads += [rows(HEAD, [0] * 2 + [26] * 5, encoding="recurrence", backbone="vit.tag", view="field")]
    heads += [rows(HEAD, [30] * 10, encoding="gadf|mtf", chosen="gadf all"), rows(TUNED, [30] * 10, encoding="mtf")]
    heads += [rows(HEAD, [9] * 10, encoding="line|mtf", chosen="mtf all", backbone="vit.tag")]
    heads += [rows(TUNED, [18] * 10), rows(TUNED, [12] * 10, encoding="line")]
    put("10_encodings", *heads)


def hits(put):
    """Seeds on the default split, of 30: with axes after 20 epochs, without after 20 and 60."""
    tables = [rows(TUNED, [30] * 3, "seed", epochs=60), rows(TUNED, [28, 21, 18, 27], "seed")]
    tables.append(rows(TUNED, [28, 27, 30], "seed", view="axes"))
    put("09_seeds_and_epochs", *(table.assign(recalibrated=0.5, train_accuracy=1.0) for table in tables))


def oils(put, right=(0.05, 0.0, 0.1, 0.9, 0.899, 1.0, 0.099)):
    put(f"{CONTROLS}.items", pd.DataFrame({"series": [59, 17, 3, 4, 5, 6, 29][: len(right)], "right": right}))
    # frozen has its lowest recall in class 1, shrinkage LDA in class 3; the lowest mean is that of class 2
    (put.folder / f"{CONTROLS}.classes.csv").write_text(
        "arm,accuracy,without_hard,splits,class 1,class 2,class 3\nfrozen,.1,.2,8,.2,.45,.9\n"
        "shrinkage LDA,.9333,.97251,10,1,.6249,.5\nother,.2,.3,10,.9,.7051,.8\n"
    )
    # 17 is nearer to its own class on the whole, nearer to another at one band; 29 and 59 the other way round
    (put.folder / f"{CONTROLS}.near.csv").write_text(
        "series,at,to_own,to_other\n17,whole,.1,.2\n17,1745,.3,.2\n29,whole,.3,.2\n29,1745,.1,.2\n59,whole,.2,.1999\n"
    )


def foods(put, pictures=((HIGH, LEAST), (LOW, LEAST)), plain=(LOW, LOW)):
    """LDA on two data sets, another method without pictures, and recipes with pictures on both of them."""
    tables = []
    for name, right, reference in zip(("Beef", "Meat"), pictures, plain):
        tables += [rows(PLAIN, reference, dataset=name), rows(PLAIN, HIGH, dataset=name, method="other")]
        tables += [rows(HEAD, one, dataset=name, encoding=encoding) for one, encoding in zip(right, ("gadf", "mtf"))]
    put("16_food_spectra", *tables)


def precision(put):
    first = line("", "primary", -0.08, -0.162, 0.0022, low_these=-0.1416, high_these=0.0)
    lines = [first | {"what": "fine-tuned CNN", "arm": "bf16"}]
    other = line("", "exploration", 0.5, 0.4, 0.6, low_these=0.4, high_these=0.6)
    lines.insert(0, other | {"what": "fine-tuned CNN", "arm": "tf32"})
    put("08_precision_and_size.lost", pd.DataFrame(lines).drop(columns="claim"))


def sizes(put):
    tuned = TUNED | {"precision": "fp32", "view": "axes"}
    parts = [rows(tuned, [24, 21, 27], size=224), rows(tuned, [18, 21], size=64)]
    parts += [rows(tuned, [0, 0, 0], size=224), rows(tuned, [0] * 9, size=600, precision="bf16")]  # those once more
    parts += [rows(tuned, [30, 30, 30, 30, 0], size=160), rows(tuned, [0] * 9, size=700, view="resize")]
    other = {"backbone": "vit.tag", "view": "resize"}  # the one that TensorFloat-32 was tried on, too
    for precision, again in (("fp32", [20, 21, 22]), ("tf32", [23, 24, 25])):
        parts.append(rows(TUNED | other | {"precision": precision}, [3, 3, 3], again=again))
    put("08_precision_and_size", rows(HEAD, [0] * 3, size=900, precision="fp32"), *parts)


def gpu(put):
    """The same comparison of precisions on a GPU, two sides of pictures, and a forecast."""
    (beside := put.folder.parent / "h100").mkdir()
    for path in put.folder.glob("08_*"):
        (beside / path.name).write_text(path.read_text())
    missed = pd.read_csv(put.folder / "09_seeds_and_epochs.csv").assign(accuracy=0.9)  # one short of 28
    missed.to_csv(beside / "09_seeds_and_epochs.csv", index=False)
    what = [("axes", "size 64", 0.1), ("resize", "size 224", 0.2), ("axes", "size 224", -0.143)]
    pairs = [
        line("", "", d, d - 0.1, d + 0.2, low_these=d - 0.05, high_these=d + 0.05)
        | {"what": view, "arm": arm, "reference": "size 64"}
        for view, arm, d in what
    ]
    pd.DataFrame(pairs).to_csv(beside / "08_precision_and_size.sizes.csv", index=False)
    results.save_times(put.folder.parent / "gpu", {name: {"seconds": 1234, "machine": "m"} for name in "ab"})


def before(put):
    """The fine-tunings of an earlier processor, which got three right less with axes and six less with MTF."""
    (beside := put.folder.parent / "avx512").mkdir()
    for stem in (CONTROLS, "07_axes_and_noise", "09_seeds_and_epochs", "10_encodings"):
        table = pd.read_csv(put.folder / f"{stem}.csv").query("method == 'fine-tune'").reset_index(drop=True)
        table = pd.concat([table, rows(TUNED, [21] * 10, weights="random")] if stem == CONTROLS else [table])
        table = table.reset_index(drop=True)
        less = 3 * (table["view"] == "axes") + 6 * (table["encoding"] == "mtf")
        table = table.assign(device="old", correct=(table["correct"] - less).clip(lower=0))
        table = table.assign(accuracy=table["correct"] / 30)
        table.to_csv(beside / f"{stem}.csv", index=False)
        toys.predicted(table).to_csv(beside / f"{stem}.predictions.csv", index=False)


def minutes(put):
    """Times of two notebooks in a folder and of two in the short run beside it."""
    long, short = {"01_a": 5400.4, "02_b": 5700}, {"01_a": 100, "05_b": 92.5, "06_c": 120}
    (put.folder.parent / "cpu").mkdir()
    for folder, each in ((put.folder, long), (put.folder.parent / "cpu", short)):
        times = {stem: {"seconds": took, "machine": "m"} for stem, took in each.items()}
        results.save_times(folder, times | {"06_c": times["06_c"] | {"elapsed": 250}} if "06_c" in times else times)


def covered(put):
    shares = {"crossed": [0.934, 1.0], "Nadeau-Bengio": [0.981, 0.9941], "over splits": [0.5, 1.0]}
    shares |= dict(zip(evaluation.CORRECTED, ([0.991, 1.0], [0.995, 1.0])))
    made = [("difference", name, share) for name, own in shares.items() for share in own]
    made += [("accuracy", name, 0) for name in ("crossed", *evaluation.CORRECTED)]
    table = pd.DataFrame(made, columns=["quantity", "estimator", "coverage"])
    put("17_coverage", table)
    put("17_coverage.real", table.assign(coverage=table["coverage"] - 0.01))
    # of an sd of .1 an interval of 95 % needs .392; the mean of 25 has an interval of 2.064 times .1 / 5 either way
    one = {"study": "fine-tune, axes minus fine-tune, resize", "quantity": "difference", "estimator": "crossed"}
    one |= {"splits": 10, "truth": 0.09, "sd": 0.1, "width": 0.49, "coverage": 0.96, "low": 0.8, "high": 0.99}
    one |= {"repeats": 25, "clear": 0.8, "wrong": 0.04}
    others = [{}, {"splits": 5, "coverage": 0}, {"estimator": "Nadeau-Bengio", "clear": 0.4}]
    others.append({"study": "fine-tune, axes minus shrinkage LDA", "width": 0.392, "coverage": 0.92, "low": 0.7})
    for name, mean in (("shrinkage LDA", 0.9), ("fine-tune, axes", 0.7), ("fine-tune, resize", 0.6)):
        others.append({"study": name, "quantity": "accuracy", "truth": mean, "coverage": 0})
    put("17_coverage.tuned", pd.DataFrame([one | other for other in others]))


PARTS = (methods, hits, oils, foods, precision, sizes, before, gpu, minutes, covered)
# plot: four times 15 and once 18; never: five times 24, five times 21; pictures: its encodings, sizes, views;
# easy: right in nine of ten answers or more; hard: in fewer than one of ten
FACTS = """splits=5, axes=90.0 %, plot=52.0 %, plain=90.0 %, never=75.0 %, best=86.7 %, pictures=4, size=64
hits.axes=2 of 3, hits.plot=1 of 4, hits.plain=27 of 30, hits.never=0 of 0
easy=2 of 7, hard=17; 29 and 59, hard.away=29 and 59, plain.all=93.3 %
plain.easy=97.3 %, oils.splits=10, worst=class 2, worst.plain=62.5 %, worst.least=45.0 %, worst.most=70.5 %
C8.chosen=MTF in 10, C3.before=+20.0 points [+13.7; +26.3]; 8 splits, C8.before=-20.0 points [-25.5; -14.5]; 10 splits
moved=+0.0 to +20.0 points, moved.means=11, moved.runs=28 of 80, moved.words=0 of 0
guess=100.0 %, covered=93.4 % to 100.0 %, covered.wide=98.1 % to 99.4 %, hits.axes.mean=94.4 %
covered.real=92.4 % to 99.0 %, covered.real.wide=97.1 % to 98.4 %, covered.corrected.9=98.1 %
covered.corrected.50=98.5 %, covered.tuned=23 to 24 of 25, covered.tuned.least=70.0 % to 99.0 %
covered.tuned.width=1.00 to 1.25 times, covered.tuned.clear=19 of 25, covered.tuned.wrong=1 of 25
covered.tuned.theirs=10 of 25, made.axes=+9.0 points [+4.9; +13.1]; 25 studies
tuned.studies=25, tuned.plain=90.0 %, tuned.axes=70.0 %, tuned.plot=60.0 %
gpu.plain=-10.0 points [-32.3; +12.3]; 3 splits, gpu.plain.wide=falls, foods.wide=2
foods=2, foods.default=1, foods.count=4, foods.better=1, foods.full=0, foods.worse=2, foods.where=Beef and Meat
foods.lost=30 to 30 points
bf16=-8.0 points [-16.2; +0.2]; 10 splits, bf16.word=too close to call
tf32.again=+10.0 points [-0.8; +20.8]; 3 splits, gpu.tf32.again=+10.0 points [-0.8; +20.8]; 3 splits
gpu=cpu, gpu.better=1
gpu.bf16=-8.0 points [-16.2; +0.2]; 10 splits, gpu.bf16.word=too close to call
gpu.cpu=+0.0 points [-4.0; +4.0]; 2 splits
gpu.later=-25.0 points [-72.0; +22.0]; 2 splits, fp32.later=+25.0 points [-22.0; +72.0]; 2 splits
gpu.largest=224, gpu.largest.mean=80.0 %, gpu.size=-14.3 points [-24.3; +5.7]; 10 splits
gpu.hits.axes=0 of 3, gpu.hits.plot=0 of 4, hits.axes.before=0 of 3, hits.plot.before=1 of 4
gpu.size.word=too close to call, gpu.size.these=-19.3 to -9.3 points, gpu.minutes=41
minutes.short=4, minutes.post=3, hours.long=3, clear=none, clear.wide=none, named.wide=none
bf16.wide=falls, gpu.bf16.wide=falls"""


def test_all_facts_by_hand_and_a_missing_table_is_named(put):
    for write in PARTS:
        write(put)
    nothing = pd.DataFrame(columns=COLUMNS)
    made = facts.facts(put.folder, nothing)
    assert made == {name: text.replace(";", ",") for name, text in re.findall(r"([\w.]+)=([^,\n]+)", FACTS)}
    for name in (f"{CONTROLS}.items", "08_precision_and_size.lost"):
        path = put.folder / f"{name}.csv"
        path.rename(path.with_suffix(".away"))
        with pytest.raises(FileNotFoundError, match=rf"{name}\.csv"):
            facts.facts(put.folder, nothing)
        path.with_suffix(".away").rename(path)


def test_the_controls_are_counted_on_the_default_split_too(put):
    never = [rows(SMALL, [right, 30], seed=seed) for seed, right in enumerate((27, 28, 30))]  # splits 0 and 1
    other = [rows(PLAIN, [30], shuffled=True), rows(HEAD, [30], weights="random"), rows(TUNED, [30])]
    put(CONTROLS, rows(PLAIN, [29, 12]), *never, *other)
    found = facts._controls(evaluation.rows_of(put.folder))
    assert found == {"hits.plain": "29 of 30", "hits.never": "2 of 3"}


@pytest.mark.parametrize(
    "now, then, words, before",
    [
        (HIGH, LOW, "1 of 1", "+0.0 points, 10 splits"),
        (HIGH, [24] * 9, "0 of 1", "+20.0 points, 9 splits"),  # no split that the earlier lacks
        (LOW, [10, 26] * 5, "1 of 1", "+0.0 points, 10 splits"),  # in the mean alike, but not as sure
        (WILD, WILD, "0 of 0", "+3.3 points, 10 splits"),
    ],
)
def test_an_earlier_processor_s_rows_take_the_place_of_their_arm_s_and_may_change_a_word(put, now, then, words, before):
    x = {"view": "axes"}
    others = [rows(TUNED, LOW, epochs=40, **x), rows(TUNED, LEAST, **x)]
    put("07_axes_and_noise", rows(TUNED, now, noise=0.1, **x), *others)
    rows_now = evaluation.rows_of(put.folder)
    _, differences = verdicts.judge({"C3": claims.CLAIMS["C3"]}, put.folder)
    put("07_axes_and_noise", rows(TUNED, then, noise=0.1, **x))
    made = facts._before(put.folder, rows_now, evaluation.rows_of(put.folder), differences)
    assert made.keys() == {"C3.before", "moved.words"} and made["moved.words"] == words
    assert re.sub(r" \[.*\]", "", made["C3.before"]) == before


def test_what_moved_is_meant_over_splits_and_over_seeds_of_the_default_split_each(put):
    put("07_x", rows(TUNED, [20, 20, 20]), rows(TUNED, [10, 11], "seed", first=3), rows(TUNED, [9], view="axes"))
    then = evaluation.rows_of(put.folder)
    correct = [20, 23, 26, 10, 20, 0]  # splits 0, 3, 6 more; seeds 0, 0, 9 more; a single run is no mean
    now = then.assign(correct=correct, accuracy=[round(one / 30, 6) for one in correct], device="later")
    found = facts._moved(pd.concat([now, now.assign(notebook="08_x")]), then)
    kept = facts._moved(pd.concat([now[:5], then[5:]]), then)["moved.runs"]
    assert kept == "3 of 5"  # what nobody computed again does not count
    assert found == {"moved": "+10.0 to +10.0 points", "moved.means": "2", "moved.runs": "4 of 6"}


@pytest.mark.parametrize(
    "right, hard, easy",
    [([0.05, 0.0], "17 and 59", "0 of 2"), ([0.05, 0.9], "59", "1 of 2"), ([0.1, 0.9, 1.0], "none", "2 of 3")],
)
def test_few_hard_series_or_none_are_named_too(put, right, hard, easy):
    oils(put, right)
    told = {"run": [0] * 4 + [1] * 4, "series": [*range(4)] * 2, "label": [1, 2, 2, 3] * 2, "predicted": 1}
    put(f"{CONTROLS}.predictions", pd.DataFrame(told))
    found = facts._oils(put.folder)
    assert (found["hard"], found["easy"], found["guess"]) == (hard, easy, "50.0 %")


ALL, NEARLY = [30] * 10, [30] * 9 + [29]  # .997, as good as all


@pytest.mark.parametrize(
    "pictures, plain, found",
    [
        (((WILD, LOW), (LOW, LOW)), (LOW, LOW), "0 0 none 0"),  # one more in the mean, and too close to call
        (((ALL, ALL), (ALL, ALL)), (NEARLY, [30] * 8 + [29, 28]), "0 0 none 2"),  # .990 is not
    ],
)
def test_recipes_with_pictures_on_other_series_against_the_first(put, pictures, plain, found):
    foods(put, pictures, plain)
    put("07_axes_and_noise", rows(TUNED, LEAST), rows(TUNED, LEAST, view="axes"))  # of one data set
    made = facts._foods(put.folder)
    assert " ".join(made[f"foods.{name}"] for name in ("better", "worse", "where", "full")) == found


def test_the_table_of_studies_with_a_network_has_differences_by_both_intervals_and_accuracies_by_the_usual(put):
    one = {"study": "fine-tune, axes minus fine-tune, resize", "quantity": "difference", "splits": 5, "sd": 0.1}
    one |= {"estimator": "crossed", "coverage": 0.96, "low": 0.8, "high": 0.99, "width": 0.5}
    others = [{}, {"splits": 10, "width": 0.4}, {"estimator": "Nadeau-Bengio", "coverage": 1, "high": 1}]
    others += [
        {"study": "shrinkage LDA", "quantity": "accuracy", "estimator": name} for name in ("crossed", "over splits")
    ]
    others.append(others[-1] | {"estimator": "Nadeau-Bengio"})
    put("17_coverage.tuned", pd.DataFrame([one | other for other in others]))
    first, second, third = tables.coverage_tuned(put.folder).splitlines()[2:]
    pair = "| difference: fine-tuned, with axes minus fine-tuned, plot only | "
    share = "96.0% [80.0%, 99.0%]"
    assert first == f"{pair}crossed | {share}; 0.500 wide, 0.392 needed | {share}; 0.400 wide, 0.392 needed |"
    assert second == f"{pair}Nadeau-Bengio | 100.0% [80.0%, 100.0%]; 0.500 wide, 0.392 needed |"
    assert third == f"| accuracy: shrinkage LDA | Nadeau-Bengio | {share}; 0.500 wide, 0.392 needed |"


ALL_OF = "on a split that all of axes, plot, plain, never, best have"


@pytest.mark.parametrize(
    "stem, column, value, lacks",
    [
        (CONTROLS, "weights", "random", ALL_OF),
        ("07_axes_and_noise", "epochs", 20, ALL_OF),
        ("09_seeds_and_epochs", "view", "axes", "in seeds_and_epochs with axes"),
        ("10_encodings", "split", None, "in encodings"),
    ],
)
def test_a_notebook_that_lacks_rows_says_which(put, stem, column, value, lacks):
    methods(put)
    table = pd.read_csv(put.folder / f"{stem}.csv")
    put(stem, table[table[column] != value]) if value else (put.folder / f"{stem}.csv").unlink()
    with pytest.raises(evaluation.Missing, match=f"^nothing has run {lacks}$"):
        facts._methods(evaluation.rows_of(put.folder))


def test_every_published_fact_stands_in_a_sentence_or_guards_a_heading():
    pages = (*report.PAGES, datasets.ROOT / "tests" / "test_report.py")
    told = "".join(path.read_text(encoding="utf-8") for path in pages)
    ends, named = (
        ("", ".word", ".others"),
        (*readme.JUDGED, *(name.removesuffix(".points") for name in facts.NAMED)),
    )
    each = {f"{name}{end}" for name in named for end in ends}  # made of every comparison
    known = readme.known(readme.PUBLISHED / readme.LONG).keys() - each
    assert not [name for name in known if f"<!--={name}-->" not in told and f'known["{name}"]' not in told]
