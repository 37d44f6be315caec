"""Many cells: run by worker processes, each result kept in a store, none run twice."""

from genlab.sweep._cell import RESULT_VERSION, Cell, CellResult
from genlab.sweep._device import Device, device_of_workers
from genlab.sweep._run import SweepProgress, run_cells
from genlab.sweep._store import Store, default_store_url
from genlab.sweep._worker import processor

__all__ = [
    "RESULT_VERSION",
    "Cell",
    "CellResult",
    "Device",
    "Store",
    "SweepProgress",
    "default_store_url",
    "device_of_workers",
    "processor",
    "run_cells",
]
