"""Worker processes of this process: started, kept for the next call, ended."""

from __future__ import annotations

import atexit
import contextlib
import json
import math
import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from genlab._base import signals
from genlab.sweep.executors import _worker

# A worker that no call has needed for so many seconds is ended.
_IDLE_SECONDS = 300.0


class StartError(Exception):
    """A worker process ended before it had started."""


class EndedError(Exception):
    """A worker process ended before it had answered."""


class StaleError(Exception):
    """A worker process has loaded modules that have changed since."""


@dataclass(eq=False)
class Worker:
    """A worker process.

    `made_for` is everything that it has from its caller: one made for other things is not used.
    """

    process: subprocess.Popen[bytes]
    made_for: tuple[Any, ...]
    is_ready: bool = False
    idle_since: float = field(default_factory=time.monotonic)

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def memory(self) -> float:
        """Bytes that it holds alone; 0 where that is not known."""
        try:
            with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as line:
                _, resident, shared, *_ = line.read().split()
        except (OSError, ValueError):
            return 0.0
        return float(os.sysconf("SC_PAGE_SIZE") * (int(resident) - int(shared)))

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a request, once the process has started."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        if not self.is_ready:
            if not _until(self.process.stdout, "ready"):
                raise StartError(self._ended())
            self.is_ready = True
        try:
            _worker.send(self.process.stdin, message)
        except OSError:
            raise EndedError(self._ended()) from None

    def answer(self) -> tuple[dict[str, Any], bytes]:
        """Its next answer."""
        assert self.process.stdout is not None
        answer = _worker.receive(self.process.stdout)
        if answer is None:
            raise EndedError(self._ended())
        if answer[0]["kind"] == "stale":
            raise StaleError
        return answer

    def _ended(self) -> str:
        self.process.kill()
        return f"it ended with status {self.process.wait()}"

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):  # what was still to be sent to it
                if stream is not None:
                    stream.close()


def _until(answers: IO[bytes], kind: str) -> bool:
    """Read over what the start of Python prints, up to the first message of a kind."""
    begins = f'{{"kind": "{kind}"'.encode()
    return any(line.startswith(begins) for line in answers)


class Pool:
    """Worker processes that serve one run after another; any thread may take one.

    Parameters
    ----------
    idle_seconds
        After so many seconds without work a worker is ended.
    """

    def __init__(self, idle_seconds: float = math.inf) -> None:
        self._idle_seconds = idle_seconds
        self.forget()

    def forget(self) -> None:
        """Leave all workers to whoever has started them, as a forked process must."""
        self._lock = threading.Lock()
        self._idle: list[Worker] = []
        self._timer: threading.Timer | None = None

    @property
    def n_idle(self) -> int:
        """Number of its workers that have started and wait."""
        return len(self._idle)

    def memory(self) -> float:
        """Bytes that its idle workers hold."""
        return sum(worker.memory() for worker in list(self._idle))

    def keep(self, n: int, most: float = math.inf) -> None:
        """End all idle workers but the first n of those that hold at most `most` bytes."""
        with self._lock:
            kept = [worker for worker in self._idle if worker.memory() <= most][:n]
            ended = [worker for worker in self._idle if worker not in kept]
            self._idle = kept
        for worker in ended:
            worker.end()

    def take(self, environment: Mapping[str, str]) -> Worker:
        """A living worker with these variables beside the caller's own, or a new one."""
        made_for = _made_for(environment)
        with self._lock:
            fitting = [worker for worker in self._idle if worker.made_for == made_for]
            found = next((worker for worker in fitting if worker.is_alive()), None)
            # Made for another environment or folder, or dead: of no more use.
            ended = [worker for worker in self._idle if worker not in fitting]
            ended += [worker for worker in fitting if not worker.is_alive()]
            self._idle = [w for w in fitting if w not in ended and w is not found]
        for worker in ended:
            worker.end()
        return found or Worker(_start_worker(dict(environment)), made_for)

    def give_back(self, worker: Worker) -> None:
        """Keep a worker that has done its work."""
        worker.idle_since = time.monotonic()
        with self._lock:
            self._idle.append(worker)
            if self._timer is None and self._idle_seconds < math.inf:
                self._wait(self._idle_seconds)

    def _wait(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._end_idle)
        self._timer.daemon = True
        self._timer.start()

    def _end_idle(self) -> None:
        with self._lock:
            last = time.monotonic() - self._idle_seconds
            ended = [worker for worker in self._idle if worker.idle_since <= last]
            self._idle = [worker for worker in self._idle if worker not in ended]
            self._timer = None
            if self._idle:
                first = min(worker.idle_since for worker in self._idle)
                self._wait(max(first - last, 0.01))
        for worker in ended:
            worker.end()

    def close(self) -> None:
        """End all idle workers."""
        with self._lock:
            ended, self._idle = self._idle, []
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        for worker in ended:
            worker.process.kill()
        for worker in ended:
            worker.end()


#: The workers that all calls of this process share. They end with it, however it ends.
WARM = Pool(_IDLE_SECONDS)
atexit.register(WARM.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=WARM.forget)


def end_workers() -> None:
    """End the worker processes that are kept for the next call, and so free their memory.

    They end by themselves after 5 minutes without work, and together with this process.
    """
    WARM.close()


# Before anything is imported: the caller decides when to stop, not the terminal's Ctrl-C. The
# caller's folders come last, so that its modules are found and shadow none of the worker's.
_WORKER = f"""
import json, sys
sys.path += [folder for folder in json.loads(sys.argv.pop()) if folder not in sys.path]
from {signals.__name__} import end_with
end_with(int(sys.argv.pop()))
from {_worker.__name__} import main
main()
"""


def _folders() -> list[str]:
    return [os.path.abspath(folder) for folder in sys.path]  # "" is the current one


def _made_for(environment: Mapping[str, str]) -> tuple[Any, ...]:
    try:
        here = os.getcwd()
    except OSError:  # it has been removed
        here = ""
    variables = {**_worker.environment_of_worker(), **environment}
    return sys.executable, here, tuple(_folders()), tuple(sorted(variables.items()))


def _start_worker(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    with signals.Held():
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _WORKER, str(os.getpid()), json.dumps(_folders())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_worker.environment_of_worker() | environment,
            creationflags=_APART,
        )
    _STARTED.add(process)
    return process


# On Windows, what keeps the terminal's Ctrl-C from a process; elsewhere the process ignores it.
_APART = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
# All worker processes of this process, for where a signal ends it at once.
_STARTED: weakref.WeakSet[subprocess.Popen[bytes]] = weakref.WeakSet()


def _kill_all() -> None:
    for process in list(_STARTED):
        process.kill()


signals.clean_up_with(_kill_all)
