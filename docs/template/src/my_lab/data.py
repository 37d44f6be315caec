"""A data set: a function that returns the same examples for the same arguments."""

import numpy as np

from genlab.datasets import Dataset


def blobs(n_train: int = 100, distance: float = 3.0, seed: int = 0) -> Dataset:
    """Two classes of points in the plane, `distance` apart in each coordinate."""
    random = np.random.default_rng(seed)  # all randomness comes from the seed
    y = np.arange(2 * n_train) % 2
    x = random.standard_normal((2 * n_train, 2)) + distance * y[:, None]
    return Dataset(x[:n_train], y[:n_train], x[n_train:], y[n_train:])
