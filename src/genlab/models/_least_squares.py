"""Least squares and ridge regression by the singular value decomposition."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


def ridge_inverse(
    features: Float[np.ndarray, "... n k"], ridge: float = 0.0
) -> Float[np.ndarray, "... k n"]:
    """The matrix that maps targets to coefficients: (FᵀF + λI)⁻¹Fᵀ, with λ the `ridge`.

    Without ridge it is the Moore–Penrose inverse, whose coefficients are those of minimum norm.
    Singular values that are zero to rounding are left out, by the rule of `numpy.linalg.lstsq`.
    """
    u, s, vt = np.linalg.svd(features, full_matrices=False)
    largest = s.max(axis=-1, keepdims=True)
    kept = s > np.finfo(np.float64).eps * max(features.shape[-2:]) * largest
    inverse = np.divide(s, s**2 + ridge, out=np.zeros_like(s), where=kept)
    return np.swapaxes(vt, -1, -2) @ (inverse[..., :, None] * np.swapaxes(u, -1, -2))
