"""A kind of cell that is no network runs, is stored and is resumed as networks are."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest
from sweep.here import Here
from sweep.mean_cell import MeanCell, Renamed

from genlab import Recipe, StoreError, WorkerError
from genlab.datasets import make_mnist1d
from genlab.models import MLP
from genlab.sweep import Store, TrainingCell, batches, run_cells
from genlab.sweep.executors import _processes as processes


def test_it_runs_in_workers_is_stored_and_is_resumed(tmp_path, monkeypatch):
    cells = [MeanCell(1.5, 1000 * (i + 1), seed=i, folder=str(tmp_path)) for i in range(3)]
    with Store(tmp_path / "s.db") as store:
        bad = MeanCell(1.5, 2, seed=-1, folder=str(tmp_path))
        with pytest.raises(WorkerError, match="a cell failed: ArithmeticError: a negative seed"):
            run_cells([*cells[1:], bad], store, jobs=1)
        assert len(store) == 2
        seen = []
        results = run_cells(cells, store, jobs=2, progress=seen.append)
        assert (seen[0].cells_done, seen[0].cells) == (2, 3)
        assert seen[-1].work_done == seen[-1].work == 1000
        assert [(p.step, p.steps) for p in seen[1:]] == [(1, 2), (1, 2)]
        for i, (cell, result) in enumerate(zip(cells, results, strict=True)):
            sample = np.random.default_rng(i).normal(1.5, size=1000 * (i + 1))
            assert result[0] == sample.mean()
            assert (tmp_path / cell.key).read_text() == "run\n"
    monkeypatch.setattr(processes, "_start_worker", None)
    with Store(tmp_path / "s.db") as store:
        assert np.array_equal(run_cells(cells, store), results)
        assert np.array_equal(store.get(cells)[cells[2].key], results[2])
        assert set(store.seconds(cells)) == {cell.key for cell in cells}


def test_kinds_may_be_mixed(tmp_path):
    data, recipe = make_mnist1d(n_samples=100), Recipe.sgd(steps=2, batch_size=10)
    network = TrainingCell(data.spec, MLP((2,)), recipe, 0)
    with Store(tmp_path / "s.db") as store:
        mean, trained = run_cells([MeanCell(0.0, 10, seed=3), network], store, jobs=1)
        assert mean[0] == np.random.default_rng(3).normal(0, size=10).mean()
        assert np.array_equal(trained.test_loss, network.run().test_loss)
        assert set(store.get([network])) == {network.key}


def test_a_worker_would_make_another_kind(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "_start_worker", None)

    class Local(MeanCell):
        def to_dict(self):
            return super().to_dict() | {"kind": f"{__name__}:{type(self).__qualname__}"}

    with Store(tmp_path / "s.db") as store:
        with pytest.raises(ValueError, match=r"must be the import path of its class, 'sweep\.mean"):
            run_cells([Renamed(0.0, 10, seed=0)], store)
        with pytest.raises(ValueError, match=r"other processes can import.* defined inside a func"):
            run_cells([Local(0.0, 10, seed=0)], store)
        with pytest.raises(ValueError, match="`n` must be at least 1, got 0"):
            run_cells([MeanCell(0.0, 0, seed=0)], store)
        assert len(store) == 0


def test_an_unknown_executor(tmp_path):
    with (
        Store(tmp_path / "s.db") as store,
        pytest.raises(ValueError, match="`executor` must be one of local, got 'moon'"),
    ):
        run_cells([], store, executor="moon")


def test_no_cells_give_no_results(tmp_path):
    with Store(tmp_path / "s.db") as store:
        assert run_cells([], store) == []
    assert batches([], side_by_side=True) == []


def test_a_damaged_result_is_named(tmp_path):
    cell = MeanCell(0.0, 10, seed=0)
    with Store(tmp_path / "s.db") as store:
        store.put(cell, np.zeros(2), seconds=1.0, environment={})
        connection = sqlite3.connect(Path(tmp_path / "s.db"))
        connection.execute("UPDATE genlab_cells SET result = x'00'")
        connection.commit()
        connection.close()
        told = f"result of cell {cell.key[:12]} cannot be read: two .*; --fresh .* computes"
        with pytest.raises(StoreError, match=told):
            store.get([cell])
        run_cells([cell], store, fresh=True, executor=Here())
        assert store.get([cell])[cell.key].tolist() == cell.fit().tolist()


def test_a_module_that_a_worker_does_not_find_is_named(tmp_path, monkeypatch):
    """It lies beside a notebook, for one, whose folder is no longer the current one."""
    from genlab.sweep.executors import _worker

    answers = []
    monkeypatch.setattr(
        _worker, "send", lambda stream, message, payload=b"": answers.append(message)
    )
    monkeypatch.setattr(_worker, "_begin", lambda request: True)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "beside.py").write_text("import beside_the_notebook")
    _worker._serve({"cells": [{"kind": "beside:Cell"}], "contents": {}}, None)
    assert answers[0]["kind"] == "error"
    assert answers[0]["error"].startswith(
        "a worker process finds no module 'beside_the_notebook', which a cell needs: put"
    )
