"""Trials of estimators: fitted in this process, or as cells in worker processes."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any, NamedTuple

from genlab._base import kinds
from genlab._base.errors import WorkerError
from genlab.datasets import Dataset, DataSpec
from genlab.selection._run_trials import Task, complete, failed
from genlab.selection._scored_fit import FitScore, ScoredFit, fitted_score
from genlab.selection._scoring import Scoring
from genlab.selection._space import Space
from genlab.selection._trials import Outcome
from genlab.selection._validation import Validation
from genlab.sweep import EstimatorSpec, Executor, Store, flat, run_cells


class Fits(NamedTuple):
    """What is fitted in every trial of a search: the space, the examples and their splits."""

    space: Space
    data: Dataset
    validation: Validation
    seed: int
    scoring: Scoring


def run_here(fits: Fits, task: Task, *, one_thread: bool) -> Outcome:
    """Fit and score a fresh estimator on every split, as `GridSearchCV` does.

    With `one_thread` the libraries of NumPy and scikit-learn use one thread, as in a worker: the
    bits are then the same.
    """
    from threadpoolctl import threadpool_limits

    space, data, validation, seed, scoring = fits
    start = time.perf_counter()
    x = flat(data.x_train)
    scored = []
    limits: Any = threadpool_limits(limits=1) if one_thread else nullcontext()
    try:
        with limits:
            for fitted, chosen_by in zip(validation.fitted, validation.chosen_by, strict=True):
                estimator = space.make_estimator(task.configuration, seed)
                of_fitted = (x[fitted], data.y_train[fitted])
                of_chosen = (x[chosen_by], data.y_train[chosen_by])
                scored.append(fitted_score(estimator, scoring, data, of_fitted, of_chosen))
    except Exception as error:
        return failed(error, time.perf_counter() - start)
    return complete(scored, scoring, seconds=time.perf_counter() - start)


def cells_of(fits: Fits, specs: Callable[[], Sequence[DataSpec]], task: Task) -> list[ScoredFit]:
    """The cells of a trial, one for each split; [] where no other process could run them.

    That is so for an estimator that is no class of a module with its arguments (see
    `genlab.sweep.EstimatorSpec`), and for a score that is no name. `specs` makes the specs of the
    splits.
    """
    space, _, _, seed, scoring = fits
    if scoring.is_of_caller:
        return []
    try:
        estimator = EstimatorSpec.of(space.make_estimator(task.configuration, seed))
        return [ScoredFit(spec, estimator, scoring.name) for spec in specs()]
    except Exception:  # fitted here, where it is a failed trial if it is wrong
        return []


def run_on_workers(
    cells: dict[int, list[ScoredFit]],
    scoring: Scoring,
    store: Store,
    executor: Executor,
    *,
    fresh: bool,
) -> Iterator[tuple[int, Outcome]]:
    """Run the cells of trials, side by side: each trial's outcome."""
    together = [cell for of_trial in cells.values() for cell in of_trial]
    lost: dict[str, str] = {}
    results: dict[str, FitScore] = {}
    try:
        found = run_cells(together, store, executor=executor, fresh=fresh)
        results = {cell.key: result for cell, result in zip(together, found, strict=True)}
    except WorkerError as error:
        lost = error.failed  # all others are in the store
        if not lost:
            raise
        results = store.get(together)
    for number, of_trial in cells.items():
        sentences = [lost[cell.key] for cell in of_trial if cell.key in lost]
        if sentences:
            yield number, failed(WorkerError(sentences[0]), 0.0)
            continue
        of_cells = [results[cell.key] for cell in of_trial]
        seconds = sum(result.seconds for result in of_cells)
        errors = [result.failed for result in of_cells if result.failed]
        if errors:
            yield number, Outcome("failed", error=errors[0], seconds=seconds)
            continue
        _warn(of_cells)
        yield number, complete([result.scored for result in of_cells], scoring, seconds=seconds)


def _warn(results: Sequence[FitScore]) -> None:
    """What the fits of a trial warned of, as if they had been made in this process."""
    for kind, text in dict.fromkeys(result.warned for result in results if result.warned[1]):
        category = kinds.find_loaded(kind) or UserWarning
        warnings.warn(text, category, stacklevel=2)
