"""Arrays of numbers from what users pass: lists, arrays and data frames."""

from __future__ import annotations

from typing import Any

import numpy as np


def dense(name: str, values: Any) -> np.ndarray:
    """`values` as an array; ValueError naming `name` where that would change or lose some.

    These are sparse matrices, masked values and rows of different lengths.
    """
    if hasattr(values, "toarray") and hasattr(values, "nnz"):
        raise ValueError(
            f"`{name}` must be a dense array, got a sparse {type(values).__name__}: "
            f"`{name}.toarray()` makes it dense."
        )
    if isinstance(values, np.ma.MaskedArray) and (n := int(np.ma.getmaskarray(values).sum())):
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
    first = None
    if values.dtype.kind in "OUS":
        for first in values.flat:
            try:
                if isinstance(first, (np.datetime64, np.timedelta64)):
                    break
                float(first)
            except (TypeError, ValueError):
                break
        else:
            return values.astype(np.float64)
    elif values.size:
        first = values.flat[0]
    got = repr(str(first)) if isinstance(first, str) else first
    raise ValueError(f"`{name}` must hold numbers, got {got}.")


def column_names(values: Any) -> tuple[str, ...] | None:
    """The names of a data frame's columns; None where there are none, or some is no text."""
    names = getattr(values, "columns", None)
    if names is None or callable(names):
        return None
    names = tuple(names)
    return names if names and all(isinstance(name, str) for name in names) else None
