"""Tries of cells that ended without a result: why, and which cells have none to this day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from genlab.sweep.store._store import Store

_AT_ONCE = 500


def failures_of(store: Store, keys: Sequence[str]) -> list[Mapping[str, Any]]:
    """The rows of failed tries of these cells, the first try first."""
    import sqlalchemy as sa

    table = store.tables.failures
    query = sa.select(table).order_by(table.c.ended, table.c.id)
    parts = (keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE))
    return [
        row._mapping for part in parts for row in store.read(query.where(table.c.key.in_(part)))
    ]


def reasons_of(store: Store, keys: Sequence[str]) -> dict[str, list[str]]:
    """Why tries of these cells failed, by key; cells of which none failed are left out."""
    found: dict[str, list[str]] = {}
    for row in failures_of(store, keys):
        found.setdefault(row["key"], []).append(row["reason"])
    return found


def count_failures(store: Store) -> tuple[int, int]:
    """The number of cells that have a result after a failed try, and of those that have none."""
    import sqlalchemy as sa

    cells, failures = store.tables.cells, store.tables.failures
    query = sa.select(
        sa.func.count(failures.c.key.distinct()), sa.func.count(cells.c.key.distinct())
    ).select_from(failures.outerjoin(cells, cells.c.key == failures.c.key))
    rows = store.read(query)
    n_all, n_stored = rows[0] if rows else (0, 0)
    return int(n_stored), int(n_all - n_stored)
