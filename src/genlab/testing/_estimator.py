"""The rules of an estimator, as checks."""

from __future__ import annotations

import copy
from functools import cached_property
from typing import Any

import numpy as np

from genlab._base.arrays import is_sparse
from genlab.datasets import Dataset
from genlab.sweep import (
    EstimatorCell,
    EstimatorSpec,
    checked_numbers,
    checked_predictions,
    flat,
    seed_estimator,
)
from genlab.testing._check import Check


def estimator_checks(estimator: Any, data: Dataset) -> list[Check]:
    """The rules that an estimator must keep in studies and searches, to be called one by one.

    Parameters
    ----------
    estimator
        Anything with `fit` and `predict` that is not fitted.
    data
        A small data set that it can learn, with test examples.

    Returns
    -------
    list of Check
        As those of `model_checks`.

    Raises
    ------
    TypeError, ValueError
        Where `data` are no data set, or have no test examples.

    >>> from genlab.datasets import make_mnist1d
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> for check in estimator_checks(DecisionTreeClassifier(), make_mnist1d(n_samples=100)):
    ...     check()
    """
    if not isinstance(data, Dataset):
        raise TypeError(f"`data` must be a Dataset, got {data!r}.")
    if data.n_test < 1:
        raise ValueError("`data` must have test examples, which are predicted, got none.")
    tried = _Tried(estimator, data)
    rules = {
        "be made again from its class and parameters": tried.is_made_again,
        "predict one finite number or one label per example": tried.predicts,
        "predict the same at a second call": tried.predicts_again,
        "keep its parameters as they are in `fit`": tried.keeps_parameters,
        "predict the same after each fit with the same `random_state`": tried.repeats,
        "keep no state between fits": tried.keeps_no_state,
        "give the same results from the same cell": tried.runs_in_cells,
    }
    return [Check(f"`{type(estimator).__name__}`", rule, find) for rule, find in rules.items()]


class _Tried:
    """An estimator, and what several checks need of it."""

    def __init__(self, estimator: Any, data: Dataset) -> None:
        self.estimator = estimator
        self.data = data
        self.x_train, self.x_test = flat(data.x_train), flat(data.x_test)

    @cached_property
    def spec(self) -> EstimatorSpec:
        return EstimatorSpec.of(self.estimator)

    def make(self) -> Any:
        return seed_estimator(self.spec.make(), 0)

    def fit(self, estimator: Any, y: np.ndarray) -> np.ndarray:
        """Predictions of the test examples after a fit."""
        estimator.fit(self.x_train, y)
        return np.array(estimator.predict(self.x_test))

    def outputs(self, estimator: Any, y: np.ndarray) -> list[np.ndarray]:
        """All that it says of all examples after a fit: a trace of another fit may be faint."""
        estimator.fit(self.x_train, y)
        names = ("predict", "predict_proba", "decision_function")
        methods = [getattr(estimator, name) for name in names if hasattr(estimator, name)]
        return [np.array(method(x)) for method in methods for x in (self.x_train, self.x_test)]

    def is_made_again(self) -> str | None:
        self.spec.make()
        return None

    def predicts(self) -> str | None:
        predicted = self.fit(self.make(), self.data.y_train)
        if self.data.task == "regression":
            checked_numbers(predicted, self.data.n_test)
        else:
            checked_predictions(predicted, self.data.n_test, self.data.n_classes)
        return None

    def predicts_again(self) -> str | None:
        estimator = self.make()
        first = self.fit(estimator, self.data.y_train)
        return _differing(first, np.array(estimator.predict(self.x_test)))

    def keeps_parameters(self) -> str | None:
        estimator = self.make()
        before = EstimatorSpec.of(copy.deepcopy(estimator))
        estimator.fit(self.x_train, self.data.y_train)
        after = EstimatorSpec.of(estimator)
        return None if after == before else f"{after.text} in place of {before.text}"

    def repeats(self) -> str | None:
        first, *others = (self.outputs(self.make(), self.data.y_train) for _ in range(4))
        found = (_any_differing(first, other) for other in others)  # two may agree by chance
        return next((sentence for sentence in found if sentence), None)

    def keeps_no_state(self) -> str | None:
        estimator, y = self.make(), self.data.y_train
        first = self.outputs(estimator, y)
        # Data that lie elsewhere, with other labels, so that what is kept of them shows.
        x = 5 * self.x_train if is_sparse(self.x_train) else self.x_train + np.ptp(self.x_train)
        for seed in range(3):
            estimator.fit(x, np.random.default_rng(seed).permutation(y))
        return _any_differing(first, self.outputs(estimator, y))

    def runs_in_cells(self) -> str | None:
        cell = EstimatorCell(self.data.spec, self.spec, seed=0)
        again = EstimatorCell.from_dict(cell.to_dict())
        if again != cell or again.key != cell.key:
            return "another cell from its JSON"
        first, second = cell.run(), again.run()
        if first.failed:
            return first.failed.rstrip(".")
        return _differing(first.test_predictions, second.test_predictions)


def _any_differing(first: list[np.ndarray], second: list[np.ndarray]) -> str | None:
    found = (_differing(one, other) for one, other in zip(first, second, strict=True))
    return next((sentence for sentence in found if sentence), None)


def _differing(first: np.ndarray, second: np.ndarray) -> str | None:
    if first.shape != second.shape:
        return f"shapes {first.shape} and {second.shape}"
    n = int(np.count_nonzero((first != second).reshape(len(first), -1).any(axis=1)))
    return f"other predictions for {n} of {len(first)} examples" if n else None
