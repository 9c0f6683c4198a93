"""Windows for groups and sites, decoys, and the strangers nobody wants to hear of."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables; ``windows`` was never written before this."""
    op.drop_table("windows")
    op.create_table(
        "windows",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("breadth", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("opened", sa.Float(), nullable=False),
        sa.Column("opened_by", sa.String(length=128), nullable=False),
        sa.Column("ends", sa.Float(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("closed", sa.Float(), nullable=True),
        sa.Column("closed_by", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("windows_by_ends", "windows", ["ends"], unique=False)
    op.create_table(
        "decoys",
        sa.Column("mac", sa.String(length=12), nullable=False),
        sa.Column("made", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("mac"),
    )
    op.create_table(
        "rejections",
        sa.Column("mac", sa.String(length=12), nullable=False),
        sa.Column("made", sa.Float(), nullable=False),
        sa.Column("made_by", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("mac"),
    )
