"""From series, labels and splits to rows: fine-tuning, linear probes, a transformer's last block, and what sees no
picture.

Each public function takes series (n, t), labels (n,), train (n,) or (m, n) bool and settings, and returns ([(row,
tables)], cost).
"""

from tsvision.methods.baselines import METHODS, classify
from tsvision.methods.frozen import linear_probe
from tsvision.methods.lastblock import tune_last_block
from tsvision.methods.lengths import AnyLength, classify_at, cut_to, prices
from tsvision.methods.training import fine_tune, learner
