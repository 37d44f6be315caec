"""The rows that an estimator fits: weighted, merged where equal, in an order of their own."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, validate_data

from genlab._base import streams

# A training set is filled up to one of 8 sizes between two powers of 2, and to one of these at
# least, so that sets of almost one size share a compiled program.
_SIZES = 8
_STEP = 64
_LARGEST = float(np.finfo(np.float32).max)


class Rows(NamedTuple):
    """Inputs, labels or targets, and the weight of each row, which is above 0."""

    x: Float[np.ndarray, "n inputs"]
    y: Int[np.ndarray, " n"] | Float[np.ndarray, " n"]
    weight: Float[np.ndarray, " n"]


def in_range(name: str, values: Float[np.ndarray, ...]) -> Float[np.ndarray, ...]:
    """The values; ValueError naming them where one is beyond the range of float32."""
    if (largest := np.abs(values).max()) > _LARGEST:
        raise ValueError(
            f"`{name}` must hold values within ±{_LARGEST:.2g}, the range of float32, got one of "
            f"size {largest:.3g}."
        )
    return values


def regression_rows(estimator: Any, X: Any, y: Any, sample_weight: Any, *, reset: bool) -> Rows:  # noqa: N803
    """What `fit` of a regressor received, checked by scikit-learn."""
    x, y = validate_data(estimator, X, y, dtype=np.float64, y_numeric=True, reset=reset)
    weight = _check_sample_weight(sample_weight, x, dtype=np.float64, ensure_non_negative=True)
    return Rows(in_range("X", x), in_range("y", y.astype(np.float64)), weight)


def counted(rows: Rows) -> Rows:
    """The rows of a weight above 0, in their order; ValueError where there is none."""
    kept = rows.weight > 0
    if not kept.any():
        raise ValueError(
            "`sample_weight` times `class_weight` must not be zero for all rows, got zero for all "
            f"{len(kept)}."
        )
    return Rows(*(part[kept] for part in rows))


def merged(rows: Rows) -> Rows:
    """One row for each set of equal ones, with the sum of their weights.

    The order depends on the rows' content alone. So a row of weight 2 is the same as the row
    twice, to the last bit, and the order in which rows come changes nothing.
    """
    x, y, weight = counted(rows)
    whole = np.column_stack([x, y]).astype(np.float64) + 0.0  # −0 is 0
    as_bytes = np.ascontiguousarray(whole).view(np.dtype((np.void, whole.strides[0]))).ravel()
    _, first, place = np.unique(as_bytes, return_index=True, return_inverse=True)
    return Rows(x[first], y[first], np.bincount(place.ravel(), weights=weight))


def filled(rows: Rows) -> Rows:
    """The rows, followed by copies of the first one with weight 0 up to a common size."""
    n = len(rows.y)
    step = max(_STEP, 2 ** n.bit_length() // (2 * _SIZES))
    n_missing = -n % step
    index = np.concatenate([np.arange(n), np.zeros(n_missing, np.intp)])
    weight = np.concatenate([rows.weight, np.zeros(n_missing)])
    return Rows(rows.x[index], rows.y[index], weight)


class Standardiser:
    """Weighted mean and standard deviation of each input, or of all inputs together.

    scikit-learn's `StandardScaler` does the work: a constant input becomes 0.

    Attributes
    ----------
    mean, scale
        What is subtracted from an input, and what it is then divided by.
    """

    def __init__(self, rows: Rows, *, together: bool) -> None:
        x, weight = rows.x, rows.weight
        if together:
            weight = np.repeat(weight, x.shape[1])
            x = x.reshape(-1, 1)
        fitted = StandardScaler().fit(x, sample_weight=weight)
        self.mean, self.scale = fitted.mean_, fitted.scale_

    def __call__(self, x: Float[np.ndarray, "n inputs"]) -> Float[np.ndarray, "n inputs"]:
        """The inputs standardised."""
        return (x - self.mean) / self.scale


def seed_of(random_state: Any) -> int:
    """A seed: a whole number is itself, a generator or None draws one as scikit-learn does."""
    if isinstance(random_state, (int, np.integer)) and 0 <= random_state <= streams.MAX_SEED:
        return int(random_state)
    return int(check_random_state(random_state).randint(streams.MAX_SEED, dtype=np.uint32))
