"""The tables of the store. What changes here needs a version more, and its migration.

Those of openings and of searches are made when the first is entered (`Store.make_table`): what
they mean is known to `genlab.sealing` and `genlab.selection`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlalchemy

#: The version of the tables. `migrations/` brings older ones to it.
SCHEMA_VERSION = 3
#: With what every table's name begins.
PREFIX = "genlab_"


@dataclass(frozen=True)
class Tables:
    """The store's tables.

    Attributes
    ----------
    metadata
        The first five, with their indexes: a new store has them.
    version
        One row: the version of the tables.
    environments
        What results were computed with: versions of libraries and the device, each set once.
    cells
        One row per result. `key` is the cell's identity, `spec` its JSON, `kind` the "kind" in it,
        `result` what the cell's `pack` gave, `seconds` the time that it took, `finished` when,
        in UTC.
    claims
        Cells that a run has begun: the run's owner, by the cell's key.
    runs
        Runs at work, each with a number that grows as long as it lives.
    failures
        One row per try of a cell that ended without a result: `ended` when, in UTC, and the
        `reason` in one sentence. The cell's `spec` and `kind` are as in `cells`, where it may have
        none.
    openings
        One row per opening of a sealed test set: the content's hash and the opening's number.
    studies
        One row per search: its name, its identity and what defines it.
    trials
        One row per trial of a search: claimed by an owner ("running"), then finished.
    """

    metadata: sqlalchemy.MetaData
    version: sqlalchemy.Table
    environments: sqlalchemy.Table
    cells: sqlalchemy.Table
    claims: sqlalchemy.Table
    runs: sqlalchemy.Table
    failures: sqlalchemy.Table
    openings: sqlalchemy.Table
    studies: sqlalchemy.Table
    trials: sqlalchemy.Table


@lru_cache
def make_tables() -> Tables:
    """The tables as SQLAlchemy describes them, the same for all stores; nothing is created."""
    import sqlalchemy as sa

    metadata = sa.MetaData()
    version = sa.Table(
        f"{PREFIX}version", metadata, sa.Column("version", sa.Integer, primary_key=True)
    )
    environments = sa.Table(
        f"{PREFIX}environments",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("environment", sa.Text, nullable=False, unique=True),
    )
    cells = sa.Table(
        f"{PREFIX}cells",
        metadata,
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("spec", sa.Text, nullable=False),
        sa.Column("result", sa.LargeBinary, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("finished", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(500), nullable=False),
        sa.Column("environment_id", sa.Integer, nullable=False),
        # What `genlab store list` and `info` read, without a look at the results themselves.
        sa.Index(f"{PREFIX}cells_finished", "finished", "key"),
        sa.Index(f"{PREFIX}cells_summary", "kind", "environment_id", "seconds"),
    )
    claims = sa.Table(
        f"{PREFIX}claims",
        metadata,
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Index(f"{PREFIX}claims_owner", "owner"),
    )
    runs = sa.Table(
        f"{PREFIX}runs",
        metadata,
        sa.Column("owner", sa.String(200), primary_key=True),
        sa.Column("beat", sa.Integer, nullable=False),
    )
    failures = sa.Table(
        f"{PREFIX}failures",
        metadata,
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("spec", sa.Text, nullable=False),
        sa.Column("kind", sa.String(500), nullable=False),
        sa.Column("ended", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Index(f"{PREFIX}failures_key", "key"),
    )
    return Tables(
        metadata, version, environments, cells, claims, runs, failures, *_made_when_needed()
    )


def _made_when_needed() -> tuple[sqlalchemy.Table, sqlalchemy.Table, sqlalchemy.Table]:
    import sqlalchemy as sa

    metadata = sa.MetaData()
    openings = sa.Table(
        f"{PREFIX}openings",
        metadata,
        sa.Column("content", sa.String(64), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("opened", sa.String(32), nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("result", sa.Text),
    )
    studies = sa.Table(
        f"{PREFIX}studies",
        metadata,
        sa.Column("name", sa.String(200), primary_key=True),
        sa.Column("identity", sa.String(64), nullable=False),
        sa.Column("spec", sa.Text, nullable=False),
        sa.Column("begun", sa.String(32), nullable=False),
    )
    trials = sa.Table(
        f"{PREFIX}trials",
        metadata,
        sa.Column("study", sa.String(200), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("point", sa.Text, nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("beat", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("summary", sa.Text),
        sa.Column("arrays", sa.LargeBinary),
        sa.Column("finished", sa.String(32)),
    )
    return openings, studies, trials
