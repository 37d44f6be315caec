"""The store keeps what it was given, once, and refuses what is not its own."""

import dataclasses
import importlib
import inspect
import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from rights import without_rights

import genlab
from genlab import Recipe, StoreError
from genlab.datasets import make_mnist1d
from genlab.models import MLP
from genlab.sweep import CellResult, Store, TrainingCell, default_store_url, opened_store, run_cells

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
    pairs = [
        (getattr(one, f.name), getattr(other, f.name))
        for f in dataclasses.fields(CellResult)
        if f.name != "diverged_at"
    ]
    return all(
        a is b if a is None or b is None else np.array_equal(a, b, equal_nan=True) for a, b in pairs
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
    with Store(tmp_path / name) as store:
        assert len(store) == 0
        store.make()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_home_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    with Store("~/here.db") as store:
        store.make()
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
    with Store(tmp_path / "s.db") as store:
        store.make()
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
        ("/tmp", "/tmp is a folder"),
    ],
)
def test_places_that_cannot_be(url, message):
    with pytest.raises(StoreError, match=message):
        Store(url)


def test_a_store_of_another_version(tmp_path):
    with Store(tmp_path / "s.db") as store:
        store.make()
    connection = sqlite3.connect(tmp_path / "s.db")
    connection.execute("UPDATE genlab_version SET version = 99")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="has version 99, and this genlab reads version 3;"):
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
        "import sqlalchemy.dialects.sqlite\n"
        "from forked import run_together; from genlab.sweep import Store\n"
        "from sweep.test_store import CELLS, put\n"
        "def fill():\n"
        "    store = Store(sys.argv[1])\n"
        "    for _ in range(5): [put(store, cell) for cell in CELLS]\n"
        "run_together(4, fill)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "s.db"), TESTS], check=True)
    with Store(tmp_path / "s.db") as store:
        assert len(store) == len(CELLS)


def test_one_rule_for_what_a_store_is(tmp_path):
    """A Store stays open, and a URL or a path is opened; what is neither is refused."""
    url = f"sqlite:///{tmp_path / 's.db'}"
    for given in (tmp_path / "s.db", str(tmp_path / "s.db"), url):
        with opened_store(given) as store:
            assert store.url == url
    with Store("sqlite://") as given:
        with opened_store(given) as store:
            assert store is given
        assert len(given) == 0
    with opened_store(None) as store:
        assert store.url == default_store_url()
    for call in (Store, lambda given: opened_store(given).__enter__()):
        with pytest.raises(TypeError, match="`store` must be a Store, a database's URL, a file's"):
            call(5)
    assert not list(tmp_path.iterdir())


def test_reading_creates_nothing(tmp_path):
    with Store(tmp_path / "deep" / "s.db") as store:
        assert (len(store), store.get(CELLS), store.environments(CELLS)) == (0, {}, {})
        assert not store.has_table("genlab_cells")
        with pytest.raises(StoreError, match=r"s.db fails: unable to open database file"):
            store.connection().__enter__()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", ["/proc/no/store.db", "/etc/passwd/store.db"])
def test_a_place_where_nothing_can_be_made(place):
    """It is empty for reading; before anything is run for it the error names both ways out."""
    with Store(place) as store:
        assert len(store) == 0
        ran = []
        cell = TrainingCell(DATA, MLP(hidden=(4,)), Recipe.sgd(steps=10, batch_size=10), seed=0)
        with pytest.raises(StoreError) as caught:
            run_cells([cell], store, progress=ran.append)
    assert not ran
    assert str(caught.value).startswith(f"cannot make the folder of the store sqlite:///{place}: ")
    assert str(caught.value).endswith("; name another one with `store`, --store or $GENLAB_STORE.")


TESTS = str(Path(__file__).parents[1])
READ = """
import sys
sys.path.insert(0, sys.argv[2])
from genlab import StoreError
from genlab.sweep import Store
from sweep.test_store import CELLS, put
try:
    with Store(sys.argv[1]) as store:
        print(len(store), [cell.key for cell in CELLS if cell.key in store.get(CELLS)])
        put(store, CELLS[2])
except StoreError as error:
    print(error)
"""


@pytest.mark.parametrize("files", ["db", "db wal shm", "db wal"])
def test_a_store_in_a_folder_that_cannot_be_written(tmp_path, files):
    """What is stored is read, from the log of another process too; storing more is refused.

    A log without its index cannot be read there, and must not be passed over.
    """
    with Store(tmp_path / "s.db") as store:
        put(store, CELLS[0])
        put(store, CELLS[1])
        if "wal" not in files:
            store.close()
        folder = shutil.copytree(tmp_path, tmp_path / "read only")
    if "shm" not in files:
        (folder / "s.db-shm").unlink(missing_ok=True)
    kept = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert len(kept) == len(files.split())
    folder.chmod(0o555)
    try:
        command = without_rights([sys.executable, "-c", READ, str(folder / "s.db"), TESTS])
        done = subprocess.run(command, capture_output=True, text=True)
    finally:
        folder.chmod(0o755)
    assert not done.stderr
    lines = done.stdout.splitlines()
    url = f"sqlite:///{folder / 's.db'}"
    if files == "db wal":
        (line,) = lines
        assert line.startswith(f"cannot open the store {url}: ")
        assert "the folder cannot be written, which reading s.db-wal needs" in line
    else:
        assert lines == [
            f"2 {[cell.key for cell in CELLS[:2]]}",
            f"the folder of the store {url} cannot be written; "
            "name another one with `store`, --store or $GENLAB_STORE.",
        ]
    assert {path.name: path.read_bytes() for path in folder.iterdir()}.keys() == kept.keys()
    assert (folder / "s.db").read_bytes() == kept["s.db"]


def test_every_function_with_a_store_takes_the_same():
    """A new one with another rule is found here."""
    found = []
    for room in sorted(genlab._ROOMS):
        module = importlib.import_module(f"genlab.{room}")
        for name in module.__all__:
            if inspect.isfunction(function := getattr(module, name)):
                store = inspect.signature(function).parameters.get("store")
                if store is not None and name != "opened_store":
                    found.append(name)
                    assert (store.annotation, store.default) == ("StoreLike", None), name
    assert {"capacity_curve", "run_cells", "run_experiment", "run_search", "seal"} < set(found)
