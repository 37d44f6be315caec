"""Train an ensemble of seeds, and report which models diverged."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from jaxtyping import Int

from genlab._base import streams
from genlab._base.checks import integer
from genlab._base.errors import DivergedError, DivergenceWarning, UntrainedWarning
from genlab.datasets import Dataset, LabelNoise, check_dense, warn_of_copies, warn_of_scale
from genlab.models import ModelSpec
from genlab.training._check import check_task
from genlab.training._history import History
from genlab.training._lanes import Progress, train_arrays
from genlab.training._recipe import Recipe
from genlab.training._seeds import Seeds


def train(
    model: ModelSpec,
    data: Dataset,
    recipe: Recipe,
    seeds: Iterable[int] = (0,),
    *,
    label_noise: LabelNoise | float = 0.0,
    progress: Callable[[Progress], None] | None = None,
) -> History:
    """Train one model per seed, and record its loss and error on training and test set.

    A seed drives the label noise, the initial weights and the batch order, each by a random
    stream of its own. Data are cast to float32.

    The targets of a regression are standardised by the mean and standard deviation of those that
    are trained on, so that a recipe works whatever their unit; predictions and recorded losses
    are in the units of the target, the squared loss in their square. Where the examples or, by the
    recipe, the classes have weights, the training loss and the loss on the examples held out for
    early stopping are weighted means; the test loss and all errors are not weighted.

    Parameters
    ----------
    model
        Spec of the model, such as `MLP()`.
    data
        Training and test examples. One `DataWarning` counts test examples that copy a training
        example, another names inputs of very different scales.
    recipe
        How each model is trained. A batch size that nobody gave is at most all training
        examples, and a loss that nobody gave is "squared" for a regression; the `notes` of the
        result say so.
    seeds
        Seeds of the models, at least one, distinct, from 0 to 2³² − 1.
    label_noise
        Fraction of the training labels that are resampled over all classes, from 0 to 1, or a
        `LabelNoise`. Training loss and error are on the noisy labels; test labels stay clean.
        A regression has none.
    progress
        Function that is called with a `Progress` after every recorded step.

    Returns
    -------
    History
        With early stopping a seed's module and outcomes are those at the lowest validation
        loss, and its curves hold NaN after the step at which it ended. Where these are the
        untrained weights of step 0, an `UntrainedWarning` counts the models.

    Raises
    ------
    DivergedError
        Where every model diverged. Where only some did, their curves hold NaN from that step
        on, and one `DivergenceWarning` counts them.
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    >>> from genlab.datasets import make_mnist1d
    >>> from genlab.models import MLP
    >>> run = train(MLP(hidden=(20,)), make_mnist1d(n_samples=500), Recipe.sgd(steps=200), range(2))
    >>> run.test_error.shape
    (2, 3)
    """
    if not isinstance(model, ModelSpec):
        raise TypeError(f"`model` must be a model spec such as MLP(), got {model!r}.")
    if not isinstance(data, Dataset):
        raise TypeError(f"`data` must be a Dataset, got {type(data).__name__}.")
    if not isinstance(recipe, Recipe):
        raise TypeError(f"`recipe` must be a Recipe, got {recipe!r}.")
    seeds = _checked_seeds(seeds)
    check_dense(data)
    noise = LabelNoise.of(label_noise)
    recipe = recipe.for_data(data)
    check_task(data.task, recipe, noise, grouped=data.groups is not None)
    warn_of_copies(data)
    warn_of_scale(data)
    sources = tuple(Seeds.all(seed) for seed in seeds)
    fitted = train_arrays(model, data, recipe, sources, label_noise=noise, progress=progress)
    report_divergence(fitted.diverged_at)
    report_untrained(recipe, fitted.kept)
    return History(
        seeds=seeds,
        steps=np.array(recipe.evaluation_steps()),
        diverged_at=fitted.diverged_at,
        kept=fitted.kept,
        modules=fitted.modules,
        model=model,
        recipe=recipe,
        data=data.spec,
        n_train=recipe.n_fitted(data.n_train),
        label_noise=noise,
        target_scale=fitted.target_scale,
        **fitted.curves,
        **fitted.outcomes,
    )


def report_divergence(diverged_at: Int[np.ndarray, " models"]) -> None:
    """Warn once for all models that diverged; raise DivergedError where all did.

    `diverged_at` holds the step at which each diverged, or −1.
    """
    diverged = diverged_at[diverged_at >= 0]
    if len(diverged) == 0:
        return
    advice = "a lower learning rate may help"
    if len(diverged) == len(diverged_at):
        raise DivergedError(
            f"all {len(diverged)} models diverged, the first by step {diverged.min()}; {advice}."
        )
    warnings.warn(
        f"{len(diverged)} of {len(diverged_at)} models diverged, the first by step "
        f"{diverged.min()}, and hold NaN from there on; {advice}.",
        DivergenceWarning,
        stacklevel=3,
    )


def report_untrained(recipe: Recipe, kept: Int[np.ndarray, " models"]) -> None:
    """Warn once for all models of which early stopping kept the weights of step 0.

    `kept` holds the index of the evaluation whose weights each keeps.
    """
    n_untrained = int((kept == 0).sum())
    if recipe.early_stopping is not None and n_untrained:
        warnings.warn(
            f"early stopping kept the untrained weights of step 0 in {n_untrained} of {len(kept)} "
            "models, because no later evaluation had a lower validation loss; a lower learning "
            "rate or more frequent evaluations (`evaluate_every`) may help.",
            UntrainedWarning,
            stacklevel=3,
        )


def _checked_seeds(seeds: Any) -> tuple[int, ...]:
    if not isinstance(seeds, Iterable):
        raise TypeError(f"`seeds` must be several seeds such as range(5), got {seeds!r}.")
    checked = tuple(integer("seeds", seed, low=0, high=streams.MAX_SEED) for seed in seeds)
    if not checked:
        raise ValueError("`seeds` must hold at least one seed, got none.")
    if len(set(checked)) < len(checked):
        raise ValueError(f"`seeds` must be distinct, got {list(checked)!r}.")
    return checked
