"""The protocol of `toy-double-descent`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Protocol:
    """What is fitted.

    Attributes
    ----------
    n_draws
        Draws of random inputs.
    n_measured
        Data sets behind each measurement that checks a computed error.
    n_points
        Training points in each data set.
    capacities
        Numbers of hidden units; they include `n_points` and `n_points` - 1, where there are as
        many parameters as points.
    checked_capacities
        Those at which the computed error is checked by measuring.
    residual_capacities
        Those at which training residuals are recorded.
    ridges
        Ridge penalties tried with fixed inputs; 0 is none.
    ridge
        The one of them that is tried with random inputs too.
    n_inputs
        Equal cells of [0, 1]; predictions are compared with the truth at their midpoints.
    tail_fraction
        Largest errors that the tail index is estimated from, as a fraction of all.
    """

    n_draws: int
    n_measured: int
    n_points: int = 15
    capacities: tuple[int, ...] = (*range(1, 41), 50, 60, 80, 100, 150, 200)
    checked_capacities: tuple[int, ...] = (
        *(1, 3, 4, 6, 8, 10, 12, 13, 14, 15, 16, 18, 20, 25, 30, 40, 60, 100, 200),
    )
    residual_capacities: tuple[int, ...] = (13, 14, 15, 16, 20, 40, 100, 200)
    ridges: tuple[float, ...] = (0.0, 1e-4, 1e-3, 1e-2, 1e-1)
    ridge: float = 1e-3
    n_inputs: int = 100
    tail_fraction: float = 0.05


PROTOCOLS = {
    "quick": Protocol(n_draws=100, n_measured=200),
    "default": Protocol(n_draws=1_000, n_measured=2_000),
    "paper": Protocol(n_draws=10_000, n_measured=40_000),
}
