"""The protocol of `toy-more-capacity`."""

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
        Drawn sets of inputs for the medians of bias² and variance.
    capacities
        Hidden units of the models, in increasing order.
    median_capacities
        Those whose variance has a heavy tail (see `toy-tradeoff`): they are summarised by medians
        and quantiles in place of means and standard deviations.
    n_points
        Points in a data set.
    noise
        Standard deviation of the noise.
    """

    n_datasets: int
    n_exact: int
    capacities: tuple[int, ...] = (3, 5, 10)
    median_capacities: tuple[int, ...] = (10,)
    n_points: int = 15
    noise: float = 0.3

    def summary(self, capacity: int) -> str:
        """How a capacity is summarised: "mean" or "median"."""
        return "median" if capacity in self.median_capacities else "mean"


PROTOCOLS = {
    "quick": Protocol(4_000, 1_000),
    "default": Protocol(20_000, 4_000),
    "paper": Protocol(100_000, 20_000),
}
