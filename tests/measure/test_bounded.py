"""Intervals of errors and losses: bounds, limits in closed form, and coverage."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from genlab.measure import error_interval, loss_interval, mean_interval, percent_interval


def test_far_from_the_bounds_it_is_students():
    rng = np.random.default_rng(0)
    for mean, deviation, seeds in ((0.4, 0.008, 3), (0.1, 0.003, 5), (0.6, 0.01, 20)):
        values = rng.normal(mean, deviation, (seeds, 200))
        found, student = error_interval(values, 10_000), mean_interval(values)
        width = student.high - student.low
        assert (abs(found.low - student.low) < 0.1 * width).all()
        assert (abs(found.high - student.high) < 0.1 * width).all()
        np.testing.assert_allclose(found.high - found.low, width, rtol=0.05)
        np.testing.assert_array_equal(found.mean, student.mean)


def test_at_one_half_it_is_students_interval_of_the_log_odds():
    values = [0.4, 0.5, 0.6]
    found = error_interval(values)
    slope = 0.25
    half = stats.t.ppf(0.975, 2) * np.std(values, ddof=1) / math.sqrt(3) / slope
    assert found.low == pytest.approx(1 / (1 + math.exp(half)))
    assert found.high == pytest.approx(1 / (1 + math.exp(-half)))


def test_the_skewed_end_by_hand():
    values = np.array([30, 20, 40, 25, 35]) / 10_000
    p = values.mean()
    error = values.std(ddof=1) / math.sqrt(5) / (p * (1 - p))
    half = stats.t.ppf(0.975, 4) * error
    z = stats.norm.ppf(0.975)
    odds = p / (1 - p)
    low, high = (
        odds * math.exp(shift) for shift in (-half, half + (1 + z * z) / 2 * error**2 * (1 - 2 * p))
    )
    found = error_interval(values, 10_000)
    assert found.low == pytest.approx(low / (1 + low))
    assert found.high == pytest.approx(high / (1 + high))


@pytest.mark.parametrize("seeds", [2, 3, 5, 20])
@pytest.mark.parametrize("n", [100, 10_000])
def test_no_error_in_any_seed(seeds, n):
    """The upper end: counts with exponential rates are geometric, all 0 in 2.5% of cases."""
    found = error_interval(np.zeros(seeds), n)
    assert (found.mean, found.low) == (0, 0)
    count = n * found.high / (1 - found.high)
    assert (1 / (1 + count)) ** seeds == pytest.approx(0.025)
    full = error_interval(np.ones(seeds), n)
    assert (full.low, full.high) == (pytest.approx(1 - found.high), 1)


def test_no_error_of_unknown_counts():
    """Means of values in [0, 1]: all are 0 with a probability of at most (1 - mean)^seeds."""
    found = error_interval([0.0, 0.0, 0.0])
    assert (1 - found.high) ** 3 == pytest.approx(0.025)


def test_the_upper_end_of_uneven_counts_is_an_exact_limit():
    """One error in five seeds: a negative binomial count of shape 5/2 in all."""
    found = error_interval(np.array([0, 0, 0, 1, 0]) / 4000, 4000)
    mean = 4000 * found.high * (1 - 0.2 / 4000) / (1 - found.high)

    def below(rate):
        return stats.nbinom.cdf(1, 2.5, 2.5 / (2.5 + 5 * rate)) - 0.025

    assert mean == pytest.approx(optimize.brentq(below, 0.1, 100), rel=1e-3)


@given(
    st.integers(1, 10_000).flatmap(
        lambda n: st.tuples(
            st.just(n), st.lists(st.integers(0, n), min_size=2, max_size=8), st.booleans()
        )
    )
)
def test_within_the_bounds_with_a_width_and_symmetric(drawn):
    n, counts, known = drawn
    values = np.array(counts) / n
    found = error_interval(values, n if known else None)
    assert 0 <= found.low <= found.mean <= found.high <= 1
    assert found.high - found.low > 0.01 / n
    other = error_interval(1 - values, n if known else None)
    assert other.low == pytest.approx(1 - found.high, abs=1e-9)
    assert other.high == pytest.approx(1 - found.low, abs=1e-9)


@pytest.mark.parametrize("equal", [0.1, 0.3, 1 / 3, 0.7, 0.1 + 0.2])
def test_equal_seeds_have_a_width(equal):
    known = error_interval([equal] * 3, 1000)
    assert 0.001 < known.high - known.low < 0.01
    unknown = error_interval([equal] * 3)
    assert unknown.high - unknown.low > 0.5


def test_axes_and_diverged_seeds():
    values = np.array([[0.1, 0.2, np.nan], [0.15, np.nan, np.nan], [0.2, np.inf, np.nan]])
    found = error_interval(values, 100)
    np.testing.assert_array_equal(found.n, [3, 1, 0])
    assert np.isfinite(found.low[0])
    assert np.isnan(found.low[1:]).all()
    assert np.isnan(found.high[1:]).all()
    np.testing.assert_array_equal(error_interval(values.T, 100, axis=1).low, found.low)
    one = error_interval(values[:, 0], 100)
    assert (one.low, one.high) == (found.low[0], found.high[0])
    loss = loss_interval(values)
    np.testing.assert_array_equal(loss.n, [3, 1, 0])
    assert np.isnan(loss.low[1:]).all()


def test_in_percent_and_in_other_units():
    values = np.array([0.0, 12.3, 4.56])
    found, fractions = percent_interval(values, 1000), error_interval(values / 100, 1000)
    assert found.mean == mean_interval(values).mean
    assert (found.low, found.high) == (100 * fractions.low, 100 * fractions.high)
    assert fractions.scaled(100).row() == pytest.approx(found.row())
    assert percent_interval([100.0, 100.0], 10).high == 100
    with pytest.raises(ValueError, match=r"`values` must be from 0 to 100, got 101\.0"):
        percent_interval([101.0, 50.0])
    for factor in (0, -1):
        with pytest.raises(ValueError, match="`factor` must be a number > 0"):
            found.scaled(factor)


def test_wider_with_more_confidence():
    values = np.array([2, 5, 3]) / 1000
    ends = [error_interval(values, 1000, confidence=c) for c in (0.5, 0.9, 0.99)]
    assert ends[0].low > ends[1].low > ends[2].low
    assert ends[0].high < ends[1].high < ends[2].high


def test_losses_by_hand_and_in_any_unit():
    values = np.array([0.5, 0.4, 0.3, 0.45])
    mean = values.mean()
    error = values.std(ddof=1) / 2 / mean
    half, z = stats.t.ppf(0.975, 3) * error, stats.norm.ppf(0.975)
    found = loss_interval(values)
    assert found.low == pytest.approx(mean * math.exp(-half))
    assert found.high == pytest.approx(mean * math.exp(half + (1 + z * z) / 2 * error**2))
    other = loss_interval(1e-6 * values)
    assert other.low == pytest.approx(1e-6 * found.low)
    assert other.high == pytest.approx(1e-6 * found.high)


def test_an_error_of_many_rare_counts_is_a_loss():
    """Far from 1 and with many examples the two intervals agree."""
    values = np.array([1.0, 3.0, 8.0]) * 1e-5
    error, loss = error_interval(values), loss_interval(values)
    assert error.low == pytest.approx(float(loss.low), rel=1e-3)
    assert error.high == pytest.approx(float(loss.high), rel=1e-2)


def test_the_farthest_upper_end_of_a_loss_is_that_of_gamma_values():
    """One loss far above the others: at most the limit for a mean of gamma values."""
    found = loss_interval([0.0, 0.0, 9.0])
    total = stats.gamma(3 * (1 / 3), scale=1 / (3 * (1 / 3)))
    assert found.mean / found.high == pytest.approx(total.ppf(0.025))


def test_equal_losses_have_no_interval():
    for values in ([0.0, 0.0, 0.0], [0.3, 0.3, 0.1 + 0.2], [2.0]):
        found = loss_interval(values)
        assert np.isnan(found.low)
        assert np.isnan(found.high)


@pytest.mark.parametrize("seeds", [2, 3, 5, 20])
@pytest.mark.parametrize("mean", [0.5, 2, 20])
@pytest.mark.parametrize("shape", [3, 1])
def test_it_covers_skewed_counts(seeds, mean, shape):
    """Negative binomial counts out of 4,000, of which Student's t covers far fewer."""
    rng = np.random.default_rng(seeds)
    counts = rng.poisson(rng.gamma(shape, mean / shape, (seeds, 2000)))
    found = error_interval(counts / 4000, 4000)
    assert ((found.low <= mean / 4000) & (mean / 4000 <= found.high)).mean() >= 0.94


@pytest.mark.parametrize("seeds", [2, 3, 5, 20])
def test_it_covers_normal_values(seeds):
    rng = np.random.default_rng(seeds)
    values = rng.normal(0.4, 0.01, (seeds, 20_000))
    found = error_interval(values, 10_000)
    covered = ((found.low <= 0.4) & (found.high >= 0.4)).mean()
    assert abs(covered - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 20_000)
    loss = loss_interval(values)
    covered = ((loss.low <= 0.4) & (loss.high >= 0.4)).mean()
    assert abs(covered - 0.95) < 4 * math.sqrt(0.95 * 0.05 / 20_000)


@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_values_outside(value):
    with pytest.raises(ValueError, match=f"`values` must be from 0 to 1, got {value}"):
        error_interval([0.5, value])


def test_bad_arguments():
    with pytest.raises(ValueError, match=r"`values` must be >= 0, got -0\.1"):
        loss_interval([0.5, -0.1])
    with pytest.raises(ValueError, match="`n` must be an integer >= 1"):
        error_interval([0.5, 0.4], 0)
    with pytest.raises(TypeError, match="`n` must be an integer"):
        error_interval([0.5, 0.4], 10.0)
    with pytest.raises(ValueError, match="`confidence` must be below 1"):
        error_interval([0.5, 0.4], confidence=1.0)
