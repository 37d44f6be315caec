"""The interface of model specs."""

from __future__ import annotations

import abc
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import equinox as eqx
import jax
from jaxtyping import Array, Float, Int, PRNGKeyArray, PyTree

from genlab._base.precision import in_float32

_BYTES = 4  # training is in float32


class Statistics(eqx.Module):
    """Statistics of training batches that a module keeps with its weights; they are not trained.

    Attributes
    ----------
    mean, variance
        Mean and variance of each channel, shape (channels,).
    """

    mean: Float[Array, " channels"]
    variance: Float[Array, " channels"]


@lru_cache(maxsize=256)
@in_float32
def array_shapes(
    model: ModelSpec, input_shape: tuple[int, ...], n_outputs: int
) -> tuple[PyTree, PyTree]:
    """The shapes of a model's arrays, and the other leaves of its module, as two trees.

    Nothing is computed, and no device is used.
    """

    def build() -> eqx.Module:
        return model.build(input_shape, n_outputs, jax.random.key(0))

    skeleton = eqx.filter_eval_shape(build)
    return eqx.partition(skeleton, lambda leaf: isinstance(leaf, jax.ShapeDtypeStruct))


def trained_and_gathered(module: PyTree) -> tuple[PyTree, PyTree]:
    """The trained arrays of a module, and its `Statistics`: two trees for `equinox.combine`.

    For most models the second tree is empty.
    """

    def gathered(node: Any) -> bool:
        return isinstance(node, Statistics)

    mask = jax.tree.map(lambda node: not gathered(node), module, is_leaf=gathered)
    return eqx.partition(module, mask)


@dataclass(frozen=True)
class Layer:
    """One row of a layer table, for one example.

    Attributes
    ----------
    name
        Name of the layer.
    output_shape
        Shape of its output.
    n_parameters
        Number of trained numbers.
    n_multiply_adds
        Number of products of weights and inputs; additions of biases and activations are not
        counted.
    """

    name: str
    output_shape: tuple[int, ...]
    n_parameters: int
    n_multiply_adds: int

    @property
    def output_bytes(self) -> int:
        """Size of the output in bytes, at float32."""
        return _BYTES * math.prod(self.output_shape)

    @property
    def parameter_bytes(self) -> int:
        """Size of the parameters in bytes, at float32."""
        return _BYTES * self.n_parameters


class ModelSpec(abc.ABC):
    """A model without its weights: frozen, hashable, and written as JSON without loss."""

    #: Whether an accelerator trains many seeds of it side by side, as it does where one alone
    #: would leave it idle. Not convolutions: those of many models become grouped ones, whose
    #: gradients are slow.
    side_by_side: ClassVar[bool] = True

    @abc.abstractmethod
    def build(self, input_shape: tuple[int, ...], n_outputs: int, key: PRNGKeyArray) -> eqx.Module:
        """The model with initial weights drawn from `key`.

        The module takes one example of shape `input_shape` and returns `n_outputs` logits.
        """

    def padded(self) -> ModelSpec:
        """The spec whose arrays hold those of this model in their leading corners, padded by zeros.

        It lets models of several sizes train side by side as one program. Training must leave
        the zeros unchanged. By default it is the spec itself.
        """
        return self

    def sizes(self) -> tuple[int, ...]:
        """Sizes that distinguish models with the same padded spec; () where there is only one."""
        return ()

    def build_within(
        self,
        sizes: Int[Array, " k"],  # noqa: ARG002
        input_shape: tuple[int, ...],
        n_outputs: int,
        key: PRNGKeyArray,
    ) -> eqx.Module:
        """The module of this padded spec that holds the model of these sizes, as `build` draws it.

        `sizes` may be traced.
        """
        return self.build(input_shape, n_outputs, key)

    @abc.abstractmethod
    def logits(self, module: Any, x: Float[Array, "n ..."]) -> Float[Array, "n_outputs n"]:
        """Logits of many examples, one column per example, equal to those of the module.

        Columns, because on a CPU sums and maxima over classes then run over many examples at
        once.
        """

    def training_logits(
        self, module: Any, x: Float[Array, "n ..."]
    ) -> tuple[Float[Array, "n_outputs n"], Any]:
        """Logits of a batch in training, and the module with updated `Statistics`.

        For a model without statistics they are those of `logits`, and the module is unchanged.
        """
        return self.logits(module, x), module

    @abc.abstractmethod
    def layers(self, input_shape: tuple[int, ...], n_outputs: int) -> tuple[Layer, ...]:
        """The layers in the order of computation."""

    def n_parameters(self, input_shape: tuple[int, ...], n_outputs: int) -> int:
        """Number of trained numbers: weights, biases, and scales and shifts of normalisations."""
        return sum(layer.n_parameters for layer in self.layers(input_shape, n_outputs))

    def n_multiply_adds(self, input_shape: tuple[int, ...], n_outputs: int) -> int:
        """Number of multiply-adds in the forward pass of one example."""
        return sum(layer.n_multiply_adds for layer in self.layers(input_shape, n_outputs))

    def layer_table(self, input_shape: tuple[int, ...], n_outputs: int) -> list[dict[str, Any]]:
        """The layers as rows, with their total as the last one.

        >>> from genlab.models import MLP
        >>> MLP(hidden=(100, 100)).layer_table((40,), 10)[-1]["n_parameters"]
        15210
        """
        layers = self.layers(input_shape, n_outputs)
        rows: list[dict[str, Any]] = [
            {
                "layer": layer.name,
                "output_shape": list(layer.output_shape),
                "n_parameters": layer.n_parameters,
                "n_multiply_adds": layer.n_multiply_adds,
                "output_bytes": layer.output_bytes,
                "parameter_bytes": layer.parameter_bytes,
            }
            for layer in layers
        ]
        total: dict[str, Any] = {"layer": "total", "output_shape": list(layers[-1].output_shape)}
        for name in ("n_parameters", "n_multiply_adds", "output_bytes", "parameter_bytes"):
            total[name] = sum(row[name] for row in rows)
        return [*rows, total]
