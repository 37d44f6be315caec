"""What the theory of random features needs to know of an activation function."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from genlab._base.checks import real


@dataclass(frozen=True)
class ActivationMoments:
    """Moments of an activation σ at a standard normal variable G.

    Attributes
    ----------
    constant
        μ₀ = E σ(G).
    linear
        μ₁ = E G σ(G).
    nonlinear
        μ⋆ = √(E σ(G)² − μ₀² − μ₁²), above 0: what no straight line describes.

    >>> ActivationMoments(constant=0.0, linear=1.0, nonlinear=0.5).nonlinear
    0.5
    """

    constant: float
    linear: float
    nonlinear: float

    def __post_init__(self) -> None:
        for name, above in (("constant", None), ("linear", None), ("nonlinear", 0.0)):
            object.__setattr__(self, name, real(name, getattr(self, name), above=above))


#: The moments of max(0, x): 1/√(2π), 1/2 and √(1/4 − 1/(2π)).
RELU = ActivationMoments(1 / math.sqrt(2 * math.pi), 1 / 2, math.sqrt(1 / 4 - 1 / (2 * math.pi)))


def activation_moments(activation: Callable[[Any], Any]) -> ActivationMoments:
    """The moments of any activation function, by numerical integration.

    Parameters
    ----------
    activation
        A function of one number. It may have a kink or a jump at 0.

    Raises
    ------
    TypeError, ValueError
        If it is no function of numbers, if its moments are not finite, or if it is linear.

    >>> activation_moments(lambda x: max(x, 0.0)).linear
    0.5
    """
    if not callable(activation):
        raise TypeError(f"`activation` must be a function, got {activation!r}.")
    # 200 nodes to each side of 0, up to where the normal density is 1e-35.
    nodes, weights = scipy.special.roots_legendre(200)
    x = np.concatenate([6.25 * (nodes - 1), 6.25 * (nodes + 1)])
    density = np.tile(6.25 * weights, 2) * np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    try:
        values = np.array([float(activation(float(one))) for one in x])
    except (TypeError, ValueError) as error:
        raise TypeError(f"`activation` must be a function of one number: {error}") from error
    mean, slope, square = (float(density @ part) for part in (values, x * values, values**2))
    rest = square - mean**2 - slope**2
    if not rest > 1e-12 * max(square, 1e-300):
        raise ValueError(
            "`activation` must be finite and not linear, got one with the nonlinear part "
            f"{rest:.3g}."
        )
    return ActivationMoments(mean, round(slope, 14), math.sqrt(rest))
