"""Losses of outputs, one value per example."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from genlab._base import kinds
from genlab.training._own_loss import own_loss


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


def squared_error(outputs: Float[Array, "1 n"], y: Float[Array, " n"]) -> Float[Array, " n"]:
    """(output − target)², of the single output of a regression."""
    return (outputs[0] - y) ** 2


def absolute_error(outputs: Float[Array, "1 n"], y: Float[Array, " n"]) -> Float[Array, " n"]:
    """|output − target|, of the single output of a regression."""
    return jnp.abs(outputs[0] - y)


#: Task -> name -> function: the values of a recipe's `loss`.
LOSSES: dict[str, dict[str, Callable[..., Float[Array, " n"]]]] = {
    "classification": {"cross_entropy": cross_entropy, "squared": squared},
    "regression": {"squared": squared_error, "absolute": absolute_error},
}


def loss_of(task: str, name: str) -> Callable[..., Float[Array, " n"]]:
    """The function of a recipe's `loss`; one of another package is checked when it is traced."""
    if not kinds.is_import_path(name):
        return LOSSES[task][name]
    function = own_loss(name)

    def checked(outputs: Float[Array, "outputs n"], y: Array) -> Float[Array, " n"]:
        values = jnp.asarray(function(outputs, y))
        if values.shape != y.shape:
            raise ValueError(
                f"`loss` must return one number per example, shape {y.shape}, got shape "
                f"{values.shape} from {name!r}."
            )
        return values.astype(outputs.dtype)

    return checked
