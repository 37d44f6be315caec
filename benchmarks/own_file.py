"""A search on data of one's own: with two worker processes, and with one.

40 trials of an MLP (two hidden layers of 200) on an .npz file of 10,000 training examples, each
trained for 10,000 steps on four fifths of them. Each search is a process of its own, from its
start, imports and compilation included, to the chosen configuration. Both must give the same
outcomes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from typing import Any

from benchmarks._row import row

ROUNDS = 3
TRIALS = 40

_MAKE = """
import numpy as np, sys
from genlab.datasets import make_mnist1d
data = make_mnist1d(n_samples=12_500)
np.savez(sys.argv[1], x=data.x_train, y=data.y_train)
"""
_SEARCH = """
import hashlib, numpy as np, sys
from genlab.datasets import Dataset
from genlab.selection import Real, Space, select
from genlab.sweep import Store
path, store, jobs = sys.argv[1:]
arrays = np.load(path)
data = Dataset(arrays["x"], arrays["y"], arrays["x"][:0], arrays["y"][:0])
space = Space(parameters={{"learning_rate": Real(1e-4, 1e-1, log=True)}},
              fixed={{"hidden": (200, 200), "batch_size": 100, "steps": 10000,
                      "evaluate_every": 1000}})
with Store(store) as store:
    found = select(space, data, n_trials={trials}, store=store, jobs=int(jobs), refit=False)
digest = hashlib.sha256()
for trial in found.trials:
    digest.update(repr(trial.parameters).encode() + trial.wrong.tobytes() + trial.curve.tobytes())
print(digest.hexdigest())
"""


def run() -> list[dict[str, Any]]:
    """The rows of the benchmark table."""
    seconds: dict[int, list[float]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "own.npz")
        _printed(_MAKE, path)
        outcomes = set()
        for i in range(ROUNDS):
            for jobs in seconds:
                start = time.perf_counter()
                store = os.path.join(folder, f"{i}-{jobs}.db")
                outcomes.add(_printed(_SEARCH.format(trials=TRIALS), path, store, str(jobs)))
                seconds[jobs].append(time.perf_counter() - start)
    if len(outcomes) > 1:
        raise RuntimeError("searches with one and two workers must have the same outcomes.")
    pairs = zip(seconds[1], seconds[2], strict=True)
    return [
        row("40 trials with one worker, seconds", seconds[1]),
        row("with two workers, seconds", seconds[2]),
        row("times as fast", [one / two for one, two in pairs], least=1.8),
    ]


def _printed(code: str, *arguments: str) -> str:
    """What code in a process of its own prints."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout
