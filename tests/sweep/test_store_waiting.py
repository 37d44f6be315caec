"""A database server that does not answer is waited for; what will not change is an error."""

import threading
import warnings

import pytest
import sqlalchemy as sa
from postgres import postgres_server

from genlab import StoreError, WaitingWarning
from genlab.sweep import Store
from genlab.sweep.store import _waiting
from genlab.sweep.store._waiting import may_come_back, patiently, seconds_to_wait

# As psycopg 3 and PostgreSQL 15 say it.
COMES_BACK = [
    'connection to server at "10.0.0.1", port 5432 failed: Connection refused\n\tIs the server '
    "running on that host and accepting TCP/IP connections?",
    'connection to server on socket "/run/.s.PGSQL.5432" failed: No such file or directory',
    'connection to server at "10.0.0.1", port 5432 failed: No route to host',
    'connection to server at "10.0.0.1", port 5432 failed: FATAL:  the database system is starting '
    "up",
    "connection failed: FATAL:  the database system is shutting down",
    "connection failed: FATAL:  sorry, too many clients already",
    "connection timeout expired",
    "server closed the connection unexpectedly",
    "failed to resolve host 'db': [Errno -3] Temporary failure in name resolution",
]
STAYS = [
    'connection failed: FATAL:  password authentication failed for user "ada"',
    'connection failed: FATAL:  database "lab" does not exist',
    'connection failed: FATAL:  no pg_hba.conf entry for host "10.0.0.2"',
    "failed to resolve host 'db': [Errno -2] Name or service not known",
    'invalid sslmode value: "no"',
    "- host: 'db', hostaddr: '::1': Connection refused\n"
    "- host: 'db', hostaddr: '127.0.0.1': FATAL:  role \"ada\" does not exist",
]


def test_what_is_waited_for():
    assert [reason for reason in COMES_BACK if not may_come_back(reason)] == []
    assert [reason for reason in STAYS if may_come_back(reason)] == []


class Clock:
    """A clock that goes on by itself while somebody sleeps."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr(_waiting, "time", clock := Clock())
    return clock


def away_until(clock, second):
    def work():
        if clock.now < second:
            raise OSError("away")
        return "here"

    return work


def asked(clock, second, seconds):
    away = away_until(clock, second)
    return patiently(away, again=lambda e: isinstance(e, OSError), seconds=seconds, place="P")


def test_it_is_told_once_and_ends(clock):
    assert asked(clock, 1.0, 60.0) == "here"  # a server that is started again: nobody is told
    assert clock.now == 1.0
    clock.now = 0.0
    message = "the server of the store P does not answer; genlab waits up to 60 seconds for it"
    with pytest.warns(WaitingWarning, match=message) as told:
        assert asked(clock, 59.0, 60.0) == "here"
    assert len(told) == 1
    clock.now = 0.0
    with pytest.raises(OSError, match="away"), pytest.warns(WaitingWarning):
        asked(clock, 90.0, 60.0)
    assert 60.0 <= clock.now <= 61.0
    with pytest.raises(ZeroDivisionError):
        patiently(lambda: 1 // 0, again=lambda e: isinstance(e, OSError), seconds=60.0, place="P")


def test_how_long(monkeypatch):
    assert (seconds_to_wait(), seconds_to_wait(patient=False)) == (60.0, 5.0)
    for text, work, look in (("600", 600.0, 5.0), ("0.5", 0.5, 0.5), ("", 60.0, 5.0)):
        monkeypatch.setenv("GENLAB_STORE_WAIT", text)
        assert (seconds_to_wait(), seconds_to_wait(patient=False)) == (work, look)
    for text in ("-1", "nan", "inf", "long"):
        monkeypatch.setenv("GENLAB_STORE_WAIT", text)
        with pytest.raises(StoreError, match=rf"number of seconds >= 0, got '{text}'\."):
            Store("sqlite://")
    with pytest.raises(ValueError, match="`wait` must be"):
        Store("sqlite://", wait=-1)


def test_a_server_that_is_down_when_a_store_is_opened(monkeypatch, run_genlab):
    monkeypatch.setattr(_waiting, "_TOLD_AFTER", 0.0)
    monkeypatch.setattr(_waiting, "_BETWEEN", 0.05)
    with postgres_server() as server:
        server.stop()
        # Where it waited, it would tell of it, and a warning is an error here.
        with pytest.raises(StoreError, match="No such file or directory"):
            Store(server.url, wait=0)
        monkeypatch.setenv("GENLAB_STORE_WAIT", "0.2")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            status, out, err = run_genlab("store", "info", "--store", server.url)
        assert (status, out) == (1, "")
        assert err.startswith("genlab: warning: the server of the store postgresql+psycopg:")
        assert err.splitlines()[-1].startswith("genlab: cannot open the store postgresql+psycopg:")
        later = threading.Timer(0.3, server.start)
        later.start()
        with pytest.warns(WaitingWarning, match="does not answer"):
            store = Store(server.url, wait=60)
        later.join()
        with store:
            assert len(store) == 0
            assert store.read(sa.text("SELECT 1")) == []  # there is no store yet
        # A database that is not there will not come.
        with pytest.raises(StoreError, match='database "no" does not exist'):
            Store(sa.make_url(server.url).set(database="no").render_as_string(), wait=60)
