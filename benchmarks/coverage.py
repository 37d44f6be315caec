"""How often the 95% intervals of a decomposition hold the exact values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchmarks._row import row
from genlab.datasets import make_toy_regression
from genlab.models import HingeRegression
from genlab.studies import decompose, decompose_exactly

REPETITIONS = 2000
DATASETS = 200
CAPACITIES = range(1, 9)
# The exact route averages over so many draws of the inputs that what is left of their
# sampling error is small beside that of 200 data sets.
EXACT = 100_000
INPUTS = (np.arange(20) + 0.5) / 20
PARTS = ("bias_squared", "variance", "error")


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table: the share covered at each capacity, in percent."""
    covered = [_covered(n_hidden) for n_hidden in CAPACITIES]
    rows = []
    for part in PARTS:
        shares = [100 * share[part] for share in covered]
        low, high = min(shares), max(shares)
        name = f"{part.replace('_', ' ')}, % covered, 1 to 8 hidden units"
        rows.append(row(f"{name}: lowest", [low], least=93.5) | {"rounds": shares})
        rows.append(row(f"{name}: highest", [high], most=96.5) | {"rounds": shares})
    return rows


def _covered(n_hidden: int) -> dict[str, float]:
    problem, model = make_toy_regression(), HingeRegression(n_hidden)
    exact = decompose_exactly(model, problem, EXACT, inputs=INPUTS, seed=1)
    bias_squared, variance = exact.bias_squared.mean(), exact.variance.mean()
    values = {
        "bias_squared": bias_squared,
        "variance": variance,
        "error": math.fsum((bias_squared, variance, problem.noise**2)),
    }
    counts = dict.fromkeys(PARTS, 0)
    for seed in range(REPETITIONS):
        parts = decompose(model, problem, DATASETS, inputs=INPUTS, seed=2 + seed).average
        for part in PARTS:
            interval = getattr(parts, part)
            counts[part] += bool(interval.low <= values[part] <= interval.high)
    return {part: count / REPETITIONS for part, count in counts.items()}
