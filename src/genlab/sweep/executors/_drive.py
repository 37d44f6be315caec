"""How an executor's tasks are made, handed out, watched and tried again: the same for all."""

from __future__ import annotations

import math
import queue
import time
import uuid
import warnings
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, Protocol

from genlab._base import signals
from genlab._base.errors import WaitingWarning, WorkerError
from genlab.sweep._batches import Group, without
from genlab.sweep._cell import Cell
from genlab.sweep.executors._base import (
    Advanced,
    Event,
    Failed,
    Finished,
    Passed,
    Retried,
    Take,
    passed,
)
from genlab.sweep.executors._task import Outcome, Task, task_of
from genlab.sweep.executors._time_limit import Silence, default_time_limit, why_too_long
from genlab.sweep.executors._waiting import Waiting

# How often the processes that run a cell may end before it counts as failed.
_TRIES = 3
# How often in a row no worker process may start, and how often a cluster may lose the same cell,
# before the run ends.
_STRIKES = 5
_LOSSES = 10
# After so many seconds without workers a warning says what the run is waiting for.
_WAITING_SECONDS = 30.0
# How many tasks are handed out at once for each that can run.
_AHEAD = 3


class Trouble(NamedTuple):
    """Why a task came back without outcomes.

    The `kind` is "ended" where the process that ran it ended, "lost" where the executor forgot it,
    "unstarted" for anything else, which no cell is to blame for.
    """

    kind: str
    reason: str


#: What a running task says: an outcome of its cells, or its number once it has come back.
Messages = queue.SimpleQueue[Any]


class Tasks(Protocol):
    """What hands tasks to the processes of an executor, for one run."""

    #: Whether the processes are on this machine.
    here: bool

    def slots(self) -> int:
        """How many tasks run at once; it may change during the run."""
        ...

    def most(self, slots: int) -> int:
        """How many tasks may be handed out at once."""
        ...

    def contents(self, cells: Sequence[Any]) -> dict[str, str]:
        """The folders of the data sets of users that the JSON of cells names, by fingerprint."""
        ...

    def submit(self, task: Task) -> Any:
        """Hand out a task: a future of its outcomes, with `add_done_callback`.

        None where it cannot be handed out yet.
        """
        ...

    def collect(self, futures: Sequence[Any]) -> list[list[Outcome] | Trouble]:
        """What became of tasks that have come back."""
        ...

    def stop(self, futures: Sequence[Any]) -> None:
        """End all work on these tasks."""
        ...


def drive(
    groups: Sequence[Group],
    tasks: Tasks,
    messages: Messages,
    run: str,
    take: Take | None = None,
    time_limit: float | None = None,
) -> Generator[Event, None, None]:
    """Run the cells of `groups` as tasks, and yield their events.

    A cell may take `time_limit` seconds; None takes `$GENLAB_TIME_LIMIT`, or no limit.
    """
    if time_limit is None:
        time_limit = default_time_limit()
    driven = _Run(groups, tasks, messages, run, take, time_limit)
    with signals.Told(lambda _number: messages.put(_INTERRUPT)):
        try:
            yield from driven.events()
        finally:
            if driven.unfinished:
                tasks.stop(driven.futures())


def new_run() -> str:
    """A name for a run that no other run has, on any machine."""
    return uuid.uuid4().hex


class Begun(NamedTuple):
    """Told where a task begins on another machine: a second time, where the first was lost."""

    keys: list[str]


class _Returned(NamedTuple):
    """Told where a task has come back."""

    number: int


# Told where a signal asks this process to end.
_INTERRUPT = object()


class _Run:
    """The state of one run."""

    def __init__(
        self,
        groups: Sequence[Group],
        tasks: Tasks,
        messages: Messages,
        run: str,
        take: Take | None,
        time_limit: float | None,
    ) -> None:
        self._take = take
        self._time_limit = time_limit
        self._silence = Silence()
        self._number: dict[str, int] = {}  # of the task that a cell was handed out with
        self._tasks = tasks
        self._messages = messages
        self._run = run
        self._waiting = Waiting(groups)
        self._running: dict[int, tuple[Any, Group]] = {}
        self._n_submitted = 0
        self._tries: Counter[str] = Counter()
        self._begun: Counter[str] = Counter()
        self._lost: Counter[str] = Counter()
        self._strikes = 0
        self._seconds = math.nan  # of a cell, on average over the last ones
        self._without = math.nan  # since when there are no workers
        self._is_told = False
        #: The cells without a result, by key.
        self.unfinished: dict[str, Cell[Any]] = {
            cell.key: cell for group in groups for batch in group for cell in batch
        }

    def futures(self) -> list[Any]:
        return [future for future, _ in self._running.values()]

    def events(self) -> Generator[Event, None, None]:
        while self.unfinished:
            yield from self._submit()
            if not self.unfinished:
                return
            self._listen()
            try:
                arrived = [self._messages.get(timeout=1.0)]
            except queue.Empty:
                continue
            arrived += _waiting_in(self._messages)
            yield from self._handle(arrived)
            if _INTERRUPT in arrived:
                return  # the block that was told of the signal raises it

    def _submit(self) -> Generator[Passed, None, None]:
        slots = max(1, self._slots())
        most = self._tasks.most(slots)
        while self._waiting and len(self._running) < most:
            groups: list[Group] = []
            while self._waiting and len(self._running) + len(groups) < most:
                groups.append(self._waiting.next(slots, self._seconds, groups))
            groups = yield from self._taken(groups)
            for i, group in enumerate(groups):
                if not self._hand_out(group):
                    for left in reversed(groups[i:]):
                        self._waiting.put_first(left)
                    return

    def _taken(self, groups: list[Group]) -> Generator[Passed, None, list[Group]]:
        """What this run is to compute of groups, asked for at once."""
        if self._take is None:
            return groups
        asked = [batch for group in groups for batch in group]
        left = {event.key: event for event in passed(asked, self._take(asked))}
        for key, event in left.items():
            if self.unfinished.pop(key, None) is not None:
                yield event
        return without(groups, left.keys())

    def _hand_out(self, group: Group) -> bool:
        """Hand out a task; False where the executor takes none now."""
        task = task_of(
            self._run,
            group,
            self._tasks.contents,
            here=self._tasks.here,
            time_limit=self._time_limit,
        )
        future = self._tasks.submit(task)
        if future is None:
            return False
        number = self._n_submitted
        self._n_submitted += 1
        self._number |= {cell.key: number for batch in group for cell in batch}
        self._running[number] = future, group
        self._waiting.begin(number, group)
        future.add_done_callback(lambda _, number=number: self._messages.put(_Returned(number)))
        return True

    def _slots(self) -> int:
        slots = self._tasks.slots()
        if slots > 0:
            self._without = math.nan
        elif math.isnan(self._without):
            self._without = time.monotonic()
        elif time.monotonic() - self._without > _WAITING_SECONDS and not self._is_told:
            self._is_told = True
            warnings.warn(
                f"the cluster has had no workers for {_WAITING_SECONDS:.0f} seconds; the run waits "
                f"for some.",
                WaitingWarning,
                stacklevel=2,
            )
        return slots

    def _handle(self, messages: Sequence[Any]) -> Generator[Event, None, None]:
        """The events of messages that have arrived, those before an error included."""
        events: list[Event] = []
        try:
            for event in self._events_of(messages):
                events.append(event)
        finally:
            yield from _telling_of_more(events)

    def _events_of(self, messages: Sequence[Any]) -> Generator[Event, None, None]:
        returned: list[_Returned] = []
        for message in messages:
            if isinstance(message, Outcome):
                yield from self._outcome(message)
            elif isinstance(message, Begun):
                yield from self._begin(message)
            elif isinstance(message, _Returned):
                returned.append(message)
        yield from self._returned([message.number for message in returned])

    def _begin(self, begun: Begun) -> Generator[Event, None, None]:
        self._hear(begun.keys)
        for key in begun.keys:
            self._begun[key] += 1
            if self._begun[key] > 1 and key in self.unfinished:
                yield Retried(key, "the process that ran it is gone")

    def _returned(self, numbers: Sequence[int]) -> Generator[Event, None, None]:
        if not numbers:
            return
        for number in numbers:
            self._silence.forget(number)
            self._waiting.end(number)
        came = [self._running.pop(number) for number in numbers]
        all_outcomes = self._tasks.collect([future for future, _ in came])
        for (_, group), outcomes in zip(came, all_outcomes, strict=True):
            if isinstance(outcomes, Trouble):
                outcomes = [
                    Outcome([cell.key for cell in batch], outcomes.kind, error=outcomes.reason)
                    for batch in group
                ]
            for outcome in outcomes:
                yield from self._outcome(outcome)

    def _outcome(self, outcome: Outcome) -> Generator[Event, None, None]:
        keys = [key for key in outcome.keys if key in self.unfinished]
        self._hear(keys)
        if outcome.kind == "progress":
            for key in keys:
                yield Advanced(key, outcome.step, outcome.train_loss)
        elif outcome.kind == "result":
            for key in keys:
                self._waiting.have_result(self._number.get(key))
                self._finish(key)
                self._silence.took(outcome.seconds)
                before = outcome.seconds if math.isnan(self._seconds) else self._seconds
                self._seconds = 0.8 * before + 0.2 * outcome.seconds
                yield Finished(key, outcome.result, outcome.seconds, outcome.environment)
        elif outcome.kind in ("error", "overtime") and len(outcome.keys) == 1:
            # Not tried again: it depends on its spec alone, and would take as long.
            late = outcome.kind == "overtime"
            for key in keys:
                self._finish(key)
                yield Failed(
                    key, why_too_long(self._time_limit) if late else outcome.error, outcome.trace
                )
        elif outcome.kind in ("error", "overtime"):
            self._again(keys)  # each alone, to see which of them it was
        elif outcome.kind == "ended":
            yield from self._ended(keys, outcome.error)
        elif keys and outcome.kind in ("unstarted", "lost"):
            if outcome.kind == "lost":  # many at once, where a scheduler is lost
                self._lost.update(keys)
                yield from (Retried(key, outcome.error) for key in keys if self._begun[key])
            else:
                self._strikes += 1
            if self._strikes > _STRIKES or any(self._lost[key] > _LOSSES for key in keys):
                raise WorkerError(
                    f"a worker process failed before its cell was done: {outcome.error}"
                )
            self._again(keys)

    def _ended(self, keys: Sequence[str], reason: str) -> Generator[Event, None, None]:
        for key in keys:
            self._tries[key] += 1
            if self._tries[key] < _TRIES:
                self._again([key])
                yield Retried(key, reason)
            else:
                self._finish(key)
                yield Failed(
                    key,
                    f"the worker process failed before its cell was done, in each of {_TRIES} "
                    f"tries: {reason}",
                )

    def _hear(self, keys: Sequence[str]) -> None:
        for number in {self._number[key] for key in keys if key in self._number}:
            if number in self._running:
                self._silence.hear(number)

    def _listen(self) -> None:
        """Warn of a cell of which nothing was heard for long."""
        if self._tasks.here:  # then the first of them are those that run
            self._silence.begin(list(islice(self._running, self._tasks.slots())))
        number = self._silence.overdue()
        if number is not None:
            _, group = self._running[number]
            for cell in (cell for batch in group for cell in batch):
                if cell.key in self.unfinished:
                    self._silence.warn(cell.key, number)
                    break

    def _finish(self, key: str) -> None:
        self._strikes = 0
        self._number.pop(key, None)
        del self.unfinished[key]

    def _again(self, keys: Sequence[str]) -> None:
        for key in reversed(keys):
            self._begun[key] = 0
            self._waiting.put_first([[self.unfinished[key]]])


def _telling_of_more(events: Sequence[Event]) -> Iterator[Event]:
    """The events, in which each result but the last says that more follow."""
    last = max((i for i, event in enumerate(events) if isinstance(event, Finished)), default=-1)
    for i, event in enumerate(events):
        more = isinstance(event, Finished) and i < last
        yield event._replace(more=True) if more else event  # type: ignore[call-arg]


def ahead(slots: int) -> int:
    """How many tasks are handed out, where so many run at once."""
    return _AHEAD * slots


def _waiting_in(messages: Messages) -> list[Any]:
    found = []
    while True:
        try:
            found.append(messages.get_nowait())
        except queue.Empty:
            return found
