"""Names of classes in any script: drawn where a font has the letters, told by number where none has, never as boxes."""

import dataclasses
import io

import numpy as np
import pandas as pd
import pytest
import toys
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text
from toys import title

from tsvision import figures
from tsvision.figures import fonts

NOBODY, ARABIC = "\U000e0041", "قمح"  # a private letter; one that the usual font has


@pytest.fixture
def other():
    """A letter that a font beside the usual one has, and the font's name."""
    usual = FT2Font(font_manager.findfont(fonts.USUAL)).get_charmap()
    for font in font_manager.fontManager.ttflist:
        lacking = [code for code in FT2Font(font.fname).get_charmap() if code > 127 and code not in usual]
        if found := next((chr(code) for code in lacking if fonts._drawn_by(chr(code))), None):
            return found, fonts._drawn_by(found)
    return pytest.skip("no font has a letter that the usual one lacks")


def named(data, *names):
    return dataclasses.replace(data, classes=names)


def drawn(figure):
    figure.savefig(made := io.BytesIO(), format="png")  # pytest makes an error of a letter that is missing
    return made.getvalue()


def test_a_letter_that_no_font_has_gives_way_to_the_number_of_the_class(data, capsys, monkeypatch):
    monkeypatch.setattr(fonts, "_drawn_by", lambda letter: None if letter in "小麦" else "")
    fonts.legible_classes.cache_clear()
    figure = figures.spectra(named(data, "a", "小麦", "c"))
    assert [axis.get_title() for axis in figure.axes[:3]] == ["class a", "class 2", "class c"]
    drawn(figure)
    answers = pd.DataFrame({"run": [0, 0], "label": [1, 0], "predicted": [0, 0]})
    figure = figures.confusion(toys.rows(toys.TUNED, [15]), answers, ("a", "小麦"))
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a", "2"]
    assert "class 2 (0% right)" in title(figure)
    told = "figures: no font of this machine has all letters of these classes: class 2 is 小麦"
    assert capsys.readouterr().out.splitlines().count(told) == 2, "once for each set of classes"
    assert fonts.legible("小a…") == "?a…"


def test_another_font_stands_behind_the_usual_one_only_where_it_is_needed(data, other):
    letter, family = other
    figure = figures.spectra(named(data, "a", letter, "c"))
    assert {tuple(text.get_fontfamily()) for text in figure.findobj(Text)} == {(fonts.USUAL, family)}
    assert figure.axes[1].get_title() == f"class {letter}"
    drawn(figure)
    for names in (("a", "b", "c"), ("Öl", ARABIC, "…")):
        figure = figures.spectra(named(data, *names))
        assert (fonts.USUAL, family) not in {tuple(text.get_fontfamily()) for text in figure.findobj(Text)}
        assert figure.axes[1].get_title() == f"class {names[1]}"
        drawn(figure)


def test_fonts_that_draw_boxes_for_everything_are_not_taken(monkeypatch):
    fonts._drawn_by.cache_clear()
    last = font_manager.FontEntry(fname="everything", name="LastResort", style="normal", weight=400)
    usual = [font for font in font_manager.fontManager.ttflist if font.name == fonts.USUAL]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [*usual, last])
    monkeypatch.setattr(fonts, "_letters", lambda path: {ord("小")} if path == "everything" else set(range(128)))
    try:
        assert fonts._drawn_by("小") is None and fonts._drawn_by("a") == fonts._drawn_by(NOBODY) == ""
        monkeypatch.setattr(font_manager.fontManager, "ttflist", [*usual, dataclasses.replace(last, name="Other")])
        fonts._drawn_by.cache_clear()
        assert fonts._drawn_by("小") == "Other" and np.all([fonts.legible(word) == word for word in ("小", "a")])
    finally:
        fonts._drawn_by.cache_clear()
