"""Confusion matrices against scikit-learn, and what they hold by hand."""

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from genlab.measure import class_errors, confusion_matrix, error_interval, most_confused

RNG = np.random.default_rng(0)
labels = RNG.integers(0, 4, 300)
guesses = np.where(RNG.random((3, 300)) < 0.6, labels, RNG.integers(0, 5, (3, 300)))


def test_counts_are_scikit_learns():
    stack = confusion_matrix(labels, guesses, 5)
    assert stack.dtype == np.int64
    for counts, guess in zip(stack, guesses, strict=True):
        np.testing.assert_array_equal(
            counts, metrics.confusion_matrix(labels, guess, labels=np.arange(5))
        )
        np.testing.assert_array_equal(confusion_matrix(labels, guess, 5), counts)
    assert not confusion_matrix(labels[:0], guesses[0, :0], 5).any()


def test_errors_of_one_model_are_wilsons():
    errors = class_errors(confusion_matrix(labels, guesses[0], 5))
    for c in range(4):
        wrong = guesses[0][labels == c] != c
        expected = stats.binomtest(int(wrong.sum()), len(wrong)).proportion_ci(method="wilson")
        assert (errors.low[c], errors.high[c]) == pytest.approx(
            (float(expected.low), float(expected.high))
        )
        assert (errors.mean[c], errors.n[c]) == (wrong.mean(), len(wrong))
    assert np.isnan([errors.low[4], errors.mean[4], errors.high[4]]).all()


def test_errors_of_several_are_those_of_means_over_seeds():
    stack = confusion_matrix(labels, guesses, 5)
    # The last has diverged and classified nothing.
    errors = class_errors(np.concatenate([stack, np.zeros((1, 5, 5), int)]), 0.9)
    for c in range(4):
        shares = (guesses[:, labels == c] != c).mean(axis=1)
        expected = error_interval(shares, int((labels == c).sum()), confidence=0.9)
        assert (errors.low[c], errors.high[c]) == pytest.approx(
            (float(expected.low), float(expected.high))
        )
        assert errors.mean[c] == pytest.approx(shares.mean())
        assert errors.n[c] == 3


def test_a_class_that_no_seed_misclassifies_has_a_width():
    stack = np.repeat([np.diag([50, 1000])], 3, axis=0)
    errors = class_errors(stack)
    assert (errors.low == 0).all()
    assert 0 < errors.high[1] < errors.high[0] / 10
    assert errors.mean.tolist() == [0, 0]


def test_the_commonest_mistakes():
    stack = confusion_matrix(labels, guesses, 5)
    counted = {
        (t, p): int(sum(np.sum((labels == t) & (guess == p)) for guess in guesses))
        for t in range(5)
        for p in range(5)
        if t != p
    }
    expected = sorted((pair for pair in counted if counted[pair]), key=lambda q: -counted[q])
    rows = most_confused(stack, 100)
    assert [(row["true"], row["predicted"]) for row in rows] == expected
    assert [row["count"] for row in rows] == [counted[pair] for pair in expected]
    assert most_confused(stack, 3) == rows[:3]
    t, p = expected[0]
    shares = (guesses[:, labels == t] == p).mean(axis=1)
    mean = error_interval(shares, int((labels == t).sum()))
    low, high = float(mean.low), float(mean.high)
    assert (rows[0]["share"], rows[0]["low"], rows[0]["high"]) == pytest.approx(
        (shares.mean(), low, high)
    )
    row = most_confused(stack[0], 1)[0]
    expected = stats.binomtest(row["count"], int((labels == row["true"]).sum())).proportion_ci(
        method="wilson"
    )
    assert (row["low"], row["high"]) == pytest.approx((float(expected.low), float(expected.high)))


def test_no_mistakes():
    assert most_confused(np.diag([3, 4]), 5) == []
    assert class_errors(np.diag([3, 4])).mean.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("y", "predicted", "kind", "message"),
    [
        ([0, 3], [0, 1], ValueError, "`y` must hold classes from 0 to 2, got 3"),
        ([0, 1], [0, -1], ValueError, "`predicted` must hold classes from 0 to 2, got -1"),
        ([0, 1], [0, 1, 1], ValueError, r"got \(2,\) and \(3,\)"),
        ([[0, 1]], [0, 1], ValueError, "`y` must have shape"),
        ([0, 1], [0.0, 1.0], TypeError, "`predicted` must hold integers, got float64"),
    ],
)
def test_bad_classes(y, predicted, kind, message):
    with pytest.raises(kind, match=message):
        confusion_matrix(y, predicted, 3)


@pytest.mark.parametrize("function", [class_errors, lambda counts: most_confused(counts, 1)])
def test_bad_matrices(function):
    with pytest.raises(ValueError, match=r"`confusion` must have shape .* got \(2, 3\)"):
        function(np.zeros((2, 3), int))
    for counts in (np.eye(2), -np.eye(2, dtype=int)):
        with pytest.raises(ValueError, match="`confusion` must hold integers >= 0"):
            function(counts)
    with pytest.raises(ValueError, match="`n` must be an integer >= 1, got 0"):
        most_confused(np.eye(2, dtype=int), 0)
