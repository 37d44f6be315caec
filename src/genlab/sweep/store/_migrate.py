"""Bring an older store to the present version: all of it or, where anything fails, nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genlab.sweep.store._schema import SCHEMA_VERSION
from genlab.sweep.store.migrations import MIGRATIONS

if TYPE_CHECKING:
    import sqlalchemy


def migrate(engine: sqlalchemy.Engine, version: sqlalchemy.Table) -> None:
    """Migrate the tables in one transaction, once, however many processes call it.

    Parameters
    ----------
    engine
        Of the store's database.
    version
        The table that holds its version, which is read again under a lock.
    """
    import sqlalchemy as sa
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            # Python's driver begins no transaction by itself for changes of tables.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(sa.text(f"LOCK TABLE {version.name} IN ACCESS EXCLUSIVE MODE"))
        stored = connection.execute(sa.select(sa.func.max(version.c.version))).scalar_one()
        operations = Operations(MigrationContext.configure(connection))
        for next_one in range(stored + 1, SCHEMA_VERSION + 1):
            MIGRATIONS[next_one](operations)
        if stored < SCHEMA_VERSION:
            connection.execute(sa.update(version).values(version=SCHEMA_VERSION))
        connection.commit()
