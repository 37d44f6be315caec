"""The protocol of `more-data-can-hurt`."""

from __future__ import annotations

from dataclasses import dataclass, field

from genlab.training import Recipe


@dataclass(frozen=True)
class Protocol:
    """What is trained.

    Attributes
    ----------
    widths
        Hidden widths of the two layers, in increasing order.
    sizes
        Numbers of training examples, in increasing order.
    noises
        Fractions of the training labels that are resampled.
    n_seeds
        Networks of each width, size and noise level. The training examples of a seed are nested:
        a smaller set is the beginning of a larger one.
    n_test
        Test examples, the same for all networks.
    recipe
        How every network is trained.
    """

    widths: tuple[int, ...]
    sizes: tuple[int, ...]
    noises: tuple[float, ...]
    n_seeds: int
    n_test: int = 5000
    recipe: Recipe = field(
        default_factory=lambda: Recipe.adam(0.005, batch_size=None, steps=2000, evaluate_every=2000)
    )


_SHORT = Recipe.adam(0.005, batch_size=None, steps=600, evaluate_every=600)

PROTOCOLS = {
    "quick": Protocol((12,), (150, 300, 600, 1200), (0.15,), 3, recipe=_SHORT),
    "default": Protocol(
        (15, 30), (250, 500, 750, 1000, 1400, 2000, 2800, 4000, 8000), (0.15, 0.4), 3
    ),
    "paper": Protocol(
        (15, 30, 60),
        (250, 500, 750, 1000, 1250, 1500, 2000, 2500, 3000, 4000, 5000, 6000, 8000, 12_000, 16_000),
        (0.0, 0.15, 0.3, 0.4),
        8,
        recipe=Recipe.adam(0.005, batch_size=None, steps=4000, evaluate_every=4000),
    ),
}
