"""The data set that a command is given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from genlab._base.errors import DataFileError
from genlab.cli._errors import as_usage
from genlab.cli._options import DATASETS

if TYPE_CHECKING:
    from genlab.datasets import Dataset


def named_data(name: str) -> Dataset:
    from genlab import datasets

    made: Dataset = getattr(datasets, DATASETS[name])()
    return made


def file_data(path: Path, *, needs_test: bool = True) -> Dataset:
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
            "set with both."
        )
    if first.y is None or last.y is None:
        raise DataFileError(f"{path} must hold the labels of all examples.")
    try:
        return Dataset(first.x, first.y, last.x, last.y)
    except (TypeError, ValueError) as error:
        raise DataFileError(f"{path}: {error}") from None
