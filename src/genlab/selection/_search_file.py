"""A search read from a TOML file, and checked."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from genlab._base.errors import DataFileError
from genlab.datasets import TableOptions
from genlab.selection._search import (
    Search,
    SearchOptions,
    configuration_from_texts,
    estimator_space,
    make_search,
    model_space,
)
from genlab.training import check_loss_allowed

_TABLE_KEYS = ("target", "test", "task", "groups", "drop")
_KEYS = {
    "data": ("dataset", "file", *_TABLE_KEYS),
    "search": tuple(field.name for field in fields(SearchOptions)),
    "model": None,
    "parameters": None,
    "try_first": None,
}
_RANGE_KEYS = ("low", "high", "log", "step")
_MOST_BYTES = 2**20


def search_from_file(
    path: str | os.PathLike[str],
    options: SearchOptions | None = None,
    *,
    packages: Iterable[str] = (),
) -> Search:
    """The search that a TOML file describes.

    Parameters
    ----------
    path
        A file with the tables [data], [search], [model] and [parameters], and for each
        configuration that is tried first a table [[try_first]].
    options
        What takes the place of the values in [search].
    packages
        Packages that [model] may name besides those of `estimator_from_paths`: they are imported,
        so that their code runs. A file cannot allow any.

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
    if ("dataset" in data) == ("file" in data):
        got = "both" if "file" in data else "neither"
        raise ValueError(f"{place}: [data] must name either a `dataset` or a `file`, got {got}.")
    table = _table_options(place, data)
    if "name" in model and "estimator" in model:
        raise ValueError(f"{place}: [model] must have either a `name` or an `estimator`, got both.")
    name, estimator = model.pop("name", "MLP"), model.pop("estimator", None)
    if not tables.get("parameters"):
        raise ValueError(f"{place}: [parameters] must name at least one parameter, got none.")
    in_file = dict(tables.get("search", {}))
    if isinstance(simplest := in_file.get("simplest"), dict):
        in_file["simplest"] = {key: _value(order) for key, order in simplest.items()}
    merged = _merged(SearchOptions(**in_file), options or SearchOptions())
    try:
        _refuse_losses(tables, packages)
        parameters = {key: _searched(key, value) for key, value in tables["parameters"].items()}
        fixed = {key: _value(value) for key, value in model.items()}
        if estimator is None:
            space = model_space(name, parameters, fixed, packages)
        else:
            seed = 0 if merged.seed is None else merged.seed
            space = estimator_space(estimator, parameters, fixed, seed, packages)
        return make_search(
            space,
            merged,
            dataset=data.get("dataset"),
            file=None if "file" not in data else place.parent / data["file"],
            table=table,
            try_first=[
                configuration_from_texts(space, {key: _value(one) for key, one in first.items()})
                for first in tables.get("try_first", [])
            ],
        )
    except (TypeError, ValueError) as error:
        raise type(error)(f"{place}: {error}") from None


def _table_options(place: Path, data: dict[str, Any]) -> TableOptions | None:
    """What [data] says of the columns of its file; None without a target."""
    values = {key: data[key] for key in _TABLE_KEYS if key in data}
    for key, value in data.items():
        if key == "drop" and isinstance(value, list) and all(isinstance(v, str) for v in value):
            continue
        is_fraction = key == "test" and isinstance(value, (int, float))
        if not isinstance(value, str) and not (is_fraction and not isinstance(value, bool)):
            kind = {"drop": "a list of texts", "test": "a number or a text"}.get(key, "a text")
            raise TypeError(f"{place}: `{key}` of [data] must be {kind}, got {value!r}.")
    if not values:
        return None
    if "target" not in values or "file" not in data:
        lacks = "file" if "target" in values else "target"
        raise ValueError(
            f"{place}: [data] must have a `{lacks}` where it has `{next(iter(values))}`."
        )
    drop = values.get("drop", ())
    return TableOptions(**{**values, "drop": (drop,) if isinstance(drop, str) else tuple(drop)})


def _merged(in_file: SearchOptions, options: SearchOptions) -> SearchOptions:
    given = {name: value for name, value in vars(options).items() if value is not None}
    # Another way to validate takes the place of the file's, it is not added to it.
    if "folds" in given and "validation" not in given:
        in_file = replace(in_file, validation=None)
    if "validation" in given and "folds" not in given:
        in_file = replace(in_file, folds=None)
    if "choose" in given and "simplest" not in given and given["choose"] != in_file.choose:
        in_file = replace(in_file, simplest=None)
    return replace(in_file, **given)


def _tables(place: Path) -> dict[str, Any]:
    """The file's tables, their names and keys checked."""
    try:
        if place.is_fifo():
            raise DataFileError(f"{place} cannot be read: it is a pipe, not a file.")
        with place.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise DataFileError(f"{place} cannot be read: {error.strerror or error}.") from None
    if len(content) > _MOST_BYTES:
        raise DataFileError(f"{place} is too long for a search: more than {_MOST_BYTES:,} bytes.")
    try:
        tables = tomllib.loads(content.decode("utf-8-sig"))  # Windows may begin it with a mark
    except UnicodeDecodeError:
        raise DataFileError(f"{place} must be encoded in UTF-8.") from None
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise DataFileError(f"{place} is no TOML: {reason}.") from None
    if any("import" in keys for keys in [tables, *tables.values()] if isinstance(keys, dict)):
        raise ValueError(
            f"{place}: `import` must be left out: a file cannot say which packages are imported, "
            "only you can, by --import PACKAGE or, in Python, `packages`."
        )
    for name, table in tables.items():
        if name not in _KEYS:
            known = ", ".join("[[try_first]]" if k == "try_first" else f"[{k}]" for k in _KEYS)
            raise ValueError(f"{place}: it must have {known} alone, got {name!r}.")
        if name == "try_first":
            if not isinstance(table, list) or not all(isinstance(one, dict) for one in table):
                raise TypeError(
                    f"{place}: try_first must be tables, [[try_first]], one per configuration, got "
                    f"{table!r}."
                )
            continue
        if not isinstance(table, dict):
            raise TypeError(f"{place}: {name} must be a table, [{name}], got {table!r}.")
        keys = _KEYS[name]
        for key in table:
            if keys is not None and key not in keys:
                raise ValueError(
                    f"{place}: [{name}] must have {', '.join(keys)} alone, got {key!r}."
                )
    return tables


def _searched(name: str, value: Any) -> Any:
    """A value of [parameters]: the list of a choice, or the table of a range."""
    if isinstance(value, list):
        return [_value(option) for option in value]
    if isinstance(value, dict):
        for key in value:
            if key not in _RANGE_KEYS:
                raise ValueError(f"`{name}` must have {', '.join(_RANGE_KEYS)} alone, got {key!r}.")
        return value
    raise TypeError(
        f"`{name}` must be a list or a range such as {{low = 10, high = 400}}, got {value!r}; "
        "what is the same in all trials belongs in [model]."
    )


def _value(value: Any) -> Any:
    """TOML has no null: the text "none" says it."""
    if isinstance(value, str) and value.lower() == "none":
        return None
    if isinstance(value, list):
        return [_value(option) for option in value]
    if isinstance(value, (str, bool, int, float, dict)):
        return value
    raise TypeError(f"values must be numbers, texts, true or false, got {value!r}.")


def _refuse_losses(tables: Any, packages: Iterable[str]) -> None:
    """Raise ValueError where a file names a loss of a package that the user does not allow."""
    if isinstance(tables, Mapping):
        losses = tables.get("loss")
        for loss in losses if isinstance(losses, list) else [losses]:
            check_loss_allowed(loss, tuple(packages))
        tables = list(tables.values())
    if isinstance(tables, list):
        for part in tables:
            _refuse_losses(part, packages)
