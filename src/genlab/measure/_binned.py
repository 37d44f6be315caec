"""Means within bins of an input: what a quantity does along x."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from genlab._base.arrays import floats
from genlab._base.checks import integer


def binned_means(x: Any, values: Any, n_bins: int) -> Float[np.ndarray, "n_datasets bins"]:
    """Mean of the values in each of the equal bins of [0, 1], for each data set.

    The regressogram (Tukey, "Curves as parameters, and touch estimation", 1961). Bin i of m
    holds i/m <= x < (i + 1)/m, and the last one also x = 1. `mean_interval` of the result, over
    data sets, is an estimate with an interval in each bin.

    Parameters
    ----------
    x
        Inputs from 0 to 1, shape (n_datasets, n).
    values
        The value at each input, of the same shape.
    n_bins
        Number of bins, at least 1.

    Returns
    -------
    array
        Shape (n_datasets, n_bins), in the unit of `values`; NaN in a bin without inputs.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> binned_means([[0.1, 0.2, 0.9]], [[1.0, 3.0, 5.0]], 3)
    array([[ 2., nan,  5.]])
    """
    inputs, array = floats("x", x), floats("values", values)
    n_bins = integer("n_bins", n_bins, low=1)
    if inputs.ndim != 2 or inputs.shape != array.shape:
        raise ValueError(
            "`x` and `values` must have one shape (n_datasets, n), "
            f"got {inputs.shape} and {array.shape}."
        )
    if not ((inputs >= 0) & (inputs <= 1)).all():
        raise ValueError("`x` must hold numbers from 0 to 1, and some are not.")
    n_datasets = len(inputs)
    size = n_datasets * n_bins
    # From the edges themselves, so that 0.29 is in the bin that begins at 29/100.
    within = np.searchsorted(np.arange(1, n_bins) / n_bins, inputs, side="right")
    cell = (within + n_bins * np.arange(n_datasets)[:, None]).ravel()
    count = np.bincount(cell, minlength=size)
    total = np.bincount(cell, array.ravel(), minlength=size)
    means = np.divide(total, count, out=np.full(size, np.nan), where=count > 0)
    return means.reshape(n_datasets, n_bins)
