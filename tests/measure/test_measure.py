"""Intervals against SciPy and by their coverage."""

import numpy as np
import pytest
from scipy import stats

from genlab.measure import compare, mean_interval


def test_it_is_students_t():
    values = np.random.default_rng(0).normal(3, 2, size=(7, 4))
    interval = mean_interval(values)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    np.testing.assert_allclose(interval.low, expected.low)
    np.testing.assert_allclose(interval.high, expected.high)
    np.testing.assert_allclose(interval.mean, values.mean(axis=0))


def test_coverage_is_as_stated():
    # 20,000 samples of 5: the fraction covered has a standard deviation of 0.0015,
    # so a right interval fails this about once in 10,000 seeds.
    values = np.random.default_rng(1).normal(1.0, 3.0, size=(5, 20_000))
    interval = mean_interval(values)
    covered = np.mean((interval.low <= 1.0) & (interval.high >= 1.0))
    assert abs(covered - 0.95) < 4 * 0.0015


def test_diverged_repetitions_are_left_out_and_counted():
    values = [[1.0, np.nan, np.nan], [2.0, 3.0, np.nan], [4.0, 5.0, np.nan]]
    interval = mean_interval(values)
    assert interval.n.tolist() == [3, 2, 0]
    np.testing.assert_allclose(interval.mean, [7 / 3, 4.0, np.nan])
    low, high = stats.ttest_1samp([3.0, 5.0], 0).confidence_interval(0.95)
    assert (interval.low[1], interval.high[1]) == pytest.approx((low, high))
    assert np.isnan(interval.low[2])


def test_one_repetition_has_no_interval():
    interval = mean_interval([2.0])
    assert interval.mean == 2.0
    assert np.isnan(interval.low)
    assert np.isnan(interval.high)


def test_order_changes_nothing():
    values = np.random.default_rng(2).normal(size=6)
    first, second = mean_interval(values), mean_interval(values[::-1])
    assert float(first.low) == pytest.approx(float(second.low), rel=1e-12)


@pytest.mark.parametrize("confidence", [0, 1, 1.5, -0.1])
def test_bad_confidence(confidence):
    with pytest.raises(ValueError, match="`confidence` must be"):
        mean_interval([1.0, 2.0], confidence=confidence)


def test_comparison():
    inside = compare("error (%)", 37.5, [39.0, 40.0], 2.0, "a book")
    assert inside.ok
    assert inside.row()["measured"] == 39.5
    assert not compare("error (%)", 37.5, [39.0, 40.1], 2.0, "a book").ok
    assert not compare("error (%)", 37.5, [np.nan, np.nan], 2.0, "a book").ok
