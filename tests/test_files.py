"""Series from the user's own files, a line each: every form, odd labels, gaps, lengths, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from tsvision.data import datasets, files, lines
from tsvision.pictures import encoders
from tsvision.study import notebooks

LINES = {
    ".tsv": "wine\t1\t2\t3\nbeer\t4\t5\t6\nwine\t7\t8\t9\n",
    ".csv": '"wine",1,2,3\nbeer, 4,5,6\nwine,7,8,9\n',
    ".txt": '  wine  1.0 2 3.0000e+00\n "beer" 4 5 6 \nwine 7   8 9\n',
    ".ts": "#by hand\n@problemName Drinks\n@data\n# two of them\n1,2,3:wine\n4,5,6:beer\n7,8,9:wine\n",
}
CSV = LINES[".csv"]
# of a Mac, of Excel, and a format that the archive has beside others
FOREIGN = {"._Drinks_TRAIN.csv": "\0\5", ".DS_Store": "\0Bud1", "~$Drinks_TEST.csv": "", "Drinks_TRAIN.txt": ""}


def put(folder, train, test, suffix=".csv", name="Drinks"):
    folder.mkdir(parents=True, exist_ok=True)
    for part, text in (("TRAIN", train), ("TEST", test)):
        (folder / f"{name}_{part}{suffix}").write_text(text, encoding="utf-8")
    return str(folder)


@pytest.mark.parametrize("suffix", LINES)
@pytest.mark.parametrize("change", [str.lower, str.upper])
def test_a_folder_of_own_files_in_each_format(tmp_path, capsys, suffix, change):
    lines, suffix = LINES[suffix], change(suffix)
    for name, content in FOREIGN.items() if suffix.lower() != ".txt" else []:
        (tmp_path / name).write_text(content)
    data = datasets.load(put(tmp_path, lines, lines, suffix))
    assert data.series.tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]] * 2
    assert (data.name, data.classes, data.labels.tolist()) == ("Drinks", ("beer", "wine"), [1, 0, 1] * 2)
    assert data.train.tolist() == [True] * 3 + [False] * 3 and data.axis[0] == "time step"
    assert capsys.readouterr().out == (
        f"data: Drinks, 3 training and 3 test series of 3 steps, 2 classes, from own files Drinks_TRAIN{suffix},"
        f" Drinks_TEST{suffix}\n"
        "data: Drinks, no axis but the count of steps, values from 1 to 9, classes beer (2), wine (4)\n"
        "data: Drinks, 3 of 6 series repeat another one: 3 of 3 test series stand among the training series, too\n"
    )


def test_one_file_and_the_share_of_each_class_that_trains(tmp_path):
    path = tmp_path / "all.csv"
    path.write_text("".join(f"{'ab'[k % 3 == 0]},{k},{k + 1}\n" for k in range(30)))  # twenty a, ten b
    data = datasets.load(f"{path}@0.7")
    assert np.bincount(data.labels[data.train]).tolist() == [14, 7] and np.bincount(data.labels).tolist() == [20, 10]
    assert sorted(data.series[:, 0]) == list(range(30)) and sorted(data.series[data.train, 0]) != list(range(21))
    assert datasets.load(f"{path}@0.7").digest == data.digest, "the same draw every time"
    for share, count in (("@0.01", 2), ("@0.99", 28), ("@0.5", 15), ("", 15)):  # one of each class at least; half
        assert datasets.load(f"{path}{share}").train.sum() == count
    assert datasets.load(str(path)).source == "own file all.csv, 0.5 of each class drawn for training"
    for share in ("@0", "@1", "@2", "@half", "@nan"):
        with pytest.raises(
            ValueError,
            match=r"dataset: expected a folder or a file .* for training, \S*\.csv@0\.7, got",
        ):
            datasets.load(f"{path}{share}")


def test_gaps_are_interpolated_and_other_lengths_stretched_and_the_source_says_so(tmp_path):
    train = "a,1,,3,?,5\nb,nan,2,3,4,5\nb,0,0,0,0,0\n"
    data = datasets.load(put(tmp_path / "own", train, "a,0,2,4\nb,0,1,2,3,4,,\n"))
    assert data.series.tolist() == [[1, 2, 3, 4, 5], [2, 2, 3, 4, 5], [0] * 5, [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]
    assert data.source.endswith(
        "; 2 of 5 series with missing values filled in, from Drinks_TRAIN.csv, line 1 on"
        "; 1 of 5 series stretched to 5 steps, which moves every column, from Drinks_TEST.csv, line 1 on"
    )


def test_classes_are_ordered_as_numbers_then_as_words(tmp_path):
    lines = "".join(f"{label},1,2\n" for label in ("b", "10", "9.5", "a b", "-3", "b", "-3.0"))
    data = datasets.load(put(tmp_path / "own", lines, lines))
    assert data.classes == ("-3", "9.5", "10", "a b", "b") and data.labels.tolist() == [4, 2, 1, 3, 0, 4, 0] * 2


@pytest.mark.parametrize(
    "label, expected",
    [("1", "1"), ("1.0", "1"), ("+1.", "1"), ("1.000000000000000000e+01", "10"), ("-0.0", "0"), ("9.50", "9.50")]
    + [("10000000000000001", "10000000000000001"), ("10000000000000002.0", "10000000000000002"), ('"a,b"', "a,b")]
    + [(word, word) for word in ("1_1", "01", "1e3", "１", "٣", "inf", "none", "-", "0x1", "9" * 5000)],
)
def test_a_label_is_its_text_and_a_whole_number_one_label_however_written(tmp_path, label, expected):
    path = tmp_path / "all.csv"
    path.write_text(f" {label},1,2\n", encoding="utf-8")
    assert [line.label for line in files.read(path).lines] == [expected]


@pytest.mark.parametrize(
    "cell, expected",
    [("1e3", 1000), (" 2\t", 2), ('"3"', 3), (' "4"', 4), ("１２", 12), ("\u22121", -1), ("1e-400", 0)]
    + [(word, np.nan) for word in ("", " ", "?", "-", ".", "NA", "n/a", "NULL", "null", "NaN", "-nan", "None", "<NA>")],
)
def test_a_value_is_what_float_takes_and_what_others_write_for_none_is_missing(tmp_path, cell, expected):
    path = tmp_path / "all.csv"
    path.write_text(f"\ufeff a,0,5,1\r\n\r\na,0,{cell},5,\r\n", encoding="utf-8", newline="")
    assert np.array_equal(files.read(path).lines[1].values, [0, expected, 5], equal_nan=True)


@pytest.mark.parametrize(
    "cell", ["1_000", '"1,5"', '"1,000.5"', "1 000", "1'000", "0x1", "5%", "True", "1;2", "1d3", "x", "1\0"]
)
def test_any_other_value_is_refused(tmp_path, cell):
    path = tmp_path / "all.csv"
    path.write_text(f"a,1,2\nb,1,{cell}\n", encoding="utf-8")
    with pytest.raises(ValueError, match="all.csv, line 2: expected numbers beside the label, .* as value 2$"):
        files.read(path)


FRAME = pd.DataFrame([[0, 0.5, 0.25, 0.5], [1, 0.5, 0.75, 0.25], [0, 0.25, 0.5, 0.5], [1, 0.75, 0.5, 0.75]])
SPECTRA = FRAME.set_axis([0, 798.9, 800.8, 802.8], axis=1)
COUNT = "expected a series, got what looks like a head line, '{}' and numbers of columns up to {}; write .*, in pandas"
INDEX = "expected labels, got an index: they only number the lines, {} ...; write the file without"
NO_INDEX, NO_HEAD = {"index": False}, {"header": False}


@pytest.mark.parametrize(
    "frame, options, message",
    [
        (FRAME, NO_INDEX, COUNT.format(0, 3)),
        (FRAME.set_axis(range(1, 5), axis=1), NO_INDEX, COUNT.format(1, 4)),
        (FRAME.set_axis([0, 0, 1, 2], axis=1), NO_INDEX, COUNT.format(0, 2)),
        (FRAME.set_axis([0, 1, 3, 7], axis=1), NO_INDEX, COUNT.format(0, 7)),
        (SPECTRA, NO_INDEX, COUNT.format("0.0", 802.8)),
        (FRAME.rename_axis("n"), {}, COUNT.format("n", 3)),
        (FRAME.cumsum(axis=1), NO_INDEX, COUNT.format(0, 3)),  # every line climbs, but not evenly
        (FRAME.replace({0: {0: "a", 1: "b"}}), NO_HEAD, "expected numbers beside the label, .*, got 'a' as value 1"),
        (FRAME, NO_HEAD, INDEX.format("0, 1, 2")),
        (FRAME.sample(frac=1, random_state=0), NO_HEAD, INDEX.format("2, 3, 1")),
        (pd.concat([pd.concat([FRAME] * 3, ignore_index=True)] * 2), NO_HEAD, INDEX.format("0, 1, 2")),
    ],
)
def test_what_pandas_writes_is_refused_unless_it_is_labels_and_values(tmp_path, frame, options, message):
    for part in ("TRAIN", "TEST"):
        frame.to_csv(tmp_path / f"Drinks_{part}.csv", **options)
    with pytest.raises(ValueError, match=f"Drinks_TRAIN.csv, line 1: {message}"):
        datasets.load(str(tmp_path))


@pytest.mark.parametrize(
    "lines",
    [
        "a,1,2,3\na,3,1,2\nb,2,1,3\nb,1,3,2\n",  # the label is another series', too
        "1,1,2,3\n1,3,1,2\n2,2,1,3\n2,1,3,2\n",  # the label does not belong to the count
        "0,1,2,3\n1,3,4,5\n0,3,1,2\n1,3,2,2\n",  # another line counts
        "a,1,2,4\nb,1,3,4\nb,2,1,3\na,1,3,2\n",
        "0,1.5,2,4\n1,1.5,1,4\n1,2,1,3\n0,1,3,2\n",  # uneven, and no integers
        "0,1,2\n1,2,3\n",
        "0,1,2,3\n0,1,2,3\n",
        "class,1,2,3\nclass,3,2,2\n",  # a class of this name
        "a,?,?,1,2\nb,2,1,2,1\n",
    ],
)
def test_first_lines_that_are_series_are_read(tmp_path, lines):
    path = tmp_path / "all.csv"
    path.write_text(lines)
    assert len(files.read(path).lines) == lines.count("\n")


@pytest.mark.parametrize("classes, times", [(40, 5), (12, 5), (6, 2)])
def test_classes_that_follow_each_other_in_order_are_no_index(tmp_path, classes, times):
    path = tmp_path / "all.csv"
    path.write_text("".join(f"{k % classes + 1},{k % 7},{k % 3},2\n" for k in range(classes * times)))
    assert len(datasets.load(str(path)).classes) == classes


FIRST = "line 1: expected @data before the first series, and series without time stamps, with a class .*, got"


@pytest.mark.parametrize(
    "suffix, train, message",
    [
        (".csv", "", "Drinks_TRAIN.csv: expected a series a line, got an empty file"),
        (".csv", "a\nb\n", "line 1: expected a label and values, got 'a'"),
        (".csv", "a,1,2\nnan,1,2\n", "line 2: expected a label, got 'nan'"),
        (".csv", "a,1,2\n,1,2\n", "line 2: expected a label, got ''"),
        (".csv", "a,1,2\nb,1,1e200\n", r"line 2: expected values up to 1e\+100 either way, got 1e\+200 as value 2"),
        (".csv", "a,1,-inf\n", r"line 1: expected values up to 1e\+100 either way, got -inf as value 2"),
        (".csv", 'a,1,2\n"b"c,1,2\n', "line 2: expected cells parted by ',' \\('"),
        (".csv", f'a,1,2\n"{"1," * 90_000}\n', r"line 2: expected cells .* \((field larger|unexpected end)"),
        (".txt", "a 1,0 2,0\n", "line 1: expected numbers .*, with decimal points, got '0 2' as value 1$"),
        (".ts", "1,2,3:a\n", f"{FIRST} '1,2,3:a'"),
        (".ts", "@timeStamps true\n@data\n", f"{FIRST} '@timeStamps true'"),
        (".ts", "@targetlabel true\n@data\n", rf"{FIRST} '@targetlabel true'"),
        (".ts", "@classlabel false\n@data\n1,2:3,4\n", f"{FIRST} '@classlabel false'"),
        (".ts", "@data\n1,2:3,4:a\n", "TEST.ts, line 5: expected 2 channels as Drinks_TRAIN.ts has, got 1"),
        (".ts", "@data\n1,2:3,4:a\n1,2:a\n", "line 3: expected as many channels as in the first line, 2, got 1"),
        (".ts", "@data\n1,2:3:a\n", "line 2: expected channels of equal length, got 2, 1 values; write [?] where"),
        (".ts", "@data\n1,2:3,?:a\n", "line 2: expected two values or more of each channel, got 1"),
        (".ts", "@data\n1,2,3\n", "line 2: expected values and a label, got '1,2,3'"),
        (".ts", "@data\n1,2,3:\n", "line 2: expected a label, got ''"),
        (".ts", "@data\n", "Drinks_TRAIN.ts: expected series behind a line @data, got none"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(tmp_path, suffix, train, message):
    with pytest.raises(ValueError, match=message):
        datasets.load(put(tmp_path / "own", train, LINES[suffix], suffix))


SAID = {
    "": ("a,0.5,2.5\nb,2,1.5\n", "a,2.5,2.5\nb,1,1.5\nb,1,3.5\n"),
    "2 of 5 series repeat another one: 2 of 3 test series stand among the training series, too; 1 stand under more than"
    " one label": ("a,0,2.5\nb,2.5,1.5\n", "b,-0.0,2.5\na,0,2.5\nb,2,1\n"),
    "1 of 5 series repeat another one: 0 of 2 test series stand among the training series, too": (
        "a,0.5,2.5\na,0.5,2.5\nb,2.5,1.5\n",
        "a,1,1.5\nb,2,2.5\n",
    ),
    "75.0% of the test series are of class b: so many are right without a look": (
        "a,0.5,2.5\nb,2,1.5\n",
        "a,2,2.5\nb,1,1.5\nb,1,3.5\nb,2,3.5\n",
    ),
    "classes '01' and '1' count as different ones": ("1,1,2\n01,3,3\n-1,5,5\n0.1,7,7\n", ""),
    "classes 'o\u0308l\\u200b' and 'Öl' count as different ones": ("Öl,1,2\no\u0308l\u200b,2,1\n1,3,3\n", ""),
    "value 1 of every series is a whole number, no other is: is it a label, or the number of the line?": (
        "1,1,0.5,0.6\n2,2,0.6,0.5\n",
        "2,2,0.7,0.5\n1,1,0.5,0.7\n",
    ),
    "the value -9999 lies far from all others, 2 times: if it stands for a missing one, leave that empty": (
        "a,0.5,0.6,-9999\nb,0.6,-9999,0.5\n",
        "b,0.4,0.7,0.5\na,0.5,0.3,0.7\n",
    ),
}


@pytest.mark.parametrize("said", SAID)
def test_what_reads_well_and_may_yet_be_wrong_is_said(tmp_path, capsys, said):
    train, test = SAID[said]
    datasets.load(put(tmp_path, train, test or train.replace(",", ",9")))
    told = [line.removeprefix("data: Drinks, ") for line in capsys.readouterr().out.splitlines()[2:]]
    assert told == [said] * bool(said)


def test_a_folder_needs_one_pair_of_files(tmp_path):
    with pytest.raises(ValueError, match="dataset: expected one NAME_TRAIN and NAME_TEST .*, found notes.txt$"):
        (tmp_path / "notes.txt").touch()
        datasets.load(str(tmp_path))
    folder = put(tmp_path / "own", CSV, CSV)
    put(tmp_path / "own", CSV, CSV, name="Other")
    with pytest.raises(ValueError, match="found Drinks_TRAIN.csv, Drinks_TEST.csv, Other_TRAIN.csv, Other_TEST.csv"):
        datasets.load(folder)
    (tmp_path / "own" / "Drinks_TEST.csv").unlink()
    (tmp_path / "own" / "Other_TRAIN.csv").unlink()
    with pytest.raises(ValueError, match="found Drinks_TRAIN.csv, Other_TEST.csv$"):
        datasets.load(folder)


def test_paths_may_hold_an_at_sign_and_a_bare_word_is_a_name(tmp_path, monkeypatch):
    home = tmp_path / "me@home"
    folder = put(home, CSV, CSV)
    assert datasets.load(folder).name == "Drinks"
    (home / "all.csv").write_text(CSV * 2)
    one, other = (f"{folder}/all.csv@{share}" for share in (0.5, 0.7))
    assert (datasets.load(one).name, datasets.load(other).train.sum()) == ("all", 4)
    assert files.tag(one).startswith("all-") and files.is_path(f"{one}?id=a@b")
    assert len({*map(files.tag, (folder, one, other, f"{one}?id=a", f"{one}?id=b"))}) == 5
    assert files.below(f"{one}?id=a") == files.below(one) == [home / "all.csv"] and len(files.below(folder)) == 2
    assert datasets.load(put(home / "what?", CSV, CSV)).name == "Drinks"
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "Meat", CSV, CSV)
    assert not files.is_path("Meat") and files.is_path("./Meat") and not files.is_path("x/" * 3000)


def test_a_quoted_tilde_is_the_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    put(tmp_path / "own", CSV, CSV)
    (tmp_path / "own" / "all.csv").write_text(CSV * 2)
    for given, path in (("~/own", "own"), ("~/own/all.csv@0.7", "own/all.csv@0.7")):
        assert datasets.load(given).digest == datasets.load(str(tmp_path / path)).digest
        assert files.tag(given) == files.tag(str(tmp_path / path))
    assert not files.is_path("~nobody-of-this-name/own")


def test_a_path_counts_from_here_or_else_from_the_project(tmp_path, monkeypatch):
    root, seen = tmp_path / "project", []
    put(root / "own", CSV, CSV)
    (root / "notebooks").mkdir()
    monkeypatch.setattr(files, "ROOT", root)
    for folder in (root, root / "notebooks"):
        monkeypatch.chdir(folder)
        seen.append((datasets.load("./own").digest, files.tag("./own"), [path.name for path in files.below("./own")]))
    assert seen[0] == seen[1] and seen[0][2] == ["Drinks_TEST.csv", "Drinks_TRAIN.csv"]
    put(root / "notebooks" / "own", CSV.replace("1", "2"), CSV)
    assert datasets.load("./own").digest != seen[0][0]


def test_ones_own_files_never_pass_for_a_set_of_the_archive(tmp_path):
    folder = put(tmp_path / "own", CSV, CSV, name="OliveOil")
    other = put(tmp_path / "other", CSV, CSV, name="Wine1")
    assert [data.name for data in datasets.load_all([folder, other])] == ["own OliveOil", "Wine1"]
    assert datasets.load(folder).axis[0] == "time step"
    with pytest.raises(ValueError, match="datasets: expected data sets of different names, got own OliveOil twice"):
        datasets.load_all([folder, folder])


def test_another_data_set_gets_a_folder_of_its_own_and_a_changed_file_runs_again(tmp_path):
    folder, tuned, foods = put(tmp_path / "own set", CSV, CSV), "03_resnet_finetune", "16_food_spectra"
    usual, meat, own = (notebooks.values("cpu", given) for given in (None, {"dataset": "Meat"}, {"dataset": folder}))
    (out,) = {section["out"] for section in own.values()}
    assert {section["out"] for section in usual.values()} == {"build/cpu"} and out.startswith("build/cpu-own_set-")
    assert {section["out"] for section in meat.values()} == {"build/cpu-Meat"} and meat[foods]["datasets"] == ["Meat"]
    # a notebook's own data set stays where it is; one that another notebook has of its own does not
    named = notebooks.values("cpu", {"dataset": "OliveOil"}, [tuned])
    assert named == {tuned: usual[tuned]}
    for stem, name, given in ((foods, "datasets", ["OliveOil"]), ("19_new_series", "dataset", "OliveOil")):
        asked = {"dataset": "OliveOil"}, [stem]
        assert notebooks.values("cpu", *asked) == {stem: usual[stem] | {name: given, "out": "build/cpu-OliveOil"}}
    assert notebooks.folder_of(notebooks.values("cpu", {"dataset": "BasicMotions"}, ["19_new_series"])) == "build/cpu"
    assert notebooks.values("cpu", {"dataset": folder}, only=[foods])[foods] == own[foods]
    before = [notebooks.fingerprint(stem, own[stem]) for stem in (tuned, foods)]
    put(tmp_path / "own set", CSV.replace("4", "7"), CSV)
    after = [notebooks.fingerprint(stem, own[stem]) for stem in (tuned, foods)]
    assert before[0] != after[0] and before[1] != after[1]
    twin = put(tmp_path / "elsewhere" / "own set", CSV, CSV)
    for other in (twin, f"{folder}/../own set@x"):
        assert notebooks.folder_of(notebooks.values("cpu", {"dataset": other})) != out


@pytest.mark.parametrize("name", ["no/such", "../typo", "series.csv@0.5", "x" * 300 + "/"])
def test_a_path_at_which_nothing_lies_is_refused_before_anything_is_made(name):
    with pytest.raises(
        notebooks.UsageError,
        match="dataset: there is no .*; expected a file or folder .*, or a name of the UCR archive$",
    ):
        notebooks.values("cpu", {"dataset": name})


@pytest.mark.parametrize(
    "text, new, message",
    [
        (CSV * 2, "id,900,901,902\nu,1,2,3\nv,1,x,3\n", "new.csv: expected numbers above and in all columns"),
        (CSV, "", "own.csv, line 2: expected two series or more of class beer"),
        (CSV * 2, "", None),
        (None, "id,a,b\nu,1,x\nv,1,x\n", "new.csv"),  # beside the notebook's own data set
    ],
)
def test_own_files_are_read_before_a_notebook_starts(tmp_path, monkeypatch, capsys, text, new, message):
    (tmp_path / "own.csv").write_text(text or "")
    (tmp_path / "new.csv").write_text(new)
    given = {"dataset": str(tmp_path / "own.csv")} if text else {}
    given |= {"new": str(tmp_path / "new.csv")} if new else {}
    chosen = notebooks.values("cpu", given, ["19_new_series"])
    monkeypatch.setattr(notebooks, "execute", lambda stem, section: pytest.fail("ran"))
    if message is None:
        assert notebooks._todo(chosen) == ["19_new_series"]
        assert "data: " not in capsys.readouterr().out  # the notebook says it
        return
    with pytest.raises(notebooks.UsageError, match=message):
        notebooks.run("cpu", given, ["19_new_series"])
    assert not text or not (datasets.ROOT / notebooks.folder_of(chosen)).exists()


@pytest.mark.parametrize("bad", ["03_resnet_finetune", "05_colormap_comparison", "18_several_channels"])
def test_every_data_set_that_notebooks_were_given_is_read_before_the_first_starts(tmp_path, bad):
    """A profile may give notebooks different ones."""
    (tmp_path / "bad.csv").write_text(CSV)
    (tmp_path / "good.csv").write_text(CSV * 2)
    chosen = notebooks.values("cpu", only=["03_resnet_finetune", "05_colormap_comparison", "18_several_channels"])
    for stem, section in chosen.items():
        path = str(tmp_path / ("bad.csv" if stem == bad else "good.csv"))
        section.update({"datasets": [path]} if "datasets" in section else {"dataset": path})
    with pytest.raises(notebooks.UsageError, match="bad.csv, line 2: expected two series or more of class beer"):
        notebooks._todo(chosen)


def test_readers_and_encoders_agree_on_what_is_too_large():
    assert lines.LARGEST == encoders.LARGEST
