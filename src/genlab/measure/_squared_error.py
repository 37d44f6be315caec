"""Expected squared error = noise + bias² + variance, each with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy
from jaxtyping import Float

from genlab._base.arrays import floats, squarable
from genlab._base.checks import real
from genlab.measure._intervals import Interval, checked_confidence
from genlab.measure._squared_length import squared_length_interval

# Data sets whose moments are taken in one go; their predictions stay in a core's cache.
_BLOCK = 2048


@dataclass(frozen=True, eq=False)
class ErrorParts:
    """The parts of an expected squared error, in the squared unit of the target.

    Attributes
    ----------
    noise
        Variance of the target around the truth. It is known, so its interval is a point.
    bias_squared
        Square of the expected prediction minus the truth.
    variance
        Variance of the prediction over the data sets that the model may be fitted to.
    error
        Expected squared error on a fresh target: the sum of the three, to rounding.
    """

    noise: Interval
    bias_squared: Interval
    variance: Interval
    error: Interval


def squared_error_parts(
    predictions: Any, truth: Any, noise: float, confidence: float = 0.95
) -> tuple[ErrorParts, ErrorParts]:
    """Split the expected squared error of models fitted to independent data sets.

    Parameters
    ----------
    predictions
        Predictions of the model fitted to each data set, at each input, shape (n_datasets, m)
        with at least two data sets.
    truth
        Expected target at each input, shape (m,).
    noise
        Standard deviation of a target around the truth, at least 0.
    confidence
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    at_inputs, average
        The parts at each input, arrays of shape (m,), and their mean over the inputs.

    Raises
    ------
    ValueError
        Where shapes disagree or a value is not finite.

    Notes
    -----
    With R data sets, the mean prediction differs from the expected one by noise of variance
    variance/R. It is subtracted from the squared bias, whose estimate is thus unbiased and may
    be negative; the variance divides by R − 1.

    The intervals are over data sets. That of the squared bias is the interval of the squared
    length of a mean, which also holds where the bias is small. Variance, and error minus noise,
    are means of squares, whose distribution is skewed. Their interval is Student's t on the
    logarithm of the mean, by the delta method. Its upper end is moved out by
    ((1 + 2 z²)/6 · g − z²/2 · s)·s, where s is the standard error divided by the mean, z the
    normal quantile and g the skewness of the mean (Johnson, JASA 1978): on average over the
    inputs that of the data sets, but at least 3 s, that of a log-normal distribution; at each
    input 3 s.

    What is averaged over data sets must have a finite variance. Coverage in percent for a stated
    95%, of `genlab.decompose` on its default problem of 15 points, for averages over the inputs,
    with 20, 50, 200 and 1,000 data sets (``benchmarks/coverage.py``):

    - 1 to 8 hidden units: 94 to 97 for each part;
    - 9 hidden units, where the tail index is 3: 93, 94, 95 and 95;
    - 10 hidden units, where it is below 2, so that the variance is infinite: 89, 87, 86 and 86
      for variance and error, and less with 11 and 12. More data sets do not help. The
      bootstrap-t interval and Johnson's and Hall's transformations of t covered no more.
      `genlab.studies.Decomposition` has a flag for this case, `heavy_tailed`.

    References
    ----------
    S. Prince, "Understanding Deep Learning" (2023), equation 8.7.

    >>> at_inputs, average = squared_error_parts([[0.0, 1.0], [2.0, 1.0]], [0.0, 1.0], 0.5)
    >>> at_inputs.variance.mean, at_inputs.bias_squared.mean, at_inputs.error.mean
    (array([2., 0.]), array([0., 0.]), array([2.25, 0.25]))
    """
    fits = squarable("predictions", floats("predictions", predictions))
    true = squarable("truth", floats("truth", truth))
    noise, confidence = real("noise", noise, low=0), checked_confidence(confidence)
    if fits.ndim != 2 or len(fits) < 2:
        raise ValueError(
            f"`predictions` must have shape (n_datasets, m) with n_datasets >= 2, got {fits.shape}."
        )
    if true.shape != fits.shape[1:]:
        raise ValueError(f"`truth` must have shape {fits.shape[1:]}, got {true.shape}.")
    n_datasets = len(fits)
    mean = fits.mean(axis=0)
    bias = mean - true
    if not np.isfinite(bias).all():
        raise ValueError("`predictions` and `truth` must be finite, got values that are not.")
    moments = _moments(fits, mean, bias)
    return (
        _at_inputs(moments, bias, noise, n_datasets, confidence),
        _average(moments, bias, noise, n_datasets, confidence),
    )


class _Moments(NamedTuple):
    """Sums over data sets of powers of the deviations from the mean prediction.

    Deviations and bias are in units of their own, in which no power overflows or underflows. The
    units are powers of two, which change no digit.
    """

    unit: Float[np.ndarray, ""]
    bias_unit: Float[np.ndarray, ""]
    square: Float[np.ndarray, " m"]
    cube: Float[np.ndarray, " m"]
    fourth: Float[np.ndarray, " m"]
    products: Float[np.ndarray, "m m"]
    # Each data set's mean over the inputs of deviation², and of deviation · bias.
    squares: Float[np.ndarray, " n_datasets"]
    along_bias: Float[np.ndarray, " n_datasets"]


def _moments(
    fits: Float[np.ndarray, "n_datasets m"],
    mean: Float[np.ndarray, " m"],
    bias: Float[np.ndarray, " m"],
) -> _Moments:
    n_datasets, m = fits.shape
    # Deviations that add up to 0 reach no further below than n_datasets times as far as above.
    unit = _power_of_two((fits.max(axis=0) - mean).max())
    bias_unit = _power_of_two(np.abs(bias).max())
    per_unit, direction = 1 / unit, bias / bias_unit
    square, cube, fourth = np.zeros((3, m))
    products = np.zeros((m, m))
    squares, along_bias = np.empty((2, n_datasets))
    for start in range(0, n_datasets, _BLOCK):
        rows = slice(start, start + _BLOCK)
        deviations = fits[rows] - mean
        deviations *= per_unit
        powers = deviations**2
        square += powers.sum(axis=0)
        cube += np.einsum("ij,ij->j", powers, deviations)
        fourth += np.einsum("ij,ij->j", powers, powers)
        products += deviations.T @ deviations
        squares[rows] = powers.mean(axis=1)
        along_bias[rows] = (deviations * direction).mean(axis=1)
    return _Moments(unit, bias_unit, square, cube, fourth, products, squares, along_bias)


def _power_of_two(size: Any) -> Float[np.ndarray, ...]:
    """The power of two just below a number, or 1 for one that is too small to divide by."""
    return np.where(size > np.finfo(np.float64).tiny, np.ldexp(1.0, np.frexp(size)[1] - 1), 1.0)


def _at_inputs(
    moments: _Moments,
    bias: Float[np.ndarray, " m"],
    noise: float,
    n_datasets: int,
    confidence: float,
) -> ErrorParts:
    n = np.full(bias.shape, n_datasets)
    unit, square = moments.unit, moments.square
    total = square * unit * unit
    variance = total / (n_datasets - 1)
    length = squared_length_interval(bias[:, None], variance[:, None] / n_datasets, confidence)
    # Sums of squared deviations of what is averaged: of deviation², and of deviation² +
    # 2·bias·deviation, in units of the deviation times the larger of deviation and bias.
    spread = moments.fourth - square**2 / n
    larger = np.maximum(unit, np.abs(bias))
    own, along = unit / larger, bias / larger
    of_both = own**2 * spread + 4 * own * along * moments.cube + 4 * along**2 * square
    errors = (
        _relative_error(spread, square / n, n),
        own * _relative_error(of_both, along**2 + own**2 * square / n, n),
    )
    error = noise**2 + bias**2 + total / n_datasets
    return ErrorParts(
        _known(noise**2, n),
        Interval(*length, n),
        _squares_interval(variance, 0.0, errors[0], 0.0, n, confidence),
        _squares_interval(error, noise**2, errors[1], 0.0, n, confidence),
    )


def _average(
    moments: _Moments,
    bias: Float[np.ndarray, " m"],
    noise: float,
    n_datasets: int,
    confidence: float,
) -> ErrorParts:
    m, n = len(bias), np.asarray(n_datasets)
    unit, bias_unit = moments.unit, moments.bias_unit
    larger = np.maximum(unit, bias_unit)
    own, along = unit / larger, bias_unit / larger
    # Coordinates in which the errors of the mean prediction are independent.
    covariance = moments.products / (n_datasets - 1)
    variances, axes = np.linalg.eigh(covariance / (m * n_datasets))
    length = squared_length_interval(
        (bias / larger @ axes)[None] / np.sqrt(m),
        np.maximum(own**2 * variances, 0.0)[None],
        confidence,
    )
    squares, bias_squared = moments.squares, (bias**2).mean()
    both = own * squares + 2 * along * moments.along_bias
    ratio = n_datasets / (n_datasets - 1)
    variance = (ratio * squares).mean() * unit * unit
    error = (
        noise**2
        + bias_squared
        + 2 * (moments.along_bias * unit * bias_unit)
        + squares * unit * unit
    ).mean()
    spread, skewness = _spread(squares)
    of_both, skewness_of_both = _spread(both)
    errors = (
        _relative_error(spread, squares.mean(), n),
        own * _relative_error(of_both, bias_squared / larger / larger + own * both.mean(), n),
    )
    scaled, low, high = (end[0] * larger * larger for end in length)
    return ErrorParts(
        _known(noise**2, n),
        Interval(scaled, low, high, n),
        _squares_interval(variance, 0.0, errors[0], skewness, n, confidence),
        _squares_interval(error, noise**2, errors[1], skewness_of_both, n, confidence),
    )


def _spread(values: Float[np.ndarray, " n"]) -> tuple[Float[np.ndarray, ""], Float[np.ndarray, ""]]:
    """Sum of squared deviations, and the skewness of the mean."""
    deviations = values - values.mean()
    spread = (deviations**2).sum()
    if not spread > 0:
        return spread, spread
    deviations /= np.sqrt(spread)
    return spread, (deviations * deviations * deviations).sum()


def _relative_error(spread: Any, mean: Any, n: Any) -> Float[np.ndarray, ...]:
    """Standard error of a mean of n values with this sum of squared deviations, over the mean."""
    error = np.sqrt(np.maximum(spread, 0.0) / (n * (n - 1)))
    return np.divide(error, mean, out=np.zeros(np.shape(mean)), where=mean > 0)


def _squares_interval(
    estimate: Float[np.ndarray, ...],
    floor: float,
    error: Float[np.ndarray, ...],
    skewness: Any,
    n: Any,
    confidence: float,
) -> Interval:
    """Interval of what lies above `floor` by a mean of squares.

    `error` is the standard error of that mean over the mean, and `skewness` its skewness.
    """
    half = scipy.stats.t.ppf((1 + confidence) / 2, n - 1) * error
    z2 = scipy.stats.norm.ppf((1 + confidence) / 2) ** 2
    skewness = np.maximum(skewness, 3 * error)
    further = ((1 + 2 * z2) / 6 * skewness - z2 / 2 * error) * error
    squares = np.maximum(estimate - floor, 0.0)
    # The estimate itself may lie a rounding error outside.
    with np.errstate(over="ignore"):
        low, high = floor + squares * np.exp(-half), floor + squares * np.exp(half + further)
    return Interval(estimate, np.minimum(low, estimate), np.maximum(high, estimate), n)


def _known(value: float, n: Any) -> Interval:
    point = np.full(n.shape, value)
    return Interval(point, point, point, n)
