"""A test set's openings in the store: claimed before they are done, each number once."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import pytest
from postgres import postgres

from genlab import StoreError
from genlab.sealing._openings import Openings
from genlab.sweep import Store

TOLD = {"n": 10, "model": "a model", "by": {"type": "T", "spec": {"a": [1]}}, "reason": "to see"}


def by_stores(url, stores, attempts):
    """So many stores at one moment try to be the first to open, then all open again."""

    def tries(_):
        first, again = [], []
        for i in range(attempts + 5):
            with Store(url) as store:
                got = Openings(store).claim("ab", **TOLD, again=i >= attempts)
            if got is not None:
                (first if i < attempts else again).append(got.number)
        return first, again

    with ThreadPoolExecutor(stores) as threads:
        first, again = zip(*threads.map(tries, range(stores)), strict=True)
    assert list(chain(*first)) == [1]
    last = 1 + 5 * stores
    assert sorted(chain(*again)) == list(range(2, last + 1))
    with Store(url) as store:
        assert [row.number for row in Openings(store).read("ab")] == list(range(1, last + 1))


def test_many_attempts_open_once(tmp_path):
    by_stores(tmp_path / "s.db", 4, 50)


def test_on_postgresql_too():
    with postgres() as url:
        by_stores(url, 8, 25)


def test_what_goes_in_comes_out(tmp_path):
    with Store(tmp_path / "s.db") as store:
        openings = Openings(store)
        assert openings.read() == []
        first = openings.claim("ab", **TOLD)
        assert openings.claim("ab", **TOLD) is None
        assert openings.claim("cd", **TOLD, again=True) is None
        other = openings.claim("cd", **TOLD)
        second = openings.claim("ab", **TOLD, again=True)
        openings.finish(second, {"n_wrong": 3})
    with Store(tmp_path / "s.db") as again:
        rows = Openings(again).read()
        assert [(row.content, row.number) for row in rows] == [("ab", 1), ("ab", 2), ("cd", 1)]
        assert Openings(again).read("cd") == [other]
    assert rows[0] == first
    assert rows[0].result is None
    assert rows[1].result == {"n_wrong": 3}
    assert {name: getattr(rows[0], name) for name in TOLD} == TOLD
    assert rows[0].opened.endswith("+00:00")


def test_a_claim_is_on_the_disk_when_it_is_made(tmp_path):
    """A power cut would lose what SQLite's NORMAL leaves to the system."""
    import sqlalchemy as sa

    said = []
    with Store(tmp_path / "s.db") as store:

        def listen(connection, cursor, statement, *_):
            if statement.startswith("INSERT INTO genlab_openings"):
                # The same connection: what holds for this statement.
                said.append(cursor.connection.execute("PRAGMA synchronous").fetchone()[0])

        sa.event.listen(store._database.engine, "before_cursor_execute", listen)
        Openings(store).claim("ab", **TOLD)
        with store._database.engine.connect() as connection:
            said.append(connection.exec_driver_sql("PRAGMA synchronous").scalar())
    assert said == [2, 1]  # FULL, then NORMAL for what comes next


def test_a_look_makes_no_table(tmp_path):
    with Store(tmp_path / "s.db") as store:
        assert Openings(store).read("ab") == []
    connection = sqlite3.connect(tmp_path / "s.db")
    names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    assert "genlab_openings" not in names


def test_what_the_database_refuses_is_told(tmp_path):
    with Store(tmp_path / "s.db") as store:
        Openings(store).claim("ab", **TOLD)
        connection = sqlite3.connect(tmp_path / "s.db")
        connection.execute("UPDATE genlab_openings SET result = '{'")
        connection.commit()
        with pytest.raises(StoreError, match="opening 1 of the test set ab cannot be read"):
            Openings(store).read()
        connection.execute("ALTER TABLE genlab_openings DROP COLUMN reason")
        connection.commit()
        connection.close()
        with pytest.raises(StoreError, match=r"s\.db fails: .*reason"):
            Openings(store).claim("cd", **TOLD)
        with pytest.raises(StoreError, match=r"s\.db fails: .*reason"):
            Openings(store).read()
