"""Intervals of proportions against SciPy and by their exact coverage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from genlab.measure import (
    clopper_pearson_interval,
    proportion_difference_interval,
    wilson_interval,
)

METHODS = {"wilson": wilson_interval, "exact": clopper_pearson_interval}


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
@pytest.mark.parametrize("method", METHODS)
def test_they_are_scipys(method, confidence):
    trials = np.array([1, 2, 10, 999])
    counts = [[0, 0, 0, 0], [1, 1, 3, 500], [1, 2, 10, 999]]
    interval = METHODS[method](counts, trials, confidence)
    for i, row in enumerate(counts):
        for j, (k, n) in enumerate(zip(row, trials, strict=True)):
            expected = stats.binomtest(k, n).proportion_ci(confidence, method=method)
            assert interval.low[i, j] == pytest.approx(expected.low, abs=1e-12)
            assert interval.high[i, j] == pytest.approx(expected.high, abs=1e-12)
            assert (interval.mean[i, j], interval.n[i, j]) == (k / n, n)


def coverage(method, n, p, confidence=0.95):
    """Of every count its probability, summed where the interval holds `p`."""
    interval = METHODS[method](np.arange(n + 1), n, confidence)
    return stats.binom.pmf(np.arange(n + 1), n, p)[(interval.low <= p) & (p <= interval.high)].sum()


@given(st.integers(1, 200), st.floats(1e-9, 1), st.sampled_from([0.8, 0.95, 0.99]))
def test_the_exact_interval_covers_at_least_as_stated(n, p, confidence):
    assert coverage("exact", n, p, confidence) >= confidence - 1e-12


@pytest.mark.parametrize("n", [10, 30, 100, 1000])
def test_wilsons_interval_covers_as_stated_on_average(n):
    covered = np.array([coverage("wilson", n, p) for p in np.linspace(0.0005, 0.9995, 1000)])
    assert covered.mean() == pytest.approx(0.95, abs=0.007)
    inner = covered[50:950]
    if n == 100:  # as the docstring says
        assert 0.92 <= inner.min() <= inner.max() <= 0.98


@pytest.mark.parametrize("method", METHODS)
def test_successes_and_failures_mirror(method):
    some, rest = METHODS[method]([0, 3, 9], 12), METHODS[method]([12, 9, 3], 12)
    np.testing.assert_allclose(some.low, 1 - rest.high, atol=1e-14)
    assert some.low[0] == 0
    assert rest.high[0] == 1


@pytest.mark.parametrize("method", METHODS)
def test_no_trial_tells_nothing(method):
    interval = METHODS[method]([0, 1], [0, 2])
    for values in (interval.low, interval.mean, interval.high):
        assert np.isnan(values).tolist() == [True, False]


@pytest.mark.parametrize("method", METHODS)
def test_bad_counts(method):
    for successes in (-1, 11, 2.5, np.nan):
        with pytest.raises(ValueError, match="`successes` must be whole numbers from 0 to `n`"):
            METHODS[method](successes, 10)
    for n in (-1, 2.5, np.inf):
        with pytest.raises(ValueError, match="`n` must be whole numbers >= 0, got"):
            METHODS[method](0, n)
    with pytest.raises(ValueError, match="`confidence` must be below 1"):
        METHODS[method](1, 2, confidence=1)


def test_the_interval_of_a_difference():
    """Newcombe, Statistics in Medicine 17 (1998), table II, example (b), method 10."""
    interval = proportion_difference_interval(9, 10, 3, 10)
    assert float(interval.mean) == pytest.approx(0.6)
    assert (float(interval.low), float(interval.high)) == pytest.approx((0.1705, 0.8090), abs=1e-4)
    wider = proportion_difference_interval(9, 10, 3, 10, 1 - 0.05 / 2016)
    assert wider.low < interval.low
    assert wider.high > interval.high
