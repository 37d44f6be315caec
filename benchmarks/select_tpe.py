"""A search by TPE of 100 small networks: the first one, a later one, and one that compiles anew.

Each trial draws a width, a depth and a learning rate, so that most have a shape of their own. The
three searches are the same, each in a process and a store of its own: without kept programs, as
before there were any; with an empty folder of programs; and with the folder that the last left.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks._row import row

TRIALS = 100

_CODE = f"""
import sys
from genlab.datasets import make_mnist1d
from genlab.selection import Integer, Real, Space, select
space = Space(parameters={{"width": Integer(4, 64, log=True), "depth": [1, 2],
                          "learning_rate": Real(1e-4, 0.1, log=True)}},
              fixed={{"steps": 200, "batch_size": 50}})
found = select(space, make_mnist1d(n_samples=500), n_trials={TRIALS}, store=sys.argv[1],
               refit=False)
print(found.best.number, float(found.validation_error.mean))
"""


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table."""
    with tempfile.TemporaryDirectory() as folder:
        programs = Path(folder) / "programs"
        none, nones = _searched(Path(folder) / "none.db", None)
        first, firsts = _searched(Path(folder) / "first.db", programs)
        later, laters = _searched(Path(folder) / "later.db", programs)
    assert nones == firsts == laters, (nones, firsts, laters)
    return [
        row("every worker compiles alone, trials an hour", [TRIALS * 3600 / none]),
        row("a first search, trials an hour", [TRIALS * 3600 / first]),
        row("a later search of the same shapes, trials an hour", [TRIALS * 3600 / later]),
        row("a first search, times as many as without", [none / first], least=1.0),
        row("a later search, times as many as without", [none / later], least=2.0),
    ]


def _searched(store: Path, programs: Path | None) -> tuple[float, str]:
    """The seconds of a search in a process of its own, imports included, and what it chose."""
    kept = {
        "JAX_COMPILATION_CACHE_DIR": "" if programs is None else str(programs),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _CODE, str(store)],
        env={**os.environ, **kept},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return time.perf_counter() - start, done.stdout


if __name__ == "__main__":
    for one in run():
        print(f"{one['measured']}: {one['value']:.2f}")
