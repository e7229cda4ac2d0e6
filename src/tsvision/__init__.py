"""Time series as images: the olive-oil experiment of fastbook, reproduced and tested.

A data set's name comes in at the door and a table with intervals goes out. Seven rooms, in the order in which the data
passes them; each imports only rooms above it, and its __init__ names what is public:

data        series, labels and which of them train
pictures    series to fields to images
networks    a model with its weights, a device and its precision
methods     from arrays to rows: fine-tuning, linear probes, methods without pictures
evaluation  rows to differences with intervals, and the words for them
figures     rows to figures
study       runs kept, notebooks executed, claims judged, pages written
"""

import os

# torch's threads wait for each other in loops; endless ones make a run beside a busy process up to five times as long.
# On two quiet cores short ones cost 7 % of a training step, none at all (OMP_WAIT_POLICY=PASSIVE) 40 %.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
