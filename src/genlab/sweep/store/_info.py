"""What a store holds, counted by its indexes: a million cells in less than a second."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from genlab._base.checks import integer
from genlab._base.jsons import Row, finite
from genlab.sweep._kinds import class_of
from genlab.sweep.store._failures import count_failures, failures_of, reasons_of
from genlab.sweep.store._schema import PREFIX, SCHEMA_VERSION
from genlab.sweep.store._store import Store, StoreLike, opened_store


@dataclass(frozen=True)
class StoreInfo:
    """What a store holds.

    Attributes
    ----------
    url
        Where it is, without a password.
    version
        The version of its tables.
    n_cells
        Number of stored results.
    n_bytes
        Size of the database in bytes, with all that lies in it.
    seconds
        Seconds that the results took to compute, all together.
    first, last
        When the first and the last of them was stored, in UTC; "" where there is none.
    n_retried
        Results that more than one try was needed for.
    n_failed
        Cells that have no result, because every try of them failed.
    n_claimed, n_runs
        Cells that runs compute now, and these runs. One that was killed counts until another
        takes over what it had begun.
    kinds
        A row for each kind of cells: `kind`, `cells` and `seconds`.
    environments
        A row for each set of libraries and device that results were computed with: `cells`,
        `seconds`, and the name and version of each.
    others
        Number of rows in the other tables of genlab, such as those of openings and searches.
    """

    url: str
    version: int
    n_cells: int
    n_bytes: int
    seconds: float
    first: str
    last: str
    n_retried: int
    n_failed: int
    n_claimed: int
    n_runs: int
    kinds: list[Row]
    environments: list[Row]
    others: dict[str, int]


def store_info(store: StoreLike = None) -> StoreInfo:
    """What a store holds: numbers of results, by their kind and by what computed them.

    Parameters
    ----------
    store
        A Store, a database's URL or a SQLite file's path; None opens the default one.

    >>> store_info("sqlite://").n_cells
    0
    """
    import sqlalchemy as sa

    with opened_store(store, patient=False) as opened:
        tables = opened.tables
        cells, claims = tables.cells, tables.claims
        count, total = sa.func.count(), sa.func.sum(cells.c.seconds)
        grouped = opened.read(
            sa.select(cells.c.kind, cells.c.environment_id, count.label("n"), total.label("s"))
            .group_by(cells.c.kind, cells.c.environment_id)
            .order_by(cells.c.kind, cells.c.environment_id)
        )
        texts = {row.id: row.environment for row in opened.read(sa.select(tables.environments))}
        kinds: dict[str, Row] = {}
        environments: dict[int, Row] = {}
        for row in grouped:
            named = {"kind": row.kind}
            said = json.loads(texts[row.environment_id])
            of = ((kinds, row.kind, named), (environments, row.environment_id, said))
            for rows, key, rest in of:
                one = rows.setdefault(key, {"cells": 0, "seconds": 0.0, **rest})
                one["cells"] += row.n
                one["seconds"] += row.s
        finished = cells.c.finished
        first = opened.read(sa.select(finished).order_by(finished, cells.c.key).limit(1))
        newest = sa.select(finished).order_by(finished.desc(), cells.c.key.desc()).limit(1)
        last = opened.read(newest)
        claimed = opened.read(sa.select(count, sa.func.count(claims.c.owner.distinct())))
        n_retried, n_failed = count_failures(opened)
        return StoreInfo(
            url=opened.url,
            version=SCHEMA_VERSION,
            n_cells=sum(row["cells"] for row in kinds.values()),
            n_bytes=_n_bytes(opened),
            seconds=float(sum(row["seconds"] for row in kinds.values())),
            first=first[0].finished if first else "",
            last=last[0].finished if last else "",
            n_retried=n_retried,
            n_failed=n_failed,
            n_claimed=claimed[0][0] if claimed else 0,
            n_runs=claimed[0][1] if claimed else 0,
            kinds=sorted(kinds.values(), key=lambda row: -row["cells"]),
            environments=sorted(environments.values(), key=lambda row: -row["cells"]),
            others=_others(opened),
        )


def _n_bytes(store: Store) -> int:
    import sqlalchemy as sa

    if store.backend == "sqlite":
        sizes = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    else:
        sizes = (
            "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c "
            "WHERE c.relkind = 'r' AND pg_table_is_visible(c.oid) "
            f"AND c.relname LIKE '{PREFIX}%'"
        )
    rows = store.read(sa.text(sizes))
    return int(rows[0][0]) if rows else 0


def _others(store: Store) -> dict[str, int]:
    """The number of rows of the tables that other rooms have made."""
    import sqlalchemy as sa

    own = set(store.tables.metadata.tables)
    if not store.has_table(store.tables.version.name):
        return {}
    with store.connection() as connection:
        names = sorted(sa.inspect(connection).get_table_names())
    return {
        name.removeprefix(PREFIX): int(
            store.read(sa.select(sa.func.count()).select_from(sa.table(name)))[0][0]
        )
        for name in names
        if name.startswith(PREFIX) and name not in own
    }


def stored_cells(store: StoreLike = None, *, limit: int = 20, kind: str | None = None) -> list[Row]:
    """The cells that were stored last, the newest first.

    Parameters
    ----------
    store
        A Store, a database's URL or a SQLite file's path; None opens the default one.
    limit
        The most that are listed.
    kind
        Only cells of this kind, such as "Cell" (a network) or "EstimatorCell".

    Returns
    -------
    list
        A row for each: `key`, `kind`, `dataset` (of a fold or another part the name of the whole;
        "content" for a table or arrays of your own), `model`, `seed`, `train_error` and
        `test_error` (fractions; None where the kind has none), `seconds`, `tries` (how
        many it took; more than 1 where the process of a cell had ended) and `finished` in UTC.
    """
    import sqlalchemy as sa

    integer("limit", limit, low=1)
    with opened_store(store, patient=False) as opened:
        cells = opened.tables.cells
        query = sa.select(cells).order_by(cells.c.finished.desc(), cells.c.key.desc())
        if kind is not None:
            query = query.where(cells.c.kind == kind)
        rows = opened.read(query.limit(limit))
        reasons = reasons_of(opened, [row.key for row in rows])
        return [_row(row, len(reasons.get(row.key, ()))) for row in rows]


def failed_cells(store: StoreLike = None, *, limit: int = 20, kind: str | None = None) -> list[Row]:
    """The cells that have no result because every try of them failed, the last one first.

    Parameters
    ----------
    store
        A Store, a database's URL or a SQLite file's path; None opens the default one.
    limit
        The most that are listed.
    kind
        Only cells of this kind, such as "Cell" (a network) or "EstimatorCell".

    Returns
    -------
    list
        A row for each: `key`, `kind`, `dataset`, `model`, `seed`, `tries`, `reason` (why the last
        try failed, in one sentence), and `ended` in UTC.
    """
    import sqlalchemy as sa

    integer("limit", limit, low=1)
    with opened_store(store, patient=False) as opened:
        cells, failures = opened.tables.cells, opened.tables.failures
        last = sa.func.max(failures.c.ended)
        query = (
            sa.select(failures.c.key)
            .outerjoin(cells, cells.c.key == failures.c.key)
            .where(cells.c.key.is_(None))
            .group_by(failures.c.key)
            .order_by(last.desc(), failures.c.key)
        )
        if kind is not None:
            query = query.where(failures.c.kind == kind)
        keys = [row.key for row in opened.read(query.limit(limit))]
        tries: dict[str, list[Any]] = {key: [] for key in keys}
        for row in failures_of(opened, keys):
            tries[row["key"]].append(row)
    return [
        {
            **_named_parts(of_cell[-1]["key"], of_cell[-1]["kind"], of_cell[-1]["spec"]),
            "tries": len(of_cell),
            "reason": of_cell[-1]["reason"],
            "ended": of_cell[-1]["ended"],
        }
        for of_cell in tries.values()
        if of_cell  # none where a pruning came between
    ]


def _row(row: Any, n_failures: int) -> Row:
    numbers = numbers_of(row.kind, row.result)
    return {
        **_named_parts(row.key, row.kind, row.spec),
        "train_error": finite(numbers.get("train_error")),
        "test_error": finite(numbers.get("test_error")),
        "seconds": row.seconds,
        "tries": 1 + n_failures,
        "finished": row.finished,
    }


def _named_parts(key: str, kind: str, text: str) -> Row:
    """What a cell is, in words."""
    spec = spec_of(text)
    return {
        "key": key,
        "kind": kind,
        "dataset": _named(_whole(spec.get("data")), "name"),
        "model": _named(spec.get("model"), "kind") or _named(spec.get("estimator"), "kind"),
        "seed": spec.get("seed") if isinstance(spec.get("seed"), int) else None,
    }


def _whole(data: Any) -> Any:
    """The data set that a part of a data set is a part of, such as that of a fold."""
    while isinstance(data, dict) and isinstance(data.get("arguments"), dict):
        if "of" not in data["arguments"]:
            break
        data = data["arguments"]["of"]
    return data


def _named(part: Any, name: str) -> str | None:
    """A name in a part of a spec: of an import path, that of the class or function."""
    found = part.get(name) if isinstance(part, dict) else None
    return found.rpartition(":")[2] if isinstance(found, str) else None


def spec_of(text: str) -> Row:
    """A stored spec as JSON values; an empty one where it is damaged."""
    try:
        spec = json.loads(text)
    except ValueError:
        return {}
    return spec if isinstance(spec, dict) else {}


def numbers_of(kind: str, result: bytes) -> Row:
    """The numbers that a kind of cells tells of a result; none where that is not known.

    Nothing is imported for it: a name in a database must not decide what code runs.
    """
    cls: Any = class_of(kind)
    if not hasattr(cls, "numbers"):
        return {}
    try:
        return dict(cls.numbers(cls.unpack(result)))
    except ValueError:
        return {}
