"""Forecasts: lines by NumPy, exact power laws, and errors that are held back."""

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit

from genlab.measure import fit_forecast

SIZES = np.array([100, 200, 500])
ERRORS = np.array([[0.4, 0.3, 0.2], [0.42, 0.28, 0.21], [0.37, 0.31, 0.18]])


@pytest.mark.parametrize("at_most_1", [False, True])
def test_it_carries_on_65_percent_of_the_slope(at_most_1):
    scale, back = (logit, expit) if at_most_1 else (np.log, np.exp)
    x = np.log(SIZES)

    def line(errors):
        slope, level = np.polyfit(x, scale(errors.mean(axis=0)), 1)
        last = slope * x[-1] + level
        return last + 0.65 * slope * np.log(900 / 500), -slope

    ahead = fit_forecast(SIZES, ERRORS, at_most_1=at_most_1)
    found = ahead.at([900])
    value, slope = line(ERRORS)
    assert found.mean[0] == pytest.approx(back(value), rel=1e-12)
    assert ahead.slope.mean == pytest.approx(slope)
    rest = np.array([line(np.delete(ERRORS, i, axis=0))[0] for i in range(3)])
    over_fits = stats.t.ppf(0.975, 2) * np.sqrt(2 / 3 * ((rest - rest.mean()) ** 2).sum())
    reach = np.hypot(over_fits, 0.78 * slope * np.log(900 / 500))
    assert found.low[0] == pytest.approx(back(value - reach))
    assert found.high[0] == pytest.approx(back(value + reach))
    assert (ahead.n_fits, found.n.tolist()) == (3, [3])


def test_only_the_last_three_sizes_and_the_fits_without_nan_count():
    more = np.column_stack([[9.0, 8.0, 7.0, 1.0], np.vstack([ERRORS, [0.4, np.nan, 0.2]])])
    first, second = fit_forecast([10, *SIZES], more).at([500, 800]), fit_forecast(SIZES, ERRORS)
    for name in ("mean", "low", "high"):
        assert np.array_equal(getattr(first, name), getattr(second.at([500, 800]), name))


def test_an_error_that_rises_is_not_expected_to_rise_on():
    rising = fit_forecast(SIZES, ERRORS[:, ::-1])
    assert rising.slope.mean < 0
    found = rising.at([500, 5000])
    assert found.mean[0] == found.mean[1]


def test_one_fit_has_no_interval():
    found = fit_forecast(SIZES, ERRORS[:1]).at([600])
    assert np.isfinite(found.mean[0])
    assert np.isnan(found.low[0])


@pytest.mark.parametrize("floor", [0.0, 0.04, 0.08])
def test_errors_that_are_held_back_lie_within(floor):
    """From no floor to one that is most of the error: of 400 curves each, twice the examples."""
    random = np.random.default_rng(5)
    sizes = np.array([100, 200, 400, 800])
    true = 1.2 * sizes**-0.5 + floor
    inside = []
    for _ in range(400):
        errors = true * (1 + 0.05 * random.standard_normal((5, 4)))
        ahead = fit_forecast(sizes[:3], errors[:, :3], at_most_1=True).at([800])
        inside.append(ahead.low[0] <= errors[:, 3].mean() <= ahead.high[0])
    assert np.mean(inside) > 0.93


@pytest.mark.parametrize(
    ("n", "values", "message"),
    [
        ([1, 2], [[0.1, 0.2]], "`n` must hold at least 3 sizes, got"),
        ([1, 3, 2], [[0.1] * 3], "`n` must increase from above 0"),
        (SIZES, [0.1] * 3, r"`values` must have shape \(fits, 3\), one column per size, got \(3,"),
        (SIZES, [[0.1, np.nan, 0.2]], "`values` must hold a fit that did not fail, got none"),
        (SIZES, [[0.1, 1.5, 0.2]], r"`values` must be from 0 to 1, got 1\.5"),
        (SIZES, [[0.1, 0, 0]] * 2, r"mean errors above 0 and below 1 at the last 3 sizes, also w"),
    ],
)
def test_bad_arguments(n, values, message):
    with pytest.raises(ValueError, match=message):
        fit_forecast(n, values, at_most_1=True)


def test_smaller_sizes_are_no_forecast():
    with pytest.raises(ValueError, match="`n` must be numbers of at least 500, the largest that w"):
        fit_forecast(SIZES, ERRORS).at([400])
