"""The command `genlab sweep`: error against a capacity."""

from __future__ import annotations

from typing import Annotated

import typer

from genlab.cli._command import Command
from genlab.cli._errors import as_usage
from genlab.cli._examples import check_data_options, read_data, table_options, use_one_thread
from genlab.cli._models import EstimatorPaths, Folds, ModelName, error_rows, fitted, seeds_option
from genlab.cli._options import (
    Csv,
    Dask,
    DataFile,
    DatasetName,
    DroppedColumns,
    Fresh,
    GroupColumn,
    Imports,
    Jobs,
    Json,
    Settings,
    Store,
    TargetColumn,
    TaskName,
    TestRows,
    TimeLimit,
    check_formats,
)
from genlab.cli._output import print_json, print_rows
from genlab.cli._progress import follow, progress
from genlab.cli._settings import range_values, read_ranges
from genlab.cli._workers import workers

# Points of a range that is not listed.
_N_POINTS = 8


def sweep(
    capacity: Annotated[
        str,
        typer.Option(
            help="Parameter that sets the capacity, with its range or values, such as "
            "max_leaf_nodes=2..512:log, width=10,20,40 or n_neighbors=1..21:step=5.",
            metavar="NAME=RANGE",
            show_default=False,
        ),
    ],
    dataset: DatasetName = None,
    data: DataFile = None,
    target: TargetColumn = None,
    test: TestRows = None,
    task: TaskName = None,
    groups: GroupColumn = None,
    drop: DroppedColumns = None,
    model: ModelName = None,
    estimator: EstimatorPaths = None,
    imports: Imports = None,
    settings: Settings = None,
    folds: Folds = None,
    seeds: Annotated[int | None, seeds_option(3)] = None,
    store: Store = None,
    jobs: Jobs = None,
    dask: Dask = None,
    time_limit: TimeLimit = None,
    fresh: Fresh = False,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Measure training and test error against a capacity, such as a width or a number of leaves.

    One of --dataset and --data is required; --target makes any table a data
    set. A range has 8 values unless it has a step. Every fit is stored, so a
    second call fits nothing.
    """
    check_formats(as_json, as_csv)
    check_data_options(dataset, data)
    table = table_options(data, target, test, task, groups, drop)
    use_one_thread()
    from genlab.studies import capacity_curve

    typed = {"model": "--model", "capacities": "--capacity", "seeds": "--seeds", "cv": "--folds"}
    typed |= {"packages": "--import", "estimator": "--estimator"}
    if estimator is not None:
        typed["model"] = "--estimator"
    with as_usage(typed):
        of = fitted(model, estimator, imports or [], settings or [])
        owner = f"{model or 'mlp'} or Recipe"
        ((name, given),) = read_ranges([capacity], of.types, owner, "--capacity").items()
        values = (
            given if isinstance(given, list) else range_values(name, given, _N_POINTS, "--capacity")
        )
        of.made({name: values[0]})  # whether there is such a parameter
    examples = read_data(dataset, data, table, quiet=as_json or as_csv, needs_test=False)
    with (
        workers(jobs, dask, time_limit) as running,
        progress(quiet=as_json or as_csv) as bar,
        as_usage(typed),
    ):
        task_id = bar.add_task("fitting", total=None, detail="")
        curve = capacity_curve(
            lambda value: of.made({name: value}),
            values,
            examples,
            of.recipe,
            seeds=None if seeds is None else range(seeds),
            cv=folds,
            store=store,
            jobs=running,
            fresh=fresh,
            progress=follow(bar, task_id),
        )
    rows = error_rows(curve.bands(), "capacity")
    if as_json:
        print_json({"capacity": name, "rows": rows})
        return
    print_rows([{name: row.pop("capacity"), **row} for row in rows], as_csv=as_csv)


COMMAND = Command(
    "sweep",
    sweep,
    "genlab sweep --data mine.csv --target species --folds 5 "
    "--estimator sklearn.tree.DecisionTreeClassifier --capacity max_leaf_nodes=2..512:log",
)
