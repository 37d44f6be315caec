"""Estimators that a worker can import, and that do what estimators must not."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


class Nearest(ClassifierMixin, BaseEstimator):
    """The class of the nearest mean; each fit leaves a line in a file of the folder.

    It fails where `fails_at` examples are fitted, and predicts wrongly as `predicts` says.
    """

    def __init__(self, folder="", fails_at=0, predicts="labels", scale=1.0):
        self.folder = folder
        self.fails_at = fails_at
        self.predicts = predicts
        self.scale = scale

    def fit(self, x, y):
        if self.folder:
            with Path(self.folder, f"fits-{os.getpid()}").open("a") as file:
                file.write("fit\n")
        if len(x) == self.fails_at:
            raise ArithmeticError(f"no fit to {len(x)}\nexamples.")
        self.classes_ = np.unique(y)
        self.means_ = np.array([x[y == label].mean(axis=0) for label in self.classes_])
        return self

    def predict(self, x):
        if self.predicts == "half":
            x = x[: len(x) // 2]
        distance = ((self.scale * (x[:, None] - self.means_)) ** 2).sum(axis=2)
        nearest = self.classes_[distance.argmin(axis=1)]
        return nearest * math.nan if self.predicts == "nan" else nearest


class Plain:
    """No base class and no `get_params`: the label that is most frequent, or drawn."""

    def __init__(self, draws=False, random_state=None):
        self.draws = draws
        self.random_state = random_state

    def fit(self, x, y):
        random = np.random.default_rng(self.random_state)
        self.label = random.choice(y) if self.draws else np.bincount(y).argmax()

    def predict(self, x):
        return np.full(len(x), self.label)


class Hungry(Plain):
    """Needs more memory than any machine has."""

    def fit(self, x, y):
        np.ones(2**45)


class Changing(Nearest):
    """Its class changes what it is given."""

    def __init__(self, scale=1.0):
        super().__init__(scale=scale + 1)


def fits(folder):
    """How many fits left a line."""
    return sum(len(path.read_text().splitlines()) for path in Path(folder).glob("fits-*"))


# A study fits an estimator that no known library brings once more, to see that it keeps its seed.
AGAIN = 1
