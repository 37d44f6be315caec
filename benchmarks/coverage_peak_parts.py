"""How often a peak or a rise of bias or variance is claimed that is not there, over data sets.

Simulated classifiers at 8 capacities, whose parts are flat or fall by construction, are fitted to
3 groups of data sets, as in `genlab.studies.decomposition_curve`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy
from jaxtyping import Float

from benchmarks._row import row
from genlab.measure import (
    brier_parts,
    cross_entropy_parts,
    kohavi_wolpert_parts,
    peak_test,
    rise_test,
)

SIMULATIONS = 1000
# Standard deviation of a logit over data sets: networks that are far too confident.
CONFIDENCE = 6.0
CAPACITIES, GROUPS, FITS, ROWS = 8, 3, 12, 8

# The shape of a curve along the capacities: flat, falling to a third, or with a peak.
_PLACE = np.linspace(0, 1, CAPACITIES)
SHAPES = {
    "flat": np.ones(CAPACITIES),
    "falling": 1 - 2 * _PLACE / 3,
    "peaked": 0.3 + 0.7 * np.exp(-((_PLACE - 0.5) ** 2) / 0.03),
}
_Predictions = Float[np.ndarray, "fits rows ..."]


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table, in percent."""
    cases: list[tuple[str, Callable[..., Any], str, str]] = [
        (loss, predict, bias, variance)
        for loss, predict in (
            ("brier", _probabilities),
            ("kohavi_wolpert", _votes),
            ("cross_entropy", _confident),
        )
        for bias, variance in (("flat", "flat"), ("falling", "falling"), ("flat", "peaked"))
        # Shares of votes decide bias and variance at once.
        if not (loss == "kohavi_wolpert" and bias != variance)
    ]
    rows = []
    for loss, predict, bias, variance in cases:
        found = claims(loss, predict, SHAPES[bias], SHAPES[variance])
        name = f"{loss}, bias {bias}, variance {variance}"
        flat = ("variance",) if variance != "peaked" else ()
        # Estimates of the bias of cross-entropy are too high where the variance is.
        flat += ("bias",) if loss != "cross_entropy" else ()
        for claim in ("rise", "peak"):
            rates = [found[part, claim] for part in flat]
            if rates:
                what = f"{name}: % with a {claim} of {' or '.join(flat)}, higher"
                rows.append(row(what, [max(rates)], most=5) | {"rounds": rates})
        if variance == "peaked":
            peak = found["variance", "peak"]
            rows.append(row(f"{name}: % with the peak of variance found", [peak], least=50))
    return rows


_PARTS = {
    "brier": brier_parts,
    "kohavi_wolpert": kohavi_wolpert_parts,
    "cross_entropy": cross_entropy_parts,
}
_WITHOUT_ROWS = {"brier", "kohavi_wolpert"}


def claims(
    loss: str, predict: Callable[..., Any], bias: Any, variance: Any
) -> dict[tuple[str, str], float]:
    """Part and claim -> percentage of the simulations that make it."""
    rng = np.random.default_rng(len(loss) + int(100 * bias.sum() + 10 * variance.sum()))
    options = {"row_intervals": False} if loss in _WITHOUT_ROWS else {}
    truth = np.zeros(SIMULATIONS * ROWS, int)
    values = np.empty((2, SIMULATIONS, CAPACITIES, GROUPS))
    for place in range(CAPACITIES):
        for group in range(GROUPS):
            predictions = predict(rng, bias[place], variance[place])
            terms = _PARTS[loss](predictions, truth, **options)[0].terms
            for part, term in enumerate(terms.values()):
                values[part, :, place, group] = term.mean.reshape(SIMULATIONS, ROWS).mean(axis=1)
    counts = dict.fromkeys(((p, c) for p in ("bias", "variance") for c in ("rise", "peak")), 0)
    for part, curves in zip(("bias", "variance"), values, strict=True):
        for curve in curves:
            counts[part, "rise"] += rise_test(curve).found
            counts[part, "peak"] += peak_test(curve).found
    return {key: 100 * n / SIMULATIONS for key, n in counts.items()}


def _effects(rng: np.random.Generator, n_classes: int) -> Float[np.ndarray, "fits rows classes"]:
    """Standard normal effects of a data set, half of each common to the rows of a simulation."""
    common = rng.standard_normal((FITS, SIMULATIONS, 1, n_classes))
    own = rng.standard_normal((FITS, SIMULATIONS, ROWS, n_classes))
    return ((common + own) / np.sqrt(2)).reshape(FITS, -1, n_classes)


def _probabilities(rng: np.random.Generator, bias: float, variance: float) -> _Predictions:
    """Two classes: the mean probability depends on `bias` alone, the variance on the other."""
    wrong = 0.5 * np.sqrt(bias)
    away = 0.24 * np.sqrt(variance) * np.sin(2 * _effects(rng, 1)[..., 0])
    return np.stack([1 - wrong + away, wrong - away], axis=-1)


def _votes(rng: np.random.Generator, bias: float, _: float) -> _Predictions:
    """Three classes; a fit votes for a wrong one with a probability that falls with `bias`."""
    uniform = scipy.special.ndtr(_effects(rng, 1)[..., 0])
    wrong = 0.4 * bias
    return np.where(uniform < wrong / 2, 1, np.where(uniform < wrong, 2, 0))


def _confident(rng: np.random.Generator, bias: float, variance: float) -> _Predictions:
    """Three classes, with normal logits: the central prediction is that of the mean logits."""
    logits = CONFIDENCE * np.sqrt(variance) * _effects(rng, 3)
    logits[..., 1] += 1.5 * bias
    return np.asarray(scipy.special.softmax(logits, axis=-1))
