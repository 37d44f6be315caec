"""Random features against scikit-learn and `numpy.linalg.lstsq`."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, Ridge

from genlab._base.specs import from_dict, to_dict
from genlab.models import RandomFeatures

X = np.random.default_rng(0).standard_normal((30, 4))
Y = 5 + np.sin(X[:, 0]) + 0.1 * np.random.default_rng(1).standard_normal(30)
WEIGHT = np.random.default_rng(2).uniform(0, 2, 30)


@pytest.mark.parametrize("n_hidden", [5, 100])  # fewer and more units than examples
def test_fits_agree_with_sklearn(n_hidden):
    fit = RandomFeatures(n_hidden).fit(X, Y, seed=3, sample_weight=WEIGHT)
    expected = LinearRegression().fit(fit.features(X), Y, WEIGHT)  # of minimum norm
    np.testing.assert_allclose(fit.slopes, expected.coef_, rtol=1e-7)
    assert fit.offset == pytest.approx(expected.intercept_, rel=1e-9)
    ridge = RandomFeatures(n_hidden, ridge=0.3).fit(X, Y, seed=3, sample_weight=WEIGHT)
    expected = Ridge(alpha=0.3).fit(fit.features(X), Y, WEIGHT)
    np.testing.assert_allclose(ridge.predict(X), expected.predict(fit.features(X)), rtol=1e-9)


def test_the_error_peaks_at_one_unit_per_example():
    """Double descent (Belkin et al. 2019): a median of 20 draws at each width."""
    x = np.random.default_rng(3).standard_normal((500, 4))
    y = 5 + np.sin(x[:, 0])
    error = {}
    for n_hidden in (5, 29, 500):
        fits = [RandomFeatures(n_hidden).fit(X, Y, seed=seed) for seed in range(20)]
        error[n_hidden] = np.median([((fit.predict(x) - y) ** 2).mean() for fit in fits])
    assert error[29] > 4 * max(error[5], error[500])


def test_draws_depend_on_seed_and_sizes_alone():
    fits = [RandomFeatures(2000, r).fit(X, y, seed=7) for r, y in ((0, Y), (1, -Y))]
    assert np.array_equal(fits[0].weights, fits[1].weights)
    assert np.array_equal(fits[0].biases, fits[1].biases)
    assert fits[0].weights.var() * 4 == pytest.approx(1, abs=0.1)  # variance 1/inputs
    assert fits[0].biases.var() == pytest.approx(1, abs=0.1)
    other = RandomFeatures(2000).fit(X, Y, seed=8)
    assert abs(np.corrcoef(other.biases, fits[0].biases)[0, 1]) < 0.1


def test_a_spec_comes_back_from_json():
    model = RandomFeatures(7, ridge=0.5)
    assert from_dict(to_dict(model), {"RandomFeatures": RandomFeatures}) == model
    assert model.n_parameters == 8


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"x": X[0]}, ValueError, r"`x` must have shape \(n, inputs\)"),
        ({"y": Y[:5]}, ValueError, r"`y` must have shape \(30,\), got \(5,\)."),
        ({"x": X * np.inf}, ValueError, "`x` must be finite, got 120 values that are not."),
        ({"y": ["a"] * 30}, ValueError, "`y` must hold numbers, got 'a'."),
        ({"seed": -1}, ValueError, "`seed` must be an integer from 0 to 4294967295, got -1."),
        ({"sample_weight": -WEIGHT}, ValueError, "`sample_weight` must hold 30 numbers of at"),
    ],
)
def test_slips_are_one_sentence(arguments, error, sentence):
    with pytest.raises(error, match=sentence):
        RandomFeatures(3).fit(**{"x": X, "y": Y, **arguments})
    with pytest.raises(ValueError, match=r"`x` must have shape \(m, 4\), got \(30, 3\)."):
        RandomFeatures(3).fit(X, Y).predict(X[:, :3])
