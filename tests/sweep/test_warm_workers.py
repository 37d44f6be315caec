"""Workers that one call leaves to the next: the same bits, in no time, and nothing left behind."""

import importlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from sweep.ending_cell import CrashingCell, EndingCell
from sweep.mean_cell import MeanCell
from sweep.test_run import workers_of

import genlab
from genlab import RetriedWarning, WorkerError
from genlab.sweep import Store, end_workers, failed_cells, run_cells, stored_cells
from genlab.sweep.executors import _processes as processes

CELLS = [MeanCell(0.5, 10, seed) for seed in range(6)]


def run(cells, **options):
    with Store("sqlite://") as store:
        return run_cells(cells, store, **options)


@pytest.fixture
def started(monkeypatch, no_warm_workers):
    """The workers that are started in a test."""
    found, start = [], processes._start_worker
    monkeypatch.setattr(
        processes, "_start_worker", lambda more: found.append(start(more)) or found[-1]
    )
    return found


def test_a_second_call_starts_no_worker_and_gives_the_same_bits(started, monkeypatch):
    first = run(CELLS, jobs=2)
    assert len(started) == 2
    monkeypatch.setenv("GENLAB_STORE", "elsewhere.db")  # which no worker reads
    assert np.array_equal(run(CELLS[::-1], jobs=2), first[::-1])
    assert len(started) == 2
    assert np.array_equal(run(CELLS, jobs=1), first)
    assert sum(worker.poll() is None for worker in started) == 1
    # Where the environment or the folder is another, so may be what a cell does.
    monkeypatch.setenv("MY_SETTING", "1")
    assert np.array_equal(run(CELLS[:1], jobs=1), first[:1])
    assert len(started) == 3
    end_workers()
    assert all(worker.poll() is not None for worker in started)
    assert np.array_equal(first, [cell.fit() for cell in CELLS])


def test_a_worker_that_has_loaded_a_module_as_it_was_is_replaced(started, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    text = (
        "from sweep.mean_cell import MeanCell\n"
        "class Own(MeanCell):\n"
        "    def to_dict(self):\n"
        "        return {{**super().to_dict(), 'kind': 'changing_cell:Own'}}\n"
        "    def fit(self, report=None):\n"
        "        return super().fit(report) + {}\n"
    )
    (tmp_path / "changing_cell.py").write_text(text.format(1))
    module = importlib.import_module("changing_cell")
    plain = CELLS[0].fit()
    for _ in range(2):
        assert np.array_equal(run([module.Own(0.5, 10, 0)], jobs=1), [plain + 1])
        assert len(started) == 1
    (tmp_path / "changing_cell.py").write_text(text.format(25))
    module = importlib.reload(module)
    assert np.array_equal(run([module.Own(0.5, 10, 0)], jobs=1), [plain + 25])
    assert len(started) == 2
    del sys.modules["changing_cell"]


def test_a_worker_without_work_ends():
    class Sleeping:
        pid, stdin, stdout, killed = 0, None, None, False

        def poll(self):
            return None

        def kill(self):
            self.killed = True

        def wait(self):
            return 0

    pool = processes.Pool(idle_seconds=0.05)
    kept = [processes.Worker(Sleeping(), ()) for _ in range(2)]
    pool.give_back(kept[0])
    time.sleep(0.03)
    pool.give_back(kept[1])
    deadline = time.monotonic() + 60
    while not kept[1].process.killed:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert kept[0].process.killed
    # A forked process must not touch them.
    pool.give_back(processes.Worker(Sleeping(), ()))
    pool.forget()
    pool.close()


PROGRAM = """
import sys, time; sys.path.insert(0, sys.argv[1])
from sweep.test_warm_workers import CELLS, run
run(CELLS, jobs=2)
print("done", flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
def test_warm_workers_end_with_their_process():
    tests = str(Path(__file__).parents[1])
    command = [sys.executable, "-c", PROGRAM, tests]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "done\n"
        workers = workers_of(process.pid)
        assert len(workers) == 2
        process.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 60
    while any(os.path.exists(f"/proc/{pid}") for pid in workers):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_cell_that_fails_is_named_and_stops_no_other():
    bad = [MeanCell(0.5, 10, seed=-1), MeanCell(0.5, 20, seed=-2)]
    with Store("sqlite://") as store:
        words = r"a cell failed: ArithmeticError: a negative seed \(2 of 8 cells failed, the first "
        with pytest.raises(WorkerError, match=words) as raised:
            run_cells([*CELLS[:3], *bad, *CELLS[3:]], store, jobs=2)
        assert sorted(raised.value.failed) == sorted(cell.key for cell in bad)
        assert set(raised.value.failed.values()) == {
            "a cell failed: ArithmeticError: a negative seed"
        }
        assert len(store) == 6
        assert "negative seed" in raised.value.__notes__[0]  # where it was raised
        # What was done is not done again.
        with pytest.raises(WorkerError, match="2 of 8"):
            run_cells([*bad, *CELLS], store, jobs=2)


def test_a_cell_whose_process_ends_runs_again_a_few_times(tmp_path):
    twice = EndingCell(2, 10, 3, str(tmp_path))
    always = CrashingCell(99, 10, 3, str(tmp_path))
    with Store("sqlite://") as store:
        with pytest.warns(RetriedWarning, match=r"1 of 7 cells ran again.* status -9\."):
            results = run_cells([twice, *CELLS], store, jobs=2)
        assert np.array_equal(results[0], MeanCell(2, 10, 3).fit())
        assert {row["tries"] for row in stored_cells(store) if row["key"] == twice.key} == {3}
        words = (
            r"failed before its cell was done, in each of 3 tries: it ended with status -11 \(1 "
        )
        with (
            pytest.raises(WorkerError, match=words) as raised,
            pytest.warns(RetriedWarning, match="1 of 8"),
        ):
            run_cells([always, twice, *CELLS], store, fresh=True, jobs=2)
        assert list(raised.value.failed) == [always.key]
        assert len(store) == 7
        # Each try is told of for good.
        (row,) = failed_cells(store)
        assert (row["key"], row["tries"]) == (always.key, 3)
        assert row["reason"] == raised.value.failed[always.key]
        tries = {row["key"]: row["tries"] for row in stored_cells(store)}
        assert tries == {cell.key: 1 for cell in CELLS} | {twice.key: 1}
    assert len((tmp_path / always.key).read_text().splitlines()) == 3
    assert genlab.sweep.n_workers(3) == 3
