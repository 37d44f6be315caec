"""How often the intervals of a calibration test hold the truth.

Gaussian classes and their exact probabilities, whose log odds are multiplied by a factor. The
truth is that of 400,000 examples, with the accuracy at a confidence from the exact probabilities.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy

from benchmarks._row import row
from genlab.measure import calibration_test

REPETITIONS = 200
SIZES = (100, 300, 1000)
N_TRUE = 400_000
FINE = 400
SHARPNESS = (1.0, 1.3, 2.0, 0.6)
# Classes and the distance of their means: errors of 24, 2, 33 and 2%.
PROBLEMS = ((2, 1.0), (2, 3.0), (10, 2.0), (10, 4.0))


class Drawn(NamedTuple):
    """Labels, stated and exact probabilities."""

    y: np.ndarray
    stated: np.ndarray
    exact: np.ndarray


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table, in percent: the lowest over problems and sizes."""
    rows = []
    for sharpness in SHARPNESS:
        held = [
            _held(classes, distance, sharpness, n) for classes, distance in PROBLEMS for n in SIZES
        ]
        for i, (what, least) in enumerate((("calibration error", 85.0), ("over-confidence", 88.0))):
            values = [100 * both[i] for both in held]
            measured = f"{what}, log odds times {sharpness:g}, % covered: lowest"
            rows.append(row(measured, [min(values)], least=least) | {"rounds": values})
        if sharpness == 1:
            values = [100 * both[2] for both in held]
            measured = "calibrated, % found miscalibrated: highest"
            rows.append(row(measured, [max(values)], most=5) | {"rounds": values})
    return rows


def _draw(n: int, rng: np.random.Generator, classes: int, distance: float, sharp: float) -> Drawn:
    y = rng.integers(classes, size=n)
    x = rng.normal(size=(n, classes))
    x[np.arange(n), y] += distance
    logits = distance * x
    return Drawn(y, scipy.special.softmax(sharp * logits, 1), scipy.special.softmax(logits, 1))


def _held(classes: int, distance: float, sharp: float, n: int) -> tuple[float, float, float]:
    rng = np.random.default_rng(n)
    _, stated, exact = _draw(N_TRUE, rng, classes, distance, sharp)
    top, right = stated.max(axis=1), exact[np.arange(N_TRUE), stated.argmax(axis=1)]
    place = np.digitize(top, np.quantile(top, np.arange(1, FINE) / FINE))
    count = np.bincount(place, minlength=FINE)
    gap = np.bincount(place, top - right, minlength=FINE) / np.maximum(count, 1)
    error = float(np.sqrt((count * gap**2).sum() / N_TRUE)) if sharp != 1 else 0.0
    over = float((top - right).mean()) if sharp != 1 else 0.0
    held = np.zeros(3)
    for _ in range(REPETITIONS):
        y, stated, _ = _draw(n, rng, classes, distance, sharp)
        found = calibration_test(stated, y)
        held[0] += found.calibration_error.low <= error <= found.calibration_error.high
        held[1] += found.overconfidence.low <= over <= found.overconfidence.high
        held[2] += found.calibration_error.low > 0
    return tuple((held / REPETITIONS).tolist())
