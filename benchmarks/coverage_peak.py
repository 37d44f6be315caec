"""How often a peak is claimed: on flat and falling curves, and on a published double descent."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks._row import row
from genlab.measure import peak_test

SIMULATIONS = 1000
POSITIONS = (6, 20, 50)
SEEDS = (3, 5)
# Test error (%) of MNIST-1D with 15% label noise, at widths 5 to 200 (Prince, figure 8.10).
BOOK = (60, 46.5, 42.5, 43.4, 47, 47.9, 47, 46.4, 39.9)


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table, in percent."""
    rows = []
    for name, falls, uneven in (
        ("flat", 0.0, False),
        ("falling", 3.0, False),
        ("flat, sd 1 to 4", 0.0, True),
    ):
        claims = [
            _claimed(-np.linspace(0, falls, k), np.linspace(1, 4 if uneven else 1, k), [m] * k)
            for k in POSITIONS
            for m in SEEDS
        ]
        for claim, rates in zip(("rise", "peak"), np.transpose(claims), strict=True):
            rows.append(
                row(f"{name}, % with a {claim}: highest", [float(rates.max())], most=5)
                | {"rounds": rates.tolist()}
            )
    curve, counts = np.array(BOOK), [3] * 8 + [1]
    for deviation, least in ((0.5, 99), (1.0, 90), (1.5, 50)):
        _, peak = _claimed(curve, np.full(len(curve), deviation), counts)
        rows.append(row(f"published peak found, %, sd {deviation:g} points", [peak], least=least))
    return rows


def _claimed(curve: Any, deviations: Any, counts: list[int]) -> tuple[float, float]:
    """Percentages of simulations that claim a rise, and a rise and a fall."""
    rng = np.random.default_rng(len(counts))
    rise = peak = 0
    for _ in range(SIMULATIONS):
        found = peak_test(
            [
                mean + deviation * rng.standard_normal(n)
                for mean, deviation, n in zip(curve, deviations, counts, strict=True)
            ]
        )
        rise += bool(found.rise.low > 0)
        peak += found.found
    return 100 * rise / SIMULATIONS, 100 * peak / SIMULATIONS
