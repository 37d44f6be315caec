"""A PostgreSQL of a test's own: a cluster in a temporary folder, reached by a socket in it."""

import contextlib
import getpass
import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from functools import partial
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
    # Not pytest's folder, which another user must not enter.
    folder = Path(tempfile.mkdtemp(prefix="genlab-pg-"))
    owner = "postgres" if os.geteuid() == 0 else getpass.getuser()
    shutil.chown(folder, owner)
    found = shutil.which("initdb")
    programs = Path(found).parent if found else max(PROGRAMS)

    def run(program, *arguments):
        command = [str(programs / program), "-D", str(folder / "data"), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", owner, "--", *command]
        # Into a file, for the server inherits it and outlives the program that starts it.
        with open(folder.parent / f"{folder.name}.log", "w+") as log:
            done = subprocess.run(command, cwd="/", stdout=log, stderr=log, check=False)
            log.seek(0)
            assert done.returncode == 0, log.read()

    try:
        run("initdb", "-A", "trust", "-U", "genlab", "--no-sync", "-E", "UTF8", "--no-locale")
        settings = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        start = partial(run, "pg_ctl", "-w", "-l", str(folder / "log"), "-o", settings, "start")
        stop = partial(run, "pg_ctl", "-w", "-m", "immediate", "stop")
        start()
        try:
            yield Server(folder, start, stop)
        finally:
            stop()
    finally:
        shutil.rmtree(folder)
        (folder.parent / f"{folder.name}.log").unlink(missing_ok=True)


def _is_user(name):
    import pwd

    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
