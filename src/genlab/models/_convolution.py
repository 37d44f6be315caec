"""Parts of convolutional networks: images, convolutions, batch normalisation, initial weights.

Inside these networks images have the shape (n, height, width, channels) and kernels (height,
width, input channels, output channels): the layout that XLA uses on a CPU and the tensor cores
of a GPU work on.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from functools import partial
from itertools import accumulate, pairwise
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from genlab.models._base import ModelSpec, Statistics

# Fraction of the running averages that is kept at each step.
_KEPT = 0.9
# Added to the variance before its root.
_EPSILON = 1e-5

Images = Float[Array, "n height width channels"]
Kernel = Float[Array, "size size c_in c_out"]
#: Shape of an array of weights, and its fan-in: the inputs that each output is a sum of.
ShapeAndFanIn = tuple[tuple[int, ...], int]


class Convolutional(ModelSpec):
    """A spec whose modules have `apply(x, training)`: logits, and the module after this batch."""

    side_by_side: ClassVar[bool] = False

    def logits(self, module: Any, x: Float[Array, "n ..."]) -> Float[Array, "n_outputs n"]:
        return module.apply(x, training=False)[0]

    def training_logits(
        self, module: Any, x: Float[Array, "n ..."]
    ) -> tuple[Float[Array, "n_outputs n"], Any]:
        return module.apply(x, training=True)


def image_shape(model: str, input_shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Height, width and channels of data of shape (channels, height, width) or (height, width).

    Raises ValueError, naming the model, where the data are not images.
    """
    if len(input_shape) not in (2, 3):
        raise ValueError(
            f"the data of {model} must be images of shape (channels, height, width) or "
            f"(height, width), got {input_shape}."
        )
    channels, height, width = (1, *input_shape)[-3:]
    return height, width, channels


def as_images(x: Float[Array, "n ..."]) -> Images:
    """Data as images with their channels last."""
    return x[..., None] if x.ndim == 3 else x.transpose(0, 2, 3, 1)


def convolve(x: Images, kernel: Kernel, stride: int = 1) -> Images:
    """A convolution with a square kernel of odd size, with zeros around the image.

    The result has one pixel for every `stride`-th pixel of the image, beginning with the first.
    """
    if jax.default_backend() == "cpu":
        return _convolve_on_cpu(x, kernel, stride)
    return _convolve(x, kernel, stride)


def _convolve(x: Images, kernel: Kernel, stride: int) -> Images:
    rim = len(kernel) // 2
    return _plain_convolution(x, kernel, ((rim, rim), (rim, rim)), stride=stride)


def _plain_convolution(
    x: Images,
    kernel: Kernel,
    padding: Sequence[tuple[int, int]],
    *,
    stride: int = 1,
    x_spread: int = 1,
    kernel_spread: int = 1,
) -> Images:
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        (stride, stride),
        padding,
        lhs_dilation=(x_spread, x_spread),
        rhs_dilation=(kernel_spread, kernel_spread),
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )


# In a loop XLA's CPU compiler is fast with convolutions of this one layout alone
# (jax-ml/jax#12868), and the gradients that JAX derives have others: with them a step of
# training takes 3 to 20 times as long. On a GPU they are what the compiler looks for.
@partial(jax.custom_vjp, nondiff_argnums=(2,))
def _convolve_on_cpu(x: Images, kernel: Kernel, stride: int) -> Images:
    return _convolve(x, kernel, stride)


def _forward(x: Images, kernel: Kernel, stride: int) -> tuple[Images, tuple[Images, Kernel]]:
    return _convolve(x, kernel, stride), (x, kernel)


def _backward(stride: int, seen: tuple[Images, Kernel], slope: Images) -> tuple[Images, Kernel]:
    x, kernel = seen
    size = len(kernel)
    rim = size // 2
    spread = [(n - 1) * stride + 1 for n in slope.shape[1:3]]
    sides = list(zip(x.shape[1:3], spread, strict=True))
    of_x = _plain_convolution(
        slope,
        jnp.flip(kernel, (0, 1)).transpose(0, 1, 3, 2),
        [(rim, n + rim - long) for n, long in sides],
        x_spread=stride,
    )
    # Every channel of x an image of n channels, and every channel of the slope a kernel.
    of_kernel = _plain_convolution(
        x.transpose(3, 1, 2, 0),
        slope.transpose(1, 2, 0, 3),
        [(rim, long + rim - n) for n, long in sides],
        kernel_spread=stride,
    )
    return of_x, of_kernel.transpose(1, 2, 0, 3)


_convolve_on_cpu.defvjp(_forward, _backward)


class BatchNorm(eqx.Module):
    """Batch normalisation of each channel (Ioffe & Szegedy, ICML 2015, algorithms 1 and 2).

    In training a channel is standardised by its mean and variance over the batch and all
    pixels, otherwise by running averages of both; 1e-5 is added to the variance. At each step
    the averages become 0.9 times themselves plus 0.1 times the batch's mean and unbiased
    variance. They start at 0 and 1. These are PyTorch's defaults.
    """

    scale: Float[Array, " channels"]
    shift: Float[Array, " channels"]
    statistics: Statistics

    @classmethod
    def start(cls, channels: int) -> BatchNorm:
        """Scale 1 and shift 0."""
        zeros, ones = jnp.zeros(channels), jnp.ones(channels)
        return cls(ones, zeros, Statistics(zeros, ones))

    def apply(self, x: Images, training: bool) -> tuple[Images, BatchNorm]:
        """The normalised images, and this layer with its averages updated in training."""
        if not training:
            return self._by(x, self.statistics), self
        n = math.prod(x.shape[:-1])
        mean = x.mean(axis=(0, 1, 2))
        # One pass over memory gives both; rounding may leave a variance of 0 just below it.
        variance = jnp.maximum((x * x).mean(axis=(0, 1, 2)) - mean * mean, 0.0)
        moved = Statistics(
            _KEPT * self.statistics.mean + (1 - _KEPT) * mean,
            _KEPT * self.statistics.variance + (1 - _KEPT) * variance * (n / max(n - 1, 1)),
        )
        return self._by(x, Statistics(mean, variance)), dataclasses.replace(self, statistics=moved)

    def _by(self, x: Images, statistics: Statistics) -> Images:
        factor = self.scale * jax.lax.rsqrt(statistics.variance + _EPSILON)
        rest = self.shift - statistics.mean * factor
        return x * factor[None, None, None] + rest[None, None, None]


def uniform_weights(key: PRNGKeyArray, shapes: Sequence[ShapeAndFanIn]) -> list[Float[Array, ...]]:
    """Weights uniform in ±1/√fan_in for each (shape, fan_in), the usual framework default.

    One draw for all of them: compiling a draw takes longer than running it.
    """
    ends = [0, *accumulate(math.prod(shape) for shape, _ in shapes)]
    draws = jax.random.uniform(key, (ends[-1],), jnp.float32, minval=-1.0, maxval=1.0)
    return [
        draws[start:end].reshape(shape) / math.sqrt(fan_in)
        for (shape, fan_in), (start, end) in zip(shapes, pairwise(ends), strict=True)
    ]
