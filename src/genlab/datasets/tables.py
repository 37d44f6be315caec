"""Examples of any origin, read from .npz, .csv and .parquet files."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from genlab._base.checks import choice
from genlab._base.errors import DataFileError

#: Name of the part of a file that does not distinguish training from test examples.
ALL = "all"

# Name of a part -> the arrays of an .npz file that may hold it: inputs, labels.
_ARRAYS = {
    "train": (("x_train", "y_train"), ("x", "y")),
    "test": (("x_test", "y_test"),),
}
_LABELS = ("label", "y")


class FileExamples(NamedTuple):
    """Inputs, one example per row, and their labels, or None where the file has none."""

    x: Float[np.ndarray, "n ..."]
    y: Int[np.ndarray, " n"] | None


def read_examples(path: str | os.PathLike[str]) -> dict[str, FileExamples]:
    """Read the examples of a file, without running code from it.

    Parameters
    ----------
    path
        File whose suffix says its format. An .npz file holds the arrays x (or x_train), y (or
        y_train) where there are labels, and x_test and y_test where there are separate test
        examples. A .csv or .parquet file has one row per example: the label in the column
        `label` or `y`, "train" or "test" in the column `set`, both optional, and the inputs in
        all other columns, in their order, or as a list in the column x. A .csv file may begin
        with one line that begins with #. `write_mnist1d` writes such files.

    Returns
    -------
    dict of str to FileExamples
        The parts of the file: "train" and "test" where the file distinguishes them, else "all".
        `x` is float64, or float32 where the file holds float32; `y` is int64.

    Raises
    ------
    DataFileError
        Where the file cannot be read, or holds something else.
    """
    place = Path(path)
    choice("path", place.suffix, (".npz", ".csv", ".parquet"))
    try:
        with place.open("rb"):  # a clear reason, whatever reads it then
            pass
        parts = _npz(place) if place.suffix == ".npz" else _table(place)
    except OSError as error:
        raise DataFileError(f"{place} cannot be read: {error.strerror or error}.") from None
    except _UnfitError as error:
        raise DataFileError(f"{place} {error}") from None
    except MemoryError:
        raise DataFileError(f"{place} states more data than fit into memory.") from None
    except (
        ValueError,  # pyarrow's errors among them
        TypeError,
        KeyError,
        EOFError,
        RuntimeError,
        NotImplementedError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise DataFileError(f"{place} cannot be read: {reason}.") from None
    return parts


class _UnfitError(Exception):
    """What is wrong with a file, as the rest of a sentence that begins with its name."""


def _npz(path: Path) -> dict[str, FileExamples]:
    with path.open("rb") as file:
        if file.read(2) != b"PK":
            raise _UnfitError("is not an .npz file.")
    with np.load(path, allow_pickle=False) as arrays:
        found = {}
        for part, names in _ARRAYS.items():
            held = [pair for pair in names if pair[0] in arrays.files]
            if len(held) > 1:
                raise _UnfitError(
                    f"holds both {held[0][0]} and {held[1][0]}, and may hold only one of them."
                )
            for x, y in held:
                labels = _labels(y, arrays[y]) if y in arrays.files else None
                found[part] = _examples(x, arrays[x], labels)
        if not found:
            there = ", ".join(arrays.files) or "nothing"
            raise _UnfitError(f"must hold an array x, got {there}.")
    # Arrays called x alone are not said to be training examples.
    if list(found) == ["train"] and "x" in arrays.files:
        return {ALL: found["train"]}
    return found


def _table(path: Path) -> dict[str, FileExamples]:
    from pyarrow import csv, parquet

    if path.suffix == ".parquet":
        table = parquet.read_table(path)
    else:
        with path.open("rb") as file:
            first = file.read(1)
        table = csv.read_csv(path, read_options=csv.ReadOptions(skip_rows=int(first == b"#")))
    names = table.column_names
    if len(set(names)) < len(names):
        raise _UnfitError("has two columns of one name.")
    if names and all(_is_number(name) for name in names):
        raise _UnfitError("must begin with the names of its columns, got numbers.")
    label = [name for name in _LABELS if name in names]
    if len(label) > 1:
        raise _UnfitError("has the columns label and y, and may have only one of them.")
    inputs = [name for name in names if name not in (*label, "set")]
    if not inputs:
        raise _UnfitError(f"must have columns of inputs, got {', '.join(names) or 'none'}.")
    x = _inputs({name: table[name] for name in inputs})
    y = _labels(label[0], _column(label[0], table[label[0]])) if label else None
    examples = _examples("x", x, y)
    if "set" not in names:
        return {ALL: examples}
    sets = np.array(table["set"].to_pylist(), dtype=object)
    if unknown := [name for name in sets if name not in _ARRAYS]:
        raise _UnfitError(f"must have train or test in the column set, got {unknown[0]!r}.")
    return {
        part: FileExamples(x[sets == part], None if y is None else y[sets == part])
        for part in _ARRAYS
        if (sets == part).any()
    }


def _inputs(columns: Mapping[str, Any]) -> np.ndarray:
    """The columns of a table side by side, or its one column of lists."""
    import pyarrow as pa

    if list(columns) == ["x"]:
        column = columns["x"].combine_chunks()
        kind = column.type
        if pa.types.is_list(kind) or pa.types.is_large_list(kind) or hasattr(kind, "list_size"):
            values = column.flatten()
            if column.null_count or len(values) % max(len(column), 1):
                raise _UnfitError(
                    "must have the same number of inputs in every list of the column x."
                )
            lengths = np.unique(column.value_lengths().to_numpy(zero_copy_only=False))
            if len(lengths) > 1:
                raise _UnfitError(
                    "must have the same number of inputs in every list of the column x."
                )
            return _column("x", values).reshape(len(column), -1)
    return np.stack([_column(name, column) for name, column in columns.items()], axis=1)


def _column(name: str, column: Any) -> np.ndarray:
    """A column's numbers."""
    if column.null_count:
        raise _UnfitError(f"lacks a value in {column.null_count} rows of the column {name}.")
    values: np.ndarray = np.asarray(column)
    if values.dtype.kind not in "fiub":
        raise _UnfitError(f"must have numbers in the column {name}, got {column.type}.")
    return values


def _examples(name: str, x: np.ndarray, y: np.ndarray | None) -> FileExamples:
    if x.dtype.kind not in "fiub":
        raise _UnfitError(f"must hold numbers in {name}, got values of type {x.dtype}.")
    if x.ndim < 2 or len(x) == 0:
        raise _UnfitError(
            f"must hold {name} of shape (examples, inputs...) with at least one example, got "
            f"{x.shape}."
        )
    if y is not None and y.shape != (len(x),):
        raise _UnfitError(f"must hold a label for each of {len(x)} examples, got {y.shape}.")
    return FileExamples(x if x.dtype == np.float32 else x.astype(np.float64), y)


def _labels(name: str, y: np.ndarray) -> np.ndarray:
    if y.dtype.kind not in "iuf" or not np.array_equal(y, np.floor(y)) or (y < 0).any():
        raise _UnfitError(f"must hold integers from 0 in {name}, which are the labels.")
    return y.astype(np.int64)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
