"""A recipe: how a model is trained, by optimiser, learning rate, batches, steps and loss."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypedDict, Unpack

from genlab._base import kinds, specs
from genlab._base.checks import choice, integer, real
from genlab.datasets import Dataset
from genlab.training._augment import AUGMENTATIONS
from genlab.training._class_weight import ClassWeight, frozen_class_weight, weights_by_label
from genlab.training._early_stopping import EarlyStopping
from genlab.training._evaluations import increasing_steps
from genlab.training._own_loss import OWN_LOSSES, canonical_loss, is_own_loss
from genlab.training._schedule import CosineDecay, Schedule, StepDecay

_OPTIMIZERS = ("sgd", "adam")
_LOSSES = ("cross_entropy", "squared", "absolute")
# Task -> its losses, the default first.
_LOSSES_OF = {
    "classification": ("cross_entropy", "squared"),
    "regression": ("squared", "absolute"),
}


class Settings(TypedDict, total=False):
    """The fields of a `Recipe` that `sgd` and `adam` take by name."""

    steps: int
    batch_size: int | None
    momentum: float
    schedule: Schedule | None
    loss: str
    evaluate_every: int
    augment: str | None
    weight_decay: float
    clip_norm: float | None
    early_stopping: EarlyStopping | None
    class_weight: ClassWeight
    evaluate_at: tuple[int, ...]


_DEFAULTS: Settings = {"steps": 6000, "batch_size": 100}


@dataclass(frozen=True)
class Recipe:
    """How a model is trained; `Recipe.sgd` and `Recipe.adam` make one with the usual defaults.

    Parameters
    ----------
    optimizer
        "sgd", or "adam" (Kingma & Ba, ICLR 2015, with β = (0.9, 0.999), ε = 1e-8).
    learning_rate
        Learning rate, above 0; with a schedule, that of the first step.
    steps
        Number of updates, at least 1.
    batch_size
        Number of examples per update, at least 1, or None for all of them (full batch). Every
        epoch has a fresh random order of the training set. Where batch_size does not divide
        the number of examples, a batch runs over into the next epoch, so that no example is
        left out.
    momentum
        Momentum of "sgd", at least 0 and below 1.
    schedule
        Change of the learning rate: a `StepDecay`, a `CosineDecay`, or None for a constant
        rate.
    loss
        For a classification "cross_entropy", in nats, or "squared": the squared distance of the
        outputs from 1 for the label's class and 0 for the others, summed over classes. For a
        regression "squared", (output − target)², or "absolute", the size of output − target. All
        are averaged over examples. A regression is trained on targets that are standardised by the
        mean and standard deviation of the training targets; recorded losses and predictions
        are in the units of the target. Or a function of your own, by its import path
        "package.module:function" or an entry point in `genlab.losses`: it takes the outputs, shape
        (outputs, n), and the labels or standardised targets, shape (n,), and returns the loss of
        each example, shape (n,), in JAX. Its values are recorded as they are. The outputs of a
        classification by it are read as logits: their softmax is the probabilities.
    evaluate_every
        Number of steps between evaluations, at least 1. Loss and error on all training and
        test examples are recorded before the first step, after every `evaluate_every` steps,
        and at the end.
    augment
        None, or "crop_flip": at every step each image of the batch is padded by 4 black
        pixels on all sides, cropped to its size at a random place, and flipped horizontally
        with probability ½. The seed of the batch order drives it. Recorded loss and error are
        on the unchanged images.
    weight_decay
        Decoupled weight decay, at least 0: learning rate × weight_decay × weight is
        subtracted from every weight and bias after the optimiser has chosen its direction
        (Loshchilov & Hutter, ICLR 2019, algorithms 1 and 2). For "sgd" without momentum this
        equals adding weight_decay / 2 times their squared norm to the loss.
    clip_norm
        Largest norm of a gradient, above 0, or None: a gradient whose norm, over all weights
        and biases together, is larger is scaled down to it (Pascanu et al., ICML 2013,
        algorithm 1).
    early_stopping
        Rule by which the kept weights are chosen: an `EarlyStopping`, or None to keep those
        of the last step.
    class_weight
        Weight of each class in the loss of a classification, by which the weight of each
        example, `Dataset.sample_weight`, is multiplied. None weighs all classes alike.
        "balanced" is n / (k · count) for n examples of k classes, over the labels that are
        trained on (scikit-learn's rule). Or weights of at least 0: a mapping or pairs of a
        class's name and its weight, 1 for classes that are not named; or a tuple of one per
        class, in the order of the labels. A class without a name goes by its label. Only the
        ratio of two weights matters, for the weights of the examples that are trained on are
        scaled to a mean of 1. The recorded training loss and validation loss are weighted
        means; the test loss and all errors are not weighted.
    evaluate_at
        Steps after which loss and error are recorded in place of every `evaluate_every`:
        increasing, from 1 to `steps`, such as `log_spaced_steps` gives. Those before the first
        step and at the end are recorded as well. () records every `evaluate_every`.

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
    weight_decay: float = 0.0
    clip_norm: float | None = None
    early_stopping: EarlyStopping | None = None
    class_weight: ClassWeight = dataclasses.field(default=None, metadata=specs.ADDED)
    evaluate_at: tuple[int, ...] = dataclasses.field(default=(), metadata=specs.ADDED)

    # Whether nobody gave `batch_size` or `loss`. Not fields, for they are no part of a recipe's
    # identity.
    _batch_by_default: ClassVar[bool] = False
    _loss_by_default: ClassVar[bool] = False

    def __post_init__(self) -> None:
        choice("optimizer", self.optimizer, _OPTIMIZERS)
        if not isinstance(self.loss, str):
            choice("loss", self.loss, (*_LOSSES, *OWN_LOSSES))
        if self.loss not in _LOSSES and is_own_loss(self.loss):
            object.__setattr__(self, "loss", canonical_loss(self.loss))
        else:
            choice("loss", self.loss, (*_LOSSES, *OWN_LOSSES))
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
            raise ValueError(
                f"`momentum` belongs to 'sgd', got {self.momentum!r} with {self.optimizer!r}."
            )
        object.__setattr__(self, "momentum", momentum)
        if self.schedule is not None and not isinstance(self.schedule, (StepDecay, CosineDecay)):
            raise TypeError(
                f"`schedule` must be a StepDecay, a CosineDecay or None, got {self.schedule!r}."
            )
        object.__setattr__(self, "weight_decay", real("weight_decay", self.weight_decay, low=0))
        if self.clip_norm is not None:
            object.__setattr__(self, "clip_norm", real("clip_norm", self.clip_norm, above=0))
        if self.early_stopping is not None and not isinstance(self.early_stopping, EarlyStopping):
            raise TypeError(
                f"`early_stopping` must be an EarlyStopping or None, got {self.early_stopping!r}."
            )
        object.__setattr__(self, "class_weight", frozen_class_weight(self.class_weight))
        object.__setattr__(self, "evaluate_at", increasing_steps(self.evaluate_at, self.steps))

    @classmethod
    def sgd(cls, learning_rate: float = 0.1, **settings: Unpack[Settings]) -> Recipe:
        """Stochastic gradient descent.

        Parameters
        ----------
        learning_rate
            Learning rate, above 0.
        settings
            Any other field of `Recipe` by name, such as `momentum`. `batch_size` is 100 and
            `steps` 6000 unless given, as in S. Prince, "Understanding Deep Learning" (2023),
            section 8.1. A batch size that is not given is that of all training examples where
            there are fewer than 100, and a `loss` that is not given is "squared" for a
            regression: see `for_examples`.

        Raises
        ------
        TypeError, ValueError
            Naming the parameter, the rule and the value received.

        >>> Recipe.sgd(momentum=0.9).momentum
        0.9
        """
        return _made("sgd", learning_rate, settings)

    @classmethod
    def adam(cls, learning_rate: float = 0.001, **settings: Unpack[Settings]) -> Recipe:
        """Adam with its usual decay rates; see `sgd` for parameters and errors.

        >>> Recipe.adam(0.01, steps=200).optimizer
        'adam'
        """
        return _made("adam", learning_rate, settings)

    def epochs(self, n_train: int) -> float:
        """Number of passes over `n_train` examples, unless early stopping ends training before."""
        return self.steps * self.examples_a_step(n_train) / self.n_fitted(n_train)

    def n_fitted(self, n_train: int) -> int:
        """Number of `n_train` examples that are trained on, not held out for early stopping."""
        if self.early_stopping is None:
            return n_train
        return self.early_stopping.n_fitted(n_train)

    def examples_a_step(self, n_train: int) -> int:
        """Number of examples per update.

        Raises ValueError where a `batch_size` that was given exceeds the examples that are
        trained on.
        """
        n_fitted = self.n_fitted(n_train)
        if self.batch_size is None or (self._batch_by_default and self.batch_size > n_fitted):
            return n_fitted
        if self.batch_size > n_fitted:
            raise ValueError(
                f"`batch_size` must be at most the {n_fitted} training examples, "
                f"got {self.batch_size!r}."
            )
        return self.batch_size

    def for_examples(self, n_train: int, task: str = "classification") -> Recipe:
        """The recipe for `n_train` examples: a default batch size is at most all of them.

        A default loss is that of the task: "squared" for a regression. What was given stays, and
        is an error where a batch size is too large, or a loss does not suit the task.

        >>> Recipe.adam().for_examples(80).batch_size
        80
        >>> Recipe.adam().for_examples(80, "regression").loss
        'squared'
        """
        changes: dict[str, Any] = {}
        if self.batch_size is not None and self._batch_by_default and self.n_fitted(n_train) >= 1:
            changes["batch_size"] = self.examples_a_step(n_train)
        if self._loss_by_default:
            changes["loss"] = _LOSSES_OF[task][0]
        if all(getattr(self, name) == value for name, value in changes.items()):
            return self
        return _by_default(
            dataclasses.replace(self, **changes),
            batch_size=self._batch_by_default,
            loss=self._loss_by_default,
        )

    def for_data(self, data: Dataset) -> Recipe:
        """The recipe `for_examples` of a data set, and with its class weights by label.

        `train` and all else that takes a recipe with data calls it.

        >>> from genlab.datasets import Dataset
        >>> data = Dataset([[0.0], [1.0]], [0, 1], [[0.5]], [1], classes=("healthy", "sick"))
        >>> Recipe.adam(class_weight={"sick": 5}).for_data(data).class_weight
        (1.0, 5.0)
        """
        return self.for_examples(data.n_train, data.task).for_classes(
            data.classes or range(data.n_classes)
        )

    def for_classes(self, classes: Sequence[Any]) -> Recipe:
        """The recipe with its class weights by label.

        Parameters
        ----------
        classes
            Names of the classes in the order of their labels, or the labels; none of a
            regression.

        Raises
        ------
        ValueError
            Where the class weights name a class that is not there, or are not one per class.
        """
        if len(classes) == 0:
            return self
        weights = weights_by_label(self.class_weight, classes)
        if weights == self.class_weight:
            return self
        return _by_default(
            dataclasses.replace(self, class_weight=weights),
            batch_size=self._batch_by_default,
            loss=self._loss_by_default,
        )

    def check_task(self, task: str) -> None:
        """ValueError where loss or class weights do not suit a classification or a regression.

        >>> Recipe.adam().check_task("regression")
        Traceback (most recent call last):
            ...
        ValueError: `loss` must be 'squared' or 'absolute' for a regression, got 'cross_entropy'.
        """
        losses = _LOSSES_OF[task]
        if self.loss not in losses and not kinds.is_import_path(self.loss):
            allowed = " or ".join(map(repr, losses))
            raise ValueError(f"`loss` must be {allowed} for a {task}, got {self.loss!r}.")
        if self.class_weight is not None and task == "regression":
            raise ValueError(
                "`class_weight` must be None for a regression, which has no classes, got "
                f"{self.class_weight!r}."
            )

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what a default decided: empty where all was given or as usual."""
        usual = _DEFAULTS["batch_size"]
        notes = []
        if self._batch_by_default and self.batch_size != usual:
            notes.append(
                f"Each batch holds all {self.batch_size} training examples, which are fewer than "
                f"the default batch size of {usual}."
            )
        if self._loss_by_default and self.loss != _LOSSES_OF["classification"][0]:
            notes.append(f"The loss is {self.loss}, the default for a regression.")
        return tuple(notes)

    def evaluation_steps(self) -> list[int]:
        """Steps after which loss and error are recorded.

        >>> Recipe.sgd(steps=250).evaluation_steps()
        [0, 100, 200, 250]
        >>> Recipe.sgd(steps=250, evaluate_at=(1, 10, 100)).evaluation_steps()
        [0, 1, 10, 100, 250]
        """
        if not self.evaluate_at:
            return [*range(0, self.steps, self.evaluate_every), self.steps]
        return [0, *(step for step in self.evaluate_at if step < self.steps), self.steps]


def _made(optimizer: str, learning_rate: float, settings: Settings) -> Recipe:
    """A recipe with the defaults of `sgd` and `adam`; TypeError for a setting that is none."""
    for name in settings:
        if name not in Settings.__annotations__:
            raise TypeError(
                f"`settings` must be among {', '.join(Settings.__annotations__)}, got {name!r}."
            )
    complete: Settings = {**_DEFAULTS, **settings}
    recipe = Recipe(optimizer, learning_rate, **complete)
    return _by_default(recipe, batch_size="batch_size" not in settings, loss="loss" not in settings)


def _by_default(recipe: Recipe, *, batch_size: bool, loss: bool) -> Recipe:
    """The recipe, which nobody else has yet, marked by what nobody gave."""
    for name, was_default in (("_batch_by_default", batch_size), ("_loss_by_default", loss)):
        if was_default:
            object.__setattr__(recipe, name, True)
    return recipe
