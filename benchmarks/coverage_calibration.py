"""How often the intervals of a calibration test hold the truth.

Gaussian classes and their exact probabilities, whose log odds are multiplied by a factor. The
truth is that of 400,000 examples, with the accuracy at a confidence from the exact probabilities;
that of a gain is what the temperatures of the two halves gain on 20,000 others.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy

from benchmarks._row import row
from genlab._base import streams
from genlab.measure import calibration_test
from genlab.measure._calibrated import _temperature

REPETITIONS = 200
SIZES = (100, 300, 1000)
N_TRUE = 400_000
FINE = 400
# Examples behind the true gain of a temperature, and the least probability.
N_GAIN, LEAST = 20_000, 2.2e-16
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
        values = [100 * both[3] for both in held]
        measured = f"gain by temperature, log odds times {sharpness:g}, % covered: lowest"
        rows.append(row(measured, [min(values)], least=65) | {"rounds": values})
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


def _held(classes: int, distance: float, sharp: float, n: int) -> np.ndarray:
    rng = np.random.default_rng(n)
    labels, stated, exact = _draw(N_TRUE, rng, classes, distance, sharp)
    top, right = stated.max(axis=1), exact[np.arange(N_TRUE), stated.argmax(axis=1)]
    place = np.digitize(top, np.quantile(top, np.arange(1, FINE) / FINE))
    count = np.bincount(place, minlength=FINE)
    gap = np.bincount(place, top - right, minlength=FINE) / np.maximum(count, 1)
    error = float(np.sqrt((count * gap**2).sum() / N_TRUE)) if sharp != 1 else 0.0
    over = float((top - right).mean()) if sharp != 1 else 0.0
    held = np.zeros(4)
    logits, labels = np.log(np.maximum(stated[:N_GAIN], LEAST)), labels[:N_GAIN]
    before = _loss(logits, labels, 1.0)
    for seed in range(REPETITIONS):
        y, stated, _ = _draw(n, rng, classes, distance, sharp)
        found = calibration_test(stated, y, seed=seed)
        held[0] += found.calibration_error.low <= error <= found.calibration_error.high
        held[1] += found.overconfidence.low <= over <= found.overconfidence.high
        held[2] += found.calibration_error.low > 0
        order = streams.numpy_stream(seed, streams.RESAMPLING).permutation(n)
        given = np.log(np.maximum(stated, LEAST))
        temperatures = [_temperature(given[i], y[i]) for i in (order[: n // 2], order[n // 2 :])]
        gain = before - np.mean([_loss(logits, labels, t) for t in temperatures])
        held[3] += found.gain.low <= gain <= found.gain.high
    return held / REPETITIONS


def _loss(logits: np.ndarray, labels: np.ndarray, temperature: float) -> float:
    scaled = scipy.special.log_softmax(logits / temperature, axis=1)
    return -float(scaled[np.arange(len(labels)), labels].mean())
