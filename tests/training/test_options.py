"""Weight decay, clipping and early stopping, against plain NumPy and against training alone."""

import jax
import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from genlab import Recipe, train
from genlab.datasets import Dataset, LabelNoise
from genlab.models import MLP
from genlab.training import CURVES, EarlyStopping, Seeds, _lanes, _program, train_arrays

LINEAR = MLP(hidden=())


def weights(module):
    layer = module.layers[-1]
    return np.float64(layer.weight), np.float64(layer.bias)


def plainly(data, recipe, seed=0):
    """Full-batch gradient descent of a linear model by the book, in float64."""
    w, b = weights(train(LINEAR, data, Recipe.sgd(steps=1, learning_rate=1e-30), [seed]).modules[0])
    x, y = np.float64(data.x_train), np.eye(10)[data.y_train]
    momenta = [np.zeros_like(w), np.zeros_like(b)]
    for _ in range(recipe.steps):
        logits = x @ w.T + b
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        slopes = [(p - y).T @ x / len(x), (p - y).mean(axis=0)]
        if recipe.clip_norm is not None:
            norm = np.sqrt(sum((slope**2).sum() for slope in slopes))
            slopes = [slope * min(1.0, recipe.clip_norm / norm) for slope in slopes]
        momenta = [recipe.momentum * m + slope for m, slope in zip(momenta, slopes, strict=True)]
        w, b = (
            array - recipe.learning_rate * (m + recipe.weight_decay * array)
            for array, m in zip((w, b), momenta, strict=True)
        )
    return w, b


@pytest.mark.parametrize(
    "options",
    [
        {"weight_decay": 0.05},
        {"weight_decay": 0.05, "momentum": 0.9},
        {"clip_norm": 0.1},
        {"clip_norm": 0.1, "weight_decay": 0.2, "momentum": 0.5},
    ],
)
def test_decay_and_clipping_against_plain_numpy(small_data, options):
    recipe = Recipe.sgd(0.2, batch_size=None, steps=30, **options)
    found = weights(train(LINEAR, small_data, recipe, [0]).modules[0])
    for mine, other in zip(found, plainly(small_data, recipe), strict=True):
        np.testing.assert_allclose(mine, other, atol=1e-5)


def test_adams_decay_is_decoupled(small_data):
    """A gradient of zero leaves decay alone: every step takes the same share."""
    blank = Dataset(
        0 * small_data.x_train, small_data.y_train, small_data.x_test, small_data.y_test
    )
    recipe = Recipe.adam(0.01, batch_size=None, steps=50, weight_decay=0.3)
    start = train(LINEAR, blank, Recipe.adam(1e-30, batch_size=None, steps=1), [0]).modules[0]
    end = train(LINEAR, blank, recipe, [0]).modules[0]
    expected = weights(start)[0] * (1 - 0.01 * 0.3) ** 50
    np.testing.assert_allclose(weights(end)[0], expected, rtol=1e-4)


STOPPING = EarlyStopping(validation=0.25, seed=3)
OVERFIT = Recipe.adam(0.03, batch_size=50, steps=200, evaluate_every=10, early_stopping=STOPPING)
MODEL = MLP(hidden=(20,))


def test_the_held_out_part_is_not_trained_on(small_data):
    """The same as training on the others alone, with the held-out part as test set."""
    fitted, held_out = STOPPING.split(small_data.y_train)
    assert sorted([*fitted, *held_out]) == list(range(small_data.n_train))
    assert len(fitted) == OVERFIT.n_fitted(small_data.n_train)
    counts = np.bincount(small_data.y_train[held_out], minlength=10)
    assert np.abs(counts - np.bincount(small_data.y_train, minlength=10) / 4).max() <= 1
    x, y = small_data.x_train, small_data.y_train
    apart = Dataset(x[fitted], y[fitted], x[held_out], y[held_out])
    run = train(MODEL, small_data, OVERFIT, [0, 1])
    plain = Recipe.adam(0.03, batch_size=50, steps=200, evaluate_every=10)
    other = train(MODEL, apart, plain, [0, 1])
    np.testing.assert_allclose(run.train_loss, other.train_loss, rtol=1e-4)
    np.testing.assert_allclose(run.validation_loss, other.test_loss, rtol=1e-4)
    np.testing.assert_array_equal(run.kept, other.test_loss.argmin(axis=1))
    assert 0 < run.kept.max() < 20  # it does overfit
    for i, module in enumerate(run.modules):  # the kept weights, not the last
        wrong = (
            jax.vmap(module)(np.float32(small_data.x_test)).argmax(1) != small_data.y_test
        ).mean()
        assert wrong == pytest.approx(run.test_error[i, run.kept[i]])
    assert {"validation_loss", "validation_error"} <= set(run.to_frame().columns)


def test_patience_ends_each_model_by_itself(small_data):
    recipe = Recipe.adam(
        0.03, batch_size=50, steps=200, evaluate_every=10,
        early_stopping=EarlyStopping(0.25, patience=2, seed=3),
    )  # fmt: skip
    whole = train(MODEL, small_data, OVERFIT, range(4))
    run = train(MODEL, small_data, recipe, range(4))
    for i in range(4):
        losses, best, last = whole.validation_loss[i], 0, 0
        while last < 20 and last - best < 2:
            last += 1
            best = last if losses[last] < losses[best] else best
        assert run.kept[i] == best
        for curve in CURVES:
            assert np.array_equal(
                getattr(run, curve)[i, : last + 1], getattr(whole, curve)[i, : last + 1]
            )
            assert np.isnan(getattr(run, curve)[i, last + 1 :]).all()
    assert (run.diverged_at == -1).all()


def test_side_by_side_and_with_noisy_labels(small_data, monkeypatch):
    recipe = Recipe.adam(
        0.03, batch_size=50, steps=100, evaluate_every=10,
        early_stopping=EarlyStopping(0.25, patience=3),
    )  # fmt: skip
    seeds = tuple(map(Seeds.all, range(5)))
    noise = LabelNoise(0.3)
    alone = train_arrays(MODEL, small_data, recipe, seeds, label_noise=noise)
    for module in (_program, _lanes):
        monkeypatch.setattr(module, "on_cpu", lambda: False)
    monkeypatch.setattr(_program, "_MOST_LANES", 3)
    together = train_arrays(MODEL, small_data, recipe, seeds, label_noise=noise)
    np.testing.assert_array_equal(together.kept, alone.kept)
    for name, values in alone.curves.items():
        np.testing.assert_allclose(together.curves[name], values, rtol=1e-3, atol=3e-3)


def test_outcomes_are_counts_of_the_kept_weights(small_data):
    run = train(MODEL, small_data, OVERFIT, [0, 1])
    for i, module in enumerate(run.modules):
        logits = np.float64(jax.vmap(module)(np.float32(small_data.x_test)))
        expected = confusion_matrix(small_data.y_test, logits.argmax(1), labels=range(10))
        np.testing.assert_array_equal(run.test_confusion[i], expected)
        p = np.exp(logits - logits.max(1, keepdims=True))
        confidence = (p / p.sum(1, keepdims=True)).max(axis=1)
        bins = np.ceil(confidence * 15) - 1
        right = logits.argmax(1) == small_data.y_test
        np.testing.assert_array_equal(run.test_wrong[i], ~right)
        for k in range(15):
            chosen = bins == k
            row = [chosen.sum(), confidence[chosen].sum(), right[chosen].sum()]
            np.testing.assert_allclose(run.test_confidence[i, :, k], row, rtol=1e-4)


def test_chunks_of_the_test_set_change_no_outcome(small_data, monkeypatch):
    whole = train_arrays(MODEL, small_data, Recipe.sgd(steps=30), (Seeds.all(0),))
    monkeypatch.setattr(_program, "_CACHED", 300)  # a handful of examples
    _program.program.cache_clear()
    parts = train_arrays(MODEL, small_data, Recipe.sgd(steps=30), (Seeds.all(0),))
    _program.program.cache_clear()
    assert np.array_equal(parts.outcomes["test_wrong"], whole.outcomes["test_wrong"])
    assert np.array_equal(parts.outcomes["test_confusion"], whole.outcomes["test_confusion"])


def test_without_test_examples_nothing_is_said_of_them(small_data):
    whole = train(MODEL, small_data, OVERFIT, [0])
    run = train(MODEL, small_data.without_test(), OVERFIT, [0])
    assert np.array_equal(run.validation_loss, whole.validation_loss)
    assert np.isnan(run.test_error).all()
    assert run.diverged_at.tolist() == [-1]
    assert run.test_confusion.sum() == 0
    assert run.test_wrong.shape == (1, 0)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: EarlyStopping(0.0), ValueError, "`validation` must be a number > 0, got"),
        (lambda: EarlyStopping(1.0), ValueError, "`validation` must be below 1, got"),
        (lambda: EarlyStopping(patience=0), ValueError, "`patience` must be an integer >= 1, got"),
        (lambda: Recipe.sgd(weight_decay=-1), ValueError, "`weight_decay` must be a number >= 0"),
        (lambda: Recipe.sgd(clip_norm=0), ValueError, "`clip_norm` must be a number > 0, got"),
        (lambda: Recipe.sgd(early_stopping=0.1), TypeError, "must be an EarlyStopping or None"),
    ],
)
def test_bad_options(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_part_of_no_example_is_told(small_data):
    recipe = Recipe.sgd(batch_size=10, early_stopping=EarlyStopping(1e-6))
    with pytest.raises(ValueError, match="must leave no set empty"):
        train(MODEL, small_data, recipe, [0])
