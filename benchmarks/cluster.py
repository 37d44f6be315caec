"""Many workers: throughput of two Dask workers, what running a cell costs, and warm starts.

`python -m benchmarks.cluster [FILE]` takes six minutes on two quiet cores, and writes the rows as
JSON to the file. It measures

- how many networks of widths up to 100 two Dask workers train in the time that one needs; each
  network is one of several seeds, and the programs are compiled under way;
- 10,000 cells that sleep for 0.1 s, 16 at once: how much longer they take than they sleep, on Dask
  workers and on those of this machine, and how much processor time each part takes;
- how soon a second call of `run_cells` starts to train.

`make bench` runs the same with fewer cells.
"""

from __future__ import annotations

import contextlib
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks._dask_processes import Cluster, cluster, own_seconds
from benchmarks._row import row
from benchmarks._sleep_cell import SleepCell
from genlab import Recipe
from genlab.datasets import make_mnist1d
from genlab.models import MLP
from genlab.sweep import Store, SweepProgress, TrainingCell, end_workers, run_cells

SLEEP = 0.1
SLOTS = 16
_SEEDS = 3


@contextlib.contextmanager
def _store() -> Iterator[Store]:
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder, "store.db")) as store:
        yield store


def _networks(widths: range, *, steps: int = 4000) -> list[TrainingCell]:
    data, recipe = make_mnist1d().spec, Recipe.sgd(0.1, steps=steps)
    return [
        TrainingCell(data, MLP((width, width)), recipe, seed)
        for width in widths
        for seed in range(_SEEDS)
    ]


def _throughput(n_workers: int, widths: range) -> float:
    """Networks a second."""
    cells = _networks(widths)
    with cluster(n_workers) as dask, _store() as store:
        # All processes have started, and none has compiled a program that is needed.
        first = [cell for n in range(2 * n_workers) for cell in _networks(range(101 + n, 102 + n))]
        run_cells(first, store, jobs=dask.client)
        start = time.perf_counter()
        run_cells(cells, store, jobs=dask.client)
        return len(cells) / (time.perf_counter() - start)


_ALONE = """
from benchmarks.cluster import _throughput
print(_throughput(1, range({start}, {stop}, {step})))
"""


def _apart(widths: range) -> float:
    """Networks a second of two runs with a worker each, which share nothing but the machine."""
    code = _ALONE.format(start=widths.start, stop=widths.stop, step=widths.step)
    runs = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    return sum(float(run.communicate()[0]) for run in runs)


def throughput(n_widths: int, n_rounds: int) -> Iterator[dict[str, Any]]:
    """Two workers beside one, and what the machine gives two processes that share nothing."""
    widths = range(100, 1, -(100 // n_widths))
    one, two, apart = [], [], []
    for _ in range(n_rounds):
        one.append(_throughput(1, widths))
        two.append(_throughput(2, widths))
        apart.append(_apart(widths))
    yield row("1 Dask worker: networks a second", one)
    yield row("2 Dask workers: networks a second", two)
    yield row("2 runs apart, at once: networks a second of both", apart)
    ratios = [b / a for a, b in zip(one, two, strict=True)]
    yield row("2 Dask workers over 1: throughput of networks up to 100 wide", ratios, least=1.9)
    ratios = [b / a for a, b in zip(apart, two, strict=True)]
    yield row("2 Dask workers over 2 runs apart", ratios, least=0.95)


def overhead(n: int, dask: Cluster | None) -> Iterator[dict[str, Any]]:
    """What n sleeping cells cost beyond their sleep, on a cluster or on this machine."""
    where = "this machine's workers" if dask is None else "Dask"
    jobs: Any = SLOTS if dask is None else dask.client
    with _store() as store:
        run_cells([SleepCell(0.3, -1 - i) for i in range(3 * SLOTS)], store, jobs=jobs)
        cells = [SleepCell(SLEEP, i) for i in range(n)]
        before = own_seconds() if dask is None else dask.seconds()
        start = time.perf_counter()
        run_cells(cells, store, jobs=jobs)
        seconds = time.perf_counter() - start
        after = own_seconds() if dask is None else dask.seconds()
    ideal = n * SLEEP / SLOTS
    what = f"{n:,} cells of {SLEEP} s, {SLOTS} at once, {where}:"
    yield row(f"{what} time beyond their sleep (%)", [100 * (seconds / ideal - 1)], most=5.0)
    yield row(f"{what} the same, for each cell (ms)", [1000 * (seconds - ideal) * SLOTS / n])
    parts = {name: 1000 * (after[name] - before[name]) / n for name in after}
    yield row(f"{what} processor time a cell (ms)", [sum(parts.values())], most=2.0)
    for name, part in parts.items():
        yield row(f"{what} processor time a cell, {name} (ms)", [part])


class _Begun:
    """Seconds from when it is made until a cell tells of its first steps."""

    def __init__(self) -> None:
        self.seconds = math.nan
        self._start = time.perf_counter()

    def __call__(self, progress: SweepProgress) -> None:
        if progress.step and math.isnan(self.seconds):
            self.seconds = time.perf_counter() - self._start


def warm_start(n_rounds: int) -> Iterator[dict[str, Any]]:
    """From the second call of `run_cells` to the first step of training that it reports."""
    seconds = []
    with _store() as store:
        run_cells(_networks(range(1, 9), steps=100)[:20], store, jobs=2)
        for i in range(n_rounds):
            recipe = Recipe.sgd(0.1 + 0.01 * (1 + i), steps=100)
            data = make_mnist1d().spec
            cells = [TrainingCell(data, MLP((1, 1)), recipe, seed) for seed in range(20)]
            begun = _Begun()
            run_cells(cells, store, jobs=2, progress=begun)
            seconds.append(begun.seconds)
    end_workers()
    yield row("second call, 20 small networks: until training has begun (s)", seconds, most=0.1)


def measured(
    n_cells: int = 10_000, n_widths: int = 33, n_rounds: int = 2
) -> Iterator[dict[str, Any]]:
    """All rows."""
    yield from warm_start(5)
    yield from throughput(n_widths, n_rounds)
    with cluster(2, SLOTS // 2) as dask:
        yield from overhead(n_cells, dask)
    yield from overhead(n_cells, None)
    end_workers()


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table, with fewer cells."""
    return list(measured(n_cells=2000, n_widths=16, n_rounds=1))


def main() -> None:
    """Print the rows, and write them to the file that is named."""
    rows = []
    for one in measured():
        rows.append(one)
        print(f"{one['measured']}: {one['value']:.3g}{_bar(one)}", flush=True)
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(json.dumps(rows, indent=1))


def _bar(one: dict[str, Any]) -> str:
    bar = one["least"] if one["most"] is None else one["most"]
    if bar is None:
        return ""
    sign = "at least" if one["most"] is None else "at most"
    return f" ({sign} {bar:g}: {'met' if one['met'] else 'MISSED'})"


if __name__ == "__main__":
    main()
