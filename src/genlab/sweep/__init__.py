"""Many cells: run by worker processes, each result stored, none run twice.

A module is loaded when a name of it is first used: a worker loads what its cells need, and the
process that waits for it, such as a Dask worker, loads neither JAX nor SQLAlchemy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genlab.sweep._batches import batches
    from genlab.sweep._cell import Cell, Report
    from genlab.sweep._estimator_cell import (
        ESTIMATOR_RESULT_VERSION,
        EstimatorCell,
        EstimatorResult,
    )
    from genlab.sweep._estimator_spec import EstimatorSpec
    from genlab.sweep._estimators import (
        arguments_of,
        checked_numbers,
        checked_predictions,
        flat,
        is_random,
        parameters_of,
        probabilities_by_class,
        seed_estimator,
    )
    from genlab.sweep._kinds import CELL_KINDS
    from genlab.sweep._progress import SweepProgress
    from genlab.sweep._run import run_cells
    from genlab.sweep._store import Store, StoreLike, default_store_url, opened_store
    from genlab.sweep._training_cell import RESULT_VERSION, CellResult, TrainingCell
    from genlab.sweep.executors import (
        EXECUTORS,
        ONE_THREAD,
        DaskExecutor,
        Device,
        Executor,
        FuturesExecutor,
        Jobs,
        LocalExecutor,
        available_cores,
        dask_executor,
        device_of_workers,
        end_workers,
        environment,
        kept_executor,
        n_workers,
        processor,
    )

__all__ = [
    "CELL_KINDS",
    "ESTIMATOR_RESULT_VERSION",
    "EXECUTORS",
    "ONE_THREAD",
    "RESULT_VERSION",
    "Cell",
    "CellResult",
    "DaskExecutor",
    "Device",
    "EstimatorCell",
    "EstimatorResult",
    "EstimatorSpec",
    "Executor",
    "FuturesExecutor",
    "Jobs",
    "LocalExecutor",
    "Report",
    "Store",
    "StoreLike",
    "SweepProgress",
    "TrainingCell",
    "arguments_of",
    "available_cores",
    "batches",
    "checked_numbers",
    "checked_predictions",
    "dask_executor",
    "default_store_url",
    "device_of_workers",
    "end_workers",
    "environment",
    "flat",
    "is_random",
    "kept_executor",
    "n_workers",
    "opened_store",
    "parameters_of",
    "probabilities_by_class",
    "processor",
    "run_cells",
    "seed_estimator",
]

_NAMES = {
    "_batches": ("batches",),
    "_cell": (
        "Cell",
        "Report",
    ),
    "_estimator_cell": (
        "ESTIMATOR_RESULT_VERSION",
        "EstimatorCell",
        "EstimatorResult",
    ),
    "_estimator_spec": ("EstimatorSpec",),
    "_estimators": (
        "arguments_of",
        "checked_numbers",
        "checked_predictions",
        "flat",
        "is_random",
        "parameters_of",
        "probabilities_by_class",
        "seed_estimator",
    ),
    "_kinds": ("CELL_KINDS",),
    "_progress": ("SweepProgress",),
    "_run": ("run_cells",),
    "_store": (
        "Store",
        "StoreLike",
        "default_store_url",
        "opened_store",
    ),
    "_training_cell": (
        "RESULT_VERSION",
        "CellResult",
        "TrainingCell",
    ),
    "executors": (
        "EXECUTORS",
        "ONE_THREAD",
        "DaskExecutor",
        "Device",
        "Executor",
        "FuturesExecutor",
        "Jobs",
        "LocalExecutor",
        "available_cores",
        "dask_executor",
        "device_of_workers",
        "end_workers",
        "environment",
        "kept_executor",
        "n_workers",
        "processor",
    ),
}
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
