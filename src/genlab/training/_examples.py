"""The examples of a data set as a recipe trains on them, and the labels of each model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from genlab.datasets import Dataset, LabelNoise
from genlab.training._class_weight import weight_of_each
from genlab.training._program import Arrays, Labels, Weighted
from genlab.training._recipe import Recipe
from genlab.training._seeds import Seeds
from genlab.training._targets import TargetScale


class Examples(NamedTuple):
    """The examples, the labels of a model, and what gives curves their units."""

    arrays: Arrays
    labels: Callable[[LabelNoise | None, Seeds], Labels]
    target_scale: TargetScale | None
    factors: dict[str, float]
    n_test: int


def examples_of(
    data: Dataset,
    recipe: Recipe,
    target_scale: TargetScale | None,
    *,
    own: bool = False,
    most_test: int | None = None,
) -> Examples:
    """The examples of a data set as a recipe trains on them; targets are standardised.

    With `own` they have the weights of the data set even where these are equal by chance, so that
    all samples of it share a program. With `most_test` so many test examples are made, of which
    those of `data` have the weight 1.
    """
    stopping = recipe.early_stopping
    fitted, held_out = (None, None) if stopping is None else stopping.split(data.y_train)
    rows = slice(None) if fitted is None else fitted
    scale, factors = None, {}
    if data.task == "regression":
        weighted = _weight(data, rows, own=own)
        scale = target_scale or TargetScale.of(data.y_train[rows], weighted)
        targets = {"train": data.y_train[rows], "test": data.y_test}
        if held_out is not None:
            targets["validation"] = data.y_train[held_out]
        factors = scale.factors(recipe.loss, targets)

    def answers(y: np.ndarray, weight: np.ndarray | None = None) -> Any:
        """Labels as integers, or standardised targets, with weights where there are any."""
        given = _host(y, np.int32 if scale is None else np.float32)
        return given if weight is None else Weighted(given, _host(weight))

    def labels(noise: LabelNoise | None, seeds: Seeds) -> Labels:
        y = data.y_train if scale is None else scale.standardised(data.y_train)
        if noise is not None:
            y = noise.labels(y, data.n_classes, seeds.label_noise)
        of_class = None
        if recipe.class_weight is not None:
            of_class = weight_of_each(recipe.class_weight, y, rows, data.n_classes)
        validation = None
        if held_out is not None:
            validation = answers(y[held_out], _weight(data, held_out, of_class, own=own))
        return Labels(answers(y[rows], _weight(data, rows, of_class, own=own)), validation)

    x_test = data.x_test
    y_test = data.y_test if scale is None else scale.standardised(data.y_test)
    counts = None
    if most_test is not None:
        counts = np.arange(most_test) < data.n_test
        x_test, y_test = (_filled(part, most_test) for part in (x_test, y_test))
    arrays = Arrays(
        _host(data.x_train[rows]),
        None if held_out is None else _host(data.x_train[held_out]),
        _host(x_test),
        answers(y_test, counts),
    )
    if not own:
        arrays = jax.device_put(arrays)
    return Examples(arrays, labels, scale, factors, data.n_test)


def _host(values: Any, dtype: Any = np.float32) -> Any:
    """An array of this machine's memory, which a program takes to its device."""
    return np.asarray(values, dtype)


def _filled(rows: np.ndarray, n: int) -> np.ndarray:
    """The rows, and zeros up to n."""
    return np.concatenate([rows, np.zeros((n - len(rows), *rows.shape[1:]), rows.dtype)])


def _weight(
    data: Dataset,
    rows: Any,
    of_class: Float[np.ndarray, " n_train"] | None = None,
    *,
    own: bool = False,
) -> Float[np.ndarray, " n"] | None:
    """Weights of some training examples, of mean 1; None where all examples weigh alike.

    `of_class` holds the weight of each training example by its class, where classes have any.
    With `own` they are 1 where a data set has weights and they are equal.
    """
    weight = data.sample_weight
    if weight is None or np.ptp(weight) == 0:
        weight = np.ones(data.n_train) if own and weight is not None else None
        weight = weight if of_class is None else of_class
    elif of_class is not None:
        weight = weight * of_class
    if weight is None:
        return None
    weight = weight[rows]
    if not weight.any():
        names = "`sample_weight`" if of_class is None else "`sample_weight` and `class_weight`"
        raise ValueError(
            f"{names} must be above 0 for some example that is trained on and for some that "
            f"is held out for early stopping, got 0 for all {len(weight)} of one part."
        )
    normalised: Float[np.ndarray, " n"] = weight / weight.mean()
    return normalised
