"""How one column of a table becomes numbers: frozen, and JSON both ways."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float, Int

from genlab.datasets.tables._kinds import (
    CATEGORY,
    DATE,
    NUMBER,
    counts,
    days_and_hours,
    is_text,
    numbers_in_text,
    plain,
)

# Levels that fewer training rows have share one output: 10 rows, or 1% of the rows if that is
# less. At most so many outputs stand for one column.
_FEW_ROWS, _FEW = 10, 0.01
_MOST_LEVELS = 100


@dataclass(frozen=True)
class NumberColumn:
    """A column of numbers: gaps take the median, and the result is standardised.

    Parameters
    ----------
    name
        Name of the column.
    median, mean, scale
        Median of the training rows that have a number; mean and standard deviation of the
        training rows once gaps have the median. The scale of a constant is 1.
    n_missing
        Number of training rows without a number. Where there are any, a second output is 1 for
        rows without one, and 0 for the others.
    """

    name: str
    median: float
    mean: float
    scale: float
    n_missing: int
    kind: ClassVar[str] = NUMBER

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of its outputs."""
        return (self.name, f"{self.name} is missing") if self.n_missing else (self.name,)

    @property
    def summary(self) -> str:
        """What becomes of the column."""
        filled = f"gaps as {self.median:.3g}, marked; " if self.n_missing else ""
        return f"{filled}minus {self.mean:.3g}, divided by {self.scale:.3g}"


@dataclass(frozen=True)
class CategoryColumn:
    """A column of words, booleans or categories: one output per level, 1 or 0.

    Parameters
    ----------
    name
        Name of the column.
    levels
        Levels that have an output of their own, sorted; None, the last, stands for a gap.
    n_rare
        Number of the other levels among the training rows, which share one output, the last one.
        Levels that no training row has come there, too; where there is none, all outputs are 0.
    n_missing
        Number of training rows without a level.
    """

    name: str
    levels: tuple[Any, ...]
    n_rare: int
    n_missing: int
    kind: ClassVar[str] = CATEGORY

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of its outputs."""
        names = [
            f"{self.name} is missing" if level is None else f"{self.name}={level}"
            for level in self.levels
        ]
        return (*names, f"{self.name} is rare") if self.n_rare else tuple(names)

    @property
    def summary(self) -> str:
        """What becomes of the column."""
        rare = f", {self.n_rare:,} rare levels share one" if self.n_rare else ""
        return f"one output per level{rare}"

    @property
    def are_words(self) -> bool:
        """Whether the levels are words."""
        return any(isinstance(level, str) for level in self.levels)

    def places(self, column: Any) -> Int[np.ndarray, " n"]:
        """The output of each row, −1 where it has none."""
        import pyarrow as pa
        from pyarrow import compute as pc

        levels = [level for level in self.levels if level is not None]
        rare = len(self.levels) if self.n_rare else -1
        gap = len(levels) if None in self.levels else rare
        places = np.full(len(column), rare, dtype=np.int64)
        column = _like(levels, plain(column))
        if column is not None and levels:
            known = pa.array(levels, type=column.type)
            found = pc.fill_null(pc.index_in(column, value_set=known), -1)
            at = np.asarray(found, dtype=np.int64)
            places = np.where(at >= 0, at, places)
        if column is not None:
            missing = np.asarray(pc.is_null(column, nan_is_null=True))
            places[missing] = gap
        return places


@dataclass(frozen=True)
class DateColumn:
    """A column of dates: year, month, day of the week and days since the first training date.

    Parameters
    ----------
    name
        Name of the column.
    first
        The first date of the training rows, in days since the first of January 1970.
    parts
        How each part of the date is standardised. Times of day add the hour, and gaps one output
        that marks them.
    n_missing
        Number of training rows without a date.
    """

    name: str
    first: float
    parts: tuple[NumberColumn, ...]
    n_missing: int
    kind: ClassVar[str] = DATE

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of its outputs."""
        names = [part.name for part in self.parts]
        return (*names, f"{self.name} is missing") if self.n_missing else tuple(names)

    @property
    def summary(self) -> str:
        """What becomes of the column."""
        return f"{', '.join(part.name[len(self.name) + 1 :] for part in self.parts)}, standardised"

    def values(self, column: Any) -> Float[np.ndarray, "parts n"]:
        """The parts of each date, NaN where it is missing."""
        parts = date_parts(*days_and_hours(self.name, column), self.first)
        return np.stack(list(parts.values())[: len(self.parts)])


ColumnEncoding = NumberColumn | CategoryColumn | DateColumn

_KINDS: dict[str, Any] = {kind.kind: kind for kind in (NumberColumn, CategoryColumn, DateColumn)}


def number_columns(
    names: Sequence[str], values: Float[np.ndarray, "columns n"]
) -> list[NumberColumn]:
    """How columns of numbers are encoded, from those of the training rows.

    `values` is overwritten.
    """
    missing = np.isnan(values)
    n_missing = missing.sum(axis=1)
    medians = np.empty(len(values))
    full = n_missing == 0
    if full.any():
        medians[full] = np.median(values if full.all() else values[full], axis=1)
    for i in np.flatnonzero(~full):
        there = values[i][~missing[i]]
        medians[i] = np.median(there) if len(there) else 0.0
        values[i][missing[i]] = medians[i]
    del missing
    n = values.shape[1]
    means = values.mean(axis=1)
    values -= means[:, None]
    means += (shift := values.mean(axis=1))  # what rounding left
    values -= shift[:, None]
    variances = np.square(values, out=values).mean(axis=1)
    scales = np.sqrt(variances)
    # scikit-learn's rule for a variance that is nothing but rounding.
    eps = np.finfo(np.float64).eps
    scales[variances <= n * eps * variances + (n * means * eps) ** 2] = 1.0
    return [
        NumberColumn(name, float(median), float(mean), float(scale), int(n_gaps))
        for name, median, mean, scale, n_gaps in zip(
            names, medians, means, scales, n_missing, strict=True
        )
    ]


def category_column(name: str, column: Any) -> CategoryColumn:
    """How a column of categories is encoded, from that of the training rows."""
    levels, occurring, n_missing = counts(column)
    every = [*levels, None] if n_missing else levels
    occurring = [*occurring, n_missing] if n_missing else occurring
    floor = min(_FEW_ROWS, math.ceil(_FEW * len(column)))
    rare = {i for i, n in enumerate(occurring) if n < floor}
    if len(every) - len(rare) + 1 > _MOST_LEVELS:
        # scikit-learn's choice, also among levels that occur equally often.
        by_count = np.argsort(np.array(occurring), kind="stable")
        rare |= {int(i) for i in by_count[: len(every) - (_MOST_LEVELS - 1)]}
    kept = tuple(level for i, level in enumerate(every) if i not in rare)
    return CategoryColumn(name, kept, len(rare), n_missing)


def date_column(name: str, column: Any) -> DateColumn:
    """How a column of dates is encoded, from that of the training rows."""
    days, hours = days_and_hours(name, column)
    there = ~np.isnan(days)
    first = float(days[there].min()) if there.any() else 0.0
    parts = date_parts(days, hours, first)
    if not hours[there].any():
        del parts["hour"]
    encoded = number_columns([f"{name} {part}" for part in parts], np.stack(list(parts.values())))
    n_missing = int((~there).sum())
    return DateColumn(
        name, first, tuple(dataclasses.replace(part, n_missing=0) for part in encoded), n_missing
    )


def date_parts(
    days: Float[np.ndarray, " n"], hours: Float[np.ndarray, " n"], first: float
) -> dict[str, Float[np.ndarray, " n"]]:
    """The parts of dates as numbers, from days since 1970; Monday is day 1 of the week."""
    missing = np.isnan(days)
    whole = np.where(missing, 0.0, days).astype("datetime64[D]")
    months = whole.astype("datetime64[M]").astype(np.int64)
    parts = {
        "year": 1970.0 + months // 12,
        "month": 1.0 + months % 12,
        "weekday": 1.0 + (whole.astype(np.int64) + 3) % 7,
        "days": days - first,
        "hour": hours,
    }
    return {name: np.where(missing, np.nan, values) for name, values in parts.items()}


def column_to_dict(column: ColumnEncoding) -> dict[str, Any]:
    """The column as JSON values."""
    return {"kind": column.kind, **dataclasses.asdict(column)}


def column_from_dict(given: Mapping[str, Any]) -> ColumnEncoding:
    """The column that `column_to_dict` gave. ValueError, TypeError or KeyError for any other."""
    held = dict(given)
    kind = _KINDS[held.pop("kind")]
    if "levels" in held:
        held["levels"] = tuple(held["levels"])
    if "parts" in held:
        held["parts"] = tuple(NumberColumn(**part) for part in held["parts"])
    column: ColumnEncoding = kind(**held)
    _check(column)
    return column


def _check(column: ColumnEncoding) -> None:
    """ValueError unless the fields hold what they should."""
    named = [column.name, *(part.name for part in getattr(column, "parts", ()))]
    sizes = [column.n_missing, getattr(column, "n_rare", 0)]
    values = [getattr(column, "first", 0.0)]
    for part in (column, *getattr(column, "parts", ())):
        if isinstance(part, NumberColumn):
            values += [part.median, part.mean, part.scale]
            if not part.scale > 0:
                raise ValueError(f"a scale must be above 0, got {part.scale!r}.")
    if not all(isinstance(name, str) and name for name in named):
        raise ValueError(f"a column must have a name, got {named!r}.")
    if not all(type(n) is int and n >= 0 for n in sizes):
        raise ValueError(f"counts must be whole numbers from 0, got {sizes!r}.")
    if not all(type(value) in (int, float) and math.isfinite(value) for value in values):
        raise ValueError(f"the column {column.name!r} must have finite numbers, got {values!r}.")
    levels = getattr(column, "levels", ())
    if len({type(level) for level in levels if level is not None}) > 1 or not all(
        level is None or isinstance(level, (str, int, float)) for level in levels
    ):
        raise ValueError(f"levels must be all words, all numbers or all booleans, got {levels!r}.")


def _like(levels: Sequence[Any], column: Any) -> Any:
    """A column in the type of levels, or None where no row can have one of them."""
    import pyarrow as pa
    from pyarrow import compute as pc

    if not levels or pa.types.is_null(column.type):
        return pa.nulls(len(column), pa.array(levels).type) if levels else column
    if isinstance(levels[0], str):
        if is_text(column.type):
            return column
        if pa.types.is_integer(column.type):
            return pc.cast(column, pa.string())
        return pa.array([None if v is None else str(v) for v in column.to_pylist()], pa.string())
    if isinstance(levels[0], bool):
        if pa.types.is_boolean(column.type):
            return column
        if is_text(column.type):
            lower = pc.utf8_lower(column)
            known = pc.is_in(lower, pa.array(["true", "false"], lower.type))
            lower = pc.if_else(known, lower, pa.scalar(None, lower.type))
            return pc.cast(lower, pa.bool_())
        if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
            return pc.cast(column, pa.bool_())
        return None
    if is_text(column.type):
        column = numbers_in_text(column)
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return pc.cast(column, pa.float64(), safe=False)
    return None
