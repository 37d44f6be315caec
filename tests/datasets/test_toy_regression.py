"""The problem tells the truth about itself, and its data sets are what the design says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from genlab.datasets import TOY_FUNCTIONS, make_toy_regression

DESIGNS = ("stratified", "uniform", "grid")


def test_the_chapters_function():
    problem = make_toy_regression()
    np.testing.assert_allclose(problem.truth([0, 0.25, 0.5, 0.75]), [1, np.e, 1, 1 / np.e])
    np.testing.assert_allclose(problem.clean, np.exp(np.sin(2 * np.pi * problem.x)))
    assert problem.noise == 0.3
    assert problem.x.shape == problem.y.shape == (15,)


@pytest.mark.parametrize("design", DESIGNS)
def test_inputs_lie_as_designed(design):
    x = make_toy_regression(n=6, design=design).fresh(5000).x
    assert (np.diff(x, axis=1) >= 0).all()
    if design == "grid":
        assert (x == (np.arange(6) + 0.5) / 6).all()
        return
    if design == "stratified":
        assert (np.floor(6 * x) == np.arange(6)).all()
        place = (6 * x) % 1
        for column in place.T:
            assert stats.kstest(column, "uniform").pvalue > 1e-4
    else:
        # The k-th of 6 ordered uniform numbers has a beta distribution.
        for k, column in enumerate(x.T, start=1):
            assert stats.kstest(column, stats.beta(k, 7 - k).cdf).pvalue > 1e-4


def test_noise_is_normal_and_independent_of_the_inputs():
    samples = make_toy_regression(n=10, noise=0.7).fresh(5000)
    noise = samples.y - samples.clean
    assert stats.kstest(noise.ravel() / 0.7, "norm").pvalue > 1e-4
    assert abs(np.corrcoef(noise.ravel(), samples.x.ravel())[0, 1]) < 4 / np.sqrt(50_000)
    assert (make_toy_regression(noise=0).fresh(3).y == make_toy_regression().fresh(3).clean).all()


@settings(deadline=None, max_examples=30)
@given(start=st.integers(0, 3000), n=st.integers(1, 1500), design=st.sampled_from(DESIGNS))
def test_a_data_set_is_the_same_however_it_is_drawn(start, n, design):
    problem = make_toy_regression(n=4, design=design)
    whole = problem.fresh(4500, seed=3)
    part = problem.fresh(n, seed=3, start=start)
    for drawn, expected in zip(part, whole, strict=True):
        assert (drawn == expected[start : start + n]).all()


def test_streams_do_not_meet():
    problem = make_toy_regression(design="uniform", seed=0)
    first, second = problem.fresh(2000, seed=0), problem.fresh(2000, seed=1)
    assert not np.isin(first.x, second.x).any()
    assert not np.isin(problem.x, first.x).any()
    # The noise is the same for another design, and the inputs for other noise.
    other = make_toy_regression(design="stratified", noise=0.6).fresh(2000, seed=0)
    np.testing.assert_allclose((other.y - other.clean) / 2, first.y - first.clean, atol=1e-14)


def test_its_own_data_cannot_be_changed_and_follow_from_the_seed():
    problem = make_toy_regression(seed=7)
    assert (problem.y == make_toy_regression(seed=7).y).all()
    assert (problem.y != make_toy_regression(seed=8).y).all()
    with pytest.raises(ValueError, match="read-only"):
        problem.y[0] = 0.0


def test_any_function_will_do():
    problem = make_toy_regression(n=5, noise=0.0, function=lambda x: 1 + 2 * x)
    np.testing.assert_array_equal(problem.y, 1 + 2 * problem.x)
    assert make_toy_regression(function=np.floor).truth([0.5]) == 0
    for name in TOY_FUNCTIONS:
        assert make_toy_regression(function=name).truth(np.zeros((2, 3))).shape == (2, 3)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n": 0}, ValueError, "`n` must be an integer >= 1, got 0"),
        ({"n": 1.5}, TypeError, r"`n` must be an integer, got 1\.5"),
        ({"noise": -0.1}, ValueError, r"`noise` must be a number >= 0, got -0\.1"),
        ({"noise": float("nan")}, ValueError, "`noise` must be finite, got nan"),
        ({"design": "random"}, ValueError, "`design` must be one of 'stratified', 'uniform'"),
        ({"function": "cosine"}, ValueError, "`function` must be one of 'exp_sin'"),
        ({"seed": -1}, ValueError, "`seed` must be an integer from 0"),
        (
            {"function": lambda x: x[:3]},
            ValueError,
            r"`function` must return one value per input: for inputs of shape \(101,\) it "
            r"returned shape \(3,\)\.",
        ),
        ({"function": lambda x: 1.0}, ValueError, r"it returned shape \(\)"),
        (
            {"function": lambda x: np.where(x == 0.5, np.inf, x)},
            ValueError,
            r"`function` must be finite on \[0, 1\], got inf at 0\.5\.",
        ),
        ({"function": lambda x: x + 1j}, ValueError, "must return real numbers, got type complex"),
        ({"function": lambda x: x.astype(str)}, ValueError, "must return real numbers"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        make_toy_regression(**arguments)


def test_a_function_that_fails_between_the_points_tried_is_found_when_drawn():
    tried = np.linspace(0, 1, 101)
    problem = make_toy_regression(function=lambda x: np.where(np.isin(x, tried), x, np.nan))
    with pytest.raises(ValueError, match="`function` must be finite on"):
        problem.fresh(1)


@pytest.mark.parametrize("arguments", [{"n_datasets": 0}, {"n_datasets": 1, "start": -1}])
def test_bad_draws(arguments):
    with pytest.raises(ValueError, match="must be an integer >="):
        make_toy_regression().fresh(**arguments)
