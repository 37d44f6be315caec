"""The protocol of `why-double-descent`."""

from __future__ import annotations

from dataclasses import dataclass, field

from genlab.datasets import LabelNoise
from genlab.training import Recipe

#: The losses that are taken apart. The bias of the last two is not tested: see `words.notes`.
LOSSES = ("brier", "kohavi_wolpert", "cross_entropy", "zero_one")
#: Those whose estimates of bias² and variance are unbiased in small groups of data sets.
UNBIASED = ("brier", "kohavi_wolpert")


@dataclass(frozen=True)
class Protocol:
    """What is trained.

    Attributes
    ----------
    widths
        Hidden units of each of the two layers.
    n_datasets
        Fresh training sets for each kind of labels. Networks of all widths are fitted to each.
    n_groups
        Groups of training sets, whose estimates the tests compare.
    n_train, n_test
        Training examples of each set, and common test examples.
    label_noise
        Label noise of the second kind of labels.
    recipe
        How every network is trained.
    """

    widths: tuple[int, ...]
    n_datasets: int
    n_groups: int = 3
    n_train: int = 1000
    n_test: int = 1000
    label_noise: LabelNoise = field(default_factory=lambda: LabelNoise(0.15))
    recipe: Recipe = field(
        default_factory=lambda: Recipe.adam(0.005, batch_size=None, steps=2000, evaluate_every=2000)
    )


PROTOCOLS = {
    "quick": Protocol((6, 10, 18, 50), 12),
    "default": Protocol((3, 6, 10, 14, 18, 25, 50, 120), 36),
    # The number of examples and of steps of the book's figure of double descent.
    "paper": Protocol(
        (5, 10, 20, 30, 40, 50, 60, 70, 77, 85, 100, 140, 200, 400),
        60,
        n_groups=5,
        n_train=10_000,
        n_test=5_000,
        recipe=Recipe.adam(0.005, batch_size=None, steps=4000, evaluate_every=4000),
    ),
}
