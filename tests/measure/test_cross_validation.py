"""The interval of a cross-validated error against formulas, limits and its coverage."""

import math

import numpy as np
import pytest
from scipy import stats

from genlab.measure import cross_validated_difference, cross_validated_interval


def roots(p, n):
    """Wilson's ends: the proportions whose score test of `p` in n trials is just not rejected."""
    z2 = stats.norm.ppf(0.975) ** 2
    return np.sort(np.roots([1 + z2 / n, -(2 * p + z2 / n), p**2]))


def test_folds_that_agree_have_wilsons_interval_of_fewer_examples():
    interval = cross_validated_interval([0.1, 0.15, 0.1, 0.05, 0.1], 20, 80)
    assert float(interval.mean) == pytest.approx(0.1)
    assert interval.n == 5
    # Nadeau and Bengio's variance, (1/K + n2/n1) p(1 - p)/n2, is that of so many examples.
    n = 20 / (1 / 5 + 20 / 80)
    np.testing.assert_allclose([interval.low, interval.high], roots(0.1, n))


def test_folds_that_differ_by_more_than_counts_have_the_corrected_t():
    errors = np.array([0.1, 0.4, 0.1, 0.05, 0.3])
    interval = cross_validated_interval(errors, 20, 80)
    p = errors.mean()
    half = stats.t.ppf(0.975, 4) * math.sqrt(errors.var(ddof=1) * (1 / 5 + 20 / 80))
    angles = np.arcsin(np.sqrt(p)) + np.array([-1, 1]) * half / (2 * math.sqrt(p * (1 - p)))
    np.testing.assert_allclose([interval.low, interval.high], np.sin(angles) ** 2)


def test_an_error_of_a_single_division_does_not_reach_far():
    interval = cross_validated_interval([0, 0, 0, 0, 4 / 364], 364, 364, 364)
    assert interval.high < 0.05


def test_the_test_of_differing_folds_has_its_level():
    """Widened in about 10% of cases where all models have one true error."""
    rng = np.random.default_rng(0)
    counts = rng.binomial(100, 0.3, (2000, 5))
    widened = 0
    for errors in counts / 100:
        interval = cross_validated_interval(errors, 100, 400)
        widened += not np.allclose(interval.high, roots(errors.mean(), 500 * 400 / 900)[1])
    assert 0.08 < widened / 2000 < 0.12


@pytest.mark.parametrize("errors", [[0.0, 0.0, 0.0], [1.0, 1.0], [0.0, 0.0, 0.7], [1.0, 0.2]])
def test_it_stays_where_an_error_can_be_and_has_a_width(errors):
    interval = cross_validated_interval(errors, 10, 20)
    assert 0 <= interval.low <= interval.mean <= interval.high <= 1
    assert interval.high > interval.low
    mirrored = cross_validated_interval(1 - np.array(errors), 10, 20)
    np.testing.assert_allclose(
        [mirrored.low, mirrored.high], [1 - interval.high, 1 - interval.low], atol=1e-12
    )


def test_examples_that_validate_again_count_once():
    rng = np.random.default_rng(1)
    errors = rng.binomial(20, 0.2, 50) / 20
    once = cross_validated_interval(errors, 20, 80, 100)
    assert float(once.high) == pytest.approx(roots(errors.mean(), 100 * 80 / 180)[1])
    assert once.high > cross_validated_interval(errors, 20, 80).high


def test_it_covers_the_error_of_nearest_neighbours():
    """Of five folds of 100 examples; 500 repetitions, and coverage is on the safe side."""
    rng = np.random.default_rng(2)
    errors = []
    for _ in range(500):
        y = rng.integers(0, 2, 100)
        x = rng.normal(size=(100, 3)) + 1.5 * y[:, None]
        distance = ((x[:, None] - x) ** 2).sum(axis=2)
        fold = np.arange(100) % 5
        distance[fold[:, None] == fold] = np.inf
        wrong = y[distance.argmin(axis=1)] != y
        errors.append([wrong[fold == i].mean() for i in range(5)])
    intervals = [cross_validated_interval(row, 20, 80) for row in errors]
    true = np.mean(errors)
    assert np.mean([interval.low <= true <= interval.high for interval in intervals]) > 0.95


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.1], 10, 20), "`errors` must be at least 2 numbers from 0 to 1, got"),
        (([0.1, 1.1], 10, 20), "`errors` must be at least 2 numbers from 0 to 1, got"),
        (([0.1, np.nan], 10, 20), "`errors` must be at least 2 numbers from 0 to 1, got"),
        (([0.1, 0.2], 0, 20), "`n_validation` must be a number > 0, got 0"),
        (([0.1, 0.2], 10, -1), "`n_fitted` must be a number > 0, got -1"),
        (([0.1, 0.2], 10, 20, 0), "`n_examples` must be a number > 0, got 0"),
        (([0.1, 0.2], 10, 20, None, 1.0), "`confidence` must be below 1, got 1.0"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        cross_validated_interval(*arguments)


def losses_of_two(k=5, m=20, seed=0):
    rng = np.random.default_rng(seed)
    return rng.random((k, m)) < 0.3, rng.random((k, m)) < 0.2


def test_the_difference_on_the_same_examples_has_students_t_over_examples():
    first, second = losses_of_two(seed=1)
    interval = cross_validated_difference(first, second, 80)
    every = (first * 1.0 - second).ravel()
    half = stats.t.ppf(0.975, 99) * math.sqrt(every.var(ddof=1) * (1 / 100 + 0.5 / 80))
    assert float(interval.mean) == pytest.approx(every.mean())
    assert float(interval.high - interval.mean) == pytest.approx(half)
    assert float(interval.mean - interval.low) == pytest.approx(half)


def test_divisions_that_differ_by_more_than_examples_widen_the_difference():
    first = np.zeros((4, 10))
    second = np.repeat([[0.0], [0.0], [1.0], [1.0]], 10, axis=1) * np.linspace(0.5, 1, 10)
    interval = cross_validated_difference(first, second, 30)
    means = (first - second).mean(axis=1)
    half = stats.t.ppf(0.975, 3) * math.sqrt(means.var(ddof=1) * (1 / 4 + 0.5 * 10 / 30))
    assert float(interval.high - interval.mean) == pytest.approx(half)


def test_a_division_that_failed_is_left_out_of_a_difference():
    first, second = (losses.astype(float) for losses in losses_of_two())
    with_failed = [*second[:-1], np.full(20, np.nan)]
    alone = cross_validated_difference(first[:-1], second[:-1], 80)
    interval = cross_validated_difference(first, with_failed, 80)
    assert (interval.low, interval.mean, interval.n) == (alone.low, alone.mean, 4)
    only = cross_validated_difference(first[:2], [np.full(20, np.nan), second[1]], 80)
    assert np.isnan(only.low)
    assert np.isfinite(only.mean)


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ([[1, 0]], [[0, 1]], "at least 2"),
        ([[1, 0], [1]], [[0, 1], [1, 0]], "the same examples"),
    ],
)
def test_a_difference_needs_the_same_examples_in_two_divisions(first, second, words):
    with pytest.raises(ValueError, match=words):
        cross_validated_difference(first, second, 10)


def test_examples_of_repeated_folds_count_once():
    rng = np.random.default_rng(3)
    losses = [(rng.random(20) < p).astype(float) for p in (0.3, 0.4, 0.3, 0.4)]
    zeros = [np.zeros(20)] * 4
    examples = [np.arange(20), np.arange(20, 40)] * 2
    interval = cross_validated_difference(losses, zeros, 20, examples)
    of_examples = np.concatenate([(losses[0] + losses[2]) / 2, (losses[1] + losses[3]) / 2])
    half = stats.t.ppf(0.975, 39) * math.sqrt(of_examples.var(ddof=1) * (1 / 40 + 0.5 / 20))
    assert float(interval.mean) == pytest.approx(of_examples.mean())
    assert float(interval.high - interval.mean) == pytest.approx(half)
    with pytest.raises(ValueError, match="`examples` must number"):
        cross_validated_difference(losses, zeros, 20, [*examples[::-1][:3], np.arange(3)])
