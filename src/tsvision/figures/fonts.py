"""Letters of every language in a figure: from the usual font, from another that this machine has, or not at all."""

import functools
import unicodedata

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

USUAL = "DejaVu Sans"  # which matplotlib brings along


@functools.cache
def _letters(path):
    return frozenset(FT2Font(path).get_charmap())


@functools.cache
def _drawn_by(letter):
    """The family of the first upright font, by name, that has a letter: '' for the usual one, None if none has it."""
    if letter.isspace() or unicodedata.category(letter)[0] in "CZ":
        return ""
    if ord(letter) in _letters(font_manager.findfont(USUAL)):
        return ""
    for font in sorted(font_manager.fontManager.ttflist, key=lambda font: (font.name, font.fname)):
        is_upright = font.style == "normal" and font.weight in (400, "normal")
        # LastResort draws boxes for all letters there are
        if is_upright and font.name != "LastResort" and ord(letter) in _letters(font.fname):
            return font.name
    return None


def legible(text):
    """A text with ? for each letter that no font of this machine has."""
    return text if text.isascii() else "".join("?" if _drawn_by(letter) is None else letter for letter in text)


@functools.cache
def legible_classes(classes):
    """The names of classes, a tuple; the number from 1 on, which is printed once, for one that no font can draw."""
    told = {name: str(k) for k, name in enumerate(classes, 1) if legible(name) != name}
    if told:
        listed = ", ".join(f"class {number} is {name}" for name, number in told.items())
        print(f"figures: no font of this machine has all letters of these classes: {listed}")
    return tuple(told.get(name, name) for name in classes)


def add_families(figure):
    """Put the fonts that a figure's letters need behind the usual one; a figure of usual letters stays as it is."""
    texts = figure.findobj(Text)
    letters = dict.fromkeys("".join(text.get_text() for text in texts if not text.get_text().isascii()))
    if others := [name for name in dict.fromkeys(map(_drawn_by, letters)) if name]:
        for text in texts:
            text.set_fontfamily([USUAL, *others])
