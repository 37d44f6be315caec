"""Theory of linear regression against closed forms, limits and brute force."""

import numpy as np
import pytest
import scipy

from genlab.measure.theory import (
    isotropic_risk,
    isotropic_variance_quantile,
    optimal_ridge,
    ridge_risk,
)

SPECTRUM, SIGNAL = np.array([2.0, 0.5, 0.1]), np.array([1.0, 0.2, 3.0])


def marchenko_pastur(gamma, ridge):
    """The Stieltjes transform of its distribution at −ridge, and the derivative."""

    def transform(z):
        b = 1 - gamma - z
        return (b - np.sqrt(b**2 - 4 * gamma * z)) / (2 * gamma * z)

    step = 1e-5 * ridge
    z = -ridge
    return transform(z), (transform(z + step) - transform(z - step)) / (2 * step)


def test_isotropic_features_without_ridge():
    """Hastie et al., theorem 1."""
    below, above = np.array([0.1, 0.5, 0.9]), np.array([1.1, 2.0, 10.0])
    found = ridge_risk(below, signal=4.0, noise=0.5, eigenvalues=3.0)
    assert found.variance == pytest.approx(0.25 * below / (1 - below))
    assert (found.bias == 0).all()
    found = ridge_risk(above, signal=4.0, noise=0.5)
    assert found.variance == pytest.approx(0.25 / (above - 1))
    assert found.bias == pytest.approx(4 * (1 - 1 / above))
    assert found.risk == pytest.approx(found.bias + found.variance)
    # The mean fit is the projection's mean, (1/γ) β.
    assert found.bias - found.input_variance == pytest.approx(4 * (1 - 1 / above) ** 2)


@pytest.mark.parametrize("gamma", [0.2, 1.0, 3.0])
@pytest.mark.parametrize("ridge", [0.01, 0.5, 20.0])
def test_isotropic_features_with_ridge(gamma, ridge):
    """Hastie et al., theorem 5, from the closed form of the Stieltjes transform."""
    m, slope = marchenko_pastur(gamma, ridge)
    found = ridge_risk(gamma, signal=4.0, noise=0.5, ridge=ridge)
    assert found.bias == pytest.approx(4 * ridge**2 * slope, rel=1e-6)
    assert found.variance == pytest.approx(0.25 * gamma * (m - ridge * slope), rel=1e-6)
    assert found.bias - found.input_variance == pytest.approx(4 * (ridge * m) ** 2, rel=1e-6)


def test_equal_eigenvalues_are_the_isotropic_case():
    ratios, ridges = np.array([0.3, 1.0, 4.0]), np.array([[0.0], [0.1]])
    one = ridge_risk(ratios, 1.5, 0.7, ridges)
    for spectrum, signal in (([1.0] * 4, [0.0, 1.5, 0.0, 0.0]), ([1.0] * 3, 1.5)):
        many = ridge_risk(ratios, signal, 0.7, ridges, spectrum)
        for name in ("risk", "bias", "variance", "input_variance"):
            assert getattr(many, name) == pytest.approx(getattr(one, name), rel=1e-9, abs=1e-12)
    assert one.risk.shape == (2, 3)
    # Directions without variance are no features.
    half = ridge_risk(2 * ratios, [1.5, 7.0], 0.7, ridges, [1.0, 0.0])
    assert half.risk == pytest.approx(one.risk, rel=1e-9)


def test_units_of_the_features_do_not_matter():
    one = ridge_risk([0.5, 2.0], SIGNAL, 0.5, 0.1, SPECTRUM)
    other = ridge_risk([0.5, 2.0], SIGNAL / 9, 0.5, 0.9, 9 * SPECTRUM)
    assert other.risk == pytest.approx(one.risk, rel=1e-10)
    assert other.input_variance == pytest.approx(one.input_variance, rel=1e-10)


def test_limits():
    total = SPECTRUM @ SIGNAL
    heavy = ridge_risk([0.5, 2.0], SIGNAL, 0.5, 1e9, SPECTRUM)
    assert heavy.bias == pytest.approx(total)
    assert heavy.variance == pytest.approx(0, abs=1e-9)
    few = ridge_risk(1e-8, SIGNAL, 0.5, 0.0, SPECTRUM)
    assert few.risk == pytest.approx(0, abs=1e-8)
    many = ridge_risk(1e8, SIGNAL, 0.5, 0.0, SPECTRUM)
    assert many.risk == pytest.approx(total, rel=1e-6)
    near = ridge_risk([1 - 1e-9, 1.0, 1 + 1e-9], SIGNAL, 0.5, 0.0, SPECTRUM)
    assert near.risk[1] == np.inf
    assert (near.risk[[0, 2]] > 1e8).all()
    without_noise = ridge_risk(1.0, SIGNAL, 0.0, 0.0, SPECTRUM)
    assert (without_noise.risk, without_noise.variance) == (0, 0)
    # A ridge that vanishes is none.
    small, none = (ridge_risk([0.5, 3.0], SIGNAL, 0.5, r, SPECTRUM) for r in (1e-10, 0.0))
    assert small.risk == pytest.approx(none.risk, rel=1e-6)


@pytest.mark.parametrize("gamma", [0.3, 1.0, 5.0])
def test_the_optimal_ridge(gamma):
    """γ / SNR; the risk there is noise² γ m(−λ) (Hastie et al., corollary 5), without a peak."""
    best = float(optimal_ridge(gamma, signal=4.0, noise=0.8))
    found = scipy.optimize.minimize_scalar(
        lambda log: float(ridge_risk(gamma, 4.0, 0.8, np.exp(log)).risk),
        bounds=(np.log(best) - 3, np.log(best) + 3),
        options={"xatol": 1e-7},
    )
    assert np.exp(found.x) == pytest.approx(best, rel=1e-3)
    assert found.fun == pytest.approx(0.64 * gamma * marchenko_pastur(gamma, best)[0], rel=1e-9)


@pytest.mark.parametrize(("p", "ridge"), [(36, 0.05), (120, 0.05), (120, 0.0)])
def test_general_covariance_by_brute_force(p, ridge):
    """Fits to noisy targets; their mean and their error, as anyone would measure them."""
    n, n_draws, noise = 60, 100, 0.5
    rng = np.random.default_rng(p)
    scale = np.repeat(np.sqrt(SPECTRUM), p // 3)
    beta = np.concatenate([d / np.linalg.norm(d) for d in rng.normal(size=(3, p // 3))])
    beta *= np.repeat(np.sqrt(SIGNAL), p // 3)
    bias, variance, fits = [], [], []
    for _ in range(n_draws):
        x = rng.normal(size=(n, p)) * scale
        y = x @ beta + noise * rng.normal(size=(20, n))
        if ridge:
            solved = np.linalg.solve(x.T @ x + n * ridge * np.eye(p), x.T)
        else:
            solved = np.linalg.pinv(x)
        errors = (y @ solved.T - beta) * scale
        spread = errors.var(axis=0, ddof=1).sum()
        variance.append(spread)
        bias.append((errors.mean(axis=0) ** 2).sum() - spread / 20)
        fits.append((solved @ (x @ beta) - beta) * scale)
    found = ridge_risk(p / n, SIGNAL, noise, ridge, SPECTRUM)
    for measured, theory in ((bias, found.bias), (variance, found.variance)):
        error = np.std(measured) / np.sqrt(n_draws)
        assert error < 0.04 * theory
        assert np.mean(measured) == pytest.approx(float(theory), abs=3 * error + 2 * theory / n)
    # The same fits, their mean and their variance over training inputs.
    spread = np.var(fits, axis=0, ddof=1).sum()
    assert spread == pytest.approx(float(found.input_variance), rel=0.05)


@pytest.mark.parametrize("p", [4, 20])
def test_finite_isotropic_features_without_ridge(p):
    n, n_draws = 10, 20_000
    x = np.random.default_rng(p).normal(size=(n_draws, n, p))
    gram = x.swapaxes(1, 2) @ x if p < n else x @ x.swapaxes(1, 2)
    traces = np.trace(np.linalg.inv(gram), axis1=1, axis2=2)
    found = isotropic_risk(n, p, signal=3.0, noise=2.0)
    error = 4 * traces.std() / np.sqrt(n_draws)
    assert traces.mean() == pytest.approx(float(found.variance) / 4, abs=error)
    # The limit of many examples is something else.
    assert abs(traces.mean() - float(ridge_risk(p / n).variance)) > 4 * error
    beta = np.zeros(p)
    beta[0] = np.sqrt(3.0)
    if p > n:
        lost = beta - (x.swapaxes(1, 2) @ np.linalg.solve(gram, (x @ beta)[..., None]))[..., 0]
        squares = (lost**2).sum(axis=1)
        assert squares.mean() == pytest.approx(float(found.bias), rel=0.02)
        mean = (lost.mean(axis=0) ** 2).sum()
        assert mean == pytest.approx(float(found.bias - found.input_variance), rel=0.02)
    else:
        assert found.bias == 0


@pytest.mark.parametrize("p", [20, 40, 80])
def test_finite_isotropic_features_with_ridge(p):
    n, ridge, n_draws = 40, 0.1, 2_000
    x = np.random.default_rng(p).normal(size=(n_draws, n, p))
    gram = x.swapaxes(1, 2) @ x if p < n else x @ x.swapaxes(1, 2)
    values = np.linalg.eigvalsh(gram / n)
    values = np.concatenate([values, np.zeros((n_draws, p - values.shape[1]))], axis=1)
    lost = ridge / (values + ridge)
    measured = {
        "bias": (lost**2).mean(axis=1),
        "variance": (values / (values + ridge) ** 2).sum(axis=1) / n,
    }
    finite, limit = isotropic_risk(n, p, ridge=ridge), ridge_risk(p / n, ridge=ridge)
    for name, each in measured.items():
        error = each.std() / np.sqrt(n_draws)
        left = abs(each.mean() - float(getattr(finite, name)))
        assert left < 4 * error + 2 * float(getattr(finite, name)) / n**2
        assert left < abs(each.mean() - float(getattr(limit, name))) / 4
    mean = float(finite.bias - finite.input_variance)
    assert lost.mean() ** 2 == pytest.approx(mean, rel=2e-3)


@pytest.mark.parametrize("p", [3, 5, 9])
def test_the_variance_at_a_point(p):
    n, n_draws = 5, 20_000
    rng = np.random.default_rng(p)
    x, point = rng.normal(size=(n_draws, n, p)), rng.normal(size=(n_draws, p, 1))
    values = ((np.linalg.pinv(x).swapaxes(1, 2) @ point) ** 2).sum(axis=(1, 2))
    for quantile in (0.1, 0.5, 0.9):
        ends = isotropic_variance_quantile(n, p, noise=2.0, quantile=quantile)
        share, error = np.mean(4 * values < ends), np.sqrt(quantile * (1 - quantile) / n_draws)
        assert share == pytest.approx(quantile, abs=4 * error)


def test_at_the_peak_only_the_mean_is_infinite():
    found = isotropic_risk(50, [48, 49, 50, 51, 52])
    assert np.isinf(found.variance).tolist() == [False, True, True, True, False]
    assert isotropic_risk(50, 50, noise=0.0).risk == 0
    assert isotropic_variance_quantile(50, 50) == pytest.approx(50 * scipy.stats.f.ppf(0.5, 50, 1))


def test_many_examples_are_the_limit():
    n = 10**7
    for ridge in (0.0, 0.3):
        finite = isotropic_risk(n, [n // 2, 2 * n], 2.0, 0.5, ridge)
        limit = ridge_risk([0.5, 2.0], 2.0, 0.5, ridge)
        for name in ("risk", "bias", "variance", "input_variance"):
            assert getattr(finite, name) == pytest.approx(getattr(limit, name), rel=1e-6)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"aspect_ratio": 0.0}, "`aspect_ratio` must be above 0"),
        ({"aspect_ratio": 1.0, "ridge": -1.0}, "`ridge` must be at least 0"),
        ({"aspect_ratio": [1.0, 2.0], "noise": [1.0] * 3}, "`noise` must have a shape"),
        ({"aspect_ratio": 1.0, "eigenvalues": [0.0]}, "`eigenvalues` must be a number or a list"),
        ({"aspect_ratio": 1.0, "signal": [1.0, 2.0]}, "`signal` must be a number, or one per"),
        ({"aspect_ratio": []}, "`aspect_ratio` must hold at least one number"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        ridge_risk(**arguments)


def test_counts_are_whole():
    with pytest.raises(ValueError, match="`p` must hold whole numbers from 1"):
        isotropic_risk(10, 2.5)
    with pytest.raises(ValueError, match="`quantile` must be below 1"):
        isotropic_variance_quantile(10, 2, quantile=1.0)
