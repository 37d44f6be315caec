"""What a page shows, as a link's hash writes it and the page sends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any
from urllib.parse import parse_qsl

from genlab._base.checks import choice, integer, real
from genlab._base.words import received

#: Values of a function drawn by hand, at equal distances on [0, 1].
N_DRAWN = 41
_MAX_SEED = 2**32 - 1
_DESIGNS = ("stratified", "uniform", "grid")
_FUNCTIONS = ("exp_sin", "sine", "step", "drawn")
_MOST = {"hidden": 200, "n": 50, "sets": 1000}
_FARTHEST = 100.0


@dataclass(frozen=True)
class State:
    """A problem, a model, and the fresh data sets that the numbers are over.

    Attributes
    ----------
    hidden, ridge
        Arguments of a `HingeRegression`; at most 200 hidden units and a ridge of 1,000.
    n, noise, design, function, seed
        Arguments of `make_toy_regression`; at most 50 examples and a noise of 10. The function
        may also be "drawn".
    drawn
        Values of a drawn function at 0, 1/40, …, 1, each from −100 to 100.
    sets, fresh
        Number of fresh data sets, from 20 to 1,000, and their seed.

    Raises
    ------
    TypeError, ValueError
        Naming the parameter, the rule and the value received.
    """

    hidden: int = 5
    n: int = 15
    noise: float = 0.3
    ridge: float = 0.0
    sets: int = 200
    design: str = "stratified"
    function: str = "exp_sin"
    seed: int = 42
    fresh: int = 0
    drawn: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        for name, most in _MOST.items():
            low = 20 if name == "sets" else 1
            integer(name, getattr(self, name), low=low, high=most)
        for name in ("seed", "fresh"):
            integer(name, getattr(self, name), low=0, high=_MAX_SEED)
        real("noise", self.noise, low=0, high=10)
        real("ridge", self.ridge, low=0, high=1000)
        choice("design", self.design, _DESIGNS)
        choice("function", self.function, _FUNCTIONS)
        if self.function != "drawn":
            object.__setattr__(self, "drawn", None)
            return
        if not isinstance(self.drawn, (list, tuple)) or len(self.drawn) != N_DRAWN:
            raise ValueError(f"`drawn` must be {N_DRAWN} numbers, got {received(self.drawn)}.")
        values = (real("drawn", one, low=-_FARTHEST, high=_FARTHEST) for one in self.drawn)
        object.__setattr__(self, "drawn", tuple(values))

    @classmethod
    def from_json(cls, values: Any) -> State:
        """The state of JSON values by name; others than a state's are left out."""
        if not isinstance(values, Mapping):
            raise TypeError(f"a state must be values by name, got {received(values)}.")
        names = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in names})

    def to_json(self) -> dict[str, Any]:
        """The values by name."""
        return asdict(self)


def read_state(link: str) -> State:
    """The state that a link holds after its "#"; what the link leaves out is as at the start.

    Raises ValueError or TypeError naming the parameter, the rule and the value received.

    >>> read_state("http://127.0.0.1:8000/#fit?hidden=12&noise=0.1").hidden
    12
    """
    if not isinstance(link, str):
        raise TypeError(f"`link` must be a text, got {received(link)}.")
    _, _, hash_ = link.rpartition("#")
    _, _, query = hash_.rpartition("?")
    values: dict[str, Any] = {}
    for name, text in parse_qsl(query):
        if name in ("noise", "ridge"):
            values[name] = _number(name, text, float)
        elif name in ("hidden", "n", "sets", "seed", "fresh"):
            values[name] = _number(name, text, int)
        elif name == "drawn":
            values[name] = [_number(name, one, float) for one in text.split(",")]
        elif name in ("design", "function"):
            values[name] = text
        elif name not in ("points", "tries", "predict"):  # which decide none of these numbers
            raise ValueError(f"a link holds the values of a page's controls, got {name!r}.")
    return State(**values)


def _number(name: str, text: str, kind: type[int] | type[float]) -> Any:
    try:
        return kind(text)
    except ValueError:
        what = "an integer" if kind is int else "a number"
        raise ValueError(f"`{name}` must be {what}, got {received(text)}.") from None
