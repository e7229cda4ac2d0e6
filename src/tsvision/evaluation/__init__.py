"""What rows say: means and paired differences with their intervals, who gets which series right, and the words for it.
Statistics only.
"""

from tsvision.evaluation.choice import answers, choose, promise
from tsvision.evaluation.coverage import CORRECTED, STUDIES, alike, covered, covered_by_runs, larger, population
from tsvision.evaluation.intervals import MARGIN, prediction_interval, wilson
from tsvision.evaluation.paired import (
    LINE,
    ORIGINAL,
    Missing,
    across,
    arm,
    best_of,
    compared,
    discordant,
    family,
    reaching,
    summary,
)
from tsvision.evaluation.rows import (
    instead,
    largest,
    of_notebook,
    once,
    plain_weights,
    recalibrated,
    rows_of,
    untrained,
    with_right,
)
from tsvision.evaluation.series import by_class, errors_by_series, hard_at_bands, hardest, items
from tsvision.evaluation.several import (
    against,
    average,
    beside,
    means,
    notes,
    on_another,
    on_default,
    pictured,
    recipes,
    wilcoxon_holm,
)
from tsvision.evaluation.wording import (
    OPEN,
    clear,
    counts,
    effect,
    is_equal,
    minus,
    named,
    pairs,
    points,
    sentence,
    told,
    word,
)
from tsvision.evaluation.words import plain, short
