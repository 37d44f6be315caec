"""Searches, copied into another store: their finished trials, where both say the same."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from genlab.sweep._kinds import same_bits
from genlab.sweep.store._store import Store, insert_new

if TYPE_CHECKING:
    import sqlalchemy

_RUNNING = "running"  # the state of a trial that is not finished (`genlab.selection`)


def merge_searches(source: Store, target: Store) -> tuple[int, tuple[str, ...]]:
    """Copy searches that the target does not have, and finished trials that its own lack.

    A search with a trial of which both stores have other parameters or another outcome is left
    as it is in the target, and so is another search of the same name.

    Returns
    -------
    n_trials : int
        Number of trials that were copied.
    different : tuple
        Names of the searches that were left.
    """
    import sqlalchemy as sa

    studies, trials = source.tables.studies, source.tables.trials
    if not source.has_table(trials.name):
        return 0, ()
    n_trials, different = 0, []
    for study in source.read(sa.select(studies).order_by(studies.c.name)):
        of_it = sa.and_(trials.c.study == study.name, trials.c.state != _RUNNING)
        rows = source.read(sa.select(trials).where(of_it).order_by(trials.c.number))
        if not rows:
            continue
        for table in (target.tables.studies, target.tables.trials):
            target.make_table(table)
        added = target.transact(partial(_carry, target, study, rows))
        if added is None:
            different.append(study.name)
        else:
            n_trials += added
    return n_trials, tuple(different)


def _carry(
    target: Store, study: Any, theirs: Sequence[Any], connection: sqlalchemy.Connection
) -> int | None:
    """The number of trials that were entered; None where the target's search is another one."""
    import sqlalchemy as sa

    studies, trials = target.tables.studies, target.tables.trials
    connection.execute(insert_new(connection, studies), [dict(study._mapping)])
    query = sa.select(studies.c.identity).where(studies.c.name == study.name)
    if connection.execute(query).scalar_one() != study.identity:
        return None
    query = sa.select(trials).where(trials.c.study == study.name)
    ours = {row.number: row for row in connection.execute(query)}
    if any(row.number in ours and not _agree(ours[row.number], row) for row in theirs):
        return None
    new = [{**row._mapping, "owner": ""} for row in theirs if row.number not in ours]
    if new:
        connection.execute(insert_new(connection, trials), new)
    return len(new)


def _agree(ours: Any, theirs: Any) -> bool:
    """Whether two trials of one number are the same, as far as both are known."""
    try:
        if json.loads(ours.point) != json.loads(theirs.point):
            return False
        if ours.state == _RUNNING or ours.state == theirs.state == "failed":
            return True  # the outcome comes; the text of an error may name a machine's paths
        if ours.state != theirs.state or _told(ours.summary) != _told(theirs.summary):
            return False
        one, other = _arrays(ours.arrays), _arrays(theirs.arrays)
        return one.keys() == other.keys() and all(same_bits(one[k], other[k]) for k in one)
    except (ValueError, TypeError, OSError):  # one of them is damaged
        return False


def _told(summary: str) -> dict[str, Any]:
    """What is kept of a trial, but for the time that it took."""
    told: dict[str, Any] = json.loads(summary)
    told.pop("seconds", None)
    return told


def _arrays(packed: bytes) -> dict[str, Any]:
    with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays}
