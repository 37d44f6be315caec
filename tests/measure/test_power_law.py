"""Power laws: exact curves, a second fit by SciPy, and the coverage of the intervals."""

import numpy as np
import pytest
from scipy import optimize, stats

from genlab.measure import fit_power_law

SIZES = np.array([250, 500, 1000, 2000, 4000, 8000, 16_000])


def simulated(rng, a, b, c, seeds=5, scatter=0.03):
    """Errors of seeds that scatter in proportion to the error."""
    error = a * SIZES**-b + c
    return error * (1 + scatter * rng.standard_normal((seeds, len(SIZES))))


def scipy_fit(errors, weights=None, lowest=-np.inf):
    """a, b, c of the mean curve with c >= `lowest`, by SciPy from several starts."""
    log_mean = np.log(np.mean(errors, axis=0))
    root = np.sqrt(np.ones(len(SIZES)) if weights is None else weights)

    def residuals(parameters):
        log_a, b, c = parameters
        return root * (log_mean - np.log(np.maximum(np.exp(log_a) * SIZES**-b + c, 1e-9)))

    starts = ([1.0, 0.3, 0.01], [2.0, 0.6, 0.05])
    bounds = ([-np.inf, -np.inf, lowest], np.inf)
    close = {"xtol": 1e-14, "ftol": 1e-14, "gtol": 1e-14, "max_nfev": 5000}
    ends = [optimize.least_squares(residuals, x, bounds=bounds, **close) for x in starts]
    log_a, b, c = min(ends, key=lambda end: end.cost).x
    return np.array([np.exp(log_a), b, c])


def parameters(law):
    return np.array([law.scale.mean, law.exponent.mean, law.floor.mean])


def intervals(law):
    return [(part.low, part.high) for part in (law.scale, law.exponent, law.floor)]


@pytest.mark.parametrize(
    ("a", "b", "c"), [(3, 0.35, 0), (3, 0.35, 0.05), (6, 0.5, 0.2), (40, 1.2, 0.01), (1, 0.07, 0.3)]
)
def test_exact_curves_give_their_parameters(a, b, c):
    curve = a * SIZES**-b + c
    law = fit_power_law(SIZES, np.tile(curve, (3, 1)), floor=True)
    np.testing.assert_allclose(parameters(law), [a, b, c], rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(intervals(law), np.transpose([[a, b, c]] * 2), rtol=1e-8, atol=1e-9)
    far = np.array([10.0, 1e6])
    np.testing.assert_allclose(law.predict(far).mean, a * far**-b + c, rtol=1e-9)
    np.testing.assert_allclose(law.examples_for(law.predict(SIZES).mean), SIZES, rtol=1e-8)
    if c == 0:
        law = fit_power_law(SIZES, [curve])
        np.testing.assert_allclose(parameters(law), [a, b, 0], rtol=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_without_floor_it_is_a_line_on_logarithms(weighted):
    errors = simulated(np.random.default_rng(0), 3, 0.35, 0)
    weights = np.arange(1.0, 8.0) if weighted else None

    def line(rows):
        root = None if weights is None else np.sqrt(weights)
        slope, intercept = np.polyfit(np.log(SIZES), np.log(errors[rows].mean(axis=0)), 1, w=root)
        return np.array([intercept, -slope])

    law = fit_power_law(SIZES, errors, weights=weights, confidence=0.9)
    whole = line(range(5))
    left_out = np.array([line([j for j in range(5) if j != i]) for i in range(5)])
    half = stats.t.ppf(0.95, 4) * np.sqrt(4 * left_out.var(axis=0))
    for found, i in ((law.exponent.low, 1), (np.log(law.scale.low), 0)):
        assert found == pytest.approx(whole[i] - half[i])
    np.testing.assert_allclose(parameters(law), [np.exp(whole[0]), whole[1], 0])
    assert (law.floor.low, law.floor.high, law.exponent.n) == (0, 0, 5)


@pytest.mark.parametrize("seed", range(4))
def test_with_floor_it_is_scipys(seed):
    errors = simulated(np.random.default_rng(seed), 6, 0.5, 0.05)
    weights = None if seed < 2 else SIZES / 1000
    law = fit_power_law(SIZES, errors, floor=True, weights=weights)
    np.testing.assert_allclose(parameters(law), scipy_fit(errors, weights), rtol=1e-5)
    left_out = np.array([scipy_fit(np.delete(errors, i, axis=0), weights) for i in range(5)])
    for interval, column in ((law.exponent, 1), (law.floor, 2)):
        half = stats.t.ppf(0.975, 4) * np.sqrt(4 * left_out[:, column].var())
        assert interval.high == pytest.approx(interval.mean + half, rel=1e-4)
        assert interval.low == pytest.approx(interval.mean - half, rel=1e-4)
    a, b, c = left_out.T[:, :, None]
    half = stats.t.ppf(0.975, 4) * np.sqrt(4 * (a * 1e5**-b + c).var())
    interval = law.predict([1e5])
    assert (interval.high - interval.mean).item() == pytest.approx(half, rel=1e-4)


def test_a_floor_is_at_least_0():
    """Where the errors fall ever faster, the estimate is the power law, the ends tell more."""
    errors = simulated(np.random.default_rng(1), 3, 0.25, -0.1)
    law = fit_power_law(SIZES, errors, floor=True)
    np.testing.assert_allclose(parameters(law), parameters(fit_power_law(SIZES, errors)))
    np.testing.assert_allclose(parameters(law), scipy_fit(errors, lowest=0), rtol=1e-4, atol=1e-4)
    assert law.floor.low < -0.1 < law.floor.high < 0
    assert law.exponent.low < 0.25 < law.exponent.high < law.exponent.mean


@pytest.mark.parametrize(
    ("b", "c", "seeds", "repetitions"),
    [(0.35, 0, 5, 1500), (0.35, 0, 3, 1500), (0.5, 0.05, 5, 250)],
)
def test_intervals_cover(b, c, seeds, repetitions):
    """A right interval of 95% fails this about once in 10,000 seeds."""
    rng = np.random.default_rng(seeds)
    covered = []
    for _ in range(repetitions):
        law = fit_power_law(SIZES, simulated(rng, 3, b, c, seeds), floor=c > 0)
        truth = {law.exponent: b, law.scale: 3, law.predict([1e5]): 3 * 1e5**-b + c}
        if c > 0:
            truth[law.floor] = c
        covered.append([bool(part.low <= true <= part.high) for part, true in truth.items()])
    tolerance = 4 * np.sqrt(0.95 * 0.05 / repetitions)
    np.testing.assert_allclose(np.mean(covered, axis=0), 0.95, atol=tolerance)


def test_units_change_the_units_only():
    errors = simulated(np.random.default_rng(4), 6, 0.5, 0.05)
    law = fit_power_law(SIZES, errors, floor=True)
    other = fit_power_law(SIZES / 10, 100 * errors[::-1], floor=True)
    a, b, c = parameters(law)
    np.testing.assert_allclose(parameters(other), [100 * a * 10**-b, b, 100 * c], rtol=1e-6)
    np.testing.assert_allclose(other.residuals, law.residuals, rtol=1e-5)
    np.testing.assert_allclose(other.exponent.high, law.exponent.high, rtol=1e-6)


def test_residuals_tell_a_floor():
    rng = np.random.default_rng(5)
    errors = simulated(rng, 6, 0.5, 0.05, seeds=10)
    law = fit_power_law(SIZES, errors)
    mean, deviation = errors.mean(axis=0), errors.std(axis=0, ddof=1)
    fitted = law.scale.mean * SIZES**-law.exponent.mean
    np.testing.assert_allclose(
        law.residuals, (np.log(mean) - np.log(fitted)) / (deviation / mean / np.sqrt(10))
    )
    assert np.abs(law.residuals).max() > 6
    many = [
        fit_power_law(SIZES, simulated(rng, 6, 0.5, 0.05, seeds=10), floor=True) for _ in range(50)
    ]
    # Student's t with 9 degrees of freedom, of which 3 of 7 dimensions were fitted away.
    squares = np.mean([law.residuals**2 for law in many])
    assert squares == pytest.approx(9 / 7 * 4 / 7, rel=0.25)


def test_what_is_out_of_reach():
    law = fit_power_law(SIZES, [6 * SIZES**-0.5 + 0.05], floor=True)
    assert law.examples_for([0.01, 0.06]).round().tolist() == [np.inf, 360_000]
    assert fit_power_law(SIZES, [SIZES**0.1]).examples_for(0.5) == np.inf
    assert fit_power_law(SIZES, [3 * SIZES**-0.01]).examples_for(1e-9) == np.inf
    step = fit_power_law(SIZES, np.tile([0.9] + [0.2] * 6, (3, 1)), floor=True)
    assert step.predict([1e6]).mean == pytest.approx(0.2, rel=0.01)
    flat = fit_power_law(SIZES, np.full((3, 7), 0.3), floor=True)
    assert flat.predict([1e6]).mean == pytest.approx(0.3)
    rising = fit_power_law(SIZES, [SIZES**0.1], floor=True)
    assert rising.exponent.mean == pytest.approx(-0.1)


def test_diverged_seeds_are_left_out():
    errors = simulated(np.random.default_rng(6), 3, 0.35, 0)
    bad = np.vstack([errors, np.where(SIZES == 1000, np.nan, errors[0])])
    first, second = fit_power_law(SIZES, errors), fit_power_law(SIZES, bad)
    assert second.exponent.n == 5
    assert intervals(first) == intervals(second)
    single = fit_power_law(SIZES, errors[:1], floor=True)
    assert np.isnan(intervals(single)).all()
    assert np.isnan(single.predict([10]).low).all()
    assert np.isnan(single.residuals).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2], [[1, 1]]), r"`n` must hold at least 3 sizes, .* got \[1, 2\]"),
        (([1, 2, 2], [[1, 1, 1]]), "`n` must increase from above 0"),
        (([0, 1, 2], [[1, 1, 1]]), "`n` must increase from above 0"),
        (([1, 2, 3], [1, 1, 1]), r"`values` must have shape \(seeds, 3\), .* got \(3,\)"),
        (([1, 2, 3], [[1, 0, 1]]), "`values` must be above 0, got 0"),
        (([1, 2, 3], [[1, -0.5, 1]]), "`values` must be above 0, got -0.5"),
        (([1, 2, 3], [[1, np.nan, 1]]), "`values` must hold a seed that did not diverge"),
    ],
)
def test_bad_curves(arguments, message):
    with pytest.raises(ValueError, match=message):
        fit_power_law(*arguments)


def test_bad_options():
    curve = [[3.0, 2.0, 1.0]]
    with pytest.raises(ValueError, match="`n` must hold at least 4 sizes"):
        fit_power_law([1, 2, 3], curve, floor=True)
    with pytest.raises(ValueError, match="`weights` must be 3 numbers > 0"):
        fit_power_law([1, 2, 3], curve, weights=[1, 0, 1])
    with pytest.raises(ValueError, match="`confidence` must be below 1"):
        fit_power_law([1, 2, 3], curve, confidence=1)
    with pytest.raises(TypeError, match="`floor` must be True or False"):
        fit_power_law([1, 2, 3], curve, floor=0.1)
    law = fit_power_law([1, 2, 3], curve)
    with pytest.raises(ValueError, match="`n` must be numbers > 0"):
        law.predict([0])
    with pytest.raises(ValueError, match="`error` must be numbers > 0"):
        law.examples_for([0.0])
