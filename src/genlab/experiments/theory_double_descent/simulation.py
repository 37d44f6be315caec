"""Fits to drawn training sets: their bias and variance, label noise in closed form.

For a fit that is linear in the targets, the mean and the variance over label noise follow from
the training inputs. So each draw gives two numbers without drawing noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from jaxtyping import Float

Array = np.ndarray


@dataclass(frozen=True, eq=False)
class Parts:
    """Of one training set and each ridge: bias, and variance over label noise of variance 1.

    Attributes
    ----------
    bias, variance
        Averaged over test inputs, one number per ridge.
    at_a_point
        Variance at one random test input, one number per ridge.
    """

    bias: Float[np.ndarray, " ridges"]
    variance: Float[np.ndarray, " ridges"]
    at_a_point: Float[np.ndarray, " ridges"]


def linear_parts(
    rng: np.random.Generator,
    n: int,
    p: int,
    eigenvalues: Sequence[float],
    signal: Sequence[float],
    ridges: Sequence[float],
) -> Parts:
    """A linear model on p normal features; each eigenvalue has an equal share of them."""
    size = np.diff(np.linspace(0, p, len(eigenvalues) + 1).round().astype(int))
    scale = np.repeat(np.sqrt(eigenvalues), size)
    x = rng.standard_normal((n, p)) * scale
    beta = np.concatenate(
        [_direction(rng, k) * np.sqrt(square) for k, square in zip(size, signal, strict=True)]
    )
    point = rng.standard_normal(p) * scale
    squares, left, hat = _decomposed(x)
    parts = []
    for ridge in ridges:
        kept = _kept(squares, n * ridge)
        # b = A y with A = left · kept · hatᵀ
        error = beta - left @ (kept * (hat.T @ (x @ beta)))
        spread = (left * scale[:, None]) ** 2
        variance = (spread.sum(axis=0) * kept**2 * (hat**2).sum(axis=0)).sum()
        parts.append((((scale * error) ** 2).sum(), variance, _point(point @ left, kept, hat)))
    return Parts(*np.array(parts).T)


def random_features_parts(
    rng: np.random.Generator,
    n: int,
    d: int,
    n_features: int,
    nonlinear: float,
    ridges: Sequence[float],
) -> Parts:
    """ReLU features of inputs on a sphere, of a linear target of variance 1 and a quadratic one.

    Means over test inputs on the sphere are exact. Products of ReLU with a polynomial of one degree
    are homogeneous, so that their means are those of normal inputs less the power of their length.
    """
    x, units = (_sphere(rng, k, d) for k in (n, n_features))
    units /= np.sqrt(d)
    beta, form = _direction(rng, d), rng.standard_normal((d, d))
    form += form.T
    form -= np.trace(form) / d * np.eye(d)
    # The variance of xᵀAx over the sphere of radius √d, with the trace of A 0.
    form *= nonlinear / np.sqrt(2 * d / (d + 2) * (form**2).sum())
    target = x @ beta + ((x @ form) * x).sum(axis=1)
    squares, left, hat = _decomposed(np.maximum(x @ units.T, 0))
    # Mean products over test inputs: of the features, and of a feature and the true function.
    products = _relu_products(units) @ left
    curved = ((units @ form) * units).sum(axis=1) / (np.sqrt(2 * np.pi) * _cube_of_length(d))
    aligned = units @ beta / 2 + curved
    spread = (left * products).sum(axis=0)
    point = np.maximum(_sphere(rng, 1, d) @ units.T, 0)[0] @ left
    parts = []
    for ridge in ridges:
        kept = _kept(squares, n * n_features / d * ridge)
        fit = kept * (hat.T @ target)
        coefficients = left @ fit
        bias = 1 + nonlinear**2 - 2 * aligned @ coefficients + coefficients @ (products @ fit)
        variance = (spread * kept**2 * (hat**2).sum(axis=0)).sum()
        parts.append((bias, variance, _point(point, kept, hat)))
    return Parts(*np.array(parts).T)


def _relu_products(units: Array) -> Array:
    """E ReLU(uᵀx) ReLU(u'ᵀx) over the sphere of radius √d, for unit vectors u and u'.

    Half the arc-cosine kernel of order 1 (Cho & Saul, NeurIPS 2009, eq. 6).
    """
    cosine = units @ units.T
    np.fill_diagonal(cosine, 1)
    np.clip(cosine, -1, 1, out=cosine)
    return (np.sqrt(1 - cosine**2) + (np.pi - np.arccos(cosine)) * cosine) / (2 * np.pi)


def _cube_of_length(d: int) -> float:
    """The mean cubed length of a standard normal vector, over d^{3/2}."""
    logs = scipy.special.gammaln([(d + 3) / 2, d / 2])
    return float(np.exp(logs[0] - logs[1]) * (2 / d) ** 1.5)


def _decomposed(x: Array) -> tuple[Array, Array, Array]:
    """Squares of singular values; and two matrices with orthogonal columns.

    The ridge fit of targets y is left · 1 / (squares + ridge) · hatᵀ y.
    """
    n, p = x.shape
    if p <= n:
        squares, vectors = np.linalg.eigh(x.T @ x)
        return squares, vectors, x @ vectors
    squares, vectors = np.linalg.eigh(x @ x.T)
    return squares, x.T @ vectors, vectors


def _kept(squares: Array, penalty: float) -> Array:
    return 1 / (np.maximum(squares, 0) + penalty)


def _point(seen: Array, kept: Array, hat: Array) -> float:
    return float(((seen * kept) ** 2 * (hat**2).sum(axis=0)).sum())


def _direction(rng: np.random.Generator, d: int) -> Array:
    normal = rng.standard_normal(d)
    return normal / np.linalg.norm(normal)


def _sphere(rng: np.random.Generator, n: int, d: int) -> Array:
    normal = rng.standard_normal((n, d))
    return normal * (np.sqrt(d) / np.linalg.norm(normal, axis=1, keepdims=True))
