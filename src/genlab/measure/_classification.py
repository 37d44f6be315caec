"""Confusion matrices, and the errors of each class that they hold."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Int

from genlab._base.arrays import dense
from genlab._base.checks import integer
from genlab._base.words import received
from genlab.measure._bounded import error_interval
from genlab.measure._intervals import Interval
from genlab.measure._proportion import wilson_interval


def confusion_matrix(y: Any, predicted: Any, n_classes: int) -> Int[np.ndarray, "... c c"]:
    """Count the examples by true class, in rows, and predicted class, in columns.

    Parameters
    ----------
    y
        True classes, integers from 0 to `n_classes` − 1, shape (n,).
    predicted
        Predicted classes, shape (n,), or (seeds, n) for one matrix per seed.
    n_classes
        Number of classes c, at least 1.

    Returns
    -------
    array
        Counts of shape (c, c), or (seeds, c, c).

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> confusion_matrix([0, 0, 1, 1], [0, 1, 1, 1], 2)
    array([[1, 1],
           [0, 2]])
    """
    n_classes = integer("n_classes", n_classes, low=1)
    true, guess = _classes("y", y, n_classes), _classes("predicted", predicted, n_classes)
    if true.ndim != 1 or guess.ndim not in (1, 2) or guess.shape[-1] != len(true):
        raise ValueError(
            "`y` must have shape (n,) and `predicted` (n,) or (seeds, n), "
            f"got {true.shape} and {guess.shape}."
        )
    cells = n_classes**2
    cell = np.atleast_2d(true * n_classes + guess)
    # Each seed counts in cells of its own.
    own = cell + cells * np.arange(len(cell))[:, None]
    counts = np.bincount(own.ravel(), minlength=cells * len(cell)).astype(np.int64)
    return counts.reshape(*guess.shape[:-1], n_classes, n_classes)


def class_errors(confusion: Any, confidence: float = 0.95) -> Interval:
    """The error of each true class: the fraction of its examples that are misclassified.

    Parameters
    ----------
    confusion
        Counts as `confusion_matrix` returns them: shape (c, c) for one model, or (seeds, c, c)
        for several models on the same test examples.
    confidence
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    Interval
        Shape (c,), from 0 to 1. For one model it is Wilson's interval of the error of this
        model on all examples of the class; `n` is the number of test examples. For several
        models it is `error_interval` of the mean over seeds, on these test examples. A
        class without examples is NaN. In a stack, a model without examples is left out and
        lowers `n`.

    Raises
    ------
    ValueError
        Naming the parameter, the rule and the value received.

    >>> errors = class_errors([[90, 10], [0, 50]])
    >>> errors.mean, errors.low.round(3), errors.high.round(3)
    (array([0.1, 0. ]), array([0.055, 0.   ]), array([0.174, 0.071]))
    """
    counts = _checked(confusion)
    total = counts.sum(axis=-1)
    wrong = total - np.diagonal(counts, axis1=-2, axis2=-1)
    return _share(wrong, total, counts.ndim == 3, confidence)


def most_confused(confusion: Any, n: int, confidence: float = 0.95) -> list[dict[str, Any]]:
    """The `n` most frequent confusions of two classes, one row each, the most frequent first.

    The largest of many counts are biased upwards: on fresh examples they are expected to be
    lower. Their intervals do not include this.

    Parameters
    ----------
    confusion
        Counts as `confusion_matrix` returns them: shape (c, c) for one model, or (seeds, c, c).
    n
        Largest number of rows, at least 1; confusions that never occur are left out.
    confidence
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    list of dict
        `true` and `predicted` class; `count`, summed over seeds; `share`, the fraction of the
        true class's examples, with the ends `low` and `high` of its interval, of the kind
        that `class_errors` returns. Equal counts are in the order of the classes.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> most_confused([[90, 7, 3], [0, 50, 0], [4, 0, 36]], 2)[0]["predicted"]
    1
    """
    counts = _checked(confusion)
    n = integer("n", n, low=1)
    total = np.broadcast_to(counts.sum(axis=-1, keepdims=True), counts.shape)
    share = _share(counts, total, counts.ndim == 3, confidence)
    mistakes = counts if counts.ndim == 2 else counts.sum(axis=0)
    mistakes = np.where(np.eye(len(mistakes), dtype=bool), 0, mistakes)
    order = np.argsort(-mistakes, axis=None, kind="stable")[:n]
    cells = [divmod(int(cell), len(mistakes)) for cell in order if mistakes.flat[cell] > 0]
    return [
        {
            "true": true,
            "predicted": predicted,
            "count": int(mistakes[true, predicted]),
            "share": float(share.mean[true, predicted]),
            "low": float(share.low[true, predicted]),
            "high": float(share.high[true, predicted]),
        }
        for true, predicted in cells
    ]


def _share(counts: Any, total: Any, stacked: bool, confidence: float) -> Interval:
    """Wilson's interval of one model's fraction, or that of the mean over seeds."""
    if not stacked:
        return wilson_interval(counts, total, confidence)
    share = np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)
    # The examples of a class are the same for all seeds, but for those that diverged.
    examples = np.maximum(total.max(axis=0), 1)
    parts = [
        [part.ravel() for part in vars(error_interval(share[:, c], int(n), 0, confidence)).values()]
        for c, n in enumerate(examples.reshape(len(examples), -1)[:, 0])
    ]
    return Interval(*(np.reshape(ends, share.shape[1:]) for ends in zip(*parts, strict=True)))


def _checked(confusion: Any) -> Int[np.ndarray, "... c c"]:
    counts = dense("confusion", confusion)
    if counts.ndim not in (2, 3) or counts.shape[-1] != counts.shape[-2] or 0 in counts.shape:
        raise ValueError(
            f"`confusion` must have shape (c, c) or (seeds, c, c), got {counts.shape}."
        )
    if not (np.issubdtype(counts.dtype, np.integer) and (counts >= 0).all()):
        raise ValueError(f"`confusion` must hold integers >= 0, got {received(confusion)}.")
    return counts.astype(np.int64)


def _classes(name: str, values: Any, n_classes: int) -> Int[np.ndarray, ...]:
    classes = dense(name, values)
    if not np.issubdtype(classes.dtype, np.integer):
        raise TypeError(f"`{name}` must hold integers, got {classes.dtype}.")
    if classes.size and not (classes.min() >= 0 and classes.max() < n_classes):
        wrong = classes.min() if classes.min() < 0 else classes.max()
        raise ValueError(f"`{name}` must hold classes from 0 to {n_classes - 1}, got {wrong}.")
    return classes.astype(np.int64)
