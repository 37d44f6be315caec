"""ResNet and CNN5 against plain NumPy, and their convolution's gradients against JAX's own."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from models import plain_convolution as plain
from models.building import built
from scipy import stats

from genlab.models import CNN5, ResNet, trained_and_gathered
from genlab.models._convolution import _convolve, _convolve_on_cpu

SHAPE, OUTPUTS = (3, 12, 12), 5
MODELS = {"ResNet": (ResNet(width=2), plain.resnet), "CNN5": (CNN5(width=3), plain.cnn5)}


@pytest.fixture
def images():
    return np.random.default_rng(0).random((6, *SHAPE)).astype(np.float32)


def shaken(module):
    """With scales, shifts and averages that are not 1 and 0, so that each must be in its place."""
    rng = np.random.default_rng(1)

    def shake(leaf):
        leaf = np.asarray(leaf)
        return leaf if leaf.ndim != 1 else leaf + np.float32(rng.random(len(leaf)))

    return jax.tree.map(shake, module)


@pytest.mark.parametrize(("spec", "second"), MODELS.values(), ids=MODELS)
def test_the_forward_pass_in_plain_numpy(spec, second, images):
    module = shaken(built(spec, SHAPE, OUTPUTS, 0))
    expected, _ = second(module, np.float64(images), training=False)
    np.testing.assert_allclose(jax.jit(spec.logits)(module, images).T, expected, atol=1e-4)
    alone = jax.jit(lambda module, image: module(image))(module, images[2])
    np.testing.assert_allclose(alone, expected[2], atol=1e-4)
    expected, seen = second(module, np.float64(images), training=True)
    logits, moved = jax.jit(spec.training_logits)(module, images)
    np.testing.assert_allclose(logits.T, expected, atol=1e-4)
    before, after = (norms_of(one) for one in (module, moved))
    assert len(after) == len(seen)
    for old, new, batch in zip(before, after, seen, strict=True):
        mean, variance = plain.averages(batch, plain.norm_of(old)[2:])
        np.testing.assert_allclose(new.statistics.mean, mean, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(new.statistics.variance, variance, rtol=1e-4, atol=1e-5)
    kept = [trained_and_gathered(one)[0] for one in (module, moved)]
    assert eqx.tree_equal(*kept)


def norms_of(module):
    if hasattr(module, "blocks"):
        return [norm for block in module.blocks for norm in block.norms]
    return [layer.norm for layer in module.layers]


def test_sizes_are_the_published():
    """The usual ResNet-18 with norms before activations, and the CNN of the paper's appendix."""
    image = ((3, 32, 32), 10)
    assert ResNet(width=64).n_parameters(*image) == 11_171_146
    assert CNN5(width=64).n_parameters(*image) == 1_558_026
    # The strides halve 32 pixels three times; multiply-adds by hand for width 1.
    stem, first = 27 * 1024, 4 * 9 * 1024
    wider = [
        (9 * c * 2 * c + 3 * 9 * 4 * c * c + c * 2 * c) * pixels
        for c, pixels in ((1, 256), (2, 64), (4, 16))
    ]
    assert ResNet(width=1).n_multiply_adds(*image) == stem + first + sum(wider) + 80


@pytest.mark.parametrize(("spec", "second"), MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("shape", [(3, 32, 32), (28, 28), (1, 13, 9)])
def test_counts_and_shapes_are_those_of_the_module(spec, second, shape):
    module = built(spec, shape, OUTPUTS, 0)
    trained, gathered = trained_and_gathered(module)
    assert sum(leaf.size for leaf in jax.tree.leaves(trained)) == spec.n_parameters(shape, OUTPUTS)
    norms = [row for row in spec.layers(shape, OUTPUTS) if "orm and ReLU" in row.name]
    assert sum(leaf.size for leaf in jax.tree.leaves(gathered)) == sum(
        row.n_parameters for row in norms
    )
    x = np.zeros((2, *shape), np.float32)
    if len(shape) == 3:
        _, seen = second(module, np.float64(x), training=False)
        assert [row.output_shape for row in norms] == [
            (batch.shape[3], *batch.shape[1:3]) for batch in seen
        ]
    assert jax.eval_shape(spec.logits, module, x).shape == (OUTPUTS, 2)


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("sides", [(8, 8), (7, 4), (5, 9)])
def test_gradients_of_the_convolution_on_a_cpu(size, stride, sides):
    """Ours, laid out as XLA's CPU compiler likes them, against those that JAX derives."""
    rng = np.random.default_rng(2)
    x = jnp.array(rng.standard_normal((3, *sides, 2)), jnp.float32)
    kernel = jnp.array(rng.standard_normal((size, size, 2, 4)), jnp.float32)

    def slopes(function):
        def total(x, kernel):
            return (function(x, kernel, stride) ** 3).sum()

        return jax.jit(jax.grad(total, (0, 1)))(x, kernel)

    for ours, theirs in zip(slopes(_convolve_on_cpu), slopes(_convolve), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("spec", [ResNet(width=20), CNN5(width=40)])
def test_weights_are_uniform_by_their_fan_in(spec):
    module = built(spec, (3, 32, 32), 10, 3)
    kernels = [leaf for leaf in jax.tree.leaves(module) if leaf.ndim == 4 and leaf.size > 500] + [
        module.weight
    ]
    assert len(kernels) > 4
    for kernel in kernels:
        fan_in = kernel.size // kernel.shape[-1] if kernel.ndim == 4 else kernel.shape[1]
        half = 1 / np.sqrt(fan_in)
        uniform = stats.uniform(-half, 2 * half)
        assert stats.kstest(np.asarray(kernel, np.float64).ravel(), uniform.cdf).pvalue > 1e-4
    first, second = kernels[0].ravel(), kernels[1].ravel()
    n = min(len(first), len(second))
    assert abs(np.corrcoef(first[:n], second[:n])[0, 1]) < 4 / np.sqrt(n)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ResNet(width=0), ValueError, "`width` must be an integer >= 1, got 0"),
        (lambda: CNN5(width=1.5), TypeError, r"`width` must be an integer, got 1\.5"),
        (
            lambda: ResNet().n_parameters((40,), 10),
            ValueError,
            r"the data of ResNet must be images of shape .*, got \(40,\)",
        ),
        (
            lambda: CNN5().build((1, 2, 3, 4), 10, jax.random.key(0)),
            ValueError,
            "the data of CNN5 must be images",
        ),
    ],
)
def test_bad_arguments(call, error, message):
    with pytest.raises(error, match=message):
        call()
