"""What the best of several trials is expected to reach."""

from __future__ import annotations

from typing import Any

import numpy as np

from genlab._base.arrays import floats
from genlab._base.checks import integer
from genlab._base.words import received


def expected_best_of(scores: Any, values: Any, m: int) -> float:
    """Mean value of the trial with the lowest score, over all subsets of m of n trials.

    The trial of rank k, from 0, has the lowest score in C(n − 1 − k, m − 1) of the C(n, m)
    subsets, so that the mean is a sum over ranks. It is exact, without resampling: what a
    random search of m trials is expected to reach (compare Dodge et al., "Show Your Work",
    EMNLP 2019, who draw trials with replacement).

    Parameters
    ----------
    scores
        Score by which a trial is chosen, such as its validation error, shape (n,). Infinity is
        never the lowest unless all are infinite; of equal scores the first is the lowest.
    values
        What is averaged, such as the test error, in trials' order, shape (n,).
    m
        Trials in a subset, from 1 to n.

    Returns
    -------
    float
        In the unit of `values`.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> expected_best_of([0.3, 0.1, 0.2], [30.0, 10.0, 20.0], 2)  # 10, 10 and 20
    13.333333333333332
    """
    by, value = floats("scores", scores), floats("values", values)
    if by.ndim != 1 or len(by) == 0 or np.isnan(by).any():
        raise ValueError(
            f"`scores` must be numbers of shape (n,), none of them NaN, got {received(scores)}."
        )
    if value.shape != by.shape:
        raise ValueError(f"`values` must have shape {by.shape}, as `scores`, got {value.shape}.")
    n = len(by)
    m = integer("m", m, low=1, high=n)
    k = np.arange(n - m)
    weights = m / n * np.cumprod(np.concatenate([[1.0], (n - m - k) / (n - 1 - k)]))
    return float(weights @ value[np.argsort(by, kind="stable")][: n - m + 1])
