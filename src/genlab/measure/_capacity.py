"""Landmarks of an error curve against capacity: peak, minima, regimes."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from jaxtyping import Float

from genlab._base.arrays import floats, squarable
from genlab._base.checks import extended, several
from genlab._base.jsons import Row
from genlab._base.words import received
from genlab.measure._intervals import Interval, checked_confidence, mean_interval
from genlab.measure._peak import interval_at, pairwise_intervals


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
        Value of the peak minus that of the first minimum, and minus that of the second one.
        The intervals are those of `pairwise_intervals`, which hold for all pairs of
        capacities at once and so for extremes, which are chosen. A peak whose rise or fall
        has an interval that contains 0 is not significant.
    """

    first_minimum: Extremum
    peak: Extremum
    second_minimum: Extremum
    rise: Interval
    fall: Interval


def double_descent(
    capacities: Sequence[float],
    test_error: Sequence[Any],
    threshold: float,
    interval: Callable[[Any], Interval] = mean_interval,
) -> DoubleDescent:
    """Find the extremes of a test-error curve.

    The first minimum is the lowest mean up to `threshold`, the peak the highest from there on,
    the second minimum the lowest from the peak on. Extremes of means that vary by chance are
    biased: the peak is too high and the minima are too low. The intervals of `rise` and `fall`
    allow for this, those of the extremes themselves do not.

    Parameters
    ----------
    capacities
        Capacities in increasing order, at least one.
    test_error
        For each capacity the error (or loss) of each seed. Values that are not finite are
        left out; a capacity without any other counts as not run.
    threshold
        Largest capacity of the first minimum; see `interpolation_threshold`.
    interval
        Interval of the mean of an extreme's values: `error_interval` for errors, with their
        number of examples, `loss_interval` for losses.

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
    threshold = extended("threshold", threshold)
    sizes, errors = _checked("test_error", capacities, test_error)
    means = np.array([values.mean() for values in errors])
    start = max(1, int(np.searchsorted(sizes, threshold, side="right")))
    first = int(means[:start].argmin())
    peak = first + int(means[first:].argmax())
    second = peak + int(means[peak:].argmin())
    extrema = [Extremum(float(sizes[i]), interval(errors[i])) for i in (first, peak, second)]
    pairs = pairwise_intervals(errors)
    return DoubleDescent(
        first_minimum=extrema[0],
        peak=extrema[1],
        second_minimum=extrema[2],
        rise=interval_at(pairs, first, peak),
        fall=interval_at(pairs, second, peak),
    )


def difference_interval(first: Any, second: Any, confidence: float = 0.95) -> Interval:
    """Welch's t interval of the difference of two means of independent values.

    Parameters
    ----------
    first, second
        Values of the two samples, shape (n,) each; the difference is first minus second. One
        that is NaN or infinite has diverged: it is left out and lowers `n`.
    confidence
        Coverage, between 0 and 1.

    Returns
    -------
    Interval
        `n` is the size of the smaller sample. The ends are NaN with fewer than two values on a
        side, and where all values of each side are equal: they do not say how they scatter.

    References
    ----------
    Welch, "The generalization of 'Student's' problem when several different population
    variances are involved", Biometrika 1947.

    >>> difference = difference_interval([1.0, 2.0, 3.0], [0.0, 0.0, 0.0])
    >>> float(difference.mean), round(float(difference.low), 3)
    (2.0, -0.484)
    """
    confidence = checked_confidence(confidence)
    a, b = (
        squarable(name, values[np.isfinite(values)])
        for name, values in (
            ("first", floats("first", first)),
            ("second", floats("second", second)),
        )
    )
    nan, n = np.asarray(np.nan), np.asarray(min(len(a), len(b)))
    if n < 1:
        return Interval(nan, nan, nan, n)
    difference = np.asarray(a.mean() - b.mean())
    if n < 2 or a.std() == b.std() == 0:
        return Interval(difference, nan, nan, n)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # SciPy warns of equal values in one sample
        low, high = scipy.stats.ttest_ind(a, b, equal_var=False).confidence_interval(confidence)
    return Interval(difference, np.asarray(low), np.asarray(high), n)


def _checked(
    name: str, capacities: Sequence[float], values: Sequence[Any]
) -> tuple[Float[np.ndarray, " k"], list[Float[np.ndarray, " seeds"]]]:
    sizes = floats("capacities", capacities)
    if sizes.ndim != 1 or len(sizes) == 0 or not (np.diff(sizes) > 0).all():
        raise ValueError(f"`capacities` must increase, got {received(capacities)}.")
    arrays = [floats(name, of_capacity) for of_capacity in several(name, values)]
    if len(arrays) != len(sizes):
        raise ValueError(
            f"`{name}` must have {len(sizes)} entries, one per capacity, got {len(arrays)}."
        )
    if any(array.ndim != 1 for array in arrays):
        raise ValueError(f"`{name}` must hold one row of values per capacity.")
    finite = [array[np.isfinite(array)] for array in arrays]
    run = [i for i, array in enumerate(finite) if len(array)]
    if not run:
        raise ValueError(f"`{name}` must hold a finite value at one capacity at least.")
    return sizes[run], [finite[i] for i in run]


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
