"""Exact fits to a few points: the minimum-norm one, rougher ones, and gradient descent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from genlab._base import streams
from genlab.datasets import ToySamples
from genlab.models import HingeFit, HingeRegression

Parameters = Float[np.ndarray, "n_datasets n_parameters"]


def exact_fits(
    capacity: int, samples: ToySamples, seed: int, multiples: Sequence[int]
) -> dict[int, HingeFit]:
    """The minimum-norm fits, and others with a random direction of the null space added.

    Parameters
    ----------
    capacity
        Hidden units.
    samples
        Data sets, one row each.
    seed
        Seed of the random directions.
    multiples
        Lengths of what is added, in lengths of the minimum-norm fit.

    Returns
    -------
    dict
        Multiple -> the fits; 0 is the minimum-norm one, and the only one where there are no
        more parameters than points.
    """
    model = HingeRegression(capacity)
    fit = model.fit(samples.x, samples.y)
    if model.n_parameters <= samples.x.shape[1]:
        return {0: fit}
    normal = streams.numpy_stream(seed, streams.NULL_SPACE, capacity).standard_normal(
        fit.parameters.shape
    )
    direction = null_part(model.features(samples.x), normal)
    added = direction * (length(fit.parameters) / length(direction))[:, None]
    return {0: fit} | {k: HingeFit(model, fit.parameters + k * added) for k in multiples}


def null_part(
    features: Float[np.ndarray, "n_datasets n n_parameters"], vectors: Parameters
) -> Parameters:
    """The part of each vector of parameters that changes no prediction at the training points.

    The projection on the null space of a data set's features, by the orthonormal basis of
    the singular value decomposition.
    """
    basis = np.linalg.svd(features, full_matrices=True)[2][:, features.shape[1] :]
    return np.vecmat(np.matvec(basis, vectors), basis)


def gradient_descent(
    features: Float[np.ndarray, "n_datasets n n_parameters"],
    targets: Float[np.ndarray, "n_datasets n"],
    start: Parameters,
    steps: Sequence[int],
) -> Float[np.ndarray, "checkpoints n_datasets n_parameters"]:
    """Parameters after each of the numbers of steps, for every data set by itself.

    Descends ½ Σ(y − f(x))² with a step size of 1 over the square of the largest singular
    value of the features, half of the largest that does not diverge.
    """
    size = np.linalg.norm(features, ord=2, axis=(1, 2))[:, None] ** -2.0
    parameters, reached, done = start.copy(), [], 0
    for step in steps:
        for _ in range(step - done):
            residuals = targets - np.matvec(features, parameters)
            parameters += size * np.vecmat(residuals, features)
        done = step
        reached.append(parameters.copy())
    return np.stack(reached)


def length(vectors: Float[np.ndarray, "... k"]) -> Float[np.ndarray, ...]:
    """Euclidean length along the last axis."""
    return np.linalg.norm(vectors, axis=-1)


def root_mean_square(values: Float[np.ndarray, "... k"]) -> Float[np.ndarray, ...]:
    """Root of the mean of the squares along the last axis."""
    return np.sqrt((values**2).mean(axis=-1))
