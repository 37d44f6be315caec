"""Executors: `run_cells` knows them by their protocol alone, and a registry by their names."""

import numpy as np
import pytest
from sweep.here import Here
from sweep.mean_cell import MeanCell

from genlab import Recipe, WorkerError
from genlab.datasets import make_mnist1d
from genlab.models import MLP
from genlab.sweep import EXECUTORS, Store, TrainingCell, run_cells

DATA = make_mnist1d(n_samples=100)
RECIPE = Recipe.adam(steps=4, batch_size=None, evaluate_every=2)


class Unlucky(Here):
    """Fails once all cells are done, where it is to use 13 workers."""

    def run(self, groups):
        yield from super().run(groups)
        if self.jobs == 13:
            raise WorkerError("an unlucky number of workers.")


@pytest.fixture
def here(monkeypatch):
    made = []
    monkeypatch.setitem(
        EXECUTORS, "here", lambda jobs: made.append(Unlucky(jobs, True)) or made[-1]
    )
    return made


def test_another_executor_is_one_line_of_the_registry(here, tmp_path):
    small = [TrainingCell(DATA.spec, MLP((2, 2)), RECIPE, seed) for seed in range(3)]
    chain = [small[0], TrainingCell(DATA.spec, MLP((3, 3)), RECIPE, 0, start=small[0])]
    cells = [*small, chain[1], MeanCell(0.5, 10, seed=4)]
    seen = []
    with Store(tmp_path / "s.db") as store:
        results = run_cells(cells, store, jobs=7, executor="here", progress=seen.append)
        again = run_cells(cells, store, jobs=7, executor="here")
        assert store.environments(cells) == {'{"where": "here"}': 5}
        assert set(store.seconds(cells).values()) == {2.0}
    first, second = here
    assert first.jobs == 7
    assert first.closed
    # Those of one program share a batch; a chain and a cell that is no network run alone.
    named = [[cells.index(cell) for cell in batch] for batch in first.batches]
    assert sorted(named) == [[0], [1, 2], [3], [4]]
    assert named.index([0]) < named.index([3])
    assert second.batches == []
    for cell, result in zip(small, results[:3], strict=True):
        assert np.array_equal(result.test_loss, cell.run().test_loss)
    for result, stored in zip(results[:4], again[:4], strict=True):
        assert np.array_equal(result.test_loss, stored.test_loss)
    assert (seen[-1].cells_done, seen[-1].work_done) == (5, seen[-1].work)
    assert seen[-1].train_loss == 0.5


def test_an_executor_may_be_given_itself(tmp_path):
    cells = [MeanCell(0.5, 10, seed=seed) for seed in range(2)]
    executor = Here(1)
    with Store(tmp_path / "s.db") as store:
        results = run_cells(cells, store, executor=executor)
        assert len(store) == 2
    for cell, result in zip(cells, results, strict=True):
        assert np.array_equal(result, cell.run_together([cell])[0])
    assert executor.closed


def test_what_was_finished_before_an_error_is_stored(here, tmp_path):
    cells = [MeanCell(0.5, 10, seed=seed) for seed in range(2)]
    with Store(tmp_path / "s.db") as store:
        with pytest.raises(WorkerError, match="an unlucky number"):
            run_cells([*cells], store, jobs=13, executor="here")
        assert len(store) == 2
    assert here[0].closed


def test_a_callback_that_raises_stops_the_work(here, tmp_path):
    def stop(progress):
        if progress.cells_done == 1:
            raise RuntimeError("enough")

    cells = [MeanCell(0.5, 10, seed=seed) for seed in range(3)]
    with Store(tmp_path / "s.db") as store:
        with pytest.raises(RuntimeError, match="enough"):
            run_cells(cells, store, executor="here", progress=stop)
        assert len(store) == 1
    assert here[0].closed
    assert len(here[0].batches) == 1


def test_the_executors_that_come_with_genlab_are_made_by_the_number_of_workers():
    for make in EXECUTORS.values():
        executor = make(1)
        assert isinstance(executor.side_by_side, bool)
        assert list(executor.run([])) == []
    with pytest.raises(ValueError, match="`jobs` must be an integer >= 1, got 0"):
        EXECUTORS["local"](0)
