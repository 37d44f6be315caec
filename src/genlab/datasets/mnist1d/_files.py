"""MNIST-1D in files: written in bounded memory with its arguments, and checked."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from genlab._base.checks import choice, integer
from genlab._base.errors import DataFileError
from genlab._base.files import format_of, whole_file
from genlab._base.version import __version__
from genlab.datasets._csv import read_csv
from genlab.datasets._unfit import UnfitError
from genlab.datasets.mnist1d import _fast as fast
from genlab.datasets.mnist1d._make import make_mnist1d
from genlab.datasets.mnist1d._pickle import load_mnist1d
from genlab.datasets.mnist1d._settings import MNIST1DSettings, checked_chunks, n_examples, n_train

_TOLERANCE = 1e-12
_MOST_BYTES_TO_CHECK = 64 * 2**20
_MOST_ROWS_TO_CHECK = 100_000
_Chunk = tuple[Float[np.ndarray, "n points"], Int[np.ndarray, " n"]]


def write_mnist1d(
    path: str | os.PathLike[str],
    n_samples: int = 5000,
    train_split: float = 0.8,
    *,
    method: str = "exact",
    chunk_size: int = 10_000,
    jobs: int = 1,
    progress: Callable[[int], None] | None = None,
    **settings: Any,
) -> int:
    """Write a set of MNIST-1D to a file that also holds the arguments that make it again.

    The fast method takes bounded memory, whatever n_samples. The file appears whole or not at
    all.

    Parameters
    ----------
    path
        File whose suffix says its format. .npz holds x, y, x_test, y_test and t like the
        published set; .parquet has the columns set, label and x (a list of fixed size); .csv
        has set, label, x0, x1, ... below a first line that begins with #.
    n_samples, train_split, method, **settings
        Arguments of `make_mnist1d`.
    chunk_size, jobs
        Number of examples made at once, and number of threads, of the fast method, each at
        least 1. They change no example.
    progress
        Function that is called with the number of examples written so far.

    Returns
    -------
    int
        Number of examples written.

    Raises
    ------
    DataFileError
        Where the file cannot be written.
    TypeError, ValueError
        Naming the parameter, the rule and the value received.
    """
    check_mnist1d_options(
        path,
        n_samples,
        train_split,
        method=method,
        chunk_size=chunk_size,
        jobs=jobs,
        **settings,
    )
    place = Path(path)
    if method == "exact":
        data = make_mnist1d(n_samples, train_split, **settings)
        x = np.concatenate([data.x_train, data.x_test])
        y = np.concatenate([data.y_train, data.y_test])
        n, n_first, t, arguments = len(y), data.n_train, data.t, dict(data.spec.arguments)
        chunks: Iterator[_Chunk] = iter([(x, y)])
    else:
        checked = MNIST1DSettings(**settings)
        n, chunk_size, jobs = checked_chunks(
            integer("n_samples", n_samples, low=10), chunk_size, jobs
        )
        n_first = n_train(n, train_split)
        t = fast.fast_t(checked)
        arguments = checked.arguments(n, train_split, method)
        chunks = fast.iter_fast(n, chunk_size, jobs, checked)
    assert t is not None
    recipe = json.dumps({"genlab": __version__, "dataset": "mnist1d", "arguments": arguments})
    header = _Header(n, n_first, t, recipe)
    done = 0
    try:
        with whole_file(place) as file, _WRITERS[format_of(place)](file, header) as write:
            for x, y in chunks:
                cut = min(max(n_first - done, 0), len(y))
                for part, rows in (("train", slice(0, cut)), ("test", slice(cut, len(y)))):
                    if rows.start < rows.stop:
                        write(part, x[rows], y[rows])
                done += len(y)
                if progress is not None:
                    progress(done)
    except OSError as error:
        raise DataFileError(f"{place} cannot be written: {error.strerror or error}.") from None
    return done


def check_mnist1d_options(
    path: str | os.PathLike[str],
    n_samples: int,
    train_split: float,
    *,
    method: str,
    chunk_size: int,
    jobs: int,
    **settings: Any,
) -> None:
    """Check the arguments of `write_mnist1d`; nothing is made or written.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.
    """
    choice("path", format_of(Path(path)), tuple(_WRITERS))
    choice("method", method, ("exact", "fast"))
    MNIST1DSettings(**settings)
    n, _, _ = checked_chunks(integer("n_samples", n_samples, low=10), chunk_size, jobs)
    n_train(n if method == "fast" else n_examples(n), train_split)


class _Header(NamedTuple):
    """Size of a set, number of training examples, positions, and the arguments as JSON."""

    n: int
    n_train: int
    t: Float[np.ndarray, " points"]
    recipe: str


_Write = Callable[[str, np.ndarray, np.ndarray], None]


@contextmanager
def _npz(file: IO[bytes], header: _Header) -> Iterator[_Write]:
    """The arrays as numpy.savez stores them, large ones in pieces."""
    labels: dict[str, list[np.ndarray]] = {"train": [], "test": []}
    sizes = {"train": header.n_train, "test": header.n - header.n_train}
    names = {"train": "", "test": "_test"}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        entries: dict[str, IO[bytes]] = {}

        def write(part: str, x: np.ndarray, y: np.ndarray) -> None:
            if part not in entries:
                for entry in entries.values():
                    entry.close()
                entries[part] = archive.open(f"x{names[part]}.npy", "w", force_zip64=True)
                shape = (sizes[part], x.shape[1])
                description = {"descr": x.dtype.str, "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_2_0(entries[part], description)
            entries[part].write(np.ascontiguousarray(x).data)
            labels[part].append(y)

        try:
            yield write
        finally:
            for entry in entries.values():
                entry.close()
        rest = {f"y{names[part]}": np.concatenate(labels[part]) for part in labels}
        rest |= {"t": header.t, "genlab": np.array(header.recipe)}
        for name, array in rest.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)


@contextmanager
def _parquet(file: IO[bytes], header: _Header) -> Iterator[_Write]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    vector = pa.list_(pa.float64(), len(header.t))
    schema = pa.schema(
        [("set", pa.string()), ("label", pa.int64()), ("x", vector)],
        metadata={"genlab": header.recipe, "t": json.dumps(header.t.tolist())},
    )
    with pq.ParquetWriter(file, schema, use_dictionary=["set", "label"]) as writer:

        def write(part: str, x: np.ndarray, y: np.ndarray) -> None:
            values = pa.array(np.ascontiguousarray(x).reshape(-1))
            columns = [
                pa.repeat(part, len(y)),
                pa.array(y),
                pa.FixedSizeListArray.from_arrays(values, type=vector),
            ]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))

        yield write


@contextmanager
def _csv(file: IO[bytes], header: _Header) -> Iterator[_Write]:
    import pyarrow as pa
    from pyarrow import csv

    names = [f"x{i}" for i in range(len(header.t))]
    schema = pa.schema(
        [("set", pa.string()), ("label", pa.int64()), *((name, pa.float64()) for name in names)]
    )
    file.write(f"# {header.recipe}\n".encode())
    options = csv.WriteOptions(quoting_style="none")
    with csv.CSVWriter(file, schema, write_options=options) as writer:

        def write(part: str, x: np.ndarray, y: np.ndarray) -> None:
            columns = [pa.repeat(part, len(y)), pa.array(y), *map(pa.array, x.T)]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))

        yield write


_WRITERS: dict[str, Callable[[IO[bytes], _Header], AbstractContextManager[_Write]]] = {
    ".npz": _npz,
    ".parquet": _parquet,
    ".csv": _csv,
}


def check_mnist1d(path: str | os.PathLike[str]) -> tuple[bool, str]:
    """Check whether a file holds the frozen published set.

    Parameters
    ----------
    path
        An .npz, .parquet or .csv file as `write_mnist1d` writes them, or the published pickle
        (.pkl).

    Returns
    -------
    bool, str
        Whether all inputs agree within 1e-12 and all labels are equal, and a sentence that
        says so.

    Raises
    ------
    DataFileError
        Where the file cannot be read.
    """
    place = Path(path)
    published = make_mnist1d()
    expected = {
        "x": published.x_train,
        "y": published.y_train,
        "x_test": published.x_test,
        "y_test": published.y_test,
    }
    found = _read(place)
    largest = 0.0
    for name, array in expected.items():
        if found[name].shape != array.shape:
            shapes = f"{found[name].shape}, not {array.shape}"
            return False, f"{place} is not the frozen published set: {name} has shape {shapes}."
        largest = max(largest, float(np.abs(found[name] - array).max()))
    if largest <= _TOLERANCE:
        return True, f"{place} is the frozen published set: largest difference {largest:.2g}."
    return False, f"{place} is not the frozen published set: it differs by up to {largest:.3g}."


def _read(path: Path) -> dict[str, np.ndarray]:
    """The four arrays of a file."""
    readers = {
        ".npz": _read_npz,
        ".parquet": _read_table,
        ".csv": _read_table,
        ".pkl": _read_pickle,
        ".pickle": _read_pickle,
    }
    suffix = choice("path", format_of(path), tuple(readers))
    try:
        if path.stat().st_size > _MOST_BYTES_TO_CHECK:
            raise DataFileError(
                f"{path} has more than the {_MOST_BYTES_TO_CHECK} bytes that can be checked."
            )
        return readers[suffix](path)
    except OSError as error:
        raise DataFileError(f"{path} cannot be read: {error.strerror or error}.") from None
    except UnfitError as error:
        raise DataFileError(f"{path} {error}") from None
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise DataFileError(f"{path} holds no MNIST-1D: {error}.") from None


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(path) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > 4 * _MOST_BYTES_TO_CHECK:
            raise DataFileError(f"{path} unpacks to more than can be checked.")
    with np.load(path, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in ("x", "y", "x_test", "y_test")}


def _read_table(path: Path) -> dict[str, np.ndarray]:
    from pyarrow import parquet

    if format_of(path) == ".parquet":
        if parquet.read_metadata(path).num_rows > _MOST_ROWS_TO_CHECK:
            raise DataFileError(
                f"{path} has more than the {_MOST_ROWS_TO_CHECK} rows that can be checked."
            )
        table = parquet.read_table(path, columns=["set", "label", "x"])
        x = table["x"].combine_chunks().flatten().to_numpy().reshape(len(table), -1)
    else:
        table = read_csv(path)
        inputs = [name for name in table.column_names if name.startswith("x")]
        x = np.stack([table[name].to_numpy() for name in inputs], axis=1)
    y, train = table["label"].to_numpy(), np.array(table["set"].to_pylist()) == "train"
    return {"x": x[train], "y": y[train], "x_test": x[~train], "y_test": y[~train]}


def _read_pickle(path: Path) -> dict[str, np.ndarray]:
    data = load_mnist1d(path)
    return {"x": data.x_train, "y": data.y_train, "x_test": data.x_test, "y_test": data.y_test}
