"""A PostgreSQL of a test's own: a cluster in a temporary folder, reached by a socket in it."""

import atexit
import contextlib
import getpass
import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from functools import cache, partial
from pathlib import Path

import pytest

PROGRAMS = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr/local/pgsql").glob("bin")]


def why_not():
    """What is missing for it, or None."""
    if importlib.util.find_spec("psycopg") is None:
        return "psycopg is not installed"
    if shutil.which("initdb") is None and not PROGRAMS:
        return "PostgreSQL's initdb and pg_ctl are not installed"
    if os.geteuid() == 0 and (shutil.which("runuser") is None or not _is_user("postgres")):
        return "PostgreSQL refuses to run as root, and there is no runuser or user postgres"
    return None


@contextlib.contextmanager
def postgres():
    """The URL of an empty database, for as long as the block lasts; skips where it cannot be."""
    with postgres_server() as server:
        yield server.url


class Server:
    """A server with an empty database at `url`, which can be ended as by a power cut.

    `socket` is the path that it listens at.
    """

    def __init__(self, folder, start, stop):
        self.url = f"postgresql+psycopg://genlab@/postgres?host={folder}"
        self.socket = f"{folder}/.s.PGSQL.5432"
        self.start, self.stop = start, stop

    def restart(self, seconds=0.0):
        """End it, and start it again after so many seconds."""
        self.stop()
        time.sleep(seconds)
        self.start()


@contextlib.contextmanager
def postgres_server():
    """A `Server`, for as long as the block lasts; skips where it cannot be."""
    if missing := why_not():
        pytest.skip(missing)
    with _new_folder() as folder:
        subprocess.run(["cp", "-a", str(_cluster()), str(folder / "data")], check=True)
        settings = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        run = partial(_run, folder, "pg_ctl", "-w")
        start = partial(run, "-l", str(folder / "log"), "-o", settings, "start")
        stop = partial(run, "-m", "immediate", "stop")
        start()
        try:
            yield Server(folder, start, stop)
        finally:
            stop()


@cache
def _cluster():
    """The folder that initdb makes, which takes a second: once for all tests of this process."""
    folder = contextlib.ExitStack()
    atexit.register(folder.close)
    made = folder.enter_context(_new_folder())
    _run(made, "initdb", "-A", "trust", "-U", "genlab", "--no-sync", "-E", "UTF8", "--no-locale")
    return made / "data"


@contextlib.contextmanager
def _new_folder():
    """A folder of the server's user: not pytest's, which another user must not enter."""
    folder = Path(tempfile.mkdtemp(prefix="genlab-pg-"))
    try:
        shutil.chown(folder, _owner())
        yield folder
    finally:
        shutil.rmtree(folder)
        _log(folder).unlink(missing_ok=True)


def _owner():
    return "postgres" if os.geteuid() == 0 else getpass.getuser()


def _log(folder):
    return folder.parent / f"{folder.name}.log"


def _run(folder, program, *arguments):
    found = shutil.which("initdb")
    programs = Path(found).parent if found else max(PROGRAMS)
    command = [str(programs / program), "-D", str(folder / "data"), *arguments]
    if os.geteuid() == 0:
        command = ["runuser", "-u", _owner(), "--", *command]
    # Into a file, for the server inherits it and outlives the program that starts it.
    with open(_log(folder), "w+") as log:
        done = subprocess.run(command, cwd="/", stdout=log, stderr=log, check=False)
        log.seek(0)
        assert done.returncode == 0, log.read()


def _is_user(name):
    import pwd

    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
