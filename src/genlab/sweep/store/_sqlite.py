"""SQLite files: opened without a write where nothing but reading is possible."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlalchemy

# SQLite takes paths of 512 bytes, the names of the files that it makes beside a file included.
_MOST_PATH, _MOST_NAME = 504, 247

#: Seconds that a connection waits for another's lock.
LOCK_SECONDS = 30


def is_in_memory(url: sqlalchemy.URL) -> bool:
    """Whether the URL is that of a SQLite database in memory."""
    return url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:")


def file_of(url: sqlalchemy.URL) -> Path | None:
    """The file of a SQLite URL; None for a database in memory or on a server."""
    if url.get_backend_name() != "sqlite" or is_in_memory(url):
        return None
    # Links are followed, as SQLite does: its other files lie beside the file itself.
    return Path(os.path.realpath(os.path.expanduser(str(url.database))))


def is_read_only(path: Path) -> bool:
    """Whether the file's folder is there and takes no new files, as SQLite needs for writing."""
    return path.parent.is_dir() and not os.access(path.parent, os.W_OK)


def why_too_long(path: Path) -> str:
    """Why SQLite cannot open a file of this path and those that it makes beside it, or ""."""
    whole, name = len(os.fsencode(path)), len(os.fsencode(path.name))
    if whole <= _MOST_PATH and name <= _MOST_NAME:
        return ""
    return (
        f"its path has {whole} bytes and its name {name}, and SQLite takes at most {_MOST_PATH} "
        f"and {_MOST_NAME}"
    )


def log_of(path: Path) -> Path:
    """The file beside it that holds what another process has written and not yet moved over."""
    return path.with_name(f"{path.name}-wal")


# File systems of other machines. These share no memory, through which SQLite's write-ahead log
# keeps its readers and writers apart (https://sqlite.org/wal.html).
_OF_OTHERS = frozenset(
    "9p afs beegfs ceph cifs fuse.glusterfs fuse.sshfs glusterfs gpfs lustre nfs nfs4 panfs pvfs2 "
    "smb3 smbfs virtiofs".split()
)


def journal_of(path: Path | None, root: Path = Path("/")) -> str:
    """The journal mode of a SQLite file: WAL, or DELETE on the file system of another machine.

    `root` is the folder that holds proc/; where there is none, as on macOS, it is WAL.
    """
    place = "" if path is None else os.path.realpath(path)
    found, kind = "", ""
    try:
        lines = (root / "proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    for line in lines:
        mount, _, file_system = line.partition(" - ")
        # Spaces and the like are written in octal digits, as \\040.
        point = mount.split()[4].encode().decode("unicode_escape").rstrip("/")
        if f"{place}/".startswith(f"{point}/") and len(point) >= len(found):
            found, kind = point, file_system.split()[0]  # the last of several on one folder
    return "DELETE" if kind in _OF_OTHERS else "WAL"


def open_files_at(engine: sqlalchemy.Engine, path: Path) -> None:
    """Let an engine open this file, without creating it, and read-only where its folder is."""
    import sqlalchemy as sa

    def connect(dialect: Any, _record: Any, _arguments: Any, options: dict[str, Any]) -> Any:
        uri = f"{path.as_uri()}?{_mode(path)}"
        return dialect.connect(uri, **{**options, "uri": True})

    sa.event.listen(engine, "do_connect", connect)


def _mode(path: Path) -> str:
    if not is_read_only(path):
        return "mode=rw"
    # Beside a file in WAL mode SQLite makes two others, even for reading. Where it cannot and they
    # are not there, nobody is writing: the file alone holds everything, and does not change.
    log = log_of(path)
    return "mode=ro" if log.exists() and log.stat().st_size else "mode=ro&immutable=1"


def on_connect(connection: Any, _record: Any) -> None:
    """Set up a new connection."""
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {1000 * LOCK_SECONDS}")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()


def copy_of(engine: sqlalchemy.Engine, path: Path) -> Path:
    """A copy of an engine's database in a new file, with what is still in its log."""
    with engine.connect() as connection, closing(sqlite3.connect(path)) as copy:
        connection.connection.driver_connection.backup(copy)  # type: ignore[union-attr]
    return path
