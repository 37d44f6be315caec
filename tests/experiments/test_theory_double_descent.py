"""`theory-double-descent` against brute force, and its tables against each other."""

from dataclasses import replace

import numpy as np
import pytest
import scipy
from experiments.quick import drawn, held, pick, ran

from genlab.experiments.theory_double_descent import PROTOCOLS
from genlab.experiments.theory_double_descent.extrapolation import can_extrapolate, extrapolated
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
    n_smaller=20,
    n_draws_smaller=12,
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
    """Its exact means over test inputs against those of many test inputs."""
    n, d, n_test, ridge = 30, 10, 100_000, 0.01
    parts = random_features_parts(np.random.default_rng(5), n, d, n_features, 0.4, (0.0, ridge))
    rng = np.random.default_rng(5)

    def sphere(k):
        z = rng.standard_normal((k, d))
        return z * np.sqrt(d) / np.linalg.norm(z, axis=1)[:, None]

    x, w = sphere(n), sphere(n_features)
    beta, form = rng.standard_normal(d), rng.standard_normal((d, d))
    beta /= np.linalg.norm(beta)
    form = form + form.T
    form -= np.trace(form) / d * np.eye(d)
    point, test = sphere(1), sphere(n_test)
    curved = np.einsum("ij,jk,ik->i", test, form, test)
    size = 0.4 / np.sqrt(2 * d / (d + 2) * (form**2).sum())
    assert (size * curved).std() == pytest.approx(0.4, rel=0.01)
    truth = test @ beta + size * curved
    target = x @ beta + size * np.einsum("ij,jk,ik->i", x, form, x)
    features, shown, at = (np.maximum(z @ w.T / np.sqrt(d), 0) for z in (x, test, point))
    for i, penalty in enumerate((0.0, ridge)):
        solve = np.linalg.pinv(features)
        if penalty:
            gram = features.T @ features + n * n_features / d * penalty * np.eye(n_features)
            solve = np.linalg.solve(gram, features.T)
        rows = shown @ solve
        errors = (truth - rows @ target) ** 2
        spread = (rows**2).sum(axis=1)
        for exact, drawn_values in ((parts.bias[i], errors), (parts.variance[i], spread)):
            error = drawn_values.std() / np.sqrt(n_test)
            assert error < 0.01 * exact
            assert exact == pytest.approx(drawn_values.mean(), abs=4 * error)
        assert parts.at_a_point[i] == pytest.approx(((at @ solve) ** 2).sum(), rel=1e-6)


def test_the_counts_are_those_of_the_rows(result):
    for count in result.tables["agreement"]:
        extra = count["theory"] == "limit_extrapolated"
        rows = result.tables["extrapolated" if extra else "risk"]
        theory = count["theory"].removesuffix("_extrapolated")
        key = f"{theory}_inside"
        own = [
            row
            for row in rows
            if all(row[name] == count[name] for name in ("model", "ridge", "part"))
            and row[key] is not None
        ]
        inside = [row["low"] <= row[theory] <= row["high"] for row in own]
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


def test_extrapolation_is_exact_for_a_power_of_the_size():
    """A mean of a exp(b / n) extrapolates to a, and the interval is SciPy's for two samples."""
    spread = np.array([-0.02, 0.0, 0.01, 0.01])
    larger, smaller = (3.0 * np.exp(5 / n) * (1 + spread) for n in (60, 20))
    found = extrapolated(larger, 60, smaller, 20)
    assert float(found.mean) == pytest.approx(3.0)
    # log of the mean = 1.5 log(larger) − 0.5 log(smaller), to first order in the spread.
    both = (1.5 * larger / larger.mean(), 0.5 * smaller / smaller.mean())
    ends = scipy.stats.ttest_ind(*both, equal_var=False).confidence_interval(0.95)
    half = (ends.high - ends.low) / 2
    assert np.log([found.low, found.high]) - np.log(3) == pytest.approx([-half, half])


def test_extrapolated_means_cover_an_exact_limit():
    """The mean of 1 / χ², whose value for n is exact: its limit and the stated 95%."""
    rng = np.random.default_rng(3)
    n_inside, repetitions = 0, 1_000
    for _ in range(repetitions):
        larger, smaller = (n / rng.chisquare(n, size=k) for n, k in ((60, 30), (30, 60)))
        found = extrapolated(larger, 60, smaller, 30)
        n_inside += found.low <= 1 <= found.high
    assert 0.93 * repetitions <= n_inside <= 0.97 * repetitions


@pytest.mark.parametrize("scale", PROTOCOLS)
def test_both_sizes_have_the_same_ratios(scale):
    protocol = PROTOCOLS[scale]
    sizes = np.array([protocol.n_examples, protocol.n_smaller, protocol.n_inputs])
    features = np.outer(protocol.ratios, sizes)
    assert features == pytest.approx(features.round())
    assert protocol.n_inputs * protocol.n_smaller % protocol.n_examples == 0


def test_where_no_mean_has_an_interval_nothing_is_extrapolated(result):
    assert not can_extrapolate(20, 23, 0.0)
    assert can_extrapolate(20, 24, 0.0)
    assert can_extrapolate(20, 20, 0.1)
    rows = result.tables["extrapolated"]
    assert {row["ratio"] for row in rows if row["ridge"] == 0} == {0.2, 0.5, 2.0, 5.0}
    assert {row["ratio"] for row in rows if row["ridge"] > 0} == set(SMALL.ratios)
    zero = [
        row for row in rows if (row["model"], row["ridge"], row["part"]) == ("isotropic", 0, "bias")
    ]
    assert {row["ratio"] for row in zero} == {2.0, 5.0}


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
        theory="limit_extrapolated",
    )
    assert features["n_compared"] == len(SMALL.ratios)
    for n, differs in ((features["by_chance_low"], False), (features["by_chance_low"] - 1, True)):
        counts = [
            row | {"n_inside": n} if row == features else row for row in result.tables["agreement"]
        ]
        told = answer({**result.tables, "agreement": counts}, SMALL)
        assert ("or more that chance allows" in told) == differs


def test_the_figures_hold_the_tables(result):
    figures = drawn(result)
    assert list(figures) == ["risk", "parts", "agreement", "agreement-ridge", "infinite-width"]
    for name, rows in (("risk", risk_table(result)), ("parts", parts_table(result))):
        shown = held(figures[name].spec())
        assert all(row in shown for row in rows)
    for name, line in (("agreement", "no ridge"), ("agreement-ridge", "with ridge")):
        ratios = [row for row in agreement_table(result) if row["line"] == line]
        shown = held(figures[name].spec())
        assert len({row["theory"] for row in ratios}) == 3
        assert all(row in shown for row in ratios)
