"""Running trials: genlab models as cells in worker processes, estimators in this process."""

from __future__ import annotations

import dataclasses
import math
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from genlab._base.errors import DivergedError, DivergenceWarning, WorkerError
from genlab.datasets import Dataset, DataSpec
from genlab.selection._space import Space
from genlab.selection._trials import Outcome
from genlab.selection._validation import Validation
from genlab.sweep import (
    CellResult,
    Executor,
    Store,
    SweepProgress,
    TrainingCell,
    checked_predictions,
    run_cells,
)
from genlab.training import Recipe

# With pruning a trial first runs its steps divided by this.
_FIRST = 4


class Task(NamedTuple):
    """A trial to run: its number and its configuration."""

    number: int
    configuration: dict[str, Any]


#: Whether a trial is pruned, by its number and its error after the first steps.
Pruned = Callable[[int, float], bool]


def run_estimator(
    space: Space, data: Dataset, validation: Validation, task: Task, seed: int
) -> Outcome:
    """Fit and score a fresh estimator on every division, as `GridSearchCV` does."""
    start = time.perf_counter()
    x = flat(data.x_train)
    wrong = []
    try:
        for fitted, chosen_by in zip(validation.fitted, validation.chosen_by, strict=True):
            estimator = space.make_estimator(task.configuration, seed)
            estimator.fit(x[fitted], data.y_train[fitted])
            predicted = checked_predictions(
                estimator.predict(x[chosen_by]), len(chosen_by), data.n_classes
            )
            wrong.append(predicted != data.y_train[chosen_by])
    except Exception as error:
        return _failed(error, time.perf_counter() - start)
    return _complete(wrong, seconds=time.perf_counter() - start)


def flat(x: Float[np.ndarray, "n ..."]) -> Float[np.ndarray, "n inputs"]:
    """Inputs as estimators take them: one row per example."""
    return x.reshape(len(x), -1)


def run_as_cells(
    space: Space,
    divisions: Sequence[tuple[DataSpec, int]],
    tasks: Sequence[Task],
    seed: int,
    pruned: Pruned | None,
    store: Store,
    executor: Executor,
    progress: Callable[[SweepProgress], None] | None,
) -> Iterator[tuple[int, Outcome]]:
    """Train genlab models in worker processes, side by side: each trial's outcome.

    A trial has one cell per division; `divisions` holds the spec of each one's data set and
    its number of training examples. Cells of one model follow each other, so that a worker
    compiles their program once.
    """
    cells: dict[int, list[TrainingCell]] = {}
    for task in tasks:
        try:
            cells[task.number] = _cells(space, divisions, task, seed)
        except (TypeError, ValueError) as error:
            yield task.number, _failed(error, 0.0)

    def run(
        wanted: dict[int, list[TrainingCell]],
    ) -> dict[int, tuple[list[_Trained], float] | Exception]:
        return _run_cells(wanted, store, executor, progress)

    first_errors = {}
    if pruned is not None:
        firsts = {
            number: [dataclasses.replace(cell, recipe=_first(cell.recipe)) for cell in of_trial]
            for number, of_trial in cells.items()
        }
        for number, done in run(firsts).items():
            if isinstance(done, Exception):
                del cells[number]
                yield number, _failed(done, 0.0)
                continue
            trained, seconds = done
            first_errors[number] = _mean_error(trained)
            diverged = math.isnan(first_errors[number])
            if diverged or pruned(number, first_errors[number]):
                del cells[number]
                if diverged:
                    yield number, _joined(trained, seconds, first_errors[number])
                else:
                    first = first_errors[number]
                    yield number, Outcome("pruned", first_error=first, seconds=seconds)
    for number, done in run(cells).items():
        first_error = first_errors.get(number, float("nan"))
        if isinstance(done, Exception):
            yield number, _failed(done, 0.0, first_error)
        else:
            yield number, _joined(done[0], done[1], first_error)


class _Trained(NamedTuple):
    """The outcome of training on one division."""

    wrong: np.ndarray
    steps: np.ndarray
    curve: np.ndarray
    diverged_at: int


def _cells(
    space: Space, divisions: Sequence[tuple[DataSpec, int]], task: Task, seed: int
) -> list[TrainingCell]:
    model, recipe = space.model_and_recipe(task.configuration)
    cells = [
        TrainingCell(spec, model, recipe.for_examples(n_train), seed) for spec, n_train in divisions
    ]
    for cell in cells:
        cell.check()
        cell.work()  # raises where the model does not take the data
    return cells


def _run_cells(
    cells: dict[int, list[TrainingCell]],
    store: Store,
    executor: Executor,
    progress: Callable[[SweepProgress], None] | None,
) -> dict[int, tuple[list[_Trained], float] | Exception]:
    """For each trial the outcomes and the seconds of its cells, or what failed."""
    together = [cell for of_trial in cells.values() for cell in of_trial]
    together.sort(key=lambda cell: (repr(cell.model), repr(cell.recipe)))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DivergenceWarning)
            run_cells(together, store, executor=executor, progress=progress)
    except DivergedError:
        pass  # all of them diverged: their results are in the store
    except WorkerError as error:
        if len(cells) == 1:
            return dict.fromkeys(cells, error)
        # Each is run on its own, to see which of them it was.
        alone = [
            _run_cells({number: of_trial}, store, executor, progress)
            for number, of_trial in cells.items()
        ]
        return {number: done for one in alone for number, done in one.items()}
    results, seconds = store.get(together), store.seconds(together)
    return {
        number: (
            [_trained(results[cell.key]) for cell in of_trial],
            sum(seconds[cell.key] for cell in of_trial),
        )
        for number, of_trial in cells.items()
    }


def _trained(result: CellResult) -> _Trained:
    assert result.test_wrong is not None  # a search is of a classification
    return _Trained(result.test_wrong, result.steps, result.test_error, result.diverged_at)


def _first(recipe: Recipe) -> Recipe:
    return dataclasses.replace(recipe, steps=max(1, recipe.steps // _FIRST))


def _mean_error(divisions: list[_Trained]) -> float:
    """The mean validation error over divisions; NaN where one diverged."""
    if any(division.diverged_at >= 0 for division in divisions):
        return float("nan")
    return float(np.mean([division.wrong.mean() for division in divisions]))


def _joined(divisions: list[_Trained], seconds: float, first_error: float) -> Outcome:
    diverged = [division.diverged_at for division in divisions if division.diverged_at >= 0]
    if diverged:
        sentence = f"training diverged by step {min(diverged)}"
        return Outcome("failed", first_error=first_error, error=sentence, seconds=seconds)
    n = min(len(division.steps) for division in divisions)
    return _complete(
        [division.wrong for division in divisions],
        seconds=seconds,
        first_error=first_error,
        steps=divisions[0].steps[:n],
        curve=np.mean([division.curve[:n] for division in divisions], axis=0),
    )


def _complete(wrong: Sequence[np.ndarray], **rest: Any) -> Outcome:
    return Outcome(
        "complete",
        accuracies=tuple(float(np.average(~one)) for one in wrong),
        wrong=np.concatenate([np.asarray(one, bool) for one in wrong]),
        **rest,
    )


def _failed(error: Exception, seconds: float, first_error: float = float("nan")) -> Outcome:
    sentence = f"{type(error).__name__}: {error}"
    return Outcome("failed", first_error=first_error, error=sentence, seconds=seconds)
