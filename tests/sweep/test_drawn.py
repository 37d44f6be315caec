"""Networks of many samples of one data set: side by side, each on data of its own."""

import dataclasses

import numpy as np
import pytest

from genlab import Recipe
from genlab.datasets import Dataset, DataSpec
from genlab.models import MLP
from genlab.sweep import Store, TrainingCell, run_cells
from genlab.sweep._batches import batches
from genlab.sweep._data_sizes import sizes_of
from genlab.training import EarlyStopping, lanes_of_own_data, train

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 3))
MODEL = MLP((5,))
RECIPE = Recipe.adam(0.01, batch_size=16, steps=20, evaluate_every=10)


@pytest.fixture(scope="module")
def classes():
    y = (X @ RNG.normal(size=(3, 3))).argmax(axis=1)
    return Dataset(X[:60], y[:60], X[60:], y[60:])


@pytest.fixture(scope="module")
def numbers():
    """Targets, and weights that some samples of three rows hold alike."""
    y = X @ [1.0, -2.0, 0.5]
    weight = np.where(np.arange(60) < 30, 1.0, 3.0)
    return Dataset(X[:60], y[:60], X[60:], y[60:], task="regression", sample_weight=weight)


def samples(data, n, predicted="out_of_bag", model=MODEL, recipe=RECIPE, sampling="bootstrap"):
    arguments = {"sampling": sampling, "n": 60, "seed": 1, "predicted": predicted}
    specs = [DataSpec.of_part("sampled", data.spec, **arguments, index=i) for i in range(n)]
    return [TrainingCell(spec, model, recipe, i, keep_outputs=True) for i, spec in enumerate(specs)]


def assert_equal(ours, others):
    for field in dataclasses.fields(ours):
        mine, other = getattr(ours, field.name), getattr(others, field.name)
        assert (mine is None and other is None) or np.array_equal(mine, other), field.name


@pytest.mark.parametrize("predicted", ["test", "out_of_bag"])
def test_each_is_trained_on_its_own_sample(classes, predicted):
    cells = samples(classes, 3, predicted)
    for cell, ours in zip(cells, TrainingCell.run_together(cells), strict=True):
        data = cell.data.make()
        alone = train(cell.model, data, cell.recipe, [cell.seed])
        for name in ("train_loss", "test_loss", "train_error", "test_error"):
            np.testing.assert_allclose(getattr(ours, name), getattr(alone, name)[0], atol=1e-5)
        assert np.array_equal(ours.test_confusion, alone.test_confusion[0])
        assert np.array_equal(ours.test_wrong, alone.test_wrong[0])
        np.testing.assert_allclose(ours.test_confidence, alone.test_confidence[0], atol=1e-4)
        right = ours.test_outputs.argmax(axis=1) == data.y_test
        assert np.array_equal(right, ~ours.test_wrong)


def test_the_company_of_others_changes_no_bit(classes):
    cells = samples(classes, 9)
    together = TrainingCell.run_together(cells)
    others = TrainingCell.run_together([cells[8], cells[2]])
    assert_equal(others[0], together[8])
    assert_equal(others[1], together[2])
    assert_equal(cells[5].run(), together[5])


def test_workers_and_stops_change_no_bit(classes, tmp_path):
    cells = samples(classes, 12)
    with Store(tmp_path / "stopped.db") as store:
        run_cells(cells[3:5], store, jobs=1)
        goes_on = run_cells(cells, store, jobs=2)
        assert len(store) == 12
    for ours, other in zip(goes_on, run_cells(cells, tmp_path / "s.db", jobs=1), strict=True):
        assert_equal(ours, other)


@pytest.mark.parametrize("early", [None, EarlyStopping(0.2, patience=1)], ids=["all", "early"])
def test_regressions_with_weights(numbers, early):
    recipe = dataclasses.replace(RECIPE, loss="squared", early_stopping=early)
    cells = samples(numbers, 2, recipe=recipe)
    alike = DataSpec.of_part("divided", numbers.spec, fitted="0:30", held_out="30:60")
    for cell, ours in zip(cells, TrainingCell.run_together(cells), strict=True):
        alone = train(cell.model, cell.data.make(), recipe, [cell.seed])
        np.testing.assert_allclose(ours.test_predictions, alone.test_predictions[0], atol=1e-4)
        np.testing.assert_allclose(ours.test_error, alone.test_error[0], rtol=1e-4)
    # Rows that weigh alike share the program of others, so none of them decides the bits.
    arguments = {"sampling": "disjoint", "n": 30, "seed": 0, "predicted": "test"}
    part = DataSpec.of_part("sampled", alike, **arguments, index=0)
    (ours,) = TrainingCell.run_together([TrainingCell(part, MODEL, recipe, 0)])
    alone = train(MODEL, part.make(), recipe, [0])
    np.testing.assert_allclose(ours.test_predictions, alone.test_predictions[0], atol=1e-4)


def test_class_weights(classes):
    recipe = dataclasses.replace(RECIPE, class_weight="balanced")
    cells = samples(classes, 2, recipe=recipe)
    for cell, ours in zip(cells, TrainingCell.run_together(cells), strict=True):
        alone = train(cell.model, cell.data.make(), recipe, [cell.seed])
        np.testing.assert_allclose(ours.train_loss, alone.train_loss[0], atol=1e-5)


def test_which_run_together_on_a_cpu(classes):
    cells = samples(classes, 20)
    groups = batches([*cells, *samples(classes, 2, "test")], side_by_side=False)
    assert sorted(len(batch) for group in groups for batch in group) == [2, 4, 8, 8]
    large = samples(classes, 20, model=MLP((2000,)))
    assert {len(group[0]) for group in batches(large, side_by_side=False)} == {1}
    plain = [TrainingCell(classes.spec, MODEL, RECIPE, seed) for seed in range(3)]
    assert {len(group[0]) for group in batches(plain, side_by_side=False)} == {1}
    assert len({cell.together_key() for cell in plain}) == 1


def test_how_many_lanes():
    def lanes(model=MODEL, n=100, a_step=16, shape=(3,), *, cpu):
        return lanes_of_own_data(model, shape, 3, n, a_step, cpu=cpu)

    assert lanes(cpu=True) == 8
    assert lanes(a_step=10_000, cpu=True) == 1
    assert lanes(cpu=False) == 32
    assert lanes(n=50_000_000, cpu=False) == 6  # of a billion numbers


def test_an_impossible_sample_is_refused_before_it_runs(classes):
    arguments = {"sampling": "disjoint", "n": 30, "seed": 0, "predicted": "test"}
    part = DataSpec.of_part("sampled", classes.spec, **arguments, index=2)
    with pytest.raises(ValueError, match="`index` must be at most 1, got 2"):
        TrainingCell(part, MODEL, RECIPE, 0).check()


def test_samples_of_groups_differ_in_size_and_train_alone():
    y, groups = np.arange(60) % 3, np.arange(60) // 5
    data = Dataset(X[:60], y, X[60:], np.arange(30) % 3, groups=groups)
    arguments = {"sampling": "bootstrap", "n": 12, "seed": 0, "predicted": "test"}
    part = DataSpec.of_part("sampled", data.spec, **arguments, index=0)
    cell = TrainingCell(part, MODEL, RECIPE, 0)
    assert cell.most_together_on_cpu() == 1
    assert_equal(cell.run(), TrainingCell.run_together([cell])[0])


@pytest.mark.parametrize("name", ["mnist1d_resampled", "mnist1d_redrawn"])
def test_the_sizes_of_data_sets_that_differ_in_a_seed_are_those_of_one(name, monkeypatch):
    made, make = [], DataSpec.make
    monkeypatch.setattr(DataSpec, "make", lambda spec: made.append(spec) or make(spec))
    rest = {"n_train": 31, "n_test": 17, **({"skip": 5} if name == "mnist1d_redrawn" else {})}
    specs = [DataSpec(name, {"seed": seed, **rest}) for seed in (0, 3, 2**32 - 2)]
    found = [sizes_of(spec) for spec in specs]
    assert len(made) == 1
    for spec, sizes in zip(specs, found, strict=True):
        data = make(spec)
        assert sizes[:4] == (data.n_train, data.n_test, data.input_shape, data.n_classes)
        assert sizes.n_bytes == data.x_train.nbytes + data.x_test.nbytes
    for seed in (-1, 2**32, "one", True):
        with pytest.raises((TypeError, ValueError), match="seed"):
            sizes_of(DataSpec(name, {"seed": seed, **rest}))
