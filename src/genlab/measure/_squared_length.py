"""Confidence interval of the squared length of a mean that is known with noise.

The squared bias is such a length: the mean of finitely many fits misses the expected fit
by noise, so the plain squared length is too high, and where the bias is small its
distribution is far from normal.
"""

from __future__ import annotations

import numpy as np
import scipy
from jaxtyping import Float

_BISECTIONS = 45
# Variances this small beside the largest are rounding errors of a zero.
_ZERO = 1e-12
# Variances this close to the largest are equal but for rounding: they come from eigenvalues.
_EQUAL = 1e-9
# Noise this small beside the estimate is lost in its last digit.
_LOST = np.finfo(np.float64).eps
# A gamma distribution of this shape is normal to five digits. Beyond it the argument of its
# distribution function has too few digits.
_NORMAL = 1e10
# Where the noise along its largest axis is integrated, in standard deviations.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)
_FARTHEST = 8.0


def squared_length_interval(
    estimate: Float[np.ndarray, "k d"], variance: Float[np.ndarray, "k d"], confidence: float
) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, " k"], Float[np.ndarray, " k"]]:
    """|u|² from a normal estimate of u whose coordinates are independent.

    Parameters
    ----------
    estimate, variance
        Estimates of k vectors u of length d, and the variances of their coordinates, at
        least 0.
    confidence
        Coverage, between 0 and 1.

    Returns
    -------
    length, low, high
        The unbiased estimate |û|² − Σ variance, which may be negative, and the interval:
        all |u|² under which neither a |û|² as high as the observed one, nor one as low, is
        rarer than (1 − confidence)/2. Each |u|² is represented by the likeliest u of that
        length, û_i / (1 + μ·variance_i) for some μ. Where nothing shorter is excluded the
        interval begins at the length that noise cannot have made, or at the estimate if
        that is lower still: no |u|² lies between the two.
    """
    largest = variance.max(axis=1, keepdims=True)
    share = np.divide(variance, largest, out=np.zeros_like(variance), where=largest > 0)
    share = np.where(share > _ZERO, share, 0.0)
    estimate = _turned(estimate, share)
    seen = (estimate**2).sum(axis=1)
    length = seen - (share * largest).sum(axis=1)
    # From here on in units of the largest standard deviation, in which no power of a very small
    # number is 0. The variances are then the shares.
    deviation = np.sqrt(largest)
    share = np.where(deviation > _LOST * np.abs(estimate).max(axis=1, keepdims=True), share, 0.0)
    noisy = share.max(axis=1) > 0
    unit = np.where(noisy[:, None], deviation, 1.0)
    # Both ends at once: the last place on the path where so high a |û|² is rare, and the last
    # where so low a one is not.
    estimate, share = np.tile(estimate / unit, (2, 1)), np.tile(share, (2, 1))
    square = (estimate**2).sum(axis=1)
    rare = np.repeat([(1 + confidence) / 2, (1 - confidence) / 2], len(length))
    low, high = np.full(len(rare), -1.0), np.full(len(rare), 1.0)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        below = _probability_below(square, _on_path(middle, estimate, share), share)
        before = below > rare
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    ends = np.split((_on_path(low, estimate, share) ** 2).sum(axis=1), 2)
    square_of_unit = np.where(noisy, largest[:, 0], 1.0)
    first, last = (np.where(noisy, end * square_of_unit, seen) for end in ends)
    return length, np.minimum(first, length), last


def _turned(
    estimate: Float[np.ndarray, "k d"], share: Float[np.ndarray, "k d"]
) -> Float[np.ndarray, "k d"]:
    """The estimates turned onto one axis within the coordinates of the largest variance.

    Noise of equal variances has no axes of its own, so that rounding would choose them.
    """
    equal = share > 1 - _EQUAL
    length = np.linalg.norm(np.where(equal, estimate, 0.0), axis=1, keepdims=True)
    first = np.argmax(share, axis=1, keepdims=True)
    turned = np.where(equal, 0.0, estimate)
    only = np.where(equal.any(axis=1, keepdims=True), length, estimate[:, :1])
    np.put_along_axis(turned, first, only, axis=1)
    return turned


def _on_path(
    place: Float[np.ndarray, " k"],
    estimate: Float[np.ndarray, "k d"],
    share: Float[np.ndarray, "k d"],
) -> Float[np.ndarray, "k d"]:
    """From what no noise reaches, at −1, by û, at 0, to any length, towards 1."""
    kept = 1 - np.maximum(-place, 0.0)[:, None]
    stretch = np.maximum(place, 0.0)[:, None]
    shorter = np.divide(kept, kept + (1 - kept) * share, out=np.ones_like(share), where=share > 0)
    return estimate * shorter / (1 - stretch * share)


def _probability_below(
    length: Float[np.ndarray, " k"], u: Float[np.ndarray, "k d"], variance: Float[np.ndarray, "k d"]
) -> Float[np.ndarray, " k"]:
    """P(|u + noise|² < length).

    Exact where noise has one direction. Otherwise that of the largest noise is integrated
    numerically, and the squared length of the rest, a weighted sum of noncentral χ²
    variables, is taken as the gamma distribution of the same mean, variance and skewness
    (Pearson's type III).
    """
    axis = np.argmax(variance, axis=1, keepdims=True)
    along = np.abs(np.take_along_axis(u, axis, axis=1))
    deviation = np.sqrt(np.take_along_axis(variance, axis, axis=1))
    squares, rest = u**2, variance.copy()
    np.put_along_axis(squares, axis, 0.0, axis=1)
    np.put_along_axis(rest, axis, 0.0, axis=1)
    noisy = rest.any(axis=1)
    # The rest's length is known, or has at least the part that noise does not reach.
    floor = np.where(rest > 0, 0.0, squares).sum(axis=1)
    radius = np.sqrt(np.maximum(length - floor, 0.0))[:, None]
    deviation = np.where(deviation > 0, deviation, 1.0)
    start, stop = (-radius - along) / deviation, (radius - along) / deviation
    below = (scipy.special.ndtr(stop) - scipy.special.ndtr(start))[:, 0]
    if noisy.any():
        start, stop = np.clip(start, -_FARTHEST, _FARTHEST), np.clip(stop, -_FARTHEST, _FARTHEST)
        z = (start + stop) / 2 + (stop - start) / 2 * _NODES
        density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) * _WEIGHTS
        left = radius**2 - (along + deviation * z) ** 2
        squares = np.where(rest > 0, squares, 0.0)
        of_rest = _pearson(
            left,
            (squares + rest).sum(axis=1),
            (2 * rest * (rest + 2 * squares)).sum(axis=1),
            (8 * rest**2 * (rest + 3 * squares)).sum(axis=1),
        )
        integral = (stop - start)[:, 0] / 2 * (density * of_rest).sum(axis=1)
        below = np.where(noisy, integral, below)
    return below


def _pearson(
    value: Float[np.ndarray, "k nodes"],
    mean: Float[np.ndarray, " k"],
    variance: Float[np.ndarray, " k"],
    third: Float[np.ndarray, " k"],
) -> Float[np.ndarray, "k nodes"]:
    """Distribution function of Pearson's type III, from its first three cumulants."""
    known = variance == 0
    variance, third = np.where(known, 1.0, variance), np.where(known, 1.0, third)
    shape = (4 * variance * (variance / third) ** 2)[:, None]
    deviations = (value - mean[:, None]) / np.sqrt(variance)[:, None]
    normal = shape > _NORMAL
    shape = np.where(normal, 1.0, shape)
    argument = np.maximum(shape + deviations * np.sqrt(shape), 0.0)
    return np.where(normal, scipy.special.ndtr(deviations), scipy.special.gammainc(shape, argument))
