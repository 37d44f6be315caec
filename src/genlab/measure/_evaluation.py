"""The error of predicted labels, with its interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from genlab._base.arrays import dense, floats, numbers
from genlab.measure._intervals import Interval
from genlab.measure._proportion import wilson_interval

# What float32 may leave above 0 of the logarithm of a probability of 1.
_ROUNDING = 1e-3


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How well predictions agree with labels.

    Attributes
    ----------
    n, n_wrong
        Examples, and those misclassified.
    error
        Fraction misclassified, from 0 to 1, with Wilson's 95% interval.
    losses
        Negative log-probability of each example's label, in nats; None where no probabilities
        are given.
    """

    n: int
    n_wrong: int
    error: Interval
    losses: Float[np.ndarray, " n"] | None = None

    @classmethod
    def of_wrong(cls, wrong: Any) -> Evaluation:
        """The evaluation where it is known which examples are misclassified.

        >>> evaluation = Evaluation.of_wrong([True, False, False, False])
        >>> evaluation.n_wrong, float(evaluation.error.mean)
        (1, 0.25)
        """
        flags = np.asarray(wrong)
        if flags.ndim != 1 or flags.dtype != bool:
            raise ValueError(
                "`wrong` must hold one True or False per example, got shape "
                f"{flags.shape} of type {flags.dtype}."
            )
        n_wrong = int(np.count_nonzero(flags))
        return cls(len(flags), n_wrong, wilson_interval(n_wrong, len(flags)))


def evaluate(labels: Any, predicted: Any, log_probabilities: Any = None) -> Evaluation:
    """Compare predicted labels with the true ones.

    Parameters
    ----------
    labels, predicted
        True and predicted label of each example, shape (n,).
    log_probabilities
        Logarithm of the probability of each class for each example, shape (n, classes), or
        None.

    Raises
    ------
    ValueError
        Where the shapes do not agree, where one of `labels` and `predicted` holds texts and the
        other numbers, so that none could be equal, or where `log_probabilities` are not the
        logarithms of probabilities or lack the column of a label.

    >>> evaluation = evaluate([0, 1, 2, 2], [0, 1, 1, 2])
    >>> evaluation.n, evaluation.n_wrong, evaluation.error.row("error")["error"]
    (4, 1, 0.25)
    """
    true, given = dense("labels", labels), dense("predicted", predicted)
    if true.ndim != 1 or given.shape != true.shape:
        raise ValueError(
            f"`predicted` must hold one label for each of `labels`, got shapes {given.shape} and "
            f"{true.shape}."
        )
    if true.size and _is_text(true) != _is_text(given):
        raise ValueError(
            "`predicted` must hold numbers where `labels` does, and texts where it holds texts, "
            f"got {given[0].item() if given.dtype != object else given[0]!r} for the label "
            f"{true[0].item() if true.dtype != object else true[0]!r}."
        )
    evaluation = Evaluation.of_wrong(np.asarray(given != true, dtype=bool))
    if log_probabilities is None:
        return evaluation
    table = floats("log_probabilities", log_probabilities)
    if table.ndim != 2 or len(table) != len(true):
        raise ValueError(
            "`log_probabilities` must have one row per example and one column per class, got "
            f"shape {table.shape} for {len(true)} examples."
        )
    if not (np.isnan(table) | (table <= _ROUNDING)).all():
        raise ValueError(
            f"`log_probabilities` must be <= 0, got {np.nanmax(table):g}: they are the logarithms "
            "of probabilities."
        )
    column = numbers("labels", true)
    outside = ~((column >= 0) & (column < table.shape[1]) & (column % 1 == 0))
    if outside.any():
        raise ValueError(
            f"`labels` must be whole numbers from 0 to {table.shape[1] - 1}, the columns of "
            f"`log_probabilities`, got {column[outside][0].item()}."
        )
    losses = -table[np.arange(len(true)), column.astype(np.int64)]
    return Evaluation(evaluation.n, evaluation.n_wrong, evaluation.error, losses)


def _is_text(labels: np.ndarray) -> bool:
    if labels.dtype == object:
        return any(isinstance(label, str) for label in labels)
    return labels.dtype.kind in "US"
