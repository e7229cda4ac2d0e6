"""Peak memory does not grow with the number of series: pictures are drawn batch by batch, and what is kept of them is
small.
"""

import os
import subprocess
import sys

import pytest

from tsvision.data import datasets

# draws every picture once for the frozen trunk and twice for fine-tuning; 10,000 of 140 x 140 would be 2.4 GB at once
CHILD = """
import resource, sys
import numpy as np
from tsvision.methods import frozen, training
from tsvision.networks import backbones

n = int(sys.argv[1])
rng = np.random.default_rng(0)
labels = np.arange(n) % 2
series = np.sin(np.linspace(0, 20, 140) * (1 + labels[:, None])) + rng.normal(0, 0.5, (n, 140))
train = np.arange(n) < n // 2
tiny = backbones.first_available(["test_resnet.r160_in1k"], 64, "random")
picture = dict(encoding="gadf", colormap="viridis", size=64, view="resize")
(answer, *_), _ = frozen.linear_probe(series, labels, train, **tiny, **picture, layer="all", seed=0)
assert answer[0]["accuracy"] > 0.9
training.fine_tune(series, labels, train, **tiny, **picture, epochs=1, base_lr=2e-3, batch_size=64, seed=0)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss counts KiB on Linux alone")
def test_ten_times_as_many_series_take_hardly_more_memory():
    peaks = {}
    for n in (1_000, 10_000):
        environment = os.environ | {"PYTHONPATH": str(datasets.ROOT / "src"), "MALLOC_ARENA_MAX": "2"}
        child = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", CHILD, str(n)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert child.returncode == 0, child.stderr[-2000:]
        peaks[n] = int(child.stdout.split()[-1])
    assert peaks[10_000] <= peaks[1_000] + 300, f"peak MiB by number of series: {peaks}"
