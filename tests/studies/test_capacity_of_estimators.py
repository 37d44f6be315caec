"""Capacity curves of estimators: scikit-learn's validation curves to the last bit."""

import numpy as np
import pytest
from sklearn.model_selection import KFold, validation_curve
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from studies.test_learning_curve import ALONE, DATA, DIABETES, NUMBERS, TREE, X, Y
from sweep.fitted import AGAIN, Nearest, fits

from genlab import FailedFitsError, FailedFitsWarning, Recipe, capacity_curve
from genlab.measure import wilson_interval
from genlab.models import Logistic

LEAVES = [2, 4, 16]


def tree(leaves):
    return DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=0)


@pytest.mark.parametrize("scoring", [None, "roc_auc"])
def test_scores_are_those_of_scikit_learn_to_the_last_bit(scoring):
    train_scores, test_scores = validation_curve(
        tree(2), X, Y, param_name="max_leaf_nodes", param_range=LEAVES, cv=4, scoring=scoring
    )
    curve = capacity_curve(tree, [16, 2, 4], ALONE, cv=4, scoring=scoring)
    assert curve.capacities == LEAVES
    assert np.array_equal(curve.scores(), test_scores)
    assert np.array_equal(curve.scores("train"), train_scores)
    rows = curve.rows()
    assert [row["capacity"] for row in rows[::4]] == LEAVES
    assert [row["division"] for row in rows[:4]] == [0, 1, 2, 3]
    assert {row["n_parameters"] for row in rows} == {None}


def test_a_parameter_of_a_pipeline_and_numbers_that_are_not_whole():
    svc, costs = make_pipeline(StandardScaler(), SVC()), np.logspace(-2, 1, 3)
    cv = KFold(3, shuffle=True, random_state=2)
    _, test_scores = validation_curve(svc, X, Y, param_name="svc__C", param_range=costs, cv=cv)
    curve = capacity_curve(svc, costs, ALONE, parameter="svc__C", cv=cv)
    assert np.array_equal(curve.scores(), test_scores)
    assert curve.capacities == costs.tolist()
    assert set(curve.to_frame()["model"]) == {"Pipeline(StandardScaler, SVC)"}


def test_seeds_with_a_test_set():
    curve = capacity_curve(
        lambda leaves: DecisionTreeClassifier(max_leaf_nodes=leaves), LEAVES, DATA, seeds=range(2)
    )
    for run, result in zip(curve.runs, curve.results, strict=True):
        own = DecisionTreeClassifier(max_leaf_nodes=run.capacity, random_state=run.cell.seed)
        predicted = own.fit(DATA.x_train, DATA.y_train).predict(DATA.x_test)
        assert np.array_equal(result.test_predictions, predicted)
    (stump,) = (r for r in curve.bands() if r["capacity"] == 2 and r["curve"] == "test_error")
    interval = wilson_interval(round(stump["estimate"] * 80), 80)
    assert (stump["over"], stump["low"], stump["high"]) == ("examples", interval.low, interval.high)
    assert curve.curves == ("train_error", "test_error")
    assert curve.chart().to_dict()["layer"]
    assert repr(curve) == "CapacityCurve(6 fits, capacities 2 to 16)"
    assert curve.extremes.peak.capacity in LEAVES
    assert curve.threshold.seeds == 2


def test_a_regression():
    (x, y), ks = DIABETES, [1, 5, 40]
    _, test_scores = validation_curve(
        KNeighborsRegressor(), x, y, param_name="n_neighbors", param_range=ks, cv=3
    )
    curve = capacity_curve(lambda k: KNeighborsRegressor(k), ks, NUMBERS, cv=3)
    assert np.array_equal(curve.scores(), test_scores)
    assert curve.values("test_error")[1] == pytest.approx(1 - test_scores[1])
    assert all(row["low"] < row["estimate"] for row in curve.bands() if row["curve"][:4] == "test")


def test_a_second_call_fits_nothing_and_failures_are_counted(tmp_path):
    options = {"store": tmp_path / "s.db", "parameter": "fails_at", "seeds": [0]}
    estimator = Nearest(folder=str(tmp_path))
    for _ in range(2):
        with pytest.warns(FailedFitsWarning, match="1 of 2 fits failed; .* no fit to 160 examples"):
            curve = capacity_curve(estimator, [7, 160], DATA, **options)
    assert fits(tmp_path) == 2 + AGAIN
    assert [row["n_fits"] for row in curve.bands()] == [1, 0, 1, 0]
    with pytest.raises(FailedFitsError, match="all 1 fits failed; the first: ArithmeticError"):
        capacity_curve(estimator, [160], DATA, **options)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"model_of_capacity": lambda c: DecisionTreeClassifier(max_leafs=c)},
            ValueError,
            "`model_of_capacity` must return a model for each capacity, got an error for 2: "
            "TypeError: .*unexpected keyword argument 'max_leafs'",
        ),
        (
            {"model_of_capacity": TREE, "parameter": "max_leafs"},
            ValueError,
            r"`parameter` must be one of DecisionTreeClassifier's \(.*max_leaf_nodes.*'max_leafs'",
        ),
        (
            {"parameter": "C"},
            ValueError,
            "`parameter` must come with an estimator in place of",
        ),
        ({"model_of_capacity": 3}, TypeError, "`model_of_capacity` must be a function of the capa"),
        ({"model_of_capacity": lambda c: c}, TypeError, "`model_of_capacity` must be an estimator"),
        ({"capacities": [2, 2.0]}, ValueError, "`capacities` must be distinct and at least one"),
        ({"capacities": [0]}, ValueError, "`capacities` must be a number > 0, got 0"),
        ({"label_noise": 0.2}, ValueError, "`label_noise` must be 0 for an estimator: .* got 0.2"),
        ({"cv": 500}, ValueError, "`cv` must split the 160 training examples, and Stratified"),
        (
            {"model_of_capacity": lambda _: Logistic(), "recipe": Recipe.sgd(), "cv": 3},
            ValueError,
            "`cv` must be None for genlab models, got 3",
        ),
        (
            {"model_of_capacity": lambda _: Logistic()},
            TypeError,
            "`recipe` must be a Recipe for genlab models, got None",
        ),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        capacity_curve(**{"model_of_capacity": tree, "capacities": [2], "data": DATA, **arguments})
