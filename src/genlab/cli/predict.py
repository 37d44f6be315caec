"""The command `genlab predict`: what a saved model says of examples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genlab._base.errors import DataFileError
from genlab.cli._console import print_table, say
from genlab.cli._errors import UsageError, as_usage
from genlab.cli._options import Json

if TYPE_CHECKING:
    from genlab.datasets import FileExamples

PREDICT_EXAMPLE = "Example: genlab predict model --data examples.csv -o predicted.csv"


def predict(
    folder: Annotated[Path, typer.Argument(help="What `genlab train` wrote.", metavar="DIR")],
    data: Annotated[
        Path,
        typer.Option(
            help="Examples on the scale of the training data: an .npz file with x (and y, or "
            "x_test and y_test), or a .csv or .parquet file with a row an example: the inputs, "
            "and label (or y) where known.",
            metavar="FILE",
            show_default=False,
        ),
    ],
    part: Annotated[
        str | None,
        typer.Option(
            help="train or test, of a file that has both, as `genlab data mnist1d` writes it. "
            "\\[default: test]",
            metavar="PART",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            help="A .csv, .parquet or .json file.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the rows as CSV.")] = False,
) -> None:
    """Classify the examples of a file with a saved model.

    A row an example: its predicted class and the probability of it. Where the
    file has labels, also the share misclassified, with Wilson's 95% interval.
    """
    if as_json and as_csv:
        raise UsageError("--json and --csv exclude each other.")
    if out is not None and out.suffix not in (".csv", ".parquet", ".json"):
        raise UsageError(f"-o must be a .csv, .parquet or .json file, got {str(out)!r}.")
    if part not in (None, "train", "test"):
        raise UsageError(f"--part must be train or test, got {part!r}.")
    from genlab.cli import _predictions
    from genlab.datasets import read_examples
    from genlab.training import load_model

    with as_usage():
        parts = read_examples(data)
    model = load_model(folder)
    part, examples = _part(data, parts, part)
    table = _predictions.predictions(model, examples, data)
    summary = {"model": str(folder), "data": str(data), "part": part, "n": len(table)}
    summary |= _predictions.error_of(model, examples, table, data)
    if out is not None:
        _predictions.write(out, table, summary)
    if as_json:
        print(json.dumps({**summary, "rows": table.to_pylist()}, indent=1, allow_nan=False))
    elif as_csv:
        print(_predictions.as_csv(table).decode(), end="")
    elif out is None:
        print_table(table.to_pylist())
    sentence = _predictions.sentence_of(summary)
    if as_csv:
        say(sentence)
    elif not as_json:
        print(sentence if out is None else f"{out}: {sentence}")


def _part(
    path: Path, parts: dict[str, FileExamples], wanted: str | None
) -> tuple[str, FileExamples]:
    """The examples that are asked for: by default those for testing, or all if none are."""
    from genlab.datasets import ALL

    if wanted is not None and wanted not in parts:
        there = "does not tell training from test examples" if ALL in parts else "has only others"
        raise DataFileError(f"{path} holds no {wanted} examples: it {there}.")
    name = wanted or next(name for name in ("test", ALL, "train") if name in parts)
    return name, parts[name]
