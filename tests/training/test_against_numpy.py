"""Training against a plain NumPy trainer, and in parts: within rounding."""

import equinox as eqx
import jax
import numpy as np
import pytest
from training import plain_training as plain

from genlab import Recipe, StepDecay, train
from genlab.models import MLP
from genlab.training import CURVES, _program

MODEL = MLP(hidden=(20, 10))


def arrays(module):
    leaves = [
        np.asarray(leaf, np.float64) for leaf in jax.tree.leaves(module) if eqx.is_array(leaf)
    ]
    return list(zip(leaves[::2], leaves[1::2], strict=True))


def initial_weights(data, seed):
    key = jax.random.fold_in(jax.random.key(np.uint32(seed)), 1)
    return arrays(MODEL.build(data.input_shape, data.n_classes, key))


RECIPES = {
    "sgd": (Recipe.sgd(0.1, batch_size=50, steps=60, evaluate_every=20), {}),
    "batches over the epoch's end": (
        Recipe.sgd(0.1, batch_size=70, steps=30, evaluate_every=20),
        {},
    ),
    "momentum": (
        Recipe.sgd(0.02, momentum=0.9, batch_size=100, steps=40, evaluate_every=20),
        {"momentum": 0.9},
    ),
    "full batch": (Recipe.sgd(0.3, batch_size=None, steps=25, evaluate_every=10), {}),
    "adam": (Recipe.adam(0.005, batch_size=100, steps=40, evaluate_every=20), {"adam": True}),
    "halving": (
        Recipe.sgd(0.2, batch_size=100, steps=40, schedule=StepDecay(3, 0.5), evaluate_every=20),
        {},
    ),
}


def learning_rates(recipe, n):
    if recipe.schedule is None:
        return [recipe.learning_rate] * recipe.steps
    size = recipe.batch_size or n
    halvings = [step * size // n // recipe.schedule.every_epochs for step in range(recipe.steps)]
    return [recipe.learning_rate * recipe.schedule.factor**k for k in halvings]


@pytest.mark.parametrize(("recipe", "options"), RECIPES.values(), ids=RECIPES)
def test_against_plain_numpy(small_data, recipe, options):
    data = small_data
    seed = 3
    run = train(MODEL, data, recipe, [seed])
    n = data.n_train
    if recipe.batch_size is None:
        order = [np.arange(n)] * recipe.steps
    else:
        order = plain.batches(seed, n, recipe.batch_size, recipe.steps)
    start = initial_weights(data, seed)
    end = plain.train(
        start, data.x_train, data.y_train, order, learning_rates(recipe, n), **options
    )
    for (w, b), (expected_w, expected_b) in zip(arrays(run.modules[0]), end, strict=True):
        np.testing.assert_allclose(w, expected_w, atol=2e-4)
        np.testing.assert_allclose(b, expected_b, atol=2e-4)
    for i, weights in ((0, start), (-1, end)):
        for part in ("train", "test"):
            loss, error = plain.loss_and_error(
                weights, getattr(data, f"x_{part}"), getattr(data, f"y_{part}")
            )
            assert getattr(run, f"{part}_loss")[0, i] == pytest.approx(loss, abs=1e-4)
            assert getattr(run, f"{part}_error")[0, i] == pytest.approx(error, abs=0.011)


def test_the_rate_halves_every_ten_epochs():
    rates = learning_rates(Recipe.sgd(0.1, schedule=StepDecay(10, 0.5), steps=900), 4000)
    assert rates[399] == 0.1
    assert rates[400] == 0.05
    assert rates[800] == 0.025


def test_squared_loss_against_plain_gradients(small_data):
    """One full-batch step of SGD, its gradient by finite differences in float64."""
    recipe = Recipe.sgd(0.05, batch_size=None, steps=1, loss="squared", evaluate_every=1)
    run = train(MODEL, small_data, recipe, [2])
    start = initial_weights(small_data, 2)
    target = np.eye(10)[small_data.y_train]

    def loss(weights):
        outputs = plain.forward(weights, small_data.x_train)[-1]
        return ((outputs - target) ** 2).sum(axis=1).mean()

    assert run.train_loss[0, 0] == pytest.approx(loss(start), rel=1e-5)
    moved = arrays(run.modules[0])
    for layer, index in ((0, (3, 7)), (1, (2, 5)), (2, (9, 4))):
        sides = []
        for change in (1e-5, -1e-5):
            shifted = [tuple(np.array(part) for part in pair) for pair in start]
            shifted[layer][0][index] += change
            sides.append(loss(shifted))
        slope = (sides[0] - sides[1]) / 2e-5
        step = start[layer][0][index] - moved[layer][0][index]
        assert step == pytest.approx(0.05 * slope, rel=1e-3, abs=1e-6)


def test_chunks_change_nothing_but_rounding(small_data, monkeypatch):
    """Large batches worked off in parts: of equal size, and with a rest."""
    recipe = Recipe.adam(0.005, batch_size=None, steps=15, evaluate_every=15)
    whole = train(MODEL, small_data, recipe, [1])
    for cached in (70 * 150, 70 * 77):
        monkeypatch.setattr(_program, "_CACHED", cached)
        _program.program.cache_clear()
        parts = train(MODEL, small_data, recipe, [1])
        for curve in CURVES:
            np.testing.assert_allclose(getattr(parts, curve), getattr(whole, curve), rtol=1e-3)
    _program.program.cache_clear()
