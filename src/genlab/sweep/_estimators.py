"""Estimators as they are fitted: with a seed, weights and checked predictions."""

from __future__ import annotations

import inspect
from collections.abc import Collection
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from genlab._base.arrays import is_sparse
from genlab.datasets import for_estimators


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


def seed_estimator(estimator: Any, seed: int, searched: Collection[str] = ()) -> Any:
    """Set every `random_state` that is None, at any depth, unless it is searched.

    Without it a search that resumes, and the refitted model, would draw anew. Splitters that an
    estimator holds are copies of its own, and get the seed where they shuffle.
    """
    unseeded = {}
    for name, value in parameter_values(estimator).items():
        if name.rpartition("__")[2] == "random_state" and value is None and name not in searched:
            unseeded[name] = seed
        elif _shuffles_unseeded(value):
            value.random_state = seed
    if not unseeded:
        return estimator
    if hasattr(estimator, "set_params"):
        return estimator.set_params(**unseeded)
    estimator.random_state = seed
    return estimator


def is_random(estimator: Any) -> bool:
    """Whether `seed_estimator` would set a seed."""
    return any(
        (name.rpartition("__")[2] == "random_state" and value is None) or _shuffles_unseeded(value)
        for name, value in parameter_values(estimator).items()
    )


def parameter_values(estimator: Any) -> dict[str, Any]:
    """The parameters of an estimator at any depth; its attributes where it has no `get_params`."""
    if callable(getattr(estimator, "get_params", None)):
        return dict(estimator.get_params(deep=True))
    return dict(vars(estimator))


def _shuffles_unseeded(value: Any) -> bool:
    """Whether a parameter is a splitter that shuffles without a seed."""
    unseeded = hasattr(value, "random_state") and value.random_state is None
    return unseeded and hasattr(value, "split") and getattr(value, "shuffle", True)


def checked_predictions(predicted: Any, n: int, n_classes: int) -> Int[np.ndarray, " n"]:
    """Predicted labels; ValueError where they are not one label per example."""
    given = np.asarray(predicted)
    if given.shape != (n,):
        raise ValueError(f"predictions must be one label per example, got {given.shape}.")
    if given.dtype.kind in "iu":
        numbers = given
    else:
        try:
            numbers = given.astype(np.float64) if given.dtype.kind in "bfO" else np.full(n, np.nan)
        except (TypeError, ValueError):
            numbers = np.full(n, np.nan)
    wrong = ~((numbers >= 0) & (numbers < n_classes) & (np.floor(numbers) == numbers))
    if wrong.any():
        first = given[wrong.argmax()]
        raise ValueError(f"predictions must be labels from 0 to {n_classes - 1}, got {first}.")
    return numbers.astype(np.int64)


def flat(x: Float[np.ndarray, "n ..."]) -> Float[np.ndarray, "n inputs"]:
    """Inputs as estimators take them: one row per example, sparse ones as they are."""
    return for_estimators(x) if is_sparse(x) else x.reshape(len(x), -1)


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
    if stated.shape != (x.shape[0], len(classes)):
        raise ValueError(
            f"probabilities must have one row per example and one column for each of "
            f"{len(classes)} classes, got shape {stated.shape}."
        )
    columns = np.zeros((x.shape[0], n_classes))
    columns[:, checked_predictions(classes, len(classes), n_classes)] = stated
    return columns


def weights_for_fit(
    estimator: Any, weights: Float[np.ndarray, " n"] | None
) -> dict[str, Float[np.ndarray, " n"]]:
    """The argument of `fit` that takes the weights of examples, none where there are no weights.

    ValueError where the estimator, or the last step of a pipeline, takes no weights.
    """
    from sklearn.utils.validation import has_fit_parameter

    if weights is None:
        return {}
    steps = getattr(estimator, "steps", None)
    last = steps[-1] if isinstance(steps, list) and steps else None
    if last is not None and has_fit_parameter(last[1], "sample_weight"):
        return {f"{last[0]}__sample_weight": weights}
    if last is None and has_fit_parameter(estimator, "sample_weight"):
        return {"sample_weight": weights}
    raise ValueError(
        f"{type(estimator).__name__} takes no `sample_weight` in `fit`, and the data have weights."
    )
