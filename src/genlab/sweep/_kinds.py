"""The kinds of cells, and the way from a cell's JSON back to the cell."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from genlab._base import kinds
from genlab.sweep._cell import Cell

#: Where genlab's own kinds of cells are, by the "kind" of their JSON; all others say it themselves,
#: "package.module:Name". A worker that fits estimators starts without the libraries of networks.
CELL_KINDS = {
    "Cell": "genlab.sweep._training_cell:TrainingCell",
    "EstimatorCell": "genlab.sweep._estimator_cell:EstimatorCell",
    "ScoredFit": "genlab.selection._scored_fit:ScoredFit",
    "SimulatedRisk": "genlab.experiments.theory_double_descent.cells:SimulatedRisk",
    "InfiniteWidth": "genlab.experiments._infinite_width:InfiniteWidth",
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


def class_of(kind: str) -> type[Cell[Any]] | None:
    """The class of a kind of cells, if it is genlab's or loaded: nothing is imported for it."""
    if kind in CELL_KINDS:
        own: type[Cell[Any]] = kinds.find(CELL_KINDS[kind])
        return own
    return kinds.find_loaded(kind)


def same_result(kind: str, one: bytes, other: bytes) -> bool:
    """Whether two stored results of a cell are the same numbers, bit for bit.

    The time of a fit, which some kinds keep in the result, does not count; nor does how another
    version of a library writes the same arrays.
    """
    if one == other:
        return True
    cls = class_of(kind)
    if cls is None:
        return False
    try:
        results = cls.unpack(one), cls.unpack(other)
    except ValueError:
        return False
    if not dataclasses.is_dataclass(results[0]):
        return cls.pack(results[0]) == cls.pack(results[1])
    fields = [f.name for f in dataclasses.fields(results[0]) if f.name != "seconds"]
    return all(same_bits(*(getattr(result, name) for result in results)) for name in fields)


def same_bits(one: Any, other: Any) -> bool:
    """Whether two values are the same bits; every NaN counts as the same."""
    if one is None or other is None:
        return one is other
    one, other = np.asarray(one), np.asarray(other)
    if one.dtype != other.dtype or one.shape != other.shape:
        return False
    if one.dtype.kind != "f":
        return bool(np.array_equal(one, other))
    signs = np.signbit(one) == np.signbit(other)
    both_nan = np.isnan(one) & np.isnan(other)
    return bool((((one == other) & signs) | both_nan).all())


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
