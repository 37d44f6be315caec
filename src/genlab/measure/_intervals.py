"""Confidence intervals of means, variances and quantiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from jaxtyping import Float

from genlab._base.arrays import along, dense, floats, numbers, squarable
from genlab._base.checks import real
from genlab._base.words import received

# The sum of a few million fourth powers of it, of which a kurtosis is made, is still a float64.
_FOURTH = 1e70


@dataclass(frozen=True, eq=False)
class Interval:
    """An estimate, usually a mean, and its confidence interval, elementwise.

    Attributes
    ----------
    mean, low, high
        Estimate and ends of its interval: arrays of one shape. The ends are NaN where fewer
        than two finite values leave no interval, and `mean` is NaN where there are none.
    n
        Number of finite values behind each estimate.
    """

    mean: Float[np.ndarray, ...]
    low: Float[np.ndarray, ...]
    high: Float[np.ndarray, ...]
    n: Float[np.ndarray, ...]

    def row(self, prefix: str = "", index: Any = ()) -> dict[str, float]:
        """One element as columns of a table.

        Parameters
        ----------
        prefix
            Name of the estimate: the columns are then prefix, prefix_low and prefix_high
            instead of estimate, low and high.
        index
            Index of the element; the default is that of an array without axes.

        >>> interval = mean_interval([2.0, 2.0])
        >>> interval.row()
        {'estimate': 2.0, 'low': 2.0, 'high': 2.0}
        >>> list(interval.row("error"))
        ['error', 'error_low', 'error_high']
        """
        names = (prefix, f"{prefix}_low", f"{prefix}_high") if prefix else _COLUMNS
        ends = (self.mean, self.low, self.high)
        return {name: float(end[index]) for name, end in zip(names, ends, strict=True)}

    def scaled(self, factor: float) -> Interval:
        """The interval in another unit: estimate and ends multiplied by a positive number.

        >>> percent = mean_interval([0.25, 0.75]).scaled(100)
        >>> float(percent.mean), int(percent.n)
        (50.0, 2)
        """
        factor = real("factor", factor, above=0)
        return Interval(factor * self.mean, factor * self.low, factor * self.high, self.n)


_COLUMNS = ("estimate", "low", "high")


def mean_interval(values: Any, axis: int = 0, confidence: float = 0.95) -> Interval:
    """Student's t interval of the mean along `axis`.

    Exact for independent normal values. It knows no bounds: for an error or another fraction
    take `error_interval`, for a loss or another positive quantity `loss_interval`.

    Parameters
    ----------
    values
        Repetitions (seeds, data sets) along `axis`. A value that is NaN or infinite has
        diverged: it is left out and lowers `n`.
    axis
        Axis of the repetitions.
    confidence
        Coverage, between 0 and 1.

    >>> interval = mean_interval([1.0, 2.0, 3.0])
    >>> round(float(interval.low), 3), float(interval.mean), round(float(interval.high), 3)
    (-0.484, 2.0, 4.484)
    """
    confidence = checked_confidence(confidence)
    array = squarable("values", along("values", values, axis))
    finite = np.isfinite(array)
    n = finite.sum(axis=0)
    total = np.where(finite, array, 0.0).sum(axis=0)
    mean = np.divide(total, n, out=np.full(total.shape, np.nan), where=n > 0)
    squares = (np.where(finite, array - mean, 0.0) ** 2).sum(axis=0)
    variance = np.divide(squares, n - 1, out=np.full(total.shape, np.nan), where=n > 1)
    return student_interval(mean, variance / np.maximum(n, 1), n, confidence)


def student_interval(mean: Any, variance: Any, n: Any, confidence: float) -> Interval:
    """Student's t interval from a mean of `n` values and the estimated variance of that mean."""
    confidence = checked_confidence(confidence)
    mean, variance, n = floats("mean", mean), floats("variance", variance), dense("n", n)
    if (variance < 0).any():
        raise ValueError(f"`variance` must be >= 0, got {received(variance)}.")
    if np.shape(np.broadcast(mean, n)) != mean.shape:
        raise ValueError(f"`n` must have the shape of `mean`, {mean.shape}, got {n.shape}.")
    n = numbers("n", n)
    quantile = scipy.stats.t.ppf((1 + confidence) / 2, np.maximum(n - 1, 1))
    half = quantile * np.sqrt(variance)
    return Interval(mean, mean - half, mean + half, np.broadcast_to(n, np.shape(mean)))


def variance_interval(
    values: Any, axis: int = 0, confidence: float = 0.95, *, about: float | None = None
) -> Interval:
    """Chi-square interval of the variance along `axis`.

    For n independent normal values, (n − 1)s²/σ² has a chi-square distribution with n − 1
    degrees of freedom. Values with heavier tails scatter s² more. The interval then uses fewer
    degrees of freedom, so many that the variance of s² agrees with the kurtosis of the values
    (Box, Biometrika 1953; Shoemaker, The American Statistician 2003). The kurtosis is taken as
    at least that of the normal distribution, so that the interval is never narrower than the
    one for normal values: with 20 of them it covers about 96%, for a stated 95%. Tails so rare
    that 20 values hardly show them are not corrected for.

    Parameters
    ----------
    values
        Repetitions along `axis`. One that is NaN or infinite is left out and lowers `n`.
    axis
        Axis of the repetitions.
    confidence
        Coverage, between 0 and 1.
    about
        Mean of the distribution where it is known, such as 0 for differences of two
        repetitions; there are then n degrees of freedom. None takes the mean of the values.

    Returns
    -------
    Interval
        `mean` is the unbiased estimate of the variance, in the squared unit of the values.
        All are NaN where no degree of freedom is left.

    >>> interval = variance_interval([1.0, 2.0, 3.0])
    >>> round(float(interval.low), 3), float(interval.mean), round(float(interval.high), 3)
    (0.271, 1.0, 39.498)
    """
    confidence = checked_confidence(confidence)
    array = squarable("values", along("values", values, axis), _FOURTH)
    finite = np.isfinite(array)
    n = finite.sum(axis=0)
    about = None if about is None else real("about", about)
    free = n if about is not None else n - 1
    nan = np.full(n.shape, np.nan)
    mean = np.full(n.shape, about, dtype=np.float64) if about is not None else nan.copy()
    if about is None:
        np.divide(np.where(finite, array, 0.0).sum(axis=0), n, out=mean, where=n > 0)
    squares = np.where(finite, array - mean, 0.0) ** 2
    variance = np.divide(squares.sum(axis=0), free, out=nan, where=free > 0)
    freedom = _degrees_of_freedom(squares, n, free)
    low, high = (
        variance * freedom / scipy.stats.chi2.ppf((1 + side * confidence) / 2, freedom)
        for side in (1, -1)
    )
    return Interval(variance, low, high, n)


def _degrees_of_freedom(
    squares: Float[np.ndarray, "n ..."], n: Any, free: Any
) -> Float[np.ndarray, ...]:
    """Degrees of freedom of the chi-square distribution that scatters as the variance does."""
    known = np.maximum(free, 1)
    total = squares.sum(axis=0)
    # Scaled so that its mean over samples of normal values is 3.
    kurtosis = np.divide(
        (squares**2).sum(axis=0) * n * (known + 2) / known,
        total**2,
        out=np.full(total.shape, 3.0),
        where=total > 0,
    )
    return 2 * n / (np.maximum(kurtosis, 3.0) - 1 + 2 * (n - free) / known)


def deviation_interval(
    values: Any, axis: int = 0, confidence: float = 0.95, *, about: float | None = None
) -> Interval:
    """Interval of the standard deviation along `axis`: the square roots of `variance_interval`.

    Parameters are those of `variance_interval`; the unit is that of the values.

    >>> interval = deviation_interval([1.0, 2.0, 3.0])
    >>> round(float(interval.low), 3), float(interval.mean), round(float(interval.high), 3)
    (0.521, 1.0, 6.285)
    """
    variance = variance_interval(values, axis, confidence, about=about)
    low, mean, high = (np.sqrt(end) for end in (variance.low, variance.mean, variance.high))
    return Interval(mean, low, high, variance.n)


def jackknife_interval(estimate: Any, left_out: Any, confidence: float = 0.95) -> Interval:
    """Student's t interval of an estimate from the estimates that leave out one repetition.

    For smooth functions of means and variances, such as ratios, whatever is correlated within
    a repetition (Tukey, Annals of Mathematical Statistics 1958; Efron & Tibshirani, "An
    Introduction to the Bootstrap", equation 11.5). For a mean it equals `mean_interval`.

    Parameters
    ----------
    estimate
        Estimate from all n repetitions.
    left_out
        Estimates without the first repetition, without the second, and so on, along the first
        axis; at least 2.
    confidence
        Coverage, between 0 and 1.

    >>> jackknife_interval(2.0, [2.5, 2.0, 1.5]).high == mean_interval([1, 2, 3]).high
    np.True_
    """
    confidence = checked_confidence(confidence)
    left_out = squarable("left_out", along("left_out", left_out, 0))
    n = len(left_out)
    if n < 2:
        raise ValueError(f"`left_out` must hold at least 2 estimates, got {n}.")
    with np.errstate(invalid="ignore"):  # one that is infinite leaves no interval
        variance = (n - 1) / n * ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0)
    return student_interval(floats("estimate", estimate), variance, n, confidence)


def quantile_interval(
    values: Any, quantile: float = 0.5, axis: int = 0, confidence: float = 0.95
) -> Interval:
    """Interval of a quantile along `axis`, from the order statistics alone.

    The probability that the quantile lies below the k-th smallest of n values follows from the
    binomial distribution, whatever the distribution of the values (Conover, "Practical
    Nonparametric Statistics", section 3.2). Coverage is at least as stated, also with heavy
    tails.

    Parameters
    ----------
    values
        Repetitions along `axis`. Infinite values count; NaN is refused.
    quantile
        Quantile, between 0 and 1; 0.5 is the median.
    axis
        Axis of the repetitions.
    confidence
        Coverage, between 0 and 1.

    Returns
    -------
    Interval
        `mean` is the sample quantile. `low` is −∞, or `high` is ∞, where there are too few
        values for an end on that side.

    >>> interval = quantile_interval(range(1, 102))
    >>> float(interval.low), float(interval.mean), float(interval.high)
    (41.0, 51.0, 61.0)
    """
    confidence = checked_confidence(confidence)
    quantile = real("quantile", quantile, above=0)
    if quantile >= 1:
        raise ValueError(f"`quantile` must be below 1, got {quantile!r}.")
    array = np.sort(along("values", values, axis), axis=0)
    n = len(array)
    if n == 0 or np.isnan(array[-1]).any():
        raise ValueError(
            f"`values` must hold numbers along the axis and no NaN, got shape {np.shape(values)}."
        )
    counts = scipy.stats.binom(n, quantile)
    # Fewer than k values lie below the quantile where the k-th smallest lies above it.
    below = int(counts.ppf((1 - confidence) / 2))
    over = int(counts.ppf((1 + confidence) / 2)) + 1
    edge = np.full((1, *array.shape[1:]), np.inf)
    framed = np.concatenate([-edge, array, edge])
    with np.errstate(invalid="ignore"):  # between two that are infinite
        sample = np.quantile(array, quantile, axis=0)
    return Interval(
        sample,
        framed[below],
        framed[min(over, n + 1)],
        np.full(array.shape[1:], n),
    )


def checked_confidence(confidence: float) -> float:
    """`confidence`, or ValueError unless it lies between 0 and 1."""
    confidence = real("confidence", confidence, above=0)
    if confidence >= 1:
        raise ValueError(f"`confidence` must be below 1, got {confidence!r}.")
    return confidence
