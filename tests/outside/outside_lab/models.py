"""A model whose class is named as one of genlab's own, and is another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from genlab.models import Layer, ModelSpec


@dataclass(frozen=True)
class Scaling:
    """A spec within a spec: what the inputs are multiplied by."""

    factor: float = 1.0


@dataclass(frozen=True)
class CNN(ModelSpec):
    """Logits that are linear in the scaled inputs."""

    scaling: Scaling = Scaling()

    def build(self, input_shape: tuple[int, ...], n_outputs: int, key: Any) -> eqx.Module:
        (n_inputs,) = input_shape
        return eqx.nn.Linear(n_inputs, n_outputs, key=key)

    def logits(self, module: Any, x: Any) -> Any:
        return jax.vmap(module, out_axes=1)(jnp.asarray(x) * self.scaling.factor)

    def layers(self, input_shape: tuple[int, ...], n_outputs: int) -> tuple[Layer, ...]:
        n_weights = input_shape[0] * n_outputs
        return (Layer("Linear", (n_outputs,), n_weights + n_outputs, n_weights),)
