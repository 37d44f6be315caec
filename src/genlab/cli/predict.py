"""The command `genlab predict`: the predictions of a saved model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genlab._base.errors import DataFileError, ScaleError
from genlab._base.files import format_of
from genlab.cli._command import Command
from genlab.cli._errors import UsageError, as_usage
from genlab.cli._options import Csv, Json, OutFile, check_formats
from genlab.cli._output import print_json, print_table, say

if TYPE_CHECKING:
    from genlab.datasets import FileExamples
    from genlab.training import SavedModel


def predict(
    folder: Annotated[
        Path, typer.Argument(help="Folder that `genlab train` wrote.", metavar="DIR")
    ],
    data: Annotated[
        Path,
        typer.Option(
            help="Examples on the scale of the training data: .npz with x (and y, or x_test and "
            "y_test); or .csv or .parquet with one row per example: the inputs, in any order if "
            "the model knows their names, and label (or y) where known.",
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
    out: OutFile = None,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Classify the examples of a file with a saved model.

    The result has one row per example: its predicted class and the probability
    of that class. Where the file has labels, the error is printed too: the
    fraction misclassified, with Wilson's 95% interval. -o writes a .csv,
    .parquet or .json file.
    """
    check_formats(as_json, as_csv)
    if out is not None and format_of(out) not in (".csv", ".parquet", ".json"):
        raise UsageError(f"-o must be a .csv, .parquet or .json file, got {str(out)!r}.")
    if part not in (None, "train", "test"):
        raise UsageError(f"--part must be train or test, got {part!r}.")
    from genlab.datasets import read_examples
    from genlab.measure import evaluate
    from genlab.training import load_model, prediction_table, table_csv, write_predictions

    model = load_model(folder)
    with as_usage():
        parts = read_examples(data, model.columns)
    part, examples = _part(data, parts, part)
    _check(model, examples, data)
    try:
        table = prediction_table(model, examples.x, examples.y)
    except ScaleError as error:
        raise DataFileError(f"{data}: {error}") from None
    summary = {"model": str(folder), "data": str(data), "part": part, "n": len(table)}
    if examples.y is not None:
        summary |= evaluate(examples.y, table["predicted"].to_numpy()).error.row("error")
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
    if "error" not in summary:
        return examples
    error, low, high = (summary[name] for name in ("error", "error_low", "error_high"))
    return f"error {error:.4f} [{low:.4f}, {high:.4f}], {examples}"


COMMAND = Command("predict", predict, "genlab predict model --data examples.csv -o predicted.csv")
