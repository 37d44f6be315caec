"""From simulations of two sizes to infinitely many examples."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from genlab.measure import Interval, student_interval

# Without a ridge the variance of a training set has itself a finite variance where the numbers of
# examples and features differ by more than this: that of the trace of an inverse Wishart matrix.
_LEAST_APART = 3


def can_extrapolate(n: int, n_features: int, ridge: float) -> bool:
    """Whether means over training sets of this size have an interval."""
    return ridge > 0 or abs(n - n_features) > _LEAST_APART


def extrapolated(
    larger: Float[np.ndarray, " draws"],
    n_larger: int,
    smaller: Float[np.ndarray, " draws"],
    n_smaller: int,
) -> Interval:
    """The mean at infinitely many examples, from the means at two numbers of examples.

    The logarithm of the mean is taken as linear in 1/n (Richardson extrapolation). What that
    leaves is of relative size 1 / (n_larger n_smaller). The interval is Student's t on the
    logarithm, by the delta method, with the degrees of freedom of Welch and Satterthwaite.

    >>> found = extrapolated(np.array([1.0, 1.2]), 200, np.array([1.2, 1.4]), 100)
    >>> round(float(found.mean), 4)  # 1.1² / 1.3
    0.9308
    """
    weights = np.array([n_larger, -n_smaller]) / (n_larger - n_smaller)
    both = (larger, smaller)
    means = np.array([values.mean() for values in both])
    sizes = np.array([len(values) for values in both])
    errors = [values.var(ddof=1) / len(values) for values in both]
    parts = (weights / means) ** 2 * errors
    freedom = parts.sum() ** 2 / (parts**2 / (sizes - 1)).sum()
    logs = student_interval(weights @ np.log(means), parts.sum(), freedom + 1, 0.95)
    low, high = np.exp(logs.low), np.exp(logs.high)
    return Interval(np.exp(logs.mean), low, high, np.asarray(sizes[0]))
