"""Linear regression on isotropic normal features with a finite number of examples."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy
from jaxtyping import Float

from genlab._base.arrays import floats
from genlab._base.checks import real
from genlab._base.words import received
from genlab.measure.theory._ridge import ridge_risk
from genlab.measure.theory._risk import LinearRisk, checked, together

# Nodes of a Gauss-Chebyshev sum; doubling them changes no digit that is kept.
_NODES = 4_000
_MOST = 10**9


def isotropic_risk(
    n: Any, p: Any, signal: Any = 1.0, noise: Any = 1.0, ridge: float = 0.0
) -> LinearRisk:
    """Risk of ridge regression with n examples of p independent standard normal features.

    `ridge_risk` is the limit of many examples. This is what it is the limit of.

    Without ridge it is exact, from the mean of an inverse Wishart matrix. With d = abs(n − p), the
    variance is noise² min(n, p) / (d − 1). The bias is 0 up to p = n, and ‖β‖² (1 − n/p) above.
    The variance is infinite for d ≤ 1.

    With ridge it is the limit and its first correction, of relative size 1/n; what is neglected is
    of size 1/n². For a spectral function f of XᵀX/n, and real features, the mean of the sum of f
    over eigenvalues differs from p times its limit by

        (f(a) + f(b)) / 4 − mean f(1 + γ + 2√γ cos θ) / 2

    with a, b = (1 ∓ √γ)² and θ uniform from 0 to π (Bai & Silverstein, Annals of Probability 2004,
    eq. 5.13). Here f(x) is λ² / (x + λ)² for the bias and x / (x + λ)² for the variance. The
    correction serves where nλ is at least about 1 or p is far from n: at p = n it needs λ well
    above 1/n².

    Parameters
    ----------
    n, p
        Numbers of examples and features, whole numbers of at least 1.
    signal
        ‖β‖², the squared length of the coefficients.
    noise
        Standard deviation of the noise.
    ridge
        λ of Σ (y − xᵀb)² / n + λ‖b‖², a number of at least 0.

    Returns
    -------
    LinearRisk
        Arrays of the broadcast shape of the first four arguments. `input_variance` is that part of
        `bias` which is variance over training inputs.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> isotropic_risk(400, [380, 400, 420], signal=4.0).risk.round(4).tolist()
    [20.0, inf, 21.2431]
    >>> ridge_risk(380 / 400, signal=4.0).risk.round(4).tolist()
    19.0
    """
    examples, features, squares, deviation = together(
        n=_counts("n", n),
        p=_counts("p", p),
        signal=checked("signal", signal),
        noise=checked("noise", noise),
    )
    ridge = real("ridge", ridge, low=0)
    if ridge == 0:
        return _ridgeless(examples, features, squares, deviation)
    gammas = features / examples
    limit = ridge_risk(gammas, 1.0, 1.0, ridge)
    shift = np.array([_corrections(float(gamma), ridge) for gamma in gammas.flat])
    bias_shift, variance_shift, mean_shift = np.moveaxis(shift.reshape(*gammas.shape, 3), -1, 0)
    bias = squares * (limit.bias + bias_shift / features)
    variance = deviation**2 * (limit.variance + variance_shift / examples)
    # |E b − β|² is ‖β‖² times the square of the mean of λ / (x + λ) over eigenvalues.
    lost = np.sqrt(limit.bias - limit.input_variance) + mean_shift / features
    return LinearRisk(bias + variance, bias, variance, bias - squares * lost**2)


def isotropic_variance_quantile(
    n: Any, p: Any, noise: Any = 1.0, quantile: float = 0.5
) -> Float[np.ndarray, ...]:
    """Quantile of the variance of a ridgeless prediction, over training and test inputs.

    Given the training inputs and one new input x, the prediction has the variance noise² v over
    label noise. With independent standard normal features, m = min(n, p) and d = abs(n − p),

        v = χ²_m / χ²_{d+1},

    a ratio of independent chi-squares: m / (d + 1) times a variable of the F distribution with m
    and d + 1 degrees of freedom. So v has the tail index (d + 1) / 2. At p = n that is 1/2, the
    mean is infinite, and a median describes it instead. Exact for every n and p. It follows from
    the distribution of one diagonal element of an inverse Wishart matrix (Muirhead, "Aspects of
    Multivariate Statistical Theory", theorem 3.2.12).

    Parameters
    ----------
    n, p
        Numbers of examples and features, whole numbers of at least 1.
    noise
        Standard deviation of the noise.
    quantile
        Quantile, between 0 and 1; 0.5 is the median.

    >>> isotropic_variance_quantile(400, [200, 400, 800]).round(3).tolist()
    [0.995, 877.646, 0.998]
    """
    examples, features, deviation = together(
        n=_counts("n", n), p=_counts("p", p), noise=checked("noise", noise)
    )
    quantile = real("quantile", quantile, above=0)
    if quantile >= 1:
        raise ValueError(f"`quantile` must be below 1, got {quantile!r}.")
    least, more = np.minimum(examples, features), np.abs(examples - features) + 1
    return np.asarray(deviation**2 * least / more * scipy.stats.f.ppf(quantile, least, more))


def _counts(name: str, values: Any) -> Float[np.ndarray, ...]:
    array = floats(name, values)
    unfit = array[~((array >= 1) & (array <= _MOST) & (array == np.round(array)))]
    if not array.size or unfit.size:
        got = received(float(unfit.flat[0])) if unfit.size else "none"
        raise ValueError(f"`{name}` must hold whole numbers from 1 to {_MOST:,}, got {got}.")
    return array


def _ridgeless(
    n: Float[np.ndarray, ...],
    p: Float[np.ndarray, ...],
    signal: Float[np.ndarray, ...],
    noise: Float[np.ndarray, ...],
) -> LinearRisk:
    apart = np.abs(n - p)
    variance = noise**2 * np.divide(
        np.minimum(n, p), apart - 1, out=np.where(noise > 0, np.inf, 0.0), where=apart > 1
    )
    lost = np.maximum(0.0, 1 - n / p)
    bias = signal * lost
    return LinearRisk(bias + variance, bias, variance, bias * (1 - lost))


def _corrections(gamma: float, ridge: float) -> Float[np.ndarray, " 3"]:
    """Shifts of the sums over eigenvalues of λ²/(x + λ)², x/(x + λ)² and λ/(x + λ)."""
    root = np.sqrt(gamma)
    angles = (np.arange(_NODES) + 0.5) * np.pi / _NODES
    inside = 1 + gamma + 2 * root * np.cos(angles)
    ends = np.array([(1 - root) ** 2, (1 + root) ** 2])

    def functions(x: Float[np.ndarray, " k"]) -> Float[np.ndarray, "3 k"]:
        lost = ridge / (x + ridge)
        return np.stack([lost**2, x / (x + ridge) ** 2, lost])

    return np.asarray(functions(ends).sum(axis=1) / 4 - functions(inside).mean(axis=1) / 2)
