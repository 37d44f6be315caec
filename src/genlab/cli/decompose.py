"""The command `genlab decompose`: noise, bias and variance of a model's loss."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Annotated

import typer

from genlab._base.jsons import finite
from genlab.cli._command import Command
from genlab.cli._errors import as_usage
from genlab.cli._examples import check_data_options, read_data, table_options, use_one_thread
from genlab.cli._models import EstimatorPaths, ModelName, fitted
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

if TYPE_CHECKING:
    from genlab._base.jsons import Row


def decompose(
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
    loss: Annotated[
        str | None,
        typer.Option(
            help="Loss: zero_one, kohavi_wolpert, cross_entropy or brier for classification, "
            "squared or absolute for regression. \\[default: zero_one or squared]",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    sampling: Annotated[
        str,
        typer.Option(
            help="Data sets to fit: bootstrap samples, overlapping subsamples, disjoint parts, or "
            "fresh data sets of a generator.",
            metavar="bootstrap|subsamples|disjoint|fresh",
        ),
    ] = "bootstrap",
    n_datasets: Annotated[
        int,
        typer.Option("--datasets", max=100_000, help="Number of data sets to fit.", metavar="N"),
    ] = 50,
    rows: Annotated[
        str | None,
        typer.Option(
            help="Rows to predict: test, the test set; or out_of_bag, each training row by the "
            "fits whose sample does not contain it. \\[default: test where there is a test "
            "set]",
            metavar="test|out_of_bag",
            show_default=False,
        ),
    ] = None,
    fraction: Annotated[
        float | None,
        typer.Option(
            help="Fraction of the training examples in a subsample. \\[default: 0.5]",
            show_default=False,
        ),
    ] = None,
    label_noise: Annotated[
        float,
        typer.Option(
            help="Fraction of the training labels that are replaced at random, others for each "
            "fit, such as 0.15. For genlab's networks; rows that are predicted keep their labels."
        ),
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Seed of the data sets.")] = 0,
    store: Store = None,
    jobs: Jobs = None,
    dask: Dask = None,
    time_limit: TimeLimit = None,
    fresh: Fresh = False,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Split the loss of a model into its parts: noise and bias, and variance.

    One of --dataset and --data is required; --target makes any table a data
    set. The model is fitted to many data sets. What all fits get wrong is
    noise or bias; what differs between fits is variance. The parts add up to
    the loss, each with its 95% interval over fits. Every fit is stored, so a
    second call fits nothing.
    """
    check_formats(as_json, as_csv)
    check_data_options(dataset, data)
    table = table_options(data, target, test, task, groups, drop)
    use_one_thread()
    from genlab import FailedFitsWarning, studies
    from genlab.datasets import LabelNoise

    names = ("model", "loss", "sampling", "rows", "fraction", "seed", "estimator")
    typed = {name: f"--{name}" for name in names}
    typed |= {"packages": "--import", "n_datasets": "--datasets", "problem": "--data"}
    typed["label_noise"] = "--label-noise"
    if estimator is not None:
        typed["model"] = "--estimator"
    with as_usage(typed):
        of = fitted(model, estimator, imports or [], settings or [])
        noise = LabelNoise.of(label_noise)
    examples = read_data(dataset, data, table, quiet=as_json or as_csv, needs_test=False)
    with (
        workers(jobs, dask, time_limit) as running,
        progress(quiet=as_json or as_csv) as bar,
        as_usage(typed),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", FailedFitsWarning)  # the notes count them
        task_id = bar.add_task("fitting", total=None, detail="")
        parts = studies.decompose(
            of.made({}),
            examples,
            n_datasets,
            loss=loss,
            sampling=sampling,
            rows=rows,
            fraction=fraction,
            recipe=of.recipe,
            label_noise=noise or 0.0,
            seed=seed,
            store=store,
            jobs=running,
            fresh=fresh,
            progress=follow(bar, task_id),
        )
    averages: list[Row] = finite(parts.averages())
    if as_json:
        print_json(
            {
                "loss": parts.loss,
                "sampling": parts.sampling,
                "rows": parts.rows,
                "n_rows": parts.average.n_rows,
                "n_train": parts.n_train,
                "n_datasets": parts.n_datasets,
                "n_failed": parts.n_failed,
                "averages": averages,
                "notes": list(parts.notes),
            }
        )
        return
    print_rows(averages, as_csv=as_csv)
    for note in parts.notes:
        say(note)


COMMAND = Command(
    "decompose",
    decompose,
    "genlab decompose --data mine.csv --target species "
    "--estimator sklearn.tree.DecisionTreeClassifier --sampling disjoint --datasets 10",
)
