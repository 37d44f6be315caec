"""The protocol of `roughness-along-width`."""

from __future__ import annotations

from dataclasses import dataclass, field

from genlab.datasets import LabelNoise
from genlab.training import Recipe


@dataclass(frozen=True)
class Protocol:
    """What is trained, and where it is measured.

    Attributes
    ----------
    widths
        Hidden units of each of the two layers, in increasing order.
    shown_widths
        Those of which one path is drawn.
    n_datasets
        Fresh training sets for each kind of labels, each with noisy labels and initial weights of
        its own. Networks of all widths are fitted to each.
    n_paths, n_places
        Paths of each kind that start at examples of a training set, and places on each.
    n_train, n_test
        Training examples of each set, and common test examples.
    label_noise
        Label noise of the first kind of labels.
    recipe
        How every network is trained.
    toy_points, toy_capacities
        Training points of the toy problem, and the hidden units of the models that are fitted.
    toy_inputs
        Equal cells of [0, 1] at whose midpoints the error of the toy model is taken.
    """

    widths: tuple[int, ...]
    shown_widths: tuple[int, ...]
    n_datasets: int
    n_paths: int = 20
    n_places: int = 101
    n_train: int = 1000
    n_test: int = 1000
    label_noise: LabelNoise = field(default_factory=lambda: LabelNoise(0.15))
    recipe: Recipe = field(
        default_factory=lambda: Recipe.adam(0.005, batch_size=None, steps=2000, evaluate_every=2000)
    )
    toy_points: int = 15
    toy_capacities: tuple[int, ...] = (*range(1, 31), 40, 50, 60, 80, 100, 150, 200)
    toy_inputs: int = 100


PROTOCOLS = {
    "quick": Protocol(
        (3, 10, 30),
        (3, 10, 30),
        3,
        n_train=400,
        recipe=Recipe.adam(0.005, batch_size=None, steps=1000, evaluate_every=1000),
    ),
    "default": Protocol((3, 6, 10, 14, 18, 25, 50, 120), (6, 14, 120), 12),
    # The number of examples and of steps of the book's figure of double descent.
    "paper": Protocol(
        (5, 10, 20, 30, 40, 50, 60, 70, 77, 85, 100, 140, 200, 400),
        (20, 77, 400),
        20,
        n_paths=30,
        n_train=10_000,
        n_test=5_000,
        recipe=Recipe.adam(0.005, batch_size=None, steps=4000, evaluate_every=4000),
    ),
}
