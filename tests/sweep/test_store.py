"""The store keeps what it was given, once, and refuses what is not its own."""

import dataclasses
import sqlite3
import subprocess
import sys
import threading

import numpy as np
import pytest

from genlab import Recipe, StoreError
from genlab.datasets import make_mnist1d
from genlab.models import MLP
from genlab.sweep import CellResult, Store, TrainingCell, default_store_url

DATA = make_mnist1d(n_samples=100).spec
CELLS = [TrainingCell(DATA, MLP(hidden=(4,)), Recipe.sgd(steps=10), seed) for seed in range(3)]


def result(value=0.1):
    curve = np.array([value, np.nan, 1e-300])
    counts = {"test_confusion": np.eye(3), "test_confidence": np.ones((3, 15))}
    counts["test_wrong"] = np.arange(11) % 3 == 0
    curves = [curve, curve * 2, curve * 3, curve * 4]
    validation = {"validation_loss": curve * 5, "validation_error": curve * 6}
    return CellResult(np.array([0, 5, 10]), *curves, diverged_at=-1, kept=2, **counts, **validation)


def put(store, cell, value=0.1):
    store.put(cell, result(value), seconds=1.0, environment={"jax": "0"})


def same(one, other):
    return all(
        np.array_equal(getattr(one, f.name), getattr(other, f.name), equal_nan=True)
        for f in dataclasses.fields(CellResult)
        if f.name != "diverged_at"
    )


def test_what_goes_in_comes_out(tmp_path):
    with Store(tmp_path / "deep" / "store.db") as store:
        put(store, CELLS[0])
        found = store.get(CELLS)
    assert list(found) == [CELLS[0].key]
    assert same(found[CELLS[0].key], result())
    with Store(tmp_path / "deep" / "store.db") as again:
        assert same(again.get(CELLS)[CELLS[0].key], result())
        assert again.environments(CELLS) == {'{"jax": "0"}': 1}


def test_the_first_result_stays(tmp_path):
    with Store(tmp_path / "s.db") as store:
        put(store, CELLS[0], 0.1)
        put(store, CELLS[0], 0.2)
        assert len(store) == 1
        assert same(store.get(CELLS)[CELLS[0].key], result(0.1))


def test_replaced_is_the_new_one(tmp_path):
    with Store(tmp_path / "s.db") as store:
        put(store, CELLS[0], 0.1)
        store.put(CELLS[0], result(0.2), seconds=1.0, environment={}, replace=True)
        assert len(store) == 1
        assert same(store.get(CELLS)[CELLS[0].key], result(0.2))


def test_a_store_in_memory_serves_all_threads():
    with Store("sqlite://") as store:
        thread = threading.Thread(target=put, args=(store, CELLS[0]))
        thread.start()
        thread.join()
        assert len(store) == 1


@pytest.mark.parametrize("name", ["a?b=c.db", "a%20b.db", "a b.db", "ä.db"])
def test_any_path_is_a_path(tmp_path, name):
    with Store(tmp_path / name):
        pass
    assert (tmp_path / name).is_file()


def test_a_home_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    with Store("~/here.db"):
        pass
    assert (tmp_path / "here.db").is_file()


def test_what_the_database_refuses_is_told(tmp_path):
    with Store(tmp_path / "s.db") as store:
        put(store, CELLS[0])
        connection = sqlite3.connect(tmp_path / "s.db")
        connection.execute("DROP TABLE genlab_cells")
        connection.commit()
        connection.close()
        for call in (lambda: store.get(CELLS), lambda: len(store), lambda: put(store, CELLS[1])):
            with pytest.raises(StoreError, match=r"s.db fails: no such table: genlab_cells"):
                call()


def test_sqlite_runs_in_wal_mode_with_prefixed_tables(tmp_path):
    with Store(tmp_path / "s.db"):
        pass
    connection = sqlite3.connect(tmp_path / "s.db")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    assert {name for name in names if not name.startswith(("genlab_", "sqlite_"))} == set()
    connection.close()


def test_its_default_place(monkeypatch, tmp_path):
    monkeypatch.delenv("GENLAB_STORE")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_store_url().startswith("sqlite:///")
    assert "genlab" in default_store_url()
    monkeypatch.setenv("GENLAB_STORE", "sqlite:///elsewhere.db")
    assert default_store_url() == "sqlite:///elsewhere.db"


def foreign(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE customers (name TEXT)")
    connection.execute("INSERT INTO customers VALUES ('Ada')")
    connection.commit()
    connection.close()


def test_another_programs_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "theirs.db"
    foreign(path)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"holds another program's tables \(customers\)"):
        Store(path)
    assert path.read_bytes() == before
    assert not (tmp_path / "theirs.db-wal").exists()


def test_a_file_that_is_no_database(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database, though long enough to be one " * 50)
    with pytest.raises(StoreError, match=r"cannot open the store .*notes.txt: file is not a data"):
        Store(path)
    assert path.read_text().startswith("not a database")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nothing://x", r"cannot open the store nothing://x: .*nothing"),
        ("://", r"the store's URL ://\.\.\. cannot be read"),
        ("postgresql://u:secret@host:port/x", r"the store's URL postgresql://\.\.\. cannot"),
        ("", "must be a database's URL or a file's path, got neither"),
        ("/proc/no/store.db", "cannot make the folder of the store"),
        ("/tmp", "/tmp is a folder"),
    ],
)
def test_places_that_cannot_be(url, message):
    with pytest.raises(StoreError, match=message):
        Store(url)


def test_a_store_of_another_version(tmp_path):
    with Store(tmp_path / "s.db"):
        pass
    connection = sqlite3.connect(tmp_path / "s.db")
    connection.execute("UPDATE genlab_version SET version = 99")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="has version 99, and this genlab reads version 1"):
        Store(tmp_path / "s.db")


def test_a_damaged_result_is_named(tmp_path):
    with Store(tmp_path / "s.db") as store:
        put(store, CELLS[0])
        connection = sqlite3.connect(tmp_path / "s.db")
        connection.execute("UPDATE genlab_cells SET result = x'00'")
        connection.commit()
        connection.close()
        with pytest.raises(StoreError, match=f"result of cell {CELLS[0].key[:12]} cannot be read"):
            store.get(CELLS)


def test_processes_may_make_and_fill_one_store_together(tmp_path):
    program = (
        "import sys; sys.path.insert(0, sys.argv[2])\n"
        "from sweep.test_store import CELLS, put; from genlab.sweep import Store\n"
        "store = Store(sys.argv[1])\n"
        "for _ in range(5): [put(store, cell) for cell in CELLS]\n"
    )
    tests = str(__import__("pathlib").Path(__file__).parents[1])
    workers = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "s.db"), tests])
        for _ in range(4)
    ]
    assert [worker.wait() for worker in workers] == [0] * 4
    with Store(tmp_path / "s.db") as store:
        assert len(store) == len(CELLS)
