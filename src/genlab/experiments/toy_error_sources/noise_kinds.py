"""Kinds of noise of the same variance, for inputs uniform on [0, 1] and f(x) = exp(sin(2πx)).

The three origins of section 8.2.1 of S. Prince, "Understanding Deep Learning" (2023), each
with its closed forms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Shaped
from scipy import special, stats

from genlab._base import streams
from genlab.datasets import make_toy_regression

#: Standard deviation of every kind of noise.
NOISE_SD = 0.3
# Mean and variance of f: Bessel functions, by their integrals.
MEAN_F = float(special.i0(1.0))
VARIANCE_F = float(special.i0(2.0)) - MEAN_F**2
#: What gives the other two kinds the variance of the first, which is a²/3 or ρ(2 − ρ)·variance
#: of f: the weight a of the unobserved variable, and the fraction ρ of mislabelled points.
WEIGHT_OF_H = NOISE_SD * 3**0.5
MISLABELLED_FRACTION = 1 - (1 - NOISE_SD**2 / VARIANCE_F) ** 0.5


class NoisySets(NamedTuple):
    """Data sets with one kind of noise, one row per data set.

    Attributes
    ----------
    x, y, clean
        Inputs, noisy targets, and targets without noise.
    cause
        What makes each target noisy: the error, h, or whether the point is mislabelled.
    """

    x: Float[np.ndarray, "n_datasets n"]
    y: Float[np.ndarray, "n_datasets n"]
    clean: Float[np.ndarray, "n_datasets n"]
    cause: Shaped[np.ndarray, "n_datasets n"]


class NoiseKind(NamedTuple):
    """A kind of noise.

    Attributes
    ----------
    name
        Its code in tables.
    stream
        Its stream of random numbers.
    add
        Function that turns targets without noise, one row per data set, into noisy ones and their
        causes, as `NoisySets` has them.
    weight_of_f
        Weight of f in E[y|x]; the mean of f has the rest.
    kurtosis
        Fourth moment of y − E[y|x], over all x, divided by its squared variance.
    beyond_2_sd
        Probability that y lies more than two standard deviations from E[y|x].
    """

    name: str
    stream: int
    add: Callable[[np.ndarray, np.random.Generator], tuple[np.ndarray, np.ndarray]]
    weight_of_f: float
    kurtosis: float
    beyond_2_sd: float

    def mean(self, clean: Float[np.ndarray, ...]) -> Float[np.ndarray, ...]:
        """E[y|x] where f is `clean`."""
        return self.weight_of_f * clean + (1 - self.weight_of_f) * MEAN_F

    def draw(self, n_datasets: int, size: int, seed: int) -> NoisySets:
        """Data sets of `size` examples; the kinds share their inputs."""
        problem = make_toy_regression(n=size, noise=0.0, design="uniform")
        samples = problem.fresh(n_datasets, seed=seed)
        y, cause = self.add(samples.clean, streams.numpy_stream(seed, self.stream))
        return NoisySets(samples.x, y, samples.clean, cause)


def _with_error(clean: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    error = NOISE_SD * rng.standard_normal(clean.shape)
    return clean + error, error


def _with_unobserved(clean: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    h = rng.uniform(-1.0, 1.0, clean.shape)
    return clean + WEIGHT_OF_H * h, h


def _with_mislabelled(clean: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    n = clean.shape[1]
    mislabelled = rng.random(clean.shape) < MISLABELLED_FRACTION
    another = (np.arange(n) + rng.integers(1, n, clean.shape)) % n
    return np.where(mislabelled, np.take_along_axis(clean, another, axis=1), clean), mislabelled


def _mislabelled_shape() -> tuple[float, float]:
    """Kurtosis, and probability of more than 2 standard deviations, of mislabelled points."""
    x = (np.arange(20_000) + 0.5) / 20_000
    f = np.exp(np.sin(2 * np.pi * x))
    mean = (1 - MISLABELLED_FRACTION) * f + MISLABELLED_FRACTION * MEAN_F
    # f is smooth and periodic: every 50th place gives the mean of its powers to rounding.
    exchanged = ((f[::50, None] - mean[::50]) ** 4).mean()
    fourth = (1 - MISLABELLED_FRACTION) * (
        (f - mean) ** 4
    ).mean() + MISLABELLED_FRACTION * exchanged

    def below(value: np.ndarray) -> np.ndarray:
        """P(f < value)."""
        return 0.5 + np.arcsin(np.log(np.clip(value, np.exp(-1), np.exp(1)))) / np.pi

    # A correct label is never that far from the mean.
    outside = 1 - below(mean + 2 * NOISE_SD) + below(mean - 2 * NOISE_SD)
    return float(fourth / NOISE_SD**4), float(MISLABELLED_FRACTION * outside.mean())


MEASUREMENT = NoiseKind(
    "measurement_error",
    streams.MEASUREMENT_ERROR,
    _with_error,
    1.0,
    3.0,
    float(2 * stats.norm.sf(2)),
)
UNOBSERVED = NoiseKind(
    "unobserved_variable", streams.UNOBSERVED_VARIABLE, _with_unobserved, 1.0, 1.8, 0.0
)
MISLABELLED = NoiseKind(
    "mislabelled",
    streams.WRONG_LABELS,
    _with_mislabelled,
    1 - MISLABELLED_FRACTION,
    *_mislabelled_shape(),
)
NOISE_KINDS = (MEASUREMENT, UNOBSERVED, MISLABELLED)
