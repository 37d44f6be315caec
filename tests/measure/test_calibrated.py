"""The calibration test against scikit-learn, plain loops, and models whose truth is known."""

import math

import numpy as np
import pytest
from scipy import optimize, special
from sklearn.metrics import brier_score_loss, log_loss

from genlab.measure import calibration_test


def gaussian(n, seed, sharpness=1.0, classes=3, distance=1.5):
    """Labels of Gaussian classes, and their true probabilities, sharpened."""
    rng = np.random.default_rng(seed)
    y = rng.integers(classes, size=n)
    x = rng.standard_normal((n, classes))
    x[np.arange(n), y] += distance
    return special.softmax(sharpness * distance * x, axis=1), y


def plain_calibration_error(p, y, n_bins):
    """Examples in the order of their confidence, in parts of equal size, one after the other."""
    top, right = p.max(axis=1), p.argmax(axis=1) == y
    total = 0.0
    for part in np.array_split(np.argsort(top), n_bins):
        gaps = top[part] - right[part]
        variance = max(np.var(gaps, ddof=1), np.mean(top[part] * (1 - top[part])))
        total += len(part) * (np.mean(gaps) ** 2 - variance / len(part))
    return math.sqrt(max(total / len(y), 0.0))


@pytest.mark.parametrize("sharpness", [0.5, 2.0])
def test_estimates_are_those_of_plain_loops_and_of_scikit_learn(sharpness):
    p, y = gaussian(600, 1, sharpness)
    found = calibration_test(p, y, 12)
    assert found.n_bins == 12
    assert found.calibration_error.mean == pytest.approx(
        plain_calibration_error(p, y, 12), rel=1e-12
    )
    gap = p.max(axis=1).mean() - (p.argmax(axis=1) == y).mean()
    assert found.overconfidence.mean == pytest.approx(gap)
    assert found.log_loss.mean == pytest.approx(log_loss(y, p))
    assert found.brier.mean == pytest.approx(brier_score_loss(y, p))

    def loss(t):
        return log_loss(y, special.softmax(np.log(p) / t, axis=1))

    best = optimize.minimize_scalar(loss, bounds=(0.1, 10), method="bounded")
    assert found.temperature == pytest.approx(best.x, rel=1e-3)
    assert found.verdict == ("underconfident" if sharpness < 1 else "overconfident")
    assert found.gain.low > 0
    # What the whole set would gain, by its own temperature, is more than the halves do.
    assert 0 < found.gain.mean < log_loss(y, p) - best.fun


def test_believable_probabilities_are_rarely_doubted_and_intervals_hold():
    held = {"error": 0, "over": 0, "doubted": 0}
    for seed in range(100):
        found = calibration_test(*gaussian(200, seed))
        held["error"] += bool(found.calibration_error.low <= 0)
        held["over"] += bool(found.overconfidence.low <= 0 <= found.overconfidence.high)
        held["doubted"] += found.verdict != "no_evidence"
    assert held["error"] >= 0.95 * 100
    assert held["over"] >= 0.91 * 100
    assert held["doubted"] <= 0.1 * 100


def test_a_known_error_is_held():
    """Confidence 0.9 in each of three classes, right in 80%: an error of 0.1 in one bin."""
    held = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        y = np.where(rng.random(200) < 0.8, 0, 1)
        found = calibration_test(np.tile([0.9, 0.06, 0.04], (200, 1)), y)
        assert found.n_bins == 1
        held += bool(found.calibration_error.low <= 0.1 <= found.calibration_error.high)
    assert 0.9 <= held / 100 <= 0.99


def test_intervals_stay_where_their_quantities_can_be():
    wrong = calibration_test(np.tile([1.0, 0.0], (40, 1)), np.ones(40, int))
    assert wrong.calibration_error.mean == 1
    assert np.isnan(wrong.calibration_error.high)  # nothing scatters
    assert wrong.overconfidence.mean == 1
    assert wrong.overconfidence.high == 1
    assert wrong.n_impossible == 40
    assert np.isfinite(wrong.log_loss.mean)
    right = calibration_test(np.tile([0.99, 0.01], (100, 1)), np.zeros(100, int))
    assert right.calibration_error.low == 0
    assert right.verdict == "no_evidence"
    one = calibration_test(np.tile([0.5, 0.5], (5, 1)), [0, 1, 0, 1, 1])
    assert one.n_bins == 1
    assert 0 <= one.calibration_error.low <= one.calibration_error.high <= 1


def test_the_same_seed_gives_the_same_halves():
    p, y = gaussian(100, 0, 2.0)
    first, again, other = (calibration_test(p, y, seed=seed).gain.mean for seed in (0, 0, 1))
    assert first == again != other


@pytest.mark.parametrize(
    ("p", "y", "match"),
    [
        ([[0.5, 0.5]] * 3, [0, 1, 0], "at least 4 labels, got 3"),
        ([[[0.5, 0.5]] * 4], [0, 1, 0, 1], r"shape \(n, classes\), got \(1, 4, 2\)"),
        ([[0.5, np.nan]] * 4, [0, 1, 0, 1], "must be finite, got 4 rows"),
        ([[0.5, 0.6]] * 4, [0, 1, 0, 1], "a sum of 1"),
        ([[0.5, 0.5]] * 4, [0, 1, 0, 2], "classes from 0 to 1, got 2"),
    ],
)
def test_refusals(p, y, match):
    with pytest.raises(ValueError, match=match):
        calibration_test(p, y)
