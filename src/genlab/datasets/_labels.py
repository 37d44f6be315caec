"""Labels: whole numbers from 0, one for each class."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Int

from genlab._base.checks import integer

# Confusion matrices have the square of this many entries.
_MOST_CLASSES = 10_000
# From this number of different labels on, they are taken for values where they are many among
# the examples: more than half, or more than a fifth if some number is left out.
_FEW = 20


def first_unfit_label(y: np.ndarray) -> Any:
    """The first label that is not a whole number from 0, or None."""
    if not y.size:
        return None
    if y.dtype.kind not in "iuf":
        return y.reshape(-1)[0].item() if y.dtype != object else y.reshape(-1)[0]
    unfit = ~(y >= 0) | (y >= 2.0**63)  # NaN is not >= 0
    if y.dtype.kind == "f":
        unfit |= y != np.floor(y)
    return y[unfit][0].item() if unfit.any() else None


def count_classes(
    y_train: Int[np.ndarray, " n"], y_test: Int[np.ndarray, " m"], stated: Any = None
) -> int:
    """The number of classes: as stated, or else the number of different labels.

    Parameters
    ----------
    y_train, y_test
        Labels, whole numbers from 0.
    stated
        Number of classes, or None: then every class must have an example.

    Raises
    ------
    TypeError, ValueError
        Where `stated` is no number of classes or too low for the labels, or where the labels
        leave out a number or look like the values of a regression.
    """
    largest = int(max(y_train.max(), y_test.max(initial=0)))
    if stated is not None:
        n_classes = integer("n_classes", stated, low=1, high=_MOST_CLASSES)
        if largest >= n_classes:
            raise ValueError(
                f"labels must be below `n_classes` = {n_classes}, got a label {largest}."
            )
        return n_classes
    labels = np.unique(np.concatenate([y_train, y_test]))
    n, n_examples = len(labels), len(y_train) + len(y_test)
    left_out = np.flatnonzero(labels != np.arange(n))
    if n > _FEW and n > n_examples / (5 if len(left_out) else 2):
        raise ValueError(
            f"labels must be the numbers of classes, got {n:,} different ones for {n_examples:,} "
            "examples, as the values of a regression are; genlab trains classifiers: group the "
            "values into a few classes."
        )
    if len(left_out):
        raise ValueError(
            f"labels must number the classes from 0 without a gap, got {n:,} different ones up to "
            f"{largest} and no example of class {left_out[0]}; number the classes from 0 to "
            f"{n - 1}, or state `n_classes` where a class may have no example."
        )
    if n > _MOST_CLASSES:
        raise ValueError(f"there must be at most {_MOST_CLASSES} classes, got {n:,}.")
    return n
