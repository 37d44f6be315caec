"""A table becomes a data set, in one call."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from genlab._base.arrays import is_sparse
from genlab._base.checks import several
from genlab._base.errors import DataWarning
from genlab._base.words import some
from genlab.datasets._dataset import Dataset
from genlab.datasets._unfit import UnfitError
from genlab.datasets.tables._encoder import TableEncoder, fitted
from genlab.datasets.tables._read import Progress, RawTable, read_table, sentences
from genlab.datasets.tables._rows import Names, groups_of, is_test, name_of, training_rows
from genlab.datasets.tables._sparse import load_sparse
from genlab.datasets.tables._suspects import (
    constant_columns,
    identifier_columns,
    revealing_columns,
    warn_of_columns,
    warn_of_revealing,
)
from genlab.datasets.tables._target import Target, labels_of, target_of
from genlab.datasets.tables._transformer import (
    TransformerEncoder,
    check_transformer,
    fitted_transformer,
)

if TYPE_CHECKING:
    import pyarrow

# Why columns are left out, and the rest of the sentence that names them.
_TARGET = "the target"
_INDEX = "the index of a pandas table"
_IDENTIFIER = "an identifier, which is different in every row"
_CONSTANT = "the same in every training row"
_STATED = {"drop": "dropped", "groups": "the groups", "test": "the split"}

# Fractions of the work that reading and fitting take, of the whole.
_READ, _FIT = 0.6, 0.8


class TableRows(NamedTuple):
    """The inputs of the rows of a table, and their targets, or None where it has no target."""

    x: Float[np.ndarray, "n inputs"]
    y: Int[np.ndarray, " n"] | Float[np.ndarray, " n"] | None


def load_table(
    path_or_frame: Any,
    target: str | None = None,
    *,
    test: float | str = 0.2,
    task: str | None = None,
    groups: Any = None,
    drop: str | Sequence[str] = (),
    seed: int = 0,
    encoder: Any = None,
    progress: Progress | None = None,
) -> Dataset:
    """The data set of a table: a target to predict from the other columns.

    Columns may hold numbers, words, booleans, categories, dates and gaps. They become numbers by
    a `TableEncoder`, which is fitted on the training rows alone and kept with the data set.
    Left out, with a `DataWarning` that names them, are the index of a pandas table, columns
    without a name, identifiers and constants. A column that determines the target of every
    training row alone is named in a `DataWarning`, and kept: only its owner knows whether it will
    be available when the target is not.

    Parameters
    ----------
    path_or_frame
        A file: CSV (suffix .csv, .tsv, .tab or .txt; separated by commas, semicolons, tabs or
        vertical bars, with a point or a comma as the decimal mark), Parquet, Arrow or Feather, or
        NPZ with the arrays X and y; also compressed by gzip, bzip2, xz, zstd or lz4. Or a data
        frame of pandas, Polars or PyArrow, a NumPy array (columns x0, x1, ...), a dict of
        columns, or (X, y). Where X is a sparse matrix or array of SciPy, its columns become the
        inputs as they are, without an encoder.
    target
        Name of the column that is predicted; None where the table itself says it, as (X, y) does.
    test
        Fraction of the rows that become the test set, at least 0 and below 1, stratified by
        class; or the name of a column that says which rows do, by the words train and test, or
        by True or 1 for the test set. An NPZ file with x_test and y_test has its own split.
    task
        "classification" or "regression". None decides by the target: words, booleans and
        categories are classes, and numbers with fractions are not; whole numbers are where there
        are two different ones, or at most 20 with 5 rows each on average.
    groups
        Name of a column, or one value per row: rows of a group come into the same set, and stay
        together in whatever divides the training set later. The column is no input.
    drop
        Names of columns that are left out.
    seed
        Seed of the split, from 0 to 2³² − 1.
    encoder
        A transformer of scikit-learn's kind in place of the default: it is fitted on the training
        rows, without the target, and given a pandas frame of all columns but the target, an index
        and those that `drop`, `groups` and `test` name. Nothing else is left out. See
        `TransformerEncoder`. Or the encoder of another data set, as it is.
    progress
        Called with the fraction of the work that is done, from 0 to 1.

    Returns
    -------
    Dataset
        Its `encoder.notes` say what was decided; `encoder.to_frame()` shows what became of each
        column.

    Raises
    ------
    DataFileError
        Where the file cannot be read, or is not what it should be.
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> table = {
    ...     "size": [1.5, 2.0, 3.0, 4.0] * 5,
    ...     "colour": ["red", "blue"] * 10,
    ...     "kind": list("aabba") * 4,
    ... }
    >>> data = load_table(table, "kind")
    >>> data.n_train, data.n_test, data.classes
    (16, 4, ('a', 'b'))
    >>> data.columns
    ('size', 'colour=blue', 'colour=red')
    """
    report = progress or (lambda _: None)
    with sentences(path_or_frame):
        if _is_sparse_pair(path_or_frame):
            x, y = path_or_frame
            return load_sparse(
                x,
                y,
                target,
                test=test,
                task=task,
                groups=groups,
                drop=drop,
                seed=seed,
                encoder=encoder,
            )
        is_fitted = isinstance(encoder, (TableEncoder, TransformerEncoder))
        if encoder is not None and not is_fitted:
            check_transformer(encoder)
        words = encoder.words if is_fitted else ()
        raw = read_table(path_or_frame, words=words, progress=lambda done: report(_READ * done))
        names = Names(raw, name_of(path_or_frame))
        target = names.one("target", raw.target if target is None else target)
        stated = target_of(target, raw.table[target], task)
        roles = {target: _TARGET}
        drop = [drop] if isinstance(drop, str) else several("drop", drop)
        roles |= {names.one("drop", name): _STATED["drop"] for name in drop}
        if target in drop:
            raise ValueError(f"`drop` must not hold the target, got {target!r}.")
        group = groups_of(names, groups, raw.table)
        if isinstance(groups, str):
            roles[names.other_than(target, "groups", groups)] = _STATED["groups"]
        by_column = raw.test if raw.test is not None else test if isinstance(test, str) else None
        if by_column is not None:
            roles[names.other_than(target, "test", by_column)] = _STATED["test"]
            train = ~is_test(by_column, raw.table[by_column])
        else:
            train = training_rows(stated, group, test, seed)
        if not train.any():
            raise UnfitError("must have training rows, got only test rows.")
        if not is_fitted:
            span = _FIT - _READ
            encoder = _fit(
                raw, roles, train, stated, encoder, lambda done: report(_READ + span * done)
            )
        else:
            encoder.check(raw)
            encoder = dataclasses.replace(
                encoder,
                target=target,
                task=stated.task,
                classes=stated.classes,
                notes=(stated.note,),
            )
        held = [raw.table.select(list(encoder.columns))]
        group = None if group is None else group[train]
        del raw, names  # so that what has been encoded is freed
        parts = _parts(encoder, held, train, lambda done: report(_FIT + (1 - _FIT) * done))
    return Dataset(
        parts[0],
        stated.y[train],
        parts[1],
        stated.y[~train],
        n_classes=None if stated.classes is None else len(stated.classes),  # type: ignore[arg-type]
        columns=encoder.feature_names,
        task=stated.task,
        classes=stated.classes,
        target=target,
        groups=group,
        encoder=encoder,
        rows=np.flatnonzero(train),
    )


def read_rows(
    path_or_frame: Any,
    encoder: TableEncoder | TransformerEncoder,
    *,
    progress: Progress | None = None,
) -> TableRows:
    """The rows of a table as a model of it takes them.

    Parameters
    ----------
    path_or_frame
        A file, or a table in memory: see `load_table`. Columns are matched by name, in any order.
        New ones are left out with a `DataWarning`.
    encoder
        The encoder of the training rows.
    progress
        Called with the fraction of the work that is done, from 0 to 1.

    Returns
    -------
    TableRows
        `y` holds labels in terms of `encoder.classes`, or numbers; None where there is no column
        of the target.

    Raises
    ------
    DataFileError, ValueError
        In one sentence, where a column is missing, or holds something else than it did.
    """
    report = progress or (lambda _: None)
    with sentences(path_or_frame):
        raw = read_table(
            path_or_frame, words=encoder.words, progress=lambda done: report(_FIT * done)
        )
        encoder.check(raw)
        target = raw.target if encoder.target is None else encoder.target
        y = None
        if target is not None and target in raw.table.column_names:
            y = labels_of(target, raw.table[target], encoder.task, encoder.classes)
        held = [raw.table]
        del raw  # so that what has been encoded is freed
        x = encoder.encoded(held, lambda done: report(_FIT + (1 - _FIT) * done))
    return TableRows(x, y)


def _is_sparse_pair(data: Any) -> bool:
    return isinstance(data, tuple) and len(data) == 2 and is_sparse(data[0])


def _fit(
    raw: RawTable,
    roles: dict[str, str],
    train: Bool[np.ndarray, " n"],
    target: Target,
    transformer: Any,
    progress: Progress,
) -> TableEncoder | TransformerEncoder:
    """The encoder of the columns that can be inputs; the others are named.

    A transformer is given those, too, that the default encoder leaves out.
    """
    table = raw.table
    ignored = {name: why for name, why in roles.items() if why != _TARGET}
    index = [name for name in raw.index if name not in roles]
    names = [name for name in table.column_names if name not in {*roles, *index}]
    if not names:
        raise UnfitError(
            f"must have a column of inputs besides {some([*roles, *index])}, got none."
        )
    warned = _warn_of_index([*raw.unnamed, *map(repr, index)])
    ignored |= dict.fromkeys(index, _INDEX)
    known: dict[str, Any] = {
        "ignored": ignored,
        "target": next(name for name, why in roles.items() if why == _TARGET),
        "task": target.task,
        "classes": target.classes,
        "notes": (target.note,),
    }
    if transformer is not None:
        made = fitted_transformer(transformer, table.select(names), train, **known)
        read = [name for name in names if name in made.read]
        sure, likely = identifier_columns(table, read)
        warned += warn_of_columns(
            [name for name in read if name in {*sure, *likely}],
            "different in every row, as an identifier is: drop {them} if {they} {are} one; {they} "
            "{are} kept, for `encoder` reads {them}",
        )
        warned += warn_of_revealing(revealing_columns(table, read, train, target.y))
        return dataclasses.replace(made, warned=tuple(warned))
    sure, likely = identifier_columns(table, names)
    names = [name for name in names if name not in set(sure)]
    constant = constant_columns(table, names, train)
    names = [name for name in names if name not in set(constant)]
    ignored |= dict.fromkeys(sure, _IDENTIFIER)
    ignored |= dict.fromkeys(constant, _CONSTANT)
    warned += warn_of_columns(
        sure, "different in every row, as an identifier is, so {they} {are} left out"
    )
    warned += warn_of_columns(constant, "the same in every training row, so {they} {are} left out")
    if not names:
        raise UnfitError(
            "must have a column that can be an input, got only identifiers and constants: "
            f"{some([*sure, *constant])}."
        )
    warned += warn_of_columns(
        [name for name in likely if name not in set(constant)],
        "a different whole number in every row, as an identifier may be: drop {them} if {they} "
        "{are}; {they} {are} kept",
    )
    warned += warn_of_revealing(revealing_columns(table, names, train, target.y))
    known["warned"] = tuple(warned)
    return fitted(table.select(names), train, progress=progress, **known)


def _warn_of_index(columns: Sequence[str]) -> list[str]:
    """Name the columns that are the index of a table; what was said, if anything."""
    if not columns:
        return []
    said = f"Left out as the index of the table, which is no input: {some(columns)}."
    warnings.warn(said, DataWarning, stacklevel=4)
    return [said]


def _parts(
    encoder: TableEncoder | TransformerEncoder,
    held: list[pyarrow.Table],
    train: Bool[np.ndarray, " n"],
    progress: Progress,
) -> tuple[Float[np.ndarray, "n inputs"], Float[np.ndarray, "m inputs"]]:
    """The inputs of the training and the test rows; `held` is emptied, so that it is freed."""
    if isinstance(encoder, TransformerEncoder):
        whole = encoder.encoded(held, progress)
        return whole[train], whole[~train]
    width = len(encoder.feature_names)
    n_train = int(np.count_nonzero(train))
    x_train, x_test = np.empty((n_train, width)), np.empty((len(train) - n_train, width))
    x = (x_train, x_test)
    row = 0
    ends = [0, 0]
    for block in encoder.blocks(held.pop(), progress):
        is_train = train[row : row + len(block)]
        for part, rows in enumerate((is_train, ~is_train)):
            chosen = block[rows]
            x[part][ends[part] : ends[part] + len(chosen)] = chosen
            ends[part] += len(chosen)
        row += len(block)
    for values in x:
        values.flags.writeable = False  # a data set takes it as it is
    return x
