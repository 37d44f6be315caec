"""The command `genlab predict`: the predictions of a saved model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genlab._base.errors import DataFileError, ScaleError
from genlab._base.files import format_of
from genlab.cli._command import Command
from genlab.cli._errors import UsageError, as_usage
from genlab.cli._examples import FILE_OPTIONS
from genlab.cli._options import Csv, Imports, Json, OutFile, check_formats
from genlab.cli._output import print_json, print_table, say
from genlab.cli._progress import reading

if TYPE_CHECKING:
    import pyarrow

    from genlab.datasets import FileExamples
    from genlab.training import SavedModel

# What may be measured -> how a sentence names it.
_MEASURED = {
    "error": "error",
    "r_squared": "R²",
    "root_mean_squared_error": "root mean squared error",
}


def predict(
    folder: Annotated[
        Path, typer.Argument(help="Folder that `genlab train` wrote.", metavar="DIR")
    ],
    data: Annotated[
        Path,
        typer.Option(
            help="Rows of the table that the model was trained on with --target, its columns in "
            "any order. Or examples on the scale of the training data: .npz with x (and y, or "
            "x_test and y_test); or .csv or .parquet with the inputs, and label (or y) where "
            "known.",
            metavar="FILE",
            show_default=False,
        ),
    ],
    part: Annotated[
        str | None,
        typer.Option(
            help="Part of a file that has both: train or test. \\[default: test]",
            metavar="PART",
            show_default=False,
        ),
    ] = None,
    imports: Imports = None,
    out: OutFile = None,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Predict the examples of a file with a saved model.

    The result has one row per example: its predicted class and the probability
    of that class, or its predicted number. Where the file has the true values,
    the error is printed too: the fraction misclassified, with Wilson's 95%
    interval; for a regression R² and the root mean squared error, with their
    intervals. -o writes a .csv, .parquet or .json file.
    """
    check_formats(as_json, as_csv)
    if out is not None and format_of(out) not in (".csv", ".parquet", ".json"):
        raise UsageError(f"-o must be a .csv, .parquet or .json file, got {str(out)!r}.")
    if part not in (None, "train", "test"):
        raise UsageError(f"--part must be train or test, got {part!r}.")
    from genlab.training import load_model, prediction_table, table_csv, write_predictions

    with as_usage({"packages": "--import"}):
        model = load_model(folder, packages=imports or ())
    if model.encoder is not None:
        name, x, y = _rows(model, data, part)
    else:
        name, x, y = _examples(model, data, part)
    try:
        table = prediction_table(model, x, y)
    except ScaleError as error:
        raise DataFileError(f"{data}: {error}") from None
    summary = {"model": str(folder), "data": str(data), "part": name, "n": len(table)}
    if y is not None:
        summary |= _errors(model.task, table)
    if out is not None:
        write_predictions(out, table, summary)
    if as_json:
        print_json({**summary, "rows": table.to_pylist()})
    elif as_csv:
        print(table_csv(table).decode(), end="")
    elif out is None:
        print_table(table.to_pylist())
    sentence = _sentence(summary)
    if as_csv:
        say(sentence)
    elif not as_json:
        print(sentence if out is None else f"{out}: {sentence}")


def _rows(model: SavedModel, path: Path, part: str | None) -> tuple[str, Any, Any]:
    """The inputs and targets of a table's rows, which the model's encoder reads."""
    from genlab.datasets import ALL, TableEncoder, read_rows

    if part is not None:
        raise UsageError("--part must be left out for a model of a table: all rows are predicted.")
    assert isinstance(model.encoder, TableEncoder)
    with reading(path) as report, as_usage(FILE_OPTIONS):
        rows = read_rows(path, model.encoder, progress=report)
    return ALL, rows.x, rows.y


def _examples(model: SavedModel, path: Path, wanted: str | None) -> tuple[str, Any, Any]:
    """The inputs and labels of one part of a file of examples."""
    from genlab.datasets import read_examples

    with as_usage(FILE_OPTIONS):
        parts = read_examples(path, model.columns)
    part, examples = _part(path, parts, wanted)
    _check(model, examples, path)
    return part, examples.x, examples.y


def _errors(task: str, table: pyarrow.Table) -> dict[str, float]:
    """Measures of the predictions against the true values, with 95% intervals."""
    from genlab.measure import Evaluation, evaluate_regression

    predicted = table["predicted"].to_numpy()
    if task == "classification":
        return Evaluation.of_wrong(predicted != table["label"].to_numpy()).error.row("error")
    found = evaluate_regression(table["target"].to_numpy(), predicted)
    return {
        **found.r_squared.row("r_squared"),
        **found.root_mean_squared_error.row("root_mean_squared_error"),
    }


def _part(
    path: Path, parts: dict[str, FileExamples], wanted: str | None
) -> tuple[str, FileExamples]:
    """The examples of one part: by default those for testing, or all if none are."""
    from genlab.datasets import ALL

    if wanted is not None and wanted not in parts:
        there = "does not tell training from test examples" if ALL in parts else "has only others"
        raise DataFileError(f"{path} holds no {wanted} examples: it {there}.")
    name = wanted or next(name for name in ("test", ALL, "train") if name in parts)
    return name, parts[name]


def _check(model: SavedModel, examples: FileExamples, path: Path) -> None:
    """DataFileError where the examples do not go with the model."""
    try:
        model.check(examples.x)
    except (TypeError, ValueError) as error:
        raise DataFileError(f"{path}: {error}") from None
    if examples.y is not None and examples.y.max() >= model.n_outputs:
        raise DataFileError(
            f"{path} must hold labels from 0 to {model.n_outputs - 1}, got {examples.y.max()}."
        )


def _sentence(summary: dict[str, Any]) -> str:
    """The error, where labels are known, and the examples that it is of."""
    kind = {"train": "training ", "test": "test "}.get(summary["part"], "")
    examples = f"{summary['n']:,} {kind}examples of {summary['data']}"
    measured = [
        f"{words} {summary[name]:.4f} [{summary[f'{name}_low']:.4f}, {summary[f'{name}_high']:.4f}]"
        for name, words in _MEASURED.items()
        if name in summary
    ]
    return ", ".join([*measured, examples])


COMMAND = Command("predict", predict, "genlab predict model --data examples.csv -o predicted.csv")
