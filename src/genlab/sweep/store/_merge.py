"""Results of other stores, copied into one. No stored number ever changes by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from genlab._base.errors import StoreError
from genlab.sweep._kinds import same_result
from genlab.sweep.store._failures import failures_of
from genlab.sweep.store._store import Store, StoreLike, opened_store


@dataclass(frozen=True)
class Merged:
    """What merging a store into another came to.

    Attributes
    ----------
    source
        Where the results came from.
    n_added
        Results that were copied.
    n_same
        Results that were there already, with the same numbers.
    different
        Keys of the cells of which both stores have a result, with different numbers. That of the
        store that was merged into stays.
    """

    source: str
    n_added: int
    n_same: int
    different: tuple[str, ...]


def merge_stores(
    sources: Sequence[StoreLike],
    store: StoreLike = None,
    *,
    progress: Callable[[int], None] | None = None,
) -> list[Merged]:
    """Copy the results of other stores into one, unless it has them.

    A result that is there is never replaced. Openings of test sets and searches stay where they
    are: they are the record of what was done with one store.

    Parameters
    ----------
    sources
        Stores, their URLs or files, which are only read.
    store
        The store that takes the results: a Store, a database's URL or a SQLite file's path; None
        opens the default one.
    progress
        Called with the number of results that were looked at.

    Raises
    ------
    StoreError
        Where a store fails, has no results to read, or is merged into itself.
    """
    with opened_store(store) as target:
        found = []
        for source in sources:
            with opened_store(source) as opened:
                if opened.url == target.url and not opened.in_memory:
                    raise StoreError(f"the store {target.url} cannot be merged into itself.")
                if not opened.has_table(opened.tables.cells.name):
                    raise StoreError(f"the store {opened.url} is not there, or was never written.")
                found.append(_merged(opened, target, progress))
        return found


def _merged(source: Store, target: Store, progress: Callable[[int], None] | None) -> Merged:
    cells, environments = source.tables.cells, source.tables.environments
    names = ("spec", "result", "seconds", "finished", "kind")
    columns = [cells.c[name] for name in names]
    n_added = n_same = 0
    different: list[str] = []
    for rows in source.pages(*columns, environments.c.environment, n=500):
        there = _results(target, [row.key for row in rows])
        for row in rows:
            if row.key not in there:
                continue
            if same_result(row.kind, there[row.key], row.result):
                n_same += 1
            else:
                different.append(row.key)
        new: list[Mapping[str, Any]] = [row._mapping for row in rows if row.key not in there]
        added = [row["key"] for row in new]
        target.insert(new, failures=failures_of(source, added))
        n_added += len(new)
        if progress is not None:
            progress(n_added + n_same + len(different))
    return Merged(source.url, n_added, n_same, tuple(different))


def _results(store: Store, keys: Sequence[str]) -> dict[str, bytes]:
    import sqlalchemy as sa

    cells = store.tables.cells
    query = sa.select(cells.c.key, cells.c.result).where(cells.c.key.in_(keys))
    return {row.key: row.result for row in store.read(query)}
