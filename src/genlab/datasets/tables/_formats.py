"""The format of a data file: as its name says, and as its first bytes show."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any, NamedTuple

from genlab._base.words import listed
from genlab.datasets._unfit import UnfitError

CSV, PARQUET, ARROW, NPZ = "CSV", "Parquet", "Arrow", "NPZ"

_FORMATS = {
    ".csv": CSV,
    ".tsv": CSV,
    ".tab": CSV,
    ".txt": CSV,
    ".parquet": PARQUET,
    ".pq": PARQUET,
    ".arrow": ARROW,
    ".feather": ARROW,
    ".ipc": ARROW,
    ".npz": NPZ,
}
_COMPRESSIONS = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd", ".lz4": "lz4"}

# What a file begins with -> what it holds.
_CONTENTS = {
    b"PAR1": PARQUET,
    b"ARROW1": ARROW,
    b"\xff\xff\xff\xff": ARROW,
    b"FEA1": "Feather of version 1",
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
    b"\x93NUMPY": "a single NumPy array",
    b"\x89HDF": "HDF5",
    b"SQLite format 3": "an SQLite database",
    b"\xd0\xcf\x11\xe0": "an Excel workbook",
    b"%PDF": "a PDF document",
}
_PAGE = re.compile(rb"\s*<(!doctype|html|\?xml)", re.IGNORECASE)
_JSON = re.compile(rb'\s*(\{\s*"|\[\s*[\[{])')
_HEAD = 4096


class Format(NamedTuple):
    """What a file holds, and how it is compressed, if at all."""

    content: str
    compression: str | None


def format_of(path: Path) -> Format:
    """The format that a file's name says, in any case of its suffix.

    Raises ValueError where the suffix is not known.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    compression = _COMPRESSIONS.get(suffixes[-1]) if suffixes else None
    if compression:
        suffixes.pop()
    content = _FORMATS.get(suffixes[-1]) if suffixes else None
    if content is None:
        raise ValueError(
            f"`path_or_frame` must be a file whose name ends in {listed(list(_FORMATS))}, "
            f"compressed ones also in {listed(list(_COMPRESSIONS))}, got {path.name!r}."
        )
    return Format(content, compression)


@contextmanager
def opened(path: Path, stated: Format) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """The content of a file, decompressed, and the file itself.

    Raises
    ------
    UnfitError
        Where the file holds something else than its name says.
    OSError, EOFError, ValueError
        Where it cannot be read.
    """
    with path.open("rb") as raw:
        found = _content(raw.read(_HEAD))
        raw.seek(0)
        if found in _COMPRESSIONS.values() and found != stated.compression:
            suffix = next(key for key, name in _COMPRESSIONS.items() if name == found)
            raise UnfitError(
                f"is compressed by {found}, which its name does not say: rename it to end in "
                f"{suffix}."
            )
        if stated.compression and found != stated.compression:
            raise UnfitError(f"is not compressed by {stated.compression}, as its name says.")
        with _decompressed(raw, stated.compression) as plain:
            # A CSV file is read once from its start to its end, the others here and there.
            if stated.compression and stated.content != CSV:
                yield io.BytesIO(plain.read()), raw
            else:
                yield plain, raw


def check_content(head: bytes, stated: str) -> None:
    """UnfitError where the first bytes are those of another format."""
    if not head:
        raise UnfitError("is empty.")
    found = _content(head)
    if found == stated or (found is None and stated == CSV):
        return
    if found == "a zip archive" and stated == NPZ and b"[Content_Types].xml" not in head:
        return
    if found == "a zip archive":
        found = "an Excel workbook" if b"[Content_Types].xml" in head else "NPZ or another archive"
    text = "" if stated == CSV and found is None else f", and its name says {stated}"
    raise UnfitError(f"holds {found or 'something else'}{text}: write it as {stated}.")


def _content(head: bytes) -> str | None:
    """What the first bytes of a file show, or None."""
    for start, content in _CONTENTS.items():
        if head.startswith(start):
            return content
    if _PAGE.match(head):
        return "a web page or XML"
    if _JSON.match(head):
        return "JSON"
    return None


def _decompressed(raw: IO[bytes], compression: str | None) -> Any:
    if compression == "gzip":
        return gzip.GzipFile(fileobj=raw)
    if compression == "bzip2":
        return bz2.BZ2File(raw)
    if compression == "xz":
        return lzma.LZMAFile(raw)
    if compression is None:
        return nullcontext(raw)
    import pyarrow as pa

    return pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), compression)
