"""Series in the forms that people have them in: tables with a head line, arrays, several channels, and those that are
still to be classified. What is read by hand, what is left out and said, what is refused.
"""

import io
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tsvision import data
from tsvision.data import datasets, files, forensics

WIDE = pd.DataFrame(
    [["s1", "a", 1.5, 2, 0.25], ["s2", "b", 4, 5.5, 3], ["s3", "a", 7, 8, 2.5], ["s4", "b", 1, 0.5, 2]],
    columns=["sample", "variety", "t0", "t1", "t2"],
)
PLAIN = WIDE.drop(columns="sample")
SPECTRA = PLAIN.set_axis(["class", 900.5, 901, 902.5], axis=1)
VALUES = WIDE[["t0", "t1", "t2"]].to_numpy().tolist()
LONG = WIDE.melt(["sample", "variety"], var_name="time", value_name="x").assign(
    time=lambda table: table["time"].str[1:]
)
BOTH = LONG.assign(y=-LONG["x"])
CHANNELS = BOTH.melt(["sample", "variety", "time"], var_name="channel")
ROWS = CHANNELS.pivot(index=["sample", "channel", "variety"], columns="time", values="value").reset_index()
TWO = [[own, [-value for value in own]] for own in VALUES]


def loaded(path, content, query="", several=True):
    """A data set of a file that holds a text, or what pandas writes of a frame."""
    text = content if isinstance(content, str) else content.to_csv(index=False)
    path.write_text(text, encoding="utf-8")
    return datasets.load(f"{path}@0.5{query}", several=several)


DATED = LONG.assign(time="2020-01-0" + LONG["time"].replace("0", "9")).iloc[[*range(4, 12), *range(4)]]
LATER = LONG.assign(time=LONG["time"].astype(int) + LONG["sample"].eq("s2"))
MORE = SPECTRA.assign(moisture=[0.5, 0.25, 0.5, 1], who=list("xyxy"), date="2020-05-01")
RATED = SPECTRA.rename(columns={"class": "who"}).assign(grade=[1, 2, 2, 1], id=list("pqrs"))  # which is the class?
LABEL, ID, LEFT = ', label in column "{}"', ', id in column "{}"', ', column "{}" left out'
BOTH_SAID = LABEL.format("variety") + ID.format("sample")
READ = [
    (PLAIN, "", VALUES, "3 steps, 2 classes" + LABEL.format("variety") + "\n"),
    (WIDE, "", VALUES, BOTH_SAID),
    (WIDE.rename(columns={"sample": "who", "variety": "brand"}), "", VALUES, LABEL.format("brand") + ID.format("who")),
    (PLAIN.rename(columns={"variety": ""}), "", VALUES, "label in column 1 (no name)"),
    (PLAIN.rename_axis("index").reset_index(), "", VALUES, LABEL.format("variety") + ", index column left out"),
    (PLAIN.assign(nr=[1, 2, 3, 4]), "", VALUES, "index column left out"),
    (SPECTRA, "", VALUES, LABEL.format("class")),
    (SPECTRA.assign(q="a").iloc[:, [1, 0, 2, 4, 3]], "", VALUES, LABEL.format("class") + LEFT.format("q")),
    (SPECTRA.rename(columns={"class": "900.7"}).iloc[:, [1, 0, 2, 3]], "?label=900.7", VALUES, LABEL.format("900.7")),
    (MORE, "", VALUES, LABEL.format("class") + "".join(map(LEFT.format, ("moisture", "who", "date")))),
    (RATED, "?label=who", VALUES, LABEL.format("who") + ID.format("id") + LEFT.format("grade")),
    (RATED.assign(grade=[1, 2, 3, 4]), "", VALUES, LABEL.format("who") + ID.format("id") + LEFT.format("grade")),
    (PLAIN.assign(rank=list("qrqr")), "?label=variety&value=t0,t1,t2", VALUES, LEFT.format("rank")),
    (PLAIN.rename(columns={"variety": "a&b, c?"}), "?label=a%26b%2C c%3F", VALUES, LABEL.format("a&b, c?")),
    (LONG, "", VALUES, "3 steps, 2 classes" + BOTH_SAID + ', time in column "time"\n'),
    (LONG.sample(frac=1, random_state=0), "", VALUES, 'time in column "time"'),
    (LONG.drop(columns="time"), "", VALUES, BOTH_SAID + "\n"),
    (LATER, "", VALUES, 'time in column "time", times of series differ from line 3 on: figures count steps\n'),
    (LATER.iloc[:, [0, 1, 3]], "", VALUES, BOTH_SAID + "\n"),
    (DATED, "", [[*own[1:], own[0]] for own in VALUES], 'time in column "time"\n'),
    (LONG.set_axis(["who", "what", "when", "x"], axis=1), "?id=who&label=what&time=when", VALUES, "time in column"),
    (BOTH, "", TWO, "2 channels, 3 steps, 2 classes" + BOTH_SAID),
    (BOTH, "?value=y", [[-value for value in own] for own in VALUES], LEFT.format("x")),
    (CHANNELS, "", TWO, 'time in column "time", channel in column "channel"'),
    (ROWS, "", TWO, "2 channels, 3 steps, 2 classes" + BOTH_SAID + ", channel in"),
]


@pytest.mark.parametrize("frame, query, series, said", READ)
def test_columns_are_known_by_their_names_or_by_what_stands_in_them(tmp_path, capsys, frame, query, series, said):
    made = loaded(tmp_path / "own.csv", frame, query)
    count = np.ndim(series[0])
    assert made.channels == (("x", "y") if count == 2 else ())
    assert sorted(made.series.tolist()) == sorted(series)
    of = {json.dumps(own): label for own, label in zip(series, "abab")}
    assert [of[json.dumps(own)] for own in made.series.tolist()] == [made.classes[label] for label in made.labels]
    (told,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("data: own.csv, 4 series, ")]
    assert said in told + "\n"


@pytest.mark.parametrize(
    "frame, name, values",
    [
        (SPECTRA, "column names", [900.5, 901, 902.5]),
        (SPECTRA.iloc[:, [3, 2, 1, 0]], "column names", [902.5, 901, 900.5]),
        (SPECTRA.iloc[:, [0, 2, 1, 3]].rename(columns=str), "time step", [0, 1, 2]),
        (
            SPECTRA.set_axis(["class", "900,5 nm", "901 nm", "902,5 nm"], axis=1),
            "column names in nm",
            [900.5, 901, 902.5],
        ),
        (
            SPECTRA.set_axis(["class", "90cm^-1", "80.5cm^-1", "70cm^-1"], axis=1),
            "column names in cm^-1",
            [90, 80.5, 70],
        ),
        (SPECTRA.set_axis(["class", "0_[µs]", "5_[µs]", "6_[µs]"], axis=1), "column names in µs", [0, 5, 6]),
        (SPECTRA.set_axis(["class", "-1e1", "1.5", "2e3"], axis=1), "column names", [-10, 1.5, 2000]),
        (SPECTRA.set_axis(["class", "900 nm", "901 cm", "902 mm"], axis=1), "time step", [0, 1, 2]),
        (SPECTRA.set_axis(["class", "900 nm", "901 nm", "902"], axis=1), "time step", [0, 1, 2]),
        (SPECTRA.set_axis(["class", "0 s", "1 s", "2 s"], axis=1), "column names in s", [0, 1, 2]),
        (PLAIN, "time step", [0, 1, 2]),
        (PLAIN.set_axis(["class", 0, 1, 2], axis=1), "time step", [0, 1, 2]),
        (LONG.assign(time=LONG["time"].map({"0": 5, "1": 7, "2": 9.5})), "time", [5, 7, 9.5]),
        (LONG.assign(time=np.arange(12) / 2), "time step", [0, 1, 2]),  # each series has other times
        (ROWS.set_axis([*ROWS.columns[:3], 4, 5, 7], axis=1), "column names", [4, 5, 7]),
    ],
)
def test_numbers_above_columns_and_common_times_become_the_axis(tmp_path, frame, name, values):
    axis = loaded(tmp_path / "own.csv", frame, "?label=class" * ("class" in frame)).axis
    assert axis[0] == name and axis[1].tolist() == values


AXES = [
    (SPECTRA, "axis from 900.5 to 902.5 (column names), values from 0.25 to 8, classes a (2), b (2)"),
    (
        SPECTRA.iloc[:, [0, 3, 2, 1]].add_suffix(" nm"),
        "axis from 902.5 to 900.5 (column names in nm), values from 0.25 to",
    ),
    (
        LONG.assign(time=1e9 + LONG["time"].astype(int)),
        "axis from 1000000000 to 1000000002 (time), values from 0.25 to 8",
    ),
    (BOTH, "axis from 0 to 2 (time), values from -8 to 8, classes a (2), b (2)"),
    ("9,1,2\n10,1,3\n" * 2, "no axis but the count of steps, values from 1 to 3, classes 9 (2), 10 (2)"),
    ("".join(f"{k},1,2\n" for k in "abcdefabcdef"), "classes a (2), b (2), c (2), d (2), e (2), f (2)\n"),
    (
        "".join(f"{k},1,2\n" for k in "abcdefghabcdefgha"),
        "classes a (3), b (2), c (2), d (2), e (2), f (2), and 2 more",
    ),
]


@pytest.mark.parametrize("content, said", AXES)
def test_axis_range_and_classes_of_ones_own_series_are_said(tmp_path, capsys, content, said):
    text = content if isinstance(content, str) else content.rename(columns={"class nm": "class"})
    loaded(tmp_path / "own.csv", text)
    told = [line for line in capsys.readouterr().out.splitlines() if ", values from " in line]
    assert len(told) == 1 and told[0].startswith("data: own, ") and said in told[0] + "\n"


@pytest.mark.parametrize(
    "name, text",
    [
        ("own.csv", "class;t1;t2\na;0,5;1\nb;2;1,25\na;0,75;1\nb;3;1\n"),
        ("own.TSV", "class\tt1\tt2\na\t0,5\t1\nb\t2\t1,25\na\t0,75\t1\nb\t3\t1\n"),
        ("own.txt", "class t1 t2\na .5 1\nb 2 1.25\na  0.75 1\n b 3 1\n"),
        ("own.txt", "class, t1, t2\na, .5, 1\nb, 2, 1.25\na, 0.75, 1\nb, 3, 1\n"),
        ("own.txt", '"class" "t1" "t2"\n"1" "a" .5 1\n"2" "b" 2 1.25\n"3" "a" .75 1\n"4" "b" 3 1\n'),  # as R writes
        # as spreadsheets
        ("own.csv", '\ufeff\n"class",t1,t2,\r\n"a",5e-1,1,\n\nb,2,1.25,\n,,,\na,0.75,"1",\nb,3,1,\n'),
        ("own.csv", "class,t1,t2,t3\na,0.5,1,\nb,2,1.25,NA\na,0.75,1,-\nb,3,1,\n"),
        ("own.csv", "class,t1,t2,,\na,0.5,1\nb,2,1.25,\na,0.75,1,,\nb,3,1\n"),  # no names above what is not there
    ],
)
def test_separators_decimal_commas_and_the_ways_of_other_programs(tmp_path, name, text):
    made = loaded(tmp_path / name, text)
    assert sorted(made.series.tolist()) == [[0.5, 1], [0.75, 1], [2, 1.25], [3, 1]] and made.classes == ("a", "b")


def test_a_gap_is_interpolated_in_its_channel_alone_and_all_channels_are_stretched_alike(tmp_path):
    text = "@data\n1,?,3,4:0,0,9,?:a\n?,1,2,2:1,1,1,1:b\n"
    for part, own in (("TRAIN", text), ("TEST", "@data\n1,3:2,0:b\n1,2,3,4:0,0,0,0:a\n")):
        (tmp_path / f"Own_{part}.ts").write_text(own)
    made = datasets.load(str(tmp_path), several=True)
    assert made.channels == ("channel 1", "channel 2") and made.labels.tolist() == [0, 1, 1, 0]
    assert made.series[:2].tolist() == [[[1, 2, 3, 4], [0, 0, 9, 9]], [[1, 1, 2, 2], [1, 1, 1, 1]]]
    assert made.series[2].tolist() == [pytest.approx([1, 5 / 3, 7 / 3, 3]), pytest.approx([2, 4 / 3, 2 / 3, 0])]
    assert "2 of 4 series with missing values filled in, from Own_TRAIN.ts, line 2 on; 1 of 4 series str" in made.source
    line = datasets.describe(made).iloc[1]
    assert (line["mean"], line["least"], line["largest"]) == (1.25, 1, 2)
    assert datasets.class_table(made).to_dict("list") == {"training": [1, 1], "test": [1, 1]} and made.majority == 0.5
    flat = datasets.Dataset(**{**vars(made), "series": made.series.reshape(4, 1, 8), "channels": ("all",)})
    assert flat.digest != made.digest, "equal bytes, other channels"
    counted = made.series + 0.5
    counted[:, 1, 2] = range(4)
    (said,) = forensics.oddities(datasets.Dataset(**{**vars(made), "series": counted}))
    assert said.startswith("value 3 in channel 2 of every series is a whole number, no other is")
    with pytest.raises(ValueError, match="dataset: Own has 2 channels, expected one, .*; 18_several_channels and 1"):
        datasets.load(str(tmp_path))


TWICE = """sample,replicate,class,7,8,9
s1,1,a,1,2,
s2,1,b,5,,7
s1,2,a,3,4,9
s2,2,b,7,6,9
s3,1,a,0,1,0.5
s4,1,b,2,0.25,NA
s4,2,b,4,0.75,-
"""
WHEN = LONG.rename(columns={"sample": "who", "time": "when"}).assign(who=[1, 2, 3, 4] * 3).sort_values(["who", "when"])
SLIP = "own.csv: expected numbers above and in all columns from"
MIXED = "expected decimal commas or decimal points, not both"
REFUSED = [
    (PLAIN.drop(columns="variety"), "", "expected a column of labels, called label, .* there are t0, t1, t2$"),
    (PLAIN, "?label=class", "own.csv: expected one column 'class' for label, got none; there are variety, t0, t1, t2"),
    (PLAIN, "?lable=class", "dataset: expected options like label=COLUMN .*, each of label, id, .* got 'lable=class'"),
    (WIDE, "?label=sample&id=sample", "own.csv: expected one column 'sample' for id, got none; there are sample, var"),
    (PLAIN, "?label=t0&label=t1", "dataset: expected options .* once at most, .* got 'label=t1'"),
    (PLAIN.assign(species="x"), "", 'got column "variety" and column "species"; name it, own.csv.label=species$'),
    (
        TWICE.replace("sample", "Probe").replace("class", "Sorte"),
        "",
        "own.csv.label=Sorte, or .*, own.csv.average=Probe; there are Probe, .*Sorte",
    ),
    (PLAIN.rename(columns={"variety": "p"}).assign(q=list("abba")), "", 'got column "p" and column "q"; name it'),
    (
        RATED,
        "",
        'got column "who" and column "grade"; name it, own.csv.label=who or own.csv.label=grade, or .*average=grade$',
    ),
    (RATED.assign(grade=[1, 1, 1, 2]), "", 'got column "who" and column "grade"; name it'),  # a class may be rare
    (
        pd.concat([RATED, RATED.assign(grade=None, id=[*"tuvw"])]).iloc[:7],
        "",
        'got column "who" and column "grade"; na',
    ),
    (PLAIN.assign(variety=[0.5, 1.5, 2.5, 3]), "", "line 2: expected classes, got labels that are measurements, 0.5"),
    (PLAIN.assign(variety=[0, 1, 2, 3]), "", "line 2: expected labels, got an index: .*; name the column of labels"),
    (PLAIN.assign(variety=["a", None, "a", "b"]), "", "line 3: expected a label, got ''"),
    (WIDE.assign(sample=list("pqqr")), "", "line 4: expected each id once, got 'q' of .*line 3 again; if"),
    (
        WIDE.assign(sample=list("pqqr")),
        "",
        r"again; if lines are replicates .*, own.csv\?average=sample; if .* measurement",
    ),
    (
        SPECTRA.assign(id=list("pqqr")),
        "?value=901,902.5",
        r"again; if lines are replicates of a .* own.csv\?average=id",
    ),
    (
        WIDE.assign(sample=list("pqqr")),
        "?value=t0,t1",
        "line 3 again; if a line is a measurement, name the column of ti",
    ),
    (WIDE.assign(sample=["p", None, "q", "r"]), "", "line 3: expected an id in column \"sample\", got ''"),
    (
        PLAIN.assign(t1=[1, 2, "x", 3]),
        "",
        "line 4: expected numbers in column \"t1\", got 'x'; leave a missing value empty, or write NA$",
    ),
    (PLAIN.assign(t1=["1,5", 2, 3, 4]), "", 'line 2: expected numbers in column "t1", got .1,5.; decimal commas need'),
    ("class,t0,t1\na,1,2\nb,3\0,4\na,1,2\n", "", "line 3: expected numbers in column .t0., got '3.x00'"),
    ("class;t0;t1\na;0,5;1\n\nb;2;0.75\n", "", f"line 4: {MIXED}, got '0.75' in column 3$"),
    ("a;0,5;1,5\nb;2,5;1,5\na;0.5;1,25\n", "", f"line 3: {MIXED}, got '0.5' in column 2$"),
    ("class;t0;t1\na;1,5;1\nb;1.061,5;-1.061,5\n", "", f"line 3: {MIXED}, got '1.061,5' in column 2$"),
    ("class\tt0\tt1\na\t0.5\t1\nb\t2.5\t1,061.5\n", "", f"line 3: {MIXED}, got '1,061.5' in column 3$"),
    ("class;t0;t1\na;0.5;1.5\nb;2.5;1,25\na;1;2\n", "", "line 3: expected numbers in column \"t1\", got '1,25'; dec"),
    (SPECTRA.rename(columns={901: "9O1"}), "", f"{SLIP} '900.5' to '902.5', got column .9O1. am.* put it behind"),
    (SPECTRA.set_axis(["class", "7nm", "8mm", "9nm"], axis=1), "", f"{SLIP} '7nm' to '9nm', got column .8mm. among"),
    (SPECTRA.assign(**{"901": list("pqrs")}).iloc[:, [0, 1, 4, 3]], "", f"{SLIP} .* to '902.5', got column .901. am"),
    (PLAIN.assign(t1="2020-01-05"), "", 'expected numbers, got dates in column "t1": leave it out .* own.csv.time=t1'),
    (PLAIN.assign(t1="5.1.2020"), "?value=t0,t1", "line 2: expected numbers in column .*, got '5.1.2020'; dates may"),
    (PLAIN.assign(t1=1e101), "", r"line 2: expected values up to 1e\+100 either way, got 1e\+101 as value 2"),
    (PLAIN.assign(t1=None, t2=None), "", "line 2: expected two values or more, got 1"),
    (PLAIN[["variety", "t0"]], "", "expected two columns of values or more .*, got 1; there are variety, t0"),
    (PLAIN.assign(variety=list("aaab")), "", "line 5: expected two series or more of class b, .*, got one"),
    ("class,t0,t1\na,1,2\nb,1,2,3\n", "", "line 3: expected 3 cells as in the head line, got 4"),
    (
        "class,t0,t1\na,1,2,3,4\n",
        "",
        "line 2: expected 3 cells as in the head line, got 5; a comma in a cell, as in 0,5, ne",
    ),
    (
        "class,7,8,9\na,1,2,3\nb,1,3\n",
        "",
        "line 3: expected 4 cells as in the head line, got 3; write NA where a .*, too$",
    ),
    ("class\tt0\tt1\na\t1\t2\n\nb\t1\n", "", "line 4: expected 3 cells as in the head line, got 2; write NA where"),
    ('class,t0,t1\n"a\nb",1,2\n', "", "line 2: expected cells parted by ',' .unexpected end of data"),
    ("class,t0,t1\n\n", "", "expected series below the head line, got none"),
    ("q,x,0.5,0.7\nb,0.3,0.2,0.3\n", "", "line 1: expected numbers beside the label, .*, got 'x' as value 1"),
    (SPECTRA, "?value=901", "expected two columns of values or more"),
    (SPECTRA.rename(columns={"class": "brand"}).assign(brand=[2, 1, 2, 1]), "?id=brand", "expected a column of labels"),
    (LONG.drop(columns="sample").assign(z=1), "", "looks like a line a measurement, for there are 2 columns"),
    (WHEN, "", "looks like a line a measurement, .* name those of ids and times, own.csv.id=COLUMN&time=COLUMN"),
    (pd.concat([LONG, LONG]), "", "line 2: expected each time of series 's1' once, the same for all channels"),
    (LONG.assign(variety=list("ababababbbab")), "", "line 10: expected label 'a' as before for series 's1', got 'b'"),
    (LONG.assign(time=["x", *LONG["time"][1:]]), "", "line 2: expected a number or a date in column \"time\", got 'x'"),
    (
        LONG.assign(time=[f"0{int(k) + 1}/02/2020" for k in LONG["time"]]),
        "",
        "line 2: expected dates like 2020-01-31 in .*told",
    ),
    (
        LONG.assign(time=[f"{int(k) + 13}.2.20" for k in LONG["time"]]),
        "",
        "line 2: expected dates .*, got '13.2.20', whose",
    ),
    (
        LONG.drop(columns="time").assign(**{"batch date": "2020-01-05"}),
        "",
        "expected one column that orders the measurements of a series, got dates in column .batch date.: join them",
    ),
    (
        LONG.assign(date="2020-01-05"),
        "",
        'got dates in column "date" beside column "time": join them in one, or name it',
    ),
    (LONG.assign(x="-"), "", "expected two values or more, got 0"),
    (CHANNELS.drop(5), "", "line 3: expected channels of equal length, got 2, 3 measurements of series 's2'; leave"),
    (ROWS.drop(1), "", "line 2: expected channels of equal length, got 1, 0 lines of series 's1'"),
    (CHANNELS.drop(columns="sample"), "", "expected a column of ids, for series have a line for each .* .channel."),
    (CHANNELS.assign(z=1), "", 'expected one column of values beside column "channel"'),
]


@pytest.mark.parametrize("frame, query, message", REFUSED)
def test_what_no_table_of_series_is_refused_in_one_sentence(tmp_path, frame, query, message):
    with pytest.raises(ValueError, match=message) as caught:
        loaded(tmp_path / "own.csv", frame, query)
    assert "\n" not in str(caught.value)


def test_no_more_is_read_than_memory_holds(tmp_path, monkeypatch):
    monkeypatch.setattr("psutil.virtual_memory", lambda: type("Memory", (), {"available": 24 * 12 - 1}))
    with pytest.raises(ValueError, match=r"line 2: expected series that fit .* got 4 to be stretched to 3 steps: cut"):
        loaded(tmp_path / "own.csv", PLAIN)


def test_the_two_files_of_a_pair_have_the_same_columns(tmp_path):
    SPECTRA.to_csv(tmp_path / "Own_TRAIN.csv")
    SPECTRA.rename(columns={901: 901.5}).to_csv(tmp_path / "Own_TEST.csv")
    with pytest.raises(ValueError, match="Own_TEST.csv, line 2: expected the column names of Own_TRAIN.csv, in"):
        datasets.load(str(tmp_path))
    SPECTRA.to_csv(tmp_path / "Own_TEST.csv", index=False)
    assert datasets.load(str(tmp_path)).axis[1].tolist() == [900.5, 901, 902.5]


# --- replicates -------------------------------------------------------------------------------------------------------

# s4 has two steps, 3 and 0.5: below numbers the last value is missing, below words it is stretched to three
MEANS = {"s1": [2, 3, 9], "s2": [6, 6, 8], "s3": [0, 1, 0.5], "s4": [3, 0.5, 0.5]}
STRETCHED = MEANS | {"s4": [3, 1.75, 0.5]}


@pytest.mark.parametrize("change", [str, lambda text: text.replace("7,8,9", "t0,t1,t2", 1)], ids=["numbers", "words"])
@pytest.mark.parametrize("rep", ["replicate", "Rep"])
def test_lines_of_a_sample_are_averaged_to_one_series(tmp_path, capsys, change, rep):
    text, means = change(TWICE).replace("replicate", rep), MEANS if change is str else STRETCHED
    german = "\ufeff" + text.replace(".", ";").replace(",", "|").replace(";", ",").replace("|", ";")
    lettered = text.replace(",1,a", ",p,a").replace(",1,b", ",p,b").replace(",2,a", ",q,a").replace(",2,b", ",q,b")
    for own in (text, german, lettered):
        made = loaded(tmp_path / "own.csv", own, "?average=sample")
        found = {tuple(series): made.classes[label] for series, label in zip(made.series.tolist(), made.labels)}
        assert found == {tuple(own): "ab"[name in ("s2", "s4")] for name, own in means.items()}
        assert (made.axis[0] == "column names") == (change is str)
        said = 'label in column "class", 7 lines averaged to 4 series (3 of 2, 1 of 1) by column "sample"'
        said = f'data: own.csv, 4 series, 3 steps, 2 classes, {said}, column "{rep}" left out'
        assert said in capsys.readouterr().out.splitlines()


def test_replicates_are_averaged_in_both_files_of_a_pair_and_in_new_ones(tmp_path, capsys):
    head, *rows = TWICE.splitlines(keepends=True)
    for part, text in (("TRAIN", TWICE), ("TEST", head + "".join(rows).replace("s", "u").replace("u1", "s1"))):
        (tmp_path / f"Own_{part}.csv").write_text(text)
    made = datasets.load(f"{tmp_path}?average=sample")
    assert made.series.tolist() == list(MEANS.values()) * 2 and made.train.tolist() == [True] * 4 + [False] * 4
    told = capsys.readouterr().out
    assert (
        "data: 1 of 4 series of Own_TEST.csv have the id of one in Own_TRAIN.csv, from s1 on: samples on both" in told
    )
    (tmp_path / "new.csv").write_text("sample,rep,7,8,9\nv,1,1,2,3\nw,1,9,9,9.5\nv,2,3,2,1\n")
    said = 'no labels, 3 lines averaged to 2 series (1 of 2, 1 of 1) by column "sample", column "rep" left out'
    for query in ("?average=sample", ""):  # as the labelled ones
        new = data.new(f"{tmp_path}/new.csv{query}", made)
        assert (new.names, new.series.tolist(), new.labels) == (["v", "w"], [[2, 2, 2], [9, 9, 9.5]], None)
        assert said in capsys.readouterr().out
    (tmp_path / "new.csv").write_text("sample,kind,7,8,9\nv,a,1,2,3\nv,a,3,2,1\n")
    new = data.new(f"{tmp_path}/new.csv?label=kind", made)
    assert (new.names, new.series.tolist(), new.labels) == (["v"], [[2, 2, 2]], ["a"])
    (tmp_path / "new.csv").write_text("rep,7,8,9\n1,1,2,3\n1,9,9,9.5\n")
    assert len(data.new(f"{tmp_path}/new.csv", made).series) == 2
    assert "data: new.csv, not averaged: no column 'sample', as Own has\n" in capsys.readouterr().out


def test_a_gap_in_a_replicate_is_interpolated_before_the_mean_and_said(tmp_path, capsys):
    text = "sample,class,7,8,9\ns1,a,1,2,3\ns1,a,11,,13\ns2,b,1,2,3\ns2,b,3,4,\ns3,a,1,2,4\ns4,b,0,0,1\n"
    made = loaded(tmp_path / "own.csv", text, "?average=sample")
    # 11, 12, 13 and 1, 2, 3; at an end the other counts alone
    assert {(6, 7, 8), (2, 3, 3)} <= {tuple(series) for series in made.series.tolist()}
    assert "data: own.csv, 1 lines with missing values inside, from line 3 on, interpolated" in capsys.readouterr().out


@pytest.mark.parametrize(
    "samples, sizes",
    [("112233", "2"), ("112223", "1 to 3"), ("112234", ""), ("123456", ""), ("121212", ""), ("111122", "")],
)
def test_a_column_that_may_tell_samples_is_pointed_out(tmp_path, capsys, samples, sizes):
    lines = [f"{k + 7},{one},{'ab'[k > 1]},{k},{k + 1},{k * k}" for k, one in enumerate(samples)]
    loaded(tmp_path / "own.csv", "\n".join(["nr,Probe,class,900,901,902.5", *lines]))
    told = capsys.readouterr().out
    said = (
        f'data: own.csv, column "Probe" may tell samples, of {sizes} lines each: if so, average them, own.csv?average'
    )
    assert f"{said}=Probe\n" in told if sizes else "may tell samples" not in told


@pytest.mark.parametrize(
    "ids, labels, said",
    [
        (
            "A1_1 A1_2 A2_1 A2_2 A3_1 A3_2",
            "aaaabb",
            "ids like 'A1_1' may tell replicates, 2 of a sample: if so, put 'A1'",
        ),
        (
            "A1a A1b A1c A2a A2b A3a",
            "aaabbb",
            "ids like 'A1a' may tell replicates, 1 to 3 of a sample: if so, put 'A1'",
        ),
        (
            "blank A1_1 A1_2 A1_3 A2_001 A2_002 A2_003",
            "aaaabbb",
            "ids like 'A1_1' may tell replicates, 1 to 3 of a sample: if so, put 'A1'",
        ),
        ("A1 A2 A3 A4 A5 A6", "aaabbb", ""),
        ("2020-05-01 2020-05-02 2021-05-01 2021-05-02 2022-05-01 2022-05-02", "aabbaa", ""),  # dates
        ("x_1 x_2 x_3 y_1 y_2 y_3", "aaabbb", ""),  # no more than the classes
        ("A1-1 A1-2 A2-1 A2-2 A3-1 A3-2", "abaabb", ""),  # A1 has both labels
    ],
)
def test_ids_that_may_number_replicates_are_pointed_out(tmp_path, capsys, ids, labels, said):
    lines = [f"{one},{label},{k},{k + 1},{k * k}" for k, (one, label) in enumerate(zip(ids.split(), labels))]
    loaded(tmp_path / "own.csv", "\n".join(["id,class,900,901,902.5", *lines]))
    told = capsys.readouterr().out
    assert said in told if said else "may tell replicates" not in told


def test_words_before_the_numbers_of_columns_and_a_unit_that_one_lacks(tmp_path):
    values = pd.DataFrame(np.arange(32.0).reshape(4, 8), columns=[f"X{900 + k / 2}" for k in range(8)])
    table = values.assign(label=[*"abab"], run=[3, 1, 4, 1])
    made = loaded(tmp_path / "own.csv", table)
    assert made.axis[0] == "column names" and made.axis[1].tolist() == [900 + k / 2 for k in range(8)]
    counted = table.rename(columns={f"X{900 + k / 2}": f"v{k + 1}" for k in range(8)})
    assert loaded(tmp_path / "own.csv", counted).axis[0] == "time step"  # v1 to v8 count
    whole = table.rename(columns={f"X{900 + k / 2}": f"X{900 + k}" for k in range(8)})
    assert loaded(tmp_path / "own.csv", whole).axis[1].tolist() == [*range(900, 908)]  # from 900 on no count
    blocks = [f"red{400 + 2 * k}" for k in range(8)], [f"nir{900 + 2 * k}" for k in range(8)]
    two = pd.DataFrame(np.arange(64.0).reshape(4, 16), columns=sum(blocks, [])).assign(label=[*"abab"])
    assert loaded(tmp_path / "own.csv", two).series.shape == (4, 16)
    tiny = values.set_axis([f"{k}e-05" for k in range(1, 9)], axis=1).assign(label=[*"abab"])
    assert loaded(tmp_path / "own.csv", tiny).axis[1][0] == 1e-5  # e-05 is no unit
    named = tiny.set_axis([*[f"{900 + k}nm" for k in range(8)], "0"], axis=1)
    assert loaded(tmp_path / "own.csv", named, "?label=0").axis[0] == "column names in nm"
    long = pd.DataFrame([[one, t, "ab"[one % 2], *range(8)] for one in range(4) for t in range(3)])
    for form in ("v{}", "{}", "{}0cm"):  # channels may be called so
        names = [form.format(k + 1) for k in range(8)]
        made = loaded(tmp_path / "own.csv", long.set_axis(["id", "time", "label", *names], axis=1))
        assert made.series.shape == (4, 8, 3) and made.channels == tuple(names)
    assert loaded(tmp_path / "own.csv", "sep=,\n" + table.to_csv(index=False)).series.shape == (4, 8)
    units = {f"X{900 + k / 2}": f"{900 + k / 2} nm" for k in range(8)}
    more = table.rename(columns=units).assign(**{"904": 1.5})
    message = "own.csv: expected 'nm' behind the numbers above all columns or none, got '904'"
    with pytest.raises(ValueError, match=message):
        loaded(tmp_path / "own.csv", more, "?label=label")
    like = loaded(tmp_path / "own.csv", table.rename(columns=units))
    other = table.rename(columns={old: new.replace("nm", "cm-1") for old, new in units.items()})
    other.to_csv(tmp_path / "new.csv", index=False)
    with pytest.raises(ValueError, match="line 2: expected column names in nm as own has, got column names in cm-1"):
        data.new(str(tmp_path / "new.csv"), like)
    table.rename(columns=units).to_csv(tmp_path / "Own_TRAIN.csv", index=False)
    other.to_csv(tmp_path / "Own_TEST.csv", index=False)
    with pytest.raises(ValueError, match="expected column names in nm as Own_TRAIN.csv has, got column names in cm-1"):
        datasets.load(str(tmp_path))


ONE = "own.csv: expected a line a series to average, got what looks like a line a measurement, for there is"
DAYS = pd.DataFrame(
    [[name, "ab"[name > "q"], f"2020-05-0{day}", *range(9)] for name in "pqrs" for day in (1, 2)],
    columns=["sample", "class", "date", *range(400, 409)],
)


@pytest.mark.parametrize(
    "content, query, message",
    [
        (TWICE.replace("s2,2,b", "s2,2,a"), "sample", "line 5: expected label 'b' as before for series 's2', got 'a'"),
        (TWICE.replace("s2,2,b,7,6,9", "s2,2,b,7,,"), "sample", "line 5: expected two values or more, got 1"),
        (TWICE.replace("s2,2,b,7", "s2,2,b,1e200"), "sample", r"line 5: expected values up to 1e\+100 .* as value 1"),
        (TWICE.replace("s2,2", ",2"), "sample", "line 5: expected an id in column \"sample\", got ''"),
        (TWICE, "probe", "own.csv: expected one column 'probe' for average, got none; there are sample, repl"),
        (TWICE, "sample&id=replicate", "dataset: expected options .* and not both id and average, got 'id=replicate'"),
        (TWICE, "sample&time=replicate", f'{ONE} column "replicate" .leave it out if a line is a series.; av'),
        (LONG, "sample", f'{ONE} column "time" .leave it out if a line is a series.; average bef'),
        (LONG[["sample", "variety", "x"]], "sample", f"{ONE} one column of values; average before the file is written"),
        (BOTH, "sample", f'{ONE} column "time"'),
        (
            BOTH.rename(columns={"time": "s"}),
            "sample",
            "looks like a line a measurement, for there are 3 columns of val",
        ),
        (CHANNELS, "sample", f'{ONE} column "channel"'),
        (DAYS, "sample&time=date", f'{ONE} column "date"'),
        (
            DAYS,
            "",
            "line 3: expected each id once, got 'p' .* if lines are replicates of a .*, own.csv.average=sample; if",
        ),
    ],
)
def test_what_cannot_be_averaged_is_refused(tmp_path, content, query, message):
    with pytest.raises(ValueError, match=message) as caught:
        loaded(tmp_path / "own.csv", content, f"?average={query}" * bool(query))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "dates",
    [
        "31.01.2020 01.02.2020 02.02.2020",
        "31/1/2020 1/2/2020 2/2/2020",
        "1/31/2020 2/1/2020 2/2/2020",
        "31-01-2020 01-02-2020 02-02-2020",
        "2020-01-31 2020-02-01 2020-02-02",
        "2020.01.31 2020.02.01 2020.02.02",
        "01.02.2020_08:00 01.02.2020_09:30 02.02.2020_07:00",
    ],
)
def test_dates_are_in_their_order_whether_day_month_or_year_comes_first(tmp_path, dates):
    lines = [
        f"{one},{'ab'[one % 2]},{date.replace('_', ' ')},{k + one}"
        for one in range(4)
        for k, date in enumerate(dates.split())
    ]
    shuffled = [lines[k] for k in np.random.default_rng(0).permutation(12)]
    made = loaded(tmp_path / "own.csv", "\n".join(["id,label,date,x", *shuffled]))
    assert sorted(made.series.tolist()) == [[one, one + 1, one + 2] for one in range(4)]


def test_a_cell_too_many_on_every_line_is_no_name_of_lines(tmp_path, like):
    (tmp_path / "new.csv").write_text("sample,900.5,901,902.5\nu,1.5,2,3,4\nv,2.5,3,4,5\n")
    with pytest.raises(ValueError, match="new.csv, line 2: expected 4 cells as in the head line, got 5; a comma in a"):
        data.new(str(tmp_path / "new.csv"), like)
    # as R writes names of lines, below which ids stand
    (tmp_path / "new.csv").write_text("sample,900.5,901,902.5\n1,u,1.5,2,3\n2,v,2.5,3,4\n")
    made = data.new(str(tmp_path / "new.csv"), like)
    assert made.names == ["u", "v"] and made.series.tolist() == [[1.5, 2, 3], [2.5, 3, 4]]


@pytest.mark.parametrize("days, is_day", [("29.01 30.01 01.02", True), ("28.01 29.01 30.01", False)])
def test_a_day_and_a_month_without_a_year_are_no_numbers(tmp_path, days, is_day):
    lines = [f"{one},{'ab'[one % 2]},{day},{k}" for one in range(4) for k, day in enumerate(days.split())]
    text = "\n".join(["id,label,time,x", *lines])
    if not is_day:  # all are numbers that climb
        assert loaded(tmp_path / "own.csv", text).axis[1].tolist() == [28.01, 29.01, 30.01]
        return
    said = "own.csv, line 2: expected numbers, or dates with their year, in column \"time\", got '29.01'"
    with pytest.raises(ValueError, match=said):
        loaded(tmp_path / "own.csv", text)
    assert loaded(tmp_path / "own.csv", text.replace("30.01", "00.50")).series[0].tolist() == [1, 2, 0]


def test_a_date_beside_spectra_makes_no_channels_of_them_unless_it_is_named(tmp_path):
    assert loaded(tmp_path / "own.csv", DAYS, "?average=sample").series.tolist() == [[*range(9)]] * 4
    assert loaded(tmp_path / "own.csv", DAYS, "?time=date").series.shape == (4, 9, 2)


# --- other formats ----------------------------------------------------------------------------------------------------

ARFF = (
    "@relation x\n@attribute t0 numeric\n@attribute t1 real\n@attribute t2 real\n"
    "@attribute target {a,b}\n@data\n1,2,4,a\n?,5,6,b\n"
)
RELATIONAL = (
    "@relation x\n@attribute all relational\n@attribute t0 numeric\n@attribute t1 numeric\n@end all\n"
    "@attribute target {a,b}\n@data\n'1,2\\n3,4',a\n'5,6\\n7,8',b\n"
)


def saved(folder, part, suffix, series, labels):
    """NAME_PART with these series and labels, in one of the formats that hold arrays."""
    path = folder / f"Own_{part}{suffix}"
    if suffix == ".npz":
        np.savez(path, series=series, labels=labels)
    else:
        np.save(path, series)
        if suffix == ".npy":
            np.save(folder / f"Own_{part}_labels.npy", labels)
    return path


@pytest.mark.parametrize("suffix", [".npz", ".npy"])
@pytest.mark.parametrize("shape, channels", [((4, 6), 0), ((4, 1, 6), 0), ((4, 2, 3), 2)])
def test_arrays_of_numpy(tmp_path, capsys, suffix, shape, channels):
    series = np.arange(24).reshape(shape)
    for part in ("TRAIN", "TEST"):
        saved(tmp_path, part, suffix, series, [2, 1, 1, 2])
    made = datasets.load(str(tmp_path), several=True)
    assert made.series[:4].tolist() == (series[:, 0] if shape[1] == 1 else series).tolist()
    assert made.classes == ("1", "2") and made.labels.tolist() == [1, 0, 0, 1] * 2 and len(made.channels) == channels
    assert f"data: Own_TRAIN{suffix}, 4 series, " in capsys.readouterr().out
    with pytest.raises(ValueError, match="expected no options, for it has no columns, got label"):
        datasets.load(f"{tmp_path}?label=y")


def test_labels_of_an_array_beside_it_as_text_with_a_head_line_or_without(tmp_path):
    np.save(tmp_path / "own.npy", np.arange(12).reshape(4, 3))
    for text in ("a\nb\na\nb\n", 'kind\n"a"\nb\na\nb\n'):
        (tmp_path / "own_labels.csv").write_text(text)
        assert datasets.load(f"{tmp_path}/own.npy@0.5").classes == ("a", "b")
    assert len(files.below(f"{tmp_path}/own.npy@0.5")) == 2, "other labels are another data set"


@pytest.mark.parametrize(
    "text, channels, first", [(ARFF, (), [1, 2, 4]), (RELATIONAL, ("channel 1", "channel 2"), [[1, 2], [3, 4]])]
)
def test_arff_of_the_archive_beside_its_other_files(tmp_path, text, channels, first):
    for part in ("TRAIN", "TEST"):
        (tmp_path / f"Own_{part}.arff").write_text(text)
        (tmp_path / f"Other_{part}.txt").write_text("a 2 1\na 3 1\nb 1 3\n")
    assert datasets.load(str(tmp_path)).name == "Other"
    for path in tmp_path.glob("*.txt"):
        path.unlink()
    made = datasets.load(str(tmp_path), several=True)
    assert (made.channels, made.series[0].tolist(), made.classes) == (channels, first, ("a", "b"))
    bare = text.replace("@attribute target {a,b}\n", "").replace(",a\n", "\n").replace(",b\n", "\n")
    (tmp_path / "new.arff").write_text(bare)
    new = data.new(str(tmp_path / "new.arff"), made)
    assert new.labels is None and new.series[0].tolist() == first
    first_class = bare.replace("@relation x\n", "@relation x\n@attribute target {'a', b}\n")
    for part in ("TRAIN", "TEST"):
        head, _, rows = first_class.partition("@data\n")
        lines = [f"{label}, {row}" for label, row in zip(("'a'", "b"), rows.splitlines())]
        (tmp_path / f"Own_{part}.arff").write_text(f"{head}@data\n" + "\n".join(lines))
    other = datasets.load(str(tmp_path), several=True)
    assert (other.digest, other.classes, other.channels) == (made.digest, made.classes, made.channels)
    (tmp_path / "Own_TRAIN.arff").write_text(bare)
    with pytest.raises(ValueError, match="Own_TRAIN.arff, line .* with a class each .*, got '@attribute t|got '@end"):
        datasets.load(str(tmp_path), several=True)


np.save(held := io.BytesIO(), np.zeros((2, 3)))
NPY = held.getvalue()


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("own.npz", {"a": [1]}, "expected arrays X or series, and y or labels, found a$"),
        ("own.npz", {"X": [[1, 2]]}, "expected arrays X or series, and y or labels, found X$"),
        ("own.npz", {"X": [[1, 2]], "y": [1, 2]}, r"expected 1 labels, one a series, got shape \(2,\)"),
        ("own.npz", {"X": [1, 2], "y": [1, 2]}, "expected numbers of shape .*, got int64 of shape"),
        ("own.npz", {"X": np.array([None]), "y": [1]}, "expected arrays as numpy saves them, without objects"),
        ("own.npz", {"X": [[1, np.nan]], "y": [1]}, "own.npz, series 1: expected two values or more, got 1"),
        ("own.npz", b"PK", "expected arrays as numpy saves them"),
        ("own.npy", b"", "expected arrays as numpy saves them"),
        ("own.npy", NPY, "expected its labels beside it, in own_labels.npy or own_labels.csv"),
        ("own.arff", b"@data\n1", "own.arff, line 2: expected values and a label, got '1'"),
        ("own.arff", b"", "own.arff: expected a series a line, got an empty file"),
        (
            "own.arff",
            RELATIONAL.replace("6", "x").encode(),
            "own.arff, line 9: expected numbers .*, got 'x' as value 2",
        ),
    ],
)
def test_what_other_files_lack_is_said(tmp_path, name, content, message):
    path = tmp_path / name
    if isinstance(content, dict):
        np.savez(path, **content)
    else:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=message):
        datasets.load(f"{path}@0.5", several=True)


# --- to be classified -------------------------------------------------------------------------------------------------


@pytest.fixture
def like(tmp_path):
    return loaded(tmp_path / "learnt.csv", SPECTRA)


@pytest.mark.parametrize(
    "name, text, names, labels",
    [
        ("new.csv", "id,900.5,901,902.5\nu,1,2,3\nv,4,5,6\n", ["u", "v"], None),
        ("new.csv", ",class,900.5,901,902.5\n0,a,1,2,3\n1,z,4,5,6\n", ["line 2", "line 3"], ["a", "z"]),
        ("new.csv", "id,900.5nm,901nm,902.5nm\nu,1,2,3\nv,4,5,6\n", ["u", "v"], None),
        ("new.csv", "1,2,3\n4,5,6\n", ["line 1", "line 2"], None),
        ("new.csv", "a,1,2,3\nz,4,5,6\n", ["line 1", "line 2"], ["a", "z"]),
        ("new.csv", "7,1,2,3\n8,4,5,6\n", ["line 1", "line 2"], ["7", "8"]),  # one more than there are steps
        ("new.csv", "1,1.5,2,2.5,3\n4,4.5,5,5.5,6\n", ["line 1", "line 2"], None),
        ("new.csv?id=who", "who,900.5,901,902.5\n5,1,2,3\n7,4,5,6\n", ["5", "7"], None),
        ("new.ts", "@classLabel false\n@data\n1,2,3\n4,5,6\n", ["line 3", "line 4"], None),
        ("new.ts", "@data\n1,2,3:a\n4,?,6:b\n", ["line 2", "line 3"], ["a", "b"]),
    ],
)
def test_series_without_labels_are_read_as_test_series_are(tmp_path, capsys, like, name, text, names, labels):
    (tmp_path / name.partition("?")[0]).write_text(text)
    made = data.new(str(tmp_path / name), like)
    assert (made.names, made.labels, made.series.tolist()) == (names, labels, [[1, 2, 3], [4, 5, 6]])
    (told,) = [line for line in capsys.readouterr().out.splitlines() if ", 2 series, " in line]
    assert told.startswith(f"data: {name.partition('?')[0]}, 2 series, ")
    assert ("no labels" in told) == (labels is None)


@pytest.mark.parametrize(
    "query, text, labels",
    [
        ("", "who,grade,900.5,901,902.5\nx,2,1,2,3\ny,1,4,5,6\n", ["2", "1"]),
        ("", "who,grade,900.5,901,902.5\nx,,1,2,3\ny,?,4,5,6\n", None),
        ("", "id,who,900.5,901,902.5\nx,p,1,2,3\ny,p,4,5,6\n", None),
        ("", "1,2,3\n4,5,6\n", None),
        ("", "id,who,grade,900.5,901,902.5\nx,p,NA,1,2,3\ny,p,-,4,5,6\n", None),
        ("?id=bottle", "bottle,who,grade,900.5,901,902.5\nx,p,2,1,2,3\ny,p,1,4,5,6\n", ["2", "1"]),
        ("?id=grade", "who,grade,900.5,901,902.5\nx,7,1,2,3\nx,8,4,5,6\n", None),
        ("?label=who", "who,grade,900.5,901,902.5\nx,2,1,2,3\ny,1,4,5,6\n", ["x", "y"]),
    ],
)
def test_new_series_take_the_columns_that_were_named_for_the_labelled_ones(tmp_path, query, text, labels):
    (tmp_path / "new.csv").write_text(text)
    learnt = loaded(tmp_path / "learnt.csv", RATED.drop(columns="id"), "?label=grade")
    made = data.new(f"{tmp_path}/new.csv{query}", learnt)
    assert (made.labels, made.series.tolist()) == (labels, [[1, 2, 3], [4, 5, 6]])
    (tmp_path / "new.csv").write_text("probe,900.5,901,902.5\nA1,1,2,3\nA2,4,5,6\n")
    assert data.new(f"{tmp_path}/new.csv?value=900.5,901,902.5", learnt).names == ["A1", "A2"]


def test_words_that_were_no_labels_of_the_labelled_series_are_none_of_new_ones(tmp_path, capsys):
    both = STANDARDISED.rename(columns={"kind": "variety", "who": "operator"}).assign(operator=[*"mmnn"])
    learnt = loaded(tmp_path / "learnt.csv", both)
    assert learnt.options == {"label": ["variety"]}  # which nobody has named
    both.drop(columns="variety").to_csv(tmp_path / "new.csv", index=False)
    assert data.new(str(tmp_path / "new.csv"), learnt).labels is None
    both.to_csv(tmp_path / "new.csv", index=False)
    assert data.new(str(tmp_path / "new.csv"), learnt).labels == [*"abab"]
    both.rename(columns={"variety": "Class"}).to_csv(tmp_path / "new.csv", index=False)
    assert data.new(str(tmp_path / "new.csv"), learnt).labels is None
    said = "new.csv, no labels: no column 'variety', as learnt has; if they are in 'Class', say new.csv?label=Class"
    assert said in capsys.readouterr().out
    assert data.new(f"{tmp_path}/new.csv?label=Class", learnt).labels == [*"abab"]
    assert said not in capsys.readouterr().out


def test_new_series_of_numbers_alone_have_no_head_line_though_a_value_is_called_as_a_column(tmp_path):
    numbered = PLAIN.set_axis(["0", "1", "2", "3"], axis=1)
    learnt = loaded(tmp_path / "learnt.csv", numbered, "?label=0")
    (tmp_path / "new.csv").write_text("0,5,2\n1,2,1\n3,2,4\n")
    assert len(data.new(str(tmp_path / "new.csv"), learnt).series) == 3


def test_new_series_that_were_made_to_fit_or_are_unlike_any_are_pointed_out(tmp_path, capsys, like):
    low, high = like.series.min(), like.series.max()
    far = 2 * high - low + 1
    rows = [f"{low},{high},{low}", "4,4,4", f"{low},{far},{low}", f"{low},{low},{high},{high},{low}"]
    path = tmp_path / "new.csv"
    path.write_text("\n".join(rows) + "\n")
    assert data.new(str(path), like).unlike.tolist() == [False, True, True, False]
    told = capsys.readouterr().out
    moved = "of another length stretched to 3 steps, which moves every column"
    assert f"new.csv, 1 of 4 series {moved}, from line 4 on" in told
    assert "new.csv, 2 of 4 series unlike any of learnt, constant or far off, from line 2 on" in told
    assert "new.csv, no numbers above its columns, taken to be those of learnt" in told
    path.write_text("id,class,900.5,901,902.5\nu,,1,2,3\nv,,4,5,6\n")
    assert data.new(str(path), like).labels is None  # a column of labels that nobody has filled in


# eight steps; of the labelled series each has a mean of 0 and a standard deviation of 1
WAVE, SQUARE = np.sqrt(2) * np.array([0, 1, 0, -1] * 2), np.array([1.0, -1] * 4)
STANDARDISED = pd.DataFrame([WAVE, SQUARE, -WAVE, -SQUARE], columns=range(900, 908)).assign(
    who=[*"pqrs"], kind=[*"abab"]
)


@pytest.mark.parametrize(
    "values, unlike",
    [
        (1.09 * WAVE, False),
        (1.11 * WAVE, True),  # an eleventh of a standard deviation off where all known are alike
        (SQUARE + 0.09, False),
        (SQUARE - 0.11, True),
        (0.5 + 0.3 * SQUARE, True),  # raw, and each value lies among those that were standardised
    ],
)
def test_new_series_of_another_mean_or_spread_are_unlike_though_no_value_is_far_off(tmp_path, capsys, values, unlike):
    like = loaded(tmp_path / "learnt.csv", STANDARDISED, "?label=kind")
    pd.DataFrame([values, WAVE], columns=range(900, 908)).assign(who=["u", "v"]).to_csv(
        tmp_path / "new.csv", index=False
    )
    assert data.new(str(tmp_path / "new.csv"), like).unlike.tolist() == [unlike, False]
    said = (
        "new.csv, 1 of 2 series of another mean or spread than any of learnt: is one file standardised, the other not?"
    )
    assert (said in capsys.readouterr().out) == unlike


def test_a_spread_that_varies_among_the_labelled_series_may_vary_as_much_beyond_them(tmp_path):
    scaled = pd.DataFrame([WAVE, 2 * SQUARE, -WAVE, -2 * SQUARE] * 5, columns=range(900, 908)).assign(
        kind=[*"abab"] * 5
    )
    like = loaded(tmp_path / "learnt.csv", scaled)  # from 1 to 2, so up to 3 and, all constant ones apart, down to 0
    np.save(tmp_path / "new.npy", np.array([2.9 * SQUARE, 3.1 * SQUARE, 0.1 * WAVE]))
    assert data.new(str(tmp_path / "new.npy"), like).unlike.tolist() == [False, True, False]
    like = loaded(tmp_path / "few.csv", scaled[:10])  # half as many: twice as far
    np.save(tmp_path / "new.npy", np.array([3.9 * SQUARE, 4.1 * SQUARE, 0.1 * WAVE]))
    assert data.new(str(tmp_path / "new.npy"), like).unlike.tolist() == [False, True, False]


@pytest.mark.parametrize("fault", [WAVE + 1, 0 * WAVE, 5 * WAVE], ids=["mean", "flat", "far"])
def test_a_fault_in_the_last_channel_alone_is_seen(tmp_path, fault):
    series = np.stack([[WAVE, 9 * SQUARE, sign * WAVE] for sign in (1, -1)] * 6)
    np.savez(tmp_path / "learnt.npz", X=series, y=[*"ab"] * 6)
    new = series[:3].copy()
    new[1, 2] = fault
    np.savez(tmp_path / "new.npz", X=new)
    like = datasets.load(f"{tmp_path}/learnt.npz", several=True)
    assert data.new(f"{tmp_path}/new.npz", like).unlike.tolist() == [False, True, False]


def test_columns_of_new_series_in_another_order_are_refused(tmp_path):
    like = loaded(tmp_path / "learnt.csv", STANDARDISED.drop(columns="who").rename(columns={"kind": "class"}))
    names, path = ["901", "900", *map(str, range(902, 908))], tmp_path / "new.csv"
    for rows in (pd.DataFrame([WAVE], columns=names), pd.DataFrame([WAVE], columns=names).assign(**{"class": "a"})):
        rows.to_csv(path, index=False)
        with pytest.raises(ValueError, match="expected numbers of columns that climb or fall, got 900 behind 901"):
            data.new(str(path), like)


def test_a_numbered_column_of_labels_does_not_make_labels_of_the_values_of_new_series(tmp_path):
    values = pd.DataFrame(np.arange(32.0).reshape(4, 8))
    labelled = pd.concat([pd.Series([*"abab"]), values], axis=1, ignore_index=True)
    like = loaded(tmp_path / "learnt.csv", labelled.rename(columns="V{}".format))
    values.rename(columns="V{}".format).to_csv(tmp_path / "new.csv", index=False)
    made = data.new(str(tmp_path / "new.csv"), like)
    assert made.labels is None and made.series.tolist() == values.to_numpy().tolist()


HEADS = {
    "Probe nr,{}": ("u,{}", "v,{}"),  # a name that nobody knows
    "{}": ("{}", "{}"),  # numbers alone
    ",{}": ("0,{}", "1,{}"),
}


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("turned", [1, -1])
def test_a_first_line_with_the_numbers_of_the_labelled_columns_is_a_head_line_though_they_be_turned(
    tmp_path, capsys, head, turned
):
    like = loaded(tmp_path / "learnt.csv", STANDARDISED, "?label=kind")
    rows = [",".join(map(str, row[::turned])) for row in ([*range(900, 908)], [*WAVE], [*SQUARE])]
    texts = [text.format(row) for text, row in zip((head, *HEADS[head]), rows)]
    (tmp_path / "new.csv").write_text("\n".join(texts) + "\n")
    made = data.new(str(tmp_path / "new.csv"), like)
    assert made.series.tolist() == [[*WAVE], [*SQUARE]] and made.labels is None
    assert made.names == (["u", "v"] if head.startswith("P") else ["line 2", "line 3"])
    assert ("columns turned round" in capsys.readouterr().out) == (turned < 0)


def test_decimal_commas_in_every_cell_of_a_first_line_do_not_part_cells(tmp_path):
    halves = [str(900 + k / 2) for k in range(8)]
    like = loaded(tmp_path / "learnt.csv", STANDARDISED.set_axis([*halves, "who", "kind"], axis=1), "?label=kind")
    rows = [halves, [*map(str, WAVE.round(3))], [*map(str, SQUARE)]]
    (tmp_path / "new.csv").write_text("\n".join(";".join(row).replace(".", ",") for row in rows) + "\n")
    assert data.new(str(tmp_path / "new.csv"), like).series.tolist() == [[*WAVE.round(3)], [*SQUARE]]


def test_what_is_missing_at_the_end_of_a_spectrum_moves_no_other_value(tmp_path, capsys):
    text = "class,900,901,902.5\na,1,2,3\na,1,2,\nb,,4,1\nb,5,3,NA\n"
    made = loaded(tmp_path / "own.csv", text)
    assert sorted(made.series.tolist()) == [[1, 2, 2], [1, 2, 3], [4, 4, 1], [5, 3, 3]]
    assert "; 3 of 4 series with missing values filled in, from own.csv, line " in made.source
    assert "stretched" not in made.source and made.axis[1].tolist() == [900, 901, 902.5]
    # words above columns have no place to keep: the series is shorter
    words = loaded(tmp_path / "words.csv", text.replace("900,901,902.5", "t0,t1,t2"))
    assert [1, 1.5, 2] in words.series.tolist() and "stretched" in words.source
    capsys.readouterr()
    # columns in reverse, of which the last are missing, are turned round as any
    (tmp_path / "new.csv").write_text("id,902.5,901,900\nu,7,6,\nv,7,6,5\n")
    assert data.new(str(tmp_path / "new.csv"), made).series.tolist() == [[6, 6, 7], [5, 6, 7]]
    told = capsys.readouterr().out
    assert "columns turned round" in told and "1 of 2 series with missing values filled in, from line 2" in told


def test_gaps_and_labels_that_were_never_learnt_are_pointed_out_in_new_series(tmp_path, capsys, like):
    (tmp_path / "new.csv").write_text("id,class,900.5,901,902.5\nu,a,1,2,3\nv,z,4,,6\nw,y,3,4,6\n")
    made = data.new(str(tmp_path / "new.csv"), like)
    assert made.labels == ["a", "z", "y"] and made.series[1].tolist() == [4, 5, 6]
    told = capsys.readouterr().out
    assert "new.csv, 1 of 3 series with missing values filled in, from line 3 on" in told
    assert "new.csv, 2 of 3 series with a label that is no class of learnt, from line 3 on" in told


def test_channels_of_new_series_are_put_into_the_order_that_was_learnt(tmp_path):
    two, path = loaded(tmp_path / "learnt.csv", BOTH), tmp_path / "new.csv"
    BOTH[["sample", "time", "y", "x"]].to_csv(path)
    assert data.new(str(path), two).series.tolist() == TWO
    np.save(tmp_path / "new.npy", np.array(TWO))
    made = data.new(str(tmp_path / "new.npy"), two)
    assert made.series.tolist() == TWO and made.names[0] == "series 1"
    for frame, message in (
        (BOTH.rename(columns={"y": "z"}), "line 2: expected the channels of learnt, in their order, got z for y"),
        (BOTH.drop(columns="y"), "line 2: expected 2 channels as learnt has, got 1"),
    ):
        frame.to_csv(path)
        with pytest.raises(ValueError, match=message):
            data.new(str(path), two)


UNFIT = [
    ("new.csv", "id,900.5,901,902.5\nu,1,2,3\nu,4,5,6\n", "line 3: expected each id once, got 'u' of .*line 2 again"),
    ("new.csv", "id,900.5,901,903\nu,1,2,3\nv,4,5,6\n", "line 2: expected the column names of learnt, .* 903"),
    ("new.csv", "id,900.5nm,901nm,903nm\nu,1,2,3\nv,4,5,6\n", "line 2: expected the column names of learnt, .* 903"),
    ("new.csv", "900,901,902,903,904,905,906,907\n1,2,1,2,1,2,1,3\n", "line 1: .*head line"),
    ("new.csv", "1,2,3\n4,x,6\n", "line 2: expected numbers"),
    ("new.csv@0.5", "1,2,3\n", "new: expected a file .* of series to be classified, got"),
    ("none.csv", "", "new: expected a file .* of series to be classified, there is no"),
    ("new.ts", "@data\n1,2,3:4,5,6:a\n", "line 2: expected 1 channels as learnt has, got 2"),
]


@pytest.mark.parametrize("name, text, message", UNFIT)
def test_new_series_that_do_not_fit_are_refused(tmp_path, like, name, text, message):
    if name != "none.csv":
        (tmp_path / name.partition("@")[0]).write_text(text)
    with pytest.raises(ValueError, match=message):
        data.new(str(tmp_path / name), like)


# --- whatever pandas writes -------------------------------------------------------------------------------------------

NUMBERS = arrays.arrays(
    np.float64,
    st.tuples(st.sampled_from([4, 6, 12]), st.sampled_from([1, 2]), st.integers(3, 9)),
    elements=st.floats(-1e6, 1e6, allow_subnormal=False) | st.floats(0.01, 0.99).map(lambda value: round(value, 3)),
)


@given(
    NUMBERS,
    st.sampled_from([["a", "b"], [0, 1], ["Öl, grün", "1;2"]]),
    st.booleans(),
    st.sampled_from([(",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ",")]),
    st.sampled_from(["wide", "spectra", "long", "channels"]),
)
def test_what_pandas_writes_is_read_back(tmp_path_factory, values, classes, index, how, form):
    path, (n, c, t) = tmp_path_factory.getbasetemp() / "frame.csv", values.shape
    labels, ids = [classes[k % 2] for k in range(n)], [f"s{k:02d}" for k in range(n)]
    if form in ("wide", "spectra"):
        values, c = values[:, 0], 1
        frame = pd.DataFrame(
            values, columns=np.linspace(400, 402, t) if form == "spectra" else [f"t{k}" for k in range(t)]
        )
        frame.insert(0, "class", labels)
        frame.insert(0, "id", ids)
    else:
        at = pd.MultiIndex.from_product([ids, range(t)], names=["id", "time"])
        frame = pd.DataFrame(values.transpose(0, 2, 1).reshape(n * t, c), at, [f"x{k}" for k in range(c)]).reset_index()
        frame["class"] = np.repeat(np.array(labels, object), t)
        if form == "channels":
            frame = frame.melt(["id", "time", "class"], var_name="channel")
        values = values if c > 1 else values[:, 0]
    frame.to_csv(path, index=index, sep=how[0], decimal=how[1])
    made = datasets.load(f"{path}@0.5", several=True)
    found = {own.tobytes(): made.classes[label] for own, label in zip(made.series + 0.0, made.labels)}
    given = {own.tobytes(): str(label) for own, label in zip(values + 0.0, labels)}
    assert found.keys() == given.keys() and made.series.shape == values.shape
    assert len(given) < n or found == given
    if form == "spectra":
        assert made.axis[0] == "column names" and made.axis[1].tolist() == np.linspace(400, 402, t).tolist()


@pytest.mark.parametrize(
    "cells, said",
    [
        ("1.061 973 1.111 -12.345", "1.061 beside 973"),
        ("250.000 900 31.250 99", "31.250 beside 900"),
        ("1,061\t973\t1,111\t2", "1.061 beside 973"),  # English ones between tabs, taken for decimal commas
        ("0.973 1.061 900 1", ""),  # a 0 begins no thousands
        ("1.06 973 1.111 2", ""),  # nor have they other than three digits
        ("1061 973 1.111 2", ""),  # nor does a number without a point reach 1000
        ("1.061 2 1.111 10", ""),  # as a scale that prints 2.000 as 2
        ("1 973 2 3", ""),
        ("1.061 NA . 1.111", ""),
    ],
)
def test_points_that_may_part_thousands_are_read_as_decimals_and_pointed_out(tmp_path, capsys, cells, said):
    mark, values = "\t" if "\t" in cells else ";", cells.split()
    for head in ("", mark.join(["nr", "class", *"pqrs"]) + "\n"):
        rows = [[*[str(k + 1)] * bool(head), "ab"[k % 2], *values[k % 2 :], *values[: k % 2]] for k in range(4)]
        made = loaded(tmp_path / "own.csv", head + "\n".join(map(mark.join, rows)) + "\n")
        number = float(values[0].replace(",", "."))
        assert made.series[0, 0] == number
        shown = [line for line in capsys.readouterr().out.splitlines() if "are read as decimals" in line]
        assert len(shown) == bool(said) and all(f"own.csv, values such as {said} are read" in line for line in shown)


HEAD = ";".join(["Probe", "Sorte", *(f"{900 + k / 2:g}".replace(".", ",") for k in range(9))])
LINES = "".join(
    f"P{k};{'gut' if k % 2 else 'schlecht'};" + ";".join(f"0,{k}{j}" for j in range(9)) + "\n" for k in range(6)
)


def test_two_words_beside_numbers_that_climb_are_a_head_line_in_any_language(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(f"{HEAD}\n{LINES}")
    made = datasets.load(str(path))
    assert made.classes == ("gut", "schlecht") and made.axis[0] == "column names" and made.axis[1][1] == 900.5
    for old, new, message in (("902;", "92;", "got 92 behind 901.5"), ("904", "1.000", "got 1.000 behind 903.5")):
        path.write_text(f"{HEAD.replace('Sorte', 'label').replace(old, new)}\n{LINES}")
        with pytest.raises(ValueError, match=f"own.csv, line 1: .* numbers of columns that climb or fall, {message}$"):
            datasets.load(str(path))
    path.write_text(f"{HEAD.replace('902;', '9O2;')}\n{LINES}")
    with pytest.raises(ValueError, match=f"{SLIP} '900' to '904', got column \"9O2\" among them"):
        datasets.load(str(path))
