"""Running cells: the same bits however they are run, nothing run twice, nothing lost."""

import dataclasses
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from sweep.ending_cell import HeldCell
from sweep.here import Here

from genlab import DivergedError, DivergenceWarning, Recipe, WorkerError
from genlab.datasets import Dataset, LabelNoise, make_mnist1d
from genlab.models import MLP
from genlab.sweep import (
    Device,
    LocalExecutor,
    Store,
    TrainingCell,
    available_cores,
    batches,
    device_of_workers,
    run_cells,
)
from genlab.sweep.executors import _local as local
from genlab.sweep.executors import _processes as processes
from genlab.sweep.executors import _worker
from genlab.sweep.executors._device import only
from genlab.training import CURVES, train

DATA = make_mnist1d(n_samples=500)
RECIPES = [
    Recipe.sgd(steps=60, batch_size=100, evaluate_every=20),
    Recipe.adam(0.005, steps=30, batch_size=None, evaluate_every=15),
]
CELLS = [
    TrainingCell(DATA.spec, MLP(hidden=(30, 20)), recipe, seed)
    for recipe in RECIPES
    for seed in range(3)
]


def same(first, second):
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for one, other in zip(first, second, strict=True)
        for name in CURVES
    )


def held_in(folder):
    """CELLS, and one that runs until the folder holds a file `go`."""
    return [*CELLS, HeldCell(0.0, 10, 0, str(folder))]


@pytest.fixture(scope="module")
def worker():
    """A worker for several tests, where it is not the start of one that is tested."""
    with LocalExecutor(1) as executor:
        yield executor


@pytest.fixture(scope="module")
def finished(tmp_path_factory, worker):
    """A store in which one worker has run all cells, and their results."""
    path = tmp_path_factory.mktemp("reference") / "s.db"
    with Store(path) as store:
        return path, run_cells(CELLS, store, executor=worker)


@pytest.fixture(scope="module")
def reference(finished):
    return finished[1]


def test_the_number_of_workers_changes_no_bit(tmp_path, reference):
    with Store(tmp_path / "s.db") as store:
        assert same(run_cells(CELLS, store, jobs=2), reference)
        assert len(store) == len(CELLS)


def test_the_company_of_other_cells_changes_no_bit(tmp_path, worker, reference):
    """A cell alone in its worker, and all in another order."""
    with Store(tmp_path / "s.db") as store:
        assert same(run_cells([CELLS[4]], store, jobs=1), [reference[4]])
    with Store(tmp_path / "other.db") as store:
        assert same(run_cells(CELLS[::-1], store, executor=worker), reference[::-1])


def test_this_process_gives_the_same_bits(reference):
    """The test process runs on one thread, as the workers do."""
    assert same([CELLS[1].run()], [reference[1]])
    run = train(MLP(hidden=(30, 20)), DATA, RECIPES[0], range(3))
    assert np.array_equal(run.test_loss[1], reference[1].test_loss)


def test_a_second_run_computes_nothing(finished, monkeypatch):
    path, results = finished
    monkeypatch.setattr(processes, "_start_worker", None)
    with Store(path) as store:
        assert same(run_cells(CELLS, store), results)


def test_equal_cells_run_once(tmp_path):
    here = Here()
    with Store(tmp_path / "s.db") as store:
        results = run_cells([CELLS[0], CELLS[0]], store, executor=here)
        assert len(store) == 1
    assert here.batches == [[CELLS[0]]]
    assert same(results[:1], results[1:])


def test_fresh_runs_again(tmp_path, worker):
    with Store(tmp_path / "s.db") as store:
        run_cells(CELLS[:1], store, executor=Here())
        finished = store.get(CELLS[:1])
        seen = []
        run_cells(CELLS[:1], store, fresh=True, progress=seen.append, executor=worker)
        assert seen[0].cells_done == 0
        assert len(store) == 1
        assert same(finished.values(), store.get(CELLS[:1]).values())


def test_progress_counts_work(tmp_path, worker):
    seen = []
    with Store(tmp_path / "s.db") as store:
        run_cells(CELLS[:2], store, executor=Here())
        run_cells(CELLS[:4], store, executor=worker, progress=seen.append)
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


def test_a_cell_that_cannot_run_is_told_before_any_does(tmp_path, monkeypatch):
    bad = TrainingCell(DATA.spec, MLP(), Recipe.sgd(batch_size=1000, steps=5), 0)
    monkeypatch.setattr(processes, "_start_worker", None)
    with Store(tmp_path / "s.db") as store:
        with pytest.raises(ValueError, match="`batch_size` must be at most the 400 training"):
            run_cells([CELLS[0], bad], store)
        data = Dataset(DATA.x_train, DATA.y_train, DATA.x_test, DATA.y_test)
        spec = data.spec
        del data
        with pytest.raises(ValueError, match="that no generator made cannot be made"):
            run_cells([TrainingCell(spec, MLP(), RECIPES[0], 0)], store)


def test_a_cell_that_fails_is_told_and_the_others_are_kept(tmp_path, monkeypatch):
    for name in ("check", "work", "memory"):
        monkeypatch.setattr(TrainingCell, name, lambda self: 1.0)
    bad = TrainingCell(DATA.spec, MLP(), Recipe.sgd(batch_size=1000, steps=5), 0)
    with Store(tmp_path / "s.db") as store:
        with pytest.raises(WorkerError, match="a cell failed: ValueError: `batch_size` must be"):
            run_cells([CELLS[0], bad], store, jobs=1)
        assert len(store) == 1


def test_a_worker_that_dies_is_told(tmp_path, monkeypatch, no_warm_workers):
    def start_one_that_dies(_):
        code = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        return subprocess.Popen([sys.executable, "-c", code], **pipes)

    monkeypatch.setattr(processes, "_start_worker", start_one_that_dies)
    with (
        Store(tmp_path / "s.db") as store,
        pytest.raises(WorkerError, match=r"a worker process failed before .* ended with status -9"),
    ):
        run_cells(CELLS, store, jobs=2)


def test_what_python_prints_as_it_starts_is_no_answer(tmp_path, monkeypatch, reference):
    (tmp_path / "sitecustomize.py").write_text("print('hello'); print(1)")
    folders = [str(tmp_path), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, folders)))
    with Store(tmp_path / "s.db") as store:
        assert same(run_cells(CELLS[:1], store), reference[:1])


def test_the_environment_changes_no_bit(tmp_path, monkeypatch, reference):
    monkeypatch.setenv("JAX_ENABLE_X64", "1")
    monkeypatch.setenv("JAX_DEFAULT_PRNG_IMPL", "rbg")
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=true")
    with Store(tmp_path / "s.db") as store:
        assert same(run_cells(CELLS[:1], store), reference[:1])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_end_it_and_keep_what_is_finished(tmp_path, number):
    process = subprocess.Popen(
        command(tmp_path), stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while kept_in(tmp_path / "s.db") == 0:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    workers = workers_of(process.pid)
    assert workers
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    if number == signal.SIGTERM:
        assert process.returncode == 143
        assert errors == ""
    else:
        assert process.returncode != 0
        assert errors.count("Traceback") == 1
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
    assert kept_in(tmp_path / "s.db") > 0


def test_the_largest_cells_run_first(tmp_path, worker):
    finished = []

    class Watched(Store):
        def put_all(self, results, **options):
            finished.extend(cell for cell, *_ in results)
            super().put_all(results, **options)

    longer = dataclasses.replace(RECIPES[0], steps=80)
    cells = [CELLS[0], TrainingCell(DATA.spec, CELLS[0].model, longer, 0), CELLS[3]]
    with Watched(tmp_path / "s.db") as store:
        results = run_cells(cells, store, executor=worker)
    work = [cell.work() for cell in finished]
    assert work == sorted(work, reverse=True)
    assert len(set(work)) == 3
    with Store(tmp_path / "again.db") as store:
        assert same(run_cells(cells[::-1], store, executor=Here()), results[::-1])


def test_workers_are_as_many_as_memory_holds(monkeypatch):
    needed = max(cell.memory() for cell in CELLS)
    for held, jobs in ((10.0, 4), (2.5, 2), (1.0, 1)):
        monkeypatch.setattr(local, "available_memory", lambda held=held: held * needed)
        assert local._fitting(4, CELLS) == jobs
    monkeypatch.setattr(local, "available_memory", lambda: 0.9 * needed)
    with pytest.raises(WorkerError, match=r"a cell needs about 0\.6 GB of memory, and 0\.5 GB"):
        local._fitting(4, CELLS)
    monkeypatch.setattr(local, "available_memory", lambda: None)
    assert local._fitting(4, CELLS) == 4


def test_memory_is_estimated_from_above_and_not_by_far(tmp_path, monkeypatch):
    """The peak of a worker's process, for a batch that is large."""
    started, start = [], processes._start_worker
    monkeypatch.setattr(
        processes, "_start_worker", lambda more: started.append(start(more)) or started[-1]
    )
    cell = TrainingCell(
        make_mnist1d(n_samples=15_000, method="fast").spec,
        MLP(hidden=(200, 200)),
        Recipe.adam(steps=3, batch_size=None),
        0,
    )
    with Store(tmp_path / "s.db") as store, LocalExecutor(1) as executor:
        run_cells([cell], store, executor=executor)
        status = Path(f"/proc/{started[0].pid}/status").read_text()
    peak = 1024 * int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])
    assert peak < cell.memory() < 4 * peak


def kept_in(path):
    if not path.exists():
        return 0
    with Store(path) as store:
        return len(store)


def test_diverged_cells_are_counted_and_kept(tmp_path, worker):
    wild = [
        TrainingCell(
            DATA.spec, CELLS[0].model, dataclasses.replace(RECIPES[0], learning_rate=1e30), s
        )
        for s in (0, 1)
    ]
    with Store(tmp_path / "s.db") as store:
        with pytest.warns(DivergenceWarning, match="2 of 3 models diverged"):
            results = run_cells([*wild, CELLS[0]], store, executor=worker)
        assert np.isnan(results[0].test_error[-1])
        assert results[0].diverged_at == 20
        with pytest.raises(DivergedError, match="all 2 models diverged"):
            run_cells(wild, store, executor=worker)


PROGRAM = """
import signal, sys; sys.path.insert(0, sys.argv[2])
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run behind
from sweep.test_run import held_in
from genlab.sweep import Store, run_cells
run_cells(held_in(sys.argv[1]), Store(sys.argv[1] + "/s.db"), jobs=2)
"""


def command(folder):
    """Runs the cells in a process of its own, which ends once `folder` holds a file `go`."""
    return [sys.executable, "-c", PROGRAM, str(folder), str(Path(__file__).parents[1])]


def test_a_gpu_gets_batches_and_one_worker(tmp_path, monkeypatch, reference):
    """As if there were one; the worker's lanes are a CPU's, so the bits are the same."""
    monkeypatch.setattr(local, "device_of_workers", lambda: Device("gpu", 1))
    started, sent = [], []
    start, send = processes._start_worker, _worker.send
    monkeypatch.setattr(
        processes, "_start_worker", lambda more: started.append(more) or start(more)
    )
    monkeypatch.setattr(
        _worker, "send", lambda to, message: sent.append(message) or send(to, message)
    )
    seen = []
    with Store(tmp_path / "s.db") as store:
        assert same(run_cells(CELLS, store, jobs=8, progress=seen.append), reference)
    assert started == [{}]
    assert [len(message["cells"]) for message in sent] == [3, 3]
    assert max(progress.step for progress in seen) == 60
    assert seen[-1].work_done == seen[-1].work == sum(cell.work() for cell in CELLS)


def test_what_runs_side_by_side():
    recipe = RECIPES[1]
    cells = [TrainingCell(DATA.spec, MLP((h, h)), recipe, 0) for h in (2, 16, 17, 32, 300)]
    cells += [
        TrainingCell(DATA.spec, MLP((9, 9)), RECIPES[0], 0),
        TrainingCell(DATA.spec, MLP((9, 12)), recipe, 1),
    ]
    cells.append(TrainingCell(DATA.spec, MLP((3, 3)), recipe, 0, LabelNoise(0.2)))
    cells.append(TrainingCell(DATA.spec, MLP((4, 4)), recipe, 0))
    cells.append(TrainingCell(DATA.spec, MLP((5, 5)), recipe, 0, start=cells[-1]))
    cells.append(TrainingCell(make_mnist1d(n_samples=100).spec, MLP((2, 2)), recipe, 0))
    groups = batches(cells, side_by_side=True)
    indices = [[sorted(map(cells.index, batch)) for batch in group] for group in groups]
    assert sorted(indices) == [[[0, 1, 6, 7]], [[2, 3]], [[4]], [[5]], [[8], [9]], [[10]]]
    alone = batches(cells, side_by_side=False)
    assert sorted(len(group) for group in alone) == [1] * 9 + [2]
    many = [TrainingCell(DATA.spec, MLP((2, 2)), recipe, seed) for seed in range(70)]
    assert [len(group[0]) for group in batches(many, side_by_side=True)] == [32, 32, 6]


def test_several_gpus_get_a_worker_each(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert only(Device("gpu", 2), 1) == {"CUDA_VISIBLE_DEVICES": "1"}
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,6")
    assert only(Device("gpu", 2), 1) == {"CUDA_VISIBLE_DEVICES": "6"}
    assert only(Device("gpu", 1), 0) == only(Device("cpu", 1), 0) == {}


def test_this_machines_device_is_told():
    assert device_of_workers() == Device("cpu", 1)


def test_no_process_is_asked_for_the_device_where_a_cpu_is_named(monkeypatch):
    """It would take a second; what the process that is asked says is the same."""
    from genlab.sweep.executors import _device

    environment = tuple(_device.environment_of_worker().items())
    assert ("JAX_PLATFORMS", "cpu") in environment
    assert _device._reported(environment) == Device("cpu", 1)
    monkeypatch.setattr(_device, "_reported", lambda _: pytest.fail("a process was asked"))
    assert device_of_workers() == Device("cpu", 1)
    assert _worker.products() == "float32"


def test_the_caller_takes_no_device():
    """Else it would hold most of a GPU's memory while its workers train."""
    code = """
from genlab.sweep import TrainingCell, Device, Store, run_cells
from genlab.sweep.executors import _local
from genlab.models import MLP
from genlab import Recipe, datasets
recipe = Recipe.sgd(steps=20, batch_size=100, evaluate_every=20)
first = TrainingCell(datasets.make_mnist1d(n_samples=500).spec, MLP((30, 20)), recipe, 0)
_local.device_of_workers = lambda: Device("gpu", 1)
run_cells([first, TrainingCell(first.data, first.model, recipe, 0, start=first)], Store("sqlite://"))
from jax._src import xla_bridge
print(list(xla_bridge._backends))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


PROGRAMS = """
import os, sys; sys.path.insert(0, sys.argv[1])
from forked import start
from sweep.test_run import held_in
from genlab.sweep import Store, run_cells
for line in sys.stdin:
    folder = line.strip()
    pid = start(lambda: run_cells(held_in(folder), Store(folder + "/s.db"), jobs=2))
    print(pid, flush=True)
    os.waitpid(pid, 0)
    print("ended", flush=True)
"""


@pytest.fixture
def programs():
    """A process that runs the cells in a child of its own for each line, a folder."""
    command = [sys.executable, "-c", PROGRAMS, str(Path(__file__).parents[1])]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:
        yield process
        process.kill()


def workers_of(parent):
    """The processes that a process started, from the oldest on."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            if f"\nPPid:\t{parent}\n" in status.read_text():
                fields = (status.parent / "stat").read_text().rpartition(")")[2].split()
                found.append((int(fields[19]), int(status.parent.name)))
        except OSError:
            pass  # it ended meanwhile
    return [pid for _, pid in sorted(found)]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
def test_killed_and_resumed(programs, tmp_path, reference):
    """SIGKILL at random moments: no finished cell is lost, no worker is left behind."""
    moments = random.Random(0)
    kept = 0
    for attempt in range(3):
        print(tmp_path, file=programs.stdin, flush=True)
        pid = int(programs.stdout.readline())
        if attempt == 0:  # once for sure with some cells finished: one is never finished
            deadline = time.monotonic() + 60
            while kept_in(tmp_path / "s.db") == 0:
                assert time.monotonic() < deadline
                time.sleep(0.02)
        else:
            time.sleep(moments.uniform(0.2, 2.3))
        workers = workers_of(pid)
        os.kill(pid, signal.SIGKILL)
        assert programs.stdout.readline() == "ended\n"
        with Store(tmp_path / "s.db") as store:
            found = store.get(CELLS)
        assert max(kept, 1) <= len(found) <= len(CELLS)
        kept = len(found)
        for cell, expected in zip(CELLS, reference, strict=True):
            if cell.key in found:
                assert same([found[cell.key]], [expected])
        deadline = time.monotonic() + 60
        while any(os.path.exists(f"/proc/{pid}") for pid in workers):
            assert time.monotonic() < deadline, "a worker outlived its caller"
            time.sleep(0.1)
    (tmp_path / "go").touch()
    cells = held_in(tmp_path)
    with Store(tmp_path / "s.db") as store:
        *results, mean = run_cells(cells, store, jobs=2)
    assert same(results, reference)
    assert np.array_equal(mean, cells[-1].fit())


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5"])
def test_the_number_of_jobs_may_be_configured(monkeypatch, text):
    monkeypatch.setenv("GENLAB_JOBS", "3")
    assert available_cores() == 3
    monkeypatch.delenv("GENLAB_JOBS")
    assert available_cores() == len(os.sched_getaffinity(0))
    monkeypatch.setenv("GENLAB_JOBS", text)
    with pytest.raises(ValueError, match=rf"\$GENLAB_JOBS must be an integer >= 1, got '{text}'"):
        available_cores()
