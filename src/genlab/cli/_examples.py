"""The data set that a command is given."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from genlab._base.errors import DataFileError
from genlab._base.files import format_of
from genlab._base.words import listed, some
from genlab.cli._errors import UsageError, as_usage
from genlab.cli._options import DATASETS
from genlab.cli._output import say
from genlab.cli._progress import reading

if TYPE_CHECKING:
    from genlab.datasets import Dataset, FileExamples, TableOptions


# Parameters of `load_table`, and the options that give them a value.
_TABLE_OPTIONS = {name: f"--{name}" for name in ("target", "test", "task", "groups", "drop")}
#: Parameters of the readers of files, and the option that gives them a value.
FILE_OPTIONS = {"path": "--data", "path_or_frame": "--data"}


def check_data_options(dataset: str | None, data: Path | None, file: str = "--data FILE") -> None:
    """UsageError unless exactly one of --dataset and --data is given, and the name is known.

    `file` is how the command takes a file.
    """
    if (dataset is None) == (data is None):
        got = "neither" if dataset is None else "both"
        raise UsageError(f"give either --dataset NAME or {file}, got {got}.")
    if dataset is not None:
        check_name(dataset)


def table_options(
    data: Path | None,
    target: str | None,
    test: str | None,
    task: str | None,
    groups: str | None,
    drop: list[str] | None,
    file: str = "--data FILE",
) -> TableOptions | None:
    """What the options say of the columns of a table; None without --target.

    UsageError where they belong to a table that is not given. `file` is how the command takes one.
    """
    given = {"--test": test, "--task": task, "--groups": groups, "--drop": drop}
    if target is None:
        for option, value in given.items():
            if value:
                raise UsageError(f"{option} must come with --target COLUMN.")
        return None
    if data is None:
        raise UsageError(f"--target must come with {file}.")
    from genlab.datasets import TableOptions

    return TableOptions(
        target, 0.2 if test is None else _number(test), task, groups, tuple(drop or ())
    )


def _number(text: str) -> float | str:
    """A fraction, or else the name of a column."""
    try:
        return float(text)
    except ValueError:
        return text


def check_name(dataset: str, option: str = "--dataset") -> None:
    """UsageError where there is no data set of this name; `option` is what named it."""
    if dataset not in DATASETS:
        raise UsageError(f"{option} must be one of {', '.join(DATASETS)}, got {dataset!r}.")


def use_one_thread() -> None:
    """Give JAX one thread, before it starts: a result's bits depend on their number."""
    from genlab.sweep import ONE_THREAD

    os.environ.update(ONE_THREAD)


def read_data(
    dataset: str | None,
    data: Path | None,
    table: TableOptions | None = None,
    *,
    quiet: bool = False,
    needs_test: bool = True,
    option: str = "--data",
) -> Dataset:
    """The data set of this name, or of this file, whose columns `table` describes if given.

    What was decided about a table is said on standard error. `option` is what named the file.
    """
    if data is not None:
        options = dict.fromkeys(FILE_OPTIONS, option)
        if table is not None:
            return _table_data(data, table, quiet, needs_test, options)
        return _file_data(data, needs_test, options)
    from genlab import datasets

    assert dataset is not None
    made: Dataset = getattr(datasets, DATASETS[dataset])()
    return made


def _table_data(
    path: Path, table: TableOptions, quiet: bool, needs_test: bool, options: Mapping[str, str]
) -> Dataset:
    """The data set of a table with a target."""
    with reading(path, quiet=quiet) as report, as_usage({**options, **_TABLE_OPTIONS}):
        data = table.load(path, report)
    if needs_test and not data.n_test:
        raise UsageError("--test must leave rows for the test set, got none.")
    for note in () if data.encoder is None else data.encoder.notes:
        say(note)
    return data


def _file_data(path: Path, needs_test: bool, options: Mapping[str, str]) -> Dataset:
    """The data set of a file that has training and test examples, all with labels.

    Without `needs_test` a file's examples may also be all for training.
    """
    import numpy as np

    from genlab.datasets import Dataset, FileExamples, read_examples

    try:
        with as_usage(options):
            parts = read_examples(path)
    except DataFileError as error:
        if not path.is_file() or format_of(path) == ".npz":
            raise
        raise DataFileError(f"{error} Or name the column that is predicted: --target.") from None
    if not needs_test and len(parts) == 1 and "test" not in parts:
        (first,) = parts.values()
        last = FileExamples(first.x[:0], np.zeros(0, np.int64))
    elif set(parts) == {"train", "test"}:
        first, last = parts["train"], parts["test"]
    else:
        raise DataFileError(
            f"{path} must hold training and test examples: x, y, x_test and y_test, or a column "
            f"set with both; {_held(parts)}. Or name the column that is predicted: "
            "--target."
        )
    if first.y is None or last.y is None:
        raise DataFileError(
            f"{path} must hold the labels of all examples, in y and y_test, or in a column label "
            f"or y, or --target COLUMN must name the column that is predicted; {_held(parts)}."
        )
    try:
        return Dataset(first.x, first.y, last.x, last.y, columns=first.columns)
    except (TypeError, ValueError) as error:
        raise DataFileError(f"{path}: {error}") from None


def _held(parts: dict[str, FileExamples]) -> str:
    """What a file has, for a sentence that says what it lacks."""
    from genlab.datasets import ALL

    held = [
        f"{'' if part == ALL else f'{part} '}examples with{'out' if y is None else ''} labels"
        for part, (_, y, _) in parts.items()
    ]
    columns = next(iter(parts.values())).columns
    inputs = "" if columns is None else f", and the inputs {some(columns)}"
    return f"it has {listed(held)}{inputs}"
