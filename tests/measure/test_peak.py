"""A peak among chosen means: against SciPy's Tukey test, and its error rate by simulation."""

import numpy as np
import pytest
from scipy import stats

from genlab.measure import highest_positions, pairwise_intervals, peak_test, rise_test

BOOK = np.array([60, 46.5, 42.5, 43.4, 47, 47.9, 47, 46.4, 39.9])


def test_equal_scatter_gives_tukeys_intervals():
    """Shifted copies have one variance, so that all three estimates agree with Tukey's."""
    seeds = np.random.default_rng(0).standard_normal(4)
    rows = [seeds + shift for shift in (0.0, 1.0, 5.0, 2.0)]
    found = pairwise_intervals(rows)
    expected = stats.tukey_hsd(*rows).confidence_interval(0.95)
    off = ~np.eye(4, dtype=bool)
    # SciPy's [i, j] is the mean at i less the mean at j.
    np.testing.assert_allclose(found.low[off], expected.low.T[off], rtol=1e-6)
    np.testing.assert_allclose(found.high[off], expected.high.T[off], rtol=1e-6)
    np.testing.assert_allclose(found.mean, [[b.mean() - a.mean() for b in rows] for a in rows])


def test_two_equal_groups_give_students_interval():
    rows = [[1.0, 2.0, 3.0], [5.0, 6.0, 7.0]]
    found = pairwise_intervals(rows)
    expected = stats.ttest_ind(rows[1], rows[0]).confidence_interval(0.95)
    assert (float(found.low[0, 1]), float(found.high[0, 1])) == pytest.approx(
        tuple(expected), rel=1e-5
    )


def test_intervals_are_never_narrower_than_tukeys():
    rng = np.random.default_rng(1)
    rows = [rng.normal(0, 1 + i, 3 + i % 2) for i in range(6)]
    expected = stats.tukey_hsd(*rows).confidence_interval(0.95)
    found = pairwise_intervals(rows)
    off = ~np.eye(6, dtype=bool)
    assert ((found.high - found.low)[off] >= (expected.high - expected.low)[off] - 1e-9).all()


def _rates(positions, seeds, curve, repetitions=1000):
    rng = np.random.default_rng([positions, seeds])
    rise = peak = 0
    # Every fifth position has one seed.
    counts = [1 if i % 5 == 4 else seeds for i in range(positions)]
    for _ in range(repetitions):
        found = peak_test([curve[i] + rng.standard_normal(n) for i, n in enumerate(counts)])
        peak += found.found
        rise += found.rise.low > 0
    return rise / repetitions, peak / repetitions


@pytest.mark.parametrize("positions", [6, 20])
@pytest.mark.parametrize("seeds", [3, 5])
def test_flat_and_falling_curves_have_no_peak(positions, seeds):
    """At most 5% of 1,000 curves, and the rise alone neither."""
    for curve in (np.zeros(positions), -np.linspace(0, 3, positions)):
        rise, peak = _rates(positions, seeds, curve)
        assert rise <= 0.05
        assert peak <= 0.05


def test_a_published_double_descent_is_found():
    rng = np.random.default_rng(2)
    deviations = [1.0, 0.8, 0.5, 0.4, 0.9, 1.5, 0.7, 0.6, 0.5]
    found = []
    for _ in range(200):
        rows = [
            mean + deviation * rng.standard_normal(1 if width == 8 else 3)
            for width, (mean, deviation) in enumerate(zip(BOOK, deviations, strict=True))
        ]
        found.append(peak_test(rows))
    assert np.mean([test.found for test in found]) > 0.95
    # Where it is found it lies among the widths of the hump, between 42.5 and 39.9%.
    assert {test.top for test in found if test.found} <= {4, 5, 6, 7}
    assert {test.after for test in found if test.found} == {8}
    held = [test.rise.low <= BOOK[test.top] - BOOK[test.before] <= test.rise.high for test in found]
    assert np.mean(held) > 0.95


def test_a_fall_or_a_rise_alone_is_no_peak():
    rng = np.random.default_rng(3)
    noise = 0.01 * rng.standard_normal((5, 3))
    rising = peak_test(np.arange(5)[:, None] + noise)
    assert not rising.found
    assert rising.rise.low > 0
    assert (rising.before, rising.top, rising.after) == (0, 4, 4)
    falling = peak_test(-np.arange(5)[:, None] + noise)
    assert not falling.found
    assert falling.rise.mean == 0


def test_scale_and_order_of_seeds_change_nothing():
    rng = np.random.default_rng(4)
    rows = [mean + rng.standard_normal(3) for mean in BOOK]
    first, second = peak_test(rows), peak_test([0.01 * row[::-1] for row in rows])
    assert (first.before, first.top, first.after) == (second.before, second.top, second.after)
    assert second.rise.low == pytest.approx(0.01 * first.rise.low)


def test_too_few_seeds_find_nothing():
    alone = peak_test([[1.0], [5.0], [2.0]])
    assert not alone.found
    assert (alone.before, alone.top, alone.after) == (0, 1, 2)
    assert alone.rise.mean == 4
    assert np.isnan(alone.rise.low)
    equal = peak_test([[1.0, 1.0], [5.0, 5.0], [2.0, 2.0]])
    assert not equal.found
    assert np.isnan(equal.rise.low)
    assert not peak_test([[1.0, 2.0]]).found


def test_diverged_seeds_and_positions_are_left_out():
    rng = np.random.default_rng(5)
    rows = [mean + 0.3 * rng.standard_normal(3) for mean in BOOK]
    gaps = [*rows[:4], [], *rows[4:]]
    gaps[4] = np.array([np.nan, np.inf])
    found, whole = peak_test(gaps), peak_test(rows)
    assert found.found
    assert found.top == whole.top + 1
    assert np.isnan(pairwise_intervals(gaps).low[4, 0])
    with pytest.raises(ValueError, match="`values` must hold a finite value"):
        peak_test([[np.nan], []])


def test_rises_by_brute_force():
    """The largest of all rises that Tukey's intervals show, or of all means where none is shown."""
    rng = np.random.default_rng(4)
    some = 0
    for scatter in (0.2, 1.0, 3.0):
        for _ in range(30):
            values = rng.normal(0, 2, 6)[:, None] + scatter * rng.standard_normal((6, 3))
            pairs, means = pairwise_intervals(values), values.mean(axis=1)
            ups = [(i, j) for i in range(6) for j in range(i + 1, 6)]
            shown = [(i, j) for i, j in ups if pairs.low[i, j] > 0]
            found = rise_test(values)
            assert found.found == bool(shown)
            candidates = shown or [*ups, (0, 0)]
            largest = max(means[j] - means[i] for i, j in candidates)
            assert found.rise.mean == pytest.approx(largest)
            assert found.most == max(pairs.high[i, j] for i, j in ups)
            assert found.change.mean == pytest.approx(means[5] - means[0])
            below = {i for i in range(6) if any(pairs.low[i, j] > 0 for j in range(6))}
            assert highest_positions(values) == sorted(set(range(6)) - below)
            some += bool(shown)
    assert 20 < some < 90


def test_the_highest_mean_is_among_the_positions():
    """In at least 95% of 500 curves; not always, and seldom are all positions left."""
    rng = np.random.default_rng(5)
    curve = np.array([0.0, 1.0, 2.0, 1.8, 0.5, 0.0, 0.0, 0.0])
    held = left = 0
    for _ in range(500):
        found = highest_positions(curve[:, None] + 0.35 * rng.standard_normal((8, 3)))
        held += 2 in found
        left += len(found)
    assert held >= 0.95 * 500
    assert left < 4 * 500


def test_positions_that_were_not_run_hold_nothing():
    values = [[1.0, 2.0], [np.nan], [5.0, 6.0]]
    found = rise_test(values)
    assert (found.start, found.top) == (0, 2)
    assert found.change.mean == 4.0
    assert 1 not in highest_positions(values)
    alone = rise_test([[1.0], [2.0]])
    assert not alone.found
    assert np.isnan(alone.most)
    with pytest.raises(ValueError, match="`values` must hold a finite value"):
        rise_test([[np.nan]])
