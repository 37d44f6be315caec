"""Class weights: against repeated examples and plain gradient descent; the names of classes."""

import dataclasses
import json

import equinox as eqx
import jax
import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight

from genlab import Recipe, train
from genlab.datasets import Dataset, LabelNoise, corrupt_labels
from genlab.models import Logistic
from genlab.sweep import TrainingCell
from genlab.training import EarlyStopping, check_fit, load_model, save_model

FULL = Recipe.sgd(0.5, batch_size=None, steps=20, evaluate_every=20)


def made(n=60, n_test=30, **fields):
    """Three overlapping classes, of which the last has few examples."""
    rng = np.random.default_rng(0)
    y = np.minimum(np.arange(n + n_test) % 10 // 4, 2)
    x = rng.normal(size=(len(y), 2)) + y[:, None]
    return Dataset(x[:n], y[:n], x[n:], y[n:], **fields)


DATA = made()


def weights_of(module):
    arrays = jax.tree.leaves(eqx.filter(module, eqx.is_array))
    return [np.asarray(leaf, np.float64) for leaf in arrays]


def test_repeated_examples():
    """Whole weights, full batch: the same as so many copies of each example of the class."""
    copies = DATA.subset(train=np.repeat(np.arange(60), np.array([1, 0, 4])[DATA.y_train]))
    one = train(Logistic(), DATA, dataclasses.replace(FULL, class_weight=(1, 0, 4)))
    other = train(Logistic(), copies, FULL)
    for ours, theirs in zip(weights_of(one.modules[0]), weights_of(other.modules[0]), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    np.testing.assert_allclose(one.train_loss, other.train_loss, rtol=1e-5)
    np.testing.assert_allclose(one.test_loss, other.test_loss, rtol=1e-5)


def log_probabilities(x, w, b):
    scores = x @ w.T + b
    scores = scores - scores.max(axis=1, keepdims=True)
    return scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))


def test_balanced_against_plain_gradient_descent():
    """With weights of examples besides; test loss and errors are not weighted."""
    each = np.random.default_rng(1).exponential(size=60)
    data = made(sample_weight=each)
    run = train(Logistic(), data, dataclasses.replace(FULL, class_weight="balanced"))
    x, y = data.x_train, data.y_train
    weight = compute_sample_weight("balanced", y) * each
    weight /= weight.mean()
    key = jax.random.fold_in(jax.random.key(np.uint32(0)), 1)
    w, b = weights_of(Logistic().build((2,), 3, key))
    for _ in range(20):
        slope = np.exp(log_probabilities(x, w, b)) - np.eye(3)[y]
        slope *= weight[:, None] / 60
        w, b = w - 0.5 * slope.T @ x, b - 0.5 * slope.sum(axis=0)
    for ours, theirs in zip(weights_of(run.modules[0]), (w, b), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)
    losses = -log_probabilities(x, w, b)[np.arange(60), y]
    assert run.train_loss[0, -1] == pytest.approx(np.average(losses, weights=weight), rel=1e-5)
    wrong = log_probabilities(x, w, b).argmax(axis=1) != y
    assert run.train_error[0, -1] == pytest.approx(wrong.mean())
    of_test = -log_probabilities(data.x_test, w, b)[np.arange(30), data.y_test]
    assert run.test_loss[0, -1] == pytest.approx(of_test.mean(), rel=1e-5)


def test_balanced_counts_the_labels_that_are_trained_on():
    """Those held out for early stopping do not count, and noisy labels count as they are."""
    stopping = EarlyStopping(0.3)
    recipe = dataclasses.replace(FULL, early_stopping=stopping, class_weight="balanced")
    run = train(Logistic(), DATA, recipe, label_noise=LabelNoise(0.5))
    y = corrupt_labels(DATA.y_train, 0.5, n_classes=3, seed=0)[0]
    fitted, held_out = stopping.split(DATA.y_train)
    of_class = {label: len(fitted) / (3 * (y[fitted] == label).sum()) for label in range(3)}
    w, b = weights_of(run.modules[0])
    for rows, found in ((fitted, run.train_loss), (held_out, run.validation_loss)):
        losses = -log_probabilities(DATA.x_train[rows], w, b)[np.arange(len(rows)), y[rows]]
        expected = np.average(losses, weights=[of_class[label] for label in y[rows]])
        assert found[0, run.kept[0]] == pytest.approx(expected, rel=1e-5)


def test_a_class_without_an_example_to_train_on():
    """It weighs 1, and the others are balanced among themselves, as in scikit-learn."""
    two = Dataset(DATA.x_train, DATA.y_train % 2, DATA.x_test, DATA.y_test, n_classes=3)
    run = train(Logistic(), two, dataclasses.replace(FULL, class_weight="balanced"))
    counts = np.bincount(DATA.y_train % 2)
    by_hand = dataclasses.replace(FULL, class_weight=(*(30 / counts), 7.0))
    assert run.train_loss == pytest.approx(train(Logistic(), two, by_hand).train_loss, rel=1e-6)


@pytest.mark.parametrize(
    ("given", "classes", "by_label"),
    [
        ({"b": 2, "c": 3}, ("a", "b", "c"), (1.0, 2.0, 3.0)),
        ((("c", 3), ("b", 2)), ("a", "b", "c"), (1.0, 2.0, 3.0)),
        ({2: 5, "a": 0}, ("a", "b", "c"), (0.0, 1.0, 5.0)),
        ({1: 5}, None, (1.0, 5.0, 1.0)),
        ({1: 5}, (1, 2, 3), (5.0, 1.0, 1.0)),
        ({"3": 5, "2": 4}, (1, 2, 3), (1.0, 4.0, 5.0)),
        ({"True": 5}, (False, True, "x"), (1.0, 5.0, 1.0)),
        (np.array([1, 2, 3]), (1, 2, 3), (1.0, 2.0, 3.0)),
        ("balanced", ("a", "b", "c"), "balanced"),
        (None, None, None),
    ],
)
def test_names_become_labels(given, classes, by_label):
    data = made(classes=classes)
    recipe = Recipe.adam(class_weight=given).for_data(data)
    assert recipe.class_weight == by_label
    assert recipe.for_data(data) == recipe  # and not a second time
    assert recipe.batch_size == 60  # as without


def test_json_and_identity(tmp_path):
    spec = DATA.spec
    plain = TrainingCell(spec, Logistic(), FULL, 0)
    assert "class_weight" not in plain.to_dict()["recipe"]
    keys = {plain.key}
    for weights in ("balanced", (1.0, 2.0, 3.0)):
        recipe = dataclasses.replace(FULL, class_weight=weights)
        cell = TrainingCell(spec, Logistic(), recipe, 0)
        assert TrainingCell.from_dict(json.loads(json.dumps(cell.to_dict()))) == cell
        keys.add(cell.key)
    assert len(keys) == 3
    named = Recipe.adam(class_weight={"b": 1, "a": 2})
    assert named == Recipe.adam(class_weight=[["a", 2.0], ["b", 1.0]])
    assert hash(named) == hash(Recipe.adam(class_weight=(("b", 1), ("a", 2))))
    with pytest.raises(ValueError, match="must have its class weights by label in a cell"):
        TrainingCell(spec, Logistic(), named, 0)
    data = made(classes=("a", "b", "c"))
    run = train(Logistic(), data, dataclasses.replace(FULL, class_weight={"c": 4}))
    save_model(tmp_path / "model", run, data)
    assert load_model(tmp_path / "model").recipe.class_weight == (1.0, 1.0, 4.0)


@pytest.mark.parametrize(
    ("given", "error", "sentence"),
    [
        ("heavy", ValueError, "`class_weight` must be None, 'balanced', weights by class name, or"),
        ({}, ValueError, "order of the labels, got none"),
        ((), ValueError, r"order of the labels, got \(\)"),
        (3, ValueError, "order of the labels, got 3"),
        ({"a": -1}, ValueError, "`class_weight` must be a number from 0 to 3.40282e.38, got -1"),
        ({"a": "b"}, TypeError, "`class_weight` must be a number, got 'b'"),
        ((("a", 1), ("a", 2)), ValueError, "`class_weight` must name each class once"),
        ((("a", 1, 2),), ValueError, r"got \('a', 1, 2\) among them"),
        ({None: 1}, TypeError, "`class_weight` must name classes by words, numbers or booleans"),
    ],
)
def test_what_is_no_class_weight(given, error, sentence):
    with pytest.raises(error, match=sentence):
        Recipe.sgd(class_weight=given)


@pytest.mark.parametrize(
    ("given", "classes", "sentence"),
    [
        ({"d": 1}, ("a", "b", "c"), r"name classes of the data \('a', 'b', 'c'\), got 'd'"),
        ({3: 1}, None, r"name classes of the data \(0, 1, 2\), got 3"),
        ({0: 1}, (1, 2, 3), r"name classes of the data \(1, 2, 3\), got 0"),
        ({True: 1}, (1, 2, 3), r"name classes of the data \(1, 2, 3\), got True"),
        (
            {"a": 1, 0: 1},
            ("a", "b", "c"),
            "`class_weight` must name each class once, got 'a' twice",
        ),
        ((1, 2), None, "`class_weight` must hold a weight for each of 3 classes, got 2"),
    ],
)
def test_class_weights_of_other_data(given, classes, sentence):
    recipe = dataclasses.replace(FULL, class_weight=given)
    for check in (train, check_fit):
        with pytest.raises(ValueError, match=sentence):
            check(Logistic(), made(classes=classes), recipe)


def test_where_they_do_not_belong():
    numbers = Dataset([[0.0], [1.0]], [0.5, 2.5], [[0.5]], [1.5], task="regression")
    sentence = "`class_weight` must be None for a regression, which has no classes, got 'balanced'"
    with pytest.raises(ValueError, match=sentence):
        train(Logistic(), numbers, Recipe.adam(class_weight="balanced"))
    with pytest.raises(ValueError, match="`class_weight` must hold a weight for each of 3 classes"):
        TrainingCell(
            DATA.spec, Logistic(), dataclasses.replace(FULL, class_weight=(1, 2)), 0
        ).check()
    only_two = DATA.subset(train=DATA.y_train < 2)
    nothing = dataclasses.replace(FULL, class_weight=(0, 0, 1))
    with pytest.raises(ValueError, match="`sample_weight` and `class_weight` must be above 0 for"):
        train(Logistic(), only_two, nothing)
