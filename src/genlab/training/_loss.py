"""Losses of logits, one value per example."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

Loss = Callable[[Float[Array, "classes n"], Int[Array, " n"]], Float[Array, " n"]]


def cross_entropy(logits: Float[Array, "classes n"], y: Int[Array, " n"]) -> Float[Array, " n"]:
    """−log of the softmax at the label, in nats."""
    # By a product with ones and zeros: picking by index is slow to differentiate on a CPU.
    chosen = (logits * _one_hot(logits, y)).sum(axis=0)
    return jax.nn.logsumexp(logits, axis=0) - chosen


def squared(logits: Float[Array, "classes n"], y: Int[Array, " n"]) -> Float[Array, " n"]:
    """Squared distance from the label's unit vector, summed over classes."""
    return ((logits - _one_hot(logits, y)) ** 2).sum(axis=0)


def _one_hot(logits: Float[Array, "classes n"], y: Int[Array, " n"]) -> Float[Array, "classes n"]:
    return jnp.asarray(jnp.arange(len(logits))[:, None] == y[None, :], logits.dtype)


#: Name -> function: the values of a recipe's `loss`.
LOSSES: dict[str, Loss] = {"cross_entropy": cross_entropy, "squared": squared}
