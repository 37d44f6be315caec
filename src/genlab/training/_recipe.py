"""How a model is fitted: optimiser, learning rate, batches, steps, loss."""

from __future__ import annotations

from dataclasses import dataclass

import optax

from genlab._check import choice, integer, real
from genlab.training._augment import AUGMENTATIONS

_OPTIMIZERS = ("sgd", "adam")
_LOSSES = ("cross_entropy", "squared")


@dataclass(frozen=True)
class StepDecay:
    """Multiply the learning rate by `factor` after every `every_epochs` epochs.

    >>> StepDecay(every_epochs=10, factor=0.5)
    StepDecay(every_epochs=10, factor=0.5)
    """

    every_epochs: int = 10
    factor: float = 0.5

    def __post_init__(self) -> None:
        every_epochs = integer("every_epochs", self.every_epochs, low=1)
        object.__setattr__(self, "every_epochs", every_epochs)
        object.__setattr__(self, "factor", real("factor", self.factor, above=0, high=1))


@dataclass(frozen=True)
class CosineDecay:
    """Let the learning rate fall along half a cosine, to `end` times its start at the last step.

    Loshchilov & Hutter, "SGDR" (ICLR 2017), equation 5, without restarts.

    >>> CosineDecay()
    CosineDecay(end=0.0)
    """

    end: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "end", real("end", self.end, low=0, high=1))


Schedule = StepDecay | CosineDecay


@dataclass(frozen=True)
class Recipe:
    """A recipe for training; `Recipe.sgd` and `Recipe.adam` are the ways to make one.

    Parameters
    ----------
    optimizer
        "sgd", or "adam" (Kingma & Ba, ICLR 2015, with β = (0.9, 0.999), ε = 1e-8).
    learning_rate
        Above 0.
    steps
        Number of updates, at least 1.
    batch_size
        Examples an update, or None for all of them (full batch). Every epoch is a
        fresh order of the training set; where batch_size does not divide its
        size, a batch runs over into the next epoch, so that no example is left out.
    momentum
        Of "sgd", from 0 up to, not including, 1.
    schedule
        A `StepDecay`, a `CosineDecay`, or None for a constant learning rate.
    loss
        "cross_entropy", in nats, or "squared", the squared distance of the outputs from
        1 for the label's class and 0 for the others, summed over classes; both averaged
        over examples.
    evaluate_every
        Loss and error on all training and test examples are recorded before the
        first step, after every `evaluate_every` steps, and at the end.
    augment
        None, or "crop_flip": at every step each image of the batch is padded by 4 black
        pixels on all sides and cropped to its size at a random place, then turned left to
        right or not, by the seed of the batch order. Recorded loss and error are on the
        images as they are.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> Recipe.sgd(learning_rate=0.1, batch_size=100, steps=6000).epochs(n_train=4000)
    150.0
    """

    optimizer: str
    learning_rate: float
    steps: int
    batch_size: int | None
    momentum: float = 0.0
    schedule: Schedule | None = None
    loss: str = "cross_entropy"
    evaluate_every: int = 100
    augment: str | None = None

    def __post_init__(self) -> None:
        choice("optimizer", self.optimizer, _OPTIMIZERS)
        choice("loss", self.loss, _LOSSES)
        if self.augment is not None:
            choice("augment", self.augment, tuple(AUGMENTATIONS))
        object.__setattr__(
            self, "learning_rate", real("learning_rate", self.learning_rate, above=0)
        )
        for name in ("steps", "evaluate_every", "batch_size"):
            if name != "batch_size" or self.batch_size is not None:
                object.__setattr__(self, name, integer(name, getattr(self, name), low=1))
        momentum = real("momentum", self.momentum, low=0)
        if momentum >= 1:
            raise ValueError(f"`momentum` must be below 1, got {self.momentum!r}.")
        if momentum and self.optimizer != "sgd":
            raise ValueError(f"`momentum` belongs to 'sgd', got it with {self.optimizer!r}.")
        object.__setattr__(self, "momentum", momentum)
        if self.schedule is not None and not isinstance(self.schedule, (StepDecay, CosineDecay)):
            raise TypeError(
                f"`schedule` must be a StepDecay, a CosineDecay or None, got {self.schedule!r}."
            )

    @classmethod
    def sgd(
        cls,
        learning_rate: float = 0.1,
        *,
        momentum: float = 0.0,
        batch_size: int | None = 100,
        steps: int = 6000,
        schedule: Schedule | None = None,
        loss: str = "cross_entropy",
        evaluate_every: int = 100,
        augment: str | None = None,
    ) -> Recipe:
        """Stochastic gradient descent; the defaults are the chapter's."""
        return cls(
            optimizer="sgd",
            learning_rate=learning_rate,
            steps=steps,
            batch_size=batch_size,
            momentum=momentum,
            schedule=schedule,
            loss=loss,
            evaluate_every=evaluate_every,
            augment=augment,
        )

    @classmethod
    def adam(
        cls,
        learning_rate: float = 0.001,
        *,
        batch_size: int | None = 100,
        steps: int = 6000,
        schedule: Schedule | None = None,
        loss: str = "cross_entropy",
        evaluate_every: int = 100,
        augment: str | None = None,
    ) -> Recipe:
        """Adam with its usual moments."""
        return cls(
            optimizer="adam",
            learning_rate=learning_rate,
            steps=steps,
            batch_size=batch_size,
            schedule=schedule,
            loss=loss,
            evaluate_every=evaluate_every,
            augment=augment,
        )

    def epochs(self, n_train: int) -> float:
        """How often each of `n_train` examples is seen."""
        return self.steps * self.examples_a_step(n_train) / n_train

    def examples_a_step(self, n_train: int) -> int:
        """Examples in one update.

        Raises ValueError where batch_size exceeds n_train.
        """
        if self.batch_size is None:
            return n_train
        if self.batch_size > n_train:
            raise ValueError(
                f"`batch_size` must be at most the {n_train} training examples, "
                f"got {self.batch_size!r}."
            )
        return self.batch_size

    def evaluation_steps(self) -> list[int]:
        """The steps after which loss and error are recorded.

        >>> Recipe.sgd(steps=250).evaluation_steps()
        [0, 100, 200, 250]
        """
        return [*range(0, self.steps, self.evaluate_every), self.steps]

    def learning_rates(self, n_train: int) -> optax.Schedule:
        """The learning rate of each step, on a training set of `n_train` examples."""
        if isinstance(self.schedule, CosineDecay):
            return optax.cosine_decay_schedule(self.learning_rate, self.steps, self.schedule.end)
        if self.schedule is not None:
            return _step_decay(self.learning_rate, self.schedule, self, n_train)
        return optax.constant_schedule(self.learning_rate)

    def build(self, n_train: int) -> optax.GradientTransformation:
        """The Optax optimiser for a training set of `n_train` examples."""
        rate = self.learning_rate if self.schedule is None else self.learning_rates(n_train)
        if self.optimizer == "adam":
            return optax.adam(rate)
        return optax.sgd(rate, momentum=self.momentum or None)


def _step_decay(
    learning_rate: float, decay: StepDecay, recipe: Recipe, n_train: int
) -> optax.Schedule:
    """The rate before each drop, and the first step after it, in whole steps."""
    examples = recipe.examples_a_step(n_train)
    drops: dict[int, float] = {}
    epochs = decay.every_epochs
    while (step := -(-epochs * n_train // examples)) < recipe.steps:
        drops[step] = drops.get(step, 1.0) * decay.factor
        epochs += decay.every_epochs
    return optax.piecewise_constant_schedule(learning_rate, drops)
