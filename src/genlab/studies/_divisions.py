"""How a data set is divided into examples to fit and examples to predict."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int

from genlab._base import streams
from genlab._base.checks import integer, several
from genlab.datasets import Dataset, DataSpec, rows_as_text

# Fraction of the training examples that are held out where there is no test set.
_HELD_OUT = 0.2


@dataclass(frozen=True, eq=False)
class Division:
    """Some examples to fit and others to predict.

    Attributes
    ----------
    number
        Number of the split of `cv`, or of the part that is held out, from 0; 0 with one test set.
    seed
        Seed of what is drawn: the subset of the training examples, or the estimator's own choices.
    n_train, n_test
        Numbers of examples.
    whole
        Spec of the data with all training examples.
    rows
        Rows that are fitted, in their order, and the text of those that are predicted; None
        without `cv`.
    """

    number: int
    seed: int
    n_train: int
    n_test: int
    whole: DataSpec
    rows: tuple[Int[np.ndarray, " n"], str] | None = None

    def part(self, n: int | None = None) -> DataSpec:
        """The spec with the first `n` training examples of the split, or `n` drawn ones.

        A split that has fewer gives all that it has.
        """
        n = self.n_train if n is None else min(n, self.n_train)
        if self.rows is not None:
            fitted, held_out = self.rows
            return DataSpec.of_part(
                "divided", self.whole, fitted=rows_as_text(fitted[:n]), held_out=held_out
            )
        if n == self.n_train:
            return self.whole
        return DataSpec.of_part("drawn", self.whole, n=n, seed=self.seed)


class Divisions(NamedTuple):
    """All splits, and what they differ by.

    `over` is "seeds" where they share a test set, and "splits" where each predicts examples
    of its own; `n_examples` is the number of different examples that are predicted.
    """

    parts: tuple[Division, ...]
    over: str
    n_examples: int


def divisions_of(data: Dataset, cv: Any, seeds: Iterable[int] | None) -> Divisions:
    """The splits of a data set.

    With `cv` those of its splits, for each seed. Without, each seed has the training examples
    and the test examples of the data; where there are no test examples, it holds out a fifth of
    the training examples, drawn by the seed.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.
    """
    if not isinstance(data, Dataset):
        raise TypeError(
            "`data` must be a Dataset (genlab.datasets.load_table makes one of tables and arrays), "
            f"got {type(data).__name__}."
        )
    default: Iterable[int] = range(5) if cv is None else (0,)
    listed = [
        integer("seeds", seed, low=0, high=streams.MAX_SEED)
        for seed in several("seeds", default if seeds is None else seeds)
    ]
    if not listed or len(set(listed)) < len(listed):
        raise ValueError(f"`seeds` must be distinct and at least one, got {listed!r}.")
    if cv is not None:
        return _of_splits(data, cv, listed)
    if data.n_test:
        parts = [Division(0, seed, data.n_train, data.n_test, data.spec) for seed in listed]
        return Divisions(tuple(parts), "seeds", data.n_test)
    held_out = []
    for i, seed in enumerate(listed):
        spec = DataSpec.of_part("held_out", data.spec, validation=_HELD_OUT, seed=seed)
        part = spec.make()
        held_out.append(Division(i, seed, part.n_train, part.n_test, spec))
    n = sum(part.n_test for part in held_out)
    return Divisions(tuple(held_out), "splits", min(n, data.n_train))


def _of_splits(data: Dataset, cv: Any, seeds: Sequence[int]) -> Divisions:
    pairs = [
        (_rows(data, fitted, i), _rows(data, tested, i))
        for i, (fitted, tested) in enumerate(_pairs(data, cv))
    ]
    texts = [rows_as_text(tested) for _, tested in pairs]
    parts = [
        Division(i, seed, len(fitted), len(tested), data.spec, (fitted, texts[i]))
        for seed in seeds
        for i, (fitted, tested) in enumerate(pairs)
    ]
    n = len(np.unique(np.concatenate([tested for _, tested in pairs])))
    return Divisions(tuple(parts), "splits", n)


def _pairs(data: Dataset, cv: Any) -> list[Any]:
    """The splits of `cv`, as scikit-learn's `check_cv` understands it."""
    from sklearn import model_selection

    splitter = cv
    if isinstance(cv, numbers.Integral) and not isinstance(cv, bool):
        n = integer("cv", cv, low=2)
        kind = "KFold" if data.task == "regression" else "StratifiedKFold"
        if data.groups is not None:
            kind = {"KFold": "GroupKFold", "StratifiedKFold": "StratifiedGroupKFold"}[kind]
        splitter = getattr(model_selection, kind)(n)
    elif isinstance(cv, (str, bool)) or not (hasattr(cv, "split") or isinstance(cv, Iterable)):
        raise TypeError(
            f"`cv` must be a number of folds, a scikit-learn splitter or pairs of rows, got {cv!r}."
        )
    if hasattr(splitter, "split"):
        pairs = _split(splitter, data)
        if getattr(splitter, "random_state", 0) is None and not _same(
            pairs, _split(splitter, data)
        ):
            raise ValueError(
                "`cv` must give the same splits each time, so that a second call finds what was "
                f"fitted: give it a whole number as `random_state`, got {splitter!r}."
            )
    else:
        pairs = [tuple(pair) if isinstance(pair, Iterable) else () for pair in splitter]
    if not pairs or any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"`cv` must give pairs of rows, at least one, got {pairs!r:.60}.")
    return pairs


def _split(splitter: Any, data: Dataset) -> list[Any]:
    try:
        return list(splitter.split(data.x_train, data.y_train, data.groups))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"`cv` must split the {data.n_train} training examples, and "
            f"{type(splitter).__name__} does not: {' '.join(str(error).split()).rstrip('.')}."
        ) from None


def _same(first: list[Any], second: list[Any]) -> bool:
    """Whether two lists of splits are of the same rows."""
    return len(first) == len(second) and all(
        np.array_equal(a, b)
        for one, other in zip(first, second, strict=True)
        for a, b in zip(one, other, strict=True)
    )


def _rows(data: Dataset, part: Any, i: int) -> Int[np.ndarray, " rows"]:
    rows = np.asarray(part)
    if rows.dtype == bool and rows.shape == (data.n_train,):
        rows = np.flatnonzero(rows)
    if rows.ndim != 1 or len(rows) == 0 or rows.dtype.kind not in "iu":
        raise ValueError(f"`cv` must give rows, at least one per part, got {part!r} in split {i}.")
    if rows.min() < 0 or rows.max() >= data.n_train:
        raise ValueError(
            f"`cv` must give rows from 0 to {data.n_train - 1}, got {rows.max()} in split {i}."
        )
    return rows.astype(np.int64)
