"""Cells that compute an array: what an experiment works out beside the training of networks."""

from __future__ import annotations

import io
import math
import platform
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np

from genlab._base import specs
from genlab._base.environment import processor
from genlab.datasets import DataSpec, LabelNoise


class ComputedCell(ABC):
    """A `Cell` whose result is an array, for frozen dataclasses of values that JSON has.

    A kind adds its fields, `VERSION`, `run`, `work` and `memory`.
    """

    #: Part of the identity. Raised when the same spec gives other results.
    VERSION: ClassVar[int] = 1
    #: It begins from no other cell.
    start: ClassVar[None] = None

    @property
    def steps(self) -> int:
        """1: it is done in one step, unless a kind says otherwise."""
        return 1

    @abstractmethod
    def run(self, report: Callable[[int, float], None] | None = None) -> np.ndarray:
        """Compute the array in this process."""

    @abstractmethod
    def work(self) -> float:
        """Estimate of its multiply-adds: the largest cells run first."""

    @abstractmethod
    def memory(self) -> float:
        """Estimate of the most bytes that a worker process holds while it runs this cell."""

    @cached_property
    def key(self) -> str:
        """The cell's identity: SHA-256 of its JSON with the version of its results."""
        return self.key_of(self.to_dict())

    @classmethod
    def key_of(cls, values: Mapping[str, Any]) -> str:
        """The identity of the cell with this JSON, which is not checked."""
        return specs.sha256({"version": cls.VERSION, "cell": values})

    def to_dict(self) -> dict[str, Any]:
        """The cell as JSON values."""
        return specs.to_dict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The cell that `to_dict` wrote."""
        kinds = {one.__name__: one for one in (cls, DataSpec, LabelNoise)}
        tuples = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
        cell: Self = specs.from_dict(tuples, kinds)
        return cell

    def check(self) -> None:
        """Raise ValueError where a field is not a value of JSON."""
        specs.canonical_json(self.to_dict())

    def together_key(self) -> str | None:
        """None: each runs alone."""
        return None

    def most_together(self) -> int:
        """1: each runs alone."""
        return 1

    @classmethod
    def run_together(
        cls, cells: Sequence[Self], report: Callable[[int, float], None] | None = None
    ) -> list[np.ndarray]:
        """Run cells one after the other, in this process."""
        return [cell.run(report) for cell in cells]

    @classmethod
    def pack(cls, result: np.ndarray) -> bytes:
        """The array in NumPy's format."""
        packed = io.BytesIO()
        np.save(packed, result, allow_pickle=False)
        return packed.getvalue()

    @classmethod
    def unpack(cls, packed: bytes) -> np.ndarray:
        """The array that `pack` wrote; ValueError where the bytes are not one."""
        try:
            array: np.ndarray = np.load(io.BytesIO(packed), allow_pickle=False)
        except EOFError as error:
            raise ValueError(str(error)) from error
        return array

    @classmethod
    def environment(cls) -> dict[str, str]:
        """Versions and processor, on which a result's bits depend besides its spec."""
        import scipy

        modules = {module.__name__: module.__version__ for module in (np, scipy)}
        return {**modules, "python": platform.python_version(), "processor": processor()}

    @classmethod
    def diverged_at(cls, result: np.ndarray) -> int:  # noqa: ARG003
        """−1: nothing is trained."""
        return -1


def told(report: Callable[[int, float], None] | None, done: int) -> None:
    """Report steps that have no training loss."""
    if report is not None:
        report(done, math.nan)
