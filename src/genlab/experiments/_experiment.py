"""What an experiment is, what it is given, and what it finds."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from genlab._base.errors import DataFileError
from genlab._base.jsons import Row

if TYPE_CHECKING:
    from genlab.datasets import Dataset
    from genlab.measure import Comparison
    from genlab.sweep import Cell, Executor, Jobs, Store, SweepProgress, TrainingCell

R = TypeVar("R")

#: How much work an experiment does: minutes for the whole chapter, tens of minutes, or the
#: published protocol in full.
SCALES = ("quick", "default", "paper")

# Seeds of one experiment lie side by side, and those of the next --seed far from them.
_SEEDS_APART = 10_000
#: The largest seed a user may give.
MAX_SEED = (2**32 - 1) // _SEEDS_APART - 1


class Table(NamedTuple):
    """What a table of an experiment holds.

    Attributes
    ----------
    about
        What one row is, in a sentence.
    columns
        Column -> what it holds, with its unit or its possible values, in the table's order.
    """

    about: str
    columns: Mapping[str, str]


class PublishedRun(NamedTuple):
    """Errors that a publication gives for one network.

    Attributes
    ----------
    cell
        A network as published. One with the same data, model, recipe and label noise is trained
        like it, whatever its seed.
    points
        Curve ("train_error" or "test_error"), training step, and error as a fraction.
    source
        The publication, and the figure or table in it.
    """

    cell: TrainingCell
    points: Sequence[tuple[str, int, float]]
    source: str


class Missing(NamedTuple):
    """What an experiment had to leave out, and why.

    Attributes
    ----------
    name
        What is not available, such as "MNIST".
    reason
        Why, and what to do, in a sentence.
    """

    name: str
    reason: str


@dataclass(frozen=True)
class Experiment:
    """One question and the package that answers it.

    Attributes
    ----------
    name
        What a user types.
    title, question
        A line each.
    seconds
        Approximate time on two cores, by scale.
    module
        Import path of its package, which is loaded when it is first used. The package offers
        `run(context, protocol)`, which returns `Findings`; `PROTOCOLS`, a protocol for each of
        `SCALES`; `TABLES`, a `Table` for each table that it makes; and a module `figures` whose
        `figures(result)` draws them, the one that answers the question first. It may offer
        `published_runs()`.
    section
        The heading that it stands under: the section of the chapter; "" for none.
    """

    name: str
    title: str
    question: str
    seconds: Mapping[str, float]
    module: str
    section: str = ""

    @property
    def protocols(self) -> Mapping[str, Any]:
        """Scale -> the protocol, a frozen dataclass: `dataclasses.replace` makes variants."""
        protocols: Mapping[str, Any] = importlib.import_module(self.module).PROTOCOLS
        return protocols

    @property
    def tables(self) -> Mapping[str, Table]:
        """The tables that it makes, by name."""
        tables: Mapping[str, Table] = importlib.import_module(self.module).TABLES
        return tables

    def published_runs(self) -> Sequence[PublishedRun]:
        """Errors that were published for single networks; none where its package offers none."""
        offered = getattr(importlib.import_module(self.module), "published_runs", None)
        return () if offered is None else tuple(offered())

    def run(self, context: Context, protocol: Any) -> Findings:
        """Answer the question."""
        findings: Findings = importlib.import_module(self.module).run(context, protocol)
        return findings


@dataclass(frozen=True)
class Context:
    """What an experiment is given beside its protocol.

    Attributes
    ----------
    seed
        The user's seed; `seeds` derives an experiment's own from it.
    store, jobs, fresh, progress, executor
        Passed on to `genlab.sweep.run_cells`.
    """

    seed: int
    store: Store
    jobs: Jobs = None
    fresh: bool = False
    progress: Callable[[SweepProgress], None] | None = None
    executor: str | Executor = "local"

    def seeds(self, n: int) -> list[int]:
        """The first `n` training seeds that belong to the user's seed."""
        return [_SEEDS_APART * self.seed + i for i in range(n)]

    def available(
        self, name: str, fetch: Callable[[], Dataset]
    ) -> tuple[Dataset | None, list[Missing]]:
        """The data set that `fetch` returns, or None and the entry for `Findings.missing`."""
        try:
            return fetch(), []
        except DataFileError as error:
            return None, [Missing(name, str(error))]

    def run_cells(self, cells: Sequence[Cell[R]]) -> list[R]:
        """The results of `cells`, in their order."""
        from genlab.sweep import run_cells

        return run_cells(
            cells,
            self.store,
            jobs=self.jobs,
            fresh=self.fresh,
            progress=self.progress,
            executor=self.executor,
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
        The answer in a few sentences, with numbers.
    cells
        The cells behind them, for the record of what they were trained with.
    notes
        What a reader must know beside the answer, a sentence or two each: over what the
        intervals are taken, and why a number is missing or of another kind.
    missing
        What was left out because it is not available on this machine.
    finding
        The answer in one sentence of at most 25 words, with one number and its interval, for a
        list of experiments; "" shows the whole answer there.
    """

    tables: dict[str, list[Row]]
    published: list[Comparison]
    answer: str
    cells: list[TrainingCell] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    finding: str = ""
