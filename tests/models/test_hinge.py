"""Closed-form fits against `numpy.linalg.lstsq`, one data set at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genlab._base.specs import from_dict, to_dict
from genlab.datasets import make_toy_regression
from genlab.models import HingeRegression


def plain_features(x, n_hidden):
    rows = [[1.0, *(max(0.0, a - d / n_hidden) for d in range(n_hidden))] for a in x]
    return np.array(rows)


def plain_fit(x, y, n_hidden):
    return np.linalg.lstsq(plain_features(x, n_hidden), y, rcond=None)[0]


CAPACITIES = [*range(1, 31), 40, 50, 75, 100, 150, 199, 200]


@pytest.mark.parametrize(
    ("design", "n"), [("stratified", 15), ("stratified", 6), ("grid", 15), ("stratified", 250)]
)
def test_fits_agree_with_lstsq(design, n):
    """To 1e-8 of the largest parameter, with more parameters than examples and with fewer."""
    samples = make_toy_regression(n=n, design=design).fresh(20, seed=1)
    inputs = np.linspace(-0.2, 1.3, 40)
    # A plain fit to 250 examples takes long.
    for n_hidden in CAPACITIES if n < 250 else CAPACITIES[::6]:
        fit = HingeRegression(n_hidden).fit(samples.x, samples.y)
        predicted, features = fit.predict(inputs), plain_features(inputs, n_hidden)
        for i in range(20):
            expected = plain_fit(samples.x[i], samples.y[i], n_hidden)
            error = np.abs(fit.parameters[i] - expected).max()
            assert error <= 1e-8 * np.abs(expected).max(), (n_hidden, i)
            line = features @ expected
            assert np.abs(predicted[i] - line).max() <= 1e-8 * np.abs(line).max(), (n_hidden, i)


def test_fits_agree_with_lstsq_as_far_as_the_data_determine_them():
    """Uniform inputs leave cells empty and points close: 1e-8, or what rounding leaves of it."""
    samples = make_toy_regression(n=15, design="uniform").fresh(100, seed=2)
    for n_hidden in (3, 8, 14, 20, 100):
        parameters = HingeRegression(n_hidden).fit(samples.x, samples.y).parameters
        for i in range(100):
            features = plain_features(samples.x[i], n_hidden)
            singular = np.linalg.svd(features, compute_uv=False)
            singular = singular[singular > singular[0] * 15 * np.finfo(float).eps]
            condition = singular[0] / singular[-1]
            expected = plain_fit(samples.x[i], samples.y[i], n_hidden)
            error = np.abs(parameters[i] - expected).max() / np.abs(expected).max()
            assert error <= max(1e-8, 20 * condition * np.finfo(float).eps), (n_hidden, i)


def test_repeated_inputs_and_empty_cells_take_the_least_norm():
    x = np.array([[0.1, 0.1, 0.1, 0.9, 0.9], [0.1, 0.2, 0.3, 0.8, 0.9]])
    y = np.array([[1.0, 2.0, 3.0, 0.0, 1.0], [1.0, -1.0, 2.0, 0.0, 1.0]])
    for n_hidden in (1, 2, 3, 4, 7):
        parameters = HingeRegression(n_hidden).fit(x, y).parameters
        for i in range(2):
            expected = np.linalg.pinv(plain_features(x[i], n_hidden)) @ y[i]
            np.testing.assert_allclose(parameters[i], expected, atol=1e-10)


@pytest.mark.parametrize("n_hidden", [2, 8, 14, 60])
@pytest.mark.parametrize("ridge", [1e-4, 1.0])
def test_ridge_is_lstsq_with_rows_that_pull_to_zero(n_hidden, ridge):
    samples = make_toy_regression().fresh(10)
    parameters = HingeRegression(n_hidden, ridge).fit(samples.x, samples.y).parameters
    for i in range(10):
        features = plain_features(samples.x[i], n_hidden)
        stacked = np.vstack([features, np.sqrt(ridge) * np.eye(n_hidden + 1)])
        expected = np.linalg.lstsq(
            stacked, np.r_[samples.y[i], np.zeros(n_hidden + 1)], rcond=None
        )[0]
        np.testing.assert_allclose(parameters[i], expected, rtol=1e-8, atol=1e-8)


def test_a_little_ridge_is_the_least_norm():
    x, y = make_toy_regression(n=6).fresh(1)[:2]
    bare = HingeRegression(20).fit(x, y).parameters
    np.testing.assert_allclose(HingeRegression(20, 1e-12).fit(x, y).parameters, bare, rtol=1e-5)


@settings(deadline=None, max_examples=25)
@given(
    n_hidden=st.integers(1, 40), n=st.integers(1, 20), rows=st.lists(st.integers(0, 49), min_size=1)
)
def test_a_fit_does_not_depend_on_its_neighbours(n_hidden, n, rows):
    samples = make_toy_regression(n=n, design="uniform").fresh(50)
    model = HingeRegression(n_hidden)
    together = model.fit(samples.x, samples.y).parameters
    assert (model.fit(samples.x[rows], samples.y[rows]).parameters == together[rows]).all()


def test_order_of_the_examples_changes_nothing_but_rounding():
    samples = make_toy_regression(n=12, design="uniform").fresh(5)
    order = np.random.default_rng(0).permutation(12)
    for n_hidden in (3, 30):
        model = HingeRegression(n_hidden)
        np.testing.assert_allclose(
            model.fit(samples.x[:, order], samples.y[:, order]).predict([0.2, 0.8]),
            model.fit(samples.x, samples.y).predict([0.2, 0.8]),
            rtol=1e-9,
        )


def test_as_many_parameters_as_points_pass_through_them():
    samples = make_toy_regression().fresh(200)
    for n_hidden in (14, 15, 50):
        fit = HingeRegression(n_hidden).fit(samples.x, samples.y)
        assert np.abs(fit.predict(samples.x) - samples.y).max() < 1e-6


def test_inputs_outside_the_unit_interval():
    """Left of 0 the model is flat, right of 1 it goes on as its last line."""
    x, y = np.array([-1.0, -0.5, 0.2, 0.7, 1.5, 2.0]), np.array([1.0, 3.0, 0.0, 1.0, 2.0, 2.0])
    fit = HingeRegression(2).fit(x, y)
    np.testing.assert_allclose(fit.parameters, plain_fit(x, y, 2), rtol=1e-10)
    assert fit.predict([-5.0]) == fit.offset
    assert np.ptp(np.diff(fit.predict([1.0, 2.0, 3.0, 4.0]))) < 1e-12


def test_shapes():
    problem = make_toy_regression()
    samples = problem.fresh(7)
    model = HingeRegression(4)
    one = model.fit(problem.x, problem.y)
    assert one.parameters.shape == (5,)
    assert one.offset.shape == ()
    assert one.predict(np.zeros(3)).shape == (3,)
    many = model.fit(samples.x, samples.y)
    assert many.slopes.shape == (7, 4)
    assert many.predict(np.zeros(3)).shape == (7, 3)
    assert many.predict(samples.x).shape == (7, 15)
    assert (model.fit(samples.x[:1], samples.y[:1]).parameters[0] == many.parameters[0]).all()
    shared = model.fit(problem.x, samples.y)
    np.testing.assert_allclose(shared.parameters[2], plain_fit(problem.x, samples.y[2], 4))
    assert (many.parameters[:, 0] == many.offset).all()
    np.testing.assert_array_equal(model.knots, [0, 0.25, 0.5, 0.75])


def test_the_smoother_takes_targets_to_predictions():
    samples = make_toy_regression().fresh(5)
    inputs = np.linspace(0, 1, 9)
    for model in (HingeRegression(5), HingeRegression(40), HingeRegression(40, ridge=0.1)):
        smoother = model.smoother(samples.x, inputs)
        assert smoother.shape == (5, 9, 15)
        np.testing.assert_allclose(
            np.matvec(smoother, samples.y),
            model.fit(samples.x, samples.y).predict(inputs),
            rtol=1e-8,
        )


def test_it_is_a_spec():
    spec = HingeRegression(7, ridge=0.5)
    assert from_dict(to_dict(spec), {"HingeRegression": HingeRegression}) == spec
    assert hash(spec) == hash(HingeRegression(7, 0.5))
    assert spec.n_parameters == 8


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n_hidden": 0}, ValueError, "`n_hidden` must be an integer >= 1, got 0"),
        ({"n_hidden": 2.5}, TypeError, r"`n_hidden` must be an integer, got 2\.5"),
        ({"n_hidden": 3, "ridge": -1}, ValueError, "`ridge` must be a number >= 0, got -1"),
        ({"n_hidden": 3, "ridge": float("inf")}, ValueError, "`ridge` must be finite, got inf"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        HingeRegression(**arguments)


@pytest.mark.parametrize(
    ("x", "y", "error", "message"),
    [
        ([0.0, np.nan], [1.0, 2.0], ValueError, "`x` must be finite, got 1 values that are not"),
        ([0.0, 1.0], [np.inf, 2.0], ValueError, "`y` must be finite, got 1 values that are not"),
        ([0.0, 1.0], [1.0], ValueError, r"`y` must have one target per input, .* got \(1,\)"),
        ([[0.0], [1.0]], [1.0], ValueError, "`y` must have one target per input"),
        ([], [], ValueError, r"`x` must have shape \(n,\) or \(n_datasets, n\) with n >= 1"),
        (0.5, 1.0, ValueError, r"`x` must have shape \(n,\) or"),
        (["a"], [1.0], TypeError, "`x` must hold numbers"),
    ],
)
def test_bad_data(x, y, error, message):
    with pytest.raises(error, match=message):
        HingeRegression(2).fit(x, y)
