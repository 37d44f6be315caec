"""Training: its promises about seeds and bits, its curves, and what it refuses."""

import dataclasses

import jax
import numpy as np
import pytest

import genlab
from genlab import DivergedError, DivergenceWarning, Recipe, StepDecay, train
from genlab._base import specs
from genlab.datasets import Dataset, LabelNoise, corrupt_labels
from genlab.models import MLP
from genlab.training import (
    CURVES,
    CosineDecay,
    EarlyStopping,
    Seeds,
    _lanes,
    _program,
    log_spaced_steps,
    train_arrays,
)
from genlab.training import learning_rates as learning_rates_of
from genlab.training._optimizer import update_rule
from genlab.training._recipe import Settings

MODEL = MLP(hidden=(20, 10))


def test_steps_recorded(small_data):
    run = train(MODEL, small_data, Recipe.sgd(steps=25, evaluate_every=10), [0])
    assert run.steps.tolist() == [0, 10, 20, 25]
    assert run.test_error.shape == (1, 4)


def test_evaluating_more_often_changes_nothing_else(small_data):
    often = train(MODEL, small_data, Recipe.sgd(steps=30, evaluate_every=7), [0])
    seldom = train(MODEL, small_data, Recipe.sgd(steps=30, evaluate_every=30), [0])
    assert often.test_loss[0, -1] == seldom.test_loss[0, -1]


def test_steps_that_are_named_are_recorded_and_change_nothing_else(small_data):
    """Gaps of 1, 2 and 27 steps, whose batches come in one padded array."""
    at = log_spaced_steps(30, 3)
    assert at == (1, 5, 30)
    named = train(MODEL, small_data, Recipe.sgd(steps=30, evaluate_at=(1, 3)), [0])
    every = train(MODEL, small_data, Recipe.sgd(steps=30, evaluate_every=1), [0])
    assert named.steps.tolist() == [0, 1, 3, 30]
    for name in CURVES:
        assert np.array_equal(getattr(named, name)[0], getattr(every, name)[0, [0, 1, 3, 30]])
    # A recipe that names none is the one from before it could.
    assert "evaluate_at" not in specs.to_dict(Recipe.sgd())
    recipe = Recipe.sgd(steps=30, evaluate_at=at)
    assert specs.from_dict(specs.to_dict(recipe), {"Recipe": Recipe}) == recipe
    with pytest.raises(ValueError, match=r"`evaluate_at` must increase, got \(3, 3\)"):
        Recipe.sgd(steps=30, evaluate_at=(3, 3))
    with pytest.raises(ValueError, match="`evaluate_at` must be an integer from 1 to 30, got 31"):
        Recipe.sgd(steps=30, evaluate_at=(1, 31))


@pytest.mark.parametrize(("steps", "n"), [(4000, 59), (100, 100), (7, 1), (10, 9), (10**6, 40)])
def test_log_spaced_steps(steps, n):
    found = np.array(log_spaced_steps(steps, n))
    assert len(found) == n
    assert found[-1] == steps
    assert found[0] == 1 or n == 1
    gaps = np.diff(np.log(found))
    assert (gaps > 0).all()
    # Whole steps lie apart: from where they can, they are evenly spaced but for rounding.
    free = np.flatnonzero(np.diff(found) > 1)
    if len(free):
        rest, a = gaps[free[0] :], found[free[0] :]
        assert np.abs(rest - rest.mean()).max() <= (1 / a[:-1]).max()


def test_a_seeds_bits_do_not_depend_on_the_others(small_data):
    recipe = Recipe.sgd(steps=20, evaluate_every=10)
    together = train(MODEL, small_data, recipe, [5, 2, 9])
    alone = train(MODEL, small_data, recipe, [9])
    backwards = train(MODEL, small_data, recipe, [9, 2, 5])
    for name in CURVES:
        assert np.array_equal(getattr(together, name)[2], getattr(alone, name)[0])
        assert np.array_equal(getattr(together, name), getattr(backwards, name)[::-1])


def test_each_epoch_sees_every_example_once():
    recipe = Recipe.sgd(batch_size=30, steps=40, evaluate_every=8)
    stream = _lanes._Batches(0, 100, recipe)
    seen = np.concatenate([stream.take(8).ravel() for _ in range(5)])
    for epoch in range(12):
        assert sorted(seen[epoch * 100 : (epoch + 1) * 100]) == list(range(100))
    assert not np.array_equal(seen[:100], seen[100:200])


def test_streams_are_separate(small_data, monkeypatch):
    """Another tag for one source of randomness changes that source alone."""
    from genlab._base import streams

    recipe = Recipe.sgd(steps=30, batch_size=50, evaluate_every=30)

    def start_and_end():
        _program.program.cache_clear()
        run = train(MODEL, small_data, recipe, [0])
        return run.test_loss[0]

    before = start_and_end()
    monkeypatch.setattr(streams, "BATCH_ORDER", 99)
    other_order = start_and_end()
    assert other_order[0] == before[0]
    assert other_order[1] != before[1]
    monkeypatch.undo()
    monkeypatch.setattr(streams, "INITIALISATION", 99)
    assert start_and_end()[0] != before[0]
    monkeypatch.undo()
    assert np.array_equal(start_and_end(), before)


def test_a_diverged_seed_is_a_row_of_nan(small_data):
    # At this rate some seeds leave the range of float32 and others do not.
    recipe = Recipe.sgd(5.0, batch_size=100, steps=60, evaluate_every=20)
    with pytest.warns(DivergenceWarning, match=r"\d of 8 models diverged, the first by step \d+"):
        run = train(MLP(hidden=(20,)), small_data, recipe, range(8))
    diverged = run.diverged_at >= 0
    assert 0 < diverged.sum() < 8
    for name in CURVES:
        curve = getattr(run, name)
        assert np.isfinite(curve[~diverged]).all()
        for row, step in zip(curve[diverged], run.diverged_at[diverged], strict=True):
            assert np.isnan(row[run.steps >= step]).all()
            assert np.isfinite(row[run.steps < step]).all()


def test_all_diverged_is_an_error(small_data):
    with pytest.raises(DivergedError, match="all 2 models diverged, the first by step"):
        train(MODEL, small_data, Recipe.sgd(1e30, steps=20, evaluate_every=10), range(2))


def test_progress(small_data):
    """It tells what is recorded, and changes no bit of it."""
    seen, recipe = [], Recipe.sgd(steps=30, evaluate_every=10)
    run = train(MODEL, small_data, recipe, [4, 5], progress=seen.append)
    assert [p.step for p in seen] == [0, 10, 20, 30, 30, 40, 50, 60]
    assert {p.steps for p in seen} == {60}
    assert {p.seeds for p in seen} == {(Seeds.all(4),), (Seeds.all(5),)}
    alone = train(MODEL, small_data, recipe, [4, 5])
    for name in ("train_loss", "train_error", "test_error"):
        assert [getattr(p, name) for p in seen] == getattr(run, name).ravel().tolist()
        assert np.array_equal(getattr(alone, name), getattr(run, name))
    for mine, other in zip(*(jax.tree.leaves(each.modules) for each in (run, alone)), strict=True):
        assert np.array_equal(mine, other)


def test_frames_and_charts(small_data):
    run = train(MODEL, small_data, Recipe.sgd(steps=20, evaluate_every=10), [0, 1])
    frame = run.to_frame()
    assert len(frame) == 6
    assert set(frame) == {"dataset", "model", "label_noise", "seed", "step", *CURVES}
    assert set(frame["label_noise"]) == {0.0}
    assert "test_error" in run._repr_html_()
    assert run.chart().to_dict()["layer"]


def test_the_band_of_a_chart_stays_where_an_error_can_be(small_data):
    """Seeds without an error have a width, and none reaches below 0; a diverged one is left out."""
    run = train(MODEL, small_data, Recipe.sgd(steps=20, evaluate_every=10), [0, 1, 2])
    assert run.n_train == small_data.n_train
    errors = np.array([[0.9, 0.001, 0.0], [0.9, 0.0, 0.0], [0.9, np.nan, np.nan]])
    fitted = dataclasses.replace(run, train_error=errors, test_error=errors)
    spec = fitted.chart().to_dict()
    parts = [spec, *spec["layer"]]
    rows = [row for part in parts for row in part.get("data", {}).get("values", []) if "low" in row]
    assert {row["set"] for row in rows} == {"train", "test"}
    for row in rows:
        assert 0 <= row["low"] <= row["estimate"] <= row["high"] <= 1
        assert row["low"] < row["high"]


def test_early_stopping_leaves_the_examples_that_are_fitted(small_data):
    recipe = Recipe.sgd(
        steps=10, evaluate_every=10, batch_size=10, early_stopping=EarlyStopping(validation=0.2)
    )
    run = train(MODEL, small_data, recipe, [0])
    assert run.n_train == small_data.n_train - round(0.2 * small_data.n_train)


def test_a_cosine_of_the_rate():
    recipe = Recipe.adam(0.1, steps=100, schedule=CosineDecay(0.1))
    rate = learning_rates_of(recipe, 4000)
    expected = [0.1 * (0.1 + 0.9 * (1 + np.cos(np.pi * i / 100)) / 2) for i in range(100)]
    np.testing.assert_allclose([float(rate(i)) for i in range(100)], expected, rtol=1e-5)
    with pytest.raises(ValueError, match="`end` must be a number from 0 to 1, got 2"):
        CosineDecay(2)


def test_label_noise_is_that_of_corrupt_labels(small_data):
    """Training on noisy labels is training on a data set that holds them; test labels stay."""
    recipe = Recipe.adam(0.005, batch_size=None, steps=20, evaluate_every=20)
    noise = LabelNoise(0.3, "other")
    run = train(MODEL, small_data, recipe, [5], label_noise=noise)
    labels, _ = corrupt_labels(small_data.y_train, 0.3, 10, "other", 5)
    noisy = Dataset(small_data.x_train, labels, small_data.x_test, small_data.y_test)
    same = train(MODEL, noisy, recipe, [5])
    for curve in CURVES:
        np.testing.assert_array_equal(getattr(run, curve), getattr(same, curve))
    assert set(run.to_frame()["label_noise"]) == {0.3}
    redrawn = train(MODEL, small_data, recipe, [5], label_noise=0.3)
    assert redrawn.label_noise == LabelNoise(0.3, "redraw")
    with pytest.raises(ValueError, match="`label_noise` must be a number from 0 to 1, got 2"):
        train(MODEL, small_data, recipe, label_noise=2)


def test_each_source_of_randomness_has_its_seed(small_data):
    """Holding all seeds but one still changes what that one drives, and nothing else."""
    recipe = Recipe.sgd(steps=20, batch_size=50, evaluate_every=20)

    def run(*seeds):
        fitted = train_arrays(
            MODEL, small_data, recipe, (Seeds(*seeds),), label_noise=LabelNoise(0.5)
        )
        return {name: curve[0] for name, curve in fitted.curves.items()}

    base = run(1, 1, 1)
    assert run(1, 1, 2)["test_loss"][0] == base["test_loss"][0]  # the start is the same
    assert run(1, 1, 2)["train_loss"][0] == base["train_loss"][0]
    assert run(1, 1, 2)["test_loss"][1] != base["test_loss"][1]
    assert run(2, 1, 1)["test_loss"][0] == base["test_loss"][0]
    assert run(2, 1, 1)["train_loss"][0] != base["train_loss"][0]
    assert run(1, 2, 1)["test_loss"][0] != base["test_loss"][0]


@pytest.mark.parametrize("n", [1, 7, 100, 10_000])
@pytest.mark.parametrize("activations", [1, 100, 10_000, 10**9])
def test_chunks_hold_all_examples(n, activations):
    size = _program._chunk_size(n, activations, 1)
    assert 1 <= size <= n
    assert size == n or size * activations <= _program._CACHED or size == 1
    x, y = np.arange(n, dtype=np.float32)[:, None], np.arange(n)
    total = _program._in_chunks(lambda x, y: (x.sum(), y.sum()), x, y, size)
    assert total[1] == n * (n - 1) // 2


def test_the_largest_seed_works(small_data):
    run = train(MODEL, small_data, Recipe.sgd(steps=1), [2**32 - 1])
    assert np.isfinite(run.test_loss).all()


def test_6000_steps_of_100_are_150_epochs():
    assert Recipe.sgd(steps=6000, batch_size=100).epochs(4000) == 150
    assert Recipe.adam(steps=10, batch_size=None).epochs(123) == 10


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda d: train("mlp", d, Recipe.sgd()), TypeError, "`model` must be a model spec"),
        (lambda d: train(MODEL, d.x_train, Recipe.sgd()), TypeError, "`data` must be a Dataset"),
        (lambda d: train(MODEL, d, {}), TypeError, "`recipe` must be a Recipe"),
        (
            lambda d: train(MODEL, d, Recipe.sgd(), 5),
            TypeError,
            r"`seeds` must be several .*, got 5",
        ),
        (lambda d: train(MODEL, d, Recipe.sgd(), []), ValueError, "`seeds` must hold at least one"),
        (lambda d: train(MODEL, d, Recipe.sgd(), [1, 1]), ValueError, "`seeds` must be distinct"),
        (lambda d: train(MODEL, d, Recipe.sgd(), [-1]), ValueError, "`seeds` must be an integer"),
        (
            lambda d: train(MODEL, d, Recipe.sgd(batch_size=401)),
            ValueError,
            "`batch_size` must be at most the 400 training examples, got 401",
        ),
        (lambda d: Recipe.sgd(0), ValueError, "`learning_rate` must be a number > 0, got 0"),
        (lambda d: Recipe.sgd("fast"), TypeError, "`learning_rate` must be a number, got 'fast'"),
        (lambda d: Recipe.sgd(momentum=1.0), ValueError, "`momentum` must be below 1"),
        (lambda d: Recipe.sgd(steps=0), ValueError, "`steps` must be an integer >= 1, got 0"),
        (lambda d: Recipe.sgd(batch_size=0), ValueError, "`batch_size` must be an integer >= 1"),
        (
            lambda d: Recipe.sgd(schedule=0.5),
            TypeError,
            "`schedule` must be a StepDecay, a CosineDecay or None",
        ),
        (
            lambda d: Recipe("rms", 0.1, 1, 1),
            ValueError,
            "`optimizer` must be one of 'sgd', 'adam'",
        ),
        (
            lambda d: Recipe("adam", 0.1, 1, 1, momentum=0.5),
            ValueError,
            "`momentum` belongs to 'sgd'",
        ),
        (
            lambda d: Recipe.adam(momentum=0.5),
            ValueError,
            "`momentum` belongs to 'sgd', got 0.5 with 'adam'",
        ),
        (
            lambda d: Recipe.sgd(0.1, rate=1.0),
            TypeError,
            "`settings` must be among steps, batch_size, momentum, .*, got 'rate'",
        ),
        (
            lambda d: Recipe.adam(optimizer="sgd"),
            TypeError,
            "`settings` must be among .*, got 'optimizer'",
        ),
        (lambda d: StepDecay(0), ValueError, "`every_epochs` must be an integer >= 1, got 0"),
        (lambda d: StepDecay(1, 2.0), ValueError, "`factor` must be a number <= 1, got 2"),
    ],
)
def test_bad_arguments(small_data, call, error, message):
    with pytest.raises(error, match=message):
        call(small_data)


def test_it_is_at_hand_from_the_top():
    assert genlab.train is train


def test_what_sgd_and_adam_take_are_the_fields_of_a_recipe():
    fields = [field.name for field in dataclasses.fields(Recipe)]
    assert fields == ["optimizer", "learning_rate", *Settings.__annotations__]
    types = {field.name: field.type for field in dataclasses.fields(Recipe)}
    given = {name: note.__forward_arg__ for name, note in Settings.__annotations__.items()}
    assert given.items() <= types.items()


def test_the_defaults_of_sgd_and_adam():
    assert Recipe.sgd() == Recipe("sgd", 0.1, 6000, 100)
    assert Recipe.adam() == Recipe("adam", 0.001, 6000, 100)
    assert Recipe.adam(0.01, batch_size=None) == Recipe("adam", 0.01, 6000, None)
    assert Recipe.sgd(learning_rate=1, momentum=0.9) == Recipe("sgd", 1.0, 6000, 100, 0.9)


def test_recipes_that_differ_in_rates_and_steps_share_a_program(small_data):
    _program.program.cache_clear()
    runs = []
    for rate, decay, steps in ((0.1, 0.01, 40), (0.3, 0.02, 60), (0.1, 0.01, 40)):
        recipe = Recipe.sgd(rate, weight_decay=decay, steps=steps, evaluate_every=20)
        runs.append(train(MLP(hidden=(8,)), small_data, recipe).train_loss[0])
        rule = update_rule(recipe, small_data.n_train)
        held = _program.program(
            MLP(hidden=(8,)), rule, small_data.n_test, (40,), 10, 1, False, False
        )
    assert _program.program.cache_info().misses == 1
    assert held.advance._cache_size() == 1
    np.testing.assert_array_equal(runs[0], runs[2])
    assert runs[0][1] != runs[1][1]
    scheduled = Recipe.sgd(0.1, steps=40, schedule=StepDecay())
    longer = dataclasses.replace(scheduled, steps=60)
    assert update_rule(scheduled, 400) != update_rule(longer, 400)
