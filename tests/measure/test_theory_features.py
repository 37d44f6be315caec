"""Theory of random features against its fixed point, limits and simulation."""

import numpy as np
import pytest
import scipy

from genlab.measure.theory import RELU, activation_moments, random_features_risk, ridge_risk
from genlab.measure.theory._random_features import _root


def test_moments_of_relu():
    assert RELU.constant == pytest.approx(1 / np.sqrt(2 * np.pi))
    assert RELU.linear == 0.5
    assert RELU.nonlinear**2 == pytest.approx(0.5 - 1 / (2 * np.pi) - 0.25)


@pytest.mark.parametrize("activation", [lambda x: max(x, 0.0), np.tanh, np.sign, np.square])
def test_moments_are_those_of_quad(activation):
    def expected(function):
        parts = [
            scipy.integrate.quad(lambda x: function(x) * scipy.stats.norm.pdf(x), *ends)[0]
            for ends in ((-10, 0), (0, 10))
        ]
        return sum(parts)

    found = activation_moments(activation)
    mean, slope = expected(activation), expected(lambda x: x * activation(x))
    rest = expected(lambda x: activation(x) ** 2) - mean**2 - slope**2
    assert found.constant == pytest.approx(mean, abs=1e-8)
    assert found.linear == pytest.approx(slope, abs=1e-8)
    assert found.nonlinear == pytest.approx(np.sqrt(rest), abs=1e-8)


@pytest.mark.parametrize(("psi1", "psi2", "ridge"), [(0.5, 2.0, 0.1), (2.0, 2.0, 1.0)])
def test_the_fixed_point(psi1, psi2, ridge):
    """Equations 12 and 13 as they stand, by iteration at an imaginary argument."""
    zeta, xi = 1.5, 1j * np.sqrt(psi1 * psi2 * ridge)
    one, two = 1j, 1j
    for _ in range(2_000):
        new = psi1 / (-xi - two - zeta**2 * two / (1 - zeta**2 * one * two))
        one = (one + new) / 2
        new = psi2 / (-xi - one - zeta**2 * one / (1 - zeta**2 * one * two))
        two = (two + new) / 2
    assert -one * two == pytest.approx(_root(psi1, psi2, zeta**2, ridge), rel=1e-9)


@pytest.mark.parametrize("ridge", [0.0, 0.3])
@pytest.mark.parametrize("examples", [0.4, 3.0])
def test_many_features_are_ridge_regression(examples, ridge):
    """Their kernel is μ₁² xᵀx'/d + μ⋆² on the diagonal: a linear model with a ridge of its own."""
    found = random_features_risk(1e7, examples, 1.3, 0.4, 0.5, ridge)
    own = (RELU.nonlinear**2 / examples + ridge) / RELU.linear**2
    linear = ridge_risk(1 / examples, 1.3**2, np.hypot(0.4, 0.5), own)
    assert found.risk == pytest.approx(float(linear.risk) + 0.16, rel=1e-5)
    assert found.variance == pytest.approx(float(linear.variance) * 0.25 / 0.41, rel=1e-5)


@pytest.mark.parametrize("features", [0.4, 3.0])
def test_many_examples_leave_what_the_features_cannot_express(features):
    """(1/d) tr (1 + ζ² WᵀW/d)⁻¹, from the closed form of Marchenko and Pastur."""
    found = random_features_risk(features, 1e8, 1.3, 0.4, 0.5)
    z = -((RELU.nonlinear / RELU.linear) ** 2) / features
    gamma = 1 / features
    b = 1 - gamma - z
    transform = (b - np.sqrt(b**2 - 4 * gamma * z)) / (2 * gamma * z)
    assert found.variance == pytest.approx(0, abs=1e-6)
    assert found.bias == pytest.approx(1.69 * -z * transform + 0.16, rel=1e-6)


def test_a_large_ridge_leaves_the_mean():
    found = random_features_risk([0.5, 2.0, 5.0], 2.0, 1.3, 0.4, 0.5, 1e9)
    assert found.bias == pytest.approx(1.69 + 0.16, rel=1e-6)
    assert found.variance == pytest.approx(0, abs=1e-6)


def test_the_peak_is_at_the_threshold_and_a_ridge_removes_it():
    ratios = np.array([1.8, 1.99, 2.0, 2.01, 2.2])
    none = random_features_risk(ratios, 2.0, 1.0, 0.0, 0.5)
    assert none.risk[2] == np.inf
    assert none.risk[1] > 5 * none.risk[0]
    assert none.risk[3] > 5 * none.risk[4]
    small = random_features_risk(ratios, 2.0, 1.0, 0.0, 0.5, 1e-12)
    assert small.risk[[0, 1, 3, 4]] == pytest.approx(none.risk[[0, 1, 3, 4]], rel=1e-3)
    heavy = random_features_risk(ratios, 2.0, 1.0, 0.0, 0.5, 0.1)
    assert (np.diff(heavy.risk) < 0).all()
    nothing = random_features_risk(2.0, 2.0, 0.0, 0.0, 0.0)
    assert (nothing.risk, nothing.variance) == (0, 0)


@pytest.mark.parametrize("ratio", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_by_brute_force(ratio, activation):
    """Fits to noisy targets on the sphere; the theory's error is of size 1/d."""
    d, n, n_draws, ridge = 60, 90, 30, 0.02
    function = np.tanh if activation == "tanh" else lambda x: np.maximum(x, 0)
    moments = activation_moments(np.tanh) if activation == "tanh" else RELU
    rng, n_features = np.random.default_rng(1), round(ratio * n)
    bias, variance = [], []
    for _ in range(n_draws):
        x, test, w = (
            z * np.sqrt(d) / np.linalg.norm(z, axis=1, keepdims=True)
            for z in (rng.normal(size=(k, d)) for k in (n, 400, n_features))
        )
        beta = rng.normal(size=d)
        beta /= np.linalg.norm(beta)
        features, shown = function(x @ w.T / np.sqrt(d)), function(test @ w.T / np.sqrt(d))
        gram = features.T @ features + n * n_features / d * ridge * np.eye(n_features)
        y = x @ beta + 0.5 * rng.normal(size=(20, n))
        errors = y @ np.linalg.solve(gram, features.T).T @ shown.T - test @ beta
        spread = errors.var(axis=0, ddof=1).mean()
        variance.append(spread)
        bias.append((errors.mean(axis=0) ** 2).mean() - spread / 20)
    found = random_features_risk(n_features / d, n / d, 1.0, 0.0, 0.5, ridge, moments)
    for measured, theory in ((bias, float(found.bias)), (variance, float(found.variance))):
        error = np.std(measured) / np.sqrt(n_draws)
        assert error < 0.06 * theory
        assert np.mean(measured) == pytest.approx(theory, abs=3 * error + 6 / d * theory)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"features_per_input": 0.0}, ValueError, "`features_per_input` must be above 0"),
        ({"ridge": -1.0}, ValueError, "`ridge` must be at least 0"),
        ({"ridge": [0.0, 1e-20]}, ValueError, "`ridge` must be 0 or at least .* got 1e-20"),
        ({"moments": "relu"}, TypeError, "`moments` must be ActivationMoments, got 'relu'"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        random_features_risk(**({"features_per_input": 1.0, "examples_per_input": 2.0} | arguments))


def test_an_activation_that_is_none():
    with pytest.raises(ValueError, match="`activation` must be finite and not linear"):
        activation_moments(lambda x: 2 * x + 1)
    with pytest.raises(TypeError, match="`activation` must be a function, got 1"):
        activation_moments(1)
