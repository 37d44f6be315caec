"""Intervals of the parts of a loss, over data sets."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy
from jaxtyping import Float

from genlab.measure._intervals import Interval
from genlab.measure._loss_parts import Fits
from genlab.measure._squared_length import squared_length_interval

# Variances this small beside the largest are rounding errors of a zero.
_ZERO = 1e-13
# Noise of so many equal coordinates has a squared length that is nearly normal.
_MOST_COORDINATES = 200
# So many data sets tell how a vector varies along each axis.
_DATASETS_PER_AXIS = 15
# The exponential of more is no float64.
_FARTHEST = 600.0


def mean_intervals(
    values: Float[np.ndarray, "n_datasets k"],
    fits: Fits,
    confidence: float,
    low: Any = -np.inf,
    high: Any = np.inf,
    more: tuple[Any, Any] = (0.0, 0.0),
) -> tuple[Interval, Interval]:
    """Intervals of the means over data sets of one value per fit and row.

    Parameters
    ----------
    values
        Values, such as losses or the pseudo-values of a jackknife.
    fits
        The fits they belong to.
    confidence
        Coverage.
    low, high
        Where a mean can be at a row: numbers or arrays of shape (k,). Student's t is taken on
        the scale of `bounded_interval`.
    more
        Variances to add to that of the mean, at each row and on average.

    Returns
    -------
    at_rows, average
        At each row, shape (k,), and on average over the rows.
    """
    low, high = (np.broadcast_to(np.asarray(end, float), fits.n.shape) for end in (low, high))
    mean, spread = fits.mean(fits.only(values)), fits.spread(fits.only(values))
    error = np.sqrt((spread**2).sum(axis=0) + more[0])
    # On a scale with bounds the skewness of a row's values is that of a log-normal distribution.
    cubes = np.where(np.isfinite(low), 0.0, (spread**3).sum(axis=0))
    skewness = np.divide(cubes, error**3, out=np.zeros(error.shape), where=error > 0)
    at_rows = bounded_interval(mean, error, skewness, fits.n, confidence, low, high)
    along = spread.mean(axis=1)
    error = np.sqrt((along**2).sum() + more[1])
    skewness = ((along / error) ** 3).sum() if error > 0 else 0.0
    average = bounded_interval(
        mean.mean(), error, skewness, len(values), confidence, low.mean(), high.mean()
    )
    return at_rows, average


def variance_intervals(
    deviations: Float[np.ndarray, "n_datasets k d"], fits: Fits, confidence: float, most: float
) -> tuple[Interval, Interval]:
    """Intervals of the variance of a vector, summed over its components, at most `most`.

    That of squared deviations from the sample's mean also has a part that no single data set
    shows, 2 |covariance|² / (n (n − 1)). It is all of it where every fit is as far from the mean
    as any other, such as where two classes have half of the votes each.
    """
    spread, (n_datasets, k) = fits.spread(deviations), fits.predicted.shape
    covariance = np.einsum("nkd,nke->kde", spread, spread)
    flat = spread.reshape(n_datasets, -1) / np.sqrt(k)
    more = (
        2 * (covariance**2).sum(axis=(1, 2)) * fits.n / (fits.n - 1.0),
        2 * ((flat @ flat.T) ** 2).sum() * n_datasets / (n_datasets - 1),
    )
    values = fits.only((deviations**2).sum(axis=2) * fits.n / (fits.n - 1.0))
    found = mean_intervals(values, fits, confidence, 0.0, more=more)
    at_rows, average = (
        Interval(part.mean, part.low, np.maximum(np.minimum(part.high, most), part.mean), part.n)
        for part in found
    )
    return at_rows, average


def bounded_interval(
    estimate: Any, error: Any, skewness: Any, n: Any, confidence: float, low: Any, high: Any
) -> Interval:
    """Student's t interval of a mean of `n` values within its bounds.

    On the logarithm of the distance from a lower bound, on the log odds between two bounds, and
    on the plain scale without bounds. The end on the side of the longer tail is moved out
    (Johnson, JASA 1978). On the first two scales this is the side away from the nearer bound, and
    the skewness is taken as at least that of a log-normal distribution: see
    `genlab.measure.squared_error_parts`.
    """
    estimate, error, skewness, n, low, high = np.broadcast_arrays(
        *(np.asarray(value, float) for value in (estimate, error, skewness, n, low, high))
    )
    asymmetry, t, z2 = (
        skewness,
        scipy.stats.t.ppf((1 + confidence) / 2, n - 1),
        scipy.stats.norm.ppf((1 + confidence) / 2) ** 2,
    )
    plain, two = ~np.isfinite(low), np.isfinite(high) & np.isfinite(low)
    width = np.where(two, high - low, 1.0)
    width = np.where(width > 0, width, 1.0)
    below = np.clip(np.where(plain, 1.0, estimate - low), 0, np.where(two, width, np.inf))
    flip = two & (below > width / 2)
    # The distance from the nearer bound, and by how much it is the nearer one.
    rare = np.where(flip, width - below, below) / width
    common = np.where(two, 1 - rare, 1.0)
    skewed = np.where(two, 1 - 2 * rare, 1.0)
    error = error / width
    relative = np.divide(error, rare * common, out=np.zeros(rare.shape), where=rare > 0)
    skewness = np.maximum(np.where(flip, -skewness, skewness), 3 * relative * skewed)
    further = ((1 + 2 * z2) / 6 * skewness - z2 / 2 * relative * skewed) * relative
    reach = [
        np.minimum(t * relative, _FARTHEST),
        np.minimum(t * relative + np.maximum(further, 0), _FARTHEST),
    ]
    odds = rare / common
    first, last = odds * np.exp(-reach[0]), odds * np.exp(reach[1])
    first, last = (np.where(two, end / (1 + end), end) for end in (first, last))
    first, last = np.where(flip, 1 - last, first), np.where(flip, 1 - first, last)
    with np.errstate(invalid="ignore", divide="ignore"):
        # As much as that of a log-normal distribution, also here, but for a mean near 0.
        least = np.where(estimate > 3 * error, 3 * error / estimate, 0.0)
        out = (1 + 2 * z2) / 6 * np.where(asymmetry < 0, asymmetry, np.maximum(asymmetry, least))
        out = out * error
        first = np.where(plain, estimate - t * error + np.minimum(out, 0), low + width * first)
        last = np.where(plain, estimate + t * error + np.maximum(out, 0), low + width * last)
    # The estimate itself may lie a rounding error outside.
    return Interval(
        estimate, np.minimum(first, estimate), np.maximum(last, estimate), n.astype(np.int64)
    )


def length_intervals(
    vectors: Float[np.ndarray, "k d"],
    changes: Float[np.ndarray, "n_datasets k d"],
    estimate: Float[np.ndarray, " k"],
    fits: Fits,
    confidence: float,
    high: float = np.inf,
    at_rows: bool = True,
) -> tuple[Interval, Interval]:
    """Intervals of a bias that is the squared length of a vector known with noise.

    Parameters
    ----------
    vectors
        The vector at each row; the plug-in estimate of its bias is its squared length.
    changes
        How each fit moves the vector: its mean over fits moves it by the vector's noise.
    estimate
        The estimates, free of the bias of the plug-in estimate to the first order.
    fits, confidence
        As in `mean_intervals`.
    high
        The largest value that a bias can have.
    at_rows
        Whether there are intervals at rows, which take most of the time; their ends are NaN else.

    Returns
    -------
    at_rows, average
        See `squared_length_interval`.
    """
    spread, (n_datasets, k) = fits.spread(changes), fits.predicted.shape
    rows = without_ends(estimate, fits)
    if at_rows:
        variances, axes = np.linalg.eigh(np.einsum("nkd,nke->kde", spread, spread))
        rows = _length(
            np.einsum("kd,kde->ke", vectors, axes), variances, estimate, fits.n, confidence, high
        )
    noise = spread.reshape(n_datasets, -1) / np.sqrt(k)
    coordinates, variances = _few(vectors.ravel() / np.sqrt(k), noise)
    average = _length(
        coordinates[None],
        variances[None],
        estimate.mean()[None],
        np.array([n_datasets]),
        confidence,
        high,
    )
    # The end on the side of the longer tail is moved out, as in `bounded_interval`.
    along = noise @ vectors.ravel() / np.sqrt(k)
    size = np.sqrt((along**2).sum())
    z2 = scipy.stats.norm.ppf((1 + confidence) / 2) ** 2
    shift = (1 + 2 * z2) / 3 * (along**3).sum() / size**2 if size > 0 else 0.0
    mean, low, last = average.mean[0], average.low[0], average.high[0]
    low = np.minimum(low, np.maximum(low + np.minimum(shift, 0), 0))
    last = np.maximum(np.minimum(last + np.maximum(shift, 0), high), last)
    return rows, Interval(mean, low, last, average.n[0])


def without_ends(estimate: Float[np.ndarray, " k"], fits: Fits) -> Interval:
    """Estimates at each row whose intervals were not wanted."""
    nothing = np.full(estimate.shape, np.nan)
    return Interval(estimate, nothing, nothing, fits.n)


def _few(
    vector: Float[np.ndarray, " d"], noise: Float[np.ndarray, "n_datasets d"]
) -> tuple[Float[np.ndarray, " few"], Float[np.ndarray, " few"]]:
    """A vector in coordinates whose errors are independent.

    These are the axes of its covariance where data sets are many times as many as axes. Else they
    cannot tell how each axis varies. What the distribution of the squared length depends on
    is known better: the variance along the vector, and the sum of all variances and of their
    squares. The first coordinate is then the vector's own direction; those that follow have equal
    variances, of the same sums, and hold nothing but noise.

    `noise` has one row for each data set; the vector's covariance is the sum of their squares.
    """
    n, gram = len(noise), noise @ noise.T
    total, square = np.trace(gram), vector @ vector
    zero = _ZERO * max(total, 0.0)
    if not _more_axes(gram, n // _DATASETS_PER_AXIS, zero):
        variances, axes = np.linalg.eigh(gram)
        noisy = variances > zero
        if _DATASETS_PER_AXIS * noisy.sum() <= n:
            variances, axes = variances[noisy], axes[:, noisy]
            seen = axes.T @ (noise @ vector) / np.sqrt(variances)
            unseen = np.sqrt(max(square - seen @ seen, 0.0))
            return np.append(seen, unseen), np.append(variances, 0.0)
    # Products of different data sets: those of one with itself are large by chance.
    squares = ((gram**2).sum() - (np.diag(gram) ** 2).sum()) * n / (n - 1)
    squares = np.clip(squares - (total / (n - 1)) ** 2, total**2 / len(vector), total**2)
    # That of the noise that the vector holds is taken off as the vector stands out from it.
    clear = np.clip(1 - 2 * total / square, 0, 1) if square > 0 else 0.0
    along = ((noise @ vector) ** 2).sum() - clear * squares
    along = np.clip(along / square, 0, total) if square > 0 else squares / total
    rest, rest_squares = total - along, max(squares - along**2, 0.0)
    if rest <= _ZERO * total:
        return np.sqrt([square]), np.array([along])
    most = min(len(vector) - 1, _MOST_COORDINATES)
    count = round(rest**2 / rest_squares) if rest_squares * most > rest**2 else most
    each = np.full(max(count, 1), rest / max(count, 1))
    return np.sqrt([max(square - rest, 0.0), *each]), np.array([along, *each])


def _more_axes(gram: Float[np.ndarray, "n n"], most: int, zero: float) -> bool:
    """Whether a Gram matrix surely has more than `most` eigenvalues above `zero`.

    It has where the smallest eigenvalue of some of its rows and columns is (Cauchy's interlacing
    theorem), and few of them are soon looked at.
    """
    some = np.linspace(0, len(gram) - 1, most + 1).round().astype(int)
    return bool(np.linalg.eigvalsh(gram[np.ix_(some, some)])[0] > zero)


def _length(
    vectors: Float[np.ndarray, "k d"],
    variances: Float[np.ndarray, "k d"],
    estimate: Float[np.ndarray, " k"],
    n: Any,
    confidence: float,
    high: float,
) -> Interval:
    variances = np.maximum(variances, 0.0)
    # So long that the unbiased estimate of the squared length is the estimate.
    square = (vectors**2).sum(axis=1)
    wanted = np.maximum(estimate + variances.sum(axis=1), 0.0)
    scale = np.divide(wanted, square, out=np.ones_like(square), where=square > 0)
    # Student's t instead of the normal distribution, for variances that are estimates.
    t = scipy.stats.t.ppf((1 + confidence) / 2, n - 1) / scipy.stats.norm.ppf((1 + confidence) / 2)
    _, low, last = squared_length_interval(
        vectors * np.sqrt(scale)[:, None], variances * (t**2)[:, None], confidence
    )
    low, last = np.minimum(low, estimate), np.clip(np.maximum(last, estimate), None, high)
    return Interval(estimate, low, np.maximum(last, estimate), n)
