"""The protocol of `toy-smoothness`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Protocol:
    """What is fitted.

    Attributes
    ----------
    n_datasets
        Data sets that the fits are measured on.
    n_descents
        Data sets on which gradient descent is run.
    n_steps
        Steps of gradient descent.
    n_points
        Training points in each data set.
    capacities
        Numbers of hidden units. The first has as many parameters as there are points, and so
        one exact fit only; the others have many.
    multiples
        Lengths of the random change that is added to the minimum-norm fit, in lengths of that
        fit.
    drawn_multiple
        Such a length for the curves through the problem's own data set.
    n_inputs
        Equal cells of [0, 1]; predictions are compared with the truth at their midpoints.
    tail_fraction
        Largest values that the tail index is estimated from, as a fraction of all.
    descent_capacity
        Hidden units of the models that gradient descent trains.
    start_length
        Length of the random initial parameters, in lengths of the minimum-norm fit.
    n_checkpoints
        Numbers of steps after which gradient descent is measured, evenly spaced on a log scale;
        those that round to the same number count once.
    """

    n_datasets: int
    n_descents: int
    n_steps: int
    n_points: int = 6
    capacities: tuple[int, ...] = (5, 6, 7, 8, 10, 50)
    multiples: tuple[int, ...] = (1, 3, 10)
    drawn_multiple: int = 5
    n_inputs: int = 200
    tail_fraction: float = 0.05
    descent_capacity: int = 50
    start_length: float = 3.0
    n_checkpoints: int = 61


PROTOCOLS = {
    "quick": Protocol(n_datasets=400, n_descents=20, n_steps=5_000),
    "default": Protocol(n_datasets=2_000, n_descents=40, n_steps=50_000),
    "paper": Protocol(n_datasets=20_000, n_descents=100, n_steps=1_000_000),
}
