"""What the device plane notes for people beside the ledger: strangers, sightings, passes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "strangers",
        sa.Column("mac", sa.String(length=12), nullable=False),
        sa.Column("first", sa.Float(), nullable=False),
        sa.Column("last", sa.Float(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=256), nullable=False),
        sa.Column("path", sa.String(length=512), nullable=False),
        sa.Column("certificate", sa.String(length=512), nullable=False),
        sa.PrimaryKeyConstraint("mac"),
    )
    op.create_index("strangers_by_last", "strangers", ["last"], unique=False)
    op.create_table(
        "sightings",
        sa.Column("mac", sa.String(length=12), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("time", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("mac"),
    )
    op.create_table(
        "passes",
        sa.Column("window", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("mac", sa.String(length=12), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("last", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("window", "mac"),
    )
