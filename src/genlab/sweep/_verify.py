"""Stored results, computed again to see whether they still hold, bit for bit."""

from __future__ import annotations

import contextlib
import json
import random
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from genlab._base.checks import integer
from genlab._base.errors import DataFileError, WorkerError
from genlab._base.imports import check_packages, lies_in
from genlab.datasets import DataSpec, contents_of
from genlab.sweep._batches import batches
from genlab.sweep._cell import Cell
from genlab.sweep._kinds import cell_from_dict, check_kind, same_result
from genlab.sweep._progress import SweepProgress, Tally
from genlab.sweep.executors import Advanced, Failed, Finished, Jobs, executor_of
from genlab.sweep.store import Store, StoreLike, opened_store

# Whose classes a stored cell may name without a word of the user.
_KNOWN = ("genlab", "numpy", "scipy", "sklearn", "xgboost", "lightgbm", "catboost", "skorch")
_IMPORT_PATH = re.compile(r"([A-Za-z_]\w*(?:\.\w+)*):[A-Za-z_]\w*(?:\.\w+)*")

_NO_DATA = (
    "its data are a table or arrays of your own, which the store does not hold: in Python, load "
    "them and call `genlab.sweep.verify_store`."
)

Outcome = Literal["holds", "differs", "not run"]


@dataclass(frozen=True)
class Verified:
    """A stored result compared with the same cell, computed again.

    Attributes
    ----------
    key, kind
        The cell's identity and its kind.
    outcome
        "holds" where both are the same numbers, bit for bit; "differs" where they are not;
        "not run" where the cell cannot be computed here.
    reason
        Why it was not run; "" where it was.
    changed
        What the two were computed with, where that differs: library or device -> the stored
        value and the present one, "" where there is none.
    """

    key: str
    kind: str
    outcome: Outcome
    reason: str
    changed: Mapping[str, tuple[str, str]]


def verify_store(
    store: StoreLike = None,
    n: int = 20,
    *,
    seed: int = 0,
    jobs: Jobs = None,
    packages: Collection[str] = (),
    progress: Callable[[SweepProgress], None] | None = None,
) -> list[Verified]:
    """Compute a random sample of the stored cells again, and compare bit for bit.

    The store is only read. Bits are promised for one kind of device and one set of library
    versions: where these differ, `changed` says so, and a result that differs is no damage.
    The time that a fit took is not compared.

    Parameters
    ----------
    store
        A Store, a database's URL or a SQLite file's path; None opens the default one.
    n
        Number of cells, drawn at random without replacement; all where the store has fewer.
    seed
        Of the draw.
    jobs
        Number of worker processes, or what runs the cells in their place, as for `run_cells`.
    packages
        Packages of your own whose cells, models or data may be imported. Other cells that need
        some are not run: a name in a database does not decide what code runs.
    progress
        Called whenever a cell reports.

    Returns
    -------
    list
        One `Verified` for each drawn cell, in the order of their keys.

    Raises
    ------
    StoreError
        Where the store fails.
    """
    integer("n", n, low=1)
    own = check_packages("packages", tuple(packages))
    with opened_store(store) as opened:
        rows = _rows(opened, _drawn(opened, n, seed))
    cells: dict[str, Cell[Any]] = {}
    reasons: dict[str, str] = {}
    for row in rows:
        try:
            cells[row.key] = _cell(row, own)
        except (ValueError, TypeError, KeyError, ImportError, DataFileError) as error:
            reasons[row.key] = " ".join(str(error).split())
    found: dict[str, Finished] = {}
    runner = executor_of(jobs)
    tally = Tally(list(cells.values()), len(rows), progress)
    tally.report()
    groups = batches(list(cells.values()), side_by_side=runner.side_by_side)
    try:
        with contextlib.closing(runner.run(groups)) as events:
            for event in events:
                if isinstance(event, Advanced):
                    tally.advance(cells[event.key], event.step, event.train_loss)
                elif isinstance(event, Finished):
                    found[event.key] = event
                    tally.finish(cells[event.key])
                elif isinstance(event, Failed):
                    reasons[event.key] = event.error
    except WorkerError as error:
        reasons = {**dict.fromkeys(cells.keys() - found.keys(), str(error)), **reasons}
    return [_verified(row, found.get(row.key), reasons.get(row.key, "")) for row in rows]


def _drawn(store: Store, n: int, seed: int) -> list[str]:
    """The keys of n cells, each with the same chance (Vitter 1985, algorithm R)."""
    chance = random.Random(seed)
    kept: list[str] = []
    seen = 0
    for rows in store.pages(n=20_000):
        for row in rows:
            seen += 1
            if len(kept) < n:
                kept.append(row.key)
            elif (place := chance.randrange(seen)) < n:
                kept[place] = row.key
    return sorted(kept)


def _rows(store: Store, keys: Sequence[str]) -> list[Any]:
    cells, environments = store.tables.cells, store.tables.environments
    columns = [cells.c.kind, cells.c.spec, cells.c.result, environments.c.environment]
    found = []
    for start in range(0, len(keys), 500):
        where = [cells.c.key.in_(keys[start : start + 500])]
        found += [row for rows in store.pages(*columns, where=where) for row in rows]
    return found


def _cell(row: Any, own: Collection[str]) -> Cell[Any]:
    """The cell of a row; ValueError where it cannot be computed here.

    `own` are the packages that the user allows.
    """
    spec = json.loads(row.spec)
    # What a generator is called with is in the store too, so one of a known package is not safe.
    wanted = {(module, (*_KNOWN, *own)) for module in _modules(spec)}
    wanted |= {(path.partition(":")[0], tuple(own)) for path in _called(spec)}
    for module, allowed in sorted(wanted):
        if not lies_in(module, allowed):
            package = module.partition(".")[0]
            raise ValueError(f"it needs the package {package}: allow it by --import {package}.")
    cell = cell_from_dict(spec)
    if cell.key != row.key:
        raise ValueError("this version of genlab computes it in a different way.")
    check_kind(cell)
    for fingerprint in contents_of(spec):
        try:
            DataSpec("content", {"fingerprint": fingerprint}).make()
        except ValueError:
            raise ValueError(_NO_DATA) from None
    cell.check()
    return cell


def _modules(value: Any) -> Iterator[str]:
    """The modules of all import paths in JSON values."""
    if isinstance(value, str):
        if path := _IMPORT_PATH.fullmatch(value):
            yield path[1]
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _modules(item)


def _called(value: Any) -> Iterator[str]:
    """The import paths of the functions that data specs call, in JSON values."""
    if isinstance(value, dict):
        for key, item in value.items():
            is_called = key == "function" or (key == "name" and "arguments" in value)
            if is_called and isinstance(item, str) and ":" in item:
                yield item
            yield from _called(item)
    elif isinstance(value, list):
        for item in value:
            yield from _called(item)


def _verified(row: Any, again: Finished | None, reason: str) -> Verified:
    if again is None:
        return Verified(row.key, row.kind, "not run", reason, {})
    stored, now = json.loads(row.environment), again.environment
    changed = {
        name: (str(stored.get(name, "")), str(now.get(name, "")))
        for name in sorted({*stored, *now})
        if stored.get(name) != now.get(name)
    }
    same = same_result(row.kind, row.result, again.result)
    return Verified(row.key, row.kind, "holds" if same else "differs", "", changed)
