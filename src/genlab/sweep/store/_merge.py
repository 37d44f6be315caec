"""What other stores hold, copied into one. No stored number ever changes by it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from genlab._base.errors import StoreError
from genlab.sweep._kinds import same_result
from genlab.sweep.store._failures import failures_of
from genlab.sweep.store._merge_openings import merge_openings
from genlab.sweep.store._merge_searches import merge_searches
from genlab.sweep.store._store import Store, StoreLike, opened_store


@dataclass(frozen=True)
class Merged:
    """What merging a store into another came to.

    Attributes
    ----------
    source
        Where it came from.
    n_added
        Results that were copied.
    n_same
        Results that were there already, with the same numbers.
    different
        Keys of the cells of which both stores have a result, with different numbers. That of the
        store that was merged into stays.
    n_openings
        Openings of sealed test sets that were copied.
    reopened
        The test sets that were open in the store that was merged into, and have been opened more
        often than it knew: hash of the content -> number of openings now.
    n_trials
        Finished trials of searches that were copied.
    different_searches
        Names of the searches of which both stores have other trials. That of the store that was
        merged into stays as it was.
    """

    source: str
    n_added: int
    n_same: int
    different: tuple[str, ...]
    n_openings: int
    reopened: Mapping[str, int]
    n_trials: int
    different_searches: tuple[str, ...]


def merge_stores(
    sources: Sequence[StoreLike],
    store: StoreLike = None,
    *,
    progress: Callable[[int], None] | None = None,
) -> list[Merged]:
    """Copy results, openings of sealed test sets and searches of other stores into one.

    A result that is there is never replaced, and neither is a trial of a search. Every opening of
    a test set is kept: one that two stores have opened, each by itself, has been opened twice, and
    all its intervals are wider from then on (`genlab.sealing.Opening`). Merging a store again
    changes nothing. What runs have begun and not finished is not copied.

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
    with contextlib.ExitStack() as stack:
        target = stack.enter_context(opened_store(store))
        opened = [stack.enter_context(opened_store(source)) for source in sources]
        for source in opened:
            if source is target or (source.place == target.place and not source.in_memory):
                raise StoreError(f"the store {target.url} cannot be merged into itself.")
            if not source.has_table(source.tables.cells.name):
                raise StoreError(f"the store {source.url} is not there, or was never written.")
        return [_merged(source, target, progress) for source in opened]


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
    cells_of_it = source.url, n_added, n_same, tuple(different)
    return Merged(*cells_of_it, *merge_openings(source, target), *merge_searches(source, target))


def _results(store: Store, keys: Sequence[str]) -> dict[str, bytes]:
    import sqlalchemy as sa

    cells = store.tables.cells
    query = sa.select(cells.c.key, cells.c.result).where(cells.c.key.in_(keys))
    return {row.key: row.result for row in store.read(query)}
