"""The protocol of `variance-along-width`."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

from genlab.datasets import LabelNoise
from genlab.training import Recipe

#: The sources of randomness, in the order of the design's axes.
SOURCES = ("training_sample", "label_noise", "initial_weights", "batch_order")


@dataclass(frozen=True)
class Minibatches:
    """A second design, whose networks are trained with batches: their order is a source, too.

    Attributes
    ----------
    widths
        Hidden widths: below the interpolation threshold of these networks, at it, and above.
    n_replicates
        Replicates of the crossed design at each width.
    recipe
        How every network is trained.
    """

    widths: tuple[int, ...]
    n_replicates: int
    recipe: Recipe


@dataclass(frozen=True)
class Protocol:
    """What is trained.

    Attributes
    ----------
    widths
        Hidden widths of a network of two equal layers.
    n_replicates
        Replicates of the crossed design at each width.
    n_levels
        Levels of each source in a replicate.
    n_ensembles, size
        Ensembles at each width, and the networks in one. They differ in what the learning
        algorithm draws: initial weights, and batch order.
    n_train, n_test
        Examples of MNIST-1D: of each training sample, and of the test set that all share.
    label_noise
        Label noise of the training samples.
    recipe
        How every network is trained. With batches, their order is a source, too.
    minibatches
        The design that is repeated with batches, without ensembles; None for none.
    """

    widths: tuple[int, ...]
    n_replicates: int
    n_ensembles: int
    size: int
    n_levels: int = 2
    n_train: int = 1000
    n_test: int = 1000
    label_noise: LabelNoise = field(default_factory=lambda: LabelNoise(0.15))
    recipe: Recipe = field(
        default_factory=lambda: Recipe.adam(0.005, batch_size=None, steps=2000, evaluate_every=2000)
    )

    minibatches: Minibatches | None = None

    @property
    def in_batches(self) -> Protocol | None:
        """The protocol of the design with batches."""
        if self.minibatches is None:
            return None
        return dataclasses.replace(self, **vars(self.minibatches), n_ensembles=0, minibatches=None)

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources of the recipe: no batch order where every batch is the whole sample."""
        return SOURCES[: 3 if self.recipe.batch_size is None else 4]

    @property
    def over(self) -> tuple[str, ...]:
        """The sources in which the networks of an ensemble differ."""
        return self.sources[2:]


def _batches(size: int, steps: int) -> Recipe:
    return Recipe.adam(0.005, batch_size=size, steps=steps, evaluate_every=steps)


PROTOCOLS = {
    "quick": Protocol(
        (5, 14, 30),
        6,
        6,
        3,
        n_train=500,
        recipe=Recipe.adam(0.005, batch_size=None, steps=1000, evaluate_every=1000),
        minibatches=Minibatches((5, 30), 6, _batches(50, 300)),
    ),
    # Widths, examples and steps are those of `why-double-descent`.
    "default": Protocol(
        (3, 6, 10, 14, 18, 25, 50),
        8,
        8,
        4,
        minibatches=Minibatches((10, 26, 50), 8, _batches(100, 2000)),
    ),
    # As many steps as in the book's figure of double descent, and as many examples as MNIST-1D has.
    "paper": Protocol(
        (5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 60, 80, 120),
        16,
        16,
        8,
        n_train=4000,
        n_test=4000,
        recipe=Recipe.adam(0.005, batch_size=None, steps=4000, evaluate_every=4000),
        minibatches=Minibatches((10, 30, 45, 60, 80, 120), 16, _batches(100, 6000)),
    ),
}
