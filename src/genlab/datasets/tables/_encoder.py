"""The columns of a table become the inputs of a model."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float

from genlab._base.errors import DataWarning
from genlab._base.words import some
from genlab.datasets._columns import is_index, twice_used
from genlab.datasets._unfit import UnfitError
from genlab.datasets.tables._columns import (
    CategoryColumn,
    ColumnEncoding,
    DateColumn,
    NumberColumn,
    category_column,
    column_from_dict,
    column_to_dict,
    date_column,
    number_columns,
)
from genlab.datasets.tables._inputs import TableInput, inputs_of
from genlab.datasets.tables._kinds import CATEGORY, NUMBER, kinds_of, numbers
from genlab.datasets.tables._read import Progress, RawTable, read_table, sentences

if TYPE_CHECKING:
    import pandas
    import pyarrow

# Numbers that are worked on at once.
_AT_ONCE = 2**22


@dataclass(frozen=True)
class TableEncoder:
    """What turns the rows of a table into numbers: fitted once, and kept with a model.

    Numbers have the median in place of gaps, with a second input that marks them, and are
    standardised. Words, booleans and categories become one input per level; levels that are rare
    (fewer than 10 training rows, or than 1% of them if that is less), the least frequent ones
    beyond 100, and new ones share an input, and a gap is a level of its own. A date becomes its
    year, month, day of the week, whole days since the first training date, and the hour where
    there is one, as numbers. In scikit-learn the same is ::

        numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
        marks = MissingIndicator()
        levels = OneHotEncoder(
            min_frequency=min(10, math.ceil(0.01 * n)), max_categories=100,
            handle_unknown="infrequent_if_exist",
        )

    one per column, in the order of the columns, and the two are equal to within 1e-12 of the size
    of a column's values. The encoder is JSON both ways, and reads a table a few rows at a time.

    Parameters
    ----------
    encodings
        How each column is encoded, in the order of the inputs.
    ignored
        Columns that the table had and that are no inputs, and why: an index, an identifier, a
        constant, the groups. Other rows may have them or not.
    target
        Name of the column that is predicted, or None.
    task
        "classification" or "regression".
    classes
        Names of the classes in the order of their labels, or None.
    notes
        Sentences about what was decided, such as the task.
    warned
        Sentences that were warned of when the table was read, such as a column that reveals the
        target. They are not written to files.

    >>> import numpy as np
    >>> table = {"size": [1.0, 3.0, None, 2.0], "colour": ["red", "blue", "red", "red"]}
    >>> encoder = TableEncoder.fit(table)
    >>> encoder.feature_names
    ('size', 'size is missing', 'colour=blue', 'colour=red')
    >>> encoder.transform({"colour": ["green"], "size": [2.0]})
    array([[0., 0., 0., 0.]])
    """

    encodings: tuple[ColumnEncoding, ...]
    ignored: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    task: str | None = None
    classes: tuple[Any, ...] | None = None
    notes: tuple[str, ...] = ()
    warned: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def fit(
        cls, table: Any, rows: Bool[np.ndarray, " n"] | None = None, **stated: Any
    ) -> TableEncoder:
        """The encoder of a table's columns.

        Parameters
        ----------
        table
            Path of a file, or a table in memory: see `load_table`. All its columns are inputs.
        rows
            Mask of the rows that it is fitted on, the training rows; None means all.
        **stated
            Other fields of the encoder.

        Raises
        ------
        DataFileError, ValueError
            In one sentence, where a column cannot be an input.
        """
        with sentences(table):
            return fitted(read_table(table).table, rows, **stated)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that it reads."""
        return tuple(column.name for column in self.encodings)

    @property
    def words(self) -> tuple[str, ...]:
        """Names of the columns that hold words, whatever they look like in other rows."""
        words = [c.name for c in self.encodings if isinstance(c, CategoryColumn) and c.are_words]
        return (*words, *words_of_classes(self))

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the inputs."""
        names = [name for column in self.encodings for name in column.outputs]
        if twice_used(names):  # such as a column called "a=b" beside the level b of a
            seen: dict[str, int] = {}
            for i, name in enumerate(names):
                seen[name] = seen.get(name, 0) + 1
                if seen[name] > 1:
                    names[i] = f"{name} ({seen[name]})"
        return tuple(names)

    @cached_property
    def inputs(self) -> tuple[TableInput, ...]:
        """What each input says in the columns and units of the table."""
        return tuple(one for column in self.encodings for one in inputs_of(column))

    def transform(self, rows: Any) -> Float[np.ndarray, "n inputs"]:
        """The inputs of each row.

        Parameters
        ----------
        rows
            Path of a file, or a table in memory: see `load_table`. Its columns are matched by
            name, in any order; columns that are new raise a `DataWarning` and are left out.

        Raises
        ------
        DataFileError, ValueError
            In one sentence, where a column is missing or holds something else than it did.
        """
        with sentences(rows):
            raw = read_table(rows, words=self.words)
            self.check(raw)
            held = [raw.table]
            del raw
            return self.encoded(held)

    def check(self, raw: RawTable) -> None:
        """UnfitError where a column is missing; DataWarning where there is a new one."""
        check_columns(self, raw)

    def encoded(
        self, held: list[pyarrow.Table], progress: Progress | None = None
    ) -> Float[np.ndarray, "n inputs"]:
        """The inputs of the rows of an Arrow table; `held` is emptied, so that it is freed."""
        x = np.empty((len(held[0]), len(self.feature_names)))
        start = 0
        for block in self.blocks(held.pop(), progress):
            x[start : start + len(block)] = block
            start += len(block)
        return x

    def blocks(
        self, table: pyarrow.Table, progress: Progress | None = None
    ) -> Iterator[Float[np.ndarray, "rows inputs"]]:
        """The inputs of some rows after others.

        Where the caller keeps no other reference to the table, what has been encoded is freed.
        """
        import pyarrow as pa

        n_rows = len(table)
        n_columns = max(len(self.feature_names), len(self.encodings), 1)
        table = table.select(list(self.columns))
        batches = table.to_batches(max_chunksize=max(_AT_ONCE // n_columns, 1))[::-1]
        del table
        done = 0
        while batches:
            batch = batches.pop()
            if len(batch):
                yield self._block(batch)
            done += len(batch)
            del batch
            pa.default_memory_pool().release_unused()
            if progress is not None:
                progress(done / n_rows)

    def to_frame(self) -> pandas.DataFrame:
        """One row per column: its kind, what becomes of it, its gaps and its inputs."""
        import pandas

        rows = [
            {
                "column": column.name,
                "kind": column.kind,
                "encoding": column.summary,
                "missing": column.n_missing,
                "inputs": len(column.outputs),
            }
            for column in self.encodings
        ]
        rows += [
            {"column": name, "kind": "left out", "encoding": why, "missing": 0, "inputs": 0}
            for name, why in self.ignored.items()
        ]
        return pandas.DataFrame(rows, columns=["column", "kind", "encoding", "missing", "inputs"])

    def to_dict(self) -> dict[str, Any]:
        """The encoder as JSON values."""
        return {
            "encodings": [column_to_dict(column) for column in self.encodings],
            "ignored": dict(self.ignored),
            "target": self.target,
            "task": self.task,
            "classes": None if self.classes is None else list(self.classes),
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> TableEncoder:
        """The encoder that `to_dict` gave.

        Raises
        ------
        ValueError
            Where the values are not those of an encoder.
        """
        try:
            held = dict(given)
            held["encodings"] = tuple(column_from_dict(column) for column in held["encodings"])
            held["ignored"] = {str(name): str(why) for name, why in held["ignored"].items()}
            held["notes"] = tuple(map(str, held["notes"]))
            if held["classes"] is not None:
                held["classes"] = tuple(held["classes"])
            encoder = cls(**held)
            if twice := twice_used(encoder.columns):
                raise ValueError(
                    f"two columns are named {twice!r}, and each must have a name of its own."
                )
            return encoder
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            reason = str(error).rstrip(".")
            raise ValueError(f"these are not the values of a table's encoder: {reason}.") from None

    @cached_property
    def _numbers(self) -> _Numbers:
        """All standardised numbers side by side: their places among the inputs, and the scale."""
        columns: list[tuple[int, Any]] = []
        places: list[int] = []
        gaps: list[tuple[int, int]] = []
        at = 0
        for i, column in enumerate(self.encodings):
            parts = column.parts if isinstance(column, DateColumn) else (column,)
            if not isinstance(column, CategoryColumn):
                columns += [(i, part) for part in parts]
                places += range(at, at + len(parts))
                if column.n_missing:
                    gaps.append((len(columns) - 1, at + len(parts)))
            at += len(column.outputs)
        kept = [part for _, part in columns if isinstance(part, NumberColumn)]
        return _Numbers(
            np.array(places, dtype=np.int64),
            np.array(gaps, dtype=np.int64).reshape(-1, 2),
            *(np.array([getattr(p, name) for p in kept]) for name in ("median", "mean", "scale")),
        )

    def _block(self, batch: Any) -> Float[np.ndarray, "rows inputs"]:
        """The inputs of the rows of a batch whose columns are the encoder's."""
        n = len(batch)
        block = np.zeros((n, len(self.feature_names)))
        standard = self._numbers
        values = np.empty((len(standard.places), n))
        at = j = 0
        for i, column in enumerate(self.encodings):
            given = batch.column(i)
            if isinstance(column, CategoryColumn):
                places = column.places(given)
                rows = np.flatnonzero(places >= 0)
                block[rows, at + places[rows]] = 1.0
            elif isinstance(column, DateColumn):
                k = len(column.parts)
                values[j : j + k] = column.values(given)
                j += k
            else:
                values[j] = numbers(column.name, given)
                j += 1
            at += len(column.outputs)
        missing = np.isnan(values)
        if len(standard.gaps):
            block[:, standard.gaps[:, 1]] = missing[standard.gaps[:, 0]].T
        np.copyto(values, standard.median[:, None], where=missing)
        values -= standard.mean[:, None]
        values /= standard.scale[:, None]
        block[:, standard.places] = values.T
        return block


@dataclass(frozen=True)
class _Numbers:
    """Places of standardised numbers, pairs (number, place of its mark), and their scales."""

    places: np.ndarray
    gaps: np.ndarray
    median: np.ndarray
    mean: np.ndarray
    scale: np.ndarray


def words_of_classes(encoder: Any) -> tuple[str, ...]:
    """The column of the target, where its classes are words."""
    are_words = any(isinstance(name, str) for name in encoder.classes or ())
    return (encoder.target,) if encoder.target is not None and are_words else ()


def check_columns(encoder: Any, raw: RawTable) -> None:
    """UnfitError where a table lacks a column of an encoder; DataWarning where it has a new one."""
    names = raw.table.column_names
    available = set(names)
    missing = [name for name in encoder.columns if name not in available]
    known = {*encoder.columns, *encoder.ignored, *raw.index, encoder.target, raw.target}
    new = [name for name in names if name not in known and not is_index(name)]
    if missing:
        besides = f" and also has {some(new)}" if new else ""
        raise UnfitError(
            f"must have the columns {some(encoder.columns)}: it lacks {some(missing)}{besides}."
        )
    if new:
        warnings.warn(
            f"Columns that the training rows did not have are left out: {some(new)}.",
            DataWarning,
            stacklevel=4,
        )


def fitted(
    table: pyarrow.Table,
    rows: Bool[np.ndarray, " n"] | None = None,
    *,
    progress: Progress | None = None,
    **stated: Any,
) -> TableEncoder:
    """The encoder of the columns of an Arrow table; UnfitError where one cannot be an input."""
    kinds = kinds_of(table)
    n = len(table) if rows is None else int(np.count_nonzero(rows))
    if not n:
        raise UnfitError("must hold at least one training row, got none.")
    found: dict[str, ColumnEncoding] = {}
    report = progress or (lambda _: None)
    whole = [name for name, kind in kinds.items() if kind == NUMBER]
    for names, values in number_blocks(table, whole, rows):
        found |= {column.name: column for column in number_columns(names, values)}
        report(len(found) / len(kinds))
    for name, kind in kinds.items():
        if kind != NUMBER:
            column = training_part(table[name], rows)
            found[name] = (category_column if kind == CATEGORY else date_column)(name, column)
            report(len(found) / len(kinds))
    return TableEncoder(tuple(found[name] for name in table.column_names), **stated)


def number_blocks(
    table: pyarrow.Table, names: Sequence[str], rows: Bool[np.ndarray, " n"] | None
) -> Iterator[tuple[Sequence[str], Float[np.ndarray, "columns n"]]]:
    """The training rows of columns of numbers, as many columns at once as are quick."""
    n = len(table) if rows is None else int(np.count_nonzero(rows))
    step = max(_AT_ONCE // max(n, 1), 1)
    places = {name: i for i, name in enumerate(table.column_names)}
    for start in range(0, len(names), step):
        part = names[start : start + step]
        values = np.empty((len(part), n))
        for i, name in enumerate(part):
            column = numbers(name, table[places[name]])
            values[i] = column if rows is None else column[rows]
        yield part, values


def training_part(column: Any, rows: Bool[np.ndarray, " n"] | None) -> Any:
    """The training rows of a column."""
    import pyarrow as pa

    return column if rows is None else column.filter(pa.array(rows))
