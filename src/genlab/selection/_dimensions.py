"""Dimensions of a search: options, whole numbers, numbers."""

from __future__ import annotations

import math
import numbers
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from genlab._base import specs
from genlab._base.checks import boolean, integer, real

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

_MOST_GRID = 1_000_000


class Choice:
    """One of several values, in no order.

    Parameters
    ----------
    *options
        At least one, distinct: numbers, texts, True or False, None, tuples of these, or specs
        such as `StepDecay()`; for estimators any object.

    >>> Choice(50, 100)
    Choice(50, 100)
    """

    def __init__(self, *options: Any) -> None:
        if not options:
            raise ValueError("`Choice` must hold at least one option, got none.")
        self.options = tuple(tuple(one) if isinstance(one, list) else one for one in options)
        self.labels = tuple(_label(one) for one in self.options)
        if len(set(self.labels)) < len(self.labels):
            raise ValueError(f"`Choice` must hold distinct options, got {options!r}.")

    def distribution(self) -> BaseDistribution:
        """Optuna's distribution: categories that are the options' labels."""
        from optuna.distributions import CategoricalDistribution

        return CategoricalDistribution(self.labels)

    def grid(self) -> tuple[Any, ...]:
        """Its points on a grid, as Optuna represents them."""
        return self.labels

    def value(self, internal: Any) -> Any:
        """The option of a label."""
        return self.options[self.labels.index(internal)]

    def internal(self, value: Any) -> str:
        """The label of an option; ValueError where it is none."""
        label = _label(read_spec(value))
        if label not in self.labels and _is_number(value):  # 1 may stand for 1.0
            options = [one if _is_number(one) else None for one in self.options]
            return self.labels[options.index(value)]
        return self.labels[self.labels.index(label)]

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {"kind": "Choice", "options": [plain(one) for one in self.options]}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Choice) and self.labels == other.labels

    def __hash__(self) -> int:
        return hash(self.labels)

    def __repr__(self) -> str:
        return f"Choice({', '.join(map(repr, self.options))})"


@dataclass(frozen=True)
class Integer:
    """A whole number from `low` to `high`, both included.

    Parameters
    ----------
    low, high
        Lowest and highest value.
    log
        Whether the search is uniform on a log scale; `low` is then at least 1.
    step
        Difference between neighbouring values, counted from `low`; 1 with `log`.
    """

    low: int
    high: int
    log: bool = False
    step: int = 1

    def __post_init__(self) -> None:
        for name in ("low", "high", "step"):
            object.__setattr__(self, name, integer(name, getattr(self, name)))
        _check_range(self)
        integer("step", self.step, low=1)
        if self.log and self.step > 1:
            raise ValueError(f"`step` must be 1 where `log` is True, got {self.step}.")

    def distribution(self) -> BaseDistribution:
        """Optuna's distribution."""
        from optuna.distributions import IntDistribution

        last = self.high - (self.high - self.low) % self.step
        return IntDistribution(self.low, last, log=self.log, step=self.step)

    def grid(self) -> tuple[Any, ...]:
        """Its points on a grid; ValueError for a logarithmic or very long range."""
        numbers = range(self.low, self.high + 1, self.step)
        if self.log or len(numbers) > _MOST_GRID:
            raise ValueError(f"a grid needs a Choice or an Integer without `log`, got {self!r}.")
        return tuple(numbers)

    def value(self, internal: Any) -> Any:
        """The number."""
        return int(internal)

    def internal(self, value: Any) -> int:
        """The number as Optuna represents it; TypeError or ValueError where it is not in here."""
        number = integer("value", value, low=self.low, high=self.high)
        if (number - self.low) % self.step:
            raise ValueError(f"`value` must be {self.low} + k · {self.step}, got {value!r}.")
        return number

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return specs.to_dict(self)


@dataclass(frozen=True)
class Real:
    """A number from `low` to `high`, both included.

    Parameters
    ----------
    low, high
        Lowest and highest value, finite.
    log
        Whether the search is uniform on a log scale; `low` is then above 0.
    """

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            object.__setattr__(self, name, real(name, getattr(self, name)))
        _check_range(self)

    def distribution(self) -> BaseDistribution:
        """Optuna's distribution."""
        from optuna.distributions import FloatDistribution

        return FloatDistribution(self.low, self.high, log=self.log)

    def grid(self) -> tuple[Any, ...]:
        """ValueError: numbers have no grid."""
        raise ValueError(f"a grid needs a Choice or an Integer without `log`, got {self!r}.")

    def value(self, internal: Any) -> Any:
        """The number."""
        return float(internal)

    def internal(self, value: Any) -> float:
        """The number as Optuna represents it; TypeError or ValueError where it is not in here."""
        return real("value", value, low=self.low, high=self.high)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return specs.to_dict(self)


Dimension = Choice | Integer | Real


def dimension(name: str, given: Any) -> Dimension:
    """The dimension of a value: a dimension, its JSON, or what stands for one.

    Options in a list, a tuple or an array of NumPy are a Choice; a `range` and SciPy's `randint`
    are an Integer, its `uniform` and `loguniform` a Real.
    """
    if isinstance(given, (Choice, Integer, Real)):
        return given
    if isinstance(given, Mapping) and given.get("kind") == "Choice":
        options = given.get("options")
        if set(given) != {"kind", "options"} or not isinstance(options, Iterable):
            raise ValueError(f"`{name}` must be a Choice with `options`, got {dict(given)!r}.")
        return Choice(*map(read_spec, options))
    if isinstance(given, Mapping):
        try:
            made: Dimension = specs.from_dict(given, {"Integer": Integer, "Real": Real})
        except (TypeError, ValueError) as error:
            raise type(error)(f"`{name}`: {error}") from None
        return made
    if isinstance(given, (list, tuple)):
        return Choice(*given)
    if isinstance(given, np.ndarray) and given.ndim == 1:
        return Choice(*given.tolist())
    if isinstance(given, range) and len(given):
        ordered = given if given.step > 0 else given[::-1]
        return Integer(ordered[0], ordered[-1], step=ordered.step)
    if hasattr(given, "dist") and hasattr(given, "support"):
        return _of_distribution(name, given)
    raise TypeError(
        f"`{name}` must be a Choice, an Integer or a Real, or a list, range or SciPy distribution "
        f"that stands for one, got {given!r}."
    )


def _of_distribution(name: str, given: Any) -> Dimension:
    """The dimension of a frozen distribution of SciPy."""
    kind = given.dist.name
    low, high = (float(end) for end in given.support())
    if kind == "uniform":
        return Real(low, high)
    if kind == "randint":
        return Integer(int(low), int(high))
    # Shifted by `loc` it is not uniform on a log scale.
    is_log = kind in ("loguniform", "reciprocal") and low > 0
    if is_log and math.isclose(given.median(), math.sqrt(low * high), rel_tol=1e-6):
        return Real(low, high, log=True)
    raise ValueError(
        f"`{name}` must be SciPy's uniform, loguniform without `loc`, or randint where it is a "
        f"distribution, got {kind}; a Real or an Integer says its bounds."
    )


def read_spec(value: Any) -> Any:
    """A JSON value: a dict of a recipe's spec becomes the spec, and a list a tuple."""
    from genlab.training import CosineDecay, EarlyStopping, StepDecay

    if isinstance(value, Mapping) and "kind" in value:
        return specs.from_dict(
            value, {kind.__name__: kind for kind in (StepDecay, CosineDecay, EarlyStopping)}
        )
    return tuple(value) if isinstance(value, list) else value


def plain(value: Any) -> Any:
    """A value as JSON values; an object without any as its representation."""
    there = specs.plain(value)
    try:
        specs.canonical_json({"value": there})
    except (TypeError, ValueError):
        return _text(value)
    return there


def _text(value: Any) -> str:
    """A value's representation, which must be the same in another process.

    Where it leaves something out, such as the last digits of an array, a hash tells values apart.
    """
    text = repr(value)
    if " at 0x" in text:
        raise ValueError(f"options must have distinct string representations, got {text}.")
    with np.printoptions(floatmode="unique", threshold=sys.maxsize):
        whole = repr(value)
    if (whole == text and "..." not in text) or isinstance(value, str):
        return text
    return f"{text} {hash_of(value)}"


def hash_of(value: Any, name: str = "options") -> str:
    """Hash of a value's content; TypeError where it cannot be pickled."""
    import joblib

    try:
        return str(joblib.hash(value))
    except Exception as error:  # what cannot be pickled says so in many ways
        raise TypeError(
            f"`{name}` must be one that can be pickled, to know it again: {error}."
        ) from None


def _label(option: Any) -> str:
    """Texts as they are, unless they look like another value."""
    text = _text(option)
    return option if isinstance(option, str) and not _like_a_value(option) else text


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _like_a_value(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text in ("None", "True", "False") or text[:1] in "'\"(["
    return True


def _check_range(of: Integer | Real) -> None:
    object.__setattr__(of, "log", boolean("log", of.log))
    if not of.low <= of.high:
        raise ValueError(f"`low` must be at most `high`, got {of.low!r} and {of.high!r}.")
    if of.log and of.low <= 0:
        raise ValueError(f"`low` must be above 0 where `log` is True, got {of.low!r}.")
    if not math.isfinite(of.high - of.low):
        raise ValueError(f"`high` − `low` must be finite, got {of.low!r} and {of.high!r}.")
