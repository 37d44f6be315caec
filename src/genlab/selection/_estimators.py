"""Estimators in a search: with a seed, and with labels as predictions."""

from __future__ import annotations

import inspect
from collections.abc import Collection
from typing import Any

import numpy as np
from jaxtyping import Float, Int


def parameters_of(estimator: Any) -> tuple[str, ...]:
    """Names of the parameters that `set_params` takes, also of those that have no value yet.

    CatBoost's `get_params` has the parameters alone that were given.
    """
    values = estimator.get_params(deep=True)
    parts = {f"{name}__": value for name, value in values.items() if hasattr(value, "get_params")}
    names = dict.fromkeys(values)
    for prefix, part in {"": estimator, **parts}.items():
        if not isinstance(part, type):
            names |= dict.fromkeys(f"{prefix}{one.name}" for one in arguments_of(type(part)))
    return tuple(names)


def arguments_of(kind: type[Any]) -> list[inspect.Parameter]:
    """The named arguments of a class's constructor; none where it does not say."""
    try:
        parameters = inspect.signature(kind).parameters.values()
    except (TypeError, ValueError):
        return []
    return [one for one in parameters if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]


def seed_estimator(estimator: Any, seed: int, searched: Collection[str]) -> Any:
    """Set every `random_state` that is None, at any depth, unless it is searched.

    Without it a search that resumes, and the refitted model, would draw anew. Splitters that an
    estimator holds are copies of its own, and get the seed where they shuffle.
    """
    unseeded = {}
    for name, value in estimator.get_params(deep=True).items():
        if name.rpartition("__")[2] == "random_state" and value is None and name not in searched:
            unseeded[name] = seed
        elif _shuffles_unseeded(value):
            value.random_state = seed
    return estimator.set_params(**unseeded) if unseeded else estimator


def _shuffles_unseeded(value: Any) -> bool:
    """Whether a parameter is a splitter that shuffles without a seed."""
    unseeded = hasattr(value, "random_state") and value.random_state is None
    return unseeded and hasattr(value, "split") and getattr(value, "shuffle", True)


def checked_predictions(predicted: Any, n: int, n_classes: int) -> Int[np.ndarray, " n"]:
    """Predicted labels; ValueError where they are not one label per example."""
    given = np.asarray(predicted)
    if given.shape != (n,):
        raise ValueError(f"predictions must be one label per example, got {given.shape}.")
    try:
        numbers = given.astype(np.float64) if given.dtype.kind in "biufO" else np.full(n, np.nan)
    except (TypeError, ValueError):
        numbers = np.full(n, np.nan)
    wrong = ~((numbers >= 0) & (numbers < n_classes) & (np.floor(numbers) == numbers))
    if wrong.any():
        first = given[wrong.argmax()]
        raise ValueError(f"predictions must be labels from 0 to {n_classes - 1}, got {first}.")
    return numbers.astype(np.int64)


def checked_numbers(predicted: Any, n: int) -> Float[np.ndarray, " n"]:
    """Predicted numbers; ValueError where they are not one finite number per example."""
    given = np.asarray(predicted)
    given = given.reshape(n) if given.shape == (n, 1) else given
    if given.shape != (n,) or given.dtype.kind not in "biuf":
        raise ValueError(
            f"predictions must be one number per example, got shape {given.shape} of type "
            f"{given.dtype}."
        )
    if not np.isfinite(given).all():
        raise ValueError(f"predictions must be finite, got {given[~np.isfinite(given)][0]}.")
    return given.astype(np.float64)


def probabilities_by_class(
    estimator: Any, x: Any, n_classes: int
) -> Float[np.ndarray, "n classes"]:
    """Probabilities with one column per class, zeros for classes that were not fitted."""
    stated = np.asarray(estimator.predict_proba(x), np.float64)
    classes = np.asarray(getattr(estimator, "classes_", np.arange(n_classes)))
    if stated.shape != (len(x), len(classes)):
        raise ValueError(
            f"probabilities must have one row per example and one column for each of "
            f"{len(classes)} classes, got shape {stated.shape}."
        )
    columns = np.zeros((len(x), n_classes))
    columns[:, checked_predictions(classes, len(classes), n_classes)] = stated
    return columns
