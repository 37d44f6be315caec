"""A store of a million cells: how soon it answers, and how much memory that takes.

`python -m benchmarks.store_scale [N] [URL]` fills an empty database (a SQLite file in a temporary
folder unless one is named) with N synthetic cells, then measures, each in a process of its own:
how soon a sweep of 10,000 cells is resumed of which one is missing; `genlab store info`, `list`
and `show`; and looking up N cells. For up to 100,000 cells also exporting them, which takes about
0.2 ms for a fit and 1 ms for a network.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks._row import row
from genlab import Recipe
from genlab.datasets import make_mnist1d
from genlab.models import MLP
from genlab.sweep import EstimatorCell, EstimatorSpec, Store, TrainingCell

N = 1_000_000
SWEEP = 10_000
_ROWS_AT_ONCE = 5000
_MOST_EXPORTED = 100_000

_RESUME = """
import time
from genlab.sweep import run_cells
from benchmarks.store_scale import sweep
cells = sweep()
class Reached(Exception): pass
class Executor:
    side_by_side = False
    def run(self, groups, take=None):
        raise Reached(sum(len(batch) for group in groups for batch in group))
        yield
start = time.perf_counter()
try:
    run_cells(cells, URL, executor=Executor())
except Reached as reached:
    assert reached.args == (1,), reached
"""
_INFO = """
import time
from genlab.sweep import store_info
store_info("sqlite://")  # the libraries are loaded
start = time.perf_counter()
store_info(URL)
"""
_LIST = """
import time
from genlab.sweep import TrainingCell, stored_cells
stored_cells("sqlite://")
start = time.perf_counter()
stored_cells(URL)
"""
_KEYS = """
import time
from types import SimpleNamespace
from genlab.sweep import Store
from benchmarks.store_scale import key_of
cells = [SimpleNamespace(key=key_of(i)) for i in range(N)]
start = time.perf_counter()
with Store(URL) as store:
    assert len(store.keys(cells)) == N - SWEEP + 1
"""
_EXPORT = """
import tempfile, time
from genlab.sweep import export_store
start = time.perf_counter()
with tempfile.TemporaryDirectory() as folder:
    export_store(folder + "/all.parquet", URL)
"""
_END = """
seconds = time.perf_counter() - start
import json
with open("/proc/self/status") as lines:  # of this program alone, not of what started it
    (most,) = [int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM")]
print(json.dumps([seconds, most]))
"""


def sweep() -> list[TrainingCell]:
    """The cells of the sweep that is resumed; the store lacks the last."""
    data = make_mnist1d(n_samples=100).spec
    recipe = Recipe.sgd(0.1, steps=10, batch_size=10)
    return [TrainingCell(data, MLP(hidden=(4,)), recipe, seed) for seed in range(SWEEP)]


def key_of(i: int) -> str:
    """A key of a synthetic cell: hexadecimal digits in no order, as a hash has."""
    return f"{(i * 0x9E3779B97F4A7C15F39CC0605CEDC834) % 2**128:032x}" * 2


def synthetic(n: int) -> Iterator[dict[str, Any]]:
    """Rows of so many cells, of the size that networks (one in ten) and fits have."""
    from sklearn.tree import DecisionTreeClassifier

    networks = sweep()
    fit = EstimatorCell(networks[0].data, EstimatorSpec.of(DecisionTreeClassifier()), seed=0)
    environments = [json.dumps({"numpy": f"2.4.{i}", "python": "3.11.7"}) for i in range(3)]
    kinds = []
    for cell in (networks[0], fit):
        result = cell.pack(cell.run())
        text = json.dumps({**cell.to_dict(), "seed": "SEED"}, sort_keys=True)
        kinds.append((cell.KIND, text, result))
    for i in range(n):
        network = i < SWEEP - 1 or i % 10 == 0
        kind, text, result = kinds[not network]
        key = networks[i].key if i < SWEEP - 1 else key_of(i)
        yield {
            "key": key,
            "spec": text.replace('"SEED"', str(i)),
            "result": result,
            "seconds": 0.5,
            "environment": environments[i % 3],
            "finished": f"2026-{1 + i % 12:02}-{1 + i % 28:02}T{i % 24:02}:{i % 60:02}:00+00:00",
            "kind": kind,
        }


def fill(url: str, n: int) -> None:
    """Insert n synthetic cells."""
    rows: list[dict[str, Any]] = []
    with Store(url) as store:
        for one in synthetic(n):
            rows.append(one)
            if len(rows) == _ROWS_AT_ONCE:
                store.insert(rows)
                rows = []
        store.insert(rows)
        store.vacuum()  # a PostgreSQL does so by itself, a minute later


def _measured(code: str, url: str, n: int) -> tuple[float, float]:
    """Seconds of a piece of code, and the megabytes that its process had at most."""
    program = f"URL, N, SWEEP = {url!r}, {n}, {SWEEP}\n{code}{_END}"
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    seconds, memory = json.loads(done.stdout)
    return seconds, memory


def _show(url: str) -> float:
    """Seconds of `genlab show` beyond those of `genlab --version`, with the store that is named."""
    with tempfile.TemporaryDirectory() as out:
        environment = {**os.environ, "GENLAB_STORE": url}

        def run(*arguments: str) -> float:
            start = time.perf_counter()
            command = [sys.executable, "-m", "genlab", *arguments]
            subprocess.run(command, check=True, capture_output=True, env=environment)
            return time.perf_counter() - start

        run("reproduce", "toy-data", "--scale", "quick", "--out", out)
        return run("show", "toy-data", "--out", out) - run("list")


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table, of a store that is made in half a minute."""
    return list(measured(50_000))


def measured(n: int, url: str | None = None) -> Iterator[dict[str, Any]]:
    """The rows for a store of n cells, at least those of the sweep that is resumed."""
    with tempfile.TemporaryDirectory() as folder:
        place = url or f"sqlite:///{Path(folder) / 'store.db'}"
        start = time.perf_counter()
        fill(place, n)
        yield row(f"store of {n:,} cells: filled (s)", [time.perf_counter() - start])
        parts = (
            ("resume of a sweep of 10,000 cells", _RESUME, 5.0),
            ("store info", _INFO, 1.0),
            ("store list", _LIST, 1.0),
            (f"looking up {n:,} cells", _KEYS, None),
            *([("store export", _EXPORT, None)] if n <= _MOST_EXPORTED else []),
        )
        for name, code, bar in parts:
            seconds, memory = _measured(code, place, n)
            yield row(f"store of {n:,} cells: {name} (s)", [seconds], most=bar)
            yield row(
                f"store of {n:,} cells: memory of {name} (MB)",
                [memory],
                most=500.0 if bar else None,
            )
        yield row(f"store of {n:,} cells: genlab show (s)", [_show(place)], most=1.0)


def main() -> None:
    """Measure a million cells, or as many as are named, in a database of one's own."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else N
    url = sys.argv[2] if len(sys.argv) > 2 else None
    for one in measured(n, url):
        print(json.dumps(one))


if __name__ == "__main__":
    main()
