"""The generated parts of README, docs and data/results, all from published rows: those of the long run on a CPU."""

import functools
import re

from tsvision.data import datasets
from tsvision.study import claims, facts, questions, tables, verdicts

PUBLISHED = datasets.ROOT / "data" / "results"
LONG = "published"  # the profile that the pages show
SHORT = "cpu"  # a short run of it: held against its rows, and never published over them
JUDGED = claims.CLAIMS | questions.QUESTIONS
BLOCKS = {  # a generated table, made of the folder that the README shows
    "claims": lambda folder: tables.claims(judged(folder)[0]),
    "notebooks": lambda folder: tables.asked(folder, folder.with_name(SHORT)),
    **{claim: lambda folder, claim=claim: tables.evidence(claim, *judged(folder)) for claim in JUDGED},
    **{
        name: getattr(tables, name)
        for name in ("items", "classes", "near", "coverage", "coverage_tuned", "lost", "sizes", "made", "answers")
    },
    "coverage_real": lambda folder: tables.coverage(folder, "17_coverage.real"),
    "gpu_lost": lambda folder: tables.lost(folder.with_name("h100")),
    "gpu_sizes": lambda folder: tables.sizes(folder.with_name("h100")),
    "gpu_cost": lambda folder: tables.gpu_cost(folder.with_name("h100")),
    "gpu_steps": lambda folder: tables.gpu_steps(folder.with_name("steps.csv")),
    "gpu_full": lambda folder: tables.full_size(folder.with_name("h100"), folder.with_name("h100-bf16")),
    "results": tables.results_table,
    "spectra": tables.recipes,
    "channels": lambda folder: tables.recipes(folder, "several_channels", "channels"),
    "beside": tables.beside,
    "speed": lambda folder: tables.speed(folder.with_name("bench")),
    "same": lambda folder: tables.same(folder.with_name("same")),
}


def fill(text):
    """A page's text with every block between <!-- generated: NAME --> and <!-- end -->, and every number between
    <!--=NAME--> and <!--/-->, made from published rows. A name that there is not raises KeyError.
    """
    folder = PUBLISHED / LONG

    def number(match):
        return f"<!--={match[1]}-->{known(folder)[match[1]]}<!--/-->"

    def block(match):
        return f"<!-- generated: {match[1]} -->\n{BLOCKS[match[1]](folder)}\n<!-- end -->"

    text = re.sub(r"<!--=([\w.]+)-->.*?<!--/-->", number, text, flags=re.DOTALL)
    return re.sub(r"<!-- generated: (\w+) -->\n.*?<!-- end -->", block, text, flags=re.DOTALL)


@functools.cache
def judged(folder):
    """All verdicts and differences on what lies in a folder."""
    return verdicts.judge(JUDGED, folder)


@functools.cache
def known(folder):
    """All numbers of sentences, by name."""
    return facts.facts(folder, judged(folder)[1])
