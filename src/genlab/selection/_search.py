"""A whole search as one value: what is searched, how, and on which data."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genlab.datasets import TableOptions
from genlab.models import MODELS, get_model
from genlab.selection._dimensions import Choice, Integer, Real, read_spec
from genlab.selection._estimator_names import estimator_from_paths
from genlab.selection._space import Space, parameter_types

DEFAULT_TRIALS = 50
# Parameters that name files or folders: a cache of joblib's, which is read with pickle, and what
# CatBoost reads and writes.
_FOLDERS = (
    "memory",
    *("train_dir", "snapshot_file", "input_borders", "output_borders"),
)


@dataclass(frozen=True)
class SearchOptions:
    """How configurations are searched; None for what is not given.

    Attributes
    ----------
    trials, sampler, validation, folds, scoring, prune, seed, name, minutes, choose, simplest
        As for `genlab.select`.
    """

    trials: int | None = None
    sampler: str | None = None
    validation: float | None = None
    folds: int | None = None
    scoring: str | None = None
    prune: bool | None = None
    seed: int | None = None
    name: str | None = None
    minutes: float | None = None
    choose: str | None = None
    simplest: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Search:
    """A whole search.

    Attributes
    ----------
    space
        What is searched.
    n_trials, sampler, validation, folds, scoring, prune, seed, name, try_first, minutes, choose
    simplest
        As for `genlab.select`.
    dataset, file
        The data that a file or the command line names: one of `genlab.datasets`, or a file of
        examples. Both are None for a search that is made in Python.
    table
        What the columns of the file are, where it is a table with a target; else None.
    """

    space: Space
    n_trials: int = DEFAULT_TRIALS
    sampler: str = "tpe"
    validation: float | None = None
    folds: int | None = None
    scoring: Any = None
    prune: bool = False
    seed: int = 0
    name: str | None = None
    dataset: str | None = None
    file: Path | None = None
    table: TableOptions | None = None
    try_first: tuple[Mapping[str, Any], ...] = ()
    minutes: float | None = None
    choose: str = "best"
    simplest: Mapping[str, Any] | None = None

    @property
    def division(self) -> dict[str, Any]:
        """The arguments of `genlab.select` that say which examples validate, and the seed."""
        return {"validation": self.validation, "folds": self.folds, "seed": self.seed}


def make_search(
    space: Space,
    options: SearchOptions,
    *,
    dataset: str | None = None,
    file: Path | None = None,
    table: TableOptions | None = None,
    try_first: Iterable[Mapping[str, Any]] = (),
) -> Search:
    """The search of a space, with defaults for what the options leave out."""
    sampler = "tpe" if options.sampler is None else options.sampler
    n_trials = options.trials
    if n_trials is None:
        n_trials = space.grid_size() if sampler == "grid" else DEFAULT_TRIALS
    return Search(
        space=space,
        n_trials=n_trials,
        sampler=sampler,
        validation=options.validation,
        folds=options.folds,
        scoring=options.scoring,
        prune=False if options.prune is None else options.prune,
        seed=0 if options.seed is None else options.seed,
        name=options.name,
        dataset=dataset,
        file=file,
        table=table,
        try_first=tuple(try_first),
        minutes=options.minutes,
        choose="best" if options.choose is None else options.choose,
        simplest=options.simplest,
    )


def estimator_space(
    paths: Any,
    parameters: Mapping[str, Any],
    fixed: Mapping[str, Any],
    seed: Any,
    packages: Iterable[str] = (),
) -> Space:
    """The space of a classifier or regressor, or of a pipeline, named by import paths.

    Parameters
    ----------
    paths
        One import path, or several: transformers, then the classifier or regressor.
    parameters
        Name -> a list of options, or the bounds of a range as a mapping.
    fixed
        Name -> value.
    seed
        Value of every `random_state` that is neither searched nor fixed: without it no trial
        could be repeated.
    packages
        Packages that the paths may name besides those of `estimator_from_paths`.
    """
    _refuse_folders({**parameters, **fixed})
    estimator = estimator_from_paths(paths, packages)
    values = dict(fixed)
    for name, value in estimator.get_params(deep=True).items():
        unseeded = name.rpartition("__")[2] == "random_state" and value is None
        if unseeded and name not in parameters and isinstance(seed, int):
            values.setdefault(name, seed)
    dimensions = {name: _dimension(name, value, {}) for name, value in parameters.items()}
    return Space(estimator=estimator, parameters=dimensions, fixed=values)


def model_space(
    names: Any,
    parameters: Mapping[str, Any],
    fixed: Mapping[str, Any],
    packages: Iterable[str] | None = None,
) -> Space:
    """The space of one model of genlab.models, or of several to choose from.

    Parameters
    ----------
    names
        One name or a list; upper and lower case are the same.
    parameters
        Name -> a list of options, or the bounds of a range as a mapping.
    fixed
        Name -> value.
    packages
        As for `model_names`.
    """
    _refuse_folders({**parameters, **fixed})
    models = model_names(names, packages)
    types = parameter_types(get_model(name) for name in models)
    return Space(
        Choice(*models),
        {name: _dimension(name, value, types) for name, value in parameters.items()},
        fixed={name: as_tuple(value, types.get(name)) for name, value in fixed.items()},
    )


def model_names(given: Any, packages: Iterable[str] | None = None) -> tuple[str, ...]:
    """The names of one model or several, in the spelling of genlab.models.

    The model of another package may be named by its import path, "package.module:Name", where
    the package is one of `packages`; None allows any.
    """
    by_name = {name.lower(): name for name in MODELS}
    names = []
    for name in [given] if isinstance(given, str) else list(given):
        stripped = name.strip() if isinstance(name, str) else name
        get_model(stripped, packages)
        names.append(by_name.get(stripped.lower(), stripped))
    return tuple(names)


def as_tuple(value: Any, hint: Any) -> Any:
    """A list as a tuple; also a single number, where the parameter's type is a tuple."""
    if typing.get_origin(hint) is tuple and isinstance(value, int):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def configuration_from_texts(space: Space, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a configuration as TOML and the command line write them: lists are tuples."""
    types: dict[str, Any] = {}
    if space.model is not None:
        types = parameter_types(get_model(str(name)) for name in space.model.options)
    return {name: as_tuple(read_spec(value), types.get(name)) for name, value in values.items()}


def _refuse_folders(given: Mapping[str, Any]) -> None:
    for name in given:
        if name.rpartition("__")[2] in _FOLDERS:
            raise ValueError(
                f"`{name}` must be left out: it names files that would be read or written."
            )


def _dimension(name: str, given: Any, types: Mapping[str, Any]) -> Any:
    """A Choice of a list; of a range an Integer or, where the parameter is a number, a Real."""
    if isinstance(given, list):
        return Choice(*(as_tuple(read_spec(value), types.get(name)) for value in given))
    for end in ("low", "high"):
        if end not in given:
            raise ValueError(f"`{name}` must have both `low` and `high`, got {given!r}.")
    whole = all(isinstance(given[end], int) for end in ("low", "high"))
    if whole and types.get(name) is float:
        whole = False
    try:
        if whole:
            return Integer(**given)
        if "step" in given:
            raise ValueError(f"`step` belongs to whole numbers, got {given['step']!r}.")
        return Real(**given)
    except (TypeError, ValueError) as error:
        raise type(error)(f"`{name}`: {error}") from None
