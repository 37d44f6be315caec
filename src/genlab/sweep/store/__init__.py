"""The store of results: where it lies, its tables and their migrations, and its upkeep.

| file | holds |
|---|---|
| `_store.py` | `Store`: results are put, and got |
| `_claims.py` | which run computes a cell, where several share a store |
| `_failures.py` | tries of cells that ended without a result |
| `_database.py` | its database: opened, made, migrated or refused |
| `_urls.py`, `_sqlite.py` | how its place is read and shown; SQLite files |
| `_waiting.py` | how long a server that does not answer is waited for |
| `_schema.py`, `_migrate.py`, `migrations/` | the tables, and what brings older ones to them |
| `_info.py`, `_export.py`, `_merge.py`, `_prune.py` | what `genlab store` does, a file each |
| `_merge_openings.py`, `_merge_searches.py` | sealed test sets and searches in a merge |
"""

from genlab.sweep.store._claims import Claims
from genlab.sweep.store._export import export_store
from genlab.sweep.store._info import StoreInfo, failed_cells, store_info, stored_cells
from genlab.sweep.store._merge import Merged, merge_stores
from genlab.sweep.store._prune import Pruned, prune_store
from genlab.sweep.store._store import Computed, Store, StoreLike, opened_store
from genlab.sweep.store._urls import default_store_url

__all__ = [
    "Claims",
    "Computed",
    "Merged",
    "Pruned",
    "Store",
    "StoreInfo",
    "StoreLike",
    "default_store_url",
    "export_store",
    "failed_cells",
    "merge_stores",
    "opened_store",
    "prune_store",
    "store_info",
    "stored_cells",
]
