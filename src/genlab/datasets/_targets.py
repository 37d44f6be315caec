"""What is predicted: classes or numbers, and what else comes with each training example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from genlab._base.arrays import dense
from genlab._base.checks import choice
from genlab.datasets._arrays import frozen, labels

#: What a data set asks for: one of a few classes, or a number.
CLASSIFICATION, REGRESSION = TASKS = ("classification", "regression")

_LARGEST = float(np.finfo(np.float32).max)
_NAMES = (str, int, float, bool, np.generic)


def checked_task(task: Any) -> str:
    """The task, classification where None is stated."""
    return CLASSIFICATION if task is None else choice("task", task, TASKS)


def targets(name: str, values: Any, n: int, task: str) -> np.ndarray:
    """One label per example as int64, or one number per example as float64."""
    return labels(name, values, n) if task == CLASSIFICATION else _numbers(name, values, n)


def _numbers(name: str, values: Any, n: int) -> Float[np.ndarray, " n"]:
    given = dense(name, values)
    if given.dtype == object:
        given = np.array(given.tolist())
    if given.shape != (n,):
        raise ValueError(
            f"`{name}` must have shape ({n},), one number per example, got {given.shape}."
        )
    if given.dtype.kind not in "fiu":
        raise TypeError(f"`{name}` must hold numbers, got values of type {given.dtype}.")
    y = np.array(given, dtype=np.float64)
    if n_unfit := np.count_nonzero(~(np.abs(y) <= _LARGEST)):  # NaN is not <=
        raise ValueError(
            f"`{name}` must be finite and within ±{_LARGEST:.2g}, the range of float32, got "
            f"{n_unfit} values that are not."
        )
    return frozen(y)


def class_names(classes: Any, n_classes: int, task: str) -> tuple[Any, ...] | None:
    """The names of the classes as Python values, or None."""
    if classes is None:
        return None
    if task == REGRESSION:
        raise ValueError("`classes` must be None for a regression, which has no classes.")
    if isinstance(classes, str) or not isinstance(classes, (Sequence, np.ndarray)):
        raise TypeError(f"`classes` must be the names of the classes, got {classes!r}.")
    names = tuple(name.item() if isinstance(name, np.generic) else name for name in classes)
    if len(names) != n_classes or len(set(names)) < len(names):
        raise ValueError(
            f"`classes` must be a different name for each of {n_classes} classes, got "
            f"{len(names)} names, {len(set(names))} of them different."
        )
    for name in names:
        if not isinstance(name, _NAMES):
            raise TypeError(f"`classes` must be words, numbers or booleans, got {name!r}.")
    return names


def group_numbers(groups: Any, n: int) -> Int[np.ndarray, " n"] | None:
    """The number of each training example's group, from 0, in the order of the sorted names."""
    if groups is None:
        return None
    given = dense("groups", groups)
    if given.shape != (n,):
        raise ValueError(
            f"`groups` must have shape ({n},), one group per training example, got {given.shape}."
        )
    if given.dtype.kind == "f" and np.isnan(given).any():
        raise ValueError("`groups` must name a group for every training example, got NaN.")
    if given.dtype == object:
        if any(name is None or name != name for name in given):
            raise ValueError("`groups` must name a group for every training example, got None.")
        if len({type(name) for name in given}) > 1:
            given = given.astype(str)
    return frozen(np.unique(given, return_inverse=True)[1].astype(np.int64).reshape(n))


def weights(sample_weight: Any, n: int) -> Float[np.ndarray, " n"] | None:
    """The weight of each training example as float64."""
    if sample_weight is None:
        return None
    given = dense("sample_weight", sample_weight)
    if given.shape != (n,) or given.dtype.kind not in "fiub":
        raise ValueError(
            f"`sample_weight` must hold {n} numbers, one per training example, got shape "
            f"{given.shape} of type {given.dtype}."
        )
    values = np.array(given, dtype=np.float64)
    if not ((values >= 0) & (values <= _LARGEST)).all() or not values.any():
        raise ValueError(
            "`sample_weight` must be finite and at least 0, and above 0 for some example."
        )
    return frozen(values)


def row_numbers(rows: Any, n: int) -> Int[np.ndarray, " n"]:
    """The number of each training example's row in its table."""
    given = dense("rows", rows)
    if given.shape != (n,) or given.dtype.kind not in "iu":
        raise ValueError(
            f"`rows` must be {n} whole numbers, one per training example, got {given.dtype} of "
            f"shape {given.shape}."
        )
    return frozen(given.astype(np.int64))
