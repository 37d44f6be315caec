"""Openings of sealed test sets, copied into another store: none is lost, and none counts twice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from genlab.sweep.store._store import Store

if TYPE_CHECKING:
    import sqlalchemy

_MOST_TURNS = 1000
# By these an opening is known again. Two that have them in common are two in their own store, too.
_SAME = ("opened", "n", "model", "by", "reason")


def merge_openings(source: Store, target: Store) -> tuple[int, dict[str, int]]:
    """Copy the openings that the target does not have.

    Those that it has keep their numbers, since an evaluation that is under way is entered under
    its own. Those that are copied get the numbers after them.

    Returns
    -------
    n_added : int
        Number of openings that were copied.
    reopened : dict
        The hash of each test set that was open in the target and has been opened more often than
        was known there -> number of openings now.
    """
    theirs, ours = _openings(source), _openings(target)
    if not theirs:
        return 0, {}
    target.make_table(target.tables.openings)
    n_added = 0
    for content, rows in groupby(theirs, lambda row: row.content):
        n_added += _carried(target, content, list(rows))
    all_of_them = _openings(target)
    present = _present(all_of_them)
    before, now = (
        Counter(present.get(row.content, row.content) for row in rows)
        for rows in (ours, all_of_them)
    )
    return n_added, {content: now[content] for content in before if now[content] > before[content]}


def _openings(store: Store) -> list[Any]:
    """All openings of a store, those of one content together."""
    import sqlalchemy as sa

    table = store.tables.openings
    if not store.has_table(table.name):
        return []
    return store.read(sa.select(table).order_by(table.c.content, table.c.number))


def _present(rows: Sequence[Any]) -> dict[str, str]:
    """The hash that an earlier genlab gave a content -> its present one (`genlab.sealing`)."""
    found = {}
    for row in rows:
        try:
            by = json.loads(row.by)
        except ValueError:
            continue
        if isinstance(by, Mapping) and isinstance(by.get("content_before"), str):
            found[by["content_before"]] = row.content
    return found


def _carried(target: Store, content: str, theirs: Sequence[Any]) -> int:
    import sqlalchemy as sa

    for _ in range(_MOST_TURNS):
        try:
            return target.transact(partial(_carry, target.tables.openings, content, theirs))
        except sa.exc.IntegrityError:
            continue  # another process opened the test set at the same moment
    raise AssertionError


def _carry(
    table: sqlalchemy.Table,
    content: str,
    theirs: Sequence[Any],
    connection: sqlalchemy.Connection,
) -> int:
    import sqlalchemy as sa

    query = sa.select(table).where(table.c.content == content).order_by(table.c.number)
    ours = list(connection.execute(query))
    last = max((row.number for row in ours), default=0)
    added = 0
    for row in theirs:
        same = next((one for one in ours if _is_same(one, row)), None)
        if same is None:
            last, added = last + 1, added + 1
            connection.execute(sa.insert(table).values({**row._mapping, "number": last}))
            continue
        ours.remove(same)  # it stands for one opening of theirs
        if same.result is None and row.result is not None:  # it was copied before it was finished
            mine = sa.and_(table.c.content == content, table.c.number == same.number)
            connection.execute(sa.update(table).where(mine).values(result=row.result))
    return added


def _is_same(one: Any, other: Any) -> bool:
    if any(getattr(one, name) != getattr(other, name) for name in _SAME):
        return False
    return None in (one.result, other.result) or one.result == other.result
