"""The formulas of docs/mathematics/, written down again: the code gives what they say."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import special, stats

from genlab import measure

Z = stats.norm.ppf(0.975)


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def t(freedom):
    return stats.t.ppf(0.975, freedom)


def test_squared_error(rng):
    n, noise = 30, 0.3
    y, f = rng.normal(size=(n, 4)), rng.normal(size=4)
    at_inputs, average = measure.squared_error_parts(y, f, noise)
    variance = y.var(axis=0, ddof=1)
    bias = (y.mean(axis=0) - f) ** 2 - variance / n
    assert_allclose(at_inputs.variance.mean, variance)
    assert_allclose(at_inputs.bias_squared.mean, bias)
    assert_allclose(average.bias_squared.mean, bias.mean())
    assert_allclose(at_inputs.error.mean, noise**2 + ((y - f) ** 2).mean(axis=0))
    squares = ((y - y.mean(axis=0)) ** 2).mean(axis=1)
    away = squares - squares.mean()
    r = squares.std(ddof=1) / math.sqrt(n) / squares.mean()
    g = max((away**3).sum() / (away**2).sum() ** 1.5, 3 * r)
    out = ((1 + 2 * Z**2) / 6 * g - Z**2 / 2 * r) * r
    assert_allclose(average.variance.low, variance.mean() * math.exp(-t(n - 1) * r))
    assert_allclose(average.variance.high, variance.mean() * math.exp(t(n - 1) * r + out))


def test_squared_length_of_one_coordinate():
    at_inputs, _ = measure.squared_error_parts([[1.0], [1.4], [2.1], [1.7]], [0.0], 0.0)
    bias, mean, variance = at_inputs.bias_squared, 1.55, np.var([1.0, 1.4, 2.1, 1.7], ddof=1) / 4

    def as_high(length):
        return stats.ncx2.sf(mean**2 / variance, 1, length / variance)

    assert_allclose([as_high(bias.low[0]), as_high(bias.high[0])], [0.025, 0.975], rtol=1e-8)


def test_loss_within_one_bound(rng):
    y, f = rng.normal(size=(20, 1)), np.zeros(1)
    loss = measure.squared_loss_parts(y, f, 0.5)[0].loss
    above = loss.mean[0] - 0.25
    r = (y[:, 0] ** 2).std(ddof=1) / math.sqrt(20) / above
    out = ((1 + 2 * Z**2) / 6 * 3 * r - Z**2 / 2 * r) * r
    ends = 0.25 + above * np.exp([-t(19) * r, t(19) * r + out])
    assert_allclose([loss.low[0], loss.high[0]], ends)


def test_losses_of_classes(rng):
    n, k = 25, 6
    votes, q = rng.integers(0, 3, (n, k)), rng.dirichlet(np.ones(3), k)
    shares = np.stack([(votes == c).mean(axis=0) for c in range(3)], axis=1)
    rows, best, main = np.arange(k), q.argmax(axis=1), shares.argmax(axis=1)
    terms = measure.kohavi_wolpert_parts(votes, q)[0].terms
    variance = n / (n - 1) * (1 - (shares**2).sum(axis=1)) / 2
    assert_allclose(terms["variance"].mean, variance)
    bias = ((shares - q) ** 2).sum(axis=1) / 2 - variance / n
    assert_allclose(terms["bias_squared"].mean, bias, atol=1e-12)
    terms = measure.zero_one_parts(votes, q)[0].terms
    right = shares[rows, best]
    others = (shares * q).sum(axis=1) - right * q[rows, best]
    assert_allclose(terms["noise"].mean, right * (1 - q[rows, best]) - others, atol=1e-12)
    departs = 1 - shares[rows, main]
    net = np.where(main == best, departs, -right)  # c₂ V, with c₂ = −P(y = y* | y departs)
    assert_allclose(terms["variance"].mean, net, atol=1e-12)


def test_losses_of_probabilities(rng):
    n = 25
    p, q = rng.dirichlet(np.ones(3), (n, 6)), rng.dirichlet(np.ones(3), 6)
    terms = measure.brier_parts(p, q)[0].terms
    variance = p.var(axis=0, ddof=1).sum(axis=1)
    assert_allclose(terms["variance"].mean, variance)
    bias = ((p.mean(axis=0) - q) ** 2).sum(axis=1) - variance / n
    assert_allclose(terms["bias_squared"].mean, bias, atol=1e-12)

    def spread(p):
        return -np.log(np.exp(np.log(p).mean(axis=0)).sum(axis=1))

    terms = measure.cross_entropy_parts(p, q)[0].terms
    pseudo = [n * spread(p) - (n - 1) * spread(np.delete(p, d, axis=0)) for d in range(n)]
    variance, loss = np.mean(pseudo, axis=0), -(q * np.log(p)).sum(axis=2).mean(axis=0)
    assert_allclose(terms["variance"].mean, variance)
    bias = loss - special.entr(q).sum(axis=1) - variance
    assert_allclose(terms["bias"].mean, bias, atol=1e-12)


def test_absolute_error(rng):
    n, sigma = 25, 0.3
    y, f = rng.normal(size=(n, 3)), np.array([0.1, 0.5, 2.0])

    def distance(x, s):
        return 2 * s * stats.norm.pdf(x / s) + x * special.erf(x / s / math.sqrt(2))

    ordered, off = np.sort(y, axis=0), np.median(y, axis=0) - f
    rank = int(stats.binom.ppf(0.0005, n, 0.5)) - 1
    coverage = -2 * stats.norm.ppf(stats.binom.cdf(rank, n, 0.5))
    error = (ordered[n - 1 - rank] - ordered[rank]) / coverage
    wide = distance(off, np.sqrt(sigma**2 + error**2))
    terms = measure.absolute_error_parts(y, f, sigma)[0].terms
    expected = 2 * distance(off, sigma) - wide - distance(0.0, sigma)
    assert_allclose(terms["bias"].mean, expected, atol=1e-12)


def test_total_effects(rng):
    x = rng.normal(size=(5, 3))
    found = measure.total_effect_variances(x)
    assert_allclose(found[:2], ((x[:, 1:] - x[:, :1]) ** 2).mean(axis=0) / 2)
    apart = [
        (x[a] - x[b][:, None]) ** 2 for a in range(5) for b in range(5) if a != b
    ]  # all pairs of runs of two groups
    assert_allclose(found[2], np.mean(apart) / 2)


@pytest.mark.parametrize("errors", [(0.02, 0.03, 0.05), (0.001, 0.0, 0.002), (0.1, 0.1, 0.1)])
def test_mean_error(errors):
    n, k, p = 1000, 3, np.mean(errors)
    variance = max(np.var(errors, ddof=1), min(p * (1 - p) / n, 1 / (4 * n**2)))
    e, odds = math.sqrt(variance / k) / (p * (1 - p)), p / (1 - p)
    shape = max(0.3, 1 / k, 1 / (1 + p * n * k))
    beta = stats.beta.ppf(0.025, k * shape, p * n * k + 1)
    limit = shape * (1 - beta) / (n * beta) / ((1 - p) * (1 - 2 * p))
    low = odds * math.exp(-t(k - 1) * e)
    high = odds * math.exp(t(k - 1) * e + (1 + Z**2) / 2 * (1 - 2 * p) * e**2)
    found = measure.error_interval(errors, n)
    assert_allclose(found.low, low / (1 + low))
    assert_allclose(found.high, min(high, limit) / (1 + min(high, limit)))


def test_mean_loss():
    losses, k = np.array([0.5, 0.25, 0.125]), 3
    e, shape = losses.std(ddof=1) / math.sqrt(k) / losses.mean(), 1 / 3
    limit = losses.mean() * k * shape / stats.gamma.ppf(0.025, k * shape)
    found = measure.loss_interval(losses)
    assert_allclose(found.low, losses.mean() * math.exp(-t(2) * e))
    high = losses.mean() * math.exp(t(2) * e + (1 + Z**2) / 2 * e**2)
    assert_allclose(found.high, min(high, limit))


def test_variance(rng):
    n = 15
    x = rng.standard_t(3, size=n)
    away = x - x.mean()
    kurtosis = n * (n + 1) / (n - 1) * (away**4).sum() / (away**2).sum() ** 2
    nu = 2 * n / (max(kurtosis, 3) - 1 + 2 / (n - 1))
    found = measure.variance_interval(x)
    ends = nu * x.var(ddof=1) / stats.chi2.ppf([0.975, 0.025], nu)
    assert_allclose([found.low, found.high], ends)


def test_order_statistics_and_tails(rng):
    x = np.sort(rng.pareto(3, 2000) + 1)
    found, rank = measure.quantile_interval(x, 0.3), stats.binom(2000, 0.3).ppf
    assert found.low == x[int(rank(0.025)) - 1]
    assert found.high == x[int(rank(0.975))]
    index, k = measure.tail_index(x, share=0.05), 100
    inverse = np.log(x[-k:] / x[-k - 1]).mean()
    assert_allclose(index.mean, 1 / inverse)
    assert_allclose(index.low, stats.gamma.ppf(0.025, k) / k / inverse)


def test_cross_validation(rng):
    found = measure.cross_validated_interval([0.1, 0.2, 0.1, 0.15, 0.2], 20, 80)
    p, n = 0.15, 100 * 80 / (100 + 80)
    half = Z * math.sqrt(p * (1 - p) / n + Z**2 / (4 * n**2))
    ends = [(p + Z**2 / (2 * n) + side * half) / (1 + Z**2 / n) for side in (-1, 1)]
    assert_allclose([found.low, found.high], ends)
    first, second = rng.random((2, 5, 20))
    found = measure.cross_validated_difference(list(first), list(second), 80)
    variance = (first - second).var(ddof=1) * (1 / 100 + 1 / (2 * 80))
    assert_allclose(found.high - found.mean, t(99) * math.sqrt(variance))


def test_threshold():
    errors = [[0.5, 0.4, 0.3], [0.1, 0.005, 0.2], [0.004, 0.0, 0.02], [0, 0, 0]]
    found = measure.interpolation_threshold([10, 20, 40, 80], errors).capacity
    a, b = np.array([20.0, 10, 40]), np.array([40.0, 20, 80])
    reach = t(2) / math.sqrt(3)
    assert_allclose(found.low, a.mean() * math.exp(-reach * a.std(ddof=1) / a.mean()))
    assert_allclose(found.high, b.mean() + reach * b.std(ddof=1))


def test_all_pairs_of_a_curve(rng):
    rows = rng.normal(size=(6, 3))
    squares = ((rows - rows.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    own, near, pooled = squares[:2] / 2, [squares[:3].mean() / 2, squares[:4].mean() / 2], squares
    v = np.maximum(np.maximum(own, near), pooled.mean() / 2)
    found = measure.pairwise_intervals(rows)
    half = stats.studentized_range.ppf(0.95, 6, 12) * math.sqrt((v[0] + v[1]) / 3 / 2)
    assert_allclose(found.high[0, 1] - found.mean[0, 1], half)


def test_forecast():
    sizes = np.array([100, 200, 400])
    errors = np.array([[0.4, 0.32, 0.25], [0.42, 0.3, 0.27], [0.38, 0.31, 0.24]])
    slope, start = np.polyfit(np.log(sizes), special.logit(errors.mean(axis=0)), 1)
    expected = start + slope * math.log(400) + 0.65 * slope * math.log(2)
    found = measure.fit_forecast(sizes, errors, at_most_1=True).at([800])
    assert_allclose(found.mean, special.expit(expected))


def test_influences(rng):
    y, labels = rng.integers(0, 3, (2, 60))
    wrong, count = 1.0 * (labels != y), np.bincount(y)
    of_class = np.bincount(y, wrong) / count
    found = measure.get_score("balanced_error").scored(y, labels)
    influence = 60 / (3 * count[y]) * (wrong - of_class[y])
    assert_allclose(found.parts - found.value, influence, atol=1e-12)
    y, labels = rng.integers(0, 2, (2, 50))
    found = measure.get_score("f1").scored(y, labels)
    influence = 50 / (y + labels).sum() * (2.0 * (y & labels) - found.value * (y + labels))
    assert_allclose(found.parts - found.value, influence, atol=1e-12)


def test_calibration(rng):
    counts = measure.Reliability(np.array([0, 40]), np.array([0.0, 34.0]), np.array([0, 30]))
    p, k = 0.85, math.floor(40 * 0.85) + 1
    assert_allclose(counts.chance, 2 * k * special.comb(40, k) * p**k * (1 - p) ** (41 - k) / 40)
    stated = np.full((300, 2), [0.8, 0.2])
    y = 1 * (rng.random(300) < 0.4)  # one bin, right in about 60%
    gaps = 0.8 - (y == 0)
    variance = max(gaps.var(ddof=1), 0.8 * 0.2)
    found = measure.calibration_test(stated, y).calibration_error
    assert_allclose(found.mean**2, gaps.mean() ** 2 - variance / 300)


def test_expected_best():
    found = measure.expected_best_of([0.3, 0.1, 0.2, 0.5], [30.0, 10.0, 20.0, 50.0], 2)
    weights = [special.comb(3 - r, 1) / special.comb(4, 2) for r in range(3)]
    assert_allclose(found, np.dot(weights, [10.0, 20.0, 30.0]))
