"""CNN against plain NumPy in float64, and its gradients against JAX's own convolutions."""

from itertools import product

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from models.building import built
from scipy import stats

from genlab._base.specs import from_dict, to_dict
from genlab.models import CNN, MODELS

OUTPUTS = 5
USUAL = CNN.for_images((32, 64), (3, 3), stride=1, padding=1, pool=2)
CASES = {
    "published": (CNN(), (40,)),
    "three channels": (CNN((4, 6), (3, 2), stride=1, padding=0, pool=2), (3, 17)),
    "long padding": (CNN((4, 3), (1, 4), stride=3, padding=3, hidden=(7, 6)), (2, 23)),
    "MNIST": (CNN.for_images((3, 4), padding=2), (28, 28)),
    "pooled": (CNN.for_images((3, 4), (3, 3), stride=1, padding=1, pool=2), (2, 13, 10)),
    "no padding": (CNN.for_images((3, 4), (5, 3), hidden=()), (3, 15, 18)),
    "even kernels": (CNN.for_images((3, 4), (4, 2), stride=2, padding=1), (11, 14)),
    "large steps": (CNN.for_images((3, 2), (3, 2), stride=3, padding=4, pool=2), (2, 9, 12)),
}


@pytest.fixture(params=CASES.values(), ids=CASES, scope="module")
def case(request):
    """A spec, its module, and data."""
    spec, shape = request.param
    x = np.random.default_rng(0).standard_normal((6, *shape)).astype(np.float32)
    return spec, built(spec, shape, OUTPUTS, 0), x


def plain_convolution(x, layer, stride, padding):
    """Of one example (c_in, ...): window by window."""
    weight, bias = np.asarray(layer.weight, np.float64), np.asarray(layer.bias, np.float64)
    k, sides = weight.shape[-1], x.shape[1:]
    padded = np.zeros((len(x), *(n + 2 * padding for n in sides)))
    padded[(slice(None), *(slice(padding, padding + n) for n in sides))] = x
    starts = [range(0, n + 2 * padding - k + 1, stride) for n in sides]
    out = [
        np.tensordot(
            weight, padded[(slice(None), *(slice(i, i + k) for i in corner))], axes=len(x.shape)
        )
        + bias
        for corner in product(*starts)
    ]
    return np.stack(out, axis=1).reshape(len(weight), *map(len, starts))


def plain_maximum(x, size):
    counts = [n // size for n in x.shape[1:]]
    out = np.empty((len(x), *counts))
    for place in product(*map(range, counts)):
        group = x[(slice(None), *(slice(size * i, size * (i + 1)) for i in place))]
        out[(slice(None), *place)] = group.reshape(len(x), -1).max(axis=1)
    return out


def plain_logits(spec, module, x):
    """Of one example, and the shape after each step."""
    hidden = np.float64(x) if x.ndim > spec.dimensions else np.float64(x)[None]
    shapes = []
    for layer in module.convolutions:
        hidden = np.maximum(plain_convolution(hidden, layer, spec.stride, spec.padding), 0)
        shapes.append(hidden.shape)
        if spec.pool > 1:
            hidden = plain_maximum(hidden, spec.pool)
            shapes.append(hidden.shape)
    hidden = hidden.ravel()
    arrays = [
        np.asarray(leaf, np.float64)
        for leaf in jax.tree.leaves(eqx.filter(module.head, eqx.is_array))
    ]
    for weight, bias in zip(arrays[:-2:2], arrays[1:-2:2], strict=True):
        hidden = np.maximum(weight @ hidden + bias, 0)
    return arrays[-2] @ hidden + arrays[-1], shapes


def test_the_forward_pass_in_plain_numpy(case):
    spec, module, x = case
    expected = np.stack([plain_logits(spec, module, one)[0] for one in x])
    arrays, static = eqx.partition(module, eqx.is_array)

    def outputs(arrays, x):
        module = eqx.combine(arrays, static)
        return spec.logits(module, x), module(x[2])

    of_all, of_one = jax.jit(outputs)(arrays, x)
    np.testing.assert_allclose(of_all.T, expected, atol=1e-5)
    np.testing.assert_allclose(of_one, expected[2], atol=1e-5)


def test_counts_and_shapes_are_those_of_the_module(case):
    spec, module, x = case
    shape = x.shape[1:]
    leaves = jax.tree.leaves(eqx.filter(module, eqx.is_array))
    assert sum(leaf.size for leaf in leaves) == spec.n_parameters(shape, OUTPUTS)
    rows = spec.layers(shape, OUTPUTS)
    steps = [row.output_shape for row in rows if row.name.startswith(("Convolution", "Maximum"))]
    assert steps == plain_logits(spec, module, x[0])[1]
    # A product for every weight at every place.
    for row in rows:
        if row.name.startswith("Convolution"):
            n_weights = row.n_parameters - row.output_shape[0]
            assert row.n_multiply_adds == n_weights * np.prod(row.output_shape[1:])


def test_sizes_are_the_published():
    rows = {row["layer"]: row for row in CNN().layer_table((40,), 10)}
    assert rows["total"]["n_parameters"] == 5210
    assert rows["total"]["n_multiply_adds"] == 25 * (5 * 19 + 75 * 10 + 75 * 5) + 1250
    assert rows["Convolution 1 and ReLU"]["output_shape"] == [25, 19]
    convolutions = (9 * 1 + 1) * 32 + (9 * 32 + 1) * 64
    linear = (7 * 7 * 64 + 1) * 128 + (128 + 1) * 10
    assert USUAL.n_parameters((28, 28), 10) == convolutions + linear


def other_logits(spec, module, x):
    """By JAX's own convolutions and maxima, examples and channels first."""
    d = spec.dimensions
    hidden = x if x.ndim == d + 2 else x[:, None]
    for layer in module.convolutions:
        hidden = jax.lax.conv_general_dilated(
            hidden, layer.weight, (spec.stride,) * d, ((spec.padding,) * 2,) * d
        )
        hidden = jax.nn.relu(hidden + layer.bias.reshape(1, -1, *(1,) * d))
        window = (1, 1, *(spec.pool,) * d)
        hidden = jax.lax.reduce_window(hidden, -jnp.inf, jax.lax.max, window, window, "VALID")
    return jax.vmap(module.head)(hidden).T


def test_gradients_are_those_of_jaxs_convolution(case):
    spec, module, x = case
    by = np.random.default_rng(1).standard_normal((OUTPUTS, len(x))).astype(np.float32)
    arrays, static = eqx.partition(module, eqx.is_array)

    def slopes(logits):
        def total(arrays, x):
            return (logits(eqx.combine(arrays, static), x) * by).sum()

        return jax.tree.leaves(jax.jit(jax.grad(total, (0, 1)))(arrays, x))

    ours = slopes(spec.logits)
    theirs = slopes(lambda module, x: other_logits(spec, module, x))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def test_lanes_are_the_models_one_by_one(case):
    spec, _, x = case

    def logits(key):
        return spec.logits(spec.build(x.shape[1:], OUTPUTS, key), x)

    keys = jax.random.split(jax.random.key(5), 3)
    alone = jax.jit(logits)
    for key, lane in zip(keys, jax.jit(jax.vmap(logits))(keys), strict=True):
        np.testing.assert_allclose(lane, alone(key), atol=1e-5)


def test_an_accelerator_trains_sequences_side_by_side():
    assert CNN().side_by_side
    assert not CNN.for_images().side_by_side


@pytest.mark.parametrize(("spec", "shape"), [(CNN((60, 40, 50)), (7, 40)), (USUAL, (3, 28, 28))])
def test_weights_and_biases_are_uniform_by_their_fan_in(spec, shape):
    module = built(spec, shape, 10, 3)
    linear = [layer for layer in module.head.layers if isinstance(layer, eqx.nn.Linear)]
    assert len(linear) == len(spec.hidden) + 1
    for layer in (*module.convolutions, *linear):
        half = 1 / np.sqrt(layer.weight[0].size)
        uniform = stats.uniform(-half, 2 * half)
        for draws in (layer.weight, layer.bias):
            p_value = stats.kstest(np.asarray(draws, np.float64).ravel(), uniform.cdf).pvalue
            assert p_value > 1e-4
    for one, other in zip(module.convolutions, [*module.convolutions[1:], linear[0]], strict=True):
        n = min(one.weight.size, other.weight.size)
        r = np.corrcoef(one.weight.ravel()[:n], other.weight.ravel()[:n])[0, 1]
        assert abs(r) < 4 / np.sqrt(n)


@pytest.mark.parametrize("spec", [CNN(), USUAL])
def test_json_both_ways(spec):
    again = from_dict(to_dict(spec), MODELS)
    assert again == spec
    assert hash(again) == hash(spec)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: CNN(channels=5), TypeError, "`channels` must be a tuple of integers, got 5"),
        (lambda: CNN(channels=(5, 0)), ValueError, "`channels` must be an integer >= 1, got 0"),
        (lambda: CNN((), ()), ValueError, r"`channels` must name at least one .*, got \(\)"),
        (lambda: CNN((4,)), ValueError, r"`kernels` must be as many as `channels`, 1, got \(5, 3"),
        (lambda: CNN(stride=0), ValueError, "`stride` must be an integer >= 1, got 0"),
        (lambda: CNN(padding=-1), ValueError, "`padding` must be an integer >= 0, got -1"),
        (lambda: CNN(pool=1.5), TypeError, r"`pool` must be an integer, got 1\.5"),
        (lambda: CNN(hidden=(0,)), ValueError, "`hidden` must be an integer >= 1, got 0"),
        (lambda: CNN(dimensions=3), ValueError, "`dimensions` must be .* from 1 to 2, got 3"),
        (
            lambda: CNN().n_parameters((3, 28, 28), 10),
            ValueError,
            r"the data of CNN with `dimensions` 1 must be sequences .*, got \(3, 28, 28\)",
        ),
        (
            lambda: CNN.for_images().build((40,), 10, jax.random.key(0)),
            ValueError,
            r"the data of CNN with `dimensions` 2 must be images .*, got \(40,\)",
        ),
        (
            lambda: CNN((4, 4), (5, 5)).build((6,), 10, jax.random.key(0)),
            ValueError,
            "`kernels` must be at most 4, .* convolution 2, got 5",
        ),
        (
            lambda: CNN.for_images(padding=2, pool=4).layers((28, 28), 10),
            ValueError,
            "`pool` must be at most 2, .* convolution 2, got 4",
        ),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_the_shortest_sequence_is_what_the_layers_take():
    for kernels, stride, padding, pool in (
        ((5, 3, 3), 2, 1, 1),
        ((2, 5), 3, 0, 2),
        ((9,), 1, 2, 3),
    ):
        model = CNN((2,) * len(kernels), kernels, stride, padding, pool)
        model.layers((model.shortest_side,), 2)
        with pytest.raises(ValueError, match="must be"):
            model.layers((model.shortest_side - 1,), 2)
    assert CNN((2,), (1,), padding=2).shortest_side == 1
