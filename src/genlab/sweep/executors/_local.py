"""The executor of this machine: worker processes, one for each core or GPU by default."""

from __future__ import annotations

import contextlib
import json
import math
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import IO, Any, NamedTuple, Self

from genlab._base.checks import integer
from genlab._base.errors import GenlabError, WorkerError
from genlab._base.kinds import files_of
from genlab.sweep._batches import Group
from genlab.sweep._cell import Cell
from genlab.sweep.executors import _worker
from genlab.sweep.executors._base import Advanced, Event, Finished, Passed, Take, passed
from genlab.sweep.executors._contents import ContentFolders
from genlab.sweep.executors._device import device_of_workers, only


def available_cores() -> int:
    """Number of cores this process may use: `$GENLAB_JOBS` where it is set.

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
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not offered by every system
        return os.cpu_count() or 1


class LocalExecutor:
    """Runs cells in worker processes of this machine.

    Parameters
    ----------
    jobs
        Number of worker processes; None takes `$GENLAB_JOBS`, or one per core or GPU. Fewer are
        started where the available memory would not hold as many, and never more than
        there are GPUs.

    As a context manager it keeps its worker processes until the end of the block. Runs after the
    first then need not start them, nor compile again what they have compiled.
    """

    def __init__(self, jobs: int | None = None) -> None:
        self._device = device_of_workers()
        most = available_cores() if self._device.is_cpu else self._device.n
        jobs = most if jobs is None else integer("jobs", jobs, low=1)
        self._jobs = jobs if self._device.is_cpu else min(jobs, most)
        self._kept: _Pool | None = None

    def __enter__(self) -> Self:
        self._kept = _Pool()
        return self

    def __exit__(self, *_: object) -> None:
        if self._kept is not None:
            self._kept.close()
        self._kept = None

    @property
    def side_by_side(self) -> bool:
        """Whether this machine has an accelerator."""
        return not self._device.is_cpu

    def run(
        self, groups: Sequence[Group], take: Take | None = None
    ) -> Generator[Event, None, None]:
        """Run the cells, and yield their events, as `Executor.run` says."""
        pool = self._kept or _Pool()
        cells = _cells(groups)
        # Compiled programs add up: a worker that holds more than twice what a cell needs is ended.
        pool.keep(self._jobs, most=2 * max((cell.memory() for cell in cells), default=0.0))
        jobs = _fitting(self._jobs, cells, pool.memory())
        pool.keep(jobs)
        of_workers = [only(self._device, i) for i in range(min(jobs, len(groups)))]
        return _work(groups, of_workers, pool, take, keep=pool is self._kept)


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
    """Bytes that programs may still take without swapping, or None where it is not known."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            for line in lines:
                if line.startswith("MemAvailable:"):
                    return 1024.0 * int(line.split()[1])
    except OSError:
        pass  # not Linux
    return None


class _Message(NamedTuple):
    """A worker's message about the cell with this key; errors and interrupts have no key."""

    key: str
    content: dict[str, Any]
    payload: bytes = b""


@dataclass(eq=False)
class _Worker:
    """A worker process, and the thread that feeds it."""

    process: subprocess.Popen[bytes]
    environment: dict[str, str]
    is_ready: bool = False
    thread: threading.Thread | None = None

    def memory(self) -> float:
        """Bytes that it holds alone; 0 where that is not known."""
        try:
            with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as line:
                _, resident, shared, *_ = line.read().split()
        except (OSError, ValueError):
            return 0.0
        return float(os.sysconf("SC_PAGE_SIZE") * (int(resident) - int(shared)))

    def end(self) -> None:
        self.process.kill()
        if self.thread is not None:
            self.thread.join()  # it ends with its worker
        with contextlib.suppress(OSError):  # what was still to be sent to it
            self.process.communicate()


class _Pool:
    """Worker processes that may serve several runs, and the contents that they open."""

    def __init__(self) -> None:
        self.contents = ContentFolders()
        self._workers: list[_Worker] = []

    def memory(self) -> float:
        """Bytes that its workers hold."""
        return sum(worker.memory() for worker in self._workers)

    def keep(self, n: int, most: float = math.inf) -> None:
        """End all workers but the first n of those that hold at most `most` bytes."""
        kept = [worker for worker in self._workers if worker.memory() <= most][:n]
        for worker in self._workers:
            if worker not in kept:
                worker.end()
        self._workers = kept

    def worker(self, environment: dict[str, str], taken: Sequence[_Worker]) -> _Worker:
        """A living worker with these variables that is not taken, or a new one."""
        for worker in self._workers:
            is_free = worker not in taken and worker.environment == environment
            if is_free and worker.process.poll() is None:
                return worker
        self._workers.append(_Worker(_start_worker(environment), environment))
        return self._workers[-1]

    def close(self) -> None:
        """End all workers, and remove what was written for them."""
        for worker in self._workers:
            worker.process.kill()
        self.keep(0)
        self.contents.close()
        self.contents = ContentFolders()


def _work(
    groups: Sequence[Group],
    of_workers: list[dict[str, str]],
    pool: _Pool,
    take: Take | None,
    *,
    keep: bool,
) -> Generator[Event, None, None]:
    """Yield the events of the workers; the last event of each cell is its result.

    `of_workers` holds the environment variables that each worker has beside the common ones;
    `keep` says whether the workers go on after a run without an error.
    """
    tasks: queue.SimpleQueue[Group] = queue.SimpleQueue()
    for group in groups:
        tasks.put(group)
    messages: queue.SimpleQueue[_Message] = queue.SimpleQueue()
    workers: list[_Worker] = []
    unfinished = len(_cells(groups))
    interrupts = contextlib.ExitStack()
    interrupts.enter_context(_interrupts_to(messages))
    try:
        pool.contents.write(_cells(groups))
        for environment in of_workers:
            workers.append(pool.worker(environment, workers))
            _let_work(workers[-1], tasks, messages, pool.contents, take)
        while unfinished:
            message = messages.get()
            kind = message.content["kind"]
            if kind == "interrupt":
                yield from _finished(messages)  # those that came in the meantime
                if message.content["signal"] == signal.SIGTERM:
                    raise SystemExit(128 + signal.SIGTERM)
                raise KeyboardInterrupt
            if kind == "error":
                yield from _finished(messages)  # those of others, so that none is lost
                error = WorkerError(message.content["error"])
                error.add_note(message.content.get("trace", ""))
                raise error
            if kind == "refused":
                yield from _finished(messages)
                raise message.content["error"]
            yield _event(message)
            unfinished -= kind in ("result", "passed")
    finally:
        interrupts.close()
        if unfinished or not keep:
            pool.close()


@contextlib.contextmanager
def _interrupts_to(messages: queue.SimpleQueue[_Message]) -> Generator[None, None, None]:
    """Let Ctrl-C and SIGTERM come as messages in the block.

    As an exception one may land in a callback of JAX's, which swallows it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say who handles a signal
        return

    def pass_on(number: int, _frame: object) -> None:
        messages.put(_Message("", {"kind": "interrupt", "signal": number}))

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [(number, signal.signal(number, pass_on)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _finished(messages: queue.SimpleQueue[_Message]) -> Generator[Event, None, None]:
    """The finished cells that wait in the queue."""
    while True:
        try:
            message = messages.get_nowait()
        except queue.Empty:
            return
        if message.content["kind"] == "result":
            yield _event(message)


def _event(message: _Message) -> Event:
    content = message.content
    if content["kind"] == "progress":
        return Advanced(message.key, content["step"], float(content["train_loss"]))
    if content["kind"] == "passed":
        return Passed(message.key)
    return Finished(message.key, message.payload, content["seconds"], content["environment"])


# Before anything is imported: the caller decides when to stop, not the terminal's Ctrl-C. The
# caller's folders come last, so that its modules are found and shadow none of the worker's.
_WORKER = f"""
import json, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
sys.path += [folder for folder in json.loads(sys.argv.pop()) if folder not in sys.path]
from {_worker.__name__} import main
main()
"""


def _start_worker(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    folders = [os.path.abspath(folder) for folder in sys.path]  # "" is the current one
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _WORKER, json.dumps(folders)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=_worker.environment_of_worker() | environment,
    )


def _let_work(
    worker: _Worker,
    tasks: queue.SimpleQueue[Group],
    messages: queue.SimpleQueue[_Message],
    contents: ContentFolders,
    take: Take | None,
) -> None:
    """Start the thread that gives a worker group after group, once its last thread has ended."""
    before = worker.thread

    def run() -> None:
        if before is not None:
            before.join()
        _feed(worker, tasks, messages, contents, take)

    worker.thread = threading.Thread(target=run, daemon=True)
    worker.thread.start()


def _feed(
    worker: _Worker,
    tasks: queue.SimpleQueue[Group],
    messages: queue.SimpleQueue[_Message],
    contents: ContentFolders,
    take: Take | None,
) -> None:
    """Give one worker group after group of cells, and pass on what it says."""
    process = worker.process
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        if not worker.is_ready:
            _until(process.stdout, "ready")
            worker.is_ready = True
        while True:
            try:
                group = tasks.get_nowait()
            except queue.Empty:
                return
            if take is not None:
                try:
                    mine = take(group)
                except GenlabError as error:
                    messages.put(_Message("", {"kind": "refused", "error": error}))
                    return
                for event in passed(group, mine):
                    messages.put(_Message(event.key, {"kind": "passed"}))
                group = mine
            for batch in group:
                cells = [cell.to_dict() for cell in batch]
                message = {"cells": cells, "files": files_of(cells)}
                _worker.send(process.stdin, {**message, "contents": contents.of(cells)})
                unfinished = len(batch)
                while unfinished:
                    content, payload = _answer(process.stdout)
                    if content["kind"] == "progress":  # of all of them
                        for cell in batch:
                            messages.put(_Message(cell.key, content))
                        continue
                    messages.put(_Message(batch[content["cell"]].key, content, payload))
                    unfinished = 0 if content["kind"] == "error" else unfinished - 1
    except Exception as error:
        process.kill()
        reason = str(error) or f"it ended with status {process.wait()}"
        sentence = f"a worker process failed before its cell was done: {reason}"
        messages.put(_Message("", {"kind": "error", "error": sentence}))


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
