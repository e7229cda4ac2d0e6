"""What keeps figures within bounds, however many classes, series or runs there are: each says what it leaves out."""

import dataclasses

import numpy as np

from tsvision.figures import fonts

SIDE = 23  # inches, of the widest and the highest figure
MOST = 12  # panels, classes, or entries of a legend
RUNS = 200  # lines or values on one axis, a run each


def cut(name, most=16):
    """A class's or data set's name, without its middle if that is what it takes to be no longer than `most`, and
    without letters that no font has.
    """
    return fonts.legible(name if len(name) <= most else f"{name[: most - 8]}…{name[-7:]}")


def brief(data):
    """A data set whose names, its own and its classes', are short enough for a figure."""
    own, *what_was_done = data.name.split(", ")
    name = ", ".join([cut(own, 24), *what_was_done])
    return dataclasses.replace(data, name=name, classes=brief_classes(data.classes))


def brief_classes(classes):
    """Names of classes that are short enough for a figure, and legible."""
    return tuple(map(cut, fonts.legible_classes(tuple(classes))))


def largest(data):
    """The numbers of the MOST classes with the most series, in order."""
    return np.sort(np.argsort(-np.bincount(data.labels), kind="stable")[:MOST]).tolist()


def spread(series, among):
    """Of series (n, t) as many, spread evenly, as one of `among` classes gets of 400 lines of four million values in
    all.
    """
    most = max(1, min(400, 4_000_000 // series.shape[1]) // among)
    return series[np.linspace(0, len(series) - 1, most).astype(int)] if len(series) > most else series


def left_out(shown, count, what, which):
    """What a title says of `count` things of which only some are shown; nothing if all are."""
    return f"; {shown} of {count} {what} shown, the {which}" if shown < count else ""
