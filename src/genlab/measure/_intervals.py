"""Confidence intervals of means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy import stats

from genlab._check import integer, real


@dataclass(frozen=True, eq=False)
class Interval:
    """A mean and its confidence interval, elementwise.

    Attributes
    ----------
    mean, low, high
        Arrays of one shape. `low` and `high` are NaN where fewer than two finite
        values leave no interval, and `mean` is NaN where there are none.
    n
        Finite values behind each mean.
    """

    mean: Float[np.ndarray, ...]
    low: Float[np.ndarray, ...]
    high: Float[np.ndarray, ...]
    n: Float[np.ndarray, ...]


def proportion_interval(successes: Any, n: int, confidence: float = 0.95) -> Interval:
    """Wilson's score interval of a proportion (Wilson, JASA 1927, eq. 4), elementwise.

    For counts of independent trials, such as test examples classified rightly.

    Parameters
    ----------
    successes
        Counts from 0 to `n`.
    n
        Trials, at least 1.
    confidence
        Coverage, between 0 and 1.

    >>> interval = proportion_interval(960, 1000)
    >>> round(float(interval.low), 4), float(interval.mean), round(float(interval.high), 4)
    (0.946, 0.96, 0.9705)
    """
    confidence = real("confidence", confidence, above=0)
    if confidence >= 1:
        raise ValueError(f"`confidence` must be below 1, got {confidence!r}.")
    n = integer("n", n, low=1)
    counts = np.asarray(successes)
    if counts.size and not (counts.min() >= 0 and counts.max() <= n):
        raise ValueError(f"`successes` must be from 0 to {n}, got {successes!r}.")
    z2 = stats.norm.ppf((1 + confidence) / 2) ** 2
    p = counts / n
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n**2))) / (1 + z2 / n)
    return Interval(p, centre - half, centre + half, np.full(p.shape, n))


def mean_interval(values: Any, axis: int = 0, confidence: float = 0.95) -> Interval:
    """Student's t interval of the mean along `axis`.

    Exact for independent normal values. It is reported as it comes out: the
    interval of an error rate near 0 may reach below 0.

    Parameters
    ----------
    values
        Repetitions along `axis` (seeds, data sets). One that is NaN or infinite has
        diverged: it is left out and lowers `n`.
    axis
        Axis of the repetitions.
    confidence
        Coverage, between 0 and 1.

    >>> interval = mean_interval([1.0, 2.0, 3.0])
    >>> round(float(interval.low), 3), float(interval.mean), round(float(interval.high), 3)
    (-0.484, 2.0, 4.484)
    """
    confidence = real("confidence", confidence, above=0)
    if confidence >= 1:
        raise ValueError(f"`confidence` must be below 1, got {confidence!r}.")
    array = np.moveaxis(np.asarray(values, dtype=np.float64), axis, 0)
    finite = np.isfinite(array)
    n = finite.sum(axis=0)
    total = np.where(finite, array, 0.0).sum(axis=0)
    mean = np.divide(total, n, out=np.full(total.shape, np.nan), where=n > 0)
    squares = (np.where(finite, array - mean, 0.0) ** 2).sum(axis=0)
    variance = np.divide(squares, n - 1, out=np.full(total.shape, np.nan), where=n > 1)
    freedom = np.maximum(n - 1, 1)
    half = stats.t.ppf((1 + confidence) / 2, freedom) * np.sqrt(variance / np.maximum(n, 1))
    return Interval(mean, mean - half, mean + half, n)
