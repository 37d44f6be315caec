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
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, Union

from genlab._base.errors import StoreError
from genlab.sweep._cell import Cell, unpacked
from genlab.sweep._sqlite import (
    LOCK_SECONDS,
    file_of,
    is_in_memory,
    is_read_only,
    journal_of,
    log_of,
    on_connect,
    open_files_at,
    why_too_long,
)

if TYPE_CHECKING:
    import sqlalchemy

R = TypeVar("R")

#: What every function with a parameter `store` takes: see `opened_store`.
StoreLike: TypeAlias = Union["Store", str, "os.PathLike[str]", None]

SCHEMA_VERSION = 1
_PREFIX = "genlab_"
_LOOK_UP_AT_ONCE = 500
_MOST_TRIES = 20
_ELSEWHERE = "name another one with `store`, --store or $GENLAB_STORE"


def default_store_url() -> str:
    """`$GENLAB_STORE`, or a SQLite file in the user's data directory."""
    import platformdirs

    configured = os.environ.get("GENLAB_STORE")
    if configured:
        return configured
    folder = platformdirs.user_data_path("genlab", appauthor=False)
    return f"sqlite:///{folder / 'store.db'}"


@contextlib.contextmanager
def opened_store(store: StoreLike) -> Iterator[Store]:
    """A block with a store: the one that is given, or one that is opened for the block alone.

    Parameters
    ----------
    store
        A `Store`, which stays open; a database's URL, or the path of a SQLite file; or None for
        `default_store_url`.

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
    with Store(store) as opened:
        yield opened


class Store:
    """Results of cells in a SQL database, one transaction for each finished cell.

    Reading changes nothing: a database that does not exist has no results, and is created when
    the first one is stored. A SQLite file in a folder that cannot be written can be read.

    Parameters
    ----------
    url
        A SQLAlchemy URL ("sqlite:///results.db"), or the path of a SQLite file; None takes
        `default_store_url`.

    Raises
    ------
    StoreError
        Where the database cannot be opened, is no database, or holds another program's tables.
    TypeError
        Where `url` is no text, path or None.

    >>> with Store("sqlite://") as store:
    ...     len(store)
    0
    """

    def __init__(self, url: str | os.PathLike[str] | None = None) -> None:
        import sqlalchemy as sa

        if url is not None and not isinstance(url, (str, os.PathLike)):
            raise TypeError(
                f"`store` must be a Store, a database's URL, a file's path or None, got {url!r}."
            )
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
        self._file = file_of(parsed)
        if self._file is not None and (reason := why_too_long(self._file)):
            raise StoreError(f"cannot open the store {self.url}: {reason}; {_ELSEWHERE}.")
        self._version, self._cells = _tables()
        self._is_there = self._is_made = False
        try:
            self._engine = self._make_engine(parsed)
            with contextlib.suppress(PermissionError):  # it is raised where the store is needed
                self._look()
        except (sa.exc.SQLAlchemyError, ModuleNotFoundError, OSError) as error:
            reason = _reason(error)
            if self._file is not None and is_read_only(self._file) and log_of(self._file).exists():
                reason = (
                    f"the folder cannot be written, which reading {log_of(self._file).name} needs"
                )
            raise StoreError(f"cannot open the store {self.url}: {reason}.") from error
        if self.in_memory:
            self.make()

    def _make_engine(self, url: sqlalchemy.URL) -> sqlalchemy.Engine:
        import sqlalchemy as sa

        options: dict[str, Any] = {}
        if is_in_memory(url):
            # One connection for all threads, for each would have a database of its own.
            options["poolclass"] = sa.StaticPool
            options["connect_args"] = {"check_same_thread": False}
        elif self._file is not None and is_read_only(self._file):
            options["poolclass"] = sa.NullPool  # no connection outlasts what it was opened for
        engine = sa.create_engine(url, **options)
        if self._file is not None:
            open_files_at(engine, self._file)
        if self._sqlite:
            sa.event.listen(engine, "connect", on_connect)
        return engine

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

        if not self._found():
            return 0
        with self.connection() as connection:
            return int(
                connection.execute(sa.select(sa.func.count()).select_from(self._cells)).scalar_one()
            )

    @property
    def in_memory(self) -> bool:
        """Whether it is a SQLite database in memory, which ends with this object."""
        return is_in_memory(self._engine.url)

    @contextlib.contextmanager
    def connection(self) -> Iterator[sqlalchemy.Connection]:
        """A block with a connection for reading; the database's errors are raised as StoreError.

        A duplicate row remains SQLAlchemy's IntegrityError.
        """
        with self._errors(), self._engine.connect() as connection:
            yield connection

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlalchemy.Connection]:
        """A block with a connection, in a transaction that is committed unless the block raises.

        The database is created where there is none.
        """
        self.make()
        with self._errors(), self._engine.begin() as connection:
            yield connection

    def has_table(self, name: str) -> bool:
        """Whether the database has a table of this name."""
        import sqlalchemy as sa

        if not self._found():
            return False
        with self.connection() as connection:
            return sa.inspect(connection).has_table(name)

    def make_table(self, table: sqlalchemy.Table) -> None:
        """Create another room's table beside that of the cells, unless it exists."""
        self.make()
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
        if not keys or not self._found():
            return
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
                connection.execute(sa.insert(self._cells), row)  # compiled once
        except sa.exc.IntegrityError:
            return  # another process finished the same cell first, with the same bits

    def make(self) -> None:
        """Create the database and its tables where they are missing.

        Storing does it by itself; call it before long work whose result is to be stored.

        Raises
        ------
        StoreError
            Where the database cannot be created or written.
        """
        if self._is_made:
            return
        if self._file is not None and not (self._is_there and not self._file.exists()):
            self._make_file(self._file)  # not in place of a store that has been removed
        with self._errors():
            self._look()  # so that a file of another program is left untouched
            if self._sqlite:
                self._set_journal()
            if not self._is_there:
                self._make_tables()
        self._is_made = True

    def _make_file(self, path: Path) -> None:
        """Create an empty file where there is none; StoreError where one cannot be written."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"cannot make the folder of the store {self.url}: {error.strerror}; {_ELSEWHERE}."
            ) from error
        try:
            if not path.exists():
                path.touch()
        except OSError as error:
            raise StoreError(
                f"cannot make the store {self.url}: {error.strerror}; {_ELSEWHERE}."
            ) from error
        for place, what in ((path.parent, "the folder of the store"), (path, "the store")):
            if not os.access(place, os.W_OK):
                raise StoreError(f"{what} {self.url} cannot be written; {_ELSEWHERE}.")

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
        except PermissionError as error:
            reason = f"{error.strerror}; {_ELSEWHERE}"
            raise StoreError(f"cannot open the store {self.url}: {reason}.") from error

    def _found(self) -> bool:
        """Whether the database is there, with genlab's tables."""
        if not self._is_there:
            with self._errors():
                self._look()
        return self._is_there

    def _look(self) -> None:
        """See whether genlab's tables are there; StoreError where another program's are."""
        import sqlalchemy as sa

        if self._file is not None:
            if self._file.is_dir():
                raise StoreError(f"cannot open the store {self.url}: {self._file} is a folder.")
            if not self._file.exists():
                return
        names = set(sa.inspect(self._engine).get_table_names())
        if names and self._version.name not in names:
            raise StoreError(
                f"the store {self.url} holds another program's tables "
                f"({', '.join(sorted(names)[:3])}); give an empty database or one that genlab made."
            )
        if not names:
            return
        stored = self._stored_version()
        if stored is None:
            return  # another process is making it
        if stored != SCHEMA_VERSION:
            raise StoreError(
                f"the store {self.url} has version {stored}, and this genlab reads "
                f"version {SCHEMA_VERSION}."
            )
        self._is_there = True

    def _make_tables(self) -> None:
        import sqlalchemy as sa

        for table in (self._version, self._cells):
            self._make_table(table)
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(self._version).values(version=SCHEMA_VERSION))
        except sa.exc.IntegrityError:
            pass  # another process made the store at the same moment
        self._look()

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

    def _set_journal(self) -> None:
        """Try until it is set: for this switch SQLite does not wait for another's lock."""
        import sqlalchemy as sa

        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                with self._engine.connect() as connection:
                    connection.exec_driver_sql(f"PRAGMA journal_mode = {journal_of(self._file)}")
                return
            except sa.exc.OperationalError as error:
                if "locked" not in str(error.orig) or time.monotonic() > deadline:
                    raise
            time.sleep(0.02)

    def _stored_version(self) -> int | None:
        import sqlalchemy as sa

        with self._engine.connect() as connection:
            version = connection.execute(sa.select(sa.func.max(self._version.c.version))).scalar()
        return None if version is None else int(version)


def _tables() -> tuple[sqlalchemy.Table, sqlalchemy.Table]:
    """The tables of the store's version and of the cells."""
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
    return version, cells


def _reason(error: Exception) -> str:
    """The database's own message, without what SQLAlchemy adds."""
    return str(getattr(error, "orig", None) or error).splitlines()[0]
