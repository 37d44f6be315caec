"""Every model spec: its counts, its outputs, its weights."""

import equinox as eqx
import jax
import numpy as np
import pytest
from models.building import built
from scipy import stats

from genlab.models import CNN, CNN5, GRU, MLP, MODELS, Logistic, ResNet, trained_and_gathered

SPECS = {
    "MLP": MLP(hidden=(30, 20)),
    "linear": MLP(hidden=()),
    "he": MLP(hidden=(7,), init="he"),
    "skip": MLP(hidden=(6, 6, 5), skip=True),
    "Logistic": Logistic(),
    "CNN": CNN(),
    "CNN of images": CNN.for_images(padding=2),
    "GRU": GRU(hidden=3),
    "ResNet": ResNet(width=2),
    "CNN5": CNN5(width=2),
}
INPUT, OUTPUTS = (3, 5), 4


def test_every_model_is_tried():
    assert {type(spec).__name__ for spec in SPECS.values()} == set(MODELS)


def is_shape(leaf):
    return isinstance(leaf, jax.ShapeDtypeStruct)


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_counts_are_those_of_the_module(spec):
    module = eqx.filter_eval_shape(spec.build, INPUT, OUTPUTS, jax.random.key(0))
    leaves = jax.tree.leaves(trained_and_gathered(eqx.filter(module, is_shape))[0])
    table = spec.layer_table(INPUT, OUTPUTS)
    assert sum(leaf.size for leaf in leaves) == spec.n_parameters(INPUT, OUTPUTS)
    assert table[-1]["n_parameters"] == sum(row["n_parameters"] for row in table[:-1])
    x = np.zeros(INPUT, np.float32)
    assert eqx.filter_eval_shape(lambda module, x: module(x), module, x).shape == (OUTPUTS,)


def test_the_chapters_network():
    table = {row["layer"]: row for row in MLP(hidden=(100, 100)).layer_table((40,), 10)}
    assert [table[f"Linear {i}"]["n_parameters"] for i in (1, 2, 3)] == [4100, 10100, 1010]
    assert table["total"]["n_parameters"] == 15210
    assert table["total"]["n_multiply_adds"] == 40 * 100 + 100 * 100 + 100 * 10
    assert table["total"]["parameter_bytes"] == 4 * 15210
    assert table["Linear 2"]["output_shape"] == [100]


def test_the_forward_pass_in_plain_numpy():
    module = built(MLP(hidden=(30, 20)), (40,), 10, 1)
    x = np.random.default_rng(0).standard_normal(40)
    arrays = [
        np.asarray(leaf, np.float64) for leaf in jax.tree.leaves(module) if eqx.is_array(leaf)
    ]
    hidden = np.maximum(arrays[0] @ x + arrays[1], 0)
    hidden = np.maximum(arrays[2] @ hidden + arrays[3], 0)
    logits = arrays[4] @ hidden + arrays[5]
    np.testing.assert_allclose(module(x.astype(np.float32)), logits, atol=1e-5)


def weights_and_biases(module):
    arrays = [
        np.asarray(leaf, np.float64) for leaf in jax.tree.leaves(module) if eqx.is_array(leaf)
    ]
    return list(zip(arrays[::2], arrays[1::2], strict=True))


def test_skips_in_plain_numpy():
    """Around hidden layers as wide as the one before them, never around the first or the last."""
    spec = MLP(hidden=(40, 40, 30, 30, 30, 10), skip=True)
    module = built(spec, (40,), 10, 1)
    x = np.random.default_rng(0).standard_normal((7, 40))
    hidden = x.T
    *inner, (weight, bias) = weights_and_biases(module)
    for (w, b), skip in zip(inner, [False, True, False, True, True, False], strict=True):
        out = np.maximum(w @ hidden + b[:, None], 0)
        hidden = hidden + out if skip else out
    expected = weight @ hidden + bias[:, None]
    x = np.float32(x)
    np.testing.assert_allclose(spec.logits(module, x), expected, atol=1e-5)
    np.testing.assert_allclose(jax.vmap(module)(x), expected.T, atol=1e-5)
    plain = built(MLP(hidden=spec.hidden), (40,), 10, 1)
    for one, other in zip(weights_and_biases(module), weights_and_biases(plain), strict=True):
        np.testing.assert_equal(one, other)


def test_the_papers_network_has_a_skip_and_as_many_parameters():
    spec = MLP(hidden=(100, 100), skip=True)
    assert spec.n_parameters((40,), 10) == 15210
    assert spec.n_multiply_adds((40,), 10) == 40 * 100 + 100 * 100 + 100 * 10
    names = [row.name for row in spec.layers((40,), 10)]
    assert names == ["Linear 1", "ReLU 1", "Linear 2", "ReLU and skip 2", "Linear 3"]


def test_zeros_around_a_model_with_skips_change_nothing():
    spec = MLP(hidden=(20, 20, 9), skip=True)
    padded = spec.padded()
    assert padded.hidden == (32, 32, 16)
    x = np.float32(np.random.default_rng(0).standard_normal((7, 40)))

    def of_larger(key):
        larger = padded.build_within(np.array(spec.sizes()), (40,), 10, key)
        return padded.logits(larger, x)

    expected = spec.logits(built(spec, (40,), 10, 1), x)
    np.testing.assert_allclose(jax.jit(of_larger)(jax.random.key(1)), expected, atol=1e-5)
    # Zeros around these would put a skip where there is none.
    unequal = MLP(hidden=(20, 20, 21), skip=True)
    assert unequal.padded() == unequal


def test_logistic_regression_in_plain_numpy():
    spec = Logistic()
    module = built(spec, (4, 10), 10, 1)
    ((weight, bias),) = weights_and_biases(module)
    assert spec.n_parameters((4, 10), 10) == weight.size + bias.size == 410
    assert spec.n_multiply_adds((4, 10), 10) == 400
    x = np.random.default_rng(0).standard_normal((7, 4, 10))
    expected = x.reshape(7, 40) @ weight.T + bias
    np.testing.assert_allclose(spec.logits(module, np.float32(x)).T, expected, atol=1e-5)
    np.testing.assert_allclose(module(np.float32(x[3])), expected[3], atol=1e-5)


@pytest.mark.parametrize("spec", [Logistic(), MLP(hidden=(100, 100), skip=True)])
def test_other_specs_begin_uniform_too(spec):
    for weight, bias in weights_and_biases(built(spec, (200,), 100, 3)):
        half = 1 / np.sqrt(weight.shape[1])
        for draws in (weight, bias):
            law = stats.uniform(-half, 2 * half)
            assert stats.kstest(draws.ravel(), law.cdf).pvalue > 1e-4


def linear_layers(spec):
    module = built(spec, (200,), 10, 3)
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
        ({"skip": 1}, TypeError, "`skip` must be True or False, got 1"),
        (
            {"hidden": (10, 20, 10), "skip": True},
            ValueError,
            r"`skip` must be False where no two neighbouring .*, got True .*\(10, 20, 10\)",
        ),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        MLP(**arguments)
