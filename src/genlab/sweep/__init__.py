"""Many cells: run by worker processes, each result kept in a store, none run twice."""

from genlab.sweep._cell import RESULT_VERSION, Cell, CellResult, run_together
from genlab.sweep._device import Device, device_of_workers
from genlab.sweep._run import SweepProgress, available_cores, batches, run_cells
from genlab.sweep._store import Store, default_store_url
from genlab.sweep.executors._worker import ONE_THREAD, environment, processor

__all__ = [
    "ONE_THREAD",
    "RESULT_VERSION",
    "Cell",
    "CellResult",
    "Device",
    "Store",
    "SweepProgress",
    "available_cores",
    "batches",
    "default_store_url",
    "device_of_workers",
    "environment",
    "processor",
    "run_cells",
    "run_together",
]
