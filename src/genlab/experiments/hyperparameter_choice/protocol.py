"""The protocol of `hyperparameter-choice`."""

from __future__ import annotations

from dataclasses import dataclass, field

from genlab._base.jsons import Row
from genlab.models import MLP
from genlab.training import Recipe


@dataclass(frozen=True)
class Configuration:
    """One point of the search space.

    Attributes
    ----------
    depth, width
        Hidden layers, and units in each.
    learning_rate, epochs
        How the network is trained.
    """

    depth: int
    width: int
    learning_rate: float
    epochs: int

    def model(self) -> MLP:
        """The network."""
        return MLP(hidden=(self.width,) * self.depth)

    def row(self) -> Row:
        """Columns of a table."""
        return {**vars(self), "n_parameters": self.model().n_parameters((40,), 10)}


@dataclass(frozen=True)
class Protocol:
    """What is trained, chosen and evaluated.

    Attributes
    ----------
    n_repetitions
        Repetitions, each with data sets of its own.
    n_searched
        Of these, the first few, in which every configuration is trained with `n_seeds` seeds:
        many trials to choose from.
    n_seeds
        Seeds of every configuration in these few.
    depths, widths, epochs, learning_rates
        The search space: all combinations.
    default
        A configuration of the space with which the chosen one is compared: the book's
        network and learning rate.
    batch_size, n_train
        Examples per batch, and training examples.
    n_test
        Examples of a test set, and of a validation set.
    n_pool
        Examples on which every trial is evaluated: pairs of a validation and a test set and a
        few more, or validation sets of other sizes and the rest.
    n_divided
        The first examples of the pool, which are divided into validation sets of each size.
    n_fresh
        Further examples on which the chosen ones are evaluated.
    sizes
        Sizes of validation sets.
    n_trials
        Numbers of trials to choose from.
    """

    n_repetitions: int
    n_searched: int
    n_seeds: int
    depths: tuple[int, ...] = (1, 2, 3)
    widths: tuple[int, ...] = (50, 100)
    epochs: tuple[int, ...] = (20, 40)
    learning_rates: tuple[float, ...] = (0.1, 0.2, 0.4, 0.6, 0.8)
    default: Configuration = field(default_factory=lambda: Configuration(2, 100, 0.1, 40))
    batch_size: int = 50
    n_train: int = 1000
    n_test: int = 2000
    n_pool: int = 17_000
    n_divided: int = 5000
    n_fresh: int = 100_000
    sizes: tuple[int, ...] = (50, 100, 200, 500, 1000, 2000, 5000)
    n_trials: tuple[int, ...] = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

    @property
    def n_pairs(self) -> int:
        """Pairs of a validation and a test set in the pool."""
        return self.n_pool // (2 * self.n_test)

    @property
    def configurations(self) -> list[Configuration]:
        """The search space, small networks first."""
        return [
            Configuration(depth, width, rate, epochs)
            for depth in self.depths
            for width in self.widths
            for epochs in self.epochs
            for rate in self.learning_rates
        ]

    def recipe(self, configuration: Configuration) -> Recipe:
        """How a configuration is trained; it is evaluated at the end."""
        steps = configuration.epochs * self.n_train // self.batch_size
        return Recipe.sgd(
            configuration.learning_rate,
            batch_size=self.batch_size,
            steps=steps,
            evaluate_every=steps,
        )


PROTOCOLS = {
    "quick": Protocol(
        n_repetitions=12,
        n_searched=3,
        n_seeds=12,
        widths=(100,),
        epochs=(40,),
        learning_rates=(0.1, 0.4, 0.6),
        n_fresh=50_000,
    ),
    "default": Protocol(n_repetitions=80, n_searched=5, n_seeds=17),
    "paper": Protocol(n_repetitions=200, n_searched=20, n_seeds=17),
}
