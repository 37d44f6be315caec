"""An estimator that ignores its seed is named, and every study goes on."""

import re
import warnings

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.tree import DecisionTreeClassifier

from genlab import UnseededWarning, capacity_curve, decompose, learning_curve
from genlab.datasets import Dataset
from genlab.sweep import EstimatorCell, EstimatorSpec, Store
from genlab.sweep import _estimator_cell as cells

X = np.random.default_rng(0).standard_normal((60, 2))
DATA = Dataset(X[:40], np.arange(40) % 2, X[40:], np.arange(20) % 2)
NUMBERS = Dataset(X[:40], X[:40, 0], X[40:], X[40:, 0], task="regression")


class Ignores(ClassifierMixin, BaseEstimator):
    """Draws from NumPy's global state, whatever its seed is."""

    def __init__(self, k=1, random_state=None):
        self.k = k
        self.random_state = random_state

    def fit(self, x, y):
        self.classes_ = np.unique(y)
        self.random_ = self._random()
        return self

    def _random(self):
        return np.random

    def predict(self, x):
        return self.random_.choice(self.classes_, len(x))


class Keeps(Ignores):
    """Draws by its seed."""

    def _random(self):
        return np.random.RandomState(self.random_state)


class Rounds(RegressorMixin, BaseEstimator):
    """Adds in another order at each fit, which changes the last bits alone."""

    def fit(self, x, y):
        self.mean_ = np.random.permutation(y).sum() / len(y)
        return self

    def predict(self, x):
        return np.full(len(x), self.mean_)


@pytest.fixture
def store():
    with Store("sqlite://") as opened:
        yield opened


STUDIES = {
    "learning_curve": lambda model, store: learning_curve(
        model, DATA, sizes=[10, 40], seeds=range(2), store=store
    ),
    "capacity_curve": lambda model, store: capacity_curve(
        model, [1, 2], DATA, parameter="k", seeds=range(2), store=store
    ),
    "decompose": lambda model, store: decompose(model, DATA, 3, store=store),
}


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_one_that_ignores_its_seed_is_named_at_every_call(study, store, monkeypatch):
    sentence = re.escape(
        "Ignores gave other predictions when it was fitted again to the same examples with the "
        "same seed"
    )
    with pytest.warns(UnseededWarning, match=sentence) as first:
        study(Ignores(), store)
    assert len(first) == 1
    monkeypatch.setattr(cells, "_fitted", None)  # nothing is fitted again
    with pytest.warns(UnseededWarning, match=sentence):
        study(Ignores(), store)


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_one_that_keeps_its_seed_is_fitted_once_more(study, store):
    """Once for the whole study; estimators of known libraries are not."""
    study(Keeps(), store)
    n_fits = {"learning_curve": 4, "capacity_curve": 4, "decompose": 3}
    assert len(store) == n_fits[next(name for name in STUDIES if STUDIES[name] is study)] + 1


def test_known_libraries_are_fitted_once(store):
    decompose(DecisionTreeClassifier(), DATA, 3, store=store)
    assert len(store) == 3


def test_rounding_is_no_difference(store):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decompose(Rounds(), NUMBERS, 3, store=store)


def test_a_repeat_is_a_cell_of_its_own():
    spec = EstimatorSpec.of(DecisionTreeClassifier())
    once, again = (EstimatorCell(DATA.spec, spec, 0, repeat=n) for n in (0, 1))
    assert "repeat" not in once.to_dict()
    assert once.key != again.key
    assert EstimatorCell.from_dict(again.to_dict()) == again
    with pytest.raises(ValueError, match="`repeat` must be an integer >= 0, got -1"):
        EstimatorCell(DATA.spec, spec, 0, repeat=-1)


def test_no_capacities_is_one_sentence():
    with pytest.raises(ValueError, match="must be distinct and at least one, got none"):
        capacity_curve(DecisionTreeClassifier(), [], DATA, parameter="max_depth")
