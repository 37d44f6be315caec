"""The decomposition against brute force, SciPy's noncentral χ² and its coverage."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import optimize, stats

from genlab.measure import mean_interval, squared_error_parts
from genlab.measure._squared_length import squared_length_interval

PARTS = ("noise", "bias_squared", "variance", "error")


@settings(deadline=None, max_examples=50)
@given(
    fits=arrays(np.float64, st.tuples(st.integers(2, 6), st.integers(1, 4)),
                elements=st.floats(-100, 100)),
    noise=st.floats(0, 10),
)  # fmt: skip
def test_the_parts_add_up_to_the_error(fits, noise):
    truth = np.linspace(-1, 1, fits.shape[1])
    for parts in squared_error_parts(fits, truth, noise):
        total = parts.noise.mean + parts.bias_squared.mean + parts.variance.mean
        np.testing.assert_allclose(total, parts.error.mean, rtol=1e-10, atol=1e-8)
        for name in PARTS:
            interval = getattr(parts, name)
            assert (interval.low <= interval.mean + 1e-9).all()


def test_against_brute_force():
    rng = np.random.default_rng(0)
    fits, truth, noise = rng.normal(1, 2, (3000, 5)), rng.normal(size=5), 0.5
    at_inputs, average = squared_error_parts(fits, truth, noise)
    expected = mean_interval((fits - truth) ** 2 + noise**2)
    for end in ("mean", "low", "high"):
        np.testing.assert_allclose(getattr(at_inputs.error, end), getattr(expected, end))
    np.testing.assert_allclose(at_inputs.variance.mean, fits.var(axis=0, ddof=1))
    np.testing.assert_allclose(
        at_inputs.bias_squared.mean,
        (fits.mean(axis=0) - truth) ** 2 - fits.var(axis=0, ddof=1) / 3000,
    )
    squares = mean_interval((fits - fits.mean(axis=0)) ** 2 * 3000 / 2999)
    half = (squares.high - squares.mean) / squares.mean
    np.testing.assert_allclose(at_inputs.variance.low, squares.mean * np.exp(-half))
    np.testing.assert_allclose(at_inputs.variance.high, squares.mean * np.exp(half))
    for name in PARTS:
        expected = getattr(at_inputs, name).mean.mean()
        np.testing.assert_allclose(getattr(average, name).mean, expected)
    expected = mean_interval(((fits - truth) ** 2).mean(axis=1) + noise**2)
    assert float(average.error.low) == pytest.approx(float(expected.low))


def test_order_of_the_data_sets_changes_nothing_but_rounding():
    fits = np.random.default_rng(1).normal(size=(5000, 7))
    one, other = (squared_error_parts(f, np.zeros(7), 0.1)[1] for f in (fits, fits[::-1]))
    for name in PARTS:
        for end in ("mean", "low", "high"):
            assert getattr(getattr(one, name), end) == pytest.approx(
                getattr(getattr(other, name), end), rel=1e-9
            )


def test_bias_is_free_of_the_variance_of_the_mean():
    """With 3 data sets the plain estimate is too high by a third of the variance."""
    rng = np.random.default_rng(2)
    truth = np.array([0.0, 0.5])
    # A thousand times two inputs, each drawn for itself.
    at_inputs, _ = squared_error_parts(rng.normal(0, 1, (3, 2000)), np.tile(truth, 1000), 0)
    estimates = np.asarray(at_inputs.bias_squared.mean).reshape(1000, 2).mean(axis=1)
    interval = mean_interval(estimates)
    assert interval.low < 0.125 < interval.high
    assert interval.high < 0.125 + 1 / 3


def test_nothing_varies():
    at_inputs, average = squared_error_parts([[1.0, 2.0]] * 4, [1.0, 1.0], 0.5)
    for parts in (at_inputs, average):
        assert (parts.variance.high == 0).all()
        np.testing.assert_array_equal(parts.bias_squared.low, parts.bias_squared.mean)
        np.testing.assert_array_equal(parts.bias_squared.high, parts.bias_squared.mean)
    np.testing.assert_allclose(at_inputs.bias_squared.mean, [0, 1])
    assert average.error.mean == 0.75


@pytest.mark.parametrize(
    ("predictions", "truth", "noise", "message"),
    [
        ([[1.0]], [1.0], 0.1, "with n_datasets >= 2, got"),
        ([1.0, 2.0], [1.0, 1.0], 0.1, r"`predictions` must have shape \(n_datasets, m\)"),
        ([[1.0], [2.0]], [1.0, 1.0], 0.1, r"`truth` must have shape \(1,\), got \(2,\)"),
        ([[1.0], [2.0]], [1.0], -0.1, r"`noise` must be a number >= 0, got -0\.1"),
        ([[np.nan], [2.0]], [1.0], 0.1, "must be finite, got values that are not"),
        ([[1.0], [2.0]], [np.inf], 0.1, "must be finite, got values that are not"),
    ],
)
def test_bad_arguments(predictions, truth, noise, message):
    with pytest.raises(ValueError, match=message):
        squared_error_parts(predictions, truth, noise)


def noncentral_ends(length, variance, dimensions):
    """Both ends where all variances are equal: |û|² / variance is noncentral χ²."""

    def excess(square, probability):
        above = stats.ncx2.sf(length / variance, dimensions, max(square, 1e-12) / variance)
        return above - probability

    most = 20 * length + 100 * variance
    return [
        0.0 if excess(0, p) > 0 else optimize.brentq(excess, 0, most, args=(p,))
        for p in (0.025, 0.975)
    ]


@pytest.mark.parametrize("dimensions", [1, 2, 5, 20])
@pytest.mark.parametrize("size", [0.1, 1.0, 3.0, 30.0])
def test_squared_length_against_the_noncentral_chi_square(dimensions, size):
    estimate = np.full((1, dimensions), size) * np.linspace(0.5, 1.5, dimensions)
    length, low, high = squared_length_interval(estimate, np.full_like(estimate, 0.7), 0.95)
    square = (estimate**2).sum()
    assert length[0] == pytest.approx(square - 0.7 * dimensions)
    expected_low, expected_high = noncentral_ends(square, 0.7, dimensions)
    # Exact in one dimension; in more, the distribution of the rest is an approximation.
    accuracy = 1e-5 if dimensions == 1 else 0.04
    if expected_low > 0:
        assert low[0] == pytest.approx(expected_low, rel=accuracy, abs=0.05 * accuracy)
    else:
        assert low[0] <= 0.0
    assert high[0] == pytest.approx(expected_high, rel=accuracy, abs=2 * accuracy)


def test_directions_without_noise_are_known():
    estimate, variance = np.array([[2.0, 0.1]]), np.array([[0.0, 0.01]])
    _, low, high = squared_length_interval(estimate, variance, 0.95)
    _, _, alone = squared_length_interval(estimate[:, 1:], variance[:, 1:], 0.95)
    assert low[0] == 4.0
    assert high[0] == pytest.approx(4.0 + alone[0], rel=1e-6)


@pytest.mark.parametrize(
    "truth", [(0.3, 0.3, 0.3, 0.3), (1.0, 1.0, 0.0, 0.0), (3.0, 0.0, 0.0, 0.0)]
)
def test_squared_length_covers(truth):
    """Unequal variances; 5,000 estimates, whose share has a standard deviation of 0.003."""
    variance = np.array([1.0, 0.5, 0.3, 0.0])
    rng = np.random.default_rng(3)
    estimates = np.array(truth) + rng.normal(size=(5_000, 4)) * np.sqrt(variance)
    _, low, high = squared_length_interval(
        estimates, np.broadcast_to(variance, estimates.shape), 0.95
    )
    square = np.sum(np.square(truth))
    assert 0.93 < np.mean((low <= square) & (square <= high)) < 0.985
    assert np.mean(low > square) < 0.04
    assert np.mean(high < square) < 0.04
