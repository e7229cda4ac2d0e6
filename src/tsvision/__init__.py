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

# torch's threads wait for each other in loops. On two cores of an AMD EPYC a training step of Lite0 at 160 px takes
# .150 s with endless ones, .56 s beside a busy process; with 1000 turns .163 s, .35 s beside one; with none .21 s.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
# Set for other work, these change in silence how numbers are multiplied: TensorFloat-32 where a row says fp32, and the
# other way round; another formula for attention.
for name in ("NVIDIA_TF32_OVERRIDE", "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "TIMM_FUSED_ATTN"):
    os.environ.pop(name, None)
