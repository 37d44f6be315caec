"""Multinomial logistic regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import equinox as eqx
from jaxtyping import Array, Float, PRNGKeyArray

from genlab.models._base import Layer, ModelSpec
from genlab.models._mlp import MLP

_LINEAR = MLP(hidden=())


@dataclass(frozen=True)
class Logistic(ModelSpec):
    """Multinomial logistic regression: one linear layer, whose outputs are the logits.

    Initial weights and biases are uniform in ±1/√fan_in, the usual framework default.

    >>> Logistic().n_parameters(input_shape=(40,), n_outputs=10)
    410
    """

    def build(self, input_shape: tuple[int, ...], n_outputs: int, key: PRNGKeyArray) -> eqx.Module:
        return _LINEAR.build(input_shape, n_outputs, key)

    def logits(self, module: Any, x: Float[Array, "n ..."]) -> Float[Array, "n_outputs n"]:
        return _LINEAR.logits(module, x)

    def layers(self, input_shape: tuple[int, ...], n_outputs: int) -> tuple[Layer, ...]:
        return _LINEAR.layers(input_shape, n_outputs)
