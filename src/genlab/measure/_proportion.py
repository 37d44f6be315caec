"""Confidence intervals of proportions and of their differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy
from jaxtyping import Float

from genlab._base.arrays import floats
from genlab._base.words import received
from genlab.measure._intervals import Interval, checked_confidence

# A float64 holds all whole numbers up to it.
_MOST = 2.0**53


def wilson_interval(successes: Any, n: Any, confidence: float = 0.95) -> Interval:
    """Wilson's score interval of a proportion (Wilson, JASA 1927), elementwise.

    For counts of independent trials, such as correctly classified test examples. Averaged over
    proportions its coverage is about the stated one; for a single proportion it is somewhat
    higher or lower. With 100 trials, a stated 95% and proportions from 0.05 to 0.95, it is
    between 92 and 98%. Near 0 and 1 it can be lower; that of `clopper_pearson_interval` never
    falls below the stated one.

    Parameters
    ----------
    successes
        Numbers of successes, integers from 0 to `n`.
    n
        Numbers of trials, integers >= 0, of a shape that broadcasts with `successes`. Without
        a trial the proportion and its interval are NaN.
    confidence
        Coverage, between 0 and 1.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> interval = wilson_interval([960, 0], [1000, 10])
    >>> interval.low.round(4), interval.mean, interval.high.round(4)
    (array([0.946, 0.   ]), array([0.96, 0.  ]), array([0.9705, 0.2775]))
    """
    confidence = checked_confidence(confidence)
    return _wilson(*_checked(successes, n), confidence)


def _wilson(counts: Any, trials: Any, p: Any, confidence: float) -> Interval:
    low, high = wilson_ends(p, np.where(trials > 0, trials, np.nan), confidence)
    return _within(counts, trials, p, low, high)


def wilson_ends(p: Any, n: Any, confidence: float) -> tuple[Any, Any]:
    """Wilson's ends for a proportion `p` of `n` trials, which need not be whole numbers."""
    z2 = scipy.stats.norm.ppf((1 + confidence) / 2) ** 2
    scale = 1 + z2 / n
    centre = (p + z2 / (2 * n)) / scale
    half = np.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n**2))) / scale
    return centre - half, centre + half


def clopper_pearson_interval(successes: Any, n: Any, confidence: float = 0.95) -> Interval:
    """The exact interval of a proportion (Clopper & Pearson, Biometrika 1934), elementwise.

    It holds the proportions that neither one-sided binomial test at level (1 − `confidence`)/2
    rejects. Its coverage is at least the stated one, whatever the proportion, and usually
    higher: it is wider than `wilson_interval`.

    Parameters
    ----------
    successes
        Numbers of successes, integers from 0 to `n`.
    n
        Numbers of trials, integers >= 0, of a shape that broadcasts with `successes`. Without
        a trial the proportion and its interval are NaN.
    confidence
        Coverage, between 0 and 1.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> interval = clopper_pearson_interval([960, 0], [1000, 10])
    >>> interval.low.round(4), interval.mean, interval.high.round(4)
    (array([0.9459, 0.    ]), array([0.96, 0.  ]), array([0.9713, 0.3085]))
    """
    confidence = checked_confidence(confidence)
    counts, trials, p = _checked(successes, n)
    # A beta distribution needs positive parameters; `_within` sets the ends at 0 and `n`.
    wrong = trials - counts
    low = scipy.stats.beta.ppf((1 - confidence) / 2, np.maximum(counts, 1), wrong + 1)
    high = scipy.stats.beta.ppf((1 + confidence) / 2, counts + 1, np.maximum(wrong, 1))
    return _within(counts, trials, p, np.asarray(low), np.asarray(high))


def proportion_difference_interval(
    first: Any, n_first: Any, second: Any, n_second: Any, confidence: float = 0.95
) -> Interval:
    """Newcombe's interval of the difference of two proportions, elementwise.

    For counts of independent trials (Newcombe, Statistics in Medicine 1998, method 10): made
    of the two Wilson intervals.

    Parameters
    ----------
    first, second
        Successes, whole numbers from 0 to `n_first` and `n_second`.
    n_first, n_second
        Trials, whole numbers >= 0.
    confidence
        Coverage, between 0 and 1.

    Returns
    -------
    Interval
        `mean` holds the first proportion minus the second, `n` the trials of the first.

    >>> interval = proportion_difference_interval(9, 10, 3, 10)
    >>> round(float(interval.low), 4), round(float(interval.high), 4)
    (0.1705, 0.809)
    """
    confidence = checked_confidence(confidence)
    a = _wilson(*_checked(first, n_first, "first", "n_first"), confidence)
    b = _wilson(*_checked(second, n_second, "second", "n_second"), confidence)
    down = np.hypot(a.mean - a.low, b.high - b.mean)
    up = np.hypot(a.high - a.mean, b.mean - b.low)
    difference = a.mean - b.mean
    return Interval(difference, difference - down, difference + up, a.n)


def _within(
    counts: Float[np.ndarray, ...],
    trials: Float[np.ndarray, ...],
    p: Float[np.ndarray, ...],
    low: Float[np.ndarray, ...],
    high: Float[np.ndarray, ...],
) -> Interval:
    """The interval with ends of exactly 0 and 1 where no trial, or every trial, succeeded."""
    low = np.where(trials > 0, np.where(counts == 0, 0.0, low), np.nan)
    high = np.where(trials > 0, np.where(counts == trials, 1.0, high), np.nan)
    return Interval(p, low, high, trials)


def _checked(
    successes: Any, n: Any, of_successes: str = "successes", of_n: str = "n"
) -> tuple[Float[np.ndarray, ...], Float[np.ndarray, ...], Float[np.ndarray, ...]]:
    """Successes and trials of one shape, and the proportions, NaN without a trial."""
    trials = floats(of_n, n)
    if not (np.isfinite(trials).all() and (trials >= 0).all() and (trials % 1 == 0).all()):
        raise ValueError(f"`{of_n}` must be whole numbers >= 0, got {received(n)}.")
    if (trials > _MOST).any():
        raise ValueError(f"`{of_n}` must be at most 2⁵³, got {received(n)}.")
    counts = floats(of_successes, successes)
    try:
        counts, trials = np.broadcast_arrays(counts, trials)
    except ValueError:
        raise ValueError(
            f"`{of_successes}` must have a shape that goes with that of `{of_n}`, {trials.shape}, "
            f"got {counts.shape}."
        ) from None
    if not ((counts >= 0).all() and (counts <= trials).all() and (counts % 1 == 0).all()):
        raise ValueError(
            f"`{of_successes}` must be whole numbers from 0 to `{of_n}`, got {received(successes)}."
        )
    p = np.divide(counts, trials, out=np.full(trials.shape, np.nan), where=trials > 0)
    return counts, trials, p
