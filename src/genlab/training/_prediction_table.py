"""The predictions of a saved model as a table, and its files."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genlab._base.errors import DataFileError
from genlab._base.files import format_of, whole_file
from genlab.training._saved import SavedModel

if TYPE_CHECKING:
    import pyarrow


def prediction_table(model: SavedModel, x: Any, labels: Any = None) -> pyarrow.Table:
    """One row per example: example, predicted, probability, and label where labels are given.

    Classes are named as the model's `classes` are. For a regression there is no probability, and
    the last column is called target.

    Parameters
    ----------
    model
        A trained model.
    x
        Examples on the scale of the training data: see `SavedModel.logits`, which also says what
        is raised.
    labels
        True label or target of each example, or None.
    """
    import pyarrow as pa

    logits = model.logits(x)
    predicted = model.predictions_of(logits)
    columns = {"example": np.arange(len(predicted)), "predicted": _named(model, predicted)}
    if model.task == "classification":
        probabilities = model.probabilities_of(logits)
        of_predicted = np.take_along_axis(probabilities, predicted[:, None], axis=1)
        columns["probability"] = of_predicted[:, 0]
    if labels is not None:
        columns["label" if model.task == "classification" else "target"] = _named(model, labels)
    return pa.table(columns)


def _named(model: SavedModel, labels: Any) -> Any:
    """The names of classes, where they have names; numbers as they are."""
    return labels if model.classes is None else [model.classes[i] for i in labels]


def table_csv(table: pyarrow.Table) -> bytes:
    """A table as CSV, its floats with all their digits."""
    from pyarrow import csv

    content = io.BytesIO()
    options = csv.WriteOptions(include_header=False, quoting_style="needed")
    csv.write_csv(table, content, options)
    return f"{','.join(table.column_names)}\n".encode() + content.getvalue()


def write_predictions(path: Path, table: pyarrow.Table, summary: Mapping[str, Any]) -> None:
    """Write a table of predictions as a .parquet, .csv or .json file; .json holds `summary` too.

    Raises
    ------
    DataFileError
        Where the file cannot be written.
    """
    from pyarrow import parquet

    try:
        with whole_file(path) as file:
            if format_of(path) == ".parquet":
                parquet.write_table(table, file)
            elif format_of(path) == ".csv":
                file.write(table_csv(table))
            else:
                content = {**summary, "rows": table.to_pylist()}
                file.write(json.dumps(content, indent=1, allow_nan=False).encode())
    except OSError as error:
        raise DataFileError(f"{path} cannot be written: {error.strerror or error}.") from None
