"""Executors: what runs cells, such as the worker processes of this machine."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from genlab._base.environment import ONE_THREAD, processor
from genlab.sweep.executors._base import (
    Advanced,
    Event,
    Executor,
    Finished,
    Passed,
    Take,
    run_taken,
)
from genlab.sweep.executors._brief import BriefFirst
from genlab.sweep.executors._device import Device, device_of_workers
from genlab.sweep.executors._local import LocalExecutor, available_cores
from genlab.sweep.executors._worker import environment

#: Executors by name; each is made from the number of worker processes.
EXECUTORS: dict[str, Callable[[int | None], Executor]] = {"local": LocalExecutor}


def make_executor(name: str, jobs: int | None = None) -> Executor:
    """The executor of this name with `jobs` worker processes; None takes its default number."""
    if name not in EXECUTORS:
        raise ValueError(f"`executor` must be one of {', '.join(EXECUTORS)}, got {name!r}.")
    return EXECUTORS[name](jobs)


@contextmanager
def kept_executor(name: str = "local", jobs: int | None = None) -> Iterator[Executor]:
    """The executor of this name for several runs, between which it keeps its workers if it can."""
    made = make_executor(name, jobs)
    if isinstance(made, AbstractContextManager):
        with made as executor:
            yield executor
    else:
        yield made


__all__ = [
    "EXECUTORS",
    "ONE_THREAD",
    "Advanced",
    "BriefFirst",
    "Device",
    "Event",
    "Executor",
    "Finished",
    "LocalExecutor",
    "Passed",
    "Take",
    "available_cores",
    "device_of_workers",
    "environment",
    "kept_executor",
    "make_executor",
    "processor",
    "run_taken",
]
