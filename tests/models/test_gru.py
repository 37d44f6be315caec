"""The recurrent network against NumPy loops in float64, and its gradient against JAX's own."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from models.building import built
from scipy import stats

from genlab.models import GRU

OUTPUTS = 10
# The sequences of MNIST-1D, some of several channels, and the shortest.
SHAPES = {"one channel": (40,), "three channels": (3, 7), "one step": (1,)}


def made(shape, hidden=6, seed=0):
    return built(GRU(hidden=hidden), shape, OUTPUTS, seed)


def doubled(module):
    return jax.tree.map(lambda leaf: 2 * np.asarray(leaf), module)


def examples(shape, n=9, seed=1):
    return np.random.default_rng(seed).standard_normal((n, *shape)).astype(np.float32)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def plain_logits(module, x):
    """Of one example, by the published equations, one direction, step and gate after another."""
    arrays = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), module)
    steps = x.reshape(-1, x.shape[-1]).T.astype(np.float64)
    length, hidden = len(steps), arrays.state_bias.shape[-1]
    states = np.zeros((length, 2, hidden))
    for direction, order in enumerate((range(length), reversed(range(length)))):
        h = np.zeros(hidden)
        for t in order:
            of_x, of_h = (
                [w[direction, gate] @ v + b[direction, gate] for gate in range(3)]
                for w, v, b in (
                    (arrays.of_input, steps[t], arrays.input_bias),
                    (arrays.of_state, h, arrays.state_bias),
                )
            )
            r, z = sigmoid(of_x[0] + of_h[0]), sigmoid(of_x[1] + of_h[1])
            n = np.tanh(of_x[2] + r * of_h[2])
            h = (1 - z) * n + z * h
            states[t, direction] = h
    return arrays.weight.reshape(len(arrays.weight), -1) @ states.ravel() + arrays.bias


def step_by_step(module, x):
    """Of one example in JAX, with nothing but JAX's own derivative behind its gradient."""
    steps = x.reshape(-1, x.shape[-1]).T
    states = []
    for direction in range(2):

        def step(h, now, direction=direction):
            of_x = module.of_input[direction] @ now + module.input_bias[direction]
            of_h = module.of_state[direction] @ h + module.state_bias[direction]
            r, z = jax.nn.sigmoid(of_x[:2] + of_h[:2])
            h = (1 - z) * jnp.tanh(of_x[2] + r * of_h[2]) + z * h
            return h, h

        start = jnp.zeros(module.state_bias.shape[-1])
        states.append(jax.lax.scan(step, start, steps, reverse=direction == 1)[1])
    return jnp.einsum("otdh,dth->o", module.weight, jnp.array(states)) + module.bias


def test_the_published_counts():
    table = {row["layer"]: row for row in GRU(hidden=6).layer_table((40,), OUTPUTS)}
    assert [table[name]["n_parameters"] for name in ("GRU", "Linear", "total")] == [324, 4810, 5134]
    assert table["GRU"]["output_shape"] == [40, 12]
    # 2 directions of 3 gates of 6 units at 40 steps, each of an input and 6 states.
    assert table["GRU"]["n_multiply_adds"] == 2 * 3 * 6 * 40 * (1 + 6)
    assert table["Linear"]["n_multiply_adds"] == 480 * 10


@pytest.mark.parametrize("hidden", [1, 6])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_counts_are_those_of_the_module(shape, hidden):
    leaves = jax.tree.leaves(made(shape, hidden))
    assert sum(leaf.size for leaf in leaves) == GRU(hidden).n_parameters(shape, OUTPUTS)


@pytest.mark.parametrize("hidden", [1, 6])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_logits_in_plain_numpy(shape, hidden):
    module = doubled(made(shape, hidden))
    x = examples(shape)
    truth = np.array([plain_logits(module, one) for one in x])
    np.testing.assert_allclose(jax.jit(GRU(hidden).logits)(module, x).T, truth, atol=1e-5)
    alone = jax.jit(lambda module, one: module(one))
    np.testing.assert_allclose([alone(module, one) for one in x], truth, atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_gradients_are_those_of_the_plain_loop(shape):
    module, x = doubled(made(shape)), examples(shape)
    weights = jnp.asarray(np.random.default_rng(2).standard_normal((OUTPUTS, len(x))), jnp.float32)

    def score(arguments):
        return (jnp.sin(GRU().logits(*arguments)) * weights).sum()

    def plain_score(arguments):
        logits = jax.vmap(step_by_step, in_axes=(None, 0), out_axes=1)(*arguments)
        return (jnp.sin(logits) * weights).sum()

    ours, plain = (jax.jit(jax.grad(f))((module, jnp.asarray(x))) for f in (score, plain_score))
    leaves = list(zip(jax.tree.leaves(ours), jax.tree.leaves(plain), strict=True))
    assert len(leaves) == 7  # six arrays of weights, and the examples
    for of_ours, of_plain in leaves:
        assert np.linalg.norm(of_ours - of_plain) <= 1e-5 * np.linalg.norm(of_plain)


def test_lanes_of_seeds_are_the_seeds_one_by_one():
    modules = [made((40,), seed=seed) for seed in range(3)]
    x = examples((3, 40), n=5).transpose(1, 0, 2)

    def slopes(module, x):
        return jax.value_and_grad(lambda module: (GRU().logits(module, x) ** 2).sum())(module)

    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *modules)
    lanes = jax.jit(jax.vmap(slopes))(stacked, x)
    # In training on full batches lanes share their examples.
    shared = jax.jit(jax.vmap(slopes, in_axes=(0, None)))(stacked, x[0])
    alone = jax.jit(slopes)
    for lane, module in enumerate(modules):
        for several, one in ((lanes, alone(module, x[lane])), (shared, alone(module, x[0]))):
            for of_lane, of_one in zip(*map(jax.tree.leaves, (several, one)), strict=True):
                np.testing.assert_allclose(of_lane[lane], of_one, rtol=1e-4, atol=1e-5)


def test_first_weights_are_uniform():
    module = made((3, 60), hidden=40, seed=3)
    units = 1 / np.sqrt(40)
    half_widths = [units, units, units, units, 1 / np.sqrt(60 * 80), 1 / np.sqrt(60 * 80)]
    leaves = jax.tree.leaves(module)
    for leaf, half in zip(leaves, half_widths, strict=True):
        law = stats.uniform(-half, 2 * half)
        assert stats.kstest(np.asarray(leaf, np.float64).ravel(), law.cdf).pvalue > 1e-4
    assert abs(np.corrcoef(module.input_bias.ravel(), module.state_bias.ravel())[0, 1]) < 0.3


@pytest.mark.parametrize(
    ("hidden", "error", "message"),
    [
        (0, ValueError, "`hidden` must be an integer >= 1, got 0"),
        (2.5, TypeError, r"`hidden` must be an integer, got 2\.5"),
    ],
)
def test_bad_arguments(hidden, error, message):
    with pytest.raises(error, match=message):
        GRU(hidden=hidden)


@pytest.mark.parametrize("shape", [(), (3, 32, 32)])
def test_data_that_are_no_sequences(shape):
    message = r"the data of GRU must be sequences of shape \(length,\) or \(channels, length\), got"
    with pytest.raises(ValueError, match=message):
        GRU().layers(shape, OUTPUTS)
    with pytest.raises(ValueError, match=message):
        GRU().build(shape, OUTPUTS, jax.random.key(0))
