"""Expected absolute error = noise + systematic effect + variance effect."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy
from jaxtyping import Float

from genlab.measure._intervals import Interval, checked_confidence
from genlab.measure._loss_parts import (
    Fits,
    LossParts,
    assembled,
    checked_targets,
    known_intervals,
)
from genlab.measure._parts_intervals import mean_intervals

# The order statistics that give the standard error of a median have a median between them but
# for so few samples. Nearer ones would scatter more, and farther ones know less of the middle.
_RARE = 0.001


def absolute_error_parts(
    predictions: Any,
    truth: Any,
    noise: float | None = None,
    *,
    predicted: Any = None,
    confidence: float = 0.95,
) -> tuple[LossParts, LossParts]:
    """Split the absolute error of models fitted to different data sets.

    The main prediction is the median m of the predictions, and the best one the median f of the
    target t. Then E|t − y| is E|t − f|, the noise, plus E|t − m| − E|t − f|, the systematic
    effect, plus E|t − y| − E|t − m|, the variance effect (James, "Variance and bias for general
    loss functions", Machine Learning 2003, whose effects of bias and variance these are). The
    systematic effect is never negative. The variance effect may be, where the predictions are
    skewed and their median is on the wrong side of their mean.

    Parameters
    ----------
    predictions
        Predictions of the model fitted to each data set, at each row, shape (n_datasets, m).
    truth
        Median of the target at each row, shape (m,), or with `noise=None` the target.
    noise
        Standard deviation, at least 0, of a target that is normally distributed around the
        truth. None where it is not known.
    predicted
        Whether a fit predicts a row, shape (n_datasets, m), such as out of bag. None: all do.
    confidence
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    at_rows, average
        Terms "noise", "bias", the systematic effect, and "variance", the variance effect, in the
        unit of the target. Without `noise` the first two are one, "bias_and_noise", the distance
        of the median from the target.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    Notes
    -----
    The median of n fits is off by chance, and where it is nearly right its distance is too
    large for that. How much larger a normally distributed median with the standard error s makes
    it on average is subtracted from the bias, and added to the variance, so that the terms add up
    to the mean loss. s is half the width of a 99.9% interval of the median, over the normal
    quantile of its coverage (McKean & Schrader, Communications in Statistics 1984). At a row whose
    median is exactly right, and without noise, about half of the excess is left.

    A row's interval of the bias is that of the median from order statistics, which holds for any
    distribution. On average it is Student's t with the errors of the medians, of which those of
    one data set go together.

    With least squares, whose parts are known in closed form, the 95% intervals hold the loss in 95
    to 97% of cases with 30 and with 200 data sets, the bias in 95 to 100% and the variance in 96 to
    99% (``benchmarks/coverage_parts.py``).

    Fits must be to independent data sets: see `squared_loss_parts`.

    >>> at_rows, average = absolute_error_parts([[0.0], [1.0], [5.0]], [0.0], 0.0)
    >>> at_rows.loss.mean
    array([2.])
    """
    confidence = checked_confidence(confidence)
    found = checked_targets(predictions, truth, noise, predicted)
    fits, true, sigma = found.fits, found.truth, found.noise
    values = fits.values[..., 0]
    medians, error, stretch = _medians(values, fits, confidence)
    off = medians.mean - true
    known = np.full(len(true), _distance(0.0, sigma))
    wide = np.hypot(sigma, error)
    bias = 2 * _distance(off, sigma) - _distance(off, wide) - known
    losses = fits.only(_distance(values - true, sigma))
    above = values - medians.mean
    near, signs = _moves(above, error, error * stretch, fits), _moves(above, 0.0, error, fits)
    # Of the corrected bias, which changes up to twice as fast as the median where that is right.
    slope = 2 * _slope(off, sigma) - _slope(off, wide)
    curvature = 2 * scipy.stats.norm.pdf(_over(off, wide, 0.0)) * _over(1.0, wide, 0.0)
    second = _second_order(curvature, fits.spread(near))
    of_bias = fits.only(bias + slope * near)
    of_variance = fits.only(losses - known - bias - slope * signs)
    _, average = mean_intervals(of_bias, fits, confidence, more=_more(of_bias, second, fits))
    low, high = (np.maximum(end, 0) for end in (average.low, average.high))
    average = Interval(
        average.mean, np.minimum(low, average.mean), np.maximum(high, average.mean), average.n
    )
    parts = {} if noise is None else {"noise": known_intervals(known, fits)}
    parts |= {
        "bias": (_at_rows(bias, medians, true, sigma, fits), average),
        "variance": mean_intervals(
            of_variance, fits, confidence, more=_more(of_variance, second, fits)
        ),
        "loss": mean_intervals(losses, fits, confidence, known),
    }
    at_all_rows, on_average = assembled(parts, fits)
    return found.in_their_unit(at_all_rows, 1), found.in_their_unit(on_average, 1)


def _distance(off: Any, sigma: Any) -> Float[np.ndarray, ...]:
    """E|off + sigma · Z| for a standard normal Z."""
    off, sigma = np.broadcast_arrays(np.asarray(off, float), np.asarray(sigma, float))
    z = _over(off, sigma, np.inf)
    folded = sigma * 2 * scipy.stats.norm.pdf(z) + off * scipy.special.erf(z / math.sqrt(2))
    return np.where(np.isinf(z), np.abs(off), folded)


def _over(above: Any, below: Any, otherwise: Any) -> Float[np.ndarray, ...]:
    """The quotient, and something else where the divisor is 0."""
    above, below, otherwise = np.broadcast_arrays(above, below, otherwise)
    return np.divide(above, below, out=np.array(otherwise, float), where=below > 0)


def _slope(off: Any, sigma: Any) -> Float[np.ndarray, ...]:
    """How E|off + sigma · Z| changes with the offset: the sign, averaged over the noise."""
    return scipy.special.erf(
        _over(off, math.sqrt(2) * sigma, np.where(off == 0, 0.0, np.copysign(np.inf, off)))
    )


def _second_order(
    curvature: Float[np.ndarray, " k"], spread: Float[np.ndarray, "n_datasets k"]
) -> tuple[Float[np.ndarray, ...], Float[np.ndarray, ...]]:
    """The variance that the curvature of the bias adds, at each row and on average."""
    flat = spread * np.sqrt(curvature / len(curvature))
    at_rows = (curvature * (spread**2).sum(axis=0)) ** 2 / 2
    return at_rows, ((flat @ flat.T) ** 2).sum() / 2


def _more(
    values: Float[np.ndarray, "n_datasets k"],
    second: tuple[Float[np.ndarray, ...], Float[np.ndarray, ...]],
    fits: Fits,
) -> tuple[Float[np.ndarray, ...], Float[np.ndarray, ...]]:
    """What to add to the variance that the slopes give, so that it is that of the curvature.

    A slope at a median that is off by chance is too steep, by twice what the curvature adds. No
    more than that is added, and nothing is taken off: the slopes themselves are known with noise.
    """
    spread = fits.spread(values)
    first = (spread**2).sum(axis=0), (spread.mean(axis=1) ** 2).sum()
    at_rows, average = (np.maximum(b - a, 0.0) for a, b in zip(first, second, strict=True))
    return at_rows, average


def _moves(
    above: Float[np.ndarray, "n_datasets k"],
    window: Any,
    error: Float[np.ndarray, " k"],
    fits: Fits,
) -> Float[np.ndarray, "n_datasets k"]:
    """How each fit moves the median, whose standard error is given.

    A fit moves it by its sign, averaged over a normal window around the median. Without a window
    as wide as the error the medians of neighbouring rows would seem to differ more than they do;
    with one, the mean and the median of a row less.
    """
    signs = fits.deviations(fits.only(_slope(above, window)))
    size = np.sqrt((fits.spread(signs) ** 2).sum(axis=0))
    return signs * _over(error, size, 0.0)


def _medians(
    values: Float[np.ndarray, "n_datasets k"], fits: Fits, confidence: float
) -> tuple[Interval, Float[np.ndarray, " k"], Float[np.ndarray, " k"]]:
    """The median of the fits that predict each row, its standard error, and a factor of that.

    The factor makes Student's t of n − 1 degrees of freedom that of an error which is known no
    better than a sum of the gaps between few order statistics.

    The interval is that of order statistics; where there are too few fits for one it reaches from
    the lowest to the highest. The error is half the width of a wider one, over the normal
    quantile of its coverage.
    """
    ordered = np.sort(np.where(fits.predicted, values, np.inf), axis=0)
    n, rows = fits.n, np.arange(len(fits.n))
    median = (ordered[(n - 1) // 2, rows] + ordered[n // 2, rows]) / 2

    def ends(rare: float) -> tuple[Any, Any, Any]:
        rank = np.maximum(np.asarray(scipy.stats.binom.ppf(rare / 2, n, 0.5), int) - 1, 0)
        return rank, ordered[rank, rows], ordered[n - 1 - rank, rows]

    _, low, high = ends(1 - confidence)
    rank, first, last = ends(_RARE)
    quantile = -scipy.stats.norm.ppf(scipy.stats.binom.cdf(rank, n, 0.5))
    # Half a degree of freedom for each gap between neighbouring order statistics.
    free = np.maximum((n - 1 - 2 * rank) / 2, 1)
    stretch = scipy.stats.t.ppf((1 + confidence) / 2, free) / scipy.stats.t.ppf(
        (1 + confidence) / 2, n - 1
    )
    return Interval(median, low, high, n), (last - first) / (2 * quantile), stretch


def _at_rows(
    bias: Float[np.ndarray, " k"],
    medians: Interval,
    true: Float[np.ndarray, " k"],
    sigma: float,
    fits: Fits,
) -> Interval:
    """The systematic effects of all medians in their intervals."""
    first, last = medians.low - true, medians.high - true
    nearest = np.where((first <= 0) & (last >= 0), 0.0, np.minimum(np.abs(first), np.abs(last)))
    farthest = np.maximum(np.abs(first), np.abs(last))
    low, high = (_distance(off, sigma) - _distance(0.0, sigma) for off in (nearest, farthest))
    return Interval(bias, np.minimum(low, bias), np.maximum(high, bias), fits.n)
