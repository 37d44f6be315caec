"""The cell of a simulation: fits to drawn training sets of one size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float

from genlab._base import streams
from genlab._base.threads import one_blas_thread
from genlab.experiments._computed import ComputedCell, told
from genlab.experiments.theory_double_descent.simulation import (
    Parts,
    linear_parts,
    random_features_parts,
)

#: What a result holds of each drawn training set.
PARTS = ("bias", "variance", "at_a_point")


@final
@dataclass(frozen=True)
class SimulatedRisk(ComputedCell):
    """Fits to drawn training sets of one size; the result has the shape (parts, ridges, draws).

    The parts are those of `PARTS`, for label noise of variance 1.

    Parameters
    ----------
    n_examples, n_features, n_draws
        Training examples, features of the model, and training sets.
    ridges
        Ridge of each fit.
    seed, block
        Seed, and what sets the draws of different models of one size apart.
    eigenvalues, signal
        Of the linear models, as in `Protocol`.
    n_inputs, nonlinear
        Of the random features, as in `Protocol`; without `n_inputs` the model is linear.
    """

    n_examples: int
    n_features: int
    n_draws: int
    ridges: tuple[float, ...]
    seed: int
    block: int
    eigenvalues: tuple[float, ...] = (1.0,)
    signal: tuple[float, ...] = (1.0,)
    n_inputs: int | None = None
    nonlinear: float = 0.0

    @property
    def steps(self) -> int:
        """A step for each training set."""
        return self.n_draws

    def run(
        self, report: Callable[[int, float], None] | None = None
    ) -> Float[np.ndarray, "parts ridges draws"]:
        """Draw the training sets and fit each; on one thread, so that the bits are the same."""
        # Blocks of the stream for a model, a number of features, and a training set.
        start = (self.block * 1_000_000 + self.n_features) * 10_000
        found = np.empty((len(PARTS), len(self.ridges), self.n_draws))
        with one_blas_thread():
            for draw in range(self.n_draws):
                rng = streams.numpy_stream(self.seed, streams.THEORY, start + draw)
                parts = self._drawn(rng)
                found[..., draw] = [getattr(parts, name) for name in PARTS]
                told(report, draw + 1)
        return found

    def _drawn(self, rng: np.random.Generator) -> Parts:
        n, p = self.n_examples, self.n_features
        if self.n_inputs is None:
            return linear_parts(rng, n, p, self.eigenvalues, self.signal, self.ridges)
        return random_features_parts(rng, n, self.n_inputs, p, self.nonlinear, self.ridges)

    def work(self) -> float:
        """Multiply-adds: a product, its eigenvectors, and the products of pairs of features."""
        few, many = sorted((self.n_examples, self.n_features))
        pairs = 0 if self.n_inputs is None else self.n_features**2 * (self.n_inputs + few)
        return self.n_draws * float(3 * few**2 * many + 10 * few**3 + pairs)

    def memory(self) -> float:
        """A process with its libraries, and a few matrices at once."""
        pairs = 0 if self.n_inputs is None else self.n_features**2
        return 5e8 + 8.0 * (6 * self.n_examples * self.n_features + 6 * pairs)
