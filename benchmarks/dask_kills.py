"""Workers of a Dask cluster killed at random: every cell stored once, with the bits of a local run.

python -m benchmarks.dask_kills [KILLS]

The sweep has 500 cells; a worker is killed (SIGKILL) after every few of them. The results are
compared, bit by bit, with those of an undisturbed local run.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from genlab.datasets import make_mnist1d
from genlab.sweep import EstimatorCell, Store, SweepProgress, run_cells

_N_CELLS = 500


def main(n_kills: int = 100) -> None:
    """Run the sweep and print what became of it."""
    import dask
    import distributed

    data = make_mnist1d(n_samples=300).spec
    cells = [EstimatorCell(data, DecisionTreeClassifier(), seed=seed) for seed in range(_N_CELLS)]
    # Under load a worker takes longer to start again than a cluster waits for it.
    dask.config.set({"distributed.deploy.lost-worker-timeout": "5m"})
    start = time.perf_counter()
    killed = 0
    choices = random.Random(0)
    with (
        distributed.LocalCluster(n_workers=3, threads_per_worker=1, memory_limit=0) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
        Store("sqlite://") as store,
        warnings.catch_warnings(record=True) as warned,
    ):
        warnings.simplefilter("always")

        def kill(progress: SweepProgress) -> None:
            nonlocal killed
            pids = [pid for nanny in cluster.workers.values() if (pid := _running(nanny))]
            if pids and killed < n_kills * progress.cells_done // _N_CELLS:
                os.kill(choices.choice(pids), signal.SIGKILL)
                killed += 1

        there = run_cells(cells, store, jobs=client, progress=kill)
        n_stored = len(store)
    same = same_as_here(cells, there)
    print(f"{killed} kills, {time.perf_counter() - start:.0f} s")
    print(f"{n_stored} of {_N_CELLS} cells stored, {same} with the bits of a local run")
    print(*(one.message for one in warned if "ran again" in str(one.message)), sep="\n")


def same_as_here(cells: Sequence[EstimatorCell], results: Sequence[Any]) -> int:
    """How many results have the bits of an undisturbed run on this machine."""
    with Store("sqlite://") as store:
        here = run_cells(cells, store, jobs=2)
    return sum(
        np.array_equal(one.test_predictions, other.test_predictions)
        for one, other in zip(results, here, strict=True)
    )


def _running(nanny: Any) -> int | None:
    """The process of a worker that has started; killed before, its nanny would give it up."""
    if nanny.process is None or nanny.process.status.name != "running":
        return None
    return nanny.process.process.pid


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
