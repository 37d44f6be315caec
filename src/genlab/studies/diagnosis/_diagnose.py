"""Diagnose a model: how well it does, why, and what would help."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from genlab._base import streams
from genlab._base.checks import boolean, integer, real
from genlab._base.errors import DataWarning, SealedError
from genlab.datasets import Dataset
from genlab.models import ModelSpec
from genlab.sealing import Opening, SealedTestSet, seal
from genlab.studies._fits import cells_of
from genlab.studies.diagnosis._axis import axis_of
from genlab.studies.diagnosis._diagnosis import Diagnosis
from genlab.studies.diagnosis._effort import EFFORTS, Work
from genlab.studies.diagnosis._measured import Asked, highest
from genlab.sweep import (
    EstimatorSpec,
    Jobs,
    Store,
    StoreLike,
    SweepProgress,
    flat,
    opened_store,
    seed_estimator,
    weights_for_fit,
)
from genlab.training import Recipe, as_predictor, train


def diagnose(
    model: Any,
    data: Dataset,
    recipe: Recipe | None = None,
    *,
    capacity: Mapping[str, Sequence[Any]] | None = None,
    minutes: float = 3.0,
    effort: int | None = None,
    open_test: bool = True,
    seed: int = 0,
    store: StoreLike = None,
    jobs: Jobs = None,
    progress: Callable[[str, SweepProgress], None] | None = None,
) -> Diagnosis:
    """How well a model does on data it has not seen, why, and what would help.

    Everything but the test error is measured by cross-validation of the training examples. The
    test examples, if there are any, are sealed, and opened once, at the end, for the test error.
    Every fit is stored: a second call fits nothing, and a call with more minutes continues from
    there.

    Parameters
    ----------
    model
        An estimator with `fit` and `predict`, such as scikit-learn's, or a genlab model.
    data
        Data set of a classification or a regression, with at least 5 training examples.
    recipe
        How a genlab model is trained; None for an estimator.
    capacity
        Name of the parameter that sets the capacity, and at least 3 values from the lowest
        capacity to the highest. None takes a known parameter of the usual estimators, such as
        `max_leaf_nodes` of trees and forests, `n_neighbors`, `C` and the widths of networks.
    minutes
        Time limit for the fits in minutes, above 0. The effort is the highest that is expected to
        end in time, judged by the fits so far. Parts for which there is not enough time are left
        out, and say so.
    effort
        1 to 5, without a time limit: 3, 5, 10, 20 or 50 splits of the cross-validation; 3, 5 or 9
        capacities; 10, 20, 50, 100 or 200 bootstrap samples. None decides by `minutes`.
    open_test
        Whether the test set is opened; otherwise it stays sealed.
    seed
        Seed of all that is drawn, from 0 to 2³² − 1.
    store
        Where results and openings are kept: a Store, a database's URL or a SQLite file's path;
        None opens the default one.
    jobs
        Number of worker processes, or what runs the fits: see `genlab.sweep.run_cells`.
    progress
        Called with the name of the part and its progress whenever a fit ends.

    Returns
    -------
    Diagnosis

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.
    FailedFitsError
        Where every fit of the model failed.

    Notes
    -----
    Differences of two models are taken on the same splits, with the variance of Nadeau &
    Bengio (Machine Learning 2003): see `genlab.measure.cross_validated_difference`.

    >>> import genlab
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> data = genlab.datasets.make_mnist1d(n_samples=100)
    >>> with genlab.sweep.Store("sqlite://") as store:
    ...     found = genlab.diagnose(DecisionTreeClassifier(), data, effort=1, store=store)
    >>> [part.name for part in found.parts]
    ['how well', 'more data', 'capacity', 'why', 'probabilities', 'choosing']
    """
    start = time.monotonic()
    minutes = real("minutes", minutes, above=0)
    if effort is not None:
        effort = integer("effort", effort, low=1, high=len(EFFORTS))
    seed = integer("seed", seed, low=0, high=streams.MAX_SEED)
    boolean("open_test", open_test)
    if not isinstance(data, Dataset):
        raise TypeError(
            "`data` must be a Dataset (genlab.datasets.load_table makes one of tables and arrays), "
            f"got {type(data).__name__}."
        )
    if len(np.unique(data.y_train)) < 2:
        raise ValueError(
            "`data` must have at least two different targets, got the same target in all "
            f"{data.n_train:,} training examples."
        )
    cells_of(model, data, recipe)  # whether it is a model of such data
    axis = axis_of(model, data.n_train, capacity)
    with opened_store(store) as opened:
        sealed: SealedTestSet | None = None
        warned: tuple[str, ...] = ()
        if data.n_test:
            data, sealed, warned = _sealed(data, opened)
        work = Work(opened, jobs, math.inf if effort is not None else minutes, progress)
        asked = Asked(model, data, recipe, axis, seed, work)
        found = highest(asked, effort)
        test, closed = _opened(asked, sealed, open_test=open_test)
    parts = found.parts(test, closed)
    return Diagnosis(
        model=asked.names["asked"],
        dataset=asked.dataset,
        task=data.task,
        n_train=data.n_train,
        n_test=0 if sealed is None else sealed.n,
        seed=seed,
        effort=found.effort,
        level=EFFORTS.index(found.effort) + 1,
        parts=parts,
        advice=found.advice(),
        notes=(*_of_table(data), *warned),
        seconds=time.monotonic() - start,
    )


def _of_table(data: Dataset) -> tuple[str, ...]:
    """What the reader of the table decided, and what it warned of; () of data of no table."""
    if data.encoder is None:
        return ()
    return (*data.encoder.notes, *getattr(data.encoder, "warned", ()))


def _sealed(data: Dataset, store: Store) -> tuple[Dataset, SealedTestSet, tuple[str, ...]]:
    """The data with its test set sealed, and what sealing warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        kept, sealed = seal(data, store)
    for one in caught:
        warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    said = (str(one.message) for one in caught if issubclass(one.category, DataWarning))
    return kept, sealed, tuple(said)


def _opened(
    asked: Asked, sealed: SealedTestSet | None, *, open_test: bool
) -> tuple[Opening | None, str]:
    """The opening of the test set, and why there is none by this call."""
    if sealed is None:
        return None, "There are no test examples, so the error comes from cross-validation alone."
    earlier = sealed.openings
    if not (earlier or open_test):
        return None, f"The test set of {sealed.n:,} examples stays sealed."
    fitted = _fitted(asked)
    if earlier:
        n_classes = asked.data.n_classes if asked.data.task == "classification" else None
        by = as_predictor(fitted, asked.data.input_shape, n_classes).by
        for opening in earlier:
            same = all(opening.by.get(name) == by[name] for name in ("type", "hash"))
            if same and by["hash"] is not None and opening.has_result:
                return opening, ""  # by this very model, in an earlier call
        first = earlier[0]
        return None, (
            "There is no test error of this model, because the test set was already "
            f"{first.description}: {first.sentence}."
        )
    try:
        return sealed.open(fitted, reason="the last number of a diagnosis"), ""
    except SealedError as error:
        return None, str(error)


def _fitted(asked: Asked) -> Any:
    """The model, fitted to all training examples."""
    data = asked.data
    if isinstance(asked.model, ModelSpec):
        assert asked.recipe is not None
        return train(asked.model, data, asked.recipe.for_data(data), seeds=(asked.seed,))
    estimator = seed_estimator(EstimatorSpec.of(asked.model, "model").make(), asked.seed)
    weights = weights_for_fit(estimator, data.sample_weight)
    return estimator.fit(flat(data.x_train), data.y_train, **weights)
