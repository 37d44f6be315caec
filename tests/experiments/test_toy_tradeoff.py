"""`toy-tradeoff`: the published values, its own tables, and the rule for medians."""

import numpy as np
import pytest
from experiments.quick import by, drawn, quick
from scipy import stats

from genlab.datasets import make_toy_regression
from genlab.experiments import Context
from genlab.experiments.toy_tradeoff.figures import tradeoff_table


@pytest.fixture(scope="module")
def result():
    return quick("toy-tradeoff")


def test_published_values(result):
    rows = by(result.published, "name")
    for capacity in range(1, 9):
        name = f"{capacity} hidden unit{'s' if capacity > 1 else ''}"
        for row in (rows[f"bias², {name}"], rows[f"variance, {name}"]):
            assert row["mark"] == "agrees", row
            assert row["tolerance"] == pytest.approx(0.03 * row["published"] + 0.0005)
            assert row["tolerance"] < row["published"]
    assert rows["bias², 3 hidden units, book's figure"]["published"] == 0.062


def test_measured_and_exact_agree(result):
    for row in result.tables["tradeoff"]:
        if row["capacity"] <= 8:
            assert row["summary"] == "mean"
            error = (row["high"] - row["low"]) / (2 * 1.96)
            assert abs(row["estimate"] - row["exact"]) < 4 * error + 0.02 * row["exact"], row
        else:
            assert row["summary"] == "median"
            assert row["exact"] is None


def test_the_sum_is_that_of_its_parts(result):
    rows = by(result.tables["tradeoff"], "part", "capacity")
    for capacity in range(1, 9):
        parts = [rows[part, capacity]["estimate"] for part in ("bias_squared", "variance", "sum")]
        assert parts[0] + parts[1] == pytest.approx(parts[2])


def plain_excess(n_hidden, n):
    """Squared distance from the truth of plain fits to the experiment's first data sets."""
    places = (np.arange(100) + 0.5) / 100
    samples = make_toy_regression().fresh(n, seed=Context(0, None).seeds(1)[0])

    def features(x):
        joints = np.arange(n_hidden) / n_hidden
        return np.column_stack([np.ones(len(x)), np.maximum(x[:, None] - joints, 0)])

    truth = np.exp(np.sin(2 * np.pi * places))
    fits = [
        features(places) @ np.linalg.lstsq(features(x), y, rcond=None)[0]
        for x, y in zip(samples.x, samples.y, strict=True)
    ]
    return ((np.array(fits) - truth) ** 2).mean(axis=1)


def test_the_minimum(result):
    rows = result.tables["minimum"]
    assert [row["capacity"] for row in rows if row["is_lowest"]] == [4]
    for k in (1, 5, 20):
        assert sum(row[f"fraction_lowest_of_{k}"] for row in rows) == pytest.approx(1)
    difference = plain_excess(6, 4000) - plain_excess(4, 4000)
    expected = stats.ttest_1samp(difference, 0).confidence_interval(0.95)
    assert rows[5]["estimate"] == pytest.approx(difference.mean())
    assert (rows[5]["low"], rows[5]["high"]) == pytest.approx((expected.low, expected.high))
    assert "lowest at 4 hidden units" in result.answer
    assert "Every other capacity has a higher error (all intervals above 0)" in result.answer


def test_tails_grow_heavy_with_capacity(result):
    """Of 15 stratified points, k must meet for 15 − k hidden units to fail: index about k/2."""
    rows = by(result.tables["given_inputs"], "capacity")
    for light in (1, 4, 7):
        assert rows[light]["tail_index_low"] > 6
    assert rows[8]["tail_index"] > rows[10]["tail_index"] > rows[12]["tail_index"]
    assert rows[14]["tail_index_low"] < 1
    assert rows[14]["tail_index_high"] < 2
    assert "From 9 hidden units on, medians are shown instead of means" in result.notes[1]
    assert f"{rows[14]['tail_index']:.1f}" in result.notes[1]


def test_the_figures_hold_the_tables(result):
    figures = drawn(result)
    assert list(figures) == ["tradeoff", "minimum", "tails"]
    spec = figures["tradeoff"].spec()
    table = tradeoff_table(result)
    assert len(table) == 36
    assert spec["layer"][0]["data"]["values"] == table
    assert spec["layer"][3]["data"]["values"][0]["value"] == 0.308
    assert "from 9: median" in spec["title"]["subtitle"][0]
