"""A model: a frozen dataclass that builds an Equinox module."""

import math
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp

from genlab.models import Layer, ModelSpec


@dataclass(frozen=True)
class TanhNetwork(ModelSpec):
    """A network of one hidden layer with tanh, `width` units wide."""

    width: int = 16

    def __post_init__(self):
        if not isinstance(self.width, int) or self.width < 1:
            raise ValueError(f"`width` must be a whole number of at least 1, got {self.width!r}.")

    def build(self, input_shape, n_outputs, key):  # all randomness comes from the key
        keys = jax.random.split(key)
        hidden = eqx.nn.Linear(math.prod(input_shape), self.width, key=keys[0])
        return _Network(hidden, eqx.nn.Linear(self.width, n_outputs, key=keys[1]))

    def logits(self, module, x):  # a row per output, a column per example
        return jax.vmap(module, out_axes=1)(jnp.asarray(x))

    def layers(self, input_shape, n_outputs):
        n_inputs = math.prod(input_shape)
        return (
            Layer("hidden", (self.width,), self.width * (n_inputs + 1), self.width * n_inputs),
            Layer("output", (n_outputs,), n_outputs * (self.width + 1), n_outputs * self.width),
        )


class _Network(eqx.Module):
    hidden: eqx.nn.Linear
    output: eqx.nn.Linear

    def __call__(self, x):  # one example
        return self.output(jnp.tanh(self.hidden(jnp.ravel(x))))
