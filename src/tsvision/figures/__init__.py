"""Figures from series, fields and rows; each has its finding as title, and colours that the colour-blind can tell
apart. Trains nothing.
"""

from tsvision.figures.base import batch, causes, cost_law, fields, grid, named_bands, positions, save, spectra
from tsvision.figures.charts import (
    best_of,
    by_dataset,
    by_length,
    coverage,
    curves,
    differences,
    model,
    of_resampled,
    over,
)
from tsvision.figures.front import foods, methods, oils, sizes, strips
from tsvision.figures.mistakes import confusion, hard_spectra, most_confused
from tsvision.figures.overview import accuracy_by, forest
from tsvision.figures.portraits import channels, encodings, hero, look
from tsvision.figures.recognised import recognised, tiles
