"""make gpu-check and its forecast, as far as they go without a GPU."""

import subprocess
import sys
from types import SimpleNamespace

import forecast
import gpu_check
import pandas as pd
import pytest

from tsvision import methods
from tsvision.data import datasets
from tsvision.study import notebooks, readme

PUBLISHED = readme.PUBLISHED / readme.LONG
STEPS = pd.DataFrame({"network": ["net", "net", "vit"], "size": [100, 200, 50], "seconds": [0.9, 0.8, 3.0]})
DATA = SimpleNamespace(labels=[0] * 48, train=pd.Series([True] * 24 + [False] * 24), digest="d")
RUN = {"fit": methods.fine_tune, "data": DATA, "backbone": "net", "epochs": 2, "batch_size": 8, "curve": False}


def test_without_a_gpu_it_says_so_and_why():
    ended = subprocess.run(
        [sys.executable, gpu_check.__file__],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": "src"},
        cwd=datasets.ROOT,
    )
    assert ended.returncode == 2 and ended.stdout == ""
    assert (
        ended.stderr.splitlines()[-1].startswith("error: torch ")
        and "can use no GPU: there is no driver" in ended.stderr
    )


def test_a_network_without_weights_is_measured_with_random_ones(data, monkeypatch):
    def unknown(*_):
        raise gpu_check.fetch.FetchError("not had")

    monkeypatch.setattr(gpu_check.backbones, "first_available", unknown)
    monkeypatch.setattr(gpu_check.torch.cuda, "synchronize", lambda: None)
    monkeypatch.setattr(gpu_check.torch.cuda, "max_memory_allocated", lambda: 2**29)
    row = gpu_check.measure(["test_resnet.r160_in1k", "resnet18"], 32, data)
    assert row["network"] == "test_resnet.r160_in1k" and row["weights"] == "random"
    assert row["peak_gib"] == 0.5 and row["first_s"] > 0 and row["seconds"] > 0


def test_it_runs_to_its_end_and_writes_what_it_measured(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(gpu_check, "STEPS", tmp_path / "steps.csv")
    monkeypatch.setattr(gpu_check.processes, "why_no_gpu", lambda: "")
    for name, value in {"synchronize": None, "max_memory_allocated": 2**30, "mem_get_info": (2**33, 2**34)}.items():
        monkeypatch.setattr(gpu_check.torch.cuda, name, lambda value=value: value)
    networks = gpu_check.trained("smoke")
    assert gpu_check.main("smoke", "random") == 0
    steps = pd.read_csv(tmp_path / "steps.csv")
    assert len(steps) == len(networks) and set(steps["weights"]) == {"random"}
    said = capsys.readouterr().out
    assert "the profile smoke takes about" in said and "not forecast" not in said and "it needs the hub" not in said

    def lost(*_, **__):
        raise RuntimeError("CUDA error: lost")

    monkeypatch.setattr(gpu_check.training, "learner", lost)
    assert gpu_check.main("smoke") == 1 and capsys.readouterr().err.count("the GPU failed") == len(networks)


def test_it_tries_every_network_that_the_profile_trains_first():
    found = gpu_check.trained("gpu")
    sections = notebooks.values("gpu")
    third = sections["03_resnet_finetune"]
    assert found[tuple(third["backbone_choices"]), third["size"]][0] == "03"
    sides = {size for (name, *_), size in found if name.startswith("vit_base")}
    assert sides == {sections["04_vit_finetune"]["size"], max(sections["13_vit_one_to_one"]["stretched"])}


@pytest.mark.parametrize(
    "changed, seconds",
    [
        ({"size": 200}, 3 * 3 * 0.8 + 2 * 48 * 0.8 / 24),  # 3 epochs of 3 steps; 48 pictures seen twice
        (
            {"size": 100},
            (9 + 4) * 0.3,
        ),  # beside others a third of its 0.9, more than the largest's by pixels
        ({"size": 400}, (9 + 4) * 3.2),  # four times the pixels of the largest
        ({"size": 200, "noise": 0.1}, (18 + 4) * 0.8),
        ({"size": 200, "n_train": 25}, (12 + 4) * 0.8),
        ({"size": 200, "curve": True}, (9 + 4 + 3) * 0.8),
        ({"size": 200, "curve": 5}, (9 + 4 + 2) * 0.8),  # tested after the first and the last
        ({"size": 200, "backbone": "other"}, (9 + 4) * 0.8),
        ({"size": 200, "fit": methods.linear_probe}, 2 * 0.8 + 1),
    ],
)
def test_seconds_of_a_run_by_hand(changed, seconds):
    assert forecast.seconds_of(RUN | changed, STEPS, 3) == pytest.approx(seconds)


def test_runs_are_counted_without_being_done_and_each_once(monkeypatch):
    sections = notebooks.values("smoke")
    few = {stem: sections[stem] for stem in ("01_download", "03_resnet_finetune", "09_seeds_and_epochs")}
    runs = forecast.runs_of("03_resnet_finetune", few["03_resnet_finetune"])
    assert [run["seed"] for run in runs] == [0, 1] and forecast.runs_of("01_download", few["01_download"]) == []
    monkeypatch.setattr(forecast.notebooks, "values", lambda profile: few)
    monkeypatch.setattr(forecast, "seconds_of", lambda *_: 100)
    # 09: two seeds of one epoch, which 03 has done, of two, and of two with axes
    assert forecast.forecast("smoke", STEPS, 9) == {
        "01_download": 15,
        "03_resnet_finetune": 215,
        "09_seeds_and_epochs": 415,
    }


def test_methods_without_pictures_go_on_beside_networks_but_the_longest_takes_its_time(monkeypatch):
    monkeypatch.setattr(forecast.notebooks, "values", lambda profile: {"03_x": {}})
    monkeypatch.setattr(forecast, "without_pictures", lambda: {("Oil", "a"): 50, ("Oil", "b"): 2})
    data, tuned = SimpleNamespace(digest="d", name="Oil"), {"fit": methods.fine_tune}
    plain = {"fit": methods.classify, "data": data, "splits": 3}
    runs = [plain | {"method": "a"}, plain | {"method": "b"}, plain | {"method": "unknown"}, tuned | {"data": data}]
    monkeypatch.setattr(forecast, "runs_of", lambda *_: runs)
    monkeypatch.setattr(forecast, "seconds_of", lambda *_: 100)
    assert forecast.forecast("x", STEPS, 2) == {"03_x": 15 + 178}  # 100 of a network, and half of 150 + 6
    assert forecast.forecast("x", STEPS, 13) == {"03_x": 15 + 150}


def test_of_networks_to_choose_from_the_measured_ones_count_and_a_data_set_that_is_not_had_is_named(
    monkeypatch, capsys
):
    sections = {"03_x": {"backbone_choices": ["far", "vit", "net"]}, "04_y": {"vit_choices": ["far"]}, "16_z": {}}
    monkeypatch.setattr(forecast.notebooks, "values", lambda profile: sections)
    asked = []

    def runs_of(stem, section):
        if stem == "16_z":
            raise forecast.fetch.FetchError("no Beef")
        asked.append(section)
        return []

    monkeypatch.setattr(forecast, "runs_of", runs_of)
    assert forecast.forecast("x", STEPS, 2) == dict.fromkeys(sections, 15)
    assert asked == [{"backbone_choices": ["vit", "net"]}, {"vit_choices": ["far"]}]
    assert capsys.readouterr().out == "not forecast: 16_z: no Beef\n"


def test_the_runs_of_every_notebook_can_be_counted():
    sections = notebooks.values("smoke")
    counts = {stem: len(forecast.runs_of(stem, section)) for stem, section in sections.items()}
    none = {"01_download", "02_gadf_render", "99_verdicts"}
    assert {stem for stem, count in counts.items() if not count} == none


def test_the_published_forecast_is_of_these_notebooks_and_within_an_hour():
    took = notebooks.usual_times("gpu")
    assert list(took) == notebooks.stems() and sum(took.values()) < 3700
