"""The trivial model, beside scikit-learn's."""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import r2_score

from genlab.measure import trivial_error


def test_classes():
    stream = np.random.default_rng(0)
    y_train, y_test = stream.choice(3, 50, p=[0.2, 0.5, 0.3]), stream.integers(0, 3, 40)
    fitted = DummyClassifier().fit(np.zeros((50, 1)), y_train)
    n_wrong = int((fitted.predict(np.zeros((40, 1))) != y_test).sum())
    wilson = stats.binomtest(n_wrong, 40).proportion_ci(method="wilson")
    found = trivial_error(y_train, y_test)
    assert float(found.mean) == n_wrong / 40
    assert (found.low, found.high) == pytest.approx((wilson.low, wilson.high))


def test_numbers():
    stream = np.random.default_rng(1)
    y_train, y_test = stream.normal(5, 2, 60), stream.normal(5, 2, 40)
    fitted = DummyRegressor().fit(np.zeros((60, 1)), y_train)
    found = trivial_error(y_train, y_test, "regression")
    r_squared = r2_score(y_test, fitted.predict(np.zeros((40, 1))))
    assert float(found.mean) == pytest.approx(1 - r_squared)
    assert 1 <= found.low <= found.mean <= found.high


def test_the_interval_of_numbers_holds_the_truth():
    """The training mean lies half a deviation from the truth: the error is 1.25."""
    y_test = np.random.default_rng(2).normal(0, 3, (2000, 50))
    found = [trivial_error([1.5], row, "regression") for row in y_test]
    held = np.mean([one.low <= 1.25 <= one.high for one in found])
    assert 0.93 <= held <= 0.98


def test_no_interval_without_two_examples_or_a_spread():
    one = trivial_error([1.0, 2.0], [4.0], "regression")
    assert math.isnan(one.mean)
    same = trivial_error([1.0, 2.0], [4.0, 4.0], "regression")
    assert math.isnan(same.mean)
    assert math.isnan(same.low)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (([], [0]), "`y_train` and `y_test` must hold at least one example, got 0 and 1."),
        (([0], [0], "ranking"), "`task` must be"),
    ],
)
def test_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        trivial_error(*arguments)
