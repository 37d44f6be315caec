"""Claims: of runs that share a store, one computes a cell, and the others wait for its result.

A claim is a row with the cell's key, which is the primary key, and the run's owner. It ends with
the result, in the same transaction, or with the run. What was claimed by a run that is gone is
taken over (`genlab._base.owners` says when one is).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from genlab._base import owners
from genlab._base.errors import StoreError
from genlab.sweep.store._store import Store, insert_new

if TYPE_CHECKING:
    import sqlalchemy

_AT_ONCE = 500


class Claims:
    """The claims of one run on the cells of a store.

    Parameters
    ----------
    store
        A store that other processes may use.
    fresh
        Whether cells whose results are stored are computed again.
    """

    def __init__(self, store: Store, *, fresh: bool = False) -> None:
        self._store, self._fresh = store, fresh
        self._owner = owners.new_owner()
        self._watch = owners.Watch()

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """A block in which what is claimed is this run's; what is unfinished is let go."""
        self._store.transact(self._begin)
        with owners.at_work(self._owner, self._beat):
            try:
                yield
            finally:
                with contextlib.suppress(StoreError):
                    self._store.transact(self._end)

    def _begin(self, connection: sqlalchemy.Connection) -> None:
        runs = self._store.tables.runs
        connection.execute(insert_new(connection, runs), [{"owner": self._owner, "beat": 0}])

    def _end(self, connection: sqlalchemy.Connection) -> None:
        import sqlalchemy as sa

        for table in (self._store.tables.claims, self._store.tables.runs):
            connection.execute(sa.delete(table).where(table.c.owner == self._owner))

    def _beat(self) -> None:
        import sqlalchemy as sa

        runs = self._store.tables.runs
        mine = sa.update(runs).where(runs.c.owner == self._owner).values(beat=runs.c.beat + 1)
        with contextlib.suppress(StoreError), self._store.transaction() as connection:
            connection.execute(mine)

    def take(self, keys: Iterable[str]) -> set[str]:
        """Claim cells: the keys of those that this run is to compute.

        The others are stored by now, or another run computes them.
        """
        # In one order, so that two runs never wait for each other's rows.
        ordered = sorted(set(keys))
        taken: set[str] = set()
        for start in range(0, len(ordered), _AT_ONCE):
            part = ordered[start : start + _AT_ONCE]
            taken |= self._store.transact(partial(self._take, part))
        return taken

    def _take(self, keys: Sequence[str], connection: sqlalchemy.Connection) -> set[str]:
        import sqlalchemy as sa

        claims, cells = self._store.tables.claims, self._store.tables.cells
        rows = [{"key": key, "owner": self._owner} for key in keys]
        connection.execute(insert_new(connection, claims), rows)
        mine = set()
        for row in connection.execute(self._claimed(keys)).all():
            if row.owner == self._owner:
                mine.add(row.key)
            elif not self._watch.alive(row.owner, row.beat):
                theirs = sa.and_(claims.c.key == row.key, claims.c.owner == row.owner)
                taking = sa.update(claims).where(theirs).values(owner=self._owner)
                if connection.execute(taking).rowcount:
                    mine.add(row.key)
        if self._fresh:
            return mine
        # Now that no other run can finish them, what is not stored has to be computed.
        query = sa.select(cells.c.key).where(cells.c.key.in_(sorted(mine)))
        stored = set(connection.execute(query).scalars())
        if stored:
            connection.execute(sa.delete(claims).where(claims.c.key.in_(sorted(stored))))
        return mine - stored

    def any_free(self, keys: Iterable[str]) -> bool:
        """Whether some cell is claimed by no run that is at work."""
        ordered = sorted(set(keys))
        for start in range(0, len(ordered), _AT_ONCE):
            part = ordered[start : start + _AT_ONCE]
            rows = self._store.read(self._claimed(part))
            if len(rows) < len(part) or any(not self._watch.alive(r.owner, r.beat) for r in rows):
                return True
        return False

    def _claimed(self, keys: Sequence[str]) -> Any:
        """The query for the claims of cells: key, owner and the owner's beat."""
        import sqlalchemy as sa

        claims, runs = self._store.tables.claims, self._store.tables.runs
        query = sa.select(claims.c.key, claims.c.owner, runs.c.beat)
        joined = query.outerjoin_from(claims, runs, claims.c.owner == runs.c.owner)
        return joined.where(claims.c.key.in_(keys))
