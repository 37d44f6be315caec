"""`toy-data`: the function, its noise, and the model part by part.

Figures 8.3 and 8.4 of S. Prince, "Understanding Deep Learning".
"""

from __future__ import annotations

import numpy as np
import scipy

from genlab._base.jsons import Row
from genlab.datasets import ToyRegression, make_toy_regression
from genlab.experiments._experiment import Context, Findings
from genlab.experiments._toy import CURVE_X, curve_rows, distance_from_truth
from genlab.experiments.toy_data.protocol import PROTOCOLS, Protocol
from genlab.experiments.toy_data.tables import TABLES
from genlab.experiments.toy_data.words import NOTES, answer, finding
from genlab.measure import mean_interval, wilson_interval
from genlab.models import HingeFit

__all__ = ["PROTOCOLS", "TABLES", "Protocol", "run"]

# Data sets in memory at once; each is the same whatever is drawn with it.
_AT_ONCE = 100_000


def run(context: Context, protocol: Protocol) -> Findings:
    """Draw the problem, measure its noise, and show the parts of a fit."""
    problem = make_toy_regression(n=protocol.n_points, noise=protocol.noise)
    fit = protocol.model.fit(problem.x, problem.y)
    tables = {
        "noise": _noise_rows(problem, protocol.n_datasets, context.seeds(1)[0]),
        "model": _model_rows(fit),
        "errors": _error_rows(problem, fit),
        "function": [
            {
                "x": float(x),
                "y": float(y),
                "low": float(y - 2 * problem.noise),
                "high": float(y + 2 * problem.noise),
            }
            for x, y in zip(CURVE_X, problem.truth(CURVE_X), strict=True)
        ],
        "samples": [
            {"x": float(x), "y": float(y), "clean": float(clean)}
            for x, y, clean in zip(problem.x, problem.y, problem.clean, strict=True)
        ],
        "units": _unit_rows(fit),
        "fit": curve_rows(CURVE_X, fit.predict(CURVE_X)),
    }
    return Findings(tables, [], answer(tables, protocol), notes=NOTES, finding=finding(tables))


def _noise_rows(problem: ToyRegression, n_datasets: int, seed: int) -> list[Row]:
    """How fresh targets lie around the function, compared with a normal distribution."""
    noise = np.concatenate(
        [
            _differences(problem, min(_AT_ONCE, n_datasets - start), seed, start)
            for start in range(0, n_datasets, _AT_ONCE)
        ]
    )
    rows: list[Row] = []
    for k in (1, 2, 3):
        inside = int(np.count_nonzero(np.abs(noise) <= k * problem.noise))
        rows.append(
            {
                "quantity": f"within_{k}_sd",
                **wilson_interval(inside, len(noise)).row(),
                "expected": float(scipy.stats.norm.cdf(k) - scipy.stats.norm.cdf(-k)),
                "n_targets": len(noise),
            }
        )
    rows.append(
        {
            "quantity": "variance",
            **mean_interval(noise**2).row(),
            "expected": problem.noise**2,
            "n_targets": len(noise),
        }
    )
    return rows


def _differences(problem: ToyRegression, n_datasets: int, seed: int, start: int) -> np.ndarray:
    samples = problem.fresh(n_datasets, seed=seed, start=start)
    return (samples.y - samples.clean).ravel()


def _model_rows(fit: HingeFit) -> list[Row]:
    offset = {"parameter": "offset", "unit": None, "knot": None, "value": float(fit.offset)}
    slopes = [
        {"parameter": "slope", "unit": d, "knot": float(knot), "value": float(slope)}
        for d, (knot, slope) in enumerate(zip(fit.model.knots, fit.slopes, strict=True), start=1)
    ]
    return [offset, *slopes]


def _error_rows(problem: ToyRegression, fit: HingeFit) -> list[Row]:
    """Mean squared errors of the one fit: on its own data, and expected on new ones."""
    distance = distance_from_truth(fit, problem)
    errors = {
        "train": float(np.mean((fit.predict(problem.x) - problem.y) ** 2)),
        "distance": distance,
        "expected_test": distance + problem.noise**2,
    }
    return [{"quantity": quantity, "value": value} for quantity, value in errors.items()]


def _unit_rows(fit: HingeFit) -> list[Row]:
    """Each hidden unit along x, before and after its weight."""
    units = fit.model.features(CURVE_X)[:, 1:]
    return [
        {
            "unit": d + 1,
            "x": float(x),
            "activation": float(units[i, d]),
            "weighted": float(units[i, d] * slope),
        }
        for d, slope in enumerate(fit.slopes)
        for i, x in enumerate(CURVE_X)
    ]
