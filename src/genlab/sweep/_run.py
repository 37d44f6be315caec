"""Run cells that are not stored yet, and store each as it finishes."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from genlab._base.errors import RetriedWarning, WorkerError
from genlab.sweep._batches import batches
from genlab.sweep._cell import Cell, unpacked
from genlab.sweep._kinds import check_kind
from genlab.sweep._progress import SweepProgress, Tally
from genlab.sweep._shared import Arrived, Shared
from genlab.sweep.executors import Advanced, Executor, Failed, Finished, Jobs, Retried, executor_of
from genlab.sweep.store import Computed, StoreLike, opened_store

R = TypeVar("R")

# A result that is damaged is then told before anything is run.
_READ_FIRST = 300
# Results that arrive together are stored together, up to so many.
_STORED_TOGETHER = 500


def run_cells(
    cells: Sequence[Cell[R]],
    store: StoreLike = None,
    *,
    jobs: Jobs = None,
    fresh: bool = False,
    progress: Callable[[SweepProgress], None] | None = None,
    executor: str | Executor = "local",
) -> list[R]:
    """The results of `cells`, in their order; those that are not stored are run and stored.

    Each cell runs on one thread of a worker process, so its bits depend neither on
    the number of workers nor on which other cells run. Mostly the largest cells run first, so
    that no core is left idle at the end; those that start from each other run one after
    the other in one worker. Fits of estimators run in this process where all are done sooner
    than workers would start; their bits are the same. On a GPU, which has one worker, networks
    with the same data and recipe and of similar size are trained side by side. So are, on any
    device, small networks fitted to samples of one data set. The bits of a result do not depend
    on the other cells there, either; on a GPU they differ from those on a CPU. If the
    call is interrupted, finished cells stay stored; Ctrl-C and SIGTERM end it within seconds.
    Several calls at once, on any machines with the same store, share the cells: each is computed
    by one of them, and what a killed one has begun is taken over.
    A cell that fails stops no other: the call ends with an error that lists those that failed,
    once all others are stored. A cell whose process ends is run again, up to 3 times in all.

    Parameters
    ----------
    cells
        Cells of any kinds; equal cells are run once.
    store
        Where results are looked up and stored: a Store, a database's URL or a SQLite file's
        path; None opens the default one.
    jobs
        Number of worker processes of this machine; None takes `$GENLAB_JOBS`, or one per core or
        GPU. Fewer are started where the available memory would not hold as many, and never more
        than there are GPUs. Or what runs the cells in their place: a `distributed.Client`, an
        executor with the `submit` of `concurrent.futures`, or a `genlab.sweep.Executor`. Each of
        genlab's executors has a `time_limit` for a cell; `$GENLAB_TIME_LIMIT` is that of all.
    fresh
        Whether stored results are computed again and replaced. An interrupted run then starts
        over.
    progress
        Called whenever a cell reports.
    executor
        What runs the cells where `jobs` is a number: a key of `genlab.sweep.EXECUTORS`. Or,
        like `jobs`, an executor.

    Raises
    ------
    ValueError
        Where a cell cannot run, before any cell does; where a worker process could not import
        its kind; or for an unknown executor or number of jobs.
    WorkerError
        Where cells failed, or no worker process could be started; its `failed` lists them.
    DataFileError
        Where data that no generator made cannot be written for the worker processes.
    DivergedError
        Where every cell diverged; where some did, one `DivergenceWarning` counts them.
    StoreError
        Where the store fails; where it cannot be written, before any cell is run.
    """
    runner = executor_of(jobs, executor)
    unique = {cell.key: cell for cell in cells}
    with opened_store(store) as opened:
        stored = set() if fresh else opened.keys(unique.values())
        missing = [cell for key, cell in unique.items() if key not in stored]
        for cell in {type(cell): cell for cell in missing}.values():
            check_kind(cell)
        for cell in missing:
            cell.check()
        if missing:
            opened.make()
        tally = Tally(missing, len(unique), progress)
        tally.report()
        # The others are read at the end, so that a large sweep begins at once.
        results = opened.get([unique[key] for key in unique if key in stored][:_READ_FIRST])
        groups = batches(missing, side_by_side=runner.side_by_side)
        sharing: Any = runner
        if missing and not opened.in_memory:
            sharing = Shared(runner, opened, fresh=fresh)
        failed: dict[str, Failed] = {}
        retried: dict[str, list[Retried]] = {}
        arrived: set[str] = set()
        waiting: list[Finished] = []  # to be stored

        def reasons(key: str) -> list[str]:
            return [event.reason for event in retried.get(key, ())]

        def store_waiting() -> list[Cell[R]]:
            done, waiting[:] = list(waiting), []
            opened.put_all(
                [
                    Computed(unique[e.key], e.result, e.seconds, e.environment, reasons(e.key))
                    for e in done
                ],
                replace=fresh,
            )
            return [unique[event.key] for event in done]

        try:
            with contextlib.closing(sharing.run(groups)) as events:
                for event in events:
                    cell = unique[event.key]
                    if isinstance(event, Advanced):
                        tally.advance(cell, event.step, event.train_loss)
                    elif isinstance(event, Retried):
                        retried.setdefault(event.key, []).append(event)
                    elif isinstance(event, Failed):
                        failed[event.key] = event
                        opened.put_failures(cell, [*reasons(event.key), event.error])
                    elif isinstance(event, Arrived):
                        arrived.add(event.key)
                        tally.finish(cell)
                    else:
                        results[cell.key] = unpacked(cell, event.result)
                        waiting.append(event)
                        if not event.more or len(waiting) == _STORED_TOGETHER:
                            for done in store_waiting():
                                tally.finish(done)
        except WorkerError as error:
            left = {cell.key for cell in missing} - results.keys() - failed.keys()
            for key in left - arrived:
                failed[key] = Failed(key, str(error))
            if not failed:
                raise
        finally:
            store_waiting()  # there are some where an error came in between
        if not failed:
            # Those that were stored before, and those that other runs stored.
            results |= opened.get(cell for key, cell in unique.items() if key not in results)
    _report_retries(retried, len(unique))
    if failed:
        raise _failure(failed, len(unique))
    diverged_at = np.array([cell.diverged_at(results[key]) for key, cell in unique.items()])
    if (diverged_at >= 0).any():
        from genlab.training import report_divergence

        report_divergence(diverged_at)
    return [results[cell.key] for cell in cells]


def _report_retries(retried: Mapping[str, Sequence[Retried]], n_cells: int) -> None:
    if retried:
        first = next(iter(retried.values()))[-1]
        warnings.warn(
            f"{len(retried)} of {n_cells} cells ran again; the first, {first.key[:12]}, because "
            f"its process ended: {first.reason.rstrip('.')}.",
            RetriedWarning,
            stacklevel=3,
        )


def _failure(failed: Mapping[str, Failed], n_cells: int) -> WorkerError:
    """The error that lists the cells that failed."""
    first = next(iter(failed.values()))
    sentence = first.error
    if n_cells > 1:
        sentence = (
            f"{sentence.rstrip('.')} ({len(failed)} of {n_cells} cells failed, the first is "
            f"{first.key[:12]}; the others are stored)."
        )
    error = WorkerError(sentence, {key: one.error for key, one in failed.items()})
    if first.trace:
        error.add_note(first.trace)
    return error
