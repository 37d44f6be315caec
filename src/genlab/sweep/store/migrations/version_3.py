"""Version 3: tries of cells that ended without a result are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.operations import Operations


def upgrade(operations: Operations) -> None:
    """Bring the tables of version 2 to version 3."""
    import sqlalchemy as sa

    operations.create_table(
        "genlab_failures",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("spec", sa.Text, nullable=False),
        sa.Column("kind", sa.String(500), nullable=False),
        sa.Column("ended", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    operations.create_index("genlab_failures_key", "genlab_failures", ["key"])
