"""Run cells by worker processes, keeping each in the store as it finishes."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import IO, Any, NamedTuple

import numpy as np

from genlab._base.checks import integer
from genlab._base.errors import WorkerError
from genlab.sweep._cell import Cell, CellResult, unpack
from genlab.sweep._device import device_of_workers, only
from genlab.sweep._store import Store
from genlab.sweep.executors import _worker
from genlab.training import report_divergence


@dataclass(frozen=True)
class SweepProgress:
    """Where a sweep stands.

    Attributes
    ----------
    cells_done, cells
        Finished cells, those that the store had included, and all of them.
    work_done, work
        Multiply-adds done and to do by this run; 0 to do where the store had all.
    step, steps, train_loss
        Of the cell that reported last: steps done and to do, and its training loss or NaN.
    """

    cells_done: int
    cells: int
    work_done: float
    work: float
    step: int
    steps: int
    train_loss: float


def available_cores() -> int:
    """Cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not offered by every system
        return os.cpu_count() or 1


def run_cells(
    cells: Sequence[Cell],
    store: Store,
    *,
    jobs: int | None = None,
    fresh: bool = False,
    progress: Callable[[SweepProgress], None] | None = None,
) -> list[CellResult]:
    """The results of `cells`, in their order; those not in the store are run and kept.

    Each cell runs on one thread of a worker process, so its bits depend neither on
    the number of workers nor on which other cells run. The largest cells run first, so
    that no core is left idle at the end; those that start from each other run one after
    the other in one worker. On a GPU, which has one worker, cells of one data set and recipe
    and of about one size run side by side. Where this call is stopped at any moment, the
    finished cells are in the store; Ctrl-C and SIGTERM end it within seconds.

    Parameters
    ----------
    cells
        Equal cells are run once.
    store
        Where results are looked up and kept.
    jobs
        Worker processes; None takes one a core, or one a GPU. Fewer are started where the
        memory at hand would not hold as many, and never more than there are GPUs.
    fresh
        Run again what the store has, and put each new result in the old one's place.
    progress
        Called whenever a cell reports.

    Raises
    ------
    WorkerError
        Where a worker process ends early or a cell fails; the others are stopped.
    DivergedError
        Where every cell diverged; where some did, one `DivergenceWarning` counts them.
    """
    device = device_of_workers()
    most = available_cores() if device.is_cpu else device.n
    jobs = most if jobs is None else integer("jobs", jobs, low=1)
    if not device.is_cpu:
        jobs = min(jobs, most)
    unique = {cell.key: cell for cell in cells}
    results = {} if fresh else store.get(unique.values())
    missing = [cell for key, cell in unique.items() if key not in results]
    for cell in missing:
        cell.check()
    groups = batches(missing, side_by_side=not device.is_cpu)
    jobs = _that_fit(jobs, missing)
    workers = [only(device, i) for i in range(min(jobs, len(groups)))]
    tally = _Tally(missing, len(unique), progress)
    tally.report()
    with contextlib.closing(_work(missing, groups, workers)) as events:
        for index, message, payload in events:
            cell = missing[index]
            if message["kind"] == "progress":
                tally.advance(index, message["step"], float(message["train_loss"]))
                continue
            result = unpack(cell.key, payload)
            store.put(
                cell,
                result,
                seconds=message["seconds"],
                environment=message["environment"],
                replace=fresh,
            )
            results[cell.key] = result
            tally.finish(index)
    report_divergence(np.array([results[key].diverged_at for key in unique]))
    return [results[cell.key] for cell in cells]


# Cells that run side by side, by index; mostly one.
_Batch = list[int]


def batches(cells: list[Cell], *, side_by_side: bool) -> list[list[_Batch]]:
    """What a worker runs in one go: batch after batch of cells.

    A group is a chain of starts, in its order, a cell at a time; or one batch, of a single
    cell or of those that run side by side. The group with the most work comes first.
    """
    chains: dict[str, list[tuple[int, int]]] = {}
    for index, cell in enumerate(cells):
        depth, root = 0, cell
        while root.start is not None:
            depth, root = depth + 1, root.start
        chains.setdefault(root.key, []).append((depth, index))
    groups: list[list[_Batch]] = []
    together: dict[str, _Batch] = {}
    for chain in chains.values():
        if side_by_side and len(chain) == 1 and chain[0][0] == 0:
            index = chain[0][1]
            together.setdefault(cells[index].program_key(), []).append(index)
        else:
            groups.append([[index] for _, index in sorted(chain)])
    for batch in together.values():
        n = cells[batch[0]].most_side_by_side()
        groups += [[batch[i : i + n]] for i in range(0, len(batch), n)]
    work = [cell.work() for cell in cells]
    return sorted(groups, key=lambda group: -sum(work[i] for batch in group for i in batch))


class _Tally:
    """Counts work for the progress callback."""

    def __init__(
        self, missing: list[Cell], n_cells: int, progress: Callable[[SweepProgress], None] | None
    ) -> None:
        self._progress = progress
        self._steps = [cell.recipe.steps for cell in missing]
        self._work = [cell.work() for cell in missing] if progress else []
        self._step = self._of = 0
        self._fraction = [0.0] * len(missing)
        self._cells = n_cells
        self._done = n_cells - len(missing)
        self._train_loss = float("nan")

    def advance(self, index: int, step: int, train_loss: float) -> None:
        self._fraction[index] = step / self._steps[index]
        self._step, self._of = step, self._steps[index]
        self._train_loss = train_loss
        self.report()

    def finish(self, index: int) -> None:
        self._fraction[index] = 1.0
        self._done += 1
        self.report()

    def report(self) -> None:
        if self._progress is not None:
            pairs = zip(self._work, self._fraction, strict=True)
            done = sum(work * fraction for work, fraction in pairs)
            self._progress(
                SweepProgress(
                    cells_done=self._done,
                    cells=self._cells,
                    work_done=done,
                    work=sum(self._work),
                    step=self._step,
                    steps=self._of,
                    train_loss=self._train_loss,
                )
            )


def _that_fit(jobs: int, cells: list[Cell]) -> int:
    """As many workers as the memory at hand holds, at most `jobs`; WorkerError for none."""
    free = available_memory()
    if not cells or free is None:
        return jobs
    needed = max(cell.memory() for cell in cells)
    if needed > free:
        raise WorkerError(
            f"a cell needs about {needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free."
        )
    return max(1, min(jobs, int(free // needed)))


def available_memory() -> float | None:
    """Bytes that programs may still take without swapping, or None where nobody tells."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return 1024.0 * int(line.split()[1])
    except OSError:
        pass  # not Linux
    return None


class _Event(NamedTuple):
    cell: int
    message: dict[str, Any]
    payload: bytes


def _work(
    cells: list[Cell], groups: list[list[_Batch]], of_workers: list[dict[str, str]]
) -> Generator[_Event, None, None]:
    """Yield every message of the workers; the last of each cell is its result.

    `of_workers` holds what each worker has in its environment beside what all have.
    """
    tasks: queue.SimpleQueue[list[_Batch]] = queue.SimpleQueue()
    for group in groups:
        tasks.put(group)
    events: queue.SimpleQueue[_Event] = queue.SimpleQueue()
    workers: list[subprocess.Popen[bytes]] = []
    threads: list[threading.Thread] = []
    interrupts = contextlib.ExitStack()
    interrupts.enter_context(_interrupts_to(events))
    try:
        for environment in of_workers:
            worker = _start_worker(environment)
            workers.append(worker)
            threads.append(
                threading.Thread(target=_feed, args=(worker, cells, tasks, events), daemon=True)
            )
            threads[-1].start()
        unfinished = len(cells)
        while unfinished:
            event = events.get()
            if event.message["kind"] == "interrupt":
                yield from _results(events)  # what came in the meantime
                if event.message["signal"] == signal.SIGTERM:
                    raise SystemExit(128 + signal.SIGTERM)
                raise KeyboardInterrupt
            if event.message["kind"] == "error":
                yield from _results(events)  # of the others, so that none is lost
                error = WorkerError(event.message["error"])
                error.add_note(event.message.get("trace", ""))
                raise error
            yield event
            unfinished -= event.message["kind"] == "result"
    finally:
        interrupts.close()
        for worker in workers:
            worker.kill()
        for thread in threads:
            thread.join()  # it ends with its worker
        for worker in workers:
            with contextlib.suppress(OSError):  # what it was still to be told
                worker.communicate()


@contextlib.contextmanager
def _interrupts_to(events: queue.SimpleQueue[_Event]) -> Generator[None, None, None]:
    """Let Ctrl-C and SIGTERM come as events in the block.

    As an exception one may land in a callback of JAX's, which swallows it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say who handles a signal
        return

    def tell(number: int, _frame: object) -> None:
        events.put(_Event(-1, {"kind": "interrupt", "signal": number}, b""))

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [(number, signal.signal(number, tell)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _results(events: queue.SimpleQueue[_Event]) -> Generator[_Event, None, None]:
    """The finished cells that wait in the queue."""
    while True:
        try:
            event = events.get_nowait()
        except queue.Empty:
            return
        if event.message["kind"] == "result":
            yield event


# Before anything is imported: the caller decides when to stop, not the terminal's Ctrl-C.
_WORKER = f"""
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
from {_worker.__name__} import main
main()
"""


def _start_worker(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _WORKER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=_worker.environment_of_worker() | environment,
    )


def _feed(
    worker: subprocess.Popen[bytes],
    cells: list[Cell],
    tasks: queue.SimpleQueue[list[_Batch]],
    events: queue.SimpleQueue[_Event],
) -> None:
    """Give one worker group after group of cells, and pass on what it says."""
    try:
        assert worker.stdin is not None
        assert worker.stdout is not None
        _until(worker.stdout, "ready")
        while True:
            try:
                group = tasks.get_nowait()
            except queue.Empty:
                return
            for batch in group:
                _worker.send(worker.stdin, {"cells": [cells[i].to_dict() for i in batch]})
                unfinished = len(batch)
                while unfinished:
                    message, payload = _answer(worker.stdout)
                    if message["kind"] == "progress":  # of all of them
                        for i in batch:
                            events.put(_Event(i, message, payload))
                        continue
                    events.put(_Event(batch[message["cell"]], message, payload))
                    unfinished = 0 if message["kind"] == "error" else unfinished - 1
    except Exception as error:
        worker.kill()
        reason = str(error) or f"it ended with status {worker.wait()}"
        sentence = f"a worker process failed before its cell was done: {reason}"
        events.put(_Event(-1, {"kind": "error", "error": sentence}, b""))


def _until(answers: IO[bytes], kind: str) -> None:
    """Read over what the start of Python prints, up to the first message of a kind."""
    begins = f'{{"kind": "{kind}"'.encode()
    while line := answers.readline():
        if line.startswith(begins):
            return
    raise EOFError


def _answer(answers: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    answer = _worker.receive(answers)
    if answer is None:
        raise EOFError
    return answer
