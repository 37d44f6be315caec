"""Running trials of genlab models, as cells in worker processes."""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int

from genlab._base.errors import DivergedError, DivergenceWarning, WorkerError
from genlab.datasets import Dataset, DataSpec
from genlab.measure import Scored
from genlab.selection._scored_fit import failure
from genlab.selection._scoring import Scoring
from genlab.selection._space import Space
from genlab.selection._trials import Outcome
from genlab.selection._validated import Validated
from genlab.sweep import (
    CellResult,
    Executor,
    Store,
    SweepProgress,
    TrainingCell,
    flat,
    run_cells,
)
from genlab.training import Recipe, class_probabilities

# With pruning a trial first runs its steps divided by this.
_FIRST = 4


class Task(NamedTuple):
    """A trial to run: its number and its configuration."""

    number: int
    configuration: dict[str, Any]


#: Whether a trial is pruned, by its number and its error after the first steps.
Pruned = Callable[[int, float], bool]


class Division(NamedTuple):
    """One split of the training examples, for cells: its data set's spec, and its rows."""

    spec: DataSpec
    data: Dataset
    fitted: Int[np.ndarray, " n"]
    chosen_by: Int[np.ndarray, " m"]


def run_as_cells(
    space: Space,
    divisions: Sequence[Division],
    tasks: Sequence[Task],
    seed: int,
    scoring: Scoring,
    pruned: Pruned | None,
    store: Store,
    executor: Executor,
    progress: Callable[[SweepProgress], None] | None,
    *,
    fresh: bool = False,
) -> Iterator[tuple[int, Outcome]]:
    """Train genlab models in worker processes, side by side: each trial's outcome.

    A trial has one cell per split. Cells of one model follow each other, so that a worker
    compiles their program once.
    """
    cells: dict[int, list[TrainingCell]] = {}
    for task in tasks:
        try:
            cells[task.number] = _cells(space, divisions, task, seed, scoring)
        except (TypeError, ValueError) as error:
            yield task.number, failed(error, 0.0)

    def run(
        wanted: dict[int, list[TrainingCell]],
    ) -> dict[int, tuple[list[_Trained], float] | Exception]:
        return _run_cells(wanted, divisions, scoring, store, executor, progress, fresh)

    first_errors = {}
    if pruned is not None:
        firsts = {
            number: [dataclasses.replace(cell, recipe=_first(cell.recipe)) for cell in of_trial]
            for number, of_trial in cells.items()
        }
        for number, done in run(firsts).items():
            if isinstance(done, Exception):
                del cells[number]
                yield number, failed(done, 0.0)
                continue
            trained, seconds = done
            first_errors[number] = _mean_score(trained)
            diverged = math.isnan(first_errors[number])
            if diverged or pruned(number, first_errors[number]):
                del cells[number]
                if diverged:
                    yield number, _joined(trained, scoring, seconds, first_errors[number])
                else:
                    first = first_errors[number]
                    yield number, Outcome("pruned", first_error=first, seconds=seconds)
    for number, done in run(cells).items():
        first_error = first_errors.get(number, float("nan"))
        if isinstance(done, Exception):
            yield number, failed(done, 0.0, first_error)
        else:
            yield number, _joined(done[0], scoring, done[1], first_error)


class _Trained(NamedTuple):
    """The outcome of training on one split; `scored` is None where it diverged."""

    scored: Scored | None
    steps: np.ndarray
    curve: np.ndarray
    diverged_at: int


def _cells(
    space: Space, divisions: Sequence[Division], task: Task, seed: int, scoring: Scoring
) -> list[TrainingCell]:
    model, recipe = space.model_and_recipe(task.configuration)
    data = divisions[0].data
    recipe = recipe.for_classes(data.classes or range(data.n_classes))
    cells = [
        TrainingCell(
            division.spec,
            model,
            recipe.for_examples(len(division.fitted), scoring.task),
            seed,
            keep_outputs=scoring.needs_outputs,
        )
        for division in divisions
    ]
    for cell in cells:
        cell.check()
        cell.work()  # raises where the model does not take the data
    return cells


def _run_cells(
    cells: dict[int, list[TrainingCell]],
    divisions: Sequence[Division],
    scoring: Scoring,
    store: Store,
    executor: Executor,
    progress: Callable[[SweepProgress], None] | None,
    fresh: bool,
) -> dict[int, tuple[list[_Trained], float] | Exception]:
    """For each trial the outcomes and the seconds of its cells, or what failed."""
    together = [cell for of_trial in cells.values() for cell in of_trial]
    together.sort(key=lambda cell: (repr(cell.model), repr(cell.recipe)))
    lost: dict[str, str] = {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DivergenceWarning)
            run_cells(together, store, executor=executor, fresh=fresh, progress=progress)
    except DivergedError:
        pass  # all of them diverged: their results are in the store
    except WorkerError as error:
        lost = error.failed  # all others are in the store
        if not lost:
            raise
    results, seconds = store.get(together), store.seconds(together)
    found: dict[int, tuple[list[_Trained], float] | Exception] = {}
    for number, of_trial in cells.items():
        sentences = [lost[cell.key] for cell in of_trial if cell.key in lost]
        if sentences:
            found[number] = WorkerError(sentences[0])
            continue
        pairs = zip(of_trial, divisions, strict=True)
        try:
            trained = [_trained(cell, results[cell.key], part, scoring) for cell, part in pairs]
        except Exception as error:  # what a scorer of the user's own raises
            found[number] = error
        else:
            found[number] = trained, sum(seconds[cell.key] for cell in of_trial)
    return found


def _trained(
    cell: TrainingCell, result: CellResult, division: Division, scoring: Scoring
) -> _Trained:
    scored = None
    if result.diverged_at < 0:
        data, rows = division.data, division.chosen_by
        y = data.y_train[rows]
        model = _validated(cell, result, y, data.n_classes)
        # Its outputs are known: only a scorer looks at the inputs, which are not copied for less.
        x = flat(data.x_train[rows]) if scoring.needs == "model" else rows
        scored = scoring.of(model, x, y, data.n_classes)
    return _Trained(scored, result.steps, result.test_error, result.diverged_at)


def _validated(cell: TrainingCell, result: CellResult, y: np.ndarray, n_classes: int) -> Validated:
    """The trained model of a cell, with its outputs for the validation examples."""
    if result.test_predictions is not None:
        return Validated(result.test_predictions)
    if result.test_outputs is not None:
        probabilities = class_probabilities(result.test_outputs, cell.recipe.loss)
        return Validated(result.test_outputs.argmax(axis=1), probabilities)
    assert result.test_wrong is not None
    # Which of the other classes was predicted makes no difference to what needs no outputs.
    return Validated(np.where(result.test_wrong, (y + 1) % n_classes, y))


def _first(recipe: Recipe) -> Recipe:
    return dataclasses.replace(recipe, steps=max(1, recipe.steps // _FIRST))


def _mean_score(divisions: list[_Trained]) -> float:
    """The mean score over splits; NaN where one diverged."""
    return float(np.mean([one.scored.value if one.scored else math.nan for one in divisions]))


def _joined(
    divisions: list[_Trained], scoring: Scoring, seconds: float, first_error: float
) -> Outcome:
    diverged = [division.diverged_at for division in divisions if division.diverged_at >= 0]
    if diverged:
        sentence = f"training diverged by step {min(diverged)}"
        return Outcome("failed", first_error=first_error, error=sentence, seconds=seconds)
    n = min(len(division.steps) for division in divisions)
    return complete(
        [division.scored for division in divisions if division.scored],
        scoring,
        seconds=seconds,
        first_error=first_error,
        steps=divisions[0].steps[:n],
        curve=np.mean([division.curve[:n] for division in divisions], axis=0),
    )


def complete(scored: Sequence[Scored], scoring: Scoring, **rest: Any) -> Outcome:
    """The outcome of a trial with these scores, one for each split."""
    if not scoring.is_error:
        return Outcome("complete", scores=tuple(scored), **rest)
    wrong = [np.asarray(one.parts, bool) for one in scored]
    return Outcome(
        "complete",
        accuracies=tuple(float(np.average(~one)) for one in wrong),
        wrong=np.concatenate(wrong),
        **rest,
    )


def failed(error: Exception, seconds: float, first_error: float = float("nan")) -> Outcome:
    """The outcome of a trial that raised."""
    return Outcome("failed", first_error=first_error, error=failure(error), seconds=seconds)
