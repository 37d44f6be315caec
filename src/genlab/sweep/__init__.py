"""Many cells: run by worker processes, each result stored, none run twice.

What needs JAX is loaded when it is first used: a store is read without.
"""

from typing import TYPE_CHECKING

from genlab._base.lazy import on_first_use
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
    weights_for_fit,
)
from genlab.sweep._kinds import CELL_KINDS
from genlab.sweep._progress import SweepProgress
from genlab.sweep._run import run_cells
from genlab.sweep._verify import Verified, verify_store
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
    default_time_limit,
    device_of_workers,
    end_workers,
    environment,
    kept_executor,
    n_workers,
    processor,
)
from genlab.sweep.store import (
    Merged,
    Pruned,
    Store,
    StoreInfo,
    StoreLike,
    default_store_url,
    export_store,
    failed_cells,
    merge_stores,
    opened_store,
    prune_store,
    store_info,
    stored_cells,
)

if TYPE_CHECKING:
    from genlab.sweep._training_cell import RESULT_VERSION, CellResult, TrainingCell

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
    "Merged",
    "Pruned",
    "Report",
    "Store",
    "StoreInfo",
    "StoreLike",
    "SweepProgress",
    "TrainingCell",
    "Verified",
    "arguments_of",
    "available_cores",
    "batches",
    "checked_numbers",
    "checked_predictions",
    "dask_executor",
    "default_store_url",
    "default_time_limit",
    "device_of_workers",
    "end_workers",
    "environment",
    "export_store",
    "failed_cells",
    "flat",
    "is_random",
    "kept_executor",
    "merge_stores",
    "n_workers",
    "opened_store",
    "parameters_of",
    "probabilities_by_class",
    "processor",
    "prune_store",
    "run_cells",
    "seed_estimator",
    "store_info",
    "stored_cells",
    "verify_store",
    "weights_for_fit",
]

_WITH_JAX = {
    "_training_cell": ("RESULT_VERSION", "CellResult", "TrainingCell"),
}
__getattr__ = on_first_use(__name__, _WITH_JAX)
