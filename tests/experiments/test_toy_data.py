"""`toy-data` against the normal distribution and plain least squares."""

import numpy as np
import pytest
from experiments.quick import by, drawn, quick
from scipy import stats

from genlab.datasets import make_toy_regression


@pytest.fixture(scope="module")
def result():
    return quick("toy-data")


def test_the_noise_is_normal(result):
    rows = by(result.tables["noise"], "quantity")
    n = 150_000
    for k in (1, 2, 3):
        row = rows[f"within_{k}_sd"]
        expected = stats.norm.cdf(k) - stats.norm.cdf(-k)
        assert row["n_targets"] == n
        assert row["expected"] == pytest.approx(expected)
        assert abs(row["estimate"] - expected) < 4 * np.sqrt(expected * (1 - expected) / n)
        count = round(row["estimate"] * n)
        wilson = stats.binomtest(count, n).proportion_ci(method="wilson")
        assert (row["low"], row["high"]) == pytest.approx((wilson.low, wilson.high))
    variance = rows["variance"]
    assert abs(variance["estimate"] - 0.09) < 4 * 0.09 * np.sqrt(2 / n)


def test_the_parts_of_the_model_add_up_to_its_fit(result):
    problem = make_toy_regression()
    features = np.column_stack([np.ones(15), *(np.maximum(problem.x - d / 3, 0) for d in range(3))])
    expected = np.linalg.lstsq(features, problem.y, rcond=None)[0]
    parameters = result.tables["model"]
    np.testing.assert_allclose([row["value"] for row in parameters], expected, rtol=1e-10)
    assert [row["unit"] for row in parameters] == [None, 1, 2, 3]
    total = np.full(201, expected[0])
    for d in range(3):
        unit = [row for row in result.tables["units"] if row["unit"] == d + 1]
        x = np.array([row["x"] for row in unit])
        np.testing.assert_allclose([row["activation"] for row in unit], np.maximum(x - d / 3, 0))
        total += [row["weighted"] for row in unit]
    np.testing.assert_allclose([row["y"] for row in result.tables["fit"]], total, rtol=1e-9)
    errors = by(result.tables["errors"], "quantity")
    train, distance, fresh = (
        errors[name]["value"] for name in ("train", "distance", "expected_test")
    )
    assert train == pytest.approx(np.mean((features @ expected - problem.y) ** 2))
    assert fresh == pytest.approx(distance + 0.09)


def test_the_figures_hold_the_tables(result):
    figures = drawn(result)
    assert list(figures) == ["data", "model"]
    layers = figures["data"].spec()["layer"]
    assert layers[2]["data"]["values"] == result.tables["samples"]
    assert layers[0]["data"]["values"] == result.tables["function"]
    assert "15 equal cells" in figures["data"].spec()["title"]["subtitle"][1]


def test_the_answer_holds_the_numbers(result):
    row = by(result.tables["noise"], "quantity")["within_2_sd"]
    assert f"{100 * row['estimate']:.2f} [{100 * row['low']:.2f}" in result.answer
    assert f"offset of {result.tables['model'][0]['value']:.2f}" in result.answer
    assert "the knots are at 0, 1/3 and 2/3" in result.answer
