"""Specs: frozen dataclasses that turn to JSON and back, and their identity.

A spec's JSON is {"kind": name of its class, field: value, ...}; a nested spec is
written the same way. The name is bare for genlab's own classes and "package.module:Name"
for all others, so that no class can be taken for another. The canonical form (sorted keys, no
spaces, NaN refused) is what identities are hashed from.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from genlab._base.kinds import is_import_path, kind_of

#: Metadata of a field that a spec got after results were stored: it is left out of the JSON where
#: it has its default, so that their identities stay.
ADDED = {"added": True}
# Types whose values are plain as they are.
_PLAIN = frozenset({bool, float, int, str, type(None)})


def to_dict(spec: Any) -> dict[str, Any]:
    """The spec as plain dicts, lists, numbers and strings; an `ADDED` field unless at default."""
    values = {"kind": kind_of(type(spec))}
    for name, is_added, default in _fields_of(type(spec)):  # type: ignore[arg-type]
        value = getattr(spec, name)
        if not is_added or value != default:
            values[name] = plain(value)
    return values


@lru_cache(maxsize=1000)
def _fields_of(cls: type) -> tuple[tuple[str, bool, Any], ...]:
    """For each field of a spec's class: its name, whether it is `ADDED`, and its default."""
    return tuple((f.name, "added" in f.metadata, f.default) for f in dataclasses.fields(cls))


def from_dict(
    values: Mapping[str, Any],
    kinds: Mapping[str, type],
    find: Callable[[str], Any] | None = None,
) -> Any:
    """The spec that `to_dict` wrote.

    Parameters
    ----------
    values
        The spec's JSON.
    kinds
        The classes that are allowed, by their kind.
    find
        Finds the class named "package.module:Name", a kind of another package; None allows
        no such kinds.

    Raises
    ------
    ValueError
        Where the kind is not allowed, a field is unknown, or one is missing.
    """
    if not isinstance(values, Mapping) or "kind" not in values:
        raise ValueError(f"a spec must be a mapping with the key 'kind', got {values!r}.")
    kind = values["kind"]
    cls = _class_of(kind, kinds, find)
    known = {f.name for f in dataclasses.fields(cls)}
    arguments = {name: value for name, value in values.items() if name != "kind"}
    unknown = sorted(set(arguments) - known)
    if unknown:
        raise ValueError(f"{kind} has no field {unknown[0]!r}; it has {', '.join(sorted(known))}.")
    missing = sorted(
        f.name
        for f in dataclasses.fields(cls)
        if f.name not in arguments and f.default is f.default_factory is dataclasses.MISSING
    )
    if missing:
        raise ValueError(f"{kind} lacks the field {missing[0]!r}.")
    for name, value in arguments.items():
        if isinstance(value, Mapping) and "kind" in value:
            arguments[name] = from_dict(value, kinds, find)
    return cls(**arguments)


def _class_of(kind: Any, kinds: Mapping[str, type], find: Callable[[str], Any] | None) -> type[Any]:
    if isinstance(kind, str) and kind in kinds:
        return kinds[kind]
    if find is None or not isinstance(kind, str) or not is_import_path(kind):
        raise ValueError(f"`kind` must be one of {', '.join(sorted(kinds))}, got {kind!r}.")
    found = find(kind)
    if not isinstance(found, type) or not dataclasses.is_dataclass(found):
        raise ValueError(f"`kind` must name a dataclass, got {kind!r}, which is {found!r}.")
    if kind_of(found) != kind:
        raise ValueError(f"`kind` must be the class's own name {kind_of(found)!r}, got {kind!r}.")
    return found


def canonical_json(values: Mapping[str, Any]) -> str:
    """One text for equal values, whatever the order of their keys."""
    return json.dumps(dict(values), sort_keys=True, separators=(",", ":"), allow_nan=False)


def sha256(values: Mapping[str, Any]) -> str:
    """The identity of `values`: SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(values).encode()).hexdigest()


def plain(value: Any) -> Any:
    """A field's value as plain dicts, lists, numbers and strings."""
    if type(value) in _PLAIN:  # nearly all: a sweep writes millions of specs
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return to_dict(value)
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(item) for item in value]
    return value
