"""The arguments of a search, checked, as one process's part in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from genlab._base import specs, streams
from genlab._base.checks import boolean, choice, integer, real
from genlab.datasets import Dataset, check_dense, check_held
from genlab.selection._first import first_points
from genlab.selection._proposals import SAMPLERS, Proposals
from genlab.selection._running import RunningSearch, SelectProgress
from genlab.selection._scoring import scoring_of, trivial_scores
from genlab.selection._space import Space
from genlab.selection._trials import Trials
from genlab.selection._validation import validation_of
from genlab.sweep import Jobs, Store, n_workers

# Part of every search's identity. Increased when the same search would try other configurations.
_VERSION = 1
_BATCH = 8
_MOST_NAME = 200


def prepared(
    space: Space,
    data: Dataset,
    *,
    n_trials: int,
    sampler: str,
    try_first: Iterable[Mapping[str, Any]] | None,
    validation: float | None,
    folds: int | None,
    cv: Any,
    scoring: Any,
    prune: bool,
    seed: int,
    store: Store,
    name: str | None,
    jobs: Jobs = None,
    batch: int | None = None,
    minutes: float | None = None,
    fresh: bool = False,
    progress: Callable[[SelectProgress], None] | None = None,
) -> RunningSearch:
    """The search that the arguments of `select` describe, all of them checked."""
    if not isinstance(space, Space):
        raise TypeError(f"`space` must be a Space, got {space!r}.")
    if not isinstance(data, Dataset):
        raise TypeError(f"`data` must be a Dataset, got {type(data).__name__}.")
    by = scoring_of(scoring, data)
    space.check_task(data.task)
    of_estimator = space.model is None
    if boolean("prune", prune) and of_estimator:
        raise ValueError("`prune` must be False for estimators, got True.")
    n_trials = integer("n_trials", n_trials, low=1)
    choice("sampler", sampler, SAMPLERS)
    seed = integer("seed", seed, low=0, high=streams.MAX_SEED)
    data = data if data.n_test == 0 else data.without_test()
    if not of_estimator:
        check_dense(data)
        check_held(data.spec)
        space.check_recipes(data)
    division = validation_of(data, validation, folds, cv, seed=seed)
    trivial = () if by.is_error else trivial_scores(data, division, by)
    at_once = n_workers(jobs)
    if batch is None:
        batch = _BATCH if sampler == "tpe" or prune else max(_BATCH, 2 * at_once)
        batch = 1 if of_estimator and sampler == "tpe" else batch
    batch = integer("batch", batch, low=1)
    first = first_points(space, try_first)
    proposals = Proposals(space, sampler, seed, batch, by.greater_is_better, first)
    definition = {
        "version": _VERSION,
        "space": space.to_dict(),
        "data": data.fingerprint,
        "validation": dict(division.definition),
        "sampler": sampler,
        "prune": prune,
        "seed": seed,
    }
    if first:
        definition["try_first"] = [dict(point) for point in first]
    if space.names_classes:
        # Of the data's fingerprint they are no part.
        definition["classes"] = list(data.classes or range(data.n_classes))
    if by.identity is not None:
        definition["scoring"] = by.identity
    identity = specs.sha256(definition)
    name = _checked_name(name, identity)
    return RunningSearch(
        name=name,
        space=space,
        data=data,
        division=division,
        scoring=by,
        trivial=tuple(trivial),
        proposals=proposals,
        trials=Trials(store, name, identity, definition),
        n_trials=proposals.most(n_trials),
        prune=prune,
        seed=seed,
        store=store,
        jobs=jobs,
        at_once=at_once,
        batch=batch,
        progress=progress,
        minutes=None if minutes is None else real("minutes", minutes, above=0),
        fresh=boolean("fresh", fresh),
    )


def _checked_name(name: Any, identity: str) -> str:
    if name is None:
        return f"select-{identity[:16]}"
    if not isinstance(name, str) or not 0 < len(name) <= _MOST_NAME:
        raise ValueError(f"`name` must be a text of 1 to {_MOST_NAME} letters, got {name!r}.")
    return name
