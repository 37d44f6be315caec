"""A search by validation error, in a store that several processes may share."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from genlab._base.checks import boolean
from genlab._base.errors import DivergedError, FailedTrialsWarning, MissingClassWarning
from genlab.datasets import Dataset, warn_of_copies, warn_of_scale
from genlab.selection._one_standard_error import one_standard_error, simplicity_of
from genlab.selection._preparing import prepared
from genlab.selection._running import SelectProgress
from genlab.selection._selection import Selection, checked_best
from genlab.selection._space import Space
from genlab.selection._trial import Trial, trial_of, trivial_validation_error
from genlab.selection._validation import missing_classes
from genlab.sweep import (
    Jobs,
    StoreLike,
    flat,
    opened_store,
)
from genlab.training import (
    SavedModel,
    Seeds,
    report_untrained,
    train_arrays,
)


def select(
    space: Space,
    data: Dataset,
    *,
    n_trials: int = 50,
    sampler: str = "tpe",
    try_first: Iterable[Mapping[str, Any]] | None = None,
    validation: float | None = None,
    folds: int | None = None,
    cv: Any = None,
    scoring: Any = None,
    prune: bool = False,
    seed: int = 0,
    store: StoreLike = None,
    name: str | None = None,
    jobs: Jobs = None,
    batch: int | None = None,
    minutes: float | None = None,
    choose: str = "best",
    simplest: Mapping[str, Any] | None = None,
    refit: bool = True,
    sealed: Any = None,
    reason: str | None = None,
    fresh: bool = False,
    progress: Callable[[SelectProgress], None] | None = None,
) -> Selection:
    """Choose a configuration by its validation score, and fit it on all training examples.

    Test examples are never used. Every trial, failed ones included, is stored: a search that was
    stopped resumes where it stopped, and several processes that make the same call share it, each
    trial run by one of them. All of them return the whole search, unless `minutes` end it before.

    A trial has one cell per split, run by worker processes. Fits of estimators that are done
    sooner than workers would start are made in this process; their bits are the same. So are those
    that no other process could make: of a class or with a parameter or a scorer that cannot be
    imported, and of libraries with threads of their own (XGBoost, LightGBM, CatBoost, PyTorch)
    unless `jobs` says what runs them.

    Parameters
    ----------
    space
        The configurations to choose from.
    data
        Training examples of a classification or a regression; test examples, if any, are not
        used. One `DataWarning` counts test examples that copy a training example, another, for
        genlab models, names inputs of very different scales.
    n_trials
        Number of trials over all processes and runs; a later call may increase it. A grid has no
        more trials than points.
    sampler
        "tpe" (Bergstra et al., NeurIPS 2011), "random", or "grid": every point of a space of
        Choices and Integers once, in an order drawn by the seed. The first two repeat a
        configuration only where they find no other.
    try_first
        Configurations to try first, or None: mappings from names of searched parameters to
        values. They are the first trials, in order, and the sampler learns from them. What
        one leaves out is drawn by the sampler; in a grid it has its first value. They are part
        of what identifies the search.
    validation, folds, cv
        One of: the fraction of examples held out, class by class (0.2 by default); the number
        of folds that are held out in turn, class by class, which `cv` means, too, where it is
        a number; a scikit-learn splitter or pairs of rows. A splitter must give the same splits
        each time it is asked. Examples of one group of the data (`Dataset.groups`), which such
        a splitter is given, are kept together. Those of a regression are divided at random.
    scoring
        Score by which configurations are compared on the validation examples. None, the same as
        "error", is the fraction misclassified, and for a regression 1 − R². Other names are
        "balanced_error", "log_loss", "brier", "f1" and "auc" for a classification, and "r2",
        "mse", "rmse" and "mae" for a regression: see `genlab.measure.evaluate_score`. Any name
        of `sklearn.metrics.get_scorer_names()`, such as "accuracy" or "neg_log_loss", is that
        scorer; "f1" and "auc" are scikit-learn's "f1" and "roc_auc" where there are two classes,
        and the means over classes, "f1_macro" and "roc_auc_ovr", where there are more. Also a
        scorer, or a function of a fitted model, inputs (one row per example) and targets, which
        returns a number that is greater for a better model. A score that is greater for a
        better model is maximised, and shown as it is. A function is known again by its name:
        after a change of its code, give the search a new `name`. Of a genlab model a scorer
        gets `predict`, and for a classification `predict_proba` and `classes_`.
    prune
        For genlab models: a trial is first trained for a quarter of its steps, and is trained
        in full, from the start, only where its validation score is then no worse than the
        median of complete trials (Optuna's MedianPruner, from the sixth complete trial on).
        A trial that is not pruned costs a quarter more.
    seed
        Seed of the split, the configurations tried, and the initial weights and batch order
        of every trial; for estimators also every `random_state` that is None and not searched.
        A single process tries the same configurations each time, also where it was stopped in
        between. An estimator that draws without a `random_state` cannot be repeated.
    store
        Where trials and cells are kept: a Store, a database's URL or a SQLite file's path;
        None opens the default one.
    name
        Name of the search in the store; None makes one from the space, the content of the
        training examples, the split, the sampler, the score and the seed.
    jobs
        Number of worker processes for cells, or what runs them, as for `run_cells`.
    batch
        Number of trials that are proposed before the outcome of any of them is known, and run
        together; the configurations of "tpe" depend on it. None takes 1 for estimators with
        "tpe", and otherwise 8, or without "tpe" and pruning 2 for each worker if that is more.
    minutes
        Time limit in minutes, above 0, or None. After it no trial begins, and the search ends
        when those under way are finished: `Selection.n_trials` and its text say how many there
        were to be. At least one trial is completed. The same call goes on where it ended; the
        limit is no part of what identifies the search. Of several processes each keeps its own
        limit, and returns the trials that are finished by then. Under a limit the trials of a
        batch begin one for each worker at a time.
    choose
        "best": the configuration with the lowest validation error, or the best score.
        "one-standard-error": the simplest of those whose validation error, or score, is at most
        one standard error worse than the best; see `genlab.selection.OneStandardError` for the
        rule and its standard error. The trials are the same: a finished search chooses anew by
        another rule at once.
    simplest
        For "one-standard-error", what makes a configuration simpler: a mapping from names of
        searched parameters to "low", "high", or all options of a Choice from the simplest on;
        the first counts most, and a configuration that lacks one counts as simpler. None takes
        the number of a genlab model's parameters. For an estimator it is required, such as
        {"max_depth": "low"}, or {"alpha": "high"} for a penalty.
    refit
        Whether to fit the chosen configuration on all training examples.
    sealed, reason
        A sealed test set that is opened once with the refitted model, and the reason.
    fresh
        Whether the trials and cells of this search that are stored are computed again and
        replaced. An interrupted search then starts over. What is recorded of a sealed test set
        stays as it is.
    progress
        Called with a `SelectProgress` whenever something has happened.

    Returns
    -------
    Selection

    Raises
    ------
    SearchError
        Where every trial failed.
    DataFileError
        Where data that no generator made cannot be written for the worker processes.
    DivergedError
        Where the refitted model diverged.
    StoreError
        Where the store fails.
    TypeError, ValueError
        Naming the parameter, the rule and the value received.

    Warns
    -----
    MissingClassWarning
        Where a class has no example in a part that is fitted, or in one that is chosen by.
    FailedTrialsWarning
        Where some trials failed.

    >>> import genlab
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> data = genlab.datasets.make_mnist1d(n_samples=200)
    >>> space = Space(estimator=KNeighborsClassifier(), parameters={"n_neighbors": [1, 100]})
    >>> with genlab.sweep.Store("sqlite://") as store:
    ...     best = select(space, data, sampler="grid", folds=4, store=store)
    >>> len(best.trials), best.parameters
    (2, {'n_neighbors': 1})
    """
    _check_opening(sealed, reason, refit)
    with opened_store(store) as opened:
        search = prepared(
            space,
            data,
            n_trials=n_trials,
            sampler=sampler,
            try_first=try_first,
            validation=validation,
            folds=folds,
            cv=cv,
            scoring=scoring,
            prune=prune,
            seed=seed,
            store=opened,
            name=name,
            jobs=jobs,
            batch=batch,
            minutes=minutes,
            fresh=fresh,
            progress=progress,
        )
        simplicity = simplicity_of(space, data, choose, simplest)
        missing = missing_classes(search.data, search.division)
        if missing is not None:
            warnings.warn(missing, MissingClassWarning, stacklevel=2)
        warn_of_copies(data)
        if space.model is not None:
            warn_of_scale(data)
        rows = search.run()
    by = search.scoring
    trials = [trial_of(row, space, search.division, by) for row in rows]
    best, rule = checked_best(trials, search.proposals, by), None
    if simplicity is not None:
        rule = one_standard_error(rows, best.number, search.division, by, simplicity)
        best = next(trial for trial in trials if trial.number == rule.within[0])
    _warn_of_failures(trials)
    model = _refitted(space, search.data, best, search.seed) if refit else None
    opening = None if sealed is None else sealed.open(model, reason=reason)
    return Selection(
        name=search.name,
        space=space,
        sampler=sampler,
        validation=search.division,
        scoring=by,
        seed=search.seed,
        trials=tuple(trials),
        n_trials=search.n_trials,
        best=best,
        model=model,
        opening=opening,
        trivial_score=trivial_validation_error(search.data.y_train, search.division)
        if by.is_error
        else by.trivial_interval(search.trivial, search.division),
        _proposals=search.proposals,
        _rows=tuple(rows),
        rule=rule,
    )


def check_search(
    space: Space,
    data: Dataset,
    *,
    n_trials: int = 50,
    sampler: str = "tpe",
    try_first: Iterable[Mapping[str, Any]] | None = None,
    validation: float | None = None,
    folds: int | None = None,
    cv: Any = None,
    scoring: Any = None,
    prune: bool = False,
    seed: int = 0,
    store: StoreLike = None,
    name: str | None = None,
    minutes: float | None = None,
    choose: str = "best",
    simplest: Mapping[str, Any] | None = None,
) -> None:
    """Check the arguments of a search, and that they go with the data; nothing is trained.

    Raises
    ------
    StoreError
        Where the store fails.
    TypeError, ValueError
        Naming the parameter, the rule and the value received: what `select` raises for the
        same arguments.
    """
    with opened_store(store) as opened:
        prepared(
            space,
            data,
            n_trials=n_trials,
            sampler=sampler,
            try_first=try_first,
            validation=validation,
            folds=folds,
            cv=cv,
            scoring=scoring,
            prune=prune,
            seed=seed,
            store=opened,
            name=name,
            minutes=minutes,
        )
        simplicity_of(space, data, choose, simplest)


def _refitted(space: Space, data: Dataset, best: Trial, seed: int) -> Any:
    """The chosen configuration fitted on all training examples."""
    if space.model is None:
        estimator = space.make_estimator(best.parameters, seed)
        return estimator.fit(flat(data.x_train), data.y_train)
    model, recipe = space.model_and_recipe(best.parameters)
    recipe = recipe.for_data(data)
    fitted = train_arrays(model, data, recipe, (Seeds.all(seed),))
    if fitted.diverged_at[0] >= 0:
        raise DivergedError(
            f"the chosen model diverged by step {fitted.diverged_at[0]} when it was trained on "
            f"all {data.n_train:,} examples, with {best.parameters}."
        )
    report_untrained(recipe, fitted.kept)
    return SavedModel.of_data(
        data, model, fitted.modules[0], recipe, seed, target_scale=fitted.target_scale
    )


def _warn_of_failures(trials: list[Trial]) -> None:
    failed = [trial for trial in trials if trial.state == "failed"]
    if failed:
        warnings.warn(
            f"{len(failed)} of {len(trials)} trials failed, the first ({failed[0].parameters}) "
            f"with: {failed[0].error.rstrip('.')}.",
            FailedTrialsWarning,
            stacklevel=3,
        )


def _check_opening(sealed: Any, reason: Any, refit: Any) -> None:
    boolean("refit", refit)
    if sealed is None:
        if reason is not None:
            raise ValueError(f"`reason` must come with `sealed`, got {reason!r} alone.")
        return
    if not callable(getattr(sealed, "open", None)):
        raise TypeError(f"`sealed` must be a sealed test set, got {sealed!r}.")
    if not isinstance(reason, str) or not reason.strip():
        raise ValueError(f"`reason` must say why the test set is opened, got {reason!r}.")
    if not refit:
        raise ValueError("`refit` must be True for a sealed test set to be opened, got False.")
