import json
import re

import pandas as pd
import pytest

from tsvision import evaluation
from tsvision.data import datasets, provenance
from tsvision.study import claims, facts, notebooks, readme, report

ROW = {
    "dataset": "OliveOil",
    "split": 0,
    "seed": 0,
    "method": "fine-tune",
    "backbone": "net.tag",
    "weights": "hub:x",
    "stands_in_for": "",
    "encoding": "gadf",
    "colormap": "viridis",
    "size": 64,
    "length": 570,
    "n_train": 30,
    "n_test": 30,
    "epochs": 2,
    "base_lr": 2e-3,
    "batch_size": 8,
    "lr_mult": 100.0,
    "noise": 0.0,
    "shuffled": False,
    "view": "resize",
    "train_accuracy": 0.95,
    "recalibrated": 0.9,
    "accuracy": 0.9,
    "correct": 27,
    "device": "cpu",
}


def table(corrects, over="seed", **other):
    """Rows with these numbers of right answers of 30: a seed each, or a split each."""
    return pd.DataFrame(
        [ROW | {over: k, "correct": correct, "accuracy": correct / 30} | other for k, correct in enumerate(corrects)]
    )


def time(seconds):
    """An entry of times.json."""
    return {"seconds": seconds, "machine": "P, 2 cores"}


def without_picture(corrects, **other):
    """Rows of a method without pictures, a split each: they lack what a network has."""
    kept = ["dataset", "split", "seed", "method", "n_train", "n_test", "shuffled", "accuracy", "correct", "device"]
    return table(corrects, "split", **{"method": "LDA"} | other)[kept]


def heads(corrects, over="split", **other):
    """Rows of ridge heads on a frozen network: no epochs and no rates."""
    rows = table(corrects, over, **{"method": "frozen, ridge head", "layer": "all"} | other)
    return rows.drop(columns=["epochs", "base_lr", "batch_size", "lr_mult", "noise", "train_accuracy", "recalibrated"])


def predicted(rows):
    """Predictions that agree with rows: split k tests as many series as it has, from its own third on; the first ones
    right.
    """
    lines = []
    for run, row in enumerate(rows.reset_index(drop=True).to_dict("records")):
        for place in range(row["n_test"]):
            series = (20 * row["split"] + place) % (row["n_train"] + row["n_test"])
            again = round(row["recalibrated"] * row["n_test"]) if row.get("recalibrated", float("nan")) >= 0 else None
            line = {"run": run, "series": series, "label": 0, "predicted": int(place >= row["correct"])}
            lines.append(line | {"recalibrated": None if again is None else int(place >= again)})
    return pd.DataFrame(lines)


def both(rows):
    """Rows and the predictions that agree with them, for place.put."""
    return rows, predicted(rows)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty project: place.put(folder, stem, rows) writes a results table into it."""
    monkeypatch.setattr(datasets, "ROOT", tmp_path)
    monkeypatch.setattr(readme, "PUBLISHED", tmp_path / "data" / "results")
    monkeypatch.setattr(report, "FIGURES", tmp_path / "figures")
    monkeypatch.setattr(report, "RENDERED", tmp_path / "docs" / "notebooks")
    monkeypatch.setattr(report, "PAGES", (tmp_path / "README.md", tmp_path / "results.md"))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "PUBLISHED.csv").write_text(
        "dataset,method,picture,accuracy,correct,n_test,mean_of_30,protocol,source,note\n"
        "OliveOil,Theirs,yes,0.933,28,30,,default split,someone,\n"
    )

    def put(folder, stem, rows, predictions=None):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        rows.to_csv(tmp_path / folder / f"{stem}.csv", index=False)
        if predictions is not None:
            predictions.to_csv(tmp_path / folder / f"{stem}.predictions.csv", index=False)

    return type("Place", (), {"path": tmp_path, "put": staticmethod(put)})


@pytest.mark.parametrize("mine, verdict", [([27, 27], " reproduced"), ([20, 20], "NOT reproduced")])
def test_comparison_says_reproduced_or_not(place, mine, verdict):
    place.put("build/published/results", "03_x", table(mine))
    place.put("data/results/published", "03_x", table([26, 27, 28, 27, 27]))
    text = report.comparison("published", "build/published")
    low, high = evaluation.prediction_interval([26 / 30, 27 / 30, 28 / 30, 27 / 30, 27 / 30], 2, 30)
    assert f"0.900 (5 runs: {low:.3f} to {high:.3f})" in text
    assert "fine-tuned, net, GADF viridis, 64 px plot only, 2 epochs" in text
    assert verdict in text and "Theirs" in text and "0.933" in text


@pytest.mark.parametrize(
    "other, says",
    [
        ({"size": 96}, "size 64"),
        ({"weights": "wheel:y"}, "weights hub:x"),
        ({"base_lr": 0.01}, "base_lr 0.002"),
        ({"noise": 0.1}, "noise 0.0"),
        ({"shuffled": True}, "shuffled False"),
    ],
)
def test_other_settings_are_not_compared_but_named(place, other, says):
    place.put("build/published/results", "03_x", table([27, 27], **other))
    place.put("data/results/published", "03_x", table([26, 27, 28, 27, 27]))
    assert f"not comparable, published: {says}" in report.comparison("published", "build/published")


def test_another_device_is_compared(place):
    place.put("build/published/results", "03_x", table([27, 27], device="another GPU"))
    place.put("data/results/published", "03_x", table([26, 27, 28, 27, 27]))
    assert " reproduced" in report.comparison("published", "build/published")


def test_methods_that_lack_settings_are_compared_too(place):
    for folder in ("build/published/results", "data/results/published"):
        place.put(folder, "13_x", pd.concat([without_picture([20] * 6), heads([25] * 6), table([27] * 6, "split")]))
    text = report.comparison("published", "build/published")
    assert text.count(" reproduced") == 3 and "0.667 (6 runs" in text and "0.833 (6 runs" in text


def test_few_published_runs_give_no_verdict(place):
    place.put("build/published/results", "03_x", table([3, 4]))
    place.put("data/results/published", "03_x", table([21, 25]))
    assert "cannot tell: fewer than 5 published runs" in report.comparison("published", "build/published")
    place.put("build/published/results", "04_y", table([3, 4]))
    assert "nothing published" in report.comparison("published", "build/published")


def test_on_ones_own_data_set_results_stand_alone(place):
    place.put("build/published-Drinks/results", "03_x", table([3, 4], dataset="Drinks"))
    place.put("data/results/published", "03_x", table([21, 25]))
    heading, columns, line, *rest = report.comparison("published", "build/published-Drinks").strip().splitlines()
    assert heading == "your results; nothing of profile published is published on Drinks" and not rest
    assert columns.split() == ["notebook", "what", "runs", "yours", "95", "%"] and "2 0.117 0.0" in line


def test_tables_without_accuracy_are_left_out(place):
    place.put("build/published/results", "01_x", pd.DataFrame({"series": [0]}))
    place.put("build/published/results", "03_x.cost", pd.DataFrame({"accuracy": [0.1]}))
    assert report.comparison("published", "build/published") == "no results yet"


def test_fill_replaces_only_generated_blocks(monkeypatch):
    monkeypatch.setattr(readme, "BLOCKS", {"one": lambda: "NEW\nLINES", "two": lambda: "2"})
    text = (
        "before\n<!-- generated: one -->\nold\n\nold\n<!-- end -->\nmiddle <!-- end -->\n<!-- generated: two -->\n<!--"
        " end -->\n"
    )
    assert (
        readme.fill(text)
        == "before\n<!-- generated: one -->\nNEW\nLINES\n<!-- end -->\nmiddle <!-- end -->\n<!-- generated: two"
        " -->\n2\n<!-- end -->\n"
    )
    assert readme.fill(readme.fill(text)) == readme.fill(text)


def cells(block):
    return [line.split(" | ") for line in block.splitlines()[2:]]


def test_results_table_shows_stand_ins_intervals_and_what_others_published(place):
    place.put("data/results/published", "03_x", table([26, 28], stands_in_for="resnet18.a1_in1k"))
    published = place.path / "data" / "PUBLISHED.csv"
    published.write_text(published.read_text() + "OliveOil,Plain,no,0.967,29,30,0.898,default split,others,a note\n")
    ours, theirs, plain = readme.BLOCKS["results"]().splitlines()[2:]
    low, high = evaluation.wilson(27, 30)
    assert (
        ours == "| 03 | fine-tuned, net, GADF viridis, 64 px plot only, 2 epochs | hub:x (**stand-in** for"
        f" `resnet18.a1_in1k`) | 2; 1 | 0.900 (0.867 to 0.933) | 0.047 | {low:.3f} to {high:.3f} |"
    )
    assert theirs == "| published | Theirs | someone | 1; 1 | 0.933 |  | 0.787 to 0.982 |"
    assert plain.startswith("| published | Plain | others; a note | 1; 1 | 0.967; mean of 30 resamples 0.898 | ")


def test_results_table_names_what_is_unusual_and_counts_splits(place):
    rows = [
        without_picture([20, 20]),
        heads([25, 27]),
        heads([25, 28], weights="random", view="axes", dataset="OliveOil, cut off"),
        table([10, 12], "split", shuffled=True, noise=0.1, lr_mult=1.0),
    ]
    place.put("data/results/published", "13_x", pd.concat(rows))
    lines = cells(readme.BLOCKS["results"]())
    assert [line[1] for line in lines[:4]] == [
        "LDA",
        "linear probe, net, GADF viridis, 64 px plot only",
        "linear probe, net, random weights, GADF viridis, 64 px with axes (data: cut off)",
        (
            "fine-tuned, net, GADF viridis, 64 px plot only, 2 epochs, one learning rate, copies with noise 0.1,"
            " shuffled labels"
        ),
    ]
    # t(.975, 1) times the least scale of two equal splits, see test_evaluation
    half = 12.7062 * (1 / 12 / 900 * 1.5) ** 0.5
    ends = f"{2 / 3 - half:.3f} to {2 / 3 + half:.3f} |"
    assert lines[0][3:] == ["2; 2", "0.667 (0.667 to 0.667)", "0.000", ends]


def test_results_table_names_patches_windows_and_the_lengths_tested(place):
    patched = heads([25, 27], view="resize", size=570, patch=19)
    other = {"cut": "prefix", "length": 128}
    at_length = [heads([20, 21], **other), heads([22, 23], **other | {"cut": "resampled"}, view="windows", window=190)]
    place.put(
        "data/results/published",
        "07_x",
        pd.concat([patched, table([26, 27], "split", size=64), without_picture([20, 20])]),
    )
    place.put("data/results/published", "08_x", pd.concat(at_length))
    head, said = "linear probe, net, GADF viridis", [line[1] for line in cells(readme.BLOCKS["results"]())[:5]]
    assert said == [
        f"{head}, 570 px plot only, patches of 19 px",
        "fine-tuned, net, GADF viridis, 64 px plot only, 2 epochs",
        "LDA",
        f"{head}, 64 px plot only, tested prefix at 128 steps",
        f"{head}, 64 px windows, windows of 190 steps, tested resampled at 128 steps",
    ]


def test_results_table_names_the_number_of_training_series_where_it_is_what_varies(place):
    sizes = [
        without_picture([20, 21]),
        without_picture([8, 9], n_train=50, n_test=10),
        heads([9, 9], n_train=50, n_test=10),
    ]
    place.put("data/results/published", "09_x", pd.concat(sizes).assign(drawn="nested"))
    place.put("data/results/published", "13_x", without_picture([20, 21]))
    assert [line[1] for line in cells(readme.BLOCKS["results"]())[:4]] == [
        "LDA, 30 training series",
        "LDA, 50 training series",
        "linear probe, net, GADF viridis, 64 px plot only, 50 training series",
        "LDA",
    ]


def test_a_menu_of_encodings_does_not_break_the_results_table(place):
    place.put("data/results/published", "14_x", heads([25, 27], encoding="gadf|mtf"))
    made = readme.BLOCKS["results"]()
    assert {line.count("|") for line in made.splitlines()} == {8} and "GADF or MTF viridis" in made


SEEDS = [table([25, 26, 25], epochs=2), table([25, 27, 25], epochs=5), table([25, 28, 26], epochs=5, view="axes")]


def test_claims_table_has_a_line_a_verdict_and_links_its_evidence(place):
    place.put("data/results/published", "12_seeds_and_epochs", *both(pd.concat(SEEDS)))
    ((number, says, verdict, because),) = cells(readme.BLOCKS["claims"]())
    assert (number, says) == ("| [C4](docs/results.md#c4)", claims.CLAIMS["C4"][0])
    assert (verdict, because) == ("**too close to call**", "1 of 3 runs reach 28 of 30 with axes, 0 of 3 without |")
    told = readme.BLOCKS["C4"]().splitlines()
    assert told[0].startswith(
        "*28 of 30 takes several runs*: **too close to call**. 1 of 3 runs on the pictures of 2018 reach 28 of 30"
    )
    assert "epochs 5 minus epochs 2 (plot only, batch norm recalibrated) +0.000 [" in told[0]
    assert told[1] == "" and all(note.startswith(("- with axes, ", "- plot only, ")) for note in told[2:5])
    assert told[6] == "<details><summary>4 differences</summary>" and told[-1] == "</details>"
    lines = told[8:-2]
    assert len({text.count("|") for text in lines}) == 1
    assert lines[2].startswith("| **plot only, batch norm recalibrated: epochs 5 minus epochs 2** | +0.000 [")
    trained = next(
        line for line in lines if line.startswith("| plot only, as trained: epochs 5 minus epochs 2 | +0.011 [")
    )
    assert "| 3 seeds | 1, 2, 0 | " in trained and trained.count(" / ") == 2, "three probabilities"


def test_a_claim_that_was_not_judged_says_why(place):
    place.put("data/results/published", "12_seeds_and_epochs", *both(table([25, 26, 25], epochs=2)))
    assert cells(readme.BLOCKS["claims"]())[0][2:] == ["**not judged**", " |"]
    assert "**not judged**. Nothing has run to compare with." in readme.BLOCKS["C4"]()
    assert readme.BLOCKS["Q1"]() == "Its notebooks are not published."


def test_open_questions_stand_beside_the_claims(place):
    place.put("data/results/published", "12_seeds_and_epochs", *both(pd.concat(SEEDS)))
    one_to_one = [heads([18] * 4, size=384), heads([27] * 4, size=570, patch=19)]
    place.put("data/results/published", "07_vit_one_to_one", *both(pd.concat(one_to_one)))
    place.put(
        "data/results/published",
        "08_any_length",
        *both(heads([18] * 4, length=128, cut="resampled", trained_length=570)),
    )
    lines = cells(readme.BLOCKS["claims"]())
    assert [line[0] for line in lines] == [f"| [{name}](docs/results.md#{name.lower()})" for name in ("C4", "Q1", "Q2")]
    assert lines[1][2:] == [
        "**holds**",
        "plot only, 570 px, patch 19 minus plot only, 384 px: +30.0 points [+18.5, +41.5], 4 splits |",
    ]
    assert lines[2][2:] == ["**not judged**", " |"] and "Nothing has run on whole series." in readme.BLOCKS["Q2"]()
    evidence = readme.BLOCKS["Q1"]().splitlines()
    assert evidence[2] == "- linear probe, all: plot only, 384 px 0.600, plot only, 570 px, patch 19 0.900"
    less = "linear probe, all: plot only, 570 px, patch 19 minus plot only, 384 px"
    assert evidence[8].startswith(f"| **{less}** | +0.300 [") and "| 4 splits | 4, 0, 0 | " in evidence[8]


def test_notebooks_table_links_the_page_and_tells_answer_and_minutes(place, monkeypatch):
    monkeypatch.setattr(notebooks, "stems", lambda: ["01_one", "02_two"])
    monkeypatch.setattr(notebooks, "heading", lambda stem: f"What of {stem}?")
    folder = place.path / "data" / "results"
    for profile, seconds in (("cpu", 90), ("published", 600)):
        (folder / profile).mkdir(parents=True)
        (folder / profile / "times.json").write_text(json.dumps({"01_one": {"seconds": seconds, "machine": "P"}}))
    (folder / "published" / "01_one.answer.txt").write_text("it does\n")
    made = readme.BLOCKS["notebooks"]().splitlines()
    assert made[0] == "| notebook | answer | minutes, short run (P) | minutes, long run (P) |"
    assert made[2:] == [
        "| [01](docs/notebooks/01_one.md) What of 01_one? | it does | 1.5 | 10.0 |",
        "| [02](docs/notebooks/02_two.md) What of 02_two? |  | – | – |",
    ]


def test_a_number_in_a_sentence_is_made_from_rows_and_an_unknown_name_is_an_error(place, monkeypatch):
    monkeypatch.setattr(readme.facts, "facts", lambda folder, table, differences: {"hits.axes": "17 of 20"})
    text = "reached by <!--=hits.axes-->9 of\n20<!--/--> runs"
    assert readme.fill(text) == "reached by <!--=hits.axes-->17 of 20<!--/--> runs" and readme.fill("none") == "none"
    with pytest.raises(KeyError, match="hits.plot"):
        readme.fill("<!--=hits.plot--><!--/-->")


def test_a_short_run_is_held_against_the_long_one_and_never_published_over_it(place, runs):
    assert readme.best_profile() == "published"
    place.put("data/results/published", "03_x", table([26, 27, 28, 27, 27]))
    place.put("build/cpu/results", "03_x", table([27, 27]))
    assert " reproduced" in report.comparison("cpu", "build/cpu")
    (place.path / "build/cpu/results/03_x.run.json").write_text(json.dumps({"parameters": {"name": "03_x"}}))
    (place.path / "build/cpu/results/times.json").write_text(json.dumps({"03_x": time(5)}))
    runs("03_x")
    report.publish("cpu")
    assert place.names("data/results/cpu") == ["times.json"]
    assert len(pd.read_csv(place.path / "data/results/published/03_x.csv")) == 5


def test_the_best_profile_is_gpu_before_published(place):
    place.put("data/results/published", "03_x", table([27]))
    assert readme.best_profile() == "published"
    place.put("data/results/gpu", "03_x", table([27]))
    assert readme.best_profile() == "gpu"


@pytest.fixture
def runs(place, monkeypatch):
    """Three notebooks that ran, the last of which reads the others' rows; finished() names those finished by today's
    code.
    """
    monkeypatch.setattr(readme, "BLOCKS", {"one": lambda: "NEW"})
    stems = ["03_x", "04_y", "15_z"]
    monkeypatch.setattr(notebooks, "stems", lambda: stems)
    monkeypatch.setattr(notebooks, "reads_rows", lambda stem: stem == "15_z")
    for page in report.PAGES:
        page.write_text("<!-- generated: one -->\nold\n<!-- end -->\n")
    for stem in stems:
        place.put("build/published/results", stem, table([27]))
        for name, text in (
            ("results/%s.run.json", json.dumps({"parameters": {"name": stem}})),
            ("figures/%s_a.png", "png"),
        ):
            path = place.path / "build/published" / (name % stem)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
    (place.path / "build/published/results/.03_x.csv.77").write_text("")
    (place.path / "build/published/results/times.json").write_text(json.dumps({"03_x": time(5), "04_y": time(6)}))

    def page(stem, executed, figures, link):
        folder = executed.parent
        assert executed == folder / f"{stem}.ipynb" and figures == folder / "figures" and link == "../../figures"
        if stem in place.broken:
            raise ValueError(f"{stem}, cell 1: it failed")
        return stem

    place.broken = set()
    monkeypatch.setattr(report.pages, "page", page)

    def finished(*names):
        monkeypatch.setattr(notebooks, "is_done", lambda stem, section: stem in names and section == {"name": stem})

    place.names = lambda folder: sorted(path.name for path in (place.path / folder).iterdir())
    return finished


def test_publish_moves_a_finished_run_and_nothing_else(place, runs):
    place.put("data/results/published", "99_old", table([1]))
    runs("04_y", "15_z")
    with pytest.raises(report.NotFinished, match="03_x has no finished run of today's code in build/published"):
        report.publish("published")
    assert (place.path / "data/results/published/99_old.csv").exists()
    runs("03_x", "04_y", "15_z")
    report.RENDERED.mkdir(parents=True)
    (report.RENDERED / "02_gone.md").write_text("")
    report.publish("published")
    assert place.names("docs/notebooks") == ["03_x.md", "04_y.md", "15_z.md"]
    files = [f"{stem}.{kind}" for stem in ("03_x", "04_y", "15_z") for kind in ("csv", "run.json")]
    assert place.names("data/results/published") == [*files, "times.json"]
    assert [path.name for path in (place.path / "data/results").iterdir()] == ["published"]
    assert (place.path / "figures/03_x_a.png").read_text() == "png"
    assert all("NEW" in page.read_text() for page in report.PAGES)


def test_what_is_not_finished_keeps_what_it_published(place, runs, capsys):
    runs("03_x", "04_y", "15_z")
    report.publish("published")
    for stem in ("03_x", "04_y", "15_z"):
        place.put("build/published/results", stem, table([20]))
    (place.path / "build/published/results/times.json").write_text(json.dumps({"03_x": time(7), "04_y": time(8)}))
    runs("03_x", "15_z")
    capsys.readouterr()
    report.publish("published")
    assert (
        capsys.readouterr().out
        == "published: 03 in data/results/published, figures, docs/notebooks, README.md; kept as published before: 04,"
        " 15\n"
    ), "15 reads all rows, of which some are not those of today's code"
    kept = {stem: place.path / f"data/results/published/{stem}.csv" for stem in ("03_x", "04_y", "15_z")}
    assert [pd.read_csv(path)["correct"].tolist() for path in kept.values()] == [[20], [27], [27]]
    assert place.names("figures") == ["03_x_a.png", "04_y_a.png", "15_z_a.png"]
    assert json.loads((place.path / "data/results/published/times.json").read_text()) == {
        "03_x": time(7),
        "04_y": time(6),
    }
    runs()
    with pytest.raises(report.NotFinished, match="03_x has no finished run"):
        report.publish("published")


def everything(folder):
    """All files below a folder, with what they hold."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_page_that_cannot_be_made_leaves_all_as_it_was(place, runs):
    runs("03_x", "04_y", "15_z")
    report.publish("published")
    place.put("build/published/results", "03_x", table([20]))
    place.broken.add("04_y")
    before = everything(place.path)
    with pytest.raises(ValueError, match="04_y, cell 1: it failed"):
        report.publish("published")
    assert everything(place.path) == before


@pytest.mark.parametrize("profile, shows", [("gpu", True), ("published", True), ("smoke", False)])
def test_figures_and_pages_are_those_of_the_best_profile_once_it_is_published(place, runs, profile, shows):
    runs("03_x", "04_y", "15_z")
    if profile != "published":
        report.publish("published")
        (place.path / "build/published").rename(place.path / "build" / profile)
    (place.path / "build" / profile / "figures/03_x_a.png").write_text("new")
    report.publish(profile)
    assert ((place.path / "figures/03_x_a.png").read_text() == "new") == shows
    assert place.names("docs/notebooks") == ["03_x.md", "04_y.md", "15_z.md"]
    if profile == "gpu":
        (place.path / "build/gpu").rename(place.path / "build/published")
        (place.path / "build/published/figures/03_x_a.png").write_text("of a CPU")
        report.publish("published")
        assert (place.path / "figures/03_x_a.png").read_text() == "new", "a better one is published"


def test_a_table_too_large_for_the_repository_is_left_out_and_named(place, runs, monkeypatch, capsys):
    runs("03_x", "04_y", "15_z")
    (place.path / "build/published/results/03_x.predictions.csv").write_text("9" * 1000)
    monkeypatch.setattr(report, "LARGEST", 900)
    report.publish("published")
    assert "not published: 03_x.predictions.csv, it is larger than 900 bytes" in capsys.readouterr().out
    assert "03_x.predictions.csv" not in place.names("data/results/published")


# --- the README as it is committed ------------------------------------------------------------------------------------


def test_speed_compares_with_the_first_way_and_fits_the_power_of_sizes(place):
    folder = place.path / "data" / "results" / "bench"
    folder.mkdir(parents=True)
    lines = ["step,way,runs,median_s,least_s,most_s,peak_memory_mib,note,device"]
    lines += ["draw,ours,15,0.02,0.019,0.03,10,,cpu", "draw,theirs,3,5,4,6,300,slow,cpu"]
    for size, seconds in ((1, 5), (2, 5), (4, 0.16), (8, 0.64)):
        lines.append(f'"draw, by length",{size},9,{seconds},{seconds},{seconds},{size},,cpu')
    (folder / "cpu.csv").write_text("\n".join(lines) + "\n")
    (folder / "cpu.run.json").write_text('{"processor": "P", "cores": 2, "commit": "abc"}')
    made = readme.BLOCKS["speed"]().splitlines()
    assert made[0] == "P, 2 cores, cpu; measured at commit abc:"
    assert made[4:] == [
        "| draw | ours | 0.02 (0.019 to 0.03; 15) | 1 | 10 |  |",
        "| draw | theirs | 5 (4 to 6; 3) | 250 | 300 | slow |",
        (
            "| draw, by length | 8, the largest; 1 the smallest | 0.64 (0.64 to 0.64; 9) |  | 8 | grows with the power"
            " 2.00 from 4 on |"
        ),
    ]


def test_only_whole_bench_tables_of_todays_code_are_published(place):
    folder, published = place.path / "build" / "bench", place.path / "data" / "results" / "bench"
    folder.mkdir(parents=True)
    today = provenance.code_digest(report.MEASURED)
    for device, code, complete in (("cpu", today, True), ("gpu", "0123456789ab", True), ("two", today, False)):
        (folder / f"{device}.csv").write_text(device)
        (folder / f"{device}.run.json").write_text(json.dumps({"code": code, "complete": complete}))
    report._publish_bench()
    assert sorted(path.name for path in published.iterdir()) == ["cpu.csv", "cpu.run.json"]


def test_the_pages_agree_with_the_published_rows():
    texts = [page.read_text(encoding="utf-8") for page in report.PAGES]
    assert {page.name for page in (datasets.ROOT / "docs").glob("*.md")} <= {page.name for page in report.PAGES}
    assert sorted(re.findall(r"<!-- generated: (\w+) -->", "".join(texts))) == sorted(readme.BLOCKS), "each block once"
    assert texts == [readme.fill(text) for text in texts], "run make publish, or undo the edit inside a generated block"


def test_every_published_figure_is_on_a_page_and_the_readme_has_eight():
    pages = [*report.PAGES, *(datasets.ROOT / "docs" / "notebooks").glob("*.md")]
    shown = {
        page: re.findall(r"!\[([^\]]*)\]\((?:\.\./)*figures/([^)]+)\)", page.read_text(encoding="utf-8"))
        for page in pages
    }
    assert {name for own in shown.values() for _, name in own} == {path.name for path in report.FIGURES.glob("*.png")}
    assert all(len(alt) >= 60 for page in report.PAGES for alt, _ in shown[page])
    assert len(shown[report.PAGES[0]]) <= 8
    assert all((report.FIGURES / name).stat().st_size < 200_000 for _, name in shown[report.PAGES[0]])


def test_no_line_begins_with_a_number_s_comment():
    """Markdown takes a line that begins with a comment for HTML, and breaks the paragraph there."""
    assert not [
        (page.name, line)
        for page in report.PAGES
        for line in page.read_text(encoding="utf-8").splitlines()
        if line.startswith("<!--=")
    ]


def test_the_readme_is_one_screen_and_a_few():
    text = report.PAGES[0].read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 200 and len(text.encode()) <= 20_000


def test_the_readme_s_headings_say_what_the_rows_say():
    """A heading holds no number: what it claims stands here, and fails when rows come to say something else."""
    table, differences = readme._judged()
    known, verdict = facts.facts(readme._folder(), table, differences), table.set_index("claim")["verdict"].get
    text = report.PAGES[0].read_text(encoding="utf-8")
    says = {
        "No picture is shown to beat a linear classifier on the raw spectrum": (
            known["C5.word"] != "better" and known["new.word"] != "better"
        ),
        "At 160 px axes and ticks in the picture help; random crops harm": (
            (
                known["size"],
                known["C2.word"],
                known["C6.word"],
            )
            == ("160", "better", "worse")
        ),
        "Three oils nobody gets, and one country where methods differ": (
            (known["hard"], known["worst"]) == ("17, 29 and 59", "class 3")
        ),
        "Viridis uses all three channels; whether the colormap matters, ten splits do not tell": (
            (
                verdict("C7"),
                known["C7.word"],
            )
            == ("does not hold", "too close to call")
        ),
        "GADF, fine-tuned without axes, is worse than a picture chosen on training data": known["C8.word"] == "worse",
        "On other food data no recipe with pictures is shown to be better": known["foods.better"] == "0",
        "Half precision moves the results on these oils; no picture size is shown to gain": (
            known["bf16.these"].count("-") == 2 and known["larger.better"] == "0"
        ),
    }
    assert re.findall(r"^### (.*)", text, re.MULTILINE) == list(says)
    assert all(says.values()), [heading for heading, true in says.items() if not true]


def test_published_rows_agree_with_published_predictions():
    for profile in readme.BEST_FIRST:
        for stem in notebooks.stems():
            path = readme.PUBLISHED / profile / f"{stem}.predictions.csv"
            if path.exists():
                rows, predictions = pd.read_csv(path.with_name(f"{stem}.csv")), pd.read_csv(path)
                right = (predictions["label"] == predictions["predicted"]).groupby(predictions["run"]).sum()
                assert right.tolist() == rows["correct"].tolist()
