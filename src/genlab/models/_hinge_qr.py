"""Least squares by hinges with knots at 0, 1/D, …, (D−1)/D, for many data sets at once.

On [0, 1] a sum of hinges is the straight lines between its values at k/D, k from 0 to D, so an
example in cell j has only two weights: 1 − u on the value at j/D and u on that at (j + 1)/D,
where u is its place in the cell. With the examples in increasing order, a QR decomposition by
Givens rotations (Golub & Van Loan, "Matrix Computations", 5.1.8) then needs two rotations per
example and leaves a triangle of two diagonals. One rotation turns all data sets together.
It solves as stably as a dense QR; normal equations would square the condition number.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

# Data sets in one go: few enough that their triangles stay in a core's cache.
_BLOCK = 4096
# A diagonal entry this small beside the largest: the knots are not determined by the data.
_SINGULAR = 1e-10


def fit_knots(
    x: Float[np.ndarray, "n_datasets n"], y: Float[np.ndarray, "n_datasets n"], n_hidden: int
) -> tuple[Float[np.ndarray, "n_datasets knots"], Bool[np.ndarray, " n_datasets"]]:
    """The least-squares values at the knots, and which data sets determine them.

    Each row of `x` is in increasing order. A row that does not determine all of its
    knots holds anything. A data set's numbers do not depend on its neighbours.
    """
    values = np.empty((len(x), n_hidden + 1))
    determined = np.empty(len(x), dtype=bool)
    for start in range(0, len(x), _BLOCK):
        rows = slice(start, start + _BLOCK)
        values[rows], determined[rows] = _fit_block(
            np.ascontiguousarray(x[rows].T), np.ascontiguousarray(y[rows].T), n_hidden
        )
    return values, determined


def _fit_block(
    x: Float[np.ndarray, "n block"], y: Float[np.ndarray, "n block"], n_hidden: int
) -> tuple[Float[np.ndarray, "block knots"], Bool[np.ndarray, " block"]]:
    cells, places = _place_in_cells(x, n_hidden)
    # The triangle's two diagonals and the rotated targets, one row per knot.
    diagonal, above, rhs = np.zeros((3, n_hidden + 1, x.shape[1]))
    flat_diagonal, flat_above, flat_rhs = diagonal.ravel(), above.ravel(), rhs.ravel()
    here = cells * x.shape[1] + np.arange(x.shape[1])
    for i in range(len(x)):
        knot, right = here[i], places[i]
        # The example (1 − u, u | y) is turned into the triangle's row of its left knot ...
        old, old_above, old_rhs = flat_diagonal[knot], flat_above[knot], flat_rhs[knot]
        flat_diagonal[knot], cosine, sine = _rotation(old, 1 - right)
        flat_above[knot] = cosine * old_above + sine * right
        flat_rhs[knot] = cosine * old_rhs + sine * y[i]
        # ... and what is left of it, (0, u | y), into that of its right knot, which has
        # nothing above its diagonal yet, for no example of a later cell has come.
        left_over = cosine * right - sine * old_above
        left_target = cosine * y[i] - sine * old_rhs
        knot = knot + x.shape[1]
        old, old_rhs = flat_diagonal[knot], flat_rhs[knot]
        flat_diagonal[knot], cosine, sine = _rotation(old, left_over)
        flat_rhs[knot] = cosine * old_rhs + sine * left_target
    size = np.abs(diagonal)
    determined = size.min(axis=0) > _SINGULAR * size.max(axis=0)
    diagonal[:, ~determined] = 1.0
    values = np.empty_like(rhs)
    values[-1] = rhs[-1] / diagonal[-1]
    for k in range(n_hidden - 1, -1, -1):
        values[k] = (rhs[k] - above[k] * values[k + 1]) / diagonal[k]
    return values.T, determined


def _place_in_cells(
    x: Float[np.ndarray, ...], n_hidden: int
) -> tuple[Int[np.ndarray, ...], Float[np.ndarray, ...]]:
    """The cell of each input and its place in it, from 0 to 1.

    Left of 0 all hinges are flat, so the place is 0 there; right of 1 the last cell goes on.
    """
    scaled = np.maximum(x * n_hidden, 0.0)
    cells = np.minimum(scaled.astype(np.intp), n_hidden - 1)
    return cells, scaled - cells


def _rotation(
    a: Float[np.ndarray, " block"], b: Float[np.ndarray, " block"]
) -> tuple[Float[np.ndarray, " block"], Float[np.ndarray, " block"], Float[np.ndarray, " block"]]:
    """Length of (a, b), and the cosine and sine that turn (a, b) into (length, 0)."""
    length = np.sqrt(a * a + b * b)
    safe = np.where(length > 0, length, 1.0)
    return length, np.where(length > 0, a / safe, 1.0), b / safe
