"""Error against capacity: a model fitted at many sizes, several times each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from genlab._base.checks import integer, real, several
from genlab.datasets import Dataset, LabelNoise
from genlab.models import ModelSpec
from genlab.studies._capacity_result import CapacityCurve, CapacityRun
from genlab.studies._divisions import Division, divisions_of
from genlab.studies._fits import AnyCell, cells_of, report_failures, run_fits
from genlab.sweep import Jobs, StoreLike, SweepProgress, TrainingCell, parameters_of, run_cells
from genlab.training import Recipe, check_task


def capacity_curve(
    model_of_capacity: Any,
    capacities: Iterable[float],
    data: Dataset,
    recipe: Recipe | None = None,
    seeds: Iterable[int] | Callable[[int], Iterable[int]] | None = None,
    *,
    label_noise: LabelNoise | float = 0.0,
    parameter: str | None = None,
    cv: Any = None,
    scoring: str | None = None,
    store: StoreLike = None,
    jobs: Jobs = None,
    fresh: bool = False,
    progress: Callable[[SweepProgress], None] | None = None,
) -> CapacityCurve:
    """Fit a model at many capacities, and measure its training and test error.

    Finished fits are kept in the store: a call that was stopped continues where it was,
    and a call with more capacities or seeds fits only the new ones.

    Parameters
    ----------
    model_of_capacity
        Function from a capacity to the spec of a genlab model or to an estimator, such as
        `lambda c: DecisionTreeClassifier(max_leaf_nodes=c)`; or an estimator, whose `parameter`
        is the capacity.
    capacities
        Capacities, at least one of them, distinct: integers of at least 1, for an estimator any
        numbers above 0.
    data
        Data set, made by a generator or from arrays of your own, of a classification or a
        regression.
    recipe
        How each network is trained; None for an estimator.
    seeds
        Seeds of the fits of every capacity, or for networks a function from a capacity to its
        seeds. Of an estimator a seed is the value of every `random_state` that is None; where the
        data have no test examples, it also draws the fifth of the training examples that is held
        out. None takes 0 to 2; with `cv` 0 alone.
    label_noise
        Fraction of the training labels that are resampled, from 0 to 1, or a `LabelNoise`; for
        networks alone.
    parameter
        Name of the parameter that is the capacity, where an estimator is given, such as
        "max_leaf_nodes" or "svc__C".
    cv
        For an estimator: a number of folds, a scikit-learn splitter, or pairs of rows to fit and to
        predict. With the same splitter `scores` are those of scikit-learn's `validation_curve`
        to the last bit.
    scoring
        Name of a scorer of scikit-learn that `scores` are of; None takes the accuracy or R².
    store
        Where results are kept: a Store, a database's URL or a SQLite file's path; None opens
        the default one.
    jobs, fresh, progress
        Number of worker processes, or an executor or `distributed.Client` in their place; whether
        stored fits are computed again; a function that receives the progress: see
        `genlab.sweep.run_cells`.

    Returns
    -------
    CapacityCurve

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.
    FailedFitsError
        Where every fit of an estimator failed; where some did, one `FailedFitsWarning` counts them.

    References
    ----------
    Belkin et al., "Reconciling modern machine-learning practice and the classical
    bias–variance trade-off", PNAS 2019; S. Prince, "Understanding Deep Learning" (2023),
    section 8.4.

    >>> import genlab
    >>> data = genlab.datasets.make_mnist1d(n_samples=500)
    >>> recipe = genlab.Recipe.adam(0.005, batch_size=None, steps=50)
    >>> with genlab.sweep.Store("sqlite://") as store:
    ...     curve = genlab.capacity_curve(
    ...         lambda h: genlab.models.MLP((h, h)), [2, 5], data, recipe, range(2), store=store
    ...     )
    >>> curve.to_frame()["n_parameters"].tolist()
    [118, 118, 295, 295]
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> with genlab.sweep.Store("sqlite://") as store:
    ...     curve = genlab.capacity_curve(
    ...         lambda c: DecisionTreeClassifier(max_leaf_nodes=c), [2, 20, 200], data, store=store
    ...     )
    >>> [row["n_fits"] for row in curve.bands() if row["curve"] == "test_error"]
    [3, 3, 3]
    """
    of_capacity = function_of_capacity(model_of_capacity, parameter)
    listed = several("capacities", capacities)
    if not listed:
        raise ValueError("`capacities` must be distinct and at least one, got none.")
    model = of_capacity(listed[0]) if listed and recipe is None else None
    if recipe is None and not isinstance(model, ModelSpec) and listed:
        return _of_estimators(
            of_capacity,
            distinct_capacities([real("capacities", one, above=0) for one in listed], listed),
            data,
            None if callable(seeds) else seeds,
            noise=LabelNoise.of(label_noise),
            cv=cv,
            scoring=scoring,
            run=partial(run_fits, store=store, jobs=jobs, fresh=fresh, progress=progress),
        )
    for name, value in (("cv", cv), ("scoring", scoring)):
        if value is not None:
            raise ValueError(f"`{name}` must be None for genlab models, got {value!r}.")
    if not isinstance(recipe, Recipe):
        raise TypeError(f"`recipe` must be a Recipe for genlab models, got {recipe!r}.")
    runs = capacity_runs(
        of_capacity,
        listed,
        data,
        recipe,
        range(3) if seeds is None else seeds,
        label_noise=label_noise,
    )
    cells: list[Any] = [run.cell for run in runs]
    results = run_cells(cells, store, jobs=jobs, fresh=fresh, progress=progress)
    return CapacityCurve(
        tuple(runs), tuple(results), data.n_train, data.n_test, data.n_classes, data.task
    )


def function_of_capacity(model_of_capacity: Any, parameter: str | None) -> Callable[[Any], Any]:
    """The function from a capacity to its model."""
    if hasattr(model_of_capacity, "fit") and not isinstance(model_of_capacity, type):
        estimator = model_of_capacity
        known = sorted(parameters_of(estimator))
        if parameter not in known:
            raise ValueError(
                f"`parameter` must be one of {type(estimator).__name__}'s "
                f"({', '.join(known)}), got {parameter!r}."
            )

        def made(capacity: Any) -> Any:
            from sklearn.base import clone

            return clone(estimator).set_params(**{parameter: capacity})

        return made
    if parameter is not None:
        raise ValueError(
            "`parameter` must come with an estimator in place of a function, got "
            f"{parameter!r} and {model_of_capacity!r}."
        )
    if not callable(model_of_capacity):
        raise TypeError(
            "`model_of_capacity` must be a function of the capacity or an estimator, got "
            f"{model_of_capacity!r}."
        )

    def called(capacity: Any) -> Any:
        try:
            return model_of_capacity(capacity)
        except (TypeError, ValueError, AttributeError) as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(".")
            raise ValueError(
                "`model_of_capacity` must return a model for each capacity, got an error for "
                f"{capacity!r}: {reason}."
            ) from error

    return called


def distinct_capacities(checked: list[float], given: list[Any]) -> list[Any]:
    """The capacities as they were given, in increasing order: a whole number stays one."""
    if not checked or len(set(checked)) < len(checked):
        raise ValueError(f"`capacities` must be distinct and at least one, got {given!r}.")
    whole = [int(one) if hasattr(one, "__index__") else float(one) for one in given]
    return sorted(whole)


def _of_estimators(
    of_capacity: Callable[[Any], Any],
    capacities: list[Any],
    data: Dataset,
    seeds: Iterable[int] | None,
    *,
    noise: LabelNoise | None,
    cv: Any,
    scoring: str | None,
    run: Callable[[list[AnyCell]], list[Any]],
) -> CapacityCurve:
    if seeds is None and cv is None:
        seeds = range(3)
    divisions = divisions_of(data, cv, seeds)
    specs = [(part, part.part()) for part in divisions.parts]
    runs = []
    for capacity in capacities:
        cell_of = cells_of(
            of_capacity(capacity),
            data,
            None,
            scoring=scoring,
            label_noise=noise,
            parameter="model_of_capacity",
        )
        runs += [
            CapacityRun(capacity, None, cell_of(spec, part.n_train, part.seed), part.number)
            for part, spec in specs
        ]
    results = run([one.cell for one in runs])
    report_failures(results)
    n_train, n_test = _mean_sizes(divisions.parts)
    return CapacityCurve(
        tuple(runs),
        tuple(results),
        n_train,
        n_test,
        data.n_classes,
        data.task,
        divisions,
        data.y_test,
    )


def _mean_sizes(parts: Sequence[Division]) -> tuple[int, int]:
    return (
        round(float(np.mean([part.n_train for part in parts]))),
        round(float(np.mean([part.n_test for part in parts]))),
    )


def capacity_runs(
    model_of_capacity: Callable[[int], Any],
    capacities: Iterable[Any],
    data: Dataset,
    recipe: Recipe,
    seeds: Iterable[int] | Callable[[int], Iterable[int]] = range(3),
    *,
    label_noise: LabelNoise | float = 0.0,
) -> list[CapacityRun[TrainingCell]]:
    """The networks of a capacity curve, not yet trained; parameters as in `capacity_curve`."""
    sizes = [
        integer("capacities", capacity, low=1) for capacity in several("capacities", capacities)
    ]
    if not sizes or len(set(sizes)) < len(sizes):
        raise ValueError(f"`capacities` must be distinct and at least one, got {sizes!r}.")
    fixed = None if callable(seeds) else several("seeds", seeds)
    noise = LabelNoise.of(label_noise)
    recipe = recipe.for_data(data)
    check_task(data.task, recipe, noise, grouped=data.groups is not None)
    runs = []
    for capacity in sorted(sizes):
        model = model_of_capacity(capacity)
        if not isinstance(model, ModelSpec):
            raise TypeError(f"`model_of_capacity` must return a model spec, got {model!r}.")
        n_parameters = model.n_parameters(data.input_shape, data.n_outputs)
        of_capacity: Sequence[int] = list(seeds(capacity)) if callable(seeds) else fixed or []
        if not of_capacity:
            raise ValueError(f"`seeds` must hold at least one seed, got none at {capacity}.")
        runs += [
            CapacityRun(capacity, n_parameters, TrainingCell(data.spec, model, recipe, seed, noise))
            for seed in of_capacity
        ]
    return runs
