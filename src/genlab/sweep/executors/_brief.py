"""Brief cells in this process: a fit of milliseconds is done before a worker has started."""

from __future__ import annotations

import time
import traceback
from collections import deque
from collections.abc import Generator, Sequence
from typing import Any

from genlab.sweep._batches import Group
from genlab.sweep.executors._base import Event, Executor, Failed, Finished, Take, passed, run_taken
from genlab.sweep.executors._worker import environment_of, why_failed

# Starting workers takes one to four seconds, and two of them then halve what is left. Where they
# are warm, there is nothing to wait for.
_SECONDS, _WARM_SECONDS = 4.0, 0.3
# So many fits, or the fits of so many seconds, tell how long one takes.
_LASTS = 5
_TELLING = 0.5
# One fit tells it where those that are left would take so many times as long as they may.
_SURELY = 8


class BriefFirst:
    """Runs cells that are `brief` in this process, and all others by another executor.

    The smallest run first. As soon as those that are left would take longer than worker processes
    take to start, the other executor runs them. The bits of a result are the same in both.

    Parameters
    ----------
    executor
        What runs the cells that are not brief, or too many.
    seconds
        How long the cells that are left may take in this process. None takes 4, or 0.3 where the
        executor has workers that have started.
    """

    def __init__(self, executor: Executor, seconds: float | None = None) -> None:
        self._executor = executor
        self._seconds = seconds

    @property
    def _most(self) -> float:
        if self._seconds is not None:
            return self._seconds
        return _WARM_SECONDS if getattr(self._executor, "is_warm", False) else _SECONDS

    @property
    def side_by_side(self) -> bool:
        """That of the other executor."""
        return self._executor.side_by_side

    def run(
        self, groups: Sequence[Group], take: Take | None = None
    ) -> Generator[Event, None, None]:
        """Run the cells, and yield their events, as `Executor.run` says."""
        from threadpoolctl import ThreadpoolController

        left = list(groups)
        if all(_is_brief(group) for group in groups):
            left.sort(key=_work)
            threads = ThreadpoolController()
            begin, most = time.perf_counter(), self._most
            lasts: deque[float] = deque(maxlen=_LASTS)
            while left:
                start = time.perf_counter()
                group = left.pop(0)
                mine = group if take is None else take(group)
                yield from passed(group, mine)
                yield from _run_here(mine, threads)
                now = time.perf_counter()
                lasts.append(now - start)
                # What is left takes at least as long as the last few, which were no larger. One
                # that is brief may have had to wait for the core.
                known = len(lasts) == _LASTS or now - begin > _TELLING
                ahead = min(lasts) * len(left)
                if (known and ahead > most) or ahead > _SURELY * most or (now - begin) / 2 > most:
                    break
            left.reverse()
        if left:
            yield from run_taken(self._executor, left, take)


def _is_brief(group: Group) -> bool:
    return all(getattr(cell, "brief", False) for batch in group for cell in batch)


def _work(group: Group) -> float:
    return sum(cell.work() for batch in group for cell in batch)


def _run_here(group: Group, threads: Any) -> Generator[Event, None, None]:
    for batch in group:
        kind: Any = type(batch[0])
        start = time.perf_counter()
        try:
            with threads.limit(limits=1):
                results = kind.run_together(batch)
        except Exception as error:
            if len(batch) > 1:  # each alone, to see which of them it was
                yield from _run_here([[cell] for cell in batch], threads)
            else:
                yield Failed(batch[0].key, why_failed(error), traceback.format_exc())
            continue
        seconds = (time.perf_counter() - start) / len(batch)
        for cell, result in zip(batch, results, strict=True):
            yield Finished(cell.key, kind.pack(result), seconds, environment_of(kind))
