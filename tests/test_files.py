"""Series from the user's own files: every format, odd labels, gaps, lengths, and what is refused with its line."""

import numpy as np
import pytest

from tsvision.data import datasets, files
from tsvision.pictures import encoders
from tsvision.study import notebooks

LINES = {
    ".tsv": "wine\t1\t2\t3\nbeer\t4\t5\t6\nwine\t7\t8\t9\n",
    ".csv": '"wine",1,2,3\nbeer, 4,5,6\nwine,7,8,9\n',
    ".ts": (
        "#made by hand\n@problemName Drinks\n@univariate true\n@data\n# two of"
        " them\n1,2,3:wine\n4,5,6:beer\n7,8,9:wine\n"
    ),
}


def put(folder, train, test, suffix=".csv", name="Drinks"):
    folder.mkdir(parents=True, exist_ok=True)
    for part, text in (("TRAIN", train), ("TEST", test)):
        (folder / f"{name}_{part}{suffix}").write_text(text, encoding="utf-8")
    return str(folder)


@pytest.mark.parametrize("suffix", files.SUFFIXES)
def test_a_folder_of_own_files_in_each_format(tmp_path, capsys, suffix):
    data = datasets.load(put(tmp_path / "own", LINES[suffix], LINES[suffix], suffix))
    assert data.series.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]] * 2
    assert (data.name, data.classes, data.labels.tolist()) == ("Drinks", ("beer", "wine"), [1, 0, 1] * 2)
    assert data.train.tolist() == [True] * 3 + [False] * 3 and data.axis[0] == "time step"
    said = (
        f"data: Drinks, 3 training and 3 test series of 3 steps, 2 classes, from own files Drinks_TRAIN{suffix},"
        f" Drinks_TEST{suffix}\n"
    )
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
    train = "a,1,,3,?,5\nb,nan,2,3,4,5\nb,0,0,0,0,0\n"
    data = datasets.load(put(tmp_path / "own", train, "a,0,2,4\nb,0,1,2,3,4,,\n"))
    assert data.series.tolist() == [[1, 2, 3, 4, 5], [2, 2, 3, 4, 5], [0] * 5, [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]
    assert data.source.endswith("; 2 series with missing values interpolated; 1 of 5 series stretched to 5 steps")


def test_constant_series_and_labels_of_either_sign_are_taken_as_they_are(tmp_path):
    data = datasets.load(
        put(tmp_path / "own", "-1,3,3,3\n1,0,1,0\n-1,2,2,2\n", "1,3,3,3\n-1.0,3,3,3\n-1,1,1,1\n1e0,1,1,1\n")
    )
    assert (
        data.classes == ("-1", "1")
        and data.series[0].tolist() == [3, 3, 3]
        and data.labels.tolist() == [0, 1, 0, 1, 0, 0, 1]
    )


def test_classes_are_ordered_as_numbers_then_as_words(tmp_path):
    lines = "".join(f"{label},1,2\n" for label in ("b", "10", "9.5", "a b", "-3", "b"))
    assert datasets.load(put(tmp_path / "own", lines, lines)).classes == ("-3", "9.5", "10", "a b", "b")


@pytest.mark.parametrize(
    "suffix, train, message",
    [
        (".csv", "a,1,2\nb,1,x\n", "Drinks_TRAIN.csv, line 2: expected numbers beside the label"),
        (".csv", "label,t0,t1\na,1,2\n", "Drinks_TRAIN.csv, line 1: expected numbers beside the label"),
        (".csv", "a;1;2\n", "line 1: expected a label and values parted by commas, got 'a;1;2'"),
        (".csv", ",1,2\n", "line 1: expected a label and values parted by commas"),
        (
            ".csv",
            "label,0,1,2\na,1,2,3\nb,1,2,3\n",
            "line 1: expected a series, got what looks like a head line, 'label' and a count",
        ),
        (".csv", "a,1,2\nnan,1,2\n", "line 2: expected a label, got 'nan'"),
        (".csv", "a,1,2\nb,1,1e200\n", r"line 2: expected values up to 1e\+100 either way, got 1e\+200 as value 2"),
        (".csv", "a,1,-inf\n", r"line 1: expected values up to 1e\+100 either way, got -inf as value 2"),
        (
            ".csv",
            'a,1,2\n"' + "1," * 90_000 + "\n",
            r"line 2: expected a label and values parted by commas \(field larger",
        ),
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
    with pytest.raises(ValueError, match="dataset: expected one NAME_TRAIN and NAME_TEST .*, found notes.txt$"):
        (tmp_path / "notes.txt").touch()
        datasets.load(str(tmp_path))
    folder = put(tmp_path / "own", *[LINES[".csv"]] * 2)
    put(tmp_path / "own", *[LINES[".csv"]] * 2, name="Other")
    with pytest.raises(ValueError, match="found Drinks_TRAIN.csv, Drinks_TEST.csv, Other_TRAIN.csv, Other_TEST.csv"):
        datasets.load(folder)
    (tmp_path / "own" / "Drinks_TEST.csv").unlink()
    (tmp_path / "own" / "Other_TRAIN.csv").unlink()
    with pytest.raises(ValueError, match="found Drinks_TRAIN.csv$"):
        datasets.load(folder)


def test_paths_may_hold_an_at_sign_and_a_bare_word_is_a_name(tmp_path, monkeypatch):
    folder = put(tmp_path / "me@home", *[LINES[".csv"]] * 2)
    assert datasets.load(folder).name == "Drinks"
    (tmp_path / "me@home" / "all.csv").write_text(LINES[".csv"] * 2)
    one, other = (f"{folder}/all.csv@{share}" for share in (0.5, 0.7))
    assert (datasets.load(one).name, datasets.load(other).train.sum()) == ("all", 4)
    assert files.tag(one).startswith("all-") and files.tag(one) != files.tag(other) != files.tag(folder)
    assert files.below(one) == [tmp_path / "me@home" / "all.csv"] and len(files.below(folder)) == 2
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "Meat", *[LINES[".csv"]] * 2)
    assert not files.is_path("Meat") and files.is_path("./Meat") and not files.is_path("x/" * 3000)


def test_ones_own_files_never_pass_for_a_set_of_the_archive(tmp_path):
    folder = put(tmp_path / "own", *[LINES[".csv"]] * 2, name="OliveOil")
    data = datasets.load(folder)
    assert data.name == "own OliveOil" and data.axis[0] == "time step"
    put(tmp_path / "other", *[LINES[".csv"]] * 2, name="Wine1")
    assert [data.name for data in datasets.load_all([folder, str(tmp_path / "other")])] == ["own OliveOil", "Wine1"]
    with pytest.raises(ValueError, match="spectra: expected data sets of different names, got own OliveOil twice"):
        datasets.load_all([folder, folder])


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
    assert out.startswith("build/cpu-own_set-") and out != notebooks.folder_of(
        notebooks.values("cpu", {"dataset": f"{folder}/../own set@x"})
    )
    assert notebooks.values("cpu", {"dataset": "OliveOil"}) == usual
    assert (
        meat.keys() == usual.keys()
        and meat["16_food_spectra"]["spectra"] == ["Meat"] != usual["16_food_spectra"]["spectra"]
    )
    alone = notebooks.values("cpu", {"dataset": folder}, only=["16_food_spectra"])["16_food_spectra"]
    assert alone == own["16_food_spectra"]
    before = notebooks.fingerprint("03_resnet_finetune", own["03_resnet_finetune"])
    compared = notebooks.fingerprint("16_food_spectra", alone)
    put(tmp_path / "own set", LINES[".csv"].replace("4", "7"), LINES[".csv"])
    assert notebooks.fingerprint("03_resnet_finetune", own["03_resnet_finetune"]) != before
    assert notebooks.fingerprint("16_food_spectra", alone) != compared
    twin = put(tmp_path / "elsewhere" / "own set", *[LINES[".csv"]] * 2)
    assert notebooks.folder_of(notebooks.values("cpu", {"dataset": twin})) != out


@pytest.mark.parametrize("name", ["no/such", "../typo", "series.csv@0.5", "x" * 300 + "/"])
def test_a_path_at_which_nothing_lies_is_refused_before_anything_is_made(name):
    with pytest.raises(
        notebooks.UsageError,
        match="dataset: expected a name of the UCR archive, a folder or FILE@SHARE .*; there is no ",
    ):
        notebooks.values("cpu", {"dataset": name})


def test_readers_and_encoders_agree_on_what_is_too_large():
    assert files.LARGEST == encoders.LARGEST
