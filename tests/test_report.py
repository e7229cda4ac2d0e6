import json
import re

import pandas as pd
import pytest

from tsvision import datasets, evaluation, notebooks, report, results

ROW = {
    "dataset": "OliveOil",
    "split": "default",
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
    "train_accuracy": 0.95,
    "accuracy": 0.9,
    "correct": 27,
    "device": "cpu",
}


def table(corrects, **other):
    return pd.DataFrame(
        [
            ROW | {"seed": seed, "correct": correct, "accuracy": correct / 30} | other
            for seed, correct in enumerate(corrects)
        ]
    )


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty project: place.put(folder, stem, rows) writes a results table into it."""
    monkeypatch.setattr(datasets, "ROOT", tmp_path)
    monkeypatch.setattr(report, "PUBLISHED", tmp_path / "data" / "results")
    monkeypatch.setattr(report, "FIGURES", tmp_path / "figures")
    monkeypatch.setattr(report, "README", tmp_path / "README.md")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "PUBLISHED.csv").write_text(
        "dataset,method,picture,accuracy,correct,n_test,protocol,source,note\nOliveOil,Theirs,yes,0.933,28,30,default split,someone,\n"
    )

    def put(folder, stem, rows):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        rows.to_csv(tmp_path / folder / f"{stem}.csv", index=False)

    return type("Place", (), {"path": tmp_path, "put": staticmethod(put)})


@pytest.mark.parametrize("mine, verdict", [([27, 27], " reproduced"), ([20, 20], "NOT reproduced")])
def test_comparison_says_reproduced_or_not(place, mine, verdict):
    place.put("build/cpu/results", "03_x", table(mine))
    place.put("data/results/cpu", "03_x", table([26, 27, 28, 27, 27]))
    text = report.comparison("cpu")
    low, high = evaluation.prediction_interval([26 / 30, 27 / 30, 28 / 30, 27 / 30, 27 / 30], 2, 30)
    assert f"0.900 (5 seeds: {low:.3f} to {high:.3f})" in text
    assert verdict in text and "Theirs" in text and "0.933" in text


@pytest.mark.parametrize(
    "other, says",
    [({"size": 96}, "size 64"), ({"weights": "wheel:y"}, "weights hub:x"), ({"base_lr": 0.01}, "base_lr 0.002")],
)
def test_other_settings_are_not_compared_but_named(place, other, says):
    place.put("build/cpu/results", "03_x", table([27, 27], **other))
    place.put("data/results/cpu", "03_x", table([26, 27, 28, 27, 27]))
    assert f"not comparable, published: {says}" in report.comparison("cpu")


def test_another_device_is_compared(place):
    place.put("build/cpu/results", "03_x", table([27, 27], device="another GPU"))
    place.put("data/results/cpu", "03_x", table([26, 27, 28, 27, 27]))
    assert " reproduced" in report.comparison("cpu")


def test_few_published_seeds_give_no_verdict(place):
    place.put("build/cpu/results", "03_x", table([3, 4]))
    place.put("data/results/cpu", "03_x", table([21, 25]))
    assert "cannot tell: fewer than 5 published seeds" in report.comparison("cpu")
    place.put("build/cpu/results", "04_y", table([3, 4]))
    assert "nothing published" in report.comparison("cpu")


def test_tables_without_accuracy_are_left_out(place):
    place.put("build/cpu/results", "01_x", pd.DataFrame({"series": [0]}))
    place.put("build/cpu/results", "03_x.cost", pd.DataFrame({"accuracy": [0.1]}))
    assert report.comparison("cpu") == "no results yet"


def test_fill_replaces_only_generated_blocks(monkeypatch):
    monkeypatch.setattr(report, "BLOCKS", {"one": lambda: "NEW\nLINES", "two": lambda: "2"})
    text = "before\n<!-- generated: one -->\nold\n\nold\n<!-- end -->\nmiddle <!-- end -->\n<!-- generated: two -->\n<!-- end -->\n"
    assert (
        report.fill(text)
        == "before\n<!-- generated: one -->\nNEW\nLINES\n<!-- end -->\nmiddle <!-- end -->\n<!-- generated: two -->\n2\n<!-- end -->\n"
    )
    assert report.fill(report.fill(text)) == report.fill(text)


def test_results_table_shows_stand_ins_intervals_and_what_others_published(place):
    place.put("data/results/cpu", "03_x", table([26, 28], stands_in_for="resnet18.a1_in1k"))
    ours, theirs = report._results().splitlines()[2:]
    low, high = evaluation.wilson(27, 30)
    assert ours == (
        "| 03 | fine-tune, 2 epochs | `net.tag` (**stand-in** for `resnet18.a1_in1k`), hub:x | gadf viridis, 64 px | 2 | "
        f"0.900 (0.867 to 0.933) | {low:.3f} to {high:.3f} | 30 | 0.950 |"
    )
    assert theirs == "| published | Theirs | someone | yes | 1 | 0.933 | 0.787 to 0.982 | 30 |  |"


def test_answer_counts_how_often_28_of_30_is_reached_and_pairs_by_seed(place):
    place.put("data/results/cpu", "03_x", table([26, 28, 29, 27]))
    place.put("data/results/cpu", "04_x", pd.concat([table([20, 21], method="crop"), table([24, 26], method="resize")]))
    place.put("data/results/cpu", "05_x", pd.concat([table([20, 21]), table([22, 23], colormap="gray")]))
    place.put("data/results/cpu", "03_x.predictions", pd.DataFrame({"run": [0, 0, 0, 0, 1], "label": [1, 1, 1, 2, 2]}))
    published = place.path / "data" / "PUBLISHED.csv"
    published.write_text(published.read_text() + "OliveOil,1-NN X,no,0.867,26,30,default split,someone,\n")
    resnet, crop, resize, views, colormaps, scale = report._answer().splitlines()
    assert "1-NN X 0.867 (published); always answering the largest class 0.750." in scale
    assert "2 of 4 seeds reach the 28 of 30" in resnet and "**0.917**" in resnet
    assert "0 of 2 seeds" in crop and "**0.833**" in resize
    assert "*crop*" in views and "resize +0.150 [" in views
    assert "gray +0.067 [+0.033, +0.100]" in colormaps  # equal differences: one test series either way


def test_the_best_profile_is_gpu_before_cpu(place):
    assert report.best_profile() == "cpu"
    place.put("data/results/cpu", "03_x", table([27]))
    assert report.best_profile() == "cpu"
    place.put("data/results/gpu", "03_x", table([27]))
    assert report.best_profile() == "gpu"


def test_publish_moves_a_finished_run_and_nothing_else(place, monkeypatch):
    monkeypatch.setattr(report, "BLOCKS", {"one": lambda: "NEW"})
    monkeypatch.setattr(notebooks, "stems", lambda: ["03_x"])
    (place.path / "README.md").write_text("<!-- generated: one -->\nold\n<!-- end -->\n")
    place.put("build/cpu/results", "03_x", table([27]))
    place.put("data/results/cpu", "99_old", table([1]))
    for name, text in (
        ("results/03_x.run.json", '{"parameters": {"out": "build/cpu"}}'),
        ("results/.03_x.csv.77", ""),
        ("figures/03_x.png", "png"),
    ):
        path = place.path / "build/cpu" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(notebooks, "is_done", lambda stem, section: False)
    with pytest.raises(report.NotFinished, match="03_x has no finished run of today's code in build/cpu"):
        report.publish("cpu")
    assert (place.path / "data/results/cpu/99_old.csv").exists()
    monkeypatch.setattr(notebooks, "is_done", lambda stem, section: section == {"out": "build/cpu"})
    report.publish("cpu")
    assert sorted(path.name for path in (place.path / "data/results/cpu").iterdir()) == ["03_x.csv", "03_x.run.json"]
    assert [path.name for path in (place.path / "data/results").iterdir()] == ["cpu"]
    assert (place.path / "figures/03_x.png").read_text() == "png"
    assert "NEW" in (place.path / "README.md").read_text()


# --- the README as it is committed ---------------------------------------------------------------------------------------


def test_speed_compares_with_the_first_way_and_fits_the_power_of_sizes(place):
    folder = place.path / "data" / "results" / "bench"
    folder.mkdir(parents=True)
    lines = ["step,way,runs,median_s,least_s,most_s,peak_memory_mib,note,device"]
    lines += ["draw,ours,15,0.02,0.019,0.03,10,,cpu", "draw,theirs,3,5,4,6,300,slow,cpu"]
    for size, seconds in ((1, 5), (2, 5), (4, 0.16), (8, 0.64)):
        lines.append(f'"draw, by length",{size},9,{seconds},{seconds},{seconds},{size},,cpu')
    (folder / "cpu.csv").write_text("\n".join(lines) + "\n")
    (folder / "cpu.run.json").write_text('{"processor": "P", "cores": 2}')
    made = report.BLOCKS["speed"]().splitlines()
    assert made[0] == "P, 2 cores, cpu:"
    assert made[4:] == [
        "| draw | ours | 0.02 (0.019 to 0.03; 15) | 1 | 10 |  |",
        "| draw | theirs | 5 (4 to 6; 3) | 250 | 300 | slow |",
        "| draw, by length | 8, the largest; 1 the smallest | 0.64 (0.64 to 0.64; 9) |  | 8 | grows with the power 2.00 from 4 on |",
    ]


def test_only_whole_bench_tables_of_todays_code_are_published(place):
    folder, published = place.path / "build" / "bench", place.path / "data" / "results" / "bench"
    folder.mkdir(parents=True)
    today = results.code_digest(report.MEASURED)
    for device, code, complete in (("cpu", today, True), ("gpu", "0123456789ab", True), ("two", today, False)):
        (folder / f"{device}.csv").write_text(device)
        (folder / f"{device}.run.json").write_text(json.dumps({"code": code, "complete": complete}))
    report._publish_bench()
    assert sorted(path.name for path in published.iterdir()) == ["cpu.csv", "cpu.run.json"]


def test_the_readme_agrees_with_the_published_rows():
    text = report.README.read_text(encoding="utf-8")
    assert set(re.findall(r"<!-- generated: (\w+) -->", text)) == set(report.BLOCKS)
    assert text == report.fill(text), "run make publish, or undo the edit inside a generated block"


def test_every_published_figure_is_in_the_readme_with_alt_text():
    shown = dict(re.findall(r"!\[([^\]]*)\]\(figures/([^)]+)\)", report.README.read_text(encoding="utf-8")))
    assert sorted(shown.values()) == sorted(path.name for path in report.FIGURES.glob("*.png"))
    assert all(len(alt) >= 60 for alt in shown)


def test_published_rows_agree_with_published_predictions():
    for profile in report.BEST_FIRST:
        for stem in notebooks.stems():
            path = report.PUBLISHED / profile / f"{stem}.predictions.csv"
            if path.exists():
                rows, predictions = pd.read_csv(path.with_name(f"{stem}.csv")), pd.read_csv(path)
                right = (predictions["label"] == predictions["predicted"]).groupby(predictions["run"]).sum()
                assert right.tolist() == rows["correct"].tolist()
