"""A CSV file as a table of columns."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import IO, TYPE_CHECKING

from genlab.datasets._unfit import UnfitError

if TYPE_CHECKING:
    import pyarrow

# Bytes that are parsed at once, unless a line is longer.
_BLOCK = 2**20
_MOST_BLOCK = 2**31 - 1

_SEPARATORS = {"semicolons": b";", "tabs": b"\t", "vertical bars": b"|", "spaces": None}


def read_csv(path: Path) -> pyarrow.Table:
    """The columns of a CSV file, below one optional line that begins with #.

    A byte-order mark of UTF-8 is skipped. Lines may be as long as 2 GiB.

    Raises
    ------
    UnfitError
        Where another character than a comma separates the columns, or the text is not UTF-8.
    OSError, ValueError
        Where the file cannot be read or parsed.
    """
    import pyarrow as pa
    from pyarrow import csv

    with path.open("rb") as file:
        start = file.read(4)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise UnfitError("is encoded in UTF-16, and must be in UTF-8.")
        has_comment = start.removeprefix(codecs.BOM_UTF8).startswith(b"#")
        file.seek(0)
        block = max(_BLOCK, _longest_line(file))
        if block > _MOST_BLOCK:
            raise UnfitError(f"has a line of {block} bytes, more than the {_MOST_BLOCK} allowed.")
        file.seek(0)
        if has_comment:
            file.readline()
        _check_separator(file.readline(), file.readline())
    # Threads that parse a file keep the process from ending after some errors.
    options = csv.ReadOptions(skip_rows=int(has_comment), block_size=block, use_threads=False)
    table = csv.read_csv(path, read_options=options)
    try:
        # Spaces beside a comma are no part of a name.
        names = [name.strip() for name in table.column_names]
    except UnicodeDecodeError:
        raise UnfitError("must be encoded in UTF-8.") from None
    if any(pa.types.is_binary(kind) for kind in table.schema.types):
        raise UnfitError("must be encoded in UTF-8.")
    return table.rename_columns(names)


def _longest_line(file: IO[bytes]) -> int:
    """A bound on the bytes of the longest line that is longer than a block."""
    longest = current = 0
    while chunk := file.read(_BLOCK):
        first = chunk.find(b"\n")
        if first < 0:
            current += len(chunk)
        else:
            longest = max(longest, current + first + 1)
            current = len(chunk) - chunk.rfind(b"\n") - 1
    return max(longest, current)


def _check_separator(header: bytes, first: bytes) -> None:
    """UnfitError where the header and the first row are separated by something else."""
    if b"," in header:
        return
    for name, separator in _SEPARATORS.items():
        n = len(header.split(separator))
        if n > 1 and len(first.split(separator)) == n:
            raise UnfitError(f"has columns separated by {name}, and must have commas.")
