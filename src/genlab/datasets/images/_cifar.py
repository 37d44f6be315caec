"""CIFAR's binary distributions, read with every size checked, and without pickles."""

from __future__ import annotations

import gzip
import os
import re
import tarfile
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple

import numpy as np

from genlab._base.errors import DataFileError
from genlab.datasets._dataset import Dataset
from genlab.datasets._open import opened

_PIXELS = 3 * 32 * 32
# A batch file of the distributions holds at most 50,000 images of at most two label bytes.
_MOST_BYTES_A_FILE = 50_000 * (2 + _PIXELS)
# Both distributions unpack to 185 MB.
_MOST_BYTES = 256 * 2**20
_MOST_MEMBERS = 100
_TRAIN = re.compile(r"(data_batch(_\d+)?|train)\.bin")
_TEST = re.compile(r"(test_batch|test)\.bin")


class CifarFormat(NamedTuple):
    """Layout of an image in one of the two distributions."""

    n_classes: int
    label_bytes: int
    label_at: int


CIFAR10 = CifarFormat(n_classes=10, label_bytes=1, label_at=0)
#: A coarse label comes first, then the fine one, which is the class.
CIFAR100 = CifarFormat(n_classes=100, label_bytes=2, label_at=1)


def load_cifar(path: str | os.PathLike[str], n_classes: int = 10) -> Dataset:
    """Read a CIFAR binary archive or a folder of its files, of any origin.

    The content is not verified; `fetch_cifar10` and `fetch_cifar100` verify the published
    checksums. Nothing is unpacked to disk.

    Parameters
    ----------
    path
        A .tar.gz (or .tar) with the .bin files, or a folder that holds them: training images
        in data_batch_1.bin, data_batch_2.bin, ... or train.bin, test images in test_batch.bin
        or test.bin.
    n_classes
        Number of classes: 10, or 100 for the fine labels of CIFAR-100.

    Returns
    -------
    Dataset
        Images of shape (3, 32, 32), planes red, green, blue, values from 0 to 1.

    Raises
    ------
    DataFileError
        Naming the file and what is wrong with it.
    ValueError
        Where `n_classes` is neither 10 nor 100.
    """
    formats = {CIFAR10.n_classes: CIFAR10, CIFAR100.n_classes: CIFAR100}
    if n_classes not in formats:
        raise ValueError(f"`n_classes` must be 10 or 100, got {n_classes!r}.")
    place = Path(path)
    files = _read_folder(place) if place.is_dir() else _read_archive(place)
    return _dataset(files, formats[n_classes], str(path))


def _dataset(files: dict[str, bytes], layout: CifarFormat, name: str) -> Dataset:
    parts: dict[str, Any] = {}
    for part, pattern in (("train", _TRAIN), ("test", _TEST)):
        names = sorted(file for file in files if pattern.fullmatch(file))
        if not names:
            expected = "data_batch_1.bin or train.bin" if part == "train" else "test_batch.bin"
            raise DataFileError(f"{name} holds no {part} images ({expected}).")
        images = [_parse(files[file], layout, f"{name}: {file}") for file in names]
        x = np.concatenate([x for x, _ in images], dtype=np.float32)
        x /= 255
        x.flags.writeable = False
        parts[f"x_{part}"] = x
        parts[f"y_{part}"] = np.concatenate([y for _, y in images])
    return Dataset(**parts, n_classes=layout.n_classes)


def _parse(content: bytes, layout: CifarFormat, name: str) -> tuple[np.ndarray, np.ndarray]:
    size = layout.label_bytes + _PIXELS
    if not content or len(content) % size:
        raise DataFileError(
            f"{name} holds {len(content)} bytes, no whole number of images of {size}."
        )
    rows = np.frombuffer(content, np.uint8).reshape(-1, size)
    labels = rows[:, layout.label_at].astype(np.int64)
    if labels.max() >= layout.n_classes:
        raise DataFileError(
            f"{name} has a label {labels.max()}, and there are {layout.n_classes} classes."
        )
    return rows[:, layout.label_bytes :].reshape(-1, 3, 32, 32), labels


def _wanted(name: str) -> bool:
    return bool(_TRAIN.fullmatch(name) or _TEST.fullmatch(name))


def _read_folder(folder: Path) -> dict[str, bytes]:
    files = {}
    for path in sorted(folder.iterdir()):
        if not _wanted(path.name):
            continue
        if not path.is_file():
            raise DataFileError(f"{path} is not a regular file.")
        with path.open("rb") as file:
            files[path.name] = _read_member(file, path.stat().st_size, str(path))
    return files


class _BoundedReader:
    """A stream that raises once it has returned too much, as from a gzip bomb."""

    def __init__(self, stream: IO[bytes] | gzip.GzipFile, name: str) -> None:
        self._stream = stream
        self._name = name
        self._given = 0

    def read(self, size: int) -> bytes:
        content = self._stream.read(size)
        self._given += len(content)
        if self._given > _MOST_BYTES:
            raise DataFileError(f"{self._name} unpacks to more than {_MOST_BYTES} bytes.")
        return content


def _read_archive(path: Path) -> dict[str, bytes]:
    """The wanted files of an archive, read as a stream to its end; every member is checked."""
    with opened(path) as stream:
        try:
            return _read_tar(_BoundedReader(stream, str(path)), str(path))
        except (tarfile.TarError, ValueError, OverflowError, RecursionError) as error:
            raise DataFileError(f"{path} is not a readable tar archive: {error}.") from None


def _read_tar(stream: _BoundedReader, name: str) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    with tarfile.open(fileobj=stream, mode="r|") as archive:  # type: ignore[call-overload]
        for i, member in enumerate(archive):
            if i >= _MOST_MEMBERS:
                raise DataFileError(f"{name} holds more than {_MOST_MEMBERS} members.")
            _check_member(name, member)
            base = PurePosixPath(member.name).name
            if not (member.isfile() and _wanted(base)):
                continue
            if base in files:
                raise DataFileError(f"{name} holds {base} twice.")
            file = archive.extractfile(member)
            assert file is not None
            files[base] = _read_member(file, member.size, f"{name}: {base}")
    while stream.read(2**20):
        pass  # to the end, where a gzip stream has its checksum
    return files


def _check_member(path: str, member: tarfile.TarInfo) -> None:
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts:
        raise DataFileError(f"{path} holds a member outside its folder, {member.name!r}.")
    if not (member.isfile() or member.isdir()):
        raise DataFileError(f"{path} holds a link or device, {member.name!r}.")
    if member.size > _MOST_BYTES_A_FILE:
        raise DataFileError(
            f"{path} holds {member.name!r} of {member.size} bytes, more than the "
            f"{_MOST_BYTES_A_FILE} that are read."
        )


def _read_member(file: IO[bytes], size: int, name: str) -> bytes:
    if size > _MOST_BYTES_A_FILE:
        raise DataFileError(
            f"{name} has {size} bytes, more than the {_MOST_BYTES_A_FILE} that are read."
        )
    content = file.read(size)
    if len(content) < size:
        raise DataFileError(f"{name} is cut short: {len(content)} of its {size} bytes are there.")
    return content
