"""Examples of MNIST-1D a second: genlab's two methods beside the `mnist1d` package.

Each measurement is a process of its own with one thread, and the three follow each other
in every round.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from benchmarks._row import row
from genlab.sweep import ONE_THREAD

ROUNDS = 3

_PACKAGE = """
import time
from mnist1d.data import get_dataset_args, make_dataset
arguments = get_dataset_args()
start = time.perf_counter()
make_dataset(arguments)
print(arguments.num_samples / (time.perf_counter() - start))
"""

_EXACT = """
import time
from genlab.datasets import make_mnist1d
make_mnist1d(100)
start = time.perf_counter()
make_mnist1d(50_000)
print(50_000 / (time.perf_counter() - start))
"""

_FAST = """
import time
from genlab.datasets import iter_mnist1d
next(iter_mnist1d(1000))
start = time.perf_counter()
for x, y in iter_mnist1d(500_000):
    pass
print(500_000 / (time.perf_counter() - start))
"""


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table."""
    rounds = [tuple(map(_measure, (_PACKAGE, _EXACT, _FAST))) for _ in range(ROUNDS)]
    return [
        row("mnist1d package, examples a second", [package for package, _, _ in rounds]),
        row("genlab exact, examples a second", [exact for _, exact, _ in rounds]),
        row("genlab fast, examples a second", [fast for _, _, fast in rounds]),
        row("times faster, exact", [exact / package for package, exact, _ in rounds], least=12),
        row("times faster, fast", [fast / package for package, _, fast in rounds], least=80),
    ]


def _measure(code: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **ONE_THREAD, "MPLBACKEND": "agg"},
    )
    return float(done.stdout)
