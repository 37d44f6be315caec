"""`between-points` against brute force, a k-d tree and closed forms."""

from dataclasses import replace

import numpy as np
import pytest
from experiments.quick import drawn, pick, ran
from scipy.spatial import KDTree
from scipy.spatial.distance import pdist

from genlab._base.words import estimate
from genlab.datasets import make_mnist1d
from genlab.experiments.between_points import PROTOCOLS
from genlab.experiments.between_points.distances import distances_of
from genlab.experiments.between_points.figures import distances_table
from genlab.measure import mean_interval, quantile_interval


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """At quick scale, without MNIST and without a way to download it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GENLAB_DATA_HOME", str(tmp_path_factory.mktemp("no data")))
        patch.setattr("genlab.datasets.images._fetch._MNIST_URL", "http://127.0.0.1:9/")
        return ran("between-points")


def brute_force(x):
    """Nearest of each point, and all distances of pairs."""
    return KDTree(x).query(x, k=2)[0][:, 1], pdist(x)


@pytest.mark.parametrize("inputs", [1, 2, 3, 50])
def test_distances_are_those_of_brute_force(inputs):
    x = np.random.default_rng(0).standard_normal((200, inputs))
    x[1] = x[0] + 1e-7  # the matrix product alone knows this to no digit
    x[3] = x[2]
    distances = distances_of(x)
    nearest, pairs = brute_force(x)
    assert distances.nearest == pytest.approx(nearest, rel=1e-6, abs=1e-14)
    assert distances.mean == pytest.approx(pairs.mean())
    assert distances.largest == pytest.approx(pairs.max())
    upper = distances.matrix[np.triu_indices(200, 1)]
    assert upper == pytest.approx(pairs, abs=1e-6)


@pytest.mark.parametrize("inputs", [2, 10, 100])
def test_expected_squared_distances(inputs):
    rng = np.random.default_rng(1)
    for draw, expected in ((rng.standard_normal, 2 * inputs), (rng.random, inputs / 6)):
        means = []
        for _ in range(20):
            matrix = distances_of(draw((300, inputs))).matrix
            means.append((matrix[np.triu_indices(300, 1)] ** 2).mean())
        interval = mean_interval(means)
        half = interval.high - interval.mean
        assert abs(interval.mean - expected) < 2 * half


@pytest.mark.parametrize("name", ["normal", "uniform"])
@pytest.mark.parametrize("inputs", [2, 20])
def test_the_table_is_that_of_brute_force_on_other_draws(name, inputs, result):
    rng = np.random.default_rng(2)
    draw = rng.standard_normal if name == "normal" else rng.random
    draws = [brute_force(draw((1_000, inputs))) for _ in range(12)]
    values = {
        "smallest": [nearest.min() for nearest, _ in draws],
        "mean": [pairs.mean() for _, pairs in draws],
        "largest": [pairs.max() for _, pairs in draws],
        "nearest_over_mean": [nearest.mean() / pairs.mean() for nearest, pairs in draws],
        "largest_over_mean": [pairs.max() / pairs.mean() for _, pairs in draws],
    }
    for quantity, each in values.items():
        row = pick(result.tables["distances"], data=name, inputs=inputs, quantity=quantity)
        other = mean_interval(each)
        halves = np.hypot(row["high"] - row["estimate"], other.high - other.mean)
        assert abs(row["estimate"] - other.mean) < 2 * halves, quantity
    row = pick(
        result.tables["distances"], data=name, inputs=inputs, quantity="largest_over_smallest"
    )
    other = quantile_interval([pairs.max() / nearest.min() for nearest, pairs in draws])
    assert row["summary"] == "median"
    assert row["low"] < other.high
    assert other.low < row["high"]


def test_concentration(result):
    rows = result.tables["distances"]
    for name in ("normal", "uniform"):
        curves = {
            quantity: [
                row["estimate"]
                for row in rows
                if (row["data"], row["quantity"]) == (name, quantity)
            ]
            for quantity in ("smallest_over_mean", "nearest_over_mean", "largest_over_mean")
        }
        near, nearest, far = curves.values()
        assert (np.diff(near) > 0).all()
        assert (np.diff(nearest) > 0).all()
        assert (np.diff(far) < 0).all()
        assert 0.85 < near[-1] < nearest[-1] < 1 < far[-1] < 1.15
    for inputs in (2, 10, 100, 1_000):
        shares = [row for row in result.tables["spread"] if row["inputs"] == inputs]
        assert sum(row["estimate"] for row in shares) == pytest.approx(1)
        middles = [(row["from"] + row["to"]) / 2 for row in shares]
        weights = [row["estimate"] for row in shares]
        assert np.average(middles, weights=weights) == pytest.approx(1, abs=0.01)
    # In two dimensions the distance of two normal points over √2 is Rayleigh's.
    first = [row for row in result.tables["spread"] if row["inputs"] == 2 and row["to"] < 1.001]
    exact = 1 - np.exp(-np.pi / 4)
    assert sum(row["estimate"] for row in first) == pytest.approx(exact, abs=0.01)


def test_examples_needed(result):
    rows = result.tables["examples_needed"]
    closed = {1: 0.2, 2: np.pi * 0.01, 3: 4 / 3 * np.pi * 0.001, 4: np.pi**2 / 2 * 1e-4}
    for inputs, volume in closed.items():
        row = pick(rows, inputs=inputs, within=0.1)
        assert 10 ** row["log10_examples"] == pytest.approx(1 / volume)
    assert pick(rows, inputs=2, within=1.0)["log10_examples"] == 0
    # So many points do not suffice in two dimensions, as a bound from below must have it.
    n = round(10 ** pick(rows, inputs=2, within=0.1)["log10_examples"])
    rng = np.random.default_rng(3)
    near = [KDTree(rng.random((n, 2))).query(rng.random((200, 2)))[0] < 0.1 for _ in range(50)]
    assert np.mean(near) < 1
    assert np.mean(near) == pytest.approx(1 - np.exp(-1), abs=0.1)  # edges lower it


def test_real_examples_lie_closer_together(result):
    x = make_mnist1d().x_train.astype(np.float64)
    rows = result.tables["real_data"]
    row = pick(rows, data="MNIST-1D", quantity="nearest_over_mean")
    nearest, pairs = brute_force(x[:1_000])
    assert (row["inputs"], row["n_draws"]) == (40, 4)
    # The first thousand examples are one such subset more, with the spread of the four.
    assert abs(row["estimate"] - nearest.mean() / pairs.mean()) < 3 * (row["high"] - row["low"])
    random = result.tables["distances"]
    assert all(
        row["high"] < pick(random, data="normal", inputs=n, quantity=row["quantity"])["low"]
        for n in (50, 100)
    )
    # Normal points of the inputs found, rounded down and up, have neighbours less and more far.
    as_near = pick(rows, data="MNIST-1D", quantity="equivalent_inputs")
    rng = np.random.default_rng(4)
    ratios = []
    for inputs in (int(as_near["low"]), int(as_near["high"]) + 1):
        nearest, pairs = brute_force(rng.standard_normal((1_000, inputs)))
        ratios.append(nearest.mean() / pairs.mean())
    assert ratios[0] < row["estimate"] < ratios[1]


def test_the_answer_holds_the_numbers(result):
    rows = result.tables["distances"]
    for inputs, digits in ((2, 0), (100, 2), (1_000, 2)):
        row = pick(rows, data="normal", inputs=inputs, quantity="largest_over_smallest")
        assert f"{estimate(row, digits)} with {inputs:,}" in result.answer
    real = result.tables["real_data"]
    near = pick(real, data="MNIST-1D", quantity="nearest_over_mean")
    as_near = pick(real, data="MNIST-1D", quantity="equivalent_inputs")
    assert estimate(near, 3) in result.answer
    assert estimate(as_near, 1) in result.answer
    assert "In MNIST (" not in result.answer
    [missing] = result.missing
    assert missing["name"] == "MNIST"
    assert "train-images-idx3-ubyte.gz is not there" in missing["reason"]


def test_the_figures_hold_the_tables(result):
    figures = drawn(result)
    assert list(figures) == ["spread", "distances", "examples-needed"]
    rows = distances_table(result)
    assert len(rows) == 2 * (2 * 9 + 1)
    assert figures["distances"].spec()["layer"][1]["data"]["values"] == rows
    panels = figures["spread"].spec()["hconcat"]
    shown = [row for panel in panels for row in panel["data"]["values"]]
    assert shown == result.tables["spread"]


def test_with_mnist(small_mnist):
    result = ran("between-points", replace(PROTOCOLS["quick"], n_points=20))
    row = pick(result.tables["real_data"], data="MNIST", quantity="largest_over_mean")
    assert (row["inputs"], row["n_draws"]) == (784, 3)
    assert "In MNIST (784 inputs)" in result.answer
    assert result.missing == []
    assert drawn(result)
