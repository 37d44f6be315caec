"""The expected best of m trials against all subsets, one by one."""

from itertools import combinations

import numpy as np
import pytest

from genlab.measure import expected_best_of


@pytest.mark.parametrize("m", [1, 2, 3, 6, 7])
def test_against_all_subsets(m):
    rng = np.random.default_rng(m)
    scores, values = rng.integers(4, size=7) / 4, rng.random(7)  # some scores are equal
    scores[2] = np.inf
    best = [
        values[min(subset, key=lambda trial: scores[trial])]  # the first of equal ones
        for subset in combinations(range(7), m)
    ]
    assert expected_best_of(scores, values, m) == pytest.approx(np.mean(best), abs=1e-14)


def test_against_random_subsets():
    rng = np.random.default_rng(0)
    scores, values = rng.random(50), rng.random(50)
    drawn = [rng.permutation(50)[:10] for _ in range(20_000)]
    best = np.array([values[subset[scores[subset].argmin()]] for subset in drawn])
    error = best.std() / np.sqrt(len(best))
    assert abs(expected_best_of(scores, values, 10) - best.mean()) < 4 * error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], [], 1), r"`scores` must be numbers of shape \(n,\)"),
        (([0.1, np.nan], [1, 2], 1), "none of them NaN"),
        (([0.1, 0.2], [1.0], 1), r"`values` must have shape \(2,\), as `scores`, got \(1,\)"),
        (([0.1, 0.2], [1.0, 2.0], 3), "`m` must be an integer from 1 to 2, got 3"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        expected_best_of(*arguments)
