"""Choosing by the other divisions against a plain loop and order statistics; coverage."""

import numpy as np
import pytest
from scipy import integrate, stats

from genlab.measure import choosing_optimism


def plain(errors):
    """For each division the candidate that is best in the others, measured here."""
    held_out = []
    for k in range(len(errors)):
        sums = [
            sum(row[c] for i, row in enumerate(errors) if i != k) for c in range(len(errors[0]))
        ]
        held_out.append(errors[k][sums.index(min(sums))])
    means = [sum(column) / len(errors) for column in zip(*errors, strict=True)]
    return held_out, means


def test_it_is_the_plain_loop_with_nadeau_and_bengios_variance():
    errors = np.random.default_rng(4).normal(0.4, 0.1, (6, 9))
    found = choosing_optimism(errors)
    held_out, means = plain(errors.tolist())
    assert found.chosen == int(np.argmin(means))
    assert found.apparent == pytest.approx(min(means))
    assert found.honest.mean == pytest.approx(np.mean(held_out))
    s = max(np.std(held_out, ddof=1), np.std(errors[:, found.chosen], ddof=1))
    half = stats.t.ppf(0.975, 5) * s * np.sqrt(1 / 6 + 1 / 5)
    assert found.honest.high - found.honest.mean == pytest.approx(half)
    assert found.optimism.mean == pytest.approx(np.mean(held_out) - min(means))
    assert found.optimism.low == pytest.approx(found.optimism.mean - half)
    other = choosing_optimism(errors, ratio=1.0)
    assert other.honest.high - other.honest.mean == pytest.approx(half * np.sqrt(7 / 11 * 5))


@pytest.mark.parametrize(("k", "candidates"), [(5, 3), (5, 30), (10, 10)])
def test_of_equal_candidates_it_is_the_expected_minimum(k, candidates):
    """The lowest of c means of k normal values is E min(c normal) / √k below all of them."""
    density = lambda x: x * candidates * stats.norm.pdf(x) * stats.norm.sf(x) ** (candidates - 1)  # noqa: E731
    expected = -integrate.quad(density, -9, 9)[0] / np.sqrt(k)
    rng, found, held = np.random.default_rng(candidates), [], 0
    for _ in range(400):
        one = choosing_optimism(rng.standard_normal((k, candidates)))
        found.append(float(one.optimism.mean))
        held += bool(one.optimism.low <= -one.apparent <= one.optimism.high)
    assert np.mean(found) == pytest.approx(expected, abs=4 * np.std(found) / 20)
    assert 0.91 <= held / 400 <= 1


def test_a_clear_winner_and_a_single_candidate_cost_nothing():
    errors = np.array([[0.1, 0.4], [0.2, 0.5], [0.15, 0.4]])
    assert choosing_optimism(errors).optimism.mean == 0
    assert choosing_optimism(errors[:, :1]).optimism.mean == 0


def test_intervals_stay_where_errors_can_be():
    found = choosing_optimism([[0.0, 0.9], [0.5, 1.0], [1.0, 1.0]], high=1)
    assert (found.honest.low, found.honest.high) == (0, 1)
    assert choosing_optimism([[-1.0], [-3.0]]).honest.low < -3
    equal = choosing_optimism([[0.2], [0.2]], high=1)
    assert np.isnan(equal.honest.low)
    assert np.isnan(equal.optimism.high)


@pytest.mark.parametrize(
    ("errors", "options", "match"),
    [
        ([[0.1, 0.2]], {}, "at least 2 × 1, got shape"),
        ([[0.1], [np.nan]], {}, "finite, got 1 values"),
        ([[0.1], [2.0]], {"high": 1}, "at least the largest error, 2, got 1"),
        ([[0.1], [0.2]], {"ratio": 0}, "`ratio` must be a number > 0"),
    ],
)
def test_refusals(errors, options, match):
    with pytest.raises(ValueError, match=match):
        choosing_optimism(errors, **options)
