"""The executor of this machine: worker processes, one for each core or GPU by default."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping, Sequence
from typing import IO, Any, NamedTuple

from genlab._base.checks import integer
from genlab._base.errors import WorkerError
from genlab._base.kinds import files_of
from genlab.datasets import contents_of
from genlab.sweep._batches import Group
from genlab.sweep._cell import Cell
from genlab.sweep.executors import _worker
from genlab.sweep.executors._base import Advanced, Event, Finished
from genlab.sweep.executors._contents import written_contents
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
    """

    def __init__(self, jobs: int | None = None) -> None:
        self._device = device_of_workers()
        most = available_cores() if self._device.is_cpu else self._device.n
        jobs = most if jobs is None else integer("jobs", jobs, low=1)
        self._jobs = jobs if self._device.is_cpu else min(jobs, most)

    @property
    def side_by_side(self) -> bool:
        """Whether this machine has an accelerator."""
        return not self._device.is_cpu

    def run(self, groups: Sequence[Group]) -> Generator[Event, None, None]:
        """Run the cells, and yield their events, as `Executor.run` says."""
        jobs = _fitting(self._jobs, [cell for group in groups for batch in group for cell in batch])
        return _work(groups, [only(self._device, i) for i in range(min(jobs, len(groups)))])


def _fitting(jobs: int, cells: Sequence[Cell[Any]]) -> int:
    """As many workers as the available memory holds, at most `jobs`; WorkerError for none."""
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


def _work(
    groups: Sequence[Group], of_workers: list[dict[str, str]]
) -> Generator[Event, None, None]:
    """Yield the events of the workers; the last event of each cell is its result.

    `of_workers` holds the environment variables that each worker has beside the common ones.
    """
    tasks: queue.SimpleQueue[Group] = queue.SimpleQueue()
    for group in groups:
        tasks.put(group)
    messages: queue.SimpleQueue[_Message] = queue.SimpleQueue()
    workers: list[subprocess.Popen[bytes]] = []
    threads: list[threading.Thread] = []
    interrupts = contextlib.ExitStack()
    interrupts.enter_context(_interrupts_to(messages))
    temporary = contextlib.ExitStack()
    try:
        contents = temporary.enter_context(
            written_contents(cell for group in groups for batch in group for cell in batch)
        )
        for environment in of_workers:
            worker = _start_worker(environment)
            workers.append(worker)
            threads.append(
                threading.Thread(
                    target=_feed, args=(worker, tasks, messages, contents), daemon=True
                )
            )
            threads[-1].start()
        unfinished = sum(len(batch) for group in groups for batch in group)
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
            yield _event(message)
            unfinished -= kind == "result"
    finally:
        interrupts.close()
        for worker in workers:
            worker.kill()
        for thread in threads:
            thread.join()  # it ends with its worker
        for worker in workers:
            with contextlib.suppress(OSError):  # what was still to be sent to it
                worker.communicate()
        temporary.close()


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


def _feed(
    worker: subprocess.Popen[bytes],
    tasks: queue.SimpleQueue[Group],
    messages: queue.SimpleQueue[_Message],
    contents: Mapping[str, str],
) -> None:
    """Give one worker group after group of cells, and pass on what it says.

    `contents` holds the folder of each content that a cell may need, by its fingerprint.
    """
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
                cells = [cell.to_dict() for cell in batch]
                folders = {one: contents[one] for one in sorted(contents_of(cells))}
                message = {"cells": cells, "files": files_of(cells), "contents": folders}
                _worker.send(worker.stdin, message)
                unfinished = len(batch)
                while unfinished:
                    content, payload = _answer(worker.stdout)
                    if content["kind"] == "progress":  # of all of them
                        for cell in batch:
                            messages.put(_Message(cell.key, content))
                        continue
                    messages.put(_Message(batch[content["cell"]].key, content, payload))
                    unfinished = 0 if content["kind"] == "error" else unfinished - 1
    except Exception as error:
        worker.kill()
        reason = str(error) or f"it ended with status {worker.wait()}"
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
