"""The multilayer perceptron."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from genlab._base.checks import boolean, choice, integer
from genlab.models._base import Layer, ModelSpec

_INITS = ("fan_in", "he", "glorot", "normal")
# Standard deviation of the weights of "normal", whatever the widths.
_STANDARD_DEVIATION = 0.1


@dataclass(frozen=True)
class MLP(ModelSpec):
    """Fully connected layers with ReLU between them.

    Parameters
    ----------
    hidden
        Width of each hidden layer, each at least 1; () is a linear model.
    init
        Initial weights. "fan_in": weights and biases uniform in ±1/√fan_in, the usual framework
        default. "he": weights normal with variance 2/fan_in, biases zero (He et
        al., ICCV 2015, eq. 10). "glorot": weights uniform in ±√(6/(fan_in + fan_out)),
        biases zero (Glorot & Bengio, AISTATS 2010, eq. 16). "normal": weights normal
        with variance 0.01, biases zero (Belkin et al., PNAS 2019).
    skip
        Whether hidden layers have skip connections, h + relu(W h + b): every hidden layer
        after the first that is as wide as the one before it. With hidden=(100, 100) this is
        the network of the MNIST-1D paper (Greydanus & Kobak, ICML 2024).

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> MLP(hidden=(100, 100)).n_parameters(input_shape=(40,), n_outputs=10)
    15210
    """

    hidden: tuple[int, ...] = (100, 100)
    init: str = "fan_in"
    skip: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.hidden, str) or not isinstance(self.hidden, Iterable):
            raise TypeError(f"`hidden` must be a tuple of widths, got {self.hidden!r}.")
        widths = tuple(integer("hidden", width, low=1) for width in self.hidden)
        object.__setattr__(self, "hidden", widths)
        choice("init", self.init, _INITS)
        object.__setattr__(self, "skip", boolean("skip", self.skip))
        if self.skip and not any(self._skips()):
            raise ValueError(
                "`skip` must be False where no two neighbouring hidden layers are equally wide, "
                f"got True with `hidden` {widths!r}."
            )

    def build(self, input_shape: tuple[int, ...], n_outputs: int, key: PRNGKeyArray) -> eqx.Module:
        draws = self._draws(input_shape, n_outputs, key)
        weights = []
        for n_in, n_out in pairwise((math.prod(input_shape), *self.hidden, n_outputs)):
            unit, draws = draws[: n_out * (n_in + 1)], draws[n_out * (n_in + 1) :]
            weight, bias = unit[: n_out * n_in].reshape(n_out, n_in), unit[n_out * n_in :]
            if self.init == "fan_in":
                weight, bias = weight / math.sqrt(n_in), bias / math.sqrt(n_in)
            else:
                weight, bias = weight * self._scale(n_in, n_out), jnp.zeros_like(bias)
            weights.append((weight, bias))
        return _module(weights, self._skips())

    def padded(self) -> MLP:
        def up(width: int) -> int:
            step = 16 if width <= 64 else 32
            return -(-width // step) * step

        padded = dataclasses.replace(self, hidden=tuple(up(width) for width in self.hidden))
        # Layers of unequal widths may be equally wide with zeros around them.
        return padded if padded._skips() == self._skips() else self

    def sizes(self) -> tuple[int, ...]:
        return self.hidden

    def build_within(
        self,
        sizes: Int[Array, " layers"],
        input_shape: tuple[int, ...],
        n_outputs: int,
        key: PRNGKeyArray,
    ) -> eqx.Module:
        # The first draws of many are those of few, so each takes its own from the most.
        draws = self._draws(input_shape, n_outputs, key)
        most = (math.prod(input_shape), *self.hidden, n_outputs)
        hidden: list[Any] = [sizes[i] for i in range(len(self.hidden))]
        widths = [most[0], *hidden, n_outputs]
        start: Any = 0
        weights = []
        for (most_in, most_out), (n_in, n_out) in zip(
            pairwise(most), pairwise(widths), strict=True
        ):
            row, column = jnp.arange(most_out), jnp.arange(most_in)
            place = start + row[:, None] * n_in + column[None, :]
            inside = (row < n_out)[:, None] & (column < n_in)[None, :]
            weight = jnp.where(inside, draws[place], 0.0)
            bias = jnp.where(row < n_out, draws[start + n_out * n_in + row], 0.0)
            start += n_out * (n_in + 1)
            if self.init == "fan_in":
                weight, bias = weight / jnp.sqrt(n_in), bias / jnp.sqrt(n_in)
            else:
                weight = weight * self._scale(n_in, n_out, jnp.sqrt)
                bias = jnp.zeros_like(bias)
            weights.append((weight, bias))
        return _module(weights, self._skips())

    def _skips(self) -> list[bool]:
        """Whether each hidden layer adds its input to its output."""
        widths = (None, *self.hidden)
        return [self.skip and n_in == n_out for n_in, n_out in pairwise(widths)]

    def _draws(
        self, input_shape: tuple[int, ...], n_outputs: int, key: PRNGKeyArray
    ) -> Float[Array, " n_parameters"]:
        """One draw for all layers: compiling a draw takes longer than running it."""
        shape = (self.n_parameters(input_shape, n_outputs),)
        if self.init in ("fan_in", "glorot"):
            return jax.random.uniform(key, shape, jnp.float32, minval=-1.0, maxval=1.0)
        return jax.random.normal(key, shape, jnp.float32)

    def _scale(self, n_in: Any, n_out: Any, sqrt: Callable[[Any], Any] = math.sqrt) -> Any:
        """Factor of the drawn weights of a layer, where biases are zero."""
        if self.init == "he":
            return sqrt(2 / n_in)
        if self.init == "glorot":
            return sqrt(6 / (n_in + n_out))
        return _STANDARD_DEVIATION

    def logits(self, module: Any, x: Float[Array, "n ..."]) -> Float[Array, "n_outputs n"]:
        # Plain products: `vmap` of the module turns the activations about at every layer.
        hidden = x.reshape(len(x), -1).T
        for layer in module.layers[1:]:
            if isinstance(layer, _Skip):
                hidden = hidden + jax.nn.relu(_affine(layer.linear, hidden))
            elif isinstance(layer, eqx.nn.Linear):
                hidden = _affine(layer, hidden)
            else:
                hidden = layer(hidden)
        return hidden

    def layers(self, input_shape: tuple[int, ...], n_outputs: int) -> tuple[Layer, ...]:
        widths = (math.prod(input_shape), *self.hidden, n_outputs)
        table = []
        for i, (n_in, n_out) in enumerate(pairwise(widths)):
            if i > 0:
                skip = " and skip" if self._skips()[i - 1] else ""
                table.append(Layer(f"ReLU{skip} {i}", (n_in,), 0, 0))
            table.append(Layer(f"Linear {i + 1}", (n_out,), n_out * (n_in + 1), n_out * n_in))
        return tuple(table)


def _module(
    weights: list[tuple[Float[Array, "n_out n_in"], Float[Array, " n_out"]]], skips: list[bool]
) -> eqx.nn.Sequential:
    layers: list[Callable[..., Any]] = [eqx.nn.Lambda(_flat)]
    *inner, last = (_linear(weight, bias) for weight, bias in weights)
    for linear, skip in zip(inner, skips, strict=True):
        layers += [_Skip(linear)] if skip else [linear, eqx.nn.Lambda(_relu)]
    layers.append(last)
    return eqx.nn.Sequential(layers)


class _Skip(eqx.Module):
    """A hidden layer with its ReLU and a skip connection around both."""

    linear: eqx.nn.Linear

    def __call__(self, x: Float[Array, " n"], *, key: PRNGKeyArray | None = None) -> Array:  # noqa: ARG002
        return x + jax.nn.relu(self.linear(x))


# Compiled functions, such as JAX's own, cannot be pickled; these can, and with them a module.
def _flat(x: Array) -> Float[Array, " n"]:
    return jnp.ravel(x)


def _relu(x: Float[Array, " n"]) -> Float[Array, " n"]:
    return jax.nn.relu(x)


def _affine(layer: Any, x: Float[Array, "n_in n"]) -> Float[Array, "n_out n"]:
    return layer.weight @ x + layer.bias[:, None]


def _linear(weight: Float[Array, "n_out n_in"], bias: Float[Array, " n_out"]) -> eqx.nn.Linear:
    n_out, n_in = weight.shape
    skeleton = eqx.filter_eval_shape(eqx.nn.Linear, n_in, n_out, key=jax.random.key(0))
    return eqx.tree_at(lambda layer: (layer.weight, layer.bias), skeleton, (weight, bias))
