"""The residual network of "Deep Double Descent", of any width."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import equinox as eqx
import jax
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

_STRIDES = (1, 2, 2, 2)
_BLOCKS = 2


@dataclass(frozen=True)
class ResNet(Convolutional):
    """ResNet-18 with normalisation before activation and stages of 1, 2, 4 and 8 times `width`.

    A 3 × 3 convolution; four stages of two blocks; the mean over all pixels; a linear layer. A
    block is twice batch normalisation, ReLU and a 3 × 3 convolution, with a skip connection.
    The first block of the last three stages halves height and width. Where a block changes the
    shape, its skip connection is a 1 × 1 convolution of the output of its first ReLU. As in
    Nakkiran et al. (ICLR 2020, appendix B), whose code follows He et al. (ECCV 2016), there is
    no normalisation between the last block and the mean. Convolutions have no biases.

    Batch normalisation (Ioffe & Szegedy, ICML 2015) uses the statistics of the batch in
    training and running averages otherwise. Initial weights, and biases of the linear layer,
    are uniform in ±1/√fan_in.

    Parameters
    ----------
    width
        Number of channels of the first stage, at least 1; 64 is the usual ResNet-18.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> ResNet(width=64).n_parameters(input_shape=(3, 32, 32), n_outputs=10)
    11171146
    """

    width: int = 64

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", integer("width", self.width, low=1))

    def build(self, input_shape: tuple[int, ...], n_outputs: int, key: PRNGKeyArray) -> eqx.Module:
        channels = image_shape("ResNet", input_shape)[2]
        plans = self._plans()
        shapes: list[ShapeAndFanIn] = [((3, 3, channels, self.width), 9 * channels)]
        for plan in plans:
            shapes += plan.kernels()
        shapes += [((n_outputs, plans[-1].c_out), plans[-1].c_out), ((n_outputs,), plans[-1].c_out)]
        weights = iter(uniform_weights(key, shapes))
        return _ResNet(
            stem=next(weights),
            blocks=tuple(
                _Block(
                    norms=(BatchNorm.start(plan.c_in), BatchNorm.start(plan.c_out)),
                    kernels=(next(weights), next(weights)),
                    shortcut=next(weights) if plan.changes_shape else None,
                    stride=plan.stride,
                )
                for plan in plans
            ),
            weight=next(weights),
            bias=next(weights),
        )

    def layers(self, input_shape: tuple[int, ...], n_outputs: int) -> tuple[Layer, ...]:
        height, width, channels = image_shape("ResNet", input_shape)

        def convolution(name: str, c_in: int, c_out: int, size: int) -> Layer:
            n_weights = size * size * c_in * c_out
            return Layer(name, (c_out, height, width), n_weights, n_weights * height * width)

        table = [convolution("Convolution", channels, self.width, 3)]
        for i, plan in enumerate(self._plans()):
            name = f"Block {i // _BLOCKS + 1}.{i % _BLOCKS + 1}"
            c_in, c_out = plan.c_in, plan.c_out
            table.append(Layer(f"{name}, norm and ReLU 1", (c_in, height, width), 2 * c_in, 0))
            height, width = -(-height // plan.stride), -(-width // plan.stride)
            if plan.changes_shape:
                table.append(convolution(f"{name}, skip connection", c_in, c_out, 1))
            table.append(convolution(f"{name}, convolution 1", c_in, c_out, 3))
            table.append(Layer(f"{name}, norm and ReLU 2", (c_out, height, width), 2 * c_out, 0))
            table.append(convolution(f"{name}, convolution 2", c_out, c_out, 3))
        table.append(Layer("Mean over pixels", (c_out,), 0, 0))
        table.append(Layer("Linear", (n_outputs,), n_outputs * (c_out + 1), n_outputs * c_out))
        return tuple(table)

    def _plans(self) -> list[_Plan]:
        """Input and output channels of every block, and its stride."""
        plans = []
        c_in = self.width
        for stage, stride in enumerate(_STRIDES):
            for block in range(_BLOCKS):
                c_out = self.width * 2**stage
                plans.append(_Plan(c_in, c_out, stride if block == 0 else 1))
                c_in = c_out
        return plans


@dataclass(frozen=True)
class _Plan:
    c_in: int
    c_out: int
    stride: int

    @property
    def changes_shape(self) -> bool:
        return self.stride != 1 or self.c_in != self.c_out

    def kernels(self) -> list[ShapeAndFanIn]:
        """Shape and fan-in of the kernels of the block, that of the skip connection last."""
        c_in, c_out = self.c_in, self.c_out
        kernels: list[ShapeAndFanIn] = [
            ((3, 3, c_in, c_out), 9 * c_in),
            ((3, 3, c_out, c_out), 9 * c_out),
        ]
        return kernels + ([((1, 1, c_in, c_out), c_in)] if self.changes_shape else [])


class _Block(eqx.Module):
    norms: tuple[BatchNorm, BatchNorm]
    kernels: tuple[Float[Array, "3 3 c_in c_out"], Float[Array, "3 3 c_out c_out"]]
    shortcut: Float[Array, "1 1 c_in c_out"] | None
    stride: int = eqx.field(static=True)

    def apply(self, x: Images, training: bool) -> tuple[Images, _Block]:
        hidden, first = self.norms[0].apply(x, training)
        hidden = jax.nn.relu(hidden)
        around = x if self.shortcut is None else convolve(hidden, self.shortcut, self.stride)
        hidden = convolve(hidden, self.kernels[0], self.stride)
        hidden, second = self.norms[1].apply(hidden, training)
        hidden = convolve(jax.nn.relu(hidden), self.kernels[1])
        return hidden + around, dataclasses.replace(self, norms=(first, second))


class _ResNet(eqx.Module):
    stem: Float[Array, "3 3 channels width"]
    blocks: tuple[_Block, ...]
    weight: Float[Array, "n_outputs features"]
    bias: Float[Array, " n_outputs"]

    def __call__(self, x: Float[Array, ...]) -> Float[Array, " n_outputs"]:
        return self.apply(x[None], training=False)[0][:, 0]

    def apply(
        self, x: Float[Array, "n ..."], *, training: bool
    ) -> tuple[Float[Array, "n_outputs n"], _ResNet]:
        hidden = convolve(as_images(x), self.stem)
        blocks = []
        for block in self.blocks:
            hidden, moved = block.apply(hidden, training)
            blocks.append(moved)
        features = hidden.mean(axis=(1, 2)).T
        logits = self.weight @ features + self.bias[:, None]
        return logits, dataclasses.replace(self, blocks=tuple(blocks))
