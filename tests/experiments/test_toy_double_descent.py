"""`toy-double-descent` against pseudo-inverses, augmented least squares and closed forms."""

import numpy as np
import pytest
from experiments.quick import charted, held, pick, quick

from genlab.datasets import make_toy_regression
from genlab.experiments import Context
from genlab.experiments.toy_double_descent import PROTOCOLS
from genlab.experiments.toy_double_descent.figures import grid_table

NOISE = 0.3
INPUTS = (np.arange(100) + 0.5) / 100
SEED = Context(0, None).seeds(1)[0]


@pytest.fixture(scope="module")
def findings():
    return quick("toy-double-descent")


def test_the_protocols():
    for protocol in PROTOCOLS.values():
        assert protocol.n_points == 15
        assert protocol.capacities == (*range(1, 41), 50, 60, 80, 100, 150, 200)
        assert protocol.ridges == (0, 1e-4, 1e-3, 1e-2, 1e-1)
        assert protocol.ridge == 1e-3


def truth(x):
    return np.exp(np.sin(2 * np.pi * x))


def plain_features(x, n_hidden):
    return np.stack(
        [np.ones_like(x), *(np.clip(x - k / n_hidden, 0, None) for k in range(n_hidden))], axis=-1
    )


def plain_solver(features, ridge):
    """The parameters for each unit vector of targets, by `lstsq` on rows that add the ridge."""
    n, n_parameters = features.shape
    rows = features
    if ridge:
        rows = np.vstack([features, np.sqrt(ridge) * np.eye(n_parameters)])
    return np.linalg.lstsq(rows, np.eye(len(rows), n))[0]


def plain_error(x, n_hidden, ridge):
    """Bias² and variance given the inputs, on average over x, of one set of inputs."""
    smoother = plain_features(INPUTS, n_hidden) @ plain_solver(plain_features(x, n_hidden), ridge)
    bias_squared = ((smoother @ truth(x) - truth(INPUTS)) ** 2).mean()
    return bias_squared, NOISE**2 * (smoother**2).sum() / len(INPUTS)


@pytest.mark.parametrize("ridge", [0.0, 1e-4, 1e-3, 1e-2, 1e-1])
@pytest.mark.parametrize("n_hidden", [1, 4, 14, 15, 30, 200])
def test_the_error_at_fixed_inputs(findings, n_hidden, ridge):
    row = pick(findings.tables["grid"], capacity=n_hidden, ridge=ridge)
    x = (np.arange(15) + 0.5) / 15
    bias_squared, variance = plain_error(x, n_hidden, ridge)
    assert row["bias_squared"] == pytest.approx(bias_squared, rel=1e-6)
    assert row["variance"] == pytest.approx(variance, rel=1e-6)
    assert row["error"] == pytest.approx(NOISE**2 + bias_squared + variance, rel=1e-6)
    others = [r["error"] for r in findings.tables["grid"] if r["capacity"] == n_hidden]
    assert row["is_best_ridge"] == (row["error"] == min(others))


def test_training_error_is_zero_once_parameters_reach_points(findings):
    """Of n points with noise, p parameters take the fraction p/n of the noise."""
    x = (np.arange(15) + 0.5) / 15
    for row in findings.tables["grid"]:
        if row["ridge"] == 0:
            features = plain_features(x, row["capacity"])
            fit = features @ np.linalg.lstsq(features, truth(x))[0]
            left = max(15 - row["n_parameters"], 0) / 15
            expected = ((fit - truth(x)) ** 2).mean() + NOISE**2 * left
            assert row["train_error"] == pytest.approx(expected, rel=1e-8, abs=1e-20)
    for row in findings.tables["training_residuals"]:
        assert (row["largest"] < 1e-7) == (row["capacity"] >= 14)


@pytest.mark.parametrize(("n_hidden", "ridge"), [(4, 0.0), (15, 0.0), (40, 0.0), (15, 1e-3)])
def test_the_error_at_random_inputs(findings, n_hidden, ridge):
    row = pick(findings.tables["stratified"], capacity=n_hidden, ridge=ridge)
    samples = make_toy_regression().fresh(row["n_datasets"], seed=SEED)
    errors = [NOISE**2 + sum(plain_error(x, n_hidden, ridge)) for x in samples.x]
    quantiles = [row[f"quantile_{name}"] for name in ("05", "25", "75", "95")]
    assert row["estimate"] == pytest.approx(np.median(errors), rel=1e-5)
    assert quantiles == pytest.approx(np.quantile(errors, [0.05, 0.25, 0.75, 0.95]), rel=1e-4)
    assert row["low"] < row["estimate"] < row["high"]


def test_the_peak_is_where_features_are_nearly_dependent(findings):
    """15 line segments, one point each: the smallest singular value, and with it the error."""
    plain = [row for row in findings.tables["grid"] if row["ridge"] == 0]
    late = [row for row in plain if row["capacity"] >= 4]
    assert max(late, key=lambda row: row["error"])["capacity"] == 15
    assert min(plain, key=lambda row: row["smallest_singular_value"])["capacity"] == 15
    x = (np.arange(15) + 0.5) / 15
    for row in plain[11:16]:
        singular = np.linalg.svd(plain_features(x, row["capacity"]), compute_uv=False)
        assert row["smallest_singular_value"] == pytest.approx(singular.min(), rel=1e-9)
    drawn = [row for row in findings.tables["stratified"] if row["ridge"] == 0]
    assert max(drawn, key=lambda row: row["estimate"])["capacity"] == 15


def test_measuring_agrees_with_computing(findings):
    rows = findings.tables["grid_measured"]
    assert sum(row["contains_exact"] for row in rows) >= 16
    for row in rows:
        assert (
            row["exact"]
            == pick(findings.tables["grid"], capacity=row["capacity"], ridge=0)["error"]
        )
        assert abs(row["estimate"] - row["exact"]) < 2.5 * (row["high"] - row["low"])


def test_the_landmarks_and_the_answer_are_those_of_the_tables(findings):
    tables, marks = findings.tables, findings.tables["landmarks"]
    for design, ridge in (("grid", 0), ("grid", 1e-3), ("stratified", 0), ("stratified", 1e-3)):
        column = "error" if design == "grid" else "estimate"
        curve = {r["capacity"]: r[column] for r in tables[design] if r["ridge"] == ridge}
        before = {capacity: error for capacity, error in curve.items() if capacity < 14}
        after = {capacity: error for capacity, error in curve.items() if capacity > 14}
        first = min(before, key=before.get)
        later = {capacity: error for capacity, error in curve.items() if capacity >= first}
        expected = [first, 14, max(later, key=later.get), 15, min(after, key=after.get), 200]
        own = [row for row in marks if (row["design"], row["ridge"]) == (design, ridge)]
        assert [row["landmark"] for row in own] == [
            "first_minimum",
            "threshold",
            "peak",
            "units_equal_points",
            "second_minimum",
            "largest_capacity",
        ]
        assert [row["capacity"] for row in own] == expected
        assert [row["estimate"] for row in own] == [curve[capacity] for capacity in expected]
        if ridge == 0:
            for i in (0, 2, 4, 5):
                digits = 2 if own[i]["estimate"] > 1 else 3
                assert f"{own[i]['estimate']:.{digits}f}" in findings.answer
        else:
            # Without a peak the error past it is never far above the first minimum.
            assert own[3]["estimate"] < 1.1 * own[0]["estimate"]
            assert f"{own[3]['estimate']:.3f}" in findings.answer
    assert findings.answer.count("stays above") == 1
    past = findings.answer.partition(
        "With more parameters than points it stays above the first minimum "
    )[2]
    assert past.startswith("with fixed inputs (lowest: ")
    assert ") and with random inputs (lowest: " in past


def test_the_figures_hold_the_tables(findings):
    grid, stratified, parts = (figure.spec() for figure in charted(findings).values())
    table = grid_table(findings)
    assert len(table) == 4 * 46
    assert all(row in held(grid) for row in table)
    medians = {row["estimate"] for row in findings.tables["stratified"]}
    assert medians <= {row.get("estimate") for row in held(stratified)}
    plain = [row for row in findings.tables["grid"] if row["ridge"] == 0]
    assert {row.get("value") for row in held(parts)} - {None} == {
        row[name] for row in plain for name in ("bias_squared", "variance")
    }
