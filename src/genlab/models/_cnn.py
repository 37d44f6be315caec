"""A plain convolutional network: convolutions with ReLU, then linear layers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from genlab._base.checks import integer
from genlab.models._base import Layer, ModelSpec
from genlab.models._convolution import (
    Images,
    ShapeAndFanIn,
    as_images,
    convolve,
    image_shape,
    uniform_weights,
)
from genlab.models._mlp import MLP

# Sequences lie with their examples last: (channels, positions, n).
Sequences = Float[Array, "channels positions n"]


@dataclass(frozen=True)
class CNN(ModelSpec):
    """Convolutions over sequences or images, each with ReLU, then linear layers.

    The defaults are the network of the MNIST-1D paper (Greydanus & Kobak, ICML 2024): three
    convolutions of 25 channels and a linear layer. `CNN.for_images()` gives one for MNIST.
    Initial weights and biases are uniform in ±1/√fan_in, the usual framework default. The linear
    layers take the outputs of the last convolution one channel after the other.

    Parameters
    ----------
    channels
        Number of channels of each convolution: at least one convolution, each at least 1.
    kernels
        Kernel size of each convolution along each side, in positions: as many as `channels`,
        each at least 1.
    stride
        Stride of every convolution, at least 1.
    padding
        Number of zeros on either side of the input of every convolution, at least 0. From T
        positions a convolution makes ⌊(T + 2 padding − kernel)/stride⌋ + 1.
    pool
        Size, along each side, of the non-overlapping groups of positions over which the maximum
        is taken after every convolution, at least 1. Positions that do not fill a group are
        left out; 1 is no pooling.
    hidden
        Widths of the hidden layers with ReLU between the convolutions and the last linear
        layer.
    dimensions
        1 for sequences: data of shape (length,) or (channels, length). 2 for images: data of
        shape (height, width) or (channels, height, width), with square kernels and groups.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received. Also, once the shape of the data
        is known, where it is none of those above, or where a kernel or group does not fit.

    >>> CNN().n_parameters(input_shape=(40,), n_outputs=10)
    5210
    >>> CNN.for_images().n_parameters(input_shape=(28, 28), n_outputs=10)
    129194
    """

    channels: tuple[int, ...] = (25, 25, 25)
    kernels: tuple[int, ...] = (5, 3, 3)
    stride: int = 2
    padding: int = 1
    pool: int = 1
    hidden: tuple[int, ...] = ()
    dimensions: int = 1

    def __post_init__(self) -> None:
        for name in ("channels", "kernels"):
            values = getattr(self, name)
            if isinstance(values, str) or not isinstance(values, Iterable):
                raise TypeError(f"`{name}` must be a tuple of integers, got {values!r}.")
            checked = tuple(integer(name, value, low=1) for value in values)
            object.__setattr__(self, name, checked)
        if not self.channels:
            raise ValueError("`channels` must name at least one convolution, got ().")
        if len(self.kernels) != len(self.channels):
            raise ValueError(
                f"`kernels` must be as many as `channels`, {len(self.channels)}, "
                f"got {self.kernels!r}."
            )
        for name, low, high in (
            ("stride", 1, None),
            ("padding", 0, None),
            ("pool", 1, None),
            ("dimensions", 1, 2),
        ):
            value = integer(name, getattr(self, name), low=low, high=high)
            object.__setattr__(self, name, value)
        object.__setattr__(self, "hidden", self._head.hidden)

    @classmethod
    def for_images(
        cls,
        channels: tuple[int, ...] = (24, 48),
        kernels: tuple[int, ...] = (5, 5),
        *,
        stride: int = 2,
        padding: int = 0,
        pool: int = 1,
        hidden: tuple[int, ...] = (128,),
    ) -> CNN:
        """A network for images; the defaults are for MNIST.

        Two 5 × 5 convolutions of 24 and 48 channels, whose stride of 2 reduces 28 pixels per
        side to 12 and then 4, and a hidden layer of width 128. Three epochs of Adam (batches of
        100, learning rate falling from 0.005 along a cosine) reach more than 99% accuracy on
        MNIST's test set. Parameters are those of `CNN`.
        """
        return cls(channels, kernels, stride, padding, pool, hidden, dimensions=2)

    @property
    def side_by_side(self) -> bool:  # type: ignore[override]
        """Whether it is for sequences, whose convolutions are matrix products."""
        return self.dimensions == 1

    def build(self, input_shape: tuple[int, ...], n_outputs: int, key: PRNGKeyArray) -> eqx.Module:
        c_in, _ = self._channels_and_sides(input_shape)
        shapes: list[ShapeAndFanIn] = []
        for c_before, c_out, kernel in self._plans(c_in):
            size = (kernel,) * self.dimensions
            fan_in = c_before * math.prod(size)
            shapes += [((c_out, c_before, *size), fan_in), ((c_out,), fan_in)]
        of_convolutions, of_head = jax.random.split(key)
        weights = iter(uniform_weights(of_convolutions, shapes))
        features = math.prod(self._convolutions(input_shape)[-1].output_shape)
        return _CNN(
            convolutions=tuple(_Convolution(next(weights), next(weights)) for _ in self.channels),
            head=self._head.build((features,), n_outputs, of_head),
            spec=self,
        )

    def logits(self, module: Any, x: Float[Array, "n ..."]) -> Float[Array, "n_outputs n"]:
        self._channels_and_sides(x.shape[1:])
        features = self._of_sequences if self.dimensions == 1 else self._of_images
        return self._head.logits(module.head, features(module.convolutions, x))

    def _of_sequences(
        self, convolutions: tuple[_Convolution, ...], x: Float[Array, "n ..."]
    ) -> Float[Array, "n features"]:
        hidden = x.T[None] if x.ndim == 2 else x.transpose(1, 2, 0)
        for layer in convolutions:
            hidden = _convolve_sequences(hidden, layer.weight, self.stride, self.padding)
            # The maximum first, of which ReLU has less to do.
            hidden = _maximum(hidden, self.pool, axes=(1,))
            hidden = jax.nn.relu(hidden + layer.bias[:, None, None])
        return hidden.reshape(-1, len(x)).T

    def _of_images(
        self, convolutions: tuple[_Convolution, ...], x: Float[Array, "n ..."]
    ) -> Float[Array, "n features"]:
        hidden = as_images(x)
        for layer in convolutions:
            hidden = _convolve_images(hidden, layer.weight, self.stride, self.padding)
            hidden = _maximum(hidden, self.pool, axes=(1, 2))
            hidden = jax.nn.relu(hidden + layer.bias[None, None, None])
        return hidden.transpose(0, 3, 1, 2).reshape(len(x), -1)

    def layers(self, input_shape: tuple[int, ...], n_outputs: int) -> tuple[Layer, ...]:
        convolutions = self._convolutions(input_shape)
        features = math.prod(convolutions[-1].output_shape)
        return (*convolutions, *self._head.layers((features,), n_outputs))

    @property
    def shortest_side(self) -> int:
        """Fewest positions along each side of the data that all kernels and groups fit.

        >>> CNN().shortest_side
        3
        """
        positions = 1
        for kernel in reversed(self.kernels):
            convolved = positions * self.pool
            positions = max(1, (convolved - 1) * self.stride + kernel - 2 * self.padding)
        return positions

    def _convolutions(self, input_shape: tuple[int, ...]) -> list[Layer]:
        """The rows of the convolutions in the layer table."""
        c_in, sides = self._channels_and_sides(input_shape)
        table = []
        for i, (c_before, c_out, kernel) in enumerate(self._plans(c_in), start=1):
            longest = min(sides) + 2 * self.padding
            if kernel > longest:
                raise ValueError(
                    f"`kernels` must be at most {longest}, the padded length of the input of "
                    f"convolution {i}, got {kernel}."
                )
            sides = tuple((n + 2 * self.padding - kernel) // self.stride + 1 for n in sides)
            n_weights = c_before * c_out * kernel**self.dimensions
            products = n_weights * math.prod(sides)
            name = f"Convolution {i} and ReLU"
            table.append(Layer(name, (c_out, *sides), n_weights + c_out, products))
            if self.pool == 1:
                continue
            if self.pool > min(sides):
                raise ValueError(
                    f"`pool` must be at most {min(sides)}, the output length of convolution "
                    f"{i}, got {self.pool}."
                )
            sides = tuple(n // self.pool for n in sides)
            table.append(Layer(f"Maximum {i}", (c_out, *sides), 0, 0))
        return table

    def _channels_and_sides(self, input_shape: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
        if self.dimensions == 2:
            height, width, channels = image_shape("CNN with `dimensions` 2", input_shape)
            return channels, (height, width)
        if len(input_shape) not in (1, 2):
            raise ValueError(
                "the data of CNN with `dimensions` 1 must be sequences of shape (length,) or "
                f"(channels, length), got {input_shape}."
            )
        channels, length = (1, *input_shape)[-2:]
        return channels, (length,)

    def _plans(self, c_in: int) -> list[tuple[int, int, int]]:
        """Input and output channels of each convolution, and its kernel size."""
        around = pairwise((c_in, *self.channels))
        return [(*c, kernel) for c, kernel in zip(around, self.kernels, strict=True)]

    @property
    def _head(self) -> MLP:
        return MLP(self.hidden)


class _Convolution(eqx.Module):
    weight: Float[Array, "c_out c_in ..."]
    bias: Float[Array, " c_out"]


class _CNN(eqx.Module):
    convolutions: tuple[_Convolution, ...]
    head: eqx.Module
    spec: CNN = eqx.field(static=True)

    def __call__(self, x: Float[Array, ...]) -> Float[Array, " n_outputs"]:
        return self.spec.logits(self, x[None])[:, 0]


def _convolve_sequences(
    x: Sequences, weight: Float[Array, "c_out c_in k"], stride: int, padding: int
) -> Sequences:
    """A convolution as one matrix product: on a CPU, in a loop, ten times faster to differentiate.

    The k positions of the kernel meet k slices of the sequence, stacked for each channel.
    """
    c_out, c_in, k = weight.shape
    x = jnp.pad(x, ((0, 0), (padding, padding), (0, 0)))
    length = (x.shape[1] - k) // stride + 1
    last = stride * (length - 1) + 1
    met = jnp.stack([x[:, i : i + last : stride] for i in range(k)], axis=1)
    product = weight.reshape(c_out, c_in * k) @ met.reshape(c_in * k, -1)
    return product.reshape(c_out, length, -1)


def _convolve_images(
    x: Images, weight: Float[Array, "c_out c_in k k"], stride: int, padding: int
) -> Images:
    """A convolution by `convolve`, whose kernels are odd and begin centred on the first pixel.

    So an even kernel is given a last row and column of zeros. With padding of half a kernel
    nothing else is needed; with another the image is grown, and the first results left out,
    until the first that is wanted falls on a stride. For the network of `CNN.for_images`, which
    has no padding, a step on a CPU is six times as fast as with convolutions without padding.
    """
    kernel = weight.transpose(2, 3, 1, 0)
    k = len(kernel)
    even = 1 - k % 2
    kernel = jnp.pad(kernel, ((0, even), (0, even), (0, 0), (0, 0)))
    first = k // 2 - padding
    before = -first if first < 0 else -first % stride
    skipped = (first + before) // stride
    wanted = [(n + 2 * padding - k) // stride + 1 for n in x.shape[1:3]]
    after = [
        max((skipped + m - 1) * stride + 1 - before - n, 0)
        for n, m in zip(x.shape[1:3], wanted, strict=True)
    ]
    x = jnp.pad(x, ((0, 0), (before, after[0]), (before, after[1]), (0, 0)))
    rows, columns = (slice(skipped, skipped + m) for m in wanted)
    return convolve(x, kernel, stride)[:, rows, columns]


def _maximum(x: Float[Array, ...], size: int, axes: tuple[int, ...]) -> Float[Array, ...]:
    """The largest of every `size` neighbours along each of the axes."""
    for axis in axes:
        end = x.shape[axis] // size * size
        parts = [jax.lax.slice_in_dim(x, i, end, size, axis) for i in range(size)]
        x = reduce(jnp.maximum, parts)
    return x
