"""Public functions refuse what they cannot take, in a sentence that names the parameter."""

import numpy as np
import pytest
from bad_arguments import CASES, JUNK, calls, fault
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from genlab import measure

# Their checks are those of the others, and each call takes a second.
_SLOW = ("optimism", "gain_over_default", "ranking_uncertainty", "select", "diagnose")
_QUICK = [name for name in CASES if name not in _SLOW]
_STUDIES = (
    "learning_curve",
    "capacity_curve",
    "decompose",
    "decomposition_curve",
    "Space",
    "calibration_test",
)


@pytest.mark.parametrize("name", _QUICK)
def test_the_cases_work(name):
    assert fault(name, CASES[name][1]) == ""


@pytest.mark.parametrize("name", [name for name in _QUICK if name not in _STUDIES])
def test_every_kind_of_junk(name):
    found = {(one, what): wrong for one, what, args in calls(name) if (wrong := fault(name, args))}
    assert found == {}


@pytest.mark.parametrize("name", _STUDIES)
def test_some_junk_in_what_takes_longer(name):
    few = {what: JUNK[what] for what in ("None", "object", "nan", "huge", "empty list", "nans")}
    slow = {"store", "jobs"}  # their own tests have them
    found = {
        (one, what): wrong
        for one, what, args in calls(name, few)
        if one not in slow and (wrong := fault(name, args))
    }
    assert found == {}


_floats = st.floats(-1e60, 1e60).map(lambda x: 0.0 if abs(x) < 1e-60 else x)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.lists(_floats | st.just(float("nan")), min_size=1, max_size=12))
def test_intervals_hold_their_estimate(values):
    for interval in (measure.mean_interval, measure.variance_interval):
        found = interval(values)
        if np.isfinite(found.low):
            slack = 1e-9 * max(1.0, abs(float(found.mean)))
            assert found.low - slack <= found.mean <= found.high + slack


@settings(deadline=None, max_examples=60, derandomize=True)
@given(arrays.arrays(np.float64, st.integers(1, 8), elements=st.floats(0, 1)))
def test_intervals_stay_where_errors_can_be(values):
    for n in (None, 10, 10**6):
        found = measure.error_interval(values, n)
        if np.isfinite(found.low):
            assert 0 <= found.low <= found.mean <= found.high <= 1
    found = measure.loss_interval(values)
    if np.isfinite(found.low):
        assert 0 <= found.low <= found.mean <= found.high


@settings(deadline=None, max_examples=60, derandomize=True)
@given(st.data())
def test_intervals_of_counts_stay_from_0_to_1(data):
    n = data.draw(st.integers(0, 10**6))
    successes = data.draw(st.integers(0, n))
    for interval in (measure.wilson_interval, measure.clopper_pearson_interval):
        found = interval(successes, n)
        if n:
            assert 0 <= found.low <= found.mean <= found.high <= 1
        else:
            assert np.isnan(found.low)


@settings(deadline=None, max_examples=30, derandomize=True)
@given(arrays.arrays(np.float64, (4, 5), elements=st.floats(-1e6, 1e6)))
def test_the_parts_of_a_loss_add_up(predictions):
    _, average = measure.squared_loss_parts(predictions, np.zeros(5))
    total = sum(float(part.mean) for part in average.terms.values())
    assert total == pytest.approx(float(average.loss.mean), rel=1e-9, abs=1e-12)
    for part in average.terms.values():
        if np.isfinite(part.low):
            slack = 1e-9 * max(1.0, abs(float(part.mean)))
            assert part.low - slack <= part.mean <= part.high + slack
