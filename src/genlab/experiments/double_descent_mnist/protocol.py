"""The protocol of `double-descent-mnist`, and the values published for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from genlab.models import MLP
from genlab.training import Recipe, StepDecay

PAPER = "Belkin et al., PNAS 2019"
#: Read from the paper's figure 3: hidden units nearest to the point -> test loss.
PUBLISHED_LOSS = {13: 0.28, 50: 0.55, 200: 0.2}
#: Difference of two test losses that counts as agreement, and the reason for it.
TOLERANCE, REASON = 0.05, "reading error of the figure"
#: Epochs that the paper trains at most.
PUBLISHED_EPOCHS = 6_000


@dataclass(frozen=True)
class Protocol:
    """What is trained.

    Attributes
    ----------
    widths
        Hidden units of the networks, in increasing order.
    n_seeds
        Networks of each width and recipe.
    recipe
        How networks beyond the threshold and those from fresh weights are trained.
    plain
        A plain recipe, for comparison.
    decay
        Schedule of the learning rate of `recipe` up to the threshold.
    threshold
        Weights and biases up to which each network starts from the trained weights of the next
        smaller one: training examples times classes.
    compared
        Hidden units of the networks that are also trained from fresh weights and by `plain`.
    n_train, n_test
        Digits of MNIST, the first of each set.
    """

    widths: tuple[int, ...]
    n_seeds: int
    recipe: Recipe
    plain: Recipe
    decay: StepDecay = field(default_factory=lambda: StepDecay(500, 0.9))
    threshold: int = 40_000
    compared: tuple[int, ...] = (9, 13, 20, 30, 50, 200)
    n_train: int = 4_000
    n_test: int = 10_000


def n_parameters(hidden: int) -> int:
    """Weights and biases of the network with so many hidden units."""
    return MLP((hidden,)).n_parameters((28, 28), 10)


def _sgd(epochs: int) -> Recipe:
    steps = epochs * 4_000 // 20
    return Recipe.sgd(
        0.001,
        momentum=0.95,
        batch_size=20,
        steps=steps,
        loss="squared",
        evaluate_every=steps // 10,
    )


def _adam(steps: int) -> Recipe:
    return Recipe.adam(
        0.001, batch_size=None, steps=steps, loss="squared", evaluate_every=steps // 4
    )


_UP_TO_THRESHOLD = (4, 6, 9, 13, 16, 20, 25, 30, 38, 44, 50)

PROTOCOLS = {
    "quick": Protocol((*_UP_TO_THRESHOLD, 57, 88, 200), 1, _sgd(250), _adam(1_000)),
    "default": Protocol((*_UP_TO_THRESHOLD, 57, 88, 200, 400), 3, _sgd(250), _adam(4_000)),
    "paper": Protocol(
        (*_UP_TO_THRESHOLD, 57, 88, 200, 400, 1000), 5, _sgd(PUBLISHED_EPOCHS), _adam(20_000)
    ),
}
