"""Executors like those of `concurrent.futures`: anything with `submit`, which returns futures."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError
from typing import Any, Protocol

from genlab._base.errors import WorkerError
from genlab.sweep._batches import Group
from genlab.sweep.executors._base import Event, Take
from genlab.sweep.executors._contents import ContentFolders
from genlab.sweep.executors._drive import Messages, Trouble, ahead, drive, new_run
from genlab.sweep.executors._local import available_cores
from genlab.sweep.executors._task import Outcome, Task, run_task, stop_run
from genlab.sweep.executors._time_limit import read_time_limit


class Submits(Protocol):
    """What `FuturesExecutor` needs: the `submit` of `concurrent.futures.Executor`."""

    def submit(self, function: Any, /, *arguments: Any) -> Any:
        """Call a function somewhere: a future of its result, with `add_done_callback`."""
        ...


class FuturesExecutor:
    """Runs cells by an executor like those of `concurrent.futures`.

    Each of its processes or threads starts a worker process of its own, which is kept between
    tasks, and waits for it. So it does not matter how many threads a process has, nor what is
    imported in it: the bits are those of a `LocalExecutor`. There must be a file system that all
    processes share where cells name data sets of users; genlab must be installed everywhere. The
    executor stays open. Progress is told as cells finish.

    Parameters
    ----------
    executor
        Anything with `submit(function, *arguments)`, such as a `ProcessPoolExecutor`.
    time_limit
        Seconds that a cell may take, or a text such as "90m"; None takes `$GENLAB_TIME_LIMIT`, or
        no limit. A cell that takes longer is ended, and fails; the others go on.
    """

    side_by_side = False

    def __init__(self, executor: Submits, *, time_limit: float | str | None = None) -> None:
        self._time_limit = read_time_limit("`time_limit`", time_limit)
        self._executor = executor

    @property
    def n_workers(self) -> int:
        """How many tasks the executor runs at once, as far as it says; else that of the cores."""
        for name in ("_max_workers", "max_workers"):
            n = getattr(self._executor, name, None)
            if isinstance(n, int) and n > 0:
                return n
        return available_cores()

    def run(
        self, groups: Sequence[Group], take: Take | None = None
    ) -> Generator[Event, None, None]:
        """Run the cells, and yield their events, as `Executor.run` says."""
        run, contents = new_run(), ContentFolders()
        tasks = _Futures(run, self._executor, self.n_workers, contents)
        try:
            contents.write(cell for group in groups for batch in group for cell in batch)
            yield from drive(groups, tasks, Messages(), run, take, self._time_limit)
        finally:
            contents.close()


def outcomes_of(task: Task) -> list[Outcome]:
    """Run a task in the process that this is called in."""
    outcomes: list[Outcome] = []
    run_task(task, lambda one: None if one.kind == "progress" else outcomes.append(one))
    return outcomes


class _Futures:
    here = True

    def __init__(
        self, run: str, executor: Submits, n_workers: int, contents: ContentFolders
    ) -> None:
        self._run = run
        self._executor = executor
        self._n = n_workers
        self._contents = contents

    def slots(self) -> int:
        return self._n

    def most(self, slots: int) -> int:
        return ahead(slots)

    def contents(self, cells: Sequence[Any]) -> dict[str, str]:
        return self._contents.of(cells)

    def submit(self, task: Task) -> Any:
        try:
            return self._executor.submit(outcomes_of, task)
        except RuntimeError as error:  # it is shut down, or one of its processes has ended
            raise WorkerError(f"the executor takes no more work: {error}") from error

    def collect(self, futures: Sequence[Any]) -> list[list[Outcome] | Trouble]:
        return [_collected(future) for future in futures]

    def stop(self, futures: Sequence[Any]) -> None:
        for future in futures:
            future.cancel()
        stop_run(self._run)  # what runs in threads of this process


def _collected(future: Any) -> list[Outcome] | Trouble:
    try:
        return future.result()
    except BrokenExecutor as error:
        raise WorkerError(f"the executor takes no more work: {error}") from error
    except CancelledError:
        return Trouble("lost", "the executor cancelled it")
    except Exception as error:
        return Trouble("unstarted", f"{type(error).__name__}: {error}")
