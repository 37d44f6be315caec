"""How often the interval of the interpolation threshold holds it, whatever the curve's shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks._row import row
from genlab.measure import interpolation_threshold

SIMULATIONS = 300
SEEDS = (2, 3, 5)
BARS = (82, 93, 93)
EXAMPLES = 4000
LEVEL = 0.01
# Standard deviation of the threshold between seeds, relative to its mean.
SCATTER = (0.03, 0.1)
GRIDS = (
    np.array([5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 120, 150, 200]),
    np.array([10, 20, 40, 60, 77, 90, 100, 200]),
    10 * 1.25 ** np.arange(15),
    4 * 2.0 ** np.arange(8),
)
# Training error against capacity in units of the seed's own threshold.
CURVES = {
    "straight": lambda x: 0.5 * np.clip(1.02 - x, 0, None),
    "exponential": lambda x: LEVEL ** np.clip(x, 0, None),
    "power law": lambda x: np.minimum(LEVEL * x**-2.0, 0.9),
    "quadratic": lambda x: 0.25 * np.clip(1.2 - x, 0, None) ** 2,
    "logistic": lambda x: 0.6 / (1 + 59 * np.exp(np.clip(10 * (x - 1), -50, 50))),
    "step": lambda x: np.where(x < 1, 0.3, 0.0),
    "stairs": lambda x: np.select([x < 0.6, x < 0.8, x < 1], [0.5, 0.3, 0.1], 0.0),
    "slope, then step": lambda x: np.where(x < 1, 0.5 * (1.2 - x), 0.0),
}


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table: the lowest coverage of all curves and grids, in percent."""
    rows = []
    for seeds, least in zip(SEEDS, BARS, strict=True):
        for scatter in SCATTER:
            covered = [
                100 * _covered(shape, grid, seeds, scatter)
                for shape in CURVES.values()
                for grid in GRIDS
            ]
            name = f"thresholds that differ by {scatter:.0%}, {seeds} seeds, % covered: lowest"
            rows.append(row(name, [min(covered)], least=least) | {"rounds": covered})
    return rows


def _covered(shape: Any, grid: Any, seeds: int, scatter: float) -> float:
    rng = np.random.default_rng(seeds)
    held = 0
    for _ in range(SIMULATIONS):
        # Anywhere between the third capacity and the last but two.
        mean = np.exp(rng.uniform(np.log(grid[2]), np.log(grid[-3])))
        own = mean * np.maximum(1 + scatter * rng.standard_normal(seeds), 0.1)
        errors = rng.binomial(EXAMPLES, shape(grid[:, None] / own)) / EXAMPLES
        interval = interpolation_threshold(grid, errors, LEVEL).capacity
        held += bool(interval.low <= mean <= interval.high)
    return held / SIMULATIONS
