"""The multilayer perceptron, the chapter's network."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from genlab._check import choice, integer
from genlab.models._base import Layer, ModelSpec

_INITS = ("fan_in", "he", "glorot", "normal")
# Of "normal", whatever the widths.
_STANDARD_DEVIATION = 0.1


@dataclass(frozen=True)
class MLP(ModelSpec):
    """Fully connected layers with ReLU between them.

    Parameters
    ----------
    hidden
        Width of each hidden layer, each at least 1; () leaves a linear model.
    init
        "fan_in": weights and biases uniform in ±1/√fan_in, the usual framework
        default. "he": weights normal with variance 2/fan_in, biases zero (He et
        al., ICCV 2015, eq. 10). "glorot": weights uniform in ±√(6/(fan_in + fan_out)),
        biases zero (Glorot & Bengio, AISTATS 2010, eq. 16). "normal": weights normal
        with variance 0.01, biases zero (Belkin et al., PNAS 2019).

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> MLP(hidden=(100, 100)).n_parameters(input_shape=(40,), n_outputs=10)
    15210
    """

    hidden: tuple[int, ...] = (100, 100)
    init: str = "fan_in"

    def __post_init__(self) -> None:
        if isinstance(self.hidden, str) or not isinstance(self.hidden, Iterable):
            raise TypeError(f"`hidden` must be a tuple of widths, got {self.hidden!r}.")
        widths = tuple(integer("hidden", width, low=1) for width in self.hidden)
        object.__setattr__(self, "hidden", widths)
        choice("init", self.init, _INITS)

    def build(self, input_shape: tuple[int, ...], n_outputs: int, key: PRNGKeyArray) -> eqx.Module:
        widths = (math.prod(input_shape), *self.hidden, n_outputs)
        shapes = [(n_out, n_in) for n_in, n_out in pairwise(widths)]
        # One draw for all layers: compiling a draw takes longer than running it.
        n_draws = self.n_parameters(input_shape, n_outputs)
        if self.init in ("fan_in", "glorot"):
            draws = jax.random.uniform(key, (n_draws,), jnp.float32, minval=-1.0, maxval=1.0)
        else:
            draws = jax.random.normal(key, (n_draws,), jnp.float32)
        layers: list[Callable[..., Any]] = [eqx.nn.Lambda(jnp.ravel)]
        start = 0
        for n_out, n_in in shapes:
            if start > 0:
                layers.append(eqx.nn.Lambda(jax.nn.relu))
            unit = draws[start : start + n_out * (n_in + 1)]
            start += len(unit)
            weight, bias = unit[: n_out * n_in].reshape(n_out, n_in), unit[n_out * n_in :]
            if self.init == "fan_in":
                weight, bias = weight / math.sqrt(n_in), bias / math.sqrt(n_in)
            else:
                weight, bias = weight * self._scale(n_in, n_out), jnp.zeros_like(bias)
            layers.append(_linear(weight, bias))
        return eqx.nn.Sequential(layers)

    def _scale(self, n_in: int, n_out: int) -> float:
        """What the drawn weights of a layer are multiplied by, where biases are zero."""
        if self.init == "he":
            return math.sqrt(2 / n_in)
        if self.init == "glorot":
            return math.sqrt(6 / (n_in + n_out))
        return _STANDARD_DEVIATION

    def logits(self, module: Any, x: Float[Array, "n ..."]) -> Float[Array, "n_outputs n"]:
        # Plain products: `vmap` of the module turns the activations about at every layer.
        hidden = x.reshape(len(x), -1).T
        linear: list[Any] = [la for la in module.layers if isinstance(la, eqx.nn.Linear)]
        for layer in linear[:-1]:
            hidden = jax.nn.relu(layer.weight @ hidden + layer.bias[:, None])
        return linear[-1].weight @ hidden + linear[-1].bias[:, None]

    def layers(self, input_shape: tuple[int, ...], n_outputs: int) -> tuple[Layer, ...]:
        widths = (math.prod(input_shape), *self.hidden, n_outputs)
        table = []
        for i, (n_in, n_out) in enumerate(pairwise(widths)):
            if i > 0:
                table.append(Layer(f"ReLU {i}", (n_in,), 0, 0))
            table.append(Layer(f"Linear {i + 1}", (n_out,), n_out * (n_in + 1), n_out * n_in))
        return tuple(table)


def _linear(weight: Float[Array, "n_out n_in"], bias: Float[Array, " n_out"]) -> eqx.nn.Linear:
    n_out, n_in = weight.shape
    skeleton = eqx.filter_eval_shape(eqx.nn.Linear, n_in, n_out, key=jax.random.key(0))
    return eqx.tree_at(lambda layer: (layer.weight, layer.bias), skeleton, (weight, bias))
