"""The protocol of cells. A cell is the smallest piece of work that is run and stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, Self, TypeVar

from genlab._base.errors import StoreError

R = TypeVar("R")

#: Called as a cell runs, with the steps done and the training loss (NaN where there is none).
Report = Callable[[int, float], None]


class Cell(Protocol[R]):
    """A piece of work whose result, of type R, depends on nothing but its spec.

    `run_cells` runs any mixture of kinds, and the store keeps them side by side. A network
    trained once is a `TrainingCell`. Another kind is any class with the members below that a
    worker process can import.
    """

    @property
    def key(self) -> str:
        """Identity: 64 hexadecimal digits, the same for equal specs only.

        Usually the SHA-256 of the cell's JSON together with a version of its results.
        """
        ...

    @property
    def start(self) -> Cell[Any] | None:
        """Another cell whose result this one begins from, or None.

        Both run one after the other in one worker process, which may keep the first in memory.
        """
        ...

    @property
    def steps(self) -> int:
        """Number of steps in which its progress is reported, at least 1."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """The spec as JSON values; "kind" is "package.module:Name" of the class.

        A data set is named by the "name" and "arguments" of its spec, so that an executor finds
        out which data sets of users the process that runs the cell needs.
        """
        ...

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The cell that `to_dict` wrote."""
        ...

    def check(self) -> None:
        """Raise ValueError where the cell cannot run; called before any cell of the sweep runs."""
        ...

    def work(self) -> float:
        """Work of the whole cell, in multiply-adds: the largest cells run first."""
        ...

    def memory(self) -> float:
        """Estimate of the most bytes that a worker process holds while it runs the cell alone."""
        ...

    def together_key(self) -> str | None:
        """Equal for cells that an accelerator runs side by side; None where it runs alone.

        A kind that compiles a program has another method `program_key`: equal, by any value, for
        cells that one process runs by one program. Those are mostly given to one process.
        """
        ...

    def most_together(self) -> int:
        """How many cells of one `together_key` an accelerator runs at once.

        A kind whose cells gain by it on a CPU, too, has another method `most_together_on_cpu`.
        """
        ...

    @classmethod
    def run_together(cls, cells: Sequence[Self], report: Report | None = None) -> list[R]:
        """Run cells in this process: a single one, or several of one `together_key`."""
        ...

    @classmethod
    def pack(cls, result: R) -> bytes:
        """The result as bytes."""
        ...

    @classmethod
    def unpack(cls, packed: bytes) -> R:
        """The result that `pack` wrote; ValueError where the bytes are not one."""
        ...

    @classmethod
    def diverged_at(cls, result: R) -> int:
        """The step at which it diverged, or −1."""
        ...


def unpacked(cell: Cell[R], packed: bytes) -> R:
    """A cell's result from its bytes; StoreError where they are not one."""
    try:
        return cell.unpack(packed)
    except ValueError as error:
        raise StoreError(
            f"the result of cell {cell.key[:12]} cannot be read: {error}; --fresh (fresh=True in "
            "Python) computes stored results again."
        ) from error
