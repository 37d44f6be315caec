"""Expected squared error = noise + bias² + variance, each with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from genlab._base.arrays import floats
from genlab._base.checks import real
from genlab.measure._intervals import Interval, mean_interval, on_log_scale, student_interval
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
    be negative; the variance divides by R − 1. The intervals are over data sets: Student's t
    for the error, the same on a log scale for the variance, and for the squared bias that of
    the squared length of a mean, which also holds where the bias is small. All need many data
    sets (about 200 or more) and predictions with finite fourth moments.

    References
    ----------
    S. Prince, "Understanding Deep Learning" (2023), equation 8.7.

    >>> at_inputs, average = squared_error_parts([[0.0, 1.0], [2.0, 1.0]], [0.0, 1.0], 0.5)
    >>> at_inputs.variance.mean, at_inputs.bias_squared.mean, at_inputs.error.mean
    (array([2., 0.]), array([0., 0.]), array([2.25, 0.25]))
    """
    fits, true = floats("predictions", predictions), floats("truth", truth)
    noise = real("noise", noise, low=0)
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
    """Sums over data sets of powers of the deviations from the mean prediction."""

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
    square, cube, fourth = np.zeros((3, m))
    products = np.zeros((m, m))
    squares, along_bias = np.empty((2, n_datasets))
    for start in range(0, n_datasets, _BLOCK):
        rows = slice(start, start + _BLOCK)
        deviations = fits[rows] - mean
        powers = deviations**2
        square += powers.sum(axis=0)
        cube += np.einsum("ij,ij->j", powers, deviations)
        fourth += np.einsum("ij,ij->j", powers, powers)
        products += deviations.T @ deviations
        squares[rows] = powers.mean(axis=1)
        along_bias[rows] = (deviations * bias).mean(axis=1)
    return _Moments(square, cube, fourth, products, squares, along_bias)


def _at_inputs(
    moments: _Moments,
    bias: Float[np.ndarray, " m"],
    noise: float,
    n_datasets: int,
    confidence: float,
) -> ErrorParts:
    variance = moments.square / (n_datasets - 1)
    ratio = n_datasets / (n_datasets - 1)
    # Sums of squared deviations of what is averaged: of the squared deviations, and of
    # (prediction - truth)² = deviation² + 2·bias·deviation + bias².
    spread = moments.fourth - moments.square**2 / n_datasets
    error_spread = spread + 4 * bias * moments.cube + 4 * bias**2 * moments.square
    per_mean = n_datasets * (n_datasets - 1)
    n = np.asarray(n_datasets)
    bias_squared = squared_length_interval(
        bias[:, None], variance[:, None] / n_datasets, confidence
    )
    return ErrorParts(
        _known(noise**2, variance.shape, n_datasets),
        Interval(*bias_squared, np.full(variance.shape, n_datasets)),
        on_log_scale(
            student_interval(variance, ratio**2 * np.maximum(spread, 0.0) / per_mean, n, confidence)
        ),
        student_interval(
            noise**2 + bias**2 + moments.square / n_datasets,
            np.maximum(error_spread, 0.0) / per_mean,
            n,
            confidence,
        ),
    )


def _average(
    moments: _Moments,
    bias: Float[np.ndarray, " m"],
    noise: float,
    n_datasets: int,
    confidence: float,
) -> ErrorParts:
    m = len(bias)
    ratio = n_datasets / (n_datasets - 1)
    # Coordinates in which the errors of the mean prediction are independent.
    covariance = moments.products / (n_datasets - 1)
    variances, axes = np.linalg.eigh(covariance / (m * n_datasets))
    length, low, high = squared_length_interval(
        (bias @ axes)[None] / np.sqrt(m), np.maximum(variances, 0.0)[None], confidence
    )
    errors = noise**2 + (bias**2).mean() + 2 * moments.along_bias + moments.squares
    return ErrorParts(
        _known(noise**2, (), n_datasets),
        Interval(length[0], low[0], high[0], np.asarray(n_datasets)),
        on_log_scale(mean_interval(ratio * moments.squares, confidence=confidence)),
        mean_interval(errors, confidence=confidence),
    )


def _known(value: float, shape: tuple[int, ...], n_datasets: int) -> Interval:
    point = np.full(shape, value)
    return Interval(point, point, point, np.full(shape, n_datasets))
