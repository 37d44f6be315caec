"""The protocol of `epoch-wise-double-descent`."""

from __future__ import annotations

from dataclasses import dataclass, field

from genlab.datasets import LabelNoise
from genlab.training import Recipe, log_spaced_steps


def _recipe(steps: int, n_evaluations: int) -> Recipe:
    """Full batches of Adam, as in the chapter; evaluated evenly in log(step), and at the start."""
    at = log_spaced_steps(steps, n_evaluations - 1)
    return Recipe.adam(0.005, batch_size=None, steps=steps, evaluate_at=at)


@dataclass(frozen=True)
class Protocol:
    """What is trained.

    Attributes
    ----------
    widths
        Hidden widths, in increasing order.
    shown
        Those whose errors are drawn against the step: a narrow, a middle and a wide one.
    n_seeds
        Networks of each width. Each has a training set, noisy labels and initial weights of its
        own; the training set of a seed is the same for all widths.
    n_train, n_test
        Examples of MNIST-1D. The test examples are the same for all networks.
    label_noise
        Label noise of the training examples.
    tested_from
        The first step that a rise or fall of the test error may begin at. Before it every error
        falls, by amounts that differ much between seeds, which would widen all intervals.
    recipe
        How every network is trained, and after which steps it is evaluated.
    """

    widths: tuple[int, ...]
    shown: tuple[int, int, int]
    n_seeds: int
    n_train: int = 4000
    n_test: int = 5000
    label_noise: LabelNoise = field(default_factory=lambda: LabelNoise(0.15))
    tested_from: int = 20
    recipe: Recipe = field(default_factory=lambda: _recipe(4000, 60))


PROTOCOLS = {
    "quick": Protocol((5, 10, 20, 40, 80), (10, 20, 80), 3, n_train=1000, recipe=_recipe(1000, 30)),
    "default": Protocol(
        (4, 5, 6, 8, 10, 12, 15, 18, 22, 26, 30, 35, 40, 45, 50, 56, 64, 80, 100, 125),
        (15, 50, 125),
        4,
    ),
    "paper": Protocol(
        (5, 7, 10, 14, 20, 26, 32, 40, 48, 55, 62, 70, 77, 85, 95, 110, 130, 160, 200, 250),
        (20, 77, 250),
        5,
        n_train=10_000,
        recipe=_recipe(40_000, 60),
    ),
}
