"""Distances between points, and the examples that fill a space."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import gammaln


class Distances(NamedTuple):
    """Distances between all pairs of points.

    Attributes
    ----------
    nearest
        Distance of each point from its nearest neighbour.
    mean, largest
        Mean and largest distance of pairs.
    matrix
        All distances, infinite on the diagonal.
    """

    nearest: Float[np.ndarray, " n"]
    mean: float
    largest: float
    matrix: Float[np.ndarray, "n n"]


def distances_of(x: Float[np.ndarray, "n inputs"]) -> Distances:
    """All distances from one matrix product, and the small ones from differences."""
    squares = np.einsum("ij,ij->i", x, x)
    matrix = x @ x.T
    matrix *= -2.0
    matrix += squares[:, None]
    matrix += squares
    # |a|² + |b|² − 2a·b of points that almost coincide may fall below 0 by rounding.
    np.maximum(matrix, 0.0, out=matrix)
    np.sqrt(matrix, out=matrix)
    n = len(x)
    np.fill_diagonal(matrix, 0.0)
    mean, largest = matrix.sum() / (n * (n - 1)), matrix.max()
    np.fill_diagonal(matrix, np.inf)
    # It also loses digits where a distance is small, so those are taken again.
    nearest = np.linalg.norm(x - x[matrix.argmin(axis=1)], axis=1)
    return Distances(nearest, float(mean), float(largest), matrix)


def log10_examples(inputs: int, radius: float) -> float:
    """log10 of the fewest balls of a radius whose volumes add up to that of the unit cube.

    Fewer examples cannot be within that distance of every point of the cube.
    """
    half = inputs / 2
    log_volume = half * np.log(np.pi) + inputs * np.log(radius) - gammaln(half + 1)
    return float(max(-log_volume / np.log(10), 0.0))
