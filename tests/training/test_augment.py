"""Augmentation against brute force, and where in training it acts."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from training import plain_training as plain

from genlab import Recipe
from genlab.datasets import Dataset
from genlab.models import MLP
from genlab.sweep import TrainingCell
from genlab.training import Seeds, _program, train, train_arrays
from genlab.training._augment import crop_flip
from genlab.training._optimizer import rates, update_rule

MODEL = MLP(hidden=())
RECIPE = Recipe.sgd(0.05, batch_size=6, steps=4, evaluate_every=2, augment="crop_flip")


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((30, 2, 7, 9)).astype(np.float32)
    y = rng.integers(3, size=30)
    return Dataset(x[:20], y[:20], x[20:], y[20:], n_classes=3)


def variants(image):
    """Every crop of the image with 4 zeros around it, as it is and mirrored."""
    height, width = image.shape[-2:]
    padded = np.pad(image, [(0, 0)] * (image.ndim - 2) + [(4, 4), (4, 4)])
    crops = [padded[..., i : i + height, j : j + width] for i in range(9) for j in range(9)]
    return [turned for crop in crops for turned in (crop, crop[..., ::-1])]


@pytest.mark.parametrize("shape", [(3, 6, 11), (6, 11)])
def test_all_crops_are_as_likely(shape):
    image = np.arange(1, 1 + np.prod(shape), dtype=np.float32).reshape(shape)
    expected = {variant.tobytes(): i for i, variant in enumerate(variants(image))}
    assert len(expected) == 162
    n = 162 * 40
    changed = jax.jit(crop_flip)(jax.random.key(1), jnp.tile(image, (n, *[1] * len(shape))))
    found = np.array([expected[row.tobytes()] for row in np.asarray(changed)])
    assert stats.chisquare(np.bincount(found, minlength=162)).pvalue > 1e-4
    assert abs(stats.pearsonr(found[1:], found[:-1]).statistic) < 4 / np.sqrt(n)


def weights_of(module):
    layer = module.layers[-1]
    return [(np.asarray(layer.weight, np.float64), np.asarray(layer.bias, np.float64))]


def test_every_step_sees_other_crops(images):
    """Four steps in plain NumPy; the draws by (batch order's seed, tag 19, step)."""
    seed = 3
    run = train(MODEL, images, RECIPE, [seed])
    plainly = train(
        MODEL, images, Recipe.sgd(0.05, batch_size=6, steps=4, evaluate_every=2), [seed]
    )
    assert run.train_loss[0, 0] == plainly.train_loss[0, 0]  # measured on the images as they are
    key = jax.random.fold_in(jax.random.key(np.uint32(seed)), 19)
    start = jax.random.fold_in(jax.random.key(np.uint32(seed)), 1)
    weights = weights_of(MODEL.build(images.input_shape, 3, start))
    for step, rows in enumerate(plain.batches(seed, 20, 6, 4)):
        x = np.asarray(crop_flip(jax.random.fold_in(key, step), images.x_train[rows]))
        weights = plain.train(
            weights, np.float64(x.reshape(6, -1)), images.y_train[rows], [np.arange(6)], [0.05]
        )
    [(w, b)] = weights_of(run.modules[0])
    np.testing.assert_allclose(w, weights[0][0], atol=1e-5)
    np.testing.assert_allclose(b, weights[0][1], atol=1e-5)
    loss, error = plain.loss_and_error(weights, images.x_train.reshape(20, -1), images.y_train)
    assert run.train_loss[0, -1] == pytest.approx(loss, abs=1e-4)
    assert run.train_error[0, -1] == pytest.approx(error, abs=1e-6)


def test_evaluating_more_often_changes_nothing_else(images):
    seldom = Recipe.sgd(0.05, batch_size=6, steps=4, evaluate_every=4, augment="crop_flip")
    runs = [train(MODEL, images, recipe, [1]).test_loss[0, -1] for recipe in (RECIPE, seldom)]
    assert runs[0] == runs[1]


def test_the_batch_orders_seed_drives_it(images):
    arrays = _program.Arrays(
        jnp.asarray(images.x_train),
        None,
        jnp.asarray(images.x_test),
        jnp.asarray(images.y_test, jnp.int32),
    )
    made = _program.program(MODEL, update_rule(RECIPE, 20), 10, images.input_shape, 3, 1)
    order = np.array([plain.batches(0, 20, 6, 4)], np.int32)

    def losses(initialisation, batch_order):
        seeds = [jnp.array([seed], jnp.uint32) for seed in (initialisation, batch_order)]
        labels = _program.Labels(jnp.asarray(images.y_train[None], jnp.int32), None)
        state = made.initialise(*seeds, np.zeros((1, 0), np.int32))
        _, curves = made.advance(state, order, labels, 4, rates(RECIPE), arrays)
        return float(curves["test_loss"][0])

    assert losses(0, 1) == losses(0, 1)
    assert losses(0, 2) != losses(0, 1)
    full = Recipe.sgd(0.05, batch_size=None, steps=4, augment="crop_flip")
    fitted = train_arrays(MODEL, images, full, (Seeds.all(0),))
    plainly = train_arrays(
        MODEL, images, Recipe.sgd(0.05, batch_size=None, steps=4), (Seeds.all(0),)
    )
    assert fitted.curves["test_loss"][0, -1] != plainly.curves["test_loss"][0, -1]


def test_it_is_part_of_a_cell(images):
    cell = TrainingCell(images.spec, MODEL, RECIPE, 0)
    assert TrainingCell.from_dict(cell.to_dict()) == cell
    assert cell.to_dict()["recipe"]["augment"] == "crop_flip"
    assert Recipe.adam(augment="crop_flip").augment == "crop_flip"
    assert Recipe.adam().augment is None


def test_bad_arguments(small_data):
    with pytest.raises(ValueError, match="`augment` must be one of 'crop_flip', got 'rotate'"):
        Recipe.sgd(augment="rotate")
    with pytest.raises(ValueError, match=r"`augment` = 'crop_flip' needs images, .* \(40,\)"):
        train(MODEL, small_data, Recipe.sgd(augment="crop_flip"))
