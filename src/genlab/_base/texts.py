"""Values from texts such as "100,100": read as a type says, or as what they look like."""

from __future__ import annotations

import dataclasses
import re
import typing
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any

_DESCRIPTIONS = {
    int: "an integer",
    float: "a number",
    bool: "true or false",
    str: "a text",
    NoneType: "none",
}
# The password of a URL ends at its last @.
_PASSWORD = re.compile(r"([a-z][a-z0-9+]*:/{1,2}[^\s:/@?]*:)[^\s@]+(?:@[^\s@/]+)*@", re.IGNORECASE)
_PASSWORD_OPTION = re.compile(r"([?&][a-z]*pass[a-z]*=)[^\s&'\")]+", re.IGNORECASE)
_CONSTANTS = {"none": None, "true": True, "false": False}


def read_value(text: str, hint: Any = Any) -> Any:
    """The value of a type that a text stands for.

    Parameters
    ----------
    text
        "100,100" for a tuple, "none" for None, the name of a spec's class for the spec with
        its defaults.
    hint
        int, float, bool, str, None, a dataclass, a tuple of one of these, a mapping from texts
        ("a=1,b=2"), or a union, of which None comes first. With Any the text is what it looks
        like: None, True, False, an integer, a number, otherwise itself, and a tuple where it has
        commas.

    Raises
    ------
    ValueError
        Where the text stands for no value of the type.

    >>> read_value("100,100", tuple[int, ...]), read_value("none", int | None)
    ((100, 100), None)
    >>> read_value("1e-3"), read_value("scale"), read_value("1,none")
    (0.001, 'scale', (1, None))
    """
    inner = typing.get_args(hint)
    if hint is Any:
        parts = [_literal(part.strip()) for part in text.removesuffix(",").split(",")]
        return tuple(parts) if "," in text else parts[0]
    if typing.get_origin(hint) in (typing.Union, UnionType):
        for member in sorted(inner, key=lambda member: member is not NoneType):
            try:
                return read_value(text, member)
            except ValueError:
                continue
    elif typing.get_origin(hint) is tuple:
        parts = text.removesuffix(",").split(",") if text else []
        return tuple(read_value(part.strip(), inner[0]) for part in parts)
    elif typing.get_origin(hint) is Mapping:
        items = [part.rpartition("=") for part in text.split(",")]
        names = [name.strip() for name, _, _ in items]
        if all(names) and len(set(names)) == len(names):
            values = [read_value(value, inner[1]) for _, _, value in items]
            return dict(zip(names, values, strict=True))
    elif hint is bool and text.lower() in ("true", "false"):
        return text.lower() == "true"
    elif hint is NoneType and text.lower() == "none":
        return None
    elif hint in (int, float, str):
        return hint(text)
    elif isinstance(hint, type) and _is_name(text, hint):
        return hint()
    raise ValueError(text)


def without_passwords(text: str) -> str:
    """A text whose URLs show no password.

    >>> without_passwords("postgresql://ada:secret@host/lab?sslpassword=secret fails")
    'postgresql://ada:***@host/lab?sslpassword=*** fails'
    """
    text = _PASSWORD.sub(r"\1***@", text)
    return _PASSWORD_OPTION.sub(r"\1***", text)


def describe_type(hint: Any) -> str:
    """What a text may stand for where `read_value` reads it as this type.

    >>> describe_type(int | None), describe_type(tuple[int, ...])
    ('an integer or none', 'an integer, or several separated by commas')
    """
    if typing.get_origin(hint) in (typing.Union, UnionType):
        return " or ".join(describe_type(member) for member in typing.get_args(hint))
    if typing.get_origin(hint) is tuple:
        return f"{describe_type(typing.get_args(hint)[0])}, or several separated by commas"
    return _DESCRIPTIONS.get(hint) or str(getattr(hint, "__name__", hint))


def _is_name(text: str, kind: type[Any]) -> bool:
    return dataclasses.is_dataclass(kind) and text.lower() == kind.__name__.lower()


def _literal(text: str) -> Any:
    if text.lower() in _CONSTANTS:
        return _CONSTANTS[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
