"""The IDX format of MNIST's files, read with every size checked."""

from __future__ import annotations

import gzip
import math
import os
import struct
from pathlib import Path
from typing import IO

import numpy as np

from genlab._base.errors import DataFileError
from genlab.datasets._open import opened

_DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
#: Largest content of one file in bytes; MNIST's largest is 47 MB.
MOST_BYTES = 512 * 2**20
_AT_ONCE = 2**20
_MOST_AXES = 32


def load_idx(path: str | os.PathLike[str]) -> np.ndarray:
    """Read an IDX file, gzipped or not, of any origin; its content is not verified.

    `fetch_mnist` verifies MNIST's published checksums.

    Parameters
    ----------
    path
        An IDX file.

    Returns
    -------
    numpy.ndarray
        Array of the shape and type that the file states, in native byte order.

    Raises
    ------
    DataFileError
        Where the file cannot be read, is not an IDX file, is shorter or longer than its header
        says, or holds more than 512 MiB.
    """
    return parse_idx(read_content(Path(path)), str(path))


def read_content(path: Path) -> bytes:
    """The content of a file, decompressed where it is gzipped; DataFileError where that fails."""
    with opened(path) as file:
        return _read_bounded(file, str(path))


def _read_bounded(file: IO[bytes] | gzip.GzipFile, name: str) -> bytes:
    parts = []
    size = 0
    while part := file.read(_AT_ONCE):
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise DataFileError(f"{name} holds more than the {MOST_BYTES} bytes that are read.")
    return b"".join(parts)


def parse_idx(content: bytes, name: str) -> np.ndarray:
    """The array in the content of an IDX file; errors call it `name`."""
    magic = content[:4]
    known = len(magic) == 4 and magic[:2] == b"\0\0" and magic[2] in _DTYPES
    if not known or not 1 <= magic[3] <= _MOST_AXES:
        raise DataFileError(
            f"{name} is not an IDX file: it begins with {magic.hex() or 'nothing'}."
        )
    dtype, n_axes = np.dtype(_DTYPES[content[2]]), content[3]
    start = 4 + 4 * n_axes
    if len(content) < start:
        raise DataFileError(f"{name} is cut short: its header of {start} bytes does not end.")
    shape = struct.unpack(f">{n_axes}I", content[4:start])
    promised = math.prod(shape) * dtype.itemsize
    if len(content) - start != promised:
        raise DataFileError(
            f"{name} must hold {promised} bytes for its shape {shape}, got {len(content) - start}."
        )
    try:
        array = np.frombuffer(content, dtype, offset=start).reshape(shape)
    except ValueError:  # of empty arrays too, NumPy bounds the other axes
        raise DataFileError(f"{name} states a shape that no array can have, {shape}.") from None
    return array.astype(dtype.newbyteorder("="))
