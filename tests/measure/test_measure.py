"""Intervals against SciPy and by their coverage."""

import numpy as np
import pytest
from scipy import stats

from genlab.measure import (
    MARK_RULES,
    Interval,
    compare,
    deviation_interval,
    jackknife_interval,
    mean_interval,
    percent_interval,
    quantile_interval,
    tail_index,
    variance_interval,
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
    def of(values, **options):
        interval = percent_interval(values, 10_000)
        return compare("error (%)", 37.5, interval, 2.0, "a book", reason="a seed", **options)

    inside = of([38.0, 38.1, 38.2])
    assert (inside.mark, inside.reason, inside.n) == ("agrees", "a seed", 3)
    assert inside.row()["measured"] == pytest.approx(38.1)
    assert of([37.5, 39.9, 41.0]).mark == "uncertain"
    assert of([40.5, 40.6, 40.4]).mark == "differs"
    assert of([38.0, 38.1, 38.2], comparable=False).mark == "not comparable"
    for mark in ("agrees", "uncertain", "differs", "not comparable"):
        assert MARK_RULES[mark].endswith(".")


@pytest.mark.parametrize("values", [[37.5], [37.5, np.nan], [np.nan, np.nan], []])
def test_a_single_seed_agrees_with_nothing(values):
    interval = percent_interval(values, 10_000)
    assert compare("x", 37.5, interval, 2.0, "a book", reason="a seed").mark == "uncertain"


def test_a_single_seed_with_an_interval_over_test_examples_agrees_with_nothing():
    interval = Interval(*map(np.asarray, (37.5, 37.0, 38.0, 1)))
    for published in (37.5, 10.0):
        made = compare("x", published, interval, 2.0, "a book", reason="a seed")
        assert (made.mark, made.low) == ("uncertain", 37.0)


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
    with pytest.raises(ValueError, match="must hold at least 20 finite numbers >= 0, got shape"):
        tail_index(values)


def plain_variance(values, freedom):
    low, high = stats.chi2.ppf([0.975, 0.025], freedom)
    variance = np.var(values, ddof=1)
    return freedom * variance / low, variance, freedom * variance / high


def test_variance_intervals_are_chi_square_where_tails_are_light():
    """Of evenly spaced values, whose kurtosis is below the normal one."""
    values = np.linspace(2, 5, 12)
    interval, spread = variance_interval(values), deviation_interval(values)
    expected = plain_variance(values, 11)
    assert (interval.low, interval.mean, interval.high) == pytest.approx(expected)
    assert (spread.low, spread.mean, spread.high) == pytest.approx(np.sqrt(expected))
    known = variance_interval(values - 3.5, about=0)
    low, high = stats.chi2.ppf([0.975, 0.025], 12)
    total = ((values - 3.5) ** 2).sum()
    assert (known.low, known.mean, known.high) == pytest.approx(
        (total / low, total / 12, total / high)
    )


def test_heavy_tails_have_fewer_degrees_of_freedom():
    """Shoemaker's, from SciPy's kurtosis with its bias of normal values taken out."""
    values = np.random.default_rng(3).standard_t(3, 30)
    kurtosis = stats.kurtosis(values, fisher=False) * 31 / 29
    assert kurtosis > 3
    expected = plain_variance(values, 2 * 30 / (kurtosis - 27 / 29))
    interval = variance_interval(values)
    assert (interval.low, interval.mean, interval.high) == pytest.approx(expected)


@pytest.mark.parametrize("about", [None, 1.0])
@pytest.mark.parametrize("n", [6, 20, 100])
def test_variance_intervals_cover(n, about):
    values = np.random.default_rng(n).normal(1.0, 3.0, (n, 20_000))
    interval = variance_interval(values, about=about)
    covered = np.mean((interval.low <= 9) & (interval.high >= 9))
    assert 0.95 - 4 * 0.0015 < covered < 0.965
    assert interval.mean.mean() == pytest.approx(9, rel=4 * np.sqrt(2 / n / 20_000))
    # Laplace's distribution, of kurtosis 6: the plain chi-square interval covers 80 to 86%.
    values = np.random.default_rng(n).laplace(1.0, 3.0, (n, 20_000))
    interval = variance_interval(values, about=about)
    assert np.mean((interval.low <= 18) & (interval.high >= 18)) > 0.88


def test_variances_of_what_is_not_there():
    interval = variance_interval([[1.0, np.nan], [np.nan, np.inf], [3.0, 2.0]])
    assert interval.n.tolist() == [2, 1]
    assert interval.mean[0] == 2.0
    assert np.isnan([interval.mean[1], interval.low[1], interval.high[1]]).all()
    assert variance_interval([2.0], about=0).mean == 4.0
    equal = variance_interval([1.0, 1.0, 1.0])
    assert (equal.low, equal.mean, equal.high) == (0, 0, 0)


def test_the_jackknife_of_a_mean_is_students_t():
    values = np.random.default_rng(8).normal(3, 2, (7, 4))
    left_out = [np.delete(values, i, axis=0).mean(axis=0) for i in range(7)]
    interval = jackknife_interval(values.mean(axis=0), left_out)
    expected = mean_interval(values)
    np.testing.assert_allclose(interval.low, expected.low)
    np.testing.assert_allclose(interval.high, expected.high)


def test_the_jackknife_covers_a_ratio_of_variances():
    """Of correlated values, on logarithms; the true ratio is 4."""
    rng = np.random.default_rng(9)
    x = rng.normal(size=(20, 4000))
    y = x + np.sqrt(3) * rng.normal(size=x.shape)

    def log_ratio(kept):
        return np.log(y[kept].var(axis=0, ddof=1) / x[kept].var(axis=0, ddof=1))

    left_out = [log_ratio(np.arange(20) != i) for i in range(20)]
    interval = jackknife_interval(log_ratio(slice(None)), left_out)
    covered = np.mean((interval.low <= np.log(4)) & (interval.high >= np.log(4)))
    assert 0.92 < covered < 0.97


def test_the_jackknife_needs_two():
    with pytest.raises(ValueError, match="`left_out` must hold at least 2 estimates, got 1"):
        jackknife_interval(1.0, [1.0])
