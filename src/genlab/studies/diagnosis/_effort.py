"""How much is measured in the time that there is."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from genlab.studies._fits import AnyCell
from genlab.sweep import Jobs, Store, SweepProgress, n_workers, run_cells

#: Folds of a cross-validation; an effort takes some of them, or repeats them.
N_FOLDS = 5
# Time of a call that no cell knows of: imports, tables, and per cell.
_FIXED, _PER_CELL = 5.0, 0.005


@dataclass(frozen=True)
class Effort:
    """How much a diagnosis measures.

    Attributes
    ----------
    n_divisions
        Number of splits into training and validation examples: folds, which are repeated.
    n_capacities
        Number of values of the capacity.
    n_samples
        Number of bootstrap samples of the decomposition.
    """

    n_divisions: int
    n_capacities: int
    n_samples: int


#: Each holds the fits of the one before, so that nothing is fitted twice.
EFFORTS = (
    Effort(3, 3, 10),
    Effort(5, 5, 20),
    Effort(10, 9, 50),
    Effort(20, 9, 100),
    Effort(50, 9, 200),
)


#: The part that is measured whatever the time.
FIRST = "how well"


class OutOfTime(Exception):  # noqa: N818  # it ends a part, and is no error of anybody's
    """The time is over in the middle of a part; what was fitted is stored."""


@dataclass
class Work:
    """Runs the fits of all parts, and knows their time.

    Attributes
    ----------
    store, jobs
        As in `genlab.sweep.run_cells`.
    minutes
        Minutes that the fits may take; infinite where the effort is given.
    progress
        Told the name of the part and its progress, or None.
    patient
        Whether the first part is measured whatever the time.
    """

    store: Store
    jobs: Jobs
    minutes: float
    progress: Callable[[str, SweepProgress], None] | None = None
    patient: bool = True
    _start: float = field(default_factory=time.monotonic)

    def run(self, part: str, cells: Sequence[AnyCell]) -> list[Any]:
        """The results of the fits of a part; OutOfTime where there is no time for them."""
        return run_cells(cells, **self.options(part))

    def options(self, part: str) -> dict[str, Any]:
        """The options of a study, whose fits are those of a part."""
        return {"store": self.store, "jobs": self.jobs, "progress": self._told(part)}

    def _told(self, part: str) -> Callable[[SweepProgress], None]:
        def tell(progress: SweepProgress) -> None:
            if self.progress is not None:
                self.progress(part, progress)
            unfinished = progress.cells_done < progress.cells
            exempt = self.patient and part == FIRST
            if unfinished and not exempt and time.monotonic() - self._start > 60 * self.minutes:
                raise OutOfTime

        return tell

    def cost(self, cells: Sequence[AnyCell]) -> float:
        """Seconds of computing that the fits took, whenever they were."""
        unique = {cell.key: cell for cell in cells}
        seconds = self.store.seconds(unique.values())
        return math.fsum(seconds.values()) + _PER_CELL * len(unique)

    def affords(self, seconds: float) -> bool:
        """Whether so much computing fits the minutes on this machine's cores.

        It asks for the seconds of the stored fits and not for the clock, so that a second call
        decides alike.
        """
        return _FIXED + seconds / n_workers(self.jobs) < 60 * self.minutes
