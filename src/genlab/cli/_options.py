"""Options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genlab.cli._errors import UsageError

#: What `--dataset` may name -> the function of `genlab.datasets` that makes it.
DATASETS = {
    "mnist1d": "make_mnist1d",
    "mnist": "fetch_mnist",
    "cifar10": "fetch_cifar10",
    "cifar100": "fetch_cifar100",
}
#: genlab's own models, which --model may name; packages bring others.
MODELS = ("mlp", "cnn", "cnn5", "gru", "logistic", "resnet")
#: Folder of `genlab reproduce`.
DEFAULT_OUT = Path("genlab-report")
MAX_SEED = 2**32 - 1

Json = Annotated[bool, typer.Option("--json", help="Print JSON to standard output, nothing else.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print the rows as CSV.")]
OutFolder = Annotated[
    Path, typer.Option("-o", "--out", help="Folder of the results.", metavar="DIR")
]
OutFile = Annotated[
    Path | None,
    typer.Option("-o", "--out", help="File to write.", metavar="FILE", show_default=False),
]
Store = Annotated[
    str | None,
    typer.Option(
        help="Database of stored results: a file or a URL. \\[default: $GENLAB_STORE, or a file "
        "in the user's data folder]",
        metavar="URL",
        show_default=False,
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=10_000,
        help="Number of worker processes. \\[default: $GENLAB_JOBS, or one per core]",
        show_default=False,
    ),
]
Fresh = Annotated[
    bool, typer.Option("--fresh", help="Compute everything again, and replace the stored results.")
]
Dask = Annotated[
    str | None,
    typer.Option(
        help="Dask cluster that does the work instead of this machine: the address of its "
        "scheduler, such as tcp://10.0.0.1:8786, or local:N to try it with N workers on this "
        "machine.",
        metavar="ADDRESS",
        show_default=False,
    ),
]
TimeLimit = Annotated[
    str | None,
    typer.Option(
        help="Time limit for one cell (a network, or a fit), such as 90s, 30m or 2h; a cell that "
        "takes longer is ended, and the others continue. \\[default: $GENLAB_TIME_LIMIT, or "
        "none]",
        metavar="TIME",
        show_default=False,
    ),
]
Seed = Annotated[int, typer.Option(min=0, max=MAX_SEED, help="Seed of all random choices.")]
DatasetName = Annotated[
    str | None,
    typer.Option(
        help=f"Name of a data set: {', '.join(DATASETS)}.", metavar="NAME", show_default=False
    ),
]
DataFile = Annotated[
    Path | None,
    typer.Option(
        help="Data file in place of --dataset. With --target any table: CSV, Parquet, Arrow or "
        "NPZ. Without it the inputs and the label of each example: .npz with x, y, x_test and "
        "y_test; or .csv or .parquet with the columns set (train or test) and label.",
        metavar="FILE",
        show_default=False,
    ),
]
TargetColumn = Annotated[
    str | None,
    typer.Option(
        "--target",
        help="Column of the --data table that is predicted from the others.",
        metavar="COLUMN",
        show_default=False,
    ),
]
TestRows = Annotated[
    str | None,
    typer.Option(
        "--test",
        help="Fraction of the rows that become the test set, or the column that says which "
        "(train or test). \\[default: 0.2]",
        metavar="FRACTION|COLUMN",
        show_default=False,
    ),
]
TaskName = Annotated[
    str | None,
    typer.Option(
        "--task",
        help="classification or regression. \\[default: decided by the values of the target]",
        metavar="TASK",
        show_default=False,
    ),
]
GroupColumn = Annotated[
    str | None,
    typer.Option(
        "--groups",
        help="Column of groups, such as patients: all rows of a group stay in the same set.",
        metavar="COLUMN",
        show_default=False,
    ),
]
DroppedColumns = Annotated[
    list[str] | None,
    typer.Option(
        "--drop",
        help="Column that is not an input; may be repeated.",
        metavar="COLUMN",
        show_default=False,
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="Fixed value of a field of the model or of the recipe, such as hidden=100,100 or "
        "steps=2000; may be repeated.",
        metavar="NAME=VALUE",
        show_default=False,
    ),
]
Imports = Annotated[
    list[str] | None,
    typer.Option(
        "--import",
        help="Package of your own that models may be imported from; its code runs. May be "
        "repeated.",
        metavar="PACKAGE",
        show_default=False,
    ),
]


def check_formats(as_json: bool, as_csv: bool) -> None:
    """UsageError where two formats are requested."""
    if as_json and as_csv:
        raise UsageError("--json and --csv exclude each other.")
