"""The error of predictions: counted by hand, its interval SciPy's, its losses by the definition."""

import math

import numpy as np
import pytest
from scipy import stats

from genlab.measure import Evaluation, evaluate


def test_the_error_and_its_interval():
    generator = np.random.default_rng(0)
    labels, predicted = generator.integers(4, size=(2, 300))
    evaluation = evaluate(labels, predicted)
    n_wrong = sum(int(one != other) for one, other in zip(labels, predicted, strict=True))
    assert (evaluation.n, evaluation.n_wrong, evaluation.losses) == (300, n_wrong, None)
    expected = stats.binomtest(n_wrong, 300).proportion_ci(0.95, "wilson")
    assert evaluation.error.row("error") == pytest.approx(
        {"error": n_wrong / 300, "error_low": expected.low, "error_high": expected.high}
    )
    again = Evaluation.of_wrong(labels != predicted)
    assert (again.n, again.n_wrong) == (evaluation.n, evaluation.n_wrong)
    assert again.error.row() == evaluation.error.row()


def test_the_losses():
    logs = np.log([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7]])
    losses = evaluate([0, 1], [0, 2], logs).losses
    assert losses.tolist() == pytest.approx([math.log(2), math.log(5)])
    impossible = np.array([[0.0, -np.inf]])
    assert evaluate([1], [0], impossible).losses.tolist() == [np.inf]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (([0, 1], [0]), "`predicted` must hold one label for each of `labels`, got shapes"),
        (([[0]], [[0]]), "`predicted` must hold one label for each of `labels`"),
        (([0], [0], [[0.0], [0.0]]), "`log_probabilities` must have one row per example"),
    ],
)
def test_refused_in_a_sentence(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        evaluate(*arguments)
    with pytest.raises(ValueError, match="`wrong` must hold one True or False per example"):
        Evaluation.of_wrong([0, 1])
