"""The toy problem in closed form: every method at exactly the same training loss.

The model is linear in what is fitted, an offset and a slope for each knot. With the singular value
decomposition F = U S Vᵀ of its features, a method that begins at zero has the parameters
V f(S)/S Uᵀ y, where the filter f grows from 0 to 1 with the strength of the fit:

- gradient descent with step size η after t steps: f = 1 − (1 − η s²)ᵗ;
- weight decay (ridge) λ: f = s² / (s² + λ).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from genlab._base import streams
from genlab.datasets import ToyRegression, ToySamples
from genlab.experiments.bias_for_smoothness.protocol import ENSEMBLE, PLAIN, Toy

WEIGHT_DECAY = "weight_decay"
#: What the methods are compared by.
TOY_QUANTITIES = ("test_error", "total_variation", "curvature")
#: Data sets that are worked on together.
_BLOCK = 100
# Halvings of an interval of log(strength): it is as narrow as rounding then.
_HALVINGS = 60
_STRENGTHS = (-12.0, 40.0)

Filters = Float[np.ndarray, "n_datasets members n_points"]
Values = Float[np.ndarray, " n_datasets"]


class Models(NamedTuple):
    """Models of several data sets, each with random knots of its own, and their decomposition."""

    knots: Float[np.ndarray, "n_datasets members n_hidden"]
    left: Float[np.ndarray, "n_datasets members n_points n_points"]
    singular: Filters
    right: Float[np.ndarray, "n_datasets members n_points n_parameters"]
    #: Uᵀ y.
    along: Filters

    def first(self, n: int) -> Models:
        """The first members."""
        return Models(*(array[:, :n] for array in self))

    def parameters(self, filters: Filters) -> Float[np.ndarray, "n_datasets members n_parameters"]:
        """Offset and slopes."""
        return np.vecmat(filters / self.singular * self.along, self.right)

    def fitted(self, filters: Filters) -> Float[np.ndarray, "n_datasets n_points"]:
        """The mean prediction of the members at the training points."""
        fitted: Float[np.ndarray, "n_datasets n_points"] = np.matvec(
            self.left, filters * self.along
        ).mean(axis=1)
        return fitted


class Fits(NamedTuple):
    """Means of piecewise linear functions, one per data set: offset, and slopes with knots."""

    offset: Values
    knots: Float[np.ndarray, "n_datasets k"]
    slopes: Float[np.ndarray, "n_datasets k"]

    def predict(self, x: Float[np.ndarray, " m"]) -> Float[np.ndarray, "n_datasets m"]:
        """Predictions at inputs that all data sets share."""
        hidden = np.maximum(x[:, None] - self.knots[:, None, :], 0.0)
        predictions: Float[np.ndarray, "n_datasets m"] = self.offset[:, None] + np.matvec(
            hidden, self.slopes
        )
        return predictions

    def total_variation(self) -> Values:
        """The integral of |slope| over [0, 1], exactly."""
        order = np.argsort(self.knots, axis=1)
        knots, slopes = (np.take_along_axis(a, order, axis=1) for a in self[1:])
        widths = np.diff(knots, axis=1, append=1.0)
        return np.asarray((np.abs(np.cumsum(slopes, axis=1)) * widths).sum(axis=1))

    def curvature(self) -> Values:
        """The sum of the changes of slope inside (0, 1), exactly: every knot but those at 0."""
        return np.asarray(np.where(self.knots > 0, np.abs(self.slopes), 0.0).sum(axis=1))


def random_models(samples: ToySamples, toy: Toy, seed: int, block: int) -> Models:
    """Models with random knots for each data set, one knot in each of `n_hidden` equal cells.

    The first knot is at 0, so that the function may rise from there on.
    """
    n, (n_members, n_hidden) = len(samples.x), (toy.n_members, toy.n_hidden)
    stream = streams.numpy_stream(seed, streams.RANDOM_FEATURES, block)
    # The first data sets of a block are the same however many there are.
    draws = stream.random((n, n_members, n_hidden))
    knots = (np.arange(n_hidden) + draws) / n_hidden
    knots[..., 0] = 0.0
    x = samples.x[:, None, :, None]
    hidden = np.maximum(x - knots[:, :, None, :], 0.0)
    features = np.concatenate([np.ones((*hidden.shape[:-1], 1)), hidden], axis=-1)
    left, singular, right = np.linalg.svd(features, full_matrices=False)
    return Models(knots, left, singular, right, np.vecmat(samples.y[:, None, :], left))


def descent(
    models: Models, step_size: float
) -> Callable[[Float[np.ndarray, " n_datasets"]], Filters]:
    """The filter of gradient descent from zero, as a function of the number of steps.

    `step_size` is a fraction of the largest one at which it does not diverge, 2 over the square of
    the largest singular value. The number of steps need not be whole: |1 − η s²| to that power.
    """
    ratio = (models.singular / models.singular[..., :1]) ** 2
    with np.errstate(divide="ignore"):
        shrink = np.log(np.abs(1 - 2 * step_size * ratio))
    return lambda steps: -np.expm1(steps[:, None, None] * shrink)


def ridge(models: Models) -> Callable[[Float[np.ndarray, " n_datasets"]], Filters]:
    """The filter of weight decay, as a function of 1 / λ."""
    squares = models.singular**2
    return lambda inverse: squares / (squares + 1 / inverse[:, None, None])


def at_loss(
    models: Models,
    y: Float[np.ndarray, "n_datasets n_points"],
    filters: Callable[[Values], Filters],
    level: float,
) -> tuple[Values, Filters]:
    """The strength at which the training loss of the mean prediction is at a level, and its filter.

    By bisection of its logarithm: the training loss falls as the strength grows.
    """
    low, high = (np.full(len(y), end) for end in _STRENGTHS)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        residuals = y - models.fitted(filters(np.exp(middle)))
        above = (residuals**2).mean(axis=1) > level
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    strength = np.exp(high)
    return strength, filters(strength)


def fits(models: Models, filters: Filters) -> Fits:
    """The mean of the members."""
    parameters = models.parameters(filters)
    n, n_members, _ = parameters.shape
    return Fits(
        parameters[..., 0].mean(axis=1),
        models.knots.reshape(n, -1),
        parameters[..., 1:].reshape(n, -1) / n_members,
    )


def methods(toy: Toy) -> tuple[str, ...]:
    """The codes of the methods, the plain one first and the ensemble last."""
    return (*toy.step_sizes, WEIGHT_DECAY, ENSEMBLE)


def fitted_by(
    method: str, models: Models, y: Float[np.ndarray, "n_datasets n_points"], level: float, toy: Toy
) -> tuple[Values, Fits]:
    """The strength of a method at a training loss (steps, or λ), and its fits."""
    own = models if method == ENSEMBLE else models.first(1)
    if method == WEIGHT_DECAY:
        strength, filters = at_loss(own, y, ridge(own), level)
        return 1 / strength, fits(own, filters)
    step_size = toy.step_sizes[PLAIN if method == ENSEMBLE else method]
    strength, filters = at_loss(own, y, descent(own, step_size), level)
    return strength, fits(own, filters)


def measure_toy(
    problem: ToyRegression, toy: Toy, seed: int
) -> dict[tuple[str, float, str], Values]:
    """What is measured, by method, level and quantity; one value per data set.

    The quantities are train_loss, test_error (noise variance plus the mean squared distance from
    the true function), total_variation, curvature, and strength (steps, or λ).
    """
    x = (np.arange(toy.n_inputs) + 0.5) / toy.n_inputs
    truth = problem.truth(x)
    parts: dict[tuple[str, float, str], list[Values]] = {}
    for block, start in enumerate(range(0, toy.n_datasets, _BLOCK)):
        n = min(_BLOCK, toy.n_datasets - start)
        samples = problem.fresh(n, seed=seed, start=start)
        models = random_models(samples, toy, seed, block)
        for level in toy.levels:
            for method in methods(toy):
                strength, fit = fitted_by(method, models, samples.y, level, toy)
                distance = ((fit.predict(x) - truth) ** 2).mean(axis=1)
                residuals = fit.predict(samples.x[0]) - samples.y
                found = {
                    "train_loss": (residuals**2).mean(axis=1),
                    "test_error": problem.noise**2 + distance,
                    "total_variation": fit.total_variation(),
                    "curvature": fit.curvature(),
                    "strength": strength,
                }
                for quantity, values in found.items():
                    parts.setdefault((method, level, quantity), []).append(values)
    return {key: np.concatenate(values) for key, values in parts.items()}
