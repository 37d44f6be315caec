"""The openings of sealed test sets: a table beside the store's cells, one row per opening.

The database guarantees that a test set is opened once: the content's hash and the opening's
number are the primary key, and a row is written before anything is evaluated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from genlab._base.errors import StoreError

if TYPE_CHECKING:
    import sqlalchemy

    from genlab.sweep import Store

# Key of `by`, as it is stored, for the hash that earlier versions of genlab gave the content.
_BEFORE = "content_before"
# Of processes that reopen one set at the same moment, each loses to each other at most once a turn.
_MOST_TURNS = 1000


@dataclass(frozen=True)
class OpeningRow:
    """One opening as it is kept.

    Attributes
    ----------
    content
        Hash of the test set's content.
    number
        1 for the first opening of it.
    opened
        Time of the claim, in UTC, in ISO 8601 to the millisecond.
    n
        Number of examples in the test set.
    model, by
        The evaluated model: a description, and JSON values.
    reason
        The reason that was given.
    result
        Result as JSON values; None where the evaluation failed or is not finished.
    before
        Hash that earlier versions of genlab gave the same content, where it is another one.
    """

    content: str
    number: int
    opened: str
    n: int
    model: str
    by: Mapping[str, Any]
    reason: str
    result: Mapping[str, Any] | None
    before: str | None = None


class Openings:
    """The openings in a store's database; their table is made with the first of them.

    >>> from genlab.sweep import Store
    >>> with Store("sqlite://") as store:
    ...     openings = Openings(store)
    ...     first = openings.claim("ab12", n=10, model="a model", by={}, reason="to see")
    ...     openings.claim("ab12", n=10, model="another", by={}, reason="to see") is None
    True
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._table = store.tables.openings

    def read(self, content: str | None = None, before: str | None = None) -> list[OpeningRow]:
        """The openings of one test set, or of all, in the order of their sets' first openings.

        Those of one test set are under its hash, under the hash `before` that earlier versions
        gave it, and under those of the other copies that have its hash.
        """
        import sqlalchemy as sa

        table = self._table
        query = sa.select(table).order_by(table.c.opened, table.c.content, table.c.number)
        if not self._store.has_table(table.name):
            return []
        if content is not None:
            query = query.where(table.c.content.in_(self._hashes(content, before)))
        with self._store.connection() as connection:
            rows = [_row(row) for row in connection.execute(query)]
        contents = present_contents(rows) if content is None else [content] * len(rows)
        place = {content: i for i, content in reversed(list(enumerate(contents)))}
        ordered = zip(contents, rows, strict=True)
        return [row for _, row in sorted(ordered, key=lambda p: (place[p[0]], p[1].number))]

    def claim(
        self,
        content: str,
        *,
        n: int,
        model: str,
        by: Mapping[str, Any],
        reason: str,
        again: bool = False,
        before: str | None = None,
    ) -> OpeningRow | None:
        """Write an opening down before it is done, in a transaction of its own.

        None where the test set was opened before, also under the hash `before` that earlier
        versions gave it; or with `again`, for one opening more, where it never was.
        """
        import sqlalchemy as sa

        self._store.make_table(self._table)
        values = {"content": content, "n": n, "model": model, "reason": reason}
        former = {} if before is None else {_BEFORE: before}
        values["by"] = json.dumps({**by, **former}, sort_keys=True)
        for _ in range(_MOST_TURNS):
            last = self._last(content, before)
            if again != (last > 0):
                return None
            number = last + 1
            opened = datetime.now(UTC).isoformat(timespec="milliseconds")
            try:
                self._insert({**values, "number": number, "opened": opened})
            except sa.exc.IntegrityError:
                continue  # another process was first
            return OpeningRow(content, number, opened, n, model, by, reason, None, before)
        raise StoreError(f"the store {self._store.url} fails: it takes no opening of {content}.")

    def finish(self, opening: OpeningRow, result: Mapping[str, Any]) -> None:
        """Write down what an opening that was claimed showed."""
        import sqlalchemy as sa

        table = self._table
        mine = sa.and_(table.c.content == opening.content, table.c.number == opening.number)
        text = json.dumps(dict(result), sort_keys=True, allow_nan=False)
        with self._store.transaction() as connection:
            connection.execute(sa.update(table).where(mine).values(result=text))

    def _hashes(self, content: str, before: str | None) -> set[str]:
        """All hashes under which the openings of one test set may be found."""
        import sqlalchemy as sa

        query = sa.select(self._table.c.by).where(self._table.c.content == content)
        with self._store.connection() as connection:
            stored = [_json(by) for by in connection.execute(query).scalars()]
        former = [before, *(by.get(_BEFORE) for by in stored if isinstance(by, dict))]
        return {content, *(one for one in former if one is not None)}

    def _last(self, content: str, before: str | None) -> int:
        import sqlalchemy as sa

        column = self._table.c.content
        query = sa.select(sa.func.max(self._table.c.number))
        query = query.where(column.in_(self._hashes(content, before)))
        with self._store.connection() as connection:
            return int(connection.execute(query).scalar() or 0)

    def _insert(self, values: Mapping[str, Any]) -> None:
        import sqlalchemy as sa

        with self._store.connection() as connection:
            sqlite = connection.dialect.name == "sqlite"
            try:
                if sqlite:  # a power cut must not close again what was opened
                    connection.exec_driver_sql("PRAGMA synchronous = FULL")
                connection.execute(sa.insert(self._table).values(values))
                connection.commit()
            finally:
                connection.rollback()
                if sqlite:
                    connection.exec_driver_sql("PRAGMA synchronous = NORMAL")


def present_contents(rows: list[OpeningRow]) -> list[str]:
    """The hash that this version gives the content of each row, as far as the rows tell it."""
    present = {row.before: row.content for row in rows if row.before is not None}
    return [present.get(row.content, row.content) for row in rows]


def _row(row: sqlalchemy.Row[Any]) -> OpeningRow:
    values = dict(row._mapping)
    try:
        values["by"] = json.loads(values["by"])
        values["result"] = None if values["result"] is None else json.loads(values["result"])
    except ValueError:
        raise StoreError(
            f"opening {values['number']} of the test set {values['content'][:12]} cannot be read."
        ) from None
    return OpeningRow(**values, before=values["by"].pop(_BEFORE, None))


def _json(text: str) -> Any:
    """A stored JSON value; None where it cannot be read, which `read` reports."""
    try:
        return json.loads(text)
    except ValueError:
        return None
