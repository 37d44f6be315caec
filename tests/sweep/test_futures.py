"""Executors like those of `concurrent.futures` run cells, with the bits of local workers."""

import multiprocessing
import threading
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest
from sweep.content_cell import ContentCell
from sweep.mean_cell import MeanCell
from sweep.test_contents import own

from genlab import Recipe, WorkerError, capacity_curve
from genlab.datasets import make_mnist1d
from genlab.models import MLP
from genlab.sweep import FuturesExecutor, Store, TrainingCell, n_workers, run_cells

DATA = make_mnist1d(n_samples=100)
RECIPE = Recipe.adam(steps=4, batch_size=None, evaluate_every=2)
CELLS = [MeanCell(0.5, 10, seed) for seed in range(40)]


def test_threads_give_the_bits_of_local_workers():
    small = [TrainingCell(DATA.spec, MLP((2,)), RECIPE, seed) for seed in range(2)]
    chain = TrainingCell(DATA.spec, MLP((3,)), RECIPE, 0, start=small[0])
    cells = [*small, chain, *CELLS]
    seen, submitted = [], []

    class Counted(ThreadPoolExecutor):
        def submit(self, function, *arguments):
            submitted.append(threading.current_thread())
            return super().submit(function, *arguments)

    with Store("sqlite://") as store, Counted(2) as threads:
        there = run_cells(cells, store, jobs=threads, progress=seen.append)
        assert len(store) == 43
        here = run_cells(cells, store, jobs=2, fresh=True)
    for one, other in zip(there[:3], here[:3], strict=True):
        assert np.array_equal(one.test_loss, other.test_loss)
    assert np.array_equal(there[3:], here[3:])
    assert (seen[-1].cells_done, seen[-1].work_done) == (43, seen[-1].work)
    assert len(submitted) < 43  # small cells share tasks


def test_processes_take_the_data_of_a_user():
    data = own()
    cells = [ContentCell(0.0, 1, seed=seed, data=data.spec) for seed in range(3)]
    spawn = multiprocessing.get_context("spawn")
    with Store("sqlite://") as store, ProcessPoolExecutor(1, mp_context=spawn) as processes:
        results = run_cells(cells, store, executor=processes)
        with pytest.raises(WorkerError, match="a negative seed") as raised:
            run_cells([MeanCell(0.5, 10, seed=-1), *CELLS[:3]], store, jobs=processes)
        assert len(raised.value.failed) == 1
        assert len(store) == 6
    assert [result.tolist() for result in results] == [[data.x_train.mean(), 1.0]] * 3


def test_any_study_takes_an_executor():
    with Store("sqlite://") as store, ThreadPoolExecutor(2) as threads:
        curve = capacity_curve(
            lambda width: MLP((width,)), [2, 3], DATA, RECIPE, range(2), store=store, jobs=threads
        )
        assert len(store) == 4
        assert n_workers(threads) == 2
    assert len(curve.to_frame()) == 4


class Broken:
    """Fails in the way it is told."""

    def __init__(self, error):
        self.error = error

    def submit(self, function, *arguments):
        if isinstance(self.error, RuntimeError) and not isinstance(self.error, BrokenExecutor):
            raise self.error
        future = Future()
        future.set_exception(self.error)
        return future


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (RuntimeError("it is shut down"), "the executor takes no more work: it is shut down"),
        (BrokenExecutor("a process ended"), "the executor takes no more work: a process ended"),
        (
            ModuleNotFoundError("No module named 'genlab'"),
            "a worker process failed .*: ModuleNotFoundError: No module named 'genlab'",
        ),
    ],
)
def test_an_executor_that_fails_ends_the_run_in_one_sentence(error, sentence):
    with Store("sqlite://") as store:
        with pytest.raises(WorkerError, match=sentence) as raised:
            run_cells(CELLS[:3], store, jobs=Broken(error))
        assert len(raised.value.failed) == 3
        with pytest.raises(ValueError, match=r"`jobs` must be an integer >= 1, a distributed.Clie"):
            run_cells(CELLS[:3], store, jobs="many")
        with pytest.raises(ValueError, match=r"`executor` must be a name or an executor, got 3"):
            run_cells(CELLS[:3], store, executor=3)
    assert FuturesExecutor(Broken(error)).n_workers == 1  # $GENLAB_JOBS of the tests
