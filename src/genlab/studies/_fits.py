"""Fits of a model or an estimator to parts of a data set, and what they have in common."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from genlab._base.errors import FailedFitsError, FailedFitsWarning, UnseededWarning
from genlab._base.jsons import Row
from genlab.datasets import Dataset, DataSpec, LabelNoise
from genlab.models import ModelSpec
from genlab.sweep import (
    CellResult,
    EstimatorCell,
    EstimatorResult,
    EstimatorSpec,
    StoreLike,
    TrainingCell,
    is_random,
    run_cells,
)
from genlab.training import CURVES, Recipe, check_estimator

#: The cell of a fit, and its result.
AnyCell: TypeAlias = TrainingCell | EstimatorCell
AnyResult: TypeAlias = CellResult | EstimatorResult

#: From the spec of some data, their number of training examples and a seed to a cell.
CellOf: TypeAlias = Callable[[DataSpec, int, int], AnyCell]

# Libraries whose estimators draw by their seed alone, which their own tests hold them to.
_SEEDED = frozenset({"catboost", "genlab", "lightgbm", "numpy", "scipy", "sklearn", "xgboost"})

#: What is measured of every model.
ERRORS = ("train_error", "test_error")


@dataclass(frozen=True)
class Fit:
    """One fit: its training and test examples, its seed and its cell.

    Attributes
    ----------
    n_train, n_test
        Numbers of examples that are fitted and predicted.
    seed
        Seed of the fit, and of its sample where that is drawn.
    division
        Number of its `Division`, from 0.
    cell
        The cell that fits it.
    """

    n_train: int
    n_test: int
    seed: int
    division: int
    cell: AnyCell


def cells_of(
    model: Any,
    data: Dataset,
    recipe: Recipe | None,
    *,
    scoring: str | None = None,
    label_noise: LabelNoise | None = None,
    parameter: str = "model",
    predictions: bool = False,
    probabilities: bool = False,
) -> CellOf:
    """What makes the cells of a genlab model or of an estimator.

    With `predictions` a result holds what it predicts for each test example, with
    `probabilities` also the log-probabilities of the classes.

    Raises
    ------
    TypeError, ValueError
        Where it is neither, does not suit the task of the data, or lacks its recipe.
    """
    if isinstance(model, ModelSpec):
        if not isinstance(recipe, Recipe):
            raise TypeError(f"`recipe` must be a Recipe for a genlab model, got {recipe!r}.")
        if scoring is not None:
            raise ValueError(f"`scoring` must be None for a genlab model, got {scoring!r}.")
        trained: ModelSpec = model
        given: Recipe = recipe
        keep = predictions and data.task == "classification"
        return lambda spec, n, seed: TrainingCell(
            spec,
            trained,
            given.for_examples(n, data.task),
            seed,
            label_noise,
            keep_outputs=keep,
        )
    if recipe is not None:
        raise ValueError(f"`recipe` must be None for an estimator, got {recipe!r}.")
    if label_noise is not None:
        raise ValueError(
            "`label_noise` must be 0 for an estimator: make noisy labels with "
            f"genlab.datasets.corrupt_labels, got {label_noise.fraction!r}."
        )
    spec_of = EstimatorSpec.of(model, parameter)
    kind = "regressor" if data.task == "regression" else "classifier"
    check_estimator(parameter, model, (kind,), fitted=False)
    made = spec_of.make()
    if probabilities and not any(
        hasattr(made, name) for name in ("predict_proba", "predict_log_proba")
    ):
        raise ValueError(
            f"`{parameter}` must have `predict_proba` for a loss of probabilities, got {model!r}."
        )
    random = is_random(made)
    # One that draws nothing has one result for all seeds.
    return lambda spec, _, seed: EstimatorCell(
        spec, spec_of, seed if random else 0, scoring, probabilities
    )


def run_fits(cells: Sequence[AnyCell], store: StoreLike, **options: Any) -> list[Any]:
    """The results of `run_cells`, after a warning of an estimator that draws without its seed.

    The smallest fit of an estimator that no known library brings is made once more, as a cell of
    its own: predictions that differ cannot be reproduced.
    """
    again = [
        replace(cell, repeat=1)
        for cell in cells
        if isinstance(cell, EstimatorCell) and not cell.estimator.packages <= _SEEDED
    ]
    again = [] if not again else [min(again, key=lambda cell: cell.work())]
    results: list[Any] = run_cells([*cells, *again], store, **options)
    for cell, second in zip(again, results[len(cells) :], strict=True):
        first = results[cells.index(replace(cell, repeat=0))]
        if not _equal(first.test_predictions, second.test_predictions):
            warnings.warn(
                f"{cell.estimator.name} gave other predictions when it was fitted again to the "
                "same examples with the same seed, so these results cannot be reproduced: all its "
                "randomness must come from `random_state`, and it must keep no state between "
                "fits.",
                UnseededWarning,
                stacklevel=3,
            )
    return results[: len(cells)]


def _equal(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether predictions are the same, numbers within the rounding of sums in another order."""
    if first.shape != second.shape or first.dtype.kind != "f":
        return np.array_equal(first, second)
    return bool(np.allclose(first, second, rtol=1e-6, atol=1e-6 * np.abs(first).max(initial=0.0)))


def model_name(cell: AnyCell) -> str:
    """Name of the model's or the estimator's class."""
    return cell.estimator.name if isinstance(cell, EstimatorCell) else type(cell.model).__name__


def dataset_name(cell: AnyCell) -> str:
    """Name of the data set that the cell's data are a part of."""
    spec = cell.data
    while (whole := spec.whole) is not None:
        spec = whole
    return spec.name


def end(result: AnyResult, curve: str) -> float:
    """The value of a curve, such as "test_error", that a fit ends with; NaN where it failed.

    With early stopping it is that of the weights that are kept.
    """
    if isinstance(result, EstimatorResult):
        return float(getattr(result, curve))
    return math.nan if result.diverged_at >= 0 else result.end(curve)


def ends(result: AnyResult) -> Row:
    """The columns of a table that a fit ends with."""
    if isinstance(result, EstimatorResult):
        names = (*ERRORS, "train_score", "test_score")
        return {name: getattr(result, name) for name in names} | {"failed": result.failed}
    step = int(result.steps[result.kept])
    return {"step": step, **{name: end(result, name) for name in CURVES}}


def report_failures(results: Sequence[AnyResult]) -> None:
    """Warn of fits that failed, once for all; FailedFitsError where all did."""
    fits = [result for result in results if isinstance(result, EstimatorResult)]
    failed = [result.failed for result in fits if result.failed]
    if not failed:
        return
    first = failed[0].rstrip(".")
    if len(failed) == len(results):
        raise FailedFitsError(f"all {len(failed)} fits failed; the first: {first}.")
    warnings.warn(
        f"{len(failed)} of {len(results)} fits failed; their rows hold NaN; the first: {first}.",
        FailedFitsWarning,
        stacklevel=3,
    )
