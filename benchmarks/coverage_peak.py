"""How often a peak is claimed: on flat and falling curves, and on a published double descent.

Also of paired values, on flat curves whose positions belong together along a seed, as the errors
of one network do in the course of its training.
"""

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
    return rows + _paired()


def _paired() -> list[dict[str, Any]]:
    """Claims of paired tests, the highest over the ways in which positions belong together."""
    rows = []
    for seeds in SEEDS:
        claims = []
        for positions in (20, 60):
            for kind in _COURSES:
                rng = np.random.default_rng([seeds, positions])
                tests = [
                    peak_test(_course(kind, positions, seeds, rng), paired=True)
                    for _ in range(SIMULATIONS)
                ]
                claims.append(
                    [
                        100 * float(np.mean([test.rise.low > 0 for test in tests])),
                        100 * float(np.mean([test.found for test in tests])),
                    ]
                )
        for name, rates, bar in zip(("rise", "peak"), np.transpose(claims), (6, 1), strict=True):
            measured = f"flat courses, paired, {seeds} seeds, % with a {name}: highest"
            highest = row(measured, [float(rates.max())], most=bar)
            rows.append(highest | {"rounds": rates.tolist()})
    return rows


_COURSES = ("independent", "autoregressive", "growing", "random walk", "slopes", "jump")


def _course(kind: str, positions: int, seeds: int, rng: Any) -> Any:
    """Values of mean 0, shape (positions, seeds)."""
    draws, along = rng.standard_normal((positions, seeds)), np.linspace(-1, 1, positions)[:, None]
    if kind == "independent":
        return draws
    if kind == "random walk":
        return draws.cumsum(axis=0)
    if kind == "slopes":
        return along * rng.standard_normal(seeds) + 0.3 * draws
    if kind == "jump":
        return (along > 0) * rng.standard_normal(seeds) + 0.1 * draws
    values = [draws[0]]
    for draw in draws[1:]:
        values.append(0.9 * values[-1] + (1 - 0.9**2) ** 0.5 * draw)
    return np.array(values) * (2 + along if kind == "growing" else 1)


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
