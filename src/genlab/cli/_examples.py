"""The data set that a command is given."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from genlab._base.errors import DataFileError
from genlab._base.words import listed, some
from genlab.cli._errors import UsageError, as_usage
from genlab.cli._options import DATASETS

if TYPE_CHECKING:
    from genlab.datasets import Dataset, FileExamples


def check_data_options(dataset: str | None, data: Path | None) -> None:
    """UsageError unless exactly one of --dataset and --data is given, and the name is known."""
    if (dataset is None) == (data is None):
        got = "neither" if dataset is None else "both"
        raise UsageError(f"give either --dataset NAME or --data FILE, got {got}.")
    if dataset is not None:
        check_name(dataset)


def check_name(dataset: str, option: str = "--dataset") -> None:
    """UsageError where there is no data set of this name; `option` is what named it."""
    if dataset not in DATASETS:
        raise UsageError(f"{option} must be one of {', '.join(DATASETS)}, got {dataset!r}.")


def use_one_thread() -> None:
    """Give JAX one thread, before it starts: a result's bits depend on their number."""
    from genlab.sweep import ONE_THREAD

    os.environ.update(ONE_THREAD)


def read_data(dataset: str | None, data: Path | None, *, needs_test: bool = True) -> Dataset:
    """The data set of this name, or of this file."""
    if data is not None:
        return _file_data(data, needs_test)
    from genlab import datasets

    assert dataset is not None
    made: Dataset = getattr(datasets, DATASETS[dataset])()
    return made


def _file_data(path: Path, needs_test: bool) -> Dataset:
    """The data set of a file that has training and test examples, all with labels.

    Without `needs_test` a file's examples may also be all for training.
    """
    import numpy as np

    from genlab.datasets import Dataset, FileExamples, read_examples

    with as_usage():
        parts = read_examples(path)
    if not needs_test and len(parts) == 1 and "test" not in parts:
        (first,) = parts.values()
        last = FileExamples(first.x[:0], np.zeros(0, np.int64))
    elif set(parts) == {"train", "test"}:
        first, last = parts["train"], parts["test"]
    else:
        raise DataFileError(
            f"{path} must hold training and test examples: x, y, x_test and y_test, or a column "
            f"set with both; {_held(parts)}."
        )
    if first.y is None or last.y is None:
        raise DataFileError(
            f"{path} must hold the labels of all examples, in y and y_test, or in a column label "
            f"or y; {_held(parts)}."
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
