"""What an experiment is, what it is given, and what it leaves."""

from __future__ import annotations

import importlib
import json
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from genlab._check import choice, integer
from genlab._errors import DataFileError
from genlab._json import finite
from genlab._version import __version__

if TYPE_CHECKING:
    import altair
    import pandas

    from genlab.datasets import Dataset
    from genlab.measure import Comparison
    from genlab.sweep import Cell, CellResult, Store, SweepProgress

#: How much work an experiment does: minutes for the whole chapter, tens of minutes, or the
#: published protocol in full.
SCALES = ("quick", "default", "paper")

Row = dict[str, Any]

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

    def run_cells(self, cells: Sequence[Cell]) -> list[CellResult]:
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
    cells: list[Cell] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ExperimentResult:
    """An experiment's findings, and what made them; the content of its results.json."""

    experiment: str
    scale: str
    seed: int
    tables: dict[str, list[Row]]
    published: list[Row]
    answer: str
    seconds: float
    version: str = __version__
    machine: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """JSON values, with NaN and infinities as null."""
        values: dict[str, Any] = finite(vars(self))
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ExperimentResult:
        """The result that `to_json` wrote; ValueError where the values are not one's."""
        names = {f.name for f in fields(cls)}
        if not isinstance(values, Mapping) or set(values) != names:
            raise ValueError(f"it must hold {', '.join(sorted(names))}")
        result = cls(**values)
        tables = [*result.tables.values(), result.published]
        if not result.tables or not all(isinstance(rows, list) for rows in tables):
            raise ValueError("its tables must be lists of rows")
        return result

    def to_frame(self, table: str | None = None) -> pandas.DataFrame:
        """One table as a pandas frame; None takes the comparison with published values."""
        import pandas

        if table is None:
            return pandas.DataFrame(self.published)
        if table not in self.tables:
            raise ValueError(f"`table` must be one of {', '.join(self.tables)}, got {table!r}.")
        return pandas.DataFrame(self.tables[table])

    def chart(self) -> altair.VConcatChart:
        """Every figure of the experiment, one below the other."""
        from genlab.report import chart

        return chart(self)

    def _repr_html_(self) -> str:
        return f"<p>{self.answer}</p>{self.to_frame().to_html(index=False)}"


def run_experiment(
    experiment: Experiment,
    store: Store,
    *,
    scale: str = "default",
    seed: int = 0,
    jobs: int | None = None,
    fresh: bool = False,
    progress: Callable[[SweepProgress], None] | None = None,
) -> ExperimentResult:
    """Run one experiment, taking from the store what it has.

    Parameters
    ----------
    experiment
        From `EXPERIMENTS`.
    store
        Where finished cells are kept.
    scale
        One of `SCALES`.
    seed
        From 0; each gives the experiment training seeds of its own. The data seed stays.
    jobs
        Worker processes; None takes one a core.
    fresh
        Run again what the store has.
    progress
        Called with a `genlab.sweep.SweepProgress` as work goes on.
    """
    choice("scale", scale, SCALES)
    integer("seed", seed, low=0, high=MAX_SEED)
    start = time.perf_counter()
    findings = experiment.run(Context(scale, seed, store, jobs, fresh, progress))
    return ExperimentResult(
        experiment=experiment.name,
        scale=scale,
        seed=seed,
        tables=findings.tables,
        published=[comparison.row() for comparison in findings.published],
        answer=findings.answer,
        seconds=time.perf_counter() - start,
        machine=_machine(store.environments(findings.cells)),
        notes=findings.notes,
    )


def _machine(environments: Mapping[str, int]) -> dict[str, str]:
    """The machine, and what the cells were trained with, here or wherever they were made."""
    from genlab.sweep import processor

    trained = [
        f"{n} cells: " + ", ".join(f"{name} {value}" for name, value in json.loads(text).items())
        for text, n in environments.items()
    ]
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "scipy": version("scipy"),
        "altair": version("altair"),
        "trained with": "; ".join(trained),
    }
