"""The conformance suite: it passes what keeps the rules, and names each rule that is broken."""

import pytest
from sklearn.linear_model import Ridge
from testing import broken

from genlab import ConformanceError, GenlabError
from genlab.datasets import Dataset
from genlab.models import MLP
from genlab.testing import dataset_checks, estimator_checks, model_checks

DATA = broken.blobs(distance=1.0)
NUMBERS = Dataset(
    DATA.x_train, DATA.x_train[:, 0], DATA.x_test, DATA.x_test[:, 1], task="regression"
)


def broken_rules(checks):
    """The sentences of the rules that are broken, one after the other."""
    for check in checks:
        try:
            check()
        except ConformanceError as error:
            yield str(error)


@pytest.mark.parametrize("model", [broken.Linear(2.0), MLP(hidden=(3,))], ids=repr)
def test_a_model_that_keeps_the_rules_passes(model):
    assert list(broken_rules(model_checks(model))) == []


def test_a_model_of_a_regression_passes():
    assert list(broken_rules(model_checks(broken.Linear(), n_outputs=1))) == []
    constant = list(broken_rules(model_checks(broken.Constant(), n_outputs=1)))
    assert any("must lower its training loss within 20 steps" in text for text in constant)


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (
            broken.Unseeded(),
            "`Unseeded` must draw the same weights from the same key, got other weights from a "
            "second `build`.",
        ),
        (broken.Keyless(), "`Keyless` must draw other weights from another key, got the same"),
        (broken.Rows(), "a column per example, got shape (48, 3) for 48 examples of shape (8,)"),
        (broken.Counting(), "the same logits for the same inputs, got others at a second call."),
        (broken.Centred(), "from that example alone, got others where more examples are given."),
        (broken.Scaled(), "by `logits` what its module returns for each example, got something"),
        (broken.Undefined(), "have finite gradients that are not all zero, got values that are"),
        (broken.Constant(), "have finite gradients that are not all zero, got zeros alone."),
        (broken.Miscounted(), "count its parameters in `layers` as its arrays hold them, got 24"),
        (broken.Listed(), "hash alike where its parameters are equal, got TypeError: unhashable"),
        (broken.Paired(), "must turn to JSON and back, got Paired(factor=1.0, pair=[1.5, 2.5])"),
        (broken.Unchecked(), "refuse invalid parameters with a ValueError or TypeError, got no"),
        (broken.Changeable(), "must be a frozen dataclass, got a class that is no dataclass."),
        (
            broken.Narrower(),
            "within the arrays of its padded spec, got other logits.",
        ),
        (broken.Failing(), "draw the same weights from the same key, got KeyError: 'no\\nlayer'."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_broken_rule_of_a_model_is_named(model, sentence):
    assert any(sentence in text for text in broken_rules(model_checks(model)))


def test_a_model_that_cannot_learn_is_named():
    with pytest.raises(ConformanceError, match="must lower its training loss within 20 steps"):
        model_checks(broken.Constant())[-2]()


def test_a_model_of_a_function_cannot_be_imported():
    class Local(broken.Linear):
        pass

    with pytest.raises(ConformanceError, match=r"import, got '.*: it is defined inside a function"):
        model_checks(Local())[3]()


def test_a_generator_that_keeps_the_rules_passes():
    assert list(broken_rules(dataset_checks("testing.broken:blobs", n_train=10))) == []
    assert list(broken_rules(dataset_checks("mnist1d", n_samples=50))) == []


@pytest.mark.parametrize(
    ("generator", "arguments", "sentence"),
    [
        (broken.unseeded, {}, "`unseeded` must return the same data for the same arguments, got"),
        (broken.seedless, {}, "another `seed`, got the same data for seed 1."),
        (broken.seeds_all, {}, "and of Python as it is, got another state of numpy.random after"),
        (broken.accumulating, {}, "`accumulating` must keep no state between calls, got other"),
        (broken.wrong_shapes, {}, "to train on, got ValueError: `y_train` must"),
        (broken.growing, {}, "other data of the same shape for another `seed`, got Dataset("),
        (broken.arrays, {}, "must return a Dataset with examples to train on, got a tuple."),
        (broken.lacking, {}, "examples to train on, got no training example of class 2."),
        (broken.sorting, {"distances": [3.0, 1.0]}, "leave its arguments as they are, got another"),
        (broken.of_tuples, {"sizes": (20, 3.0)}, "that JSON holds, and return the same data for"),
        (lambda: DATA, {}, "`<lambda>` must be what other processes can import, got '"),
    ],
)
def test_the_broken_rule_of_a_generator_is_named(generator, arguments, sentence):
    assert any(sentence in text for text in broken_rules(dataset_checks(generator, **arguments)))


@pytest.mark.parametrize(
    ("estimator", "data"), [(broken.Mean(), DATA), (Ridge(), NUMBERS)], ids=["Mean", "Ridge"]
)
def test_an_estimator_that_keeps_the_rules_passes(estimator, data):
    assert list(broken_rules(estimator_checks(estimator, data))) == []


@pytest.mark.parametrize(
    ("estimator", "sentence"),
    [
        (broken.Deaf(), "the same after each fit with the same `random_state`, got other "),
        (broken.Remembering(), "`Remembering` must keep no state between fits, got other predict"),
        (broken.Halving(), "per example, got ValueError: predictions must be one label per exam"),
        (broken.Drifting(), "predict the same at a second call, got other predictions for 20 of"),
        (broken.Settling(), "must keep its parameters as they are in `fit`, got {"),
        (object(), "made again from its class and parameters, got TypeError: `estimator` must be"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_broken_rule_of_an_estimator_is_named(estimator, sentence):
    assert any(sentence in text for text in broken_rules(estimator_checks(estimator, DATA)))


@pytest.mark.parametrize(
    ("make", "error", "sentence"),
    [
        (lambda: model_checks(MLP), TypeError, "`model` must be a ModelSpec, got <class"),
        (lambda: model_checks(MLP(), (0,)), ValueError, "`input_shape` must be an integer >= 1"),
        (lambda: model_checks(MLP(), n_outputs=0), ValueError, "`n_outputs` must be an integer"),
        (lambda: dataset_checks(3), TypeError, "`generator` must be a function with a name, got 3"),
        (
            lambda: dataset_checks(broken.blobs, n=3),
            TypeError,
            "those of `blobs`, got {'n': 3}: got an un",
        ),
        (
            lambda: dataset_checks("spirals"),
            ValueError,
            "the name must be one of .*, got 'spirals'",
        ),
        (lambda: dataset_checks("testing.broken:spirals"), ValueError, "broken has no 'spirals'"),
        (lambda: estimator_checks(Ridge(), 3), TypeError, "`data` must be a Dataset, got 3"),
        (
            lambda: estimator_checks(Ridge(), DATA.without_test()),
            ValueError,
            "`data` must have test examples, which are predicted, got none",
        ),
    ],
)
def test_what_cannot_be_checked_is_refused(make, error, sentence):
    with pytest.raises(error, match=sentence):
        make()


def test_the_error_is_an_assertion_and_one_of_genlabs():
    assert issubclass(ConformanceError, GenlabError)
    assert issubclass(ConformanceError, AssertionError)
