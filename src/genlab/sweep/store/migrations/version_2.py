"""Version 2: environments are stored once, each cell's kind has a column, and runs claim cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.operations import Operations

_CELLS = "genlab_cells"
_KIND = {
    # A spec that is damaged stays as it is, and is reported where it is read.
    "sqlite": "CASE WHEN json_valid(spec) THEN coalesce(json_extract(spec, '$.kind'), '') "
    "ELSE '' END",
    "postgresql": "coalesce(CAST(spec AS json) ->> 'kind', '')",
}


def upgrade(operations: Operations) -> None:
    """Bring the tables of version 1 to version 2."""
    import sqlalchemy as sa

    operations.create_table(
        "genlab_environments",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("environment", sa.Text, nullable=False, unique=True),
    )
    operations.execute(
        "INSERT INTO genlab_environments (environment) "
        f"SELECT DISTINCT environment FROM {_CELLS} ORDER BY environment"
    )
    with operations.batch_alter_table(_CELLS) as cells:
        cells.add_column(sa.Column("kind", sa.String(500)))
        cells.add_column(sa.Column("environment_id", sa.Integer))
    dialect = operations.get_bind().dialect.name
    operations.execute(
        f"UPDATE {_CELLS} SET kind = {_KIND[dialect]}, environment_id = ("
        "SELECT id FROM genlab_environments "
        f"WHERE genlab_environments.environment = {_CELLS}.environment)"
    )
    with operations.batch_alter_table(_CELLS) as cells:
        cells.alter_column("kind", existing_type=sa.String(500), nullable=False)
        cells.alter_column("environment_id", existing_type=sa.Integer, nullable=False)
        cells.drop_column("environment")
    operations.create_index("genlab_cells_finished", _CELLS, ["finished", "key"])
    operations.create_index("genlab_cells_summary", _CELLS, ["kind", "environment_id", "seconds"])
    operations.create_table(
        "genlab_claims",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("owner", sa.String(200), nullable=False),
    )
    operations.create_index("genlab_claims_owner", "genlab_claims", ["owner"])
    operations.create_table(
        "genlab_runs",
        sa.Column("owner", sa.String(200), primary_key=True),
        sa.Column("beat", sa.Integer, nullable=False),
    )
