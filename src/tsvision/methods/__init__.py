"""From series, labels and splits to rows: fine-tuning, linear probes, a transformer's last block, and what sees no
picture.

Five functions do the runs of study.collect: fine_tune and tune_last_block on one split, train (n,) bool; linear_probe,
classify and classify_at on several, train (m, n), too. They take series (n, t), labels (n,), train, a seed and their
settings as dataclasses (Network, Picture, Recipe, Lengths), and return ([(row, tables)] a split, cost). fine_tune,
linear_probe and classify take series of several channels, (n, c, t), too. Beside them stands what a notebook shows of
them, and PictureClassifier and classifiers, the same steps behind scikit-learn's interface.
"""

from tsvision.methods.baselines import METHODS, classify, fitting
from tsvision.methods.estimator import PictureClassifier, classifiers
from tsvision.methods.frozen import linear_probe
from tsvision.methods.lastblock import tune_last_block
from tsvision.methods.lengths import AnyLength, classify_at, cut_to, prices
from tsvision.methods.training import fine_tune, learner
