"""(X, y) with sparse inputs: a data set of them as they are, for estimators.

A `TableEncoder` would make them dense, for it standardises them. Nothing here does: columns are
searched by what they store, and the few that are candidates are looked at one at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from genlab.datasets._dataset import Dataset
from genlab.datasets._sparse import canonical
from genlab.datasets._unfit import UnfitError
from genlab.datasets.tables._frames import target_column
from genlab.datasets.tables._rows import groups_of, training_rows
from genlab.datasets.tables._suspects import is_revealing, warn_of_columns, warn_of_revealing
from genlab.datasets.tables._target import target_of


def load_sparse(
    x: Any,
    y: Any,
    target: str | None,
    *,
    test: float | str,
    task: str | None,
    groups: Any,
    drop: Any,
    seed: int,
    encoder: Any,
) -> Dataset:
    """The data set of sparse inputs and their target; parameters as of `load_table`.

    Constant columns are named, and kept: new rows then have the same columns. Identifiers are not
    searched: a column whose values all differ has a 0 once at most.
    """
    import pyarrow as pa

    name, column = target_column(y)
    for parameter, value, rule in (
        ("target", target not in (None, name) and target, f"None or {name!r}"),
        ("test", isinstance(test, str) and test, "a fraction of the rows"),
        ("groups", isinstance(groups, str) and groups, "one group per row"),
        ("drop", drop, "empty"),
        ("encoder", encoder, "None"),
    ):
        if value is not False and value is not None and value != ():
            raise ValueError(
                f"`{parameter}` must be {rule} for sparse inputs, whose columns have no names and "
                f"stay as they are, got {value!r}."
            )
    x = canonical("path_or_frame", x)
    if len(column) != x.shape[0]:
        raise UnfitError(
            f"must have one value of y for each of {x.shape[0]:,} rows, got {len(column):,}."
        )
    table = pa.table({name: column})
    stated = target_of(name, table[name], task)
    group = groups_of(None, groups, table)
    train = training_rows(stated, group, test, seed)
    x_train = x[train]
    warn_of_columns(
        [f"x{i}" for i in _constant(x_train)], "the same in every training row; {they} {are} kept"
    )
    warn_of_revealing([f"x{i}" for i in _revealing(x_train, stated.y[train])])
    return Dataset(
        x_train,
        stated.y[train],
        x[~train],
        stated.y[~train],
        n_classes=None if stated.classes is None else len(stated.classes),  # type: ignore[arg-type]
        task=stated.task,
        classes=stated.classes,
        target=name,
        groups=None if group is None else group[train],
        rows=np.flatnonzero(train),
    )


def _constant(x: Any) -> Int[np.ndarray, " columns"]:
    """The columns of one value, in rows of a canonical matrix."""
    n, width = x.shape
    stored = np.bincount(x.indices, minlength=width)
    low, high = np.zeros(width), np.zeros(width)
    full = stored == n
    low[full], high[full] = np.inf, -np.inf
    np.minimum.at(low, x.indices, x.data)
    np.maximum.at(high, x.indices, x.data)
    return np.flatnonzero(low == high)


def _revealing(
    x: Any, y: Int[np.ndarray, " n"] | Float[np.ndarray, " n"]
) -> Int[np.ndarray, " columns"]:
    """The columns that determine the target of every row, as `revealing_columns` has it."""
    from scipy import sparse

    n, width = x.shape
    levels, code = np.unique(y, return_inverse=True)
    # Rows of a level, by level: where a column is not 0 in a row of it.
    of_level = sparse.csr_array((np.ones(n), (code, np.arange(n))), shape=(len(levels), n))
    pattern = sparse.csr_array((np.ones(x.nnz), x.indices, x.indptr), shape=x.shape)
    stored = of_level @ pattern
    # The rows where a column is 0 are of one level, so it is not 0 in all rows of the others.
    all_of = stored.data == np.bincount(code)[stored.nonzero()[0]]
    covered = np.bincount(stored.indices[all_of], minlength=width)
    candidates = np.flatnonzero(covered >= len(levels) - 1)
    columns = x[:, candidates].tocsc()
    found = []
    for i, column in enumerate(candidates):
        values = np.zeros(n)
        stored_at = slice(columns.indptr[i], columns.indptr[i + 1])
        values[columns.indices[stored_at]] = columns.data[stored_at]
        if is_revealing(values, y, width):
            found.append(column)
    return np.array(found, dtype=np.int64)
