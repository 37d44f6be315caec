"""The kernels of fully connected ReLU networks whose hidden layers are very wide."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from genlab._base.arrays import floats, squarable
from genlab._base.checks import choice, extended, integer

_INITS = ("fan_in", "he", "glorot", "normal")
_PARAMETRIZATIONS = ("standard", "ntk")
_LARGEST = 1e30


@dataclass(frozen=True, eq=False)
class WideKernels:
    """The two kernels of a wide network.

    Attributes
    ----------
    nngp
        Covariance of an output at two inputs over initial weights, shape (n, m). The outputs of a
        network of infinite width are a normal process with this covariance.
    ntk
        Product of the gradients of one output with respect to all weights and biases, at two
        inputs, shape (n, m); in the standard parametrisation divided by the hidden width.
    """

    nngp: Float[np.ndarray, "n m"]
    ntk: Float[np.ndarray, "n m"]


def wide_network(
    x: Any,
    other: Any = None,
    *,
    depth: int = 2,
    init: str = "fan_in",
    width: float = math.inf,
    n_outputs: int = 1,
    parametrization: str = "standard",
) -> WideKernels:
    """The kernels of `genlab.models.MLP` with `depth` hidden layers of one large width.

    Where all hidden layers are wide, an output at initialisation is a normal process (Lee et al.,
    ICLR 2018), and gradient descent moves it as kernel regression does, with a kernel that stays
    what it was at the start (Jacot, Gabriel & Hongler, NeurIPS 2018). With weights of variance
    v and biases of variance b, fan-in f, and C₀ = xᵀx' / f₁, the layers l = 1, 2, ... give

    - K_l = v_l f_l C_{l−1} + b_l, the covariance of what goes into the ReLU,
    - C_l = √(K_l(x, x) K_l(x', x')) (sin θ + (π − θ) cos θ) / 2π,
    - D_l = (π − θ) / 2π,

    where cos θ is the correlation that K_l gives: the arc-cosine kernels of orders 1 and 0 (Cho &
    Saul, NeurIPS 2009, eqs. 3 and 6). The NNGP kernel is the K of the output layer. The tangent
    kernel is T₁ = f₁ C₀ + 1 and T_{l+1} = f_{l+1} C_l + 1 + v_{l+1} f_{l+1} D_l T_l.

    In this, the standard parametrisation, the kernel grows with the width h, so T / h is given. In
    its limit the first layer has no part: the gradients of its weights do not grow with h. With
    one hidden layer T / h is then C₁, and such a network is regression on random features.

    Parameters
    ----------
    x, other
        Inputs, shapes (n, ...) and (m, ...), flattened as by the model; None takes `x` twice.
    depth
        Number of hidden layers, at least 1.
    init
        Initial weights, as those of `genlab.models.MLP`. In the limit "fan_in" has biases in the
        first layer alone, since they are uniform in ±1/√fan_in.
    width
        Hidden width h, at least 1. A finite one keeps the terms of size 1/h that are due to
        biases and to the first layer, and leaves out those due to chance. "glorot" and "normal"
        need a finite one: their outputs vanish, or grow without bound, as the width grows.
    n_outputs
        Outputs of the network, which matter to "glorot" alone.
    parametrization
        "standard", that of the models here and of most frameworks. "ntk": weights are standard
        normal numbers times √v, so that all layers learn in the limit (Jacot et al., section 3):
        T₁ = K₁ and T_{l+1} = K_{l+1} + v f D_l T_l.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> kernels = wide_network([[1.0, 0.0], [0.0, 1.0]], depth=1, init="he")
    >>> kernels.nngp.round(4).tolist()
    [[1.0, 0.3183], [0.3183, 1.0]]
    """
    depth, n_outputs = integer("depth", depth, low=1), integer("n_outputs", n_outputs, low=1)
    choice("init", init, _INITS)
    choice("parametrization", parametrization, _PARAMETRIZATIONS)
    width = extended("width", width)
    if not width >= 1:
        raise ValueError(f"`width` must be a number >= 1, got {width!r}.")
    if math.isinf(width) and init in ("glorot", "normal"):
        raise ValueError(f"`width` must be finite where `init` is {init!r}, got {width!r}.")
    first = _inputs("x", x)
    second = first if other is None else _inputs("other", other)
    n_inputs = first.shape[1]
    if second.shape[1] != n_inputs:
        raise ValueError(f"`other` must have {n_inputs} inputs, as `x` has, got {second.shape[1]}.")
    moments = _Moments(
        (first**2).sum(axis=1) / n_inputs,
        (second**2).sum(axis=1) / n_inputs,
        first @ second.T / n_inputs,
    )
    tangent = np.zeros_like(moments.cross)
    slopes = np.zeros_like(moments.cross)
    for layer in range(depth + 1):
        fan_in = width if layer else float(n_inputs)
        gain, bias = _variances(init, fan_in, width if layer < depth else float(n_outputs))
        inner = _Moments(*(gain * part + bias for part in moments))
        if parametrization == "ntk":
            own = inner.cross
        else:
            own = (1.0 if layer else fan_in / width) * moments.cross + 1 / width
        tangent = own + gain * slopes * tangent
        if layer < depth:
            moments, slopes = _through_relu(inner, same=other is None)
    return WideKernels(inner.cross, tangent)


class _Moments(NamedTuple):
    """Mean products over the units of a layer: at the first inputs, at the second, and of both."""

    first: Float[np.ndarray, " n"]
    second: Float[np.ndarray, " m"]
    cross: Float[np.ndarray, "n m"]


def _inputs(name: str, values: Any) -> Float[np.ndarray, "n d"]:
    array = squarable(name, floats(name, values), _LARGEST)
    if array.ndim < 2 or not array.size or not np.isfinite(array).all():
        raise ValueError(
            f"`{name}` must be finite numbers of shape (n, inputs), at least one each, got shape "
            f"{array.shape}."
        )
    return array.reshape(len(array), -1)


def _variances(init: str, fan_in: float, fan_out: float) -> tuple[float, float]:
    """Variance of the weights times the fan-in, and variance of the biases."""
    if init == "fan_in":
        return 1 / 3, 1 / (3 * fan_in)
    if init == "he":
        return 2.0, 0.0
    if init == "glorot":
        return 2 / (1 + fan_out / fan_in), 0.0
    return 0.01 * fan_in, 0.0


def _through_relu(inner: _Moments, *, same: bool) -> tuple[_Moments, Float[np.ndarray, "n m"]]:
    """Mean products of ReLU, and of its slope, at normal variables with these mean products."""
    scale = np.sqrt(inner.first)[:, None] * np.sqrt(inner.second)
    cosine = np.divide(inner.cross, scale, out=np.zeros_like(scale), where=scale > 0)
    if same:
        np.fill_diagonal(cosine, 1.0)  # whose angle rounding would make 1e-8
    cosine = np.clip(cosine, -1, 1)
    angle = np.arccos(cosine)
    part = (np.pi - angle) / (2 * np.pi)
    cross = scale * (np.sqrt(1 - cosine**2) / (2 * np.pi) + part * cosine)
    return _Moments(inner.first / 2, inner.second / 2, cross), part
