"""Columns by name, and the rows that are for training."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Int

from genlab._base import streams
from genlab._base.checks import integer, real
from genlab._base.words import counted, received, some
from genlab.datasets._split import split_indices
from genlab.datasets._unfit import UnfitError
from genlab.datasets.tables._kinds import NUMBER, counts, kind_of, numbers, plain
from genlab.datasets.tables._read import RawTable
from genlab.datasets.tables._target import Target

if TYPE_CHECKING:
    import pyarrow

# Words in the column of a split, in lower case.
_TRAIN, _TEST = {"train", "training", "false", "0"}, {"test", "testing", "true", "1"}


class Names:
    """The columns of a table, found by name."""

    def __init__(self, raw: RawTable, source: str) -> None:
        self._names = raw.table.column_names
        self._source = source

    def one(self, parameter: str, name: Any) -> str:
        """The column of this name; ValueError lists those that there are, the closest first."""
        if isinstance(name, str) and name in self._names:
            return name
        if name is not None and not isinstance(name, str):
            raise TypeError(f"`{parameter}` must be the name of a column, got {name!r}.")
        names = self._names if name is None else _closest(name, self._names)
        raise ValueError(
            f"`{parameter}` must be the name of a column of {self._source}, got {name!r}; there "
            f"are {some(names)}."
        )

    def other_than(self, target: str, parameter: str, name: Any) -> str:
        """The column of this name, which must not be the target."""
        if name == target:
            raise ValueError(f"`{parameter}` must be another column than the target, got {name!r}.")
        return self.one(parameter, name)


def _closest(name: str, names: Sequence[str]) -> list[str]:
    """The names, those first that are spelled most like another one."""
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(name.casefold())

    def likeness(other: str) -> float:
        matcher.set_seq1(other.casefold())
        return matcher.quick_ratio() if len(names) > 1000 else matcher.ratio()

    return sorted(names, key=likeness, reverse=True)


def name_of(source: Any) -> str:
    return Path(source).name if isinstance(source, (str, os.PathLike)) else "the table"


def groups_of(
    names: Names | None, groups: Any, table: pyarrow.Table
) -> Int[np.ndarray, " n"] | None:
    """The number of each row's group; without `names` it is no column that says it."""
    if groups is None:
        return None
    if isinstance(groups, str) and names is not None:
        name = names.one("groups", groups)
        column = plain(table[name])
    else:
        import pyarrow as pa

        name = "groups"
        try:
            column = pa.chunked_array([pa.array(groups, from_pandas=True)])
            column.dictionary_encode()
        except (TypeError, ValueError, pa.ArrowException):
            raise ValueError(
                "`groups` must be the name of a column, or one value for each row, all of one "
                f"kind, got {received(groups)}."
            ) from None
        if len(column) != len(table):
            raise ValueError(
                f"`groups` must be the name of a column, or one value for each of {len(table):,} "
                f"rows, got {len(column):,}."
            )
    if column.null_count:
        raise UnfitError(
            f"must have a group in every row of {name!r}, got gaps in "
            f"{counted(column.null_count, 'row')}: fill them, or leave these rows out."
        )
    encoded = column.dictionary_encode().combine_chunks()
    return np.asarray(getattr(encoded, "indices", encoded), dtype=np.int64)


def is_test(name: str, column: Any) -> Bool[np.ndarray, " n"]:
    """The rows of the test set, by a column that says so."""
    levels, _, n_missing = counts(column)
    if n_missing:
        raise UnfitError(
            f"must have train or test in every row of the column {name!r}, got gaps in "
            f"{counted(n_missing, 'row')}: fill them, or leave these rows out."
        )
    unknown = [level for level in levels if _word(level) not in _TRAIN | _TEST]
    if unknown:
        raise UnfitError(
            f"must have train or test, or True or False, in the column {name!r}, which decides the "
            f"split, got {unknown[0]!r}."
        )
    if kind_of(name, column.type) == NUMBER:
        return numbers(name, column) == 1
    test = [level for level in levels if _word(level) in _TEST]
    import pyarrow as pa
    from pyarrow import compute as pc

    column = plain(column)
    return np.asarray(pc.is_in(column, pa.array(test, type=column.type)))


def _word(level: Any) -> str:
    return str(level).strip().lower().removesuffix(".0")


def training_rows(
    target: Target, groups: np.ndarray | None, test: float | str, seed: int
) -> Bool[np.ndarray, " n"]:
    """The training rows: a function of the targets, the groups and the seed alone."""
    fraction = real("test", test, low=0)
    if fraction >= 1:
        raise ValueError(
            f"`test` must be a fraction of the rows, at least 0 and below 1, or the name of a "
            f"column, got {test!r}."
        )
    train = np.ones(len(target.y), dtype=bool)
    if fraction:
        n_groups = len(train) if groups is None else len(np.unique(groups))
        of = "rows" if groups is None else f"rows in {n_groups:,} groups"
        empty = (
            "`test` must leave rows for the training set and for the test set, got "
            f"{test!r} of {len(train):,} {of}."
        )
        if min(fraction, 1 - fraction) * len(train) < 0.5 or n_groups < 2:
            raise ValueError(empty)
        # Labels of few bytes: sorting them takes less memory, and the split is the same.
        y = target.y if target.classes is None else target.y.astype(np.int16)
        integer("seed", seed, low=0, high=streams.MAX_SEED)
        try:
            _, held_out = split_indices(y, (1 - fraction, fraction), groups=groups, seed=seed)
        except ValueError:  # the groups are too large
            raise ValueError(empty) from None
        train[held_out] = False
    return train
