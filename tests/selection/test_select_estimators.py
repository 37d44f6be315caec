"""Trials of estimators as cells: the same scores as in this process; what stays there; fresh."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import make_scorer
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sweep.here import Here, no_workers

from genlab.datasets import Dataset, make_mnist1d
from genlab.selection import Integer, Real, Space, _running, select
from genlab.selection._scored_fit import FitScore, ScoredFit
from genlab.sweep import EstimatorSpec, Store

TREES = Space(estimator=DecisionTreeClassifier(), parameters={"max_depth": Integer(1, 6)})


@pytest.fixture(scope="module")
def data():
    return make_mnist1d(n_samples=150)


def halves(data):
    """The examples of two classes, of one's own."""
    return Dataset(data.x_train, data.y_train % 2, data.x_test[:0], data.y_test[:0])


def numbers(data):
    x = data.x_train.reshape(len(data.x_train), -1)
    return Dataset(x[:, 1:], x[:, 0], x[:0, 1:], x[:0, 0], task="regression")


def searched(space, data, **options):
    """A search in a store of its own, and the kinds of cells in it."""
    with Store("sqlite://") as store:
        found = select(space, data, n_trials=3, store=store, refit=False, **options)
        return found, len(store)


LOGISTIC = Space(
    estimator=make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
    parameters={"logisticregression__C": Real(0.01, 10, log=True)},
)
RIDGE = Space(estimator=Ridge(), parameters={"alpha": Real(0.01, 10, log=True)})
CASES = {
    "error of trees that draw": (TREES, lambda data: data, "error", {"folds": 3}),
    "log loss": (LOGISTIC, lambda data: data, "log_loss", {"validation": 0.3}),
    "AUC of two classes": (LOGISTIC, halves, "auc", {"folds": 2}),
    "a scorer's name": (LOGISTIC, halves, "average_precision", {"folds": 2}),
    "a splitter, a regression": (RIDGE, numbers, "mse", {"cv": [(range(60), range(60, 120))]}),
}


@pytest.mark.parametrize("case", CASES)
def test_workers_give_the_bits_of_this_process(case, data):
    space, made, scoring, division = CASES[case]
    examples = made(data)
    here, n_here = searched(space, examples, scoring=scoring, jobs=1, **division)
    there, n_there = searched(space, examples, scoring=scoring, jobs=Here(), **division)
    assert (n_here, n_there) == (0, 3 * len(here.validation))
    for one, two in zip(here.trials, there.trials, strict=True):
        assert one.parameters == two.parameters
        np.testing.assert_array_equal(one.parts, two.parts)
        assert one.accuracies == two.accuracies
        assert [s.value for s in one.scores] == [s.value for s in two.scores]
        assert [s.n_effective for s in one.scores] == [s.n_effective for s in two.scores]


def test_long_fits_go_to_workers_once_they_are_known(data, monkeypatch):
    short, n_of_short = searched(TREES, data, folds=3, jobs=2)
    monkeypatch.setattr(_running, "_WORTH_SECONDS", 0.0)
    monkeypatch.setattr(_running, "_START_SECONDS", 0.0)
    with no_workers():
        long, n_of_long = searched(TREES, data, folds=3, jobs=2)
        _, n_of_one_core = searched(TREES, data, folds=3, jobs=1)
    assert (n_of_short, n_of_long, n_of_one_core) == (0, 6, 0)  # the first trial is timed here
    one, two = (found.to_frame().drop(columns="seconds") for found in (short, long))
    assert one.equals(two)


def agreement(y, predicted):
    return float(np.mean(y == predicted))


def test_what_no_other_process_can_make_is_fitted_here(data):
    """A generator whose state no JSON holds; a score that has no name."""
    draws = DecisionTreeClassifier(random_state=np.random.RandomState(0))
    own = Space(estimator=draws, parameters={"max_depth": Integer(1, 6)})
    for space, scoring in ((own, None), (TREES, make_scorer(agreement))):
        found, n_cells = searched(space, data, folds=2, scoring=scoring, jobs=Here())
        assert n_cells == 0
        assert all(trial.state == "complete" for trial in found.trials)


def test_a_fit_that_fails_or_warns_elsewhere_does_so_here(data):
    space = Space(estimator=KNeighborsClassifier(), parameters={"n_neighbors": [1, 2, 500]})
    with pytest.warns(UserWarning, match="1 of 3 trials failed.*ValueError: Expected n_neighbors"):
        searched(space, data, sampler="grid", folds=2, jobs=Here())
    few = Space(estimator=LogisticRegression(max_iter=1), parameters={"C": [1.0, 2.0, 3.0]})
    with pytest.warns(ConvergenceWarning):
        searched(few, data, sampler="grid", folds=2, jobs=Here())


def test_fresh_runs_the_trials_of_this_search_again(data, tmp_path):
    with Store(f"sqlite:///{tmp_path / 'fresh.db'}") as store:
        options = {"n_trials": 3, "folds": 2, "store": store, "refit": False, "jobs": Here()}
        other = select(TREES, data, **options, seed=1)
        first = select(TREES, data, **options)
        cells = Here()
        again = select(TREES, data, **{**options, "jobs": cells}, fresh=True)
        assert len(cells.batches) == 6
        frames = [found.to_frame().drop(columns="seconds") for found in (first, again)]
        assert frames[0].equals(frames[1])
        kept = Here()
        same = select(TREES, data, **{**options, "jobs": kept}, seed=1)
        assert kept.batches == []
        assert same.to_frame().equals(other.to_frame())
    with pytest.raises(TypeError, match="`fresh` must be True or False, got 'yes'"):
        select(TREES, data, fresh="yes")


def test_the_cell_and_its_result_come_back_from_what_is_written(data):
    cell = ScoredFit(data.spec, EstimatorSpec.of(DecisionTreeClassifier(random_state=0)), "brier")
    again = ScoredFit.from_dict(cell.to_dict())
    assert again == cell
    assert again.key == cell.key
    result = cell.run()
    back = ScoredFit.unpack(ScoredFit.pack(result))
    assert (back.value, back.n_effective, back.warned) == (result.value, 30, ("", ""))
    np.testing.assert_array_equal(back.parts, result.parts)
    assert isinstance(back, FitScore)
    with pytest.raises(ValueError, match="kind"):
        ScoredFit.from_dict({**cell.to_dict(), "kind": "Cell"})
    with warnings.catch_warnings(), pytest.raises(ValueError, match="dtype"):
        ScoredFit.unpack(b"{}\n")
