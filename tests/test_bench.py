"""What make bench measures and keeps."""

import json
import sys

import bench
import pandas as pd
import pytest
import torch
import ways


def test_an_unknown_step_is_a_sentence(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["bench.py", "--only", "nosuchstep"])
    assert bench.main() == 2
    assert "error: ONLY: expected a part of draw 60 pictures" in capsys.readouterr().err


ROW = {"step": "s", "way": "2", "runs": 3, "median_s": 1.0, "least_s": 0.5, "most_s": 2.0, "peak_memory_mib": 7}
ROW |= {"note": "", "device": "cpu"}


def test_rows_are_written_as_they_come_and_a_failure_stops_nothing(tmp_path, monkeypatch, capsys):
    seen = []

    def in_a_process(step, name):
        seen.append(len(pd.read_csv(tmp_path / "cpu.csv")) if (tmp_path / "cpu.csv").exists() else 0)
        return None if name == "b" else ROW | {"way": name}

    monkeypatch.setattr(bench, "STEPS", {"s": dict.fromkeys("abc")})
    monkeypatch.setattr(bench, "OUT", tmp_path)
    monkeypatch.setattr(bench, "in_a_process", in_a_process)
    monkeypatch.setattr(sys, "argv", ["bench.py"])
    assert bench.main() == 1
    assert seen == [0, 1, 1]
    assert pd.read_csv(tmp_path / "cpu.csv")["way"].tolist() == ["a", "c"]
    record = json.loads((tmp_path / "cpu.run.json").read_text())
    assert record["code"] and not record["complete"]
    assert "error: s, b: its process failed" in capsys.readouterr().err


def test_a_row_joins_those_of_the_same_code_in_the_order_of_steps(tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "STEPS", {"s": dict.fromkeys("12")})
    monkeypatch.setattr(bench, "OUT", tmp_path)
    for new in (ROW, ROW | {"way": "1"}, ROW | {"median_s": 4.0}):
        bench.keep(new)
    assert pd.read_csv(tmp_path / "cpu.csv")[["way", "median_s"]].to_numpy().tolist() == [[1, 1.0], [2, 4.0]]
    (tmp_path / "cpu.run.json").write_text('{"code": "of yesterday"}')
    bench.keep(ROW | {"way": "1", "device": "cpu, 2 threads"})
    assert pd.read_csv(tmp_path / "cpu.csv")["way"].tolist() == [1]


def test_seconds_leave_the_cold_run_out(monkeypatch):
    clock = iter([0, 100, 100, 101, 101, 104, 104, 106])  # 100 s cold, then 1, 3 and 2
    monkeypatch.setattr(bench.time, "perf_counter", lambda: next(clock))
    assert bench.seconds_of(lambda: None, 3) == (2, 1, 3)
    clock = iter([0, 100])
    assert bench.seconds_of(lambda: None, 1) == (100, 100, 100)


def test_every_step_has_ways_to_compare_or_sizes():
    for step, names in bench.STEPS.items():
        assert len(names) > 1 or step.startswith("tune the last block")
        assert ", by " not in step or all(float(name) > 0 for name in names)


@pytest.mark.parametrize("name", [name for name in ways.PRODUCTS if name.startswith("bmm")])
def test_every_way_of_a_product_has_a_convolution_s_results_and_gradients(name):
    torch.manual_seed(0)
    layer = torch.nn.Conv2d(3, 5, 1, bias=False)
    images, above = torch.randn(2, 3, 9, 9, requires_grad=True), torch.randn(2, 5, 9, 9)
    found = []
    for apply in (layer, ways.PRODUCTS[name](layer)):
        images.grad = layer.weight.grad = None
        made = apply(images)
        made.backward(above)
        found.append((made.detach(), images.grad, layer.weight.grad))
    for ours, theirs in zip(*found):
        assert ours.shape == theirs.shape and torch.allclose(ours, theirs, atol=1e-5)


def test_a_product_can_be_timed():
    run, times = ways.product("bmm, but the weight's gradient by parts", 3, 5, 12)
    run()
    assert times > 1
