"""What is trained in `removing-the-peak`, and what is kept of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from genlab.experiments.removing_the_peak.protocol import Scan
from genlab.models import MLP
from genlab.training import Recipe

N_CLASSES = 10
Errors = Float[np.ndarray, "seeds widths"]


class Series(NamedTuple):
    """Networks of several widths that are otherwise alike."""

    scan: Scan
    recipe: Recipe
    seeds: tuple[int, ...]

    @property
    def decay(self) -> float:
        """Its weight decay."""
        return self.recipe.weight_decay

    def model(self, width: int) -> MLP:
        """The network of a width."""
        return MLP(hidden=(width,) * self.scan.n_layers, init="fan_in")


class Measured(NamedTuple):
    """What the networks of a series ended with: after the last step, and at the best one."""

    train: Errors
    last: Errors
    validation: Errors


def parameters(width: float, n_layers: int) -> float:
    """Weights and biases of a network 40-h-…-h-10, also between whole widths.

    >>> parameters(100.0, 2) == MLP(hidden=(100, 100)).n_parameters((40,), 10)
    True
    """
    return 41 * width + (n_layers - 1) * (width + 1) * width + 10 * (width + 1)
