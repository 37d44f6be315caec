"""Dask distributed runs cells: the bits of local workers, whatever becomes of its own."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from network import Network
from sweep.content_cell import ContentCell
from sweep.ending_cell import EndingCell, EndlessCell, HeldCell
from sweep.mean_cell import MeanCell
from sweep.test_contents import own

from genlab import Recipe, RetriedWarning, WorkerError
from genlab.datasets import make_mnist1d
from genlab.models import MLP
from genlab.sweep import DaskExecutor, Store, TrainingCell, dask_executor, n_workers, run_cells

distributed = pytest.importorskip("distributed", reason="needs the extra `dask`")

DATA = make_mnist1d(n_samples=100)
RECIPE = Recipe.adam(steps=4, batch_size=None, evaluate_every=2)
CELLS = [MeanCell(0.5, 10, seed) for seed in range(40)]
EXPECTED = [cell.fit() for cell in CELLS]


@pytest.fixture(scope="module")
def client():
    """Two Dask workers in processes of their own."""
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, memory_limit=0, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def here():
    """A Dask cluster in this process: one worker of two threads, with the resource of two GPUs."""
    with (
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=2,
            processes=False,
            dashboard_address=":0",
            resources={"GPU": 2},
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client


def run(cells, **options):
    with Store("sqlite://") as store:
        return run_cells(cells, store, **options)


def test_the_bits_are_those_of_local_workers(client):
    network = TrainingCell(DATA.spec, MLP((2,)), RECIPE, 0)
    cells = [network, *CELLS]
    seen = []
    with Store("sqlite://") as store:
        there = run_cells(cells, store, jobs=client, progress=seen.append)
        assert len(store) == 41
        (local,) = run_cells([network], store, jobs=1, fresh=True)
    assert np.array_equal(there[0].test_loss, local.test_loss)
    assert np.array_equal(there[1:], EXPECTED)
    assert (seen[-1].cells_done, seen[-1].work_done) == (41, seen[-1].work)
    assert n_workers(client) == 2
    assert not client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.tasks)  # all let go


def test_data_of_a_user_are_sent_to_each_worker_once(client):
    data = own()
    cells = [ContentCell(0.0, 1, seed=seed, data=data.spec) for seed in range(4)]
    for _ in range(2):
        results = run(cells, jobs=client)
        assert [result.tolist() for result in results] == [[data.x_train.mean(), 1.0]] * 4

    def sent():
        from genlab.sweep.executors import _dask

        return {name: os.listdir(folder) for name, folder in _dask._FOLDERS.items()}

    folders = client.run(sent)
    assert {name for of_worker in folders.values() for name in of_worker} == {data.fingerprint}
    assert "x_train.npy" in max(folders.values(), key=len)[data.fingerprint]


def test_a_cell_that_fails_or_ends_its_process_stops_no_other(client, tmp_path):
    bad = MeanCell(0.5, 10, seed=-1)
    hanging = EndlessCell(0.5, 11, 0)
    twice = EndingCell(2, 10, 3, str(tmp_path))
    executor = DaskExecutor(client, time_limit="1s")
    with Store("sqlite://") as store:
        with (
            pytest.raises(WorkerError, match=r"\(2 of 43 cells failed") as raised,
            pytest.warns(RetriedWarning, match="1 of 43 cells ran again"),
        ):
            run_cells([bad, twice, *CELLS, hanging], store, jobs=executor)
        failed = raised.value.failed
        assert failed.keys() == {bad.key, hanging.key}
        assert failed[bad.key] == "a cell failed: ArithmeticError: a negative seed"
        assert "a cell took longer than the time limit of 1 s" in failed[hanging.key]
        assert np.array_equal(run_cells([twice, *CELLS], store)[1:], EXPECTED)


def test_a_dask_worker_that_is_killed_loses_nothing(client, tmp_path):
    """Both are at cells that do not end before it is killed; the other is given its cell."""
    pids = client.run(os.getpid)
    cells = [CELLS[0], *(HeldCell(0.5, 10, seed, str(tmp_path)) for seed in range(2))]

    def kill():
        # Each cell leaves a file as it begins.
        while not all((tmp_path / cell.key).exists() for cell in cells[1:]):
            time.sleep(0.01)
        os.kill(max(pids.values()), signal.SIGKILL)
        (tmp_path / "go").touch()

    with ThreadPoolExecutor(1) as pool:
        killed = pool.submit(kill)
        with pytest.warns(RetriedWarning, match="ran again; .* the process that ran it is gone"):
            results = run(cells, jobs=client)
        killed.result()
    runs = [len((tmp_path / cell.key).read_text().splitlines()) for cell in cells[1:]]
    assert sorted(runs) == [1, 2]
    assert np.array_equal(results, [cell.fit() for cell in cells])


def test_a_run_that_is_stopped_stops_its_cells(here):
    def stop(progress):
        if progress.cells_done == 2:
            raise RuntimeError("enough")

    cells = [*CELLS[:2], *(EndlessCell(0.5, 20, seed) for seed in range(2))]
    with Store("sqlite://") as store:
        with pytest.raises(RuntimeError, match="enough"):
            run_cells(cells[::-1], store, jobs=Small(here), progress=stop)
        assert len(store) == 2
    assert np.array_equal(run(CELLS, jobs=here), EXPECTED)


class Small(DaskExecutor):
    """Runs the smallest cells first."""

    def run(self, groups):
        return super().run(groups[::-1])


def test_threads_of_a_worker_and_gpus(here):
    """Each thread has a process of its own; a task takes one GPU, so two run at once."""
    executor = DaskExecutor(here)
    assert executor.side_by_side
    assert executor.n_workers == 2
    cells = [MeanCell(0.5, 10, seed) for seed in range(8)]
    assert np.array_equal(run(cells, jobs=executor), EXPECTED[:8])


def test_a_cluster_that_grows_from_nothing():
    with (
        distributed.LocalCluster(
            n_workers=0, threads_per_worker=1, processes=False, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        cluster.adapt(minimum=0, maximum=2, interval="20ms")
        assert n_workers(client) == 1
        data = own()  # which need a worker that takes them, before any task
        assert (
            run([ContentCell(0.0, 1, 0, data=data.spec)], jobs=client)[0][0] == data.x_train.mean()
        )
        assert np.array_equal(run(CELLS, jobs=client), EXPECTED)


SCHEDULER = """
import asyncio, sys; sys.path.insert(0, sys.argv[1])
from distributed import Scheduler, Worker
async def main():
    place = {"host": "127.0.0.1", "port": int(sys.argv[2]), "dashboard_address": ":0"}
    async with Scheduler(**place) as scheduler:
        async with Worker(scheduler.address, nthreads=1, dashboard_address=":0"):
            print(scheduler.address, flush=True)
            await asyncio.sleep(60)
asyncio.run(main())
"""


@pytest.fixture
def start_scheduler(tmp_path):
    """Starts a scheduler with a worker on a port, or on any; they end with the test."""
    with contextlib.ExitStack() as stack:

        def start(port=0):
            command = [sys.executable, "-c", SCHEDULER, str(Path(__file__).parents[1]), str(port)]
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
            process = stack.enter_context(subprocess.Popen(command, cwd=tmp_path, **pipes))
            stack.callback(process.kill)
            return process

        yield start


def test_a_scheduler_that_comes_back_loses_nothing_and_one_that_does_not_is_told(start_scheduler):
    cells = [MeanCell(0.5, 1_000_000, seed) for seed in range(30)]
    processes = [start_scheduler()]
    address = processes[0].stdout.readline().strip()

    def kill(progress):
        if progress.cells_done == 2 and len(processes) == 1:
            processes[0].kill()
            processes[0].wait()
            processes.append(start_scheduler(int(address.rpartition(":")[2])))

    def kill_for_good(progress):
        if progress.cells_done == 2:
            processes[1].kill()

    with dask_executor(address) as executor:
        with pytest.warns(RetriedWarning, match="the Dask cluster lost it"):
            results = run(cells, jobs=executor, progress=kill)
        assert np.array_equal(results, [cell.fit() for cell in cells])
        executor._client._timeout = 1.0
        with Store("sqlite://") as store:
            with pytest.raises(WorkerError, match="the Dask scheduler is gone, and did not"):
                run_cells(cells, store, jobs=executor, progress=kill_for_good)
            assert 2 <= len(store) < 30
    import dask

    with (
        dask.config.set({"distributed.comm.timeouts.connect": "0.1s"}),
        pytest.raises(WorkerError, match=f"no Dask scheduler answers at {address}"),
        dask_executor(address),
    ):
        pass


def test_a_network_that_is_cut_loses_nothing(client):
    """Between this process and the scheduler, which goes on without it."""
    host, _, port = client.scheduler.address.removeprefix("tcp://").rpartition(":")
    network = Network((host, int(port)))
    cuts = []

    def cut(progress):
        if progress.cells_done == 5 and not cuts:
            cuts.append(network.cut_for(0.2))

    cells = [MeanCell(0.5, 1_000_000, seed) for seed in range(30)]
    with (
        contextlib.closing(network),
        distributed.Client(f"tcp://127.0.0.1:{network.port}", set_as_default=False) as far,
        pytest.warns(RetriedWarning, match="the Dask cluster lost it"),
    ):
        results = run(cells, jobs=far, progress=cut)
    assert cuts
    assert np.array_equal(results, [cell.fit() for cell in cells])


@pytest.mark.parametrize("address", ["", "local", "local:0", "local:many", "10.0.0.1:8786"])
def test_what_is_no_address(address):
    with (
        pytest.raises(ValueError, match="`address` must be that of a Dask scheduler, such as tcp"),
        dask_executor(address),
    ):
        pass


def test_no_thread_is_left(client):
    """Of the executor's own; Dask keeps some of its own for all clients."""
    before = threading.active_count()
    run(CELLS[:4], jobs=client)
    assert threading.active_count() <= before + 1
