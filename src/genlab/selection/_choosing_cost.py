"""What a search's choice costs, and which parameters its validation score follows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from genlab._base import streams
from genlab._base.checks import integer
from genlab._base.errors import SearchError
from genlab.datasets import Dataset
from genlab.measure import (
    Gain,
    Optimism,
    RankingUncertainty,
    gain_over_default,
    optimism,
    ranking_uncertainty,
)
from genlab.models import get_model
from genlab.selection._dimensions import Choice
from genlab.selection._proposals import quiet
from genlab.selection._running import SelectProgress
from genlab.selection._scoring import Scoring
from genlab.selection._select import select
from genlab.selection._selection import Selection, distinct_trials
from genlab.selection._space import Space, parameter_names
from genlab.selection._trial import Trial
from genlab.selection._validation import validation_of
from genlab.sweep import Jobs, StoreLike
from genlab.training import Recipe

# Trees of one forest, and the most trials it is grown of.
_TREES = 16
_MOST_TRIALS = 300
_FEWEST_TRIALS = 4
_RATE = {"learning_rate": [0.01]}


@dataclass(frozen=True, eq=False)
class ChoosingCost:
    """What choosing costs: how optimistic the best validation score of a search is.

    In a search by another score than the error, estimates and differences are those of the
    score: "lowest" is then the best, and a gain of a score that is greater for a better model
    is above 0.

    Attributes
    ----------
    optimism
        How optimistic it is: see `genlab.measure.optimism`.
    ranking
        How often which complete trial would win: see `genlab.measure.ranking_uncertainty`;
        `winning` is in the order of `numbers`.
    numbers
        Numbers of the complete trials, of the same configuration one.
    default
        The trial with the default of every searched parameter, or None where there is none.
    gain
        Gain of the chosen trial over the default: see `genlab.measure.gain_over_default`; None
        where there is no default, or its validation error is lower.
    """

    optimism: Optimism
    ranking: RankingUncertainty
    numbers: tuple[int, ...]
    default: Trial | None
    gain: Gain | None


def choosing_cost(selection: Selection, default: Trial | None = None) -> ChoosingCost:
    """What choosing costs, from the validation examples that were used for choosing.

    Parameters
    ----------
    selection
        A finished search.
    default
        What `default_trial` returned, or None. It is compared with the chosen trial on the
        same validation examples, and counts among those that were chosen from.

    A score that is not a mean over examples, such as an AUC, counts by the delta method: by each
    example's part in it, `Trial.parts`.

    The examples are taken as a random sample. An example that is validated in several splits
    counts once, by its mean over them, and all examples count equally: where splits are of unequal
    sizes, `claimed` is not the mean over splits. Where the search chose by the one-standard-error
    rule, so do the halves and resamples, with the standard error of all examples.
    """
    trials = distinct_trials(selection.trials, selection.best)
    numbers = tuple(trial.number for trial in trials)
    losses = _by_example(trials, selection)
    seed = selection.seed
    rule, configurations = selection.rule, [trial.parameters for trial in trials]
    gain = None
    if default is not None:
        of_default = _by_example([default], selection)
        if of_default.mean() >= losses.mean(axis=1).min():
            table = np.vstack([losses, of_default])
            choose = None if rule is None else rule.chooser(configurations, n_others=1)
            # With folds of unequal size: by the mean over examples, as the function requires.
            errors = table.mean(axis=1)
            chosen = int(errors[:-1].argmin() if choose is None else choose(errors))
            gain = gain_over_default(table, chosen, len(losses), seed=seed, choose=choose)
    choose = None if rule is None else rule.chooser(configurations)
    found = optimism(losses, seed=seed, choose=choose)
    ranking = ranking_uncertainty(losses, seed=seed)
    if not selection.scoring.is_error:
        found, gain = _as_scores(found, gain, selection.scoring)
    return ChoosingCost(found, ranking, numbers, default, gain)


def _as_scores(
    found: Optimism, gain: Gain | None, scoring: Scoring
) -> tuple[Optimism, Gain | None]:
    """The optimism and the gain of losses as those of the score that they stand for."""
    found = dataclasses.replace(
        found,
        claimed=float(scoring.as_losses(np.array(found.claimed))),
        bootstrap=scoring.of_difference(found.bootstrap),
        nested=scoring.of_difference(found.nested),
        corrected=scoring.from_losses(found.corrected),
    )
    if gain is not None:
        gain = dataclasses.replace(
            gain,
            difference=scoring.of_difference(gain.difference),
            corrected=scoring.of_difference(gain.corrected),
            greater_is_better=scoring.greater_is_better,
        )
    return found, gain


def _by_example(trials: Sequence[Trial], selection: Selection) -> np.ndarray:
    """One row per trial and one column per example: the mean over the splits that validate it.

    The groups of a scorer's jackknife stand for the examples in them.
    """
    if selection.scoring.is_error:
        wrong = np.array([trial.wrong for trial in trials])
    else:
        wrong = selection.scoring.as_losses(np.array([trial.parts for trial in trials]))
    rows, places = np.unique(selection.validation_rows, return_inverse=True)
    if len(rows) == wrong.shape[1] or len(places) != wrong.shape[1]:
        return wrong
    counts = np.bincount(places)
    sums = np.array([np.bincount(places, weights=of_trial) for of_trial in wrong])
    return sums / counts


def default_configuration(space: Space) -> dict[str, Any]:
    """The default of every searched parameter that has one; the first of several models.

    `depth` and `width` are those of the model's default layers, where all have one width.
    """
    if space.model is None:
        known = space.estimator.get_params(deep=True)
        return {name: known[name] for name in space.dimensions if name in known}
    kind = get_model(str(space.model.options[0]))
    made = kind()
    recipe = getattr(Recipe, str(space.fixed.get("optimizer", "adam")))()
    values: dict[str, Any] = {}
    if "model" in space.dimensions:
        values["model"] = kind.__name__
    for name in space.parameters:
        if name in ("depth", "width"):
            hidden = getattr(made, "hidden", ())
            if isinstance(hidden, tuple) and len(set(hidden)) == 1:
                values[name] = len(hidden) if name == "depth" else hidden[0]
        elif hasattr(recipe, name):
            values[name] = getattr(recipe, name)
        elif hasattr(made, name):
            values[name] = getattr(made, name)
    return values


def default_trial(
    space: Space,
    data: Dataset,
    *,
    validation: float | None = None,
    folds: int | None = None,
    cv: Any = None,
    scoring: Any = None,
    seed: int = 0,
    store: StoreLike = None,
    jobs: Jobs = None,
    fresh: bool = False,
    progress: Callable[[SelectProgress], None] | None = None,
) -> Trial | None:
    """The trial of `default_configuration`, on the splits of a search with these arguments.

    Arguments are those of `select`, and the trial is stored as its trials are. None where
    the trial fails, or where the space's model does not accept the default.
    """
    configuration, fixed, model = default_configuration(space), dict(space.fixed), None
    if space.model is not None:
        model = str(configuration.pop("model", space.model.options[0]))
        known = parameter_names(get_model(model))
        fixed = {name: value for name, value in fixed.items() if name in known}
        fitted = validation_of(data, validation, folds, cv, seed=seed).fitted
        if (configuration.get("batch_size") or 0) > min(map(len, fitted)):
            del configuration["batch_size"]  # not given, it is that of all examples
        if "loss" in configuration:
            configuration["loss"] = Recipe.adam().for_examples(data.n_train, data.task).loss
        if not configuration and "learning_rate" not in fixed:
            rate = default_configuration(Space(parameters=_RATE))["learning_rate"]
            configuration = {"learning_rate": rate}
    try:
        alone = Space(
            model,
            {name: Choice(value) for name, value in configuration.items()},
            estimator=space.estimator,
            fixed=fixed,
        )
    except (TypeError, ValueError):  # the model does not accept its default in this space
        return None
    try:
        selection = select(
            alone,
            data,
            n_trials=1,
            sampler="grid",
            validation=validation,
            folds=folds,
            cv=cv,
            scoring=scoring,
            seed=seed,
            store=store,
            jobs=jobs,
            refit=False,
            fresh=fresh,
            progress=progress,
        )
    except SearchError:
        return None
    return selection.best


def importances(
    selection: Selection, *, n_resamples: int = 100, seed: int = 0
) -> list[dict[str, Any]]:
    """How much of the validation score's variance over the space is due to each parameter.

    Functional ANOVA of a random forest that is fitted to the complete trials (Hutter et al.,
    ICML 2014, as Optuna computes it): the fraction of the forest's variance that each
    parameter explains alone, over configurations drawn uniformly from the searched ranges,
    scaled to sum to 1 over parameters. It describes the whole space, poor regions included,
    and leaves interactions out.

    Parameters
    ----------
    selection
        A finished search; of more than 300 complete trials, 300 drawn by `seed` are used.
    n_resamples
        Number of forests of trials drawn with replacement; the central 95% of them are the
        interval.
    seed
        Seed of the forests and of the resampling.

    Returns
    -------
    list of dict
        Rows of parameter, importance, importance_low, importance_high and n (trials), the
        largest first. The list is empty where fewer than 4 trials are complete or all scores
        are equal.
    """
    rows = [row for row in selection._rows if row.outcome and row.outcome.state == "complete"]
    stream = streams.numpy_stream(integer("seed", seed, low=0), streams.RESAMPLING)
    if len(rows) > _MOST_TRIALS:
        rows = [rows[i] for i in np.sort(stream.permutation(len(rows))[:_MOST_TRIALS])]
    values = {row.outcome.value for row in rows if row.outcome}
    if len(rows) < _FEWEST_TRIALS or len(values) < 2:
        return []
    trials = selection._proposals.study(rows).trials
    importance = _fractions(selection, trials, seed)
    resampled = []
    for i in range(integer("n_resamples", n_resamples, low=1)):
        drawn = [trials[k] for k in stream.integers(len(trials), size=len(trials))]
        if len({trial.value for trial in drawn}) > 1:
            resampled.append(_fractions(selection, drawn, seed + i + 1))
    fractions = [[forest[name] for name in importance] for forest in resampled]
    ends = np.quantile(fractions, [0.025, 0.975], axis=0)
    table = [
        {
            "parameter": name,
            "importance": value,
            "importance_low": float(ends[0, i]),
            "importance_high": float(ends[1, i]),
            "n": len(rows),
        }
        for i, (name, value) in enumerate(importance.items())
    ]
    return sorted(table, key=lambda row: -float(row["importance"]))


def _fractions(selection: Selection, trials: list[Any], seed: int) -> dict[str, float]:
    """The fraction of variance of each parameter; 0 for one that took a single value."""
    import optuna
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances

    with quiet():
        study = optuna.create_study()
        study.add_trials(trials)
    evaluator = FanovaImportanceEvaluator(n_trees=_TREES, seed=seed % 2**32)
    try:
        fractions = get_param_importances(study, evaluator=evaluator)
    except RuntimeError:  # a forest that is the same everywhere
        fractions = {}
    return {name: float(fractions.get(name, 0.0)) for name in selection.space.dimensions}
