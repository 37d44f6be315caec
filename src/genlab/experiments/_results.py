"""What an experiment leaves behind, and the run that makes it."""

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

from genlab._base import specs
from genlab._base.checks import choice, integer
from genlab._base.errors import GenlabError
from genlab._base.jsons import Row, finite
from genlab._base.version import __version__
from genlab._base.words import listed
from genlab.experiments._experiment import MAX_SEED, SCALES, Context, Experiment
from genlab.experiments._registry import get_experiment

if TYPE_CHECKING:
    import altair
    import pandas

    from genlab.charts import Figure
    from genlab.sweep import Executor, Jobs, StoreLike, SweepProgress


@dataclass(frozen=True)
class ExperimentResult:
    """An experiment's findings, and what made them; the content of its results.json.

    Attributes
    ----------
    experiment, scale, seed
        What was run. The scale is "custom" for a protocol that is none of the experiment's own.
    tables, published, answer, notes, finding
        See `Findings`; `published` holds rows of `genlab.measure.Comparison`.
    seconds
        Time of the run; stored results that it used took none of it.
    version, machine
        The version of genlab, and the machine and libraries.
    protocol
        The protocol that was followed, as JSON values.
    schema
        Table -> {"about": what one row is, "columns": {column: what it holds}}.
    missing
        What was left out because it is not available: rows of name and reason.
    """

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
    protocol: Row = field(default_factory=dict)
    schema: dict[str, Row] = field(default_factory=dict)
    missing: list[Row] = field(default_factory=list)
    finding: str = ""

    def to_json(self) -> dict[str, Any]:
        """JSON values, with NaN and infinities as null."""
        values: dict[str, Any] = finite(vars(self))
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ExperimentResult:
        """The result that `to_json` wrote; ValueError where the values are not one's."""
        names = {f.name for f in fields(cls)}
        # Earlier versions wrote no finding.
        if not isinstance(values, Mapping) or {*values, "finding"} != names:
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
        from genlab.charts import stacked

        return stacked(figures(self))

    def _repr_html_(self) -> str:
        return f"<p>{self.answer}</p>{self.to_frame().to_html(index=False)}"


def run_experiment(
    experiment: Experiment,
    store: StoreLike = None,
    *,
    scale: str = "default",
    protocol: Any = None,
    seed: int = 0,
    jobs: Jobs = None,
    fresh: bool = False,
    progress: Callable[[SweepProgress], None] | None = None,
    executor: str | Executor = "local",
) -> ExperimentResult:
    """Run one experiment, taking from the store what it has.

    Parameters
    ----------
    experiment
        From `EXPERIMENTS`.
    store
        Where finished cells are kept: a Store, a database's URL or a SQLite file's path; None
        opens the default one.
    scale
        One of `SCALES`: which of the experiment's protocols is followed.
    protocol
        Another protocol in its place, such as
        `dataclasses.replace(experiment.protocols["quick"], ...)`; None takes that of `scale`.
    seed
        From 0; each gives the experiment training seeds of its own. The data seed stays.
    jobs
        Number of worker processes, or what runs the cells in their place: see
        `genlab.sweep.run_cells`.
    fresh
        Run again what the store has.
    progress
        Called with a `genlab.sweep.SweepProgress` as work goes on.
    executor
        What runs the cells, as for `genlab.sweep.run_cells`.
    """
    from genlab.sweep import opened_store

    choice("scale", scale, SCALES)
    integer("seed", seed, low=0, high=MAX_SEED)
    start = time.perf_counter()
    followed = experiment.protocols[scale] if protocol is None else protocol
    with opened_store(store) as opened:
        findings = experiment.run(Context(seed, opened, jobs, fresh, progress, executor), followed)
        environments = opened.environments(findings.cells)
    _check_tables(experiment, findings.tables)
    return ExperimentResult(
        experiment=experiment.name,
        scale=scale if protocol is None else "custom",
        seed=seed,
        tables=findings.tables,
        published=[comparison.row() for comparison in findings.published],
        answer=findings.answer,
        seconds=time.perf_counter() - start,
        machine=_machine(environments),
        notes=findings.notes,
        protocol=_as_json(followed),
        schema={
            name: {"about": table.about, "columns": dict(table.columns)}
            for name, table in experiment.tables.items()
        },
        missing=[entry._asdict() for entry in findings.missing],
        finding=findings.finding,
    )


def _check_tables(experiment: Experiment, tables: Mapping[str, list[Row]]) -> None:
    """ValueError where a table or its columns are not as the experiment declares them."""
    declared = experiment.tables
    if list(tables) != list(declared):
        raise ValueError(
            f"{experiment.name} must make the tables {', '.join(declared)}, "
            f"got {', '.join(tables)}."
        )
    for name, rows in tables.items():
        columns = list(declared[name].columns)
        for row in rows:
            if list(row) != columns:
                raise ValueError(
                    f"{experiment.name}: a row of {name} must have the columns "
                    f"{', '.join(columns)}, got {', '.join(row)}."
                )


def _as_json(protocol: Any) -> Row:
    """A protocol's fields as JSON values: keys of mappings as texts, infinities as null."""
    values: Row = json.loads(json.dumps(finite(specs.to_dict(protocol))))
    del values["kind"]
    return values


def _machine(environments: Mapping[str, int]) -> dict[str, str]:
    """The machine, and what the networks were trained with, here or wherever they were made."""
    from genlab.sweep import processor

    trained = [
        f"{n:,} network{'s' if n > 1 else ''}: "
        + ", ".join(f"{name} {value}" for name, value in json.loads(text).items())
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


def figures(result: ExperimentResult) -> list[Figure]:
    """The figures of a result, in the order of the page.

    They are drawn from what results.json holds, where a number that is missing is null and
    not NaN, so that they are the same now and whenever they are drawn again.

    Raises GenlabError for a result of an earlier version: see `check_columns`.
    """
    check_columns(result)
    module = importlib.import_module(f"{get_experiment(result.experiment).module}.figures")
    drawn: list[Figure] = module.figures(ExperimentResult.from_json(result.to_json()))
    return drawn


def check_columns(result: ExperimentResult) -> None:
    """GenlabError where an earlier version of genlab wrote a result whose tables are others."""
    tables = get_experiment(result.experiment).tables
    now = {name: set(table.columns) for name, table in tables.items()}
    if {name: set(table["columns"]) for name, table in result.schema.items()} != now:
        raise GenlabError(
            f"the results of {result.experiment} are those of an earlier version of genlab, whose "
            f"tables had other columns: run `genlab reproduce {result.experiment}` again, which "
            "uses what is stored."
        )


def missing_sentences(results: Sequence[ExperimentResult]) -> list[str]:
    """What several results lack, each thing said once with the experiments that it concerns."""
    concerned: dict[tuple[str, str], list[str]] = {}
    for result in results:
        for entry in result.missing:
            names = concerned.setdefault((entry["name"], entry["reason"]), [])
            names.append(result.experiment)
    return [
        f"{listed(experiments)} ran without {name}: {reason}"
        for (name, reason), experiments in concerned.items()
    ]
