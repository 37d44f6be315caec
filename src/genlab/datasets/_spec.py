"""What made a data set: a generator's name and arguments, or the fingerprint of its content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from genlab._spec import canonical_json

if TYPE_CHECKING:
    from genlab.datasets._dataset import Dataset

#: The generators a data spec may name: generator -> the function of `genlab.datasets` it calls.
GENERATORS: dict[str, str] = {
    "cifar10": "fetch_cifar10",
    "cifar100": "fetch_cifar100",
    "development": "development_part",
    "fold": "fold",
    "held_out": "held_out",
    "mnist": "fetch_mnist",
    "mnist1d": "make_mnist1d",
    "mnist1d_redrawn": "redraw_mnist1d",
    "mnist1d_resampled": "resample_mnist1d",
}

#: The name of a data spec that describes arrays by their content; it cannot be made anew.
CONTENT = "content"


@dataclass(frozen=True)
class DataSpec:
    """A data set's identity.

    Parameters
    ----------
    name
        A key of `GENERATORS`, or "content" for arrays that no generator made.
    arguments
        The generator's arguments in full, or {"fingerprint": SHA-256 of the arrays}.

    >>> from genlab.datasets import make_mnist1d
    >>> spec = make_mnist1d(n_samples=100).spec
    >>> spec.name, spec.arguments["n_samples"], spec.arguments["seed"]
    ('mnist1d', 100, 42)
    >>> spec.make().x_train.shape
    (80, 40)
    """

    name: str
    arguments: Mapping[str, Any]

    def __post_init__(self) -> None:
        if self.name not in GENERATORS and self.name != CONTENT:
            raise ValueError(
                f"`name` must be one of {', '.join([*GENERATORS, CONTENT])}, got {self.name!r}."
            )
        plain = json.loads(canonical_json(self.arguments))
        object.__setattr__(self, "arguments", MappingProxyType(plain))

    def __hash__(self) -> int:
        return hash((self.name, canonical_json(dict(self.arguments))))

    @classmethod
    def of_part(cls, name: str, whole: DataSpec, **arguments: Any) -> DataSpec:
        """The spec of a part of another data set, taken out by the generator `name`."""
        of = {"name": whole.name, "arguments": dict(whole.arguments)}
        return cls(name, {"of": of, **arguments})

    def make(self) -> Dataset:
        """Make the data set; the last few made are kept, so asking again is free.

        Raises ValueError for a spec of content, which only its owner has.
        """
        return _make(self)


@lru_cache(maxsize=4)
def _make(spec: DataSpec) -> Dataset:
    from genlab import datasets

    if spec.name == CONTENT:
        raise ValueError("a data set known by its content alone cannot be made from its spec.")
    generator = getattr(datasets, GENERATORS[spec.name])
    made: Dataset = generator(**spec.arguments)
    return made
