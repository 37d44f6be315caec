"""Where a store lies: odd names, long ones, links, the home folder, other file systems."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sweep.here import Here
from sweep.mean_cell import MeanCell
from sweep.sharing import Slow

from genlab import StoreError
from genlab.sweep import Store, export_store, merge_stores, run_cells, store_info, stored_cells
from genlab.sweep.store._sqlite import journal_of
from genlab.sweep.store._urls import parsed_url


@pytest.mark.parametrize("name", ["a?b#c%20.db", "ä 漢.db", "a\nb.db", "mode=ro&x.db", "~x.db"])
def test_odd_names(tmp_path, name):
    with Store(tmp_path / name) as store:
        store.make()
        assert len(store) == 0
    assert (tmp_path / name).stat().st_size > 0


# What names a SQLite file, and the file.
FORMS = {
    "x.db": "x.db",
    "sqlite:///x.db": "x.db",
    "sqlite+pysqlite:///x.db?timeout=5": "x.db",
    "sqlite:///deep/x.db": "deep/x.db",
    "sqlite:///file:x.db?uri=true": "x.db",
    "sqlite:///file:deep/x.db?uri=1": "deep/x.db",
    "sqlite:///file:a%20b.db?uri=true": "a b.db",
    "sqlite:///file://localhost{here}/x.db?uri=true": "x.db",
    "sqlite:///file:x.db#part?uri=true": "x.db",
    "sqlite:///file:x.db?uri=false": "file:x.db",
    "sqlite:///file:x.db": "file:x.db",
    "sqlite:///x.db?uri=true": "x.db",
}


@pytest.mark.parametrize("form", FORMS)
def test_reading_makes_no_file_or_folder_whatever_form_the_name_has(tmp_path, monkeypatch, form):
    monkeypatch.chdir(tmp_path)
    place = form.format(here=tmp_path)
    out = tmp_path / "out.parquet"
    with Store("sqlite://") as target:
        assert store_info(place).n_cells == export_store(out, place) == 0
        assert stored_cells(place) == []
        with pytest.raises(StoreError, match="is not there, or was never written"):
            merge_stores([place], target)
    assert os.listdir(tmp_path) == ["out.parquet"]
    with Store(place) as store:
        store.make()
    assert (tmp_path / FORMS[form]).stat().st_size > 0


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ("sqlite:///file:x.db?mode=rwc&uri=true", "no option `mode`, .* give sqlite:///x.db alone"),
        ("sqlite:///file:x.db?mode=memory&cache=shared&uri=true", "no option `mode`"),
        ("sqlite:///x.db?mode=ro", "no option `mode`"),
        ("sqlite:///x.db?uri=true&uri=false", "no option `uri`"),
        ("sqlite:///file:x.db?vfs=unix-none&uri=true", "no option `vfs`"),
        ("sqlite:///file:?uri=true", "its URI must name a file"),
        ("sqlite:///file://host/x.db?uri=true", "its URI must name a file"),
        ("sqlite://host/x.db", "it must be sqlite:///FILE"),
        ("sqlite+aiosqlite:///x.db", "it must be sqlite:///FILE"),
        ("mysql://host/lab", r"must be a SQLite or PostgreSQL database .* got mysql"),
        ("SQLITE:///x.db", r"must be a SQLite or PostgreSQL database .* got SQLITE"),
        ("file:x.db?mode=rwc", "it must have ://"),
        ("x\0.db", "without a 0 byte"),
    ],
)
def test_a_form_that_is_refused_makes_nothing_either(tmp_path, monkeypatch, form, why):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match=why):
        store_info(form)
    assert os.listdir(tmp_path) == []


@settings(max_examples=50)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1))
def test_a_uri_names_the_file_that_sqlite_reads_in_it(name):
    """Python's own way from a path to a URI, back by ours."""
    path = Path("/tmp") / name.replace("/", "-")
    url = parsed_url(f"sqlite:///{path.as_uri().replace('%', '%25')}?uri=true")
    assert url.database == str(path)
    assert not url.query


@pytest.mark.parametrize("form", ["~/deep/x.db", "sqlite:///~/deep/x.db"])
def test_the_home_folder_in_a_path_and_in_a_url(tmp_path, form):
    """hyperopt #72, openai-agents #4942: a folder of the name ~ was made in the current one."""
    code = f"from genlab.sweep import Store; Store({form!r}).make()"
    home = tmp_path / "home"
    environment = {**os.environ, "HOME": str(home), "USERPROFILE": str(home)}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)
    assert (home / "deep" / "x.db").stat().st_size > 0
    assert os.listdir(tmp_path) == ["home"]


@pytest.mark.parametrize("n", [503, 504, 505, 600])
def test_a_path_as_long_as_sqlite_takes(tmp_path, n):
    """Beyond it SQLite says "unable to open database file"."""
    folder = tmp_path / ("p" * 150) / ("q" * 150)
    path = folder / ("x" * (n - len(str(folder)) - 1))
    if len(path.name) > 240:
        path = folder / ("r" * 120) / ("x" * (n - len(str(folder)) - 122))
    assert len(str(path)) == n
    if n <= 504:
        with Store(path) as store:
            store.make()
        return
    with pytest.raises(StoreError, match=rf"its path has {n} bytes .* at most 504 and 247; name"):
        Store(path)
    assert not (tmp_path / ("p" * 150)).exists()


def test_a_name_that_leaves_no_room_for_the_log(tmp_path):
    with Store(tmp_path / ("x" * 247)) as store:
        store.make()
    with pytest.raises(StoreError, match="its name 248, and SQLite takes at most 504 and 247"):
        Store(tmp_path / ("x" * 248))


def test_a_link_is_followed(tmp_path):
    """SQLite keeps its log beside the file, not beside the link."""
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "x.db").symlink_to(tmp_path / "real" / "y.db")
    with Store(tmp_path / "links" / "x.db") as store:
        store.make()
    assert (tmp_path / "real" / "y.db").stat().st_size > 0
    assert os.listdir(tmp_path / "links") == ["x.db"]


MOUNTS = """
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:40 / /home rw,relatime - nfs4 server:/export/home rw,vers=4.2
24 23 8:2 / /home/local\\040disk rw - xfs /dev/sdb1 rw
25 22 0:41 / /mnt/c rw - 9p C:\\134 rw
"""


@pytest.mark.parametrize(
    ("path", "mode"),
    [
        ("/var/s.db", "WAL"),
        ("/home/me/s.db", "DELETE"),
        ("/home/local disk/s.db", "WAL"),
        ("/homes/s.db", "WAL"),
        ("/mnt/c/s.db", "DELETE"),
    ],
)
def test_a_network_file_system_has_no_write_ahead_log(tmp_path, path, mode):
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/mountinfo").write_text(MOUNTS.lstrip())
    assert journal_of(Path(path), tmp_path) == mode


def test_a_store_is_moved_to_a_network_file_system_and_back(tmp_path, monkeypatch):
    cell = MeanCell(0.0, 10, seed=0)
    for mode, seconds in (("WAL", 1.0), ("DELETE", 2.0), ("WAL", 3.0)):
        for module in [name for name in sys.modules if name.startswith("genlab.sweep")]:
            if hasattr(sys.modules[module], "journal_of"):
                monkeypatch.setattr(sys.modules[module], "journal_of", lambda path, mode=mode: mode)
        with Store(tmp_path / "s.db") as store:
            store.put(cell, cell.fit(), seconds=seconds, environment={}, replace=True)
        with contextlib.closing(sqlite3.connect(tmp_path / "s.db")) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == (mode.lower(),)
        with Store(tmp_path / "s.db") as store:
            assert store.seconds([cell]) == {cell.key: seconds}


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a file system of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("this user may not mount a file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_keeps_what_was_stored_and_the_same_call_continues(small_disk):
    cells = [MeanCell(0.0, 10, seed=seed) for seed in range(60)]
    path = small_disk / "s.db"
    with Store(path) as store, pytest.raises(StoreError, match=r"s\.db fails: .*full"):
        run_cells(cells, store, executor=Slow())
    with Store(path) as store:
        kept = store.get(cells)
        assert 0 < len(kept) < 60
    subprocess.run(["mount", "-o", "remount,size=9m", str(small_disk)], check=True)
    with Store(path) as store:
        results = run_cells(cells, store, executor=Slow())
        assert len(store) == 60
    assert np.array_equal(results, [cell.fit() for cell in cells])


def test_a_full_disk_is_told_in_words(tmp_path):
    import sqlalchemy as sa

    cells = [MeanCell(0.0, 10, seed=seed) for seed in range(200)]
    with Store(tmp_path / "s.db") as store:
        store.make()
        with store.connection() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()

        # A database that may not grow fails as one on a full disk: SQLITE_FULL is the code of both.
        @sa.event.listens_for(store._database.engine, "begin")
        def _(connection):
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 26}")

        with pytest.raises(StoreError, match=r"s\.db fails: database or disk is full\.$"):
            run_cells(cells, store, executor=Here())
        assert len(store.get(cells)) == len(store) > 0
