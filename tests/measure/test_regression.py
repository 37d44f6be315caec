"""The error of predicted numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

from genlab.measure import evaluate_regression


def drawn(n: int, seed: int = 0):
    stream = np.random.default_rng(seed)
    y = stream.normal(5, 3, n)
    return y, y + stream.normal(0.3, 1, n)


def test_estimates_are_those_of_scikit_learn():
    y, predicted = drawn(200)
    found = evaluate_regression(y, predicted)
    assert found.n == 200
    np.testing.assert_allclose(found.r_squared.mean, r2_score(y, predicted), rtol=1e-12)
    np.testing.assert_allclose(
        found.mean_squared_error.mean, mean_squared_error(y, predicted), rtol=1e-12
    )
    np.testing.assert_allclose(
        found.mean_absolute_error.mean, mean_absolute_error(y, predicted), rtol=1e-12
    )
    np.testing.assert_allclose(
        found.root_mean_squared_error.mean**2, found.mean_squared_error.mean, rtol=1e-12
    )


def test_intervals_are_those_of_a_bootstrap():
    """BCa of SciPy, another method for the same interval, on 2,000 examples."""
    y, predicted = drawn(2000)
    found = evaluate_regression(y, predicted)
    for name, score in {
        "r_squared": lambda i: r2_score(y[i], predicted[i]),
        "mean_squared_error": lambda i: mean_squared_error(y[i], predicted[i]),
    }.items():
        ends = stats.bootstrap(
            (np.arange(2000),),
            score,
            vectorized=False,
            n_resamples=2000,
            rng=0,
            method="percentile",
        ).confidence_interval
        interval = getattr(found, name)
        width = interval.high - interval.low
        assert abs(interval.low - ends.low) < 0.1 * width
        assert abs(interval.high - ends.high) < 0.1 * width


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_the_unit_of_the_target_changes_no_share(shift, scale):
    y, predicted = drawn(30)
    one, other = (
        evaluate_regression(y, predicted),
        evaluate_regression(scale * y + shift, scale * predicted + shift),
    )
    for end in ("mean", "low", "high"):
        np.testing.assert_allclose(
            getattr(other.r_squared, end), getattr(one.r_squared, end), rtol=1e-6
        )
        np.testing.assert_allclose(
            getattr(other.mean_squared_error, end),
            scale**2 * getattr(one.mean_squared_error, end),
            rtol=1e-6,
        )


@pytest.mark.parametrize("seed", range(20))
def test_intervals_stay_where_their_quantity_can_be(seed):
    y, predicted = drawn(3, seed)
    found = evaluate_regression(y, predicted)
    assert found.r_squared.high <= 1
    for name in ("mean_squared_error", "root_mean_squared_error", "mean_absolute_error"):
        assert getattr(found, name).low >= 0


def test_without_an_interval_the_ends_are_nan():
    for y, predicted in (([1.0], [2.0]), ([1.0, 2.0], [1.0, 2.0])):
        found = evaluate_regression(y, predicted)
        assert np.isnan(found.mean_squared_error.low)
        assert np.isnan(found.mean_squared_error.high)
    assert np.isnan(evaluate_regression([1.0, 1.0], [1.0, 2.0]).r_squared.mean)


@pytest.mark.parametrize(
    ("y", "predicted"), [([], []), ([1.0], [1.0, 2.0]), ([[1.0]], [[1.0]]), ([np.nan], [1.0])]
)
def test_what_cannot_be_compared(y, predicted):
    with pytest.raises(ValueError, match="`predicted`"):
        evaluate_regression(y, predicted)
