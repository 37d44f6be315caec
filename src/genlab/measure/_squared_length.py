"""Confidence interval of the squared length of a mean that is known with noise.

The squared bias is such a length: the mean of finitely many fits misses the expected fit
by noise, so the plain squared length is too high, and where the bias is small its
distribution is far from normal.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from scipy import special

_BISECTIONS = 50
# Variances this small beside the largest are rounding errors of a zero.
_ZERO = 1e-12


def squared_length_interval(
    estimate: Float[np.ndarray, "k d"], variance: Float[np.ndarray, "k d"], confidence: float
) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, " k"], Float[np.ndarray, " k"]]:
    """|u|² from a normal estimate of u whose coordinates are independent.

    Parameters
    ----------
    estimate, variance
        Of k vectors u of length d; variances may be 0.
    confidence
        Coverage, between 0 and 1.

    Returns
    -------
    length, low, high
        The unbiased estimate |û|² − Σ variance, which may be negative, and the interval:
        all |u|² under which neither so high a |û|² as the one seen, nor so low a one, is
        rarer than (1 − confidence)/2. Each |u|² is represented by the likeliest u of that
        length, û_i / (1 + μ·variance_i) for some μ; |û|² is then a weighted sum of
        noncentral χ² variables, and its distribution is taken as the gamma distribution of
        the same mean, variance and skewness (Pearson's type III). The interval reaches
        down to the length that noise cannot have made where it excludes nothing shorter;
        the estimate may then lie below it.
    """
    largest = variance.max(axis=1, keepdims=True)
    share = np.divide(variance, largest, out=np.zeros_like(variance), where=largest > 0)
    variance = np.where(share > _ZERO, variance, 0.0)
    share = np.where(share > _ZERO, share, 0.0)
    seen = (estimate**2).sum(axis=1)
    tail = (1 - confidence) / 2

    def path(place: Float[np.ndarray, " k"]) -> Float[np.ndarray, "k d"]:
        """From what no noise reaches, at −1, by û, at 0, to any length, towards 1."""
        shrink, stretch = np.maximum(-place, 0.0)[:, None], np.maximum(place, 0.0)[:, None]
        kept = 1 - shrink
        shorter = np.divide(
            kept, kept + shrink * share, out=np.ones_like(share), where=kept + share > 0
        )
        shorter[share == 0] = 1.0
        return estimate * shorter / (1 - stretch * share)

    def above(place: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
        return _probability_above(seen, path(place), variance)

    low = _last(lambda place: above(place) <= tail, len(seen))
    high = _last(lambda place: 1 - above(place) > tail, len(seen))
    return (
        seen - variance.sum(axis=1),
        (path(low) ** 2).sum(axis=1),
        (path(high) ** 2).sum(axis=1),
    )


def _last(holds: Callable[[np.ndarray], np.ndarray], k: int) -> Float[np.ndarray, " k"]:
    """The last place from −1 to 1 until which a condition holds; −1 where it never does."""
    low, high = np.full(k, -1.0), np.full(k, 1.0)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        held = holds(middle)
        low, high = np.where(held, middle, low), np.where(held, high, middle)
    return low


def _probability_above(
    seen: Float[np.ndarray, " k"], u: Float[np.ndarray, "k d"], variance: Float[np.ndarray, "k d"]
) -> Float[np.ndarray, " k"]:
    """P(|u + noise|² ≥ seen)."""
    mean = (u**2 + variance).sum(axis=1)
    square = (2 * variance**2 + 4 * u**2 * variance).sum(axis=1)
    cube = (8 * variance**3 + 24 * u**2 * variance**2).sum(axis=1)
    known = square == 0
    shape = 4 * np.divide(square**3, cube**2, out=np.ones_like(cube), where=~known)
    deviations = np.divide(seen - mean, np.sqrt(square), out=np.zeros_like(mean), where=~known)
    argument = np.maximum(shape + deviations * np.sqrt(shape), 0.0)
    return np.where(known, 0.5, special.gammaincc(shape, argument))
