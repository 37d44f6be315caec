"""A spec from texts such as "hidden=100,100", each read as its field's type says."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterable
from types import NoneType, UnionType
from typing import Any, TypeVar

_Spec = TypeVar("_Spec")
_WORDS = {int: "an integer", float: "a number", bool: "true or false", NoneType: "none"}


def spec_from_texts(kind: type[_Spec], texts: Iterable[str]) -> _Spec:
    """The spec of a frozen dataclass, its fields of int, float, bool, str, None or tuples of one.

    Raises ValueError, or what the spec raises, for a field that there is not, that is given
    twice, or whose text is no value of its type.

    >>> from genlab.models import MLP
    >>> spec = spec_from_texts(MLP, ["hidden=50,20", "init=he"])
    >>> spec.hidden, spec.init
    ((50, 20), 'he')
    """
    hints = typing.get_type_hints(kind)
    fields = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for given in texts:
        field, equals, text = (part.strip() for part in given.partition("="))
        if not equals:
            raise ValueError(f"a field must be set as FIELD=VALUE, got {given!r}.")
        if field not in fields:
            known = ", ".join(fields) or "none"
            raise ValueError(f"{kind.__name__} has no field {field!r}; it has {known}.")
        if field in values:
            raise ValueError(f"`{field}` must be given once, got it again: {given!r}.")
        try:
            values[field] = _parsed(text, hints[field])
        except ValueError:
            raise ValueError(f"`{field}` must be {_words(hints[field])}, got {text!r}.") from None
    return kind(**values)


def _parsed(text: str, hint: Any) -> Any:
    """The value of this type that a text says; ValueError where it says none."""
    inner = typing.get_args(hint)
    if typing.get_origin(hint) in (typing.Union, UnionType):
        for one in inner:
            try:
                return _parsed(text, one)
            except ValueError:
                continue
    elif typing.get_origin(hint) is tuple:
        parts = text.removesuffix(",").split(",") if text else []
        return tuple(_parsed(part.strip(), inner[0]) for part in parts)
    elif hint is bool and text.lower() in ("true", "false"):
        return text.lower() == "true"
    elif hint is NoneType and text.lower() == "none":
        return None
    elif hint in (int, float, str):
        return hint(text)
    raise ValueError(text)


def _words(hint: Any) -> str:
    """What a text may say for a field of this type."""
    if typing.get_origin(hint) in (typing.Union, UnionType):
        return " or ".join(_words(one) for one in typing.get_args(hint))
    if typing.get_origin(hint) is tuple:
        return f"{_words(typing.get_args(hint)[0])}, or several between commas"
    return _WORDS.get(hint, str(hint))
