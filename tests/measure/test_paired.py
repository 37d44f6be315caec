"""Paired differences along a curve: against SciPy, randomised blocks, and by simulation."""

import numpy as np
import pytest
from scipy import stats

from genlab.measure import highest_positions, pairwise_intervals, peak_test, rise_test


def test_two_positions_give_the_paired_t_interval():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=5), rng.normal(size=5)
    found = pairwise_intervals([first, second], 0.9, paired=True)
    expected = stats.ttest_rel(second, first).confidence_interval(0.9)
    assert (float(found.low[0, 1]), float(found.high[0, 1])) == pytest.approx(
        (expected.low, expected.high), rel=1e-5
    )


def test_pairs_that_vary_alike_give_tukeys_intervals_for_randomised_blocks():
    """Residuals of equal length at right angles to each other: all differences vary alike."""
    residuals = np.array([[1, 1, 1, -3], [1, 1, -2, 0], [1, -1, 0, 0]], float)
    residuals /= np.linalg.norm(residuals, axis=1, keepdims=True)
    effects, means = np.array([5.0, -3.0, 8.0, 1.0]), np.array([[1.0], [4.0], [2.0]])
    table = means + effects + residuals  # positions, seeds
    found = pairwise_intervals(table, paired=True)
    # The two-way analysis of variance without interaction, written out.
    rest = table - table.mean(axis=0) - table.mean(axis=1, keepdims=True) + table.mean()
    k, n = table.shape
    variance = (rest**2).sum() / ((k - 1) * (n - 1))
    half = stats.studentized_range.ppf(0.95, k, (k - 1) * (n - 1)) * np.sqrt(variance / n)
    off = ~np.eye(k, dtype=bool)
    np.testing.assert_allclose((found.high - found.low)[off] / 2, half, rtol=1e-6)
    np.testing.assert_allclose(found.mean[0], table.mean(axis=1) - table[0].mean())
    assert (found.low <= found.mean).all()


def test_the_variance_is_the_largest_of_three():
    """Of a pair itself, of the pairs of its neighbours, and of all pairs, written out."""
    rng = np.random.default_rng(4)
    positions, seeds = 9, 4
    table = rng.normal(size=(positions, seeds)) * np.linspace(0.2, 3, positions)[:, None]
    found = pairwise_intervals(table, paired=True)
    freedom = (seeds - 1) * (positions - 1)
    quantile = stats.studentized_range.ppf(0.95, positions, freedom)

    def variances(first, second):
        return [(table[b] - table[a]).var(ddof=1) for a in first for b in second if a != b]

    def near(position):
        return [other for other in range(positions) if abs(other - position) <= 2]

    for i in range(positions):
        for j in range(positions):
            three = (variances([i], [j]), variances(near(i), near(j)))
            largest = max(
                np.mean(some) for some in (*three, variances(*[range(positions)] * 2)) if some
            )
            half = (found.high - found.low)[i, j] / 2
            expected = quantile * np.sqrt(largest / (2 * seeds)) if i != j else 0
            assert half == pytest.approx(expected, rel=1e-6)


def test_what_a_seed_adds_everywhere_changes_nothing():
    rng = np.random.default_rng(1)
    table = rng.normal(size=(7, 4))
    shifts = np.array([10.0, -20.0, 5.0, 0.0])
    plain = pairwise_intervals(table, paired=True)
    shifted = pairwise_intervals(table + shifts, paired=True)
    np.testing.assert_allclose(plain.low, shifted.low, atol=1e-9)
    wider = pairwise_intervals(table + shifts)
    assert (wider.high - wider.low)[0, 1] > 5 * (plain.high - plain.low)[0, 1]


def flat_curves(kind, seeds, positions, rng):
    """Values of mean 0 at every position that belong together along a seed."""
    steps = rng.standard_normal((positions, seeds))
    if kind == "random walk":
        return steps.cumsum(axis=0)
    if kind == "slopes":
        return np.linspace(-1, 1, positions)[:, None] * steps[0] + 0.1 * steps
    values = [steps[0]]
    for step in steps[1:]:
        values.append(0.9 * values[-1] + np.sqrt(1 - 0.9**2) * step)
    return np.array(values) * np.linspace(1, 3, positions)[:, None]


@pytest.mark.parametrize("kind", ["random walk", "slopes", "autoregressive, growing"])
@pytest.mark.parametrize(("seeds", "positions"), [(3, 20), (5, 30)])
def test_flat_courses_have_no_peak(kind, seeds, positions):
    """A rise at most in 5%, give or take the chance of 500 simulations; a peak in fewer."""
    rng = np.random.default_rng([seeds, positions])
    tests = [peak_test(flat_curves(kind, seeds, positions, rng), paired=True) for _ in range(500)]
    assert np.mean([test.rise.low > 0 for test in tests]) <= 0.07
    assert np.mean([test.found for test in tests]) <= 0.02


def test_two_seeds_claim_nothing_at_more_than_two_positions():
    """With them a rise would be claimed in up to 9% of flat courses."""
    rng = np.random.default_rng(0)
    table = 100 * np.arange(4.0)[:, None] + rng.normal(size=(4, 2))
    found = pairwise_intervals(table, paired=True)
    assert np.isnan(found.low).all()
    assert found.mean[0, 3] == pytest.approx(300, abs=10)
    hump = np.abs(np.arange(-3.0, 4))[:, None] * -100 + rng.normal(size=(7, 2))
    assert not peak_test(hump, paired=True).found
    assert peak_test(hump, paired=True).top == 3
    two = pairwise_intervals(table[:2], paired=True)
    expected = stats.ttest_rel(table[1], table[0]).confidence_interval(0.95)
    assert float(two.low[0, 1]) == pytest.approx(expected.low, rel=1e-5)


def test_a_peak_smaller_than_the_differences_between_seeds_is_found():
    """A hump of 3 points in courses whose levels differ by 4."""
    rng = np.random.default_rng(2)
    hump = 3 * np.exp(-((np.arange(20) - 12) ** 2) / 8)
    levels = 4 * rng.standard_normal(5)
    table = hump[:, None] + levels + 0.2 * rng.standard_normal((20, 5))
    assert peak_test(table, paired=True).found
    assert peak_test(table, paired=True).top == 12
    assert not peak_test(table).found


def test_seeds_that_diverge_are_left_out_of_all_positions():
    table = np.random.default_rng(3).normal(size=(4, 5))
    gone = np.column_stack([table, [1.0, 2.0, np.nan, np.nan]])
    whole, left = pairwise_intervals(table, paired=True), pairwise_intervals(gone, paired=True)
    np.testing.assert_array_equal(whole.low, left.low)
    assert (left.n == 5).all()
    with pytest.raises(ValueError, match="as many seeds at every position to be paired"):
        pairwise_intervals([[1.0, 2.0], [1.0]], paired=True)
    with pytest.raises(ValueError, match="`values` must hold a finite value"):
        peak_test([[np.nan], [1.0]], paired=True)
    one = pairwise_intervals([[1.0], [3.0]], paired=True)
    assert float(one.mean[0, 1]) == 2.0
    assert np.isnan(one.low[0, 1])


def test_the_highest_positions_are_told_by_differences_within_seeds():
    """Seeds that differ by far more than positions hide the highest one from the unpaired."""
    rng = np.random.default_rng(8)
    means, level = np.array([[1.0], [2.0], [3.0], [2.9]]), 10 * rng.normal(size=6)
    values = means + level + 0.1 * rng.normal(size=(4, 6))
    assert highest_positions(values, paired=True) == [2, 3]
    assert highest_positions(values) == [0, 1, 2, 3]


def test_a_paired_rise_is_of_the_paired_differences():
    rng = np.random.default_rng(3)
    curve = [value + rng.normal(size=5) for value in (0.0, 1.0, 0.5)]
    pairs, found = pairwise_intervals(curve, paired=True), rise_test(curve, paired=True)
    assert found.most == max(pairs.high[i, j] for i, j in ((0, 1), (0, 2), (1, 2)))
    assert found.rise.low == pairs.low[found.start, found.top]
