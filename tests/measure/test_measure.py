"""Intervals against SciPy and by their coverage."""

import numpy as np
import pytest
from scipy import stats

from genlab.measure import (
    compare,
    compare_interval,
    mean_interval,
    quantile_interval,
    tail_index,
)


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


@pytest.mark.parametrize("quantile", [0.05, 0.5, 0.9])
@pytest.mark.parametrize("n", [1, 10, 101, 1000])
def test_quantile_intervals_are_scipys(quantile, n):
    values = np.random.default_rng(4).standard_cauchy((n, 2))
    interval = quantile_interval(values, quantile)
    for column in range(2):
        expected = stats.quantile_test(values[:, column], p=quantile).confidence_interval(0.95)
        # SciPy says nan where that side is open.
        low, high = np.nan_to_num([expected.low, expected.high], nan=np.nan)
        assert interval.low[column] == (low if np.isfinite(low) else -np.inf)
        assert interval.high[column] == (high if np.isfinite(high) else np.inf)
    np.testing.assert_allclose(interval.mean, np.quantile(values, quantile, axis=0))


def test_quantile_intervals_cover_whatever_the_tail():
    values = np.random.default_rng(5).standard_cauchy((51, 20_000))
    interval = quantile_interval(values)
    covered = np.mean((interval.low <= 0) & (interval.high >= 0))
    exact = stats.binom(51, 0.5).cdf(32) - stats.binom(51, 0.5).cdf(18)
    assert abs(covered - exact) < 4 * 0.0015
    assert exact >= 0.95


@pytest.mark.parametrize("quantile", [0, 1, -0.5])
def test_bad_quantiles(quantile):
    with pytest.raises(ValueError, match="`quantile` must be"):
        quantile_interval([1.0, 2.0], quantile)
    with pytest.raises(ValueError, match="`values` must hold numbers"):
        quantile_interval([1.0, np.nan])


@pytest.mark.parametrize("index", [0.5, 1.5, 3.0])
def test_tail_index_of_a_power_law(index):
    """Exact for Pareto's distribution, whose tail is a power throughout."""
    rng = np.random.default_rng(6)
    found = [tail_index(1 + rng.pareto(index, 2000), share=0.05) for _ in range(1000)]
    covered = np.mean([interval.low <= index <= interval.high for interval in found])
    assert abs(covered - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 1000)
    assert np.median([interval.mean for interval in found]) == pytest.approx(index, rel=0.03)


def test_tail_index_of_light_tails_is_large():
    rng = np.random.default_rng(7)
    assert tail_index(rng.random(10_000)).low > 50
    assert tail_index(np.abs(rng.standard_normal(10_000))).low > 4
    assert tail_index(np.ones(100)).mean == np.inf


@pytest.mark.parametrize("values", [np.ones(19), -np.ones(30), [np.inf] * 30, np.ones((20, 2))])
def test_bad_tails(values):
    with pytest.raises(ValueError, match="`values` must hold at least 20 numbers"):
        tail_index(values)


def test_comparison_of_an_interval():
    row = compare_interval("x", 1.0, mean_interval([1.0, 2.0, 3.0]), 1.0, "a book")
    assert row == compare("x", 1.0, [1.0, 2.0, 3.0], 1.0, "a book")
