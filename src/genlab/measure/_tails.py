"""The tail index: how heavy the tail of a distribution is."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy

from genlab._base.arrays import along
from genlab._base.checks import real
from genlab.measure._intervals import Interval, checked_confidence


def tail_index(values: Any, share: float = 0.01, confidence: float = 0.95) -> Interval:
    """Hill's estimate of the tail index α, where P(value > v) falls as v to the power −α.

    Moments of order α and higher are infinite: the mean for α ≤ 1, the variance for α ≤ 2. A
    tail that falls faster than any power gives a large α that grows with n (Hill, "A simple
    general approach to inference about the tail of a distribution", Annals of Statistics 1975).

    Parameters
    ----------
    values
        Numbers >= 0, shape (n,), at least 20.
    share
        Fraction of the values, the largest ones, that counts as the tail, above 0 and at most
        ½; at least ten values are used.
    confidence
        Coverage of the interval, between 0 and 1. The interval is that of the gamma
        distribution that Hill's estimate has where the tail is a power.

    Returns
    -------
    Interval
        `n` is the number of values in the tail. All are infinite where the tail's values are
        equal.

    >>> rng = np.random.default_rng(0)
    >>> index = tail_index(rng.pareto(3.0, size=100_000) + 1)
    >>> bool(index.low < 3.0 < index.high)
    True
    """
    confidence = checked_confidence(confidence)
    array = np.sort(along("values", values, 0), axis=0)
    share = real("share", share, above=0, high=0.5)
    if array.ndim != 1 or len(array) < 20 or not array[0] >= 0 or not np.isfinite(array[-1]):
        raise ValueError(
            f"`values` must hold at least 20 finite numbers >= 0, got shape {array.shape}."
        )
    k = max(10, round(share * len(array)))
    threshold = array[-k - 1]
    if threshold <= 0 or array[-1] == threshold:
        # No tail to speak of: all its values are equal.
        return Interval(*(np.array(np.inf),) * 3, np.array(k))
    inverse = np.log(array[-k:] / threshold).mean()
    gamma = scipy.stats.gamma
    low, high = (gamma.ppf(p, k) / k for p in ((1 - confidence) / 2, (1 + confidence) / 2))
    return Interval(np.array(1 / inverse), low / inverse, high / inverse, np.array(k))
