"""Kernels of infinite width against networks of width 4,096, quadrature and gradient descent."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy

from genlab.measure.theory import centred_classes, predict_with_kernel, wide_network
from genlab.models import MLP

X = np.random.default_rng(0).normal(size=(3, 10))
WIDTH, N_OUTPUTS = 4_096, 512


@pytest.mark.parametrize("angle", [0.3, 1.2, 2.9])
def test_one_hidden_layer_by_quadrature(angle):
    """The arc-cosine kernels: a normal weight vector is a length and a uniform direction."""
    x = np.array([[1.0, 0.0], [3 * np.cos(angle), 3 * np.sin(angle)]])

    def mean(function):
        edges = sorted({(angle + np.pi / 2) % (2 * np.pi), (angle - np.pi / 2) % (2 * np.pi)})
        points = [0, np.pi / 2, 3 * np.pi / 2, *edges, 2 * np.pi]
        return scipy.integrate.quad(function, 0, 2 * np.pi, points=sorted(points))[0] / (2 * np.pi)

    both = mean(lambda t: float(np.cos(t) > 0 and np.cos(t - angle) > 0))
    product = mean(lambda t: 2 * max(np.cos(t), 0) * max(3 * np.cos(t - angle), 0))
    kernels = wide_network(x, depth=1, init="he", parametrization="ntk")
    assert kernels.nngp[0, 1] == pytest.approx(2 * product, rel=1e-6)
    # K₁ = 2 xᵀx'/d is 3 cos here, and the layer's own gradients give K₂.
    assert kernels.ntk[0, 1] == pytest.approx(2 * product + 2 * both * 3 * np.cos(angle), rel=1e-6)


def measured(model, n_networks):
    """Covariance of the outputs, and tangent kernel over width, of drawn networks."""

    @jax.jit
    def kernels(key):
        module = model.build((X.shape[1],), N_OUTPUTS, key)
        weights, rest = eqx.partition(module, eqx.is_array)
        x = jnp.asarray(X, jnp.float32)
        outputs = model.logits(module, x)

        def gradient(row):
            return jax.grad(lambda w: model.logits(eqx.combine(w, rest), row[None])[0, 0])(weights)

        gradients = jax.tree.leaves(jax.lax.map(gradient, x))
        flat = [leaf.reshape(len(X), -1) for leaf in gradients]
        return outputs.T @ outputs / N_OUTPUTS, sum(leaf @ leaf.T for leaf in flat) / WIDTH

    draws = [kernels(jax.random.key(seed)) for seed in range(n_networks)]
    return [np.array([draw[i] for draw in draws], np.float64) for i in range(2)]


@pytest.mark.parametrize(
    ("depth", "init", "n_networks"),
    [(1, "fan_in", 6), (1, "he", 6), (1, "glorot", 6), (1, "normal", 6), (2, "fan_in", 3)],
)
def test_networks_of_width_4096(depth, init, n_networks):
    options = {"depth": depth, "init": init, "width": WIDTH, "n_outputs": N_OUTPUTS}
    expected = wide_network(X, **options)
    model = MLP(hidden=(WIDTH,) * depth, init=init)
    pairs = np.triu_indices(len(X))
    for drawn, theory in zip(measured(model, n_networks), vars(expected).values(), strict=True):
        # In units of the kernel at the two inputs themselves.
        unit = np.sqrt(np.outer(theory.diagonal(), theory.diagonal()))
        away = ((drawn - theory) / unit)[:, *pairs]
        error = np.sqrt(away.var(axis=0, ddof=1).mean() / n_networks)
        assert error < 0.05
        assert np.abs(away.mean(axis=0)).max() < 3.5 * error


def test_the_limit_of_many_units():
    for depth in (1, 3):
        for init in ("fan_in", "he"):
            wide, limit = (wide_network(X, depth=depth, init=init, width=w) for w in (1e9, np.inf))
            assert wide.nngp == pytest.approx(limit.nngp, rel=1e-6)
            assert wide.ntk == pytest.approx(limit.ntk, rel=1e-6)
    # He's initialisation keeps the length of the input through all layers.
    kernels = wide_network(X, depth=7, init="he")
    assert kernels.nngp.diagonal() == pytest.approx(2 * (X**2).mean(axis=1))
    # With one hidden layer only the last one learns.
    kernels = wide_network(X, depth=1, init="he")
    assert kernels.ntk == pytest.approx(kernels.nngp / 2)


def test_the_ntk_parametrization_by_sampling():
    """Gradients of f = √(2/h) Σ v relu(√(2/d) wᵀx), its weights standard normal."""
    rng, units, d = np.random.default_rng(1), 400_000, X.shape[1]
    w, v = rng.normal(size=(units, d)), rng.normal(size=(units, 1))
    into = w @ X.T * np.sqrt(2 / d)
    last = np.sqrt(2) * np.maximum(into, 0)
    first = np.sqrt(2) * v * (into > 0)
    found = last.T @ last / units + first.T @ first / units * (2 * X @ X.T / d)
    assert wide_network(X, depth=1, init="he", parametrization="ntk").ntk == pytest.approx(
        found, rel=0.02, abs=0.01
    )


def test_two_sets_of_inputs():
    whole = wide_network(X, depth=2)
    part = wide_network(X[:2].reshape(2, 2, 5), X[1:], depth=2)
    assert part.nngp == pytest.approx(whole.nngp[:2, 1:], rel=1e-7)
    assert part.ntk == pytest.approx(whole.ntk[:2, 1:], rel=1e-6)


def problem():
    rng = np.random.default_rng(2)
    features, shown = rng.normal(size=(6, 9)), rng.normal(size=(4, 9))
    return features, shown, rng.normal(size=(6, 2))


def test_kernel_regression_is_ridge_regression_on_features():
    features, shown, y = problem()
    kernel, cross = features @ features.T, shown @ features.T
    for ridge in (0.0, 0.7):
        if ridge:
            weights = np.linalg.solve(features.T @ features + ridge * np.eye(9), features.T @ y)
        else:
            weights = np.linalg.lstsq(features, y)[0]
        found = predict_with_kernel(kernel, y, cross, ridge)
        assert found == pytest.approx(shown @ weights)
        assert predict_with_kernel(kernel, y[:, 0], cross, ridge) == pytest.approx(found[:, 0])
    # A kernel without an inverse: as the pseudo-inverse has it.
    twice = np.concatenate([features, features[:2]])
    targets = np.concatenate([y, y[:2] + 1])
    expected = shown @ np.linalg.lstsq(twice, targets)[0]
    assert predict_with_kernel(twice @ twice.T, targets, shown @ twice.T) == pytest.approx(expected)


@pytest.mark.parametrize("time", [0.0, 0.05, 2.0])
def test_training_for_a_time_is_gradient_flow(time):
    features, shown, y = problem()

    def slope(_, weights):
        w = weights.reshape(9, 2)
        return -(features.T @ (features @ w - y)).ravel()

    flow = scipy.integrate.solve_ivp(slope, (0, time), np.zeros(18), rtol=1e-9, atol=1e-12)
    weights = flow.y[:, -1].reshape(9, 2)
    found = predict_with_kernel(features @ features.T, y, shown @ features.T, time=time)
    assert found == pytest.approx(shown @ weights, abs=1e-6)


def test_targets_of_classes():
    targets = centred_classes([2, 0, 1, 2], 3)
    assert targets.argmax(axis=1).tolist() == [2, 0, 1, 2]
    assert targets.sum(axis=1) == pytest.approx(0)
    assert sorted(set(targets.ravel().round(9))) == pytest.approx([-1 / 3, 2 / 3])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"init": "glorot"}, "`width` must be finite where `init` is 'glorot'"),
        ({"depth": 0}, "`depth` must be an integer >= 1"),
        ({"width": 0.5}, "`width` must be a number >= 1"),
        ({"other": np.ones((2, 3))}, "`other` must have 10 inputs"),
        ({"parametrization": "mean_field"}, "`parametrization` must be one of"),
    ],
)
def test_bad_networks(arguments, message):
    with pytest.raises(ValueError, match=message):
        wide_network(X, **arguments)


def test_bad_kernels():
    kernel, cross = np.eye(3), np.ones((2, 3))
    with pytest.raises(ValueError, match="`kernel` must be square and symmetric"):
        predict_with_kernel(np.triu(np.ones((3, 3))), np.ones(3), cross)
    with pytest.raises(ValueError, match="`test_kernel` must have 3 columns"):
        predict_with_kernel(kernel, np.ones(3), np.ones((2, 2)))
    with pytest.raises(ValueError, match="infinite with a ridge above 0"):
        predict_with_kernel(kernel, np.ones(3), cross, ridge=1.0, time=1.0)
    with pytest.raises(ValueError, match="`labels` must be classes from 0 to 2"):
        centred_classes([0, 3], 3)
