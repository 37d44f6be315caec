"""A task: cells that one process of an executor runs, each in a worker process of its own.

The process that runs a task, such as a Dask worker with its threads and settings, computes nothing
itself. So the bits of a cell are those of a local run, and a cell that takes its process down
takes nothing else with it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from genlab._base.kinds import files_of
from genlab.sweep._batches import Batch
from genlab.sweep.executors._processes import (
    WARM,
    EndedError,
    Pool,
    StaleError,
    StartError,
    Worker,
)
from genlab.sweep.executors._time_limit import TooLongError, ended_after
from genlab.sweep.executors._worker import files_elsewhere


class Task(NamedTuple):
    """Batches of cells that one process runs one after the other.

    All of it is plain values, which every executor can send. `keys` and `cells` (their JSON) are
    by batch; `files` are those of the modules that they name; `contents` are the folders of
    the data sets of users, by fingerprint; `time_limit` are the seconds that a cell may take.
    """

    run: str
    keys: list[list[str]]
    cells: list[list[dict[str, Any]]]
    files: dict[str, str]
    contents: dict[str, str]
    time_limit: float | None = None


class Outcome(NamedTuple):
    """What became of cells: the `kind` says which of the other fields count.

    "result": of a single cell, its bytes, seconds and environment. "progress": steps and loss.
    "error": the cells raised it. "ended": their process ended. "overtime": they took longer than
    they may. "unstarted": no process could be started for them. "stopped": the caller wants no
    more.
    """

    keys: list[str]
    kind: str
    result: bytes = b""
    seconds: float = 0.0
    environment: Mapping[str, str] = {}
    step: int = 0
    train_loss: float = 0.0
    error: str = ""
    trace: str = ""


Emit = Callable[[Outcome], None]


def task_of(
    run: str,
    batches: Sequence[Batch],
    contents: Callable[[Any], dict[str, str]],
    *,
    here: bool,
    time_limit: float | None = None,
) -> Task:
    """The task of these batches, for a process of this machine (`here`) or of any.

    `contents` gives the folders of the data sets of users that the JSON of cells names.
    """
    cells = [[cell.to_dict() for cell in batch] for batch in batches]
    keys = [[cell.key for cell in batch] for batch in batches]
    files = files_of(cells) if here else files_elsewhere(cells)
    return Task(run, keys, cells, files, contents(cells), time_limit)


# The workers that each run has at work, and the runs that were stopped.
_AT_WORK: dict[str, set[Worker]] = {}
_STOPPED: set[str] = set()
_LOCK = threading.Lock()


def _forget() -> None:
    """Begin without what other threads were doing, as a forked process must."""
    global _LOCK
    _LOCK = threading.Lock()
    _AT_WORK.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def stop_run(run: str) -> None:
    """End the worker processes that this process has at work for a run, and start no others."""
    with _LOCK:
        _STOPPED.add(run)
        for worker in _AT_WORK.get(run, ()):
            worker.process.kill()


def run_task(
    task: Task, emit: Emit, pool: Pool = WARM, environment: Mapping[str, str] | None = None
) -> None:
    """Run the cells of a task, and emit what becomes of them: all but "progress" once a cell.

    Parameters
    ----------
    task
        The cells.
    emit
        Called with each outcome.
    pool
        Where workers are taken from, and given back to.
    environment
        The variables that the worker has beside those of this process.
    """
    worker: Worker | None = None
    try:
        for keys, cells in zip(task.keys, task.cells, strict=True):
            request = {**task._asdict(), "cells": cells, "keys": keys}
            while True:
                worker = worker or pool.take(environment or {})
                if not _begin(task.run, worker):
                    emit(Outcome(keys, "stopped"))
                    break
                try:
                    _run_batch(worker, keys, request, emit)
                except (StaleError, StartError, EndedError, TooLongError) as error:
                    _done(task.run, worker)
                    worker.end()
                    worker = None
                    if isinstance(error, StaleError):
                        continue
                    kind = "stopped" if task.run in _STOPPED else _KINDS[type(error)]
                    emit(Outcome(keys, kind, error=str(error)))
                break
    except BaseException:
        if worker is not None:  # in the middle of an answer
            _done(task.run, worker)
            worker.end()
        raise
    if worker is not None:
        _done(task.run, worker)
        pool.give_back(worker)


# Why a batch has no results, by what its worker raised.
_KINDS = {StartError: "unstarted", EndedError: "ended", TooLongError: "overtime"}


# A worker that is new may take so many seconds more, for it starts and imports first.
_START_SECONDS = 600.0


def _run_batch(worker: Worker, keys: list[str], request: Mapping[str, Any], emit: Emit) -> None:
    limit = request["time_limit"]
    with ended_after(None if limit is None else limit + _START_SECONDS, worker):
        worker.send(request)
        content, _ = worker.answer()
    if content["kind"] == "error":
        emit(Outcome(keys, "error", error=content["error"], trace=content["trace"]))
        return
    # It has begun with the cells. Those that run side by side have their time together.
    with ended_after(None if limit is None else limit * len(keys), worker):
        _answers(worker, keys, emit)


def _answers(worker: Worker, keys: list[str], emit: Emit) -> None:
    left = list(keys)
    while left:
        content, payload = worker.answer()
        kind = content["kind"]
        if kind == "progress":  # of all of them
            loss = float(content["train_loss"])
            emit(Outcome(keys, "progress", step=content["step"], train_loss=loss))
        elif kind == "result":
            key = keys[content["cell"]]
            left.remove(key)
            seconds, environment = content["seconds"], content["environment"]
            emit(Outcome([key], "result", payload, seconds, environment))
        else:
            emit(Outcome(left, "error", error=content["error"], trace=content["trace"]))
            return


def _begin(run: str, worker: Worker) -> bool:
    """Note that a worker is at work for a run; False where the run was stopped."""
    with _LOCK:
        if run in _STOPPED:
            return False
        _AT_WORK.setdefault(run, set()).add(worker)
        return True


def _done(run: str, worker: Worker) -> None:
    with _LOCK:
        at_work = _AT_WORK.get(run, set())
        at_work.discard(worker)
        if not at_work:
            _AT_WORK.pop(run, None)
