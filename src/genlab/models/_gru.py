"""The bidirectional gated recurrent network of MNIST-1D."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from genlab._base.checks import integer
from genlab.models._base import Layer, ModelSpec
from genlab.models._convolution import uniform_weights


@dataclass(frozen=True)
class GRU(ModelSpec):
    """Gated recurrent units that read a sequence in both directions, and a linear layer.

    Each direction starts from h = 0 and at every step computes from its state h and the input x
    r = σ(W_r x + b_r + U_r h + c_r), z = σ(W_z x + b_z + U_z h + c_z),
    n = tanh(W_n x + b_n + r (U_n h + c_n)) and the new state (1 − z) n + z h. The linear layer
    takes the states of both directions at all steps, step after step, with the forward
    direction first (Greydanus & Kobak, ICML 2024).

    The units are those of Cho et al. (EMNLP 2014, equations 5 to 8), except that r multiplies
    U_n h + c_n instead of h, and that each gate has two biases, as in cuDNN and PyTorch.

    Data of shape (length,) are read one number per step, data of shape (channels, length) one
    number of every channel per step; so an image (height, width) is read column by column.
    Initial weights and biases of the units are uniform in ±1/√hidden, those of the linear layer
    in ±1/√fan_in.

    Parameters
    ----------
    hidden
        Number of units in each direction, at least 1.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> GRU(hidden=6).n_parameters(input_shape=(40,), n_outputs=10)
    5134
    """

    hidden: int = 6

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden", integer("hidden", self.hidden, low=1))

    def build(self, input_shape: tuple[int, ...], n_outputs: int, key: PRNGKeyArray) -> eqx.Module:
        channels, length = _sequence_shape(input_shape)
        units = (2, 3, self.hidden)
        features = length * 2 * self.hidden
        return _GRU(
            *uniform_weights(
                key,
                [
                    ((*units, channels), self.hidden),
                    ((*units, self.hidden), self.hidden),
                    (units, self.hidden),
                    (units, self.hidden),
                    ((n_outputs, length, 2, self.hidden), features),
                    ((n_outputs,), features),
                ],
            )
        )

    def logits(self, module: Any, x: Float[Array, "n ..."]) -> Float[Array, "n_outputs n"]:
        return module.apply(x)

    def layers(self, input_shape: tuple[int, ...], n_outputs: int) -> tuple[Layer, ...]:
        channels, length = _sequence_shape(input_shape)
        units = 2 * self.hidden
        features = length * units
        n_weights = 3 * units * (channels + self.hidden)
        return (
            Layer("GRU", (length, units), n_weights + 6 * units, n_weights * length),
            Layer("Linear", (n_outputs,), n_outputs * (features + 1), n_outputs * features),
        )


def _sequence_shape(input_shape: tuple[int, ...]) -> tuple[int, int]:
    """Channels and length."""
    if len(input_shape) not in (1, 2):
        raise ValueError(
            "the data of GRU must be sequences of shape (length,) or (channels, length), "
            f"got {input_shape}."
        )
    channels, length = (1, *input_shape)[-2:]
    return channels, length


class _GRU(eqx.Module):
    """The first axis of the units' arrays is the direction; the second reset, update, new."""

    of_input: Float[Array, "2 3 hidden channels"]
    of_state: Float[Array, "2 3 hidden hidden"]
    input_bias: Float[Array, "2 3 hidden"]
    state_bias: Float[Array, "2 3 hidden"]
    weight: Float[Array, "n_outputs length 2 hidden"]
    bias: Float[Array, " n_outputs"]

    def __call__(self, x: Float[Array, ...]) -> Float[Array, " n_outputs"]:
        return self.apply(x[None])[:, 0]

    def apply(self, x: Float[Array, "n ..."]) -> Float[Array, "n_outputs n"]:
        # The backward direction is run on the reversed sequence: its states, and here its
        # weights in the linear layer, are in the order of its own steps.
        forward = x.reshape(len(x), -1, x.shape[-1]).transpose(2, 1, 0)
        forward = jnp.concatenate([forward, jnp.ones_like(forward[:, :1])], axis=1)
        states = jax.vmap(_states)(self._matrices(), jnp.stack([forward, forward[::-1]]))
        weight = jnp.stack([self.weight[:, :, 0], self.weight[:, ::-1, 1]], axis=1)
        flat = weight.reshape(len(weight), -1)
        return flat @ states.reshape(flat.shape[1], -1) + self.bias[:, None]

    def _matrices(self) -> Float[Array, "2 4*hidden hidden+channels+1"]:
        """For each direction the matrix that computes all sums of one step from (state, input, 1).

        Its rows are four blocks: the sums in reset and update, and in new what comes of the
        state and what comes of the input.
        """
        of_state, of_input = self.of_state, self.of_input
        input_bias, state_bias = self.input_bias[..., None], self.state_bias[..., None]
        blocks = (
            [of_state[:, :2], of_input[:, :2], input_bias[:, :2] + state_bias[:, :2]],
            [of_state[:, 2:], jnp.zeros_like(of_input[:, 2:]), state_bias[:, 2:]],
            [jnp.zeros_like(of_state[:, 2:]), of_input[:, 2:], input_bias[:, 2:]],
        )
        matrices = jnp.concatenate([jnp.concatenate(row, axis=3) for row in blocks], axis=1)
        return matrices.reshape(2, -1, matrices.shape[-1])


# With the gradient that JAX derives a step of training takes a fifth longer on a CPU: its loop
# over time also sums the weights' gradient, which can be done for all steps at once.
@jax.custom_vjp
def _states(
    matrix: Float[Array, "4*units units+inputs"], x: Float[Array, "length inputs n"]
) -> Float[Array, "length units n"]:
    """The state after every step, from zeros before the first."""
    return _forward(matrix, x)[0]


def _forward(
    matrix: Float[Array, "4*units units+inputs"], x: Float[Array, "length inputs n"]
) -> tuple[Float[Array, "length units n"], tuple[Array, ...]]:
    def step(
        state: Float[Array, "units n"], x: Float[Array, "inputs n"]
    ) -> tuple[Float[Array, "units n"], tuple[Array, ...]]:
        sums = jnp.split(matrix @ jnp.concatenate([state, x]), 4)
        reset, update = _sigmoid(sums[0]), _sigmoid(sums[1])
        new = jnp.tanh(sums[3] + reset * sums[2])
        state = new + update * (state - new)
        return state, (state, reset, update, new, sums[2])

    start = jnp.zeros((len(matrix) // 4, x.shape[-1]), x.dtype)
    seen = jax.lax.scan(step, start, x)[1]
    return seen[0], (matrix, x, *seen)


def _backward(
    kept: tuple[Array, ...], slopes: Float[Array, "length units n"]
) -> tuple[Float[Array, "4*units units+inputs"], Float[Array, "length inputs n"]]:
    matrix, x, states, reset, update, new, of_state = kept
    units = states.shape[1]
    before = jnp.concatenate([jnp.zeros_like(states[:1]), states[:-1]])
    # Slopes of a new state by the sums of its step, block by block.
    by_input = (1 - update) * (1 - new * new)
    by_state = by_input * reset
    by_reset = by_state * (1 - reset) * of_state
    by_update = (before - new) * update * (1 - update)
    by_sums = (by_reset, by_update, by_state, by_input)
    back = matrix[: 3 * units, :units].T

    def step(
        later: Float[Array, "units n"], now: tuple[Array, ...]
    ) -> tuple[Float[Array, "units n"], Float[Array, "units n"]]:
        slope, update, *by_sums = now
        slope = slope + later
        of_sums = jnp.concatenate([by * slope for by in by_sums])
        return update * slope + back @ of_sums, slope

    end = jnp.zeros_like(states[0])
    slopes = jax.lax.scan(step, end, (slopes, update, *by_sums[:3]), reverse=True)[1]
    of_sums = jnp.concatenate([by * slopes for by in by_sums], axis=1)
    inputs = jnp.concatenate([before, x], axis=1)
    # A product a step and then their sum: for one product over all steps both would be turned.
    of_matrix = jnp.einsum("trn,tcn->trc", of_sums, inputs).sum(axis=0)
    of_x = jnp.einsum("rc,trn->tcn", matrix[:, units:], of_sums)
    return of_matrix, of_x


_states.defvjp(_forward, _backward)


def _sigmoid(x: Float[Array, ...]) -> Float[Array, ...]:
    return 0.5 * jnp.tanh(0.5 * x) + 0.5
