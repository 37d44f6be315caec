"""The executor of this machine: worker processes, one for each core or GPU by default."""

from __future__ import annotations

import math
import os
import queue
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Self

from genlab._base.checks import integer
from genlab._base.errors import WorkerError
from genlab.sweep._batches import Group
from genlab.sweep._cell import Cell
from genlab.sweep.executors._base import Event, Take
from genlab.sweep.executors._container import cores_of_container, memory_of_container
from genlab.sweep.executors._contents import ContentFolders
from genlab.sweep.executors._device import device_of_workers, only
from genlab.sweep.executors._drive import Messages, Trouble, ahead, drive, new_run
from genlab.sweep.executors._processes import WARM, Pool
from genlab.sweep.executors._task import Outcome, Task, run_task, stop_run
from genlab.sweep.executors._time_limit import read_time_limit

# Bytes that a worker may hold in any case: Python, JAX and some programs.
_HELD = 1e9


def available_cores() -> int:
    """Number of cores this process may use: `$GENLAB_JOBS` where it is set.

    In a container with a CPU quota, such as `docker run --cpus 2`, the quota, rounded up.

    Raises
    ------
    ValueError
        Where `$GENLAB_JOBS` is no whole number of at least 1.
    """
    configured = os.environ.get("GENLAB_JOBS")
    if configured:
        if not configured.isdecimal() or int(configured) < 1:
            raise ValueError(f"$GENLAB_JOBS must be an integer >= 1, got {configured!r}.")
        return int(configured)
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not offered by every system
        cores = os.cpu_count() or 1
    return min(cores, cores_of_container() or cores)


class LocalExecutor:
    """Runs cells in worker processes of this machine.

    The worker processes are kept for the next call of this process, which need then not start them,
    nor compile again what they have compiled. After 5 minutes without work they end, and so they
    do with this process. Those that hold a GPU end with each call. As a context manager an
    executor has workers of its own, until the end of the block.

    Parameters
    ----------
    jobs
        Number of worker processes; None takes `$GENLAB_JOBS`, or one per core or GPU. Fewer are
        started where the available memory would not hold as many, and never more than
        there are GPUs.
    time_limit
        Seconds that a cell may take, or a text such as "90m"; None takes `$GENLAB_TIME_LIMIT`, or
        no limit. A cell that takes longer is ended, and fails; the others go on.
    """

    def __init__(self, jobs: int | None = None, *, time_limit: float | str | None = None) -> None:
        self._time_limit = read_time_limit("`time_limit`", time_limit)
        self._device = device_of_workers()
        most = available_cores() if self._device.is_cpu else self._device.n
        jobs = most if jobs is None else integer("jobs", jobs, low=1)
        self._jobs = jobs if self._device.is_cpu else min(jobs, most)
        self._own: tuple[Pool, ContentFolders] | None = None

    def __enter__(self) -> Self:
        self._own = Pool(), ContentFolders()
        return self

    def __exit__(self, *_: object) -> None:
        if self._own is not None:
            for own in self._own:
                own.close()
        self._own = None

    @property
    def side_by_side(self) -> bool:
        """Whether this machine has an accelerator."""
        return not self._device.is_cpu

    @property
    def is_warm(self) -> bool:
        """Whether workers of an earlier call wait for more."""
        pool = WARM if self._own is None else self._own[0]
        return self._device.is_cpu and pool.n_idle >= min(2, self._jobs)

    @property
    def n_workers(self) -> int:
        """The most worker processes that it starts."""
        return self._jobs

    def run(
        self, groups: Sequence[Group], take: Take | None = None
    ) -> Generator[Event, None, None]:
        """Run the cells, and yield their events, as `Executor.run` says."""
        pool = WARM if self._device.is_cpu else Pool()
        contents = ContentFolders()
        if self._own is not None:
            pool, contents = self._own
        cells = _cells(groups)
        # Compiled programs add up: a worker that holds more than twice what a cell needs is ended.
        needed = max((cell.memory() for cell in cells), default=math.inf)
        pool.keep(self._jobs, most=max(2 * needed, _HELD))
        jobs = _fitting(self._jobs, cells, pool.memory())
        pool.keep(jobs)
        environments = [only(self._device, i) for i in range(min(jobs, len(groups)))]
        return self._events(groups, take, pool, contents, environments)

    def _events(
        self,
        groups: Sequence[Group],
        take: Take | None,
        pool: Pool,
        contents: ContentFolders,
        environments: Sequence[dict[str, str]],
    ) -> Generator[Event, None, None]:
        run, messages = new_run(), Messages()
        threads = _Threads(run, messages, pool, contents, environments)
        try:
            contents.write(_cells(groups))
            yield from drive(groups, threads, messages, run, take, self._time_limit)
        finally:
            threads.close()
            if self._own is None:
                contents.close()
                if pool is not WARM:
                    pool.close()


def _cells(groups: Sequence[Group]) -> list[Cell[Any]]:
    return [cell for group in groups for batch in group for cell in batch]


def _fitting(jobs: int, cells: Sequence[Cell[Any]], held: float = 0.0) -> int:
    """As many workers as the available memory holds, at most `jobs`; WorkerError for none.

    `held` is the memory that workers have already.
    """
    free = available_memory()
    if not cells or free is None:
        return jobs
    free += held
    needed = max(cell.memory() for cell in cells)
    if needed > free:
        raise WorkerError(
            f"a cell needs about {needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free."
        )
    return max(1, min(jobs, int(free // needed)))


def available_memory() -> float | None:
    """Bytes that programs may still take without swapping, or None where it is not known.

    In a container with a memory limit, what is left of it.
    """
    left = memory_of_container()
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    free = 1024.0 * int(line.split()[1])
                    return free if left is None else min(free, left)
    except OSError:
        pass  # not Linux
    return left


class _Threads:
    """Hands tasks to threads, each of which has one worker process at a time."""

    here = True

    def __init__(
        self,
        run: str,
        messages: Messages,
        pool: Pool,
        contents: ContentFolders,
        environments: Sequence[dict[str, str]],
    ) -> None:
        self._run = run
        self._messages = messages
        self._pool = pool
        self._contents = contents
        self._environments: queue.SimpleQueue[dict[str, str]] = queue.SimpleQueue()
        for environment in environments:
            self._environments.put(environment)
        self._n = len(environments)
        self._threads = ThreadPoolExecutor(max(1, self._n))

    def slots(self) -> int:
        return self._n

    def most(self, slots: int) -> int:
        return ahead(slots)

    def contents(self, cells: Sequence[Any]) -> dict[str, str]:
        return self._contents.of(cells)

    def submit(self, task: Task) -> Future[list[Outcome]]:
        return self._threads.submit(self._serve, task)

    def _serve(self, task: Task) -> list[Outcome]:
        environment = self._environments.get()
        try:
            run_task(task, self._messages.put, self._pool, environment)
        finally:
            self._environments.put(environment)
        return []  # all were told as they came

    def collect(self, futures: Sequence[Future[list[Outcome]]]) -> list[list[Outcome] | Trouble]:
        errors = [future.exception() for future in futures]
        return [[] if error is None else Trouble("unstarted", str(error)) for error in errors]

    def stop(self, futures: Sequence[Future[list[Outcome]]]) -> None:
        for future in futures:
            future.cancel()
        stop_run(self._run)

    def close(self) -> None:
        self._threads.shutdown()
