"""Early stopping: keep the weights with the lowest loss on held-out examples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from genlab._base import streams
from genlab._base.checks import integer, real
from genlab.datasets import split_indices


@dataclass(frozen=True)
class EarlyStopping:
    """Hold out a part of the training set, and keep the weights with the lowest loss on it.

    The mean loss on the held-out examples is evaluated where curves are recorded, every
    `Recipe.evaluate_every` steps. Only the other examples are trained on.

    Parameters
    ----------
    validation
        Fraction of the training examples that is held out, stratified by class, above 0 and
        below 1.
    patience
        Number of evaluations in a row without a lower loss after which training ends, at
        least 1. None trains all steps; the weights with the lowest loss are kept either way.
    seed
        Seed of the split, from 0 to 2³² − 1. It belongs to the recipe, so that models of
        different seeds train on the same examples.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    References
    ----------
    L. Prechelt, "Early stopping — but when?" (1998).

    >>> EarlyStopping()
    EarlyStopping(validation=0.1, patience=None, seed=0)
    """

    validation: float = 0.1
    patience: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        validation = real("validation", self.validation, above=0, high=1)
        if validation == 1:
            raise ValueError(f"`validation` must be below 1, got {self.validation!r}.")
        object.__setattr__(self, "validation", validation)
        if self.patience is not None:
            object.__setattr__(self, "patience", integer("patience", self.patience, low=1))
        seed = integer("seed", self.seed, low=0, high=streams.MAX_SEED)
        object.__setattr__(self, "seed", seed)

    def n_fitted(self, n_train: int) -> int:
        """Number of `n_train` examples that are trained on."""
        return round((1 - self.validation) * n_train)

    def split(
        self, y: Int[np.ndarray, " n"]
    ) -> tuple[Int[np.ndarray, " n_fitted"], Int[np.ndarray, " n_held_out"]]:
        """The rows that are trained on, and those held out; ValueError where one is empty."""
        fitted, held_out = split_indices(y, (1 - self.validation, self.validation), seed=self.seed)
        return np.sort(fitted), np.sort(held_out)
