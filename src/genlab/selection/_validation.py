"""Validation examples: a part of the training set, or each of several folds in turn."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int

from genlab._base.checks import integer, real
from genlab.datasets import CONTENT, Dataset, DataSpec, split_indices


@dataclass(frozen=True, eq=False)
class Validation:
    """How the training examples are divided, once or several times.

    Attributes
    ----------
    kind
        "held_out", "folds" or "cv".
    fitted, chosen_by
        Rows of the training examples, and of the validation examples, in each division.
    specs
        Spec of each division's data set, for workers to make; None where they cannot.
    definition
        The division as JSON values: part of a search's identity.
    """

    kind: str
    fitted: tuple[Int[np.ndarray, " n"], ...]
    chosen_by: tuple[Int[np.ndarray, " m"], ...]
    specs: tuple[DataSpec, ...] | None
    definition: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.fitted)

    def part(self, data: Dataset, i: int) -> Dataset:
        """The i-th division, with its validation examples as the test set."""
        return Dataset(
            data.x_train[self.fitted[i]],
            data.y_train[self.fitted[i]],
            data.x_train[self.chosen_by[i]],
            data.y_train[self.chosen_by[i]],
            n_classes=data.n_classes,
            t=data.t,
            columns=data.columns,
        )


def validation_of(
    data: Dataset,
    validation: float | None,
    folds: int | None,
    cv: Any,
    *,
    seed: int,
    estimator: bool,
) -> Validation:
    """The division that the arguments of `select` describe; it raises what `select` documents."""
    given = [name for name, value in (("folds", folds), ("cv", cv)) if value is not None]
    if validation is not None:
        given.insert(0, "validation")
    if len(given) > 1:
        raise ValueError(f"`{given[1]}` must be None where `{given[0]}` is given, got both.")
    n_labels = len(np.unique(data.y_train))
    if data.n_train < max(data.n_classes, 2):
        raise ValueError(
            f"`data` must have at least as many training examples as its {data.n_classes} "
            f"classes, got {data.n_train}."
        )
    if n_labels < 2:
        raise ValueError("`data` must have training examples of at least 2 classes, got 1.")
    made, specs = _origin(data), None
    if cv is not None:
        if not estimator:
            raise ValueError("`cv` must be None for genlab models; give `validation` or `folds`.")
        return _of_splitter(data, cv)
    if folds is not None:
        n_folds = integer("folds", folds, low=2)
        if n_folds > data.n_train:
            raise ValueError(
                f"`folds` must be at most the {data.n_train} training examples, got {folds}."
            )
        parts = split_indices(data.y_train, (1 / n_folds,) * n_folds, seed=seed)
        chosen_by = tuple(np.sort(part) for part in parts)
        fitted = tuple(
            np.sort(np.concatenate([part for j, part in enumerate(parts) if j != i]))
            for i in range(n_folds)
        )
        definition = {"kind": "folds", "n_folds": n_folds, "seed": seed}
        if made is not None:
            specs = tuple(
                DataSpec.of_part("fold", made, n_folds=n_folds, fold=i, seed=seed)
                for i in range(n_folds)
            )
        return Validation("folds", fitted, chosen_by, specs, definition)
    fraction = real("validation", 0.2 if validation is None else validation, above=0, high=1)
    n_held_out = round(fraction * data.n_train)
    if not 0 < n_held_out < data.n_train:
        raise ValueError(
            "`validation` must leave examples to train on and to validate on, got "
            f"{validation!r} of {data.n_train}."
        )
    parts = split_indices(data.y_train, (1 - fraction, fraction), seed=seed)
    definition = {"kind": "held_out", "validation": fraction, "seed": seed}
    if made is not None:
        specs = (DataSpec.of_part("held_out", made, validation=fraction, seed=seed),)
    return Validation("held_out", (np.sort(parts[0]),), (np.sort(parts[1]),), specs, definition)


def _origin(data: Dataset) -> DataSpec | None:
    """The spec of the whole data set, or None where only its content is known."""
    spec = data.spec
    while spec.name == "development":  # whose training set is the whole's
        spec = _whole(spec)
    origin = spec
    while "of" in spec.arguments:
        spec = _whole(spec)
    return None if spec.name == CONTENT else origin


def _whole(part: DataSpec) -> DataSpec:
    return DataSpec(part.arguments["of"]["name"], part.arguments["of"]["arguments"])


def _of_splitter(data: Dataset, cv: Any) -> Validation:
    """The splits of a scikit-learn splitter, or of pairs of rows, checked."""
    if hasattr(cv, "split"):
        pairs = list(cv.split(data.x_train, data.y_train))
    elif isinstance(cv, Iterable) and not isinstance(cv, str):
        pairs = list(cv)
    else:
        raise TypeError(f"`cv` must be a scikit-learn splitter or pairs of rows, got {cv!r}.")
    if not pairs:
        raise ValueError("`cv` must give at least one split, got none.")
    fitted, chosen_by = [], []
    for i, pair in enumerate(pairs):
        rows = [_rows(part, data.n_train, i) for part in pair]
        if len(rows) != 2:
            raise ValueError(f"`cv` must give pairs of rows, got {len(rows)} parts in split {i}.")
        shared = np.intersect1d(rows[0], rows[1])
        if len(shared):
            raise ValueError(
                "`cv` must give splits that do not overlap, and split "
                f"{i} trains on {len(shared)} of the examples that it validates on."
            )
        fitted.append(rows[0])
        chosen_by.append(rows[1])
    digest = hashlib.sha256()
    for part in (*fitted, *chosen_by):
        digest.update(len(part).to_bytes(8, "little") + part.tobytes())
    definition = {"kind": "cv", "rows": digest.hexdigest()}
    return Validation("cv", tuple(fitted), tuple(chosen_by), None, definition)


def _rows(part: Any, n: int, i: int) -> Int[np.ndarray, " rows"]:
    rows = np.asarray(part)
    if rows.dtype == bool and rows.shape == (n,):
        rows = np.flatnonzero(rows)
    if rows.ndim != 1 or len(rows) == 0 or rows.dtype.kind not in "iu":
        raise ValueError(f"`cv` must give rows, at least one per part, got {part!r} in split {i}.")
    if rows.min() < 0 or rows.max() >= n:
        raise ValueError(f"`cv` must give rows from 0 to {n - 1}, got {rows.max()} in split {i}.")
    return rows.astype(np.int64)
