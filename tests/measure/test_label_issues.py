"""Rows that look wrong against a plain confident joint, SciPy, and labels known to be wrong."""

import numpy as np
import pytest
from scipy import stats

from genlab.datasets import corrupt_labels
from genlab.measure import label_issues, unusual_targets


def plain_issues(p, y, min_margin):
    """Northcutt et al.'s confident joint, one row after the other."""
    n, classes = p.shape
    thresholds = [np.mean([p[i, j] for i in range(n) if y[i] == j]) for j in range(classes)]
    found = []
    for i in range(n):
        sure = [j for j in range(classes) if p[i, j] >= thresholds[j]]
        if sure:
            j = max(sure, key=lambda j: p[i, j])
            if j != y[i] and p[i, j] - p[i, y[i]] >= min_margin:
                found.append((p[i, y[i]] - p[i, j], i, j))
    return [(i, j) for _, i, j in sorted(found)]


@pytest.mark.parametrize("min_margin", [0.0, 0.3, 0.5])
def test_it_is_the_plain_confident_joint(min_margin):
    rng = np.random.default_rng(2)
    p, y = rng.dirichlet(np.full(4, 0.5), 300), rng.integers(0, 4, 300)
    found = label_issues(p, y, min_margin=min_margin)
    plain = plain_issues(p, y, min_margin)
    assert list(zip(found.rows.tolist(), found.suggested.tolist(), strict=True)) == plain
    np.testing.assert_array_equal(found.given, y[found.rows])
    np.testing.assert_allclose(found.self_confidence, p[found.rows, found.given])
    table = found.table(3)
    assert len(table) == 3
    assert table[0]["row"] == plain[0][0]
    assert table[0]["margin"] == max(row["margin"] for row in table)


def test_the_number_of_wrong_labels_is_held_where_the_model_knows_the_classes():
    held, listed = 0, 0
    for seed in range(100):
        y = np.random.default_rng(seed).integers(3, size=400)
        labels, picked = corrupt_labels(y, 0.08, 3, "other", seed)
        confidence = np.random.default_rng(seed).uniform(0.8, 1.0, 400)
        p = np.tile((1 - confidence[:, None]) / 2, (1, 3))
        p[np.arange(400), y] = confidence
        found = label_issues(p, labels)
        assert picked[found.rows].all()
        listed += len(found.rows)
        held += bool(found.n_mislabelled.low <= 32 <= found.n_mislabelled.high)
    assert held >= 93
    assert listed > 0.3 * 100 * 32  # those at confidences above the threshold


def test_a_class_without_a_row_is_never_suggested():
    found = label_issues([[0.1, 0.0, 0.9]] * 3 + [[0.2, 0.8, 0.0]] * 3, [0, 0, 0, 1, 1, 1])
    assert np.isnan(found.thresholds[2])
    assert len(found.rows) == 0
    assert found.n == 6


@pytest.mark.parametrize(
    ("p", "y", "options", "match"),
    [
        ([[0.5, 0.5]], [0, 1], {}, "`y` must be 1 whole numbers"),
        ([[0.5, 0.5]], [0], {"min_margin": 2}, "`min_margin` must be a number from 0 to 1, got 2"),
        ([[0.5, 0.9]], [0], {}, "a sum of 1"),
    ],
)
def test_refusals_of_labels(p, y, options, match):
    with pytest.raises(ValueError, match=match):
        label_issues(p, y, **options)


def test_unusual_targets_are_those_of_the_step_up_procedure():
    rng = np.random.default_rng(0)
    y = rng.standard_normal(200) + np.where(np.arange(200) < 8, 6.0, 0.0)
    prediction = 0.1 * rng.standard_normal(200)
    found = unusual_targets(prediction, y, false_discovery_rate=0.1)
    residual = y - prediction
    mad = np.median(np.abs(residual - np.median(residual)))
    z = (residual - np.median(residual)) / (mad / stats.norm.ppf(0.75))
    p = 2 * stats.norm.sf(np.abs(z))
    k = max(i + 1 for i, value in enumerate(np.sort(p)) if value <= 0.1 * (i + 1) / 200)
    assert set(found.rows.tolist()) == set(np.argsort(p)[:k].tolist())
    assert set(range(8)) <= set(found.rows.tolist())
    np.testing.assert_allclose(found.z, z[found.rows])
    assert (np.diff(np.abs(found.z)) <= 0).all()
    assert found.table(1)[0]["row"] == found.rows[0]


def test_normal_residuals_rarely_give_an_alarm():
    alarms = sum(
        len(unusual_targets(np.zeros(500), np.random.default_rng(i).standard_normal(500)).rows) > 0
        for i in range(200)
    )
    assert alarms <= 0.1 * 200


def test_residuals_that_are_mostly_equal():
    found = unusual_targets(np.zeros(6), [0.0, 0.0, 0.0, 0.0, -3.0, 2.0])
    assert found.rows.tolist() == [4, 5]
    assert found.z.tolist() == [-np.inf, np.inf]
    assert len(unusual_targets(np.zeros(6), np.ones(6)).rows) == 0


@pytest.mark.parametrize(
    ("predictions", "y", "options", "match"),
    [
        ([1.0] * 4, [1.0] * 5, {}, r"one shape \(n,\) with n >= 4, got \(4,\) and \(5,\)"),
        ([1.0] * 4, [1.0, np.nan, 1.0, 1.0], {}, "must be finite, got 1 rows"),
        ([1.0] * 4, [1.0] * 4, {"false_discovery_rate": 1}, "must be below 1, got 1"),
    ],
)
def test_refusals_of_targets(predictions, y, options, match):
    with pytest.raises(ValueError, match=match):
        unusual_targets(predictions, y, **options)
