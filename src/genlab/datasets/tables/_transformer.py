"""A scikit-learn transformer in place of the default encoder of a table."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from jaxtyping import Bool

from genlab._base.arrays import is_sparse, numbers
from genlab._base.words import some
from genlab.datasets._columns import twice_used
from genlab.datasets._unfit import UnfitError
from genlab.datasets.tables._encoder import check_columns, words_of_classes
from genlab.datasets.tables._frames import pandas_frame
from genlab.datasets.tables._kinds import kinds_of, text_columns
from genlab.datasets.tables._read import Progress, RawTable, read_table, sentences

if TYPE_CHECKING:
    import pandas
    import pyarrow

_MOST_CHARACTERS = 200


@dataclass(frozen=True, eq=False)
class TransformerEncoder:
    """What turns the rows of a table into numbers by a transformer of scikit-learn's kind.

    `load_table(…, encoder=transformer)` makes it. The transformer is cloned and fitted on the
    training rows alone, without the target, which the folds of a search must not share. It is
    given a pandas frame of the raw columns, and returns one row of numbers per row, dense or
    sparse. Numbers are float64, or int64 where they are whole without a gap; dates are datetimes;
    words and categories are words, with NaN in gaps.

    It has no JSON: a model of such a data set is not saved with its encoder.

    Parameters
    ----------
    transformer
        The fitted transformer.
    kinds
        Column -> "number", "category" or "date", in the order of the frame.
    texts
        The columns that hold words, whatever they look like in other rows.
    feature_names
        Names of the inputs.
    n_missing
        Column -> its gaps in the training rows.
    ignored, target, task, classes, notes, warned
        As of `TableEncoder`.
    """

    transformer: Any
    kinds: Mapping[str, str]
    texts: tuple[str, ...]
    feature_names: tuple[str, ...]
    n_missing: Mapping[str, int]
    ignored: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    task: str | None = None
    classes: tuple[Any, ...] | None = None
    notes: tuple[str, ...] = ()
    warned: tuple[str, ...] = field(default=(), compare=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that it reads."""
        return tuple(self.kinds)

    @property
    def read(self) -> frozenset[str]:
        """The columns that the transformer reads, of those that it is given."""
        return frozenset(_steps(self.transformer, self.columns))

    @property
    def words(self) -> tuple[str, ...]:
        """Names of the columns that hold words, whatever they look like in other rows."""
        return (*self.texts, *words_of_classes(self))

    def transform(self, rows: Any) -> Any:
        """The inputs of each row, as of `TableEncoder.transform`; a matrix where it is sparse."""
        with sentences(rows):
            raw = read_table(rows, words=self.words)
            self.check(raw)
            return self.encoded([raw.table])

    def check(self, raw: RawTable) -> None:
        """UnfitError where a column is missing; DataWarning where there is a new one."""
        check_columns(self, raw)

    def encoded(self, held: list[pyarrow.Table], progress: Progress | None = None) -> Any:
        """The inputs of the rows of an Arrow table; `held` is emptied, so that it is freed."""
        frame = pandas_frame(held.pop(), self.kinds, self.texts)
        x = _transformed(self.transformer, frame)
        if x.shape[1] != len(self.feature_names):
            raise ValueError(
                f"`encoder` must give the {len(self.feature_names)} inputs that it gave at first, "
                f"got {x.shape[1]}."
            )
        if progress is not None:
            progress(1.0)
        return x

    def to_frame(self) -> pandas.DataFrame:
        """One row per column: its kind, what reads it, and its gaps in the training rows.

        How many inputs come of it is not known of any transformer, and None.
        """
        import pandas

        steps = _steps(self.transformer, self.columns)
        rows = [
            {
                "column": name,
                "kind": kind,
                "encoding": steps.get(name, "left out"),
                "missing": self.n_missing[name],
                "inputs": None,
            }
            for name, kind in self.kinds.items()
        ]
        rows += [
            {"column": name, "kind": "left out", "encoding": why, "missing": 0, "inputs": None}
            for name, why in self.ignored.items()
        ]
        return pandas.DataFrame(rows, columns=["column", "kind", "encoding", "missing", "inputs"])

    def to_dict(self) -> NoReturn:
        """TypeError: a transformer has no JSON."""
        raise TypeError("a transformer has no JSON: keep it in your own code.")


def fitted_transformer(
    transformer: Any,
    table: pyarrow.Table,
    train: Bool[np.ndarray, " n"],
    *,
    notes: tuple[str, ...],
    **stated: Any,
) -> TransformerEncoder:
    """The encoder of a transformer, fitted on the training rows of a table's columns."""
    import pyarrow as pa
    from sklearn.base import clone

    kinds, texts = kinds_of(table), text_columns(table)
    frame = pandas_frame(table.filter(pa.array(train)), kinds, texts)
    with _failing("be fitted on the training rows, without the target"):
        fitted = clone(transformer).fit(frame)
    width = _transformed(fitted, frame.iloc[:1]).shape[1]
    made_by = _one_line(fitted)
    note = (
        f"The inputs are {width:,} numbers that {made_by} makes of {len(kinds):,} columns, fitted "
        f"on the {len(frame):,} training rows."
    )
    return TransformerEncoder(
        fitted,
        kinds,
        texts,
        _names(fitted, width),
        {str(name): int(n) for name, n in frame.isna().sum().items()},
        notes=(*notes, note),
        **stated,
    )


def check_transformer(encoder: Any) -> None:
    """TypeError unless an encoder is an object with `fit` and `transform`."""
    if isinstance(encoder, type) or not all(
        callable(getattr(encoder, name, None)) for name in ("fit", "transform", "get_params")
    ):
        raise TypeError(
            "`encoder` must be a TableEncoder or a transformer of scikit-learn's kind, such as a "
            f"ColumnTransformer, got {encoder!r}."
        )


def _transformed(transformer: Any, frame: pandas.DataFrame) -> Any:
    """What a transformer makes of the rows, as finite numbers in two dimensions."""
    with _failing("transform the rows"):
        x = transformer.transform(frame)
    if not is_sparse(x):
        x = numbers("encoder", np.asarray(x)).astype(np.float64, copy=False)
    if len(x.shape) != 2 or x.shape[0] != len(frame) or not x.shape[1]:
        raise ValueError(
            f"`encoder` must give one row of numbers for each of {len(frame):,} rows, got an array "
            f"of shape {x.shape}."
        )
    values = x.data if is_sparse(x) else x
    if n_unfit := np.count_nonzero(~np.isfinite(values)):
        raise ValueError(
            f"`encoder` must give finite numbers, got {n_unfit:,} that are not: let it fill the "
            "gaps of the table."
        )
    return x


@contextlib.contextmanager
def _failing(rule: str) -> Iterator[None]:
    """Turn whatever a transformer raises into one sentence."""
    try:
        yield
    except UnfitError:
        raise
    except Exception as error:  # transformers raise anything
        reason = " ".join(str(error).split()).rstrip(".")
        raise ValueError(f"`encoder` must {rule}, got {type(error).__name__}: {reason}.") from error


def _names(transformer: Any, width: int) -> tuple[str, ...]:
    """The names of the inputs: the transformer's, where it has a different one for each."""
    try:
        names = [str(name) for name in transformer.get_feature_names_out()]
    except Exception:  # many transformers have none, and say so in many ways
        names = []
    if len(names) != width or "" in names or twice_used(names):
        return tuple(f"x{i}" for i in range(width))
    return tuple(names)


def _steps(transformer: Any, columns: Sequence[str]) -> dict[str, str]:
    """What reads each column; of a ColumnTransformer its parts."""
    parts = getattr(transformer, "transformers_", None)
    if parts is None:
        return dict.fromkeys(columns, _one_line(transformer))
    found: dict[str, list[str]] = {}
    for _, step, of in parts:
        given: Any = [of] if isinstance(of, (str, int)) else of
        if not all(isinstance(name, str) for name in np.asarray(given, dtype=object).flat):
            given = np.asarray(columns, dtype=object)[given]
        for name in given:
            if step != "drop":
                found.setdefault(str(name), []).append(_one_line(step))
    return {name: some(steps) for name, steps in found.items()}


def _one_line(transformer: Any) -> str:
    line = " ".join(repr(transformer).split())
    return line if len(line) <= _MOST_CHARACTERS else f"{type(transformer).__name__}(…)"
