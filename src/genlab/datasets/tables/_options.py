"""How a file becomes a data set: what a command or a search file says of its columns."""

from __future__ import annotations

import os
from dataclasses import dataclass

from genlab.datasets._dataset import Dataset
from genlab.datasets.tables._load import load_table
from genlab.datasets.tables._read import Progress


@dataclass(frozen=True)
class TableOptions:
    """The arguments of `load_table` beside the file.

    Attributes
    ----------
    target
        Name of the column that is predicted.
    test
        Fraction of the rows that become the test set, or the name of a column that says it.
    task
        "classification" or "regression"; None decides by the target.
    groups
        Name of the column whose rows stay together, or None.
    drop
        Names of columns that are left out.
    seed
        Seed of the split into training and test rows.

    >>> TableOptions("kind", test="part").load({"size": [1, 2, 3] * 4, "kind": list("aab") * 4,
    ...     "part": ["train", "train", "test"] * 4}).n_test
    4
    """

    target: str
    test: float | str = 0.2
    task: str | None = None
    groups: str | None = None
    drop: tuple[str, ...] = ()
    seed: int = 0

    def load(self, path: str | os.PathLike[str], progress: Progress | None = None) -> Dataset:
        """The data set of a file; see `load_table` for what is raised."""
        return load_table(path, **vars(self), progress=progress)
