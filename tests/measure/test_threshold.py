"""The interpolation threshold against curves whose crossing is known."""

import itertools

import numpy as np
import pytest
from scipy import stats

from genlab.measure import interpolation_threshold

CAPACITIES = np.array([10.0, 20.0, 30.0, 40.0, 60.0, 80.0])


@pytest.mark.parametrize(
    ("curve", "inverse"),
    [
        (lambda c: 0.4 - 0.0079 * c, lambda e: (0.4 - e) / 0.0079),
        (lambda c: 0.5 * np.exp(-c / 12), lambda e: 12 * np.log(0.5 / e)),
        (lambda c: 20 * c**-2.0, lambda e: (20 / e) ** 0.5),
        (lambda c: 0.9 - 0.22 * np.log(c), lambda e: np.exp((0.9 - e) / 0.22)),
    ],
    ids=["straight", "exponential", "power law", "logarithmic"],
)
def test_the_estimate_is_exact_on_the_scale_on_which_the_curve_is_straight(curve, inverse):
    sizes = CAPACITIES[CAPACITIES < 50] if curve(60.0) < 0 else CAPACITIES
    level = float(curve(35.0))
    errors = [[value, value] for value in curve(sizes)]
    found = interpolation_threshold(sizes, errors, level)
    assert float(found.capacity.mean) == pytest.approx(inverse(level))
    assert inverse(level) == pytest.approx(35)
    assert (float(found.capacity.low), float(found.capacity.high)) == (30, 40)


def test_the_interval_is_students_at_either_end():
    starts, stops = [10, 20, 30, 20], [20, 30, 40, 30]
    errors = np.array([[0.3 if c <= start else 0.0 for start in starts] for c in CAPACITIES])
    found = interpolation_threshold(CAPACITIES, errors)
    # The lower one by the delta method on its logarithm.
    low = stats.ttest_1samp(starts, 0).confidence_interval(0.95).low
    low = np.mean(starts) * np.exp(low / np.mean(starts) - 1)
    high = stats.ttest_1samp(stops, 0).confidence_interval(0.95).high
    assert (float(found.capacity.low), float(found.capacity.high)) == pytest.approx((low, high))
    assert (found.none_below, found.all_from) == (10, 40)
    assert (found.seeds, found.crossing) == (4, 4)


def test_seeds_that_do_not_cross_are_counted():
    errors = [[0.5, 0.5, 0.5], [0.2, 0.3, 0.3], [0.0, 0.0, 0.2]]
    found = interpolation_threshold([10, 20, 40], errors)
    assert (found.seeds, found.crossing) == (3, 2)
    assert np.isnan(found.capacity.mean)
    assert found.capacity.high == np.inf
    # The third seed crosses above 40, the others above 20.
    assert 0 < float(found.capacity.low) < np.mean([20, 20, 40])
    assert (found.none_below, found.all_from) == (20, np.inf)
    never = interpolation_threshold([1, 2], [[0.5, 0.4], [0.4, 0.4]])
    assert (never.seeds, never.crossing) == (2, 0)
    assert (float(never.capacity.low), float(never.capacity.high)) == (2, np.inf)


def test_a_curve_below_from_the_start():
    found = interpolation_threshold([3, 4], [[0.0, 0.001], [0.001, 0.0]])
    assert (float(found.capacity.low), float(found.capacity.high)) == (0, 3)
    assert (found.none_below, found.all_from) == (-np.inf, 3)
    assert found.crossing == 2


def test_a_diverged_network_does_not_shift_the_seeds():
    """Each of the values that is left lies where it says, whichever seed diverged."""
    short = interpolation_threshold([10, 20, 40], [[0.5, 0.6], [0.3], [0, 0.004]])
    for gap in ([0.3, np.nan], [np.nan, 0.3]):
        found = interpolation_threshold([10, 20, 40], [[0.5, 0.6], gap, [0, 0.004]])
        assert 20 < float(found.capacity.mean) < 40
        assert float(found.capacity.mean) == float(short.capacity.mean)
        # One seed at 20 makes no interval there; the two at 10 and at 40 do.
        assert (float(found.capacity.low), float(found.capacity.high)) == (10, 40)
        assert (found.none_below, found.all_from) == (20, 40)


def test_the_order_of_incomplete_seeds_does_not_matter():
    rows = [[0.5, 0.4, 0.6], [0.3, 0.2], [0.0, 0.1, 0.05], [0.0, 0.0, 0.001]]
    found = {
        tuple(
            map(
                float,
                interpolation_threshold([1, 2, 3, 4], [a, b, c, rows[3]]).capacity.row().values(),
            )
        )
        for a, b, c in itertools.product(*(list(itertools.permutations(row)) for row in rows[:3]))
    }
    assert len(found) == 1


def test_capacities_at_which_all_diverged_are_passed_over():
    errors = [[0.5, 0.5], [np.nan, np.inf], [], [0.0, 0.0]]
    found = interpolation_threshold([1, 2, 3, 4], errors)
    assert (float(found.capacity.low), float(found.capacity.high)) == (1, 4)
    nothing = interpolation_threshold([1, 2], [[], [np.nan]])
    assert (nothing.seeds, nothing.crossing) == (0, 0)
    assert np.isnan([nothing.capacity.mean, nothing.capacity.low, nothing.capacity.high]).all()
    assert (nothing.none_below, nothing.all_from) == (-np.inf, np.inf)


def test_a_curve_that_crosses_twice_has_the_first_and_the_last_crossing():
    errors = [[0.3, 0.3], [0.005, 0.006], [0.02, 0.03], [0.0, 0.0]]
    found = interpolation_threshold([1, 2, 3, 4], errors)
    assert (float(found.capacity.low), float(found.capacity.high)) == (1, 4)


def test_one_seed_has_an_estimate_and_no_interval():
    found = interpolation_threshold([10, 20, 30], [[0.3], [0.2], [0.0]], level=0.1)
    assert float(found.capacity.mean) == pytest.approx(25)
    assert np.isnan(found.capacity.low)
    assert (found.none_below, found.all_from) == (20, 30)


CURVES = {
    "straight": lambda x: 0.5 * np.clip(1.02 - x, 0, None),
    "convex": lambda x: 0.01 ** np.clip(x, 0, None),
    "quadratic": lambda x: 0.25 * np.clip(1.2 - x, 0, None) ** 2,
    "step": lambda x: np.where(x < 1, 0.3, 0.0),
    "stairs": lambda x: np.select([x < 0.6, x < 0.8, x < 1], [0.5, 0.3, 0.1], 0.0),
}


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("seeds", [3, 5])
def test_the_interval_covers(curve, seeds):
    """Curves that cross 1% at the seed's own capacity, anywhere between those that are run."""
    shape = CURVES[curve]
    assert shape(np.array([0.999999]))[0] >= 0.01 > shape(np.array([1.000001]))[0]
    rng = np.random.default_rng(seeds)
    sizes = np.array([10, 20, 30, 40, 60, 80, 100, 150, 200])
    held = 0
    for _ in range(1000):
        mean = np.exp(rng.uniform(np.log(20), np.log(150)))
        own = mean * (1 + 0.05 * rng.standard_normal(seeds))
        errors = rng.binomial(4000, shape(sizes[:, None] / own)) / 4000
        interval = interpolation_threshold(sizes, errors).capacity
        held += interval.low <= mean <= interval.high
    assert held / 1000 >= 0.93


@pytest.mark.parametrize(
    ("capacities", "errors", "message"),
    [
        ([2, 1], [[0.1], [0.2]], "`capacities` must be positive and increase"),
        ([], [], "`capacities` must be positive and increase"),
        ([0, 1], [[0.1], [0.2]], "`capacities` must be positive and increase"),
        ([1, 2], [[0.1]], "`train_error` must have 2 entries"),
        ([1], [[1.5]], "`train_error` must be from 0 to 1"),
        ([1], [[[0.5]]], "`train_error` must hold one row of seeds per capacity"),
    ],
)
def test_bad_curves(capacities, errors, message):
    with pytest.raises(ValueError, match=message):
        interpolation_threshold(capacities, errors)


@pytest.mark.parametrize("level", [0, 1, -1])
def test_bad_levels(level):
    with pytest.raises(ValueError, match="`level` must be"):
        interpolation_threshold([1], [[0.1]], level)
