"""Reliability against a plain loop over examples, and of simulated calibrated models."""

import json
import math

import numpy as np
import pytest
from scipy import stats

from genlab.measure import Reliability, mean_interval, reliability


def plain_reliability(probabilities, y, m):
    """Guo et al.'s bins, with intervals ((i − 1)/m, i/m], one example after the other."""
    bins = [{"count": 0, "confidence": 0.0, "correct": 0} for _ in range(m)]
    for p, true in zip(probabilities.tolist(), y.tolist(), strict=True):
        highest = max(p)
        for i, one in enumerate(bins):
            if i / m < highest <= (i + 1) / m:
                one["count"] += 1
                one["confidence"] += highest
                one["correct"] += p.index(highest) == true
    n = len(y)
    error = sum(
        b["count"] / n * abs(b["correct"] / b["count"] - b["confidence"] / b["count"])
        for b in bins
        if b["count"]
    )
    return bins, error


def random_case(seed, n=500, classes=5):
    rng = np.random.default_rng(seed)
    # Sharpness over a wide range, and some tenths, which lie on edges of ten bins.
    p = rng.dirichlet(np.ones(classes), n) ** rng.uniform(0.5, 4, (n, 1))
    p /= p.sum(axis=1, keepdims=True)
    p[:50] = rng.multinomial(10, np.full(classes, 1 / classes), 50) / 10
    return p, rng.integers(0, classes, n)


@pytest.mark.parametrize("m", [1, 10, 15])
def test_it_is_the_plain_loop(m):
    p, y = random_case(0)
    found, (bins, error) = reliability(p, y, m), plain_reliability(p, y, m)
    for name in ("count", "confidence", "correct"):
        np.testing.assert_allclose(getattr(found, name), [one[name] for one in bins], atol=1e-12)
    assert found.count.sum() == len(y)
    assert found.error == pytest.approx(error, abs=1e-14)
    for i, (row, one) in enumerate(zip(found.rows(), bins, strict=True)):
        assert (row["low_edge"], row["high_edge"], row["count"]) == (
            i / m,
            (i + 1) / m,
            one["count"],
        )
        if one["count"]:
            assert row["confidence"] == pytest.approx(one["confidence"] / one["count"])
            wilson = stats.binomtest(one["correct"], one["count"]).proportion_ci(method="wilson")
            assert row["accuracy"] == one["correct"] / one["count"]
            assert (row["low"], row["high"]) == pytest.approx((wilson.low, wilson.high))
        else:
            assert np.isnan([row[name] for name in ("confidence", "accuracy", "low", "high")]).all()


def test_a_stack_is_its_models():
    cases = [random_case(i)[0].astype(np.float32) for i in range(3)]
    y = random_case(0)[1]
    stack = reliability(np.stack(cases), y)
    each = [reliability(p, y) for p in cases]
    np.testing.assert_array_equal(stack.count, [one.count for one in each])
    np.testing.assert_array_equal(stack.error, [one.error for one in each])
    np.testing.assert_array_equal(stack.chance, [one.chance for one in each])
    assert mean_interval(stack.error).n == 3


def test_parts_add_up_and_stored_counts_come_back():
    p, y = random_case(1)
    whole = reliability(p, y)
    added = reliability(p[:120], y[:120]) + reliability(p[120:], y[120:])
    stored = json.dumps([whole.count.tolist(), whole.confidence.tolist(), whole.correct.tolist()])
    rebuilt = Reliability(*json.loads(stored))
    for name in ("count", "confidence", "correct"):
        np.testing.assert_allclose(getattr(added, name), getattr(whole, name), rtol=1e-12)
        np.testing.assert_array_equal(getattr(rebuilt, name), getattr(whole, name))
    assert rebuilt.error == whole.error
    # Sums that were kept in single precision are taken too.
    Reliability(whole.count, whole.confidence.astype(np.float32), whole.correct)


def calibrated(n, repetitions, seed=2):
    """Two classes; each is drawn with the probability that is stated."""
    rng = np.random.default_rng(seed)
    p = rng.beta(2, 1, (repetitions, n))
    y = (rng.random((repetitions, n)) < p).astype(int)
    stated = np.stack([1 - p, p], axis=-1)
    return [reliability(one, true) for one, true in zip(stated, y, strict=True)]


def test_a_calibrated_models_error_is_chance_and_falls_as_the_root_of_n():
    few, many = (calibrated(n, 300) for n in (400, 6400))
    errors = [np.array([one.error for one in found]) for found in (few, many)]
    assert errors[0].mean() / errors[1].mean() == pytest.approx(4, rel=0.06)
    for found, error in zip((few, many), errors, strict=True):
        chance = np.mean([one.chance for one in found])
        assert chance == pytest.approx(error.mean(), rel=0.04)


def test_overconfidence_is_found_whole():
    """Confidence 0.9 everywhere, right 60% of the time: far above chance."""
    y = np.repeat([0, 1], [600, 400])
    found = reliability(np.tile([0.9, 0.1], (1000, 1)), y)
    assert found.error == pytest.approx(0.3)
    assert found.chance < 0.01


@pytest.mark.parametrize(("n", "p"), [(1, 0.7), (7, 0.52), (50, 0.98), (1000, 0.6), (5, 1.0)])
def test_chance_is_the_binomials_mean_distance(n, p):
    counts = np.arange(n + 1)
    expected = (stats.binom.pmf(counts, n, p) * np.abs(counts / n - p)).sum()
    assert Reliability([n], [n * p], [0]).chance == pytest.approx(expected, abs=1e-12)


def test_rows_over_seeds_are_ratios_of_sums():
    """Against the jackknife by hand, with a bin that one seed alone reaches."""
    count = np.array([[10, 30, 0], [20, 10, 0], [15, 25, 0], [0, 12, 4], [0, 0, 0]])
    correct = np.array([[1, 20, 0], [4, 5, 0], [2, 14, 0], [0, 9, 3], [0, 0, 0]])
    rows = Reliability(count, count * np.array([0.2, 0.5, 0.8]), correct).rows()
    ran = slice(0, 4)
    for i in range(2):
        n, k = count[ran, i], correct[ran, i]
        left = [np.delete(k, j).sum() / np.delete(n, j).sum() for j in range(4)]
        half = stats.t.ppf(0.975, 3) * math.sqrt(3 * np.var(left))
        assert rows[i]["accuracy"] == k.sum() / n.sum()
        assert rows[i]["high"] - rows[i]["low"] == pytest.approx(2 * half)
        assert rows[i]["count"] == n.sum()
    assert rows[2]["accuracy"] == 0.75
    assert np.isnan([rows[2]["low"], rows[2]["high"]]).all()
    single = Reliability(count[:1], count[:1] * [1 / 6, 1 / 2, 5 / 6], correct[:1]).rows()
    assert np.isnan(single[0]["low"])


def test_a_diverged_model_is_counted_without_examples():
    p, y = random_case(3)
    bad = p.copy()
    bad[7, 2] = np.nan
    found = reliability(np.stack([p, bad]), y)
    assert found.count.sum(axis=1).tolist() == [len(y), 0]
    assert np.isnan(found.error).tolist() == [False, True]
    assert np.isnan(found.chance[1])
    assert np.isnan(reliability(bad, y).error)


def test_bad_probabilities():
    with pytest.raises(ValueError, match=r"sum of 1 over classes, got 0.5 and a sum of 1.25"):
        reliability([[0.5, 0.75]], [0])
    with pytest.raises(ValueError, match=r"`probabilities` must be >= 0 .*, got -0.5"):
        reliability([[-0.5, 1.5]], [0])
    with pytest.raises(ValueError, match=r"`probabilities` must have shape .* got \(2,\)"):
        reliability([0.5, 0.5], [0])
    with pytest.raises(ValueError, match="`y` must be 1 whole numbers, got float64"):
        reliability([[0.5, 0.5]], [0.0])
    with pytest.raises(ValueError, match="`y` must hold classes from 0 to 1, got 2"):
        reliability([[0.5, 0.5]], [2])
    with pytest.raises(ValueError, match="`n_bins` must be an integer >= 1, got 0"):
        reliability([[0.5, 0.5]], [1], 0)


def test_bad_counts():
    with pytest.raises(ValueError, match="`correct` must be at most `count`"):
        Reliability([1], [0.5], [2])
    with pytest.raises(ValueError, match="`confidence` must hold the sum"):
        Reliability([0, 10], [0, 0.9], [0, 5])  # the mean, not the sum
    with pytest.raises(ValueError, match="must have one shape"):
        Reliability([1, 1], [0.5], [0])
    with pytest.raises(ValueError, match="`count` must hold whole numbers"):
        Reliability([1.5], [0.5], [0])
    with pytest.raises(ValueError, match="`count` must have shape"):
        Reliability([], [], [])
    with pytest.raises(ValueError, match="must have one shape"):
        Reliability([1], [0.5], [0]) + Reliability([1, 1], [0.2, 0.8], [0, 0])
