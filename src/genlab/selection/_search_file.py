"""What `genlab select` is asked to do: read from a TOML file or from options, and checked."""

from __future__ import annotations

import os
import re
import tomllib
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genlab._base.errors import DataFileError
from genlab.selection._sklearn_names import estimator_from_paths

if TYPE_CHECKING:
    from genlab.selection._space import Space

_KEYS = {
    "data": ("dataset", "file"),
    "search": ("trials", "sampler", "validation", "folds", "prune", "seed", "name"),
    "model": None,
    "parameters": None,
}
_RANGE_KEYS = ("low", "high", "log", "step")
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})((?::[^:]*)*)")
_MOST_BYTES = 2**20


@dataclass(frozen=True)
class SearchOptions:
    """How it is searched; None where not said.

    Attributes
    ----------
    trials, sampler, validation, folds, prune, seed, name
        As of `genlab.select`.
    """

    trials: int | None = None
    sampler: str | None = None
    validation: float | None = None
    folds: int | None = None
    prune: bool | None = None
    seed: int | None = None
    name: str | None = None


@dataclass(frozen=True)
class Search:
    """A whole search: exactly one of `dataset` and `file` is not None."""

    dataset: str | None
    file: Path | None
    space: Space
    n_trials: int
    sampler: str
    validation: float | None
    folds: int | None
    prune: bool
    seed: int
    name: str | None


def search_from_file(path: str | os.PathLike[str], options: SearchOptions) -> Search:
    """The search that a TOML file describes; options come before what it says in [search].

    Raises
    ------
    DataFileError
        Where the file cannot be read or is no TOML.
    TypeError, ValueError
        In one sentence: an unknown table or key, both kinds of data, no parameters, or what a
        Space raises.
    """
    place = Path(path)
    tables = _tables(place)
    data, model = tables.get("data", {}), dict(tables.get("model", {}))
    if set(data) != {"dataset"} and set(data) != {"file"}:
        got = "both" if set(data) == {"dataset", "file"} else "neither"
        raise ValueError(f"{place}: [data] must name either a `dataset` or a `file`, got {got}.")
    for key, value in data.items():
        if not isinstance(value, str):
            raise TypeError(f"{place}: `{key}` of [data] must be a text, got {value!r}.")
    if "name" in model and "estimator" in model:
        raise ValueError(f"{place}: [model] must have either a `name` or an `estimator`, got both.")
    name, estimator = model.pop("name", None), model.pop("estimator", None)
    if not tables.get("parameters"):
        raise ValueError(f"{place}: [parameters] must name at least one parameter, got none.")
    in_file = SearchOptions(**tables.get("search", {}))
    merged = SearchOptions(
        **{
            field.name: getattr(
                in_file if getattr(options, field.name) is None else options, field.name
            )
            for field in fields(SearchOptions)
        }
    )
    # Another way to validate takes the place of the file's, it is not added to it.
    if options.folds is not None and options.validation is None:
        merged = _without(merged, "validation")
    if options.validation is not None and options.folds is None:
        merged = _without(merged, "folds")
    try:
        return _search(
            data.get("dataset"),
            None if "file" not in data else place.parent / data["file"],
            name,
            estimator,
            {key: _given(key, value) for key, value in tables["parameters"].items()},
            {key: _plain(value) for key, value in model.items()},
            merged,
        )
    except (TypeError, ValueError) as error:
        raise type(error)(f"{place}: {error}") from None


def search_from_options(
    dataset: str | None,
    file: Path | None,
    model: str | None,
    estimator: str | None,
    searched: Sequence[str],
    fixed: Sequence[str],
    options: SearchOptions,
) -> Search:
    """The same from texts such as "learning_rate=1e-4..0.1:log" and "steps=2000"."""
    if (dataset is None) == (file is None):
        got = "neither" if dataset is None else "both"
        raise ValueError(f"give either --dataset NAME or --data FILE, got {got}.")
    if model is not None and estimator is not None:
        raise ValueError("give either --model NAME or --estimator PATH, got both.")
    if not searched:
        raise ValueError("--search NAME=WHAT must name at least one parameter, got none.")
    names = None if model is None else model.split(",")
    paths = None if estimator is None else estimator.split(",")
    return _search(
        dataset,
        file,
        names,
        paths,
        dict(_pairs("--search", searched, _range)),
        dict(_pairs("--set", fixed, _literal)),
        options,
    )


def _tables(place: Path) -> dict[str, dict[str, Any]]:
    """The file's tables, their names and keys checked."""
    try:
        with place.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise DataFileError(f"{place} cannot be read: {error.strerror or error}.") from None
    if len(content) > _MOST_BYTES:
        raise DataFileError(f"{place} is too long for a search: more than {_MOST_BYTES:,} bytes.")
    try:
        tables = tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise DataFileError(f"{place} is no TOML: {reason}.") from None
    for name, table in tables.items():
        if name not in _KEYS:
            known = ", ".join(f"[{key}]" for key in _KEYS)
            raise ValueError(f"{place}: it must have {known} alone, got {name!r}.")
        if not isinstance(table, dict):
            raise TypeError(f"{place}: {name} must be a table, [{name}], got {table!r}.")
        keys = _KEYS[name]
        for key in table:
            if keys is not None and key not in keys:
                raise ValueError(
                    f"{place}: [{name}] must have {', '.join(keys)} alone, got {key!r}."
                )
    return tables


def _search(
    dataset: str | None,
    file: Path | None,
    model: Any,
    estimator: Any,
    parameters: dict[str, Any],
    fixed: dict[str, Any],
    options: SearchOptions,
) -> Search:
    from genlab.selection._space import Space

    seed = 0 if options.seed is None else options.seed
    for name in (*parameters, *fixed):
        if name.rpartition("__")[2] == "memory":
            # A cache of joblib's is read with pickle.
            raise ValueError(
                f"`{name}` must be left out: it names a folder that code is read from."
            )
    if estimator is not None:
        made = estimator_from_paths(estimator)
        # Without it no trial could be run again.
        for name, value in made.get_params(deep=True).items():
            ends = name.rpartition("__")[2] == "random_state" and value is None
            if ends and name not in parameters and isinstance(seed, int):
                fixed.setdefault(name, seed)
        space = Space(
            estimator=made,
            parameters={name: _dimension(name, value, {}) for name, value in parameters.items()},
            fixed=fixed,
        )
    else:
        names = _model_names("MLP" if model is None else model)
        hints = _hints(names)
        space = Space(
            names,
            parameters={name: _dimension(name, value, hints) for name, value in parameters.items()},
            fixed={name: _fitted(value, hints.get(name)) for name, value in fixed.items()},
        )
    sampler = "tpe" if options.sampler is None else options.sampler
    n_trials = options.trials
    if n_trials is None:
        n_trials = space.grid_size() if sampler == "grid" else 50
    return Search(
        dataset=dataset,
        file=file,
        space=space,
        n_trials=n_trials,
        sampler=sampler,
        validation=options.validation,
        folds=options.folds,
        prune=False if options.prune is None else options.prune,
        seed=seed,
        name=options.name,
    )


def _without(options: SearchOptions, name: str) -> SearchOptions:
    values = {field.name: getattr(options, field.name) for field in fields(options)}
    return SearchOptions(**{**values, name: None})


def _model_names(given: Any) -> Any:
    """A Choice of genlab's models, whatever the case of their letters."""
    from genlab.models import MODELS
    from genlab.selection._dimensions import Choice

    by_name = {name.lower(): name for name in MODELS}
    listed = [given] if isinstance(given, str) else list(given)
    for name in listed:
        if not isinstance(name, str) or name.strip().lower() not in by_name:
            raise ValueError(f"`model` must be one of {', '.join(MODELS)}, got {name!r}.")
    return Choice(*(by_name[name.strip().lower()] for name in listed))


def _hints(models: Any) -> dict[str, Any]:
    """The types of what a model and its recipe take."""
    from genlab.models import MODELS
    from genlab.training import Recipe

    kinds = [*(MODELS[name] for name in models.options), Recipe]
    return {name: hint for kind in kinds for name, hint in typing.get_type_hints(kind).items()}


def _dimension(name: str, given: Any, hints: Mapping[str, Any]) -> Any:
    """A Choice of a list; of a range an Integer or, where the parameter is a number, a Real."""
    from genlab.selection._dimensions import Choice, Integer, Real, read_spec

    if isinstance(given, list):
        return Choice(*(_fitted(read_spec(value), hints.get(name)) for value in given))
    for end in ("low", "high"):
        if end not in given:
            raise ValueError(f"`{name}` must have both `low` and `high`, got {given!r}.")
    whole = all(isinstance(given[end], int) for end in ("low", "high"))
    if whole and hints.get(name) is float:
        whole = False
    try:
        if whole:
            return Integer(**given)
        if "step" in given:
            raise ValueError(f"`step` belongs to whole numbers, got {given['step']!r}.")
        return Real(**given)
    except (TypeError, ValueError) as error:
        raise type(error)(f"`{name}`: {error}") from None


def _given(name: str, value: Any) -> Any:
    """A value of [parameters]: the list of a choice, or the table of a range."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        for key in value:
            if key not in _RANGE_KEYS:
                raise ValueError(f"`{name}` must have {', '.join(_RANGE_KEYS)} alone, got {key!r}.")
        return value
    raise TypeError(
        f"`{name}` must be a list or a range such as {{low = 10, high = 400}}, got {value!r}; "
        "what is the same in all trials belongs in [model]."
    )


def _plain(value: Any) -> Any:
    """TOML has no null: the text "none" says it."""
    if isinstance(value, str) and value.lower() == "none":
        return None
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, (str, bool, int, float, dict)):
        return value
    raise TypeError(f"values must be numbers, texts, true or false, got {value!r}.")


def _fitted(value: Any, hint: Any) -> Any:
    """A number alone as a tuple, where that is the type."""
    if typing.get_origin(hint) is tuple and isinstance(value, int):
        return (value,)
    return tuple(value) if isinstance(value, list) else value


def _pairs(option: str, texts: Iterable[str], read: Any) -> Iterable[tuple[str, Any]]:
    seen = set()
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not name or not equals or not value:
            raise ValueError(f"{option} must be NAME=VALUE, got {text!r}.")
        if name in seen:
            raise ValueError(f"{option} must name {name!r} once, got it again.")
        seen.add(name)
        yield name, read(value)


def _range(text: str) -> Any:
    """What is searched: "low..high", with ":log" or ":step=5" after it, or options."""
    found = _RANGE.fullmatch(text)
    if found is None:
        if ".." in text:
            raise ValueError(f"--search must be LOW..HIGH, then :log or :step=N, got {text!r}.")
        return [_one(part) for part in text.split(",")]
    low, high, rest = found.groups()
    given: dict[str, Any] = {"low": _one(low), "high": _one(high)}
    for word in rest.split(":")[1:]:
        name, equals, value = word.partition("=")
        if name == "log" and not equals:
            given["log"] = True
        elif name == "step" and equals:
            given["step"] = _one(value)
        else:
            raise ValueError(f"--search must be LOW..HIGH, then :log or :step=N, got {text!r}.")
    return given


def _literal(text: str) -> Any:
    """A value, or several between commas."""
    parts = [_one(part) for part in text.removesuffix(",").split(",")]
    return parts if "," in text else parts[0]


def _one(text: str) -> Any:
    text = text.strip()
    words: dict[str, Any] = {"none": None, "true": True, "false": False}
    if text.lower() in words:
        return words[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
