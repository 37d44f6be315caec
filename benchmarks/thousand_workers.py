"""A thousand workers: what the client, the store and Dask's scheduler do for each task and cell.

`python -m benchmarks.thousand_workers [--workers 1000] [--postgresql URL] [--file FILE]` takes
three minutes. It measures

- the client with the real store, while the tasks of 1000 workers are done at once: processor time
  a cell and a task, and how many cells a second that leaves room for;
- a real scheduler in a process of its own, with a thousand real Dask workers in another: their
  tasks sleep, and genlab's client hands them out and stores what comes back.

What takes most processor time a cell is the bottleneck: it saturates first.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import psutil

from benchmarks._dask_processes import QUIET
from benchmarks._row import row
from benchmarks._sleep_cell import SleepCell
from genlab.sweep import DaskExecutor, Store, run_cells
from genlab.sweep.executors import Event, Take, _dask
from genlab.sweep.executors._drive import Messages, ahead, drive, new_run
from genlab.sweep.executors._task import Outcome, Task

# A process that holds a thousand Dask workers would else do nothing but look at itself.
_STILL = {
    **QUIET,
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "60s",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "60s",
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "120s",
}
# Cells of so many seconds are handed out one by one, and so many of the others share a task.
_LONG, _SHORT, _CELLS_A_TASK = 10.0, 0.0025, 200


class Done:
    """An executor of many workers whose tasks are done as soon as they are handed out."""

    side_by_side = False

    def __init__(self, n_workers: int) -> None:
        self.n_workers = n_workers
        self.n_tasks = 0

    def run(self, groups: Sequence[Any], take: Take | None = None) -> Generator[Event, None, None]:
        yield from drive(groups, _DoneTasks(self), Messages(), new_run(), take)


class _DoneTasks:
    here = True

    def __init__(self, executor: Done) -> None:
        self._executor = executor

    def slots(self) -> int:
        return self._executor.n_workers

    def most(self, slots: int) -> int:
        return ahead(slots)

    def contents(self, cells: Any) -> dict[str, str]:  # noqa: ARG002
        return {}

    def submit(self, task: Task) -> Future[list[Outcome]]:
        self._executor.n_tasks += 1
        future: Future[list[Outcome]] = Future()
        future.set_result([Outcome(*values) for values in outcomes_of(task)])
        return future

    def collect(self, futures: Sequence[Any]) -> list[Any]:
        return [future.result() for future in futures]

    def stop(self, futures: Sequence[Any]) -> None:
        pass


def outcomes_of(task: Task) -> list[tuple[Any, ...]]:
    """What the cells of a task give, without their sleep."""
    cells = [SleepCell.from_dict(values) for (values,) in task.cells]
    environment = SleepCell.environment()
    return [([cell.key], "result", cell.result, cell.seconds, environment) for cell in cells]


async def run_asleep(text: str, topic: str, *_: Any) -> list[tuple[Any, ...]]:
    """What a Dask worker does in place of `run_on_worker`: sleeps, in no thread of its own."""
    from distributed import get_worker

    task = Task(*json.loads(text))
    get_worker().log_event(topic, {"begun": [key for keys in task.keys for key in keys]})
    await asyncio.sleep(sum(values["seconds"] for (values,) in task.cells))
    return outcomes_of(task)


def client(n_workers: int, url: str | None) -> Iterator[dict[str, Any]]:
    """The client and the store, with no executor behind them."""
    for seconds, n, name in ((_LONG, 10_000, "1 cell"), (_SHORT, 40_000, "up to 200 cells")):
        for store in ("sqlite", url):
            if store is None:
                continue
            with _store(store) as (opened, server):
                executor = Done(n_workers)
                cells = [SleepCell(seconds, i) for i in range(n)]
                begin = server()
                start, own = time.perf_counter(), time.process_time()
                run_cells(cells, opened, jobs=executor)
                wall, own = time.perf_counter() - start, time.process_time() - own
                what = f"client with {opened.backend}, tasks of {name}:"
                yield row(f"{what} client's processor time a cell (ms)", [1000 * own / n])
                if store != "sqlite":
                    yield row(
                        f"{what} server's processor time a cell (ms)",
                        [1000 * (server() - begin) / n],
                    )
                yield row(f"{what} cells a second", [n / wall])
                yield row(f"{what} cells a task", [n / executor.n_tasks])


@contextlib.contextmanager
def _store(url: str) -> Iterator[tuple[Store, Any]]:
    """An empty store, and what gives the processor time of its server so far."""
    if url == "sqlite":
        with tempfile.TemporaryDirectory() as folder, Store(Path(folder, "store.db")) as store:
            yield store, lambda: 0.0
        return

    with Store(url) as store:

        def server() -> float:
            found = [p for p in psutil.process_iter(["name"]) if p.info["name"] == "postgres"]
            return sum(sum(p.cpu_times()[:2]) for p in found)

        if len(store):
            raise SystemExit("the PostgreSQL database must be empty.")
        yield store, server
        with store.transaction() as connection:
            connection.execute(store.tables.cells.delete())


# Each worker has several connections.
_FILES = """
import resource
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
"""
_SCHEDULER = f"""
{_FILES}
import asyncio
from distributed import Scheduler
async def main():
    async with Scheduler(port=0, dashboard=False, host="127.0.0.1") as scheduler:
        print(scheduler.address, flush=True)
        await asyncio.sleep(100000)
asyncio.run(main())
"""
_WORKERS = f"""
{_FILES}
import asyncio, sys
from distributed import Worker
async def main():
    options = dict(nthreads=1, memory_limit=0, dashboard=False, local_directory=sys.argv[3])
    workers = [Worker(sys.argv[1], **options) for _ in range(int(sys.argv[2]))]
    for start in range(0, len(workers), 20):
        await asyncio.gather(*workers[start:start + 20])
    print("ready", flush=True)
    await asyncio.sleep(100000)
asyncio.run(main())
"""


def scheduler(n_workers: int, seconds: float, n_cells: int) -> Iterator[dict[str, Any]]:
    """A real scheduler, and workers that sleep for so long for each cell."""
    import distributed

    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))

        def start(
            code: str, *arguments: str, settings: dict[str, str] = QUIET
        ) -> tuple[psutil.Process, str]:
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", code, *arguments],
                    env={**os.environ, **settings},
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                )
            )
            stack.callback(process.kill)
            assert process.stdout is not None
            return psutil.Process(process.pid), process.stdout.readline().strip()

        schedulers, address = start(_SCHEDULER)
        begin = time.perf_counter()
        workers, _ = start(_WORKERS, address, str(n_workers), folder, settings=_STILL)
        yield row(f"{n_workers} Dask workers: started (s)", [time.perf_counter() - begin])
        dask = stack.enter_context(distributed.Client(address, set_as_default=False))
        stack.callback(setattr, _dask, "run_on_worker", _dask.run_on_worker)
        _dask.run_on_worker = run_asleep  # type: ignore[assignment]

        def spent() -> dict[str, float]:
            found = {"scheduler": schedulers, "Dask workers, all in one process": workers}
            times = {name: sum(process.cpu_times()[:2]) for name, process in found.items()}
            return {"client": time.process_time(), **times}

        before = spent()
        time.sleep(5)
        for name, after in spent().items():
            yield row(
                f"{n_workers} idle Dask workers: {name} (% of a core)",
                [100 * (after - before[name]) / 5],
            )
        with Store(Path(folder, "store.db")) as store:
            cells = [SleepCell(seconds, i) for i in range(n_cells)]
            before, start_time = spent(), time.perf_counter()
            run_cells(cells, store, jobs=DaskExecutor(dask))
            wall = time.perf_counter() - start_time
        what = f"{n_workers} Dask workers, cells of {seconds:g} s:"
        yield row(f"{what} cells a second", [n_cells / wall])
        yield row(f"{what} of what they could do (%)", [100 * n_cells * seconds / n_workers / wall])
        parts = {name: after - before[name] for name, after in spent().items()}
        for name, part in parts.items():
            yield row(f"{what} {name}, processor time a cell (ms)", [1000 * part / n_cells])
        for name in ("client", "scheduler"):
            yield row(f"{what} {name}, % of a core", [100 * parts[name] / wall])
        first = max(("client", "scheduler"), key=lambda name: parts[name])
        print(f"bottleneck: the {first}")


def measured(n_workers: int, url: str | None) -> Iterator[dict[str, Any]]:
    """All rows."""
    yield from client(n_workers, url)
    yield from scheduler(n_workers, 10.0, 4 * n_workers)


def main() -> None:
    """Print the rows, and write them to a file if one is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=1000)
    parser.add_argument("--postgresql", help="URL of an empty database")
    parser.add_argument("--file", help="where the rows are written as JSON")
    options = parser.parse_args()
    rows = []
    for one in measured(options.workers, options.postgresql):
        rows.append(one)
        print(f"{one['measured']}: {one['value']:.4g}", flush=True)
    if options.file:
        Path(options.file).write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
