"""Validation examples: a part of the training set, or each of several folds in turn."""

from __future__ import annotations

import hashlib
import numbers
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from genlab._base.checks import integer, real
from genlab.datasets import Dataset, DataSpec, split_indices

# Classes that a warning names, and the training examples up to which splits are drawn ten times.
_SHOWN = 5
_FEW = 100


@dataclass(frozen=True, eq=False)
class Validation:
    """How the training examples are divided, once or several times.

    Attributes
    ----------
    kind
        "held_out", "folds" or "cv".
    fitted, chosen_by
        Rows of the training examples, and of the validation examples, in each split.
    specs
        Spec of each split's data set; None where only its rows describe it.
    definition
        The split as JSON values: part of a search's identity.
    """

    kind: str
    fitted: tuple[Int[np.ndarray, " n"], ...]
    chosen_by: tuple[Int[np.ndarray, " m"], ...]
    specs: tuple[DataSpec, ...] | None
    definition: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.fitted)

    def part(self, data: Dataset, i: int) -> Dataset:
        """The i-th split, with its validation examples as the test set."""
        return data.divided(self.fitted[i], self.chosen_by[i])


def validation_of(
    data: Dataset,
    validation: float | None,
    folds: int | None,
    cv: Any,
    *,
    seed: int,
) -> Validation:
    """The split that the arguments of `select` describe; it raises what `select` documents."""
    given = [name for name, value in (("folds", folds), ("cv", cv)) if value is not None]
    if validation is not None:
        given.insert(0, "validation")
    if len(given) > 1:
        raise ValueError(f"`{given[1]}` must be None where `{given[0]}` is given, got both.")
    _check_targets(data)
    whole = _origin(data)
    name = "folds"
    if isinstance(cv, numbers.Integral):
        name, folds = "cv", integer("cv", cv, low=2)
    elif cv is not None:
        return _of_splitter(data, cv)
    if folds is not None:
        n_folds = integer(name, folds, low=2)
        if n_folds > data.n_train:
            raise ValueError(
                f"`{name}` must be at most the {data.n_train} training examples, got {n_folds}."
            )
        if n_folds > (n_groups := _n_groups(data)):
            raise ValueError(
                f"`{name}` must be at most the {n_groups} groups of the training examples, got "
                f"{n_folds}."
            )
        parts = split_indices(data.y_train, (1 / n_folds,) * n_folds, groups=data.groups, seed=seed)
        chosen_by = tuple(np.sort(part) for part in parts)
        fitted = tuple(
            np.sort(np.concatenate([part for j, part in enumerate(parts) if j != i]))
            for i in range(n_folds)
        )
        definition = {"kind": "folds", "n_folds": n_folds, "seed": seed}
        specs = tuple(
            DataSpec.of_part("fold", whole, n_folds=n_folds, fold=i, seed=seed)
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
    try:
        parts = split_indices(data.y_train, (1 - fraction, fraction), groups=data.groups, seed=seed)
    except ValueError:  # of the sizes of the groups, all others are checked
        raise ValueError(
            "`validation` must leave whole groups to train on and to validate on, got "
            f"{fraction!r} of {_n_groups(data)} groups."
        ) from None
    definition = {"kind": "held_out", "validation": fraction, "seed": seed}
    specs = (DataSpec.of_part("held_out", whole, validation=fraction, seed=seed),)
    return Validation("held_out", (np.sort(parts[0]),), (np.sort(parts[1]),), specs, definition)


def _check_targets(data: Dataset) -> None:
    """ValueError where there are too few examples, classes or different targets to choose by."""
    n_labels = len(np.unique(data.y_train))
    if data.task == "regression":
        if n_labels < 2:
            raise ValueError(
                f"`data` must have training targets that differ, got {data.y_train[0]!r} in all "
                f"{data.n_train} training examples."
            )
        return
    if data.n_train < max(data.n_classes, 2):
        raise ValueError(
            f"`data` must have at least as many training examples as its {data.n_classes} "
            f"classes, got {data.n_train}."
        )
    if n_labels < 2:
        raise ValueError("`data` must have training examples of at least 2 classes, got 1.")


def _n_groups(data: Dataset) -> int:
    """Number of groups of the training examples; without groups each is one of its own."""
    return data.n_train if data.groups is None else len(np.unique(data.groups))


def missing_classes(data: Dataset, division: Validation) -> str | None:
    """Classes that a part to fit or to choose by lacks, in a sentence; None where none does.

    A part of fewer examples than classes, as of one example left out, lacks some by design:
    it counts only for a class that no part to choose by has.
    """
    if data.task == "regression":
        return None
    y = data.y_train
    present = _has(y, data.n_classes)
    unfitted, unchosen = np.zeros_like(present), present.copy()
    for fitted, chosen_by in zip(division.fitted, division.chosen_by, strict=True):
        unfitted |= present & ~_has(y[fitted], data.n_classes)
        unchosen &= ~_has(y[chosen_by], data.n_classes)
    for chosen_by in division.chosen_by:
        if len(chosen_by) >= present.sum():
            unchosen |= present & ~_has(y[chosen_by], data.n_classes)
    found = []
    if unfitted.any():
        found.append(
            f"{_count(unfitted, present)} have no training example in some split, so all of their "
            "validation examples there are errors"
        )
    if unchosen.any():
        found.append(f"{_count(unchosen, present)} have no validation example in some split")
    if not found:
        return None
    remedies = {
        "cv": "give `cv` a StratifiedKFold, or a splitter with shuffle=True and a random_state",
        "folds": "give fewer `folds`, or more examples of these classes",
        "held_out": "give `folds`, another `validation`, or more examples of these classes",
    }
    return f"{', and '.join(found)}; {remedies[division.kind]}."


def _has(y: Int[np.ndarray, " n"], n_classes: int) -> Bool[np.ndarray, " classes"]:
    """Whether each class has an example."""
    return np.bincount(y, minlength=n_classes) > 0


def _count(missing: Bool[np.ndarray, " classes"], present: Bool[np.ndarray, " classes"]) -> str:
    """The number of missing classes, and the first few of them."""
    labels = [str(label) for label in np.flatnonzero(missing)]
    shown = ", ".join(labels[:_SHOWN]) + (", …" if len(labels) > _SHOWN else "")
    return f"{len(labels)} of {present.sum()} classes ({shown})"


def _origin(data: Dataset) -> DataSpec:
    """The spec of the whole data set."""
    spec = data.spec
    while spec.name == "development" and (whole := spec.whole) is not None:
        spec = whole  # whose training set it is
    return spec


def _of_splitter(data: Dataset, cv: Any) -> Validation:
    """The splits of a scikit-learn splitter, or of pairs of rows, checked."""
    if hasattr(cv, "split"):
        pairs = _pairs(data, cv)
        # Two draws of few examples may be the same by chance.
        for _ in range(1 if data.n_train > _FEW else 10):
            if not _same(_pairs(data, cv), pairs):
                raise ValueError(
                    "`cv` must give the same splits each time, so that a search can be resumed: "
                    f"give it a whole number as `random_state`, got {' '.join(repr(cv).split())}."
                )
    elif isinstance(cv, Iterable) and not isinstance(cv, str):
        pairs = list(cv)
    else:
        raise TypeError(
            f"`cv` must be a number of folds, a scikit-learn splitter or pairs of rows, got {cv!r}."
        )
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
        if len(np.unique(rows[1])) < len(rows[1]):
            raise ValueError(
                "`cv` must give each row once to choose by, and split "
                f"{i} has {len(rows[1]) - len(np.unique(rows[1]))} repeats."
            )
        _check_groups(data, rows[0], rows[1], i)
        fitted.append(rows[0])
        chosen_by.append(rows[1])
    definition = {"kind": "cv", "rows": _digest([*fitted, *chosen_by])}
    return Validation("cv", tuple(fitted), tuple(chosen_by), None, definition)


def _check_groups(
    data: Dataset, fitted: Int[np.ndarray, " n"], chosen_by: Int[np.ndarray, " m"], i: int
) -> None:
    """ValueError where a split divides groups of the data."""
    if data.groups is None:
        return
    n_divided = len(np.intersect1d(data.groups[fitted], data.groups[chosen_by]))
    if n_divided:
        raise ValueError(
            f"`cv` must keep the groups of the data together, and split {i} trains on examples of "
            f"{n_divided} groups that it validates on; GroupKFold and StratifiedGroupKFold do not."
        )


def _pairs(data: Dataset, cv: Any) -> list[Any]:
    """What a splitter gives, as it is; one that asks for groups gets those of the data."""
    of_groups = () if data.groups is None else (data.groups,)
    try:
        with warnings.catch_warnings():
            # What ignores the groups may divide them, and that is an error.
            warnings.filterwarnings("ignore", "The groups parameter is ignored", UserWarning)
            return list(cv.split(data.x_train, data.y_train, *of_groups))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"`cv` must split the training examples, and {type(cv).__name__} does not: "
            f"{str(error).rstrip('.')}; groups are those of `data`."
        ) from None


def _same(one: list[Any], other: list[Any]) -> bool:
    """Whether two lists of splits are of the same rows."""
    return len(one) == len(other) and all(
        np.array_equal(a, b)
        for pair, twin in zip(one, other, strict=True)
        for a, b in zip(pair, twin, strict=False)
    )


def _digest(parts: Iterable[Int[np.ndarray, " rows"]]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part.tobytes())
    return digest.hexdigest()


def _rows(part: Any, n: int, i: int) -> Int[np.ndarray, " rows"]:
    rows = np.asarray(part)
    if rows.dtype == bool and rows.shape == (n,):
        rows = np.flatnonzero(rows)
    if rows.ndim != 1 or len(rows) == 0 or rows.dtype.kind not in "iu":
        raise ValueError(f"`cv` must give rows, at least one per part, got {part!r} in split {i}.")
    if rows.min() < 0 or rows.max() >= n:
        raise ValueError(f"`cv` must give rows from 0 to {n - 1}, got {rows.max()} in split {i}.")
    return rows.astype(np.int64)
