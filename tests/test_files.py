"""Series from the user's own files: every format, odd labels, gaps, lengths, and what is refused with its line."""

import numpy as np
import pytest

from tsvision import datasets, files, notebooks

LINES = {
    ".tsv": "wine\t1\t2\t3\nbeer\t4\t5\t6\n",
    ".csv": '"wine",1,2,3\nbeer, 4,5,6\n',
    ".ts": "#made by hand\n@problemName Drinks\n@univariate true\n@data\n1,2,3:wine\n4,5,6:beer\n",
}


def put(folder, train, test, suffix=".csv", name="Drinks"):
    folder.mkdir(exist_ok=True)
    for part, text in (("TRAIN", train), ("TEST", test)):
        (folder / f"{name}_{part}{suffix}").write_text(text, encoding="utf-8")
    return str(folder)


@pytest.mark.parametrize("suffix", files.SUFFIXES)
def test_a_folder_of_own_files_in_each_format(tmp_path, capsys, suffix):
    data = datasets.load(put(tmp_path / "own", LINES[suffix], LINES[suffix], suffix))
    assert data.series.tolist() == [[1, 2, 3], [4, 5, 6]] * 2
    assert (data.name, data.classes, data.labels.tolist()) == ("Drinks", ("beer", "wine"), [1, 0, 1, 0])
    assert data.train.tolist() == [True, True, False, False] and data.axis[0] == "time step"
    said = f"data: Drinks, 2 training and 2 test series of 3 steps, 2 classes, from own files Drinks_TRAIN{suffix}, Drinks_TEST{suffix}\n"
    assert capsys.readouterr().out == said


def test_one_file_and_the_share_of_each_class_that_trains(tmp_path):
    path = tmp_path / "all.csv"
    path.write_text("".join(f"{'ab'[k % 3 == 0]},{k},{k + 1}\n" for k in range(30)))  # twenty a, ten b
    data = datasets.load(f"{path}@0.7")
    assert np.bincount(data.labels[data.train]).tolist() == [14, 7] and np.bincount(data.labels).tolist() == [20, 10]
    assert sorted(data.series[:, 0]) == list(range(30)) and sorted(data.series[data.train, 0]) != list(range(21))
    assert datasets.load(f"{path}@0.7").digest == data.digest, "the same draw every time"
    few = datasets.load(f"{path}@0.01")
    assert few.train.sum() == 2, "one of each class at least"
    assert (~datasets.load(f"{path}@0.99").train).sum() == 2


def test_gaps_are_interpolated_and_other_lengths_stretched_and_the_source_says_so(tmp_path):
    train = "a,1,,3,?,5\nb,nan,2,3,4,5\n"
    data = datasets.load(put(tmp_path / "own", train, "a,0,2,4\nb,0,1,2,3,4,,\n"))
    assert data.series.tolist() == [[1, 2, 3, 4, 5], [2, 2, 3, 4, 5], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]
    assert data.source.endswith("; 2 series with missing values interpolated; 1 of 4 series stretched to 5 steps")


def test_constant_series_and_labels_of_either_sign_are_taken_as_they_are(tmp_path):
    data = datasets.load(put(tmp_path / "own", "-1,3,3,3\n1,0,1,0\n", "1,3,3,3\n-1.0,3,3,3\n-1,1,1,1\n1,1,1,1\n-1.0,1,2,3\n".replace("-1.0", "-1")))
    assert data.classes == ("-1", "1") and data.series[0].tolist() == [3, 3, 3]


@pytest.mark.parametrize(
    "suffix, train, message",
    [
        (".csv", "a,1,2\nb,1,x\n", "Drinks_TRAIN.csv, line 2: expected numbers beside the label"),
        (".csv", "label,t0,t1\na,1,2\n", "Drinks_TRAIN.csv, line 1: expected numbers beside the label"),
        (".csv", "a;1;2\n", "line 1: expected a label and values parted by commas, got 'a;1;2'"),
        (".csv", ",1,2\n", "line 1: expected a label and values parted by commas"),
        (".ts", "1,2,3:a\n", "line 1: expected @data before the first series, got '1,2,3:a'"),
        (".ts", "@timeStamps true\n@data\n", "line 1: expected series without time stamps"),
        (".ts", "@data\n1,2:3,4:a\n", "line 2: expected one channel of values, a colon and a label, got 2 colons"),
        (".ts", "@data\n1,2,3\n", "line 2: expected one channel of values, a colon and a label, got 0 colons"),
        (".ts", "@data\n", "Drinks_TRAIN.ts: expected a series a line, got an empty file"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(tmp_path, suffix, train, message):
    with pytest.raises(ValueError, match=message):
        datasets.load(put(tmp_path / "own", train, LINES[suffix], suffix))


def test_a_class_of_one_series_cannot_be_divided(tmp_path):
    path = tmp_path / "all.csv"
    path.write_text("a,1,2\na,2,1\nb,1,1\n")
    with pytest.raises(ValueError, match=r"all.csv, line 3: expected two series or more of class b, .*, got one"):
        datasets.load(f"{path}@0.5")


@pytest.mark.parametrize("share", ["", "@", "@0", "@1", "@2", "@half", "@nan"])
def test_a_file_needs_a_share(tmp_path, share):
    path = tmp_path / "all.csv"
    path.write_text("a,1,2\n")
    with pytest.raises(ValueError, match="dataset: expected a folder, or a file .* the share of each class"):
        datasets.load(f"{path}{share}")


def test_a_folder_needs_one_pair_of_files(tmp_path):
    with pytest.raises(ValueError, match="dataset: expected one NAME_TRAIN and NAME_TEST .*, found none"):
        datasets.load(str(tmp_path))
    folder = put(tmp_path / "own", *[LINES[".csv"]] * 2)
    put(tmp_path / "own", *[LINES[".csv"]] * 2, name="Other")
    with pytest.raises(ValueError, match="found Drinks_TRAIN.csv, Drinks_TEST.csv, Other_TRAIN.csv, Other_TEST.csv"):
        datasets.load(folder)
    (tmp_path / "own" / "Drinks_TEST.csv").unlink()
    (tmp_path / "own" / "Other_TRAIN.csv").unlink()
    with pytest.raises(ValueError, match="found Drinks_TRAIN.csv$"):
        datasets.load(folder)


def test_twenty_thousand_series(tmp_path):
    text = "".join(f"{k % 2},{k},1,2,3\n" for k in range(10_000))
    data = datasets.load(put(tmp_path / "own", text, text))
    assert data.series.shape == (20_000, 4) and data.train.sum() == 10_000


def test_another_data_set_gets_a_folder_of_its_own_and_a_changed_file_runs_again(tmp_path):
    folder = put(tmp_path / "own set", *[LINES[".csv"]] * 2)
    usual, meat, own = (notebooks.values("cpu", given) for given in (None, {"dataset": "Meat"}, {"dataset": folder}))
    assert {section["out"] for section in usual.values()} == {"build/cpu"}
    assert {section["out"] for section in meat.values()} == {"build/cpu-Meat"}
    (out,) = {section["out"] for section in own.values()}
    assert out.startswith("build/cpu-own_set-") and out != notebooks.folder_of(notebooks.values("cpu", {"dataset": f"{folder}/../own set@x"}))
    assert notebooks.values("cpu", {"dataset": "OliveOil"}) == {k: v for k, v in usual.items() if "dataset" in v}
    before = notebooks.fingerprint("03_resnet_finetune", own["03_resnet_finetune"])
    put(tmp_path / "own set", LINES[".csv"].replace("4", "7"), LINES[".csv"])
    assert notebooks.fingerprint("03_resnet_finetune", own["03_resnet_finetune"]) != before
