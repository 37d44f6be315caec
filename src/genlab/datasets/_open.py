"""Files that may be gzipped, opened with every failure as one sentence."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from genlab._base.errors import DataFileError

_GZIP_MAGIC = b"\x1f\x8b"


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    """The content of a file as a stream, decompressed where it is gzipped.

    Raises DataFileError where it cannot be opened, or where reading it fails.
    """
    try:
        with path.open("rb") as file:
            compressed = file.read(2) == _GZIP_MAGIC
            file.seek(0)
            if not compressed:
                yield file
                return
            with gzip.open(file, "rb") as plain:
                yield plain
    except EOFError:
        raise DataFileError(f"{path} is cut short: its gzip stream does not end.") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataFileError(f"{path} is damaged: {error}.") from None
    except OSError as error:
        raise DataFileError(f"{path} cannot be read: {error.strerror or error}.") from None
