"""The decomposition against brute force, SciPy's noncentral χ² and its coverage."""

import numpy as np
import pytest
from hypothesis import example, given, settings
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


def ends_of_a_mean_of_squares(squares, skewness=0.0):
    """Student's t on the logarithm of the mean, and the shift of its upper end for skewness."""
    n = len(squares)
    error = stats.sem(squares) / squares.mean(axis=0)
    half, z2 = stats.t.ppf(0.975, n - 1) * error, stats.norm.ppf(0.975) ** 2
    # Shift of a skewed mean (Johnson 1978), less what the logarithm takes off by itself.
    shift = (1 + 2 * z2) / 6 * np.maximum(skewness, 3 * error) - z2 / 2 * error
    mean = squares.mean(axis=0)
    return {"low": mean * np.exp(-half), "high": mean * np.exp(half + shift * error)}


def test_against_brute_force():
    rng = np.random.default_rng(0)
    # Skewed, so that the skewness of the average counts.
    fits, truth, noise = 1 + rng.standard_t(4, (3000, 5)), rng.normal(size=5), 0.5
    at_inputs, average = squared_error_parts(fits, truth, noise)
    expected = (fits - truth) ** 2
    np.testing.assert_allclose(at_inputs.error.mean, expected.mean(axis=0) + noise**2)
    for end, value in ends_of_a_mean_of_squares(expected).items():
        np.testing.assert_allclose(getattr(at_inputs.error, end), value + noise**2)
    np.testing.assert_allclose(at_inputs.variance.mean, fits.var(axis=0, ddof=1))
    np.testing.assert_allclose(
        at_inputs.bias_squared.mean,
        (fits.mean(axis=0) - truth) ** 2 - fits.var(axis=0, ddof=1) / 3000,
    )
    squares = (fits - fits.mean(axis=0)) ** 2 * 3000 / 2999
    for end, value in ends_of_a_mean_of_squares(squares).items():
        np.testing.assert_allclose(getattr(at_inputs.variance, end), value)
    for name in PARTS:
        mean = getattr(at_inputs, name).mean.mean()
        np.testing.assert_allclose(getattr(average, name).mean, mean)
    for part, values, known in (
        (average.error, expected.mean(axis=1), noise**2),
        (average.variance, squares.mean(axis=1), 0.0),
    ):
        skewness = stats.skew(values) / np.sqrt(3000)
        assert skewness > 3 * stats.sem(values) / values.mean()
        for end, value in ends_of_a_mean_of_squares(values, skewness).items():
            assert getattr(part, end) == pytest.approx(value + known, rel=1e-9)


@settings(deadline=None, max_examples=30)
@given(
    fits=arrays(np.float64, st.tuples(st.integers(2, 30), st.integers(1, 4)),
                elements=st.integers(-1000, 1000)),
    power=st.floats(-120, 120),
)  # fmt: skip
@example(fits=np.array([[1.0, 2.0], [3.0, 5.0], [4.0, -1.0]]), power=-120.0)
@example(fits=np.full((3, 1), 511.0), power=110.34375)  # they vary in their last digits alone
def test_units_change_nothing(fits, power):
    """All parts scale with the square of the unit of fits, truth and noise."""
    truth, scale = np.linspace(-300, 500, fits.shape[1]), 10.0**power
    plain = squared_error_parts(fits, truth, 100.0)
    scaled = squared_error_parts(fits * scale, truth * scale, 100.0 * scale)
    for ours, theirs in zip(plain, scaled, strict=True):
        for name in PARTS:
            for end in ("mean", "low", "high"):
                expected = getattr(getattr(ours, name), end)
                np.testing.assert_allclose(
                    getattr(getattr(theirs, name), end) / scale / scale,
                    expected,
                    # The ends come from the inversion of a distribution, to about 2e-7.
                    rtol=1e-9 if end == "mean" else 1e-6,
                    atol=1e-7,
                )


@pytest.mark.parametrize("size", [1e-200, 1e-120, 1e-20, 1e-8])
def test_fits_that_hardly_vary_beside_the_bias(size):
    """The interval of the squared bias is then twice the bias times that of the mean."""
    deviations = np.random.default_rng(5).normal(size=(200, 3)) * [1, 2, 3]
    fits, truth = deviations * size, np.array([1.0, -1.0, 1.0])
    at_inputs, average = squared_error_parts(fits, truth, 0.0)
    along = (2 * (deviations * -truth)).mean(axis=1)
    half = stats.norm.ppf(0.975) * stats.sem(along) * size
    assert average.bias_squared.high - average.bias_squared.mean == pytest.approx(
        half, rel=1e-3, abs=1e-13
    )
    np.testing.assert_allclose(at_inputs.bias_squared.mean, 1, atol=1e-7)
    for parts in (at_inputs, average):
        if size >= 1e-120:
            assert (parts.variance.low > 0).all()
            assert (parts.variance.high > parts.variance.low).all()


def test_bias_and_tiny_variance_at_different_inputs():
    """Hypothesis found fits of 1e-120 that divided by zero."""
    at_inputs, average = squared_error_parts(
        [[1.0, 1e-120], [1.0, -1e-120], [1.0, 3e-120]], [0.0, 0.0], 0.0
    )
    np.testing.assert_array_equal(at_inputs.bias_squared.high[0], 1)
    assert at_inputs.variance.mean[1] == pytest.approx(4e-240)
    for interval in (at_inputs.variance.low[1], average.variance.low):
        assert interval > 0
    assert at_inputs.bias_squared.low[1] < 1e-240 < at_inputs.bias_squared.high[1]


def test_ends_lie_above_the_noise():
    """Also with few data sets, of which one has nearly all of the excess."""
    fits = np.array([[0.0], [0.01], [0.02], [50.0]])
    for parts in squared_error_parts(fits, [0.0], 2.0):
        assert (parts.error.low > 4).all()
        assert (parts.variance.low > 0).all()
        assert np.isfinite(parts.error.high).all()


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
    # Equal variances: the rest is a central χ², of which Pearson's distribution is exact, and the
    # integral over the first axis accurate to four digits.
    accuracy = 1e-5 if dimensions == 1 else 1e-4
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
    """Unequal variances; 2,000 estimates, whose share has a standard deviation of 0.005."""
    variance = np.array([1.0, 0.5, 0.3, 0.0])
    rng = np.random.default_rng(3)
    estimates = np.array(truth) + rng.normal(size=(2_000, 4)) * np.sqrt(variance)
    _, low, high = squared_length_interval(
        estimates, np.broadcast_to(variance, estimates.shape), 0.95
    )
    square = np.sum(np.square(truth))
    assert 0.93 < np.mean((low <= square) & (square <= high)) < 0.985
    assert np.mean(low > square) < 0.04
    assert np.mean(high < square) < 0.04
