"""What a saved model says of the examples of a file: a table, its error, and their files."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genlab._base.errors import DataFileError

if TYPE_CHECKING:
    import pyarrow

    from genlab.datasets import FileExamples
    from genlab.training import SavedModel


def predictions(model: SavedModel, examples: FileExamples, path: Path) -> pyarrow.Table:
    """A row an example: predicted class, its probability, and its label where known."""
    import numpy as np
    import pyarrow as pa

    try:
        predicted, probabilities = model.predict(examples.x), model.probabilities(examples.x)
    except (TypeError, ValueError) as error:
        raise DataFileError(f"{path}: {error}") from None
    columns = {
        "example": np.arange(len(predicted)),
        "predicted": predicted,
        "probability": np.take_along_axis(probabilities, predicted[:, None], axis=1)[:, 0],
    }
    if examples.y is not None:
        columns["label"] = examples.y
    return pa.table(columns)


def error_of(
    model: SavedModel, examples: FileExamples, table: pyarrow.Table, path: Path
) -> dict[str, float]:
    """The share misclassified and its interval, of examples with labels."""
    from genlab.measure import wilson_interval

    if examples.y is None:
        return {}
    if examples.y.max() >= model.n_outputs:
        raise DataFileError(
            f"{path} must hold labels from 0 to {model.n_outputs - 1}, got {examples.y.max()}."
        )
    wrong = int((table["predicted"].to_numpy() != examples.y).sum())
    interval = wilson_interval(wrong, len(examples.y))
    return {
        "error": float(interval.mean),
        "error_low": float(interval.low),
        "error_high": float(interval.high),
    }


def sentence_of(summary: dict[str, Any]) -> str:
    """The error, where there is one, and what it is of."""
    kind = {"train": "training ", "test": "test "}.get(summary["part"], "")
    of = f"{summary['n']:,} {kind}examples of {summary['data']}"
    if "error" not in summary:
        return of
    error, low, high = (summary[name] for name in ("error", "error_low", "error_high"))
    return f"error {error:.4f} [{low:.4f}, {high:.4f}], {of}"


def as_csv(table: pyarrow.Table) -> bytes:
    """A table of numbers as CSV, its floats in full."""
    from pyarrow import csv

    content = io.BytesIO()
    options = csv.WriteOptions(include_header=False, quoting_style="none")
    csv.write_csv(table, content, options)
    return f"{','.join(table.column_names)}\n".encode() + content.getvalue()


def write(path: Path, table: pyarrow.Table, summary: dict[str, Any]) -> None:
    """Write the table as the suffix says; .json holds the summary too."""
    from pyarrow import parquet

    from genlab._base.files import whole_file

    try:
        with whole_file(path) as file:
            if path.suffix == ".parquet":
                parquet.write_table(table, file)
            elif path.suffix == ".csv":
                file.write(as_csv(table))
            else:
                content = {**summary, "rows": table.to_pylist()}
                file.write(json.dumps(content, indent=1, allow_nan=False).encode())
    except OSError as error:
        raise DataFileError(f"{path} cannot be written: {error.strerror or error}.") from None
