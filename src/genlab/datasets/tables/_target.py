"""What is predicted: a class or a number, by one stated rule."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from genlab._base.checks import choice
from genlab._base.words import counted, some
from genlab.datasets._unfit import UnfitError
from genlab.datasets.tables._kinds import DATE, NUMBER, counts, is_text, kind_of, numbers, plain

CLASSIFICATION, REGRESSION = "classification", "regression"

# Whole numbers are classes where there are at most so many different ones, and so many rows of
# each on average; two different ones always are.
_MOST_VALUES = 20
_ROWS_EACH = 5
_MOST_CLASSES = 10_000


class Target(NamedTuple):
    """The target of every row: labels from 0 with the names of the classes, or numbers.

    `note` says which of the two it is, and why.
    """

    y: Int[np.ndarray, " n"] | Float[np.ndarray, " n"]
    task: str
    classes: tuple[Any, ...] | None
    note: str


def target_of(name: str, column: Any, task: str | None = None) -> Target:
    """The target in a column.

    Words, booleans and categories are classes; numbers with a fraction are numbers. Whole numbers
    are classes where there are at most 20 different ones, with 5 rows each on average, or where
    there are two of them; else they are numbers.

    Parameters
    ----------
    name
        Name of the column.
    column
        What it holds.
    task
        "classification" or "regression" in place of this rule.

    Raises
    ------
    UnfitError
        Where a value is missing, or all are the same; where there are dates, or words as the
        target of a regression.
    """
    if task is not None:
        choice("task", task, (CLASSIFICATION, REGRESSION))
    kind = kind_of(name, column.type)
    if kind == DATE:
        raise UnfitError(
            f"must have numbers or classes in the target column {name!r}, got dates: predict a "
            "number of days, or a class."
        )
    values = numbers(name, column) if kind == NUMBER else None
    n_missing = column.null_count if values is None else int(np.isnan(values).sum())
    if n_missing:
        raise _gaps(name, n_missing)
    if values is None:
        return _of_categories(name, column, task)
    return _of_numbers(name, values, task)


def _of_categories(name: str, column: Any, task: str | None) -> Target:
    import pyarrow as pa
    from pyarrow import compute as pc

    if task == REGRESSION:
        raise UnfitError(
            f"must have numbers in the target column {name!r} for a regression, got "
            f"{plain(column)[0].as_py()!r}."
        )
    levels, _, _ = counts(column)
    _check(name, levels, len(column))
    column = plain(column)
    y = np.asarray(pc.index_in(column, value_set=pa.array(levels, type=column.type)), np.int64)
    return Target(y, CLASSIFICATION, tuple(levels), _note(name, levels))


def _of_numbers(name: str, values: Float[np.ndarray, " n"], task: str | None) -> Target:
    levels = np.unique(values)
    are_whole = bool((levels == np.floor(levels)).all())
    few = are_whole and (
        len(levels) == 2
        or (len(levels) <= _MOST_VALUES and len(values) >= _ROWS_EACH * len(levels))
    )
    if len(levels) == 1:
        _check(name, [_plain(levels[0])], len(values))
    if task == REGRESSION or (task is None and not few):
        if task == REGRESSION:
            note = f"The target {name!r} is predicted as a number (regression)."
        elif are_whole:
            note = (
                f"The target {name!r} holds {len(levels):,} different whole numbers in "
                f"{len(values):,} rows, so it is predicted as a number (regression). With "
                "the task classification each number is a class."
            )
        else:
            note = (
                f"The target {name!r} holds numbers with fractions, so it is predicted as a number "
                "(regression)."
            )
        return Target(values, REGRESSION, None, note)
    classes = [_plain(level) for level in levels]
    _check(name, classes, len(values))
    note = _note(name, classes)
    if task is None:
        note = (
            f"The target {name!r} holds {len(levels)} different whole numbers, "
            f"{some(_texts(classes))}, so each is a class (classification). With the task "
            "regression they are predicted as numbers."
        )
    y = np.searchsorted(levels, values).astype(np.int64, copy=False)
    return Target(y, CLASSIFICATION, tuple(classes), note)


def labels_of(
    name: str, column: Any, task: str | None, classes: tuple[Any, ...] | None
) -> Int[np.ndarray, " n"] | Float[np.ndarray, " n"]:
    """The target of other rows, in terms of the classes of the training rows."""
    import pyarrow as pa
    from pyarrow import compute as pc

    if task == REGRESSION or classes is None:
        y = numbers(name, column)
        if np.isnan(y).any():
            raise _gaps(name, int(np.isnan(y).sum()))
        return y
    column = plain(column)
    if column.null_count:
        raise _gaps(name, column.null_count)
    if isinstance(classes[0], str):
        if not is_text(column.type):
            column = pa.array([str(value) for value in column.to_pylist()], pa.string())
    elif isinstance(classes[0], bool):
        column = column if pa.types.is_boolean(column.type) else None
    else:
        column = pa.array(numbers(name, column))
    if column is not None:
        known = pa.array(list(classes), type=column.type)
        found = pc.index_in(column, value_set=known)
        if not found.null_count:
            return np.asarray(found, dtype=np.int64)
        new = column.filter(pc.is_null(found))[0].as_py()
    else:
        new = "values that are not True or False"
    raise UnfitError(
        f"must have a class of the training rows ({some(_texts(classes))}) in every row of the "
        f"target column {name!r}, got {new!r}."
    )


def _gaps(name: str, n_missing: int) -> UnfitError:
    return UnfitError(
        f"must have a value in every row of the target column {name!r}, got gaps in "
        f"{counted(n_missing, 'row')}: leave these rows out."
    )


def _check(name: str, levels: list[Any], n_rows: int) -> None:
    """UnfitError unless the values of the target can be told apart, and are no names."""
    if len(levels) == 1:
        raise UnfitError(
            f"must have different values in the target column {name!r}, got {levels[0]!r} in "
            "every row: there is nothing to predict."
        )
    if len(levels) == n_rows and n_rows > 2:
        raise UnfitError(
            f"must have classes in the target column {name!r}, got a different value in every "
            "row: is it an identifier?"
        )
    if len(levels) > _MOST_CLASSES:
        raise UnfitError(
            f"must have at most {_MOST_CLASSES:,} classes in the target column {name!r}, got "
            f"{len(levels):,}."
        )


def _note(name: str, classes: list[Any]) -> str:
    listed = some(_texts(classes))
    return f"The target {name!r} has {len(classes):,} classes: {listed} (classification)."


def _plain(level: float) -> int | float:
    return int(level) if math.floor(level) == level and abs(level) < 2**53 else float(level)


def _texts(classes: Any) -> list[str]:
    return [str(name) for name in classes]
