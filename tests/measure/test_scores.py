"""Scores are scikit-learn's numbers; each example's part is its influence; intervals fit."""

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from genlab.measure import (
    SCORES,
    Scored,
    cross_validated_interval,
    evaluate_regression,
    evaluate_score,
    get_score,
    score_interval,
    wilson_interval,
)

N = 60


def theirs(name, y, outputs, weight=None):
    """The value by scikit-learn's function of the same meaning."""
    labels = outputs.argmax(axis=1) if np.ndim(outputs) == 2 else outputs
    two = len(np.unique(y)) == 2
    given = {"sample_weight": weight}
    every = {
        "error": lambda: 1 - metrics.accuracy_score(y, labels, **given),
        "balanced_error": lambda: 1 - metrics.balanced_accuracy_score(y, labels, **given),
        "log_loss": lambda: metrics.log_loss(y, outputs, **given),
        "brier": lambda: metrics.brier_score_loss(y, outputs, labels=np.unique(y), **given),
        "f1": lambda: metrics.f1_score(y, labels, average="binary" if two else "macro", **given),
        "f1_macro": lambda: metrics.f1_score(y, labels, average="macro", **given),
        "auc": lambda: metrics.roc_auc_score(
            y, outputs[:, 1] if two else outputs, multi_class="ovr", **given
        ),
        "r2": lambda: metrics.r2_score(y, outputs, **given),
        "mse": lambda: metrics.mean_squared_error(y, outputs, **given),
        "rmse": lambda: metrics.root_mean_squared_error(y, outputs, **given),
        "mae": lambda: metrics.mean_absolute_error(y, outputs, **given),
    }
    return every[name]()


def case(name, task, n_classes):
    """Targets and the outputs that a score needs, of a model that is mostly right."""
    rng = np.random.default_rng(n_classes)
    if task == "regression":
        y = rng.normal(size=N)
        return y, y + rng.normal(size=N)
    y = rng.choice(n_classes, size=N, p=np.arange(1, n_classes + 1) / sum(range(n_classes + 1)))
    outputs = rng.dirichlet(np.ones(n_classes), N)
    outputs[np.arange(N), y] += 0.3
    outputs /= outputs.sum(axis=1, keepdims=True)
    return y, outputs.argmax(axis=1) if SCORES[task][name].needs == "labels" else outputs


CASES = [
    *((name, "classification", n) for name in SCORES["classification"] for n in (2, 4)),
    *((name, "regression", 1) for name in SCORES["regression"] if name != "error"),
]


@pytest.mark.parametrize(("name", "task", "n_classes"), CASES)
def test_the_numbers_are_scikit_learns(name, task, n_classes):
    y, outputs = case(name, task, n_classes)
    weight = np.random.default_rng(0).random(N)
    for weights in (None, weight):
        found = get_score(name, task).scored(y, outputs, sample_weight=weights)
        assert found.value == pytest.approx(theirs(name, y, outputs, weights), abs=1e-12)
        assert found.parts.mean() == pytest.approx(found.value, abs=1e-12)
        interval = evaluate_score(name, y, outputs, task=task, sample_weight=weights)
        assert float(interval.mean) == found.value
        assert interval.low < found.value < interval.high


@pytest.mark.parametrize(("name", "task", "n_classes"), CASES)
def test_parts_are_the_influence_of_examples(name, task, n_classes):
    """The derivative of scikit-learn's value by an example's weight."""
    y, outputs = case(name, task, n_classes)
    weight = 0.5 + np.random.default_rng(0).random(N)
    found = get_score(name, task).scored(y, outputs, sample_weight=weight)
    for i in range(0, N, 7):
        values = []
        for change in (-1e-5, 1e-5):
            changed = weight.copy()
            changed[i] += change
            values.append(theirs(name, y, outputs, changed))
        slope = (values[1] - values[0]) / 2e-5
        expected = N * weight[i] * slope
        assert found.parts[i] - found.value == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_the_error_has_wilsons_interval():
    y, outputs = case("error", "classification", 2)
    for labels in (outputs, y):
        found = evaluate_score("error", y, labels)
        expected = wilson_interval(int((y != labels).sum()), N)
        for end in ("mean", "low", "high"):
            assert getattr(found, end) == pytest.approx(float(getattr(expected, end)), abs=1e-12)


def test_a_regression_has_the_intervals_of_its_evaluation():
    y, outputs = case("r2", "regression", 1)
    found = evaluate_regression(y, outputs, confidence=0.9)
    for name, expected in (
        ("r2", found.r_squared),
        ("mse", found.mean_squared_error),
        ("rmse", found.root_mean_squared_error),
        ("mae", found.mean_absolute_error),
    ):
        ours = evaluate_score(name, y, outputs, task="regression", confidence=0.9)
        for end in ("mean", "low", "high"):
            assert getattr(ours, end) == pytest.approx(float(getattr(expected, end)), abs=1e-12)
    error = evaluate_score("error", y, outputs, task="regression", confidence=0.9)
    assert float(error.low) == pytest.approx(1 - float(found.r_squared.high), abs=1e-12)


def test_the_variance_of_an_auc_is_delongs():
    y, outputs = case("auc", "classification", 2)
    found = get_score("auc").scored(y, outputs[:, 1])
    ranks = outputs[:, 1].round(1)  # with ties
    found = get_score("auc").scored(y, ranks)
    ones, zeros = ranks[y == 1], ranks[y == 0]
    wins = (ones[:, None] > zeros) + 0.5 * (ones[:, None] == zeros)
    assert found.value == pytest.approx(wins.mean(), abs=1e-12)
    of_ones, of_zeros = wins.mean(axis=1), wins.mean(axis=0)
    expected = of_ones.var() / len(ones) + of_zeros.var() / len(zeros)
    assert found.parts.var() / N == pytest.approx(expected, rel=1e-12)


def test_a_perfect_model_of_unequal_classes():
    """5 of 100 examples say little of their class, however many there are of the other."""
    y = np.repeat([0, 1], [95, 5])
    found = evaluate_score("balanced_error", y, y)
    assert (found.mean, found.low) == (0, 0)
    assert float(found.high) == pytest.approx(wilson_interval(0, 4 / (1 / 95 + 1 / 5)).high)
    assert evaluate_score("auc", y, y.astype(float)).low < 0.75


def test_scores_over_folds():
    """Where folds agree it is the interval of a cross-validated error; else it is wider."""
    wrong = np.arange(20) < 3
    folds = [Scored(0.15, wrong.astype(float), 20) for _ in range(5)]
    sizes = {"n_fitted": 80, "n_validation": 20, "n_examples": 100}
    found = score_interval(folds, 0, 1, **sizes)
    expected = cross_validated_interval([0.15] * 5, 20, 80)
    for end in ("mean", "low", "high"):
        assert getattr(found, end) == pytest.approx(float(getattr(expected, end)), abs=1e-12)
    values = np.array([1.0, 2.0, 3.0, 6.0])
    apart = [Scored(value, value + 0.01 * np.arange(-3.0, 4), 7) for value in values]
    sizes = {"n_fitted": 21, "n_validation": 7, "n_examples": 28}
    found = score_interval(apart, 0, np.inf, **sizes)
    error = values.std(ddof=1) * np.sqrt(1 / 4 + 7 / 21)
    factor = np.exp(stats.t.ppf(0.975, 3) * error / 3)
    assert (found.low, found.high) == pytest.approx((3 / factor, 3 * factor))
    plain = score_interval(apart, **sizes)
    half = stats.t.ppf(0.975, 3) * error
    assert (plain.low, plain.high) == pytest.approx((3 - half, 3 + half))


REFUSED = {
    "name": (("f2", [0, 1], [0, 1]), "`name` must be one of 'error', 'balanced_error', .*got 'f2'"),
    "other task": (("r2", [0, 1], [0, 1]), "`name` must be one of 'error'"),
    "words": (("error", ["a", "b"], [0, 1]), "`y` must hold whole numbers from 0, got .*'a'"),
    "lengths": (("error", [0, 1], [0]), "`outputs` must have one row for each of `y`, got 1 for 2"),
    "labels": (("log_loss", [0, 1], [0, 1]), "a column for each of 2 classes, got shape"),
    "above 1": (("brier", [0, 1], [[0, 2], [1, 0]]), "must be probabilities from 0 to 1, got 0 to"),
    "one class": (("auc", [1, 1], [0.2, 0.3]), "examples of all 2 classes for an AUC, got none of"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_is_refused(why):
    arguments, sentence = REFUSED[why]
    with pytest.raises(ValueError, match=sentence):
        evaluate_score(*arguments)


def test_what_a_regression_refuses():
    with pytest.raises(ValueError, match="`outputs` must hold one number for each of `y`"):
        evaluate_score("mse", [0.0, 1.0], [0.0], task="regression")
    with pytest.raises(ValueError, match=r"at least 2 different targets for R², got .*1\.0"):
        evaluate_score("r2", [1.0, 1.0], [0.0, 1.0], task="regression")
    with pytest.raises(ValueError, match="`sample_weight` must have a weight above 0, got none"):
        evaluate_score("mse", [0.0, 1.0], [0.0, 1.0], task="regression", sample_weight=[0, 0])
