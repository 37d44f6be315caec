"""The error of the trivial model, which knows the training targets and no inputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from genlab._base.arrays import dense, squarable
from genlab._base.checks import choice
from genlab._base.words import received
from genlab.measure._evaluation import Evaluation
from genlab.measure._intervals import Interval, mean_interval


def trivial_error(y_train: Any, y_test: Any, task: str = "classification") -> Interval:
    """Test error of a model that predicts the same for every input: what any model must beat.

    Parameters
    ----------
    y_train, y_test
        Labels from 0, or numbers, of the training and the test examples, at least one each.
    task
        "classification": the model predicts the most frequent training class, the lowest of
        equals, and the error is the fraction misclassified, with Wilson's 95% interval.
        "regression": it predicts the mean of the training targets, and the error is 1 − R². It
        is 1 + (d / s)², where d is the difference of the means of test and training targets and
        s the standard deviation of the test targets, and its ends are those of Student's 95%
        interval for d. NaN where all test targets are the same; the ends also for one example.

    Raises
    ------
    ValueError
        Where there is no example, or the task is another.

    >>> error = trivial_error([0, 1, 1, 1], [0, 1, 1, 0])
    >>> float(error.mean)
    0.5
    """
    choice("task", task, ("classification", "regression"))
    known, asked = dense("y_train", y_train), dense("y_test", y_test)
    if not (known.size and asked.size):
        raise ValueError(
            f"`y_train` and `y_test` must hold at least one example, got {known.size} and "
            f"{asked.size}."
        )
    kinds = "biu" if task == "classification" else "biuf"
    for name, values in (("y_train", known), ("y_test", asked)):
        if values.ndim != 1 or values.dtype.kind not in kinds:
            what = "class numbers from 0" if task == "classification" else "numbers"
            raise ValueError(f"`{name}` must hold {what}, one per example, got {received(values)}.")
    if task == "regression":
        for name, values in (("y_train", known), ("y_test", asked)):
            squarable(name, values)
        deviation = asked.std() or np.nan
        found = mean_interval(asked - known.mean())
        nearest = 0.0 if found.low <= 0 <= found.high else min(abs(found.low), abs(found.high))
        farthest = np.maximum(np.abs(found.low), np.abs(found.high))
        nearest = nearest if np.isfinite(farthest) else np.nan
        mean, low, high = (
            1 + (np.asarray(d) / deviation) ** 2 for d in (found.mean, nearest, farthest)
        )
        return Interval(mean, low, high, found.n)
    if known.min() < 0:
        raise ValueError(f"`y_train` must hold class numbers from 0, got {known.min()}.")
    return Evaluation.of_wrong(asked != np.bincount(known).argmax()).error
