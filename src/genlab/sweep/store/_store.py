"""The store: the result of every finished cell, kept under its identity in a SQL database."""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar, Union

from genlab._base.checks import real
from genlab.sweep._cell import Cell, unpacked
from genlab.sweep.store._database import Database
from genlab.sweep.store._schema import Tables
from genlab.sweep.store._waiting import seconds_to_wait

if TYPE_CHECKING:
    import sqlalchemy

R = TypeVar("R")
T = TypeVar("T")

#: What every function with a parameter `store` takes: see `opened_store`.
StoreLike: TypeAlias = Union["Store", str, "os.PathLike[str]", None]

_LOOK_UP_AT_ONCE = 500
_MANY = 50_000


class Computed(NamedTuple):
    """The result of a cell as its `pack` gives it, and what `Store.put` says of the others."""

    cell: Cell[Any]
    packed: bytes
    seconds: float
    environment: Mapping[str, str]
    failures: Sequence[str] = ()


@contextlib.contextmanager
def opened_store(store: StoreLike, *, patient: bool = True) -> Iterator[Store]:
    """A block with a store: the one that is given, or one that is opened for the block alone.

    Parameters
    ----------
    store
        A `Store`, which stays open; a database's URL, or the path of a SQLite file; or None for
        `default_store_url`.
    patient
        Whether a server that does not answer is waited for as for work (see `Store`), or for at
        most 5 seconds, since somebody waits for the answer.

    Raises
    ------
    StoreError
        Where the database cannot be opened.
    TypeError
        Where `store` is none of these.

    >>> with opened_store("sqlite://") as store:
    ...     len(store)
    0
    """
    if isinstance(store, Store):
        yield store
        return
    with Store(store, wait=seconds_to_wait(patient)) as opened:
        yield opened


class Store:
    """Results of cells in a SQL database, those that arrive together in one transaction.

    Reading creates nothing: a database that does not exist has no results, and is created when
    the first one is stored. A store that an earlier genlab wrote is brought to the present
    version of the tables when it is opened; no result changes. A SQLite file in a folder that
    cannot be written can be read.

    Parameters
    ----------
    url
        A SQLAlchemy URL ("sqlite:///results.db", "postgresql://user:password@host/name"), or the
        path of a SQLite file; None takes `default_store_url`.
    wait
        Seconds that a PostgreSQL server is waited for that does not answer, starts or stops, when
        the store is opened and afterwards; None takes `$GENLAB_STORE_WAIT`, or 60. A
        `WaitingWarning` says so after two of them. A wrong password, or a host or database that
        does not exist, is an error at once.

    Raises
    ------
    StoreError
        Where the database cannot be opened, is no database, holds another program's tables, or
        was written by a newer genlab.
    TypeError
        Where `url` is no text, path or None.

    >>> with Store("sqlite://") as store:
    ...     len(store)
    0
    """

    def __init__(
        self, url: str | os.PathLike[str] | None = None, *, wait: float | None = None
    ) -> None:
        self._database = Database(url, None if wait is None else real("wait", wait, low=0))
        self._environment_ids: dict[str, int] = {}

    @property
    def url(self) -> str:
        """The database's URL, without a password."""
        return self._database.url

    @property
    def place(self) -> str:
        """The SQLite file, whichever way leads to it, or else the URL, without a password."""
        return self._database.place

    @property
    def in_memory(self) -> bool:
        """Whether it is a SQLite database in memory, which ends with this object."""
        return self._database.in_memory

    @property
    def backend(self) -> str:
        """Which database it is: "sqlite" or "postgresql"."""
        return self._database.engine.dialect.name

    @property
    def tables(self) -> Tables:
        """The tables as SQLAlchemy describes them."""
        return self._database.tables

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections to the database."""
        self._database.close()

    def __len__(self) -> int:
        """Number of stored results."""
        import sqlalchemy as sa

        rows = self._database.read(sa.select(sa.func.count()).select_from(self.tables.cells))
        return int(rows[0][0]) if rows else 0

    def connection(self) -> contextlib.AbstractContextManager[sqlalchemy.Connection]:
        """A block with a connection for reading; the database's errors are raised as StoreError.

        A duplicate row remains SQLAlchemy's IntegrityError.
        """
        return self._database.connection()

    def transaction(self) -> contextlib.AbstractContextManager[sqlalchemy.Connection]:
        """A block with a connection, in a transaction that is committed unless the block raises.

        The database is created where there is none.
        """
        return self._database.transaction()

    def transact(self, work: Callable[[sqlalchemy.Connection], T]) -> T:
        """What `work` returns in a transaction of its own, done again where a server was lost.

        It may be done twice, where the server was lost in the moment that it was committed.
        """
        return self._database.transact(work)

    def read(self, query: Any) -> list[Any]:
        """The rows of a SQLAlchemy query; none where nothing was ever stored."""
        return self._database.read(query)

    def has_table(self, name: str) -> bool:
        """Whether the database has a table of this name."""
        return self._database.has_table(name)

    def make_table(self, table: sqlalchemy.Table) -> None:
        """Create another room's table beside that of the cells, unless it exists."""
        self._database.make_table(table)

    def vacuum(self) -> None:
        """Give the space of removed rows back, and renew what queries are planned by."""
        self._database.vacuum()

    def make(self) -> None:
        """Create the database and its tables where they are missing.

        Storing does it by itself; call it before long work whose result is to be stored.

        Raises
        ------
        StoreError
            Where the database cannot be created or written.
        """
        self._database.make()

    def keys(self, cells: Iterable[Cell[Any]]) -> set[str]:
        """The keys of those of `cells` whose results are stored."""
        cells = list(cells)
        if len(cells) < _MANY:
            return {row.key for row in self._rows(cells)}
        # All stored keys, in the order of their index, are read in less time than these are found.
        wanted = {cell.key: cell.key for cell in cells}
        stored = (wanted.get(key) for rows in self.pages(n=20_000) for (key,) in rows)
        return {key for key in stored if key is not None}  # the cells' own texts, not copies

    def pages(self, *columns: Any, where: Sequence[Any] = (), n: int = 1000) -> Iterator[list[Any]]:
        """Rows of the cells with their key and these columns, in lists of at most n, by the key.

        So that all cells of a large store need little memory. Columns of environments are joined.
        What is stored in the meantime may come or not.
        """
        import sqlalchemy as sa

        table, environments = self.tables.cells, self.tables.environments
        query = sa.select(table.c.key, *columns).where(*where).order_by(table.c.key).limit(n)
        if any(column.table is environments for column in columns):
            query = query.join_from(
                table, environments, table.c.environment_id == environments.c.id
            )
        last = ""
        while rows := self.read(query.where(table.c.key > last)):
            yield rows
            last = rows[-1].key

    def get(self, cells: Iterable[Cell[R]]) -> dict[str, R]:
        """The stored results of `cells`, by their keys; each read by its own kind of cell."""
        by_key = {cell.key: cell for cell in cells}
        rows = self._rows(by_key.values(), self.tables.cells.c.result)
        return {row.key: unpacked(by_key[row.key], row.result) for row in rows}

    def environments(self, cells: Iterable[Cell[Any]]) -> dict[str, int]:
        """Environments (see `put`) of the stored results of `cells`: JSON -> number of cells."""
        counts: dict[str, int] = {}
        for row in self._rows(cells, self.tables.environments.c.environment):
            counts[row.environment] = counts.get(row.environment, 0) + 1
        return counts

    def seconds(self, cells: Iterable[Cell[Any]]) -> dict[str, float]:
        """Seconds that the stored results of `cells` took, by their keys."""
        rows = self._rows(cells, self.tables.cells.c.seconds)
        return {row.key: float(row.seconds) for row in rows}

    def _rows(self, cells: Iterable[Cell[Any]], *columns: Any) -> Iterator[Any]:
        """The key and columns of each of `cells` that is stored."""
        import sqlalchemy as sa

        table, environments = self.tables.cells, self.tables.environments
        keys = list(dict.fromkeys(cell.key for cell in cells))
        query = sa.select(table.c.key, *columns)
        if any(column.table is environments for column in columns):
            query = query.join_from(
                table, environments, table.c.environment_id == environments.c.id
            )
        for start in range(0, len(keys), _LOOK_UP_AT_ONCE):
            part = keys[start : start + _LOOK_UP_AT_ONCE]
            yield from self._database.read(query.where(table.c.key.in_(part)))

    def put(
        self,
        cell: Cell[R],
        result: R,
        *,
        seconds: float,
        environment: Mapping[str, str],
        replace: bool = False,
        failures: Sequence[str] = (),
    ) -> None:
        """Store the result of a finished cell, in a transaction of its own.

        Parameters
        ----------
        cell, result
            The cell, and what running it gave.
        seconds
            Time the cell took.
        environment
            Versions and device that the result was computed with.
        replace
            Whether the result replaces a stored one, and what is known of its tries; otherwise the
            stored one stays.
        failures
            Why earlier tries ended without a result, in a sentence each.
        """
        self.put_all(
            [Computed(cell, cell.pack(result), seconds, environment, failures)], replace=replace
        )

    def put_all(self, results: Iterable[Computed], *, replace: bool = False) -> None:
        """Store the results of finished cells, all in one transaction; see `put`."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        rows, failures = [], []
        for one in results:
            spec = one.cell.to_dict()
            rows.append(
                {
                    "key": one.cell.key,
                    "spec": json.dumps(spec, sort_keys=True),
                    "result": one.packed,
                    "seconds": one.seconds,
                    "finished": now,
                    "kind": str(spec.get("kind", "")),
                    "environment": json.dumps(dict(one.environment), sort_keys=True),
                }
            )
            failures += _failure_rows(one.cell, one.failures)
        self.insert(rows, replace=replace, failures=failures)

    def put_failures(self, cell: Cell[Any], reasons: Sequence[str]) -> None:
        """Note why tries of a cell ended without a result, in a sentence each."""
        rows = _failure_rows(cell, reasons)

        def work(connection: sqlalchemy.Connection) -> None:
            connection.execute(insert_new(connection, self.tables.failures), rows)

        if rows:
            self._database.transact(work)

    def insert(
        self,
        rows: Sequence[Mapping[str, Any]],
        *,
        replace: bool = False,
        failures: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Store rows of the table of cells, with the text of their `environment`, all or none.

        Of a key that is there, the stored row stays unless `replace` is set. Claims of the cells
        end with it. `failures` are rows of the table of failed tries.
        """
        import sqlalchemy as sa

        table, claims, tried = self.tables.cells, self.tables.claims, self.tables.failures
        keys = [row["key"] for row in rows]

        def work(connection: sqlalchemy.Connection) -> dict[str, int]:
            ids = self._ids_of(connection, {row["environment"] for row in rows})
            values = [
                {name: row[name] for name in row if name != "environment"}
                | {"environment_id": ids[row["environment"]]}
                for row in rows
            ]
            for start in range(0, len(keys), _LOOK_UP_AT_ONCE):
                part = keys[start : start + _LOOK_UP_AT_ONCE]
                if replace:
                    for one in (table, tried):
                        connection.execute(sa.delete(one).where(one.c.key.in_(part)))
                connection.execute(sa.delete(claims).where(claims.c.key.in_(part)))
            connection.execute(insert_new(connection, table), values)
            if failures:
                connection.execute(insert_new(connection, tried), list(failures))
            return ids

        if rows:
            # Known from now on, but not where the transaction failed.
            self._environment_ids |= self._database.transact(work)

    def _ids_of(self, connection: sqlalchemy.Connection, texts: set[str]) -> dict[str, int]:
        """The numbers of environments, which are entered where they are new."""
        import sqlalchemy as sa

        table = self.tables.environments
        ids = {text: self._environment_ids[text] for text in texts if text in self._environment_ids}
        for text in sorted(set(texts) - set(ids)):
            query = sa.select(table.c.id).where(table.c.environment == text)
            found = connection.execute(query).scalar()
            if found is None:
                connection.execute(insert_new(connection, table), [{"environment": text}])
                found = connection.execute(query).scalar_one()
            ids[text] = int(found)
        return ids


def insert_new(connection: sqlalchemy.Connection, table: sqlalchemy.Table) -> Any:
    """An INSERT that leaves out rows whose key is there already."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table).on_conflict_do_nothing()
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table).on_conflict_do_nothing()


def _failure_rows(cell: Cell[Any], reasons: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of a cell's tries that ended without a result, each by its reason.

    Each has an identity of its own, so that none is stored twice; it keeps their order.
    """
    spec = cell.to_dict()
    call = uuid.uuid4().hex[:-4]
    return [
        {
            "id": f"{call}{i:04x}",
            "key": cell.key,
            "spec": json.dumps(spec, sort_keys=True),
            "kind": str(spec.get("kind", "")),
            "ended": datetime.now(UTC).isoformat(timespec="seconds"),
            "reason": reason,
        }
        for i, reason in enumerate(reasons)
    ]
