"""The command `genlab learn`: error against the number of training examples."""

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
from genlab.cli._output import print_json, print_rows, say
from genlab.cli._progress import follow, progress
from genlab.cli._workers import workers


def learn(
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
    sizes: Annotated[
        str | None,
        typer.Option(
            help="Numbers of training examples, separated by commas, or fractions of all of them. "
            "\\[default: up to 6 sizes of at least 10, each twice the one before]",
            metavar="N,N,...",
            show_default=False,
        ),
    ] = None,
    forecast: Annotated[
        str | None,
        typer.Option(
            help="Numbers of examples at which the test error is forecast, separated by commas. "
            "\\[default: 2 and 4 times the largest]",
            metavar="N,N,...",
            show_default=False,
        ),
    ] = None,
    folds: Folds = None,
    seeds: Annotated[int | None, seeds_option(5)] = None,
    store: Store = None,
    jobs: Jobs = None,
    dask: Dask = None,
    time_limit: TimeLimit = None,
    fresh: Fresh = False,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Measure training and test error against the number of training examples, and forecast it.

    One of --dataset and --data is required; --target makes any table a data
    set. Each seed draws its own training examples. The forecast continues part
    of the fall over the last three sizes. Its 95% interval covers everything
    from no further fall to a slightly faster fall than before. Every fit is
    stored, so a second call fits nothing.
    """
    check_formats(as_json, as_csv)
    check_data_options(dataset, data)
    table = table_options(data, target, test, task, groups, drop)
    use_one_thread()
    from genlab.studies import learning_curve

    typed = {"model": "--model", "sizes": "--sizes", "seeds": "--seeds", "cv": "--folds"}
    typed |= {"n": "--forecast", "packages": "--import", "estimator": "--estimator"}
    if estimator is not None:
        typed["model"] = "--estimator"
    with as_usage(typed):
        of = fitted(model, estimator, imports or [], settings or [])
        numbers = None if sizes is None else _numbers("--sizes", sizes)
        ahead = None if forecast is None else _numbers("--forecast", forecast)
    examples = read_data(dataset, data, table, quiet=as_json or as_csv, needs_test=False)
    with (
        workers(jobs, dask, time_limit) as running,
        progress(quiet=as_json or as_csv) as bar,
        as_usage(typed),
    ):
        task_id = bar.add_task("fitting", total=None, detail="")
        curve = learning_curve(
            of.made({}),
            examples,
            of.recipe,
            sizes=numbers,
            seeds=None if seeds is None else range(seeds),
            cv=folds,
            store=store,
            jobs=running,
            fresh=fresh,
            progress=follow(bar, task_id),
        )
    rows = error_rows(curve.bands(), "n_train")
    with as_usage(typed if ahead else {}):
        try:
            expected = curve.forecast(ahead or [2 * curve.sizes[-1], 4 * curve.sizes[-1]])
        except ValueError as error:
            if ahead:
                raise
            say(f"there is no forecast: {error}")
            expected = []
    if as_json:
        print_json({"rows": rows, "forecast": expected})
        return
    rows += [
        {"n_train": row["n_train"], "n_fits": "forecast"}
        | dict.fromkeys(("train_error", "train_error_low", "train_error_high"))
        | {"test_error": row["estimate"]}
        | {"test_error_low": row["low"], "test_error_high": row["high"]}
        for row in expected
    ]
    print_rows(rows, as_csv=as_csv)


def _numbers(option: str, text: str) -> list[float]:
    """Whole numbers, or fractions where one has a point."""
    try:
        return [float(part) if "." in part else int(part) for part in text.split(",")]
    except ValueError:
        raise ValueError(f"{option} must be numbers separated by commas, got {text!r}.") from None


COMMAND = Command(
    "learn",
    learn,
    "genlab learn --data mine.csv --target species "
    "--estimator sklearn.ensemble.RandomForestClassifier --forecast 1000,2000",
)
