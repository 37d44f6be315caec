"""Decompositions: measured against exact, exact against brute force, both against the published."""

import json

import numpy as np
import pytest

import genlab
from genlab.charts import decomposition_table
from genlab.datasets import make_toy_regression
from genlab.models import HingeRegression
from genlab.studies import decompose, decompose_exactly

# Computed from 4,000 designs, for 1 to 8 hidden units.
BIAS = (0.303, 0.303, 0.059, 0.005, 0.011, 0.005, 0.002, 0.001)
VARIANCE = (0.015, 0.023, 0.026, 0.032, 0.040, 0.047, 0.056, 0.068)


@pytest.mark.parametrize("n_hidden", range(1, 9))
def test_published_values(n_hidden):
    parts = decompose(HingeRegression(n_hidden), make_toy_regression(), 4000).average
    assert abs(parts.bias_squared.mean - BIAS[n_hidden - 1]) < 0.01
    assert abs(parts.variance.mean / VARIANCE[n_hidden - 1] - 1) < 0.1


def plain_exact(n_hidden, problem, n_datasets, inputs):
    """Both terms of the variance from `numpy.linalg.lstsq`, one data set and target at a time."""

    def features(x):
        hinges = [np.maximum(np.asarray(x) - d / n_hidden, 0) for d in range(n_hidden)]
        return np.stack([np.ones(len(x)), *hinges], axis=1)

    expected, given = [], []
    for x in problem.fresh(n_datasets, seed=5).x:
        unit = [np.linalg.lstsq(features(x), e, rcond=None)[0] for e in np.eye(len(x))]
        smoother = features(inputs) @ np.array(unit).T
        expected.append(smoother @ problem.truth(x))
        given.append(problem.noise**2 * (smoother**2).sum(axis=1))
    mean = np.mean(expected, axis=0)
    of_means = np.var(expected, axis=0, ddof=1)
    bias_squared = (mean - problem.truth(inputs)) ** 2 - of_means / n_datasets
    return bias_squared, np.mean(given, axis=0), of_means


@pytest.mark.parametrize(("n_hidden", "n", "design"), [(3, 15, "stratified"), (8, 6, "uniform")])
def test_the_exact_route(n_hidden, n, design):
    problem = make_toy_regression(n=n, design=design)
    inputs = np.array([0.1, 0.5, 0.95])
    exact = decompose_exactly(HingeRegression(n_hidden), problem, 60, inputs=inputs, seed=5)
    bias_squared, given, of_means = plain_exact(n_hidden, problem, 60, inputs)
    np.testing.assert_allclose(exact.bias_squared, bias_squared, rtol=1e-6)
    np.testing.assert_allclose(exact.variance_given_inputs, given, rtol=1e-6)
    np.testing.assert_allclose(exact.variance_of_means, of_means, rtol=1e-6)
    np.testing.assert_allclose(exact.variance, given + of_means, rtol=1e-6)
    assert exact.given_variance.mean() == pytest.approx(given.mean())


def test_more_data_sets_than_are_held_at_once():
    problem = make_toy_regression(n=6)
    exact = decompose_exactly(HingeRegression(2), problem, 1100)
    part = decompose_exactly(HingeRegression(2), problem, 700)
    np.testing.assert_array_equal(exact.given_variance[:700], part.given_variance)


@pytest.mark.parametrize("n_hidden", [1, 8])
def test_intervals_cover_the_exact_values(n_hidden):
    """300 repetitions: the share covered has a standard deviation of 1.26 points.

    `make bench` does it with 2,000 and for every capacity.
    """
    problem, inputs = make_toy_regression(), np.linspace(0.05, 0.95, 10)
    exact = decompose_exactly(HingeRegression(n_hidden), problem, 20_000, inputs=inputs, seed=1)
    values = {
        "bias_squared": exact.bias_squared.mean(),
        "variance": exact.variance.mean(),
        "error": exact.bias_squared.mean() + exact.variance.mean() + problem.noise**2,
    }
    covered = dict.fromkeys(values, 0)
    for seed in range(300):
        parts = decompose(HingeRegression(n_hidden), problem, 200, inputs=inputs, seed=2 + seed)
        for name, value in values.items():
            interval = getattr(parts.average, name)
            covered[name] += bool(interval.low <= value <= interval.high)
    for name, n in covered.items():
        assert abs(n / 300 - 0.95) < 4 * 0.0126, (name, n)


def test_the_error_is_that_on_fresh_noisy_targets():
    """Measured without any decomposition: fit, then test on a point of another data set."""
    model, problem = HingeRegression(5), make_toy_regression()
    parts = decompose(model, problem, 20_000).average
    fitted, tested = problem.fresh(20_000, seed=8), make_toy_regression(n=20, design="uniform")
    fresh = tested.fresh(20_000, seed=9)
    errors = (model.fit(fitted.x, fitted.y).predict(fresh.x) - fresh.y) ** 2
    interval = genlab.measure.mean_interval(errors.mean(axis=1))
    assert interval.low - 0.001 < parts.error.mean < interval.high + 0.001


def test_a_grid_has_no_variance_of_means():
    problem = make_toy_regression(design="grid")
    exact = decompose_exactly(HingeRegression(14), problem, 20)
    assert exact.variance_of_means.max() < 1e-20
    measured = decompose(HingeRegression(14), problem, 4000).average
    assert measured.variance.low < exact.variance.mean() < measured.variance.high


def test_ridge_trades_variance_for_bias():
    problem = make_toy_regression(design="grid")
    bare, ridge = (
        decompose_exactly(HingeRegression(14, ridge), problem, 20) for ridge in (0.0, 0.1)
    )
    assert ridge.variance.mean() < bare.variance.mean()
    assert ridge.bias_squared.mean() > bare.bias_squared.mean()


def test_heavy_tails_are_told():
    problem = make_toy_regression()
    light = decompose(HingeRegression(5), problem, 4000)
    heavy = decompose(HingeRegression(12), problem, 4000)
    assert not light.heavy_tailed
    assert heavy.heavy_tailed
    assert "heavy-tailed: use medians" in repr(heavy)
    assert heavy.median_excess.low < np.median(heavy.excess) < heavy.median_excess.high
    assert "heavy-tailed" in json.dumps(heavy.chart().to_dict())


@pytest.mark.parametrize(("n_hidden", "heavy"), [(8, False), (10, True)])
def test_a_few_data_sets_are_enough_to_tell(n_hidden, heavy):
    """The tail index is about 4 with 8 hidden units, and below 2 with 10."""
    problem, inputs = make_toy_regression(), np.linspace(0.05, 0.95, 10)
    for seed in range(10):
        parts = decompose(HingeRegression(n_hidden), problem, 20, inputs=inputs, seed=seed)
        assert parts.heavy_tailed is heavy


def test_many_data_sets_are_their_own_tail():
    """With more than the tail is taken from, no further ones are drawn."""
    parts = decompose(HingeRegression(10), make_toy_regression(), 50_000, inputs=[0.5, 0.9])
    index = genlab.measure.tail_index(parts.excess, share=0.003)
    assert parts.heavy_tailed is bool(index.low <= 2)


def test_the_same_seed_gives_the_same_bits():
    one, other = (decompose(HingeRegression(3), make_toy_regression(), 300) for _ in range(2))
    assert (one.excess == other.excess).all()
    assert one.to_frame().equals(other.to_frame())


def test_frame_and_chart():
    parts = decompose(HingeRegression(3), make_toy_regression(), 200, inputs=[0.2, 0.7])
    frame = parts.to_frame()
    assert list(frame.columns) == ["x", "part", "estimate", "low", "high"]
    assert len(frame) == 4 * 3
    average = frame[frame["x"].isna()].set_index("part")["estimate"]
    assert average["noise"] + average["bias_squared"] + average["variance"] == pytest.approx(
        average["error"]
    )
    at = frame[(frame["x"] == 0.7) & (frame["part"] == "variance")].iloc[0]
    assert at["high"] == parts.at_inputs.variance.high[1]
    spec = parts.chart().to_dict()
    rows = [row for row in parts.to_frame().to_dict("records") if row["x"] == row["x"]]
    assert spec["data"]["values"] == decomposition_table(rows)
    assert "95% intervals" in json.dumps(spec)
    assert "<table>" in parts._repr_html_()
    assert parts.prediction.low[0] < parts.prediction.mean[0] < parts.prediction.high[0]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"model": 3}, TypeError, "`model` must be a.* got 3"),
        ({"problem": None}, TypeError, "`problem` must be made by make_toy_regression"),
        ({"n_datasets": 19}, ValueError, "`n_datasets` must be an integer >= 20, got 19"),
        ({"inputs": [np.nan]}, ValueError, "`inputs` must be finite numbers"),
        ({"inputs": []}, ValueError, "`inputs` must be finite numbers"),
        ({"seed": -1}, ValueError, "`seed` must be an integer from 0"),
    ],
)
def test_bad_arguments(arguments, error, message):
    arguments = {
        "model": HingeRegression(3), "problem": make_toy_regression(), "n_datasets": 20, **arguments
    }  # fmt: skip
    for study in (decompose, decompose_exactly):
        with pytest.raises(error, match=message):
            study(**arguments)
