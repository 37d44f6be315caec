"""The database of a store: opened, looked at, made, brought to the present version, or refused."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from genlab._base.errors import StoreError
from genlab.sweep.store._migrate import migrate
from genlab.sweep.store._schema import SCHEMA_VERSION, make_tables
from genlab.sweep.store._sqlite import (
    LOCK_SECONDS,
    copy_of,
    file_of,
    is_in_memory,
    is_read_only,
    journal_of,
    log_of,
    on_connect,
    open_files_at,
    why_too_long,
)
from genlab.sweep.store._urls import parsed_url, secrets, shown
from genlab.sweep.store._waiting import (
    connect_arguments,
    may_come_back,
    patiently,
    seconds_to_wait,
)

if TYPE_CHECKING:
    import sqlalchemy

T = TypeVar("T")

_MOST_TRIES = 20
_ELSEWHERE = "name another one with `store`, --store or $GENLAB_STORE"


class Database:
    """A database with genlab's tables, or one in which they are made when first needed.

    Parameters
    ----------
    place
        A SQLAlchemy URL, the path of a SQLite file, or None for the default store.
    wait
        Seconds that a server which does not answer is waited for; None takes the usual ones.
    """

    def __init__(self, place: str | os.PathLike[str] | None, wait: float | None = None) -> None:
        import sqlalchemy as sa

        url = parsed_url(place)
        self._wait = seconds_to_wait() if wait is None else wait
        self.url = shown(url)
        self.tables = make_tables()
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self._secrets = secrets(url)
        self._file = file_of(url)
        if self._file is not None and (reason := why_too_long(self._file)):
            raise StoreError(f"cannot open the store {self.url}: {reason}; {_ELSEWHERE}.")
        self._is_there = self._is_made = False
        self._cleanup = contextlib.ExitStack()
        try:
            self.engine = self._make_engine(url, self._file)
            try:
                self._look()
            except PermissionError:
                pass  # it is raised where the store is needed
            except BaseException:
                self.engine.dispose()  # so that SQLite's files beside a store are not left
                raise
        except ModuleNotFoundError as error:
            raise StoreError(
                f"cannot open the store {self.url}: {error}; pip install 'genlab[postgres]' "
                "installs what PostgreSQL needs."
            ) from error
        except (sa.exc.SQLAlchemyError, OSError, ValueError, TypeError) as error:
            # The last two are of a driver whose options in the URL make no sense.
            reason = self._reason(error)
            if self._file is not None and is_read_only(self._file) and log_of(self._file).exists():
                reason = (
                    f"the folder cannot be written, which reading {log_of(self._file).name} needs"
                )
            raise StoreError(f"cannot open the store {self.url}: {reason}.") from error
        if self.in_memory:
            self.make()

    def _make_engine(self, url: sqlalchemy.URL, file: Path | None) -> sqlalchemy.Engine:
        import sqlalchemy as sa

        options: dict[str, Any] = {}
        if is_in_memory(url):
            # One connection for all threads, for each would have a database of its own.
            options["poolclass"] = sa.StaticPool
            options["connect_args"] = {"check_same_thread": False}
        elif file is not None and is_read_only(file):
            options["poolclass"] = sa.NullPool  # no connection outlasts what it was opened for
        elif not self.is_sqlite:
            options["pool_pre_ping"] = True  # the server may have been started again
            options["connect_args"] = connect_arguments(url, self._wait)
        engine = sa.create_engine(url, **options)
        if file is not None:
            open_files_at(engine, file)
        if self.is_sqlite:
            sa.event.listen(engine, "connect", on_connect)
        return engine

    def close(self) -> None:
        """Close the connections, and remove what was copied."""
        self.engine.dispose()
        self._cleanup.close()

    @property
    def place(self) -> str:
        """The file, or else the URL without secrets."""
        return self.url if self._file is None else str(self._file)

    @property
    def in_memory(self) -> bool:
        """Whether it is a SQLite database in memory."""
        return is_in_memory(self.engine.url)

    @contextlib.contextmanager
    def connection(self) -> Iterator[sqlalchemy.Connection]:
        """A block with a connection for reading; the database's errors are raised as StoreError.

        A duplicate row remains SQLAlchemy's IntegrityError.
        """
        with self._errors(), self._connected() as connection:
            yield connection

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlalchemy.Connection]:
        """A block with a connection, in a transaction that is committed unless the block raises.

        The database is created where there is none.
        """
        self.make()
        with self._errors(), self._connected() as connection, connection.begin():
            yield connection

    def transact(self, work: Callable[[sqlalchemy.Connection], T]) -> T:
        """What `work` returns in a transaction of its own, done again where the server was lost.

        A server that is started again in the meantime has kept all of it or nothing, but may not
        have said which: so `work` must be one that does no harm when it is done twice.
        """

        def work_once() -> T:
            with self.transaction() as connection:
                return work(connection)

        return self._patiently(work_once, lambda error: self._is_lost(error.__cause__))

    def read(self, query: Any) -> list[Any]:
        """The rows of a query; () where the store is not there. Again where the server was lost."""
        if not self.found():
            return []

        def read_once() -> list[Any]:
            with self.connection() as connection:
                return list(connection.execute(query).all())

        return self._patiently(read_once, lambda error: self._is_lost(error.__cause__))

    def _connected(self) -> sqlalchemy.Connection:
        """A connection; a server that was there before is waited for, whatever the driver says."""
        return self._patiently(self.engine.connect, self._is_away)

    def _patiently(self, work: Callable[[], T], again: Callable[[Exception], bool]) -> T:
        return patiently(work, again=again, seconds=self._wait, place=self.url)

    def _is_away(self, error: Exception) -> bool:
        """Whether the error says that a server does not answer, and might."""
        import sqlalchemy as sa

        if self.is_sqlite or not isinstance(error, sa.exc.OperationalError):
            return False
        return self._is_there or may_come_back(str(error.orig))

    def _is_lost(self, error: BaseException | None) -> bool:
        """Whether the error says that the connection to a server broke."""
        import sqlalchemy as sa

        if self.is_sqlite or not isinstance(error, sa.exc.DBAPIError):
            return False
        return error.connection_invalidated

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """Raise the database's errors as StoreError, except for a duplicate row."""
        import sqlalchemy as sa

        try:
            yield
        except sa.exc.IntegrityError:
            raise
        except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
            raise StoreError(f"the store {self.url} fails: {self._reason(error)}.") from error
        except PermissionError as error:
            reason = f"{error.strerror}; {_ELSEWHERE}"
            raise StoreError(f"cannot open the store {self.url}: {reason}.") from error

    def _reason(self, error: Exception) -> str:
        """The database's own message, without what SQLAlchemy adds, and without secrets."""
        reason = (str(getattr(error, "orig", None) or error).splitlines() or [repr(error)])[0]
        for secret in self._secrets:
            reason = reason.replace(secret, "***")
        return reason.rstrip(".")

    def found(self) -> bool:
        """Whether the database is there, with genlab's tables."""
        if not self._is_there:
            with self._errors():
                self._look()
        return self._is_there

    def has_table(self, name: str) -> bool:
        """Whether the database has a table of this name."""
        import sqlalchemy as sa

        if not self.found():
            return False
        with self.connection() as connection:
            return sa.inspect(connection).has_table(name)

    def _look(self) -> None:
        """See whether genlab's tables are there; StoreError where another program's are."""
        import sqlalchemy as sa

        if self._file is not None:
            if self._file.is_dir():
                raise StoreError(f"cannot open the store {self.url}: {self._file} is a folder.")
            if not self._file.exists():
                return
        with self._connected() as connection:
            names = set(sa.inspect(connection).get_table_names())
        if names and self.tables.version.name not in names:
            raise StoreError(
                f"the store {self.url} holds another program's tables "
                f"({', '.join(sorted(names)[:3])}); give an empty database or one that genlab made."
            )
        if not names:
            return
        stored = self._stored_version()
        if stored is None:
            return  # another process is making it
        if stored > SCHEMA_VERSION:
            raise StoreError(
                f"the store {self.url} has version {stored}, and this genlab reads version "
                f"{SCHEMA_VERSION}; a newer genlab wrote it: update genlab."
            )
        if stored < SCHEMA_VERSION:
            self._bring_up(stored)
        self._is_there = True

    def _bring_up(self, stored: int) -> None:
        """Migrate the tables; of a file that cannot be written, those of a copy."""
        import sqlalchemy as sa

        if self._file is not None and is_read_only(self._file):
            folder = Path(tempfile.mkdtemp(prefix="genlab-store-"))
            self._cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
            copy = copy_of(self.engine, folder / "store.db")
            self.engine.dispose()
            self.engine = self._make_engine(sa.URL.create("sqlite", database=str(copy)), copy)
        try:
            migrate(self.engine, self.tables.version)
        except sa.exc.SQLAlchemyError as error:
            raise StoreError(
                f"the store {self.url} has version {stored}, and cannot be brought to version "
                f"{SCHEMA_VERSION}: {self._reason(error)}; it was left as it was."
            ) from error
        self.engine.dispose()  # no connection that knows the tables of before

    def make(self) -> None:
        """Create the database and its tables where they are missing.

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
            if self.is_sqlite:
                self._set_journal()
            if not self._is_there:
                self._make_tables()
        self._is_made = True

    def vacuum(self) -> None:
        """Give the space of removed rows back, and renew what queries are planned by."""
        statement = "VACUUM" if self.is_sqlite else f"VACUUM ANALYZE {self.tables.cells.name}"
        with self._errors(), self._connected() as connection:
            alone = connection.execution_options(isolation_level="AUTOCOMMIT")
            alone.exec_driver_sql(statement)

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

    def _make_tables(self) -> None:
        import sqlalchemy as sa

        version = self.tables.version
        others = (table for table in self.tables.metadata.sorted_tables if table is not version)
        for table in (version, *others):  # by the first, others see whose database it is
            self._make_table(table)
        try:
            with self.engine.begin() as connection:
                connection.exec_driver_sql(
                    f"INSERT INTO {version.name} (version) VALUES ({SCHEMA_VERSION})"
                )
        except sa.exc.IntegrityError:
            pass  # another process made the store at the same moment
        self._look()

    def make_table(self, table: sqlalchemy.Table) -> None:
        """Create another room's table beside that of the cells, unless it exists."""
        self.make()
        with self._errors():
            self._make_table(table)

    def _make_table(self, table: sqlalchemy.Table) -> None:
        """Create a table and its indexes unless they exist.

        Tried again where PostgreSQL refuses, as it does while another process creates the same.
        """
        import sqlalchemy as sa

        statements = _statements(table, self.engine.dialect.name)
        for tries_left in reversed(range(_MOST_TRIES)):
            try:
                with self.engine.begin() as connection:
                    for statement in statements:
                        connection.exec_driver_sql(statement)
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
                with self.engine.connect() as connection:
                    connection.exec_driver_sql(f"PRAGMA journal_mode = {journal_of(self._file)}")
                return
            except sa.exc.OperationalError as error:
                if "locked" not in str(error.orig) or time.monotonic() > deadline:
                    raise
            time.sleep(0.02)

    def _stored_version(self) -> int | None:
        with self.engine.connect() as connection:
            query = f"SELECT max(version) FROM {self.tables.version.name}"
            version = connection.exec_driver_sql(query).scalar()
        return None if version is None else int(version)


@lru_cache
def _statements(table: sqlalchemy.Table, dialect: str) -> tuple[str, ...]:
    """What makes a table and its indexes, unless they exist: written once for all stores."""
    import sqlalchemy as sa

    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    parts: list[Any] = [
        sa.schema.CreateTable(table, if_not_exists=True),
        *(sa.schema.CreateIndex(index, if_not_exists=True) for index in indexes),
    ]
    written = sa.dialects.registry.load(dialect)()
    return tuple(str(part.compile(dialect=written)) for part in parts)
