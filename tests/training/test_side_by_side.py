"""Models trained side by side, as an accelerator does it, against each trained alone."""

import equinox as eqx
import jax
import numpy as np
import pytest

from genlab import Recipe
from genlab.datasets import LabelNoise
from genlab.models import CNN5, MLP, ResNet, array_shapes
from genlab.training import CURVES, Lane, Seeds, _lanes, _program, train, train_arrays, train_lanes

SHAPE = (40,), 10
RECIPE = Recipe.adam(0.005, batch_size=None, steps=40, evaluate_every=20)


@pytest.fixture
def four_lanes(monkeypatch):
    """As if this were an accelerator that trains four models at once."""
    for module in (_program, _lanes):
        monkeypatch.setattr(module, "on_cpu", lambda: False)
    monkeypatch.setattr(_program, "_MOST_LANES", 4)
    _program.program.cache_clear()
    yield
    _program.program.cache_clear()


def test_seeds_agree_with_each_alone(small_data, monkeypatch):
    recipe = Recipe.sgd(steps=50, evaluate_every=25)
    alone = train(MLP((20, 10)), small_data, recipe, range(7))
    for module in (_program, _lanes):
        monkeypatch.setattr(module, "on_cpu", lambda: False)
    monkeypatch.setattr(_program, "_MOST_LANES", 4)
    lanes = train(MLP((20, 10)), small_data, recipe, range(7))
    np.testing.assert_allclose(lanes.test_loss, alone.test_loss, rtol=1e-3)
    fewer = train(MLP((20, 10)), small_data, recipe, [6, 1])
    assert np.array_equal(fewer.test_loss[0], lanes.test_loss[6])
    assert np.array_equal(fewer.test_loss[1], lanes.test_loss[1])


# Three sizes, since each is compiled alone too.
LANES = [
    Lane(MLP((5, 9)), Seeds.all(0)),
    Lane(MLP((16, 16)), Seeds(1, 2, 3), LabelNoise(0.3)),
    Lane(MLP((5, 9)), Seeds.all(4), LabelNoise(0.15)),
    Lane(MLP((1, 1)), Seeds.all(5)),
    Lane(MLP((16, 16)), Seeds.all(6)),
]


@pytest.mark.parametrize(
    "recipe",
    [RECIPE, Recipe.sgd(0.1, momentum=0.9, batch_size=64, steps=30, evaluate_every=30)],
    ids=["adam", "sgd"],
)
def test_sizes_agree_with_each_alone(small_data, four_lanes, monkeypatch, recipe):
    seen = []
    together = train_lanes(LANES, small_data, recipe, progress=seen.append)
    assert (seen[0].step, seen[-1].step) == (0, 5 * recipe.steps)
    fewer = train_lanes(LANES[2:4], small_data, recipe)
    for module in (_program, _lanes):
        monkeypatch.setattr(module, "on_cpu", lambda: True)
    for i, lane in enumerate(LANES):
        alone = train_arrays(
            lane.model, small_data, recipe, (lane.seeds,), label_noise=lane.label_noise
        )
        for name in ("train_loss", "test_loss"):
            np.testing.assert_allclose(together.curves[name][i], alone.curves[name][0], rtol=2e-3)
        ours, others = (jax.tree.leaves(fit) for fit in (together.modules[i], alone.modules[0]))
        for mine, other in zip(ours, others, strict=True):
            if eqx.is_array(mine):
                np.testing.assert_allclose(mine, other, atol=2e-3)
    for name in CURVES:  # the company of others changes no bit
        assert np.array_equal(fewer.curves[name], together.curves[name][2:4])


def test_what_shares_no_program_is_refused(small_data):
    with pytest.raises(ValueError, match="models must share one program to train together"):
        train_lanes(LANES, small_data, RECIPE)


@pytest.mark.parametrize("init", ["fan_in", "he", "glorot", "normal"])
def test_a_padded_model_holds_the_model_and_zeros(init):
    spec = MLP((18, 70), init)
    padded = spec.padded()
    assert padded == MLP((32, 96), init)
    key = jax.random.key(3)
    plain = jax.tree.leaves(eqx.filter(spec.build(*SHAPE, key), eqx.is_array))
    within = eqx.filter_jit(lambda sizes: padded.build_within(sizes, *SHAPE, key))
    held = jax.tree.leaves(eqx.filter(within(np.array(spec.sizes())), eqx.is_array))
    for small, large in zip(plain, held, strict=True):
        corner = tuple(slice(n) for n in small.shape)
        np.testing.assert_allclose(large[corner], small, rtol=1e-6)
        assert np.count_nonzero(large) == np.count_nonzero(small)


def test_shapes_of_arrays():
    spec = MLP((3, 2))
    shapes = [leaf.shape for leaf in jax.tree.leaves(array_shapes(spec, *SHAPE)[0])]
    assert shapes == [(3, 40), (3,), (2, 3), (2,), (10, 2), (10,)]


def test_how_many_run_side_by_side():
    images = (3, 32, 32), 10
    assert _program.lanes_on_accelerator(ResNet(), *images) == 1
    assert _program.lanes_on_accelerator(CNN5(), *images) == 1
    counts = [_program.lanes_on_accelerator(MLP((h, h)), *SHAPE) for h in (10, 400, 1000, 5000)]
    assert counts == [32, 32, 7, 1]
