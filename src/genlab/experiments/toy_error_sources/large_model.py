"""The test error of a large model that is fitted to much data with one kind of noise."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from genlab.experiments.toy_error_sources.noise_kinds import NoisySets
from genlab.models import HingeRegression

# Data sets whose features are in memory at once.
_BLOCK = 50


def errors_given_x(
    model: HingeRegression, train: NoisySets, test: NoisySets
) -> Float[np.ndarray, " n_datasets"]:
    """Mean squared error of each fit to x on its test set."""
    errors = np.empty(len(train.x))
    for start in range(0, len(errors), _BLOCK):
        rows = slice(start, start + _BLOCK)
        fit = model.fit(train.x[rows], train.y[rows])
        errors[rows] = ((fit.predict(test.x[rows]) - test.y[rows]) ** 2).mean(axis=1)
    return errors


def errors_given_x_and_h(
    model: HingeRegression, train: NoisySets, test: NoisySets
) -> Float[np.ndarray, " n_datasets"]:
    """The same for the model with h as a second input, on which it depends linearly."""
    errors = np.empty(len(train.x))
    for i in range(len(errors)):
        inputs = [np.column_stack([model.features(s.x[i]), s.cause[i]]) for s in (train, test)]
        weights = np.linalg.lstsq(inputs[0], train.y[i], rcond=None)[0]
        errors[i] = ((inputs[1] @ weights - test.y[i]) ** 2).mean()
    return errors
