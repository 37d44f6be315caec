"""Ridge and ridgeless linear regression with many features."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy
from jaxtyping import Float

from genlab.measure.theory._risk import LinearRisk, checked, together


def ridge_risk(
    aspect_ratio: Any,
    signal: Any = 1.0,
    noise: Any = 1.0,
    ridge: Any = 0.0,
    eigenvalues: Any = 1.0,
) -> LinearRisk:
    """Risk of ridge regression in the limit of many examples n and features p, p / n fixed.

    The data are y = xᵀβ + ε. The features x have mean 0 and covariance Σ, their standardised
    coordinates are independent, and ε has standard deviation `noise`. The fit minimises
    Σ (y − xᵀb)² / n + λ‖b‖²; with λ = 0 it is the least-squares fit of minimum norm (Hastie,
    Montanari, Rosset & Tibshirani, Annals of Statistics 2022, theorems 1, 2, 5 and 6).

    With eigenvalues s of Σ, the shares β² of the signal in their directions, and γ = p / n, let
    κ be the root of κ = λ + γκ · mean(s / (s + κ)), and df₂ = γ · mean(s² / (s + κ)²). Then

    - bias = κ² Σ β² s / (s + κ)² / (1 − df₂)
    - variance = noise² df₂ / (1 − df₂)
    - input_variance = df₂ · bias

    Their companion Stieltjes transform at −λ is 1 / κ. For isotropic features without ridge this
    is noise² γ / (1 − γ) below γ = 1; above it is ‖β‖² (1 − 1/γ) + noise² / (γ − 1).

    The limit is approached as 1/n, and slowly near γ = 1 where λ is small: `isotropic_risk`
    gives the value for n examples.

    Parameters
    ----------
    aspect_ratio
        γ = p / n, above 0: a number or an array.
    signal
        ‖β‖², the squared length of the coefficients, spread evenly over the eigenvalues; or one
        number per eigenvalue, whose sum is ‖β‖².
    noise
        Standard deviation of the noise. It broadcasts with `aspect_ratio` and `ridge`.
    ridge
        λ, at least 0, relative to the *mean* squared error.
    eigenvalues
        Eigenvalues of Σ, equally frequent, at least one above 0. A number is that many times the
        identity. They describe a distribution, so their number need not be p.

    Returns
    -------
    LinearRisk
        Arrays of the broadcast shape of `aspect_ratio`, `noise` and `ridge`. Without ridge
        `variance` and `risk` are infinite where there are as many features of nonzero variance
        as examples.

    Raises
    ------
    ValueError
        Naming the parameter, the rule and the value received.

    >>> found = ridge_risk([0.5, 1.0, 2.0], signal=4.0, noise=1.0)
    >>> found.risk.round(6).tolist()
    [1.0, inf, 3.0]
    >>> ridge_risk(1.0, signal=4.0, ridge=optimal_ridge(1.0, 4.0)).risk.round(6).tolist()
    1.561553
    """
    gammas, noises, ridges = together(
        aspect_ratio=checked("aspect_ratio", aspect_ratio, positive=True),
        noise=checked("noise", noise),
        ridge=checked("ridge", ridge),
    )
    spectrum, shares = _spectrum(eigenvalues, signal)
    parts = np.array(
        [
            _parts(float(gamma), float(penalty), spectrum, shares)
            for gamma, penalty in zip(gammas.flat, ridges.flat, strict=True)
        ]
    ).reshape(*gammas.shape, 3)
    bias, second, rest = np.moveaxis(parts, -1, 0)
    variance = noises**2 * np.divide(
        second, rest, out=np.where(noises > 0, np.inf, 0.0), where=rest > 0
    )
    return LinearRisk(bias + variance, bias, variance, second * bias)


def optimal_ridge(aspect_ratio: Any, signal: Any = 1.0, noise: Any = 1.0) -> Any:
    """The ridge with the lowest risk for isotropic features: γ noise² / ‖β‖².

    Dobriban & Wager, Annals of Statistics 2018; Hastie et al. 2022, corollary 5. With it, the
    risk has no peak. For general Σ it is exact where the signal has the same expected square in
    every direction.

    >>> float(optimal_ridge(2.0, signal=4.0, noise=1.0))
    0.5
    """
    gamma, squares, deviation = together(
        aspect_ratio=checked("aspect_ratio", aspect_ratio, positive=True),
        signal=checked("signal", signal, positive=True),
        noise=checked("noise", noise),
    )
    return gamma * deviation**2 / squares


def _spectrum(
    eigenvalues: Any, signal: Any
) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, " k"]]:
    """Eigenvalues, and the share of the signal of each."""
    spectrum, shares = checked("eigenvalues", eigenvalues), checked("signal", signal)
    if spectrum.ndim > 1 or not spectrum.any():
        raise ValueError(
            "`eigenvalues` must be a number or a list, at least one above 0, got shape "
            f"{spectrum.shape}."
        )
    spectrum = np.atleast_1d(spectrum)
    if shares.ndim and shares.shape != spectrum.shape:
        raise ValueError(
            f"`signal` must be a number, or one per eigenvalue ({len(spectrum)}), got shape "
            f"{shares.shape}."
        )
    return spectrum, shares if shares.ndim else np.full(len(spectrum), shares / len(spectrum))


def _parts(
    gamma: float,
    penalty: float,
    spectrum: Float[np.ndarray, " k"],
    shares: Float[np.ndarray, " k"],
) -> tuple[float, float, float]:
    """Bias, df₂ and 1 − df₂."""
    kappa = _kappa(gamma, penalty, spectrum)
    if kappa == 0:
        second = gamma * float(np.mean(spectrum > 0))
        return 0.0, second, max(0.0, 1 - second)
    kept = spectrum / (spectrum + kappa)
    lost = kappa / (spectrum + kappa)
    # 1 − df₂ from the equation of κ, which loses no digits near the peak.
    rest = penalty / kappa + gamma * float(np.mean(kept * lost))
    bias = float((shares * spectrum * lost**2).sum()) / rest
    return bias, gamma * float(np.mean(kept**2)), rest


def _kappa(gamma: float, penalty: float, spectrum: Float[np.ndarray, " k"]) -> float:
    """The root of λ/κ + γ mean(s / (s + κ)) = 1, which falls in κ; 0 where there is none."""
    positive = spectrum[spectrum > 0]
    ratio = gamma * len(positive) / len(spectrum)
    # Both ends follow from s_min / (s_min + κ) ≤ s / (s + κ) ≤ s / κ.
    low = max(penalty, float(positive.min()) * (ratio - 1))
    high = penalty + gamma * float(spectrum.mean())
    if low <= 0:
        return 0.0

    def above(log_kappa: float) -> float:
        kappa = np.exp(log_kappa)
        return float(penalty / kappa + gamma * np.mean(spectrum / (spectrum + kappa)) - 1)

    ends = np.log(low), np.log(high)
    if above(ends[0]) <= 0:  # one eigenvalue alone, up to rounding
        return low
    if above(ends[1]) >= 0:
        return high
    return float(np.exp(scipy.optimize.brentq(above, *ends, xtol=1e-15, rtol=1e-14)))
