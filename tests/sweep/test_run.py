"""Running cells: the same bits however they are run, nothing run twice, nothing lost."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from genlab import DivergedError, DivergenceWarning, Recipe, WorkerError
from genlab.datasets import Dataset, make_mnist1d
from genlab.models import MLP
from genlab.sweep import Cell, Store, run_cells
from genlab.sweep import _run as running
from genlab.training import CURVES, train

DATA = make_mnist1d(n_samples=500)
RECIPES = [
    Recipe.sgd(steps=60, batch_size=100, evaluate_every=20),
    Recipe.adam(0.005, steps=30, batch_size=None, evaluate_every=15),
]
CELLS = [
    Cell(DATA.spec, MLP(hidden=(30, 20)), recipe, seed) for recipe in RECIPES for seed in range(3)
]


def same(first, second):
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for one, other in zip(first, second, strict=True)
        for name in CURVES
    )


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    with Store(tmp_path_factory.mktemp("reference") / "s.db") as store:
        return run_cells(CELLS, store, jobs=1)


def test_the_number_of_workers_changes_no_bit(tmp_path, reference):
    with Store(tmp_path / "s.db") as store:
        assert same(run_cells(CELLS, store, jobs=2), reference)
        assert len(store) == len(CELLS)


def test_the_company_of_other_cells_changes_no_bit(tmp_path, reference):
    with Store(tmp_path / "s.db") as store:
        assert same(run_cells([CELLS[4]], store, jobs=1), [reference[4]])
        assert same(run_cells(CELLS[::-1], store, jobs=1), reference[::-1])


def test_this_process_gives_the_same_bits(reference):
    """The test process runs on one thread, as the workers do."""
    assert same([CELLS[1].run()], [reference[1]])
    run = train(MLP(hidden=(30, 20)), DATA, RECIPES[0], range(3))
    assert np.array_equal(run.test_loss[1], reference[1].test_loss)


def test_a_second_run_computes_nothing(tmp_path, reference, monkeypatch):
    with Store(tmp_path / "s.db") as store:
        run_cells(CELLS, store, jobs=2)
        monkeypatch.setattr(running, "_start_worker", None)
        assert same(run_cells(CELLS, store), reference)


def test_equal_cells_run_once(tmp_path):
    with Store(tmp_path / "s.db") as store:
        results = run_cells([CELLS[0], CELLS[0]], store, jobs=2)
        assert len(store) == 1
    assert same(results[:1], results[1:])


def test_fresh_runs_again(tmp_path):
    with Store(tmp_path / "s.db") as store:
        run_cells(CELLS[:1], store)
        finished = store.get(CELLS[:1])
        seen = []
        run_cells(CELLS[:1], store, fresh=True, progress=seen.append)
        assert seen[0].cells_done == 0
        assert same(finished.values(), store.get(CELLS[:1]).values())


def test_progress_counts_work(tmp_path):
    seen = []
    with Store(tmp_path / "s.db") as store:
        run_cells(CELLS[:2], store, jobs=1)
        run_cells(CELLS[:4], store, jobs=2, progress=seen.append)
    assert (seen[0].cells_done, seen[0].cells) == (2, 4)
    assert (seen[-1].cells_done, seen[-1].work_done) == (4, seen[-1].work)
    done = [progress.work_done for progress in seen]
    assert done == sorted(done)
    assert seen[-1].work == CELLS[2].work() + CELLS[3].work()
    assert any(np.isfinite(progress.train_loss) for progress in seen)


def test_work_is_counted_in_multiply_adds():
    # 40·30 + 30·20 + 20·10 a forward pass; a step is three of them an example.
    forward = 40 * 30 + 30 * 20 + 20 * 10
    assert CELLS[0].work() == forward * (3 * 60 * 100 + 4 * 500)


def test_a_cell_that_fails_is_told(tmp_path):
    bad = Cell(DATA.spec, MLP(), Recipe.sgd(batch_size=1000, steps=5), 0)
    with (
        Store(tmp_path / "s.db") as store,
        pytest.raises(WorkerError, match="a cell failed: ValueError: `batch_size` must be at most"),
    ):
        run_cells([bad], store)


def test_a_worker_that_dies_is_told(tmp_path, monkeypatch):
    start = running._start_worker

    def start_and_kill():
        worker = start()
        worker.kill()
        return worker

    monkeypatch.setattr(running, "_start_worker", start_and_kill)
    with (
        Store(tmp_path / "s.db") as store,
        pytest.raises(WorkerError, match="a worker process ended with status -9"),
    ):
        run_cells(CELLS, store, jobs=2)


def test_diverged_cells_are_counted_and_kept(tmp_path):
    wild = [
        Cell(DATA.spec, MLP(), Recipe.sgd(1e30, steps=20, evaluate_every=10), s) for s in (0, 1)
    ]
    with Store(tmp_path / "s.db") as store:
        with pytest.warns(DivergenceWarning, match="2 of 3 models diverged"):
            results = run_cells([*wild, CELLS[0]], store)
        assert np.isnan(results[0].test_error[-1])
        assert results[0].diverged_at == 10
        with pytest.raises(DivergedError, match="all 2 models diverged"):
            run_cells(wild, store)


def test_data_without_a_generator_is_refused(tmp_path):
    data = Dataset(DATA.x_train, DATA.y_train, DATA.x_test, DATA.y_test)
    cell = Cell(data.spec, MLP(), RECIPES[0], 0)
    with (
        Store(tmp_path / "s.db") as store,
        pytest.raises(WorkerError, match="known by its content"),
    ):
        run_cells([cell], store)


PROGRAM = """
import sys; sys.path.insert(0, sys.argv[2])
from sweep.test_run import CELLS
from genlab.sweep import Store, run_cells
run_cells(CELLS, Store(sys.argv[1]), jobs=2)
"""


def workers_of(parent):
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            if f"\nPPid:\t{parent}\n" in status.read_text():
                found.append(int(status.parent.name))
        except OSError:
            pass  # it ended meanwhile
    return found


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
def test_killed_and_resumed(tmp_path, reference):
    """SIGKILL at random moments: no finished cell is lost, no worker is left behind."""
    moments = random.Random(0)
    command = [
        sys.executable,
        "-c",
        PROGRAM,
        str(tmp_path / "s.db"),
        str(Path(__file__).parents[1]),
    ]
    kept = 0
    for _ in range(4):
        process = subprocess.Popen(command)
        time.sleep(moments.uniform(0.5, 4.0))
        workers = workers_of(process.pid)
        process.send_signal(signal.SIGKILL)
        process.wait()
        with Store(tmp_path / "s.db") as store:
            found = store.get(CELLS)
        assert len(found) >= kept
        kept = len(found)
        for cell, expected in zip(CELLS, reference, strict=True):
            if cell.key in found:
                assert same([found[cell.key]], [expected])
        deadline = time.monotonic() + 20
        while any(os.path.exists(f"/proc/{pid}") for pid in workers):
            assert time.monotonic() < deadline, "a worker outlived its caller"
            time.sleep(0.1)
    with Store(tmp_path / "s.db") as store:
        assert same(run_cells(CELLS, store, jobs=2), reference)
