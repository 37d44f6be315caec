"""A generator of data, which knows nothing of data specs."""

import numpy as np

from genlab.datasets import Dataset


def blobs(n_train: int, distance: float = 3.0, seed: int = 0) -> Dataset:
    """Two classes of points in the plane around centres that lie `distance` apart."""
    random = np.random.default_rng(seed)
    y = np.arange(2 * n_train) % 2
    x = random.standard_normal((2 * n_train, 2)) + distance * y[:, None]
    return Dataset(x[:n_train], y[:n_train], x[n_train:], y[n_train:])
