"""A paired difference in words: what differs, by how much, and the word for it.

Better and worse are said only where the interval of a paired difference leaves 0, 'no difference that matters' where
the mean difference lies within MARGIN with probability .95, and else that it is too close to call. A line is one of
paired.family's.
"""

from tsvision.evaluation import words

OPEN = "too close to call"


def is_equal(line):
    """Whether the mean difference of a line lies within the margin with probability .95."""
    return line["equal"] > 0.95


def told(line):
    """A line of family() in words: what minus what and where, the difference, its interval, n, the odds, and the word
    for it.
    """
    names = f"{words.plain(line['arm'])} minus {words.plain(line['reference'])} ({words.plain(line['what'])})"
    return f"{names} {effect(line)}, {pairs(line['pairs'], line['over'])}, {odds(line)}: {word(line)}"


def word(line):
    """What a line of family() says of its arm."""
    clear = "better" if line["low"] > 0 else "worse" if line["high"] < 0 else OPEN
    return "no difference that matters" if clear == OPEN and is_equal(line) else clear


def odds(line):
    """A line's probabilities of worse, within the margin, better, in words; of one pair none."""
    return (
        "P " + " / ".join(f"{line[name]:.2f}" for name in ("worse", "equal", "better")) if line["pairs"] > 1 else "no P"
    )


def effect(line):
    """A line's difference with its interval, if it has one."""
    difference, low, high = (round(value, 3) + 0.0 for value in (line.difference, line.low, line.high))  # no -0.000
    return f"{difference:+.3f}" + (f" [{low:+.3f}, {high:+.3f}]" if line.pairs > 1 else "")


def points(line):
    """A line's difference in percentage points with its interval, if it has one, and n."""
    difference, low, high = (round(100 * value, 1) + 0.0 for value in (line["difference"], line["low"], line["high"]))
    between = f" [{low:+.1f}, {high:+.1f}]" if line["pairs"] > 1 else ""
    return f"{difference:+.1f} points{between}, {pairs(line['pairs'], line['over'])}"


def pairs(count, over):
    """How many splits or seeds, `over`, a line of family() rests on."""
    return f"{count} {over if count > 1 else over[:-1]}"


def minus(line):
    """A line of family() in words: what minus what, and by how many points."""
    return f"{words.plain(line['arm'])} minus {words.plain(line['reference'])}: {points(line)}"


def sentence(line):
    """minus(), and the word for it."""
    return f"{minus(line)}: {word(line)}"


def counts(table):
    """How many lines of family() are better, worse and too close to call, in words."""
    told = table.apply(word, axis=1)
    each = [f"{(told == one).sum()} {one}" for one in ("better", "worse", "no difference that matters", OPEN)]
    return f"of {len(table)} comparisons " + ", ".join(one for one in each if not one.startswith("0 no"))


def clear(table):
    """The lines of family() that are better, and those that are worse."""
    return table[table["low"] > 0], table[table["high"] < 0]


def named(table):
    """The arms of lines of family(), and what was compared."""
    return ", ".join(f"{words.plain(line.arm)} ({words.plain(line.what)})" for line in table.itertuples()) or "none"
