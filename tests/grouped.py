"""A data set with groups, made by a generator of a package outside genlab."""

from __future__ import annotations

import numpy as np

from genlab.datasets import Dataset


def grouped(n: int) -> Dataset:
    """The input is the example's group: ten groups."""
    groups = np.arange(n) % 10
    return Dataset(groups[:, None], groups % 2, np.zeros((1, 1)), [0], groups=groups)
