"""What is said of thresholds and peaks, of curves whose answers are known."""

import numpy as np
import pytest

from genlab.experiments._peak_words import capacities_of, doubt, threshold_text
from genlab.measure import double_descent, interpolation_threshold, peak_test

SIZES = [10, 20, 40, 1000]


@pytest.mark.parametrize(
    ("errors", "text"),
    [
        ([[0.3], [0.2], [0.0], [0.0]], "falls below 1% between width 20 and width 40."),
        ([[0.3] * 2, [0.2, 0], [0] * 2, [0] * 2], "falls below 1% between width 10 and width 40."),
        ([[0.3], [0.2], [0.1], [0.0]], "falls below 1% between width 40 and width 1,000."),
        ([[0.0], [0.0], [0.0], [0.0]], "is below 1% from width 10 on."),
        ([[0.3], [0.2], [0.1], [0.1]], "never falls below 1%."),
        ([[0.3] * 2, [0.2] * 2, [0, 0.1], [0, 0.1]], "never falls below 1% for 1 of 2 seeds."),
    ],
)
def test_thresholds(errors, text):
    found = threshold_text(interpolation_threshold(SIZES, errors), "width ")
    assert found == f"Training error {text}"


def test_no_training_error_at_all():
    none = interpolation_threshold(SIZES, [[np.nan]] * 4)
    assert threshold_text(none, "k = ") == "No training error was measured."


def test_where_the_peak_lies_and_what_is_doubted():
    errors = [[m - 0.01, m, m + 0.01] for m in (0.3, 0.2, 0.5, 0.1)]
    extremes = double_descent(SIZES, errors, threshold=20)
    found = peak_test(errors)
    assert found.found
    assert capacities_of(found, extremes, SIZES) == (20, 40, 1000)
    falling = [[m - 0.01, m, m + 0.01] for m in (0.5, 0.4, 0.3, 0.1)]
    lower = double_descent(SIZES, falling, threshold=20)
    assert not peak_test(falling).found
    assert capacities_of(peak_test(falling), lower, SIZES) == (20, 20, 1000)
    assert doubt(1, "network size").startswith("With one seed per network size, a peak")
    assert doubt(3).startswith("These seeds do not show a peak")
