"""The five-layer convolutional network of "Deep Double Descent", of any width."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from itertools import pairwise

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from genlab._base.checks import integer
from genlab.models._base import Layer
from genlab.models._convolution import (
    BatchNorm,
    Convolutional,
    Images,
    ShapeAndFanIn,
    as_images,
    convolve,
    image_shape,
    uniform_weights,
)

_POOLS = (1, 2, 2, 8)


@dataclass(frozen=True)
class CNN5(Convolutional):
    """Four convolutions with 1, 2, 4 and 8 times `width` channels, and a linear layer.

    Each 3 × 3 convolution, with biases, is followed by batch normalisation, ReLU and the
    maximum over squares of 1, 2, 2 and 8 pixels per side (Nakkiran et al., ICLR 2020, appendix
    B). The last maximum reduces an image of 32 × 32 to one pixel. Where an image is smaller
    than a square, the maximum is over the whole side; pixels that do not fill a square are left
    out.

    Batch normalisation (Ioffe & Szegedy, ICML 2015) uses the statistics of the batch in
    training and running averages otherwise. Initial weights and biases are uniform in
    ±1/√fan_in.

    Parameters
    ----------
    width
        Number of channels of the first convolution, at least 1.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> CNN5(width=64).n_parameters(input_shape=(3, 32, 32), n_outputs=10)
    1558026
    """

    width: int = 64

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", integer("width", self.width, low=1))

    def build(self, input_shape: tuple[int, ...], n_outputs: int, key: PRNGKeyArray) -> eqx.Module:
        shapes: list[ShapeAndFanIn] = []
        for c_in, c_out in pairwise(self._channels(input_shape)):
            shapes += [((3, 3, c_in, c_out), 9 * c_in), ((c_out,), 9 * c_in)]
        features = self._features(input_shape)
        shapes += [((n_outputs, features), features), ((n_outputs,), features)]
        weights = iter(uniform_weights(key, shapes))
        return _CNN5(
            layers=tuple(
                _Convolution(
                    kernel=next(weights), bias=next(weights), norm=BatchNorm.start(c_out), pool=pool
                )
                for c_out, pool in zip(self._channels(input_shape)[1:], _POOLS, strict=True)
            ),
            weight=next(weights),
            bias=next(weights),
        )

    def layers(self, input_shape: tuple[int, ...], n_outputs: int) -> tuple[Layer, ...]:
        height, width, _ = image_shape("CNN5", input_shape)
        table = []
        for i, (c_in, c_out) in enumerate(pairwise(self._channels(input_shape))):
            n_weights = 9 * c_in * c_out
            shape = (c_out, height, width)
            products = n_weights * height * width
            table.append(Layer(f"Convolution {i + 1}", shape, n_weights + c_out, products))
            table.append(Layer(f"Norm and ReLU {i + 1}", shape, 2 * c_out, 0))
            if _POOLS[i] > 1:
                height, width = (side // min(_POOLS[i], side) for side in (height, width))
                table.append(Layer(f"Maximum {i + 1}", (c_out, height, width), 0, 0))
        features = self._features(input_shape)
        table.append(
            Layer("Linear", (n_outputs,), n_outputs * (features + 1), n_outputs * features)
        )
        return tuple(table)

    def _channels(self, input_shape: tuple[int, ...]) -> list[int]:
        first = image_shape("CNN5", input_shape)[2]
        return [first, *(self.width * 2**i for i in range(len(_POOLS)))]

    def _features(self, input_shape: tuple[int, ...]) -> int:
        """Number of inputs of the linear layer."""
        height, width, _ = image_shape("CNN5", input_shape)
        for pool in _POOLS:
            height, width = (side // min(pool, side) for side in (height, width))
        return height * width * self._channels(input_shape)[-1]


class _Convolution(eqx.Module):
    kernel: Float[Array, "3 3 c_in c_out"]
    bias: Float[Array, " c_out"]
    norm: BatchNorm
    pool: int = eqx.field(static=True)

    def apply(self, x: Images, training: bool) -> tuple[Images, _Convolution]:
        hidden = convolve(x, self.kernel) + self.bias[None, None, None]
        hidden, norm = self.norm.apply(hidden, training)
        return _maximum(jax.nn.relu(hidden), self.pool), dataclasses.replace(self, norm=norm)


def _maximum(x: Images, size: int) -> Images:
    """The largest value of every square; incomplete squares at the edges are left out."""
    if size == 1:
        return x
    window = (1, min(size, x.shape[1]), min(size, x.shape[2]), 1)
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, window, "VALID")


class _CNN5(eqx.Module):
    layers: tuple[_Convolution, ...]
    weight: Float[Array, "n_outputs features"]
    bias: Float[Array, " n_outputs"]

    def __call__(self, x: Float[Array, ...]) -> Float[Array, " n_outputs"]:
        return self.apply(x[None], training=False)[0][:, 0]

    def apply(
        self, x: Float[Array, "n ..."], *, training: bool
    ) -> tuple[Float[Array, "n_outputs n"], _CNN5]:
        hidden = as_images(x)
        layers = []
        for layer in self.layers:
            hidden, moved = layer.apply(hidden, training)
            layers.append(moved)
        logits = self.weight @ hidden.reshape(len(x), -1).T + self.bias[:, None]
        return logits, dataclasses.replace(self, layers=tuple(layers))
