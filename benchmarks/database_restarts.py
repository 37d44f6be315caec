"""A PostgreSQL server started again and again under a Dask sweep: nothing lost, doubled or changed.

python -m benchmarks.database_restarts [RESTARTS]

The sweep has 500 cells; the server is stopped as by a power cut, and started again, after every few
of them. The results are compared, bit by bit, with those of an undisturbed local run. The programs
of PostgreSQL must be installed.
"""

from __future__ import annotations

import sys
import threading
import time
import warnings
from pathlib import Path

import sqlalchemy as sa
from sklearn.tree import DecisionTreeClassifier

from benchmarks.dask_kills import same_as_here
from genlab.datasets import make_mnist1d
from genlab.sweep import EstimatorCell, Store, SweepProgress, run_cells

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

_N_CELLS = 500


def main(n_restarts: int = 20) -> None:
    """Run the sweep and print what became of it."""
    import distributed
    from postgres import postgres_server

    data = make_mnist1d(n_samples=3000).spec
    cells = [EstimatorCell(data, DecisionTreeClassifier(), seed=seed) for seed in range(_N_CELLS)]
    with (
        postgres_server() as server,
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, memory_limit=0) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
        warnings.catch_warnings(record=True) as warned,
    ):
        warnings.simplefilter("always")
        restarted, under_way = 0, threading.Lock()

        def restart() -> None:
            nonlocal restarted
            with under_way:
                server.restart(seconds=0.1)
                restarted += 1

        threads: list[threading.Thread] = []

        def follow(progress: SweepProgress) -> None:
            due = n_restarts * progress.cells_done // _N_CELLS
            if len(threads) < due and not under_way.locked():
                threads.append(threading.Thread(target=restart))
                threads[-1].start()  # while results arrive and are stored

        start = time.perf_counter()
        with Store(server.url) as store:
            there = run_cells(cells, store, jobs=client, progress=follow)
            seconds = time.perf_counter() - start
            for thread in threads:
                thread.join()
            tables = store.tables
            (counted,) = store.read(
                sa.select(sa.func.count(), sa.func.count(tables.cells.c.key.distinct()))
            )
            n_claims = len(store.read(sa.select(tables.claims)))
    same = same_as_here(cells, there)
    print(f"{restarted} restarts, {seconds:.0f} s")
    print(f"{counted[1]} of {_N_CELLS} cells stored, in {counted[0]} rows; {n_claims} claims left")
    print(f"{same} with the bits of a local run")
    print(*(one.message for one in warned if "ran again" in str(one.message)), sep="\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
