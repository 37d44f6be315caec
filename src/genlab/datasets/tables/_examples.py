"""Examples of any origin, read from .npz, .csv and .parquet files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from genlab._base.checks import choice
from genlab._base.files import format_of
from genlab._base.words import counted, some
from genlab.datasets._columns import (
    are_places,
    check_names,
    check_no_identifier,
    check_no_index,
    in_order,
    index_of,
)
from genlab.datasets._csv import read_csv
from genlab.datasets._labels import first_unfit_label
from genlab.datasets._unfit import UnfitError
from genlab.datasets.tables._read import reading, sentences

#: Name of the part of a file that does not distinguish training from test examples.
ALL = "all"

# Name of a part -> the arrays of an .npz file that may hold it: inputs, labels.
_ARRAYS = {
    "train": (("x_train", "y_train"), ("x", "y")),
    "test": (("x_test", "y_test"),),
}
_LABELS = ("label", "y")


class FileExamples(NamedTuple):
    """Inputs, one example per row, their labels, and the names of their columns.

    `y` is None where the file has no labels. `columns` is None where the inputs have no names:
    in .npz files, in a column of lists, and in columns x0, x1, ..., whose names are their places.
    """

    x: Float[np.ndarray, "n ..."]
    y: Int[np.ndarray, " n"] | None
    columns: tuple[str, ...] | None = None


def read_examples(
    path: str | os.PathLike[str], columns: Sequence[str] | None = None
) -> dict[str, FileExamples]:
    """Read the examples of a file, without running code from it.

    Parameters
    ----------
    path
        File whose suffix says its format. An .npz file holds the arrays x (or x_train), y (or
        y_train) where there are labels, and x_test and y_test where there are separate test
        examples. A .csv or .parquet file has one row per example: the label in the column
        `label` or `y`, "train" or "test" in the column `set`, both optional, and the inputs in
        all other columns, or as a list in the column x. A .csv file may begin with one line that
        begins with #. `write_mnist1d` writes such files.
    columns
        Names of the inputs in the order in which they are read, such as `SavedModel.columns`:
        the file must have these and no others, in any order. None reads them in the order of
        the file. Columns called x0, x1, ... are read in the order of their numbers.

    Returns
    -------
    dict of str to FileExamples
        The parts of the file: "train" and "test" where the file distinguishes them, else "all".
        `x` is float64, or float32 where the file holds float32; `y` is int64.

    Raises
    ------
    DataFileError
        Where the file cannot be read, or holds something else; where a column cannot be an
        input, such as an index, an identifier, dates or words; where inputs are missing or new.
    """
    place = Path(path)
    suffix = choice("path", format_of(place), (".npz", ".csv", ".parquet"))
    with sentences(place), reading(place):
        with place.open("rb"):  # a clear reason, whatever reads it then
            pass
        return _npz(place) if suffix == ".npz" else _table(place, columns)


def _npz(path: Path) -> dict[str, FileExamples]:
    with path.open("rb") as file:
        if file.read(2) != b"PK":
            raise UnfitError("is not an .npz file.")
    with np.load(path, allow_pickle=False) as arrays:
        found = {}
        for part, names in _ARRAYS.items():
            held = [pair for pair in names if pair[0] in arrays.files]
            if len(held) > 1:
                raise UnfitError(
                    f"must hold {held[0][0]} or {held[1][0]}, got both arrays: leave one out."
                )
            for x, y in held:
                labels = _labels(f"the array {y}", arrays[y]) if y in arrays.files else None
                found[part] = _examples(x, arrays[x], labels)
        if not found:
            there = ", ".join(arrays.files) or "nothing"
            raise UnfitError(f"must hold an array x, got {there}.")
    # Arrays called x alone are not said to be training examples.
    if list(found) == ["train"] and "x" in arrays.files:
        return {ALL: found["train"]}
    return found


def _table(path: Path, wanted: Sequence[str] | None) -> dict[str, FileExamples]:
    from pyarrow import parquet

    if wanted is not None and format_of(path) == ".csv":
        wanted = [name.strip() for name in wanted]  # as `read_csv` does
    table = parquet.read_table(path) if format_of(path) == ".parquet" else read_csv(path)
    names = table.column_names
    check_names(names)
    label = [name for name in _LABELS if name in names]
    if len(label) > 1:
        raise UnfitError("must have one column of labels, got both 'label' and 'y': leave one out.")
    inputs = [name for name in names if name not in (*label, "set")]
    if not inputs:
        raise UnfitError(
            "must have a column of inputs besides 'label', 'y' and 'set', got "
            f"{some(names) or 'none'}."
        )
    check_no_index(inputs, index_of(table))
    if not len(table):
        raise UnfitError("must hold at least one example, got none.")
    y = _labels(f"the column {label[0]!r}", _values(label[0], table[label[0]])) if label else None
    sets = _sets(table["set"].to_pylist()) if "set" in names else {ALL: slice(None)}
    columns = None
    if inputs == ["x"] and _is_list(table["x"].type):
        x = _listed(table["x"])
    else:
        inputs = in_order(inputs, wanted)
        held = {name: table[name] for name in inputs}
        x = np.stack([_numbers(name, column) for name, column in held.items()], axis=1)
        if wanted is None:
            check_no_identifier(held, list(sets.values()))
        if not are_places(inputs):
            columns = tuple(inputs)
    x, y, _ = _examples("x", x, y)
    return {
        part: FileExamples(x[rows], None if y is None else y[rows], columns)
        for part, rows in sets.items()
    }


def _sets(values: list[Any]) -> dict[str, Any]:
    """The rows of each part, by what the column `set` holds."""
    values = [value.strip() if isinstance(value, str) else value for value in values]
    sets = np.array(values, dtype=object)
    if unknown := [name for name in values if name not in _ARRAYS]:
        raise UnfitError(f"must have train or test in the column 'set', got {unknown[0]!r}.")
    return {part: sets == part for part in _ARRAYS if (sets == part).any()}


def _is_list(kind: Any) -> bool:
    import pyarrow as pa

    return pa.types.is_list(kind) or pa.types.is_large_list(kind) or hasattr(kind, "list_size")


def _listed(column: Any) -> np.ndarray:
    """The inputs of a column of lists, side by side."""
    column = column.combine_chunks()
    values = column.flatten()
    lengths = np.unique(column.value_lengths().to_numpy(zero_copy_only=False))
    if column.null_count or len(values) % max(len(column), 1) or len(lengths) > 1:
        raise UnfitError(
            "must have lists of one length in the column 'x', got several lengths, or gaps."
        )
    return _numbers("x", values).reshape(len(column), -1)


def _numbers(name: str, column: Any) -> np.ndarray:
    """A column's numbers."""
    import pyarrow as pa

    if pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    values = _values(name, column)
    if values.dtype.kind in "fiub":
        return values
    if pa.types.is_temporal(column.type):
        raise UnfitError(
            f"must have numbers in the column {name!r}, got dates or times: leave the column out, "
            "or write it as numbers."
        )
    first = next((value for value in column.to_pylist() if not _is_number(value)), None)
    got = repr(first) if isinstance(first, str) else str(column.type)
    raise UnfitError(
        f"must have numbers in the column {name!r}, got {got}: leave the column out, or write it "
        "as numbers."
    )


def _is_number(value: Any) -> bool:
    """Whether a value is a number, or a text that stands for one."""
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _values(name: str, column: Any) -> np.ndarray:
    if column.null_count:
        raise UnfitError(
            f"must have a value in every row of the column {name!r}, got gaps in "
            f"{counted(column.null_count, 'row')}: fill them, or leave these rows out."
        )
    return np.asarray(column)


def _examples(name: str, x: np.ndarray, y: np.ndarray | None) -> FileExamples:
    if x.dtype.kind not in "fiub":
        raise UnfitError(f"must hold numbers in {name}, got values of type {x.dtype}.")
    if x.ndim < 2 or len(x) == 0:
        raise UnfitError(
            f"must hold {name} of shape (examples, inputs...) with at least one example, got "
            f"{x.shape}."
        )
    if y is not None and y.shape != (len(x),):
        raise UnfitError(f"must hold a label for each of {len(x)} examples, got {y.shape}.")
    return FileExamples(x if x.dtype == np.float32 else x.astype(np.float64), y)


def _labels(place: str, y: np.ndarray) -> np.ndarray:
    unfit = first_unfit_label(y)
    if unfit is not None:
        raise UnfitError(
            f"must have whole numbers from 0 in {place}, the numbers of the classes, got "
            f"{unfit!r}: number the classes first."
        )
    return y.astype(np.int64)
