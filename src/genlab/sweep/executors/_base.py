"""The protocol of executors. An executor runs groups of cells and yields their results."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
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
    versions and the device that the result was computed with.
    """

    key: str
    result: bytes
    seconds: float
    environment: Mapping[str, str]


class Failed(NamedTuple):
    """The cell with this key has no result; `error` says why in one sentence."""

    key: str
    error: str
    trace: str = ""


class Retried(NamedTuple):
    """The cell with this key is run again, because the process that ran it ended."""

    key: str
    reason: str


Event = Advanced | Finished | Failed | Retried


@runtime_checkable
class Executor(Protocol):
    """Runs cells on some machine or machines."""

    @property
    def side_by_side(self) -> bool:
        """Whether it trains several networks side by side, as on an accelerator."""
        ...

    def run(self, groups: Sequence[Group]) -> Generator[Event, None, None]:
        """Run the cells, and yield what they report; closing the generator stops all work.

        Every cell ends with one `Finished` or `Failed`, and no failure stops the others. A cell
        whose process ended is run again a few times, each told by a `Retried`. The batches of a
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
