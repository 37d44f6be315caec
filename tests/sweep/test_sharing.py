"""Runs that share a store: each cell is computed by one, none is lost, doubled or changed."""

import contextlib
import itertools
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from network import Network
from postgres import postgres_server
from sweep.elsewhere import Elsewhere
from sweep.here import Here
from sweep.mean_cell import MeanCell

from genlab._base import owners
from genlab.sweep import Store, run_cells
from genlab.sweep.store import Claims

PROGRAM = Path(__file__).parent / "sharing.py"
KEYS = [f"{i:064x}" for i in range(3)]


@pytest.fixture(scope="module")
def program():
    command = [sys.executable, "-W", "error", PROGRAM]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    path = os.pathsep.join(filter(None, [str(PROGRAM.parents[1]), os.environ.get("PYTHONPATH")]))
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, **pipes) as process:
        yield process
        process.stdin.close()
        assert process.wait(60) == 0


@pytest.fixture(scope="module")
def server():
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 's.db'}"
    return request.getfixturevalue("server").url


@pytest.fixture
def share(program):
    """Begin processes that run the same cells; what is returned waits for their end."""

    def begin(*arguments):
        program.stdin.write(json.dumps(arguments) + "\n")
        program.stdin.flush()

        def wait():
            too_long = threading.Timer(100, program.kill)
            too_long.start()
            statuses = json.loads(program.stdout.readline())
            too_long.cancel()
            return statuses

        return wait

    return begin


def check(database, folder, n, most_again, most_left=None):
    """Every cell is stored once, as it was computed, and was computed once but for so many.

    `most_left` runs, as many by default, may not have taken their name out at their end.
    """
    cells = [MeanCell(0.5, 10, seed=seed, folder=str(folder)) for seed in range(n)]
    counts = {path.name: path.read_text().count("run") for path in folder.iterdir()}
    assert counts.keys() == {cell.key for cell in cells}
    assert sum(counts.values()) <= n + most_again
    with Store(database) as store:
        found = store.get(cells)
        assert {key: result.tobytes() for key, result in found.items()} == {
            cell.key: cell.fit().tobytes() for cell in cells
        }
        claims, runs = store.tables.claims, store.tables.runs
        assert store.read(sa.select(claims)) == []
        most_left = most_again if most_left is None else most_left
        assert len(store.read(sa.select(runs))) <= most_left


@pytest.mark.parametrize(("n_processes", "n_kills"), [(4, 0), (3, 5)])
def test_every_cell_is_computed_once(share, database, n_processes, n_kills, tmp_path):
    folder = tmp_path / "runs"
    folder.mkdir()
    wait = share(database, 60, n_processes, n_kills, str(folder))
    assert wait() == [0] * n_processes
    check(database, folder, 60, most_again=n_kills)  # what a killed run was at is run again


def test_a_database_that_is_started_again_loses_and_doubles_nothing(share, server, tmp_path):
    with Store(server.url) as store:
        query = sa.select(sa.func.count()).select_from(store.tables.runs)
        (before,) = store.read(query)[0:1] or [(0,)]
        wait = share(server.url, 60, 2, 0, str(tmp_path))
        while (store.read(query) or [(0,)])[0][0] < before[0] + 2:
            time.sleep(0.02)  # a server is waited for by what has reached it before
    for _ in range(4):
        time.sleep(0.2)
        server.restart()
    assert wait() == [0, 0]
    # A run that ends while the server is away cannot take its name out, and none is held up by it.
    check(server.url, tmp_path, 60, most_again=0, most_left=2)


def test_a_network_to_the_database_that_is_cut_loses_and_doubles_nothing(share, server, tmp_path):
    network = Network(server.socket)
    url = f"postgresql+psycopg://genlab@127.0.0.1:{network.port}/postgres"
    with contextlib.closing(network), Store(url) as store:
        store.make()
        with store.connection() as connection:
            # A network that says nothing is noticed by the system, in a minute.
            parameters = connection.connection.driver_connection.info.get_parameters()
        assert (parameters["tcp_user_timeout"], parameters["keepalives_idle"]) == ("60000", "20")
        runs = store.tables.runs
        wait = share(url, 60, 2, 0, str(tmp_path))
        count = sa.select(sa.func.count()).select_from(runs)
        (before,) = store.read(count)[0]
        while store.read(count)[0][0] < before + 2:
            time.sleep(0.02)
        for _ in range(3):
            time.sleep(0.1)
            network.cut_for(0.2).join()
        assert wait() == [0, 0]
        check(server.url, tmp_path, 60, most_again=0, most_left=4)


def test_a_run_that_stands_still_loses_its_cells(tmp_path, monkeypatch):
    """By the clock that never goes back; the time of day is not asked."""
    monkeypatch.setattr(owners.time, "time", itertools.count(2e9, -1e6).__next__)  # set back
    elsewhere = Elsewhere(monkeypatch)
    with Store(tmp_path / "s.db") as store:
        elsewhere.at("there")
        theirs = Claims(store)
        with theirs.at_work():
            assert theirs.take(KEYS) == set(KEYS)
            elsewhere.at("here")
            ours = Claims(store)
            with ours.at_work():
                assert ours.take(KEYS) == set()
                for _ in range(3):  # as long as it beats
                    assert not ours.any_free(KEYS)
                    elsewhere.clock += 50
                    theirs._beat()
                assert not ours.any_free(KEYS)
                elsewhere.clock += 61
                assert ours.any_free(KEYS)
                assert ours.take(KEYS[:1]) == set(KEYS[:1])
                # The first comes back, and does not get again what it lost.
                assert theirs.take(KEYS) == set(KEYS[1:])


def test_what_is_unfinished_is_let_go_with_the_run(tmp_path):
    with Store(tmp_path / "s.db") as store:
        first, second = Claims(store), Claims(store)
        with second.at_work():
            with first.at_work():
                assert first.take(KEYS[:2]) == set(KEYS[:2])
                assert second.take(KEYS) == set(KEYS[2:])
            assert second.any_free(KEYS)
            assert second.take(KEYS) == set(KEYS)


def test_what_was_stored_in_the_meantime_is_not_taken(tmp_path):
    cell = MeanCell(0.5, 10, seed=0)
    with Store(tmp_path / "s.db") as store:
        store.put(cell, cell.fit(), seconds=1.0, environment={})
        with Claims(store).at_work(), (fresh := Claims(store, fresh=True)).at_work():
            claims = Claims(store)
            assert claims.take([cell.key]) == set()
            assert fresh.take([cell.key]) == {cell.key}


def test_an_executor_that_knows_nothing_of_claims_shares_too(tmp_path):
    """It is given what is free; the rest is waited for."""
    cells = [MeanCell(0.5, 10, seed=seed) for seed in range(3)]
    seen = []
    with Store(tmp_path / "s.db") as store:
        store.make()
        other = Claims(store)
        with other.at_work():
            assert other.take([cells[0].key])

            def finish():
                store.put(cells[0], cells[0].fit(), seconds=1.0, environment={"where": "there"})

            later = threading.Timer(0.3, finish)
            later.start()
            executor = Here()
            results = run_cells(cells, store, executor=executor, progress=seen.append)
            later.join()
        assert executor.batches == [[cells[1]], [cells[2]]]
        assert [r.tobytes() for r in results] == [cell.fit().tobytes() for cell in cells]
        assert store.environments(cells) == {'{"where": "there"}': 1, '{"where": "here"}': 2}
    assert seen[-1].cells_done == 3
