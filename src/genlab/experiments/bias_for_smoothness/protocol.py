"""The protocol of `bias-for-smoothness`."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from genlab.datasets import LabelNoise
from genlab.training import Recipe

#: Training without any of the methods; the others are compared with it.
PLAIN = "plain"
#: The mean prediction of several networks that are trained like the plain one.
ENSEMBLE = "ensemble"


@dataclass(frozen=True)
class Toy:
    """What is fitted in the toy problem, in closed form.

    Attributes
    ----------
    n_datasets
        Fresh data sets.
    n_points
        Training points in each, at the middles of equal cells of [0, 1].
    n_hidden
        Hidden units. With at least twice as many as points there is a knot between any two
        neighbouring points, so that every data set can be fitted exactly.
    n_members
        Models in an ensemble, each with random knots of its own.
    levels
        Training losses (mean squared error) at which the methods are compared, in decreasing order.
    quoted
        The one of them that the answer quotes.
    step_sizes
        Method -> step size of gradient descent, as a fraction of the largest at which it does not
        diverge.
    n_inputs
        Equal cells of [0, 1]; the test error is computed at their midpoints.
    """

    n_datasets: int
    n_points: int = 15
    n_hidden: int = 30
    n_members: int = 10
    levels: tuple[float, ...] = (0.09, 0.045, 0.009, 0.0009)
    quoted: float = 0.009
    step_sizes: dict[str, float] = field(
        default_factory=lambda: {PLAIN: 0.5, "small_steps": 0.005, "large_steps": 0.95}
    )
    n_inputs: int = 200


@dataclass(frozen=True)
class Setting:
    """One way to train the network.

    Attributes
    ----------
    method
        Its code: "plain" for the one that others are compared with.
    recipe
        How the network is trained, but for the number of steps.
    first, last
        Steps of the first and of the last evaluation.
    """

    method: str
    recipe: Recipe
    first: int
    last: int

    def steps(self, n: int) -> tuple[int, ...]:
        """The steps of `n` evaluations, evenly spaced on a log scale.

        >>> Setting("plain", Recipe.sgd(0.1), 100, 400).steps(3)
        (100, 200, 400)
        """
        return tuple(np.geomspace(self.first, self.last, n).round().astype(int).tolist())


def _recipe(learning_rate: float, weight_decay: float = 0.0, batch_size: int = 100) -> Recipe:
    return Recipe.sgd(
        learning_rate, batch_size=batch_size, momentum=0.9, weight_decay=weight_decay, steps=1
    )


_SETTINGS = (
    Setting(PLAIN, _recipe(0.05), 220, 620),
    Setting("small_steps", _recipe(0.0125), 750, 2200),
    Setting("large_steps", _recipe(0.1), 150, 540),
    Setting("weight_decay_0.01", _recipe(0.05, 0.01), 220, 800),
    Setting("weight_decay_0.03", _recipe(0.05, 0.03), 240, 1100),
)


@dataclass(frozen=True)
class Protocol:
    """What is fitted and trained.

    Attributes
    ----------
    toy
        The toy problem.
    n_seeds
        Training sets of MNIST-1D, each with label noise of its own. Every method is trained on
        each.
    first_seed
        Number of seeds of networks that are left out: learning rates, weight decays and the steps
        of the evaluations were chosen by networks of those.
    n_members
        Networks in an ensemble. They share training set and label noise.
    n_train, n_test
        Training examples of each set, and common test examples.
    width
        Hidden units of each of the two layers.
    n_paths, n_places
        Paths of each kind from training examples, and places on each.
    levels
        Training losses at which the methods are compared, in decreasing order.
    n_evaluations
        Evaluations in the course of training. Each is a cell of its own, for a cell keeps the
        outputs after its last step.
    evaluate_every
        Interval of the recorded curves, at most the first step of every setting. All cells of a
        batch size then share one compiled program.
    settings
        The methods; the first is the plain one.
    label_noise
        Label noise of the training sets.
    """

    toy: Toy
    n_seeds: int
    first_seed: int = 100
    n_members: int = 4
    n_train: int = 1000
    n_test: int = 2000
    width: int = 100
    n_paths: int = 40
    n_places: int = 21
    levels: tuple[float, ...] = (0.5, 0.3, 0.2, 0.1, 0.05)
    n_evaluations: int = 8
    evaluate_every: int = 150
    settings: tuple[Setting, ...] = _SETTINGS
    label_noise: LabelNoise = field(default_factory=lambda: LabelNoise(0.15))

    @property
    def methods(self) -> tuple[str, ...]:
        """The codes of all methods, the plain one first and the ensemble last."""
        return (*(setting.method for setting in self.settings), ENSEMBLE)


PROTOCOLS = {
    "quick": Protocol(
        Toy(100),
        3,
        n_members=3,
        n_train=300,
        n_test=1000,
        width=40,
        n_paths=20,
        n_places=11,
        levels=(0.5, 0.2, 0.1),
        n_evaluations=5,
        evaluate_every=60,
        settings=(
            Setting(PLAIN, _recipe(0.05), 110, 260),
            Setting("large_steps", _recipe(0.1), 60, 150),
            Setting("weight_decay_0.03", _recipe(0.05, 0.03), 110, 330),
        ),
    ),
    "default": Protocol(Toy(1000), 10),
    # As many examples as MNIST-1D has.
    "paper": Protocol(
        Toy(10_000),
        20,
        n_train=4000,
        n_test=5000,
        width=200,
        n_paths=60,
        n_places=33,
        levels=(0.5, 0.3, 0.2, 0.1, 0.05),
        n_evaluations=12,
        evaluate_every=350,
        settings=(
            Setting(PLAIN, _recipe(0.05), 500, 1700),
            Setting("small_steps", _recipe(0.0125), 1300, 5200),
            Setting("large_steps", _recipe(0.1), 350, 1600),
            Setting("weight_decay_0.003", _recipe(0.05, 0.003), 500, 1800),
            Setting("weight_decay_0.01", _recipe(0.05, 0.01), 550, 2800),
        ),
    ),
}
