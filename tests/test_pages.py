"""Pages made of executed notebooks, and what the repository's own pages promise: links, anchors and pictures that are
there.
"""

import base64
import functools
import re

import matplotlib.pyplot as plt
import mistune  # of nbconvert
import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from IPython.core.formatters import DisplayFormatter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tsvision import figures
from tsvision.data import datasets
from tsvision.figures import base
from tsvision.study import markdown, notebooks, pages

ROOT = datasets.ROOT
PICTURE = base64.b64encode(b"\x89PNG").decode()
LOCAL = re.compile(r"(^|[\s\"'=(])/(work|root|home|Users|farm|tmp)/", re.MULTILINE)  # as in test_repository, and /tmp


DESCRIBED = pages.descriptions(["A ![Dots.](figures/05_x_b.png) b ![Two\nbars.](../figures/05_x_c.png) ![x](y/d.png)"])


def shown(**data):
    return new_output("execute_result", {kind.replace("_", "/"): text for kind, text in data.items()})


def said(text, name="stdout"):
    return new_output("stream", name=name, text=text)


def cell(text, tag):
    return new_code_cell(text, metadata={"tags": [tag]})


@pytest.fixture
def page(tmp_path):
    """Makes a page of cells, or of the outputs of one cell: page(cells) returns its text, page(outputs) what stands
    below the code.
    """
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / "05_x_a.png").write_bytes(b"\x89PNG")

    def make(items, **metadata):
        one = items[0].get("cell_type") is None
        notebook = new_notebook(cells=[new_code_cell("1", outputs=items)] if one else items)
        notebook.metadata |= {"language_info": {"name": "python"}, **metadata}
        executed = tmp_path / "build" / "gpu" / "05_x.ipynb"
        executed.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, executed)
        text = pages.page("05_x", executed, tmp_path / "figures", "../../figures", DESCRIBED)
        return text.partition("```python\n1\n```\n\n")[2].rstrip("\n") if one else text

    return make


def test_a_page_links_back_and_holds_words_code_and_what_differs_from_the_defaults(page):
    given = cell('size: int = 570  # pixels\nrate: float = 2e-3\nout: str = "build/cpu"', "parameters")
    injected = cell('# Parameters\nsize = 160\nrate = 0.002\nout = "build/gpu"\n', "injected-parameters")
    words = new_markdown_cell("# 05 A title\n\n**Question.** Why?")
    assert page([words, given, injected, new_code_cell("x = 1\n\n\n\nx")]) == (
        "[The notebook](../../notebooks/05_x.ipynb) as `make 05_x PROFILE=gpu` ran it · [all results](../results.md)"
        " · [words and columns](../method.md#the-words)"
        "\n\n# 05 A title\n\n**Question.** Why?\n\n```python\nsize: int = 570  # pixels\nrate: float = 2e-3\n"
        'out: str = "build/cpu"\n```\n\n**Run with** `size=160`; all else as above.\n\n```python\nx = 1\n\nx\n```\n'
    )
    injected.source = injected.source.replace("160", "570")
    assert "\n\n**Run with** these values.\n" in page([given, injected])


MANY = "".join(f"run {k}\n" for k in range(20))


@pytest.mark.parametrize(
    "outputs, text",
    [
        ([shown(text_plain="{'a': 1,\n    'b': 2}")], "```text\n{'a': 1,\n    'b': 2}\n```"),
        ([shown(text_markdown="**Answer.** yes.", text_plain="<Markdown>")], "**Answer.** yes."),
        ([said("one\n"), said("two\n")], "```text\none\ntwo\n```"),  # a cell's prints are one block
        ([said("```\nx\n```\n")], "````text\n```\nx\n```\n````"),
        ([said("\x1b[31mred\x1b[0m\n")], "```text\nred\n```"),
        ([said(MANY)], f"```text\n{MANY[:36]}... (9 more lines)\n{MANY[-35:]}```"),  # the first six and the last five
        ([said(MANY[: 6 * 10 + 7 * 2])], f"```text\n{MANY[: 6 * 10 + 7 * 2]}```"),  # twelve are all there
        ([said(" 10%|# | 1/10\r100%|##| 10/10\n", "stderr")], ""),
    ],
)
def test_words_stay_as_they_were_printed(page, outputs, text):
    assert page(outputs) == text


def test_no_path_of_the_project_on_the_machine_that_ran_it(page):
    ran = {"papermill": {"input_path": "/opt/me/olives/notebooks/05_x.ipynb"}}
    text = page([said(f"in /opt/me/olives/build/gpu and {ROOT}/data\n")], **ran)
    assert text == "```text\nin ./build/gpu and ./data\n```"


# --- tables


def html(table):
    return markdown.from_html(table._repr_html_()).splitlines()


def test_a_table_is_compact_numbers_to_the_right_and_has_no_html_around_it(page):
    table = {"arm": ["a|b", "_c*"], "mean": [0.123456, 0.0001234567], "runs": [1.0, None], "p": [1.0, 0.5]}
    table = pd.DataFrame(table | {"seed": [1, 2], "gain": [-5.55e-18, 1.11e-11]})  # the first is rounding alone
    lines = ["| arm | mean | runs | p | seed | gain |", "| --- | ---: | ---: | ---: | ---: | ---: |"]
    lines += [r"| a\|b | 0.123 | 1 | 1.0 | 1 | 0.000 |", r"| \_c\* | 0.00012 |  | 0.5 | 2 | 1.1e-11 |"]
    assert html(table) == lines
    assert page([shown(text_html=table._repr_html_(), text_plain="no")]) == "\n".join(lines)
    assert html(table.iloc[::-1])[2:] == lines[:1:-1], "row numbers out of order say nothing either"
    assert html(table.set_index("arm"))[2] == lines[2]
    assert html(table[:0]) == ["No rows of arm, mean, runs, p, seed, gain."]
    styled = table.style.hide(subset=["mean"], axis="columns")
    assert html(styled)[3] == r"| \_c\* |  | 0.500 | 2 | 0.000 |"  # with more decimals


def test_what_spans_columns_or_rows_stands_in_each():
    columns = pd.MultiIndex.from_product([["share"], ["low", "high"]])
    index = pd.MultiIndex.from_product([["a"], [3, 4]], names=["arm", "n"])
    table = pd.DataFrame([[0.25, 0.5], [0.75, 1.0]], columns=columns, index=index)
    lines = ["| arm | n | share low | share high |", "| --- | ---: | ---: | ---: |"]
    assert html(table) == [*lines, "| a | 3 | 0.25 | 0.5 |", "| a | 4 | 0.75 | 1.0 |"]
    assert html(table.rename_axis(columns=["what", "end"]))[0] == lines[0], "an index keeps its own names"


def test_what_a_wide_table_says_in_every_row_stands_below_it_and_one_row_goes_on_below():
    table = {"arm": ["a", "b"], "size": [160, 160], "note": ["", ""], "low": [0.5, 0.5]}
    table = pd.DataFrame(table | {f"c{k}": [k, k + 1] for k in range(5)})
    lines = html(table)
    assert lines[0] == "| arm | low | c0 | c1 | c2 | c3 | c4 |", "decimals are results, and stay"
    assert lines[-2:] == ["", "The same in every row: size 160; note none."]
    row = html(pd.DataFrame({f"c{k}": [k] for k in range(12)}))
    assert [row[0].count("c"), row[3], row[4], row[6]] == [10, "", "| c10 | c11 |", "| 10 | 11 |"]
    with pd.option_context("display.max_rows", 4):
        cut = html(pd.DataFrame({"a": range(9), "b": range(9)}))
    assert cut[4] == "| ... | ... | ... |" and cut[-1] == "Of 9 rows × 2 columns."


# --- pictures, errors


def test_a_picture_is_a_link_to_the_file_that_the_cell_saved_with_the_finding_as_alt_text(page, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets, "ROOT", tmp_path)
    finding, figure = "A long-winded finding that is wrapped above the figure: crops lose 0.1 {} of it", plt.figure()
    base.title(figure, finding.format("[0.0, 0.2]"))
    display = DisplayFormatter()
    data, size = display.format(figures.save(figure, "05_x_a", "build/gpu"))
    saved = (tmp_path / "build/gpu/figures/05_x_a.png").read_bytes()
    assert sorted(data) == ["image/png", "text/plain"] and base64.b64decode(data["image/png"]) == saved
    assert size["image/png"]["width"] == 640 * base.DPI // 100, "its own pixels, for it is no wide one"
    wide = figures.save(plt.figure(figsize=(9.5, 3)), "05_x_b", "build/gpu")
    assert display.format(wide)[1]["image/png"]["width"] == 9.5 * base.DPI, "saved with twice as many"
    link = page([shown(**{"image_png": PICTURE, "text_plain": data["text/plain"]})])
    assert link == f"![{finding.format('(0.0, 0.2)')}](../../figures/05_x_a.png)"
    plain, _ = display.format(figures.save(plt.figure(), "05_x_a", "build/gpu"))
    assert page([shown(image_png=PICTURE, text_plain=plain["text/plain"])]) == "![05_x_a.png](../../figures/05_x_a.png)"
    assert DESCRIBED == {"05_x_b.png": "Dots.", "05_x_c.png": "Two\nbars."}
    (tmp_path / "figures" / "05_x_b.png").touch()
    link = page([shown(image_png=PICTURE, text_plain="05_x_b.png: A finding")])
    assert link == "![A finding. Dots.](../../figures/05_x_b.png)", "with what another page says is to be seen"


def test_a_picture_that_was_not_saved_a_failed_and_a_missing_notebook_raise(page, tmp_path):
    for output, message in (
        (shown(image_png=PICTURE, text_plain="05_x_b.png: A"), "a picture that figures.save did not save in .*05_x_b"),
        (shown(image_png=PICTURE, text_plain="<Figure>"), "a picture that figures.save did not save .*<Figure>"),
        (new_output("error", ename="KeyError", evalue="'a'", traceback=[]), "it failed with KeyError: 'a'"),
    ):
        with pytest.raises(ValueError, match=f"05_x, cell 1: .*{message}"):
            page([output])
    with pytest.raises(FileNotFoundError, match="05_x.ipynb"):
        pages.page("05_x", tmp_path / "05_x.ipynb", tmp_path / "figures", "../../figures")


# --- the repository's own pages ---------------------------------------------------------------------------------------

WRITTEN = sorted(path for path in (ROOT / "docs").rglob("*.md") if path.is_file())
LINKED = [ROOT / "README.md", ROOT / "data" / "results" / "README.md", *WRITTEN]
NOTEBOOKS = [path for path in WRITTEN if path.parent.name == "notebooks"]


def name_of(path):
    return str(path.relative_to(ROOT))


@functools.cache
def rendered(text):
    return BeautifulSoup(mistune.create_markdown(escape=False, plugins=["table"])(text), "html.parser")


def anchors(path):
    """Every anchor of a page: its headings', as GitHub gives them, and those set by hand."""
    soup, found = rendered(path.read_text(encoding="utf-8")), []
    for heading in soup.find_all(re.compile("^h[1-6]$")):
        slug = re.sub(r"[^\w\- ]", "", heading.text.strip().lower()).replace(" ", "-")
        count = sum(re.fullmatch(rf"{slug}(-\d+)?", one) is not None for one in found)
        found.append(f"{slug}-{count}" if count else slug)
    return [*found, *(tag.get("id", tag.get("name")) for tag in soup.find_all("a"))]


def links(path):
    """Every link and picture of a page: (text, target, whether it is a picture)."""
    soup = rendered(path.read_text(encoding="utf-8"))
    found = [(tag.text, tag["href"], False) for tag in soup.find_all("a", href=True)]
    return found + [(tag.get("alt", ""), tag["src"], True) for tag in soup.find_all("img")]


def wrong(path):
    """What is wrong with a page's links and pictures, in words."""
    for words, target, is_picture in links(path):
        where = f"{name_of(path) if path.is_relative_to(ROOT) else path.name}: ({target})"
        if is_picture and len(words) < 10:
            yield f"{where} has no alt text that says what it shows"
        if re.match(r"\w+:", target):
            if not re.fullmatch(r"https?://[\w.-]+\.[a-z]{2,}(:\d+)?([/?#][^\s<>\"]*)?|mailto:\S+@\S+", target):
                yield f"{where} is no address"
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        if file.startswith("/") or not there.exists():
            yield f"{where} is not there"
            continue
        there = there / "README.md" if there.is_dir() else there
        is_line = there.suffix != ".md" and re.fullmatch(r"L\d+(-L\d+)?", anchor)
        if anchor and not is_line and (not there.exists() or anchor not in anchors(there)):
            yield f"{where} has no such heading"


def test_broken_links_anchors_and_pictures_are_found(tmp_path):
    (tmp_path / "other.md").write_text("# One *two*, & [three](#x)\n\n```\n# no heading\n```\n\n## One two, & three\n")
    (tmp_path / "a.png").write_bytes(b"")
    here = tmp_path / "here.md"
    fine = "[a](other.md#one-two--three-1) [b](#top) [c](https://a.org/x) ![a long enough text](a.png)\n`[x](none.md)`"
    here.write_text(f"# Top\n{fine}\n```\n[y](none.md)\n```\n")
    assert list(wrong(here)) == []
    bad = {
        "[a](none.md)": "is not there",
        "[a](/etc/hosts)": "is not there",
        "[a](other.md#no-heading)": "has no such heading",
        "[a](other.md#one-two--three-2)": "has no such heading",
        "[a](#nothing)": "has no such heading",
        "[a](http:/x)": "is no address",
        "![short](a.png)": "has no alt text that says what it shows",
        "![a long enough text](b.png)": "is not there",
        '<img src="a.png">': "has no alt text that says what it shows",
        '<a href="none.md">x</a>': "is not there",
    }
    for text, what in bad.items():
        here.write_text(f"# Top\n\n{text}\n")
        assert [one.partition(") ")[2] for one in wrong(here)] == [what], text


@pytest.mark.parametrize("path", LINKED, ids=name_of)
def test_every_link_anchor_and_picture_is_there(path):
    assert list(wrong(path)) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_every_page_of_a_notebook_is_small_free_of_local_paths_and_of_a_notebook(path):
    text = path.read_text(encoding="utf-8")
    assert path.stem in notebooks.stems()
    assert not LOCAL.search(text)
    assert "data:image" not in text and "<style" not in text and "\x1b" not in text
    assert text.startswith(f"[The notebook](../../notebooks/{path.stem}.ipynb) ")
    assert len(text) < 200_000
