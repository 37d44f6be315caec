"""Equivalent sample sizes against roots found by SciPy, and how often the interval covers."""

import numpy as np
import pytest
from scipy import optimize, stats

from genlab.measure import equivalent_sample_size


def test_examples_needed_have_a_root_and_an_interval_of_their_own():
    """Against roots of the same condition, written out for one n at a time."""
    sizes = (100, 300, 1000, 5000)
    rng = np.random.default_rng(0)
    curve = np.array([0.7, 0.5, 0.3, 0.15]) * np.exp(0.05 * rng.normal(size=(5, 4)))
    error = 0.35 * np.exp(0.05 * rng.normal(size=5))
    found = equivalent_sample_size(sizes, curve, error)

    def ratio(n, rows):
        means = [np.log(np.mean([curve[r][k] for r in rows])) for k in range(4)]
        return np.interp(np.log(n), np.log(sizes), means) - np.log(np.mean(error[rows]))

    def end(n, sign):
        rest = [ratio(n, [r for r in range(5) if r != out]) for out in range(5)]
        half = stats.t.ppf(0.975, 4) * np.sqrt(4 / 5 * np.square(rest - np.mean(rest)).sum())
        return ratio(n, list(range(5))) + sign * half

    assert float(found.mean) == pytest.approx(
        optimize.brentq(ratio, 100, 5000, list(range(5))), rel=1e-4
    )
    assert found.low == pytest.approx(optimize.brentq(end, 100, 5000, -1), rel=1e-4)
    assert found.high == pytest.approx(optimize.brentq(end, 100, 5000, +1), rel=1e-4)


def test_the_interval_of_examples_needed_covers_the_truth():
    sizes = np.array([100, 300, 1000, 5000])
    truth = 2 * sizes**-0.3
    rng = np.random.default_rng(1)
    covered = []
    for _ in range(400):
        curve = truth * (1 + 0.03 * rng.normal(size=(5, 4)))
        error = 2 * 600.0**-0.3 * (1 + 0.03 * rng.normal(size=5))
        found = equivalent_sample_size(tuple(sizes), curve, error)
        covered.append(found.low <= 600 <= found.high)
    assert 0.92 < np.mean(covered) < 0.98


def test_diverged_seeds_are_left_out():
    sizes, rng = (100, 400, 1600), np.random.default_rng(2)
    curve = np.array([0.6, 0.4, 0.2]) * np.exp(0.05 * rng.normal(size=(6, 3)))
    error = 0.3 * np.exp(0.05 * rng.normal(size=6))
    expected = equivalent_sample_size(sizes, curve[2:], error[2:])
    curve[0, 1], error[1] = np.nan, np.inf
    found = equivalent_sample_size(sizes, curve, error)
    assert (found.mean, found.low, found.high, found.n) == (
        expected.mean, expected.low, expected.high, 4,
    )  # fmt: skip
    none = equivalent_sample_size(sizes, np.full((2, 3), np.nan), [0.3, 0.3])
    assert np.isnan([none.mean, none.low, none.high]).all()
    assert none.n == 0


def test_beyond_the_sizes_and_with_one_seed():
    """Ends and estimates that the sizes do not reach are open, on their own side alone."""
    sizes, curve = (100, 1000), np.array([[0.6, 0.3], [0.62, 0.31], [0.58, 0.29]])
    for error in (0.8, 0.2):
        found = equivalent_sample_size(sizes, curve, [error] * 3)
        assert np.isnan([found.mean, found.low if error > 0.5 else found.high]).all()
    early = equivalent_sample_size(sizes, curve, [0.585, 0.595, 0.57])
    assert np.isnan(early.low)
    assert 100 < early.mean < early.high < 1000
    alone = equivalent_sample_size(sizes, curve[:1], [0.3 * 2**0.5])
    assert float(alone.mean) == pytest.approx(10**2.5)  # half-way down on both log axes
    assert np.isnan([alone.low, alone.high]).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([100], [[0.5]], [0.5]), "`sizes` must be at least 2 numbers that increase from above 0"),
        (([0, 1], [[0.5, 0.4]], [0.5]), "`sizes` must be at least 2 numbers"),
        (([2, 1], [[0.5, 0.4]], [0.5]), "`sizes` must be at least 2 numbers"),
        (([1, 2], [0.5, 0.4], [0.5]), r"`errors` must have shape \(seeds, 2\), got \(2,\)"),
        (
            ([1, 2], [[0.5, 0.4]], [0.5, 0.4]),
            r"one value per seed of `errors`, 1, got shape \(2,\)",
        ),
        (([1, 2], [[0.5, 0.0]], [0.5]), "must have means above 0 .*, got 0"),
        (([1, 2], [[0.5, 0.1]] * 2, [0.5, 0.0]), "must have means above 0 .* all but one, got 0"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        equivalent_sample_size(*arguments)
