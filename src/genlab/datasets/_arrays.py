"""The arrays of a data set, checked and read-only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from genlab._base.arrays import column_names, dense, is_sparse, numbers
from genlab.datasets._columns import are_places, check_no_index, in_order
from genlab.datasets._labels import first_unfit_label
from genlab.datasets._sparse import canonical
from genlab.datasets._unfit import UnfitError

_LARGEST = float(np.finfo(np.float32).max)


def matched_inputs(name: str, values: Any, columns: Sequence[str] | None) -> np.ndarray:
    """`values` as an array, the columns of a data frame in the order of `columns`.

    Raises
    ------
    ValueError
        Naming `name`, where the data frame lacks a column or has another one, or where
        `values` is sparse, masked or ragged.
    """
    names, given = column_names(values), dense(name, values)
    if names is None:
        return given
    order = _in_order(name, names, columns)
    if order == list(names):
        return given
    place = {column: i for i, column in enumerate(names)}
    return given[:, [place[column] for column in order]]


def names_of_inputs(columns: Any, x_train: Any) -> list[str] | None:
    """The names of the inputs: `columns`, or else those of a data frame, in their order."""
    names: Any = column_names(x_train) if columns is None else columns
    if names is None:
        return None
    if (
        isinstance(names, str)
        or not isinstance(names, Iterable)
        or not all(isinstance(name, str) for name in names)
    ):
        raise TypeError(f"`columns` must be the names of the inputs, got {columns!r}.")
    return list(names) if columns is not None else _in_order("x_train", list(names), None)


def kept_names(columns: Sequence[str] | None, shape: tuple[int, ...]) -> tuple[str, ...] | None:
    """The names of inputs of this shape, or None where they are x0, x1, ..., their places."""
    if columns is None or are_places(columns):
        return None
    if shape != (len(columns),) or len(set(columns)) < len(columns) or "" in columns:
        raise ValueError(
            f"`columns` must be a different name for each input of an example of shape {shape}, "
            f"got {len(columns)} names."
        )
    return tuple(columns)


def inputs(
    name: str, values: Any, columns: Sequence[str] | None = None, *, may_be_empty: bool
) -> np.ndarray:
    """The inputs as float32 or float64; a data frame's in the order of `columns`.

    Sparse ones stay sparse, as a canonical matrix.
    """
    if is_sparse(values):
        x = canonical(name, values)
        _check(name, x.shape, x.data, may_be_empty)
        return x
    given = numbers(name, matched_inputs(name, values, columns))
    dtype = np.float32 if given.dtype.newbyteorder("=") == np.float32 else np.float64
    # A read-only array needs no copy: a large set is not held in memory twice.
    is_frozen = given.dtype == dtype and given.base is None and not given.flags.writeable
    x = given if is_frozen else np.array(given, dtype=dtype)
    _check(name, x.shape, x, may_be_empty)
    return frozen(x)


def _check(name: str, shape: tuple[int, ...], x: np.ndarray, may_be_empty: bool) -> None:
    """ValueError unless inputs of this shape are finite; `x` holds all of them but zeros."""
    if len(shape) < 2 or 0 in shape[1:] or (shape[0] == 0 and not may_be_empty):
        raise ValueError(
            f"`{name}` must have shape (examples, inputs...) with at least one example and one "
            f"input, got {shape}."
        )
    if not np.isfinite(x).all():
        raise ValueError(
            f"`{name}` must be finite, got {np.count_nonzero(~np.isfinite(x))} values that are not."
        )
    if x.size and (largest := max(float(x.max()), -float(x.min()))) > _LARGEST:
        raise ValueError(
            f"`{name}` must hold values within ±{_LARGEST:.2g}, the range of float32, which "
            f"training computes in, got one of size {largest:.3g}."
        )


def labels(name: str, values: Any, n: int) -> np.ndarray:
    """One label per example as int64."""
    y = dense(name, values)
    if y.shape != (n,):
        raise ValueError(f"`{name}` must have shape ({n},), one label per example, got {y.shape}.")
    if y.dtype == object:
        y = np.array(y.tolist())
    unfit = first_unfit_label(y)
    if unfit is not None:
        raise ValueError(
            f"`{name}` must hold whole numbers from 0, the numbers of the classes, got {unfit!r}."
        )
    return frozen(y.astype(np.int64))


def frozen(array: np.ndarray) -> np.ndarray:
    """The array itself, read-only."""
    array.flags.writeable = False
    return array


def _in_order(name: str, names: Sequence[str], columns: Sequence[str] | None) -> list[str]:
    try:
        check_no_index(names)
        return in_order(names, columns)
    except UnfitError as error:
        raise ValueError(f"`{name}` {error}") from None
