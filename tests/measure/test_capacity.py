"""Extremes against curves whose answers are known."""

import numpy as np
import pytest
from scipy import stats

from genlab.measure import (
    difference_interval,
    double_descent,
    regimes,
)

CAPACITIES = [1, 2, 4, 8, 16, 32]
CURVE = np.array([0.6, 0.4, 0.45, 0.55, 0.3, 0.25])


def test_extremes_of_a_double_descent():
    rng = np.random.default_rng(0)
    errors = [value + 0.01 * rng.standard_normal(4) for value in CURVE]
    found = double_descent(CAPACITIES, errors, threshold=8)
    assert found.first_minimum.capacity == 2
    assert found.peak.capacity == 8
    assert found.second_minimum.capacity == 32
    # Simultaneous, and never narrower than Tukey's.
    expected = stats.tukey_hsd(*errors).confidence_interval(0.95)
    assert 0 < float(found.rise.low) <= expected.low[3, 1] + 1e-9
    assert float(found.rise.high) >= expected.high[3, 1] - 1e-9
    assert float(found.fall.mean) == pytest.approx(errors[3].mean() - errors[5].mean())
    assert float(found.peak.value.mean) == pytest.approx(errors[3].mean())


def test_a_curve_that_only_falls_has_no_peak():
    found = double_descent(CAPACITIES, [[v, v] for v in np.linspace(0.6, 0.1, 6)], threshold=8)
    assert found.first_minimum.capacity == found.peak.capacity == 8
    assert found.rise.mean == 0
    assert not found.rise.low > 0
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
        ([1, 2], [[0.1]], "`test_error` must have 2 entries, one per capacity, got 1"),
        ([1], [[]], "`test_error` must hold a finite value at one capacity at least"),
        ([1], [[np.nan]], "`test_error` must hold a finite value at one capacity at least"),
        ([1], [[[0.1]]], "`test_error` must hold one row of values per capacity"),
    ],
)
def test_bad_curves(capacities, errors, message):
    with pytest.raises(ValueError, match=message):
        double_descent(capacities, errors, threshold=1)


def test_capacities_at_which_all_diverged_are_passed_over():
    errors = [[value + 0.01, value, value - 0.01] for value in CURVE]
    gaps = [*errors[:2], [np.nan, np.inf], *errors[2:]]
    found = double_descent([1, 2, 3, 4, 8, 16, 32], gaps, threshold=8)
    whole = double_descent(CAPACITIES, errors, threshold=8)
    assert found.peak.capacity == whole.peak.capacity == 8
    assert found.rise.row() == whole.rise.row()
