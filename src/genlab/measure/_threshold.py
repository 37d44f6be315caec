"""The capacity from which networks fit their training data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from jaxtyping import Float

from genlab._base.arrays import floats
from genlab._base.checks import real, several
from genlab._base.words import received
from genlab.measure._intervals import Interval, checked_confidence


@dataclass(frozen=True, eq=False)
class Threshold:
    """The capacity from which a model fits its training data.

    Attributes
    ----------
    capacity
        Mean over seeds of the capacity at which training error falls below the level, and
        its interval, which holds whatever the shape of the curve between the capacities that
        were run. The mean is NaN and `high` is infinite where a seed never falls below the
        level; `low` is 0 where every seed is below it from the smallest capacity on.
    none_below, all_from
        The largest capacity up to which no seed was below the level, or −∞, and the smallest
        from which every seed was, or ∞: what the capacities that were run tell without a
        line between them.
    seeds, crossing
        Number of seeds, and how many of them are below the level at their largest capacity.
    """

    capacity: Interval
    none_below: float
    all_from: float
    seeds: int
    crossing: int


def interpolation_threshold(
    capacities: Sequence[float],
    train_error: Sequence[Any],
    level: float = 0.01,
    confidence: float = 0.95,
) -> Threshold:
    """Find the capacity at which training error falls below `level`, as a mean over seeds.

    A seed that is at or above the level at capacity a and below it at the next one, b, tells
    that it crosses between a and b, and no more: training error may fall there along a line,
    a convex curve or a step. So the interval goes from the lower end of Student's interval of
    the mean of a to the upper end of that of the mean of b, the lower one on the scale of the
    logarithm. Where all seeds cross between the same two capacities it is [a, b]. A seed that
    crosses the level several times has the first a and the last b.

    The estimate itself is interpolated, on the scale on which the curve of the seed is
    straightest from the capacity before a to b: error or its logarithm, against capacity or
    its logarithm. It is the middle of a and b where there is no capacity before a.

    A stated 95% covers 87 to 99% with 2 seeds, 95 to 100% with 3, and 99 to 100% with 5
    (``benchmarks/coverage_threshold.py``): straight, exponential, power-law, quadratic,
    logistic, stepped and staircase curves on four grids of capacities, with thresholds
    anywhere between them that differ between seeds by a standard deviation of 3 or 10%, and
    errors counted on 4,000 examples.

    Parameters
    ----------
    capacities
        Positive, in increasing order, at least one.
    train_error
        At each capacity, the error of each seed, from 0 to 1. Where every capacity has the
        same number of finite values these belong to the seeds in their order. Where networks
        diverged (NaN, or fewer values) it is not known which are missing: then the smallest
        error of each capacity goes with the smallest of the others, and so on, by quantiles.
        A capacity without a finite value counts as not run.
    level
        Error that counts as fitted, above 0 and below 1.
    confidence
        Coverage, between 0 and 1.

    Returns
    -------
    Threshold
        The ends of the interval rest on the capacities with two seeds or more; they are NaN
        if no capacity has two. All is NaN where no network has a finite error.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> found = interpolation_threshold([10, 20, 40], [[0.5, 0.4], [0.1, 0.2], [0.0, 0.0]])
    >>> float(found.capacity.low), float(found.capacity.high), found.crossing, found.seeds
    (20.0, 40.0, 2, 2)
    """
    level = real("level", level, above=0)
    if level >= 1:
        raise ValueError(f"`level` must be below 1, got {level!r}.")
    confidence = checked_confidence(confidence)
    sizes, errors = _checked(capacities, train_error)
    sizes, errors = _where(sizes, errors, 1)
    below = [seeds < level for seeds in errors]
    none = [size for i, size in enumerate(sizes) if not any(b.any() for b in below[: i + 1])]
    every = [size for i, size in enumerate(sizes) if all(b.all() for b in below[i:])]
    brackets = np.array([_bracket(sizes, curve, level) for curve in _curves(errors)])
    seeds = len(brackets)
    low = high = np.nan
    if seeds > 1:
        some, several = _where(sizes, errors, 2)
        ends = np.array([_bracket(some, curve, level) for curve in _curves(several)])
        low = _end(ends[:, 0], -1, confidence)
        high = _end(ends[:, 1], 1, confidence)
    return Threshold(
        capacity=Interval(
            np.asarray(brackets[:, 2].mean() if seeds else np.nan),
            np.asarray(low),
            np.asarray(high),
            np.asarray(seeds),
        ),
        none_below=float(max(none, default=-np.inf)),
        all_from=float(min(every, default=np.inf)) if seeds else float("inf"),
        seeds=seeds,
        crossing=int(np.isfinite(brackets[:, 1]).sum()) if seeds else 0,
    )


def _checked(
    capacities: Sequence[float], train_error: Sequence[Any]
) -> tuple[Float[np.ndarray, " k"], list[Float[np.ndarray, " seeds"]]]:
    sizes = floats("capacities", capacities)
    increasing = sizes.ndim == 1 and len(sizes) > 0 and (np.diff(sizes) > 0).all()
    if not (increasing and sizes[0] > 0):
        raise ValueError(f"`capacities` must be positive and increase, got {received(capacities)}.")
    rows = [floats("train_error", row) for row in several("train_error", train_error)]
    if len(rows) != len(sizes):
        raise ValueError(
            f"`train_error` must have {len(sizes)} entries, one per capacity, got {len(rows)}."
        )
    if any(row.ndim != 1 for row in rows):
        raise ValueError("`train_error` must hold one row of seeds per capacity.")
    finite = [row[np.isfinite(row)] for row in rows]
    if any(((row < 0) | (row > 1)).any() for row in finite):
        raise ValueError("`train_error` must be from 0 to 1.")
    return sizes, finite


def _where(
    sizes: Float[np.ndarray, " k"], errors: list[Float[np.ndarray, " seeds"]], least: int
) -> tuple[Float[np.ndarray, " m"], list[Float[np.ndarray, " seeds"]]]:
    """The capacities with at least so many values."""
    run = [i for i, seeds in enumerate(errors) if len(seeds) >= least]
    return sizes[run], [errors[i] for i in run]


def _curves(
    errors: list[Float[np.ndarray, " seeds"]],
) -> list[Float[np.ndarray, " m"]]:
    """The errors of each seed at all capacities, or of each quantile where some are missing."""
    seeds = max(map(len, errors), default=0)
    if all(len(row) == seeds for row in errors):
        return [np.array([row[i] for row in errors]) for i in range(seeds)]
    ordered = [np.sort(row) for row in errors]
    return [
        np.array([row[(2 * i + 1) * len(row) // (2 * seeds)] for row in ordered])
        for i in range(seeds)
    ]


def _bracket(
    sizes: Float[np.ndarray, " m"], errors: Float[np.ndarray, " m"], level: float
) -> tuple[float, float, float]:
    """Between which capacities a curve falls below a level, and where about."""
    below, above = np.flatnonzero(errors < level), np.flatnonzero(errors >= level)
    first = int(below[0]) if len(below) else len(sizes)
    start = float(sizes[first - 1]) if first > 0 else 0.0
    if len(above) == 0:
        return start, float(sizes[0]), float(sizes[0])
    last = int(above[-1])
    if last == len(sizes) - 1:
        return start, float("inf"), float("nan")
    stop = float(sizes[last + 1])
    middle = (start + stop) / 2
    if last != first - 1 or last == 0:
        return start, stop, middle
    part = slice(last - 1, last + 2)
    return start, stop, _interpolated(sizes[part], errors[part], level)


def _interpolated(
    sizes: Float[np.ndarray, " 3"], errors: Float[np.ndarray, " 3"], level: float
) -> float:
    """Where the last of two pieces crosses a level, on the scale on which they are straightest."""
    scales = [(errors, level)]
    if (errors > 0).all():
        scales.append((np.log(errors), float(np.log(level))))
    best, found = np.inf, float("nan")
    for y, target in scales:
        for x, back in ((sizes, float), (np.log(sizes), np.exp)):
            slopes = np.diff(y) / np.diff(x)
            bend = abs(slopes[1] - slopes[0]) / (abs(slopes[1]) + abs(slopes[0]))
            if bend < best:
                best, found = bend, float(back(x[1] + (target - y[1]) / slopes[1]))
    return found


def _end(values: Float[np.ndarray, " seeds"], side: int, confidence: float) -> float:
    """Lower or upper end of Student's interval of a mean of capacities."""
    if not np.isfinite(values).all():
        return float("inf")
    quantile = scipy.stats.t.ppf((1 + confidence) / 2, len(values) - 1)
    mean, half = values.mean(), quantile * values.std(ddof=1) / np.sqrt(len(values))
    if side > 0 or mean == 0:
        return float(mean + max(side, 0) * half)
    # On the scale of the logarithm, so that it stays above 0.
    return float(mean * np.exp(-half / mean))
