"""A program of the tests: processes that run the same cells on one store, some of them killed.

It reads one task per line, a JSON list of URL, N_CELLS, N_PROCESSES, N_KILLS and FOLDER, and
answers with a line once all processes have ended. The processes are forked, so that only this
one spends seconds on imports. Each cell leaves a line in its file of FOLDER whenever it is run.
"""

import json
import os
import random
import signal
import sys
import time
from functools import partial

from forked import start
from sweep.mean_cell import MeanCell

from genlab.sweep import run_cells
from genlab.sweep.executors import Finished

SECONDS = 0.02


class Slow:
    """Runs cells in this process, a claim at a time, each for some milliseconds."""

    side_by_side = False

    def run(self, groups, take=None):
        for group in groups:
            for batch in group if take is None else take(group):
                for cell in batch:
                    time.sleep(random.uniform(0, 2 * SECONDS))
                    (result,) = cell.run_together([cell])
                    yield Finished(cell.key, cell.pack(result), 0.1, {"where": "here"})


def cells(n, folder):
    return [MeanCell(0.5, 10, seed=seed, folder=folder) for seed in range(n)]


def run(url, n_cells, folder):
    results = run_cells(cells(n_cells, folder), url, executor=Slow())
    assert len(results) == n_cells


def serve(url, n_cells, n_processes, n_kills, folder):
    chance = random.Random(0)
    begin = partial(start, partial(run, url, n_cells, folder))
    pids = [begin() for _ in range(n_processes)]
    for _ in range(n_kills):
        time.sleep(chance.uniform(0, 6 * SECONDS))
        victim = chance.choice(pids)
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)
        pids[pids.index(victim)] = begin()
    return [os.waitpid(pid, 0)[1] for pid in pids]


def main():
    for line in sys.stdin:
        sys.stdout.write(json.dumps(serve(*json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
