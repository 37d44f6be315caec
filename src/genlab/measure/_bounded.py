"""Confidence intervals of means over seeds that stay where their quantity can be."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy
from jaxtyping import Float

from genlab._base.arrays import floats
from genlab._base.checks import integer
from genlab.measure._intervals import Interval, checked_confidence, mean_interval


def error_interval(
    values: Any, n: int | None = None, axis: int = 0, confidence: float = 0.95
) -> Interval:
    """Interval of the mean over seeds of an error, or of another fraction, within [0, 1].

    The interval is Student's t on the log odds of the mean p, by the delta method. Far from 0 and
    1 it equals Student's t on p itself: for three seeds of mean 40% and standard deviation 1 point
    both are 37.5 to 42.5%, and differ by at most 0.04 points. Three changes make it cover where
    errors are rare. They vanish far from 0 and 1, and treat both ends alike:

    - The standard deviation of the counts is taken as at least that of independent errors,
      √(n p (1 − p)), or 1/2 if that is less. So seeds with equal errors do not give a width of 0.
    - The end away from the bound is moved out, because the distribution is skewed. On the scale of
      log odds it moves by (1 + z²)/2 · (1 − 2 p) times the squared standard error, where z is the
      normal quantile (Johnson, JASA 1978, for a log-normal distribution, whose skewness is three
      times the coefficient of variation).
    - That end is at most an exact upper limit, for Poisson counts whose rates have a gamma
      distribution. Its shape is 1 without an error and 1/(1 + k) with k errors in all, but no less
      than 0.3 or 1/seeds. If no seed has an error, the end is this limit.

    Coverage in percent at 2, 3, 5 and 20 seeds for a stated 95%, the lowest of each group, from
    20,000 repetitions (``benchmarks/coverage_mean.py``):

    - normal, of mean 10 or 40%: 95, 95, 95 and 95;
    - near 0 (normal cut off at 0; beta): 93, 95, 95 and 96;
    - counts of mean 0.5 or 2 (Poisson, with equal, gamma or log-normal rates; standard
      deviation up to 3.2 times the mean): 99, 98, 94 and 93;
    - counts of mean 20 with a standard deviation of up to 1.3 times the mean: 94, 94, 93, 94;
    - counts of mean 20 with 1.8 times (negative binomial): 90, 93, 93 and 95;
    - counts of mean 20 with 2.9 times (log-normal rates): 95, 92, 90 and 89.

    In the last group but one, Student's t covers 76, 73, 78 and 87. In the last group the mean is
    determined by seeds so rare that few samples hold one. An interval for a log-normal mean
    covered more there, but reached up to 100% error with 3 seeds.

    Parameters
    ----------
    values
        One value per seed along `axis`, each from 0 to 1. One that is NaN or infinite has
        diverged: it is left out and lowers `n` of the result.
    n
        Examples behind each value, if known. It matters where errors are few, and where the
        seeds are equal. Without it equal seeds do not show how much seeds vary: each then counts
        as a single trial, and the interval is wide.
    axis
        Axis of the seeds.
    confidence
        Coverage, between 0 and 1.

    Returns
    -------
    Interval
        `mean` is the plain mean. `low` and `high` are NaN with fewer than two finite values.

    Raises
    ------
    TypeError, ValueError
        If a finite value lies outside [0, 1], or `n` is no integer of at least 1.

    >>> interval = error_interval([0.0, 0.0, 0.0], n=10_000)
    >>> f"{100 * interval.low:.3f} to {100 * interval.high:.3f}%"
    '0.000 to 0.024%'
    >>> interval = error_interval([0.39, 0.40, 0.41], n=10_000)
    >>> f"{100 * interval.low:.1f} to {100 * interval.high:.1f}%"
    '37.5 to 42.5%'
    """
    confidence = checked_confidence(confidence)
    array = _checked(values, 1.0)
    student = mean_interval(array, axis, confidence)
    p, seeds = np.clip(student.mean, 0, 1), np.maximum(student.n, 1)
    # On the side of the nearer bound: the rarer of error and no error.
    rare, common = np.minimum(p, 1 - p), np.maximum(p, 1 - p)
    variance, spread = _variance(student, confidence), rare * common
    spread = np.where(spread > _LEAST, spread, 0.0)
    trials: Any
    if n is None:
        equal = ~(variance > _EQUAL * spread)
        trials, variance = np.where(equal, 1.0, np.inf), np.where(equal, spread, variance)
    else:
        trials = np.asarray(float(integer("n", n, low=1)))
        variance = np.maximum(variance, np.minimum(spread / trials, 0.25 / trials**2))
    some = spread > 0
    error = _divided(np.sqrt(variance / seeds), spread, some)
    down, up = _reach(error, seeds, confidence, common - rare)
    odds = _divided(rare, common, some)
    # Away from the bound it goes, so that both ends are alike at 1/2.
    cap = np.divide(
        _cap(rare, trials, seeds, confidence) / common,
        common - rare,
        out=np.full(np.shape(rare), np.inf),
        where=common > rare,
    )
    low, high = odds * np.exp(-down), np.where(some, np.minimum(odds * np.exp(up), cap), cap)
    # The mean itself may lie a rounding error outside.
    low, high = np.minimum(low / (1 + low), rare), np.maximum(1 - 1 / (1 + high), rare)
    flip = p > 1 / 2
    return _with_two(student, np.where(flip, 1 - high, low), np.where(flip, 1 - low, high))


def percent_interval(
    values: Any, n: int | None = None, axis: int = 0, confidence: float = 0.95
) -> Interval:
    """`error_interval` of values in percent, each from 0 to 100.

    >>> interval = percent_interval([39, 40, 41], n=10_000)
    >>> f"{interval.low:.1f} to {interval.high:.1f}%"
    '37.5 to 42.5%'
    """
    array = _checked(values, 100.0)
    interval = error_interval(array / 100, n, axis, confidence).scaled(100)
    # The mean of the values themselves, without the rounding of the two units.
    mean = mean_interval(array, axis).mean
    low, high = np.minimum(interval.low, mean), np.maximum(interval.high, mean)
    return Interval(mean, low, high, interval.n)


def loss_interval(values: Any, axis: int = 0, confidence: float = 0.95) -> Interval:
    """Interval of the mean over seeds of a loss, or of another positive quantity, above 0.

    `error_interval` for values without an upper bound and without a count behind them:
    Student's t on the logarithm of the mean, by the delta method, with the same correction
    for skewness, and an upper end of at most that of gamma values of shape 0.3 or 1/seeds.
    Where the seeds scatter little beside their mean it is Student's t.

    Coverage in percent at 2, 3, 5 and 20 seeds for a stated 95%, from 20,000 repetitions
    (``benchmarks/coverage_mean.py``): 95, 95, 95 and 95 on normal losses; 95, 96, 96 and 96 on
    exponential ones; 94, 93, 92 and 93 on log-normal ones whose logarithm has standard
    deviation 1, and 92, 90, 88 and 89 where that is 1.5.

    Parameters
    ----------
    values
        One value per seed along `axis`, each >= 0. One that is NaN or infinite has diverged:
        it is left out and lowers `n`.
    axis
        Axis of the seeds.
    confidence
        Coverage, between 0 and 1.

    Returns
    -------
    Interval
        `mean` is the plain mean. `low` and `high` are NaN with fewer than two finite values,
        and where all are equal: seeds that do not differ do not show how much they vary.

    Raises
    ------
    ValueError
        If a finite value is below 0.

    >>> interval = loss_interval([0.5, 0.25, 0.125])
    >>> bool(0 < interval.low < interval.mean < interval.high)
    True
    """
    confidence = checked_confidence(confidence)
    student = mean_interval(_checked(values, np.inf), axis, confidence)
    mean, seeds = student.mean, np.maximum(student.n, 1)
    variance = _variance(student, confidence)
    differ = variance > _EQUAL * mean**2
    error = _divided(np.sqrt(variance / seeds), mean, differ)
    down, up = _reach(error, seeds, confidence, np.ones_like(mean))
    high = np.minimum(mean * np.exp(up), _cap(mean, np.asarray(np.inf), seeds, confidence))
    return _with_two(
        student, np.where(differ, mean * np.exp(-down), np.nan), np.where(differ, high, np.nan)
    )


# A variance below this fraction of its scale is the rounding error of equal values.
_EQUAL = 1e-24
# An error below this is 0: the square of its inverse is no float64.
_LEAST = 1e-150
# The exponential of more is no float64.
_FARTHEST = 600.0


def _checked(values: Any, high: float) -> Float[np.ndarray, ...]:
    array = floats("values", values)
    outside = array[np.isfinite(array) & ((array < 0) | (array > high))]
    if outside.size:
        rule = f"from 0 to {high:g}" if np.isfinite(high) else ">= 0"
        raise ValueError(f"`values` must be {rule}, got {float(outside[0])!r}.")
    return array


def _variance(student: Interval, confidence: float) -> Float[np.ndarray, ...]:
    """Variance of the values behind Student's interval; NaN with fewer than two."""
    quantile = scipy.stats.t.ppf((1 + confidence) / 2, np.maximum(student.n - 1, 1))
    return np.asarray(((student.high - student.low) / (2 * quantile)) ** 2 * student.n)


def _reach(
    error: Float[np.ndarray, ...],
    seeds: Float[np.ndarray, ...],
    confidence: float,
    skewed: Float[np.ndarray, ...],
) -> tuple[Float[np.ndarray, ...], Float[np.ndarray, ...]]:
    """How far below and above the mean the ends lie on the scale of `error`, its standard error."""
    half = scipy.stats.t.ppf((1 + confidence) / 2, np.maximum(seeds - 1, 1)) * error
    skewness = (1 + scipy.stats.norm.ppf((1 + confidence) / 2) ** 2) / 2 * error**2 * skewed
    return np.minimum(half, _FARTHEST), np.minimum(half + skewness, _FARTHEST)


def _cap(
    mean: Float[np.ndarray, ...],
    trials: Float[np.ndarray, ...],
    seeds: Float[np.ndarray, ...],
    confidence: float,
) -> Float[np.ndarray, ...]:
    """Upper limit of the mean of counts, over `trials`, whose rates have a gamma distribution.

    The counts of all seeds add up to k with a negative binomial probability, whose
    distribution function is an incomplete beta function.
    """
    alpha = (1 - confidence) / 2
    counted = np.isfinite(trials)
    trials = np.where(counted, trials, 1.0)
    total = np.where(counted & np.isfinite(mean), mean * trials * seeds, 0.0)
    rates = np.maximum(np.maximum(0.3, 1 / seeds), np.where(counted, 1 / (1 + total), 0))
    none = scipy.stats.beta.ppf(alpha, seeds * rates, total + 1)
    exact = rates * (1 - none) / none / trials
    other = mean * seeds * rates / scipy.stats.gamma.ppf(alpha, seeds * rates)
    return np.where(counted, exact, other)


def _with_two(
    student: Interval, low: Float[np.ndarray, ...], high: Float[np.ndarray, ...]
) -> Interval:
    """Ends where there are two values or more."""
    two = student.n > 1
    return Interval(
        student.mean, np.where(two, low, np.nan), np.where(two, high, np.nan), student.n
    )


def _divided(above: Any, below: Any, where: Any) -> Float[np.ndarray, ...]:
    """The quotient, and 0 elsewhere."""
    above, below, where = np.broadcast_arrays(above, below, where)
    return np.divide(above, below, out=np.zeros(above.shape), where=where)
