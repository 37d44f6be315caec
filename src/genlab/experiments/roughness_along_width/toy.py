"""The toy model, whose error and roughness are expected values in closed form."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy
from jaxtyping import Float

from genlab._base.jsons import Row
from genlab.datasets import ToyRegression
from genlab.models import HingeRegression


def mean_absolute(
    mean: Float[np.ndarray, ...], deviation: Float[np.ndarray, ...]
) -> Float[np.ndarray, ...]:
    """E|X| of X ~ N(mean, deviation²): the mean of the folded normal distribution.

    Leone, Nelson & Nottingham, Technometrics 1961.

    >>> mean_absolute(np.array([0.0, -3.0]), np.array([1.0, 0.0])).round(4)
    array([0.7979, 3.    ])
    """
    ratio = np.divide(mean, deviation, out=np.zeros_like(mean), where=deviation > 0)
    folded = deviation * np.sqrt(2 / np.pi) * np.exp(-(ratio**2) / 2)
    folded += mean * scipy.special.erf(ratio / np.sqrt(2))
    return np.where(deviation > 0, folded, np.abs(mean))


def exact_row(problem: ToyRegression, capacity: int, n_inputs: int) -> Row:
    """Expected error, total variation and curvature of the fits with fixed inputs.

    The fit is linear in the targets, so that its slopes between the knots and its changes of slope
    at them are normal. Expected are the sums of their absolute values over the path from 0 to 1.
    """
    inputs = (np.arange(n_inputs) + 0.5) / n_inputs
    model = HingeRegression(capacity)
    solver = model.solver(problem.x)
    bends = solver[1:]
    slopes = np.cumsum(bends, axis=0)
    smoother = model.features(inputs) @ solver
    bias_squared = ((smoother @ problem.clean - problem.truth(inputs)) ** 2).mean()
    variance = problem.noise**2 * (smoother**2).sum(axis=1).mean()
    return {
        "capacity": capacity,
        "n_parameters": model.n_parameters,
        "error": float(problem.noise**2 + bias_squared + variance),
        "total_variation": _expected(slopes, problem) / capacity,
        # The first hidden unit has its knot at the beginning of the path, where nothing bends.
        "curvature": _expected(bends[1:], problem),
    }


def _expected(maps: Float[np.ndarray, "k n"], problem: ToyRegression) -> float:
    """The sum of the expected absolute values of linear maps of the targets."""
    deviation = problem.noise * np.sqrt((maps**2).sum(axis=1))
    return float(mean_absolute(maps @ problem.clean, deviation).sum())


def exact_rows(problem: ToyRegression, capacities: Sequence[int], n_inputs: int) -> list[Row]:
    """One row per capacity."""
    return [exact_row(problem, capacity, n_inputs) for capacity in capacities]
