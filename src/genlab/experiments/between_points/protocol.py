"""The protocol of `between-points`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Protocol:
    """What is measured.

    Attributes
    ----------
    n_draws
        Draws of random points; also the most subsets that are taken of a real data set.
    n_points
        Points in each draw or subset.
    inputs
        Numbers of inputs of the random points.
    quoted_inputs
        Those for which the answer gives largest / smallest distance.
    spread_inputs
        Those for which normal points get a histogram of their distances.
    bin_width, n_bins
        Bins of the histogram, in mean distances.
    radii
        Distances within which every point of the unit cube is to have a neighbour.
    most_inputs
        The examples that this needs are computed for every number of inputs from 1 to here,
        and for `inputs`.
    """

    n_draws: int
    n_points: int = 1_000
    inputs: tuple[int, ...] = (2, 5, 10, 20, 50, 100, 200, 500, 1_000)
    quoted_inputs: tuple[int, ...] = (2, 100, 1_000)
    spread_inputs: tuple[int, ...] = (2, 10, 100, 1_000)
    bin_width: float = 0.02
    n_bins: int = 250
    radii: tuple[float, ...] = (0.1, 0.5, 1.0)
    most_inputs: int = 100


PROTOCOLS = {
    "quick": Protocol(n_draws=8),
    "default": Protocol(n_draws=16),
    "paper": Protocol(n_draws=100),
}
