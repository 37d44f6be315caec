"""All cells of a store, some at a time, so that a million of them need little memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from genlab.sweep.store._store import Store


def pages(store: Store, *columns: Any, where: Sequence[Any] = (), n: int = 1000) -> Iterator[Any]:
    """Rows of the cells with their key and these columns, in lists of at most n, by the key.

    Columns of environments are joined. What is stored in the meantime may come or not.
    """
    import sqlalchemy as sa

    cells, environments = store.tables.cells, store.tables.environments
    query = sa.select(cells.c.key, *columns).where(*where).order_by(cells.c.key).limit(n)
    if any(column.table is environments for column in columns):
        query = query.join_from(cells, environments, cells.c.environment_id == environments.c.id)
    last = ""
    while rows := store.read(query.where(cells.c.key > last)):
        yield rows
        last = rows[-1].key
