"""A Dask cluster of processes of its own, and the processor time that each part of it takes."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

#: What docs/cluster.md advises: otherwise Dask's own profiler and clock take more than the cells.
QUIET = {
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "200ms",
}


# The cells' module lies beside this one, and no program is kept from a run before.
_ROOT = str(Path(__file__).parents[1])
_PATHS = [_ROOT, *filter(None, [os.environ.get("PYTHONPATH")])]
_ENVIRONMENT = {"PYTHONPATH": os.pathsep.join(_PATHS), "JAX_COMPILATION_CACHE_DIR": ""}


class Cluster:
    """A scheduler and workers, each a process.

    Attributes
    ----------
    client
        The `distributed.Client` of this process.
    """

    def __init__(self, client: Any, scheduler: int, workers: list[int]) -> None:
        self.client = client
        self._scheduler, self._workers = scheduler, workers

    def seconds(self) -> dict[str, float]:
        """Processor time so far: of this process, and of all others by what they do."""
        workers = [psutil.Process(pid) for pid in self._workers]
        return {
            "client": time.process_time(),
            "scheduler": _seconds(psutil.Process(self._scheduler)),
            "Dask workers": sum(map(_seconds, workers)),
            "processes of cells": sum(map(_of_children, workers)),
        }


def own_seconds() -> dict[str, float]:
    """Processor time of this process and of those that it has started."""
    return {"client": time.process_time(), "processes of cells": _of_children(psutil.Process())}


def _of_children(process: psutil.Process) -> float:
    return sum(_seconds(child) for child in process.children(recursive=True))


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextlib.contextmanager
def cluster(n_workers: int, n_threads: int = 1) -> Iterator[Cluster]:
    """A cluster of so many workers, for the length of a block."""
    import distributed

    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        file = Path(folder, "scheduler.json")

        def start(*command: str) -> int:
            process = subprocess.Popen(
                [sys.executable, "-m", *command, "--scheduler-file", str(file)],
                cwd=folder,
                env={**os.environ, **QUIET, **_ENVIRONMENT},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)
            return process.pid

        scheduler = start(
            "distributed.cli.dask_scheduler", "--port", "0", "--host", "127.0.0.1", "--no-dashboard"
        )
        workers = [
            start(
                "distributed.cli.dask_worker",
                *("--nthreads", str(n_threads), "--memory-limit", "0"),
                *("--no-nanny", "--no-dashboard"),
            )
            for _ in range(n_workers)
        ]
        while not file.exists():
            time.sleep(0.05)
        client = stack.enter_context(
            distributed.Client(scheduler_file=str(file), set_as_default=False)
        )
        client.wait_for_workers(n_workers)
        yield Cluster(client, scheduler, workers)
