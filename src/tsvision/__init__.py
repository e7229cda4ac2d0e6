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

# A run takes one thread, and as many runs as there are cores go on beside each other: the same rows on any number of
# cores, and no thread that waits for another. On two cores of an AMD EPYC, medians of three, fine-tunings take .86 to
# .90 of the time that they take with two threads, one after another (Lite0, ViT-S); beside a busy process .40 (Lite0).
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(name, "1")
THREADS = max(1, int(os.environ["OMP_NUM_THREADS"])) if os.environ["OMP_NUM_THREADS"].isdigit() else 1
# Set for other work, these change in silence how numbers are multiplied: TensorFloat-32 where a row says fp32, and the
# other way round; another formula for attention.
for name in ("NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "TIMM_FUSED_ATTN"):
    os.environ.pop(name, None)
