"""The rows of largest bias and variance against plain counts of the fits."""

import numpy as np
import pytest
from scipy import stats

from genlab.datasets import Dataset
from genlab.measure import brier_parts, kohavi_wolpert_parts, squared_loss_parts, zero_one_parts
from genlab.studies import LossDecomposition
from genlab.studies.diagnosis._rows import row_findings


def decomposition(parts, loss, predictions, truth, predicted=None, rows="out_of_bag", **known):
    mask = np.ones(predictions.shape[:2], bool) if predicted is None else predicted
    at_rows, average = parts(predictions, truth, predicted=mask, **known)
    return LossDecomposition(
        "Made", "made", loss, "bootstrap", rows, 50.0, len(predictions), 0,
        at_rows, average, predictions, mask, np.asarray(truth), (), (),
    )  # fmt: skip


# All 40 fits: right; agree on a wrong class; 24 right; 16 right; unanimous but for two.
SHARES = [(40, 0), (0, 40), (24, 16), (16, 24), (2, 38)]
VOTES = np.array([[0] * right + [1] * wrong for right, wrong in SHARES]).T


def test_votes():
    found = row_findings(decomposition(zero_one_parts, "zero_one", VOTES, np.zeros(5, int)))
    assert [row["row"] for row in found.biased] == [1, 4]
    assert found.n_biased == 2  # 24 of 40 votes do not decide
    assert [row["row"] for row in found.varying] == [2, 3, 4]
    first = found.biased[0]
    assert (first["truth"], first["main"], first["share"], first["n"]) == (0, 1, 1.0, 40)
    assert first["bias"] == first["bias_low"] == first["bias_high"] == 1
    wilson = stats.binomtest(24, 40).proportion_ci(method="wilson")
    row = found.varying[0]
    assert (row["share_low"], row["share_high"]) == pytest.approx((wilson.low, wilson.high))
    assert row["variance"] == pytest.approx(16 / 40)


def test_rows_are_the_same_in_any_order_of_the_fits_and_where_few_predict():
    rng = np.random.default_rng(0)
    predicted = rng.random(VOTES.shape) < 0.9
    predicted[2:, 1] = False  # two fits alone: too few to be sure
    order = rng.permutation(40)
    found = row_findings(
        decomposition(zero_one_parts, "zero_one", VOTES, np.zeros(5, int), predicted)
    )
    again = row_findings(
        decomposition(zero_one_parts, "zero_one", VOTES[order], np.zeros(5, int), predicted[order])
    )
    assert [r["row"] for r in found.biased] == [r["row"] for r in again.biased]
    assert [row["row"] for row in found.biased] == [4]


def test_shares_of_votes():
    """By the shares of its votes a row may be biased a little."""
    found = row_findings(
        decomposition(kohavi_wolpert_parts, "kohavi_wolpert", VOTES, np.zeros(5, int))
    )
    assert [row["row"] for row in found.biased[:2]] == [1, 4]
    assert {row["row"] for row in found.varying[:2]} == {2, 3}
    assert found.biased[0]["share"] == 1


def test_probabilities():
    stated = np.array(
        [[[0.9, 0.1], [0.2, 0.8]], [[0.8, 0.2], [0.9, 0.1]], [[0.9, 0.1], [0.4, 0.6]]]
    )
    found = row_findings(decomposition(brier_parts, "brier", stated, np.array([1, 0])), n_rows=1)
    assert found.biased[0]["row"] == 0
    assert found.biased[0]["main"] == 0
    assert found.biased[0]["share"] == 1
    of_other = row_findings(decomposition(brier_parts, "brier", stated[:, ::-1], np.array([0, 1])))
    assert {row["row"]: row["share"] for row in of_other.varying}[0] == pytest.approx(2 / 3)


def test_numbers():
    rng = np.random.default_rng(1)
    away, spread = np.array([0.0, 5.0, 0.0, 0.0]), np.array([0.1, 0.1, 3.0, 0.1])
    predictions = away + spread * rng.standard_normal((60, 4))
    found = row_findings(decomposition(squared_loss_parts, "squared", predictions, np.zeros(4)))
    assert found.biased[0]["row"] == 1
    assert found.varying[0]["row"] == 2
    low, high = stats.t.interval(0.95, 59, predictions[:, 1].mean(), stats.sem(predictions[:, 1]))
    assert (found.biased[0]["main_low"], found.biased[0]["main_high"]) == pytest.approx((low, high))
    assert "share" not in found.biased[0]
    assert found.varying[0]["variance"] == pytest.approx(predictions[:, 2].var(ddof=1))


def test_what_noise_hides_and_what_repeated_inputs_show():
    data = Dataset([[0.0], [0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 0, 0], [[0.0]], [1])
    parts = decomposition(zero_one_parts, "zero_one", VOTES, data.y_train)
    found = row_findings(parts, data)
    assert (found.pure.n_conflicting, found.pure.lowest) == (2, 0.2)
    assert "no model of these inputs can have a mean loss below 0.2" in found.note
    assert "these cases look the same" in row_findings(parts).note
    known = decomposition(
        squared_loss_parts, "squared", 1.0 * VOTES, np.zeros(5), noise=1.0, rows="test"
    )
    assert "bias contains no noise" in row_findings(known).note
