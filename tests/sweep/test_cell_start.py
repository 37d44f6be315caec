"""Cells that start from the trained weights of another."""

import equinox as eqx
import jax
import numpy as np
import pytest

from genlab.datasets import LabelNoise, make_mnist1d
from genlab.models import MLP, ResNet
from genlab.sweep import Store, TrainingCell, batches, run_cells
from genlab.training import CURVES, Recipe, Seeds, train_arrays

DATA = make_mnist1d(n_samples=500)
RECIPE = Recipe.sgd(0.05, momentum=0.9, batch_size=50, steps=40, evaluate_every=20, loss="squared")


def chain(widths, seed=0):
    cells, before = [], None
    for width in widths:
        before = TrainingCell(DATA.spec, MLP((width,)), RECIPE, seed, start=before)
        cells.append(before)
    return cells


def same(first, second):
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for one, other in zip(first, second, strict=True)
        for name in CURVES
    )


def arrays(module):
    return [np.asarray(leaf, np.float64) for leaf in jax.tree.leaves(module) if eqx.is_array(leaf)]


def test_it_begins_from_the_trained_weights_in_the_corner_of_fresh_ones():
    small, large = chain([3, 5])
    trained = train_arrays(MLP((3,)), DATA, RECIPE, (Seeds.all(0),)).modules[0]
    key = jax.random.fold_in(jax.random.key(np.uint32(0)), 1)
    fresh = MLP((5,)).build((40,), 10, key)
    pasted = [np.array(array) for array in arrays(fresh)]
    for array, corner in zip(pasted, arrays(trained), strict=True):
        array[tuple(slice(n) for n in corner.shape)] = corner
    w1, b1, w2, b2 = pasted
    outputs = np.maximum(DATA.x_test @ w1.T + b1, 0) @ w2.T + b2
    loss = ((outputs - np.eye(10)[DATA.y_test]) ** 2).sum(axis=1).mean()
    result = large.run()
    assert result.test_loss[0] == pytest.approx(loss, rel=1e-5)
    # A start as large as the cell is all there is of its weights.
    again = TrainingCell(DATA.spec, MLP((3,)), RECIPE, 9, start=small).run()
    assert again.test_loss[0] == small.run().test_loss[-1]


@pytest.fixture(scope="module")
def reference():
    return [cell.run() for cell in chain([3, 5, 8])]


def test_a_cell_also_gives_its_module(reference):
    """The one whose test loss and errors are those of the result, which `run` gives too."""
    seen = []
    last = chain([3, 5, 8])[-1]
    result, module = last.train(seen.append)
    assert same([result], reference[-1:])
    assert [now.test_error for now in seen] == result.test_error.tolist()
    w1, b1, w2, b2 = arrays(module)
    outputs = np.maximum(DATA.x_test @ w1.T + b1, 0) @ w2.T + b2
    loss = ((outputs - np.eye(10)[DATA.y_test]) ** 2).sum(axis=1).mean()
    assert result.test_loss[-1] == pytest.approx(loss, rel=1e-5)
    assert result.test_error[-1] == np.float32((outputs.argmax(axis=1) != DATA.y_test).mean())


def test_the_bits_are_the_same_however_a_chain_is_run(tmp_path, reference):
    cells = chain([3, 5, 8])
    with Store(tmp_path / "s.db") as store:
        assert same(run_cells(cells[2:], store, jobs=1), reference[2:])  # its starts are trained
        assert same(run_cells(cells[::-1], store, jobs=2), reference[::-1])
    with Store(tmp_path / "other.db") as store:
        assert same(run_cells([*cells, *chain([3, 5], seed=1)], store, jobs=2)[:3], reference)


def test_a_chain_goes_to_one_worker_in_its_order():
    one, two = chain([3, 5, 8]), chain([3, 5, 8], seed=1)
    alone = TrainingCell(DATA.spec, MLP((100,)), RECIPE, 0)
    cells = [two[2], one[1], alone, one[0], two[0], one[2], two[1]]
    groups = batches(cells, side_by_side=False)
    named = [[cell for [cell] in group] for group in groups]
    assert named[0] == [alone]
    assert sorted(named[1:], key=lambda group: group[0].seed) == [one, two]


def test_json_and_identity():
    small, large = chain([3, 5])
    assert TrainingCell.from_dict(large.to_dict()) == large
    assert "start" not in small.to_dict()
    assert large.key != TrainingCell(DATA.spec, MLP((5,)), RECIPE, 0).key
    assert large.key != chain([3, 5], seed=1)[1].key
    other = TrainingCell(DATA.spec, MLP((5,)), RECIPE, 0, start=chain([4])[0])
    assert other.key != large.key


@pytest.mark.parametrize(
    ("start", "error", "message"),
    [
        ("a cell", TypeError, "`start` must be a TrainingCell or None, got 'a cell'"),
        (
            TrainingCell(make_mnist1d(n_samples=200).spec, MLP((3,)), RECIPE, 0),
            ValueError,
            "`start` must have the cell's `data`",
        ),
        (
            TrainingCell(DATA.spec, MLP((3,)), RECIPE, 0, LabelNoise(0.1)),
            ValueError,
            "`start` must have the cell's `label_noise`",
        ),
        (
            TrainingCell(DATA.spec, ResNet(1), RECIPE, 0),
            ValueError,
            "`start` must be a model of the kind MLP",
        ),
    ],
)
def test_bad_starts(start, error, message):
    with pytest.raises(error, match=message):
        TrainingCell(DATA.spec, MLP((5,)), RECIPE, 0, start=start)


def test_a_larger_start_is_refused_before_anything_runs():
    with pytest.raises(ValueError, match=r"no larger than the cell's, got one of shape \(9, 40\)"):
        TrainingCell(DATA.spec, MLP((5,)), RECIPE, 0, start=chain([9])[0]).check()
