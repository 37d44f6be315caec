"""Estimators in a search: classifiers alone, with a seed, and with labels as predictions."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from jaxtyping import Int


def check_classifier(estimator: Any) -> None:
    """ValueError for an estimator that says it is no classifier, or cannot predict.

    One that says nothing of its kind is accepted: its predictions are checked in each trial.
    """
    kind = _kind(estimator)
    if kind not in ("classifier", None):
        got = f"{_name(estimator)}, a {kind.replace('_', ' ')}"
    elif not hasattr(estimator, "predict"):
        got = f"{_name(estimator)}, which has no `predict`"
    else:
        return
    raise ValueError(
        f"`estimator` must be a classifier or a pipeline that ends with one, got {got}."
    )


def seed_estimator(estimator: Any, seed: int, searched: Collection[str]) -> Any:
    """Set every `random_state` that is None, at any depth, unless it is searched.

    Without it a search that resumes, and the refitted model, would draw anew.
    """
    unseeded = {
        name: seed
        for name, value in estimator.get_params(deep=True).items()
        if name.rpartition("__")[2] == "random_state" and value is None and name not in searched
    }
    return estimator.set_params(**unseeded) if unseeded else estimator


def checked_predictions(predicted: Any, n: int, n_classes: int) -> Int[np.ndarray, " n"]:
    """Predicted labels; ValueError where they are not one label per example."""
    given = np.asarray(predicted)
    if given.shape != (n,):
        raise ValueError(f"predictions must be one label per example, got {given.shape}.")
    try:
        numbers = given.astype(np.float64)
    except (TypeError, ValueError):
        numbers = np.full(n, np.nan)
    wrong = ~((numbers >= 0) & (numbers < n_classes) & (numbers % 1 == 0))
    if wrong.any():
        first = given[wrong.argmax()]
        raise ValueError(f"predictions must be labels from 0 to {n_classes - 1}, got {first}.")
    return numbers.astype(np.int64)


def _kind(estimator: Any) -> str | None:
    """What an estimator says it is: "classifier", "regressor", ...; None where it says nothing."""
    from sklearn.utils import get_tags

    try:
        kind = get_tags(estimator).estimator_type
    except Exception:  # tags of other packages fail in many ways
        kind = getattr(estimator, "_estimator_type", None)
    return None if kind is None else str(kind)


def _name(estimator: Any) -> str:
    """The name of an estimator's class; of a pipeline also that of its last step."""
    name = type(estimator).__name__
    steps = getattr(estimator, "steps", None)
    if isinstance(steps, list) and steps:
        last = steps[-1][1]
        return f"{name} that ends with {last if isinstance(last, str) else type(last).__name__}"
    return name
