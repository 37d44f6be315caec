"""Means in bins against SciPy's, and at the edges by hand."""

import numpy as np
import pytest
from scipy import stats

from genlab.measure import binned_means


def test_means_in_cells():
    x = np.array([[0.0, 0.03, 0.05, 0.99], [0.5, 0.5, 0.51, 0.05]])
    means = binned_means(x, np.array([[1.0, 3.0, 5.0, 7.0], [2.0, 4.0, 6.0, 8.0]]), 25)
    assert means.shape == (2, 25)
    assert means[0, [0, 1, 24]].tolist() == [2.0, 5.0, 7.0]
    assert means[1, [1, 12]].tolist() == [8.0, 4.0]
    assert np.isfinite(means).sum() == 5


def test_against_scipy():
    rng = np.random.default_rng(0)
    x, values = rng.random((3, 40)), rng.normal(size=(3, 40))
    x[0, 0] = 1.0  # in the last bin, not in the first one of the next data set
    found = binned_means(x, values, 8)
    for row, at, of in zip(found, x, values, strict=True):
        expected = stats.binned_statistic(at, of, "mean", bins=8, range=(0, 1)).statistic
        np.testing.assert_allclose(row, expected)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([0.1], [1.0], 2), ValueError, r"one shape \(n_datasets, n\), got \(1,\) and \(1,\)"),
        (([[0.1]], [[1.0, 2.0]], 2), ValueError, r"got \(1, 1\) and \(1, 2\)"),
        (([[1.1]], [[1.0]], 2), ValueError, "`x` must hold numbers from 0 to 1"),
        (([[np.nan]], [[1.0]], 2), ValueError, "`x` must hold numbers from 0 to 1"),
        (([[0.1]], [[1.0]], 0), ValueError, "`n_bins` must be an integer >= 1, got 0"),
        (([[0.1]], [[1.0]], 1.5), TypeError, "`n_bins` must be an integer, got 1.5"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        binned_means(*arguments)
