"""Losses of another package; those after the first two break a rule."""

import jax
import jax.numpy as jnp


def cross_entropy(outputs, y):
    """genlab's own, written in another way."""
    return -jax.nn.log_softmax(outputs, axis=0)[y, jnp.arange(len(y))]


def squared(outputs, y):
    return (outputs[0] - y) ** 2


def averaged(outputs, y):
    return squared(outputs, y).mean()


def beyond(outputs, y):
    return squared(outputs, y) / 0.0


def of_all(outputs, y):
    values = squared(outputs, y)
    return values - values.mean()


def counted(outputs, y):
    return jnp.asarray(outputs.argmax(axis=0) != y, jnp.float32)


def not_traced(outputs, y):
    return jnp.asarray([float(value) for value in squared(outputs, y)])


def stopped(outputs, y):
    return jnp.abs(outputs[0] - y) * jax.lax.stop_gradient(jnp.abs(outputs[0] - y))


NOT_A_FUNCTION = 3
