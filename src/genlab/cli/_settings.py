"""Values given as NAME=VALUE: of `--set`, `--search` and `--simplest`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from genlab._base.texts import describe_type, read_value

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})((?::[^:]*)*)")


def read_settings(
    texts: Iterable[str], types: Mapping[str, Any] | None, owner: str = "", option: str = "--set"
) -> dict[str, Any]:
    """The values that texts such as "hidden=100,100" give to named fields.

    Parameters
    ----------
    texts
        What the option was given, each NAME=VALUE.
    types
        Name -> type of the fields that there are. None allows every name, and takes a text
        for what it looks like.
    owner, option
        What has the fields, and the option, for the sentence of an error.

    Raises
    ------
    ValueError
        In one sentence: a field that does not exist or is given twice, or a text that is no
        value of its field's type.

    >>> read_settings(["hidden=50,20"], {"hidden": tuple[int, ...]})
    {'hidden': (50, 20)}
    """
    return {name: _read(name, text, types) for name, text in _pairs(texts, types, owner, option)}


def read_ranges(
    texts: Iterable[str], types: Mapping[str, Any] | None, owner: str = "", option: str = "--search"
) -> dict[str, Any]:
    """What an option gives to named parameters: the bounds of a range, or a list of options.

    >>> read_ranges(["width=10..400:log", "depth=1,2"], {"width": int, "depth": int})
    {'width': {'low': 10, 'high': 400, 'log': True}, 'depth': [1, 2]}
    """
    return {
        name: _range(name, text, types, option)
        for name, text in _pairs(texts, types, owner, option)
    }


def range_values(name: str, given: Mapping[str, Any], n: int, option: str) -> list[Any]:
    """The values of a range of `read_ranges`: all of a step, or `n` at equal distances or ratios.

    Raises ValueError unless 0 < low < high.

    >>> range_values("width", {"low": 2, "high": 32, "log": True}, 5, "--capacity")
    [2, 4, 8, 16, 32]
    """
    import numpy as np

    low, high, step = given["low"], given["high"], given.get("step")
    if not 0 < low < high:
        raise ValueError(f"{option} must have 0 < LOW < HIGH, got {name}={low}..{high}.")
    whole = all(isinstance(one, int) for one in (low, high))
    if step is not None:
        points = np.arange(low, high + step / 2, step)
    elif given.get("log"):
        points = np.geomspace(low, high, n)
    else:
        points = np.linspace(low, high, n)
    return sorted({round(one) if whole else one for one in points.tolist()})


def read_orders(texts: Iterable[str]) -> dict[str, Any] | None:
    """What `--simplest` gives to named parameters: low, high, or a list of options; None of none.

    >>> read_orders(["max_depth=low", "kernel=linear,rbf"])
    {'max_depth': 'low', 'kernel': ['linear', 'rbf']}
    """
    orders: dict[str, Any] = {}
    for name, text in _pairs(texts, None, "", "--simplest"):
        options = [read_value(part.strip()) for part in text.split(",")]
        orders[name] = text if text in ("low", "high") else options
    return orders or None


def as_typed(options: dict[str, Any]) -> list[str]:
    """Options as they are typed.

    >>> as_typed({"--set": ["steps=10"], "--prune": False})
    ['--set', 'steps=10', '--no-prune']
    """
    typed = []
    for option, value in options.items():
        if isinstance(value, bool):
            typed.append(option if value else option.replace("--", "--no-"))
            continue
        for text in value if isinstance(value, list) else [value]:
            typed += [option, str(text)]
    return typed


def _pairs(
    texts: Iterable[str], types: Mapping[str, Any] | None, owner: str, option: str
) -> Iterable[tuple[str, str]]:
    seen = set()
    for given in texts:
        name, equals, text = (part.strip() for part in given.partition("="))
        if not name or not equals:
            raise ValueError(f"{option} must be NAME=VALUE, got {given!r}.")
        if types is not None and name not in types:
            known = ", ".join(types) or "none"
            raise ValueError(f"{option} must name a field of {owner} ({known}), got {name!r}.")
        if name in seen:
            raise ValueError(f"{option} must name {name!r} once, got it again.")
        seen.add(name)
        yield name, text


def _read(name: str, text: str, types: Mapping[str, Any] | None) -> Any:
    hint = Any if types is None else types[name]
    try:
        return read_value(text, hint)
    except ValueError:
        raise ValueError(f"`{name}` must be {describe_type(hint)}, got {text!r}.") from None


def _range(name: str, text: str, types: Mapping[str, Any] | None, option: str) -> Any:
    """The bounds of "low..high", with ":log" or ":step=5" after it, or a list of options."""
    match = _RANGE.fullmatch(text)
    if match is None:
        if ".." in text:
            raise ValueError(f"{option} must be LOW..HIGH, then :log or :step=N, got {text!r}.")
        if not text:
            raise ValueError(f"{option} must be NAME=VALUE, got {name + '='!r}.")
        return [_read(name, part.strip(), types) for part in text.split(",")]
    low, high, rest = match.groups()
    bounds: dict[str, Any] = {"low": read_value(low), "high": read_value(high)}
    for part in rest.split(":")[1:]:
        key, equals, value = part.partition("=")
        if key == "log" and not equals:
            bounds["log"] = True
        elif key == "step" and equals:
            bounds["step"] = read_value(value)
        else:
            raise ValueError(f"{option} must be LOW..HIGH, then :log or :step=N, got {text!r}.")
    return bounds
