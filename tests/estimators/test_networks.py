"""Trained networks as estimators, against scikit-learn, NumPy and `genlab.train`."""

import pickle

import equinox as eqx
import jax
import numpy as np
import pandas
import pytest
import sklearn
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.utils.class_weight import compute_sample_weight

import genlab
from genlab.datasets import Dataset
from genlab.estimators import (
    CNNClassifier,
    GRUClassifier,
    LogisticClassifier,
    MLPClassifier,
    MLPRegressor,
)
from genlab.models import MLP
from genlab.training import EarlyStopping, Recipe, train

FEW = {"learning_rate": 0.05, "steps": 30, "random_state": 0}


@pytest.fixture(scope="module")
def table():
    """Rows of 3 inputs of unlike scale, noisy labels of 3 classes, targets, and weights."""
    random = np.random.default_rng(0)
    scaled = random.standard_normal((120, 3))
    x = scaled * [1, 100, 0.01] + [0, 50, 3]
    scores = scaled @ random.standard_normal((3, 3))
    labels = np.array(["a", "b", "c"])[(scores + 2 * random.gumbel(size=(120, 3))).argmax(axis=1)]
    targets = 1000 + 20 * scores[:, 0] + random.standard_normal(120)
    return x, labels, targets, random.integers(0, 4, 120)


def arrays_of(estimator):
    return jax.tree.leaves(eqx.filter(estimator.model_.module, eqx.is_array))


def same_weights(one, other):
    return all(map(np.array_equal, arrays_of(one), arrays_of(other)))


@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_logistic_regression_reaches_that_of_sklearn(table, class_weight):
    x, labels, _, weight = table
    ours = LogisticClassifier(learning_rate=0.05, steps=1500, class_weight=class_weight)
    ours.fit(x, labels, weight)
    theirs = LogisticRegression(C=np.inf, class_weight=class_weight, max_iter=10_000)
    standardised = (x - ours._standardiser.mean) / ours._standardiser.scale
    theirs.fit(standardised, labels, weight)
    expected = theirs.predict_proba(standardised)
    assert np.abs(ours.predict_proba(x) - expected).max() < 1e-3
    assert ours.loss_curve_[-1] < ours.loss_curve_[0]
    assert ours.n_iter_ == ours.loss_steps_[-1] == 1500


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_predictions_are_those_of_a_plain_forward_pass(table, kind):
    x, labels, targets, weight = table
    y = labels if kind is MLPClassifier else targets
    fitted = kind((8,), **FEW).fit(x, y, weight)
    mean = np.average(x, axis=0, weights=weight)
    deviation = np.sqrt(np.average((x - mean) ** 2, axis=0, weights=weight))
    w1, b1, w2, b2 = (np.asarray(a, np.float64) for a in arrays_of(fitted))
    outputs = np.maximum((x - mean) / deviation @ w1.T + b1, 0) @ w2.T + b2
    if kind is MLPRegressor:
        centre = np.average(y, weights=weight)
        unit = np.sqrt(np.average((y - centre) ** 2, weights=weight))
        np.testing.assert_allclose(fitted.predict(x), centre + unit * outputs[:, 0], rtol=1e-6)
        assert fitted.score(x, y, weight) > 0.5
    else:
        expected = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(fitted.predict_proba(x), expected, rtol=1e-4)
        assert np.array_equal(fitted.predict(x), fitted.classes_[expected.argmax(axis=1)])


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_weights_are_repetitions_in_any_order_to_the_last_bit(table, kind):
    x, labels, targets, weight = table
    y = labels if kind is MLPClassifier else targets
    order = np.random.default_rng(1).permutation(weight.sum())
    settings = {**FEW, "class_weight": "balanced"} if kind is MLPClassifier else FEW
    weighted = kind((8,), **settings).fit(x, y, weight)
    repeated = kind((8,), **settings).fit(x.repeat(weight, 0)[order], y.repeat(weight)[order])
    assert same_weights(weighted, repeated)
    assert np.array_equal(weighted.predict(x), repeated.predict(x))


def test_batches_are_those_of_train(table):
    x, labels, _, _ = table
    settings = {"learning_rate": 0.05, "steps": 30, "batch_size": 40}
    fitted = MLPClassifier((8,), **settings, random_state=3, standardize=False).fit(x / 100, labels)
    y = np.unique(labels, return_inverse=True)[1]
    data = Dataset(x / 100, y, np.empty((0, 3)), [], n_classes=3)
    run = train(MLP((8,)), data, Recipe.adam(**settings), seeds=(3,))
    expected = jax.tree.leaves(eqx.filter(run.modules[0], eqx.is_array))
    assert all(map(np.array_equal, arrays_of(fitted), expected))
    np.testing.assert_array_equal(fitted.loss_curve_, run.train_loss[0])


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_partial_fits_go_on(table, kind):
    """Gradient descent remembers nothing but its weights: 30 steps and 30 more are 60."""
    x, labels, targets, _ = table
    y = labels if kind is MLPClassifier else targets
    sgd = {**FEW, "optimizer": "sgd"}
    classes = {"classes": ["c", "b", "a"]} if kind is MLPClassifier else {}
    twice = kind((8,), **sgd).partial_fit(x, y, **classes)
    assert same_weights(twice, kind((8,), **sgd).fit(x, y))
    twice.partial_fit(x, y)
    assert same_weights(twice, kind((8,), **{**sgd, "steps": 60}).fit(x, y))
    assert twice.n_iter_ == 60
    assert twice.loss_steps_.tolist() == [0, 30, 30, 60]
    before = twice.model_.target_scale
    twice.partial_fit(x[:5], y[:5])
    assert twice.model_.target_scale == before
    with pytest.raises(ValueError, match="must go on with the network of the last training"):
        pickle.loads(pickle.dumps(twice)).set_params(hidden=(9,)).partial_fit(x, y)
    with pytest.raises(ValueError, match="X has 2 features"):
        twice.partial_fit(x[:, :2], y)


def test_partial_fits_of_other_labels_are_refused(table):
    x, labels, _, _ = table
    network = MLPClassifier((8,), **FEW)
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        network.partial_fit(x, labels)
    with pytest.raises(ValueError, match=r"`y` must hold labels among \['a', 'b'\], got 'c'."):
        network.partial_fit(x, labels, classes=["a", "b"])
    with pytest.raises(ValueError, match="`class_weight` must be None or a dict"):
        clone(network).set_params(class_weight="balanced").partial_fit(x, labels, ["a", "b", "c"])


def test_class_weights_multiply_the_weights_of_rows(table):
    x, labels, _, _ = table
    network = MLPClassifier((8,), **FEW)
    for given in ({"a": 5, "b": 1, "c": 0.5}, "balanced"):
        by_class = clone(network).set_params(class_weight=given).fit(x, labels)
        assert same_weights(
            by_class, clone(network).fit(x, labels, compute_sample_weight(given, labels))
        )
    with pytest.raises(ValueError, match="must not be zero for all rows, got zero for all 120"):
        clone(network).set_params(class_weight=dict.fromkeys("abc", 0)).fit(x, labels)


@pytest.mark.parametrize("kind", [CNNClassifier, GRUClassifier])
def test_a_row_is_a_sequence_of_one_scale(table, kind):
    """Its positions share a mean and a deviation; zeros continue it up to the kernel's size."""
    x, labels, _, _ = table
    own = {"channels": (4,), "kernels": (7,)} if kind is CNNClassifier else {"hidden": 2}
    fitted = kind(**own, **FEW).fit(x, labels)
    standardised = (x - x.mean()) / x.std()
    if kind is CNNClassifier:
        assert fitted.model_.input_shape == (5,)
        standardised = np.column_stack([standardised, np.zeros((len(x), 2))])
    expected = fitted.model_.probabilities(standardised)
    np.testing.assert_allclose(fitted.predict_proba(x), expected, rtol=1e-5)


def test_random_states(table):
    x, labels, _, _ = table

    def fitted(state):
        return MLPClassifier((8,), **{**FEW, "random_state": state}).fit(x, labels)

    assert same_weights(fitted(0), fitted(np.int64(0)))
    assert not same_weights(fitted(0), fitted(1))
    first = np.random.RandomState(5)
    drawn = fitted(first)
    assert same_weights(drawn, fitted(np.random.RandomState(5)))
    assert not same_weights(drawn, fitted(first))
    with pytest.raises(ValueError, match="cannot be used to seed"):
        fitted("seed")


def test_early_stopping_keeps_the_best_weights(table):
    x, labels, _, weight = table
    stopping = EarlyStopping(0.2, patience=2)
    network = MLPClassifier((8,), **{**FEW, "steps": 200}, early_stopping=stopping)
    network.set_params(evaluate_every=10).fit(x, labels, weight)
    assert network.n_iter_ == network.loss_steps_[-3] < 200


def test_equal_targets_and_a_single_row_are_learned(table):
    x, _, targets, _ = table
    network = MLPRegressor((8,), **{**FEW, "steps": 300})
    assert network.fit(x, np.full(120, 7.0)).predict(x) == pytest.approx(7.0, abs=0.01)
    assert network.fit(x[:1], targets[:1]).predict(x[:1]) == pytest.approx(targets[0], abs=0.01)


def test_slips_are_one_sentence(table):
    x, labels, targets, _ = table
    for wrong, error, sentence in (
        ({"steps": 0}, ValueError, "`steps` must be an integer >= 1, got 0."),
        ({"hidden": "9"}, TypeError, "`hidden` must be a tuple of widths, got '9'."),
        ({"batch_size": 121}, ValueError, "`batch_size` must be at most the 120 training"),
        ({"standardize": 1}, TypeError, "`standardize` must be True or False, got 1."),
        ({"loss": "absolute"}, ValueError, "`loss` must be 'cross_entropy' or 'squared'"),
    ):
        with pytest.raises(error, match=sentence):
            MLPClassifier(**wrong).fit(x, labels)
    for wrong, name in ((x * 1e40, "X"), (x, "y")):
        with pytest.raises(ValueError, match=f"`{name}` must hold values within ±3.4e\\+38"):
            MLPRegressor().fit(wrong, targets * 1e40)
    with pytest.raises(genlab.DivergedError, match="a lower learning rate may help"):
        MLPRegressor((8,), optimizer="sgd", learning_rate=1e30, steps=30).fit(x, targets)


def test_frames_bring_names(table):
    x, labels, _, _ = table
    frame = pandas.DataFrame(x, columns=["length", "width", "mass"])
    fitted = MLPClassifier((8,), **FEW).fit(frame, pandas.Series(labels, dtype="category"))
    assert fitted.feature_names_in_.tolist() == ["length", "width", "mass"]
    assert same_weights(fitted, MLPClassifier((8,), **FEW).fit(x, labels))
    with pytest.raises(ValueError, match="The feature names should match"):
        fitted.predict(frame[["mass", "length", "width"]])


def test_frames_of_polars(table):
    polars = pytest.importorskip("polars", reason="Polars is not installed")
    x, labels, _, _ = table
    frame = polars.DataFrame(x, schema=["length", "width", "mass"])
    fitted = MLPClassifier((8,), **FEW).fit(frame, polars.Series(labels))
    assert fitted.feature_names_in_.tolist() == ["length", "width", "mass"]
    assert fitted.predict(frame).tolist() == fitted.predict(frame.to_pandas()).tolist()


def test_weights_are_routed_by_sklearn(table):
    x, labels, _, weight = table
    with sklearn.config_context(enable_metadata_routing=True):
        network = MLPClassifier((8,), **FEW).set_fit_request(sample_weight=True)
        network.set_score_request(sample_weight=False)
        search = GridSearchCV(network, {"steps": [30]}, cv=2).fit(x, labels, sample_weight=weight)
    assert same_weights(search.best_estimator_, clone(network).fit(x, labels, weight))


def test_an_estimator_is_chosen_evaluated_and_pickled(table):
    x, labels, _, _ = table
    y = np.unique(labels, return_inverse=True)[1]
    data, sealed = genlab.seal(Dataset(x[:80], y[:80], x[80:], y[80:]))
    space = genlab.selection.Space(
        parameters={"learning_rate": [1e-6, 0.05]}, estimator=MLPClassifier((8,), steps=30)
    )
    best = genlab.select(space, data, n_trials=2, sampler="grid", validation=0.25)
    assert best.parameters == {"learning_rate": 0.05}
    fitted = MLPClassifier((8,), **FEW).fit(data.x_train, data.y_train)
    opening = sealed.open(fitted, reason="a test")
    wrong = fitted.predict(x[80:]) != y[80:]
    assert opening.error == pytest.approx(wrong.mean())
    again = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(again.predict_proba(x), fitted.predict_proba(x))
