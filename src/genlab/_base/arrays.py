"""Arrays of numbers from what users pass: lists, arrays and data frames."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np

from genlab._base.checks import integer
from genlab._base.words import received

# The sum of a few million squares of it is still a float64.
_LARGEST = 1e150


def is_sparse(values: Any) -> bool:
    """Whether values are a sparse matrix or array of SciPy."""
    return hasattr(values, "toarray") and hasattr(values, "nnz")


def dense(name: str, values: Any) -> np.ndarray:
    """`values` as an array; ValueError naming `name` where that would change or lose some.

    These are sparse matrices, masked values and rows of different lengths.
    """
    if is_sparse(values):
        raise ValueError(
            f"`{name}` must be a dense array, got a sparse {type(values).__name__}: "
            f"`{name}.toarray()` makes it dense."
        )
    parts = values if isinstance(values, (list, tuple)) else [values]
    masked = [part for part in parts if isinstance(part, np.ma.MaskedArray)]
    if n := sum(int(np.ma.getmaskarray(part).sum()) for part in masked):
        raise ValueError(f"`{name}` must have no masked values, got {n}.")
    try:
        return np.asarray(values)
    except ValueError:
        raise ValueError(
            f"`{name}` must be an array of numbers, got rows of different lengths."
        ) from None


def numbers(name: str, values: np.ndarray) -> np.ndarray:
    """An array of numbers, those in texts and objects as float64.

    Raises
    ------
    ValueError
        Naming `name`, for dates, words, complex numbers and the like.
    """
    if values.dtype.kind in "fiub":
        return values
    if values.dtype.kind == "V" and not isinstance(values.dtype, np.dtypes.VoidDType):
        return values.astype(np.float64)  # JAX's own types, such as bfloat16
    first = None
    if values.dtype.kind in "OUS":
        for first in values.flat:
            try:
                if isinstance(first, (np.datetime64, np.timedelta64)):
                    break
                float(first)
            except (TypeError, ValueError, OverflowError):  # the last of integers of 309 digits
                break
        else:
            return values.astype(np.float64)
    elif values.size:
        first = values.flat[0]
    got = first
    if isinstance(first, (str, int)):
        got = repr(str(first)) if isinstance(first, str) else received(first)
    raise ValueError(f"`{name}` must hold numbers, got {got}.")


def floats(name: str, values: Any) -> np.ndarray:
    """`values` as float64, NaN for None; ValueError naming `name` where that would change some."""
    array = dense(name, values)
    if array.dtype == object:
        filled = [np.nan if value is None else value for value in array.flat]
        array = np.array([*filled, None], dtype=object)[:-1].reshape(array.shape)
    return numbers(name, array).astype(np.float64, copy=False)


def squarable(name: str, array: np.ndarray, most: float = _LARGEST) -> np.ndarray:
    """`array`, or ValueError naming `name` where a power of a finite value is not finite."""
    large = array[np.isfinite(array) & (np.abs(array) > most)]
    if large.size:
        raise ValueError(
            f"`{name}` must be at most {most:g} in size where finite, got {float(large[0])!r}."
        )
    return array


def along(name: str, values: Any, axis: Any) -> np.ndarray:
    """`values` as float64 with the repetitions along the first axis.

    ValueError naming `name` where they have no axis, or `axis` where they have no such one.
    """
    array = floats(name, values)
    if array.ndim == 0:
        raise ValueError(f"`{name}` must be an array with an axis, got {received(values)}.")
    axis = integer("axis", axis, low=-array.ndim, high=array.ndim - 1)
    return np.moveaxis(array, axis, 0)


def column_names(values: Any) -> tuple[str, ...] | None:
    """The names of the columns of a data frame or an Arrow table, or None where there are none.

    Names that are whole numbers become texts: x0, x1, ... where they are all the places from 0,
    as pandas numbers columns without names, and else their digits.
    """
    names = getattr(values, "column_names", None)
    if not isinstance(names, list):
        names = getattr(values, "columns", None)
    if names is None or callable(names):
        return None
    names = tuple(names)
    if not names or not all(isinstance(name, (str, Integral)) for name in names):
        return None
    if set(names) == set(range(len(names))):
        return tuple(f"x{int(name)}" for name in names)
    return tuple(map(str, names))
