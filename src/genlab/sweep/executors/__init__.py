"""Executors: what runs cells, such as the worker processes of this machine."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from numbers import Integral
from typing import Any, TypeAlias

from genlab._base.checks import integer
from genlab._base.environment import ONE_THREAD, processor
from genlab.sweep.executors._base import (
    Advanced,
    Event,
    Executor,
    Failed,
    Finished,
    Passed,
    Retried,
    Take,
    run_taken,
)
from genlab.sweep.executors._brief import BriefFirst
from genlab.sweep.executors._dask import DaskExecutor, dask_executor, is_client
from genlab.sweep.executors._device import Device, device_of_workers
from genlab.sweep.executors._futures import FuturesExecutor, Submits
from genlab.sweep.executors._local import LocalExecutor, available_cores
from genlab.sweep.executors._processes import end_workers
from genlab.sweep.executors._time_limit import default_time_limit
from genlab.sweep.executors._worker import environment

#: Executors by name; each is made from the number of worker processes.
EXECUTORS: dict[str, Callable[[int | None], Executor]] = {"local": LocalExecutor}

#: What functions take as `jobs`: a number of worker processes of this machine, None for the default
#: one, or what runs the cells in their place. A `distributed.Client` is one with `submit`.
Jobs: TypeAlias = int | Executor | Submits | None


def make_executor(name: str, jobs: int | None = None) -> Executor:
    """The executor of this name with `jobs` worker processes; None takes its default number."""
    if name not in EXECUTORS:
        raise ValueError(f"`executor` must be one of {', '.join(EXECUTORS)}, got {name!r}.")
    return EXECUTORS[name](jobs)


def executor_of(jobs: Jobs = None, executor: str | Jobs = "local") -> Executor:
    """What runs the cells of a call with these arguments, as `run_cells` describes them."""
    for given in (jobs, executor):
        if (found := _adapted(given)) is not None:
            return found
    if not isinstance(executor, str):
        raise ValueError(f"`executor` must be a name or an executor, got {executor!r}.")
    made = _made(executor, jobs)
    # What takes too long can be ended in a worker, and not here.
    return made if default_time_limit() is not None else BriefFirst(made)


def _adapted(given: Any) -> Executor | None:
    """An executor that works by the one given; None where it is none."""
    if isinstance(given, Executor):
        return given
    if is_client(given):
        return DaskExecutor(given)
    return FuturesExecutor(given) if hasattr(given, "submit") else None


def _made(name: str, jobs: Any) -> Executor:
    if not (jobs is None or isinstance(jobs, Integral)):
        raise ValueError(
            f"`jobs` must be an integer >= 1, a distributed.Client or an executor with `submit`, "
            f"got {jobs!r}."
        )
    return make_executor(name, None if jobs is None else int(jobs))


def n_workers(jobs: Jobs = None) -> int:
    """How many cells run at once where a function is given these `jobs`; 1 if it is not known."""
    if jobs is None:
        return available_cores()
    found = _adapted(jobs)
    if found is not None:
        return max(1, getattr(found, "n_workers", 1))
    return integer("jobs", jobs, low=1)


@contextmanager
def kept_executor(name: str = "local", jobs: Jobs = None) -> Iterator[Executor]:
    """What runs the cells of several runs, between which it keeps its workers if it can."""
    given = _adapted(jobs)
    made = given or _made(name, jobs)
    # On a CPU workers are kept in any case; what is given is its owner's to end.
    if given is None and made.side_by_side and isinstance(made, AbstractContextManager):
        with made as executor:
            yield executor
    else:
        yield made


__all__ = [
    "EXECUTORS",
    "ONE_THREAD",
    "Advanced",
    "BriefFirst",
    "DaskExecutor",
    "Device",
    "Event",
    "Executor",
    "Failed",
    "Finished",
    "FuturesExecutor",
    "Jobs",
    "LocalExecutor",
    "Passed",
    "Retried",
    "Take",
    "available_cores",
    "dask_executor",
    "default_time_limit",
    "device_of_workers",
    "end_workers",
    "environment",
    "executor_of",
    "kept_executor",
    "make_executor",
    "n_workers",
    "processor",
    "run_taken",
]
