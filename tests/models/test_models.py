"""Every model spec: its counts, its outputs, its weights."""

import equinox as eqx
import jax
import numpy as np
import pytest
from scipy import stats

from genlab.models import CNN5, MLP, MODELS, ResNet, trained_and_gathered

SPECS = {
    "MLP": MLP(hidden=(30, 20)),
    "linear": MLP(hidden=()),
    "he": MLP(hidden=(7,), init="he"),
    "ResNet": ResNet(width=2),
    "CNN5": CNN5(width=2),
}
INPUT, OUTPUTS = (3, 5), 4


def test_every_model_is_tried():
    assert {type(spec).__name__ for spec in SPECS.values()} == set(MODELS)


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_counts_are_those_of_the_module(spec):
    module = spec.build(INPUT, OUTPUTS, jax.random.key(0))
    leaves = jax.tree.leaves(trained_and_gathered(eqx.filter(module, eqx.is_array))[0])
    table = spec.layer_table(INPUT, OUTPUTS)
    assert sum(leaf.size for leaf in leaves) == spec.n_parameters(INPUT, OUTPUTS)
    assert table[-1]["n_parameters"] == sum(row["n_parameters"] for row in table[:-1])
    assert module(np.zeros(INPUT, np.float32)).shape == (OUTPUTS,)


def test_the_chapters_network():
    table = {row["layer"]: row for row in MLP(hidden=(100, 100)).layer_table((40,), 10)}
    assert [table[f"Linear {i}"]["n_parameters"] for i in (1, 2, 3)] == [4100, 10100, 1010]
    assert table["total"]["n_parameters"] == 15210
    assert table["total"]["n_multiply_adds"] == 40 * 100 + 100 * 100 + 100 * 10
    assert table["total"]["parameter_bytes"] == 4 * 15210
    assert table["Linear 2"]["output_shape"] == [100]


def test_the_forward_pass_in_plain_numpy():
    module = MLP(hidden=(30, 20)).build((40,), 10, jax.random.key(1))
    x = np.random.default_rng(0).standard_normal(40)
    arrays = [
        np.asarray(leaf, np.float64) for leaf in jax.tree.leaves(module) if eqx.is_array(leaf)
    ]
    hidden = np.maximum(arrays[0] @ x + arrays[1], 0)
    hidden = np.maximum(arrays[2] @ hidden + arrays[3], 0)
    logits = arrays[4] @ hidden + arrays[5]
    np.testing.assert_allclose(module(x.astype(np.float32)), logits, atol=1e-5)


def linear_layers(spec):
    module = spec.build((200,), 10, jax.random.key(3))
    return [layer for layer in module.layers if isinstance(layer, eqx.nn.Linear)]


def test_fan_in_weights_and_biases_are_uniform():
    for layer in linear_layers(MLP(hidden=(300, 100))):
        half = 1 / np.sqrt(layer.weight.shape[1])
        for draws in (layer.weight, layer.bias):
            uniform = stats.uniform(-half, 2 * half)
            p_value = stats.kstest(np.asarray(draws, np.float64).ravel(), uniform.cdf).pvalue
            assert p_value > 1e-4
    first, second, _ = linear_layers(MLP(hidden=(200, 200)))
    assert abs(np.corrcoef(first.weight.ravel(), second.weight.ravel())[0, 1]) < 0.02


def test_he_weights_are_normal_and_biases_zero():
    for layer in linear_layers(MLP(hidden=(300, 100), init="he")):
        normal = stats.norm(0, np.sqrt(2 / layer.weight.shape[1]))
        p_value = stats.kstest(np.asarray(layer.weight, np.float64).ravel(), normal.cdf).pvalue
        assert p_value > 1e-4
        assert (np.asarray(layer.bias) == 0).all()


@pytest.mark.parametrize("init", ["glorot", "normal"])
def test_other_weights_are_as_stated_and_biases_zero(init):
    for layer in linear_layers(MLP(hidden=(300, 100), init=init)):
        half = np.sqrt(6 / sum(layer.weight.shape))
        law = stats.uniform(-half, 2 * half) if init == "glorot" else stats.norm(0, 0.1)
        assert stats.kstest(np.asarray(layer.weight, np.float64).ravel(), law.cdf).pvalue > 1e-4
        assert (np.asarray(layer.bias) == 0).all()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"hidden": 100}, TypeError, "`hidden` must be a tuple of widths, got 100"),
        ({"hidden": (100, 0)}, ValueError, "`hidden` must be an integer >= 1, got 0"),
        ({"hidden": (1.5,)}, TypeError, r"`hidden` must be an integer, got 1\.5"),
        (
            {"init": "zeros"},
            ValueError,
            "`init` must be one of 'fan_in', 'he', 'glorot', 'normal', got",
        ),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        MLP(**arguments)
