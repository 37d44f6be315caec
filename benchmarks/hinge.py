"""Closed-form fits a second beside a loop with `numpy.linalg.lstsq`, and a whole trade-off.

The loop solves the same least-squares problems with their matrices made beforehand. Fits and
loop follow each other in every round. The whole trade-off is a process of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

import numpy as np

from benchmarks._row import row
from genlab.datasets import make_toy_regression
from genlab.models import HingeRegression

ROUNDS = 5
CAPACITIES = range(1, 13)
TOGETHER = 20_000
ONE_BY_ONE = 500

_WHOLE = """
import json, resource, time
from genlab.datasets import make_toy_regression
from genlab.models import HingeRegression
from genlab.studies import decompose
problem = make_toy_regression()
start = time.perf_counter()
for n_hidden in range(1, 13):
    {work}
seconds = time.perf_counter() - start
print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6]))
"""
_FITS = "samples = problem.fresh(100_000); HingeRegression(n_hidden).fit(samples.x, samples.y)"
_DECOMPOSED = "decompose(HingeRegression(n_hidden), problem, 100_000)"


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table."""
    samples = make_toy_regression().fresh(TOGETHER)
    rounds = [(_loop(samples), _together(samples)) for _ in range(ROUNDS)]
    fits, decomposed = ([_whole(work) for _ in range(ROUNDS)] for work in (_FITS, _DECOMPOSED))
    whole = "12 capacities × 100,000 data sets"
    return [
        row("loop with lstsq, fits a second", [loop for loop, _ in rounds]),
        row("genlab, fits a second", [together for _, together in rounds]),
        row("times faster", [together / loop for loop, together in rounds], least=20),
        row(f"{whole}, drawn and fitted, seconds", [s for s, _ in fits], most=4),
        row(f"{whole}, decomposed, seconds", [s for s, _ in decomposed], most=4),
        row("the same, peak memory, GB", [memory for _, memory in decomposed], most=2),
    ]


def _loop(samples: Any) -> float:
    """Fits a second over all capacities, one data set after another."""
    seconds = 0.0
    for n_hidden in CAPACITIES:
        matrices = HingeRegression(n_hidden).features(samples.x[:ONE_BY_ONE])
        start = time.perf_counter()
        for matrix, y in zip(matrices, samples.y, strict=False):
            np.linalg.lstsq(matrix, y, rcond=None)
        seconds += time.perf_counter() - start
    return len(CAPACITIES) * ONE_BY_ONE / seconds


def _together(samples: Any) -> float:
    start = time.perf_counter()
    for n_hidden in CAPACITIES:
        HingeRegression(n_hidden).fit(samples.x, samples.y)
    return len(CAPACITIES) * TOGETHER / (time.perf_counter() - start)


def _whole(work: str) -> tuple[float, float]:
    """Seconds and peak gigabytes of a process."""
    code = _WHOLE.replace("{work}", work)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, memory = json.loads(done.stdout)
    return seconds, memory
