"""Ridge regression on random nonlinear features."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy
from jaxtyping import Float

from genlab.measure.theory._activation import RELU, ActivationMoments
from genlab.measure.theory._risk import Risk, checked, together

# Smallest λ / μ⋆² above 0 whose risk at the threshold keeps ten digits.
_LEAST_RIDGE = 1e-12


def random_features_risk(
    features_per_input: Any,
    examples_per_input: Any,
    linear: Any = 1.0,
    nonlinear: Any = 0.0,
    noise: Any = 0.0,
    ridge: Any = 0.0,
    moments: ActivationMoments = RELU,
) -> Risk:
    """Risk of ridge regression on random features, in the limit of many inputs.

    There are n examples with d inputs, uniform on the sphere of radius √d, and N features
    σ(θᵀx / √d) whose weights θ are random on the same sphere and are not trained. The fit
    minimises Σ (y − aᵀσ)² / n + (N / d) λ ‖a‖². All numbers grow together, with ψ₁ = N / d and
    ψ₂ = n / d fixed (Mei & Montanari, Communications on Pure and Applied Mathematics 2022,
    definition 1, theorems 1 to 4).

    With ζ = μ₁ / μ⋆ and λ̄ = λ / μ⋆², let q be the root of

        (ψ₁ − q g)(ψ₂ − q g) = ψ₁ ψ₂ λ̄ q,   g = 1 + ζ² / (1 + ζ² q),

    from 0 to where q g is the smaller of ψ₁ and ψ₂. Then χ = ν₁ν₂ = −q in their fixed point
    (eqs. 12 and 13), whose values on the imaginary axis are imaginary. Their polynomials E₀, E₁
    and E₂ of χ give B = E₁ / E₀ and V = E₂ / E₀, and

    - risk = linear² B + (noise² + nonlinear²) V + nonlinear²
    - variance = noise² V, over label noise; bias is the rest of the risk.

    The nonlinear part of the target acts as noise that cannot be learned from n proportional to
    d examples.

    Parameters
    ----------
    features_per_input, examples_per_input
        ψ₁ = N / d and ψ₂ = n / d, above 0.
    linear
        F₁, the length of the linear part of the target: its standard deviation over x.
    nonlinear
        F⋆, the standard deviation of the rest, which has no linear part.
    noise
        τ, the standard deviation of the label noise.
    ridge
        λ, 0 or at least 1e-12 μ⋆² (the square of `moments.nonlinear`); 0 takes the fit of minimum
        norm.
    moments
        Of the activation; RELU by default.

    Returns
    -------
    Risk
        Arrays of the broadcast shape. Without ridge they are infinite at ψ₁ = ψ₂, the
        interpolation threshold N = n.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> random_features_risk([1.0, 2.0, 4.0], 2.0, noise=0.5).risk.round(3).tolist()
    [1.146, inf, 0.659]
    """
    if not isinstance(moments, ActivationMoments):
        raise TypeError(f"`moments` must be ActivationMoments, got {moments!r}.")
    psi1, psi2, slope, curved, deviation, penalty = together(
        features_per_input=checked("features_per_input", features_per_input, positive=True),
        examples_per_input=checked("examples_per_input", examples_per_input, positive=True),
        linear=checked("linear", linear),
        nonlinear=checked("nonlinear", nonlinear),
        noise=checked("noise", noise),
        ridge=checked("ridge", ridge),
    )
    zeta = (moments.linear / moments.nonlinear) ** 2
    scaled = penalty / moments.nonlinear**2
    if ((penalty > 0) & (scaled < _LEAST_RIDGE)).any():
        least = _LEAST_RIDGE * moments.nonlinear**2
        raise ValueError(
            f"`ridge` must be 0 or at least {least:.3g} for this activation, got "
            f"{penalty[penalty > 0].min():.3g}."
        )
    roots = np.array(
        [
            _root(float(a), float(b), zeta, float(c))
            for a, b, c in zip(psi1.flat, psi2.flat, scaled.flat, strict=True)
        ]
    ).reshape(psi1.shape)
    bias, variance = _factors(-roots, zeta, psi1, psi2)
    peak = (penalty == 0) & (psi1 == psi2)
    bias, variance = np.where(peak, np.inf, bias), np.where(peak, np.inf, variance)
    total = _times(slope, bias) + _times(curved, variance) + curved**2
    label_noise = _times(deviation, variance)
    return Risk(total + label_noise, total, label_noise)


def _times(
    deviation: Float[np.ndarray, ...], factor: Float[np.ndarray, ...]
) -> Float[np.ndarray, ...]:
    """deviation² · factor, 0 where nothing is multiplied by an infinite factor."""
    return np.multiply(deviation**2, factor, out=np.zeros(np.shape(factor)), where=deviation > 0)


def _root(psi1: float, psi2: float, zeta: float, ridge: float) -> float:
    """q, minus the χ of the paper; `zeta` is ζ²."""
    # q g = q + ζ² q / (1 + ζ² q) reaches the smaller of both: a quadratic equation (eq. 22).
    least = min(psi1, psi2)
    b = 1 + zeta - zeta * least
    discriminant = np.sqrt(b**2 + 4 * zeta * least)
    most = 2 * least / (b + discriminant) if b > 0 else (discriminant - b) / (2 * zeta)
    if ridge == 0:
        return float(most)

    def above(q: float) -> float:
        passed = q + zeta * q / (1 + zeta * q)
        return (1 - passed / psi1) * (1 - passed / psi2) - ridge * q

    return float(scipy.optimize.brentq(above, 0.0, most, xtol=1e-300, rtol=1e-14))


def _factors(
    chi: Float[np.ndarray, ...],
    zeta: float,
    psi1: Float[np.ndarray, ...],
    psi2: Float[np.ndarray, ...],
) -> tuple[Float[np.ndarray, ...], Float[np.ndarray, ...]]:
    """B and V: equations 16 to 19; `zeta` is ζ²."""
    z2, z4, z6 = zeta, zeta**2, zeta**3
    both = psi1 * psi2
    zero = (
        -(chi**5) * z6
        + 3 * chi**4 * z4
        + (both - psi2 - psi1 + 1) * chi**3 * z6
        - 2 * chi**3 * z4
        - 3 * chi**3 * z2
        + (psi1 + psi2 - 3 * both + 1) * chi**2 * z4
        + 2 * chi**2 * z2
        + chi**2
        + 3 * both * chi * z2
        - both
    )
    one = psi2 * chi**3 * z4 - psi2 * chi**2 * z2 + both * chi * z2 - both
    two = (
        chi**5 * z6
        - 3 * chi**4 * z4
        + (psi1 - 1) * chi**3 * z6
        + 2 * chi**3 * z4
        + 3 * chi**3 * z2
        + (-psi1 - 1) * chi**2 * z4
        - 2 * chi**2 * z2
        - chi**2
    )
    with np.errstate(divide="ignore", invalid="ignore"):  # at the threshold without ridge
        return one / zero, two / zero
