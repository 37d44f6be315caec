"""The store: the result of every finished cell, kept under its identity in a SQL database."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from genlab._base.errors import StoreError
from genlab.sweep._cell import Cell
from genlab.sweep._kinds import unpacked

if TYPE_CHECKING:
    import sqlalchemy

R = TypeVar("R")

SCHEMA_VERSION = 1
_PREFIX = "genlab_"
_LOOK_UP_AT_ONCE = 500
_LOCK_SECONDS = 30
_MOST_TRIES = 20


def default_store_url() -> str:
    """`$GENLAB_STORE`, or a SQLite file in the user's data directory."""
    import platformdirs

    configured = os.environ.get("GENLAB_STORE")
    if configured:
        return configured
    folder = platformdirs.user_data_path("genlab", appauthor=False)
    return f"sqlite:///{folder / 'store.db'}"


class Store:
    """Results of cells in a SQL database, one transaction for each finished cell.

    Parameters
    ----------
    url
        A SQLAlchemy URL ("sqlite:///results.db"), or the path of a SQLite file,
        created where there is none; None takes `default_store_url`.

    Raises
    ------
    StoreError
        Where the database cannot be opened or created, is no database, or holds
        another program's tables.

    >>> with Store("sqlite://") as store:
    ...     len(store)
    0
    """

    def __init__(self, url: str | os.PathLike[str] | None = None) -> None:
        import sqlalchemy as sa

        text = default_store_url() if url is None else os.fspath(url)
        if not text:
            raise StoreError("the store must be a database's URL or a file's path, got neither.")
        if "://" in text:
            try:
                parsed = sa.make_url(text)
            except (sa.exc.ArgumentError, ValueError):
                scheme = text.split("://")[0]
                raise StoreError(f"the store's URL {scheme}://... cannot be read.") from None
        else:
            parsed = sa.URL.create("sqlite", database=str(Path(text).expanduser()))
        self.url = parsed.render_as_string(hide_password=True)
        self._sqlite = parsed.get_backend_name() == "sqlite"
        in_memory = _in_memory(parsed)
        if self._sqlite and not in_memory:
            self._make_folder(Path(str(parsed.database)))
        try:
            # One connection for all threads, for each would have a database of its own.
            options: dict[str, Any] = {}
            if in_memory:
                options["poolclass"] = sa.StaticPool
                options["connect_args"] = {"check_same_thread": False}
            self._engine = sa.create_engine(parsed, **options)
            if self._sqlite:
                sa.event.listen(self._engine, "connect", _on_sqlite_connect)
            self._cells = self._tables()
        except (sa.exc.SQLAlchemyError, ModuleNotFoundError, OSError) as error:
            raise StoreError(f"cannot open the store {self.url}: {_reason(error)}.") from error

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
        self._engine.dispose()

    def __len__(self) -> int:
        """Number of stored results."""
        import sqlalchemy as sa

        with self.connection() as connection:
            return int(
                connection.execute(sa.select(sa.func.count()).select_from(self._cells)).scalar_one()
            )

    @property
    def in_memory(self) -> bool:
        """Whether it is a SQLite database in memory, which ends with this object."""
        return _in_memory(self._engine.url)

    @contextlib.contextmanager
    def connection(self) -> Iterator[sqlalchemy.Connection]:
        """A block with a connection to the database; its errors are raised as StoreError.

        A duplicate row remains SQLAlchemy's IntegrityError.
        """
        with self._errors(), self._engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlalchemy.Connection]:
        """A block with a connection, in a transaction that is committed unless the block raises."""
        with self._errors(), self._engine.begin() as connection:
            yield connection

    def has_table(self, name: str) -> bool:
        """Whether the database has a table of this name."""
        import sqlalchemy as sa

        with self.connection() as connection:
            return sa.inspect(connection).has_table(name)

    def make_table(self, table: sqlalchemy.Table) -> None:
        """Create another room's table beside that of the cells, unless it exists."""
        with self._errors():
            self._make_table(table)

    def get(self, cells: Iterable[Cell[R]]) -> dict[str, R]:
        """The stored results of `cells`, by their keys; each read by its own kind of cell."""
        by_key = {cell.key: cell for cell in cells}
        rows = self._rows(by_key.values(), "result")
        return {row.key: unpacked(by_key[row.key], row.result) for row in rows}

    def environments(self, cells: Iterable[Cell[Any]]) -> dict[str, int]:
        """Environments (see `put`) of the stored results of `cells`: JSON -> number of cells."""
        counts: dict[str, int] = {}
        for row in self._rows(cells, "environment"):
            counts[row.environment] = counts.get(row.environment, 0) + 1
        return counts

    def seconds(self, cells: Iterable[Cell[Any]]) -> dict[str, float]:
        """Seconds that the stored results of `cells` took, by their keys."""
        return {row.key: float(row.seconds) for row in self._rows(cells, "seconds")}

    def _rows(self, cells: Iterable[Cell[Any]], column: str) -> Iterator[Any]:
        """The key and one column of each of `cells` that is stored."""
        import sqlalchemy as sa

        keys = list(dict.fromkeys(cell.key for cell in cells))
        query = sa.select(self._cells.c.key, self._cells.c[column])
        with self.connection() as connection:
            for start in range(0, len(keys), _LOOK_UP_AT_ONCE):
                part = keys[start : start + _LOOK_UP_AT_ONCE]
                yield from connection.execute(query.where(self._cells.c.key.in_(part)))

    def put(
        self,
        cell: Cell[R],
        result: R,
        *,
        seconds: float,
        environment: Mapping[str, str],
        replace: bool = False,
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
            Whether the result replaces a stored one; otherwise the stored one stays.
        """
        import sqlalchemy as sa

        row = {
            "key": cell.key,
            "spec": json.dumps(cell.to_dict(), sort_keys=True),
            "result": cell.pack(result),
            "seconds": seconds,
            "environment": json.dumps(dict(environment), sort_keys=True),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        try:
            with self.transaction() as connection:
                if replace:
                    connection.execute(sa.delete(self._cells).where(self._cells.c.key == cell.key))
                connection.execute(sa.insert(self._cells).values(row))
        except sa.exc.IntegrityError:
            return  # another process finished the same cell first, with the same bits

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """Raise the database's errors as StoreError, except for a duplicate row."""
        import sqlalchemy as sa

        try:
            yield
        except sa.exc.IntegrityError:
            raise
        except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
            raise StoreError(f"the store {self.url} fails: {_reason(error)}.") from error

    def _make_folder(self, path: Path) -> None:
        if path.is_dir():
            raise StoreError(f"cannot open the store {self.url}: {path} is a folder.")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"cannot make the folder of the store {self.url}: {error.strerror}."
            ) from error

    def _tables(self) -> sqlalchemy.Table:
        """The table of cells, created in an empty database; another program's is refused."""
        import sqlalchemy as sa

        metadata = sa.MetaData()
        version = sa.Table(
            f"{_PREFIX}version", metadata, sa.Column("version", sa.Integer, primary_key=True)
        )
        cells = sa.Table(
            f"{_PREFIX}cells",
            metadata,
            sa.Column("key", sa.String(64), primary_key=True),
            sa.Column("spec", sa.Text, nullable=False),
            sa.Column("result", sa.LargeBinary, nullable=False),
            sa.Column("seconds", sa.Float, nullable=False),
            sa.Column("environment", sa.Text, nullable=False),
            sa.Column("finished", sa.String(32), nullable=False),
        )
        names = set(sa.inspect(self._engine).get_table_names())
        if names and version.name not in names:
            raise StoreError(
                f"the store {self.url} holds another program's tables "
                f"({', '.join(sorted(names)[:3])}); give an empty database or one that genlab made."
            )
        if self._sqlite:
            # Only now, so that a file of another program is left untouched.
            self._switch_to_wal()
        for table in (version, cells):
            self._make_table(table)
        stored = self._version(version)
        if stored is None:
            try:
                with self._engine.begin() as connection:
                    connection.execute(sa.insert(version).values(version=SCHEMA_VERSION))
            except sa.exc.IntegrityError:
                pass  # another process made the store at the same moment
            stored = self._version(version)
        if stored != SCHEMA_VERSION:
            raise StoreError(
                f"the store {self.url} has version {stored}, and this genlab reads "
                f"version {SCHEMA_VERSION}."
            )
        return cells

    def _make_table(self, table: sqlalchemy.Table) -> None:
        """Create a table unless it exists.

        Tried again where PostgreSQL refuses, as it does while another process creates the same.
        """
        import sqlalchemy as sa

        for tries_left in reversed(range(_MOST_TRIES)):
            try:
                with self._engine.begin() as connection:
                    connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
                return
            except (sa.exc.IntegrityError, sa.exc.ProgrammingError):
                if not tries_left:
                    raise
            time.sleep(0.05)

    def _switch_to_wal(self) -> None:
        """Try until it is done: for this switch SQLite does not wait for another's lock."""
        import sqlalchemy as sa

        deadline = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                with self._engine.connect() as connection:
                    connection.exec_driver_sql("PRAGMA journal_mode = WAL")
                return
            except sa.exc.OperationalError as error:
                if "locked" not in str(error.orig) or time.monotonic() > deadline:
                    raise
            time.sleep(0.02)

    def _version(self, table: sqlalchemy.Table) -> int | None:
        import sqlalchemy as sa

        with self._engine.connect() as connection:
            version = connection.execute(sa.select(sa.func.max(table.c.version))).scalar()
        return None if version is None else int(version)


def _in_memory(url: sqlalchemy.URL) -> bool:
    return url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")


def _reason(error: Exception) -> str:
    """The database's own message, without what SQLAlchemy adds."""
    return str(getattr(error, "orig", None) or error).splitlines()[0]


def _on_sqlite_connect(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {1000 * _LOCK_SECONDS}")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()
