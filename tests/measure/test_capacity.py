"""Thresholds and extremes against curves whose answers are known."""

import numpy as np
import pytest
from scipy import stats

from genlab.measure import (
    difference_interval,
    double_descent,
    interpolation_threshold,
    regimes,
)


def test_the_threshold_lies_on_the_line_between_capacities():
    """Straight curves cross a level exactly where they do."""
    capacities = np.array([10, 20, 30, 40])
    slopes = np.array([0.010, 0.011, 0.012])
    errors = [np.maximum(0.4 - slopes * c, 0) for c in capacities]
    found = interpolation_threshold(capacities, errors, level=0.05)
    crossings = []
    for slope in slopes:
        inner = [max(0.4 - slope * c, 0) for c in capacities]
        crossings.append(np.interp(-0.05, -np.array(inner), capacities))
    assert found.capacity.mean == pytest.approx(np.mean(crossings))
    expected = stats.ttest_1samp(crossings, 0).confidence_interval(0.95)
    assert float(found.capacity.low) == pytest.approx(expected.low)
    assert (found.none_below, found.all_from) == (20.0, 40.0)


def test_seeds_that_are_missing_at_some_capacities():
    errors = [[0.5, 0.6], [0.2, 0.3], [0.0, 0.1], [0.0]]
    found = interpolation_threshold([1, 2, 3, 4], errors, level=0.05)
    # The second seed was not run at 4 and never was below the level where it was.
    assert found.capacity.n == 1
    assert found.capacity.mean == pytest.approx(2 + (0.2 - 0.05) / 0.2)
    assert (found.none_below, found.all_from) == (2.0, 4.0)


def test_no_threshold_and_one_from_the_start():
    never = interpolation_threshold([1, 2], [[0.5], [0.4]])
    assert np.isnan(never.capacity.mean)
    assert (never.none_below, never.all_from) == (2.0, np.inf)
    always = interpolation_threshold([3, 4], [[0.0], [0.001]])
    assert always.capacity.mean == 3
    assert (always.none_below, always.all_from) == (-np.inf, 3.0)


CAPACITIES = [1, 2, 4, 8, 16, 32]
CURVE = np.array([0.6, 0.4, 0.45, 0.55, 0.3, 0.25])


def test_extremes_of_a_double_descent():
    rng = np.random.default_rng(0)
    errors = [value + 0.01 * rng.standard_normal(4) for value in CURVE]
    found = double_descent(CAPACITIES, errors, threshold=8)
    assert found.first_minimum.capacity == 2
    assert found.peak.capacity == 8
    assert found.second_minimum.capacity == 32
    expected = stats.ttest_ind(errors[3], errors[1], equal_var=False).confidence_interval(0.95)
    assert (float(found.rise.low), float(found.rise.high)) == pytest.approx(tuple(expected))
    assert float(found.fall.mean) == pytest.approx(errors[3].mean() - errors[5].mean())
    assert float(found.peak.value.mean) == pytest.approx(errors[3].mean())


def test_a_curve_that_only_falls_has_no_peak():
    found = double_descent(CAPACITIES, [[v, v] for v in np.linspace(0.6, 0.1, 6)], threshold=8)
    assert found.first_minimum.capacity == found.peak.capacity == 8
    assert found.rise.mean == found.rise.high == 0
    alone = double_descent([5], [[0.3, 0.2]], threshold=5)
    assert alone.peak.capacity == alone.second_minimum.capacity == 5


def test_the_difference_covers_as_stated():
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(4000):
        interval = difference_interval(rng.normal(1, 2, 4), rng.normal(0, 0.5, 6))
        held += interval.low <= 1 <= interval.high
    assert abs(held / 4000 - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 4000) + 0.005
    assert np.isnan(difference_interval([1.0], [0.0, 2.0]).low)


def rows_of(means):
    return [{"capacity": c, "estimate": v} for c, v in zip(CAPACITIES, means, strict=True)]


def test_regimes_of_a_double_descent():
    """Half-way from 0.55 to 0.25 is 0.4: the first capacity after the peak below it is 16."""
    test = rows_of(CURVE)
    assert regimes(2, test[3], test[5], test) == [
        {"name": "classical", "from": 1, "to": 2},
        {"name": "critical", "from": 2, "to": 16},
        {"name": "modern", "from": 16, "to": 32},
    ]


def test_regimes_at_the_ends_of_a_curve():
    """A first minimum at the first capacity leaves no classical regime, a late fall no modern."""
    rising = rows_of([0.3, 0.4, 0.5, 0.55, 0.54, 0.5])
    assert regimes(1, rising[3], rising[5], rising) == [
        {"name": "critical", "from": 1, "to": 32},
    ]
    falling = rows_of(np.linspace(0.6, 0.1, 6))  # the peak is the last capacity
    assert regimes(32, falling[5], falling[5], falling) == [
        {"name": "classical", "from": 1, "to": 32},
    ]


@pytest.mark.parametrize(
    ("capacities", "errors", "message"),
    [
        ([2, 1], [[0.1], [0.2]], "`capacities` must increase"),
        ([], [], "`capacities` must increase"),
        ([1, 2], [[0.1]], "`train_error` must have 2 entries, one per capacity, got 1"),
        ([1], [[]], "at least one value per capacity and no NaN"),
        ([1], [[np.nan]], r"no NaN, got \[nan\] at capacity 1"),
    ],
)
def test_bad_curves(capacities, errors, message):
    with pytest.raises(ValueError, match=message):
        interpolation_threshold(capacities, errors)


@pytest.mark.parametrize("level", [0, 1, -1])
def test_bad_levels(level):
    with pytest.raises(ValueError, match="`level` must be"):
        interpolation_threshold([1], [[0.1]], level)
