"""Results that are no longer wanted are removed from a store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from genlab._base import owners
from genlab.sweep._kinds import CELL_KINDS, class_of
from genlab.sweep.store._info import spec_of
from genlab.sweep.store._store import Store, StoreLike, opened_store


@dataclass(frozen=True)
class Pruned:
    """What was removed from a store, or would be.

    Attributes
    ----------
    url
        The store.
    n_cells, n_kept
        Results that were removed, or would be, and those that stay.
    seconds
        Seconds that the removed ones took to compute.
    removed
        Whether they were removed.
    """

    url: str
    n_cells: int
    n_kept: int
    seconds: float
    removed: bool


def prune_store(
    store: StoreLike = None,
    *,
    unused: bool = False,
    before: date | None = None,
    kind: str | None = None,
    remove: bool = False,
) -> Pruned:
    """Remove results from a store: those that all the given conditions hold for.

    Openings of test sets and searches are never removed.

    Parameters
    ----------
    store
        A Store, a database's URL or a SQLite file's path; None opens the default one.
    unused
        Only results that this version of genlab never looks up: the same spec has another
        identity by now, because its numbers are computed in another way.
    before
        Only results that were stored before this date, in UTC.
    kind
        Only cells of this kind, such as "Cell" (a network) or "EstimatorCell".
    remove
        Whether they are removed; otherwise they are only counted.

    Raises
    ------
    ValueError
        Where no condition is given.
    StoreError
        Where the store fails or, with `remove`, cannot be written.
    """
    import sqlalchemy as sa

    if not unused and before is None and kind is None:
        raise ValueError("one of `unused`, `before` and `kind` must be given, got none.")
    with opened_store(store) as opened:
        cells = opened.tables.cells
        where: list[Any] = []
        if before is not None:
            where.append(cells.c.finished < before.isoformat())  # both begin with the date
        if kind is not None:
            where.append(cells.c.kind == kind)
        n_all, n, seconds = len(opened), 0, 0.0
        for rows in opened.pages(cells.c.kind, cells.c.spec, cells.c.seconds, where=where, n=500):
            chosen = [row for row in rows if not unused or _is_unused(row)]
            n += len(chosen)
            seconds += sum(row.seconds for row in chosen)
            if remove and chosen:
                keys = [row.key for row in chosen]
                with opened.transaction() as connection:
                    for table in (cells, opened.tables.failures):
                        connection.execute(sa.delete(table).where(table.c.key.in_(keys)))
        if remove and n:
            _tidy(opened)
        return Pruned(opened.url, n, n_all - n, seconds, remove)


def _is_unused(row: Any) -> bool:
    """Whether the cell of this spec has another key: of genlab's own kinds, which say so."""
    if row.kind not in CELL_KINDS:
        return False
    cls: Any = class_of(row.kind)
    try:
        return bool(cls.key_of(spec_of(row.spec)) != row.key)
    except (KeyError, TypeError):
        return True  # it is damaged


def _tidy(store: Store) -> None:
    """Remove what no result and no run at work needs, and give the space back."""
    import sqlalchemy as sa

    tables = store.tables
    watch = owners.Watch()
    runs = store.read(sa.select(tables.runs))
    gone: Sequence[str] = [run.owner for run in runs if not watch.alive(run.owner, run.beat)]
    with store.transaction() as connection:
        for table in (tables.claims, tables.runs):
            connection.execute(sa.delete(table).where(table.c.owner.in_(gone)))
    store.vacuum()
