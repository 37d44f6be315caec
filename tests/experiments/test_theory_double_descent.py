"""`theory-double-descent` against brute force, and its tables against each other."""

from dataclasses import replace

import numpy as np
import pytest
import scipy
from experiments.quick import drawn, held, pick, ran

from genlab.experiments.theory_double_descent import PROTOCOLS
from genlab.experiments.theory_double_descent.figures import (
    agreement_table,
    parts_table,
    risk_table,
)
from genlab.experiments.theory_double_descent.simulation import linear_parts, random_features_parts
from genlab.experiments.theory_double_descent.words import answer

SMALL = replace(
    PROTOCOLS["quick"],
    n_examples=40,
    n_inputs=40,
    n_draws=12,
    n_test=50,
    n_train_mnist1d=200,
    n_test_mnist1d=100,
    ratios=(0.2, 0.5, 1.0, 2.0, 5.0),
)


@pytest.fixture(scope="module")
def result():
    return ran("theory-double-descent", SMALL)


@pytest.mark.parametrize("p", [12, 30, 60])
def test_a_linear_fit_by_brute_force(p):
    """The same inputs, fitted to noisy targets with and without a ridge."""
    n, ridge = 30 if p != 30 else 31, 0.2
    parts = linear_parts(np.random.default_rng(p), n, p, (1.0, 0.1), (0.5, 2.0), (0.0, ridge))
    rng = np.random.default_rng(p)
    scale = np.repeat(np.sqrt([1.0, 0.1]), p // 2)
    x = rng.standard_normal((n, p)) * scale
    beta = [rng.standard_normal(p // 2) for _ in range(2)]
    beta = np.concatenate([b / np.linalg.norm(b) for b in beta])
    beta *= np.repeat(np.sqrt([0.5, 2.0]), p // 2)
    point = rng.standard_normal(p) * scale
    for i, penalty in enumerate((0.0, ridge)):
        solve = np.linalg.pinv(x)
        if penalty:
            solve = np.linalg.solve(x.T @ x + n * penalty * np.eye(p), x.T)
        error = scale * (beta - solve @ (x @ beta))
        assert parts.bias[i] == pytest.approx(error @ error, rel=1e-6, abs=1e-12)
        assert parts.variance[i] == pytest.approx(((scale[:, None] * solve) ** 2).sum(), rel=1e-6)
        assert parts.at_a_point[i] == pytest.approx(((point @ solve) ** 2).sum(), rel=1e-6)


@pytest.mark.parametrize("n_features", [20, 60])
def test_a_fit_of_random_features_by_brute_force(n_features):
    n, d, n_test, ridge = 30, 10, 4_000, 0.01
    parts = random_features_parts(
        np.random.default_rng(5), n, d, n_features, n_test, 0.4, (0.0, ridge)
    )
    rng = np.random.default_rng(5)
    x, test, w = (
        z * np.sqrt(d) / np.linalg.norm(z, axis=1)[:, None]
        for z in (rng.standard_normal((k, d)) for k in (n, n_test, n_features))
    )
    beta, form = rng.standard_normal(d), rng.standard_normal((d, d))
    beta /= np.linalg.norm(beta)
    form = form + form.T
    form -= np.trace(form) / d * np.eye(d)
    curved = np.einsum("ij,jk,ik->i", test, form, test)
    size = 0.4 / np.sqrt(2 * d / (d + 2) * (form**2).sum())
    assert (size * curved).std() == pytest.approx(0.4, rel=0.05)
    truth = test @ beta + size * curved
    target = x @ beta + size * np.einsum("ij,jk,ik->i", x, form, x)
    features, shown = (np.maximum(z @ w.T / np.sqrt(d), 0) for z in (x, test))
    for i, penalty in enumerate((0.0, ridge)):
        solve = np.linalg.pinv(features)
        if penalty:
            gram = features.T @ features + n * n_features / d * penalty * np.eye(n_features)
            solve = np.linalg.solve(gram, features.T)
        rows = shown @ solve
        assert parts.bias[i] == pytest.approx(((truth - rows @ target) ** 2).mean(), rel=1e-6)
        assert parts.variance[i] == pytest.approx((rows**2).sum(axis=1).mean(), rel=1e-6)


def test_the_counts_are_those_of_the_rows(result):
    rows = result.tables["risk"]
    for count in result.tables["agreement"]:
        key = f"{count['theory']}_inside"
        own = [
            row
            for row in rows
            if all(row[name] == count[name] for name in ("model", "ridge", "part"))
            and row[key] is not None
        ]
        inside = [row["low"] <= row[count["theory"]] <= row["high"] for row in own]
        assert (sum(inside), len(own)) == (count["n_inside"], count["n_compared"])
        low, high = scipy.stats.binom.interval(0.95, len(own), 0.95)
        assert (count["by_chance_low"], count["by_chance_high"]) == (low, high)
    exact = pick(
        result.tables["agreement"], model="isotropic", ridge=0.0, part="risk", theory="finite"
    )
    assert exact["n_compared"] == 4
    assert exact["n_inside"] >= 3


def test_where_the_mean_is_infinite_there_is_a_median(result):
    for row in result.tables["risk"]:
        peak = row["ratio"] == 1 and row["ridge"] == 0
        assert (row["summary"] == "median") == (peak or row["part"] == "variance_at_a_point")
        if peak and row["part"] == "risk":
            assert row["limit"] is None
            assert row["limit_inside"] is None
    point = pick(result.tables["risk"], part="variance_at_a_point", ratio=1.0)
    assert point["low"] < point["finite"] < point["high"]


def test_infinite_width(result):
    rows = result.tables["infinite_width"]
    assert [(row["kernel"], row["labels"]) for row in rows] == [
        (kernel, labels) for kernel in ("nngp", "ntk") for labels in ("clean", "noisy")
    ]
    # 200 examples teach something, and no more.
    assert all(0.3 < row["low"] < row["estimate"] < row["high"] < 0.9 for row in rows)


def test_the_sentences_hold_the_numbers(result):
    row = pick(result.tables["risk"], model="isotropic", ridge=0.0, ratio=0.5, part="risk")
    assert f"in theory {row['finite']:.3f}." in result.finding
    assert f"{row['estimate']:.3f} [{row['low']:.3f}, {row['high']:.3f}]" in result.finding
    exact = pick(
        result.tables["agreement"], model="isotropic", ridge=0.0, part="risk", theory="finite"
    )
    assert ("predicts" in result.finding) == (exact["n_inside"] >= exact["by_chance_low"])
    assert f"{exact['n_inside']} of {exact['n_compared']} other ratios" in result.answer
    assert "NTK with noisy labels" in result.notes[-1]
    features = pick(
        result.tables["agreement"],
        model="random_features",
        ridge=SMALL.features_ridge,
        part="risk",
        theory="limit",
    )
    for n, differs in ((features["by_chance_low"], False), (features["by_chance_low"] - 1, True)):
        counts = [
            row | {"n_inside": n} if row == features else row for row in result.tables["agreement"]
        ]
        told = answer({**result.tables, "agreement": counts}, SMALL)
        assert ("differs from the limit" in told) == differs


def test_the_figures_hold_the_tables(result):
    figures = drawn(result)
    assert list(figures) == ["risk", "parts", "agreement", "infinite-width"]
    for name, rows in (("risk", risk_table(result)), ("parts", parts_table(result))):
        shown = held(figures[name].spec())
        assert all(row in shown for row in rows)
    ratios = [row for row in agreement_table(result) if row["line"] == "no ridge"]
    shown = held(figures["agreement"].spec())
    assert all(row in shown for row in ratios)
