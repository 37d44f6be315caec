"""Kinds of noise of one variance, for inputs uniform on [0, 1] and f(x) = exp(sin(2πx)).

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

NOISE = 0.3
# Mean and variance of f: Bessel functions, by their integrals.
MEAN_F = float(special.i0(1.0))
VARIANCE_F = float(special.i0(2.0)) - MEAN_F**2
#: What gives the other two kinds the variance of the first: a²/3 and ρ(2 − ρ)·variance of f.
WEIGHT = NOISE * 3**0.5
SHARE = 1 - (1 - NOISE**2 / VARIANCE_F) ** 0.5


class NoisySets(NamedTuple):
    """Data sets with one kind of noise, a row each; `told` is what went into each target."""

    x: Float[np.ndarray, "n_datasets n"]
    y: Float[np.ndarray, "n_datasets n"]
    clean: Float[np.ndarray, "n_datasets n"]
    told: Shaped[np.ndarray, "n_datasets n"]


class NoiseKind(NamedTuple):
    """A kind of noise.

    Attributes
    ----------
    name, stream
        What it is called, and its stream of random numbers.
    add
        Turns targets without noise, a data set a row, into noisy ones, and tells what went
        into each: the error, h, or whether its label is wrong.
    kept
        Weight of f in E[y|x]; the mean of f has the rest.
    kurtosis, beyond
        Of y − E[y|x], over all x: fourth moment / variance², and the probability of more
        than 2σ.
    """

    name: str
    stream: int
    add: Callable[[np.ndarray, np.random.Generator], tuple[np.ndarray, np.ndarray]]
    kept: float
    kurtosis: float
    beyond: float

    def mean(self, clean: Float[np.ndarray, ...]) -> Float[np.ndarray, ...]:
        """E[y|x] where f is `clean`."""
        return self.kept * clean + (1 - self.kept) * MEAN_F

    def draw(self, n_datasets: int, size: int, seed: int) -> NoisySets:
        """Data sets of `size` examples; the kinds share their inputs."""
        problem = make_toy_regression(n=size, noise=0.0, design="uniform")
        samples = problem.fresh(n_datasets, seed=seed)
        y, told = self.add(samples.clean, streams.numpy_stream(seed, self.stream))
        return NoisySets(samples.x, y, samples.clean, told)


def _with_error(clean: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    error = NOISE * rng.standard_normal(clean.shape)
    return clean + error, error


def _with_unobserved(clean: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    h = rng.uniform(-1.0, 1.0, clean.shape)
    return clean + WEIGHT * h, h


def _with_mislabelled(clean: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    n = clean.shape[1]
    wrong = rng.random(clean.shape) < SHARE
    another = (np.arange(n) + rng.integers(1, n, clean.shape)) % n
    return np.where(wrong, np.take_along_axis(clean, another, axis=1), clean), wrong


def _mislabelled_shape() -> tuple[float, float]:
    """Kurtosis and probability of more than 2σ of mislabelled points."""
    x = (np.arange(20_000) + 0.5) / 20_000
    f = np.exp(np.sin(2 * np.pi * x))
    mean = (1 - SHARE) * f + SHARE * MEAN_F
    # f is smooth and periodic: every 50th place gives the mean of its powers to rounding.
    wrong = ((f[::50, None] - mean[::50]) ** 4).mean()
    fourth = (1 - SHARE) * ((f - mean) ** 4).mean() + SHARE * wrong

    def below(value: np.ndarray) -> np.ndarray:
        """P(f < value)."""
        return 0.5 + np.arcsin(np.log(np.clip(value, np.exp(-1), np.exp(1)))) / np.pi

    # A right label is never that far from the mean.
    outside = 1 - below(mean + 2 * NOISE) + below(mean - 2 * NOISE)
    return float(fourth / NOISE**4), float(SHARE * outside.mean())


MEASUREMENT = NoiseKind(
    "measurement error",
    streams.MEASUREMENT_ERROR,
    _with_error,
    1.0,
    3.0,
    float(2 * stats.norm.sf(2)),
)
UNOBSERVED = NoiseKind(
    "unobserved variable", streams.UNOBSERVED_VARIABLE, _with_unobserved, 1.0, 1.8, 0.0
)
MISLABELLED = NoiseKind(
    "mislabelled points", streams.WRONG_LABELS, _with_mislabelled, 1 - SHARE, *_mislabelled_shape()
)
NOISE_KINDS = (MEASUREMENT, UNOBSERVED, MISLABELLED)
