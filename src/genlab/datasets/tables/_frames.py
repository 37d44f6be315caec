"""Tables in memory: data frames, arrays, dicts of columns and (X, y)."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from genlab._base.arrays import dense
from genlab.datasets._columns import twice_used
from genlab.datasets._unfit import UnfitError
from genlab.datasets.tables._kinds import (
    DATE,
    NUMBER,
    is_text,
    numbers,
    numbers_in_text,
    plain,
    timestamps,
)

if TYPE_CHECKING:
    import pandas
    import pyarrow

#: Names of the target of (X, y), and of the column of the split, where they have none.
TARGET, SET = "y", "set"


def table_of(data: Any) -> tuple[pyarrow.Table, str | None, str | None]:
    """The columns of a table in memory, the name of its target, and that of its split.

    Raises
    ------
    UnfitError
        Where the columns are of different lengths, or hold what no table can.
    TypeError
        Where it is no table at all.
    """
    if isinstance(data, tuple) and len(data) == 2:
        return _pair(*data)
    table = _frame(data)
    if table is not None:
        return table, None, None
    if isinstance(data, Mapping):
        return table_of_arrays(data), None, None
    array = _dense(data)
    if array.dtype.names:
        return table_of_arrays({name: array[name] for name in array.dtype.names}), None, None
    return _of_array(array), None, None


def table_of_arrays(columns: Mapping[Any, Any]) -> pyarrow.Table:
    """A table of columns by name, each a sequence of one value per row."""
    import pyarrow as pa

    held = {}
    for name, values in columns.items():
        ready = isinstance(values, (pa.Array, pa.ChunkedArray))
        held[str(name)] = values if ready else _column(str(name), values)
    lengths = {len(column) for column in held.values()}
    if len(lengths) > 1:
        raise UnfitError(
            f"must have columns of one length, got lengths {', '.join(map(str, sorted(lengths)))}."
        )
    if len(held) < len(columns):
        raise UnfitError(
            f"has two columns named {twice_used([str(n) for n in columns])!r}: rename one of them."
        )
    return pa.table(held)


def pandas_frame(
    table: pyarrow.Table, kinds: Mapping[str, str], texts: Collection[str]
) -> pandas.DataFrame:
    """The columns of a table as pandas has them, NaN where a value is missing.

    Parameters
    ----------
    table
        A table that has the columns.
    kinds
        Column -> "number", "category" or "date", in the order of the frame.
    texts
        The columns whose values become words, whatever they are.

    Raises
    ------
    UnfitError
        Where a column holds something else than its kind.
    """
    import pandas

    words = set(texts)
    return pandas.DataFrame(
        {
            name: _pandas_column(name, table[name], kind, name in words)
            for name, kind in kinds.items()
        }
    )


def _pandas_column(name: str, column: Any, kind: str, are_words: bool) -> Any:
    import pandas
    import pyarrow as pa

    if kind == NUMBER:
        is_whole = pa.types.is_integer(column.type) and not column.null_count
        return np.asarray(column) if is_whole else numbers(name, column)
    if kind == DATE:
        return timestamps(name, column).cast(pa.timestamp("us"), safe=False).to_pandas()
    column = plain(column)
    if are_words and not is_text(column.type):
        column = pa.array([_text(value) for value in column.to_pylist()], pa.string())
    values = column.to_pandas()
    if pandas.api.types.is_object_dtype(values.dtype):
        values = values.where(values.notna(), np.nan)
    return values


def _pair(x: Any, y: Any) -> tuple[pyarrow.Table, str, None]:
    """The table of the inputs, with the target as its last column."""
    table, _, _ = table_of(x)
    name, column = target_column(y)
    if name in table.column_names:
        raise UnfitError(
            f"has a column {name!r} in X, and y has the same name: rename one of them."
        )
    if len(column) != len(table):
        raise UnfitError(
            f"must have one value of y for each of {len(table):,} rows, got {len(column):,}."
        )
    return table.append_column(name, column), name, None


def target_column(y: Any) -> tuple[str, Any]:
    """The name of a target and its values, one per row; UnfitError where it is no column."""
    name = getattr(y, "name", None)
    frame = _frame(y)
    if frame is not None and len(frame.column_names) == 1:
        name, column = frame.column_names[0], frame[0]
    elif hasattr(y, "to_frame"):  # a series of pandas or Polars
        frame = _frame(y.to_frame("_"))
        column = frame[0] if frame is not None else _column("y", y)
    else:
        values = _dense(y)
        column = _column("y", values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values)
    return TARGET if name is None or name == "" else str(name), column


def _frame(data: Any) -> pyarrow.Table | None:
    """The columns of a data frame, or None for what is none."""
    import pyarrow as pa

    if isinstance(data, pa.RecordBatch):
        return pa.Table.from_batches([data])
    if isinstance(data, pa.Table):
        return data
    if type(data).__module__.split(".")[0] == "pandas" and hasattr(data, "columns"):
        return _pandas(data)
    if hasattr(data, "collect_schema") and hasattr(data, "collect"):  # a lazy frame of Polars
        data = data.collect()
    if hasattr(data, "columns") and hasattr(data, "__arrow_c_stream__"):
        return pa.table(data)
    return None


def _pandas(frame: Any) -> pyarrow.Table:
    names = [_name(name) for name in frame.columns]
    if twice := twice_used(names):
        raise UnfitError(f"has two columns named {twice!r}: rename one of them.")
    if not names:
        raise UnfitError("must have columns with names, got none.")
    columns = {}
    for i, name in enumerate(names):
        series = frame.iloc[:, i]
        kind = str(series.dtype)
        if kind.startswith("Sparse"):
            series = series.sparse.to_dense()
        elif kind.startswith(("period", "interval")):
            series = series.astype(str)
        columns[name] = _column(name, series)
    return table_of_arrays(columns)


def _name(name: Any) -> str:
    """The name of a column of pandas; that of several levels in one."""
    return "_".join(map(str, name)) if isinstance(name, tuple) else str(name)


def _of_array(array: np.ndarray) -> pyarrow.Table:
    """The columns x0, x1, ... of an array."""
    if array.ndim != 2 or not array.shape[1]:
        raise UnfitError(f"must be a table of shape (rows, columns), got {array.shape}.")
    return table_of_arrays({f"x{i}": array[:, i] for i in range(array.shape[1])})


def _column(name: str, values: Any) -> Any:
    """One column; numbers in texts become numbers where an array has no types of its columns."""
    import pyarrow as pa

    untyped = isinstance(values, np.ndarray) and values.dtype.kind in "OSU"
    if not hasattr(values, "dtype"):
        values = _dense(values, name)
    if isinstance(values, np.ndarray):
        if values.ndim != 1:
            raise UnfitError(
                f"must have one value per row in the column {name!r}, got shape {values.shape}."
            )
        if values.dtype.kind == "c":
            raise UnfitError(f"must have real numbers in the column {name!r}, got complex ones.")
        if values.dtype.kind in "SU":
            values = values.astype(object)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pandas, about types to come
            column = pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        column = pa.array([_text(value) for value in values], pa.string())
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    return _numbers_in(column) if untyped else column


def _text(value: Any) -> str | None:
    """A value of a column of mixed types, as words."""
    if value is None or value != value:
        return None
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _numbers_in(column: Any) -> Any:
    """The numbers of a column of texts, or what it is."""
    import pyarrow as pa

    if pa.types.is_binary(column.type):
        column = column.cast(pa.string())
    return numbers_in_text(column) if is_text(column.type) else column


def _dense(values: Any, name: str | None = None) -> np.ndarray:
    place = "its values" if name is None else f"the column {name!r}"
    try:
        array = dense("path_or_frame", values)
    except ValueError as error:
        text = str(error).replace("`path_or_frame` ", "", 1)
        if name is None:
            raise UnfitError(text) from None
        raise UnfitError(f"must have one value per row in {place}: it {text}") from None
    if array.ndim == 0:
        raise TypeError(
            "`path_or_frame` must be a path, a data frame, an array, a dict of columns or (X, y), "
            f"got {values!r}."
        )
    return array
