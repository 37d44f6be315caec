"""The protocol of `toy-tradeoff`, and the values published for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Protocol:
    """What is fitted.

    Attributes
    ----------
    n_datasets
        Data sets that every model is fitted to.
    n_exact
        Drawn sets of inputs for which the noise is integrated in closed form.
    capacities
        Hidden units of the models, in increasing order.
    last_mean
        Capacity up to which the variance given the inputs has a light tail: means are shown up to
        here and medians above.
    tails_of
        Capacities whose distribution of the variance given the inputs is tabled.
    n_points
        Points in a data set.
    noise
        Standard deviation of the noise.
    """

    n_datasets: int
    n_exact: int
    capacities: tuple[int, ...] = tuple(range(1, 13))
    last_mean: int = 8
    tails_of: tuple[int, ...] = (4, 7, 8, 9, 10, 11, 12, 14)
    n_points: int = 15
    noise: float = 0.3

    @property
    def mean_capacities(self) -> tuple[int, ...]:
        """The capacities that are summarised by means."""
        return tuple(capacity for capacity in self.capacities if capacity <= self.last_mean)


PROTOCOLS = {
    "quick": Protocol(4_000, 2_000),
    "default": Protocol(40_000, 4_000),
    "paper": Protocol(100_000, 40_000),
}

#: Numbers of data sets by which somebody with few of them would judge.
FEW = (1, 5, 20)

COMPUTED = "not published: an independent computation over 4,000 draws of the inputs"
#: Bias² and variance of 1, 2, … hidden units.
COMPUTED_BIAS = (0.303, 0.303, 0.059, 0.005, 0.011, 0.005, 0.002, 0.001)
COMPUTED_VARIANCE = (0.015, 0.023, 0.026, 0.032, 0.040, 0.047, 0.056, 0.068)
#: By which fraction of it a measured value may differ, beside half of the last digit.
COMPUTED_TOLERANCE, COMPUTED_DIGIT = 0.03, 0.0005
COMPUTED_REASON = "3% for the inputs that were drawn, and half of the last digit"

#: Read from the book's figure 8.9, whose curves come from few data sets: hidden units -> value.
BOOK_BIAS = {1: 0.308, 2: 0.308, 3: 0.062, 4: 0.007}
BOOK_VARIANCE = {3: 0.029, 5: 0.044, 8: 0.073, 11: 0.16, 12: 0.42}
#: By which fraction of it a measured value may differ, beside the reading error of bias².
BOOK_BIAS_TOLERANCE, BOOK_READING, BOOK_VARIANCE_TOLERANCE = 0.05, 0.002, 0.25
BOOK_BIAS_REASON = "5% because the figure rests on few data sets, and its reading error, 0.002"
BOOK_VARIANCE_REASON = "25% because the figure rests on few data sets"
