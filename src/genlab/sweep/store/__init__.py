"""The store of results: where it lies, its tables and their migrations, and its upkeep.

| file | holds |
|---|---|
| `_store.py` | `Store`: results are put, and got |
| `_database.py` | its database: opened, made, migrated or refused |
| `_urls.py`, `_sqlite.py` | how its place is read and shown; SQLite files |
| `_schema.py`, `migrations/` | the tables, and what brings older ones to them |
| `_claims.py` | which run computes a cell, where several share a store |
"""

from genlab.sweep.store._claims import Claims
from genlab.sweep.store._store import Store, StoreLike, opened_store
from genlab.sweep.store._urls import default_store_url

__all__ = ["Claims", "Store", "StoreLike", "default_store_url", "opened_store"]
