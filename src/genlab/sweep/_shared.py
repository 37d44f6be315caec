"""Runs that share a store share its cells: each is computed by one of them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Sequence
from typing import NamedTuple

from genlab.sweep._batches import Group, without
from genlab.sweep.executors import Event, Executor, Failed, Finished, Passed, run_taken
from genlab.sweep.store import Claims, Store

# Between two looks whether another run is done with a cell.
_SECONDS = (0.05, 2.0)


class Arrived(NamedTuple):
    """The result of the cell with this key is stored, by another run."""

    key: str


class Shared:
    """Runs cells by another executor, but those that another run on the same store computes.

    A group is claimed when a worker is free for it, so that runs share what is to be done
    whenever they begin. Where nothing is left but what others compute, their results are waited
    for; what they leave undone is taken over.

    Parameters
    ----------
    executor
        What runs the cells.
    store
        The store, which must be made.
    fresh
        Whether cells whose results are stored are computed again.
    """

    def __init__(self, executor: Executor, store: Store, *, fresh: bool = False) -> None:
        self._executor, self._store = executor, store
        self._claims = Claims(store, fresh=fresh)
        self._fresh = fresh

    def run(self, groups: Sequence[Group]) -> Generator[Event | Arrived, None, None]:
        """Run the cells, and yield their events, as `Executor.run` says, and `Arrived`."""
        with self._claims.at_work():
            wait = _SECONDS[0]
            while groups:
                done: set[str] = set()
                if self._claims.any_free(_keys(groups)):
                    running = run_taken(self._executor, groups, self._take)
                    with contextlib.closing(running) as events:
                        for event in events:
                            if isinstance(event, Passed):
                                continue
                            if isinstance(event, (Failed, Finished)):
                                done.add(event.key)
                            yield event
                groups = without(groups, done)
                if groups and not self._fresh:
                    cells = [cell for group in groups for batch in group for cell in batch]
                    stored = self._store.keys(cells)
                    for key in stored:
                        yield Arrived(key)
                    groups = without(groups, stored)
                    done |= stored
                wait = _SECONDS[0] if done else min(2 * wait, _SECONDS[1])
                if groups:
                    time.sleep(wait)

    def _take(self, group: Group) -> Group:
        """The part of a group that this run is to compute, which it claims."""
        keys = {cell.key for batch in group for cell in batch}
        (part,) = without([group], keys - self._claims.take(keys)) or [[]]
        return part


def _keys(groups: Sequence[Group]) -> list[str]:
    return [cell.key for group in groups for batch in group for cell in batch]
