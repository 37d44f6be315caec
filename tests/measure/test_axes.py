"""Whether noise has more axes than its data sets tell: without its eigenvalues, and with them."""

import numpy as np
import pytest

from genlab.measure._parts_intervals import _more_axes


@pytest.mark.parametrize("most", [0, 1, 4, 13])
@pytest.mark.parametrize("rank", [1, 4, 5, 14, 60])
def test_more_axes_are_found_where_there_are(rank, most):
    rng = np.random.default_rng(rank)
    noise = rng.normal(size=(60, rank)) @ rng.normal(size=(rank, 80))
    gram = noise @ noise.T
    zero = 1e-13 * np.trace(gram)
    assert (np.linalg.eigvalsh(gram) > zero).sum() == rank
    assert _more_axes(gram, most, zero) == (rank > most)


def test_equal_rows_are_never_taken_for_more_axes():
    noise = np.repeat(np.random.default_rng(0).normal(size=(6, 50)), 10, axis=0)
    gram = noise @ noise.T
    assert not _more_axes(gram, 10, 1e-13 * np.trace(gram))
