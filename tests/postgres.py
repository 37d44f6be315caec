"""A PostgreSQL of a test's own: a cluster in a temporary folder, reached by a socket in it."""

import contextlib
import getpass
import importlib.util
import os
import shutil
import subprocess
import tempfile
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
        run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", settings, "start")
        try:
            yield f"postgresql+psycopg://genlab@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-w", "-m", "immediate", "stop")
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
