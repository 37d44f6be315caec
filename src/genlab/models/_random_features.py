"""Random features: a network of one hidden layer of which only the output is fitted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from genlab._base import streams
from genlab._base.arrays import dense, numbers
from genlab._base.checks import integer, real
from genlab.models._least_squares import ridge_inverse


@dataclass(frozen=True)
class RandomFeatures:
    """A network of one hidden layer with random weights: offset + Σ slope_k · max(0, w_k·x + b_k).

    The hidden weights are drawn and stay: normal with mean 0 and variance 1/inputs, the biases
    normal with variance 1, which suits standardised inputs. Offset and slopes are fitted by
    (weighted) least squares in closed form. Where several fits are equally good, as with more
    hidden units than examples, the slopes are those of minimum norm. It is the model in which
    double descent has been studied in closed form: without ridge its test error peaks where
    there is about one hidden unit per example.

    Parameters
    ----------
    n_hidden
        Number of hidden units, at least 1; n_hidden + 1 parameters are fitted.
    ridge
        Weight λ of the penalty, at least 0: the fit minimises
        Σ weight·(y − f(x))² + λ·Σ slope². The offset is not penalised.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    References
    ----------
    A. Rahimi & B. Recht, "Random features for large-scale kernel machines", NIPS 2007;
    M. Belkin et al., "Reconciling modern machine-learning practice and the classical
    bias–variance trade-off", PNAS 2019.

    >>> x = np.linspace(-1, 1, 20)[:, None]
    >>> fit = RandomFeatures(n_hidden=200).fit(x, np.sin(3 * x[:, 0]))
    >>> bool(np.abs(fit.predict(x) - np.sin(3 * x[:, 0])).max() < 1e-6)
    True
    """

    n_hidden: int
    ridge: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "n_hidden", integer("n_hidden", self.n_hidden, low=1))
        object.__setattr__(self, "ridge", real("ridge", self.ridge, low=0))

    @property
    def n_parameters(self) -> int:
        """Number of fitted parameters, which are the offset and one slope per hidden unit."""
        return self.n_hidden + 1

    def fit(self, x: Any, y: Any, *, seed: int = 0, sample_weight: Any = None) -> RandomFeaturesFit:
        """Draw the hidden weights, and fit offset and slopes.

        Parameters
        ----------
        x, y
            Inputs, shape (n, inputs), and targets, shape (n,).
        seed
            Seed of the hidden weights, from 0 to 2³² − 1. They depend on it and on the number of
            inputs and of hidden units alone.
        sample_weight
            Weight of each example, at least 0 and above 0 for some, shape (n,); None weighs all
            alike.

        Raises
        ------
        TypeError, ValueError
            Where shapes disagree, a value is not a finite number, or no weight is above 0.
        """
        inputs, targets = _finite("x", x), _finite("y", y)
        if inputs.ndim != 2 or 0 in inputs.shape:
            raise ValueError(
                f"`x` must have shape (n, inputs) with n and inputs >= 1, got {inputs.shape}."
            )
        if targets.shape != inputs.shape[:1]:
            raise ValueError(f"`y` must have shape ({len(inputs)},), got {targets.shape}.")
        weight = np.ones(len(inputs)) if sample_weight is None else _weights(sample_weight, targets)
        stream = streams.numpy_stream(
            integer("seed", seed, low=0, high=streams.MAX_SEED), streams.RANDOM_FEATURES
        )
        n_inputs = inputs.shape[1]
        weights = stream.standard_normal((self.n_hidden, n_inputs)) / math.sqrt(n_inputs)
        biases = stream.standard_normal(self.n_hidden)
        features = _features(inputs, weights, biases)
        # The best offset makes the mean residual 0, so the slopes are those of centred values.
        centre, mean = (np.average(a, axis=0, weights=weight) for a in (features, targets))
        root = np.sqrt(weight)
        inverse = ridge_inverse(root[:, None] * (features - centre), self.ridge)
        slopes = inverse @ (root * (targets - mean))
        return RandomFeaturesFit(self, weights, biases, float(mean - centre @ slopes), slopes)


@dataclass(frozen=True, eq=False)
class RandomFeaturesFit:
    """A fitted model.

    Attributes
    ----------
    model
        Model that was fitted.
    weights, biases
        Random weights and biases of the hidden units, shape (n_hidden, inputs) and (n_hidden,).
    offset, slopes
        Fitted offset, and weight of each hidden unit, shape (n_hidden,).
    """

    model: RandomFeatures
    weights: Float[np.ndarray, "n_hidden inputs"]
    biases: Float[np.ndarray, " n_hidden"]
    offset: float
    slopes: Float[np.ndarray, " n_hidden"]

    def features(self, x: Any) -> Float[np.ndarray, "m n_hidden"]:
        """The activations of the hidden units for inputs of shape (m, inputs)."""
        inputs = _finite("x", x)
        if inputs.ndim != 2 or inputs.shape[1] != self.weights.shape[1]:
            raise ValueError(
                f"`x` must have shape (m, {self.weights.shape[1]}), got {inputs.shape}."
            )
        return _features(inputs, self.weights, self.biases)

    def predict(self, x: Any) -> Float[np.ndarray, " m"]:
        """Predictions for inputs of shape (m, inputs)."""
        return self.offset + self.features(x) @ self.slopes


def _features(
    x: Float[np.ndarray, "n inputs"],
    weights: Float[np.ndarray, "n_hidden inputs"],
    biases: Float[np.ndarray, " n_hidden"],
) -> Float[np.ndarray, "n n_hidden"]:
    return np.maximum(x @ weights.T + biases, 0.0)


def _weights(given: Any, targets: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    weight = _finite("sample_weight", given)
    if weight.shape != targets.shape or (weight < 0).any() or not weight.any():
        raise ValueError(
            f"`sample_weight` must hold {len(targets)} numbers of at least 0, some above 0, got "
            f"shape {weight.shape}."
        )
    return weight


def _finite(name: str, values: Any) -> Float[np.ndarray, ...]:
    array = numbers(name, dense(name, values)).astype(np.float64)
    if n_unfit := np.count_nonzero(~np.isfinite(array)):
        raise ValueError(f"`{name}` must be finite, got {n_unfit} values that are not.")
    return array
