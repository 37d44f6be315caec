"""Fits to drawn training sets: their bias and variance, label noise in closed form.

For a fit that is linear in the targets, the mean and the variance over label noise follow from
the training inputs. So each draw gives two numbers without drawing noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
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
    n_test: int,
    nonlinear: float,
    ridges: Sequence[float],
) -> Parts:
    """ReLU features of inputs on a sphere, of a linear target of variance 1 and a quadratic one."""
    x, test, weights = (_sphere(rng, k, d) for k in (n, n_test, n_features))
    beta, form = _direction(rng, d), rng.standard_normal((d, d))
    form += form.T
    form -= np.trace(form) / d * np.eye(d)
    # The variance of xᵀAx over the sphere of radius √d, with the trace of A 0.
    form *= nonlinear / np.sqrt(2 * d / (d + 2) * (form**2).sum())
    target, truth = (one @ beta + ((one @ form) * one).sum(axis=1) for one in (x, test))
    features, shown = (np.maximum(one @ weights.T, 0) / np.sqrt(d) for one in (x, test))
    squares, left, hat = _decomposed(features)
    seen = shown @ left
    parts = []
    for ridge in ridges:
        kept = _kept(squares, n * n_features / d * ridge)
        error = truth - seen @ (kept * (hat.T @ target))
        variance = (seen**2).mean(axis=0) * kept**2 * (hat**2).sum(axis=0)
        parts.append(((error**2).mean(), variance.sum(), _point(seen[0], kept, hat)))
    return Parts(*np.array(parts).T)


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
