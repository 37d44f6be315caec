"""How often the interval of a score on one held-out part holds the true score.

The model is fixed: Gaussian classes along one direction and its exact probabilities, sharpened by
half, as those of an overfitted model are; and a line with normal or heavy-tailed errors. The true
score is that of half a million examples.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.special import softmax

from benchmarks._row import row
from genlab.measure import SCORES, evaluate_score

REPETITIONS = 400
SIZES = (100, 300, 1000)
N_TRUE = 500_000
SHARES = {
    "2 equal classes": (0.5, 0.5),
    "2 classes of 90 and 10%": (0.9, 0.1),
    "3 classes of 60, 30 and 10%": (0.6, 0.3, 0.1),
}
# Distance between neighbouring classes in standard deviations: errors of about 40, 15 and 5%.
DISTANCES = (0.5, 2.0, 3.3)
# A few examples of a rare class may have nearly all of these losses.
SKEWED = ("log_loss", "brier")
Drawn = tuple[np.ndarray, np.ndarray]


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table, in percent: the lowest over sizes and distances."""
    rows = []
    for what, shares in SHARES.items():
        draws = [_classes(np.array(shares), distance) for distance in DISTANCES]
        for name in SCORES["classification"]:
            covered = [
                100 * _covered(name, "classification", draw, n) for draw in draws for n in SIZES
            ]
            measured = f"{name}, {what}, % covered: lowest"
            rows.append(row(measured, [min(covered)], least=_least(name)) | {"rounds": covered})
    for what, freedom in (("normal", np.inf), ("Student's t with 5 degrees of freedom", 5.0)):
        for name in SCORES["regression"]:
            covered = [100 * _covered(name, "regression", _line(freedom), n) for n in SIZES]
            measured = f"{name}, errors {what}, % covered: lowest"
            rows.append(row(measured, [min(covered)], least=_least(name)) | {"rounds": covered})
    return rows


def _least(name: str) -> float:
    return 75 if name in SKEWED else 85


def _classes(shares: np.ndarray, distance: float) -> Callable[[int, np.random.Generator], Drawn]:
    def draw(n: int, rng: np.random.Generator) -> Drawn:
        y = rng.choice(len(shares), size=n, p=shares)
        x = rng.normal(size=n) + distance * y
        means = distance * np.arange(len(shares))
        logits = 1.5 * (x[:, None] * means - means**2 / 2 + np.log(shares))
        return y, softmax(logits, axis=1)

    return draw


def _line(freedom: float) -> Callable[[int, np.random.Generator], Drawn]:
    def draw(n: int, rng: np.random.Generator) -> Drawn:
        line = rng.normal(size=n)
        noise = rng.normal(size=n) if np.isinf(freedom) else rng.standard_t(freedom, size=n)
        return line + noise, line

    return draw


def _covered(
    name: str, task: str, draw: Callable[[int, np.random.Generator], Drawn], n: int
) -> float:
    rng = np.random.default_rng(n)
    labels = SCORES[task][name].needs == "labels"

    def drawn(size: int) -> Drawn:
        y, outputs = draw(size, rng)
        return y, outputs.argmax(axis=1) if labels else outputs

    y, outputs = drawn(N_TRUE)
    n_classes = None if task == "regression" else int(y.max()) + 1
    truth = float(evaluate_score(name, y, outputs, task=task, n_classes=n_classes).mean)
    held = 0
    for _ in range(REPETITIONS):
        found = evaluate_score(name, *drawn(n), task=task, n_classes=n_classes)
        held += bool(found.low <= truth <= found.high)
    return held / REPETITIONS
