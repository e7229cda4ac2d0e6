"""Peak memory does not grow with the number of series: pictures are drawn batch by batch, and what is kept of them is
small.
"""

import os
import subprocess
import sys

import pytest

from tsvision.data import datasets

# draws every picture once for the frozen trunk and twice for fine-tuning; 240 of 280 x 280 would be 225 MB at once
CHILD = """
import resource
import numpy as np
from calls import CNN, call, waves
from tsvision.methods import frozen, training

frozen.AT_ONCE, training.KEPT["cpu"] = 2**14, 2**18  # 16 pictures of 32 x 32; 21 of them
for n in (40, 240):
    data = *waves(n, 280), np.arange(n) < n // 2
    (answer, *_), _ = call(frozen.linear_probe, *data, **CNN | {"view": "resize"}, layer="all")
    assert answer[0]["accuracy"] > 0.9
    call(training.fine_tune, *data, **CNN | {"view": "resize"}, epochs=1, base_lr=2e-3, batch_size=16)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss counts KiB on Linux alone")
def test_six_times_as_many_series_take_hardly_more_memory():
    path = os.pathsep.join([str(datasets.ROOT / "src"), os.path.dirname(__file__)])
    child = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CHILD],
        env=os.environ | {"PYTHONPATH": path, "MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "65536"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 0, child.stderr[-2000:]
    few, many = map(int, child.stdout.split()[-2:])
    assert many <= few + 60, f"peak MiB of 40 and 240 series: {few}, {many}"
