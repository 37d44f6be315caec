"""The protocol of executors. An executor runs groups of cells and yields their results."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from genlab.sweep._batches import Group


class Advanced(NamedTuple):
    """The cell with this key has done this many of its steps."""

    key: str
    step: int
    train_loss: float


class Finished(NamedTuple):
    """The cell with this key is finished.

    `result` is what the cell's `pack` returned, `seconds` the time it took, `environment` the
    versions and the device that the result was computed with. `more` says that the result of
    another cell has arrived, too, and follows without a wait: both are then stored together.
    """

    key: str
    result: bytes
    seconds: float
    environment: Mapping[str, str]
    more: bool = False


class Failed(NamedTuple):
    """The cell with this key has no result; `error` says why in one sentence."""

    key: str
    error: str
    trace: str = ""


class Retried(NamedTuple):
    """The cell with this key is run again, because the process that ran it ended."""

    key: str
    reason: str


class Passed(NamedTuple):
    """The cell with this key was not run, because `take` left it out."""

    key: str


Event = Advanced | Finished | Failed | Retried | Passed

#: The part of a group that is to be run, or of several as one, when processes are free for them.
Take = Callable[[Group], Group]


@runtime_checkable
class Executor(Protocol):
    """Runs cells on some machine or machines."""

    @property
    def side_by_side(self) -> bool:
        """Whether it trains several networks side by side, as on an accelerator."""
        ...

    def run(
        self, groups: Sequence[Group], take: Take | None = None
    ) -> Generator[Event, None, None]:
        """Run the cells, and yield what they report; closing the generator stops all work.

        Every cell ends with one `Finished` or `Failed`, and no failure stops the others; or with
        `Passed`, where `take` left it to another run on the same store. An executor without the
        parameter `take` is given what it shall run. A cell whose process ended is run again a few
        times, each told by a `Retried`. The batches of a
        group run in one process, one after the other, each by a call of its cells'
        `run_together`, on one thread. That process holds the data sets of users that the cells
        name: `genlab.datasets.contents_of` their JSON gives the fingerprints, and the caller's
        process holds these data sets. Where the caller is interrupted, the results that have
        arrived are yielded before the exception.

        Raises
        ------
        WorkerError
            Where no cell can be run any more; the results that have arrived are yielded first.
        DataFileError
            Where the data sets of users cannot be written for other processes.
        """
        ...


def run_taken(
    executor: Executor, groups: Sequence[Group], take: Take | None
) -> Generator[Event, None, None]:
    """Run what `take` leaves of groups, by an executor that need not know of it."""
    if take is None:
        yield from executor.run(groups)
    elif "take" in inspect.signature(executor.run).parameters:
        yield from executor.run(groups, take=take)
    else:
        mine = [(group, take(group)) for group in groups]
        for group, part in mine:
            yield from passed(group, part)
        yield from executor.run([part for _, part in mine if part])


def passed(group: Group, mine: Group) -> Generator[Passed, None, None]:
    """An event for each cell of a group that is not in the part that is run."""
    run = {cell.key for batch in mine for cell in batch}
    yield from (Passed(cell.key) for batch in group for cell in batch if cell.key not in run)
