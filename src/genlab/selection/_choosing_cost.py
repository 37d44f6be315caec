"""What a search's choice costs, and which parameters its validation error follows."""

from __future__ import annotations

import os
from collections.abc import Callable
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
from genlab.models import MODELS
from genlab.selection._dimensions import Choice
from genlab.selection._proposals import quiet
from genlab.selection._select import SelectProgress, select
from genlab.selection._selection import Selection, Trial
from genlab.selection._space import Space, names_of
from genlab.sweep import Store
from genlab.training import Recipe

# Trees of one forest, and the most trials it is grown of.
_TREES = 16
_MOST_TRIALS = 300
_FEWEST_TRIALS = 4
_RATE = {"learning_rate": [0.01]}


@dataclass(frozen=True, eq=False)
class ChoosingCost:
    """What must be known beside the lowest validation error of a search.

    Attributes
    ----------
    optimism
        How much too good it is: see `genlab.measure.optimism`.
    ranking
        How often which complete trial would win: see `genlab.measure.ranking_uncertainty`;
        `winning` is in the order of `numbers`.
    numbers
        Of the complete trials.
    default
        The trial with the default of every searched parameter, or None where there is none.
    gain
        Of the chosen trial over it: see `genlab.measure.gain_over_default`; None where there
        is no default, or its validation error is the lower one.
    """

    optimism: Optimism
    ranking: RankingUncertainty
    numbers: tuple[int, ...]
    default: Trial | None
    gain: Gain | None


def choosing_cost(selection: Selection, default: Trial | None = None) -> ChoosingCost:
    """What a search's choice costs, from the validation examples that chose.

    Parameters
    ----------
    selection
        A finished search.
    default
        What `default_trial` returned, or None. It is compared with the chosen trial on the
        same validation examples, and counts among those that were chosen from.
    """
    complete = [trial for trial in selection.trials if trial.state == "complete"]
    numbers = tuple(trial.number for trial in complete)
    seed = selection.seed
    gain = None
    if default is not None and default.wrong.mean() >= selection.wrong.mean(axis=1).min():
        table = np.vstack([selection.wrong, default.wrong[None, :]])
        # Of folds of unlike size the lowest mean over examples: what the function asks for.
        chosen = int(selection.wrong.mean(axis=1).argmin())
        gain = gain_over_default(table, chosen, len(table) - 1, seed=seed)
    return ChoosingCost(
        optimism(selection.wrong, seed=seed),
        ranking_uncertainty(selection.wrong, seed=seed),
        numbers,
        default,
        gain,
    )


def default_setting(space: Space) -> dict[str, Any]:
    """The default of every searched parameter that has one; the first of several models.

    `depth` and `width` are those of the model's default layers, where these are all as wide.
    """
    if space.model is None:
        known = space.estimator.get_params(deep=True)
        return {name: known[name] for name in space.dimensions}
    kind = MODELS[str(space.model.options[0])]
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
    seed: int = 0,
    store: Store | str | os.PathLike[str] | None = None,
    jobs: int | None = None,
    progress: Callable[[SelectProgress], None] | None = None,
) -> Trial | None:
    """The trial of `default_setting`, on the divisions of a search with these arguments.

    Arguments are those of `select`, and the trial is kept in the store as its are. None where
    it fails, or the default is none that the space's model takes.
    """
    setting, fixed, model = default_setting(space), dict(space.fixed), None
    if space.model is not None:
        model = str(setting.pop("model", space.model.options[0]))
        known = names_of(MODELS[model])
        fixed = {name: value for name, value in fixed.items() if name in known}
        if not setting and "learning_rate" not in fixed:
            setting = {"learning_rate": default_setting(Space(parameters=_RATE))["learning_rate"]}
    try:
        alone = Space(
            model,
            {name: Choice(value) for name, value in setting.items()},
            estimator=space.estimator,
            fixed=fixed,
        )
        found = select(
            alone,
            data,
            n_trials=1,
            sampler="grid",
            validation=validation,
            folds=folds,
            cv=cv,
            seed=seed,
            store=store,
            jobs=jobs,
            refit=False,
            progress=progress,
        )
    except (SearchError, TypeError, ValueError):
        return None
    return found.best


def importances(
    selection: Selection, *, n_resamples: int = 100, seed: int = 0
) -> list[dict[str, Any]]:
    """How much of the validation error's variance over the space goes with each parameter.

    Functional ANOVA of a random forest that is fitted to the complete trials (Hutter et al.,
    ICML 2014, as Optuna computes it): the share of the forest's variance, settings drawn evenly
    from the ranges that were searched, that each parameter makes alone, scaled to sum to 1 over
    parameters. It is the forest's opinion of the whole space, poor regions included, and says
    nothing of interactions.

    Parameters
    ----------
    selection
        A finished search; of more than 300 complete trials 300 drawn by `seed` are taken.
    n_resamples
        Forests of trials drawn with replacement; the 95% interval is their middle.
    seed
        Of forests and resamples.

    Returns
    -------
    list of dict
        Rows of parameter, importance, low, high and n (trials), the largest first. None are
        returned of fewer than 4 complete trials or where all errors are equal.
    """
    rows = [row for row in selection._rows if row.outcome and row.outcome.state == "complete"]
    stream = streams.numpy_stream(integer("seed", seed, low=0), streams.RESAMPLING)
    if len(rows) > _MOST_TRIALS:
        rows = [rows[i] for i in np.sort(stream.permutation(len(rows))[:_MOST_TRIALS])]
    errors = {row.outcome.validation_error for row in rows if row.outcome}
    if len(rows) < _FEWEST_TRIALS or len(errors) < 2:
        return []
    trials = selection._proposals.study(rows).trials
    found = _shares(selection, trials, seed)
    resampled = []
    for i in range(integer("n_resamples", n_resamples, low=1)):
        drawn = [trials[k] for k in stream.integers(len(trials), size=len(trials))]
        if len({trial.value for trial in drawn}) > 1:
            resampled.append(_shares(selection, drawn, seed + i + 1))
    ends = np.quantile([[one[name] for name in found] for one in resampled], [0.025, 0.975], axis=0)
    of_all = [
        {
            "parameter": name,
            "importance": value,
            "low": float(ends[0, i]),
            "high": float(ends[1, i]),
            "n": len(rows),
        }
        for i, (name, value) in enumerate(found.items())
    ]
    return sorted(of_all, key=lambda row: -float(row["importance"]))


def _shares(selection: Selection, trials: list[Any], seed: int) -> dict[str, float]:
    """Of each searched parameter the share; 0 for one that took one value alone."""
    import optuna
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances

    with quiet():
        study = optuna.create_study()
        study.add_trials(trials)
    evaluator = FanovaImportanceEvaluator(n_trees=_TREES, seed=seed % 2**32)
    try:
        shares = get_param_importances(study, evaluator=evaluator)
    except RuntimeError:  # a forest that is the same everywhere
        shares = {}
    return {name: float(shares.get(name, 0.0)) for name in selection.space.dimensions}
