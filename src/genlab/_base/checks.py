"""Checks of arguments, each raising one sentence: parameter, rule, value received."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable
from typing import Any

from genlab._base.words import received

# Its type, which is not imported for it: the command line starts without NumPy.
_LARGEST = 2**63 - 1
_NUMPY_BOOL = ("numpy.bool", "numpy.bool_")


def integer(name: str, value: Any, *, low: int | None = None, high: int | None = None) -> int:
    """`value` as an int, or TypeError or ValueError naming `name`, the rule and the value."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"`{name}` must be an integer, got {value!r}.")
    _within(name, int(value), low, high, "an integer")
    if abs(int(value)) > _LARGEST:  # arrays count in 64 bits
        raise ValueError(f"`{name}` must be an integer of at most 64 bits, got {received(value)}.")
    return int(value)


def real(
    name: str,
    value: Any,
    *,
    low: float | None = None,
    high: float | None = None,
    above: float | None = None,
) -> float:
    """`value` as a finite float; `low` and `high` are included, `above` is not."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"`{name}` must be a number, got {value!r}.")
    try:
        number = float(value)
    except OverflowError:  # an integer of more than 308 digits
        number = math.inf
    if not math.isfinite(number):
        raise ValueError(f"`{name}` must be finite, got {received(value)}.")
    if above is not None and not number > above:
        raise ValueError(f"`{name}` must be a number > {above:g}, got {value!r}.")
    _within(name, number, low, high, "a number")
    return number


def extended(name: str, value: Any) -> float:
    """`value` as a float that may be infinite or NaN."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"`{name}` must be a number, got {received(value)}.")
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf  # type: ignore[operator]


def choice(name: str, value: Any, options: tuple[str, ...]) -> str:
    """`value` if it is one of `options`."""
    if not (isinstance(value, str) and value in options):
        listed = ", ".join(repr(option) for option in options)
        raise ValueError(f"`{name}` must be one of {listed}, got {value!r}.")
    return str(value)


def several(name: str, values: Any) -> list[Any]:
    """`values` as a list, or TypeError where they are one value or a text."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise TypeError(f"`{name}` must be several values, such as a list, got {values!r}.")
    try:
        return list(values)
    except TypeError:  # an array without axes
        raise TypeError(
            f"`{name}` must be several values, such as a list, got {values!r}."
        ) from None


def boolean(name: str, value: Any) -> bool:
    """`value` as a bool if it is True or False, NumPy's own included."""
    kind = type(value)
    if kind is not bool and f"{kind.__module__}.{kind.__name__}" not in _NUMPY_BOOL:
        raise TypeError(f"`{name}` must be True or False, got {value!r}.")
    return bool(value)


def _within(name: str, value: float, low: float | None, high: float | None, kind: str) -> None:
    if (low is not None and value < low) or (high is not None and value > high):
        if high is None:
            rule = f">= {_bound(low)}"
        elif low is None:
            rule = f"<= {_bound(high)}"
        else:
            rule = f"from {_bound(low)} to {_bound(high)}"
        raise ValueError(f"`{name}` must be {kind} {rule}, got {received(value)}.")


def _bound(value: float | None) -> str:
    """A bound in full where it is whole: 4294967295, not 4.29497e+09."""
    return str(value) if isinstance(value, int) else f"{value:g}"
