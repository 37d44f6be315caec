"""What brings an older store's tables to the present version: one file per version.

Each has a function `upgrade(operations)` that brings the tables of the version before to it, with
Alembic's operations, and names its tables itself: `_schema.py` describes the newest alone. All run
in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from genlab.sweep.store.migrations import version_2, version_3

if TYPE_CHECKING:
    from alembic.operations import Operations

#: By the version that each leads to.
MIGRATIONS: dict[int, Callable[[Operations], None]] = {
    2: version_2.upgrade,
    3: version_3.upgrade,
}
