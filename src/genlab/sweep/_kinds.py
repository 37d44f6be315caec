"""The kinds of cells, and the way from a cell's JSON back to the cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from genlab._base import kinds
from genlab.sweep._cell import Cell

#: Where genlab's own kinds of cells are, by the "kind" of their JSON; all others say it themselves,
#: "package.module:Name". A worker that fits estimators starts without the libraries of networks.
CELL_KINDS = {
    "Cell": "genlab.sweep._training_cell:TrainingCell",
    "EstimatorCell": "genlab.sweep._estimator_cell:EstimatorCell",
}


def cell_from_dict(values: Mapping[str, Any]) -> Cell[Any]:
    """The cell that a cell's `to_dict` wrote; a module of another package's kind is imported.

    Raises
    ------
    ValueError
        Where there is no such kind, or its class refuses the values.
    """
    kind = values.get("kind")
    path = CELL_KINDS.get(str(kind), kind)
    if not isinstance(path, str) or not kinds.is_import_path(path):
        raise ValueError(
            f"the kind of a cell must be one of {', '.join(CELL_KINDS)}, or the import path of "
            f"a class (package.module:Name), got {kind!r}."
        )
    cls: type[Cell[Any]] = kinds.find(path)
    return cls.from_dict(values)


def check_kind(cell: Cell[Any]) -> None:
    """Raise ValueError where a worker process would not get the same kind of cell from JSON."""
    kind = cell.to_dict().get("kind")
    cls = type(cell)
    if CELL_KINDS.get(str(kind)) == f"{cls.__module__}:{cls.__qualname__}":
        return
    if kind != kinds.kind_of(cls):
        raise ValueError(
            f"the kind of a cell must be the import path of its class, {kinds.kind_of(cls)!r}, "
            f"got {kind!r}."
        )
    kinds.check_importable("cells", str(kind), cls)
