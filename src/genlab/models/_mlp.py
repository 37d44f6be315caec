"""The multilayer perceptron, the chapter's network."""

from __future__ import annotations

import math
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import PRNGKeyArray

from genlab._check import choice, integer
from genlab.models._base import Layer, ModelSpec

_INITS = ("fan_in", "he")


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
        al., ICCV 2015, eq. 10).

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
        if not isinstance(self.hidden, (tuple, list)):
            raise TypeError(f"`hidden` must be a tuple of widths, got {self.hidden!r}.")
        widths = tuple(integer("hidden", width, low=1) for width in self.hidden)
        object.__setattr__(self, "hidden", widths)
        choice("init", self.init, _INITS)

    def build(self, input_shape: tuple[int, ...], n_outputs: int, key: PRNGKeyArray) -> eqx.Module:
        widths = (math.prod(input_shape), *self.hidden, n_outputs)
        keys = jax.random.split(key, len(widths) - 1)
        layers: list[eqx.Module] = [eqx.nn.Lambda(jnp.ravel)]
        for i, layer_key in enumerate(keys):
            linear = eqx.nn.Linear(widths[i], widths[i + 1], key=layer_key)
            if i > 0:
                layers.append(eqx.nn.Lambda(jax.nn.relu))
            layers.append(linear if self.init == "fan_in" else _he(linear, layer_key))
        return eqx.nn.Sequential(layers)

    def layers(self, input_shape: tuple[int, ...], n_outputs: int) -> tuple[Layer, ...]:
        widths = (math.prod(input_shape), *self.hidden, n_outputs)
        table = []
        for i, (n_in, n_out) in enumerate(zip(widths[:-1], widths[1:], strict=True)):
            if i > 0:
                table.append(Layer(f"ReLU {i}", (n_in,), 0, 0))
            table.append(Layer(f"Linear {i + 1}", (n_out,), n_out * (n_in + 1), n_out * n_in))
        return tuple(table)


def _he(linear: eqx.nn.Linear, key: PRNGKeyArray) -> eqx.nn.Linear:
    deviation = math.sqrt(2 / linear.weight.shape[1])
    weight = deviation * jax.random.normal(key, linear.weight.shape)
    bias = jnp.zeros(linear.weight.shape[0])
    return eqx.tree_at(lambda module: (module.weight, module.bias), linear, (weight, bias))
