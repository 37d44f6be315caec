"""The optimiser of a recipe, and what of the recipe its compiled program depends on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import optax

from genlab.training._recipe import Recipe
from genlab.training._schedule import CosineDecay, Schedule, StepDecay


@dataclass(frozen=True)
class UpdateRule:
    """What of a recipe and a training set's size a compiled program depends on.

    Learning rate and weight decay are arguments of the program, and steps belong to it only
    where a schedule counts them. So recipes that differ in these alone share one program.

    Attributes
    ----------
    optimizer, momentum, clip_norm, schedule, loss, augment
        As in the recipe.
    decays_weights
        Whether the weight decay is above 0.
    steps
        Number of updates where a schedule counts them, else None.
    batch_size
        Examples in one update.
    n_fitted
        Examples that are trained on.
    task
        "classification" or "regression".
    """

    optimizer: str
    momentum: float
    clip_norm: float | None
    schedule: Schedule | None
    loss: str
    augment: str | None
    decays_weights: bool
    steps: int | None
    batch_size: int
    n_fitted: int
    task: str


def update_rule(recipe: Recipe, n_train: int, task: str = "classification") -> UpdateRule:
    """The rule of a recipe on a training set of `n_train` examples."""
    return UpdateRule(
        optimizer=recipe.optimizer,
        momentum=recipe.momentum,
        clip_norm=recipe.clip_norm,
        schedule=recipe.schedule,
        loss=recipe.loss,
        augment=recipe.augment,
        decays_weights=bool(recipe.weight_decay),
        steps=None if recipe.schedule is None else recipe.steps,
        batch_size=recipe.examples_a_step(n_train),
        n_fitted=recipe.n_fitted(n_train),
        task=task,
    )


def rates(recipe: Recipe) -> tuple[float, float]:
    """Learning rate and weight decay: the numbers that a compiled program takes as arguments."""
    return recipe.learning_rate, recipe.weight_decay


def build(rule: UpdateRule, rates: tuple[Any, Any] = (1.0, 1.0)) -> optax.GradientTransformation:
    """The Optax optimiser of a rule, with these `rates`, traced or not.

    Its state, which is all that the default is for, does not depend on them.
    """
    learning_rate, weight_decay = rates
    rate = _scheduled(rule, learning_rate)
    parts = []
    if rule.clip_norm is not None:
        parts.append(optax.clip_by_global_norm(rule.clip_norm))
    if rule.optimizer == "adam":
        parts.append(optax.scale_by_adam())
    elif rule.momentum:
        parts.append(optax.trace(decay=rule.momentum))
    if rule.decays_weights:
        parts.append(optax.add_decayed_weights(weight_decay))
    return optax.chain(*parts, optax.scale_by_learning_rate(rate))


def learning_rates(recipe: Recipe, n_train: int) -> optax.Schedule:
    """The learning rate of each step, on a training set of `n_train` examples.

    Returns
    -------
    optax.Schedule
        A function from the step, counted from 0, to its learning rate.

    >>> rate = learning_rates(Recipe.sgd(0.1, schedule=StepDecay(10, 0.5)), 4000)
    >>> round(float(rate(399)), 3), round(float(rate(400)), 3)
    (0.1, 0.05)
    """
    rate = _scheduled(update_rule(recipe, n_train), recipe.learning_rate)
    return rate if callable(rate) else optax.constant_schedule(rate)


def _scheduled(rule: UpdateRule, rate: Any) -> Any:
    """The schedule that begins at a learning rate; where there is none, that rate."""
    if rule.schedule is None:
        return rate
    assert rule.steps is not None
    if isinstance(rule.schedule, CosineDecay):
        return optax.cosine_decay_schedule(rate, rule.steps, rule.schedule.end)
    return _step_decay(rate, rule.schedule, rule, rule.steps)


def _step_decay(rate: Any, decay: StepDecay, rule: UpdateRule, steps: int) -> optax.Schedule:
    """The rate before each drop, and the first step after it, in whole steps."""
    drops: dict[int, float] = {}
    epochs = decay.every_epochs
    while (step := -(-epochs * rule.n_fitted // rule.batch_size)) < steps:
        drops[step] = drops.get(step, 1.0) * decay.factor
        epochs += decay.every_epochs
    return optax.piecewise_constant_schedule(rate, drops)
