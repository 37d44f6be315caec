"""Regressors that are fitted in closed form, against scikit-learn and `numpy.linalg.lstsq`."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score

from genlab.estimators import HingeRegressor, RandomFeaturesRegressor
from genlab.estimators._rows import Rows, filled, merged
from genlab.models import HingeRegression

REGRESSORS = (HingeRegressor(4, ridge=0.1), RandomFeaturesRegressor(20, random_state=0))


@pytest.fixture(scope="module")
def table():
    random = np.random.default_rng(0)
    x = random.uniform(-3, 5, (50, 3)) * [1, 100, 0.01]
    y = 1000 + np.abs(x[:, 0]) + x[:, 1] / 100 + random.standard_normal(50)
    return x, y, random.integers(0, 4, 50)


def test_one_input_is_hinge_regression(table):
    x, y, _ = table
    x = x[:, :1]
    scaled = (x[:, 0] - x.min()) / np.ptp(x)
    for ridge in (0.0, 0.5):
        fit = HingeRegression(6, ridge).fit(scaled, y)
        ours = HingeRegressor(6, ridge=ridge).fit(x, y)
        np.testing.assert_allclose(ours.predict(x), fit.predict(scaled), rtol=1e-11)
        np.testing.assert_allclose(ours.coef_[0], fit.slopes, rtol=1e-8)
        assert ours.intercept_ == pytest.approx(fit.offset, rel=1e-9)


@pytest.mark.parametrize("n_hidden", [3, 30])  # fewer and more parameters than rows
def test_several_inputs_add_up_to_weighted_least_squares(table, n_hidden):
    x, y, weight = table
    counted = x[weight > 0]
    scaled = (x - counted.min(axis=0)) / np.ptp(counted, axis=0)
    hinges = [np.maximum(scaled[:, j] - d / n_hidden, 0) for j in range(3) for d in range(n_hidden)]
    features = np.column_stack([np.ones(50), *hinges])
    root = np.sqrt(weight)
    best = np.linalg.lstsq(root[:, None] * features, root * y, rcond=None)[0]
    ours = HingeRegressor(n_hidden).fit(x, y, weight)
    np.testing.assert_allclose(ours.predict(x), features @ best, rtol=1e-8)
    assert ours.coef_.shape == (3, n_hidden)


@pytest.mark.parametrize("ridge", [1e-3, 1.0])
def test_random_features_are_ridge_regression_on_them(table, ridge):
    x, y, weight = table
    ours = RandomFeaturesRegressor(30, ridge=ridge, random_state=4).fit(x, y, weight)
    mean = np.average(x, axis=0, weights=weight)
    deviation = np.sqrt(np.average((x - mean) ** 2, axis=0, weights=weight))
    drawn = ours.fit_
    features = np.maximum((x - mean) / deviation @ drawn.weights.T + drawn.biases, 0)
    theirs = Ridge(alpha=ridge).fit(features, y, weight)
    np.testing.assert_allclose(ours.predict(x), theirs.predict(features), rtol=1e-9)
    np.testing.assert_allclose(drawn.slopes, theirs.coef_, rtol=1e-6)
    plain = RandomFeaturesRegressor(30, standardize=False, random_state=4).fit(x, y)
    assert np.array_equal(plain.fit_.weights, drawn.weights)


@pytest.mark.parametrize("regressor", REGRESSORS, ids=lambda regressor: type(regressor).__name__)
def test_weights_are_repetitions_in_any_order_to_the_last_bit(table, regressor):
    x, y, weight = table
    order = np.random.default_rng(1).permutation(weight.sum())
    weighted = clone(regressor).fit(x, y, weight)
    repeated = clone(regressor).fit(x.repeat(weight, 0)[order], y.repeat(weight)[order])
    assert np.array_equal(weighted.predict(x), repeated.predict(x))
    assert np.isfinite(cross_val_score(regressor, x, y, cv=3)).all()


def test_equal_rows_are_merged():
    x = np.array([[0.0, 1.0], [-0.0, 1.0], [0.0, 1.0], [2.0, 0.0], [5.0, 5.0]])
    rows = merged(Rows(x, np.array([1, 1, 0, 1, 1]), np.array([1.0, 2.0, 0.5, 4.0, 0.0])))
    found = {(*row, label): weight for row, label, weight in zip(*rows, strict=True)}
    assert found == {(0.0, 1.0, 1): 3.0, (0.0, 1.0, 0): 0.5, (2.0, 0.0, 1): 4.0}
    assert rows.y.dtype.kind == "i"


def test_sets_of_almost_one_size_are_filled_to_the_same():
    sizes = {}
    for n in range(1, 3000):
        rows = Rows(np.zeros((n, 1)), np.zeros(n), np.ones(n))
        sizes[n] = len(filled(rows).y)
        assert n <= sizes[n] <= max(n + 63, 1.125 * n + 1)
        assert filled(rows).weight.sum() == n
    assert len(set(sizes.values())) == 28


def test_slips_are_one_sentence(table):
    x, y, _ = table
    for regressor, sentence in (
        (HingeRegressor(0), "`n_hidden` must be an integer >= 1, got 0."),
        (HingeRegressor(ridge=-1), "`ridge` must be a number >= 0, got -1."),
        (RandomFeaturesRegressor(0), "`n_hidden` must be an integer >= 1, got 0."),
    ):
        with pytest.raises(ValueError, match=sentence):
            regressor.fit(x, y)
    with pytest.raises(TypeError, match="`standardize` must be True or False"):
        RandomFeaturesRegressor(standardize="no").fit(x, y)
