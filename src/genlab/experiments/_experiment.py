"""What an experiment is, what it is given, and what it leaves."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from genlab._base.errors import DataFileError
from genlab._base.jsons import Row

if TYPE_CHECKING:
    from genlab.datasets import Dataset
    from genlab.measure import Comparison
    from genlab.sweep import CellResult, Store, SweepProgress, TrainingCell

#: How much work an experiment does: minutes for the whole chapter, tens of minutes, or the
#: published protocol in full.
SCALES = ("quick", "default", "paper")

# Seeds of one experiment lie side by side, and those of the next --seed far from them.
_SEEDS_APART = 10_000
#: The largest seed a user may give.
MAX_SEED = (2**32 - 1) // _SEEDS_APART - 1


@dataclass(frozen=True)
class Experiment:
    """One question and the module that answers it.

    Attributes
    ----------
    name
        What a user types.
    title, question
        A line each.
    seconds
        About how long it takes on two cores, by scale.
    module
        Its module, whose `run(context)` returns `Findings`; loaded when it runs.
    """

    name: str
    title: str
    question: str
    seconds: Mapping[str, float]
    module: str

    def run(self, context: Context) -> Findings:
        """Answer the question."""
        findings: Findings = importlib.import_module(self.module).run(context)
        return findings


@dataclass(frozen=True)
class Context:
    """What an experiment is given.

    Attributes
    ----------
    scale
        One of `SCALES`.
    seed
        The user's seed; `seeds` derives an experiment's own from it.
    store, jobs, fresh, progress
        Passed on to `genlab.sweep.run_cells`.
    """

    scale: str
    seed: int
    store: Store
    jobs: int | None = None
    fresh: bool = False
    progress: Callable[[SweepProgress], None] | None = None

    def seeds(self, n: int) -> list[int]:
        """The first `n` training seeds that belong to the user's seed."""
        return [_SEEDS_APART * self.seed + i for i in range(n)]

    def at_hand(self, fetch: Callable[[], Dataset]) -> tuple[Dataset | None, str]:
        """What `fetch` returns and "", or None and a sentence that says what is missing."""
        try:
            return fetch(), ""
        except DataFileError as error:
            return None, f" Without {fetch.__name__.removeprefix('fetch_').upper()}: {error}"

    def run_cells(self, cells: Sequence[TrainingCell]) -> list[CellResult]:
        """The results of `cells`, in their order."""
        from genlab.sweep import run_cells

        return run_cells(
            cells, self.store, jobs=self.jobs, fresh=self.fresh, progress=self.progress
        )


@dataclass(frozen=True)
class Findings:
    """What an experiment found.

    Attributes
    ----------
    tables
        Long tables by name, a list of rows each; errors are fractions from 0 to 1.
    published
        Measured values beside published ones.
    answer
        The answer in a sentence or two, with numbers.
    cells
        The cells behind them, for the record of what they were trained with.
    notes
        What a reader must know beside the answer, a sentence or two each: over what the
        intervals are taken, and why a number is missing or of another kind.
    """

    tables: dict[str, list[Row]]
    published: list[Comparison]
    answer: str
    cells: list[TrainingCell] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
