"""`toy-more-data` against the theory of least squares with many points."""

import numpy as np
import pytest
from experiments.quick import by, drawn, pick, quick

from genlab._base.words import estimate


@pytest.fixture(scope="module")
def result():
    return quick("toy-more-data")


def test_variance_falls_as_theory_says(result):
    rows = by(result.tables["parts"], "part", "n")
    for n in (40, 60, 100, 200, 400):
        row = rows["variance", n]
        assert row["many_points"] == pytest.approx(0.09 * 4 / n)
        assert row["estimate"] == pytest.approx(0.09 * 4 / n, rel=0.1)
        assert row["exact"] == pytest.approx(0.09 * 4 / n, rel=0.03)
    # Bias is that of the best three lines, whatever n is.
    x = np.linspace(0, 1, 20_001)
    features = np.column_stack([np.ones_like(x), *(np.maximum(x - d / 3, 0) for d in range(3))])
    truth = np.exp(np.sin(2 * np.pi * x))
    best = truth - features @ np.linalg.lstsq(features, truth, rcond=None)[0]
    for n in (15, 100, 400):
        assert rows["bias_squared", n]["estimate"] == pytest.approx(np.mean(best**2), rel=0.01)


def test_measured_and_exact_agree(result):
    """Within four standard errors of the measured, which is the larger error."""
    for row in result.tables["parts"]:
        if row["part"] == "variance":
            error = (row["high"] - row["low"]) / (2 * 1.96)
            assert abs(row["estimate"] - row["exact"]) < 4 * error + 0.03 * row["exact"], row


def test_the_slope_is_that_of_a_line_through_the_logarithms(result):
    rows = by(result.tables["parts"], "part", "n")
    sizes = [25, 40, 60, 100, 200, 400]
    logs = np.log([rows["variance", n]["estimate"] for n in sizes])
    slope = pick(result.tables["slopes"], over="many")
    assert (slope["n_low"], slope["n_high"]) == (25, 400)
    assert slope["estimate"] == pytest.approx(np.polyfit(np.log(sizes), logs, 1)[0])
    assert slope["low"] < slope["estimate"] < slope["high"]
    assert abs(slope["estimate"] + 1) < 0.06


def test_its_interval_is_that_of_simulated_points(result):
    """Log variances redrawn within their intervals spread the slope as its interval says."""
    rows = by(result.tables["parts"], "part", "n")
    sizes = [25, 40, 60, 100, 200, 400]
    parts = [rows["variance", n] for n in sizes]
    rng = np.random.default_rng(0)
    logs = np.log([row["estimate"] for row in parts])
    errors = [np.log(row["high"] / row["low"]) / 2 / 1.96 for row in parts]
    drawn_logs = logs + rng.normal(size=(4000, 6)) * errors
    slopes = np.polyfit(np.log(sizes), drawn_logs.T, 1)[0]
    slope = pick(result.tables["slopes"], over="many")
    assert (slope["high"] - slope["low"]) / 2 == pytest.approx(1.96 * slopes.std(), rel=0.05)


def test_six_fits_for_each_of_three_sizes(result):
    assert {(row["n"], row["fit"]) for row in result.tables["fits"]} == {
        (n, fit) for n in (6, 10, 100) for fit in range(1, 7)
    }
    assert len([row for row in result.tables["samples"] if row["n"] == 100]) == 100


def test_figures_and_answer(result):
    figures = drawn(result)
    assert list(figures) == ["fits", "variance"]
    assert "many_points" in str(figures["variance"].spec()["layer"])
    slope = pick(result.tables["slopes"], over="many")
    assert estimate(slope, 3) in result.answer
    assert "2,000 data sets of each size" in result.notes[0]
