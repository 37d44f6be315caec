"""A store as one Parquet table, with a column for each field of a spec."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genlab._base.files import whole_file
from genlab._base.jsons import Row
from genlab.sweep.store._failures import reasons_of
from genlab.sweep.store._info import numbers_of, spec_of
from genlab.sweep.store._store import Store, StoreLike, opened_store

if TYPE_CHECKING:
    import pyarrow

_MOST_WHOLE = 2**63 - 1


def export_store(
    path: str | os.PathLike[str],
    store: StoreLike = None,
    *,
    kind: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write the stored cells to a Parquet file, a row for each, for pandas, Polars or DuckDB.

    The columns are `key` and `kind`; the fields of the specs, joined by dots, such as
    `data.arguments.n_samples`, `model.hidden` and `recipe.steps`; the numbers of the result, such
    as `test_error` (a fraction) at the kept weights; `seconds`, `tries` (how many it took),
    `failed_tries` (why the earlier ones ended) and `finished` (UTC); and the versions and device,
    as `environment.jax`. A list is JSON text, as is `start`, the cell that another begins from. A
    field that a cell has not is null.

    Parameters
    ----------
    path
        The file; it is written whole or not at all, and one that is there is replaced.
    store
        A Store, a database's URL or a SQLite file's path; None opens the default one.
    kind
        Only cells of this kind, such as "Cell" (a network) or "EstimatorCell".
    progress
        Called with the number of rows that are written.

    Returns
    -------
    int
        Number of rows.

    Raises
    ------
    StoreError
        Where the store fails.
    OSError
        Where the file cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with opened_store(store) as opened, whole_file(Path(path)) as file:
        types = _types(opened, kind)
        schema = pa.schema([(name, _ARROW[found](pa)) for name, found in types.items()])
        n = 0
        with pq.ParquetWriter(file, schema, compression="zstd") as writer:
            for rows in _rows(opened, kind, results=True):
                columns = {
                    name: [_as(row.get(name), found) for row in rows]
                    for name, found in types.items()
                }
                writer.write_table(pa.table(columns, schema=schema))
                n += len(rows)
                if progress is not None:
                    progress(n)
    return n


_ARROW: dict[type, Callable[[Any], pyarrow.DataType]] = {
    bool: lambda pa: pa.bool_(),
    int: lambda pa: pa.int64(),
    float: lambda pa: pa.float64(),
    str: lambda pa: pa.string(),
}


def _rows(store: Store, kind: str | None, *, results: bool) -> Iterator[list[Row]]:
    cells, environments = store.tables.cells, store.tables.environments
    columns = [cells.c.kind, cells.c.spec, cells.c.seconds, cells.c.finished]
    columns += [environments.c.environment, *([cells.c.result] if results else [])]
    where = [] if kind is None else [cells.c.kind == kind]
    for rows in store.pages(*columns, where=where):
        reasons = reasons_of(store, [row.key for row in rows]) if results else {}
        yield [
            _flat(
                row,
                numbers_of(row.kind, row.result) if results else {},
                reasons.get(row.key, []),
            )
            for row in rows
        ]


def _flat(row: Any, numbers: Row, reasons: list[str]) -> Row:
    fixed = {"key": row.key, "kind": row.kind}
    tries = {"tries": 1 + len(reasons), "failed_tries": json.dumps(reasons) if reasons else None}
    after = {**numbers, "seconds": row.seconds, **tries, "finished": row.finished}
    spec: Row = {}
    _flatten(spec, "", {k: v for k, v in spec_of(row.spec).items() if k != "kind"})
    taken = {*_NUMBERS, *fixed, *after}
    named = {f"spec.{name}" if name in taken else name: value for name, value in spec.items()}
    environment = {f"environment.{k}": v for k, v in spec_of(row.environment).items()}
    return {**fixed, **named, **after, **environment}


# What kinds of cells call their numbers: the columns that a spec must not have.
_NUMBERS: dict[str, type] = {
    "train_loss": float,
    "test_loss": float,
    "train_error": float,
    "test_error": float,
    "validation_loss": float,
    "validation_error": float,
    "train_score": float,
    "test_score": float,
    "step": int,
    "diverged_at": int,
    "failed": str,
    "warned": str,
}


_LAST = ("seconds", "tries", "failed_tries", "finished")


def _flatten(into: Row, prefix: str, values: Row) -> None:
    for name, value in values.items():
        place = f"{prefix}{name}"
        if isinstance(value, dict) and place != "start":
            _flatten(into, f"{place}.", value)
        else:
            into[place] = value


def _types(store: Store, kind: str | None) -> dict[str, type]:
    """The columns of all rows, in the order of the rows' own, and the type that holds each."""
    found: dict[str, type | None] = {}
    last: dict[str, type | None] = {}
    for rows in _rows(store, kind, results=False):
        for row in rows:
            for name, value in row.items():
                of = last if name in _LAST or "environment." in name else found
                of[name] = _wider(of.get(name), value)
    numbers = _NUMBERS if found else {}
    ordered = {**found, **numbers, **last}
    return {name: one or str for name, one in ordered.items()} or {"key": str, "kind": str}


def _wider(known: type | None, value: Any) -> type | None:
    """The type of a column that also holds this value; None as long as all are null."""
    if value is None:
        return known
    own = type(value) if type(value) in _ARROW else str
    if own is int and abs(value) > _MOST_WHOLE:
        own = str
    if known is None or known is own:
        return own
    return float if {known, own} == {int, float} else str


def _as(value: Any, of: type) -> Any:
    """A value as its column holds it."""
    if value is None or (isinstance(value, of) and not (of is int and isinstance(value, bool))):
        return value
    return float(value) if of is float else json.dumps(value, sort_keys=True)
