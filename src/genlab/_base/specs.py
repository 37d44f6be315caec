"""Specs: frozen dataclasses that turn to JSON and back, and their identity.

A spec's JSON is {"kind": class name, field: value, ...}; a nested spec is
written the same way. The canonical form (sorted keys, no spaces, NaN refused)
is what identities are hashed from.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any


def to_dict(spec: Any) -> dict[str, Any]:
    """The spec as plain dicts, lists, numbers and strings."""
    fields = {f.name: _plain(getattr(spec, f.name)) for f in dataclasses.fields(spec)}
    return {"kind": type(spec).__name__, **fields}


def from_dict(values: Mapping[str, Any], kinds: Mapping[str, type]) -> Any:
    """The spec that `to_dict` wrote; `kinds` maps the names that are allowed to classes."""
    if not isinstance(values, Mapping) or "kind" not in values:
        raise ValueError(f"a spec must be a mapping with the key 'kind', got {values!r}.")
    kind = values["kind"]
    if not isinstance(kind, str) or kind not in kinds:
        raise ValueError(f"`kind` must be one of {', '.join(sorted(kinds))}, got {kind!r}.")
    known = {f.name for f in dataclasses.fields(kinds[kind])}
    arguments = {name: value for name, value in values.items() if name != "kind"}
    unknown = sorted(set(arguments) - known)
    if unknown:
        raise ValueError(f"{kind} has no field {unknown[0]!r}; it has {', '.join(sorted(known))}.")
    missing = sorted(
        f.name
        for f in dataclasses.fields(kinds[kind])
        if f.name not in arguments and f.default is f.default_factory is dataclasses.MISSING
    )
    if missing:
        raise ValueError(f"{kind} lacks the field {missing[0]!r}.")
    for name, value in arguments.items():
        if isinstance(value, Mapping) and "kind" in value:
            arguments[name] = from_dict(value, kinds)
    return kinds[kind](**arguments)


def canonical_json(values: Mapping[str, Any]) -> str:
    """One text for equal values, whatever the order of their keys."""
    return json.dumps(dict(values), sort_keys=True, separators=(",", ":"), allow_nan=False)


def sha256(values: Mapping[str, Any]) -> str:
    """The identity of `values`: SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(values).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return to_dict(value)
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value
