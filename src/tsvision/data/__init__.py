"""Series, labels and which of them train: by name out of the archive, or from files of one's own; checked, and where
they came from.
"""

from tsvision.data.arrivals import new
from tsvision.data.datasets import ROOT, bands, class_table, describe, load, load_all
from tsvision.data.forensics import CAUSES, condition, simulate, twins
