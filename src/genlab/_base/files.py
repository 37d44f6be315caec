"""Files are written whole: beside their place first, then moved into it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """A file that stands at `path` once the block has ended well; else nothing changes there.

    A symbolic link stays, and the file that it names is written. An OSError names `path`.
    """
    place = Path(os.path.realpath(path))
    try:
        # Not named after `path`: the longest name that a folder takes leaves no room for more.
        descriptor, name = tempfile.mkstemp(prefix=".genlab-", dir=place.parent)
    except OSError as error:
        error.filename = str(path)
        raise
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(place)
    except BaseException as error:
        Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno and error.filename in (None, name):
            error.filename = str(path)  # such as a full disk
        raise


def format_of(path: Path) -> str:
    """The suffix that says a file's format, in small letters: some programs write .CSV.

    >>> format_of(Path("data/MINE.CSV"))
    '.csv'
    """
    return path.suffix.lower()


def write_whole(path: Path, content: bytes) -> None:
    """Write `content` to `path`; a failure raises and leaves what was there."""
    with whole_file(path) as file:
        file.write(content)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
