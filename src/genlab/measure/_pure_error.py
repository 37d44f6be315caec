"""Pure error: the noise that examples with the same inputs and different targets prove."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy
from jaxtyping import Float, Int

from genlab._base.arrays import along, floats, is_sparse
from genlab._base.checks import choice
from genlab.measure._intervals import Interval, checked_confidence

#: The losses of which pure error is known; "kohavi_wolpert" is another split of "zero_one".
_LOSSES = ("squared", "absolute", "zero_one", "kohavi_wolpert", "brier", "cross_entropy")
_OF_CLASSES = _LOSSES[2:]
# The exponential of more is no float64.
_FARTHEST = 600.0


@dataclass(frozen=True, eq=False)
class PureError:
    """What examples with the same inputs say about noise.

    Attributes
    ----------
    n_rows, n_repeated
        Number of rows, and of those whose inputs occur more than once.
    n_conflicting
        Number of rows that share their inputs with a row of another target.
    lowest
        The lowest mean loss over these rows that any function of the inputs has. It is a fact of
        these rows, and so has no interval.
    noise
        A lower bound of the mean noise, with its interval over other examples like these: see
        `pure_error`. It is 0, with an upper end of NaN, where no rows conflict.
    """

    n_rows: int
    n_repeated: int
    n_conflicting: int
    lowest: float
    noise: Interval


def pure_error(x: Any, y: Any, loss: str = "squared", *, confidence: float = 0.95) -> PureError:
    """The noise that no model can avoid, as far as repeated inputs prove it.

    Bias and noise cannot be separated with one target per row. Rows with the same inputs and
    different targets can: no function of the inputs is right about all of them. What is left
    within such groups is called pure error (Draper & Smith, "Applied Regression Analysis", 1998,
    section 2.1). Rows that are not repeated count as if they had no noise, so the noise of all
    rows is at least this.

    Parameters
    ----------
    x
        Inputs, one example per row, shape (n, ...), or a sparse matrix of SciPy.
    y
        Targets or, for a loss of classes, labels from 0, shape (n,).
    loss
        "squared" or "absolute" for numbers; "zero_one", "kohavi_wolpert", "brier" (summed over
        classes) or "cross_entropy" (nats) for classes.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    PureError
        `noise` is, for "squared" and "brier", the variance within groups with n − 1 in the
        denominator: without bias for the noise of repeated rows. For the other losses it is
        `lowest`, which is too low: two rows of one group look more alike than they are. Its
        interval is Student's from the groups (a ratio estimate), on the logarithm, with as many
        degrees of freedom as groups conflict, minus 1, but at least 1.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> found = pure_error([[1.0], [1.0], [2.0], [3.0]], [0, 1, 1, 0], "zero_one")
    >>> found.n_repeated, found.n_conflicting, found.lowest
    (2, 2, 0.25)
    """
    confidence = checked_confidence(confidence)
    choice("loss", loss, _LOSSES)
    values = floats("y", y)
    n = x.shape[0] if is_sparse(x) else len(along("x", x, 0))
    if values.shape != (n,) or n < 1:
        raise ValueError(f"`y` must have one value a row of `x`, got {values.shape} for {n} rows.")
    if not np.isfinite(values).all():
        raise ValueError("`y` must be finite, got values that are not.")
    if loss in _OF_CLASSES:
        _, codes = np.unique(values, return_inverse=True)
        columns = np.eye(int(codes.max()) + 1)[codes]
    else:
        columns = values[:, None]
    group = _groups(x)
    sizes = np.bincount(group)
    lowest, noise = (np.zeros(len(sizes)) for _ in range(2))
    conflicting = np.zeros(len(sizes), bool)
    order = np.argsort(group, kind="stable")
    starts = np.concatenate([[0], np.cumsum(sizes)])
    for i in np.flatnonzero(sizes > 1):
        inside = columns[order[starts[i] : starts[i + 1]]]
        conflicting[i] = (inside != inside[0]).any()
        if conflicting[i]:
            lowest[i] = _least(inside, loss)
            unbiased = sizes[i] / (sizes[i] - 1) if loss in ("squared", "brier") else 1.0
            noise[i] = unbiased * lowest[i]
    return PureError(
        n_rows=n,
        n_repeated=int(sizes[sizes > 1].sum()),
        n_conflicting=int(sizes[conflicting].sum()),
        lowest=float(lowest.sum() / n),
        noise=_interval(noise, sizes, int(conflicting.sum()), confidence),
    )


def _groups(x: Any) -> Int[np.ndarray, " n"]:
    """A number for each row, the same for rows with the same inputs."""
    if is_sparse(x):
        rows = x.tocsr().copy()
        rows.sum_duplicates()
        rows.eliminate_zeros()
        rows.sort_indices()
        numbers: dict[tuple[bytes, bytes], int] = {}
        places = []
        for first, last in zip(rows.indptr[:-1], rows.indptr[1:], strict=True):
            key = rows.indices[first:last].tobytes(), rows.data[first:last].tobytes()
            places.append(numbers.setdefault(key, len(numbers)))
        return np.array(places, dtype=np.int64)
    flat = floats("x", x).reshape(len(x), -1) + 0.0  # of the two zeros one
    if not flat.shape[1]:
        return np.zeros(len(flat), np.int64)
    _, group = np.unique(flat, axis=0, return_inverse=True)
    return np.asarray(group).reshape(-1)


def _least(inside: Float[np.ndarray, "n columns"], loss: str) -> float:
    """The sum of the losses in a group of the prediction that is best there."""
    if loss == "absolute":
        return float(np.abs(inside - np.median(inside, axis=0)).sum())
    share = inside.mean(axis=0)
    if loss in ("squared", "brier"):
        return float(((inside - share) ** 2).sum())
    if loss == "cross_entropy":
        return float(len(inside) * scipy.special.entr(share).sum())
    return float(len(inside) * (1 - share.max()))


def _interval(
    sums: Float[np.ndarray, " groups"],
    sizes: Int[np.ndarray, " groups"],
    conflicting: int,
    confidence: float,
) -> Interval:
    """The sum over groups by the number of rows, with an interval that stays above 0."""
    n = sizes.sum()
    mean, groups = float(sums.sum() / n), len(sums)
    ends = (0.0, math.nan)
    if mean > 0:
        variance = groups / max(groups - 1, 1) * ((sums - mean * sizes) ** 2).sum() / n**2
        quantile = float(scipy.stats.t.ppf((1 + confidence) / 2, max(conflicting - 1, 1)))
        reach = min(quantile * math.sqrt(variance) / mean, _FARTHEST)
        ends = (mean * math.exp(-reach), mean * math.exp(reach))
    if groups < 2 and mean > 0:
        ends = (math.nan, math.nan)
    return Interval(np.array(mean), np.array(ends[0]), np.array(ends[1]), np.array(n))
