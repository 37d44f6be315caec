"""The protocol of `double-descent-mnist1d`, and the values published for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from genlab.datasets import LabelNoise
from genlab.training import Recipe

BOOK = "Prince, Understanding Deep Learning, ch. 8"
FIGURE = "Prince, Understanding Deep Learning, fig. 8.10"
#: Points by which a measured error (%) may differ from one read off the book's figure, and the
#: reason; and the same for training errors of networks that fit every label.
TOLERANCE = 3.0
REASON = "one network in the figure, with other noisy labels, and the reading error"
FITTED_TOLERANCE, FITTED_REASON = 0.5, "reading error of the figure near 0"


@dataclass(frozen=True)
class Protocol:
    """What is trained.

    Attributes
    ----------
    n_seeds
        Hidden width -> networks of that width, with noisy labels.
    n_seeds_clean
        The same with clean labels; None: as many as with noisy ones.
    n_train, n_test
        Examples of MNIST-1D.
    label_noise
        Label noise of the second of the two curves.
    recipe
        How every network is trained.
    infinite_width
        Whether networks of infinite width are predicted, on the same examples. At 10,000 examples
        this takes a minute of computing and 3.5 GB of memory.
    """

    n_seeds: Mapping[int, int]
    n_seeds_clean: Mapping[int, int] | None = None
    n_train: int = 10_000
    n_test: int = 5_000
    label_noise: LabelNoise = field(default_factory=lambda: LabelNoise(0.15))
    recipe: Recipe = field(default_factory=lambda: Recipe.adam(0.005, batch_size=None, steps=4000))
    infinite_width: bool = False

    def seeds_of(self, labels: str) -> Mapping[int, int]:
        """Hidden width -> networks of that width with "clean" or "noisy" labels."""
        clean = labels == "clean" and self.n_seeds_clean is not None
        return (self.n_seeds_clean or {}) if clean else self.n_seeds

    def trains_as(self, other: Protocol) -> bool:
        """Whether the networks of both are trained and tested alike, whatever their number."""
        return (self.n_train, self.n_test, self.label_noise, self.recipe) == (
            other.n_train,
            other.n_test,
            other.label_noise,
            other.recipe,
        )


def equal_width(n_train: int) -> int:
    """Width of the network whose number of weights and biases is nearest to that of examples.

    >>> equal_width(10_000), equal_width(4_000)
    (77, 42)
    """
    # Two layers of h units, 40 inputs and 10 outputs: 41 h + (h + 1) h + 10 (h + 1).
    return round((n_train + 26**2 - 10) ** 0.5 - 26)


# Wide networks cost most: their work grows with the square of the width.
PROTOCOLS = {
    # Fewer examples and steps pay for several seeds, which can tell a peak from chance. Networks of
    # width 20 differ most between seeds, with a standard deviation of 2 to 3 points.
    "quick": Protocol(
        {10: 3, 20: 8, 50: 5, 100: 4},
        dict.fromkeys((10, 20, 50), 3),
        n_train=4000,
        recipe=Recipe.adam(0.005, batch_size=None, steps=1000, evaluate_every=1000),
    ),
    "default": Protocol(
        {**dict.fromkeys((5, 10, 20, 40, 60, 77, 90, 100), 3), 200: 1}, infinite_width=True
    ),
    "paper": Protocol(dict.fromkeys(range(2, 401), 3), infinite_width=True),
}

#: Read from the book's figure 8.10: labels -> hidden width -> error in percent.
PUBLISHED_TEST = {
    "clean": {10: 44.5, 20: 38.4, 40: 35.8, 77: 32.9, 100: 31.5, 200: 28.0, 400: 25.5},
    "noisy": {10: 46.5, 20: 41.7, 40: 43.4, 77: 48.6, 100: 46.4, 200: 40.4, 400: 35.9},
}
PUBLISHED_TRAIN = {"noisy": {10: 47.5, 20: 38.5, 40: 25.8, 77: 0.1, 100: 0.0, 200: 0.0, 400: 0.0}}
