"""Models with statistics of their batches: trained like plain NumPy says, carried, not trained."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from models import plain_convolution as plain
from training import plain_training

from genlab.datasets import Dataset
from genlab.models import CNN5, ResNet, Statistics, array_shapes
from genlab.training import CURVES, Recipe, Seeds, _program, train, train_arrays
from genlab.training._optimizer import rates as rates_of
from genlab.training._optimizer import update_rule

MODELS = {"ResNet": (ResNet(width=1), plain.resnet), "CNN5": (CNN5(width=2), plain.cnn5)}
SEED = 4
BATCH = 7


@pytest.fixture(scope="module")
def images():
    """20 training and 9 test images of three classes."""
    rng = np.random.default_rng(0)
    x = rng.random((29, 2, 8, 8)).astype(np.float32)
    y = rng.integers(3, size=29)
    return Dataset(x[:20], y[:20], x[20:], y[20:], n_classes=3)


RECIPE = Recipe.sgd(0.1, momentum=0.9, batch_size=BATCH, steps=2, evaluate_every=1)


@pytest.fixture(scope="module", params=MODELS, ids=str)
def followed(request, images):
    """A spec, its second implementation, its module after 0, 1 and 2 steps, and the curves."""
    spec, second = MODELS[request.param]
    arrays, labels = on_device(images, 1)
    made = _program.program(
        spec, update_rule(RECIPE, 20), 9, images.input_shape, 3, 1, False, False
    )  # that of `train`
    state = made.initialise(*2 * (jnp.array([SEED], jnp.uint32),), np.zeros((1, 0), np.int32))
    modules, curves = [module_of(state, spec)], []
    for rows in plain_training.batches(SEED, 20, BATCH, 2):
        order, rates = np.int32(rows)[None, None], rates_of(RECIPE)
        state, values = made.advance(state, order, labels, 1, rates, arrays)
        modules.append(module_of(state, spec))
        curves.append({name: float(values[name][0]) for name in CURVES})
    return spec, second, modules, curves


def on_device(data, lanes):
    arrays = _program.Arrays(
        jnp.asarray(data.x_train, jnp.float32),
        None,
        jnp.asarray(data.x_test, jnp.float32),
        jnp.asarray(data.y_test, jnp.int32),
    )
    labels = jnp.asarray(np.stack([data.y_train] * lanes), jnp.int32)
    return arrays, _program.Labels(labels, None)


def module_of(state, spec):
    """A copy, for the next step takes the state's memory."""
    static = array_shapes(spec, (2, 8, 8), 3)[1]
    return eqx.combine(jax.tree.map(lambda leaf: np.array(leaf[0]), state[0]), static)


def cross_entropy(logits, y):
    top = logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0]
    return (log_sum - logits[np.arange(len(y)), y]).mean()


def batches(data, n):
    rows = plain_training.batches(SEED, data.n_train, BATCH, n)
    return [(np.float64(data.x_train[r]), data.y_train[r]) for r in rows]


def statistics(module):
    blocks = getattr(module, "blocks", ())
    norms = [norm for block in blocks for norm in block.norms] or [
        layer.norm for layer in module.layers
    ]
    return [plain.norm_of(norm)[2:] for norm in norms]


def is_statistics(node):
    return isinstance(node, Statistics)


def test_a_step_by_finite_differences(followed, images):
    """The slope holds what the batch's own mean and variance owe to the weights."""
    _, second, (start, moved, _), _ = followed
    x, y = batches(images, 1)[0]
    leaves, tree = jax.tree.flatten(start)
    ends = jax.tree.leaves(moved)
    mask = jax.tree.leaves(
        jax.tree.map(
            lambda node: jax.tree.map(lambda _: is_statistics(node), node),
            start,
            is_leaf=is_statistics,
        )
    )
    rng = np.random.default_rng(1)
    trained = [i for i, gathered in enumerate(mask) if not gathered]
    for i in rng.permutation(trained)[:10]:
        leaf = np.asarray(leaves[i], np.float64)
        place = tuple(rng.integers(n) for n in leaf.shape)
        losses = []
        for change in (1e-5, -1e-5):
            shifted = leaf.copy()
            shifted[place] += change
            module = jax.tree.unflatten(tree, [*leaves[:i], shifted, *leaves[i + 1 :]])
            losses.append(cross_entropy(second(module, x, training=True)[0], y))
        slope = (losses[0] - losses[1]) / 2e-5
        assert leaf[place] - ends[i][place] == pytest.approx(0.1 * slope, rel=1e-2, abs=2e-5)


def test_averages_follow_the_batches(followed, images):
    """Each step moves them by a tenth of the way to the batch's, whatever the momentum."""
    _, second, modules, _ = followed
    for start, end, (x, _) in zip(modules[:2], modules[1:], batches(images, 2), strict=True):
        _, seen = second(start, x, training=True)
        for before, after, batch in zip(statistics(start), statistics(end), seen, strict=True):
            for expected, found in zip(plain.averages(batch, before), after, strict=True):
                np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_curves_are_by_the_averages(followed, images):
    _, second, modules, curves = followed
    for module, values in zip(modules[1:], curves, strict=True):
        for part in ("train", "test"):
            x, y = np.float64(getattr(images, f"x_{part}")), getattr(images, f"y_{part}")
            logits, _ = second(module, x, training=False)
            assert values[f"{part}_loss"] == pytest.approx(cross_entropy(logits, y), rel=1e-3)
            wrong = np.mean(logits.argmax(axis=1) != y)
            assert values[f"{part}_error"] == pytest.approx(wrong, abs=1e-6)


def test_a_batch_is_never_cut(images, monkeypatch):
    """Where memory is short: evaluation goes in parts, the statistics stay the batch's."""
    spec, seeds = CNN5(width=2), (Seeds.all(SEED),)
    whole = train_arrays(spec, images, RECIPE, seeds)
    monkeypatch.setattr(_program, "_CACHED", 1)
    _program.program.cache_clear()
    parts = train_arrays(spec, images, RECIPE, seeds)
    _program.program.cache_clear()
    pairs = zip(statistics(whole.modules[0]), statistics(parts.modules[0]), strict=True)
    for before, after in pairs:
        np.testing.assert_allclose(before, after, rtol=1e-4, atol=1e-5)
    for name in CURVES:
        np.testing.assert_allclose(whole.curves[name], parts.curves[name], rtol=1e-3)


def test_lanes_side_by_side_agree_with_one_alone(images):
    """What an accelerator may run: a vmapped program, each lane with its own averages."""
    spec = CNN5(width=2)
    recipe = Recipe.sgd(0.1, batch_size=BATCH, steps=3, augment="crop_flip")
    order = np.array([plain_training.batches(seed, 20, BATCH, 3) for seed in (1, 2)], np.int32)

    def run(lanes, rows):
        arrays, labels = on_device(images, lanes)
        made = _program.program(spec, update_rule(recipe, 20), 9, images.input_shape, 3, lanes)
        seeds = jnp.array([1, 2], jnp.uint32)[rows]
        state = made.initialise(seeds, seeds, np.zeros((lanes, 0), np.int32))
        state, curves = made.advance(state, order[rows], labels, 3, rates_of(recipe), arrays)
        return [np.asarray(leaf) for leaf in jax.tree.leaves((state[0], curves))]

    both = run(2, slice(0, 2))
    for lane in (0, 1):
        for together, alone in zip(both, run(1, slice(lane, lane + 1)), strict=True):
            np.testing.assert_allclose(together[lane], alone[0], rtol=2e-3, atol=2e-4)


def test_it_learns(images):
    """Twenty images of noise by heart, by the averages too once they have caught up."""
    recipe = Recipe.adam(0.01, batch_size=20, steps=60, evaluate_every=60)
    run = train(CNN5(width=4), images, recipe, [0])
    assert run.train_error[0, -1] == 0
    assert run.train_loss[0, -1] < 0.3 < run.train_loss[0, 0]
