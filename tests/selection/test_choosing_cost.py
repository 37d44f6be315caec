"""What a choice costs, beside the measures on the same table; importances beside the true ones."""

import math
from typing import ClassVar

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import RepeatedStratifiedKFold, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sweep.here import no_workers

from genlab.datasets import Dataset, make_mnist1d
from genlab.measure import gain_over_default, optimism, ranking_uncertainty
from genlab.models import CNN, MLP
from genlab.selection import Choice, Integer, Real, Space, select
from genlab.selection._choosing_cost import (
    choosing_cost,
    default_configuration,
    default_trial,
    importances,
)
from genlab.sweep import Store
from genlab.training import Recipe


@pytest.fixture
def store():
    with Store("sqlite://") as opened, no_workers():
        yield opened


@pytest.fixture(scope="module")
def data():
    made = make_mnist1d(n_samples=300)
    return Dataset(made.x_train, made.y_train, made.x_test, made.y_test)


class Sloped(ClassifierMixin, BaseEstimator):
    """Wrong on a share 0.1 + 0.6 a + 0.3 b of the examples; c changes nothing."""

    labels: ClassVar[dict[bytes, int]] = {}

    def __init__(self, a=0.5, b=0.5, c=0.5):
        self.a, self.b, self.c = a, b, c

    def fit(self, x, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, x):
        right = np.array([self.labels[one.tobytes()] for one in x])
        n_wrong = round((0.1 + 0.6 * self.a + 0.3 * self.b) * len(x))
        return np.where(np.arange(len(x)) < n_wrong, (right + 1) % 10, right)


@pytest.fixture
def sloped(data):
    for one, label in zip(data.x_train, data.y_train, strict=True):
        Sloped.labels[one.tobytes()] = label
    return Space(estimator=Sloped(), parameters={name: Real(0, 1) for name in "abc"})


def test_examples_that_several_divisions_validate_count_once(data, store):
    """Four repeats of five folds are no four times as many examples."""
    space = Space(estimator=KNeighborsClassifier(), parameters={"n_neighbors": [1, 2, 7, 20]})
    once, often = (
        select(space, data, sampler="grid", cv=cv, store=store)
        for cv in (
            StratifiedKFold(5, shuffle=True, random_state=0),
            RepeatedStratifiedKFold(n_splits=5, n_repeats=4, random_state=0),
        )
    )
    default = default_trial(
        space,
        data,
        cv=RepeatedStratifiedKFold(n_splits=5, n_repeats=4, random_state=0),
        store=store,
    )
    cost = choosing_cost(often, default)
    table = np.zeros((4, 240))
    for trial, total in zip(often.wrong, table, strict=True):
        np.add.at(total, often.validation_rows, trial / 4)
    np.testing.assert_allclose(cost.optimism.corrected.low, optimism(table).corrected.low)
    assert cost.ranking.another == ranking_uncertainty(table).another
    assert int(cost.optimism.corrected.n) == 240
    of_default = np.bincount(often.validation_rows, default.wrong) / 4
    gain = gain_over_default(np.vstack([table, of_default]), int(table.mean(axis=1).argmin()), 4)
    np.testing.assert_allclose(cost.gain.corrected.high, gain.corrected.high)
    widths = [
        float(one.optimism.corrected.high - one.optimism.corrected.low)
        for one in (choosing_cost(once), cost)
    ]
    assert 0.5 < widths[1] / widths[0] < 1.1


def test_repeats_of_a_configuration_do_not_compete(data, store):
    space = Space(estimator=KNeighborsClassifier(), parameters={"n_neighbors": [1, 20]})
    repeated = select(space, data, n_trials=12, sampler="random", store=store)
    assert len(repeated.wrong) == 12
    cost = choosing_cost(repeated)
    first = {trial.parameters["n_neighbors"]: trial.number for trial in repeated.trials[::-1]}
    assert cost.numbers == tuple(sorted(first.values()))
    expected = ranking_uncertainty(repeated.wrong[list(cost.numbers)])
    assert cost.ranking.another == expected.another
    assert cost.numbers[cost.ranking.chosen] == repeated.best.number


def test_the_costs_are_the_measures_of_the_table(data, store):
    space = Space(
        estimator=KNeighborsClassifier(), parameters={"n_neighbors": Choice(1, 2, 7, 20, 60)}
    )
    found = select(space, data, sampler="grid", seed=3, store=store, validation=0.3)
    default = default_trial(space, data, seed=3, store=store, validation=0.3)
    assert default.parameters == {"n_neighbors": 5}
    plain = KNeighborsClassifier().fit(
        data.x_train[found.validation.fitted[0]], data.y_train[found.validation.fitted[0]]
    )
    rows = found.validation_rows
    wrong = plain.predict(data.x_train[rows]) != data.y_train[rows]
    np.testing.assert_array_equal(default.wrong, wrong)
    cost = choosing_cost(found, default)
    assert cost.optimism.corrected.mean == optimism(found.wrong, seed=3).corrected.mean
    assert cost.ranking.another == ranking_uncertainty(found.wrong, seed=3).another
    assert cost.numbers == (0, 1, 2, 3, 4)
    chosen = int(found.wrong.mean(axis=1).argmin())
    table = np.vstack([found.wrong, wrong])
    expected = gain_over_default(table, chosen, len(table) - 1, seed=3)
    assert cost.gain.corrected.mean == expected.corrected.mean
    difference = found.wrong[chosen].mean() - wrong.mean()
    assert cost.gain.difference.mean == pytest.approx(difference, abs=1e-12)


def test_a_default_that_is_better_has_no_gain(data, sloped, store):
    space = Space(estimator=Sloped(0.0, 0.0), parameters={"a": [0.5, 0.9]})
    found = select(space, data, sampler="grid", store=store)
    cost = choosing_cost(found, default_trial(space, data, store=store))
    assert cost.default.parameters == {"a": 0.0}
    assert cost.gain is None
    assert choosing_cost(found).default is None


def test_importances_are_the_shares_of_the_variance(data, sloped, store):
    """Of an error that is linear and additive: a² var(a) over the sum, 0.36 : 0.09 : 0."""
    found = select(sloped, data, n_trials=60, sampler="random", store=store, refit=False)
    rows = importances(found, n_resamples=8)
    assert [row["parameter"] for row in rows] == ["a", "b", "c"]
    for row, true in zip(rows, (0.8, 0.2, 0.0), strict=True):
        assert row["importance"] == pytest.approx(true, abs=0.08)
        assert 0 <= row["importance_low"] <= row["importance"] + 0.05
        assert row["importance"] - 0.05 <= row["importance_high"] <= 1
        assert row["n"] == 60
    assert math.fsum(row["importance"] for row in rows) == pytest.approx(1)
    assert rows == importances(found, n_resamples=8)


def test_no_importances_without_differences(data, sloped, store):
    flat = Space(estimator=Sloped(), parameters={"c": Real(0, 1)})
    found = select(flat, data, n_trials=6, sampler="random", store=store, refit=False)
    assert importances(found) == []
    few = select(sloped, data, n_trials=3, sampler="random", store=store, refit=False)
    assert importances(few) == []


def test_the_default_of_what_is_searched():
    space = Space(
        Choice("MLP", "CNN"),
        {
            "depth": Choice(1, 2),
            "width": Integer(5, 50),
            "channels": Choice(5, 15),
            "learning_rate": Real(1e-3, 0.1),
            "momentum": Choice(0.0, 0.9),
        },
        fixed={"optimizer": "sgd", "steps": 50},
    )
    found = default_configuration(space)
    made = MLP()
    assert found == {
        "model": "MLP",
        "depth": len(made.hidden),
        "width": made.hidden[0],
        "learning_rate": Recipe.sgd().learning_rate,
        "momentum": 0.0,
    }
    assert hasattr(CNN(), "channels")


def test_the_default_of_a_genlab_model_is_trained(data, store):
    space = Space(
        Choice("Logistic", "MLP"), {"batch_size": [20, 50]}, fixed={"steps": 20, "hidden": (8,)}
    )
    trial = default_trial(space, data, store=store)
    assert trial.parameters == {"batch_size": 100}
    assert trial.steps[-1] == 20
    models = Space(Choice("Logistic", "MLP"), fixed={"steps": 20, "hidden": (8,)})
    assert default_trial(models, data, store=store).parameters == {"learning_rate": 0.001}
    few = data.subset(train=np.arange(60))
    batches = Space(parameters={"batch_size": [20]}, fixed={"hidden": (8,), "steps": 20})
    # The default batch is all 48 examples, where there are no more to train on.
    trial = default_trial(batches, few, store=store)
    assert (trial.state, trial.parameters) == ("complete", {"learning_rate": 0.001})
    fixed = {"hidden": (8,), "steps": 20, "batch_size": 100}
    too_many = Space(parameters={"learning_rate": [0.01]}, fixed=fixed)
    assert default_trial(too_many, few, store=store) is None
