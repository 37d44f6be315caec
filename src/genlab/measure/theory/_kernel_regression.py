"""What kernel regression predicts, at the end of training and before."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy
from jaxtyping import Float

from genlab._base.arrays import floats, squarable
from genlab._base.checks import extended, integer, real
from genlab._base.words import received

_LARGEST = 1e100
# Rows that are compared at once.
_BLOCK = 1_000


def predict_with_kernel(
    kernel: Any, targets: Any, test_kernel: Any, ridge: float = 0.0, time: float = math.inf
) -> Float[np.ndarray, ...]:
    """Predictions of kernel regression, or of gradient descent on a wide network at time t.

    With the kernel K of the training examples and k of a test example with them, it is
    kᵀ(K + λ1)⁻¹ y: the posterior mean of a normal process with noise variance λ (Lee et al.
    2018, eq. 8, with the NNGP kernel), and for λ = 0 what a network of infinite width predicts
    after training to the end (with the NTK). At time t it predicts kᵀK⁻¹(1 − e^{−Kt}) y
    (Jacot et al. 2018, section 5; Lee et al., NeurIPS 2019, eq. 8): the mean over initial weights,
    for gradient flow on ½ Σ (prediction − y)².

    A step of gradient descent with learning rate η on the *mean* of the squared errors of n
    examples is the time 2η / n; with `WideKernels.ntk` per hidden unit, 2ηh / n.

    Parameters
    ----------
    kernel
        K, symmetric and without negative eigenvalues, shape (n, n).
    targets
        y, shape (n,) or (n, outputs); for classes see `centred_classes`.
    test_kernel
        One row per test example, shape (m, n).
    ridge
        λ, at least 0. Without it, and with a singular K, the prediction is that of minimum norm.
    time
        t, at least 0; infinity is the end of training. A finite one needs a ridge of 0.

    Returns
    -------
    array
        Shape (m,) or (m, outputs).

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> predict_with_kernel([[2.0, 0.0], [0.0, 1.0]], [4.0, 5.0], [[1.0, 1.0]]).tolist()
    [7.0]
    >>> predict_with_kernel([[1.0]], [1.0], [[1.0]], time=1.0).round(4).tolist()
    [0.6321]
    """
    gram, y = _matrix("kernel", kernel), _finite("targets", targets)
    cross = _matrix("test_kernel", test_kernel)
    n = len(gram)
    if gram.shape[1] != n or not _symmetric(gram):
        raise ValueError(f"`kernel` must be square and symmetric, got shape {gram.shape}.")
    if y.ndim not in (1, 2) or len(y) != n:
        raise ValueError(f"`targets` must have {n} rows, one per example, got shape {y.shape}.")
    if cross.shape[1] != n:
        raise ValueError(f"`test_kernel` must have {n} columns, got shape {cross.shape}.")
    ridge, time = real("ridge", ridge, low=0), extended("time", time)
    if not time >= 0 or (ridge > 0 and math.isfinite(time)):
        raise ValueError(
            f"`time` must be at least 0, and infinite with a ridge above 0, got {received(time)}."
        )
    if math.isinf(time):
        weights = _solved(gram, y, ridge)
        if weights is not None:
            return cross @ weights
    values, vectors = scipy.linalg.eigh(gram)
    known = values > n * np.finfo(np.float64).eps * max(float(values[-1]), 0.0)
    share = np.ones(n) if math.isinf(time) else -np.expm1(-np.where(known, values, 0.0) * time)
    factors = np.divide(share, values + ridge, out=np.zeros(n), where=known)
    return cross @ (vectors @ (factors * (vectors.T @ y).T).T)


def centred_classes(labels: Any, n_classes: int) -> Float[np.ndarray, "n classes"]:
    """Targets of classification by squared error: 1 for the class, less 1 / `n_classes` everywhere.

    The predicted class is that of the largest prediction.

    >>> centred_classes([0, 1], 2).tolist()
    [[0.5, -0.5], [-0.5, 0.5]]
    """
    n_classes = integer("n_classes", n_classes, low=2, high=1_000_000)
    array = floats("labels", labels)
    unfit = array[~((array >= 0) & (array < n_classes) & (array == np.round(array)))]
    if array.ndim != 1 or unfit.size:
        got = received(float(unfit.flat[0])) if unfit.size else f"shape {array.shape}"
        raise ValueError(f"`labels` must be classes from 0 to {n_classes - 1}, got {got}.")
    return (array[:, None] == np.arange(n_classes)).astype(np.float64) - 1 / n_classes


def _finite(name: str, values: Any) -> Float[np.ndarray, ...]:
    array = squarable(name, floats(name, values), _LARGEST)
    if not array.size or not np.isfinite(array).all():
        raise ValueError(f"`{name}` must hold finite numbers, got {received(values)}.")
    return array


def _matrix(name: str, values: Any) -> Float[np.ndarray, "m n"]:
    array = _finite(name, values)
    if array.ndim != 2:
        raise ValueError(f"`{name}` must be a matrix, got shape {array.shape}.")
    return array


def _symmetric(gram: Float[np.ndarray, "n n"]) -> bool:
    """Whether it is, up to rounding; by blocks of rows, as a comparison needs several copies."""
    tolerance = 1e-9 * gram.max()
    blocks = [slice(start, start + _BLOCK) for start in range(0, len(gram), _BLOCK)]
    return all(
        np.allclose(gram[rows], gram[:, rows].T, rtol=1e-6, atol=tolerance) for rows in blocks
    )


def _solved(
    gram: Float[np.ndarray, "n n"], y: Float[np.ndarray, "n ..."], ridge: float
) -> Float[np.ndarray, "n ..."] | None:
    """(K + λ1)⁻¹ y, or None where the matrix is singular within rounding."""
    with_ridge = gram.copy()
    np.fill_diagonal(with_ridge, gram.diagonal() + ridge)
    try:
        # Transposed it has the order of LAPACK, so that no further copy is made.
        lower = scipy.linalg.cholesky(with_ridge.T, lower=True, overwrite_a=True)
    except np.linalg.LinAlgError:
        return None
    pivots = lower.diagonal() ** 2
    if pivots.min() <= len(gram) * np.finfo(np.float64).eps * pivots.max():
        return None
    return np.asarray(scipy.linalg.cho_solve((lower, True), y))
