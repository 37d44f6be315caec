"""Progress of a sweep, counted as its cells report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from genlab.sweep._cell import Cell


@dataclass(frozen=True)
class SweepProgress:
    """Progress of a sweep.

    Attributes
    ----------
    cells_done, cells
        Number of finished cells, stored ones included, and of all cells.
    work_done, work
        Multiply-adds done and to do in this run; 0 to do where every result was stored.
    step, steps, train_loss
        Steps done and to do of the cell that reported last, and its training loss or NaN.
    """

    cells_done: int
    cells: int
    work_done: float
    work: float
    step: int
    steps: int
    train_loss: float


class Tally:
    """Counts the work done, and reports it.

    Parameters
    ----------
    missing
        The cells to run.
    n_cells
        Number of all cells, stored ones included.
    progress
        Called with every change, or None.
    """

    def __init__(
        self,
        missing: Sequence[Cell[Any]],
        n_cells: int,
        progress: Callable[[SweepProgress], None] | None,
    ) -> None:
        self._progress = progress
        # Of the cells that are not finished. Totals are kept, for there may be a million cells.
        self._work = {cell.key: cell.work() for cell in missing} if progress else {}
        self._fraction: dict[str, float] = {}
        self._all_work = sum(self._work.values())
        self._work_done = 0.0
        self._step = self._steps = 0
        self._cells = n_cells
        self._done = n_cells - len(missing)
        self._train_loss = float("nan")

    def advance(self, cell: Cell[Any], step: int, train_loss: float) -> None:
        """Note that a cell has done this many of its steps."""
        self._fraction[cell.key] = step / cell.steps
        self._step, self._steps = step, cell.steps
        self._train_loss = train_loss
        self.report()

    def finish(self, cell: Cell[Any]) -> None:
        """Note that a cell is finished."""
        self._fraction.pop(cell.key, None)
        self._work_done += self._work.pop(cell.key, 0.0)
        self._done += 1
        self.report()

    def report(self) -> None:
        """Call `progress` with the state of the sweep."""
        if self._progress is not None:
            self._progress(
                SweepProgress(
                    cells_done=self._done,
                    cells=self._cells,
                    work_done=self._so_far(),
                    work=self._all_work,
                    step=self._step,
                    steps=self._steps,
                    train_loss=self._train_loss,
                )
            )

    def _so_far(self) -> float:
        if not self._work:
            return self._all_work  # to the last bit
        under_way = sum(self._work.get(key, 0.0) * part for key, part in self._fraction.items())
        return min(self._work_done + under_way, self._all_work)
