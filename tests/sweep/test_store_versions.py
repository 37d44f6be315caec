"""Stores of every version of the tables open, and give back every result unchanged."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from postgres import postgres
from rights import without_rights

from genlab import StoreError
from genlab.sealing import sealed_openings
from genlab.sweep import Store, store_info
from genlab.sweep._kinds import class_of
from genlab.sweep.store import _migrate, migrations
from genlab.sweep.store._schema import SCHEMA_VERSION, make_tables

# Written by genlab as it was with each version of the tables, with the same results.
STORES = Path(__file__).parent / "stores"
VERSION_1, VERSION_2 = STORES / "version_1.db", STORES / "version_2.db"


def contents(path, table="genlab_cells"):
    """The rows of a table of a store of version 1, read without genlab, by the first column."""
    return {next(iter(row.values())): row for row in rows(path, table)}


def rows(path, table):
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]


OLD = contents(VERSION_1)


@pytest.fixture
def old(tmp_path):
    return Path(shutil.copy(VERSION_1, tmp_path / "old.db"))


@pytest.fixture(params=[VERSION_1, VERSION_2], ids=lambda path: path.stem)
def each_old(request, tmp_path):
    return Path(shutil.copy(request.param, tmp_path / "old.db"))


def check_unchanged(store):
    """Every row of the old store is there, to the last bit, and its cells find it."""
    cells, environments = store.tables.cells, store.tables.environments
    query = sa.select(cells, environments.c.environment).join(
        environments, cells.c.environment_id == environments.c.id
    )
    found = {row.key: row._mapping for row in store.read(query)}
    assert found.keys() == OLD.keys()
    for key, row in OLD.items():
        assert {name: found[key][name] for name in row} == row
    made = []
    for key, row in OLD.items():
        spec = json.loads(row["spec"])
        made.append(class_of(spec["kind"]).from_dict(spec))
        assert made[-1].key == key
        assert found[key]["kind"] == spec["kind"]
    for key, result in store.get(made).items():
        kind = class_of(json.loads(OLD[key]["spec"])["kind"])
        assert kind.pack(result) == OLD[key]["result"]
    assert store.seconds(made) == {key: row["seconds"] for key, row in OLD.items()}
    assert sum(store.environments(made).values()) == len(OLD) == 8


def test_a_store_of_an_earlier_version_opens_and_nothing_is_changed(each_old):
    old = each_old
    with Store(old) as store:
        check_unchanged(store)
        (opening,) = sealed_openings(store)
        assert opening.reason == "to see"
        # The same search is found, with the trials that it had.
        assert store.read(sa.text("SELECT count(*) FROM genlab_trials"))[0][0] == 3
    with Store(old) as again:
        check_unchanged(again)
    for table in ("genlab_openings", "genlab_studies"):
        assert contents(old, table) == contents(VERSION_1, table)
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        # An older genlab refuses it by this number.
        assert connection.execute("SELECT version FROM genlab_version").fetchall() == [
            (SCHEMA_VERSION,)
        ]


def test_migrated_tables_are_those_that_are_made_now(each_old, tmp_path):
    old = each_old
    with Store(old) as store, store.connection() as connection:
        options = {"include_name": lambda name, kind, _: kind != "table" or name in ours}
        ours = make_tables().metadata.tables
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, make_tables().metadata) == []
    with Store(tmp_path / "new.db") as new:
        new.make()
        inspected = sa.inspect(new._database.engine)
        with Store(old) as store:
            migrated = sa.inspect(store._database.engine)
            for table in ours:
                named = [
                    {c["name"]: (str(c["type"]), c["nullable"]) for c in i.get_columns(table)}
                    for i in (inspected, migrated)
                ]
                assert named[0] == named[1]
                assert inspected.get_indexes(table) == migrated.get_indexes(table)


def test_a_migration_that_fails_leaves_the_store_as_it_was(old, monkeypatch):
    def fails(operations):
        migrations.version_2.upgrade(operations)
        operations.execute("SELECT * FROM nowhere")

    monkeypatch.setitem(_migrate.MIGRATIONS, 2, fails)
    with pytest.raises(StoreError, match=r"version 1, and cannot be brought to version 3: no such"):
        Store(old)
    assert contents(old) == OLD
    monkeypatch.undo()
    with Store(old) as store:
        check_unchanged(store)


def test_a_store_of_version_1_on_postgresql():
    """As the tables were there, with the same rows; eight open it at one moment."""
    with postgres() as url:
        engine = sa.create_engine(url)
        with engine.begin() as connection, closing(sqlite3.connect(VERSION_1)) as theirs:
            for (text,) in theirs.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"):
                text = text.replace("BLOB", "BYTEA").replace(" FLOAT", " DOUBLE PRECISION")
                connection.exec_driver_sql(text)
            tables = ("cells", "version", "openings", "studies", "trials")
            for table in (f"genlab_{name}" for name in tables):
                for row in rows(VERSION_1, table):
                    columns = [sa.column(name) for name in row]
                    connection.execute(sa.insert(sa.table(table, *columns)).values(row))
        engine.dispose()
        with ThreadPoolExecutor(8) as threads:
            for store in threads.map(lambda _: Store(url), range(8)):
                check_unchanged(store)
                store.close()
        with Store(url) as store:
            assert sealed_openings(store)[0].reason == "to see"
            info = store_info(store)
            assert (info.n_cells, info.others["trials"]) == (8, 3)
            assert info.n_bytes > 10_000


def test_damaged_specs_do_not_stop_it(old):
    key = next(iter(OLD))
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("UPDATE genlab_cells SET spec = '{' WHERE key = ?", (key,))
        connection.commit()
    with Store(old) as store:
        assert len(store) == 8


READ = """
import sys
sys.path.insert(0, sys.argv[2])
from genlab.sweep import Store
from sweep.test_store_versions import check_unchanged
with Store(sys.argv[1]) as store:
    check_unchanged(store)
"""


def test_an_old_store_that_cannot_be_written_is_read(old):
    folder = old.parent / "read only"
    folder.mkdir()
    shutil.move(old, folder / "s.db")
    before = (folder / "s.db").read_bytes()
    temporary = old.parent / "temporary"
    temporary.mkdir(mode=0o777)
    temporary.chmod(0o777)
    folder.chmod(0o555)
    tests = str(Path(__file__).parents[1])
    try:
        done = subprocess.run(
            without_rights([sys.executable, "-c", READ, str(folder / "s.db"), tests]),
            capture_output=True,
            text=True,
            env={**os.environ, "TMPDIR": str(temporary)},
        )
    finally:
        folder.chmod(0o755)
    assert not done.stderr
    assert [path.name for path in folder.iterdir()] == ["s.db"]
    assert (folder / "s.db").read_bytes() == before
    assert not list(temporary.iterdir())  # the copy is gone
