"""Scores of predictions by name: scikit-learn's numbers, and each example's part in them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from genlab._base.arrays import dense, floats, squarable
from genlab._base.checks import choice, integer


class Scored(NamedTuple):
    """A score of predictions of some examples.

    Attributes
    ----------
    value
        The score.
    parts
        One number per example, whose mean is the score, and whose variance divided by their
        number is the score's variance by the delta method: the loss of each example where the
        score is a mean of losses, else the score plus the influence of the example on it.
    n_effective
        The number of examples that count: fewer than there are where weights or classes differ.
    """

    value: float
    parts: Float[np.ndarray, " n"]
    n_effective: float


@dataclass(frozen=True)
class Score:
    """How predictions are scored.

    Attributes
    ----------
    name
        Its name in `SCORES`.
    words
        Its name in a sentence.
    needs
        What it compares with labels or targets: "labels", the predicted ones; "probabilities" of
        every class; "ranking", numbers that are larger for class 1, or the probabilities of more
        than two classes; or "numbers", those that a regression predicts.
    low, high
        What it lies between; infinite where it has no bound.
    greater_is_better
        Whether it is to be large.
    """

    name: str
    words: str
    needs: str
    low: float
    high: float
    greater_is_better: bool
    _of: Callable[..., Scored]

    def scored(
        self, y: Any, outputs: Any, *, n_classes: int | None = None, sample_weight: Any = None
    ) -> Scored:
        """The score of outputs, and each example's part in it; see `evaluate_score`."""
        weight = None if sample_weight is None else _weights(sample_weight, y)
        if self.needs == "numbers":
            true, given = _numbers(y, outputs)
            return self._of(true, given, weight)
        labels = _labels("y", y)
        if n_classes is None:
            columns = np.shape(outputs)[1] if np.ndim(outputs) == 2 else 0
            n_classes = max(int(labels.max()) + 1, columns, 2)
        n_classes = integer("n_classes", n_classes, low=int(labels.max()) + 1)
        if self.needs == "labels":
            given = _labels("outputs", outputs)
        else:
            given = _by_class(outputs, len(labels), n_classes, ranking=self.needs == "ranking")
        if len(given) != len(labels):
            raise ValueError(
                f"`outputs` must have one row for each of `y`, got {len(given)} for {len(labels)}."
            )
        return self._of(labels, given, n_classes, weight)


def get_score(name: str, task: str = "classification") -> Score:
    """The score of this name for a task; ValueError lists those that there are.

    >>> get_score("log_loss").words, get_score("r2", "regression").greater_is_better
    ('log loss', True)
    """
    of_task = SCORES[choice("task", task, tuple(SCORES))]
    return of_task[choice("name", name, tuple(of_task))]


def _mean(losses: np.ndarray, weight: np.ndarray | None) -> Scored:
    """The mean of a loss of each example."""
    if weight is None:
        return Scored(float(np.mean(losses)), losses.astype(np.float64), len(losses))
    value = float(np.average(losses, weights=weight))
    return _with_influence(value, weight / weight.mean() * (losses - value), _count(weight))


def _with_influence(value: float, influence: np.ndarray, n_effective: float) -> Scored:
    return Scored(value, value + influence, n_effective)


def _count(weight: np.ndarray) -> float:
    """The number of equally weighted examples whose mean has the variance of the weighted one."""
    return float(weight.sum() ** 2 / (weight**2).sum())


def _ones(weight: np.ndarray | None, n: int) -> np.ndarray:
    return np.ones(n) if weight is None else weight


def _error(y: np.ndarray, predicted: np.ndarray, _: int, weight: Any) -> Scored:
    return _mean(predicted != y, weight)


def _balanced_error(y: np.ndarray, predicted: np.ndarray, n_classes: int, weight: Any) -> Scored:
    from sklearn.metrics import balanced_accuracy_score

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # predicted classes that have no example
        value = 1 - float(balanced_accuracy_score(y, predicted, sample_weight=weight))
    weights, wrong = _ones(weight, len(y)), np.asarray(predicted != y, np.float64)
    total = np.bincount(y, weights, n_classes)
    there = total > 0
    error = np.divide(
        np.bincount(y, weights * wrong, n_classes), total, out=np.zeros(n_classes), where=there
    )
    each = np.divide(len(y), total * there.sum(), out=np.zeros(n_classes), where=there)
    influence = weights * each[y] * (wrong - error[y])
    return _with_influence(value, influence, _count((weights * each[y])[weights > 0]))


def _log_loss(y: np.ndarray, probabilities: np.ndarray, n_classes: int, weight: Any) -> Scored:
    from sklearn.metrics import log_loss

    labels = np.arange(n_classes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # rows that sum to 1 in float32 only
        value = float(log_loss(y, probabilities, sample_weight=weight, labels=labels))
    smallest = np.finfo(np.float64).eps
    chosen = np.clip(probabilities[np.arange(len(y)), y], smallest, 1 - smallest)
    return _mean(-np.log(chosen), weight)._replace(value=value)


def _brier(y: np.ndarray, probabilities: np.ndarray, n_classes: int, weight: Any) -> Scored:
    from sklearn.metrics import brier_score_loss

    labels = np.arange(n_classes)
    value = float(brier_score_loss(y, probabilities, sample_weight=weight, labels=labels))
    distance = ((np.eye(n_classes)[y] - probabilities) ** 2).sum(axis=1)
    return _mean(distance / (2 if n_classes < 3 else 1), weight)._replace(value=value)


def _f1(y: np.ndarray, predicted: np.ndarray, n_classes: int, weight: Any) -> Scored:
    if n_classes > 2:
        return _f1_macro(y, predicted, n_classes, weight)
    return _f1_of(np.array([1]), y, predicted, weight)


def _f1_macro(y: np.ndarray, predicted: np.ndarray, _: int, weight: Any) -> Scored:
    return _f1_of(np.union1d(y, predicted), y, predicted, weight)


def _f1_of(classes: np.ndarray, y: np.ndarray, predicted: np.ndarray, weight: Any) -> Scored:
    """The mean F1 score of some classes, each against all others; 0 for one that is nowhere."""
    from sklearn.metrics import f1_score

    value = float(
        f1_score(
            y, predicted, labels=classes, average="macro", sample_weight=weight, zero_division=0
        )
    )
    weights, influence, counted = _ones(weight, len(y)), np.zeros(len(y)), 0.0
    for label in classes:
        true, given = y == label, predicted == label
        twice, either = 2.0 * (true & given), 1.0 * true + given
        whole = weights @ either
        if whole > 0:
            influence += len(y) * weights * (twice - weights @ twice / whole * either) / whole
        counted += 1 / _count(weights[true]) if weights[true].sum() > 0 else 0.0
    n_effective = len(classes) ** 2 / counted if counted else 1.0
    return _with_influence(value, influence / len(classes), n_effective)


def _auc(y: np.ndarray, outputs: np.ndarray, n_classes: int, weight: Any) -> Scored:
    from sklearn.metrics import roc_auc_score

    missing = np.setdiff1d(np.arange(n_classes), y)
    if len(missing):
        raise ValueError(
            f"`y` must have examples of all {n_classes} classes for an AUC, got none of class "
            f"{missing[0]}."
        )
    columns = outputs[:, None] if outputs.ndim == 1 else outputs
    classes = np.arange(n_classes) if n_classes > 2 else np.array([1])
    if n_classes > 2:
        value = float(
            roc_auc_score(y, columns, multi_class="ovr", labels=classes, sample_weight=weight)
        )
    else:
        value = float(roc_auc_score(y, columns[:, -1], sample_weight=weight))
    weights, influence, counted = _ones(weight, len(y)), np.zeros(len(y)), 0.0
    for label in classes:
        is_in = y == label
        column = columns[:, label] if n_classes > 2 else columns[:, -1]
        influence += _auc_influence(is_in, column, weights)
        counted += 1 / (2 * min(_count(weights[is_in]), _count(weights[~is_in])))
    n_effective = min(len(classes) ** 2 / counted, _count(weights))
    return _with_influence(value, influence / len(classes), n_effective)


def _auc_influence(is_in: np.ndarray, column: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Each example's influence on the AUC of one class against the rest (DeLong et al. 1988)."""

    def below(values: np.ndarray, others: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """The weighted fraction of others below each value, half of those equal to it."""
        order = np.argsort(others, kind="stable")
        sums = np.concatenate([[0.0], np.cumsum(weight[order])])
        ends = [sums[np.searchsorted(others[order], values, side)] for side in ("left", "right")]
        return np.asarray(ends[0] + ends[1]) / (2 * sums[-1])

    influence = np.zeros(len(is_in))
    sides = ((is_in, ~is_in, 1), (~is_in, is_in, -1))
    for side, other, sign in sides:
        placed = below(sign * column[side], sign * column[other], weights[other])
        mean = np.average(placed, weights=weights[side])
        influence[side] = len(is_in) * weights[side] / weights[side].sum() * (placed - mean)
    return influence


def _unexplained(y: np.ndarray, predicted: np.ndarray, weight: Any) -> Scored:
    found = _r2(y, predicted, weight)
    return Scored(1 - found.value, 1 - found.parts, found.n_effective)


def _r2(y: np.ndarray, predicted: np.ndarray, weight: Any) -> Scored:
    from sklearn.metrics import r2_score

    weights = _ones(weight, len(y))
    squared = (predicted - y) ** 2
    deviations = (y - np.average(y, weights=weights)) ** 2
    variance = np.average(deviations, weights=weights)
    if not variance > 0:
        raise ValueError(
            f"`y` must have at least 2 different targets for R², got {y[0]!r} in all "
            f"{len(y)} examples."
        )
    value = float(r2_score(y, predicted, sample_weight=weight))
    influence = -weights / weights.mean() * (squared - (1 - value) * deviations) / variance
    return _with_influence(value, influence, _count(weights))


def _mse(y: np.ndarray, predicted: np.ndarray, weight: Any) -> Scored:
    from sklearn.metrics import mean_squared_error

    value = float(mean_squared_error(y, predicted, sample_weight=weight))
    return _mean((predicted - y) ** 2, weight)._replace(value=value)


def _rmse(y: np.ndarray, predicted: np.ndarray, weight: Any) -> Scored:
    from sklearn.metrics import root_mean_squared_error

    value = float(root_mean_squared_error(y, predicted, sample_weight=weight))
    squared = _mse(y, predicted, weight)
    influence = (squared.parts - squared.value) / (2 * value) if value > 0 else 0 * y
    return _with_influence(value, influence, squared.n_effective)


def _mae(y: np.ndarray, predicted: np.ndarray, weight: Any) -> Scored:
    from sklearn.metrics import mean_absolute_error

    value = float(mean_absolute_error(y, predicted, sample_weight=weight))
    return _mean(np.abs(predicted - y), weight)._replace(value=value)


_INF = np.inf
_CLASSIFICATION = (
    Score("error", "error", "labels", 0, 1, False, _error),
    Score("balanced_error", "balanced error", "labels", 0, 1, False, _balanced_error),
    Score("log_loss", "log loss", "probabilities", 0, _INF, False, _log_loss),
    Score("brier", "Brier score", "probabilities", 0, _INF, False, _brier),
    Score("f1", "F1 score", "labels", 0, 1, True, _f1),
    Score("f1_macro", "macro F1 score", "labels", 0, 1, True, _f1_macro),
    Score("auc", "AUC", "ranking", 0, 1, True, _auc),
)
_REGRESSION = (
    Score("error", "error (1 − R²)", "numbers", 0, _INF, False, _unexplained),
    Score("r2", "R²", "numbers", -_INF, 1, True, _r2),
    Score("mse", "mean squared error", "numbers", 0, _INF, False, _mse),
    Score("rmse", "root mean squared error", "numbers", 0, _INF, False, _rmse),
    Score("mae", "mean absolute error", "numbers", 0, _INF, False, _mae),
)
#: Task -> name -> score.
SCORES: dict[str, dict[str, Score]] = {
    "classification": {score.name: score for score in _CLASSIFICATION},
    "regression": {score.name: score for score in _REGRESSION},
}


def _labels(name: str, values: Any) -> Int[np.ndarray, " n"]:
    labels = dense(name, values)
    if labels.ndim != 1 or not len(labels):
        raise ValueError(f"`{name}` must hold one label per example, got shape {labels.shape}.")
    if labels.dtype.kind not in "biu" or labels.min() < 0:
        got = labels[0] if labels.dtype.kind not in "biu" else labels.min()
        raise ValueError(f"`{name}` must hold whole numbers from 0, got {got!r}.")
    return labels.astype(np.int64)


def _by_class(values: Any, n: int, n_classes: int, *, ranking: bool) -> Float[np.ndarray, "n ..."]:
    """Probabilities of every class; for a ranking of two classes numbers alone will do."""
    table = floats("outputs", values)
    if not np.isfinite(table).all():
        raise ValueError("`outputs` must be finite.")
    if ranking and n_classes == 2 and table.shape == (n,):
        return table
    if table.shape != (n, n_classes):
        raise ValueError(
            f"`outputs` must have one row per example and a column for each of {n_classes} "
            f"classes, got shape {table.shape} for {n} examples."
        )
    if table.min() < 0 or table.max() > 1:
        raise ValueError(
            f"`outputs` must be probabilities from 0 to 1, got {table.min():g} to {table.max():g}."
        )
    return table


def _numbers(y: Any, outputs: Any) -> tuple[np.ndarray, np.ndarray]:
    true, given = floats("y", y), floats("outputs", outputs)
    if true.ndim != 1 or given.shape != true.shape or not len(true):
        raise ValueError(
            f"`outputs` must hold one number for each of `y`, at least one, got shapes "
            f"{given.shape} and {true.shape}."
        )
    if not (np.isfinite(true).all() and np.isfinite(given).all()):
        raise ValueError("`y` and `outputs` must be finite.")
    return true, given


def _weights(values: Any, y: Any) -> Float[np.ndarray, " n"]:
    weights = squarable("sample_weight", floats("sample_weight", values))
    if (
        weights.shape != np.shape(dense("y", y))
        or not np.isfinite(weights).all()
        or weights.min() < 0
    ):
        raise ValueError(
            "`sample_weight` must hold a number >= 0 for each example, got shape "
            f"{weights.shape} for {np.shape(y)}."
        )
    if not weights.sum() > 0:
        raise ValueError("`sample_weight` must have a weight above 0, got none.")
    return weights
