"""The command `genlab diagnose`: how well a model does, why, and what would help."""

from __future__ import annotations

import dataclasses
import shlex
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genlab._base.errors import DataWarning
from genlab._base.jsons import finite
from genlab._base.words import percent
from genlab.cli._command import Command
from genlab.cli._errors import as_usage
from genlab.cli._examples import check_data_options, read_data, table_options, use_one_thread
from genlab.cli._folders import make_writable
from genlab.cli._models import EstimatorPaths, Fitted, fitted
from genlab.cli._options import (
    MODELS,
    Dask,
    DatasetName,
    DroppedColumns,
    GroupColumn,
    Imports,
    Jobs,
    Json,
    OutFolder,
    Seed,
    Settings,
    Store,
    TargetColumn,
    TaskName,
    TestRows,
    TimeLimit,
)
from genlab.cli._output import console, print_json
from genlab.cli._progress import follow_parts, progress
from genlab.cli._settings import as_typed, range_values, read_ranges
from genlab.cli._workers import workers

if TYPE_CHECKING:
    from genlab.studies import Diagnosis

# Values of a capacity's range: those of the highest effort.
_N_VALUES = 9
_FOREST = "sklearn.ensemble.RandomForest"
_DEFAULTS = {"classification": f"{_FOREST}Classifier", "regression": f"{_FOREST}Regressor"}
_FILE = "FILE"


def diagnose(
    data: Annotated[
        Path | None,
        typer.Argument(
            help="Data file. With --target any table: CSV, Parquet, Arrow or NPZ. Without it the "
            "inputs and the label of each example, as for --data of the other commands.",
            metavar=_FILE,
            show_default=False,
        ),
    ] = None,
    dataset: DatasetName = None,
    target: TargetColumn = None,
    test: TestRows = None,
    task: TaskName = None,
    groups: GroupColumn = None,
    drop: DroppedColumns = None,
    model: Annotated[
        str | None,
        typer.Option(
            help=f"Name of a model: {', '.join(MODELS)}. \\[default: a random forest]",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    estimator: EstimatorPaths = None,
    imports: Imports = None,
    settings: Settings = None,
    capacity: Annotated[
        str | None,
        typer.Option(
            help="Parameter that sets the capacity, with its range or values, such as "
            "max_leaf_nodes=2..512:log or n_neighbors=64,16,4,1: the lowest capacity first. "
            "\\[default: known for the usual estimators]",
            metavar="NAME=RANGE",
            show_default=False,
        ),
    ] = None,
    minutes: Annotated[
        float, typer.Option(help="Time limit for the fits, in minutes.", metavar="N")
    ] = 3.0,
    effort: Annotated[
        int | None,
        typer.Option(
            help="Amount of work, from 1 to 5, without a time limit. \\[default: as much as "
            "--minutes allow]",
            metavar="N",
            show_default=False,
        ),
    ] = None,
    keep_sealed: Annotated[
        bool, typer.Option("--keep-sealed", help="Leave the test set sealed.")
    ] = False,
    seed: Seed = 0,
    out: OutFolder = Path("genlab-diagnosis"),
    store: Store = None,
    jobs: Jobs = None,
    dask: Dask = None,
    time_limit: TimeLimit = None,
    as_json: Json = False,
) -> None:
    """Find out how well a model does, what its error consists of, and what would lower it.

    One of FILE and --dataset is required; --target makes any table a data set.
    The answers are printed, the advice first, and --out holds a page with the
    figures. All numbers but one come from cross-validation of the training
    examples. A fifth of the rows is the test set, unless --test says
    otherwise: it is sealed, and opened once, at the end, for the test error.
    Every fit is stored, so a second call fits nothing, and a call with more
    minutes continues.
    """
    check_data_options(dataset, data, _FILE)
    table = table_options(data, target, test, task, groups, drop, _FILE)
    use_one_thread()
    from genlab import studies
    from genlab.report import write_diagnosis

    names = ("capacity", "minutes", "effort", "seed", "model", "estimator")
    typed = {name: f"--{name}" for name in names}
    typed |= {"packages": "--import", "data": _FILE if dataset is None else "--dataset"}
    if model is None:
        typed["model"] = "--estimator"
    of = None
    with as_usage(typed):
        if model is not None or estimator is not None:
            of = fitted(model, estimator, imports or [], settings or [])
            values = _values(capacity, of)
    make_writable(out, [])
    with _warned() as notes:
        examples = read_data(dataset, data, table, quiet=as_json, needs_test=False, option=_FILE)
    if of is None:
        with as_usage(typed):
            of = fitted(None, _DEFAULTS[examples.task], [], settings or [])
            values = _values(capacity, of)
    with (
        workers(jobs, dask, time_limit) as running,
        progress(quiet=as_json, forecast=False) as bar,
        as_usage(typed),
    ):
        task_id = bar.add_task("measuring", total=None, detail="")
        found = studies.diagnose(
            of.made({}),
            examples,
            of.recipe,
            capacity=values,
            minutes=minutes,
            effort=effort,
            open_test=not keep_sealed,
            seed=seed,
            store=store,
            jobs=running,
            progress=follow_parts(bar, task_id, minutes if effort is None else None),
        )
    others = (note for note in found.notes if not any(said.startswith(note) for said in notes))
    found = dataclasses.replace(found, notes=(*notes, *others))
    given: dict[str, Any] = {
        "--dataset": dataset,
        "--target": target,
        "--test": test,
        "--task": task,
        "--groups": groups,
        "--drop": drop,
        "--model": model,
        "--estimator": estimator,
        "--import": imports,
        "--set": settings,
        "--capacity": capacity,
        "--minutes": minutes if effort is None else None,
        "--effort": effort,
        "--keep-sealed": keep_sealed,
        "--seed": seed,
    }
    again = as_typed({option: value for option, value in given.items() if value})
    file = [] if data is None else [str(data)]
    command = shlex.join(["genlab", "diagnose", *file, *again])
    page = write_diagnosis(found, out, command)
    if as_json:
        print_json(finite(found.to_dict()))
        return
    _print(found, notes)
    print(f"\nThe page: {page}")


@contextmanager
def _warned() -> Iterator[list[str]]:
    """A block whose warnings of the data are shown as ever, and kept as notes."""
    notes: list[str] = []
    with warnings.catch_warnings():
        show = warnings.showwarning

        def keep(message: Warning | str, category: type[Warning], *rest: Any, **named: Any) -> None:
            if issubclass(category, DataWarning):
                text = str(message)
                if "drop it" in text:
                    text += " (`--drop COLUMN` drops a column.)"
                notes.append(text)
                message = text
            show(message, category, *rest, **named)

        warnings.showwarning = keep
        yield notes


def _values(capacity: str | None, of: Fitted) -> dict[str, list[Any]] | None:
    """The capacity's name and its values, as `genlab.diagnose` takes them."""
    if capacity is None:
        return None
    ((name, given),) = read_ranges([capacity], of.types, "the model", "--capacity").items()
    if isinstance(given, list):
        return {name: given}
    return {name: range_values(name, given, _N_VALUES, "--capacity")}


def _print(found: Diagnosis, warned: list[str]) -> None:
    """What the data warn of, the advice, then each question with its answer."""
    out = console()

    def line(text: str = "", style: str = "") -> None:
        out.print(text, markup=False, highlight=False, style=style)

    standing = found.part("how well").tables["standing"]
    (error,) = (percent(row) for row in standing if row["role"] == "asked")
    line(f"{found.model} on {found.n_train:,} training examples: error {error}", "bold")
    for note in warned:
        line(note)
    line()
    line("What would help?", "bold")
    for i, one in enumerate(found.advice, 1):
        line(f"{i}. {one.sentence}")
    if found.remark:
        line(found.remark)
    for part in found.parts:
        line()
        line(part.question, "bold")
        line(part.skipped or part.answer)
        for note in part.notes:
            line(note, "dim")
    line()
    line(f"Effort {found.level} of 5, in {found.seconds:,.0f} seconds.", "dim")


COMMAND = Command(
    "diagnose",
    diagnose,
    "genlab diagnose mine.csv --target species "
    "--estimator sklearn.tree.DecisionTreeClassifier --capacity max_leaf_nodes=2..512:log",
)
