"""Warnings of copies in the test set and of inputs of unlike scale: once, and never in vain."""

import os
import warnings

import numpy as np
import pandas
import pytest

import genlab
from genlab.datasets import Dataset, make_mnist1d, warn_of_copies, warn_of_scale
from genlab.models import MLP
from genlab.training import Recipe

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 5))
Y = np.arange(60) % 3
RECIPE = Recipe.adam(steps=2, batch_size=10)


def with_test(x, **options):
    return Dataset(X, Y, x, np.arange(len(x)) % 3, **options)


def found(warn, data):
    """The texts of the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn(data)
    assert all(warning.category is genlab.DataWarning for warning in caught)
    assert all(warning.filename == __file__ for warning in caught)  # the caller's line
    return [str(warning.message) for warning in caught]


COPIES = (
    "{} of 8 test examples have the same inputs as a training example; where these are copies, "
    "the test error is too low: remove them."
)


@pytest.mark.parametrize("n", [0, 1, 3, 8])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_copies_are_counted(n, kind):
    test = RNG.normal(size=(8, 5))
    rows = RNG.permutation(60)[:n]
    test[RNG.permutation(8)[:n]] = X[rows].astype(kind)  # what float32 cannot tell apart is equal
    by_hand = sum(any(np.float32(a).tolist() == np.float32(b).tolist() for b in X) for a in test)
    assert by_hand == n
    assert found(warn_of_copies, with_test(test)) == ([COPIES.format(n)] if n else [])


def test_the_same_copy_many_times_and_zeros_of_both_signs():
    assert found(warn_of_copies, with_test(np.repeat(X[:1], 8, axis=0))) == [COPIES.format(8)]
    zeros = Dataset(np.zeros((4, 2)), [0, 1, 0, 1], -np.zeros((8, 2)), [0, 1] * 4)
    assert found(warn_of_copies, zeros) == [COPIES.format(8)]


def test_it_is_said_once(tmp_path):
    def several(data):
        development, _ = genlab.seal(data, tmp_path / "store.db")
        genlab.train(MLP(hidden=(3,)), development, RECIPE)
        genlab.train(MLP(hidden=(3,)), data, RECIPE)
        genlab.seal(data, tmp_path / "store.db")

    assert found(several, with_test(X[:8])) == [COPIES.format(8)]


def test_train_and_select_say_it(tmp_path):
    from sklearn.linear_model import LogisticRegression

    from genlab.selection import Space

    with pytest.warns(genlab.DataWarning, match="8 of 8 test examples have the same inputs"):
        genlab.train(MLP(hidden=(3,)), with_test(X[:8]), RECIPE)
    space = Space(estimator=LogisticRegression(), parameters={"C": [0.1, 1.0]})
    with pytest.warns(genlab.DataWarning, match="8 of 8 test examples have the same inputs"):
        genlab.select(space, with_test(X[:8]), sampler="grid", store=tmp_path / "store.db")


ADVICE = (
    "standardise every input: subtract its mean over the training examples, and divide by its "
    "standard deviation."
)


def scaled(factors, columns=None):
    x = np.clip(X, -1, 1)
    x[0] = 1.0  # the largest value of every column
    return Dataset(x * factors, Y, X[:0], [], columns=columns)


@pytest.mark.parametrize(
    ("factors", "sentence"),
    [
        ([1, 1, 1, 1e6, 1], "input 3 with values up to 1e+06, a typical input up to 1"),
        ([1, 1, 1, -1e6, 1], "input 3 with values up to 1e+06, a typical input up to 1"),
        ([1, 1, 1e-6, 1, 1], "input 2 with values up to 1e-06, a typical input up to 1"),
        ([1e-6, 1, 1e6, 1, 1], "input 0, input 2 with values up to 1e+06 or 1e-06, a typical"),
        ([1e6, 1, 1e-200, 1e6, 1e6], "input 1, input 2 with values up to 1 or 1e-200, a typical"),
    ],
)
def test_inputs_of_unlike_scale_are_named(factors, sentence):
    (text,) = found(warn_of_scale, scaled(factors))
    assert text.startswith(f"inputs have very different scales: {sentence}")
    assert text.endswith(ADVICE)
    names = [f"measure {i}" for i in range(5)]
    (text,) = found(warn_of_scale, scaled(factors, names))
    assert sentence.replace("input ", "measure ").partition(" with")[0] in text


@pytest.mark.parametrize(("factor", "text"), [(1e6, "1e+06"), (1e-6, "1e-06")])
def test_inputs_far_from_1(factor, text):
    sentence = f"inputs are far from a scale of 1, with values up to {text}; {ADVICE}"
    assert found(warn_of_scale, scaled([factor] * 5)) == [sentence]


@pytest.mark.parametrize(
    "factors", [[1] * 5, [0, 0, 1, 1, 0], [0] * 5, [1, 2, 5, 100, 900], [255] * 5, [0.01] * 5]
)
def test_inputs_of_like_scale(factors):
    assert found(warn_of_scale, scaled(factors)) == []


def test_a_column_times_a_million_is_worse_and_train_says_why():
    x = RNG.normal(size=(600, 5))
    y = (x[:, 0] + x[:, 1] > 0).astype(int)
    recipe = Recipe.adam(0.01, steps=300, batch_size=50)

    def error(factors):
        frame = pandas.DataFrame(x * factors, columns=list("abcde"))
        data = Dataset(frame[:400], y[:400], frame[400:], y[400:])
        return genlab.train(MLP(hidden=(20,)), data, recipe).test_error[0, -1]

    plain = error([1, 1, 1, 1, 1])
    with pytest.warns(genlab.DataWarning, match="have very different scales: e with values up to"):
        assert error([1, 1, 1, 1, 1e6]) > plain + 0.1


def published():
    yield make_mnist1d()
    home = os.environ.get("GENLAB_DATA_HOME", "")
    if os.path.exists(os.path.join(home, "mnist", "train-images-idx3-ubyte.gz")):
        yield genlab.datasets.fetch_mnist(download=False)
    subset = os.path.join(home, "cifar-10-subset-binary.tar.gz")
    if os.path.exists(subset):
        yield genlab.datasets.load_cifar(subset)


def test_published_sets_do_not_warn():
    """Neither as they are made nor as their content alone."""
    for data in published():
        content = Dataset(data.x_train, data.y_train, data.x_test, data.y_test)
        for one in (data, data.without_test(), content):
            assert found(warn_of_copies, one) == []
            assert found(warn_of_scale, one) == []
