"""The notebooks as files, the profiles, the runner on small notebooks made here, and every notebook in the smoke
profile.
"""

import ast
import json
import re
import shutil
import subprocess
import sys

import nbformat
import pandas as pd
import pytest
import torch
from conftest import command
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tsvision import __main__ as door
from tsvision import evaluation
from tsvision.data import datasets, forensics
from tsvision.methods import training
from tsvision.networks import backbones
from tsvision.pictures import views
from tsvision.study import claims, notebooks, processes, questions, results, tables

STEMS = notebooks.stems()
JUDGED = claims.CLAIMS | questions.QUESTIONS


def cells(stem, kind="code"):
    return [
        cell for cell in nbformat.read(notebooks.FOLDER / f"{stem}.ipynb", as_version=4).cells if cell.cell_type == kind
    ]


# --- the notebooks as files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", STEMS)
def test_notebook_is_stripped_thin_and_explained(stem):
    notebook = nbformat.read(notebooks.FOLDER / f"{stem}.ipynb", as_version=4)
    nbformat.validate(notebook)
    code = cells(stem)
    assert all(not cell.outputs and cell.execution_count is None for cell in code), "outputs or counts left in"
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    assert len(code) <= 15
    assert (
        max(len(cell.source.splitlines()) for cell in code if "parameters" not in cell.metadata.get("tags", [])) <= 12
    )
    tree = ast.parse("\n".join(cell.source for cell in code))
    assert not [
        node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.For, ast.While))
    ]
    first = notebook.cells[0]
    assert first.cell_type == "markdown" and first.source.startswith(f"# {stem[:2]} ")
    assert "**Question.**" in first.source and "Reads:" in first.source and "time:" in first.source
    assert "assert" in code[-1].source or "study.check(" in code[-1].source, "the last cell must be able to fail"
    without = [line for cell in code for line in cell.source.splitlines() if re.search(r"curve\W+False", line)]
    assert all(line.endswith("  # no test after each epoch: same rows, sooner") for line in without)
    named = [node.value for node in ast.walk(tree) if ast.unparse(node).startswith("picture = ")]
    assert {given.arg for call in named for given in call.keywords} <= {*views.Picture.__dataclass_fields__}


@pytest.mark.parametrize("stem", STEMS)
def test_parameters_are_typed_commented_literals_and_used(stem):
    tagged = [cell for cell in cells(stem) if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    lines, statements = tagged[0].source.splitlines(), ast.parse(tagged[0].source).body
    assert all(isinstance(node, ast.AnnAssign) and "  # " in lines[node.end_lineno - 1] for node in statements)
    for node in statements:
        assert type(ast.literal_eval(node.value)).__name__ == node.annotation.id
    elsewhere = {
        node.id
        for cell in cells(stem)
        if cell is not tagged[0]
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Name)
    }
    assert {node.target.id for node in statements} <= elsewhere, "a parameter that nothing reads"


def test_output_names_carry_the_notebooks_own_number():
    for stem in STEMS:
        texts = [
            node.value
            for cell in cells(stem)
            for node in ast.walk(ast.parse(cell.source))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        assert all(text.startswith(stem) for text in texts if text[:2].isdigit() and text[2:3] == "_"), stem


# --- profiles ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", notebooks.profiles())
def test_every_profile_repeats_what_is_compared(profile):
    for stem, section in notebooks.values(profile).items():
        source = "".join(cell.source for cell in cells(stem))
        assert section.get("seeds", 2) >= (2 if 'over="seed"' in source else 1), stem
        assert section.get("resamples", 2) >= 2, stem


def test_every_cause_that_a_profile_asks_for_is_one():
    for profile in notebooks.profiles():
        assert {*notebooks.values(profile)["12_data_forensics"]["causes"]} <= {*forensics.CAUSES}


STEPS = {"OliveOil": 570, "Coffee": 286}


def asked_for(section):
    """Every (backbone, size, patch) that one notebook's parameters ask for; patch 0: its own."""
    for name in [*section.get("backbone_choices", []), *section.get("cnn_choices", [])]:
        single = [section[key] for key in ("size", "cnn_size", "frozen_size") if key in section]
        for size in [
            *single,
            *(size for key in ("frozen_sizes", "shrunk", "stretched") for size in section.get(key, [])),
        ]:
            yield name, size, 0
        for patch in section.get("patches", []):
            yield name, STEPS[section["dataset"]], patch
    for name in section.get("vit_choices", []):
        yield name, section["vit_size"], 0
    if "untrained" in section:
        yield section["untrained"], section["untrained_size"], 0


def built():
    """Every (backbone, size, patch) that any profile asks for, once."""
    every = (section for profile in notebooks.profiles() for section in notebooks.values(profile).values())
    return sorted({triple for section in every for triple in asked_for(section)})


@pytest.mark.parametrize("name, size, patch", built())
def test_every_backbone_is_built_at_its_size_and_takes_one_step(name, size, patch):
    """The gpu profile as far as a machine without GPU can prove it: shapes alone, two pictures at full size, one
    optimiser step.
    """
    config = backbones._config(name)
    assert f"{config.architecture}.{config.tag}" == name, "name it with its tag: a weight's name is its recipe"
    with torch.device("meta"):
        trunk = backbones.load(name, size, "random", patch or None)
        body = training.TimmBody(trunk.model)
        model = training.add_head(body, trunk.model.num_features, 4, pool=body.needs_pool)
        optimiser = torch.optim.SGD(model.parameters(), 0.01)
        answers = model(torch.randn(2, 3, size, size))
        assert answers.shape == (2, 4)
        torch.nn.functional.cross_entropy(answers, torch.zeros(2, dtype=torch.int64)).backward()
        assert all(weight.grad.shape == weight.shape for weight in model.parameters())
        optimiser.step()


# --- values from the command line -------------------------------------------------------------------------------------


def test_command_line_values_go_to_every_notebook_that_has_them():
    chosen = notebooks.values(
        "cpu", {"seeds": "7", "base_lr": "1e-3", "backbone_choices": "resnet34.a1_in1k", "colormaps": "[gray, field]"}
    )
    takers = [stem[:2] for stem, section in chosen.items() if section.get("seeds") == 7]
    assert takers == [stem[:2] for stem in STEMS if "seeds" in notebooks.parameters(stem)]
    assert {"03", "05", "12", "09"} <= set(takers)
    assert chosen["03_resnet_finetune"]["base_lr"] == 0.001
    assert chosen["04_vit_finetune"]["backbone_choices"] == ["resnet34.a1_in1k"]
    assert chosen["05_colormap_comparison"]["colormaps"] == ["gray", "field"]
    rates = notebooks.values("cpu", {"lr_mults": "[100, 1e1]"}, ["06_baselines_and_controls"])
    assert [repr(rate) for rate in rates["06_baselines_and_controls"]["lr_mults"]] == ["100.0", "10.0"]
    # not every number is above 0
    assert notebooks.values("cpu", {"series": "0"}, ["02_gadf_render"])["02_gadf_render"]["series"] == 0


@pytest.mark.parametrize(
    "profile, given, only, message",
    [
        ("tpu", {}, (), "PROFILE: expected one of cpu, gpu, h100, published, smoke, got 'tpu'"),
        ("cpu", {"epoch": "3"}, (), "epoch: no notebook has this parameter; did you mean epochs"),
        ("cpu", {"zzz": "3"}, (), "zzz: no notebook has this parameter; there are"),
        ("cpu", {"seeds": "three"}, (), "seeds expects a int like [0-9]+, got 'three'"),
        ("cpu", {"seeds": "2.5"}, (), "seeds expects a int"),
        ("cpu", {"seeds": "0"}, (), "seeds expects a number above 0, got 0"),
        ("cpu", {"base_lr": "fast"}, (), "base_lr: expected a number like 0.002, got 'fast'"),
        ("cpu", {"colormaps": "[1, 2]"}, (), "colormaps expects a list like"),
        ("cpu", {"colormaps": "[]"}, (), "colormaps expects a list like"),
        ("cpu", {"seeds": "[1"}, (), "seeds: '\\[1' is not a value"),
        ("cpu", {"out": "/tmp"}, (), "out: no notebook has this parameter"),
        ("cpu", {"size": "9"}, ["01_download"], "size: no notebook has this parameter"),
        ("cpu", {}, ["99_nothing"], "notebook: expected one of 01_download"),
    ],
)
def test_wrong_usage_is_named(profile, given, only, message):
    with pytest.raises(notebooks.UsageError, match=message):
        notebooks.values(profile, given, only)


def test_a_profile_that_names_an_unknown_notebook_or_parameter(tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "PROFILES", tmp_path)
    (tmp_path / "published.yaml").write_text("03_resnet_finetun: {seeds: 1}\n")
    with pytest.raises(notebooks.UsageError, match="published.yaml: there is no notebook 03_resnet_finetun"):
        notebooks.values("published")
    (tmp_path / "published.yaml").write_text("03_resnet_finetune: {seed: 1}\n")
    with pytest.raises(
        notebooks.UsageError, match="published.yaml, 03_resnet_finetune: the notebook has no parameter 'seed'"
    ):
        notebooks.values("published")


# --- the runner, on notebooks made here -------------------------------------------------------------------------------


@pytest.fixture
def house(tmp_path, monkeypatch):
    """An empty project with a runner; house.notebook(stem, code) adds a notebook."""
    for name in ("notebooks", "profiles", "data/results/cpu"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setattr(datasets, "ROOT", tmp_path)
    monkeypatch.setattr(notebooks, "FOLDER", tmp_path / "notebooks")
    monkeypatch.setattr(notebooks, "PROFILES", tmp_path / "profiles")

    def notebook(stem, code):
        parameters = new_code_cell(
            'word: str = "a"  # w\nout: str = "build/cpu"  # o', metadata={"tags": ["parameters"]}
        )
        body = [new_markdown_cell(f"# {stem}"), parameters, *map(new_code_cell, code)]
        nbformat.write(
            new_notebook(cells=body, metadata={"language_info": {"name": "python"}}),
            tmp_path / "notebooks" / f"{stem}.ipynb",
        )

    return type(
        "House", (), {"path": tmp_path, "notebook": staticmethod(notebook), "build": tmp_path / "build" / "cpu"}
    )


WRITE = (
    "from pathlib import Path\nPath(out, 'results').mkdir(parents=True, exist_ok=True)\nPath(out, 'results',"
    " '{stem}.csv').write_text(word)"
)


def test_run_then_nothing_to_do_then_only_what_changed(house, capsys):
    for stem in ("01_one", "02_two"):
        house.notebook(stem, [WRITE.format(stem=stem), "print('hello from', word)"])
    assert notebooks.run("cpu") is True
    out = capsys.readouterr().out
    assert "[1/2] 01_one: elapsed 0:00" in out and "hello from a" in out and "[2/2] 02_two: done" in out
    assert (house.build / "results" / "01_one.csv").read_text() == "a"
    record = json.loads((house.build / "results" / "01_one.run.json").read_text())
    assert record["parameters"] == {"word": "a", "out": "build/cpu"} and record["seconds"] > 0
    assert notebooks.run("cpu") is False
    house.notebook("02_two", [WRITE.format(stem="02_two"), "print('changed')"])
    capsys.readouterr()
    assert notebooks.run("cpu") is True
    out = capsys.readouterr().out
    assert "[1/2] 01_one: up to date" in out and "changed" in out
    assert notebooks.run("cpu", {"word": "b"}, ["01_one"]) is True
    assert (house.build / "results" / "01_one.csv").read_text() == "b"


@pytest.mark.parametrize("damage", ["changed", "gone", "module", "a bit", "cut off", "empty"])
def test_a_changed_output_or_module_runs_again(house, damage, monkeypatch):
    house.notebook("01_one", [WRITE.format(stem="01_one"), "print('shown')"])
    notebooks.run("cpu")
    section = notebooks.values("cpu")["01_one"]
    assert notebooks.is_done("01_one", section)
    if damage == "changed":
        (house.build / "results" / "01_one.csv").write_text("b")
    elif damage in ("a bit", "cut off", "empty"):
        path = house.build / "01_one.ipynb"
        content = bytearray(path.read_bytes())
        content[content.index(b"shown")] ^= 1
        path.write_bytes({"a bit": content, "cut off": content[:-20], "empty": b""}[damage])
    elif damage == "gone":
        (house.build / "results" / "01_one.csv").unlink()
    else:
        monkeypatch.setattr("tsvision.data.provenance.code_digest", lambda rooms, names: "other")
    assert not notebooks.is_done("01_one", section)


def test_a_notebook_that_fails_is_kept_under_another_name_and_never_taken_for_done(house, capsys):
    house.notebook("01_one", ["print('so far')", "raise ValueError('the reason')"])
    house.notebook("02_two", [WRITE.format(stem="02_two")])
    with pytest.raises(
        notebooks.NotebookFailed,
        match=(
            "01_one failed at In \\[4\\]: ValueError: the reason\nwhat had run before is in"
            " build/cpu/01_one.failed.ipynb"
        ),
    ):
        notebooks.run("cpu")
    assert sorted(path.name for path in house.build.iterdir()) == [".lock", "01_one.failed.ipynb"]
    assert "so far" in (house.build / "01_one.failed.ipynb").read_text()
    with pytest.raises(notebooks.NotebookFailed):
        notebooks.run("cpu")
    house.notebook("01_one", ["print('mended')"])
    assert notebooks.run("cpu") is True
    assert not (house.build / "01_one.failed.ipynb").exists()


@pytest.mark.parametrize(
    "code, message",
    [
        ("import sys; sys.exit(0)", "01_one ended before its last cell"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "01_one: its kernel was killed"),
    ],
)
def test_a_notebook_that_ends_early_is_not_done(house, code, message):
    house.notebook("01_one", ["print('so far')", code, "print('never')"])
    with pytest.raises(notebooks.NotebookFailed, match=f"{message}.*; see build/cpu/01_one.failed.ipynb"):
        notebooks.run("cpu")
    assert [path.name for path in house.build.iterdir() if path.suffix == ".ipynb"] == ["01_one.failed.ipynb"]


def test_another_weights_file_under_the_same_name_runs_again(house, tmp_path):
    house.notebook("01_one", ["x = 1"])
    (tmp_path / "w.pth").write_text("one")
    section = {"out": "build/cpu", "weights": str(tmp_path / "w.pth")}
    before = notebooks.fingerprint("01_one", section)
    (tmp_path / "w.pth").write_text("two")
    assert notebooks.fingerprint("01_one", section) != before


@pytest.mark.parametrize("name", ["SOURCES", "BANDS", "PUBLISHED"])
def test_a_change_of_a_table_of_the_repository_s_runs_again(house, name):
    house.notebook("01_one", ["x = 1"])
    (house.path / "data").mkdir(exist_ok=True)
    section, table = {"out": "build/cpu"}, house.path / "data" / f"{name}.csv"
    table.write_text("a\n1\n")
    before = notebooks.fingerprint("01_one", section)
    table.write_text("a\n2\n")
    assert notebooks.fingerprint("01_one", section) != before


def test_a_change_of_training_does_not_run_the_data_notebooks_again(monkeypatch, tmp_path):
    section = {"out": "build/nothing"}
    before = {stem: notebooks.fingerprint(stem, section) for stem in STEMS}
    shutil.copytree(datasets.ROOT / "src/tsvision", tmp_path / "tsvision")
    training = tmp_path / "tsvision" / "methods" / "training.py"
    training.write_text(training.read_text().replace("set_seed(seed, reproducible=True)", "set_seed(seed)", 1))
    monkeypatch.setattr("tsvision.data.provenance.PACKAGE", tmp_path / "tsvision")
    again = [stem[:2] for stem in STEMS if notebooks.fingerprint(stem, section) != before[stem]]
    assert again == [stem[:2] for stem in STEMS if stem[:2] not in ("01", "02", "14", "18", "99")]


@pytest.mark.parametrize(
    "table, matters",
    [("01_one", True), ("01_one.condition", True), ("03_new", True), ("01_one.cost", False), ("02_two", False)],
)
def test_a_notebook_that_reads_the_others_tables_runs_again_when_they_change(house, table, matters):
    house.notebook("02_two", ["rows = evaluation.rows_of(folder)"])
    house.notebook("04_blind", ["x = 1"])
    folder, section = house.build / "results", {"out": "build/cpu"}
    folder.mkdir(parents=True)
    for name in ("01_one", "01_one.condition", "01_one.cost", "02_two"):
        (folder / f"{name}.csv").write_text("a\n1\n")
    before = [notebooks.fingerprint(stem, section) for stem in ("02_two", "04_blind")]
    (folder / f"{table}.csv").write_text("a\n2\n")
    after = [notebooks.fingerprint(stem, section) for stem in ("02_two", "04_blind")]
    assert [old != new for old, new in zip(before, after)] == [matters, False]


def test_a_whole_run_is_expected_to_take_what_a_whole_run_took(house, monkeypatch):
    one, two = {"seconds": 75.0, "elapsed": 70.0}, {"seconds": 60.0, "elapsed": 100.0}  # 02 shares runs with 01
    (house.path / "data/results/cpu/times.json").write_text(json.dumps({"02_two": two, "01_one": one}))
    assert notebooks.usual_times("cpu") == {"02_two": 60, "01_one": 75}
    assert notebooks.usual_times("cpu", in_one_go=True) == {"01_one": 70, "02_two": 30}
    (house.path / "data/results/cpu/times.json").write_text(json.dumps({"02_two": {"seconds": 60.0}, "01_one": one}))
    assert notebooks.usual_times("cpu", in_one_go=True) == {"02_two": 60, "01_one": 75}
    asked = []
    monkeypatch.setattr(notebooks, "usual_times", lambda profile, whole: asked.append(whole) or {})
    house.notebook("01_one", ["x = 1"])
    notebooks.run("cpu")
    notebooks.run("cpu", {"word": "b"})
    assert asked == [True, False]


def test_what_is_left_is_the_published_time_corrected_by_what_was_measured(house, capsys, monkeypatch):
    for stem in ("01_one", "02_two", "03_new"):
        house.notebook(stem, ["x = 1"])
    times = {stem: {"seconds": 60.0, "machine": "P"} for stem in ("01_one", "02_two", "03_new", "09_gone")}
    (house.path / "data/results/cpu/times.json").write_text(json.dumps(times))
    clock = [0.0]
    monkeypatch.setattr(notebooks.time, "monotonic", lambda: clock[0])
    took = {"01_one": 120, "02_two": 0, "03_new": 5}

    def execute(stem, section):
        clock[0] += took[stem]
        return took[stem]

    monkeypatch.setattr(notebooks, "execute", execute)
    notebooks.run("cpu")
    left = re.findall(r"about (\S+) left; this one usually takes 1:00\n", capsys.readouterr().out)
    assert left == ["3:00", "4:00", "1:00"]  # at first as published; twice as slow; then 120 s for two of 60
    notebooks.run("cpu", {"word": "b"})  # other values than the profile's
    assert "left" not in capsys.readouterr().out


def test_only_a_run_of_the_profiles_own_values_is_timed(house):
    house.notebook("01_one", ["x = 1"])
    house.notebook("02_two", ["import time; time.sleep(1.5)"])
    notebooks.run("cpu", {"word": "b"}, ["01_one"])
    assert not (house.build / "results" / "times.json").exists()
    notebooks.run("cpu", only=["02_two"])
    before = json.loads((house.build / "results" / "times.json").read_text())
    assert (
        list(before) == ["02_two"]
        and before["02_two"]["seconds"] >= 1.5
        and before["02_two"]["machine"].endswith(" cores")
    )
    notebooks.run("cpu", only=["01_one"])
    after = json.loads((house.build / "results" / "times.json").read_text())
    assert list(after) == ["01_one", "02_two"] and after["02_two"] == before["02_two"]


@pytest.mark.parametrize(
    "arguments, code, message",
    [
        (("run", "--profile", "tpu"), 2, "error: PROFILE: expected one of cpu, gpu, h100, published, smoke, got 'tpu'"),
        (
            ("run", "--profile", "cpu", "sedes=3"),
            2,
            "error: sedes: no notebook has this parameter; did you mean seeds?",
        ),
        (("run", "--profile", "cpu", "seeds"), 2, "error: seeds: expected NAME=VALUE"),
        (
            ("publish", "--profile", "gpu"),
            2,
            (
                "error: 01_download has no finished run of today's code in build/gpu under the profile's own values;"
                " run make 01_download PROFILE=gpu first"
            ),
        ),
    ],
)
def test_the_command_line_ends_with_one_sentence_and_a_code(arguments, code, message, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "ROOT", tmp_path)  # a finished run of this checkout must not be published by a test
    assert door.main(list(arguments)) == code
    assert capsys.readouterr().err.strip() == message


@pytest.mark.parametrize("only, folder", [(["01_download", "02_gadf_render"], "build/cpu"), ([], "build/cpu-OliveOil")])
def test_what_ran_is_what_is_compared(monkeypatch, only, folder):
    compared = []
    monkeypatch.setattr(notebooks, "run", lambda *_: True)
    monkeypatch.setattr(door.report, "comparison", lambda profile, out: compared.append(out))
    wanted = [word for stem in only for word in ("--only", stem)]
    assert door.main(["run", "--profile", "cpu", *wanted, "dataset=OliveOil"]) == 0
    assert compared == [folder]  # OliveOil is the two's own data set, and not that of all


def test_a_python_without_the_packages_says_so():
    bare = [sys.executable, "-S", "-m", "tsvision", "run"]  # -S: without site-packages
    ended = subprocess.run(
        bare, env={"PYTHONPATH": str(datasets.ROOT / "src")}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert re.search("has no package .*; leave PYTHON=... out", ended.stderr) and "Traceback" not in ended.stderr


OLD = "its compute capability is 7.0, this torch needs 7.5 or newer"


@pytest.mark.parametrize(
    "driver, cuda, capability, profile, says",
    [
        (False, True, (9, 0), "cpu", "no CUDA GPU: there is no driver of one"),
        (True, False, (9, 0), "cpu", "no CUDA GPU: the driver is too old"),
        (True, True, (7, 5), "gpu", "a CUDA GPU"),
        (True, True, (7, 0), "cpu", f"no CUDA GPU: {OLD}; CUDA_VISIBLE_DEVICES= hides it"),
    ],
)
def test_the_profile_is_found_and_said(monkeypatch, capsys, driver, cuda, capability, profile, says):
    def init():
        raise RuntimeError("the driver\nis too old")

    monkeypatch.setattr(processes, "has_driver", lambda: driver)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: ["sm_75", "sm_90a", "sm_120", "compute_120"])
    monkeypatch.setattr(torch.cuda, "init", init)
    assert door.choose_profile() == profile
    assert capsys.readouterr().out == f"profile: {profile} (torch can use {says}; PROFILE=NAME chooses another)\n"


# --- every notebook, headless, in the smoke profile -------------------------------------------------------------------


def test_smoke_run_says_what_it_does_and_leaves_nothing_else(smoke):
    out, folder = smoke
    assert f"[3/{len(STEMS)}] 03_resnet_finetune: elapsed" in out
    assert not [word for word in ("Warning", "semaphore", "IProgress") if word in out], "what is for developers"
    assert "run 1 of 2: fine-tune, test_resnet.r160_in1k" in out and "03_resnet_finetune: 2 runs, 0 of them kept" in out
    assert sorted(path.stem for path in folder.glob("*.ipynb")) == STEMS  # no failed one
    assert [path.name for path in folder.rglob(".*")] == [".lock"]


def test_smoke_run_ends_with_its_results(smoke):
    out, folder = smoke
    lines = evaluation.summary(tables.settings_of(folder / "results", "all"), ["notebook", *tables.SETTINGS])
    _, _, told = out.partition("your results; nothing of profile smoke is published on Coffee\n")
    table = told.partition("\n\n")[0].splitlines()
    assert (
        len(lines) > 20
        and len(table) == 1 + len(lines)
        and {line.split()[0] for line in table[1:]} >= {"03", "16", "11"}
    )


def test_smoke_outputs_are_complete(smoke):
    folder = smoke[1]
    sources = "\n".join(cell.source for stem in STEMS for cell in cells(stem))
    named = set(re.findall(r'figures\.save\(.*?f?"([\w{}.]+)",\s*out[,)]', sources, re.DOTALL))
    named = (named - {"99_verdicts_{claim}", "14_any_length_{name}"}) | {f"99_verdicts_{claim}" for claim in JUDGED}
    named |= {"14_any_length_cnn", "14_any_length_vit"}
    named -= {"01_download_bands"}  # no band of this data set is known
    assert len(named) > 25 and {path.stem for path in (folder / "figures").iterdir()} == named
    rows = (folder / "results" / "03_resnet_finetune.csv").read_text().splitlines()
    assert (
        rows[0]
        == "dataset,split,seed,method,backbone,weights,stands_in_for,precision,encoding,colormap,size,view,length,"
        "epochs,base_lr,batch_size,lr_mult,noise,train_accuracy,recalibrated,n_train,n_test,accuracy,correct,device,shuffled"
    )
    assert len(rows) == 3 and all(",random," in row for row in rows[1:])


def test_smoke_run_judges_every_claim(smoke):
    verdicts = pd.read_csv(smoke[1] / "results" / "99_verdicts.claims.csv")
    assert verdicts["claim"].tolist() == list(JUDGED) and verdicts[["verdict", "because"]].notna().all(axis=None)
    assert set(verdicts["verdict"]) <= {"holds", "does not hold", "too close to call", "of olive oils alone"}
    differences = pd.read_csv(smoke[1] / "results" / "99_verdicts.differences.csv")
    assert set(differences["claim"]) == set(JUDGED) and differences["difference"].notna().all()


def test_second_smoke_run_does_nothing_and_says_so(smoke):
    again = command("run", "--profile", "smoke", root=datasets.ROOT)
    assert again.returncode == 0
    assert "nothing to do: every notebook is up to date (profile smoke)" in again.stdout


def test_make_quick_runs_the_five_notebooks_of_the_post_under_the_machine_s_profile():
    words = ["make", "--dry-run", "quick", "PYTHON=python3", "seeds=1"]
    told = subprocess.run(words, cwd=datasets.ROOT, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"--only (\S+)", told) == STEMS[:5] and "--profile" not in told and "'seeds=1'" in told


def test_a_kernel_that_make_starts_shows_no_bar(house):
    no_bar = f"import os; assert os.environ[{results.QUIET!r}]"
    house.notebook("01_one", [no_bar])
    assert notebooks.run("cpu") is True
