"""Landmarks of an error curve against capacity: threshold, peak, minima, regimes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy import stats

from genlab._base.checks import real
from genlab._base.jsons import Row
from genlab.measure._intervals import Interval, mean_interval


@dataclass(frozen=True, eq=False)
class Threshold:
    """The capacity from which a model fits its training data.

    Attributes
    ----------
    capacity
        Capacity at which the training error of a seed first falls below the level, on the
        straight line between the capacities on either side: mean over seeds and interval.
    none_below, all_from
        Largest capacity up to which no seed was below the level, or −∞, and smallest from
        which every seed was, or ∞. Both are capacities that were run, without interpolation.
    """

    capacity: Interval
    none_below: float
    all_from: float


def interpolation_threshold(
    capacities: Sequence[float], train_error: Sequence[Any], level: float = 0.01
) -> Threshold:
    """Find the smallest capacity with a training error below `level`.

    Parameters
    ----------
    capacities
        Capacities in increasing order, at least one.
    train_error
        For each capacity the error of each seed, from 0 to 1. The seeds have the same order
        everywhere; the last of them may be missing at some capacities.
    level
        Error below which the training data count as fitted, above 0 and below 1.

    Returns
    -------
    Threshold
        A seed that never falls below the level is left out of the mean.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> found = interpolation_threshold([10, 20, 40], [[0.5, 0.4], [0.1, 0.2], [0.0, 0.0]], 0.05)
    >>> found.capacity.mean, found.none_below, found.all_from
    (array(32.5), 20.0, 40.0)
    """
    level = real("level", level, above=0)
    sizes, errors = _checked("train_error", capacities, train_error)
    if level >= 1:
        raise ValueError(f"`level` must be below 1, got {level!r}.")
    crossings = [
        _crossing(*_of_seed(sizes, errors, i), level) for i in range(max(map(len, errors)))
    ]
    below = [values < level for values in errors]
    none = [size for i, size in enumerate(sizes) if not any(b.any() for b in below[: i + 1])]
    every = [size for i, size in enumerate(sizes) if all(b.all() for b in below[i:])]
    return Threshold(
        capacity=mean_interval(crossings),
        none_below=float(max(none, default=-np.inf)),
        all_from=float(min(every, default=np.inf)),
    )


@dataclass(frozen=True, eq=False)
class Extremum:
    """A peak or minimum of a mean curve: where it lies, and its value over seeds."""

    capacity: float
    value: Interval


@dataclass(frozen=True, eq=False)
class DoubleDescent:
    """A curve's first minimum, the peak after it and the minimum after that.

    Attributes
    ----------
    first_minimum, peak, second_minimum
        Extremes of the mean over seeds, among the capacities that were run.
    rise, fall
        Value of the peak minus that of the first minimum, and minus that of the second one,
        with intervals for the difference of two means (Welch's t). A rise whose interval
        contains 0 is not a significant peak.
    """

    first_minimum: Extremum
    peak: Extremum
    second_minimum: Extremum
    rise: Interval
    fall: Interval


def double_descent(
    capacities: Sequence[float], test_error: Sequence[Any], threshold: float
) -> DoubleDescent:
    """Find the extremes of a test-error curve.

    The first minimum is the lowest mean up to `threshold`, the peak the highest from there on,
    the second minimum the lowest from the peak on. Extremes of means that vary by chance are
    biased: the peak is too high and the minima are too low. The intervals do not include this.

    Parameters
    ----------
    capacities
        Capacities in increasing order, at least one.
    test_error
        For each capacity the error (or loss) of each seed.
    threshold
        Largest capacity of the first minimum; see `interpolation_threshold`.

    Returns
    -------
    DoubleDescent
        Values in the unit of `test_error`.

    Raises
    ------
    ValueError
        Naming the parameter, the rule and the value received.

    >>> curve = [[0.3, 0.32], [0.2, 0.22], [0.4, 0.42], [0.1, 0.12]]
    >>> extremes = double_descent([1, 2, 4, 8], curve, threshold=3)
    >>> extremes.peak.capacity, extremes.rise.mean.round(3)
    (4.0, np.float64(0.2))
    """
    sizes, errors = _checked("test_error", capacities, test_error)
    means = np.array([values.mean() for values in errors])
    start = max(1, int(np.searchsorted(sizes, threshold, side="right")))
    first = int(means[:start].argmin())
    peak = first + int(means[first:].argmax())
    second = peak + int(means[peak:].argmin())
    found = [Extremum(float(sizes[i]), mean_interval(errors[i])) for i in (first, peak, second)]
    return DoubleDescent(
        first_minimum=found[0],
        peak=found[1],
        second_minimum=found[2],
        rise=difference_interval(errors[peak], errors[first]),
        fall=difference_interval(errors[peak], errors[second]),
    )


def difference_interval(first: Any, second: Any, confidence: float = 0.95) -> Interval:
    """Welch's t interval of the difference of two means of independent values.

    Parameters
    ----------
    first, second
        Values of the two samples, shape (n,) each; the difference is first minus second.
    confidence
        Coverage, between 0 and 1.

    Returns
    -------
    Interval
        `n` is the size of the smaller sample. With fewer than two values on a side the ends
        are NaN.

    References
    ----------
    Welch, "The generalization of 'Student's' problem when several different population
    variances are involved", Biometrika 1947.

    >>> difference = difference_interval([1.0, 2.0, 3.0], [0.0, 0.0, 0.0])
    >>> float(difference.mean), round(float(difference.low), 3)
    (2.0, -0.484)
    """
    a, b = (np.asarray(values, dtype=np.float64) for values in (first, second))
    difference, n = np.asarray(a.mean() - b.mean()), np.asarray(min(len(a), len(b)))
    if n < 2:
        return Interval(difference, np.asarray(np.nan), np.asarray(np.nan), n)
    if a.std() == b.std() == 0:
        return Interval(difference, difference, difference, n)
    low, high = stats.ttest_ind(a, b, equal_var=False).confidence_interval(confidence)
    return Interval(difference, np.asarray(low), np.asarray(high), n)


def _checked(
    name: str, capacities: Sequence[float], values: Sequence[Any]
) -> tuple[Float[np.ndarray, " k"], list[Float[np.ndarray, " seeds"]]]:
    sizes = np.asarray(capacities, dtype=np.float64)
    if sizes.ndim != 1 or len(sizes) == 0 or not (np.diff(sizes) > 0).all():
        raise ValueError(f"`capacities` must increase, got {list(capacities)!r}.")
    arrays = [np.asarray(of_capacity, dtype=np.float64) for of_capacity in values]
    if len(arrays) != len(sizes):
        raise ValueError(
            f"`{name}` must have {len(sizes)} entries, one per capacity, got {len(arrays)}."
        )
    for size, array in zip(sizes, arrays, strict=True):
        if array.ndim != 1 or array.size == 0 or np.isnan(array).any():
            raise ValueError(
                f"`{name}` must hold at least one value per capacity and no NaN, got "
                f"{array.tolist()!r} at capacity {size:g}."
            )
    return sizes, arrays


def _of_seed(
    sizes: Float[np.ndarray, " k"], errors: list[Float[np.ndarray, " seeds"]], i: int
) -> tuple[Float[np.ndarray, " m"], Float[np.ndarray, " m"]]:
    """The capacities at which a seed was run, and its errors there."""
    run = [j for j, values in enumerate(errors) if len(values) > i]
    return sizes[run], np.array([errors[j][i] for j in run])


def _crossing(
    sizes: Float[np.ndarray, " m"], errors: Float[np.ndarray, " m"], level: float
) -> float:
    """Where a curve first falls below a level; NaN where it does not."""
    below = np.flatnonzero(errors < level)
    if len(below) == 0:
        return float("nan")
    j = int(below[0])
    if j == 0:
        return float(sizes[0])
    share = (errors[j - 1] - level) / (errors[j - 1] - errors[j])
    return float(sizes[j - 1] + share * (sizes[j] - sizes[j - 1]))


def regimes(
    first_minimum: float,
    peak: Mapping[str, Any],
    second_minimum: Mapping[str, Any],
    test: Sequence[Mapping[str, Any]],
) -> list[Row]:
    """Divide the capacities of a test curve into the classical, critical and modern regime.

    The classical regime ends at the first minimum. The critical one holds the peak and ends
    where the mean has fallen half-way from the peak to the second minimum, at the first
    capacity that was run there. What follows is the modern regime. The names are those of S.
    Prince, "Understanding Deep Learning" (2023), section 8.4. Nakkiran et al., "Deep Double
    Descent" (ICLR 2020), place the critical regime where a model just fits its training data
    and leave its width open; half-way down is the choice made here.

    Parameters
    ----------
    first_minimum
        Capacity of the first minimum.
    peak, second_minimum
        The `capacity` and `estimate` of each.
    test
        One row per capacity in increasing order, with `capacity` and the mean as `estimate`,
        in the unit of `peak`.

    Returns
    -------
    list of dict
        `name`, and the capacities `from` and `to`; a regime of no width is left out.

    >>> means = [(1, 0.6), (2, 0.4), (4, 0.6), (8, 0.4), (16, 0.3)]
    >>> test = [{"capacity": capacity, "estimate": mean} for capacity, mean in means]
    >>> [(row["name"], row["from"], row["to"]) for row in regimes(2, test[2], test[4], test)]
    [('classical', 1, 2), ('critical', 2, 8), ('modern', 8, 16)]
    """
    half = (peak["estimate"] + second_minimum["estimate"]) / 2
    down = [
        row["capacity"]
        for row in test
        if row["capacity"] > peak["capacity"] and row["estimate"] <= half
    ]
    ends = [
        test[0]["capacity"],
        first_minimum,
        min(down, default=second_minimum["capacity"]),
        test[-1]["capacity"],
    ]
    names = ("classical", "critical", "modern")
    return [
        {"name": name, "from": start, "to": stop}
        for name, start, stop in zip(names, ends[:-1], ends[1:], strict=True)
        if stop > start
    ]
