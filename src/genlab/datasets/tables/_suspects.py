"""Columns that say nothing about other rows, and columns that give the target away."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy
from jaxtyping import Bool, Float, Int

from genlab._base.errors import DataWarning
from genlab._base.words import some
from genlab.datasets._columns import identifiers
from genlab.datasets.tables._encoder import number_blocks, training_part
from genlab.datasets.tables._kinds import CATEGORY, NUMBER, kinds_of, plain

if TYPE_CHECKING:
    import pyarrow

# A column that determines the target is named where the probability of that by chance, for any
# of the columns, is below this.
_CHANCE = 0.01
# Rows that are looked at first: most columns are no identifier and determine nothing among them.
_FIRST, _SECOND = 2**12, 2**18
# Words that are all different are an identifier from this number of rows on.
_FEWEST = 5


def constant_columns(
    table: pyarrow.Table, names: Sequence[str], train: Bool[np.ndarray, " n"]
) -> list[str]:
    """The columns that hold the same in every training row, or nothing."""
    kinds = kinds_of(table)
    found = set()
    for part, values in number_blocks(table, [n for n in names if kinds[n] == NUMBER], train):
        alike = (values == values[:, :1]).all(axis=1) | np.isnan(values).all(axis=1)
        found |= {name for name, same in zip(part, alike, strict=True) if same}
    for name in names:
        if kinds[name] == NUMBER:
            continue
        column = training_part(table[name], train)
        if _n_different(column[:_FIRST]) < 2 and _n_different(column) < 2:
            found.add(name)
    return [name for name in names if name in found]


def identifier_columns(table: pyarrow.Table, names: Sequence[str]) -> tuple[list[str], list[str]]:
    """The columns that are certainly an identifier, and those that may be one.

    Words that are different in every row say nothing about other rows. Whole numbers that are all
    different certainly do not where they are called an identifier, or where so many numbers from
    so narrow a range would have met by chance. From a wide range they may be measurements.
    """
    import pyarrow as pa

    whole = {}
    sure = set()
    kinds = kinds_of(table)
    for name in names:
        column = table[name]
        if kinds[name] == CATEGORY:
            n = len(column) - column.null_count
            if n >= _FEWEST and 2 * n >= len(column):
                first = column[:_FIRST]
                if _n_different(first.drop_null()) == len(first) - first.null_count:
                    known = column.drop_null()
                    if _n_different(known) == n:
                        sure.add(name)
        elif pa.types.is_integer(column.type) and not column.null_count:
            first = np.asarray(column[:_FIRST])
            if len(np.unique(first)) == len(first):
                whole[name] = column
    numbered = identifiers(whole, [slice(None)], len(names))
    sure |= {name for name, certain in numbered.items() if certain}
    likely = [name for name in names if name in numbered and name not in sure]
    return [name for name in names if name in sure], likely


def revealing_columns(
    table: pyarrow.Table,
    names: Sequence[str],
    train: Bool[np.ndarray, " n"],
    y: Int[np.ndarray, " n"] | Float[np.ndarray, " n"],
) -> list[str]:
    """The columns that determine the target of every training row alone.

    Equal values of such a column go with equal targets. Besides, it has many rows of a value, or
    the order of its values is that of the targets; neither would occur by chance.
    """
    limit = math.log(_CHANCE / max(len(names), 1))
    kinds = kinds_of(table)
    few = _every(train, _FIRST)
    of_numbers = [name for name in names if kinds[name] == NUMBER]
    candidates = [name for name in names if kinds[name] != NUMBER]
    for part, values in number_blocks(table, of_numbers, few):
        may = _may_determine(values, y[few])
        candidates += [name for name, is_one in zip(part, may, strict=True) if is_one]
    for rows in (few, _every(train, _SECOND)):
        candidates = [
            name
            for name, values, _ in _values(table, candidates, rows)
            if _determines(values, y[rows])
        ]
    found = {
        name
        for name, values, ordered in _values(table, candidates, train)
        if _determines(values, y[train]) and _log_chance(values, y[train], ordered) < limit
    }
    return [name for name in names if name in found]


def is_revealing(
    values: Float[np.ndarray, " n"],
    y: Int[np.ndarray, " n"] | Float[np.ndarray, " n"],
    n_columns: int,
) -> bool:
    """Whether one of so many columns determines the target, with values in an order."""
    limit = math.log(_CHANCE / n_columns)
    return _determines(values, y) and _log_chance(values, y, True) < limit


def warn_of_revealing(columns: Sequence[str]) -> list[str]:
    """Name the columns that determine the target; what was said, if anything."""
    return warn_of_columns(
        columns,
        "enough to predict the target of every training row exactly: drop {them} if {they} will "
        "not be known when the target is to be predicted; {they} {are} kept",
        stacklevel=5,
    )


def warn_of_columns(columns: Sequence[str], what: str, stacklevel: int = 4) -> list[str]:
    """One sentence about columns, "The column 'a' is ..."; none of no columns."""
    if not columns:
        return []
    if len(columns) > 1:
        noun, words = "The columns", {"they": "they", "them": "them", "are": "are"}
    else:
        noun, words = "The column", {"they": "it", "them": "it", "are": "is"}
    said = f"{noun} {some([repr(name) for name in columns])} {words['are']} {what.format(**words)}."
    warnings.warn(said, DataWarning, stacklevel=stacklevel)
    return [said]


def _every(train: Bool[np.ndarray, " n"], n: int) -> Bool[np.ndarray, " n"]:
    """About n of the training rows, at equal distances, or all."""
    rows = np.flatnonzero(train)
    chosen = np.zeros(len(train), dtype=bool)
    chosen[rows[:: max(len(rows) // n, 1)]] = True
    return chosen


def _values(
    table: pyarrow.Table, names: Sequence[str], rows: Bool[np.ndarray, " n"]
) -> Iterator[tuple[str, Float[np.ndarray, " n"], bool]]:
    """The values of each column as numbers, and whether their order means anything."""
    kinds = kinds_of(table)
    for part, values in number_blocks(table, [n for n in names if kinds[n] == NUMBER], rows):
        for name, column in zip(part, values, strict=True):
            # Gaps are a value, too, above all others.
            yield name, np.where(np.isnan(column), np.inf, column), True
    for name in names:
        if kinds[name] != NUMBER:
            column = plain(training_part(table[name], rows))
            codes = column.dictionary_encode(null_encoding="encode").combine_chunks()
            codes = getattr(codes, "indices", codes)
            yield name, np.asarray(codes, dtype=np.float64), kinds[name] != CATEGORY


def _may_determine(values: Float[np.ndarray, "columns n"], y: Any) -> Bool[np.ndarray, " columns"]:
    """The columns whose equal values go with equal targets, and that have any, or an order."""
    values = np.where(np.isnan(values), np.inf, values)
    order = np.argsort(values, axis=1, kind="stable")
    values, y = np.take_along_axis(values, order, axis=1), y[order]
    alike, changes = values[:, 1:] == values[:, :-1], y[:, 1:] != y[:, :-1]
    together = changes.sum(axis=1) == len(np.unique(y)) - 1
    return ~(alike & changes).any(axis=1) & (alike.any(axis=1) | together)


def _determines(values: Float[np.ndarray, " n"], y: Any) -> bool:
    """Whether equal values go with equal targets."""
    order = np.argsort(values, kind="stable")
    values, y = values[order], y[order]
    return not ((values[1:] == values[:-1]) & (y[1:] != y[:-1])).any()


def _log_chance(values: Float[np.ndarray, " n"], y: Any, ordered: bool) -> float:
    """Logarithm of the probability that values determine targets as they do by chance."""
    order = np.argsort(values, kind="stable")
    values, y = values[order], y[order]
    n = len(y)
    levels, frequency = np.unique(y, return_counts=True)
    # Rows with one value all have the same target.
    sizes = np.diff(np.flatnonzero(np.r_[True, values[1:] != values[:-1], True]))
    repeated, times = np.unique(sizes[sizes > 1], return_counts=True)
    logs = [
        float(np.log(np.sum((frequency / n) ** float(size)))) * int(k)
        for size, k in zip(repeated, times, strict=True)
    ]
    chances = [min(sum(logs), 0.0)]
    # Rows in the order of the values are in the order of the targets, or each target is together.
    if ordered and len(sizes) > 1:
        of_all = float(scipy.special.gammaln(n + 1) - scipy.special.gammaln(frequency + 1).sum())
        if np.count_nonzero(y[1:] != y[:-1]) == len(levels) - 1:
            is_sorted = bool((np.diff(y) >= 0).all() or (np.diff(y) <= 0).all())
            ways = math.log(2) if is_sorted else float(scipy.special.gammaln(len(levels) + 1))
            chances.append(ways - of_all)
    return min(chances)


def _n_different(column: Any) -> int:
    """The number of different values, a gap among them."""
    from pyarrow import compute as pc

    return int(pc.count_distinct(plain(column), mode="all").as_py())
