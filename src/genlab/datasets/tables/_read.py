"""A table from a file or from memory, as columns of what they hold."""

from __future__ import annotations

import os
import re
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from genlab._base.errors import DataFileError
from genlab._base.words import some
from genlab.datasets._columns import index_of, is_index, names_are_numbers, twice_used
from genlab.datasets._unfit import UnfitError
from genlab.datasets.tables._formats import ARROW, CSV, NPZ, PARQUET, check_content, format_of
from genlab.datasets.tables._formats import opened as opened_as
from genlab.datasets.tables._frames import SET, TARGET, table_of, table_of_arrays
from genlab.datasets.tables._kinds import dates_in_text, is_text
from genlab.datasets.tables._text import read_text

if TYPE_CHECKING:
    import pyarrow

# Rows of a Parquet file, and bytes of a column, that are read at once.
_ROWS = 2**18
_BUFFER = 2**20

#: Called with the fraction of the work that is done, from 0 to 1.
Progress = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class RawTable:
    """The columns of a table as they came.

    `index` holds the columns that are the index of a pandas table; columns without a name are no
    longer in the table, and `unnamed` says which they were. `target` and `test` are the columns of
    the target and of the split where the source itself says so, as (X, y) does.
    """

    table: pyarrow.Table
    index: tuple[str, ...] = ()
    unnamed: tuple[str, ...] = ()
    target: str | None = None
    test: str | None = None


@contextmanager
def sentences(source: Any) -> Iterator[None]:
    """Turn what is wrong with a table into one sentence that begins with its name.

    Raises DataFileError for a file, ValueError for a table in memory.
    """
    path = Path(source) if isinstance(source, (str, os.PathLike)) else None
    try:
        yield
    except UnfitError as error:
        if path is None:
            raise ValueError(f"`path_or_frame` {error}") from None
        raise DataFileError(f"{path} {error}") from None


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn whatever fails while a file is read into a DataFileError of one sentence."""
    try:
        yield
    except MemoryError:
        raise DataFileError(f"{path} states more data than fit into memory.") from None
    except (
        OSError,
        ValueError,  # pyarrow's errors among them
        TypeError,
        KeyError,
        EOFError,
        RuntimeError,
        NotImplementedError,
        zipfile.BadZipFile,
        zlib.error,
        _lzma_error(),
    ) as error:
        raise DataFileError(f"{path} cannot be read: {_reason(error)}.") from None


def read_table(
    source: Any, *, words: Collection[str] = (), progress: Progress | None = None
) -> RawTable:
    """Read the columns of a table.

    Parameters
    ----------
    source
        Path of a file, or a table in memory: see `load_table`.
    words
        Columns of a CSV file that hold words, even where they look like numbers.
    progress
        Called with the fraction of the file that has been read.

    Raises
    ------
    UnfitError
        Naming what is wrong with the table: see `sentences`.
    DataFileError
        Where the file cannot be read.
    ValueError
        Where the suffix is unknown.
    """
    if not isinstance(source, (str, os.PathLike)):
        return _checked(*table_of(source), words=words)
    path = Path(source)
    stated = format_of(path)
    with reading(path):
        size = max(path.stat().st_size, 1)

        def report(file: IO[bytes]) -> None:
            if progress is not None:
                progress(min(file.tell() / size, 1.0))

        def opened() -> Any:
            return opened_as(path, stated)

        if stated.content == CSV:
            with opened() as (plain, _):
                check_content(plain.read(4096), CSV)
            return _checked(read_text(opened, words, report))
        with opened() as (plain, raw):
            check_content(plain.read(4096), stated.content)
            plain.seek(0)
            read = {PARQUET: _parquet, ARROW: _arrow, NPZ: _npz}[stated.content]
            return _checked(*read(plain, lambda: report(raw)), words=words)


def _checked(
    table: pyarrow.Table,
    target: str | None = None,
    test: str | None = None,
    *,
    words: Collection[str] = (),
) -> RawTable:
    """The table with a name for every column, once each."""
    import pyarrow as pa

    names = table.column_names
    if "" in names:
        places = [i for i, name in enumerate(names) if not name]
        unnamed = tuple(f"column {i + 1} of {len(names)}, which has no name" for i in places)
        table = table.select([i for i, name in enumerate(names) if name])
        names = table.column_names
    else:
        unnamed = ()
    if not names:
        raise UnfitError("must have columns with names, got none.")
    if twice := twice_used(names):
        raise UnfitError(f"has two columns named {twice!r}: rename one of them.")
    if names_are_numbers(names) and names != [str(i) for i in range(len(names))]:
        raise UnfitError(
            f"must begin with the names of its columns, got numbers: {some(names)}; add a first "
            "line with a name for each column."
        )
    if not len(table):
        raise UnfitError("must hold at least one row, got none.")
    pa.default_memory_pool().release_unused()  # what reading took beside the columns
    stated = index_of(table)
    table = _dated(_side_by_side(table), words)
    index = tuple(name for name in names if name in stated or is_index(name))
    return RawTable(table.replace_schema_metadata(None), index, unnamed, target, test)


def _dated(table: pyarrow.Table, words: Collection[str]) -> pyarrow.Table:
    """The table with dates for texts such as 2024-02-29, as CSV files have them."""
    for i, field in enumerate(table.schema):
        if is_text(field.type) and field.name not in words:
            column = dates_in_text(table[i])
            if not is_text(column.type):
                table = table.set_column(i, field.name, column)
    return table


def _side_by_side(table: pyarrow.Table) -> pyarrow.Table:
    """The table with a column for each place of a column of lists: x0, x1, ... for x."""
    import pyarrow as pa

    def is_list(kind: Any) -> bool:
        return pa.types.is_list(kind) or pa.types.is_large_list(kind) or hasattr(kind, "list_size")

    if not any(is_list(kind) for kind in table.schema.types):
        return table
    columns: dict[str, Any] = {}
    for name in table.column_names:
        column = table[name]
        if is_list(column.type):
            column = column.combine_chunks()
            lengths = np.unique(column.value_lengths().to_numpy(zero_copy_only=False))
            if column.null_count or len(lengths) > 1:
                raise UnfitError(
                    f"must have lists of one length in the column {name!r}, got several lengths, "
                    "or gaps."
                )
            values = column.flatten()
            places = np.arange(len(column)) * int(lengths[0])
            columns |= {f"{name}{i}": values.take(pa.array(places + i)) for i in range(lengths[0])}
        else:
            columns[name] = column
    if len(columns) < len(table.column_names):
        raise UnfitError(
            "must have other names for columns of lists: the column 'x' of lists becomes x0, x1, "
            "..., and columns of such names are there already."
        )
    return pa.table(columns).replace_schema_metadata(table.schema.metadata)


def _parquet(plain: Any, report: Callable[[], None]) -> tuple[pyarrow.Table]:
    import pyarrow as pa
    from pyarrow import parquet

    file = parquet.ParquetFile(plain, pre_buffer=False, buffer_size=_BUFFER)
    batches = []
    for batch in file.iter_batches(_ROWS, use_threads=False):
        batches.append(_valid(batch))
        report()
    return (pa.Table.from_batches(batches, file.schema_arrow),)


def _arrow(plain: Any, report: Callable[[], None]) -> tuple[pyarrow.Table]:
    import pyarrow as pa

    is_file = plain.read(6) == b"ARROW1"
    plain.seek(0)
    if not is_file:
        with pa.ipc.open_stream(plain) as stream:
            return (_valid(stream.read_all()),)
    with pa.ipc.open_file(plain) as file:
        batches = []
        for i in range(file.num_record_batches):
            batches.append(_valid(file.get_batch(i)))
            report()
        return (pa.Table.from_batches(batches, file.schema),)


def _valid(columns: Any) -> Any:
    """The columns themselves; ValueError where damage would lead out of their memory."""
    columns.validate(full=True)
    return columns


def _npz(plain: Any, report: Callable[[], None]) -> tuple[pyarrow.Table, str | None, str | None]:
    with np.load(plain, allow_pickle=False) as arrays:
        held = {name: arrays[name] for name in arrays.files}
    report()
    pairs = [("X", "y"), ("x", "y"), ("x_train", "y_train"), ("X_train", "y_train")]
    for x, y in pairs:
        if x not in held:
            continue
        case = x[0]
        tests = [name for name in (f"{case}_test", "y_test") if name in held]
        if y not in held:
            return table_of(held[x])
        if not tests:
            return table_of((held[x], held[y]))
        if len(tests) < 2:
            raise UnfitError(f"must hold both {case}_test and y_test, got {tests[0]} alone.")
        x_test, y_test = (held[name] for name in tests)
        if x_test.shape[1:] != held[x].shape[1:] or y_test.ndim != held[y].ndim:
            raise UnfitError(f"must hold {x} and {tests[0]} with the same columns.")
        both = (np.concatenate([held[x], x_test]), np.concatenate([held[y], y_test]))
        table, target, _ = table_of(both)
        is_test = np.arange(len(table)) >= len(held[x])
        return table.append_column(SET, table_of_arrays({SET: is_test})[SET]), target, SET
    if not held or any(array.ndim != 1 for array in held.values()):
        shapes = [f"{name} of shape {array.shape}" for name, array in held.items()]
        raise UnfitError(
            f"must hold arrays X and y, or one array per column, got {some(shapes) or 'none'}."
        )
    return table_of_arrays(held), TARGET if TARGET in held else None, None


def _reason(error: BaseException) -> str:
    text = (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
    return " ".join(str(re.sub(r"\s*Detail: .*", "", text, flags=re.S)).split()).rstrip(".")


def _lzma_error() -> type[Exception]:
    import lzma

    return lzma.LZMAError
