"""Data of a user in worker processes: the same bits, shared, and nothing left behind."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from sweep.content_cell import ContentCell
from sweep.ending_cell import HeldCell
from sweep.mean_cell import MeanCell
from sweep.test_executors import Here
from sweep.test_run import workers_of

from genlab import DataFileError, Recipe, WorkerError
from genlab.datasets import (
    Dataset,
    DataSpec,
    contents_of,
    make_mnist1d,
    open_content,
    write_content,
)
from genlab.models import MLP
from genlab.sweep import LocalExecutor, Store, TrainingCell, run_cells
from genlab.sweep.executors import _local as local
from genlab.sweep.executors import _processes as processes
from genlab.training import CURVES

MADE = make_mnist1d(n_samples=300)
RECIPE = Recipe.adam(0.005, steps=30, batch_size=50, evaluate_every=15)


def own():
    return Dataset(MADE.x_train, MADE.y_train, MADE.x_test, MADE.y_test)


def cells_of(spec):
    """Of the whole, and of every kind of part."""
    parts = [
        spec,
        DataSpec.of_part("fold", spec, n_folds=3, fold=1, seed=0),
        DataSpec.of_part("held_out", spec, validation=0.2, seed=1),
        DataSpec.of_part("held_out", DataSpec.of_part("development", spec), validation=0.2, seed=1),
    ]
    return [TrainingCell(part, MLP((8,)), RECIPE, 0) for part in parts]


def same(first, second):
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for one, other in zip(first, second, strict=True)
        for name in CURVES
    )


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The folder of temporary files, which nothing else uses."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_the_same_bits_as_of_data_that_workers_make(tmp_path, temporary, monkeypatch):
    data = own()
    written = []
    write = local.ContentFolders.write
    monkeypatch.setattr(
        local.ContentFolders,
        "write",
        lambda self, cells: (write(self, cells), written.extend(temporary.glob("*/*")))[0],
    )
    with Store(tmp_path / "s.db") as store:
        expected = run_cells(cells_of(MADE.spec), store, jobs=1)
        assert written == []
        one = run_cells(cells_of(data.spec), store, jobs=1)
        assert len(store) == 8
        two = run_cells(cells_of(data.spec), store, jobs=2, fresh=True)
    assert same(one, expected)
    assert same(two, expected)
    assert [folder.name for folder in written] == [data.fingerprint] * 2  # once a run
    assert list(temporary.iterdir()) == []


def test_keys_are_those_of_the_content(tmp_path, monkeypatch):
    """Who loads the same file again finds what was stored."""
    data = own()
    with Store(tmp_path / "s.db") as store:
        expected = run_cells(cells_of(data.spec), store, executor=Here(1))
        del data
        monkeypatch.setattr(processes, "_start_worker", None)
        assert same(run_cells(cells_of(own().spec), store), expected)
        assert cells_of(own().spec)[0].key != cells_of(MADE.spec)[0].key


def test_cells_of_any_kind_have_their_data_and_share_its_pages(tmp_path, temporary):
    data = own()
    cells = [ContentCell(0.0, 1, seed=seed, data=data.spec) for seed in range(2)]
    with Store(tmp_path / "s.db") as store:
        results = run_cells([*cells, MeanCell(0.5, 10, seed=0)], store, jobs=2)
    for result in results[:2]:
        assert result.tolist() == [data.x_train.mean(), 1.0]
    assert list(temporary.iterdir()) == []


def test_an_executor_of_this_process_needs_nothing(tmp_path, temporary):
    data = own()
    executor = Here(1)
    with Store(tmp_path / "s.db") as store:
        run_cells(cells_of(data.spec), store, executor=executor)
        assert len(store) == 4
    assert list(temporary.iterdir()) == []


def test_what_cells_name():
    whole, other = "a" * 64, "b" * 64
    spec = DataSpec("content", {"fingerprint": whole})
    for cell in cells_of(spec):
        assert contents_of(cell.to_dict()) == {whole}
    nested = TrainingCell(spec, MLP((9,)), RECIPE, 0, start=cells_of(spec)[0])
    more = ContentCell(0.0, 1, seed=0, data=DataSpec("content", {"fingerprint": other}))
    assert contents_of([nested.to_dict(), more.to_dict()]) == {whole, other}
    assert contents_of(cells_of(MADE.spec)[1].to_dict()) == set()
    assert contents_of({"name": "content", "kind": "mine"}) == set()


@pytest.mark.parametrize(
    "data",
    [
        own(),
        own().without_test(),
        Dataset(
            np.float32([[[1], [2]], [[3], [4]]]), [0, 1], np.zeros((0, 2, 1)), [], 4, t=[0.5, 1.5]
        ),
        Dataset([[1.0, 2.0]] * 3, [0, 1, 0], [[1.0, 2.0]], [2], columns=("a", "é")),
        Dataset(np.asfortranarray(MADE.x_train), MADE.y_train, MADE.x_test, MADE.y_test),
    ],
    ids=["whole", "no test set", "shape", "columns", "fortran"],
)
def test_what_is_written_is_opened(data, tmp_path):
    write_content(data, tmp_path / "data")
    opened = open_content(tmp_path / "data", data.fingerprint)
    assert opened.spec == data.spec
    assert opened.fingerprint == data.fingerprint
    assert (opened.n_classes, opened.columns) == (data.n_classes, data.columns)
    for name in ("x_train", "y_train", "x_test", "y_test", "t"):
        array = getattr(opened, name)
        np.testing.assert_array_equal(array, getattr(data, name))
        if array is not None:
            assert array.dtype == getattr(data, name).dtype
            with pytest.raises(ValueError, match="cannot set WRITEABLE"):
                array.flags.writeable = True


def test_another_content_is_refused(tmp_path):
    data = own()
    write_content(data, tmp_path / "data")
    values = data.x_train.copy()
    values[3, 5] += 1e-9
    np.save(tmp_path / "data" / "x_train.npy", values)
    with pytest.raises(ValueError, match=r"must have the fingerprint [0-9a-f]{12}…, got [0-9a-f]"):
        open_content(tmp_path / "data", data.fingerprint)


def test_a_worker_uses_no_other_content(tmp_path, temporary, monkeypatch, no_warm_workers):
    data = own()
    write = local.ContentFolders.write

    def damaged(self, cells):
        write(self, cells)
        (path,) = temporary.glob("*/*/y_train.npy")
        np.save(path, 9 - data.y_train)

    monkeypatch.setattr(local.ContentFolders, "write", damaged)
    with Store(tmp_path / "s.db") as store:
        with pytest.raises(WorkerError, match=r"a cell failed: ValueError: the data in .* must"):
            run_cells(cells_of(data.spec), store, jobs=1)
        assert len(store) == 0
    assert list(temporary.iterdir()) == []


def test_no_place_for_the_data_is_one_sentence(tmp_path, monkeypatch):
    data = own()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    words = r"nowhere cannot take the data that worker processes read: No such file or directory; "
    with (
        Store(tmp_path / "s.db") as store,
        pytest.raises(DataFileError, match=words + r"set \$TMPDIR to a folder with enough space\."),
    ):
        run_cells(cells_of(data.spec), store, jobs=1)


def test_kept_workers_serve_several_runs(tmp_path, temporary, monkeypatch, no_warm_workers):
    started, start = [], processes._start_worker
    monkeypatch.setattr(
        processes, "_start_worker", lambda more: started.append(start(more)) or started[-1]
    )
    data = own()
    first, second, third, fourth = cells_of(data.spec)
    with Store(tmp_path / "s.db") as store:
        expected = run_cells([first, second, third, fourth], store, jobs=1, fresh=True)
        assert len(started) == 1
        with LocalExecutor(2) as executor:
            results = run_cells([first], store, fresh=True, executor=executor)
            results += run_cells([second, third], store, fresh=True, executor=executor)
            assert len(started) == 3
            (folder,) = temporary.glob("*/*")
            assert folder.name == data.fingerprint
            results += run_cells([fourth], store, fresh=True, executor=executor)
            assert len(started) == 3
            # A cell that fails leaves them as they are.
            with pytest.raises(WorkerError, match="a negative seed"):
                run_cells([MeanCell(0.0, 1, seed=-1)], store, executor=executor)
            assert all(worker.poll() is None for worker in started[1:])
            run_cells([first], store, fresh=True, executor=executor)
            assert len(started) == 3
            # Those that have died in between are replaced.
            for worker in started[1:]:
                worker.kill()
                worker.wait()
            run_cells([first], store, fresh=True, executor=executor)
            assert len(started) == 4
        assert same(results, expected)
    assert all(worker.poll() is not None for worker in started[1:])
    assert started[0].poll() is None  # for the next call without an executor
    assert list(temporary.iterdir()) == []


def test_kept_workers_hold_memory_that_is_theirs_to_use(tmp_path, monkeypatch, no_warm_workers):
    # Long enough that each worker has one to do.
    cells = [MeanCell(0.0, 1_000_000, seed=seed) for seed in range(4)]
    held, fitting = [], local._fitting
    monkeypatch.setattr(
        local, "_fitting", lambda jobs, cells, more: held.append(more) or fitting(jobs, cells, more)
    )
    with Store(tmp_path / "s.db") as store, LocalExecutor(2) as executor:
        run_cells(cells, store, executor=executor)
        workers = workers_of(os.getpid())
        assert len(workers) == 2
        run_cells(cells, store, fresh=True, executor=executor)
        assert held[0] == 0
        assert 1e7 < held[1] < 2e9  # two processes with NumPy, one of which may still start
        # One that holds too much for its cells is ended.
        of_first = processes.Worker.memory
        monkeypatch.setattr(
            processes.Worker,
            "memory",
            lambda self: 3e9 if self.process.pid == workers[0] else of_first(self),
        )
        run_cells(cells, store, fresh=True, executor=executor)
        assert workers[0] not in workers_of(os.getpid())
        assert workers[1] in workers_of(os.getpid())
        # As if nearly all other memory were taken: with what they hold there is enough for one.
        monkeypatch.setattr(local, "available_memory", lambda: 0.9e8)
        monkeypatch.setattr(processes.Worker, "memory", lambda self: 0.3e8)
        run_cells(cells, store, fresh=True, executor=executor)
        assert len(workers_of(os.getpid())) == 1
        monkeypatch.setattr(local, "available_memory", lambda: 0.0)
        with pytest.raises(WorkerError, match=r"a cell needs about 0\.1 GB of memory"):
            run_cells(cells, store, fresh=True, executor=executor)


PROGRAM = """
import signal, sys; sys.path.insert(0, sys.argv[2])
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run behind
from sweep.test_contents import many
from genlab.sweep import Store, run_cells
cells, data = many(sys.argv[1])
run_cells(cells, Store(sys.argv[1] + "/s.db"), jobs=2)
"""


def many(folder):
    """Four cells with data of a user, and one that runs until the folder holds a file `go`."""
    data = own()
    cells = [ContentCell(0.0, 1, seed=seed, data=data.spec) for seed in range(4)]
    return [*cells, HeldCell(0.0, 1, 0, str(folder))], data


def kept_in(path):
    if not path.exists():
        return 0
    with Store(path) as store:
        return len(store)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_run_leaves_no_data_and_goes_on(number, tmp_path):
    """Killed, it leaves them in the folder of temporary files alone."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    before = set(Path.cwd().iterdir())
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path), str(Path(__file__).parents[1])],
        env=os.environ | {"TMPDIR": str(temporary)},
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while kept_in(tmp_path / "s.db") == 0:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert len(list(temporary.glob("genlab-data-*/*/x_train.npy"))) == 1
    workers = workers_of(process.pid)
    process.send_signal(number)
    process.wait(timeout=60)
    assert len(list(temporary.glob("genlab-data-*"))) == (number == signal.SIGKILL)
    while any(os.path.exists(f"/proc/{pid}") for pid in workers):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert set(Path.cwd().iterdir()) == before
    kept = kept_in(tmp_path / "s.db")
    assert 0 < kept < 5
    (tmp_path / "go").touch()
    cells, data = many(tmp_path)
    seen = []
    with Store(tmp_path / "s.db") as store:
        results = run_cells(cells, store, jobs=1, progress=seen.append)
    assert (seen[0].cells_done, seen[-1].cells_done) == (kept, 5)
    assert [result.tolist() for result in results[:4]] == [[data.x_train.mean(), 1.0]] * 4
