"""What the columns of a table hold: numbers, categories or dates."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from genlab.datasets._unfit import UnfitError
from genlab.datasets.tables._text import MISSING

if TYPE_CHECKING:
    import pyarrow

NUMBER, CATEGORY, DATE = "number", "category", "date"

_SECONDS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_DAY = 86_400
_ISO = re.compile(r"\s*\d{4}-\d\d-\d\d")


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _is_date(word: str) -> bool:
    return bool(_ISO.match(word))


def kinds_of(table: pyarrow.Table) -> dict[str, str]:
    """Whether each column holds numbers, categories or dates; UnfitError where one does not."""
    return {
        name: kind_of(name, kind)
        for name, kind in zip(table.column_names, table.schema.types, strict=True)
    }


def text_columns(table: pyarrow.Table) -> tuple[str, ...]:
    """The columns of texts, and of categories that are."""
    return tuple(
        field.name
        for field in table.schema
        if is_text(getattr(field.type, "value_type", field.type))
    )


def kind_of(name: str, kind: Any) -> str:
    """Whether a column of an Arrow type holds numbers, categories or dates.

    Times of day and durations are numbers of seconds. UnfitError where it holds anything else.
    """
    found = _kind(kind)
    if found is None:
        raise UnfitError(
            f"must have numbers, words or dates in the column {name!r}, got values of type {kind}: "
            "leave the column out."
        )
    return found


@lru_cache(maxsize=1000)
def _kind(kind: Any) -> str | None:
    import pyarrow as pa

    types = pa.types
    if types.is_date(kind) or types.is_timestamp(kind):
        return DATE
    if types.is_boolean(kind) or types.is_dictionary(kind) or is_text(kind):
        return CATEGORY
    if (
        is_plain_number(kind)
        or types.is_floating(kind)
        or types.is_decimal(kind)
        or types.is_null(kind)
        or types.is_time(kind)
        or types.is_duration(kind)
    ):
        return NUMBER
    return None


@lru_cache(maxsize=1000)
def is_plain_number(kind: Any) -> bool:
    """Whether NumPy has the numbers of an Arrow type."""
    import pyarrow as pa

    return pa.types.is_integer(kind) or pa.types.is_float32(kind) or pa.types.is_float64(kind)


@lru_cache(maxsize=1000)
def is_text(kind: Any) -> bool:
    """Whether an Arrow type is one of texts."""
    import pyarrow as pa

    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or kind == pa.string_view()


def numbers(name: str, column: Any) -> Float[np.ndarray, " n"]:
    """A column's numbers, NaN where one is missing. UnfitError for anything else."""
    if not is_plain_number(column.type):
        column = _plain_numbers(name, column)
    values = column.to_numpy(zero_copy_only=False) if column.null_count else np.asarray(column)
    values = np.asarray(values, dtype=np.float64)
    if np.isinf(values).any():
        raise UnfitError(
            f"must have finite numbers in the column {name!r}, got infinity: write a gap in its "
            "place, or leave these rows out."
        )
    return values


def _plain_numbers(name: str, column: Any) -> Any:
    """A column in a type of numbers that NumPy has."""
    import pyarrow as pa
    from pyarrow import compute as pc

    kind = column.type
    if pa.types.is_dictionary(kind):
        column = pc.cast(column, kind.value_type)
        return column if is_plain_number(column.type) else _plain_numbers(name, column)
    if pa.types.is_null(kind):
        return pc.cast(column, pa.float64())
    if is_text(kind):
        texts = numbers_in_text(column)
        if is_text(texts.type):
            raise UnfitError(
                f"must have numbers in the column {name!r}, got {_first_word(texts)!r}."
            )
        return texts
    if pa.types.is_time(kind) or pa.types.is_duration(kind):
        whole = pc.cast(column, pa.int32() if pa.types.is_time32(kind) else pa.int64())
        return pc.divide(pc.cast(whole, pa.float64()), float(_SECONDS[kind.unit]))
    if pa.types.is_boolean(kind):
        return pc.cast(column, pa.int8())
    if pa.types.is_decimal(kind) or pa.types.is_float16(kind):
        return pc.cast(column, pa.float64())
    raise UnfitError(f"must have numbers in the column {name!r}, got values of type {kind}.")


def numbers_in_text(column: Any) -> Any:
    """The numbers of a column of texts, or the texts themselves where some is no number."""
    import pyarrow as pa
    from pyarrow import compute as pc

    texts = pc.utf8_trim_whitespace(column)
    missing = pc.is_in(texts, pa.array(MISSING, texts.type))
    texts = pc.if_else(missing, pa.scalar(None, texts.type), texts)
    for kind in (pa.int64(), pa.float64()):
        try:
            return pc.cast(texts, kind)
        except pa.ArrowInvalid:
            continue
    return texts


def days_and_hours(
    name: str, column: Any
) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
    """Whole days since the first of January 1970 and hours of the day, NaN where missing.

    UnfitError where the column holds no dates.
    """
    import pyarrow as pa
    from pyarrow import compute as pc

    column = timestamps(name, column)
    day = _DAY * _SECONDS[column.type.unit]
    missing = np.asarray(pc.is_null(column))
    times = np.asarray(pc.fill_null(pc.cast(column, pa.int64()), 0))
    return (
        np.where(missing, np.nan, times // day),
        np.where(missing, np.nan, times % day / (day / 24)),
    )


def timestamps(name: str, column: Any) -> Any:
    """A column's dates with a time; UnfitError where it holds none."""
    import pyarrow as pa
    from pyarrow import compute as pc

    kind = column.type
    if is_text(kind):
        try:
            column = pc.cast(column, pa.timestamp("us"))
        except pa.ArrowInvalid:
            raise UnfitError(
                f"must have dates in the column {name!r}, got {_first_word(column, _is_date)!r}."
            ) from None
    elif pa.types.is_date(kind) or pa.types.is_null(kind):
        column = pc.cast(column, pa.timestamp("s"))
    elif not pa.types.is_timestamp(kind):
        raise UnfitError(f"must have dates in the column {name!r}, got values of type {kind}.")
    return column


def dates_in_text(column: Any) -> Any:
    """The dates of a column of texts such as 2024-02-29, or the texts themselves."""
    import pyarrow as pa
    from pyarrow import compute as pc

    first = _first_word(column)
    if first is None or not _is_date(first):
        return column
    try:
        return pc.cast(column, pa.timestamp("us"))
    except pa.ArrowInvalid:
        return column


def plain(column: Any) -> Any:
    """The values of a column of categories themselves."""
    import pyarrow as pa
    from pyarrow import compute as pc

    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    if is_text(column.type) and not pa.types.is_string(column.type):
        column = pc.cast(column, pa.large_string())
    return column


def counts(column: Any) -> tuple[list[Any], list[int], int]:
    """The different values of a column, sorted, how often each occurs, and how many are missing."""
    from pyarrow import compute as pc

    column = plain(column)
    found = pc.value_counts(column.drop_null())
    values, occurring = found.field("values").to_pylist(), found.field("counts").to_pylist()
    merged: dict[Any, int] = {}
    n_missing = column.null_count
    for value, n in zip(values, occurring, strict=True):
        if value != value:
            n_missing += n
        else:
            merged[value] = merged.get(value, 0) + n
    levels = sorted(merged)
    return levels, [merged[level] for level in levels], n_missing


def _first_word(column: Any, is_fine: Callable[[str], bool] = _is_number) -> str | None:
    """The first text of a column that is neither missing nor fine."""
    for chunk in getattr(column, "chunks", [column]):
        for value in chunk:
            word = value.as_py()
            if word is not None and word not in MISSING and not is_fine(word):
                return str(word)
    return None
